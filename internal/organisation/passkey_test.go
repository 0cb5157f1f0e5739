// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// passkey gives a person a passkey, and a session that was begun with it.
func (w *town) passkey(t *testing.T, a access.Actor, name string) (id ids.ID[passkey.Passkey]) {
	t.Helper()
	id, account := ids.New[passkey.Passkey](), w.account(t, a)
	err := w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		now := db.Millis(w.now)
		_, err := tx.Exec(t.Context(), `
			INSERT INTO passkey (id, organisation_id, account_id, purpose, name, credential, public_key, counter, aaguid, transports, eligible, synced, created_at)
			VALUES ($1, $2, $3, 'own', $4, $1, 'AA', 0, '', '[]', 0, 0, $5)`, id, w.org, account, name, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `
			INSERT INTO session (token, id, organisation_id, account_id, method, issuer, context, factors, loa, passkey_id, synced, provider_session, address, browser,
				created_at, proved_at, seen_at, idle_at, ends_at)
			VALUES ($1, $1, $2, $3, 'passkey', $4, '', 2, 0, $1, 0, '', '198.51.100.9', 'Firefox', $5, $5, $5, $6, $6)`,
			id, w.org, account, auth.PasskeyIssuer, now, now+3_600_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An administrator ends the passkey that somebody has lost, with what was signed in to by it, and never the only one. Nobody else does.
func TestEndPasskeyOfSomebody(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		bo := ids.ID[organisation.Person](w.bo.ID)
		lost, kept, annas := w.passkey(t, w.bo, "Telefon"), w.passkey(t, w.bo, "Nyckel"), w.passkey(t, w.anna, "Annas")
		if err := w.EndPasskey(t.Context(), w.anna, bo, annas); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another person's passkey: %v", err)
		}
		stale := w.anna
		stale.Fresh = false
		if err := w.EndPasskey(t.Context(), stale, bo, lost); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without showing again who one is: %v", err)
		}
		for _, role := range access.Roles() {
			if role == access.Administrator {
				continue
			}
			other := w.anna
			other.Roles = []access.Role{role}
			if err := w.EndPasskey(t.Context(), other, bo, lost); !errors.Is(err, access.ErrDenied) {
				t.Errorf("%s: %v", role, err)
			}
		}
		if err := w.EndPasskey(t.Context(), w.anna, bo, lost); err != nil {
			t.Fatal(err)
		}
		p, err := w.Person(t.Context(), w.anna, bo)
		if err != nil || len(p.Passkeys) != 1 || p.Passkeys[0].ID != kept || len(p.Sessions) != 1 {
			t.Errorf("afterwards: %v, %d passkeys, %d sessions", err, len(p.Passkeys), len(p.Sessions))
		}
		if got := w.told[len(w.told)-1]; got != string(auth.EventMethodRemoved) {
			t.Errorf("Bo is told %q", got)
		}
		if log := w.log(t, "person", w.bo.ID); !strings.Contains(log, "organisation.EndPasskey") || strings.Count(log, "Telefon") == 0 {
			t.Errorf("the log: %s", log)
		}
		if err := w.EndPasskey(t.Context(), w.anna, bo, kept); !errors.Is(err, organisation.ErrOnlyPasskey) {
			t.Errorf("the only one: %v", err)
		}
		if p, err = w.Person(t.Context(), w.anna, bo); err != nil || len(p.Passkeys) != 1 || len(p.Sessions) != 1 {
			t.Errorf("the only one is gone, or what it was signed in to: %v, %d, %d", err, len(p.Passkeys), len(p.Sessions))
		}
	})
}
