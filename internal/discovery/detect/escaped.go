// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Signs that are written out as something longer: &ndash; in HTML and XML, \u2011 in JSON, %20 in addresses.

// named are the dashes and spaces that HTML has names for.
var named = []struct {
	text string
	kind separatorKind
}{
	{"&nbsp;", isSpace},
	{"&ndash;", isDash},
	{"&shy;", isDash},
	{"&mdash;", isDash},
	{"&minus;", isDash},
	{"&hyphen;", isDash},
	{"&dash;", isDash},
	{"&plus;", isDash},
	{"&ensp;", isSpace},
	{"&emsp;", isSpace},
	{"&thinsp;", isSpace},
	{"&numsp;", isSpace},
}

// writtenOut reads a dash or a space that is written out, and says how many bytes it is.
func writtenOut(t []byte) (separatorKind, int) {
	switch t[0] {
	case '&':
		return reference(t)
	case '\\':
		return backslashed(t)
	}
	return percented(t)
}

// reference reads one of HTML and XML: &#8209;, &#x2011; or a name.
func reference(t []byte) (separatorKind, int) {
	if len(t) > 1 && t[1] == '#' {
		end := bytes.IndexByte(t[:min(len(t), longestReference)], ';')
		if end < 0 {
			return isOther, 0
		}
		digits, base := t[2:end], 10
		if len(digits) > 0 && digits[0]|0x20 == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(string(digits), base, 16)
		if err != nil {
			return isOther, 0
		}
		return separatorOf(rune(n)), end + 1
	}
	for i := range named {
		if r := &named[i]; len(t) >= len(r.text) && bytes.EqualFold(t[:len(r.text)], []byte(r.text)) {
			return r.kind, len(r.text)
		}
	}
	return isOther, 0
}

// longestReference is more than the bytes of a reference by number, with a zero or two before it.
const longestReference = 10

// backslashed reads \u2011 and \xa0, as JSON and programs write them, and the hyphen and plus of Markdown.
func backslashed(t []byte) (separatorKind, int) {
	n := 0
	switch {
	case len(t) < 2:
		return isOther, 0
	case t[1] == '-' || t[1] == '+':
		return isDash, 2
	case t[1] == 'u':
		n = 6
	case t[1] == 'x':
		n = 4
	}
	if n == 0 || len(t) < n {
		return isOther, 0
	}
	c, ok := hexadecimal(t[2:n])
	if !ok {
		return isOther, 0
	}
	return separatorOf(c), n
}

// percented reads %20 and %E2%80%91: the bytes of UTF-8 or Windows-1252, as addresses have them.
func percented(t []byte) (separatorKind, int) {
	var raw [3]byte
	n := 0
	for n < len(raw) && 3*n < len(t) {
		c := percentAt(t, 3*n)
		if c < 0 {
			break
		}
		raw[n] = byte(c)
		n++
	}
	if n == 0 || raw[0] == '&' || raw[0] == '\\' || raw[0] == '%' {
		return isOther, 0
	}
	if kind, k := separatorAt(raw[:n], 0); k > 0 {
		return kind, 3 * k
	}
	return isOther, 0
}

// separatorOf says what a character is that is written as a number. 150 and 151 are taken for the dashes of Windows-1252, as browsers do.
func separatorOf(c rune) separatorKind {
	if c == 150 || c == 151 {
		return isDash
	}
	var b [utf8.UTFMax]byte
	kind, n := separatorAt(b[:utf8.EncodeRune(b[:], c)], 0)
	if n == 0 {
		return isOther
	}
	return kind
}

