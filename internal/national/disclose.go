// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"math"
	"slices"

	"github.com/insegel/insegel/internal/followup"
)

// quartilesFrom is how many municipalities quartiles stand on at least.
const quartilesFrom = 10

// Reason says why a figure is not published; empty when it is.
type Reason string

// The reasons. Those that come of the figures themselves are told as Complement: to tell that all are alike is to tell what each has answered.
const (
	Few        Reason = "few"        // it stands on fewer than Threshold
	FewHidden  Reason = "few-hidden" // of those it stands on, fewer than Threshold are not shown by themselves
	Dominated  Reason = "dominated"  // one of them is more than half
	Unanimous  Reason = "unanimous"  // all of them are alike, so that it tells what each has answered
	Complement Reason = "complement" // else what is hidden could be worked out
	Difference Reason = "difference" // it differs by too few from what has been published
)

// Part is what one municipality contributes to one series. Its denominator counts in any case, and the rest when something is known.
type Part struct {
	// At is the municipality's number.
	At int
	followup.Count
	// Shown says that it has agreed to be shown by itself.
	Shown bool
}

// Group is the municipalities of one cell that have submitted, whatever they know.
type Group struct {
	Split, Name string
	Members     Set
}

// Stand is a group as it is summed in one release, alike in every indicator and series (Swedish: ram). It is the same whatever is known, so
// that no two indicators differ by who is in it.
type Stand struct {
	Group
	// Hidden are the members that are not shown by themselves: the set that must not be taken apart.
	Hidden Set
	Why    Reason
}

// Cell is a group's figure as it is published, or the reason why it is not.
type Cell struct {
	Group string
	// Submitted are those whose denominators it sums, and Members those of them about whom something else is known too, and that are counted.
	Submitted, Members int
	Sum                followup.Count
	Quartile           [3]float64
	// Quartiles says that there are enough for quartiles.
	Quartiles bool
	Why       Reason
	// Base are those it stands on that are not shown by themselves, and Hidden those of them whose values it sums.
	Base, Hidden Set
	// Kept is the release that the figure is from, when too few have corrected theirs for a new one. 0 is its own.
	Kept int64

	values []Part
	split  string
}

// Published reports whether the figure is shown.
func (c *Cell) Published() bool { return c.Why == "" }

// Stands decides which sets a release sums, for all its indicators at once, and remembers them in the ledger. The first group is all; of
// the others the largest come first, since those that are left for last have to stand back.
func (l *Ledger) Stands(groups []Group, shown Set) []Stand {
	out := make([]Stand, 0, len(groups))
	rest := slices.Clone(groups[1:])
	slices.SortStableFunc(rest, func(a, b Group) int {
		// What was fetched from others comes last: it hides nothing of the rest.
		return cmp.Or(fetchedLast(a)-fetchedLast(b), cmp.Compare(b.Members.without(shown).Len(), a.Members.without(shown).Len()))
	})
	for _, g := range append(groups[:1:1], rest...) {
		s := Stand{Group: g}
		want := g.Members.without(shown)
		if g.Members.Len() < Threshold {
			s.Why, s.Hidden = Few, newSet(l.size)
		} else {
			s.Hidden, s.Why = l.choose(want, func(Set) Reason { return "" }, func(Set) bool { return true })
		}
		s.Members = g.Members.without(want).with(s.Hidden)
		out = append(out, s)
	}
	return out
}

func fetchedLast(g Group) int {
	if g.Split == ByGroup {
		return 1
	}
	return 0
}

// choose finds the set that is summed in the place of the one that is wanted, and puts it in the ledger: that one itself, or one that was
// summed before and lacks only newcomers, or one that lacks so many that the difference tells of nobody. What is not sound by itself is not
// summed at all; what does not fit beside what has been summed, another may be summed in the place of.
func (l *Ledger) choose(want Set, sound func(Set) Reason, fits func(Set) bool) (Set, Reason) {
	none := newSet(l.size)
	switch n := want.Len(); {
	case n == 0:
		return none, sound(want)
	case n < Threshold:
		return none, FewHidden
	}
	if why := sound(want); why != "" {
		return none, why
	}
	for _, s := range l.instead(want) {
		if s.Len() >= Threshold && sound(s) == "" && fits(s) && l.Admit(s) {
			return s, ""
		}
	}
	return none, Difference
}

