// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
)

// Threshold is how few municipalities a published figure may stand on, or let anybody derive (Swedish: tröskel för små tal).
const Threshold = 5

// Set is a set of municipalities, one bit each.
type Set []uint64

// newSet makes an empty set with room for n.
func newSet(n int) Set { return make(Set, (n+63)/64) }

func (s Set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s Set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s Set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Len is how many are in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// apart counts those that are in one of the sets and not in the other.
func (s Set) apart(o Set) int {
	n := 0
	for i := range s {
		n += bits.OnesCount64(s[i] ^ o[i])
	}
	return n
}

// within reports whether all of s are in o.
func (s Set) within(o Set) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// without gives those of s that are not in o, and with those in either.
func (s Set) without(o Set) Set {
	out := slices.Clone(s)
	for i := range out {
		out[i] &^= o[i]
	}
	return out
}

func (s Set) with(o Set) Set {
	out := slices.Clone(s)
	for i := range out {
		out[i] |= o[i]
	}
	return out
}

// all goes through the set in order.
func (s Set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(64*i + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// Ledger remembers which sets of municipalities have ever been summed in public, so that no two of them, and no combination of them
// however weighed, lets anybody work out a sum over fewer than Threshold (Swedish: utlämnandejournal). It supposes the worst: that the
// figures of a municipality are the same in every group and period that the ledger is about.
type Ledger struct {
	size int
	sets []Set
	// rows are the sets in reduced echelon form modulo prime, and pivots the column of each row's leading one. Whatever linear combination
	// of the sets speaks of one municipality alone is then a row of its own.
	rows   [][]uint64
	pivots []int
	// owner is the municipality of each column, where one can have several; without it each column is one. A municipality's columns stand
	// together.
	owner []int
	// versions remembers the sets of one period by submission instead, and column is that of each municipality's now: what a municipality
	// has corrected must not come out of the same set summed before and after.
	versions *Ledger
	column   []int
	// told are the sets that the series itself has told of, where the ledger also knows what others have. Once something is remembered that
	// does not fit, the ledger is strained: that a set is in it then says only that somebody has told of it, so what the series itself has told
	// is asked as well, in own.
	told     []Set
	own      *Ledger
	strained bool
	// rule says why a sum would tell too much by itself; unsafe where there is none. With a rule of its own, what one sum has more than another
	// of the same thing is held to it too: before are the sets that earlier releases told of, and now those of this one.
	rule        func([]Part) Reason
	before, now []Set
}

// prime is the field that sets are combined in. What holds for whole numbers holds in it; the opposite fails with a chance of one in 2^31.
const prime = 1<<31 - 1

// NewLedger makes a ledger over n municipalities.
func NewLedger(n int) *Ledger { return &Ledger{size: n} }

// clone copies the ledger, so that what comes of a publication can be tried. Rows never change, so they are shared.
func (l *Ledger) clone() *Ledger {
	out := &Ledger{
		size: l.size, sets: slices.Clone(l.sets), pivots: slices.Clone(l.pivots), rows: slices.Clone(l.rows), owner: l.owner, column: l.column,
		rule: l.rule, before: l.before, now: slices.Clone(l.now), told: slices.Clone(l.told), strained: l.strained,
	}
	if l.versions != nil {
		out.versions = l.versions.clone()
	}
	if l.own != nil {
		out.own = l.own.clone()
	}
	return out
}

func (l *Ledger) holds(s Set) bool {
	return slices.ContainsFunc(l.sets, func(x Set) bool { return slices.Equal(x, s) })
}

// mostTries bounds how many sets are tried in the place of one.
const mostTries = 12

// instead gives what can be summed in the place of a set, the best first: itself, one that was summed before and lacks only a few newcomers,
// the largest that were summed before within it, and itself without a few, who wait for another time. They are taken from all over it, and
// never more than half wait.
func (l *Ledger) instead(want Set) []Set {
	out := []Set{want}
	if l.holds(want) && l.rule == nil { // it is let in; with a rule of its own it may still not fit
		return out
	}
	var before []Set
	for _, s := range l.sets {
		if s.Len() >= Threshold && s.within(want) && 2*s.Len() >= want.Len() {
			before = append(before, s)
		}
	}
	slices.SortStableFunc(before, func(a, b Set) int { return cmp.Compare(b.Len(), a.Len()) })
	out = append(out, before[:min(len(before), mostTries)]...)
	members := slices.Collect(want.all())
	d := dice{uint64(len(l.sets))} // another few each time
	for i := len(members) - 1; i > 0; i-- {
		j := d.IntN(i + 1)
		members[i], members[j] = members[j], members[i]
	}
	less := want
	for i := 0; i < min(mostTries, len(members)/2); i++ {
		less = slices.Clone(less)
		less.remove(members[i])
		out = append(out, less)
	}
	few := func(s Set) int {
		if s.Len() > want.Len()-Threshold && l.holds(s) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out[1:], func(a, b Set) int { return cmp.Or(cmp.Compare(few(a), few(b)), cmp.Compare(b.Len(), a.Len())) })
	return out
}

// Admit puts a set in the ledger, unless something about fewer than Threshold could then be worked out.
func (l *Ledger) Admit(s Set) bool {
	versions := l.versions
	if versions != nil {
		versions = versions.clone()
		if !versions.Admit(s.columns(l.column, versions.size)) {
			return false
		}
	}
	own := l.ofOwn()
	if own != nil && !own.admit(s) || !l.admit(s) {
		return false
	}
	l.versions, l.own = versions, own
	if l.told != nil {
		l.told = append(l.told, s)
	}
	return true
}

// ofOwn gives a ledger of what the series itself has told, to try a set in. Nothing is where the whole ledger says enough.
func (l *Ledger) ofOwn() *Ledger {
	switch {
	case l.told == nil || !l.strained:
		return nil
	case l.own != nil:
		return l.own.clone()
	}
	own := NewLedger(l.size)
	for _, s := range l.told {
		own.remember(s)
	}
	return own
}

func (l *Ledger) admit(s Set) bool {
	switch {
	case s.Len() == 0 || l.holds(s):
		return true
	case s.Len() < Threshold:
		return false
	case slices.ContainsFunc(l.sets, func(p Set) bool { return l.apart(s, p) < Threshold }):
		return false
	}
	rows, pivots, ok := l.reduce(s)
	if !ok {
		return false
	}
	l.sets, l.rows, l.pivots = append(l.sets, slices.Clone(s)), rows, pivots
	return true
}

// reduce gives the echelon form with one more set. ok is false when a row then speaks of too few.
func (l *Ledger) reduce(s Set) (rows [][]uint64, pivots []int, ok bool) {
	row := make([]uint64, l.size)
	for i := range row {
		if s.has(i) {
			row[i] = 1
		}
	}
	for i, p := range l.pivots {
		subtract(row, l.rows[i], row[p])
	}
	pivot := slices.IndexFunc(row, func(x uint64) bool { return x != 0 })
	if pivot < 0 {
		return l.rows, l.pivots, true // it follows from the others
	}
	scale(row, inverse(row[pivot]))
	rows = make([][]uint64, 0, len(l.rows)+1)
	few := l.speaksOf(row) < Threshold
	for _, old := range l.rows { // one that stays as it was tells nothing new
		if old[pivot] != 0 {
			changed := slices.Clone(old)
			subtract(changed, row, old[pivot])
			old = changed
			few = few || l.speaksOf(changed) < Threshold
		}
		rows = append(rows, old)
	}
	rows = append(rows, row)
	pivots = append(slices.Clone(l.pivots), pivot)
	return rows, pivots, !few && !l.tellsOfOne(rows, pivots)
}

// speaksOf counts the municipalities that a combination speaks of.
func (l *Ledger) speaksOf(row []uint64) int {
	n, last := 0, -1
	for i, x := range row {
		if x == 0 {
			continue
		}
		if of := l.ownerOf(i); of != last {
			n, last = n+1, of
		}
	}
	return n
}

func (l *Ledger) ownerOf(column int) int {
	if l.owner == nil {
		return column
	}
	return l.owner[column]
}

// apart counts the municipalities that two sets differ by.
func (l *Ledger) apart(a, b Set) int {
	if l.owner == nil {
		return a.apart(b)
	}
	row := make([]uint64, l.size)
	for i := range row {
		if a.has(i) != b.has(i) {
			row[i] = 1
		}
	}
	return l.speaksOf(row)
}

// tellsOfOne reports whether a combination of rows speaks of one municipality alone, where it has several columns: the rows that begin in
// them then depend on each other outside of them.
func (l *Ledger) tellsOfOne(rows [][]uint64, pivots []int) bool {
	if l.owner == nil {
		return false // each has one column, and the combination is a row
	}
	of := map[int][][]uint64{}
	for i, p := range pivots {
		of[l.owner[p]] = append(of[l.owner[p]], rows[i])
	}
	for owner, list := range of {
		if len(list) < 2 {
			continue // told by how many the row speaks of
		}
		rest := &Ledger{size: l.size}
		for _, row := range list {
			outside := slices.Clone(row)
			for i := range outside {
				if l.owner[i] == owner {
					outside[i] = 0
				}
			}
			if !rest.independent(outside) {
				return true
			}
		}
	}
	return false
}

// independent adds a row, unless it follows from the others.
func (l *Ledger) independent(row []uint64) bool {
	for i, p := range l.pivots {
		subtract(row, l.rows[i], row[p])
	}
	pivot := slices.IndexFunc(row, func(x uint64) bool { return x != 0 })
	if pivot < 0 {
		return false
	}
	scale(row, inverse(row[pivot]))
	l.rows, l.pivots = append(l.rows, row), append(l.pivots, pivot)
	return true
}

// columns gives a set of municipalities as the set of the columns that they have.
func (s Set) columns(column []int, size int) Set {
	out := newSet(size)
	for i, c := range column {
		if s.has(i) {
			out.add(c)
		}
	}
	return out
}

// follow lets the ledger tell apart what the municipalities have submitted for one period over time, in one series: earlier are the releases
// of it with the sets that each published, and basis what is to be released now, by municipality.
func (l *Ledger) follow(basis map[int]string, earlier []past) {
	at := map[[2]any]int{}
	v := &Ledger{owner: []int{}}
	for i := range l.size {
		for _, figure := range append(submitted(earlier, i), basis[i]) {
			if _, ok := at[[2]any{i, figure}]; !ok {
				at[[2]any{i, figure}] = len(v.owner)
				v.owner = append(v.owner, i)
			}
		}
	}
	v.size = len(v.owner)
	columns := func(basis map[int]string) []int {
		out := make([]int, l.size)
		for i := range out {
			out[i] = at[[2]any{i, basis[i]}]
		}
		return out
	}
	for _, p := range earlier {
		for _, s := range p.sets {
			v.remember(s.columns(columns(p.basis), v.size))
		}
	}
	l.versions, l.column = v, columns(basis)
}

// past is an earlier release of the period: what it stood on, by municipality, and the sets that it published.
type past struct {
	basis map[int]string
	sets  []Set
}

func submitted(earlier []past, municipality int) []string {
	var out []string
	for i := range earlier {
		out = append(out, earlier[i].basis[municipality])
	}
	return out
}

func subtract(row, other []uint64, times uint64) {
	if times == 0 {
		return
	}
	for i, x := range other {
		if x != 0 {
			row[i] = (row[i] + (prime-times)*x) % prime
		}
	}
}

func scale(row []uint64, by uint64) {
	for i := range row {
		row[i] = row[i] * by % prime
	}
}

// inverse gives x to the power of prime - 2, which times x is one.
func inverse(x uint64) uint64 {
	out := uint64(1)
	for e := uint64(prime - 2); e > 0; e >>= 1 {
		if e&1 == 1 {
			out = out * x % prime
		}
		x = x * x % prime
	}
	return out
}

// remember puts a set in the ledger that has been published, whatever it tells: it cannot be taken back.
func (l *Ledger) remember(s Set) {
	if s.Len() == 0 || l.holds(s) {
		return
	}
	rows, pivots, ok := l.reduce(s)
	l.strained = l.strained || !ok || s.Len() < Threshold || slices.ContainsFunc(l.sets, func(p Set) bool { return l.apart(s, p) < Threshold })
	l.sets, l.rows, l.pivots = append(l.sets, slices.Clone(s)), rows, pivots
}
