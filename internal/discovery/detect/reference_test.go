// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// slowCivic is the slow reference: it finds numbers one place at a time, and applies the rules one by one as they are written down.
func slowCivic(r *Rules, text []byte) (out []string) {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := range text {
		if !digit(i) || !slowOpens(text, i) {
			continue
		}
		n := 0
		for digit(i + n) {
			n++
		}
		date, tail := 0, 0
		switch n {
		case 10, 12:
			date, tail = i+n-10, i+n-4
		case 6, 8:
			j := i + n
			dashes, spaces := 0, 0
			for j < len(text) && !digit(j) && j-i-n < longestSeparator {
				kind, k := slowSeparator(text[j:])
				if kind == 'd' {
					dashes++
				} else if kind == 's' || kind == 'n' && dashes > 0 {
					spaces++
				} else {
					dashes = 99
				}
				j += max(k, 1)
			}
			m := 0
			for digit(j + m) {
				m++
			}
			if dashes > 1 || spaces > 3 || m != 4 || j-i-n >= longestSeparator || !digit(i-1) && !slowWhole(text[i+n:j]) {
				continue
			}
			date, tail = i+n-6, j
		default:
			continue
		}
		if !slowStandsAlone(r, text, i, date, tail) {
			continue
		}
		if slowRight(string(text[i:date]), string(text[date:date+6])+string(text[tail:tail+4])) {
			out = append(out, fmt.Sprintf("%d-%d", i, tail+4))
		}
	}
	return out
}

// slowOpens reports whether a number may begin with the digit at i: what stands before it is neither a digit nor a letter, unless these write a
// sign.
func slowOpens(text []byte, i int) bool {
	percent := func(at int) bool {
		m := slowPercent.FindSubmatch(text[max(0, at):])
		if at < 0 || m == nil {
			return false
		}
		c, err := strconv.ParseUint(string(m[1]), 16, 8)
		switch sign := rune(c); {
		case err != nil, unicode.IsLetter(sign) && sign < 0x80, unicode.IsDigit(sign), sign < ' ' && !strings.ContainsRune("\t\n\r", sign):
			return false
		case sign >= 0x80:
			return sign < 0xc0 && (at < 3 || !bytes.EqualFold(text[at-3:at], []byte("%C3")))
		}
		return true
	}
	twice := func(at int) bool {
		return at >= 0 && bytes.HasPrefix(text[at:], []byte("%25")) && at+5 <= len(text) && percentSign(append([]byte{'%'}, text[at+3:at+5]...), 0) && text[at+3] < '8'
	}
	switch {
	case i == 0:
		return true
	case isDigit(text[i-1]):
		return i > 2 && isDigit(text[i-2]) && (percent(i-3) && !twice(i-3) || i > 4 && isDigit(text[i-3]) && twice(i-5))
	case text[i-1] == '%':
		return !percent(i - 1)
	}
	return true
}

// slowStandsAlone reports whether what stands around a number leaves it one: no letter, or a word as the rules want it.
func slowStandsAlone(r *Rules, text []byte, i, date, tail int) bool {
	kind, n := slowSeparator(text[date+6 : tail])
	dashed := kind == 'd' && n == tail-date-6
	bare := date == i+2 && tail == i+8
	if i > 0 && joins(text, i-1) && !escapes(text, i-1) {
		first := i
		for first > 0 && i-first < 40 && (text[first-1] >= 0x80 || unicode.IsLetter(rune(text[first-1]))) {
			first--
		}
		word, after := string(text[first:i]), first > 0 && isDigit(text[first-1])
		speaks := i-first <= longestWord && r.Heading(word)&(1<<Personnummer|1<<Samordningsnummer) != 0
		if !speaks && (date == i || !dashed || after || !slowWord(word)) {
			return false
		}
	}
	if tail+4 == len(text) || !letterAt(text, tail+4) {
		return true
	}
	end := tail + 4
	for end < len(text) && end-tail-4 < longestWord && (text[end] >= 0x80 || unicode.IsLetter(rune(text[end]))) {
		end++
	}
	word := string(text[tail+4 : end])
	after := tail+4+len(word) < len(text) && isDigit(text[tail+4+len(word)])
	return !after && slowWord(word) && (dashed || bare && !stampAt(text[i:]))
}

