// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// The parts of what an import does, as they stand in the address.
const (
	partNew       = "nya"
	partUpdated   = "uppdateras"
	partUnchanged = "oforandrade"
	partSimilar   = "liknar"
	partRejected  = "avvisas"
	partWarnings  = "varningar"
)

// fewRows is how many rows of a part stand on the first page, manyRowsPage how many on a page of the part's own.
const (
	fewRows      = 10
	manyRowsPage = 100
)

// reviewPage tells what an import would do, or what it did.
type reviewPage struct {
	web.Page
	Steps    web.Steps
	ID, File string
	Scale    string
	Counts   []tallied
	Parts    []part
	// Only is the one part that is shown; empty for all.
	Only, Back string
	Paging     web.Paging
	// Changes is how many systems would be written.
	Changes, New, Updated int
	CanImport             bool
	// Done, Undo and UndoneWhen concern an import that was made.
	Done, Undo       bool
	When, UndoneWhen string
	// Begin proposes what to classify first; nil when nothing stands out, or when the reader may not classify.
	Begin *beginning
}

// beginning is what to do after an import.
type beginning struct{ Text, Name, Href string }

// tallied is how many rows a part has.
type tallied struct {
	Label string
	N     int
	Tag   web.Tag
}

// part is a table of some rows.
type part struct {
	ID, Title, Hint string
	Total           int
	Head            []string
	Rows            [][]cell
	// More leads to all of them, when not all are shown.
	More string
}

// cell is one cell of a table: a text, or a line for each thing that changes.
type cell struct {
	Text  string
	Lines []string
}

// review tells what the import of a kept list would do.
func (p *Pages) review(c *web.Context) error {
	id := ids.ID[Upload](c.Path("id"))
	if p.underWay(c, id) {
		return c.Redirect(takingPath(id))
	}
	d, err := p.Service.Kept(c.Context(), c.Actor, id, "")
	if err != nil {
		return gone(unreadable(err))
	}
	if d.Upload.Choice.Columns == nil {
		return c.Redirect("/importera/" + id.String())
	}
	plan, err := p.Service.Preview(c.Context(), c.Actor, d.Upload.Request(c.L.Lang))
	if errors.Is(err, classification.ErrModel) {
		return c.Redirect("/importera/" + id.String())
	}
	if err != nil {
		return unreadable(err)
	}
	out := reviewPage{
		Page:  web.Page{Title: c.L.T("register.page-review"), Active: "import", Layout: web.Focus, Leave: "/importera"},
		Steps: steps(c.L, stepReview, id.String()), ID: id.String(), File: d.Upload.File,
		New: plan.New, Updated: plan.Updated, Changes: plan.New + plan.Updated, CanImport: access.Allowed(c.Actor, "register.Take"),
		Back: "/importera/" + id.String() + "/granska",
	}
	out.name(c.L)
	out.count(c.L, &plan.Result)
	out.Parts = append(noted(c.L, &plan.Result), planned(c.L, plan)...)
	out.narrow(c)
	return c.Render(pages, "review.html", out)
}

func (p *reviewPage) name(l *locale.Localizer) {
	if p.File == "" {
		p.File = l.T("register.page-pasted")
	}
}

// count makes the row of counts.
func (p *reviewPage) count(l *locale.Localizer, r *Result) {
	add := func(key string, n int, tag func(string) web.Tag) {
		p.Counts = append(p.Counts, tallied{Label: l.T("register.page-count-"+key, "Count", n), N: n, Tag: tag("")})
	}
	neutral := func(string) web.Tag { return web.Tag{} }
	add("new", r.New, web.OK)
	add("updated", r.Updated, web.Info)
	add("unchanged", r.Unchanged, neutral)
	add("similar", len(r.Similar), web.Warn)
	add("rejected", len(r.Rejected), web.Bad)
	add("warnings", len(r.Warnings), web.Warn)
}

// planned are the tables of the rows that are imported.
func planned(l *locale.Localizer, plan *Plan) []part {
	row, name := l.T("register.page-col-row"), l.T("register.page-col-name")
	fresh := part{ID: partNew, Head: []string{row, name, l.T("register.page-col-values")}}
	changed := part{ID: partUpdated, Head: []string{row, name, l.T("register.page-col-changes")}}
	same := part{ID: partUnchanged, Head: []string{row, name}}
	for i := range plan.Imported {
		r := &plan.Imported[i]
		first := []cell{rowCell(l, r.Number), {Text: r.Name}}
		switch r.Outcome {
		case New:
			fresh.Rows = append(fresh.Rows, append(first, cell{Lines: newLines(l, r)}))
		case Updated:
			changed.Rows = append(changed.Rows, append(first, cell{Lines: changeLines(l, r)}))
		default:
			same.Rows = append(same.Rows, first)
		}
	}
	return []part{changed, fresh, same}
}

// rowCell is the file's own number of a row. Row numbers are not grouped: that is how they stand in the file.
func rowCell(l *locale.Localizer, row int) cell {
	return cell{Text: l.T("register.page-row", "Row", strconv.Itoa(row))}
}

// newLines tells what a new system gets, all but its name.
func newLines(l *locale.Localizer, r *Row) []string {
	var out []string
	for _, ch := range r.Changes {
		if ch.Field != Name {
			out = append(out, l.T("register.page-value", "Field", fieldName(l, ch.Field), "Value", valueName(l, ch.Field, ch.After)))
		}
	}
	return out
}

