// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

// ruleFiles are the program's own rules, with a file more.
func ruleFiles(t *testing.T, more string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{"zz.yaml": {Data: []byte(more)}}
	for _, name := range []string{"documents.yaml", "names.yaml", "numbers.yaml", "sensitive.yaml"} {
		b, err := os.ReadFile("../../../data/detectors/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: b}
	}
	return out
}

// Every scan waits for the rules: the program's own are read plainly, and as the parser of all of YAML reads them.
func TestRulesAreReadPlainly(t *testing.T) {
	for name, f := range ruleFiles(t, "version: \"1\"\n") {
		var plain, general file
		if !plainyaml.Decode(string(f.Data), &plain) {
			t.Errorf("%s is not read plainly, which takes a dozen times as long", name)
			continue
		}
		if err := yaml.Unmarshal(f.Data, &general); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(general, plain); diff != "" {
			t.Errorf("%s is read otherwise: %s", name, diff)
		}
	}
}

// What is wrong in rules is told when they are loaded.
func TestLoadRefuses(t *testing.T) {
	many := make([]string, maxTerms+1)
	for i := range many {
		many[i] = fmt.Sprintf("ord%d", i)
	}
	for more, want := range map[string]string{
		"version: [\n": "load detectors: zz.yaml: yaml: line 1: did not find expected node content",
		"version: {}\n": "load detectors: zz.yaml: yaml: unmarshal errors:\n" +
			"  line 1: cannot unmarshal !!map into string",
		"detectors: [{id: phone}]\n":                         "load detectors: zz.yaml: the id phone is already in use",
		"detectors: [{id: unknown}]\n":                       "load detectors: zz.yaml: no form is known for unknown",
		"detectors: [{id: sensitive_x, terms: [\"a\"]}]\n":   "load detectors: zz.yaml: sensitive_x: the term \"a\" is too short",
		"against: [\"*fyra*\"]\n":                            "load detectors: zz.yaml: the term \"fyra\" is too short",
		"first: [\"\"]\n":                                    "load detectors: zz.yaml: the term \"\" is too short",
		"documents: [{id: x, needs: {nothing: 1}}]\n":        "load detectors: the document x needs nothing, which is no detector",
		"innocent: [" + strings.Join(many, ", ") + "]\n":     "load detectors: zz.yaml: there are more than 32767 terms",
		"innocent: [\"ett\"]\nunknown: &anchor \"passed\"\n": "", // not plain, and a key that is not known: as before
	} {
		_, err := Load(ruleFiles(t, more))
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%.60q: %v, want %s", more, err, want)
		}
	}
	files := ruleFiles(t, "")
	delete(files, "numbers.yaml")
	if _, err := Load(files); fmt.Sprint(err) != "load detectors: personnummer is missing" {
		t.Errorf("without numbers.yaml: %v", err)
	}
}

// The smaller dictionaries hold what the whole one has of their classes, in its order, and nothing else.
func TestSmallerDictionaries(t *testing.T) {
	r := loadRules(t)
	for name, part := range map[string]struct {
		d  *dictionary
		of Contexts
	}{
		"numbers": {r.numbers, 1<<firstSensitive - 1 | against.set()},
		"civic":   {r.civic, civicWords | otherNumbers},
	} {
		var want []term
		for _, x := range r.dict.terms {
			if x.class.set()&part.of != 0 {
				want = append(want, x)
			}
		}
		if got := part.d.whole().terms; len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s has %d terms, want %d", name, len(got), len(want))
		}
	}
}
