// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"math/bits"
)

// The rules for personnummer and samordningsnummer: the century is 18, 19 or 20; a samordningsnummer's day is 60 higher, and official
// ones have month 00, day 60 and days that no calendar has; the birth number 000 is given to nobody; the last digit is Luhn's over
// the ten.

// civicForm is how such a number is written.
type civicForm uint8

const (
	bare10   civicForm = iota // YYMMDDNNNN
	bare12                    // YYYYMMDDNNNN
	dashed                    // with a hyphen of any kind, or a plus
	spaced                    // with a space, " - " or a line break
	floating                  // 1.98507099805E11
)

// civic tries the run of n digits at i.
func (s *Scanner) civic(i, n int) {
	t := s.text
	form, birth, tail := bare10, i, i+6
	if i+n < len(t) && t[i+n]|0x20 == 'e' {
		s.floating(i, n)
		return
	}
	switch n {
	case 10:
	case 12:
		form, birth, tail = bare12, i+2, i+8
	case 6, 8:
		if i+n >= len(t) || separatorFirst[t[i+n]] == 0 {
			return
		}
		k, strong := separator(t, i+n, s.Wraps)
		if k == 0 || !s.exactly(i+n+k, 4) {
			return
		}
		form, birth, tail = spaced, i+n-6, i+n+k
		if strong {
			form = dashed
		}
	default:
		return
	}
	if i > 0 && joins(t, i-1) || tail+4 < len(t) && letterAt(t, tail+4) {
		return
	}
	s.tryCivic(civicNumber{start: i, birth: birth, tail: tail, form: form})
}

// civicNumber is a number of the right shape: t[birth:] are YYMMDD and t[tail:] NNNN.
type civicNumber struct {
	start, birth, tail int
	form               civicForm
}

// tryCivic checks a number's date and checksum, and notes it.
func (s *Scanner) tryCivic(c civicNumber) {
	t := s.text
	if t[c.birth+2] > '1' && !s.Tried { // no month begins so: most that have the shape end here
		return
	}
	var ten [10]byte
	date, tail := (*[6]byte)(t[c.birth:]), (*[4]byte)(t[c.tail:])
	ten[0], ten[1], ten[2], ten[3], ten[4], ten[5] = date[0], date[1], date[2], date[3], date[4], date[5]
	ten[6], ten[7], ten[8], ten[9] = tail[0], tail[1], tail[2], tail[3]
	century := 0
	if c.birth-c.start >= 2 {
		century = max(1, two(t[c.birth-2:])) // 00 is written, and none of the three
	}
	d, why := s.checkCivic(&ten, century)
	if why == 0 {
		if s.Tried && (s.want[Personnummer] || s.want[Samordningsnummer]) {
			s.out = append(s.out, Match{Start: c.start, End: c.tail + 4, Detector: Personnummer})
		}
		return
	}
	if !s.want[d] {
		return
	}
	m := Match{Start: c.start, End: c.tail + 4, Detector: d, Why: why}
	s.judgeCivic(&m, c)
	s.out = append(s.out, m)
}

// checkCivic says which number ten digits are; why is 0 when they are none. century is 0 when it is not written.
func (s *Scanner) checkCivic(ten *[10]byte, century int) (Detector, Why) {
	month, day := two(ten[2:]), two(ten[4:])
	if month > 12 || day > 91 || century != 0 && (century < 18 || century > 20) || !luhn(ten[:]) || two(ten[6:])+int(ten[8]-'0') == 0 {
		return 0, 0
	}
	why := Checksum | Date
	if century != 0 {
		why |= Century
	}
	if day >= 60 {
		return Samordningsnummer, why
	}
	year := two(ten[:])
	if !dayExists(century, year, month, day) {
		return 0, 0
	}
	if century == 20 && (2000+year)*10000+month*100+day > s.Today {
		why |= Future
	}
	return Personnummer, why
}

// dayExists reports whether a day exists. Without a century, 29 February is taken in every fourth year: 2000 was one.
func dayExists(century, year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	most := int(monthDays[month])
	if month == 2 && year%4 == 0 && (year != 0 || century == 0 || century == 20) {
		most = 29
	}
	return day <= most
}

var monthDays = [13]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func two(b []byte) int {
	_ = b[1]
	return int(b[0])*10 + int(b[1]) - '0'*11
}

