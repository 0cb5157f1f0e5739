// SPDX-License-Identifier: EUPL-1.2

package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/insegel/insegel/internal/db"
)

// ErrRole says that a PostgreSQL role may see the rows of every organisation, so that one forgotten condition would show them.
var ErrRole = errors.New("the database role is not held to one organisation's rows")

// rowPolicy is the name of the policy that holds a table's rows to one organisation. A changed policy gets a new number, and every
// table the new policy, the next time the database is migrated.
const rowPolicy = "own_organisation_1"

// scoped are the tables whose rows belong to an organisation: those with an organisation_id, and the organisations themselves.
const scoped = `SELECT c.oid, c.relname, c.relrowsecurity AND c.relforcerowsecurity
		AND (SELECT COUNT(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 1
		AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = '` + rowPolicy + `') AS held
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND (c.relname = 'organisation' OR EXISTS (
		SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped))`

// openTables lists the tables of organisations' rows that no policy holds yet, or another one than this program's.
func openTables(ctx context.Context, tx *db.Tx) ([]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var table string
		return table, scan(&table)
	}, `SELECT t.relname FROM (`+scoped+`) t WHERE NOT t.held ORDER BY t.relname`)
	if err != nil {
		return nil, fmt.Errorf("find tables without a row policy: %w", err)
	}
	return out, nil
}

// holdRows holds every table of organisations' rows to the scope of the transaction, its owner included. It changes only what is not
// so already, and so needs the owner only then. Servers that migrate at once wait for each other.
func holdRows(ctx context.Context, d *db.DB) error {
	if d.Engine != db.Postgres {
		return nil
	}
	var open []string
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		open, err = openTables(ctx, tx)
		return err
	})
	if err != nil || len(open) == 0 {
		return err
	}
	return d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('insegel row policies'))`); err != nil {
			return fmt.Errorf("wait for others who set row policies: %w", err)
		}
		if open, err = openTables(ctx, tx); err != nil {
			return err
		}
		for _, table := range open {
			if err := holdTable(ctx, tx, table); err != nil {
				return err
			}
		}
		return nil
	})
}

func holdTable(ctx context.Context, tx *db.Tx, table string) error {
	old, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var name string
		return name, scan(&name)
	}, `SELECT p.policyname FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = $1`, table)
	if err != nil {
		return fmt.Errorf("read row policies of %s: %w", table, err)
	}
	column := "organisation_id"
	if table == "organisation" {
		column = "id"
	}
	name := pgx.Identifier{"public", table}.Sanitize()
	// The setting is read once a statement, not once a row: that is what SELECT in parentheses does.
	const setting = `(SELECT current_setting('app.scope', true))`
	mine := column + ` = ` + setting + ` OR ` + setting + ` = '` + db.Installation.String() + `'`
	var statements []string
	for _, p := range old {
		statements = append(statements, `DROP POLICY `+pgx.Identifier{p}.Sanitize()+` ON `+name)
	}
	statements = append(statements,
		`ALTER TABLE `+name+` ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE `+name+` FORCE ROW LEVEL SECURITY`,
		`CREATE POLICY `+rowPolicy+` ON `+name+` USING (`+mine+`) WITH CHECK (`+mine+`)`,
	)
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return fmt.Errorf("hold the rows of %s to their organisation: %w", table, err)
		}
	}
	return nil
}

// Held refuses (ErrRole) a PostgreSQL role that row-level security does not hold: a superuser, one with BYPASSRLS, one that owns the
// tables and so may take the policies away, or one that can become any of these. It refuses too when a table has no policy. SQLite
// has no roles, and a file that only the program opens.
func Held(ctx context.Context, d *db.DB) error {
	if d.Engine != db.Postgres {
		return nil
	}
	var role string
	var faults []string
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		var super, bypass, owns bool
		err := db.One(tx.QueryRow(ctx, `SELECT current_user,
			EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolsuper AND pg_has_role(current_user, r.oid, 'MEMBER')),
			EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolbypassrls AND NOT r.rolsuper AND pg_has_role(current_user, r.oid, 'MEMBER')),
			EXISTS (SELECT 1 FROM (`+scoped+`) t JOIN pg_class c ON c.oid = t.oid WHERE pg_has_role(current_user, c.relowner, 'MEMBER'))`),
			&role, &super, &bypass, &owns)
		if err != nil {
			return fmt.Errorf("read what the database role may: %w", err)
		}
		for _, f := range []struct {
			is   bool
			what string
		}{{super, "is a superuser"}, {bypass, "has BYPASSRLS"}, {owns && !super, "owns the tables"}} {
			if f.is {
				faults = append(faults, f.what)
			}
		}
		open, err := openTables(ctx, tx)
		if len(open) > 0 {
			faults = append(faults, "finds no row policy on "+strings.Join(open, ", "))
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %s. Make a role for the program (CREATE ROLE insegel_app LOGIN), give --db its address, and --migrate-db "+
		"the address of the tables' owner: the owner then migrates and lets the program's role use the tables", ErrRole, role, strings.Join(faults, " and "))
}

// wide opens a pool of its own whose connections see every organisation's rows, as far as the role may at all: a migration that
// rewrites rows would otherwise find none, since the policies hold the owner too.
func wide(ctx context.Context, d *db.DB) (*sql.DB, error) {
	conn, err := d.WritePool().Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate: %w", err)
	}
	var config *pgx.ConnConfig
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connect to migrate: unknown driver %T", driver) //nolint:err113 // cannot happen: db opens with this driver
		}
		config = c.Conn().Config()
		return nil
	})
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SELECT set_config('app.scope', $1, false)`, db.Installation.String())
		return err
	})), nil
}
