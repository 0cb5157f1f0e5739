// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"net/netip"
	"strings"
)

// phone tries a Swedish telephone number: 0 and an area or mobile code, or +46 or 0046; eight to ten digits in all, in groups.
func (s *Scanner) phone(r *run) {
	t := s.text
	start, at, country := phoneStart(t, r)
	if start < 0 || start > 0 && (joins(t, start-1) || isJoint(t[start-1]) && t[start-1] != '/' || isDigit(t[start-1])) {
		return
	}
	digits, groups, end := s.phoneGroups(at)
	least, most := 8, 10
	if country {
		least, most = 7, 9
		if digits > 0 && t[firstDigit(t, at)] == '0' {
			digits--
		}
	}
	if digits < least || digits > most || goesOn(t, end) || inRow(t, end, groups) {
		return
	}
	c, why := s.judgePhone(r, phoneForm{country, digits == 10 && isMobile(t[r.i:]), groups})
	s.add(Phone, start, end, c, why)
}

// inRow reports whether a space and a digit follow: what looks like a telephone number is part of a row of numbers.
func inRow(t []byte, end, groups int) bool {
	return groups > 3 && end+1 < len(t) && t[end] == ' ' && isDigit(t[end+1])
}

// isMobile reports whether digits are 07 and what mobile numbers go on with.
func isMobile(t []byte) bool {
	const series = 1<<0 | 1<<2 | 1<<3 | 1<<6 | 1<<9
	return t[0] == '0' && t[1] == '7' && series>>(t[2]-'0')&1 != 0
}

// phoneStart is where a telephone number begins and where its digits do, its country's code aside; start is -1 when none begins here.
func phoneStart(t []byte, r *run) (start, at int, country bool) {
	switch {
	case r.before == '+':
		if r.n >= 2 && t[r.i] == '4' && t[r.i+1] == '6' {
			return r.i - 1, r.i + 2, true
		}
		return -1, 0, false
	case r.n < 2 || r.n > 14:
		return -1, 0, false
	case t[r.i+1] != '0':
		return r.i, r.i, false
	case bytes.HasPrefix(t[r.i:r.i+r.n], []byte("0046")):
		return r.i, r.i + 4, true
	}
	return -1, 0, false
}

// goesOn reports whether what ends at a place is part of something longer.
func goesOn(t []byte, end int) bool {
	return end < len(t) && (letterAt(t, end) || end+1 < len(t) && isJoint(t[end]) && isDigit(t[end+1]))
}

// phoneForm is how a telephone number is written.
type phoneForm struct {
	country, mobile bool
	groups          int
}

func firstDigit(t []byte, at int) int {
	for at < len(t)-1 && !isDigit(t[at]) {
		at++
	}
	return at
}

// phoneGroups reads groups of digits with single separators between them.
func (s *Scanner) phoneGroups(at int) (digits, groups, end int) {
	t := s.text
	end = at
	for at < len(t) && digits <= 11 {
		k := s.runAt(at)
		if k > 0 {
			if groups > 0 && (k < 2 || k > 8) {
				return digits, groups, end
			}
			digits += k
			groups++
			at += k
			end = at
			if digits >= 10 {
				return digits, groups, end
			}
		}
		skip := phoneSeparator(t, at)
		if skip == 0 || groups > 1 && t[at] == '/' { // a date
			return digits, groups, end
		}
		at += skip
		if at < len(t) && !isDigit(t[at]) {
			return digits, groups, end
		}
	}
	return digits, groups, end
}

// phoneSeparator is what may stand between groups: one separator, a hyphen between spaces, or (0).
func phoneSeparator(t []byte, at int) int {
	if at >= len(t) {
		return 0
	}
	var of []string
	switch t[at] {
	case '-':
		if at+1 < len(t) && t[at+1] == ' ' {
			return 2
		}
		return 1
	case '/', 0x96, 0xa0:
		return 1
	case ' ':
		of = afterSpace
	case '(':
		of = inBrackets
	case 0xc2, 0xe2:
		of = outsideASCII
	default:
		return 0
	}
	for _, sep := range of {
		if bytes.HasPrefix(t[at:], []byte(sep)) {
			return len(sep)
		}
	}
	return 0
}

