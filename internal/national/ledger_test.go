// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// nation is a small invented nation whose figures an attacker wants: what there is to count is the same in every series and period, and
// only what is known of it comes, goes and is corrected.
type nation struct {
	catalogue *catalogue.Catalogue
	all       map[string]standing
	of        map[string]int64
	met       map[string][3]int64
}

// theirs are the series of the invented nation.
var theirs = [3]string{"A", "B", "C"}

func drawNation(t *rapid.T) *nation {
	x := &nation{&catalogue.Catalogue{}, map[string]standing{}, map[string]int64{}, map[string][3]int64{}}
	counties := rapid.IntRange(1, 4).Draw(t, "counties")
	for i := range counties {
		x.catalogue.Counties = append(x.catalogue.Counties, catalogue.County{Code: fmt.Sprint(i)})
	}
	for i := range rapid.IntRange(3, 40).Draw(t, "municipalities") {
		m := catalogue.Municipality{Code: fmt.Sprintf("%04d", i), County: fmt.Sprint(rapid.IntRange(0, counties-1).Draw(t, "county"))}
		x.catalogue.Municipalities = append(x.catalogue.Municipalities, m)
		x.all[m.Code] = standing{
			municipality: m.Code, size: rapid.SampledFrom(Sizes[:2]).Draw(t, "size"), shown: rapid.IntRange(0, 4).Draw(t, "shown") == 0,
		}
		x.of[m.Code] = rapid.Int64Range(1, 12).Draw(t, "denominator")
		var met [3]int64
		for j := range met {
			met[j] = rapid.Int64Range(0, x.of[m.Code]).Draw(t, "met")
		}
		x.met[m.Code] = met
	}
	return x
}

// come draws who has submitted, and what is known in each series.
func (x *nation) come(t *rapid.T) (map[string]standing, map[string][]Figure) {
	all, figures := map[string]standing{}, map[string][]Figure{}
	for i := range x.catalogue.Municipalities {
		code := x.catalogue.Municipalities[i].Code
		draw := rapid.IntRange(0, 1<<12).Draw(t, "came")
		if draw%8 == 0 {
			continue
		}
		all[code] = x.all[code]
		for j, name := range theirs {
			f := Figure{Indicator: name, Definition: 1, Series: "measured", Numerator: x.met[code][j], Denominator: x.of[code]}
			switch draw >> (3 + 3*j) % 8 {
			case 0:
				f.Numerator, f.Unknown = 0, f.Denominator
			case 1:
				f.Numerator = 0
			}
			figures[code] = append(figures[code], f)
		}
	}
	return all, figures
}

// correct lets up to nine correct what they know in one series, and leaves the others as they are.
func (x *nation) correct(t *rapid.T, figures map[string][]Figure) map[string][]Figure {
	out := maps.Clone(figures)
	series := rapid.IntRange(0, len(theirs)-1).Draw(t, "series")
	from, n := rapid.IntRange(0, len(x.catalogue.Municipalities)-1).Draw(t, "from"), rapid.IntRange(1, 9).Draw(t, "corrected")
	for i := from; i < min(from+n, len(x.catalogue.Municipalities)); i++ {
		code := x.catalogue.Municipalities[i].Code
		if len(out[code]) == 0 || out[code][series].Unknown > 0 {
			continue
		}
		of := slices.Clone(out[code])
		of[series].Numerator = (of[series].Numerator + 1) % (of[series].Denominator + 1)
		out[code] = of
		met := x.met[code]
		met[series] = of[series].Numerator
		x.met[code] = met
	}
	return out
}

// equation is what an attacker knows: the sum of some figures.
type equation []uint64

// elimination is modulo another prime than the ledger's, and shares no code with it.
const elimination = 1_000_000_007

