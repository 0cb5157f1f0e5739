// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
)

// verdict is what was found in a word: its letters as they stand, filled up with zeros, and the classes of its terms. In each class the
// highest bit says that it is weak. It holds unless the word is followed by one of two bytes, folded, with which terms of several words go
// on, and by one of some bytes after it.
type verdict struct {
	key     [3]uint64
	then    uint32 // the bytes after those of more, by their lower five bits
	more    [2]uint8
	count   uint8
	classes [mostVerdictHits]uint8
}

const (
	// mostVerdictBytes and mostVerdictHits are the longest word, and the most classes of one, that fit a verdict.
	mostVerdictBytes, mostVerdictHits = 24, 5
	// verdictBits is how many verdicts are kept: 2,048, which are 64 KiB.
	verdictBits = 11
	weakVerdict = 0x80
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

// judgeWords notes the terms of the words that begin at some places.
func (s *Scanner) judgeWords(places []int32) {
	text, letters, known := s.text, s.letters, s.verdicts
	for _, at := range places {
		i := int(at)
		if i < s.past { // inside a term of several words
			continue
		}
		w, k := i/64, i%64
		n := bits.TrailingZeros64(^(letters[w]>>k | letters[w+1]<<1<<(63-k)))
		if n > mostVerdictBytes || i+mostVerdictBytes > len(text) || known == nil {
			s.word(i, s.lettersAt(i))
			continue
		}
		b, m := text[i:i+mostVerdictBytes], &wordMasks[n]
		k0, k1, k2 := binary.LittleEndian.Uint64(b)&m[0], binary.LittleEndian.Uint64(b[8:])&m[1], binary.LittleEndian.Uint64(b[16:])&m[2]
		h := (k0*0x9E3779B97F4A7C15 + k1*0xC2B2AE3D27D4EB4F + k2*0x165667B19E3779F9) >> (64 - verdictBits)
		v := &known[h]
		if (v.key[0]^k0)|(v.key[1]^k1)|(v.key[2]^k2) != 0 {
			if v = &known[h^1]; v.key != [3]uint64{k0, k1, k2} {
				s.newVerdict(h, [3]uint64{k0, k1, k2}, i, n)
				continue
			}
		}
		if v.more[0] != 0 && v.goesOn(text, i+n) {
			s.word(i, n)
			continue
		}
		for _, c := range v.classes[:v.count&7] {
			s.hits = append(s.hits, hit{pos: at, end: at + int32(n), class: class(c &^ weakVerdict), weak: c >= weakVerdict})
		}
	}
}

// goesOn reports whether what follows a word, which ends at a place, may be the rest of a term of several words.
func (v *verdict) goesOn(text []byte, end int) bool {
	if v.more[0] == 0 || end >= len(text) {
		return false
	}
	after := text[end]
	if after == '\n' || after == '\t' {
		after = ' '
	}
	after |= 0x20
	return (after == v.more[0] || after == v.more[1]) && (end+1 >= len(text) || v.then>>(text[end+1]&31)&1 != 0)
}

// newVerdict looks up a word, and keeps what it is in one of the two places for its hash.
func (s *Scanner) newVerdict(h uint64, key [3]uint64, i, n int) {
	before := len(s.hits)
	s.more, s.then, s.mores = [2]uint8{}, 0, 0
	s.word(i, n)
	found := s.hits[before:]
	v := verdict{key: key, more: s.more, then: s.then, count: uint8(len(found))}
	if s.mores > len(v.more) || len(found) > mostVerdictHits || v.goesOn(s.text, i+n) {
		return
	}
	for k, h := range found {
		v.classes[k] = uint8(h.class)
		if h.weak {
			v.classes[k] |= weakVerdict
		}
	}
	s.verdicts[h^1] = s.verdicts[h]
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
