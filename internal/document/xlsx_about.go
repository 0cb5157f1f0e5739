// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"strings"
	"unicode/utf8"
)

// about writes the first sheet: what the document is and what it says outside
// its tables, with a link to the sheet of each.
func (b *book) about() error {
	s, err := b.open(b.l.words.about, false, []float64{30, 90})
	if err != nil {
		return err
	}
	if err := s.cover(); err != nil {
		return err
	}
	for _, p := range b.l.parts {
		if err := s.part(p); err != nil {
			return err
		}
	}
	return s.stream.Flush()
}

// cover writes the title, the status and the properties.
func (s *xlsxSheet) cover() error {
	lines := []struct {
		text string
		look look
	}{{s.l.Title, look{kind: lookTitle}}, {s.l.Subtitle, look{kind: lookSubtitle}}, {s.l.Status, look{kind: lookStatus}}}
	for _, line := range lines {
		if line.text == "" {
			continue
		}
		if err := s.line(line.text, line.look); err != nil {
			return err
		}
	}
	if len(s.l.Properties) > 0 {
		s.row++
	}
	for _, p := range s.l.Properties {
		name, err := s.text(p.Name, look{strong: true})
		if err != nil {
			return err
		}
		value, err := s.value(Cell{Text: p.Value, Link: p.Value}, Plain, 2)
		if err != nil {
			return err
		}
		if err := s.addHigh(height(p.Value), name, value); err != nil {
			return err
		}
	}
	return nil
}

// part writes the heading and the text of a section.
func (s *xlsxSheet) part(p part) error {
	if p.Heading == "" && len(p.Paragraphs) == 0 && p.sheet == nil {
		return nil
	}
	s.row++
	if p.Heading != "" {
		if err := s.line(p.Heading, look{kind: lookHeading}); err != nil {
			return err
		}
	}
	for _, text := range p.Paragraphs {
		if err := s.beside(nil, text, look{}); err != nil {
			return err
		}
	}
	if p.sheet == nil {
		return nil
	}
	if p.sheet.Caption != "" {
		if err := s.beside(nil, p.sheet.Caption, look{}); err != nil {
			return err
		}
	}
	label, err := s.text(s.l.words.sheet, look{})
	if err != nil {
		return err
	}
	if err := s.hyperlink("'"+p.sheet.name+"'!A1", "Location", 2); err != nil {
		return err
	}
	return s.beside(label, p.sheet.name, look{link: true})
}

// line writes text in the first column.
func (s *xlsxSheet) line(text string, k look) error {
	c, err := s.text(text, k)
	if err != nil {
		return err
	}
	points := map[lookKind]float64{lookTitle: 26, lookHeading: 20}[k.kind]
	return s.addHigh(points, c)
}

// beside writes text in the second column, next to a label.
func (s *xlsxSheet) beside(label any, text string, k look) error {
	c, err := s.text(text, k)
	if err != nil {
		return err
	}
	return s.addHigh(height(text), label, c)
}

// height is the room that text takes in the second column, in points: not every
// program works it out for rows of text. No row is higher than 409.
func height(text string) float64 {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines += 1 + utf8.RuneCountInString(line)/85
	}
	return min(409, float64(lines)*15)
}
