// SPDX-License-Identifier: EUPL-1.2

package detect

import "bytes"

// civicWords are the contexts that speak for a personnummer or samordningsnummer.
const civicWords = Contexts(1<<Personnummer | 1<<Samordningsnummer | 1<<Interim | 1<<DateOfBirth)

// otherNumbers are the contexts that speak against them.
const otherNumbers = Contexts(1<<Organisationsnummer | 1<<Passport | 1<<IDCard | 1<<Phone | 1<<Account | 1<<Bankgiro | 1<<Plusgiro | 1<<IBAN | 1<<Card |
	1<<against)

// saysOther is how near a word must stand, before a number on the same line, to say that the number is something else.
const saysOther = 48

// saysAfter is how near a word must stand after a number to say so.
const saysAfter = 16

// longestWord is how far before it a word that ends near a number may begin.
const longestWord = 24

// judgeCivic weighs a number whose date and checksum are right.
func (s *Scanner) judgeCivic(m *Match, form civicForm, attached bool) {
	switch {
	case m.Why&Future != 0:
		m.Confidence = Low
		return
	case attached:
		m.Why |= Neighbours
		m.Confidence = Low
		return
	}
	if form == dashed {
		m.Why |= Separator
	}
	if s.Column != nil {
		cell, heading, in := s.Column(m.Start)
		m.Cell = cell
		if in {
			m.Why, m.Confidence = m.Why.InColumn(heading)
			return
		}
	}
	s.judgeByWords(m, form)
}

// InColumn weighs a number in a column, of which all else is known that speaks for it or against it, by the column's name.
func (w Why) InColumn(heading Contexts) (Why, Confidence) {
	dashed := w&Separator != 0
	switch {
	case heading&civicWords != 0:
		return w | Heading, High
	case heading&otherNumbers != 0 && dashed:
		return w | AgainstHeading, Medium
	case heading&otherNumbers != 0:
		return w | AgainstHeading, Low
	case dashed:
		return w, High
	}
	return w, Medium
}

// judgeByWords weighs a number in running text by the words around it: the nearest decides.
func (s *Scanner) judgeByWords(m *Match, form civicForm) {
	if form == dashed {
		s.judgeDashed(m)
		return
	}
	s.needWords(m.Start-saysOther-longestWord, m.End+saysAfter) // of all that may be asked next, at once
	if other, said := s.saidBefore(otherNumbers, m.Start); said {
		if s.saidNearer(other, m) {
			m.Why, m.Confidence = m.Why|Words, High
		} else {
			m.Why, m.Confidence = m.Why|AgainstWords, Low
		}
		return
	}
	stamps := form == bare12 && s.amongStamps(m.Start)
	after := s.saidAfter(m.End)
	if s.Roughly && !stamps && !after {
		m.Confidence = Medium
		return
	}
	_, own := s.near(civicWords, m.Start, m.End, contextBytes)
	switch {
	case own:
		m.Why |= Words
		m.Confidence = High
	case stamps:
		m.Why |= Neighbours | Ambiguous
		m.Confidence = Low
	case after:
		m.Why |= AgainstWords
		m.Confidence = Low
	default:
		m.Confidence = Medium
	}
}

// judgeDashed weighs a number with a dash in running text: only a word for another number, nearer than its own, speaks against it.
func (s *Scanner) judgeDashed(m *Match) {
	if m.Confidence = High; s.Roughly {
		return
	}
	if other, ok := s.saidBefore(otherNumbers, m.Start); ok {
		if !s.saidNearer(other, m) {
			m.Why |= AgainstWords
			m.Confidence = Medium
		}
	}
}

// saidNearer reports whether a word for a number stands no farther from it than that for another number does.
func (s *Scanner) saidNearer(other int, m *Match) bool {
	own, ok := s.near(civicWords, m.Start, m.End, other+1)
	return ok && own <= other
}

