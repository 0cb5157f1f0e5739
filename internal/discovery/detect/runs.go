// SPDX-License-Identifier: EUPL-1.2

package detect

import "math/bits"

// run is a run of digits, and what stands on both sides of it.
type run struct {
	i, n          int
	before, after byte     // 0 where the text ends
	at            int      // where what is said of it is asked for
	asked         bool     // said is known
	said          Contexts // of the words shortly before it on its line, or of its column's name: see saidOf
}

// runMaps are where runs of digits begin, and where those of them begin that may be something by their shape.
type runMaps struct{ starts, shaped [markedWords]uint64 }

// allRuns tries the runs of digits as everything that is built of digits, personnummer and samordningsnummer aside. Most may be nothing,
// by their length and what stands beside them, and are passed by in bitmaps.
func (s *Scanner) allRuns(from, to int) {
	last := (to + 63) / 64
	everywhere, places := s.spokenPlaces()
	for first := from / 64; first < last; first += markedWords {
		end := min(last, first+markedWords)
		if !s.findRuns(first, end, everywhere) {
			continue
		}
		s.runs.keep(from-first*64, to-first*64)
		for w := first; w < end; w++ {
			spoken := everywhere
			if places != nil {
				spoken |= places[w]
			}
			starts := s.runs.shaped[w-first] | s.runs.starts[w-first]&spoken
			for ; starts != 0; starts &= starts - 1 {
				k := bits.TrailingZeros64(starts)
				i, asked := w*64+k, spoken>>k&1 != 0
				if n := s.runAt(i); n < 10 || asked || s.mayBeLong(i, n) {
					s.tryRun(i, n, asked)
				}
			}
		}
	}
	s.cell = 0
}

// keep takes away the runs that begin before or after some places, which are given from where the first begins that may be there.
func (r *runMaps) keep(from, to int) {
	if from > 0 {
		r.starts[0] &= ^uint64(0) << from
		r.shaped[0] &= ^uint64(0) << from
	}
	if w := to / 64; w < markedWords {
		r.starts[w] &= 1<<(to%64) - 1
		r.shaped[w] &= 1<<(to%64) - 1
	}
}

// findRuns finds the runs of some words of the bitmaps, and reports whether there are any. Of which shape they are is not asked where all are
// tried.
func (s *Scanner) findRuns(first, end int, everywhere uint64) bool {
	var any uint64
	for _, d := range s.digits[first:end] {
		any |= d
	}
	if any == 0 {
		return false
	}
	if everywhere != 0 {
		for w := first; w < end; w++ {
			s.runs.starts[w-first], s.runs.shaped[w-first] = s.runStarts(w), 0
		}
		return true
	}
	s.markRuns(first, end)
	at := 0
	if first == 0 { // it has no word before it
		s.runsGo(0, 1, 0)
		at = 1
	}
	if words := (end - first - at) &^ 3; s.kernel.runs != nil && words > 0 {
		w := first + at
		s.kernel.runs(&s.runs, &s.marks, at, words, &s.digits[w], &s.signs[w], &s.letters[w], &s.smalls[w], &s.leads[w])
		at += words
	}
	s.runsGo(first+at, end, at)
	return true
}

// markRuns makes the marks of some words of the bitmaps, of the one before them and of the one after them.
func (s *Scanner) markRuns(first, end int) {
	n := end - first + 2
	if first > 0 {
		s.markWords(0, n, first-1)
	} else {
		s.markWords(1, n-1, 0)
		var none [64]byte
		marksGo(&s.marks, 0, none[:])
	}
	if s.Wraps { // line breaks, which are no mark
		for i := range n {
			s.marks.seps[i] = ^uint64(0)
		}
	}
}

// runsGo finds the runs of some words of the bitmaps, the first of which is at one of s.runs.
func (s *Scanner) runsGo(first, end, at int) {
	for w := first; w < end; w++ {
		starts := s.runStarts(w)
		s.runs.starts[at], s.runs.shaped[at] = starts, 0
		if starts != 0 {
			s.runs.shaped[at] = s.shapedRuns(w, at, starts)
		}
		at++
	}
}

// runStarts are where runs of digits begin. Directly after a small letter there is but an IP address in hexadecimal, of which at most four
// digits and a colon stand here.
func (s *Scanner) runStarts(w int) uint64 {
	d := s.digits[w]
	before, small := d<<1, s.smalls[w]<<1
	if w > 0 {
		before |= s.digits[w-1] >> 63
		small |= s.smalls[w-1] >> 63
	}
	starts := d &^ before
	if starts&small == 0 {
		return starts
	}
	next := s.digits[w+1]
	c, nextC := s.signs[w]&^d, s.signs[w+1]&^next
	one, two, three := d>>1|next<<63, d>>2|next<<62, d>>3|next<<61
	colon := c>>1 | nextC<<63 | one&(c>>2|nextC<<62) | one&two&(c>>3|nextC<<61) | one&two&three&(c>>4|nextC<<60)
	return starts &^ (small &^ colon)
}

