// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"fmt"
	"maps"
	"slices"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Known is what evidence shows about one system's sign-in and routines, by fact and series. What is left out is unknown.
type Known map[string][NumSeries]catalogue.Truth

// Material is what the rows of one organisation are made of.
type Material struct {
	Today       civil.Date
	Views       []requirement.View
	Answers     map[ids.ID[system.System]]map[string]requirement.Answer
	Evidence    map[ids.ID[system.System]]Known
	Owned       map[ids.ID[system.System]]bool
	Suppliers   []supplier.Supplier
	Processings []processing.Processing
	Actions     map[ids.ID[system.System]]map[string]*action.Action
	// Units are what units have been asked and have answered.
	Units []campaign.UnitAnswers
	// Apart has every requirement of every system on a row of its own, as what would be done about each needs.
	Apart bool
}

// Ref says which thing a row is about, for the list behind a number.
type Ref struct{ Name, Unit, Href string }

// Rows are an organisation's rows, with what each is about.
type Rows struct {
	Rows   []Row
	Refs   []Ref
	abouts []about
}

// about finds what a row is about among the material: the number of its view or its processing activity, and the requirement where it is
// of one.
type about struct {
	at          int
	requirement string
}

func (r *Rows) add(row Row, ref Ref, of about) {
	if row.N > 0 {
		r.Rows, r.Refs, r.abouts = append(r.Rows, row), append(r.Refs, ref), append(r.abouts, of)
	}
}

// deriver makes rows by a catalogue.
type deriver struct {
	*Material
	engine     *requirement.Engine
	facts      map[string]int
	conditions map[string]catalogue.Condition
	day        *requirement.Day
	out        *requirement.Outcome
}

// conditions are the facts about a system that follow from what the catalogue's vocabulary says of it.
var conditions = map[string]string{
	"personal_data": "personal_data",
	"social":        "area=socialtjanst|lss",
	"health":        "area=hsl",
	"sensitive":     "special_category|criminal_data|osl=25|osl=26",
	"supplier":      "supplier",
}

// reviewMonths is how often a classification, and who has access, is to be reviewed.
const reviewMonths = 12

// serious and several say which suppliers much depends on: how many systems with how great a need of availability.
const (
	serious = catalogue.Serious
	several = 3
)

// Derive makes the rows of an organisation. A system whose classification was stopped is left out: what it holds must not be told.
func Derive(e *requirement.Engine, m *Material) (*Rows, error) {
	d, err := newDeriver(e, m)
	if err != nil {
		return nil, err
	}
	return d.rows(), nil
}

func newDeriver(e *requirement.Engine, m *Material) (*deriver, error) {
	d := &deriver{Material: m, engine: e, facts: map[string]int{}, conditions: map[string]catalogue.Condition{}, day: e.At(m.Today), out: e.NewOutcome()}
	for i, f := range e.Catalogue.IndicatorFacts {
		d.facts[f.ID] = i
	}
	for fact, text := range conditions {
		c, err := e.Catalogue.Vocabulary.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read what %s means: %w", fact, err)
		}
		d.conditions[fact] = c
	}
	return d, nil
}

func (d *deriver) rows() *Rows {
	rows := &Rows{}
	for i := range d.Views {
		if v := &d.Views[i]; !v.Need.Stop {
			ref := Ref{v.System.Name, v.System.Unit, "/system/" + v.System.Slug}
			row := d.system(v)
			rows.add(row, ref, about{at: i})
			d.requirements(v, &row, func(r Row, id string) { rows.add(r, ref, about{i, id}) })
		}
	}
	d.processings(rows)
	d.actions(rows)
	d.suppliers(rows)
	d.units(rows)
	return rows
}

// say sets a fact in one series, and sayAll in all. A fact that the catalogue does not have is not spoken of.
func (d *deriver) say(r *Row, fact string, s Series, t catalogue.Truth) {
	if n, ok := d.facts[fact]; ok {
		r.Say(n, s, t)
	}
}

func (d *deriver) sayAll(r *Row, fact string, t catalogue.Truth) {
	for s := range Series(NumSeries) {
		d.say(r, fact, s, t)
	}
}

// system makes the row of one system.
func (d *deriver) system(v *requirement.View) Row {
	r := Row{Kind: System, N: 1}
	sys := &v.System
	d.sayAll(&r, "in_use", inUse(sys.State))
	for fact := range conditions {
		c := d.conditions[fact]
		t := c.Holds(&v.Subject.Facts)
		if fact == "supplier" && sys.ProcessorAgreement == "not-needed" {
			t = catalogue.No // one that handles no personal data for us
		}
		d.sayAll(&r, fact, t)
	}
	d.sayAll(&r, "e_service", truth(sys.Kind == "e-service", sys.Kind != system.Unknown))
	for i, f := range d.engine.Catalogue.IndicatorFacts {
		if len(f.Types) > 0 {
			r.SayAll(i, holds(sys, f.Types))
		}
		for s, t := range answered(f.Answers, d.Answers[sys.ID]) {
			r.Say(i, Series(s), t)
		}
	}
	d.routines(&r, sys)
	d.classified(&r, v)
	d.agreement(&r, sys)
	for fact, known := range d.Evidence[sys.ID] {
		for s, t := range known {
			d.say(&r, fact, Series(s), t)
		}
	}
	return r
}

