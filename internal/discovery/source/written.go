// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Letters may be written out in markup, as &ouml; or &#246;, and in JSON, as \u00f6, and so may digits and the signs between them. Names,
// words and numbers are only found when they are read as what they are. What else may be written out stands: separators of numbers that are
// no signs of ASCII are known as they are written.

// longestWritten is how many bytes a letter may be written out with.
const longestWritten = 12

// marks are what a letter that is written out begins with.
var marks = map[Kind]byte{Markup: '&', JSON: '\\'}

// letters reads the letters that are written out in b, and tells where in b each byte of the result stood; where is nil when b has none.
func (k Kind) letters(b []byte) (out []byte, where []int32) {
	mark, ok := marks[k]
	if !ok {
		return b, nil
	}
	done := 0 // what of b is in out
	take := func(to int) {
		if out == nil {
			out, where = make([]byte, 0, len(b)), make([]int32, 0, len(b))
		}
		for out = append(out, b[done:to]...); done < to; done++ {
			where = append(where, int32(done))
		}
	}
	tags, tagged := -1, 0
	if k == Markup {
		tags, tagged = nextInline(b, 0)
	}
	for at := 0; at < len(b); {
		i := bytes.IndexByte(b[at:], mark)
		if tags >= 0 && (i < 0 || tags < at+i) {
			take(tags)
			at = tags + tagged
			done = at
			tags, tagged = nextInline(b, at)
			continue
		}
		if i < 0 {
			break
		}
		at += i
		letter, n := k.letter(b[at:])
		if n == 0 {
			if at++; mark == '\\' { // what is escaped begins nothing
				at++
			}
			continue
		}
		take(at)
		for range utf8.RuneLen(letter) {
			where = append(where, int32(at))
		}
		out = utf8.AppendRune(out, letter)
		at += n
		done = at
	}
	if done == 0 {
		return b, nil
	}
	take(len(b))
	return out, where
}

// breaks are the signs of JSON for what parts words, by their letters. A line break is none in the file: it is no line more.
var breaks = [256]byte{'n': '\r', 'r': '\r', 't': '\t', 'f': ' ', 'b': ' '}

// letter is the letter that is written out at the beginning of b, and with how many bytes; n is 0 when none is.
func (k Kind) letter(b []byte) (letter rune, n int) {
	if k == JSON {
		if len(b) > 1 {
			if c := breaks[b[1]]; c > 0 {
				return rune(c), 2
			}
		}
		if len(b) < 6 || b[1] != 'u' {
			return 0, 0
		}
		c, err := strconv.ParseUint(string(b[2:6]), 16, 16)
		if err != nil || !isRead(rune(c)) {
			return 0, 0
		}
		return rune(c), 6
	}
	end := bytes.IndexByte(b[:min(len(b), longestWritten)], ';')
	if end < 0 {
		return 0, 0
	}
	text := html.UnescapeString(string(b[:end+1]))
	c, size := utf8.DecodeRuneInString(text)
	if size != len(text) || !isRead(c) {
		return 0, 0
	}
	return c, end + 1
}

// isRead reports whether c is read where it is written out: a letter outside ASCII, a letter, a digit or a sign of ASCII that means nothing
// to markup or JSON, or a hyphen.
func isRead(c rune) bool {
	if c < 0x7f {
		return c > ' ' && !strings.ContainsRune("<>&\"'\\", c)
	}
	return c == 0x2010 || c >= 0xc0 && !utf16.IsSurrogate(c) && unicode.IsLetter(c)
}

// unfinished is how many bytes at the end of b may be the beginning of a letter that is written out.
func (k Kind) unfinished(b []byte) int {
	mark, ok := marks[k]
	if !ok {
		return 0
	}
	tail := b[max(0, len(b)-longestWritten):]
	n := 0
	if i := bytes.LastIndexByte(tail, mark); i >= 0 && (k != Markup || bytes.IndexByte(tail[i:], ';') < 0) && (k != JSON || len(tail)-i < 6) {
		n = len(tail) - i
	}
	if k == Markup {
		n = unfinishedTags(b, n)
	}
	return n
}

// readWritten reads the letters that are written out in t.
func (t *Text) readWritten(form Kind) {
	out, where := form.letters(t.Bytes)
	if where == nil {
		return
	}
	t.Bytes = out
	before, offset := t.At, t.Offset
	switch {
	case before != nil:
		t.At = func(i int) int64 { return before(int(where[i])) }
	case t.Raw:
		t.At = func(i int) int64 { return offset + int64(where[i]) }
	}
}
