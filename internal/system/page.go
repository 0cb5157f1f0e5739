// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"embed"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Pages are the forms for a new system and for one that is to be changed.
type Pages struct {
	Service   *Service
	Catalogue *catalogue.Catalogue
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /system/nytt", "system.Create", p.add)
	s.Handle("POST /system/nytt", "system.Create", p.create)
	s.Handle("GET "+BulkPath, "system.Bulks", p.bulks)
	s.Handle("POST "+BulkPath, "system.Bulk", p.bulk)
	s.Handle("POST "+BulkPath+"/{id}/angra", "system.UndoBulk", p.undoBulk)
	s.Handle("GET /system/{slug}/redigera", "system.Update", p.edit)
	s.Handle("POST /system/{slug}/redigera", "system.Update", p.update)
	s.Handle("GET /system/{slug}/ansvariga", "system.Responsible", p.responsible)
	s.Handle("POST /system/{slug}/ansvariga", "system.SetResponsible", p.setResponsible)
}

// Path is the address of a system's page.
func (s *System) Path() string { return "/system/" + s.Slug }

// formPage is the form. Fields of a group are drawn in order.
type formPage struct {
	web.Page
	Action, Back string
	Version      int64
	Groups       []group
	Lists        []list
	Logins       []loginForm
	FactGroups   []factGroup
	New          bool
	Name         string
}

// group is one fieldset of ordinary fields.
type group struct {
	ID, Legend, Hint string
	Fields           []web.Field
}

// list is a datalist.
type list struct {
	ID    string
	Names []string
}

func (p *Pages) add(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	return p.form(c, &d, p.stored(&d.System), nil)
}

func (p *Pages) edit(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	return p.form(c, &d, p.stored(&d.System), nil)
}

func (p *Pages) create(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	changed := d.System
	if faults := p.read(c, &changed); len(faults) > 0 {
		return p.form(c, &d, posted(c), faults)
	}
	made, err := p.Service.Create(c.Context(), c.Actor, changed)
	switch {
	case errors.Is(err, ErrUnit):
		return p.form(c, &d, posted(c), unitFault(&changed))
	case err != nil:
		return err
	}
	return c.Redirect(made.Path(), "system.created", "Name", made.Name)
}

func (p *Pages) update(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	changed := d.System
	// The version that the form was made from: when somebody has saved since, it is no longer the newest.
	if changed.Version, err = strconv.ParseInt(c.Form("version"), 10, 64); err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	if faults := p.read(c, &changed); len(faults) > 0 {
		d.System.Version = changed.Version
		return p.form(c, &d, posted(c), faults)
	}
	err = p.Service.Update(c.Context(), c.Actor, changed)
	switch {
	case errors.Is(err, db.ErrConflict):
		return p.conflict(c, &changed)
	case errors.Is(err, ErrUnit):
		return p.form(c, &d, posted(c), unitFault(&changed))
	case err != nil:
		return err
	}
	return c.Redirect(changed.Path(), "system.changed", "Name", changed.Name)
}

// unitFault says that the reader may not place a system in the unit. It is the same whether there is such a unit or not.
func unitFault(s *System) []web.FieldError {
	if s.Unit == "" {
		return []web.FieldError{{Field: unitField, Key: "system.fault-unit-missing"}}
	}
	return []web.FieldError{{Field: unitField, Key: "system.fault-unit"}}
}

// posted gives the form as it was sent, for the page to show again.
func posted(c *web.Context) url.Values {
	out := url.Values{}
	for name := range c.Request.PostForm {
		if formField(name) {
			out[name] = c.Forms(name)
		}
	}
	return out
}

// formField reports whether the form has a field of the name. What else is sent is not shown again.
func formField(name string) bool {
	return name == "version" || strings.HasPrefix(name, factName("")) || strings.HasPrefix(name, "inlogg-") ||
		slices.ContainsFunc(inputs, func(in input) bool { return in.name == name })
}

// stored gives the form as the register has it.
func (p *Pages) stored(s *System) url.Values {
	out := url.Values{}
	for _, in := range inputs {
		out.Set(in.name, in.get(s))
	}
	storeLogins(out, s.Logins)
	storeFacts(out, p.facts(), s.Facts)
	return out
}

