// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Strong is how strong sign-in is shown to be in the systems that the reader reaches.
type Strong struct {
	Goal  int // requirement.TwoFactors or requirement.LevelThree
	Rows  []StrongRow
	Units []StrongUnit
	// Counts are by source, in the order of evidence.Sources: what is known in different ways is never added up.
	Counts [3]requirement.Count
	// Gap is how many systems are believed to meet the goal and are not measured to; Weak of them are measured not to.
	Gap, Weak int
	Steps     []NextStep
	Forecast  Forecast
	Today     civil.Date
	// Measured is when something was last measured; zero when nothing was.
	Measured civil.Date
	// Choices are the units that the reader can ask for one by one.
	Choices []organisation.Unit
}

// StrongRow is one system with its weakest known way in.
type StrongRow struct {
	Slug, Name, Unit, Supplier string
	UnitID                     access.UnitID
	Level                      Level // of confidentiality
	// Asks says that some requirement asks the goal of the system.
	Asks   bool
	Status verdict.Status
	// Ways is how many ways in are known.
	Ways int
	Way  *StrongWay

	weak []string // the addresses of the ways in that are measured not to meet the goal
}

// StrongWay is a way in with what is known about it.
type StrongWay struct {
	Audience, Address, Method string
	Verdict                   verdict.Verdict
	Factors, LoA              int
	// By is what it is known by; nil when nothing is. Old says that it no longer counts.
	By  *evidence.Record
	Old bool
	// Disputed is what is said to be wrong and not settled; nil when nothing is.
	Disputed *evidence.Record
}

// StrongUnit counts the systems of a unit.
type StrongUnit struct {
	ID   access.UnitID
	Name string
	requirement.Count
}

// NextStep is what could be done next at one supplier: so many ways in, which close so many systems.
type NextStep struct {
	Supplier       string
	Paths, Systems int
	Names          []string
}

// Forecast says what the share becomes when what is planned is done in time, and what is lost when nothing is measured anew.
type Forecast struct {
	By      civil.Date
	Planned int // systems that planned actions close
	Ending  int // systems that meet the goal now, whose evidence ends before the day
}

// strongRow tells of one system.
func strongRow(s *requirement.SignIn, goal int) StrongRow {
	v := s.View
	r := StrongRow{
		Slug: v.System.Slug, Name: v.System.Name, Unit: v.System.Unit, Supplier: v.System.Supplier, UnitID: v.System.UnitID, Asks: s.Asks[goal],
		Status: s.Series[0].Held[goal].Status, Ways: s.Series[0].Held[goal].Ways,
	}
	for _, l := range v.Need.Levels {
		if l.Aspect == catalogue.Confidentiality {
			r.Level = Level{Step: l.Level.Step, Value: l.Level.Value, Label: l.Level.Label, Basis: l.Basis}
		}
	}
	r.Way = strongWay(s, goal)
	return r
}

// strongWay is the weakest way in by what was measured, with the best that is known of it.
func strongWay(s *requirement.SignIn, goal int) *StrongWay {
	at := s.Series[0].Held[goal].Weakest
	if at < 0 {
		return nil
	}
	path := s.Series[0].Standings[at].Path
	w := &StrongWay{Audience: path.Audience, Address: path.Address, Method: path.Method, Disputed: s.Series[0].Standings[at].Disputed}
	for i := range s.Series {
		for n := range s.Series[i].Standings {
			st := &s.Series[i].Standings[n]
			if st.Path.ID != path.ID || st.By == nil && (st.Old == nil || w.By != nil) || w.By != nil && !w.Old {
				continue
			}
			w.Verdict, w.Factors, w.LoA, w.By, w.Old = st.Way.Verdict, st.Factors(), st.Way.LoA, st.By, false
			if st.By == nil {
				w.By, w.Old = st.Old, true
			} else if w.LoA == 0 {
				w.LoA = st.By.LoA
			}
		}
	}
	return w
}

// weakPaths are the ways in that are measured not to meet a goal, by their addresses.
func weakPaths(p *requirement.Proof, s *requirement.SignIn, goal int) []string {
	var out []string
	for n := range s.Series[0].Standings {
		st := &s.Series[0].Standings[n]
		if status, _ := p.Indicator().Way(st.Way, requirement.Goals[goal], verdict.SeriesMeasured); status == verdict.NotMet {
			name := st.Path.Address
			if name == "" {
				name = s.View.System.Slug + "/" + st.Path.Audience
			}
			out = append(out, host(name))
		}
	}
	return out
}

// host is what is shared between systems that one enters by the same door: the address without what stands after its path.
func host(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return strings.TrimRight(strings.ToLower(address), "/")
}

// nextSteps finds the suppliers at whom the fewest ways in close the most systems.
func nextSteps(rows []StrongRow) []NextStep {
	const most = 3
	type group struct {
		paths map[string]bool
		step  NextStep
	}
	by := map[string]*group{}
	for i := range rows {
		r := &rows[i]
		if r.Status != verdict.NotMet || r.Supplier == "" || len(r.weak) == 0 {
			continue
		}
		g := by[r.Supplier]
		if g == nil {
			g = &group{paths: map[string]bool{}, step: NextStep{Supplier: r.Supplier}}
			by[r.Supplier] = g
		}
		for _, w := range r.weak {
			g.paths[w] = true
		}
		g.step.Systems++
		g.step.Names = append(g.step.Names, r.Name)
	}
	var out []NextStep
	for _, g := range by {
		g.step.Paths = len(g.paths)
		out = append(out, g.step)
	}
	locale.Sort(out, func(s NextStep) string { return s.Supplier })
	slices.SortStableFunc(out, func(a, b NextStep) int {
		return cmp.Or(cmp.Compare(b.Systems*a.Paths, a.Systems*b.Paths), cmp.Compare(b.Systems, a.Systems))
	})
	return out[:min(len(out), most)]
}

