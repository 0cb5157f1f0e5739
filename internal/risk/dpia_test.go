// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
)

// dpiaRow is what the law says of one rule, beside the rule.
type dpiaRow struct {
	// law is the place in the law or the guidance that the rule rests on, which the rule must name too.
	law string
	// holds are facts by which the rule holds, and may those that leave it open; of a rule that people answer there are none.
	holds, may string
	// want is what follows when the rule holds and everything else is denied.
	want string
}

// dpiaRows is every rule of the data, with its law.
var dpiaRows = map[string]dpiaRow{
	// Enough by itself.
	"dpia-35-3-a":        {"artikel 35.3 a", "", "", Required},
	"dpia-35-3-b":        {"artikel 35.3 b", "large_scale=yes criminal_data=yes", "large_scale=unknown criminal_data=yes", Required},
	"dpia-35-3-c":        {"artikel 35.3 c", "", "", Required},
	"dpia-35-1-hog-risk": {"artikel 35.1", "", "", Required},
	// One of nine criteria (WP 248 rev.01): two different ones are enough, and of one alone it is written down why the risk is not high.
	"dpia-k1-utvardering":       {"kriterium 1", "", "", Consider},
	"dpia-k1-utvardering-ai":    {"kriterium 1; AIA bilaga III", "ai=yes area=arbetsmarknad", "ai=unknown area=arbetsmarknad", Required}, // k8 too
	"dpia-k2-automatiserat":     {"kriterium 2; GDPR-22", "automated_decision=yes", "automated_decision=unknown", Consider},
	"dpia-k3-kamera":            {"kriterium 3; KBL", "camera=yes", "camera=unknown", Consider},
	"dpia-k3-valfardsteknik":    {"kriterium 3", "area=valfard-teknik", "", Consider},
	"dpia-k3-anstallda":         {"kriterium 3", "", "", Consider},
	"dpia-k4-kansliga":          {"kriterium 4; GDPR-6-9-10", "special_category=yes", "special_category=possible", Consider},
	"dpia-k4-personliga":        {"kriterium 4; OSL-26, OSL-25", "osl=26", "", Consider},
	"dpia-k4-personliga-ovriga": {"kriterium 4; OSL-23, OSL-39", "", "", Consider},
	"dpia-k4-skyddade":          {"kriterium 4 och 7; OSL-21-22", "protected_identity=high", "protected_identity=possible", Consider},
	"dpia-k5-stor-omfattning":   {"kriterium 5", "large_scale=yes", "large_scale=unknown", Consider},
	"dpia-k6-kombinera":         {"kriterium 6", "", "", Consider},
	"dpia-k6-svod":              {"kriterium 6; SVOD", "svod=yes", "svod=unknown", Consider},
	"dpia-k7-barn":              {"kriterium 7", "children=yes", "children=unknown", Consider},
	"dpia-k7-brukare":           {"kriterium 7", "area=overformyndare", "", Consider},
	"dpia-k7-tvang":             {"kriterium 7; LVU-LVM", "coercive_care=yes", "coercive_care=unknown", Consider},
	"dpia-k7-anstallda":         {"kriterium 7", "area=hr", "", Consider},
	"dpia-k8-ny-teknik-ai":      {"kriterium 8", "ai=yes", "ai=unknown", Consider},
	"dpia-k8-ny-teknik":         {"kriterium 8", "", "", Consider},
	"dpia-k9-hindrar":           {"kriterium 9", "", "", Consider},
	// Exempts from what is required otherwise, and only with its reason.
	"dpia-u-35-10":     {"artikel 35.10", "", "", Exempt},
	"dpia-u-35-5":      {"artikel 35.5", "", "", Exempt},
	"dpia-u-liknande":  {"artikel 35.1", "", "", Exempt},
	"dpia-u-fore-2018": {"WP 248 rev.01", "", "", Exempt},
	// How an assessment is made and what comes after it, which decides nothing about whether it is required: TestAssessment keeps 35.1, 35.2, 35.7 and
	// 36.1 in the flow, and TestDue 35.11. What concerns protective security stops the system before it comes so far.
	"dpia-p-fore-start":         {"artikel 35.1", "procurement=yes", "", NotRequired},
	"dpia-p-ombud":              {"artikel 35.2", "", "", NotRequired},
	"dpia-p-innehall":           {"artikel 35.7", "", "", NotRequired},
	"dpia-p-synpunkter":         {"artikel 35.9", "", "", NotRequired},
	"dpia-p-omprovning":         {"artikel 35.11", "", "", NotRequired},
	"dpia-36-1":                 {"artikel 36.1", "", "", NotRequired},
	"dpia-36-2-tid":             {"artikel 36.2", "", "", NotRequired},
	"dpia-36-3-innehall":        {"artikel 36.3", "", "", NotRequired},
	"dpia-aia-27":               {"AIA artikel 27.1", "ai=yes area=hr", "ai=unknown area=hr", Required}, // k7 and k8 require it
	"dpia-stopp-sakerhetsskydd": {"SSL", "security_sensitive=yes", "", NotRequired},
}

