// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/risk"
)

// value is an indicator's value in one series.
func (a *account) value(i int, s followup.Series) followup.Count {
	return a.Tallies[i][s].Count(a.engine.Indicators[i].Answer)
}

// before finds the value of the year before.
func (a *account) before(ind *catalogue.Indicator, s followup.Series) (followup.Point, bool) {
	n := slices.IndexFunc(a.was, func(p followup.Point) bool {
		return p.Indicator == ind.ID && p.Definition == ind.Definition && p.Series == s
	})
	if n < 0 {
		return followup.Point{}, false
	}
	return a.was[n], true
}

// all are the indicators that a condition holds of, in the engine's order.
func (a *account) all(which func(*catalogue.Indicator) bool) []int {
	var out []int
	for i, ind := range a.engine.Indicators {
		if which(ind) {
			out = append(out, i)
		}
	}
	return out
}

// few is figures in fewer columns, for two pages: what nobody has attested or assessed takes no room.
func (a *account) few(list []int) *document.Table {
	t := &document.Table{Name: a.t("figures"), Columns: []document.Column{
		a.column("indicator", document.Long, 26), a.column("known-by", document.Plain, 17), a.column("value", document.Long, 24), a.column("before", document.Plain, 15),
		a.column("source", document.Long, 32),
	}}
	for _, i := range list {
		for s := range followup.Series(followup.NumSeries) {
			c := a.value(i, s)
			if !c.Known() || !c.Shown() && (s != followup.Measured || ofUnits(a.engine.Indicators[i])) {
				continue
			}
			row := a.figure(a.engine.Indicators[i], s, c)
			value := a.t("value-of", "Value", percent(a.l, c), "Numerator", c.Numerator, "Denominator", c.Denominator, "Unknown", c.Unknown)
			source := a.t("source-on", "Source", row[8].Text, "Day", a.today.String())
			t.Rows = append(t.Rows, []document.Cell{row[0], row[1], document.T(value), row[7], document.T(source)})
		}
	}
	return t
}

// figures is a table of indicators: a row for each series, so that nothing is ever added up across them. Every number has its source, day
// and kind, and what is unknown is counted.
func (a *account) figures(list []int) *document.Table {
	if !a.flat() {
		return a.beside(list)
	}
	t := &document.Table{Name: a.t("figures"), Columns: []document.Column{
		a.column("indicator", document.Long, 34), a.column("known-by", document.Plain, 15), a.column("value", document.Plain, 10),
		a.column("numerator", document.Number, 11), a.column("denominator", document.Number, 11), a.column("unknown", document.Number, 11),
		a.column("day", document.Date, 12), a.column("before", document.Plain, 18), a.column("source", document.Plain, 26),
	}}
	for _, i := range list {
		for s := range followup.Series(followup.NumSeries) {
			if c := a.value(i, s); c.Known() {
				t.Rows = append(t.Rows, a.figure(a.engine.Indicators[i], s, c))
			}
		}
	}
	return t
}

// beside is figures on paper: a row for each indicator, with the series in columns of their own.
func (a *account) beside(list []int) *document.Table {
	t := &document.Table{Name: a.t("figures"), Columns: []document.Column{a.column("indicator", document.Long, 25)}}
	for s := range followup.Series(followup.NumSeries) {
		t.Columns = append(t.Columns, document.Column{Key: s.String(), Header: a.word("known", s.String()), Kind: document.Long, Width: 17})
	}
	t.Columns = append(t.Columns, a.column("source", document.Long, 24))
	for _, i := range list {
		ind := a.engine.Indicators[i]
		row := []document.Cell{document.T(ind.Name.In(a.lang))}
		any := false
		for s := range followup.Series(followup.NumSeries) {
			c := a.value(i, s)
			if !c.Known() {
				row = append(row, document.T(dash))
				continue
			}
			any = true
			text := a.t("value-of", "Value", percent(a.l, c), "Numerator", c.Numerator, "Denominator", c.Denominator, "Unknown", c.Unknown)
			if p, ok := a.before(ind, s); ok {
				text += "\n" + a.t("was", "Before", a.t("before", "Value", percent(a.l, p.Count), "Day", a.l.ShortDate(p.On)))
			}
			row = append(row, document.T(text))
		}
		if any {
			source := a.t("source-figure", "ID", ind.ID, "Definition", ind.Definition)
			t.Rows = append(t.Rows, append(row, document.T(a.t("source-on", "Source", source, "Day", a.today.String()))))
		}
	}
	return t
}

func (a *account) figure(ind *catalogue.Indicator, s followup.Series, c followup.Count) []document.Cell {
	before := a.t("no-before")
	if p, ok := a.before(ind, s); ok {
		before = a.t("before", "Value", percent(a.l, p.Count), "Day", a.l.ShortDate(p.On))
	}
	return []document.Cell{
		document.T(ind.Name.In(a.lang)), document.T(a.word("known", s.String())), document.T(percent(a.l, c)),
		document.N(int(c.Numerator)), document.N(int(c.Denominator)), document.N(int(c.Unknown)), document.T(a.today.String()), document.T(before),
		document.T(a.t("source-figure", "ID", ind.ID, "Definition", ind.Definition)),
	}
}

func percent(l *locale.Localizer, c followup.Count) string {
	return l.Percent(int(c.Numerator), int(c.Denominator))
}

