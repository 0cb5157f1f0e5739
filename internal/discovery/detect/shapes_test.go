// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runs are shapes as a list: where each begins.
type runs struct{ Tries, Fractions []int }

// slowShapes finds what the bitmaps of shapes are to hold, a byte at a time.
func slowShapes(text []byte, all bool) (out runs) {
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		n := i - start
		if n < 6 {
			continue
		}
		if start > 0 && slices.Contains([]byte("01,.:%"), text[start-1]) {
			out.Fractions = append(out.Fractions, start)
		}
		month := start + 2
		if n == 8 || n == 12 {
			month += 2
		}
		if !slices.Contains([]int{6, 8, 10, 12}, n) || !all && text[month] > '1' || n < 10 && !mayBeParted(text, i) {
			continue
		}
		out.Tries = append(out.Tries, start)
	}
	return out
}

// mayBeParted reports whether a byte and four digits stand at i, or what may be a separator of more bytes: a second one that is no digit, or a
// digit and another byte, with three digits after them.
func mayBeParted(text []byte, i int) bool {
	n := 0
	for i++; i+n < len(text) && isDigit(text[i+n]); n++ {
	}
	if n == 1 && i+4 < len(text) {
		return isDigit(text[i+2]) && isDigit(text[i+3]) && isDigit(text[i+4])
	}
	return n == 0 || n == 4
}

// shapesOf finds the same with a kernel, and words that are dirty from before.
func shapesOf(k kernel, text []byte, all bool) (out runs) {
	n := len(text)/64 + 2
	digits, signs := slicesOf(n, 0), slicesOf(n, 0)
	k.classifyNumbers(digits, signs, text)
	ones := func() []uint64 { return slicesOf(n, ^uint64(0)) }
	h := shapes{ones(), ones()}
	var every uint64
	if all {
		every = ^uint64(0)
	}
	k.classifyShapes(&h, digits, signs, 0, n-1, every)
	for i := range text {
		at := func(m []uint64) bool { return m[i/64]>>(i%64)&1 != 0 }
		if at(h.fractions) {
			out.Fractions = append(out.Fractions, i)
		}
		if at(h.tries) {
			out.Tries = append(out.Tries, i)
		}
	}
	return out
}

// Every kernel finds the shapes that stand in a text, at every place of four words and of the borders between them.
func TestShapesOfEveryKernel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 4000 {
		text := make([]byte, rng.IntN(1200))
		for i := range text {
			if text[i] = "0123456789"[rng.IntN(10)]; rng.IntN(2+round%12) == 0 {
				text[i] = "0 ,.:-x\xff%"[rng.IntN(9)]
			}
		}
		for _, all := range []bool{false, true} {
			want := slowShapes(text, all)
			for i, k := range kernels() {
				if d := cmp.Diff(want, shapesOf(k, text, all)); d != "" {
					t.Fatalf("kernel %d, all months %v, of %q (-want +got):\n%s", i, all, text, d)
				}
			}
		}
	}
	for place := range 600 { // one number alone, everywhere
		text := make([]byte, 640)
		copy(text[place:], "189006039813")
		want := slowShapes(text, false)
		for i, k := range kernels() {
			if d := cmp.Diff(want, shapesOf(k, text, false)); d != "" {
				t.Fatalf("kernel %d at %d (-want +got):\n%s", i, place, d)
			}
		}
	}
}
