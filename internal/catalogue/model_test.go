// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func TestParseModel(t *testing.T) {
	m, problems := catalogue.ParseModel("own.yaml", []byte(small["models/m.yaml"]))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if m.Verified {
		t.Error("an organisation's own model is shown as verified")
	}
	want := []catalogue.ModelPerspective{{Perspective: catalogue.Individual}, {Perspective: catalogue.Organisation, Optional: true}}
	if diff := cmp.Diff(want, m.Perspectives); diff != "" {
		t.Error(diff)
	}
	a, ok := m.Aspect(catalogue.Confidentiality)
	if !ok || a.Questions[catalogue.Organisation].SV != "o" || a.Letter.EN != "C" {
		t.Errorf("aspect = %+v, %v", a, ok)
	}
	if _, ok := m.Aspect(catalogue.Integrity); ok {
		t.Error("the model has an aspect that it does not name")
	}
	if l, ok := a.Level(3); !ok || !l.Stop || l.Step != catalogue.Unset {
		t.Errorf("level 3 = %+v, %v", l, ok)
	}
	if _, ok := a.Level(0); ok {
		t.Error("found a level that does not exist")
	}
	if got := m.Criteria[0].Example(catalogue.Serious).SV; got != "s" {
		t.Errorf("example = %q", got)
	}
}

func TestForStep(t *testing.T) {
	m, problems := catalogue.ParseModel("own.yaml", []byte(small["models/m.yaml"]))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	a, _ := m.Aspect(catalogue.Confidentiality)
	// The scale has moderate (1) and serious (2): what lies between is rounded up, never down, and never to the stop.
	for step, want := range map[catalogue.Step]int{
		catalogue.Negligible: 1, catalogue.Moderate: 1, catalogue.Significant: 2, catalogue.Serious: 2,
	} {
		if got := a.ForStep(step).Value; got != want {
			t.Errorf("ForStep(%v) = %d, want %d", step, got, want)
		}
	}
	low, err := catalogue.RangeModel(0, 3)
	if err != nil {
		t.Fatal(err)
	}
	a = &low.Aspects[0]
	a.Levels = a.Levels[:2]
	if got := a.ForStep(catalogue.Serious).Value; got != 1 {
		t.Errorf("ForStep above the scale = %d, want its highest, 1", got)
	}
}

