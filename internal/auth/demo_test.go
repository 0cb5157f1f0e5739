// SPDX-License-Identifier: EUPL-1.2

package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// demo is a house with the link, and the path that signs in.
func demo(t *testing.T) (*house, string) {
	t.Helper()
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{Demo: true})
	link, err := auth.NewDemoLink("127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	link.Mount(h.site, h.sessions, func(context.Context) (access.Actor, web.Viewer, error) { return h.actor, web.Viewer{}, nil })
	path, ok := strings.CutPrefix(link.URL(), "http://127.0.0.1:8080")
	if !ok {
		t.Fatalf("address %s", link.URL())
	}
	return h, path
}

func TestDemoLinkSignsInOnce(t *testing.T) {
	h, path := demo(t)
	c := webtest.Start(t, h.site)
	if p := c.Get(path); p.URL != "/" || p.Body != "start" {
		t.Fatalf("%s %q", p.URL, p.Body)
	}
	if p := c.Get("/who"); p.Body != signedIn {
		t.Errorf("got %q", p.Body)
	}
	for _, lang := range []string{"sv", "en"} {
		other := webtest.Open(t, c.URL)
		other.Lang = lang
		p := other.Get(path)
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusGone || other.Cookie("insegel") != "" {
			t.Errorf("a second use: %d", p.Status)
		}
		p = other.Get("/demo/wrong")
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusNotFound {
			t.Errorf("a wrong link: %d", p.Status)
		}
	}
}

func TestDemoLinkIsLong(t *testing.T) {
	_, one := demo(t)
	_, two := demo(t)
	token, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(one, "/demo/"))
	if err != nil || len(token) != 32 || one == two {
		t.Errorf("tokens %s and %s: %v", one, two, err)
	}
}

func TestDemoLinkIsUsedOnceByManyAtATime(t *testing.T) {
	h, path := demo(t)
	server := httptest.NewServer(h.site)
	t.Cleanup(server.Close)
	var wg sync.WaitGroup
	status := make([]int, 8)
	for i := range status {
		c := webtest.Open(t, server.URL)
		c.NoRedirects()
		wg.Go(func() { status[i] = c.Get(path).Status })
	}
	wg.Wait()
	in := 0
	for _, s := range status {
		if s == http.StatusSeeOther {
			in++
		} else if s != http.StatusGone {
			t.Errorf("status %d", s)
		}
	}
	if in != 1 || h.count(t) != 1 {
		t.Errorf("%d signed in, %d sessions", in, h.count(t))
	}
}

func TestDemoLinkIsRefusedFromElsewhere(t *testing.T) {
	h, path := demo(t)
	for _, tc := range []struct {
		name   string
		change func(r *http.Request)
		want   int
	}{
		{"another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234" }, 404},
		{"no address", func(r *http.Request) { r.RemoteAddr = "" }, 404},
		{"through a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, 404},
		{"through a standard proxy", func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, 404},
		{"head only", func(r *http.Request) { r.Method = http.MethodHead }, 405},
		{"fetched ahead", func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch;prerender") }, 405},
		{"this machine, IPv6", func(r *http.Request) { r.RemoteAddr = "[::1]:1234" }, 303},
		{"again", func(r *http.Request) { r.RemoteAddr = "127.0.0.1:1234" }, 410},
	} {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "127.0.0.1:1234"
		tc.change(r)
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, w.Code, tc.want)
		}
	}
}

func TestDemoLinkNeedsLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "[::1]:8080": true, "127.9.9.9:1": true, "[::ffff:127.0.0.1]:80": true, "localhost:8080": true,
		":8080": false, "0.0.0.0:8080": false, "192.0.2.1:8080": false, "localhost.example:80": false, "127.0.0.1": false, "": false,
	} {
		_, err := auth.NewDemoLink(addr)
		if (err == nil) != want || err != nil && !errors.Is(err, auth.ErrNotLoopback) {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

func TestDemoLinkKeepsWhenNobodyIsThere(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{Demo: true})
	link, err := auth.NewDemoLink("127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	fault := errors.New("no organisation yet")
	link.Mount(h.site, h.sessions, func(context.Context) (access.Actor, web.Viewer, error) { return h.actor, web.Viewer{}, fault })
	c := webtest.Start(t, h.site)
	path := strings.TrimPrefix(link.URL(), "http://127.0.0.1:8080")
	if p := c.Get(path); p.Status != 500 {
		t.Errorf("status %d", p.Status)
	}
	fault = nil
	if p := c.Get(path); p.Body != "start" {
		t.Errorf("the link was used up by the failure: %d", p.Status)
	}
}