// slowWord reports whether letters make a word.
func slowWord(w string) bool {
	capital, small := func(c rune) bool { return c >= 'A' && c <= 'Z' }, func(c rune) bool { return c >= 'a' && c <= 'z' }
	return len(w) >= 3 && strings.Trim(strings.ToLower(w), "abcdef") != "" &&
		(strings.IndexFunc(w[1:], capital) < 0 || len(w) >= 5 && strings.IndexFunc(w, small) < 0)
}

var slowPercent = regexp.MustCompile("^%([0-9A-Fa-f]{2})")

// slowWhole reports whether a separator that begins as %20 does has such an end as well, or is one sign of which the last is a letter: others
// nobody writes, and they are found after a percent sign alone.
func slowWhole(sep []byte) bool {
	if len(sep) < 2 || sep[0] != '%' || !isDigit(sep[1]) {
		return true
	}
	end := len(sep) - 3
	return sep[end] == '%' && isDigit(sep[end+1]) && (isDigit(sep[end+2]) || end == 0)
}

// slowSeparators are dashes, spaces and line breaks in all spellings, those in ASCII in small letters.
var slowSeparators = func() map[string]byte {
	all := map[string]byte{
		"\x96": 'd', "\x97": 'd', "\xad": 'd', "\xa0": 's', "%96": 'd', "%97": 'd', "%ad": 'd', "%a0": 's',
		"&nbsp;": 's', "&ensp;": 's', "&emsp;": 's', "&thinsp;": 's', "&numsp;": 's', "&ndash;": 'd', "&mdash;": 'd', "&minus;": 'd', "&shy;": 'd', "&hyphen;": 'd',
		"&dash;": 'd', "&plus;": 'd', "&#150;": 'd', "&#151;": 'd', "&#x96;": 'd', "&#x97;": 'd', `\u0096`: 'd', `\u0097`: 'd', `\x96`: 'd', `\x97`: 'd', `\-`: 'd', `\+`: 'd',
	}
	for kind, signs := range map[byte]string{
		'd': "-+\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
		's': " \u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u202f\u2060\u2061\u2062\u2063\u2064\u2065\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f",
		'n': "\n\r",
	} {
		for _, c := range signs {
			percent := ""
			for _, b := range []byte(string(c)) {
				percent += fmt.Sprintf("%%%02x", b)
			}
			for _, spelling := range []string{"%c", "&#%d;", "&#0%d;", "&#x%x;", "&#x%04x;", `\u%04x`} {
				all[fmt.Sprintf(spelling, c)] = kind
			}
			all[percent] = kind
			if c < 0x100 {
				all[fmt.Sprintf(`\x%02x`, c)] = kind
			}
		}
	}
	return all
}()

func slowSeparator(t []byte) (kind byte, n int) {
	for n = min(len(t), 10); n > 0; n-- {
		if kind = slowSeparators[string(t[:n])]; kind != 0 {
			return kind, n
		}
		small := strings.ToLower(string(t[:n]))
		if kind = slowSeparators[small]; kind != 0 && n > 2 && !bytes.HasPrefix(t, []byte{0xe2}) && t[1] != 'U' && t[1] != 'X' { // written out
			return kind, n
		}
	}
	return 0, 0
}

// slowRight applies the rules to a number's century, which may be empty, and its ten digits.
func slowRight(century, ten string) bool {
	if century != "" && century != "18" && century != "19" && century != "20" {
		return false
	}
	if ten[6:9] == "000" {
		return false
	}
	sum := 0
	for i, c := range ten {
		x := int(c - '0')
		if i%2 == 0 {
			x *= 2
		}
		sum += x/10 + x%10
	}
	if sum%10 != 0 {
		return false
	}
	var month, day int
	if _, err := fmt.Sscanf(ten[2:6], "%2d%2d", &month, &day); err != nil {
		return false
	}
	if day >= 60 {
		return day <= 91 && month <= 12
	}
	centuries := []string{"18", "19", "20"}
	if century != "" {
		centuries = []string{century}
	}
	return slices.ContainsFunc(centuries, func(c string) bool {
		_, err := time.Parse("20060102", c+ten[:6])
		return err == nil
	})
}

