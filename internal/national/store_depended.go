// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/db"
)

// dependedIn reads what was kept of a period.
func dependedIn(ctx context.Context, tx *db.Tx, p Period) (out keptDependence, err error) {
	var body string
	row := tx.QueryRow(ctx, `SELECT body FROM national_depended WHERE organisation_id = $1 AND period = $2`, tx.Scope, p.String())
	if err = db.One(row, &body); err == nil {
		err = json.Unmarshal([]byte(body), &out)
	}
	if err != nil {
		return out, fmt.Errorf("read what was depended on: %w", err)
	}
	return out, nil
}

func saveDepended(ctx context.Context, tx *db.Tx, p Period, x *keptDependence) error {
	body, err := json.Marshal(x)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO national_depended (organisation_id, period, taken_at, body) VALUES ($1, $2, $3, $4)`,
			tx.Scope, p.String(), db.Millis(tx.Now), string(body))
	}
	if err != nil {
		return fmt.Errorf("save what is depended on: %w", err)
	}
	return nil
}

// forgetDepended takes away all that was kept.
func forgetDepended(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM national_depended WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("forget what was depended on: %w", err)
	}
	return nil
}
