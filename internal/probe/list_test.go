// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/probe/verdict"
)

// TestTheListOfServers holds docs/probe.md against what TestRealServers tries, both ways: each page with its verdict, rule, factors and level
// stands there, and nothing else does. It reads the tests as text, so that it needs none of the servers.
func TestTheListOfServers(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "probe.md"))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	programs := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| `+"`"+`([a-z_-]+)`+"`"+` \| ([^|]+) \| [^|]+ \| ([a-z_]+) \| (\d+) \| (\d|–) \| (\d|–) \|$`).FindAllStringSubmatch(string(text), -1) {
		said = append(said, strings.Join(m[1:], " | "))
		programs[m[1]] = true
	}
	if diff := cmp.Diff(tried(t), said); diff != "" {
		t.Errorf("docs/probe.md and TestRealServers (-tried +listed):\n%s", diff)
	}
	if want := fmt.Sprintf("%d pages of %d programs", len(said), len(programs)); !strings.Contains(string(text), want) {
		t.Errorf("docs/probe.md does not say %q", want)
	}
}

// tried are the pages of TestRealServers, in its order, as rows.
func tried(t *testing.T) (out []string) {
	t.Helper()
	pages := map[string][]string{}
	var order [][2]string
	for _, name := range []string{"peer_test.go", "peer_more_test.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				list, is := n.(*ast.CompositeLit)
				if !is {
					return true
				}
				switch of := list.Type.(type) {
				case *ast.ArrayType:
					if id, is := of.Elt.(*ast.Ident); is && id.Name == "endpoint" {
						for _, e := range list.Elts {
							pages[f.Name.Name] = append(pages[f.Name.Name], row(t, e))
						}
					}
					if _, is := of.Elt.(*ast.StructType); is && f.Name.Name == "TestRealServers" {
						for _, e := range list.Elts {
							x := e.(*ast.CompositeLit).Elts
							order = append(order, [2]string{word(t, x[0]), x[1].(*ast.Ident).Name})
						}
					}
				}
				return true
			})
		}
	}
	for _, p := range order {
		if len(pages[p[1]]) == 0 {
			t.Errorf("%s has no pages", p[0])
		}
		for _, row := range pages[p[1]] {
			out = append(out, p[0]+" | "+row)
		}
		delete(pages, p[1])
	}
	for name := range pages {
		t.Errorf("the pages of %s are not tried", name)
	}
	return out
}

// row is an endpoint as the list writes it.
func row(t *testing.T, e ast.Expr) string {
	t.Helper()
	x := e.(*ast.CompositeLit).Elts
	known := map[string]verdict.Verdict{
		"PasswordOnly": verdict.PasswordOnly, "StrongOffered": verdict.StrongOffered, "Unknown": verdict.Unknown, "StrongDemanded": verdict.StrongDemanded,
		"ClientCertificate": verdict.ClientCertificate,
	}
	number := func(i int, none string) string {
		if v := x[i].(*ast.BasicLit).Value; v != "0" {
			return v
		}
		return none
	}
	return strings.Join([]string{word(t, x[0]), string(known[x[2].(*ast.SelectorExpr).Sel.Name]), number(3, "0"), number(4, "–"), number(5, "–")}, " | ")
}

func word(t *testing.T, e ast.Expr) string {
	t.Helper()
	s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