func inUse(state string) catalogue.Truth {
	switch state {
	case "in-use", "phasing-out":
		return catalogue.Yes
	case "planned", "retired":
		return catalogue.No
	default:
		return catalogue.Maybe
	}
}

// truth is yes or no when it is known which.
func truth(yes, known bool) catalogue.Truth {
	switch {
	case !known:
		return catalogue.Maybe
	case yes:
		return catalogue.Yes
	default:
		return catalogue.No
	}
}

// word reads yes, no and unknown as a field of the register says them.
func word(value string) catalogue.Truth {
	return truth(value == "yes", value == "yes" || value == "no")
}

// holds tells whether a system holds information of one of the types. A link that is only suggested is unknown.
func holds(s *system.System, types []string) catalogue.Truth {
	out := catalogue.No
	for i := range s.Information {
		if !slices.Contains(types, s.Information[i].TypeID) {
			continue
		}
		if s.Information[i].Confirmed {
			return catalogue.Yes
		}
		out = catalogue.Maybe
	}
	return out
}

// answered gives what the answers to some requirements say together, in the series of each answer: one no is a no.
func answered(list []string, answers map[string]requirement.Answer) [NumSeries]catalogue.Truth {
	out := [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}
	for _, id := range list {
		a, ok := answers[id]
		s, known := ParseSeries(a.KnownBy)
		if !ok || !known {
			continue
		}
		switch a.Status {
		case requirement.NotMet, requirement.Partly:
			out[s] = catalogue.No
		case requirement.Met:
			if out[s] == catalogue.Maybe {
				out[s] = catalogue.Yes
			}
		default:
		}
	}
	return out
}

// routines says what the register's fields tell about access, logs and owner: the word of those who fill them in.
func (d *deriver) routines(r *Row, s *system.System) {
	d.say(r, "role_model", SelfAssessed, word(s.RoleModel))
	d.say(r, "access_reviewed", SelfAssessed, within(s.AccessReviewOn, reviewMonths, d.Today))
	if s.LogReviewMonths == nil {
		d.say(r, "log_reviewed", SelfAssessed, catalogue.No) // without a decided interval nothing is in time
	} else {
		d.say(r, "log_reviewed", SelfAssessed, within(s.LogReviewOn, int(*s.LogReviewMonths), d.Today))
	}
	d.say(r, "owned", Measured, truth(d.Owned[s.ID], true))
	d.say(r, "owned", SelfAssessed, truth(d.Owned[s.ID] || s.OwnerRole != "", true))
}

// within tells whether a day is at most so many months ago. No day is unknown.
func within(day civil.Date, months int, today civil.Date) catalogue.Truth {
	return truth(!day.AddMonths(months).Before(today), !day.IsZero())
}

// classified says what the program itself recorded: the decision. The register's own word about last year stands beside it.
func (d *deriver) classified(r *Row, v *requirement.View) {
	c := v.State.Decided
	valid := c != nil && !c.Expired(d.Today) && within(c.DecidedOn, reviewMonths, d.Today) == catalogue.Yes
	d.say(r, "classified", Measured, truth(valid, true))
	d.say(r, "ever_classified", Measured, truth(c != nil, true))
	d.say(r, "classified", SelfAssessed, word(v.System.ClassifiedLastYear))
	d.say(r, "ever_classified", SelfAssessed, truth(true, v.System.ClassifiedLastYear == "yes"))
}

// agreement says whether a processor agreement is in force: attested by a registered paper that covers the system, self-assessed by the
// register's field.
func (d *deriver) agreement(r *Row, s *system.System) {
	d.say(r, "agreement", SelfAssessed, word(s.ProcessorAgreement))
	i := slices.IndexFunc(d.Suppliers, func(x supplier.Supplier) bool { return x.ID == s.SupplierID })
	covered := supplier.Covered{Kind: supplier.CoversSystem, ID: s.ID.String()}
	if i >= 0 && d.Suppliers[i].Agreed(d.Today, covered) {
		d.say(r, "agreement", Attested, catalogue.Yes)
	}
}

// requirements makes the rows of the requirements that apply to a system: one for each way that they are known and met, or one for each
// when they are wanted apart.
func (d *deriver) requirements(v *requirement.View, of *Row, add func(r Row, id string)) {
	d.engine.Derive(&v.Subject.Facts, v.Subject.Steps, d.day, d.out)
	alike := map[Row]uint32{}
	var order []Row
	for i := range d.engine.Catalogue.Requirements {
		if !d.out.Requirements.Has(i) {
			continue
		}
		a := d.Answers[v.System.ID][d.engine.Catalogue.Requirements[i].ID]
		if a.Status == requirement.NotApplicable {
			continue
		}
		r := Row{Kind: Requirement}
		use := d.facts["in_use"]
		for s := range r.Yes {
			r.Yes[s], r.No[s] = of.Yes[s]&(1<<use), of.No[s]&(1<<use)
		}
		if s, ok := ParseSeries(a.KnownBy); ok {
			d.say(&r, "met", s, truth(a.Status == requirement.Met, a.Status == requirement.Met || a.Status == requirement.Partly || a.Status == requirement.NotMet))
		}
		if d.Apart {
			r.N = 1
			add(r, d.engine.Catalogue.Requirements[i].ID)
			continue
		}
		if alike[r] == 0 {
			order = append(order, r)
		}
		alike[r]++
	}
	for _, r := range order {
		n := alike[r]
		r.N = n
		add(r, "")
	}
}

