// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// holds is what an organisation has, by name.
func holds(t *testing.T, a *app.App, org access.OrganisationID) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	ok(t, a.DB.Read(t.Context(), org, func(tx *db.Tx) error {
		systems, err := system.List(t.Context(), tx, org, system.Filter{Reach: access.Everywhere()})
		for i := range systems {
			out["system"] = append(out["system"], systems[i].Name+", "+systems[i].Unit+", "+systems[i].Supplier)
		}
		if err != nil {
			return err
		}
		units, err := organisation.Units(t.Context(), tx, org)
		for _, u := range units {
			out["unit"] = append(out["unit"], u.Name)
		}
		if err != nil {
			return err
		}
		suppliers, err := supplier.All(t.Context(), tx, org)
		for i := range suppliers {
			out["supplier"] = append(out["supplier"], suppliers[i].Name)
		}
		if err != nil {
			return err
		}
		list, err := processing.All(t.Context(), tx, org, access.Everywhere())
		for i := range list {
			out["processing"] = append(out["processing"], list[i].Name)
		}
		return err
	}))
	return out
}

// left counts the rows that an organisation has in every table, but for the log and what the program itself keeps.
func left(t *testing.T, a *app.App, org access.OrganisationID) map[string]int {
	t.Helper()
	out := map[string]int{}
	ok(t, a.DB.Read(t.Context(), org, func(tx *db.Tx) error {
		tables, err := dbtest.ScopedTables()
		for table := range tables {
			var n int
			if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table+` WHERE organisation_id = $1`, org), &n); err != nil {
				return err
			}
			if n > 0 && !strings.HasPrefix(table, "audit") && !strings.HasPrefix(table, "register_") && table != "sealing" && table != "organisation_setting" {
				out[table] = n
			}
		}
		return err
	}))
	return out
}

// eachEngine runs fn with the program on each engine.
func eachEngine(t *testing.T, fn func(t *testing.T, a *app.App)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))) })
	t.Run("postgres", func(t *testing.T) { fn(t, open(t, dbtest.PostgresAddress(t))) })
}

// asksSuppliers sees that the example has a supplier's answers, of which one is accepted and one is contradicted by what is measured, and a tender
// whose two bids can be compared.
func asksSuppliers(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	l := a.Texts.In("sv")
	s, err := a.Procurements.Supplied(t.Context(), actor, "bistandsakten", l)
	ok(t, err)
	accepted, contradicted := 0, 0
	for i := range s.Answers {
		if c := &s.Answers[i]; c.Accepted != nil {
			accepted++
		} else if c.Contrast == procurement.MeasuredOther {
			contradicted++
		}
	}
	if accepted != 1 || contradicted != 1 || len(s.Answers) < 5 {
		t.Errorf("%d of %d answers are accepted and %d contradicted by a measurement, want one of each", accepted, len(s.Answers), contradicted)
	}
	all, err := a.Procurements.Systems(t.Context(), actor, procurement.Filter{})
	ok(t, err)
	v, err := a.Procurements.Tender(t.Context(), actor, all.Purchases[0].ID, l)
	ok(t, err)
	if v.Comparison == nil || len(v.Comparison.Scores) != 2 || !v.Comparison.Scores[0].Passes() || v.Comparison.Scores[1].Passes() {
		t.Errorf("the bids are compared so: %+v", v.Comparison)
	}
}

// showsOthers sees that the example has others' figures to show, all said to be invented, and none of any municipality.
func showsOthers(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	x, err := a.National.References(t.Context(), actor)
	ok(t, err)
	if len(x.Series) != 3 || len(x.Groups) != 1 || len(x.Series[0].Values) < 8 {
		t.Errorf("%d series and %d groups", len(x.Series), len(x.Groups))
	}
	for i := range x.Series {
		s := &x.Series[i]
		if !strings.HasPrefix(s.Title, "Exempeldata: ") || s.Base != national.ExampleBase {
			t.Errorf("%q from %s is not said to be invented", s.Title, s.Base)
		}
		for _, v := range s.Values {
			if _, municipality := a.Catalogue.Municipality(v.Place); municipality {
				t.Errorf("%s invents a figure of municipality %s", s.Title, v.Place)
			}
		}
	}
	c, err := a.National.Concentration(t.Context(), actor, national.LookConcentration{})
	ok(t, err)
	if !c.Invented || len(c.Releases) != 3 || len(c.Suppliers) < 5 || len(c.Was) < 5 || len(c.Over) == 0 || len(c.Over[0]) < 2 {
		t.Errorf("the example tells of what is depended on: %d releases, %d suppliers, %d the year before", len(c.Releases), len(c.Suppliers), len(c.Was))
	}
	for _, ind := range a.Catalogue.Indicators {
		p, err := a.National.Picture(t.Context(), actor, national.Look{Indicator: ind.ID})
		ok(t, err)
		if len(p.Releases) != 3 || !p.Invented || len(p.Shown) != 0 {
			t.Errorf("%s: the example has %d releases, said to be invented: %t, and %d municipalities by their names", ind.ID, len(p.Releases), p.Invented, len(p.Shown))
		}
	}
	if err := a.National.Illustrate(t.Context(), dbtest.Organisation(t, a.DB, "akta"), national.Illustration{}); !errors.Is(err, national.ErrNotExample) {
		t.Errorf("figures are invented where the data is real: %v", err)
	}
}

