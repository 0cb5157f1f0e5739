// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/webtest"
)

// judgedElsewhere tells, by how a route begins, who judges the pages that the example municipality cannot show to somebody who is signed in, or why
// nobody reads what is answered there.
var judgedElsewhere = map[string]string{
	"GET /oppna-data/":                            "open data, for programs",
	"GET /oidc/":                                  "keys, for identity providers",
	"GET /saml/":                                  "metadata and answers, for identity providers",
	"GET /logga-in/oidc/":                         "leads to an identity provider, and back",
	"GET /logga-in/saml/":                         "leads to an identity provider, and back",
	"GET /inbjudan":                               "passkey.mjs",
	"GET /utseende.css":                           "the organisation's colours",
	"GET /utseende/logga":                         "the organisation's logo",
	"GET /api/openapi.json":                       "the API's description, for programs",
	"GET /valkommen":                              "passkey.mjs",
	"GET /ny-passkey":                             "passkey.mjs",
	"GET /verkstad/rost":                          "desk.mjs",
	"GET /lank":                                   "supplier.mjs",
	"GET /riskverkstad/{id}/lage":                 "tells the room's script what to show",
	"GET /upphandling/{id}/anbud/bilaga/{fil}":    "a document that was handed in",
	"GET /system/{slug}/leverantorssvar/bilaga/":  "a document that was handed in",
	"GET /nationellt/jamforelsetal/hamtning/{id}": "shown between fetching a series and taking it in, with the parts of the series' page",
	"GET /importera/{id}/pagar":                   "shown while an import takes long; TestTakingShowsProgress judges its document",
	"GET /rapporter/pagar/{id}":                   "shown while a report takes long; TestLongReportIsFetchedLater judges its document",
}

// elsewhere gives the reason why a route is not judged here; empty when there is none.
func elsewhere(pattern string) (begins, why string) {
	for begins, why := range judgedElsewhere {
		if strings.HasPrefix(pattern, begins) {
			return begins, why
		}
	}
	return "", ""
}

// shownPages are addresses that are judged beside one of each kind: other faces of the same page.
func shownPages() []string {
	const slug = "/system/e-ansokan-ekonomiskt-bistand"
	return []string{
		"/", "/system", slug, slug + "/krav", slug + "/klassning", slug + "/atgarder", slug + "/upphandling", slug + "/historik", slug + "/som-det-var",
		slug + "/redigera", "/system/orosanmalan-barn/klassning", "/information/eb-ansokan", "/regler/SOLPUL-10", "/krav/inloggning-hsl-oppet-nat",
		"/administration/inloggning/ny/oidc", "/administration/inloggning/ny/saml", "/sok?q=social", "/atgarder?visa=tavla", web.GuidePath,
	}
}

// modelPages are those of shownPages that are held against every rule at every width: all that the others are made of is on them.
var modelPages = []string{"/", "/system", "/system/e-ansokan-ekonomiskt-bistand", "/system/orosanmalan-barn/klassning", web.GuidePath}

