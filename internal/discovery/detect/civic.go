// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"encoding/binary"
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

// tryCivic tries the run of digits at i, which has the shape of a number, and notes it when it is one. Nearly all that are none end with their
// date or their sum.
func (s *Scanner) tryCivic(i int) {
	n := s.runAt(i)
	s.tryParts(i, n>>1&1^1, n >= 10) // of six, eight, ten and twelve, a century have eight and twelve
}

// tryParts does so for a run of which it is known whether it has a century, as wide is 1 then, and whether no separator is in it.
func (s *Scanner) tryParts(i, wide int, bare bool) {
	t := s.text
	birth := i + 2*wide
	if !bare && birth+11 > len(t) {
		return
	}
	x := binary.LittleEndian.Uint64(t[birth:])
	pairs := pairsOf(x)
	kind := days[pairs>>9&(0x7f<<7)|pairs>>32&0x7f]
	if kind == noDay && !s.Tried {
		return
	}
	tail, form := birth+6, bare10
	if wide != 0 {
		form = bare12
	}
	if !bare {
		if tail, form = s.tailAfter(tail); tail == 0 {
			return
		}
		pairs = pairsOf(x&(1<<48-1) | uint64(binary.LittleEndian.Uint16(t[tail:]))<<48)
	}
	last := two(t[tail+2:])
	right := kind != noDay && sumRight(pairs, last)
	if !right && !s.Tried || s.inWord(i, tail+4, wide != 0, form) {
		return
	}
	century := 0
	if wide != 0 {
		century = max(1, two(t[i:])) // 00 is written, and none of the three
	}
	if !right || !s.noteCivic(i, tail+4, pairs|uint64(last)<<8, century, form, s.attached(i, tail+4)) {
		s.noteTried(i, tail+4)
	}
}

// tailAfter finds the last four digits of a number whose date ends at a place, after a separator; 0 when they do not stand there.
func (s *Scanner) tailAfter(end int) (tail int, form civicForm) {
	t := s.text
	if separatorFirst[t[end]] == 0 {
		return 0, 0
	}
	form, tail = dashed, end+1
	if dash := longDash(t, end); dash > 0 {
		tail = end + dash
	} else if t[end] != '-' || !isDigit(t[tail]) {
		k, strong := separator(t, end, s.Wraps)
		if k == 0 {
			return 0, 0
		}
		tail = end + k
		if !strong {
			form = spaced
		}
	}
	if !s.exactly(tail, 4) {
		return 0, 0
	}
	return tail, form
}

// longDash is how long the dash outside ASCII is that stands alone before a digit; 0 when none does.
func longDash(t []byte, i int) int {
	if t[i] != 0xe2 {
		return 0
	}
	if kind, n := generalPunctuation(t, i); kind == isDash && i+n < len(t) && isDigit(t[i+n]) {
		return n
	}
	return 0
}

// alone says of each byte whether it can stand beside a number without being, or making the number, a part of something
// longer: it is neither a letter, nor a part of one, nor what joins numbers, nor what may write a sign with the digits after it.
var alone = func() (t [256]uint8) {
	for c := range byte(0x80) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && !isJoint(c) && c != '%' {
			t[c] = 1
		}
	}
	return t
}()

// noteCivic notes a number whose day exists in some year and whose sum is right, and reports whether it is one. century is 0 when it is
// not written.
func (s *Scanner) noteCivic(start, end int, number uint64, century int, form civicForm, attached bool) bool {
	d, why := s.dated(number, century)
	if why == 0 || !s.want[d] {
		return why != 0
	}
	if s.Count != nil && why&Future == 0 && !attached && !s.others {
		counted := why
		if form == dashed {
			counted |= Separator
		}
		if s.Count(start, d, number, counted) { // as nearly all numbers in columns are
			return true
		}
	}
	// Made in its place: copied right after it is written, it would be waited for.
	s.out = append(s.out, Match{})
	m := &s.out[len(s.out)-1]
	m.Start, m.End, m.Detector, m.Why, m.Number = start, end, d, why, number
	s.judgeCivic(m, form, attached)
	return true
}

// noteTried notes what has the shape of a number and is none, where such are asked for.
func (s *Scanner) noteTried(start, end int) {
	if s.Tried && (s.want[Personnummer] || s.want[Samordningsnummer]) {
		s.out = append(s.out, Match{Start: start, End: end, Detector: Personnummer})
	}
}

// pairsOf makes the values of four pairs of eight digits, 16 bits apart.
func pairsOf(x uint64) uint64 {
	x -= zeros
	return (x*10 + x>>8) & 0x00ff00ff00ff00ff
}

// What days hold in a month's row: no date, a day, 29 February, and a day 60 higher, of which every month has any.
// All but the first are odd.
const (
	noDay       = 0
	aDay        = 1
	leapDay     = 3
	coordinated = 5
)

// days are what each day is, by 128 times the month, 00 among them.
var days = func() (t [128 * 128]uint8) {
	for month := range 13 {
		for day := 1; day <= int(monthDays[month]); day++ {
			t[month*128+day] = aDay
		}
		for day := 60; day <= 91; day++ {
			t[month*128+day] = coordinated
		}
	}
	t[2*128+29] = leapDay
	return t
}()

