// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
)

func TestTally(t *testing.T) {
	for name, c := range map[string]struct {
		tally  Tally
		answer Answer
		share  Count
		every  Count
		any    Count
		none   Count
	}{
		"nothing":               {Tally{}, Nothing, Count{}, Count{}, Count{}, Count{}},
		"rows, none counted":    {Tally{Rows: 3}, Nothing, Count{}, Count{}, Count{0, 1, 0}, Count{1, 1, 0}},
		"all are met":           {Tally{3, 3, 0, 0}, Yes, Count{3, 3, 0}, Count{1, 1, 0}, Count{1, 1, 0}, Count{0, 1, 0}},
		"one is not":            {Tally{3, 2, 1, 0}, Partly, Count{2, 3, 0}, Count{0, 1, 0}, Count{1, 1, 0}, Count{0, 1, 0}},
		"one is unknown":        {Tally{3, 2, 0, 1}, Partly, Count{2, 3, 1}, Count{0, 1, 1}, Count{1, 1, 0}, Count{0, 1, 0}},
		"none is met":           {Tally{3, 0, 3, 0}, No, Count{0, 3, 0}, Count{0, 1, 0}, Count{0, 1, 0}, Count{1, 1, 0}},
		"nothing is known":      {Tally{3, 0, 0, 3}, NotShown, Count{0, 3, 3}, Count{0, 1, 1}, Count{0, 1, 1}, Count{0, 1, 1}},
		"one not, rest unknown": {Tally{3, 0, 1, 2}, NotShown, Count{0, 3, 2}, Count{0, 1, 0}, Count{0, 1, 1}, Count{0, 1, 1}},
	} {
		if got := c.tally.Answer(); got != c.answer {
			t.Errorf("%s: the answer is %s, want %s", name, got, c.answer)
		}
		for how, want := range map[string]Count{catalogue.AnswerAny: c.any, catalogue.AnswerNone: c.none} {
			one := map[Count]Answer{{}: Nothing, {0, 1, 0}: No, {1, 1, 0}: Yes, {0, 1, 1}: NotShown}[want]
			if got := c.tally.AnswerTo(&catalogue.Indicator{Answer: how}); got != one {
				t.Errorf("%s, %s: the answer is %s, want %s", name, how, got, one)
			}
		}
		if got := c.tally.AnswerTo(&catalogue.Indicator{Answer: catalogue.AnswerEvery}); got != c.answer {
			t.Errorf("%s: the answer to every is %s, want %s", name, got, c.answer)
		}
		for how, want := range map[string]Count{catalogue.AnswerShare: c.share, catalogue.AnswerEvery: c.every, catalogue.AnswerAny: c.any, catalogue.AnswerNone: c.none} {
			if got := c.tally.Count(how); got != want {
				t.Errorf("%s, %s: got %+v, want %+v", name, how, got, want)
			}
		}
	}
}

func TestRule(t *testing.T) {
	const a, b, c = 1, 2, 4
	r := rule{{yes: a | b}, {no: c}} // a or b, and not c
	for name, x := range map[string]struct {
		yes, no Facts
		want    catalogue.Truth
	}{
		"a, and not c":    {a, c, catalogue.Yes},
		"b, and not c":    {b, a | c, catalogue.Yes},
		"neither":         {0, a | b | c, catalogue.No},
		"c":               {a | c, 0, catalogue.No},
		"c is unknown":    {a, b, catalogue.Maybe},
		"a is unknown":    {0, b | c, catalogue.Maybe},
		"nothing is said": {0, 0, catalogue.Maybe},
	} {
		if got := r.holds(x.yes, x.no); got != x.want {
			t.Errorf("%s: got %s, want %s", name, got, x.want)
		}
	}
}

// TestCountsAreSound draws rows and checks what holds whatever they are: no value is negative or over 100 %, what is learnt only moves rows
// out of the unknown, and one series never touches another.
func TestCountsAreSound(t *testing.T) {
	e := NewEngine(cataloguetest.Load(t))
	rapid.Check(t, func(t *rapid.T) {
		var rows []Row
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			r := Row{Kind: Kind(rapid.IntRange(0, len(catalogue.RowKinds)-1).Draw(t, "kind")), N: rapid.Uint32Range(1, 5).Draw(t, "n")}
			yes, no := rapid.Uint64().Draw(t, "yes"), rapid.Uint64().Draw(t, "no")
			for s := range r.Yes {
				r.Yes[s], r.No[s] = Facts(yes), Facts(no&^yes)
			}
			rows = append(rows, r)
		}
		for _, v := range e.Compute(rows) {
			if v.Numerator < 0 || v.Unknown < 0 || v.Denominator < 1 || v.Numerator+v.Unknown > v.Denominator {
				t.Fatalf("%+v", v)
			}
		}
		before := e.Tally(rows)
		for i := range rows {
			fact := rapid.IntRange(0, 63).Draw(t, "fact")
			if bit := Facts(1) << fact; (rows[i].Yes[Attested]|rows[i].No[Attested])&bit == 0 {
				rows[i].Say(fact, Attested, catalogue.Yes)
			}
		}
		after := e.Tally(rows)
		for i := range before {
			if before[i][Measured] != after[i][Measured] || before[i][SelfAssessed] != after[i][SelfAssessed] {
				t.Fatal("what is attested changed another series")
			}
			if b, a := before[i][Attested], after[i][Attested]; a.Yes < b.Yes || a.No < b.No {
				t.Fatalf("%s: what is learnt took back what was known: %+v, %+v", e.Indicators[i].ID, b, a)
			}
		}
	})
}
