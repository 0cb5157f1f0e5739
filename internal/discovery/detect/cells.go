// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Cells tell in which cell of a table's line a place of a text lies. Where every detector asks for most numbers and words, the line of each
// 64 bytes is looked at once. Where few ask, and from where the text has quotes on, they go back from the place: they know what they were
// asked last, so that places that come in order cost no more than going back to the one before.
type Cells struct {
	text      []byte
	delimiter byte
	back      func(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool)

	blocks []cellBlock
	mapped int // the bytes of the text that blocks are of

	at    int  // what was asked last
	start int  // where its line begins
	index int  // its column
	open  bool // it lies inside quotes
}

// cellBlock is what is known of 64 bytes of a text: bitmaps of the delimiters and of the line breaks among them, and in which line and column
// the first of them lies.
type cellBlock struct {
	delims, breaks uint64
	start, index   int32
}

// unknownStart is where a line begins that was not found to begin.
const unknownStart = math.MinInt / 2

// SetCells sets c to a text.
func (s *Scanner) SetCells(c *Cells, text []byte, delimiter byte) {
	blocks := c.blocks
	*c = Cells{text: text, delimiter: delimiter, back: s.kernel.back, index: 1}
	if !s.others || s.kernel.cells == nil || len(text) > math.MaxInt32 {
		return
	}
	if n := len(text) / 64; cap(blocks) < n {
		blocks = make([]cellBlock, n+n/4)
	}
	c.blocks = blocks[:cap(blocks)]
	c.mapped = 64 * s.kernel.cells(c.blocks, text[:len(text)&^63], delimiter)
}

// Column is the number of the column that a place lies in, from 1; ok is false when its line begins more than most bytes before it. A
// delimiter inside quotes is none, and a line break begins a line whatever is open.
func (c *Cells) Column(at, most int) (index int, ok bool) {
	if at >= c.mapped {
		return c.goBack(at, most)
	}
	b := &c.blocks[uint(at)/64]
	before := uint64(1)<<(uint(at)%64) - 1
	n := bits.Len64(b.breaks & before) // after the last line break, if there is one
	start, line := int(b.start), at&^63+n
	index = int(b.index)
	if n > 0 { // by itself, so that it is no branch
		start = line
	}
	if n > 0 {
		index = 1
	}
	return index + bits.OnesCount64(b.delims&before>>n), at-start <= most
}

// goBack is Column where blocks are not known.
func (c *Cells) goBack(at, most int) (index int, ok bool) {
	if at < c.at {
		c.at, c.start, c.index, c.open = 0, 0, 1, false
	}
	from := c.at
	if at-from > most+1 {
		from = at - most - 1
	}
	start, delims, quoted := c.back(c.text, from, at, c.delimiter)
	if start >= 0 {
		c.start, c.index, c.open, from = start, 1, false, start
	} else if from > c.at {
		c.start = unknownStart
	}
	if c.at = at; quoted || c.open {
		c.passQuotes(c.text[from:at])
	} else {
		c.index += delims
	}
	return c.index, at-c.start <= most
}

// passQuotes counts delimiters outside quotes.
func (c *Cells) passQuotes(b []byte) {
	for _, x := range b {
		switch {
		case x == '"':
			c.open = !c.open
		case x == c.delimiter && !c.open:
			c.index++
		}
	}
}

// backGo is the kernel in Go, eight bytes at a time.
func backGo(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool) {
	delimiters := uint64(delimiter) * each
	var quotes uint64
	for ; at-from >= 8; at -= 8 {
		x := binary.LittleEndian.Uint64(text[at-8 : at])
		d, q := isEach(x, delimiters)&highs, isEach(x, '"'*each)&highs
		if breaks := isEach(x, '\n'*each) & highs; breaks != 0 {
			n := bits.Len64(breaks) // a whole number of bytes
			after := ^uint64(0) << n
			return at - 8 + n/8, delims + bits.OnesCount64(d&after), (quotes | q&after) != 0
		}
		delims += bits.OnesCount64(d)
		quotes |= q
	}
	return backOver(text[from:at], from, delims, quotes != 0, delimiter)
}

// backOver goes back over what is left, which begins at a place of the text, when some delimiters and quotes have been seen.
func backOver(b []byte, from, delims int, quoted bool, delimiter byte) (int, int, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case '\n':
			return from + i + 1, delims, quoted
		case '"':
			quoted = true
		case delimiter:
			delims++
		}
	}
	return -1, delims, quoted
}
