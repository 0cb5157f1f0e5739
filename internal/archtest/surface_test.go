// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/redact"
)

// waysOut are the names in the standard library that open a connection to another machine.
var waysOut = map[string][]string{
	"net/http":   {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "ProxyFromEnvironment"},
	"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialUnix", "DialIP", "Dialer"},
	"crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
}

// dialers are the packages that may use them.
var dialers = map[string]string{
	"outbound": "is the way out: it knows the configured hosts and looks at every address",
	"probe":    "has a guard of its own, and no database",
}

var oneWayOut = rule{
	name: "one way out",
	why: "a request that a stranger can steer reaches what only this machine sees. internal/outbound makes a client that goes to configured " +
		"hosts, looks at the address when it connects, follows no redirect elsewhere, and caps time and length: ask it for one " +
		"(docs/decisions/021). A method that takes an *http.Client or a function that dials is fine",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() || dialers[strings.Split(s.pkg(), "/")[0]] != "" {
				continue
			}
			for i, imp := range s.imports() {
				if imp == "net/smtp" {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports net/smtp; internal/mail sends mail", s.dir()))
				}
			}
			for imp, names := range waysOut {
				name := s.importName(imp)
				if name == "" {
					continue
				}
				typed := pointees(s.file)
				ast.Inspect(s.file, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok && isIdent(sel.X, name) && slices.Contains(names, sel.Sel.Name) && !typed[sel] {
						out = append(out, s.at(sel.Pos(), "%s.%s opens a way out", name, sel.Sel.Name))
					}
					return true
				})
			}
		}
		return out
	},
	breaks: []file{
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\nvar c = http.DefaultClient"},
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\nvar c = &http.Client{}"},
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\nvar c = new(http.Client)"},
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\nvar c http.Client"},
		{"internal/audit/a.go", "import \"net/http\"\n\nfunc f() { _, _ = http.Get(\"\") }"},
		{"internal/audit/a.go", "import \"net\"\n\nfunc f() { _, _ = net.Dial(\"udp\", \"\") }"},
		{"internal/mail/a.go", "import \"crypto/tls\"\n\nfunc f() { _, _ = tls.Dial(\"tcp\", \"\", nil) }"},
		{"internal/mail/a.go", "import _ \"net/smtp\""},
		{"internal/app/a.go", "import h \"net/http\"\n\nvar c = h.DefaultTransport"},
	},
	keeps: []file{
		{"internal/outbound/a.go", "import \"net/http\"\n\nvar c = http.Client{}"},
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\nfunc f(c *http.Client) error { return nil }"},
		{"internal/auth/oidc/a.go", "import \"net/http\"\n\ntype t struct{ c *http.Client }"},
		{"internal/auth/oidc/a_test.go", "import \"net/http\"\n\nvar c = http.DefaultClient"},
		{"internal/web/a.go", "import \"net/http\"\n\nvar s = &http.Server{}"},
	},
}

// pointees are the types that stand behind a pointer in a declaration: *http.Client says what is handed in, and makes nothing.
func pointees(f *ast.File) map[*ast.SelectorExpr]bool {
	out := map[*ast.SelectorExpr]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if star, ok := n.(*ast.StarExpr); ok {
			if sel, ok := star.X.(*ast.SelectorExpr); ok {
				out[sel] = true
			}
		}
		return true
	})
	return out
}

// logCalls are slog's functions and methods whose arguments are names and values, with the place of the first of them.
var logCalls = map[string]int{
	"Debug": 1, "Info": 1, "Warn": 1, "Error": 1, "DebugContext": 2, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2, "Log": 3, "With": 0, "Group": 1,
}

// attrMakers are slog's functions that make an attribute of a name and a value.
var attrMakers = []string{"String", "Int", "Int64", "Uint64", "Float64", "Bool", "Time", "Duration", "Any", "Group"}

