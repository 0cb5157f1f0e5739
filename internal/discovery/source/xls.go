// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding/charmap"
)

// The records of a workbook that hold text or numbers (MS-XLS 2.3).
const (
	xlsFormula, xlsHeader, xlsFooter, xlsNote, xlsFilePass, xlsContinue = 0x06, 0x14, 0x15, 0x1C, 0x2F, 0x3C
	xlsBoundSheet, xlsMulRK, xlsRString, xlsSST, xlsLabelSST            = 0x85, 0xBD, 0xD6, 0xFC, 0xFD
	xlsTextObject, xlsLink                                              = 0x1B6, 0x1B8
	xlsNumber, xlsLabel, xlsString, xlsRK, xlsBOF                       = 0x203, 0x204, 0x207, 0x27E, 0x809
)

// biff is a workbook of an older Excel while it is read.
type biff struct {
	o       *ole
	f       *mscfb.File
	at      int64 // where the next record is
	kind    uint16
	data    []byte
	old     bool // before Excel 97: texts have one byte per letter
	strings sharedStrings
	names   []string
	sheets  int
	table   sheetTable
	row     int
	started bool
	// result is the column of a formula whose text follows.
	result int
	text   prose
}

// workbook reads a workbook.
func (o *ole) workbook(f *mscfb.File) error {
	b := &biff{o: o, f: f, table: sheetTable{r: o.r}, text: prose{r: o.r, place: Place{Paragraph: 1}}}
	defer b.strings.close()
	b.strings.complete = true
	for {
		if err := b.next(); err != nil {
			if err := b.table.end(b.row + 1); err != nil {
				return err
			}
			if b.strings.count > 0 {
				if err := b.strings.unused(o.r); err != nil {
					return err
				}
			}
			return errUnlessEnd(err)
		}
		if err := b.record(); err != nil {
			return err
		}
	}
}

// next takes the next record.
func (b *biff) next() error {
	if err := b.o.r.ended(); err != nil {
		return err
	}
	head, err := slice(b.f, b.at, 4)
	if err != nil {
		return io.EOF // what is left is no record
	}
	b.kind = binary.LittleEndian.Uint16(head)
	n := int64(binary.LittleEndian.Uint16(head[2:]))
	b.data, err = slice(b.f, b.at+4, n)
	b.at += 4 + n
	return err
}

func (b *biff) record() error {
	d := b.data
	switch b.kind {
	case xlsBOF:
		return b.begins()
	case xlsFilePass:
		return damage("it is encrypted")
	case xlsBoundSheet:
		if len(d) > 8 {
			b.names = append(b.names, b.short(d[6:], 1))
		}
		return nil
	case xlsSST:
		return b.sharedTexts()
	case xlsHeader, xlsFooter:
		if len(d) > 2 {
			return b.aside(b.short(d, 2), "header")
		}
		return nil
	case xlsTextObject:
		return b.textObject()
	case xlsLink:
		return b.aside(wideRuns(d), "link")
	case xlsString:
		if len(d) > 2 && b.result > 0 {
			return b.cell(b.result-1, b.short(d, 2), false)
		}
		return nil
	}
	return b.cells()
}

// begins starts the workbook itself, or a sheet.
func (b *biff) begins() error {
	if len(b.data) < 4 {
		return nil
	}
	b.old = binary.LittleEndian.Uint16(b.data) < 0x600
	if kind := binary.LittleEndian.Uint16(b.data[2:]); kind == 5 { // what holds for all sheets
		return nil
	}
	if err := b.table.end(b.row + 1); err != nil {
		return err
	}
	name := ""
	if b.sheets < len(b.names) {
		name = b.names[b.sheets]
	}
	b.sheets++
	b.table = sheetTable{r: b.o.r, name: name, arena: b.table.arena}
	b.row, b.started = 0, false
	return nil
}

