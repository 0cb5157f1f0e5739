// SPDX-License-Identifier: EUPL-1.2

package classification_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/locale"
)

func raise(level int) classification.Adjustment {
	return classification.Adjustment{Aspect: k, Level: level, Cause: classification.Accumulation, Reason: "Många samlas."}
}

func lower(level int) classification.Adjustment {
	return classification.Adjustment{Aspect: k, Level: level, Cause: classification.Lowered, Reason: "Få läser.", Approver: "Socialchef"}
}

// input makes what a need is assessed from, by klassa.
func input(t testing.TB, types []*catalogue.InformationType, c *classification.Classification) classification.Input {
	t.Helper()
	return classification.Input{
		Model: cataloguetest.Model(t, "klassa"), Information: held(types...), Classification: c, Catalogue: cataloguetest.Load(t),
		Today: civil.Date{Year: 2026, Month: 11, Day: 23}, Texts: texts(t, "sv"),
	}
}

// given makes a draft of answers and adjustments.
func given(list []classification.Answer, adjustments ...classification.Adjustment) *classification.Classification {
	return &classification.Classification{Status: classification.Draft, Origin: classification.Guided, Answers: list, Adjustments: adjustments}
}

func TestLevel(t *testing.T) {
	type list = []classification.Answer
	significant, serious := typeOf(t, k, catalogue.Significant, true), typeOf(t, k, catalogue.Serious, true)
	types := func(ts ...*catalogue.InformationType) []*catalogue.InformationType { return ts }
	decided := given(list{answer(k, "individual", 1)})
	decided.Status = classification.Decided
	for name, tc := range map[string]struct {
		types []*catalogue.InformationType
		c     *classification.Classification
		want  int
		basis classification.Basis
		kinds string // of the reasons
	}{
		"nobody knows":                           {nil, nil, 0, classification.None, ""},
		"an empty draft":                         {nil, given(nil), 0, classification.None, ""},
		"the highest of the information":         {types(significant, serious, significant), nil, 3, classification.BySuggestion, "information"},
		"every type that suggests the highest":   {types(serious, significant, serious), nil, 3, classification.BySuggestion, "information information"},
		"the worst perspective":                  {nil, given(list{answer(k, "individual", 1), answer(k, "organisation", 3), answer(k, "society", 2)}), 3, classification.ByAnswer, "level"},
		"the worst perspective, first":           {nil, given(list{answer(k, "individual", 3), answer(k, "organisation", 1)}), 3, classification.ByAnswer, "level"},
		"an answer beats a suggestion":           {types(significant), given(list{answer(k, "individual", 3)}), 3, classification.ByAnswer, "level"},
		"a low answer is told to be low":         {types(serious), given(list{answer(k, "individual", 1)}), 1, classification.ByAnswer, "level information"},
		"another aspect's answer":                {types(significant), given(list{answer(r, "individual", 3)}), 2, classification.BySuggestion, "information"},
		"a decision":                             {types(serious), decided, 1, classification.ByDecision, "level"},
		"an import without perspective":          {nil, given(list{answer(k, "", 2)}), 2, classification.ByAnswer, "level"},
		"raised":                                 {nil, given(list{answer(k, "individual", 2)}, raise(3)), 3, classification.ByAnswer, "level level"},
		"raised above a suggestion":              {types(significant), given(nil, raise(3)), 3, classification.BySuggestion, "information level"},
		"raised from nothing":                    {nil, given(nil, raise(2)), 2, classification.ByAnswer, "level"},
		"what raised it once does not lower it":  {nil, given(list{answer(k, "individual", 3)}, raise(2)), 3, classification.ByAnswer, "level"},
		"lowered":                                {types(serious), given(list{answer(k, "individual", 3)}, lower(2)), 2, classification.ByAnswer, "level risk information"},
		"what lowered it once does not raise it": {nil, given(list{answer(k, "individual", 1)}, lower(2)), 1, classification.ByAnswer, "level"},
		"an adjustment off the scale":            {nil, given(list{answer(k, "individual", 2)}, raise(9)), 2, classification.ByAnswer, "level"},
		"another aspect's adjustment": {nil, given(list{answer(k, "individual", 2)},
			classification.Adjustment{Aspect: r, Level: 3, Cause: classification.Integration, Reason: "x"}), 2, classification.ByAnswer, "level"},
	} {
		t.Run(name, func(t *testing.T) {
			need := classification.Assess(input(t, tc.types, tc.c))
			if len(need.Levels) != 4 || need.Stop {
				t.Fatalf("got %d levels, stop %v", len(need.Levels), need.Stop)
			}
			got := need.Levels[0]
			if got.Aspect != k || got.Level.Value != tc.want || got.Basis != tc.basis {
				t.Errorf("got %d by %s, want %d by %s", got.Level.Value, got.Basis, tc.want, tc.basis)
			}
			var kinds []string
			for _, b := range got.Because {
				kinds = append(kinds, b.Kind)
			}
			if joined := strings.Join(kinds, " "); joined != tc.kinds {
				t.Errorf("the reasons are of the kinds %q, want %q: %+v", joined, tc.kinds, got.Because)
			}
			if steps := need.Steps(); (steps[k] == catalogue.Unset) != (tc.basis == classification.None) {
				t.Errorf("the step is %s by %s", steps[k], tc.basis)
			}
		})
	}
}

