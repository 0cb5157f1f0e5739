// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

func scanOrganisation(scan func(...any) error) (Organisation, error) {
	var o Organisation
	return o, scan(&o.ID, &o.Code, &o.Name, &o.Example)
}

func list(ctx context.Context, tx *db.Tx) ([]Organisation, error) {
	return db.All(ctx, tx, scanOrganisation, `SELECT id, code, name, example = 1 FROM organisation ORDER BY code`)
}

func insert(ctx context.Context, tx *db.Tx, o Organisation) error {
	example := 0
	if o.Example {
		example = 1
	}
	_, err := tx.Exec(ctx, `INSERT INTO organisation (id, code, name, example, created_at) VALUES ($1, $2, $3, $4, $5)`,
		o.ID, o.Code, o.Name, example, db.Millis(tx.Now))
	return err
}

func rename(ctx context.Context, tx *db.Tx, o Organisation) error {
	_, err := tx.Exec(ctx, `UPDATE organisation SET name = $1 WHERE id = $2`, o.Name, o.ID)
	return err
}

// Get reads one organisation.
func Get(ctx context.Context, tx *db.Tx, id access.OrganisationID) (Organisation, error) {
	row := tx.QueryRow(ctx, `SELECT id, code, name, example = 1 FROM organisation WHERE id = $1`, id)
	var o Organisation
	if err := db.One(row, &o.ID, &o.Code, &o.Name, &o.Example); err != nil {
		return Organisation{}, fmt.Errorf("read organisation: %w", err)
	}
	return o, nil
}

// Units lists an organisation's units in Swedish order.
func Units(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Unit, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Unit, error) {
		var u Unit
		return u, scan(&u.ID, &u.Name, &u.Parent)
	}, `SELECT id, name, COALESCE(parent_id, '') FROM unit WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	locale.Sort(out, func(u Unit) string { return u.Name })
	return out, nil
}

// lockUnits makes those who move units wait for each other: two moves, each of them right, could make a circle together.
func lockUnits(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	if _, err := tx.Exec(ctx, `UPDATE organisation SET name = name WHERE id = $1`, org); err != nil {
		return fmt.Errorf("wait for others who move units: %w", err)
	}
	return nil
}

func setParent(ctx context.Context, tx *db.Tx, org access.OrganisationID, unit, parent access.UnitID) error {
	var to any
	if !parent.IsZero() {
		to = parent
	}
	_, err := tx.Exec(ctx, `UPDATE unit SET parent_id = $1 WHERE organisation_id = $2 AND id = $3`, to, org, unit)
	return err
}

// EnsureUnits makes the units that are missing and gives every name's id. Names that fold alike are one unit.
func EnsureUnits(ctx context.Context, tx *db.Tx, org access.OrganisationID, names []string) (map[string]access.UnitID, error) {
	var rows [][]any
	seen := map[string]bool{"": true}
	for _, n := range names {
		if f := locale.Fold(n); !seen[f] {
			seen[f] = true
			rows = append(rows, []any{ids.New[access.Part](), org, n, f, db.Millis(tx.Now)})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES`,
		`ON CONFLICT (organisation_id, folded) DO NOTHING`, rows)
	if err != nil {
		return nil, fmt.Errorf("save units: %w", err)
	}
	type pair struct {
		folded string
		id     access.UnitID
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (pair, error) {
		var p pair
		return p, scan(&p.folded, &p.id)
	}, `SELECT folded, id FROM unit WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	byFolded := make(map[string]access.UnitID, len(all))
	for _, p := range all {
		byFolded[p.folded] = p.id
	}
	out := make(map[string]access.UnitID, len(names))
	for _, n := range names {
		if id, ok := byFolded[locale.Fold(n)]; ok {
			out[n] = id
		}
	}
	return out, nil
}

// Setting reads one of the organisation's settings; an unset one is "".
func Setting(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (string, error) {
	var v string
	err := db.One(tx.QueryRow(ctx, `SELECT value FROM organisation_setting WHERE organisation_id = $1 AND name = $2`, org, name), &v)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read setting %s: %w", name, err)
	}
	return v, nil
}

// Settings reads all of the organisation's settings whose names begin with prefix, by name.
func Settings(ctx context.Context, tx *db.Tx, org access.OrganisationID, prefix string) (map[string]string, error) {
	type pair struct{ name, value string }
	all, err := db.All(ctx, tx, func(scan func(...any) error) (pair, error) {
		var p pair
		return p, scan(&p.name, &p.value)
	}, `SELECT name, value FROM organisation_setting WHERE organisation_id = $1 AND substr(name, 1, length($2)) = $2`, org, prefix)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	out := make(map[string]string, len(all))
	for _, p := range all {
		out[p.name] = p.value
	}
	return out, nil
}

// SaveSetting changes one of the organisation's settings inside the use case that has checked the value and logs the change.
func SaveSetting(ctx context.Context, tx *db.Tx, org access.OrganisationID, name, value string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO organisation_setting (organisation_id, name, value, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		org, name, value, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save setting %s: %w", name, err)
	}
	return nil
}

// removeUnit takes a unit away. What refers to it keeps it.
func removeUnit(ctx context.Context, tx *db.Tx, org access.OrganisationID, id access.UnitID) error {
	return tx.Attempt(ctx, func() error {
		_, err := tx.Exec(ctx, `DELETE FROM unit WHERE organisation_id = $1 AND id = $2`, org, id)
		return err
	})
}

// SetExample says whether an organisation holds example data. It reports whether that was a change. It runs inside the caller's use case.
func SetExample(ctx context.Context, tx *db.Tx, org access.OrganisationID, example bool) (bool, error) {
	now := 0
	if example {
		now = 1
	}
	n, err := tx.Exec(ctx, `UPDATE organisation SET example = $1 WHERE id = $2 AND example <> $1`, now, org)
	if err != nil {
		return false, fmt.Errorf("say whether the organisation holds example data: %w", err)
	}
	return n > 0, nil
}

// ForgetSetting takes a setting away. It runs inside the caller's use case.
func ForgetSetting(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM organisation_setting WHERE organisation_id = $1 AND name = $2`, org, name); err != nil {
		return fmt.Errorf("forget setting: %w", err)
	}
	return nil
}
