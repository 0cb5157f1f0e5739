// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/schema"
)

// TestApplicationRoleIsNotTheOwner runs the program as a role that may use the tables and not change them: the owner migrates.
func TestApplicationRoleIsNotTheOwner(t *testing.T) {
	owner := dbtest.PostgresEmptyAddress(t)
	d, err := sql.Open("pgx", owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	role := "app_" + strings.ReplaceAll(ids.New[struct{}]().String(), "-", "")
	exec := func(statement string) {
		t.Helper()
		if _, err := d.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec("CREATE ROLE " + role + " LOGIN")
	t.Cleanup(func() { exec("DROP OWNED BY " + role); exec("DROP ROLE " + role) })
	exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)

	options := app.Options{Database: u.String(), Log: slog.New(slog.DiscardHandler)}
	if a, err := app.Open(context.Background(), options); err == nil {
		_ = a.Close()
		t.Fatal("a role that may not make tables opened a database without any")
	}
	options.MigrateDatabase = owner
	for range 2 { // the second time there is nothing to migrate
		a, err := app.Open(context.Background(), options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := organisation.Choose(context.Background(), a.DB, "", true); err != nil {
			t.Errorf("write as the application's role: %v", err)
		}
		if _, err := a.DB.WritePool().Exec("DELETE FROM audit_entry"); err == nil {
			t.Error("the application's role may remove what stands in the audit log")
		}
		if _, err := a.DB.WritePool().Exec("DROP TABLE unit"); err == nil {
			t.Error("the application's role may drop tables")
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	options.MigrateDatabase = "" // from now on the owner is not needed
	a, err := app.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestServeRefusesARoleThatSeesEverything starts the server as the role of a small installation that has only one: it owns the tables.
func TestServeRefusesARoleThatSeesEverything(t *testing.T) {
	a := open(t, dbtest.PostgresEmptyAddress(t)) // which migrates: a one-off command may
	err := a.Serve(t.Context(), app.ServerOptions{Address: "127.0.0.1:0"})
	if !errors.Is(err, schema.ErrRole) || !strings.Contains(err.Error(), "--migrate-db") {
		t.Errorf("got %v, want ErrRole with what to do", err)
	}
	if err := a.Held(t.Context()); !errors.Is(err, schema.ErrRole) {
		t.Errorf("Held: got %v", err)
	}
}
