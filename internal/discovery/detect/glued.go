// SPDX-License-Identifier: EUPL-1.2

package detect

import "bytes"

// Letters directly beside a number make it a part of a word, a hash, an identifier, a product's code; a few do not.

// inWord reports whether a number is a part of a word: whether a letter stands right before or after it, or a percent sign of which its first two
// digits are a part. A word for such numbers may stand directly before any (pnr198507099805, SSN850709-9805). A word may stand
// directly before one that has both its century and a dash, and directly after one that has either, as where the borders of cells were lost, and in
// names of files; letters that a hash, a code or a unit may have are no word.
func (s *Scanner) inWord(start, end int, wide bool, form civicForm) bool {
	t := s.text
	if start > 0 {
		if percentParts(t, start-1) {
			return true
		}
		if joins(t, start-1) && !escapes(t, start-1) && !s.saidDirectly(start) && (!wide || form != dashed || !s.wordEnds(start)) {
			return true
		}
	}
	if end == len(t) || !letterAt(t, end) {
		return false
	}
	return form != dashed && (form != bare12 || stampAt(t[start:])) || !wordBegins(t, end)
}

// glued is a word that a number stood directly after, and whether it speaks of such numbers.
type glued struct {
	word string
	says bool
}

// saidDirectly reports whether the word that ends at a place speaks of personnummer or samordningsnummer. That it is the same as the last time
// is likely.
func (s *Scanner) saidDirectly(end int) bool {
	first := s.wordBefore(end)
	if first < 0 || end-first > longestWord || !beyondHex(s.text[first:end]) {
		return false
	}
	if word := s.text[first:end]; string(word) != s.glued.word {
		s.glued.word = string(word)
		s.glued.says = s.rules.Heading(s.glued.word)&(1<<Personnummer|1<<Samordningsnummer) != 0
	}
	return s.glued.says
}

// beyondHex reports whether a word has a letter that no hash has, as all that speak of such numbers have.
func beyondHex(word []byte) bool {
	for _, c := range word {
		if c|0x20 > 'f' {
			return true
		}
	}
	return false
}

// leastGlued is how many letters a word has at least that a number stands directly beside, and leastCapitals how many when they are all capitals,
// as in files whose fields have fixed widths.
const (
	leastGlued    = 3
	leastCapitals = 5
)

// wordEnds reports whether a word ends at a place that is more than a few letters of a code.
func (s *Scanner) wordEnds(end int) bool {
	t, first := s.text, s.wordBefore(end)
	return first >= 0 && (first == 0 || !isDigit(t[first-1])) && isWord(t[first:end])
}

// wordBegins does the same for one that begins there.
func wordBegins(t []byte, from int) bool {
	end := from
	for end < len(t) && end-from < longestWord && (t[end] >= 0x80 || t[end]|0x20 >= 'a' && t[end]|0x20 <= 'z') {
		end++
	}
	return (end == len(t) || !isDigit(t[end])) && isWord(t[from:end])
}

// isWord reports whether letters make a word: small ones but for the first, or capitals, and not all of hexadecimal.
func isWord(letters []byte) bool {
	if len(letters) < leastGlued {
		return false
	}
	capitals := 0
	for _, c := range letters[1:] {
		if isCapital(c) {
			capitals++
		}
	}
	return beyondHex(letters) && (capitals == 0 || len(letters) >= leastCapitals && !bytes.ContainsFunc(letters, isSmallRune))
}

func isSmallRune(c rune) bool { return c >= 'a' && c <= 'z' }
