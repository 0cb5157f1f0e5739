// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
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
	// Divided are the cells of the groups that the nation is divided by, and Division those groups.
	Divided  []Cell
	Division []MunicipalityGroup
	// Imported are others' series of the indicator, with the figures of the country and of the own municipality.
	Imported []followup.Imported
	// Shown are the municipalities that have agreed to be shown by themselves, by code.
	Shown map[string]followup.Count
	// Trend has a point for each period and series that something was published of.
	Trend []TrendPoint
	// Own is the reader's own municipality with its size and figure, when it is known.
	Own, OwnSize string
	OwnCount     followup.Count
	// OwnSince is the last day of the year before on which the own values were taken; zero when they were not.
	OwnSince civil.Date
	// Receives says that the organisation receives others' figures, and gives what it publishes as open data.
	Receives bool
	// Invented says that the figures are of municipalities that have not submitted them: an example's, or a simulated nation's.
	Invented bool
	// Questions are answered on every page.
	Questions []Question
}

// asked are the indicators of the questions that are asked first: whether all systems of the social services and of health care are strong,
// what is classified, and whether there is an e-service.
var asked = []string{"STARK_AUT_SOC_ALLA", "STARK_AUT_HSL_ALL_PERSONAL", "INFOKLASS", "ETJANST_EKB"}

// Question is one of them, with its answers by series.
type Question struct {
	Indicator *catalogue.Indicator
	// Now is what the release that is shown says of the whole country; nothing when it has no such series.
	Now [followup.NumSeries]*Cell
	// Before is what was published last of the year before, and When its period.
	Before [followup.NumSeries]*Cell
	When   [followup.NumSeries]Period
	// Own is what the reader's own municipality has now, and OwnWas what it had on the day that the picture tells, by the same definition.
	Own, OwnWas [followup.NumSeries]followup.Count
}

// answer finds the answers among the cells of the whole country.
func (q *Question) answer(p *Picture, cells map[int64][]published) {
	for _, r := range p.Releases {
		for i := range cells[r.Number] {
			c := &cells[r.Number][i]
			s, ok := followup.ParseSeries(c.Series)
			switch {
			case !ok || c.Indicator != q.Indicator.ID || c.Definition != q.Indicator.Definition:
			case r.Number == p.Release.Number:
				q.Now[s] = &c.Cell
			case r.Period.Year == p.Release.Period.Year-1 && c.Published():
				q.Before[s], q.When[s] = &c.Cell, r.Period
			}
		}
	}
}

// YearBefore is what was published last of the year before the one that is shown, in the series that is shown.
func (p *Picture) YearBefore() (TrendPoint, bool) {
	var out TrendPoint
	for _, t := range p.Trend {
		if t.Series == p.Series && t.Period.Year == p.Release.Period.Year-1 {
			out = t
		}
	}
	return out, !out.Period.IsZero()
}

// Size finds a size's cell.
func (p *Picture) Size(size string) (Cell, bool) {
	i := slices.IndexFunc(p.Sizes, func(c Cell) bool { return c.Group == size })
	if i < 0 {
		return Cell{}, false
	}
	return p.Sizes[i], true
}

// TrendPoint is what was published of one period, in one series.
type TrendPoint struct {
	Period Period
	Series followup.Series
	Cell
}

// latestReleases gives the newest release of each period, earliest period first.
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

// chooseRelease finds the release of a period among the newest, or else the last of them; the zero release when there is none.
func chooseRelease(newest []Release, period Period) (chosen Release) {
	if n := len(newest); n > 0 {
		chosen = newest[n-1]
	}
	if i := slices.IndexFunc(newest, func(r Release) bool { return r.Period == period }); i >= 0 {
		chosen = newest[i]
	}
	return chosen
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
			case ByGroup:
				p.Divided = append(p.Divided, c.Cell)
			}
		}
	}
}

// GroupOf finds the group of the division that a municipality is in, with its cell.
func (p *Picture) GroupOf(municipality string) (*MunicipalityGroup, Cell, bool) {
	for i := range p.Division {
		if !slices.Contains(p.Division[i].Members, municipality) {
			continue
		}
		at := slices.IndexFunc(p.Divided, func(c Cell) bool { return c.Group == p.Division[i].Code })
		if at >= 0 {
			return &p.Division[i], p.Divided[at], true
		}
	}
	return nil, Cell{}, false
}

// County finds a county's cell.
func (p *Picture) County(code string) (Cell, bool) {
	i := slices.IndexFunc(p.Counties, func(c Cell) bool { return c.Group == code })
	if i < 0 {
		return Cell{}, false
	}
	return p.Counties[i], true
}
