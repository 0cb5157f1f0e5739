// SPDX-License-Identifier: EUPL-1.2

package detect_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// rules are the detectors that ship with the program.
func rules(t testing.TB) *detect.Rules {
	t.Helper()
	r, err := detect.Load(os.DirFS("../../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// testNumber is one of the official test numbers.
type testNumber struct{ number, kind string }

func testNumbers(t testing.TB) []testNumber {
	t.Helper()
	f, err := os.Open("testdata/test-numbers.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []testNumber
	for _, row := range rows[1:] {
		out = append(out, testNumber{row[0], row[1]})
	}
	return out
}

// writtenForms are the ways to write YYYYMMDD and NNNN. Those in latin are Windows-1252.
var writtenForms = []struct{ name, between string }{
	{"nothing", ""},
	{"hyphen", "-"},
	{"plus", "+"},
	{"space", " "},
	{"no-break space", "\u00a0"},
	{"narrow no-break space", "\u202f"},
	{"en dash", "–"},
	{"em dash", "—"},
	{"non-breaking hyphen", "\u2011"},
	{"Unicode hyphen", "\u2010"},
	{"figure dash", "\u2012"},
	{"minus sign", "−"},
	{"soft hyphen", "\u00ad"},
	{"mark of direction and hyphen", "\u200e-"},
	{"hyphen between spaces", " - "},
	{"en dash between spaces", " – "},
	{"hyphen at the end of a line", "-\n"},
	{"hyphen at the end of a line, CRLF", "-\r\n"},
	{"HTML non-breaking hyphen", "&#8209;"},
	{"HTML en dash between no-break spaces", "&nbsp;&ndash;&nbsp;"},
	{"HTML hyphen as a number", "&#x2D;"},
	{"HTML figure space", "&#8199;"},
	{"JSON non-breaking hyphen", `\u2011`},
	{"JSON space", `\u0020`},
	{"JSON plus", `\u002B`},
	{"JSON en dash between no-break spaces", `\u00a0\u2013\u00a0`},
	{"a program's no-break space", `\xa0`},
	{"Markdown hyphen", `\-`},
	{"space in an address", "%20"},
	{"hyphen in an address", "%2D"},
	{"plus in an address", "%2b"},
	{"no-break space in an address", "%C2%A0"},
	{"non-breaking hyphen in an address", "%E2%80%91"},
	{"hyphen between spaces in an address", "%20-%20"},
	{"en dash between spaces in an address", "%20%E2%80%93%20"},
	{"Windows-1252 en dash", "\x96"},
	{"Windows-1252 no-break space", "\xa0"},
	{"Windows-1252 soft hyphen", "\xad"},
}

var surroundings = []struct{ name, before, after string }{
	{"alone", "", ""},
	{"sentence", "Hon är född ", ", och bor i Norrsjö."},
	{"quoted", "\"", "\""},
	{"cell", ";", ";"},
	{"brackets", "(", ")"},
	{"tag", "<pnr>", "</pnr>"},
	{"underscore", "akt_", "_2.pdf"},
	{"no-break space", "\u00a0", "\u00a0"},
	{"end of a line", "x\r\n", "\r\nx"},
	{"Swedish quotes", "”", "”"},
	{"address", "GET /s?q=anna%20", "%20HTTP"},
	{"address in an address", "q%3Danna%2520", "%2520HTTP"},
	{"equals in such", "q%253D", "%2526p"},
	{"quotes in an address", "q=%22", "%22"},
	{"equals in an address", "q%3D", "%26p%3D1"},
	{"plus in an address", "anna%2B", "+x"},
	{"quotes of Unicode in an address", "%E2%80%9D", "%E2%80%9D"},
	{"dash in an address", "pnr%E2%80%93", "&x"},
	{"word before", "pnr", ";"},
	{"colours of a terminal", "\x1b[1;31m", "\x1b[0m"},
	{"such written out in JSON", `\u001b[31m`, `\u001b[0m`},
	{"word before in capitals", "SSN", ";"},
	{"words before", "PersonNr", " "},
	{"Windows-1252 before", " f\xf6dd", " "},
	{"JSON quotes", `\u201d`, `\u201d`},
}

// Every official test number is found in every written form, with and without its century, in all surroundings, and exactly where it
// stands. High or medium, whatever stands around it here.
func TestEveryTestNumberInEveryForm(t *testing.T) {
	r := rules(t)
	for _, all := range []bool{false, true} {
		want := []detect.Detector{detect.Personnummer, detect.Samordningsnummer}
		if all {
			var err error
			if want, err = r.Choose(nil); err != nil {
				t.Fatal(err)
			}
		}
		s := r.NewScanner(want)
		s.Today = 20261128
		for _, n := range testNumbers(t) {
			for _, form := range writtenForms {
				for _, short := range []bool{false, true} {
					date := n.number[:8]
					if short {
						date = date[2:]
					}
					value := date + form.between + n.number[8:]
					for _, around := range surroundings {
						text := around.before + value + around.after
						if !foundExactly(r, s, text, len(around.before), len(value), n.kind) {
							t.Errorf("all %v: %s, %s, %s: %q was not found as %s: %v", all, form.name, around.name, fmt.Sprint(short), text, n.kind, s.Scan([]byte(text), 0, len(text)))
						}
					}
				}
			}
		}
	}
}

func foundExactly(r *detect.Rules, s *detect.Scanner, text string, at, length int, kind string) bool {
	for _, m := range s.Scan([]byte(text), 0, len(text)) {
		if m.Start == at && m.End == at+length && r.ID(m.Detector) == kind && m.Confidence >= detect.Medium {
			return true
		}
	}
	return false
}

// A line break alone parts the two halves only in text that was laid out in lines.
func TestLineBreakInsideNumber(t *testing.T) {
	r := rules(t)
	s := r.NewScanner([]detect.Detector{detect.Personnummer})
	s.Today = 20261128
	const text = "890603\n9813 och 18900603-9813"
	if got := len(s.Scan([]byte(text), 0, len(text))); got != 1 {
		t.Errorf("in prose: %d found, want 1", got)
	}
	s.Wraps = true
	const wrapped = "900603\n9813 och 18900603 -\n9813"
	if got := len(s.Scan([]byte(wrapped), 0, len(wrapped))); got != 2 {
		t.Errorf("in laid-out text: %d found, want 2", got)
	}
}

// A number that a spreadsheet has written with an exponent.
func TestExponent(t *testing.T) {
	r := rules(t)
	s := r.NewScanner([]detect.Detector{detect.Personnummer, detect.Samordningsnummer})
	s.Today = 20261128
	for _, n := range testNumbers(t) {
		digits := strings.TrimRight(n.number[1:], "0")
		for _, text := range []string{
			n.number[:1] + "." + digits + "E11", n.number[:1] + "," + digits + "E+11", "a;" + n.number[:1] + "." + digits + "e11;b",
		} {
			got := s.Scan([]byte(text), 0, len(text))
			if len(got) != 1 || got[0].Confidence < detect.Medium || r.ID(got[0].Detector) != n.kind {
				t.Errorf("%q: %v", text, got)
			}
		}
	}
}

// What is no personnummer is not taken for one.
func TestNotCivic(t *testing.T) {
	r := rules(t)
	s := r.NewScanner([]detect.Detector{detect.Personnummer, detect.Samordningsnummer})
	s.Today = 20261128
	for name, text := range map[string]string{
		"checksum":              "18900603-9814",
		"month":                 "18901303-9812",
		"day":                   "18900231-9810",
		"century":               "17900603-9813",
		"part of a longer run":  "1189006039813",
		"part of a longer run2": "1890060398130",
		"letters before":        "SE189006039813",
		"letters after":         "189006039813A",
		"birth number 000":      "900603-0005",
		"two dashes":            "900603--9813",
		"too wide":              "900603      9813",
		"another reference":     "900603&amp;9813",
		"29 February":           "18900229-9802",
		"hash before":           "face189006039813",
		"hash after":            "18900603-9813face",
		"hash goes on":          "18900603-9813gift7",
		"hash goes on before":   "7gift18900603-9813",
		"another number":        "kundnr189006039813",
		"product":               "Modell900603-9813",
		"capitals after":        "18900603-9813KWH",
		"word after ten":        "9006039813beslut",
		"word before twelve":    "Anna189006039813",
		"letter in an address":  "%C3%A5189006039813",
		"letter of ASCII there": "%41189006039813",
		"digit in an address":   "%31189006039813",
		"two dashes there":      "900603%2D%2D9813",
		"another sign there":    "900603%269813",
	} {
		if got := s.Scan([]byte(text), 0, len(text)); len(got) > 0 {
			t.Errorf("%s: %q is taken for %v", name, text, got)
		}
	}
}

// A number that a word stands directly beside is found where it is written so that it can hardly be anything else.
func TestGlued(t *testing.T) {
	r := rules(t)
	s := r.NewScanner([]detect.Detector{detect.Personnummer, detect.Samordningsnummer})
	s.Today = 20261128
	for _, text := range []string{
		"Svensson18900603-9813", "Svensson18900603-9813Anna", "900603-9813Anna", "189006039813beslut.pdf", "18900603–9813\xc5sa", "18900603-9813Åsa",
		"patientPnr900603-9813", "189006039813SVENSSON   BO",
	} {
		got := s.Scan([]byte(text), 0, len(text))
		if want := strings.IndexAny(text, "0123456789"); len(got) != 1 || got[0].Start != want || got[0].Confidence < detect.Medium {
			t.Errorf("%q: %v, want it at %d", text, got, want)
		}
	}
}

// Two numbers with a stroke between them are as sure as each by itself, as is one that a program wrote with a point and a nought; what else
// a sign joins is not.
func TestAttached(t *testing.T) {
	s := rules(t).NewScanner([]detect.Detector{detect.Personnummer, detect.Samordningsnummer})
	s.Today = 20261128
	for text, want := range map[string]string{
		"18900603-9813/900717-9816": "[high high]", "900603-9813/900717-9816, x": "[high high]", "2024/900603-9813": "[low]", "900603-9813/2": "[low]", "24-900603-9813/18": "[low]",
		"a,189006039813.0,b": "[medium]", "189006039813.00": "[medium]", "189006039813.50": "[low]", "189006039813.000": "[low]", "189006039813.0.1": "[low]", "189006039813.05": "[low]",
		`<?xml version="1.0"?><p>189006039813</p>`: "[medium]", `<ver version="1.0">189006039813</ver>`: "[low]",
	} {
		var got []detect.Confidence
		for _, m := range s.Scan([]byte(text), 0, len(text)) {
			got = append(got, m.Confidence)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

// Who has a personnummer in an e-mail address is told by both.
func TestPersonnummerInAddressOfMail(t *testing.T) {
	r := rules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := r.NewScanner(all)
	s.Today = 20261128
	const text = "Skriv till 189006039813@example.org, eller anna.18900603-9813@example.org."
	found := map[detect.Detector]int{}
	for _, m := range s.Scan([]byte(text), 0, len(text)) {
		found[m.Detector]++
	}
	if found[detect.Personnummer] != 2 || found[detect.Email] != 2 {
		t.Errorf("found %v", found)
	}
}