// changeLines tells what changes of a system, before and after.
func changeLines(l *locale.Localizer, r *Row) []string {
	var out []string
	for _, ch := range r.Changes {
		out = append(out, l.T("register.page-change", "Field", fieldName(l, ch.Field),
			"Before", valueName(l, ch.Field, ch.Before), "After", valueName(l, ch.Field, ch.After)))
	}
	return out
}

// fieldName is what a property is called; one without a name stands by its key.
func fieldName(l *locale.Localizer, field string) string {
	if key := fieldKey(field); l.Has(key) {
		return l.T(key)
	}
	return field
}

// fieldKey is the message key of what a property is called.
func fieldKey(field string) string {
	return "register.page-field-" + strings.ReplaceAll(field, "_", "-")
}

// valueName is what a value is called. No value is unknown.
func valueName(l *locale.Localizer, field, value string) string {
	if value == "" {
		return l.T("register.page-unknown")
	}
	for _, key := range []string{"register.page-value-" + value, "system." + field + "-" + value} {
		if l.Has(key) {
			return l.T(key)
		}
	}
	short, cut := shorten(value, 120)
	if cut {
		short += "…"
	}
	return short
}

// noted are the tables of the rows and cells that are not taken as they stand.
func noted(l *locale.Localizer, r *Result) []part {
	row := l.T("register.page-col-row")
	similar := part{ID: partSimilar, Head: []string{row, l.T("register.page-col-like"), l.T("register.page-col-score")}}
	for _, s := range r.Similar {
		similar.Rows = append(similar.Rows, []cell{rowCell(l, s.Row), {Text: s.To}, {Text: l.Percent(int(s.Score*100), 100)}})
	}
	head := []string{row, l.T("register.page-col-column"), l.T("register.page-col-value"), l.T("register.page-col-reason")}
	rejected, warnings := part{ID: partRejected, Head: head}, part{ID: partWarnings, Head: head}
	for _, n := range r.Rejected {
		rejected.Rows = append(rejected.Rows, noteCells(l, n))
	}
	for _, n := range r.Warnings {
		warnings.Rows = append(warnings.Rows, noteCells(l, n))
	}
	return []part{rejected, similar, warnings}
}

func noteCells(l *locale.Localizer, n Note) []cell {
	value, cut := shorten(n.Value, 120)
	if cut {
		value += "…"
	}
	if value == "" {
		value = l.T("register.page-empty")
	}
	return []cell{rowCell(l, n.Row), {Text: n.Column}, {Text: value}, {Text: n.Reason}}
}

// narrow gives the parts their titles and cuts them to what fits: the beginning of each, or a page of the one that is asked for.
func (p *reviewPage) narrow(c *web.Context) {
	only := c.Query("visa")
	parts := p.Parts
	p.Parts = nil
	for _, x := range parts {
		x.Total = len(x.Rows)
		x.Title = c.L.T("register.page-part-"+x.ID, "Count", x.Total)
		x.Hint = c.L.T("register.page-hint-" + x.ID)
		if x.Total == 0 || only != "" && only != x.ID {
			continue
		}
		if only == x.ID {
			p.Only = only
			number, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
			p.Paging = web.Paging{Size: manyRowsPage, Total: x.Total, Path: p.Back, Query: url.Values{"visa": {only}}}
			p.Paging.Page = min(max(number, 1), p.Paging.Pages())
			x.Rows = x.Rows[(p.Paging.Page-1)*manyRowsPage : p.Paging.To()]
		} else if x.Total > fewRows {
			x.Rows, x.More = x.Rows[:fewRows], p.Back+"?visa="+x.ID
		}
		p.Parts = append(p.Parts, x)
	}
}

// result tells what an import did.
func (p *Pages) result(c *web.Context) error {
	id := ids.ID[Import](c.Path("id"))
	all, err := p.Service.Imports(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x Import) bool { return x.ID == id })
	if i < 0 {
		return db.ErrNotFound
	}
	done := &all[i]
	row := rowOfImport(c.L, done)
	out := reviewPage{
		Page:  web.Page{Title: c.L.T("register.page-result"), Active: "import", Crumbs: []web.Crumb{{Label: c.L.T("register.page-title"), Href: "/importera"}, {Label: row.File}}},
		Steps: steps(c.L, stepDone, ""), ID: id.String(), File: row.File, When: row.When, UndoneWhen: row.UndoneWhen, Done: true,
		New: done.Result.New, Updated: done.Result.Updated, Changes: done.Result.New + done.Result.Updated,
		Undo: done.CanUndo(p.Service.DB.Now()) && access.Allowed(c.Actor, "register.Undo"), Back: "/importera/" + id.String() + "/resultat",
	}
	out.count(c.L, &done.Result)
	out.Parts = noted(c.L, &done.Result)
	if b := done.Result.Begin; b != nil && done.Undone.IsZero() && access.Allowed(c.Actor, "classification.Answer") {
		out.Begin = &beginning{
			Text: c.L.T("register.page-sensitive", "Count", done.Result.Sensitive), Name: b.Name, Href: "/system/" + url.PathEscape(b.Slug) + "/klassning",
		}
	}
	out.narrow(c)
	return c.Render(pages, "review.html", out)
}
