// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// town is an organisation with two administrators who have signed in, Anna and Bo.
type town struct {
	*organisation.Service
	org      access.OrganisationID
	anna, bo access.Actor
	now      time.Time
	// ended are the accounts whose sessions were ended.
	ended []ids.ID[auth.Account]
	// told are what people have been told, and where.
	told []string
}

const issuer = "https://idp.example"

func newTown(t testing.TB, d *db.DB) *town {
	t.Helper()
	w := &town{org: dbtest.Organisation(t, d, "norrsjo").Organisation, now: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)}
	d.Now = func() time.Time { return w.now }
	w.Service = &organisation.Service{
		DB: d, Approvals: &approval.Service{DB: d, Log: slog.New(slog.DiscardHandler), Administrators: organisation.Administrators},
		EndSessions: func(_ context.Context, _ *db.Tx, _ access.OrganisationID, account ids.ID[auth.Account]) error {
			w.ended = append(w.ended, account)
			return nil
		},
		Tell: func(_ context.Context, _ *db.Tx, n auth.Notice) error {
			w.told = append(w.told, strings.TrimSpace(string(n.Event)+" "+n.To))
			return nil
		},
	}
	w.Register()
	w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectEnter, Claim: "org", Value: "norrsjo"})
	w.anna = w.first(t, "Anna")
	w.bo = w.first(t, "Bo")
	return w
}

// first makes an administrator who has signed in.
func (w *town) first(t testing.TB, name string) access.Actor {
	t.Helper()
	a, err := w.arrive(name, map[string][]string{"org": {"norrsjo"}})
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, 'administrator', 'test', 1)`,
			ids.New[int](), w.org, a.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Roles, a.Fresh = []access.Role{access.Administrator}, true
	return a
}

func (w *town) rule(t testing.TB, r organisation.Rule) {
	t.Helper()
	var unit any
	if r.Unit != "" {
		unit = r.Unit
	}
	err := w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO arrival_rule (id, organisation_id, issuer, effect, claim, value, role, unit_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`,
			ids.New[int](), w.org, r.Issuer, r.Effect, r.Claim, r.Value, r.Role, unit)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) arrive(subject string, claims map[string][]string) (access.Actor, error) {
	return w.arriveAs(auth.Proof{Organisation: w.org, Method: "oidc", Issuer: issuer, Subject: subject, Name: subject, Email: strings.ToLower(subject) + "@example.se", Claims: claims})
}

func (w *town) arriveAs(p auth.Proof) (a access.Actor, err error) {
	err = w.DB.Write(context.Background(), w.org, func(tx *db.Tx) error {
		a, _, err = w.Arrive(context.Background(), tx, p)
		return err
	})
	return a, err
}

