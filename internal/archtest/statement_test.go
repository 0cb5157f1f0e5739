// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// statementArguments are the functions that take the text of a statement, and which of their arguments it is.
var statementArguments = map[string][]int{
	"All": {3}, "Exec": {1}, "Query": {1}, "QueryRow": {1}, "Insert": {1, 2},
	"ExecContext": {1}, "QueryContext": {1}, "QueryRowContext": {1}, "PrepareContext": {1},
}

// statementBuilders are the functions whose answers may stand in a statement although this check cannot see that they are constant,
// with the reason.
var statementBuilders = map[string]string{
	".Sanitize":                    "quotes a name as PostgreSQL does; the library's own",
	"discovery/source.quoteDouble": "quotes the name of a table or a column of the database that is searched",
	"discovery/source.name":        "the same, for a table with its schema",
}

// statementPlaces are the functions that may be given names of tables and columns which this check cannot see to be constant, with the
// reason.
var statementPlaces = map[string]string{
	"internal/backup.eachRow":         "names of tables and columns are the database's own, read from its catalogue",
	"internal/backup.countRows":       "the same",
	"internal/backup.emptyTable":      "the same",
	"internal/backup.insertRows":      "the same; the backup's are compared with the database's before",
	"internal/backup.loosen":          "names of constraints are the database's own, quoted by it",
	"internal/db.batch":               "names of tables and columns are those that packages list as sealed (db.Sealed)",
	"internal/db.rewrite":             "the same",
	"internal/db.CountOtherKeys":      "the same",
	"internal/schema.holdTable":       "names of policies are the database's own, quoted",
	"internal/discovery/source.query": "statements that read the database which is searched, made of its own names, quoted",
	"internal/discovery/source.look":  "the same",
}

