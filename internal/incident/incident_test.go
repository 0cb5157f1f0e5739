// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
)

// catalogued is read once for all tests.
var catalogued = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

func rules(t testing.TB) *Rules {
	t.Helper()
	c, err := catalogued()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Load(data.Files, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// criteria answers all three criteria alike.
func criteria(a Answer) map[string]Answer {
	return map[string]Answer{"sig-csl-drift": a, "sig-csl-ekonomi": a, "sig-csl-andra": a}
}

// with adds answers such as "breach=yes" to some.
func with(m map[string]Answer, more ...string) map[string]Answer {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]Answer{}
	}
	for _, kv := range more {
		k, v, _ := strings.Cut(kv, "=")
		out[k] = Answer(v)
	}
	return out
}

// assessments are what follows from each assessment, with the source of it.
var assessments = map[string]struct {
	source  string
	answers map[string]Answer
	risk    string
	sure    []string // that apply
	maybe   []string // that hang on something
	not     []string
}{
	"nothing is known: everything may apply": {
		"unknown is never taken for an answer", nil, RiskUnknown, nil, []string{"inc-gdpr-33", "inc-gdpr-33-5", "inc-gdpr-34", "inc-csl-24h", "inc-csl-72h"}, nil,
	},
	"a breach with a risk": {
		"GDPR 33.1, 33.5, 34.1", with(nil, "breach=yes", "cyber=no"), RiskLikely,
		[]string{"inc-gdpr-33", "inc-gdpr-33-5"},
		nil,
		[]string{"inc-gdpr-34", "inc-csl-24h"},
	},
	"a breach with a high risk": {
		"GDPR 34.1", with(nil, "breach=yes", "cyber=no"), RiskHigh, []string{"inc-gdpr-33", "inc-gdpr-33-5", "inc-gdpr-34"}, nil, []string{"inc-csl-72h"},
	},
	"a breach where a risk is unlikely is documented and not notified": {
		"GDPR 33.1 and 33.5", with(nil, "breach=yes", "cyber=no"), RiskUnlikely, []string{"inc-gdpr-33-5"}, nil, []string{"inc-gdpr-33", "inc-gdpr-34"},
	},
	"a breach that nobody has assessed": {
		"GDPR 33.1", with(nil, "breach=yes"), RiskUnknown, []string{"inc-gdpr-33-5"}, []string{"inc-gdpr-33", "inc-gdpr-34"}, nil,
	},
	"no breach": {"GDPR 4.12", with(nil, "breach=no"), RiskUnknown, nil, nil, []string{"inc-gdpr-33", "inc-gdpr-33-5", "inc-gdpr-34"}},
	"as processor": {
		"GDPR 33.2", with(nil, "breach=yes", "as_processor=yes"), RiskUnknown, []string{"inc-gdpr-33-bitrade"}, nil, nil,
	},
	"one criterion is enough to be significant": {
		"CSL 2:5 andra stycket, 2:6", with(nil, "cyber=yes", "sig-csl-drift=yes"), RiskUnknown, []string{"inc-csl-24h", "inc-csl-72h"}, nil, nil,
	},
	"all criteria denied: not significant": {
		"CSL 2:5 andra stycket", with(criteria(No), "cyber=yes"), RiskUnknown, nil, nil, []string{"inc-csl-24h", "inc-csl-72h"},
	},
	"two criteria denied and one open": {
		"CSL 2:5 andra stycket", with(criteria(No), "cyber=yes", "sig-csl-andra=unknown"), RiskUnknown, nil, []string{"inc-csl-24h"}, nil,
	},
	"the hours of MCFFS decide nothing: they are not verified": {
		"MCFFS 2026:8, second-hand", with(criteria(No), "cyber=yes"), RiskUnknown, []string{"sig-mcffs-4h"}, nil, []string{"inc-csl-24h"},
	},
	"a final report only after the notification": {
		"CSL 2:8", with(nil, "cyber=yes", "sig-csl-drift=yes"), RiskUnknown, nil, nil, []string{"inc-csl-slut"},
	},
	"lex Sarah": {"SoL 27:2; LSS 24 b §", with(nil, "social_services=yes"), RiskUnknown, []string{"inc-lexsarah-rapport"}, []string{"inc-lexsarah-ivo"}, nil},
	"lex Maria when the harm is serious": {
		"PSL 3 kap. 5 §", with(nil, "care=yes", "care_harm=yes", "serious_care_harm=yes"), RiskUnknown,
		[]string{"inc-lexmaria-utred", "inc-lexmaria-ivo", "inc-psl-patient"},
		nil, nil,
	},
	"protected identity":  {"OSL 21–22 kap.; GDPR 34.1", with(nil, "breach=yes", "protected_identity=yes"), RiskUnknown, []string{"inc-gdpr-34-skyddade"}, nil, nil},
	"protective security": {"DSL 1 kap. 4 §; CSL 1:12–13", with(nil, "security_protection=yes"), RiskUnknown, []string{"inc-sapo", "inc-gdpr-sakskydd-undantag", "inc-csl-undantag-del"}, nil, nil},
	"crime":               {"CSF 33 § 4", with(nil, "cyber=yes", "sig-csl-drift=yes", "crime=yes"), RiskUnknown, []string{"inc-csl-polis"}, nil, nil},
	"the service fails":   {"CSL 2:9", with(nil, "cyber=yes", "sig-csl-drift=yes", "recipients_affected=yes"), RiskUnknown, []string{"inc-csl-mottagare"}, nil, nil},
}

