// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"embed"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Menu is the name of the menu entry that the pages belong to, and Place where the suppliers stand.
const (
	Menu  = "supplier"
	Place = "/leverantorer"
)

// Pages are the forms of suppliers. A later slice shows them, with what they deliver.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place+"/ny", "supplier.Create", p.add)
	s.Handle("POST "+Place+"/ny", "supplier.Create", p.create)
	s.Handle("GET "+Place+"/{id}/andra", "supplier.Update", p.edit)
	s.Handle("POST "+Place+"/{id}/andra", "supplier.Update", p.update)
	s.Handle("GET "+Place+"/{id}/lagg-till/{sort}", "supplier.SavePaper", p.addPaper)
	s.Handle("POST "+Place+"/{id}/lagg-till/{sort}", "supplier.SavePaper", p.createPaper)
	s.Handle("GET "+Place+"/{id}/handling/{paper}", "supplier.SavePaper", p.editPaper)
	s.Handle("POST "+Place+"/{id}/handling/{paper}", "supplier.SavePaper", p.savePaper)
	s.Handle("POST "+Place+"/{id}/handling/{paper}/ta-bort", "supplier.RemovePaper", p.removePaper)
	s.Handle("GET "+Place+"/{id}/underbitrade/{sub}", "supplier.SaveSubProcessor", p.editSub)
	s.Handle("POST "+Place+"/{id}/underbitrade/{sub}", "supplier.SaveSubProcessor", p.saveSub)
	s.Handle("POST "+Place+"/{id}/underbitrade/{sub}/ta-bort", "supplier.RemoveSubProcessor", p.removeSub)
	s.Handle("GET "+Place+"/{id}/sla-ihop", "supplier.Merge", p.askMerge)
	s.Handle("POST "+Place+"/{id}/sla-ihop", "supplier.Merge", p.merge)
}

// Path is the address of a supplier's page.
func (s *Supplier) Path() string { return Place + "/" + s.ID.String() }

// formPage is a form about a supplier.
type formPage struct {
	web.Page
	Lead, Action, Back, Save string
	Version                  int64
	Fields                   []web.Field
	Covers                   web.Choices
	Remove                   string
	RemoveLabel              string
}

// request reads the supplier that an address names.
func (p *Pages) request(c *web.Context) (Draft, error) {
	return p.Service.Edit(c.Context(), c.Actor, ids.ID[Supplier](c.Path("id")))
}

// page begins a page about a supplier.
func (d *Draft) page(c *web.Context, title string) web.Page {
	out := web.Page{Title: title, Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("supplier.title"), Href: Place}}}
	if d.Supplier.ID != "" {
		out.Crumbs = append(out.Crumbs, web.Crumb{Label: d.Supplier.Name, Href: d.Supplier.Path()})
	}
	out.Crumbs = append(out.Crumbs, web.Crumb{Label: title})
	return out
}

// posted gives the form as it was sent, for the page to show again.
func posted(c *web.Context) url.Values {
	out := url.Values{}
	for name := range c.Request.PostForm {
		out[name] = c.Forms(name)
	}
	return out
}

// version reads the version that a form was made from.
func version(c *web.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return 0, &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	return n, nil
}

func (p *Pages) add(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	return p.form(c, &d, stored(supplierInputs, &d.Supplier))
}

func (p *Pages) edit(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	values := stored(supplierInputs, &d.Supplier)
	values.Set("version", strconv.FormatInt(d.Supplier.Version, 10))
	return p.form(c, &d, values)
}

func (p *Pages) form(c *web.Context, d *Draft, values url.Values, faults ...web.FieldError) error {
	page := formPage{Page: d.page(c, c.L.T("supplier.new")), Action: Place + "/ny", Back: Place, Lead: c.L.T("supplier.new-lead"), Save: c.L.T("supplier.save")}
	if d.Supplier.ID != "" {
		page.Page = d.page(c, c.L.T("supplier.edit-title", "Name", d.Supplier.Name))
		page.Action, page.Back, page.Lead = d.Supplier.Path()+"/andra", d.Supplier.Path(), c.L.T("supplier.edit-lead")
	}
	page.Errors = faults
	page.Version, _ = strconv.ParseInt(values.Get("version"), 10, 64) // a new one has none
	page.Fields = drawn(c, supplierInputs, values)
	return c.Render(templates, "form.html", page)
}

