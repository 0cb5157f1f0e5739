// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// dependent makes a sound document of what one municipality depends on, signed with its key.
func dependent(t testing.TB, code string, key Key) Concentration {
	t.Helper()
	x := Concentration{
		Schema: ConcentrationSchema, Municipality: code, Period: "2026-Q3", Catalogue: cataloguetest.Load(t).Edition, Made: "2026-11-28T11:00:00.000Z",
		Size: "from-100000", Suppliers: []string{inventedNumber(1), inventedNumber(2)}, Kinds: []string{"e-service", "e-service/skola"}, SoleTraders: 1, Unnumbered: 2,
	}
	must(t, x.Sign(key.Signer))
	return x
}

func TestConcentrationComesBack(t *testing.T) {
	key, err := NewKey(KeyName("0180"))
	must(t, err)
	x := dependent(t, "0180", key)
	b, err := x.Encode()
	must(t, err)
	got := Read("x.json", bytes.NewReader(b))
	must(t, got.Err)
	if diff := cmp.Diff(&x, got.Concentration); diff != "" {
		t.Error(diff)
	}
	must(t, errors.Join(got.Concentration.Check(cataloguetest.Load(t), now), got.Concentration.Verify(verifier(t, key))))
	s, _ := one(t, "0180")
	b, err = s.Encode()
	must(t, err)
	if got := Read("s.json", bytes.NewReader(b)); got.Err != nil || got.Concentration != nil || got.Submission.Municipality != "0180" {
		t.Errorf("sums are read as %+v", got)
	}
}

// TestEveryFieldOfConcentrationIsSigned changes each field: the signature then no longer holds.
func TestEveryFieldOfConcentrationIsSigned(t *testing.T) {
	key, err := NewKey(KeyName("0180"))
	must(t, err)
	x := dependent(t, "0180", key)
	b, err := x.Encode()
	must(t, err)
	var fields map[string]any
	must(t, json.Unmarshal(b, &fields))
	for _, name := range concentrationFields {
		old := fields[name]
		switch v := old.(type) {
		case string:
			fields[name] = v + "x"
		case float64:
			fields[name] = v + 1
		case []any:
			fields[name] = v[1:]
		default:
			t.Fatalf("%s is a %T", name, old)
		}
		b, err := json.Marshal(fields)
		must(t, err)
		got, err := DecodeConcentration(bytes.NewReader(b))
		if err == nil {
			err = got.Verify(verifier(t, key))
		}
		if err == nil {
			t.Errorf("%s can be changed", name)
		}
		fields[name] = old
	}
	if len(fields) != len(concentrationFields) {
		t.Errorf("it has %d fields, of which %d are known", len(fields), len(concentrationFields))
	}
}