// TestDuties holds what follows from an assessment to the law. Each row names its source.
func TestDuties(t *testing.T) {
	r := rules(t)
	aware := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, tc := range assessments {
		t.Run(name, func(t *testing.T) {
			if tc.source == "" {
				t.Fatal("no source")
			}
			x := &Incident{AwareAt: aware, Risk: tc.risk, Answers: tc.answers}
			duties := r.Duties(x, r.Facts(x, nil))
			got := map[string]Answer{}
			for i := range duties {
				got[duties[i].ID] = duties[i].Applies
			}
			for want, list := range map[Answer][]string{Yes: tc.sure, Unknown: tc.maybe, "": tc.not} {
				for _, id := range list {
					if _, ok := r.Rule(id); !ok {
						t.Errorf("there is no rule %s", id)
					}
					if got[id] != want {
						t.Errorf("%s: got %q, want %q", id, got[id], want)
					}
				}
			}
		})
	}
}

// TestClocks follows an incident from awareness to the final report.
func TestClocks(t *testing.T) {
	r := rules(t)
	aware := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC) // a Friday
	x := &Incident{
		AwareAt: aware, Risk: RiskLikely, Reports: map[string]Report{},
		Answers: map[string]Answer{"breach": Yes, "cyber": Yes, "sig-csl-drift": Yes},
	}
	due := func(id string) Duty {
		t.Helper()
		d := dutyOf(r.Duties(x, r.Facts(x, nil)), id)
		if d == nil {
			return Duty{Rule: &Rule{}}
		}
		return *d
	}
	for id, want := range map[string]time.Time{
		"inc-gdpr-33": aware.Add(72 * time.Hour), "inc-csl-24h": aware.Add(24 * time.Hour), "inc-csl-72h": aware.Add(72 * time.Hour),
	} {
		if got := due(id).Deadline.At; !got.Equal(want) {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
	if d := due("inc-csl-24h"); d.Late(aware.Add(24*time.Hour)) || !d.Late(aware.Add(24*time.Hour+time.Second)) {
		t.Error("late is not told to the second")
	}
	if next := Next(r.Duties(x, r.Facts(x, nil))); !next.Equal(aware.Add(24 * time.Hour)) {
		t.Errorf("next is %s", next)
	}
	x.NotifiedAt = aware.Add(48 * time.Hour)
	x.Reports["inc-csl-24h"] = Report{Status: Done, At: aware.Add(25 * time.Hour)}
	d := due("inc-csl-24h")
	if d.Late(aware.Add(90*time.Hour)) || !d.DoneLate() {
		t.Error("what was done late is not told from what is late")
	}
	if got, want := day(due("inc-csl-slut").Deadline.At), "2026-12-29"; got != want {
		t.Errorf("the final report: got %s, want %s", got, want)
	}
	if x.AwareAt = (time.Time{}); !due("inc-gdpr-33").Deadline.At.IsZero() {
		t.Error("a clock runs before anybody is aware")
	}
}

func TestStep(t *testing.T) {
	r := rules(t)
	x := &Incident{Risk: RiskUnknown, Answers: map[string]Answer{}, Reports: map[string]Report{}}
	step := func(want string) {
		t.Helper()
		if got := x.Step(r.Duties(x, r.Facts(x, nil))); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	step(Discovered)
	x.AwareAt = time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	step(Assessed)
	x.Risk, x.Answers = RiskHigh, map[string]Answer{"breach": Yes, "cyber": No, "as_processor": No, "protected_identity": No, "supplier": No}
	step(Decided)
	for _, d := range r.Duties(x, r.Facts(x, nil)) {
		x.Reports[d.ID] = Report{Status: Planned}
	}
	step(Informed)
	x.InformedAt = x.AwareAt
	step(Remedied)
	x.Measures = []Measure{{DoneOn: catalogue.Date{Year: 2026, Month: 11, Day: 28}}}
	step(Learned)
	x.ClosedAt = x.AwareAt
	step("")
}

func TestPersonal(t *testing.T) {
	for text, want := range map[string]bool{
		"18900717-9816 drabbades": true, "9007179816": true, "900717+9816": true, "900717 9816": true, "19150465-2387": true, "150465-2387": true,
		"": false, "ring 08-123 45 67 89": false, "ärende 2026-12345678": false, "900717-9815": false, "1234567890123": false, "12 000 poster 2026-11-28 07.10": false,
	} {
		if got := Personal(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestPackInventsNothing drafts every pack of an incident of which nothing is known: every field says so, or says what the program knows.
func TestPackInventsNothing(t *testing.T) {
	r := rules(t)
	x := &Incident{Risk: RiskUnknown, Texts: map[Text]string{}, Answers: map[string]Answer{}}
	m := material{x: x, a: &Affected{}, facts: r.Facts(x, nil), l: texts4(t), now: time.Unix(0, 0)}
	known := []string{"incident.number", "register.dependents", "register.weaknesses", "register.agreements"}
	for i := range r.Packs {
		form := &r.Packs[i]
		for n, f := range m.draft(r, form).Fields {
			if f.MustWrite != (f.Value == "") || f.Source == "" {
				t.Errorf("%s, %s: %+v", form.ID, f.ID, f)
			}
			if f.Value != "" && !slices.Contains(known, form.Fields[n].Value) {
				t.Errorf("%s, %s says %q although nothing is known", form.ID, f.ID, f.Value)
			}
		}
	}
}

// TestPackHelpsWithoutInventing asks how many people are hit: what the registers hold is told to who must write it, and is no answer.
func TestPackHelpsWithoutInventing(t *testing.T) {
	r := rules(t)
	x := &Incident{Risk: RiskUnknown, Texts: map[Text]string{}, Answers: map[string]Answer{}}
	a := &Affected{Hits: make([]AffectedSystem, 3), Persons: 4800, Uncounted: 1}
	m := material{x: x, a: a, facts: r.Facts(x, nil), l: texts4(t), now: time.Unix(0, 0)}
	asked := 0
	for i := range r.Packs {
		form := &r.Packs[i]
		for n, f := range m.draft(r, form).Fields {
			if form.Fields[n].Value != "incident.persons" {
				continue
			}
			if asked++; !f.MustWrite || f.Value != "" || !strings.Contains(f.Help, "4\u00a0800") || !strings.Contains(f.Help, "saknas antal") {
				t.Errorf("%s: %+v", form.ID, f)
			}
		}
	}
	if asked == 0 {
		t.Error("no pack asks how many people are hit")
	}
	people := int64(12)
	x.Persons = &people
	for _, f := range m.draft(r, &r.Packs[0]).Fields {
		if f.Help != "" {
			t.Errorf("helps with what is written: %+v", f)
		}
	}
}

func TestRulesAreHeldToWhatTheySpeakOf(t *testing.T) {
	c, err := catalogued()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Rules){
		"a fact that nobody asks about": func(r *Rules) { r.Rules[0].When = []string{"weather"} },
		"a rule twice":                  func(r *Rules) { r.Rules[1].ID = r.Rules[0].ID },
		"a rule without a source":       func(r *Rules) { r.Rules[0].Source = "" },
		"a period that is none":         func(r *Rules) { r.Rules[0].Period = "72" },
		"a condition on no fact":        func(r *Rules) { r.Questions[0].Register = "weather" },
		"a pack of no rule":             func(r *Rules) { r.Packs[0].Rule = "x" },
		"a field from nowhere":          func(r *Rules) { r.Packs[0].Fields[0].Value = "x" },
		"a drill of no question":        func(r *Rules) { r.Drills[0].Answers = map[string]string{"x": "yes"} },
	} {
		r := rules(t)
		change(r)
		if err := r.check(c); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
