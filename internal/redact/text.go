// SPDX-License-Identifier: EUPL-1.2

package redact

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// pattern is a form that a secret or personal data have in running text.
type pattern struct {
	// needs says what a text must have in it for the form to be worth looking for: most texts of a log have none of it.
	needs func(seen) bool
	form  *regexp.Regexp
	with  string
}

// seen is what one look at a text has shown.
type seen struct {
	at, equals, colon, space, query, dashes, jwt bool
	// digits is how many there are, and longest the longest row of what tokens are made of.
	digits, longest int
}

func look(s string) seen {
	v := seen{
		dashes: strings.Contains(s, "-----BEGIN"), jwt: strings.Contains(s, "eyJ"), at: strings.Contains(s, "@"), equals: strings.Contains(s, "="),
		colon: strings.Contains(s, ":"), space: strings.ContainsAny(s, " \t\r\n\v\f"), query: strings.ContainsAny(s, "?#&;"),
	}
	row := 0
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			v.digits++
		}
		if row++; !drawn[s[i]] {
			row = 0
		}
		v.longest = max(v.longest, row)
	}
	return v
}

// drawn are the characters that tokens are made of.
var drawn = func() (out [256]bool) {
	for _, c := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_~+=-" {
		out[c] = true
	}
	return out
}()

// patterns are tried in order: what stands under a name first, then what is known by its looks. They are made when the first text is looked at,
// so that no command of the program waits for them that logs nothing.
var patterns = sync.OnceValue(func() []pattern {
	return []pattern{
		{func(v seen) bool { return v.dashes }, regexp.MustCompile(`(?s)-----BEGIN [^-]*-----.*?(-----END [^-]*-----|$)`), Mark},
		// A header or a cookie with its value, to the end of the line.
		{named, regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)(["']?\s*[:=]\s*)[^\r\n]*`), "$1$2" + Mark},
		{
			func(v seen) bool { return v.space && v.longest >= 6 },
			regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate|dpop)\s+[A-Za-z0-9+/_.~=-]{6,}`), "$1 " + Mark,
		},
		// user:password@ in an address, and the whole query of one.
		{func(v seen) bool { return v.colon && v.at }, regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#]*@`), "$1" + Mark + "@"},
		{func(v seen) bool { return v.query && v.equals }, regexp.MustCompile(`([\p{L}0-9/_.~%:\])-])[?#][^\s?#"'<>&=]*=[^\s"'<>]*`), "$1?" + Mark},
		{func(v seen) bool { return v.query && v.equals }, regexp.MustCompile(`([?&;])([\p{L}0-9_.~%-]+)=[^\s&;"'<>]+`), "$1$2=" + Mark},
		// name=value and "name": "value", where the name tells that it is a secret.
		{named, regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|l[öo]senord|secret|token|credential|api[_-]?key|private[_-]?key|otp|pin|nonce|kod|code)` +
			`["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"']+)`), "$1" + Mark},
		{func(v seen) bool { return v.jwt }, regexp.MustCompile(`eyJ[A-Za-z0-9_=-]*(?:\.[A-Za-z0-9_=-]*)*`), Mark},
		{func(v seen) bool { return v.at }, regexp.MustCompile(`[\p{L}0-9._%+'*-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)*`), Mark},
		{personal, person(), "${1}" + Mark + "${2}"},
		{personal, person(), "${1}" + Mark + "${2}"}, // one that follows another at once shares the character between them
	}
})

func named(v seen) bool { return v.colon || v.equals }

func personal(v seen) bool { return v.digits >= 10 }

// person is a personal identity number or a coordination number, with or without a century. Only its date is looked at, not its check
// digit: a mistyped number is somebody's too.
var person = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[^0-9])(?:18|19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])[-+ ]?\d{4}($|[^0-9])`)
})

// run is a row of letters and digits so long that it may be a token. What separates words ends it.
var run = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_~+=-]{20,}`) })

// plainID is a UUID: it names something and opens nothing.
var plainID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
})

// Text gives the text without what must not be logged.
func Text(s string) string {
	v := look(s)
	for _, p := range patterns() {
		if p.needs(v) {
			s = p.form.ReplaceAllString(s, p.with)
		}
	}
	if v.longest < shortestToken {
		return s
	}
	return run().ReplaceAllStringFunc(s, func(t string) string {
		if plainID().MatchString(t) || !looksDrawn(t) {
			return t
		}
		return Mark
	})
}

// shortestToken is the length that a row of letters and digits has at least to be looked at: 20 characters are about 100 bits.
const shortestToken = 20

// looksDrawn reports whether a row of letters and digits looks like one that was drawn by lot, not like words put together: digits
// stand among its letters, or capitals fill it.
func looksDrawn(s string) bool {
	digits, upper, lower := 0, 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	switch {
	case digits == len(s):
		return true // no count of anything has twenty digits
	case digits >= 2 && upper+lower > 0:
		return true
	case lower == 0 && upper >= 16 && !strings.ContainsAny(s, "_-"):
		return true // base32 can lack digits
	}
	return upper >= 6 && lower >= 6 && !wordy(s)
}

// wordy reports whether the capitals begin words: SomethingLikeThis, never sOmeThINg.
func wordy(s string) bool {
	last, changes := 'a', 0
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsUpper(last) {
			changes++
		}
		last = r
	}
	return changes < 3
}