// planned reports whether an action that somebody has taken on is to close a system's sign-in before a day.
func planned(p *requirement.Proof, actions map[string]*action.Action, by civil.Date) bool {
	for id, a := range actions {
		if p.AsksSignIn(id) && a.Owned() && a.Status != action.Done && !a.DueOn.IsZero() && !by.Before(a.DueOn) {
			return true
		}
	}
	return false
}

// strongOrder puts what is shown to be weak first, then what is not shown, and within each the highest need.
func strongOrder(systems []strongSystem) {
	rank := map[verdict.Status]int{verdict.NotMet: 0, verdict.NotShown: 1, verdict.Met: 2}
	slices.SortStableFunc(systems, func(a, b strongSystem) int {
		return cmp.Or(cmp.Compare(rank[a.row.Status], rank[b.row.Status]), cmp.Compare(b.row.Level.Step, a.row.Level.Step))
	})
}

// add counts one system.
func addStatus(c *requirement.Count, s verdict.Status) {
	switch s {
	case verdict.Met:
		c.Met++
	case verdict.NotMet:
		c.NotMet++
	default:
		c.NotShown++
	}
}

// strongSystem is a system's row with what is summed up of it.
type strongSystem struct {
	row      StrongRow
	held     [3]verdict.Status // by source, in the order of evidence.Sources
	measured civil.Date        // when its sign-in was last measured
	planned  bool              // somebody has taken on to close it in time
}

// strongKept is all of an organisation's systems against one goal, in the page's order, and what a reader of all of them is shown. Nobody
// changes it: many read it at once.
type strongKept struct {
	systems []strongSystem
	all     Strong
}

// gatherStrong finds what is known of each system.
func gatherStrong(p *requirement.Proof, list []requirement.SignIn, goal int, today civil.Date, actions map[ids.ID[system.System]]map[string]*action.Action) *strongKept {
	k := &strongKept{systems: make([]strongSystem, len(list)), all: Strong{Goal: goal, Today: today}}
	by := yearEnd(today)
	for i := range list {
		s, out := &list[i], &k.systems[i]
		out.row = strongRow(s, goal)
		out.row.weak = weakPaths(p, s, goal)
		for n := range s.Series {
			out.held[n] = s.Series[n].Held[goal].Status
		}
		for n := range s.View.Records {
			if rec := &s.View.Records[n]; rec.Source == evidence.Measured && rec.Subject == evidence.SubjectLogin && out.measured.Before(rec.SeenOn) {
				out.measured = rec.SeenOn
			}
		}
		out.planned = planned(p, actions[s.View.System.ID], by)
		out.row.keepOnlyOwn()
	}
	strongOrder(k.systems)
	k.all.fill(k.systems)
	return k
}

// keepOnlyOwn lets go of the other records that were read with the row's own, so that they do not stay in memory.
func (r *StrongRow) keepOnlyOwn() {
	if r.Way == nil {
		return
	}
	if r.Way.By != nil {
		by := *r.Way.By
		r.Way.By = &by
	}
	if r.Way.Disputed != nil {
		disputed := *r.Way.Disputed
		r.Way.Disputed = &disputed
	}
}

// within gives what a reader sees who reaches some systems, or asks for those of one unit.
func (k *strongKept) within(r access.Reach, unit string) Strong {
	if r.All && unit == "" {
		return k.all
	}
	out := Strong{Goal: k.all.Goal, Today: k.all.Today}
	var mine []strongSystem
	for i := range k.systems {
		if id := k.systems[i].row.UnitID; (r.All || r.Holds(id)) && (unit == "" || id.String() == unit) {
			mine = append(mine, k.systems[i])
		}
	}
	out.fill(mine)
	return out
}

// fill sums up systems.
func (x *Strong) fill(list []strongSystem) {
	x.Forecast.By = yearEnd(x.Today)
	at := map[access.UnitID]int{}
	for i := range list {
		s := &list[i]
		r := &s.row
		for k := range s.held {
			addStatus(&x.Counts[k], s.held[k])
		}
		if s.held[2] == verdict.Met && r.Status != verdict.Met {
			x.Gap++
			if r.Status == verdict.NotMet {
				x.Weak++
			}
		}
		if x.Measured.Before(s.measured) {
			x.Measured = s.measured
		}
		x.forecast(r, s.planned)
		u, ok := at[r.UnitID]
		if !ok {
			u = len(x.Units)
			at[r.UnitID] = u
			x.Units = append(x.Units, StrongUnit{ID: r.UnitID, Name: r.Unit})
		}
		addStatus(&x.Units[u].Count, r.Status)
		x.Rows = append(x.Rows, *r)
	}
	locale.Sort(x.Units, func(u StrongUnit) string {
		if u.Name == "" {
			return "\U0010FFFF"
		}
		return u.Name
	})
	x.Steps = nextSteps(x.Rows)
}

func (x *Strong) forecast(r *StrongRow, planned bool) {
	switch {
	case r.Status != verdict.Met && planned:
		x.Forecast.Planned++
	case r.Status == verdict.Met && r.Way != nil && r.Way.By != nil && !x.Forecast.By.Before(r.Way.By.Expires):
		x.Forecast.Ending++
	}
}

// yearEnd is the last day of the year, or of the next when little is left of it.
func yearEnd(today civil.Date) civil.Date {
	end := civil.Date{Year: today.Year, Month: 12, Day: 31}
	if end.Before(today.AddDays(60)) {
		end.Year++
	}
	return end
}
