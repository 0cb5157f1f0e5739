// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// openPage is one indicator.
type openPage struct {
	web.Page
	ID, Lead, Meaning, Answer string
	Counted, Met, Of          string
	Definition                int
	Computed                  bool
	Questionnaire             string
	Cells                     []seriesCell
	Plot                      web.Plot
	Summary, Finding          string
	History                   []historyRow
	Breaks                    []string
	Published                 []publishedRow
	Imported                  []importedRow
	Rows                      []countedRow
	Paging                    web.Paging
}

// seriesCell is the value of one series.
type seriesCell struct {
	Name string
	cell
}

// historyRow is one value of the past.
type historyRow struct{ When, Series, Value, Of string }

// publishedRow is one figure that somebody else has published.
type publishedRow struct{ Year, Series, Value, Survey, Source, Note, Sure string }

// countedRow is one row behind the number.
type countedRow struct {
	Ref
	N   int64
	Met [NumSeries]web.Tag
}

// pageSize is how many rows a page shows.
const pageSize = 100

func (p *Pages) open(c *web.Context) error {
	d, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"))
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "followup.not-found", Err: err}
	}
	if err != nil {
		return err
	}
	lang := catalogue.Lang(c.L.Lang)
	ind := d.Indicator
	out := openPage{
		Page: web.Page{Title: ind.Name.In(lang), Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("followup.page-title"), Href: Place}}},
		ID:   ind.ID, Lead: ind.Why.In(lang), Meaning: ind.Meaning.In(lang), Definition: ind.Definition, Computed: ind.Computed(), Questionnaire: ind.Corresponds,
		Published: publishedRows(c.L, ind),
	}
	for _, b := range ind.Breaks {
		out.Breaks = append(out.Breaks, b.Text.In(lang))
	}
	out.draw(c.L, &d)
	if ind.Computed() {
		out.Counted, out.Met, out.Of = RuleText(p.Service.Engine.Catalogue, ind.Counted, lang), RuleText(p.Service.Engine.Catalogue, ind.Met, lang), c.L.T("followup.kind-"+ind.Of)
		i, _ := p.Service.Engine.Index(ind.ID)
		for s := range Series(NumSeries) {
			out.Cells = append(out.Cells, seriesCell{c.L.T("followup.series-" + s.String()), cellOf(c.L, ind, d.Tallies[i][s].Count(ind.Answer), s)})
		}
		if ind.PerMunicipality() {
			out.Answer = c.L.T("followup.answer-" + string(d.Tallies[i][Measured].AnswerTo(ind)))
		}
		out.page(c, d.Rows)
	}
	return c.Render(pages, "open.html", out)
}

// RuleText tells a rule in words: groups are joined by and, alternatives by or.
func RuleText(c *catalogue.Catalogue, r catalogue.Rule, lang catalogue.Lang) string {
	or, and, not := " eller ", " och ", "inte: "
	if lang == catalogue.EN {
		or, and, not = " or ", " and ", "not: "
	}
	out := ""
	for i, g := range r.Groups {
		part := ""
		add := func(prefix string, facts []int) {
			for _, n := range facts {
				if part != "" {
					part += or
				}
				part += prefix + c.IndicatorFacts[n].Name.In(lang)
			}
		}
		add("", g.Yes)
		add(not, g.No)
		if i > 0 {
			out += and
		}
		out += part
	}
	return out
}

// page puts one page of the rows on the page.
func (o *openPage) page(c *web.Context, rows []Counted) {
	n, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
	o.Paging = web.Paging{Page: max(1, n), Size: pageSize, Total: len(rows), Path: Place + "/" + o.ID}
	from := min(len(rows), (o.Paging.Page-1)*pageSize)
	for _, r := range rows[from:min(len(rows), from+pageSize)] {
		row := countedRow{Ref: r.Ref, N: r.N}
		for s, t := range r.Met {
			row.Met[s] = metTag(c.L, t)
		}
		o.Rows = append(o.Rows, row)
	}
}

func metTag(l *locale.Localizer, t catalogue.Truth) web.Tag {
	switch t {
	case catalogue.Yes:
		return web.OK(l.T("followup.met-yes"))
	case catalogue.No:
		return web.Bad(l.T("followup.met-no"))
	default:
		return web.Tag{Word: l.T("followup.met-unknown")}
	}
}

// draw draws what has been: the three series, those by earlier definitions beside them, and what others have published, each as a line of its
// own.
func (o *openPage) draw(l *locale.Localizer, d *Detail) {
	span := SpanOf(d.Indicator, d.Today, d.Imported...)
	classes := [NumSeries]string{"a", "c", "b"}
	for _, definition := range Definitions(d.Points, d.Indicator.Definition) {
		for s := range Series(NumSeries) {
			line := web.PlotLine{Class: classes[s], Label: l.T("followup.series-" + s.String())}
			if definition != d.Indicator.Definition {
				line.Class, line.Label = "b", l.T("followup.earlier-definition", "Series", line.Label, "Definition", definition)
			}
			o.line(l, span, line, Monthly(OfSeries(d.Points, s, definition)))
		}
	}
	for _, r := range d.Indicator.References {
		o.Plot.Lines = append(o.Plot.Lines, ReferenceLine(l, &r, span))
	}
	for i := range d.Imported {
		o.Plot.Lines = append(o.Plot.Lines, ImportedLines(l, &d.Imported[i], span)...)
	}
	o.imported(l, d.Imported)
	o.Plot.XLabel = []string{strconv.Itoa(span.From), strconv.Itoa((span.From + span.To) / 2), strconv.Itoa(span.To)}
	o.Plot.YLabel = []string{l.Percent(1, 1), l.Percent(1, 2), l.Percent(0, 1)}
	o.Summary, o.Finding = Summary(l, o.Plot), timeFinding(l, d.Points, d.Indicator.Definition)
}

