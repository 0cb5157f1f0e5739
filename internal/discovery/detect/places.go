// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// streets are how names of streets end.
var streets = [][]byte{
	[]byte("gatan"), []byte("gata"), []byte("vägen"), []byte("väg"), []byte("v\xe4gen"), []byte("v\xe4g"), []byte("gränd"), []byte("gränden"), []byte("gr\xe4nd"),
	[]byte("gr\xe4nden"), []byte("stigen"), []byte("stig"), []byte("torget"), []byte("torg"), []byte("allén"), []byte("allé"), []byte("all\xe9n"), []byte("backen"),
	[]byte("backe"), []byte("plan"), []byte("platsen"), []byte("leden"), []byte("kajen"), []byte("esplanaden"), []byte("slingan"), []byte("svängen"),
	[]byte("sv\xe4ngen"), []byte("brinken"), []byte("promenaden"), []byte("terrassen"), []byte("rundeln"), []byte("vreten"), []byte("ringen"), []byte("spåret"),
}

// address tries a number after the name of a street: Storgatan 12 B, 123 45 Norrsjö. It tries ABC 123 as well, which looks alike.
func (s *Scanner) address(r *run) {
	t := s.text
	end := r.i - 1 // the space
	if end > 0 && isCapital(t[end-1]) && s.vehicleSpaced(r) {
		return
	}
	first := s.knownWordBefore(end)
	if first < 0 || end-first < 4 || !endsAsStreet(t[first:end]) {
		s.postcode(r)
		return
	}
	if first = s.streetStart(first); first < 0 {
		return
	}
	stop, whole := s.restOfAddress(r.i + r.n)
	c, why := Medium, Form
	if whole || s.saidOf(r)&(1<<Address) != 0 {
		c = High
	}
	if whole {
		s.addressed = stop
	}
	s.add(Address, first, stop, c, why)
}

// streetStart is where the name of a street begins whose last word begins at first: Norra vägen, Östra Storgatan. -1 when no word of
// it is a name.
func (s *Scanner) streetStart(first int) int {
	t := s.text
	before := -1
	if first >= 2 && t[first-1] == ' ' {
		before = s.knownWordBefore(first - 1)
	}
	named := before >= 0 && capitalAt(t, before)
	if !capitalAt(t, first) {
		if !named {
			return -1
		}
		return before
	}
	if named && isDirection(t[before:first-1]) {
		return before
	}
	if bytes.HasPrefix(t[first:], []byte("Plan ")) { // of a building, and not of a town
		return -1
	}
	return first
}

// streetTails are the last four bytes of streets, folded, by the last of these and the first; the mask leaves out those outside ASCII, which may be
// written in several ways, and those that a short one does not have. A street whose first of them is such stands by every one.
var streetTails = func() (tails [32][32][]streetTail) {
	for _, street := range streets {
		t := streetTail{street: street}
		for i, c := range street[len(street)-min(4, len(street)):] {
			if c < 0x80 {
				t.value |= uint32(c) << (8 * i)
				t.mask |= 0xff << (8 * i)
			}
		}
		if short := 4 - len(street); short > 0 {
			t.value, t.mask = t.value<<(8*short), t.mask<<(8*short)
		}
		of := &tails[street[len(street)-1]&31]
		for first := range of {
			if t.mask&0xff == 0 || int(t.value&31) == first {
				of[first] = append(of[first], t)
			}
		}
	}
	return tails
}()

type streetTail struct {
	value, mask uint32
	street      []byte
}

// endsAsStreet reports whether a word, of at least four bytes, ends as the names of streets do.
func endsAsStreet(word []byte) bool {
	tail := binary.LittleEndian.Uint32(word[len(word)-4:]) | foldAll
	of := streetTails[tail>>24&31][tail&31]
	for i := range of {
		street := of[i].street
		if tail&of[i].mask != of[i].value || len(word) < len(street) {
			continue
		}
		if end := word[len(word)-len(street):]; bytes.Equal(end, street) || bytes.EqualFold(end, street) { // nearly all are in small letters
			return true
		}
	}
	return false
}

