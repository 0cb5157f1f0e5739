// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// longestKey is how far back the key or the element of a value is looked for.
const longestKey = 512

// jsonKey finds where the key of the value stands that stands after b: the last quoted word before a colon. shut is 0 when there is none.
func jsonKey(b []byte) (open, shut int) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != ':' {
			continue
		}
		shut = i - 1
		for shut > 0 && isBlank(b[shut]) {
			shut--
		}
		if shut < 1 || b[shut] != '"' {
			continue
		}
		for open = shut - 1; open >= 0 && shut-open < 100; open-- {
			if b[open] == '"' {
				return open + 1, shut
			}
		}
	}
	return 0, 0
}

// lastKey is the key of the value that was asked for last: where the same bytes stand before a value again, its key is the same.
type lastKey struct {
	before [longestLastKey]byte // from the key's first quote to the value
	n      int
	column *column
}

// longestLastKey is how many bytes of a key, and of what stands between it and its value, are kept.
const longestLastKey = 32

// columnAt is the column of the value that a place of the window stands in.
func (l *lastKey) columnAt(s *session, at int) *column {
	if c := l.column; c != nil && l.n <= at && bytes.Equal(s.window[at-l.n:at], l.before[:l.n]) && c.Member == s.member {
		return c
	}
	before := s.window[max(0, at-longestKey):at]
	open, shut := jsonKey(before)
	if shut == 0 {
		return nil
	}
	c := s.keyed(before[open:shut])
	if l.column, l.n = nil, len(before)-open+1; c != nil && l.n <= len(l.before) {
		l.column = c
		copy(l.before[:], before[open-1:])
	}
	return c
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// elementName finds the element, or the attribute, that the text after b stands in.
func elementName(b []byte) []byte {
	open := len(b) - 1
	inside := true // of a tag
	for ; open >= 0 && b[open] != '<'; open-- {
		if b[open] == '>' {
			inside = false
		}
	}
	if open < 0 || open+1 >= len(b) {
		return nil
	}
	tag := b[open+1:]
	if inside {
		return attributeName(tag)
	}
	return tagName(tag)
}

// tagName is the name of the element that a tag begins, without its namespace; nil for an end and for what is no element.
func tagName(tag []byte) []byte {
	if tag[0] == '/' || tag[0] == '!' || tag[0] == '?' {
		return nil
	}
	first := 0
	for end, c := range tag {
		if isBlank(c) || c == '/' || c == '>' {
			return tag[first:end]
		}
		if c == ':' && first == 0 {
			first = end + 1
		}
	}
	return nil
}

// attributeName is the last attribute that has a value in the beginning of a tag.
func attributeName(tag []byte) []byte {
	eq := bytes.LastIndexByte(tag, '=')
	if eq < 0 {
		return nil
	}
	name := bytes.TrimRight(tag[:eq], " ")
	return name[bytes.LastIndexByte(name, ' ')+1:]
}

// csvLayout is what is known about a file of rows.
type csvLayout struct {
	delimiter byte
	headings  []string
	columns   []*column

	// of the window, once something in it has been asked for
	cells  detect.Cells
	marked bool

	names detect.Contexts // all that the headings speak of
	named bool            // names are known
}

// mostNames is how many headings are asked what they speak of: a first line with more is more likely one of values.
const mostNames = 512

// speaksOf is all that the file's headings may speak of.
func (l *csvLayout) speaksOf(s *session) detect.Contexts {
	if l.named || !s.scanner.AsksSilent() {
		return l.names
	}
	l.named = true
	if len(l.headings) > mostNames {
		l.names = ^detect.Contexts(0)
		return l.names
	}
	for _, h := range l.headings {
		l.names |= s.heading(h)
	}
	return l.names
}

// csvDelimiters are what may part cells.
const csvDelimiters = ";,\t|"

// learn looks at the first line: which delimiter there is most of, and what the columns are called.
func (l *csvLayout) learn(first []byte) {
	*l = csvLayout{cells: l.cells}
	if i := bytes.IndexByte(first, '\n'); i >= 0 {
		first = first[:i]
	}
	first = bytes.TrimRight(bytes.TrimPrefix(first, []byte("\xef\xbb\xbf")), "\r")
	most := 0
	for _, d := range []byte(csvDelimiters) {
		if n := bytes.Count(first, []byte{d}); n > most {
			most, l.delimiter = n, d
		}
	}
	if most == 0 {
		l.delimiter = ';'
	}
	for _, cell := range bytes.Split(first, []byte{l.delimiter}) {
		l.headings = append(l.headings, strings.Trim(string(cell), "\" '"))
	}
	for _, h := range l.headings {
		if digits := strings.Count(strings.Map(onlyDigits, h), "0"); digits >= 6 || strings.Contains(h, "@") { // data, not headings
			l.headings = nil
			break
		}
	}
}

func onlyDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	return -1
}

// column is the column that a place of the window stands in; nil when its line begins too far back.
func (l *csvLayout) column(s *session, at int) *column {
	if !l.marked {
		s.scanner.SetCells(&l.cells, s.window, l.delimiter)
		l.marked = true
	}
	index, ok := l.cells.Column(at, longestLine)
	if !ok {
		return nil
	}
	if index <= len(l.columns) && l.columns[index-1] != nil {
		return l.columns[index-1]
	}
	for len(l.columns) < index {
		if len(l.columns) >= mostColumns {
			return nil
		}
		l.columns = append(l.columns, nil)
	}
	if l.columns[index-1] == nil {
		c := source.Column{Member: s.member, Index: index}
		if index <= len(l.headings) {
			c.Field = l.headings[index-1]
		}
		l.columns[index-1] = s.columnNamed(c)
	}
	return l.columns[index-1]
}
