// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

// API is the incidents for programs. They are secret by default (OSL 18 kap. 8 b §): a key may report one, and reads none.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag, one = "incident.api", "/incidents/{incident}"
	op := func(method, path, action, id, text string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag, Text: text}
	}
	made := func(o web.Op) web.Op { o.Status = http.StatusCreated; return o }
	web.Operate(a, op("GET", "/incidents", "incident.List", "list-incidents", "incident.api-list"), p.list)
	web.Operate(a, made(op("POST", "/incidents", "incident.Report", "report-incident", "incident.api-report")), p.report)
	web.Operate(a, op("GET", one, "incident.Open", "get-incident", "incident.api-get"), p.one)
	web.Operate(a, op("PUT", one+"/fields", "incident.Save", "replace-incident-fields", "incident.api-save"), p.save)
	web.Operate(a, op("PUT", one+"/systems", "incident.SetSystems", "replace-incident-systems", "incident.api-systems"), p.setSystems)
	web.Operate(a, op("PUT", one+"/duties/{duty}", "incident.Decide", "decide-incident-duty", "incident.api-decide"), p.decide)
	web.Operate(a, made(op("POST", one+"/measures", "incident.SaveMeasure", "add-incident-measure", "incident.api-add-measure")), p.addMeasure)
	web.Operate(a, op("PUT", one+"/measures/{measure}", "incident.SaveMeasure", "replace-incident-measure", "incident.api-measure"), p.changeMeasure)
	web.Operate(a, op("GET", "/suppliers/{supplier}/affected", "incident.Affected", "get-affected-by-supplier", "incident.api-affected"), p.affected)
}

// APIRef names an incident in an address.
type APIRef struct {
	Incident string `path:"incident" maxLength:"100" doc:"The incident's id"`
}

// apiMoment gives a moment for programs; none is nothing.
func apiMoment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func moved(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// apiRefusal tells what was wrong in the words that the pages have for it.
func apiRefusal(err error) error {
	if f, ok := faultOf(err, "", "", ""); ok {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.Key, Err: err}
	}
	switch {
	case errors.Is(err, ErrRule):
		return &web.Error{Status: http.StatusNotFound, Key: "incident.api-no-duty", Err: err}
	case errors.Is(err, ErrOrigin):
		return &web.Error{Status: http.StatusConflict, Key: "incident.api-origin", Err: err}
	}
	return err
}

// apiOrigin is what an incident came from.
type apiOrigin struct {
	Kind string `json:"kind" enum:"finding,measurement,supplier"`
	ID   string `json:"id,omitempty" doc:"The finding's or the measurement's id"`
	Path string `json:"path" doc:"Where its page is"`
}

// apiOriginOf gives an origin for programs; none is nothing.
func apiOriginOf(o Origin) *apiOrigin {
	switch o.Kind {
	case "":
		return nil
	case "probe":
		return &apiOrigin{"measurement", o.Ref, o.Path}
	default:
		return &apiOrigin{o.Kind, o.Ref, o.Path}
	}
}

type apiListed struct {
	ID      string     `json:"id"`
	Number  int64      `json:"number"`
	Title   string     `json:"title"`
	Unit    string     `json:"unit,omitempty" doc:"The id of the unit whose it is"`
	Drill   bool       `json:"drill,omitempty"`
	Found   *time.Time `json:"found_at,omitempty"`
	Next    *time.Time `json:"next,omitempty" doc:"When something must be done at the latest"`
	Closed  *time.Time `json:"closed_at,omitempty"`
	Systems int        `json:"systems" doc:"How many are known to be hit"`
	Origin  *apiOrigin `json:"origin,omitempty" doc:"What it came from"`
}

type apiListOut struct {
	Body struct {
		Items []apiListed `json:"items" nullable:"false" doc:"Those that are open first, by what must be done first"`
		web.APIPage
	}
}

// apiPageSize is how many incidents a page has.
const apiPageSize = 100

