// SPDX-License-Identifier: EUPL-1.2

package archtest

import "go/ast"

var patternsWait = rule{
	name: "patterns wait until they are used",
	why: "every command of the program, however small, waits for what packages make before it begins, and sixty patterns took milliseconds. " +
		"Write sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`...`) }), and call it where it is used",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			name := s.importName("regexp")
			if !s.ships() || name == "" {
				continue
			}
			for _, d := range s.file.Decls {
				if _, ok := d.(*ast.GenDecl); ok {
					out = append(out, patternsAtStart(s, d, name)...)
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/x/a.go", "import \"regexp\"\n\nvar a = regexp.MustCompile(`a`)"},
		{"internal/x/a.go", "import \"regexp\"\n\nvar all = []*regexp.Regexp{regexp.MustCompile(`a`)}"},
		{"internal/x/a.go", "import re \"regexp\"\n\nvar a = func() *re.Regexp { return re.MustCompile(`a`) }()"},
	},
	keeps: []file{
		{"internal/x/a.go", "import (\n\t\"regexp\"\n\t\"sync\"\n)\n\nvar a = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`a`) })"},
		{"internal/x/a.go", "import \"regexp\"\n\nfunc a() *regexp.Regexp { return regexp.MustCompile(`a`) }"},
		{"internal/x/a_test.go", "import \"regexp\"\n\nvar a = regexp.MustCompile(`a`)"},
	},
}

// patternsAtStart finds the patterns that are compiled when a declaration is made: those outside functions, and in functions called at once.
func patternsAtStart(s *source, at ast.Node, name string) (out []finding) {
	ast.Inspect(at, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if isSelector(n.Fun, name, "MustCompile") {
				out = append(out, s.at(n.Pos(), "a pattern is compiled before the program begins"))
			}
			if called, ok := n.Fun.(*ast.FuncLit); ok {
				out = append(out, patternsAtStart(s, called.Body, name)...)
			}
		}
		return true
	})
	return out
}
