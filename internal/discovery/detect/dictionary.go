// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// class is what a word speaks of: a detector, or one of the classes below.
type class uint8

// Classes after the detectors'.
const (
	maxClasses       = 60
	innocent   class = 60 // what would be a sensitive word by itself
	against    class = 61 // another kind of number
	firstName  class = 62
	lastName   class = 63
)

// Contexts is a set of classes.
type Contexts uint64

func (c class) set() Contexts { return 1 << c }

// hit is a word of the dictionary in a text.
type hit struct {
	pos, end int32
	class    class
	weak     bool // it says little by itself
}

// placing says where in a word a term may stand, and what may follow.
type placing uint8

const (
	inflected placing = iota // at a word's beginning, followed by a Swedish ending and no more
	exact                    // the whole word
	prefix                   // at a word's beginning, followed by anything
	infix                    // anywhere in a word, followed by anything: compounds
	suffix                   // at a word's end, with an ending: compounds of which it is the last part
	acronym                  // the whole word, in capitals as it is written
)

// term is one term, in one encoding, folded.
type term struct {
	text    string
	raw     string // as written, for acronyms
	class   class
	placing placing
	capital bool
	weak    bool
}

// dictionary finds terms by their first bytes: six of those that have so many letters in their first word, and else four. A bitmap says
// no to nearly every word, and a table leads to the few terms. Those that may stand inside a word are found by four.
//
// Text is folded by setting bit 5 of each byte, which makes a-z of A-Z, å of Å in UTF-8 (c3 85 and c3 a5) and in Windows-1252 (c5
// and e5). So a term stands in it in both encodings, and text needs no decoding.
type dictionary struct {
	terms  []term
	source *dictionary      // where the terms are taken from when the tables are built, if not from add
	takes  func(class) bool // which of them
	heads  [2][]head        // while it is built: by whether the term may stand inside a word
	filter [2][filterBits / 64]uint64
	table  [2][]uint16 // from key's hash to the first of terms in order; nil without any
	order  [2][]entry

	finished sync.Once

	begins *beginnings // a bit for each way in which a word with a term begins: see beginning
	places uint32      // the last place of begins that is used; all of its bits are set
	stems  stems       // of the terms that may stand inside a word
}

// entry is a term with its first eight bytes, by which most are told apart. It lies ahead of the key by so many bytes.
type entry struct {
	value, mask uint64
	term        int32
	ahead       int32
}

// head is a term under the hash of its key.
type head struct {
	hash uint32
	entry
}

// insideStep is how far apart the places inside a word are where terms are looked for. A term has a key for each of as many places, so
// that one of them is met wherever it stands.
const insideStep = 2

const (
	filterBits = 1 << 16
	maxTerms   = 1<<15 - 1 // each is in order twice at most, and table tells where in two bytes
	foldAll    = 0x20202020
	foldEight  = foldAll<<32 | foldAll
)

// newDictionary has room for as many terms as there are, so that none is moved as more come.
func newDictionary() *dictionary { return &dictionary{terms: make([]term, 0, 4096)} }

// only is a dictionary of some of another's terms.
func (d *dictionary) only(takes func(class) bool) *dictionary {
	return &dictionary{source: d, takes: takes}
}

func keyHash(key uint32) uint32 { return key * 0x9E3779B1 >> 16 } // 16 bits

// longHash is the hash of the first six bytes of eight.
func longHash(eight uint64) uint32 { return uint32(eight << 16 * 0x9E3779B97F4A7C15 >> 48) }

