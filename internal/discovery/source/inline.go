// SPDX-License-Identifier: EUPL-1.2

package source

import "bytes"

// A number may be spread over elements that do not part what they hold: 1890<b>0603</b>-9813 is shown as one. Tags of such elements are left
// out where digits or the signs between them stand on both sides.

// inlineElements are those that are shown without a gap, by their names without a slash. Those of Word begin with w: and are told apart by
// what does part text.
var inlineElements = map[string]bool{
	"b": true, "i": true, "u": true, "s": true, "em": true, "strong": true, "span": true, "font": true, "mark": true, "small": true, "big": true, "tt": true,
	"nobr": true, "wbr": true, "ins": true, "text:span": true, "text:soft-page-break": true,
}

// partingInWord are the elements of Word that part text.
var partingInWord = map[string]bool{"w:p": true, "w:tab": true, "w:br": true, "w:cr": true, "w:tc": true, "w:tr": true, "w:tbl": true, "w:body": true, "w:sym": true}

// longestInline is how many bytes of tags may stand within a number.
const longestInline = 1024

// inNumber reports whether a byte may stand in a number that goes on.
func inNumber(c byte) bool { return c >= '0' && c <= '9' || c == '-' || c == '+' }

// inlineTags is how many bytes of tags, which do not part what stands around them, b begins with. Open says that the last of them may go on
// after b.
func inlineTags(b []byte) (n int, open bool) {
	closed := false
	for n < len(b) && b[n] == '<' && n < longestInline {
		end := bytes.IndexByte(b[n:min(len(b), n+longestInline)], '>')
		if end < 0 {
			return n, len(b)-n < longestInline && bytes.IndexByte(b[n+1:], '<') < 0
		}
		tag := b[n+1 : n+end]
		if !isInline(tag) {
			return n, false
		}
		if shuts := tag[0] == '/'; shuts {
			closed = true
		} else if closed && bytes.IndexByte(tag, ':') < 0 { // one ends and another begins: two values, as likely as not
			return n, false
		}
		n += end + 1
	}
	return n, n == len(b)
}

// isInline reports whether a tag, without < and >, is of an element that does not part text.
func isInline(tag []byte) bool {
	name := bytes.TrimPrefix(tag, []byte("/"))
	for i, c := range name {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' {
			name = name[:i]
			break
		}
	}
	if len(name) == 0 || len(name) > 24 {
		return false
	}
	if bytes.HasPrefix(name, []byte("w:")) {
		return !partingInWord[string(name)]
	}
	return inlineElements[string(bytes.ToLower(name))]
}

// nextInline is where tags stand within a number, from a place of b on, and how many bytes they take; at is -1 when there are none.
func nextInline(b []byte, from int) (at, n int) {
	for {
		i := bytes.IndexByte(b[from:], '<')
		if i < 0 {
			return -1, 0
		}
		at = from + i
		from = at + 1
		if at == 0 || !inNumber(b[at-1]) {
			continue
		}
		if n, _ := inlineTags(b[at:]); n > 0 && at+n < len(b) && (inNumber(b[at+n]) || b[at+n] == '&') {
			return at, n
		}
	}
}

// unfinishedTags is how many bytes at the end of b may be a number with tags in it that goes on: the tags, the byte before them, and what
// comes after them, of which so many bytes wait already.
func unfinishedTags(b []byte, waiting int) int {
	if waiting == 0 && len(b) > 0 && inNumber(b[len(b)-1]) {
		waiting = 1
	}
	for {
		more := tagsBefore(b[:len(b)-waiting])
		if more == 0 || waiting > longestInline { // what goes on for longer is made to do harm
			return waiting
		}
		waiting += more
	}
}

// tagsBefore is how many bytes at the end of b are tags in the midst of a number, with the byte before them.
func tagsBefore(b []byte) int {
	for at := max(1, len(b)-longestInline); at < len(b); at++ {
		if b[at] != '<' || !inNumber(b[at-1]) {
			continue
		}
		if n, open := inlineTags(b[at:]); open || at+n == len(b) {
			return len(b) - at + 1
		}
	}
	return 0
}
