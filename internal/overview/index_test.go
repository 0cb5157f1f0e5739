// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// TestSumsFollowEveryChange sees that the sums are taken from memory while nothing happens, and made again when something does.
func TestSumsFollowEveryChange(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 12)
		read := func() *Index {
			h, err := w.s.Home(ctx, w.actor, "")
			must(t, err)
			return h.Index
		}
		first := read()
		before := d.Statements()
		if read() != first {
			t.Error("the sums were made again although nothing has happened")
		}
		if n := d.Statements() - before; n > 5 {
			t.Errorf("a second view took %d statements", n)
		}
		id := applying(t, w, systems[2].Slug)[0]
		must(t, w.s.requirements.Answer(ctx, w.actor, systems[2].Slug, []requirement.Answer{{Requirement: id, Status: requirement.NotMet, KnownBy: "attested"}}))
		second := read()
		if got := second.Totals(Filter{}); got.Tally.NotMet != 1 || got.Unowned != 1 {
			t.Errorf("after an answer: %+v, unowned %d", got.Tally, got.Unowned)
		}
		d.Now = func() time.Time { return clock.AddDate(2, 0, 0) }
		if got := read().Totals(Filter{}); got.Standings[Classified] != 0 || got.Standings[Expired] != 4 {
			t.Errorf("two years later: %v", got.Standings)
		}
	})
}

// TestSumsAreShared reads and changes at once. The race detector watches, and every reader sees sums that add up.
func TestSumsAreShared(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 12)
	id := applying(t, w, systems[2].Slug)[0]
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				h, err := w.s.Home(ctx, w.actor, "")
				if err != nil {
					t.Error(err)
					return
				}
				n := 0
				for _, s := range Standings {
					n += h.Totals.Standings[s]
				}
				if n != 12 || h.Totals.Systems != 12 {
					t.Errorf("%d of %d systems have a standing", n, h.Totals.Systems)
				}
			}
		})
	}
	for i := range 10 {
		a := requirement.Answer{Requirement: id, Status: requirement.Statuses[i%3], KnownBy: "attested"}
		must(t, w.s.requirements.Answer(ctx, w.actor, systems[2].Slug, []requirement.Answer{a}))
	}
	wg.Wait()
}

func TestCacheHoldsFew(t *testing.T) {
	var c cache[Index]
	made := 0
	build := func(*Index, indexKey) (*Index, error) { made++; return &Index{}, nil }
	var orgs []access.OrganisationID
	for range maxIndexes + 3 {
		orgs = append(orgs, ids.New[access.Tenant]())
		if _, err := c.get(orgs[len(orgs)-1], indexKey{size: 1}, build); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.entries) != maxIndexes {
		t.Errorf("%d organisations are kept", len(c.entries))
	}
	last := orgs[len(orgs)-1]
	want, _ := c.get(last, indexKey{size: 1}, build)
	if made != maxIndexes+3 {
		t.Errorf("made %d times", made)
	}
	newer, _ := c.get(last, indexKey{size: 2}, build)
	if older, _ := c.get(last, indexKey{size: 1}, build); older == newer || older == want {
		t.Error("an older reader got another moment's sums")
	}
	if now, _ := c.get(last, indexKey{size: 2}, build); now != newer {
		t.Error("an older reader replaced newer sums")
	}
	failed := errors.New("failed")
	if _, err := c.get(last, indexKey{size: 3}, func(*Index, indexKey) (*Index, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("a failure gives %v", err)
	}
	if now, err := c.get(last, indexKey{size: 3}, build); err != nil || now == nil {
		t.Errorf("after a failure: %v, %v", now, err)
	}
}

// TestBothWaysToListAgree narrows by text and unit in the database and in memory.
func TestBothWaysToListAgree(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 120)
		dirty(t, w, systems)
		for _, f := range []Filter{
			{},
			{Page: 2},
			{Page: 99},
			{Text: "ÅDALEN 001"},
			{Text: "%"},
			{Text: "_"},
			{Text: "script"},
			{Unit: systems[3].UnitID.String()},
			{Unit: systems[3].UnitID.String(), Text: "3"},
			{Text: "finns inte"},
		} {
			w.s.cache.entries = nil // without sums in memory the database is asked
			stored, err := w.s.List(ctx, w.actor, f)
			must(t, err)
			x, err := w.s.read(ctx, w.actor, access.Everywhere())
			must(t, err)
			want := names(x.Select(f))
			from := min((stored.Filter.Page-1)*PageSize, len(want))
			want = want[from:min(from+PageSize, len(want))]
			var got []string
			for _, r := range stored.Rows {
				got = append(got, r.Name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v: stored %v, in memory %v", f, got, want)
			}
		}
	})
}

func names(list []*Sum) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Name)
	}
	return out
}

