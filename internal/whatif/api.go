// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// API is drafts and what they would change, for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "whatif.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/drafts", Action: "whatif.List", ID: "list-drafts", Tag: tag, Text: "whatif.api-list"}, p.list)
	web.Operate(a, web.Op{
		Method: "POST", Path: "/drafts", Action: "whatif.Load", ID: "load-draft", Tag: tag, Text: "whatif.api-load", Status: http.StatusCreated,
		Max: 2 * catalogue.MaxDraftBytes,
	}, p.load)
	web.Operate(a, web.Op{Method: "GET", Path: "/drafts/{draft}", Action: "whatif.Open", ID: "get-draft", Tag: tag, Text: "whatif.api-get"}, p.get)
	web.Operate(a, web.Op{Method: "GET", Path: "/drafts/{draft}/requirements/{requirement}", Action: "whatif.Requirement", ID: "get-draft-requirement", Tag: tag, Text: "whatif.api-requirement"}, p.requirement)
	web.Operate(a, web.Op{Method: "GET", Path: "/drafts/{draft}/nation", Action: "whatif.Nation", ID: "get-draft-nation", Tag: tag, Text: "whatif.api-nation"}, p.nation)
	web.Operate(a, web.Op{Method: "DELETE", Path: "/drafts/{draft}", Action: "whatif.Remove", ID: "remove-draft", Tag: tag, Text: "whatif.api-remove", Status: http.StatusNoContent}, p.remove)
}

type apiDraft struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Edition string     `json:"edition" doc:"The version that the draft gives itself"`
	On      civil.Date `json:"law_on,omitzero" format:"date" doc:"The day whose law is compared, when one was chosen"`
	At      time.Time  `json:"loaded_at"`
}

func apiOf(d *Draft) apiDraft { return apiDraft{d.ID.String(), d.Name, d.Edition, d.On, d.At} }

