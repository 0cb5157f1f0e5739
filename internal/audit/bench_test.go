// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

// writeUnit is a change without an entry, to compare with.
func writeUnit(b *testing.B, d *db.DB, a access.Actor, log bool) error {
	name := ids.New[access.Part]().String()
	return d.Write(b.Context(), a.Organisation, func(tx *db.Tx) error {
		if log {
			return crashWrite(b.Context(), tx, a, name)
		}
		_, err := tx.Exec(b.Context(), `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES ($1, $2, $1, $1, 0)`, name, a.Organisation)
		return err
	})
}

// BenchmarkWrite measures whole transactions, audited and bare, on SQLite by one writer and on PostgreSQL by 20 organisations' at once.
func BenchmarkWrite(b *testing.B) {
	for _, log := range []bool{false, true} {
		what := map[bool]string{false: "bare", true: "audited"}[log]
		b.Run("sqlite/"+what, func(b *testing.B) {
			d := dbtest.SQLite(b)
			a := dbtest.Organisation(b, d, "norrsjo")
			for b.Loop() {
				if err := writeUnit(b, d, a, log); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
		b.Run("postgres20/"+what, func(b *testing.B) {
			d := dbtest.Postgres(b)
			const organisations = 20
			actors := make([]access.Actor, organisations)
			for i := range actors {
				actors[i] = dbtest.Organisation(b, d, fmt.Sprintf("org%d", i))
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range organisations {
				wg.Go(func() {
					for n := i; n < b.N; n += organisations {
						if err := writeUnit(b, d, actors[i], log); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// million makes a log of a million entries with a checkpoint for every thousand of them.
func million(b *testing.B, d *db.DB, n int) access.Actor {
	b.Helper()
	a := dbtest.Organisation(b, d, "norrsjo")
	batch := make([]audit.Entry, 1000)
	for i := range batch {
		batch[i] = entry(fmt.Sprint(i))
	}
	for range n / len(batch) {
		err := d.Write(b.Context(), a.Organisation, func(tx *db.Tx) error { return audit.Append(b.Context(), tx, a, batch...) })
		if err != nil {
			b.Fatal(err)
		}
		signed(b, d)
	}
	return a
}

// BenchmarkMillion verifies a log of a million entries, proves entries in it, and, to compare with, hashes as many bytes as it has.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	d := dbtest.SQLite(b)
	a := million(b, d, n)
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if v := verified(b, d, a.Organisation, byKey()); !v.Whole() || v.Size != n || v.Signed != n {
				b.Fatalf("got %+v", v)
			}
		}
	})
	b.Run("sha256", func(b *testing.B) { // seven of at most 500 bytes each for every entry: leaf, four commitments, two nodes
		buf := make([]byte, 200)
		for b.Loop() {
			for range n * 7 {
				h := sha256.Sum256(buf)
				buf[0] = h[0]
			}
		}
	})
	b.Run("proof", func(b *testing.B) {
		seq := int64(0)
		for b.Loop() {
			seq = (seq*48271 + 11) % n
			err := d.Read(b.Context(), a.Organisation, func(tx *db.Tx) error {
				_, err := audit.ProveEntry(b.Context(), tx, a.Organisation, n, seq)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
