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

// Column is the number of the column that a place lies in, from 1; ok is false when its line begins more than most bytes before it. A
// delimiter inside quotes is none, and a line break begins a line whatever is open.
func (c *Cells) Column(at, most int) (index int, ok bool) {
	w, below := at/64, uint64(1)<<(at%64)-1
	lines, delims, quotes := c.lines[w]&below, c.delims[w]&below, c.quotes[w]&below
	index = 1
	for lines == 0 && w > 0 {
		index += bits.OnesCount64(delims)
		if w--; at-w*64 > most+64 {
			return 0, false
		}
		lines, delims = c.lines[w], c.delims[w]
		quotes |= c.quotes[w]
	}
	start := w * 64
	if lines != 0 {
		after := ^uint64(0) << bits.Len64(lines)
		delims &= after
		start += bits.Len64(lines)
	}
	if at-start > most {
		return 0, false
	}
	if quotes != 0 {
		return c.quoted(start, at), true
	}
	return index + bits.OnesCount64(delims), true
}

// quoted counts a line's delimiters outside quotes.
func (c *Cells) quoted(start, at int) int {
	index, open := 1, false
	for i := start; i < at; i++ {
		w, bit := i/64, uint64(1)<<(i%64)
		switch {
		case c.quotes[w]&bit != 0:
			open = !open
		case c.delims[w]&bit != 0 && !open:
			index++
		}
	}
	return index
}