var quietLog = rule{
	name: "the log has no secrets",
	why: "what is logged is copied to places where other people read it. internal/redact takes away what stands under the name of a secret " +
		"or looks like one; a call that hands it over, or that writes past the log, is a mistake already",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() {
				continue
			}
			out = append(out, loggedSecrets(s)...)
			if s.pkg() != "cli" {
				out = append(out, printed(s)...)
			}
		}
		return out
	},
	breaks: []file{
		{"internal/auth/a.go", "import \"log/slog\"\n\nfunc f(l *slog.Logger, t string) { l.Info(\"m\", slog.String(\"token\", t)) }"},
		{"internal/auth/a.go", "import \"log/slog\"\n\nfunc f(l *slog.Logger, t string) { l.Info(\"m\", \"ok\", true, \"email\", t) }"},
		{"internal/auth/a.go", "import \"log/slog\"\n\nfunc f(l *slog.Logger, t string) { l.With(\"cookie\", t).Info(\"m\") }"},
		{"internal/auth/a.go", "import \"log/slog\"\n\nfunc f(t any) slog.Attr { return slog.Group(\"authorization\", t) }"},
		{"internal/auth/a.go", "import \"fmt\"\n\nfunc f() { fmt.Println(\"a\") }"},
		{"internal/auth/a.go", "import \"fmt\"\nimport \"os\"\n\nfunc f() { fmt.Fprintln(os.Stderr, \"a\") }"},
		{"internal/auth/a.go", "import \"log\"\n\nfunc f() { log.Print(\"a\") }"},
		{"internal/auth/a.go", "func f() { println(\"a\") }"},
	},
	keeps: []file{
		{"internal/auth/a.go", "import \"log/slog\"\n\nfunc f(l *slog.Logger) { l.Info(\"token renewed\", slog.Int(\"status\", 200), \"ok\", \"token\") }"},
		{"internal/cli/a.go", "import \"fmt\"\n\nfunc f() { fmt.Println(\"a\") }"},
		{"internal/auth/a.go", "import \"fmt\"\n\nfunc f() string { return fmt.Sprint(\"a\") }"},
		{"internal/auth/a.go", "type t struct{}\n\nfunc (t) Error(int, string) {}\n\nfunc f(x t) { x.Error(404, \"code\") }"},
	},
}

// loggedSecrets finds the calls of the log that name a secret.
func loggedSecrets(s *source) (out []finding) {
	name := s.importName("log/slog")
	if name == "" {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if isIdent(sel.X, name) && slices.Contains(attrMakers, sel.Sel.Name) && len(call.Args) > 0 {
			if text, ok := literal(call.Args[0]); ok && redact.Secret(text) {
				out = append(out, s.at(call.Pos(), "the log is handed %q", text))
			}
		}
		if first, ok := logCalls[sel.Sel.Name]; ok {
			for i := first; i < len(call.Args); i++ {
				text, ok := literal(call.Args[i])
				if !ok {
					continue // an attribute, or the value of the name before
				}
				if redact.Secret(text) {
					out = append(out, s.at(call.Args[i].Pos(), "the log is handed %q", text))
				}
				i++
			}
		}
		return true
	})
	return out
}

// printed finds what is written past the log.
func printed(s *source) (out []finding) {
	format, standard, log := s.importName("fmt"), s.importName("os"), s.importName("log")
	ast.Inspect(s.file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && (isIdent(call.Fun, "println") || isIdent(call.Fun, "print")) {
			out = append(out, s.at(call.Pos(), "%s writes past the log", call.Fun.(*ast.Ident).Name))
		}
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch {
		case format != "" && isIdent(sel.X, format) && slices.Contains([]string{"Print", "Println", "Printf"}, sel.Sel.Name),
			standard != "" && isIdent(sel.X, standard) && (sel.Sel.Name == "Stderr" || sel.Sel.Name == "Stdout") && s.path != "main.go",
			log != "" && isIdent(sel.X, log):
			out = append(out, s.at(sel.Pos(), "%s writes past the log", sel.Sel.Name))
		}
		return true
	})
	return out
}
