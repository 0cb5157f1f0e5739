// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"strings"

	"github.com/insegel/insegel/internal/discovery/source"
)

// longestKey is how far back the key or the element of a value is looked for.
const longestKey = 512

// jsonKey finds the key of the value that stands after b: the last quoted word before a colon.
func jsonKey(b []byte) []byte {
	for {
		colon := bytes.LastIndexByte(b, ':')
		if colon < 0 {
			return nil
		}
		key := bytes.TrimRight(b[:colon], " \t\r\n")
		if len(key) > 1 && key[len(key)-1] == '"' {
			key = key[:len(key)-1]
			if open := bytes.LastIndexByte(key, '"'); open >= 0 && len(key)-open < 100 {
				return key[open+1:]
			}
		}
		b = b[:colon]
	}
}

// elementName finds the element, or the attribute, that the text after b stands in.
func elementName(b []byte) []byte {
	open, shut := bytes.LastIndexByte(b, '<'), bytes.LastIndexByte(b, '>')
	if open < 0 || open+1 >= len(b) {
		return nil
	}
	tag := b[open+1:]
	if shut < open { // inside a tag: an attribute's value
		eq := bytes.LastIndexByte(tag, '=')
		if eq < 0 {
			return nil
		}
		name := bytes.TrimRight(tag[:eq], " ")
		return name[bytes.LastIndexByte(name, ' ')+1:]
	}
	if tag[0] == '/' || tag[0] == '!' || tag[0] == '?' {
		return nil
	}
	end := bytes.IndexAny(tag, " \t\r\n/>")
	if end < 0 {
		return nil
	}
	name := tag[:end]
	return name[bytes.IndexByte(name, ':')+1:]
}

// csvLayout is what is known about a file of rows.
type csvLayout struct {
	known     bool
	delimiter byte
	headings  []string
	columns   []*column

	// where the last place was, so that the next one on the same line goes on from there
	window    *byte
	start, at int
	index     int
	quoted    bool
}

// csvDelimiters are what may part cells.
const csvDelimiters = ";,\t|"

// learn looks at the first line: which delimiter there is most of, and what the columns are called.
func (l *csvLayout) learn(first []byte) {
	*l = csvLayout{known: true}
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
	if !l.goTo(s.window, at) {
		return nil
	}
	index := l.index
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

// goTo counts the delimiters up to a place; ok is false when its line begins too far back.
func (l *csvLayout) goTo(window []byte, at int) (ok bool) {
	if l.window != &window[0] || at < l.at || at-l.at > longestLine || bytes.IndexByte(window[l.at:at], '\n') >= 0 {
		from := max(0, at-longestLine)
		l.start = from + bytes.LastIndexByte(window[from:at], '\n') + 1
		if l.start == from && from > 0 {
			l.window = nil
			return false
		}
		l.window, l.at, l.index, l.quoted = &window[0], l.start, 1, false
	}
	index, quoted, delimiter := l.index, l.quoted, l.delimiter
	for _, c := range window[l.at:at] {
		if c == delimiter {
			if !quoted {
				index++
			}
		} else if c == '"' {
			quoted = !quoted
		}
	}
	l.at, l.index, l.quoted = at, index, quoted
	return true
}
