// SPDX-License-Identifier: EUPL-1.2

package dbtest_test

import (
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

func TestUnscoped(t *testing.T) {
	const us, them access.OrganisationID = "us", "them"
	for name, tc := range map[string]struct {
		scope access.OrganisationID
		query string
		args  []any
		want  bool // that something is wrong
	}{
		"names and gives it":          {us, `SELECT name FROM system WHERE organisation_id = $1`, []any{us}, false},
		"gives it as a text":          {us, `SELECT name FROM system WHERE organisation_id = $1`, []any{"us"}, false},
		"does not name it":            {us, `SELECT name FROM system WHERE id = $1`, []any{"s"}, true},
		"names it and gives another":  {us, `SELECT name FROM system WHERE organisation_id = $1`, []any{them}, true},
		"a join":                      {us, `SELECT 1 FROM goose_db_version x JOIN system s ON s.id = x.id`, nil, true},
		"a write":                     {us, `UPDATE system SET name = 'x'`, []any{us}, true},
		"an insert":                   {us, `INSERT INTO system (id) VALUES ($1)`, []any{us}, true},
		"a delete, in another case":   {us, `delete from system where id = $1`, []any{us}, true},
		"organisations":               {us, `SELECT name FROM organisation`, nil, true},
		"the organisation":            {us, `SELECT name FROM organisation WHERE id = $1`, []any{us}, false},
		"what belongs to nobody":      {us, `SELECT version_id FROM goose_db_version`, nil, false},
		"the installation's own work": {db.Installation, `SELECT name FROM system`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := dbtest.Unscoped(tc.scope, tc.query, tc.args); (got != "") != tc.want {
				t.Errorf("got %q, want a fault: %v", got, tc.want)
			}
		})
	}
}

func TestScopedTables(t *testing.T) {
	tables, err := dbtest.ScopedTables()
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 20 || !tables["system"] || !tables["assignment"] || !tables["session"] || tables["goose_db_version"] || tables["organisation"] {
		t.Errorf("got %v", tables)
	}
}
