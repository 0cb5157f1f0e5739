// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/schema"
)

var (
	touches    = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`)
	makesTable = regexp.MustCompile(`(?is)CREATE TABLE (?:IF NOT EXISTS )?([a-z_]+)\s*\((.*?)\n\)`)
	addsColumn = regexp.MustCompile(`(?is)ALTER TABLE ([a-z_]+)\s+ADD COLUMN organisation_id`)
)

// ScopedTables are the tables whose rows belong to an organisation, as the migrations make them.
var ScopedTables = sync.OnceValues(func() (map[string]bool, error) {
	files, err := fs.Glob(schema.Files(), "migrations/*.sql")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("find migrations: %v, %d files", err, len(files))
	}
	out := map[string]bool{}
	for _, f := range files {
		text, err := fs.ReadFile(schema.Files(), f)
		if err != nil {
			return nil, err
		}
		for _, m := range makesTable.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[2], "organisation_id") {
				out[m[1]] = true
			}
		}
		for _, m := range addsColumn.FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
	}
	return out, nil
})

// Unscoped says what is wrong with a statement of a transaction that is held to an organisation: it touches a table of organisations'
// rows and does not name organisation_id, or does not give the organisation. Empty is nothing. SQLite has no row-level security, so
// there the statements alone keep organisations apart.
func Unscoped(scope access.OrganisationID, query string, args []any) string {
	if scope == db.Installation {
		return ""
	}
	tables, err := ScopedTables()
	if err != nil {
		return err.Error()
	}
	given := slices.ContainsFunc(args, func(a any) bool { return fmt.Sprint(a) == scope.String() })
	for _, m := range touches.FindAllStringSubmatch(query, -1) {
		switch table := strings.ToLower(m[1]); {
		case table == "organisation" && !given:
			return "reads or writes organisations without the scope's own id"
		case !tables[table]:
		case !strings.Contains(query, "organisation_id"):
			return "touches " + table + " and does not name organisation_id"
		case !given:
			return "touches " + table + " and is not given the organisation"
		}
	}
	return ""
}

// watch fails the test when a statement forgets whose rows it is about. Benchmarks are not watched: they measure the program.
func watch(t testing.TB) func(access.OrganisationID, string, []any) {
	if _, measured := t.(*testing.B); measured {
		return nil
	}
	return func(scope access.OrganisationID, query string, args []any) {
		if fault := Unscoped(scope, query, args); fault != "" {
			t.Errorf("a statement %s: %s", fault, query)
		}
	}
}
