// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/requirement"
)

// catalogued is read once for all tests.
var catalogued = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func scale(t testing.TB) *Scale {
	t.Helper()
	return must(LoadScale(data.Files))(t)
}

// TestTheHighestCounts never lets many small consequences hide a large one, nor a mean of them.
func TestTheHighestCounts(t *testing.T) {
	s := scale(t)
	var r Risk
	r.Likelihood = 3
	for a := range r.Impacts {
		for p := range r.Impacts[a] {
			r.Impacts[a][p] = catalogue.Negligible
		}
	}
	r.Impacts[catalogue.Traceability][catalogue.Society] = catalogue.Serious
	if v := r.Now(s); v.Consequence != catalogue.Serious || v.Rank != 4 {
		t.Errorf("got %+v", v)
	}
	if r.Likelihood = 0; r.Now(s).Rank != 0 {
		t.Error("what nobody has weighed has a level")
	}
}

func TestIf(t *testing.T) {
	s := scale(t)
	r := Risk{Likelihood: 4, Measures: []Measure{{Requirement: "a", OnLikelihood: 2, OnConsequence: 0}, {Requirement: "b", OnLikelihood: 0, OnConsequence: 1}, {Requirement: "c", OnLikelihood: 3, OnConsequence: 3}}}
	r.Impacts[0][0] = catalogue.Serious
	for name, tc := range map[string]struct {
		done []string
		want Value
	}{
		"nothing":                {nil, Value{4, catalogue.Serious, 4}},
		"one on likelihood":      {[]string{"a"}, Value{2, catalogue.Serious, 3}},
		"one on consequence":     {[]string{"b"}, Value{4, catalogue.Significant, 4}},
		"both":                   {[]string{"a", "b"}, Value{2, catalogue.Significant, 2}},
		"never below the lowest": {[]string{"a", "b", "c"}, Value{1, catalogue.Negligible, 1}},
		"another's":              {[]string{"x"}, Value{4, catalogue.Serious, 4}},
	} {
		if got := r.If(s, func(id string) bool { return slices.Contains(tc.done, id) }); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

// TestMoreMeasuresAreNeverWorse holds for every risk and every choice of measures.
func TestMoreMeasuresAreNeverWorse(t *testing.T) {
	s := scale(t)
	rapid.Check(t, func(t *rapid.T) {
		r := Risk{Likelihood: rapid.IntRange(0, 4).Draw(t, "likelihood")}
		for a := range r.Impacts {
			for p := range r.Impacts[a] {
				r.Impacts[a][p] = catalogue.Step(rapid.IntRange(0, 4).Draw(t, "step"))
			}
		}
		for _, id := range []string{"a", "b", "c"} {
			r.Measures = append(r.Measures, Measure{Requirement: id, OnLikelihood: rapid.IntRange(0, 3).Draw(t, "l"), OnConsequence: rapid.IntRange(0, 3).Draw(t, "k")})
		}
		less := map[string]bool{"a": rapid.Bool().Draw(t, "a")}
		more := map[string]bool{"a": true, "b": rapid.Bool().Draw(t, "b")}
		now, some, all := r.Now(s).Rank, r.If(s, func(id string) bool { return less[id] }).Rank, r.If(s, func(id string) bool { return more[id] }).Rank
		if some > now || all > some || (now == 0) != (all == 0) {
			t.Fatalf("%d, then %d, then %d", now, some, all)
		}
	})
}

// TestWhatIsContradictedDoesNotProtect takes what has been seen before what has been said.
func TestWhatIsContradictedDoesNotProtect(t *testing.T) {
	for name, tc := range map[string]struct {
		said  requirement.Status
		shown requirement.Judged
		want  bool
	}{
		"said":                      {requirement.Met, requirement.NothingKnown, true},
		"said and not proven":       {requirement.Met, requirement.Unproven, true},
		"said and contradicted":     {requirement.Met, requirement.Contradicted, false},
		"said and measured not met": {requirement.Met, requirement.ShownUnmet, false},
		"shown":                     {requirement.Unanswered, requirement.ShownMet, true},
		"partly":                    {requirement.Partly, requirement.NothingKnown, false},
		"nobody knows":              {requirement.DontKnow, requirement.NothingKnown, false},
	} {
		r := requirement.Applied{Answer: requirement.Answer{Status: tc.said}, Shown: requirement.Judgement{Status: tc.shown}}
		if got := Counts(&r); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestCheck(t *testing.T) {
	s, c := scale(t), must(catalogued())(t)
	var classified Impacts
	classified[0][0] = catalogue.Serious
	whole := func(change func(*Risk)) error {
		r := Risk{Name: "x", Likelihood: 2}
		r.Impacts[0][0] = catalogue.Serious
		change(&r)
		return r.Check(s, c, &classified)
	}
	for name, tc := range map[string]struct {
		change func(*Risk)
		want   error
	}{
		"as it should be":                {func(*Risk) {}, nil},
		"no name":                        {func(r *Risk) { r.Name = "" }, ErrName},
		"a likelihood that is none":      {func(r *Risk) { r.Likelihood = 5 }, ErrValue},
		"lower than the classification":  {func(r *Risk) { r.Impacts[0][0] = catalogue.Moderate }, ErrLowered},
		"lower, with a reason":           {func(r *Risk) { r.Impacts[0][0], r.Lowered = catalogue.Moderate, "y" }, nil},
		"not weighed is not lower":       {func(r *Risk) { r.Impacts[0][0] = catalogue.Unset }, nil},
		"accepted without a reason":      {func(r *Risk) { r.Treatment, r.OwnerRole = Accept, "z" }, ErrMotive},
		"accepted by nobody":             {func(r *Risk) { r.Treatment, r.Motive = Accept, "z" }, ErrOwner},
		"reduced by nothing":             {func(r *Risk) { r.Treatment, r.Motive, r.OwnerRole = Reduce, "z", "z" }, ErrMeasures},
		"reduced by what there is not":   {func(r *Risk) { r.Measures = []Measure{{Requirement: "x"}} }, ErrRequirement},
		"a treatment that there is not":  {func(r *Risk) { r.Treatment = "hope" }, ErrValue},
		"a measure that takes away more": {func(r *Risk) { r.Measures = []Measure{{Requirement: c.Requirements[0].ID, OnLikelihood: 4}} }, ErrValue},
	} {
		if err := whole(tc.change); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}

// screenings hold the rules to the law: what facts and answers lead to, with the source.
var screenings = map[string]struct {
	source  string
	facts   string // such as "personal_data=yes area=hsl"
	answers string
	want    string
}{
	"no personal data":                                     {"GDPR 2.1", "personal_data=no", "", NoData},
	"sensitive data on a large scale is enough":            {"GDPR 35.3 b", "personal_data=yes special_category=yes large_scale=yes", "", Required},
	"sensitive data about vulnerable people: two criteria": {"IMY:s förteckning; WP 248 k4 and k7", "personal_data=yes special_category=yes area=hsl", "", Required},
	"children and AI":                                      {"WP 248 k7 and k8", "personal_data=yes children=yes ai=yes", "", Required},
	"a systematic evaluation is enough":                    {"GDPR 35.3 a", "personal_data=yes", "dpia-35-3-a=yes", Required},
	"monitoring of a public place is enough":               {"GDPR 35.3 c", "personal_data=yes", "dpia-35-3-c=yes", Required},
	"a high risk is enough":                                {"GDPR 35.1", "personal_data=yes", "dpia-35-1-hog-risk=yes", Required},
	"nothing is answered":                                  {"unknown is never taken for an answer", "personal_data=yes", "", MayBe},
	"everything is denied":                                 {"WP 248", "personal_data=yes", "all=no", NotRequired},
	"one criterion and the rest denied":                    {"WP 248; GDPR 24–25", "personal_data=yes children=yes", "all=no", Consider},
	"two of the same criterion count as one":               {"IMY:s förteckning: same k-number", "personal_data=yes special_category=yes protected_identity=high", "all=no", Consider},
	"an exemption with its reason":                         {"GDPR 35.10", "personal_data=yes special_category=yes large_scale=yes", "all=no dpia-u-35-10=yes", Exempt},
	"an exemption without a reason is none":                {"GDPR 35.10", "personal_data=yes special_category=yes large_scale=yes", "all=no dpia-u-35-5=yes", Required},
	"whether there are personal data is open":              {"unknown is never taken for an answer", "", "all=no", MayBe},
}

func TestJudge(t *testing.T) {
	c := must(catalogued())(t)
	d := must(LoadDPIA(data.Files, c))(t)
	for name, tc := range screenings {
		t.Run(name, func(t *testing.T) {
			source := catalogue.Source{Kind: catalogue.SourceSubject, Ref: "x", Name: catalogue.Text{SV: "x", EN: "x"}}
			if tc.facts == "" {
				source.Statements = append(source.Statements, catalogue.Statement{Fact: "personal_data", Value: "unknown"})
			}
			for _, f := range strings.Fields(tc.facts) {
				fact, value, _ := strings.Cut(f, "=")
				source.Statements = append(source.Statements, catalogue.Statement{Fact: fact, Value: value})
			}
			facts, origins := c.Vocabulary.Resolve(source, nil)
			k := Known{Facts: &facts, Origins: origins, Answers: map[string]Answer{}, Reasons: map[string]string{"dpia-u-35-10": "prop. 2017/18:171 s. 80"}, Lang: "sv"}
			for _, f := range strings.Fields(tc.answers) {
				rule, a, _ := strings.Cut(f, "=")
				for i := range d.Rules {
					if r := &d.Rules[i]; rule == r.ID || rule == "all" && r.Kind != RuleExemption {
						k.Answers[r.ID] = Answer(a)
					}
				}
			}
			s := d.Judge(c.Vocabulary, &k)
			if s.Outcome != tc.want || tc.source == "" {
				t.Errorf("got %q with %d criteria and %d possible, want %q", s.Outcome, s.Criteria, s.Possible, tc.want)
			}
			for _, h := range s.Hits {
				if h.Truth == catalogue.Yes && len(h.Because) == 0 && !h.Answered {
					t.Errorf("%s holds and nothing says why", h.ID)
				}
			}
		})
	}
}

func TestScaleIsHeldToOrder(t *testing.T) {
	for name, change := range map[string]func(*Scale){
		"a row is missing":          func(s *Scale) { s.Matrix = s.Matrix[1:] },
		"a level that there is not": func(s *Scale) { s.Matrix[0][0] = "x" },
		"more likely and less risk": func(s *Scale) { s.Matrix[3][3] = "low" },
		"no level to consult from":  func(s *Scale) { s.Consult = "" },
		"consequences out of order": func(s *Scale) { s.Consequences[0], s.Consequences[1] = s.Consequences[1], s.Consequences[0] },
	} {
		s := scale(t)
		s.ranks = nil
		change(s)
		if err := s.check(); !errors.Is(err, ErrScale) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