// Disclose decides what of a series can be published on the stands of a release after all that has been, and remembers it in the ledger.
func (l *Ledger) Disclose(stands []Stand, parts []Part) []Cell {
	by := make(map[int]Part, len(parts))
	for _, p := range parts {
		by[p.At] = p
	}
	stands = l.refuse(stands)
	whole := l.cell(&stands[0], by, nil)
	out := []Cell{whole}
	for _, split := range []string{ByCounty, BySize, ByGroup} {
		var of []Stand
		for i := range stands {
			if stands[i].Split == split {
				of = append(of, stands[i])
			}
		}
		out = append(out, l.split(&whole, of, by)...)
	}
	return out
}

// refuse marks the stands whose denominators cannot be told in this series after what has been told of it. They are told in others, so the
// ledger remembers them in any case.
func (l *Ledger) refuse(stands []Stand) []Stand {
	out := slices.Clone(stands)
	for i := range out {
		if out[i].Why == "" && !l.Admit(out[i].Hidden) {
			out[i].Why = Difference
			l.remember(out[i].Hidden)
		}
	}
	return out
}

// split decides about the groups of one way of grouping. Where what is left of the whole would tell too much, a few of a large group wait first,
// and only where that is not enough do groups stand back.
func (l *Ledger) split(whole *Cell, stands []Stand, by map[int]Part) []Cell {
	back := make([]bool, len(stands)) // those that stand back for others
	wait := make([]Set, len(stands))  // those of each group whose values are not counted in it
	for {
		trial := l.clone()
		cells := make([]Cell, len(stands))
		for i := range stands {
			if back[i] {
				cells[i] = hidden(&stands[i], Complement)
				continue
			}
			cells[i] = trial.cell(&stands[i], by, wait[i])
		}
		if !whole.Published() || l.leftSafe(whole, cells, by) {
			*l = *trial
			return cells
		}
		if i, few := l.waiting(whole, cells, by, wait); few != nil {
			wait[i] = few
			continue
		}
		next := l.standBack(whole, cells, by)
		if len(next) == 0 { // the whole is all that is published
			*l = *trial
			return cells
		}
		for _, i := range next {
			back[i] = true
		}
	}
}

// hidden makes a cell without a figure. Why it has none is told no closer than what everybody knows.
func hidden(s *Stand, why Reason) Cell {
	if why == Dominated || why == Unanimous {
		why = Complement
	}
	return Cell{Group: s.Name, Submitted: s.Members.Len(), Why: why, split: s.Split}
}

// cell makes the cell of a stand: of the values that can be published, if they are safe. Those of wait are not counted.
func (l *Ledger) cell(s *Stand, by map[int]Part, wait Set) Cell {
	if s.Why != "" {
		return hidden(s, s.Why)
	}
	if largest(s.Hidden, by) {
		return hidden(s, Dominated)
	}
	var shown []Part
	want := newSet(l.size)
	for at := range s.Members.all() {
		switch p, ok := by[at]; {
		case !ok || !p.Count.Shown() || wait != nil && wait.has(at):
		case p.Shown:
			shown = append(shown, p)
		default:
			want.add(at)
		}
	}
	of := func(set Set) []Part {
		parts := slices.Clone(shown)
		for at := range set.all() {
			parts = append(parts, by[at])
		}
		return parts
	}
	values, why := l.choose(want, func(set Set) Reason { return l.unsafe(of(set)) }, func(set Set) bool { return l.beside(set, by) })
	if why == FewHidden && len(shown) == 0 {
		why = Few // nobody is shown of this figure, so that too few know it is all there is to tell
	}
	if why != "" {
		return hidden(s, why)
	}
	l.now = append(l.now, values)
	c := Cell{Group: s.Name, Submitted: s.Members.Len(), Base: s.Hidden, Hidden: values, values: of(values), split: s.Split}
	c.sum(s, by)
	return c
}

