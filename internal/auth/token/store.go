// SPDX-License-Identifier: EUPL-1.2

package token

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
)

const columns = `id, name, scope, created_by, created_at, expires_at, COALESCE(used_at, 0), used_from, COALESCE(revoked_at, 0)`

func scanKey(scan func(...any) error, more ...any) (Key, error) {
	var k Key
	var created, expires, used, revoked int64
	err := scan(append([]any{&k.ID, &k.Name, &k.Scope, &k.CreatedBy, &created, &expires, &used, &k.From, &revoked}, more...)...)
	k.Created, k.Expires = db.FromMillis(created), db.FromMillis(expires)
	if used != 0 {
		k.Used = db.FromMillis(used)
	}
	if revoked != 0 {
		k.Revoked = db.FromMillis(revoked)
	}
	return k, err
}

func list(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Key, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Key, error) { return scanKey(scan) },
		`SELECT `+columns+` FROM api_token WHERE organisation_id = $1 ORDER BY created_at DESC, id`, org)
}

func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) (Key, string, error) {
	var hash string
	row := tx.QueryRow(ctx, `SELECT `+columns+`, hash FROM api_token WHERE organisation_id = $1 AND id = $2`, org, id)
	k, err := scanKey(func(dest ...any) error { return db.One(row, dest...) }, &hash)
	return k, hash, err
}

func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *Key, hash string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO api_token (id, organisation_id, name, scope, hash, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.ID, org, k.Name, k.Scope, hash, k.CreatedBy, db.Millis(k.Created), db.Millis(k.Expires))
	return err
}

func revoke(ctx context.Context, tx *db.Tx, actor access.Actor, id string) (int64, error) {
	return tx.Exec(ctx, `UPDATE api_token SET revoked_at = $1, revoked_by = $2 WHERE organisation_id = $3 AND id = $4 AND revoked_at IS NULL`,
		db.Millis(tx.Now), actor.ID, actor.Organisation, id)
}

func used(ctx context.Context, tx *db.Tx, actor access.Actor, id string) error {
	_, err := tx.Exec(ctx, `UPDATE api_token SET used_at = $1, used_from = $2 WHERE organisation_id = $3 AND id = $4`,
		db.Millis(tx.Limit), actor.From, actor.Organisation, id)
	return err
}

// Secrets tells when each key that still opens something was made and ends.
func Secrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	all, err := list(ctx, tx, tx.Scope)
	var out []rotation.Secret
	for i := range all {
		if k := &all[i]; k.Stands(tx.Limit) {
			out = append(out, rotation.Secret{Kind: rotation.Program, ID: k.ID, Name: k.Name, Since: k.Created, Ends: k.Expires, Path: Path})
		}
	}
	return out, err
}
