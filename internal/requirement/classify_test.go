// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/requirement"
)

// classified classifies a case that is written as a file.
func classified(t *testing.T, source []byte, date, lang string) requirement.Classified {
	t.Helper()
	c, problems := catalogue.ParseCase(cataloguetest.Load(t), "case.yaml", source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return engine(t).Classify(c, day(t, date), texts(t, lang))
}

// shape writes a JSON value with its keys in order and its values left out.
func shape(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile(`:("(?:[^"\\]|\\.)*"|true|false|-?\d+)`)
	return values.ReplaceAllString(string(b), "")
}

const (
	becauseShape = `[{"kind","ref","text"}]`
	shapes       = `{"model":{"id","version"},"stop","levels":[{"aspect","level","label","source","because":` + becauseShape + `}],` +
		`"rules":[{"id","name","sections","basis","verified","because":` + becauseShape + `}],` +
		`"requirements":[{"id","is","shall","must","role","kind","because":` + becauseShape + `}]}`
)

// The JSON is what docs say, key by key: others read it.
func TestClassifyShape(t *testing.T) {
	because := []catalogue.Because{{Kind: "rule", Ref: "x", Text: "y"}}
	full := requirement.Classified{
		Levels:       []requirement.ClassifiedLevel{{Because: because}},
		Rules:        []requirement.ClassifiedRule{{Because: because}},
		Requirements: []requirement.ClassifiedRequirement{{Because: because}},
	}
	if diff := cmp.Diff(shapes, shape(t, full)); diff != "" {
		t.Errorf("the keys have changed: %s", diff)
	}
	empty := classified(t, []byte("model: klassa\nsubject: {name: x}\nanswers: {integrity: 4}\n"), "2026-11-23", "sv")
	b, err := json.Marshal(empty)
	if err != nil || strings.Contains(string(b), "null") {
		t.Errorf("an empty list is written as null: %s (%v)", b, err)
	}
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d examples (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sv, en := classified(t, source, "2026-11-23", "sv"), classified(t, source, "2026-11-23", "en")
			if got, want := following(en), following(sv); !slices.Equal(got, want) {
				t.Errorf("in English other things follow: %s", cmp.Diff(want, got))
			}
			if stop := strings.Contains(file, "misstankt"); sv.Stop != stop {
				t.Fatalf("stop is %v, want %v", sv.Stop, stop)
			}
			for _, out := range []requirement.Classified{sv, en} {
				checkClassified(t, out)
			}
		})
	}
}

// following lists what follows, whatever the language.
func following(c requirement.Classified) []string {
	var out []string
	for _, l := range c.Levels {
		out = append(out, l.Aspect)
	}
	for _, r := range c.Rules {
		out = append(out, r.ID)
	}
	for _, r := range c.Requirements {
		out = append(out, r.ID)
	}
	return out
}

func checkClassified(t *testing.T, c requirement.Classified) {
	t.Helper()
	if c.Stop {
		if len(c.Levels)+len(c.Requirements) != 0 || len(c.Rules) != 1 || c.Rules[0].ID != "SSL" {
			t.Errorf("a stop tells %d levels, %d requirements and %+v", len(c.Levels), len(c.Requirements), c.Rules)
		}
		checkReasons(t, "SSL", c.Rules[0].Because)
		return
	}
	if len(c.Levels) < 3 || len(c.Rules) == 0 || len(c.Requirements) == 0 {
		t.Errorf("got %d levels, %d rules, %d requirements", len(c.Levels), len(c.Rules), len(c.Requirements))
	}
	m := cataloguetest.Model(t, c.Model.ID)
	for _, l := range c.Levels {
		a, _ := catalogue.ParseAspect(l.Aspect)
		aspect, ok := m.Aspect(a)
		if !ok {
			t.Fatalf("the model has no aspect %s", l.Aspect)
		}
		if level, ok := aspect.Level(l.Level); !ok || level.Stop || l.Label == "" || !slices.Contains([]string{"answer", "suggestion"}, l.Source) {
			t.Errorf("%s is %d (%s) by %s, which is not on the scale", l.Aspect, l.Level, l.Label, l.Source)
		}
		checkReasons(t, l.Aspect, l.Because)
	}
	for _, r := range c.Rules {
		if r.Name == "" || r.Sections == "" || r.Basis != catalogue.BasisExplicit && r.Basis != catalogue.BasisDerived {
			t.Errorf("got rule %+v", r)
		}
		checkReasons(t, r.ID, r.Because)
	}
	for _, r := range c.Requirements {
		if r.Is == "" || r.Role == "" || r.Kind == "" || strings.ContainsAny(r.Is+r.Shall, "{}") {
			t.Errorf("got requirement %+v", r)
		}
		checkReasons(t, r.ID, r.Because)
	}
}

