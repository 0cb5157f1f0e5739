// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

func TestLayoutsInBothLanguages(t *testing.T) {
	c := start(t, newHouse(t, nil))
	for _, lang := range []string{"sv", "en"} {
		for _, path := range []string{"/gallery", "/focus", "/nowhere"} {
			t.Run(lang+path, func(t *testing.T) {
				c.Lang = lang
				p := c.Get(path)
				webtest.CheckDOM(t, p.Doc)
				if got := webtest.Attr(webtest.Find(p.Doc, "html"), "lang"); got != lang {
					t.Errorf("lang = %q", got)
				}
				if first := webtest.Find(p.Doc, "body a"); webtest.Attr(first, "href") != "#main" {
					t.Error("the first link does not skip to the content")
				}
			})
		}
	}
}

func TestAppLayout(t *testing.T) {
	p := start(t, newHouse(t, nil)).Get("/gallery")
	for selector, want := range map[string]string{
		"title":                           "Galleri <b> – Norrsjö kommun – Insegel",
		"h1":                              "Galleri <b>",
		".side a[aria-current=page]":      "System1\u00a0240",
		".side .n.hot":                    "12",
		".side h2":                        "Register",
		".example":                        "Exempeldata",
		".user .me small":                 "Informationssäkerhetssamordnare",
		".user .ava":                      "KE",
		".user form[action=/logga-ut]":    "Logga ut",
		".crumb [aria-current=page]":      "Galleri",
		".user form[action=/sprak]":       "In English",
		".page .lead":                     "På svenska 1\u00a0240 40,8\u00a0% 12\u00a0mars\u00a02027 2027-03-12 23\u00a0november\u00a02026 kl.\u00a014.02 kl.\u00a014.02",
		"form[role=search] label":         "Sök eller gå till …",
		".mobilenav a[aria-current=page]": "System1\u00a0240",
	} {
		if got := p.Text(selector); got != want {
			t.Errorf("%s = %q, want %q", selector, got, want)
		}
	}
}

func TestWithoutSearchOrExample(t *testing.T) {
	h := newHouse(t, func(o *web.Options) {
		o.Search = ""
		o.ActorFunc = func(*http.Request) (access.Actor, web.Viewer, bool) {
			return coordinator, web.Viewer{Organisation: "Norrsjö kommun", Name: "Kim", Role: "Vikarie"}, true
		}
	})
	p := start(t, h).Get("/gallery")
	if p.Has("[role=search]") || p.Has(".example") {
		t.Error("the page shows a search box or the badge of example data")
	}
	if got := p.Text(".user .me small"); got != "Vikarie" {
		t.Errorf("role = %q", got)
	}
}

func TestComponents(t *testing.T) {
	c := start(t, newHouse(t, nil))
	p := c.Get("/gallery")
	var levels []string
	for _, n := range p.All("tbody td.h")[:4] {
		levels = append(levels, webtest.Text(n))
	}
	if diff := cmp.Diff([]string{"3 Allvarlig", "0 Ingen eller försumbar", "4 Synnerligen allvarlig", "–Inte klassad"}, levels); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
	for _, class := range []string{".lv3", ".lv0", ".lv4", ".lvq"} {
		if !p.Has("tbody " + class) {
			t.Errorf("no level is drawn as %s", class)
		}
	}
	var chain []string
	for _, n := range p.All(".trace li") {
		chain = append(chain, webtest.Text(n))
	}
	want := []string{
		"Information Hälsa och försörjning", "Regel OSL 26 kap. 1 §Dataskyddsförordningen artikel 32", "Klassning Saknas",
		"Skydd Stark autentisering", "Bevis En av tre vägar är svag I dag kl. 06.10",
	}
	if diff := cmp.Diff(want, chain); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
	if got := p.Text(".krtscode"); got != "K (Konfidentialitet) 3 R (Riktighet) 0 T (Tillgänglighet) 4 S (Spårbarhet) –" {
		t.Errorf("code = %q", got)
	}
	if got := p.Text(".src.none"); got != "Inte mätt" {
		t.Errorf("unknown source = %q", got)
	}
	if got := len(p.All("td .tag svg")); got != 5 {
		t.Errorf("%d of 5 tags have an icon", got)
	}
}

