// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/web"
)

// live is what a page asks for again and again: the mark says what can be done, and the texts what has been.
type live struct {
	Mark  string            `json:"mark"`
	Texts map[string]string `json:"texts"`
}

// mark changes when the page has something else to offer than it did.
func (p Pulse) mark() string {
	return fmt.Sprint(p.Ongoing, " ", p.Current, " ", p.Stage, " ", p.Round)
}

func (p Pulse) live(c *web.Context) live {
	texts := map[string]string{"people": c.L.T("workshop.people", "Count", p.People)}
	if p.Current != "" {
		texts["votes"] = c.L.T("workshop.voted", "Voted", p.Voted, "Total", p.People)
	}
	if p.Code != "" {
		texts["code"], texts["digits"] = written(p.Code)
	}
	return live{Mark: p.mark(), Texts: texts}
}

func (p *Pages) pulse(c *web.Context) error {
	x, err := p.Service.Watch(c.Context(), c.Actor, workshopID(c))
	if err != nil {
		return err
	}
	return c.JSON(x.live(c))
}

// spreadRow is one question and how the votes on it fell.
type spreadRow struct {
	Question string
	Counts   []spreadCell
	Unknown  int
	Highest  string
	// Split says that the votes are two steps or more apart: then there is something to talk about.
	Split bool
}

type spreadCell struct {
	Count int
	Label string
	Top   bool
}

type spreadTable struct {
	Title   string
	Columns []string
	Rows    []spreadRow
}

// told is something that is told about somebody.
type told struct{ Label, Text string }

type sceneRow struct {
	Name, Ask, Again string
	State            web.Tag
	Current          bool
	Decided          string
}

type roomPage struct {
	web.Page
	Code, Digits, Door, DoorText string
	Ongoing                      bool
	Here, Watch, Mark            string
	People, Votes                string
	Names                        []string
	Now                          string
	Scene                        *Scenario
	Follows                      []told
	Protection                   string
	Reveal, Again, Decide, Close string
	Spreads                      []spreadTable
	Fields                       []web.Field
	Why                          []web.Field
	Measures                     []web.Field
	Scenes                       []sceneRow
	Add                          string
	AddFields                    []web.Field
	Aspects                      []choiceRow
	Minutes                      string
	Leads                        bool
	AddOpen                      bool
}

func (p *Pages) room(c *web.Context) error { return p.roomForm(c, nil) }

func (p *Pages) roomForm(c *web.Context, faults []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, workshopID(c), c.L)
	if err != nil {
		return err
	}
	w, base, at := &v.Workshop, pathOf(v.Workshop.ID), v.Pulse().live(c)
	d := roomPage{
		Page:    web.Page{Title: w.Name, Layout: web.Focus, Leave: "/system/" + v.System.Slug + "/risker", Errors: faults},
		Ongoing: v.Ongoing, Mark: at.Mark, People: at.Texts["people"], Votes: at.Texts["votes"], Here: base, Minutes: base + "/protokoll", Leads: mayLead(c, &v),
	}
	if d.Leads && v.Ongoing {
		d.Code, d.Digits = written(w.Code)
		d.Door, d.DoorText = p.Link+DoorPath+"#"+w.Code, strings.TrimPrefix(strings.TrimPrefix(p.Link, "https://"), "http://")+DoorPath
		d.Watch, d.Close = base+"/lage", base+"/avsluta"
	}
	for i := range v.People {
		d.Names = append(d.Names, v.People[i].Name)
	}
	p.scenes(c, &d, &v)
	p.scene(c, &d, &v)
	return c.Render(templates, "room.html", d)
}

// written is a code as it stands on a large screen, and as it is read aloud.
func written(code string) (shown, spoken string) {
	return code[:codeDigits/2] + " " + code[codeDigits/2:], strings.Join(strings.Split(code, ""), " ")
}

