// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// choiceTable is where the choices about a system or a purchase stand.
func (p place) choiceTable() (table, column string) {
	if p.purchase != "" {
		return "purchase_choice", "purchase_id"
	}
	return "procurement_choice", "system_id"
}

func choices(ctx context.Context, tx *db.Tx, org access.OrganisationID, at place) (map[string]*Choice, error) {
	table, column := at.choiceTable()
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Choice, error) {
		var c Choice
		var when int64
		err := scan(&c.Requirement, &c.Included, &c.Weight, &c.Reason, &c.By, &when)
		if err == nil {
			c.Reason, err = tx.Open(ctx, at.reasonCell(c.Requirement), c.Reason)
		}
		c.At = db.FromMillis(when)
		return c, err
	}, `SELECT requirement_id, included = 1, weight, reason, chosen_by, chosen_at FROM `+table+`
		WHERE organisation_id = $1 AND `+column+` = $2`, org, at.owner())
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
	{Table: "purchase_choice", Columns: []string{"reason"}, Key: []string{"purchase_id", "requirement_id"}},
	{Table: "purchase", Columns: []string{"note"}, Key: []string{"id"}},
	{Table: "annex_row", Columns: []string{"content", "verify", "reason"}, Key: []string{"id"}},
	{Table: "annex_version", Columns: []string{"content"}, Key: []string{"owner_id", "number"}},
	{Table: "answer_file", Columns: []string{"name", "content"}, Key: []string{"id"}},
	{Table: "tender", Columns: []string{"content"}, Key: []string{"id"}},
	{Table: "bid", Columns: []string{"name"}, Key: []string{"id"}},
	{Table: "bid_answer", Columns: []string{"content"}, Key: []string{"bid_id", "requirement_id"}},
	{Table: "shared_answer", Columns: []string{"content", "earlier"}, Key: []string{"source", "requirement_id"}},
}

func (p place) reasonCell(requirement string) db.Cell {
	sealed := Sealed[0]
	if p.purchase != "" {
		sealed = Sealed[2]
	}
	return sealed.Cell("reason", p.owner(), requirement)
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

func saveChoice(ctx context.Context, tx *db.Tx, org access.OrganisationID, at place, c Choice) error {
	included := 0
	if c.Included {
		included = 1
	}
	reason, err := tx.Seal(ctx, at.reasonCell(c.Requirement), c.Reason)
	if err != nil {
		return err
	}
	if c.At.IsZero() { // one that is moved keeps its day
		c.At = tx.Now
	}
	table, column := at.choiceTable()
	_, err = tx.Exec(ctx, `
		INSERT INTO `+table+` (organisation_id, `+column+`, requirement_id, included, weight, reason, chosen_by, chosen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (`+column+`, requirement_id) DO UPDATE SET included = excluded.included, weight = excluded.weight, reason = excluded.reason,
			chosen_by = excluded.chosen_by, chosen_at = excluded.chosen_at`,
		org, at.owner(), c.Requirement, included, c.Weight, reason, c.By, db.Millis(c.At))
	return err
}

// Holds tells which of some systems have choices.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM procurement_choice WHERE organisation_id = $1
		UNION SELECT system_id FROM supplier_request WHERE organisation_id = $1
		UNION SELECT system_id FROM purchase WHERE organisation_id = $1 AND system_id IS NOT NULL
		UNION SELECT owner_id FROM annex_row WHERE organisation_id = $1
		UNION SELECT owner_id FROM annex_version WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with choices: %w", err)
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
		if err := removeAnnex(ctx, tx, org, id.String()); err != nil {
			return err
		}
		if err := unbuy(ctx, tx, org, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM supplier_consent WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove consents to share: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM procurement_choice WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove choices: %w", err)
		}
	}
	return nil
}