// TestConcentrationIsRefused sends what must not be taken in. No reason tells a number that may be a person's.
func TestConcentrationIsRefused(t *testing.T) {
	c := cataloguetest.Load(t)
	key, err := NewKey(KeyName("0180"))
	must(t, err)
	const person = "8112189876" // the authority's own example of a personal identity number
	for name, x := range map[string]struct {
		change func(*Concentration)
		want   error
	}{
		"another schema":         {func(x *Concentration) { x.Schema = "insegel.concentration/2" }, ErrSchema},
		"unknown municipality":   {func(x *Concentration) { x.Municipality = "9999" }, ErrMunicipality},
		"a period to come":       {func(x *Concentration) { x.Period = "2027-Q1" }, ErrFuture},
		"no period":              {func(x *Concentration) { x.Period = "2026-q3" }, ErrPeriod},
		"made ahead":             {func(x *Concentration) { x.Made = "2026-11-29T11:00:00.000Z" }, ErrAhead},
		"made before its period": {func(x *Concentration) { x.Made = "2026-09-01T11:00:00.000Z" }, ErrEarly},
		"unknown catalogue":      {func(x *Concentration) { x.Catalogue = "1999.1" }, ErrCatalogue},
		"unknown size":           {func(x *Concentration) { x.Size = "huge" }, ErrSize},
		"nothing":                {func(x *Concentration) { x.Suppliers, x.Kinds = nil, nil }, ErrNothing},
		"a sole trader":          {func(x *Concentration) { x.Suppliers = []string{person} }, ErrPerson},
		"no digits":              {func(x *Concentration) { x.Suppliers = []string{"Leverantören"} }, ErrSupplier},
		"a wrong check digit":    {func(x *Concentration) { x.Suppliers = []string{wrong(inventedNumber(1))} }, ErrSupplier},
		"written with a hyphen":  {func(x *Concentration) { x.Suppliers = []string{inventedNumber(1)[:6] + "-" + inventedNumber(1)[6:]} }, ErrSupplier},
		"out of order":           {func(x *Concentration) { slices.Reverse(x.Suppliers) }, ErrOrder},
		"a supplier twice":       {func(x *Concentration) { x.Suppliers[1] = x.Suppliers[0] }, ErrOrder},
		"a kind twice":           {func(x *Concentration) { x.Kinds[1] = x.Kinds[0] }, ErrOrder},
		"a system's name":        {func(x *Concentration) { x.Kinds = []string{"Omsorgssystemet"} }, ErrKind},
		"an unknown area":        {func(x *Concentration) { x.Kinds = []string{"e-service/rymden"} }, ErrKind},
		"a negative count":       {func(x *Concentration) { x.SoleTraders = -1 }, ErrNegative},
		"too many left out":      {func(x *Concentration) { x.Unnumbered = mostSuppliers + 1 }, ErrManySuppliers},
		"too many suppliers":     {func(x *Concentration) { x.Suppliers = make([]string, mostSuppliers+1) }, ErrManySuppliers},
	} {
		d := dependent(t, "0180", key)
		x.change(&d)
		err := d.Check(c, now)
		if !errors.Is(err, x.want) {
			t.Errorf("%s: got %v, want %v", name, err, x.want)
		}
		if err != nil && strings.Contains(err.Error(), person) {
			t.Errorf("%s: the reason tells the number", name)
		}
	}
	for name, text := range map[string]string{
		"cut short": `{"schema":"insegel.concentration/1","municipality":"0180"`,
		"a name":    `{"schema":"insegel.concentration/1","systems":["Omsorgssystemet"]}`,
		"twice":     `{"schema":"insegel.concentration/1","schema":"insegel.concentration/1"}`,
		"missing":   `{"schema":"insegel.concentration/1"}`,
	} {
		if got := Read(name, strings.NewReader(text)); !errors.Is(got.Err, ErrJSON) {
			t.Errorf("%s: %v", name, got.Err)
		}
	}
	if got := Read("large", strings.NewReader(`{"schema":"`+strings.Repeat("x", MaxBody))); !errors.Is(got.Err, ErrTooLarge) {
		t.Errorf("too large: %v", got.Err)
	}
}

// wrong gives a number with another check digit.
func wrong(number string) string {
	return number[:9] + string(rune('0'+(number[9]-'0'+1)%10))
}

func TestReadNumber(t *testing.T) {
	sound := inventedNumber(7)
	for text, want := range map[string]Numbered{
		sound: OfOrganisation, sound[:6] + "-" + sound[6:]: OfOrganisation, "16" + sound: OfOrganisation, "SE" + sound + "01": OfOrganisation,
		" " + sound[:6] + " " + sound[6:] + " ": OfOrganisation, "16" + sound[:6] + "-" + sound[6:]: OfOrganisation,
		wrong(sound): OfNobody, sound[:9]: OfNobody, "": OfNobody, "Bolaget AB": OfNobody, "0" + sound[1:]: OfNobody, sound + " AB": OfNobody,
		"811218-9876": OfPerson, "19811218-9876": OfPerson, "198112189876": OfPerson, "811218+9876": OfPerson, "SE811218987601": OfPerson,
		"811278-9873": OfPerson, "811218-9870": OfPerson, // a co-ordination number, and a wrong check digit
		"302000-0000": OfPerson, "1" + sound[1:]: OfPerson, "6" + sound[1:]: OfPerson,
	} {
		got, of := ReadNumber(text)
		if of != want || (of == OfOrganisation) != (got == sound) {
			t.Errorf("%q: got %q, %d, want %d", text, got, of, want)
		}
	}
}

// TestNoPersonIsAnOrganisation writes numbers of persons in every way that people write them: none may be taken for an organisation's.
func TestNoPersonIsAnOrganisation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.IntRange(1, 31).Draw(t, "day") + rapid.SampledFrom([]int{0, 60}).Draw(t, "co-ordination")
		six := fmt.Sprintf("%02d%02d%02d", rapid.IntRange(0, 99).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), day)
		text := rapid.SampledFrom([]string{"", "18", "19", "20", "16", "SE", "se "}).Draw(t, "before") + six +
			rapid.SampledFrom([]string{"", "-", "+", " ", "\u2013"}).Draw(t, "between") + fmt.Sprintf("%04d", rapid.IntRange(0, 9999).Draw(t, "last")) +
			rapid.SampledFrom([]string{"", "01", " "}).Draw(t, "after")
		if got, of := ReadNumber(text); of == OfOrganisation || got != "" {
			t.Fatalf("%q is taken for the organisation %s", text, got)
		}
	})
}

