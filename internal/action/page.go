// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Pages are the pages of actions: the plan of one system and that of the whole organisation.
type Pages struct {
	Service *Service
	// PDF says that documents can be had as PDF.
	PDF bool
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /atgarder", "action.List", p.list)
	s.Handle("POST /atgarder/{id}/flytta", "action.Move", p.move)
	s.Handle("GET /system/{slug}/atgarder", "action.Plan", p.plan)
	s.Handle("POST /system/{slug}/atgarder", "action.Save", p.save)
}

// The parts of a plan that can be shown, as they stand in the address.
const (
	showAll   = ""
	showOpen  = "otagna"
	showTaken = "tagna"
	showLate  = "sena"
)

// planPageSize is how many rows of a system's plan a page has.
const planPageSize = 25

// maxNote is how long a note may be.
const maxNote = 2000

// planPage is the plan of one system.
type planPage struct {
	web.Page
	Head    web.SystemHead
	Slug    string
	Stop    bool
	Tabs    web.Tabs
	Rows    []planRow
	Paging  web.Paging
	CanSave bool
	Exports []web.Link
	// Total is how many rows the plan has, Taken how many somebody has taken on, Unknown how many of the rest nobody knows about.
	Total, Taken, Unknown int
	Action                string
	// People are the names that the browser proposes.
	People []string
	labels map[ids.ID[organisation.Person]]string
}

// peopleList is the list of names to choose from.
const peopleList = "personer"

// planRow is one row of a plan as the page shows it.
type planRow struct {
	ID, Text   string
	Must       bool
	Status     web.Tag
	Source     web.Source
	Because    []reason
	Need       string
	Owner, Due string
	Proposed   bool
	Taken      bool
	Late       bool
	Progress   web.Tag
	Note       string
	Form       planForm
}

// reason is one sentence of why a requirement applies. Href leads to the rule, when it is one.
type reason struct{ Text, Href string }

// planForm is the form of one row.
type planForm struct {
	Open    bool
	Version int64
	// Was is the person, when they have left: they stay until somebody else is named.
	Was, WasName string

	Owner, Person, Due, State, Note web.Field
}

// typed is what somebody filled in that could not be saved.
type typed struct {
	requirement      string
	owner, person    string
	due, state, note string
	faults           []web.FieldError
	// conflict says that somebody else was first.
	conflict bool
}

func (p *Pages) plan(c *web.Context) error { return p.render(c, nil) }

func (p *Pages) render(c *web.Context, in *typed) error {
	v, rows, err := p.Service.Plan(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	show := c.Query("visa")
	out := planPage{
		Page: web.Page{
			Title: c.L.T("action.page-plan-title", "System", v.System.Name), Active: "action",
			Crumbs: []web.Crumb{{Label: c.L.T("action.page-crumb"), Href: "/atgarder"}, {Label: v.System.Name}},
		},
		Head: requirement.PageHead(c, &v, web.TabActions), Slug: v.System.Slug, Stop: v.Need.Stop,
		CanSave: access.AllowedAt(c.Actor, "action.Save", v.System.UnitID), Total: len(rows),
	}
	if out.CanSave {
		people, err := p.Service.Doers(c.Context(), c.Actor, c.Path("slug"))
		if err != nil {
			return err
		}
		out.People, out.labels = organisation.Offered(people), organisation.Labels(people)
	}
	out.count(c.L, rows, v.Today, show)
	wanted := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !shown(&r, show, v.Today) })
	number, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
	out.Paging = web.Paging{
		Page: clamp(number, len(wanted), planPageSize), Size: planPageSize, Total: len(wanted),
		Path: "/system/" + v.System.Slug + "/atgarder", Query: url.Values{},
	}
	if show != showAll {
		out.Paging.Query.Set("visa", show)
	}
	out.Action = out.Paging.Link(out.Paging.Page)
	from := (out.Paging.Page - 1) * planPageSize
	first := c.Query("krav")
	if in != nil {
		first = in.requirement
	}
	for _, r := range onPage(rows, wanted[from:min(from+planPageSize, len(wanted))], first) {
		row := pageRow(c.L, &r, out.labels, v.Today, in)
		row.Form.Open = row.Form.Open || row.ID == first
		out.Rows = append(out.Rows, row)
	}
	if in != nil {
		out.Errors = in.faults
		if in.conflict {
			out.Status = http.StatusConflict
		}
	}
	if access.AllowedAt(c.Actor, "report.Write", v.System.UnitID) && !v.Need.Stop {
		out.Exports = p.exports(c.L, v.System.Slug)
	}
	return c.Render(pages, "plan.html", out)
}

