// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/risk"
)

// The numbers of a report of two pages.
const (
	committeeFigures = 4
	committeeRisks   = 3
)

// committee lays out the two pages for the committee: the state in three sentences, four indicators, three risks, what was done and what is
// asked for.
func (a *account) committee(d *document.Document) {
	brief := a.brief(committeeFigures)
	section(d, a.t("committee-state"), nil, a.sentences(brief)...)
	section(d, a.t("committee-figures"), a.few(brief), a.t("three-series"), a.t("committee-series"))
	if units := a.few(a.all(ofUnits)); len(units.Rows) > 0 {
		section(d, a.t("committee-units"), units, a.t("committee-units-text"))
	}
	if a.request.Weaknesses {
		section(d, a.t("committee-risks"), a.largest(committeeRisks), a.t("committee-risks-text"))
	} else {
		section(d, a.t("committee-risks-number"), a.riskTable(), a.t("committee-risks-counts"))
	}
	p := a.plan()
	section(d, a.t("committee-done"), nil, a.t("committee-done-text", "Done", p.year, "Open", p.open))
	section(d, a.t("committee-asks"), nil, a.asks()...)
}

// ofUnits holds of what units have answered in rounds.
func ofUnits(ind *catalogue.Indicator) bool { return ind.Of == catalogue.RowKinds[followup.Unit] }

// anyOf holds of every indicator.
func anyOf(*catalogue.Indicator) bool { return true }

// sentences tell the state: how much is classified, how the first question is answered, and how the plan keeps its time.
func (a *account) sentences(brief []int) []string {
	out := []string{a.t("sentence-classified", "Decided", a.states[decided], "Count", len(a.Views))}
	if len(brief) > 0 {
		i := brief[0]
		c := a.value(i, followup.Measured)
		out = append(out, a.t("sentence-figure", "Name", a.engine.Indicators[i].Name.In(a.lang), "Numerator", c.Numerator, "Denominator", c.Denominator, "Unknown", c.Unknown))
	}
	p := a.plan()
	return append(out, a.t("sentence-plan", "Open", p.open, "Late", p.late))
}

// asks are what those who decide are asked for: what nobody below them can settle.
func (a *account) asks() []string {
	var out []string
	ask := func(key string, n int) {
		if n > 0 {
			out = append(out, a.t(key, "Count", n))
		}
	}
	untreated := 0
	for _, c := range a.risks.Cells {
		if c.Treatment == risk.Untreated {
			untreated += c.Count
		}
	}
	p := a.plan()
	ask("ask-classify", len(a.Views)-a.states[decided]-a.states[stopped])
	ask("ask-risks", untreated)
	ask("ask-late", p.late)
	ask("ask-dates", p.undated)
	if len(out) == 0 {
		out = append(out, a.t("ask-nothing"))
	}
	return out
}

// control lays out the internal control: every indicator as a point of control, and how the plan is followed.
func (a *account) control(d *document.Document) {
	section(d, a.t("control-guide-heading"), nil, a.t("control-guide"), a.t("three-series"))
	section(d, a.t("control-points"), a.points(), a.t("control-points-text"))
	section(d, a.t("figures"), a.figures(a.all(anyOf)))
	section(d, a.t("actions"), a.planTable())
	section(d, a.t("risks"), a.riskTable(), a.t("committee-risks-counts"))
	if !a.request.Weaknesses {
		return
	}
	if t := a.lateActions(); len(t.Rows) > 0 {
		section(d, a.t("actions-late-list"), t)
	}
	section(d, a.t("risks-largest"), a.largest(len(a.risks.Rows)))
}

// points are the points of control: what is controlled, how, and how it turned out by what is measured.
func (a *account) points() *document.Table {
	t := &document.Table{Name: a.t("control-points"), Columns: []document.Column{
		a.column("point", document.Long, 26), a.column("how", document.Long, 50), a.column("outcome", document.Plain, 16),
	}}
	for i, ind := range a.engine.Indicators {
		c := a.value(i, followup.Measured)
		if !c.Known() {
			continue
		}
		t.Rows = append(t.Rows, []document.Cell{document.T(ind.Name.In(a.lang)), document.T(ind.Meaning.In(a.lang)), document.T(a.outcome(ind, c))})
	}
	return t
}

