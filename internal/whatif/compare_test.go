// SPDX-License-Identifier: EUPL-1.2

package whatif_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/whatif"
)

var today = civil.Date{Year: 2026, Month: 11, Day: 29}

// example is the made-up draft that ships with the program.
func example(t testing.TB) []catalogue.DraftFile {
	t.Helper()
	b, err := fs.ReadFile(data.Files, "drafts/exempellagen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return []catalogue.DraftFile{{Name: "exempellagen.yaml", Text: string(b)}}
}

func service(t testing.TB) *whatif.Service {
	t.Helper()
	return &whatif.Service{Requirements: &requirement.Service{Engine: requirement.NewEngine(cataloguetest.Load(t))}, Data: data.Files}
}

func compiled(t testing.TB, files []catalogue.DraftFile) *whatif.Loaded {
	t.Helper()
	c, err := service(t).Compile(files, civil.Date{}, today)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func texts(t testing.TB, lang string) *locale.Localizer {
	t.Helper()
	b, err := locale.NewBundle(map[string]string{"requirement": requirement.Messages, "whatif": whatif.Messages})
	if err != nil {
		t.Fatal(err)
	}
	return b.In(lang)
}

func simulated(t testing.TB, c *whatif.Loaded, municipalities, systems int) whatif.Nation {
	t.Helper()
	sim := national.NewSimulation(followup.NewEngine(cataloguetest.Load(t)), 1, municipalities, systems)
	return c.Simulated(sim, national.LastCompleted(today), texts(t, "sv"))
}

func rowOf(t testing.TB, rows []whatif.Row, id string) whatif.Row {
	t.Helper()
	i := slices.IndexFunc(rows, func(r whatif.Row) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("%s is not among what changes", id)
	}
	return rows[i]
}

// The example draft adds a law and requirements, changes one, replaces one and takes one away, and the nation shows it.
func TestExampleOverANation(t *testing.T) {
	c := compiled(t, example(t))
	if got := c.On.String(); got != "2027-07-01" {
		t.Errorf("the law of %s is compared, not of the day when the draft is in force", got)
	}
	n := simulated(t, c, 30, 60)
	if n.Systems == 0 || n.Affected == 0 || n.Affected > n.Systems || len(n.Municipalities) != 30 {
		t.Fatalf("%d of %d systems affected in %d municipalities", n.Affected, n.Systems, len(n.Municipalities))
	}
	for id, what := range map[string]string{
		"exempel-barn-behov-just-nu": catalogue.Added, "inloggning-alla-ingangar-forteckning": catalogue.Changed,
		"inloggning-personal-tva-faktorer-oppet-nat": catalogue.Replaced, "leverantor-avtal-exitplan": catalogue.Removed,
	} {
		r := rowOf(t, n.Requirements, id)
		if r.What != what || r.Affected() == 0 || r.Municipalities == 0 || len(r.Because) == 0 {
			t.Errorf("%s: %s, %d systems in %d municipalities, %d reasons; want %s", id, r.What, r.Affected(), r.Municipalities, len(r.Because), what)
		}
		if got := r.Gap.Met + r.Gap.Open(); got != r.Gained+r.Kept {
			t.Errorf("%s: %d systems in the gap, of %d that it concerns", id, got, r.Gained+r.Kept)
		}
	}
	if r := rowOf(t, n.Requirements, "inloggning-alla-ingangar-forteckning"); r.Gap.Met > 0 || r.Gap.Unproven == 0 || r.Gap.Unmet == 0 {
		t.Errorf("of a requirement with another text, %+v: what was met before is to be unproven", r.Gap)
	}
	if r := rowOf(t, n.Laws, "EXEMPEL-1"); r.What != catalogue.Added || r.Gained == 0 {
		t.Errorf("the new law: %s for %d systems", r.What, r.Gained)
	}
	var sum whatif.Gap
	affected, systems := 0, 0
	for _, m := range n.Municipalities {
		affected, systems = affected+m.Affected, systems+m.Systems
		sum = whatif.Gap{Met: sum.Met + m.Gap.Met, Unmet: sum.Unmet + m.Gap.Unmet, Unproven: sum.Unproven + m.Gap.Unproven, Unknown: sum.Unknown + m.Gap.Unknown}
	}
	if affected != n.Affected || systems != n.Systems || sum != n.Gap {
		t.Errorf("the municipalities have %d of %d and %+v, the nation %d of %d and %+v", affected, systems, sum, n.Affected, n.Systems, n.Gap)
	}
}

// A draft that says what the catalogue says changes nothing.
func TestSameChangesNothing(t *testing.T) {
	b, err := fs.ReadFile(data.Files, "law/ovrigt.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n := simulated(t, compiled(t, []catalogue.DraftFile{{Name: "ovrigt.yaml", Text: string(b)}}), 5, 60)
	if n.Affected != 0 || len(n.Requirements)+len(n.Laws)+len(n.Others) != 0 {
		t.Errorf("%d systems, %d requirements, %d laws, %d others", n.Affected, len(n.Requirements), len(n.Laws), len(n.Others))
	}
}

// The same nation and the same draft give the same, whatever ran beside.
func TestNationIsTheSameEachTime(t *testing.T) {
	c := compiled(t, example(t))
	a, b := simulated(t, c, 12, 50), simulated(t, compiled(t, example(t)), 12, 50)
	if a.Affected != b.Affected || a.Gap != b.Gap || len(a.Requirements) != len(b.Requirements) {
		t.Errorf("%d %+v and %d %+v", a.Affected, a.Gap, b.Affected, b.Gap)
	}
}

// What is derived from the catalogue itself is not touched by a draft that is being looked at.
func TestCatalogueStands(t *testing.T) {
	c := cataloguetest.Load(t)
	before := len(c.Requirements)
	if _, ok := compiled(t, example(t)).Draft.Catalogue.Requirement("exempel-barn-behov-just-nu"); !ok {
		t.Error("the draft lacks what it adds")
	}
	if _, ok := c.Requirement("exempel-barn-behov-just-nu"); ok || len(c.Requirements) != before || catalogue.DraftOf(c.Edition) != "" {
		t.Error("the draft has come into the catalogue")
	}
}

// Faults are told in whole sentences, with file and line.
func TestDraftFaults(t *testing.T) {
	for name, x := range map[string]struct{ text, want string }{
		"empty":    {"", "draft.yaml: the file holds nothing"},
		"kind":     {"catalogue: facts\nversion: x\nfacts: []\n", "draft.yaml:1:12: a draft holds law, information and requirements; facts is changed with a whole catalogue"},
		"versions": {"catalogue: law\nversion: a\nremove: [ARKIV]\n---\ncatalogue: law\nversion: b\nremove: [FL]\n", `version is "a" but another document of the draft says "b"`},
		"remove":   {"catalogue: law\nversion: a\nremove: [FINNS-EJ]\n", `draft.yaml:3:10: there is no row "FINNS-EJ" to remove`},
		"used":     {"catalogue: law\nversion: a\nremove: [GDPR-32]\n", `there is no law "GDPR-32"`},
		"key":      {"catalogue: law\nversion: a\nlaws: []\nextra: 1\n", `draft.yaml:4:1: unknown key "extra"`},
		"anchor":   {"catalogue: &a law\nversion: a\n", "anchors, aliases, tags and directives are not allowed"},
	} {
		_, err := service(t).Compile([]catalogue.DraftFile{{Name: "draft.yaml", Text: x.text}}, civil.Date{}, today)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v\nwant %s", name, err, x.want)
		}
	}
	if _, err := service(t).CompileWhole(fstest.MapFS{}, civil.Date{}, today); err == nil {
		t.Error("an empty directory was taken for a catalogue")
	}
}

// BenchmarkWhatIfNation weighs the example draft over 290 municipalities with 700 systems each, from the draft's text to the rows.
func BenchmarkWhatIfNation(b *testing.B) {
	files, s, l := example(b), service(b), texts(b, "sv")
	sim := national.NewSimulation(followup.NewEngine(cataloguetest.Load(b)), 1, 290, 700)
	b.ReportAllocs()
	for b.Loop() {
		c, err := s.Compile(files, civil.Date{}, today)
		if err != nil {
			b.Fatal(err)
		}
		if n := c.Simulated(sim, national.LastCompleted(today), l); n.Affected == 0 {
			b.Fatal("nothing is affected")
		}
	}
}
