// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// A power cut loses what had not been synced, and may leave any part of it in any state. What is built here is what a disk could hold
// afterwards: SQLite syncs its log at each commit, so everything that was there when a commit was acknowledged is kept, and what came
// later is cut, torn or garbled. It does not show that the disk tells the truth when it says that something has been synced.

// commits is how many transactions are written before the power goes.
const commits = 40

// outage is a database that was being written to when the power went.
type outage struct {
	before []byte // the database's file before the first commit
	wal    []byte // its log after the last
	synced []int  // the log's length when each commit was acknowledged
	actor  access.Actor
}

// change writes a row and its log entry in one transaction.
func change(ctx context.Context, d *db.DB, actor access.Actor, i int) error {
	return d.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		name := fmt.Sprintf("unit-%04d", i)
		_, err := tx.Exec(ctx, `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES ($1, $2, $1, $1, 0)`, name, actor.Organisation)
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "unit.Create", ObjectKind: "unit", ObjectID: name})
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// suffer writes until the power goes, and then tells what stood on the disk.
func suffer(t *testing.T) (outage, *db.DB) {
	t.Helper()
	d := dbtest.SQLite(t)
	o := outage{actor: dbtest.Organisation(t, d, "norrsjo")}
	if err := d.Purge(t.Context()); err != nil { // an empty log to begin with
		t.Fatal(err)
	}
	o.before = read(t, d.Path)
	for i := range commits {
		if err := change(t.Context(), d, o.actor, i); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(d.Path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		o.synced = append(o.synced, int(info.Size()))
	}
	o.wal = read(t, d.Path+"-wal")
	return o, d
}

// survivors opens what the disk holds and counts the rows and the log entries in it, once it has been found whole.
func survivors(t *testing.T, org access.OrganisationID, file, wal []byte) (rows, entries int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "after.db")
	for name, content := range map[string][]byte{path: file, path + "-wal": wal} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatalf("it does not open after the power cut: %v", err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = d.Read(t.Context(), org, func(tx *db.Tx) error {
		var verdict string
		if err := db.One(tx.QueryRow(t.Context(), `PRAGMA integrity_check`), &verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity check: %q, %v", verdict, err)
		}
		if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM unit WHERE organisation_id = $1`, org), &rows); err != nil {
			return err
		}
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1 AND object_kind = 'unit'`, org), &entries)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, entries
}

// Whatever happens to what came after it, an acknowledged change is there, and so is its log entry; no change is there without one.
func TestPowerLossKeepsWhatWasAcknowledged(t *testing.T) {
	o, _ := suffer(t)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same cuts every time
	for range 60 {
		acked := random.IntN(commits)
		end := o.synced[acked]
		later := bytes.Clone(o.wal[end:])
		switch random.IntN(3) {
		case 0: // cut anywhere
			later = later[:random.IntN(len(later)+1)]
		case 1: // blocks that were never written read as zeros
			for i := range later {
				if i/512%2 == random.IntN(2) {
					later[i] = 0
				}
			}
		case 2: // garbled
			for range 20 {
				if len(later) > 0 {
					later[random.IntN(len(later))] ^= byte(1 + random.IntN(255))
				}
			}
		}
		rows, entries := survivors(t, o.actor.Organisation, o.before, append(bytes.Clone(o.wal[:end]), later...))
		if rows < acked+1 || rows != entries {
			t.Errorf("after %d acknowledged changes there are %d, and %d log entries", acked+1, rows, entries)
		}
	}
}

// A power cut while the log is moved into the database's file leaves some pages new and some old.
func TestPowerLossWhileTheLogIsMoved(t *testing.T) {
	o, d := suffer(t)
	if err := d.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := read(t, d.Path)
	const page = 4096
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same cuts every time
	for range 20 {
		torn := bytes.Clone(after)
		for at := 0; at+page <= len(torn); at += page {
			if random.IntN(2) == 0 && at+page <= len(o.before) {
				copy(torn[at:at+page], o.before[at:at+page])
			}
		}
		rows, entries := survivors(t, o.actor.Organisation, torn, o.wal)
		if rows != commits || entries != commits {
			t.Errorf("of %d acknowledged changes there are %d, and %d log entries", commits, rows, entries)
		}
	}
}