// An address is broken between its words, and is still the same address.
func TestAddressesAreBrokenBetweenWords(t *testing.T) {
	for address, want := range map[string][]string{
		"https://bistand.norrsjo.example/admin/login": {"https://", "bistand", ".norrsjo", ".example/", "admin/", "login"},
		"/admin": {"/", "admin"},
		"":       {""},
	} {
		if diff := cmp.Diff(want, web.AddressParts(address)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
}

func TestPager(t *testing.T) {
	p := start(t, newHouse(t, nil)).Get("/gallery")
	var got []string
	for _, n := range p.All(".pager li") {
		got = append(got, webtest.Text(n)+" "+webtest.Attr(webtest.Find(n, "a"), "href"))
	}
	q := "/system?q=%C3%A5%C3%A4"
	want := []string{
		"Föregående " + q + "&sida=4", "Sida 1 " + q, "… ", "Sida 4 " + q + "&sida=4", "Sida 5 " + q + "&sida=5", "Sida 6 " + q + "&sida=6", "… ",
		"Sida 10 " + q + "&sida=10", "Nästa " + q + "&sida=6",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.Text(".pager p"); got != "41–50 av 94" {
		t.Errorf("rows = %q", got)
	}
	for _, tc := range []struct{ page, size, total, pages, from, to int }{
		{1, 10, 0, 1, 0, 0}, {1, 10, 10, 1, 1, 10}, {2, 10, 11, 2, 11, 11},
	} {
		g := web.Paging{Page: tc.page, Size: tc.size, Total: tc.total}
		if g.Pages() != tc.pages || g.From() != tc.from || g.To() != tc.to {
			t.Errorf("%+v: pages %d, %d–%d", tc, g.Pages(), g.From(), g.To())
		}
	}
}

func TestFormWithErrorsKeepsInput(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /gallery", "", func(c *web.Context) error {
		p := galleryPage(web.FieldError{Field: "name", Key: "test.name-missing", Args: []any{"What", "systemet"}}, web.FieldError{Field: "level", Key: "test.home"})
		p.Fields[1].Value = c.Form("owner")
		return c.Render(templates, "gallery.html", p)
	})
	c := start(t, h)
	p := c.Submit(c.Get("/gallery"), "main form", url.Values{"owner": {" Enhetschef "}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", p.Status)
	}
	if got := p.Text("title"); !strings.HasPrefix(got, "Fel: Galleri") {
		t.Errorf("title = %q", got)
	}
	if got := p.Text(".err a[href=#name]"); got != "Skriv vad systemet heter" {
		t.Errorf("summary = %q", got)
	}
	if got := p.Text("#name-error"); got != "Fel: Skriv vad systemet heter" {
		t.Errorf("inline = %q", got)
	}
	name := webtest.Find(p.Doc, "#name")
	if webtest.Attr(name, "aria-describedby") != "name-hint name-error" || webtest.Attr(name, "aria-invalid") != "true" {
		t.Errorf("the field does not point to its fault: %v", name.Attr)
	}
	if got := webtest.Attr(webtest.Find(p.Doc, "#owner"), "value"); got != "Enhetschef" {
		t.Errorf("kept input = %q", got)
	}
	if p.Has("script:not([src])") || strings.Contains(p.Body, "<script>alert") {
		t.Error("what was typed became a part of the page")
	}
}

func TestFieldsSendWhatStandsInThem(t *testing.T) {
	p := start(t, newHouse(t, nil)).Get("/gallery")
	want := url.Values{
		"version": {"1"}, "name": {`"><script>alert(1)</script>`}, "owner": {""}, "text": {"\nrad ett\nrad två"}, "unit": {"b"}, "personal": {"ja"}, "level": {"3"},
	}
	if diff := cmp.Diff(want, webtest.Fields(webtest.Find(p.Doc, "main form"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestErrorPages(t *testing.T) {
	secret := errors.New("secret cause")
	for _, tc := range []struct {
		name, want string
		err        error
		status     int
	}{
		{"not found", "Adressen kan vara felskriven", fmt.Errorf("open: %w", db.ErrNotFound), 404},
		{"denied", "Din roll ger inte rätt", fmt.Errorf("do: %w", access.ErrDenied), 403},
		{"conflict", "Någon annan har ändrat", db.ErrConflict, 409},
		{"own", "Kannan är tom. Fyll på te.", &web.Error{Status: 418, Key: "test.teapot", Args: []any{"What", "te"}, Err: secret}, 418},
		{"own without a key", "Det som fanns här", fmt.Errorf("wrapped: %w", &web.Error{Status: 410}), 410},
		{"unforeseen", "Det beror inte på dig", secret, 500},
		{"own of an unknown status", "Det beror inte på dig", &web.Error{Status: 599}, 500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.Public("GET /fault", func(*web.Context) error { return tc.err })
			p := start(t, h).Get("/fault")
			webtest.CheckDOM(t, p.Doc)
			if p.Status != tc.status || !strings.Contains(p.Text("main .lead"), tc.want) {
				t.Errorf("status %d, text %q; want %d, %q", p.Status, p.Text("main .lead"), tc.status, tc.want)
			}
			if strings.Contains(p.Body, "secret") {
				t.Error("the page tells the cause")
			}
			id := p.Text(".id")
			if (tc.status == 500) != (id != "") {
				t.Errorf("error id = %q", id)
			}
			if id != "" && !strings.Contains(h.log.String(), `"msg":"request failed","request_id":"`+id+`"`) {
				t.Errorf("the log does not have the page's id %s: %s", id, h.log.String())
			}
		})
	}
}

func TestBrokenPageIsAnInternalError(t *testing.T) {
	h := newHouse(t, nil)
	h.Public("GET /bare", func(c *web.Context) error { return c.Render(templates, "gallery.html", web.Page{Title: "x"}) })
	h.Public("GET /none", func(c *web.Context) error { return c.Render(templates, "none.html", web.Page{Title: "x"}) })
	h.Public("GET /late", func(c *web.Context) error { _ = c.Text(200, "half"); return errors.New("too late") })
	h.Public("GET /panic", func(*web.Context) error { panic("private words") })
	c := start(t, h)
	for _, path := range []string{"/bare", "/none", "/panic"} {
		if p := c.Get(path); p.Status != 500 || p.Text("h1") != "Något gick fel hos oss" {
			t.Errorf("%s: status %d, %q", path, p.Status, p.Text("h1"))
		}
	}
	if p := c.Get("/late"); p.Body != "half" {
		t.Errorf("something was added to a half answer: %q", p.Body)
	}
	if !strings.Contains(h.log.String(), "too late") || !strings.Contains(h.log.String(), `"msg":"panic"`) {
		t.Errorf("log: %s", h.log.String())
	}
}

func TestSignInIsNeeded(t *testing.T) {
	h := newHouse(t, nil)
	h.actor = access.Actor{}
	h.Handle("POST /save", "", func(*web.Context) error { t.Error("ran for nobody"); return nil })
	h.Public("GET /logga-in", func(c *web.Context) error { return c.Text(200, "in") })
	c := start(t, h)
	if p := c.Get("/gallery?a=1&b=å"); p.URL != "/logga-in?till="+url.QueryEscape("/gallery?a=1&b=å") {
		t.Errorf("sent to %s", p.URL)
	}
	if p := c.Post("/save", nil); p.URL != "/logga-in" {
		t.Errorf("sent to %s", p.URL)
	}
	c.Header.Set("X-Autosave", "1")
	if p := c.Post("/save", nil); p.Status != 401 || !strings.Contains(p.Body, "Du är utloggad") {
		t.Errorf("autosave: %d %q", p.Status, p.Body)
	}
}

func TestRoleIsNeeded(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /set", "organisation.Set", func(c *web.Context) error { return c.Text(200, "set by "+c.Actor.ID) })
	c := start(t, h)
	if p := c.Post("/set", nil); p.Body != "set by p1" {
		t.Errorf("coordinator: %d %q", p.Status, p.Body)
	}
	h.actor = auditor
	if p := c.Post("/set", nil); p.Status != 403 {
		t.Errorf("auditor: %d", p.Status)
	}
	defer func() {
		if recover() == nil {
			t.Error("an action without a policy was registered")
		}
	}()
	h.Handle("GET /x", "nobody.Knows", nil)
}

// TestNobodyIsLedToWhatRefuses: a step of the path to a page stands there for those who may take it, and MayOpen says so of any address.
func TestNobodyIsLedToWhatRefuses(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("GET /system", "organisation.Set", func(c *web.Context) error { return c.Text(200, "") })
	h.Handle("GET /may", "", func(c *web.Context) error { return c.Text(200, fmt.Sprint(c.MayOpen(c.Query("to")))) })
	c := start(t, h)
	if p := c.Get("/gallery"); p.Text(".crumb a") != "System" {
		t.Errorf("the coordinator's path is %q", p.Text(".crumb"))
	}
	h.actor = auditor
	if p := c.Get("/gallery"); p.Has(".crumb a") || p.Text(".crumb [aria-current=page]") != "Galleri" {
		t.Errorf("the auditor's path is %q", p.Text(".crumb"))
	}
	for to, want := range map[string]string{"/system?sida=2#x": "false", "/gallery": "true", "/nowhere": "true", "/%zz": "false"} {
		if p := c.Get("/may?to=" + url.QueryEscape(to)); p.Body != want {
			t.Errorf("%s may be opened by the auditor: %s", to, p.Body)
		}
	}
}

func TestRoutes(t *testing.T) {
	want := []web.Route{{Pattern: "POST /sprak", Public: true}, {Pattern: "POST /csp", Public: true}, {Pattern: "GET /gallery"}, {Pattern: "GET /focus"}}
	if diff := cmp.Diff(want, newHouse(t, nil).Routes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name, site, origin, cookie string
		want                       int
	}{
		{"same origin", "same-origin", "", "a=b", 200},
		{"typed", "none", "", "a=b", 200},
		{"another site", "cross-site", "", "a=b", 403},
		{"a neighbour host", "same-site", "", "a=b", 403},
		{"old browser, own origin", "", "self", "a=b", 200},
		{"old browser, other origin", "", "https://evil.example", "a=b", 403},
		{"no-referrer page", "", "null", "a=b", 403},
		{"cookie without either header", "", "", "a=b", 403},
		{"program without cookie", "", "", "", 403}, // programs have addresses of their own, see TestMachines
		{"own origin without cookie", "", "self", "", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.Handle("POST /save", "", func(c *web.Context) error { return c.Text(200, "ok") })
			c := start(t, h)
			c.Site = tc.site
			if tc.origin == "self" {
				tc.origin = c.URL
			}
			if tc.origin != "" {
				c.Header.Set("Origin", tc.origin)
			}
			if tc.cookie != "" {
				c.Header.Set("Cookie", tc.cookie)
			}
			if p := c.Post("/save", nil); p.Status != tc.want {
				t.Errorf("status %d, want %d", p.Status, tc.want)
			}
			if p := c.Get("/gallery"); p.Status != 200 {
				t.Errorf("reading was refused: %d", p.Status)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	for _, tls := range []bool{false, true} {
		c := start(t, newHouse(t, func(o *web.Options) { o.TLS = tls }))
		for _, path := range []string{"/gallery", "/nowhere", "/halsa", "/robots.txt"} {
			p := c.Get(path)
			got := map[string]string{}
			for _, k := range []string{"Cross-Origin-Opener-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				got[k] = p.Header.Get(k)
			}
			want := map[string]string{"Cross-Origin-Opener-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
			csp := p.Header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if !slices.Contains(strings.Split(csp, "; "), part) {
					t.Errorf("%s: the policy lacks %s", path, part)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") {
				t.Errorf("the policy is loose: %s", csp)
			}
			if got := p.Header.Get("Strict-Transport-Security") != ""; got != tls {
				t.Errorf("%s: HSTS %v with TLS %v", path, got, tls)
			}
		}
		if got := c.Get("/gallery").Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("pages are cached: %q", got)
		}
	}
}

func TestHosts(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.Hosts = []string{"insegel.norrsjo.example:443"} })
	c := start(t, h)
	for host, want := range map[string]int{"insegel.norrsjo.example": 200, "INSEGEL.norrsjo.example:8443": 200, "evil.example": 421, "[::1]:80": 421, "insegel.norrsjo.example:443.evil.example": 421} {
		r := c.Request("GET", "/gallery", nil)
		r.Host = host
		if p := c.Do(r); p.Status != want {
			t.Errorf("%s: %d, want %d", host, p.Status, want)
		}
	}
	if p := c.Get("/halsa"); p.Status != 200 || p.Body != "ok\n" {
		t.Errorf("health by number: %d %q", p.Status, p.Body)
	}
	if p := c.Do(c.Request("PUT", "/halsa", nil)); p.Status < 400 {
		t.Errorf("health by another method: %d", p.Status)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	c := start(t, newHouse(t, nil))
	if p := c.Get("/nowhere"); p.Status != 404 || p.Text("h1") != "Sidan finns inte" {
		t.Errorf("%d %q", p.Status, p.Text("h1"))
	}
	if p := c.Post("/gallery", nil); p.Status != 405 || p.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d, Allow %q", p.Status, p.Header.Get("Allow"))
	}
	if p := c.Get("/static/nothing.js"); p.Status != 404 {
		t.Errorf("unknown file: %d", p.Status)
	}
}

func TestLanguageChoice(t *testing.T) {
	c := start(t, newHouse(t, nil))
	c.Lang = "de,en;q=0.5"
	p := c.Get("/gallery?q=1")
	if p.Text(".user .me small") != "Information security coordinator" {
		t.Error("Accept-Language is not heeded")
	}
	p = c.Submit(p, ".user form[action=/sprak]", url.Values{"sprak": {"sv"}})
	if p.URL != "/gallery?q=1" || p.Header.Get("Content-Language") != "sv" {
		t.Errorf("after the choice: %s in %s", p.URL, p.Header.Get("Content-Language"))
	}
	if p := c.Post("/sprak", url.Values{"sprak": {"xx"}}); p.Status != 400 {
		t.Errorf("unknown language: %d", p.Status)
	}
	c.NoRedirects()
	if p := c.Post("/sprak", url.Values{"sprak": {"en"}, "till": {"//evil.example/"}}); p.Header.Get("Location") != "/" {
		t.Errorf("sent to %q", p.Header.Get("Location"))
	}
}

// With TLS no other host of the domain can set the cookie, and no answer lets another origin read it.
func TestLanguageCookie(t *testing.T) {
	for tls, want := range map[bool]string{false: "sprak", true: "__Host-sprak"} {
		c := start(t, newHouse(t, func(o *web.Options) { o.TLS = tls }))
		c.NoRedirects()
		c.Header.Set("Origin", c.URL)
		p := c.Post("/sprak", url.Values{"sprak": {"en"}})
		got := (&http.Response{Header: p.Header}).Cookies()
		if len(got) != 1 || got[0].Name != want || got[0].Secure != tls || !got[0].HttpOnly || got[0].Path != "/" || got[0].Domain != "" {
			t.Errorf("TLS %v: %v", tls, got)
		}
		c.Header.Set("Origin", "https://evil.example")
		for _, path := range []string{"/gallery", "/halsa", "/static/insegel.js", "/nowhere"} {
			if v := c.Get(path).Header.Get("Access-Control-Allow-Origin"); v != "" {
				t.Errorf("%s: others may read it: %q", path, v)
			}
		}
	}
}

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/system?q=1#x": "/system?q=1#x", "": "/", "system": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/",
		"/a\r\nSet-Cookie: x": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "/%2f/evil": "/%2f/evil",
	} {
		if got := web.Local(to); got != want {
			t.Errorf("Local(%q) = %q, want %q", to, got, want)
		}
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /save", "", func(c *web.Context) error {
		return c.Redirect("/gallery", "test.done", "Count", c.Form("n"), "Place", "<registret>")
	})
	h.Handle("POST /away", "", func(c *web.Context) error { return c.Redirect("https://evil.example/") })
	c := start(t, h)
	for n, want := range map[string]string{"1": "Ett system är sparat", "1240": "1\u00a0240 system är sparade i <registret>"} {
		p := c.Post("/save", url.Values{"n": {n}})
		webtest.CheckDOM(t, p.Doc)
		if p.URL != "/gallery" || p.Text(".flash") != want {
			t.Errorf("%s: %q", p.URL, p.Text(".flash"))
		}
	}
	if p := c.Get("/gallery"); p.Has(".flash") {
		t.Errorf("shown again: %q", p.Text(".flash"))
	}
	for _, forged := range []string{"?", "W10", "WyJuby5zdWNoLWtleSJd", strings.Repeat("A", 3900)} {
		c.SetCookie("insegel-flash", forged)
		if p := c.Get("/gallery"); p.Status != 200 || p.Has(".flash") {
			t.Errorf("forged cookie %.10q: %d %q", forged, p.Status, p.Text(".flash"))
		}
	}
	if p := c.Post("/away", nil); p.Status != 500 {
		t.Errorf("a redirect away from the site was made: %d", p.Status)
	}
}

func TestAutosave(t *testing.T) {
	h := newHouse(t, nil)
	at := time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC)
	h.Handle("POST /gallery", "", func(c *web.Context) error {
		switch {
		case c.Form("name") == "":
			return db.ErrConflict
		case c.Autosave():
			return c.Saved(at, "2")
		default:
			return c.Redirect("/gallery")
		}
	})
	c := start(t, h)
	c.Header.Set("X-Autosave", "1")
	p := c.Post("/gallery", url.Values{"name": {"x"}})
	if p.Body != "Sparat kl.\u00a014.02" || p.Header.Get("X-Version") != "2" || p.Doc != nil {
		t.Errorf("%q, version %q", p.Body, p.Header.Get("X-Version"))
	}
	if p := c.Post("/gallery", nil); p.Status != 409 || !strings.HasPrefix(p.Body, "Någon annan har ändrat") {
		t.Errorf("%d %q", p.Status, p.Body)
	}
}

func TestForms(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /form/{id}", "", func(c *web.Context) error {
		return c.Text(200, fmt.Sprintf("%q %q %q %q", c.Path("id"), c.Query("q"), c.Form("a"), c.Forms("b")))
	})
	c := start(t, h)
	p := c.Post("/form/7?q=+x+", url.Values{"a": {" r\x00a\u202ed\r\nrad\xff "}, "b": {"1", " 2"}})
	if want := `"7" "x" "rad\nrad" ["1" "2"]`; p.Body != want {
		t.Errorf("got %s, want %s", p.Body, want)
	}
	if p := c.Post("/form/7", url.Values{"a": {strings.Repeat("x", 1<<20)}}); p.Status != 413 || p.Text("h1") == "" {
		t.Errorf("too large: %d", p.Status)
	}
	if p := c.Post("/form/7", url.Values{"a": {"%"}}); p.Status != 200 {
		t.Errorf("percent sign: %d", p.Status)
	}
	for text, want := range map[string]int{strings.Repeat("ö", web.MaxText): 200, strings.Repeat("ö", web.MaxText+1): 422} {
		if p := c.Post("/form/7", url.Values{"a": {text}}); p.Status != want || want == 422 && !strings.Contains(p.Text("main"), "10\u00a0000") {
			t.Errorf("a text of %d bytes: %d, %s", len(text), p.Status, p.Text("main"))
		}
	}
	if p := c.Post("/form/7", url.Values{"paste": {strings.Repeat("x", web.MaxText+1)}}); p.Status != 200 {
		t.Errorf("a list in a field for lists: %d", p.Status)
	}
	if p := c.Post("/form/7", url.Values{"a": make([]string, web.MaxFields+1)}); p.Status != 422 {
		t.Errorf("too many fields: %d", p.Status)
	}
	r := c.Request("POST", "/form/7", strings.NewReader("a=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p := c.Do(r); p.Status != 400 {
		t.Errorf("broken form: %d", p.Status)
	}
}

func TestUpload(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /upload", "", func(c *web.Context) error {
		f, head, err := c.Upload("file", 100, ".csv", ".txt")
		if errors.Is(err, web.ErrNoFile) || errors.Is(err, web.ErrEnding) {
			return c.Text(200, "no file")
		}
		if err != nil {
			return err
		}
		b, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		return c.Text(200, head.Filename+" "+string(b)+" "+c.Form("note"))
	})
	h.Public("POST /public", func(c *web.Context) error { return c.Text(200, "taken") })
	c := start(t, h)
	file := "å.csv"
	send := func(path string, size int) *webtest.Page {
		var b strings.Builder
		w := multipart.NewWriter(&b)
		_ = w.WriteField("note", " hej ")
		if size > 0 {
			part, _ := w.CreateFormFile("file", file)
			_, _ = part.Write([]byte(strings.Repeat("x", size)))
		}
		_ = w.Close()
		r := c.Request("POST", path, strings.NewReader(b.String()))
		r.Header.Set("Content-Type", w.FormDataContentType())
		return c.Do(r)
	}
	if p := send("/upload", 3); p.Body != "å.csv xxx hej" {
		t.Errorf("got %q", p.Body)
	}
	if p := send("/upload", 0); p.Body != "no file" {
		t.Errorf("got %q", p.Body)
	}
	for _, other := range []string{"å.html", "å.csv.exe", "å", "csv", ".csv "} {
		if file = other; send("/upload", 3).Body != "no file" {
			t.Errorf("a file named %s was taken", other)
		}
	}
	file = "Å.CSV"
	if p := send("/upload", 3); p.Body != "Å.CSV xxx hej" {
		t.Errorf("got %q", p.Body)
	}
	if p := send("/upload", 101); p.Status != 413 {
		t.Errorf("too large a file: %d", p.Status)
	}
	if p := send("/public", 2<<20); p.Status != 413 {
		t.Errorf("a stranger's large upload: %d", p.Status)
	}
	if p := c.Post("/upload", url.Values{"file": {"x"}}); p.Status != 400 {
		t.Errorf("a form without files: %d", p.Status)
	}
}