// oneOfEach gives an address of each page that can be reached by links, by the route that answers it: those of first, and then the first found.
func oneOfEach(t *testing.T, c *webtest.Client, site *web.Site, first []string) map[string]string {
	t.Helper()
	routes := routesOf(site)
	route := func(address string) string { return routes.of(http.MethodGet, address).Pattern }
	out := map[string]string{}
	seen := map[string]bool{}
	for queue := slices.Clone(first); len(queue) > 0; queue = queue[1:] {
		address := queue[0]
		pattern := route(address)
		if _, why := elsewhere(pattern); why != "" {
			continue
		}
		if out[pattern] != "" && !slices.Contains(first, address) {
			continue
		}
		p := c.Get(address)
		if p.Status != http.StatusOK {
			t.Errorf("%s: %d", address, p.Status)
			continue
		}
		if route(p.URL) != pattern {
			continue // it leads to another
		}
		if out[pattern] == "" {
			out[pattern] = address
		}
		if p.Doc == nil || p.Header.Get("Content-Disposition") != "" {
			out[pattern] = download
			continue
		}
		for _, a := range webtest.All(p.Doc, "a") {
			to, _, _ := strings.Cut(webtest.Attr(a, "href"), "#")
			if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/static/") && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return out
}

// download stands for the address of what is no page.
const download = "-"

// TestBrowser opens every page in Chromium at three widths and in both languages and runs an accessibility checker on each, also with
// forced colours and reduced motion; no page scrolls sideways, not at 200 % either. A page that is made has to come here by a link from another, or
// stand in judgedElsewhere.
func TestBrowser(t *testing.T) {
	a := open(t, sqliteFile(t))
	actor, viewer, err := a.Example(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) (err error) {
		for _, role := range access.Roles() { // some pages are for others than who tries the example
			if err == nil && !slices.Contains(actor.Roles, role) {
				_, err = tx.Exec(t.Context(), `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, $3, 0)`,
					ids.New[access.Role](), actor.Organisation, actor.ID, role)
			}
		}
		return err
	}))
	address, link := demoSite(t, a, actor, viewer)
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	// The demonstration has one way in; the pages are those of the program as it is served.
	site := a.Site(app.ServerOptions{Pace: unhurried, Patience: patient})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	session := c.Cookie(sessionCookie)
	c = webtest.Open(t, server.URL)
	c.SetCookie(sessionCookie, session)
	first := append(shownPages(), prepare(t, a, actor, c)...)
	found := oneOfEach(t, c, site, first)
	outside := webtest.Open(t, server.URL)
	outside.NoRedirects()
	c.NoRedirects()
	pages, open := slices.Clone(first), []string{}
	needed := map[string]bool{}
	for _, r := range site.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		address := found[r.Pattern]
		switch {
		case method != http.MethodGet || r.API || address == download:
		case address != "":
			if !slices.Contains(pages, address) {
				pages = append(pages, address)
			}
		case !strings.Contains(path, "{") && answersPage(c, path):
			pages = append(pages, path)
		case below(found, path) != "" && answersPage(c, below(found, path)):
			pages = append(pages, below(found, path))
		case !strings.Contains(path, "{") && answersPage(outside, path):
			open = append(open, path)
		default:
			begins, why := elsewhere(r.Pattern)
			needed[begins] = true
			if why == "" {
				t.Errorf("no link leads to %s from the example's pages, so nobody looks whether it can be read by all: link to it, or say in judgedElsewhere who does", r.Pattern)
			}
		}
	}
	for begins := range judgedElsewhere {
		if !needed[begins] {
			t.Errorf("judgedElsewhere: %s is judged here, or does not exist; take it off", begins)
		}
	}
	if t.Failed() {
		return
	}
	t.Logf("%d pages, %d before signing in", len(pages), len(open))
	if only := os.Getenv("INSEGEL_TEST_PAGES"); only != "" { // to look at some by themselves
		other := func(address string) bool { return !must(regexp.MatchString(only, address))(t) }
		pages, open = slices.DeleteFunc(pages, other), slices.DeleteFunc(open, other)
	}
	judge(t, server.URL, session, pages, open)
}

// below gives the address of a page right below one that was found; empty when there is none.
func below(found map[string]string, path string) string {
	above, last := path[:strings.LastIndex(path, "/")], path[strings.LastIndex(path, "/"):]
	address, _, _ := strings.Cut(found["GET "+above], "?")
	if address == "" || address == download || strings.Contains(last, "{") {
		return ""
	}
	return address + last
}

// answersPage reports whether an address answers with a page of its own.
func answersPage(c *webtest.Client, address string) bool {
	p := c.Get(address)
	return p.Status == http.StatusOK && p.Doc != nil
}

