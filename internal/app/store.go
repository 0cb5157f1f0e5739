// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
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
		_, err := tx.Exec(ctx, `INSERT INTO instance (id, key_check, created_at, root_at, log_readings) VALUES (1, $1, $2, $2, 1)`, check, db.Millis(tx.Now))
		return err
	})
	if err != nil {
		return fmt.Errorf("note which key the database uses: %w", err)
	}
	return nil
}

// logsReadings reads whether the installation began with every reading logged.
func logsReadings(ctx context.Context, d *db.DB) (bool, error) {
	var on int
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT log_readings FROM instance WHERE id = 1`), &on)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return false, fmt.Errorf("read what is logged: %w", err)
	}
	return on == 1, nil
}

// ringOf reads which file of organisations' keys the database is used with; empty when it has not been used with any.
func ringOf(ctx context.Context, d *db.DB) (string, error) {
	var ring string
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT ring FROM instance WHERE id = 1`), &ring)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return "", fmt.Errorf("read which keys the database uses: %w", err)
	}
	return ring, nil
}

func saveRing(ctx context.Context, d *db.DB, ring string) error {
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE instance SET ring = $1 WHERE id = 1 AND ring = ''`, ring)
		return err
	})
	if err != nil {
		return fmt.Errorf("note which keys the database uses: %w", err)
	}
	return nil
}

// sealing is what the database says of an organisation's key.
type sealing struct {
	organisation access.OrganisationID
	key          string
	destroyed    bool
}

func sealings(ctx context.Context, d *db.DB) ([]sealing, error) {
	orgs, err := organisations(ctx, d)
	if err != nil {
		return nil, err
	}
	var out []sealing
	for _, org := range orgs {
		s := sealing{organisation: org}
		err := d.Read(ctx, org, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(ctx, `SELECT primary_key, destroyed_at IS NOT NULL FROM sealing WHERE organisation_id = $1`, org), &s.key, &s.destroyed)
		})
		if errors.Is(err, db.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the key of organisation %s: %w", org, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// moveKeyCheck notes that the database is used with another root key. It holds the row, so that of two who do so at once one does.
func moveKeyCheck(ctx context.Context, tx *db.Tx, from, to string) error {
	// The hash of the database's password has the old key in it: the next start takes it anew, and the password is as old as it was.
	n, err := tx.Exec(ctx, `UPDATE instance SET key_check = $1, root_at = $2, database_check = '' WHERE id = 1 AND key_check = $3`, to, db.Millis(tx.Now), from)
	if err == nil && n == 0 {
		err = ErrKey
	}
	if err != nil {
		return fmt.Errorf("note which key the database uses: %w", err)
	}
	return nil
}

func organisationsIn(ctx context.Context, tx *db.Tx) ([]access.OrganisationID, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (access.OrganisationID, error) {
		var id access.OrganisationID
		return id, scan(&id)
	}, `SELECT id FROM organisation ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return out, nil
}

func organisations(ctx context.Context, d *db.DB) ([]access.OrganisationID, error) {
	var out []access.OrganisationID
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(ctx, tx, func(scan func(...any) error) (access.OrganisationID, error) {
			var id access.OrganisationID
			return id, scan(&id)
		}, `SELECT id FROM organisation ORDER BY id`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return out, nil
}

// sealedTables reads which tables have nothing left in plain text.
func sealedTables(ctx context.Context, d *db.DB) (map[string]bool, error) {
	out := map[string]bool{}
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
			var name string
			err := scan(&name)
			out[name] = true
			return struct{}{}, err
		}, `SELECT table_name FROM sealing_done`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is encrypted: %w", err)
	}
	return out, nil
}

func saveSealedTable(ctx context.Context, d *db.DB, table string) error {
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sealing_done (table_name, done_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, table, db.Millis(tx.Now))
		return err
	})
	if err != nil {
		return fmt.Errorf("note what is encrypted: %w", err)
	}
	return nil
}

// pageFault asks SQLite to read every page, and gives the first fault that it tells of.
func pageFault(ctx context.Context, d *db.DB) (string, error) {
	var said string
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `PRAGMA quick_check(1)`), &said)
	})
	if said == "ok" {
		said = ""
	}
	return said, err
}

// holdSealing reads which key the transaction's organisation uses, and holds the row: whoever encrypts holds it too, so they wait.
func holdSealing(ctx context.Context, tx *db.Tx) (key string, destroyed bool, err error) {
	err = db.One(tx.QueryRow(ctx, `UPDATE sealing SET primary_key = primary_key WHERE organisation_id = $1
		RETURNING primary_key, destroyed_at IS NOT NULL`, tx.Scope), &key, &destroyed)
	return key, destroyed, err
}

func usePrimary(ctx context.Context, tx *db.Tx, key string) error {
	_, err := tx.Exec(ctx, `UPDATE sealing SET primary_key = $1, rotated_at = $2 WHERE organisation_id = $3`, key, db.Millis(tx.Now), tx.Scope)
	return err
}

func markDestroyed(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE sealing SET destroyed_at = $1 WHERE organisation_id = $2 AND destroyed_at IS NULL`, db.Millis(tx.Now), tx.Scope)
	return err
}

// schemaOf reads which schema a database has, and changes nothing.
func schemaOf(ctx context.Context, d *db.DB) (int64, error) {
	var has int64
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT MAX(version_id) FROM goose_db_version`), &has)
	})
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return has, nil
}
