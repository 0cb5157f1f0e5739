// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/requirement"
)

// What units answer is counted in the series that it is known by and in no other: one that has not answered is unknown, one that was not asked
// is not counted, and an answer in part is no yes.
func TestUnitsAnswerInTheirOwnSeries(t *testing.T) {
	c := cataloguetest.Load(t)
	e := NewEngine(c)
	told := func(m campaign.Meaning, by string) map[string]campaign.Told {
		return map[string]campaign.Told{"reservrutin": {Means: m, By: by}}
	}
	asked := map[string]bool{"reservrutin": true}
	m := &Material{Units: []campaign.UnitAnswers{
		{Name: "a", Number: 1, Sheet: "s", Questions: asked, Told: told(campaign.Good, "self-assessed")},
		{Name: "b", Questions: asked, Told: told(campaign.Part, "self-assessed")},
		{Name: "c", Questions: asked, Told: told(campaign.Bad, "self-assessed")},
		{Name: "d", Questions: asked},
		{Name: "e", Questions: asked, Told: told(campaign.Good, "measured")},
		{Name: "f", Questions: map[string]bool{"vikarier": true}},
	}}
	rows, err := Derive(requirement.NewEngine(c), m)
	if err != nil {
		t.Fatal(err)
	}
	i, ok := e.Index("ENHET_RESERVRUTIN")
	if !ok {
		t.Fatal("no such indicator")
	}
	got := e.Tally(rows.Rows)[i]
	want := [NumSeries]Count{{1, 5, 4}, {0, 5, 5}, {1, 5, 2}}
	for s := range Series(NumSeries) {
		if n := got[s].Count(e.Indicators[i].Answer); n != want[s] {
			t.Errorf("%s: %+v, want %+v", s, n, want[s])
		}
	}
	if rows.Refs[0].Href != "/uppfoljningsomgangar/1/blad/s" {
		t.Errorf("the row leads to %s", rows.Refs[0].Href)
	}
	for n, other := range e.Indicators {
		if other.Of != "unit" && e.Tally(rows.Rows)[n][SelfAssessed].Count(other.Answer).Numerator > 0 {
			t.Errorf("%s counts units", other.ID)
		}
	}
}

// Every fact of units names questions that units are asked.
func TestFactsOfUnitsNameQuestions(t *testing.T) {
	c := cataloguetest.Load(t)
	set, err := campaign.Load(data.Files, c)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range c.IndicatorFacts {
		for _, id := range append(f.Asked, f.Told...) {
			q, ok := set.Question(id)
			if n++; !ok || q.Of != campaign.OfUnit {
				t.Errorf("%s: no question %s to units", f.ID, id)
			}
		}
	}
	if n == 0 {
		t.Error("no fact is of units")
	}
}
