// SPDX-License-Identifier: EUPL-1.2

package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// pair is a service whose changes take two people, and what decides them.
type pair struct {
	*provider.Service
	approvals *approval.Service
}

// twoPeople lets a service ask the approvals, where the named are administrators.
func twoPeople(s *provider.Service, administrators ...string) pair {
	a := &approval.Service{DB: s.DB, Log: slog.New(slog.DiscardHandler), Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return administrators, nil
	}}
	a.HandleSignIn(s.Decisions())
	s.Two = approval.SignIn{Service: a}
	s.Forms = map[provider.Kind]func(*locale.Localizer, json.RawMessage) []web.Field{provider.OIDC: driver{}.Fields}
	return pair{s, a}
}

func person(org access.OrganisationID, id string) access.Actor {
	return access.Actor{ID: id, Name: id, Organisation: org, Roles: []access.Role{access.Administrator}, Fresh: true}
}

func swedish(t testing.TB) *locale.Localizer {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "provider": provider.Messages})
	if err != nil {
		t.Fatal(err)
	}
	return bundle.In("sv")
}

func waiting(t testing.TB, a *approval.Service, org access.OrganisationID) []approval.Told {
	t.Helper()
	l, err := a.List(t.Context(), person(org, "bo"), swedish(t))
	if err != nil {
		t.Fatal(err)
	}
	return l.Waiting
}