// timeFinding is the heading of a plot over time: what the surest series that has two values by today's definition has gone from and to. When none has,
// nothing is said to have changed.
func timeFinding(l *locale.Localizer, points []Point, definition int) string {
	for s := range Series(NumSeries) {
		shown := slices.DeleteFunc(Monthly(OfSeries(points, s, definition)), func(p Point) bool { return !p.Shown() })
		if len(shown) < 2 {
			continue
		}
		first, last := &shown[0], &shown[len(shown)-1]
		return l.T("followup.page-time-finding", "Series", l.T("followup.series-"+s.String()),
			"From", l.Percent(int(first.Numerator), int(first.Denominator)), "First", l.Date(first.On),
			"To", l.Percent(int(last.Numerator), int(last.Denominator)), "Last", l.Date(last.On))
	}
	return l.T("followup.page-time")
}

// line draws the points of one series, and lists them. Without any it does nothing.
func (o *openPage) line(l *locale.Localizer, span Span, line web.PlotLine, points []Point) {
	for _, p := range points {
		value := l.T("followup.answer-not-shown")
		if p.Shown() { // what nothing shows is no measured nothing, and has no place in the line
			value = l.Percent(int(p.Numerator), int(p.Denominator))
			line.Points, line.Value = append(line.Points, web.PlotPoint{X: span.At(p.On), Y: p.Percent() / 100}), value
		}
		o.History = append(o.History, historyRow{l.Date(p.On), line.Label, value, l.T("followup.of", "Numerator", p.Numerator, "Denominator", p.Denominator)})
	}
	if len(line.Points) > 0 {
		o.Plot.Lines = append(o.Plot.Lines, line)
	}
}

// others is how a line of what others have published is drawn: unlike each of our own series.
const others = "d"

// ReferenceLine draws a series that somebody else has published.
func ReferenceLine(l *locale.Localizer, r *catalogue.Reference, span Span) web.PlotLine {
	line := web.PlotLine{Class: others, Label: r.Survey.In(catalogue.Lang(l.Lang))}
	for _, v := range r.Values {
		line.Points = append(line.Points, web.PlotPoint{X: span.Middle(v.Year), Y: float64(v.Low+v.High) / 200})
		line.Value = Interval(l, v)
	}
	return line
}

// Interval writes a published figure, or the two it lies between.
func Interval(l *locale.Localizer, v catalogue.Published) string {
	if v.Low == v.High {
		return l.Percent(v.Low, 100)
	}
	return fmt.Sprintf("%d–%s", v.Low, l.Percent(v.High, 100))
}

// Summary tells a plot in a sentence, for those who do not see it.
func Summary(l *locale.Localizer, p web.Plot) string {
	var parts []string
	for _, line := range p.Lines {
		parts = append(parts, line.Label+" "+line.Value)
	}
	if len(parts) == 0 {
		return l.T("followup.no-history")
	}
	return l.T("followup.plot-summary", "Lines", l.List(parts))
}

func publishedRows(l *locale.Localizer, ind *catalogue.Indicator) []publishedRow {
	lang := catalogue.Lang(l.Lang)
	var out []publishedRow
	for _, r := range ind.References {
		for _, v := range r.Values {
			out = append(out, publishedRow{
				strconv.Itoa(v.Year), l.T("followup.reference-" + r.Series), Interval(l, v), r.Survey.In(lang), v.Source.In(lang), v.Note.In(lang),
				l.T("followup.sure-" + v.Confidence),
			})
		}
	}
	return out
}

// rows gives the rows behind a number as a file.
func (p *Pages) rows(c *web.Context) error {
	d, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"))
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "followup.not-found", Err: err}
	}
	if err != nil {
		return err
	}
	rows := [][]string{append([]string{"name", "unit", "count"}, SeriesNames[:]...)}
	for _, r := range d.Rows {
		row := []string{safe(r.Name), safe(r.Unit), strconv.FormatInt(r.N, 10)}
		for _, t := range r.Met {
			row = append(row, map[catalogue.Truth]string{catalogue.Yes: "yes", catalogue.No: "no", catalogue.Maybe: "unknown"}[t])
		}
		rows = append(rows, row)
	}
	return sheet(c, d.Indicator.ID+".csv", rows)
}

// safe keeps a spreadsheet from taking a name for a formula.
func safe(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@') {
		return "'" + s
	}
	return s
}