func (p *API) list(c *web.Context, in *struct {
	Origin string `query:"origin" maxLength:"100" doc:"The id of a finding or a measurement: the incident that it has become"`
	web.APIPaging
},
) (*apiListOut, error) {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	if in.Origin != "" {
		l.Rows = slices.DeleteFunc(l.Rows, func(r Row) bool { return !r.Origin.Of(in.Origin) })
	}
	out := &apiListOut{}
	b := &out.Body
	b.Items, b.APIPage = []apiListed{}, web.PageOf(in.Page, apiPageSize, len(l.Rows))
	from, to := b.Span()
	for i := range l.Rows[from:to] {
		r := &l.Rows[from+i]
		b.Items = append(b.Items, apiListed{
			ID: r.ID.String(), Number: r.Number, Title: r.Texts[Title], Unit: r.UnitID.String(), Drill: r.Incident.Drill != "",
			Found: apiMoment(r.FoundAt), Next: apiMoment(r.Next), Closed: apiMoment(r.ClosedAt), Systems: len(r.Systems),
			Origin: apiOriginOf(r.Origin),
		})
	}
	return out, nil
}

type apiReportedOut struct {
	Location string `header:"Location"`
	Body     struct {
		ID     string `json:"id"`
		Number int64  `json:"number" doc:"People know the incident by it"`
	}
}

func (p *API) report(c *web.Context, in *struct {
	Body struct {
		Title    string     `json:"title" minLength:"1" maxLength:"200"`
		Happened string     `json:"happened,omitempty" maxLength:"8000" doc:"Only numbers and kinds of those concerned, never their data"`
		FoundAt  *time.Time `json:"found_at,omitempty" doc:"The first signal; left out: now"`
		AwareAt  *time.Time `json:"aware_at,omitempty" doc:"When the organisation knew: the clocks count from it. Left out: not yet decided"`
		AwareWhy string     `json:"aware_why,omitempty" maxLength:"8000"`
		Unit     string     `json:"unit,omitempty" maxLength:"100" doc:"The id of the unit whose it is, when no systems are known"`
		Systems  []string   `json:"systems,omitempty" nullable:"false" maxItems:"1000" doc:"Ids or short names of systems that are hit"`
		Supplier string     `json:"supplier,omitempty" maxLength:"100" doc:"The id of the supplier that it happened to; its systems are taken when none are named"`

		Measurement string `json:"measurement,omitempty" maxLength:"100" doc:"The id of measured evidence that it comes from, which it points back to and which becomes an incident once; its system is taken when none are named, and when it was measured is when the incident was found"`
	}
},
) (*apiReportedOut, error) {
	b := &in.Body
	n := New{
		Title: b.Title, Happened: b.Happened, FoundAt: moved(b.FoundAt), AwareAt: moved(b.AwareAt), AwareWhy: b.AwareWhy,
		Systems: b.Systems, Supplier: ids.ID[supplier.Supplier](b.Supplier), Measured: ids.ID[evidence.Record](b.Measurement),
	}
	if len(b.Systems) == 0 && b.Measurement == "" {
		n.Unit = access.UnitID(b.Unit)
	}
	x, err := p.Service.Report(c.Context(), c.Actor, n)
	if err != nil {
		return nil, apiRefusal(err)
	}
	out := &apiReportedOut{Location: web.APIPath + "/incidents/" + x.ID.String()}
	out.Body.ID, out.Body.Number = x.ID.String(), x.Number
	return out, nil
}

// APIFields are what is said of an incident. What is left out is not known.
type APIFields struct {
	Title        string            `json:"title" minLength:"1" maxLength:"200"`
	Happened     string            `json:"happened,omitempty" maxLength:"8000"`
	BeganAt      *time.Time        `json:"began_at,omitempty"`
	FoundAt      *time.Time        `json:"found_at,omitempty"`
	AwareAt      *time.Time        `json:"aware_at,omitempty"`
	AwareWhy     string            `json:"aware_why,omitempty" maxLength:"8000"`
	Risk         string            `json:"risk,omitempty" default:"unknown" enum:"unknown,unlikely,risk,high" doc:"To people"`
	RiskWhy      string            `json:"risk_why,omitempty" maxLength:"8000"`
	Consequences string            `json:"consequences,omitempty" maxLength:"8000"`
	Persons      *int64            `json:"persons,omitempty" minimum:"0" maximum:"1000000000" doc:"About how many are concerned"`
	Records      *int64            `json:"records,omitempty" minimum:"0" maximum:"1000000000"`
	SignWhy      string            `json:"significant_why,omitempty" maxLength:"8000"`
	Answers      map[string]string `json:"answers,omitempty" doc:"To the questions of the rules: yes, no or unknown"`
	Message      string            `json:"message,omitempty" maxLength:"8000" doc:"To those concerned"`
	InformedAt   *time.Time        `json:"informed_at,omitempty"`
	InformedHow  string            `json:"informed_how,omitempty" maxLength:"8000"`
	Taken        string            `json:"taken,omitempty" maxLength:"8000"`
	Cause        string            `json:"cause,omitempty" maxLength:"8000"`
	Lessons      string            `json:"lessons,omitempty" maxLength:"8000"`
	HandledAt    *time.Time        `json:"handled_at,omitempty"`
	ClosedAt     *time.Time        `json:"closed_at,omitempty"`
}

