// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

var errOnPurpose = errors.New("on purpose")

// exec runs statements in one write transaction.
func exec(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// count reads one number.
func count(t *testing.T, d *db.DB, query string) int {
	t.Helper()
	var n int
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(t.Context(), query), &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		dsn, want, never string
	}{
		"nothing":                 {"", "write sqlite:PATH or postgres://", ""},
		"bare path":               {"/var/lib/insegel.db", "write sqlite:PATH or postgres://", ""},
		"other engine":            {"mysql://root:hemligt@db/insegel", "write sqlite:PATH or postgres://", "hemligt"},
		"keyword form":            {"host=db password=hemligt", "write sqlite:PATH or postgres://", "hemligt"},
		"no path":                 {"sqlite:", "give a path without", ""},
		"path with a question":    {"sqlite:a.db?mode=ro", "give a path without", ""},
		"path with a fragment":    {"sqlite:a#b.db", "give a path without", ""},
		"path with an escape":     {"sqlite:a%20b.db", "give a path without", ""},
		"not a URL":               {"mysql://root:hemligt@[db/insegel", "the given address", "hemligt"},
		"password among settings": {"oracle://db/insegel?password=hemligt", "oracle://db/insegel", "hemligt"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := db.Open(t.Context(), tc.dsn)
			if err == nil {
				t.Fatal("opened", d.Path)
			}
			if !errors.Is(err, db.ErrAddress) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want %q", err, tc.want)
			}
			if tc.never != "" && strings.Contains(err.Error(), tc.never) {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
}

// Nothing goes in clear to a database on another machine, and nothing to one that has not shown who it is.
func TestRemoteDatabaseIsEncrypted(t *testing.T) {
	for name, tc := range map[string]struct {
		dsn   string
		clear bool
	}{
		"the driver's own choice":  {"postgres://insegel:hemligt@db.example.se/insegel", true},
		"no encryption":            {"postgres://insegel:hemligt@db.example.se/insegel?sslmode=disable", true},
		"when the server wants to": {"postgres://insegel:hemligt@db.example.se/insegel?sslmode=prefer", true},
		"to whoever answers":       {"postgres://insegel:hemligt@db.example.se/insegel?sslmode=require", true},
		"to another name":          {"postgres://insegel:hemligt@db.example.se/insegel?sslmode=verify-ca", true},
		"verified":                 {"postgres://insegel:hemligt@db.example.se/insegel?sslmode=verify-full", false},
		"several, verified":        {"postgres://insegel:hemligt@db1.example.se,db2.example.se/insegel?sslmode=verify-full", false},
		"one of several":           {"postgres://insegel:hemligt@127.0.0.1,db2.example.se/insegel?sslmode=disable", true},
		"a name like this machine": {"postgres://insegel:hemligt@localhost.example.se/insegel?sslmode=disable", true},
		"this machine":             {"postgres://insegel:hemligt@127.0.0.1/insegel?sslmode=disable", false},
		"this machine by name":     {"postgres://insegel:hemligt@localhost/insegel", false},
		"this machine, IPv6":       {"postgres://insegel:hemligt@[::1]/insegel", false},
		"a socket":                 {"postgres:///insegel?host=/run/postgresql", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Encrypted(tc.dsn)
			if errors.Is(err, db.ErrClear) != tc.clear || err != nil && strings.Contains(err.Error(), "hemligt") {
				t.Errorf("%v, want refused: %v", err, tc.clear)
			}
		})
	}
	if _, err := db.Open(t.Context(), "postgres://insegel@192.0.2.1/insegel?sslmode=disable&connect_timeout=1"); !errors.Is(err, db.ErrClear) {
		t.Errorf("open: %v, want ErrClear", err)
	}
}

func TestOpenTellsWhere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "not-a-database")
	if err := os.WriteFile(file, []byte(strings.Repeat("this is a letter, not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ dsn, want, never string }{
		"not a database":       {"sqlite:" + file, file, ""},
		"a directory":          {"sqlite:" + dir, dir, ""},
		"directory in the way": {"sqlite:" + filepath.Join(file, "x.db"), file, ""},
		"nobody answers":       {"postgres://insegel:hemligt@127.0.0.1:1/insegel?connect_timeout=2", "127.0.0.1:1", "hemligt"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := db.Open(t.Context(), tc.dsn)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
			if tc.never != "" && strings.Contains(err.Error(), tc.never) {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
}

func TestSQLiteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "insegel.db")
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, d, `CREATE TABLE t (a TEXT)`, `INSERT INTO t VALUES ('x')`)
	if !d.Created || d.Path != path {
		t.Errorf("got created %v at %s", d.Created, d.Path)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o; others could read it", filepath.Base(path+suffix), info.Mode().Perm())
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if again.Created {
		t.Error("a file that was there is said to be new")
	}
	if n := count(t, again, `SELECT COUNT(*) FROM t`); n != 1 {
		t.Errorf("got %d rows after opening again, want 1", n)
	}
}

// What has been deleted is not left in any of the database's files.
func TestPurge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "insegel.db")
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	left := func() bool {
		var all []byte
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return bytes.Contains(all, []byte("skyddsobjekt"))
	}
	exec(t, d, `CREATE TABLE t (a TEXT)`, `INSERT INTO t VALUES ('skyddsobjekt')`)
	if err := d.Purge(t.Context()); err != nil || !left() {
		t.Fatalf("before it is deleted: %v, left %v", err, left())
	}
	exec(t, d, `DELETE FROM t`)
	if err := d.Purge(t.Context()); err != nil || left() {
		t.Errorf("after it is deleted: %v, left %v", err, left())
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "brev.txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte("Hej!"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err == nil {
		t.Fatal("opened", d.Path)
	}
	if !strings.Contains(err.Error(), "must be a database of this program") {
		t.Errorf("the fault does not say what to do: %v", err)
	}
}