// read takes in the form and says what is wrong with it. A field that is wrong keeps its old value.
func (p *Pages) read(c *web.Context, s *System) []web.FieldError {
	var faults []web.FieldError
	for _, in := range inputs {
		if key := in.set(s, c.Form(in.name)); key != "" {
			faults = append(faults, web.FieldError{Field: in.name, Key: key, Args: []any{"Max", maxText}})
		}
	}
	faults = append(faults, readLogins(c, s)...)
	return append(faults, readFacts(c, p.facts(), p.Catalogue.Vocabulary, s)...)
}

func (p *Pages) form(c *web.Context, d *Draft, values url.Values, faults []web.FieldError) error {
	s := &d.System
	page := formPage{
		Page: web.Page{Title: c.L.T("system.new"), Active: "system", Errors: faults},
		Back: "/system", Version: s.Version, New: s.Name == "",
		Action: "/system/nytt", Name: s.Name,
		Lists: []list{{"enheter", d.Units}, {"leverantorer", d.Suppliers}},
	}
	page.Crumbs = []web.Crumb{{Label: c.L.T("system.systems"), Href: "/system"}, {Label: page.Title}}
	if !page.New {
		page.Title = c.L.T("system.edit", "Name", s.Name)
		page.Back, page.Action = s.Path(), s.Path()+"/redigera"
		page.Crumbs = []web.Crumb{page.Crumbs[0], {Label: s.Name, Href: s.Path()}, {Label: c.L.T("system.edit-short")}}
	}
	page.Groups = groups(c, values)
	page.Logins = loginForms(c, values)
	page.FactGroups = p.factGroups(c, d, values)
	return c.Render(templates, "form.html", page)
}

// groups makes the fieldsets of ordinary fields.
func groups(c *web.Context, values url.Values) []group {
	var out []group
	for _, in := range inputs {
		if len(out) == 0 || out[len(out)-1].ID != in.group {
			g := group{ID: in.group, Legend: c.L.T("system.group-" + in.group)}
			if key := "system.group-" + in.group + "-hint"; c.L.Has(key) {
				g.Hint = c.L.T(key)
			}
			out = append(out, g)
		}
		g := &out[len(out)-1]
		g.Fields = append(g.Fields, in.field(c, values.Get(in.name)))
	}
	return out
}

// difference is one field that two people have changed in different ways.
type difference struct{ Label, Theirs, Mine string }

type conflictPage struct {
	web.Page
	// Who says who saved last, and when.
	Who                string
	Action, Back, Name string
	Differences        []difference
	Hidden             []hidden
}

// hidden is a value that is sent again.
type hidden struct{ Name, Value string }

// conflict shows what the reader wrote beside what somebody else saved meanwhile, and lets the reader choose.
func (p *Pages) conflict(c *web.Context, mine *System) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	now := &d.System
	page := conflictPage{
		Page: web.Page{
			Title: c.L.T("system.conflict"), Active: "system", Status: http.StatusConflict,
			Crumbs: []web.Crumb{
				{Label: c.L.T("system.systems"), Href: "/system"}, {Label: now.Name, Href: now.Path()}, {Label: c.L.T("system.edit-short")},
			},
		},
		Action: now.Path() + "/redigera", Back: now.Path() + "/redigera", Name: now.Name,
	}
	switch {
	case d.ChangedBy != "":
		page.Who = c.L.T("system.conflict-who", "Name", d.ChangedBy, "At", c.L.Moment(d.ChangedAt))
	case !d.ChangedAt.IsZero():
		page.Who = c.L.T("system.conflict-when", "At", c.L.Moment(d.ChangedAt))
	}
	for _, in := range inputs {
		if a, b := in.get(now), in.get(mine); a != b {
			page.Differences = append(page.Differences, difference{in.label(c), in.shown(c, a), in.shown(c, b)})
		}
	}
	if a, b := loginText(c, now.Logins), loginText(c, mine.Logins); a != b {
		page.Differences = append(page.Differences, difference{c.L.T("system.group-logins"), a, b})
	}
	page.Differences = append(page.Differences, p.factDifferences(c, now.Facts, mine.Facts)...)
	values := posted(c)
	values.Set("version", strconv.FormatInt(now.Version, 10))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			page.Hidden = append(page.Hidden, hidden{name, v})
		}
	}
	return c.Render(templates, "conflict.html", page)
}