type apiListOut struct {
	Body struct {
		Items []apiDraft `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []apiDraft{}
	for i := range all {
		out.Body.Items = append(out.Body.Items, apiOf(&all[i]))
	}
	return out, nil
}

type apiFile struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	Text string `json:"text" maxLength:"1048576" doc:"YAML of the same form as the catalogue's own files"`
}

type apiDraftOut struct{ Body apiDraft }

func (p *API) load(c *web.Context, in *struct {
	Body struct {
		Name  string    `json:"name" maxLength:"200"`
		Files []apiFile `json:"files" minItems:"1" maxItems:"40"`
		On    string    `json:"law_on,omitempty" maxLength:"10" doc:"The day whose law is to be compared; the day when all of the draft is in force when left out"`
	}
},
) (*apiDraftOut, error) {
	d := Draft{Name: in.Body.Name}
	if in.Body.On != "" {
		on, err := civil.Parse(in.Body.On)
		if err != nil {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "whatif.fault-day", Err: err}
		}
		d.On = on
	}
	for _, f := range in.Body.Files {
		d.Files = append(d.Files, catalogue.DraftFile(f))
	}
	made, err := p.Service.Load(c.Context(), c.Actor, d)
	var problems catalogue.Problems
	switch {
	case errors.Is(err, ErrName):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "whatif.fault-name", Err: err}
	case errors.Is(err, ErrTooMany):
		return nil, &web.Error{Status: http.StatusConflict, Key: "whatif.fault-many", Err: err}
	case errors.As(err, &problems):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "whatif.fault-first", Args: []any{"Count", len(problems), "First", problems[0].String()}, Err: err}
	case err != nil:
		return nil, err
	}
	return &apiDraftOut{apiOf(&made)}, nil
}

// Told is what a draft changes, in the shape that programs read: the API's, and the command's.
type Told struct {
	Schema string     `json:"schema" enum:"insegel.whatif/1"`
	Draft  bool       `json:"draft" doc:"Always true: nothing of this is in force"`
	Name   string     `json:"name"`
	Base   string     `json:"catalogue" doc:"The edition that it is compared with"`
	Form   string     `json:"edition" doc:"The version that the draft gives itself"`
	On     civil.Date `json:"law_on" format:"date"`
	// Invented says that the systems are a simulated nation's.
	Invented       bool               `json:"invented"`
	Systems        int                `json:"systems"`
	Affected       int                `json:"affected"`
	Gap            Gap                `json:"gap"`
	Requirements   []ToldRow          `json:"requirements" nullable:"false"`
	Laws           []ToldRow          `json:"laws" nullable:"false"`
	Others         []ToldOther        `json:"others" nullable:"false"`
	Municipalities []ToldMunicipality `json:"municipalities,omitempty"`
}

// ToldRow is one law or requirement that changes.
type ToldRow struct {
	ID             string              `json:"id"`
	Text           string              `json:"text"`
	What           string              `json:"what" enum:"added,changed,removed,replaced,reached"`
	Fields         []string            `json:"fields" nullable:"false"`
	Effect         string              `json:"effect"`
	Gained         int                 `json:"gained" doc:"Systems that it starts to concern"`
	Kept           int                 `json:"kept" doc:"Systems that it goes on concerning, in another form"`
	Lost           int                 `json:"lost" doc:"Systems that it ceases to concern"`
	Gap            Gap                 `json:"gap" doc:"How well those gained and kept meet it, by what is known today"`
	Because        []catalogue.Because `json:"because" nullable:"false" doc:"Why it concerns the example"`
	Example        string              `json:"example,omitempty"`
	Municipalities int                 `json:"municipalities,omitempty"`
}

// ToldOther is a change of another kind.
type ToldOther struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	What   string `json:"what"`
	Effect string `json:"effect"`
}

// ToldMunicipality is what changes for one municipality of a nation.
type ToldMunicipality struct {
	Code     string `json:"municipality"`
	Systems  int    `json:"systems"`
	Affected int    `json:"affected"`
	Gained   int    `json:"gained"`
	Lost     int    `json:"lost"`
	Changed  int    `json:"changed"`
	Gap      Gap    `json:"gap"`
}

type apiToldOut struct{ Body Told }

func (p *API) get(c *web.Context, in *struct {
	Draft string `path:"draft" maxLength:"100"`
},
) (*apiToldOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Draft](in.Draft), c.L)
	if err != nil {
		return nil, gone(err)
	}
	return &apiToldOut{Tell(c.L, v.Compared, v.Name, &v.Outcome, nil)}, nil
}

func (p *API) nation(c *web.Context, in *struct {
	Draft string `path:"draft" maxLength:"100"`
},
) (*apiToldOut, error) {
	v, err := p.Service.Nation(c.Context(), c.Actor, ids.ID[Draft](in.Draft), c.L)
	if err != nil {
		return nil, gone(err)
	}
	return &apiToldOut{Tell(c.L, v.Compared, v.Name, &v.Outcome, v.Nation)}, nil
}

type apiSystem struct {
	System   string              `json:"system" doc:"The last part of its address"`
	Name     string              `json:"name"`
	What     string              `json:"what" enum:"gained,lost,kept"`
	Shown    string              `json:"shown" enum:"unknown,unproven,contradicted,not-met,met,not-applicable"`
	Outdated bool                `json:"outdated" doc:"It was answered of an earlier version, or of what is replaced"`
	Because  []catalogue.Because `json:"because" nullable:"false"`
}

type apiRequirementOut struct {
	Body struct {
		Draft   bool        `json:"draft" doc:"Always true: nothing of this is in force"`
		Row     ToldRow     `json:"requirement"`
		Systems []apiSystem `json:"systems" nullable:"false"`
	}
}

func (p *API) requirement(c *web.Context, in *struct {
	Draft       string `path:"draft" maxLength:"100"`
	Requirement string `path:"requirement" maxLength:"200"`
},
) (*apiRequirementOut, error) {
	v, err := p.Service.Requirement(c.Context(), c.Actor, ids.ID[Draft](in.Draft), in.Requirement, c.L)
	if err != nil {
		return nil, gone(err)
	}
	out := &apiRequirementOut{}
	text, _ := v.Compared.requirementText(c.L, v.Row.ID)
	out.Body.Draft, out.Body.Row, out.Body.Systems = true, toldOf(c.L, &v.Row, text), []apiSystem{}
	for i := range v.Systems {
		s := &v.Systems[i]
		out.Body.Systems = append(out.Body.Systems, apiSystem{s.Slug, s.Name, s.What, s.Shown.String(), s.Outdated, append([]catalogue.Because{}, s.Because...)})
	}
	return out, nil
}

func (p *API) remove(c *web.Context, in *struct {
	Draft string `path:"draft" maxLength:"100"`
},
) (*struct{}, error) {
	return nil, gone(p.Service.Remove(c.Context(), c.Actor, ids.ID[Draft](in.Draft)))
}
