// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
)

// A bitmap has one bit for each byte of a text: bit i of word w stands for byte 64w+i. Which are made depends on what is looked for.
//
// A kernel fills them for whole blocks of 64 bytes. There are three, which are tested against each other and against a slow one:
// assembly with AVX-512, assembly with AVX2, and Go on eight bytes at a time.
type kernel struct {
	// numbers fills digits, and signs: '0' and '1', which a month begins with; ',' and '.', which a fraction follows; and ':'.
	numbers func(digits, signs []uint64, src []byte)
	// words fills letters (A-Z, a-z, and every byte from 0x80, so that both UTF-8 and Windows-1252 have their å, ä and ö), smalls: a-z,
	// and leads: what may begin punctuation outside ASCII.
	words func(letters, smalls, leads []uint64, src []byte)
	// back goes back from a place to where its line begins, or to from: start is -1 when no line begins after that. It counts the delimiters
	// that it passes, and tells of quotes.
	back func(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool)
	// cells fills the blocks of a text of whole ones up to the first that has a quote, and tells how many; nil where going back is faster.
	cells func(blocks []cellBlock, text []byte, delimiter byte) int
	// shapes does what shapesGo does, for a multiple of four words; nil for the kernel in Go, which does it without signs as well.
	shapes func(tries, fractions, digits, signs []uint64, all uint64) (any uint64)
	// stems fills the places where a term inside a word may begin.
	stems func(out []uint64, src []byte, t *stems)
	// sift lets runs of digits through a sieve; nil for the kernel in Go, which tries one at a time.
	sift func(v *sieve, text []byte, tries []uint64) int
	// marks fills the signs beside runs of digits, from one on.
	marks func(out *marks, at int, src []byte)
	// runs does what runsGo does, for a multiple of four words of the bitmaps, which are given from the first of them on; nil for the kernel in Go.
	runs func(out *runMaps, m *marks, at, words int, digits, signs, letters, smalls, leads *uint64)
	// starts does what startsGo does for terms inside words, for a multiple of four words of the bitmaps, which are given from the first of them on;
	// nil for the kernel in Go.
	starts func(out *wordStarts, at, words int, letters, digits, stems *uint64)
	// pick picks the words that may have terms among those that begin in the text, of which letters has a word more. They are told from at on.
	pick func(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) int
	// judge notes the terms of the words that begin at some places, of which hits has room for mostVerdictHits each, as far as their verdicts are
	// known and hold: judged is how many words it came to, and noted how many hits.
	judge func(hits []hit, places []int32, text []byte, letters []uint64, known *verdicts) (judged, noted int)
}

// kernelGo is the one in Go.
var kernelGo = kernel{numbers: numbersGo, words: wordsGo, back: backGo, stems: stemsGo, marks: marksGo, pick: pickGo, judge: judgeGo}

// lastBlock is the part of a text after its whole blocks, filled up with zeros.
func lastBlock(src []byte) (block [64]byte) {
	copy(block[:], src[len(src)&^63:])
	return block
}

// classifyNumbers fills the bitmaps for all of src. The slices have room for len(src)/64+1 words and one more, which are zero after the
// end. signs may be nil.
func (k *kernel) classifyNumbers(digits, signs []uint64, src []byte) {
	whole := len(src) / 64
	last := lastBlock(src)
	digits[whole+1] = 0
	if signs == nil {
		numbersGo(digits[:whole], nil, src[:whole*64])
		numbersGo(digits[whole:whole+1], nil, last[:])
		return
	}
	signs[whole+1] = 0
	k.numbers(digits[:whole], signs[:whole], src[:whole*64])
	numbersGo(digits[whole:whole+1], signs[whole:whole+1], last[:])
}

// classifyWords does the same for letters and what may begin punctuation.
func (k *kernel) classifyWords(letters, smalls, leads []uint64, src []byte) {
	whole := len(src) / 64
	k.words(letters[:whole], smalls[:whole], leads[:whole], src[:whole*64])
	letters[whole], smalls[whole], leads[whole] = 0, 0, 0
	letters[whole+1], smalls[whole+1], leads[whole+1] = 0, 0, 0
	if len(src) > whole*64 {
		last := lastBlock(src)
		wordsGo(letters[whole:whole+1], smalls[whole:whole+1], leads[whole:whole+1], last[:])
	}
}

// The constants of the kernels in Go: a byte's value in each of eight bytes.
const (
	each    = 0x0101010101010101
	highs   = 0x80 * each
	lows    = 0x7f * each
	zeros   = '0' * each
	pastNin = (0x80 - 10) * each
	lowerAs = 'a' * each
	pastZ   = (0x80 - 26) * each
	caseBit = 0x20 * each
)

