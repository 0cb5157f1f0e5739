// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// slowCivic is the slow reference: it finds numbers one place at a time, and applies the rules one by one as they are written down.
func slowCivic(text []byte) (out []string) {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := range text {
		if !digit(i) || digit(i-1) || i > 0 && joins(text, i-1) && !escapes(text, i-1) {
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
			if dashes > 1 || spaces > 3 || m != 4 || j-i-n >= longestSeparator {
				continue
			}
			date, tail = i+n-6, j
		default:
			continue
		}
		if tail+4 < len(text) && letterAt(text, tail+4) {
			continue
		}
		if slowRight(string(text[i:date]), string(text[date:date+6])+string(text[tail:tail+4])) {
			out = append(out, fmt.Sprintf("%d-%d", i, tail+4))
		}
	}
	return out
}

func slowSeparator(t []byte) (kind byte, n int) {
	for s, k := range map[string]byte{
		"-": 'd', "+": 'd', "\x96": 'd', "\x97": 'd', "\xad": 'd', "\u00ad": 'd', "−": 'd', "‐": 'd', "‑": 'd', "‒": 'd', "–": 'd', "—": 'd', "―": 'd',
		" ": 's', "\xa0": 's', "\u00a0": 's', "\u202f": 's', "\u2060": 's', "\n": 'n', "\r": 'n',
		"\u2000": 's', "\u2001": 's', "\u2002": 's', "\u2003": 's', "\u2004": 's', "\u2005": 's', "\u2006": 's', "\u2007": 's', "\u2008": 's', "\u2009": 's', "\u200a": 's', "\u200b": 's',
		"&nbsp;": 's', "&#8209;": 'd', "&ndash;": 'd', "&#x2013;": 'd', "&shy;": 'd', `\u2011`: 'd', `\u00a0`: 's', `\u002d`: 'd', "&#45;": 'd',
		"&#160;": 's', "&#xa0;": 's', "&#8239;": 's', "&#32;": 's', "&#173;": 'd', "&mdash;": 'd', "&minus;": 'd', "&#43;": 'd', "&#8208;": 'd', "&#8210;": 'd',
		"&#8211;": 'd', "&#8212;": 'd', "&#8722;": 'd', "&#x2010;": 'd', "&#x2011;": 'd', "&#x2012;": 'd', "&#x2014;": 'd', "&#x2212;": 'd',
		`\u202f`: 's', `\u00ad`: 'd', `\u2010`: 'd', `\u2012`: 'd', `\u2013`: 'd', `\u2014`: 'd', `\u2212`: 'd',
	} {
		if len(t) < len(s) {
			continue
		}
		if got := string(t[:len(s)]); got == s || len(s) > 3 && strings.ToLower(got) == s { // written out
			return k, len(s)
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
	want := slowCivic(text)
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
