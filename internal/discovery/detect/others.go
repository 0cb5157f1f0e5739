// SPDX-License-Identifier: EUPL-1.2

package detect

import "encoding/binary"

func isCapital(c byte) bool { return c-'A' < 26 }

func (s *Scanner) add(d Detector, start, end int, c Confidence, why Why) {
	s.addNumber(d, start, end, c, why, 0)
}

func (s *Scanner) addNumber(d Detector, start, end int, c Confidence, why Why, number uint64) {
	if !s.want[d] {
		return
	}
	// Made in its place: copied right after it is written, it would be waited for.
	s.out = append(s.out, Match{})
	m := &s.out[len(s.out)-1]
	m.Start, m.End, m.Detector, m.Confidence, m.Cell, m.Why, m.Number = start, end, d, c, s.cell, why, number
}

// said is what the column's name speaks of, or else the words shortly before a place on its line.
func (s *Scanner) said(at int) Contexts {
	if s.Column != nil {
		cell, heading, in := s.Column(at)
		if s.cell = cell; in {
			return heading
		}
	}
	hits := s.hits
	k := s.cursor
	for k < len(hits) && int(hits[k].pos) < at {
		k++
	}
	s.cursor = k
	if k == 0 || int(hits[k-1].end) < at-saysOther { // most: nothing was said
		return 0
	}
	line := s.clauseStart(at)
	var out, numbers Contexts
	nearest := int32(-1)
	for k--; k >= 0 && int(hits[k].end) >= line; k-- {
		c := hits[k].class.set()
		if c&numberWords == 0 {
			out |= c
		} else if nearest < 0 || hits[k].pos == nearest { // the nearest says which number it is
			nearest = hits[k].pos
			numbers |= c
		}
	}
	return out | numbers
}

// numberWords are the contexts of numbers, of which the nearest alone counts.
const numberWords = otherNumbers | civicWords | 1<<Vehicle | 1<<IP

// free reports whether nothing that a number may be part of stands around it.
func (s *Scanner) free(start, end int) bool {
	t := s.text
	return (start == 0 || !joins(t, start-1) && !isDigit(t[start-1])) && (end >= len(t) || !letterAt(t, end) && !isDigit(t[end])) && !s.attached(start, end)
}

// bySaid is High after a word that speaks for a detector, Low after one that speaks of something else, and other otherwise.
func bySaid(d Detector, said Contexts, other Confidence) (Confidence, Why) {
	switch {
	case said&(1<<d) != 0:
		return High, Words
	case said&(otherNumbers|civicWords) != 0:
		return Low, AgainstWords
	}
	return other, 0
}

// organisation tries NNNNNN-NNNN, which 16 may stand before, whose third digit is at least 2, which tells it from a personnummer.
func (s *Scanner) organisation(r *run) {
	t := s.text
	first, tail, form := s.organisationParts(r)
	if tail == 0 {
		return
	}
	number := organisationNumber(t, first, tail)
	if number == 0 || !s.free(r.i, tail+4) {
		return
	}
	other, said := Low, s.saidOf(r)
	if form != 0 {
		other, said = Medium, said&^(1<<against) // invoices are sent to organisations
	}
	c, why := bySaid(Organisationsnummer, said, other)
	if c < Medium && why&AgainstWords == 0 && !s.inColumn(r.i) {
		if _, ok := s.near(1<<Organisationsnummer, r.i, tail+4, 100); ok {
			c, why = Medium, why|Words
		}
	}
	s.addNumber(Organisationsnummer, r.i, tail+4, c, why|form|Checksum, number)
}

// organisationParts are where the six and the four digits begin; tail is 0 when they do not. form is Separator for a dash.
func (s *Scanner) organisationParts(r *run) (first, tail int, form Why) {
	t := s.text
	switch r.n {
	case 10:
		return r.i, r.i + 6, 0
	case 12:
		if t[r.i] == '1' && t[r.i+1] == '6' {
			return r.i + 2, r.i + 8, 0
		}
		return 0, 0, 0
	}
	end := r.i + r.n
	if end >= len(t) || separatorFirst[t[end]] == 0 || r.n == 8 && (t[r.i] != '1' || t[r.i+1] != '6') {
		return 0, 0, 0
	}
	k, strong := 1, true
	if t[end] != '-' || !isDigit(byteAt(t, end+1)) { // nearly all have a hyphen alone
		k, strong = separator(t, end, s.Wraps)
	}
	if k == 0 || !s.exactly(end+k, 4) {
		return 0, 0, 0
	}
	if strong {
		form = Separator
	}
	return end - 6, end + k, form
}

func (s *Scanner) inColumn(at int) bool {
	if s.Column == nil {
		return false
	}
	_, _, in := s.Column(at)
	return in
}

