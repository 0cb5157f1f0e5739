// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
)

// Told is a fact that a row's words tell, and the words that tell it.
type Told struct {
	catalogue.Statement
	// Because is the reason in the reader's language.
	Because string
}

// The areas of activity, as the vocabulary of facts has them.
const (
	socialServices = "socialtjanst"
	disability     = "lss"
	healthCare     = "hsl"
	school         = "skola"
	staff          = "hr"
	finance        = "ekonomi"
	building       = "bygg-miljo"
	rescue         = "raddning"
	culture        = "kultur-fritid"
	guardian       = "overformyndare"
	welfareTech    = "valfard-teknik"
	archive        = "arkiv-diarium"
	computing      = "it"
	politics       = "politik"
	labour         = "arbetsmarknad"
	technical      = "tekniska"
)

// unitWords tell the area that a unit works in. A word with spaces around it must stand alone; others may be part of a longer
// word. The first that is found counts, so narrower ones stand first.
var unitWords = []struct{ words, area string }{
	{"funktionsnedsättning| lss |funktionshinder|daglig verksamhet|personlig assistans", disability},
	{" hsl |hälso och sjukvård|hemsjukvård|rehabenhet|kommunal hälso", healthCare},
	{"överförmyndar|chief guardian", guardian},
	{"arbetsmarknad|labour market", labour},
	{"socialförvaltning|socialtjänst|social services|socialnämnd|socialkontor|vård och omsorg|omsorgsförvaltning|hemtjänst|äldreomsorg|försörjning|individ och familj| ifo |barn och unga|särskilt boende|äldrenämnd|omsorgsnämnd|home care|elderly care", socialServices},
	{"barn och utbildning|utbildningsförvaltning|utbildningskontor|bildningsförvaltning|skolförvaltning|grundskol|gymnasie|förskol|elevhälsa|barn och grundskol| bou |education|skolnämnd|utbildningsnämnd|vuxenutbildning", school},
	{"räddningstjänst|rescue service|brandförsvar", rescue},
	{"samhällsbyggnad|miljö och bygg|bygg och miljö|stadsbyggnad|miljöförvaltning|byggnadsnämnd|miljönämnd|plan och bygg|miljökontor|urban planning", building},
	{"kultur och fritid|fritidsförvaltning|kulturförvaltning|bibliotek|culture", culture},
	{"tekniska|teknisk förvaltning|teknik och fastighet|gata och park| va enhet|technical services", technical},
	{" hr |personalenhet|personalavdelning|personalkontor|human resources|löneenhet", staff},
	{"ekonomi|finance|upphandlingsenhet", finance},
	{"arkiv|kansli|registratur|diarium|archive", archive},
	{" it | it avdelning| it enhet|digitaliseringsavdelning it", computing},
}

// nameWords tell an area from the system's own name. They are few, since names deceive: "ekonomiskt bistånd" is no finance.
var nameWords = []struct{ words, area string }{
	{" lss |lss handläggning", disability},
	{"socialtjänst|ekonomiskt bistånd|orosanmäl|familjehem|lex sarah|boendestöd|hemtjänst|familjerätt|biståndshandlägg|socialjour|äldreomsorg|försörjningsstöd|missbruk", socialServices},
	{" hsl |patientöversikt|patientjournal|läkemedelssigner|hemsjukvård", healthCare},
	{"elevregister|elevhälsa|lärplattform|förskolekö|skolskjuts|skolplattform", school},
	{"överförmyndare", guardian},
	{"bygglov|miljötillsyn|detaljplan", building},
	{"trygghetslarm|nyckelfri|trygghetskamera|tillsynskamera|digital tillsyn|läkemedelsrobot|läkemedelsautomat|medicingivare|gps larm", welfareTech},
	{"ekonomisystem|fakturahanter|redovisningssystem", finance},
	{"lönesystem|personalsystem|rekryteringssystem", staff},
	{"diarium|diariesystem|ärendehanteringssystem och diarium|e arkiv|slutarkiv", archive},
	{"politikerportal|sammanträdessystem|nämndadministration", politics},
}

// factWords tell other facts from the name alone.
var factWords = []struct {
	words string
	fact  catalogue.Statement
}{
	{" robot | rpa |automatisk handläggning|automatiserad handläggning|automatiserade beslut|automated decision", catalogue.Statement{Fact: AutomatedDecision, Value: yes}},
	{"kameraövervak|trygghetskamera|tillsynskamera|övervakningskamera|kamerabevak|camera surveillance", catalogue.Statement{Fact: Camera, Value: yes}},
	{"elevhälsa+journal|elevhälsans+journal", catalogue.Statement{Fact: HealthCare, Value: yes}},
}

// serviceWords tell that residents use the system over the net.
const serviceWords = "e tjänst|etjänst|webbformulär|e service|mina sidor|online form"

// residentWords and eIDWords together tell of a public sign-in.
const (
	residentWords = "sökande|medborgare|vårdnadshavare|invånare|allmänhet|citizen|resident|guardian|kund| brukare|anhörig|elever"
	eIDWords      = "bankid|freja|e leg|eid|svensk e legitimation"
)

// areasOf tells the areas that a row's words point at, each with the words. The innermost unit that has an area counts:
// "Kommunledningskontoret / HR" is about staff.
func areasOf(unit, name string) []setting {
	var out []setting
	add := func(area, from string) {
		if !slices.ContainsFunc(out, func(s setting) bool { return s.value == area }) {
			out = append(out, setting{from, area})
		}
	}
	levels := strings.FieldsFunc(unit, func(r rune) bool { return r == '/' || r == '>' || r == '|' || r == '\\' || r == ';' })
	for i := len(levels) - 1; i >= 0; i-- {
		if area := find(unitWords, levels[i]); area != "" {
			add(area, clean(levels[i]))
			break
		}
	}
	spaced := " " + words(name) + " "
	for _, w := range nameWords {
		if containsAny(spaced, w.words) {
			add(w.area, name)
		}
	}
	if containsAny(spaced, "kamera") && containsAny(" "+words(unit)+" ", "omsorg|social|äldre|hemtjänst") {
		add(welfareTech, name)
	}
	return out
}

func find(list []struct{ words, area string }, text string) string {
	spaced := " " + words(text) + " "
	for _, w := range list {
		if containsAny(spaced, w.words) {
			return w.area
		}
	}
	return ""
}

// tell gives the facts that a row's words point at, only where they are clear. They are for a person to change.
func tell(values map[string]string, name, lang string) []Told {
	var out []Told
	say := func(fact, value, from string) {
		why := because("told", "Text", from).In(lang)
		out = append(out, Told{Statement: catalogue.Statement{Fact: fact, Value: value}, Because: why})
	}
	for _, a := range areasOf(values[Unit], name) {
		say(Area, a.value, a.key)
	}
	spaced := " " + words(name) + " "
	for _, w := range factWords {
		if containsAny(spaced, w.words) {
			say(w.fact.Fact, w.fact.Value, name)
		}
	}
	if values[Kind] == "" {
		login := " " + words(values[Login]) + " "
		switch {
		case containsAny(spaced, serviceWords):
			say(Kind, "e-service", name)
		case containsAny(login, residentWords) && containsAny(login, eIDWords):
			say(Kind, "e-service", values[Login])
		}
	}
	return out
}
