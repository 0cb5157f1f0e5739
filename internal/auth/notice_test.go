// SPDX-License-Identifier: EUPL-1.2

package auth_test

import (
	"context"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// The language of the last sign-in is kept, and its person is told of a refused sign-in, and of one after a long time.
func TestOddSignInsAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var told []auth.Event
		h := newHouse(t, d, auth.Options{Tell: func(_ context.Context, _ *db.Tx, n auth.Notice) error {
			told = append(told, n.Event)
			return nil
		}}, auth.Pages{})
		h.site.Public("POST /nekad", func(c *web.Context) error {
			r := auth.Refusal{Organisation: h.actor.Organisation, Method: "passkey", Reason: "the answer does not hold"}
			if c.Form("konto") != "" {
				r.Account = h.account
			}
			return h.sessions.Refuse(c.Context(), r)
		})
		tells := func(what string, want ...auth.Event) {
			t.Helper()
			if !slices.Equal(told, want) {
				t.Errorf("%s: told %v, want %v", what, told, want)
			}
			told = nil
		}
		contact := func() (c auth.Contact) {
			t.Helper()
			err := d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) (err error) {
				c, err = auth.ContactOf(t.Context(), tx, h.actor.Organisation, h.account)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := webtest.Start(t, h.site)
		if got := contact().Lang; got != "" {
			t.Errorf("before the first sign-in the language is %q", got)
		}
		for _, lang := range []string{"en", "sv"} {
			c.Lang = lang
			if p := c.Post("/in", nil); p.Body != signedIn {
				t.Fatalf("%d %q", p.Status, p.Body)
			}
			if got := contact().Lang; got != lang {
				t.Errorf("the language is %q, want %q", got, lang)
			}
		}
		tells("two sign-ins")
		h.now = h.now.Add(89 * 24 * time.Hour)
		c.Post("/in", nil)
		tells("within three months")
		h.now = h.now.Add(90 * 24 * time.Hour)
		c.Post("/in", nil)
		tells("after three months", auth.EventLate)
		c.Post("/in", nil)
		tells("once more")
		c.Post("/nekad", nil)
		tells("an attempt at no account")
		c.Post("/nekad", url.Values{"konto": {"1"}})
		tells("a refused attempt", auth.EventRefused)
	})
}
