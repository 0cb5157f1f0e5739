// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
)

var comments = rule{
	name: "names say what they are for",
	why: "go doc is the map of the packages, and there is no second one: each package has a comment, and each exported name one that starts " +
		"with the name",
	check: func(files []*source) (out []finding) {
		described := map[string]bool{}
		first := map[string]*source{}
		for _, s := range goFiles(files) {
			if s.isTest() {
				continue
			}
			dir := s.dir()
			if first[dir] == nil {
				first[dir] = s
			}
			if packageComment(s) {
				described[dir] = true
			}
			for _, d := range s.file.Decls {
				out = append(out, undocumented(s, d)...)
			}
		}
		for dir, s := range first {
			if !described[dir] {
				out = append(out, s.at(s.file.Package, "package %s has no comment that starts with \"Package %s\" or \"Command\"", dir, s.file.Name.Name))
			}
		}
		return out
	},
	breaks: []file{
		{"internal/x/a.go", "package x\n"},
		{"internal/x/a.go", "// Something else.\npackage x\n"},
		{"internal/x/a.go", "func Do() {}"},
		{"internal/x/a.go", "// Does it.\nfunc Do() {}"},
		{"internal/x/a.go", "// DoNot is another name.\nfunc Do() {}"},
		{"internal/x/a.go", "// Do does it.\nfunc (t *T) Do() {}\n\ntype T struct{}"},
		{"internal/x/a.go", "const (\n\tA = 1\n)"},
		{"internal/x/a.go", "var (\n\t// b is hidden.\n\tb = 1\n\tC = 2\n)"},
	},
	keeps: []file{
		{"internal/x/a.go", "// Do does it.\nfunc Do() {}\n\n// T is a type.\ntype T struct{}\n\n// Do does it.\nfunc (t *T) Do() {}\n\ntype u struct{}\n\nfunc (u) Close() {}"},
		{"internal/x/a.go", "// The letters.\nconst (\n\tA = 1\n\tB = 2\n)\n\n// ErrX says no.\nvar ErrX = 1\n\nvar (\n\tC = 3 // C is the third\n)"},
		{"internal/x/a_test.go", "package x\n\nfunc Do() {}"},
	},
}

func packageComment(s *source) bool {
	text := s.file.Doc.Text()
	if s.file.Name.Name == "main" {
		return strings.HasPrefix(text, "Command ")
	}
	return strings.HasPrefix(text, "Package "+s.file.Name.Name+" ")
}

// undocumented finds the exported names of a declaration that nothing is said about.
func undocumented(s *source, d ast.Decl) []finding {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) && !startsWith(d.Doc, d.Name.Name) {
			return []finding{s.at(d.Pos(), "the comment of %s does not start with its name", d.Name.Name)}
		}
	case *ast.GenDecl:
		var out []finding
		for _, spec := range d.Specs {
			out = append(out, undocumentedSpec(s, d, spec)...)
		}
		return out
	}
	return nil
}

// undocumentedSpec looks at a type, constant or variable. In a group with a comment of its own the names need none.
func undocumentedSpec(s *source, d *ast.GenDecl, spec ast.Spec) []finding {
	alone := !d.Lparen.IsValid()
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		doc := spec.Doc
		if alone {
			doc = d.Doc
		}
		if spec.Name.IsExported() && !startsWith(doc, spec.Name.Name) {
			return []finding{s.at(spec.Pos(), "the comment of type %s does not start with its name", spec.Name.Name)}
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if !n.IsExported() {
				continue
			}
			if alone && !startsWith(d.Doc, n.Name) {
				return []finding{s.at(n.Pos(), "the comment of %s does not start with its name", n.Name)}
			}
			if !alone && d.Doc.Text() == "" && spec.Doc.Text() == "" && spec.Comment.Text() == "" {
				return []finding{s.at(n.Pos(), "neither %s nor its group has a comment", n.Name)}
			}
		}
	}
	return nil
}

// startsWith reports whether a comment starts with the name as a word of its own.
func startsWith(doc *ast.CommentGroup, name string) bool {
	rest, ok := strings.CutPrefix(doc.Text(), name)
	return ok && (rest == "" || !token.IsIdentifier("x"+rest[:1]))
}

// The limits. A function is meant to fit on a screen (50 lines); the limit leaves room for a table.
const (
	mostFileLines     = 800
	mostFunctionLines = 80
	mostBranches      = 15
)