func TestStop(t *testing.T) {
	stopped := given(nil)
	stopped.Status = classification.Stopped
	for name, tc := range map[string]struct {
		c    *classification.Classification
		want bool
	}{
		"highest level that does not stop":      {given(answers(3)), false},
		"one answer at the stopping level":      {given(append(answers(1), answer(a, "organisation", 4))), true},
		"the optional aspect":                   {given(append(answers(1), answer(s, "society", 4))), true},
		"a lowering cannot hide it":             {given([]classification.Answer{answer(k, "individual", 4)}, lower(2)), true},
		"a stored stop":                         {stopped, true},
		"an adjustment alone cannot set it off": {given(answers(1)), false},
	} {
		t.Run(name, func(t *testing.T) {
			need := classification.Assess(input(t, held0(t), tc.c))
			if need.Stop != tc.want {
				t.Fatalf("got %v, want %v", need.Stop, tc.want)
			}
			if tc.want && (need.Levels != nil || need.Steps() != [catalogue.NumAspects]catalogue.Step{}) {
				t.Errorf("the levels tell what must not be told: %+v", need.Levels)
			}
		})
	}
}

// held0 is some information, so that there is something to hide at a stop.
func held0(t *testing.T) []*catalogue.InformationType {
	return []*catalogue.InformationType{typeOf(t, k, catalogue.Serious, true)}
}