// luhnPairs has the sum of two digits of which the first is doubled.
var luhnPairs = func() (sums [100]uint8) {
	for i := range sums {
		a := i / 10 * 2
		sums[i] = uint8(a/10 + a%10 + i%10)
	}
	return sums
}()

// luhn checks an even number of digits.
func luhn(digits []byte) bool {
	sum := 0
	for i := 0; i+1 < len(digits); i += 2 {
		sum += int(luhnPairs[two(digits[i:])])
	}
	return sum%10 == 0
}

// exactly reports whether exactly n digits stand at i, and no more.
func (s *Scanner) exactly(i, n int) bool { return s.runAt(i) == n }

// runAt is how many digits stand from i on, up to 64.
func (s *Scanner) runAt(i int) int {
	if i >= len(s.text) {
		return 0
	}
	w, k := i/64, uint(i%64)
	x := s.digits[w] >> k
	if k > 0 {
		x |= s.digits[w+1] << (64 - k)
	}
	return bits.TrailingZeros64(^x)
}

// separatorFirst are the bytes that may begin what stands between the date and the last four.
var separatorFirst = func() (t [256]uint8) {
	for _, c := range []byte{'-', '+', ' ', '\n', '\r', 0xe2, 0xc2, 0x96, 0x97, 0xa0, 0xad, '&', '\\'} {
		t[c] = 1
	}
	return t
}()

// longestSeparator is how many bytes are looked at between the two parts: " – " with no-break spaces, and a line break, or three
// character references of HTML.
const longestSeparator = 24

// separator reads what stands between the two parts of a number: spaces, one dash, spaces. A line break counts as a space after a
// dash, and everywhere in text that was laid out in lines. strong is false for spaces without a dash.
func separator(t []byte, i int, wraps bool) (n int, strong bool) {
	dash, spaces := 0, 0
	j := i
	for j < len(t) && j-i < longestSeparator {
		kind, k := separatorAt(t, j)
		switch kind {
		case isDash:
			if dash++; dash > 1 {
				return 0, false
			}
		case isSpace:
			spaces++
		case isBreak:
			if dash == 0 && !wraps {
				return 0, false
			}
			spaces++
		default:
			if spaces > 3 || j == i {
				return 0, false
			}
			return j - i, dash == 1 && spaces == 0
		}
		j += k
	}
	return 0, false
}

type separatorKind uint8

const (
	isOther separatorKind = iota
	isDash
	isSpace
	isBreak
)

// separatorAt says what stands at j and how many bytes it is. In Windows-1252 a dash is one byte, which cannot follow a digit in UTF-8.
func separatorAt(t []byte, j int) (separatorKind, int) {
	switch c := t[j]; c {
	case '-', '+', 0x96, 0x97, 0xad:
		return isDash, 1
	case ' ', 0xa0:
		return isSpace, 1
	case '\n', '\r':
		return isBreak, 1
	case 0xc2:
		if j+1 < len(t) && t[j+1] == 0xa0 {
			return isSpace, 2
		}
		if j+1 < len(t) && t[j+1] == 0xad {
			return isDash, 2
		}
	case 0xe2:
		return generalPunctuation(t, j)
	case '&', '\\':
		return writtenOut(t[j:])
	}
	return isOther, 0
}

// references are dashes and spaces as HTML and JSON may write them out.
var references = []struct {
	text string
	kind separatorKind
}{
	{"&nbsp;", isSpace},
	{"&#160;", isSpace},
	{"&#xa0;", isSpace},
	{"&#8239;", isSpace},
	{"&#32;", isSpace},
	{"&shy;", isDash},
	{"&#173;", isDash},
	{"&ndash;", isDash},
	{"&mdash;", isDash},
	{"&minus;", isDash},
	{"&#45;", isDash},
	{"&#43;", isDash},
	{"&#8208;", isDash},
	{"&#8209;", isDash},
	{"&#8210;", isDash},
	{"&#8211;", isDash},
	{"&#8212;", isDash},
	{"&#8722;", isDash},
	{"&#x2010;", isDash},
	{"&#x2011;", isDash},
	{"&#x2012;", isDash},
	{"&#x2013;", isDash},
	{"&#x2014;", isDash},
	{"&#x2212;", isDash},
	{`\u00a0`, isSpace},
	{`\u202f`, isSpace},
	{`\u00ad`, isDash},
	{`\u002d`, isDash},
	{`\u2010`, isDash},
	{`\u2011`, isDash},
	{`\u2012`, isDash},
	{`\u2013`, isDash},
	{`\u2014`, isDash},
	{`\u2212`, isDash},
}

