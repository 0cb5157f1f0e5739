// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// disputesOf are what has been said against the records of a system.
func disputesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) (map[ids.ID[Record]]*Dispute, error) {
	out := map[ids.ID[Record]]*Dispute{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var of ids.ID[Record]
		var d Dispute
		var at int64
		err := scan(&of, &at, &d.By, &d.Reason)
		if err == nil {
			d.Reason, err = tx.Open(ctx, Sealed[2].Cell("reason", of.String()), d.Reason)
		}
		d.At, out[of] = db.FromMillis(at), &d
		return struct{}{}, err
	}, `SELECT d.evidence_id, d.disputed_at, d.disputed_by, d.reason FROM evidence_dispute d JOIN evidence e ON e.id = d.evidence_id AND e.organisation_id = d.organisation_id
		WHERE d.organisation_id = $1 AND e.system_id = $2`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read what is said against evidence: %w", err)
	}
	return out, nil
}

// insertDispute notes that somebody says that a record is wrong. It gives db.ErrConflict when somebody has before.
func insertDispute(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Record], reason string) error {
	sealed, err := tx.Seal(ctx, Sealed[2].Cell("reason", id.String()), reason)
	if err != nil {
		return fmt.Errorf("seal reason: %w", err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO evidence_dispute (evidence_id, organisation_id, disputed_at, disputed_by, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		id, actor.Organisation, db.Millis(tx.Now), actor.ID, sealed)
	if err != nil {
		return fmt.Errorf("save what is said against evidence: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	return nil
}

// noteShiftsOf takes note of the changes that a record made.
func noteShiftsOf(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Record]) error {
	_, err := tx.Exec(ctx, `UPDATE evidence_shift SET taken_at = $1, taken_by = $2 WHERE organisation_id = $3 AND evidence_id = $4 AND taken_at IS NULL`,
		db.Millis(tx.Now), actor.ID, actor.Organisation, id)
	if err != nil {
		return fmt.Errorf("take note of changes: %w", err)
	}
	return nil
}
