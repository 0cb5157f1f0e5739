// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// groupNames are the groups as they stand in the address.
var groupNames = map[Group]string{Late: "forsenade", Week: "veckan", Later: "senare", Undated: "utan-datum", Closed: "klara"}

// statusNames are the statuses as they stand in the address.
var statusNames = map[Status]string{New: "ny", Planned: "planerad", Ongoing: "pagar", Done: "klar"}

// listPage is the plan of the whole organisation.
type listPage struct {
	web.Page
	Views, Tabs         web.Tabs
	Status, Owner, Unit web.Field
	Narrowed            bool
	// Group keeps the chosen tab when the form is sent.
	Group   string
	Groups  []actionGroup
	Paging  web.Paging
	Systems []systemRow
	// From, To and Total are the systems shown; Before and After lead to the others.
	From, To, Total int
	Before, After   string
	Exports         []web.Link
	Empty           web.Empty
}

// actionGroup is the actions of a page that belong to one group.
type actionGroup struct {
	Title string
	Total int
	Late  bool
	Rows  []actionRow
}

// actionRow is one action as the page shows it.
type actionRow struct {
	Text, Requirement, Slug, System, Unit, Owner, Due string
	Late                                              bool
	Progress                                          web.Tag
}

// systemRow is one system and what nobody has taken on of it.
type systemRow struct {
	Slug, Name, Unit       string
	Stop                   bool
	NotMet, Unknown, Taken int
	Levels                 web.KRTS
	// Mark says that the levels are a draft or a suggestion.
	Mark string
}

func (p *Pages) list(c *web.Context) error {
	if c.Query("visa") == asBoard {
		return p.board(c)
	}
	list, err := p.Service.List(c.Context(), c.Actor, filterOf(c))
	if err != nil {
		return err
	}
	f := list.Filter
	q := f.query()
	out := listPage{
		Page:   web.Page{Title: c.L.T("action.page-title"), Active: "action"},
		Views:  views(c.L, f, false),
		Tabs:   groupTabs(c.L, &list),
		Status: statusField(c.L, f.Status), Owner: ownerField(c.L, &list), Unit: unitField(c.L, &list),
		Narrowed: f.Narrowed(), Group: groupNames[f.Group], Groups: p.groups(c.L, &list),
		Paging: web.Paging{Page: f.Page, Size: PageSize, Total: list.Total, Path: "/atgarder", Query: q},
		Empty:  *emptyList(c.L, f.Narrowed(), "/atgarder"),
	}
	out.turn(f, list.SystemTotal)
	for i := range list.Systems {
		g := &list.Systems[i]
		out.Systems = append(out.Systems, systemRow{
			Slug: g.System.Slug, Name: g.System.Name, Unit: g.System.Unit, Stop: g.Need.Stop, NotMet: g.NotMet, Unknown: g.Unknown,
			Taken: g.Taken, Levels: requirement.PageLevels(c.L, &g.Need), Mark: requirement.PageMark(c.L, &g.View),
		})
	}
	if access.Allowed(c.Actor, "report.Write") {
		out.Exports = p.exports(c.L, "")
	}
	return c.Render(pages, "list.html", out)
}

// turn makes the links between the pages of systems.
func (p *listPage) turn(f Filter, total int) {
	paging := web.Paging{Page: f.SystemPage, Size: SystemPageSize, Total: total}
	p.From, p.To, p.Total = paging.From(), paging.To(), total
	link := func(page int) string {
		if page == 0 {
			return ""
		}
		q := f.query()
		q.Set("systemen", strconv.Itoa(page))
		return address(q) + "#open"
	}
	p.Before, p.After = link(paging.Before()), link(paging.After())
}

// filterOf reads the filter from the address. What is not understood narrows nothing.
func filterOf(c *web.Context) Filter {
	f := Filter{Owner: c.Query("ansvarig"), Unit: c.Query("forvaltning")}
	for g, name := range groupNames {
		if c.Query("nar") == name {
			f.Group = g
		}
	}
	for s, name := range statusNames {
		if c.Query("status") == name {
			f.Status = s
		}
	}
	f.Page, _ = strconv.Atoi(c.Query("sida"))           // what is no number is the first page
	f.SystemPage, _ = strconv.Atoi(c.Query("systemen")) // as above
	return f
}