// TestDependsOn makes the lists from systems in use and not, with personal data, critical or neither, of suppliers of every kind.
func TestDependsOn(t *testing.T) {
	c := cataloguetest.Load(t)
	suppliers := []supplier.Supplier{
		{ID: "company", Name: "Bolaget", Number: inventedNumber(3)},
		{ID: "twin", Name: "Bolaget igen", Number: "16" + inventedNumber(3)},
		{ID: "trader", Name: "Enskild firma", Number: "811218-9876"},
		{ID: "nameless", Name: "Utan nummer"},
		{ID: "idle", Name: "Vilande", Number: inventedNumber(4)},
	}
	personal := []catalogue.Statement{{Fact: "personal_data", Value: "yes"}, {Fact: "area", Value: "skola"}}
	none := []catalogue.Statement{{Fact: "personal_data", Value: "no"}}
	view := func(state, kind string, from ids.ID[supplier.Supplier], says []catalogue.Statement) requirement.View {
		v := requirement.View{System: system.System{State: state, Kind: kind, SupplierID: from, Name: "Hemligt namn"}}
		v.Subject.Facts, _ = c.Vocabulary.Resolve(catalogue.Source{Kind: catalogue.SourceSubject, Statements: says}, nil)
		return v
	}
	critical := view("in-use", "infrastructure", "twin", none)
	critical.Subject.Steps[catalogue.Availability] = catalogue.Serious
	stopped := view("in-use", "integration", "idle", personal)
	stopped.Need.Stop = true
	got, err := dependsOn(c, []requirement.View{
		view("in-use", "e-service", "company", personal), view("phasing-out", system.Unknown, "trader", personal), view("in-use", "support", "nameless", personal),
		view("planned", "support", "idle", personal), view("retired", "support", "idle", personal), view("in-use", "support", "idle", none),
		view(system.Unknown, "integration", "idle", personal), view("in-use", "integration", "idle", []catalogue.Statement{{Fact: "personal_data", Value: "unknown"}}),
		critical, stopped,
	}, suppliers)
	must(t, err)
	want := ConcentrationDraft{
		Concentration: Concentration{
			Suppliers: []string{inventedNumber(3)}, Kinds: []string{"e-service", "e-service/skola", "infrastructure", "support", "support/skola"}, SoleTraders: 1, Unnumbered: 1,
		},
		Undecided: 2, Names: map[string]string{inventedNumber(3): "Bolaget"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got.Signature = ""
	b, err := got.Encode()
	must(t, err)
	for _, secret := range []string{"Hemligt", "Bolaget", "Enskild", "811218"} {
		if strings.Contains(string(b)+got.Text(), secret) {
			t.Errorf("%s would leave", secret)
		}
	}
}

// TestWhatOneCountHasMore counts a county whose municipalities are all of one size: those of that size that are of other counties all depend on
// it, which the two counts would tell together.
func TestWhatOneCountHasMore(t *testing.T) {
	const size = 40
	between := func(from, to int) Set {
		set := newSet(size)
		for i := from; i < to; i++ {
			set.add(i)
		}
		return set
	}
	groups := []Group{
		{Whole, Whole, between(0, size)},
		{ByCounty, "1", between(0, 12)},
		{ByCounty, "2", between(12, size)},
		{BySize, "small", between(0, 18)},
		{BySize, "large", between(18, size)},
	}
	for name, outside := range map[string]int{"all of the six depend on it": 6, "none of the six does": 0, "three of the six do": 3} {
		var parts []Part
		for i := range size {
			yes := int64(i % 2)
			if i >= 12 && i < 18 {
				yes = 0
				if i-12 < outside {
					yes = 1
				}
			}
			parts = append(parts, Part{At: i, Count: followup.Count{Numerator: yes, Denominator: 1}})
		}
		l := NewLedger(size)
		l.rule = depended
		cells := l.Disclose(l.Stands(groups, newSet(size)), parts)
		shown := 0
		for i := range cells {
			for j := range cells {
				more := cells[j].Hidden.without(cells[i].Hidden)
				if i == j || !cells[i].Published() || !cells[j].Published() || !cells[i].Hidden.within(cells[j].Hidden) || more.Len() == 0 {
					continue
				}
				var of []Part
				for at := range more.all() {
					of = append(of, parts[at])
				}
				if why := depended(of); why != "" {
					t.Errorf("%s: %s has %d more than %s: %s", name, cells[j].Group, more.Len(), cells[i].Group, why)
				}
			}
			if cells[i].Published() {
				shown++
			}
		}
		if shown < 3 {
			t.Errorf("%s: %d are shown", name, shown)
		}
	}
}

// TestNewcomersWaitUntilTheyTellNothing: of ten newcomers all depend on it, so no count has just them more than the one before, and one is told all
// the same.
func TestNewcomersWaitUntilTheyTellNothing(t *testing.T) {
	const size = 60
	all, first := newSet(size), newSet(size)
	var parts []Part
	for i := range size {
		yes := int64(i % 2)
		if i >= 50 {
			yes = 1
		} else {
			first.add(i)
		}
		all.add(i)
		parts = append(parts, Part{At: i, Count: followup.Count{Numerator: yes, Denominator: 1}})
	}
	l := NewLedger(size)
	l.rule, l.before = depended, []Set{first}
	l.remember(first)
	c := l.Disclose(l.Stands([]Group{{Whole, Whole, all}}, newSet(size)), parts)[0]
	if !c.Published() || first.within(c.Hidden) && c.Hidden.Len() > first.Len() {
		t.Errorf("told of %d: %q", c.Hidden.Len(), c.Why)
	}
	if c.Submitted != size || c.Sum.Denominator != size {
		t.Errorf("those who wait are not counted as unknown: %+v", c.Sum)
	}
}

// dependents is a small invented nation in which municipalities depend on three things or not.
type dependents struct {
	*nation
	answers map[string][3]bool
	told    map[Period]map[string]Concentration
}

// sought are what they can depend on.
var sought = [3]string{"supplier " + inventedNumber(1), "supplier " + inventedNumber(2), "kind e-service"}

func drawDependents(t *rapid.T) *dependents {
	x := &dependents{drawNation(t), map[string][3]bool{}, map[Period]map[string]Concentration{}}
	odds := [3]int{rapid.IntRange(1, 9).Draw(t, "odds"), rapid.IntRange(1, 9).Draw(t, "odds"), rapid.IntRange(1, 9).Draw(t, "odds")}
	for i := range x.catalogue.Municipalities {
		var of [3]bool
		for j := range of {
			of[j] = rapid.IntRange(0, 9).Draw(t, "depends") < odds[j]
		}
		x.answers[x.catalogue.Municipalities[i].Code] = of
	}
	return x
}

// document is what a municipality says; a serial tells corrections apart.
func (x *dependents) document(code string, of [3]bool, serial int) Concentration {
	d := Concentration{Municipality: code, Made: fmt.Sprint(serial)}
	for j, name := range sought {
		switch {
		case !of[j]:
		case j == 2:
			d.Kinds = []string{strings.TrimPrefix(name, "kind ")}
		default:
			d.Suppliers = append(d.Suppliers, strings.TrimPrefix(name, "supplier "))
		}
	}
	return d
}

// publish lets some of them submit, and keeps what comes of it.
func (x *dependents) publish(b *shelf, p Period, now map[string]Concentration) (cells []published, r Release) {
	r = Release{Number: int64(len(b.releases)) + 1, Period: p, Municipalities: len(now), Basis: map[string]string{}}
	if x.told[p] == nil {
		x.told[p] = map[string]Concentration{}
	}
	all := map[string]standing{}
	for code, d := range now {
		digest := code + d.Text()
		x.told[p][digest], r.Basis[code] = d, digest
		all[code] = standing{municipality: code, size: x.all[code].size, digest: digest}
	}
	a := b.archive(&r)
	cells = newPlaces(x.catalogue, all, nil).concentrate(&a, &r, &said{x.told[p], all})
	b.releases, b.cells[r.Number] = append(b.releases, r), cells
	return cells, r
}

// TestNobodyComesOutOfWhatManyDependOn attacks counts as TestNothingComesOutOfWhatIsPublished attacks sums: over groups, over time and over
// corrections, everything held together. And every count, what is left of the country, and what one count of a release has more than another of
// the same thing, has at least five who depend on it and five who do not.
func TestNobodyComesOutOfWhatManyDependOn(t *testing.T) {
	shown := 0
	rapid.Check(t, func(t *rapid.T) {
		x := drawDependents(t)
		b := newShelf(x.catalogue)
		var p Period
		var now map[string]Concentration
		for n := range rapid.IntRange(1, 6).Draw(t, "publications") {
			if len(now) > 0 && rapid.Bool().Draw(t, "corrects") {
				now = x.correct(t, now, n)
			} else {
				p = Period{2026, rapid.IntRange(1, 3).Draw(t, "quarter")}
				now = map[string]Concentration{}
				for i := range x.catalogue.Municipalities {
					if code := x.catalogue.Municipalities[i].Code; rapid.IntRange(0, 7).Draw(t, "came") > 0 {
						now[code] = x.document(code, x.answers[code], n)
					}
				}
			}
			cells, r := x.publish(b, p, now)
			x.soundCounts(t, cells, &r)
			shown += len(cells)
		}
		x.attack(t, b)
	})
	if shown == 0 {
		t.Error("nothing was ever shown: the attack proves nothing")
	}
}

func (x *dependents) correct(t *rapid.T, now map[string]Concentration, serial int) map[string]Concentration {
	out := map[string]Concentration{}
	j := rapid.IntRange(0, len(sought)-1).Draw(t, "subject")
	from, n := rapid.IntRange(0, len(x.catalogue.Municipalities)-1).Draw(t, "from"), rapid.IntRange(1, 9).Draw(t, "corrected")
	for i := range x.catalogue.Municipalities {
		code := x.catalogue.Municipalities[i].Code
		d, ok := now[code]
		if !ok {
			continue
		}
		if i >= from && i < from+n {
			of := x.answers[code]
			of[j] = !of[j]
			x.answers[code] = of
			d = x.document(code, of, serial)
		}
		out[code] = d
	}
	return out
}

// soundCounts holds the counts of one release to the rules by hand.
func (x *dependents) soundCounts(t *rapid.T, cells []published, r *Release) {
	type told struct {
		split string
		set   Set
	}
	by := map[string][]told{}
	for i := range cells {
		c := &cells[i]
		if !c.Published() {
			t.Fatalf("%s %s is kept though it is not shown", c.Indicator, c.Group)
		}
		if c.Kept > 0 || c.Indicator == leftOut {
			continue
		}
		yes, no := x.answer(c.Indicator, c.Hidden, r)
		if yes < 5 || no < 5 || int64(yes) != c.Sum.Numerator || int64(yes+no) != c.Sum.Denominator-c.Sum.Unknown {
			t.Fatalf("%s %s: %d depend and %d do not, told %+v", c.Indicator, c.Group, yes, no, c.Sum)
		}
		by[c.Indicator] = append(by[c.Indicator], told{c.Split, c.Hidden})
	}
	safe := func(name, what string, set Set) {
		if yes, no := x.answer(name, set, r); set.Len() > 0 && (yes < 5 || no < 5) {
			t.Fatalf("%s: of %s %d depend and %d do not", name, what, yes, no)
		}
	}
	for name, all := range by {
		for i := range all {
			for j := range all {
				if i != j && all[i].set.within(all[j].set) {
					safe(name, "what one count has more than another", all[j].set.without(all[i].set))
				}
			}
		}
		for _, split := range []string{ByCounty, BySize} {
			i := slices.IndexFunc(all, func(s told) bool { return s.split == Whole })
			if i < 0 {
				continue
			}
			rest := all[i].set
			for _, s := range all {
				if s.split == split {
					rest = rest.without(s.set)
				}
			}
			safe(name, "what is left", rest)
		}
	}
}

// answer counts who depends on something, and who does not.
func (x *dependents) answer(name string, set Set, r *Release) (yes, no int) {
	for at := range set.all() {
		d := x.told[r.Period][r.Basis[x.catalogue.Municipalities[at].Code]]
		if slices.Contains(d.subjects(), name) {
			yes++
		} else {
			no++
		}
	}
	return yes, no
}

// attack solves everything that was told of each thing: over the periods, and over the corrections of each.
func (x *dependents) attack(t *rapid.T, b *shelf) {
	all, corrected := map[string]*knows{}, map[string]*knows{}
	of := func(m map[string]*knows, name string) *knows {
		if m[name] == nil {
			m[name] = &knows{}
		}
		return m[name]
	}
	for i := range b.releases {
		r := &b.releases[i]
		for j := range b.cells[r.Number] {
			c := &b.cells[r.Number][j]
			if c.Kept > 0 {
				continue
			}
			for _, set := range []Set{c.Base, c.Hidden} {
				of(all, c.Indicator).add(set, func(int) string { return "" })
				of(corrected, c.Indicator+r.Period.String()).add(set, func(at int) string {
					d := x.told[r.Period][r.Basis[x.catalogue.Municipalities[at].Code]]
					return fmt.Sprint(d.figure(c.Indicator))
				})
			}
		}
	}
	for _, m := range []map[string]*knows{all, corrected} {
		for name, k := range m {
			if said := k.attack(); said != "" {
				t.Fatalf("%s: %s", name, said)
			}
		}
	}
}
