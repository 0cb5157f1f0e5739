// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/dbtest"
)

// example reads a file of the example municipality, which lies beside the project.
func example(t testing.TB, name string) *Table {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if errors.Is(err, os.ErrNotExist) {
		dbtest.Missing(t, "the example municipality's list "+name)
	}
	if err != nil {
		t.Fatal(err)
	}
	table, err := ReadTable(name, b, "")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func scale(t testing.TB, lowest, highest int) *catalogue.Model {
	t.Helper()
	m, err := catalogue.RangeModel(lowest, highest)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func planTable(t testing.TB, table *Table, columns []Column, o Options) *Plan {
	t.Helper()
	p, err := NewPlan(table, columns, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// places gives where notes stand and what they are about: "68 K 7".
func where(notes []Note, headerRow int) []string {
	out := []string{}
	for _, n := range notes {
		out = append(out, strings.TrimSpace(itoa(n.Row-headerRow)+" "+n.Column+" "+n.Value))
	}
	return out
}

var exampleFields = map[string]string{
	"Systemnamn": Name, "Förvaltning / avdelning": Unit, "Systemägare (roll)": OwnerRole, "Systemförvaltare (roll)": ManagerRole,
	"Leverantör": Supplier, "Driftform": Hosting, "Livscykel": State, "Verksamhetskritikalitet": Criticality,
	"Personuppgifter (J/N)": PersonalData, "Känsliga personuppgifter": SpecialCategory, "Antal användare": Users,
	"Avtal t.o.m.": ContractEnd, "Inloggning": Login, "Startadress": Address, "Vilken information hanteras?": Information,
	"Informationsklassad senaste året": Classified, "K": Confidentiality, "R": Integrity, "T": Availability,
	"PUB-avtal": ProcessorAgreement, "Kommentar": Comment,
}

func TestExampleFiles(t *testing.T) {
	for _, tc := range []struct {
		file, sheet string
		header      int
		sheets      []string
	}{
		{"register-norrsjo.xlsx", "Systemlista 2026", 4, []string{"Systemlista 2026", "Anvisning"}},
		{"register-norrsjo-latin1.csv", "", 1, []string{}},
	} {
		t.Run(tc.file, func(t *testing.T) {
			table := example(t, tc.file)
			if table.File != tc.file || table.Sheet != tc.sheet || table.HeaderRow != tc.header {
				t.Errorf("got %s %q header %d", table.File, table.Sheet, table.HeaderRow)
			}
			if diff := cmp.Diff(tc.sheets, table.Sheets); diff != "" {
				t.Error(diff)
			}
			columns := Guess(table, nil)
			got := map[string]string{}
			for _, c := range columns {
				got[c.Header] = c.Field
				if c.Confidence < 0.8 {
					t.Errorf("%s: %s with %v", c.Header, c.Field, c.Confidence)
				}
			}
			if diff := cmp.Diff(exampleFields, got); diff != "" {
				t.Error(diff)
			}
			t.Run("without a scale", func(t *testing.T) { checkExample(t, table, columns, nil) })
			t.Run("on its own scale", func(t *testing.T) { checkExample(t, table, columns, scale(t, 1, 3)) })
		})
	}
}

func checkExample(t *testing.T, table *Table, columns []Column, m *catalogue.Model) {
	p := planTable(t, table, columns, Options{Scale: m})
	if got, want := [4]int{p.Rows, p.New, p.Updated, p.Unchanged}, [4]int{64, 62, 0, 0}; got != want {
		t.Errorf("rows, new, updated, unchanged: got %v, want %v", got, want)
	}
	h := table.HeaderRow
	if diff := cmp.Diff([]Likeness{{Row: h + 61, To: "Verksamhetssystem socialtjänst", Score: 1}}, p.Similar); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"63 Systemnamn"}, where(p.Rejected, h)); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"64 Personuppgifter (J/N) Kanske", "64 Antal användare -3", "64 Avtal t.o.m. 2026-02-30", "64 Startadress htp:/fel",
		"64 K 7", "64 R två", `65 Systemnamn =HYPERLINK("http://x.example","Klicka")`,
	}
	if m == nil {
		want = append([]string{"0 K", "0 R", "0 T"}, append(want[:4:4], want[6])...)
	}
	if diff := cmp.Diff(want, where(p.Warnings, h)); diff != "" {
		t.Error(diff)
	}
	for _, n := range append(p.Warnings, p.Rejected...) {
		if n.Reason == "" || strings.HasPrefix(n.Reason, "[") {
			t.Errorf("row %d has reason %q", n.Row, n.Reason)
		}
	}
	last := p.Imported[len(p.Imported)-2]
	if last.Name != "Föreningsregister" {
		t.Fatalf("got row %q", last.Name)
	}
	if diff := cmp.Diff(map[string]string{
		Unit: "Kultur- och fritidsförvaltningen", Supplier: "Bokningsbolaget AB", Hosting: "cloud-eu", Login: "Lösenord",
		Information: "Föreningar", Classified: "yes", Comment: "Felaktiga värden", Area: "kultur-fritid",
	}, last.Values); diff != "" {
		t.Error(diff)
	}
	var levels map[catalogue.Aspect]int
	if m != nil {
		levels = map[catalogue.Aspect]int{catalogue.Availability: 2}
	}
	if diff := cmp.Diff(levels, last.Levels); diff != "" {
		t.Error(diff)
	}
}

// TestExampleFilesAgree reads the two forms of the one list; they say the same.
func TestExampleFilesAgree(t *testing.T) {
	book, text := example(t, "register-norrsjo.xlsx"), example(t, "register-norrsjo-latin1.csv")
	a := planTable(t, book, Guess(book, nil), Options{Scale: scale(t, 1, 3)})
	b := planTable(t, text, Guess(text, nil), Options{Scale: scale(t, 1, 3)})
	if len(a.Imported) != len(b.Imported) {
		t.Fatalf("%d rows and %d rows", len(a.Imported), len(b.Imported))
	}
	for i := range a.Imported {
		x, y := a.Imported[i], b.Imported[i]
		if x.Number-book.HeaderRow != y.Number-text.HeaderRow || nameKey(x.Name) != nameKey(y.Name) {
			t.Errorf("row %d %q is row %d %q", x.Number, x.Name, y.Number, y.Name)
		}
		if diff := cmp.Diff(x.Values, y.Values); diff != "" {
			t.Errorf("%s: %s", x.Name, diff)
		}
		if diff := cmp.Diff(x.Levels, y.Levels); diff != "" {
			t.Errorf("%s: %s", x.Name, diff)
		}
	}
}

// TestExampleValues reads chosen cells of the list, one for each form that its cells come in.
func TestExampleValues(t *testing.T) {
	table := example(t, "register-norrsjo.xlsx")
	p := planTable(t, table, Guess(table, nil), Options{Scale: scale(t, 1, 3)})
	rows := map[string]Row{}
	for _, r := range p.Imported {
		rows[r.Name] = r
	}
	for _, tc := range []struct{ system, key, want string }{
		{"Verksamhetssystem socialtjänst", Hosting, "supplier"},
		{"Verksamhetssystem socialtjänst", ContractEnd, "2029-12-24"},
		{"Verksamhetssystem socialtjänst", Users, "677"},
		{"Verksamhetssystem socialtjänst", Area, "socialtjanst"},
		{"E-tjänst ekonomiskt bistånd", ContractEnd, "2027-04-27"},
		{"E-tjänst ekonomiskt bistånd", Users, "1461"},
		{"E-tjänst ekonomiskt bistånd", Country, "SE"},
		{"E-tjänst ekonomiskt bistånd", State, "in-use"},
		{"E-tjänst ekonomiskt bistånd", Kind, "e-service"},
		{"E-tjänst ekonomiskt bistånd", Area, "socialtjanst"},
		{"Återbetalning och återkrav", ContractEnd, "2027-09-13"},
		{"Återbetalning och återkrav", State, "phasing-out"},
		{"Återbetalning och återkrav", PersonalData, "yes"},
		{"Återbetalning och återkrav", ProcessorAgreement, "no"},
		{"Missbruk och beroende – journal", Users, "40"},
		{"Missbruk och beroende – journal", UsersApproximate, "yes"},
		{"Missbruk och beroende – journal", ContractNote, "tillsvidare"},
		{"Missbruk och beroende – journal", ContractEnd, ""},
		{"LSS-handläggning", Classified, "no"},
		{"LSS-handläggning", ProcessorAgreement, ""},
		{"LSS-handläggning", Area, "lss"},
		{"Familjehemsregister", SpecialCategory, "yes"},
		{"Familjehemsregister", Hosting, "own"},
		{"Elevregister", Kind, "e-service"},
		{"Skolskjuts", SpecialCategory, "yes"},
		{"Trygghetslarm", Area, "socialtjanst;valfard-teknik"},
		{"Journalsystem kommunal HSL", Area, "hsl"},
		{"Elevhälsans journal", HealthCare, "yes"},
		{"VA-styrning", Hosting, "own"},
		{"VA-styrning", HostingNote, "Intern (segmenterat)"},
		{"VA-styrning", PersonalData, "no"},
		{"Enkätverktyg", Hosting, "cloud-outside-eu"},
		{"Enkätverktyg", Country, "US"},
		{"Enkätverktyg", SpecialCategory, ""},
		{"Automatisk handläggning bistånd (robot)", AutomatedDecision, "yes"},
		{"Lön och HR", Area, "hr"},
		{"Statistik och beslutsstöd", Area, "ekonomi"},
	} {
		r, ok := rows[tc.system]
		if !ok {
			t.Errorf("no row %q", tc.system)
			continue
		}
		if got := r.Values[tc.key]; got != tc.want {
			t.Errorf("%s: %s is %q, want %q", tc.system, tc.key, got, tc.want)
		}
	}
	got := rows["Verksamhetssystem socialtjänst"].Levels
	want := map[catalogue.Aspect]int{catalogue.Confidentiality: 2, catalogue.Integrity: 3, catalogue.Availability: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// after is what the register holds once a plan has been carried out.
func after(p *Plan, before []Existing) []Existing {
	byID := map[string]int{}
	out := append([]Existing{}, before...)
	for i := range out {
		byID[out[i].ID] = i
	}
	for _, r := range p.Imported {
		i, ok := byID[r.Existing]
		if !ok {
			out = append(out, Existing{ID: "id-" + itoa(len(out)), Name: r.Name, Values: map[string]string{}, Levels: map[catalogue.Aspect]int{}})
			i = len(out) - 1
		}
		for k, v := range r.Values {
			out[i].Values[k] = v
		}
		for a, v := range r.Levels {
			out[i].Levels[a] = v
		}
	}
	return out
}

func TestExampleAgain(t *testing.T) {
	table := example(t, "register-norrsjo.xlsx")
	columns, m := Guess(table, nil), scale(t, 1, 3)
	first := planTable(t, table, columns, Options{Scale: m})
	held := after(first, nil)
	again := planTable(t, table, columns, Options{Scale: m, Existing: held})
	if got, want := [4]int{again.New, again.Updated, again.Unchanged, len(again.Similar)}, [4]int{0, 0, 62, 1}; got != want {
		t.Errorf("new, updated, unchanged, similar: got %v, want %v", got, want)
	}
	if diff := cmp.Diff(first.Warnings, again.Warnings); diff != "" {
		t.Error(diff)
	}
	text := example(t, "register-norrsjo-latin1.csv")
	other := planTable(t, text, Guess(text, nil), Options{Scale: m, Existing: held})
	if got, want := [3]int{other.New, other.Updated, other.Unchanged}, [3]int{0, 0, 62}; got != want {
		t.Errorf("the other file: new, updated, unchanged: got %v, want %v", got, want)
	}
}
