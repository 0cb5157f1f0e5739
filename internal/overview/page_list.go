// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// chip is a filter that is set, with the address of the list without it.
type chip struct{ Label, Href string }

type listRow struct {
	ID string
	// May says that the reader may change the system.
	May              bool
	Name, Href, Unit string
	Cells            []cell
	Mark             web.Tag
	Login            string
	Owner, Person    string // the role, and who
	Until            civil.Date
	// Left is how soon it ends, when that is soon.
	Left            string
	NotMet, Unknown int
	Total           int
	Stopped         bool
}

type listPage struct {
	web.Page
	Lead     string
	Text     string
	Filters  []selectField
	Kept     []option // filters that have no field of their own
	Headings []heading
	Rows     []listRow
	Shown    string
	Chips    []chip
	Clear    string
	Views    web.Tabs
	ByLevel  bool
	ByName   string // address of the same list by name, and by level
	ByNeed   string
	Paging   web.Paging
	Actions  []web.Link
	Nothing  web.Empty
	Caption  string
	// Bulk says that there is something to change at once; Units are where to, and Back this very list.
	Bulk bool
	// Own are the views that the reader has saved, Here is this list's address, and CanSave says that it can be saved.
	Own     []View
	Here    string
	CanSave bool
	// Files are the list as a file.
	Files []web.Link
	Units []option
	Back  string
}

// readFilter reads the filter of the page's address. What it does not know is left out.
func readFilter(c *web.Context) Filter {
	f := filterOf(c.Query)
	f.Page = pageNumber(c)
	return f
}

// filterOf reads a filter from the values of an address.
func filterOf(query func(name string) string) Filter {
	level, err := strconv.Atoi(query("niva"))
	if err != nil || level < 1 || level > 99 {
		level = 0
	}
	f := Filter{
		Text: query("q"), Unit: query("forvaltning"), Level: level,
		Standing:     oneOf(query("lage"), Expiring, string(Classified), string(Expired), string(Draft), string(Suggested), string(Unclassified), string(Stopped)),
		Requirements: oneOf(query("krav"), WithMet, WithPartly, WithNotMet, WithUnknown, WithNotApplicable),
		Owner:        oneOf(query("agare"), Missing),
		Ask:          oneOf(query("fraga"), AskProtection, AskEmpty, AskUnowned, AskLate),
		ByLevel:      query("sortera") == "niva",
	}
	aspect, step := oneOf(query("aspekt"), aspects[:]...), oneOf(query("steg"), steps[:]...)
	if aspect != "" && step != "" {
		f.Aspect, f.Step = aspect, step
	}
	return f
}

func oneOf(value string, known ...string) string {
	if slices.Contains(known, value) {
		return value
	}
	return ""
}

// pairs writes the filter as it stands in an address, without the page.
func (f Filter) pairs() []string {
	level, sort := "", ""
	if f.Level > 0 {
		level = strconv.Itoa(f.Level)
	}
	if f.ByLevel {
		sort = "niva"
	}
	return []string{
		"q", f.Text, "forvaltning", f.Unit, "lage", f.Standing, "niva", level, "aspekt", f.Aspect, "steg", f.Step,
		"krav", f.Requirements, "agare", f.Owner, "fraga", f.Ask, "sortera", sort,
	}
}

func (f Filter) href() string { return address("/system", f.pairs()...) }

func (p *Pages) list(c *web.Context) error {
	l, err := p.Overview.List(c.Context(), c.Actor, readFilter(c))
	if err != nil {
		return err
	}
	f := l.Filter
	byName, byNeed := f, f
	byName.ByLevel, byNeed.ByLevel = false, true
	d := listPage{
		Page: web.Page{Title: c.L.T("overview.systems"), Active: MenuSystems},
		Lead: c.L.T("overview.systems-lead", "Count", l.Total), Text: f.Text, Filters: listFilters(c, &l), Kept: kept(f),
		Headings: headings(c), Chips: chips(c, &l), Clear: Filter{ByLevel: f.ByLevel}.href(), Views: savedViews(c, f, l.Views),
		ByLevel: f.ByLevel, ByName: byName.href(), ByNeed: byNeed.href(), Actions: p.listActions(c),
		Shown:   c.L.T("overview.systems-shown", "Matching", l.Matching, "Total", l.Total),
		Caption: c.L.T("overview.systems-caption"),
		Paging:  web.Paging{Page: f.Page, Size: PageSize, Total: l.Matching, Path: "/system", Query: query(f.pairs())},
	}
	here := f
	here.Page = 0
	d.Own, d.Here = l.Views, here.href()
	d.CanSave = may(c, "overview.SaveView") && (here.Narrowed() || here.ByLevel) && !slices.ContainsFunc(l.Views, func(v View) bool { return v.Address == d.Here })
	if l.Matching > 0 && may(c, "overview.ExportList") {
		d.Files = listFiles(c, exportListPath, here.pairs()...)
	}
	if l.Matching > 0 {
		d.Shown += countedText(c, &l)
	}
	for i := range l.Rows {
		r := row(c, &l.Rows[i], l.Today)
		r.ID, r.May = l.Rows[i].ID.String(), access.AllowedAt(c.Actor, "system.Bulk", l.Rows[i].UnitID)
		d.Rows, d.Bulk = append(d.Rows, r), d.Bulk || r.May
	}
	if d.Bulk {
		d.bulk(c, &l)
	}
	if len(d.Rows) == 0 {
		d.Nothing = p.nothing(c, &l)
	}
	return c.Render(templates, "list.html", d)
}