// texts are the texts of the fields, by where an incident has them.
func (f *APIFields) texts() map[Text]*string {
	return map[Text]*string{
		Title: &f.Title, Happened: &f.Happened, AwareWhy: &f.AwareWhy, RiskWhy: &f.RiskWhy, Consequences: &f.Consequences, SignWhy: &f.SignWhy,
		Message: &f.Message, Taken: &f.Taken, Cause: &f.Cause, Lessons: &f.Lessons,
	}
}

func (f *APIFields) onto(x *Incident) {
	for name, text := range f.texts() {
		x.Texts[name] = *text
	}
	x.BeganAt, x.FoundAt, x.AwareAt = moved(f.BeganAt), moved(f.FoundAt), moved(f.AwareAt)
	x.InformedAt, x.HandledAt, x.ClosedAt = moved(f.InformedAt), moved(f.HandledAt), moved(f.ClosedAt)
	x.Risk, x.Persons, x.Records, x.InformedHow = f.Risk, f.Persons, f.Records, f.InformedHow
	x.Answers = map[string]Answer{}
	for id, a := range f.Answers {
		x.Answers[id] = Answer(a)
	}
}

type apiDuty struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Applies  string     `json:"applies" enum:"yes,unknown"`
	Trigger  string     `json:"trigger"`
	Receiver string     `json:"receiver,omitempty"`
	Source   string     `json:"source"`
	Verified bool       `json:"verified" doc:"The rule has been checked against its source"`
	Deadline *time.Time `json:"deadline,omitempty"`
	Status   string     `json:"status,omitempty" doc:"planned, done or not-needed; left out: nothing is decided"`
	Reason   string     `json:"reason,omitempty"`
	At       *time.Time `json:"at,omitempty"`
	ETag     string     `json:"etag,omitempty" doc:"For If-Match when something is decided about it"`
}

type apiHit struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// APIMeasureFields are what is said of a measure.
type APIMeasureFields struct {
	Text      string     `json:"text" minLength:"1" maxLength:"8000"`
	OwnerRole string     `json:"owner_role,omitempty" maxLength:"200"`
	DueOn     civil.Date `json:"due_on,omitzero" format:"date"`
	DoneOn    civil.Date `json:"done_on,omitzero" format:"date"`
}

type apiMeasure struct {
	ID string `json:"id"`
	APIMeasureFields
	ETag string `json:"etag" doc:"For If-Match when it is changed"`
}

type apiOut struct {
	ETag string `header:"ETag"`
	Body struct {
		ID     string `json:"id"`
		Number int64  `json:"number"`
		// Protected says that nothing more is written here.
		Protected bool `json:"protected,omitempty" doc:"It concerns protective security and is handled in another order"`
		APIFields
		Origin   *apiOrigin   `json:"origin,omitempty" doc:"What it came from"`
		Systems  []apiHit     `json:"systems" nullable:"false" doc:"Those that the reader reaches"`
		Beyond   int          `json:"beyond" doc:"How many more are hit"`
		Hit      string       `json:"systems_etag,omitempty" doc:"For If-Match when other systems are said to be hit"`
		Duties   []apiDuty    `json:"duties" nullable:"false"`
		Measures []apiMeasure `json:"measures" nullable:"false"`
		Step     string       `json:"step,omitempty" doc:"The first step of the flow that is not done"`
	}
}

func apiDuties(c *web.Context, list []Duty) ([]apiDuty, error) {
	out := []apiDuty{}
	for i := range list {
		d := &list[i]
		tag, err := web.StateTag(d.Report)
		if err != nil {
			return nil, err
		}
		out = append(out, apiDuty{
			ETag: tag,
			ID:   d.ID, Kind: d.Kind, Applies: string(d.Applies), Trigger: d.Trigger.In(lang(c)), Receiver: d.Receiver.In(lang(c)), Source: d.Source,
			Verified: d.Verified, Deadline: apiMoment(d.Deadline.At), Status: d.Report.Status, Reason: d.Report.Reason, At: apiMoment(d.Report.At),
		})
	}
	return out, nil
}