// outcome says how a point of control turned out. What is not shown is never a pass, and where neither way is better there is no outcome.
func (a *account) outcome(ind *catalogue.Indicator, c followup.Count) string {
	best := c.Denominator
	if ind.Direction == "down" {
		best = 0
	}
	switch {
	case ind.Direction == "none":
		return dash
	case c.Numerator == best && c.Unknown == 0:
		return a.t("outcome-pass")
	case c.Unknown == c.Denominator:
		return a.t("outcome-unknown")
	case ind.Direction == "up" && c.Numerator+c.Unknown == best:
		return a.t("outcome-partly")
	default:
		return a.t("outcome-deviation")
	}
}

// cybersecurity lays out a basis for answering Cybersäkerhetskollen: what the register, answers and evidence say, topic by topic. It is
// never a computed level: the levels are those of the ones who answer.
func (a *account) cybersecurity(d *document.Document) {
	section(d, a.t("basis-heading"), nil, a.t("cybersecurity-basis"), a.t("three-series"))
	section(d, a.t("cybersecurity-topics"), a.topics(), a.t("cybersecurity-topics-text"))
	section(d, a.t("figures"), a.figures(a.all(anyOf)))
	section(d, a.t("actions"), a.planTable())
	section(d, a.t("risks"), a.riskTable(), a.t("committee-risks-counts"))
}

// topics has a row for each topic and series: how many requirements apply, and what the series says of them. A series is never added to
// another, and one in which nothing is shown of a topic takes a row only in the sum.
func (a *account) topics() *document.Table {
	t := &document.Table{Name: a.t("cybersecurity-topics"), Upright: true, Columns: []document.Column{
		a.column("topic", document.Long, 30), a.column("known-by", document.Plain, 17), a.column("applies", document.Number, 11),
		a.column("met", document.Number, 12), a.column("not-met", document.Number, 12), a.column("unknown", document.Number, 11),
	}}
	var sum [followup.NumSeries]followup.Tally
	row := func(name string, s followup.Series, x followup.Tally) {
		t.Rows = append(t.Rows, []document.Cell{
			document.T(name), document.T(a.word("known", s.String())), document.N(int(x.Counted())), document.N(int(x.Yes)), document.N(int(x.No)), document.N(int(x.Unknown)),
		})
	}
	for i := range a.catalogue.Topics {
		x := a.Topics[a.catalogue.Topics[i].ID]
		if x == nil || x[0].Counted() == 0 {
			continue
		}
		for s := range followup.Series(followup.NumSeries) {
			if s == followup.Measured || x[s].Yes+x[s].No > 0 {
				row(a.catalogue.Topics[i].Name.In(a.lang), s, x[s])
			}
			sum[s].Yes, sum[s].No, sum[s].Unknown = sum[s].Yes+x[s].Yes, sum[s].No+x[s].No, sum[s].Unknown+x[s].Unknown
		}
	}
	for s := range followup.Series(followup.NumSeries) {
		row(a.t("sum"), s, sum[s])
	}
	return t
}

// survey lays out a basis for Socialstyrelsen's survey of e-health: its blocks of questions, answered in its words from what is measured.
func (a *account) survey(d *document.Document) {
	asked := func(ind *catalogue.Indicator) bool {
		return ind.Area == "socialtjanst" || ind.Area == "hsl" || ind.Corresponds != ""
	}
	t := &document.Table{Name: a.t("survey-answers"), Upright: true, Columns: []document.Column{
		a.column("indicator", document.Long, 30), a.column("corresponds", document.Long, 26), a.column("answer", document.Plain, 15), a.column("counted", document.Plain, 14),
		a.column("unknown", document.Number, 11), a.column("known-by", document.Plain, 18),
	}}
	for i, ind := range a.engine.Indicators {
		if !asked(ind) {
			continue
		}
		for s := range followup.Series(followup.NumSeries) {
			x := a.Tallies[i][s]
			if x.Counted() == 0 && s != followup.Measured {
				continue
			}
			counted := a.t("of", "Part", x.Yes, "Whole", x.Counted())
			if x.Counted() == 0 {
				counted = a.t("survey-none") // a no beside 0 of 0 says nothing of why
			}
			t.Rows = append(t.Rows, []document.Cell{
				document.T(ind.Name.In(a.lang)), document.T(ind.Corresponds), document.T(a.t("survey-answer-" + string(x.AnswerTo(ind)))),
				document.T(counted), document.N(int(x.Unknown)), document.T(a.word("known", s.String())),
			})
		}
	}
	section(d, a.t("basis-heading"), nil, a.t("survey-basis"), a.t("three-series"))
	section(d, a.t("survey-answers"), t, a.t("survey-answers-text"))
	section(d, a.t("figures"), a.figures(a.all(asked)))
	if p := a.published(asked); len(p.Rows) > 0 {
		section(d, a.t("published"), p, a.t("published-text"))
	}
}