// isEach has the high bit of every byte of x that equals c, which is given in each of eight bytes.
func isEach(x, c uint64) uint64 {
	y := x ^ c
	return ^(y&lows + lows | y)
}

// eight are eight bytes of a block.
func eight(b *[64]byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8]) }

// together makes one word of a bitmap of the high bits of eight times eight bytes: it puts them between each other, so that bit 8j+k is
// that of byte 8k+j, and exchanges rows and columns.
func together(x0, x1, x2, x3, x4, x5, x6, x7 uint64) uint64 {
	return turned(x0&highs>>7 | x1&highs>>6 | x2&highs>>5 | x3&highs>>4 | x4&highs>>3 | x5&highs>>2 | x6&highs>>1 | x7&highs)
}

// turned exchanges the rows and columns of eight times eight bits.
func turned(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// noDigits has the high bit of every byte that is no digit. A byte y is below n when neither y's high bit nor that of (y&0x7f)+(0x80-n) is
// set.
func noDigits(x uint64) uint64 {
	x ^= zeros
	return x&lows + pastNin | x
}

// areSigns has the high bit of every byte that is a sign.
func areSigns(x uint64) uint64 {
	return isEach(x&^each, zeros) | isEach(x&^(2*each), ','*each) | isEach(x, ':'*each) | isEach(x, '%'*each)
}

// numbersGo is the kernel in Go: eight bytes at a time, and no branch.
func numbersGo(digits, signs []uint64, src []byte) {
	for w := range digits {
		b := (*[64]byte)(src[w*64:])
		digits[w] = ^turned(noDigits(eight(b, 0))&highs>>7 | noDigits(eight(b, 8))&highs>>6 | noDigits(eight(b, 16))&highs>>5 |
			noDigits(eight(b, 24))&highs>>4 | noDigits(eight(b, 32))&highs>>3 | noDigits(eight(b, 40))&highs>>2 |
			noDigits(eight(b, 48))&highs>>1 | noDigits(eight(b, 56))&highs)
	}
	for w := range signs {
		b := (*[64]byte)(src[w*64:])
		signs[w] = together(areSigns(eight(b, 0)), areSigns(eight(b, 8)), areSigns(eight(b, 16)), areSigns(eight(b, 24)),
			areSigns(eight(b, 32)), areSigns(eight(b, 40)), areSigns(eight(b, 48)), areSigns(eight(b, 56)))
	}
}

// areLetters has the high bit of every byte that is a letter of ASCII.
func areLetters(x uint64) uint64 {
	z := ((x | caseBit) | highs) - lowerAs // no borrow: the high bit is set
	z ^= highs                             // high bit set: below 'a'
	return ^(z&lows + pastZ | z) &^ x
}

// wordsGo is the kernel in Go. What tells a small letter from a capital, bit 5, is shifted to the high bit.
func wordsGo(letters, smalls, leads []uint64, src []byte) {
	for w := range letters {
		b := (*[64]byte)(src[w*64:])
		x0, x1, x2, x3 := eight(b, 0), eight(b, 8), eight(b, 16), eight(b, 24)
		x4, x5, x6, x7 := eight(b, 32), eight(b, 40), eight(b, 48), eight(b, 56)
		a0, a1, a2, a3 := areLetters(x0), areLetters(x1), areLetters(x2), areLetters(x3)
		a4, a5, a6, a7 := areLetters(x4), areLetters(x5), areLetters(x6), areLetters(x7)
		letters[w] = together(a0|x0, a1|x1, a2|x2, a3|x3, a4|x4, a5|x5, a6|x6, a7|x7)
		smalls[w] = together(a0&(x0<<2), a1&(x1<<2), a2&(x2<<2), a3&(x3<<2), a4&(x4<<2), a5&(x5<<2), a6&(x6<<2), a7&(x7<<2))
		var p uint64
		for above := together(x0, x1, x2, x3, x4, x5, x6, x7); above != 0; above &= above - 1 {
			k := bits.TrailingZeros64(above)
			p |= uint64(punctuation[b[k]]&1) << k
		}
		leads[w] = p
	}
}

// punctuation has, of a byte that begins punctuation outside ASCII, how many bytes it is, twice, and one: in UTF-8 U+2000 and on, U+0080
// and on, the byte order mark; in Windows-1252 quotes, dashes, the bullet and the no-break space, which are one byte.
var punctuation = func() (t [256]uint8) {
	t[0xe2], t[0xef], t[0xc2] = 3<<1|1, 3<<1|1, 2<<1|1
	for _, c := range []byte{0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0xa0, 0xab, 0xbb} {
		t[c] = 1<<1 | 1
	}
	return t
}()
