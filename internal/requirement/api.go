// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is a system's requirements for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "requirement.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/requirements", Action: "requirement.View", ID: "list-system-requirements", Tag: tag, Text: "requirement.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "PUT", Path: "/systems/{system}/requirements/{requirement}/answer", Action: "requirement.Answer", ID: "answer-requirement", Tag: tag, Text: "requirement.api-answer"}, p.answer)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/oscal/component-definition.json", Action: "requirement.View", ID: "get-oscal-component", Tag: tag, Text: "requirement.api-oscal"}, p.oscal)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/oscal/applicable.json", Action: "requirement.Component", ID: "get-oscal-applicable", Tag: tag, Text: "requirement.api-oscal-applicable"}, p.oscalApplicable)
}

// APIBecause is one reason why something applies.
type APIBecause struct {
	Kind string `json:"kind" doc:"information or condition"`
	Ref  string `json:"ref" doc:"The information type, or the fact that holds"`
	Text string `json:"text"`
}

type apiAnswer struct {
	Status  string     `json:"status" doc:"unanswered when nobody has answered"`
	KnownBy string     `json:"known_by,omitempty"`
	KnownOn civil.Date `json:"known_on,omitzero" format:"date"`
	Note    string     `json:"note,omitempty"`
	Version int        `json:"requirement_version,omitempty" doc:"The version of the requirement that was answered"`
	ETag    string     `json:"etag" doc:"For If-Match when the answer is changed"`
}

// apiRequirement is a requirement that applies to a system.
type apiRequirement struct {
	ID          string       `json:"id"`
	Version     int          `json:"version"`
	Topic       string       `json:"topic"`
	Is          string       `json:"is" doc:"The state to be in"`
	Shall       string       `json:"shall,omitempty" doc:"The tender text"`
	Must        bool         `json:"must" doc:"Shall; false is should"`
	Role        string       `json:"role"`
	Conditional bool         `json:"conditional" doc:"It hangs on a question that nobody has settled"`
	Outdated    bool         `json:"outdated" doc:"The text has changed since it was answered"`
	Laws        []string     `json:"laws" nullable:"false"`
	Because     []APIBecause `json:"because" nullable:"false" doc:"Why it applies"`
	Answer      apiAnswer    `json:"answer"`
}

type apiListOut struct {
	Body struct {
		Items   []apiRequirement `json:"items" nullable:"false"`
		Stopped bool             `json:"stopped" doc:"With the security protection manager: nothing follows"`
		web.APIPage
	}
}

// apiPageSize is how many requirements a page has.
const apiPageSize = 100

func apiOf(c *web.Context, r *Applied) apiRequirement {
	lang := catalogue.Lang(c.L.Lang)
	out := apiRequirement{
		ID: r.ID, Version: r.Version, Topic: r.Topic, Is: r.Is(lang), Must: r.Must, Role: r.Role, Conditional: r.Conditional, Outdated: r.Outdated,
		Laws: []string{}, Because: []APIBecause{},
		Answer: apiAnswer{Status: string(r.Answer.Status), KnownBy: r.Answer.KnownBy, KnownOn: r.Answer.KnownOn, Note: r.Answer.Note, Version: r.Answer.Version, ETag: apiTag(&r.Answer)},
	}
	if r.Supplier() {
		out.Shall = r.Shall(lang)
	}
	for _, l := range r.Laws {
		out.Laws = append(out.Laws, l.ID)
	}
	for _, b := range r.Because {
		out.Because = append(out.Because, APIBecause(b))
	}
	return out
}

// apiTag is the version of an answer: when it was given, 0 while there is none.
func apiTag(a *Answer) string {
	if a.At.IsZero() {
		return web.ETag(0)
	}
	return web.ETag(db.Millis(a.At))
}

type apiListIn struct {
	system.APIRef
	Status string `query:"status" enum:"met,partly,not-met,not-applicable,dont-know,unanswered"`
	Topic  string `query:"topic" maxLength:"100"`
	Must   string `query:"must" enum:"true,false"`
	Kind   string `query:"kind" enum:"organisational,administrative,physical,technical"`
	Role   string `query:"role" maxLength:"100" doc:"The role that is to see to it, as in the answer"`
	web.APIPaging
}

func (in *apiListIn) keeps(r *Applied) bool {
	return (in.Status == "" || string(r.Answer.Status) == in.Status) && (in.Topic == "" || r.Topic == in.Topic) &&
		(in.Must == "" || (in.Must == "true") == r.Must) && (in.Kind == "" || r.Kind == in.Kind) && (in.Role == "" || r.Role == in.Role)
}

func (p *API) list(c *web.Context, in *apiListIn) (*apiListOut, error) {
	v, err := p.Service.View(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	var kept []*Applied
	for i := range v.Requirements {
		if in.keeps(&v.Requirements[i]) {
			kept = append(kept, &v.Requirements[i])
		}
	}
	out := &apiListOut{}
	out.Body.Items, out.Body.Stopped, out.Body.APIPage = []apiRequirement{}, v.Need.Stop, web.PageOf(in.Page, apiPageSize, len(kept))
	from, to := out.Body.Span()
	for _, r := range kept[from:to] {
		out.Body.Items = append(out.Body.Items, apiOf(c, r))
	}
	return out, nil
}

type apiAnswerIn struct {
	system.APIRef
	Requirement string `path:"requirement" maxLength:"200"`
	IfMatch     string `header:"If-Match" doc:"The answer's etag"`
	Body        struct {
		Status  string     `json:"status" enum:"met,partly,not-met,not-applicable,dont-know"`
		KnownBy string     `json:"known_by" enum:"measured,attested,self-assessed"`
		KnownOn civil.Date `json:"known_on,omitzero" format:"date" doc:"The day that it was so; today when it is left out"`
		Note    string     `json:"note,omitempty" maxLength:"2000" doc:"The reason, for not-applicable"`
	}
}

type apiAnswerOut struct {
	ETag string `header:"ETag"`
	Body apiRequirement
}

func (p *API) one(c *web.Context, ref, id string) (*apiAnswerOut, civil.Date, error) {
	v, err := p.Service.View(c.Context(), c.Actor, ref, c.L)
	if err != nil {
		return nil, civil.Date{}, err
	}
	for i := range v.Requirements {
		if r := &v.Requirements[i]; r.ID == id {
			return &apiAnswerOut{ETag: apiTag(&r.Answer), Body: apiOf(c, r)}, v.Today, nil
		}
	}
	return nil, v.Today, db.ErrNotFound
}

func (p *API) answer(c *web.Context, in *apiAnswerIn) (*apiAnswerOut, error) {
	over, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	_, today, err := p.one(c, in.System, in.Requirement)
	if err != nil {
		return nil, err
	}
	on := in.Body.KnownOn
	if on.IsZero() {
		on = today
	}
	err = p.Service.Answer(c.Context(), c.Actor, in.System, []Answer{{
		Requirement: in.Requirement, Status: Status(in.Body.Status), KnownBy: in.Body.KnownBy, KnownOn: on, Note: in.Body.Note, Over: &over,
	}})
	for _, f := range []struct {
		err error
		key string
	}{{ErrReason, "requirement.api-reason"}, {ErrFuture, "requirement.api-future"}} {
		if errors.Is(err, f.err) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	conflict := errors.Is(err, db.ErrConflict)
	if err != nil && !conflict {
		return nil, err
	}
	now, _, err := p.one(c, in.System, in.Requirement)
	if err == nil && conflict {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, err
}
