// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/insegel/insegel/internal/catalogue"
)

// small is a whole catalogue with a row or two of each kind. Tests change one thing in it.
var small = map[string]string{
	"facts.yaml": `catalogue: facts
version: "1"
facts:
  - id: area
    form: set
    values: [socialtjanst, skola, hr]
    default: "no"
    on: [information, system]
    name: {sv: "Verksamhet", en: "Activity"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} hör till {label}.", en: "{source} belongs to {label}."}
      may_hold: {sv: "{source} kan höra till {label}; avgör om det stämmer.", en: "{source} may belong to {label}; settle it."}
    labels:
      socialtjanst: {sv: "socialtjänsten", en: "social services"}
  - id: osl
    form: set
    values: ["23", "26"]
    on: [information]
    name: {sv: "Sekretess", en: "Secrecy"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} har sekretess {value}.", en: "{source} has secrecy {value}."}
      may_hold: {sv: "{source} kan ha sekretess {value}.", en: "{source} may have secrecy {value}."}
    implied:
      - {when: "area=socialtjanst", value: "26"}
      - {when: "area=skola", value: "23"}
  - id: personal_data
    form: truth
    values: ["yes", "no", "unknown"]
    on: [information, system]
    name: {sv: "Personuppgifter", en: "Personal data"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} innehåller personuppgifter.", en: "{source} contains personal data."}
      may_hold: {sv: "personuppgifter kan förekomma i {source}; avgör om det stämmer.", en: "personal data may occur in {source}; settle whether this is so."}
    true_values: ["yes"]
    possible_values: [unknown]
    implied:
      - {when: "area=socialtjanst|skola|hr", value: "yes"}
  - id: special_category
    form: truth
    values: ["yes", possible, "no", unknown]
    on: [information, system]
    name: {sv: "Känsliga personuppgifter", en: "Sensitive personal data"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} innehåller känsliga personuppgifter.", en: "{source} contains sensitive personal data."}
      may_hold: {sv: "känsliga personuppgifter kan förekomma i {source}; avgör om det stämmer.", en: "sensitive personal data may occur in {source}; settle whether this is so."}
    true_values: ["yes"]
    possible_values: [possible, unknown]
    implied:
      - {when: "area=socialtjanst", value: "yes"}
  - id: protected_identity
    form: truth
    values: [high, possible, low, unknown]
    on: [information, system]
    name: {sv: "Skyddade personuppgifter", en: "Protected personal data"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} har skyddade personer.", en: "{source} has protected people."}
      may_hold: {sv: "skyddade personer kan förekomma i {source}.", en: "protected people may occur in {source}."}
    true_values: [high]
    possible_values: [possible, unknown]
  - id: hosting
    form: choice
    values: [own, cloud-eu, cloud-outside-eu, unknown]
    on: [system]
    name: {sv: "Drift", en: "Hosting"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} körs så: {label}.", en: "{source} runs so: {label}."}
      may_hold: {sv: "{source} kan köras så: {label}.", en: "{source} may run so: {label}."}
    possible_values: [unknown]
    labels:
      cloud-eu: {sv: "Molntjänst inom EES", en: "Cloud service in the EEA"}
  - id: cloud
    form: truth
    values: ["yes", "no", unknown]
    on: [system]
    name: {sv: "Molntjänst", en: "Cloud service"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} är en molntjänst.", en: "{source} is a cloud service."}
      may_hold: {sv: "det kan förekomma att {source} är en molntjänst.", en: "it may be that {source} is a cloud service."}
    true_values: ["yes"]
    possible_values: [unknown]
    implied:
      - {when: "hosting=cloud-eu|cloud-outside-eu", value: "yes"}
  - id: supplier
    form: truth
    values: ["yes", "no", unknown]
    default: unknown
    on: [system]
    name: {sv: "Leverantör", en: "Supplier"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "någon annan driver {source}.", en: "somebody else runs {source}."}
      may_hold: {sv: "det kan förekomma att någon annan driver {source}.", en: "it may be that somebody else runs {source}."}
    true_values: ["yes"]
    possible_values: [unknown]
    implied:
      - {when: "cloud", value: "yes"}
  - id: security_sensitive
    form: truth
    values: ["yes", suspected, "no"]
    on: [information, system]
    name: {sv: "Säkerhetsskydd", en: "Protective security"}
    meaning: {sv: "m", en: "m"}
    question: {sv: "q", en: "q"}
    sentence:
      holds: {sv: "{source} rör säkerhetsskydd.", en: "{source} concerns protective security."}
      may_hold: {sv: "{source} kan röra säkerhetsskydd.", en: "{source} may concern protective security."}
    true_values: ["yes", suspected]
`,
	"evidence.yaml": `catalogue: evidence
version: "1"
evidence:
  - id: EV_DOC
    strength: 2
    name: {sv: "Dokument", en: "Document"}
    proves: {sv: "p", en: "p"}
    pitfall: {sv: "p", en: "p"}
  - id: EV_TEST
    strength: 4
    name: {sv: "Test", en: "Test"}
    proves: {sv: "p", en: "p"}
    pitfall: {sv: "p", en: "p"}
`,
	"tender-topics.yaml": `catalogue: tender-topics
version: "1"
topics:
  - {id: multi-factor, iso_2017: A.9.4.2, name: {sv: "Flera faktorer", en: "Several factors"}}
`,
	"law/a.yaml": `catalogue: law
version: "1"
laws:
  - id: GDPR-32
    version: 1
    ref: "EU 2016/679"
    name: {sv: "Dataskyddsförordningen", en: "General Data Protection Regulation"}
    topic: {sv: "Säkerhet", en: "Security"}
    sections: "32"
    applies_to: {sv: "a", en: "a"}
    duty: {sv: "d", en: "d"}
    protection: {sv: "p", en: "p"}
    when: "personal_data"
    basis: explicit
    in_force_from: "2018-05-25"
    in_force_to: ""
    source: "EUT"
    checked: "2026-11-23"
    verified: true
`,
	"information/a.yaml": `catalogue: information
version: "1"
types:
  - id: eb-beslut
    version: 1
    name: {sv: "Ekonomiskt bistånd – beslut", en: "Social assistance – decision"}
    area: socialtjanst
    activity: {klassa: "3.7.2", verksam: "VS-9"}
    law: "SoL 12:1"
    law_verified: false
    content: {sv: "c", en: "c"}
    subjects: {sv: "s", en: "s"}
    categories: {sv: "c", en: "c"}
    facts:
      personal_data: "yes"
      special_category: possible
      osl: ["26"]
    secrecy: "OSL 26 kap. 1 §"
    secrecy_verified: true
    retention: {sv: "r", en: "r"}
    retention_source: "x"
    retention_verified: false
    found_in: {sv: "f", en: "f"}
    lower: true
    levels:
      confidentiality: {step: serious, reason: {sv: "k", en: "k"}}
      integrity: {step: serious, reason: {sv: "r", en: "r"}}
      availability: {step: significant, reason: {sv: "t", en: "t"}}
      traceability: {step: moderate, reason: {sv: "s", en: "s"}}
    verified: false
`,
	"requirements/b.yaml": `catalogue: requirements
version: "1"
topic: {id: inloggning, name: {sv: "Inloggning", en: "Sign-in"}, part: technical}
requirements:
  - id: inloggning-lasning
    version: 1
    kind: technical
    is: {sv: "Kontot låses efter {minutes} minuter.", en: "The account is locked after {minutes} minutes."}
    shall: {sv: "Systemet ska låsa kontot efter {minutes} minuter.", en: "The system shall lock the account after {minutes} minutes."}
    must: shall
    trigger: {confidentiality: moderate, integrity: significant}
    when: "personal_data;cloud"
    laws: [GDPR-32]
    iso_2022: [A.8.5]
    iso_2017: [A.9.4.2]
    role: systemforvaltare
    evidence: [EV_DOC, EV_TEST]
    min_strength: 4
    verify: {sv: "Anbudsgivaren visar det.", en: "The tenderer shows it."}
    settings:
      - {key: minutes, value: 10, min: 5, max: 30, unit: {sv: "minuter", en: "minutes"}}
    covers: [multi-factor]
    core: true
    replaces: [inloggning-gammal]
`,
	"requirements/z.yaml": `catalogue: requirements
version: "1"
topic: {id: styrning, name: {sv: "Styrning", en: "Governance"}, part: governance}
requirements:
  - id: styrning-policy
    version: 1
    kind: organisational
    is: {sv: "Det finns en policy.", en: "There is a policy."}
    must: should
    laws: [GDPR-32]
    iso_2022: [A.5.1]
    iso_2017: [A.5.1.1]
    role: chef
    evidence: [EV_DOC]
    min_strength: 2
`,
	"models/m.yaml": `catalogue: model
id: tre
version: "1"
name: {sv: "Tre", en: "Three"}
description: {sv: "d", en: "d"}
source: "s"
verified: true
perspectives: [individual, organisation]
optional_perspectives: [organisation]
scales:
  main:
    - {value: 1, step: moderate, label: {sv: "Måttlig", en: "Moderate"}, meaning: {sv: "m", en: "m"}}
    - {value: 2, step: serious, label: {sv: "Allvarlig", en: "Serious"}, meaning: {sv: "m", en: "m"}}
    - {value: 3, stop: true, label: {sv: "Stopp", en: "Stop"}, meaning: {sv: "m", en: "m"}}
aspects:
  - id: confidentiality
    letter: {sv: "K", en: "C"}
    name: {sv: "Konfidentialitet", en: "Confidentiality"}
    loss: {sv: "l", en: "l"}
    scale: main
    questions: {individual: {sv: "i", en: "i"}, organisation: {sv: "o", en: "o"}}
criteria:
  - id: economy
    name: {sv: "Ekonomi", en: "Economy"}
    perspectives: [organisation]
    levels: {moderate: {sv: "m", en: "m"}, serious: {sv: "s", en: "s"}}
`,
	"threats/t.yaml": `catalogue: threats
version: "1"
threats:
  - id: hot-lan
    version: 1
    name: {sv: "Lånade konton", en: "Borrowed accounts"}
    cause: {sv: "c", en: "c"}
    event: {sv: "e", en: "e"}
    consequence: {individual: {sv: "i", en: "i"}}
    aspects: [confidentiality]
    typical: {individual: serious}
    areas: [any]
    drivers: [{id: shared_accounts, text: {sv: "t", en: "t"}}]
    mitigated_by: [inloggning]
    verified: false
`,
	"indicator-facts.yaml": `catalogue: indicator-facts
version: "1"
facts:
  - {id: in_use, name: {sv: "I bruk", en: "In use"}}
  - {id: for_assistance, name: {sv: "Bistånd", en: "Assistance"}, types: [eb-beslut]}
`,
	"indicators/index.yaml": `catalogue: indicators
version: "1"
indicators:
  - id: ANDEL
    definition: 2
    name: {sv: "Andel", en: "Share"}
    why: {sv: "w", en: "w"}
    meaning: {sv: "m", en: "m"}
    area: any
    unit: percent
    direction: up
    answer: share
    of: system
    counted: "in_use"
    met: "for_assistance|!in_use; in_use"
    laws: [GDPR-32]
    breaks:
      - {year: 2022, text: {sv: "b", en: "b"}}
    references:
      - series: survey
        survey: {sv: "Enkät", en: "Survey"}
        values:
          - {year: 2017, low: 9, high: 9, confidence: V, source: {sv: "s", en: "s"}}
          - {year: 2019, low: 24, high: 32, confidence: I, source: {sv: "s", en: "s"}}
`,
	"geography/counties.csv":       "code,name,short\n01,Stockholms län,Stockholm\n",
	"geography/municipalities.csv": "code,name,county,row,column\n0114,Upplands Väsby,01,17,13\n0115,Vallentuna,01,16,14\n",
	"detectors/index.yaml":         "catalogue: detectors\nversion: \"1\"\ndetectors: []\n",
}

// with gives the small catalogue with one text in one file replaced. The text must be there exactly once.
func with(t testing.TB, file, old, replacement string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range small {
		if name == file {
			if n := strings.Count(text, old); n != 1 {
				t.Fatalf("%q stands %d times in %s, want once", old, n, file)
			}
			text = strings.Replace(text, old, replacement, 1)
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func load(t testing.TB, fsys fstest.MapFS) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load(fsys)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func loadSmall(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	return load(t, with(t, "facts.yaml", "catalogue: facts", "catalogue: facts"))
}