// stated makes facts of a system about people, such as "ai=yes osl=26"; what only information has is said of a type of information.
func stated(c *catalogue.Catalogue, list string) (catalogue.Facts, []catalogue.Origin) {
	name := catalogue.Text{SV: "x", EN: "x"}
	subject := catalogue.Source{Kind: catalogue.SourceSubject, Ref: "x", Name: name}
	held := catalogue.Source{Kind: catalogue.SourceInformation, Ref: "y", Name: name}
	for _, f := range strings.Fields("personal_data=yes " + list) {
		fact, value, _ := strings.Cut(f, "=")
		s := catalogue.Statement{Fact: fact, Value: value}
		if fact == "osl" {
			held.Statements = append(held.Statements, s)
			continue
		}
		subject.Statements = append(subject.Statements, s)
	}
	return c.Vocabulary.Resolve(subject, []catalogue.Source{held})
}

// judging are the rules with what is known, judged with everything denied that is not said.
type judging struct {
	c *catalogue.Catalogue
	d *DPIARules
}

// judge denies every rule but what the answers say. "" is no answer.
func (j judging) judge(facts string, answers map[string]Answer, reasons map[string]string) Screening {
	f, origins := stated(j.c, facts)
	k := Known{Facts: &f, Origins: origins, Answers: map[string]Answer{}, Reasons: reasons, Lang: "sv"}
	for i := range j.d.Rules {
		k.Answers[j.d.Rules[i].ID] = No
	}
	for id, a := range answers {
		if k.Answers[id] = a; a == "" {
			delete(k.Answers, id)
		}
	}
	return j.d.Judge(j.c.Vocabulary, &k)
}

// truth tells whether a rule holds in a screening.
func truth(s *Screening, id string) catalogue.Truth {
	for _, list := range [][]Hit{s.Hits, s.Exemptions} {
		for i := range list {
			if list[i].ID == id {
				return list[i].Truth
			}
		}
	}
	return catalogue.No
}

// TestEveryDPIARuleHasItsLaw holds every rule of the data to the table: that the law says so, that the rule holds when it should and not otherwise,
// that what nobody knows leaves it open, and what follows. A rule that has no row fails, and so does a row that has no rule.
func TestEveryDPIARuleHasItsLaw(t *testing.T) {
	c := must(catalogued())(t)
	j := judging{c, must(LoadDPIA(data.Files, c))(t)}
	for id := range dpiaRows {
		if _, ok := j.d.Rule(id); !ok {
			t.Errorf("the table has %s, which is no rule", id)
		}
	}
	for i := range j.d.Rules {
		r := &j.d.Rules[i]
		t.Run(r.ID, func(t *testing.T) {
			row, ok := dpiaRows[r.ID]
			if !ok || row.law == "" || !strings.Contains(r.Source, row.law) {
				t.Fatalf("the table says that %q has its source in %q", r.Source, row.law)
			}
			switch r.Kind {
			case RuleSufficient, RuleCriterion:
				j.decides(t, r, &row)
			case RuleExemption:
				j.exempts(t, r)
			default:
				j.tells(t, r, &row)
			}
		})
	}
}

// decides sees that a rule holds, does not hold and is open when it should be.
func (j judging) decides(t *testing.T, r *Rule, row *dpiaRow) {
	t.Helper()
	said := map[string]Answer{r.ID: Yes}
	if !r.Asked() {
		said[r.ID] = ""
		if row.holds == "" {
			t.Fatal("the table does not say which facts make it hold")
		}
	}
	if s := j.judge(row.holds, said, nil); truth(&s, r.ID) != catalogue.Yes || s.Outcome != row.want {
		t.Errorf("it holds: %s, want %s: %+v", s.Outcome, row.want, s)
	}
	if s := j.judge("", nil, nil); truth(&s, r.ID) != catalogue.No || s.Outcome != NotRequired {
		t.Errorf("it does not hold: %+v", s)
	}
	if !r.Asked() && row.may == "" {
		return // what area or secrecy it belongs to is always known
	}
	for _, a := range []Answer{"", Unknown} {
		s := j.judge(row.may, map[string]Answer{r.ID: a}, nil)
		if truth(&s, r.ID) != catalogue.Maybe {
			t.Errorf("nobody knows (%q): %+v", a, s)
		}
		if r.Kind == RuleSufficient && s.Outcome != MayBe {
			t.Errorf("nobody knows what would be enough: %s", s.Outcome)
		}
	}
}

