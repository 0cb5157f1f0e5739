// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/dbtest"
)

// unplaced are the use cases that some role may do in a part of the organisation and that have nothing in a unit to ask about, with the
// reason. All others ask where.
var unplaced = map[string]string{
	"overview.Views":         "one's own views have no place",
	"overview.SaveView":      "one's own views have no place",
	"overview.RemoveView":    "one's own views have no place",
	"system.Called":          "people belong to the organisation",
	"classification.Models":  "models belong to the organisation",
	"national.References":    "shows what others publish of whole municipalities, and nothing of the organisation's own",
	"national.Reference":     "shows what others publish of whole municipalities, and nothing of the organisation's own",
	"national.Picture":       "shows what is published of all municipalities, and the whole organisation's own figure only to those who reach all of it",
	"national.Concentration": "shows how many of all municipalities depend on what, and nothing of the organisation's own but the names of its suppliers",
	"processing.Common":      "stands at the top of the whole record, and names no unit",
	"whatif.List":            "drafts belong to the organisation, and name nothing in a unit",
	"whatif.Nation":          "weighs a draft over an invented nation, and nothing of the organisation's own",
	"report.Choices":         "kinds of reports are the program's own",
	"report.Write":           "chosen asks, for the report and for what it reads",
	"report.Account":         "read asks for what is told of many systems, and dossier for one",
}

var useCasesAskWhere = rule{
	name: "use cases ask where",
	why: "a role may reach only a part of the organisation. A use case that asks what the actor may do, and not where, shows one unit's systems " +
		"to another; give its name to access.CheckAt, access.ReachOf or system.Within, or to the function of the package that does",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() || s.pkg() == "" {
				continue
			}
			for _, d := range s.file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !fn.Name.IsExported() {
					continue
				}
				action := useCase(s, fn)
				if _, ok := actorParameter(s, fn); !ok || unplaced[action] != "" || !narrow(action) {
					continue
				}
				if mentions(fn.Body, action) < 2 {
					out = append(out, s.at(fn.Pos(), "%s may be done in a part of the organisation, and never asks in which", action))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/system/service.go", placedFile(`return s.DB.Read(ctx)`)},
		{"internal/system/service.go", placedFile(`return audit.Append(ctx, tx, actor, audit.Entry{Action: "system.Update"})`)},
	},
	keeps: []file{
		{"internal/system/service.go", placedFile(`return access.CheckAt(actor, "system.Update", unit)`)},
		{"internal/system/service.go", placedFile(`return s.change(ctx, actor, request{"system.Update", ref})`)},
	},
}

func placedFile(rest string) string {
	return "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/access\"\n)\n\n" +
		"func (s *Service) Update(ctx context.Context, actor access.Actor) error {\n" +
		`if err := access.Check(actor, "system.Update"); err != nil { return err }` + "\n" + rest + "\n}\n"
}

// narrow reports whether some role may do the action in a part of the organisation only.
func narrow(action string) bool {
	return slices.ContainsFunc(access.PolicyOf(action).By, func(g access.Grant) bool { return g.Place == access.Own || g.Place == access.Below })
}

// mentions counts how often a body names the action, other than in an entry of the log.
func mentions(body *ast.BlockStmt, action string) (n int) {
	ast.Inspect(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.CompositeLit:
			if isSelector(x.Type, "audit", "Entry") {
				return false
			}
		case *ast.BasicLit:
			if x.Value == strconv.Quote(action) {
				n++
			}
		}
		return true
	})
	return n
}

// installationFiles are the files that may work on every organisation's rows at once, with the reason.
var installationFiles = map[string]string{
	"internal/schema/row.go":                "sets the policies themselves",
	"internal/schema/schema.go":             "tells whether there are tables, and lets a role use them",
	"internal/cli/backup.go":                "a backup belongs to no organisation",
	"internal/cli/key.go":                   "the root key belongs to no organisation",
	"internal/app/root.go":                  "a change of the root key moves what it protects of every organisation, in one transaction",
	"internal/app/store_secret.go":          "the database's password belongs to no organisation",
	"internal/app/store.go":                 "the key that the database is used with belongs to no organisation",
	"internal/organisation/store_person.go": "lists the organisations, for what is done for each of them",
	"internal/organisation/service_look.go": "finds the only organisation, for the public accessibility statement, before there is an actor",
	"internal/procurement/job.go":           "lets suppliers' answers be shared; every organisation is then read and written by itself",
	"internal/workshop/door.go":             "finds the workshop of a code and the seat of a browser, before anybody is known",
	"internal/measurement/service_host.go":  "the manners toward a host hold for all organisations together, and the table names none",
	"internal/organisation/service.go":      "chooses among the organisations, for the command line, before there is an actor",
}

