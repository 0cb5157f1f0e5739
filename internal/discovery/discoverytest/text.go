// SPDX-License-Identifier: EUPL-1.2

// Package discoverytest makes texts to scan, and says what is where in them. Its people do not exist: personnummer and
// samordningsnummer have the individnummer 980 to 999, which are given to nobody, or are official test numbers.
package discoverytest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Truth is one thing that stands in a text.
type Truth struct {
	// Start and End are its bytes.
	Start, End int
	// Detector is what it is.
	Detector string
}

// Text is a text that grows, with what stands in it.
type Text struct {
	Bytes []byte
	Truth []Truth

	r    *rand.Rand
	made map[string]func(t *Text) string // how values are made that are not made as others are
}

// New is an empty text. The same seed gives the same text.
func New(seed uint64) *Text { return &Text{r: rand.New(rand.NewPCG(seed, 20260101))} }

// Add adds text in which nothing is to be found.
func (t *Text) Add(format string, args ...any) {
	t.Bytes = fmt.Appendf(t.Bytes, format, args...)
}

// Mark adds something that is to be found.
func (t *Text) Mark(detector, value string) {
	t.Truth = append(t.Truth, Truth{len(t.Bytes), len(t.Bytes) + len(value), detector})
	t.Bytes = append(t.Bytes, value...)
}

func (t *Text) pick(list ...string) string { return list[t.r.IntN(len(list))] }

func (t *Text) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + t.r.IntN(10))
	}
	return string(b)
}

// check is Luhn's check digit.
func check(digits string) string {
	sum := 0
	for i := range len(digits) {
		x := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			x *= 2
			x = x/10 + x%10
		}
		sum += x
	}
	return string(byte('0' + (10-sum%10)%10))
}

// civicParts are YYYYMMDD and NNNN of somebody who does not exist; extra is added to the day.
func (t *Text) civicParts(extra int) (date, tail string) {
	y, m, d := 1925+t.r.IntN(98), 1+t.r.IntN(12), 1+t.r.IntN(28)
	date = fmt.Sprintf("%04d%02d%02d", y, m, d+extra)
	tail = fmt.Sprint(980 + t.r.IntN(20))
	return date, tail + check(date[2:]+tail)
}

// separators are how the parts are joined, the common ones more often.
var separators = []string{
	"-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "", "", "", "", "", "", " ", "–", "\u2011", " - ", "+",
}

// Civic is a personnummer, or a samordningsnummer, in one of its written forms.
func (t *Text) Civic(detector string) string {
	extra := 0
	if detector == "samordningsnummer" {
		extra = 60
	}
	date, tail := t.civicParts(extra)
	if t.r.IntN(2) == 0 {
		date = date[2:]
	}
	return date + t.pick(separators...) + tail
}

// value makes a value of a kind: a detector's, or one of the decoys'.
func (t *Text) value(kind string) string {
	if made, ok := t.made[kind]; ok {
		return made(t)
	}
	if made, ok := values[kind]; ok {
		return made(t)
	}
	panic("discoverytest: no such value: " + kind)
}

