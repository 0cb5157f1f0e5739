// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"net/url"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
)

// ask writes the questions that are asked first, with the answers of the whole country and of the reader's own municipality.
func (o *picturePage) ask(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	if m, ok := c.Municipality(x.Own); ok {
		o.Own = m.Name
	}
	for i := range x.Questions {
		q := &x.Questions[i]
		row := questionRow{
			Name: l.T("national.ask-" + strings.ToLower(strings.ReplaceAll(q.Indicator.ID, "_", "-"))),
			Href: Place + "?" + url.Values{"indikator": {q.Indicator.ID}, "period": {x.Release.Period.String()}}.Encode(),
		}
		for s := range followup.Series(followup.NumSeries) {
			row.Answers = append(row.Answers, answerOf(l, q, s, x.Release.Period))
		}
		row.Own, row.Rows = ownAnswer(l, q.Indicator, q.Own), rowsOf(q.Indicator)
		if s, ok := knownBest(q.Own); ok && q.OwnWas[s].Shown() {
			row.OwnWas = l.T("national.was", "Period", l.Date(x.OwnSince), "Percent", ownValue(l, q.Indicator, q.OwnWas[s]))
		}
		o.Questions = append(o.Questions, row)
	}
}

// answerOf answers a question in one series for a period: how many of how many, and whether that is better than the year before, where the two
// compare.
func answerOf(l *locale.Localizer, q *Question, s followup.Series, p Period) answerRow {
	out := answerRow{Series: l.T("national.series-" + s.String()), Value: "–"}
	now, before := q.Now[s], q.Before[s]
	shown := now != nil && now.Published()
	switch {
	case shown && q.Indicator.PerMunicipality():
		out.Value, out.Members = percentOf(l, now.Sum), l.T("national.ask-count", "Count", now.Sum.Numerator, "Of", now.Members)
	case shown:
		out.Value, out.Members = percentOf(l, now.Sum), l.T("national.of-members", "Count", now.Members)
	case now != nil && now.Why != Few: // too few is nothing to tell of
		out.Value = l.T("national.not-shown")
	}
	switch {
	case before == nil:
	case shown && alike(before, now) && !broken(q.Indicator, q.When[s], p):
		out.Before = l.T("national.than-"+turn(q.Indicator.Direction, before.Sum, now.Sum), "Period", periodName(l, q.When[s]), "Percent", percentOf(l, before.Sum))
	default:
		out.Before = l.T("national.was", "Period", periodName(l, q.When[s]), "Percent", percentOf(l, before.Sum))
	}
	return out
}

// ownAnswer is what a municipality knows best of itself, and how it knows it.
func ownAnswer(l *locale.Localizer, ind *catalogue.Indicator, counts [followup.NumSeries]followup.Count) string {
	s, ok := knownBest(counts)
	if !ok {
		return l.T("national.own-unknown")
	}
	return l.T("national.own-answer", "Value", ownValue(l, ind, counts[s]), "Series", l.T("national.in-"+s.String()))
}

// knownBest is the series that shows a value in the best way.
func knownBest(counts [followup.NumSeries]followup.Count) (followup.Series, bool) {
	for s, n := range counts {
		if n.Shown() {
			return followup.Series(s), true
		}
	}
	return 0, false
}

func ownValue(l *locale.Localizer, ind *catalogue.Indicator, n followup.Count) string {
	switch {
	case !n.Shown():
		return l.T("national.own-unknown")
	case !ind.PerMunicipality():
		return percentOf(l, n)
	case n.Numerator > 0:
		return l.T("national.own-yes")
	default:
		return l.T("national.own-no")
	}
}

// beside puts the reader's own municipality beside its county, those of its size, and all.
func (o *picturePage) beside(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	m, ok := c.Municipality(x.Own)
	if !ok || !x.OwnCount.Known() {
		return
	}
	o.Beside = append(o.Beside, groupRow{Name: m.Name, Members: "1", Value: ownValue(l, x.Indicator, x.OwnCount)})
	if cell, ok := x.County(m.County); ok {
		county, _ := c.County(m.County)
		o.Beside = append(o.Beside, groupOf(l, county.Name, &cell))
	}
	if cell, ok := x.Size(x.OwnSize); ok {
		o.Beside = append(o.Beside, groupOf(l, l.T("national.size-"+x.OwnSize), &cell))
	}
	if g, cell, ok := x.GroupOf(x.Own); ok {
		o.Beside = append(o.Beside, groupOf(l, g.Title, &cell))
	}
	o.Beside = append(o.Beside, groupOf(l, l.T("national.everybody"), &x.Whole))
}