// installationPrefixes are the packages that may, with the reason.
var installationPrefixes = map[string]string{
	"internal/backup": "copies and puts back every organisation's rows at once",
	"internal/auth":   "sessions, and what is asked before anybody is known",
	"internal/audit":  "checkpoints and verification go through every organisation's log",
}

var fewSeeEverything = rule{
	name: "few see everything",
	why: "a transaction with the scope db.Installation is held to no organisation by row-level security. Give actor.Organisation; what must go " +
		"through all organisations is listed in internal/archtest/scope_test.go with the reason",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			name := s.importName(module + "/internal/db")
			if !s.ships() || name == "" || installationFiles[s.path] != "" {
				continue
			}
			if slices.ContainsFunc(slices.Collect(maps.Keys(installationPrefixes)), func(p string) bool { return strings.HasPrefix(s.path, p+"/") }) {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				if e, ok := n.(*ast.SelectorExpr); ok && isSelector(e, name, "Installation") {
					out = append(out, s.at(e.Pos(), "uses db.Installation"))
				}
				return true
			})
		}
		return out
	},
	breaks: []file{{"internal/risk/store.go", "import \"github.com/insegel/insegel/internal/db\"\n\nvar x = db.Installation"}},
	keeps:  []file{{"internal/app/store.go", "import \"github.com/insegel/insegel/internal/db\"\n\nvar x = db.Installation"}},
}

// A file that no longer needs the whole installation is no longer on the list.
func TestInstallationFilesNeedIt(t *testing.T) {
	used := map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if s.ships() && strings.Contains(s.text, "db.Installation") || strings.HasPrefix(s.path, "internal/schema/") {
			used[s.path] = true
			for p := range installationPrefixes {
				if strings.HasPrefix(s.path, p+"/") {
					used[p] = true
				}
			}
		}
	}
	for _, list := range []map[string]string{installationFiles} {
		for path, reason := range list {
			if !used[path] || reason == "" {
				t.Errorf("%s is listed, and does not use db.Installation or has no reason", path)
			}
		}
	}
}

// unscopedSQL are the functions whose statements on organisations' rows get the organisation from somewhere that this test does not see,
// with where. While tests run, every statement is looked at as it is when it reaches the database too: see dbtest.Unscoped.
var unscopedSQL = map[string]string{
	"audit.keptOf":           "its caller's condition begins with the organisation",
	"classification.History": "the condition begins with the organisation",
	"classification.States":  "the condition begins with the organisation",
	"classification.fill":    "the condition of States or History",
	"requirement.Answers":    "the condition begins with the organisation",
	"system.Count":           "Filter.where begins with the organisation",
	"system.fillFacts":       "among, from fill",
	"system.fillLogins":      "among, from fill",
	"system.Remove":          "among begins with the organisation",
}

