// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
)

// sharedStrings are the texts that a workbook's cells refer to by number.
type sharedStrings struct {
	text, ends store
	count      int
	used       []uint64
	// complete says that all of them were read.
	complete bool
}

// store is a spool with memory of its own size, that remembers the last piece it read.
type store struct {
	memory []byte
	rest   *spool
	piece  []byte
	at     int64
}

// The memory that a workbook's shared texts may take, and their places.
const (
	storeMemory = 6 << 20
	storePiece  = 64 << 10
)

func (s *store) append(b []byte) error {
	if s.rest == nil && len(s.memory)+len(b) <= storeMemory {
		s.memory = append(s.memory, b...)
		return nil
	}
	if s.rest == nil {
		s.rest = &spool{}
		if _, err := s.rest.Write(s.memory); err != nil {
			return err
		}
		s.memory = nil
	}
	_, err := s.rest.Write(b)
	return err
}

func (s *store) size() int64 {
	if s.rest != nil {
		return s.rest.size
	}
	return int64(len(s.memory))
}

// slice gives a range of what is stored, until the next call.
func (s *store) slice(from, to int64) ([]byte, error) {
	if s.rest == nil {
		return s.memory[from:to], nil
	}
	if from >= s.at && to <= s.at+int64(len(s.piece)) {
		return s.piece[from-s.at : to-s.at], nil
	}
	n := max(to-from, storePiece)
	if int64(cap(s.piece)) < n {
		s.piece = make([]byte, n)
	}
	m, err := s.rest.ReadAt(s.piece[:n], from)
	s.piece, s.at = s.piece[:m], from
	if int64(m) < to-from {
		return nil, err
	}
	return s.piece[:to-from], nil
}

func (s *store) close() {
	if s.rest != nil {
		s.rest.Close()
	}
}

func (s *sharedStrings) close() {
	s.text.close()
	s.ends.close()
}

