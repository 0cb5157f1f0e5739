// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"testing"
)

const testDelimiter = ';'

// slowColumn is the reference: it goes through the line one byte at a time.
func slowColumn(text []byte, at int) int {
	start := at
	for start > 0 && text[start-1] != '\n' {
		start--
	}
	index, open := 1, false
	for _, c := range text[start:at] {
		if c == '"' {
			open = !open
		}
		if c == testDelimiter && !open {
			index++
		}
	}
	return index
}

// A place's column is what the reference says, with and without quotes, wherever its line begins.
func TestColumnIsTheReference(t *testing.T) {
	r := loadRules(t)
	rng := rand.New(rand.NewPCG(8, 9))
	for round := range 400 {
		alphabet := ";;ab\n"
		if round%2 == 0 {
			alphabet = ";;abcdefghijklmnopqrstuvwxyz0123456789\"\n"
		}
		if round%4 == 3 {
			alphabet = ";ab"
		}
		text := make([]byte, rng.IntN(700)+1)
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		for _, k := range kernels() {
			s := r.NewScanner(nil)
			s.kernel, s.others = k, round%3 > 0 // whether blocks are looked at once
			var c Cells
			s.SetCells(&c, text, testDelimiter)
			for at := range text {
				if got, ok := c.Column(at, 8192); !ok || got != slowColumn(text, at) {
					t.Fatalf("column at %d of %q is %d (%v), want %d", at, text, got, ok, slowColumn(text, at))
				}
			}
			for at := range 200 { // forwards with leaps, and now and then back
				if at = at * len(text) / 200; rng.IntN(4) == 0 {
					at = rng.IntN(len(text))
				}
				if got, ok := c.Column(at, 8192); !ok || got != slowColumn(text, at) {
					t.Fatalf("column at %d of %q, after others, is %d (%v), want %d", at, text, got, ok, slowColumn(text, at))
				}
			}
		}
	}
}

// The column of a place far from its line's beginning is not known.
func TestColumnOfALongLine(t *testing.T) {
	text := make([]byte, 1000)
	s := loadRules(t).NewScanner(nil)
	for _, s.others = range []bool{false, true} {
		var c Cells
		s.SetCells(&c, text, testDelimiter)
		if _, ok := c.Column(999, 256); ok {
			t.Error("a line that begins 999 bytes back has a column, although 256 are the most")
		}
		for at := 0; at < len(text); at += 30 {
			if _, ok := c.Column(at, 256); ok != (at <= 256) {
				t.Errorf("that the column at %d of a long line is known is %v", at, ok)
			}
		}
	}
}

// Every kernel goes back alike, from any place to any, whatever lies around them.
func TestBackOfEveryKernel(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 11))
	for round := range 3000 {
		text := make([]byte, rng.IntN(200)+1)
		for i := range text {
			if text[i] = "ab;;\"x"[rng.IntN(6)]; rng.IntN(1+round%90) == 0 {
				text[i] = '\n'
			}
		}
		for range 10 {
			at := rng.IntN(len(text) + 1)
			from := rng.IntN(at + 1)
			start, delims, quoted := backOver(text[from:at], from, 0, false, testDelimiter)
			for i, k := range kernels() {
				if s, d, q := k.back(text, from, at, testDelimiter); s != start || d != delims || q != quoted {
					t.Fatalf("kernel %d from %d to %d of %q: %d, %d, %v, want %d, %d, %v", i, from, at, text, s, d, q, start, delims, quoted)
				}
			}
		}
	}
}