// ahead is a bitmap's word, of which next is the word after it, moved so that each bit tells of the place n after its own.
func ahead(word, next uint64, n uint) uint64 { return word>>n | next<<(64-n) }

// behind does the same for the place n before its own.
func behind(word, last uint64, n uint) uint64 { return word<<n | last>>(64-n) }

// ahead tells of the place n after each of a word's.
func (m *markMap) ahead(at int, n uint) uint64 { return ahead(m[at+1], m[at+2], n) }

// behind tells of the place n before each of a word's.
func (m *markMap) behind(at int, n uint) uint64 { return behind(m[at+1], m[at], n) }

// runWord is a word of the bitmaps in which runs of digits begin: what is known of it, of the word before it and of the next, and where
// runs begin by how many digits they have.
type runWord struct {
	digits, next, before uint64
	marks                *marks
	at                   int // of the marks, where they are those of the word before it

	one, two, three, four, six, eight, ten, twelve uint64 // so many
	many, long, thirteen                           uint64 // two, eight, thirteen and more
	separated                                      uint64 // two to seven, and what may begin a separator after them
}

// measure finds the lengths of the runs that begin at starts.
func (r *runWord) measure(starts uint64) {
	d, next, seps, at := r.digits, r.next, &r.marks.seps, r.at
	r.many = starts & ahead(d, next, 1)
	r.one = starts &^ r.many
	three := r.many & ahead(d, next, 2)
	r.two = r.many &^ three
	four := three & ahead(d, next, 3)
	r.three = three &^ four
	five := four & ahead(d, next, 4)
	r.four = four &^ five
	six := five & ahead(d, next, 5)
	r.separated = r.two&seps.ahead(at, 2) | r.three&seps.ahead(at, 3) | r.four&seps.ahead(at, 4) | (five&^six)&seps.ahead(at, 5)
	if six == 0 {
		return
	}
	seven := six & ahead(d, next, 6)
	r.six = six &^ seven
	r.long = seven & ahead(d, next, 7)
	r.separated |= r.six&seps.ahead(at, 6) | (seven&^r.long)&seps.ahead(at, 7)
	nine := r.long & ahead(d, next, 8)
	r.eight = r.long &^ nine
	ten := nine & ahead(d, next, 9)
	eleven := ten & ahead(d, next, 10)
	r.ten = ten &^ eleven
	twelve := eleven & ahead(d, next, 11)
	r.thirteen = twelve & ahead(d, next, 12)
	r.twelve = twelve &^ r.thirteen
}

// shapedRuns are those of the runs that begin in a word of the bitmap that may be something without a word before them that says so, by what
// each form of number asks for, and some more. The marks of the word before it are those at one of s.marks.
func (s *Scanner) shapedRuns(w, at int, starts uint64) uint64 {
	r := runWord{digits: s.digits[w], next: s.digits[w+1], marks: &s.marks, at: at}
	if w > 0 {
		r.before = s.digits[w-1]
	}
	r.measure(starts)
	found := s.besideLetters(w, &r) | r.addresses() | r.phones() | r.groups()
	if r.six|r.long != 0 {
		found |= s.identified(w, &r)
	}
	return found
}

// besideLetters are the runs of two digits and more directly after a capital that neither a digit nor a small letter stands before, and
// those of up to three after a letter and a space: streets and vehicles. What a lead may have taken from the letters is one here.
func (s *Scanner) besideLetters(w int, r *runWord) uint64 {
	l, a, lead := s.letters[w], s.smalls[w], s.leads[w]
	var letters, smalls, leads uint64
	if w > 0 {
		letters, smalls, leads = s.letters[w-1], s.smalls[w-1], s.leads[w-1]
	}
	capital := behind(l&^a, letters&^smalls, 1) &^ behind(r.digits|a, r.before|smalls, 2)
	letter := behind(l|lead, letters|leads, 2) | behind(lead, leads, 3) | behind(lead, leads, 4)
	return r.many&capital | (r.one|r.two|r.three)&r.marks.spaces.behind(r.at, 1)&letter
}

