// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/web"
)

// What lies beside a program, what tells of its inside, and a page under the name of a file are not there; and no answer may be kept.
func TestNothingBesideThePages(t *testing.T) {
	c := start(t, newHouse(t, nil))
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.env", "/static/", "/static/fonts/", "/static/fonts", "/static/../web.go", "/static/insegel.css.map", "/static/static.go",
		"/debug/pprof/", "/debug/vars", "/metrics", "/server-status", "/swagger.json", "/openapi.json", "/go.mod", "/backup.zip",
		"/gallery/x.css", "/gallery.css", "/gallery;x.css", "/gallery%0ax.css",
	} {
		p := c.Get(path)
		if p.Status != http.StatusNotFound || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %s", path, p.Status, p.Header.Get("Cache-Control"))
		}
		for _, name := range []string{"Server", "X-Powered-By", "Via", "X-Debug"} {
			if v := p.Header.Get(name); v != "" {
				t.Errorf("%s: the header %s says %q", path, name, v)
			}
		}
	}
}

// A request is not sent back as it came: no header of it can be read that way.
func TestTraceIsRefused(t *testing.T) {
	c := start(t, newHouse(t, nil))
	for _, method := range []string{"TRACE", "TRACK", "CONNECT", "DEBUG"} {
		for _, path := range []string{"/gallery", "/halsa", "/static/insegel.js"} {
			r := c.Request(method, path, nil)
			r.Header.Set("X-Secret", "planted-secret")
			p := c.Do(r)
			if p.Status == http.StatusOK || strings.Contains(p.Body, "planted-secret") {
				t.Errorf("%s %s: %d %.60q", method, path, p.Status, p.Body)
			}
		}
	}
}

// A value in the address never stands in for one of the form, nor the other way around; of two of the same name the first counts.
func TestFormAndAddressAreApart(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("POST /form", "", func(c *web.Context) error {
		return c.Text(200, fmt.Sprintf("%q %q %q", c.Form("a"), c.Query("a"), c.Form("b")))
	})
	c := start(t, h)
	if p := c.Post("/form?a=address&b=address", url.Values{"a": {"form", "second"}}); p.Body != `"form" "address" ""` {
		t.Errorf("got %s", p.Body)
	}
	if p := c.Post("/form", url.Values{"a": {"form"}}); p.Body != `"form" "" ""` {
		t.Errorf("got %s", p.Body)
	}
}
