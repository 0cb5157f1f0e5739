// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// Every way of sending a form from elsewhere is refused on every kind of page, whatever the method.
func TestUnsafeMethodsNeedTheirOrigin(t *testing.T) {
	h := newHouse(t, nil)
	for _, m := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		h.Handle(m+" /own", "", func(c *web.Context) error { return c.Text(200, "ok") })
		h.Public(m+" /public", func(c *web.Context) error { return c.Text(200, "ok") })
	}
	c := start(t, h)
	for _, path := range []string{"/own", "/public"} {
		for _, m := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			for site, want := range map[string]int{"same-origin": 200, "none": 200, "cross-site": 403, "same-site": 403, "": 403, "nonsense": 403} {
				for _, cookie := range []string{"", "a=b", "not a cookie"} {
					c.Site = site
					r := c.Request(m, path, nil)
					if cookie != "" {
						r.Header.Set("Cookie", cookie)
					}
					if p := c.Do(r); p.Status != want {
						t.Errorf("%s %s, Sec-Fetch-Site %q, cookie %q: %d, want %d", m, path, site, cookie, p.Status, want)
					}
				}
			}
		}
	}
}

// A browser that tells its origin only must tell ours with our scheme: a page in clear under our name may be anybody's.
func TestOriginHasOurScheme(t *testing.T) {
	for tls, want := range map[bool]map[string]int{false: {"http": 200, "https": 403}, true: {"http": 403, "https": 200}} {
		h := newHouse(t, func(o *web.Options) { o.TLS = tls })
		h.Public("POST /form", func(c *web.Context) error { return c.Text(200, "ok") })
		c := start(t, h)
		c.Site = ""
		for scheme, status := range want {
			c.Header.Set("Origin", scheme+"://"+strings.TrimPrefix(c.URL, "http://"))
			if p := c.Post("/form", nil); p.Status != status {
				t.Errorf("TLS %v, a form of a page of %s: %d, want %d", tls, scheme, p.Status, status)
			}
		}
	}
}

// The exemption holds for exactly the pattern that was registered.
func TestCrossSiteIsOneAddress(t *testing.T) {
	h := newHouse(t, nil)
	h.CrossSite("POST /saml/{id}/acs", func(c *web.Context) error { return c.Text(200, "answer "+c.Form("SAMLResponse")) })
	h.Handle("POST /saml/{id}/acs/more", "", func(c *web.Context) error { return c.Text(200, "ok") })
	h.Handle("PUT /saml/{id}/acs", "", func(c *web.Context) error { return c.Text(200, "ok") })
	c := start(t, h)
	c.Site = "cross-site"
	c.Header.Set("Origin", "https://idp.example")
	if p := c.Post("/saml/1/acs", url.Values{"SAMLResponse": {"x"}}); p.Status != 200 || p.Body != "answer x" {
		t.Errorf("the exempted address: %d %q", p.Status, p.Body)
	}
	if p := c.Post("/saml/1/acs/more", nil); p.Status != 403 {
		t.Errorf("an address below it: %d", p.Status)
	}
	if p := c.Do(c.Request("PUT", "/saml/1/acs", nil)); p.Status != 403 {
		t.Errorf("another method: %d", p.Status)
	}
	if p := c.Post("/saml/1%2facs", nil); p.Status == 200 {
		t.Errorf("another spelling: %d", p.Status)
	}
}

// A program shows its token, and nothing that a browser would add by itself reaches the handler.
func TestMachines(t *testing.T) {
	h := newHouse(t, func(o *web.Options) {
		o.Session = func(_ http.ResponseWriter, r *http.Request) (*http.Request, error) {
			if r.URL.Path == "/api/thing" {
				t.Error("a session was loaded for a program")
			}
			return r, nil
		}
	})
	h.Machine("POST /api/thing", func(c *web.Context) error {
		if len(c.Request.Cookies()) > 0 || c.Request.Header.Get("Cookie") != "" {
			t.Error("a cookie reached an address for programs")
		}
		if c.Actor.ID != "" {
			t.Error("a program was taken for who is signed in")
		}
		return c.Text(200, c.Request.Header.Get("Authorization"))
	})
	c := start(t, h)
	c.Site = ""
	r := c.Request("POST", "/api/thing", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer abc")
	r.Header.Set("Cookie", "insegel=abc")
	if p := c.Do(r); p.Status != 200 || p.Body != "Bearer abc" {
		t.Errorf("%d %q", p.Status, p.Body)
	}
}

func TestFormAction(t *testing.T) {
	h := newHouse(t, func(o *web.Options) {
		o.FormAction = func(*http.Request) []string {
			return []string{
				"https://idp.norrsjo.example", "https://idp.example:8443", "https://a.example; script-src *", "*", "http://plain.example", "https://",
				"https://a.example/path", "https://a.example *", "'unsafe-inline'",
			}
		}
	})
	csp := start(t, h).Get("/gallery").Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "; form-action 'self' https://idp.norrsjo.example https://idp.example:8443; frame-ancestors 'none';") {
		t.Errorf("policy: %s", csp)
	}
	for address, want := range map[string]string{
		"https://IDP.example/sso?x=1": "https://idp.example", "http://127.0.0.1:19010/x": "http://127.0.0.1:19010", "http://idp.example": "", "x": "",
		"https://a b.example": "", "javascript:alert(1)": "", "https://u:p@idp.example/": "https://idp.example",
	} {
		if got := web.OriginOf(address); got != want {
			t.Errorf("OriginOf(%q) = %q, want %q", address, got, want)
		}
	}
}

