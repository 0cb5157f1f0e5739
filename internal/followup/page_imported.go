// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"strconv"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// importedRow is one figure of a series that was fetched from somebody else.
type importedRow struct{ Year, Value, Title, Source, Note string }

// ImportedValueText writes a figure of somebody else's, with what the source says of it.
func ImportedValueText(l *locale.Localizer, s *Imported, v *ImportedValue) string {
	switch {
	case v.Value == nil && v.Status != "":
		return l.T("followup.imported-status", "Status", statusWord(l, v.Status))
	case v.Value == nil:
		return l.T("followup.imported-none")
	}
	text := l.Decimal(*v.Value)
	if s.Percent() {
		text += "\u00a0%"
		if l.Lang != "sv" {
			text = l.Decimal(*v.Value) + "%"
		}
	}
	if v.Status != "" {
		text += " (" + statusWord(l, v.Status) + ")"
	}
	return text
}

// statusWord is what a source's mark of a figure means; one that is not known stands as the source writes it.
func statusWord(l *locale.Localizer, status string) string {
	switch status {
	case "Missing":
		return l.T("followup.imported-missing")
	case "Privacy", "Private":
		return l.T("followup.imported-privacy")
	}
	return status
}

// ImportedSource says where a series is from, and when it was fetched.
func ImportedSource(l *locale.Localizer, s *Imported) string {
	return l.T("followup.imported-source", "Base", s.Base, "Measure", s.Measure, "On", l.Date(civil.Of(s.Fetched)))
}

// ImportedLines draws the country's figures of somebody else's series. Where they do not compare, one line ends and another begins. What is no
// share is not drawn.
func ImportedLines(l *locale.Localizer, s *Imported, span Span) []web.PlotLine {
	if !s.Percent() {
		return nil
	}
	var out []web.PlotLine
	pieces := s.pieces(Country)
	for _, piece := range pieces {
		line := web.PlotLine{Class: others, Label: ImportedTitle(l, s)}
		if len(pieces) > 1 { // lines of the same name are told apart by their years
			line.Label += ", " + strconv.Itoa(piece[0].Year) + "–" + strconv.Itoa(piece[len(piece)-1].Year)
		}
		for i := range piece {
			line.Points = append(line.Points, web.PlotPoint{X: span.Middle(piece[i].Year), Y: *piece[i].Value / 100})
			line.Value = ImportedValueText(l, s, &piece[i]) + " (" + strconv.Itoa(piece[i].Year) + ")"
		}
		out = append(out, line)
	}
	return out
}

// ImportedTitle is a series' title, with which definition it is when the source has changed it.
func ImportedTitle(l *locale.Localizer, s *Imported) string {
	if s.Version == 1 {
		return s.Title
	}
	return l.T("followup.imported-version", "Title", s.Title, "Version", s.Version)
}

// imported lists the country's figures of others' series.
func (o *openPage) imported(l *locale.Localizer, list []Imported) {
	for i := range list {
		s := &list[i]
		for _, v := range s.At(Country) {
			row := importedRow{Year: strconv.Itoa(v.Year), Value: ImportedValueText(l, s, &v), Title: ImportedTitle(l, s), Source: ImportedSource(l, s)}
			for _, b := range s.Breaks {
				if b.Year == v.Year {
					row.Note = l.T("followup.imported-break", "Year", strconv.Itoa(b.Year), "Note", b.Note)
				}
			}
			if v.Revision > 1 {
				row.Note += " " + l.T("followup.imported-revised")
			}
			o.Imported = append(o.Imported, row)
		}
	}
}
