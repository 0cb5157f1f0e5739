// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
)

// pickedBlocks is how many words of the bitmap are gone through at a time. In each 32 words of the text begin at most.
const pickedBlocks = 32

// startsAtOnce is how many words of the text are written down of a word of the bitmap whether it has so many or not.
const startsAtOnce = 12

// picks are where words begin that are about to be looked up. What a kernel writes too many has room after them.
type picks [32*pickedBlocks + startsAtOnce]int32

// wordStarts are bitmaps of the words that begin, and of those that are picked whatever they begin with.
type wordStarts struct{ starts, long [pickedBlocks]uint64 }

// pickWords picks the words that may have terms among those that begin between two words of the bitmap, and between from and to. It
// returns how many there are. Nothing in it depends on whether a word is picked, which no processor could foresee.
func (s *Scanner) pickWords(first, last, from, to int) (picked int) {
	s.findStarts(first, last, from, to)
	whole := min(last, max(first, (len(s.text)-pickedBytes+64)/64)) // of the words of the bitmap after these, some bytes lie past the text's end
	d, out := s.dict, &s.picked
	if whole > first {
		picked = s.kernel.pick(out, &s.wordStarts, s.text[first*64:], s.letters[first:whole+1], d.begins, d.places, first*64)
	}
	for w := whole; w < last; w++ {
		var last [pickedBytes]byte
		copy(last[:], s.text[min(w*64, len(s.text)):])
		k := w - first
		picked = pickStarts(out, &last, d.begins, d.places, s.wordStarts.starts[k], s.letters[w], s.letters[w+1], s.wordStarts.long[k], w*64, picked)
	}
	return picked
}

// findStarts finds the words that begin between two words of the bitmap, and between from and to.
func (s *Scanner) findStarts(first, last, from, to int) {
	out, at := &s.wordStarts, 0
	if first == 0 { // it has no word before it
		s.startsGo(0, 1, 0)
		at = 1
	}
	if words := (last - first - at) &^ 3; s.kernel.starts != nil && s.dict.stems.n > 0 && words > 0 {
		w := first + at
		s.kernel.starts(out, at, words, &s.letters[w], &s.digits[w], &s.stems[w])
		at += words
	}
	s.startsGo(first+at, last, at)
	if w := from / 64; w >= first && w < last {
		out.starts[w-first] &= ^uint64(0) << (from % 64)
	}
	if w := to / 64; w >= first && w < last {
		out.starts[w-first] &= 1<<(to%64) - 1
	}
}

// startsGo finds the words that begin in some words of the bitmap, the first of which is at one of s.wordStarts.
func (s *Scanner) startsGo(first, last, at int) {
	digits, letters, inside, out := s.digits, s.letters, s.dict.stems.n > 0, &s.wordStarts
	var before, digit uint64
	if first > 0 {
		before, digit = letters[first-1], digits[first-1]>>63
	}
	for w := first; w < last; w++ {
		l, next := letters[w], letters[w+1]
		starts := l &^ (l<<1 | before>>63)
		// Up to three letters directly after a digit are part of an identifier: hashes are full of such.
		starts &^= (digits[w]<<1 | digit) &^ ((l>>1 | next<<63) & (l>>2 | next<<62) & (l>>3 | next<<61))
		var long uint64
		if inside {
			long = starts & stemmed(l, next, before, s.stems[w], s.stems[w+1])
		}
		before, digit = l, digits[w]>>63
		out.starts[at], out.long[at] = starts, long
		at++
	}
}

// stemmed are where those words begin in a word of the bitmap in which a term may stand after two letters or more, of which it is told by stems. A
// word that goes on for all of the next word of the bitmap is among them, and what else begins where a word does may be.
func stemmed(l, next, before, stems, stemsNext uint64) (long uint64) {
	here := stems & l & (l<<1 | before>>63) & (l<<2 | before>>62)
	if there := stemsNext & next &^ (next + 1); there != 0 || ^next == 0 { // in the letters that the next word of the bitmap begins with
		here |= l & (1 << 63)
	}
	for ; here != 0; here &= here - 1 {
		gaps := ^l & (here&-here - 1)
		long |= 1 << (64 - bits.LeadingZeros64(gaps))
	}
	return long
}

// pickedBytes are those of a word of the bitmap, and of the eight that begin with its last.
const pickedBytes = 64 + 7

// pickGo is the kernel in Go.
func pickGo(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) (picked int) {
	for k := range len(letters) - 1 {
		t := (*[pickedBytes]byte)(text[k*64:])
		picked = pickStarts(out, t, begins, places, w.starts[k], letters[k], letters[k+1], w.long[k], at+k*64, picked)
	}
	return picked
}

// pickStarts picks among the words that begin in one word of the bitmap, which stands for the first 64 bytes of t. It is a function of its
// own, with arrays of known length, so that all it needs stays in registers.
func pickStarts(out *picks, t *[pickedBytes]byte, begins *beginnings, places uint32, starts, l, next, long uint64, at, picked int) int {
	for ; starts != 0; starts &= starts - 1 {
		k := bits.TrailingZeros64(starts) & 63
		h, bit := beginning(binary.LittleEndian.Uint64(t[k:k+8]), firstSix[(l>>k|next<<1<<(63-k))&63])
		out[picked&(32*pickedBlocks-1)] = int32(at + k)
		picked += int(begins[h&places]>>bit&1 | uint32(long>>k)&1)
	}
	return picked
}

// firstSix are masks of the first bytes of eight that are letters, six at most, by the bits of the first six.
var firstSix = func() (masks [64]uint64) {
	for m := range masks {
		masks[m] = 1<<(8*min(6, bits.TrailingZeros64(^uint64(m)))) - 1
	}
	return masks
}()
