// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// ruleRow is what the law says of one rule, beside the rule: where, what must hold for it to apply, and how long there is from what.
type ruleRow struct{ law, when, clock string }

// ruleRows is every rule of the data, with its law.
var ruleRows = map[string]ruleRow{
	"inc-gdpr-33":                {"GDPR-33-34: 33.1, 33.3", "breach risk", "PT72H from awareness"},
	"inc-gdpr-33-etapp":          {"GDPR-33-34: 33.4", "breach risk incomplete", ""},
	"inc-gdpr-33-bitrade":        {"GDPR-33-34: 33.2; GDPR-28", "breach as_processor", ""},
	"inc-gdpr-33-klocka":         {"GDPR-33-34: 33.1", "breach", ""},
	"inc-gdpr-33-5":              {"GDPR-33-34: 33.5", "breach", ""},
	"inc-gdpr-34":                {"GDPR-33-34: 34.1–34.2", "breach high_risk", ""},
	"inc-gdpr-34-undantag":       {"GDPR-33-34: 34.3", "breach high_risk", ""},
	"inc-gdpr-34-skyddade":       {"OSL-21-22; GDPR-33-34: 34.1", "breach protected_identity", ""},
	"inc-gdpr-sakskydd-undantag": {"DSL: 1 kap. 4 §", "security_protection", ""},
	"inc-csl-24h":                {"CSL: 2:5; CSF: 6, 31 §§", "cyber significant", "PT24H from awareness"},
	"inc-csl-72h":                {"CSL: 2:6; CSF: 6 §", "cyber significant", "PT72H from awareness"},
	"inc-csl-72h-betrodd":        {"CSL: 2:6", "cyber significant trust_service", "PT24H from awareness"},
	"inc-csl-delrapport":         {"CSL: 2:7", "cyber significant progress_requested", ""},
	"inc-csl-slut":               {"CSL: 2:8", "cyber significant notified", "P1M from notification"},
	"inc-csl-lage":               {"CSL: 2:8", "cyber significant notified ongoing", "P1M from notification"},
	"inc-csl-slut-efter-lage":    {"CSL: 2:8", "cyber significant progress_reported", "P1M from handled"},
	"inc-csl-mottagare":          {"CSL: 2:9", "cyber significant recipients_affected", ""},
	"inc-csl-hot":                {"CSL: 2:10", "cyber threat_to_recipients", ""},
	"inc-csl-polis":              {"CSF: 33 § 4", "cyber significant crime", ""},
	"inc-csl-sekretess":          {"OSL-18:8b", "cyber", ""},
	"inc-csl-undantag-del":       {"CSL: 1:12–13", "security_protection", ""},
	"inc-csl-tillsyn":            {"CSF: 7, 10–15, 33 §§", "cyber significant", ""},
	"inc-lexsarah-rapport":       {"LEXSARAH: SoL 27:2; LSS 24 b §", "social_services", ""},
	"inc-lexsarah-utred":         {"LEXSARAH: SoL 27:5; LSS 24 e §", "social_services deviation_reported", ""},
	"inc-lexsarah-ivo":           {"LEXSARAH: SoL 27:6; LSS 24 f §", "social_services serious_deviation", ""},
	"inc-lexmaria-utred":         {"PSL: 3 kap. 3 §", "care care_harm", ""},
	"inc-lexmaria-ivo":           {"PSL: 3 kap. 5 §", "care serious_care_harm", ""},
	"inc-psl-patient":            {"PSL: 3 kap. 8 §", "care care_harm", ""},
	"inc-hsl-csl":                {"CSL: 2:5; CSF: 7 §", "care cyber significant", "PT24H from awareness"},
	"inc-hsl-logg":               {"PDL: 4:3, 8:5; HSLF2016:40: 4:9", "care record_reading", ""},
	"inc-sapo":                   {"säkerhetsskyddsförordning (2021:955) 2 kap. 4 §", "security_protection", ""},
	"inc-sapo-it":                {"säkerhetsskyddsförordning (2021:955) 2 kap. 4 §", "security_protection", ""},
	"inc-sapo-hot":               {"säkerhetsskyddsförordning (2021:955) 2 kap. 4 §", "security_protection", ""},
	"inc-eidas-nod":              {"EIDASNOD: 1 c §", "eid_node", ""},
	"inc-avtal-leverantor":       {"GDPR-28; CSL: 2:3", "supplier", ""},
	// What decides whether it is significant.
	"sig-csl-drift":   {"CSL: 2:5 andra stycket", "cyber", ""},
	"sig-csl-ekonomi": {"CSL: 2:5 andra stycket", "cyber", ""},
	"sig-csl-andra":   {"CSL: 2:5 andra stycket", "cyber", ""},
	// A threat has not happened yet: it is told to those who use the service (inc-csl-hot), and makes nothing significant.
	"sig-csl-hot": {"CSL: 2:10", "cyber", ""},
	// Figures that nobody has verified: they are shown and decide nothing.
	"sig-mcffs-4h":       {"MCFFS2026:8", "cyber", "PT4H from limitation"},
	"sig-mcffs-12h":      {"MCFFS2026:8", "cyber", "PT12H from fallback"},
	"sig-mcffs-upprepad": {"MCFFS2026:8", "cyber", "P6M from first"},
	"sig-mcffs-vatten":   {"MCFFS2026:8", "cyber", "PT4H from limitation"},
	"sig-mcffs-k-r":      {"MCFFS2026:8", "cyber", ""},
}

