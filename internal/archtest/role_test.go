// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// is reports whether a file's name is one of the given, or a part of one: page.go and page_list.go are "page".
func (s *source) is(roles ...string) bool {
	name := strings.TrimSuffix(path.Base(s.path), ".go")
	return slices.ContainsFunc(roles, func(r string) bool { return name == r || strings.HasPrefix(name, r+"_") })
}

// isNoun reports whether the file is the one named after the package's noun.
func (s *source) isNoun() bool { return path.Base(s.path) == path.Base(s.pkg())+".go" }

var fileRoles = rule{
	name: "files keep to their role",
	why: "one knows where to look: HTTP stands in page.go and api.go, SQL in store.go, and the file named after the noun is pure, so that " +
		"its rules can be read and tested without either",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() || !isSlice(s.pkg()) {
				continue
			}
			for i, imp := range s.imports() {
				pos := s.file.Imports[i].Pos()
				http := imp == "net/http" || imp == module+"/internal/web"
				if (http || imp == "database/sql") && s.isNoun() {
					out = append(out, s.at(pos, "the noun's file imports %s", imp))
				} else if http && !s.is("page", "api") {
					out = append(out, s.at(pos, "%s is imported outside page.go, page_*.go and api.go", imp))
				} else if imp == "database/sql" && !s.is("store") {
					out = append(out, s.at(pos, "database/sql is imported outside store.go and store_*.go"))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/system/system.go", `import _ "net/http"`},
		{"internal/system/service.go", `import _ "database/sql"`},
		{"internal/system/page.go", `import _ "database/sql"`},
		{"internal/overview/start.go", `import _ "github.com/insegel/insegel/internal/web"`},
	},
	keeps: []file{
		{"internal/system/page_list.go", `import _ "net/http"`},
		{"internal/system/store_search.go", `import _ "database/sql"`},
		{"internal/system/page_test.go", `import _ "net/http"`},
		{"internal/web/web.go", `import _ "net/http"`},
	},
}

var onlyJobKnowsTheQueue = rule{
	name: "only job knows the queue",
	why:  "the queue can be replaced as long as one package knows which it is (docs/decisions/004)",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if s.pkg() == "job" {
				continue
			}
			for i, imp := range s.imports() {
				if strings.HasPrefix(imp, "github.com/riverqueue/") || strings.HasPrefix(imp, "riverqueue.com/") {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports %s", s.dir(), imp))
				}
			}
		}
		return out
	},
	breaks: []file{{"internal/risk/job.go", `import _ "github.com/riverqueue/river"`}},
	keeps:  []file{{"internal/job/job.go", `import _ "github.com/riverqueue/river"`}},
}

// clocks are the packages that may ask what time it is.
var clocks = map[string]string{
	"db":    "stamps every transaction, with a clock that tests set",
	"job":   "says when work is due",
	"probe": "measures how long a host takes, with no database",
}

// clockFiles are the single files outside those packages that may.
var clockFiles = map[string]string{
	"internal/app/server.go":   "hands the pages the clock that they write today's date by; nothing of it is stored",
	"internal/cli/signin.go":   "signin needs no database, and logs that write no year are read by today's",
	"internal/cli/scan.go":     "scan needs no database, and tells how long it took",
	"internal/cli/national.go": "a simulated nation written to files needs no database, and is of the last period that has ended",
	"internal/cli/whatif.go":   "an invented nation needs no database, and is weighed by today's catalogue",
	"internal/cli/classify.go": "classify needs no database, and answers for today unless --date says otherwise",
}

var oneClock = rule{
	name: "one clock",
	why: "everything that one transaction stores carries the same time, tx.Now, and a test can set it. " +
		"A file that truly needs the wall clock is listed in clockFiles with its reason",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() || clocks[s.pkg()] != "" || clockFiles[s.path] != "" {
				continue
			}
			name := s.importName("time")
			ast.Inspect(s.file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && name != "" && isIdent(sel.X, name) &&
					(sel.Sel.Name == "Now" || sel.Sel.Name == "Since" || sel.Sel.Name == "Until") {
					out = append(out, s.at(sel.Pos(), "time.%s is used", sel.Sel.Name))
				}
				return true
			})
		}
		return out
	},
	breaks: []file{
		{"internal/system/service.go", "import \"time\"\n\nvar x = time.Now()"},
		{"internal/civil/civil.go", "import \"time\"\n\nvar x = time.Now"},
		{"internal/web/page.go", "import clock \"time\"\n\nvar x = clock.Until(clock.Time{})"},
	},
	keeps: []file{
		{"internal/db/db.go", "import \"time\"\n\nvar x = time.Now"},
		{"internal/system/system_test.go", "import \"time\"\n\nvar x = time.Now()"},
		{"internal/system/system.go", "import \"time\"\n\nvar x = time.Hour"},
	},
}

// mostEngineSwitches is how many statements may differ between the engines before the choice of writing SQL once is reviewed.
const mostEngineSwitches = 10

// engineKnowers are the packages below and beside the slices that open, migrate or configure an engine.
var engineKnowers = map[string]bool{"db": true, "schema": true, "job": true, "backup": true, "app": true, "cli": true}

var enginesDiffer = rule{
	name: "SQL is written once",
	why: "each statement that differs between SQLite and PostgreSQL is one more to test and to get wrong; above ten, the choice itself is " +
		"reviewed (docs/decisions/001)",
	check: func(files []*source) (out []finding) {
		var all []finding
		for _, s := range goFiles(files) {
			if !s.ships() || s.pkg() == "" || engineKnowers[s.pkg()] {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				if !comparesEngine(n) {
					return true
				}
				f := s.at(n.Pos(), "what is done depends on the engine, outside store.go")
				all = append(all, f)
				if !s.is("store") {
					out = append(out, f)
				}
				return true
			})
		}
		if len(all) > mostEngineSwitches {
			out = append(out, finding{all[len(all)-1].where, "this is one statement too many that differs between the engines"})
		}
		return out
	},
	breaks: []file{
		{"internal/system/service.go", "func f() {\n\tif tx.Engine == db.SQLite {\n\t}\n}"},
		{"internal/system/page.go", "func f() {\n\tswitch tx.Engine {\n\t}\n}"},
		{"internal/audit/audit.go", "func f() bool { return db.Postgres != d.Engine }"},
		{"internal/system/store.go", "func f() {\n" + strings.Repeat("\tswitch tx.Engine {\n\t}\n", mostEngineSwitches+1) + "}"},
	},
	keeps: []file{
		{"internal/system/store.go", "func f() {\n\tif tx.Engine == db.SQLite {\n\t}\n}"},
		{"internal/requirement/service.go", "func f() { s.Engine.Run() }"},
	},
}

// comparesEngine reports whether a node switches on, or compares, a field named Engine.
func comparesEngine(n ast.Node) bool {
	field := func(e ast.Expr) bool {
		sel, ok := e.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Engine"
	}
	switch n := n.(type) {
	case *ast.SwitchStmt:
		return n.Tag != nil && field(n.Tag)
	case *ast.BinaryExpr:
		return (n.Op == token.EQL || n.Op == token.NEQ) && (field(n.X) || field(n.Y)) && !isIdent(n.X, "nil") && !isIdent(n.Y, "nil")
	}
	return false
}

// isIdent reports whether an expression is that name.
func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