// listFiles leads to a list as a file, with exactly what it shows.
func listFiles(c *web.Context, path string, shown ...string) []web.Link {
	var out []web.Link
	for _, file := range []struct{ format, key, secrecy string }{
		{"xlsx", "overview.export-xlsx", ""}, {"csv", "overview.export-csv", ""}, {"ods", "overview.export-ods", ""}, {"xlsx", "overview.export-marked", "1"},
	} {
		out = append(out, web.Link{Label: c.L.T(file.key), Href: address(path, append(shown[:len(shown):len(shown)], "format", file.format, "sekretess", file.secrecy)...), Icon: "dl"})
	}
	return out
}

// bulk fills in what many systems can be changed to at once, and where to come back to.
func (d *listPage) bulk(c *web.Context, l *List) {
	pairs := []string{"", c.L.T("overview.no-unit")}
	reach := access.ReachOf(c.Actor, "system.Bulk")
	if !reach.All {
		pairs = nil
	}
	for _, u := range organisation.Within(l.Units, reach) {
		pairs = append(pairs, u.ID.String(), u.Name)
	}
	d.Units = options("", pairs...)
	d.Back = address("/system", append(l.Filter.pairs(), "sida", strconv.Itoa(max(l.Filter.Page, 1)))...)
}

// countedText sums what the filter asks about, so that a number on another page is found again here.
func countedText(c *web.Context, l *List) string {
	key := "overview.counted-" + l.Filter.Requirements
	if l.Filter.Ask != "" {
		key = "overview.counted-" + l.Filter.Ask
	}
	if !c.L.Has(key) {
		return ""
	}
	return c.L.T(key, "Count", l.Counted)
}

func query(pairs []string) map[string][]string {
	out := map[string][]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = []string{pairs[i+1]}
		}
	}
	return out
}

func row(c *web.Context, s *Sum, today civil.Date) listRow {
	r := listRow{
		Name: s.Name, Href: systemPath(s.Slug), Unit: s.Unit, Cells: cells(c, s), Mark: markTag(c, s.Standing),
		Login: s.LoginNote, Owner: s.OwnerRole, Until: s.ValidUntil, NotMet: s.Tally.NotMet, Unknown: s.Tally.Unknown(),
		Total: s.Tally.Total(), Stopped: s.Standing == Stopped,
	}
	if s.Owner != "" && s.OwnerLeft {
		r.Person = c.L.T("overview.has-left", "Name", s.Owner)
	} else {
		r.Person = s.Owner
	}
	if s.Standing == Classified && s.ends(today) {
		r.Left = c.L.T("overview.days-left", "Count", days(today, s.ValidUntil))
	}
	return r
}

// days counts from one day to a later one.
func days(from, to civil.Date) int { return int(to.Time().Sub(from.Time()).Hours() / 24) }

func (p *Pages) listActions(c *web.Context) []web.Link {
	var out []web.Link
	if p.Export != "" && may(c, "report.Write") {
		out = append(out, web.Link{Label: c.L.T("overview.export"), Href: p.Export, Icon: "dl"})
	}
	if may(c, "register.Import") {
		out = append(out, web.Link{Label: c.L.T("overview.import"), Href: importPath, Icon: "up"})
	}
	if may(c, "system.Create") {
		out = append(out, web.Link{Label: c.L.T("overview.new-system"), Href: newPath, Icon: "plus", Primary: true})
	}
	return out
}

// nothing says why the list is empty and what to do: nothing is registered yet, or the filter leaves nothing.
func (p *Pages) nothing(c *web.Context, l *List) web.Empty {
	if l.Total == 0 {
		return p.emptyRegister(c)
	}
	return web.Empty{
		Title: c.L.T("overview.no-match"), Text: c.L.T("overview.no-match-text", "Count", l.Total),
		Actions: []web.Link{{Label: c.L.T("overview.clear-filters"), Href: "/system", Primary: true}},
	}
}

