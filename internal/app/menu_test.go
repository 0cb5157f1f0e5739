// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// exampleFort serves the example municipality, for people of every role to enter, and tells which route answers an address.
func exampleFort(t *testing.T) (*fort, routing) {
	t.Helper()
	a := open(t, sqliteFile(t))
	actor, _, err := a.Example(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	site := a.Site(app.ServerOptions{Pace: unhurried, Patience: patient})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return &fort{t: t, a: a, at: strings.TrimPrefix(server.URL, "http://"), org: actor.Organisation}, routesOf(site)
}

// TestMenuLeadsOnlyWhereTheReaderMayGo opens the first page and the administration as each role: nothing in the menu and at the top and foot of a
// page leads to what the role may not open, and the administration opens for each who is led to it.
func TestMenuLeadsOnlyWhereTheReaderMayGo(t *testing.T) {
	f, routes := exampleFort(t)
	led := 0
	for _, role := range access.Roles() {
		who := f.person(f.org, "Person "+string(role), role)
		c := f.enter(who)
		first := c.Get("/")
		if to := first.Header.Get("Location"); to != "" {
			first = c.Get(to)
		}
		if first.Status != http.StatusOK {
			t.Errorf("%s begins at %s: %d", role, first.URL, first.Status)
			continue
		}
		for _, part := range []string{"header", ".side", ".foot"} {
			top := webtest.Find(first.Doc, part)
			if top == nil {
				t.Errorf("%s: %s has no %s", role, first.URL, part)
				continue
			}
			for _, to := range leads(top) {
				if r := routes.of(to.method, to.address); r.Action != "" && !access.Allowed(who, r.Action) {
					t.Errorf("%s: %s offers %s %s, which takes %s", role, first.URL, to.method, to.address, r.Action)
				}
				if to.address == app.AdministrationPath {
					led++
					if p := c.Get(to.address); p.Status != http.StatusOK || len(leads(webtest.Find(p.Doc, "main"))) == 0 {
						t.Errorf("%s is led to the administration: %d", role, p.Status)
					}
				}
			}
		}
	}
	if led == 0 {
		t.Error("nobody is led to the administration")
	}
	procurer := f.enter(f.person(f.org, "Upphandlaren", access.Procurer))
	if p := procurer.Get(app.AdministrationPath); p.Status != http.StatusForbidden {
		t.Errorf("whoever administers nothing is answered %d", p.Status)
	}
}

// TestPagesLeadOnlyWhereTheReaderMayGo opens, as each role, one page of each kind that can be reached by links: nothing on it leads to what the
// role may not open, and no form on it asks for what the role may not do.
func TestPagesLeadOnlyWhereTheReaderMayGo(t *testing.T) {
	f, routes := exampleFort(t)
	for _, role := range access.Roles() {
		t.Run(string(role), func(t *testing.T) {
			who := f.person(f.org, "Person "+string(role), role)
			may := func(r web.Route) bool { return r.Action == "" || access.Allowed(who, r.Action) }
			c := f.enter(who)
			first := "/"
			if to := c.Get(first).Header.Get("Location"); to != "" {
				first = to
			}
			pages, seen, told := 0, map[string]bool{}, map[string]bool{}
			for queue := []string{first}; len(queue) > 0; queue = queue[1:] {
				p := c.Get(queue[0])
				if p.Doc == nil || p.Status != http.StatusOK {
					continue // a file, or a way on
				}
				pages++
				here := routes.of(http.MethodGet, queue[0]).Pattern
				for _, to := range leads(p.Doc) {
					r := routes.of(to.method, to.address)
					if !may(r) && !told[here+r.Action] {
						told[here+r.Action] = true
						t.Errorf("%s leads to %s %s, which takes %s", here, to.method, to.address, r.Action)
					}
					if may(r) && r.Pattern != "" && to.method == http.MethodGet && !seen[r.Pattern] {
						seen[r.Pattern] = true
						queue = append(queue, to.address)
					}
				}
			}
			if pages < 5 {
				t.Errorf("reaches %d pages", pages)
			}
		})
	}
}

// lead is where a page offers to go.
type lead struct{ method, address string }

// leads are the links, and the forms with a button, of a page that lead within the program.
func leads(doc *html.Node) []lead {
	var out []lead
	add := func(method, address string) {
		address, _, _ = strings.Cut(address, "#")
		if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "/static/") {
			out = append(out, lead{strings.ToUpper(method), address})
		}
	}
	for _, a := range webtest.All(doc, "a") {
		add(http.MethodGet, webtest.Attr(a, "href"))
	}
	for _, form := range webtest.All(doc, "form") {
		if len(webtest.All(form, "button")) == 0 {
			continue // holds fields for who only reads them: nothing can be pressed
		}
		method := webtest.Attr(form, "method")
		if method == "" {
			method = http.MethodGet
		}
		add(method, webtest.Attr(form, "action"))
		for _, b := range webtest.All(form, "button") {
			if to := webtest.Attr(b, "formaction"); to != "" {
				add(method, to)
			}
		}
	}
	return out
}

// routing tells which of a site's routes answers an address.
type routing struct {
	mux *http.ServeMux
	all map[string]web.Route
}

func routesOf(site *web.Site) routing {
	r := routing{http.NewServeMux(), map[string]web.Route{}}
	for _, x := range site.Routes() {
		r.mux.HandleFunc(x.Pattern, func(http.ResponseWriter, *http.Request) {})
		r.all[x.Pattern] = x
	}
	return r
}

func (r routing) of(method, address string) web.Route {
	q := httptest.NewRequest(method, address, http.NoBody)
	_, pattern := r.mux.Handler(q)
	return r.all[pattern]
}
