// SPDX-License-Identifier: EUPL-1.2

// Package db opens the database (Swedish: databas), an embedded SQLite file or a PostgreSQL server, and runs transactions in it.
// SQL is written once for both engines.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"github.com/insegel/insegel/internal/access"
)

// Engine names the kind of database a DB talks to.
type Engine string

// The two engines. Everything works on both.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// ErrNotFound says that no row matched. It never travels as a nil error.
var ErrNotFound = errors.New("not found")

// ErrAddress says that a database address (DSN) could not be understood.
var ErrAddress = errors.New("database address not understood")

// ErrNoScope says that a transaction was asked for without saying whose rows it may touch.
var ErrNoScope = errors.New("no organisation given")

// Installation is the scope of what belongs to no organisation, or to all of them: sessions before anybody is known, the list of
// organisations, migrations. A test lists the few files that may use it.
const Installation access.OrganisationID = "*"

// ErrConflict says that somebody else changed the row since it was read.
var ErrConflict = errors.New("changed by somebody else")

// DB is an open database. Use Read and Write; nothing else touches its connections.
type DB struct {
	// Engine is the kind of database.
	Engine Engine
	// Now is the clock that stamps every transaction. Tests set it.
	Now func() time.Time
	// Created is true when Open made a new SQLite file.
	Created bool
	// Path is the SQLite file, empty for PostgreSQL.
	Path string
	// Watch, when set, sees every statement before it runs, with the scope of its transaction. Tests set it to find a statement that
	// forgets whose rows it is about.
	Watch func(scope access.OrganisationID, query string, args []any)
	// Sealer encrypts and opens the texts that may not lie in plain text. Without it they can be neither written nor read.
	Sealer Sealer

	write, read *sql.DB
	readOnly    bool
	statements  atomic.Int64
	limits      atomic.Pointer[Clock]
}

// NotBefore makes the time that limits are judged by (Tx.Limit) never go back from now on, and be at least t: what an earlier run of the
// program has seen. Until it is called, that time is the machine's.
func (d *DB) NotBefore(t time.Time) {
	d.limits.CompareAndSwap(nil, &Clock{Machine: func() time.Time { return d.Now() }})
	d.limits.Load().NotBefore(t)
}

// limit is the time that limits are judged by when the machine's clock says now.
func (d *DB) limit(now time.Time) time.Time {
	if c := d.limits.Load(); c != nil {
		return c.tell(now)
	}
	return now.UTC().Truncate(time.Millisecond)
}

// Tx is one transaction. Everything written in it carries the same time, Now.
type Tx struct {
	// SQL is the driver's transaction, for the job queue that enqueues in it.
	SQL *sql.Tx
	// Engine is the kind of database, for the few statements that must differ (only in store.go).
	Engine Engine
	// Scope is the organisation whose rows the transaction may touch, or Installation. PostgreSQL enforces it.
	Scope access.OrganisationID
	// Now is the time of the transaction, in UTC and whole milliseconds.
	Now time.Time
	// Limit is the time that limits are set and judged by: when something ends, and whether it has. Unlike Now it never goes back, so what
	// has ended does not begin again when the machine's clock is put back.
	Limit time.Time

	db  *DB
	key string // what texts are sealed with, once one has been
}

// seen counts a statement and shows it to who watches.
func (tx *Tx) seen(query string, args []any) {
	tx.db.statements.Add(1)
	if tx.db.Watch != nil {
		tx.db.Watch(tx.Scope, query, args)
	}
}

// maxPostgresConnections caps the pool: an application server in front of a shared database must leave room for others.
const maxPostgresConnections = 16

// maxReaders is how many SQLite readers run at once; with WAL they never wait for the writer.
const maxReaders = 4

// Open opens the database at dsn: "sqlite:PATH" or "postgres://...". A SQLite file and its directory are made when missing.
// It does not migrate; see the schema package.
func Open(ctx context.Context, dsn string) (*DB, error) {
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(dsn, "sqlite:"))
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return openPostgres(ctx, dsn)
	default:
		return nil, fmt.Errorf("open %q: %w: write sqlite:PATH or postgres://USER@HOST/DATABASE", redact(dsn), ErrAddress)
	}
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" || strings.ContainsAny(path, "?#%") {
		return nil, fmt.Errorf("open sqlite file %q: %w: give a path without ? # %%", path, ErrAddress)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find sqlite file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the database's directory: %w", err)
	}
	created := false
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		created = true
		// Made here so that no moment exists when others can read it.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("make sqlite file: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("make sqlite file: %w", err)
		}
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_pragma=secure_delete(1)"
	write, err := sql.Open("sqlite", base+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open sqlite file: %w", err)
	}
	// SQLite has one writer; a second connection would only wait in its busy handler.
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		err = fmt.Errorf("open sqlite file %s: %w: it must be a database of this program, and it and its directory must be writable", path, err)
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", base+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite file for reading: %w", err), write.Close())
	}
	read.SetMaxOpenConns(maxReaders)
	return &DB{Engine: SQLite, Now: time.Now, Created: created, Path: path, write: write, read: read}, nil
}