// incidentOf makes an incident of which each fact is as it is said to be. ok is false when a fact cannot be so.
func incidentOf(facts map[string]Answer) (x *Incident, ok bool) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	x = &Incident{AwareAt: at, HandledAt: at, Risk: RiskUnlikely, Answers: map[string]Answer{}, Reports: map[string]Report{}}
	moment := func(a Answer, yes, no time.Time) time.Time {
		if ok = ok && a != Unknown; a == Yes {
			return yes
		}
		return no
	}
	ok = true
	for name, a := range facts {
		switch name {
		case "risk":
			x.Risk = map[Answer]string{Yes: RiskLikely, No: RiskUnlikely, Unknown: RiskUnknown}[a]
		case "high_risk":
			x.Risk = map[Answer]string{Yes: RiskHigh, No: RiskLikely, Unknown: RiskUnknown}[a]
		case "significant":
			for _, id := range significance {
				x.Answers[id] = a
			}
		case "notified":
			x.NotifiedAt = moment(a, at, time.Time{})
		case "ongoing":
			x.HandledAt = moment(a, time.Time{}, at)
		case "progress_reported":
			if ok = ok && a != Unknown; a == Yes {
				x.Reports["inc-csl-lage"] = Report{Status: Done, At: at}
			}
		default:
			x.Answers[name] = a
		}
	}
	return x, ok
}

// applies tells whether a rule applies to an incident, and what it hangs on; No when it is left out.
func applies(r *Rules, x *Incident, id string) (Answer, Duty) {
	if d := dutyOf(r.Duties(x, r.Facts(x, nil)), id); d != nil {
		return d.Applies, *d
	}
	return No, Duty{}
}

// TestEveryRuleHasItsLaw holds every rule of the data to the table: that the law says so, that it applies when all that it takes holds, that one thing
// that does not hold is enough that it does not, that what nobody knows leaves it open, and how long there is. A rule that has no row fails, and so
// does a row that has no rule.
func TestEveryRuleHasItsLaw(t *testing.T) {
	r := rules(t)
	for id := range ruleRows {
		if _, ok := r.Rule(id); !ok {
			t.Errorf("the table has %s, which is no rule", id)
		}
	}
	for i := range r.Rules {
		rule := &r.Rules[i]
		t.Run(rule.ID, func(t *testing.T) {
			row, ok := ruleRows[rule.ID]
			if !ok || row.law == "" || !strings.Contains(rule.Source, row.law) {
				t.Fatalf("the table says that %q has its source in %q", rule.Source, row.law)
			}
			if got := strings.Join(rule.When, " "); got != row.when {
				t.Errorf("it takes %q, want %q", got, row.when)
			}
			clock := ""
			if rule.Period != "" {
				clock = rule.Period + " from " + rule.From
			}
			if clock != row.clock {
				t.Errorf("there is %q, want %q", clock, row.clock)
			}
			tryFacts(t, r, rule)
			tryClock(t, r, rule)
		})
	}
}

