// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
)

// withoutActor are the use cases that nobody is signed in for yet, with the reason. All others take the actor as their second
// parameter.
var withoutActor = map[string]string{}

var useCasesAskFirst = rule{
	name: "use cases ask first",
	why: "what is allowed is one table, internal/access/policy.go, and what is not in it is refused. A use case whose first statement is " +
		"not the question can be reached by anybody",
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
				if actor, ok := actorParameter(s, fn); ok && (isSlice(s.pkg()) || receiver(fn) == "Service") {
					out = append(out, asksFirst(s, fn, actor, action)...)
				} else if receiver(fn) == "Service" && !ok && takesContext(s, fn) && !insideTransaction(s, fn) && withoutActor[action] == "" {
					out = append(out, s.at(fn.Pos(), "%s takes a context but no access.Actor after it; if nobody can be signed in, list it in withoutActor", action))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/risk/service.go", useCaseFile(`return nil`)},
		{"internal/risk/service.go", useCaseFile(`if err := access.Check(actor, "risk.Other"); err != nil { return err }; return nil`)},
		{"internal/risk/service.go", useCaseFile(`x := 1; if err := access.Check(actor, "risk.Decide"); err != nil { return err }; return nil`)},
		{"internal/risk/service.go", useCaseFile(`if err := access.Check(actor, "risk.Decide"); err != nil { }; return nil`)},
		{"internal/risk/service.go", useCaseFile(`if err := access.Check(actor, "risk.Decide"); err != nil { return nil }; return nil`)},
		{"internal/risk/service.go", useCaseFile(`if err := access.Check(actor, "risk.Decide"); err != nil { return err }; return nil`)}, // no policy
		{"internal/risk/service.go", "import \"context\"\n\nfunc (s *Service) Decide(ctx context.Context, id string) error { return nil }"},
		{"internal/report/plan.go", "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/access\"\n)\n\nfunc Plan(ctx context.Context, a access.Actor) error { return nil }"},
	},
	keeps: []file{
		{"internal/system/service.go", strings.ReplaceAll(strings.ReplaceAll(useCaseFile(
			`if err := access.Check(actor, "system.Update"); err != nil { return err }; return nil`), "Decide", "Update"), "risk", "system")},
		{"internal/risk/store.go", "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/access\"\n)\n\nfunc Get(ctx context.Context, tx int, a access.Actor) error { return nil }"},
		{"internal/risk/service.go", "func (s *Service) Name() string { return \"\" }"},
		{"internal/risk/service.go", "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/db\"\n)\n\nfunc (s *Service) Sum(ctx context.Context, tx *db.Tx) error { return nil }"},
		{"internal/auth/auth.go", "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/access\"\n)\n\nfunc (s *Sessions) SignIn(ctx context.Context, a access.Actor) error { return nil }"},
	},
}

// useCaseFile is an invented service with one use case.
func useCaseFile(body string) string {
	return "import (\n\t\"context\"\n\t\"github.com/insegel/insegel/internal/access\"\n)\n\n" +
		"func (s *Service) Decide(ctx context.Context, actor access.Actor) error {\n" + body + "\n}\n"
}

// useCase is the name that the policy table knows an exported function by: "package.Method".
func useCase(s *source, fn *ast.FuncDecl) string { return path.Base(s.pkg()) + "." + fn.Name.Name }

// receiver is the name of the method's type, empty for a function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// parameter is one parameter with its type.
type parameter struct {
	name string
	kind ast.Expr
}

func parameters(fn *ast.FuncDecl) []parameter {
	var out []parameter
	for _, f := range fn.Type.Params.List {
		if len(f.Names) == 0 {
			out = append(out, parameter{"_", f.Type})
		}
		for _, n := range f.Names {
			out = append(out, parameter{n.Name, f.Type})
		}
	}
	return out
}

func takesContext(s *source, fn *ast.FuncDecl) bool {
	p := parameters(fn)
	return len(p) > 0 && isSelector(p[0].kind, s.importName("context"), "Context")
}

