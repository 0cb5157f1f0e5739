// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// lock makes imports of one organisation wait for each other. Two at once would both find a name missing and add it twice. The
// row is the organisation's own, which an update that changes nothing locks on both engines.
func lock(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	if _, err := tx.Exec(ctx, `UPDATE organisation SET name = name WHERE id = $1`, org); err != nil {
		return fmt.Errorf("wait for other imports: %w", err)
	}
	return nil
}

func saveImport(ctx context.Context, tx *db.Tx, org access.OrganisationID, i Import) error {
	result, err := json.Marshal(i.Result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	sealed, err := tx.Seal(ctx, resultCell(i.ID), string(result))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO register_import (id, organisation_id, file, imported_by, imported_at, result) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET result = excluded.result`,
		i.ID, org, i.File, i.By, db.Millis(i.At), sealed)
	if err != nil {
		return fmt.Errorf("save import: %w", err)
	}
	return nil
}

const importColumns = `id, file, imported_by, imported_at, result, COALESCE(undone_at, 0)`

// Sealed are the texts of the slice that lie encrypted in the database: lists, and what was in them.
var Sealed = []db.Sealed{
	{Table: "register_import", Columns: []string{"result"}, Key: []string{"id"}},
	{Table: "register_change", Columns: []string{"before"}, Key: []string{"import_id", "system_id"}},
	{Table: "register_upload", Columns: []string{"content"}, Key: []string{"id"}},
}

func resultCell(id ids.ID[Import]) db.Cell { return Sealed[0].Cell("result", id.String()) }

func beforeCell(id ids.ID[Import], of ids.ID[system.System]) db.Cell {
	return Sealed[1].Cell("before", id.String(), of.String())
}

func contentCell(id ids.ID[Upload]) db.Cell { return Sealed[2].Cell("content", id.String()) }

// scanImport reads an import in the transaction, which opens its result.
func scanImport(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Import, error) {
	return func(scan func(...any) error) (Import, error) {
		var i Import
		var at, undone int64
		var result string
		if err := scan(&i.ID, &i.File, &i.By, &at, &result, &undone); err != nil {
			return Import{}, err
		}
		result, err := tx.Open(ctx, resultCell(i.ID), result)
		if err != nil {
			return Import{}, err
		}
		i.At = db.FromMillis(at)
		if undone != 0 {
			i.Undone = db.FromMillis(undone)
		}
		return i, json.Unmarshal([]byte(result), &i.Result)
	}
}

func imports(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Import, error) {
	return db.All(ctx, tx, scanImport(ctx, tx), `SELECT `+importColumns+` FROM register_import WHERE organisation_id = $1 ORDER BY imported_at DESC, id DESC`, org)
}

func oneImport(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import]) (Import, error) {
	i, err := scanImport(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+importColumns+` FROM register_import WHERE organisation_id = $1 AND id = $2`, org, id), dest...)
	})
	if err != nil {
		return Import{}, fmt.Errorf("read import: %w", err)
	}
	return i, nil
}

func saveChanges(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import], changes []change) error {
	rows := make([][]any, len(changes))
	for n := range changes {
		c := &changes[n]
		before, err := c.undo.encode()
		if err != nil {
			return err
		}
		if before, err = tx.Seal(ctx, beforeCell(id, c.system), before); err != nil {
			return err
		}
		rows[n] = []any{id, org, c.system, string(c.outcome), before, c.version}
	}
	err := tx.Insert(ctx, `INSERT INTO register_change (import_id, organisation_id, system_id, kind, before, after_version) VALUES`, "", rows)
	if err != nil {
		return fmt.Errorf("save what was changed: %w", err)
	}
	return nil
}

func changesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import]) ([]change, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (change, error) {
		var c change
		var before string
		if err := scan(&c.system, &c.outcome, &before, &c.version); err != nil {
			return change{}, err
		}
		before, err := tx.Open(ctx, beforeCell(id, c.system), before)
		if err != nil {
			return change{}, err
		}
		return c, json.Unmarshal([]byte(before), &c.undo)
	}, `SELECT system_id, kind, before, after_version FROM register_change WHERE organisation_id = $1 AND import_id = $2 ORDER BY system_id`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	return out, nil
}

// Made tells which systems an import made. Some may be gone.
func Made(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import]) ([]ids.ID[system.System], error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[system.System], error) {
		var id ids.ID[system.System]
		return id, scan(&id)
	}, `SELECT system_id FROM register_change WHERE organisation_id = $1 AND import_id = $2 AND kind = $3`, org, id, string(New))
	if err != nil {
		return nil, fmt.Errorf("read what an import made: %w", err)
	}
	return out, nil
}

func setUndone(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Import]) error {
	_, err := tx.Exec(ctx, `UPDATE register_import SET undone_at = $1 WHERE organisation_id = $2 AND id = $3`, db.Millis(tx.Now), org, id)
	if err != nil {
		return fmt.Errorf("note that the import is undone: %w", err)
	}
	return nil
}

// columns reads which fields people have given to headings before.
func columns(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var header, field string
		err := scan(&header, &field)
		out[header] = field
		return struct{}{}, err
	}, `SELECT header, field FROM register_column WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read remembered columns: %w", err)
	}
	return out, nil
}

// remember keeps what somebody said about columns, for the next list with the same headings.
func remember(ctx context.Context, tx *db.Tx, org access.OrganisationID, said map[string]string) error {
	byHeader := map[string]string{}
	for header, field := range said {
		byHeader[locale.Fold(header)] = field
	}
	var rows [][]any
	for _, header := range sortedKeys(byHeader) {
		if header != "" {
			rows = append(rows, []any{org, header, byHeader[header], db.Millis(tx.Now)})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO register_column (organisation_id, header, field, updated_at) VALUES`,
		`ON CONFLICT (organisation_id, header) DO UPDATE SET field = excluded.field, updated_at = excluded.updated_at`, rows)
	if err != nil {
		return fmt.Errorf("remember columns: %w", err)
	}
	return nil
}
