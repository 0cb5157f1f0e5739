// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// Picture is one indicator's published figures (Swedish: nationell bild).
type Picture struct {
	Indicator *catalogue.Indicator
	Series    followup.Series
	// Country is how many municipalities there are.
	Country int
	// Release is the one that is shown, and Releases the latest of each period, earliest period first.
	Release  Release
	Releases []Release
	// Whole, Counties and Sizes are the release's cells.
	Whole           Cell
	Counties, Sizes []Cell
	// Shown are the municipalities that have agreed to be shown by themselves, by code.
	Shown map[string]followup.Count
	// Trend has a point for each period and series that something was published of.
	Trend []TrendPoint
	// Own is the reader's own municipality and its figure, when it is known.
	Own      string
	OwnCount followup.Count
}

// TrendPoint is what was published of one period, in one series.
type TrendPoint struct {
	Period Period
	Series followup.Series
	Cell
}

// latest gives the newest release of each period, earliest period first.
func latestReleases(all []Release) []Release {
	var out []Release
	for _, r := range all {
		if i := slices.IndexFunc(out, func(x Release) bool { return x.Period == r.Period }); i >= 0 {
			out[i] = r
			continue
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Release) int { return comparePeriods(a.Period, b.Period) })
	return out
}

// fill puts the published cells in the picture.
func (p *Picture) fill(cells map[int64][]published) {
	for _, r := range p.Releases {
		for i := range cells[r.Number] {
			c := &cells[r.Number][i]
			s, ok := followup.ParseSeries(c.Series)
			if !ok || c.Definition != p.Indicator.Definition {
				continue
			}
			if c.Split == Whole && c.Published() {
				p.Trend = append(p.Trend, TrendPoint{r.Period, s, c.Cell})
			}
			if r.Number != p.Release.Number || s != p.Series {
				continue
			}
			switch c.Split {
			case Whole:
				p.Whole = c.Cell
			case ByCounty:
				p.Counties = append(p.Counties, c.Cell)
			case BySize:
				p.Sizes = append(p.Sizes, c.Cell)
			}
		}
	}
}

// County finds a county's cell.
func (p *Picture) County(code string) (Cell, bool) {
	i := slices.IndexFunc(p.Counties, func(c Cell) bool { return c.Group == code })
	if i < 0 {
		return Cell{}, false
	}
	return p.Counties[i], true
}
