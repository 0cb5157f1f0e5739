// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// StepKind is what sort of thing is to be done.
type StepKind uint8

// The kinds of step. What somebody has taken on comes first, then what is known to be wanting, then what nothing shows.
const (
	Taken StepKind = iota
	Wanting
	Unshown
)

// Step is one thing that can be done about what an indicator counts: an action that stands, or one that nobody has taken on.
type Step struct {
	Kind StepKind
	// Fact is what it makes hold.
	Fact string
	Ref
	// Slug and Unit are the system's; both are empty where the thing is no system.
	Slug string
	Unit access.UnitID
	// Requirement is what the action is about; empty where no requirement that applies asks for it.
	Requirement string
	// Action is the one that stands; nil where nobody has taken it on.
	Action *action.Action
	// Ways are the ways in that it concerns, and Because why each is not as it should be.
	Ways    []system.LoginPath
	Because []verdict.Reason
}

// Remedies are the steps that can be taken, the best to begin with first, and what they do to rows.
type Remedies struct {
	Steps   []Step
	Effects []Effect
}

// Remedy finds what can be done about the rows that the indicator at i counts in one series. The rows are made of the same material, and
// returned with the remedies.
func (e *Engine) Remedy(r *requirement.Service, m *Material, i int, s Series) (*Rows, *Remedies, error) {
	own := *m
	own.Apart = e.Indicators[i].Of == catalogue.RowKinds[Requirement]
	d, err := newDeriver(r.Engine, &own)
	if err != nil {
		return nil, nil, err
	}
	rows := d.rows()
	x := &remedier{deriver: d, proof: r.Proof, kind: e.rules[i].kind, series: s, byKey: map[stepKey]int{}}
	for j := range rows.Rows {
		if rows.Rows[j].Kind == x.kind {
			x.row(e, i, j, rows)
		}
	}
	x.order()
	return rows, &x.out, nil
}

// remedier makes steps.
type remedier struct {
	*deriver
	proof  *requirement.Proof
	kind   Kind
	series Series
	out    Remedies
	byKey  map[stepKey]int
	applied
}

// stepKey is what makes two steps the same: one action about one requirement of one system closes all that it is about.
type stepKey struct{ system, requirement, way, fact string }

// applied are the requirements that apply to a system, kept while its row is looked at.
type applied struct {
	of   ids.ID[system.System]
	bits requirement.Bits
}

// row finds what can be done about one row that is counted and not as it should be.
func (x *remedier) row(e *Engine, i, j int, rows *Rows) {
	counted, met := e.Weigh(i, &rows.Rows[j], x.series)
	if !counted || met == catalogue.Yes {
		return
	}
	of := rows.abouts[j]
	for _, fact := range e.facts(i) {
		known := rows.Rows[j].Fact(fact, x.series)
		if known == catalogue.Yes {
			continue
		}
		step := Step{Kind: Wanting, Fact: x.engine.Catalogue.IndicatorFacts[fact].ID, Ref: rows.Refs[j]}
		if known == catalogue.Maybe {
			step.Kind = Unshown
		}
		if needs := x.needs(j, fact, of, &step); len(needs) > 0 {
			x.out.Effects = append(x.out.Effects, Effect{Row: j, Fact: fact, Truth: catalogue.Yes, Needs: needs})
		}
	}
}

// facts are the facts that an indicator's rule of what is met asks for.
func (e *Engine) facts(i int) []int {
	var out []int
	for _, g := range e.Indicators[i].Met.Groups {
		out = append(out, g.Yes...)
	}
	return out
}

// Fact tells what a row says of a fact in a series.
func (r *Row) Fact(fact int, s Series) catalogue.Truth {
	bit := Facts(1) << fact
	return truth(r.Yes[s]&bit != 0, (r.Yes[s]|r.No[s])&bit != 0)
}

// needs makes the steps that one fact of one row takes, and gives their numbers.
func (x *remedier) needs(row, fact int, of about, step *Step) []int {
	switch x.kind {
	case Processing:
		return []int{x.add(stepKey{system: x.Processings[of.at].Slug, fact: step.Fact}, *step)}
	case Supplier, Unit: // nothing that is done about a system makes a supplier deliver fewer of them, or changes what a unit answers
		return nil
	case System, Requirement, Action:
	}
	v := &x.Views[of.at]
	step.Slug, step.Unit = v.System.Slug, v.System.UnitID
	if x.kind != System {
		return []int{x.about(v, []string{of.requirement}, "", *step)}
	}
	if goal, only, ok := goals(step.Fact); ok {
		return x.ways(v, goal, only, step)
	}
	if step.Fact == "evidence_current" {
		return x.renewals(v, step)
	}
	f := &x.engine.Catalogue.IndicatorFacts[fact]
	return []int{x.about(v, slices.Concat(f.Actions, f.Answers), "", *step)}
}