// add puts a person in the register.
func (w *town) add(t testing.TB, name string) ids.ID[organisation.Person] {
	t.Helper()
	id, err := w.AddPerson(t.Context(), w.anna, organisation.Person{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *town) unit(t testing.TB, name string, parent access.UnitID) access.UnitID {
	t.Helper()
	id, err := w.SaveUnit(t.Context(), w.anna, organisation.Unit{Name: name, Parent: parent})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// approve lets somebody approve the only change that waits.
func (w *town) approve(t testing.TB, by access.Actor) error {
	t.Helper()
	waiting := w.waiting(t)
	if len(waiting) != 1 {
		t.Fatalf("%d changes wait, want one", len(waiting))
	}
	return w.Approvals.Approve(t.Context(), by, waiting[0].ID, "")
}

func texts(t testing.TB) *locale.Localizer {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "organisation": organisation.Messages, "approval": approval.Messages})
	if err != nil {
		t.Fatal(err)
	}
	return bundle.In("sv")
}

func (w *town) waiting(t testing.TB) []approval.Told {
	t.Helper()
	l, err := w.Approvals.List(t.Context(), w.anna, texts(t))
	if err != nil {
		t.Fatal(err)
	}
	return l.Waiting
}

// roles gives what a person holds now, as "role@unit".
func (w *town) roles(t testing.TB, id string) []string {
	t.Helper()
	d, err := w.Person(t.Context(), w.anna, ids.ID[organisation.Person](id))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, h := range d.Held {
		s := string(h.Role)
		if h.Unit != "" {
			s += "@" + d.Chart.Name(h.Unit)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func (w *town) log(t testing.TB, kind, id string) string {
	t.Helper()
	var out []string
	err := w.DB.Read(t.Context(), w.org, func(tx *db.Tx) error {
		l, err := audit.History(t.Context(), tx, w.org, kind, id, 100)
		for _, e := range l {
			b, _ := json.Marshal(e)
			out = append(out, string(b))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func TestArrive(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		social := w.unit(t, "Social", "")
		care := w.unit(t, "Äldreomsorg", social)
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "owners", Role: access.SystemOwner, Unit: social})
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "buyers", Role: access.Procurer})
		for name, claims := range map[string]map[string][]string{
			"no claims": nil, "another value": {"group": {"guests"}, "org": {"soderby"}}, "a value with a space": {"group": {"owners "}}, "another case": {"group": {"Owners"}},
		} {
			if _, err := w.arrive("Kim", claims); !errors.Is(err, auth.ErrUnknownPerson) {
				t.Errorf("%s: got %v, want that nobody is known", name, err)
			}
		}
		kim, err := w.arrive("Kim", map[string][]string{"group": {"owners", "buyers"}})
		if err != nil {
			t.Fatal(err)
		}
		want := access.Actor{
			ID: kim.ID, Name: "Kim", Organisation: w.org, Roles: []access.Role{access.Procurer},
			Held: []access.Held{{Role: access.SystemOwner, Unit: social, Below: []access.UnitID{care}}},
		}
		if diff := cmp.Diff(want, kim); diff != "" {
			t.Errorf("actor: %s", diff)
		}
		again, err := w.arrive("Kim", map[string][]string{"group": {"buyers"}})
		if err != nil || again.ID != kim.ID || len(again.Held) != 0 || len(again.Roles) != 1 {
			t.Errorf("the second time: %+v, %v", again, err)
		}
		if again, err = w.arrive("Kim", nil); err != nil || len(again.Roles) != 0 {
			t.Errorf("without the claim: %+v, %v", again, err)
		}
		// Another issuer, or another subject with the same name and e-mail address, is somebody else.
		other := auth.Proof{Organisation: w.org, Method: "oidc", Issuer: "https://other.example", Subject: "Kim", Name: "Kim", Email: "kim@example.se", Claims: map[string][]string{"group": {"owners"}}}
		if _, err := w.arriveAs(other); !errors.Is(err, auth.ErrUnknownPerson) {
			t.Errorf("another issuer: %v", err)
		}
		other.Issuer, other.Subject = issuer, "kim-2"
		if second, err := w.arriveAs(other); err != nil || second.ID == kim.ID {
			t.Errorf("another subject with the same e-mail address is %s, %v", second.ID, err)
		}
		if !strings.Contains(w.log(t, "person", kim.ID), "organisation.EndRole") {
			t.Error("the log does not say that the role ended")
		}
	})
}

// Whoever has left gets the answer of somebody who was never here, and nothing is left of their roles.
func TestEnded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "buyers", Role: access.Procurer})
		claims := map[string][]string{"group": {"buyers"}}
		kim, err := w.arrive("Kim", claims)
		if err != nil {
			t.Fatal(err)
		}
		id := ids.ID[organisation.Person](kim.ID)
		if asked, err := w.EndPerson(t.Context(), w.anna, id, "Slutat."); err != nil || asked {
			t.Fatal(asked, err)
		}
		_, gone := w.arrive("Kim", claims)
		_, never := w.arrive("Lo", nil)
		if !errors.Is(gone, auth.ErrUnknownPerson) || gone.Error() != never.Error() {
			t.Errorf("one who has left gets %v, one who was never here %v", gone, never)
		}
		if len(w.roles(t, kim.ID)) != 0 || len(w.ended) != 1 {
			t.Errorf("roles %v and %d ended sessions", w.roles(t, kim.ID), len(w.ended))
		}
		if _, err := w.EndPerson(t.Context(), w.anna, id, ""); !errors.Is(err, organisation.ErrEnded) {
			t.Errorf("ended twice: %v", err)
		}
		if err := w.AskRoles(t.Context(), w.anna, []organisation.RoleChange{{Person: id, Role: access.Procurer}}, "x"); !errors.Is(err, organisation.ErrEnded) {
			t.Errorf("a role for one who has left: %v", err)
		}
		if err := w.ResumePerson(t.Context(), w.anna, id); err != nil {
			t.Fatal(err)
		}
		if back, err := w.arrive("Kim", nil); err != nil || len(back.Roles) != 0 {
			t.Errorf("back: %+v, %v", back, err)
		}
	})
}

