// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func TestLoadReadsEveryKind(t *testing.T) {
	c := loadSmall(t)
	if c.Edition != "1" {
		t.Errorf("edition = %q, want 1", c.Edition)
	}
	l, ok := c.Law("GDPR-32")
	if !ok || l.From.String() != "2018-05-25" || !l.To.IsZero() || l.When.String() != "personal_data" || !l.Verified {
		t.Errorf("law = %+v, %v", l, ok)
	}
	r, ok := c.Requirement("inloggning-lasning")
	if !ok || !r.Supplier() || !r.Must || !r.Core || r.Trigger[catalogue.Integrity] != catalogue.Significant ||
		r.Trigger[catalogue.Availability] != catalogue.Unset {
		t.Errorf("requirement = %+v, %v", r, ok)
	}
	typ, ok := c.InformationType("eb-beslut")
	want := []catalogue.Statement{{Fact: "personal_data", Value: "yes"}, {Fact: "special_category", Value: "possible"}, {Fact: "osl", Value: "26"}}
	if !ok || !slices.Equal(typ.Facts, want) || typ.Klassa != "3.7.2" || typ.Levels[catalogue.Traceability].Step != catalogue.Moderate {
		t.Errorf("information type = %+v, %v", typ, ok)
	}
	th, ok := c.Threat("hot-lan")
	if !ok || th.Typical[catalogue.Individual] != catalogue.Serious || th.Drivers[0].ID != "shared_accounts" {
		t.Errorf("threat = %+v, %v", th, ok)
	}
	if e, ok := c.EvidenceKind("EV_TEST"); !ok || e.Strength != 4 {
		t.Errorf("evidence = %+v, %v", e, ok)
	}
	i, ok := c.Indicator("ANDEL")
	if !ok || i.Definition != 2 || len(i.Met.Groups) != 2 || !slices.Equal(i.Met.Groups[0].No, []int{0}) || i.References[0].Values[1].High != 32 {
		t.Errorf("indicator = %+v, %v", i, ok)
	}
	if m, ok := c.Municipality("0115"); !ok || m.Row != 16 || m.Column != 14 {
		t.Errorf("municipality = %+v, %v", m, ok)
	}
	if len(c.Detectors) != 0 || c.TenderTopics[0].ISO2017 != "A.9.4.2" {
		t.Errorf("detectors %v, tender topics %v", c.Detectors, c.TenderTopics)
	}
	if _, ok := c.Law("NONE"); ok {
		t.Error("found a law that does not exist")
	}
	if to, ok := c.Successor("inloggning-gammal"); !ok || to != "inloggning-lasning" {
		t.Errorf("successor = %q, %v", to, ok)
	}
}

// Files come by name, but governance stands before technical whatever the files are called.
func TestRequirementsStandInTopicOrder(t *testing.T) {
	c := loadSmall(t)
	for i, want := range []string{"styrning-policy", "inloggning-lasning"} {
		if got := c.Requirements[i].ID; got != want {
			t.Errorf("requirement %d = %s, want %s", i, got, want)
		}
		if got, ok := c.RequirementIndex(want); !ok || got != i {
			t.Errorf("index of %s = %d, %v, want %d", want, got, ok, i)
		}
	}
	if topic, ok := c.Topic("styrning"); !ok || topic.Name.EN != "Governance" || c.Topics[0].ID != "styrning" {
		t.Errorf("topic = %+v, %v; first is %s", topic, ok, c.Topics[0].ID)
	}
}

