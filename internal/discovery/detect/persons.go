// SPDX-License-Identifier: EUPL-1.2

package detect

import "bytes"

// nameEndings are how surnames end, folded.
type nameEndings []string

// mails finds e-mail addresses by their @.
func (s *Scanner) mails(from, to int) {
	if !s.want[Email] {
		return
	}
	t := s.text
	for at := max(from, 1); at < len(t); at++ {
		k := bytes.IndexByte(t[at:min(len(t), to+64)], '@')
		if k < 0 {
			return
		}
		at += k
		first := localStart(t, at)
		if first == at || first < from || first >= to {
			continue
		}
		if end := domainEnd(t, at+1); end > 0 {
			c, why := High, Form
			if isRole(t[first:at]) {
				c, why = Medium, Form|Ambiguous
			}
			s.add(Email, first, end, c, why)
		}
	}
}

// localStart is where the part before the @ begins; at itself when there is none.
func localStart(t []byte, at int) int {
	first := at
	for first > 0 && at-first < 64 && isLocal(t[first-1]) {
		first--
	}
	for first < at && (t[first] == '.' || t[first] == '-' || t[first] == '+') {
		first++
	}
	if t[at-1] == '.' {
		return at
	}
	return first
}

func isLocal(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c >= 0x80
}

// mostDomain are the bytes of a domain at most.
const mostDomain = 160

// domainEnd is where a domain that begins at a place ends; 0 when none does.
func domainEnd(t []byte, start int) int {
	end := 0
	for label := start; label < len(t); {
		i := label
		for i < len(t) && i-start < mostDomain && inDomain(t[i]) {
			i++
		}
		if i == label || i-start == mostDomain {
			break
		}
		if label > start && i-label >= 2 && topLevel(t[label:i]) {
			end = i
		}
		if i == len(t) || t[i] != '.' {
			break
		}
		label = i + 1
	}
	return end
}

func inDomain(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c >= 0x80
}