// unsafe says why a sum over the parts would tell too much, by the rule of what is counted.
func (l *Ledger) unsafe(parts []Part) Reason {
	if l.rule == nil {
		return unsafe(parts)
	}
	return l.rule(parts)
}

// beside reports whether a set can be summed beside those that have been summed of the same thing: what one of two sums has more than the other is
// a sum too. Of earlier releases it is only told what has come since, for what those who have left would answer now is not known.
func (l *Ledger) beside(set Set, by map[int]Part) bool {
	if l.rule == nil {
		return true
	}
	told := func(more Set) bool {
		var parts []Part
		for at := range more.all() {
			parts = append(parts, by[at])
		}
		return len(parts) > 0 && l.rule(parts) != ""
	}
	for _, p := range l.now {
		if p.within(set) && told(set.without(p)) || set.within(p) && told(p.without(set)) {
			return false
		}
	}
	for _, p := range l.before {
		if p.within(set) && told(set.without(p)) {
			return false
		}
	}
	return true
}

// depended says why a count of who depends on something would tell too much: it stands on fewer than Threshold who do, or on fewer who do not.
func depended(parts []Part) Reason {
	var yes int64
	for _, p := range parts {
		yes += p.Numerator
	}
	switch no := int64(len(parts)) - yes; {
	case len(parts) < Threshold || yes < Threshold:
		return Few
	case no < Threshold:
		return Unanimous
	default:
		return ""
	}
}

// unsafe says why a sum over the parts would tell too much; empty when it would not.
func unsafe(parts []Part) Reason {
	hidden := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Shown })
	switch {
	case len(parts) < Threshold:
		return Few
	case len(hidden) == 0:
		return "" // whoever is in it is shown by itself
	case len(hidden) < Threshold:
		return FewHidden
	case dominated(hidden):
		return Dominated
	case unanimous(hidden):
		return Unanimous
	}
	return ""
}

// dominated reports whether one part is more than half of all, or of all that is known.
func dominated(parts []Part) bool {
	var all, most, known, knows int64
	for _, p := range parts {
		n := p.Denominator - p.Unknown
		all, known = all+p.Denominator, known+n
		most, knows = max(most, p.Denominator), max(knows, n)
	}
	return 2*most > all || 2*knows > known
}

// largest reports whether one municipality has more than half of all that a set counts.
func largest(set Set, by map[int]Part) bool {
	var all, most int64
	for at := range set.all() {
		all, most = all+by[at].Denominator, max(most, by[at].Denominator)
	}
	return 2*most > all && all > 0
}

// unanimous reports whether in every part all that is known is met, or nothing is met: the sum then tells it of each.
func unanimous(parts []Part) bool {
	all, none := true, true
	for _, p := range parts {
		all = all && p.Numerator == p.Denominator-p.Unknown
		none = none && p.Numerator == 0
	}
	return all || none
}

// leftSafe reports whether what is hidden cannot be had by taking the published groups from the whole.
func (l *Ledger) leftSafe(whole *Cell, cells []Cell, by map[int]Part) bool {
	rest, base := remainder(whole, cells)
	return l.restSafe(rest) && baseSafe(base, by)
}

func (l *Ledger) restSafe(rest []Part) bool { return len(rest) == 0 || l.unsafe(rest) == "" }

func baseSafe(base Set, by map[int]Part) bool {
	return base.Len() == 0 || base.Len() >= Threshold && !largest(base, by)
}

