// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

func (p *Purchase) noteCell() db.Cell { return Sealed[3].Cell("note", p.ID.String()) }

const purchaseColumns = `p.id, p.name, COALESCE(p.unit_id, ''), COALESCE(u.name, ''), p.note, p.model_id, p.model_version,
	COALESCE(p.system_id, ''), COALESCE(s.slug, ''), p.version, p.updated_at`

const fromPurchases = ` FROM purchase p LEFT JOIN unit u ON u.id = p.unit_id AND u.organisation_id = p.organisation_id
	LEFT JOIN system s ON s.id = p.system_id AND s.organisation_id = p.organisation_id WHERE p.organisation_id = $1`

func scanPurchase(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Purchase, error) {
	return func(scan func(...any) error) (Purchase, error) {
		var p Purchase
		var updated int64
		err := scan(&p.ID, &p.Name, &p.UnitID, &p.Unit, &p.Note, &p.ModelID, &p.ModelVersion, &p.System, &p.Slug, &p.Version, &updated)
		if err == nil {
			p.Note, err = tx.Open(ctx, p.noteCell(), p.Note)
		}
		p.Updated = db.FromMillis(updated)
		return p, err
	}
}

// purchases lists the planned purchases within reach that have not become systems, by name. What they hold is not read.
func purchases(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]Purchase, error) {
	all, err := db.All(ctx, tx, scanPurchase(ctx, tx), `SELECT `+purchaseColumns+fromPurchases+` AND p.system_id IS NULL ORDER BY p.sort_key, p.id`, org)
	if err != nil {
		return nil, fmt.Errorf("read purchases: %w", err)
	}
	var out []Purchase
	for i := range all {
		if r.Holds(all[i].UnitID) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// within reads a purchase that the actor may do the action to. One that is outside the actor's reach is not found.
func within(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Purchase]) (Purchase, error) {
	org := actor.Organisation
	p, err := scanPurchase(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+purchaseColumns+fromPurchases+` AND p.id = $2`, org, id), dest...)
	})
	if err != nil {
		return Purchase{}, fmt.Errorf("read purchase: %w", err)
	}
	if err := access.CheckAt(actor, action, p.UnitID); err != nil {
		return Purchase{}, access.Beyond(fmt.Errorf("read purchase: %w", db.ErrNotFound), err)
	}
	p.Types, err = db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var t string
		return t, scan(&t)
	}, `SELECT type_id FROM purchase_information WHERE organisation_id = $1 AND purchase_id = $2 ORDER BY type_id`, org, id)
	if err != nil {
		return Purchase{}, fmt.Errorf("read what a purchase holds: %w", err)
	}
	p.Levels = map[catalogue.Aspect]int{}
	_, err = db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var name string
		var n int
		err := scan(&name, &n)
		if a, ok := catalogue.ParseAspect(name); ok {
			p.Levels[a] = n
		}
		return struct{}{}, err
	}, `SELECT aspect, level FROM purchase_level WHERE organisation_id = $1 AND purchase_id = $2`, org, id)
	if err != nil {
		return Purchase{}, fmt.Errorf("read the need of a purchase: %w", err)
	}
	return p, nil
}

