// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clean drops what no XML file may hold: control characters, the two
// noncharacters that end the first plane, and bytes that are not UTF-8 (lone
// surrogates among them). Every line break becomes one newline.
func clean(s string) string {
	dirty := strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || drop(r) || r == '\r' })
	if dirty < 0 {
		return s
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, s)
}

// drop tells what XML forbids, and DEL and the C1 controls, which it advises
// against and which no reader shows.
func drop(r rune) bool {
	if r < 0x20 {
		return r != '\t' && r != '\n' && r != '\r'
	}
	return r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff
}

// oneLine joins lines, for names and headers that have room for one.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' }), " ")
}

// risky tells whether a spreadsheet could take the text for a formula. Blank
// and invisible characters in front are looked past, since some importers trim
// them; the full-width signs are those that Excel in East Asian settings reads
// as the common ones.
func risky(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '\t' || s[0] == '\r' || s[0] == '\n' {
		return true
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || drop(r) {
			continue
		}
		return strings.ContainsRune("=+-@＝＋－＠", r)
	}
	return false
}

// shown is what people read in the cell, and whether a text format has to guard
// it from being taken for a formula.
func (c Cell) shown(w words) (text string, guard bool) {
	text = clean(c.Text)
	if n, ok := c.number(); ok {
		if text == "" {
			return decimal(n, w), false
		}
		return text, risky(text) && !numeric(text)
	}
	return text, risky(text)
}

// number is the cell's number, when it has one that can be written.
func (c Cell) number() (float64, bool) {
	if c.Number == nil || math.IsNaN(*c.Number) || math.IsInf(*c.Number, 0) {
		return 0, false
	}
	return *c.Number, true
}

// decimal writes n as the language does, without grouping.
func decimal(n float64, w words) string {
	s := strconv.FormatFloat(n, 'f', -1, 64)
	if w.comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// numeric tells whether the text is a written number and nothing more, so that
// a minus in front of it is a sign and not the start of a formula.
func numeric(s string) bool {
	s = strings.TrimLeft(s, "+-")
	s = strings.TrimRight(strings.TrimSuffix(s, "%"), " \u00a0")
	return s != "" && strings.Trim(s, "0123456789., \u00a0\u202f") == ""
}

// dateForms are the ways to write a day or a time that a Date column reads. A
// time with a zone stays text: a workbook has nowhere to keep the zone.
var dateForms = []struct {
	form  string
	clock bool
}{{"2006-01-02", false}, {"2006-01-02 15:04", true}, {"2006-01-02 15:04:05", true}}

// date reads the cell of a Date column. Excel counts days from 1900 with a leap
// day that never was, so earlier years stay text.
func (c Cell) date(k Kind) (t time.Time, clock, ok bool) {
	if k != Date || c.Number != nil {
		return time.Time{}, false, false
	}
	for _, f := range dateForms {
		t, err := time.Parse(f.form, strings.TrimSpace(c.Text))
		if err == nil && t.Year() > 1900 {
			return t, f.clock, true
		}
	}
	return time.Time{}, false, false
}

// maxLink is the longest address Excel takes.
const maxLink = 2079

// safeLink gives the address in the form that every format takes, or nothing
// for one that is relative, that runs something, or that Word would call damaged.
func safeLink(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Hostname() == "" {
			return ""
		}
	case "mailto":
		if u.Opaque == "" {
			return ""
		}
	default:
		return ""
	}
	s := u.String()
	bad := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) }
	if len(s) > maxLink || strings.ContainsFunc(s, bad) {
		return ""
	}
	return s
}
