// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
)

// Effect is what is supposed to hold of a row once some steps have all been taken, in the series that is looked at.
type Effect struct {
	Row, Fact int
	Truth     catalogue.Truth
	// Needs are the steps, by their number. A system with three ways in is strong when all three are.
	Needs []int
}

// Raised is one step of the order in which a value rises the most.
type Raised struct {
	// Step is its number, and With the steps that it takes part with before anything is met: itself alone when it is enough.
	Step int
	With int
	// Alone is the value when nothing but this is done, After when this and everything before it is.
	Alone, After Count
	// Rows is how the counted rows fall out after it: where a municipality counts once, it tells that the way is being walked.
	Rows Tally
}

// Raising is the order of the steps that raise an indicator the most, and where that leads.
type Raising struct {
	Now   Count
	Rows  Tally
	Steps []Raised
	// More is how many steps there are beyond those in Steps.
	More int
	// Unsettled rows cannot be judged before it is known whether they count, and Beyond are those that nothing here changes.
	Unsettled, Beyond int64
}

// Raise finds the order in which steps raise the indicator at i the most in one series. It supposes each step taken and counts anew by the
// rules that count the indicator, so that it can never promise what the count would not give. The choice is greedy: each time the steps
// with the most effect for each step, and of those that have as much the lowest numbers; where several are needed together they stand
// together. No more than most are given.
func (e *Engine) Raise(i int, s Series, rows []Row, effects []Effect, most int) Raising {
	r := newRaiser(e, i, s, rows, effects)
	out := Raising{Now: r.tally.Count(r.ind.Answer), Rows: r.tally}
	r.sort(&out)
	alone := map[int]Count{}
	for _, b := range r.bundles {
		for _, step := range b.needs {
			if _, told := alone[step]; !told {
				alone[step] = r.with([]int{step}).Count(r.ind.Answer)
			}
		}
	}
	for !r.best() {
		b := r.choose()
		if b == nil {
			break
		}
		left := r.left(b)
		for _, step := range left {
			r.take(step)
			if len(out.Steps) < most {
				out.Steps = append(out.Steps, Raised{step, len(left), alone[step], r.tally.Count(r.ind.Answer), r.tally})
			}
		}
		if len(out.Steps) >= most {
			break
		}
	}
	out.More = len(r.remaining())
	return out
}

// raiser holds the rows while steps are supposed taken.
type raiser struct {
	ind     *catalogue.Indicator
	rule    *compiled
	series  Series
	rows    []Row
	effects []Effect
	// of are the effects on each row, and touches the rows that each step has a part in.
	of      map[int][]int
	touches map[int][]int
	taken   map[int]bool
	tally   Tally
	bundles []*bundle
}

// bundle is the steps that one row needs to be met.
type bundle struct {
	row   int
	needs []int
	// gain is what the value rises by for each step that is left, and rows how many rows are then met for each.
	gain, rows float64
	stale      bool
}

func newRaiser(e *Engine, i int, s Series, rows []Row, effects []Effect) *raiser {
	r := &raiser{
		ind: e.Indicators[i], rule: &e.rules[i], series: s, rows: rows, effects: effects, of: map[int][]int{}, touches: map[int][]int{}, taken: map[int]bool{},
	}
	for n, x := range effects {
		r.of[x.Row] = append(r.of[x.Row], n)
		for _, step := range x.Needs {
			if !slices.Contains(r.touches[step], x.Row) {
				r.touches[step] = append(r.touches[step], x.Row)
			}
		}
	}
	for j := range rows {
		if rows[j].Kind == r.rule.kind {
			r.tally.add(r.rule, &rows[j], s)
		}
	}
	return r
}

// wanted is how a counted row falls out when it is as it should be.
func (r *raiser) wanted() catalogue.Truth {
	if r.ind.Direction == "down" && r.ind.Answer == catalogue.AnswerShare {
		return catalogue.No
	}
	return catalogue.Yes
}

// sort tells which rows something can be done about, and what each needs.
func (r *raiser) sort(out *Raising) {
	for j := range r.rows {
		row := &r.rows[j]
		if row.Kind != r.rule.kind {
			continue
		}
		switch counts := r.rule.counted.holds(row.Yes[r.series], row.No[r.series]); {
		case counts == catalogue.No:
			continue
		case counts == catalogue.Maybe:
			out.Unsettled += int64(row.N)
			continue
		}
		if _, met := r.rule.weigh(row, r.series); met == r.wanted() {
			continue
		}
		needs := r.needs(j)
		if needs == nil {
			out.Beyond += int64(row.N)
			continue
		}
		r.bundles = append(r.bundles, &bundle{row: j, needs: needs, stale: true})
	}
	slices.SortStableFunc(r.bundles, func(a, b *bundle) int { return slices.Max(a.needs) - slices.Max(b.needs) })
}

