// SPDX-License-Identifier: EUPL-1.2

// Package dbtest runs a test on real, migrated, empty databases of both engines. Only tests import it.
package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/seal"
)

// PostgresVariable names the environment variable with the address of a PostgreSQL server on which tests may make databases.
const PostgresVariable = "INSEGEL_TEST_POSTGRES"

// Run runs fn once per engine, each time on a database of its own.
func Run(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// RunOwner is Run as the role that owns the tables on PostgreSQL, for tests that make tables of their own.
func RunOwner(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, PostgresOwner(t)) })
}

// SQLite makes a migrated database in a file that the test removes.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	migrated, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, migrated, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path)
}

// sqliteTemplate is the file of a migrated, empty database: writing it is thirty times quicker than the migrations.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "insegel-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	d, err := db.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(migrate(context.Background(), d), d.Close()); err != nil { // the last to close empties the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// Postgres makes a migrated database on the server named by INSEGEL_TEST_POSTGRES, opened as the program's role, and drops it after
// the test.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, PostgresAddress(t))
}

// The roles of tests: one owns and migrates the tables, the other is the program's. Neither is a superuser, so that every test on
// PostgreSQL runs under row-level security, as the program does.
const (
	ownerRole = "insegel_test_owner"
	appRole   = "insegel_test_app"
)

// template is a migrated database that the others are copied from: a copy is ten times quicker than the migrations.
var template = sync.OnceValues(func() (string, error) {
	for _, role := range []string{ownerRole, appRole} { // several test programs may be the first at once
		err := admin(`DO $$ BEGIN CREATE ROLE ` + role + ` LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
		if err != nil {
			return "", err
		}
	}
	name := "insegel_template_" + strings.ReplaceAll(ids.New[struct{}]().String(), "-", "")
	if err := admin("CREATE DATABASE " + name + " OWNER " + ownerRole); err != nil {
		return "", err
	}
	d, err := db.Open(context.Background(), address(name, ownerRole))
	if err != nil {
		return "", err
	}
	defer func() { _ = d.Close() }()
	if err := migrate(context.Background(), d); err != nil {
		return "", err
	}
	return name, schema.Grant(context.Background(), d, appRole)
})

// PostgresAddress makes a migrated database and returns its address as the program's role, for tests that start the whole program.
func PostgresAddress(t testing.TB) string {
	t.Helper()
	return address(copyTemplate(t), appRole)
}

// PostgresOwner is Postgres as the role that owns the tables, for tests that change them.
func PostgresOwner(t testing.TB) *db.DB {
	t.Helper()
	return open(t, address(copyTemplate(t), ownerRole))
}

// PostgresBoth is one migrated database opened twice: as the program's role, and as the owner of its tables.
func PostgresBoth(t testing.TB) (app, owner *db.DB) {
	t.Helper()
	name := copyTemplate(t)
	return open(t, address(name, appRole)), open(t, address(name, ownerRole))
}

// copyTemplate makes a migrated database and returns its name.
func copyTemplate(t testing.TB) string {
	t.Helper()
	if os.Getenv(PostgresVariable) == "" {
		Missing(t, "a PostgreSQL server: set "+PostgresVariable+" to its address, or run make test, which starts one")
	}
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return makeDatabase(t, from)
}

// makeDatabase copies a database under a name of its own and drops it after the test.
func makeDatabase(t testing.TB, from string) string {
	t.Helper()
	name := "insegel_" + strings.ReplaceAll(ids.New[struct{}]().String(), "-", "")
	owner := ""
	if from != "template0" {
		owner = " OWNER " + ownerRole
	}
	if err := admin(fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s%s", name, from, owner)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return name
}

// PostgresEmptyAddress makes a database without any tables and returns its address as the server's own role, for tests that migrate
// it themselves.
func PostgresEmptyAddress(t testing.TB) string {
	t.Helper()
	if os.Getenv(PostgresVariable) == "" {
		Missing(t, "a PostgreSQL server: set "+PostgresVariable+" to its address, or run make test, which starts one")
	}
	return address(makeDatabase(t, "template0"), "")
}

// Missing fails the test where everything must run (CI=true) and skips it loudly elsewhere.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("this test needs %s", what)
	}
	t.Skipf("SKIPPED: this test needs %s", what)
}

// Organisation makes an organisation and returns an actor who may do everything in it.
func Organisation(t testing.TB, d *db.DB, code string) access.Actor {
	t.Helper()
	id := ids.New[access.Tenant]()
	err := d.Write(context.Background(), db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), `INSERT INTO organisation (id, code, name, created_at) VALUES ($1, $2, $3, $4)`,
			id, code, "Kommun "+code, db.Millis(tx.Now))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return access.LocalAdministrator(id)
}

func open(t testing.TB, dsn string) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	d.Watch = watch(t)
	d.Sealer = seal.InMemory()
	return d
}

func migrate(ctx context.Context, d *db.DB) error {
	if _, err := schema.Migrate(ctx, d); err != nil {
		return err
	}
	return job.Migrate(ctx, d)
}

// address is where a database is for a role; no role is the one of the server's own address.
func address(database, role string) string {
	u, err := url.Parse(os.Getenv(PostgresVariable))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", PostgresVariable, err))
	}
	u.Path = "/" + database
	if role != "" {
		u.User = url.User(role)
	}
	return u.String()
}

func admin(statement string) error {
	d, err := sql.Open("pgx", os.Getenv(PostgresVariable))
	if err != nil {
		return fmt.Errorf("connect to test server: %w", err)
	}
	defer func() { _ = d.Close() }()
	if _, err := d.Exec(statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
