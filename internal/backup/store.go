// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// errValue says that a value is of a kind that a backup cannot hold. The tables have texts and integers only.
var errValue = errors.New("the value is neither text nor a whole number")

// tables lists the tables that a backup holds, with the columns that are stored and not computed.
func tables(ctx context.Context, tx *db.Tx) ([]Table, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND c.hidden = 0 ORDER BY m.name, c.cid`
	if tx.Engine == db.Postgres {
		query = `SELECT c.table_name, c.column_name FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
			ORDER BY c.table_name COLLATE "C", c.ordinal_position`
	}
	var out []Table
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var table, column string
		if err := scan(&table, &column); err != nil {
			return struct{}{}, err
		}
		if leftOut[table] != "" || strings.HasPrefix(table, "river_") {
			return struct{}{}, nil
		}
		if len(out) == 0 || out[len(out)-1].Name != table {
			out = append(out, Table{Name: table})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, column)
		return struct{}{}, nil
	}, query)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return out, nil
}

// eachRow reads a table's rows and checks that each value is one that both engines hold alike.
func eachRow(ctx context.Context, tx *db.Tx, t *Table, use func([]any) error) error {
	rows, err := tx.Query(ctx, `SELECT `+strings.Join(t.Columns, ", ")+` FROM `+t.Name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what went wrong
	for rows.Next() {
		values, dest := make([]any, len(t.Columns)), make([]any, len(t.Columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, v := range values {
			switch v := v.(type) {
			case nil, int64:
			case string:
				if !utf8.ValidString(v) {
					return fmt.Errorf("column %s: %w", t.Columns[i], errValue)
				}
			default:
				return fmt.Errorf("column %s: %T: %w", t.Columns[i], v, errValue)
			}
		}
		if err := use(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// loggers lists whose logs there are.
func loggers(ctx context.Context, tx *db.Tx) ([]access.OrganisationID, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (access.OrganisationID, error) {
		var id access.OrganisationID
		return id, scan(&id)
	}, `SELECT organisation_id FROM audit_head ORDER BY organisation_id`)
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	return out, nil
}

func countRows(ctx context.Context, tx *db.Tx, table string) (int64, error) {
	var n int64
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM `+table), &n)
	return n, err
}

// loosen lets rows come in any order until tighten: what they refer to may come later.
func loosen(ctx context.Context, tx *db.Tx) (tighten func() error, err error) {
	if tx.Engine == db.SQLite {
		_, err := tx.Exec(ctx, `PRAGMA defer_foreign_keys = 1`)
		return func() error { return nil }, err // the commit checks
	}
	type constraint struct{ table, name string }
	list, err := db.All(ctx, tx, func(scan func(...any) error) (constraint, error) {
		var c constraint
		return c, scan(&c.table, &c.name)
	}, `SELECT r.relname, quote_ident(c.conname) FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
		WHERE n.nspname = 'public' AND c.contype = 'f' AND NOT c.condeferrable`)
	if err != nil {
		return nil, fmt.Errorf("list references between tables: %w", err)
	}
	set := func(how string) error {
		for _, c := range list {
			if _, err := tx.Exec(ctx, `ALTER TABLE `+c.table+` ALTER CONSTRAINT `+c.name+` `+how); err != nil {
				return fmt.Errorf("let rows come in any order: %w", err)
			}
		}
		return nil
	}
	tighten = func() error {
		if _, err := tx.Exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
			return fmt.Errorf("check references between tables: %w", err)
		}
		return set(`NOT DEFERRABLE`)
	}
	return tighten, set(`DEFERRABLE INITIALLY DEFERRED`)
}

func emptyTable(ctx context.Context, tx *db.Tx, table string) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+table)
	return err
}

func insertRows(ctx context.Context, tx *db.Tx, t *Table, rows [][]any) error {
	return tx.Insert(ctx, `INSERT INTO `+t.Name+` (`+strings.Join(t.Columns, ", ")+`) VALUES`, "", rows)
}

