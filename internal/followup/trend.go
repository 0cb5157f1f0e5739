// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
)

// firstShown is the first year that trends show at the least: since then somebody asks.
const firstShown = 2015

// Span are the years that a trend is drawn over.
type Span struct{ From, To int }

// SpanOf gives the years from the first that something is known of to this one.
func SpanOf(ind *catalogue.Indicator, today civil.Date, imported ...Imported) Span {
	s := Span{firstShown, today.Year}
	for i := range imported {
		if first, _ := imported[i].Years(); first != 0 && imported[i].Percent() {
			s.From = min(s.From, first)
		}
	}
	for _, r := range ind.References {
		for _, v := range r.Values {
			s.From = min(s.From, v.Year)
		}
	}
	return s
}

// At is where a day lies along the span, from 0 to 1. A figure of a whole year lies in its middle.
func (s Span) At(d civil.Date) float64 {
	year := float64(d.Year) + float64(d.Time().YearDay()-1)/366
	return (year - float64(s.From)) / float64(s.To-s.From+1)
}

// Middle is where a year lies.
func (s Span) Middle(year int) float64 { return (float64(year-s.From) + 0.5) / float64(s.To-s.From+1) }

// Monthly keeps the last point of each month, so that a line of many years can be read.
func Monthly(points []Point) []Point {
	var out []Point
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1].On.Year == p.On.Year && out[n-1].On.Month == p.On.Month && out[n-1].Series == p.Series {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

// Definitions are those that points were counted by, today's first and then the latest of the earlier.
func Definitions(points []Point, today int) []int {
	out := []int{today}
	for i := range points {
		if !slices.Contains(out, points[i].Definition) {
			out = append(out, points[i].Definition)
		}
	}
	slices.SortFunc(out[1:], func(a, b int) int { return b - a })
	return out
}

// OfSeries are the points of one series by one definition.
func OfSeries(points []Point, s Series, definition int) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.Series != s || p.Definition != definition })
}