func approveAll(t testing.TB, a *approval.Service, org access.OrganisationID, by string) {
	t.Helper()
	for _, r := range waiting(t, a, org) {
		if err := a.Approve(t.Context(), person(org, by), r.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// stored is everything that the approvals and the log have in clear.
func stored(t testing.TB, d *db.DB, org access.OrganisationID) string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), org, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var s string
			return s, scan(&s)
		}, `SELECT payload FROM approval WHERE organisation_id = $1 UNION ALL SELECT record FROM audit_entry WHERE organisation_id = $1
			UNION ALL SELECT COALESCE(what, '') FROM audit_private WHERE organisation_id = $1`, org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// secrets counts what lies in the vault, and gives the provider's own secret.
func secrets(t testing.TB, s *provider.Service, org access.OrganisationID, id provider.ID) (n int, own string) {
	t.Helper()
	err := s.DB.Read(t.Context(), org, func(tx *db.Tx) error {
		if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM sign_in_secret WHERE organisation_id = $1`, org), &n); err != nil {
			return err
		}
		b, err := s.Vault.Get(t.Context(), tx, provider.SecretName{Organisation: org, Owner: id.String(), Name: "client-secret"})
		own = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, own
}

// Nobody lets people in by a provider alone.
func TestStartTakesTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, ctx := dbtest.Organisation(t, d, "norrsjo").Organisation, t.Context()
		s := twoPeople(service(t, d), "anna", "bo")
		anna := person(org, "anna")
		p, err := s.Add(ctx, anna, draft())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enable(ctx, anna, p.ID, " "); !errors.Is(err, provider.ErrReason) {
			t.Errorf("without a reason: %v", err)
		}
		w, err := s.Enable(ctx, anna, p.ID, "Provad.")
		if err != nil || !w.Asked || w.Alone {
			t.Fatalf("%+v %v", w, err)
		}
		if _, err := s.Enable(ctx, anna, p.ID, "Igen."); !errors.Is(err, provider.ErrAsked) {
			t.Errorf("asked for twice: %v", err)
		}
		if got, err := s.Open(ctx, anna, p.ID); err != nil || got.Enabled {
			t.Fatalf("on before it was approved: %v", err)
		}
		told := waiting(t, s.approvals, org)
		if len(told) != 1 || told[0].What != "Kommunens inloggning" || !strings.Contains(told[0].To, "https://idp.example.se") || !strings.Contains(told[0].To, loa3) {
			t.Fatalf("told as %+v", told)
		}
		if pending, err := s.Pending(ctx, anna, swedish(t), p.ID.String()); err != nil || len(pending.Waiting) != 1 || !pending.Next.Asked {
			t.Errorf("%+v %v", pending, err)
		}
		if err := s.approvals.Approve(ctx, anna, told[0].ID, ""); !errors.Is(err, approval.ErrOwn) {
			t.Errorf("approved by the one who asked: %v", err)
		}
		approveAll(t, s.approvals, org, "bo")
		if got, err := s.Open(ctx, anna, p.ID); err != nil || !got.Enabled {
			t.Errorf("off after it was approved: %v", err)
		}
		if err := s.Disable(ctx, anna, p.ID); err != nil {
			t.Errorf("stopping waits: %v", err)
		}
		if got, err := s.Open(ctx, anna, p.ID); err != nil || got.Enabled {
			t.Errorf("on after it was stopped: %v", err)
		}
	})
}

// What was approved is what is started: a provider that has changed since is not.
func TestStartOfAChangedProvider(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, ctx := dbtest.Organisation(t, d, "norrsjo").Organisation, t.Context()
		s := twoPeople(service(t, d), "anna", "bo")
		anna := person(org, "anna")
		p, err := s.Add(ctx, anna, draft())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enable(ctx, anna, p.ID, "Provad."); err != nil {
			t.Fatal(err)
		}
		next := provider.Draft{Provider: p}
		next.Settings.Accepted = append(next.Settings.Accepted, provider.Accepted{Value: mfa})
		if w, err := s.Change(ctx, anna, next, ""); err != nil || w.Asked {
			t.Fatalf("a provider that is off is changed at once: %+v %v", w, err)
		}
		id := waiting(t, s.approvals, org)[0].ID
		if err := s.approvals.Approve(ctx, person(org, "bo"), id, ""); !errors.Is(err, approval.ErrChanged) {
			t.Errorf("approved what was changed: %v", err)
		}
		if got, err := s.Open(ctx, anna, p.ID); err != nil || got.Enabled || len(waiting(t, s.approvals, org)) != 0 {
			t.Errorf("it is on, or still waits: %v", err)
		}
		if err := s.approvals.Approve(ctx, person(org, "bo"), id, ""); !errors.Is(err, approval.ErrDecided) {
			t.Errorf("approved again: %v", err)
		}
	})
}

// Of a provider that lets people in, only what makes it stricter, and its name, is changed by one person. A new secret stands nowhere in
// clear while it waits, and is gone when the change is.
func TestChangeOfAProviderInUse(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, ctx := dbtest.Organisation(t, d, "norrsjo").Organisation, t.Context()
		s := twoPeople(service(t, d), "anna", "bo")
		anna := person(org, "anna")
		first := draft()
		first.Settings.Accepted = append(first.Settings.Accepted, provider.Accepted{Value: mfa})
		p, err := s.Add(ctx, anna, first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enable(ctx, anna, p.ID, "Provad."); err != nil {
			t.Fatal(err)
		}
		approveAll(t, s.approvals, org, "bo")
		change := func(f func(*provider.Draft)) provider.Wait {
			t.Helper()
			now, err := s.Open(ctx, anna, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			next := provider.Draft{Provider: now}
			f(&next)
			w, err := s.Change(ctx, anna, next, "Behövs.")
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		for name, tc := range map[string]struct {
			f    func(*provider.Draft)
			want bool
		}{
			"name":     {func(d *provider.Draft) { d.NameSV = "Ny" }, false},
			"fewer":    {func(d *provider.Draft) { d.Settings.Accepted = d.Settings.Accepted[:1] }, false},
			"claims":   {func(d *provider.Draft) { d.Settings.Claims.Roles = "groups" }, true},
			"own":      {func(d *provider.Draft) { d.Own = json.RawMessage(`{"client_id":"other"}`) }, true},
			"accepted": {func(d *provider.Draft) { d.Settings.Accepted = []provider.Accepted{{Value: "c1", Factors: 2, LoA: 4}} }, true},
			"trusted": {func(d *provider.Draft) {
				d.Settings.Accepted = []provider.Accepted{{Value: uncertified, Trusted: true}}
			}, true},
		} {
			if w := change(tc.f); w.Asked != tc.want {
				t.Errorf("%s: waits %v, want %v", name, w.Asked, tc.want)
			}
		}
		for _, r := range waiting(t, s.approvals, org) {
			if err := s.approvals.Refuse(ctx, person(org, "bo"), r.ID, "Nej."); err != nil {
				t.Fatal(err)
			}
		}
		before, own := secrets(t, s.Service, org, p.ID)
		ask := func(secret string) {
			change(func(d *provider.Draft) { d.Secrets = map[string][]byte{"client-secret": []byte(secret)} })
		}
		ask("den-nya-hemligheten")
		if n, now := secrets(t, s.Service, org, p.ID); n != before+1 || now != own || strings.Contains(stored(t, d, org), "den-nya-hemligheten") {
			t.Errorf("%d secrets lie aside, the provider's is %q, or it stands in clear", n-before, now)
		}
		if err := s.approvals.Refuse(ctx, person(org, "bo"), waiting(t, s.approvals, org)[0].ID, "Nej."); err != nil {
			t.Fatal(err)
		}
		if n, now := secrets(t, s.Service, org, p.ID); n != before || now != own {
			t.Errorf("after a refusal %d secrets lie aside, and the provider's is %q", n-before, now)
		}
		ask("den-nya-hemligheten")
		ask("en-annan")
		two := waiting(t, s.approvals, org)
		if err := s.approvals.Approve(ctx, person(org, "bo"), two[0].ID, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.approvals.Approve(ctx, person(org, "bo"), two[1].ID, ""); !errors.Is(err, approval.ErrChanged) {
			t.Errorf("the second change of the same version: %v", err)
		}
		if n, now := secrets(t, s.Service, org, p.ID); n != before || now != "den-nya-hemligheten" || strings.Contains(stored(t, d, org), "hemligheten") {
			t.Errorf("after an approval %d secrets lie aside, and the provider's is %q", n-before, now)
		}
	})
}

// What a role asks for is lowered by two, and raised by one.
func TestLowerLevelsTakeTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, ctx := dbtest.Organisation(t, d, "norrsjo").Organisation, t.Context()
		s := twoPeople(service(t, d), "anna", "bo")
		anna := person(org, "anna")
		set := func(role access.Role, loa int) provider.Wait {
			t.Helper()
			w, err := s.SetLevels(ctx, anna, map[access.Role]provider.Level{role: {Factors: 2, LoA: loa}}, "Behövs.")
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		chosen := func(role access.Role) provider.Level {
			t.Helper()
			l, err := s.Levels(ctx, anna)
			if err != nil {
				t.Fatal(err)
			}
			return l.Chosen[role]
		}
		if w := set(access.Administrator, 3); w.Asked || chosen(access.Administrator).LoA != 3 {
			t.Errorf("raising waits: %+v", w)
		}
		if w := set(access.Coordinator, 0); !w.Asked || chosen(access.Coordinator) != (provider.Level{}) {
			t.Errorf("lowering the default does not wait: %+v", w)
		}
		id := waiting(t, s.approvals, org)[0].ID
		if w := set(access.Coordinator, 4); w.Asked {
			t.Errorf("raising waits: %+v", w)
		}
		if err := s.approvals.Approve(ctx, person(org, "bo"), id, ""); !errors.Is(err, approval.ErrChanged) || chosen(access.Coordinator).LoA != 4 {
			t.Errorf("lowered from what it no longer was: %v", err)
		}
		set(access.Coordinator, 3)
		approveAll(t, s.approvals, org, "bo")
		if chosen(access.Coordinator).LoA != 3 {
			t.Errorf("approved, and %+v", chosen(access.Coordinator))
		}
	})
}

// A municipality with one administrator waits a day for its first provider, which is said, and stopping it costs no wait.
func TestFirstProviderWaitsADay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		org, ctx := dbtest.Organisation(t, d, "norrsjo").Organisation, t.Context()
		s := twoPeople(service(t, d), "anna")
		anna := person(org, "anna")
		p, err := s.Add(ctx, anna, draft())
		if err != nil {
			t.Fatal(err)
		}
		pending, err := s.Pending(ctx, anna, swedish(t), p.ID.String())
		if err != nil || !pending.Next.Alone || !pending.Next.Until.Equal(now.Add(24*time.Hour)) {
			t.Errorf("before it is asked for: %+v %v", pending, err)
		}
		w, err := s.Enable(ctx, anna, p.ID, "Vår första.")
		if err != nil || !w.Alone || !w.Until.Equal(now.Add(24*time.Hour)) {
			t.Fatalf("%+v %v", w, err)
		}
		var alarms []string
		err = d.Read(ctx, org, func(tx *db.Tx) (err error) {
			alarms, err = db.All(ctx, tx, func(scan func(...any) error) (string, error) {
				var s string
				return s, scan(&s)
			}, `SELECT data FROM alarm WHERE organisation_id = $1`, org)
			return err
		})
		if err != nil || len(alarms) != 1 || !strings.Contains(alarms[0], "provider.decide-start") {
			t.Errorf("alarms %v: %v", alarms, err)
		}
		for range 24*60/5 - 1 {
			now = now.Add(5 * time.Minute)
			if err := s.approvals.Tick(ctx, access.SystemActor(org)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Open(ctx, anna, p.ID); err != nil || got.Enabled {
			t.Fatalf("on before the day was over: %v", err)
		}
		now = now.Add(5 * time.Minute)
		if err := s.approvals.Tick(ctx, access.SystemActor(org)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(ctx, anna, p.ID); err != nil || !got.Enabled {
			t.Errorf("off after a day: %v", err)
		}
	})
}

// A part of the program that cannot ask makes no change that takes two people.
func TestNobodyToAsk(t *testing.T) {
	d := dbtest.SQLite(t)
	s, org := service(t, d), dbtest.Organisation(t, d, "norrsjo").Organisation
	p, err := s.Add(t.Context(), person(org, "anna"), draft())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), person(org, "anna"), p.ID, "x"); !errors.Is(err, provider.ErrAlone) {
		t.Errorf("got %v", err)
	}
	local := access.LocalAdministrator(org)
	local.From = "192.0.2.1" // somebody who calls themselves so over the network is not at the console
	if _, err := s.Enable(t.Context(), local, p.ID, "x"); !errors.Is(err, provider.ErrAlone) {
		t.Errorf("over the network: %v", err)
	}
}