func TestParseModelReportsFaults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, at, reason string }{
		"scale is missing":      {"scale: main", "scale: other", "scale: ^other", `there is no scale "other"; known are main`},
		"values fall":           {"value: 2", "value: 1", "^value: 1, step: serious", "value 1 must be higher than 1 before it; each value once, in ascending order"},
		"steps fall":            {"step: serious,", "step: negligible,", "^value: 2, step: negligible", "step negligible must be higher than moderate before it; each step once, in ascending order"},
		"steps repeat":          {"step: serious,", "step: moderate,", "^value: 2, step: moderate", "step moderate must be higher than moderate before it; each step once, in ascending order"},
		"stop has a step":       {"stop: true", "stop: true, step: serious", "stop: true, step: ^serious", "a level that stops has no step; remove step"},
		"stop below":            {"value: 2, step: serious", "value: 2, stop: true", "value: 2, stop: ^true", "only the highest level can stop"},
		"level without step":    {"value: 2, step: serious", "value: 2", "^value: 2, label", "step is missing"},
		"one level":             {"    - {value: 1, step: moderate, label: {sv: \"Måttlig\", en: \"Moderate\"}, meaning: {sv: \"m\", en: \"m\"}}\n", "", "    ^- {value: 2", "the scale main needs at least two levels that do not stop"},
		"value out of bounds":   {"value: 3", "value: 100", "value: ^100", "value is 100; it must be between 0 and 99"},
		"unknown aspect":        {"- id: confidentiality", "- id: secrecy", "- id: ^secrecy", `id "secrecy" is not known; write one of confidentiality, integrity, availability, traceability`},
		"question is missing":   {`, organisation: {sv: "o", en: "o"}`, "", `questions: {^individual`, "organisation is missing"},
		"question of nobody":    {"organisation: {sv: \"o\"", "society: {sv: \"o\"", `^society: {sv`, `unknown key "society"; known here are individual, organisation`},
		"unknown perspective":   {"perspectives: [individual, organisation]\noptional", "perspectives: [individual, organisation, group]\noptional", "^group", `perspective "group" is not known; write one of individual, organisation, society`},
		"optional not asked":    {"optional_perspectives: [organisation]", "optional_perspectives: [society]", "optional_perspectives: [^society]", `the optional perspective "society" is not among the perspectives`},
		"all optional":          {"optional_perspectives: [organisation]", "optional_perspectives: [individual, organisation]", "optional_perspectives: ^[", "at least one perspective must not be optional"},
		"no aspects":            {small["models/m.yaml"][strings.Index(small["models/m.yaml"], "aspects:"):], "aspects: []\n", "aspects: ^[]", "a model needs at least one aspect"},
		"not a model":           {"catalogue: model", "catalogue: law", "catalogue: ^law", `catalogue "law" is not known; write one of model`},
		"alias":                 {`source: "s"`, `source: *a`, "", "not valid YAML: unknown anchor 'a' referenced"},
		"tag":                   {`source: "s"`, `source: !!binary s`, "source: ^!!binary", "anchors, aliases, tags and directives are not allowed; write the value out"},
		"merge key":             {`source: "s"`, `<<: {a: b}`, "^<<", "anchors, aliases, tags and directives are not allowed; write the value out"},
		"deep":                  {`source: "s"`, `source: ` + strings.Repeat("[", 50) + strings.Repeat("]", 50), "source: " + strings.Repeat("[", 32) + "^" + strings.Repeat("[", 18), "nested deeper than 32 levels"},
		"deep on one line":      {`source: "s"`, "source:\n  " + strings.Repeat("- ", 50) + "a", strings.Repeat("- ", 32) + "^" + strings.Repeat("- ", 18) + "a", "nested deeper than 32 levels"},
		"number that is a list": {`value: 3`, `value: [3]`, "value: ^[3]", "value must be a single value, found a list"},
	} {
		t.Run(name, func(t *testing.T) {
			if n := strings.Count(small["models/m.yaml"], c.old); n != 1 {
				t.Fatalf("%q stands %d times, want once", c.old, n)
			}
			text := strings.Replace(small["models/m.yaml"], c.old, c.new, 1)
			m, problems := catalogue.ParseModel("own.yaml", []byte(text))
			want := catalogue.Problem{File: "own.yaml", Reason: c.reason}
			if c.at != "" {
				want.Line, want.Column = place(t, text, c.at)
			}
			if m != nil || !strings.Contains("\n"+problems.Error()+"\n", "\n"+want.String()+"\n") {
				t.Errorf("model %v, problems:\n%s\nwant among them:\n%s", m, problems, want)
			}
		})
	}
}

func TestParseModelLimits(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"size":      {strings.Repeat("a", 1<<20+1), "own.yaml: the file is 1048577 bytes; it may be at most 1048576"},
		"tokens":    {"{" + strings.Repeat("a,", 50_000) + "}", "own.yaml: the file has too many parts; it may have at most 20000"},
		"encoding":  {"name: \xff", "own.yaml: the file is not UTF-8; save it as UTF-8"},
		"empty":     {"", "own.yaml: the file must hold exactly one YAML document"},
		"two":       {"a: 1\n---\nb: 2\n", "own.yaml: the file must hold exactly one YAML document"},
		"not a map": {"- a", "own.yaml:1:1: expected a mapping with keys, found a list"},
	} {
		_, problems := catalogue.ParseModel("own.yaml", []byte(c.text))
		if problems.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, problems, c.want)
		}
	}
	// The parser is not given what it would make hundreds of megabytes of.
	marks := []byte("{" + strings.Repeat("a,", 500_000) + "}")
	if n := testing.AllocsPerRun(1, func() { _, _ = catalogue.ParseModel("own.yaml", marks) }); n > 100 {
		t.Errorf("a file that is refused for its many parts takes %.0f allocations", n)
	}
	var many strings.Builder
	for i := range 1000 {
		many.WriteString("key-" + strings.Repeat("x", i) + ": 1\n")
	}
	if _, problems := catalogue.ParseModel("own.yaml", []byte(many.String())); len(problems) != 100 {
		t.Errorf("%d problems are told of a hopeless file, want 100", len(problems))
	}
}

