// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// A person is told of what others do to their account: a sign-in tied to it, another address, other roles, its end. Whoever has no account
// is told nothing.
func TestPeopleAreToldOfTheirAccount(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		told := func(what string, want ...string) {
			t.Helper()
			if got := strings.Join(w.told, ", "); got != strings.Join(want, ", ") {
				t.Errorf("%s: told %q, want %q", what, got, want)
			}
			w.told = nil
		}
		told("two arrivals", "tied", "tied")
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "revision", Role: access.Auditor})
		cia, err := w.arrive("Cia", map[string][]string{"org": {"norrsjo"}, "group": {"revision"}})
		if err != nil {
			t.Fatal(err)
		}
		told("an arrival with a role", "tied", "roles")
		if _, err := w.arrive("Cia", map[string][]string{"org": {"norrsjo"}, "group": {"revision"}}); err != nil {
			t.Fatal(err)
		}
		told("the same again")
		if _, err := w.arrive("Cia", map[string][]string{"org": {"norrsjo"}}); err != nil {
			t.Fatal(err)
		}
		told("an arrival without the role", "roles")
		id := ids.ID[organisation.Person](cia.ID)
		p, err := w.Person(t.Context(), w.anna, id)
		if err != nil {
			t.Fatal(err)
		}
		changed := p.Person
		changed.Email = "cia@annan.example"
		if err := w.ChangePerson(t.Context(), w.anna, changed); err != nil {
			t.Fatal(err)
		}
		told("another address", "address cia@example.se", "address cia@annan.example")
		changed.Version, changed.Name = changed.Version+1, "Cia C"
		if err := w.ChangePerson(t.Context(), w.anna, changed); err != nil {
			t.Fatal(err)
		}
		told("another name")
		if _, err := w.EndPerson(t.Context(), w.anna, id, "slutat"); err != nil {
			t.Fatal(err)
		}
		told("the end", "ended")
		nobody, err := w.AddPerson(t.Context(), w.anna, organisation.Person{Name: "Didrik", Email: "didrik@example.se"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.EndPerson(t.Context(), w.anna, nobody, ""); err != nil {
			t.Fatal(err)
		}
		told("somebody without an account")
	})
}