func openPostgres(ctx context.Context, dsn string) (*DB, error) {
	if err := encrypted(dsn); err != nil {
		return nil, err
	}
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redact(dsn), err)
	}
	pool.SetMaxOpenConns(maxPostgresConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to %s: %w", redact(dsn), err), pool.Close())
	}
	return &DB{Engine: Postgres, Now: time.Now, write: pool, read: pool}, nil
}

// redact removes what may be a password from an address, so that it can stand in an error or a log.
func redact(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" && strings.Contains(dsn, "password") {
		return "the given address"
	}
	u.RawQuery = "" // the driver takes a password there too
	return u.Redacted()
}

// Write runs fn in a transaction that may change data of one organisation, the scope. It commits when fn returns nil and rolls back
// otherwise.
func (d *DB) Write(ctx context.Context, scope access.OrganisationID, fn func(tx *Tx) error) error {
	if d.readOnly {
		return ErrReadOnly
	}
	return d.run(ctx, d.write, scope, nil, fn)
}

// Read runs fn in a transaction that sees one moment of one organisation's data, the scope, and cannot change it.
func (d *DB) Read(ctx context.Context, scope access.OrganisationID, fn func(tx *Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.Engine == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return d.run(ctx, d.read, scope, opts, fn)
}

func (d *DB) run(ctx context.Context, pool *sql.DB, scope access.OrganisationID, opts *sql.TxOptions, fn func(tx *Tx) error) (err error) {
	if scope.IsZero() {
		return ErrNoScope
	}
	defer func() { err = storage(err) }()
	raw, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic on its way up: nothing of it may stay
			if e := raw.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) && err != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", e))
			}
		}
	}()
	now := d.Now()
	tx := &Tx{SQL: raw, Engine: d.Engine, Scope: scope, Now: now.UTC().Truncate(time.Millisecond), Limit: d.limit(now), db: d}
	if err := tx.confine(ctx); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// confine tells PostgreSQL whose rows the transaction may touch; its row-level security does the rest. The setting ends with the
// transaction, so a pooled connection never carries it on. SQLite has nothing of the kind: there the statements alone say it.
func (tx *Tx) confine(ctx context.Context) error {
	if tx.Engine != Postgres {
		return nil
	}
	if _, err := tx.SQL.ExecContext(ctx, `SELECT set_config('app.scope', $1, true)`, tx.Scope.String()); err != nil {
		return fmt.Errorf("confine transaction: %w", err)
	}
	return nil
}

// Purge takes what has been deleted out of the SQLite file's log too, where it would lie until it is written over. Call it after a
// transaction that deleted what must not be left. A reader who keeps the log busy for long is not waited for.
func (d *DB) Purge(ctx context.Context) error {
	if d.Engine != SQLite {
		return nil // the server of a PostgreSQL database decides when its files are cleaned
	}
	var busy, frames, moved int64
	if err := d.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return fmt.Errorf("empty the database's log: %w", err)
	}
	return nil
}

// Exec runs a statement that returns no rows and tells how many it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tx.seen(query, args)
	res, err := tx.SQL.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Attempt runs statements that a constraint may refuse. When they fail, what they did is taken back and the transaction goes on.
func (tx *Tx) Attempt(ctx context.Context, fn func() error) error {
	if _, err := tx.Exec(ctx, `SAVEPOINT attempt`); err != nil {
		return fmt.Errorf("begin attempt: %w", err)
	}
	err := fn()
	end := `RELEASE SAVEPOINT attempt`
	if err != nil {
		end = `ROLLBACK TO SAVEPOINT attempt`
	}
	if _, e := tx.Exec(ctx, end); e != nil {
		return errors.Join(err, fmt.Errorf("end attempt: %w", e))
	}
	return err
}

// QueryRow runs a statement that returns at most one row. Scan it with One.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	tx.seen(query, args)
	return tx.SQL.QueryRowContext(ctx, query, args...)
}

// Query runs a statement that returns rows. Prefer All, which cannot forget to close them.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	tx.seen(query, args)
	return tx.SQL.QueryContext(ctx, query, args...)
}

// One scans a single row into dest and turns "no rows" into ErrNotFound.
func One(row *sql.Row, dest ...any) error {
	err := row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// All runs a query and collects what scan makes of each row. scan gets the rows' Scan.
func All[T any](ctx context.Context, tx *Tx, scan func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what went wrong
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Statements is how many statements have run since the database was opened. Tests use it to see that a page asks a constant
// number of questions.
func (d *DB) Statements() int64 { return d.statements.Load() }

// WritePool is the pool that writes, for the migrations and the job queue, which run their own transactions.
func (d *DB) WritePool() *sql.DB { return d.write }

// Close closes every connection.
func (d *DB) Close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Millis is a time as it is stored: UTC milliseconds since 1970.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// FromMillis is the time of a stored value.
func FromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
