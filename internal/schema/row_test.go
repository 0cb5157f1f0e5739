// SPDX-License-Identifier: EUPL-1.2

package schema_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/schema"
)

// texts reads one column of text as the database itself sees it, whatever its rows belong to.
func texts(t *testing.T, d *db.DB, query string) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var v string
			return v, scan(&v)
		}, query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every table of organisations' rows has row-level security that holds its owner too, by the one policy; and nothing goes round it.
func TestRowsAreHeldToTheirOrganisation(t *testing.T) {
	d := dbtest.Postgres(t)
	tables := map[string]bool{"organisation": true}
	for _, c := range columns(t, d) {
		if c.name == "organisation_id" {
			tables[c.table] = true
		}
	}
	known, err := dbtest.ScopedTables()
	if err != nil {
		t.Fatal(err)
	}
	for table := range tables {
		if table != "organisation" && !known[table] {
			t.Errorf("%s: the test that reads statements does not know the table", table)
		}
		got := texts(t, d, fmt.Sprintf(`SELECT c.relrowsecurity || ' ' || c.relforcerowsecurity || ' ' || p.polpermissive || ' ' || p.polcmd::text || ' ' ||
			(p.polqual IS NOT NULL) || ' ' || (p.polwithcheck IS NOT NULL) || ' ' || array_to_string(p.polroles, ',')
			FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = '%s'::regclass`, table))
		if want := []string{"true true true * true true 0"}; !slices.Equal(got, want) {
			t.Errorf("%s: enabled, forced, permissive, commands, USING, WITH CHECK, roles: got %q, want %q", table, got, want)
		}
	}
	if len(tables) < 20 {
		t.Errorf("found %d tables only", len(tables))
	}
	// A view, or a function that runs as its maker, sees what its maker may see.
	if got := texts(t, d, `SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND relkind IN ('v', 'm')`); len(got) > 0 {
		t.Errorf("views go round the policies: %q", got)
	}
	if got := texts(t, d, `SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND prosecdef`); len(got) > 0 {
		t.Errorf("functions that run as their maker go round the policies: %q", got)
	}
}

