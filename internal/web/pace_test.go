// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/web"
)

// Somebody who asks without end is told to wait, by a page and for a time, and nobody else is; what costs much is held lower.
func TestPace(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	refused := 0
	h := newHouse(t, func(o *web.Options) {
		o.Now = func() time.Time { return now }
		o.Pace = &web.Pace{
			Person: web.Rate{PerSecond: 1, Burst: 10}, Organisation: web.Rate{PerSecond: 1, Burst: 25},
			CostlyPerson: web.Rate{PerSecond: 0.1, Burst: 2}, CostlyOrganisation: web.Rate{PerSecond: 0.1, Burst: 3},
			Costly: func(action string) bool { return action == "report.Choices" },
		}
		o.Refused = func(context.Context, web.Sight) { refused++ }
	})
	h.Handle("GET /page", "", func(c *web.Context) error { return c.Text(200, "ok") })
	h.Handle("GET /report", "report.Choices", func(c *web.Context) error { return c.Text(200, "ok") })
	h.Public("GET /open", func(c *web.Context) error { return c.Text(200, "ok") })
	c := start(t, h)
	ask := func(path string, times int) (passed int) {
		t.Helper()
		for range times {
			switch p := c.Get(path); p.Status {
			case http.StatusOK:
				passed++
			case http.StatusTooManyRequests:
				if p.Header.Get("Retry-After") == "" || p.Text("h1") == "" {
					t.Errorf("the refusal does not say what to do: %s", p.Body)
				}
			default:
				t.Fatalf("%s: %d", path, p.Status)
			}
		}
		return passed
	}
	if n := ask("/report", 5); n != 2 {
		t.Errorf("%d reports, want 2", n)
	}
	if n := ask("/page", 20); n != 8 { // the reports were two of the ten
		t.Errorf("%d pages, want 8", n)
	}
	if n := ask("/open", 30); n != 30 {
		t.Errorf("%d open pages, want 30", n)
	}
	if refused == 0 {
		t.Error("the log is not told")
	}
	h.actor.ID = "other"
	if n := ask("/report", 5); n != 1 { // three for the organisation
		t.Errorf("%d reports of another, want 1", n)
	}
	if n := ask("/page", 20); n != 9 {
		t.Errorf("%d pages of another, want 9", n)
	}
	h.actor.ID = "third"
	if n := ask("/page", 20); n != 5 { // twenty-five for the organisation
		t.Errorf("%d pages of a third, want 5", n)
	}
	h.actor.Organisation = "elsewhere"
	if n := ask("/page", 20); n != 10 {
		t.Errorf("%d pages of somebody of another organisation, want 10", n)
	}
	now = now.Add(3 * time.Second)
	if n := ask("/page", 20); n != 3 {
		t.Errorf("%d pages after three seconds, want 3", n)
	}
}