// TestStatementsAreConstant opens each page with few and with many systems.
func TestStatementsAreConstant(t *testing.T) {
	counts := map[string][]int64{}
	for _, n := range []int{6, 130} {
		w := start(t, dbtest.SQLite(t))
		systems := seed(t, w.d, w.s, w.actor, n)
		dirty(t, w, systems)
		for _, path := range []string{"/", "/system", "/system?q=system", "/system?niva=1", "/system/hostile", "/system/hostile/krav", "/regler", "/information", "/information/" + w.s.catalogue().Types[0].ID, "/krav/" + w.s.catalogue().Requirements[0].ID} {
			w.s.cache.entries = nil
			before := w.d.Statements()
			w.open(t, path)
			counts[path] = append(counts[path], w.d.Statements()-before)
		}
	}
	for path, n := range counts {
		if n[0] != n[1] || n[0] > 25 {
			t.Errorf("%s takes %d statements with few systems and %d with many", path, n[0], n[1])
		}
	}
}

// BenchmarkList5000 opens the list of 5,000 systems through the whole server, page by page and filter by filter, and reports the
// 95th percentile: warm while nothing changes, and right after a change for lists that need no sums. It also reports what the first
// list that does need them costs after a change.
func BenchmarkList5000(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		d := dbtest.SQLite(b)
		benchmarkList(b, d, d, 5000)
	})
	b.Run("postgres", func(b *testing.B) {
		if os.Getenv(dbtest.PostgresVariable) == "" {
			b.Skip("SKIPPED: set " + dbtest.PostgresVariable)
		}
		d, owner := dbtest.PostgresBoth(b)
		benchmarkList(b, d, owner, 5000)
	})
}

// BenchmarkList100000 is the same for the largest register that is planned for: a whole region, or a host of many.
func BenchmarkList100000(b *testing.B) {
	d := dbtest.SQLite(b)
	benchmarkList(b, d, d, 100_000)
}

// benchmarkList measures d; owner is the same database as somebody who may gather statistics.
func benchmarkList(b *testing.B, d, owner *db.DB, n int) {
	w := start(b, d)
	systems := seed(b, d, w.s, w.actor, n)
	if _, err := owner.WritePool().Exec("ANALYZE"); err != nil { // as the server does by itself after a while
		b.Fatal(err)
	}
	plain := []string{
		"/system", "/system?sida=2", "/system?sida=50", "/system?sida=100", "/system?q=System+0012", "/system?q=socialf",
		"/system?forvaltning=" + systems[0].UnitID.String(),
	}
	derived := []string{"/system?niva=3", "/system?lage=klassad&sida=3", "/system?krav=okanda", "/system?sortera=niva", "/system?agare=saknas"}
	get := func(path string) time.Duration {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		out := httptest.NewRecorder()
		begun := time.Now()
		w.handler.ServeHTTP(out, r)
		took := time.Since(begun)
		if out.Code != http.StatusOK {
			b.Fatal(fmt.Sprint(path, " gives ", out.Code))
		}
		return took
	}
	get(plain[0]) // the templates are bound once
	var warm, changed, first, one, home []time.Duration
	for b.Loop() {
		get(derived[0])
		changeOne(b, w, systems[n/2])
		one = append(one, get(derived[0]))
		home = append(home, get("/"))
		touchLog(b, w)
		for _, p := range plain {
			changed = append(changed, get(p))
		}
		first = append(first, get(derived[0]))
		for _, p := range append(derived, plain...) {
			warm = append(warm, get(p))
		}
	}
	b.ReportMetric(percentile(warm, 95), "ms-p95")
	b.ReportMetric(percentile(changed, 95), "ms-p95-changed")
	b.ReportMetric(percentile(first, 50), "ms-first-sums")
	b.ReportMetric(percentile(one, 95), "ms-p95-after-one")
	b.ReportMetric(percentile(home, 95), "ms-p95-home")
	b.ReportMetric(0, "ns/op")
}

// changeOne changes one system as people do.
func changeOne(b *testing.B, w *world, y system.System) {
	b.Helper()
	s := &system.Service{DB: w.d}
	e, err := s.Edit(ctx, w.actor, y.Slug)
	must(b, err)
	e.System.Comment += "x"
	must(b, s.Update(ctx, w.actor, e.System))
}

// percentile gives the value below which so many percent of the times lie, in milliseconds.
func percentile(all []time.Duration, percent int) float64 {
	slices.Sort(all)
	return float64(all[min(len(all)-1, len(all)*percent/100)].Microseconds()) / 1000
}

