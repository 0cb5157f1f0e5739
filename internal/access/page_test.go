// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// heads are the roles as the page names them: a short form for the table, and the whole word.
var heads = map[Role][2]string{
	Coordinator: {"SAM", "informationssäkerhetssamordnare"}, SystemOwner: {"SÄ", "systemägare"}, SystemManager: {"SF", "systemförvaltare"},
	InformationOwner: {"IÄ", "informationsägare"}, Procurer: {"UPP", "upphandlare"}, DataProtection: {"DSO", "dataskyddsombud"},
	Executive: {"CHEF", "chef eller nämnd"}, Auditor: {"REV", "revisor"}, Operations: {"DRIFT", "it-drift"},
	Analyst: {"NAT", "nationell analytiker"}, Administrator: {"ADM", "systemadministratör"},
}

var placeWords = map[Place]string{Nowhere: "–", Own: "egen", Below: "egen +", All: "alla"}

// The kinds in the order that they are shown, as the page names them.
var kinds = []struct {
	kind Kind
	name string
}{
	{KindSystem, "System och läget"},
	{KindClassification, "Klassning"},
	{KindInformation, "Information"},
	{KindEvidence, "Bevis"},
	{KindMeasurement, "Mätningar"},
	{KindAgent, "Mätagenter, och stopp av mätningar"},
	{KindRequirement, "Krav och svar"},
	{KindProcessing, "Behandlingar"},
	{KindSupplier, "Leverantörer"},
	{KindIndicator, "Indikatorer"},
	{KindCampaign, "Uppföljningsomgångar och årshjul"},
	{KindNational, "Nationell bild"},
	{KindIncident, "Incidenter"},
	{KindRisk, "Risker"},
	{KindFinding, "Fynd"},
	{KindSource, "Källor för sökning"},
	{KindAction, "Åtgärder"},
	{KindProcurement, "Kravbilagor"},
	{KindReport, "Rapporter"},
	{KindImport, "Inläsning"},
	{KindRule, "Regler"},
	{KindLog, "Historik och logg"},
	{KindOrganisation, "Organisationens inställningar"},
	{KindUnit, "Enheter"},
	{KindPerson, "Personer, roller och sessioner"},
	{KindApproval, "Godkännande av två"},
	{KindSignIn, "Inloggning"},
	{KindToken, "Åtkomstnycklar för program"},
	{KindWebhook, "Händelser till program"},
	{KindTodo, "Den egna listan med att göra"},
	{KindAlarm, "Larm"},
	{"mail", "E-post"},
	{"backup", "Säkerhetskopior"},
	{"look", "Utseende"},
}

const intro = `# Vem får göra vad

<!-- Skriven av go test ./internal/access -update. Ändra tabellen i internal/access/policy.go, inte här. -->

Den här sidan visar varje cell i Insegels behörighetstabell. Den skrivs ut från samma tabell som programmet frågar, och ett test
fäller den om de skiljer sig. Det som inte står i tabellen är förbjudet, också för nya funktioner som någon glömt att lägga till.

## Så läser du tabellen

- **–** får inte. **egen** får i enheten där rollen gäller. **egen +** får där och i enheter under den. **alla** får i hela organisationen.
- En person kan ha flera roller, i hela organisationen eller i en enhet. Den vidaste gäller. Den som har en roll i hela organisationen når
  allt, också där tabellen säger egen.
- Det som ligger utanför räckvidden svarar som om det inte fanns: ingen kan fråga sig fram till vad andra har.
- **✱ bekräfta**: personen måste nyss ha visat igen vem hen är. **✱ svagheter**: det som läses visar var organisationen är svag, så läsningen
  skrivs i loggen.
- Programmet självt gör bara det som är märkt **program**, i bakgrunden.

## Principer

- Administratören sköter programmet och ser inget innehåll: inte system, klassningar, svar eller rapporter.
- Revisor, dataskyddsombud, chef och it-drift läser och ändrar ingenting.
- Upphandlare ändrar bara kravbilagor och ser inte hur väl kraven uppfylls.
- It-drift ser vad som ska göras, inte motiveringarna bakom en klassning.
- Den som äger information eller system beslutar. Den som bara förvaltar beslutar inte.
- Ett stopp för säkerhetsskydd hävs bara av samordnaren.
- En nationell analytiker ser inget innehåll i en organisation.
- Organisationer på samma installation möts aldrig: tabellen gäller inom en organisation, och databasen håller isär dem (se
  docs/decisions/014-authority.md).
`

