// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

const columns = `id, name, files, edition, law_on, created_by, created_at`

func scan(row func(...any) error) (Draft, error) {
	var d Draft
	var files string
	var at int64
	if err := row(&d.ID, &d.Name, &files, &d.Edition, &d.On, &d.By, &at); err != nil {
		return d, err
	}
	d.At = db.FromMillis(at)
	if err := json.Unmarshal([]byte(files), &d.Files); err != nil {
		return d, fmt.Errorf("read draft's files: %w", err)
	}
	return d, nil
}

// list reads the drafts, the newest first.
func list(ctx context.Context, tx *db.Tx) ([]Draft, error) {
	out, err := db.All(ctx, tx, scan, `SELECT `+columns+` FROM catalogue_draft WHERE organisation_id = $1 ORDER BY created_at DESC, id`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	return out, nil
}

func get(ctx context.Context, tx *db.Tx, id ids.ID[Draft]) (Draft, error) {
	all, err := db.All(ctx, tx, scan, `SELECT `+columns+` FROM catalogue_draft WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	switch {
	case err != nil:
		return Draft{}, fmt.Errorf("read draft: %w", err)
	case len(all) == 0:
		return Draft{}, fmt.Errorf("read draft: %w", db.ErrNotFound)
	}
	return all[0], nil
}

func insert(ctx context.Context, tx *db.Tx, d *Draft) error {
	files, err := json.Marshal(d.Files)
	if err != nil {
		return fmt.Errorf("write draft's files: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO catalogue_draft (id, organisation_id, name, files, edition, law_on, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, tx.Scope, d.Name, string(files), d.Edition, d.On, d.By, db.Millis(d.At))
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

func remove(ctx context.Context, tx *db.Tx, id ids.ID[Draft]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM catalogue_draft WHERE organisation_id = $1 AND id = $2`, tx.Scope, id); err != nil {
		return fmt.Errorf("remove draft: %w", err)
	}
	return nil
}

// Clear takes drafts away. It is for what the example made, and for nothing else.
func Clear(ctx context.Context, tx *db.Tx, list []ids.ID[Draft]) error {
	for _, id := range list {
		if err := remove(ctx, tx, id); err != nil {
			return fmt.Errorf("take the example's draft away: %w", err)
		}
	}
	return nil
}
