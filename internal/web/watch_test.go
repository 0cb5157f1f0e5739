// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// Where every reading is logged, the log is told of pages that tell nothing of weaknesses too.
func TestEveryReadingCanBeLogged(t *testing.T) {
	var read []web.Sight
	h := newHouse(t, func(o *web.Options) {
		o.EveryReading = true
		o.Read = func(_ context.Context, s web.Sight) { read = append(read, s) }
	})
	h.Handle("GET /list", "overview.List", func(c *web.Context) error { return c.Text(200, "weak") })
	h.Handle("GET /alarms", "alarm.List", func(c *web.Context) error { return c.Text(200, "no weakness") })
	c := start(t, h)
	c.Get("/list")
	c.Get("/alarms")
	if len(read) != 2 || read[1].Action != "alarm.List" || read[1].Actor.ID != coordinator.ID {
		t.Errorf("readings %+v, want both", read)
	}
}

// The log is told of every refusal because of who asks or from where, with the reason, and of every page of weaknesses that was read.
func TestLogIsToldOfRefusalsAndReadings(t *testing.T) {
	var refused, read []web.Sight
	h := newHouse(t, func(o *web.Options) {
		o.Refused = func(_ context.Context, s web.Sight) { refused = append(refused, s) }
		o.Read = func(_ context.Context, s web.Sight) { read = append(read, s) }
		o.Hosts = []string{"127.0.0.1"}
	})
	for path, err := range map[string]error{
		"reach": fmt.Errorf("open: %w", access.ErrDenied), "step-up": access.ErrStepUp, "too-many": &web.Error{Status: http.StatusTooManyRequests},
		"broken": errors.New("a fault"), "typed": &web.Error{Status: http.StatusBadRequest, Key: "web.bad-request"},
		"mistaken": &web.Error{Status: http.StatusUnprocessableEntity, Key: "web.conflict"},
	} {
		h.Handle("GET /"+path, "", func(*web.Context) error { return err })
	}
	h.Handle("GET /list", "overview.List", func(c *web.Context) error { return c.Text(200, "weak") })
	h.Handle("GET /alarms", "alarm.List", func(c *web.Context) error { return c.Text(200, "no weakness") })
	h.Handle("POST /save", "", func(c *web.Context) error { return c.Text(200, "saved") })
	h.Handle("GET /thing/{id}", "", func(*web.Context) error { return db.ErrNotFound })
	h.Public("GET /link/{token}", func(*web.Context) error { return &web.Error{Status: http.StatusGone} })
	h.Public("GET /door/{token}", func(*web.Context) error { return &web.Error{Status: http.StatusNotFound} })
	h.Machine("GET /api/{rest...}", func(c *web.Context) error {
		c.Refused(http.StatusNotFound)
		c.Refused(http.StatusUnauthorized)
		return c.Text(http.StatusUnauthorized, "no")
	})
	c := start(t, h)

	c.Get("/list")
	c.Get("/alarms")
	if len(read) != 1 || read[0].Action != "overview.List" || read[0].Actor.ID != coordinator.ID || read[0].Actor.From == "" {
		t.Errorf("readings %+v, want one of the list", read)
	}
	for _, path := range []string{"/reach", "/step-up", "/too-many", "/broken", "/typed", "/mistaken"} {
		c.Get(path)
	}
	foreign := c.Request("POST", "/save", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	c.Do(foreign)
	elsewhere := c.Request("GET", "/gallery", nil)
	elsewhere.Host = "evil.example"
	c.Do(elsewhere)
	secret := c.Request("GET", "/link/SECRET", nil)
	secret.Host = "evil.example"
	c.Do(secret)
	c.Get("/link/SECRET")
	c.Get("/door/SECRET")
	c.Get("/api/things")
	c.Get("/thing/theirs")
	c.Get("/nowhere")
	c.Get("/link/SECRET/copied-badly")
	c.Do(c.Request("DELETE", "/save", nil))
	c.Get("/" + strings.Repeat("x", 50))
	c.Post("/save", url.Values{})
	h.actor.Roles = []access.Role{access.Administrator}
	c.Get("/list")
	var reasons []string
	for _, s := range refused {
		reasons = append(reasons, s.Method+" "+s.Path+" "+s.Reason)
	}
	want := []string{
		"GET /reach denied", "GET /step-up step-up", "GET /logga-in web.not-found", "GET /too-many web.too-many", "GET /typed unread", "POST /save web.cross-origin", "GET /gallery web.wrong-host",
		"GET /link/{token} web.wrong-host", "GET /link/{token} web.gone", "GET /door/{token} web.not-found", "GET /api/things web.signed-out", "GET /thing/theirs web.not-found",
		"GET /nowhere web.not-found", "GET /link web.not-found", "DELETE /save web.not-allowed", "GET /… web.not-found", "GET /list denied",
	}
	if !slices.Equal(reasons, want) {
		t.Errorf("refusals\n%q, want\n%q", reasons, want)
	}
	if len(read) != 1 {
		t.Errorf("what was refused was read: %+v", read)
	}
}

// halted is a body that does not come in time.
type halted struct{}

func (halted) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }
func (halted) Close() error             { return nil }

