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

var testKey = audit.NewKey(bytes.Repeat([]byte{7}, 32))

// keeper makes checkpoints of a database.
func keeper(d *db.DB) *audit.Keeper {
	return &audit.Keeper{DB: d, Key: testKey, Log: slog.New(slog.DiscardHandler)}
}

func signed(t testing.TB, d *db.DB) {
	t.Helper()
	if err := keeper(d).Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// grown is a log of 30 entries with checkpoints at 10, 20 and 30.
func grown(t *testing.T, d *db.DB) access.Actor {
	t.Helper()
	actor := dbtest.Organisation(t, d, "norrsjo")
	for range 3 {
		for i := range 10 {
			appended(t, d, actor, entry(fmt.Sprint(i)))
		}
		signed(t, d)
	}
	return actor
}

func verified(t testing.TB, d *db.DB, org access.OrganisationID, c audit.Check) audit.Verdict {
	t.Helper()
	v, err := audit.VerifyLog(t.Context(), d, org, c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func byKey() audit.Check { return audit.Check{Keys: []audit.PublicKey{testKey.Public()}} }

func tamper(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyWhole(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := grown(t, d)
		v := verified(t, d, actor.Organisation, byKey())
		if !v.Whole() || v.Size != 30 || v.Checkpoints != 3 || v.Signed != 30 || v.Checked != 30 {
			t.Errorf("got %+v", v)
		}
	})
}

// Whatever is done to a log is found, and where.
func TestVerifyFinds(t *testing.T) {
	const cut = `DELETE FROM audit_private WHERE seq >= %[1]d; DELETE FROM audit_hash WHERE seq >= %[1]d; DELETE FROM audit_entry WHERE seq >= %[1]d; ` +
		`UPDATE audit_head SET size = %[1]d`
	rewrite := func(from int) func(t *testing.T, d *db.DB, actor access.Actor) {
		return func(t *testing.T, d *db.DB, actor access.Actor) {
			tamper(t, d, strings.Split(fmt.Sprintf(cut, from), "; ")...)
			for range 30 - from {
				appended(t, d, actor, entry("other"))
			}
		}
	}
	for name, tc := range map[string]struct {
		statements string
		do         func(t *testing.T, d *db.DB, actor access.Actor)
		kind       string
		from, to   int64
	}{
		"the end is cut off with the tree": {statements: fmt.Sprintf(cut, 27), kind: audit.FaultTruncated, from: 27, to: 29},
		"the last entry is deleted":        {statements: `DELETE FROM audit_entry WHERE seq = 29`, kind: audit.FaultMissing, from: 29, to: 29},
		"entries in the middle are deleted": {
			statements: `DELETE FROM audit_entry WHERE seq IN (12, 13)`, kind: audit.FaultMissing, from: 12, to: 13,
		},
		"and their hashes too": {
			statements: `DELETE FROM audit_entry WHERE seq IN (12, 13); DELETE FROM audit_hash WHERE seq IN (12, 13)`, kind: audit.FaultMissing, from: 12, to: 13,
		},
		"a leaf is edited": {statements: `UPDATE audit_entry SET record = REPLACE(record, 'system.Update', 'system.Create') WHERE seq = 14`, kind: audit.FaultTree, from: 14, to: 14},
		"an entry is edited": {
			statements: `UPDATE audit_entry SET action = 'system.Create' WHERE seq = 14`, kind: audit.FaultLeaf, from: 14, to: 14,
		},
		"a leaf and its entry are edited": {
			statements: `UPDATE audit_entry SET action = 'system.Create', record = REPLACE(record, 'system.Update', 'system.Create') WHERE seq = 14`,
			kind:       audit.FaultTree, from: 14, to: 14,
		},
		"what happened is edited": {statements: `UPDATE audit_private SET what = '{"data":null}' WHERE seq = 3`, kind: audit.FaultPrivate, from: 3, to: 3},
		"who it was is edited":    {statements: `UPDATE audit_private SET actor = 'kim' WHERE seq = 3`, kind: audit.FaultPrivate, from: 3, to: 3},
		"the time is edited":      {statements: `UPDATE audit_entry SET at = at + 1 WHERE seq = 3`, kind: audit.FaultLeaf, from: 3, to: 3},
		"two entries change places": {
			statements: `UPDATE audit_entry SET seq = 99 WHERE seq = 4; UPDATE audit_entry SET seq = 4 WHERE seq = 5; UPDATE audit_entry SET seq = 5 WHERE seq = 99`,
			kind:       audit.FaultTree, from: 4, to: 4,
		},
		"the tree is edited":  {statements: `UPDATE audit_hash SET hashes = (SELECT h.hashes FROM audit_hash h WHERE h.seq = 0) WHERE seq = 8`, kind: audit.FaultTree, from: 8, to: 8},
		"the tree is deleted": {statements: `DELETE FROM audit_hash WHERE seq = 8`, kind: audit.FaultTree, from: 8, to: 8},
		"the head is set back": {
			statements: `UPDATE audit_head SET size = 25`, kind: audit.FaultExtra, from: 25, to: 29,
		},
		"everything from the middle is made anew": {do: rewrite(15), kind: audit.FaultRewritten, from: 10, to: 19},
		"everything is made anew":                 {do: rewrite(0), kind: audit.FaultRewritten, from: 0, to: 9},
		"a checkpoint is made by somebody else": {
			do: func(t *testing.T, d *db.DB, _ access.Actor) {
				tamper(t, d, `DELETE FROM audit_checkpoint`)
				k := keeper(d)
				k.Key = audit.NewKey(bytes.Repeat([]byte{8}, 32))
				if err := k.Sign(t.Context()); err != nil {
					t.Fatal(err)
				}
			}, kind: audit.FaultSignature, from: 0, to: 29,
		},
		"a checkpoint's size is edited": {
			statements: "UPDATE audit_checkpoint SET note = REPLACE(note, '\n20\n', '\n21\n') WHERE size = 20", kind: audit.FaultSignature, from: 0, to: 20,
		},
		"the epoch is edited": {statements: `UPDATE audit_head SET epoch = 2`, kind: audit.FaultEpoch, from: 30, to: 30},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
				actor := grown(t, d)
				if tc.do != nil {
					tc.do(t, d, actor)
				}
				if tc.statements != "" {
					tamper(t, d, strings.Split(tc.statements, "; ")...)
				}
				v := verified(t, d, actor.Organisation, byKey())
				if !has(v, tc.kind, tc.from, tc.to) {
					t.Errorf("got %+v, want %s of %d to %d", v.Faults, tc.kind, tc.from, tc.to)
				}
			})
		})
	}
}

