// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// verdict is what was found in a word: its letters as they stand, filled up with zeros, and what it speaks of. It holds unless the word is
// followed by one of two bytes, folded, with which terms of several words go on, and by one of some bytes after it.
type verdict struct {
	key  [3]uint64
	then uint32 // the bytes after those of more, by their lower five bits
	more [2]uint8
	told [mostVerdictHits]uint8 // classes, with the bits below
}

const (
	// mostVerdictBytes and mostVerdictHits are the longest word, and the most classes of one, that fit a verdict.
	mostVerdictBytes, mostVerdictHits = 24, 2
	// verdictReach is how many bytes are looked at from where a word begins.
	verdictReach = mostVerdictBytes + 2
	// verdictBits is how many verdicts are kept: 2,048 of 32 bytes, which are 64 KiB.
	verdictBits, verdictShift = 11, 5

	toldClass  = 0x3f
	toldWeak   = 0x40
	toldAny    = 1 << toldAnyBit // there is one
	toldAnyBit = 7
)

// verdicts are what the words are that were looked up last. Texts say the same words again and again, and looking up one that has terms,
// or is long, costs several times as much as comparing it with itself. A word has one place, which the next word with its hash takes.
type verdicts [1 << verdictBits]verdict

// wordMasks keep the first n bytes of 24.
var wordMasks = func() (masks [mostVerdictBytes + 1][3]uint64) {
	for n := range masks {
		for i := range n {
			masks[n][i/8] |= 0xff << (i % 8 * 8)
		}
	}
	return masks
}()

// afterWord is a byte after a word as terms go on with it: folded, and one space for any white space.
var afterWord = func() (t [256]uint8) {
	for c := range t {
		t[c] = uint8(c) | 0x20
	}
	t['\n'], t['\t'] = ' ', ' '
	return t
}()

// wordHash is the hash of a word's letters.
func wordHash(key *[3]uint64) uint64 {
	return (key[0]*0x9E3779B97F4A7C15 + key[1]*0xC2B2AE3D27D4EB4F + key[2]*0x165667B19E3779F9) >> (64 - verdictBits)
}

// wordKey is a word's letters, filled up with zeros.
func wordKey(t *[verdictReach]byte, n int) [3]uint64 {
	m := &wordMasks[n]
	return [3]uint64{binary.LittleEndian.Uint64(t[:]) & m[0], binary.LittleEndian.Uint64(t[8:]) & m[1], binary.LittleEndian.Uint64(t[16:]) & m[2]}
}

// judgeWords notes the terms of the words that begin at some places.
func (s *Scanner) judgeWords(places []int32) {
	for {
		for len(places) > 0 && int(places[0]) < s.past { // inside a term of several words
			places = places[1:]
		}
		if s.verdicts != nil {
			s.hits = slices.Grow(s.hits, len(places)*mostVerdictHits)
			before := len(s.hits)
			judged, noted := s.kernel.judge(s.hits[before:cap(s.hits)], places, s.text, s.letters, s.verdicts)
			s.hits, places = s.hits[:before+noted], places[judged:]
		}
		if len(places) == 0 {
			return
		}
		s.judgeAnew(int(places[0]))
		places = places[1:]
	}
}

// judgeGo is the kernel in Go.
func judgeGo(hits []hit, places []int32, text []byte, letters []uint64, known *verdicts) (judged, noted int) {
	last := len(text) - verdictReach
	for k, at := range places {
		i := int(at)
		n := lettersFrom(letters, i)
		if i > last || n > mostVerdictBytes {
			return k, noted
		}
		t := (*[verdictReach]byte)(text[i:])
		key := wordKey(t, n)
		h := wordHash(&key)
		v := &known[h]
		if v.key != key {
			if v = &known[h^1]; v.key != key {
				return k, noted
			}
		}
		if v.goesOn(t[n], t[n+1]) {
			return k, noted
		}
		for _, told := range v.told {
			if told&toldAny != 0 {
				hits[noted] = hit{pos: at, end: at + int32(n), class: class(told & toldClass), weak: told&toldWeak != 0}
				noted++
			}
		}
	}
	return len(places), noted
}

// lettersFrom is how many bytes of letters stand from i on, up to 57 at least.
func lettersFrom(letters []uint64, i int) int {
	w, k := i/64, i%64
	return bits.TrailingZeros64(^(letters[w]>>k | letters[w+1]<<1<<(63-k)))
}

// judgeAnew notes the terms of a word of which no verdict is known, or which may begin a term of several words.
func (s *Scanner) judgeAnew(i int) {
	n := lettersFrom(s.letters, i)
	if n > mostVerdictBytes || i > len(s.text)-verdictReach || s.verdicts == nil {
		s.word(i, s.lettersAt(i))
		return
	}
	key := wordKey((*[verdictReach]byte)(s.text[i:]), n)
	h := wordHash(&key)
	if s.verdicts[h].key == key || s.verdicts[h^1].key == key {
		s.word(i, n)
		return
	}
	s.newVerdict(h, key, i, n)
}

// goesOn reports whether the two bytes after a word may be the rest of a term of several words.
func (v *verdict) goesOn(after, then uint8) bool {
	c := afterWord[after]
	return (c == v.more[0] || c == v.more[1]) && v.then>>(then&31)&1 != 0
}

// newVerdict looks up a word, and keeps what it is in one of the two places for its hash.
func (s *Scanner) newVerdict(h uint64, key [3]uint64, i, n int) {
	before := len(s.hits)
	s.more, s.then, s.mores = [2]uint8{}, 0, 0
	s.word(i, n)
	found := s.hits[before:]
	v := verdict{key: key, more: s.more, then: s.then}
	if s.mores > len(v.more) || len(found) > mostVerdictHits || v.goesOn(s.text[i+n], s.text[i+n+1]) {
		return
	}
	for k, h := range found {
		v.told[k] = uint8(h.class) | toldAny
		if h.weak {
			v.told[k] |= toldWeak
		}
	}
	if s.verdicts[h].key != [3]uint64{} { // what has the place gets the other; an empty one would take it from the word that is there
		s.verdicts[h^1] = s.verdicts[h]
	}
	s.verdicts[h] = v
}

// mayGoOn notes that a term goes on after a word, whose rest from the term's beginning is n bytes, with what is no letter of ASCII, so that
// it depends on what follows. other has the bits in which the first eight bytes are not the term's.
func (s *Scanner) mayGoOn(t *term, n int, other uint64) {
	if len(t.text) <= n || bits.TrailingZeros64(other) < 8*min(n, 8) {
		return
	}
	next := t.text[n]
	if next-'a' < 26 {
		return
	}
	if s.then |= thenBits(t.text[n+1:]); next == s.more[0] || next == s.more[1] {
		return
	}
	if s.mores < len(s.more) {
		s.more[s.mores] = next
	}
	s.mores++
}

// thenBits is the bit of the byte that a term goes on with, which is the same whether it is folded or not: all when it has ended, or when the
// byte may be any white space.
func thenBits(rest string) uint32 {
	if rest == "" || rest[0] == ' ' {
		return ^uint32(0)
	}
	return 1 << (rest[0] & 31)
}
