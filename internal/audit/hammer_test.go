// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// Writers, a keeper and verifiers work at once on several organisations' logs: nothing is lost, nothing contradicts what was signed
// before, and a log is whole whenever somebody looks.
func TestHammer(t *testing.T) {
	const organisations, writers = 3, 6
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actors := make([]access.Actor, organisations)
		for i := range actors {
			actors[i] = dbtest.Organisation(t, d, fmt.Sprintf("org%d", i))
		}
		drop := audit.Drop{Dir: t.TempDir()}
		k := keeper(d)
		k.Receivers = []audit.Receiver{drop}
		done := make(chan struct{})
		var writing, watching sync.WaitGroup
		faults := make(chan error, 100)
		for w := range writers {
			writing.Go(func() { hammer(t, d, actors, w, faults) })
		}
		watch := func(look func() error) {
			watching.Go(func() {
				for {
					if err := look(); err != nil {
						faults <- err
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		watch(func() error { k.Round(t.Context()); return nil })
		for i := range 2 {
			watch(func() error {
				v, err := audit.VerifyLog(t.Context(), d, actors[i].Organisation, byKey())
				if err == nil && !v.Whole() {
					err = fmt.Errorf("a log that is written to: %+v", v.Faults)
				}
				return err
			})
		}
		watch(func() error { return audit.CheckStart(t.Context(), d, drop, testKey.Public()) })
		watch(func() error { return proveSomething(t, d, actors[0]) })
		writing.Wait()
		close(done)
		watching.Wait()
		close(faults)
		for err := range faults {
			t.Error(err)
		}
		k.Round(t.Context())
		total := int64(0)
		for _, a := range actors {
			v := verified(t, d, a.Organisation, byKey())
			total += v.Size
			if !v.Whole() || v.Signed != v.Size {
				t.Errorf("afterwards: %+v", v)
			}
		}
		want := int64(0)
		for i := range hammerEach {
			if i%5 != 4 {
				want += writers * int64(1+i%3)
			}
		}
		if total != want {
			t.Errorf("%d entries, want %d", total, want)
		}
	})
}

// hammerEach is how many transactions each writer makes.
const hammerEach = 40

// hammer writes batches of several sizes to several logs, and takes some of them back.
func hammer(t *testing.T, d *db.DB, actors []access.Actor, w int, faults chan<- error) {
	for i := range hammerEach {
		a := actors[(w+i)%len(actors)]
		batch := make([]audit.Entry, 1+i%3)
		for n := range batch {
			batch[n] = entry(fmt.Sprint(w, i, n))
		}
		err := d.Write(t.Context(), a.Organisation, func(tx *db.Tx) error {
			if err := audit.Append(t.Context(), tx, a, batch...); err != nil {
				return err
			}
			if i%5 == 4 {
				return errOnPurpose
			}
			return nil
		})
		if err != nil && !errors.Is(err, errOnPurpose) {
			faults <- err
		}
	}
}

// proveSomething proves the oldest entry and an older size in the tree as it is now.
func proveSomething(t *testing.T, d *db.DB, a access.Actor) error {
	return d.Read(t.Context(), a.Organisation, func(tx *db.Tx) error {
		h, err := audit.HeadOf(t.Context(), tx, a.Organisation)
		if err != nil || h.Size < 2 {
			return err
		}
		root, err := audit.Root(t.Context(), tx, a.Organisation, h.Size)
		if err != nil {
			return err
		}
		var record string
		if err := db.One(tx.QueryRow(t.Context(), `SELECT record FROM audit_entry WHERE organisation_id = $1 AND seq = 0`, a.Organisation), &record); err != nil {
			return err
		}
		p, err := audit.ProveEntry(t.Context(), tx, a.Organisation, h.Size, 0)
		if err != nil {
			return err
		}
		return tlog.CheckRecord(p, h.Size, root, 0, tlog.RecordHash([]byte(record)))
	})
}

// exported writes an organisation's log to memory.
func exported(t testing.TB, d *db.DB, a access.Actor, f audit.Filter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := audit.WriteExport(t.Context(), d, a.Organisation, audit.ExportOptions{Filter: f, Key: testKey.Public()}, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An export can be verified by itself, whole or in part, and any changed byte of an entry is found.
func TestExport(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := grown(t, d)
		appended(t, d, actor, entry("last"))
		whole := exported(t, d, actor, audit.Filter{})
		v, err := audit.VerifyExport(bytes.NewReader(whole), byKey())
		if err != nil || !v.Whole() || v.Size != 31 || v.Checked != 31 || v.Signed != 30 || v.Checkpoints != 3 {
			t.Fatalf("got %+v, %v", v, err)
		}
		part := exported(t, d, actor, audit.Filter{ObjectKind: "system", ObjectID: "3"})
		v, err = audit.VerifyExport(bytes.NewReader(part), byKey())
		if err != nil || !v.Whole() || !v.Partial || v.Checked != 3 || v.Signed != 30 {
			t.Fatalf("got %+v, %v", v, err)
		}
		for name, change := range map[string][2]string{
			"an action": {"system.Update", "system.Create"}, "a value": {`\"version\":2`, `\"version\":3`}, "who": {`"value":"local"`, `"value":"kim"`},
			"a salt": {`"salt":"`, `"salt":"A`}, "a root": {`"root":"`, `"root":"A`},
		} {
			for form, b := range map[string][]byte{"whole": whole, "part": part} {
				changed := bytes.Replace(b, []byte(change[0]), []byte(change[1]), 1)
				if bytes.Equal(changed, b) {
					t.Fatalf("%s, %s: nothing to change", name, form)
				}
				if v, err := audit.VerifyExport(bytes.NewReader(changed), byKey()); err == nil && v.Whole() {
					t.Errorf("%s, %s: the change was not found", name, form)
				}
			}
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		for name, cut := range map[string][][]byte{
			"an entry taken out": append(append([][]byte{}, lines[:5]...), lines[6:]...),
			"two change places":  append(append(append([][]byte{}, lines[:5]...), lines[6], lines[5]), lines[7:]...),
			"the last entry":     append(append([][]byte{}, lines[:31]...), lines[32:]...),
		} {
			if v, err := audit.VerifyExport(bytes.NewReader(bytes.Join(cut, nil)), byKey()); err == nil && v.Whole() {
				t.Errorf("%s: not found", name)
			}
		}
	})
}
