// SPDX-License-Identifier: EUPL-1.2

package detect

// A sieve takes the runs of digits that have a number's shape a batch at a time, and lets through those whose date and sum are right. Which
// form a run has, and whether it is right, cannot be foreseen, so that it costs less to work out everything for each than to branch on it.
type sieve struct {
	//lint:ignore U1000 written and read by sieve_amd64.s
	runs    [sieveWords*mostRuns + atOnce]uint32
	through [sieveWords*mostRuns + 1]sifted // one is written that is not let through
}

// sifted is a run that was let through.
type sifted struct {
	number uint64 // as in Match, when the run is whole
	run    uint32 // where it begins in the batch, times eight, and the bits below
	_      uint32
}

const (
	sieveWords = 32 // words of the bitmaps in a batch
	mostRuns   = 10 // that begin in one word
	atOnce     = 2  // runs that are noted of a word whether it has so many or not
	// sieveReach is how many bytes from where a run begins are read.
	sieveReach = 24

	siftedWide  = 1 // it has a century
	siftedBare  = 2 // it has no separator
	siftedWhole = 4 // its ten digits are known, and its sum is right; else a separator of more than one byte may follow its date
)

// siftForm is what the kernel knows of runs of one length.
type siftForm struct {
	digits     [16]uint8 // which bytes are the month, the day, the year, and the last four; 0x80 for none
	mask, want uint32    // which bytes are digits, and from bit 16 on separators of one byte, when all ten digits are known
	flags      uint32
	_          uint32
}

// siftForms are those of runs of six, eight, ten and twelve digits.
//
//lint:ignore U1000 read by sieve_amd64.s
var siftForms = [16]siftForm{
	6:  {[16]uint8{2, 3, 4, 5, 0, 1, 7, 8, 9, 10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, 0x1f<<7 | 1<<22, 0xf<<7 | 1<<22, 0, 0},
	8:  {[16]uint8{4, 5, 6, 7, 2, 3, 9, 10, 11, 12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, 0x1f<<9 | 1<<24, 0xf<<9 | 1<<24, siftedWide, 0},
	10: {[16]uint8{2, 3, 4, 5, 0, 1, 6, 7, 8, 9, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, 0, 0, siftedBare, 0},
	12: {[16]uint8{4, 5, 6, 7, 2, 3, 8, 9, 10, 11, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, 0, 0, siftedWide | siftedBare, 0},
}

// tens has 1 for whole tens.
//
//lint:ignore U1000 read by sieve_amd64.s
var tens = func() (t [256]uint8) {
	for i := 0; i < len(t); i += 10 {
		t[i] = 1
	}
	return t
}()

// sift tries the runs of the words from first on, where a kernel for it can be used, and returns the word that it came to.
func (s *Scanner) sift(first, last int) int {
	end := min(last, (len(s.text)-sieveReach)/64)
	if s.kernel.sift == nil || s.Tried {
		return first
	}
	for to := first; first < end; first = to {
		to = min(first+sieveWords, end)
		n := s.kernel.sift(&s.sieve, s.text[first*64:], s.shapes.tries[first:to])
		for i := range s.sieve.through[:n] {
			s.trySifted(&s.sieve.through[i], first*64)
		}
	}
	return first
}

// trySifted tries a run that the sieve let through.
func (s *Scanner) trySifted(r *sifted, base int) {
	i, wide := base+int(r.run/8), int(r.run&siftedWide)
	if r.run&siftedWhole == 0 {
		s.tryParts(i, wide, false)
		return
	}
	end, form := i+2*wide+11-int(r.run&siftedBare)/2, siftedForms[r.run%4]
	if s.text[end-5] == ' ' {
		form = spaced
	}
	century := max(1, two(s.text[i:])) & -wide
	if i > 0 && alone[s.text[i-1]]&alone[s.text[end]] != 0 { // as nearly all are
		s.noteCivic(i, end, r.number, century, form, false)
	} else if !s.inWord(i, end, wide != 0, form) {
		s.noteCivic(i, end, r.number, century, form, s.attached(i, end))
	}
}

// siftedForms are how a run that was let through is written, by siftedWide and siftedBare.
var siftedForms = [4]civicForm{dashed, dashed, bare10, bare12}