var values = map[string]func(t *Text) string{
	"personnummer":      func(t *Text) string { return t.Civic("personnummer") },
	"samordningsnummer": func(t *Text) string { return t.Civic("samordningsnummer") },
	"organisationsnummer": func(t *Text) string {
		n := t.pick("55", "21", "80", "76", "16", "96")[:2] + fmt.Sprint(2+t.r.IntN(8)) + t.digits(6)
		return n[:6] + "-" + n[6:] + check(n)
	},
	"interim": func(t *Text) string {
		date, _ := t.civicParts(0)
		return date[2*t.r.IntN(2):] + "-" + t.pick("T", "R") + t.digits(3)
	},
	"passport": func(t *Text) string { return t.pick("", "AA", "AB")[:0] + t.pick("1", "3", "8", "9") + t.digits(7) },
	"id_card":  func(t *Text) string { return t.pick("2", "4", "6", "7") + t.digits(7) },
	"email": func(t *Text) string {
		return ascii(t.pick(firstNames...)) + t.pick(".", "_", "") + ascii(t.pick(lastNames...)) + "@" + t.pick("exempel.se", "norrsjo.example", "post.example.com", "mejl.exempel.nu")
	},
	"phone": func(t *Text) string {
		// Series that the numbering plan keeps for fiction.
		return t.pick("070-1740605", "070-174 06 05", "08-465 004 01", "031-390 06 50", "040-628 04 10", "0980-319 200", "+46 70 174 06 05", "+46 8 465 004 12", "0701740655", "070 174 06 12", "0046 31 390 06 12")
	},
	"address": func(t *Text) string {
		s := t.pick("Storgatan", "Skolvägen", "Kyrkstigen", "Björkvägen", "Norra Strandgatan", "Hamngatan", "Lilla torget", "Åkergränd", "Tallbacken", "Lingonvägen") + " " + fmt.Sprint(1+t.r.IntN(98))
		s += t.pick("", " A", " B", "C")
		return s + t.pick("", ", 999 99 Norrsjö", ", 123 45 Sörby")
	},
	"vehicle": func(t *Text) string {
		const letters = "ABCDEFGHJKLMNOPRSTUWXYZ"
		b := []byte{letters[t.r.IntN(23)], letters[t.r.IntN(23)], letters[t.r.IntN(23)]}
		return string(b) + t.pick(" ", "") + t.digits(2) + t.pick("1", "7", "A", "K")
	},
	"account": func(t *Text) string {
		return t.pick("8327-9, 123 456 7", "6000 123 456 7", "9960-12345678", "5011-12 345 6", "3300 980 123 4") + t.digits(2)
	},
	"bankgiro": func(t *Text) string {
		n := t.pick("5", "7", "9") + t.digits(5+t.r.IntN(2))
		n += check(n)
		return n[:len(n)-4] + "-" + n[len(n)-4:]
	},
	"plusgiro": func(t *Text) string {
		n := "4" + t.digits(4+t.r.IntN(2))
		return n[:len(n)-2] + " " + n[len(n)-2:] + "-" + check(n)
	},
	"iban": func(t *Text) string { return grouped(t, ibanOf(t)) },
	"card": func(t *Text) string {
		n := t.pick("4", "51", "55", "4571")
		n += t.digits(15 - len(n))
		n += check(n)
		return grouped(t, n)
	},
	"ip": func(t *Text) string {
		return t.pick("192.0.2.", "198.51.100.", "203.0.113.", "10.20.31.", "172.16.40.")[0:] + fmt.Sprint(1+t.r.IntN(253))
	},
	"name_person": func(t *Text) string {
		return t.pick(firstNames...) + t.pick(" ", " ", " ", "-Maria ") + t.pick(lastNames...)
	},
	"date_of_birth": func(t *Text) string {
		y, m, d := 1930+t.r.IntN(90), 1+t.r.IntN(12), 1+t.r.IntN(28)
		return []string{
			fmt.Sprintf("%d-%02d-%02d", y, m, d), fmt.Sprintf("%d%02d%02d", y, m, d), fmt.Sprintf("%d %s %d", d, monthNames[m-1], y), fmt.Sprintf("%d/%d %d", d, m, y),
		}[t.r.IntN(4)]
	},
	"icd10": func(t *Text) string {
		return t.pick("F", "E", "I", "J", "M", "G", "C", "K") + fmt.Sprintf("%02d", 10+t.r.IntN(50)) + t.pick(".1", ".2", ".9", "", ".0", "1")
	},

	// Decoys.
	"ocr":     func(t *Text) string { n := t.digits(9 + t.r.IntN(8)); return n + check(n) },
	"invoice": func(t *Text) string { return t.pick("20", "10", "99") + t.digits(8) },
	"order":   func(t *Text) string { return t.digits(10) },
	"stamp": func(t *Text) string {
		return fmt.Sprintf("20%02d%02d%02d%02d%02d", 20+t.r.IntN(7), 1+t.r.IntN(12), 1+t.r.IntN(28), t.r.IntN(24), t.r.IntN(60))
	},
	"epoch": func(t *Text) string { return fmt.Sprint(1600000000 + t.r.IntN(190000000)) },
	"meter": func(t *Text) string { return "735999" + t.digits(12) },
	"hex":   func(t *Text) string { return fmt.Sprintf("%016x%016x", t.r.Uint64(), t.r.Uint64()) },
	"money": func(t *Text) string { return fmt.Sprintf("%d %03d kr", 1+t.r.IntN(900), t.r.IntN(1000)) },
	"date": func(t *Text) string {
		return fmt.Sprintf("20%02d-%02d-%02d", 20+t.r.IntN(7), 1+t.r.IntN(12), 1+t.r.IntN(28))
	},
	"version": func(t *Text) string { return fmt.Sprintf("%d.%d.%d", t.r.IntN(20), t.r.IntN(20), t.r.IntN(20)) },
	"dnr":     func(t *Text) string { return fmt.Sprintf("KS %d/%04d", 2020+t.r.IntN(7), t.r.IntN(10000)) },
	"article": func(t *Text) string { return t.digits(6) + "-" + t.digits(3) },
	"law":     func(t *Text) string { return t.pick("SFS 2025:400", "SFS 2009:400", "2018:1197", "1988:870") },
}

var monthNames = []string{"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"}

var firstNames = []string{
	"Anna", "Erik", "Maria", "Lars", "Karin", "Åsa", "Göran", "Björn", "Fatima", "Hassan", "Linnéa", "Östen", "Elsa", "Nils", "Birgitta", "Jörgen", "Zahra", "Oskar",
	"Ingrid", "Håkan", "Sara", "Mohamed", "Ebba", "Gustav", "Ulrika",
}

var lastNames = []string{
	"Andersson", "Svensson", "Lindqvist", "Åberg", "Öhman", "Sjöström", "Bergman", "Norén", "Hussein", "Ahmed", "Granlund", "Ekström", "Nyberg", "Lundgren", "Håkansson",
	"Dahlgren", "Fredriksson", "Wikström", "Hallberg", "Stenqvist",
}

func ascii(s string) string {
	return strings.ToLower(strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "Å", "a", "Ä", "a", "Ö", "o", "é", "e").Replace(s))
}

// grouped writes digits in groups of four, or without.
func grouped(t *Text, s string) string {
	if t.r.IntN(2) == 0 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// ibanOf makes a Swedish IBAN.
func ibanOf(t *Text) string {
	account := t.digits(20)
	rest := 0
	for _, c := range account + "281400" { // S is 28, E is 14
		rest = (rest*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("SE%02d%s", 98-rest, account)
}