// fastCivic is what the scanner finds with a kernel, each number once.
func fastCivic(r *Rules, k kernel, text []byte) (out []string) {
	s := r.NewScanner([]Detector{Personnummer, Samordningsnummer})
	s.kernel = k
	s.Today = 21000101
	for _, m := range s.Scan(text, 0, len(text)) {
		if m.Why&Form == 0 { // written with an exponent: the reference knows none
			out = append(out, fmt.Sprintf("%d-%d", m.Start, m.End))
		}
	}
	return out
}

func loadRules(t testing.TB) *Rules {
	t.Helper()
	r, err := Load(os.DirFS("../../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkAgainstReference(t *testing.T, r *Rules, text []byte) {
	t.Helper()
	want := slowCivic(r, text)
	for i, k := range kernels() {
		if d := cmp.Diff(want, fastCivic(r, k, text)); d != "" {
			t.Fatalf("kernel %d on %q (-reference +scanner):\n%s", i, text, d)
		}
	}
}

// atoms are what adversarial texts are made of: halves of numbers, separators of every kind, letters of every encoding, and the
// borders of what a digit is.
var atoms = []string{
	"900603", "18900603", "9813", "189006039813", "9006039813", "1504652387", "191504652387", "20000129", "2392", "000000", "0", "1", "12", "7", "/", ":",
	"-", "+", " ", "  ", "\n", "\r\n", "–", "\u2011", "\u00a0", "\u202f", "\x96", "\xa0", "\xad", "\u00ad", "−", " - ", " – ", "-\n", "a", "Å", "\xe5", "ö", "_", ";", "\"", "\x00",
	"pnr", "PersonNr", "beslut", "Anna", "face", "kWh", "SVENSSON", "%20", "%2D", "%2b", "%C2%A0", "%E2%80%91", "%C3%A5", "%0A", "%3A", "%41", "%2520", "%253D", "%25", "\x1b[1m", "%", "%20900603", "%209813", "%2D9813", `\u201d`, `\u0020`, `\xad`,
	"&nbsp;", "&#8209;", "&NDASH;", "&", ";", `\u2011`, `\u00A0`, `\`,
	"E11", "e+11", ".", ",", "\xe2", "\xc2", "\xe2\x80", "\xff", "900229", "18960229", "19000229", "0005", "T123",
}

// Every kernel finds what the reference does, in texts made of halves and separators and in random bytes, at every length and place.
func TestScannerIsTheReference(t *testing.T) {
	r := loadRules(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 20_000 {
		var text []byte
		for len(text) < 20+rng.IntN(160) {
			if round%4 == 0 && rng.IntN(3) == 0 {
				text = append(text, byte(rng.IntN(256)))
			} else {
				text = append(text, atoms[rng.IntN(len(atoms))]...)
			}
		}
		checkAgainstReference(t, r, text)
	}
}

func FuzzScanner(f *testing.F) {
	r := loadRules(f)
	f.Add([]byte("18900603-9813 och 191504652387, 900603\u20119813\n"))
	f.Add([]byte("900603 \xe2\x80\x93 9813 900603\xad9813 1.89006039813E11"))
	f.Fuzz(func(t *testing.T, text []byte) {
		checkAgainstReference(t, r, text)
		// Nothing that is found lies outside the text, whatever is looked for.
		all, err := r.Choose(nil)
		if err != nil {
			t.Fatal(err)
		}
		s := r.NewScanner(all)
		s.Tried = true
		for _, m := range s.Scan(text, 0, len(text)) {
			if m.Start < 0 || m.End > len(text) || m.Start >= m.End {
				t.Fatalf("%q: a match at %d to %d", text, m.Start, m.End)
			}
		}
	})
}