func TestModelNewestVersion(t *testing.T) {
	fsys := with(t, "models/m.yaml", "catalogue: model", "catalogue: model")
	for _, version := range []string{"10", "9"} {
		text := strings.Replace(small["models/m.yaml"], `version: "1"`, `version: "`+version+`"`, 1)
		fsys["models/m-"+version+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	c := load(t, fsys)
	if m, ok := c.Model("tre", ""); !ok || m.Version != "10" {
		t.Errorf("newest = %+v, %v, want version 10", m, ok)
	}
	if m, ok := c.Model("tre", "9"); !ok || m.Version != "9" {
		t.Errorf("version 9 = %+v, %v", m, ok)
	}
	if _, ok := c.Model("tre", "2"); ok {
		t.Error("found a version that does not exist")
	}
}

// loadFaults break one thing each in the small catalogue.
var loadFaults = map[string]struct{ file, old, new, at, reason string }{
	"rule of nothing":      {"indicators/index.yaml", `counted: "in_use"`, `counted: "used"`, `counted: ^"used"`, `counted: the fact used is not in indicator-facts.yaml`},
	"rule without form":    {"indicators/index.yaml", `counted: "in_use"`, `counted: "in_use and x"`, `counted: ^"in_use and x"`, `counted: "in_use and x" is no fact; write fact|fact; !fact`},
	"range upside down":    {"indicators/index.yaml", `low: 24, high: 32`, `low: 33, high: 32`, `- {^year: 2019, low: 33`, `high 32 is below low 33`},
	"years in disorder":    {"indicators/index.yaml", `year: 2017`, `year: 2020`, `- ^series: survey`, `the values of survey are not in the order of their years`},
	"nothing to show":      {"indicators/index.yaml", "    references:\n      - series: survey", "    published:\n      - series: survey", `^published:`, `unknown key "published"; known here are id, definition, name, why, meaning, area, unit, direction, answer, corresponds, questions, laws, breaks, references, brief, of, counted, met`},
	"unknown key":          {"law/a.yaml", "    ref:", "    reff: x\n    ref:", `^reff: x`, `unknown key "reff"; known here are id, version, ref, name, topic, sections, applies_to, duty, protection, when, basis, in_force_from, in_force_to, source, checked, verified`},
	"missing key":          {"law/a.yaml", "    ref: \"EU 2016/679\"\n", "", `- ^id: GDPR-32`, `ref is missing`},
	"missing language":     {"law/a.yaml", `topic: {sv: "Säkerhet", en: "Security"}`, `topic: {sv: "Säkerhet"}`, `topic: {^sv: "Säkerhet"}`, `topic has no en text`},
	"empty language":       {"law/a.yaml", `en: "Security"`, `en: " "`, `"Säkerhet", en: ^" "}`, `topic has an empty en text`},
	"third language":       {"law/a.yaml", `en: "Security"`, `en: "Security", fi: "x"`, `en: "Security", ^fi: "x"}`, `unknown key "fi"; known here are sv, en`},
	"text in one language": {"law/a.yaml", `topic: {sv: "Säkerhet", en: "Security"}`, `topic: Säkerhet`, `topic: ^Säkerhet`, `topic must have both languages: {sv: "...", en: "..."}`},
	"space at the end":     {"law/a.yaml", `en: "Security"`, `en: "Security "`, `"Säkerhet", en: ^"Security "}`, `the en text of topic begins or ends with a space; remove it`},
	"bad date":             {"law/a.yaml", `"2018-05-25"`, `"2018-02-30"`, `in_force_from: ^"2018-02-30"`, `in_force_from: "2018-02-30": not a date that exists: write it as 2026-11-23`},
	"dates in disorder":    {"law/a.yaml", `in_force_to: ""`, `in_force_to: "2017-01-01"`, `in_force_to: ^"2017-01-01"`, `in_force_to is before in_force_from; swap them or correct one`},
	"unknown basis":        {"law/a.yaml", "basis: explicit", "basis: maybe", `basis: ^maybe`, `basis "maybe" is not known; write one of explicit, derived`},
	"condition any":        {"law/a.yaml", `when: "personal_data"`, `when: ""`, `when: ^""`, `when is empty; leave the key out when the row always applies`},
	"flag in quotes":       {"law/a.yaml", "verified: true", `verified: "true"`, `verified: ^"true"`, `verified must be true or false without quotes`},
	"not YAML":             {"law/a.yaml", `ref: "EU 2016/679"`, `ref: {a`, "^    version: 1\n    ref", `not valid YAML: at this line or the next: did not find expected ',' or '}'`},
	"duplicate key":        {"law/a.yaml", `    ref: "EU 2016/679"`, "    ref: a\n    ref: b", `^ref: b`, `the key "ref" already stands on line 6; give each key once`},
	"anchor":               {"law/a.yaml", `sections: "32"`, `sections: &a "32"`, `sections: ^&a "32"`, `anchors, aliases, tags and directives are not allowed; write the value out`},
	"wrong kind":           {"law/a.yaml", "catalogue: law", "catalogue: threats", `catalogue: ^threats`, `catalogue is "threats"; a file here must say law`},
	"other edition":        {"law/a.yaml", `version: "1"`, `version: "2"`, `^catalogue: law`, `version is "2" but facts.yaml says "1"; all files belong to one edition`},
	"control character":    {"law/a.yaml", `"EU 2016/679"`, `"EU\u0007"`, `ref: ^"EU\u0007"`, `the text holds the control character U+0007; remove it`},
	"missing file":         {"facts.yaml", small["facts.yaml"], "", ``, `the file must hold exactly one YAML document`},

	"fact form":        {"facts.yaml", "form: choice", "form: list", `form: ^list`, `form "list" is not known; write one of truth, choice, set`},
	"fact twice":       {"facts.yaml", "- id: cloud", "- id: hosting", "- ^id: hosting\n    form: truth", `the fact hosting is already in the file; give each fact once`},
	"true value":       {"facts.yaml", "true_values: [high]", "true_values: [highest]", `true_values: [^highest]`, `true_values "highest" is not known; write one of high, possible, low, unknown`},
	"no true value":    {"facts.yaml", "    true_values: [high]\n", "", `- ^id: protected_identity`, `a fact of the form truth, and no other, says in true_values which of its values count as true`},
	"sentence":         {"facts.yaml", `{sv: "{source} har skyddade personer.", en`, `{sv: "Skyddade personer.", en`, `holds: {^sv: "Skyddade personer."`, `the sentence must say {source} in both languages: who it holds for`},
	"implied value":    {"facts.yaml", `{when: "cloud", value: "yes"}`, `{when: "cloud", value: "high"}`, `"cloud", value: ^"high"}`, `value "high" is not known; write one of yes, no, unknown`},
	"implied when":     {"facts.yaml", `{when: "cloud", value: "yes"}`, `{when: "clouds", value: "yes"}`, `- {when: ^"clouds", value: "yes"}`, `when: read condition "clouds": there is no fact "clouds"; known are area, osl, personal_data, special_category, protected_identity, hosting, cloud, supplier, security_sensitive`},
	"unknown default":  {"facts.yaml", "default: unknown", "default: perhaps", `default: ^perhaps`, `default "perhaps" is not known; write one of yes, no, unknown`},
	"label of nothing": {"facts.yaml", "      cloud-eu: {sv", "      cloud: {sv", `^cloud: {sv: "Molntjänst `, `unknown key "cloud"; known here are own, cloud-eu, cloud-outside-eu, unknown`},

	"unknown area":           {"information/a.yaml", "area: socialtjanst", "area: sjukvard", `area: ^sjukvard`, `area cannot be "sjukvard"; write one of socialtjanst, skola, hr`},
	"unknown fact":           {"information/a.yaml", "personal_data: \"yes\"", "persons: \"yes\"", `^persons: "yes"`, `there is no fact "persons"; known are area, osl, personal_data, special_category, protected_identity, hosting, cloud, supplier, security_sensitive`},
	"fact of systems":        {"information/a.yaml", "personal_data: \"yes\"", "cloud: \"yes\"", `^cloud: "yes"`, `cloud is not said of information; leave it out`},
	"unknown value":          {"information/a.yaml", "special_category: possible", "special_category: perhaps", `ecial_category: ^perhaps`, `special_category cannot be "perhaps"; write one of yes, possible, no, unknown`},
	"value without quotes":   {"information/a.yaml", "personal_data: \"yes\"", "personal_data: true", `personal_data: ^true`, `personal_data: write "true" in quotes as one of yes, no, unknown`},
	"set without list":       {"information/a.yaml", `osl: ["26"]`, `osl: "26"`, `osl: ^"26"`, `osl must be a list`},
	"unknown step":           {"information/a.yaml", "{step: moderate,", "{step: small,", `ability: {step: ^small, reason: {sv: "s",`, `step has no step "small"; write one of negligible, moderate, significant, serious`},
	"missing aspect":         {"information/a.yaml", "      traceability: {step: moderate, reason: {sv: \"s\", en: \"s\"}}\n", "", `^confidentiality: {step: `, `traceability is missing`},
	"id with capital":        {"information/a.yaml", "id: eb-beslut", "id: EB-beslut", `- id: ^EB-beslut`, `id "EB-beslut" has a form that is not allowed here; write it like inloggning-personal`},
	"unknown law":            {"requirements/b.yaml", "laws: [GDPR-32]", "laws: [GDPR-99]", `laws: [^GDPR-99]`, `there is no law "GDPR-99"; correct the id or add the row`},
	"law twice":              {"requirements/b.yaml", "laws: [GDPR-32]", "laws: [GDPR-32, GDPR-32]", `laws: [GDPR-32, ^GDPR-32]`, `laws names GDPR-32 twice`},
	"unknown evidence":       {"requirements/z.yaml", "evidence: [EV_DOC]", "evidence: [EV_DOC, EV_X]", `dence: [EV_DOC, ^EV_X]`, `there is no kind of evidence "EV_X"; correct the id or add the row`},
	"no evidence":            {"requirements/z.yaml", "evidence: [EV_DOC]", "evidence: []", `- ^id: styrning-policy`, `evidence is missing; name at least one way to show that the requirement is met`},
	"unknown role":           {"requirements/z.yaml", "role: chef", "role: kock", `role: ^kock`, `role "kock" is not known; write one of chef, informationsagare, systemagare, systemforvaltare, it-drift, leverantor, upphandlare, samordnare, arkivarie, dataskyddsombud, sakerhetsskyddschef`},
	"unknown kind":           {"requirements/z.yaml", "kind: organisational", "kind: legal", `kind: ^legal`, `kind "legal" is not known; write one of organisational, administrative, physical, technical`},
	"unknown tender topic":   {"requirements/b.yaml", "covers: [multi-factor]", "covers: [x]", `covers: [^x]`, `there is no tender topic "x"; correct the id or add the row`},
	"empty trigger":          {"requirements/b.yaml", "{confidentiality: moderate, integrity: significant}", "{}", `trigger: ^{}`, `trigger is empty; leave the key out when no step is needed`},
	"trigger of nothing":     {"requirements/b.yaml", "integrity: significant", "secrecy: significant", `lity: moderate, ^secrecy: significant}`, `unknown key "secrecy"; known here are confidentiality, integrity, availability, traceability`},
	"ISO 2022":               {"requirements/z.yaml", "[A.5.1]", "[A.5.38]", `iso_2022: [^A.5.38]`, `A.5.38 is not a control of ISO/IEC 27001:2022 annex A; write it like A.8.5`},
	"ISO 2017":               {"requirements/z.yaml", "[A.5.1.1]", "[5.1.1]", `iso_2017: [^5.1.1]`, `5.1.1 is not a control of ISO/IEC 27001:2017 annex A; write it like A.9.4.2`},
	"strength out of reach":  {"requirements/z.yaml", "min_strength: 2", "min_strength: 3", `min_strength: ^3`, `min_strength 3 cannot be reached: the strongest evidence listed is 2`},
	"strength as text":       {"requirements/z.yaml", "min_strength: 2", "min_strength: two", `min_strength: ^two`, `min_strength must be a whole number without quotes`},
	"strength out of bounds": {"requirements/z.yaml", "min_strength: 2", "min_strength: 0", `min_strength: ^0`, `min_strength is 0; it must be between 1 and 5`},
	"shall without verify":   {"requirements/b.yaml", "    verify: {sv: \"Anbudsgivaren visar det.\", en: \"The tenderer shows it.\"}\n", "", `- ^id: inloggning-lasning`, `a row with shall must say in verify how a tenderer shows it`},
	"verify without shall":   {"requirements/z.yaml", "    must: should\n", "    must: should\n    verify: {sv: \"x\", en: \"x\"}\n", `verify: {^sv: "x", en: "x"}`, `verify belongs to tender text; add shall or remove verify`},
	"core without shall":     {"requirements/z.yaml", "    must: should\n", "    must: should\n    core: true\n", `core: ^true`, `only a row with shall can be core`},
	"placeholder alone":      {"requirements/z.yaml", `{sv: "Det finns en policy.", en: "There is a policy."}`, `{sv: "{n} policyer.", en: "{n} policies."}`, `is: {^sv: "{n} policyer.", en:`, `is uses {n}, which has no setting; add it to settings`},
	"setting unused":         {"requirements/b.yaml", "{key: minutes, value: 10", "{key: hours, value: 1, min: 1, max: 2, unit: {sv: \"h\", en: \"h\"}}\n      - {key: minutes, value: 10", `^- {key: hours, value: 1,`, `the setting hours is used in no text; write {hours} where the figure stands or remove it`},
	"setting out of bounds":  {"requirements/b.yaml", "value: 10, min: 5", "value: 4, min: 5", `- {^key: minutes, value: 4, `, `the setting minutes is 4; it must lie between min 5 and max 30`},
	"figure in one language": {"requirements/b.yaml", `en: "The account is locked after {minutes} minutes."`, `en: "The account is locked after ten minutes."`, `is: {^sv: "Kontot låses efter `, `is has other figures in sv (minutes) than in en ()`},
	"id twice":               {"requirements/z.yaml", "id: styrning-policy", "id: inloggning-lasning", `- id: ^inloggning-lasning`, `the id inloggning-lasning is already in use; ids are given once`},
	"topic twice":            {"requirements/z.yaml", "{id: styrning,", "{id: inloggning,", `topic: {^id: inloggning, name: {s`, `the topic inloggning has a file already; keep a topic in one file`},
	"replaced but there":     {"requirements/b.yaml", "[inloggning-gammal]", "[styrning-policy]", `replaces: ^[styrning-policy]`, `styrning-policy is said to be replaced but is still a row; remove the row or the id from replaces`},

	"unknown topic":     {"threats/t.yaml", "mitigated_by: [inloggning]", "mitigated_by: [fysisk]", `mitigated_by: [^fysisk]`, `there is no topic "fysisk"; correct the id or add the row`},
	"unknown aspect":    {"threats/t.yaml", "aspects: [confidentiality]", "aspects: [secrecy, integrity]", `aspects: [^secrecy, integrity]`, `aspect "secrecy" is not known; write one of confidentiality, integrity, availability, traceability`},
	"unknown in areas":  {"threats/t.yaml", "areas: [any]", "areas: [all]", `areas: [^all]`, `area "all" is not known; write one of any, socialtjanst, skola, hr`},
	"evidence strength": {"evidence.yaml", "strength: 4", "strength: 0", `strength: ^0`, `strength 0 shows nothing; write 1 to 5, or below 0 for what speaks against`},
}

// Each case breaks one thing and names the problem it must give; at is the place in the broken file, just after the ^.
func TestLoadReportsFaults(t *testing.T) {
	for name, c := range loadFaults {
		t.Run(name, func(t *testing.T) {
			fsys := with(t, c.file, c.old, c.new)
			_, err := catalogue.Load(fsys)
			var problems catalogue.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("Load = %v, want Problems", err)
			}
			want := catalogue.Problem{File: c.file, Reason: c.reason}
			if c.at != "" {
				want.Line, want.Column = place(t, string(fsys[c.file].Data), c.at)
			}
			if !slices.Contains(problems, want) {
				t.Errorf("problems:\n%s\nwant among them:\n%s", problems, want)
			}
		})
	}
}

// place finds the line and column of the ^ in a piece of text that stands exactly once in the file.
func place(t *testing.T, text, at string) (line, column int) {
	t.Helper()
	before, after, _ := strings.Cut(at, "^")
	if n := strings.Count(text, before+after); n != 1 {
		t.Fatalf("%q stands %d times in the file, want once", before+after, n)
	}
	head := text[:strings.Index(text, before+after)+len(before)]
	return strings.Count(head, "\n") + 1, utf8.RuneCountInString(head[strings.LastIndex(head, "\n")+1:]) + 1
}

// All faults are told at once, so that a file is not corrected one fault at a time.
func TestLoadReportsAllFaults(t *testing.T) {
	fsys := with(t, "law/a.yaml", "basis: explicit", "basis: maybe")
	fsys["threats/t.yaml"].Data = []byte(strings.Replace(small["threats/t.yaml"], "[any]", "[all]", 1))
	_, err := catalogue.Load(fsys)
	var problems catalogue.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Fatalf("Load = %v, want two problems", err)
	}
	got := []string{problems[0].File, problems[1].File}
	if diff := cmp.Diff([]string{"law/a.yaml", "threats/t.yaml"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadWithoutFacts(t *testing.T) {
	fsys := with(t, "facts.yaml", "catalogue: facts", "catalogue: facts")
	delete(fsys, "facts.yaml")
	_, err := catalogue.Load(fsys)
	if err == nil || err.Error() != "facts.yaml: the file cannot be read: file does not exist" {
		t.Errorf("Load = %v", err)
	}
}

// A set holds 128 literals. More must be told when the catalogue is loaded, never be lost when it is used.
func TestLoadReportsTooManyLiterals(t *testing.T) {
	var values []string
	for a := range 11 {
		for b := range 11 {
			values = append(values, string(rune('a'+a))+string(rune('a'+b)))
		}
	}
	_, err := catalogue.Load(with(t, "facts.yaml", "values: [socialtjanst, skola, hr]", "values: [socialtjanst, skola, hr, "+strings.Join(values, ", ")+"]"))
	want := "facts.yaml:1:1: the facts have 138 values to ask for; there is room for 128, so remove or join some"
	if err == nil || err.Error() != want {
		t.Errorf("Load = %v, want %s", err, want)
	}
}

// Some faults take a second file to make.
func TestLoadReportsFaultsBetweenFiles(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"model version twice": {"models/z.yaml", small["models/m.yaml"], "models/z.yaml:1:1: the model tre version 1 is already in another file; give it a new version"},
		"law twice":           {"law/z.yaml", small["law/a.yaml"], "law/z.yaml:4:9: the id GDPR-32 is already in use; ids are given once"},
		"indicator twice":     {"indicators/z.yaml", small["indicators/index.yaml"], "indicators/z.yaml:4:9: the id ANDEL is already in use; ids are given once"},
		"detector without id": {"detectors/z.yaml", "catalogue: detectors\nversion: \"1\"\ndetectors: [{name: x}]\n", "detectors/z.yaml:3:14: id is missing"},
		"replaced twice": {
			"requirements/y.yaml", strings.NewReplacer("id: inloggning,", "id: session,", "id: inloggning-lasning", "id: session-lasning").Replace(small["requirements/b.yaml"]),
			"requirements/y.yaml:24:15: inloggning-gammal is already replaced by inloggning-lasning; answers can follow to one row only",
		},
	} {
		fsys := with(t, "facts.yaml", "catalogue: facts", "catalogue: facts")
		fsys[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		if _, err := catalogue.Load(fsys); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

// Only YAML files are read, and a directory may hold others beside them.
func TestLoadReadsOnlyYAML(t *testing.T) {
	fsys := with(t, "facts.yaml", "catalogue: facts", "catalogue: facts")
	fsys["law/README.md"] = &fstest.MapFile{Data: []byte("# Laws")}
	fsys["law/old/a.yaml"] = &fstest.MapFile{Data: []byte("nothing")}
	if c := load(t, fsys); len(c.Laws) != 1 {
		t.Errorf("%d laws, want 1", len(c.Laws))
	}
}

// TestMapFaults breaks one thing each in the map.
func TestMapFaults(t *testing.T) {
	const file = "geography/municipalities.csv"
	for name, c := range map[string]struct{ old, new, want string }{
		"same tile":      {"01,16,14", "01,17,13", file + ":3:1: 0115 has the same tile as 0114"},
		"twice":          {"0115,Vallentuna", "0114,Vallentuna", file + ":3:1: 0114 is listed twice"},
		"other county":   {"Vallentuna,01", "Vallentuna,03", file + ":3:1: 0115 is said to be in 03"},
		"no place":       {"16,14", "16,west", file + ":3:1: 0115 has no place on the map"},
		"other heading":  {"code,name,county", "kod,name,county", file + ":1:1: the heading must be code,name,county,row,column"},
		"column missing": {"01,16,14", "01,16", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalogue.Load(with(t, file, c.old, c.new))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