// answersAreReported sees that what units have answered in a round stands in the report to the committee, as the page of indicators counts it.
func answersAreReported(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	var b strings.Builder
	ok(t, a.Reports.Account(t.Context(), actor, report.Request{Kind: report.Committee, Format: document.HTML, Lang: "sv"}, &b))
	st, err := a.Followup.List(t.Context(), actor)
	ok(t, err)
	told := 0
	for _, v := range st.Values {
		ind, _ := a.Catalogue.Indicator(v.Indicator)
		if ind.Of != "unit" || v.Unknown == v.Denominator {
			continue
		}
		told++
		if want := fmt.Sprintf("%d\u00a0av\u00a0%d, %d\u00a0okända", v.Numerator, v.Denominator, v.Unknown); !strings.Contains(b.String(), want) || !strings.Contains(b.String(), ind.Name.SV) {
			t.Errorf("the report lacks %s, %s", ind.Name.SV, want)
		}
	}
	if told == 0 || !strings.Contains(b.String(), "Vad enheterna svarar") {
		t.Errorf("%d indicators of what units answer", told)
	}
}

// Somebody tries the example in their own organisation, works beside it, and takes it away: only what is theirs is left.
func TestExampleInOnesOwnOrganisation(t *testing.T) {
	eachEngine(t, func(t *testing.T, a *app.App) {
		ctx := t.Context()
		actor := dbtest.Organisation(t, a.DB, "egen")
		actor.Fresh = true
		_, err := a.Suppliers.Create(ctx, actor, supplier.Supplier{Name: "Vår egen leverantör AB", Transfer: supplier.Unknown})
		ok(t, err)
		ok(t, a.StartExample(ctx, actor))
		state, err := a.ExampleState(ctx, actor)
		ok(t, err)
		if !state.Done || state.Systems < 30 || state.Own != 0 {
			t.Fatalf("after the start: %+v", state)
		}
		asksSuppliers(t, a, actor)
		showsOthers(t, a, actor)
		answersAreReported(t, a, actor)
		if err := a.StartExample(ctx, actor); err != nil {
			t.Errorf("to start again what is there: %v", err)
		}

		// What is their own hangs on a unit and a supplier of the example's, and stands in a processing of their own.
		s := system.New("Vårt eget system")
		s.Unit, s.Supplier = "Tekniska förvaltningen", "Tallrot Lås AB"
		mine, err := a.Systems.Create(ctx, actor, s)
		ok(t, err)
		there := holds(t, a, actor.Organisation)["system"]
		_, err = a.Processings.Create(ctx, actor, processing.New("Vår egen behandling", processing.Controller), processing.Wanted{Systems: []string{mine.ID.String(), "bistandsakten"}})
		ok(t, err)

		stale := actor
		stale.Fresh = false
		if err := a.RemoveExample(ctx, stale); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("to take it away without showing again who one is: got %v, want %v", err, access.ErrStepUp)
		}
		ok(t, a.RemoveExample(ctx, actor))

		for kind, want := range map[string]string{
			"system": "Vårt eget system, Tekniska förvaltningen, Tallrot Lås AB", "unit": "Tekniska förvaltningen",
			"supplier": "Tallrot Lås AB|Vår egen leverantör AB", "processing": "Vår egen behandling",
		} {
			if got := strings.Join(holds(t, a, actor.Organisation)[kind], "|"); got != want {
				t.Errorf("%s: got %q, want %q (of %d systems)", kind, got, want, len(there))
			}
		}
		want := map[string]int{"system": 1, "unit": 1, "supplier": 2, "processing": 1, "processing_system": 1}
		for table, n := range left(t, a, actor.Organisation) {
			if want[table] != n {
				t.Errorf("%s has %d rows left, want %d", table, n, want[table])
			}
		}
		state, err = a.ExampleState(ctx, actor)
		ok(t, err)
		if state.Begun || state.Invented || state.Own != 1 {
			t.Errorf("after it is taken away: %+v", state)
		}
		if err := a.StartExample(ctx, actor); !errors.Is(err, app.ErrNotEmpty) {
			t.Errorf("to try it again beside an own system: got %v, want %v", err, app.ErrNotEmpty)
		}
	})
}

// Whoever starts the demonstration on data of an earlier version is told, for what is new is not in them.
func TestExampleOfAnEarlierVersion(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor, _, err := a.Example(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check := func(want bool) {
		t.Helper()
		if old, err := a.ExampleIsOld(t.Context(), actor); err != nil || old != want {
			t.Errorf("is old: %v, %v, want %v", old, err, want)
		}
	}
	check(false)
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		return organisation.SaveSetting(t.Context(), tx, actor.Organisation, "example.filled", "2026-11-28")
	}))
	check(true)
}