func TestBasis(t *testing.T) {
	for name, tc := range map[string]struct {
		c    *classification.Classification
		want classification.Basis
	}{
		"one aspect is unknown": {given(answers(1)), classification.None},
		"all are answered":      {given(append(answers(1), answer(s, "individual", 1))), classification.ByAnswer},
	} {
		need := classification.Assess(input(t, nil, tc.c))
		if got := need.Basis(); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
	if got := (&classification.Need{}).Basis(); got != classification.None {
		t.Errorf("a need without levels rests on %s", got)
	}
}

func TestExpired(t *testing.T) {
	last := civil.Date{Year: 2026, Month: 11, Day: 23}
	for name, tc := range map[string]struct {
		status classification.Status
		today  civil.Date
		want   bool
	}{
		"on its last day":  {classification.Decided, last, false},
		"the day after":    {classification.Decided, last.AddDays(1), true},
		"a draft does not": {classification.Draft, last.AddDays(1), false},
	} {
		c := classification.Classification{Status: tc.status, ValidUntil: last}
		if got := c.Expired(tc.today); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestCheckDecision(t *testing.T) {
	type types = []*catalogue.InformationType
	free, bound := typeOf(t, k, catalogue.Serious, true), typeOf(t, k, catalogue.Serious, false)
	lesserBound := typeOf(t, k, catalogue.Significant, false)
	only := func(aspect catalogue.Aspect, level int) []classification.Answer {
		return append(without(without(answers(3), aspect, "individual"), aspect, "organisation"), both(aspect, level)...)
	}
	unmotivated := answers(3)
	unmotivated[2].Motivation, unmotivated[3].Motivation = "", ""
	motivatedOnce := answers(3)
	motivatedOnce[2].Motivation = ""
	imported := []classification.Answer{answer(k, "", 1), answer(r, "", 1), answer(a, "", 1)}
	stopped := given(answers(3))
	stopped.Status = classification.Stopped
	change := func(a classification.Adjustment, fn func(*classification.Adjustment)) classification.Adjustment {
		fn(&a)
		return a
	}
	for name, tc := range map[string]struct {
		types types
		c     *classification.Classification
		want  error
	}{
		"no draft":                    {nil, nil, classification.ErrNoDraft},
		"stopped":                     {nil, stopped, classification.ErrStopped},
		"complete":                    {nil, given(answers(3)), nil},
		"the optional aspect as well": {nil, given(append(answers(3), both(s, 2)...)), nil},
		"an aspect without an answer": {nil, given(answers(3)[:4]), classification.ErrIncomplete},
		"the individual only":         {nil, given(without(answers(3), r, "organisation")), classification.ErrIncomplete},
		"the organisation only":       {nil, given(without(answers(3), r, "individual")), classification.ErrIncomplete},
		"society is no perspective that stands for the others": {nil, given(append(without(answers(3), a, "organisation"),
			answer(a, "society", 3))), classification.ErrIncomplete},
		"society as well":                     {nil, given(append(answers(3), answer(k, "society", 3))), nil},
		"the optional aspect from one of two": {nil, given(append(answers(3), answer(s, "individual", 2))), classification.ErrIncomplete},
		"one aspect imported, two answered":   {nil, given(append(answers(3)[2:], answer(k, "", 3))), nil},
		"one aspect imported, one half":       {nil, given(append(answers(3)[3:], answer(k, "", 3))), classification.ErrIncomplete},
		"an aspect without a motivation":      {nil, given(unmotivated), classification.ErrMotivation},
		"the optional aspect without a motivation": {nil, given(append(answers(3),
			classification.Answer{Aspect: s, Perspective: "individual", Level: 1}, classification.Answer{Aspect: s, Perspective: "organisation"})), classification.ErrMotivation},
		"a motivation of another perspective": {nil, given(motivatedOnce), nil},
		"an answer off the scale":             {nil, given(only(k, 9)), classification.ErrLevel},
		"an adjustment off the scale":         {nil, given(answers(3), lower(9)), classification.ErrLevel},
		"the stopping level":                  {nil, given(only(k, 4)), classification.ErrStopped},
		"the stopping level, lowered":         {nil, given(only(k, 4), lower(2)), classification.ErrStopped},
		"as high as the information":          {types{free, bound}, given(answers(3)), nil},
		"answered lower without a decision":   {types{free}, given(only(k, 2)), classification.ErrApprover},
		"raised is no decision to be lower":   {types{free}, given(only(k, 1), raise(2)), classification.ErrApprover},
		"lowered by a decision":               {types{free}, given(answers(3), lower(2)), nil},
		"lowered without a reason": {types{free}, given(answers(3), change(lower(2),
			func(a *classification.Adjustment) { a.Reason = "" })), classification.ErrApprover},
		"lowered without an approver": {types{free}, given(answers(3), change(lower(2),
			func(a *classification.Adjustment) { a.Approver = "" })), classification.ErrApprover},
		"lowered where the type forbids it":      {types{bound}, given(answers(3), lower(2)), classification.ErrLower},
		"one of the highest types forbids it":    {types{free, bound}, given(answers(3), lower(2)), classification.ErrLower},
		"a lesser type forbids it":               {types{free, lesserBound}, given(answers(3), lower(1)), classification.ErrLower},
		"lowered to what the lesser type needs":  {types{free, lesserBound}, given(answers(3), lower(2)), nil},
		"raised to what the information needs":   {types{bound}, given(only(k, 2), raise(3)), nil},
		"lowered where nothing is suggested":     {nil, given(answers(3), lower(1)), nil},
		"an import without perspective":          {nil, given(imported), nil},
		"answered low in one perspective of two": {types{bound}, given(append(without(answers(3), k, "organisation"), answer(k, "organisation", 0))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			wants(t, classification.CheckDecision(input(t, tc.types, tc.c)), tc.want)
		})
	}
}

// Every question that lacks an answer is named: the pages lead to it.
func TestObstacles(t *testing.T) {
	type obstacle = classification.Obstacle
	unmotivated := answers(3)[2:]
	unmotivated[0].Motivation, unmotivated[1].Motivation = "", ""
	optional := catalogue.Model{Aspects: slices.Clone(cataloguetest.Model(t, "klassa").Aspects)}
	for _, p := range []catalogue.Perspective{catalogue.Individual, catalogue.Organisation, catalogue.Society} {
		optional.Perspectives = append(optional.Perspectives, catalogue.ModelPerspective{Perspective: p, Optional: p != catalogue.Society})
	}
	for name, tc := range map[string]struct {
		model *catalogue.Model
		list  []classification.Answer
		want  []obstacle
	}{
		"nothing is left": {nil, answers(3), nil},
		"one aspect unanswered, one unmotivated": {nil, unmotivated, []obstacle{
			{k, "individual", classification.ErrIncomplete}, {k, "organisation", classification.ErrIncomplete}, {r, "", classification.ErrMotivation},
		}},
		"from one perspective": {nil, without(without(answers(3), k, "organisation"), a, "individual"), []obstacle{
			{k, "organisation", classification.ErrIncomplete}, {a, "individual", classification.ErrIncomplete},
		}},
		"the model says which are optional": {&optional, append(answers(3)[2:], answer(r, "society", 1), answer(a, "society", 1)), []obstacle{
			{k, "society", classification.ErrIncomplete},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, nil, given(tc.list))
			if tc.model != nil {
				in.Model = tc.model
			}
			if got := in.Obstacles(); !slices.Equal(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestCheckAnswer(t *testing.T) {
	klassa, msb3 := cataloguetest.Model(t, "klassa"), cataloguetest.Model(t, "msb-3")
	bare, err := classification.Scale(cataloguetest.Load(t), "1-3")
	if err != nil {
		t.Fatal(err)
	}
	own := ownModel(t)
	for name, tc := range map[string]struct {
		model *catalogue.Model
		a     classification.Answer
		want  error
	}{
		"klassa 0":                   {klassa, answer(k, "individual", 0), nil},
		"klassa 4":                   {klassa, answer(k, "society", 4), nil},
		"klassa 5":                   {klassa, answer(k, "individual", 5), classification.ErrLevel},
		"klassa -1":                  {klassa, answer(k, "individual", -1), classification.ErrLevel},
		"no perspective":             {klassa, answer(k, "", 2), nil},
		"an unknown perspective":     {klassa, answer(k, "neighbour", 2), classification.ErrPerspective},
		"msb-3 2":                    {msb3, answer(k, "individual", 2), nil},
		"msb-3 3":                    {msb3, answer(k, "individual", 3), classification.ErrLevel},
		"a bare scale's lowest":      {bare, answer(s, "individual", 1), nil},
		"below a bare scale":         {bare, answer(k, "individual", 0), classification.ErrLevel},
		"own model, C has 1-4":       {own, answer(k, "individual", 4), nil},
		"own model, I has 1-3":       {own, answer(r, "individual", 4), classification.ErrLevel},
		"own model, no availability": {own, answer(a, "individual", 1), classification.ErrAspect},
		"own model, no society":      {own, answer(k, "society", 1), classification.ErrPerspective},
	} {
		t.Run(name, func(t *testing.T) { wants(t, classification.CheckAnswer(tc.model, tc.a), tc.want) })
	}
}

// What the information suggests is told in the model's own levels, whatever its scale.
func TestSuggestionsInEveryScale(t *testing.T) {
	c := cataloguetest.Load(t)
	bare, err := classification.Scale(c, "1-3")
	if err != nil {
		t.Fatal(err)
	}
	own := ownModel(t)
	for name, tc := range map[string]struct {
		model  *catalogue.Model
		aspect catalogue.Aspect
		step   catalogue.Step
		want   int
	}{
		"klassa serious":                       {cataloguetest.Model(t, "klassa"), k, catalogue.Serious, 3},
		"klassa moderate":                      {cataloguetest.Model(t, "klassa"), k, catalogue.Moderate, 1},
		"msb-4 serious":                        {cataloguetest.Model(t, "msb-4"), k, catalogue.Serious, 4},
		"msb-3 serious":                        {cataloguetest.Model(t, "msb-3"), k, catalogue.Serious, 2},
		"1-3 serious":                          {bare, k, catalogue.Serious, 3},
		"1-3 moderate":                         {bare, k, catalogue.Moderate, 1},
		"own four-level aspect":                {own, k, catalogue.Serious, 4},
		"own three-level aspect":               {own, r, catalogue.Serious, 3},
		"own three-level aspect, significant":  {own, r, catalogue.Significant, 2},
		"own three-level aspect has no lowest": {own, r, catalogue.Moderate, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, nil, nil)
			in.Model = tc.model
			for i := range c.Types {
				if c.Types[i].Levels[tc.aspect].Step == tc.step {
					in.Information = held(&c.Types[i])
					break
				}
			}
			aspect, _ := tc.model.Aspect(tc.aspect)
			got, because, ok := in.Suggested(aspect)
			if !ok || got.Value != tc.want || len(because) != 1 {
				t.Errorf("got %d (%v), want %d", got.Value, ok, tc.want)
			}
		})
	}
	if _, _, ok := (&classification.Input{Catalogue: c}).Suggested(&own.Aspects[0]); ok {
		t.Error("no information suggests a level")
	}
}

// A scale whose highest level is below what the information suggests has no higher level to answer.
func TestLowScaleIsNotBelow(t *testing.T) {
	top, err := classification.Scale(cataloguetest.Load(t), "1-3")
	if err != nil {
		t.Fatal(err)
	}
	low := *top
	low.Aspects = append([]catalogue.ModelAspect(nil), top.Aspects...)
	low.Aspects[0].Levels = low.Aspects[0].Levels[:2] // moderate and significant
	in := input(t, held0(t), given([]classification.Answer{answer(k, "individual", 2)}))
	in.Model = &low
	if l := classification.Assess(in).Levels[0]; len(l.Because) != 1 {
		t.Errorf("the highest level there is is said to be too low: %+v", l.Because)
	}
}

func TestScale(t *testing.T) {
	c := cataloguetest.Load(t)
	for name, want := range map[string]bool{
		"klassa": true, "msb-4": true, "msb-3": true, "1-3": true, "0-3": true, "1-4": true,
		"": false, "egen": false, "3": false, "1-5": false, "3-1": false, "a-b": false, "1-": false,
	} {
		if _, err := classification.Scale(c, name); (err == nil) != want {
			t.Errorf("%q: got %v, want ok %v", name, err, want)
		}
	}
}

// oneSentence is a capital (or a figure), no sentence inside, and a full stop.
var (
	oneSentence = regexp.MustCompile(`^[\p{Lu}\d][^\n]*[^.!?\s]\.$`)
	inside      = regexp.MustCompile(`[.!?] \p{Lu}`)
	unfilled    = regexp.MustCompile(`\{\{|<no value>|\[classification\.|  | \.$|%!`)
)

func checkSentence(t *testing.T, lang string, b catalogue.Because) {
	t.Helper()
	if !oneSentence.MatchString(b.Text) || inside.MatchString(b.Text) || unfilled.MatchString(b.Text) || b.Kind == "" || b.Ref == "" {
		t.Errorf("%s: not one plain sentence with a kind and a ref: %+v", lang, b)
	}
}

func TestReasonsAreOneSentenceEach(t *testing.T) {
	c := cataloguetest.Load(t)
	for _, lang := range locale.Languages {
		for i := range c.Models {
			for j := range c.Types {
				in := input(t, []*catalogue.InformationType{&c.Types[j]}, nil)
				in.Model, in.Texts = &c.Models[i], texts(t, lang)
				for n := range in.Model.Aspects {
					_, because, _ := in.Suggested(&in.Model.Aspects[n])
					for _, b := range because {
						checkSentence(t, lang, b)
					}
				}
			}
		}
		odd := "Enligt 4 kap. 1 § och t.ex. rutinen.  Många läser!\nIngen vet? "
		for _, cause := range []string{classification.Accumulation, classification.Aggregation, classification.Integration, classification.Lowered} {
			for _, perspective := range []string{"", "individual", "organisation", "society"} {
				for _, origin := range []string{classification.FromImport, classification.Guided} {
					adj := classification.Adjustment{Aspect: k, Level: 3, Cause: cause, Reason: odd, Approver: "socialchefen"}
					level := 2
					if cause == classification.Lowered {
						adj.Level, level = 1, 3
					}
					cl := given([]classification.Answer{answer(k, perspective, level)}, adj)
					cl.Origin = origin
					in := input(t, held0(t), cl)
					in.Texts = texts(t, lang)
					got := classification.Assess(in).Levels[0].Because
					if len(got) < 2 {
						t.Errorf("%s %s %q: got %+v", lang, cause, perspective, got)
					}
					for _, b := range got {
						checkSentence(t, lang, b)
					}
					if text := got[1].Text; !strings.Contains(text, "4 kap. 1 § och t.ex. rutinen; många läser; ingen vet.") {
						t.Errorf("the reason was not joined into the sentence: %s", text)
					}
				}
			}
		}
	}
}

// The reasons are told in words that a reader would use.
func TestReasonsRead(t *testing.T) {
	typ := cataloguetest.Type(t, "eb-ansokan")
	in := input(t, []*catalogue.InformationType{typ}, given([]classification.Answer{answer(k, "individual", 2)}, raise(3)))
	for lang, want := range map[string][]string{
		"sv": {
			"Konfidentialitet är nivå 2 (betydande skada), för att den skadan kan drabba den enskilde enligt svaret.",
			"Nivån är satt till 3 (allvarlig skada) för att mycket av samma slags uppgifter samlas: Många samlas.",
		},
		"en": {
			"Confidentiality is level 2 (significant harm), because the answer says that this harm may befall the individual.",
			"The level is set to 3 (serious harm) because much of the same kind of data is gathered: Många samlas.",
		},
	} {
		in.Texts = texts(t, lang)
		for i, b := range classification.Assess(in).Levels[0].Because {
			if i >= len(want) || b.Text != want[i] {
				t.Errorf("%s: got %q", lang, b.Text)
			}
		}
	}
}
