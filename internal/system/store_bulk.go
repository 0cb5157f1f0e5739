// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

func insertBulk(ctx context.Context, tx *db.Tx, actor access.Actor, b *Bulk) error {
	change, err := json.Marshal(b.Change)
	if err != nil {
		return err
	}
	before, err := json.Marshal(b.before)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO system_bulk (id, organisation_id, account_id, change, before, systems, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		b.ID, actor.Organisation, actor.ID, string(change), string(before), len(b.before), db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("keep what was before: %w", err)
	}
	return nil
}

func scanBulk(scan func(...any) error) (Bulk, error) {
	var b Bulk
	var change, before string
	var at int64
	var undone sql.NullInt64
	if err := scan(&b.ID, &b.By, &change, &before, &b.Systems, &at, &undone); err != nil {
		return b, err
	}
	b.At = db.FromMillis(at)
	if undone.Valid {
		b.Undone = db.FromMillis(undone.Int64)
	}
	if err := json.Unmarshal([]byte(change), &b.Change); err != nil {
		return b, fmt.Errorf("read change: %w", err)
	}
	return b, json.Unmarshal([]byte(before), &b.before)
}

// bulks reads the changes that a condition holds, the latest first. Its first parameter is $2.
func bulks(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) ([]Bulk, error) {
	out, err := db.All(ctx, tx, scanBulk, `SELECT id, account_id, change, before, systems, created_at, undone_at FROM system_bulk
		WHERE organisation_id = $1 AND `+condition+` ORDER BY created_at DESC, id DESC LIMIT 200`, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read changes of many systems: %w", err)
	}
	return out, nil
}

// endBulk notes that a change is undone; false says that somebody else was first.
func endBulk(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Bulk]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE system_bulk SET undone_at = $1 WHERE organisation_id = $2 AND id = $3 AND undone_at IS NULL`, db.Millis(tx.Now), org, id)
	if err != nil {
		return false, fmt.Errorf("note that a change is undone: %w", err)
	}
	return n == 1, nil
}
