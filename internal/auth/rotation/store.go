// SPDX-License-Identifier: EUPL-1.2

package rotation

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// agesOf reads what the organisation has chosen.
func agesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Ages, error) {
	out := Ages{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var k Kind
		var days int
		err := scan(&k, &days)
		out[k] = days
		return struct{}{}, err
	}, `SELECT kind, days FROM secret_age WHERE organisation_id = $1`, org)
	return out, err
}

func saveAge(ctx context.Context, tx *db.Tx, org access.OrganisationID, k Kind, days int) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO secret_age (organisation_id, kind, days, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation_id, kind) DO UPDATE SET days = excluded.days, updated_at = excluded.updated_at`, org, k, days, db.Millis(tx.Now))
	return err
}
