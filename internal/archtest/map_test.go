// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"encoding/json"
	"go/ast"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testHeading is the heading of the packages that only tests import.
const testHeading = "only for tests"

// readMap reads the tree of packages in ARCHITECTURE.md: package to heading, and the packages in order.
func readMap(text string) (headings map[string]string, order []string) {
	headings = map[string]string{}
	_, block, _ := strings.Cut(text, "```")
	block, _, _ = strings.Cut(block, "```")
	_, block, _ = strings.Cut(block, "\ninternal/")
	heading := ""
	entry := regexp.MustCompile(`^  ([a-z][a-z0-9/]*)/ `)
	for _, line := range strings.Split(block, "\n")[1:] {
		if h, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok {
			heading = h
		} else if m := entry.FindStringSubmatch(line); m != nil {
			headings[m[1]] = heading
			order = append(order, m[1])
		} else if line != "" && !strings.HasPrefix(line, " ") {
			break // what stands beside internal
		}
	}
	return headings, order
}

func TestArchitectureNamesThePackages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings, order := readMap(string(text))
	real := map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if s.pkg() != "" {
			real[s.pkg()] = true
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(real)) {
		if _, ok := headings[pkg]; !ok {
			t.Errorf("ARCHITECTURE.md: internal/%s is missing from the tree", pkg)
		}
	}
	last := map[string]int{}
	for _, pkg := range order {
		if !real[pkg] {
			t.Errorf("ARCHITECTURE.md: internal/%s is in the tree but not in the project", pkg)
		}
		want := testHeading
		l, i := place(pkg)
		if !testOnly[pkg] && l >= 0 {
			want = layers[l].name
			if l == capabilityLayer && i < last[want] {
				t.Errorf("ARCHITECTURE.md: internal/%s stands below a capability that may import it", pkg)
			}
			last[want] = i
		}
		if headings[pkg] != want {
			t.Errorf("ARCHITECTURE.md: internal/%s stands under %q, want %q", pkg, headings[pkg], want)
		}
	}
}

func TestReadMap(t *testing.T) {
	headings, order := readMap("# A\n```\ndata/ facts\ninternal/\n   -- one\n  b/  x\n  b/c/  y\n   -- two\n  a/  z\ndocs/ d\n  no/ such\n```\n  not/ this\n")
	if want := []string{"b", "b/c", "a"}; !slices.Equal(order, want) {
		t.Errorf("order = %q, want %q", order, want)
	}
	if headings["b/c"] != "one" || headings["a"] != "two" || len(headings) != 3 {
		t.Errorf("headings = %q", headings)
	}
}

// mostDirect is how many modules may be required directly: each is somebody else's code that the municipality has to trust.
const mostDirect = 45

// requirements is what "go mod edit -json" tells of go.mod.
type requirements struct {
	Require []struct {
		Path     string
		Indirect bool
	}
}

func TestDependenciesAreChosen(t *testing.T) {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("read go.mod: %v", err)
	}
	var mod requirements
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatalf("read go.mod: %v", err)
	}
	var paths []string
	for _, r := range mod.Require {
		paths = append(paths, r.Path)
	}
	used := importedModules(goFiles(project(t)), paths)
	reasons := readReasons(t)
	direct := 0
	for _, r := range mod.Require {
		if used[r.Path] == r.Indirect {
			t.Errorf("go.mod: %s is imported: %v, but marked indirect: %v; run go mod tidy", r.Path, used[r.Path], r.Indirect)
		}
		if !used[r.Path] {
			continue
		}
		direct++
		if !strings.Contains(reasons, r.Path) {
			t.Errorf("go.mod: %s is required directly, but no page in docs/decisions or docs/dependencies.md says why", r.Path)
		}
	}
	if direct > mostDirect {
		t.Errorf("go.mod: %d modules are required directly, at most %d: leave one out, or do with what there is", direct, mostDirect)
	}
}

// importedModules tells which of the modules the project's own code imports.
func importedModules(files []*source, modules []string) map[string]bool {
	used := map[string]bool{}
	for _, s := range files {
		if strings.HasPrefix(s.path, "tools/") {
			continue // a module of its own
		}
		for _, imp := range s.imports() {
			best := ""
			for _, m := range modules {
				if (imp == m || strings.HasPrefix(imp, m+"/")) && len(m) > len(best) {
					best = m
				}
			}
			used[best] = true
		}
	}
	return used
}

func readReasons(t *testing.T) string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "decisions", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages in docs/decisions: %v", err)
	}
	pages = append(pages, filepath.Join(root, "docs", "dependencies.md"))
	var b strings.Builder
	for _, p := range pages {
		text, err := os.ReadFile(p)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

func TestImportedModules(t *testing.T) {
	s := invent(t, file{"internal/x/a.go", `import (
	_ "example.com/a/v2/sub"
	_ "example.com/a/driver/x"
	_ "example.com/b-more"
	_ "fmt"
)`})
	got := importedModules([]*source{s}, []string{"example.com/a/v2", "example.com/a/driver", "example.com/a/driver/x", "example.com/b"})
	want := map[string]bool{"example.com/a/v2": true, "example.com/a/driver/x": true, "": true}
	if !maps.Equal(got, want) {
		t.Errorf("imported modules = %v, want %v", got, want)
	}
}

// Every entry of a table of exceptions must still be one: an exception that nobody uses is an open door.
func TestExceptionsAreUsed(t *testing.T) {
	unused := maps.Clone(clockFiles)
	for _, s := range goFiles(project(t)) {
		name := ""
		if clockFiles[s.path] != "" {
			name = s.importName("time")
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && name != "" && isIdent(sel.X, name) && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
				delete(unused, s.path)
			}
			return true
		})
	}
	for p := range unused {
		t.Errorf("clockFiles: %s does not ask for the time; take it off the list", p)
	}
}