// brief are the indicators that are told first, as many as asked for, of those that have something to count.
func (a *account) brief(most int) []int {
	var out []int
	for i, ind := range a.engine.Indicators {
		if ind.Brief > 0 && a.value(i, followup.Measured).Known() {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(x, y int) int { return a.engine.Indicators[x].Brief - a.engine.Indicators[y].Brief })
	return out[:min(most, len(out))]
}

// plan counts the actions, by how they keep their time.
type planned struct{ open, late, undated, done, year int }

func (a *account) plan() planned {
	var p planned
	since := a.today.AddMonths(-monthsOfYear).Time()
	for i := range a.Views {
		if a.Views[i].Need.Stop {
			continue
		}
		for _, x := range a.Actions[a.Views[i].System.ID] {
			p.add(x, a, !x.Updated.Before(since))
		}
	}
	return p
}

func (p *planned) add(x *action.Action, a *account, recent bool) {
	switch {
	case x.Status == action.Done:
		p.done++
		if recent {
			p.year++
		}
		return
	case x.DueOn.IsZero():
		p.undated++
	case x.Late(a.today):
		p.late++
	}
	p.open++
}

// planTable tells of the actions as they stand.
func (a *account) planTable() *document.Table {
	p := a.plan()
	t := &document.Table{Name: a.t("actions"), Columns: []document.Column{a.column("what", document.Long, 40), a.column("count", document.Number, 10), a.column("known-by", document.Plain, 20), a.column("day", document.Date, 12)}}
	for _, r := range []struct {
		key string
		n   int
	}{{"actions-open", p.open}, {"actions-late", p.late}, {"actions-undated", p.undated}, {"actions-done", p.done}, {"actions-year", p.year}} {
		t.Rows = append(t.Rows, []document.Cell{document.T(a.t(r.key)), document.N(r.n), document.T(a.t("source-plan")), document.T(a.today.String())})
	}
	return t
}

// riskTable counts the risks by level and by whether anything is decided, without saying which they are.
func (a *account) riskTable() *document.Table {
	t := &document.Table{Name: a.t("risks"), Columns: []document.Column{a.column("risk-level", document.Plain, 30), a.column("count", document.Number, 12), a.column("undecided", document.Number, 12), a.column("known-by", document.Plain, 20)}}
	ranks := []int{}
	for _, level := range slices.Backward(a.scale.Levels) {
		ranks = append(ranks, level.Rank)
	}
	for _, rank := range append(ranks, 0) {
		all, open := 0, 0
		for _, c := range a.risks.Cells {
			if c.Rank != rank {
				continue
			}
			all += c.Count
			if c.Treatment == risk.Untreated {
				open += c.Count
			}
		}
		if all > 0 || rank > 0 {
			t.Rows = append(t.Rows, []document.Cell{document.T(a.rank(a.scale, rank)), document.N(all), document.N(open), document.T(a.t("source-risk"))})
		}
	}
	return t
}

// largest tells which the largest risks are, by name.
func (a *account) largest(most int) *document.Table {
	t := &document.Table{Name: a.t("risks-largest"), Columns: []document.Column{
		a.column("risk", document.Long, 30), a.column("system", document.Plain, 20), a.column("risk-level", document.Plain, 14), a.column("proposal", document.Long, 30),
	}}
	for i := range a.risks.Rows {
		r := &a.risks.Rows[i]
		if len(t.Rows) == most || r.Rank == 0 {
			break
		}
		proposal := a.t("proposal-decide")
		if r.Treatment != risk.Untreated {
			proposal = a.t("proposal-follow", "Treatment", a.treatment(r.Treatment))
		}
		t.Rows = append(t.Rows, []document.Cell{document.T(r.Name), document.T(r.System), document.T(a.rank(a.scale, r.Rank)), document.T(proposal)})
	}
	return t
}

// lateActions tells which actions are late, the oldest first.
func (a *account) lateActions() *document.Table {
	t := &document.Table{Name: a.t("actions-late-list"), Columns: []document.Column{
		a.column("system", document.Plain, 20), a.column("requirement", document.Long, 40), a.column("due-on", document.Date, 12), a.column("owner-role", document.Plain, 20),
	}}
	for i := range a.Views {
		v := &a.Views[i]
		if v.Need.Stop {
			continue
		}
		for id, x := range a.Actions[v.System.ID] {
			if !x.Late(a.today) {
				continue
			}
			is := id
			if q, ok := a.catalogue.Requirement(id); ok {
				is = catalogue.Fill(q.Is.In(a.lang), q.Settings, nil)
			}
			t.Rows = append(t.Rows, []document.Cell{document.T(v.System.Name), document.T(is), document.T(x.DueOn.String()), document.T(a.role(x.OwnerRole))})
		}
	}
	slices.SortFunc(t.Rows, func(x, y []document.Cell) int {
		for _, n := range []int{2, 0, 1} {
			if x[n].Text != y[n].Text {
				if x[n].Text < y[n].Text {
					return -1
				}
				return 1
			}
		}
		return 0
	})
	return t
}

// published is a table of what others have published about the indicators: each figure with its survey, source and how sure it is.
func (a *account) published(which func(*catalogue.Indicator) bool) *document.Table {
	t := &document.Table{Name: a.t("published"), Upright: true, Columns: []document.Column{
		a.column("indicator", document.Long, 26), a.column("year", document.Plain, 8), a.column("value", document.Plain, 11), a.column("survey", document.Long, 22),
		a.column("source", document.Long, 28), a.column("sure", document.Plain, 17),
	}}
	for i := range a.catalogue.Indicators {
		ind := &a.catalogue.Indicators[i]
		if !which(ind) {
			continue
		}
		for _, r := range ind.References {
			for _, v := range r.Values {
				t.Rows = append(t.Rows, []document.Cell{
					document.T(ind.Name.In(a.lang)), document.T(strconv.Itoa(v.Year)), document.T(followup.Interval(a.l, v)), document.T(r.Survey.In(a.lang)),
					document.T(v.Source.In(a.lang)), document.T(a.t("sure-" + v.Confidence)),
				})
			}
		}
	}
	return t
}