func (p *Pages) create(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	x := d.Supplier
	if faults := read(c, supplierInputs, &x); len(faults) > 0 {
		return p.form(c, &d, posted(c), faults...)
	}
	made, err := p.Service.Create(c.Context(), c.Actor, x)
	switch {
	case errors.Is(err, ErrTaken):
		return p.form(c, &d, posted(c), web.FieldError{Field: "namn", Key: "supplier.error-taken"})
	case err != nil:
		return err
	}
	return c.Redirect(made.Path(), "supplier.created", "Name", made.Name)
}

func (p *Pages) update(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	mine := d.Supplier
	if mine.Version, err = version(c); err != nil {
		return err
	}
	if faults := read(c, supplierInputs, &mine); len(faults) > 0 {
		return p.form(c, &d, posted(c), faults...)
	}
	err = p.Service.Update(c.Context(), c.Actor, mine)
	switch {
	case errors.Is(err, ErrTaken):
		return p.form(c, &d, posted(c), web.FieldError{Field: "namn", Key: "supplier.error-taken"})
	case errors.Is(err, db.ErrConflict):
		now, err := p.request(c)
		if err != nil {
			return err
		}
		page := clash(c, &now, now.Supplier.Path()+"/andra", now.Supplier.Version)
		page.Differences = differences(c, supplierInputs, &now.Supplier, &mine)
		return c.Render(templates, "conflict.html", page)
	case err != nil:
		return err
	}
	return c.Redirect(mine.Path(), "supplier.saved")
}

// difference is one field that two people have changed in different ways.
type difference struct{ Label, Theirs, Mine string }

type conflictPage struct {
	web.Page
	Action, Back, Name string
	Differences        []difference
	Hidden             []web.Hidden
}

// clash begins the page that shows what the reader wrote beside what somebody else saved meanwhile.
func clash(c *web.Context, d *Draft, action string, newest int64) conflictPage {
	out := conflictPage{Page: d.page(c, c.L.T("supplier.conflict")), Action: action, Back: action, Name: d.Supplier.Name}
	out.Status = http.StatusConflict
	values := posted(c)
	values.Set("version", strconv.FormatInt(newest, 10))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			out.Hidden = append(out.Hidden, web.Hidden{Name: name, Value: v})
		}
	}
	return out
}

// mergePage asks which supplier another is one and the same as.
type mergePage struct {
	web.Page
	Name, Action, Back string
	Version            int64
	Into               web.Field
	Only               bool
}

func (p *Pages) askMerge(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	return p.mergeForm(c, &d)
}

func (p *Pages) mergeForm(c *web.Context, d *Draft, faults ...web.FieldError) error {
	page := mergePage{
		Page: d.page(c, c.L.T("supplier.merge-title", "Name", d.Supplier.Name)), Name: d.Supplier.Name, Action: d.Supplier.Path() + "/sla-ihop",
		Back: d.Supplier.Path(), Version: d.Supplier.Version, Only: len(d.Others) < 2,
		Into: web.Field{Name: "till", Type: kindSelect, Label: c.L.T("supplier.merge-into"), Value: c.Form("till"), Options: []web.Option{{Label: c.L.T("supplier.choose")}}},
	}
	page.Errors = faults
	for i := range d.Others {
		if d.Others[i].ID != d.Supplier.ID {
			page.Into.Options = append(page.Into.Options, web.Option{Value: d.Others[i].ID.String(), Label: d.Others[i].Name})
		}
	}
	return c.Render(templates, "merge.html", page)
}

func (p *Pages) merge(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	n, err := version(c)
	if err != nil {
		return err
	}
	merged, err := p.Service.Merge(c.Context(), c.Actor, d.Supplier.ID, ids.ID[Supplier](c.Form("till")), n)
	switch {
	case errors.Is(err, ErrSame), errors.Is(err, db.ErrNotFound):
		return p.mergeForm(c, &d, web.FieldError{Field: "till", Key: "supplier.error-into"})
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(d.Supplier.Path(), "supplier.merge-conflict")
	case err != nil:
		return err
	}
	return c.Redirect(merged.Into.Path(), "supplier.merged", "From", d.Supplier.Name, "Into", merged.Into.Name)
}
