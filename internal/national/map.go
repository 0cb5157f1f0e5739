// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// Map is the country as tiles of one size, as SVG paths (Swedish: rutkarta). It says nothing that the table beside it does not.
type Map struct {
	// Classes are the paths of the five classes of shares, Hidden of those who have submitted and are not shown by themselves, Missing of
	// the others.
	Classes         [5]string
	Hidden, Missing string
	Counties, Own   string
	Width, Height   int
}

// tile is one tile as a path, with a gap around it.
func tile(m *catalogue.Municipality) string {
	const gap, side = 0.07, 0.86
	return fmt.Sprintf("M%.2f,%.2fh%.2fv%.2fh-%.2fz", float64(m.Column)+gap, float64(m.Row)+gap, side, side, side)
}

// ClassOf is which fifth a share is in, from 0.
func ClassOf(c followup.Count) int {
	switch p := c.OfKnown(); {
	case p <= 20:
		return 0
	case p <= 40:
		return 1
	case p <= 60:
		return 2
	case p <= 80:
		return 3
	default:
		return 4
	}
}

// Draw draws the country: a tile is shaded only where the municipality is shown by itself.
func Draw(c *catalogue.Catalogue, shown map[string]followup.Count, submitted map[string]string, own string) Map {
	var out Map
	var classes [5]strings.Builder
	var hidden, missing strings.Builder
	at := map[[2]int]string{}
	for i := range c.Municipalities {
		m := &c.Municipalities[i]
		at[[2]int{m.Row, m.Column}] = m.County
		out.Width, out.Height = max(out.Width, m.Column+1), max(out.Height, m.Row+1)
		count, ok := shown[m.Code]
		switch {
		case ok:
			classes[ClassOf(count)].WriteString(tile(m))
		case submitted[m.Code] != "":
			hidden.WriteString(tile(m))
		default:
			missing.WriteString(tile(m))
		}
		if m.Code == own {
			out.Own = fmt.Sprintf("M%d,%dh1v1h-1z", m.Column, m.Row)
		}
	}
	for i := range classes {
		out.Classes[i] = classes[i].String()
	}
	out.Hidden, out.Missing, out.Counties = hidden.String(), missing.String(), borders(c, at)
	return out
}

// borders draws a line between neighbours of different counties.
func borders(c *catalogue.Catalogue, at map[[2]int]string) string {
	var b strings.Builder
	for i := range c.Municipalities {
		m := &c.Municipalities[i]
		if below := at[[2]int{m.Row + 1, m.Column}]; below != "" && below != m.County {
			fmt.Fprintf(&b, "M%d,%dh1", m.Column, m.Row+1)
		}
		if right := at[[2]int{m.Row, m.Column + 1}]; right != "" && right != m.County {
			fmt.Fprintf(&b, "M%d,%dv1", m.Column+1, m.Row)
		}
	}
	return b.String()
}

// Dot is one municipality in a strip of shares, in percent along it and pixels from its top.
type Dot struct {
	X string
	Y int
}

// Strip is the shares of those who are shown by themselves as dots, over where the middle half of all lies.
type Strip struct {
	Dots                  []Dot
	BandX, BandWidth, Mid string
	Band                  bool
	OwnX                  string
	stacked               map[string]int
}

// Lay puts dots in a strip.
func Lay(shown map[string]followup.Count, order []string, whole *Cell, own followup.Count) Strip {
	s := Strip{stacked: map[string]int{}}
	for _, code := range order {
		c, ok := shown[code]
		if !ok {
			continue
		}
		x := place(c.OfKnown())
		s.Dots = append(s.Dots, Dot{x, 104 - 10*min(9, s.stacked[x])})
		s.stacked[x]++
	}
	if s.Band = whole.Published() && whole.Quartiles; s.Band {
		q := whole.Quartile
		s.BandX, s.BandWidth, s.Mid = place(q[0]), fmt.Sprintf("%.1f%%", 0.92*(q[2]-q[0])), place(q[1])
	}
	if own.Shown() {
		s.OwnX = place(own.OfKnown())
	}
	return s
}

// place is where a share lies along the strip, which has room for a dot at each end.
func place(percent float64) string { return fmt.Sprintf("%.1f%%", 4+0.92*percent) }
