// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// DependsPath is where it is shown what municipalities depend on, and DependsPreviewPath what would leave of it.
const (
	DependsPath        = Place + "/beroenden"
	DependsPreviewPath = PreviewPath + "/beroenden"
)

// shownFirst is how many of a list are shown before the rest is asked for.
const shownFirst = 12

func (p *Pages) dependsRoutes(s *web.Site) {
	s.Handle("GET "+DependsPath, "national.Concentration", p.depends)
	s.Handle("GET "+DependsPath+"/tabell", "national.Concentration", p.dependsTable)
	s.Handle("GET "+DependsPreviewPath, "national.PreviewConcentration", p.previewDepends)
}

type (
	// dependsPage is how many depend on each supplier and each kind of systems.
	dependsPage struct {
		web.Page
		Lead, LeftOut, File string
		Period              web.Field
		Lists               []dependsList
		// Over follows what most depend on over the periods.
		Over  *overPart
		Open  []web.Link
		Empty *web.Empty
		// Subject is one of them looked at closer, instead of the lists.
		Subject *subjectPart
	}
	// dependsList is one list of them, with what stands out first.
	dependsList struct {
		ID, Title, What, Note, None, More string
		Before                            string
		First, Rest                       []dependsRow
	}
	dependsRow struct{ Name, Number, Href, Count, Share, Width, Was string }
	// overPart is a few of them over the periods.
	overPart struct {
		Summary string
		Plot    web.Plot
		Rows    []overRow
	}
	overRow struct{ When, Name, Count, Share string }
	// subjectPart is one supplier or kind of systems: over time, and by group.
	subjectPart struct {
		TrendSummary string
		Plot         web.Plot
		Trend        []dependsThen
		Groups       []dependsGroups
	}
	dependsThen   struct{ When, Count, Share string }
	dependsGroups struct {
		ID, Title, What, Before string
		Rows                    []dependsRow
	}
)

func (p *Pages) readDepends(c *web.Context) (Concentrated, error) {
	k := LookConcentration{Subject: c.Query("visa")}
	k.Period, _ = ParsePeriod(c.Query("period")) // what is no period is the latest
	x, err := p.Service.Concentration(c.Context(), c.Actor, k)
	if errors.Is(err, db.ErrNotFound) {
		return x, &web.Error{Status: http.StatusNotFound, Key: "national.depends-not-found", Err: err}
	}
	return x, err
}

func (p *Pages) depends(c *web.Context) error {
	x, err := p.readDepends(c)
	if err != nil {
		return err
	}
	if x.Subject != nil || len(x.Trend) > 0 {
		return p.showSubject(c, &x)
	}
	out := dependsPage{
		Page: web.Page{Title: c.L.T("national.depends-title"), Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}}},
		File: DependsPath + "/tabell?" + url.Values{"period": {x.Release.Period.String()}}.Encode(),
	}
	if x.Release.Number == 0 {
		out.Empty = &web.Empty{Title: c.L.T("national.page-empty"), Text: c.L.T("national.depends-empty"), Actions: []web.Link{
			{Label: c.L.T("national.page-share"), Href: SharingPath},
		}}
		return c.Render(pages, "depends.html", out)
	}
	out.Period = web.Field{Name: "period", Value: x.Release.Period.String()}
	for i := len(x.Releases) - 1; i >= 0; i-- {
		out.Period.Options = append(out.Period.Options, web.Option{Value: x.Releases[i].Period.String(), Label: periodName(c.L, x.Releases[i].Period)})
	}
	out.Lead = c.L.T("national.depends-lead", "Submitted", x.Release.Municipalities, "Total", x.Country, "Period", periodName(c.L, x.Release.Period))
	if len(x.Suppliers) > 0 {
		out.Lead += " " + c.L.T("national.depends-top", "Count", x.Suppliers[0].Depends(), "Of", x.Suppliers[0].Counted())
	}
	if x.Invented {
		out.Lead = c.L.T("national.depends-invented") + " " + out.Lead
	}
	out.Over = p.over(c.L, &x)
	if d := x.LeftOut; d != nil {
		out.LeftOut = c.L.T("national.depends-left-out", "Percent", percentOf(c.L, d.Sum), "Count", d.Sum.Numerator, "Of", d.Counted())
	}
	out.Lists = []dependsList{
		p.dependsList(c.L, &x, dependsList{ID: "d1", Title: "national.depends-suppliers", What: "national.supplier", Note: "national.depends-suppliers-note"}, x.Suppliers),
		p.dependsList(c.L, &x, dependsList{ID: "d2", Title: "national.depends-kinds", What: "national.kind", Note: "national.depends-kinds-note"}, x.Kinds),
	}
	if x.Receives {
		for _, form := range []string{"csv", "json"} {
			out.Open = append(out.Open, web.Link{Label: c.L.T("national.form-" + form), Href: openPath + "/beroenden." + form})
		}
	}
	return c.Render(pages, "depends.html", out)
}