var touchesTable = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`)

var scopedTables = sync.OnceValue(func() map[string]bool {
	tables, err := dbtest.ScopedTables()
	if err != nil {
		panic(err)
	}
	return tables
})

var statementsNameTheOrganisation = rule{
	name: "statements name the organisation",
	why: "SQLite has no row-level security: a statement that forgets organisation_id reaches every organisation's rows. Add it to the statement; " +
		"when it comes from elsewhere, list the function in unscopedSQL with where from",
	check: func(files []*source) (out []finding) {
		consts := constants(files)
		for _, s := range goFiles(files) {
			if !s.ships() || s.pkg() == "" || s.pkg() == "schema" {
				continue
			}
			for _, d := range s.file.Decls {
				place := s.pkg() + "." + declared(d)
				for _, q := range statements(s, d, consts) {
					if table := forgets(q.text); table != "" && unscopedSQL[place] == "" {
						out = append(out, s.at(q.pos, "%s: a statement touches %s and does not name organisation_id", place, table))
					}
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/risk/store.go", "func get() { query(`SELECT name FROM system WHERE id = $1`) }"},
		{"internal/risk/store.go", "func get() { query(`SELECT name FROM ` + `system WHERE id = $1`) }"},
		{"internal/risk/store.go", "func get(x string) { query(`DELETE FROM login_path WHERE ` + x) }"},
		{"internal/risk/store.go", "const from = ` FROM system s`\n\nfunc get(x string) { query(`SELECT 1` + from + x) }"},
	},
	keeps: []file{
		{"internal/risk/store.go", "func get() { query(`SELECT name FROM system WHERE organisation_id = $1`) }"},
		{"internal/risk/store.go", "const mine = ` WHERE organisation_id = $1`\n\nfunc get() { query(`SELECT name FROM system` + mine) }"},
		{"internal/risk/store.go", "func get() { query(`SELECT data FROM instance WHERE id = $1`) }"},
	},
}

// forgets gives the table of organisations' rows that a statement touches without naming organisation_id; empty when it does not.
func forgets(query string) string {
	if strings.Contains(query, "organisation_id") {
		return ""
	}
	for _, m := range touchesTable.FindAllStringSubmatch(query, -1) {
		if scopedTables()[strings.ToLower(m[1])] {
			return m[1]
		}
	}
	return ""
}

// declared is the name of a declaration; of several constants, the first.
func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Name.Name
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				return v.Names[0].Name
			}
		}
	}
	return ""
}

// constants are the packages' own string constants, by package and name.
func constants(files []*source) map[string]ast.Expr {
	out := map[string]ast.Expr{}
	for _, s := range goFiles(files) {
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, n := range v.Names {
					if i < len(v.Values) {
						out[s.dir()+"."+n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return out
}

type statement struct {
	text string
	pos  token.Pos
}

// statements gives the texts that a declaration puts together with +, as far as they can be read here.
func statements(s *source, d ast.Decl, consts map[string]ast.Expr) (out []statement) {
	ast.Inspect(d, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		switch x := e.(type) {
		case *ast.BinaryExpr:
			if x.Op == token.ADD {
				out = append(out, statement{spell(s, x, consts, 0), x.Pos()})
				return false
			}
		case *ast.BasicLit:
			if x.Kind == token.STRING {
				out = append(out, statement{spell(s, x, consts, 0), x.Pos()})
			}
		}
		return true
	})
	return out
}

// spell writes out a text. What is not known here is left out.
func spell(s *source, e ast.Expr, consts map[string]ast.Expr, depth int) string {
	if depth > 20 {
		return ""
	}
	switch x := e.(type) {
	case *ast.BinaryExpr:
		return spell(s, x.X, consts, depth+1) + spell(s, x.Y, consts, depth+1)
	case *ast.BasicLit:
		if text, err := strconv.Unquote(x.Value); err == nil && x.Kind == token.STRING {
			return text
		}
	case *ast.Ident:
		if v := consts[s.dir()+"."+x.Name]; v != nil {
			return spell(s, v, consts, depth+1)
		}
	case *ast.ParenExpr:
		return spell(s, x.X, consts, depth+1)
	}
	return ""
}

// An exception that is not needed hides the next fault.
func TestUnscopedSQLIsNeeded(t *testing.T) {
	files := project(t)
	consts, needed := constants(files), map[string]bool{}
	for _, s := range goFiles(files) {
		if !s.ships() || s.pkg() == "" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, q := range statements(s, d, consts) {
				if forgets(q.text) != "" {
					needed[s.pkg()+"."+declared(d)] = true
				}
			}
		}
	}
	for place, reason := range unscopedSQL {
		if !needed[place] || reason == "" {
			t.Errorf("unscopedSQL lists %s, which needs no exception or has no reason", place)
		}
	}
}

// readers are the roles that read and change nothing.
var readers = []access.Role{access.DataProtection, access.Executive, access.Auditor, access.Operations, access.Analyst}

// ownChanges are the changes that readers may make, with the reason: to what is their own, or to the log of what they do.
var ownChanges = map[string]string{
	"report.Write":             "logs that the report was taken out, and changes nothing else",
	"report.Account":           "logs that the report was taken out, and changes nothing else",
	"overview.SaveView":        "changes the reader's own views and nothing else",
	"overview.RemoveView":      "changes the reader's own views and nothing else",
	"overview.ExportStrong":    "logs that the table was taken out, and changes nothing else",
	"overview.ExportList":      "logs that the list was taken out, and changes nothing else",
	"overview.Snooze":          "changes the reader's own list and nothing else",
	"overview.ExportLog":       "logs that the log was taken out, and changes nothing else",
	"report.Processings":       "logs that the record was taken out, and changes nothing else",
	"risk.GiveOpinion":         "is the officer's own task (GDPR articles 35.2 and 39.1 c); the opinion is nobody else's to give",
	"incident.Pack":            "logs that the draft was taken out, and changes nothing else",
	"incident.SupplierPack":    "logs that the draft was taken out, and changes nothing else",
	"incident.SystemPack":      "logs that the dossier was taken out, and changes nothing else",
	"report.Suppliers":         "logs that the list was taken out, and changes nothing else",
	"finding.Look":             "logs that the source was looked at, and changes nothing else",
	"campaign.Answer":          "answers what the reader's own unit has been asked, and decides nothing",
	"campaign.HandIn":          "hands in what the reader's own unit has been asked",
	"campaign.Delegate":        "sends a question that the reader's own unit has been asked to a colleague",
	"campaign.Take":            "takes a colleague's answer to what the reader's own unit has been asked",
	"national.AskFetch":        "fetches what others publish, and changes nothing of the organisation's own; analysts compare municipalities",
	"national.SetReference":    "says how others' figures are shown, and changes none of them",
	"national.RemoveReference": "takes away a copy of what others publish",
	"national.Divide":          "says how the country is divided in what is published; small numbers are hidden all the same",
	"finding.Dispute":          "says that something is not right, and decides nothing",
}

// Who watches over others changes nothing, whatever the table says for each action by itself.
func TestReadersChangeNothing(t *testing.T) {
	files := project(t)
	writes := writers(files)
	if len(writes) < 15 {
		t.Fatalf("found only %d use cases that write: %v", len(writes), slices.Sorted(maps.Keys(writes)))
	}
	for action := range writes {
		if ownChanges[action] != "" {
			continue
		}
		for _, g := range access.PolicyOf(action).By {
			if slices.Contains(readers, g.Role) {
				t.Errorf("%s may do %s, which changes something", g.Role, action)
			}
			if g.Role == access.Procurer && access.PolicyOf(action).Kind != access.KindProcurement && access.PolicyOf(action).Kind != access.KindSupplier && action != "report.Suppliers" {
				t.Errorf("procurement may do %s, which changes more than annexes and contracts", action)
			}
		}
	}
}

// writers are the use cases that write, themselves or through a function of their package.
func writers(files []*source) map[string]bool {
	bodies := map[string][]*ast.FuncDecl{}
	owner := map[*ast.FuncDecl]*source{}
	for _, s := range goFiles(files) {
		base := s.path[strings.LastIndexByte(s.path, '/')+1:]
		if !s.ships() || s.pkg() == "" || strings.HasPrefix(base, "page") || strings.HasPrefix(base, "api") { // they only call use cases
			continue
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				bodies[s.dir()+"."+fn.Name.Name] = append(bodies[s.dir()+"."+fn.Name.Name], fn)
				owner[fn] = s
			}
		}
	}
	out := map[string]bool{}
	for fn, s := range owner {
		if _, ok := actorParameter(s, fn); ok && fn.Name.IsExported() && reaches(s.dir(), fn, bodies, map[*ast.FuncDecl]bool{}) {
			out[useCase(s, fn)] = true
		}
	}
	return out
}

// reaches reports whether a function opens a transaction that writes, or calls one of its package that does.
func reaches(dir string, fn *ast.FuncDecl, bodies map[string][]*ast.FuncDecl, seen map[*ast.FuncDecl]bool) bool {
	if seen[fn] {
		return false
	}
	seen[fn] = true
	found := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if in, ok := f.X.(*ast.SelectorExpr); ok && name == "Write" && strings.EqualFold(in.Sel.Name, "db") {
				found = true
				return false
			}
		case *ast.Ident:
			name = f.Name
		}
		for _, callee := range bodies[dir+"."+name] {
			found = found || reaches(dir, callee, bodies, seen)
		}
		return !found
	})
	return found
}
