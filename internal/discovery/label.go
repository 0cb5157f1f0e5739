// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// named are the detectors of what says by itself who somebody is. Whatever is looked for, none of it is told in the name of a column, a table
// or a cell: a list without headings has its first values there, and objects in JSON are often keyed by whom they are about.
var named = []detect.Detector{
	detect.Personnummer, detect.Samordningsnummer, detect.Interim, detect.Passport, detect.IDCard, detect.Email, detect.Phone, detect.Address, detect.IBAN,
	detect.Card, detect.NamePerson,
}

// labels mask what names of columns, tables and cells hold.
type labels struct {
	scanner *detect.Scanner // nil until there is a name to look through
	known   map[string]string
	last    [2]string // the name that was asked for last, and how it is told
}

// label is how the name of a column, a table or a cell is told: as it is, apart from what in it says who somebody is.
func (s *session) label(name string) string {
	l := &s.labels
	if name == "" {
		return ""
	}
	if name == l.last[0] {
		return l.last[1]
	}
	shown, ok := l.known[name]
	if !ok {
		if l.scanner == nil {
			l.scanner = s.Rules.NewScanner(named)
		}
		shown = l.masked(name)
		if l.known == nil || len(l.known) >= mostHeadings {
			l.known = map[string]string{}
		}
		if len(name) <= longestHeading {
			l.known[strings.Clone(name)] = shown
		}
	}
	l.last = [2]string{name, shown}
	return shown
}

func (l *labels) masked(name string) string {
	text := []byte(name)
	var out []byte
	done := 0
	for _, m := range l.scanner.Scan(text, 0, len(text)) {
		if m.Start < done || m.Confidence < detect.Medium && m.Detector != detect.Personnummer && m.Detector != detect.Samordningsnummer {
			continue
		}
		out = detect.AppendMask(append(out, text[done:m.Start]...), m.Detector, text[m.Start:m.End])
		done = m.End
	}
	if done == 0 {
		return name
	}
	return string(append(out, text[done:]...))
}

// cellLabel is how a cell is told whose name begins with that of its sheet.
func (s *session) cellLabel(cell, table string) string {
	shown := s.label(table)
	if rest, ok := strings.CutPrefix(cell, table+"!"); ok && shown != table {
		return shown + "!" + rest
	}
	return cell
}