// dependsList fills one list, whose texts are given by their keys.
func (p *Pages) dependsList(l *locale.Localizer, x *Concentrated, out dependsList, list []Dependence) dependsList {
	out.Title, out.What, out.Note, out.None = l.T(out.Title), l.T(out.What), l.T(out.Note), l.T("national.depends-none")
	if x.Before.Number > 0 {
		out.Before = periodName(l, x.Before.Period)
	}
	for i := range list {
		row := p.dependsRow(l, x, &list[i])
		if x.Before.Number > 0 {
			row.Was = l.T("national.depends-not-shown")
			if was, ok := x.Was[list[i].subject()]; ok {
				row.Was = percentOf(l, was.Sum)
			}
		}
		if i < shownFirst {
			out.First = append(out.First, row)
		} else {
			out.Rest = append(out.Rest, row)
		}
	}
	out.More = l.T("national.depends-more", "Count", len(out.Rest))
	return out
}

func (p *Pages) dependsRow(l *locale.Localizer, x *Concentrated, d *Dependence) dependsRow {
	out := counted(l, d)
	out.Name, out.Number = p.dependedName(l, x, d)
	out.Href = DependsPath + "?" + url.Values{"visa": {d.Sort + " " + d.Name}, "period": {x.Release.Period.String()}}.Encode()
	return out
}

// counted writes how many depend on something.
func counted(l *locale.Localizer, d *Dependence) dependsRow {
	share := 0.0
	if n := d.Counted(); n > 0 {
		share = 100 * float64(d.Depends()) / float64(n)
	}
	return dependsRow{
		Count: l.T("national.depends-count", "Count", d.Depends(), "Of", d.Counted()), Share: percentOf(l, d.Sum), Width: fmt.Sprintf("%.1f%%", share),
	}
}

// dependedName names what is depended on: a supplier by the reader's own register when it has it, with the number beside.
func (p *Pages) dependedName(l *locale.Localizer, x *Concentrated, d *Dependence) (name, number string) {
	if d.Sort == dependedSupplier {
		number := d.Name
		if len(number) == shortForm {
			number = number[:6] + "-" + number[6:]
		}
		if name, ok := x.Names[d.Name]; ok {
			return name, number
		}
		return number, ""
	}
	return kindName(l, p.Service.Engine.Catalogue, d.Name), ""
}

// kindName names a kind of systems.
func kindName(l *locale.Localizer, c *catalogue.Catalogue, kind string) string {
	kind, area, in := strings.Cut(kind, "/")
	name := l.T("system.kind-" + kind)
	fact, ok := c.Vocabulary.Fact("area")
	if !in || !ok {
		return name
	}
	label := fact.Label(area)
	return l.T("national.kind-in", "Kind", name, "Area", label.In(catalogue.Lang(l.Lang)))
}

// showSubject shows one of them closer.
func (p *Pages) showSubject(c *web.Context, x *Concentrated) error {
	now := x.Subject
	if now == nil {
		now = &x.Trend[len(x.Trend)-1].Dependence
	}
	name, number := p.dependedName(c.L, x, now)
	out := dependsPage{
		Page: web.Page{
			Title: name, Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}, {Label: c.L.T("national.depends-title"), Href: DependsPath}},
		},
		File:    DependsPath + "/tabell?" + url.Values{"visa": {now.Sort + " " + now.Name}, "period": {x.Release.Period.String()}}.Encode(),
		Subject: &subjectPart{},
	}
	if x.Subject == nil {
		out.Lead = c.L.T("national.depends-hidden", "Period", periodName(c.L, x.Release.Period))
	} else {
		out.Lead = c.L.T("national.depends-one", "Count", now.Depends(), "Of", now.Counted(), "Percent", percentOf(c.L, now.Sum), "Period", periodName(c.L, x.Release.Period))
	}
	if number != "" {
		out.Lead += " " + c.L.T("national.depends-number", "Number", number)
	}
	if x.Invented {
		out.Lead = c.L.T("national.depends-invented") + " " + out.Lead
	}
	out.Subject.overTime(c.L, x)
	p.dependsGroups(c.L, x, out.Subject)
	return c.Render(pages, "depends.html", out)
}

// overTime draws the share over the periods.
func (o *subjectPart) overTime(l *locale.Localizer, x *Concentrated) {
	span := spanOf(x.Trend)
	for i := range x.Trend {
		t := &x.Trend[i]
		row := counted(l, &t.Dependence)
		o.Trend = append(o.Trend, dependsThen{periodName(l, t.Period), row.Count, row.Share})
	}
	o.Plot = span.plot(l, span.line(l, "a", l.T("national.depends-share"), x.Trend))
	o.TrendSummary = followup.Summary(l, o.Plot)
}

