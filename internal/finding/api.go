// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is findings for programs: what was found, what is decided about it, and where it is looked for. What was found is never shown.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "finding.api"
	const source = "/finding-sources/{source}"
	web.Operate(a, web.Op{Method: "GET", Path: "/findings", Action: "finding.Inbox", ID: "list-findings", Tag: tag, Text: "finding.api-list-findings"}, p.list)
	web.Operate(a, web.Op{Method: "POST", Path: "/findings/decisions", Action: "finding.Decide", ID: "decide-findings", Tag: tag, Text: "finding.api-decide-findings", Status: http.StatusNoContent}, p.decide)
	web.Operate(a, web.Op{Method: "POST", Path: "/findings/{finding}/dispute", Action: "finding.Dispute", ID: "dispute-finding", Tag: tag, Text: "finding.api-dispute-finding", Status: http.StatusNoContent}, p.dispute)
	web.Operate(a, web.Op{Method: "PUT", Path: "/findings/{finding}/person", Action: "finding.Give", ID: "give-finding", Tag: tag, Text: "finding.api-give-finding", Status: http.StatusNoContent}, p.give)
	web.Operate(a, web.Op{Method: "GET", Path: "/finding-rules", Action: "finding.FalseRules", ID: "list-finding-rules", Tag: tag, Text: "finding.api-list-finding-rules"}, p.rules)
	web.Operate(a, web.Op{Method: "DELETE", Path: "/finding-rules/{rule}", Action: "finding.EndRule", ID: "end-finding-rule", Tag: tag, Text: "finding.api-end-finding-rule", Status: http.StatusNoContent}, p.endRule)
	web.Operate(a, web.Op{Method: "GET", Path: "/finding-sources", Action: "finding.List", ID: "list-finding-sources", Tag: tag, Text: "finding.api-list-finding-sources"}, p.sources)
	web.Operate(a, web.Op{Method: "POST", Path: "/finding-sources", Action: "finding.Add", ID: "ask-finding-source", Tag: tag, Text: "finding.api-ask-finding-source", Status: http.StatusAccepted}, p.add)
	web.Operate(a, web.Op{Method: "PUT", Path: source, Action: "finding.Change", ID: "change-finding-source", Tag: tag, Text: "finding.api-change-finding-source"}, p.change)
	web.Operate(a, web.Op{Method: "POST", Path: source + "/search", Action: "finding.Start", ID: "start-search", Tag: tag, Text: "finding.api-start-search", Status: http.StatusAccepted}, p.start)
	web.Operate(a, web.Op{Method: "DELETE", Path: source + "/search", Action: "finding.Stop", ID: "stop-search", Tag: tag, Text: "finding.api-stop-search", Status: http.StatusNoContent}, p.stop)
	web.Operate(a, web.Op{Method: "PUT", Path: source + "/state", Action: "finding.Pause", ID: "pause-finding-source", Tag: tag, Text: "finding.api-pause-finding-source", Status: http.StatusNoContent}, p.pause)
}

type apiCount struct {
	Kind  string `json:"kind"`
	Total int64  `json:"total"`
}

type apiFinding struct {
	ID         string     `json:"id"`
	Source     string     `json:"source" doc:"The source's id"`
	SourceName string     `json:"source_name"`
	Path       string     `json:"path" doc:"The directory below the source, or the table"`
	State      string     `json:"state"`
	Moved      bool       `json:"moved" doc:"There is more, or something else, since it was decided about"`
	Disputed   bool       `json:"disputed"`
	Total      int64      `json:"total"`
	Uncertain  int64      `json:"uncertain"`
	Containers int64      `json:"containers" doc:"How many files or columns it lies in"`
	Kinds      []apiCount `json:"kinds" nullable:"false"`
	System     string     `json:"system,omitempty" doc:"The id of the system that it belongs to"`
	Person     string     `json:"person,omitempty" doc:"The id of who deletes it"`
	DueOn      civil.Date `json:"due_on,omitzero" format:"date"`
	FoundAt    time.Time  `json:"found_at"`
	SeenAt     time.Time  `json:"seen_at"`
	ETag       string     `json:"etag" doc:"For a decision about it, and for If-Match when it is handed over"`
}

type apiFindingsOut struct {
	Body struct {
		Items   []apiFinding `json:"items" nullable:"false" doc:"The weightiest first"`
		Waiting int          `json:"waiting" doc:"How many wait for a decision, whatever the filter"`
		web.APIPage
	}
}

// apiViews are the API's words for the lists.
var apiViews = map[string]string{"waiting": "", "all": "all", "done": "done", "to-delete": string(ToDelete), "incident": string(Incident)}

func (p *API) list(c *web.Context, in *struct {
	View   string `query:"view" enum:"waiting,all,done,to-delete,incident" default:"waiting"`
	Source string `query:"source" maxLength:"100" doc:"The id of a source"`
	Kind   string `query:"kind" maxLength:"100" doc:"A kind of finding"`
	web.APIPaging
},
) (*apiFindingsOut, error) {
	box, err := p.Service.Inbox(c.Context(), c.Actor, Filter{View: apiViews[in.View], Source: in.Source, Detector: in.Kind, Page: in.Page})
	if err != nil {
		return nil, err
	}
	out := &apiFindingsOut{}
	b := &out.Body
	b.Items, b.Waiting, b.APIPage = []apiFinding{}, int(box.Waiting), web.PageOf(box.Page, PageSize, int(box.Matching))
	for i := range box.Places {
		x := &box.Places[i]
		f := apiFinding{
			ID: x.ID.String(), Source: x.SourceID.String(), SourceName: x.Source, Path: x.Path, State: string(x.State), Moved: x.Moved, Disputed: !x.Disputed.IsZero(),
			Total: x.Total, Uncertain: x.Low, Containers: x.Containers, Kinds: []apiCount{}, System: x.System.String(), Person: x.Person.String(), DueOn: x.Due,
			FoundAt: x.Found.UTC(), SeenAt: x.Seen.UTC(), ETag: web.ETag(x.Version),
		}
		for _, t := range x.Tallies {
			f.Kinds = append(f.Kinds, apiCount{t.Detector, t.Total})
		}
		b.Items = append(b.Items, f)
	}
	return out, nil
}

