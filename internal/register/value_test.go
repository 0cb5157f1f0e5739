// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func TestTruth(t *testing.T) {
	for want, cells := range map[string][]string{
		"yes":     {"Ja", "ja", "JA", "J", "j", "x", "X", "1", "yes", "Yes", "true", "✓", "Finns", "Tecknat", "Ja, sedan 2023", "Ja (delvis)", "ja."},
		"no":      {"Nej", "nej ", "N", "n", "no", "0", "false", "Saknas", "Ej tecknat", "Nej, men planeras"},
		"unknown": {"", "?", " ", "-", "–", "Vet ej", "Okänt", "N/A", "unknown", "Don't know"},
		"bad":     {"Kanske", "Ja/Nej", "Delvis", "2", "-3", "nja"},
	} {
		for _, cell := range cells {
			got, ok := truth(clean(cell))
			if !ok {
				got = "bad"
			}
			if got != want {
				t.Errorf("truth(%q) = %s, want %s", cell, got, want)
			}
		}
	}
}

func TestDay(t *testing.T) {
	for cell, want := range map[string]string{
		"2029-12-24": "2029-12-24", "270427": "2027-04-27", "13/9 2027": "2027-09-13", "2027-09-13 00:00:00": "2027-09-13",
		"2027-09-13T00:00:00Z": "2027-09-13", "13.9.2027": "2027-09-13", "13/9-27": "2027-09-13", "4/3 2026": "2026-03-04",
		"20270913": "2027-09-13", "27-09-13": "2027-09-13", "13-09-2027": "2027-09-13", "2027/9/13": "2027-09-13",
		"13 september 2027": "2027-09-13", "1 maj 2027": "2027-05-01", "3 oct 2027": "2027-10-03", "den 3 okt. 2027": "2027-10-03",
		"46644": "2027-09-14", "46643,5": "2027-09-13", "991231": "1999-12-31", "2028-02-29": "2028-02-29",
		"2026-02-30": "impossible", "31/11 2027": "impossible", "271332": "impossible", "9/13/2027": "impossible",
		"2027-02-29": "impossible", "0027-01-01": "impossible", "30 foobar 2027": "impossible",
		"tillsvidare": "none", "": "none", "2027": "none", "se avtal": "none", "1461": "none", "10000": "none",
	} {
		d, state := day(cell)
		got := map[dayState]string{dayNot: "none", dayRead: d.String(), dayImpossible: "impossible"}[state]
		if got != want {
			t.Errorf("day(%q) = %s, want %s", cell, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for cell, want := range map[string]string{
		"677": "677", "1 461": "1461", "1\u00a0461": "1461", "1\u202f461": "1461", "1.461": "1461", "1,461": "1461", "12 345 678": "12345678",
		"ca 40": "40~", "Ca. 40": "40~", "c:a 40": "40~", "cirka 1 200": "1200~", "~40": "40~", "40+": "40~", "> 100": "100~",
		"40 st": "40", "250 användare": "250", "0": "0", "40.0": "40",
		"-3": "bad", "två": "bad", "10-20": "bad", "1 46": "bad", "070123456789": "bad", "3,5": "bad",
	} {
		n, approximate, ok := parseCount(clean(cell))
		got := itoa(int(n))
		if approximate {
			got += "~"
		}
		if !ok {
			got = "bad"
		}
		if got != want {
			t.Errorf("parseCount(%q) = %s, want %s", cell, got, want)
		}
	}
}

// cells are read as one text: settings in order, and "!" with the reason's key when something is wrong.
func told(r reading) string {
	var out []string
	for _, s := range r.settings {
		out = append(out, s.key+"="+s.value)
	}
	if !r.bad.IsZero() {
		out = append(out, "!"+strings.TrimPrefix(r.bad.Key, "register."))
	}
	return strings.Join(out, " ")
}

func TestReadCell(t *testing.T) {
	for _, tc := range []struct{ field, cell, want string }{
		{Hosting, "Extern drift", "hosting=supplier"},
		{Hosting, "Molntjänst (Sverige)", "hosting=cloud-eu country=SE"},
		{Hosting, "Molntjänst (EU)", "hosting=cloud-eu"},
		{Hosting, "Molntjänst (USA)", "hosting=cloud-outside-eu country=US"},
		{Hosting, "SaaS, utanför EU/EES", "hosting=cloud-outside-eu"},
		{Hosting, "Cloud (Ireland)", "hosting=cloud-eu country=IE"},
		{Hosting, "Intern", "hosting=own"},
		{Hosting, "Intern (segmenterat)", "hosting=own hosting_note=Intern (segmenterat)"},
		{Hosting, "On-prem", "hosting=own"},
		{Hosting, "On-premise", "hosting=own"},
		{Hosting, "on premises", "hosting=own"},
		{Hosting, "Premises of the supplier", "hosting_note=Premises of the supplier !cell-hosting"},
		{Hosting, "Egen drift i egen serverhall", "hosting=own"},
		{Hosting, "Hos leverantör", "hosting=supplier"},
		{Hosting, "cloud-outside-eu", "hosting=cloud-outside-eu"},
		{Hosting, "Molntjänst", "hosting_note=Molntjänst !cell-cloud"},
		{Hosting, "Internetbaserad", "hosting_note=Internetbaserad !cell-hosting"},
		{Hosting, "Både intern och extern", "hosting_note=Både intern och extern !cell-hosting"},
		{Hosting, "Ej extern", "hosting_note=Ej extern !cell-hosting"},
		{Hosting, "?", ""},
		{State, "Under förvaltning", "state=in-use"},
		{State, "Under aktiv vidareutveckling", "state=in-use"},
		{State, "Under avveckling", "state=phasing-out"},
		{State, "PLANERAD", "state=planned"},
		{State, "Avvecklad", "state=retired"},
		{State, "I drift (sedan 2019)", "state=in-use"},
		{State, "in-use", "state=in-use"},
		{State, "Avvaktar", "!cell-state"},
		{State, "", ""},
		{Kind, "E-tjänst", "kind=e-service"},
		{Kind, "line-of-business", "kind=line-of-business"},
		{Kind, "Robot", "!cell-kind"},
		{PersonalData, "Ja", "personal_data=yes"},
		{PersonalData, "?", ""},
		{PersonalData, "Kanske", "!cell-truth"},
		{ProcessorAgreement, "2024-05-01", "processor_agreement=yes processor_agreement_on=2024-05-01"},
		{ProcessorAgreement, "Behövs ej", "processor_agreement=not-needed"},
		{ProcessorAgreement, "Nej", "processor_agreement=no"},
		{Users, "ca 40", "users=40 users_approximate=yes"},
		{Users, "1 461", "users=1461 users_approximate="},
		{Users, "-3", "!cell-count"},
		{Users, "?", ""},
		{DataSubjects, "12000", "data_subjects=12000"},
		{ContractEnd, "2029-12-24", "contract_end=2029-12-24"},
		{ContractEnd, "Tillsvidare", "contract_note=Tillsvidare"},
		{ContractEnd, "Löpande, tre månaders uppsägning", "contract_note=Löpande, tre månaders uppsägning"},
		{ContractEnd, "2026-02-30", "!cell-day"},
		{ContractEnd, "2027", "!cell-day"},
		{ContractEnd, "se avtalspärm", "contract_note=se avtalspärm !cell-day-note"},
		{ContractEnd, "", ""},
		{Address, "https://a.example/login", "address=https://a.example/login"},
		{Address, `=HYPERLINK("https://a.example/","Länk")`, "address=https://a.example/"},
		{Address, "htp:/fel", "!cell-address"},
		{Address, "www.a.example", "!cell-address"},
		{Address, "javascript:alert(1)", "!cell-address"},
		{Address, "https://", "!cell-address"},
		{Address, "https://anna:hemligt@a.example/", "!cell-address-user"},
		{Address, "-", ""},
		{Supplier, "Exempelbolaget AB", "supplier=Exempelbolaget AB"},
		{Supplier, "Okänd", ""},
		{Supplier, "Egenutvecklat", ""},
		{Unit, " Social\u00a0förvaltningen\n/ IFO ", "unit=Social förvaltningen / IFO"},
		{Unit, "=A1", "!cell-formula"},
		{Login, "Ingen", "login=Ingen"},
		{OwnerRole, "Ingen", ""},
		{Comment, "rad 1\r\n\r\n ra\u202ed  2\x00", "comment=rad 1\nrad 2"},
		{Criticality, strings.Repeat("å", 301), "criticality=" + strings.Repeat("å", 300) + " !cell-long"},
	} {
		if got := told(readCell(tc.field, tc.cell)); got != tc.want {
			t.Errorf("readCell(%s, %q) = %q, want %q", tc.field, tc.cell, got, tc.want)
		}
	}
}

func TestReadLevel(t *testing.T) {
	m := scale(t, 1, 3)
	a, ok := m.Aspect(catalogue.Confidentiality)
	if !ok {
		t.Fatal("no confidentiality")
	}
	for cell, want := range map[string]string{
		"3": "3", " 2 ": "2", "K3": "3", "nivå 1": "1", "3 – allvarlig": "3", "2.0": "2", "Allvarlig skada": "3", "serious harm": "3",
		"": "none", "?": "none", "7": "bad", "0": "bad", "två": "bad", "-1": "bad", "3,2": "bad", "33": "bad", "hög": "bad",
	} {
		l, ok, bad := readLevel(a, cell)
		got := itoa(l.Value)
		switch {
		case !bad.IsZero():
			got = "bad"
		case !ok:
			got = "none"
		}
		if got != want {
			t.Errorf("readLevel(%q) = %s, want %s", cell, got, want)
		}
	}
}

func TestIsFormula(t *testing.T) {
	for cell, want := range map[string]bool{
		"=1+1": true, `=HYPERLINK("a")`: true, "@SUM(A1)": true, "+cmd|' /C calc'!A0": true, "-2+3(": true,
		"=": false, "": false, "-": false, "+46 8 123": false, "@kommun": false, "- journal": false, "A=B": false,
	} {
		if got := isFormula(cell); got != want {
			t.Errorf("isFormula(%q) = %v, want %v", cell, got, want)
		}
	}
}

func TestNameKey(t *testing.T) {
	same := [][2]string{
		{"Verksamhetssystem socialtjänst", " verksamhetssystem  Socialtjänst "},
		{"Missbruk – journal", "Missbruk - journal"},
		{"E\u2011arkiv", "e-arkiv"},
		{"A\u030Angsystem", "ÅNGSYSTEM"},
	}
	for _, s := range same {
		if nameKey(s[0]) != nameKey(s[1]) {
			t.Errorf("%q and %q are told apart", s[0], s[1])
		}
	}
	if nameKey("E-arkiv 1") == nameKey("E-arkiv 2") {
		t.Error("two names are one")
	}
}

// TestReasons renders every message in both languages, with its arguments.
func TestReasons(t *testing.T) {
	args := []any{"Max", 5, "Sheet", "Blad", "Sheets", "A, B", "Row", "4", "Headers", "X", "Levels", "1, 2", "Model", "M", "Text", "T", "Word", "ord"}
	for _, key := range texts().Keys() {
		if strings.HasPrefix(key, "register.page-") || strings.HasPrefix(key, "register.api") { // shown by the pages, which are rendered in tests of their own
			continue
		}
		for _, lang := range []string{"sv", "en"} {
			s := because(strings.TrimPrefix(key, "register."), args...).In(lang)
			if strings.Contains(s, "<no value>") || strings.HasPrefix(s, "[") || !strings.HasSuffix(s, ".") {
				t.Errorf("%s in %s: %q", key, lang, s)
			}
		}
	}
}

func TestAreas(t *testing.T) {
	for _, tc := range []struct {
		unit, name string
		want       []string
	}{
		{"Socialförvaltningen", "Verksamhetssystem", []string{socialServices}},
		{"Socialförvaltningen / Funktionsnedsättning", "Boendestöd", []string{disability, socialServices}},
		{"Vård- och omsorgsförvaltningen / HSL", "Journal", []string{healthCare}},
		{"Vård- och omsorgsförvaltningen", "Nyckelfria lås", []string{socialServices, welfareTech}},
		{"Barn- och utbildningsförvaltningen", "Schema", []string{school}},
		{"Kommunledningskontoret / HR", "Lön", []string{staff}},
		{"Kommunledningskontoret / IT", "E-post", []string{computing}},
		{"Kommunledningskontoret / Ekonomi", "Fakturor", []string{finance}},
		{"Kommunledningskontoret / Kansli", "Ärenden", []string{archive}},
		{"Överförmyndarnämnden", "Ställföreträdare", []string{guardian}},
		{"Räddningstjänsten", "Insatsstöd", []string{rescue}},
		{"Arbetsmarknadsenheten", "Deltagare", []string{labour}},
		{"Tekniska förvaltningen", "VA", []string{technical}},
		{"Kultur- och fritidsförvaltningen", "Bokning", []string{culture}},
		{"Samhällsbyggnadsförvaltningen", "Karta", []string{building}},
		{"Kommunledningskontoret", "E-tjänst ekonomiskt bistånd", []string{socialServices}},
		{"Kommunledningskontoret", "Sammanträdessystem", []string{politics}},
		{"Hemtjänsten", "Kamera på natten", []string{socialServices, welfareTech}},
		{"Tekniska förvaltningen", "Kamera i centrum", []string{technical}},
		{"Kommunledningskontoret / Kommunikation", "Webbplats", nil},
		{"Turistbyrån", "Besök", nil},
		{"", "Kitteln", nil},
	} {
		var got []string
		for _, a := range areasOf(tc.unit, tc.name) {
			got = append(got, a.value)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s, %s: %s", tc.unit, tc.name, diff)
		}
	}
}
