// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/information"
)

// whole is an entry that lacks nothing.
func whole() Processing {
	p := New("Ekonomiskt bistånd", Controller)
	p.UnitID, p.Unit, p.State = "u", "Socialförvaltningen", "ongoing"
	p.Purposes, p.LegalBasis, p.LegalSupport = "Handlägga", []string{"e"}, "socialtjänstlagen"
	p.Special, p.SpecialGrounds, p.SpecialSupport, p.Criminal = "yes", []string{"h"}, "3 kap. 5 § dataskyddslagen", "no"
	p.Subjects, p.Categories, p.Recipients, p.Transfer = "sökande", "ekonomi", "ingen utanför", "no"
	p.Retention, p.Security, p.Assessment = "fem år", "behörighet och logg", "done"
	p.Systems = []Linked{{Name: "Treserva", SupplierID: "s", Supplier: "Exempelbolaget", ProcessorAgreement: "yes", Hosting: "own"}}
	return p
}

func facts(t testing.TB) *about {
	return &about{catalogue: cataloguetest.Load(t), common: Common{Contact: "Norrsjö kommun", DPO: "dso@norrsjo.example"}}
}

func kinds(gaps []Gap) []string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Kind)
	}
	return out
}

// Each thing that is taken from a whole entry is missed by itself, with the provision that asks for it.
func TestGaps(t *testing.T) {
	a := facts(t)
	first := whole()
	if got := first.gaps(a); len(got) > 0 {
		t.Fatalf("a whole entry lacks %v", kinds(got))
	}
	for kind, tc := range map[string]struct {
		article string
		spoil   func(p *Processing)
	}{
		"unit":               {"30.1 a", func(p *Processing) { p.UnitID = "" }},
		"purposes":           {"30.1 b", func(p *Processing) { p.Purposes = " " }},
		"legal-basis":        {"6.1", func(p *Processing) { p.LegalBasis = nil }},
		"legal-support":      {"6.3", func(p *Processing) { p.LegalSupport = "" }},
		"interest":           {"6.1", func(p *Processing) { p.LegalBasis = []string{"f"} }},
		"special":            {"9.1", func(p *Processing) { p.Special = Unknown }},
		"special-grounds":    {"9.2", func(p *Processing) { p.SpecialGrounds = nil }},
		"special-support":    {"9.2", func(p *Processing) { p.SpecialSupport = "" }},
		"special-denied":     {"9.1", func(p *Processing) { p.Special, p.Information = "no", held(t) }},
		"criminal":           {"10", func(p *Processing) { p.Criminal = Unknown }},
		"criminal-support":   {"10", func(p *Processing) { p.Criminal = "yes" }},
		"subjects":           {"30.1 c", func(p *Processing) { p.Subjects = "" }},
		"categories":         {"30.1 c", func(p *Processing) { p.Categories = "" }},
		"recipients":         {"30.1 d", func(p *Processing) { p.Recipients = "" }},
		"transfer":           {"30.1 e", func(p *Processing) { p.Transfer = Unknown }},
		"transfer-denied":    {"44", func(p *Processing) { p.Systems[0].Hosting = "cloud-outside-eu" }},
		"countries":          {"30.1 e", func(p *Processing) { p.Transfer, p.Safeguard = "yes", "clauses" }},
		"safeguard":          {"44", func(p *Processing) { p.Transfer, p.Countries = "yes", "USA" }},
		"derogation":         {"49", func(p *Processing) { p.Transfer, p.Countries, p.Safeguard = "yes", "USA", "derogation" }},
		"retention":          {"30.1 f", func(p *Processing) { p.Retention = "" }},
		"security":           {"30.1 g", func(p *Processing) { p.Security = "" }},
		"assessment":         {"35.1", func(p *Processing) { p.Assessment = Unknown }},
		"assessment-missing": {"35.1", func(p *Processing) { p.Assessment = "missing" }},
		"systems":            {"32", func(p *Processing) { p.Systems = nil }},
		"agreement":          {"28.3", func(p *Processing) { p.Systems[0].ProcessorAgreement = "no" }},
	} {
		t.Run(kind, func(t *testing.T) {
			p := whole()
			tc.spoil(&p)
			got := p.gaps(a)
			if !slices.Equal(kinds(got), []string{kind}) || got[0].Article != tc.article {
				t.Errorf("got %+v, want %s by %s alone", got, kind, tc.article)
			}
			p.State = "ended"
			if got := p.gaps(a); len(got) > 0 {
				t.Errorf("what has ended lacks %v", kinds(got))
			}
		})
	}
}

