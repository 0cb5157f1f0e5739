// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Place is where the indicators are shown, and Menu their entry in the menu.
const (
	Place = "/uppfoljning"
	Menu  = "followup"
)

// Pages are the pages of follow-up.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "followup.List", p.list)
	s.Handle("GET "+Place+"/tabell", "followup.List", p.table)
	s.Handle("POST "+Place, "followup.Snapshot", p.take)
	s.Handle("GET "+Place+"/{id}", "followup.Open", p.open)
	s.Handle("GET "+Place+"/{id}/rader", "followup.Open", p.rows)
	s.Handle("GET "+Place+"/{id}/lyft", "followup.Raise", p.raise)
	s.Handle("GET "+Place+"/{id}/lyft/tabell", "followup.Raise", p.raiseTable)
}

// cell is one value as it is shown.
type cell struct {
	Known                 bool
	Percent, Of, Unknown  string
	Num, Den, Unk, Series string
}

// cellOf writes a value: a share, or the answer where the municipality counts once. Where nothing is shown at all there is no share to write:
// that would look like a measured nothing.
func cellOf(l *locale.Localizer, ind *catalogue.Indicator, c Count, s Series) cell {
	out := cell{
		Known: c.Known(), Series: s.String(), Num: strconv.FormatInt(c.Numerator, 10), Den: strconv.FormatInt(c.Denominator, 10), Unk: strconv.FormatInt(c.Unknown, 10),
	}
	if !out.Known {
		return out
	}
	out.Percent = valueText(l, ind, c)
	if !c.Shown() {
		out.Percent = l.T("followup.answer-not-shown")
	}
	out.Of = l.T("followup.of", "Numerator", c.Numerator, "Denominator", c.Denominator)
	if c.Unknown > 0 {
		out.Unknown = l.T("followup.unknown", "Count", c.Unknown)
	}
	return out
}

// indicatorRow is one indicator in the list.
type indicatorRow struct {
	ID, Name, Answer string
	Cells            [NumSeries]cell
}

// area is the indicators of one area.
type area struct {
	Name string
	Rows []indicatorRow
}

// listPage is the list of indicators.
type listPage struct {
	web.Page
	Areas     []area
	Published []web.Link
	CanTake   bool
	Taken     string
	Whole     bool
}

func (p *Pages) list(c *web.Context) error {
	st, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	lang := catalogue.Lang(c.L.Lang)
	out := listPage{
		Page: web.Page{Title: c.L.T("followup.page-title"), Active: Menu}, CanTake: access.Allowed(c.Actor, "followup.Snapshot"),
		Whole: access.ReachOf(c.Actor, "followup.List").All,
	}
	if n := len(st.Points); n > 0 {
		out.Taken = c.L.Date(st.Points[n-1].On)
	}
	for i, ind := range p.Service.Engine.Indicators {
		row := indicatorRow{ID: ind.ID, Name: ind.Name.In(lang)}
		for s := range Series(NumSeries) {
			row.Cells[s] = cellOf(c.L, ind, st.Tallies[i][s].Count(ind.Answer), s)
		}
		out.add(c.L.T("followup.area-"+ind.Area), row)
	}
	for i := range p.Service.Engine.Catalogue.Indicators {
		if ind := &p.Service.Engine.Catalogue.Indicators[i]; !ind.Computed() {
			out.Published = append(out.Published, web.Link{Label: ind.Name.In(lang), Href: Place + "/" + ind.ID})
		}
	}
	return c.Render(pages, "list.html", out)
}

func (l *listPage) add(name string, row indicatorRow) {
	for i := range l.Areas {
		if l.Areas[i].Name == name {
			l.Areas[i].Rows = append(l.Areas[i].Rows, row)
			return
		}
	}
	l.Areas = append(l.Areas, area{name, []indicatorRow{row}})
}

// table gives the list as a file.
func (p *Pages) table(c *web.Context) error {
	st, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	rows := [][]string{{"indicator", "definition", "series", "numerator", "denominator", "unknown", "day", "catalogue"}}
	add := func(v Value, day, edition string) {
		rows = append(rows, []string{
			v.Indicator, strconv.Itoa(v.Definition), v.Series.String(), strconv.FormatInt(v.Numerator, 10), strconv.FormatInt(v.Denominator, 10),
			strconv.FormatInt(v.Unknown, 10), day, edition,
		})
	}
	for _, x := range st.Points {
		add(x.Value, x.On.String(), x.Catalogue)
	}
	if n := len(st.Points); n == 0 || st.Points[n-1].On != st.Today {
		for _, v := range st.Values {
			add(v, st.Today.String(), p.Service.Engine.Catalogue.Edition)
		}
	}
	return sheet(c, "indikatorer.csv", rows)
}

// sheet answers with a CSV file.
func sheet(c *web.Context, name string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return c.Attachment(name, "text/csv; charset=utf-8", b.Bytes())
}

// take takes the day's values.
func (p *Pages) take(c *web.Context) error {
	if err := p.Service.Snapshot(c.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(Place, c.L.T("followup.taken"))
}
