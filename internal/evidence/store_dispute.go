// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

const disputeColumns = `d.evidence_id, d.disputed_at, d.disputed_by, d.reason, COALESCE(d.settled_at, 0), d.settled_by, d.ruling, d.ruling_reason`

// disputes are by the records that they are about.
type disputes map[ids.ID[Record]]*Dispute

// scan reads a dispute. Its words stay sealed.
func (l disputes) scan(scan func(...any) error) (struct{}, error) {
	var of ids.ID[Record]
	var d Dispute
	var at, settled int64
	err := scan(&of, &at, &d.By, &d.Reason, &settled, &d.SettledBy, &d.Ruling, &d.RulingWhy)
	if d.At = db.FromMillis(at); settled != 0 {
		d.Settled = db.FromMillis(settled)
	}
	l[of] = &d
	return struct{}{}, err
}

// open unseals the words.
func (l disputes) open(ctx context.Context, tx *db.Tx) error {
	var err error
	for of, d := range l {
		if d.Reason, err = tx.Open(ctx, Sealed[2].Cell("reason", of.String()), d.Reason); err != nil {
			return fmt.Errorf("open what is said against evidence: %w", err)
		}
		if d.RulingWhy == "" {
			continue
		}
		if d.RulingWhy, err = tx.Open(ctx, Sealed[2].Cell("ruling_reason", of.String()), d.RulingWhy); err != nil {
			return fmt.Errorf("open why a dispute was settled: %w", err)
		}
	}
	return nil
}

// name finds who it is that said so, and who ruled.
func (l disputes) name(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	if len(l) == 0 {
		return nil
	}
	names, err := organisation.NamesOf(ctx, tx, org)
	for _, d := range l {
		d.Name, d.Ruler = names[d.By], names[d.SettledBy]
	}
	return err
}

// disputesOf are what has been said against the records of a system, settled or not.
func disputesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) (disputes, error) {
	out := disputes{}
	if _, err := db.All(ctx, tx, out.scan, `SELECT `+disputeColumns+` FROM evidence_dispute d JOIN evidence e ON e.id = d.evidence_id AND e.organisation_id = d.organisation_id
		WHERE d.organisation_id = $1 AND e.system_id = $2`, org, id); err != nil {
		return nil, fmt.Errorf("read what is said against evidence: %w", err)
	}
	if err := out.open(ctx, tx); err != nil {
		return nil, err
	}
	return out, out.name(ctx, tx, org)
}

// openDisputes are those of an organisation that nobody has settled, without the words.
func openDisputes(ctx context.Context, tx *db.Tx, org access.OrganisationID) (disputes, error) {
	out := disputes{}
	if _, err := db.All(ctx, tx, out.scan, `SELECT `+disputeColumns+` FROM evidence_dispute d WHERE d.organisation_id = $1 AND d.settled_at IS NULL`, org); err != nil {
		return nil, fmt.Errorf("read what is disputed: %w", err)
	}
	for _, d := range out {
		d.Reason = ""
	}
	return out, out.name(ctx, tx, org)
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

// settleDispute rules on what is said against a record. It gives db.ErrConflict when nothing is, or somebody has ruled before.
func settleDispute(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Record], how Ruling, why string) error {
	sealed, err := tx.Seal(ctx, Sealed[2].Cell("ruling_reason", id.String()), why)
	if err != nil {
		return fmt.Errorf("seal reason: %w", err)
	}
	n, err := tx.Exec(ctx, `UPDATE evidence_dispute SET settled_at = $1, settled_by = $2, ruling = $3, ruling_reason = $4
		WHERE organisation_id = $5 AND evidence_id = $6 AND settled_at IS NULL`, db.Millis(tx.Now), actor.ID, how, sealed, actor.Organisation, id)
	if err != nil {
		return fmt.Errorf("save how a dispute was settled: %w", err)
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

// renewShiftsOf makes the changes that a dispute took note of wait for somebody again: the measurement that made them stands.
func renewShiftsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Record) error {
	_, err := tx.Exec(ctx, `UPDATE evidence_shift SET taken_at = NULL, taken_by = '' WHERE organisation_id = $1 AND evidence_id = $2 AND taken_at = $3 AND taken_by = $4`,
		org, r.ID, db.Millis(r.Dispute.At), r.Dispute.By)
	if err != nil {
		return fmt.Errorf("bring changes back: %w", err)
	}
	return nil
}