func TestLinkedByTheDirectorysID(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectLink, Claim: "oid"})
		id, err := w.AddPerson(t.Context(), w.anna, organisation.Person{Name: "Kim Lund", ExternalID: "oid-1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.arrive("s-1", map[string][]string{"oid": {"oid-1", "oid-2"}}); !errors.Is(err, auth.ErrUnknownPerson) {
			t.Errorf("a claim that says two things: %v", err)
		}
		kim, err := w.arrive("s-1", map[string][]string{"oid": {"oid-1"}})
		if err != nil || kim.ID != id.String() || kim.Name != "Kim Lund" {
			t.Fatalf("got %+v, %v", kim, err)
		}
		if _, err := w.arrive("s-2", map[string][]string{"oid": {"oid-1"}}); !errors.Is(err, auth.ErrUnknownPerson) {
			t.Errorf("a second subject claims the same id: %v", err)
		}
		if _, err := w.arrive("s-1", nil); err != nil {
			t.Errorf("the tie did not last: %v", err)
		}
	})
}

func TestFirstArrivalsAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		claims := map[string][]string{"org": {"norrsjo"}}
		var wg sync.WaitGroup
		failed := make([]error, 4)
		for i := range failed {
			wg.Go(func() { _, failed[i] = w.arrive("Kim", claims) })
		}
		wg.Wait()
		for _, err := range failed {
			if err != nil && !errors.Is(err, db.ErrConflict) {
				t.Error(err)
			}
		}
		people, _, err := w.People(t.Context(), w.anna, organisation.PersonFilter{Query: "kim"})
		if err != nil || len(people) != 1 {
			t.Errorf("%d people were made (%v), want one", len(people), err)
		}
	})
}

func TestRolesTakeTwo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		social := w.unit(t, "Social", "")
		kim := w.add(t, "Kim")
		change := []organisation.RoleChange{{Person: kim, Role: access.SystemOwner, Unit: social}}
		stale := w.anna
		stale.Fresh = false
		if err := w.AskRoles(t.Context(), stale, change, "x"); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without step-up: %v", err)
		}
		if err := w.AskRoles(t.Context(), w.anna, change, "Ny systemägare."); err != nil {
			t.Fatal(err)
		}
		if got := w.roles(t, kim.String()); len(got) != 0 {
			t.Fatalf("%v was given by one person", got)
		}
		told := w.waiting(t)[0]
		if told.What != "Kim" || told.From != "Ingen roll" || told.To != "Systemägare i Social" || told.Reason != "Ny systemägare." {
			t.Errorf("told %+v", told.Description)
		}
		if err := w.approve(t, w.anna); !errors.Is(err, approval.ErrOwn) {
			t.Errorf("approved by the one who asked: %v", err)
		}
		if err := w.approve(t, w.bo); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"system-owner@Social"}, w.roles(t, kim.String())); diff != "" {
			t.Error(diff)
		}
		change[0].End = true
		if err := errors.Join(w.AskRoles(t.Context(), w.bo, change, "Bytt jobb."), w.approve(t, w.anna)); err != nil {
			t.Fatal(err)
		}
		if got := w.roles(t, kim.String()); len(got) != 0 {
			t.Errorf("%v is left", got)
		}
		for name, tc := range map[string]struct {
			c    organisation.RoleChange
			want error
		}{
			"a role that is not held":      {organisation.RoleChange{Person: kim, Role: access.SystemOwner, Unit: social, End: true}, organisation.ErrHeld},
			"the program's own role":       {organisation.RoleChange{Person: kim, Role: access.System}, organisation.ErrRole},
			"an administrator of a unit":   {organisation.RoleChange{Person: kim, Role: access.Administrator, Unit: social}, organisation.ErrRole},
			"a role that nobody has heard": {organisation.RoleChange{Person: kim, Role: "king"}, organisation.ErrRole},
			"a unit of nobody":             {organisation.RoleChange{Person: kim, Role: access.SystemOwner, Unit: "x"}, organisation.ErrUnit},
			"somebody unknown":             {organisation.RoleChange{Person: "x", Role: access.SystemOwner}, db.ErrNotFound},
		} {
			if err := w.AskRoles(t.Context(), w.anna, []organisation.RoleChange{tc.c}, "x"); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		cilla := w.first(t, "Cilla")
		end := func(a access.Actor) []organisation.RoleChange {
			return []organisation.RoleChange{{Person: ids.ID[organisation.Person](a.ID), Role: access.Administrator, End: true}}
		}
		// All three are to lose the role at once; each change by itself leaves somebody.
		if err := errors.Join(w.AskRoles(t.Context(), w.anna, end(w.bo), "x"), w.AskRoles(t.Context(), w.bo, end(cilla), "x"), w.AskRoles(t.Context(), cilla, end(w.anna), "x")); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, told := range w.waiting(t) {
			for _, by := range []access.Actor{w.anna, w.bo, cilla} {
				wg.Go(func() { _ = w.Approvals.Approve(t.Context(), by, told.ID, "") })
			}
		}
		wg.Wait()
		left := 0
		for _, a := range []access.Actor{w.anna, w.bo, cilla} {
			left += len(w.roles(t, a.ID))
		}
		if left == 0 {
			t.Error("nobody is left who can administer")
		}
	})
}

