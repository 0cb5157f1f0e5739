// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// What follows is a second implementation of RFC 6962, section 2.1, written from its definitions, with nothing of ours or tlog's in it.

type hash = [32]byte

func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

// mth is the Merkle tree hash of a list.
func mth(d [][]byte) hash {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	}
	k := split(len(d))
	return node(mth(d[:k]), mth(d[k:]))
}

func node(l, r hash) hash { return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...)) }

// path is the audit path of leaf m.
func path(m int, d [][]byte) []hash {
	if len(d) == 1 {
		return nil
	}
	k := split(len(d))
	if m < k {
		return append(path(m, d[:k]), mth(d[k:]))
	}
	return append(path(m-k, d[k:]), mth(d[:k]))
}

// proof is the consistency proof from the first m leaves.
func proof(m int, d [][]byte) []hash { return subproof(m, d, true) }

func subproof(m int, d [][]byte, b bool) []hash {
	n := len(d)
	if m == n {
		if b {
			return nil
		}
		return []hash{mth(d)}
	}
	k := split(n)
	if m <= k {
		return append(subproof(m, d[:k], b), mth(d[k:]))
	}
	return append(subproof(m-k, d[k:], false), mth(d[:k]))
}

func same[P ~[]tlog.Hash](got P, want []hash) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if hash(got[i]) != want[i] {
			return false
		}
	}
	return true
}

// leaves reads the leaves of a log in order.
func leaves(t testing.TB, tx *db.Tx, org access.OrganisationID) [][]byte {
	t.Helper()
	out, err := db.All(t.Context(), tx, func(scan func(...any) error) ([]byte, error) {
		var s string
		err := scan(&s)
		return []byte(s), err
	}, `SELECT record FROM audit_entry WHERE organisation_id = $1 ORDER BY seq`, org)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The stored tree and its proofs are those of RFC 6962, whatever sizes the entries came in.
func TestTreeAgainstOracle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		rapid.Check(t, func(r *rapid.T) {
			batch := make([]audit.Entry, rapid.IntRange(1, 9).Draw(r, "batch"))
			for i := range batch {
				batch[i] = entry(rapid.StringMatching(`[a-z]{1,5}`).Draw(r, "id"))
			}
			appended(t, d, actor, batch...)
			err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
				all := leaves(t, tx, actor.Organisation)
				size := rapid.IntRange(1, len(all)).Draw(r, "size")
				checkTree(r, tx, actor.Organisation, all[:size], rapid.IntRange(0, size-1).Draw(r, "seq"), rapid.IntRange(1, size).Draw(r, "before"))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}

func checkTree(r *rapid.T, tx *db.Tx, org access.OrganisationID, all [][]byte, seq, before int) {
	ctx, size := r.Context(), int64(len(all))
	root, err := audit.Root(ctx, tx, org, size)
	if err != nil || hash(root) != mth(all) {
		r.Fatalf("the root of %d leaves is %v (%v), want %x", size, root, err, mth(all))
	}
	rp, err := audit.ProveEntry(ctx, tx, org, size, int64(seq))
	if err != nil || !same(rp, path(seq, all)) {
		r.Fatalf("the proof of leaf %d of %d differs (%v)", seq, size, err)
	}
	if err := tlog.CheckRecord(rp, size, root, int64(seq), tlog.RecordHash(all[seq])); err != nil {
		r.Fatalf("the proof of leaf %d of %d does not hold: %v", seq, size, err)
	}
	if err := tlog.CheckRecord(rp, size, root, int64(seq), tlog.RecordHash(append([]byte("x"), all[seq]...))); err == nil {
		r.Fatal("the proof holds for another leaf too")
	}
	tp, err := audit.ProveTree(ctx, tx, org, size, int64(before))
	if err != nil || !same(tp, proof(before, all)) {
		r.Fatalf("the proof from %d to %d leaves differs (%v)", before, size, err)
	}
	if err := tlog.CheckTree(tp, size, root, int64(before), tlog.Hash(mth(all[:before]))); err != nil {
		r.Fatalf("the proof from %d to %d leaves does not hold: %v", before, size, err)
	}
}

// The leaf is written exactly as docs/log.md says.
func TestLeafFormat(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		actor.ID, actor.From = "kim", "192.0.2.7"
		appended(t, d, actor, entry("a"), audit.Entry{
			Action: "x.Å", ObjectKind: "s&s", ObjectID: `"`, Before: map[string]int{"n": 1}, After: map[string]int{"n": 2}, Why: "för att",
		})
		err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			var record, salts, who, what, why, from string
			var at int64
			err := db.One(tx.QueryRow(t.Context(), `SELECT at, record, salts, actor, what, why, address FROM audit_entry JOIN audit_private USING (organisation_id, seq)
				WHERE organisation_id = $1 AND seq = 1`, actor.Organisation), &at, &record, &salts, &who, &what, &why, &from)
			if err != nil {
				return err
			}
			salt, err := base64.RawStdEncoding.DecodeString(salts)
			if err != nil || len(salt) != 64 {
				t.Fatalf("salts %q: %v", salts, err)
			}
			commit := func(i int, name, value string) string {
				h := sha256.Sum256([]byte("insegel log 2 " + name + "\x00" + string(salt[16*i:16*i+16]) + value))
				return base64.RawStdEncoding.EncodeToString(h[:])
			}
			want := fmt.Sprintf(`{"v":2,"seq":1,"at":%d,"action":"x.Å","object_kind":"s\u0026s","object_id":"\"","who":"%s","what":"%s","why":"%s","from":"%s"}`,
				at, commit(0, "who", "kim"), commit(1, "what", `{"data":null,"before":{"n":1},"after":{"n":2}}`), commit(2, "why", "för att"), commit(3, "from", "192.0.2.7"))
			if record != want {
				t.Errorf("the leaf has changed, and with it every hash:\n%s\n%s", record, want)
			}
			if strings.Contains(record, "kim") || strings.Contains(record, "192.0.2.7") {
				t.Error("the leaf tells who it was")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
