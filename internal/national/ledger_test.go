// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/followup"
)

// nation is a small invented nation whose figures an attacker wants.
type nation struct {
	values []followup.Count
	shown  []bool
	county []int
	size   []int
}

func drawNation(t *rapid.T) *nation {
	n := rapid.IntRange(3, 40).Draw(t, "municipalities")
	x := &nation{}
	counties := rapid.IntRange(1, 5).Draw(t, "counties")
	for range n {
		den := rapid.Int64Range(1, 12).Draw(t, "denominator")
		x.values = append(x.values, followup.Count{Numerator: rapid.Int64Range(0, den).Draw(t, "numerator"), Denominator: den})
		x.shown = append(x.shown, rapid.IntRange(0, 4).Draw(t, "shown") == 0)
		x.county = append(x.county, rapid.IntRange(0, counties-1).Draw(t, "county"))
		x.size = append(x.size, rapid.IntRange(0, 2).Draw(t, "size"))
	}
	return x
}

// table is what has come from those who are in it.
func (x *nation) table(in func(i int) bool) *Table {
	t := &Table{Whole: Group{Name: Whole}, Splits: []Split{{Name: ByCounty}, {Name: BySize}}}
	groups := [2][]Group{make([]Group, 5), make([]Group, 3)}
	for i, v := range x.values {
		if !in(i) {
			continue
		}
		p := Part{At: i, Count: v, Shown: x.shown[i]}
		t.Whole.Parts = append(t.Whole.Parts, p)
		groups[0][x.county[i]].Parts = append(groups[0][x.county[i]].Parts, p)
		groups[1][x.size[i]].Parts = append(groups[1][x.size[i]].Parts, p)
	}
	t.Splits[0].Groups, t.Splits[1].Groups = groups[0], groups[1]
	return t
}

// cells are the published ones.
func (d *Disclosed) cells() []Cell {
	out := []Cell{d.Whole}
	for _, name := range []string{ByCounty, BySize} {
		out = append(out, d.Splits[name]...)
	}
	return slices.DeleteFunc(out, func(c Cell) bool { return !c.Published() })
}

// equation is what an attacker knows: the sum of some municipalities' figures.
type equation []*big.Rat

// attack solves all that is known, in exact fractions, and tells which municipality's own figure comes out; -1 when none does. It knows
// the figures of those who are shown, and shares no code with the ledger.
func (x *nation) attack(known []Cell) int {
	n := len(x.values)
	var rows []equation
	for _, c := range known {
		row := make(equation, n)
		for i := range row {
			row[i] = new(big.Rat)
			if c.Hidden.has(i) {
				row[i].SetInt64(1)
			}
		}
		rows = append(rows, row)
	}
	rank := 0
	for col := 0; col < n && rank < len(rows); col++ {
		p := slices.IndexFunc(rows[rank:], func(r equation) bool { return r[col].Sign() != 0 })
		if p < 0 {
			continue
		}
		rows[rank], rows[rank+p] = rows[rank+p], rows[rank]
		inv := new(big.Rat).Inv(rows[rank][col])
		for j := range n {
			rows[rank][j].Mul(rows[rank][j], inv)
		}
		for i := range rows {
			if f := new(big.Rat).Set(rows[i][col]); i != rank && f.Sign() != 0 {
				for j := range n {
					rows[i][j].Sub(rows[i][j], new(big.Rat).Mul(f, rows[rank][j]))
				}
			}
		}
		rank++
	}
	for _, r := range rows[:rank] {
		at, speaks := -1, 0
		for i := range r {
			if r[i].Sign() != 0 {
				at, speaks = i, speaks+1
			}
		}
		if speaks == 1 {
			return at
		}
	}
	return -1
}

// apartByHand looks for two published sets that differ by fewer than the threshold.
func apartByHand(known []Cell) (a, b Set, found bool) {
	for i := range known {
		for j := range i {
			d := 0
			for k := range 64 * len(known[i].Hidden) {
				if known[i].Hidden.has(k) != known[j].Hidden.has(k) {
					d++
				}
			}
			if d > 0 && d < 5 {
				return known[i].Hidden, known[j].Hidden, true
			}
		}
	}
	return nil, nil, false
}