var statementsAreConstant = rule{
	name: "statements are constant",
	why: "a statement that is put together from what somebody wrote is one that somebody else may write. Its text is constants, numbers of " +
		"placeholders, and what functions here make of constants; values are parameters. What cannot be seen to be so is listed in " +
		"internal/archtest/statement_test.go with the reason",
	check: func(files []*source) (out []finding) {
		c := newConstancy(files)
		for _, s := range c.files {
			for _, d := range s.file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil || statementPlaces[s.dir()+"."+fn.Name.Name] != "" {
					continue
				}
				in := &spot{s, fn}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					for _, i := range statementIn(s, call) {
						if i < len(call.Args) && !c.constant(in, call.Args[i]) {
							out = append(out, s.at(call.Args[i].Pos(), "%s gives %s a statement that is not constant", fn.Name.Name, calledName(call)))
						}
					}
					return true
				})
			}
		}
		return out
	},
	breaks: []file{
		{"internal/system/store.go", statementFile(`func f(name string) { tx.Exec(ctx, "DELETE FROM system WHERE name = '" + name + "'") }` + "\nfunc g(c *web.Context) { f(c.Query(\"name\")) }")},
		{"internal/system/store.go", statementFile(`func f(r *http.Request) { q := "SELECT 1 ORDER BY "; q += r.FormValue("order"); tx.QueryRow(ctx, q) }`)},
		{"internal/system/store.go", statementFile(`func f(c column) { db.All(ctx, tx, scan, fmt.Sprintf("SELECT %s FROM system", c.name)) }`)},
		{"internal/system/store.go", statementFile(`func f(s string) { var q strings.Builder; q.WriteString("SELECT "); q.WriteString(s); tx.Query(ctx, q.String()) }` +
			"\nfunc g(in Input) { f(in.Sort) }")},
		{"internal/system/store.go", statementFile(`func (f *Filter) where() string { return "name = " + f.Name }` + "\n" +
			`func g(f *Filter) { w := f.where(); tx.Exec(ctx, "SELECT 1 WHERE "+w) }`)},
		{"internal/system/store.go", statementFile("var order = \"name\"\nfunc set(s string) { order = s }\nfunc f() { tx.Exec(ctx, \"SELECT 1 ORDER BY \"+order) }")},
		{"internal/system/store.go", statementFile("func F(order string) { tx.Exec(ctx, \"SELECT 1 ORDER BY \"+order) }")}, // nobody here says what it is called with
		{"internal/system/store.go", statementFile(`func f(list []string) { for _, s := range list { tx.Exec(ctx, "DROP TABLE "+s) } }` + "\nfunc g(in Input) { f(in.Tables) }")},
		{"internal/system/store.go", statementFile(`func f(d *sql.DB, m map[string]string, k string) { d.ExecContext(ctx, m[k]) }`)},
		{"internal/system/store.go", statementFile(`func f(in Input) { parts := []string{"a = $1"}; parts = append(parts, in.Where); tx.Exec(ctx, "SELECT 1 WHERE "+strings.Join(parts, " AND ")) }`)},
	},
	keeps: []file{
		{"internal/system/store.go", statementFile("const columns = `id, name`\n" + `func f(id string) { tx.QueryRow(ctx, "SELECT "+columns+" FROM system WHERE id = $1", id) }`)},
		{"internal/system/store.go", statementFile(`func f(n int) { q := "SELECT 1 LIMIT $"; q += strconv.Itoa(n); tx.QueryRow(ctx, q) }`)},
		{"internal/system/store.go", statementFile("var orders = map[string]string{\"name\": \"name, id\"}\nfunc f(k string) { tx.Exec(ctx, \"SELECT 1 ORDER BY \"+orders[k]) }")},
		{"internal/system/store.go", statementFile(`func f(t string) { tx.Exec(ctx, "DELETE FROM "+t) }` + "\nfunc g() { f(\"a\"); f(\"b\") }")},
		{"internal/system/store.go", statementFile(`func f(n int) { tx.Exec(ctx, "SELECT 1 WHERE id IN ($1"+strings.Repeat(", $2", n)+")") }`)},
		{"internal/system/store.go", statementFile(`func f() { for _, t := range []string{"a", "b"} { tx.Exec(ctx, "DELETE FROM "+t) } }`)},
		{"internal/system/page.go", statementFile(`func f(r *http.Request) { _ = r.URL.Query(); _ = c.Query(r.FormValue("q")) }`)},
	},
}

func statementFile(text string) string {
	return "import (\n\t\"strconv\"\n\t\"strings\"\n\t\"github.com/insegel/insegel/internal/db\"\n)\n\n" + text + "\n"
}

// statementIn tells which arguments of a call in a file are statements.
func statementIn(s *source, call *ast.CallExpr) []int {
	if s.pkg() == "db" && len(call.Args) > 3 && isIdent(call.Fun, "All") {
		return statementArguments["All"]
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return nil
	}
	if sel.Sel.Name == "All" && !isSelector(sel, "db", "All") || sel.Sel.Name == "Insert" && len(call.Args) != 4 {
		return nil
	}
	return statementArguments[sel.Sel.Name]
}

// calledName is the name of what is called, without what it belongs to.
func calledName(call *ast.CallExpr) string {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr: // a generic function
		return calledName(&ast.CallExpr{Fun: f.X})
	}
	return ""
}

// spot is where an expression stands.
type spot struct {
	s  *source
	fn *ast.FuncDecl // nil outside functions
}

// constancy tells whether texts are constant. It knows no types: names are looked for in the function, then in the package, and
// whatever has the name must be constant.
type constancy struct {
	files []*source
	byPkg map[string][]*source
	// calls are all calls, by the name of what is called.
	calls map[string][]called
	// under are the questions that are being answered: what depends on nothing but itself is constant.
	under map[question]bool
	// known are the questions that have been answered, but for those that others under way were supposed for.
	known map[question]bool
}

type called struct {
	spot
	call *ast.CallExpr
}

type question struct {
	in   *ast.FuncDecl
	pkg  string
	what string
}