// over draws the suppliers that most depend on now over the periods, each as a line of its own.
func (p *Pages) over(l *locale.Localizer, x *Concentrated) *overPart {
	span := spanOf(x.Over...)
	var lines []web.PlotLine
	out := &overPart{}
	classes := [overTime]string{"a", "b", "c"}
	for n, then := range x.Over {
		if len(then) == 0 {
			continue
		}
		name, _ := p.dependedName(l, x, &then[len(then)-1].Dependence)
		lines = append(lines, span.line(l, classes[n], name, then))
		for i := range then {
			row := counted(l, &then[i].Dependence)
			out.Rows = append(out.Rows, overRow{periodName(l, then[i].Period), name, row.Count, row.Share})
		}
	}
	if len(out.Rows) <= len(lines) {
		return nil // one period is no history
	}
	out.Plot = span.plot(l, lines...)
	out.Summary = followup.Summary(l, out.Plot)
	return out
}

// years are those that a plot goes over: from the beginning of the first to the end of the last.
type years struct{ from, to float64 }

func spanOf(lists ...[]DependenceThen) (out years) {
	for _, list := range lists {
		for i := range list {
			from, to := float64(list[i].Period.Begin().Year), float64(list[i].Period.End().AddDays(-1).Year)+1
			if out.to == 0 {
				out = years{from, to}
			}
			out = years{min(out.from, from), max(out.to, to)}
		}
	}
	return out
}

// line draws the share over the periods, each at its end.
func (s years) line(l *locale.Localizer, class, label string, list []DependenceThen) web.PlotLine {
	line := web.PlotLine{Class: class, Label: label}
	for i := range list {
		end := list[i].Period.End().AddDays(-1)
		at := float64(end.Year) + float64(end.Month)/12
		line.Points = append(line.Points, web.PlotPoint{X: (at - s.from) / (s.to - s.from), Y: list[i].Sum.OfKnown() / 100})
		line.Value = percentOf(l, list[i].Sum) + " (" + periodName(l, list[i].Period) + ")"
	}
	return line
}

func (s years) plot(l *locale.Localizer, lines ...web.PlotLine) web.Plot {
	return web.Plot{
		Lines: lines, XLabel: []string{strconv.Itoa(int(s.from)), strconv.Itoa(int(s.to) - 1)}, YLabel: []string{l.Percent(1, 1), l.Percent(1, 2), l.Percent(0, 1)},
	}
}

// dependsGroups lists the groups that are shown, each way of grouping by itself.
func (p *Pages) dependsGroups(l *locale.Localizer, x *Concentrated, out *subjectPart) {
	c := p.Service.Engine.Catalogue
	name := func(d *Dependence) string {
		switch d.Split {
		case BySize:
			return l.T("national.size-" + d.Group)
		case ByCounty:
			if county, ok := c.County(d.Group); ok {
				return county.Name
			}
		default:
			if i := slices.IndexFunc(x.Division, func(g MunicipalityGroup) bool { return g.Code == d.Group }); i >= 0 {
				return x.Division[i].Title
			}
		}
		return d.Group
	}
	for _, g := range []struct{ split, id, title, what string }{
		{BySize, "g1", "national.by-size", "national.size"}, {ByCounty, "g2", "national.by-county", "national.county"}, {ByGroup, "g3", "national.by-group", "national.group"},
	} {
		of := dependsGroups{ID: g.id, Title: l.T(g.title), What: l.T(g.what)}
		for i := range x.Groups {
			if x.Groups[i].Split == g.split {
				row := counted(l, &x.Groups[i])
				row.Name = name(&x.Groups[i])
				of.Rows = append(of.Rows, row)
			}
		}
		if g.split == BySize {
			order := func(r dependsRow) int {
				return slices.IndexFunc(Sizes, func(s string) bool { return l.T("national.size-"+s) == r.Name })
			}
			slices.SortFunc(of.Rows, func(a, b dependsRow) int { return order(a) - order(b) })
		}
		if len(of.Rows) > 0 || g.split != ByGroup {
			out.Groups = append(out.Groups, of)
		}
	}
}

// dependsTable gives what a period's release tells as a file.
func (p *Pages) dependsTable(c *web.Context) error {
	x, err := p.readDepends(c)
	if err != nil {
		return err
	}
	var rows []DependenceRow
	add := func(list ...Dependence) {
		for i := range list {
			rows = append(rows, list[i].row(x.Release.Period, x.Invented))
		}
	}
	add(x.Suppliers...)
	add(x.Kinds...)
	if x.LeftOut != nil {
		add(*x.LeftOut)
	}
	if x.Subject != nil {
		add(*x.Subject)
	}
	add(x.Groups...)
	return attachDependences(c, "beroenden.csv", rows)
}