func has(v audit.Verdict, kind string, from, to int64) bool {
	for _, f := range v.Faults {
		if f.Kind == kind && f.From == from && f.To == to {
			return true
		}
	}
	return false
}

// A log that was made anew with the signing key too is found by whoever holds one of its checkpoints.
func TestVerifyHeldCheckpoint(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		actor := grown(t, d)
		var held string
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT note FROM audit_checkpoint WHERE size = 20`), &held)
		})
		if err != nil {
			t.Fatal(err)
		}
		c := byKey()
		c.Held = []string{held}
		if v := verified(t, d, actor.Organisation, c); !v.Whole() {
			t.Fatalf("got %+v before anything is changed", v.Faults)
		}
		tamper(t, d, `DELETE FROM audit_checkpoint`, `DELETE FROM audit_private`, `DELETE FROM audit_hash`, `DELETE FROM audit_entry`, `UPDATE audit_head SET size = 0`)
		for range 25 {
			appended(t, d, actor, entry("other"))
		}
		signed(t, d)
		if v := verified(t, d, actor.Organisation, byKey()); !v.Whole() {
			t.Fatalf("without anything from outside nothing can be seen: got %+v", v.Faults)
		}
		if v := verified(t, d, actor.Organisation, c); !has(v, audit.FaultRewritten, 0, 19) {
			t.Errorf("got %+v", v.Faults)
		}
	})
}

// What is erased is gone, and every proof still holds.
func TestErase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := grown(t, d)
		kim := actor
		kim.ID, kim.From = "kim", "192.0.2.7"
		appended(t, d, kim, audit.Entry{Action: "system.Update", ObjectKind: "system", ObjectID: "a", Data: "Kim Exempel", Why: "Kim bad om det"})
		signed(t, d)
		erase := func(e audit.Erasure) (n int, err error) {
			err = d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) (err error) {
				n, err = audit.Erase(t.Context(), tx, actor, e)
				return err
			})
			return n, err
		}
		for name, e := range map[string]audit.Erasure{
			"no reason": {Entries: []int64{1}, Fields: []audit.Field{audit.Who}}, "no fields": {Entries: []int64{1}, Why: "x"},
			"nothing": {Fields: []audit.Field{audit.Who}, Why: "x"}, "a field that there is not": {Entries: []int64{1}, Fields: []audit.Field{9}, Why: "x"},
		} {
			if _, err := erase(e); err == nil {
				t.Errorf("%s: it was erased", name)
			}
		}
		if n, err := erase(audit.Erasure{Actor: "kim", Fields: []audit.Field{audit.Who, audit.From, audit.Why, audit.What}, Why: "begäran enligt artikel 17"}); err != nil || n != 1 {
			t.Fatalf("%d entries, %v", n, err)
		}
		err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			var left int
			err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_private WHERE organisation_id = $1
				AND (actor = 'kim' OR what LIKE '%Kim%' OR why LIKE 'Kim%' OR address <> '')`, actor.Organisation), &left)
			if left != 0 {
				t.Errorf("%d rows still tell of Kim", left)
			}
			list, e := audit.List(t.Context(), tx, actor.Organisation, audit.Filter{Limit: 2})
			if e != nil {
				return e
			}
			if len(list[1].Erased) != 4 || list[0].Action != audit.ActionErased || list[0].Why == "" {
				t.Errorf("got %+v", list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		signed(t, d)
		if v := verified(t, d, actor.Organisation, byKey()); !v.Whole() || v.Erased != 1 || v.Size != 32 || v.Signed != 32 {
			t.Errorf("after the erasure: %+v", v)
		}
		if _, err := erase(audit.Erasure{Entries: []int64{31}, Fields: []audit.Field{audit.What}, Why: "x"}); err == nil {
			t.Error("the entry about the erasure was erased")
		}
	})
}

// The clock may be set back or forward: the order is that of the numbers, and nothing is refused.
func TestClockMoves(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		clock := d.Now
		for i, by := range []int{0, -1, 24 * 365, 0} {
			d.Now = func() (at time.Time) { return clock().Add(time.Duration(by) * time.Hour) }
			appended(t, d, actor, entry(fmt.Sprint(i)))
			signed(t, d)
		}
		v := verified(t, d, actor.Organisation, byKey())
		if !v.Whole() || v.Backwards != 2 || v.Size != 4 {
			t.Errorf("got %+v", v)
		}
	})
}