// PlanPath is where one requirement of a system is taken on, with its form open.
func PlanPath(slug, requirement string) string {
	return "/system/" + slug + "/atgarder?krav=" + url.QueryEscape(requirement) + "#r-" + requirement
}

// onPage makes sure that the row that is asked for, or whose form has a fault, is among those shown.
func onPage(all, shown []Row, first string) []Row {
	if first == "" || slices.ContainsFunc(shown, func(r Row) bool { return r.Requirement.ID == first }) {
		return shown
	}
	if i := slices.IndexFunc(all, func(r Row) bool { return r.Requirement.ID == first }); i >= 0 {
		return append([]Row{all[i]}, shown...)
	}
	return shown
}

func shown(r *Row, show string, today civil.Date) bool {
	switch show {
	case showOpen:
		return r.Action == nil
	case showTaken:
		return r.Action != nil
	case showLate:
		return r.Action != nil && r.Action.Late(today)
	default:
		return true
	}
}

// count makes the tabs, each with how many rows it has.
func (p *planPage) count(l *locale.Localizer, rows []Row, today civil.Date, show string) {
	path := "/system/" + p.Slug + "/atgarder"
	p.Tabs.Label = l.T("action.page-parts")
	for _, part := range []struct{ show, key string }{{showAll, "all"}, {showOpen, "open"}, {showTaken, "taken"}, {showLate, "late"}} {
		t := web.Tab{Label: l.T("action.page-part-" + part.key), Href: path, Current: show == part.show}
		if part.show != showAll {
			t.Href += "?visa=" + part.show
		}
		for i := range rows {
			if shown(&rows[i], part.show, today) {
				t.Count++
			}
		}
		p.Tabs.Items = append(p.Tabs.Items, t)
	}
	for i := range rows {
		switch status := rows[i].Requirement.Answer.Status; {
		case rows[i].Action != nil:
			p.Taken++
		case status == requirement.DontKnow || status == requirement.Unanswered:
			p.Unknown++
		}
	}
	p.Head.Tabs.Actions = p.Taken
}

func pageRow(l *locale.Localizer, r *Row, labels map[ids.ID[organisation.Person]]string, today civil.Date, in *typed) planRow {
	lang := catalogue.Lang(l.Lang)
	out := planRow{
		ID: r.Requirement.ID, Text: r.Requirement.Is(lang), Must: r.Requirement.Must,
		Status: requirement.PageStatus(l, r.Requirement.Answer.Status), Source: requirement.PageSource(l, r.Requirement.Answer),
		Owner: doer(l, r.OwnerRole, r.Action), Proposed: r.Proposed, Taken: r.Action != nil,
	}
	if r.Step != catalogue.Unset {
		out.Need = l.T("requirement.step-" + r.Step.String())
	}
	for _, b := range r.Requirement.Because {
		x := reason{Text: b.Text}
		if slices.ContainsFunc(r.Requirement.Laws, func(law *catalogue.Law) bool { return law.ID == b.Ref }) {
			x.Href = "/regler/" + url.PathEscape(b.Ref)
		}
		out.Because = append(out.Because, x)
	}
	if a := r.Action; a != nil {
		out.Due, out.Note, out.Late, out.Progress = l.T("action.page-no-date"), a.Note, a.Late(today), progress(l, a.Status)
		if !a.DueOn.IsZero() {
			out.Due = l.Date(a.DueOn)
		}
	}
	out.Form = form(l, r, labels, in)
	return out
}