func (p *API) read(c *web.Context, ref string) (*apiOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, ref, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiOut{ETag: web.ETag(v.Version)}
	b := &out.Body
	b.ID, b.Number, b.Systems, b.Duties, b.Measures = v.Incident.ID.String(), v.Number, []apiHit{}, []apiDuty{}, []apiMeasure{}
	b.Origin = apiOriginOf(v.Origin)
	if v.Answers["security_protection"] == Yes {
		b.Protected, b.Title, b.Risk = true, v.Texts[Title], v.Risk
		return out, nil
	}
	for name, text := range b.texts() {
		*text = v.Texts[name]
	}
	b.BeganAt, b.FoundAt, b.AwareAt = apiMoment(v.BeganAt), apiMoment(v.FoundAt), apiMoment(v.AwareAt)
	b.InformedAt, b.HandledAt, b.ClosedAt = apiMoment(v.InformedAt), apiMoment(v.HandledAt), apiMoment(v.ClosedAt)
	b.Risk, b.Persons, b.Records, b.InformedHow, b.Answers = v.Risk, v.Persons, v.Records, v.InformedHow, map[string]string{}
	for id, a := range v.Answers {
		b.Answers[id] = string(a)
	}
	for i := range v.Affected.Hits {
		s := &v.Affected.Hits[i].View.System
		b.Systems = append(b.Systems, apiHit{s.ID.String(), s.Name})
	}
	b.Beyond, b.Step = v.Affected.Beyond, v.Step(v.Duties)
	if b.Duties, err = apiDuties(c, v.Duties); err != nil {
		return nil, err
	}
	if b.Hit, err = web.StateTag([]any{b.Systems, b.Beyond}); err != nil {
		return nil, err
	}
	for _, m := range v.Measures {
		x := apiMeasure{ID: m.ID.String(), APIMeasureFields: APIMeasureFields{m.Text, m.OwnerRole, m.DueOn, m.DoneOn}}
		if x.ETag, err = web.StateTag(x.APIMeasureFields); err != nil {
			return nil, err
		}
		b.Measures = append(b.Measures, x)
	}
	return out, nil
}

// unchanged refuses a change of a part of an incident that was made from another state of that part than the one that there is now.
func (p *API) unchanged(c *web.Context, in *APIRef, m web.APIMatch, part func(now *apiOut) (string, error)) error {
	return c.Unchanged(m, func() (string, error) {
		now, err := p.read(c, in.Incident)
		if err != nil {
			return "", err
		}
		return part(now)
	})
}

func (p *API) one(c *web.Context, in *APIRef) (*apiOut, error) { return p.read(c, in.Incident) }

// after gives an incident as it is when it has been changed, or tells why it was not.
func (p *API) after(c *web.Context, in *APIRef, err error) (*apiOut, error) {
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, apiRefusal(err)
	}
	now, failed := p.read(c, in.Incident)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, nil
}

func (p *API) save(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The incident's ETag"`
	Body    APIFields
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return p.after(c, &in.APIRef, p.Service.Save(c.Context(), c.Actor, in.Incident, version, in.Body.onto))
}

func (p *API) setSystems(c *web.Context, in *struct {
	APIRef
	web.APIMatch
	Body struct {
		Systems []string `json:"systems" nullable:"false" maxItems:"1000" doc:"Ids or short names; systems beyond the caller's reach stay as they are"`
	}
},
) (*apiOut, error) {
	if err := p.unchanged(c, &in.APIRef, in.APIMatch, func(now *apiOut) (string, error) { return now.Body.Hit, nil }); err != nil {
		return nil, err
	}
	return p.after(c, &in.APIRef, p.Service.SetSystems(c.Context(), c.Actor, in.Incident, in.Body.Systems))
}

func (p *API) decide(c *web.Context, in *struct {
	APIRef
	web.APIMatch
	Duty string `path:"duty" maxLength:"100" doc:"The duty's id"`
	Body struct {
		Status    string     `json:"status" enum:"planned,done,not-needed"`
		Reason    string     `json:"reason,omitempty" maxLength:"8000" doc:"Not doing it always takes one"`
		Reference string     `json:"reference,omitempty" maxLength:"200" doc:"The number that the receiver gave"`
		At        *time.Time `json:"at,omitempty" doc:"When it was done; left out: now"`
	}
},
) (*apiOut, error) {
	if err := p.unchanged(c, &in.APIRef, in.APIMatch, func(now *apiOut) (string, error) {
		for i := range now.Body.Duties {
			if now.Body.Duties[i].ID == in.Duty {
				return now.Body.Duties[i].ETag, nil
			}
		}
		return "", apiRefusal(ErrRule)
	}); err != nil {
		return nil, err
	}
	b := &in.Body
	r := Report{Rule: in.Duty, Status: b.Status, Reason: b.Reason, Reference: b.Reference, At: moved(b.At)}
	return p.after(c, &in.APIRef, p.Service.Decide(c.Context(), c.Actor, in.Incident, r))
}