// integrity asks SQLite to read every page and check every reference. PostgreSQL has nothing of the kind: its pages carry sums, which
// reading them checks.
func integrity(ctx context.Context, tx *db.Tx) error {
	if tx.Engine != db.SQLite {
		return nil
	}
	said, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var s string
		return s, scan(&s)
	}, `PRAGMA integrity_check(5)`)
	if err != nil {
		return fmt.Errorf("check the database's pages: %w", err)
	}
	if !slices.Equal(said, []string{"ok"}) {
		return fmt.Errorf("%w: %s", ErrBroken, strings.Join(said, "; "))
	}
	var n int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM pragma_foreign_key_check`), &n); err != nil || n > 0 {
		return errors.Join(err, fmt.Errorf("%w: %d references lead nowhere", ErrBroken, n))
	}
	return nil
}

// occupied reports whether a database holds anything that somebody has put there.
func occupied(ctx context.Context, tx *db.Tx) bool {
	n, err := countRows(ctx, tx, "organisation")
	return err == nil && n > 0
}

// usedKeys reads which key each organisation's texts need.
func usedKeys(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var org, key string
		err := scan(&org, &key)
		out[org] = key
		return struct{}{}, err
	}, `SELECT organisation_id, primary_key FROM sealing WHERE destroyed_at IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("read which keys are used: %w", err)
	}
	return out, nil
}

func saveRun(ctx context.Context, tx *db.Tx, r *Run) error {
	_, err := tx.Exec(ctx, `INSERT INTO backup_run (id, kind, file, began_at, took_ms, bytes, row_count, fault) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.ID, string(r.Kind), r.File, db.Millis(r.Began), r.Took.Milliseconds(), r.Bytes, r.Rows, r.Fault)
	if err != nil {
		return fmt.Errorf("note backup or drill: %w", err)
	}
	return nil
}

func runs(ctx context.Context, tx *db.Tx, limit int) ([]Run, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Run, error) {
		var r Run
		var began, took int64
		err := scan(&r.ID, &r.Kind, &r.File, &began, &took, &r.Bytes, &r.Rows, &r.Fault)
		r.Began, r.Took = db.FromMillis(began), millis(took)
		return r, err
	}, `SELECT id, kind, file, began_at, took_ms, bytes, row_count, fault FROM backup_run ORDER BY began_at DESC, id DESC LIMIT `+strconv.Itoa(limit))
	if err != nil {
		return nil, fmt.Errorf("list backups and drills: %w", err)
	}
	return out, nil
}

// lastGood reads the latest run of a kind without a fault.
func lastGood(ctx context.Context, tx *db.Tx, kind Kind) (Run, error) {
	r := Run{Kind: kind}
	var began, took int64
	err := db.One(tx.QueryRow(ctx, `SELECT id, file, began_at, took_ms, bytes, row_count FROM backup_run
		WHERE kind = $1 AND fault = '' ORDER BY began_at DESC, id DESC LIMIT 1`, string(kind)), &r.ID, &r.File, &began, &took, &r.Bytes, &r.Rows)
	if errors.Is(err, db.ErrNotFound) {
		return Run{}, err
	}
	if err != nil {
		return Run{}, fmt.Errorf("find the latest %s: %w", kind, err)
	}
	r.Began, r.Took = db.FromMillis(began), millis(took)
	return r, nil
}

func organisations(ctx context.Context, tx *db.Tx) ([]access.OrganisationID, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (access.OrganisationID, error) {
		var id access.OrganisationID
		return id, scan(&id)
	}, `SELECT id FROM organisation ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return out, nil
}

// mark notes that a backup is being put back. A schema from before the table gets it now, so that no version is without.
func mark(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS restoring (id BIGINT PRIMARY KEY CHECK (id = 1), began_at BIGINT NOT NULL)`)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO restoring (id, began_at) VALUES (1, $1)`, db.Millis(tx.Now))
	}
	if err != nil {
		return fmt.Errorf("note that a backup is being put back: %w", err)
	}
	return nil
}

func unmark(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM restoring`); err != nil {
		return fmt.Errorf("note that a backup has been put back: %w", err)
	}
	return nil
}

func isMarked(ctx context.Context, tx *db.Tx) (bool, error) {
	n, err := countRows(ctx, tx, "restoring")
	return n > 0, err
}