// What is made anew after a change equals what would be made of everything, whatever the change: systems that come, change their name and so
// their place, or go. A change of what many systems share has all made anew.
func TestSumsAreMadeAnewAsFromNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 40)
		slug := systems[8].Slug
		systemsOf := &system.Service{DB: d}
		index := func(s *Service) (x *Index) {
			t.Helper()
			must(t, d.Read(ctx, w.actor.Organisation, func(tx *db.Tx) (err error) {
				x, err = s.index(ctx, tx, w.actor.Organisation)
				return err
			}))
			return x
		}
		rename := func(name string) func() {
			return func() {
				e, err := systemsOf.Edit(ctx, w.actor, slug)
				must(t, err)
				e.System.Name = name
				must(t, systemsOf.Update(ctx, w.actor, e.System))
			}
		}
		index(w.s)
		for _, c := range append(w.depending(t, systems), []sumsChange{
			{"an answer", func() {
				id := applying(t, w, systems[2].Slug)[0]
				must(t, w.s.requirements.Answer(ctx, w.actor, systems[2].Slug, []requirement.Answer{{Requirement: id, Status: requirement.NotMet, KnownBy: "attested"}}))
			}, true},
			{"an early name", rename("Aaa"), true},
			{"a late name", rename("Ööö"), true},
			{"a new system", func() {
				_, err := systemsOf.Create(ctx, w.actor, system.New("System 0020 b"))
				must(t, err)
			}, true},
			{"many at once", func() {
				var list []ids.ID[system.System]
				for i := range systems[:20] {
					list = append(list, systems[i].ID)
				}
				role := "Annan chef"
				_, err := systemsOf.Bulk(ctx, w.actor, list, system.Change{OwnerRole: &role})
				must(t, err)
			}, true},
			{"one that goes", func() {
				must(t, d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
					if err := system.Remove(ctx, tx, w.actor.Organisation, []ids.ID[system.System]{systems[0].ID}); err != nil {
						return err
					}
					return audit.Append(ctx, tx, w.actor, audit.Entry{Action: "register.Undo", ObjectKind: "system", ObjectID: systems[0].ID.String()})
				}))
			}, true},
			{"something that many share", func() {
				must(t, d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
					return audit.Append(ctx, tx, w.actor, audit.Entry{Action: "organisation.SaveUnit", ObjectKind: "unit", ObjectID: "x"})
				}))
			}, false},
		}...) {
			old := index(w.s)
			c.change()
			after := index(w.s)
			compareSums(t, c.name, index(service(t, d)), after)
			if heir := sumOf(t, after, systems[12].ID); c.name == "another need over a dependency" && heir.requirements.Count() <= sumOf(t, old, heir.ID).requirements.Count() {
				t.Errorf("what inherits a higher need has %d requirements, as before", heir.requirements.Count())
			}
			if shared := oldSums(old, after); (shared > 10) != c.part {
				t.Errorf("%s: %d sums are the old ones, made in part: want %v", c.name, shared, c.part)
			}
		}
	})
}

// sumsChange is a change after which the sums are made anew, those of some systems alone when it is in part.
type sumsChange struct {
	name   string
	change func()
	part   bool
}

// depending are changes of who depends on whom, over which needs are inherited.
func (w *world) depending(t *testing.T, systems []system.System) []sumsChange {
	systemsOf := &system.Service{DB: w.d}
	return []sumsChange{
		{"a dependency on something with little need", func() {
			must(t, systemsOf.AddDependency(ctx, w.actor, systems[36].Slug, system.Needing{System: systems[24].Name, Carries: system.CarriesInformation}))
			must(t, systemsOf.AddDependency(ctx, w.actor, systems[24].Slug, system.Needing{System: systems[12].Name, Carries: system.CarriesInformation}))
		}, true},
		{"another need over a dependency", func() {
			classify := &classification.Service{DB: w.d, Catalogue: w.s.catalogue(), Jobs: queueOf(t, w.d)}
			must(t, classify.Answer(ctx, w.actor, systems[36].Slug, classification.Answer{
				Aspect: catalogue.Availability, Perspective: "individual", Level: 3, Motivation: "x",
			}))
		}, true},
		{"no dependency any more", func() {
			var links []system.Dependency
			must(t, w.d.Read(ctx, w.actor.Organisation, func(tx *db.Tx) error {
				var err error
				links, err = system.Dependencies(ctx, tx, w.actor.Organisation)
				return err
			}))
			for _, l := range links {
				must(t, systemsOf.RemoveDependency(ctx, w.actor, l.System.String(), l.ID))
			}
		}, true},
	}
}

func sumOf(t *testing.T, x *Index, id ids.ID[system.System]) *Sum {
	t.Helper()
	i := slices.IndexFunc(x.Systems, func(s Sum) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("there is no sum of %s", id)
	}
	return &x.Systems[i]
}

func queueOf(t *testing.T, d *db.DB) *job.Queue {
	t.Helper()
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	must(t, err)
	return q
}

// compareSums holds sums that were made anew in part to those that were made from nothing.
func compareSums(t *testing.T, name string, want, got *Index) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Sum{}), cmpopts.IgnoreUnexported(Index{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: made anew differs from made from nothing: %s", name, diff)
	}
	if !reflect.DeepEqual(want.inherited, got.inherited) || !slices.Equal(want.links, got.links) {
		t.Errorf("%s: what is inherited differs", name)
	}
}

// oldSums counts the sums that are the old ones themselves, and not ones like them.
func oldSums(old, after *Index) int {
	n := 0
	for i := range after.Systems {
		for k := range old.Systems {
			a, b := &after.Systems[i], &old.Systems[k]
			if a.ID == b.ID && b.requirements != nil && &a.requirements[0] == &b.requirements[0] {
				n++
			}
		}
	}
	return n
}