// organisationNumber is the number, as in Match, of six digits at one place and four at another; 0 when they are no organisationsnummer.
func organisationNumber(t []byte, first, tail int) uint64 {
	six := binary.LittleEndian.Uint64(t[first : first+8])
	pairs, last := pairsOf(six&(1<<48-1)|uint64(binary.LittleEndian.Uint16(t[tail:]))<<48), two(t[tail+2:])
	if !sumRight(pairs, last) { // asked for first, as nine of ten others end with it
		return 0
	}
	if c := byte(six); byte(six>>16) < '2' || c == '0' || c == '4' {
		return 0
	}
	return pairs | uint64(last)<<8
}

// vat tries SE, an organisationsnummer, 01.
func (s *Scanner) vat(r *run, first int) {
	t := s.text
	if t[r.i+10] != '0' || t[r.i+11] != '1' {
		return
	}
	if number := organisationNumber(t, r.i, r.i+6); number != 0 {
		s.addNumber(Organisationsnummer, first, r.i+12, High, Checksum|Form, number)
	}
}

// interim tries a date, T or R, and three digits.
func (s *Scanner) interim(r *run) {
	t, end := s.text, r.i+r.n
	why := Why(0)
	if end < len(t) && (t[end] == '-' || t[end] == '+') {
		end++
		why = Separator
	}
	if end+4 > len(t) || t[end] != 'T' && t[end] != 'R' || !s.exactly(end+1, 3) || !s.free(r.i, end+4) {
		return
	}
	century, date := 0, t[r.i:r.i+r.n]
	if r.n == 8 {
		century, date = two(date), date[2:]
		if century < 18 || century > 20 {
			return
		}
	}
	if !dayExists(century, two(date), two(date[2:]), two(date[4:])) {
		return
	}
	c := Medium
	if why != 0 || s.saidOf(r)&civicWords != 0 {
		c = High
	}
	s.add(Interim, r.i, end+4, c, why|Date|Form)
}

// document tries eight digits, or two letters and six digits, after a word for a passport or an identity card.
func (s *Scanner) document(r *run, first int) {
	if first == r.i && r.n != 8 || first < r.i && r.n != 6 && r.n != 7 || !s.free(first, r.i+r.n) || first == r.i && recentDay(s.text[r.i:]) {
		return
	}
	switch {
	case s.saidOf(r)&(1<<Passport) != 0:
		s.add(Passport, first, r.i+r.n, High, Words)
	case r.said&(1<<IDCard) != 0:
		s.add(IDCard, first, r.i+r.n, High, Words)
	}
}

// recentDay reports whether eight digits are a day of the last hundred years, which papers tell of more often than such a number is.
func recentDay(t []byte) bool {
	century := two(t)
	return (century == 19 || century == 20) && dayExists(century, two(t[2:]), two(t[4:]), two(t[6:]))
}

// bankgiro tries NNN-NNNN and NNNN-NNNN.
func (s *Scanner) bankgiro(r *run) {
	t, end := s.text, r.i+r.n+5
	if !s.exactly(r.i+r.n+1, 4) || !s.free(r.i, end) {
		return
	}
	var d [8]byte
	d[0] = '0'
	copy(d[4-r.n:], t[r.i:r.i+r.n])
	copy(d[4:], t[r.i+r.n+1:end])
	if !luhn(d[:]) {
		return
	}
	c, why := bySaid(Bankgiro, s.saidOf(r), Low)
	s.add(Bankgiro, r.i, end, c, why|Checksum)
}

// plusgiro tries digits in groups, a hyphen and a check digit, after a word for it.
func (s *Scanner) plusgiro(r *run) {
	t := s.text
	var d [10]byte
	n := 0
	at, k := r.i, r.n
	for {
		if k == 0 || n+k > 8 {
			return
		}
		n += copy(d[n:], t[at:at+k])
		at += k
		if at+1 >= len(t) || t[at] != ' ' && t[at] != '-' {
			return
		}
		if t[at] == '-' {
			break
		}
		at++
		k = s.runAt(at)
	}
	if !s.exactly(at+1, 1) || !s.free(r.i, at+2) {
		return
	}
	d[n] = t[at+1]
	n++
	sum := 0
	for i := range n {
		x := int(d[n-1-i] - '0')
		if i%2 == 1 {
			x *= 2
			x = x/10 + x%10
		}
		sum += x
	}
	if sum%10 == 0 {
		s.add(Plusgiro, r.i, at+2, High, Checksum|Words)
	}
}

// account tries a clearing number and an account number, after a word for it.
func (s *Scanner) account(r *run) {
	t := s.text
	at, digits := r.i, 0
	end := at
	for at < len(t) {
		k := s.runAt(at)
		if k == 0 {
			break
		}
		digits += k
		at += k
		end = at
		if at+1 >= len(t) || digits > 16 {
			break
		}
		switch {
		case t[at] == ',' && t[at+1] == ' ':
			at += 2
		case t[at] == ' ' || t[at] == '-' || t[at] == ',' || t[at] == '.':
			at++
		}
	}
	if digits >= 9 && digits <= 16 && s.free(r.i, end) && r.said&(1<<against) == 0 {
		s.add(Account, r.i, end, High, Words)
	}
}
