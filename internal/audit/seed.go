// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
)

// seedPurpose is what the log's seed is wrapped for.
const seedPurpose = "log seed"

// KeyOf gives the key that signs the logs of a database: derived from the root key that the database began with, and carried along,
// encrypted, when that changes. Whoever holds an old checkpoint can so check the next one.
func KeyOf(ctx context.Context, d *db.DB, root key.Root) (Key, error) {
	var k Key
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		k, err = keyIn(ctx, tx, root)
		return err
	})
	if err != nil {
		return Key{}, fmt.Errorf("open the log's key: %w", err)
	}
	return k, nil
}

func keyIn(ctx context.Context, tx *db.Tx, root key.Root) (Key, error) {
	seed, err := seedIn(ctx, tx, root)
	if err != nil {
		return Key{}, err
	}
	return NewKey(seed), nil
}

func seedIn(ctx context.Context, tx *db.Tx, root key.Root) ([]byte, error) {
	var wrapped string
	err := db.One(tx.QueryRow(ctx, `SELECT log_seed FROM instance WHERE id = 1`), &wrapped)
	if errors.Is(err, db.ErrNotFound) || err == nil && wrapped == "" {
		return root.Derive(KeyPurpose), nil
	}
	if err != nil {
		return nil, err
	}
	return root.Unwrap(seedPurpose, wrapped)
}

// Rewrap carries the log's key along to another root key.
func Rewrap(ctx context.Context, tx *db.Tx, from, to key.Root) error {
	seed, err := seedIn(ctx, tx, from)
	if err != nil {
		return fmt.Errorf("open the log's key: %w", err)
	}
	wrapped, err := to.Wrap(seedPurpose, seed)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE instance SET log_seed = $1 WHERE id = 1`, wrapped); err != nil {
		return fmt.Errorf("carry the log's key along: %w", err)
	}
	return nil
}
