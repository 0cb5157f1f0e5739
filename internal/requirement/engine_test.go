// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
)

// reader evaluates conditions from their text, without the compiled form: the same rules written a second time, as plainly as
// they can be.
type reader struct {
	c *catalogue.Catalogue
	// bits of each literal, found by asking the vocabulary about one bit at a time.
	bits map[string]catalogue.Set
}

func newReader(t testing.TB) *reader {
	r := &reader{c: cataloguetest.Load(t), bits: map[string]catalogue.Set{}}
	for i := range r.c.Laws {
		r.learn(t, r.c.Laws[i].When.String())
	}
	for i := range r.c.Requirements {
		r.learn(t, r.c.Requirements[i].When.String())
	}
	return r
}

// groups reads a condition: ; is and, | is or, and a word that is no fact is another value of the fact before it.
func (r *reader) groups(condition string) [][]string {
	var out [][]string
	for _, part := range strings.Split(condition, ";") {
		var group []string
		before := ""
		for _, word := range strings.Split(part, "|") {
			fact, _, _ := strings.Cut(word, "=")
			if _, ok := r.c.Vocabulary.Fact(fact); !ok {
				fact, word = before, before+"="+word
			}
			before = fact
			group = append(group, word)
		}
		out = append(out, group)
	}
	return out
}

func (r *reader) learn(t testing.TB, condition string) {
	if condition == "" {
		return
	}
	for _, group := range r.groups(condition) {
		for _, literal := range group {
			c, err := r.c.Vocabulary.Parse(literal)
			if err != nil {
				t.Fatal(err)
			}
			var bits catalogue.Set
			for bit := range 128 {
				var one catalogue.Facts
				one.True[bit/64] = 1 << (bit % 64)
				one.Possible = one.True
				if c.Holds(&one) == catalogue.Yes {
					bits[bit/64] |= 1 << (bit % 64)
				}
			}
			r.bits[literal] = bits
		}
	}
}

func meets(a, b catalogue.Set) bool { return a[0]&b[0] != 0 || a[1]&b[1] != 0 }

// truth is no unless every group has a literal that is true (yes) or possible (maybe).
func (r *reader) truth(c catalogue.Condition, f *catalogue.Facts) catalogue.Truth {
	if c.String() == "" {
		return catalogue.Yes
	}
	all := catalogue.Yes
	for _, group := range r.groups(c.String()) {
		best := catalogue.No
		for _, literal := range group {
			switch {
			case meets(r.bits[literal], f.True):
				best = max(best, catalogue.Yes)
			case meets(r.bits[literal], f.Possible):
				best = max(best, catalogue.Maybe)
			}
		}
		all = min(all, best)
	}
	return all
}

// inForce says the same as the engine's day: a law without a first day counts, until its last.
func inForce(l *catalogue.Law, date civil.Date) bool {
	begun := l.From.IsZero() || !date.Before(l.From)
	ended := !l.To.IsZero() && l.To.Before(date)
	return begun && !ended
}

// applies reads one requirement.
func (r *reader) applies(q *catalogue.Requirement, f *catalogue.Facts, steps [catalogue.NumAspects]catalogue.Step, date civil.Date) catalogue.Truth {
	truth := r.truth(q.When, f)
	triggered, reached := false, false
	for a, least := range q.Trigger {
		if least != catalogue.Unset {
			triggered = true
			reached = reached || steps[a] >= least
		}
	}
	if triggered && !reached {
		return catalogue.No
	}
	if triggered {
		return truth
	}
	concerning, current := 0, 0
	for _, id := range q.Laws {
		if l, ok := r.c.Law(id); ok && r.truth(l.When, f) != catalogue.No {
			concerning++
			if inForce(l, date) {
				current++
			}
		}
	}
	if concerning > 0 && current == 0 {
		return catalogue.No
	}
	return truth
}

// facts draws what is known about a subject: some literals true, some possible.
func facts(t *rapid.T) catalogue.Facts {
	var f catalogue.Facts
	for _, bit := range rapid.SliceOfN(rapid.IntRange(0, 127), 0, 60).Draw(t, "true") {
		f.True[bit/64] |= 1 << (bit % 64)
	}
	f.Possible = f.True
	for _, bit := range rapid.SliceOfN(rapid.IntRange(0, 127), 0, 30).Draw(t, "possible") {
		f.Possible[bit/64] |= 1 << (bit % 64)
	}
	return f
}

