// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

type listPage struct {
	web.Page
	Lead     string
	Actions  []web.Link
	Exports  []web.Link
	Views    web.Tabs
	Text     string
	Selects  []web.Field
	Kept     []web.Hidden
	Shown    string
	Narrowed bool
	Rows     []listRow
	Paging   web.Paging
	Empty    web.Empty
	Common   []line
	SetTop   string
}

type listRow struct {
	Name, Href, Unit, Purposes string
	Bases                      []abbreviated
	Tags                       []web.Tag
	Systems, Missing           int
	MissingHref                string
}

// abbreviated is a letter and what it stands for.
type abbreviated struct{ Short, Long string }

func (p *Pages) list(c *web.Context) error {
	l, err := p.Service.List(c.Context(), c.Actor, filterOf(c))
	if err != nil {
		return err
	}
	f := l.Filter
	d := listPage{
		Page:  web.Page{Title: c.L.T("processing.title"), Active: Menu},
		Lead:  c.L.T("processing.lead", "Total", l.Total, "Lacking", l.Lacking),
		Views: views(c, &l), Text: f.Text, Selects: selects(c, &l), Narrowed: f.Narrowed(),
		Shown:  c.L.T("processing.shown", "Matching", l.Matching, "Total", l.Total),
		Paging: web.Paging{Page: f.Page, Size: PageSize, Total: l.Matching, Path: Place, Query: f.query()},
		Empty:  web.Empty{Title: c.L.T("processing.empty"), Text: c.L.T("processing.empty-text")},
	}
	if access.Allowed(c.Actor, "processing.Create") {
		d.Actions = []web.Link{{Label: c.L.T("processing.new"), Href: Place + "/ny", Icon: "plus", Primary: true}}
	}
	if p.Export != "" && access.Allowed(c.Actor, "report.Processings") {
		for _, format := range []string{"xlsx", "docx", "csv", "html"} {
			d.Exports = append(d.Exports, web.Link{Label: c.L.T("processing.export-" + format), Href: p.Export + "?format=" + format + "&lang=" + c.L.Lang, Icon: "dl"})
		}
	}
	if l.Total > 0 {
		d.Empty = web.Empty{Title: c.L.T("processing.no-match"), Text: c.L.T("processing.no-match-text"), Actions: []web.Link{{Label: c.L.T("processing.show-all"), Href: Place}}}
	} else {
		d.Empty.Actions = d.Actions
	}
	for name, v := range map[string]string{"kansliga": f.Special, "tredjeland": f.Transfer, "system": f.System, "information": f.Information} {
		if v != "" {
			d.Kept = append(d.Kept, web.Hidden{Name: name, Value: f.query().Get(name)})
		}
	}
	for i := range l.Rows {
		d.Rows = append(d.Rows, row(c, &l.Rows[i]))
	}
	d.Common = []line{
		{Label: c.L.T("processing.common-contact"), Items: splitLines(l.Common.Contact)}, {Label: c.L.T("processing.common-dpo"), Items: splitLines(l.Common.DPO)},
	}
	if access.Allowed(c.Actor, "processing.SetCommon") {
		d.SetTop = Place + "/gemensamt"
	}
	return c.Render(templates, "list.html", d)
}

func row(c *web.Context, e *Entry) listRow {
	r := listRow{
		Name: e.Name, Href: e.Path(), Unit: e.Unit, Purposes: e.Purposes, Systems: len(e.Systems) + e.Beyond, Missing: len(e.Gaps),
		Tags: tags(c, e)[1:], MissingHref: e.Path() + "#saknas",
	}
	if e.Role == Processor {
		r.Tags = tags(c, e)
		r.Purposes = e.Activities
	}
	for _, b := range e.LegalBasis {
		r.Bases = append(r.Bases, abbreviated{Short: "6.1 " + b, Long: c.L.T("processing.basis-" + b)})
	}
	return r
}

