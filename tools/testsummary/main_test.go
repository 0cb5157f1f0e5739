// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// suites are small modules whose tests are run for real, so that a change in what the go command prints is noticed.
var suites = map[string]struct {
	source string
	strict bool
	code   int
	last   string
	shows  []string
	hides  []string
}{
	"all pass": {
		source: `func TestA(t *testing.T) { t.Log("quiet"); t.Run("one", func(t *testing.T) {}); t.Run("two", func(t *testing.T) {}) }`,
		last:   "2 passed, 0 failed, 0 skipped", shows: []string{"ok    example  "}, hides: []string{"quiet", "=== RUN"},
	},
	"a subtest fails": {
		source: `func TestA(t *testing.T) { t.Run("one", func(t *testing.T) { t.Error("got 1, want 2") }); t.Run("two", func(t *testing.T) {}) }`,
		code:   1, last: "1 passed, 1 failed, 0 skipped", shows: []string{"FAIL  example", "got 1, want 2", "  example TestA/one"},
	},
	"only the parent fails": {
		source: `func TestA(t *testing.T) { t.Run("one", func(t *testing.T) {}); t.Error("afterwards") }`,
		code:   1, last: "1 passed, 1 failed, 0 skipped", shows: []string{"afterwards"},
	},
	"a skip": {
		source: `func TestA(t *testing.T) { t.Skip("no browser") }
func TestB(t *testing.T) {}`,
		last: "1 passed, 0 failed, 1 skipped", shows: []string{"example TestA: ", "no browser"},
	},
	"a skip where all must run": {
		source: `func TestA(t *testing.T) { t.Skip("no browser") }
func TestB(t *testing.T) {}`,
		strict: true, code: 1, last: "1 passed, 0 failed, 1 skipped", shows: []string{"no browser", "CI=true"},
	},
	"a panic": {
		source: `func TestA(t *testing.T) {}
func TestB(t *testing.T) { panic("out of luck") }`,
		code: 1, last: "1 passed, 1 failed, 0 skipped", shows: []string{"out of luck", "  example TestB"},
	},
	"a process that leaves": {
		source: `func TestA(t *testing.T) {}
func TestMain(m *testing.M) { m.Run(); println("left early"); panic("no tests to blame") }`,
		code: 1, last: "1 passed, 1 failed, 0 skipped", shows: []string{"no tests to blame", "  example\n"},
	},
	"code that does not build": {
		source: `func TestA(t *testing.T) { missing() }`,
		code:   1, last: "0 passed, 1 failed, 0 skipped", shows: []string{"undefined: missing"},
	},
	"no test": {
		source: `var _ testing.TB`,
		code:   1, last: "0 passed, 0 failed, 0 skipped", shows: []string{"No test ran."},
	},
}

func TestRun(t *testing.T) {
	for name, tc := range suites {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module example\n\ngo 1.26.0\n")
			write(t, filepath.Join(dir, "a_test.go"), "package example\n\nimport \"testing\"\n\n"+tc.source+"\n")
			var out, errs strings.Builder
			code := run([]string{"go", "test", "-C", dir, "-json", "-count=1", "./..."}, tc.strict, &out, &errs)
			if code != tc.code {
				t.Errorf("exit code = %d, want %d", code, tc.code)
			}
			if last := lastLine(out.String()); last != tc.last {
				t.Errorf("last line = %q, want %q", last, tc.last)
			}
			for _, want := range tc.shows {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q", want)
				}
			}
			for _, bad := range tc.hides {
				if strings.Contains(out.String(), bad) {
					t.Errorf("output has %q", bad)
				}
			}
			if t.Failed() {
				t.Logf("output:\n%s%s", out.String(), errs.String())
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	for name, command := range map[string][]string{"no command": nil, "no such command": {filepath.Join(t.TempDir(), "none")}} {
		var out, errs strings.Builder
		if code := run(command, false, &out, &errs); code == 0 || errs.Len() == 0 {
			t.Errorf("%s: exit code %d, message %q; want a failure with a message", name, code, errs.String())
		}
	}
}

// The command's own failure counts even when every test that it reported passed.
func TestRunKeepsTheCommandsFailure(t *testing.T) {
	events := `{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n" +
		`{"Action":"pass","Package":"p"}` + "\n"
	file := filepath.Join(t.TempDir(), "events")
	write(t, file, events)
	var out, errs strings.Builder
	if code := run([]string{"sh", "-c", "cat " + file + "; exit 3"}, false, &out, &errs); code != 1 {
		t.Errorf("exit code = %d, want 1; output:\n%s", code, out.String())
	}
	out.Reset()
	if code := run([]string{"sh", "-c", "head -2 " + file}, false, &out, &errs); code != 1 {
		t.Errorf("a package that never finished: exit code = %d, want 1; output:\n%s", code, out.String())
	}
}

// The tests that take the longest are named, the longest first, without those that are quick and without subtests.
func TestRunNamesTheSlowest(t *testing.T) {
	events := `{"Action":"pass","Package":"p","Test":"TestA","Elapsed":12}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestB","Elapsed":90.4}` + "\n" +
		`{"Action":"pass","Package":"p","Test":"TestB/one","Elapsed":80}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestC","Elapsed":1}` + "\n" + `{"Action":"pass","Package":"p"}` + "\n"
	file := filepath.Join(t.TempDir(), "events")
	write(t, file, events)
	var out, errs strings.Builder
	if code := run([]string{"cat", file}, false, &out, &errs); code != 0 {
		t.Errorf("exit code = %d, want 0; output:\n%s", code, out.String())
	}
	if want := "\nSlowest:\n     90 s  p TestB\n     12 s  p TestA\n"; !strings.Contains(out.String(), want) {
		t.Errorf("output lacks %q:\n%s", want, out.String())
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
