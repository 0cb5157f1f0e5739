// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// What a name is told to be, in a finding's Place.Field.
const (
	// FileName is the field of what stands in the name of a file or a member, and FolderName in that of a folder.
	FileName, FolderName = "file name", "folder name"
)

// names looks through the names of files, folders and members, and tells them without what says who somebody is. It is for one goroutine.
type names struct {
	scanner *detect.Scanner // nil until there is a name to look through
	rules   *detect.Rules
	chosen  []detect.Detector
	plain   bool // what is looked for needs digits, a capital or an @
	today   int
	text    []byte
	last    string // the name that was looked through last, in which found stands
	found   []detect.Match
}

func (e *engine) newNames() *names { return newNames(e.Rules, e.Detectors, today(e.started)) }

func newNames(r *detect.Rules, chosen []detect.Detector, today int) *names {
	n := &names{rules: r, chosen: chosen, plain: true, today: today}
	for _, d := range chosen {
		n.plain = n.plain && slices.Contains(named, d)
	}
	return n
}

// leastDigits is less than the digits of any number that says who somebody is.
const leastDigits = 6

// plainly reports whether a name can hold nothing of what is looked for: of that all are numbers, addresses of mail, or begin with a capital. Then
// no scanner is made, whose terms take longer to prepare than a folder's files to be looked through.
func (n *names) plainly(name string) bool {
	digits := 0
	for i := range len(name) {
		switch c := name[i]; {
		case isDigit(c):
			digits++
		case c == '@' || c >= 0x80 || c >= 'A' && c <= 'Z':
			return false
		}
	}
	return n.plain && digits < leastDigits
}

// look looks through a name: what in it says something about somebody, among what is looked for and what is masked in any case. It is valid
// until the next name. What has the confidence None is masked, and not told as found.
func (n *names) look(name string) []detect.Match {
	if n.plainly(name) {
		return nil
	}
	if n.scanner == nil {
		n.scanner = n.rules.NewScanner(append(append([]detect.Detector{}, n.chosen...), named...))
		n.scanner.Today = n.today
	}
	if name == n.last && name != "" {
		return n.found
	}
	n.last = name
	n.text = spread(n.text[:0], name)
	size := len(n.text)
	for len(n.text)%wholeBytes != 0 { // the scanner takes that many bytes at once, and what is left over one by one
		n.text = append(n.text, '\n')
	}
	n.found = append(n.found[:0], n.scanner.Scan(n.text, 0, size)...)
	person := false
	for i := range n.found {
		n.found[i].End = min(n.found[i].End, size)
		person = person || n.found[i].Detector == detect.NamePerson && n.found[i].Confidence >= detect.Medium
	}
	for i := range n.found {
		n.weigh(&n.found[i], name, person)
	}
	return n.found
}

// wholeBytes are the bytes that a word of the scanner's bitmaps is of.
const wholeBytes = 64

// weigh changes what a match is worth by how names are made: times, versions and what programs call their files are common in them.
func (n *names) weigh(m *detect.Match, name string, person bool) {
	civic := m.Detector == detect.Personnummer || m.Detector == detect.Samordningsnummer
	value := name[m.Start:m.End]
	switch {
	case m.Detector == detect.IP: // a version has the same form
		m.Confidence = detect.None
	case civic && m.Why&(detect.Neighbours|detect.Future) != 0:
		m.Confidence = detect.None
	case digitAt([]byte(value), 0) && (coded(name, m.Start, m.End) || inUUID(name, m.Start, m.End)):
		m.Confidence = detect.None
	case civic && !person && m.Why&detect.Words == 0 && (m.Detector == detect.Personnummer && isTime(value) || isSeconds(value)):
		m.Confidence, m.Why = detect.Low, m.Why|detect.Ambiguous
	}
}

// hides reports whether a match is masked wherever a name is told.
func hides(m *detect.Match) bool {
	if m.Detector == detect.Personnummer || m.Detector == detect.Samordningsnummer {
		return true
	}
	if m.Confidence < detect.Medium {
		return false
	}
	for _, d := range named {
		if d == m.Detector {
			return true
		}
	}
	return false
}

// masked is a name without what says who somebody is, and whether there was any.
func masked(name string, found []detect.Match) (string, bool) {
	var out []byte
	done := 0
	for i := range found {
		m := &found[i]
		if m.Start < done || !hides(m) {
			continue
		}
		out = detect.AppendMask(append(out, name[done:m.Start]...), m.Detector, []byte(name[m.Start:m.End]))
		done = m.End
	}
	if done == 0 {
		return name, false
	}
	return string(append(out, name[done:]...)), true
}

// tell is how a name is told that is the number-th of its folder. Two that look the same when they are masked have different numbers.
func (n *names) tell(name string, number int) string {
	return numbered(name, n.look(name), number)
}

func numbered(name string, found []detect.Match, number int) string {
	shown, hidden := masked(name, found)
	if hidden && number > 0 {
		shown += "#" + strconv.Itoa(number)
	}
	return shown
}

// hide tells a text, such as why something was not read.
func (n *names) hide(text string) string {
	shown, _ := masked(text, n.look(text))
	return shown
}

