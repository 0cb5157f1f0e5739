// SPDX-License-Identifier: EUPL-1.2

package workshop_test

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/workshop"
)

// Who takes part sees nothing of what was asked when the system's classification has been stopped meanwhile, and says nothing more.
func TestSeatsAreGoneAfterAStop(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := hold(t, d)
		r.begin()
		l := must(bundle())(t).In("sv")
		at := workshop.Item{Workshop: r.w.ID, Scenario: must(r.s.Open(t.Context(), r.actor, r.w.ID, l))(t).Scenarios[0].ID}
		if err := r.s.Ask(t.Context(), r.actor, at); err != nil {
			t.Fatal(err)
		}
		seat := workshop.Seat{Organisation: r.actor.Organisation, Workshop: r.w.ID, Participant: ids.New[workshop.Participant]()}
		must(r.s.Join(t.Context(), seat.Actor(""), seat, "Granen"))(t)
		if p := must(r.s.Poll(t.Context(), seat.Actor(""), seat))(t); p.Scenario == nil {
			t.Fatal("nothing is asked")
		}
		classify := &classification.Service{DB: d, Catalogue: must(catalogued())(t), Jobs: must(job.New(d, slog.New(slog.DiscardHandler)))(t)}
		err := classify.Answer(t.Context(), r.actor, "akten", classification.Answer{
			Aspect: catalogue.Confidentiality, Perspective: "individual", Level: 4, Motivation: "x",
		})
		if !errors.Is(err, classification.ErrStopped) {
			t.Fatalf("the stopping level: %v", err)
		}
		if p, err := r.s.Poll(t.Context(), seat.Actor(""), seat); !errors.Is(err, workshop.ErrGone) || p.Scenario != nil {
			t.Errorf("after the stop: %+v, %v", p.Scenario, err)
		}
		if err := r.s.Vote(t.Context(), seat.Actor(""), seat, at.Scenario, workshop.Ballot{Likelihood: 2}); !errors.Is(err, workshop.ErrGone) {
			t.Errorf("a vote after the stop: %v", err)
		}
		listed := func() int { return len(must(r.s.List(t.Context(), r.actor))(t)) }
		if n := listed(); n != 0 {
			t.Errorf("the list tells of %d workshops after the stop", n)
		}
		other := seat
		other.Participant = ids.New[workshop.Participant]()
		if _, err := r.s.Join(t.Context(), other.Actor(""), other, "Björken"); !errors.Is(err, workshop.ErrGone) {
			t.Errorf("a seat after the stop: %v", err)
		}
		if err := classify.Reopen(t.Context(), r.actor, "akten"); err != nil {
			t.Fatal(err)
		}
		if n := listed(); n != 1 {
			t.Errorf("the list tells of %d workshops when the stop is lifted", n)
		}
		if p := must(r.s.Poll(t.Context(), seat.Actor(""), seat))(t); p.Scenario == nil {
			t.Error("who takes part sees nothing when the stop is lifted")
		}
	})
}