// dates are the days when something changes, and those around them.
func dates(c *catalogue.Catalogue) []civil.Date {
	out := []civil.Date{{Year: 1900, Month: 1, Day: 1}, {Year: 2026, Month: 11, Day: 23}, {Year: 2100, Month: 1, Day: 1}}
	for i := range c.Laws {
		for _, d := range []civil.Date{c.Laws[i].From, c.Laws[i].To} {
			if !d.IsZero() {
				out = append(out, d.AddDays(-1), d, d.AddDays(1))
			}
		}
	}
	return out
}

// The compiled engine says what a plain reading of conditions, triggers and dates says, for any facts, levels and day.
func TestDeriveEqualsPlainReading(t *testing.T) {
	e, r := engine(t), newReader(t)
	out := e.NewOutcome() // used again every time: nothing may be left from before
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		var steps [catalogue.NumAspects]catalogue.Step
		for a := range steps {
			steps[a] = catalogue.Step(rapid.IntRange(0, catalogue.NumSteps-1).Draw(t, "step"))
		}
		date := rapid.SampledFrom(dates(e.Catalogue)).Draw(t, "date")
		e.Derive(&f, steps, e.At(date), out)
		for i := range e.Catalogue.Laws {
			l := &e.Catalogue.Laws[i]
			check(t, l.ID, r.truth(l.When, &f), out.Laws.Has(i), out.CertainLaws.Has(i))
		}
		applied := 0
		for i := range e.Catalogue.Requirements {
			q := &e.Catalogue.Requirements[i]
			want := r.applies(q, &f, steps, date)
			check(t, q.ID, want, out.Requirements.Has(i), out.Certain.Has(i))
			if want != catalogue.No {
				applied++
			}
		}
		if out.Requirements.Count() != applied {
			t.Fatalf("counted %d requirements, want %d", out.Requirements.Count(), applied)
		}
	})
}

func check(t *rapid.T, id string, want catalogue.Truth, applies, certain bool) {
	if applies != (want != catalogue.No) || certain != (want == catalogue.Yes) {
		t.Fatalf("%s: the engine says applies %v, certain %v; read plainly it is %s", id, applies, certain, want)
	}
}

func TestDeriveAllocatesNothing(t *testing.T) {
	e := engine(t)
	s := subject(t, catalogue.Serious, "area", "socialtjanst", "ai", "unknown")
	on, out := e.At(day(t, "2026-11-23")), e.NewOutcome()
	if n := testing.AllocsPerRun(100, func() { e.Derive(&s.Facts, s.Steps, on, out) }); n != 0 {
		t.Errorf("one system takes %v allocations", n)
	}
	if out.Requirements.Count() == 0 {
		t.Error("nothing was derived")
	}
}