// add adds a term: "word" with its inflections, "=word" alone, "word*" and what begins with it, "*word*" anywhere in a word, "*word"
// at a word's end, "!WORD" in capitals only. A term of several words has spaces. "?" before all this marks one that says little by itself.
func (d *dictionary) add(w string, c class) error {
	w, weak := strings.CutPrefix(w, "?")
	p, w := placingOf(w)
	t := term{class: c, placing: p, capital: c == firstName || c == lastName, weak: weak}
	if w == "" || len(w) < 2 && p != exact || (p == infix || p == suffix) && utf8.RuneCountInString(w) < 3+insideStep {
		return fmt.Errorf("the term %q is too short", w)
	}
	if stem, ok := strings.CutSuffix(w, "nummer"); ok && p != exact && p != acronym { // numret, numren
		if err := d.add(stem+"numre*", c); err != nil {
			return err
		}
	}
	for _, enc := range []string{w, windows1252(w)} {
		t.raw, t.text = enc, fold(enc)
		if n := len(d.terms); n > 0 && d.terms[n-1] == t {
			continue
		}
		d.terms = append(d.terms, t)
	}
	return nil
}

// placingOf reads the marks of a term.
func placingOf(w string) (placing, string) {
	switch {
	case strings.HasPrefix(w, "!"):
		return acronym, w[1:]
	case strings.HasPrefix(w, "="):
		return exact, w[1:]
	case len(w) > 1 && w[0] == '*' && w[len(w)-1] == '*':
		return infix, w[1 : len(w)-1]
	case strings.HasPrefix(w, "*"):
		return suffix, w[1:]
	case strings.HasSuffix(w, "*"):
		return prefix, w[:len(w)-1]
	default:
		return inflected, w
	}
}

func fold(s string) string {
	folded := byte(0x20)
	for i := range len(s) {
		folded &= s[i]
	}
	if folded != 0 { // as most terms are written
		return s
	}
	b := []byte(s)
	for i := range b {
		b[i] |= 0x20
	}
	return string(b)
}