// cells takes the records of cells.
func (b *biff) cells() error {
	d := b.data
	if len(d) < 6 {
		return nil
	}
	column := int(binary.LittleEndian.Uint16(d[2:]))
	switch b.kind {
	case xlsLabelSST, xlsLabel, xlsRString, xlsNumber, xlsRK, xlsMulRK, xlsFormula:
		if err := b.moves(int(binary.LittleEndian.Uint16(d))); err != nil {
			return err
		}
	default:
		return nil
	}
	b.result = 0
	switch {
	case b.kind == xlsMulRK:
		return b.numbers(column)
	case b.kind == xlsLabel || b.kind == xlsRString:
		return b.cell(column, b.short(d[6:], 2), false)
	case len(d) < 10:
	case b.kind == xlsLabelSST:
		return b.shared(column, int(binary.LittleEndian.Uint32(d[6:])))
	case b.kind == xlsRK:
		return b.number(column, rk(binary.LittleEndian.Uint32(d[6:])))
	case len(d) < 14:
	case b.kind == xlsFormula && d[12] == 0xFF && d[13] == 0xFF:
		if d[6] == 0 { // its text follows
			b.result = column + 1
		}
	default:
		return b.number(column, math.Float64frombits(binary.LittleEndian.Uint64(d[6:])))
	}
	return nil
}

// shared takes a cell that refers to a text by its number.
func (b *biff) shared(column, i int) (err error) {
	from := len(b.table.arena)
	if b.table.arena, err = b.strings.get(b.table.arena, i); err == nil {
		b.table.add(column+1, from, false)
	}
	return err
}

// numbers takes a record of many cells.
func (b *biff) numbers(column int) error {
	for i := 4; i+6 <= len(b.data)-2; i += 6 {
		if err := b.number(column, rk(binary.LittleEndian.Uint32(b.data[i+2:]))); err != nil {
			return err
		}
		column++
	}
	return nil
}

// moves goes to a row, and hands on the one before.
func (b *biff) moves(row int) error {
	if b.started && row != b.row {
		if err := b.table.end(b.row + 1); err != nil {
			return err
		}
	}
	b.row, b.started = row, true
	return nil
}

func (b *biff) cell(column int, text string, number bool) error {
	from := len(b.table.arena)
	b.table.arena = append(b.table.arena, text...)
	b.table.add(column+1, from, number)
	return nil
}

func (b *biff) number(column int, n float64) error {
	from := len(b.table.arena)
	b.table.arena = strconv.AppendFloat(b.table.arena, n, 'f', -1, 64)
	b.table.add(column+1, from, true)
	return nil
}

// rk is a number that was made to fit in 30 bits.
func rk(v uint32) float64 {
	var n float64
	if v&2 != 0 {
		n = float64(int32(v) >> 2)
	} else {
		n = math.Float64frombits(uint64(v&^3) << 32)
	}
	if v&1 != 0 {
		n /= 100
	}
	return n
}

// short reads a text that lies within one record: its length in one or two bytes, flags, and letters.
func (b *biff) short(d []byte, width int) string {
	if len(d) < width+1 {
		return ""
	}
	n := int(d[0])
	if width == 2 {
		n = int(binary.LittleEndian.Uint16(d))
	}
	d = d[width:]
	if b.old {
		return narrow(d[:min(n, len(d))])
	}
	wide := d[0]&1 != 0
	d = d[1:]
	if wide {
		return string(utf16.Decode(utf16Little(d[:min(2*n, len(d))])))
	}
	return latin(d[:min(n, len(d))])
}

// latin reads letters of which only the low byte is stored.
func latin(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}

func narrow(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = charmap.Windows1252.DecodeByte(c)
	}
	return string(out)
}

// aside hands on text that does not stand in a cell.
func (b *biff) aside(text, field string) error {
	if text == "" {
		return nil
	}
	b.text.place.Field, b.text.place.Table = field, b.table.name
	b.text.b = append(b.text.b, text...)
	if err := b.text.paragraph(); err != nil {
		return err
	}
	b.text.started = false
	return nil
}

// textObject takes the text of a comment or a box, which stands in the records that follow.
func (b *biff) textObject() error {
	if len(b.data) < 12 {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(b.data[10:]))
	c := &continued{b: b, at: len(b.data)}
	if n == 0 {
		return nil
	}
	var out []rune
	if err := c.letters(n, -1, func(r []rune) error { out = append(out, r...); return nil }); err != nil {
		return errUnlessEnd(err)
	}
	return b.aside(string(out), "comments")
}