// needs finds the steps that a row needs to be as it should be: all that touch it, less those that it is right without. It has none when
// not even all of them are enough.
func (r *raiser) needs(row int) []int {
	var all []int
	for _, n := range r.of[row] {
		for _, step := range r.effects[n].Needs {
			if !slices.Contains(all, step) {
				all = append(all, step)
			}
		}
	}
	enough := func(steps []int) bool {
		x := r.supposed(row, steps)
		_, met := r.rule.weigh(&x, r.series)
		return met == r.wanted()
	}
	if len(all) == 0 || !enough(all) {
		return nil
	}
	slices.Sort(all)
	for k := len(all) - 1; k >= 0; k-- { // the best stand first
		if fewer := slices.Delete(slices.Clone(all), k, k+1); enough(fewer) {
			all = fewer
		}
	}
	return all
}

// supposed is a row as it would be with what is taken and some steps more.
func (r *raiser) supposed(row int, steps []int) Row {
	out := r.rows[row]
	for _, n := range r.of[row] {
		x := &r.effects[n]
		if !slices.ContainsFunc(x.Needs, func(step int) bool { return !r.taken[step] && !slices.Contains(steps, step) }) {
			out.Say(x.Fact, r.series, x.Truth)
		}
	}
	return out
}

// with counts anew with some steps more: only the rows that they touch can fall out otherwise.
func (r *raiser) with(steps []int) Tally {
	t := r.tally
	seen := map[int]bool{}
	for _, step := range steps {
		for _, row := range r.touches[step] {
			if seen[row] || r.rows[row].Kind != r.rule.kind {
				continue
			}
			seen[row] = true
			var was, is Tally
			before, after := r.supposed(row, nil), r.supposed(row, steps)
			was.add(r.rule, &before, r.series)
			is.add(r.rule, &after, r.series)
			t.Yes, t.No, t.Unknown = t.Yes+is.Yes-was.Yes, t.No+is.No-was.No, t.Unknown+is.Unknown-was.Unknown
		}
	}
	return t
}

// take supposes a step taken for good.
func (r *raiser) take(step int) {
	r.tally = r.with([]int{step})
	r.taken[step] = true
	near := map[int]bool{}
	for _, row := range r.touches[step] {
		near[row] = true
	}
	for _, b := range r.bundles {
		b.stale = b.stale || near[b.row] || slices.ContainsFunc(b.needs, func(n int) bool { return n == step })
	}
}

// left are the steps of a bundle that are not taken.
func (r *raiser) left(b *bundle) []int {
	return slices.DeleteFunc(slices.Clone(b.needs), func(step int) bool { return r.taken[step] })
}

// remaining are the steps that are not taken.
func (r *raiser) remaining() map[int]bool {
	out := map[int]bool{}
	if r.best() {
		return out
	}
	for _, b := range r.bundles {
		for _, step := range r.left(b) {
			out[step] = true
		}
	}
	return out
}

// best reports whether the value is as good as it can be.
func (r *raiser) best() bool {
	c := r.tally.Count(r.ind.Answer)
	if r.ind.Direction == "down" {
		return c.Known() && c.Numerator == 0 && c.Unknown == 0
	}
	return c.Known() && c.Numerator == c.Denominator
}

// choose finds the bundle that raises the most for each of its steps: the value first, and where that stands still the rows.
func (r *raiser) choose() *bundle {
	var out *bundle
	for _, b := range r.bundles {
		if b.stale {
			r.weigh(b)
		}
		if b.rows <= 0 {
			continue
		}
		if out == nil || b.gain > out.gain || b.gain == out.gain && b.rows > out.rows {
			out = b
		}
	}
	return out
}

func (r *raiser) weigh(b *bundle) {
	b.stale, b.gain, b.rows = false, 0, 0
	left := r.left(b)
	if len(left) == 0 {
		return
	}
	after := r.with(left)
	n := float64(len(left))
	b.gain = (after.Count(r.ind.Answer).Percent() - r.tally.Count(r.ind.Answer).Percent()) / n
	b.rows = float64(after.Yes-r.tally.Yes) / n
	if r.ind.Direction == "down" {
		b.gain = -b.gain
	}
	if r.wanted() == catalogue.No {
		b.rows = float64(after.No-r.tally.No) / n
	}
}
