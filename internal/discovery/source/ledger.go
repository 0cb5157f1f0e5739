// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"slices"
)

// span is a range of bytes in a file.
type span struct{ from, to int64 }

// mostSpans is how many ranges a ledger keeps apart; a file in more pieces than this is not one that a program wrote.
const mostSpans = 1 << 16

// ledger keeps account of which bytes of a file something has been done with. Neighbouring ranges are kept as one, so that a file that
// is read in order takes no room.
type ledger struct {
	spans []span
}

// add notes a range, and gives what of it is new.
func (l *ledger) add(from, to int64) []span {
	if from >= to {
		return nil
	}
	i, _ := slices.BinarySearchFunc(l.spans, from, func(s span, at int64) int {
		if s.to < at {
			return -1
		}
		return 1
	})
	var fresh []span
	merged, at, j := span{from, to}, from, i
	for j < len(l.spans) && l.spans[j].from <= to {
		s := l.spans[j]
		if s.from > at {
			fresh = append(fresh, span{at, s.from})
		}
		at = max(at, s.to)
		merged.from, merged.to = min(merged.from, s.from), max(merged.to, s.to)
		j++
	}
	if at < to {
		fresh = append(fresh, span{at, to})
	}
	if i == j && len(l.spans) >= mostSpans {
		return nil // it stays a gap, and is told as one
	}
	l.spans = slices.Replace(l.spans, i, j, merged)
	return fresh
}

// gaps gives the ranges below size that nothing has been done with.
func (l *ledger) gaps(size int64) []span {
	var out []span
	at := int64(0)
	for _, s := range l.spans {
		if s.from >= size {
			break
		}
		if s.from > at {
			out = append(out, span{at, s.from})
		}
		at = max(at, s.to)
	}
	if at < size {
		out = append(out, span{at, size})
	}
	return out
}

// overlaps reports whether something has been done with a part of the range.
func (l *ledger) overlaps(from, to int64) bool {
	i, _ := slices.BinarySearchFunc(l.spans, from, func(s span, at int64) int {
		if s.to <= at {
			return -1
		}
		return 1
	})
	return i < len(l.spans) && l.spans[i].from < to
}