var sizes = rule{
	name: "files and functions are small",
	why:  "what does not fit on a screen or in the head is not reviewed; split by noun, never by technology",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if n := strings.Count(s.text, "\n"); n > mostFileLines {
				out = append(out, s.at(s.file.Package, "the file has %d lines, at most %d", n, mostFileLines))
			}
			for _, d := range s.file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				lines := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1
				if lines > mostFunctionLines {
					out = append(out, s.at(fn.Pos(), "%s has %d lines, at most %d", fn.Name.Name, lines, mostFunctionLines))
				}
				if n := branches(fn); n > mostBranches && !s.isTest() && !testOnly[s.pkg()] {
					out = append(out, s.at(fn.Pos(), "%s has %d ways through it (cyclomatic complexity), at most %d", fn.Name.Name, n, mostBranches))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/x/a.go", strings.Repeat("// line\n", mostFileLines)},
		{"internal/x/a_test.go", "func f() {\n" + strings.Repeat("\t_ = 1\n", mostFunctionLines) + "}"},
		{"internal/x/a.go", "func f() {\n" + strings.Repeat("\tif x && y { }\n", 8) + "}"},
	},
	keeps: []file{
		{"internal/x/a.go", strings.Repeat("// line\n", mostFileLines-10)},
		{"internal/x/a.go", "func f() {\n" + strings.Repeat("\t_ = 1\n", mostFunctionLines-2) + "}"},
		{"internal/x/a.go", "func f() {\n" + strings.Repeat("\tif x && y { }\n", 7) + "}"},
	},
}

// branches counts a function's cyclomatic complexity: one, and one for every place where the way parts. A function inside it is
// counted with it.
func branches(fn *ast.FuncDecl) int {
	n := 1
	ast.Inspect(fn, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

const licence = "SPDX-License-Identifier: EUPL-1.2"

var licenceLine = rule{
	name: "each file names its licence",
	why:  "a file that is copied elsewhere must tell what may be done with it (docs/decisions/010)",
	check: func(files []*source) (out []finding) {
		for _, s := range files {
			lines := strings.SplitN(s.text, "\n", 3)
			switch {
			case s.file != nil && lines[0] != "// "+licence:
				out = append(out, finding{s.path + ":1", "the first line is not // " + licence})
			case isScript(s) && !strings.Contains(strings.Join(lines[:min(2, len(lines))], " "), "# "+licence):
				out = append(out, finding{s.path + ":1", "neither of the first two lines is # " + licence})
			}
		}
		return out
	},
	breaks: []file{{"internal/x/a.go", "package x\n"}, {"scripts/x", "#!/bin/sh\necho\n"}, {"Makefile", "all:\n"}},
	keeps: []file{
		{"internal/x/a.go", "// " + licence + "\n\npackage x\n"},
		{"scripts/x", "#!/bin/sh\n# " + licence + "\n"},
		{"README.md", "# Insegel\n"},
	},
}

func isScript(s *source) bool {
	return s.dir() == "scripts" || s.dir() == ".ci" || s.path == "Makefile" || strings.HasPrefix(s.text, "#!")
}

var (
	unfinishedMark = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b(\(#\d+\))?`)
	unfinishedCode = regexp.MustCompile(`panic\("(not |un)implemented`)
)

var unfinished = rule{
	name: "nothing is left unfinished in silence",
	why:  "a mark without a number is a promise to nobody: write what is to be done as TO" + "DO(#number), or do it",
	check: func(files []*source) (out []finding) {
		for _, s := range files {
			if strings.Contains(s.path, "testdata/") || path.Ext(s.path) == ".md" || s.pkg() == "archtest" {
				continue
			}
			for i, line := range strings.Split(s.text, "\n") {
				for _, m := range unfinishedMark.FindAllStringSubmatch(line, -1) {
					if m[2] == "" {
						out = append(out, finding{onLine(s, i), m[1] + " without (#number)"})
					}
				}
				if unfinishedCode.MatchString(line) {
					out = append(out, finding{onLine(s, i), "code that is not there yet"})
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/x/a.go", "// TO" + "DO: later"},
		{"internal/web/a.css", "/* FIX" + "ME */"},
		{"internal/x/a.go", "func f() { panic(\"not " + "implemented\") }"},
	},
	keeps: []file{{"internal/x/a.go", "// TO" + "DO(#12): later"}, {"internal/x/a.go", "// METODOLOGI"}},
}