// doer tells who does an action: the person, with the role that it is done in.
func doer(l *locale.Localizer, role string, a *Action) string {
	in := requirement.PageRole(l, role)
	switch {
	case a == nil || a.Person.IsZero():
		return in
	case a.PersonGone:
		return l.T("action.page-left", "Name", a.PersonName)
	case role == "":
		return a.PersonName
	default:
		return a.PersonName + " (" + in + ")"
	}
}

// progress gives how far an action has come as a tag.
func progress(l *locale.Localizer, s Status) web.Tag {
	word := l.T("action.status-" + string(s))
	switch s {
	case Done:
		return web.OK(word)
	case Planned, Ongoing:
		return web.Info(word)
	default:
		return web.Tag{Word: word}
	}
}

// form fills in the form of a row: with what was typed, else what is saved, else what the catalogue proposes.
func form(l *locale.Localizer, r *Row, labels map[ids.ID[organisation.Person]]string, in *typed) planForm {
	id := "-" + r.Requirement.ID
	f := planForm{
		Owner:  web.Field{Name: "owner" + id, Type: "select", Label: l.T("action.page-owner"), Value: r.OwnerRole},
		Person: web.Field{Name: "person" + id, Label: l.T("action.page-person"), Hint: l.T("action.page-person-hint"), Optional: true, Autocomplete: "off", List: peopleList},
		Due:    web.Field{Name: "due" + id, Type: "date", Label: l.T("action.page-due"), Optional: true},
		State:  web.Field{Name: "state" + id, Type: "select", Label: l.T("action.page-state"), Value: string(Planned)},
		Note:   web.Field{Name: "note" + id, Type: "textarea", Label: l.T("action.page-note"), Optional: true, Rows: 2},
	}
	if a := r.Action; a != nil {
		f.Version, f.Due.Value, f.State.Value, f.Note.Value = a.Version, a.DueOn.String(), string(a.Status), a.Note
		f.Person.Value = a.PersonName
		if a.PersonGone {
			f.Was, f.WasName = a.Person.String(), a.PersonName
		} else if label := labels[a.Person]; label != "" {
			f.Person.Value = label
		}
	}
	if in != nil && in.requirement == r.Requirement.ID {
		f.Open = true
		f.Person.Value = in.person
		f.Owner.Value, f.Due.Value, f.State.Value, f.Note.Value = in.owner, in.due, in.state, in.note
	}
	f.Owner.Options = roleOptions(l, f.Owner.Value, web.Option{Label: l.T("action.page-nobody")})
	for _, s := range Statuses {
		f.State.Options = append(f.State.Options, web.Option{Value: string(s), Label: l.T("action.status-" + string(s))})
	}
	return f
}

// roleOptions lists the catalogue's roles, and the current one when it is in the organisation's own words.
func roleOptions(l *locale.Localizer, current string, first web.Option) []web.Option {
	roles := catalogue.Roles()
	if current != "" && !slices.Contains(roles, current) {
		roles = append(roles, current)
	}
	var out []web.Option
	for _, r := range roles {
		out = append(out, web.Option{Value: r, Label: requirement.PageRole(l, r)})
	}
	locale.Sort(out, func(o web.Option) string { return o.Label })
	return append([]web.Option{first}, out...)
}

func (p *Pages) exports(l *locale.Localizer, slug string) []web.Link {
	var out []web.Link
	add := func(name string, q url.Values) {
		q.Set("lang", l.Lang)
		if slug != "" {
			q.Set("system", slug)
		}
		out = append(out, web.Link{Label: l.T("action.page-export-" + name), Href: "/rapporter/plan?" + q.Encode(), Icon: "dl"})
	}
	if p.PDF {
		add("pdf", url.Values{"format": {"pdf"}})
		if slug != "" { // a whole organisation's reasons are for a file to sort and filter
			add("reasons", url.Values{"format": {"pdf"}, "skal": {"alla"}})
		}
	}
	for _, format := range []string{"xlsx", "docx", "csv"} {
		add(format, url.Values{"format": {format}})
	}
	return out
}

