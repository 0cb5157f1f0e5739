// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// median gives the time that half of the rounds took less than, in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}

// BenchmarkHundred reads a list of 100 systems, and who owns each, from the database.
func BenchmarkHundred(b *testing.B) {
	onBoth(b, func(b *testing.B, d *db.DB) {
		actor := dbtest.Organisation(b, d, "norrsjo")
		names := make([]string, 100)
		for i := range names {
			names[i] = fmt.Sprintf("System %03d", i)
		}
		systems := register(b, d, actor.Organisation, names...)
		owner := addPerson(b, d, actor, organisation.Person{Name: "Ägaren"})
		s := &system.Service{DB: d}
		for i := range systems {
			if err := s.SetResponsible(b.Context(), actor, systems[i].Slug, []system.Naming{{Kind: organisation.Owner, Person: owner}}); err != nil {
				b.Fatal(err)
			}
		}
		var took []time.Duration
		for b.Loop() {
			begun := time.Now()
			read(b, d, actor.Organisation, func(tx *db.Tx) error {
				list, err := system.List(b.Context(), tx, actor.Organisation, system.Filter{Reach: access.Everywhere()})
				if err != nil {
					return err
				}
				ids := make([]string, len(list))
				for i := range list {
					ids[i] = list[i].ID.String()
				}
				named, err := organisation.Named(b.Context(), tx, actor.Organisation, organisation.ObjectSystem, ids)
				if len(list) != 100 || len(named) != 100 {
					b.Fatalf("%d systems with %d owners, want 100 of each", len(list), len(named))
				}
				return err
			})
			took = append(took, time.Since(begun))
		}
		b.ReportMetric(median(took), "ms-median")
	})
}

// BenchmarkCreate registers one system, with its entry in the log.
func BenchmarkCreate(b *testing.B) {
	onBoth(b, func(b *testing.B, d *db.DB) {
		actor := dbtest.Organisation(b, d, "norrsjo")
		s := &system.Service{DB: d}
		var took []time.Duration
		for b.Loop() {
			begun := time.Now()
			if _, err := s.Create(b.Context(), actor, system.New(fmt.Sprintf("System %d", len(took)))); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		b.ReportMetric(median(took), "ms-median")
	})
}

// onBoth runs a benchmark on both engines, as far as there is a server.
func onBoth(b *testing.B, run func(b *testing.B, d *db.DB)) {
	b.Run("sqlite", func(b *testing.B) { run(b, dbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, dbtest.Postgres(b)) })
}