// scenes lists the scenarios, and the form for one more.
func (p *Pages) scenes(c *web.Context, d *roomPage, v *View) {
	t, base := c.L.T, pathOf(v.Workshop.ID)
	tags := map[Stage]web.Tag{
		Waiting: web.Neutral(t("workshop.stage-waiting")), Voting: web.Info(t("workshop.stage-voting")), Shown: web.Info(t("workshop.stage-shown")), Decided: web.OK(t("workshop.stage-decided")),
	}
	for i := range v.Scenarios {
		s := &v.Scenarios[i]
		row := sceneRow{Name: s.Name, State: tags[s.Stage], Current: v.Current == s}
		if d.Watch != "" && (v.Current == nil || v.Current == s || v.Current.Stage != Voting) && s.Stage != Voting {
			row.Ask = base + "/" + s.ID.String() + "/rosta"
		}
		if s.Stage == Decided {
			row.Decided = s.Decision.Motive
		}
		d.Scenes = append(d.Scenes, row)
	}
	if d.Watch == "" {
		return
	}
	d.Add = base + "/scenario"
	d.AddFields = []web.Field{
		{Name: "namn", Label: t("workshop.in-scene"), Value: c.Form("namn")},
		{Name: "orsak", Type: "textarea", Rows: 2, Label: t("workshop.in-cause"), Value: c.Form("orsak"), Optional: true},
		{Name: "handelse", Type: "textarea", Rows: 2, Label: t("workshop.in-event"), Value: c.Form("handelse"), Optional: true},
	}
	d.AddOpen = len(d.Errors) > 0 && v.Current == nil
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		d.Aspects = append(d.Aspects, choiceRow{Name: "aspekt", Value: a.String(), Label: t("risk.aspect-" + a.String()), Checked: slices.Contains(c.Forms("aspekt"), a.String())})
	}
}

// scene shows what is on the screen: the scenario while it is voted on, then the votes, and the decision.
func (p *Pages) scene(c *web.Context, d *roomPage, v *View) {
	s := v.Current
	if s == nil {
		return
	}
	t, at := c.L.T, pathOf(v.Workshop.ID)+"/"+s.ID.String()
	d.Scene, d.Now = s, t("workshop.now", "N", s.Position, "Total", len(v.Scenarios))
	r := &v.One.Risk
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		if r.Follows[q] != "" {
			d.Follows = append(d.Follows, told{Label: p.perspective(c, q), Text: r.Follows[q]})
		}
	}
	if v.One.Threat != nil {
		d.Protection = t("risk.protection", "Met", v.One.Protection.Met, "Total", len(v.One.Protection.Requirements), "Unknown", v.One.Protection.Unknown)
	}
	for _, tally := range slices.Backward(v.Tallies[s.ID]) {
		d.Spreads = append(d.Spreads, p.spread(c, &tally))
	}
	if d.Watch == "" {
		return
	}
	switch s.Stage {
	case Voting:
		d.Reveal = at + "/visa"
	case Shown, Decided:
		d.Again, d.Decide = at+"/rosta", at+"/beslut"
		p.decision(c, d, v)
	}
}

func (p *Pages) perspective(c *web.Context, q catalogue.Perspective) string {
	return c.L.T("workshop.perspective-" + q.String())
}

// spread lays out the votes of a round: every value, and the highest beside them.
func (p *Pages) spread(c *web.Context, t *Tally) spreadTable {
	scale := p.Service.Risks.Scale
	out := spreadTable{Title: c.L.T("workshop.round", "N", t.Round, "Votes", t.Votes)}
	for i := range max(len(scale.Consequences), len(scale.Likelihoods)) {
		out.Columns = append(out.Columns, strconv.Itoa(i+1))
	}
	row := func(question string, s *Spread, label func(i int) string) {
		r := spreadRow{Question: question, Unknown: s.Unknown, Split: s.Highest()-s.Lowest() > 1}
		for i := range out.Columns {
			cell := spreadCell{}
			if i < len(s.Counts) {
				cell = spreadCell{Count: s.Counts[i], Label: label(i), Top: i+1 == s.Highest()}
			}
			r.Counts = append(r.Counts, cell)
		}
		if h := s.Highest(); h > 0 {
			r.Highest = strconv.Itoa(h) + " " + label(h-1)
		}
		out.Rows = append(out.Rows, r)
	}
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		row(p.perspective(c, q), &t.Consequences[q], func(i int) string { return scale.Consequences[i].Label.In(lang(c)) })
	}
	row(c.L.T("workshop.likelihood"), &t.Likelihood, func(i int) string { return scale.Likelihoods[i].Label.In(lang(c)) })
	return out
}

