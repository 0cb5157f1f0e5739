// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// statusCounts tells how many actions each status has.
func statusCounts(ctx context.Context, tx *db.Tx, w which) (map[Status]int, error) {
	out := map[Status]int{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var s Status
		var n int
		err := scan(&s, &n)
		out[s] = n
		return struct{}{}, err
	}, `SELECT x.status, COUNT(*) FROM (SELECT a.status, `+inTime+` AS g`+fromActions+w.clause+`) x GROUP BY x.status`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count actions by status: %w", err)
	}
	return out, nil
}

// columnsOf reads the first actions of every status, by group and day.
func columnsOf(ctx context.Context, tx *db.Tx, w which) ([]Listed, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Listed, error) {
		var l Listed
		a, err := scanAction(ctx, tx)(func(dest ...any) error { return scan(append(dest, &l.Slug, &l.Name, &l.Unit)...) })
		l.Action = a
		return l, err
	}, `SELECT `+columns+`,
			s.slug, s.name, COALESCE(u.name, '')
		FROM (SELECT a.*, `+inTime+` AS g, ROW_NUMBER() OVER (PARTITION BY a.status
				ORDER BY CASE WHEN a.due_on = '' THEN '9' ELSE a.due_on END, a.system_id, a.id) AS place`+fromActions+w.clause+`) x
		JOIN system s ON s.id = x.system_id AND s.organisation_id = x.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id`+doing+fmt.Sprintf(`
		WHERE x.place <= %d`, ColumnSize)+`
		ORDER BY x.place`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read the board: %w", err)
	}
	return out, nil
}

// move gives an action another status. The version is the one that was read.
func move(ctx context.Context, tx *db.Tx, org access.OrganisationID, m *Move) (int64, error) {
	var version int64
	err := db.One(tx.QueryRow(ctx, `UPDATE action SET status = $1, changed_by = $2, version = version + 1, updated_at = $3
		WHERE organisation_id = $4 AND id = $5 AND version = $6 AND obsolete_at IS NULL RETURNING version`,
		m.To, m.by, db.Millis(tx.Now), org, m.Action, m.Version), &version)
	return version, err
}

// changedBy tells which account changed an action last.
func changedBy(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Action]) (string, error) {
	var by string
	err := db.One(tx.QueryRow(ctx, `SELECT changed_by FROM action WHERE organisation_id = $1 AND id = $2`, org, id), &by)
	if err != nil {
		return "", fmt.Errorf("read who changed an action: %w", err)
	}
	return by, nil
}
