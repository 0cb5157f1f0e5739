// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marksSlow are the marks of a word of a text, one byte at a time.
func marksSlow(src []byte, w int) (m [7]uint64) {
	for i := w * 64; i < min(len(src), w*64+64); i++ {
		c := src[i]
		for k, of := range [7]bool{
			c == ' ', c == '-' || c == '+', c == '.', c == ':', c >= 0x80 || bytes.IndexByte([]byte(` -+/&(\0<P`), c) >= 0, c == '+',
			bytes.IndexByte([]byte(`0<P\`), c) >= 0,
		} {
			if of {
				m[k] |= 1 << (i % 64)
			}
		}
	}
	return m
}

func TestMarksOfEveryKernel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		src := make([]byte, rng.IntN(400))
		for i := range src {
			src[i] = byte(rng.IntN(256))
			if round%2 > 0 {
				src[i] = "0123 -+/.:&(\\<P\xc2;"[rng.IntN(17)]
			}
		}
		words := len(src)/64 + 1
		for i, k := range kernels() {
			s := &Scanner{kernel: k, text: src}
			for first := range words {
				at := rng.IntN(markedWords + 2 - (words - first))
				for k := range s.marks.dots {
					s.marks.dots[k] = ^uint64(0) // each is written
				}
				s.markWords(at, words-first, first)
				for w := first; w < words; w++ {
					m, k := &s.marks, at+w-first
					got := [7]uint64{m.spaces[k], m.joints[k], m.dots[k], m.colons[k], m.seps[k], m.plus[k], m.zeros[k]}
					if want := marksSlow(src, w); got != want {
						t.Fatalf("kernel %d of %q, word %d from word %d: %x, want %x", i, src, w, first, got, want)
					}
				}
				for k, dots := range s.marks.dots {
					if (k < at || k >= at+words-first) && dots != ^uint64(0) {
						t.Fatalf("kernel %d writes at %d, outside of what is asked for", i, k)
					}
				}
			}
		}
	}
}

// Every kernel finds the runs, and their shapes, that are found one word at a time.
func TestRunsOfEveryKernel(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	shaped := 0
	for round := range 2000 {
		text := digitsText(rng, 64+rng.IntN(3000))
		switch round % 5 {
		case 0:
			text = crossingText(rng, 2000)
		case 1: // addresses of networks, which are rare among all else
			for i := range text {
				text[i] = "0123.:.. "[rng.IntN(9)]
			}
		}
		for i, k := range kernels() {
			if k.runs == nil {
				continue
			}
			s, slow := r.NewScanner(all), r.NewScanner(all)
			s.kernel, slow.kernel = k, k
			slow.kernel.runs = nil
			s.Wraps, slow.Wraps = round%3 == 0, round%3 == 0
			s.Scan(text, 0, len(text)) // fills the bitmaps
			slow.Scan(text, 0, len(text))
			last := (len(text) + 63) / 64
			for range 4 {
				first := rng.IntN(last)
				end := min(last, first+1+rng.IntN(markedWords))
				any, found := slow.findRuns(first, end, 0), s.findRuns(first, end, 0)
				if any != found {
					t.Fatalf("kernel %d of %q, words %d to %d: any is %t, want %t", i, text, first, end, found, any)
				}
				if !any {
					continue
				}
				for w := range end - first {
					if s.runs.starts[w] != slow.runs.starts[w] || s.runs.shaped[w] != slow.runs.shaped[w] {
						t.Fatalf("kernel %d of %q, word %d of words %d to %d: runs %x shaped %x, want %x and %x", i, text, first+w, first, end,
							s.runs.starts[w], s.runs.shaped[w], slow.runs.starts[w], slow.runs.shaped[w])
					}
					shaped += bits.OnesCount64(slow.runs.shaped[w])
				}
			}
		}
	}
	if shaped < 10000 && len(kernels()) > 1 {
		t.Errorf("only %d runs had a shape", shaped)
	}
}

// besideRuns are what digits stand among in the texts of the tests of runs.
var besideRuns = []string{
	"-", "+", ".", ":", " ", " ", "/", "(0)", " (0) ", "\n", ";", ",", "&nbsp;", `\u2011`, "–", "\u00a0", "\xa0", "\x96", "a", "X", "Å", "\xe5", "T", "R", "F", "SE",
	"ABC", "Storgatan ", "allé ", "Norrsjö", "::", "fe", "@", "_", "\xef\xbb\xbf", "”", "<", "P",
}

// digitsText is made of runs of digits of every length, whole values, and what may stand beside them.
func digitsText(rng *rand.Rand, size int) []byte {
	var text []byte
	for len(text) < size {
		switch rng.IntN(12) {
		case 0:
			text = append(text, crossing[rng.IntN(len(crossing))]...)
		case 1, 2, 3, 4, 5:
			for range 1 + rng.IntN(1+rng.IntN(20)) {
				text = append(text, "0123456789011204"[rng.IntN(16)])
			}
		default:
			text = append(text, besideRuns[rng.IntN(len(besideRuns))]...)
		}
	}
	return text
}

// What is passed by in bitmaps is what would be tried and be nothing, with every kernel, in prose and in columns.
func TestRunsThatArePassedByAreNothing(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	names := []Contexts{0, 0, 1 << Phone, 1 << Organisationsnummer, 1 << Account, 1 << DateOfBirth, 1 << Passport}
	rng := rand.New(rand.NewPCG(5, 6))
	found := 0
	for round := range 1500 {
		text := digitsText(rng, 200+rng.IntN(1500))
		if round%4 == 0 {
			text = crossingText(rng, 2000)
		}
		may := 1 + rng.IntN(len(names))
		for i, k := range kernels() {
			s, every := r.NewScanner(all), r.NewScanner(all)
			s.kernel, every.kernel, every.every = k, k, true
			s.Wraps, every.Wraps = round%3 == 0, round%3 == 0
			if round%2 > 0 {
				s.Column = func(at int) (uint16, Contexts, bool) {
					return uint16(at/50 + 1), names[at/50%may], at/50%5 > 0
				}
				every.Column = s.Column
				for _, c := range names[:may] {
					s.Silent |= c
				}
				s.Silent = ^s.Silent
			}
			var want, got []string
			for _, m := range every.Scan(text, 0, len(text)) {
				want = append(want, said(r, &m, 0))
			}
			for _, m := range s.Scan(text, 0, len(text)) {
				got = append(got, said(r, &m, 0))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("kernel %d, round %d, %q (-every +got):\n%s", i, round, text, d)
			}
			found += len(got)
		}
	}
	if found < 10000 {
		t.Errorf("only %d were found", found)
	}
}