// The separators of telephone numbers that are longer than a byte, by what they begin with.
var (
	afterSpace   = []string{" (0) ", " (0)", " - ", " "}
	inBrackets   = []string{"(0) ", "(0)"}
	outsideASCII = []string{"\u00a0", "–", "\u2011"}
)

// judgePhone says how sure a telephone number is.
func (s *Scanner) judgePhone(r *run, f phoneForm) (Confidence, Why) {
	switch {
	case s.saidOf(r)&(1<<Phone) != 0:
		return High, Words
	case r.said&(otherNumbers|civicWords) != 0:
		return Low, AgainstWords
	}
	return s.byForm(r, f)
}

// byForm weighs a telephone number by how it is written alone.
func (s *Scanner) byForm(r *run, f phoneForm) (Confidence, Why) {
	t := s.text
	area := r.n == 3 || r.n == 4 || r.n == 2 && t[r.i+1] == '8' // the first group is an area code or 07X; of two digits there is 08
	switch {
	case f.country, f.mobile && area && f.groups > 1:
		return High, Form
	case r.n == 2 && f.groups == 4 && t[r.i+2] == ' ': // 08 07 06 05: a row of bytes, or of days
		return Low, Ambiguous
	case f.mobile && f.groups == 1, area && f.groups > 2, area && f.groups == 2 && t[r.i+r.n] == '-':
		return Medium, Form
	}
	return Low, 0
}

// card tries a payment card: 13 to 19 digits of an issuer, bare or in groups, with Luhn's checksum.
func (s *Scanner) card(r *run) {
	d, end, groups := s.cardGroups(r)
	n := len(d)
	if n < 13 || !issued(d) || !luhnAny(d) || !s.free(r.i, end) || groups > 1 && s.inColumnOfDigits(r.i, end) {
		return
	}
	other, form := Medium, Why(0)
	if groups > 1 {
		other, form = High, Form
	}
	if groups == 1 && (r.before == '-' || r.before == '/' || r.before == '_') { // part of a name or a path
		other = Low
	}
	c, why := bySaid(Card, s.saidOf(r), other)
	s.add(Card, r.i, end, c, why|form|Checksum|Known)
}

// cardGroups reads the digits: one run, or groups of four to six with a space or a hyphen between them.
func (s *Scanner) cardGroups(r *run) (digits []byte, end, groups int) {
	t, d := s.text, s.digitsOf[:0]
	for at := r.i; ; at++ {
		k := s.runAt(at)
		if k == 0 || len(d)+k > 19 {
			return nil, 0, 0
		}
		d = append(d, t[at:at+k]...)
		at += k
		groups++
		if r.n > 6 || k < 4 || k > 6 || len(d) >= 16 || groups == 3 && len(d) == 15 || at >= len(t) || t[at] != ' ' && t[at] != '-' {
			return d, at, groups
		}
	}
}

// inColumnOfDigits reports whether a group of digits stands before or after groups, with one space or a line break between: what looks
// like a card is part of a row of numbers.
func (s *Scanner) inColumnOfDigits(start, end int) bool {
	t := s.text
	return start >= 2 && (t[start-1] == ' ' || t[start-1] == '\n') && isDigit(t[start-2]) ||
		end+1 < len(t) && (t[end] == ' ' || t[end] == '\n') && isDigit(t[end+1])
}

// issuers are ranges of the first four digits of cards, with the lengths they have.
var issuers = []struct{ from, to, least, most int }{
	{2221, 2720, 16, 16},
	{3000, 3059, 14, 14},
	{3400, 3499, 15, 15},
	{3528, 3589, 16, 16},
	{3600, 3699, 14, 14},
	{3700, 3799, 15, 15},
	{3800, 3899, 14, 14},
	{4000, 4999, 13, 19},
	{5000, 5099, 16, 19},
	{5100, 5599, 16, 16},
	{5600, 5899, 16, 19},
	{6011, 6011, 16, 16},
	{6500, 6599, 16, 16},
	{6700, 6799, 16, 19},
}

