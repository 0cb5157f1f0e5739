// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

const columns = `id, organisation_id, kind, name_sv, name_en, issuer, settings, own, enabled, version, created_at, updated_at`

func scan(scan func(...any) error) (Provider, error) {
	var p Provider
	var settings, own string
	var enabled, created, updated int64
	if err := scan(&p.ID, &p.Organisation, &p.Kind, &p.NameSV, &p.NameEN, &p.Issuer, &settings, &own, &enabled, &p.Version, &created, &updated); err != nil {
		return p, err
	}
	p.Own, p.Enabled, p.Created, p.Updated = json.RawMessage(own), enabled == 1, db.FromMillis(created), db.FromMillis(updated)
	return p, json.Unmarshal([]byte(settings), &p.Settings)
}

// one scans a row and turns "no rows" into ErrUnknown.
func one(row func(...any) error) (Provider, error) {
	p, err := scan(row)
	if errors.Is(err, db.ErrNotFound) {
		return Provider{}, ErrUnknown
	}
	return p, err
}

// All lists the providers of an organisation, in the order that they were added.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Provider, error) {
	out, err := db.All(ctx, tx, scan, `SELECT `+columns+` FROM identity_provider WHERE organisation_id = $1 ORDER BY created_at, id`, org)
	if err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	return out, nil
}

// Enabled lists the providers of an organisation that are switched on.
func Enabled(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Provider, error) {
	out, err := db.All(ctx, tx, scan, `
		SELECT `+columns+` FROM identity_provider WHERE organisation_id = $1 AND enabled = 1 ORDER BY created_at, id`, org)
	if err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	return out, nil
}

// Get reads one provider of an organisation.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ID) (Provider, error) {
	row := tx.QueryRow(ctx, `SELECT `+columns+` FROM identity_provider WHERE organisation_id = $1 AND id = $2`, org, id)
	p, err := one(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil && !errors.Is(err, ErrUnknown) {
		return p, fmt.Errorf("read provider: %w", err)
	}
	return p, err
}

// find reads a provider whose organisation is not known yet: its id came in the address of a sign-in.
func find(ctx context.Context, tx *db.Tx, id ID) (Provider, error) {
	row := tx.QueryRow(ctx, `SELECT `+columns+` FROM identity_provider WHERE organisation_id <> '' AND id = $1`, id)
	return one(func(dest ...any) error { return db.One(row, dest...) })
}

// Find reads a provider by the id that stands in the address of a sign-in, before anybody is known.
func Find(ctx context.Context, d *db.DB, id ID) (Provider, error) {
	var p Provider
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		p, err = find(ctx, tx, id)
		return err
	})
	if err != nil && !errors.Is(err, ErrUnknown) {
		return p, fmt.Errorf("find provider: %w", err)
	}
	return p, err
}