// hexadecimal reads a number in hexadecimal, all of t.
func hexadecimal(t []byte) (n rune, ok bool) {
	for _, c := range t {
		switch {
		case isDigit(c):
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// percentAt is the byte that is written as %XX at i; -1 when none is.
func percentAt(t []byte, i int) int {
	if i < 0 || i+3 > len(t) || t[i] != '%' {
		return -1
	}
	c, ok := hexadecimal(t[i+1 : i+3])
	if !ok {
		return -1
	}
	return int(c)
}

// percentTwice reports whether a sign that a number may stand after is encoded twice at i, as %2520, where an address is a part of another.
func percentTwice(t []byte, i int) bool {
	if percentAt(t, i) != '%' || i+5 > len(t) {
		return false
	}
	c, ok := hexadecimal(t[i+3 : i+5])
	return ok && c < 0x80 && percentSign([]byte{'%', t[i+3], t[i+4]}, 0)
}

// percentSign reports whether %XX at i is a sign that a number may stand after: neither a letter, nor a digit, nor what addresses have
// not, so that 10%198507099805 is ten percent.
func percentSign(t []byte, i int) bool {
	c := percentAt(t, i)
	switch {
	case c < ' ':
		return c == '\t' || c == '\n' || c == '\r'
	case c < 0x80:
		return !isDigit(byte(c)) && (c|0x20 < 'a' || c|0x20 > 'z')
	}
	return c < 0xc0 && percentAt(t, i-3) != 0xc3
}

// percentParts reports whether the first two digits of a run belong to a percent sign at i, right before it.
func percentParts(t []byte, i int) bool { return t[i] == '%' && percentSign(t, i) }

// escapes reports whether the letter at i ends what stands for a sign, as a line break is \n in logs and dumps, / is %2F in addresses, and a
// quote \u201d in JSON.
func escapes(t []byte, i int) bool {
	if i > 0 && t[i-1] == '\\' {
		return t[i] == 'n' || t[i] == 't' || t[i] == 'r'
	}
	if i > 1 && t[i-2] == '%' {
		return percentSign(t, i-2)
	}
	return i > 3 && percentTwice(t, i-4) || coloured(t, i) || punctuated(t, i)
}

// punctuated reports whether the letter at i ends punctuation that is written out as \u201d.
func punctuated(t []byte, i int) bool {
	if i < 5 || t[i-5] != '\\' || t[i-4] != 'u' {
		return false
	}
	c, ok := hexadecimal(t[i-3 : i+1])
	return ok && (c >= 0x2000 && c < 0x2070 || c >= 0xa0 && c < 0xc0)
}

// coloured reports whether the letter at i ends what a terminal sets colours by, as in the logs of many programs: the escape character, a bracket,
// numbers, and m. JSON and shells write that character out.
func coloured(t []byte, i int) bool {
	if t[i] != 'm' {
		return false
	}
	at := i - 1
	for at >= 0 && i-at < longestColour && (isDigit(t[at]) || t[at] == ';') {
		at--
	}
	if at < 1 || t[at] != '[' {
		return false
	}
	before := t[:at]
	return before[at-1] == 0x1b || bytes.HasSuffix(before, []byte(`\u001b`)) || bytes.HasSuffix(before, []byte(`\u001B`)) ||
		bytes.HasSuffix(before, []byte(`\x1b`)) || bytes.HasSuffix(before, []byte(`\033`)) || bytes.HasSuffix(before, []byte(`\e`))
}

// longestColour is more than the bytes between the bracket and its m.
const longestColour = 20

// percents tries the run of digits at i, right after a percent sign: without its first two or four, or as the last four of a number, which a
// separator of which they are a part stands before. What is noted begins in the text[from:to].
func (s *Scanner) percents(i, from, to int) {
	t := s.text
	if !percentParts(t, i-1) {
		return
	}
	skip := 2
	if percentTwice(t, i-1) {
		skip = 4
	}
	start, n := i+skip, s.runAt(i)-skip
	if n == 4 {
		if start = s.dateBefore(i-1, start); start < 0 {
			return
		}
		if from <= start && start < to && s.shapes.tries[start/64]>>(start%64)&1 == 0 {
			s.tryCivic(start)
		}
		return
	}
	if from <= start && start < to && (n == 6 || n == 8 || n == 10 || n == 12) {
		s.tryCivic(start)
	}
}

// dateBefore is where the six or eight digits begin that a separator stands after whose last part begins at a place, and whose end is tail; -1
// when there are none.
func (s *Scanner) dateBefore(at, tail int) int {
	t := s.text
	for end := at; end >= 6 && tail-end < longestSeparator; end-- {
		if !isDigit(t[end-1]) || isDigit(t[end]) {
			continue
		}
		start := end - 1
		for start > 0 && end-start < 10 && isDigit(t[start-1]) {
			start--
		}
		if k := end - start; k != 6 && k != 8 || start > 0 && percentParts(t, start-1) {
			continue
		}
		if got, _ := s.tailAfter(end); got == tail {
			return start
		}
	}
	return -1
}
