// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"fmt"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// BenchmarkAffected100000 is the figure of the issue: what the incident of a supplier with 42 systems hits, over 100 000 systems with 300 000
// dependencies, in at most two seconds.
func BenchmarkAffected100000(b *testing.B) {
	w := start(b, dbtest.SQLite(b))
	list := make([]system.System, 100_000)
	for i := range list {
		list[i] = system.New(fmt.Sprintf("System %06d", i))
		list[i].Slug = fmt.Sprintf("s%06d", i)
	}
	err := w.d.Write(b.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		if err := system.Upsert(b.Context(), tx, w.actor.Organisation, list); err != nil {
			return err
		}
		for i := range 40 {
			_, err := tx.Exec(b.Context(), `UPDATE system SET supplier_id = $1 WHERE organisation_id = $2 AND id = $3`, w.supplier.ID, w.actor.Organisation, list[i*100].ID)
			if err != nil {
				return err
			}
		}
		var rows [][]any
		for i := 1; i < len(list); i++ {
			for k := range 3 {
				to := i - 1 - (i*7919+k*104729)%min(i, 2000)
				rows = append(rows, []any{ids.New[system.Dependency](), w.actor.Organisation, list[i].ID, list[to].ID, system.Carried[k], 0})
			}
		}
		return tx.Insert(b.Context(), `INSERT INTO system_dependency (id, organisation_id, system_id, needs_id, carries, created_at) VALUES`, `ON CONFLICT DO NOTHING`, rows)
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a, _, err := w.s.Affected(b.Context(), w.actor, w.supplier.ID.String(), texts4(b))
		if err != nil || len(a.Hits) != 42 || a.DependentCount < 50_000 {
			b.Fatalf("%d are hit, %d depend on them: %v", len(a.Hits), a.DependentCount, err)
		}
	}
}