// prepare makes what some pages are about and the example has none of, and gives the addresses of theirs that no link leads to.
func prepare(t *testing.T, a *app.App, actor access.Actor, c *webtest.Client) []string {
	t.Helper()
	ctx := t.Context()
	all := everybody(actor.Organisation, actor.ID)
	list := c.Post("/importera", url.Values{"paste": {"System;Förvaltning\r\nProvsystemet;Socialförvaltningen"}}).URL
	review := c.Submit(c.Get(list), "main form", nil).URL
	found := fillFindings(t, a, actor.Organisation, "", "Prov")
	secret := must(a.Systems.Create(ctx, all, system.New("Det som inte får stå här")))(t)
	ok(t, a.Classifications.SetInformation(ctx, all, secret.ID.String(), []classification.Chosen{{TypeID: a.Catalogue.Types[0].ID}}))
	aspect := a.Catalogue.Models[0].Aspects[0]
	err := a.Classifications.Answer(ctx, all, secret.ID.String(), classification.Answer{
		Aspect: aspect.Aspect, Perspective: "organisation", Level: aspect.Levels[len(aspect.Levels)-1].Value,
	})
	if err != nil && !errors.Is(err, classification.ErrStopped) {
		t.Fatal(err)
	}
	hook, _, err := a.Webhooks.Add(ctx, all, webhook.Target{Name: "Diariet", Address: "https://diarium.example/", Events: []string{webhook.SystemChanged}})
	ok(t, err)
	drill := c.Submit(c.Get("/incidenter/ovning"), "main form", nil).URL
	service := must(a.Providers.Add(ctx, all, provider.Draft{
		Provider: provider.Provider{
			Kind: provider.OIDC, NameSV: "Kommunens inloggning", NameEN: "Sign-in", Issuer: "https://idp.example.se",
			Settings: provider.Settings{Accepted: []provider.Accepted{{Value: "http://id.elegnamnden.se/loa/1.0/loa3"}}}, Own: must(json.Marshal(oidc.Settings{ClientID: "insegel", Method: oidc.ClientSecret}))(t),
		},
		Secrets: map[string][]byte{"client-secret": []byte("provhemligheten")},
	}))(t)
	people := must(a.Organisations.KeepPeople(ctx, all, "personer.csv", []byte("namn;e-post;roller\nKim Exempel;kim@norrsjo.example;\n")))(t)
	return []string{
		list, review, "/bevis/fynd/" + found.place.ID.String(), "/bevis/innehall/" + found.held.String(), "/bevis/kallor/" + found.source.String(),
		"/bevis/kallor/" + found.source.String() + "/andra", "/bevis/kallor/" + found.source.String() + "/olast", secret.Path() + "/klassning/stopp",
		"/administration/handelser/" + hook.ID.String(), drill, drill + "/lardomar", "/administration/personer/lista/" + people.String(), "/administration/inloggning/tjanst/" + service.ID.String(), "/administration/inloggning/tjanst/" + service.ID.String() + "/andra",
	}
}

// judge has Chromium open pages, and fails with what is wrong with them.
func judge(t *testing.T, address, session string, pages, open []string) {
	t.Helper()
	program, modules := chromium(t)
	at := func(paths []string) []string {
		out := []string{}
		for _, path := range paths {
			out = append(out, address+path)
		}
		return out
	}
	b, err := json.Marshal(map[string]any{
		"cookie": map[string]string{"name": sessionCookie, "value": session, "url": address}, "pages": at(pages), "models": at(modelPages), "open": at(open),
		"languages": []string{"sv-SE", "en-GB"}, "shots": os.Getenv("INSEGEL_TEST_SHOTS"),
	})
	if err != nil {
		t.Fatal(err)
	}
	orders := filepath.Join(t.TempDir(), "orders.json")
	if err := os.WriteFile(orders, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "check.mjs", program, orders)
	cmd.Dir, cmd.Stderr = modules, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run the browser: %v", err)
	}
	var found struct {
		Faults []struct {
			Page, Fault, Language string
			Width                 int
		}
		Paints []struct {
			Page string
			MS   int
		}
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("read what the browser found: %v\n%s", err, out)
	}
	for _, f := range found.Faults {
		t.Errorf("%s at %d px in %s: %s", strings.TrimPrefix(f.Page, address), f.Width, f.Language, f.Fault)
	}
	for _, p := range found.Paints {
		t.Logf("%s: the largest part is painted after %d ms", strings.TrimPrefix(p.Page, address), p.MS)
	}
}
