// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bytes"
	"testing"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// FuzzNote opens signed checkpoints: nothing crashes, and only what the key has signed opens.
func FuzzNote(f *testing.F) {
	for _, c := range []audit.Checkpoint{{Origin: audit.Origin("norrsjo", 1), Size: 3}, {Origin: "a", Size: 0}} {
		n, err := testKey.Sign(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(n)
		f.Add(n + n[len(c.Text())+1:])
	}
	f.Add("insegel/a/1\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— insegel/a/1 AAAA\n")
	f.Add("insegel/a/1\n01\nx\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := audit.OpenNote(text, testKey.Public())
		if err != nil {
			return
		}
		again, err := testKey.Sign(c)
		if err != nil || len(text) < len(again) || text[:len(c.Text())] != c.Text() {
			t.Errorf("opened what was never signed: %q", text)
		}
		if back, err := audit.ParseCheckpoint(c.Text()); err != nil || back != c {
			t.Errorf("%+v reads back as %+v, %v", c, back, err)
		}
	})
}

// FuzzOrigin takes origins apart and puts them together.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"insegel/a/1", "insegel/a/01", "insegel//1", "insegel/a/-1", "insegel/a/1/2", "other/a/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, epoch, ok := audit.ParseOrigin(s); ok && audit.Origin(name, epoch) != s {
			t.Errorf("%q is read as %q, %d", s, name, epoch)
		}
	})
}

// FuzzExport reads exports: nothing crashes or hangs, and what was changed is never whole.
func FuzzExport(f *testing.F) {
	d := dbtest.SQLite(f)
	actor := dbtest.Organisation(f, d, "norrsjo")
	for range 2 {
		err := d.Write(f.Context(), actor.Organisation, func(tx *db.Tx) error { return audit.Append(f.Context(), tx, actor, entry("1"), entry("2")) })
		if err != nil {
			f.Fatal(err)
		}
		signed(f, d)
	}
	whole := exported(f, d, actor, audit.Filter{})
	part := exported(f, d, actor, audit.Filter{ObjectKind: "system", ObjectID: "1"})
	f.Add(whole)
	f.Add(part)
	f.Add([]byte(`{"insegel_log_export":1,"organisation":"a","log":"a","epoch":1,"size":9223372036854775807,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := audit.VerifyExport(bytes.NewReader(b), byKey())
		if err == nil && v.Whole() && v.Signed > 0 && !bytes.Contains(b, []byte("insegel/")) {
			t.Errorf("signed by nobody: %s", b)
		}
	})
}
