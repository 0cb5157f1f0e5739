// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

var errOnPurpose = errors.New("on purpose")

func entry(id string) audit.Entry {
	return audit.Entry{Action: "system.Update", ObjectKind: "system", ObjectID: id, Data: map[string]any{"name": "Å & <Ö>", "version": 2}}
}

// appended adds entries in one transaction.
func appended(t *testing.T, d *db.DB, actor access.Actor, entries ...audit.Entry) {
	t.Helper()
	if err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error { return audit.Append(t.Context(), tx, actor, entries...) }); err != nil {
		t.Fatal(err)
	}
}

// log reads everything in an organisation's log about one object, newest first.
func log(t *testing.T, d *db.DB, actor access.Actor, id string) []audit.Logged {
	t.Helper()
	var out []audit.Logged
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = audit.History(t.Context(), tx, actor.Organisation, "system", id, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func head(t *testing.T, d *db.DB, actor access.Actor) int64 {
	t.Helper()
	var n int64
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT size FROM audit_head WHERE organisation_id = $1`, actor.Organisation), &n)
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		t.Fatal(err)
	}
	return n
}

func TestAppend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		actor := dbtest.Organisation(t, d, "norrsjo")
		appended(t, d, actor, entry("a"), entry("b"))
		appended(t, d, actor)
		appended(t, d, actor, entry("a"))

		got := log(t, d, actor, "a")
		if len(got) != 2 || got[0].Seq != 2 || got[1].Seq != 0 {
			t.Fatalf("got %+v, want entries 2 and 0, newest first", got)
		}
		if want := `{"data":{"name":"Å \u0026 \u003cÖ\u003e","version":2}}`; got[0].Record != want || got[0].Actor != "local" || got[0].At != now.UnixMilli() {
			t.Errorf("got %+v, want %s by local", got[0], want)
		}
		if head(t, d, actor) != 3 {
			t.Errorf("the head says %d entries, want 3", head(t, d, actor))
		}
	})
}

func TestEntryAndChangeTogetherOrNotAtAll(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		nobody := access.LocalAdministrator("00000000-0000-7000-8000-000000000000")
		for name, tc := range map[string]struct {
			append func(tx *db.Tx) error
			ok     bool
		}{
			"both": {func(tx *db.Tx) error { return audit.Append(t.Context(), tx, actor, entry("a")) }, true},
			"the use case fails after": {func(tx *db.Tx) error {
				return errors.Join(audit.Append(t.Context(), tx, actor, entry("a")), errOnPurpose)
			}, false},
			"the entry cannot be encoded": {func(tx *db.Tx) error {
				return audit.Append(t.Context(), tx, actor, audit.Entry{Data: make(chan int)})
			}, false},
			"the organisation does not exist": {func(tx *db.Tx) error { return audit.Append(t.Context(), tx, nobody, entry("a")) }, false},
		} {
			t.Run(name, func(t *testing.T) {
				logged, units := head(t, d, actor), countUnits(t, d)
				err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES ($1, $2, $1, $1, 0)`, name, actor.Organisation)
					if err != nil {
						return err
					}
					return tc.append(tx)
				})
				want := int64(0)
				if tc.ok {
					want = 1
				}
				if (err == nil) != tc.ok {
					t.Errorf("got error %v", err)
				}
				if got := head(t, d, actor) - logged; got != want {
					t.Errorf("%d entries were logged, want %d", got, want)
				}
				if got := countUnits(t, d) - units; got != want {
					t.Errorf("%d changes were kept, want %d", got, want)
				}
			})
		}
	})
}

func countUnits(t *testing.T, d *db.DB) int64 {
	t.Helper()
	var n int64
	if err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM unit`), &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConcurrentWritersLeaveNoHoles(t *testing.T) {
	const writers, each = 8, 10
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		other := dbtest.Organisation(t, d, "soderby")
		appended(t, d, other, entry("a"))
		failed := make([]error, writers)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
						if err := audit.Append(t.Context(), tx, actor, entry("a"), entry("a")); err != nil {
							return err
						}
						if i%4 == 3 { // a use case that fails gives its numbers back
							return errOnPurpose
						}
						return nil
					})
					if !errors.Is(err, errOnPurpose) {
						failed[w] = errors.Join(failed[w], err)
					}
				}
			})
		}
		wg.Wait()
		if err := errors.Join(failed...); err != nil {
			t.Fatal(err)
		}
		const want = writers * (each - each/4) * 2
		got := log(t, d, actor, "a")
		if len(got) != want || head(t, d, actor) != want {
			t.Fatalf("got %d entries and a head of %d, want %d", len(got), head(t, d, actor), want)
		}
		for i, l := range got {
			if l.Seq != int64(want-1-i) {
				t.Fatalf("entry %d from the end has number %d: a hole or a double", i, l.Seq)
			}
		}
		if theirs := log(t, d, other, "a"); len(theirs) != 1 || theirs[0].Seq != 0 {
			t.Errorf("another organisation's log was touched: %+v", theirs)
		}
	})
}

// TestAppendTakesFewJourneys appends to logs of many sizes, few entries and many at a time. On PostgreSQL a statement is a journey to the
// server, and a few entries take two: one takes their numbers and reads the tree's edge, the other writes.
func TestAppendTakesFewJourneys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		size := head(t, d, actor)
		for n := range 40 {
			entries := make([]audit.Entry, []int{1, 3, 1, 25}[n%4])
			for i := range entries {
				entries[i] = entry(fmt.Sprint(n, "-", i))
			}
			before := d.Statements()
			appended(t, d, actor, entries...)
			if got := d.Statements() - before; d.Engine == db.Postgres && len(entries) < 20 && got != 2 {
				t.Fatalf("%d entries of the log took %d statements", len(entries), got)
			}
			size += int64(len(entries))
		}
		if v := verified(t, d, actor.Organisation, byKey()); !v.Whole() || v.Size != size {
			t.Errorf("the log of %d entries: %+v", size, v)
		}
	})
}

// TestAppendReadsNoMoreOfALongerLog lets a log grow while the plans that PostgreSQL made for the short one still stand, and counts the rows of
// the tree that one more entry reads: they are the tree's edge, and not the log.
func TestAppendReadsNoMoreOfALongerLog(t *testing.T) {
	d := dbtest.Postgres(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	for n := range 50 {
		appended(t, d, actor, entry(fmt.Sprint("few-", n)))
	}
	many := make([]audit.Entry, 3000)
	for i := range many {
		many[i] = entry(fmt.Sprint("many-", i))
	}
	appended(t, d, actor, many...)
	read := func(tx *db.Tx) (n int, err error) { // by this connection, since PostgreSQL last told its statistics
		return n, db.One(tx.QueryRow(t.Context(), `SELECT COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'audit_hash'`), &n)
	}
	for n := range 20 {
		err := d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			before, err := read(tx)
			if err == nil {
				err = audit.Append(t.Context(), tx, actor, entry(fmt.Sprint("last-", n)))
			}
			if err != nil {
				return err
			}
			after, err := read(tx)
			if got := after - before; got == 0 || got > 30 {
				t.Errorf("an entry after %d others read %d rows of the tree", 3050+n, got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistoryLimit(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	appended(t, d, actor, entry("a"), entry("a"), entry("a"))
	var got []audit.Logged
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		got, err = audit.History(t.Context(), tx, actor.Organisation, "system", "a", 2)
		return err
	})
	if err != nil || len(got) != 2 || got[0].Seq != 2 {
		t.Errorf("got %+v (%v), want the two latest", got, err)
	}
}
