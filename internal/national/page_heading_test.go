// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
)

// TestFinding reads the heading: it says better only where the indicator has a way to go, the two years compare, they stand on about as many, and
// they differ.
func TestFinding(t *testing.T) {
	bundle, err := locale.NewBundle(map[string]string{"national": Messages})
	must(t, err)
	whole := func(n int64) Cell { return Cell{Members: 200, Sum: followup.Count{Numerator: n, Denominator: 200}} }
	for want, x := range map[string]struct {
		direction string
		was, is   int64
		breaks    []catalogue.Break
		why       Reason
		// before is how many municipalities the year before stands on; nothing is as many as now.
		before int
	}{
		"Klassat: 13 %, bättre än 2025 (9 %)": {"up", 18, 26, nil, "", 170},
		"Klassat: 9 %, sämre än 2025 (13 %)":  {"up", 26, 18, nil, "", 0},
		"Klassat: 5 %, bättre än 2025 (8 %)":  {"down", 16, 10, nil, "", 0},
		"Klassat: 7 %, samma som 2025":        {"up", 14, 14, nil, "", 0},
		"Klassat: 6 %, mer än 2025 (4 %)":     {"none", 8, 12, nil, "", 0},
		"Klassat: 14 %":                       {"up", 12, 28, []catalogue.Break{{Year: 2026}}, "", 0},
		"Klassat: 15 %, bättre än 2025 (6 %)": {"up", 12, 30, []catalogue.Break{{Year: 2025}}, "", 0},
		"Klassat: 16 %":                       {"up", 12, 32, nil, "", 90},
		"Klassat: siffran visas inte":         {"up", 12, 30, nil, Few, 0},
	} {
		p := Picture{
			Indicator: &catalogue.Indicator{Name: catalogue.Text{SV: "Klassat"}, Direction: x.direction, Breaks: x.breaks, Answer: catalogue.AnswerShare},
			Release:   Release{Number: 1, Period: Period{2026, 3}}, Whole: whole(x.is), Trend: []TrendPoint{{Period{2025, 0}, followup.Measured, whole(x.was)}},
		}
		if p.Whole.Why = x.why; x.before > 0 {
			p.Trend[0].Members = x.before
		}
		if got := strings.ReplaceAll(finding(bundle.In("sv"), &p), "\u00a0", " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestGaps reads what is said of what the figure does not speak of: nothing is said to be missing where nothing is.
func TestGaps(t *testing.T) {
	bundle, err := locale.NewBundle(map[string]string{"national": Messages})
	must(t, err)
	for want, x := range map[string]struct {
		answer             string
		unknown            int64
		submitted, country int
	}{
		"Alla 290 kommuner är med.": {catalogue.AnswerShare, 0, 290, 290},
		"Om 7 till i de 290 kommuner som har lämnat är inget känt. Siffran säger därför inte hur det är i hela landet.":      {catalogue.AnswerShare, 7, 290, 290},
		"En kommun har inte lämnat. Siffran säger därför inte hur det är i hela landet.":                                     {catalogue.AnswerAny, 0, 289, 290},
		"En till har lämnat utan känt svar. Siffran säger därför inte hur det är i hela landet.":                             {catalogue.AnswerEvery, 1, 290, 290},
		"3 till har lämnat utan känt svar. 90 kommuner har inte lämnat. Siffran säger därför inte hur det är i hela landet.": {catalogue.AnswerNone, 3, 200, 290},
	} {
		p := Picture{
			Indicator: &catalogue.Indicator{Answer: x.answer}, Country: x.country,
			Whole: Cell{Submitted: x.submitted, Sum: followup.Count{Denominator: 290, Unknown: x.unknown}},
		}
		if got := strings.ReplaceAll(gaps(bundle.In("sv"), &p), "\u00a0", " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTrendFinding says how it has gone only where both ends stand on about as many.
func TestTrendFinding(t *testing.T) {
	bundle, err := locale.NewBundle(map[string]string{"national": Messages})
	must(t, err)
	end := func(p Period, members int, n int64) TrendPoint {
		return TrendPoint{p, followup.Measured, Cell{Members: members, Sum: followup.Count{Numerator: n, Denominator: 100}}}
	}
	for want, trend := range map[string][]TrendPoint{
		"Uppmätt: från 10 % (2024) till 12 % (2026)": {end(Period{2024, 0}, 200, 10), end(Period{2026, 0}, 210, 12)},
		"Över tid": {end(Period{2024, 0}, 25, 10), end(Period{2026, 0}, 44, 12)},
	} {
		p := Picture{Indicator: &catalogue.Indicator{}, Trend: trend}
		if got := strings.ReplaceAll(trendFinding(bundle.In("sv"), &p), "\u00a0", " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	p := Picture{
		Indicator: &catalogue.Indicator{Name: catalogue.Text{SV: "Starkt"}, Answer: catalogue.AnswerEvery}, Release: Release{Number: 1, Period: Period{2026, 3}},
		Whole: Cell{Members: 44, Sum: followup.Count{Numerator: 6, Denominator: 290, Unknown: 246}},
	}
	if got := strings.ReplaceAll(finding(bundle.In("sv"), &p), "\u00a0", " "); got != "Starkt: 13,6 % av 44 kommuner" {
		t.Errorf("the heading of an answer by municipality: %q", got)
	}
}