// emptyRegister is what an organisation without systems sees.
func (p *Pages) emptyRegister(c *web.Context) web.Empty {
	e := web.Empty{Title: c.L.T("overview.empty"), Text: c.L.T("overview.empty-text")}
	if may(c, "register.Import") {
		e.Actions = append(e.Actions, web.Link{Label: c.L.T("overview.import"), Href: importPath, Icon: "up", Primary: true})
	}
	if may(c, "system.Create") {
		e.Actions = append(e.Actions, web.Link{Label: c.L.T("overview.new-system"), Href: newPath, Icon: "plus"})
	}
	return e
}

func listFilters(c *web.Context, l *List) []selectField {
	t := c.L.T
	units := []string{"", t("overview.all")}
	for _, u := range l.Units {
		units = append(units, u.ID.String(), u.Name)
	}
	units = append(units, Missing, t("overview.no-unit"))
	standings := []string{"", t("overview.all")}
	for _, s := range Standings {
		standings = append(standings, string(s), t("overview.standing-"+string(s)))
	}
	standings = append(standings, Expiring, t("overview.standing-"+Expiring))
	levels := []string{"", t("overview.all")}
	for n := 1; n <= 4; n++ {
		levels = append(levels, strconv.Itoa(n), t("overview.level-least", "Level", n))
	}
	requirements := []string{"", t("overview.all")}
	for _, w := range []string{WithNotMet, WithPartly, WithUnknown, WithMet, WithNotApplicable} {
		requirements = append(requirements, w, t("overview.with-"+w))
	}
	level := ""
	if l.Filter.Level > 0 {
		level = strconv.Itoa(l.Filter.Level)
	}
	return []selectField{
		{"forvaltning", t("overview.unit"), options(l.Filter.Unit, units...)},
		{"lage", t("overview.standing"), options(l.Filter.Standing, standings...)},
		{"niva", t("overview.need"), options(level, levels...)},
		{"krav", t("overview.requirements"), options(l.Filter.Requirements, requirements...)},
	}
}

// kept are the filters that a new search keeps although the form has no field for them.
func kept(f Filter) []option {
	var out []option
	pairs := f.pairs()
	for i := 0; i+1 < len(pairs); i += 2 {
		switch pairs[i] {
		case "agare", "aspekt", "steg", "fraga", "sortera":
			if pairs[i+1] != "" {
				out = append(out, option{Value: pairs[i+1], Label: pairs[i]})
			}
		}
	}
	return out
}

func chips(c *web.Context, l *List) []chip {
	var out []chip
	f := l.Filter
	add := func(set bool, label string, without func(*Filter)) {
		if !set {
			return
		}
		g := f
		g.Page = 0
		without(&g)
		out = append(out, chip{label, g.href()})
	}
	unit := c.L.T("overview.no-unit")
	for _, u := range l.Units {
		if u.ID.String() == f.Unit {
			unit = u.Name
		}
	}
	add(f.Text != "", c.L.T("overview.chip-text", "Text", f.Text), func(g *Filter) { g.Text = "" })
	add(f.Unit != "", unit, func(g *Filter) { g.Unit = "" })
	add(f.Standing != "", c.L.T("overview.standing-"+f.Standing), func(g *Filter) { g.Standing = "" })
	add(f.Level > 0, c.L.T("overview.level-least", "Level", f.Level), func(g *Filter) { g.Level = 0 })
	if f.Aspect != "" {
		label := c.L.T("overview.chip-step", "Aspect", c.L.T("overview.short-"+f.Aspect), "Step", c.L.T("overview.step-"+f.Step))
		add(true, label, func(g *Filter) { g.Aspect, g.Step = "", "" })
	}
	add(f.Requirements != "", c.L.T("overview.with-"+f.Requirements), func(g *Filter) { g.Requirements = "" })
	add(f.Owner != "", c.L.T("overview.chip-ownerless"), func(g *Filter) { g.Owner = "" })
	add(f.Ask != "", c.L.T("overview.ask-"+f.Ask), func(g *Filter) { g.Ask = "" })
	return out
}

// savedViews are the lists that are asked for most.
func savedViews(c *web.Context, f Filter, own []View) web.Tabs {
	f.Page = 0
	at := f.href() // with the order, which a saved view keeps
	f.ByLevel = false
	tabs := web.Tabs{Label: c.L.T("overview.views")}
	for _, v := range []struct {
		key    string
		filter Filter
	}{
		{"overview.view-all", Filter{}},
		{"overview.view-high", Filter{Level: 3}},
		{"overview.view-draft", Filter{Standing: string(Draft)}},
		{"overview.view-ends", Filter{Standing: Expiring}},
		{"overview.view-ownerless", Filter{Owner: Missing}},
		{"overview.view-notmet", Filter{Requirements: WithNotMet}},
	} {
		tabs.Items = append(tabs.Items, web.Tab{Label: c.L.T(v.key), Href: v.filter.href(), Current: v.filter == f})
	}
	for _, v := range own {
		tabs.Items = append(tabs.Items, web.Tab{Label: v.Name, Href: v.Address, Current: v.Address == at})
	}
	return tabs
}