// groups are the runs of three and four that a hyphen and four digits or more stand after, of four that a space and as many do, and of three
// that a space and two digits stand after: bankgiro, cards, postcodes.
func (r *runWord) groups() uint64 {
	if r.three|r.four == 0 {
		return 0
	}
	d, next := r.digits, r.next
	pair, pairs := d&ahead(d, next, 1), next&(next>>1)
	four, fours := pair&ahead(pair, pairs, 2), pairs&(pairs>>2)
	spaces, joints, at := &r.marks.spaces, &r.marks.joints, r.at
	return r.three&joints.ahead(at, 3)&ahead(four, fours, 4) |
		r.four&(joints.ahead(at, 4)|spaces.ahead(at, 4))&ahead(four, fours, 5) |
		r.three&spaces.ahead(at, 3)&ahead(pair, pairs, 4)
}

// addresses are the runs that may begin an IP address: three with points between them, or a colon after four digits at most. What a colon
// and a digit stand before is in the midst of one, or of a time.
func (r *runWord) addresses() uint64 {
	colons, at := &r.marks.colons, r.at
	var found uint64
	if colons[at+1]|colons[at+2] != 0 {
		found = r.one&colons.ahead(at, 1) | r.two&colons.ahead(at, 2) | r.three&colons.ahead(at, 3) | r.four&colons.ahead(at, 4)
		found &^= colons.behind(at, 1) & behind(r.digits, r.before, 2)
	}
	dots, comingDots := r.marks.dots[at+1], r.marks.dots[at+2]
	if dots|comingDots == 0 {
		return found
	}
	d, next := r.digits, r.next
	dots, comingDots = dots&ahead(d, next, 1), comingDots&(next>>1|1<<63) // a digit follows
	again := dots & (ahead(dots, comingDots, 2) | ahead(d, next, 2)&(ahead(dots, comingDots, 3)|ahead(d, next, 3)&ahead(dots, comingDots, 4)))
	comingAgain := comingDots & (comingDots>>2 | next>>2&(comingDots>>3|next>>3&(comingDots>>4)))
	return found | r.one&ahead(again, comingAgain, 1) | r.two&ahead(again, comingAgain, 2) | r.three&ahead(again, comingAgain, 3)
}

// phones are the runs that begin with 0, and not with 00 unless there are more than three digits, which are long or have a separator after
// them, and those after a plus.
func (r *runWord) phones() uint64 {
	m, at := r.marks, r.at
	found := r.many & m.plus.behind(at, 1)
	zeros, coming := m.zeros[at+1]&r.digits, m.zeros[at+2]&r.next
	if zeros&r.many == 0 {
		return found
	}
	short := r.one | r.two | r.three
	zeros &= (r.separated | r.long) &^ (ahead(zeros, coming, 1) & short)
	return found | zeros&^(m.joints.behind(at, 1)|m.dots.behind(at, 1))
}

// identified are the runs that may be an organisationsnummer, by their length, by 16 before it, and by its third digit, which is 2 at
// least; those that a letter, or a hyphen and a letter, stand after: interim numbers; and those that are long enough for a card.
func (s *Scanner) identified(w int, r *runWord) uint64 {
	ones, coming := s.signs[w]&r.digits, s.signs[w+1]&r.next // '0' and '1'
	l, lettersNext := s.letters[w], s.letters[w+1]
	seps, joints, at := &r.marks.seps, &r.marks.joints, r.at
	l9, next9 := l|joints[at+1]&ahead(l, lettersNext, 1), lettersNext|joints[at+2]&(lettersNext>>1)
	sixteen := ones &^ ahead(ones, coming, 1) &^ ahead(ones, coming, 4)
	return (r.six&seps.ahead(at, 6)|r.ten)&^ahead(ones, coming, 2) | (r.eight&seps.ahead(at, 8)|r.twelve)&sixteen |
		r.six&ahead(l9, next9, 6) | r.eight&ahead(l9, next9, 8) | r.thirteen
}

// runContexts are the contexts in which runs are something that their shape does not tell.
const runContexts = anyDigits | 1<<Passport | 1<<IDCard

// spokenPlaces are where words stand shortly before that speak of numbers of any shape: everywhere where columns' names may do, or at the
// places of a bitmap; nil when there are none.
func (s *Scanner) spokenPlaces() (everywhere uint64, places []uint64) {
	if s.every || s.Column != nil && runContexts&^s.Silent != 0 {
		return ^uint64(0), nil
	}
	if s.spokenOf&runContexts == 0 {
		return 0, nil
	}
	s.speech = s.speech[:0]
	if cap(s.speech) < len(s.digits) {
		s.speech = make([]uint64, 0, cap(s.digits))
	}
	s.speech = s.speech[:len(s.digits)]
	clear(s.speech)
	for _, h := range s.hits {
		if h.class.set()&runContexts == 0 {
			continue
		}
		for at, end := int(h.pos)+1, min(int(h.end)+saysOther, len(s.text)); at <= end; {
			n := min(64-at%64, end+1-at)
			s.speech[at/64] |= ^uint64(0) >> (64 - n) << (at % 64)
			at += n
		}
	}
	return 0, s.speech
}

