// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// raisePage is what would raise an indicator the most.
type raisePage struct {
	web.Page
	ID, Lead, Heading, Summary, Now, Greedy string
	Tabs                                    web.Tabs
	Series                                  string
	Plot                                    web.Plot
	Rows                                    []raiseRow
	Table                                   []raisePoint
	All, More, Unsettled, Beyond, Best      string
	CSV                                     string
}

// raiseRow is one step.
type raiseRow struct {
	Number             int
	Title, Href        string
	Place, Unit        string
	Tag                web.Tag
	When               string
	Because            []string
	Effect, After      string
	Button, ButtonHref string
}

// raisePoint is the value after a number of steps.
type raisePoint struct {
	Number             int
	What, Value, Count string
}

// fewRaised is how many steps are shown at first, and drawn.
const fewRaised = 15

func (p *Pages) raise(c *web.Context) error {
	r, err := p.raised(c)
	if err != nil {
		return err
	}
	lang := catalogue.Lang(c.L.Lang)
	name := r.Indicator.Name.In(lang)
	path := Place + "/" + r.Indicator.ID
	out := raisePage{
		Page: web.Page{
			Title: c.L.T("followup.raise-title"), Active: Menu,
			Crumbs: []web.Crumb{{Label: c.L.T("followup.page-title"), Href: Place}, {Label: name, Href: path}},
		},
		ID: r.Indicator.ID, Lead: name, Series: r.Series.String(), Greedy: c.L.T("followup.raise-greedy-" + r.Indicator.Answer),
		Now: c.L.T("followup.raise-now", "Value", valueText(c.L, r.Indicator, r.Now), "Rows", rowsText(c.L, r.Rows)),
		CSV: path + "/lyft/tabell?serie=" + r.Series.String(),
	}
	for s := range Series(NumSeries) {
		out.Tabs.Items = append(out.Tabs.Items, web.Tab{
			Label: c.L.T("followup.series-" + s.String()), Href: path + "/lyft?serie=" + s.String(), Current: s == r.Series,
		})
	}
	out.Tabs.Label = c.L.T("followup.raise-tabs")
	out.tell(c.L, &r)
	steps := r.Steps
	if c.Query("visa") != "alla" && len(steps) > fewRaised {
		out.All = c.L.T("followup.raise-all", "Count", len(steps))
		steps = steps[:fewRaised]
	}
	for n, x := range steps {
		out.Rows = append(out.Rows, p.raiseRow(c, &r, n+1, x))
	}
	out.draw(c.L, &r, steps)
	return c.Render(pages, "raise.html", out)
}

// raised reads what is asked for from the address.
func (p *Pages) raised(c *web.Context) (Raise, error) {
	s, ok := ParseSeries(c.Query("serie"))
	if !ok {
		s = Measured
	}
	r, err := p.Service.Raise(c.Context(), c.Actor, c.Path("id"), s)
	if errors.Is(err, db.ErrNotFound) {
		return r, &web.Error{Status: http.StatusNotFound, Key: "followup.not-found", Err: err}
	}
	return r, err
}

// valueText writes a value: the share, or the answer where the municipality counts once.
func valueText(l *locale.Localizer, ind *catalogue.Indicator, c Count) string {
	switch {
	case !c.Known():
		return l.T("followup.answer-nothing")
	case !ind.PerMunicipality():
		return l.Percent(int(c.Numerator), int(c.Denominator))
	case c.Unknown > 0:
		return l.T("followup.answer-not-shown")
	case c.Numerator > 0:
		return l.T("followup.answer-yes")
	default:
		return l.T("followup.answer-no")
	}
}

func rowsText(l *locale.Localizer, t Tally) string {
	return l.T("followup.of", "Numerator", t.Yes, "Denominator", t.Counted())
}

