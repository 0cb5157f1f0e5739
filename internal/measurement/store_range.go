// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

func scanRange(scan func(...any) error) (Range, error) {
	var r Range
	var cidr string
	var asked, approved, ended int64
	err := scan(&r.ID, &cidr, &r.AskedBy, &asked, &r.ApprovedBy, &approved, &r.Expires, &ended)
	r.AskedAt, r.ApprovedAt, r.Ended = db.FromMillis(asked), moment(approved), moment(ended)
	if err != nil {
		return r, err
	}
	r.CIDR, err = netip.ParsePrefix(cidr)
	return r, err
}

// ranges are the organisation's private networks, the newest first.
func ranges(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Range, error) {
	out, err := db.All(ctx, tx, scanRange, `SELECT id, cidr, asked_by, asked_at, approved_by, COALESCE(approved_at, 0), expires_on, COALESCE(ended_at, 0)
		FROM measurement_range WHERE organisation_id = $1 ORDER BY id DESC`, org)
	if err != nil {
		return nil, fmt.Errorf("read private networks: %w", err)
	}
	return out, nil
}

func insertRange(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Range) error {
	_, err := tx.Exec(ctx, `INSERT INTO measurement_range (id, organisation_id, cidr, asked_by, asked_at, expires_on) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, org, r.CIDR.String(), r.AskedBy, db.Millis(r.AskedAt), r.Expires)
	if err != nil {
		return fmt.Errorf("save private network: %w", err)
	}
	return nil
}

func approveRange(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Range]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measurement_range SET approved_by = $1, approved_at = $2
		WHERE organisation_id = $3 AND id = $4 AND approved_at IS NULL AND ended_at IS NULL`, actor.ID, db.Millis(tx.Now), actor.Organisation, id)
	if err != nil {
		return false, fmt.Errorf("approve private network: %w", err)
	}
	return n == 1, nil
}

func endRange(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Range]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measurement_range SET ended_at = $1 WHERE organisation_id = $2 AND id = $3 AND ended_at IS NULL`, db.Millis(tx.Now), org, id)
	if err != nil {
		return false, fmt.Errorf("end private network: %w", err)
	}
	return n == 1, nil
}