// DependenceRow is one count in open data. There is none for what is not shown.
type DependenceRow struct {
	About    string `json:"about"`
	Subject  string `json:"subject"`
	Period   string `json:"period"`
	Grouping string `json:"grouping"`
	Group    string `json:"group"`
	// Members are those that are counted, and Submitted those that have submitted; the others wait, and are unknown here.
	Members   int `json:"municipalities"`
	Submitted int `json:"submitted"`
	// Numerator is how many of them depend on it; of left-out it is suppliers, as the denominator is.
	Numerator   int64 `json:"numerator"`
	Denominator int64 `json:"denominator"`
	Unknown     int64 `json:"unknown"`
	// Invented says of every row that no municipality has submitted it.
	Invented bool `json:"invented"`
}

func (d *Dependence) row(p Period, invented bool) DependenceRow {
	return DependenceRow{
		d.Sort, d.Name, p.String(), d.Split, d.Group, d.Members, d.Submitted, d.Sum.Numerator, d.Sum.Denominator, d.Sum.Unknown, invented,
	}
}

// Dependences are the counts as open data.
func (o *Open) Dependences() []DependenceRow {
	var out []DependenceRow
	for _, r := range o.Releases {
		for i := range o.cells[r.Number] {
			d := dependenceOf(&o.cells[r.Number][i])
			out = append(out, d.row(r.Period, o.Invented))
		}
	}
	return out
}

func attachDependences(c *web.Context, name string, list []DependenceRow) error {
	rows := [][]string{{"about", "subject", "period", "grouping", "group", "municipalities", "submitted", "numerator", "denominator", "unknown", "invented"}}
	for _, r := range list {
		rows = append(rows, []string{
			r.About, r.Subject, r.Period, r.Grouping, r.Group, strconv.Itoa(r.Members), strconv.Itoa(r.Submitted), strconv.FormatInt(r.Numerator, 10),
			strconv.FormatInt(r.Denominator, 10), strconv.FormatInt(r.Unknown, 10), strconv.FormatBool(r.Invented),
		})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return c.Attachment(name, "text/csv; charset=utf-8", b.Bytes())
}

// dependsPreviewPage is exactly what would leave, with the names that stay here.
type dependsPreviewPage struct {
	web.Page
	Period                        web.Field
	Body, Fault, Count, Undecided string
	SoleTraders, Unnumbered       string
	Suppliers                     []dependsRow
	Kinds                         []string
	Agreed                        bool
}

func (p *Pages) previewDepends(c *web.Context) error {
	period, err := ParsePeriod(c.Query("period"))
	if err != nil {
		period = LastCompleted(civilToday(p.Service))
	}
	out := dependsPreviewPage{Page: web.Page{
		Title: c.L.T("national.depends-preview-title", "Period", periodName(c.L, period)), Active: Menu,
		Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}, {Label: c.L.T("national.sharing-title"), Href: SharingPath}},
	}, Period: p.periods(c, period)}
	x, err := p.Service.PreviewConcentration(c.Context(), c.Actor, Draft{Period: period})
	switch {
	case errors.Is(err, ErrNoMunicipality):
		out.Fault = c.L.T("national.preview-no-municipality")
	case errors.Is(err, ErrNotCurrent):
		out.Fault = c.L.T("national.depends-not-current")
	case errors.Is(err, ErrNoFigures), errors.Is(err, ErrFuture):
		out.Fault = c.L.T("national.depends-nothing")
	case err != nil:
		return err
	default:
		out.tell(c.L, p.Service.Engine.Catalogue, &x)
	}
	return c.Render(pages, "depends-preview.html", out)
}

// tell writes what leaves, and what is left out.
func (o *dependsPreviewPage) tell(l *locale.Localizer, c *catalogue.Catalogue, x *ConcentrationDraft) {
	o.Body = x.Text()
	o.Count = l.T("national.depends-preview-count", "Suppliers", len(x.Suppliers), "Kinds", len(x.Kinds))
	for _, s := range x.Suppliers {
		o.Suppliers = append(o.Suppliers, dependsRow{Name: x.Names[s], Number: s[:6] + "-" + s[6:]})
	}
	for _, k := range x.Kinds {
		o.Kinds = append(o.Kinds, kindName(l, c, k))
	}
	if x.SoleTraders > 0 {
		o.SoleTraders = l.T("national.depends-sole-traders", "Count", x.SoleTraders)
	}
	if x.Unnumbered > 0 {
		o.Unnumbered = l.T("national.depends-unnumbered", "Count", x.Unnumbered)
	}
	if x.Undecided > 0 {
		o.Undecided = l.T("national.depends-undecided", "Count", x.Undecided)
	}
}