// TestNothingComesOutOfWhatIsPublished attacks what is published over groups, over time and over indicators at once: municipalities come
// and go between periods and between indicators, and the attacker solves all of it together.
func TestNothingComesOutOfWhatIsPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawNation(t)
		l := NewLedger(len(x.values))
		var known []Cell
		for range rapid.IntRange(1, 6).Draw(t, "publications") {
			out := rapid.SliceOfN(rapid.IntRange(0, 7), len(x.values), len(x.values)).Draw(t, "absent")
			d := l.Disclose(x.table(func(i int) bool { return out[i] != 0 }))
			for _, c := range d.cells() {
				if n := c.Hidden.Len(); c.Members < 5 || n > 0 && n < 5 {
					t.Fatalf("%s stands on %d, of whom %d are hidden", c.Group, c.Members, n)
				}
				known = append(known, c)
			}
		}
		if at := x.attack(known); at >= 0 {
			t.Fatalf("municipality %d comes out of %d figures", at, len(known))
		}
		if a, b, found := apartByHand(known); found {
			t.Fatalf("%x and %x differ by too few", a, b)
		}
	})
}

// TestRemainderIsSafe subtracts the published groups from the whole.
func TestRemainderIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawNation(t)
		d := NewLedger(len(x.values)).Disclose(x.table(func(int) bool { return true }))
		if !d.Whole.Published() {
			return
		}
		for name, cells := range d.Splits {
			rest := map[int]bool{}
			for i := range x.values {
				rest[i] = true
			}
			for _, c := range cells {
				if !c.Published() {
					continue
				}
				for i := range x.values {
					if c.Hidden.has(i) {
						delete(rest, i)
					}
				}
			}
			var hidden, met, of, most int64
			for i := range rest {
				if v := x.values[i]; !x.shown[i] {
					hidden, met, of, most = hidden+1, met+v.Numerator, of+v.Denominator, max(most, v.Denominator)
				}
			}
			if hidden > 0 && (hidden < 5 || met == 0 || met == of || 2*most > of) {
				t.Fatalf("what %s leaves stands on %d: %d of %d, the most %d", name, hidden, met, of, most)
			}
		}
	})
}

func parts(counts ...[2]int64) []Part {
	var out []Part
	for i, c := range counts {
		out = append(out, Part{At: i, Count: followup.Count{Numerator: c[0], Denominator: c[1]}})
	}
	return out
}

