// SPDX-License-Identifier: EUPL-1.2

package followup_test

import (
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/followup"
)

// TestOneSettlesTheAnswer: where one system settles the answer of the municipality, one that nobody knows is in use leaves it unknown only when it
// could change it.
func TestOneSettlesTheAnswer(t *testing.T) {
	e := followup.NewEngine(cataloguetest.Load(t))
	at := map[string]int{}
	for i, f := range e.Catalogue.IndicatorFacts {
		at[f.ID] = i
	}
	row := func(use, met catalogue.Truth) followup.Row {
		r := followup.Row{Kind: followup.System, N: 1}
		r.SayAll(at["in_use"], use)
		r.SayAll(at["e_service"], catalogue.Yes)
		for _, fact := range []string{"ever_classified", "for_assistance"} {
			r.SayAll(at[fact], met)
		}
		return r
	}
	const yes, no, maybe = catalogue.Yes, catalogue.No, catalogue.Maybe
	settled, not := followup.Count{Numerator: 1, Denominator: 1}, followup.Count{Denominator: 1}
	unknown := followup.Count{Denominator: 1, Unknown: 1}
	for name, c := range map[string]struct {
		rows      []followup.Row
		none, any followup.Count
	}{
		"all in use, none met":             {[]followup.Row{row(yes, no), row(yes, no)}, settled, not},
		"one that may be in use is not":    {[]followup.Row{row(yes, no), row(maybe, no)}, settled, not},
		"one that may be in use is":        {[]followup.Row{row(yes, no), row(maybe, yes)}, unknown, unknown},
		"one that may be in use may be":    {[]followup.Row{row(yes, no), row(maybe, maybe)}, unknown, unknown},
		"one in use may be":                {[]followup.Row{row(yes, no), row(yes, maybe)}, unknown, unknown},
		"one is, whatever is unknown":      {[]followup.Row{row(yes, yes), row(maybe, maybe), row(yes, maybe)}, not, settled},
		"one that is not in use is":        {[]followup.Row{row(yes, no), row(no, yes)}, settled, not},
		"nothing that may be in use is it": {[]followup.Row{row(maybe, no)}, settled, not},
	} {
		tallies := e.Tally(c.rows)
		for id, want := range map[string]followup.Count{"INFOKLASSNING_SAKNAS": c.none, "ETJANST_EKB": c.any} {
			i, _ := e.Index(id)
			if got := tallies[i][followup.Measured].Count(e.Indicators[i].Answer); got != want {
				t.Errorf("%s: %s is %+v, want %+v", name, id, got, want)
			}
		}
	}
}
