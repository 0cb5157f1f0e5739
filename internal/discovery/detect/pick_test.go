// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// slowPicks are what a kernel is to pick: each word by itself, its letters counted one at a time.
func slowPicks(w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) (out []int32) {
	for i := range (len(letters) - 1) * 64 {
		is := func(m []uint64, i int) bool { return m[i/64]>>(i%64)&1 != 0 }
		if !is(w.starts[:], i) {
			continue
		}
		n, mask := 0, uint64(0)
		for n < 6 && is(letters, i+n) {
			mask |= 0xff << (8 * n)
			n++
		}
		place, bit := beginning(eightAt(text, i), mask)
		if is(w.long[:], i) || begins[place&places]>>bit&1 != 0 {
			out = append(out, int32(at+i))
		}
	}
	return out
}

// drawPicks draws words of the bitmap with a table of beginnings, of which some words are picked, and others not, by chance.
func drawPicks(seed uint64, n, places, share int) (w *wordStarts, text []byte, letters []uint64, begins *beginnings) {
	r := rand.New(rand.NewPCG(seed, 1))
	w, begins = new(wordStarts), new(beginnings)
	text, letters = make([]byte, n*64+7), make([]uint64, n+1)
	for i := range text {
		text[i] = "abcdeABC\xc3\xa5 -"[r.IntN(12)]
	}
	for i := range letters {
		letters[i] = r.Uint64() | r.Uint64()
	}
	for k := range n {
		w.starts[k] = [...]uint64{0, r.Uint64() & r.Uint64() & r.Uint64(), 0x5555555555555555, ^uint64(0) << r.IntN(64)}[r.IntN(4)] &^ (^uint64(0) >> 1 << 1 << r.IntN(64))
		if k%2 == 0 { // as many as a text can have
			w.starts[k] &= 0x5555555555555555
		} else {
			w.starts[k] &= 0xaaaaaaaaaaaaaaaa
		}
		w.long[k] = w.starts[k] & r.Uint64() & r.Uint64() & r.Uint64()
	}
	for i := range places + 1 {
		for b := range 32 {
			if r.IntN(100) < share {
				begins[i] |= 1 << b
			}
		}
	}
	return w, text, letters, begins
}

// Every kernel picks the same words as the slow one, whatever begins there and whatever the table holds.
func TestPicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, pickedBlocks).Draw(t, "words")
		places := 1<<rapid.IntRange(8, beginningBits).Draw(t, "bits") - 1
		w, text, letters, begins := drawPicks(rapid.Uint64().Draw(t, "seed"), n, places, rapid.SampledFrom([]int{0, 3, 50, 100}).Draw(t, "share"))
		at := 64 * rapid.IntRange(0, 2000).Draw(t, "at")
		want := slowPicks(w, text, letters, begins, uint32(places), at)
		for i, k := range kernels() {
			var out picks
			got := k.pick(&out, w, text, letters, begins, uint32(places), at)
			if d := cmp.Diff(want, append([]int32(nil), out[:got]...)); d != "" {
				t.Fatalf("kernel %d (-slow +kernel):\n%s", i, d)
			}
		}
	})
}

// slowStarts are the words that begin in the bitmaps, and those in which a term may stand, each by itself, one place at a time.
func slowStarts(letters, digits, stems []uint64, first, last int) (w wordStarts) {
	is := func(m []uint64, i int) bool { return i >= 0 && m[i/64]>>(i%64)&1 != 0 }
	for i := first * 64; i < last*64; i++ {
		if !is(letters, i) || is(letters, i-1) {
			continue
		}
		n := 1
		for i+n < len(letters)*64 && is(letters, i+n) {
			n++
		}
		if is(digits, i-1) && n < 4 {
			continue
		}
		w.starts[i/64-first] |= 1 << (i % 64)
		next := (i/64 + 1) * 64 // the next word of the bitmap: what is in the one after it is not looked at
		may := n >= next+64-i
		for k := i; k < min(i+n, next+64) && !may; k++ {
			may = is(stems, k) && (k >= i+2 || k >= next)
		}
		if may {
			w.long[i/64-first] |= 1 << (i % 64)
		}
	}
	return w
}

// Every kernel finds the words that begin, wherever they lie in the bitmaps.
func TestStartsOfEveryKernel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		const words = 40
		s := &Scanner{dict: &dictionary{stems: stems{n: 1}}, letters: make([]uint64, words), digits: make([]uint64, words), stems: make([]uint64, words)}
		dense := r.IntN(4)
		for i := range words - 1 {
			s.letters[i] = [...]uint64{
				r.Uint64() | r.Uint64(), r.Uint64(), r.Uint64() | r.Uint64() | r.Uint64() | r.Uint64(), ^uint64(0), ^uint64(0) << r.IntN(64),
			}[r.IntN(5)]
			s.digits[i] = r.Uint64() &^ s.letters[i]
			s.stems[i] = r.Uint64() & r.Uint64()
			for range dense {
				s.stems[i] &= r.Uint64() & r.Uint64()
			}
			if r.IntN(2) == 0 { // one that no other stands near
				s.stems[i] = 1 << r.IntN(64)
			}
		}
		first := r.IntN(words - 2)
		last := min(words-1, first+1+r.IntN(pickedBlocks))
		want := slowStarts(s.letters, s.digits, s.stems, first, last)
		for i, k := range kernels() {
			s.kernel, s.wordStarts = k, wordStarts{}
			s.findStarts(first, last, 0, words*64)
			if d := cmp.Diff(want, s.wordStarts, cmp.AllowUnexported(wordStarts{})); d != "" {
				t.Fatalf("kernel %d, words %d to %d (-slow +kernel):\n%s", i, first, last, d)
			}
		}
	})
}
