// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// DependingOn finds the nearest first, over facilities too, once each, and asks as many questions about a long chain as about a short one.
func TestDependingOn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s := &system.Service{DB: d}
		const long = 40
		var names []string
		for i := range long {
			names = append(names, fmt.Sprintf("S%02d", i))
		}
		list := register(t, d, actor.Organisation, names...)
		needs := func(from int, n system.Needing) {
			t.Helper()
			n.Carries = system.Unknown
			if err := s.AddDependency(t.Context(), actor, list[from].Slug, n); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i < long; i++ {
			needs(i, system.Needing{System: names[i-1]})
		}
		needs(0, system.Needing{System: names[2]}) // a loop
		needs(long-1, system.Needing{Facility: "Katalogen"})
		count := func(start []string) (out []system.Dependent, questions int64) {
			read(t, d, actor.Organisation, func(tx *db.Tx) error {
				before := d.Statements()
				web, err := system.Web(t.Context(), tx, actor.Organisation)
				if err == nil {
					out = web.DependingOn(start)
				}
				questions = d.Statements() - before
				return err
			})
			return out, questions
		}
		first := list[0].ID.String()
		far, asked := count([]string{first, first, "nobody"})
		want := make([]system.Dependent, 0, long)
		for i := 1; i < long; i++ {
			want = append(want, system.Dependent{ID: list[i].ID, Via: list[i-1].ID.String(), Distance: i})
		}
		if diff := cmp.Diff(want, far); diff != "" {
			t.Error(diff)
		}
		near, few := count([]string{list[long-2].ID.String()})
		if len(near) != 1 || near[0].ID != list[long-1].ID || asked != few {
			t.Errorf("%d depend on the last but one; %d questions about the chain and %d about its end", len(near), asked, few)
		}
		if none, _ := count([]string{ids.New[system.System]().String()}); len(none) != 0 {
			t.Errorf("%d depend on what nobody has", len(none))
		}
		other := dbtest.Organisation(t, d, "soderby")
		read(t, d, other.Organisation, func(tx *db.Tx) error {
			web, err := system.Web(t.Context(), tx, other.Organisation)
			if err == nil && len(web.DependingOn([]string{first})) != 0 {
				t.Error("another organisation's systems depend on it")
			}
			return err
		})
	})
}

// BenchmarkDependingOn100000 is a part of the figure that what a supplier's incident hits is read in two seconds over 100 000 systems: with
// 300 000 dependencies all over, and with all systems in one chain.
func BenchmarkDependingOn100000(b *testing.B) {
	for name, links := range map[string]func(names []string) []system.Dependency{"web": web300000, "chain": chained} {
		b.Run(name, func(b *testing.B) {
			d := dbtest.SQLite(b)
			actor := dbtest.Organisation(b, d, "norrsjo")
			names := manySystems(b, d, actor.Organisation)
			write(b, d, actor.Organisation, func(tx *db.Tx) error {
				var rows [][]any
				for _, l := range links(names) {
					rows = append(rows, []any{ids.New[system.Dependency](), actor.Organisation, l.System, l.Needs, l.Carries, 0})
				}
				return tx.Insert(b.Context(), `INSERT INTO system_dependency (id, organisation_id, system_id, needs_id, carries, created_at) VALUES`, `ON CONFLICT DO NOTHING`, rows)
			})
			for b.Loop() {
				read(b, d, actor.Organisation, func(tx *db.Tx) error {
					web, err := system.Web(b.Context(), tx, actor.Organisation)
					if err == nil && len(web.DependingOn(names[:10])) < 50_000 {
						b.Fatal("too few depend on them")
					}
					return err
				})
			}
		})
	}
}

// manySystems stores 100 000 systems of which nothing is known but what they are called, and gives their ids.
func manySystems(b *testing.B, d *db.DB, org access.OrganisationID) []string {
	b.Helper()
	list := make([]system.System, 100_000)
	names := make([]string, len(list))
	for i := range list {
		list[i] = system.New(fmt.Sprintf("System %06d", i))
	}
	write(b, d, org, func(tx *db.Tx) error { return system.Upsert(b.Context(), tx, org, list) })
	for i := range list {
		names[i] = list[i].ID.String()
	}
	return names
}

func chained(names []string) []system.Dependency {
	out := make([]system.Dependency, 0, len(names))
	for i := 1; i < len(names); i++ {
		out = append(out, system.Dependency{System: ids.ID[system.System](names[i]), Needs: ids.ID[system.System](names[i-1]), Carries: system.Unknown})
	}
	return out
}

func web300000(names []string) []system.Dependency {
	var out []system.Dependency
	for i := 1; i < len(names); i++ {
		for k := range 3 {
			if to := i - 1 - (i*7919+k*104729)%min(i, 2000); to >= 0 {
				out = append(out, system.Dependency{System: ids.ID[system.System](names[i]), Needs: ids.ID[system.System](names[to]), Carries: system.Carried[k]})
			}
		}
	}
	return out
}