// named finds who was written in the form. One who has left, and stood there already, stays.
func (p *Pages) named(c *web.Context, id, text string) (ids.ID[organisation.Person], error) {
	if was := c.Form("was-" + id); was != "" && text == c.Form("was-name-"+id) {
		return ids.ID[organisation.Person](was), nil
	}
	if text == "" {
		return "", nil
	}
	people, err := p.Service.Doers(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return "", err
	}
	return organisation.Call(people, text)
}

// misnamed says what is wrong with a name; it reports whether that is what the error is about.
func (in *typed) misnamed(field string, err error) bool {
	switch {
	case errors.Is(err, organisation.ErrNobody), errors.Is(err, organisation.ErrEnded):
		in.fault(field, "organisation.fault-nobody")
	case errors.Is(err, organisation.ErrNamesakes):
		in.fault(field, "organisation.fault-several")
	default:
		return false
	}
	return true
}

// save takes on one requirement, or changes what was taken on.
func (p *Pages) save(c *web.Context) error {
	id := c.Form("requirement")
	in := typed{
		requirement: id, owner: c.Form("owner-" + id), person: c.Form("person-" + id), due: c.Form("due-" + id), state: c.Form("state-" + id), note: c.Form("note-" + id),
	}
	a, err := p.read(c, &in)
	if err != nil {
		return err
	}
	if len(in.faults) > 0 {
		return p.render(c, &in)
	}
	if err = p.Service.Save(c.Context(), c.Actor, c.Path("slug"), a); err != nil && !in.refused(err) {
		return gone(err)
	}
	if len(in.faults) > 0 {
		return p.render(c, &in)
	}
	key := "action.page-saved"
	if a.Status == Done {
		key = "action.page-saved-done"
	}
	back := *c.Request.URL
	back.Host, back.Scheme = "", ""
	return c.Redirect(web.Local(back.String()), key)
}

// gone says that the requirement is not there any more; other errors are as they are.
func gone(err error) error {
	if errors.Is(err, requirement.ErrUnknown) {
		return &web.Error{Status: http.StatusBadRequest, Key: "action.page-gone", Err: err}
	}
	return err
}

// refused says what is wrong with what was sent; it reports whether that is what the error is about.
func (in *typed) refused(err error) bool {
	id := in.requirement
	switch {
	case errors.Is(err, ErrStatus):
		in.fault("state-"+id, "action.page-fault-state")
	case errors.Is(err, ErrOwner):
		in.fault("owner-"+id, "action.page-fault-owner")
	case errors.Is(err, db.ErrConflict):
		in.fault("owner-"+id, "action.page-fault-conflict")
		in.conflict = true // the row shows what is saved now, and the form what was typed
	default:
		return in.misnamed("person-"+id, err)
	}
	return true
}

// read takes in the form of one row and says what is wrong with it.
func (p *Pages) read(c *web.Context, in *typed) (Action, error) {
	id := in.requirement
	a := Action{Requirement: id, OwnerRole: in.owner, Status: Status(in.state), Note: in.note}
	var err error
	if a.Version, err = strconv.ParseInt(c.Form("version"), 10, 64); err != nil {
		return a, &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	if a.Person, err = p.named(c, id, in.person); err != nil && !in.misnamed("person-"+id, err) {
		return a, err
	}
	if in.due != "" {
		if a.DueOn, err = civil.Parse(in.due); err != nil {
			in.fault("due-"+id, "action.page-fault-due")
		}
	}
	if len([]rune(in.note)) > maxNote {
		in.fault("note-"+id, "action.page-fault-note", "Max", maxNote)
	}
	return a, nil
}

func (in *typed) fault(field, key string, args ...any) {
	in.faults = append(in.faults, web.FieldError{Field: field, Key: key, Args: args})
}