// rank solves what an attacker knows, and gives what has come out of it: equations of which none follows from the others.
func rank(all []equation) []equation {
	rows := make([]equation, len(all))
	for i := range all {
		rows[i] = slices.Clone(all[i])
	}
	done := 0
	for col := 0; len(rows) > 0 && col < len(rows[0]) && done < len(rows); col++ {
		p := slices.IndexFunc(rows[done:], func(r equation) bool { return r[col] != 0 })
		if p < 0 {
			continue
		}
		rows[done], rows[done+p] = rows[done+p], rows[done]
		inverse, base := uint64(1), rows[done][col]
		for e := elimination - 2; e > 0; e /= 2 {
			if e%2 == 1 {
				inverse = inverse * base % elimination
			}
			base = base * base % elimination
		}
		for j := range rows[done] {
			rows[done][j] = rows[done][j] * inverse % elimination
		}
		for i := range rows {
			if f := rows[i][col]; i != done && f != 0 {
				for j := range rows[i] {
					rows[i][j] = (rows[i][j] + (elimination-f)*rows[done][j]) % elimination
				}
			}
		}
		done++
	}
	return rows[:done]
}

func reversed(list []int) []int {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// attack looks for one whose figure comes out of the sums of sets, and for two sets that differ by fewer than five. column tells the figure
// of each: one who has corrected a figure has several.
func attack(sums []equation, owner []int) string {
	solved := rank(sums)
	for _, who := range owner {
		if slices.Index(owner, who) == len(owner)-1-slices.Index(reversed(owner), who) {
			// It has one column: what speaks of it alone is an equation of its own.
			at := slices.Index(owner, who)
			alone := func(r equation) bool {
				return r[at] != 0 && !slices.ContainsFunc(slices.Concat(r[:at], r[at+1:]), func(x uint64) bool { return x != 0 })
			}
			if slices.ContainsFunc(solved, alone) {
				return fmt.Sprintf("municipality %d comes out of %d sums", who, len(sums))
			}
			continue
		}
		outside := make([]equation, len(sums))
		for i, r := range sums {
			outside[i] = slices.Clone(r)
			for j := range r {
				if owner[j] == who {
					outside[i][j] = 0
				}
			}
		}
		if len(solved) != len(rank(outside)) {
			return fmt.Sprintf("municipality %d comes out of %d sums", who, len(sums))
		}
	}
	for i := range sums {
		for j := range i {
			by := map[int]bool{}
			for k := range sums[i] {
				if sums[i][k] != sums[j][k] {
					by[owner[k]] = true
				}
			}
			if n := len(by); n > 0 && n < 5 {
				return fmt.Sprintf("two sums differ by %d", n)
			}
		}
	}
	return ""
}

// knows gathers the sums of an attacker, each once.
type knows struct {
	owner []int
	of    map[string]int
	sums  map[string][]int
}

func (k *knows) add(set Set, figure func(at int) string) {
	if k.of == nil {
		k.of, k.sums = map[string]int{}, map[string][]int{}
	}
	var columns []int
	for at := range set.all() {
		name := fmt.Sprint(at, " ", figure(at))
		if _, ok := k.of[name]; !ok {
			k.of[name] = len(k.owner)
			k.owner = append(k.owner, at)
		}
		columns = append(columns, k.of[name])
	}
	if len(columns) > 0 {
		k.sums[fmt.Sprint(columns)] = columns
	}
}

func (k *knows) attack() string {
	var sums []equation
	for _, columns := range k.sums {
		row := make(equation, len(k.owner))
		for _, c := range columns {
			row[c] = 1
		}
		sums = append(sums, row)
	}
	return attack(sums, k.owner)
}

// TestNothingComesOutOfWhatIsPublished attacks what is published over groups, over time and over indicators: municipalities come and go,
// know something and no longer, and correct what they have submitted. The attacker holds all of it together.
func TestNothingComesOutOfWhatIsPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawNation(t)
		b := newShelf(x.catalogue)
		n := rapid.IntRange(1, 6).Draw(t, "publications")
		var p Period
		var all map[string]standing
		var figures map[string][]Figure
		for range n {
			if len(figures) > 0 && rapid.Bool().Draw(t, "corrects") {
				figures = x.correct(t, figures)
			} else {
				p = Period{2026, rapid.IntRange(1, 3).Draw(t, "quarter")}
				all, figures = x.come(t)
			}
			x.soundCells(t, b.publish(p, all, figures))
		}
		var counted knows // what is counted is the same in all series and periods
		series := map[string]*knows{}
		corrected := map[string]*knows{}
		of := func(m map[string]*knows, name string) *knows {
			if m[name] == nil {
				m[name] = &knows{}
			}
			return m[name]
		}
		for i := range b.releases {
			r := &b.releases[i]
			cells := b.cells[r.Number]
			for j := range cells {
				c := &cells[j]
				if !c.Published() || c.Kept > 0 {
					continue
				}
				same := func(int) string { return "" }
				now := func(at int) string {
					code := x.catalogue.Municipalities[at].Code
					return b.figures[r.Period][SeriesName(c.Indicator, 1, "measured")][r.Basis[code]]
				}
				counted.add(c.Base, same)
				for _, set := range []Set{c.Base, c.Hidden} {
					of(series, c.Indicator).add(set, same)
					of(corrected, c.Indicator+r.Period.String()).add(set, now)
				}
			}
		}
		if said := counted.attack(); said != "" {
			t.Fatalf("what is counted, over all indicators and periods: %s", said)
		}
		for name, k := range series {
			if said := k.attack(); said != "" {
				t.Fatalf("%s over the periods: %s", name, said)
			}
		}
		for name, k := range corrected {
			if said := k.attack(); said != "" {
				t.Fatalf("%s and its corrections: %s", name, said)
			}
		}
	})
}