// processings makes the rows of the record of processing: what its own field says of the impact assessment.
func (d *deriver) processings(rows *Rows) {
	for i := range d.Processings {
		p := &d.Processings[i]
		r := Row{Kind: Processing, N: 1}
		known := p.Assessment != processing.Unknown
		d.sayAll(&r, "dpia_needed", truth(p.Assessment != "not-needed", known))
		d.say(&r, "dpia_done", SelfAssessed, truth(p.Assessment == "done", known))
		rows.add(r, Ref{p.Name, p.Unit, p.Path()}, about{at: i})
	}
}

// actions makes the rows of the plan. Whether an action is in time is seen by the program itself.
func (d *deriver) actions(rows *Rows) {
	for i := range d.Views {
		sys := &d.Views[i].System
		if d.Views[i].Need.Stop {
			continue
		}
		taken := d.Actions[sys.ID]
		for _, id := range slices.Sorted(maps.Keys(taken)) {
			r := Row{Kind: Action, N: 1}
			d.sayAll(&r, "dated", truth(true, !taken[id].DueOn.IsZero()))
			d.say(&r, "in_time", Measured, truth(!taken[id].Late(d.Today), true))
			rows.add(r, Ref{sys.Name + ", " + id, sys.Unit, "/system/" + sys.Slug + "/atgarder?visa=tagna#r-" + id}, about{i, id})
		}
	}
}

// suppliers makes the rows of those who deliver. A system whose need of availability nobody has settled may be a critical one.
func (d *deriver) suppliers(rows *Rows) {
	type load struct{ decided, critical, open int }
	loads := map[ids.ID[supplier.Supplier]]*load{}
	for i := range d.Views {
		v := &d.Views[i]
		if v.Need.Stop || v.System.SupplierID == "" || inUse(v.System.State) == catalogue.No {
			continue
		}
		l := loads[v.System.SupplierID]
		if l == nil {
			l = &load{}
			loads[v.System.SupplierID] = l
		}
		step := v.Subject.Steps[catalogue.Availability]
		switch {
		case step == catalogue.Unset:
			l.open++
		case step >= serious:
			l.critical++
			if v.State.Decided != nil {
				l.decided++
			}
		}
	}
	for i := range d.Suppliers {
		x := &d.Suppliers[i]
		l := loads[x.ID]
		if l == nil {
			continue
		}
		r := Row{Kind: Supplier, N: 1}
		d.sayAll(&r, "delivers_critical", truth(l.critical > 0, l.critical > 0 || l.open == 0))
		d.say(&r, "delivers_several", SelfAssessed, truth(l.critical >= several, l.critical >= several || l.critical+l.open < several))
		if l.decided >= several {
			d.say(&r, "delivers_several", Measured, catalogue.Yes)
		}
		rows.add(r, Ref{x.Name, "", supplier.Place + "/" + x.ID.String()}, about{at: i})
	}
}

// units makes the rows of the units that have been asked, by what they answered: each answer in the series that it is known by, which is
// self-assessed where somebody was asked.
func (d *deriver) units(rows *Rows) {
	for i := range d.Units {
		u := &d.Units[i]
		r := Row{Kind: Unit, N: 1}
		for n := range d.engine.Catalogue.IndicatorFacts {
			f := &d.engine.Catalogue.IndicatorFacts[n]
			if len(f.Asked) > 0 {
				r.SayAll(n, truth(slices.ContainsFunc(f.Asked, u.Asked), true))
			}
			for s, t := range told(f.Told, u) {
				r.Say(n, Series(s), t)
			}
		}
		rows.add(r, Ref{u.Name, u.Name, u.Href()}, about{at: i})
	}
}

// told gives what a unit's answers to some questions say together, in the series of each answer: one that is not good is a no, and one that is
// missing leaves it unknown.
func told(questions []string, u *campaign.UnitAnswers) [NumSeries]catalogue.Truth {
	out := [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}
	good := [NumSeries]int{}
	for _, q := range questions {
		a, ok := u.Told[q]
		s, known := ParseSeries(a.By)
		switch {
		case !ok || !known:
		case a.Means == campaign.Good:
			good[s]++
		case a.Means == campaign.Part || a.Means == campaign.Bad:
			out[s] = catalogue.No
		default:
		}
	}
	for s := range out {
		if out[s] == catalogue.Maybe && len(questions) > 0 && good[s] == len(questions) {
			out[s] = catalogue.Yes
		}
	}
	return out
}