// Every answer carries the headers, also those that no page made.
func TestRefusalsCarryTheHeaders(t *testing.T) {
	h := newHouse(t, func(o *web.Options) { o.TLS = true })
	h.Handle("POST /save", "", func(c *web.Context) error { return c.Text(200, "ok") })
	h.Public("GET /panic", func(*web.Context) error { panic("x") })
	c := start(t, h)
	foreign := c.Request("POST", "/save", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	long := c.Request("GET", "/gallery", nil)
	long.Header.Set("X-Long", strings.Repeat("a", 33<<10))
	large := c.Request("POST", "/sprak", strings.NewReader("a="+strings.Repeat("a", 1<<20)))
	large.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	broken := c.Request("POST", "/sprak", strings.NewReader("a=%zz"))
	broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for want, r := range map[int]*http.Request{
		400: broken, 403: foreign, 404: c.Request("GET", "/nowhere", nil), 405: c.Request("PUT", "/gallery", nil), 413: large, 431: long,
		500: c.Request("GET", "/panic", nil), 200: c.Request("GET", "/static/none/../../halsa", nil),
	} {
		p := c.Do(r)
		if p.Status != want && want != 200 {
			t.Errorf("%s %s: %d, want %d", r.Method, r.URL.Path, p.Status, want)
		}
		for _, name := range []string{
			"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
			"Strict-Transport-Security", "Permissions-Policy", "Reporting-Endpoints", "Cache-Control",
		} {
			if p.Header.Get(name) == "" {
				t.Errorf("status %d lacks %s", p.Status, name)
			}
		}
		if p.Header.Get("Server") != "" || p.Header.Get("X-Powered-By") != "" {
			t.Errorf("status %d tells what answers", p.Status)
		}
	}
}

func TestClientAddress(t *testing.T) {
	for _, tc := range []struct {
		name    string
		proxies web.Proxies
		peer    string
		header  http.Header
		want    string
	}{
		{"nobody is believed", web.Proxies{}, "192.0.2.9:1", header("X-Forwarded-For", "10.0.0.1"), "192.0.2.9"},
		{"not a proxy", proxies, "192.0.2.9:1", header("X-Forwarded-For", "10.0.0.1"), "192.0.2.9"},
		{"a proxy", proxies, "10.0.0.1:1", header("X-Forwarded-For", "192.0.2.7"), "192.0.2.7"},
		{"made up by the reader", proxies, "10.0.0.1:1", header("X-Forwarded-For", "1.1.1.1, 192.0.2.7"), "192.0.2.7"},
		{"a proxy's name made up", proxies, "10.0.0.1:1", header("X-Forwarded-For", "10.0.0.9, 192.0.2.7"), "192.0.2.7"},
		{"two proxies", proxies, "10.0.0.1:1", header("X-Forwarded-For", "1.1.1.1, 192.0.2.7, 10.0.0.2"), "192.0.2.7"},
		{"two lines", proxies, "10.0.0.1:1", header("X-Forwarded-For", "1.1.1.1", "X-Forwarded-For", "192.0.2.7"), "192.0.2.7"},
		{"only proxies", proxies, "10.0.0.1:1", header("X-Forwarded-For", "10.0.0.3, 10.0.0.2"), "10.0.0.3"},
		{"nothing said", proxies, "10.0.0.1:1", nil, "10.0.0.1"},
		{"no address", proxies, "10.0.0.1:1", header("X-Forwarded-For", "192.0.2.7, junk"), "10.0.0.1"},
		{"no address further out", proxies, "10.0.0.1:1", header("X-Forwarded-For", "192.0.2.7, junk, 10.0.0.2"), "10.0.0.2"},
		{"with a port", proxies, "10.0.0.1:1", header("X-Forwarded-For", "192.0.2.7:4711"), "192.0.2.7"},
		{"IPv6", proxies, "[fd00::1]:1", header("X-Forwarded-For", "[2001:db8::7]:4711"), "2001:db8::7"},
		{"IPv4 in IPv6", proxies, "[::ffff:10.0.0.1]:1", header("X-Forwarded-For", "::ffff:192.0.2.7"), "192.0.2.7"},
		{"the other header", proxies, "10.0.0.1:1", header("Forwarded", "for=192.0.2.7"), "10.0.0.1"},
		{"Forwarded", standard, "10.0.0.1:1", header("Forwarded", `for=1.1.1.1, for="[2001:db8::7]:4711";proto=https`), "2001:db8::7"},
		{"Forwarded, hidden", standard, "10.0.0.1:1", header("Forwarded", "for=192.0.2.7, for=_hidden"), "10.0.0.1"},
		{"Forwarded, the other header", standard, "10.0.0.1:1", header("X-Forwarded-For", "192.0.2.7"), "10.0.0.1"},
		{"Forwarded, comma in quotes", standard, "10.0.0.1:1", header("Forwarded", `for=192.0.2.7;by="a,for=1.1.1.1"`), "192.0.2.7"},
		{"a socket that nobody named", proxies, "@", header("X-Forwarded-For", "192.0.2.7"), ""},
		{"a socket", web.Proxies{Socket: true}, "@", header("X-Forwarded-For", "192.0.2.7"), "192.0.2.7"},
		{"too many", proxies, "10.0.0.1:1", header("X-Forwarded-For", strings.Repeat("1.1.1.1,", 1000)+"192.0.2.7"), "192.0.2.7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ""
			h := newHouse(t, func(o *web.Options) { o.Proxies = tc.proxies })
			h.actor = access.Actor{ID: "p1", Organisation: "o", Roles: []access.Role{access.Coordinator}}
			h.Handle("GET /who", "", func(c *web.Context) error {
				if c.Actor.From != web.ClientAddress(c.Request) {
					t.Errorf("the actor comes from %q", c.Actor.From)
				}
				got = c.Actor.From
				return c.Text(200, "")
			})
			serve(h, tc.peer, tc.header)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// What a proxy says of host and scheme is believed from a proxy alone.
func TestProxySaysHostAndScheme(t *testing.T) {
	for _, tc := range []struct {
		name, peer, method string
		header             http.Header
		want               int
		location           string
	}{
		{"over TLS", "10.0.0.1:1", "GET", header("X-Forwarded-Proto", "https", "X-Forwarded-Host", "insegel.example"), 200, ""},
		{"in clear", "10.0.0.1:1", "GET", header("X-Forwarded-Proto", "http", "X-Forwarded-Host", "insegel.example"), 308, "https://insegel.example/who?a=1"},
		{"a form in clear", "10.0.0.1:1", "POST", header("X-Forwarded-Proto", "http", "X-Forwarded-Host", "insegel.example", "Sec-Fetch-Site", "same-origin"), 403, ""},
		{"a wrong host", "10.0.0.1:1", "GET", header("X-Forwarded-Host", "evil.example"), 421, ""},
		{"made up by a stranger", "192.0.2.9:1", "GET", header("X-Forwarded-Host", "insegel.example"), 421, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t, func(o *web.Options) {
				o.Proxies, o.Canonical, o.Hosts, o.TLS = proxies, "https://insegel.example", []string{"insegel.example"}, true
			})
			h.Public("GET /who", func(c *web.Context) error { return c.Text(200, "") })
			h.Public("POST /who", func(c *web.Context) error { return c.Text(200, "") })
			h.Machine("GET /program", func(c *web.Context) error { return c.Text(200, "") })
			if tc.name == "in clear" {
				r := httptest.NewRequest("GET", "/program", nil)
				r.RemoteAddr, r.Header = tc.peer, tc.header
				if w := serveRequest(h, r); w.Code != 403 || w.Header().Get("Location") != "" {
					t.Errorf("a program in clear: %d to %q", w.Code, w.Header().Get("Location"))
				}
			}
			w := serveMethod(h, tc.method, tc.peer, tc.header)
			if w.Code != tc.want || w.Header().Get("Location") != tc.location {
				t.Errorf("%d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tc.want, tc.location)
			}
		})
	}
}

// A request whose body stops coming is answered, and nothing of it is taken.
func TestSlowBody(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /save", "", func(*web.Context) error { t.Error("half a form was taken"); return nil })
	r := webtest.Start(t, h).Request("POST", "/save", stalled{})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r = r.WithContext(context.Background())
	if w := serveRequest(h, r); w.Code != http.StatusRequestTimeout {
		t.Errorf("%d, want 408", w.Code)
	}
}
