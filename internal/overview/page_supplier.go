// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/url"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

type suppliersPage struct {
	web.Page
	Lead     string
	Actions  []web.Link
	Exports  []web.Link
	Views    web.Tabs
	Text     string
	Kept     []web.Hidden
	Shown    string
	Narrowed bool
	Rows     []supplierLine
	Paging   web.Paging
	Empty    web.Empty
}

type supplierLine struct {
	Name, Href, Country string
	Tags                []web.Tag
	Systems             int
	Availability        web.LevelBox
	Next                string
	NextTag             web.Tag
	Bare                int
}

func (f SupplierFilter) href() string {
	return address(supplier.Place, "q", f.Text, "datum", f.Near, "utan-avtal", f.Bare, "tredjeland", f.Transfer)
}

func supplierFilterOf(c *web.Context) SupplierFilter {
	set := func(name string) string {
		if c.Query(name) == yes {
			return yes
		}
		return ""
	}
	return SupplierFilter{Text: c.Query("q"), Near: set("datum"), Bare: set("utan-avtal"), Transfer: set("tredjeland"), Page: pageNumber(c)}
}

func (p *Pages) suppliers(c *web.Context) error {
	l, err := p.Overview.Suppliers(c.Context(), c.Actor, supplierFilterOf(c))
	if err != nil {
		return err
	}
	f := l.Filter
	pairs := []string{"q", f.Text, "datum", f.Near, "utan-avtal", f.Bare, "tredjeland", f.Transfer}
	d := suppliersPage{
		Page:  web.Page{Title: c.L.T("overview.suppliers"), Active: supplier.Menu},
		Lead:  c.L.T("overview.suppliers-lead", "Total", l.Total, "Near", l.Near),
		Views: supplierViews(c, &l), Text: f.Text, Shown: c.L.T("overview.suppliers-shown", "Matching", l.Matching, "Total", l.Total),
		Narrowed: f.href() != supplier.Place,
		Paging:   web.Paging{Page: f.Page, Size: PageSize, Total: l.Matching, Path: supplier.Place, Query: query(pairs)},
		Empty:    web.Empty{Title: c.L.T("overview.no-suppliers"), Text: c.L.T("overview.no-suppliers-text")},
	}
	if may(c, "supplier.Create") {
		d.Actions = []web.Link{{Label: c.L.T("overview.new-supplier"), Href: supplier.Place + "/ny", Icon: "plus", Primary: true}}
	}
	if may(c, "report.Suppliers") {
		d.Exports = p.exportLinks(c, "/rapporter/leverantorer")
	}
	d.Empty.Actions = d.Actions
	if l.Total > 0 {
		d.Empty = web.Empty{Title: c.L.T("overview.no-match"), Text: c.L.T("overview.no-supplier-match"), Actions: []web.Link{{Label: c.L.T("overview.clear-filters"), Href: supplier.Place}}}
	}
	for i := 2; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			d.Kept = append(d.Kept, web.Hidden{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	for i := range l.Rows {
		d.Rows = append(d.Rows, supplierRow(c, &l, &l.Rows[i]))
	}
	return c.Render(templates, "suppliers.html", d)
}

// exportLinks lead to a report in every format that people open.
func (p *Pages) exportLinks(c *web.Context, path string) []web.Link {
	var out []web.Link
	for _, format := range []string{"xlsx", "docx", "pdf", "csv", "html"} {
		if format == "pdf" && !p.PDF {
			continue
		}
		out = append(out, web.Link{Label: c.L.T("overview.file-" + format), Href: path + "?format=" + format + "&lang=" + c.L.Lang, Icon: "dl"})
	}
	return out
}

func supplierViews(c *web.Context, l *SupplierList) web.Tabs {
	now := l.Filter
	now.Page = 0
	out := web.Tabs{Label: c.L.T("overview.views")}
	for _, v := range []struct {
		key    string
		filter SupplierFilter
		count  int
	}{
		{"overview.suppliers-all", SupplierFilter{}, l.Total},
		{"overview.suppliers-near", SupplierFilter{Near: yes}, l.Near},
		{"overview.suppliers-bare", SupplierFilter{Bare: yes}, l.Bare},
		{"overview.suppliers-transfer", SupplierFilter{Transfer: yes}, l.Transfer},
	} {
		out.Items = append(out.Items, web.Tab{Label: c.L.T(v.key), Href: v.filter.href(), Count: v.count, Current: v.filter == now})
	}
	return out
}

func supplierRow(c *web.Context, l *SupplierList, r *SupplierRow) supplierLine {
	out := supplierLine{
		Name: r.Name, Href: r.Path(), Country: r.Country, Systems: r.Systems, Availability: box(c, r.Availability), Tags: supplierTags(c, &r.Supplier, l.Today), Bare: r.Bare,
	}
	if len(r.Reminders) > 0 {
		p := &r.Reminders[0]
		out.Next, out.NextTag = p.Name, paperTag(c, p, p.Standing(l.Today))
	}
	return out
}

func supplierTags(c *web.Context, s *supplier.Supplier, today civil.Date) []web.Tag {
	if s.Transfer != "yes" {
		return nil
	}
	out := []web.Tag{{Kind: "warn", Icon: "out", Word: c.L.T("overview.outside-eu")}}
	if s.Assessed(supplier.Transfer, today, supplier.Covered{}) == nil {
		out = append(out, web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("overview.unassessed")})
	}
	return out
}

// paperTag says how a paper stands in time.
func paperTag(c *web.Context, p *supplier.Paper, standing string) web.Tag {
	day := p.EndsOn
	if standing == supplier.Notice {
		day = p.Decide()
	}
	word := c.L.T("overview.paper-"+standing, "Day", c.L.Date(day))
	switch standing {
	case supplier.Ended:
		return web.Bad(word)
	case supplier.Ending, supplier.Notice:
		return web.Warn(word)
	case supplier.Open:
		return web.Tag{Word: word}
	default:
		return web.OK(word)
	}
}

type paperRow struct {
	Name, Href, Number, Reference, Issuer, From, Until, NoticeBy, Value, Note string
	Covers                                                                    []string
	Tag                                                                       web.Tag
	// Outcome is what an assessment has come to; it has no word when the paper is none.
	Outcome web.Tag
}

type paperSection struct {
	ID, Title, None, Add, AddLabel string
	// Law is the rule that assessments are made by.
	Law, LawHref string
	Rows         []paperRow
}

type deliveryRow struct {
	Name, Href, Unit, Users string
	Level                   web.LevelBox
	Information             []string
	Agreed                  web.Tag
}

type subRow struct{ Name, Country, Task, Href string }

type supplierPage struct {
	web.Page
	Tags      []web.Tag
	Actions   []web.Link
	Reminders []web.Tag
	Names     []string
	// Differs tells that it has changed answers to others, and DiffersAt is where.
	Differs, DiffersAt string
	Sum                string
	Deliveries         []deliveryRow
	Papers             []paperSection
	Subs               []subRow
	AddSub             string
	Facts              []fact
	Linked             []web.Link
	Merge              string
	Note               string
}

func (p *Pages) supplier(c *web.Context) error {
	v, err := p.Overview.Supplier(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	d := supplierPage{
		Page: web.Page{Title: v.Name, Active: supplier.Menu, Crumbs: []web.Crumb{{Label: c.L.T("overview.suppliers"), Href: supplier.Place}, {Label: v.Name}}},
		Tags: supplierTags(c, &v.Supplier, v.Today), Deliveries: deliveryRows(c, &v), Papers: p.paperSections(c, &v), Facts: supplierFacts(c, &v.Supplier), Note: v.Note,
		Sum: supplierSum(c, &v),
	}
	if v.Differs > 0 {
		d.Differs, d.DiffersAt = c.L.T("overview.supplier-differs", "Count", v.Differs), procurement.DifferencesPath(v.ID)
	}
	for _, r := range v.Reminders(v.Today) {
		d.Reminders = append(d.Reminders, paperTag(c, &r, r.Standing(v.Today)))
		d.Names = append(d.Names, r.Name)
	}
	for i := range v.SubProcessors {
		x := &v.SubProcessors[i]
		row := subRow{Name: x.Name, Country: x.Country, Task: x.Task}
		if may(c, "supplier.SaveSubProcessor") {
			row.Href = v.Path() + "/underbitrade/" + x.ID.String()
		}
		d.Subs = append(d.Subs, row)
	}
	for i := range v.Processings {
		if e := &v.Processings[i]; access.AllowedAt(c.Actor, "processing.Open", e.UnitID) {
			d.Linked = append(d.Linked, web.Link{Label: e.Name, Href: e.Path()})
		}
	}
	if may(c, "incident.Affected") {
		d.Actions = append(d.Actions, web.Link{Label: c.L.T("overview.affected"), Href: v.Path() + "/berorda", Icon: "warn"})
	}
	if may(c, "overview.SupplierHistory") {
		d.Actions = append(d.Actions, web.Link{Label: c.L.T("overview.history"), Href: v.Path() + "/historik", Icon: "clock"})
	}
	if may(c, "supplier.Update") {
		d.Actions = append(d.Actions, web.Link{Label: c.L.T("overview.edit"), Href: v.Path() + "/andra", Icon: "edit"})
	}
	if may(c, "supplier.Merge") {
		d.Merge = v.Path() + "/sla-ihop"
	}
	if may(c, "supplier.SaveSubProcessor") {
		d.AddSub = v.Path() + "/underbitrade/nytt"
	}
	return c.Render(templates, "supplier.html", d)
}

// supplierSum says in a sentence what would stop.
func supplierSum(c *web.Context, v *SupplierView) string {
	units := map[string]bool{}
	infos := map[string]bool{}
	for i := range v.Deliveries {
		s := &v.Deliveries[i].System
		if s.Unit != "" {
			units[s.Unit] = true
		}
		for n := range s.Information {
			infos[s.Information[n].Name] = true
		}
	}
	return c.L.T("overview.would-stop-sum", "Systems", len(v.Deliveries), "Units", len(units), "Information", len(infos))
}

func deliveryRows(c *web.Context, v *SupplierView) []deliveryRow {
	var out []deliveryRow
	for i := range v.Deliveries {
		x := &v.Deliveries[i]
		r := deliveryRow{Name: x.System.Name, Unit: x.System.Unit, Level: box(c, x.Availability)}
		if may(c, "overview.System") {
			r.Href = systemPath(x.System.Slug)
		}
		if x.System.Users != nil {
			r.Users = c.L.Number(*x.System.Users)
		}
		for n := range x.System.Information {
			r.Information = append(r.Information, x.System.Information[n].Name)
		}
		r.Agreed = web.OK(c.L.T("overview.agreed"))
		if !x.Agreed {
			r.Agreed = web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("overview.not-agreed")}
		}
		out = append(out, r)
	}
	return out
}

func (p *Pages) paperSections(c *web.Context, v *SupplierView) []paperSection {
	out := make([]paperSection, len(supplier.Kinds))
	for i, kind := range supplier.Kinds {
		s := paperSection{ID: kind, Title: c.L.T("overview.papers-" + kind), None: c.L.T("overview.no-papers-" + kind)}
		s.Law, s.LawHref = lawOf(c, p.Overview.catalogue(), kind)
		if may(c, "supplier.SavePaper") {
			s.Add, s.AddLabel = v.Path()+"/lagg-till/"+supplier.PaperNames[kind], c.L.T("overview.add-"+kind)
		}
		for n := range v.Papers {
			if x := &v.Papers[n]; x.Kind == kind {
				s.Rows = append(s.Rows, paperLine(c, v, x))
			}
		}
		out[i] = s
	}
	return out
}

func paperLine(c *web.Context, v *SupplierView, x *supplier.Paper) paperRow {
	r := paperRow{
		Name: x.Name, Number: x.Number, Reference: x.Reference, Issuer: x.Issuer, Note: x.Note, Tag: paperTag(c, x, x.Standing(v.Today)),
	}
	if x.Assesses() {
		r.Outcome = outcomeOf(c, x)
	}
	if may(c, "supplier.SavePaper") {
		r.Href = v.Path() + "/handling/" + x.ID.String()
	}
	if !x.StartsOn.IsZero() {
		r.From = c.L.Date(x.StartsOn)
	}
	if !x.EndsOn.IsZero() {
		r.Until = c.L.Date(x.EndsOn)
	}
	if x.NoticeMonths != nil && !x.EndsOn.IsZero() {
		r.NoticeBy = c.L.T("overview.notice", "Months", *x.NoticeMonths, "Day", c.L.Date(x.Decide()))
	}
	if x.Value != nil {
		r.Value = c.L.T("overview.kronor", "Value", *x.Value)
	}
	beyond := 0
	for _, o := range x.Covers {
		if named, ok := v.Names[o]; ok {
			r.Covers = append(r.Covers, named.Name)
		} else {
			beyond++
		}
	}
	if beyond > 0 {
		r.Covers = append(r.Covers, c.L.T("overview.covers-more", "Count", beyond))
	}
	if len(x.Covers) == 0 && x.Kind != supplier.Certificate {
		r.Covers = []string{c.L.T("overview.covers-all")}
	}
	return r
}

// outcomeOf says what an assessment has come to.
func outcomeOf(c *web.Context, x *supplier.Paper) web.Tag {
	word := c.L.T("overview.assessed-" + x.Kind + "-" + x.Outcome)
	switch x.Outcome {
	case "yes":
		return web.OK(word)
	case supplier.Conditions:
		return web.Warn(word)
	case "no":
		return web.Bad(word)
	}
	return web.Tag{Icon: "q", Word: word}
}

// lawOf names the rule that an assessment is made by, and says so when nobody has checked its text.
func lawOf(c *web.Context, known *catalogue.Catalogue, kind string) (string, string) {
	law, ok := known.Law(supplier.Laws[kind])
	if !ok {
		return "", ""
	}
	text := law.Name.In(lang(c)) + " " + law.Sections
	if !law.Verified {
		text += " (" + c.L.T("overview.unverified") + ")"
	}
	return text, "/regler/" + url.PathEscape(law.ID)
}

func supplierFacts(c *web.Context, s *supplier.Supplier) []fact {
	out := []fact{
		{Label: c.L.T("overview.supplier-number"), Value: s.Number},
		{Label: c.L.T("overview.supplier-contact"), Value: s.Contact},
		{Label: c.L.T("overview.supplier-incident"), Value: s.IncidentContact},
		{Label: c.L.T("overview.supplier-country"), Value: s.Country},
		{Label: c.L.T("overview.supplier-transfer"), Detail: s.TransferNote},
	}
	if s.Transfer != supplier.Unknown {
		out[len(out)-1].Value = c.L.T("overview.answer-" + s.Transfer)
	}
	for i := range out {
		out[i].Unknown = out[i].Value == ""
	}
	return out
}

func (p *Pages) supplierHistory(c *web.Context) error {
	h, err := p.Overview.SupplierHistory(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	return p.pastPage(c, &h, supplier.Menu, web.Crumb{Label: c.L.T("overview.suppliers"), Href: supplier.Place})
}

// systemSupplierPage is the facet of a system that tells of its supplier.
type systemSupplierPage struct {
	web.Page
	Head     web.SystemHead
	Supplier string
	Href     string
	Choose   string
	Papers   []paperSection
	Subs     []subRow
	Facts    []fact
	Own      []fact
}

func (p *Pages) systemSupplier(c *web.Context) error {
	o, err := p.Overview.SystemSupplier(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	sys := &o.View.System
	d := systemSupplierPage{Page: p.systemBase(c, &o.View), Head: p.head(c, &o.One, web.TabSupplier), Choose: settle(c, sys, "leverantor")}
	d.Title = c.L.T("overview.supplier-of", "Name", sys.Name)
	d.Own = []fact{
		day(c, sys, "overview.fact-contract-end", "avtal-slut", sys.ContractEnd),
		say(c, sys, "overview.fact-contract-note", "avtal-kommentar", sys.ContractNote),
		detail(word(c, sys, "overview.fact-processor", "bitradesavtal", "overview.answer-"+sys.ProcessorAgreement, sys.ProcessorAgreement), dated(c, sys.ProcessorAgreementOn)),
		say(c, sys, "overview.fact-sub-processors", "underbitraden", sys.SubProcessors),
	}
	if o.Supplier != nil {
		d.Supplier, d.Href = o.Supplier.Name, o.Supplier.Path()
		if !may(c, "overview.Supplier") {
			d.Href = ""
		}
		d.Papers, d.Facts = p.paperSections(c, o.Supplier), supplierFacts(c, &o.Supplier.Supplier)
		for i := range o.Supplier.SubProcessors {
			x := &o.Supplier.SubProcessors[i]
			d.Subs = append(d.Subs, subRow{Name: x.Name, Country: x.Country, Task: x.Task})
		}
	}
	return c.Render(templates, "system_supplier.html", d)
}

// processingsOf are the entries of the record that a page leads to, and where one more is made.
func (p *Pages) processingsOf(c *web.Context, filter processing.Filter, add string) (*processingsPart, error) {
	if p.Processings == nil || !may(c, "processing.List") {
		return nil, nil
	}
	l, err := p.Processings.List(c.Context(), c.Actor, filter)
	if err != nil {
		return nil, err
	}
	out := &processingsPart{All: address(processing.Place, "system", filter.System, "information", filter.Information), Total: l.Matching}
	for i := range l.Rows {
		e := &l.Rows[i]
		row := processingRow{Name: e.Name, Href: e.Path(), Unit: e.Unit, Tag: web.OK(c.L.T("overview.record-whole"))}
		if len(e.Gaps) > 0 {
			row.Tag = web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("overview.record-lacks", "Count", len(e.Gaps))}
		}
		out.Rows = append(out.Rows, row)
	}
	if may(c, "processing.Create") {
		out.Add = processing.Place + "/ny?" + add
	}
	return out, nil
}

type processingsPart struct {
	Rows     []processingRow
	Add, All string
	Total    int
}

type processingRow struct {
	Name, Href, Unit string
	Tag              web.Tag
}