func insert(ctx context.Context, tx *db.Tx, p *Provider) error {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO identity_provider (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 1, $9, $9) ON CONFLICT DO NOTHING`,
		p.ID, p.Organisation, p.Kind, p.NameSV, p.NameEN, p.Issuer, string(settings), string(p.Own), db.Millis(tx.Now))
	if err == nil && n == 0 {
		return ErrTaken
	}
	return err
}

func update(ctx context.Context, tx *db.Tx, p *Provider) error {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return err
	}
	enabled := 0
	if p.Enabled {
		enabled = 1
	}
	n, err := tx.Exec(ctx, `
		UPDATE identity_provider
		SET name_sv = $1, name_en = $2, settings = $3, own = $4, enabled = $5,
			started = CASE WHEN enabled = 1 THEN 1 ELSE started END, version = version + 1, updated_at = $6
		WHERE organisation_id = $7 AND id = $8 AND version = $9`,
		p.NameSV, p.NameEN, string(settings), string(p.Own), enabled, db.Millis(tx.Now), p.Organisation, p.ID, p.Version)
	if err == nil && n == 0 {
		return db.ErrConflict
	}
	return err
}

// LevelsOf reads what the roles of an organisation ask for, and whether it has, or has had, a provider that is switched on.
func LevelsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Levels, error) {
	type row struct {
		role  access.Role
		level Level
	}
	rows, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.role, &r.level.Factors, &r.level.LoA)
	}, `
		SELECT role, factors, loa FROM accepted_level WHERE organisation_id = $1
		UNION ALL SELECT '', COUNT(*), 0 FROM identity_provider WHERE organisation_id = $1 AND (started = 1 OR enabled = 1)`, org)
	if err != nil {
		return Levels{}, fmt.Errorf("read levels: %w", err)
	}
	out := Levels{Chosen: map[access.Role]Level{}}
	for _, r := range rows {
		if r.role == "" {
			out.On = r.level.Factors > 0 // the count of providers
			continue
		}
		out.Chosen[r.role] = r.level
	}
	return out, nil
}

// Accept reads which roles a session gives. It is auth.Options.Levels.
func Accept(ctx context.Context, tx *db.Tx, org access.OrganisationID) (auth.Accepted, error) {
	levels, err := LevelsOf(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	guard, err := GuardOf(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return func(role access.Role, s auth.Shown) string {
		switch {
		case s.Method == auth.MethodDemo: // it shows nothing, and nothing but the demonstration's own command makes such a session
			return ""
		case !levels.Of(role).Met(Strength{Factors: s.Factors, LoA: s.LoA}):
			return "level"
		default:
			return guard.withholds(role, s)
		}
	}, nil
}

// GuardOf reads what an organisation asks of devices and networks.
func GuardOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Guard, error) {
	var g Guard
	var networks string
	err := db.One(tx.QueryRow(ctx, `SELECT bound, networks FROM signin_guard WHERE organisation_id = $1`, org), &g.Bound, &networks)
	if errors.Is(err, db.ErrNotFound) {
		return Guard{}, nil
	}
	if err == nil {
		g.Networks, err = ParseNetworks(networks)
	}
	if err != nil {
		return Guard{}, fmt.Errorf("read guard: %w", err)
	}
	return g, nil
}

func saveGuard(ctx context.Context, tx *db.Tx, org access.OrganisationID, g *Guard) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO signin_guard (organisation_id, bound, networks, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation_id) DO UPDATE SET bound = excluded.bound, networks = excluded.networks, updated_at = excluded.updated_at`,
		org, string(g.Bound), g.text(" "), db.Millis(tx.Now))
	return err
}

// rolesOf reads the roles of an account's person, and whether there is one.
func rolesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (roles []access.Role, known bool, err error) {
	all, err := db.All(ctx, tx, func(scan func(...any) error) (access.Role, error) {
		var r access.Role
		return r, scan(&r)
	}, `SELECT COALESCE(a.role, '') FROM person p
		LEFT JOIN assignment a ON a.organisation_id = p.organisation_id AND a.person_id = p.id AND a.ended_at IS NULL
		WHERE p.organisation_id = $1 AND p.account_id = $2`, org, account)
	if err != nil {
		return nil, false, fmt.Errorf("read roles: %w", err)
	}
	return all, len(all) > 0, nil
}

func saveLevel(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Role, l Level) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO accepted_level (organisation_id, role, factors, loa, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organisation_id, role) DO UPDATE SET factors = excluded.factors, loa = excluded.loa, updated_at = excluded.updated_at`,
		org, r, l.Factors, l.LoA, db.Millis(tx.Now))
	return err
}

// everyEnabled lists the providers of all organisations that are switched on, for the sign-in page, where nobody is known yet.
func everyEnabled(ctx context.Context, tx *db.Tx) ([]Provider, error) {
	return db.All(ctx, tx, scan, `
		SELECT `+columns+` FROM identity_provider WHERE organisation_id <> '' AND enabled = 1 ORDER BY organisation_id, created_at, id`)
}

func organisationNames(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id, name string
		err := scan(&id, &name)
		out[id] = name
		return id, err
	}, `SELECT id, name FROM organisation`)
	return out, err
}
