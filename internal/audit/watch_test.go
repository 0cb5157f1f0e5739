// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// sightings lists what a log has of one event, the oldest first: the page and the rest of what was seen.
func sightings(t *testing.T, d *db.DB, org access.OrganisationID, event string) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), org, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var page, what string
			err := scan(&page, &what)
			return page + " " + what, err
		}, `SELECT e.object_id, p.what FROM audit_entry e JOIN audit_private p USING (organisation_id, seq)
			WHERE e.organisation_id = $1 AND e.action = $2 ORDER BY e.seq`, org, event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A refusal and a reading are in the log at once; the same again is counted, and the count is logged.
func TestRefusalsAndReadingsAreLogged(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		actor := dbtest.Organisation(t, d, "norrsjo")
		w := &audit.Watch{DB: d, Log: slog.New(slog.DiscardHandler)}
		refused := audit.Sighting{Actor: actor, Event: audit.ActionRefused, Action: "system.Update", Pattern: "POST /system/{id}", Method: "POST", Path: "/system/a", Reason: "denied"}
		for range 3 {
			w.Saw(t.Context(), refused)
		}
		if got := sightings(t, d, actor.Organisation, audit.ActionRefused); len(got) != 1 || !strings.Contains(got[0], `"reason":"denied"`) || strings.Contains(got[0], "more") {
			t.Fatalf("refusals %q, want the first", got)
		}
		for _, path := range []string{"/system/a", "/system/b", "/system/a"} {
			w.Saw(t.Context(), audit.Sighting{Actor: actor, Event: audit.ActionRead, Action: "overview.System", Pattern: "GET /system/{id}", Method: "GET", Path: path})
		}
		if got := sightings(t, d, actor.Organisation, audit.ActionRead); len(got) != 2 {
			t.Errorf("readings %q, want one of each system", got)
		}
		w.Flush(t.Context())
		if got := sightings(t, d, actor.Organisation, audit.ActionRefused); len(got) != 1 {
			t.Errorf("counted before the time: %q", got)
		}
		now = now.Add(11 * time.Minute)
		w.Flush(t.Context())
		if got := sightings(t, d, actor.Organisation, audit.ActionRefused); len(got) != 2 || !strings.Contains(got[1], `"more":2`) {
			t.Errorf("refusals %q, want a count of two more", got)
		}
		stranger := audit.Sighting{Actor: access.Actor{From: "192.0.2.7"}, Event: audit.ActionRefused, Pattern: "POST /sprak", Method: "POST", Path: "/" + strings.Repeat("x", 4000), Reason: "web.cross-origin"}
		w.Saw(t.Context(), stranger)
		if got := sightings(t, d, db.Installation, audit.ActionRefused); len(got) != 1 || len(got[0]) > 1000 {
			t.Errorf("a stranger's refusal is not in the installation's log, or at full length: %d", len(got))
		}
	})
}

// What is refused for another reason is not counted among what was refused before it on the same page, where only the last would be read.
func TestAnotherReasonIsLoggedAtOnce(t *testing.T) {
	d := dbtest.SQLite(t)
	w := &audit.Watch{DB: d, Log: slog.New(slog.DiscardHandler)}
	stranger := audit.Sighting{Actor: access.Actor{From: "192.0.2.7"}, Event: audit.ActionRefused, Pattern: "-"}
	for _, reason := range []string{"web.not-found", "web.wrong-host", "web.not-found"} {
		stranger.Reason = reason
		w.Saw(t.Context(), stranger)
	}
	got := sightings(t, d, db.Installation, audit.ActionRefused)
	if len(got) != 2 || !strings.Contains(got[0], "web.not-found") || !strings.Contains(got[1], "web.wrong-host") {
		t.Errorf("refusals %q, want one of each reason", got)
	}
}

// Whoever makes us refuse and refuse fills no disk, and is counted all the same.
func TestManyRefusalsAreCounted(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	w := &audit.Watch{DB: d, Log: slog.New(slog.DiscardHandler)}
	const many = 2100
	for i := range many {
		w.Saw(t.Context(), audit.Sighting{Actor: actor, Event: audit.ActionRefused, Pattern: fmt.Sprint("GET /", i), Reason: "denied"})
	}
	w.Close(t.Context())
	got := sightings(t, d, actor.Organisation, audit.ActionRefused)
	if len(got) != 2001 || !strings.Contains(got[2000], `"more":100`) {
		t.Errorf("%d entries, the last %q", len(got), got[len(got)-1])
	}
}

// What cannot be logged is told where the program tells what it does.
func TestWhatCannotBeLoggedIsTold(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	var out bytes.Buffer
	w := &audit.Watch{DB: d, Log: slog.New(slog.NewJSONHandler(&out, nil))}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	w.Saw(t.Context(), audit.Sighting{Actor: actor, Event: audit.ActionRefused, Pattern: "POST /system", Reason: "denied"})
	if !strings.Contains(out.String(), `"msg":"not logged"`) || !strings.Contains(out.String(), "POST /system") {
		t.Errorf("told %q", out.String())
	}
}

// On PostgreSQL the role that the program works as can add to the log, and change or remove nothing of it.
func TestProgramMayOnlyAddToItsLog(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if d.Engine != db.Postgres {
			return // SQLite has no roles: whoever has the file can change it, and the checkpoints tell
		}
		actor := dbtest.Organisation(t, d, "norrsjo")
		appended(t, d, actor, entry("a"))
		signed(t, d)
		for _, statement := range []string{
			`UPDATE audit_entry SET record = '' WHERE organisation_id = $1`, `DELETE FROM audit_entry WHERE organisation_id = $1`,
			`UPDATE audit_hash SET hashes = '' WHERE organisation_id = $1`, `DELETE FROM audit_hash WHERE organisation_id = $1`,
			`UPDATE audit_checkpoint SET size = 0 WHERE organisation_id = $1`, `DELETE FROM audit_checkpoint WHERE organisation_id = $1`,
			`DELETE FROM audit_cosignature WHERE organisation_id = $1`, `DELETE FROM audit_private WHERE organisation_id = $1`,
			`DELETE FROM audit_head WHERE organisation_id = $1`,
		} {
			err := d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), statement, actor.Organisation)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("%s: %v, want that it is not permitted", statement, err)
			}
		}
	})
}