// Both pools keep what was committed through a power cut, and enforce foreign keys.
func TestSQLitePragmas(t *testing.T) {
	d := dbtest.SQLite(t)
	pools := map[string]func(context.Context, access.OrganisationID, func(*db.Tx) error) error{"write": d.Write, "read": d.Read}
	for pool, run := range pools {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0", "busy_timeout": "10000", "secure_delete": "1",
		} {
			var got string
			err := run(t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(t.Context(), "PRAGMA "+pragma), &got) })
			if err != nil || got != want {
				t.Errorf("%s pool: %s is %q (%v), want %q", pool, pragma, got, err, want)
			}
		}
	}
}

// SQLite has one writer at a time; a shared server must have connections left for others.
func TestPools(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := map[db.Engine]int{db.SQLite: 1, db.Postgres: 16}[d.Engine]
		if got := d.WritePool().Stats().MaxOpenConnections; got != want {
			t.Errorf("the pool that writes has up to %d connections, want %d", got, want)
		}
	})
}

func TestWrite(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (a TEXT)`)
		insert := func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO t VALUES ('x')`)
			return err
		}
		for name, tc := range map[string]struct {
			fn      func(tx *db.Tx) error
			want    error
			panics  bool
			changes int
		}{
			"commits":                {insert, nil, false, 1},
			"rolls back on an error": {func(tx *db.Tx) error { return errors.Join(insert(tx), errOnPurpose) }, errOnPurpose, false, 0},
			"rolls back on a panic": {func(tx *db.Tx) error {
				if err := insert(tx); err != nil {
					return err
				}
				panic(errOnPurpose)
			}, nil, true, 0},
		} {
			t.Run(name, func(t *testing.T) {
				before := count(t, d, `SELECT COUNT(*) FROM t`)
				recovered, err := write(t, d, tc.fn)
				if !errors.Is(err, tc.want) || (recovered != nil) != tc.panics {
					t.Errorf("got error %v and panic %v", err, recovered)
				}
				if got := count(t, d, `SELECT COUNT(*) FROM t`) - before; got != tc.changes {
					t.Errorf("%d rows were added, want %d", got, tc.changes)
				}
			})
		}
	})
}

// write runs fn in a transaction and catches a panic, as a web server does.
func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) (recovered any, err error) {
	t.Helper()
	defer func() { recovered = recover() }()
	return nil, d.Write(t.Context(), db.Installation, fn)
}