func isDirection(word []byte) bool {
	for _, d := range []string{"Norra", "Södra", "Östra", "Västra", "Stora", "Lilla", "Gamla", "Nya", "Övre", "Nedre", "S\xf6dra", "\xd6stra", "V\xe4stra"} {
		if len(word) == len(d) && bytes.EqualFold(word, []byte(d)) {
			return true
		}
	}
	return false
}

// wordBefore is where the word that ends at end begins, of 40 bytes at most; -1 when none ends there.
func (s *Scanner) wordBefore(end int) int {
	t, i := s.text, end
	for i > 0 && end-i < mostNameLetters && (t[i-1] >= 0x80 || t[i-1]|0x20 >= 'a' && t[i-1]|0x20 <= 'z') {
		i--
	}
	if i == end {
		return -1
	}
	return i
}

// knownWordBefore does the same where letters are known. Where punctuation outside ASCII stands before them, it tells the letters alone only if these
// begin with a capital and the whole does not: a no-break space is a part of a street's name, and a quote before it is none.
func (s *Scanner) knownWordBefore(end int) int {
	w, k := end/64, uint(end%64)
	before := s.letters[w] << (64 - k)
	if w > 0 {
		before |= s.letters[w-1] >> k
	}
	first := end - min(bits.LeadingZeros64(^before), mostNameLetters)
	if first > max(0, end-mostNameLetters) && (s.text[first-1] >= 0x80 || s.text[first-1]|0x20 >= 'a' && s.text[first-1]|0x20 <= 'z') {
		if whole := s.wordBefore(end); first == end || capitalAt(s.text, whole) || !capitalAt(s.text, first) {
			return whole
		}
	}
	if first == end {
		return -1
	}
	return first
}

// restOfAddress reads what may follow a street's number: a letter, a flat, a postcode with its town. whole says that the latter did.
func (s *Scanner) restOfAddress(end int) (stop int, whole bool) {
	stop = s.entranceEnd(end)
	at := s.nextDigit(stop, 16)
	n := s.runAt(at)
	if n == 4 { // lgh 1101
		stop = at + 4
		at = s.nextDigit(stop, 4)
		n = s.runAt(at)
	}
	if end := s.postcodeEnd(at, n); end > 0 {
		return end, true
	}
	return stop, false
}

// entranceEnd is where the letter of an entrance ends that may stand after a street's number: 12B, 12 B.
func (s *Scanner) entranceEnd(end int) int {
	t := s.text
	if at := skipSpaces(t, end, 1); at < len(t) && isCapital(t[at]) && (at+1 == len(t) || !letterAt(t, at+1) && !isDigit(t[at+1])) {
		return at + 1
	}
	return end
}

// byteAt is the byte at a place, 0 after the end.
func byteAt(t []byte, i int) byte {
	if i < len(t) {
		return t[i]
	}
	return 0
}

// nextDigit is the first digit within some bytes, fewer than 64; a line break is gone past only where nothing but it and a comma stands between.
func (s *Scanner) nextDigit(at, within int) int {
	t := s.text
	n := min(within, len(t)-at, bits.TrailingZeros64(s.digitsFrom(at)))
	if k := bytes.IndexByte(t[at:at+n], '\n'); k >= 0 {
		return skipSpaces(t, at+k+1, 8)
	}
	return at + n
}

func skipSpaces(t []byte, at, most int) int {
	for most > 0 && at < len(t) && t[at] == ' ' {
		at++
		most--
	}
	return at
}

// postcodeEnd is where a postcode and a town end whose first n digits begin at a place; 0 when they do not stand there.
func (s *Scanner) postcodeEnd(at, n int) int {
	switch n {
	case 3:
		space := 1
		switch byteAt(s.text, at+3) {
		case ' ', 0xa0:
		case 0xc2:
			space = 2
		default:
			return 0
		}
		if !s.exactly(at+3+space, 2) {
			return 0
		}
		return s.townEnd(at + 5 + space)
	case 5:
		return s.townEnd(at + 5)
	}
	return 0
}

// townEnd is where a town ends that stands after a postcode; 0 when none does.
func (s *Scanner) townEnd(at int) int {
	t := s.text
	town := skipSpaces(t, at, 2)
	if town == at || town >= len(t) || !capitalAt(t, town) {
		return 0
	}
	n := lettersFrom(s.letters, town)
	if n < 2 || n > mostNameLetters {
		return 0
	}
	return town + n
}