// decision is the form of what the room decides. It begins with the highest that somebody has voted for, or with what was decided.
func (p *Pages) decision(c *web.Context, d *roomPage, v *View) {
	t, s := c.L.T, v.Current
	now := s.Decision
	if tallies := v.Tallies[s.ID]; s.Stage == Shown && len(tallies) > 0 {
		last := &tallies[len(tallies)-1]
		for q := range now.Consequences {
			now.Consequences[q] = catalogue.Step(last.Consequences[q].Highest()) //nolint:gosec // one of the scale's steps
		}
		now.Likelihood, now.Treatment, now.OwnerRole = last.Likelihood.Highest(), v.One.Risk.Treatment, v.One.Risk.OwnerRole
		now.DueOn = v.One.Risk.DueOn
	}
	value := func(name, stored string) string {
		if len(d.Errors) > 0 {
			return c.Form(name)
		}
		return stored
	}
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		f := p.consequence(c, q, t("workshop.nobody"))
		f.Value = value(f.Name, strconv.Itoa(int(now.Consequences[q])))
		d.Fields = append(d.Fields, f)
	}
	f := p.likelihood(c, t("workshop.choose"))
	f.Value = value(f.Name, strconv.Itoa(now.Likelihood))
	treatment := web.Field{Name: "behandling", Type: "select", Label: t("risk.in-behandling"), Value: value("behandling", now.Treatment), Options: []web.Option{{Label: t("risk.treatment-none")}}}
	for _, x := range risk.Treatments {
		treatment.Options = append(treatment.Options, web.Option{Value: x, Label: t("risk.treatment-" + x)})
	}
	d.Fields = append(d.Fields, f)
	d.Why = []web.Field{
		{Name: "motiv", Type: "textarea", Label: t("workshop.in-motive"), Hint: t("workshop.in-motive-hint"), Value: value("motiv", now.Motive)},
		treatment,
		{Name: "ansvarig", Label: t("risk.in-ansvarig"), Hint: t("risk.in-ansvarig-hint"), Value: value("ansvarig", now.OwnerRole), Optional: true},
		{Name: "senast", Type: "date", Label: t("risk.in-senast"), Value: value("senast", now.DueOn.String()), Optional: true},
	}
	p.measures(c, d, v, value)
}

// mostMeasures is how many requirements the room is shown: what works against the scenario and is missing comes first.
const mostMeasures = 12

// measures are the requirements that can reduce the risk.
func (p *Pages) measures(c *web.Context, d *roomPage, v *View, value func(name, stored string) string) {
	for _, o := range p.Service.Risks.Options(&v.One) {
		if len(d.Measures) == mostMeasures && o.Effect == "" {
			continue
		}
		f := web.Field{Name: "m-" + o.Requirement.ID, Type: "select", Label: o.Text(lang(c)), Value: value("m-"+o.Requirement.ID, o.Effect)}
		if o.Applies {
			f.Hint = requirement.PageStatus(c.L, o.Status).Word
		}
		for _, e := range risk.Effects {
			f.Options = append(f.Options, web.Option{Value: e, Label: risk.EffectText(c.L, e)})
		}
		d.Measures = append(d.Measures, f)
	}
}

// consequence asks how bad it is for somebody; none says that it does not concern them, or that the voter does not know.
func (p *Pages) consequence(c *web.Context, q catalogue.Perspective, none string) web.Field {
	f := web.Field{Name: "k-" + q.String(), Type: "select", Label: c.L.T("workshop.bad-" + q.String())}
	for i := range p.Service.Risks.Scale.Consequences {
		x := &p.Service.Risks.Scale.Consequences[i]
		f.Options = append(f.Options, web.Option{Value: strconv.Itoa(x.Value), Label: strconv.Itoa(x.Value) + " " + x.Label.In(lang(c))})
	}
	f.Options = append(f.Options, web.Option{Value: "0", Label: none})
	return f
}

func (p *Pages) likelihood(c *web.Context, none string) web.Field {
	f := web.Field{Name: "sannolikhet", Type: "select", Label: c.L.T("workshop.how-likely")}
	for i := range p.Service.Risks.Scale.Likelihoods {
		x := &p.Service.Risks.Scale.Likelihoods[i]
		f.Options = append(f.Options, web.Option{Value: strconv.Itoa(x.Value), Label: strconv.Itoa(x.Value) + " " + x.Label.In(lang(c)) + " – " + x.Hint.In(lang(c))})
	}
	f.Options = append(f.Options, web.Option{Value: "0", Label: none})
	return f
}

