// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marksSlow are the marks of the places of a text, one byte at a time.
func marksSlow(src []byte) []marks {
	out := make([]marks, len(src)/64+1)
	for i, c := range src {
		m, bit := &out[i/64], uint64(1)<<(i%64)
		for _, in := range []struct {
			to *uint64
			of bool
		}{
			{&m.spaces, c == ' '},
			{&m.joints, c == '-' || c == '+'},
			{&m.dots, c == '.'},
			{&m.colons, c == ':'},
			{&m.seps, c >= 0x80 || bytes.IndexByte([]byte(` -+/&(\0<P`), c) >= 0},
			{&m.plus, c == '+'},
			{&m.zeros, bytes.IndexByte([]byte(`0<P\`), c) >= 0},
		} {
			if in.of {
				*in.to |= bit
			}
		}
	}
	return out
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
		want := marksSlow(src)
		for i, k := range kernels() {
			s := &Scanner{kernel: k, text: src}
			for first := range want {
				got := make([]marks, len(want)-first)
				for w := range got {
					got[w].dots = ^uint64(0) // each is written
				}
				s.markWords(got, first)
				if d := cmp.Diff(want[first:], got, cmp.AllowUnexported(marks{})); d != "" {
					t.Fatalf("kernel %d of %q from word %d (-want +got):\n%s", i, src, first, d)
				}
			}
		}
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