func newConstancy(files []*source) *constancy {
	c := &constancy{byPkg: map[string][]*source{}, calls: map[string][]called{}, under: map[question]bool{}, known: map[question]bool{}}
	for _, s := range goFiles(files) {
		if !s.ships() {
			continue
		}
		c.files = append(c.files, s)
		c.byPkg[s.dir()] = append(c.byPkg[s.dir()], s)
		for _, d := range s.file.Decls {
			fn, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if name := calledName(call); name != "" {
						c.calls[name] = append(c.calls[name], called{spot{s, fn}, call})
					}
				}
				return true
			})
		}
	}
	return c
}

// ask answers a question once. One that is being answered already is supposed to be answered with yes: what depends on nothing but itself
// is constant.
func (c *constancy) ask(q question, answer func() bool) bool {
	if known, ok := c.known[q]; ok {
		return known
	}
	if c.under[q] {
		return true
	}
	c.under[q] = true
	got := answer()
	delete(c.under, q)
	if !got || len(c.under) == 0 {
		c.known[q] = got
	}
	return got
}

// every reports whether there are some and all are constant.
func (c *constancy) every(in *spot, list []ast.Expr) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(e ast.Expr) bool { return !c.constant(in, e) })
}

// constant reports whether a text is put together from constants and numbers only, or a list or a map has only such texts.
func (c *constancy) constant(in *spot, e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return e.Op == token.ADD && c.constant(in, e.X) && c.constant(in, e.Y)
	case *ast.Ident:
		return e.Name == "nil" || c.name(in, e.Name)
	case *ast.IndexExpr:
		return c.constant(in, e.X)
	case *ast.SliceExpr:
		return c.constant(in, e.X)
	case *ast.CompositeLit:
		return c.elements(in, e)
	case *ast.SelectorExpr:
		if files := c.imported(in, e.X); files != nil {
			return c.name(&spot{s: files[0]}, e.Sel.Name)
		}
		return c.field(in, e.Sel.Name)
	case *ast.CallExpr:
		return c.call(in, e, 0)
	}
	return false
}

// elements reports whether a list or a map has constant texts.
func (c *constancy) elements(in *spot, lit *ast.CompositeLit) bool {
	switch lit.Type.(type) {
	case *ast.ArrayType, *ast.MapType:
	default:
		return false
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if !c.constant(in, e) {
			return false
		}
	}
	return true
}

// imported gives the files of the package of the project that an expression names; nil when it names something else.
func (c *constancy) imported(in *spot, e ast.Expr) []*source {
	x, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	for dir, files := range c.byPkg {
		if in.s.importName(module+"/"+dir) == x.Name {
			return files
		}
	}
	return nil
}

// field reports whether whatever fields of the name, in the package or in those that it imports, are always given something constant.
func (c *constancy) field(in *spot, name string) bool {
	return c.ask(question{pkg: in.s.dir(), what: "field " + name}, func() bool {
		declared := c.declaring(in.s, name)
		found := false
		for _, s := range c.files {
			if !slices.ContainsFunc(declared, func(dir string) bool { return s.dir() == dir || s.importName(module+"/"+dir) != "" }) {
				continue
			}
			for _, d := range s.file.Decls {
				fn, _ := d.(*ast.FuncDecl)
				given, constant := c.given(&spot{s, fn}, d, name)
				if found = found || given; given && !constant {
					return false
				}
			}
		}
		return found
	})
}

// declaring lists the packages with a struct that has the field: the file's own, or else those that it imports.
func (c *constancy) declaring(s *source, field string) (out []string) {
	if c.declares(s.dir(), field) {
		return []string{s.dir()}
	}
	for dir := range c.byPkg {
		if s.importName(module+"/"+dir) != "" && c.declares(dir, field) {
			out = append(out, dir)
		}
	}
	return out
}

func (c *constancy) declares(dir, field string) (found bool) {
	for _, s := range c.byPkg[dir] {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if t, ok := n.(*ast.StructType); ok && parameterAt(t.Fields, field) >= 0 {
				found = true
			}
			return !found
		})
	}
	return found
}