func TestInForce(t *testing.T) {
	from, to := day(t, "2026-12-01"), day(t, "2027-06-30")
	for name, tc := range map[string]struct {
		law  catalogue.Law
		date string
		want requirement.Force
	}{
		"the day before":                 {catalogue.Law{From: from}, "2026-11-30", requirement.NotYet},
		"the first day":                  {catalogue.Law{From: from}, "2026-12-01", requirement.Current},
		"the last day":                   {catalogue.Law{From: from, To: to}, "2027-06-30", requirement.Current},
		"the day after the last":         {catalogue.Law{From: from, To: to}, "2027-07-01", requirement.Ended},
		"no first day":                   {catalogue.Law{}, "2026-11-23", requirement.Unchecked},
		"no first day, before the last":  {catalogue.Law{To: to}, "2026-11-23", requirement.Unchecked},
		"no first day, after the last":   {catalogue.Law{To: to}, "2027-07-01", requirement.Ended},
		"without end, a long time after": {catalogue.Law{From: from}, "2099-01-01", requirement.Current},
	} {
		t.Run(name, func(t *testing.T) {
			if got := requirement.InForce(&tc.law, day(t, tc.date)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Which laws concern whom, on which day.
func TestLaws(t *testing.T) {
	for name, tc := range map[string]struct {
		facts []string
		date  string
		law   string
		force requirement.Force // "" when the law does not concern the subject
		maybe bool
	}{
		"social services have access rules":        {[]string{"area", "socialtjanst"}, "2026-11-23", "SOLPUL-10", requirement.Current, false},
		"disability services have them too":        {[]string{"area", "lss"}, "2026-11-23", "SOLPUL-10", requirement.Current, false},
		"schools do not":                           {[]string{"area", "skola"}, "2026-11-23", "SOLPUL-10", "", false},
		"social services without personal data":    {[]string{"area", "socialtjanst", "personal_data", "no"}, "2026-11-23", "SOLPUL-10", "", false},
		"before the act":                           {[]string{"area", "socialtjanst"}, "2024-02-29", "SOLPUL-10", requirement.NotYet, false},
		"state e-ID, the day before":               {[]string{"e_service", "yes"}, "2026-11-30", "SVEID", requirement.NotYet, false},
		"state e-ID, the first day":                {[]string{"e_service", "yes"}, "2026-12-01", "SVEID", requirement.Current, false},
		"state e-ID concerns e-services only":      {[]string{"e_service", "no"}, "2026-12-01", "SVEID", "", false},
		"AI at high risk, the day before":          {[]string{"ai", "yes"}, "2027-12-01", "AIA", requirement.NotYet, false},
		"AI at high risk, the first day":           {[]string{"ai", "yes"}, "2027-12-02", "AIA", requirement.Current, false},
		"AI that nobody has settled":               {[]string{"ai", "unknown"}, "2027-12-02", "AIA", requirement.Current, true},
		"health care":                              {[]string{"area", "hsl"}, "2026-11-23", "HSLF2016:40", requirement.Unchecked, false},
		"no health care":                           {[]string{"area", "socialtjanst"}, "2026-11-23", "HSLF2016:40", "", false},
		"cybersecurity concerns everything":        {nil, "2026-11-23", "CSL", requirement.Current, false},
		"cybersecurity, before it began":           {nil, "2026-01-14", "CSL", requirement.NotYet, false},
		"sensitive data that may occur is a maybe": {[]string{"personal_data", "unknown"}, "2026-11-23", "GDPR-32", requirement.Current, true},
	} {
		t.Run(name, func(t *testing.T) {
			laws, _ := derived(t, subject(t, catalogue.Moderate, tc.facts...), tc.date)
			got := findLaw(laws, tc.law)
			switch {
			case tc.force == "" && got != nil:
				t.Errorf("%s concerns it: %+v", tc.law, got.Because)
			case tc.force != "" && got == nil:
				t.Errorf("%s does not concern it", tc.law)
			case got != nil && (got.Force != tc.force || got.Conditional != tc.maybe):
				t.Errorf("%s is %s, conditional %v; want %s, %v", tc.law, got.Force, got.Conditional, tc.force, tc.maybe)
			}
		})
	}
}

// Which requirements apply to whom, at which level, on which day.
func TestRequirements(t *testing.T) {
	for name, tc := range map[string]struct {
		facts []string
		step  catalogue.Step
		date  string
		id    string
		want  bool
	}{
		"health care over an open network":    {[]string{"health_care", "yes", "open_network", "yes"}, catalogue.Unset, "2026-11-23", "inloggning-hsl-oppet-nat", true},
		"health care on an internal network":  {[]string{"health_care", "yes", "open_network", "no"}, catalogue.Serious, "2026-11-23", "inloggning-hsl-oppet-nat", false},
		"social services over an open one":    {[]string{"area", "socialtjanst", "open_network", "yes"}, catalogue.Serious, "2026-11-23", "inloggning-hsl-oppet-nat", false},
		"strong login, below its level":       {nil, catalogue.Significant, "2026-11-23", "inloggning-personal-oavsett-nat", false},
		"strong login, at its level":          {nil, catalogue.Serious, "2026-11-23", "inloggning-personal-oavsett-nat", true},
		"high-risk AI, the day before":        {[]string{"ai", "yes"}, catalogue.Serious, "2027-12-01", "ai-automatisering-hogrisk-bedomd", false},
		"high-risk AI, the first day":         {[]string{"ai", "yes"}, catalogue.Unset, "2027-12-02", "ai-automatisering-hogrisk-bedomd", true},
		"rights assessment, the day before":   {[]string{"ai", "yes"}, catalogue.Serious, "2027-12-01", "ai-automatisering-rattighetsbedomning", false},
		"rights assessment, the first day":    {[]string{"ai", "yes"}, catalogue.Unset, "2027-12-02", "ai-automatisering-rattighetsbedomning", true},
		"AI with another law in force":        {[]string{"ai", "yes", "personal_data", "yes"}, catalogue.Unset, "2026-11-23", "ai-automatisering-forteckning", true},
		"knowledge of AI is asked already":    {[]string{"ai", "yes"}, catalogue.Unset, "2026-11-23", "ai-automatisering-kunskap-hos-personal", true},
		"no AI":                               {[]string{"ai", "no"}, catalogue.Serious, "2027-12-02", "ai-automatisering-hogrisk-bedomd", false},
		"nothing for a level that is not set": {nil, catalogue.Unset, "2026-11-23", "inloggning-administratorer", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, requirements := derived(t, subject(t, tc.step, tc.facts...), tc.date)
			if got := findRequirement(requirements, tc.id) != nil; got != tc.want {
				t.Errorf("%s applies: %v, want %v", tc.id, got, tc.want)
			}
		})
	}
}

// Only the regulations on health care demand strong authentication in so many words. Everywhere else it is derived, and must
// not be told to be anything more.
func TestStrongAuthenticationIsExplicitInHealthCareOnly(t *testing.T) {
	for name, tc := range map[string]struct {
		facts []string
		want  bool
	}{
		"social services, open network":  {[]string{"area", "socialtjanst", "open_network", "yes", "e_service", "yes"}, false},
		"schools, open network":          {[]string{"area", "skola", "open_network", "yes"}, false},
		"health care, internal network":  {[]string{"area", "hsl", "open_network", "no"}, false},
		"health care, over open network": {[]string{"area", "hsl", "open_network", "yes"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, requirements := derived(t, subject(t, catalogue.Serious, tc.facts...), "2026-11-23")
			got := false
			for _, r := range requirements {
				if !strings.Contains(r.Requirement.Is.SV, "stark autentisering") {
					continue
				}
				for _, l := range r.Laws {
					if l.Basis == catalogue.BasisExplicit {
						got = true
						t.Logf("%s rests on %s", r.ID, l.ID)
					}
				}
			}
			if got != tc.want {
				t.Errorf("strong authentication is told to be explicit law: %v, want %v", got, tc.want)
			}
		})
	}
}

// A law is shown on a requirement where the law's own condition holds and it is in force, and nowhere else.
func TestLawsShownOnRequirements(t *testing.T) {
	c := cataloguetest.Load(t)
	shown := 0
	for _, facts := range [][]string{
		nil,
		{"area", "socialtjanst", "open_network", "yes", "supplier", "yes"},
		{"area", "hsl", "svod", "yes"},
		{"area", "skola", "ai", "unknown"},
		{"e_service", "yes", "procurement", "yes", "hosting", "cloud-outside-eu"},
		{"area", "socialtjanst", "ai", "yes", "automated_decision", "yes"},
	} {
		s := subject(t, catalogue.Serious, facts...)
		for _, date := range []string{"2023-01-01", "2026-11-23", "2026-12-01", "2028-01-01"} {
			_, requirements := derived(t, s, date)
			for _, r := range requirements {
				want := map[string]bool{}
				for _, id := range r.Requirement.Laws {
					if l, _ := c.Law(id); l.When.Holds(&s.Facts) != catalogue.No && inForce(l, day(t, date)) {
						want[id] = true
					}
				}
				for _, l := range r.Laws {
					if !want[l.ID] {
						t.Errorf("%v on %s: %s shows %s", facts, date, r.ID, l.ID)
					}
					delete(want, l.ID)
					shown++
				}
				for id := range want {
					t.Errorf("%v on %s: %s does not show %s", facts, date, r.ID, id)
				}
			}
		}
	}
	if shown == 0 {
		t.Error("no law is shown at all")
	}
}

// What nobody has settled fires too, is marked, and says that it may occur.
func TestUnsettledIsConditional(t *testing.T) {
	certain, unsettled := subject(t, catalogue.Serious, "ai", "yes"), subject(t, catalogue.Serious, "ai", "unknown")
	_, for1 := derived(t, certain, "2028-01-01")
	_, for2 := derived(t, unsettled, "2028-01-01")
	if len(for1) != len(for2) {
		t.Errorf("%d requirements follow from AI and %d from perhaps AI", len(for1), len(for2))
	}
	for i := range min(len(for1), len(for2)) {
		sure, maybe := for1[i], for2[i]
		hangs := strings.Contains(sure.When.String(), "ai") && sure.When.Holds(&unsettled.Facts) == catalogue.Maybe
		if sure.Conditional || maybe.Conditional != hangs {
			t.Errorf("%s (when %q): conditional %v for certain, %v for perhaps", sure.ID, sure.When, sure.Conditional, maybe.Conditional)
		}
		told := false
		for _, b := range maybe.Because {
			told = told || strings.Contains(b.Text, "kan förekomma")
		}
		if told != hangs {
			t.Errorf("%s tells that it may occur: %v, want %v: %+v", maybe.ID, told, hangs, maybe.Because)
		}
	}
	laws, _ := derived(t, unsettled, "2028-01-01")
	if l := findLaw(laws, "AIA"); l == nil || !l.Conditional || !strings.Contains(l.Because[0].Text, "kan förekomma") {
		t.Errorf("got %+v", l)
	}
}

func TestEverythingHasAReason(t *testing.T) {
	e := engine(t)
	c := e.Catalogue
	everything := []string{"hosting", "cloud-outside-eu", "data_country", "outside"}
	for _, f := range c.Vocabulary.Facts() {
		if f.Form == catalogue.FormTruth && f.ID != "security_sensitive" {
			everything = append(everything, f.ID, f.TrueValues[0])
		}
	}
	for i := range c.Types {
		everything = append(everything, "area", c.Types[i].Area)
	}
	for _, date := range []string{"2000-01-01", "2026-11-23", "2030-01-01"} {
		for _, lang := range []string{"sv", "en"} {
			for _, facts := range [][]string{nil, everything, {"personal_data", "unknown", "ai", "unknown", "supplier", "unknown", "hosting", "unknown"}} {
				s := subject(t, catalogue.Serious, facts...)
				on, out := e.At(day(t, date)), e.NewOutcome()
				e.Derive(&s.Facts, s.Steps, on, out)
				laws, requirements := e.Laws(s, on, out, texts(t, lang)), e.Requirements(s, on, out, texts(t, lang))
				if len(requirements) != out.Requirements.Count() || len(laws) != out.Laws.Count() || len(laws) == 0 {
					t.Errorf("%d of %d requirements and %d of %d laws are explained", len(requirements), out.Requirements.Count(), len(laws), out.Laws.Count())
				}
				for _, l := range laws {
					checkReasons(t, l.ID, l.Because)
				}
				for _, r := range requirements {
					checkReasons(t, r.ID, r.Because)
				}
			}
		}
	}
}

// Each aspect that makes a requirement apply is a reason of its own.
func TestReasonsOfLevels(t *testing.T) {
	s := subject(t, catalogue.Serious)
	s.Steps[catalogue.Integrity] = catalogue.Negligible
	_, requirements := derived(t, s, "2026-11-23")
	r := findRequirement(requirements, "inloggning-personal-oavsett-nat") // from serious in confidentiality or integrity
	if r == nil {
		t.Fatal("the requirement does not apply")
	}
	var got []string
	for _, b := range r.Because {
		if b.Kind == "level" {
			got = append(got, b.Text)
		}
	}
	const want = "Konfidentialitet är nivå 3 (Allvarlig skada) och kravet gäller från nivån allvarlig."
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want only %q", got, want)
	}
}
