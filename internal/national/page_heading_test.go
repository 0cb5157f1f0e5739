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
