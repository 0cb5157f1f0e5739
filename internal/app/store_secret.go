// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
)

// keySecrets tells since when the organisation's key, the root key and the database's password have been used.
func keySecrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	var out []rotation.Secret
	var id string
	var since int64
	err := db.One(tx.QueryRow(ctx, `
		SELECT primary_key, COALESCE(rotated_at, created_at) FROM sealing WHERE organisation_id = $1 AND destroyed_at IS NULL`, tx.Scope), &id, &since)
	switch {
	case err == nil:
		out = append(out, rotation.Secret{Kind: rotation.Organisation, ID: id, Path: ownKeyPath, Since: db.FromMillis(since)})
	case !errors.Is(err, db.ErrNotFound):
		return nil, fmt.Errorf("read since when the key has been used: %w", err)
	}
	var root, database int64
	err = db.One(tx.QueryRow(ctx, `SELECT root_at, database_at FROM instance WHERE id = 1`), &root, &database)
	if errors.Is(err, db.ErrNotFound) { // nothing has been encrypted here
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read since when the root key has been used: %w", err)
	}
	out = append(out, rotation.Secret{Kind: rotation.Root, ID: "root", Since: db.FromMillis(root)})
	if database > 0 {
		out = append(out, rotation.Secret{Kind: rotation.Database, ID: "password", Since: db.FromMillis(database)})
	}
	return out, nil
}

// noteDatabase notes which password the database is opened with, as a keyed hash, so that it is known since when. An empty check is that of
// no password.
func noteDatabase(ctx context.Context, d *db.DB, check string) error {
	var has string
	var since int64
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT database_check, database_at FROM instance WHERE id = 1`), &has, &since)
	})
	if errors.Is(err, db.ErrNotFound) || err == nil && has == check && (check == "") == (since == 0) {
		return nil
	}
	if err == nil {
		err = d.Write(ctx, db.Installation, func(tx *db.Tx) error {
			switch {
			case check == "":
				since = 0
			case has != "" || since == 0: // else the root key was changed, and the password not seen to
				since = db.Millis(tx.Now)
			}
			_, err := tx.Exec(ctx, `UPDATE instance SET database_check = $1, database_at = $2 WHERE id = 1`, check, since)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("note since when the database's password has been used: %w", err)
	}
	return nil
}
