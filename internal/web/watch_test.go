// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	} {
		h.Handle("GET /"+path, "", func(*web.Context) error { return err })
	}
	h.Handle("GET /list", "overview.List", func(c *web.Context) error { return c.Text(200, "weak") })
	h.Handle("GET /alarms", "alarm.List", func(c *web.Context) error { return c.Text(200, "no weakness") })
	h.Handle("POST /save", "", func(c *web.Context) error { return c.Text(200, "saved") })
	h.Handle("GET /thing/{id}", "", func(*web.Context) error { return db.ErrNotFound })
	h.Public("GET /link/{token}", func(*web.Context) error { return &web.Error{Status: http.StatusGone} })
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
	for _, path := range []string{"/reach", "/step-up", "/too-many", "/broken", "/typed"} {
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
		"GET /reach denied", "GET /step-up step-up", "GET /logga-in web.not-found", "GET /too-many web.too-many", "POST /save web.cross-origin", "GET /gallery web.wrong-host",
		"GET /link/{token} web.wrong-host", "GET /link/{token} web.gone", "GET /api/things web.signed-out", "GET /thing/theirs web.not-found",
		"GET /nowhere web.not-found", "GET /link web.not-found", "DELETE /save web.not-allowed", "GET /… web.not-found", "GET /list denied",
	}
	if !slices.Equal(reasons, want) {
		t.Errorf("refusals\n%q, want\n%q", reasons, want)
	}
	if len(read) != 1 {
		t.Errorf("what was refused was read: %+v", read)
	}
}