// goals tells what the facts about sign-in hold ways in against, and whose ways.
func goals(fact string) (goal verdict.Goal, only verdict.Who, ok bool) {
	switch fact {
	case "two_factor":
		return verdict.TwoFactors, "", true
	case "loa3":
		return verdict.LoA3, "", true
	case "resident_loa3":
		return verdict.LoA3, verdict.Residents, true
	default:
		return verdict.Goal{}, "", false
	}
}

// ways makes a step for each way in that is not shown to be strong: the system is, when all of them are. Of a system without a known way in
// the one step is to find out.
func (x *remedier) ways(v *requirement.View, goal verdict.Goal, only verdict.Who, step *Step) []int {
	var needs []int
	source := sources[x.series]
	for _, st := range evidence.Standings(v.System.Logins, v.Records, source, x.Today) {
		if only != "" && st.Way.Who != only {
			continue
		}
		status, reason := x.proof.Indicator().Way(st.Way, goal, source.Series())
		if status == verdict.Met {
			continue
		}
		one := *step
		one.Kind, one.Because = Unshown, []verdict.Reason{reason}
		if status == verdict.NotMet {
			one.Kind = Wanting
		}
		if st.Path.ID != "" {
			one.Ways = []system.LoginPath{st.Path}
		}
		n := x.about(v, x.proof.AsksOf(st.Path, goal.Assurance), st.Path.ID.String(), one)
		if !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	if len(needs) == 0 {
		return []int{x.about(v, x.proof.AsksOf(system.LoginPath{}, goal.Assurance), "", *step)}
	}
	return needs
}

// renewals makes a step for each way in whose evidence has ended.
func (x *remedier) renewals(v *requirement.View, step *Step) []int {
	var needs []int
	for _, st := range evidence.Standings(v.System.Logins, v.Records, sources[x.series], x.Today) {
		if st.Old == nil {
			continue
		}
		one := *step
		one.Ways = []system.LoginPath{st.Path}
		needs = append(needs, x.add(stepKey{v.System.ID.String(), "", st.Path.ID.String(), step.Fact}, one))
	}
	if len(needs) == 0 {
		return []int{x.add(stepKey{system: v.System.ID.String(), fact: step.Fact}, *step)}
	}
	return needs
}

// about makes the step of one of some requirements: the first that an action stands about, or else the first that applies. Where none does,
// the step is of the way in itself.
func (x *remedier) about(v *requirement.View, list []string, way string, step Step) int {
	taken := x.Actions[v.System.ID]
	for _, id := range list {
		if a := taken[id]; a != nil && a.Status != action.Done {
			step.Requirement, step.Action, step.Kind = id, a, Taken
			return x.add(stepKey{system: v.System.ID.String(), requirement: id}, step)
		}
	}
	for _, id := range list {
		if x.applies(v, id) {
			step.Requirement = id
			return x.add(stepKey{system: v.System.ID.String(), requirement: id}, step)
		}
	}
	return x.add(stepKey{v.System.ID.String(), "", way, step.Fact}, step)
}

func (x *remedier) applies(v *requirement.View, id string) bool {
	if x.of != v.System.ID {
		x.engine.Derive(&v.Subject.Facts, v.Subject.Steps, x.day, x.deriver.out)
		x.applied = applied{v.System.ID, slices.Clone(x.deriver.out.Requirements)}
	}
	n, ok := x.engine.Catalogue.RequirementIndex(id)
	return ok && x.bits.Has(n)
}

// add notes a step, or that one which is there already concerns one way in more.
func (x *remedier) add(key stepKey, step Step) int {
	n, there := x.byKey[key]
	if !there {
		x.byKey[key] = len(x.out.Steps)
		x.out.Steps = append(x.out.Steps, step)
		return len(x.out.Steps) - 1
	}
	s := &x.out.Steps[n]
	if s.Kind != Taken && step.Kind < s.Kind {
		s.Kind = step.Kind // what is known to be wanting is more than what is not shown
	}
	for _, w := range step.Ways {
		if !slices.ContainsFunc(s.Ways, func(o system.LoginPath) bool { return o.ID == w.ID }) {
			s.Ways, s.Because = append(s.Ways, w), append(s.Because, step.Because...)
		}
	}
	return n
}

// order numbers the steps anew, those to begin with first.
func (x *remedier) order() {
	order := make([]int, len(x.out.Steps))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(x.out.Steps[a].Kind) - int(x.out.Steps[b].Kind) })
	steps, place := make([]Step, len(order)), make([]int, len(order))
	for to, from := range order {
		steps[to], place[from] = x.out.Steps[from], to
	}
	x.out.Steps = steps
	for i := range x.out.Effects {
		for k, n := range x.out.Effects[i].Needs {
			x.out.Effects[i].Needs[k] = place[n]
		}
	}
}