type apiDecideIn struct {
	Body struct {
		Items []struct {
			ID   string `json:"id" maxLength:"100"`
			ETag string `json:"etag" maxLength:"40" doc:"The finding as it was when it was decided about"`
		} `json:"items" nullable:"false" minItems:"1" maxItems:"200"`
		Outcome string     `json:"outcome" maxLength:"40" doc:"What it is: the state that it gets"`
		System  string     `json:"system,omitempty" maxLength:"100" doc:"The id of the system that it belongs to"`
		Name    string     `json:"name,omitempty" maxLength:"200" doc:"What new information is called"`
		Person  string     `json:"person,omitempty" maxLength:"100" doc:"The id of who deletes it"`
		DueOn   civil.Date `json:"due_on,omitzero" format:"date"`
		Kinds   []string   `json:"kinds,omitempty" nullable:"false" maxItems:"100" doc:"Of a false finding: the kinds that are false; all when left out"`
		Below   bool       `json:"below,omitempty" doc:"Of a false finding: it holds below the place too"`
		EndsOn  civil.Date `json:"ends_on,omitzero" format:"date" doc:"Of a false finding: when the rule ends"`
		Note    string     `json:"note,omitempty" maxLength:"1000"`
	}
}

// decide decides about all of them or about none.
func (p *API) decide(c *web.Context, in *apiDecideIn) (*struct{}, error) {
	b := &in.Body
	var chosen []Chosen
	for _, x := range b.Items {
		version, err := web.Match(x.ETag)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, Chosen{ids.ID[Place](x.ID), version})
	}
	return nil, apiFault(p.Service.Decide(c.Context(), c.Actor, chosen, Decision{
		Outcome: State(b.Outcome), System: ids.ID[system.System](b.System), Name: b.Name, Person: ids.ID[organisation.Person](b.Person), Due: b.DueOn,
		Detectors: b.Kinds, Below: b.Below, Ends: b.EndsOn, Note: b.Note,
	}))
}

// apiFault tells what is wrong with what somebody wanted done.
func apiFault(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := faultOf(err); ok {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.Key, Err: err}
	}
	if f := sourceFault(err); f != nil {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f[0].Key, Err: err}
	}
	switch {
	case errors.Is(err, ErrNothing):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "finding.error-nothing", Err: err}
	case errors.Is(err, db.ErrConflict):
		return &web.Error{Status: http.StatusConflict, Key: "finding.error-conflict", Err: err}
	}
	return err
}

// APIRef names a finding in an address.
type APIRef struct {
	Finding string `path:"finding" maxLength:"100" doc:"The finding's id"`
}

func (p *API) dispute(c *web.Context, in *struct {
	APIRef
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000"`
	}
},
) (*struct{}, error) {
	return nil, apiFault(p.Service.Dispute(c.Context(), c.Actor, ids.ID[Place](in.Finding), in.Body.Reason))
}

func (p *API) give(c *web.Context, in *struct {
	APIRef
	web.APIMatch
	Body struct {
		Person string `json:"person" maxLength:"100" doc:"The id of who is to look at it"`
	}
},
) (*struct{}, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.Service.Place(c.Context(), c.Actor, ids.ID[Place](in.Finding), 1)
		return web.ETag(now.Version), err
	}); err != nil {
		return nil, err
	}
	return nil, apiFault(p.Service.Give(c.Context(), c.Actor, ids.ID[Place](in.Finding), ids.ID[organisation.Person](in.Body.Person)))
}

type apiRule struct {
	ID     string     `json:"id"`
	Source string     `json:"source" doc:"The source's id"`
	Path   string     `json:"path"`
	Kinds  []string   `json:"kinds" nullable:"false" doc:"Empty is all"`
	Below  bool       `json:"below"`
	Reason string     `json:"reason"`
	By     string     `json:"by,omitempty"`
	MadeAt time.Time  `json:"made_at"`
	EndsOn civil.Date `json:"ends_on" format:"date"`
}

type apiRulesOut struct {
	Body struct {
		Items []apiRule `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) rules(c *web.Context, in *struct {
	web.APIPaging
},
) (*apiRulesOut, error) {
	list, err := p.Service.FalseRules(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiRulesOut{}
	out.Body.Items, out.Body.APIPage = []apiRule{}, web.PageOf(in.Page, PageSize, len(list))
	from, to := out.Body.Span()
	for i := range list[from:to] {
		r := &list[from+i]
		out.Body.Items = append(out.Body.Items, apiRule{
			r.ID.String(), r.SourceID.String(), r.Path, append([]string{}, r.Detectors...), r.Below, r.Reason, r.ByName, r.Made.UTC(), r.Ends,
		})
	}
	return out, nil
}

func (p *API) endRule(c *web.Context, in *struct {
	Rule string `path:"rule" maxLength:"100" doc:"The rule's id"`
},
) (*struct{}, error) {
	return nil, apiFault(p.Service.EndRule(c.Context(), c.Actor, ids.ID[Rule](in.Rule)))
}
