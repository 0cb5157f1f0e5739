// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
)

// quick takes cells that are written as programs write them, one after the other, without cutting them into pieces first. It stops
// before the first that is written in any other way, or whose end is not held: the usual way takes that one. Reading a workbook
// spends most of its time here.
func (s *sheet) quick() error {
	x := s.o.xml
	if x.end != nil {
		return nil
	}
	for {
		n, err := s.quickCell(x.buf[x.pos:])
		if n == 0 || err != nil {
			return err
		}
		x.pos += n
	}
}

var (
	quickValue  = []byte("<v>")
	quickValues = []byte("</v></c>")
	quickInline = []byte("<is><t")
	quickEnd    = []byte("</t></is></c>")
)

// quickCell takes a cell from the beginning of b, and gives how many bytes that took; 0 when it is not one of the simple ones.
func (s *sheet) quickCell(b []byte) (int, error) {
	column, kind, i := quickHead(b)
	if i == 0 {
		return 0, nil
	}
	if column == 0 {
		column = s.column + 1
	}
	if b[i-2] == '/' {
		s.column = column
		return i, nil
	}
	end := quickValues
	switch rest := b[i:]; {
	case bytes.HasPrefix(rest, quickValue):
		i += len(quickValue)
	case kind == cellText && bytes.HasPrefix(rest, quickInline):
		close := bytes.IndexByte(rest, '>') // of <is>
		next := bytes.IndexByte(rest[close+1:], '>')
		if next < 0 || rest[close+next] == '/' {
			return 0, nil
		}
		i += close + next + 2
		end = quickEnd
	default:
		return 0, nil
	}
	n := bytes.IndexByte(b[i:], '<')
	if n < 0 || n > mostCell/2 || !bytes.HasPrefix(b[i+n:], end) {
		return 0, nil
	}
	s.column, s.kind, s.from = column, kind, len(s.table.arena)
	text := b[i : i+n]
	if bytes.IndexByte(text, '&') >= 0 {
		s.table.arena = appendXML(s.table.arena, text)
	} else {
		s.table.arena = append(s.table.arena, text...)
	}
	return i + n + len(end), s.cellEnds()
}

// quickHead takes <c r="B7" s="1" t="s"> and gives where it ends; 0 when it is anything else.
func quickHead(b []byte) (column int, kind byte, end int) {
	if len(b) < 8 || b[0] != '<' || b[1] != 'c' {
		return 0, 0, 0
	}
	kind = cellNumber
	for i := 2; i+4 < len(b); {
		switch {
		case b[i] == '>':
			return column, kind, i + 1
		case b[i] == '/' && b[i+1] == '>':
			return column, kind, i + 2
		case b[i] != ' ':
			return 0, 0, 0
		}
		key := b[i+1]
		value := quoted(b[i+2:])
		if value == nil { // also where a space stands before the end
			return 0, 0, 0
		}
		switch key {
		case 'r':
			column = columnNumber(value)
		case 't':
			kind = cellKind(value)
		}
		i += 5 + len(value)
	}
	return 0, 0, 0
}

// quoted is what stands within ="..."; nil when something else does, or its end is not near.
func quoted(b []byte) []byte {
	if len(b) < 2 || b[0] != '=' || b[1] != '"' {
		return nil
	}
	b = b[2:]
	for i, c := range b[:min(len(b), 64)] {
		switch c {
		case '"':
			return b[:i:i]
		case '<':
			return nil
		}
	}
	return nil
}

// cellKind is how a cell's value is stored, by its attribute t.
func cellKind(value []byte) byte {
	switch string(value) {
	case "s":
		return cellShared
	case "n":
		return cellNumber
	case "b":
		return cellBoolean
	}
	return cellText // str, inlineStr, d, e
}