// issuersOf are places among issuers by the first two digits of cards, of which none has two; -1 where there is none.
var issuersOf = func() (t [100]int8) {
	for i := range t {
		t[i] = -1
	}
	for k, i := range issuers {
		for four := i.from; four <= i.to; four++ {
			t[four/100] = int8(k)
		}
	}
	return t
}()

// issued reports whether an issuer of cards has numbers that begin so, of that length.
func issued(d []byte) bool {
	first := two(d)
	k := issuersOf[first]
	if k < 0 {
		return false
	}
	i, four := &issuers[k], first*100+two(d[2:])
	return four >= i.from && four <= i.to && len(d) >= i.least && len(d) <= i.most
}

func luhnAny(d []byte) bool {
	if len(d)%2 == 0 {
		return luhn(d)
	}
	var even [20]byte
	even[0] = '0'
	copy(even[1:], d)
	return luhn(even[:len(d)+1])
}

// ibanLengths are how long an IBAN is, by country.
var ibanLengths = map[string]int{
	"AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GI": 23, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
	"MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}

// iban tries two letters and digits, in groups of four or without: the remainder of 97 must be 1.
func (s *Scanner) iban(r *run, first int) {
	t := s.text
	length := ibanLengths[string(t[first:first+2])]
	if length == 0 || r.n < 2 {
		return
	}
	d, at := ibanCharacters(t, first, length)
	if len(d) < length || at < len(t) && (isDigit(t[at]) || letterAt(t, at)) {
		return
	}
	rest := 0
	for i := range length {
		rest = mod97(rest, d[(i+4)%length])
	}
	if rest == 1 {
		s.add(IBAN, first, at, High, Checksum|Known)
	}
}

// longestIBAN are the bytes of an IBAN in groups at most.
const longestIBAN = 96

// ibanCharacters reads digits and capitals, with spaces after every fourth.
func ibanCharacters(t []byte, at, length int) (d []byte, end int) {
	for first := at; at < len(t) && len(d) < length && at-first < longestIBAN; at++ {
		switch c := t[at]; {
		case isDigit(c) || isCapital(c):
			d = append(d, c)
		case len(d)%4 == 0 && (c == ' ' || c == 0xc2 || c == 0xa0):
		default:
			return d, at
		}
	}
	return d, at
}

func mod97(rest int, c byte) int {
	if isDigit(c) {
		return (rest*10 + int(c-'0')) % 97
	}
	return (rest*100 + int(c-'A') + 10) % 97
}

// ip4 tries four numbers with points.
func (s *Scanner) ip4(r *run) {
	t := s.text
	end := s.fourParts(r.i)
	if end == 0 || r.i > 0 && (t[r.i-1] == '.' || t[r.i-1] == '-') || goesOn(t, end) && t[end] != '/' {
		return
	}
	b, ok := ip4Bytes(t[r.i:end])
	if !ok || b[0] == 127 || b[0]-1 >= 223 {
		return
	}
	switch {
	case s.saidOf(r)&(1<<IP) != 0:
		s.add(IP, r.i, end, High, Words)
	case r.said&(1<<against) != 0 || b[0] < 10 && min(b[1], b[2]) < 30: // a version, a chapter
		s.add(IP, r.i, end, Low, Ambiguous)
	default:
		s.add(IP, r.i, end, Medium, Form)
	}
}

// ip4Bytes are the four bytes of an address; ok is false when one is more than a byte is, or begins with 0.
func ip4Bytes(text []byte) (b [4]byte, ok bool) {
	part, value, digits := 0, 0, 0
	for _, c := range text {
		if c == '.' {
			b[part] = byte(value)
			part, value, digits = part+1, 0, 0
			continue
		}
		if digits > 0 && value == 0 {
			return b, false
		}
		value, digits = value*10+int(c-'0'), digits+1
		if value > 255 {
			return b, false
		}
	}
	b[part] = byte(value)
	return b, true
}

// fourParts is where four runs of at most three digits with points between them end; 0 when they do not stand there.
func (s *Scanner) fourParts(at int) int {
	for part := range 4 {
		k := s.runAt(at)
		if k == 0 || k > 3 {
			return 0
		}
		at += k
		if part == 3 {
			return at
		}
		if at >= len(s.text) || s.text[at] != '.' {
			return 0
		}
		at++
	}
	return 0
}

// ip6 tries hexadecimal groups with colons around a run of digits. Only its first run of digits tries it.
func (s *Scanner) ip6(r *run) {
	t := s.text
	first, end := r.i, r.i+r.n
	for first > 0 && r.i-first < 40 && isHexColon(t[first-1]) {
		first--
		if isDigit(t[first]) {
			return
		}
	}
	for end < len(t) && end-first < 46 && isHexColon(t[end]) {
		end++
	}
	text := bytes.TrimRight(t[first:end], ":")
	if first > 0 && joins(t, first-1) || end < len(t) && letterAt(t, end) || !isIP6(text) {
		return
	}
	c := Medium
	if s.saidOf(r)&(1<<IP) != 0 {
		c = High
	}
	s.add(IP, first, first+len(text), c, Form)
}

// isIP6 reports whether a text is an address of somebody: not a time, which has fewer colons, and not of this machine.
func isIP6(text []byte) bool {
	colons := bytes.Count(text, []byte(":"))
	if colons < 2 || colons > 7 {
		return false
	}
	if colons < 7 && !bytes.Contains(text, []byte("::")) {
		return false
	}
	addr, err := netip.ParseAddr(string(text))
	return err == nil && !addr.IsLoopback() && !addr.IsUnspecified() && !addr.IsMulticast()
}

func isHexColon(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' || c == ':' }

// diagnosis tries a letter and digits: F32, F32.1, F321, F32.1A.
func (s *Scanner) diagnosis(r *run) {
	first := r.i - 1
	end, dotted := s.diagnosisEnd(r)
	if end == 0 || !s.free(first, end) {
		return
	}
	_, near := s.near(1<<ICD10, first, end, 150)
	switch {
	case s.saidOf(r)&(1<<ICD10) != 0 || near && dotted:
		s.add(ICD10, first, end, High, Words|Form)
	case near && r.n <= 3:
		s.add(ICD10, first, end, Medium, Words|Form)
	case dotted:
		s.add(ICD10, first, end, Low, Form)
	}
}

// diagnosisEnd is where such a code ends; 0 when it is none.
func (s *Scanner) diagnosisEnd(r *run) (end int, dotted bool) {
	t := s.text
	if r.n < 2 || r.n > 4 {
		return 0, false
	}
	end = r.i + r.n
	if r.n == 2 && end < len(t) && t[end] == '.' {
		if k := s.runAt(end + 1); k == 1 || k == 2 {
			end += 1 + k
			dotted = true
		}
	}
	if end < len(t) && isCapital(t[end]) {
		end++
	}
	return end, dotted
}

// vehicleLetters are those of registration numbers.
const vehicleLetters = "ABCDEFGHJKLMNOPRSTUWXYZ"

// vehicle tries ABC123 and ABC12D; with a space, vehicleSpaced does.
func (s *Scanner) vehicle(r *run, first int) {
	t, end := s.text, r.i+r.n
	if r.n == 2 && end < len(t) && strings.IndexByte(vehicleLetters, t[end]) >= 0 && t[end] != 'O' {
		end++
	} else if r.n != 3 {
		return
	}
	for _, c := range t[first:min(first+3, r.i)] {
		if strings.IndexByte(vehicleLetters, c) < 0 {
			return
		}
	}
	if !s.free(first, end) {
		return
	}
	c, why := Low, Form
	if s.saidOf(r)&(1<<Vehicle) != 0 {
		c, why = High, Form|Words
	} else if _, ok := s.near(1<<Vehicle, first, end, 100); ok && r.said&(1<<against) == 0 {
		c, why = Medium, Form|Words
	}
	s.add(Vehicle, first, end, c, why)
}

// vehicleSpaced tries ABC 123.
func (s *Scanner) vehicleSpaced(r *run) bool {
	t := s.text
	first := r.i - 4
	if first < 0 || r.n < 2 || r.n > 3 || !isCapital(t[first]) || !isCapital(t[first+1]) || !isCapital(t[first+2]) || first > 0 && (joins(t, first-1) || isDigit(t[first-1])) {
		return false
	}
	s.said(r.i)
	r.at = first
	s.vehicle(r, first)
	return true
}