// The log is told of what cannot be read, is too much or too slow, and of files that are not taken; not of a form that is only filled in wrongly.
func TestLogIsToldOfWhatIsNotTaken(t *testing.T) {
	var refused []string
	h := newHouse(t, func(o *web.Options) {
		o.Refused = func(_ context.Context, s web.Sight) { refused = append(refused, s.Reason) }
	})
	again := func(c *web.Context) error {
		p := galleryPage()
		p.Errors = []web.FieldError{{Field: "file", Key: "web.conflict"}}
		return c.Render(templates, "gallery.html", p)
	}
	h.Handle("POST /form", "", again)
	h.Machine("POST /program", func(c *web.Context) error {
		c.Refused(http.StatusConflict)
		c.Refused(http.StatusBadRequest)
		return c.Text(http.StatusBadRequest, "no")
	})
	c := start(t, h)
	const form = "application/x-www-form-urlencoded"
	parts := func(name string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\nPK\r\n--x--\r\n"
	}
	for _, tc := range []struct {
		name, path, kind, want string
		body                   io.Reader
		status                 int
	}{
		{"filled in wrongly", "/form", form, "", strings.NewReader("a=b"), 422},
		{"no form", "/form", form, web.ReasonUnread, strings.NewReader("a=%zz"), 400},
		{"parts that never end", "/form", "multipart/form-data; boundary=x", web.ReasonUnread, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"), 400},
		{"more than a form holds", "/form", form, "web.too-large", strings.NewReader("a=" + strings.Repeat("b", 1<<20)), 413},
		{"a text longer than any", "/form", form, web.ReasonUnfit, strings.NewReader("a=" + strings.Repeat("b", web.MaxText+1)), 422},
		{"more fields than any form has", "/form", form, web.ReasonUnfit, strings.NewReader(strings.Repeat("a=b&", web.MaxFields+1)), 422},
		{"a file", "/form", "multipart/form-data; boundary=x", web.ReasonFile, strings.NewReader(parts("a.xlsx")), 422},
		{"no file chosen", "/form", "multipart/form-data; boundary=x", "", strings.NewReader(parts("")), 422},
		{"a pasted list", "/form", form, web.ReasonFile, strings.NewReader("paste=%3C!DOCTYPE"), 422},
		{"a program", "/program", "application/json", web.ReasonUnread, strings.NewReader("{"), 400},
	} {
		refused = nil
		r := c.Request("POST", tc.path, tc.body)
		r.Header.Set("Content-Type", tc.kind)
		p := c.Do(r)
		if got := strings.Join(refused, " "); p.Status != tc.status || got != tc.want {
			t.Errorf("%s: %d, told %q, want %d, %q", tc.name, p.Status, got, tc.status, tc.want)
		}
	}
	refused = nil
	long := c.Request("GET", "/gallery", nil)
	long.Header.Set("X-Long", strings.Repeat("x", 40<<10))
	if p := c.Do(long); p.Status != http.StatusRequestHeaderFieldsTooLarge || !slices.Equal(refused, []string{"web.header-too-large"}) {
		t.Errorf("a long header: %d, told %q", p.Status, refused)
	}
	refused = nil
	slow := httptest.NewRequestWithContext(t.Context(), "POST", "/form", halted{})
	slow.Header.Set("Content-Type", form)
	slow.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, slow)
	if w.Code != http.StatusRequestTimeout || !slices.Equal(refused, []string{"web.too-slow"}) {
		t.Errorf("a form that does not come: %d, told %q", w.Code, refused)
	}
}