// given reports whether a field of the name is given anything in a declaration, and whether all of it is constant. A literal without names
// of fields gives all of them.
func (c *constancy) given(in *spot, d ast.Node, name string) (given, constant bool) {
	constant = true
	is := func(e ast.Expr) bool { x, ok := e.(*ast.SelectorExpr); return ok && x.Sel.Name == name }
	give := func(e ast.Expr) { given = true; constant = constant && c.constant(in, e) }
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			at := c.fieldAt(in.s.dir(), n.Type, name)
			for i, e := range n.Elts {
				kv, named := e.(*ast.KeyValueExpr)
				if named {
					if x, ok := kv.Key.(*ast.Ident); ok && x.Name == name {
						give(kv.Value)
					}
				} else if i == at {
					give(e)
				}
			}
		case *ast.AssignStmt:
			var u use
			c.assigned(in, n, is, &u)
			if slices.ContainsFunc(n.Lhs, is) {
				given, constant = true, constant && !u.bad
			}
		case *ast.CallExpr:
			constant = constant && c.written(in, n, is)
		}
		return true
	})
	return given, constant
}

// fieldAt is the number of a field of a struct of the package, or -1.
func (c *constancy) fieldAt(dir string, of ast.Expr, field string) int {
	x, ok := of.(*ast.Ident)
	if !ok {
		return -1
	}
	for _, s := range c.byPkg[dir] {
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				t, ok := spec.(*ast.TypeSpec)
				if st, isStruct := (*ast.StructType)(nil), false; ok && t.Name.Name == x.Name {
					if st, isStruct = t.Type.(*ast.StructType); isStruct {
						return parameterAt(st.Fields, field)
					}
				}
			}
		}
	}
	return -1
}

// call reports whether a result of a call is constant.
func (c *constancy) call(in *spot, call *ast.CallExpr, result int) bool {
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		switch x, _ := sel.X.(*ast.Ident); {
		case x == nil:
		case isSelector(sel, "strconv", "Itoa"), isSelector(sel, "strconv", "FormatInt"):
			return true
		case isSelector(sel, "strings", "Repeat"), isSelector(sel, "strings", "TrimSuffix"), isSelector(sel, "strings", "TrimPrefix"):
			return c.constant(in, call.Args[0])
		case isSelector(sel, "strings", "Split"), isSelector(sel, "strings", "Fields"):
			return c.constant(in, call.Args[0])
		case isSelector(sel, "strings", "Join"), isSelector(sel, "strings", "ReplaceAll"), isSelector(sel, "slices", "Concat"):
			return c.every(in, call.Args)
		case isSelector(sel, "fmt", "Sprintf"):
			return c.formatted(in, call.Args)
		case sel.Sel.Name == "String" && len(call.Args) == 0:
			return c.name(in, x.Name)
		}
	}
	name := calledName(call)
	switch {
	case name == "make": // nothing is in it yet
		return true
	case name == "append" && len(call.Args) > 1:
		return c.every(in, call.Args)
	case name == "string" && len(call.Args) == 1, name == "len":
		return name == "len" || c.constant(in, call.Args[0])
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if files := c.imported(in, sel.X); files != nil {
			in = &spot{s: files[0]}
		}
	}
	if statementBuilders[in.s.pkg()+"."+name] != "" || statementBuilders["."+name] != "" {
		return true
	}
	return c.result(in, name, result, len(call.Args))
}

// formatted reports whether a format and its arguments make something constant. What is written with %d is a number.
func (c *constancy) formatted(in *spot, args []ast.Expr) bool {
	lit, ok := args[0].(*ast.BasicLit)
	if !ok {
		return c.every(in, args)
	}
	verbs := strings.Split(strings.ReplaceAll(lit.Value, "%%", ""), "%")[1:]
	if len(verbs) != len(args)-1 {
		return false
	}
	for i, v := range verbs {
		if !strings.HasPrefix(v, "d") && !c.constant(in, args[i+1]) {
			return false
		}
	}
	return true
}