// saidBefore finds the nearest word of some classes that stands shortly before a place, on the same line.
func (s *Scanner) saidBefore(classes Contexts, start int) (distance int, ok bool) {
	s.needWords(start-saysOther-longestWord, start)
	hits := s.hitsBetween(start-saysOther, start)
	for i := len(hits) - 1; i >= 0; i-- {
		if h := hits[i]; int(h.end) <= start && classes&h.class.set() != 0 {
			return start - int(h.end), int(h.end) >= s.clauseStart(start)
		}
	}
	return 0, false
}

// saidAfter reports whether a word for another kind of number stands directly after a place, in the same sentence: "... som tidpunkt".
func (s *Scanner) saidAfter(end int) bool {
	last := min(len(s.text), end+saysAfter)
	s.needWords(end, last)
	for _, h := range s.hitsBetween(end, last) {
		if h.class == against {
			return !bytes.ContainsAny(s.text[end:h.pos], ".;\n")
		}
	}
	return false
}

// clauseStart is where the sentence, the line, or what stands after the declaration of XML begins that a place lies in, as far back as a word may
// say what stands there.
func (s *Scanner) clauseStart(at int) int {
	t := s.text
	for i := at - 1; i >= 0 && i > at-saysOther; i-- {
		if t[i] == '\n' || t[i] == '>' && i > 0 && t[i-1] == '?' || t[i] == ' ' && i > 0 && i+1 < at && t[i-1] == '.' && capitalAt(t, i+1) {
			return i + 1
		}
	}
	return max(0, at-saysOther)
}

// attached reports whether a value is part of something longer: 2024-850709-9805, 198507099805.25. Two numbers with a stroke between them are none,
// nor is 198507099805.0.
func (s *Scanner) attached(start, end int) bool {
	t := s.text
	if start >= 2 && isJoint(t[start-1]) && isDigit(t[start-2]) && (t[start-1] != '/' || !s.dashedBefore(start-1)) {
		return true
	}
	return end+1 < len(t) && isJoint(t[end]) && isDigit(t[end+1]) && (t[end] != '/' || !s.dashedAt(end+1)) && !s.noughts(end)
}

// noughts reports whether a point and one or two noughts stand at a place, as of whole numbers that a program wrote as any other.
func (s *Scanner) noughts(at int) bool {
	n := s.runAt(at + 1)
	if s.text[at] != '.' || n == 0 || n > 2 || s.text[at+1] != '0' || s.text[at+n] != '0' {
		return false
	}
	end := at + 1 + n
	return end == len(s.text) || !isJoint(s.text[end]) && !letterAt(s.text, end)
}

// dashedAt reports whether something stands at a place that is written as a number with a hyphen.
func (s *Scanner) dashedAt(i int) bool {
	n := s.runAt(i)
	return (n == 6 || n == 8) && i+n < len(s.text) && s.text[i+n] == '-' && s.exactly(i+n+1, 4)
}

// dashedBefore reports whether such ends at a place.
func (s *Scanner) dashedBefore(end int) bool {
	for _, n := range [...]int{11, 13} {
		if first := end - n; first >= 0 && (first == 0 || !isDigit(s.text[first-1])) && s.dashedAt(first) {
			return true
		}
	}
	return false
}

func isJoint(c byte) bool { return c == '-' || c == '.' || c == '/' || c == '+' }

func isDigit(c byte) bool { return c-'0' < 10 }

// amongStamps reports whether twelve digits may be a time, YYYYMMDDHHMM, and stand near another run that begins with the same year
// and month or is a time as well: a log's, a table's.
func (s *Scanner) amongStamps(start int) bool {
	t := s.text
	if !stampAt(t[start:]) {
		return false
	}
	for i := max(0, start-contextBytes); i+12 <= len(t) && i < start+contextBytes; i++ {
		if i != start && isDigit(t[i]) && (i == 0 || !isDigit(t[i-1])) {
			if n := s.runAt(i); n >= 12 && n <= 17 && stampAt(t[i:]) {
				return true
			} else if n > 1 {
				i += n - 1
			}
		}
	}
	return false
}

// stampAt reports whether twelve digits are a time of this century.
func stampAt(t []byte) bool {
	return two(t) == 20 && two(t[4:])-1 < 12 && two(t[6:])-1 < 31 && two(t[8:]) < 24 && two(t[10:]) < 60
}