func TestRangeModel(t *testing.T) {
	for _, c := range []struct {
		lowest, highest int
		want            []catalogue.Step
	}{
		{1, 2, []catalogue.Step{catalogue.Significant, catalogue.Serious}},
		{1, 3, []catalogue.Step{catalogue.Moderate, catalogue.Significant, catalogue.Serious}},
		{0, 3, []catalogue.Step{catalogue.Negligible, catalogue.Moderate, catalogue.Significant, catalogue.Serious}},
	} {
		m, err := catalogue.RangeModel(c.lowest, c.highest)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Aspects) != catalogue.NumAspects {
			t.Fatalf("%d aspects", len(m.Aspects))
		}
		for _, a := range m.Aspects {
			var got []catalogue.Step
			for i, l := range a.Levels {
				got = append(got, l.Step)
				if l.Value != c.lowest+i || l.Stop || l.Label.SV == "" || l.Meaning.EN == "" {
					t.Errorf("%s: level %+v", m.ID, l)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s %v: %s", m.ID, a.Aspect, diff)
			}
			if a.Optional != (a.Aspect == catalogue.Traceability) || a.Questions[catalogue.Society].SV == "" {
				t.Errorf("%s: aspect %+v", m.ID, a)
			}
		}
	}
	if m, err := catalogue.RangeModel(1, 3); err != nil || m.ID != "1-3" || m.Version != "1" {
		t.Errorf("id = %v, %v", m, err)
	}
	if m, err := catalogue.RangeModel(1, 3); err != nil || m.Aspects[0].Questions[0].SV != "Hur illa kan det bli för den enskilde om någon obehörig ser uppgifterna?" {
		t.Errorf("question = %v, %v", m, err)
	}
	for name, c := range map[string][2]int{"five": {0, 4}, "one": {1, 1}, "reversed": {3, 1}, "negative": {-1, 2}, "huge": {98, 100}} {
		if m, err := catalogue.RangeModel(c[0], c[1]); err == nil {
			t.Errorf("%s: made %s", name, m.ID)
		}
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add([]byte(small["models/m.yaml"]))
	for _, s := range []string{
		"", "a", "- a", "{}", "catalogue: model", "a: &a [*a]", "<<: {a: b}", "? a\n: b", "a: |\n  b\n", "{a: {b: [c, {d: e}]}}",
		"scales:\n  main:\n    - {value: 1, step: moderate}\n", "scales: {main: []}", "name: {sv: 1, en: 2}", "aspects: [{id: integrity}]",
		"[[[[[[[[", "- - - -", "a: \"\\u0000\"", "%YAML 1.2\n---\na: b", "criteria: [{levels: {serious: x}}]", "a: !!str b", "a:\n\t- b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, problems := catalogue.ParseModel("own.yaml", b)
		if (m == nil) != (len(problems) > 0) {
			t.Fatalf("model %v with problems %v", m, problems)
		}
		for _, p := range problems {
			if p.File != "own.yaml" || p.Reason == "" || p.Line < 0 || p.Column < 0 {
				t.Fatalf("problem %+v", p)
			}
		}
		if m == nil {
			return
		}
		// What has been let through can be used without care.
		for i := range m.Aspects {
			for s := catalogue.Negligible; s <= catalogue.Serious; s++ {
				if l := m.Aspects[i].ForStep(s); l.Step == catalogue.Unset || l.Stop {
					t.Fatalf("step %v is level %+v", s, l)
				}
			}
		}
	})
}