// tells sees that a rule of how an assessment is made is told of when it holds, and decides nothing about whether one is required.
func (j judging) tells(t *testing.T, r *Rule, row *dpiaRow) {
	t.Helper()
	for _, a := range []Answer{Yes, No, Unknown, ""} {
		s := j.judge(row.holds, map[string]Answer{r.ID: a}, nil)
		told := slices.ContainsFunc(s.Steps, func(h Hit) bool { return h.ID == r.ID && h.Truth == catalogue.Yes })
		if s.Outcome != row.want || truth(&s, r.ID) != catalogue.No || told != (r.Kind == RuleProcess) {
			t.Errorf("answered %q: %s, told %v, want %s", a, s.Outcome, told, row.want)
		}
	}
	if s := j.judge(row.may, map[string]Answer{r.ID: ""}, nil); row.may != "" && !slices.ContainsFunc(s.Steps, func(h Hit) bool { return h.ID == r.ID && h.Truth == catalogue.Maybe }) {
		t.Errorf("nobody knows: %+v", s.Steps)
	}
}

// exempts sees that an exemption takes an answer and a reason, and exempts from nothing that is not required.
func (j judging) exempts(t *testing.T, r *Rule) {
	t.Helper()
	const required = "children=yes ai=yes"
	why := map[string]string{r.ID: "Prop. 2017/18:171."}
	for name, tc := range map[string]struct {
		facts   string
		answer  Answer
		reasons map[string]string
		want    string
	}{
		"claimed with a reason":    {required, Yes, why, Exempt},
		"claimed without a reason": {required, Yes, nil, Required},
		"denied":                   {required, No, why, Required},
		"not answered":             {required, "", why, Required},
		"nothing to exempt from":   {"", Yes, why, NotRequired},
		"of one criterion":         {"ai=yes", Yes, why, Consider},
	} {
		if s := j.judge(tc.facts, map[string]Answer{r.ID: tc.answer}, tc.reasons); s.Outcome != tc.want {
			t.Errorf("%s: %s, want %s", name, s.Outcome, tc.want)
		}
	}
}

// TestTwoCriteria lets every two rules hold together: different criteria are enough, and two rules of the same are one (WP 248 rev.01; IMY's list).
func TestTwoCriteria(t *testing.T) {
	c := must(catalogued())(t)
	j := judging{c, must(LoadDPIA(data.Files, c))(t)}
	for a := range j.d.Rules {
		for b := range a {
			x, y := &j.d.Rules[a], &j.d.Rules[b]
			if x.Kind != RuleCriterion || y.Kind != RuleCriterion {
				continue
			}
			said := map[string]Answer{x.ID: Yes, y.ID: Yes}
			s := j.judge(dpiaRows[x.ID].holds+" "+dpiaRows[y.ID].holds, said, nil)
			switch {
			case x.Criterion != y.Criterion && s.Outcome != Required:
				t.Errorf("%s and %s: %s with %d criteria", x.ID, y.ID, s.Outcome, s.Criteria)
			case x.Criterion == y.Criterion && s.Criteria == 1 && s.Outcome != Consider:
				t.Errorf("%s and %s are the same criterion: %s", x.ID, y.ID, s.Outcome)
			}
		}
	}
}

// TestDue asks for a new look when its day has come, and when what decides has changed (article 35.11).
func TestDue(t *testing.T) {
	day := must(civil.New(2027, 11, 28))(t)
	decided := DPIA{State: StateDecided, ReviewOn: day, Required: Required}
	for name, tc := range map[string]struct {
		d         DPIA
		today     civil.Date
		screening string
		want      bool
	}{
		"the day before":          {decided, day.AddDays(-1), Required, false},
		"the day":                 {decided, day, Required, true},
		"the screening changed":   {decided, day.AddDays(-1), MayBe, true},
		"not decided":             {DPIA{State: StateDraft, ReviewOn: day}, day, Required, false},
		"decided without a day":   {DPIA{State: StateDecided, Required: Required}, day, Required, false},
		"29 February as its day":  {DPIA{State: StateDecided, Required: Required, ReviewOn: must(civil.New(2028, 2, 29))(t)}, must(civil.New(2028, 2, 29))(t), Required, true},
		"the day before the leap": {DPIA{State: StateDecided, Required: Required, ReviewOn: must(civil.New(2028, 2, 29))(t)}, must(civil.New(2028, 2, 28))(t), Required, false},
	} {
		if got := tc.d.Due(tc.today, tc.screening); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestWhole misses each part that article 35.7 a to d asks for.
func TestWhole(t *testing.T) {
	whole := DPIA{Description: "a", Necessity: "b", Risks: "c", Measures: "d"}
	if !whole.Whole() {
		t.Error("all four parts are not enough")
	}
	for name, clear := range map[string]func(*DPIA){
		"35.7 a": func(d *DPIA) { d.Description = "" }, "35.7 b": func(d *DPIA) { d.Necessity = "" }, "35.7 c": func(d *DPIA) { d.Risks = "" }, "35.7 d": func(d *DPIA) { d.Measures = "" },
	} {
		d := whole
		if clear(&d); d.Whole() {
			t.Errorf("without %s it is whole", name)
		}
	}
}
