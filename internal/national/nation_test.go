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
	values := func(p Period) map[string][]Figure { return figuresIn(sim, p) }
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
		could, shown := told(t, step.name, b.publish(step.period, step.who, step.figures), wholesome(e.Catalogue, step.who, step.figures))
		if could < 75 || shown*20 < could*19 {
			t.Errorf("%s: %d of %d totals that are safe by themselves are shown", step.name, shown, could)
		}
	}
}

// figuresIn are the figures of a simulated nation, by municipality.
func figuresIn(sim *Simulation, p Period) map[string][]Figure {
	codes, out := sim.Codes(), map[string][]Figure{}
	for i, x := range Each(codes, func(code string) []followup.Value {
		profile := sim.Profile(code)
		return sim.engine.Compute(sim.Rows(&profile, p))
	}) {
		for _, v := range x {
			out[codes[i]] = append(out[codes[i]], Figure{v.Indicator, v.Definition, v.Series.String(), v.Numerator, v.Denominator, v.Unknown})
		}
	}
	return out
}

// wholesome tells of which series the total is safe by itself, whatever has been published before.
func wholesome(c *catalogue.Catalogue, who map[string]standing, figures map[string][]Figure) map[string]bool {
	parts := map[string][]Part{}
	for i := range c.Municipalities {
		code := c.Municipalities[i].Code
		x, came := who[code]
		for _, f := range figures[code] {
			if came && f.Count().Shown() {
				parts[f.Name()] = append(parts[f.Name()], Part{At: i, Count: f.Count(), Shown: x.shown})
			}
		}
	}
	out := map[string]bool{}
	for name, of := range parts {
		out[name] = unsafe(of) == ""
	}
	return out
}

// told counts how many totals that are safe by themselves there are, and how many of them are published.
func told(t *testing.T, step string, cells []published, safe map[string]bool) (could, shown int) {
	t.Helper()
	totals, groups, groupsShown := 0, 0, 0
	for i := range cells {
		c := &cells[i]
		switch is := safe[SeriesName(c.Indicator, c.Definition, c.Series)]; {
		case c.Split != Whole:
			groups++
			if c.Published() {
				groupsShown++
			}
		default:
			totals++
			if is {
				could++
			}
			if is && c.Published() {
				shown++
			}
		}
	}
	t.Logf("%s: %d of %d totals that are safe by themselves, of %d; %d of %d groups", step, shown, could, totals, groupsShown, groups)
	return could, shown
}

// TestNoClassificationIsTold publishes how many municipalities have no decided classification at all: a nation has some, each of them knows it,
// and what is told is what is true of every system, counted here by hand.
func TestNoClassificationIsTold(t *testing.T) {
	e := engine(t)
	sim := NewSimulation(e, 1, 290, 60)
	fact := map[string]int{}
	for i, f := range e.Catalogue.IndicatorFacts {
		fact[f.ID] = i
	}
	for _, step := range []struct {
		period    Period
		low, high float64
	}{{Period{2024, 0}, 25, 45}, {Period{2026, 3}, 12, 32}} {
		var none int64
		total := sim.NewTotal()
		all := map[string]standing{}
		for _, code := range sim.Codes() {
			p := sim.Profile(code)
			all[code] = standing{municipality: code, size: p.Size, shown: p.Shown}
			rows := sim.Rows(&p, step.period)
			total.Add(e.Tally(rows))
			has := false
			for i := range rows {
				r := &rows[i]
				has = has || r.Kind == followup.System && r.No[followup.Measured]&(1<<fact["in_use"]) == 0 && r.Yes[followup.Measured]&(1<<fact["ever_classified"]) != 0
			}
			if !has {
				none++
			}
		}
		var truth Sum
		for _, s := range total.Sums() {
			if s.Indicator == "INFOKLASSNING_SAKNAS.2.measured" {
				truth = s
			}
		}
		if truth.Numerator != none || truth.Denominator != 290 || truth.Unknown != 0 {
			t.Errorf("%s: the truth is %+v, by hand %d", step.period, truth, none)
		}
		told := 0
		for _, c := range newShelf(e.Catalogue).publish(step.period, all, figuresIn(sim, step.period)) {
			if c.Indicator != "INFOKLASSNING_SAKNAS" || c.Split != Whole || c.Series == followup.Attested.String() {
				continue
			}
			if told++; !c.Published() || c.Sum.Numerator != none || c.Sum.Denominator != 290 {
				t.Errorf("%s, %s: told %+v, the truth is %d", step.period, c.Series, c.Cell, none)
			}
			if share := c.Sum.OfKnown(); share < step.low || share > step.high {
				t.Errorf("%s, %s: %.0f %% have none", step.period, c.Series, share)
			}
		}
		if told != 2 {
			t.Errorf("%s: told in %d series", step.period, told)
		}
	}
}

// TestSimulatedNationRevealsNobody attacks what a whole simulated nation publishes over its five periods, to the questions that are asked first:
// with all that is told in all periods, groups and series, nobody who has not agreed to be shown comes out, and no two sums differ by fewer than
// five.
func TestSimulatedNationRevealsNobody(t *testing.T) {
	e := engine(t)
	sim := NewSimulation(e, 2019, 290, 40)
	all := map[string]standing{}
	for _, code := range sim.Codes() {
		p := sim.Profile(code)
		all[code] = standing{municipality: code, size: p.Size, shown: p.Shown}
	}
	b := newShelf(e.Catalogue)
	var counted knows
	series := map[string]*knows{}
	same := func(int) string { return "" }
	for _, p := range sim.Periods(civilNow()) {
		figures := figuresIn(sim, p)
		for code, of := range figures {
			figures[code] = slices.DeleteFunc(of, func(f Figure) bool { return !slices.Contains(asked, f.Indicator) })
		}
		for _, c := range b.publish(p, all, figures) {
			if !c.Published() {
				continue
			}
			counted.add(c.Base, same)
			name := SeriesName(c.Indicator, c.Definition, c.Series)
			if series[name] == nil {
				series[name] = &knows{}
			}
			series[name].add(c.Base, same)
			series[name].add(c.Hidden, same)
		}
	}
	if len(series) < 8 || len(counted.sums) < 5 {
		t.Fatalf("%d series and %d sums are told", len(series), len(counted.sums))
	}
	if said := counted.attack(); said != "" {
		t.Errorf("what is counted: %s", said)
	}
	for name, k := range series {
		if said := k.attack(); said != "" {
			t.Errorf("%s: %s", name, said)
		}
	}
}