// wideRuns takes the texts in UTF-16 out of bytes that hold other things too.
func wideRuns(d []byte) string {
	var out, run []rune
	flush := func() {
		if len(run) >= 4 {
			out = append(append(out, run...), ' ')
		}
		run = run[:0]
	}
	for i := 0; i+1 < len(d); i += 2 {
		c := rune(binary.LittleEndian.Uint16(d[i:]))
		if c < ' ' || c >= 0x2000 {
			flush()
			continue
		}
		run = append(run, c)
	}
	flush()
	return string(out)
}

// continued reads on over the records that continue one.
type continued struct {
	b  *biff
	at int
}

// more takes the next record when this one is used up. It must be one that continues.
func (c *continued) more() error {
	for c.at >= len(c.b.data) {
		head, err := slice(c.b.f, c.b.at, 4)
		if err != nil || binary.LittleEndian.Uint16(head) != xlsContinue {
			return io.EOF
		}
		if err := c.b.next(); err != nil {
			return err
		}
		c.at = 0
	}
	return nil
}

func (c *continued) byte() (byte, error) {
	if err := c.more(); err != nil {
		return 0, err
	}
	v := c.b.data[c.at]
	c.at++
	return v, nil
}

func (c *continued) number(bytes int) (int, error) {
	n := 0
	for i := range bytes {
		v, err := c.byte()
		if err != nil {
			return 0, err
		}
		n |= int(v) << (8 * i)
	}
	return n, nil
}

// skip goes past bytes.
func (c *continued) skip(n int) error {
	for n > 0 {
		if err := c.more(); err != nil {
			return err
		}
		step := min(n, len(c.b.data)-c.at)
		c.at, n = c.at+step, n-step
	}
	return nil
}

// letters takes n letters. Each record that continues a text begins with flags of its own. Flags is -1 when they are still to come.
func (c *continued) letters(n, flags int, use func([]rune) error) error {
	for n > 0 {
		fresh := c.at >= len(c.b.data)
		if err := c.more(); err != nil {
			return err
		}
		if fresh || flags < 0 {
			flags = int(c.b.data[c.at])
			c.at++
		}
		rest := c.b.data[c.at:]
		var r []rune
		if flags&1 != 0 {
			k := min(n, len(rest)/2)
			if k == 0 {
				c.at = len(c.b.data) // half a letter at the end of a record is none
				continue
			}
			r = utf16.Decode(utf16Little(rest[:2*k]))
			c.at, n = c.at+2*k, n-k
		} else {
			k := min(n, len(rest))
			r = []rune(latin(rest[:k]))
			c.at, n = c.at+k, n-k
		}
		if err := use(r); err != nil {
			return err
		}
	}
	return nil
}

// sharedTexts takes the texts that cells refer to.
func (b *biff) sharedTexts() error {
	c := &continued{b: b, at: 8}
	if len(b.data) < 8 {
		return nil
	}
	for {
		err := b.sharedText(c)
		if err != nil {
			b.strings.used = make([]uint64, b.strings.count/64+1)
			return errUnlessEnd(err)
		}
	}
}

func (b *biff) sharedText(c *continued) error {
	n, err := c.number(2)
	if err != nil {
		return err
	}
	flags, err := c.number(1)
	if err != nil {
		return err
	}
	runs, extra := 0, 0
	if flags&8 != 0 {
		if runs, err = c.number(2); err != nil {
			return err
		}
	}
	if flags&4 != 0 {
		if extra, err = c.number(4); err != nil {
			return err
		}
	}
	if err := c.letters(n, flags, func(r []rune) error { return b.strings.text.append([]byte(string(r))) }); err != nil {
		return err
	}
	if err := c.skip(4*runs + extra); err != nil {
		return err
	}
	var end [8]byte
	binary.LittleEndian.PutUint64(end[:], uint64(b.strings.text.size()))
	b.strings.count++
	return b.strings.ends.append(end[:])
}
