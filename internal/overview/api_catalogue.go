// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"bytes"
	"cmp"
	"io"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// routesOfCatalogue registers what everybody who works in an organisation may read of the catalogue.
func (p *API) routesOfCatalogue(a *web.API) {
	const tag = "overview.api-catalogue"
	get := func(path, action, id string) web.Op {
		return web.Op{Method: "GET", Path: path, Action: action, ID: id, Tag: tag}
	}
	with := func(o web.Op, text string) web.Op { o.Text = text; return o }
	web.Operate(a, with(get("/catalogue/laws", "overview.Rules", "list-laws"), "overview.api-laws"), p.laws)
	web.Operate(a, with(get("/catalogue/requirements", "overview.Rules", "list-requirements"), "overview.api-requirements"), p.requirements)
	web.Operate(a, with(get("/catalogue/information-types", "overview.Information", "list-information-types"), "overview.api-types"), p.types)
	web.Operate(a, with(get("/catalogue/facts", "overview.Rules", "list-facts"), "overview.api-facts"), p.facts)
	web.Operate(a, web.Op{Method: "GET", Path: "/information", Action: "overview.Information", ID: "list-information", Tag: "overview.api-information-tag", Text: "overview.api-information"}, p.information)
	web.Operate(a, web.Op{Method: "GET", Path: "/log", Action: "overview.Log", ID: "list-log", Tag: "overview.api-log-tag", Text: "overview.api-log"}, p.log)
	web.Operate(a, web.Op{Method: "GET", Path: "/log/export", Action: "overview.ExportLog", ID: "export-log", Tag: "overview.api-log-tag", Text: "overview.api-export"}, p.export)
	web.Operate(a, web.Op{Method: "GET", Path: "/oscal/catalog.json", Action: "overview.Rules", ID: "get-oscal-catalog", Tag: tag, Text: "overview.api-oscal"}, p.oscal)
}

// apiText is a text in both languages.
type apiText struct {
	SV string `json:"sv"`
	EN string `json:"en"`
}

func apiTextOf(t catalogue.Text) apiText { return apiText{t.SV, t.EN} }

// apiItems is a whole list of the catalogue: it is as long as its edition.
type apiItems[T any] struct {
	Body struct {
		Edition string `json:"edition" doc:"The edition of the catalogue"`
		Items   []T    `json:"items" nullable:"false"`
		web.APIPage
	}
}

func apiItemsOf[T any](c *catalogue.Catalogue, list []T) *apiItems[T] {
	out := &apiItems[T]{}
	out.Body.Edition, out.Body.Items = c.Edition, list
	return out
}

type apiLaw struct {
	ID       string     `json:"id"`
	Version  int        `json:"version"`
	Ref      string     `json:"ref"`
	Sections string     `json:"sections"`
	Name     apiText    `json:"name"`
	Duty     apiText    `json:"duty"`
	Basis    string     `json:"basis" doc:"explicit or derived"`
	From     civil.Date `json:"from,omitzero" format:"date"`
	To       civil.Date `json:"to,omitzero" format:"date"`
	Source   string     `json:"source,omitempty"`
	Checked  string     `json:"checked,omitempty"`
	Verified bool       `json:"verified" doc:"Somebody has checked it against its source"`
	Systems  int        `json:"systems" doc:"How many systems within reach it concerns"`
}

// apiTruths are the API's words for a filter that asks for what is so, or for what is not.
var apiTruths = map[string]string{"yes": "ja", "no": "nej"}