// tell says in words where the order leads and what it cannot tell of.
func (o *raisePage) tell(l *locale.Localizer, r *Raise) {
	ind := r.Indicator
	switch n := len(r.Steps); {
	case n == 0:
		o.Heading = l.T("followup.raise-none")
	case ind.PerMunicipality() && r.Steps[n-1].After == r.Now:
		o.Heading = l.T("followup.raise-flat", "Count", n, "Rows", rowsText(l, r.Steps[n-1].Rows))
	case ind.PerMunicipality():
		o.Heading = l.T("followup.raise-turns", "Count", turns(r), "Value", valueText(l, ind, r.Steps[n-1].After))
	default:
		first := min(n, 5)
		o.Heading = l.T("followup.raise-share", "Count", first, "From", valueText(l, ind, r.Now), "To", valueText(l, ind, r.Steps[first-1].After))
	}
	if r.Unsettled > 0 {
		o.Unsettled = l.T("followup.raise-unsettled", "Count", r.Unsettled)
	}
	if r.Beyond > 0 {
		o.Beyond = l.T("followup.raise-beyond", "Count", r.Beyond)
	}
	if r.More > 0 {
		o.More = l.T("followup.raise-more", "Count", r.More)
	}
}

// turns is after how many steps the value is what it ends as.
func turns(r *Raise) int {
	last := r.Steps[len(r.Steps)-1].After
	for n, x := range r.Steps {
		if x.After == last {
			return n + 1
		}
	}
	return len(r.Steps)
}

// draw draws the value after each step, and tells the same in a table.
func (o *raisePage) draw(l *locale.Localizer, r *Raise, steps []Raised) {
	class := "b"
	if r.Series == Measured {
		class = "a"
	}
	line := web.PlotLine{Class: class, Label: l.T("followup.raise-line-" + r.Series.String())}
	rows := web.PlotLine{Class: "c", Label: l.T("followup.raise-line-rows")}
	add := func(n int, what string, c Count, t Tally) {
		x := 0.0
		if len(steps) > 0 {
			x = float64(n) / float64(len(steps))
		}
		line.Points = append(line.Points, web.PlotPoint{X: x, Y: c.Percent() / 100})
		line.Value = valueText(l, r.Indicator, c)
		share := Count{Numerator: t.Yes, Denominator: t.Counted()}
		rows.Points = append(rows.Points, web.PlotPoint{X: x, Y: share.Percent() / 100})
		rows.Value = l.Percent(int(share.Numerator), int(share.Denominator))
		o.Table = append(o.Table, raisePoint{n, what, line.Value, rowsText(l, t)})
	}
	add(0, l.T("followup.raise-today"), r.Now, r.Rows)
	for n, x := range steps {
		add(n+1, o.Rows[n].Place+": "+o.Rows[n].Title, x.After, x.Rows)
	}
	o.Plot.Lines = []web.PlotLine{line}
	if r.Indicator.PerMunicipality() {
		o.Plot.Lines = append(o.Plot.Lines, rows)
	}
	o.Plot.XLabel = []string{l.T("followup.raise-today"), l.T("followup.raise-steps", "Count", len(steps))}
	o.Plot.YLabel = []string{l.Percent(1, 1), l.Percent(1, 2), l.Percent(0, 1)}
	o.Summary = l.T("followup.raise-summary", "From", o.Table[0].Value, "To", line.Value, "Count", len(steps))
}

// raiseRow tells of one step.
func (p *Pages) raiseRow(c *web.Context, r *Raise, number int, x Raised) raiseRow {
	s := &r.All[x.Step]
	out := raiseRow{Number: number, Title: p.stepTitle(c.L, s), Place: s.Name, Unit: s.Ref.Unit, Href: stepPlace(c, s), After: p.afterText(c.L, r.Indicator, x)}
	switch s.Kind {
	case Taken:
		out.Tag = web.Info(c.L.T("followup.raise-taken"))
		out.When = c.L.T("followup.raise-undated")
		if s.Action != nil && !s.Action.DueOn.IsZero() {
			out.When = c.L.Date(s.Action.DueOn)
			if s.Action.Late(r.Today) {
				out.Tag = web.Bad(c.L.T("followup.raise-late"))
			}
		}
	case Wanting:
		out.Tag = web.Bad(c.L.T("followup.raise-wanting"))
	default:
		out.Tag = web.Tag{Word: c.L.T("followup.raise-unshown-" + r.Series.String())}
	}
	for n := range s.Because {
		why := s.Because[n].In(c.L.Lang)
		if n < len(s.Ways) {
			why = evidence.PathName(c, &s.Ways[n]) + ": " + why
		}
		out.Because = append(out.Because, why)
	}
	points := x.Alone.Percent() - r.Now.Percent()
	switch {
	case points != 0 && !r.Indicator.PerMunicipality():
		out.Effect = c.L.T("followup.raise-alone", "Points", signed(c.L, points))
	case points != 0:
		out.Effect = c.L.T("followup.raise-alone-enough")
	case x.With > 1:
		out.Effect = c.L.T("followup.raise-with", "Count", x.With)
	default:
		out.Effect = c.L.T("followup.raise-step")
	}
	out.Button, out.ButtonHref = stepButton(c, s)
	return out
}

