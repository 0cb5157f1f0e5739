// SPDX-License-Identifier: EUPL-1.2

package discoverytest

import (
	_ "embed"
	"fmt"
	"strings"
)

// laterPatterns are sentences that were written after the rules were made, about the same life, and with other words.
//
//go:embed later.txt
var laterPatterns string

// Later is a text of n labelled sentences of other patterns than those of Sentences, with values that are made and written in other
// ways.
func Later(n int, seed uint64) *Text {
	t := New(seed)
	t.made = laterValues
	patterns := patternsOf(laterPatterns)
	for i := range n {
		t.sentence(patterns[i%len(patterns)])
		t.Add("\n")
		if i%7 == 6 {
			t.Add("\n")
		}
	}
	return t
}

// laterValues make the values that differ from those of Sentences.
var laterValues = map[string]func(t *Text) string{
	"organisationsnummer": func(t *Text) string {
		n := t.pick("55", "71", "80", "26", "96") + fmt.Sprint(2+t.r.IntN(8)) + t.digits(6)
		n += check(n)
		return t.pick(n[:6]+"-"+n[6:], n[:6]+"-"+n[6:], n[:6]+"–"+n[6:], "16"+n[:6]+"-"+n[6:])
	},
	"passport": func(t *Text) string { return t.pick("2", "4", "7") + t.digits(7) },
	"id_card":  func(t *Text) string { return t.pick("1", "3", "8") + t.digits(7) },
	"email": func(t *Text) string {
		first, last := ascii(t.pick(laterFirst...)), ascii(t.pick(laterLast...))
		local := t.pick(first+"."+last, last+"."+first, first[:1]+last, first+t.digits(2), last+"_"+first)
		return local + "@" + t.pick("skola.exempel.se", "brev.example", "foretag-norr.example.com", "exempel.org", "mail.norrsjo.example")
	},
	// Series that the numbering plan keeps for fiction.
	"phone": func(t *Text) string {
		return t.pick("08-465 004 ", "08-465004", "031-390 06 ", "040-628 04 ", "070-174 06 ", "070 174 06 ", "0701-7406", "+46 31 390 06 ", "+46(0)70-174 06 ", "070-1740 6") + t.digits(2)
	},
	"address": func(t *Text) string {
		s := t.pick("Ringvägen", "Bergsgatan", "Södra Esplanaden", "Klockargränden", "Granitstigen", "Västra Järnvägsgatan", "Rönnbacken", "Sjötorget", "Villagatan", "Kvarnplan") + " " + fmt.Sprint(1+t.r.IntN(140))
		return s + t.pick("", "", "B", " C", " lgh 1203") + t.pick("", "", ", 999 97 Österlunda", ", 99998 Norrsjö")
	},
	"vehicle": func(t *Text) string {
		const letters = "ABCDEFGHJKLMNOPRSTUWXYZ"
		b := []byte{letters[t.r.IntN(23)], letters[t.r.IntN(23)], letters[t.r.IntN(23)]}
		return string(b) + t.pick("", " ") + t.digits(2) + t.pick("2", "8", "C", "P")
	},
	"account": func(t *Text) string {
		return t.pick("8105-9, 993 422 108-", "6112 345 678 90", "3300-19800101", "9020 123 45 6", "1709 22 345 6") + t.digits(1)
	},
	"iban": func(t *Text) string {
		country, code, digits := "SE", "2814", 20
		switch t.r.IntN(3) {
		case 0:
			country, code, digits = "DE", "1314", 18
		case 1:
			country, code, digits = "FI", "1518", 14
		}
		return grouped(t, ibanFor(t, country, code, digits))
	},
	"card": func(t *Text) string {
		n := t.pick("4", "52", "54")
		n += t.digits(15 - len(n))
		return grouped(t, n+check(n))
	},
	"ip": func(t *Text) string {
		return t.pick("198.51.100."+fmt.Sprint(1+t.r.IntN(253)), "203.0.113."+fmt.Sprint(1+t.r.IntN(253)), fmt.Sprintf("2001:db8:%x::%x", 16+t.r.IntN(60000), 1+t.r.IntN(60000)))
	},
	"name_person": func(t *Text) string {
		return t.pick(laterFirst...) + " " + t.pick("", "", "", t.pick(laterFirst...)+" ") + t.pick(laterLast...)
	},
	"date_of_birth": func(t *Text) string {
		y, m, d := 1935+t.r.IntN(85), 1+t.r.IntN(12), 1+t.r.IntN(28)
		return t.pick(fmt.Sprintf("%d-%02d-%02d", y, m, d), fmt.Sprintf("%d %s %d", d, monthNames[m-1], y), fmt.Sprintf("%d.%d.%d", d, m, y), fmt.Sprintf("%d%02d%02d", y, m, d))
	},
	"icd10": func(t *Text) string {
		return t.pick("F", "I", "J", "E", "S", "R") + fmt.Sprintf("%02d", 5+t.r.IntN(90)) + t.pick("", ".1", ".8", ".3", "2")
	},
}

// Common names and others, half of which stand in no list.
var laterFirst = []string{
	"Anders", "Kerstin", "Mikael", "Lena", "Torkel", "Signe", "Vidar", "Tindra", "Amina", "Yusra", "Bojan", "Milena", "Pirjo", "Seppo", "Birk", "Ronja", "Ture", "Gunvor", "Alva", "Emil",
	"Sofia", "Johan", "Maj-Britt", "Karl-Erik", "Farah", "Dilan", "Ewa", "Jolanta", "Natasha", "Mehdi",
}

var laterLast = []string{
	"Mellqvist", "Vrang", "Warsame", "Kovačević", "Lehtinen", "Stålnacke", "Björnsson", "Engdahl", "Nilsson", "Gustavsson", "Hedman", "Thunberg", "Wernersson", "Osman", "Karimi", "Söderlund",
	"Kjellgren", "Brodin", "Sundin", "Ottosson", "Pohjola", "Ljungdahl", "Rosenblad", "Wallentin", "Hagelin",
}

// ibanFor makes an IBAN of a country whose letters have the values code.
func ibanFor(t *Text, country, code string, digits int) string {
	account := t.digits(digits)
	rest := 0
	for _, c := range account + code + "00" {
		rest = (rest*10 + int(c-'0')) % 97
	}
	return strings.ToUpper(country) + fmt.Sprintf("%02d", 98-rest) + account
}