// readBallot takes in the answers of a vote or a decision. Every question needs one.
func (p *Pages) readBallot(c *web.Context) (Ballot, []web.FieldError) {
	var b Ballot
	var faults []web.FieldError
	read := func(name string, most int) int {
		n, err := strconv.Atoi(c.Form(name))
		if err != nil || n < 0 || n > most {
			faults = append(faults, web.FieldError{Field: name, Key: "workshop.fault-answer"})
			return 0
		}
		return n
	}
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		b.Consequences[q] = catalogue.Step(read("k-"+q.String(), len(p.Service.Risks.Scale.Consequences))) //nolint:gosec // read keeps it small
	}
	b.Likelihood = read("sannolikhet", len(p.Service.Risks.Scale.Likelihoods))
	return b, faults
}

func (p *Pages) decide(c *web.Context) error {
	b, faults := p.readBallot(c)
	d := Decision{Ballot: b, Motive: c.Form("motiv"), Treatment: c.Form("behandling"), OwnerRole: c.Form("ansvarig")}
	if len([]rune(d.Motive)) > maxText {
		faults = append(faults, web.FieldError{Field: "motiv", Key: "risk.fault-long", Args: []any{"Max", maxText}})
	}
	var err error
	if d.DueOn, err = civil.ParseLoose(c.Form("senast")); err != nil {
		faults = append(faults, web.FieldError{Field: "senast", Key: "risk.fault-date"})
	}
	for name := range c.Request.PostForm {
		if id, ok := strings.CutPrefix(name, "m-"); ok && c.Form(name) != "" {
			m, ok := risk.ParseEffect(id, c.Form(name))
			if !ok {
				faults = append(faults, web.FieldError{Field: "behandling", Key: "risk.fault-value"})
			}
			d.Measures = append(d.Measures, m)
		}
	}
	slices.SortFunc(d.Measures, func(a, b risk.Measure) int { return strings.Compare(a.Requirement, b.Requirement) })
	if len(faults) > 0 {
		return p.roomForm(c, faults)
	}
	err = p.Service.Decide(c.Context(), c.Actor, itemOf(c), d, c.L)
	for _, f := range decideFaults {
		if errors.Is(err, f.is) {
			return p.roomForm(c, []web.FieldError{{Field: f.field, Key: f.key}})
		}
	}
	return p.back(c, err, "workshop.decided")
}

// decideFaults say what is missing in a decision, beside the field.
var decideFaults = []struct {
	is         error
	field, key string
}{
	{ErrMotive, "motiv", "workshop.fault-motive"},
	{ErrWeighed, "k-individual", "workshop.fault-weighed"},
	{risk.ErrOwner, "ansvarig", "risk.fault-owner"},
	{risk.ErrMeasures, "behandling", "risk.fault-measures"},
	{risk.ErrValue, "behandling", "risk.fault-value"},
}

// back leads to the room after something was done there.
func (p *Pages) back(c *web.Context, err error, flash ...string) error {
	if err != nil {
		return refuse(err)
	}
	return c.Redirect(pathOf(workshopID(c)), flash...)
}

func (p *Pages) ask(c *web.Context) error {
	return p.back(c, p.Service.Ask(c.Context(), c.Actor, itemOf(c)))
}

func (p *Pages) reveal(c *web.Context) error {
	return p.back(c, p.Service.Reveal(c.Context(), c.Actor, itemOf(c)))
}

func (p *Pages) close(c *web.Context) error {
	return p.back(c, p.Service.Close(c.Context(), c.Actor, workshopID(c)), "workshop.is-closed")
}

func (p *Pages) add(c *web.Context) error {
	o := Own{Name: c.Form("namn"), Cause: c.Form("orsak"), Event: c.Form("handelse")}
	for _, name := range c.Forms("aspekt") {
		if a, ok := catalogue.ParseAspect(name); ok {
			o.Aspects = append(o.Aspects, a)
		}
	}
	err := p.Service.AddScenario(c.Context(), c.Actor, workshopID(c), o)
	switch {
	case errors.Is(err, ErrName):
		return p.roomForm(c, []web.FieldError{{Field: "namn", Key: "workshop.fault-scene"}})
	case errors.Is(err, ErrValue):
		return p.roomForm(c, []web.FieldError{{Field: "aspekt", Key: "workshop.fault-aspects", Args: []any{"Max", maxText}}})
	case errors.Is(err, ErrScenarios):
		return p.roomForm(c, []web.FieldError{{Field: "namn", Key: "workshop.fault-many", Args: []any{"Max", maxScenarios}}})
	}
	return p.back(c, err, "workshop.added")
}
