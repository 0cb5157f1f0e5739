// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math/bits"
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
	if s.dict.stems.n > 0 {
		s.kernel.classifyStems(s.stems[first:first+words], t, &s.dict.stems)
	}
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
	before := len(s.hits)
	last := (to + 63) / 64
	for w := from / 64; w < last; w += pickedBlocks {
		n := s.pickWords(w, min(last, w+pickedBlocks), from, to)
		s.judgeWords(s.picked[:n])
	}
	for _, h := range s.hits[before:] {
		s.spokenOf |= h.class.set()
	}
}

// eightAt is the eight bytes at i, filled up with zeros after the text's end.
func eightAt(t []byte, i int) uint64 {
	if i+8 <= len(t) {
		return binary.LittleEndian.Uint64(t[i : i+8])
	}
	var b [8]byte
	copy(b[:], t[i:])
	return binary.LittleEndian.Uint64(b[:])
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

// word looks up the word of n letters at i, and the terms inside it.
func (s *Scanner) word(i, n int) {
	if n > mostLetters {
		return
	}
	t, d := s.text, s.dict
	eight := foldedEight(t, i)
	short, long := keyHash(uint32(eight)&keyMasks[min(n, 4)]), longHash(eight)
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
func foldedEight(t []byte, i int) uint64 { return eightAt(t, i) | foldEight }

// lookUp tries the terms that have a key's hash at j, in the word t[i:end], and notes those that fit: the longest, one of each class.
func (s *Scanner) lookUp(inside int, hash uint32, j, i, end int) {
	d := s.dict
	for _, e := range d.candidates(inside, hash) {
		at := j - int(e.ahead)
		if inside == 1 && at < i+2 {
			continue
		}
		t := &d.terms[e.term]
		other := foldedEight(s.text, at)&e.mask ^ e.value
		if s.mayGoOn(t, end-at, other); other != 0 {
			continue
		}
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
		if end = stop + s.lettersAt(stop); end > stop+mostLetters {
			return 0
		}
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
	a, above := 0, len(s.hits)
	for a < above {
		if middle := int(uint(a+above) / 2); int(s.hits[middle].pos) < from {
			a = middle + 1
		} else {
			above = middle
		}
	}
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
	if s.spokenOf&classes == 0 {
		return within + 1, false
	}
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
