// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is the risks and impact assessments for programs. A key reads; what is weighed and decided takes a person who is signed in.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag, of = "risk.api", "/systems/{system}/risks"
	op := func(method, path, action, id string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag}
	}
	says := func(o web.Op, text string) web.Op { o.Text = text; return o }
	made := says(op("POST", of, "risk.Save", "add-risk"), "risk.api-add")
	made.Status = http.StatusCreated
	gone := says(op("DELETE", of+"/{risk}", "risk.Remove", "remove-risk"), "risk.api-remove")
	gone.Status = http.StatusNoContent
	web.Operate(a, says(op("GET", "/risks", "risk.List", "list-risks"), "risk.api-list"), p.list)
	web.Operate(a, says(op("GET", of, "risk.Open", "list-risks-of-system"), "risk.api-of-system"), p.ofSystem)
	web.Operate(a, made, p.add)
	web.Operate(a, says(op("GET", of+"/{risk}", "risk.Risk", "get-risk"), "risk.api-get"), p.one)
	web.Operate(a, says(op("PUT", of+"/{risk}", "risk.Save", "replace-risk"), "risk.api-replace"), p.replace)
	web.Operate(a, gone, p.remove)
	p.routesOfAssessments(a)
}

// APIRef names a risk of a system in an address.
type APIRef struct {
	system.APIRef
	Risk string `path:"risk" maxLength:"100" doc:"The risk's id"`
}

func (r *APIRef) id() ids.ID[Risk] { return ids.ID[Risk](r.Risk) }

// APIImpact is how bad it is for somebody when one area is lost.
type APIImpact struct {
	Aspect      string `json:"aspect" enum:"confidentiality,integrity,availability,traceability"`
	Perspective string `json:"perspective" enum:"individual,organisation,society"`
	Step        string `json:"step" enum:"negligible,moderate,significant,serious"`
}

// APIMeasure is a requirement that is to reduce a risk.
type APIMeasure struct {
	Requirement   string `json:"requirement,omitempty" maxLength:"100" doc:"Of the catalogue, or one of the risk's own; left out for a new one of its own"`
	Text          string `json:"text,omitempty" maxLength:"1000" doc:"What a requirement of the organisation's own says"`
	OnLikelihood  int    `json:"on_likelihood,omitempty" minimum:"0" maximum:"3" doc:"How many steps it is thought to take away when it is met"`
	OnConsequence int    `json:"on_consequence,omitempty" minimum:"0" maximum:"3"`
}

// APIFollows is what follows for each.
type APIFollows struct {
	Individual   string `json:"individual,omitempty" maxLength:"4000"`
	Organisation string `json:"organisation,omitempty" maxLength:"4000"`
	Society      string `json:"society,omitempty" maxLength:"4000"`
}

// APIFields are what is said of a risk. What is left out has not been weighed.
type APIFields struct {
	Threat     string       `json:"threat,omitempty" maxLength:"100" doc:"The catalogue's scenario that it is made from; it cannot be changed afterwards"`
	Name       string       `json:"name" minLength:"1" maxLength:"4000"`
	Cause      string       `json:"cause,omitempty" maxLength:"4000"`
	Event      string       `json:"event,omitempty" maxLength:"4000"`
	Follows    APIFollows   `json:"follows,omitzero"`
	Impacts    []APIImpact  `json:"impacts,omitempty" nullable:"false" maxItems:"12"`
	Likelihood int          `json:"likelihood,omitempty" minimum:"0" maximum:"10" doc:"Of the scale; 0 is not weighed"`
	Lowered    string       `json:"lowered,omitempty" maxLength:"4000" doc:"Why a consequence is lower than the classification says"`
	Treatment  string       `json:"treatment,omitempty" enum:"accept,reduce,share,avoid"`
	Motive     string       `json:"motive,omitempty" maxLength:"4000" doc:"Why it is treated so"`
	OwnerRole  string       `json:"owner_role,omitempty" maxLength:"4000"`
	DueOn      civil.Date   `json:"due_on,omitzero" format:"date"`
	Measures   []APIMeasure `json:"measures,omitempty" nullable:"false" maxItems:"1000"`
}

