// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

func grow(ctx context.Context, tx *db.Tx, org access.OrganisationID, by int64) (int64, error) {
	var size int64
	err := db.One(tx.QueryRow(ctx, `
		INSERT INTO audit_head (organisation_id, size) VALUES ($1, $2)
		ON CONFLICT (organisation_id) DO UPDATE SET size = audit_head.size + excluded.size
		RETURNING size`, org, by), &size)
	return size, err
}

func insert(ctx context.Context, tx *db.Tx, rows [][]any) error {
	return tx.Insert(ctx, `
		INSERT INTO audit_entry (organisation_id, seq, at, actor, action, object_kind, object_id, record, hash) VALUES`, "", rows)
}

func history(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind, id string, limit int) ([]Logged, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Logged, error) {
		var l Logged
		return l, scan(&l.Seq, &l.At, &l.Actor, &l.Action, &l.ObjectKind, &l.ObjectID, &l.Record, &l.Hash)
	}, `
		SELECT seq, at, actor, action, object_kind, object_id, record, hash FROM audit_entry
		WHERE organisation_id = $1 AND object_kind = $2 AND object_id = $3
		ORDER BY seq DESC LIMIT $4`, org, kind, id, limit)
}
