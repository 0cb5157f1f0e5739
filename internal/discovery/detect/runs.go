// SPDX-License-Identifier: EUPL-1.2

package detect

import "math/bits"

// tryRuns tries every run of digits that begins in a word of the bitmap.
func (s *Scanner) tryRuns(starts uint64, w, from, to int) {
	for starts != 0 {
		i := w*64 + bits.TrailingZeros64(starts)
		starts &= starts - 1
		if i >= from && i < to {
			s.civic(i, s.runAt(i))
		}
	}
}
