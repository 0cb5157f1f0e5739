// SPDX-License-Identifier: EUPL-1.2

package provider_test

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// withheld tells why a sign-in is not enough for a role.
func withheld(t *testing.T, d *db.DB, org access.OrganisationID, r access.Role, s auth.Shown) (why string) {
	t.Helper()
	err := d.Read(t.Context(), org, func(tx *db.Tx) error {
		accepted, err := provider.Accept(t.Context(), tx, org)
		if err == nil {
			why = accepted(r, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// A guard withholds roles from passkeys that can be copied and from other networks. What is stricter holds at once, what is weaker takes
// two people, and nobody can lock themselves out.
func TestGuard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := twoPeople(service(t, d), "anna", "bo"), t.Context()
		actor := dbtest.Organisation(t, d, "norrsjo")
		other := dbtest.Organisation(t, d, "soderby")
		actor.ID, actor.From = "anna", "192.0.2.7"
		inside := auth.Shown{Method: auth.MethodPasskey, Factors: 2, From: "192.0.2.9"}
		outside, copied := inside, inside
		outside.From, copied.Synced = "198.51.100.1", true
		check := func(when string, r access.Role, shown auth.Shown, want string) {
			t.Helper()
			if got := withheld(t, d, actor.Organisation, r, shown); got != want {
				t.Errorf("%s: %s withheld for %q, want %q", when, r, got, want)
			}
		}
		check("without a guard", access.Administrator, copied, "")
		check("without a guard", access.Administrator, outside, "")
		office := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/48")}
		strict := provider.Guard{Bound: provider.Weakness, Networks: office}
		if w, err := s.SetGuard(ctx, actor, strict, ""); err != nil || w.Asked {
			t.Fatalf("a stricter guard: %+v %v", w, err)
		}
		check("strict", access.Administrator, inside, "")
		check("strict", access.Administrator, outside, "network")
		check("strict", access.Administrator, auth.Shown{Method: auth.MethodPasskey, Factors: 2, From: "unix"}, "network")
		check("strict", access.Administrator, copied, "bound")
		check("strict", access.Coordinator, copied, "bound")
		check("strict", access.Coordinator, outside, "")
		if got := withheld(t, d, other.Organisation, access.Administrator, outside); got != "" {
			t.Errorf("another organisation: %q", got)
		}
		away := actor
		away.From = "203.0.113.5"
		if _, err := s.SetGuard(ctx, away, strict, ""); !errors.Is(err, provider.ErrOutside) {
			t.Errorf("from elsewhere: %v", err)
		}
		for _, weak := range []provider.Guard{
			{Bound: provider.Administrators, Networks: office},
			{Bound: provider.Weakness},
			{Bound: provider.Weakness, Networks: append([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, office...)},
			{Bound: provider.Weakness, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.0.0/16")}},
		} {
			if w, err := s.SetGuard(ctx, actor, weak, "hemarbete"); err != nil || !w.Asked {
				t.Errorf("%+v is not asked for: %+v %v", weak, w, err)
			}
			list := waiting(t, s.approvals, actor.Organisation)
			if len(list) != 1 || !strings.Contains(list[0].From, "192.0.2.0/24, 2001:db8::/48") {
				t.Fatalf("waiting: %+v", list)
			}
			if err := s.approvals.Refuse(ctx, person(actor.Organisation, "bo"), list[0].ID, "nej"); err != nil {
				t.Fatal(err)
			}
		}
		check("while it waited", access.Administrator, copied, "bound")
		if _, err := s.SetGuard(ctx, actor, provider.Guard{}, "hemarbete"); err != nil {
			t.Fatal(err)
		}
		approveAll(t, s.approvals, actor.Organisation, "bo")
		check("after two people", access.Administrator, copied, "")
		check("after two people", access.Administrator, outside, "")
		reader := actor
		reader.Roles = []access.Role{access.Coordinator}
		if _, err := s.SetGuard(ctx, reader, strict, ""); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a coordinator: %v", err)
		}
		stale := actor
		stale.Fresh = false
		if _, err := s.SetGuard(ctx, stale, strict, ""); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without step-up: %v", err)
		}
	})
}

func TestParseNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "192.0.2.0/24": "192.0.2.0/24", "192.0.2.7/24, 192.0.2.0/24\r\n2001:db8::1": "192.0.2.0/24 2001:db8::1/128", "10.0.0.1": "10.0.0.1/32",
	} {
		got, err := provider.ParseNetworks(text)
		var words []string
		for _, n := range got {
			words = append(words, n.String())
		}
		if err != nil || strings.Join(words, " ") != want {
			t.Errorf("%q: %q, %v", text, words, err)
		}
	}
	for _, text := range []string{"0.0.0.0/0", "::/0", "kontoret", "192.0.2.0/33", "fe80::1%eth0", "::ffff:192.0.2.0/120", strings.Repeat("10.0.0.0/8 192.0.2.", 1)} {
		if got, err := provider.ParseNetworks(text); !errors.Is(err, provider.ErrGuard) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestGuardPage(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	actor.ID = "anna"
	_, c := site(t, d, driver{}, &actor)
	const form = `main form[action="/administration/inloggning/skydd"]`
	p := c.Get(provider.Path)
	webtest.CheckDOM(t, p.Doc)
	for _, tc := range []struct{ networks, want string }{{"198.51.100.0/24", "Din egen adress 127.0.0.1"}, {"kontoret", "Skriv varje nät"}} {
		got := c.Submit(p, form, url.Values{"bound": {"administrator"}, "networks": {tc.networks}})
		webtest.CheckDOM(t, got.Doc)
		if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Text(".err"), tc.want) || !strings.Contains(got.Body, tc.networks) {
			t.Errorf("%s: %d %q", tc.networks, got.Status, got.Text(".err"))
		}
	}
	p = c.Submit(p, form, url.Values{"bound": {"administrator"}, "networks": {"127.0.0.0/8"}})
	if p.Status != http.StatusOK || !strings.Contains(p.Text(".flash"), "Skyddet är sparat") {
		t.Fatalf("%d %q %q", p.Status, p.Text(".flash"), p.Text(".err"))
	}
	p = c.Submit(p, form, url.Values{"bound": {""}, "networks": {""}, "skal-guard": {"hemarbete"}})
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "Enhet och nät") || !strings.Contains(p.Text(".note"), "Enhet och nät") {
		t.Errorf("a weaker guard does not wait: %d %q", p.Status, p.Text("main"))
	}
}
