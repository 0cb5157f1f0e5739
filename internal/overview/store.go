// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/system"
)

// auditSize reads how long the organisation's log was right after the latest change. Readings and refusals do not move it.
func auditSize(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int64, error) {
	h, err := audit.HeadOf(ctx, tx, org)
	return h.Changed, err
}

// heldBy counts in how many of the systems within reach each piece of information is, and in how many somebody has confirmed it.
func heldBy(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) (map[ids.ID[information.Information]][2]int, error) {
	within, args := "", []any{org}
	if !r.All {
		within, args = system.InReach(r, "s.unit_id", args)
		within = ` AND l.system_id IN (SELECT s.id FROM system s WHERE s.organisation_id = $1 AND ` + within + `)`
	}
	out := map[ids.ID[information.Information]][2]int{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[information.Information]
		var all, confirmed int
		err := scan(&id, &all, &confirmed)
		out[id] = [2]int{all, confirmed}
		return struct{}{}, err
	}, `SELECT l.information_id, COUNT(*), COUNT(CASE WHEN l.status = 'confirmed' THEN 1 END)
		FROM system_information l WHERE l.organisation_id = $1`+within+` GROUP BY l.information_id`, args...)
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

// holding asks for the systems within reach that hold information of a type, or the organisation's own.
type holding struct {
	organisation access.OrganisationID
	reach        access.Reach
	typeID, own  string
}

// holders lists the systems that hold some of the information, in Swedish order, one page of them, and how many there are.
func holders(ctx context.Context, tx *db.Tx, h holding, page int) ([]Holder, int, error) {
	within, args := system.InReach(h.reach, "s.unit_id", []any{h.organisation, h.typeID, h.own})
	which := ` FROM system_information l
		JOIN information i ON i.id = l.information_id AND i.organisation_id = l.organisation_id
		JOIN system s ON s.id = l.system_id AND s.organisation_id = l.organisation_id
		WHERE l.organisation_id = $1 AND ($2 <> '' AND i.type_id = $2 OR i.id = $3) AND ` + within
	var total int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*)`+which, args...), &total); err != nil {
		return nil, 0, fmt.Errorf("count systems that hold information: %w", err)
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Holder, error) {
		var h Holder
		return h, scan(&h.Slug, &h.Name, &h.Unit, &h.Confirmed, &h.Reason)
	}, `SELECT s.slug, s.name, COALESCE((SELECT name FROM unit u WHERE u.id = s.unit_id AND u.organisation_id = s.organisation_id), ''),
			l.status = 'confirmed', l.reason`+which+
		fmt.Sprintf(` ORDER BY s.sort_key, s.id LIMIT %d OFFSET %d`, PageSize, (page-1)*PageSize), args...)
	if err != nil {
		return nil, 0, fmt.Errorf("read systems that hold information: %w", err)
	}
	return list, total, nil
}

// people gives the names of the organisation's people by the id that the log knows them by, their account's.
func people(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id, name string
		err := scan(&id, &name)
		out[id] = name
		return struct{}{}, err
	}, `SELECT account_id, name FROM person WHERE organisation_id = $1 AND account_id IS NOT NULL`, org)
	if err != nil {
		return nil, fmt.Errorf("read people's names: %w", err)
	}
	return out, nil
}

// systemNames gives what every system is called, by its id.
func systemNames(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]Named, error) {
	out := map[string]Named{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id string
		var n Named
		err := scan(&id, &n.Name, &n.Slug)
		out[id] = n
		return struct{}{}, err
	}, `SELECT id, name, slug FROM system WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read systems' names: %w", err)
	}
	return out, nil
}

// snoozed reads to which days the actor has put tasks off, by their keys.
func snoozed(ctx context.Context, tx *db.Tx, actor access.Actor) (map[string]civil.Date, error) {
	out := map[string]civil.Date{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var task string
		var until civil.Date
		err := scan(&task, &until)
		out[task] = until
		return struct{}{}, err
	}, `SELECT task, until_on FROM todo_snooze WHERE organisation_id = $1 AND account_id = $2`, actor.Organisation, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("read what is put off: %w", err)
	}
	return out, nil
}

// snooze puts a task off, or takes it back, and forgets what has come back by itself.
func snooze(ctx context.Context, tx *db.Tx, actor access.Actor, key string, until civil.Date) error {
	_, err := tx.Exec(ctx, `DELETE FROM todo_snooze WHERE organisation_id = $1 AND account_id = $2 AND (task = $3 OR until_on < $4)`,
		actor.Organisation, actor.ID, key, civil.Of(tx.Now))
	if err != nil {
		return fmt.Errorf("forget what was put off: %w", err)
	}
	if until.IsZero() {
		return nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO todo_snooze (organisation_id, account_id, task, until_on, created_at) VALUES ($1, $2, $3, $4, $5)`,
		actor.Organisation, actor.ID, key, until, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("put off task: %w", err)
	}
	return nil
}

// views lists what the actor has saved, in the order that it was.
func views(ctx context.Context, tx *db.Tx, actor access.Actor) ([]View, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (View, error) {
		var v View
		return v, scan(&v.ID, &v.Name, &v.Address)
	}, `SELECT id, name, address FROM saved_view WHERE organisation_id = $1 AND account_id = $2 ORDER BY created_at, id`, actor.Organisation, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("read saved views: %w", err)
	}
	return out, nil
}

func insertView(ctx context.Context, tx *db.Tx, actor access.Actor, v *View) error {
	_, err := tx.Exec(ctx, `INSERT INTO saved_view (id, organisation_id, account_id, name, address, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.ID, actor.Organisation, actor.ID, v.Name, v.Address, db.Millis(tx.Now))
	return err
}

func deleteView(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[View]) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM saved_view WHERE organisation_id = $1 AND account_id = $2 AND id = $3`, actor.Organisation, actor.ID, id)
}

// deliveries lists the systems within reach that a supplier delivers.
func deliveries(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]delivered, error) {
	within, args := system.InReach(r, "s.unit_id", []any{org})
	out, err := db.All(ctx, tx, func(scan func(...any) error) (delivered, error) {
		var d delivered
		return d, scan(&d.id, &d.supplier, &d.agreement)
	}, `SELECT s.id, s.supplier_id, s.processor_agreement FROM system s WHERE s.organisation_id = $1 AND s.supplier_id IS NOT NULL AND `+within, args...)
	if err != nil {
		return nil, fmt.Errorf("read systems of suppliers: %w", err)
	}
	return out, nil
}
