// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"slices"
	"strings"
)

// layer is a group of packages that may import the groups before it.
type layer struct {
	// name is the group's heading in ARCHITECTURE.md.
	name string
	// packages are the group's packages below internal. Some of them are still to be written.
	packages []string
	// ordered groups: a package imports only those named before it. In the others the compiler's ban on cycles is enough.
	ordered bool
}

// layers are the groups, from what stands by itself to what puts everything together.
var layers = []layer{
	{"foundation on its own", []string{"plainyaml", "civil", "exact", "ids", "key", "seal", "document", "printer", "discovery", "probe", "signin", "access", "locale", "redact", "outbound", "kolada", "db", "schema"}, true},
	{"foundation that uses the database", []string{"audit", "alarm", "auth", "mail", "job", "web", "backup", "webhook"}, false},
	{"capabilities, in the order that information flows", []string{
		"catalogue", "approval", "organisation", "information", "supplier", "system", "processing", "classification", "register", "evidence",
		"measurement", "finding", "requirement", "risk", "workshop", "action", "procurement", "incident", "campaign", "followup", "national", "whatif",
	}, true},
	{"views over everything", []string{"overview", "report"}, true},
	{"how it is started and put together", []string{"app", "cli"}, true},
}

// The layers whose packages are slices: they hold a noun or a view, with pages, use cases and SQL in files of their own.
const (
	capabilityLayer = 2
	viewLayer       = 3
	startLayer      = 4
)

// testOnly are the packages that only tests import.
var testOnly = map[string]bool{
	"dbtest": true, "webtest": true, "archtest": true, "peertest": true, "catalogue/cataloguetest": true, "document/documenttest": true,
	"discovery/discoverytest": true,
}

// place finds a package's layer and its number there; auth/passkey belongs to auth. It is -1 for a package in no layer.
func place(pkg string) (layerIndex, index int) {
	top, _, _ := strings.Cut(pkg, "/")
	for i, l := range layers {
		if n := slices.Index(l.packages, top); n >= 0 {
			return i, n
		}
	}
	return -1, -1
}

// isSlice reports whether the package is a capability or a view.
func isSlice(pkg string) bool {
	l, _ := place(pkg)
	return l == capabilityLayer || l == viewLayer
}

// ours is an import's place below internal; ok is false for an import that is not ours.
func ours(importPath string) (pkg string, ok bool) {
	return strings.CutPrefix(importPath, module+"/internal/")
}

var importOrder = rule{
	name: "imports only go up the list",
	why: "a slice that imports a later one makes a cycle of thought before it makes a cycle of imports: import order is reading order. " +
		"Let the earlier slice enqueue a job, or move what both need up the list (ARCHITECTURE.md, docs/decisions/002)",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if s.path == "main.go" {
				for _, imp := range s.imports() {
					if pkg, ok := ours(imp); ok && pkg != "cli" {
						out = append(out, s.at(s.file.Package, "main imports %s; it starts cli and nothing else", pkg))
					}
				}
				continue
			}
			if s.pkg() == "" || !s.ships() {
				continue
			}
			if l, _ := place(s.pkg()); l < 0 {
				out = append(out, s.at(s.file.Package, "package %s stands in no layer: give it a place in layers and in ARCHITECTURE.md", s.pkg()))
				continue
			}
			for i, imp := range s.imports() {
				if to, ok := ours(imp); ok && !mayImport(s.pkg(), to) {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports %s, which comes later", s.pkg(), to))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/system/a.go", `import _ "github.com/insegel/insegel/internal/classification"`},
		{"internal/db/a.go", `import _ "github.com/insegel/insegel/internal/audit"`},
		{"internal/civil/a.go", `import _ "github.com/insegel/insegel/internal/locale"`},
		{"internal/report/a.go", `import _ "github.com/insegel/insegel/internal/app"`},
		{"internal/helpers/a.go", `var x int`},
		{"main.go", `import _ "github.com/insegel/insegel/internal/app"`},
	},
	keeps: []file{
		{"internal/classification/a.go", `import _ "github.com/insegel/insegel/internal/system"`},
		{"internal/auth/a.go", `import _ "github.com/insegel/insegel/internal/web"`},
		{"internal/auth/passkey/a.go", `import _ "github.com/insegel/insegel/internal/auth"`},
		{"internal/system/a_test.go", `import _ "github.com/insegel/insegel/internal/app"`},
		{"main.go", `import _ "github.com/insegel/insegel/internal/cli"`},
	},
}

