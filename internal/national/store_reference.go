// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

const fetchColumns = `id, kind, base, asked, found, status, items, fault, detail, asked_by, asked_at, ended_at`

func scanFetch(scan func(...any) error) (Fetch, error) {
	var f Fetch
	var kind FetchKind
	var base, asked, found string
	var at, ended int64
	if err := scan(&f.ID, &kind, &base, &asked, &found, &f.Status, &f.Items, &f.Fault, &f.Detail, &f.By, &at, &ended); err != nil {
		return f, err
	}
	f.Asked = db.FromMillis(at)
	if ended != 0 {
		f.Ended = db.FromMillis(ended)
	}
	err := json.Unmarshal([]byte(asked), &f.Request)
	if err == nil && found != "" {
		err = json.Unmarshal([]byte(found), &f.Found)
	}
	f.Kind, f.Base = kind, base
	return f, err
}

// fetches reads what has been asked of other addresses, the latest first.
func fetches(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Fetch, error) {
	out, err := db.All(ctx, tx, scanFetch, `SELECT `+fetchColumns+` FROM reference_fetch WHERE organisation_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 20`, org)
	if err != nil {
		return nil, fmt.Errorf("read fetches: %w", err)
	}
	return out, nil
}

func fetchOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Fetch]) (Fetch, error) {
	f, err := scanFetch(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+fetchColumns+` FROM reference_fetch WHERE organisation_id = $1 AND id = $2`, org, id), dest...)
	})
	if err != nil {
		return f, fmt.Errorf("fetch %q: %w", id, err)
	}
	return f, nil
}

func insertFetch(ctx context.Context, tx *db.Tx, org access.OrganisationID, f *Fetch) error {
	asked, err := json.Marshal(f.Request)
	if err != nil {
		return fmt.Errorf("write what is asked: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO reference_fetch (id, organisation_id, kind, base, asked, status, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		f.ID, org, f.Kind, f.Base, string(asked), f.Status, f.By, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save fetch: %w", err)
	}
	return nil
}

// beginFetch takes a fetch that waits; db.ErrNotFound says that somebody else has.
func beginFetch(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Fetch]) error {
	n, err := tx.Exec(ctx, `UPDATE reference_fetch SET status = 'running' WHERE organisation_id = $1 AND id = $2 AND status = 'waiting'`, org, id)
	if err == nil && n == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("begin fetch: %w", err)
	}
	return nil
}

func noteItems(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Fetch], items int) error {
	_, err := tx.Exec(ctx, `UPDATE reference_fetch SET items = $3 WHERE organisation_id = $1 AND id = $2`, org, id, items)
	return err
}

// endFetch notes what came of a fetch.
func endFetch(ctx context.Context, tx *db.Tx, org access.OrganisationID, f *Fetch) error {
	found, err := json.Marshal(f.Found)
	if err != nil {
		return fmt.Errorf("write what was found: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE reference_fetch SET status = $3, found = $4, fault = $5, detail = $6, items = $7, ended_at = $8 WHERE organisation_id = $1 AND id = $2`,
		org, f.ID, f.Status, string(found), f.Fault, f.Detail, f.Items, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save what was fetched: %w", err)
	}
	return nil
}

// groupsOf reads the groups of municipalities that have been fetched, by title.
func groupsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]MunicipalityGroup, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (MunicipalityGroup, error) {
		var g MunicipalityGroup
		var members string
		var at int64
		err := scan(&g.Base, &g.Code, &g.Title, &members, &g.Divides, &at)
		g.Members, g.Fetched = strings.Fields(members), db.FromMillis(at)
		return g, err
	}, `SELECT base, code, title, members, divides = 1, fetched_at FROM reference_group WHERE organisation_id = $1 ORDER BY code, base`, org)
	if err != nil {
		return nil, fmt.Errorf("read groups of municipalities: %w", err)
	}
	return out, nil
}

// divisionOf reads the groups that the nation is divided by.
func divisionOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]MunicipalityGroup, error) {
	all, err := groupsOf(ctx, tx, org)
	var out []MunicipalityGroup
	for i := range all {
		if all[i].Divides {
			out = append(out, all[i])
		}
	}
	return out, err
}

func saveGroup(ctx context.Context, tx *db.Tx, org access.OrganisationID, g *MunicipalityGroup) error {
	_, err := tx.Exec(ctx, `INSERT INTO reference_group (organisation_id, base, code, title, members, fetched_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organisation_id, base, code) DO UPDATE SET title = excluded.title, members = excluded.members, fetched_at = excluded.fetched_at`,
		org, g.Base, g.Code, g.Title, strings.Join(g.Members, " "), db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save group of municipalities: %w", err)
	}
	return nil
}

// removeGroups takes away the groups that came from an address.
func removeGroups(ctx context.Context, tx *db.Tx, base string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM reference_group WHERE organisation_id = $1 AND base = $2`, tx.Scope, base); err != nil {
		return fmt.Errorf("remove groups of municipalities: %w", err)
	}
	return nil
}

// setDivision says which groups the nation is divided by.
func setDivision(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []MunicipalityGroup) error {
	if _, err := tx.Exec(ctx, `UPDATE reference_group SET divides = 0 WHERE organisation_id = $1`, org); err != nil {
		return fmt.Errorf("divide by groups: %w", err)
	}
	for i := range list {
		_, err := tx.Exec(ctx, `UPDATE reference_group SET divides = 1 WHERE organisation_id = $1 AND base = $2 AND code = $3`, org, list[i].Base, list[i].Code)
		if err != nil {
			return fmt.Errorf("divide by groups: %w", err)
		}
	}
	return nil
}