// insideTransaction reports whether a function takes the caller's transaction after the context: then it is a part of the use case
// that opened it, and that one has asked.
func insideTransaction(s *source, fn *ast.FuncDecl) bool {
	p := parameters(fn)
	if len(p) < 2 {
		return false
	}
	star, ok := p[1].kind.(*ast.StarExpr)
	return ok && isSelector(star.X, s.importName(module+"/internal/db"), "Tx")
}

// actorParameter finds the actor of a use case: the second parameter, after the context.
func actorParameter(s *source, fn *ast.FuncDecl) (name string, ok bool) {
	p := parameters(fn)
	if len(p) < 2 || !takesContext(s, fn) || !isSelector(p[1].kind, s.importName(module+"/internal/access"), "Actor") {
		return "", false
	}
	return p[1].name, true
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && pkg != "" && isIdent(sel.X, pkg) && sel.Sel.Name == name
}

// asksFirst looks for: if err := access.Check(actor, "package.Method"); err != nil { return ..., err }.
func asksFirst(s *source, fn *ast.FuncDecl, actor, action string) []finding {
	bad := func(format string, args ...any) []finding { return []finding{s.at(fn.Pos(), format, args...)} }
	if fn.Body == nil || len(fn.Body.List) == 0 {
		return bad("%s has no body", action)
	}
	stmt, ok := fn.Body.List[0].(*ast.IfStmt)
	if !ok {
		return bad("the first statement of %s is not: if err := access.Check(%s, %q); err != nil", action, actor, action)
	}
	call := checkCall(s, stmt)
	if call == nil || len(call.Args) != 2 || !isIdent(call.Args[0], actor) {
		return bad("the first statement of %s does not call access.Check(%s, %q)", action, actor, action)
	}
	if lit, ok := call.Args[1].(*ast.BasicLit); !ok || lit.Value != strconv.Quote(action) {
		return bad("%s asks for another action than %q", action, action)
	}
	if !returnsError(stmt) {
		return bad("%s goes on after access.Check has refused", action)
	}
	if !access.Known(action) {
		return bad("%s has no policy in internal/access/policy.go", action)
	}
	return nil
}

// checkCall is the call in "if err := access.Check(...); err != nil".
func checkCall(s *source, stmt *ast.IfStmt) *ast.CallExpr {
	assign, ok := stmt.Init.(*ast.AssignStmt)
	if !ok || len(assign.Rhs) != 1 {
		return nil
	}
	call, ok := assign.Rhs[0].(*ast.CallExpr)
	if !ok || !isSelector(call.Fun, s.importName(module+"/internal/access"), "Check") {
		return nil
	}
	return call
}

// returnsError reports whether "if err := ...; err != nil" ends by returning that error, as it is or wrapped.
func returnsError(stmt *ast.IfStmt) bool {
	cond, ok := stmt.Cond.(*ast.BinaryExpr)
	if !ok || !isIdent(cond.Y, "nil") || len(stmt.Body.List) == 0 {
		return false
	}
	name, ok := cond.X.(*ast.Ident)
	if !ok {
		return false
	}
	ret, ok := stmt.Body.List[len(stmt.Body.List)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) == 0 {
		return false
	}
	found := false
	ast.Inspect(ret.Results[len(ret.Results)-1], func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name.Name {
			found = true
		}
		return true
	})
	return found
}

// A policy for a use case that does not exist is a policy that somebody believes in.
func TestPoliciesNameUseCases(t *testing.T) {
	exists := map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if !s.ships() || s.pkg() == "" {
			continue
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.IsExported() {
				if _, ok := actorParameter(s, fn); ok {
					exists[useCase(s, fn)] = true
				}
			}
		}
	}
	for _, action := range access.Actions() {
		if !exists[action] {
			t.Errorf("internal/access/policy.go: %q is no use case: no exported method with that name takes an access.Actor after its context", action)
		}
	}
	for action, reason := range withoutActor {
		if exists[action] || reason == "" {
			t.Errorf("withoutActor lists %q, which takes an actor or has no reason", action)
		}
	}
}
