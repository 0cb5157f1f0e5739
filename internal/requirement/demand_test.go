// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"testing"

	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// TestDemandBecomesARequirement demands what neither law nor a level leads to, sees it with its reason and in the tally, and takes it back.
func TestDemandBecomesARequirement(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor, l := &requirement.Service{DB: d, Engine: requirement.NewEngine(cataloguetest.Load(t))}, dbtest.Organisation(t, d, "norrsjo"), texts(t, "sv")
		sys, err := (&system.Service{DB: d}).Create(t.Context(), actor, system.New("Systemet"))
		if err != nil {
			t.Fatal(err)
		}
		view := func() requirement.View {
			t.Helper()
			v, err := s.View(t.Context(), actor, sys.Slug, l)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		before := view()
		applies := map[string]bool{}
		for _, r := range before.Requirements {
			applies[r.ID] = true
		}
		var wanted string
		for i := range s.Engine.Catalogue.Requirements {
			if id := s.Engine.Catalogue.Requirements[i].ID; !applies[id] {
				wanted = id
			}
		}
		demand := func(list ...string) {
			t.Helper()
			asked := make([]requirement.Demand, len(list))
			for i, id := range list {
				asked[i].Requirement = id
			}
			err := d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
				return requirement.SetDemands(t.Context(), tx, actor.Organisation, sys.ID, requirement.Demand{Kind: requirement.BecauseRisk, Ref: "r1", Name: "Kapat konto"}, asked)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		demand(wanted)
		after := view()
		if after.Tally.Total() != before.Tally.Total()+1 {
			t.Errorf("got %d requirements, want %d", after.Tally.Total(), before.Tally.Total()+1)
		}
		found := false
		for _, r := range after.Requirements {
			if r.ID == wanted {
				found = r.Demanded() && !r.Conditional && r.Because[0].Text == "Risken ”Kapat konto” ska minskas."
			}
		}
		if !found {
			t.Errorf("%s does not apply because of the risk", wanted)
		}
		if demand(); view().Tally.Total() != before.Tally.Total() {
			t.Error("what is no longer demanded still applies")
		}
	})
}
