// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
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

// Whoever invites somebody can use the invitation themselves. When that person becomes an administrator, they are no second person for a
// day, everybody is told, and what is asked for meanwhile waits as if there were nobody. It makes no difference whether the person was
// invited before or after, nor that the passkey has been replaced since.
func TestInvitedIsNoSecondPersonForADay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		second := func() bool {
			t.Helper()
			yes := false
			err := d.Read(t.Context(), w.org, func(tx *db.Tx) error {
				all, err := organisation.Administrators(t.Context(), tx, w.org)
				yes = slices.ContainsFunc(all, func(id string) bool { return id != w.anna.ID && id != w.bo.ID })
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return yes
		}
		cilla, err := w.arrive("Cilla", map[string][]string{"org": {"norrsjo"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Invite(t.Context(), access.Actor{ID: w.anna.ID, Organisation: w.org, Roles: w.anna.Roles}, ids.ID[organisation.Person](cilla.ID)); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("invited without step-up: %v", err)
		}
		if _, err := w.Invite(t.Context(), w.anna, ids.ID[organisation.Person](cilla.ID)); err != nil {
			t.Fatal(err)
		}
		exec := func(sql string, args ...any) {
			t.Helper()
			if err := d.Write(t.Context(), w.org, func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec(`UPDATE enrolment SET used_at = $1 WHERE organisation_id = $2`, db.Millis(w.now), w.org)
		w.now = w.now.Add(30 * 24 * time.Hour)
		change := []organisation.RoleChange{{Person: ids.ID[organisation.Person](cilla.ID), Role: access.Administrator}}
		if err := w.AskRoles(t.Context(), w.anna, change, "Ny kollega."); err != nil {
			t.Fatal(err)
		}
		bundle, err := locale.NewBundle(map[string]string{"organisation": organisation.Messages, "web": web.Messages})
		if err != nil {
			t.Fatal(err)
		}
		l, err := w.Approvals.List(t.Context(), w.bo, bundle.In("sv"))
		if err != nil || len(l.Waiting) != 1 {
			t.Fatalf("%d wait: %v", len(l.Waiting), err)
		}
		if err := w.Approvals.Approve(t.Context(), w.bo, l.Waiting[0].ID, ""); err != nil {
			t.Fatal(err)
		}
		if second() {
			t.Error("one who was invited counts at once")
		}
		alarms, err := (&alarm.Service{DB: d}).List(t.Context(), w.bo)
		if err != nil || len(alarms) != 1 || alarms[0].Kind != alarm.InvitedAdministrator || alarms[0].ObjectID != cilla.ID {
			t.Errorf("alarms %+v: %v", alarms, err)
		}
		asked := []organisation.RoleChange{{Person: ids.ID[organisation.Person](w.bo.ID), Role: access.Auditor}}
		if err := w.AskRoles(t.Context(), w.anna, asked, "Behövs."); err != nil {
			t.Fatal(err)
		}
		if l, err = w.Approvals.List(t.Context(), w.bo, bundle.In("sv")); err != nil || len(l.Waiting) != 1 {
			t.Fatalf("%d wait: %v", len(l.Waiting), err)
		}
		she := access.Actor{ID: cilla.ID, Organisation: w.org, Roles: []access.Role{access.Administrator}, Fresh: true}
		if err := w.Approvals.Approve(t.Context(), she, l.Waiting[0].ID, ""); !errors.Is(err, approval.ErrNotAdministrator) {
			t.Errorf("approved at once by one who was invited: %v", err)
		}
		w.now = w.now.Add(24 * time.Hour)
		if !second() {
			t.Error("after a day one who was invited does not count")
		}
		exec(`UPDATE enrolment SET used_at = $1 WHERE organisation_id = $2`, db.Millis(w.now.Add(-time.Hour)), w.org)
		if second() {
			t.Error("one who has just used an invitation counts")
		}
	})
}
