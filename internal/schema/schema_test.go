// SPDX-License-Identifier: EUPL-1.2

package schema_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/schema"
)

// shared are the tables whose rows belong to no single organisation.
var shared = []string{"organisation", "backup_run", "instance", "ceremony", "console_code", "founding", "measurement_host", "restoring", "sealing_done", "session_clock", "throttle"}

// column is one column of one of our tables.
type column struct {
	table, name string
	required    bool
}

// columns reads every column of our own tables from the engine's catalogue; the job queue's and goose's are not ours.
func columns(t *testing.T, d *db.DB) []column {
	t.Helper()
	query := `SELECT m.name, c.name, c."notnull" = 1 FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
	if d.Engine == db.Postgres {
		query = `SELECT table_name, column_name, is_nullable = 'NO' FROM information_schema.columns WHERE table_schema = 'public'`
	}
	var out []column
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (column, error) {
			var c column
			return c, scan(&c.table, &c.name, &c.required)
		}, query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(out, func(c column) bool {
		return strings.HasPrefix(c.table, "river_") || strings.HasPrefix(c.table, "goose_") || strings.HasPrefix(c.table, "sqlite_")
	})
}

func TestMigrateTwice(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		before := columns(t, d)
		n, err := schema.Migrate(t.Context(), d)
		if err != nil || n != 0 {
			t.Errorf("the second time ran %d migrations (%v), want none", n, err)
		}
		if after := columns(t, d); !slices.Equal(before, after) {
			t.Errorf("the tables changed from %v to %v", before, after)
		}
		if current, err := schema.Current(t.Context(), d); err != nil || !current {
			t.Errorf("a migrated database is current: got %v, %v", current, err)
		}
	})
}

func TestMigrateFromNothing(t *testing.T) {
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "new.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if current, err := schema.Current(t.Context(), d); err != nil || current {
		t.Errorf("an empty database is not current: got %v, %v", current, err)
	}
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	n, err := schema.Migrate(t.Context(), d)
	if want := len(files) + 2; err != nil || n != want { // two are written in Go
		t.Errorf("ran %d migrations (%v), want all %d", n, err, want)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	d := dbtest.PostgresOwner(t)
	if _, err := d.WritePool().Exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ran, failed := make([]int, 3), make([]error, 3)
	for i := range ran {
		wg.Go(func() { ran[i], failed[i] = schema.Migrate(t.Context(), d) })
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(ran); ran[0] != 0 || ran[1] != 0 || ran[2] == 0 {
		t.Errorf("three servers at once ran %v migrations; one of them does all", ran)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		_, err := d.WritePool().Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, ` + truth(d) + `)`)
		if err != nil {
			t.Fatal(err)
		}
		before := columns(t, d)
		if _, err := schema.Migrate(t.Context(), d); !errors.Is(err, schema.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
		if current, err := schema.Current(t.Context(), d); err != nil || current {
			t.Errorf("a newer database is not current: got %v, %v", current, err)
		}
		if after := columns(t, d); !slices.Equal(before, after) {
			t.Error("a refused database was changed")
		}
	})
}

// truth writes true as the engine's driver of migrations does.
func truth(d *db.DB) string {
	if d.Engine == db.Postgres {
		return "true"
	}
	return "1"
}

// Every row says whose it is, so that every statement can ask for it.
// A database from between releases, which has a later change and lacks an earlier one, is refused untouched, with what to do.
func TestDatabaseOutOfOrderIsRefused(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		if _, err := d.WritePool().Exec(`DELETE FROM goose_db_version WHERE version_id = 150`); err != nil {
			t.Fatal(err)
		}
		before := columns(t, d)
		_, err := schema.Migrate(t.Context(), d)
		if !errors.Is(err, schema.ErrOrder) || !strings.Contains(err.Error(), "lacks 150") || !strings.Contains(err.Error(), "put back a backup") {
			t.Errorf("got %v, want ErrOrder", err)
		}
		if err := schema.MigrateTo(t.Context(), d, schema.Newest()); !errors.Is(err, schema.ErrOrder) {
			t.Errorf("to the newest: %v, want ErrOrder", err)
		}
		if after := columns(t, d); !slices.Equal(before, after) {
			t.Error("a refused database was changed")
		}
	})
}

func TestEveryTableHasAnOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		has := map[string]bool{}
		for _, c := range columns(t, d) {
			has[c.table] = has[c.table] || c.name == "organisation_id" && c.required
		}
		if len(has) < 20 {
			t.Fatalf("found %d tables only: %v", len(has), has)
		}
		for table, ok := range has {
			if want := !slices.Contains(shared, table); ok != want {
				t.Errorf("%s: a required organisation_id is %v, want %v", table, ok, want)
			}
		}
	})
}

func TestForeignKeysAreEnforced(t *testing.T) {
	const nobody = `'00000000-0000-7000-8000-000000000000'`
	statements := map[string]string{
		"setting of no organisation": `INSERT INTO organisation_setting (organisation_id, name, value, updated_at) VALUES (` + nobody + `, 'a', 'b', 0)`,
		"unit of no organisation":    `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES ('u', ` + nobody + `, 'a', 'a', 0)`,
		"log of no organisation":     `INSERT INTO audit_head (organisation_id, size) VALUES (` + nobody + `, 0)`,
		"system of no unit": `INSERT INTO system (id, organisation_id, slug, name, folded, sort_key, search, unit_id, created_at, updated_at)
			SELECT 's2', id, 's2', 's', 's', 's', 's', 'none', 0, 0 FROM organisation`,
		"fact of no system": `INSERT INTO system_fact (system_id, organisation_id, fact, value) SELECT 'none', id, 'a', 'b' FROM organisation`,
		"classification of no system": `INSERT INTO classification (id, organisation_id, system_id, model_id, model_version, status, origin, created_by, created_at, updated_at)
			SELECT 'c', id, 'none', 'klassa', '1', 'draft', 'guided', 'x', 0, 0 FROM organisation`,
		"system taken from under its facts": `DELETE FROM system`,
		"organisation taken away":           `DELETE FROM organisation`,
		"status that does not exist": `INSERT INTO action (id, organisation_id, system_id, requirement_id, status, created_at, updated_at)
			SELECT 'a', organisation_id, id, 'r', 'maybe', 0, 0 FROM system`,
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		if err := fill(t, d, org.String()); err != nil {
			t.Fatal(err)
		}
		for name, statement := range statements {
			t.Run(name, func(t *testing.T) {
				err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), statement)
					return err
				})
				if err == nil {
					t.Error("the database took it")
				}
			})
		}
	})
}

// fill gives an organisation one system with one fact.
func fill(t *testing.T, d *db.DB, org string) error {
	t.Helper()
	return d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO system (id, organisation_id, slug, name, folded, sort_key, search, created_at, updated_at)
			VALUES ('s', $1, 's', 's', 's', 's', 's', 0, 0)`, org)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO system_fact (system_id, organisation_id, fact, value) VALUES ('s', $1, 'ai', 'yes')`, org)
		return err
	})
}

// Two drafts of one system would mean that nobody knows which counts.
func TestOneDraftAndOneDecisionPerSystem(t *testing.T) {
	for _, status := range []string{"draft", "decided"} {
		t.Run(status, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				org := dbtest.Organisation(t, d, "norrsjo").Organisation
				if err := fill(t, d, org.String()); err != nil {
					t.Fatal(err)
				}
				insert := func(id string) error {
					return d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
						_, err := tx.Exec(t.Context(), `INSERT INTO classification (id, organisation_id, system_id, model_id, model_version, status, origin,
							created_by, created_at, updated_at) VALUES ($1, $2, 's', 'klassa', '1', $3, 'guided', 'x', 0, 0)`, id, org, status)
						return err
					})
				}
				if err := insert("first"); err != nil {
					t.Fatal(err)
				}
				if err := insert("second"); err == nil {
					t.Error("a system got two")
				}
			})
		})
	}
}