// result reports whether whatever functions of the package have the name, and take so many arguments, always answer with something constant.
func (c *constancy) result(in *spot, name string, result, args int) bool {
	return c.ask(question{pkg: in.s.dir(), what: "result " + name + strconv.Itoa(result)}, func() bool {
		found := false
		for _, s := range c.byPkg[in.s.dir()] {
			for _, d := range s.file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Name.Name != name || fn.Body == nil {
					continue
				}
				if n := fn.Type.Params.NumFields(); n != args && (n == 0 || args < n-1 || !variadic(fn.Type.Params, n-1)) {
					continue
				}
				found = true
				constant := true
				inspectOwn(fn.Body, func(r *ast.ReturnStmt) {
					switch {
					case len(r.Results) > result:
						constant = constant && c.constant(&spot{s, fn}, r.Results[result])
					case len(r.Results) == 1: // what another function answers
						inner, ok := r.Results[0].(*ast.CallExpr)
						constant = constant && ok && c.call(&spot{s, fn}, inner, result)
					default:
						constant = false
					}
				})
				if !constant {
					return false
				}
			}
		}
		return found
	})
}

// inspectOwn visits a function's own returns, not those of functions within it.
func inspectOwn(body *ast.BlockStmt, visit func(*ast.ReturnStmt)) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			visit(n)
		}
		return true
	})
}

// name reports whether everything that a name is given, in the function or else in the package, is constant.
func (c *constancy) name(in *spot, name string) bool {
	return c.ask(question{in.fn, in.s.dir(), name}, func() bool {
		if in.fn != nil {
			u := c.uses(in, in.fn, name)
			if u.declared {
				return !u.bad
			}
		}
		found := false
		for _, s := range c.byPkg[in.s.dir()] {
			for _, d := range s.file.Decls {
				switch d := d.(type) {
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						v, ok := spec.(*ast.ValueSpec)
						if !ok || !slices.ContainsFunc(v.Names, func(n *ast.Ident) bool { return n.Name == name }) {
							continue
						}
						found = true
						if !c.every(&spot{s: s}, v.Values) {
							return false
						}
					}
				case *ast.FuncDecl: // a variable of the package may be given something else in any function
					if d.Body != nil {
						if u := c.uses(&spot{s, d}, d, name); !u.declared && u.bad {
							return false
						}
					}
				}
			}
		}
		return found
	})
}

// use is what a function does with a name.
type use struct{ declared, bad bool }

// uses tells what a function does with a name: whether the name is its own, and whether it is given something that is not constant.
func (c *constancy) uses(in *spot, fn *ast.FuncDecl, name string) use {
	var u use
	is := func(e ast.Expr) bool { x, ok := e.(*ast.Ident); return ok && x.Name == name }
	give := func(constant bool) { u.bad = u.bad || !constant }
	if fn.Recv != nil && parameterAt(fn.Recv, name) >= 0 {
		return use{declared: true, bad: true}
	}
	if i := parameterAt(fn.Type.Params, name); i >= 0 {
		u.declared = true
		give(c.handed(in, fn, i))
	}
	if fn.Type.Results != nil && parameterAt(fn.Type.Results, name) >= 0 {
		u.declared = true
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			if i := parameterAt(n.Type.Params, name); i >= 0 {
				u.declared = true
				give(c.handedTo(in, n, i))
			}
		case *ast.AssignStmt:
			c.assigned(in, n, is, &u)
		case *ast.ValueSpec:
			for i, v := range n.Names {
				if v.Name == name {
					u.declared = true
					give(i >= len(n.Values) || c.constant(in, n.Values[i]))
				}
			}
		case *ast.RangeStmt:
			if is(n.Key) && n.Tok == token.DEFINE {
				u.declared = true
				give(false)
			}
			if is(n.Value) {
				u.declared = u.declared || n.Tok == token.DEFINE
				give(c.constant(in, n.X))
			}
		case *ast.CallExpr:
			give(c.written(in, n, is))
		}
		return true
	})
	return u
}

