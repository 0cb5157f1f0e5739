// SPDX-License-Identifier: EUPL-1.2

package detect

import "encoding/binary"

// A bitmap has one bit for each byte of a text: bit i of word w stands for byte 64w+i. Two are made of every text: which bytes are
// digits, and which are letters (A-Z, a-z, and every byte from 0x80, so that both UTF-8 and Windows-1252 have their å, ä and ö).
//
// A kernel fills them for whole blocks of 64 bytes. There are two, which are tested against each other and against a slow one:
// assembly with AVX2, and Go on eight bytes at a time.

// kernel fills digits, and letters unless it is nil, for the len(src)/64 whole blocks of src.
type kernel func(digits, letters []uint64, src []byte)

// classify fills the bitmaps for all of src. The slices have room for len(src)/64+1 words and one more, which are zero after the end.
func classify(k kernel, digits, letters []uint64, src []byte) {
	whole := len(src) / 64
	if whole > 0 {
		if letters != nil {
			k(digits[:whole], letters[:whole], src[:whole*64])
		} else {
			k(digits[:whole], nil, src[:whole*64])
		}
	}
	var last [64]byte
	copy(last[:], src[whole*64:])
	var d, l [1]uint64
	classifyGo(d[:], l[:], last[:])
	digits[whole], digits[whole+1] = d[0], 0
	if letters != nil {
		letters[whole], letters[whole+1] = l[0], 0
	}
}

// The constants of classifyGo: a byte's value in each of eight bytes.
const (
	each    = 0x0101010101010101
	highs   = 0x80 * each
	lows    = 0x7f * each
	gather  = 0x0102040810204080 // moves bit 8k of a word to bit 56+k
	zeros   = '0' * each
	pastNin = (0x80 - 10) * each
	lowerAs = 'a' * each
	pastZ   = (0x80 - 26) * each
	caseBit = 0x20 * each
)

// classifyGo is the kernel in Go: eight bytes at a time. A byte y is below n when neither y's high bit nor that of (y&0x7f)+(0x80-n)
// is set.
func classifyGo(digits, letters []uint64, src []byte) {
	for w := range digits {
		block := src[w*64 : w*64+64 : w*64+64]
		var d, l uint64
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(block[i : i+8 : i+8])
			y := x ^ zeros
			no := (y&lows + pastNin) | y
			d |= ((^no & highs) >> 7 * gather >> 56) << i
			if letters != nil {
				z := ((x | caseBit) | highs) - lowerAs // no borrow: the high bit is set
				z ^= highs                             // high bit set: below 'a'
				no = (z&lows + pastZ) | z
				l |= (((^no | x) & highs) >> 7 * gather >> 56) << i
			}
		}
		digits[w] = d
		if letters != nil {
			letters[w] = l
		}
	}
}
