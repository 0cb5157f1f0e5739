// SPDX-License-Identifier: EUPL-1.2

package detect

import "math/bits"

// Cells are where a table's cells end in a text: bitmaps of its delimiter, its line breaks and its quotes.
type Cells struct {
	delims, lines, quotes []uint64
}

// MarkCells fills c for a text.
func (s *Scanner) MarkCells(c *Cells, text []byte, delimiter byte) {
	words := len(text)/64 + 2
	if cap(c.delims) < words {
		more := words + words/4
		c.delims, c.lines, c.quotes = make([]uint64, more), make([]uint64, more), make([]uint64, more)
	}
	c.delims, c.lines, c.quotes = c.delims[:words], c.lines[:words], c.quotes[:words]
	s.kernel.classifyCells(c.delims, c.lines, c.quotes, text, delimiter)
}

// Count goes on from a place to a later one, and gives the number of the column there, from 1, and whether a quote is open there. index
// and quoted are what they are where it begins. A line break begins a line whatever is open.
func (c *Cells) Count(from, to, index int, quoted bool) (int, bool) {
	for w := from / 64; w <= to/64; w++ {
		part := ^uint64(0)
		if w == from/64 {
			part <<= from % 64
		}
		if w == to/64 {
			part &= 1<<(to%64) - 1
		}
		if lines := c.lines[w] & part; lines != 0 {
			part &= ^uint64(0) << bits.Len64(lines)
			if bits.Len64(lines) == 64 {
				part = 0
			}
			index, quoted = 1, false
		}
		quotes, delims := c.quotes[w]&part, c.delims[w]&part
		if quotes == 0 {
			if !quoted {
				index += bits.OnesCount64(delims)
			}
			continue
		}
		for quotes != 0 {
			before := quotes&-quotes - 1
			if !quoted {
				index += bits.OnesCount64(delims & before)
			}
			delims &^= before
			quotes &= quotes - 1
			quoted = !quoted
		}
		if !quoted {
			index += bits.OnesCount64(delims)
		}
	}
	return index, quoted
}