func TestClassify(t *testing.T) {
	const social = "model: klassa\nsubject: {name: x, area: socialtjanst, open_network: yes}\n"
	for name, tc := range map[string]struct {
		source string
		stop   bool
		want   string // confidentiality as level and source
	}{
		"the worst perspective":        {social + "answers: {confidentiality: {individual: 1, organisation: 3}}\n", false, "3 answer"},
		"a level without perspective":  {social + "answers: {confidentiality: 2}\n", false, "2 answer"},
		"a suggestion":                 {social + "information: [eb-ansokan]\n", false, "3 suggestion"},
		"nobody knows":                 {social, false, ""},
		"another scale":                {"model: 1-3\nsubject: {name: x}\nanswers: {confidentiality: 2}\n", false, "2 answer"},
		"the stopping level":           {social + "answers: {availability: {society: 4}}\n", true, ""},
		"msb-4 has no stopping level":  {"model: msb-4\nsubject: {name: x}\nanswers: {confidentiality: 4}\n", false, "4 answer"},
		"protective security is known": {"model: klassa\nsubject: {name: x, security_sensitive: yes}\n", true, ""},
		"protective security is suspected": {"model: klassa\nsubject: {name: x, security_sensitive: suspected}\n" +
			"answers: {confidentiality: 1}\n", true, ""},
		"suspected of the information, denied of the system": {"model: klassa\nsubject: {name: x, security_sensitive: no}\n" +
			"information: [sakerhetsskydd-hanvisning]\nanswers: {confidentiality: 1}\n", false, "1 answer"},
	} {
		t.Run(name, func(t *testing.T) {
			got := classified(t, []byte(tc.source), "2026-11-23", "sv")
			level := ""
			for _, l := range got.Levels {
				if l.Aspect == "confidentiality" {
					level = string(rune('0'+l.Level)) + " " + l.Source
				}
			}
			if got.Stop != tc.stop || level != tc.want {
				t.Errorf("stop %v with %q, want %v with %q", got.Stop, level, tc.stop, tc.want)
			}
			if got.Stop {
				checkClassified(t, got)
			}
		})
	}
}

// --date moves the day: what is not yet in force is told as that, and what hangs on it is left out.
func TestClassifyDate(t *testing.T) {
	source := []byte("model: klassa\nsubject: {name: x, ai: yes}\nanswers: {confidentiality: 3}\n")
	for date, want := range map[string]bool{"2027-12-01": false, "2027-12-02": true} {
		c := classified(t, source, date, "sv")
		has := slices.ContainsFunc(c.Requirements, func(r requirement.ClassifiedRequirement) bool { return r.ID == "ai-automatisering-hogrisk-bedomd" })
		told := false
		for _, r := range c.Rules {
			for _, b := range r.Because {
				told = told || r.ID == "AIA" && strings.Contains(b.Text, "börjar gälla")
			}
		}
		if has != want || told == want {
			t.Errorf("%s: the requirement applies %v, the rule is told as not yet in force %v", date, has, told)
		}
	}
}
