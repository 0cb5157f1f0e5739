// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"encoding/binary"
	"math/bits"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// Different values of a column are counted by hashes that nobody outside can foresee. A value's hash is that of its one form, which
// detect.Normal makes: two that have the same form have the same hash. The form itself is only made where it is not plain.

// hashed is a value's hash. Hashes of different detectors are not compared.
func (s *session) hashed(d detect.Detector, value []byte) uint64 {
	switch d {
	case detect.Personnummer, detect.Samordningsnummer, detect.Organisationsnummer:
		if len(value) > plainNumber { // a separator that is written out, or an exponent
			value = s.normalOf(d, value)
		}
		x, n := packDigits(value)
		if n == 12 { // without its century
			x, n = x&(1<<40-1), 10
		}
		if n <= mostPacked {
			return s.mixedDigits(x, n)
		}
	case detect.Phone, detect.Account, detect.Bankgiro, detect.Plusgiro, detect.Card, detect.Passport, detect.IDCard:
		if x, n := packDigits(value); n <= mostPacked {
			return s.mixedDigits(x, n)
		}
	case detect.IBAN, detect.Vehicle, detect.Interim, detect.ICD10:
	default:
		return s.mixedText(value)
	}
	return s.mixedText(s.normalOf(d, value))
}

// plainNumber are the bytes of a number of ten or twelve digits with a separator of one byte.
const plainNumber = 13

func (s *session) normalOf(d detect.Detector, value []byte) []byte {
	s.normal = detect.Normal(s.normal[:0], d, value)
	return s.normal
}

// mostPacked is how many digits a word holds.
const mostPacked = 16

// packDigits puts the digits of a value in a word, four bits each, and counts them. Eight that stand together are taken at once. What else
// stands in it is passed by without a branch.
func packDigits(value []byte) (x uint64, n int) {
	if len(value) >= 8 {
		if eight, digits := packEight(binary.BigEndian.Uint64(value)); digits {
			x, n, value = eight, 8, value[8:]
		}
	}
	for _, c := range value {
		digit := uint64(c - '0')
		is := (digit - 10) >> 63
		x = x<<(4*is) | digit&-is
		n += int(is)
	}
	return x, n
}

// packEight puts eight digits, the first of which is the highest byte, in half a word; digits is false when one of them is none.
func packEight(b uint64) (x uint64, digits bool) {
	const each = 0x0101010101010101
	x = b ^ '0'*each // below ten when it is a digit
	digits = (x|(x+0x76*each))&(0x80*each) == 0
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return (x | x>>16) & 0xffffffff, digits
}

func (s *session) mixedDigits(x uint64, n int) uint64 {
	hi, lo := bits.Mul64(x^s.salts[0], s.salts[1]|1)
	return (hi ^ (lo + uint64(n)*s.salts[1])) * (s.salts[0] | 1)
}

// foldEight makes small letters of eight bytes, as detect.Normal does of texts.
const foldEight = 0x2020202020202020

// mixedText is a hash of a text, whether its letters are small or not.
func (s *session) mixedText(b []byte) uint64 {
	h, n := s.salts[1], len(b)
	last := lastEight(b)
	for ; len(b) > 8; b = b[8:] {
		hi, lo := bits.Mul64(h^(binary.LittleEndian.Uint64(b)|foldEight), s.salts[0]|1)
		h = hi ^ lo
	}
	hi, lo := bits.Mul64(h^(last|foldEight), s.salts[0]|1)
	return (hi ^ lo + uint64(n)) * (s.salts[1] | 1)
}

// lastEight is the last eight bytes of a text, of which some have been taken already when it is longer; those of a shorter one, some of them twice.
func lastEight(b []byte) uint64 {
	switch n := len(b); {
	case n >= 8:
		return binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	case n > 0:
		return uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	return 0
}

// mixed is a hash of a number that stands for a personnummer, a samordningsnummer or an organisationsnummer.
func (s *session) mixed(n uint64) uint64 {
	hi, lo := bits.Mul64(n^s.salts[0], s.salts[1]|1)
	return (hi ^ lo) * (s.salts[0] | 1)
}