// load reads them.
func (s *sharedStrings) load(r *reading, x *xmlReader, content io.Reader) error {
	x.reset(content)
	var one []byte
	inText, length := false, 0
	flush := func() error {
		length += len(one)
		err := s.text.append(one)
		one = one[:0]
		return err
	}
	for {
		p, err := x.next()
		if err != nil {
			s.complete = errors.Is(err, io.EOF)
			s.used = make([]uint64, s.count/64+1)
			return err
		}
		switch p.kind {
		case xmlOpen:
			inText = string(p.name) == "t"
		case xmlClose, xmlEmpty:
			inText = false
			if string(p.name) != "si" {
				continue
			}
			if err := flush(); err != nil {
				return err
			}
			var end [8]byte
			binary.LittleEndian.PutUint64(end[:], uint64(s.text.size()))
			if err := s.ends.append(end[:]); err != nil {
				return err
			}
			if s.count++; s.count&0xFFF == 0 && r.ended() != nil {
				return r.ended()
			}
		case xmlText, xmlCDATA:
			if inText {
				one = appendXML(one, p.body)
			}
			if len(one) > proseChunk {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
}

// mostCell is how much of one shared text is taken as a cell's; Excel allows 32 767 letters.
const mostCell = 1 << 20

// get appends a text.
func (s *sharedStrings) get(dst []byte, i int) ([]byte, error) {
	if i < 0 || i >= s.count {
		return dst, nil
	}
	from := int64(0)
	first := max(i-1, 0)
	b, err := s.ends.slice(int64(first)*8, int64(i+1)*8)
	if err != nil {
		return dst, err
	}
	to := int64(binary.LittleEndian.Uint64(b[len(b)-8:]))
	if i > 0 {
		from = int64(binary.LittleEndian.Uint64(b))
	}
	if to-from > mostCell {
		return dst, nil // it stays unused, and is told as running text
	}
	text, err := s.text.slice(from, to)
	s.used[i/64] |= 1 << (i % 64)
	return append(dst, text...), err
}

// unused hands on the texts that no cell shows: they are left from cells that were changed.
func (s *sharedStrings) unused(r *reading) error {
	p := prose{r: r, place: Place{Field: "shared strings", Paragraph: 1}}
	for i := range s.count {
		if s.used == nil || s.used[i/64]&(1<<(i%64)) != 0 {
			continue
		}
		from, to := int64(0), int64(0)
		if b, err := s.ends.slice(int64(i)*8, int64(i+1)*8); err != nil {
			return err
		} else {
			to = int64(binary.LittleEndian.Uint64(b))
		}
		if i > 0 {
			b, err := s.ends.slice(int64(i-1)*8, int64(i)*8)
			if err != nil {
				return err
			}
			from = int64(binary.LittleEndian.Uint64(b))
		}
		for from < to {
			n := min(to-from, proseChunk)
			b, err := s.text.slice(from, from+n)
			if err != nil {
				return err
			}
			p.b = append(p.b, b...)
			if err := p.full(); err != nil {
				return err
			}
			from += n
		}
		if err := p.paragraph(); err != nil {
			return err
		}
	}
	return nil
}

// sheet is a worksheet while it is read.
type sheet struct {
	o           *office
	table       sheetTable
	text        *officeText // for what is not in cells
	row, column int
	kind        byte // how the cell's value is stored
	from        int  // where in the arena the cell begins
}

// The ways in which a cell's value is stored.
const (
	cellNumber  = 'n'
	cellShared  = 's'
	cellText    = 't'
	cellBoolean = 'b'
)

// sheet reads a worksheet.
func (o *office) sheet(part string) error {
	name := o.names[part]
	if name == "" {
		name = strings.TrimSuffix(path.Base(part), path.Ext(part))
	}
	s := &sheet{o: o, table: sheetTable{r: o.r, name: name}}
	s.text = newOfficeText(o.r, o.xml, part, &xmlPiece{name: []byte("worksheet")})
	s.text.place.Table = name
	err := s.read()
	if ended := s.table.end(s.row); ended != nil {
		return ended
	}
	if ended := s.text.ends(); ended != nil {
		return ended
	}
	return err
}

// Where in a sheet the reader is.
const (
	inSheet = iota
	inCell
	inValue
	inFormula
)

// read goes through the sheet's elements.
func (s *sheet) read() error {
	state := inSheet
	for {
		if state == inSheet {
			if err := s.quick(); err != nil {
				return err
			}
		}
		p, err := s.o.xml.next()
		if err != nil {
			return err
		}
		switch p.kind {
		case xmlText, xmlCDATA:
			err = s.characters(state, &p)
		case xmlOpen, xmlEmpty:
			state, err = s.open(state, &p)
		case xmlClose:
			state, err = s.closed(state, &p)
		}
		if err != nil {
			return err
		}
	}
}

func (s *sheet) characters(state int, p *xmlPiece) error {
	switch state {
	case inValue:
		if p.kind == xmlText && bytes.IndexByte(p.body, '&') >= 0 {
			s.table.arena = appendXML(s.table.arena, p.body)
		} else {
			s.table.arena = append(s.table.arena, p.body...)
		}
		if len(s.table.arena)-s.from > mostCell {
			return s.long()
		}
		return nil
	case inFormula:
		s.text.b = appendXML(s.text.b, p.body)
		return s.text.full()
	case inSheet:
		return s.text.piece(p)
	}
	return nil
}

// long hands on a cell that is longer than a cell can be, as text.
func (s *sheet) long() error {
	err := s.o.r.text(Text{Bytes: s.table.arena[s.from:], Place: Place{Table: s.table.name, Line: s.row, Column: s.column}})
	s.table.arena = s.table.arena[:s.from]
	return err
}

func (s *sheet) open(state int, p *xmlPiece) (int, error) {
	switch {
	case state == inCell:
		return s.openInCell(p), nil
	case state != inSheet:
		return state, nil
	}
	switch string(p.name) {
	case "c":
		s.cell(p)
		if p.kind == xmlEmpty {
			return inSheet, nil
		}
		return inCell, nil
	case "row":
		s.column = 0
		if s.row++; len(p.body) > 0 {
			if v, ok := p.attribute("r"); ok {
				s.row = repeats(v)
			}
		}
		return inSheet, nil
	case "col":
		return inSheet, nil
	}
	return state, s.text.piece(p)
}

func (s *sheet) openInCell(p *xmlPiece) int {
	if p.kind != xmlOpen || len(p.name) != 1 {
		return inCell // is, r, rPr and what is empty
	}
	switch p.name[0] {
	case 'v':
		return inValue
	case 't':
		s.kind = cellText
		return inValue
	case 'f':
		return inFormula
	}
	return inCell
}

// cell starts a cell.
func (s *sheet) cell(p *xmlPiece) {
	s.column++
	s.kind = cellNumber
	s.from = len(s.table.arena)
	for b := p.body; ; {
		key, value, rest, ok := nextAttribute(b)
		if !ok {
			return
		}
		b = rest
		switch {
		case len(key) != 1 || len(value) == 0:
		case key[0] == 'r':
			if column := columnNumber(value); column > 0 {
				s.column = column
			}
		case key[0] == 't':
			s.kind = cellKind(value)
		}
	}
}

// columnNumber is the column in a cell's name, from 1.
func columnNumber(name []byte) int {
	n := 0
	for _, c := range name {
		if c < 'A' || c > 'Z' || n > widest {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}

func (s *sheet) closed(state int, p *xmlPiece) (int, error) {
	switch string(p.name) {
	case "v", "t":
		if state == inValue {
			return inCell, nil
		}
	case "f":
		if state == inFormula {
			return inCell, s.formula()
		}
	case "c":
		if state == inCell {
			return inSheet, s.cellEnds()
		}
	case "row":
		return inSheet, s.table.end(s.row)
	}
	if state == inSheet {
		return state, s.text.closed(p)
	}
	return state, nil
}

func (s *sheet) cellEnds() error {
	t := &s.table
	switch s.kind {
	case cellBoolean:
		t.arena = t.arena[:s.from]
		return nil
	case cellShared:
		i := 0
		for _, c := range t.arena[s.from:] {
			if c >= '0' && c <= '9' && i < 1<<40 {
				i = i*10 + int(c-'0')
			}
		}
		t.arena = t.arena[:s.from]
		if s.o.strings != nil && (s.o.strings.complete || i < s.o.strings.count) && s.o.strings.used != nil {
			var err error
			if t.arena, err = s.o.strings.get(t.arena, i); err != nil {
				return err
			}
		}
	}
	t.add(s.column, s.from, s.kind == cellNumber)
	if len(t.arena) > 2*mostCell { // a row that is longer than rows are is handed on in pieces
		return t.end(s.row)
	}
	return nil
}

// formula hands on a formula that holds text of its own. The others only point.
func (s *sheet) formula() error {
	if bytes.IndexByte(s.text.b, '"') < 0 {
		s.text.b = s.text.b[:0]
		return nil
	}
	s.text.place.Cell = string(s.table.place(nil, s.column, s.row))
	s.text.place.Field = "formula"
	err := s.text.ends()
	s.text.place.Cell, s.text.place.Field = "", ""
	return err
}