func TestUnsafe(t *testing.T) {
	shown := func(ps []Part, n int) []Part {
		for i := range n {
			ps[i].Shown = true
		}
		return ps
	}
	for name, c := range map[string]struct {
		parts []Part
		want  Reason
	}{
		"four":                       {parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}), Few},
		"five":                       {parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{1, 2}), ""},
		"five, one is most":          {parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{1, 9}), Dominated},
		"five, one is half":          {parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{1, 8}), ""},
		"all are met":                {parts([2]int64{1, 1}, [2]int64{1, 1}, [2]int64{1, 1}, [2]int64{1, 1}, [2]int64{1, 1}), Unanimous},
		"none is met":                {parts([2]int64{0, 1}, [2]int64{0, 1}, [2]int64{0, 1}, [2]int64{0, 1}, [2]int64{0, 1}), Unanimous},
		"six, of whom two are shown": {shown(parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{0, 2}), 2), FewHidden},
		"five who are all shown":     {shown(parts([2]int64{1, 2}, [2]int64{0, 2}, [2]int64{1, 2}, [2]int64{1, 2}, [2]int64{1, 2}), 5), ""},
	} {
		if got := unsafe(c.parts); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestNewcomersWait adds one municipality at a time: the figure stays on those who were there until five have come.
func TestNewcomersWait(t *testing.T) {
	l := NewLedger(40)
	group := func(n int) *Table {
		var ps []Part
		for i := range n {
			ps = append(ps, Part{At: i, Count: followup.Count{Numerator: int64(i % 2), Denominator: 1}})
		}
		return &Table{Whole: Group{Whole, ps}}
	}
	for _, step := range [][2]int{{10, 10}, {11, 10}, {14, 10}, {15, 15}, {16, 15}, {25, 25}} {
		d := l.Disclose(group(step[0]))
		if !d.Whole.Published() || d.Whole.Members != step[1] {
			t.Errorf("with %d: %d members, %q; want %d", step[0], d.Whole.Members, d.Whole.Why, step[1])
		}
	}
	if d := l.Disclose(group(23)); d.Whole.Published() || d.Whole.Why != Difference {
		t.Errorf("two who leave can be told: %+v", d.Whole)
	}
}

// TestUnanimousButUnknown hides a sum that tells that nothing is known to fail in any of those it stands on.
func TestUnanimousButUnknown(t *testing.T) {
	ps := parts([2]int64{1, 2}, [2]int64{2, 3}, [2]int64{3, 3}, [2]int64{1, 2}, [2]int64{0, 1})
	for i := range ps {
		ps[i].Unknown = ps[i].Denominator - ps[i].Numerator
	}
	if got := unsafe(ps); got != Unanimous {
		t.Errorf("all that is known is met: got %q", got)
	}
	ps[0].Unknown = 0
	if got := unsafe(ps); got != "" {
		t.Errorf("one is known to fail: got %q", got)
	}
}

// TestCorrectionsDoNotComeOut sums the same municipalities again after some have corrected theirs: the difference is what they changed.
func TestCorrectionsDoNotComeOut(t *testing.T) {
	group := func(from, to int) Group {
		g := Group{Name: "g"}
		for i := from; i < to; i++ {
			g.Parts = append(g.Parts, Part{At: i, Count: followup.Count{Numerator: int64(i % 2), Denominator: 1}})
		}
		return g
	}
	basis := func(corrected ...int) map[int]string {
		out := map[int]string{}
		for i := range 20 {
			out[i] = "1"
		}
		for _, i := range corrected {
			out[i] = "2"
		}
		return out
	}
	whole := group(0, 20)
	table := &Table{Whole: whole, Splits: []Split{{ByCounty, []Group{group(0, 10), group(10, 20)}}}}
	for name, c := range map[string]struct {
		corrected []int
		want      [3]bool // whole, first half, second half
	}{
		"nobody":                 {nil, [3]bool{true, true, true}},
		"one":                    {[]int{3}, [3]bool{false, false, true}},
		"five of one half":       {[]int{0, 1, 2, 3, 4}, [3]bool{true, true, true}},
		"five, four of a half":   {[]int{0, 1, 2, 3, 14}, [3]bool{true, false, false}},
		"ten, one of one half":   {[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 14}, [3]bool{true, false, false}},
		"five of the two halves": {[]int{0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, [3]bool{true, true, true}},
	} {
		l := NewLedger(20)
		l.Disclose(table)
		l.follow(basis(c.corrected...), []past{{basis(), slices.Clone(l.sets)}})
		d := l.Disclose(table)
		halves := d.Splits[ByCounty]
		if got := [3]bool{d.Whole.Published(), halves[0].Published(), halves[1].Published()}; got != c.want {
			t.Errorf("%s: whole and halves published %v, want %v", name, got, c.want)
		}
	}
}

// TestVersionsTellOfNobody combines sums over three times: no combination may speak of one municipality alone.
func TestVersionsTellOfNobody(t *testing.T) {
	l := &Ledger{size: 14, owner: []int{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	set := func(columns ...int) Set {
		s := newSet(l.size)
		for _, c := range columns {
			s.add(c)
		}
		return s
	}
	for _, s := range []Set{set(0, 2, 3, 4, 5), set(6, 7, 8, 9, 10)} {
		if !l.Admit(s) {
			t.Fatal("a sound set was refused")
		}
	}
	if l.Admit(set(1, 2, 3, 4, 5)) {
		t.Error("the same five after one of them corrected theirs were summed again")
	}
	if l.Admit(set(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) {
		t.Error("ten were summed of whom the rest is known: the difference is what one corrected")
	}
}

func TestQuartilesFromTen(t *testing.T) {
	for n, want := range map[int]bool{9: false, 10: true} {
		var ps []Part
		for i := range n {
			ps = append(ps, Part{At: i, Count: followup.Count{Numerator: int64(i), Denominator: 10}})
		}
		d := NewLedger(20).Disclose(&Table{Whole: Group{Whole, ps}})
		if d.Whole.Quartiles != want || want && d.Whole.Quartile != [3]float64{23, 45, 68} {
			t.Errorf("%d: %+v", n, d.Whole)
		}
	}
}

func TestDue(t *testing.T) {
	before := map[string]string{"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}
	for name, c := range map[string]struct {
		now  map[string]string
		want bool
	}{
		"the same":     {before, false},
		"one corrects": {map[string]string{"a": "2", "b": "1", "c": "1", "d": "1", "e": "1"}, false},
		"five correct": {map[string]string{"a": "2", "b": "2", "c": "2", "d": "2", "e": "2"}, true},
	} {
		if got := due(before, c.now); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if !due(nil, map[string]string{"a": "1"}) || due(nil, nil) {
		t.Error("the first release is wrong")
	}
}