// assigned looks at what a statement assigns to the name.
func (c *constancy) assigned(in *spot, n *ast.AssignStmt, is func(ast.Expr) bool, u *use) {
	for i, l := range n.Lhs {
		at, indexed := l.(*ast.IndexExpr)
		if !is(l) && !(indexed && is(at.X)) {
			continue
		}
		u.declared = u.declared || n.Tok == token.DEFINE
		constant := false
		switch {
		case len(n.Rhs) == len(n.Lhs):
			constant = c.constant(in, n.Rhs[i])
		case len(n.Rhs) == 1:
			switch r := n.Rhs[0].(type) {
			case *ast.CallExpr:
				constant = c.call(in, r, i)
			case *ast.IndexExpr:
				constant = i == 0 && c.constant(in, r)
			}
		}
		u.bad = u.bad || !constant
	}
}

// written reports whether a call writes nothing but constants to the name, if it is a builder.
func (c *constancy) written(in *spot, call *ast.CallExpr, is func(ast.Expr) bool) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if ok && is(sel.X) {
		return !strings.HasPrefix(sel.Sel.Name, "Write") || c.every(in, call.Args)
	}
	for i, arg := range call.Args {
		if ref, isRef := arg.(*ast.UnaryExpr); isRef && ref.Op == token.AND && is(ref.X) { // somebody else may write
			return ok && i == 0 && strings.HasPrefix(sel.Sel.Name, "Fprint") && c.every(in, call.Args[1:])
		}
	}
	return true
}

// handed reports whether a function of the project is always given something constant for a parameter. The functions of db that
// statements are given to are asked about where they are called.
func (c *constancy) handed(in *spot, fn *ast.FuncDecl, i int) bool {
	name := fn.Name.Name
	if in.s.pkg() == "db" && slices.Contains(statementArguments[name], i) {
		return true
	}
	return c.ask(question{fn, in.s.dir(), "parameter " + strconv.Itoa(i)}, func() bool {
		found := false
		for _, at := range c.calls[name] {
			here := at.s.dir() == in.s.dir()
			if !here && (!fn.Name.IsExported() || at.s.importName(module+"/"+in.s.dir()) == "") || i >= len(at.call.Args) {
				continue
			}
			found = true
			for j := i; j < len(at.call.Args) && (j == i || variadic(fn.Type.Params, i)); j++ {
				if !c.constant(&at.spot, at.call.Args[j]) {
					return false
				}
			}
		}
		return found
	})
}

// handedTo is handed for a function within a function, which has a name of its own or is given to nobody.
func (c *constancy) handedTo(in *spot, lit *ast.FuncLit, i int) bool {
	name := ""
	ast.Inspect(in.fn.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == 1 && len(a.Rhs) == 1 && a.Rhs[0] == ast.Expr(lit) {
			if x, ok := a.Lhs[0].(*ast.Ident); ok {
				name = x.Name
			}
		}
		return true
	})
	found, constant := false, true
	ast.Inspect(in.fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && i < len(call.Args) {
			if x, ok := call.Fun.(*ast.Ident); ok && name != "" && x.Name == name {
				found = true
				constant = constant && c.constant(in, call.Args[i])
			}
		}
		return true
	})
	return found && constant
}

// parameterAt is the number of a parameter of a name, or -1.
func parameterAt(list *ast.FieldList, name string) int {
	i := 0
	for _, f := range list.List {
		for _, n := range f.Names {
			if n.Name == name {
				return i
			}
			i++
		}
		if len(f.Names) == 0 {
			i++
		}
	}
	return -1
}

// variadic reports whether a parameter takes all arguments from its own on.
func variadic(list *ast.FieldList, i int) bool {
	last := list.List[len(list.List)-1]
	_, ok := last.Type.(*ast.Ellipsis)
	return ok && i == list.NumFields()-1
}
