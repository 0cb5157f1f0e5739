// SPDX-License-Identifier: EUPL-1.2

package supplier_test

import (
	"errors"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/supplier"
)

func date(y, m, d int) civil.Date {
	return civil.Date{Year: y, Month: time.Month(m), Day: d}
}

func TestAssessmentNeedsReasonsAndDays(t *testing.T) {
	whole := supplier.Paper{Kind: supplier.Suitability, Name: "Bedömning", Outcome: "yes", Note: "Uppgifterna är krypterade.", StartsOn: date(2026, 1, 1), EndsOn: date(2027, 1, 1)}
	for _, tt := range []struct {
		name   string
		change func(p *supplier.Paper)
		want   error
	}{
		{"whole", func(*supplier.Paper) {}, nil},
		{"begun", func(p *supplier.Paper) {
			*p = supplier.Paper{Kind: supplier.Transfer, Name: "x", Outcome: supplier.Unknown}
		}, nil},
		{"without reasons", func(p *supplier.Paper) { p.Note = "" }, supplier.ErrReasons},
		{"without the day", func(p *supplier.Paper) { p.StartsOn = civil.Date{} }, supplier.ErrReasons},
		{"for ever", func(p *supplier.Paper) { p.EndsOn = civil.Date{} }, supplier.ErrReasons},
		{"another outcome", func(p *supplier.Paper) { p.Outcome = "maybe" }, supplier.ErrValue},
		{"a contract that comes to something", func(p *supplier.Paper) { p.Kind = supplier.Contract }, supplier.ErrValue},
	} {
		p := whole
		tt.change(&p)
		if err := p.Check(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// An assessment is kept with its supplier, reminds of itself, and is the one that holds until it is to be done again.
func TestAssessmentIsKeptAndReminds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s := &supplier.Service{DB: d}
		x, err := s.Create(t.Context(), actor, supplier.Supplier{Name: "Molnet Inc.", Transfer: "yes"})
		if err != nil {
			t.Fatal(err)
		}
		p := supplier.Paper{
			Supplier: x.ID, Kind: supplier.Transfer, Name: "Överföring till USA", Outcome: supplier.Conditions, Note: "Standardavtalsklausuler.",
			StartsOn: date(2026, 1, 1), EndsOn: date(2027, 1, 1),
		}
		if err := s.SavePaper(t.Context(), actor, p); err != nil {
			t.Fatal(err)
		}
		got, err := s.Edit(t.Context(), actor, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		one := got.Supplier.Assessed(supplier.Transfer, date(2026, 6, 1), supplier.Covered{})
		if one == nil || one.Outcome != supplier.Conditions || one.Note != p.Note || one.Kind != supplier.Transfer {
			t.Fatalf("the assessment is %+v", one)
		}
		if got.Supplier.Agreed(date(2026, 6, 1)) {
			t.Error("an assessment is taken for a processor agreement")
		}
		if n := len(got.Supplier.Reminders(date(2026, 6, 1))); n != 0 {
			t.Errorf("%d reminders half a year before", n)
		}
		if n := len(got.Supplier.Reminders(date(2026, 11, 1))); n != 1 {
			t.Errorf("%d reminders two months before", n)
		}
		if got.Supplier.Assessed(supplier.Transfer, date(2027, 2, 1), supplier.Covered{}) != nil || got.Supplier.Assessed(supplier.Suitability, date(2026, 6, 1), supplier.Covered{}) != nil {
			t.Error("an assessment holds after its end, or for something else")
		}
		one.Outcome = "no"
		if err := s.SavePaper(t.Context(), actor, *one); err != nil {
			t.Fatal(err)
		}
		if got, err = s.Edit(t.Context(), actor, x.ID); err != nil || got.Supplier.Papers[0].Outcome != "no" {
			t.Errorf("after the change: %+v, %v", got.Supplier.Papers, err)
		}
	})
}