// page writes the table as a municipal auditor reads it.
func page() string {
	var b strings.Builder
	b.WriteString(intro + "\n## Roller\n\n")
	for _, r := range Roles() {
		fmt.Fprintf(&b, "- **%s** %s\n", heads[r][0], heads[r][1])
	}
	for _, k := range kinds {
		var lines []string
		for _, action := range Actions() {
			if PolicyOf(action).Kind == k.kind {
				lines = append(lines, line(action))
			}
		}
		if len(lines) == 0 {
			continue
		}
		b.WriteString("\n## " + k.name + "\n\n| vad |")
		for _, r := range Roles() {
			b.WriteString(" " + heads[r][0] + " |")
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(Roles())) + "\n" + strings.Join(lines, ""))
	}
	return b.String()
}

func line(action string) string {
	p := rows()[action]
	out := "| " + words[action] + " `" + action + "`"
	for _, mark := range []struct {
		is   bool
		word string
	}{{p.StepUp, " ✱ bekräfta"}, {p.Weakness, " ✱ svagheter"}, {p.place(System) != Nowhere, " **program**"}} {
		if mark.is {
			out += mark.word
		}
	}
	out += " |"
	for _, r := range Roles() {
		out += " " + placeWords[p.place(r)] + " |"
	}
	return out + "\n"
}

// The page that an auditor reads is the table that the program asks.
func TestPageIsTheTable(t *testing.T) {
	const file = "../../docs/security/authority.md"
	if *update {
		if err := os.WriteFile(file, []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page()); diff != "" {
		t.Errorf("docs/security/authority.md is not the table; run go test ./internal/access -update: %s", diff)
	}
	shown := map[Kind]bool{}
	for _, k := range kinds {
		shown[k.kind] = true
	}
	for _, action := range Actions() {
		if !shown[PolicyOf(action).Kind] {
			t.Errorf("the page has no part for the kind %q of %s", PolicyOf(action).Kind, action)
		}
	}
	for _, r := range Roles() {
		if heads[r][0] == "" {
			t.Errorf("the page has no name for the role %s", r)
		}
	}
}

// There is room for every role that some policy names.
func TestEveryRoleHasAPlace(t *testing.T) {
	if known+len(numbers()) >= numRoles {
		t.Errorf("%d roles, and room for %d", known+len(numbers()), numRoles-1)
	}
	for _, action := range Actions() {
		for _, g := range PolicyOf(action).By {
			if rows()[action].place(g.Role) != g.Place {
				t.Errorf("%s: %s reaches %s, want %s", action, g.Role, rows()[action].place(g.Role), g.Place)
			}
		}
	}
}

// What some roles may never do, whatever is added to the table.
func TestRolesKeepApart(t *testing.T) {
	content := []Kind{KindSystem, KindClassification, KindInformation, KindRequirement, KindAction, KindProcurement, KindReport, KindImport, KindRule}
	for _, action := range Actions() {
		p := rows()[action]
		for _, k := range content {
			if p.Kind == k && p.place(Administrator) != Nowhere {
				t.Errorf("the administrator may do %s: that is content", action)
			}
		}
		if p.place(Analyst) != Nowhere && p.Kind != KindNational {
			t.Errorf("the national analyst may do %s in an organisation", action)
		}
		if p.Weakness && p.place(Procurer) != Nowhere && action != "report.Write" {
			t.Errorf("procurement may do %s, which shows weaknesses", action)
		}
		for _, g := range p.By {
			if g.Place == Nowhere {
				t.Errorf("%s grants %s nothing; take it out", action, g.Role)
			}
		}
	}
	for _, action := range []string{"report.Write", "organisation.Move", "approval.Approve"} {
		if !PolicyOf(action).StepUp {
			t.Errorf("%s asks for no step-up", action)
		}
	}
}
