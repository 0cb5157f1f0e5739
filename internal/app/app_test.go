// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// open opens the program on a database of its own.
func open(t testing.TB, database string) *app.App {
	t.Helper()
	a, err := app.Open(context.Background(), app.Options{
		Database: database, Log: slog.New(slog.DiscardHandler), KeyFile: keyFile(t, database), KeysFile: keysFile(t, database),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

func keyFile(t testing.TB, database string) string {
	t.Helper()
	if strings.HasPrefix(database, "sqlite:") {
		return "" // one is made beside the database
	}
	return makeKey(t)
}

func keysFile(t testing.TB, database string) string {
	t.Helper()
	if strings.HasPrefix(database, "sqlite:") {
		return "" // one is made beside the database
	}
	return filepath.Join(t.TempDir(), "insegel.keys")
}

// example starts the example municipality and gives its address and the link that signs in.
func example(t testing.TB, database string) (address, link string, a *app.App) {
	t.Helper()
	a = open(t, database)
	actor, viewer, err := a.Example(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	address, link = demoSite(t, a, actor, viewer)
	return address, link, a
}

// demoSite serves the program to whoever opens the link, as one person.
func demoSite(t testing.TB, a *app.App, actor access.Actor, viewer web.Viewer) (address, link string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	addr := server.Listener.Addr().String()
	demo, err := auth.NewDemoLink(addr)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Site(app.ServerOptions{
		Pace: unhurried, Patience: patient, Demo: demo, Who: func(context.Context) (access.Actor, web.Viewer, error) { return actor, viewer, nil },
	})
	server.Start()
	t.Cleanup(server.Close)
	return "http://" + addr, demo.URL()
}

// crawl opens every page that can be reached by links from the first, once for each pattern of address, and judges each.
func crawl(t *testing.T, c *webtest.Client, first string) []string {
	t.Helper()
	seen := map[string]bool{first: true}
	patterns := map[string]int{}
	var visited []string
	for queue := []string{first}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		if patterns[pattern(path)]++; patterns[pattern(path)] > 3 {
			continue
		}
		p := c.Get(path)
		if p.Status != 200 {
			t.Errorf("%s: status %d", path, p.Status)
			continue
		}
		if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") || p.Header.Get("Content-Disposition") != "" {
			continue
		}
		visited = append(visited, path)
		for _, fault := range webtest.Faults(p.Doc) {
			t.Errorf("%s (%s): %s", path, c.Lang, fault)
		}
		for _, a := range webtest.All(p.Doc, "a") {
			to, _, _ := strings.Cut(webtest.Attr(a, "href"), "#")
			if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/static/") && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return visited
}

// pattern is a page's address without what names one thing, so that a thousand alike are opened a few times.
func pattern(path string) string {
	path, query, _ := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 2 && slices.Contains([]string{"system", "regler", "krav", "information"}, parts[1]) && parts[2] != "nytt" {
		parts[2] = "*"
	}
	if len(parts) > 3 && parts[1] == "administration" && parts[2] == "personer" {
		parts[3] = "*"
	}
	key, _, _ := strings.Cut(query, "=")
	return strings.Join(parts, "/") + "?" + key
}

// TestEveryPage opens what can be reached, on both engines, and in both languages on one of them: a text does not depend on the
// engine.
func TestEveryPage(t *testing.T) {
	for engine, tc := range map[string]struct {
		database func(*testing.T) string
		langs    []string
	}{
		"sqlite":   {func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "example.db") }, []string{"sv", "en"}},
		"postgres": {func(t *testing.T) string { return dbtest.PostgresAddress(t) }, []string{"sv"}},
	} {
		t.Run(engine, func(t *testing.T) {
			address, link, _ := example(t, tc.database(t))
			c := webtest.Open(t, address)
			if p := c.Get(strings.TrimPrefix(link, address)); p.Status != 200 || p.URL != "/" {
				t.Fatalf("the link led to %s with status %d", p.URL, p.Status)
			}
			for _, lang := range tc.langs {
				c.Lang = lang
				visited := crawl(t, c, "/")
				for _, must := range []string{"/", "/system", "/atgarder", "/upphandling", "/regler", "/information", "/importera", "/rapporter"} {
					if !slices.Contains(visited, must) {
						t.Errorf("%s cannot be reached by links from the first page", must)
					}
				}
			}
		})
	}
}

// A page elsewhere can have its name lead to this machine: the demonstration answers to this machine's names only.
func TestDemonstrationKnowsItsNames(t *testing.T) {
	address, _, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	for host, want := range map[string]int{"localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "insegel.example": 421} {
		r := c.Request("GET", web.SignInPath, nil)
		r.Host = host
		if p := c.Do(r); p.Status != want {
			t.Errorf("%s: got %d, want %d", host, p.Status, want)
		}
	}
}

// publicRoutes are the addresses that anybody may ask for, with the reason. Everything else needs a sign-in.
var publicRoutes = map[string]string{
	"POST /agent/v1/tasks":                                                      "an agent, by its token and the signature of its own key",
	"POST /agent/v1/begin":                                                      "an agent, by its token and the signature of its own key",
	"POST /agent/v1/results":                                                    "an agent, by its token and the signature of its own key",
	"POST /nationellt/ta-emot":                                                  "a submission, signed with a key that two people have registered",
	"GET /oppna-data/nationellt.csv":                                            "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/nationellt.json":                                           "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/nationellt.parquet":                                        "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/beroenden.csv":                                             "open data: how many depend on what, with small numbers hidden",
	"GET /oppna-data/beroenden.json":                                            "open data: how many depend on what, with small numbers hidden",
	"GET /oppna-data/dcat.jsonld":                                               "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/municipality":                                           "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/municipality/{municipality}":                            "open data: the municipalities",
	"GET /oppna-data/v3/kpi_groups":                                             "open data: the areas as groups of indicators",
	"GET /oppna-data/v3/kpi_groups/{group}":                                     "open data: the areas as groups of indicators",
	"GET /oppna-data/v3/ou":                                                     "open data: says that nothing is published of units",
	"GET /oppna-data/v3/ou/{ou}":                                                "open data: says that nothing is published of units",
	"GET /oppna-data/v3/oudata/kpi/{kpi}/ou/{ou}":                               "open data: says that nothing is published of units",
	"GET /oppna-data/v3/oudata/kpi/{kpi}/ou/{ou}/year/{year}":                   "open data: says that nothing is published of units",
	"GET /oppna-data/v3/oudata/kpi/{kpi}/year/{year}":                           "open data: says that nothing is published of units",
	"GET /oppna-data/v3/oudata/ou/{ou}/year/{year}":                             "open data: says that nothing is published of units",
	"GET /oppna-data/v3/municipality_groups":                                    "open data: the counties as groups of municipalities",
	"GET /oppna-data/v3/municipality_groups/{group}":                            "open data: the counties as groups of municipalities",
	"GET /oppna-data/v3/kpi":                                                    "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/kpi/{kpi}":                                              "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/data/kpi/{kpi}/year/{year}":                             "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/data/kpi/{kpi}/municipality/{municipality}":             "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/data/kpi/{kpi}/municipality/{municipality}/year/{year}": "open data: what has been published, with small numbers hidden",
	"GET /oppna-data/v3/data/municipality/{municipality}/year/{year}":           "open data: what has been published, with small numbers hidden",
	"POST /sprak":                  "the language of the sign-in page too",
	"POST /csp":                    "browsers report without cookies; bounded and counted",
	"GET /hjalp":                   "how the program is used; it says nothing of anybody's data",
	"GET /tillganglighet":          "the accessibility statement, which the law wants public",
	"GET /logga-in":                "the way in",
	"POST /logga-ut":               "the way out, also of a session that has just ended",
	"POST /logga-in/passkey/borja": "the way in by a passkey",
	"POST /logga-in/passkey":       "the way in by a passkey",
	"GET /logga-in/aterstall":      "the way in by a recovery code",
	"POST /logga-in/aterstall":     "the way in by a recovery code",
	"GET /valkommen":               "the first person, with the console's code",
	"POST /valkommen":              "the first person, with the console's code",
	"GET /valkommen/kommun":        "the first person, with the console's code",
	"POST /valkommen/kommun":       "the first person, with the console's code",
	"GET /verkstad":                "a participant of a workshop, by its code", "POST /verkstad": "a participant of a workshop, by its code",
	"GET /verkstad/rost": "a participant of a workshop, by the seat that the code gave", "POST /verkstad/rost": "a participant of a workshop, by the seat that the code gave",
	"GET /inbjudan":                       "an invited person, with a code",
	"POST /inbjudan":                      "an invited person, with a code",
	"GET /ny-passkey":                     "the passkey that a code leads to",
	"POST /ny-passkey/borja":              "the passkey that a code leads to",
	"POST /ny-passkey":                    "the passkey that a code leads to",
	"GET /logga-in/oidc/{id}":             "the way in by an OpenID provider",
	"GET /logga-in/oidc/{id}/svar":        "its answer",
	"POST /logga-in/oidc/{id}/utloggning": "the provider says that somebody has signed out, in a signed token",
	"GET /logga-in/oidc/{id}/ut":          "back from signing out at the provider",
	"GET /oidc/{code}/nycklar":            "our public keys",
	"GET /logga-in/saml/{id}":             "the way in by a SAML provider",
	"GET /logga-in/saml/{id}/klar":        "its answer, once it is back on our own site",
	"GET /logga-in/saml/{id}/ut":          "back from signing out at the provider",
	"GET /saml/{code}":                    "our metadata",
	"POST /saml/{code}/acs":               "a SAML provider's signed answer",
	"GET /saml/{code}/slo":                "a SAML provider's signed word that somebody has signed out",
	"POST /saml/{code}/slo":               "the same, posted",
	"/scim/v2/{rest...}":                  "directories, with a token of their own",
	"GET /lank/{token}":                   "a link's secret is exchanged for a cookie",
	"GET /lank":                           "the one task of a link, after its code",
	"POST /lank/kod":                      "a link's code is mailed",
	"POST /lank/bekrafta":                 "a link's code is given",
	"POST /lank/svar":                     "the answer to the one task of a link",
	"GET /api":                            "documents the API, and tells nothing of any organisation",
	"GET /api/openapi.json":               "the same for programs",
	"GET /lank/tack":                      "says thank you, and nothing else",
}

// TestPagesNeedSignIn opens every page without signing in.
func TestPagesNeedSignIn(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	site := a.Site(app.ServerOptions{})
	c := webtest.Start(t, site)
	c.NoRedirects()
	public := map[string]bool{}
	for _, r := range site.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if r.Public {
			public[r.Pattern] = true
			if publicRoutes[r.Pattern] == "" {
				t.Errorf("%s is public, and no reason is given in publicRoutes", r.Pattern)
			}
			continue
		}
		if r.API {
			path = strings.NewReplacer("{system}", "x", "{id}", "x").Replace(path)
			if p := c.Do(c.Request(method, path, strings.NewReader("{}"))); p.Status != 401 || p.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: status %d as %s, want 401 as a problem", method, path, p.Status, p.Header.Get("Content-Type"))
			}
			continue
		}
		path = strings.NewReplacer("{$}", "", "{slug}", "x", "{id}", "x", "{n}", "1", "{kind}", "plan").Replace(path)
		p := c.Do(c.Request(method, path, strings.NewReader("")))
		if p.Status != 303 || !strings.HasPrefix(p.Header.Get("Location"), web.SignInPath) {
			t.Errorf("%s %s: status %d to %q, want 303 to the sign-in page", method, path, p.Status, p.Header.Get("Location"))
		}
	}
	for pattern := range publicRoutes {
		if !public[pattern] {
			t.Errorf("publicRoutes: %s is not public; take it off the list", pattern)
		}
	}
	if p := c.Get("/demo/x"); p.Status != 404 {
		t.Errorf("a server that is not the demonstration answers on its link with %d", p.Status)
	}
}
