// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"strconv"
	"strings"
)

// sheetTable hands on the rows of a sheet, cell by cell. The row of headings names the columns.
type sheetTable struct {
	r    *reading
	name string
	// headings are the columns' names; decided says that they have been looked for.
	headings []string
	decided  bool
	prose    int // rows of one cell that stood before the table
	// row is the row that is being read; its cells' bytes are in arena.
	row    []sheetCell
	arena  []byte
	places []byte
}

// sheetCell is a cell: its column from 1, and where in the arena its bytes are.
type sheetCell struct {
	column, from, to int
	number           bool
}

// widest is the number of columns that a sheet can have.
const widest = 1 << 14

// add notes a cell of the row, whose bytes are in the arena from a place on.
func (s *sheetTable) add(column, from int, number bool) {
	if from < len(s.arena) {
		s.row = append(s.row, sheetCell{column, from, len(s.arena), number})
	}
}

// end hands on the row.
func (s *sheetTable) end(number int) error {
	defer func() { s.row, s.arena = s.row[:0], s.arena[:0] }()
	if len(s.row) == 0 {
		return nil
	}
	if err := s.r.ended(); err != nil {
		return err
	}
	if !s.decided {
		if told, err := s.decide(number); told || err != nil {
			return err
		}
	}
	// The names of all cells of the row are one text, so that each of them costs nothing.
	s.places = s.places[:0]
	for _, c := range s.row {
		s.places = s.place(s.places, c.column, number)
	}
	places := string(s.places)
	v := Value{Column: Column{Table: s.name}}
	for i := range s.row {
		c := &s.row[i]
		n := s.placeLength(c.column, number)
		v.Bytes, v.Number = s.arena[c.from:c.to], c.number
		v.Column.Index, v.Column.Field = c.column, ""
		if c.column <= len(s.headings) {
			v.Column.Field = s.headings[c.column-1]
		}
		v.Place = Place{Table: s.name, Field: v.Column.Field, Column: c.column, Line: number, Cell: places[:n]}
		places = places[n:]
		if err := s.r.value(&v); err != nil {
			return err
		}
	}
	return nil
}

// place appends a cell's name, such as Blad1!C17.
func (s *sheetTable) place(dst []byte, column, row int) []byte {
	if s.name != "" {
		dst = append(append(dst, s.name...), '!')
	}
	var letters [4]byte
	i := len(letters)
	for c := column; c > 0 && i > 0; c = (c - 1) / 26 {
		i--
		letters[i] = byte('A' + (c-1)%26)
	}
	return strconv.AppendInt(append(dst, letters[i:]...), int64(row), 10)
}

func (s *sheetTable) placeLength(column, row int) int {
	n := 1
	if s.name != "" {
		n += len(s.name) + 1
	}
	if column > 26 {
		n++
	}
	if column > 26+26*26 {
		n++
	}
	for n++; row >= 10; row /= 10 {
		n++
	}
	return n
}

// decide looks for headings in the first rows, and hands on what is not yet a table.
func (s *sheetTable) decide(number int) (told bool, err error) {
	texts := true
	for _, c := range s.row {
		texts = texts && !c.number && isHeading(s.arena[c.from:c.to])
	}
	if !texts {
		s.decided = true
		return false, nil
	}
	if len(s.row) == 1 && s.prose < 20 { // a title, until it turns out that there is but one column
		s.prose++
		s.headings = headingsOf(s)
	} else {
		s.decided = true
		s.headings = headingsOf(s)
	}
	var line []byte
	for i, c := range s.row {
		if i > 0 {
			line = append(line, '\t')
		}
		line = append(line, s.arena[c.from:c.to]...)
	}
	cell := string(s.place(nil, s.row[0].column, number))
	return true, s.r.text(Text{Bytes: append(line, '\n'), Place: Place{Table: s.name, Cell: cell, Line: number}})
}

func headingsOf(s *sheetTable) []string {
	var out []string
	for _, c := range s.row {
		if c.column > widest {
			continue
		}
		for len(out) < c.column {
			out = append(out, "")
		}
		out[c.column-1] = strings.Join(strings.Fields(string(s.arena[c.from:c.to])), " ")
	}
	return out
}

// isHeading reports whether a cell's text could name a column: it is short, and holds no number and no address.
func isHeading(b []byte) bool {
	digits := 0
	for _, c := range b {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	return len(b) <= 100 && digits < 5 && bytes.IndexByte(b, '@') < 0
}
