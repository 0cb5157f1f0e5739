// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"fmt"

	"github.com/insegel/insegel/internal/web"
)

// drawnDistance is how far from the system the drawing reaches, and drawnRows how many it has of each distance: more is for the table.
const (
	drawnDistance = 2
	drawnRows     = 10
)

// Measures of the drawing, in its own units.
const (
	boxWidth  = 190
	boxHeight = 38
	boxGap    = 12
	wayWidth  = 56
	boxIndent = 10
	curve     = 28
)

// drawn is one box of the drawing.
type drawn struct {
	X, Y, TextX, TextY int
	Text, Class        string
}

// line is one dependency: from who needs, on the left, to what is needed.
type line struct{ Path, Class string }

// drawing shows who depends on whom around a system. The same stands in the tables below it, so it is hidden from screen readers.
type drawing struct {
	Width, Height, BoxWidth, BoxHeight int
	Boxes                              []drawn
	Lines                              []line
	Cut                                bool
}

// draw lays out what depends on a system to its left and what it depends on to its right.
func draw(c *web.Context, d *Dependencies) *drawing {
	if d.Node < 0 {
		return nil
	}
	columns := make([][]Place, 2*drawnDistance+1)
	columns[drawnDistance] = []Place{{Node: d.Node, Sum: &Sum{Name: d.View.System.Name}}}
	out := &drawing{BoxWidth: boxWidth, BoxHeight: boxHeight}
	placed := map[int32]bool{d.Node: true}
	for _, side := range []struct {
		list []Near
		way  int
	}{{d.NeededBy, -1}, {d.Needs, 1}} {
		for i := range side.list {
			n := &side.list[i]
			if n.Distance > drawnDistance || placed[n.Node] {
				continue
			}
			at := drawnDistance + side.way*n.Distance
			if len(columns[at]) == drawnRows {
				out.Cut = true
				continue
			}
			placed[n.Node] = true
			columns[at] = append(columns[at], n.Place)
		}
	}
	out.lay(c, columns, d)
	return out
}

// lay gives every box its place, each column in the middle of the height, and draws the lines between.
func (g *drawing) lay(c *web.Context, columns [][]Place, d *Dependencies) {
	most, first, last := 1, len(columns), 0
	for i, col := range columns {
		if len(col) > 0 {
			most, first, last = max(most, len(col)), min(first, i), max(last, i)
		}
	}
	g.Width, g.Height = (last-first+1)*(boxWidth+wayWidth)-wayWidth+2, most*(boxHeight+boxGap)-boxGap+2
	type spot struct{ x, y int }
	at := map[int32]spot{}
	for i, col := range columns {
		top := (g.Height - len(col)*(boxHeight+boxGap) + boxGap) / 2
		for k := range col {
			p := &col[k]
			s := spot{x: (i-first)*(boxWidth+wayWidth) + 1, y: top + k*(boxHeight+boxGap)}
			at[p.Node] = s
			b := drawn{X: s.x, Y: s.y, TextX: s.x + boxIndent, TextY: s.y + boxHeight/2, Text: fit(p.Name()), Class: "n"}
			switch {
			case p.Node == d.Node:
				b.Class = "n me"
			case p.Facility != nil:
				b.Class = "n fac"
			case p.Hidden():
				b.Text, b.Class = fit(c.L.T("overview.elsewhere")), "n hid"
			}
			g.Boxes = append(g.Boxes, b)
		}
	}
	hot := inheritedLines(d)
	for _, l := range d.Lines {
		a, okA := at[l[0]]
		b, okB := at[l[1]]
		if !okA || !okB {
			continue
		}
		class := "w"
		switch {
		case b.x <= a.x:
			class = "w back" // a line that goes back closes a loop, or stays in a column
		case hot[l]:
			class = "w hot"
		}
		x1, y1, x2, y2 := a.x+boxWidth, a.y+boxHeight/2, b.x, b.y+boxHeight/2
		g.Lines = append(g.Lines, line{fmt.Sprintf("M%d,%dC%d,%d,%d,%d,%d,%d", x1, y1, x1+curve, y1, x2-curve, y2, x2, y2), class})
	}
}

// inheritedLines are the lines that a need higher than the system's own comes along.
func inheritedLines(d *Dependencies) map[[2]int32]bool {
	out := map[[2]int32]bool{}
	for i := range d.Inherited {
		path := d.Inherited[i].Path
		for k := 0; k+1 < len(path); k++ {
			out[[2]int32{path[k].Node, path[k+1].Node}] = true
		}
	}
	return out
}

// boxLetters is how much of a name has room in a box.
const boxLetters = 24

// fit cuts a name that is too long for its box.
func fit(name string) string {
	r := []rune(name)
	if len(r) <= boxLetters {
		return name
	}
	return string(r[:boxLetters-1]) + "…"
}
