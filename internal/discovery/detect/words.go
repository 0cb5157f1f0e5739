// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
	"sort"
)

// contextBytes is how far words speak for a number: 300 characters, of which some are two bytes.
const contextBytes = 330

// needWords makes sure that the words that begin between two places have been looked up. When only a few places want words, what lies
// far from them is not read.
func (s *Scanner) needWords(from, to int) {
	from, to = max(0, from), min(to, len(s.text))
	if s.lettered || from >= s.hitsFrom && to <= s.hitsTo {
		return
	}
	if from < s.hitsFrom || from > s.hitsTo {
		s.hits, s.hitsFrom = s.hits[:0], wordStart(s.text, from)
		s.hitsTo = s.hitsFrom
	}
	s.classifyLetters(s.hitsTo, min(len(s.text), to+longestWord))
	s.readWords(to)
}

// classifyLetters fills the letters of a part of the text, and takes away what is punctuation outside ASCII: quotes, dashes, no-break
// spaces, the byte order mark.
func (s *Scanner) classifyLetters(from, to int) {
	first := from / 64
	t := s.text[first*64 : min(len(s.text), (to+127)&^63)]
	words := len(t)/64 + 2
	leads := s.leads[first : first+words]
	s.kernel.classifyWords(s.letters[first:first+words], s.smalls[first:first+words], leads, t)
	for w, l := range leads {
		for ; l != 0; l &= l - 1 {
			s.notLetters((first+w)*64 + bits.TrailingZeros64(l))
		}
	}
}

// notLetters takes away the punctuation that may begin at a place.
func (s *Scanner) notLetters(i int) {
	size := int(punctuation[s.text[i]] >> 1)
	if size == 1 && i > 0 && s.text[i-1] >= 0x80 { // the end of a letter in UTF-8
		return
	}
	for stop := min(len(s.text), i+size); i < stop; i++ {
		s.letters[i/64] &^= 1 << (i % 64)
	}
}

// wordStart is where the word that a place lies in begins.
func wordStart(t []byte, at int) int {
	for at > 0 && at < len(t) && (t[at-1] >= 0x80 || t[at-1]|0x20 >= 'a' && t[at-1]|0x20 <= 'z') {
		at--
	}
	return at
}

// readWords looks up every word that begins between hitsTo and to.
func (s *Scanner) readWords(to int) {
	from := s.hitsTo
	if from >= to {
		return
	}
	s.hitsTo = to
	s.past = 0
	if len(s.hits) > 0 {
		s.past = int(s.hits[len(s.hits)-1].end)
	}
	digits, letters, text, filter := s.digits, s.letters, s.text, &s.dict.filter[0]
	infixes := len(s.dict.order[1]) > 0
	var before, digit uint64
	if from >= 64 {
		before, digit = letters[from/64-1]>>63, digits[from/64-1]>>63
	}
	last := (to + 63) / 64
	for w := from / 64; w < last; w++ {
		l, next := letters[w], letters[w+1]
		starts := l &^ (l<<1 | before)
		before = l >> 63
		// Up to three letters directly after a digit are part of an identifier: hashes are full of such.
		starts &^= (digits[w]<<1 | digit) &^ ((l>>1 | next<<63) & (l>>2 | next<<62) & (l>>3 | next<<61))
		digit = digits[w] >> 63
		if w == from/64 {
			starts &= ^uint64(0) << (from % 64)
		}
		if w == to/64 {
			starts &= 1<<(to%64) - 1
		}
		for ; starts != 0; starts &= starts - 1 {
			k := bits.TrailingZeros64(starts)
			i := w*64 + k
			n := bits.TrailingZeros64(^(l>>k | next<<(64-k)))
			var eight uint64
			if i+8 <= len(text) {
				eight = binary.LittleEndian.Uint64(text[i:i+8]) | foldEight
			} else {
				eight = foldedEight(text, i)
			}
			short, long := keyHash(uint32(eight)&keyMasks[min(n, 4)]), longHash(eight)
			found := filter[short/64]>>(short%64) | filter[long/64]>>(long%64)
			if found&1 != 0 || infixes && n >= 8 {
				s.word(i, n, short, long)
			}
		}
	}
}

// lettersAt is how many bytes of letters stand from i on.
func (s *Scanner) lettersAt(i int) int {
	w, k := i/64, uint(i%64)
	if rest := ^(s.letters[w] >> k); rest<<k != 0 {
		return bits.TrailingZeros64(rest)
	}
	n := 64 - int(k)
	for w++; w < len(s.letters); w++ {
		if s.letters[w] != ^uint64(0) {
			return n + bits.TrailingZeros64(^s.letters[w])
		}
		n += 64
	}
	return n
}

var keyMasks = [5]uint32{0, 0xff, 0xffff, 0xffffff, 0xffffffff}

