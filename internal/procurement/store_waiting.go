// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// unaccepted reads the systems whose annex has come back with answers that nobody has accepted, in the newest that was sent back.
func unaccepted(ctx context.Context, tx *db.Tx) ([]Waiting, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Waiting, error) {
		w := Waiting{Kind: WaitReplies}
		var slug string
		var finished int64
		err := scan(&slug, &w.Name, &w.UnitID, &w.Unit, &finished, &w.Count)
		w.Path, w.Since = "/system/"+slug+"/leverantorssvar?visa="+viewWaiting, civil.Of(db.FromMillis(finished))
		return w, err
	}, `SELECT s.slug, s.name, COALESCE(s.unit_id, ''), COALESCE(u.name, ''), q.finished_at, COUNT(*)
		FROM supplier_request q
		JOIN system s ON s.id = q.system_id AND s.organisation_id = q.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
		JOIN supplier_answer a ON a.request_id = q.id AND a.organisation_id = q.organisation_id AND a.status <> ''
		LEFT JOIN supplier_acceptance x ON x.request_id = a.request_id AND x.requirement_id = a.requirement_id AND x.organisation_id = a.organisation_id
		WHERE q.organisation_id = $1 AND q.finished_at IS NOT NULL AND x.request_id IS NULL AND NOT EXISTS (SELECT 1 FROM supplier_request n
			WHERE n.organisation_id = q.organisation_id AND n.system_id = q.system_id AND n.finished_at > q.finished_at)
		GROUP BY q.id, s.slug, s.name, s.unit_id, u.name, q.finished_at ORDER BY q.finished_at, q.id`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read answers that wait to be accepted: %w", err)
	}
	return out, nil
}

// undecided reads the tenders whose bids are to be opened, or of which none has won.
func undecided(ctx context.Context, tx *db.Tx) ([]Waiting, error) {
	var out []Waiting
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var w Waiting
		var purchase string
		var deadline, opened int64
		err := scan(&purchase, &w.Name, &w.UnitID, &w.Unit, &deadline, &opened)
		if w.of(purchase, opened > 0, db.FromMillis(deadline), tx.Now) {
			w.Since = civil.Of(db.FromMillis(max(deadline, opened)))
			out = append(out, w)
		}
		return struct{}{}, err
	}, `SELECT p.id, p.name, COALESCE(p.unit_id, ''), COALESCE(u.name, ''), t.deadline_at, COALESCE(t.opened_at, 0)
		FROM tender t JOIN purchase p ON p.id = t.purchase_id AND p.organisation_id = t.organisation_id
		LEFT JOIN unit u ON u.id = p.unit_id AND u.organisation_id = p.organisation_id
		WHERE t.organisation_id = $1 AND t.winner_id = '' ORDER BY t.deadline_at, t.id`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read tenders that wait to be decided: %w", err)
	}
	return out, nil
}