// path tells a path whose folders have not been listed, name by name. number is told at its end when something in it is masked.
func (n *names) path(path string, number int) string {
	if strings.Contains(path, "://") {
		scheme, rest, _ := strings.Cut(path, "://")
		host, place, ok := strings.Cut(rest, "/")
		if !ok {
			return path
		}
		return scheme + "://" + host + "/" + n.path(place, number)
	}
	shown, hidden := "", false
	for rest := path; rest != ""; {
		name, after := rest, ""
		if i := strings.IndexFunc(rest, isSeparator); i >= 0 {
			name, after = rest[:i], rest[i:i+1]
		}
		rest = rest[len(name)+len(after):]
		told, masked := masked(name, n.look(name))
		shown, hidden = shown+told+after, hidden || masked
	}
	if hidden && number > 0 {
		shown = strings.TrimRightFunc(shown, isSeparator) + "#" + strconv.Itoa(number)
	}
	return shown
}

func isSeparator(r rune) bool { return r == '/' || r == filepath.Separator }

// spread appends a name as the text that it stands for, byte for byte as long: what parts words in names is a space, and a number that letters
// stand close to stands alone.
func spread(to []byte, name string) []byte {
	first := len(to)
	to = append(to, name...)
	b := to[first:]
	mail := bytes.IndexByte(b, '@') >= 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case (c == '_' || c == '.') && partsWords(b, i, mail):
			b[i] = ' '
		case c == '%' && bytes.HasPrefix(b[i:], space):
			copy(b[i:], "   ")
		case isDigit(c):
			n := runAfter(b, i)
			if n == 6 || n == 8 || n == shortNumber || n == longNumber {
				apart(b, i, n)
			}
			i += n - 1
		}
	}
	return to
}

// space is how a space is written in names that were taken from addresses.
var space = []byte("%20")

// partsWords reports whether a low line or a dot stands for a space: in a name with an address of mail that is only beside digits, and a dot
// between digits is part of a number unless one of them is that of a person.
func partsWords(b []byte, i int, mail bool) bool {
	switch {
	case b[i] == '_':
		return !mail || digitAt(b, i-1) || digitAt(b, i+1)
	case letterAt(b, i-1) || letterAt(b, i+1):
		return !mail
	}
	before := runBefore(b, i)
	return before >= shortNumber || runAfter(b, i+1) >= shortNumber || before == 4 && i > 4 && isSign(b[i-5])
}

// shortNumber and longNumber are the digits of a personnummer, without and with its century.
const shortNumber, longNumber = 10, 12

// apart takes away the letters that stand close to a number of the right shape.
func apart(b []byte, i, n int) {
	end := i + n
	if n < shortNumber {
		if end+4 >= len(b) || runAfter(b, end+1) != 4 || digitAt(b, end) || letterAt(b, end) {
			return
		}
		end += 5
	}
	if letterAt(b, i-1) {
		b[i-1] = ' '
	}
	if letterAt(b, end) {
		b[end] = ' '
	}
}

// coded reports whether a number without a sign stands among letters that may be digits to the base of sixteen.
func coded(name string, from, to int) bool {
	b := []byte(name)
	if bytes.ContainsAny(b[from:to], "-+_ ") {
		return false
	}
	before, after := from, to
	for letterAt(b, before-1) {
		before--
	}
	for letterAt(b, after) {
		after++
	}
	return isCode(b[before:from]) || isCode(b[to:after])
}

func isCode(letters []byte) bool {
	for _, c := range letters {
		if c|0x20 > 'f' {
			return false
		}
	}
	return len(letters) > 0
}

// fileTimes is the year from which files are that have their time in their name.
const fileTimes = 1995

// isTime reports whether a number may just as well be a day with hours and minutes, as cameras and programs name files. Six digits, a hyphen and
// four are how people write a personnummer.
func isTime(value string) bool {
	var digits [longNumber]byte
	n := 0
	for i := 0; i < len(value); i++ {
		if isDigit(value[i]) && n < longNumber {
			digits[n] = value[i] - '0'
			n++
		}
	}
	year := 0
	switch {
	case n == longNumber:
		year = int(digits[0])*1000 + int(digits[1])*100 + int(digits[2])*10 + int(digits[3])
	case n == shortNumber && len(value) == shortNumber:
		year = 2000 + int(digits[0])*10 + int(digits[1])
		if year >= 2095 {
			year -= 100
		}
	default:
		return false
	}
	hour, minute := int(digits[n-4])*10+int(digits[n-3]), int(digits[n-2])*10+int(digits[n-1])
	return year >= fileTimes && year < 2060 && hour < 24 && minute < 60
}

// isSeconds reports whether a number may just as well be a time that programs count in seconds: one of 2001 to 2033.
func isSeconds(value string) bool {
	return len(value) == shortNumber && value[0] == '1' && strings.Trim(value, "0123456789") == ""
}

// inUUID reports whether a number is a part of an identifier of 32 digits to the base of sixteen in five groups.
func inUUID(name string, from, to int) bool {
	for at := max(0, to-uuidBytes); at <= from && at+uuidBytes <= len(name); at++ {
		if isUUID(name[at : at+uuidBytes]) {
			return true
		}
	}
	return false
}

const uuidBytes = 36

func isUUID(s string) bool {
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if c := s[i]; dash != (c == '-') || !dash && !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSign(c byte) bool { return c == '-' || c == '+' }

func digitAt(b []byte, i int) bool { return i >= 0 && i < len(b) && isDigit(b[i]) }

// letterAt reports whether there is a letter, or a part of one, at a place.
func letterAt(b []byte, i int) bool {
	return i >= 0 && i < len(b) && (b[i] >= 0x80 || b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z')
}

// runBefore and runAfter count the digits that end before, and begin at, a place.
func runBefore(b []byte, i int) (n int) {
	for digitAt(b, i-1-n) {
		n++
	}
	return n
}

func runAfter(b []byte, i int) (n int) {
	for digitAt(b, i+n) {
		n++
	}
	return n
}