func TestEndingAnAdministratorTakesTwo(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	cilla := w.first(t, "Cilla")
	asked, err := w.EndPerson(t.Context(), w.anna, ids.ID[organisation.Person](w.bo.ID), "Slutat.")
	if err != nil || !asked || len(w.roles(t, w.bo.ID)) != 1 {
		t.Fatalf("asked %v, %v, roles %v", asked, err, w.roles(t, w.bo.ID))
	}
	if err := w.AskRoles(t.Context(), w.bo, []organisation.RoleChange{{Person: ids.ID[organisation.Person](w.bo.ID), Role: access.Coordinator}}, "x"); err != nil {
		t.Fatal(err)
	}
	for _, told := range w.waiting(t) {
		if told.Kind != organisation.KindLeave {
			continue
		}
		if err := w.Approvals.Approve(t.Context(), w.bo, told.ID, ""); !errors.Is(err, approval.ErrConcerned) {
			t.Errorf("approved by whom it is about: %v", err)
		}
		if err := w.Approvals.Approve(t.Context(), cilla, told.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.roles(t, w.bo.ID)) != 0 || len(w.waiting(t)) != 0 {
		t.Errorf("roles %v, %d changes wait: what a leaver asked for is taken back", w.roles(t, w.bo.ID), len(w.waiting(t)))
	}
}

// Somebody who has left is erased from the log by two people: who, from where and why is gone, and what was written of them. What happened
// stays, and so does every proof.
func TestErasingAPersonTakesTwo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		id := w.add(t, "Kim Zorkmid")
		kim := access.Actor{ID: id.String(), Name: "Kim Zorkmid", Organisation: w.anna.Organisation, Roles: []access.Role{access.Administrator}, From: "192.0.2.77", Fresh: true}
		err := d.Write(t.Context(), kim.Organisation, func(tx *db.Tx) error {
			return audit.Append(t.Context(), tx, kim, audit.Entry{Action: "system.Update", ObjectKind: "system", ObjectID: "x", Why: "Zorkmid skrev"})
		})
		if err != nil {
			t.Fatal(err)
		}
		told := func() (out string) {
			t.Helper()
			err := d.Read(t.Context(), kim.Organisation, func(tx *db.Tx) error {
				list, err := audit.List(t.Context(), tx, kim.Organisation, audit.Filter{Limit: 500})
				for _, l := range list {
					if l.Action == "system.Update" || l.ObjectKind == "person" {
						out += l.Actor + l.From + l.Why + l.Record
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if err := w.EraseLog(t.Context(), w.anna, id, "begärt"); !errors.Is(err, organisation.ErrActive) {
			t.Errorf("while at work: %v", err)
		}
		if _, err := w.EndPerson(t.Context(), w.anna, id, "Zorkmid slutar"); err != nil {
			t.Fatal(err)
		}
		if err := w.EraseLog(t.Context(), w.anna, id, "begärt"); err != nil {
			t.Fatal(err)
		}
		if before := told(); !strings.Contains(before, "192.0.2.77") || !strings.Contains(before, "Zorkmid") {
			t.Errorf("erased by one person: %q", before)
		}
		if err := w.approve(t, w.bo); err != nil {
			t.Fatal(err)
		}
		if after := told(); strings.Contains(after, "192.0.2.77") || strings.Contains(after, "Zorkmid") || strings.Contains(after, id.String()) {
			t.Errorf("left in the log: %q", after)
		}
		v, err := audit.VerifyLog(t.Context(), d, kim.Organisation, audit.Check{})
		if err != nil || !v.Whole() || v.Erased == 0 {
			t.Errorf("the log is not whole: %+v %v", v, err)
		}
		other := w.anna
		other.Roles = []access.Role{access.Coordinator}
		if err := w.EraseLog(t.Context(), other, id, "x"); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a coordinator: %v", err)
		}
	})
}

// A claim that is gone takes the role of administrator from everybody but the last.
func TestClaimsDoNotLockOut(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "admins", Role: access.Administrator})
	kim, err := w.arrive("Kim", map[string][]string{"group": {"admins"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.arrive("Kim", nil); err != nil || len(w.roles(t, kim.ID)) != 0 {
		t.Errorf("%v, %v", err, w.roles(t, kim.ID))
	}
	if _, err = w.arrive("Kim", map[string][]string{"group": {"admins"}}); err != nil {
		t.Fatal(err)
	}
	err = w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE assignment SET ended_at = 1 WHERE organisation_id = $1 AND source = 'manual'`, w.org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := w.arrive("Kim", nil); err != nil || len(back.Roles) != 1 {
		t.Errorf("the last administrator has %v, %v", back.Roles, err)
	}
	if n, err := (&alarm.Service{DB: w.DB}).Count(t.Context(), w.anna); err != nil || n != 1 {
		t.Errorf("%d alarms, %v", n, err)
	}
}

func TestRulesTakeTwo(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for name, r := range map[string]organisation.Rule{
		"linking by an e-mail address": {Issuer: issuer, Effect: organisation.EffectLink, Claim: "Email"},
		"our own passkeys":             {Issuer: auth.PasskeyIssuer, Effect: organisation.EffectEnter, Claim: "a", Value: "b"},
		"no value":                     {Issuer: issuer, Effect: organisation.EffectRole, Claim: "a", Role: access.Procurer},
		"no effect":                    {Issuer: issuer, Claim: "a", Value: "b"},
	} {
		if err := w.AskRule(t.Context(), w.anna, organisation.ArrivalChange{Rule: r}, "x"); !errors.Is(err, organisation.ErrRule) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rule := organisation.Rule{Issuer: issuer, Effect: organisation.EffectRole, Claim: "group", Value: "owners", Role: access.SystemOwner}
	if err := errors.Join(w.AskRule(t.Context(), w.anna, organisation.ArrivalChange{Rule: rule}, "x"), w.approve(t, w.bo)); err != nil {
		t.Fatal(err)
	}
	g, err := w.Granting(t.Context(), w.anna)
	if err != nil || len(g.Rules) != 2 {
		t.Fatal(g, err)
	}
	if err := w.AskRule(t.Context(), w.anna, organisation.ArrivalChange{Rule: rule}, "x"); !errors.Is(err, organisation.ErrHeld) {
		t.Errorf("the same rule again: %v", err)
	}
	i := slices.IndexFunc(g.Rules, func(r organisation.Rule) bool { return r.Effect == organisation.EffectRole })
	if err := errors.Join(w.AskRule(t.Context(), w.anna, organisation.ArrivalChange{Rule: organisation.Rule{ID: g.Rules[i].ID}, End: true}, "x"), w.approve(t, w.bo)); err != nil {
		t.Fatal(err)
	}
	if g, err = w.Granting(t.Context(), w.anna); err != nil || len(g.Rules) != 1 {
		t.Error(g.Rules, err)
	}
}

func TestChangePerson(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		kim, lo := w.add(t, "Kim"), w.add(t, "Lo")
		for name, tc := range map[string]struct {
			p    organisation.Person
			want error
		}{
			"all":              {organisation.Person{ID: kim, Name: "Kim Å", Email: "kim@example.se", ExternalID: "1", Version: 1}, nil},
			"an old version":   {organisation.Person{ID: kim, Name: "Kim B", Version: 7}, db.ErrConflict},
			"no name":          {organisation.Person{ID: lo, Version: 1}, organisation.ErrName},
			"no e-mail":        {organisation.Person{ID: lo, Name: "Lo", Email: "lo", Version: 1}, organisation.ErrEmail},
			"no unit":          {organisation.Person{ID: lo, Name: "Lo", Unit: "x", Version: 1}, organisation.ErrUnit},
			"somebody unknown": {organisation.Person{ID: "x", Name: "Lo", Version: 1}, db.ErrNotFound},
		} {
			if err := w.ChangePerson(t.Context(), w.anna, tc.p); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
		}
		if err := w.ChangePerson(t.Context(), w.anna, organisation.Person{ID: lo, Name: "Lo", ExternalID: "1", Version: 1}); !errors.Is(err, organisation.ErrTaken) {
			t.Errorf("an id that somebody has: %v", err)
		}
		other := access.LocalAdministrator(dbtest.Organisation(t, d, "soderby").Organisation)
		if _, err := w.Person(t.Context(), other, kim); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation sees the person: %v", err)
		}
		if _, err := w.EndPerson(t.Context(), other, kim, "x"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation ends the person: %v", err)
		}
	})
}

func TestUnitTree(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		a := w.unit(t, "A", "")
		b := w.unit(t, "B", a)
		c := w.unit(t, "C", b)
		w.unit(t, "Ö", "")
		w.unit(t, "Å", "")
		save := func(u organisation.Unit) error {
			_, err := w.SaveUnit(t.Context(), w.anna, u)
			return err
		}
		for name, tc := range map[string]struct {
			u    organisation.Unit
			want error
		}{
			"another's name":   {organisation.Unit{ID: b, Name: "ö"}, organisation.ErrUnitName},
			"a taken name":     {organisation.Unit{Name: "ö "}, organisation.ErrUnitName},
			"no name":          {organisation.Unit{ID: b}, organisation.ErrUnitName},
			"below nothing":    {organisation.Unit{Name: "x", Parent: "x"}, organisation.ErrUnit},
			"a unit of nobody": {organisation.Unit{ID: "x", Name: "X"}, db.ErrNotFound},
		} {
			if err := save(tc.u); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
		}
		if err := errors.Join(save(organisation.Unit{ID: b, Name: "Bb", Parent: c}), w.Move(t.Context(), w.anna, b, "")); err != nil {
			t.Fatal(err)
		}
		tree, err := w.Chart(t.Context(), w.anna)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range tree.Nodes {
			got = append(got, strings.Repeat(" ", n.Depth)+n.Name)
		}
		if diff := cmp.Diff([]string{"A", "Bb", " C", "Å", "Ö"}, got); diff != "" {
			t.Error(diff)
		}
		last := c
		for i := 0; ; i++ {
			id, err := w.SaveUnit(t.Context(), w.anna, organisation.Unit{Name: fmt.Sprint("d", i), Parent: last})
			if errors.Is(err, organisation.ErrDeep) {
				break
			}
			if err != nil || i > 20 {
				t.Fatal(i, err)
			}
			last = id
		}
	})
}

// A tree holds every unit once, whatever stands in the table, and what is below a unit is found by walking up from it.
func TestTreeHoldsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		parents := map[access.UnitID]access.UnitID{}
		var nodes []organisation.Unit
		for i := range n {
			id, parent := access.UnitID(fmt.Sprint(i)), access.UnitID("")
			if p := rapid.IntRange(-1, n+1).Draw(t, "parent"); p >= 0 {
				parent = access.UnitID(fmt.Sprint(p))
			}
			nodes = append(nodes, organisation.Unit{ID: id, Name: id.String(), Parent: parent})
		}
		tree := organisation.NewChart(nodes)
		if len(tree.Nodes) != n {
			t.Fatalf("%d of %d units", len(tree.Nodes), n)
		}
		for _, u := range tree.Nodes {
			parents[u.ID] = u.Parent
		}
		if len(parents) != n {
			t.Fatal("a unit stands twice")
		}
		for _, u := range tree.Nodes {
			for _, v := range tree.Nodes {
				above := false
				for p, steps := parents[v.ID], 0; p != "" && steps <= n; p, steps = parents[p], steps+1 {
					above = above || p == u.ID
				}
				if below := slices.Contains(tree.Below(u.ID), v.ID); below != above {
					t.Fatalf("%s below %s is %v, want %v", v.ID, u.ID, below, above)
				}
			}
		}
	})
}

func TestHandOver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.Object = func(_ context.Context, _ *db.Tx, _ access.OrganisationID, _, id string) (string, string, error) {
			if id == "gone" {
				return "", "", db.ErrNotFound
			}
			return "System " + id, "/system/" + id, nil
		}
		kim, lo := w.add(t, "Kim"), w.add(t, "Lo")
		set := func(r organisation.Responsibility) error {
			return d.Write(t.Context(), w.org, func(tx *db.Tx) error { return organisation.SetResponsible(t.Context(), tx, w.anna, r) })
		}
		for _, r := range []organisation.Responsibility{
			{ObjectKind: organisation.ObjectSystem, ObjectID: "1", Kind: organisation.Owner, Person: kim},
			{ObjectKind: organisation.ObjectSystem, ObjectID: "gone", Kind: organisation.Manager, Person: kim},
		} {
			if err := set(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := set(organisation.Responsibility{ObjectKind: "house", ObjectID: "1", Kind: organisation.Owner, Person: kim}); !errors.Is(err, organisation.ErrResponsibility) {
			t.Errorf("an odd object: %v", err)
		}
		if err := errors.Join(w.AskRoles(t.Context(), w.anna, []organisation.RoleChange{{Person: kim, Role: access.SystemOwner}}, "x"), w.approve(t, w.bo)); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.EndPerson(t.Context(), w.anna, kim, "Slutat."); err != nil {
			t.Fatal(err)
		}
		left, err := w.Leavers(t.Context(), w.anna)
		if err != nil || len(left) != 2 || left[0].Name != "System 1" || left[1].Name != "gone" || left[0].Left != "Kim" {
			t.Fatalf("%+v, %v", left, err)
		}
		for _, to := range []ids.ID[organisation.Person]{kim, "x"} {
			if _, err := w.HandOver(t.Context(), w.anna, organisation.HandOver{From: kim, To: to}); !errors.Is(err, organisation.ErrReceiver) {
				t.Errorf("handed to %s: %v", to, err)
			}
		}
		if err := set(organisation.Responsibility{ObjectKind: organisation.ObjectSystem, ObjectID: "2", Kind: organisation.Owner, Person: kim}); !errors.Is(err, organisation.ErrEnded) {
			t.Errorf("one who has left was named: %v", err)
		}
		done, err := w.HandOver(t.Context(), w.anna, organisation.HandOver{From: kim, To: lo, Roles: true, Reason: "Lo tar över."})
		if err != nil || len(done.Responsibilities) != 2 || len(done.Roles) != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		if left, err = w.Leavers(t.Context(), w.anna); err != nil || len(left) != 0 {
			t.Errorf("%+v is left, %v", left, err)
		}
		if got := w.roles(t, lo.String()); len(got) != 0 {
			t.Errorf("roles %v were handed over by one person", got)
		}
		if err := w.approve(t, w.bo); err != nil || len(w.roles(t, lo.String())) != 1 {
			t.Errorf("%v, roles %v", err, w.roles(t, lo.String()))
		}
		if !strings.Contains(w.log(t, "system", "1"), "organisation.SetResponsible") {
			t.Error("the system's log does not say who took over")
		}
	})
}
