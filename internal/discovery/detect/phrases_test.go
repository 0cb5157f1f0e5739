// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is found of many texts is what is found of each, wherever it stands, with every kernel.
func TestPhrases(t *testing.T) {
	texts := []string{"LVM", "vård av missbrukare", "elev", "elevhem", "ansök", "ÅÄÖ"}
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		text := make([]byte, r.IntN(300))
		for i := range text {
			text[i] = "LVMelvhansök åÅ"[r.IntN(15)]
		}
		for range r.IntN(4) {
			if whole := texts[r.IntN(len(texts))]; len(whole) <= len(text) {
				copy(text[r.IntN(len(text)-len(whole)+1):], whole)
			}
		}
		want := make([]bool, len(texts))
		for i, w := range texts {
			want[i] = bytes.Contains(text, []byte(w))
		}
		for _, k := range kernels() {
			p, got := NewPhrases(texts), make([]bool, len(texts))
			p.kernel = k
			p.Find(text, got)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q: %s", text, d)
			}
		}
	}
}
