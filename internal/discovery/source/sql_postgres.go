// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres reads PostgreSQL.
type postgres struct {
	// ranges says that rows can be read by the blocks that they are in, without reading the others (PostgreSQL 14).
	ranges bool
}

func openPostgres(u *url.URL, password string) (*sql.DB, dialect, error) {
	q := u.Query()
	if !q.Has("sslmode") && !isLocal(u.Hostname()) {
		q.Set("sslmode", "verify-full")
	}
	address := *u
	address.RawQuery = q.Encode()
	address.Scheme = "postgres"
	config, err := pgx.ParseConfig(address.String())
	if err != nil {
		return nil, nil, errors.New("its address is not one that the driver takes")
	}
	if password != "" {
		config.Password = password
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.OpenDB(*config), &postgres{}, nil
}

func (p *postgres) readOnly() bool { return true }

func (p *postgres) session(ctx context.Context, c *sql.Conn) error {
	for _, s := range []string{
		"SET default_transaction_read_only = on",
		fmt.Sprintf("SET statement_timeout = %d", statementTime.Milliseconds()),
		fmt.Sprintf("SET lock_timeout = %d", lockTime.Milliseconds()),
		fmt.Sprintf("SET idle_in_transaction_session_timeout = %d", 60_000),
		"SET extra_float_digits = 1", "SET DateStyle = ISO",
	} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	var version int
	if err := c.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	p.ranges = version >= 140000
	return nil
}

const postgresTables = `SELECT n.nspname, c.relname, c.relkind::text, c.reltuples::bigint,
		CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END,
		a.attname, format_type(a.atttypid, NULL), t.typcategory::text
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type t ON t.oid = a.atttypid
	WHERE c.relkind IN ('r', 'm', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
		AND n.nspname NOT LIKE 'pg\_temp%'
	ORDER BY n.nspname, c.relname, c.oid, a.attnum`

func (p *postgres) tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error) {
	rows, err := c.QueryContext(ctx, postgresTables)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*sqlTable
	for rows.Next() {
		var t sqlTable
		var column sqlColumn
		var kind, category string
		if err := rows.Scan(&t.schema, &t.name, &kind, &t.rows, &t.pages, &column.name, &column.kind, &category); err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].schema != t.schema || out[n-1].name != t.name {
			t.view = kind == "v" || kind == "f"
			if t.view {
				t.rows = -1
			}
			out = append(out, &t)
		}
		column.number = category == "N"
		column.binary = column.kind == "bytea"
		column.large = category == "S" || category == "A" || category == "U" && !column.binary
		last := out[len(out)-1]
		last.columns = append(last.columns, column)
	}
	return out, rows.Err()
}

func (p *postgres) look(context.Context, *sql.Conn, *sqlTable) error { return nil }

// quoteDouble quotes an identifier as the standard says.
func quoteDouble(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// from is the statement up to WHERE. Values are written as text by the database, and long ones are cut by it.
func (p *postgres) from(t *sqlTable) string {
	var values, lengths []string
	for i := range t.columns {
		c := &t.columns[i]
		name := quoteDouble(c.name)
		text := name + "::text"
		switch {
		case c.binary:
			values = append(values, fmt.Sprintf("substring(%s FROM 1 FOR %d)", name, lobPart))
			lengths = append(lengths, fmt.Sprintf("octet_length(%s)", name))
		case c.large:
			values = append(values, fmt.Sprintf("CASE WHEN length(%s) > %d THEN left(%s, %d) || E'\\n\\n' || right(%s, %d) ELSE %s END", text, 2*lobPart, text, lobPart, text, lobPart, text))
			lengths = append(lengths, fmt.Sprintf("length(%s)", text))
		default:
			values = append(values, text)
		}
	}
	only := "ONLY "
	if t.view {
		only = ""
	}
	return "SELECT " + strings.Join(append(values, lengths...), ", ") + " FROM " + only + quoteDouble(t.schema) + "." + quoteDouble(t.name)
}

func (p *postgres) plan(t *sqlTable, rows int64) sqlPlan {
	from := p.from(t)
	switch {
	case t.view && rows > 0:
		return sqlPlan{
			queries: []sqlQuery{{text: fmt.Sprintf("%s LIMIT %d", from, rows)}},
			why:     fmt.Sprintf("it is a view: its first %d rows are read, which are no random sample", rows),
		}
	case t.view || t.pages == 0:
		return sqlPlan{queries: []sqlQuery{{text: from}}, whole: true}
	case rows == 0:
		return p.whole(t, from)
	}
	perPage := int64(50)
	if t.rows > 0 {
		perPage = max(t.rows/t.pages, 1)
	}
	pages := max((rows+perPage-1)/perPage, fewestStrata)
	if pages >= t.pages || t.rows >= 0 && t.rows <= rows {
		return p.whole(t, from)
	}
	if !p.ranges {
		share := min(max(100*float64(pages)/float64(t.pages), 0.0001), 100)
		return sqlPlan{queries: []sqlQuery{{text: fmt.Sprintf("%s TABLESAMPLE SYSTEM (%g)", from, share)}}}
	}
	plan := sqlPlan{}
	for i, s := range strata(0, t.pages-1, pages) {
		page := s.from + draw(s.to-s.from+1)
		if int64(i) == pages-1 {
			page = s.to // the newest rows
		}
		plan.queries = append(plan.queries, blocks(from, page, page+1))
	}
	return plan
}

// blocks reads the rows in a range of blocks.
func blocks(from string, first, after int64) sqlQuery {
	return sqlQuery{text: fmt.Sprintf("%s WHERE ctid >= '(%d,0)'::tid AND ctid < '(%d,0)'::tid", from, first, after)}
}

// whole reads every row, some blocks at a time so that no statement is long.
func (p *postgres) whole(t *sqlTable, from string) sqlPlan {
	const step = 512
	if !p.ranges || t.pages <= step {
		return sqlPlan{queries: []sqlQuery{{text: from}}, whole: true}
	}
	plan := sqlPlan{whole: true}
	for at := int64(0); at < t.pages; at += step {
		after := at + step
		if after >= t.pages {
			after = 1<<32 - 1 // what has been added since
		}
		plan.queries = append(plan.queries, blocks(from, at, after))
	}
	return plan
}