// sumRight reports whether the sum of five pairs of digits is right.
func sumRight(pairs uint64, last int) bool {
	sum := luhnPairs[pairs&0x7f] + luhnPairs[pairs>>16&0x7f] + luhnPairs[pairs>>32&0x7f] + luhnPairs[pairs>>48&0x7f] + luhnPairs[last&0x7f]
	return sum%10 == 0
}

// checkCivic says which number five pairs of digits are; why is 0 when they are none. century is 0 when it is not written.
func (s *Scanner) checkCivic(pairs uint64, last, century int) (Detector, Why) {
	if days[pairs>>9&(0x7f<<7)|pairs>>32&0x7f] == noDay || !sumRight(pairs, last) {
		return 0, 0
	}
	return s.dated(pairs|uint64(last)<<8, century)
}

// dated says which number one is whose sum is right and whose day exists in some year; why is 0 when it is none. Which century is written
// cannot be foreseen, so that little here branches on it.
func (s *Scanner) dated(number uint64, century int) (Detector, Why) {
	why := centuries[century&0x7f]
	if why == 0 || number>>48&0x7f == 0 && number>>8&0x7f < 10 {
		return 0, 0
	}
	year, month, day := int(number&0x7f), int(number>>16&0x7f), int(number>>32&0x7f)
	if kind := days[month*128+day]; kind != aDay {
		if kind == coordinated {
			return Samordningsnummer, why
		}
		if !dayExists(century, year, month, day) {
			return 0, 0
		}
	}
	if ((century*100+year)*100+month)*100+day > max(s.Today, 1999_12_31) { // only of a year from 2000 on can that be true
		why |= Future
	}
	return Personnummer, why
}

// centuries are what is known of a number whose date and sum are right, by the century that is written, 0 for none; 0 for what is none.
var centuries = [128]Why{0: Checksum | Date, 18: Checksum | Date | Century, 19: Checksum | Date | Century, 20: Checksum | Date | Century}

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
var luhnPairs = func() (sums [128]uint8) {
	for i := range 100 {
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
	return bits.TrailingZeros64(^s.digitsFrom(i))
}

// digitsFrom is the bitmap of the digits of 64 bytes from i on, which is at most where the text ends.
func (s *Scanner) digitsFrom(i int) uint64 {
	w, k := i/64, uint(i%64)
	x := s.digits[w] >> k
	if k > 0 {
		x |= s.digits[w+1] << (64 - k)
	}
	return x
}

// separatorFirst are the bytes that may begin what stands between the date and the last four: 3 are those that do so alone, whatever
// the encoding.
var separatorFirst = func() (t [256]uint8) {
	for _, c := range []byte{'-', '+', ' ', '\n', '\r', 0xe2, 0xc2, 0x96, 0x97, 0xa0, 0xad, '&', '\\', '%'} {
		t[c] = 1
	}
	t['-'], t['+'], t[' '] = 3, 3, 3
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
	case '&', '\\', '%':
		return writtenOut(t[j:])
	}
	return isOther, 0
}

// generalPunctuation knows the dashes and spaces of Unicode's blocks U+2000 and U+2200: hyphens, dashes, the minus sign; spaces of
// fixed width or of none, marks of direction, the narrow no-break space.
func generalPunctuation(t []byte, j int) (separatorKind, int) {
	if j+2 >= len(t) {
		return isOther, 0
	}
	a, b := t[j+1], t[j+2]
	switch {
	case a == 0x80 && b >= 0x90 && b <= 0x95, a == 0x88 && b == 0x92:
		return isDash, 3
	case a == 0x80 && b >= 0x80 && b <= 0x8f, a == 0x80 && b >= 0xaa && b <= 0xaf, a == 0x81 && b >= 0xa0 && b <= 0xaf:
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

// floating tries numbers that a spreadsheet has written as 1.98507099805E11: the digits after the point, which wholeBefore says stands there,
// are the run.
func (s *Scanner) floating(i, n int) {
	t := s.text
	if n > 11 || i+n+3 > len(t) || t[i+n]|0x20 != 'e' {
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
		century = max(1, two(digits))
		digits = digits[2:]
	case len(digits) < 10 && len(digits) >= 7:
		lost := append(make([]byte, 0, 10), "000"[:10-len(digits)]...)
		digits = append(lost, digits...)
		why = Ambiguous
	case len(digits) != 10:
		return
	}
	pairs, last := pairsOf(binary.LittleEndian.Uint64(digits)), two(digits[8:])
	d, more := s.checkCivic(pairs, last, century)
	m := Match{Start: start, End: end, Detector: d, Why: why | more, Confidence: Medium, Number: pairs | uint64(last)<<8}
	switch {
	case more == 0:
		if !s.Tried {
			return
		}
		m.Detector, m.Why, m.Confidence, m.Number = Personnummer, 0, None, 0
	case why == Ambiguous || more&Future != 0:
		m.Confidence = Low
	}
	if more != 0 && !s.want[d] {
		return
	}
	s.out = append(s.out, m)
}
