// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

// Dependencies are followed one step at a time, by the index of where the step leads. Left to choose, SQLite reads all of the organisation's at
// every step, which takes minutes where there are 300,000.
func TestDependenciesAreFollowedByTheirIndex(t *testing.T) {
	d := dbtest.SQLite(t)
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	asked := map[string][]any{}
	d.Watch = func(_ access.OrganisationID, query string, args []any) {
		if strings.HasPrefix(query, "WITH RECURSIVE") {
			asked[query] = args
		}
	}
	err := d.Read(t.Context(), org, func(tx *db.Tx) error {
		id := ids.New[System]()
		if _, err := Bearing(t.Context(), tx, org, []ids.ID[System]{id}); err != nil {
			return err
		}
		if _, err := Needed(t.Context(), tx, org, id); err != nil {
			return err
		}
		for query, args := range asked {
			plan, err := explained(t, tx, query, args)
			if err != nil {
				return err
			}
			for _, step := range plan {
				if strings.HasPrefix(step, "SEARCH d ") && strings.HasSuffix(step, "(organisation_id=?)") {
					t.Errorf("%s: %s", query, step)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 {
		t.Errorf("%d questions, want 2", len(asked))
	}
}

// explained tells how SQLite carries out a question.
func explained(t *testing.T, tx *db.Tx, query string, args []any) ([]string, error) {
	t.Helper()
	return db.All(t.Context(), tx, func(scan func(...any) error) (step string, err error) {
		var a, b, c int
		err = scan(&a, &b, &c, &step)
		return step, err
	}, "EXPLAIN QUERY PLAN "+query, args...)
}

// Whose the systems are that have been saved is asked by their ids. By the organisation, an import would take a time that grows with the square
// of its length.
func TestSavedSystemsAreAskedForByTheirIDs(t *testing.T) {
	d := dbtest.SQLite(t)
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	var asked string
	var with []any
	d.Watch = func(_ access.OrganisationID, query string, args []any) {
		if strings.HasPrefix(query, "SELECT COUNT(") && strings.Contains(query, "FROM system ") {
			asked, with = query, args
		}
	}
	err := d.Write(t.Context(), org, func(tx *db.Tx) error {
		if err := Upsert(t.Context(), tx, org, []System{New("Alfa"), New("Beta")}); err != nil {
			return err
		}
		plan, err := explained(t, tx, asked, with)
		if len(plan) != 1 || !strings.HasSuffix(plan[0], "(id=?)") {
			t.Errorf("%s: %q", asked, plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
