// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"io"
	"testing"
)

// BenchmarkWrite writes 5 000 rows of eight columns, which is what a large
// municipality's whole list of requirements comes to.
func BenchmarkWrite(b *testing.B) {
	d := long(5000)
	for _, f := range formats {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Write(io.Discard, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