// soundCells holds every published cell of one release, and what is left when the groups are taken from the whole, to the rules by hand.
func (x *nation) soundCells(t *rapid.T, cells []published) {
	hand := func(name string, c *published, base, values Set) {
		var most, of, met, knows, known int64
		for at := range base.all() {
			d := x.of[x.catalogue.Municipalities[at].Code]
			most, of = max(most, d), of+d
		}
		j := slices.Index(theirs[:], c.Indicator)
		for at := range values.all() {
			code := x.catalogue.Municipalities[at].Code
			knows, known, met = max(knows, x.of[code]), known+x.of[code], met+min(c.Sum.Numerator, x.met[code][j])
		}
		if n := base.Len(); n > 0 && (n < 5 || 2*most > of) {
			t.Fatalf("%s %s %s stands on %d, the largest %d of %d", c.Indicator, c.Split, name, n, most, of)
		}
		if n := values.Len(); n > 0 && (n < 5 || 2*knows > known || met == 0) {
			t.Fatalf("%s %s %s sums %d, the largest %d of %d, %d met", c.Indicator, c.Split, name, n, knows, known, met)
		}
	}
	rest := map[string]*published{}
	for i := range cells {
		c := &cells[i]
		if !c.Published() || c.Kept > 0 {
			continue
		}
		hand(c.Group, c, c.Base, c.Hidden)
		if c.Split == Whole {
			rest[c.Indicator+ByCounty], rest[c.Indicator+BySize] = new(*c), new(*c)
		}
		if r := rest[c.Indicator+c.Split]; r != nil {
			r.Base, r.Hidden = r.Base.without(c.Base), r.Hidden.without(c.Hidden)
		}
	}
	for name, c := range rest {
		hand("what "+name+" leaves", c, c.Base, c.Hidden)
	}
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

// some are the municipalities from a number up to another, of whom every other meets what there is to meet.
func some(size, from, to int) ([]Part, Set) {
	var ps []Part
	set := newSet(size)
	for i := from; i < to; i++ {
		ps = append(ps, Part{At: i, Count: followup.Count{Numerator: int64(i % 2), Denominator: 1}})
		set.add(i)
	}
	return ps, set
}

// TestWhoComesAndGoes adds one municipality at a time: the figure stays on those who were there until five have come. When two leave, others
// wait with them.
func TestWhoComesAndGoes(t *testing.T) {
	l := NewLedger(40)
	for _, step := range [][2]int{{10, 10}, {11, 10}, {14, 10}, {15, 15}, {16, 15}, {25, 25}, {23, 20}, {25, 25}} {
		ps, set := some(40, 0, step[0])
		c := l.Disclose(l.Stands([]Group{{Whole, Whole, set}}, newSet(40)), ps)[0]
		if !c.Published() || c.Members != step[1] {
			t.Errorf("with %d: %d members, %q; want %d", step[0], c.Members, c.Why, step[1])
		}
	}
}

// TestUnknownStaysInTheSet: what nobody knows is counted as unknown, on the same municipalities in every series.
func TestUnknownStaysInTheSet(t *testing.T) {
	l := NewLedger(40)
	ps, set := some(40, 0, 30)
	for i := range 10 {
		ps[i].Count = followup.Count{Denominator: 3, Unknown: 3}
	}
	c := l.Disclose(l.Stands([]Group{{Whole, Whole, set}}, newSet(40)), ps)[0]
	if want := (followup.Count{Numerator: 10, Denominator: 50, Unknown: 30}); c.Sum != want || c.Submitted != 30 || c.Members != 20 {
		t.Errorf("got %+v", c)
	}
	ps[10].Count = followup.Count{Denominator: 1, Unknown: 1} // one who knew something no longer does, and four wait with it
	c = l.Disclose(l.Stands([]Group{{Whole, Whole, set}}, newSet(40)), ps)[0]
	if !c.Published() || c.Submitted != 30 || c.Members != 15 || c.Sum.Denominator != 50 || c.Sum.Unknown != 35 {
		t.Errorf("one who no longer knows: %+v", c)
	}
}

// TestFewIsSaidPlainly: where nobody is shown by itself, a figure that too few know is hidden for being of too few, and not besides anybody.
func TestFewIsSaidPlainly(t *testing.T) {
	for name, c := range map[string]struct {
		known, shown int
		want         Reason
	}{
		"three know, nobody is shown":         {3, 0, Few},
		"nobody knows":                        {0, 0, Few},
		"four know besides two who are shown": {6, 2, FewHidden},
		"the only one who knows is shown":     {1, 1, Few},
	} {
		ps, all := some(12, 0, 12)
		l, by := NewLedger(12), map[int]Part{}
		for i, p := range ps {
			p.Shown = i < c.shown
			if i >= c.known {
				p.Count = followup.Count{Denominator: 1, Unknown: 1}
			}
			by[i] = p
		}
		hidden := newSet(12)
		for i := c.shown; i < 12; i++ {
			hidden.add(i)
		}
		got := l.cell(&Stand{Group: Group{Whole, Whole, all}, Hidden: hidden}, by, nil)
		if got.Why != c.want {
			t.Errorf("%s: got %q, want %q", name, got.Why, c.want)
		}
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
	ps, set := some(20, 0, 20)
	_, first := some(20, 0, 10)
	groups := []Group{{Whole, Whole, set}, {ByCounty, "1", first}, {ByCounty, "2", set.without(first)}}
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
		l.Disclose(l.Stands(groups, newSet(20)), ps)
		again := l.clone()
		again.follow(basis(c.corrected...), []past{{basis(), slices.Clone(l.sets)}})
		cells := again.Disclose(l.Stands(groups, newSet(20)), ps)
		if got := [3]bool{cells[0].Published(), cells[1].Published(), cells[2].Published()}; got != c.want {
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
		ps, set := some(20, 0, n)
		for i := range ps {
			ps[i].Count = followup.Count{Numerator: int64(i), Denominator: 12, Unknown: 2}
		}
		l := NewLedger(20)
		c := l.Disclose(l.Stands([]Group{{Whole, Whole, set}}, newSet(20)), ps)[0]
		if c.Quartiles != want || want && c.Quartile != [3]float64{23, 45, 68} {
			t.Errorf("%d: %+v", n, c)
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

// TestWhatOthersToldIsNoLeave: a set that a series cannot tell of, for it differs by four from what it has told, is told of in others. That the
// ledger remembers it then lets nobody in the series tell of it either: not another group of the same municipalities, and no later release.
func TestWhatOthersToldIsNoLeave(t *testing.T) {
	of := func(members ...int) Set {
		s := newSet(20)
		for _, at := range members {
			s.add(at)
		}
		return s
	}
	values, stand := of(0, 4, 6, 9, 11, 12, 14, 17), of(0, 4, 6, 9, 11, 12, 13, 16, 17, 18)
	l := NewLedger(20)
	l.told = []Set{}
	if !l.Admit(values) {
		t.Fatal("eight are not let in")
	}
	groups := []Stand{{Group: Group{Whole, Whole, stand}, Hidden: stand}, {Group: Group{ByCounty, "01", stand}, Hidden: stand}}
	for _, s := range l.refuse(groups) {
		if s.Why != Difference {
			t.Errorf("%s is told of: %q", s.Split, s.Why)
		}
	}
	later := NewLedger(20)
	later.remember(stand)
	later.told = []Set{values}
	later.remember(values)
	if later.Admit(stand) {
		t.Error("a later release tells of what differs by four")
	}
	if !later.Admit(values) {
		t.Error("what the series itself has told may not be told again")
	}
}