// tryFacts lets a rule have all that it takes, and then lack each of it.
func tryFacts(t *testing.T, r *Rules, rule *Rule) {
	t.Helper()
	all := map[string]Answer{}
	for _, f := range rule.When {
		all[f] = Yes
	}
	x, _ := incidentOf(all)
	want := Yes
	if rule.Kind == KindCriterion {
		want = No // it decides whether others apply
	}
	if got, _ := applies(r, x, rule.ID); got != want {
		t.Errorf("all holds: %q, want %q", got, want)
	}
	for _, lacks := range rule.When {
		for _, a := range []Answer{No, Unknown} {
			one := map[string]Answer{}
			for f := range all {
				one[f] = Yes
			}
			one[lacks] = a
			x, ok := incidentOf(one)
			if !ok {
				continue
			}
			want := a
			if rule.Kind == KindCriterion {
				want = No
			}
			got, d := applies(r, x, rule.ID)
			if got != want || got == Unknown && !slices.Contains(d.Open, lacks) {
				t.Errorf("%s is %q: %q, want %q; it hangs on %v", lacks, a, got, want, d.Open)
			}
		}
	}
}

// tryClock lets the clock of a rule run over the calendar, by what its period is counted from.
func tryClock(t *testing.T, r *Rules, rule *Rule) {
	t.Helper()
	all := map[string]Answer{}
	for _, f := range rule.When {
		all[f] = Yes
	}
	tried := map[string]bool{}
	for name, d := range deadlines {
		if d.period != rule.Period {
			continue
		}
		tried[d.about] = true
		x, _ := incidentOf(all)
		from := wall(t, d.from)
		x.AwareAt = from.Add(-time.Hour) // other moments count for nothing
		switch rule.From {
		case FromAwareness:
			x.AwareAt = from
		case FromNotification:
			x.NotifiedAt = from
		case FromHandled:
			x.HandledAt = from
		}
		_, duty := applies(r, x, rule.ID)
		if rule.Kind == KindThreshold {
			if !duty.Deadline.At.IsZero() {
				t.Errorf("%s: a figure that nobody has verified runs as a clock", name)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { d.check(t, duty.Deadline) })
	}
	if rule.Period != "" && len(tried) == 0 {
		t.Errorf("no row tries %s", rule.Period)
	}
	if rule.Period == "" || rule.Kind != KindDuty {
		return
	}
	for _, about := range []string{ordinary, weekend, holiday, leapDay, summer, winter} {
		if !tried[about] {
			t.Errorf("no row tries %s over %s", rule.Period, about)
		}
	}
	// It does not run before what it is counted from has happened.
	x, _ := incidentOf(all)
	x.AwareAt, x.NotifiedAt, x.HandledAt = time.Time{}, time.Time{}, time.Time{}
	if _, d := applies(r, x, rule.ID); !d.Deadline.At.IsZero() {
		t.Error("the clock runs before it has begun")
	}
}

// TestSignificance tries every answer to the criteria of 2 kap. 5 § andra stycket cybersäkerhetslagen: one that holds is enough, all must be denied, and
// what nobody has answered leaves it open. Every criterion of the data is one of them or is known to be none, and no unverified figure decides.
func TestSignificance(t *testing.T) {
	r := rules(t)
	for i := range r.Rules {
		rule := &r.Rules[i]
		if rule.Kind == KindCriterion && rule.ID != "sig-csl-hot" && !slices.Contains(significance, rule.ID) {
			t.Errorf("%s decides nothing", rule.ID)
		}
		if slices.Contains(significance, rule.ID) && (rule.Kind != KindCriterion || !rule.Verified || !strings.HasPrefix(rule.Source, "CSL: 2:5")) {
			t.Errorf("%s decides, and is %s from %q", rule.ID, rule.Kind, rule.Source)
		}
		if rule.Kind == KindThreshold && rule.Verified {
			t.Errorf("%s is verified, and decides nothing", rule.ID)
		}
	}
	hours := int64(10_000)
	answers := []Answer{Yes, No, Unknown, ""}
	for _, a := range answers {
		for _, b := range answers {
			for _, c := range answers {
				want := Unknown
				switch all := []Answer{a, b, c}; {
				case slices.Contains(all, Yes):
					want = Yes
				case a == No && b == No && c == No:
					want = No
				}
				x := &Incident{Answers: map[string]Answer{"threat_to_recipients": Yes}, LimitedHours: &hours, FallbackHours: &hours}
				for i, answer := range []Answer{a, b, c} {
					if answer != "" {
						x.Answers[significance[i]] = answer
					}
				}
				if got := r.Facts(x, nil)["significant"]; got != want {
					t.Errorf("%q, %q and %q: %q, want %q", a, b, c, got, want)
				}
			}
		}
	}
}

// TestRegisterProposes lets what the register knows answer a question that nobody has answered, and no other.
func TestRegisterProposes(t *testing.T) {
	r := rules(t)
	c, err := catalogued()
	if err != nil {
		t.Fatal(err)
	}
	for id, fact := range map[string]catalogue.Statement{
		"breach": {Fact: "personal_data", Value: "yes"}, "protected_identity": {Fact: "protected_identity", Value: "high"}, "supplier": {Fact: "supplier", Value: "yes"},
		"social_services": {Fact: "area", Value: "lss"}, "care": {Fact: "area", Value: "hsl"}, "security_protection": {Fact: "security_sensitive", Value: "yes"},
	} {
		facts, _ := c.Vocabulary.Resolve(catalogue.Source{Kind: catalogue.SourceSubject, Ref: "x", Statements: []catalogue.Statement{fact}}, nil)
		if got := r.Facts(&Incident{}, &facts)[id]; got != Yes {
			t.Errorf("%s: the register says %q", id, got)
		}
		if got := r.Facts(&Incident{Answers: map[string]Answer{id: No}}, &facts)[id]; got != No {
			t.Errorf("%s: what a person has denied is %q", id, got)
		}
		if got := r.Facts(&Incident{}, nil)[id]; got != Unknown {
			t.Errorf("%s: without a register %q", id, got)
		}
	}
}

// TestTheMonthFollowsTheNotification counts the month of the final report from the notification as it was made at last: also from that of a trust service,
// also when its moment is corrected, and not when it turns out not to have been made (CSL 2:6 and 2:8).
func TestTheMonthFollowsTheNotification(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		must(w.s.Report(t.Context(), w.actor, New{Title: "Intrång", Systems: []string{"akten"}}))(t)
		notified := func(rule, status string, at, want time.Time) {
			t.Helper()
			if err := w.s.Decide(t.Context(), w.actor, "1", Report{Rule: rule, Status: status, At: at, Reason: "x"}); err != nil {
				t.Fatal(err)
			}
			if got := must(w.s.Open(t.Context(), w.actor, "1", texts4(t)))(t).NotifiedAt; !got.Equal(want) {
				t.Errorf("%s %s: notified %s, want %s", rule, status, got, want)
			}
		}
		first, second := now.Add(-3*time.Hour), now.Add(-time.Hour)
		notified("inc-csl-24h", Done, first, time.Time{})
		notified("inc-csl-72h-betrodd", Done, second, second)
		notified("inc-csl-72h", Done, first, first)
		notified("inc-csl-72h", Done, first.Add(-time.Hour), first.Add(-time.Hour))
		notified("inc-csl-72h", Planned, second, second)
		notified("inc-csl-72h-betrodd", NotNeeded, second, time.Time{})
	})
}
