// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/signin"
)

// Clear removes what has been taken from logs of sign-ins, in the caller's transaction: the example removes its own with it.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Import]) error {
	for _, id := range list {
		for _, q := range []string{
			`DELETE FROM signin_count WHERE organisation_id = $1 AND import_id = $2`,
			`DELETE FROM signin_application WHERE organisation_id = $1 AND import_id = $2`,
			`DELETE FROM signin_import WHERE organisation_id = $1 AND id = $2`,
		} {
			if _, err := tx.Exec(ctx, q, org, id); err != nil {
				return fmt.Errorf("remove sign-ins: %w", err)
			}
		}
	}
	return nil
}

func insertImport(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *Import, rows []signin.Row) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_import (id, organisation_id, kind, format, taken_by, taken_at, from_day, to_day, records, sign_ins, unread, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		x.ID, org, x.Kind, x.Format, x.By, db.Millis(x.At), x.From, x.To, x.Records, x.SignIns, x.Unread, x.Hash)
	if err != nil {
		return fmt.Errorf("save import: %w", err)
	}
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{x.ID, org, r.Day.String(), r.Application, r.Path, r.Context, r.Methods, string(r.Outcome), r.Count}
	}
	err = tx.Insert(ctx, `INSERT INTO signin_count (import_id, organisation_id, day, application, path, context, methods, outcome, count) VALUES`, ``, values)
	if err != nil {
		return fmt.Errorf("save counts: %w", err)
	}
	return nil
}

const importColumns = `id, kind, format, taken_by, taken_at, from_day, to_day, records, sign_ins, unread, hash`

func scanImport(scan func(...any) error) (Import, error) {
	var x Import
	var at int64
	err := scan(&x.ID, &x.Kind, &x.Format, &x.By, &at, &x.From, &x.To, &x.Records, &x.SignIns, &x.Unread, &x.Hash)
	x.At = db.FromMillis(at)
	return x, err
}

// imports are the latest files, the newest first.
func imports(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Import, error) {
	out, err := db.All(ctx, tx, scanImport, `SELECT `+importColumns+` FROM signin_import WHERE organisation_id = $1 ORDER BY taken_at DESC, id DESC LIMIT 50`, org)
	if err != nil {
		return nil, fmt.Errorf("read imports: %w", err)
	}
	return out, nil
}

func getImport(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import]) (Import, error) {
	all, err := db.All(ctx, tx, scanImport, `SELECT `+importColumns+` FROM signin_import WHERE organisation_id = $1 AND id = $2`, org, id)
	if err == nil && len(all) == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return Import{}, fmt.Errorf("read import: %w", err)
	}
	return all[0], nil
}

func saveApplication(ctx context.Context, tx *db.Tx, org access.OrganisationID, a *Application) error {
	text, err := a.pack()
	if err != nil {
		return err
	}
	sealed, err := tx.Seal(ctx, Sealed[1].Cell("told", a.Kind, a.Name), text)
	if err != nil {
		return fmt.Errorf("seal what was told: %w", err)
	}
	var sys any
	if a.System != "" {
		sys = a.System
	}
	_, err = tx.Exec(ctx, `INSERT INTO signin_application (organisation_id, kind, application, import_id, told, system_id, login_path_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation_id, kind, application) DO UPDATE SET import_id = excluded.import_id, told = excluded.told,
		system_id = excluded.system_id, login_path_id = excluded.login_path_id`, org, a.Kind, a.Name, a.Import, sealed, sys, a.Path)
	if err != nil {
		return fmt.Errorf("save application: %w", err)
	}
	return nil
}

// applications are what was last seen of each, by name.
func applications(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Application, error) {
	type row struct {
		Application
		sealed string
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		var at int64
		err := scan(&r.Kind, &r.Name, &r.Import, &r.sealed, &r.System, &r.Path, &at)
		r.At = db.FromMillis(at)
		return r, err
	}, `SELECT a.kind, a.application, a.import_id, a.told, COALESCE(a.system_id, ''), a.login_path_id, i.taken_at FROM signin_application a
		JOIN signin_import i ON i.organisation_id = a.organisation_id AND i.id = a.import_id WHERE a.organisation_id = $1 ORDER BY a.kind, a.application`, org)
	if err != nil {
		return nil, fmt.Errorf("read applications: %w", err)
	}
	out := make([]Application, 0, len(all))
	for _, r := range all {
		text, err := tx.Open(ctx, Sealed[1].Cell("told", r.Kind, r.Name), r.sealed)
		if err != nil {
			return nil, fmt.Errorf("open what was told: %w", err)
		}
		if err := r.unpack(text); err != nil {
			return nil, err
		}
		out = append(out, r.Application)
	}
	return out, nil
}

// mappings gives the names of saved mappings, and their texts by name.
func mappings(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, map[string]string, error) {
	texts := map[string]string{}
	names, err := db.All(ctx, tx, func(scan func(...any) error) (name string, err error) {
		var text string
		err = scan(&name, &text)
		texts[name] = text
		return name, err
	}, `SELECT name, text FROM signin_mapping WHERE organisation_id = $1 ORDER BY name`, org)
	if err != nil {
		return nil, nil, fmt.Errorf("read mappings: %w", err)
	}
	return names, texts, nil
}

func getMapping(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (*signin.Mapping, error) {
	var text string
	if err := db.One(tx.QueryRow(ctx, `SELECT text FROM signin_mapping WHERE organisation_id = $1 AND name = $2`, org, name), &text); err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	return signin.ParseMapping([]byte(text))
}

func saveMapping(ctx context.Context, tx *db.Tx, org access.OrganisationID, name, text string) error {
	_, err := tx.Exec(ctx, `INSERT INTO signin_mapping (organisation_id, name, text) VALUES ($1, $2, $3)
		ON CONFLICT (organisation_id, name) DO UPDATE SET text = excluded.text`, org, name, text)
	if err != nil {
		return fmt.Errorf("save mapping: %w", err)
	}
	return nil
}