// word looks up the word of n letters at i, whose keys have the hashes, and the terms inside it.
func (s *Scanner) word(i, n int, short, long uint32) {
	if i < s.past { // inside a term of several words
		return
	}
	if n >= 64 {
		n = s.lettersAt(i)
	}
	t, d := s.text, s.dict
	end := i + n
	s.found, s.longest = 0, 0
	if n >= 6 && d.maybe(0, long) {
		s.lookUp(0, long, i, i, end)
	}
	if d.maybe(0, short) {
		s.lookUp(0, short, i, i, end)
	}
	if s.found != 0 || n < 8 {
		return
	}
	filter := &d.filter[1]
	for j := i + 2; j+4 <= end; j += insideStep {
		h := keyHash(binary.LittleEndian.Uint32(t[j:]) | foldAll)
		if filter[h/64]>>(h%64)&1 != 0 {
			if s.lookUp(1, h, j, i, end); s.found != 0 {
				return
			}
		}
	}
}

// foldedEight is the eight bytes at i, folded.
func foldedEight(t []byte, i int) uint64 {
	if i+8 <= len(t) {
		return binary.LittleEndian.Uint64(t[i:]) | foldEight
	}
	var b [8]byte
	copy(b[:], t[i:])
	return binary.LittleEndian.Uint64(b[:]) | foldEight
}

// lookUp tries the terms that have a key's hash at j, in the word t[i:end], and notes those that fit: the longest, one of each class.
func (s *Scanner) lookUp(inside int, hash uint32, j, i, end int) {
	d := s.dict
	for _, e := range d.candidates(inside, hash) {
		at := j - int(e.ahead)
		if foldedEight(s.text, at)&e.mask != e.value || inside == 1 && at < i+2 {
			continue
		}
		t := &d.terms[e.term]
		if s.found&t.class.set() != 0 {
			continue
		}
		if stop := s.fits(t, at, i, end); stop > 0 && stop >= s.longest {
			s.hits = append(s.hits, hit{pos: int32(i), end: int32(stop), class: t.class, weak: t.weak})
			s.longest, s.past = stop, stop
			s.found |= t.class.set()
		}
	}
}

// fits reports whether a term stands at j in the word t[i:end], as its end; 0 when it does not.
func (s *Scanner) fits(t *term, j, i, end int) int {
	text := s.text
	stop := j + len(t.text)
	if stop > len(text) {
		return 0
	}
	if !equalFolded(text[j:stop], t.text) {
		return 0
	}
	if stop > end { // a term of several words: its last word ends where letters end
		end = stop + s.lettersAt(stop)
	}
	switch t.placing {
	case exact:
		if stop != end || t.capital && !capitalAt(text, i) {
			return 0
		}
	case acronym:
		if stop != end || string(text[j:stop]) != t.raw {
			return 0
		}
	case inflected, suffix:
		if !ending(text[stop:end]) {
			return 0
		}
	}
	return end
}

// equalFolded compares text with a folded term of its length. A term's space is any white space.
func equalFolded(text []byte, folded string) bool {
	for k := range len(folded) {
		c := text[k]
		if c|0x20 != folded[k] && (folded[k] != ' ' || c != '\n' && c != '\t') {
			return false
		}
	}
	return true
}

// capitalAt reports whether a word begins with a capital letter.
func capitalAt(t []byte, i int) bool {
	c := t[i]
	if c == 0xc3 && i+1 < len(t) && t[i+1] >= 0x80 {
		return t[i+1] <= 0x9e
	}
	return c >= 'A' && c <= 'Z' || c >= 0xc0 && c <= 0xde
}

// ending reports whether a rest of a word is a Swedish ending of a noun, a verb or an adjective.
func ending(rest []byte) bool {
	if len(rest) == 0 {
		return true
	}
	if len(rest) > 7 {
		return false
	}
	var b [7]byte
	for i, c := range rest {
		b[i] = c | 0x20
	}
	return endings[string(b[:len(rest)])]
}

var endings = func() map[string]bool {
	m := map[string]bool{}
	for _, e := range []string{
		"a", "e", "n", "t", "r", "s", "en", "et", "er", "ar", "or", "na", "ns", "ts", "rs", "ens", "ets", "ers", "ars", "erna", "arna",
		"orna", "ernas", "arnas", "ornas", "rna", "rnas", "nas", "ade", "ad", "at", "ande", "ande", "as", "te", "t", "d", "de", "da",
		"are", "aren", "arens", "arnas", "are", "ares", "ste", "ast", "ska", "iska", "isk", "iskt", "men", "met", "mer",
	} {
		m[e] = true
	}
	return m
}()

// hitsBetween are the hits of words that begin in [from, to).
func (s *Scanner) hitsBetween(from, to int) []hit {
	a := sort.Search(len(s.hits), func(i int) bool { return int(s.hits[i].pos) >= from })
	b := a
	for b < len(s.hits) && int(s.hits[b].pos) < to {
		b++
	}
	return s.hits[a:b]
}

// near finds how far it is from a value at start to end to the nearest word of some classes, at most within bytes of it. ok is false
// when there is none. A word after the value counts as half as far again: "Telefon: 08-...", "08-... (telefon)".
func (s *Scanner) near(classes Contexts, start, end, within int) (distance int, ok bool) {
	s.needWords(start-within, end+within)
	best := within + 1
	for _, h := range s.hitsBetween(start-within, end+within) {
		if classes&h.class.set() == 0 {
			continue
		}
		var far int
		switch {
		case int(h.end) <= start:
			far = start - int(h.end)
		case int(h.pos) >= end:
			far = (int(h.pos) - end) * 3 / 2
		default:
			continue
		}
		best = min(best, far)
	}
	return best, best <= within
}
