// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
)

// auditSize reads how long the organisation's log was right after the latest change. Readings and refusals do not move it.
func auditSize(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int64, error) {
	h, err := audit.HeadOf(ctx, tx, org)
	return h.Changed, err
}

// heldBy counts in how many systems each piece of information is, and in how many somebody has confirmed it.
func heldBy(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[information.Information]][2]int, error) {
	out := map[ids.ID[information.Information]][2]int{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[information.Information]
		var all, confirmed int
		err := scan(&id, &all, &confirmed)
		out[id] = [2]int{all, confirmed}
		return struct{}{}, err
	}, `SELECT information_id, COUNT(*), COUNT(CASE WHEN status = 'confirmed' THEN 1 END)
		FROM system_information WHERE organisation_id = $1 GROUP BY information_id`, org)
	if err != nil {
		return nil, fmt.Errorf("count systems of information: %w", err)
	}
	return out, nil
}

// Holder is a system that holds a piece of information.
type Holder struct {
	Slug, Name, Unit string
	Confirmed        bool
	Reason           string
}

// holders lists the systems that hold some of the information, in Swedish order, one page of them, and how many there are.
func holders(ctx context.Context, tx *db.Tx, org access.OrganisationID, typeID, own string, page int) ([]Holder, int, error) {
	const which = ` FROM system_information l JOIN information i ON i.id = l.information_id JOIN system s ON s.id = l.system_id
		WHERE l.organisation_id = $1 AND ($2 <> '' AND i.type_id = $2 OR i.id = $3)`
	var total int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*)`+which, org, typeID, own), &total); err != nil {
		return nil, 0, fmt.Errorf("count systems that hold information: %w", err)
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Holder, error) {
		var h Holder
		return h, scan(&h.Slug, &h.Name, &h.Unit, &h.Confirmed, &h.Reason)
	}, `SELECT s.slug, s.name, COALESCE((SELECT name FROM unit u WHERE u.id = s.unit_id), ''), l.status = 'confirmed', l.reason`+which+
		` ORDER BY s.sort_key, s.id LIMIT $4 OFFSET $5`, org, typeID, own, PageSize, (page-1)*PageSize)
	if err != nil {
		return nil, 0, fmt.Errorf("read systems that hold information: %w", err)
	}
	return list, total, nil
}