// mayImport reports whether a package may import another.
func mayImport(from, to string) bool {
	if testOnly[to] {
		return true // another rule's business
	}
	fromTop, _, _ := strings.Cut(from, "/")
	toTop, _, _ := strings.Cut(to, "/")
	if fromTop == toTop {
		return true
	}
	fl, fi := place(from)
	tl, ti := place(to)
	if tl < 0 || tl > fl {
		return false
	}
	return tl < fl || !layers[fl].ordered || ti < fi
}

var testPackagesStayInTests = rule{
	name: "test packages stay in tests",
	why:  "what only tests need makes the program larger and may open doors in it",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() {
				continue
			}
			for i, imp := range s.imports() {
				if pkg, ok := ours(imp); ok && testOnly[pkg] || imp == "testing" || strings.HasPrefix(imp, "testing/") && imp != "testing/fstest" {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports %s, which is for tests", s.dir(), imp))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/system/a.go", `import _ "github.com/insegel/insegel/internal/dbtest"`},
		{"internal/document/a.go", `import _ "github.com/insegel/insegel/internal/document/documenttest"`},
		{"internal/cli/a.go", `import _ "testing"`},
	},
	keeps: []file{
		{"internal/system/a_test.go", `import _ "github.com/insegel/insegel/internal/dbtest"`},
		{"internal/webtest/a.go", `import _ "github.com/insegel/insegel/internal/dbtest"`},
	},
}

var peerless = rule{
	name: "discovery, probe and signin stand alone",
	why: "insegel scan, insegel probe and insegel signin run on machines with no database; their rules come in as an fs.FS. plainyaml reads " +
		"files and nothing else",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			top, _, _ := strings.Cut(s.pkg(), "/")
			if s.isTest() || top != "discovery" && top != "probe" && top != "signin" {
				continue
			}
			for i, imp := range s.imports() {
				if to, ok := ours(imp); ok && to != top && !strings.HasPrefix(to, top+"/") && to != "plainyaml" || imp == module+"/data" {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports %s", s.pkg(), imp))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/probe/a.go", `import _ "github.com/insegel/insegel/internal/ids"`},
		{"internal/discovery/detect/a.go", `import _ "github.com/insegel/insegel/data"`},
	},
	keeps: []file{
		{"internal/discovery/source/a.go", `import _ "github.com/insegel/insegel/internal/discovery/detect"`},
		{"internal/discovery/detect/a.go", `import _ "github.com/insegel/insegel/internal/plainyaml"`},
	},
}

var catalogueData = rule{
	name: "data is handed on",
	why: "catalogues are versioned data that app and cli hand on as an fs.FS, so that a test, or an organisation, can hand on others " +
		"(docs/decisions/003)",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() || s.pkg() == "app" || s.pkg() == "cli" {
				continue
			}
			for i, imp := range s.imports() {
				if imp == module+"/data" {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports data", s.dir()))
				}
				if _, ok := ours(imp); ok && s.dir() == "data" {
					out = append(out, s.at(s.file.Imports[i].Pos(), "data imports %s; it is files and nothing else", imp))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/catalogue/a.go", `import _ "github.com/insegel/insegel/data"`},
		{"data/a.go", `import _ "github.com/insegel/insegel/internal/catalogue"`},
	},
	keeps: []file{
		{"internal/app/a.go", `import _ "github.com/insegel/insegel/data"`},
		{"internal/catalogue/a_test.go", `import _ "github.com/insegel/insegel/data"`},
	},
}
