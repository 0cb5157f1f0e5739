// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"encoding/csv"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asvsFile says of every requirement of OWASP ASVS 5.0.0 how Insegel meets it. The requirements' own texts are not in it.
const asvsFile = "docs/security/asvs.csv"

// asvsChapters are how many requirements each chapter of the standard has: 345 in all.
var asvsChapters = map[string]int{
	"V1": 30, "V2": 13, "V3": 31, "V4": 16, "V5": 13, "V6": 47, "V7": 19, "V8": 13, "V9": 7, "V10": 36, "V11": 24, "V12": 12, "V13": 21,
	"V14": 13, "V15": 21, "V16": 17, "V17": 12,
}

// leastTests is how many different tests the file must name: a list of promises is not an assurance.
const leastTests = 80

// asvsTested are the beginnings of those requirements that must each be shown by a test, when they are met.
var asvsTested = []string{
	"V2.3.3", "V2.3.4", "V2.3.5", "V2.4.1", "V3.4.", "V6.3.", "V6.4.4", "V6.5.6", "V6.7.", "V6.8.", "V7.", "V8.", "V9.", "V10.1.", "V10.2.",
	"V10.5.", "V16.",
}

// asvsRow is one requirement.
type asvsRow struct {
	line             int
	id, status       string
	tests            []string
	evidence, remark string
}

var asvsID = regexp.MustCompile(`^V(\d+)\.(\d+)\.(\d+)$`)

func readASVS(t *testing.T) []asvsRow {
	t.Helper()
	f, err := os.Open(filepath.Join(root, asvsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", asvsFile, err)
	}
	if want := []string{"id", "status", "test", "evidence", "note"}; len(all) == 0 || !slices.Equal(all[0], want) {
		t.Fatalf("%s: the columns are %q, want %q", asvsFile, all[:min(1, len(all))], want)
	}
	var rows []asvsRow
	for i, r := range all[1:] {
		rows = append(rows, asvsRow{line: i + 2, id: r[0], status: r[1], tests: strings.Fields(r[2]), evidence: r[3], remark: r[4]})
	}
	return rows
}

// testFunctions are the names of all tests and fuzz targets of the project.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if !s.isTest() {
			continue
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz")) {
				out[fn.Name.Name] = true
			}
		}
	}
	return out
}

// Every requirement has a row, every test that a row names exists, and what is claimed has something to show for it.
func TestASVS(t *testing.T) {
	exists := testFunctions(t)
	seen, named, chapters := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, r := range readASVS(t) {
		bad := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s:%d: %s: "+format, append([]any{asvsFile, r.line, r.id}, args...)...)
		}
		if !asvsID.MatchString(r.id) || seen[r.id] {
			bad("not a requirement's number, or a second row of it")
		}
		seen[r.id] = true
		chapters[r.id[:max(0, strings.Index(r.id, "."))]]++
		for _, name := range r.tests {
			if named[name] = true; !exists[name] {
				bad("%s is no test of the project", name)
			}
		}
		switch r.status {
		case "met":
			if len(r.tests) == 0 && r.evidence == "" {
				bad("it is said to be met, and nothing shows it")
			}
			if len(r.tests) == 0 && slices.ContainsFunc(asvsTested, func(p string) bool { return strings.HasPrefix(r.id, p) }) {
				bad("it must be shown by a test")
			}
		case "partly", "not-met", "not-applicable":
			if r.remark == "" {
				bad("%s needs a note that says why", r.status)
			}
		default:
			bad("the status %q is none of met, partly, not-met, not-applicable", r.status)
		}
	}
	for chapter, want := range asvsChapters {
		if chapters[chapter] != want {
			t.Errorf("%s: %s has %d rows, want %d", asvsFile, chapter, chapters[chapter], want)
		}
	}
	if len(named) < leastTests {
		t.Errorf("%s: %d different tests are named, want at least %d", asvsFile, len(named), leastTests)
	}
}
