// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// DependencyPath is the page of all dependencies.
const DependencyPath = "/system/beroenden"

// dependencyPath is the page of a system's dependencies.
func dependencyPath(slug string) string { return systemPath(slug) + "/beroenden" }

// nearRow is one line about something that a system depends on, or that depends on it.
type nearRow struct {
	Name, Href, Unit, Via, Carries string
	Levels                         []cell
	Remove                         string
}

// raisedRow is a need that is inherited.
type raisedRow struct {
	Aspect    string
	Own, Need web.LevelBox
	Path      []web.Link
}

type dependencyPage struct {
	web.Page
	Head            web.SystemHead
	Raised          []raisedRow
	Needs, NeededBy []nearRow
	Hidden          string
	Loops           [][]web.Link
	Drawing         *drawing
	Columns         []heading
	Form            []web.Field
	Action          string
	Lists           []nameList
	All             string
	Classify        string
}

// nameList is a datalist.
type nameList struct {
	ID    string
	Names []string
}

func (p *Pages) dependencies(c *web.Context) error { return p.dependencyPage(c, nil) }

func (p *Pages) dependencyPage(c *web.Context, faults []web.FieldError) error {
	o, err := p.Overview.Dependencies(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	sys := &o.View.System
	d := dependencyPage{
		Page: p.systemBase(c, &o.View), Head: p.head(c, &o.One, "beroenden"), Columns: headings(c), All: DependencyPath,
		Drawing: draw(c, &o),
	}
	d.Title, d.Errors = c.L.T("overview.dependencies-of", "Name", sys.Name), faults
	boxes := p.boxes(c, o.View.Need.Model)
	hidden := 0
	d.Needs, hidden = nearRows(c, o.Needs, boxes, sys.Slug)
	more := 0
	d.NeededBy, more = nearRows(c, o.NeededBy, boxes, "")
	if hidden += more; hidden > 0 {
		d.Hidden = c.L.T("overview.dependencies-hidden", "Count", hidden)
	}
	if !o.View.Need.Stop {
		d.Raised = raisedRows(c, o.Inherited, boxes)
	}
	for _, loop := range o.Loops {
		d.Loops = append(d.Loops, placeLinks(c, loop))
	}
	if len(d.Raised) > 0 && mayAt(c, "classification.Answer", sys) {
		d.Classify = systemPath(sys.Slug) + "/klassning"
	}
	if mayAt(c, "system.AddDependency", sys) {
		d.Action, d.Form = dependencyPath(sys.Slug), dependencyForm(c)
		d.Lists = []nameList{{"systemnamn", o.Systems}, {"tjanstnamn", o.Facilities}, {"leverantorsnamn", o.Suppliers}}
	}
	return c.Render(templates, "dependencies.html", d)
}

// dependencyForm draws the fields with what was sent, when it was.
func dependencyForm(c *web.Context) []web.Field {
	sent := func(name string) string {
		if c.Request.Method == http.MethodPost {
			return c.Form(name)
		}
		return ""
	}
	t := c.L.T
	carries := web.Field{Name: "for-vidare", Type: "select", Label: t("overview.carries"), Hint: t("overview.carries-hint"), Value: sent("for-vidare")}
	if carries.Value == "" {
		carries.Value = system.Unknown
	}
	for _, v := range system.Carried {
		carries.Options = append(carries.Options, web.Option{Value: v, Label: t("overview.carries-" + v)})
	}
	return []web.Field{
		{Name: "system", Label: t("overview.needs-system"), Hint: t("overview.needs-system-hint"), Value: sent("system"), Optional: true, Autocomplete: "off", List: "systemnamn"},
		{Name: "tjanst", Label: t("overview.needs-facility"), Hint: t("overview.needs-facility-hint"), Value: sent("tjanst"), Optional: true, Autocomplete: "off", List: "tjanstnamn"},
		{Name: "leverantor", Label: t("overview.facility-supplier"), Value: sent("leverantor"), Optional: true, Autocomplete: "off", List: "leverantorsnamn"},
		carries,
	}
}

func (p *Pages) addDependency(c *web.Context) error {
	slug := c.Path("slug")
	n := system.Needing{System: c.Form("system"), Facility: c.Form("tjanst"), Supplier: c.Form("leverantor"), Carries: c.Form("for-vidare")}
	if err := p.Systems.AddDependency(c.Context(), c.Actor, slug, n); err != nil {
		field, key, ok := dependencyFault(err, &n)
		if !ok {
			return err
		}
		return p.dependencyPage(c, []web.FieldError{{Field: field, Key: key}})
	}
	return c.Redirect(dependencyPath(slug), "overview.dependency-added")
}

// dependencyFault tells what was wrong with a dependency in the words that the form has for it, and in which field.
func dependencyFault(err error, n *system.Needing) (field, key string, ok bool) {
	field = "system"
	if n.Facility != "" {
		field = "tjanst"
	}
	switch {
	case errors.Is(err, system.ErrNeeds):
		return field, "overview.fault-needs", true
	case errors.Is(err, system.ErrNoSystem):
		return "system", "overview.fault-no-system", true
	case errors.Is(err, system.ErrItself):
		return "system", "overview.fault-itself", true
	case errors.Is(err, system.ErrDepends):
		return field, "overview.fault-depends", true
	case errors.Is(err, system.ErrValue):
		return "for-vidare", "system.error-value", true
	default:
		return "", "", false
	}
}

func (p *Pages) removeDependency(c *web.Context) error {
	slug := c.Path("slug")
	if err := p.Systems.RemoveDependency(c.Context(), c.Actor, slug, ids.ID[system.Dependency](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(dependencyPath(slug), "overview.dependency-removed")
}

// boxing draws a step of an aspect in the words of a model.
type boxing func(a catalogue.Aspect, s catalogue.Step) web.LevelBox

func (p *Pages) boxes(c *web.Context, m *catalogue.Model) boxing {
	return func(a catalogue.Aspect, s catalogue.Step) web.LevelBox {
		if s == catalogue.Unset || m == nil {
			return web.LevelBox{}
		}
		aspect, ok := m.Aspect(a)
		if !ok {
			return web.LevelBox{}
		}
		l := aspect.ForStep(s)
		return web.LevelBox{Step: int(s), Value: l.Value, Label: l.Label.In(lang(c)), Known: true}
	}
}

// nearRows are the lines of a table; what the reader may not know of is counted. slug is the system whose own dependencies can be removed.
func nearRows(c *web.Context, list []Near, box boxing, slug string) (rows []nearRow, hidden int) {
	for i := range list {
		n := &list[i]
		if n.Hidden() {
			hidden++
			continue
		}
		r := nearRow{Name: n.Name(), Carries: c.L.T("overview.directly")}
		if n.Sum != nil {
			r.Href, r.Unit = dependencyPath(n.Sum.Slug), n.Sum.Unit
		} else {
			r.Unit = facilityText(c, n.Facility)
		}
		if n.Distance > 1 {
			r.Carries, r.Via = "", n.Via.Name()
			if n.Via.Hidden() {
				r.Via = c.L.T("overview.elsewhere")
			}
		}
		if n.Direct != nil {
			r.Carries = c.L.T("overview.carries-" + n.Direct.Carries)
			if slug != "" && may(c, "system.RemoveDependency") {
				r.Remove = dependencyPath(slug) + "/" + n.Direct.ID.String() + "/bort"
			}
		}
		if n.Sum == nil || n.Sum.Standing != Stopped {
			for a := range catalogue.Aspect(catalogue.NumAspects) {
				r.Levels = append(r.Levels, cell{Name: aspectShort(c, a), Level: box(a, n.Need[a])})
			}
		}
		rows = append(rows, r)
	}
	return rows, hidden
}

// facilityText says that something is not in the register, and who delivers it.
func facilityText(c *web.Context, f *system.Facility) string {
	if f.Supplier != "" {
		return c.L.T("overview.facility-from", "Supplier", f.Supplier)
	}
	return c.L.T("overview.facility")
}

func raisedRows(c *web.Context, list []Inherited, box boxing) []raisedRow {
	var out []raisedRow
	for i := range list {
		in := &list[i]
		out = append(out, raisedRow{
			Aspect: aspectName(c, in.Aspect), Own: box(in.Aspect, in.Own), Need: box(in.Aspect, in.Need), Path: placeLinks(c, in.Path),
		})
	}
	return out
}

// placeLinks leads to each of some places, in their order.
func placeLinks(c *web.Context, list []Place) []web.Link {
	out := make([]web.Link, len(list))
	for i := range list {
		p := &list[i]
		out[i].Label = p.Name()
		switch {
		case p.Sum != nil:
			out[i].Href = dependencyPath(p.Sum.Slug)
		case p.Hidden():
			out[i].Label = c.L.T("overview.elsewhere")
		}
	}
	return out
}

type dependencyRow struct {
	System, Needs         web.Link
	Unit, About, Carrying string
}

type raisedSystem struct {
	System web.Link
	Unit   string
	Rows   []raisedRow
}

type dependencyListPage struct {
	web.Page
	Lead   string
	Views  web.Tabs
	Rows   []dependencyRow
	Raised []raisedSystem
	Loops  [][]web.Link
	Paging web.Paging
	Empty  web.Empty
}

func (p *Pages) dependencyList(c *web.Context) error {
	f := DependencyFilter{Show: oneOf(c.Query("visa"), DependenciesRaised, DependenciesLoops), Page: pageNumber(c)}
	l, err := p.Overview.DependencyList(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	t := c.L.T
	d := dependencyListPage{
		Page:   web.Page{Title: t("overview.dependencies"), Active: MenuSystems, Crumbs: []web.Crumb{{Label: t("overview.systems"), Href: "/system"}, {Label: t("overview.dependencies")}}},
		Lead:   t("overview.dependencies-lead", "Total", l.Total, "Raised", l.RaisedCount),
		Paging: web.Paging{Page: l.Filter.Page, Size: PageSize, Total: l.Matching, Path: DependencyPath, Query: query([]string{"visa", f.Show})},
		Empty:  web.Empty{Title: t("overview.no-dependencies"), Text: t("overview.no-dependencies-text"), Actions: []web.Link{{Label: t("overview.systems"), Href: "/system"}}},
		Views:  web.Tabs{Label: t("overview.views")},
	}
	for _, v := range []struct {
		show, key string
		count     int
	}{{"", "overview.dependencies-all", l.Total}, {DependenciesRaised, "overview.dependencies-raised", l.RaisedCount}, {DependenciesLoops, "overview.dependencies-loops", l.LoopCount}} {
		d.Views.Items = append(d.Views.Items, web.Tab{Label: t(v.key), Href: address(DependencyPath, "visa", v.show), Count: v.count, Current: v.show == f.Show})
	}
	for i := range l.Rows {
		r := &l.Rows[i]
		row := dependencyRow{System: placeLinks(c, []Place{r.System})[0], Needs: placeLinks(c, []Place{r.Needs})[0], Carrying: t("overview.carries-" + r.Carries)}
		row.Unit = r.System.Sum.Unit
		if r.Needs.Facility != nil {
			row.About = facilityText(c, r.Needs.Facility)
		}
		d.Rows = append(d.Rows, row)
	}
	model, err := p.Overview.model(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	box := p.boxes(c, model)
	for i := range l.Raised {
		r := &l.Raised[i]
		d.Raised = append(d.Raised, raisedSystem{System: placeLinks(c, []Place{r.Place})[0], Unit: r.Sum.Unit, Rows: raisedRows(c, r.Inherited, box)})
	}
	if f.Show == DependenciesLoops {
		for _, loop := range l.Loops {
			d.Loops = append(d.Loops, placeLinks(c, loop))
		}
	}
	return c.Render(templates, "dependency_list.html", d)
}