func TestAttachment(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("GET /file", "", func(c *web.Context) error { return c.Attachment("kravbilaga å.csv", "text/csv", []byte("a;b")) })
	p := start(t, h).Get("/file")
	if p.Body != "a;b" || p.Header.Get("Content-Disposition") != "attachment; filename*=utf-8''kravbilaga%20%C3%A5.csv" {
		t.Errorf("%q as %q", p.Body, p.Header.Get("Content-Disposition"))
	}
}

// No cookie is longer than browsers keep: one that would be is left out, and told of, and the others are set.
func TestCookiesFit(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("GET /kakor", "", func(c *web.Context) error {
		for name, n := range map[string]int{"kort": 10, "lagom": 4096 - len("lagom"), "lang": 4097 - len("lang")} {
			http.SetCookie(c.Writer, &http.Cookie{Name: name, Value: strings.Repeat("x", n), Path: "/"})
		}
		return c.Text(200, "ok")
	})
	c := start(t, h)
	c.Get("/kakor")
	for name, want := range map[string]int{"kort": 10, "lagom": 4091, "lang": 0} {
		if got := len(c.Cookie(name)); got != want {
			t.Errorf("%s has %d bytes, want %d", name, got, want)
		}
	}
	if !strings.Contains(h.log.String(), "cookie left out") {
		t.Errorf("not told of: %s", h.log.String())
	}
}

