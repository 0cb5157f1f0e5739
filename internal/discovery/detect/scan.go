// SPDX-License-Identifier: EUPL-1.2

package detect

import "math/bits"

// Scanner finds what it wants in texts. It is for one goroutine: it keeps its memory between texts.
type Scanner struct {
	// Wraps says that a line break may stand inside a number.
	Wraps bool
	// Tried asks for numbers of the right shape that fail a check as well, as matches with the confidence None: what a column's share
	// of valid values is counted from.
	Tried bool
	// Today is the day as YYYYMMDD; nobody is born after it.
	Today int
	// Roughly says that medium and high need not be told apart, which spares looking for words that make the one the other.
	Roughly bool
	// Column tells about the column that a place stands in: what its name speaks of, and whether it stands in one at all, so that what is
	// near is other cells. cell is for Match.Cell. It may be nil.
	Column func(at int) (cell uint16, heading Contexts, in bool)

	// Count counts a number whose place is in a column by itself, when nothing else is to be told of it, and reports whether it did; else the
	// number is a match. why says whether it has a separator as well. It may be nil, and is not asked where more than personnummer and
	// samordningsnummer is wanted.
	Count func(at int, d Detector, number uint64, why Why) bool

	// Silent is what no column's name speaks of in the text that is looked through, as far as it is known.
	Silent Contexts

	rules  *Rules
	dict   *dictionary
	want   [256]bool
	others bool // more than personnummer and samordningsnummer is wanted
	kernel kernel

	text                   []byte
	digits, signs          []uint64
	shapes                 shapes
	sieve                  sieve
	letters, smalls, leads []uint64
	stems                  []uint64 // where terms inside words may begin, as letters are
	lettered               bool     // letters are filled for text
	hits                   []hit
	verdicts               *verdicts // of the words that were looked up last; nil to look up each
	more                   [2]uint8  // what terms go on with after the word that is looked up
	then                   uint32    // what they go on with after that: see thenBits
	mores                  int       // how many such there are
	hitsFrom               int       // words that begin between these places are in hits
	hitsTo                 int
	picked                 picks
	wordStarts             wordStarts
	spokenOf               Contexts  // what the hits speak of; it may be more
	past                   int       // where the last hit ends
	lastOf                 [64]int32 // where the last word of each category ends, 0 before the first
	found                  Contexts  // of the word that is looked up
	longest                int       // where the longest term ends that was found in it
	marks                  marks     // beside runs of digits
	runs                   runMaps   // of the words that marks are of
	speech                 []uint64  // where words speak of numbers of any shape
	every                  bool      // tries runs that may be nothing as well, for tests
	cell                   uint16    // of the column that was asked for last, for the run that is tried
	cursor                 int       // the first hit that begins after the last run
	addressed              int       // where the last address ends that has a postcode
	out                    []Match
	kept                   []Match  // those of out in order, settled
	digitsOf               [24]byte // of the number that is being tried
	glued                  glued    // the word that a number stood directly after last
}

// NewScanner makes a scanner for some of the rules' detectors.
func (r *Rules) NewScanner(want []Detector) *Scanner {
	s := &Scanner{rules: r, dict: r.civic, kernel: kernels()[0], verdicts: new(verdicts)}
	for _, d := range want {
		s.want[d] = true
		switch {
		case d == NamePerson || d.Sensitive():
			s.dict = r.dict
		case d > Samordningsnummer && s.dict == r.civic:
			s.dict = r.numbers
		}
		s.others = s.others || d > Samordningsnummer
	}
	s.dict = s.dict.whole()
	return s
}

// AsksSilent reports whether what Silent holds makes a difference.
func (s *Scanner) AsksSilent() bool { return s.others }

// Scan finds what begins in text[from:to]. What stands around it is looked at, and what begins there may end after to. The matches
// are valid until the next call, in the order of their beginnings. They are the same for any from and to, and for any text that goes on
// as far around them as Overlap says.
func (s *Scanner) Scan(text []byte, from, to int) []Match {
	s.text, s.out = text, s.out[:0]
	s.hits, s.hitsFrom, s.hitsTo, s.lettered, s.cursor = s.hits[:0], 0, 0, false, 0
	s.spokenOf, s.addressed = 0, 0
	words := len(text)/64 + 2
	if cap(s.digits) < words {
		more := words + words/4
		for _, m := range s.maps() {
			*m = make([]uint64, more)
		}
	}
	for _, m := range s.maps() {
		*m = (*m)[:words]
	}
	if !s.others {
		signs := s.signs
		if s.kernel.shapes == nil { // making them takes longer than to do without
			signs = nil
		}
		s.kernel.classifyNumbers(s.digits, signs, text)
		s.civics(signs, from, to)
		inOrder(s.out)
		return s.out
	}
	s.kernel.classifyNumbers(s.digits, s.signs, text)
	s.classifyLetters(0, len(text))
	s.lettered = true
	first, last := s.earliest(from), min(len(text), to+longestMatch)
	s.hitsTo = max(0, first-contextBytes-longestTerm)
	s.readWords(min(len(text), last+contextBytes+longestTerm))
	s.civics(s.signs, first, last)
	civic := len(s.out)
	s.allRuns(first, last)
	runs := len(s.out)
	s.mails(first, last)
	mails := len(s.out)
	s.fromWords(first, last)
	told := len(s.out)
	s.namesBefore(s.out[:civic])
	return between(s.settled([mostSteps]int{civic, runs, mails, told, len(s.out)}), from, to)
}

// maps are the bitmaps.
func (s *Scanner) maps() [6]*[]uint64 {
	return [...]*[]uint64{&s.digits, &s.signs, &s.letters, &s.smalls, &s.leads, &s.stems}
}

// civics tries what has the shape of a personnummer. The second word after the last that is asked for is zero.
func (s *Scanner) civics(signs []uint64, from, to int) {
	first, last := from/64, (to+63)/64
	if first >= last {
		return
	}
	var all uint64
	if s.Tried {
		all = ^uint64(0)
	}
	h := &s.shapes
	ends := min(last+1, len(s.text)/64+1) // of numbers with a separator that is written out
	fractions := s.kernel.classifyShapes(h, s.digits, signs, first, ends, all)
	h.tries[first] &= ^uint64(0) << (from % 64)
	h.fractions[first] &= ^uint64(0) << (from % 64)
	if to%64 != 0 {
		h.tries[last-1] &= 1<<(to%64) - 1
	}
	sifted := s.sift(first, last)
	for w, tries := range h.tries[sifted:last] {
		w += sifted
		for ; tries != 0; tries &= tries - 1 {
			s.tryCivic(w*64 + bits.TrailingZeros64(tries))
		}
	}
	if fractions == 0 {
		return
	}
	for w, fractions := range h.fractions[first:ends] {
		for ; fractions != 0; fractions &= fractions - 1 {
			i := (first+w)*64 + bits.TrailingZeros64(fractions)
			switch {
			case i > 0 && s.text[i-1] == '%':
				s.percents(i, from, to)
			case i < to && wholeBefore(s.text, i): // nearly none, where signs are not known
				s.floating(i, s.runAt(i))
			}
		}
	}
}
