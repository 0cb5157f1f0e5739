// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/db"
)

// keyCheck reads which key the database is used with; empty when it has not been used with any.
func keyCheck(ctx context.Context, d *db.DB) (string, error) {
	var check string
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT key_check FROM instance WHERE id = 1`), &check)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return "", fmt.Errorf("read which key the database uses: %w", err)
	}
	return check, nil
}

func saveKeyCheck(ctx context.Context, d *db.DB, check string) error {
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO instance (id, key_check, created_at) VALUES (1, $1, $2)`, check, db.Millis(tx.Now))
		return err
	})
	if err != nil {
		return fmt.Errorf("note which key the database uses: %w", err)
	}
	return nil
}
