// SPDX-License-Identifier: EUPL-1.2

// Package mutation takes Insegel's controls away, one at a time, and demands that the tests notice (Swedish: mutationsprov). A test
// that stays green without the thing it checks protects nobody.
package mutation

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// root is the project's directory, seen from this package.
const root = "../.."

// longest is how long the tests of one control may run before the run is taken for stuck.
const longest = 5 * time.Minute

// control is something that protects, and how it is taken away.
type control struct {
	// name says what protects.
	name string
	// file holds it; from, which stands there exactly once, is replaced by to, which builds and lets everything through.
	file, from, to string
	// pkg and run choose the tests that must fail.
	pkg, run string
}

// TestControls takes away each control in a copy that only the compiler sees, so that the project's own files are never touched.
func TestControls(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: each control is built and tested on its own, which takes minutes")
	}
	for _, c := range controls {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			overlay := mutate(t, c)
			out, err := run(t, "-count=1", "-run="+c.run, "-overlay="+overlay, c.pkg)
			var exit *exec.ExitError
			switch {
			case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
				t.Errorf("without it, the program does not build; the change to it must be one that lets everything through:\n%s", out)
			case err == nil:
				t.Errorf("%s stays green without it, so nothing tests it:\n%s", c.run, out)
			case !errors.As(err, &exit) || !strings.Contains(out, "--- FAIL: "):
				t.Errorf("the tests did not fail, they could not run: %v\n%s", err, out)
			}
		})
	}
}

// TestControlsAreTested runs the same tests with the controls in place: red only counts where green was before.
func TestControlsAreTested(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the same tests run with their packages")
	}
	if len(controls) < 10 {
		t.Errorf("%d controls are taken away, at least ten are wanted", len(controls))
	}
	// One run for each package: building it is what takes time.
	together := map[[2]string][]control{}
	for _, c := range controls {
		key := [2]string{c.pkg}
		if strings.Contains(c.run, "/") { // part of a test cannot be named beside another
			key[1] = c.run
		}
		together[key] = append(together[key], c)
	}
	for key, all := range together {
		var runs []string
		for _, c := range all {
			runs = append(runs, c.run)
		}
		out, err := run(t, "-run="+strings.Join(runs, "|"), "-v", key[0])
		passed := passing.FindAllStringSubmatch(out, -1)
		for _, c := range all {
			t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
				test, _, _ := strings.Cut(c.run, "/")
				is := regexp.MustCompile(test)
				if !slices.ContainsFunc(passed, func(p []string) bool { return is.MatchString(p[1]) }) {
					t.Errorf("%s in %s does not pass as it is: %v\n%s", c.run, c.pkg, err, out)
				}
			})
		}
		if err != nil {
			t.Errorf("%s in %s: %v\n%s", strings.Join(runs, "|"), key[0], err, out)
		}
	}
}

// passing is how go test says that a whole test passed.
var passing = regexp.MustCompile(`(?m)^--- PASS: (\S+)`)

// mutate writes the changed file and the table that tells the compiler to read it instead, and gives the table's path.
func mutate(t *testing.T, c control) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(c.file)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte(c.from)); n != 1 {
		t.Fatalf("%s: the control stands there %d times, want once:\n%s", c.file, n, c.from)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(c.from), []byte(c.to), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, table, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// run runs go test in the project, without the race detector, which would only make it slower.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"test", "-timeout=" + longest.String()}, args...)...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}
