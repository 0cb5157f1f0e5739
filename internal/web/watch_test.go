// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/web"
)

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
	c.Post("/save", url.Values{})
	h.actor.Roles = []access.Role{access.Administrator}
	c.Get("/list")
	var reasons []string
	for _, s := range refused {
		reasons = append(reasons, s.Method+" "+s.Path+" "+s.Reason)
	}
	want := []string{
		"GET /reach denied", "GET /step-up step-up", "GET /too-many web.too-many", "POST /save web.cross-origin", "GET /gallery web.wrong-host", "GET /list denied",
	}
	if !slices.Equal(reasons, want) {
		t.Errorf("refusals\n%q, want\n%q", reasons, want)
	}
	if len(read) != 1 {
		t.Errorf("what was refused was read: %+v", read)
	}
}
