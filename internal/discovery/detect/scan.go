// SPDX-License-Identifier: EUPL-1.2

package detect

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
	// near is other cells. It may be nil.
	Column func(at int) (heading Contexts, in bool)

	rules  *Rules
	dict   *dictionary
	want   [256]bool
	others bool // more than personnummer and samordningsnummer is wanted
	kernel kernel

	text                   []byte
	digits, signs          []uint64
	letters, smalls, leads []uint64
	lettered               bool // letters are filled for text
	hits                   []hit
	hitsFrom               int // words that begin between these places are in hits
	hitsTo                 int
	past                   int       // where the last hit ends
	lastOf                 [64]int32 // where the last word of each category ends, 0 before the first
	found                  Contexts  // of the word that is looked up
	longest                int       // where the longest term ends that was found in it
	cursor                 int       // the first hit that begins after the last run
	out                    []Match
	merged                 [2][]Match // while they are put in order
	digitsOf               [24]byte   // of the number that is being tried
}

// NewScanner makes a scanner for some of the rules' detectors.
func (r *Rules) NewScanner(want []Detector) *Scanner {
	s := &Scanner{rules: r, dict: r.numbers, kernel: kernels()[0]}
	for _, d := range want {
		s.want[d] = true
		s.others = s.others || d > Samordningsnummer
		if d == NamePerson || d.Sensitive() {
			s.dict = r.dict
		}
	}
	return s
}

// Scan finds what begins in text[from:to]. What stands around it is looked at, and what begins there may end after to. The matches
// are valid until the next call, in the order of their beginnings.
func (s *Scanner) Scan(text []byte, from, to int) []Match {
	s.text, s.out = text, s.out[:0]
	s.hits, s.hitsFrom, s.hitsTo, s.lettered, s.cursor = s.hits[:0], 0, 0, false, 0
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
	s.kernel.classifyNumbers(s.digits, s.signs, text)
	if !s.others {
		s.longRuns(from, to)
		inOrder(s.out)
		return s.out
	}
	s.classifyLetters(0, len(text))
	s.lettered = true
	s.hitsTo = max(0, from-contextBytes)
	s.readWords(min(len(text), to+contextBytes))
	s.longRuns(from, to)
	civic := len(s.out)
	s.allRuns(from, to)
	runs := len(s.out)
	s.mails(from, to)
	mails := len(s.out)
	s.fromWords(from, to)
	told := len(s.out)
	s.namesBefore(s.out[:civic])
	return settle(s.ordered(civic, runs, mails, told, len(s.out)))
}

// maps are the bitmaps.
func (s *Scanner) maps() [5]*[]uint64 {
	return [...]*[]uint64{&s.digits, &s.signs, &s.letters, &s.smalls, &s.leads}
}

// longRuns finds runs of at least six digits, and tries each as a personnummer. Most words of the bitmap have none.
func (s *Scanner) longRuns(from, to int) {
	digits := s.digits
	last := (to + 63) / 64
	for w := from / 64; w < last; w++ {
		d := digits[w]
		if d == 0 {
			continue
		}
		next := digits[w+1]
		two := d & (d>>1 | next<<63)
		twoNext := next & (next >> 1)
		four := two & (two>>2 | twoNext<<62)
		starts := four & (two>>4 | twoNext<<60)
		if starts == 0 {
			continue
		}
		var before uint64
		if w > 0 {
			before = digits[w-1] >> 63
		}
		if starts &^= d<<1 | before; starts != 0 {
			s.shapes(starts, w, from, to)
		}
	}
}