func (f *APIMeasureFields) measure(id string) Measure {
	return Measure{ID: ids.ID[Measure](id), Text: f.Text, OwnerRole: f.OwnerRole, DueOn: f.DueOn, DoneOn: f.DoneOn}
}

func (p *API) addMeasure(c *web.Context, in *struct {
	APIRef
	Body APIMeasureFields
},
) (*apiOut, error) {
	return p.after(c, &in.APIRef, p.Service.SaveMeasure(c.Context(), c.Actor, in.Incident, in.Body.measure("")))
}

func (p *API) changeMeasure(c *web.Context, in *struct {
	APIRef
	web.APIMatch
	Measure string `path:"measure" maxLength:"100" doc:"The measure's id"`
	Body    APIMeasureFields
},
) (*apiOut, error) {
	if err := p.unchanged(c, &in.APIRef, in.APIMatch, func(now *apiOut) (string, error) {
		for i := range now.Body.Measures {
			if now.Body.Measures[i].ID == in.Measure {
				return now.Body.Measures[i].ETag, nil
			}
		}
		return "", db.ErrNotFound
	}); err != nil {
		return nil, err
	}
	return p.after(c, &in.APIRef, p.Service.SaveMeasure(c.Context(), c.Actor, in.Incident, in.Body.measure(in.Measure)))
}

type apiAffectedSystem struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Unit   string         `json:"unit,omitempty"`
	Levels map[string]int `json:"levels" doc:"Steps by area, 1 to 4; what nobody knows is left out"`
	Agreed bool           `json:"agreed" doc:"A processor agreement is stated"`
}

type apiAffectedOut struct {
	Body struct {
		Supplier       string              `json:"supplier"`
		Systems        []apiAffectedSystem `json:"systems" nullable:"false"`
		Beyond         int                 `json:"beyond" doc:"How many systems are hit that the reader does not reach"`
		Persons        int64               `json:"persons" doc:"As stated; the same person may stand in several systems"`
		Uncounted      int                 `json:"uncounted" doc:"Systems where nobody has said"`
		Information    []string            `json:"information" nullable:"false"`
		DependentCount int                 `json:"dependents" doc:"How many systems depend on those"`
		Weaknesses     int                 `json:"weaknesses" doc:"Requirements that are shown not to be met"`
		Duties         []apiDuty           `json:"duties" nullable:"false" doc:"What the law may ask"`
	}
}

func (p *API) affected(c *web.Context, in *struct {
	Supplier string `path:"supplier" maxLength:"100" doc:"The supplier's id"`
},
) (*apiAffectedOut, error) {
	a, duties, err := p.Service.Affected(c.Context(), c.Actor, in.Supplier, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiAffectedOut{}
	b := &out.Body
	b.Supplier, b.Beyond, b.Persons, b.Uncounted = a.Supplier.ID.String(), a.Beyond, a.Persons, a.Uncounted
	b.DependentCount, b.Weaknesses, b.Systems, b.Information = a.DependentCount, len(a.Weaknesses), []apiAffectedSystem{}, []string{}
	for i := range a.Hits {
		h := &a.Hits[i]
		x := apiAffectedSystem{ID: h.System.ID.String(), Name: h.System.Name, Unit: h.System.Unit, Levels: map[string]int{}, Agreed: h.Agreed}
		for _, l := range h.Need.Levels {
			if l.Level.Step != 0 {
				x.Levels[l.Aspect.String()] = int(l.Level.Step)
			}
		}
		b.Systems = append(b.Systems, x)
	}
	for i := range a.Information {
		b.Information = append(b.Information, a.Information[i].Name)
	}
	if b.Duties, err = apiDuties(c, duties); err != nil {
		return nil, err
	}
	for i := range b.Duties {
		b.Duties[i].ETag = "" // of no incident
	}
	return out, nil
}