// held is information that is said to hold special categories of data.
func held(t testing.TB) []information.Information {
	typ := cataloguetest.Type(t, "tolk-oversattning")
	return []information.Information{{ID: "i", Name: typ.Name.SV, TypeID: typ.ID, TypeVersion: typ.Version}}
}

func TestGapsOfProcessorAndOfTheWhole(t *testing.T) {
	p := New("Löner åt bolaget", Processor)
	want := []string{"controllers", "unit", "contact", "dpo", "activities", "transfer", "security", "systems"}
	if got := kinds(p.gaps(&about{catalogue: cataloguetest.Load(t)})); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.DPO = "eget ombud"
	if got := kinds(p.gaps(&about{catalogue: cataloguetest.Load(t)})); slices.Contains(got, "dpo") {
		t.Error("an own data protection officer is not seen")
	}
}

// What the supplier's page says of an agreement counts as much as what the system says.
func TestAgreementOfTheSupplierCounts(t *testing.T) {
	p := whole()
	p.Systems[0].ProcessorAgreement, p.Systems[0].SupplierAgreed = Unknown, true
	if got := p.gaps(facts(t)); len(got) > 0 {
		t.Errorf("got %v", kinds(got))
	}
}

func TestFillTakesNothingAway(t *testing.T) {
	c := cataloguetest.Load(t)
	p := New("Ansökan", Controller)
	p.Information = held(t)
	typ := cataloguetest.Type(t, "tolk-oversattning")
	s := p.suggest(c)
	if s.Subjects == "" || s.Categories == "" || s.Retention == "" || s.Special != "yes" {
		t.Fatalf("the library says nothing: %+v", s)
	}
	p.Subjects = "våra egna ord"
	groups := p.fill(s)
	if p.Subjects != "våra egna ord" || p.Categories == "" || p.Special != "yes" || !slices.Contains(groups, Whose) || !slices.Contains(groups, Keeping) {
		t.Errorf("got %+v, changed %v", p, groups)
	}
	if again := p.fill(s); len(again) > 0 {
		t.Errorf("filled twice: %v", again)
	}
	if typ.RetentionVerified != !slices.Contains(splitLines(p.Retention), typ.Name.SV+": "+typ.Retention.SV+" (inte kontrollerat)") {
		t.Errorf("an unchecked retention is not told as one: %q", p.Retention)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, spoil := range map[string]func(p *Processing){
		"no name": func(p *Processing) { p.Name = "  " }, "role": func(p *Processing) { p.Role = "both" }, "basis": func(p *Processing) { p.LegalBasis = []string{"g"} },
		"ground": func(p *Processing) { p.SpecialGrounds = []string{"k"} }, "safeguard": func(p *Processing) { p.Safeguard = "hope" }, "special": func(p *Processing) { p.Special = "" },
	} {
		p := whole()
		spoil(&p)
		if p.Check() == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	p := whole()
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

// Taking in one group leaves every field of the others as it was, whatever they hold.
func TestTakeLeavesOtherGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Processing {
			p := New("x", Controller)
			for i := range fields {
				if fields[i].column != "assessed_on" {
					fields[i].set(&p, rapid.StringMatching(`[a-j]( [a-j])?`).Draw(t, fields[i].column))
				}
			}
			return p
		}
		before, from := draw(), draw()
		g := rapid.SampledFrom(Groups).Draw(t, "group")
		after := before
		after.take(g, &from)
		for i := range fields {
			want := &before
			if fields[i].group == g {
				want = &from
			}
			if got := fields[i].get(&after); got != fields[i].get(want) {
				t.Fatalf("%s is %q after %s was taken in", fields[i].column, got, g)
			}
		}
	})
}
