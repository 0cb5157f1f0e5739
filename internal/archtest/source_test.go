// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the project's directory, seen from this package.
const root = "../.."

// module is the project's import path.
const module = "github.com/insegel/insegel"

// source is one file of the project. A Go file is parsed.
type source struct {
	path string // from the project's root, with slashes
	text string
	fset *token.FileSet
	file *ast.File // nil when it is not a Go file
}

// dir is the file's directory from the root; for Go files it names the package.
func (s *source) dir() string { return path.Dir(s.path) }

// pkg is the package's place below internal, such as "system" or "document/documenttest"; empty for others.
func (s *source) pkg() string {
	name, ok := strings.CutPrefix(s.dir(), "internal/")
	if !ok {
		return ""
	}
	return name
}

// isTest reports whether the file is compiled into tests only.
func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// ships reports whether the file's code can end up in the program.
func (s *source) ships() bool {
	return s.file != nil && !s.isTest() && !testOnly[s.pkg()] && !strings.HasPrefix(s.path, "tools/") && !strings.HasPrefix(s.path, "test/")
}

// finding is one broken rule.
type finding struct {
	where string // file:line
	what  string
}

// at makes a finding at a place in the file.
func (s *source) at(pos token.Pos, format string, args ...any) finding {
	return finding{where: fmt.Sprintf("%s:%d", s.path, s.fset.Position(pos).Line), what: fmt.Sprintf(format, args...)}
}

// imports lists what the file imports, in order.
func (s *source) imports() []string {
	out := make([]string, len(s.file.Imports))
	for i, spec := range s.file.Imports {
		out[i] = strings.Trim(spec.Path.Value, `"`)
	}
	return out
}

// importName is the name that an import has in the file, or empty when the file does not import it.
func (s *source) importName(importPath string) string {
	for _, spec := range s.file.Imports {
		if strings.Trim(spec.Path.Value, `"`) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// parse makes a source of a text.
func parse(name, text string) (*source, error) {
	s := &source{path: name, text: text}
	if !strings.HasSuffix(name, ".go") {
		return s, nil
	}
	s.fset = token.NewFileSet()
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// tree reads every text file that is or can be committed, once.
var tree = sync.OnceValues(func() ([]*source, error) {
	names, err := committed()
	if err != nil {
		return nil, err
	}
	var out []*source
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if os.IsNotExist(err) || err == nil && slices.Contains(b[:min(len(b), 8000)], 0) { // deleted but not committed; binary
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := parse(name, string(b))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
})

// committed lists the files that git knows or would add. Without git, as in an unpacked release, it lists what is there.
func committed() ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if names := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }); err == nil && len(names) > 0 {
		slices.Sort(names)
		return slices.Compact(names), nil
	}
	return walk(root)
}

// walk lists the files below dir, without what is built or installed there.
func walk(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == ".build") {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			name, err := filepath.Rel(dir, file)
			if err != nil {
				return err
			}
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	return names, err
}

// project is the tree, or the end of the test.
func project(t *testing.T) []*source {
	t.Helper()
	files, err := tree()
	if err != nil {
		t.Fatalf("read the project: %v", err)
	}
	if len(files) < 50 {
		t.Fatalf("read the project: only %d files found", len(files))
	}
	return files
}

// goFiles are the Go files outside testdata.
func goFiles(files []*source) []*source {
	return slices.DeleteFunc(slices.Clone(files), func(s *source) bool { return s.file == nil || strings.Contains(s.path, "testdata/") })
}

// The tree is read in two ways; both must see this file.
func TestTreeIsFound(t *testing.T) {
	const self = "internal/archtest/source_test.go"
	byGit, err := committed()
	if err != nil {
		t.Fatal(err)
	}
	byWalk, err := walk(root)
	if err != nil {
		t.Fatal(err)
	}
	for how, names := range map[string][]string{"git": byGit, "walk": byWalk} {
		if !slices.Contains(names, self) {
			t.Errorf("%s does not find %s", how, self)
		}
		for _, n := range names {
			if strings.Contains(n, "node_modules/") {
				t.Errorf("%s finds %s, which belongs to others", how, n)
				break
			}
		}
	}
}