func signed(l *locale.Localizer, v float64) string {
	if v > 0 {
		return "+" + l.Decimal(v)
	}
	return l.Decimal(v)
}

func (p *Pages) afterText(l *locale.Localizer, ind *catalogue.Indicator, x Raised) string {
	return l.T("followup.raise-after", "Value", valueText(l, ind, x.After), "Rows", rowsText(l, x.Rows))
}

// stepTitle says what there is to do: what the requirement asks, or what is to hold.
func (p *Pages) stepTitle(l *locale.Localizer, s *Step) string {
	lang := catalogue.Lang(l.Lang)
	if q, ok := p.Service.Engine.Catalogue.Requirement(s.Requirement); ok {
		return catalogue.Fill(q.Is.In(lang), q.Settings, nil)
	}
	if n, ok := p.Service.Engine.Catalogue.IndicatorFact(s.Fact); ok {
		return p.Service.Engine.Catalogue.IndicatorFacts[n].Name.In(lang)
	}
	return s.Requirement
}

// factPages are where on a system's pages a fact is shown and changed.
var factPages = map[string]string{"classified": "/klassning", "ever_classified": "/klassning", "owned": "/ansvariga", "met": "/krav"}

// stepPlace is where the thing is shown that a step is about. Who may not name somebody is led to the system.
func stepPlace(c *web.Context, s *Step) string {
	switch path, ok := factPages[s.Fact]; {
	case s.Slug == "":
		return s.Ref.Href
	case s.Fact == "owned" && !access.AllowedAt(c.Actor, "system.Responsible", s.Unit):
		return "/system/" + s.Slug
	case ok:
		return "/system/" + s.Slug + path
	default:
		return "/system/" + s.Slug + "/bevis"
	}
}

// stepButton leads to the action, or to where it is made.
func stepButton(c *web.Context, s *Step) (label, href string) {
	switch {
	case s.Slug == "" || s.Requirement == "":
		return c.L.T("followup.raise-open"), stepPlace(c, s)
	case s.Action != nil:
		return c.L.T("followup.raise-action"), action.PlanPath(s.Slug, s.Requirement)
	case access.AllowedAt(c.Actor, "action.Save", s.Unit):
		return c.L.T("followup.raise-make"), action.PlanPath(s.Slug, s.Requirement)
	default:
		return c.L.T("followup.raise-open"), action.PlanPath(s.Slug, s.Requirement)
	}
}

// raiseTable gives the order as a file.
func (p *Pages) raiseTable(c *web.Context) error {
	r, err := p.raised(c)
	if err != nil {
		return err
	}
	rows := [][]string{{"step", "kind", "what", "requirement", "name", "unit", "with", "alone_numerator", "numerator", "denominator", "unknown"}}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for n, x := range r.Steps {
		s := &r.All[x.Step]
		rows = append(rows, []string{
			strconv.Itoa(n + 1), [...]string{"taken", "wanting", "unshown"}[s.Kind], safe(p.stepTitle(c.L, s)), s.Requirement, safe(s.Name), safe(s.Ref.Unit),
			strconv.Itoa(x.With), number(x.Alone.Numerator), number(x.After.Numerator), number(x.After.Denominator), number(x.After.Unknown),
		})
	}
	return sheet(c, r.Indicator.ID+"-"+r.Series.String()+".csv", rows)
}
