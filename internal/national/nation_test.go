// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"maps"
	"slices"
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// TestNationShowsItsTotals publishes a whole nation over seven periods, in which some municipalities come, some leave, some lose what they
// knew and some correct theirs: the totals are shown all the same, and most groups.
func TestNationShowsItsTotals(t *testing.T) {
	const systems = 60
	e := engine(t)
	sim := NewSimulation(e, 1, 290, systems)
	codes := sim.Codes()
	b := newShelf(e.Catalogue)
	values := func(p Period) map[string][]Figure {
		out := map[string][]Figure{}
		for i, x := range Each(codes, func(code string) []followup.Value {
			profile := sim.Profile(code)
			return e.Compute(sim.Rows(&profile, p))
		}) {
			for _, v := range x {
				out[codes[i]] = append(out[codes[i]], Figure{v.Indicator, v.Definition, v.Series.String(), v.Numerator, v.Denominator, v.Unknown})
			}
		}
		return out
	}
	all := map[string]standing{}
	for _, code := range codes {
		p := sim.Profile(code)
		all[code] = standing{municipality: code, size: p.Size, shown: p.Shown}
	}
	without := func(n ...int) map[string]standing {
		out := maps.Clone(all)
		for _, i := range n {
			delete(out, codes[i])
		}
		return out
	}
	last := values(Period{2026, 2})
	fixed := maps.Clone(last)
	for _, i := range []int{3, 40, 80, 120, 150, 151, 152, 153, 200, 210, 220, 280} {
		of := append([]Figure{}, fixed[codes[i]]...)
		for j := range of {
			of[j].Numerator /= 2
		}
		fixed[codes[i]] = of
	}
	for _, step := range []struct {
		name    string
		period  Period
		who     map[string]standing
		figures map[string][]Figure
	}{
		{"the first year", Period{2024, 0}, without(5, 17, 99, 100, 101, 250, 251, 252), values(Period{2024, 0})},
		{"eight have come", Period{2025, 0}, all, values(Period{2025, 0})},
		{"one has left", Period{2026, 1}, without(33), values(Period{2026, 1})},
		{"it is back, and three others have left", Period{2026, 2}, without(4, 120, 240), last},
		{"twelve correct theirs", Period{2026, 2}, without(4, 120, 240), fixed},
		{"all are back", Period{2026, 3}, all, values(Period{2026, 3})},
	} {
		var totals, could, shown, groups, groupsShown int
		sound := map[string][]Part{} // those who know something, by series
		for code := range step.who {
			m, _ := e.Catalogue.Municipality(code)
			at := slices.IndexFunc(e.Catalogue.Municipalities, func(x catalogue.Municipality) bool { return x.Code == m.Code })
			for _, f := range step.figures[code] {
				if f.Count().Shown() {
					sound[f.Name()] = append(sound[f.Name()], Part{At: at, Count: f.Count(), Shown: all[code].shown})
				}
			}
		}
		why := map[Reason]int{}
		for _, c := range b.publish(step.period, step.who, step.figures) {
			if c.Split == Whole {
				totals++
				if unsafe(sound[SeriesName(c.Indicator, c.Definition, c.Series)]) == "" {
					could++
					if c.Published() {
						shown++
					}
				}
				continue
			}
			groups++
			why[c.Why]++
			if c.Published() {
				groupsShown++
			}
		}
		t.Logf("%s: %d of %d totals that are safe by themselves, of %d; %d of %d groups: %v", step.name, shown, could, totals, groupsShown, groups, why)
		if could < 75 || shown*20 < could*19 {
			t.Errorf("%s: %d of %d totals that are safe by themselves are shown", step.name, shown, could)
		}
	}
}
