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
			plan, err := db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
				var a, b, c int
				var step string
				return step, scan(&a, &b, &c, &step)
			}, "EXPLAIN QUERY PLAN "+query, args...)
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