func (p *API) laws(c *web.Context, in *struct {
	Text     string `query:"q" maxLength:"200" doc:"Words that stand in the rule, in the language of the answer"`
	Basis    string `query:"basis" enum:"explicit,derived"`
	Verified string `query:"verified" enum:"yes,no" doc:"Whether somebody has checked it against its source"`
	Force    string `query:"force" enum:"current,not-yet,ended,unchecked" doc:"Whether it is in force today"`
	Concerns string `query:"concerns" enum:"yes,no" doc:"Whether it concerns some system within reach"`
	web.APIPaging
},
) (*apiItems[apiLaw], error) {
	systems, today, err := p.Overview.Rules(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	cat := p.Overview.catalogue()
	f := ruleFilter{Text: in.Text, Basis: in.Basis, Checked: apiTruths[in.Verified], Force: in.Force, Concerns: apiTruths[in.Concerns]}
	list := []apiLaw{}
	for i := range cat.Laws {
		l := &cat.Laws[i]
		if f.matches(c, l, requirement.InForce(l, today), systems[i]) {
			list = append(list, apiLaw{l.ID, l.Version, l.Ref, l.Sections, apiTextOf(l.Name), apiTextOf(l.Duty), l.Basis, l.From, l.To, l.Source, l.Checked, l.Verified, systems[i]})
		}
	}
	return apiItemsOf(cat, list), nil
}

type apiCatalogueRequirement struct {
	ID      string   `json:"id"`
	Version int      `json:"version"`
	Topic   string   `json:"topic"`
	Kind    string   `json:"kind"`
	Must    bool     `json:"must" doc:"Shall; false is should"`
	Role    string   `json:"role"`
	Is      apiText  `json:"is" doc:"The state to be in"`
	Shall   apiText  `json:"shall" doc:"The tender text; empty when no supplier can be asked"`
	Laws    []string `json:"laws" nullable:"false"`
}

func (p *API) requirements(*web.Context, *struct{}) (*apiItems[apiCatalogueRequirement], error) {
	cat := p.Overview.catalogue()
	list := make([]apiCatalogueRequirement, len(cat.Requirements))
	for i := range cat.Requirements {
		r := &cat.Requirements[i]
		fill := func(t catalogue.Text) apiText {
			return apiText{catalogue.Fill(t.SV, r.Settings, nil), catalogue.Fill(t.EN, r.Settings, nil)}
		}
		list[i] = apiCatalogueRequirement{r.ID, r.Version, r.Topic, r.Kind, r.Must, r.Role, fill(r.Is), fill(r.Shall), append([]string{}, r.Laws...)}
	}
	return apiItemsOf(cat, list), nil
}

type apiType struct {
	ID       string            `json:"id"`
	Version  int               `json:"version"`
	Area     string            `json:"area"`
	Name     apiText           `json:"name"`
	Content  apiText           `json:"content"`
	Levels   map[string]string `json:"levels" doc:"The step that it suggests, by aspect"`
	Verified bool              `json:"verified"`
}

func (p *API) types(c *web.Context, in *struct {
	Text string `query:"q" maxLength:"200" doc:"Words that stand in the type, in the language of the answer"`
	Area string `query:"area" maxLength:"100" doc:"A value of the fact area"`
},
) (*apiItems[apiType], error) {
	cat := p.Overview.catalogue()
	list := []apiType{}
	for i := range cat.Types {
		t := &cat.Types[i]
		if in.Area != "" && t.Area != in.Area || !typeMatches(c, t, in.Text) {
			continue
		}
		x := apiType{t.ID, t.Version, t.Area, apiTextOf(t.Name), apiTextOf(t.Content), map[string]string{}, t.Verified}
		for a, s := range t.Levels {
			if s.Step != catalogue.Unset {
				x.Levels[catalogue.Aspect(a).String()] = s.Step.String()
			}
		}
		list = append(list, x)
	}
	return apiItemsOf(cat, list), nil
}

type apiFact struct {
	ID       string   `json:"id"`
	Form     string   `json:"form" doc:"truth, choice or set"`
	Values   []string `json:"values" nullable:"false"`
	On       []string `json:"on" nullable:"false" doc:"What it may be stated about"`
	Name     apiText  `json:"name"`
	Question apiText  `json:"question"`
}

func (p *API) facts(*web.Context, *web.APIPaging) (*apiItems[apiFact], error) {
	cat := p.Overview.catalogue()
	var list []apiFact
	for _, f := range cat.Vocabulary.Facts() {
		list = append(list, apiFact{f.ID, f.Form, append([]string{}, f.Values...), append([]string{}, f.On...), apiTextOf(f.Name), apiTextOf(f.Question)})
	}
	return apiItemsOf(cat, list), nil
}

type apiInformation struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type,omitempty" doc:"The type of the catalogue; none for the organisation's own"`
	Note      string `json:"note,omitempty"`
	Systems   int    `json:"systems" doc:"How many systems within reach hold it"`
	Confirmed int    `json:"confirmed" doc:"How many of them somebody has confirmed"`
}

