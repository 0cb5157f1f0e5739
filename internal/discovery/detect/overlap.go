// SPDX-License-Identifier: EUPL-1.2

package detect

import "sort"

// A text is looked through in parts, and what is found must not depend on where they end. A match belongs to the part that it begins in.
// Whether it stands is decided by others as well: by a name that it is the end of, by an address that it is the postcode of, by a number
// after it that is surer. So what begins shortly before and after a part is found too, and taken away at last. For that, nothing that is
// found, and nothing that is looked at, may be of any length.
const (
	// longestMatch is more than any value is long.
	longestMatch = 256
	// longestTerm is more than any term is long, and what a word may be that is looked up as a term's.
	longestTerm = 64
	// mostLetters are the bytes of a word at most: what has more is no word.
	mostLetters = 128
	// mostNameLetters are the bytes of one word in a name at most.
	mostNameLetters = 40
	// longestRow is how far from a word for persons a name may begin in the row of names after it.
	longestRow = 1024
)

// Overlap is how much of a text is wanted before and after a part, for what is found in it to be what is found in the whole.
func (s *Scanner) Overlap() (behind, ahead int) {
	if !s.others {
		return 512, 512
	}
	return 2048, 1024
}

// earliest is where to begin so that all is known that decides what begins from a place on: no value goes on for longer, and names in a
// row are read from the row's beginning.
func (s *Scanner) earliest(from int) int {
	first := from - longestMatch
	if s.want[NamePerson] {
		t, at := s.text, from
		for least := max(0, first-longestRow); at > least && inNames(t[at-1]); at-- {
		}
		first = min(first, at-longestTerm)
	}
	return max(0, first)
}

// inNames reports whether a byte may stand in a row of names.
func inNames(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c == ' ' || c == ',' || c == '-'
}

// between are those of matches in order that begin between two places.
func between(m []Match, from, to int) []Match {
	m = m[sort.Search(len(m), func(i int) bool { return m[i].Start >= from }):]
	return m[:sort.Search(len(m), func(i int) bool { return m[i].Start >= to })]
}