// windows1252 writes a word in that encoding. The terms have no letters outside ISO-8859-1.
func windows1252(s string) string {
	if ascii(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r < 0x100 {
			b = append(b, byte(r))
		} else {
			b = append(b, '?')
		}
	}
	return string(b)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// keyOf is the first four bytes of folded text, or as many as there are.
func keyOf(folded string) uint32 {
	var b [4]byte
	n := copy(b[:], folded)
	if i := strings.IndexFunc(folded[:n], func(r rune) bool { return r < 'a' && r < 0x80 }); i >= 0 { // a first word of less than four letters
		clear(b[i:])
	}
	return binary.LittleEndian.Uint32(b[:])
}

// whole is the dictionary with its tables, which are built when it is first used: many a scan needs but one of two.
func (d *dictionary) whole() *dictionary {
	d.finished.Do(d.finish)
	return d
}

// finish builds the tables.
func (d *dictionary) finish() {
	if d.source != nil {
		for i := range d.source.terms {
			if t := &d.source.terms[i]; d.takes(t.class) {
				d.terms = append(d.terms, *t)
			}
		}
	}
	d.places = 1<<min(beginningBits, max(8, bits.Len(uint(len(d.terms)))+1)) - 1
	d.begins = new(beginnings)
	for i := range d.terms {
		t := &d.terms[i]
		h := keyHash(keyOf(t.text))
		if firstLetters(t.text) >= 6 {
			h = longHash(binary.LittleEndian.Uint64(append([]byte(t.text[:6]), 0, 0)))
		}
		d.heads[0] = append(d.heads[0], head{h, d.entryOf(i, 0)})
		d.addBeginning(t)
		if t.placing != infix && t.placing != suffix {
			continue
		}
		d.stems.add(t.text)
		for ahead := range insideStep {
			h := keyHash(keyOf(t.text[ahead:]))
			d.heads[1] = append(d.heads[1], head{h, d.entryOf(i, ahead)})
		}
	}
	for inside, heads := range d.heads {
		if len(heads) == 0 {
			continue
		}
		slices.SortFunc(heads, func(a, b head) int { // under each hash the longest first
			return cmp.Or(cmp.Compare(a.hash, b.hash), len(d.terms[b.term].text)-len(d.terms[a.term].text), int(a.term-b.term), int(a.ahead-b.ahead))
		})
		table := make([]uint16, filterBits+1)
		d.order[inside] = make([]entry, len(heads))
		for i := range heads {
			h := heads[i].hash
			d.filter[inside][h/64] |= 1 << (h % 64)
			table[h+1]++
			d.order[inside][i] = heads[i].entry
		}
		for h := range filterBits {
			table[h+1] += table[h]
		}
		d.table[inside] = table
	}
	d.stems.finish()
	d.heads = [2][]head{}
}

// beginningBits is how many places of a dictionary's beginnings there are at most: 16,384, which are 64 KiB. One of few terms has fewer, which
// stay in the processor's nearest cache.
const beginningBits = 14

type beginnings [1 << beginningBits]uint32

// beginning is where the bit of a word stands that begins with eight bytes, of which mask keeps the letters up to six: the place is told by
// the first four, and which of its 32 bits by the two after them, and by whether the word begins with a capital.
func beginning(eight, mask uint64) (place, bit uint32) {
	six := (eight | foldEight) & mask
	rest := uint32(six>>32) | uint32(eight&0x20)<<16
	return uint32(six) * 0x9E3779B1 >> (32 - beginningBits), rest * 0x9E3779B1 >> 27
}

// addBeginning sets the bits of the words that a term may be found in by their beginnings: of one way to begin for a term that is a whole
// word, or that is looked up by six letters; of every way to go on after four letters otherwise.
func (d *dictionary) addBeginning(t *term) {
	n := firstLetters(t.text)
	var b [8]byte
	copy(b[:6], t.text[:n])
	whole := (t.placing == exact || t.placing == acronym) && t.plain(n)
	for _, first := range [2]byte{t.text[0] &^ 0x20, t.text[0]} {
		if first == t.text[0] && whole && t.capital && first < 0x80 {
			continue
		}
		b[0] = first
		place, bit := beginning(binary.LittleEndian.Uint64(b[:]), ^uint64(0)>>(8*(8-min(n, 6))))
		if whole || n >= 6 {
			d.begins[place&d.places] |= 1 << bit
		} else {
			d.begins[place&d.places] = ^uint32(0)
		}
	}
}

// plain reports whether the first n letters of a term hold nothing that punctuation outside ASCII may be taken for, so that they are all
// letters wherever it stands.
func (t *term) plain(n int) bool {
	for i := range n {
		for _, c := range [2]byte{t.text[i], t.text[i] &^ 0x20} {
			if size := punctuation[c] >> 1; size > 1 || size == 1 && (i == 0 || t.text[i-1] < 0x80) {
				return false
			}
		}
	}
	return true
}

// firstLetters is how many letters a folded term begins with.
func firstLetters(folded string) int {
	for i := range len(folded) {
		if c := folded[i]; c < 'a' || c > 'z' && c < 0x80 {
			return i
		}
	}
	return len(folded)
}

// entryOf has the bytes before the first that is no letter, which may be written in several ways.
func (d *dictionary) entryOf(n, ahead int) entry {
	var value, mask [8]byte
	for i := range min(8, len(d.terms[n].text)) {
		c := d.terms[n].text[i]
		if c == ' ' {
			break
		}
		value[i], mask[i] = c, 0xff
	}
	return entry{binary.LittleEndian.Uint64(value[:]), binary.LittleEndian.Uint64(mask[:]), int32(n), int32(ahead)}
}

// maybe reports whether a term may have a key's hash.
func (d *dictionary) maybe(inside int, h uint32) bool { return d.filter[inside][h/64]>>(h%64)&1 != 0 }

// candidates are the terms that have a key's hash, and may have the key. Ask maybe first.
func (d *dictionary) candidates(inside int, h uint32) []entry {
	return d.order[inside][d.table[inside][h]:d.table[inside][h+1]]
}
