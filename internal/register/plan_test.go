// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func plan(t *testing.T, table *Table, o Options) *Plan {
	t.Helper()
	return planTable(t, table, Guess(table, nil), o)
}

// counts gives rows, new, updated, unchanged, similar, rejected and warnings.
func counts(p *Plan) [7]int {
	return [7]int{p.Rows, p.New, p.Updated, p.Unchanged, len(p.Similar), len(p.Rejected), len(p.Warnings)}
}

func TestPlanAgainstRegister(t *testing.T) {
	table := list("System|Förvaltning|Leverantör|Antal användare|Kommentar",
		"Alfa|IT|Ny AB|12|", "beta |IT|||Ny", "Gamma||||", "||Okänd||", "-|IT||4|", "ALFA|IT||1|", " | | | | ")
	held := []Existing{
		{ID: "1", Name: "Alfa", Values: map[string]string{Unit: "IT", Supplier: "Gammal AB", Users: "12", Area: "it", Login: "SSO"}},
		{ID: "2", Name: "Beta", Values: map[string]string{Unit: "IT", Area: "it", Comment: "Ny", Supplier: "Kvar AB"}},
	}
	p := plan(t, table, Options{Existing: held})
	if got, want := counts(p), [7]int{6, 1, 1, 1, 1, 2, 0}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if diff := cmp.Diff([]Change{{Field: Supplier, Before: "Gammal AB", After: "Ny AB"}}, p.Imported[0].Changes); diff != "" {
		t.Error(diff)
	}
	if got := p.Imported[1]; got.Outcome != Unchanged || got.Existing != "2" || got.Name != "Beta" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]Likeness{{Row: 7, To: "Alfa", Score: 1}}, p.Similar); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"5 System", "6 System -"}, where(p.Rejected, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestPlanWhereTheRegisterHasANameTwice(t *testing.T) {
	held := []Existing{{ID: "1", Name: "Alfa"}, {ID: "2", Name: "alfa"}}
	p := plan(t, list("Systemnamn|Leverantör", "Alfa|X"), Options{Existing: held})
	if got, want := counts(p), [7]int{1, 0, 0, 0, 1, 0, 0}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestContractsAreNeverBoth(t *testing.T) {
	for name, tc := range map[string]struct {
		held map[string]string
		cell string
		want []Change
	}{
		"a day instead of no end": {
			map[string]string{ContractNote: "tillsvidare"},
			"2027-01-01",
			[]Change{{ContractEnd, "", "2027-01-01"}, {ContractNote, "tillsvidare", ""}},
		},
		"no end instead of a day": {
			map[string]string{ContractEnd: "2027-01-01"},
			"tillsvidare",
			[]Change{{ContractEnd, "2027-01-01", ""}, {ContractNote, "", "tillsvidare"}},
		},
		"a note of another kind stays": {
			map[string]string{ContractNote: "Diarienummer 12"}, "2027-01-01", []Change{{ContractEnd, "", "2027-01-01"}},
		},
		"blank": {map[string]string{ContractEnd: "2027-01-01"}, "", nil},
	} {
		p := plan(t, list("Systemnamn|Avtal t.o.m.", "A|"+tc.cell), Options{Existing: []Existing{{ID: "1", Name: "A", Values: tc.held}}})
		if diff := cmp.Diff(tc.want, p.Imported[0].Changes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLevels(t *testing.T) {
	const letters = "System|K|R|T|S"
	three := scale(t, 1, 3)
	noTrace := *three
	noTrace.Aspects = three.Aspects[:3]
	stops := *three
	stops.Aspects = []catalogue.ModelAspect{three.Aspects[0]}
	stops.Aspects[0].Levels = append([]catalogue.Level{}, three.Aspects[0].Levels...)
	stops.Aspects[0].Levels[2].Stop = true

	k := func(v int) map[catalogue.Aspect]int { return map[catalogue.Aspect]int{catalogue.Confidentiality: v} }
	for name, tc := range map[string]struct {
		o       Options
		row     string
		changes []Change
		notes   []string
		stop    bool
	}{
		"new": {Options{Scale: three}, "A|1|2|3|", []Change{
			{Name, "", "A"},
			{Confidentiality, "", "1"},
			{Integrity, "", "2"},
			{Availability, "", "3"},
		}, []string{}, false},
		"no scale": {Options{}, "A|1|2|3|", []Change{{Name, "", "A"}}, []string{"1 K", "1 R", "1 T", "1 S"}, false},
		"an aspect the model lacks": {Options{Scale: &noTrace}, "A|1|||2", []Change{
			{Name, "", "A"}, {Confidentiality, "", "1"},
		}, []string{"1 S"}, false},
		"changed draft": {
			Options{Scale: three, Existing: []Existing{{ID: "1", Name: "A", Levels: k(2)}}},
			"A|3|||",
			[]Change{{Confidentiality, "2", "3"}},
			[]string{},
			false,
		},
		"same draft": {Options{Scale: three, Existing: []Existing{{ID: "1", Name: "A", Levels: k(3)}}}, "A|3|||", nil, []string{}, false},
		"decided with other levels": {
			Options{Scale: three, Existing: []Existing{{ID: "1", Name: "A", Levels: k(2), Locked: true}}},
			"A|3|||",
			nil,
			[]string{"2 K K3"},
			false,
		},
		"decided with the same": {Options{Scale: three, Existing: []Existing{{ID: "1", Name: "A", Levels: k(3), Locked: true}}}, "A|3|||", nil, []string{}, false},
		"the stopping level":    {Options{Scale: &stops}, "A|3|1|1|", []Change{{Name, "", "A"}, {Stopping, "", "yes"}}, []string{"1 R", "1 T", "1 S", "2 K"}, true},
	} {
		// A second row makes the columns look like levels whatever the first one says.
		p := plan(t, list(letters, tc.row, "B|1|1|1|1"), tc.o)
		got := p.Imported[0]
		if diff := cmp.Diff(tc.changes, got.Changes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(tc.notes, where(p.Warnings, 0)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.Stop != tc.stop || got.Stop && got.Levels != nil {
			t.Errorf("%s: got stop %v with %v", name, got.Stop, got.Levels)
		}
	}
}

func TestFactsFromWordsDoNotReplaceAnything(t *testing.T) {
	table := list("System|Förvaltning|Inloggning|Systemtyp", "Kamerasystem trygghetskamera|Hemtjänsten|BankID för vårdnadshavare|Verksamhetssystem")
	held := []Existing{{ID: "1", Name: "Kamerasystem trygghetskamera", Values: map[string]string{Area: "tekniska"}}}
	p := plan(t, table, Options{Existing: held})
	got := p.Imported[0].Values
	if _, ok := got[Area]; ok || got[Kind] != "line-of-business" || got[Camera] != "yes" {
		t.Errorf("got %v", got)
	}
	for _, f := range p.Imported[0].Told {
		if f.Fact == Area || !strings.Contains(f.Because, "Kamerasystem") {
			t.Errorf("told %+v", f)
		}
	}
}

func TestCellsWithoutHeading(t *testing.T) {
	table := list("System|Leverantör", "A|B|bortom", "C|D|igen", "E|F||fyra")
	if diff := cmp.Diff([]string{"2 C bortom", "4 D fyra"}, where(plan(t, table, Options{}).Warnings, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestLongTexts(t *testing.T) {
	table := list("System|Leverantör", strings.Repeat("n", 250)+"|"+strings.Repeat("l", 400))
	p := plan(t, table, Options{})
	if got := p.Imported[0]; len(got.Name) != maxName || len(got.Values[Supplier]) != maxText {
		t.Errorf("kept %d and %d", len(got.Name), len(got.Values[Supplier]))
	}
	if len(p.Warnings) != 2 {
		t.Errorf("got %v", p.Warnings)
	}
	held := []Existing{{ID: "1", Name: p.Imported[0].Name, Values: p.Imported[0].Values}}
	if again := plan(t, table, Options{Existing: held}); again.New != 0 || again.Updated != 0 {
		t.Errorf("again: got %v", counts(again))
	}
}

func TestPaste(t *testing.T) {
	paste := "System\tFörvaltning\tÄgare\tAntal användare\r\nAlfa\tIT\tIT-chef\t1\u00a0461\r\n\r\nBeta\t\"Skola\r\noch mer\"\t\tca 40\r\n"
	table, err := ReadTable("", []byte(paste), "")
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, table, Options{})
	if got, want := counts(p), [7]int{2, 2, 0, 0, 0, 0, 0}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := p.Imported[1]; got.Number != 4 || got.Values[Unit] != "Skola och mer" || got.Values[UsersApproximate] != "yes" {
		t.Errorf("got %+v", got)
	}
}

func TestEnglishReasons(t *testing.T) {
	p := plan(t, list("System|Users", "A|many", "B|2", "|3"), Options{Lang: "en"})
	if len(p.Warnings) != 1 || !strings.HasPrefix(p.Warnings[0].Reason, "The value is not a number") {
		t.Errorf("got %v", p.Warnings)
	}
	if len(p.Rejected) != 1 || !strings.HasPrefix(p.Rejected[0].Reason, "The row has no name") {
		t.Errorf("got %v", p.Rejected)
	}
}

// manyRows is a list as text, with so many systems.
func manyRows(n int) []byte {
	var b strings.Builder
	b.WriteString("Systemnamn;Förvaltning;Systemägare;Leverantör;Driftform;Livscykel;Personuppgifter;Antal användare;Avtal t.o.m.;Startadress;Information;K;R;T;PUB-avtal;Kommentar\n")
	for i := range n {
		fmt.Fprintf(&b, "System %05d;Socialförvaltningen / Enhet %d;Enhetschef %d;Leverantör %d AB;Molntjänst (EU);Under förvaltning;Ja;%d;2027-%02d-01;https://s%d.example/;Personakter, journal, ansökan om bistånd;%d;%d;%d;Ja;Rad %d\n",
			i, i%40, i%40, i%200, i, i%12+1, i, i%3+1, i%3+1, i%3+1, i)
	}
	return []byte(b.String())
}

func BenchmarkPlan5000(b *testing.B) {
	text := manyRows(5000)
	m := scale(b, 1, 3)
	for b.Loop() {
		table, err := ReadTable("lista.csv", text, "")
		if err != nil {
			b.Fatal(err)
		}
		p, err := NewPlan(table, Guess(table, nil), Options{Scale: m})
		if err != nil {
			b.Fatal(err)
		}
		if p.New != 5000 || len(p.Warnings) != 0 {
			b.Fatalf("got %v", counts(p))
		}
	}
}