// mayBeLong reports whether ten digits or more may be something, where no word says so: most are references and invoices, whose sum is wrong, or
// which no issuer of cards has.
func (s *Scanner) mayBeLong(i, n int) bool {
	t := s.text
	if t[i] == '0' || i > 0 && (t[i-1] == '+' || isCapital(t[i-1])) { // a telephone number, or what letters begin
		return true
	}
	switch {
	case n == 10:
		return organisationNumber(t, i, i+6) != 0
	case n >= 13:
		return n <= 19 && issued(t[i:i+n])
	}
	return true
}

// tryRun tries the run of n digits that begins at a place. spoken is true where a word or a column's name may speak of numbers of any shape.
func (s *Scanner) tryRun(i, n int, spoken bool) {
	r := run{i: i, at: i, n: n}
	if i > 0 {
		r.before = s.text[i-1]
	}
	if end := i + r.n; end < len(s.text) {
		r.after = s.text[end]
	}
	if r.n > 24 || r.insideWord() {
		return
	}
	s.cell = 0
	s.number(&r, spoken)
}

// insideWord reports whether a small letter of ASCII stands directly before a run, or after one that neither a space nor capitals stand
// before: all that may be so is an IP address in hexadecimal, in which a colon follows. Hashes and identifiers are full of such.
func (r *run) insideWord() bool {
	if r.after == ':' {
		return false
	}
	return isSmall(r.before) || isSmall(r.after) && r.before != ' ' && !isCapital(r.before)
}

func isSmall(c byte) bool { return c-'a' < 26 }

// number tries a run of digits. The length and what stands around it decide what it may be, so that most are tried as one or two things.
func (s *Scanner) number(r *run, spoken bool) {
	if isCapital(r.before) {
		s.afterCapitals(r)
		return
	}
	s.shapedNumber(r)
	if !spoken || s.saidOf(r)&anyDigits == 0 {
		return
	}
	if r.said&(1<<Account) != 0 {
		s.account(r)
	}
	if r.said&(1<<Plusgiro) != 0 {
		s.plusgiro(r)
	}
	if r.said&(1<<DateOfBirth) != 0 {
		s.birthDate(r)
	}
}

// saidOf is what is said of a run. It is asked for only when nothing else decides.
func (s *Scanner) saidOf(r *run) Contexts {
	if !r.asked {
		r.said, r.asked = s.said(r.at), true
	}
	return r.said
}

// anyDigits are the contexts in which any run of digits is tried, whatever stands around it.
const anyDigits = Contexts(1<<Account | 1<<Plusgiro | 1<<DateOfBirth)

// shapedNumber tries a run as what it may be without a word that says so: by its length, and what stands on both sides of it. What begins with
// 0 may be a telephone number as well.
func (s *Scanner) shapedNumber(r *run) {
	switch r.n {
	case 1, 2, 3:
		s.shortRun(r)
	case 4:
		s.fourDigits(r)
	case 6:
		s.organisation(r)
		s.interim(r)
	case 8:
		s.document(r, r.i)
		s.organisation(r)
		s.interim(r)
	case 10, 12:
		s.organisation(r)
	case 13, 14, 15, 16, 17, 18, 19:
		s.card(r)
	}
	if s.text[r.i] == '0' || r.before == '+' {
		s.phone(r)
	}
}

func (s *Scanner) shortRun(r *run) {
	switch r.after {
	case '.':
		s.ip4(r)
	case ':':
		s.ip6(r)
	case '-':
		if r.n == 3 {
			s.bankgiro(r)
		}
	}
	switch {
	case r.before == ' ':
		s.address(r)
	case r.n == 3 && r.after == ' ' && opensPostcode(r.before):
		s.postcode(r)
	}
}

func (s *Scanner) fourDigits(r *run) {
	switch r.after {
	case '-':
		s.bankgiro(r)
		s.card(r)
	case ' ':
		s.card(r)
	case ':':
		s.ip6(r)
	}
}

// afterCapitals tries digits that capital letters stand directly before: IBAN, VAT, passports, vehicles, diagnoses.
func (s *Scanner) afterCapitals(r *run) {
	t := s.text
	first := r.i - 1
	for first > 0 && r.i-first < 5 && isCapital(t[first-1]) {
		first--
	}
	if first > 0 && (joins(t, first-1) || isDigit(t[first-1])) {
		return
	}
	r.at = first
	switch r.i - first {
	case 1:
		s.diagnosis(r)
	case 2:
		s.iban(r, first)
		s.document(r, first)
		if r.n == 12 && t[first] == 'S' && t[first+1] == 'E' {
			s.vat(r, first)
		}
	case 3:
		s.vehicle(r, first)
	}
}
