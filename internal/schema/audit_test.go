// SPDX-License-Identifier: EUPL-1.2

package schema_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/schema"
)

// The log of a version before the tree is taken over, can be verified, and goes on.
func TestUpgradeTakesTheLogOver(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "old.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresEmptyAddress(t) },
	} {
		t.Run(name, func(t *testing.T) {
			d, err := db.Open(t.Context(), dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			if err := schema.MigrateTo(t.Context(), d, 12); err != nil {
				t.Fatal(err)
			}
			actor := dbtest.Organisation(t, d, "norrsjo")
			const n = 1203
			err = d.Write(t.Context(), db.Installation, func(tx *db.Tx) error { return oldLog(t, tx, actor.Organisation, n) })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := schema.Migrate(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			err = d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
				return audit.Append(t.Context(), tx, actor, audit.Entry{Action: "system.Update", ObjectKind: "system", ObjectID: "a"})
			})
			if err != nil {
				t.Fatal(err)
			}
			v, err := audit.VerifyLog(t.Context(), d, actor.Organisation, audit.Check{})
			if err != nil || !v.Whole() || v.Size != n+1 || v.Plain != n {
				t.Errorf("got %+v, %v", v, err)
			}
		})
	}
}

// oldLog writes a log as versions before the tree did.
func oldLog(t *testing.T, tx *db.Tx, org access.OrganisationID, n int) error {
	t.Helper()
	if _, err := tx.Exec(t.Context(), `INSERT INTO audit_head (organisation_id, size) VALUES ($1, $2)`, org, n); err != nil {
		return err
	}
	for i := range n {
		record := fmt.Sprintf(`{"seq":%d,"at":5,"actor":"local","action":"system.Create","object_kind":"system","object_id":"a","data":{"name":"Å \u0026","n":1}}`, i)
		_, err := tx.Exec(t.Context(), `INSERT INTO audit_entry (organisation_id, seq, at, actor, action, object_kind, object_id, record, hash)
			VALUES ($1, $2, 5, 'local', 'system.Create', 'system', 'a', $3, 'x')`, org, i, record)
		if err != nil {
			return err
		}
	}
	return nil
}