// topLevel reports whether a domain may end with a label. Units of systemd have names of the same form: getty@tty1.service.
func topLevel(label []byte) bool {
	for _, c := range label {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	switch string(label) {
	case "service", "socket", "timer", "mount", "automount", "slice", "scope", "swap", "path":
		return false
	}
	return true
}

// isRole reports whether an address is an office's and not a person's.
func isRole(local []byte) bool {
	for _, role := range []string{"info", "kommun", "kommunen", "registrator", "noreply", "no-reply", "support", "kontakt", "webmaster", "postmaster", "admin", "faktura", "reception"} {
		if string(bytes.ToLower(local)) == role {
			return true
		}
	}
	return false
}

// fromWords finds names and sensitive words among the hits.
func (s *Scanner) fromWords(from, to int) {
	hits := s.hits
	clear(s.lastOf[:])
	for k := 0; k < len(hits); k++ {
		h := hits[k]
		if int(h.pos) < from {
			s.spoken(h)
			continue
		}
		if int(h.pos) >= to {
			return
		}
		switch {
		case h.class == class(NamePerson):
			if s.want[NamePerson] {
				s.namesAfter(int(h.end))
			}
		case h.class == firstName:
			if s.want[NamePerson] {
				k = s.name(k)
			}
		case h.class == lastName:
			if s.want[NamePerson] {
				k = s.turnedName(k)
			}
		case h.class >= class(firstSensitive) && h.class < maxClasses:
			s.sensitive(k)
		}
	}
}

// sensitive notes a word of a sensitive category: high when another of the same category stands near it. A word that says little by
// itself needs such a one to count.
func (s *Scanner) sensitive(k int) {
	h := s.hits[k]
	c := Medium
	if h.weak || !s.Roughly {
		last := s.lastOf[h.class]
		switch near := last > 0 && last > h.pos-contextBytes || s.anotherAfter(k); {
		case near && !h.weak:
			c = High
		case h.weak && !near:
			c = Low
		}
	}
	s.spoken(h)
	s.add(Detector(h.class), int(h.pos), int(h.end), c, Known)
}

// spoken notes where a word of a category ends.
func (s *Scanner) spoken(h hit) {
	if !h.weak {
		s.lastOf[h.class] = max(h.end, 1)
	}
}

// anotherAfter reports whether a word of the same category stands shortly after one.
func (s *Scanner) anotherAfter(k int) bool {
	h := s.hits[k]
	for _, other := range s.hits[k+1:] {
		if other.pos >= h.end+contextBytes {
			return false
		}
		if other.class == h.class && !other.weak {
			return true
		}
	}
	return false
}

// name notes first names and the surname after them. It returns the last hit that is part of it.
func (s *Scanner) name(k int) int {
	t, first := s.text, int(s.hits[k].pos)
	last, end := s.moreFirstNames(k)
	if next, ok := s.nextWord(end); ok && t[end] == ' ' && capitalAt(t, next) {
		j, c := s.hitAt(last+1, next)
		stop := next + s.lettersAt(next)
		switch {
		case stop-next > mostNameLetters:
		case c&lastName.set() != 0 || s.surname(t[next:stop]):
			s.add(NamePerson, first, s.doubleName(stop), High, Known)
			return max(last, j)
		case stop-next > 3 && c == 0 && !allCapitals(t[next:stop]):
			s.add(NamePerson, first, stop, Medium, Known|Form)
			return last
		}
	}
	c := Low
	if s.titled(first) {
		c = Medium
	}
	s.add(NamePerson, first, end, c, Known)
	return last
}

// moreFirstNames goes past the first names that follow one: Anna Maria, Anna-Karin. It returns the last hit, and where it ends.
func (s *Scanner) moreFirstNames(k int) (last, end int) {
	last, end = k, int(s.hits[k].end)
	for range 3 {
		next, ok := s.nextWord(end)
		if !ok {
			break
		}
		j, c := s.hitAt(last+1, next)
		if c&firstName.set() == 0 || c&lastName.set() != 0 && s.text[end] == ' ' {
			break
		}
		end, last = int(s.hits[j].end), j
	}
	return last, end
}

// doubleName is the end of a surname that another is joined to by a hyphen.
func (s *Scanner) doubleName(end int) int {
	t := s.text
	if end+2 < len(t) && t[end] == '-' && capitalAt(t, end+1) {
		if n := s.lettersAt(end + 1); n <= mostNameLetters {
			return end + 1 + n
		}
	}
	return end
}

// turnedName notes a surname, a comma and a first name; a surname after a title; or passes by.
func (s *Scanner) turnedName(k int) int {
	t, h := s.text, s.hits[k]
	end := int(h.end)
	if end+2 < len(t) && t[end] == ',' && t[end+1] == ' ' {
		if j, c := s.hitAt(k+1, end+2); c&firstName.set() != 0 {
			s.add(NamePerson, int(h.pos), int(s.hits[j].end), High, Known|Form)
			return j
		}
	}
	if k > 0 && s.hits[k-1].pos == h.pos {
		return k
	}
	if s.titled(int(h.pos)) {
		s.add(NamePerson, int(h.pos), end, Medium, Known|Words)
	}
	return k
}

// namesAfter notes names that stand directly after a word for a person, though no list has them: two to four words with capitals, and
// more of the kind after commas and "och".
func (s *Scanner) namesAfter(end int) {
	t := s.text
	if end < len(t) && t[end] == ':' {
		end++
	}
	for word := end; end < word+longestRow; {
		if end+1 >= len(t) || t[end] != ' ' {
			return
		}
		first := end + 1
		if end = s.nameFrom(first); end == 0 {
			return
		}
		s.add(NamePerson, first, end, Medium, Words|Form)
		switch {
		case bytes.HasPrefix(t[end:], []byte(", ")):
			end++
		case bytes.HasPrefix(t[end:], []byte(" och ")):
			end += len(" och")
		default:
			return
		}
	}
}

// nameFrom is where a name of two to four words with capitals ends that begins at a place; 0 when none does. Words in capitals alone and
// names of organisations are none.
func (s *Scanner) nameFrom(first int) (end int) {
	t := s.text
	words := 0
	for at := first; words < 4; words++ {
		if at >= len(t) || !capitalAt(t, at) || at > 0 && isDigit(t[at-1]) {
			break
		}
		stop := at + s.lettersAt(at)
		if stop-at < 2 || stop-at > mostNameLetters || allCapitals(t[at:stop]) || isBody(t[at:stop]) {
			return 0
		}
		end = s.doubleName(stop)
		if at = end + 1; end >= len(t) || t[end] != ' ' {
			words++
			break
		}
	}
	if words < 2 {
		return 0
	}
	return end
}

// bodies are words in the names of organisations and places.
var bodies = [][]byte{
	[]byte("kommun"), []byte("region"), []byte("skola"), []byte("förening"), []byte("nämnd"), []byte("bolag"), []byte("kyrka"), []byte("sjukhus"), []byte("förvaltning"), []byte("myndighet"),
	[]byte("stad"), []byte("sverige"), []byte("avdelning"), []byte("enhet"), []byte("gatan"), []byte("vägen"), []byte("f\xf6rening"), []byte("n\xe4mnd"), []byte("f\xf6rvaltning"),
}

// isBody reports whether a word belongs to the name of an organisation.
func isBody(word []byte) bool {
	lower := bytes.ToLower(word)
	for _, b := range bodies {
		if bytes.Contains(lower, b) {
			return true
		}
	}
	return false
}

// namesBefore notes names that stand directly before personnummer and samordningsnummer in running text: Anna Svensson, 18900603-9813.
func (s *Scanner) namesBefore(civic []Match) {
	if !s.want[NamePerson] {
		return
	}
	t := s.text
	for _, m := range civic {
		end := m.Start - 2
		if m.Confidence < Medium || end < 3 || t[end+1] != ' ' && t[end+1] != '(' || t[end] != ',' && t[end] != ' ' || s.inColumn(m.Start) {
			continue
		}
		if first := s.capitalsBefore(end); first < end && s.nameFrom(first) == end {
			s.add(NamePerson, first, end, Medium, Form)
		}
	}
}

// capitalsBefore is where up to four words with capitals begin that end at a place, with a space between them; end when none does.
func (s *Scanner) capitalsBefore(end int) int {
	first, stop := end, end
	for range 4 {
		at := s.wordBefore(stop)
		if at < 0 || !capitalAt(s.text, at) {
			break
		}
		if first = at; at == 0 || s.text[at-1] != ' ' {
			break
		}
		stop = at - 1
	}
	return first
}

// titled reports whether a title, or a word for a person, stands directly before a place, or the column is one of names.
func (s *Scanner) titled(at int) bool {
	if s.Column != nil {
		if _, heading, in := s.Column(at); in {
			return heading&(1<<NamePerson) != 0
		}
	}
	for _, h := range s.hitsBetween(at-24, at) {
		if h.class == class(NamePerson) && int(h.end) <= at && at-int(h.end) <= 3 {
			return true
		}
	}
	return false
}

// nextWord is where the word after one space or hyphen begins.
func (s *Scanner) nextWord(end int) (int, bool) {
	t := s.text
	if end+1 >= len(t) || t[end] != ' ' && t[end] != '-' || !letterAt(t, end+1) {
		return 0, false
	}
	return end + 1, true
}

// hitAt finds the hits at a place, from a hit on: one of them, and the classes of all.
func (s *Scanner) hitAt(k, at int) (int, Contexts) {
	found, classes := -1, Contexts(0)
	for k = max(0, k); k < len(s.hits) && int(s.hits[k].pos) <= at; k++ {
		if int(s.hits[k].pos) == at {
			found, classes = k, classes|s.hits[k].class.set()
		}
	}
	return found, classes
}

// surname reports whether a word ends as surnames do.
func (s *Scanner) surname(word []byte) bool {
	for _, e := range s.rules.names {
		if len(word) > len(e)+1 && equalFolded(word[len(word)-len(e):], e) {
			return true
		}
	}
	return false
}

func allCapitals(word []byte) bool {
	for _, c := range word {
		if c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}