// savePurchase writes a purchase; version 0 is a new one. db.ErrConflict says that somebody else was first.
func savePurchase(ctx context.Context, tx *db.Tx, actor access.Actor, p *Purchase) error {
	org, now := actor.Organisation, db.Millis(tx.Now)
	note, err := tx.Seal(ctx, p.noteCell(), p.Note)
	if err != nil {
		return err
	}
	var unit any
	if p.UnitID != "" {
		unit = p.UnitID
	}
	n := int64(1)
	if p.Version == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO purchase (id, organisation_id, name, sort_key, unit_id, note, model_id, model_version, created_by, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`, p.ID, org, p.Name, locale.SortKey(p.Name), unit, note, p.ModelID, p.ModelVersion, actor.ID, now)
	} else {
		n, err = tx.Exec(ctx, `UPDATE purchase SET name = $1, sort_key = $2, unit_id = $3, note = $4, model_id = $5, model_version = $6, version = version + 1,
			updated_at = $7 WHERE organisation_id = $8 AND id = $9 AND version = $10 AND system_id IS NULL`,
			p.Name, locale.SortKey(p.Name), unit, note, p.ModelID, p.ModelVersion, now, org, p.ID, p.Version)
	}
	if err != nil {
		return fmt.Errorf("save purchase: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	if err := clearPurchase(ctx, tx, org, p.ID, "purchase_information", "purchase_level"); err != nil {
		return err
	}
	var types, levels [][]any
	for _, t := range p.Types {
		types = append(types, []any{org, p.ID, t})
	}
	for a, level := range p.Levels {
		levels = append(levels, []any{org, p.ID, a.String(), level})
	}
	if err := tx.Insert(ctx, `INSERT INTO purchase_information (organisation_id, purchase_id, type_id) VALUES`, `ON CONFLICT DO NOTHING`, types); err != nil {
		return fmt.Errorf("save what a purchase holds: %w", err)
	}
	if err := tx.Insert(ctx, `INSERT INTO purchase_level (organisation_id, purchase_id, aspect, level) VALUES`, "", levels); err != nil {
		return fmt.Errorf("save the need of a purchase: %w", err)
	}
	return nil
}

func clearPurchase(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Purchase], tables ...string) error {
	for _, table := range tables {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND purchase_id = $2`, org, id); err != nil {
			return fmt.Errorf("clear %s: %w", table, err)
		}
	}
	return nil
}

// removePurchase takes a purchase away with everything about it.
func removePurchase(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Purchase]) error {
	if err := removeTenders(ctx, tx, id); err != nil {
		return err
	}
	if err := clearPurchase(ctx, tx, org, id, "purchase_information", "purchase_level", "purchase_choice"); err != nil {
		return err
	}
	if err := removeAnnex(ctx, tx, org, id.String()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM purchase WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("remove purchase: %w", err)
	}
	return nil
}

// Clear takes away purchases, and leaves those that have become systems. It runs inside the caller's use case.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Purchase]) error {
	for _, id := range list {
		if err := removePurchase(ctx, tx, org, id); err != nil {
			return err
		}
	}
	return nil
}

// bought notes which system a purchase became.
func bought(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Purchase], became ids.ID[system.System]) error {
	n, err := tx.Exec(ctx, `UPDATE purchase SET system_id = $1, version = version + 1, updated_at = $2 WHERE organisation_id = $3 AND id = $4 AND system_id IS NULL`,
		became, db.Millis(tx.Now), org, id)
	if err == nil && n == 0 {
		return ErrBought
	}
	return err
}

// unbuy makes a purchase whose system goes away a planned purchase again.
func unbuy(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) error {
	if _, err := tx.Exec(ctx, `UPDATE purchase SET system_id = NULL, version = version + 1 WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
		return fmt.Errorf("part a purchase from its system: %w", err)
	}
	return nil
}

func (o *Own) cell(column string) db.Cell { return Sealed[4].Cell(column, o.ID.String()) }

// ownRows reads the organisation's own rows of an annex, in the order that they were made; those that were removed too.
func ownRows(ctx context.Context, tx *db.Tx, org access.OrganisationID, owner string) ([]Own, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Own, error) {
		var o Own
		var at int64
		err := scan(&o.ID, &o.Must, &o.Text, &o.Verify, &o.Reason, &o.Removed, &at)
		for _, f := range []struct {
			column string
			at     *string
		}{{"content", &o.Text}, {"verify", &o.Verify}, {"reason", &o.Reason}} {
			if err == nil {
				*f.at, err = tx.Open(ctx, o.cell(f.column), *f.at)
			}
		}
		o.At = db.FromMillis(at)
		return o, err
	}, `SELECT id, must = 1, content, verify, reason, removed_at IS NOT NULL, created_at FROM annex_row
		WHERE organisation_id = $1 AND owner_id = $2 ORDER BY created_at, id`, org, owner)
	if err != nil {
		return nil, fmt.Errorf("read own requirements: %w", err)
	}
	return out, nil
}

func insertOwn(ctx context.Context, tx *db.Tx, actor access.Actor, owner string, o *Own) error {
	must := 0
	if o.Must {
		must = 1
	}
	text, err := tx.Seal(ctx, o.cell("content"), o.Text)
	if err != nil {
		return err
	}
	verify, err := tx.Seal(ctx, o.cell("verify"), o.Verify)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO annex_row (id, organisation_id, owner_id, must, content, verify, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		o.ID, actor.Organisation, owner, must, text, verify, actor.ID, db.Millis(tx.Now))
	return err
}

// setOwnRemoved marks an own row as removed, and says why.
func setOwnRemoved(ctx context.Context, tx *db.Tx, org access.OrganisationID, owner string, o *Own) error {
	reason, err := tx.Seal(ctx, o.cell("reason"), o.Reason)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE annex_row SET removed_at = $1, reason = $2 WHERE organisation_id = $3 AND owner_id = $4 AND id = $5 AND removed_at IS NULL`,
		db.Millis(tx.Now), reason, org, owner, o.ID)
	if err == nil && n == 0 {
		return db.ErrNotFound
	}
	return err
}

