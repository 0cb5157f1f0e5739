// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// Whoever could change the directory's id of another administrator could sign in as them too, and be both of the two who approve.
func TestOneAdministratorDoesNotBecomeAnother(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		kim := w.first(t, "kim")
		const second = "https://second.example"
		w.rule(t, organisation.Rule{Issuer: second, Effect: organisation.EffectLink, Claim: "oid"})
		p, err := w.Person(t.Context(), w.anna, ids.ID[organisation.Person](kim.ID))
		if err != nil {
			t.Fatal(err)
		}
		change := p.Person
		change.ExternalID = "oid-anna"
		if err := w.ChangePerson(t.Context(), w.anna, change); !errors.Is(err, organisation.ErrSignsIn) {
			t.Errorf("the other administrator changed the id: %v", err)
		}
		got, err := w.arriveAs(auth.Proof{
			Organisation: w.org, Method: "oidc", Issuer: second, Subject: "anna", Name: "Anna", Factors: 2, LoA: 3, Claims: map[string][]string{"oid": {"oid-anna"}},
		})
		if err == nil && got.ID == kim.ID {
			t.Errorf("anna's sign-in is kim: %+v", got)
		}
	})
}