func TestLogHasNoPersonalData(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC)
	h := newHouse(t, func(o *web.Options) {
		o.Now = func() time.Time { now = now.Add(7 * time.Millisecond); return now }
	})
	h.Handle("POST /person/{name}", "", func(c *web.Context) error { return c.Text(201, "") })
	c := start(t, h)
	c.Post("/person/anna?secret=q", url.Values{"secret": {"s"}})
	c.Do(c.Request("SECRET", "/secret", nil))
	c.Get("/halsa")
	var lines []map[string]any
	for _, l := range strings.Split(strings.TrimSpace(h.log.String()), "\n") {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatal(err)
		}
		if m["request_id"] == "" {
			t.Error("a line has no request id")
		}
		delete(m, "time")
		delete(m, "request_id")
		lines = append(lines, m)
	}
	want := []map[string]any{
		{"level": "INFO", "msg": "request", "method": "POST", "route": "POST /person/{name}", "status": 201.0, "ms": 7.0},
		{"level": "INFO", "msg": "request", "method": "other", "route": "-", "status": 404.0, "ms": 7.0},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSessionIsLoadedForPagesOnly(t *testing.T) {
	loads := 0
	fault := error(nil)
	h := newHouse(t, func(o *web.Options) {
		o.Session = func(_ http.ResponseWriter, r *http.Request) (*http.Request, error) { loads++; return r, fault }
	})
	c := start(t, h)
	for _, path := range []string{"/halsa", "/robots.txt", "/favicon.ico", "/nowhere"} {
		c.Get(path)
	}
	if loads != 0 {
		t.Errorf("%d sessions were loaded for nothing", loads)
	}
	if p := c.Get("/gallery"); p.Status != 200 || loads != 1 {
		t.Errorf("%d, %d loads", p.Status, loads)
	}
	fault = errors.New("database gone")
	if p := c.Get("/gallery"); p.Status != 500 {
		t.Errorf("without a session store: %d", p.Status)
	}
}