// opensPostcode reports whether a postcode may begin after a byte: at the beginning of a text, of a line or of a cell, and after what stands
// before words. A space is not among them: an address is tried there.
func opensPostcode(before byte) bool {
	switch before {
	case 0, '\n', '\r', '\t', ';', ',', '|', '"', '\'', '>', '(', ':':
		return true
	}
	return false
}

// postcode tries a postcode with its town, which alone says little. That of an address that has been found is nothing by itself.
func (s *Scanner) postcode(r *run) {
	if r.i < s.addressed {
		return
	}
	if r.n != 3 || s.text[r.i] == '0' || r.i+3 >= len(s.text) || s.text[r.i+3] != ' ' {
		return
	}
	if end := s.postcodeEnd(r.i, r.n); end > 0 && s.free(r.i, r.i+6) {
		c, why := Low, Form
		if s.saidOf(r)&(1<<Address) != 0 {
			c, why = Medium, Form|Words
		}
		s.add(Address, r.i, end, c, why)
	}
}

// months are how the twelve are written, in small letters.
var months = [12]string{"jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"}

// longestMonth is more than the bytes of any of them.
const longestMonth = 16

// birthDate tries a date after a word for birth: 1985-07-09, 19850709, 850709, 9 juli 1985, 9/7 1985.
func (s *Scanner) birthDate(r *run) {
	t := s.text
	var y, m, d, end int
	switch {
	case r.n == 8:
		y, m, d, end = two(t[r.i:])*100+two(t[r.i+2:]), two(t[r.i+4:]), two(t[r.i+6:]), r.i+8
	case r.n == 6:
		y, m, d, end = 1900+two(t[r.i:]), two(t[r.i+2:]), two(t[r.i+4:]), r.i+6
	case r.n == 4:
		if !s.dashedDate(r.i) {
			return
		}
		y, m, d, end = two(t[r.i:])*100+two(t[r.i+2:]), two(t[r.i+5:]), two(t[r.i+8:]), r.i+10
	case r.n <= 2:
		y, m, d, end = s.spokenDate(r)
	}
	if y < 1850 || y > 2099 || !dayExists(y/100, y%100, m, d) || !s.free(r.i, end) {
		return
	}
	if s.Today != 0 && y*10000+m*100+d > s.Today {
		return
	}
	s.add(DateOfBirth, r.i, end, High, Words|Date)
}

func (s *Scanner) dashedDate(i int) bool {
	t := s.text
	return i+10 <= len(t) && (t[i+4] == '-' || t[i+4] == '/' || t[i+4] == '.') && t[i+7] == t[i+4] && s.exactly(i+5, 2) && s.exactly(i+8, 2)
}

// spokenDate reads a day, a month as a word or a number, and a year.
func (s *Scanner) spokenDate(r *run) (y, m, d, end int) {
	t := s.text
	for _, c := range t[r.i : r.i+r.n] {
		d = d*10 + int(c-'0')
	}
	at := r.i + r.n
	if at+1 >= len(t) {
		return 0, 0, 0, 0
	}
	if c := t[at]; c == '/' || c == '.' || c == '-' {
		k := s.runAt(at + 1)
		if k == 0 || k > 2 {
			return 0, 0, 0, 0
		}
		for _, c := range t[at+1 : at+1+k] {
			m = m*10 + int(c-'0')
		}
		at += 1 + k
	} else {
		at = skipSpaces(t, at, 1)
		m = monthAt(t, at)
		at += min(s.lettersFrom(at), longestMonth)
	}
	at++ // the space, or the same sign again
	if !s.exactly(at, 4) {
		return 0, 0, 0, 0
	}
	return two(t[at:])*100 + two(t[at+2:]), m, d, at + 4
}

func (s *Scanner) lettersFrom(at int) int {
	if at >= len(s.text) {
		return 0
	}
	return s.lettersAt(at)
}

func monthAt(t []byte, at int) int {
	if at+3 > len(t) {
		return 0
	}
	for i, name := range months {
		if t[at]|0x20 == name[0] && t[at+1]|0x20 == name[1] && t[at+2]|0x20 == name[2] {
			return i + 1
		}
	}
	return 0
}