// query is the filter as it stands in the address, without its pages.
func (f Filter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"nar": groupNames[f.Group], "status": statusNames[f.Status], "ansvarig": f.Owner, "forvaltning": f.Unit,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func address(q url.Values) string {
	if len(q) == 0 {
		return "/atgarder"
	}
	return "/atgarder?" + q.Encode()
}

// groupTabs are the groups with how many actions each has under the rest of the filter.
func groupTabs(l *locale.Localizer, list *Listing) web.Tabs {
	f := list.Filter
	out := web.Tabs{Label: l.T("action.page-groups")}
	total := 0
	for _, g := range Groups {
		f.Group = g
		out.Items = append(out.Items, web.Tab{
			Label: l.T("action.group-" + string(g)), Href: address(f.query()), Count: list.Counts[g], Current: list.Filter.Group == g,
		})
		total += list.Counts[g]
	}
	f.Group = ""
	all := web.Tab{Label: l.T("action.page-part-all"), Href: address(f.query()), Count: total, Current: list.Filter.Group == ""}
	out.Items = append([]web.Tab{all}, out.Items...)
	return out
}

func statusField(l *locale.Localizer, current Status) web.Field {
	f := web.Field{Name: "status", Value: statusNames[current], Options: []web.Option{{Label: l.T("action.page-any-status")}}}
	for _, s := range Statuses {
		f.Options = append(f.Options, web.Option{Value: statusNames[s], Label: l.T("action.status-" + string(s))})
	}
	return f
}

func ownerField(l *locale.Localizer, list *Listing) web.Field {
	f := web.Field{Name: "ansvarig", Value: list.Filter.Owner, Options: []web.Option{
		{Label: l.T("action.page-any-owner")}, {Value: Nobody, Label: l.T("action.page-nobody")},
	}}
	for _, o := range list.Owners {
		f.Options = append(f.Options, web.Option{Value: o, Label: requirement.PageRole(l, o)})
	}
	for i := range list.People {
		f.Options = append(f.Options, web.Option{Value: PersonPrefix + list.People[i].ID.String(), Label: list.People[i].Name})
	}
	return f
}

func unitField(l *locale.Localizer, list *Listing) web.Field {
	f := web.Field{Name: "forvaltning", Value: list.Filter.Unit, Options: []web.Option{{Label: l.T("action.page-any-unit")}}}
	for _, u := range list.Units {
		f.Options = append(f.Options, web.Option{Value: u.ID.String(), Label: u.Name})
	}
	return f
}

// groups puts the actions of a page under their groups.
func (p *Pages) groups(l *locale.Localizer, list *Listing) []actionGroup {
	var out []actionGroup
	last := Group("")
	for i := range list.Rows {
		a := &list.Rows[i]
		g := a.Group(list.Today)
		if g != last {
			out = append(out, actionGroup{Title: l.T("action.group-" + string(g)), Total: list.Counts[g], Late: g == Late})
			last = g
		}
		at := &out[len(out)-1]
		at.Rows = append(at.Rows, p.row(l, a, list))
	}
	return out
}

func (p *Pages) row(l *locale.Localizer, a *Listed, list *Listing) actionRow {
	row := actionRow{
		Text: p.text(l, a.Requirement, list), Requirement: a.Requirement, Slug: a.Slug, System: a.Name, Unit: a.Unit,
		Owner: doer(l, a.OwnerRole, &a.Action), Late: a.Group(list.Today) == Late, Progress: progress(l, a.Status),
	}
	if !a.DueOn.IsZero() {
		row.Due = l.Date(a.DueOn)
	}
	return row
}

// text gives what the requirement of an action says. One that a later catalogue has dropped is shown by its id.
func (p *Pages) text(l *locale.Localizer, id string, list *Listing) string {
	r, ok := p.Service.Requirements.Engine.Catalogue.Requirement(id)
	if text := list.Own[id]; !ok && text != "" {
		return text
	}
	if !ok {
		return id
	}
	applied := requirement.Applied{Requirement: r, Figures: list.Figures[id]}
	return applied.Is(catalogue.Lang(l.Lang))
}
