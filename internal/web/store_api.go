// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"

	"github.com/insegel/insegel/internal/db"
)

func answerCell(id string) db.Cell { return Sealed[0].Cell("body", id) }

// claimAnswer writes that a named request has begun, or reads the earlier one.
func claimAnswer(ctx context.Context, tx *db.Tx, k kept) (*kept, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM api_answer WHERE organisation_id = $1 AND expires_at <= $2`, tx.Scope, db.Millis(tx.Limit)); err != nil {
		return nil, err
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO api_answer (id, organisation_id, request_hash, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT (organisation_id, id) DO NOTHING`,
		k.id, tx.Scope, k.request, db.Millis(tx.Limit.Add(keptFor)))
	if err != nil || n == 1 {
		return nil, err
	}
	out := kept{id: k.id}
	row := tx.QueryRow(ctx, `
		SELECT request_hash, status, kind, etag, location, body FROM api_answer WHERE organisation_id = $1 AND id = $2`, tx.Scope, k.id)
	if err := db.One(row, &out.request, &out.status, &out.kind, &out.etag, &out.location, &out.body); err != nil {
		return nil, err
	}
	out.body, err = tx.Open(ctx, answerCell(k.id), out.body)
	return &out, err
}

func keepAnswer(ctx context.Context, tx *db.Tx, k kept) error {
	body, err := tx.Seal(ctx, answerCell(k.id), k.body)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		UPDATE api_answer SET status = $1, kind = $2, etag = $3, location = $4, body = $5
		WHERE organisation_id = $6 AND id = $7 AND request_hash = $8 AND status = 0`,
		k.status, k.kind, k.etag, k.location, body, tx.Scope, k.id, k.request)
	if err == nil && n != 1 {
		return errGone
	}
	return err
}

func forgetAnswer(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM api_answer WHERE organisation_id = $1 AND id = $2 AND status = 0`, tx.Scope, id)
	return err
}
