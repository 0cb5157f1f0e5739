// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/webtest"
)

func addPerson(t testing.TB, d *db.DB, actor access.Actor, p organisation.Person) ids.ID[organisation.Person] {
	t.Helper()
	id, err := (&organisation.Service{DB: d}).AddPerson(t.Context(), actor, p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSetResponsible(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who := &pageActor{dbtest.Organisation(t, d, "prov")}
		c, s := start(t, d, who)
		c.NoRedirects()
		sys := system.New("Ärendesystem")
		sys.OwnerRole, sys.Unit = "Socialchef", "Socialförvaltningen"
		made, err := s.Create(t.Context(), who.Actor, sys)
		if err != nil {
			t.Fatal(err)
		}
		kim := addPerson(t, d, who.Actor, organisation.Person{Name: "Kim Ek"})
		addPerson(t, d, who.Actor, organisation.Person{Name: "Lo Al", Email: "lo.1@prov.example"})
		lo := addPerson(t, d, who.Actor, organisation.Person{Name: "Lo Al", Email: "lo.2@prov.example"})
		path := made.Path() + "/ansvariga"
		page := c.Get(path)
		webtest.CheckDOM(t, page.Doc)
		if got := page.Text("#owner-hint"); !strings.Contains(got, "Rollen i registret: Socialchef.") || strings.Contains(page.Text("#manager-hint"), "Rollen") {
			t.Errorf("the role in the register is told as %q", got)
		}
		page = c.Submit(page, form, url.Values{"owner": {"Lo Al"}, "manager": {"Ingen Alls"}})
		webtest.CheckDOM(t, page.Doc)
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text("#owner-error"), "Flera") || !strings.Contains(page.Text("#manager-error"), "Ingen i organisationen") {
			t.Fatalf("%d %q %q", page.Status, page.Text("#owner-error"), page.Text("#manager-error"))
		}
		if got := c.Submit(page, form, url.Values{"owner": {"kim ek"}, "manager": {"lo.2@prov.example"}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Text(".err"))
		}
		named := func() map[string]ids.ID[organisation.Person] {
			n, err := s.Responsible(t.Context(), who.Actor, made.Slug)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]ids.ID[organisation.Person]{}
			for kind, r := range n.By {
				out[kind] = r.Person
			}
			return out
		}
		if diff := cmp.Diff(map[string]ids.ID[organisation.Person]{organisation.Owner: kim, organisation.Manager: lo}, named()); diff != "" {
			t.Fatal(diff)
		}
		before := registered(t, d, who.Actor, made.Slug)
		// Sent as it came back, the form changes nothing; cleared, it takes away the owner and nothing else.
		if got := c.Submit(c.Get(path), form, nil); got.Status != http.StatusSeeOther || len(named()) != 2 {
			t.Fatalf("%d, %v", got.Status, named())
		}
		c.Submit(c.Get(path), form, url.Values{"owner": {""}})
		if diff := cmp.Diff(map[string]ids.ID[organisation.Person]{organisation.Manager: lo}, named()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before, registered(t, d, who.Actor, made.Slug)); diff != "" {
			t.Errorf("the system changed: %s", diff)
		}
		// Who has left stays until somebody takes over.
		if _, err := (&organisation.Service{DB: d}).EndPerson(t.Context(), who.Actor, lo, "Slutat."); err != nil {
			t.Fatal(err)
		}
		page = c.Get(path)
		if !strings.Contains(page.Text("#manager-hint"), "har slutat") {
			t.Errorf("the form says %q", page.Text("#manager-hint"))
		}
		if got := c.Submit(page, form, url.Values{"owner": {"Kim Ek"}}); got.Status != http.StatusSeeOther || len(named()) != 2 {
			t.Errorf("%d, %v", got.Status, named())
		}
		err = s.SetResponsible(t.Context(), who.Actor, made.Slug, []system.Naming{{Kind: organisation.InformationOwner, Person: lo}})
		if !errors.Is(err, organisation.ErrEnded) {
			t.Errorf("one who has left was named: %v", err)
		}
		for name, r := range map[string]access.Actor{
			"a manager":              {ID: "m", Organisation: who.Organisation, Held: []access.Held{{Role: access.SystemManager, Unit: made.UnitID, Below: []access.UnitID{made.UnitID}}}},
			"an owner of another":    {ID: "o", Organisation: who.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: "other", Below: []access.UnitID{"other"}}}},
			"another organisation's": dbtest.Organisation(t, d, "annan"),
		} {
			if err := s.SetResponsible(t.Context(), r, made.ID.String(), nil); err == nil {
				t.Errorf("%s named people", name)
			}
		}
	})
}
