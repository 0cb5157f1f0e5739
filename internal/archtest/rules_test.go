// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"strings"
	"testing"
)

// rule is one rule of the house.
type rule struct {
	name  string
	why   string
	check func(files []*source) []finding
	// breaks are small files that break the rule, path to text; each alone must be found. keeps must not be found.
	breaks, keeps []file
}

// file is an invented file.
type file struct{ path, text string }

// rules are all the rules that look at files one by one or together.
var rules = []rule{
	importOrder, testPackagesStayInTests, peerless, catalogueData,
	fileRoles, onlyJobKnowsTheQueue, oneClock, enginesDiffer,
	useCasesAskFirst, useCasesAskWhere, fewSeeEverything, statementsNameTheOrganisation, statementsAreConstant,
	oneWayOut, quietLog, soundCryptography,
	comments, sizes, licenceLine, unfinished, patternsWait,
	registryHosts, otherPlaces, words,
}

func TestRules(t *testing.T) {
	files := project(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.check(files) {
				t.Errorf("%s: %s\n\twhy: %s", f.where, f.what, r.why)
			}
		})
	}
}

// A rule that finds nothing in code that breaks it protects nobody.
func TestRulesCatch(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if r.why == "" || len(r.breaks) == 0 || len(r.keeps) == 0 {
				t.Fatal("the rule lacks its reason, or files that break and keep it")
			}
			for i, f := range r.breaks {
				if got := r.check([]*source{invent(t, f)}); len(got) == 0 {
					t.Errorf("breaks[%d] %s is not found", i, f.path)
				}
			}
			for i, f := range r.keeps {
				for _, got := range r.check([]*source{invent(t, f)}) {
					t.Errorf("keeps[%d] %s is found: %s: %s", i, f.path, got.where, got.what)
				}
			}
		})
	}
}

// invent parses an invented file. Go files get what every file has.
func invent(t *testing.T, f file) *source {
	t.Helper()
	text := f.text
	if strings.HasSuffix(f.path, ".go") && !strings.Contains(text, "package ") {
		text = "// SPDX-License-Identifier: EUPL-1.2\n\n// Package x is invented.\npackage x\n\n" + text
	}
	s, err := parse(f.path, text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", f.path, err, text)
	}
	return s
}
