// SPDX-License-Identifier: EUPL-1.2

// Package schema holds the database's tables (Swedish: schema) as numbered migrations, forward only, and runs them.
package schema

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/insegel/insegel/internal/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Files are the migrations as they are written, for tests that ask which tables there are.
func Files() fs.FS { return files }

// ErrNewer says that the database was written by a newer program than this one.
var ErrNewer = errors.New("the database belongs to a newer version of the program")

// Migrate brings the database to this program's schema and tells how many migrations it ran. Several servers may call it at
// once. A database from a newer program is refused untouched.
func Migrate(ctx context.Context, d *db.DB) (int, error) {
	p, done, err := provider(ctx, d)
	if err != nil {
		return 0, err
	}
	defer done()
	has, want, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if has > want {
		return 0, fmt.Errorf("migrate from %d to %d: %w: start the version that wrote it, or restore a backup", has, want, ErrNewer)
	}
	if err := inOrder(ctx, p); err != nil {
		return 0, err
	}
	ran, err := p.Up(ctx)
	if err != nil {
		return len(ran), fmt.Errorf("migrate: %w", err)
	}
	return len(ran), holdRows(ctx, d)
}

// ErrOrder says that the database lacks a change of its tables that comes before one that it has.
var ErrOrder = errors.New("the database lacks a change of its tables that comes before one that it has")

// inOrder refuses, untouched, a database that was made by another line of development: what it has was made without what it lacks, and
// nobody knows that they go together.
func inOrder(ctx context.Context, p *goose.Provider) error {
	all, err := p.Status(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	var lacks []string
	for i, m := range all {
		if m.State == goose.StatePending && slices.ContainsFunc(all[i:], func(later *goose.MigrationStatus) bool { return later.State == goose.StateApplied }) {
			lacks = append(lacks, strconv.FormatInt(m.Source.Version, 10))
		}
	}
	if len(lacks) > 0 {
		return fmt.Errorf("migrate: %w: it lacks %s. It was written by a version between releases: start that version and export what you need, "+
			"or put back a backup that a release has made, and nothing is changed until then", ErrOrder, strings.Join(lacks, ", "))
	}
	return nil
}

// Current reports whether the database has exactly this program's schema.
func Current(ctx context.Context, d *db.DB) (bool, error) {
	p, done, err := provider(ctx, d)
	if err != nil {
		return false, err
	}
	defer done()
	has, want, err := p.GetVersions(ctx)
	if err != nil {
		return false, fmt.Errorf("read schema version: %w", err)
	}
	return has == want, nil
}

// MigrateTo brings a database to one version of the schema and no further, for a backup that was made with it.
func MigrateTo(ctx context.Context, d *db.DB, version int64) error {
	p, done, err := provider(ctx, d)
	if err != nil {
		return err
	}
	defer done()
	if err := inOrder(ctx, p); err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate to %d: %w", version, err)
	}
	return nil
}

// Version tells which version the database's schema has.
func Version(ctx context.Context, d *db.DB) (int64, error) {
	p, done, err := provider(ctx, d)
	if err != nil {
		return 0, err
	}
	defer done()
	has, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return has, nil
}

// Newest is the version of this program's schema.
func Newest() int64 {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("no migrations in the program: %v", err))
	}
	var newest int64
	for _, n := range names {
		number, _, _ := strings.Cut(path.Base(n), "_")
		if v, err := strconv.ParseInt(number, 10, 64); err == nil {
			newest = max(newest, v)
		}
	}
	return newest
}

// provider makes what runs the migrations. done lets go of its connections.
func provider(ctx context.Context, d *db.DB) (p *goose.Provider, done func(), err error) {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, nil, fmt.Errorf("open migrations: %w", err)
	}
	dialect, pool, done := goose.DialectSQLite3, d.WritePool(), func() {}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(auditTree(d.Engine), frozenRounds(d.Engine))}
	if d.Engine == db.Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, nil, fmt.Errorf("make migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
		if pool, err = wide(ctx, d); err != nil {
			return nil, nil, err
		}
		done = func() { _ = pool.Close() } // nothing of it is still at work
	}
	if p, err = goose.NewProvider(dialect, pool, dir, opts...); err != nil {
		done()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, done, nil
}

// Present reports whether the database has been migrated at all. Unlike Current it makes nothing.
func Present(ctx context.Context, d *db.DB) bool {
	return d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		var n int
		return db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM organisation`), &n)
	}) == nil
}

// Grant lets a role read and change the rows of every table, and nothing else: it cannot change the tables, and it cannot change or
// remove what stands in the audit log. d is opened as the tables' owner, on PostgreSQL.
func Grant(ctx context.Context, d *db.DB, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	return d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		for _, statement := range []string{
			`GRANT USAGE ON SCHEMA public TO ` + name,
			`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ` + name,
			`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ` + name,
			`REVOKE UPDATE, DELETE ON audit_entry, audit_hash, audit_checkpoint, audit_cosignature FROM ` + name,
			`REVOKE DELETE ON audit_head, audit_private FROM ` + name,
			`REVOKE INSERT, UPDATE, DELETE ON goose_db_version FROM ` + name,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("let %s use the tables: %w", role, err)
			}
		}
		return nil
	})
}