func (f *APIFields) risk() (Risk, error) {
	r := Risk{
		ThreatID: f.Threat, Name: f.Name, Cause: f.Cause, Event: f.Event, Likelihood: f.Likelihood, Lowered: f.Lowered, Treatment: f.Treatment,
		Motive: f.Motive, OwnerRole: f.OwnerRole, DueOn: f.DueOn,
	}
	r.Follows[catalogue.Individual], r.Follows[catalogue.Organisation], r.Follows[catalogue.Society] = f.Follows.Individual, f.Follows.Organisation, f.Follows.Society
	for _, i := range f.Impacts {
		aspect, ok := catalogue.ParseAspect(i.Aspect)
		perspective, known := catalogue.ParsePerspective(i.Perspective)
		step, on := catalogue.ParseStep(i.Step)
		if !ok || !known || !on {
			return Risk{}, ErrValue
		}
		r.Impacts[aspect][perspective] = step
	}
	for _, m := range f.Measures {
		r.Measures = append(r.Measures, Measure{Requirement: m.Requirement, Text: m.Text, OnLikelihood: m.OnLikelihood, OnConsequence: m.OnConsequence})
	}
	return r, nil
}

// APIRisk is a risk as it has been weighed.
type APIRisk struct {
	ID string `json:"id"`
	APIFields
	Rank     int    `json:"rank" doc:"The level of the matrix; 0 is not weighed"`
	Level    string `json:"level,omitempty"`
	Residual int    `json:"residual" doc:"The level with the measures that are met today"`
	Decided  string `json:"decided_at,omitempty" format:"date-time"`
	ETag     string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

func (p *API) risk(v *View, r *Risk) APIRisk {
	now := r.Now(p.Service.Scale)
	level, _ := p.Service.Scale.Level(now.Rank)
	out := APIRisk{ID: r.ID.String(), Rank: now.Rank, Level: level.ID, Residual: r.If(p.Service.Scale, v.Met).Rank, ETag: web.ETag(r.Version), APIFields: APIFields{
		Threat: r.ThreatID, Name: r.Name, Cause: r.Cause, Event: r.Event, Likelihood: r.Likelihood, Lowered: r.Lowered, Treatment: r.Treatment,
		Motive: r.Motive, OwnerRole: r.OwnerRole, DueOn: r.DueOn,
		Follows: APIFollows{r.Follows[catalogue.Individual], r.Follows[catalogue.Organisation], r.Follows[catalogue.Society]},
	}}
	if !r.DecidedAt.IsZero() && r.Treatment != Untreated {
		out.Decided = r.DecidedAt.UTC().Format(apiTime)
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		for q := range catalogue.Perspective(catalogue.NumPerspectives) {
			if step := r.Impacts[a][q]; step != catalogue.Unset {
				out.Impacts = append(out.Impacts, APIImpact{a.String(), q.String(), step.String()})
			}
		}
	}
	for _, m := range r.Measures {
		out.Measures = append(out.Measures, APIMeasure{m.Requirement, m.Text, m.OnLikelihood, m.OnConsequence})
	}
	return out
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05Z"

// apiRefusal tells what was wrong in the words that the pages have for it.
func apiRefusal(err error) error {
	for _, f := range []struct {
		is  error
		key string
	}{
		{ErrThreat, "risk.api-threat"},
		{ErrRequirement, "risk.api-requirement"},
		{ErrContent, "risk.fault-content"},
		{ErrOpinion, "risk.fault-opinion"},
		{ErrDecision, "risk.fault-decision"},
		{ErrConsult, "risk.fault-consult"},
		{ErrState, "risk.fault-state"},
	} {
		if errors.Is(err, f.is) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	if f, ok := faultOf(err); ok {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.Key, Err: err}
	}
	return err
}

type apiListed struct {
	ID          string     `json:"id"`
	System      string     `json:"system" doc:"The system's short name"`
	Name        string     `json:"name"`
	Likelihood  int        `json:"likelihood"`
	Consequence int        `json:"consequence"`
	Rank        int        `json:"rank" doc:"0 is not weighed"`
	Treatment   string     `json:"treatment,omitempty"`
	OwnerRole   string     `json:"owner_role,omitempty"`
	DueOn       civil.Date `json:"due_on,omitzero" format:"date"`
}

type apiListOut struct {
	Body struct {
		Items []apiListed `json:"items" nullable:"false" doc:"The largest first"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, in *struct {
	Unit        string `query:"unit" maxLength:"100" doc:"The id of a unit"`
	Rank        int    `query:"rank" minimum:"-1" maximum:"10" doc:"A level of the matrix; -1 is those that nobody has weighed, 0 or left out all"`
	Likelihood  int    `query:"likelihood" minimum:"0" maximum:"10" doc:"A step of the matrix; 0 or left out all"`
	Consequence int    `query:"consequence" minimum:"0" maximum:"10" doc:"A step of the matrix; 0 or left out all"`
	Treatment   string `query:"treatment" enum:"accept,reduce,share,avoid,none"`
	web.APIPaging
},
) (*apiListOut, error) {
	f := Filter{Unit: access.UnitID(in.Unit), Rank: in.Rank, Likelihood: in.Likelihood, Consequence: in.Consequence, Treatment: in.Treatment, Page: in.Page}
	if in.Treatment == "none" {
		f.Treatment = Missing
	}
	l, err := p.Service.List(c.Context(), c.Actor, f)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items, out.Body.APIPage = []apiListed{}, web.PageOf(l.Filter.Page, PageSize, l.Matching)
	for i := range l.Rows {
		r := &l.Rows[i]
		out.Body.Items = append(out.Body.Items, apiListed{r.ID.String(), r.Slug, r.Name, r.Likelihood, r.Consequence, r.Rank, r.Treatment, r.OwnerRole, r.DueOn})
	}
	return out, nil
}

type apiOfSystemOut struct {
	Body struct {
		System  string    `json:"system"`
		Stopped bool      `json:"stopped,omitempty" doc:"The classification is stopped, and nothing is told"`
		Items   []APIRisk `json:"items" nullable:"false"`
		web.APIPage
		Suggested []string `json:"suggested" nullable:"false" doc:"Scenarios of the catalogue that fit and that nobody has weighed"`
	}
}

func (p *API) ofSystem(c *web.Context, in *struct {
	system.APIRef
	web.APIPaging
},
) (*apiOfSystemOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiOfSystemOut{}
	b := &out.Body
	b.System, b.Stopped, b.Items, b.Suggested = v.View.System.ID.String(), v.Need.Stop, []APIRisk{}, []string{}
	for i := range v.Risks {
		b.Items = append(b.Items, p.risk(&v, &v.Risks[i]))
	}
	for _, t := range v.Suggested {
		b.Suggested = append(b.Suggested, t.ID)
	}
	return out, nil
}

type apiOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     APIRisk
}

func (p *API) read(c *web.Context, ref string, id ids.ID[Risk]) (*apiOut, error) {
	if id == "" {
		return nil, db.ErrNotFound
	}
	o, err := p.Service.Risk(c.Context(), c.Actor, ref, id, "", c.L)
	if err != nil {
		return nil, err
	}
	return &apiOut{ETag: web.ETag(o.Risk.Version), Body: p.risk(&o.View, &o.Risk)}, nil
}

func (p *API) one(c *web.Context, in *APIRef) (*apiOut, error) { return p.read(c, in.System, in.id()) }

func (p *API) add(c *web.Context, in *struct {
	system.APIRef
	Body APIFields
},
) (*apiOut, error) {
	r, err := in.Body.risk()
	if err == nil {
		r, err = p.Service.Save(c.Context(), c.Actor, in.System, r, c.L)
	}
	if err != nil {
		return nil, apiRefusal(err)
	}
	out, err := p.read(c, in.System, r.ID)
	if err == nil {
		out.Location = web.APIPath + "/systems/" + in.System + "/risks/" + r.ID.String()
	}
	return out, err
}

func (p *API) replace(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The risk's etag"`
	Body    APIFields
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	now, err := p.read(c, in.System, in.id())
	if err != nil {
		return nil, err
	}
	if in.Body.Threat != now.Body.Threat {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "risk.api-threat"}
	}
	if version == 0 { // it would be a new one
		return nil, &web.Stale{Current: now.ETag}
	}
	r, err := in.Body.risk()
	if err == nil {
		r.ID, r.Version = in.id(), version
		_, err = p.Service.Save(c.Context(), c.Actor, in.System, r, c.L)
	}
	return p.after(c, &in.APIRef, err)
}

// after gives a risk as it is when it has been changed, or tells why it was not.
func (p *API) after(c *web.Context, in *APIRef, err error) (*apiOut, error) {
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, apiRefusal(err)
	}
	now, failed := p.read(c, in.System, in.id())
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, nil
}

func (p *API) remove(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The risk's etag"`
},
) (*struct{}, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	err = p.Service.Remove(c.Context(), c.Actor, in.System, in.id(), version)
	if errors.Is(err, db.ErrConflict) {
		_, err = p.after(c, &in.APIRef, err)
	}
	return nil, err
}