type apiInformationOut struct {
	Body struct {
		Items []apiInformation `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) information(c *web.Context, _ *web.APIPaging) (*apiInformationOut, error) {
	all, err := p.Overview.Information(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiInformationOut{}
	out.Body.Items = []apiInformation{}
	for i := range all {
		h := &all[i]
		out.Body.Items = append(out.Body.Items, apiInformation{h.ID.String(), h.Name, h.TypeID, h.Note, h.Systems, h.Confirmed})
	}
	return out, nil
}

// APILogFilter narrows the log as its page does.
type APILogFilter struct {
	Actor  string     `query:"actor" maxLength:"200"`
	Action string     `query:"action" maxLength:"200"`
	System string     `query:"system" maxLength:"200" doc:"The system's id or slug"`
	From   civil.Date `query:"from" format:"date"`
	To     civil.Date `query:"to" format:"date"`
}

func (p *API) logFilter(c *web.Context, in *APILogFilter, below int64) (audit.Filter, error) {
	f := logFilter{who: in.Actor, what: in.Action, object: in.System, from: in.From, to: in.To, below: below}
	if in.System == "" {
		return f.asked(nil), nil
	}
	systems, err := p.Overview.named(c.Context(), c.Actor)
	return f.asked(systems), err
}

type apiEvent struct {
	Number     int64  `json:"number" doc:"Its place in the log"`
	At         string `json:"at" format:"date-time"`
	Action     string `json:"action"`
	Actor      string `json:"actor"`
	ObjectKind string `json:"object_kind"`
	ObjectID   string `json:"object_id"`
	Why        string `json:"why,omitempty"`
	From       string `json:"from,omitempty"`
	Record     string `json:"record,omitempty" doc:"What happened, as JSON"`
}

type apiLogOut struct {
	Body struct {
		Items []apiEvent `json:"items" nullable:"false" doc:"The newest first"`
		Size  int64      `json:"size" doc:"How many events the whole log has"`
		Next  string     `json:"next,omitempty" doc:"The address of the next page, with the same filter; left out on the last"`
	}
}

func (p *API) log(c *web.Context, in *struct {
	APILogFilter
	Below int64 `query:"below" minimum:"0" doc:"Only events with smaller numbers: the cursor, which next has"`
	Limit int   `query:"limit" minimum:"1" maximum:"200" doc:"How many events a page has; left out: 50"`
},
) (*apiLogOut, error) {
	f, err := p.logFilter(c, &in.APILogFilter, in.Below)
	if err != nil {
		return nil, err
	}
	f.Limit = in.Limit
	l, err := p.Overview.Log(c.Context(), c.Actor, f)
	if err != nil {
		return nil, err
	}
	out := &apiLogOut{}
	out.Body.Items, out.Body.Size = []apiEvent{}, l.Head.Size
	for i := range l.Events {
		e := &l.Events[i]
		out.Body.Items = append(out.Body.Items, apiEvent{e.Seq, db.FromMillis(e.At).UTC().Format(time.RFC3339Nano), e.Action, e.Actor, e.ObjectKind, e.ObjectID, e.Why, e.From, e.Record})
	}
	if l.More {
		out.Body.Next = c.Next("below", strconv.FormatInt(l.Events[len(l.Events)-1].Seq, 10))
	}
	return out, nil
}

// apiFile is an answer that is a file.
type apiFile struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// mostExport is how much of the log one request fetches: a longer one is fetched in parts, by the days.
const mostExport = 64 << 20

// limited takes what is written up to a limit, and an error past it.
type limited struct {
	bytes.Buffer
	left int
}

// Write takes a part.
func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, io.ErrShortWrite
	}
	return l.Buffer.Write(b)
}

func (p *API) export(c *web.Context, in *APILogFilter) (*apiFile, error) {
	f, err := p.logFilter(c, in, 0)
	if err != nil {
		return nil, err
	}
	w := &limited{left: mostExport}
	if err := p.Overview.ExportLog(c.Context(), c.Actor, f, w); err != nil {
		if w.left < 0 {
			return nil, &web.Error{Status: 413, Key: "overview.api-export-long", Err: err}
		}
		return nil, err
	}
	return &apiFile{"application/jsonl; charset=utf-8", w.Bytes()}, nil
}

func (p *API) oscal(c *web.Context, in *struct {
	Lang string `query:"lang" enum:"sv,en" doc:"The language of the texts; the one that was negotiated when it is left out"`
},
) (*apiFile, error) {
	b, err := p.Overview.catalogue().OSCAL(catalogue.Lang(cmp.Or(in.Lang, c.L.Lang)))
	return &apiFile{"application/json", b}, err
}
