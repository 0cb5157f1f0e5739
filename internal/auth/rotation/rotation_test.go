// SPDX-License-Identifier: EUPL-1.2

package rotation

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

var made = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// A secret is to be changed when it is too old, or before it stops working, whichever comes first, and stands in the list a month before.
func TestDue(t *testing.T) {
	for name, c := range map[string]struct {
		secret Secret
		ages   Ages
		want   string
	}{
		"the program's own age":      {Secret{Kind: Mail, Since: made}, nil, "2027-01-10"},
		"what was chosen":            {Secret{Kind: Mail, Since: made}, Ages{Mail: 90}, "2026-04-10"},
		"another kind's":             {Secret{Kind: Mail, Since: made}, Ages{Webhook: 90}, "2027-01-10"},
		"ends before":                {Secret{Kind: Program, Since: made, Ends: made.AddDate(0, 0, 30)}, nil, "2026-02-09"},
		"too old before it ends":     {Secret{Kind: Program, Since: made, Ends: made.AddDate(0, 0, 300)}, Ages{Program: 60}, "2026-03-11"},
		"what everything else is on": {Secret{Kind: Root, Since: made}, nil, "2029-01-09"},
	} {
		if got := c.ages.Due(&c.secret).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	due := civil.Date{Year: 2026, Month: 3, Day: 31}
	for day, want := range map[string]bool{"2026-02-28": false, "2026-03-01": true, "2026-03-31": true, "2026-05-01": true} {
		today, err := civil.Parse(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Change{Due: due}).Near(today); got != want {
			t.Errorf("on %s a change due %s is near: %t", day, due, got)
		}
	}
	if today := (civil.Date{Year: 2026, Month: 1, Day: 9}); !(&Change{Secret: Secret{Weak: true}, Due: due}).Near(today) {
		t.Error("a key that is too short is not near, though it is to be changed from the beginning")
	}
	for _, k := range Kinds() {
		if days := (Ages{}).of(k); days < shortestAge || days > longestAge {
			t.Errorf("%s may stand for %d days", k, days)
		}
	}
	for _, wrong := range []Ages{{Mail: 6}, {Mail: 1826}, {Mail: 0}, {"never": 90}} {
		if err := wrong.Check(); !errors.Is(err, ErrAge) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

// What an organisation chooses is its own, is logged, and takes somebody who has just shown who they are.
func TestSetAges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := made.AddDate(0, 0, 100)
		d.Now = func() time.Time { return now }
		ctx, actor, other := t.Context(), dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		s := &Service{DB: d, Sources: []Source{func(context.Context, *db.Tx) ([]Secret, error) {
			return []Secret{{Kind: Root, ID: "root", Since: made}, {Kind: Mail, ID: "password", Name: "mail.example", Since: made}}, nil
		}}}
		waiting := func(org access.OrganisationID) (out []Change) {
			t.Helper()
			err := d.Read(ctx, org, func(tx *db.Tx) (err error) { out, err = s.Waiting(ctx, tx); return err })
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if got := waiting(actor.Organisation); len(got) != 0 {
			t.Errorf("what is new waits: %v", got)
		}
		if err := s.SetAges(ctx, actor, Ages{Mail: 90, Root: 1095}); err != nil {
			t.Fatal(err)
		}
		if got := waiting(actor.Organisation); len(got) != 1 || got[0].Kind != Mail || got[0].Due.String() != "2026-04-10" {
			t.Errorf("waiting: %+v", got)
		}
		if got := waiting(other.Organisation); len(got) != 0 {
			t.Errorf("another organisation's choice counts: %v", got)
		}
		stale := actor
		stale.Fresh = false
		if err := s.SetAges(ctx, stale, Ages{Mail: 365}); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without a fresh sign-in: %v", err)
		}
		if err := s.SetAges(ctx, actor, Ages{Mail: 9999}); !errors.Is(err, ErrAge) {
			t.Errorf("an age of decades: %v", err)
		}
		all, err := s.List(ctx, actor)
		if err != nil || len(all.Changes) != 2 || all.Changes[0].Kind != Mail || all.Ages.of(Mail) != 90 {
			t.Errorf("%+v %v", all, err)
		}
		if n := logged(t, d, actor); n != 1 {
			t.Errorf("%d changes are logged, want 1", n)
		}
		if _, err := s.List(ctx, access.Actor{ID: "x", Organisation: actor.Organisation, Roles: []access.Role{access.Procurer}}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("somebody who runs nothing: %v", err)
		}
	})
}

func logged(t *testing.T, d *db.DB, actor access.Actor) int {
	t.Helper()
	n := 0
	err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		l, err := audit.History(t.Context(), tx, actor.Organisation, "setting", "secret-age", 10)
		n = len(l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
