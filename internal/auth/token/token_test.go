// SPDX-License-Identifier: EUPL-1.2

package token

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

func TestKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		actor := dbtest.Organisation(t, d, "norrsjo")
		s, keys := &Service{DB: d}, &Keys{DB: d}
		text, err := s.Create(t.Context(), actor, Key{Name: "Katalogen", Scope: SCIM}, 48*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keys.Actor(t.Context(), "bearer "+text, "192.0.2.1")
		if err != nil || got.Organisation != actor.Organisation || got.ID != "token:"+text[4:20] || len(got.Roles) != 1 || got.Roles[0] != access.Directory || got.Fresh || got.From != "192.0.2.1" {
			t.Fatalf("got %+v, %v", got, err)
		}
		list, err := s.List(t.Context(), actor)
		if err != nil || len(list) != 1 || !list[0].Used.Equal(now) || list[0].From != "192.0.2.1" || !strings.HasPrefix(text, "ins_"+list[0].ID) {
			t.Errorf("%+v, %v", list, err)
		}
		kept := stored(t, d, actor)
		if strings.Contains(kept, text) || strings.Contains(kept, text[30:60]) {
			t.Error("the key stands in the database")
		}
		if _, err := keys.Actor(t.Context(), "Bearer "+kept, ""); !errors.Is(err, ErrRefused) {
			t.Errorf("what stands in the database opens: %v", err)
		}
		now = now.Add(48 * time.Hour)
		if _, err := keys.Actor(t.Context(), "Bearer "+text, ""); !errors.Is(err, ErrRefused) {
			t.Errorf("a key that has expired: %v", err)
		}
		now = now.Add(-time.Hour)
		if err := s.Revoke(t.Context(), actor, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Actor(t.Context(), "Bearer "+text, ""); !errors.Is(err, ErrRefused) {
			t.Errorf("a key that is revoked: %v", err)
		}
		if err := s.Revoke(t.Context(), actor, list[0].ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("revoked twice: %v", err)
		}
		if n := entries(t, d, actor, list[0].ID, "token.Refused"); n != 2 {
			t.Errorf("%d refusals are logged, want 2", n)
		}
	})
}

