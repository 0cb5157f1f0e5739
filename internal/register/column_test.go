// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list makes a table of headings and rows; cells are parted by "|".
func list(header string, rows ...string) *Table {
	t := &Table{File: "lista", HeaderRow: 1, Headers: strings.Split(header, "|")}
	for i, r := range rows {
		t.Rows = append(t.Rows, Line{Number: i + 2, Cells: strings.Split(r, "|")})
	}
	return t
}

// guessed gives the fields of a table's columns in order, parted by "|".
func guessed(t *Table, remembered map[string]string) string {
	var out []string
	for _, c := range Guess(t, remembered) {
		out = append(out, c.Field)
	}
	return strings.Join(out, "|")
}

func TestGuess(t *testing.T) {
	for name, tc := range map[string]struct {
		table *Table
		want  string
	}{
		"short Swedish": {
			list("Objekt|Förv.|Ägare|Förvaltare|Lev|Pers.uppg|Anv.|Avtalsslut|Konf|Rikt|Tillg|Spår|PuB|Anm.",
				"A|Social|Chef|IT|X AB|J|12|270101|2|2|2|1|J|", "B|Skola|Chef|IT|Y AB|N|ca 40|13/9 2027|3|2|1|1|N|ok"),
			"name|unit|owner_role|manager_role|supplier|personal_data|users|contract_end|level_confidentiality|level_integrity|level_availability|level_traceability|processor_agreement|comment",
		},
		"English": {
			list("System name|Department|Owner|Vendor|Hosting|Status|Personal data|Sensitive personal data|Users|Contract end|Login method|URL|C|I|A|T|DPA|Third country|Comments",
				"A|Social|Head|X Ltd|Cloud (EU)|In use|Yes|No|12|2027-01-01|SSO|https://a.example|2|2|2|1|Yes|No|",
				"B|School|Head|Y Ltd|On-prem|Retired|No|No|1,200|2028-01-01|Password|https://b.example|3|2|1|1|No|No|x"),
			"name|unit|owner_role|supplier|hosting|state|personal_data|special_category|users|contract_end|login|address|level_confidentiality|level_integrity|level_availability|level_traceability|processor_agreement|third_country|comment",
		},
		"Swedish letters": {
			list("Applikation|K|R|T|S", "A|1|2|3|4", "B|2|2|2|2"),
			"name|level_confidentiality|level_integrity|level_availability|level_traceability",
		},
		"letters that are no levels": {list("System|K|R|T", "A|Karin|röd|text", "B|Kalle|blå|mer"), "name|||"},
		"a lone letter":              {list("System|K", "A|1", "B|2"), "name|"},
		"letters without cells":      {list("System|K|R|T", "A|||", "B|||"), "name|||"},
		"whole words":                {list("System|Konfidentialitet|Riktighet|Tillgänglighet|Spårbarhet", "A|2|2|2|2", "B|1|1|1|1"), "name|level_confidentiality|level_integrity|level_availability|level_traceability"},
		"digital accessibility":      {list("System|Digital tillgänglighet", "A|Ja", "B|Nej"), "name|"},
		"owner's details": {
			list("Systemägare e-post|Systemägare|Systemnamn|Telefon ägare|Leverantör org.nr|Leverantör", "a@a.example|Chef|A|070|55|X AB"),
			"|owner_role|name|||supplier",
		},
		"numbers or groups of users": {list("System|Användare", "A|Handläggare", "B|Elever"), "name|audience"},
		"users as numbers":           {list("System|Användare", "A|12", "B|ca 40"), "name|users"},
		"agreements":                 {list("System|Avtal start|Avtalsnummer|Avtal|PUB-avtal datum", "A|2020-01-01|A-12|2027-01-01|2022-02-02"), "name|||contract_end|processor_agreement"},
		"personal data in words":     {list("System|Personuppgifter", "A|Namn, adress", "B|Personnummer"), "name|information"},
		"controller":                 {list("System|Personuppgiftsansvarig|Behandlas personuppgifter?", "A|Nämnden|Ja", "B|Nämnden|Nej"), "name||personal_data"},
		"values under blank headings": {
			list("System||Kolumn3|Fält 4|Xyz", "A|https://a.example|2027-01-01|Extern drift|Ja", "B|https://b.example|tillsvidare|Molntjänst (EU)|Nej"),
			"name|address|contract_end|hosting|",
		},
		"a name nobody has heard of": {list("Mojäng|Leverantör|Driftform|Inloggning", "Alfa|X AB|Intern|AD", "Beta|X AB|Extern|AD"), "name|supplier|hosting|login"},
		"too little to guess a name": {list("Mojäng|Leverantör", "Alfa|X AB", "Beta|X AB"), "|supplier"},
		"only names":                 {list("Systemnamn", "A", "B"), "name"},
	} {
		if diff := cmp.Diff(tc.want, guessed(tc.table, nil)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEveryFieldHasHeadings(t *testing.T) {
	heads := map[string]bool{}
	for _, r := range headingRules {
		heads[r.field] = true
		for _, w := range r.exact {
			for _, text := range strings.Split(w.texts, "|") {
				if heading(text) != text {
					t.Errorf("%s: %q is written %q", r.field, text, heading(text))
				}
			}
		}
	}
	for _, f := range Fields {
		if !heads[f] || !KnownField(f) {
			t.Errorf("%s has no headings", f)
		}
	}
	if KnownField("nonsense") || !KnownField("") {
		t.Error("fields that are not known are taken for known")
	}
}

func TestRemembered(t *testing.T) {
	table := list("Grej|System|Leverantör|Kommentar", "A|B|C|D")
	got := Guess(table, map[string]string{"grej": Name, "leverantör": Login, "kommentar": "", "system": "nonsense"})
	want := []Column{
		{Index: 0, Header: "Grej", Field: Name, Confidence: 1},
		{Index: 1, Header: "System"},
		{Index: 2, Header: "Leverantör", Field: Login, Confidence: 1},
		{Index: 3, Header: "Kommentar", Confidence: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := guessed(list("A|A", "x|y"), map[string]string{"a": Name}); got != "name|" {
		t.Errorf("one field for two columns: %s", got)
	}
}

// wideHeadings are the headings of a list as a large municipality keeps it; the fields that Insegel has are in it.
var wideHeadings = []string{
	"System-ID", "Objektfamilj", "Objekt", "Kortnamn", "Beskrivning", "Nämnd", "Förvaltning", "Kostnadsställe", "Objektägare",
	"Objektägare e-post", "Objektägare telefon", "Förvaltningsledare", "Förvaltningsledare e-post", "IT-förvaltare", "Superanvändare",
	"Leverantör", "Leverantör org.nr", "Leverantörskontakt", "Leverantör e-post", "Avtalsnummer", "Avtal start", "Avtal t.o.m.",
	"Uppsägningstid", "Förlängning", "Årskostnad", "Licenser", "Antal användare", "Antal registrerade", "Driftsatt datum", "Driftform",
	"Server", "Databas", "Version", "Status livscykel", "Kritikalitet", "RTO", "RPO", "Personuppgifter", "Känsliga PU", "Skyddade personuppgifter",
	"Informationsmängder", "Klassad", "Klassad datum", "Konfidentialitet", "Riktighet", "Tillgänglighet", "PUB-avtal", "Tredjelandsöverföring",
	"Webbadress", "Inloggningsmetod", "Gallring", "Övrigt",
}

func TestFiftyColumns(t *testing.T) {
	cells := map[string]string{
		"System-ID": "S%02d", "Objekt": "System %02d", "Förvaltning": "Socialförvaltningen", "Objektägare": "Enhetschef",
		"Objektägare e-post": "chef@kommun.example", "Förvaltningsledare": "Förvaltningsledare", "Leverantör": "Bolaget AB", "Avtal start": "2020-01-01",
		"Avtal t.o.m.": "2027-12-31", "Antal användare": "1%02d", "Antal registrerade": "9 0%02d", "Driftsatt datum": "2019-02-03",
		"Driftform": "Extern drift", "Status livscykel": "I drift", "Kritikalitet": "Hög", "Personuppgifter": "Ja", "Känsliga PU": "Nej",
		"Skyddade personuppgifter": "Ja", "Informationsmängder": "Journaler", "Klassad": "Ja", "Klassad datum": "2024-03-04", "Konfidentialitet": "3",
		"Riktighet": "2", "Tillgänglighet": "2", "PUB-avtal": "Ja", "Tredjelandsöverföring": "Nej", "Webbadress": "https://s%02d.kommun.example/",
		"Inloggningsmetod": "SITHS", "Övrigt": "Text",
	}
	table := &Table{HeaderRow: 1, Headers: wideHeadings}
	for n := range 20 {
		l := Line{Number: n + 2}
		for _, h := range wideHeadings {
			text := cells[h]
			if strings.Contains(text, "%") {
				text = fmt.Sprintf(text, n)
			}
			l.Cells = append(l.Cells, text)
		}
		table.Rows = append(table.Rows, l)
	}
	got := map[string]string{}
	for _, c := range Guess(table, nil) {
		if c.Field != "" {
			got[c.Field] = c.Header
		}
	}
	if diff := cmp.Diff(map[string]string{
		Name: "Objekt", Unit: "Förvaltning", OwnerRole: "Objektägare", ManagerRole: "Förvaltningsledare", Supplier: "Leverantör",
		Hosting: "Driftform", State: "Status livscykel", Criticality: "Kritikalitet", PersonalData: "Personuppgifter",
		SpecialCategory: "Känsliga PU", Users: "Antal användare", DataSubjects: "Antal registrerade", ContractEnd: "Avtal t.o.m.",
		Login: "Inloggningsmetod", Address: "Webbadress", Information: "Informationsmängder", Classified: "Klassad",
		Confidentiality: "Konfidentialitet", Integrity: "Riktighet", Availability: "Tillgänglighet", ProcessorAgreement: "PUB-avtal",
		ThirdCountry: "Tredjelandsöverföring", Comment: "Övrigt",
	}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(wideHeadings); n < 50 {
		t.Errorf("only %d columns", n)
	}
}