func versionCell(owner string, number int) db.Cell {
	return Sealed[5].Cell("content", owner, strconv.Itoa(number))
}

// versions reads the versions of an annex, the newest first.
func versions(ctx context.Context, tx *db.Tx, org access.OrganisationID, owner string) ([]Version, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Version, error) {
		var v Version
		var content string
		var at int64
		err := scan(&v.Number, &v.Hash, &content, &v.By, &at)
		if err == nil {
			content, err = tx.Open(ctx, versionCell(owner, v.Number), content)
		}
		if err == nil {
			err = json.Unmarshal([]byte(content), &v.Lines)
		}
		v.At = db.FromMillis(at)
		return v, err
	}, `SELECT number, hash, content, made_by, made_at FROM annex_version WHERE organisation_id = $1 AND owner_id = $2 ORDER BY number DESC`, org, owner)
	if err != nil {
		return nil, fmt.Errorf("read versions of annex: %w", err)
	}
	return out, nil
}

func insertVersion(ctx context.Context, tx *db.Tx, actor access.Actor, owner string, v *Version) error {
	b, err := json.Marshal(v.Lines)
	if err != nil {
		return err
	}
	content, err := tx.Seal(ctx, versionCell(owner, v.Number), string(b))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO annex_version (organisation_id, owner_id, number, hash, content, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		actor.Organisation, owner, v.Number, v.Hash, content, actor.ID, db.Millis(v.At))
	return err
}

// removeAnnex takes away the own rows and the versions of an annex.
func removeAnnex(ctx context.Context, tx *db.Tx, org access.OrganisationID, owner string) error {
	for _, table := range []string{"annex_row", "annex_version"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND owner_id = $2`, org, owner); err != nil {
			return fmt.Errorf("remove from %s: %w", table, err)
		}
	}
	return nil
}

// moveAnnex moves the choices, own rows and versions of a purchase's annex to the system that it became. What is sealed is opened and
// sealed anew, because it is bound to where it stands.
func moveAnnex(ctx context.Context, tx *db.Tx, org access.OrganisationID, from ids.ID[Purchase], to ids.ID[system.System]) error {
	chosen, err := choices(ctx, tx, org, place{purchase: from})
	if err != nil {
		return err
	}
	for _, c := range chosen {
		if err := saveChoice(ctx, tx, org, place{system: to}, *c); err != nil {
			return fmt.Errorf("move choice: %w", err)
		}
	}
	if err := clearPurchase(ctx, tx, org, from, "purchase_choice"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE annex_row SET owner_id = $1 WHERE organisation_id = $2 AND owner_id = $3`, to, org, from); err != nil {
		return fmt.Errorf("move own requirements: %w", err)
	}
	all, err := versions(ctx, tx, org, from.String())
	if err != nil {
		return err
	}
	for i := range all {
		v := &all[i]
		b, err := json.Marshal(v.Lines)
		if err != nil {
			return err
		}
		content, err := tx.Seal(ctx, versionCell(to.String(), v.Number), string(b))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE annex_version SET owner_id = $1, content = $2 WHERE organisation_id = $3 AND owner_id = $4 AND number = $5`, to, content, org, from, v.Number)
		if err != nil {
			return fmt.Errorf("move version: %w", err)
		}
	}
	return nil
}
