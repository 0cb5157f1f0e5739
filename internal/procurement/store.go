// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

func choices(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) (map[string]*Choice, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Choice, error) {
		var c Choice
		var at int64
		err := scan(&c.Requirement, &c.Included, &c.Reason, &c.By, &at)
		if err == nil {
			c.Reason, err = tx.Open(ctx, reasonCell(id, c.Requirement), c.Reason)
		}
		c.At = db.FromMillis(at)
		return c, err
	}, `SELECT requirement_id, included = 1, reason, chosen_by, chosen_at FROM procurement_choice
		WHERE organisation_id = $1 AND system_id = $2`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read choices: %w", err)
	}
	out := make(map[string]*Choice, len(list))
	for i := range list {
		out[list[i].Requirement] = &list[i]
	}
	return out, nil
}

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "procurement_choice", Columns: []string{"reason"}, Key: []string{"system_id", "requirement_id"}},
	{Table: "supplier_answer", Columns: []string{"how"}, Key: []string{"request_id", "requirement_id"}},
}

func reasonCell(id ids.ID[system.System], requirement string) db.Cell {
	return Sealed[0].Cell("reason", id.String(), requirement)
}

// chosen tells which systems somebody has chosen requirements for.
func chosen(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[system.System]]bool, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[system.System], error) {
		var id ids.ID[system.System]
		err := scan(&id)
		return id, err
	}, `SELECT DISTINCT system_id FROM procurement_choice WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read systems with choices: %w", err)
	}
	out := make(map[ids.ID[system.System]]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, nil
}

func saveChoice(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System], c Choice) error {
	included := 0
	if c.Included {
		included = 1
	}
	reason, err := tx.Seal(ctx, reasonCell(id, c.Requirement), c.Reason)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO procurement_choice (organisation_id, system_id, requirement_id, included, reason, chosen_by, chosen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (system_id, requirement_id) DO UPDATE SET included = excluded.included, reason = excluded.reason,
			chosen_by = excluded.chosen_by, chosen_at = excluded.chosen_at`,
		org, id, c.Requirement, included, reason, c.By, db.Millis(tx.Now))
	return err
}

// Holds tells which of some systems have choices.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	held, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[system.System], error) {
		var id ids.ID[system.System]
		return id, scan(&id)
	}, `SELECT DISTINCT system_id FROM procurement_choice WHERE organisation_id = $1
		UNION SELECT system_id FROM supplier_request WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with choices: %w", err)
	}
	out := make(map[ids.ID[system.System]]bool, len(held))
	for _, id := range held {
		out[id] = slices.Contains(systems, id)
	}
	return out, nil
}

// Remove takes away the choices of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		asked, err := requests(ctx, tx, id)
		if err != nil {
			return err
		}
		for i := range asked {
			if err := removeRequest(ctx, tx, asked[i].ID); err != nil {
				return fmt.Errorf("remove requests to suppliers: %w", err)
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM procurement_choice WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove choices: %w", err)
		}
	}
	return nil
}
