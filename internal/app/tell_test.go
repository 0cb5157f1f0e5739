// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/mail"
)

// An alarm is mailed once to those who run the program, and to nobody else.
func TestAlarmsAreMailed(t *testing.T) {
	for engine, address := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			a := open(t, address(t))
			actor := dbtest.Organisation(t, a.DB, "norrsjo")
			other := dbtest.Organisation(t, a.DB, "soderby")
			write := func(org access.OrganisationID, query string, args ...any) {
				t.Helper()
				if err := a.DB.Write(t.Context(), org, func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), query, args...); return err }); err != nil {
					t.Fatal(err)
				}
			}
			person := func(org access.OrganisationID, id, email, role string, ended any) {
				write(org, `INSERT INTO person (id, organisation_id, name, folded, email, origin, ended_at, created_at, updated_at) VALUES ($1, $2, $1, $1, $3, 'csv', $4, 0, 0)`, id, org, email, ended)
				write(org, `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, 'x', 0)`, "a"+id, org, id, role)
			}
			person(actor.Organisation, "p1", "kim@norrsjo.example", "administrator", nil)
			person(actor.Organisation, "p2", "anna@norrsjo.example", "coordinator", nil)
			person(actor.Organisation, "p3", "ute@norrsjo.example", "auditor", nil)
			person(actor.Organisation, "p4", "slutat@norrsjo.example", "administrator", 1)
			person(actor.Organisation, "p5", "", "administrator", nil)
			person(other.Organisation, "p6", "bo@soderby.example", "administrator", nil)
			raise := func(org access.OrganisationID, id string) {
				t.Helper()
				err := a.DB.Write(t.Context(), org, func(tx *db.Tx) error {
					return alarm.Raise(t.Context(), tx, alarm.Alarm{Organisation: org, Kind: alarm.BackupOld, ObjectKind: "backup", ObjectID: id})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			raise(actor.Organisation, "1")
			raise(actor.Organisation, "2")
			raise(other.Organisation, "1")
			if err := app.Tell(t.Context(), a); err != nil { // no mail server yet: nothing is told, nothing forgotten
				t.Fatal(err)
			}
			set := mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}
			if err := a.Mail.Set(t.Context(), actor, set); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := app.Tell(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			sent, err := a.Mail.Sent(t.Context(), actor)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for _, m := range sent {
				got[m.Recipient]++
			}
			if len(got) != 2 || got["k…@norrsjo.example"] != 1 || got["a…@norrsjo.example"] != 1 {
				t.Errorf("mailed %v", got)
			}
			raise(actor.Organisation, "3")
			if err := app.Tell(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if sent, err = a.Mail.Sent(t.Context(), actor); err != nil || len(sent) != 4 {
				t.Errorf("%d mails after one more alarm, %v", len(sent), err)
			}
		})
	}
}
