// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// several registers systems in a unit.
func several(t *testing.T, s *system.Service, actor access.Actor, unit string, names ...string) []system.System {
	t.Helper()
	var out []system.System
	for _, n := range names {
		y := system.New(n)
		y.Unit, y.OwnerRole = unit, "Chef"
		made, err := s.Create(t.Context(), actor, y)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, made)
	}
	return out
}

func reread(t *testing.T, s *system.Service, actor access.Actor, ref string) system.System {
	t.Helper()
	d, err := s.Edit(t.Context(), actor, ref)
	if err != nil {
		t.Fatal(err)
	}
	return d.System
}

func TestBulkAndUndo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := &system.Service{DB: d}
		a, stranger := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "sorsjo")
		a.Roles = append(a.Roles, access.Administrator)
		list := several(t, s, a, "Skola", "Ett", "Två", "Tre")
		home := several(t, s, a, "Vård", "Fyra")[0].UnitID
		kim := addPerson(t, d, a, organisation.Person{Name: "Kim Ek"})
		all := []ids.ID[system.System]{list[0].ID, list[1].ID, list[2].ID, list[0].ID} // one of them twice
		moved, err := s.Bulk(t.Context(), a, all, system.Change{Unit: &home})
		if err != nil || moved.Systems != 3 {
			t.Fatalf("%+v, %v", moved, err)
		}
		if _, err := s.Bulk(t.Context(), a, all, system.Change{Owner: &kim}); err != nil {
			t.Fatal(err)
		}
		if got := reread(t, s, a, list[1].Slug); got.Unit != "Vård" || got.OwnerRole != "Chef" || got.Version != list[1].Version+2 {
			t.Errorf("%+v", got)
		}
		// The owner was changed since, and so the versions: undoing the move leaves all three.
		if u, err := s.UndoBulk(t.Context(), a, moved.ID); err != nil || u != (system.UndoneBulk{Back: 0, Kept: 3}) {
			t.Errorf("%+v, %v", u, err)
		}
		role := "Rektor"
		named, err := s.Bulk(t.Context(), a, all, system.Change{OwnerRole: &role})
		if err != nil {
			t.Fatal(err)
		}
		touched := reread(t, s, a, list[2].Slug)
		touched.Comment = "Ändrad efteråt"
		if err := s.Update(t.Context(), a, touched); err != nil {
			t.Fatal(err)
		}
		if u, err := s.UndoBulk(t.Context(), a, named.ID); err != nil || u != (system.UndoneBulk{Back: 2, Kept: 1}) {
			t.Errorf("%+v, %v", u, err)
		}
		if got := reread(t, s, a, list[0].Slug); got.OwnerRole != "Chef" {
			t.Errorf("the role did not come back: %q", got.OwnerRole)
		}
		if got := reread(t, s, a, list[2].Slug); got.OwnerRole != role || got.Comment != "Ändrad efteråt" {
			t.Errorf("what somebody wrote since was lost: %+v", got)
		}
		if _, err := s.UndoBulk(t.Context(), a, named.ID); !errors.Is(err, system.ErrBulkUndone) {
			t.Errorf("undone twice: %v", err)
		}
		if _, err := s.UndoBulk(t.Context(), stranger, named.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation: %v", err)
		}
		old, err := s.Bulk(t.Context(), a, all, system.Change{OwnerRole: &role})
		if err != nil {
			t.Fatal(err)
		}
		now := d.Now()
		d.Now = func() time.Time { return now.Add(31 * 24 * time.Hour) }
		if _, err := s.UndoBulk(t.Context(), a, old.ID); !errors.Is(err, system.ErrBulkOld) {
			t.Errorf("after 31 days: %v", err)
		}
	})
}

func TestBulkRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := &system.Service{DB: d}
		a, stranger := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "sorsjo")
		mine, theirs := several(t, s, a, "Skola", "Ett"), several(t, s, a, "Vård", "Två")
		manager := access.Actor{ID: "m", Organisation: a.Organisation, Held: []access.Held{{Role: access.SystemManager, Unit: mine[0].UnitID}}}
		unit, none, role := theirs[0].UnitID, access.UnitID(""), "Rektor"
		both := []ids.ID[system.System]{mine[0].ID, theirs[0].ID}
		for name, c := range map[string]struct {
			actor   access.Actor
			systems []ids.ID[system.System]
			change  system.Change
			want    error
		}{
			"nothing chosen":         {a, nil, system.Change{Unit: &unit}, system.ErrBulkEmpty},
			"nothing to change":      {a, both, system.Change{}, system.ErrBulkEmpty},
			"too many":               {a, manyIDs(system.MaxBulk + 1), system.Change{Unit: &unit}, system.ErrBulkLarge},
			"one is not there":       {a, append(manyIDs(1), mine[0].ID), system.Change{OwnerRole: &role}, db.ErrNotFound},
			"one is beyond reach":    {manager, both, system.Change{OwnerRole: &role}, db.ErrNotFound},
			"to a unit beyond reach": {manager, both[:1], system.Change{Unit: &unit}, system.ErrUnit},
			"to no unit":             {manager, both[:1], system.Change{Unit: &none}, system.ErrUnit},
			"another organisation":   {stranger, both, system.Change{OwnerRole: &role}, db.ErrNotFound},
			"a procurer":             {access.Actor{ID: "p", Organisation: a.Organisation, Roles: []access.Role{access.Procurer}}, both, system.Change{OwnerRole: &role}, access.ErrDenied},
		} {
			if _, err := s.Bulk(t.Context(), c.actor, c.systems, c.change); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		for _, y := range []system.System{mine[0], theirs[0]} {
			if got := reread(t, s, a, y.Slug); got.Version != y.Version || got.OwnerRole != "Chef" || got.UnitID != y.UnitID {
				t.Errorf("something was changed: %+v", got)
			}
		}
	})
}

func manyIDs(n int) []ids.ID[system.System] {
	out := make([]ids.ID[system.System], n)
	for i := range out {
		out[i] = ids.New[system.System]()
	}
	return out
}

func TestBulkPages(t *testing.T) {
	d := dbtest.SQLite(t)
	who := &pageActor{dbtest.Organisation(t, d, "prov")}
	c, s := start(t, d, who)
	list := several(t, s, who.Actor, "Skola", "Ett", "Två")
	form := url.Values{"system": {list[0].ID.String(), list[1].ID.String()}, "gor": {"roll"}, "roll": {"Rektor"}, "tillbaka": {system.BulkPath + "?x=1"}}
	page := c.Post(system.BulkPath, form)
	if page.URL != system.BulkPath+"?x=1" || !page.Has(".flash") || !page.Has("form.offer") {
		t.Fatalf("%s: %s", page.URL, page.Text("main"))
	}
	page = c.Submit(page, "form.offer", nil)
	if got := reread(t, s, who.Actor, list[0].Slug); page.Status != http.StatusOK || got.OwnerRole != "Chef" {
		t.Errorf("%d: the role is %q", page.Status, got.OwnerRole)
	}
	for field, values := range map[string]url.Values{
		"no system": {"gor": {"roll"}}, "no button": {"system": {list[0].ID.String()}}, "nobody": {"system": {list[0].ID.String()}, "gor": {"agare"}, "agare": {"Ingen Alls"}},
	} {
		if got := c.Post(system.BulkPath, values); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", field, got.Status)
		}
	}
	form.Set("tillbaka", "//evil.example/")
	if got := c.Post(system.BulkPath, form); got.Status == http.StatusOK && got.URL != "/system" {
		t.Errorf("sent to %s", got.URL)
	}
}
