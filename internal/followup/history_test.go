// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// TestHistoryIsNotRecounted takes values on two days, the second by a new definition: what was taken stands as it was whatever the register and
// the definition have become, a day that is taken twice has one value, and the page shows the new series beside the old. On both engines.
func TestHistoryIsNotRecounted(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		day := time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return day }
		actor := access.LocalAdministrator(dbtest.Organisation(t, d, "norrsjo").Organisation)
		shipped := cataloguetest.Load(t)
		newer := *shipped
		newer.Indicators = slices.Clone(shipped.Indicators)
		i := slices.IndexFunc(newer.Indicators, func(ind catalogue.Indicator) bool { return ind.ID == "INFOKLASS" })
		was := newer.Indicators[i].Definition
		newer.Indicators[i].Definition = was + 1
		s := &Service{DB: d, Engine: NewEngine(shipped), Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(shipped)}}
		register := func(name string) {
			t.Helper()
			must(d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
				x := system.New(name)
				x.State, x.Facts = "in-use", append(x.Facts, catalogue.Statement{Fact: "personal_data", Value: "yes"})
				return system.Upsert(t.Context(), tx, actor.Organisation, []system.System{x})
			}))
		}
		taken := func() []Point {
			t.Helper()
			must(s.Snapshot(t.Context(), actor))
			st, err := s.List(t.Context(), actor)
			must(err)
			return st.Points
		}
		register("Ett")
		first := taken()
		if len(first) == 0 || len(taken()) != len(first) {
			t.Fatalf("%d values the first time, and as many the second time", len(first))
		}
		day = day.AddDate(0, 1, 0)
		register("Två")
		s.Engine = NewEngine(&newer)
		second := taken()
		if len(second) <= len(first) {
			t.Fatalf("%d values on two days, %d on the first", len(second), len(first))
		}
		if diff := cmp.Diff(first, second[:len(first)]); diff != "" {
			t.Errorf("what was taken has changed:\n%s", diff)
		}
		found := map[int]int64{}
		for _, p := range second {
			if p.Indicator == "INFOKLASS" && p.Series == Measured {
				found[p.Definition] = p.Denominator
			}
		}
		if diff := cmp.Diff(map[int]int64{was: 1, was + 1: 2}, found); diff != "" {
			t.Errorf("denominators by definition:\n%s", diff)
		}
		bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "followup": Messages, "system": system.Messages})
		must(err)
		site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
			ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return actor, web.Viewer{Name: "Prov"}, true },
		})
		(&Pages{Service: s}).Routes(site)
		page := webtest.Start(t, site).Get(Place + "/INFOKLASS")
		if text := page.Text("main"); page.Status != http.StatusOK || !strings.Contains(text, "Uppmätt, definition 1") {
			t.Errorf("the page does not show the earlier series: %d %s", page.Status, text)
		}
	})
}

// TestInventedPast gives an example a past: two years of it, of values that could be, each quarter no worse than the one before; never beside values that
// were taken, and gone when the example is. On both engines.
func TestInventedPast(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d.Now = func() time.Time { return time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC) }
		actor := access.LocalAdministrator(dbtest.Organisation(t, d, "norrsjo").Organisation)
		shipped := cataloguetest.Load(t)
		s := &Service{DB: d, Engine: NewEngine(shipped), Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(shipped)}}
		write := func(do func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), actor.Organisation, do); err != nil {
				t.Fatal(err)
			}
		}
		points := func() []Point {
			t.Helper()
			st, err := s.List(t.Context(), actor)
			if err != nil {
				t.Fatal(err)
			}
			return st.Points
		}
		write(func(tx *db.Tx) error {
			for _, name := range []string{"Ett", "Två", "Tre"} {
				x := system.New(name)
				x.State = "in-use"
				if err := system.Upsert(t.Context(), tx, actor.Organisation, []system.System{x}); err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 { // again, nothing more
			write(func(tx *db.Tx) error { return s.InventPast(t.Context(), tx) })
		}
		days := map[string]bool{}
		for _, p := range points() {
			days[p.On.String()] = true
			if p.Numerator < 0 || p.Unknown < 0 || p.Numerator+p.Unknown > p.Denominator || p.Catalogue != inventedBy {
				t.Errorf("%+v cannot be", p)
			}
		}
		if len(days) != inventedQuarters || !days["2026-09-30"] || !days["2025-12-31"] || !days["2024-12-31"] {
			t.Errorf("values of %v", days)
		}
		// What is told to others is taken from what was counted, and never from this.
		write(func(tx *db.Tx) error {
			from, before := civil.Date{Year: 2024, Month: time.January, Day: 1}, civil.Of(tx.Now)
			told, err := LastBefore(t.Context(), tx, tx.Scope, from, before)
			shown, fault := TakenBefore(t.Context(), tx, tx.Scope, from, before)
			if len(told) != 0 || len(shown) == 0 {
				t.Errorf("%d values would be told to others, and %d are shown", len(told), len(shown))
			}
			return errors.Join(err, fault)
		})
		write(func(tx *db.Tx) error { return ForgetInvented(t.Context(), tx) })
		if n := len(points()); n != 0 {
			t.Errorf("%d values are left of the example", n)
		}
		if err := s.Snapshot(t.Context(), actor); err != nil {
			t.Fatal(err)
		}
		taken := len(points())
		write(func(tx *db.Tx) error { return s.InventPast(t.Context(), tx) })
		write(func(tx *db.Tx) error { return ForgetInvented(t.Context(), tx) })
		if n := len(points()); n != taken || n == 0 {
			t.Errorf("of %d values that were taken %d are left", taken, n)
		}
	})
	for _, c := range []Count{{Numerator: 17, Denominator: 40, Unknown: 20}, {Denominator: 9, Unknown: 9}, {Numerator: 1, Denominator: 1}} {
		for back, last := int64(1), c; back <= inventedQuarters; back++ {
			was := c.earlier(back)
			if was.Numerator > last.Numerator || was.Unknown < c.Unknown || was.Numerator+was.Unknown > was.Denominator || was.Denominator != c.Denominator {
				t.Errorf("%+v was %+v %d quarters ago", c, was, back)
			}
			last = was
		}
	}
}