// waiting finds a few of the largest group whose values can wait, so that what is left of the whole tells too little: fewer than a group that
// stands back. Each group is asked once.
func (l *Ledger) waiting(whole *Cell, cells []Cell, by map[int]Part, asked []Set) (group int, few Set) {
	rest, base := remainder(whole, cells)
	if len(rest) == 0 || !baseSafe(base, by) {
		return -1, nil // what is counted is the same in every series, and nobody waits in one alone
	}
	var order []int
	for i := range cells {
		if cells[i].Published() && asked[i] == nil && cells[i].Hidden.Len() > Threshold {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cells[b].Hidden.Len(), cells[a].Hidden.Len()) })
	for _, i := range order {
		if few := l.spare(whole, &cells[i], rest, by); few != nil {
			return i, few
		}
	}
	return -1, nil
}

// spare finds the fewest of a group, taken from all over it, that make what is left safe and leave the group safe.
func (l *Ledger) spare(whole, c *Cell, rest []Part, by map[int]Part) Set {
	members := slices.Collect(c.Hidden.all())
	d := dice{uint64(len(l.sets) + len(rest))}
	d.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	few, more := newSet(l.size), slices.Clone(rest)
	for _, at := range members[:min(mostTries, len(members)/2, len(members)-Threshold)] {
		if !whole.Hidden.has(at) {
			continue // what the whole does not count is not left of it
		}
		few.add(at)
		if more = append(more, by[at]); !l.restSafe(more) {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(c.values), func(p Part) bool { return few.has(p.At) })
		if l.unsafe(kept) == "" {
			return few
		}
	}
	return nil
}

// standBack finds the groups that have to stand back so that what is hidden cannot be had: one if one is enough, else two, and the smallest that
// will do. Where no two will, the smallest of all stands back, and the rest is looked at again.
func (l *Ledger) standBack(whole *Cell, cells []Cell, by map[int]Part) []int {
	var order []int
	for i := range cells {
		if cells[i].Published() && cells[i].Hidden.Len() > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cells[a].Members, cells[b].Members) })
	enough := func(those ...int) bool {
		without := slices.Clone(cells)
		for _, i := range those {
			without[i] = Cell{Why: Complement}
		}
		return l.leftSafe(whole, without, by)
	}
	for _, i := range order {
		if enough(i) {
			return []int{i}
		}
	}
	best, members := []int(nil), 0
	for n, i := range order {
		for _, j := range order[n+1:] {
			if m := cells[i].Members + cells[j].Members; (best == nil || m < members) && enough(i, j) {
				best, members = []int{i, j}, m
			}
		}
	}
	if best == nil {
		best = order[:min(1, len(order))]
	}
	return best
}

// remainder are the hidden values of the whole that no published group sums, and those whose denominators none does.
func remainder(whole *Cell, cells []Cell) (rest []Part, base Set) {
	base, values := whole.Base, whole.Hidden
	for i := range cells {
		if cells[i].Published() {
			base, values = base.without(cells[i].Base), values.without(cells[i].Hidden)
		}
	}
	for _, p := range whole.values {
		if !p.Shown && values.has(p.At) {
			rest = append(rest, p)
		}
	}
	return rest, base
}

// sum adds up: the denominators of all, and the values of those whose values are counted. What is known of the others is unknown here.
func (c *Cell) sum(s *Stand, by map[int]Part) {
	for at := range s.Members.all() {
		c.Sum.Denominator += by[at].Denominator
	}
	c.Sum.Unknown = c.Sum.Denominator
	c.Members = len(c.values)
	shares := make([]float64, len(c.values))
	for i, p := range c.values {
		c.Sum.Numerator += p.Numerator
		c.Sum.Unknown -= p.Denominator - p.Unknown
		shares[i] = p.OfKnown()
	}
	if c.Quartiles = len(shares) >= quartilesFrom; c.Quartiles {
		slices.SortFunc(shares, cmp.Compare)
		for q := range c.Quartile {
			c.Quartile[q] = quantile(shares, float64(q+1)/4)
		}
	}
}

// quantile gives a quantile of sorted values in whole percent: a sharper figure could be one municipality's own.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return math.Round(sorted[low] + (at-float64(low))*(sorted[high]-sorted[low]))
}
