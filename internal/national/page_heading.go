// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
)

// finding is what the page says first: the share, and whether it is better than the year before.
func finding(l *locale.Localizer, x *Picture) string {
	name := x.Indicator.Name.In(catalogue.Lang(l.Lang))
	switch {
	case x.Release.Number == 0:
		return name
	case !x.Whole.Published():
		return l.T("national.finding-hidden", "Name", name)
	}
	key := "national.finding-share"
	if x.Indicator.PerMunicipality() {
		key = "national.finding-municipalities"
	}
	out := l.T(key, "Name", name, "Percent", percentOf(l, x.Whole.Sum), "Members", x.Whole.Members)
	if was, ok := x.YearBefore(); ok && alike(&was.Cell, &x.Whole) && !broken(x.Indicator, was.Period, x.Release.Period) {
		out += ", " + l.T("national.than-"+turn(x.Indicator.Direction, was.Sum, x.Whole.Sum), "Period", periodName(l, was.Period), "Percent", percentOf(l, was.Sum))
	}
	return out
}

// alike reports whether two values stand on municipalities enough, and about as many, for the one to be called better than the other: of few, or
// of others, a share moves without anybody having changed anything.
func alike(a, b *Cell) bool {
	few, many := min(a.Members, b.Members), max(a.Members, b.Members)
	return few >= quartilesFrom && 5*few >= 4*many
}

// broken reports whether values of two periods do not compare, since the series has a break between them.
func broken(ind *catalogue.Indicator, from, to Period) bool {
	for _, b := range ind.Breaks {
		if b.Year > from.Year && b.Year <= to.Year {
			return true
		}
	}
	return false
}

// turn says whether one share is better than another by the way that the indicator is meant to go: better, worse or same; more or less where
// neither way is better. What differs by less than is shown is the same.
func turn(direction string, was, is followup.Count) string {
	a, b := was.OfKnown(), is.OfKnown()
	const shown = 0.05 // shares are told with one decimal
	switch {
	case b-a < shown && a-b < shown:
		return "same"
	case direction == "none" && b > a:
		return "more"
	case direction == "none":
		return "less"
	case (b > a) == (direction == "up"):
		return "better"
	default:
		return "worse"
	}
}

// spreadFinding says where the middle half is, or where the reader's own municipality is beside it.
func spreadFinding(l *locale.Localizer, x *Picture, own string) string {
	if !x.Whole.Quartiles {
		return l.T("national.spread")
	}
	q := x.Whole.Quartile
	low, high := l.Number(int64(q[0])), l.Percent(int(q[2]), 100)
	if own == "" || !x.OwnCount.Known() || !x.OwnCount.Shown() {
		return l.T("national.spread-middle", "Low", low, "High", high)
	}
	switch share := x.OwnCount.OfKnown(); {
	case share < q[0]:
		return l.T("national.spread-low", "Name", own)
	case share > q[2]:
		return l.T("national.spread-high", "Name", own)
	default:
		return l.T("national.spread-own", "Name", own, "Low", low, "High", high)
	}
}

// trendFinding says how the series that is shown has gone from the first period that is published to the last, where they compare.
func trendFinding(l *locale.Localizer, x *Picture) string {
	var first, last *TrendPoint
	for i := range x.Trend {
		if t := &x.Trend[i]; t.Series == x.Series {
			if first == nil {
				first = t
			}
			last = t
		}
	}
	if first == last || !alike(&first.Cell, &last.Cell) || broken(x.Indicator, first.Period, last.Period) {
		return l.T("national.over-time")
	}
	return l.T("national.trend-finding", "Series", l.T("national.series-"+x.Series.String()), "From", percentOf(l, first.Sum),
		"First", periodName(l, first.Period), "To", percentOf(l, last.Sum), "Last", periodName(l, last.Period))
}
