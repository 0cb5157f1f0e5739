// SPDX-License-Identifier: EUPL-1.2

package detect

import "bytes"

// mask is what stands for a letter or a digit.
const mask = "•"

// AppendMask appends a value's form: its digits and letters hidden, and separators of ASCII left. Words, whose length says much, all look
// alike.
func AppendMask(to []byte, d Detector, value []byte) []byte {
	if d == NamePerson || d.Sensitive() || d == Address {
		return append(to, mask+mask+mask+mask+mask...)
	}
	if d == Email {
		return append(to, mask+mask+mask+"@"+mask+mask+mask...)
	}
	dashed := false
	for _, c := range withoutReferences(value) {
		switch {
		case isDigit(c), c|0x20 >= 'a' && c|0x20 <= 'z':
			to = append(to, mask...)
		case c >= 0x80 || c == '\n' || c == '\r':
			if !dashed {
				to = append(to, '-')
			}
			dashed = true
			continue
		default:
			to = append(to, c)
		}
		dashed = false
	}
	return to
}

// withoutReferences is a number whose separator is written out, as &#8209;, \u2011 or %20, with a hyphen instead: what the reference's own
// digits are is no part of it.
func withoutReferences(value []byte) []byte {
	if len(value) < 13 { // the shortest reference makes it longer
		return value
	}
	from, to := bytes.IndexAny(value, `&\%`), len(value)-4
	if from < 0 || to < from {
		return value
	}
	return append(append(append(make([]byte, 0, from+5), value[:from]...), '-'), value[to:]...)
}

// vatBytes are the bytes of a number for value-added tax: SE, the organisationsnummer, 01.
const vatBytes = 14

// Normal appends the one form of a value that its fingerprint is made from: digits alone for numbers (a personnummer without its
// century, which most are written without), small letters for words.
func Normal(to []byte, d Detector, value []byte) []byte {
	first := len(to)
	switch d {
	case Personnummer, Samordningsnummer, Organisationsnummer:
		if d == Organisationsnummer && len(value) == vatBytes && value[0]|0x20 == 's' {
			value = value[2:12]
		}
		to = mantissa(to, withoutReferences(value))
		if len(to)-first == 12 {
			to = append(to[:first], to[first+2:]...)
		}
	case Phone, Account, Bankgiro, Plusgiro, Card, Passport, IDCard:
		to = onlyDigits(to, value)
	case IBAN, Vehicle, Interim, ICD10:
		for _, c := range value {
			if isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' {
				to = append(to, c|0x20)
			}
		}
	default:
		for _, c := range value {
			to = append(to, c|0x20)
		}
	}
	return to
}

// mantissa is the digits of a number, also of one that a spreadsheet has written with an exponent: 1.985070998E11.
func mantissa(to, value []byte) []byte {
	e := -1
	if len(value) > 13 {
		e = bytes.IndexAny(value, "eE")
	}
	if e < 0 || len(value) < e+3 {
		return onlyDigits(to, value)
	}
	first := len(to)
	to = onlyDigits(to, value[:e])
	exponent := 0
	for _, c := range value[e:] {
		if isDigit(c) {
			exponent = exponent*10 + int(c-'0')
		}
	}
	for len(to)-first <= exponent && len(to)-first < 12 {
		to = append(to, '0')
	}
	return to
}

func onlyDigits(to, value []byte) []byte {
	for _, c := range value {
		if isDigit(c) {
			to = append(to, c)
		}
	}
	return to
}

// Heading says what a column's name speaks of.
func (r *Rules) Heading(name string) Contexts {
	if name == "" {
		return 0
	}
	spaced := make([]byte, 0, len(name)+8)
	for i := range len(name) { // kund_nr, kundNr and KUND.NR are words as well
		c := name[i]
		if c == '_' || c == '.' || c == '-' {
			c = ' '
		}
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			spaced = append(spaced, ' ')
		}
		spaced = append(spaced, c)
	}
	var out Contexts
	for _, text := range [][]byte{spaced, []byte(name)} {
		s := &Scanner{rules: r, dict: r.numbers.whole(), kernel: kernelGo}
		n := len(text)/64 + 2
		s.text = text
		for _, m := range s.maps() {
			*m = make([]uint64, n)
		}
		s.kernel.classifyNumbers(s.digits, s.signs, text)
		s.needWords(0, len(text))
		for _, h := range s.hits {
			out |= h.class.set()
		}
	}
	return out
}

// Says reports whether contexts speak of a detector.
func (r *Rules) Says(c Contexts, id string) bool {
	for i, have := range r.ids {
		if have == id {
			return c&(1<<i) != 0 || i <= int(Samordningsnummer) && c&civicWords != 0
		}
	}
	return false
}