func TestReadCannotWrite(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (a TEXT)`, `INSERT INTO t VALUES ('x')`)
		for _, statement := range []string{`INSERT INTO t VALUES ('y')`, `UPDATE t SET a = 'y'`, `DELETE FROM t`, `DROP TABLE t`, `CREATE TABLE u (a TEXT)`} {
			err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), statement)
				return err
			})
			if err == nil {
				t.Errorf("a read transaction ran %s", statement)
			}
		}
		if n := count(t, d, `SELECT COUNT(*) FROM t WHERE a = 'x'`); n != 1 {
			t.Errorf("got %d rows, want the one from before", n)
		}
	})
}

// A page that is read in one transaction sees one moment, whatever is written meanwhile.
func TestReadSeesOneMoment(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (a TEXT)`)
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			var before, after int
			if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM t`), &before); err != nil {
				return err
			}
			exec(t, d, `INSERT INTO t VALUES ('x')`)
			if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM t`), &after); err != nil {
				return err
			}
			if before != 0 || after != 0 {
				t.Errorf("saw %d and then %d rows in one transaction", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM t`); n != 1 {
			t.Errorf("got %d rows afterwards, want 1", n)
		}
	})
}

func TestInsertChunks(t *testing.T) {
	const rows, width = 25_001, 3 // 75 003 values: more than either engine takes in one statement
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, c TEXT)`)
		values := make([][]any, rows)
		for i := range values {
			values[i] = []any{i, "b", fmt.Sprint(i)}
		}
		insert := func(tail string, values [][]any) error {
			return d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				return tx.Insert(t.Context(), `INSERT INTO t (a, b, c) VALUES`, tail, values)
			})
		}
		before := d.Statements()
		if err := insert("", values); err != nil {
			t.Fatal(err)
		}
		if got := d.Statements() - before; got > rows/100 {
			t.Errorf("%d statements for %d rows", got, rows)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM t WHERE b = 'b' AND c = CAST(a AS TEXT)`); n != rows {
			t.Errorf("got %d rows with their own values, want %d", n, rows)
		}
		if err := insert(`ON CONFLICT DO NOTHING`, values); err != nil {
			t.Errorf("the tail is not written: %v", err)
		}
		if err := insert("", nil); err != nil {
			t.Errorf("no rows: %v", err)
		}
		if err := insert("", append(values[:1:1], []any{-1})); err == nil || !strings.Contains(err.Error(), "row 1 has 1 values") {
			t.Errorf("a short row gave %v", err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM t`); n != rows {
			t.Errorf("got %d rows afterwards, want %d", n, rows)
		}
	})
}

func TestOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			var id string
			return db.One(tx.QueryRow(t.Context(), `SELECT id FROM organisation WHERE code = $1`, "ingen"), &id)
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("no row gave %v, want ErrNotFound", err)
		}
		err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			var id string
			return db.One(tx.QueryRow(t.Context(), `SELECT id FROM nowhere`), &id)
		})
		if err == nil || errors.Is(err, db.ErrNotFound) {
			t.Errorf("a faulty statement gave %v, which is not the same as no row", err)
		}
	})
}

func TestAllStopsAtAFault(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (a TEXT)`, `INSERT INTO t VALUES ('1'), ('2'), ('3')`)
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			seen := 0
			got, err := db.All(t.Context(), tx, func(func(...any) error) (int, error) {
				if seen++; seen == 2 {
					return 0, errOnPurpose
				}
				return seen, nil
			}, `SELECT a FROM t`)
			if got != nil || seen != 2 {
				t.Errorf("got %v after %d rows", got, seen)
			}
			return err
		})
		if !errors.Is(err, errOnPurpose) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWritersWaitForEachOther(t *testing.T) {
	const writers, each = 2, 25
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `CREATE TABLE t (n BIGINT)`, `INSERT INTO t VALUES (0)`)
		var wg sync.WaitGroup
		failed := make([]error, writers)
		for w := range writers {
			wg.Go(func() {
				for range each {
					err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
						_, err := tx.Exec(t.Context(), `UPDATE t SET n = n + 1`)
						return err
					})
					failed[w] = errors.Join(failed[w], err)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(failed...); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, `SELECT n FROM t`); n != writers*each {
			t.Errorf("got %d, want %d: a write was lost", n, writers*each)
		}
	})
}

func TestTimeOfTransaction(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d.Now = func() time.Time {
			return time.Date(2026, 11, 23, 1, 2, 3, 456_789_000, time.FixedZone("CET", 3600))
		}
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			if want := time.Date(2026, 11, 23, 0, 2, 3, 456_000_000, time.UTC); tx.Now != want {
				t.Errorf("got %v, want %v", tx.Now, want)
			}
			if back := db.FromMillis(db.Millis(tx.Now)); back != tx.Now {
				t.Errorf("stored and read back: %v, want %v", back, tx.Now)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestStatements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		before := d.Statements()
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `UPDATE organisation SET name = name`); err != nil {
				return err
			}
			var n int
			if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM organisation`), &n); err != nil {
				return err
			}
			_, err := db.All(t.Context(), tx, func(func(...any) error) (int, error) { return 0, nil }, `SELECT id FROM organisation`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Statements() - before; got != 3 {
			t.Errorf("counted %d statements, want 3", got)
		}
	})
}

// A transaction that says of nobody's data what it is about is never run.
func TestNoScope(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for name, run := range map[string]func(context.Context, access.OrganisationID, func(*db.Tx) error) error{"write": d.Write, "read": d.Read} {
			err := run(t.Context(), "", func(*db.Tx) error {
				t.Errorf("%s: it ran", name)
				return nil
			})
			if !errors.Is(err, db.ErrNoScope) {
				t.Errorf("%s: got %v, want ErrNoScope", name, err)
			}
		}
	})
}