// filterOf reads the filter from the address. What is not understood narrows nothing.
func filterOf(c *web.Context) Filter {
	f := Filter{
		Text: c.Query("q"), Unit: c.Query("forvaltning"), Missing: c.Query("saknas"), Basis: c.Query("grund"),
		System: c.Query("system"), Information: c.Query("information"),
	}
	f.Role = map[string]string{"ansvarig": Controller, "bitrade": Processor}[c.Query("roll")]
	if c.Query("kansliga") == "ja" {
		f.Special = "yes"
	}
	if c.Query("tredjeland") == "ja" {
		f.Transfer = "yes"
	}
	f.Page, _ = strconv.Atoi(c.Query("sida")) // what is no number is the first page
	return f
}

// query is the filter as it stands in the address, without its page.
func (f Filter) query() url.Values {
	q := url.Values{}
	yes := map[string]string{"yes": "ja"}
	for name, value := range map[string]string{
		"q": f.Text, "forvaltning": f.Unit, "saknas": f.Missing, "grund": f.Basis, "system": f.System, "information": f.Information,
		"roll":     map[string]string{Controller: "ansvarig", Processor: "bitrade"}[f.Role],
		"kansliga": yes[f.Special], "tredjeland": yes[f.Transfer],
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (f Filter) href() string {
	if q := f.query(); len(q) > 0 {
		return Place + "?" + q.Encode()
	}
	return Place
}

// views are the lists that are asked for most, with how many entries each has.
func views(c *web.Context, l *Listing) web.Tabs {
	now := l.Filter
	now.Page = 0
	out := web.Tabs{Label: c.L.T("processing.views")}
	for _, v := range []struct {
		key    string
		filter Filter
		count  int
	}{
		{"processing.view-all", Filter{}, l.Total},
		{"processing.view-controller", Filter{Role: Controller}, l.Controller},
		{"processing.view-processor", Filter{Role: Processor}, l.Processor},
		{"processing.view-lacking", Filter{Missing: Anything}, l.Lacking},
		{"processing.view-special", Filter{Special: "yes"}, l.Special},
		{"processing.view-transfer", Filter{Transfer: "yes"}, l.Transfer},
	} {
		out.Items = append(out.Items, web.Tab{Label: c.L.T(v.key), Href: v.filter.href(), Count: v.count, Current: v.filter == now})
	}
	return out
}

// gapKinds are the gaps that the list can be narrowed to.
var gapKinds = []string{
	"purposes", "legal-basis", "legal-support", "special", "subjects", "categories", "recipients", "transfer", "safeguard", "retention", "security",
	"assessment", "systems", "agreement", "unit",
}

func selects(c *web.Context, l *Listing) []web.Field {
	field := func(name, key, value string, pairs ...string) web.Field {
		f := web.Field{Name: name, Label: c.L.T(key), Value: value, Options: []web.Option{{Label: c.L.T("processing.any")}}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Options = append(f.Options, web.Option{Value: pairs[i], Label: pairs[i+1]})
		}
		return f
	}
	var units, bases []string
	for _, u := range l.Units {
		units = append(units, u.ID.String(), u.Name)
	}
	for _, b := range Bases {
		bases = append(bases, b, c.L.T("processing.basis-"+b))
	}
	missing := []string{Anything, c.L.T("processing.missing-any")}
	for _, k := range gapKinds {
		missing = append(missing, k, c.L.T("processing.missing-"+k))
	}
	q := l.Filter.query()
	return []web.Field{
		field("roll", "processing.field-roll", q.Get("roll"), "ansvarig", c.L.T("processing.role-"+Controller), "bitrade", c.L.T("processing.role-"+Processor)),
		field("forvaltning", "processing.field-enhet", l.Filter.Unit, units...),
		field("grund", "processing.filter-basis", l.Filter.Basis, bases...),
		field("saknas", "processing.filter-missing", l.Filter.Missing, missing...),
	}
}

// Summary is an entry as the page of a system or of information shows it.
type Summary struct {
	Name, Href, Unit, Role string
	Missing                int
}

// Summarise makes what other pages show of entries.
func Summarise(l *locale.Localizer, list []Entry) []Summary {
	out := make([]Summary, len(list))
	for i := range list {
		e := &list[i]
		out[i] = Summary{Name: e.Name, Href: e.Path(), Unit: e.Unit, Role: l.T("processing.role-" + e.Role), Missing: len(e.Gaps)}
	}
	return out
}