// stored is what a table says of the only key.
func stored(t *testing.T, d *db.DB, actor access.Actor) string {
	t.Helper()
	var out string
	err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT hash FROM api_token WHERE organisation_id = $1`, actor.Organisation), &out)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func entries(t *testing.T, d *db.DB, actor access.Actor, id, action string) int {
	t.Helper()
	n := 0
	err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		l, err := audit.History(t.Context(), tx, actor.Organisation, "token", id, 100)
		for _, e := range l {
			if e.Action == action {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKeysAreRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		actor, other := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		s, keys := &Service{DB: d}, &Keys{DB: d}
		text, err := s.Create(t.Context(), actor, Key{Name: "x", Scope: SCIM}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		// A key of the same id whose secret is another, and the same with another organisation in it: both have a right sum.
		forged, _, err := draw(actor.Organisation)
		if err != nil {
			t.Fatal(err)
		}
		moved, _, err := draw(other.Organisation)
		if err != nil {
			t.Fatal(err)
		}
		for name, header := range map[string]string{
			"nothing": "", "no scheme": text, "a space": "Bearer  " + text, "another scheme": "Basic " + text, "in capitals": "Bearer " + strings.ToUpper(text),
			"one letter changed": "Bearer " + text[:50] + string('a'+(text[50]-'a'+1)%26) + text[51:], "cut short": "Bearer " + text[:len(text)-1],
			"made longer": "Bearer " + text + "a", "another secret": "Bearer " + with(t, forged, text), "another organisation": "Bearer " + with(t, moved, text),
			"unknown": "Bearer " + forged, "very long": "Bearer " + strings.Repeat("a", 100_000),
		} {
			if got, err := keys.Actor(t.Context(), header, ""); !errors.Is(err, ErrRefused) || got.ID != "" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if n := entries(t, d, actor, p.id, "token.Refused"); n != 1 {
			t.Errorf("%d refusals are logged, want that of the wrong secret", n)
		}
		if list, err := s.List(t.Context(), other); err != nil || len(list) != 0 {
			t.Errorf("another organisation sees %v, %v", list, err)
		}
		if err := s.Revoke(t.Context(), other, p.id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation revoked it: %v", err)
		}
	})
}

// with gives a key the id of another, and a right sum.
func with(t *testing.T, key, id string) string {
	t.Helper()
	b, err := letters.DecodeString(key[len(prefix):])
	if err != nil {
		t.Fatal(err)
	}
	from, err := letters.DecodeString(id[len(prefix):])
	if err != nil {
		t.Fatal(err)
	}
	copy(b, from[:idBytes])
	return seal(b)
}

func TestCreateRefuses(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	s := &Service{DB: d}
	day := 24 * time.Hour
	for name, tc := range map[string]struct {
		k    Key
		life time.Duration
		want error
	}{
		"no name":    {Key{Scope: SCIM}, day, ErrName},
		"no scope":   {Key{Name: "x"}, day, ErrScope},
		"everything": {Key{Name: "x", Scope: "*"}, day, ErrScope},
		"for ever":   {Key{Name: "x", Scope: SCIM}, 366 * day, ErrExpires},
		"no time":    {Key{Name: "x", Scope: SCIM}, 0, ErrExpires},
		"an hour":    {Key{Name: "x", Scope: SCIM}, time.Hour, ErrExpires},
	} {
		if _, err := s.Create(t.Context(), actor, tc.k, tc.life); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	actor.Fresh = false
	if _, err := s.Create(t.Context(), actor, Key{Name: "x", Scope: SCIM}, day); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("without step-up: %v", err)
	}
	// No key reaches keys, people, sign-in, copies or settings; that of the directory nothing but people.
	for _, r := range access.KeyRoles() {
		for _, action := range access.Actions() {
			slice, _, _ := strings.Cut(action, ".")
			own := slices.Contains([]string{"system", "overview", "classification", "requirement", "action", "procurement", "processing", "supplier", "register"}, slice) ||
				slices.Contains([]string{
					"followup.List", "followup.Open", "national.Picture", "national.Concentration", "national.References", "national.Reference", "campaign.List", "campaign.Open", "campaign.Wheel", "finding.Inbox", "finding.FalseRules",
					"whatif.List", "whatif.Open", "whatif.Requirement", "whatif.Nation", "whatif.Load", "whatif.Remove",
					"measurement.List", "measurement.Measure", "evidence.List", "evidence.Draft", "evidence.Record", "evidence.Note", "evidence.Dispute", "evidence.CompareAccess",
					"risk.List", "risk.Open", "risk.Risk", "incident.Report",
				}, action)
			if r == access.Directory {
				own = slice == "organisation"
			}
			if r == access.Agent {
				own = slices.Contains([]string{"measurement.Tasks", "measurement.Begin", "measurement.Deliver"}, action)
			}
			if r == access.LogReader {
				own = action == "overview.Log" || action == "overview.ExportLog"
			}
			if access.Allowed(access.Actor{Organisation: "x", Roles: []access.Role{r}}, action) && !own {
				t.Errorf("a key in the role %s may do %s", r, action)
			}
		}
	}
	if access.Allowed(access.Actor{Organisation: "x", Roles: []access.Role{access.Reader}}, "system.Update") {
		t.Error("a key that reads may change")
	}
	if access.Allowed(access.Actor{Organisation: "x", Roles: []access.Role{access.Writer}}, "classification.Decide") {
		t.Error("a key decides in the place of whoever answers for it")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("ins_" + strings.Repeat("a", 100))
	f.Add("ins_")
	f.Add("Bearer x")
	f.Add(seal(make([]byte, allBytes)))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parse(text)
		if err == nil && (len(p.id) != idLength || p.org.IsZero() || !strings.HasPrefix(text, prefix+p.id)) {
			t.Errorf("%q: %+v", text, p)
		}
		if err != nil && !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
		if k, ok := bearer(text); ok && k == "" {
			t.Error("an empty key")
		}
	})
}
