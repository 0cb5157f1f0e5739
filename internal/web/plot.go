// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"fmt"
	"strings"
)

// PlotPoint is a value at a place along the axis, both from 0 to 1.
type PlotPoint struct{ X, Y float64 }

// PlotLine is one line of a plot. Class is a for what is measured, b for what people have said, c for a comparison; they differ in more
// than colour.
type PlotLine struct {
	Class  string
	Points []PlotPoint
	// Label tells what it is, and Value its last value, beside the plot.
	Label, Value string
}

// Plot is a line chart of shares, from 0 to 100 %. It says nothing that the table beside it does not.
type Plot struct {
	Lines  []PlotLine
	XLabel []string
	YLabel []string
}

// Path is the line as an SVG path in a square of 100.
func (l PlotLine) Path() string {
	var b strings.Builder
	for i, p := range l.Points {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&b, "%s%.1f,%.1f", letter, 100*p.X, 100*(1-p.Y))
	}
	return b.String()
}

// Dots are the line's points as an SVG path.
func (l PlotLine) Dots() string {
	var b strings.Builder
	for _, p := range l.Points {
		fmt.Fprintf(&b, "M%.1f,%.1fh0", 100*p.X, 100*(1-p.Y))
	}
	return b.String()
}

// Solid reports whether the line's points are drawn as full dots.
func (l PlotLine) Solid() bool { return l.Class == "a" }
