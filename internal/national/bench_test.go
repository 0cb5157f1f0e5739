// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
)

// BenchmarkRecountMemory counts every indicator anew from rows in memory, for 1, 290 and 2 900 municipalities with 700 systems.
func BenchmarkRecountMemory(b *testing.B) {
	e := engine(b)
	sim := NewSimulation(e, 7, 290, 700)
	codes := sim.Codes()
	nation := Each(codes, func(code string) []followup.Row {
		p := sim.Profile(code)
		return sim.Rows(&p, Period{2026, 3})
	})
	for _, n := range []int{1, 290, 2900} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprint(i % len(nation))
			}
			for b.Loop() {
				total := NewTotal(e)
				for _, t := range Each(list, func(name string) followup.Tallies {
					var i int
					_, _ = fmt.Sscan(name, &i)
					return e.Tally(nation[i])
				}) {
					total.Add(t)
				}
			}
		})
	}
}

// filled is a database with a simulated nation.
func filled(b *testing.B, d *db.DB) (*Service, *Simulation, access.Actor) {
	b.Helper()
	s, actor := start(b, d)
	sim := NewSimulation(s.Engine, 7, 290, 700)
	must(b, s.Fill(b.Context(), actor, sim))
	return s, sim, actor
}

// BenchmarkRecountPostgres counts every indicator anew from the rows in PostgreSQL.
func BenchmarkRecountPostgres(b *testing.B) {
	s, _, actor := filled(b, dbtest.Postgres(b))
	for b.Loop() {
		if _, err := s.Recount(b.Context(), actor); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPicture reads the national page's figures.
func BenchmarkPicture(b *testing.B) {
	s, _, actor := filled(b, dbtest.SQLite(b))
	for b.Loop() {
		if _, err := s.Picture(b.Context(), actor, Look{Indicator: "INFOKLASS"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceive290 takes in 290 submissions.
func BenchmarkReceive290(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, actor := start(b, dbtest.SQLite(b))
		sim := NewSimulation(s.Engine, 7, 290, 700)
		var keys []Registered
		codes := sim.Codes()
		for _, code := range codes {
			k, err := sim.Key(code)
			must(b, err)
			keys = append(keys, Registered{code, k.Verifier})
		}
		must(b, s.Trust(b.Context(), actor, keys))
		in := Each(codes, func(code string) Incoming {
			p := sim.Profile(code)
			x, err := sim.Submission(&p, Period{2026, 3})
			return Incoming{Name: code, Submission: x, Err: err}
		})
		b.StartTimer()
		got, err := s.Receive(b.Context(), actor, in)
		if err != nil || got.Accepted != len(codes) {
			b.Fatal(got, err)
		}
	}
}