// writtenOut reads a dash or a space that is written out.
func writtenOut(t []byte) (separatorKind, int) {
	for i := range references {
		if r := &references[i]; len(t) >= len(r.text) && bytes.EqualFold(t[:len(r.text)], []byte(r.text)) {
			return r.kind, len(r.text)
		}
	}
	return isOther, 0
}

// generalPunctuation knows the dashes and spaces of Unicode's blocks U+2000 and U+2200: hyphens, dashes, the minus sign; spaces of
// fixed width, the narrow no-break space.
func generalPunctuation(t []byte, j int) (separatorKind, int) {
	if j+2 >= len(t) {
		return isOther, 0
	}
	a, b := t[j+1], t[j+2]
	switch {
	case a == 0x80 && b >= 0x90 && b <= 0x95, a == 0x88 && b == 0x92:
		return isDash, 3
	case a == 0x80 && b >= 0x80 && b <= 0x8b, a == 0x80 && b == 0xaf, a == 0x81 && b == 0xa0:
		return isSpace, 3
	}
	return isOther, 0
}

// joins reports whether what ends at i is a letter, so that what follows belongs to a word.
func joins(t []byte, i int) bool {
	c := t[i]
	switch {
	case c < 0x80:
		return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	case c >= 0xc0: // a letter of Windows-1252: in UTF-8 such a byte is not the last of a character
		return true
	default:
		return i > 0 && t[i-1] == 0xc3
	}
}

// letterAt reports whether a letter begins at i.
func letterAt(t []byte, i int) bool {
	c := t[i]
	switch {
	case c < 0x80:
		return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	case c == 0xc3:
		return true
	case c == 0xe2 || c == 0xc2:
		return false
	default:
		return c >= 0xc0
	}
}

// floating tries numbers that a spreadsheet has written as 1.98507099805E11: the digits after the point are the run.
func (s *Scanner) floating(i, n int) {
	t := s.text
	if n > 11 || i+n+3 > len(t) || t[i+n]|0x20 != 'e' || !wholeBefore(t, i) {
		return
	}
	e := i + n + 1
	if t[e] == '+' {
		e++
	}
	k := s.runAt(e)
	if k == 0 || k > 3 {
		return
	}
	exponent := 0
	for _, c := range t[e : e+k] {
		exponent = exponent*10 + int(c-'0')
	}
	if exponent < n {
		return
	}
	digits := append([]byte{t[i-2]}, t[i:i+n]...)
	for len(digits) < exponent+1 && len(digits) < 13 {
		digits = append(digits, '0')
	}
	s.wholeCivic(digits, i-2, e+k)
}

// wholeBefore reports whether one digit and a point stand before i, and nothing that they belong to.
func wholeBefore(t []byte, i int) bool {
	if i < 2 || t[i-1] != '.' && t[i-1] != ',' || t[i-2] < '1' || t[i-2] > '9' {
		return false
	}
	return i == 2 || !isDigit(t[i-3]) && !joins(t, i-3)
}

// wholeCivic tries the digits of a number that was stored as a number, which stands at start to end.
func (s *Scanner) wholeCivic(digits []byte, start, end int) {
	century := 0
	why := Form
	switch {
	case len(digits) == 12:
		century = two(digits)
		digits = digits[2:]
	case len(digits) < 10 && len(digits) >= 7:
		lost := append(make([]byte, 0, 10), "000"[:10-len(digits)]...)
		digits = append(lost, digits...)
		why = Ambiguous
	case len(digits) != 10:
		return
	}
	d, more := s.checkCivic((*[10]byte)(digits), century)
	m := Match{Start: start, End: end, Detector: d, Why: why | more, Confidence: Medium}
	switch {
	case more == 0:
		if !s.Tried {
			return
		}
		m.Detector, m.Why, m.Confidence = Personnummer, 0, None
	case why == Ambiguous || more&Future != 0:
		m.Confidence = Low
	}
	if more != 0 && !s.want[d] {
		return
	}
	s.out = append(s.out, m)
}