// A table made later, or one whose policy somebody has changed, is held again by the next migration.
func TestPoliciesAreSetAgain(t *testing.T) {
	app, owner := dbtest.PostgresBoth(t)
	for name, statement := range map[string]string{
		"a new table":             `CREATE TABLE later (organisation_id TEXT NOT NULL REFERENCES organisation (id), note TEXT NOT NULL)`,
		"switched off":            `ALTER TABLE system DISABLE ROW LEVEL SECURITY`,
		"not forced":              `ALTER TABLE system NO FORCE ROW LEVEL SECURITY`,
		"a second policy":         `CREATE POLICY open_door ON system USING (true)`,
		"another name":            `ALTER POLICY own_organisation_1 ON system RENAME TO own_organisation_0`,
		"taken away":              `DROP POLICY own_organisation_1 ON system`,
		"organisations are wider": `ALTER TABLE organisation NO FORCE ROW LEVEL SECURITY`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := owner.WritePool().Exec(statement); err != nil {
				t.Fatal(err)
			}
			if err := schema.Held(t.Context(), app); !errors.Is(err, schema.ErrRole) || !strings.Contains(err.Error(), "no row policy") {
				t.Errorf("before: got %v, want ErrRole for a table without its policy", err)
			}
			if _, err := schema.Migrate(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			if err := schema.Held(t.Context(), app); err != nil {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// The program's role sees nothing until a transaction says whose rows it is about, and then those alone; so does the tables' owner.
func TestUnscopedStatementsAreHeld(t *testing.T) {
	app, owner := dbtest.PostgresBoth(t)
	a := dbtest.Organisation(t, app, "norrsjo").Organisation
	b := dbtest.Organisation(t, app, "soderas").Organisation
	if err := fill(t, app, b.String()); err != nil {
		t.Fatal(err)
	}
	for role, d := range map[string]*db.DB{"app": app, "owner": owner} {
		d.Watch = nil // the point is statements that forget
		var n int
		if err := d.WritePool().QueryRow(`SELECT (SELECT COUNT(*) FROM system) + (SELECT COUNT(*) FROM organisation)`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: without a scope %d rows are seen (%v), want none", role, n, err)
		}
		if _, err := d.WritePool().Exec(`INSERT INTO supplier (id, organisation_id, name, folded, created_at) VALUES ('x', $1, 'x', 'x', 0)`, a); err == nil {
			t.Errorf("%s: without a scope a row was taken", role)
		}
		for _, table := range []string{"system", "system_fact", "organisation"} {
			if got := count(t, d, a.String(), table); got != map[bool]int{true: 1}[table == "organisation"] {
				t.Errorf("%s: an unscoped SELECT for A sees %d rows of %s", role, got, table)
			}
		}
		if got := count(t, d, b.String(), "system"); got != 1 {
			t.Errorf("%s: B sees %d of its own systems, want 1", role, got)
		}
	}
	for name, statement := range map[string]string{
		"insert":               `INSERT INTO supplier (id, organisation_id, name, folded, created_at) VALUES ('x', '` + b.String() + `', 'x', 'x', 0)`,
		"give away":            `UPDATE organisation_setting SET organisation_id = '` + b.String() + `'`,
		"insert organisation":  `INSERT INTO organisation (id, code, name, created_at) VALUES ('` + ids.New[struct{}]().String() + `', 'c', 'c', 0)`,
		"upsert on B's system": `INSERT INTO system (id, organisation_id, slug, name, folded, sort_key, search, created_at, updated_at) VALUES ('s', '` + a.String() + `', 's', 's', 's', 's', 's', 0, 0) ON CONFLICT (id) DO UPDATE SET name = 'stolen'`,
	} {
		err := app.Write(t.Context(), a, func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `INSERT INTO organisation_setting (organisation_id, name, value, updated_at) VALUES ($1, 'a', 'b', 0)`, a); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), statement)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("%s: got %v, want a refusal by row-level security", name, err)
		}
	}
	for _, statement := range []string{`UPDATE system SET name = 'stolen'`, `DELETE FROM system_fact`} {
		err := app.Write(t.Context(), a, func(tx *db.Tx) error {
			n, err := tx.Exec(t.Context(), statement)
			if n != 0 {
				t.Errorf("%s: changed %d rows of B", statement, n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func count(t *testing.T, d *db.DB, scope, table string) int {
	t.Helper()
	var n int
	err := d.Read(t.Context(), access.OrganisationID(scope), func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table), &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The scope ends with its transaction: a connection that goes back to the pool takes none with it.
func TestScopeEndsWithItsTransaction(t *testing.T) {
	d := dbtest.Postgres(t)
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	d.WritePool().SetMaxOpenConns(1)
	for _, end := range []error{nil, context.Canceled} {
		_ = d.Write(t.Context(), org, func(*db.Tx) error { return end })
		var n int
		if err := d.WritePool().QueryRow(`SELECT COUNT(*) FROM organisation`).Scan(&n); err != nil || n != 0 {
			t.Errorf("after a transaction that ended with %v the connection sees %d organisations (%v)", end, n, err)
		}
	}
}

// Who may see everything is refused, with what to do.
func TestHeld(t *testing.T) {
	app, owner := dbtest.PostgresBoth(t)
	if err := schema.Held(t.Context(), app); err != nil {
		t.Errorf("the program's role: %v", err)
	}
	if err := schema.Held(t.Context(), dbtest.SQLite(t)); err != nil {
		t.Errorf("SQLite: %v", err)
	}
	err := schema.Held(t.Context(), owner)
	if !errors.Is(err, schema.ErrRole) || !strings.Contains(err.Error(), "owns the tables") || !strings.Contains(err.Error(), "--migrate-db") {
		t.Errorf("the owner: got %v", err)
	}
	super, err := db.Open(t.Context(), dbtest.PostgresEmptyAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = super.Close() }()
	if err := schema.Held(t.Context(), super); !errors.Is(err, schema.ErrRole) || !strings.Contains(err.Error(), "is a superuser") {
		t.Errorf("the superuser: got %v", err)
	}
}
