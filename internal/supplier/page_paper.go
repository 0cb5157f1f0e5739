// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// PaperNames are the kinds of papers as they stand in addresses.
var PaperNames = map[string]string{Contract: "avtal", Agreement: "bitradesavtal", Certificate: "certifikat", Transfer: "overforing", Suitability: "lamplighet"}

// kindOf finds the kind of paper that an address names.
func kindOf(name string) (string, error) {
	for k, n := range PaperNames {
		if n == name {
			return k, nil
		}
	}
	return "", &web.Error{Status: http.StatusNotFound, Err: ErrValue}
}

func (p *Pages) addPaper(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	kind, err := kindOf(c.Path("sort"))
	if err != nil {
		return err
	}
	x := Paper{Kind: kind}
	if x.Assesses() {
		x.Outcome = Unknown
	}
	values := stored(paperInputs[kind], &x)
	values.Set(nameInput, c.L.T("supplier.default-"+kind, "Name", d.Supplier.Name))
	return p.paperForm(c, &d, &x, values)
}

// coveredValue is how an object stands in a form.
func (c Covered) coveredValue() string { return c.Kind + ":" + c.ID }

func (p *Pages) paperForm(c *web.Context, d *Draft, x *Paper, values url.Values, faults ...web.FieldError) error {
	title := c.L.T("supplier.add-" + x.Kind)
	page := formPage{Lead: c.L.T("supplier.paper-lead", "Name", d.Supplier.Name), Back: d.Supplier.Path(), Save: c.L.T("supplier.save")}
	if x.Assesses() {
		page.Lead = c.L.T("supplier.assess-lead-"+x.Kind, "Name", d.Supplier.Name)
	}
	page.Action = d.Supplier.Path() + "/lagg-till/" + PaperNames[x.Kind]
	if x.ID != "" {
		title, page.Action = x.Name, d.Supplier.Path()+"/handling/"+x.ID.String()
		page.Remove, page.RemoveLabel = page.Action+"/ta-bort", c.L.T("supplier.remove-"+x.Kind)
	}
	page.Page = d.page(c, title)
	page.Errors = faults
	page.Version, _ = strconv.ParseInt(values.Get("version"), 10, 64) // a new one has none
	page.Fields = drawn(c, paperInputs[x.Kind], values, x.Kind)
	if x.Kind != Certificate && len(d.Objects) > 0 {
		page.Covers = web.Choices{Name: "omfattar", Legend: c.L.T("supplier.covers"), Hint: c.L.T("supplier.covers-hint"), Several: true}
		for _, o := range d.Objects {
			label := o.Name
			if o.Kind == CoversProcessing {
				label = c.L.T("supplier.covers-processing", "Name", o.Name)
			}
			page.Covers.Options = append(page.Covers.Options, web.Choice{
				Value: o.coveredValue(), Label: label, Checked: slices.Contains(values["omfattar"], o.coveredValue()),
			})
		}
	}
	return c.Render(templates, "form.html", page)
}

// readPaper takes in the form of a paper. What it covers and the form does not offer, because it has gone, is kept.
func readPaper(c *web.Context, d *Draft, x *Paper) []web.FieldError {
	faults := read(c, paperInputs[x.Kind], x)
	if !x.EndsOn.IsZero() && x.EndsOn.Before(x.StartsOn) && len(faults) == 0 {
		faults = append(faults, web.FieldError{Field: "till", Key: "supplier.error-order"})
	}
	if len(faults) == 0 && errors.Is(x.Check(), ErrReasons) {
		faults = append(faults, web.FieldError{Field: "utfall", Key: "supplier.error-reasons"})
	}
	sent := c.Forms("omfattar")
	kept := slices.DeleteFunc(slices.Clone(x.Covers), func(v Covered) bool {
		return slices.ContainsFunc(d.Objects, func(o Object) bool { return o.Covered == v })
	})
	for _, o := range d.Objects {
		if slices.Contains(sent, o.coveredValue()) {
			kept = append(kept, o.Covered)
		}
	}
	x.Covers = kept
	return faults
}

func (p *Pages) createPaper(c *web.Context) error {
	d, err := p.request(c)
	if err != nil {
		return err
	}
	kind, err := kindOf(c.Path("sort"))
	if err != nil {
		return err
	}
	x := Paper{Kind: kind, Supplier: d.Supplier.ID}
	if faults := readPaper(c, &d, &x); len(faults) > 0 {
		return p.paperForm(c, &d, &x, posted(c), faults...)
	}
	if err := p.Service.SavePaper(c.Context(), c.Actor, x); err != nil {
		return err
	}
	return c.Redirect(d.Supplier.Path()+"#"+kind, "supplier.paper-saved", "Name", x.Name)
}

// paperOf reads the paper that an address names.
func (p *Pages) paperOf(c *web.Context) (Draft, Paper, error) {
	d, err := p.request(c)
	if err != nil {
		return d, Paper{}, err
	}
	x, err := d.Supplier.paper(ids.ID[Paper](c.Path("paper")))
	if err != nil {
		return d, Paper{}, err
	}
	return d, *x, nil
}

func (p *Pages) editPaper(c *web.Context) error {
	d, x, err := p.paperOf(c)
	if err != nil {
		return err
	}
	values := stored(paperInputs[x.Kind], &x)
	values.Set("version", strconv.FormatInt(x.Version, 10))
	for _, v := range x.Covers {
		values.Add("omfattar", v.coveredValue())
	}
	return p.paperForm(c, &d, &x, values)
}

func (p *Pages) savePaper(c *web.Context) error {
	d, now, err := p.paperOf(c)
	if err != nil {
		return err
	}
	mine := now
	if mine.Version, err = version(c); err != nil {
		return err
	}
	if faults := readPaper(c, &d, &mine); len(faults) > 0 {
		return p.paperForm(c, &d, &now, posted(c), faults...)
	}
	err = p.Service.SavePaper(c.Context(), c.Actor, mine)
	switch {
	case errors.Is(err, db.ErrConflict):
		if d, now, err = p.paperOf(c); err != nil {
			return err
		}
		page := clash(c, &d, d.Supplier.Path()+"/handling/"+now.ID.String(), now.Version)
		page.Differences = differences(c, paperInputs[now.Kind], &now, &mine, now.Kind)
		if a, b := coveredNames(c, &d, now.Covers), coveredNames(c, &d, mine.Covers); a != b {
			page.Differences = append(page.Differences, difference{c.L.T("supplier.covers"), a, b})
		}
		return c.Render(templates, "conflict.html", page)
	case err != nil:
		return err
	}
	return c.Redirect(d.Supplier.Path()+"#"+mine.Kind, "supplier.paper-saved", "Name", mine.Name)
}

func coveredNames(c *web.Context, d *Draft, list []Covered) string {
	var out []string
	for _, o := range d.Objects {
		if slices.Contains(list, o.Covered) {
			out = append(out, o.Name)
		}
	}
	return c.L.List(out)
}

func (p *Pages) removePaper(c *web.Context) error {
	d, x, err := p.paperOf(c)
	if err != nil {
		return err
	}
	n, err := version(c)
	if err != nil {
		return err
	}
	err = p.Service.RemovePaper(c.Context(), c.Actor, d.Supplier.ID, x.ID, n)
	switch {
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(d.Supplier.Path(), "supplier.remove-conflict")
	case err != nil:
		return err
	}
	return c.Redirect(d.Supplier.Path()+"#"+x.Kind, "supplier.removed", "Name", x.Name)
}

// newSub stands where the id of a sub-processor stands, for one that is not there yet.
const newSub = "nytt"

func (p *Pages) subOf(c *web.Context) (Draft, SubProcessor, error) {
	d, err := p.request(c)
	if err != nil {
		return d, SubProcessor{}, err
	}
	if c.Path("sub") == newSub {
		return d, SubProcessor{Supplier: d.Supplier.ID}, nil
	}
	i := slices.IndexFunc(d.Supplier.SubProcessors, func(x SubProcessor) bool { return x.ID.String() == c.Path("sub") })
	if i < 0 {
		return d, SubProcessor{}, db.ErrNotFound
	}
	return d, d.Supplier.SubProcessors[i], nil
}

func (x *SubProcessor) path(of *Supplier) string {
	if x.ID == "" {
		return of.Path() + "/underbitrade/" + newSub
	}
	return of.Path() + "/underbitrade/" + x.ID.String()
}

func (p *Pages) editSub(c *web.Context) error {
	d, x, err := p.subOf(c)
	if err != nil {
		return err
	}
	values := stored(subInputs, &x)
	values.Set("version", strconv.FormatInt(x.Version, 10))
	return p.subForm(c, &d, &x, values)
}

func (p *Pages) subForm(c *web.Context, d *Draft, x *SubProcessor, values url.Values, faults ...web.FieldError) error {
	title := c.L.T("supplier.add-sub")
	page := formPage{Lead: c.L.T("supplier.sub-lead", "Name", d.Supplier.Name), Action: x.path(&d.Supplier), Back: d.Supplier.Path(), Save: c.L.T("supplier.save")}
	if x.ID != "" {
		title, page.Remove, page.RemoveLabel = x.Name, page.Action+"/ta-bort", c.L.T("supplier.remove-sub")
	}
	page.Page = d.page(c, title)
	page.Errors = faults
	page.Version, _ = strconv.ParseInt(values.Get("version"), 10, 64) // what is no number is refused when it is sent
	page.Fields = drawn(c, subInputs, values, "sub")
	return c.Render(templates, "form.html", page)
}

func (p *Pages) saveSub(c *web.Context) error {
	d, now, err := p.subOf(c)
	if err != nil {
		return err
	}
	mine := now
	if mine.Version, err = version(c); err != nil {
		return err
	}
	if faults := read(c, subInputs, &mine); len(faults) > 0 {
		return p.subForm(c, &d, &now, posted(c), faults...)
	}
	err = p.Service.SaveSubProcessor(c.Context(), c.Actor, mine)
	switch {
	case errors.Is(err, db.ErrConflict):
		if d, now, err = p.subOf(c); err != nil {
			return err
		}
		page := clash(c, &d, now.path(&d.Supplier), now.Version)
		page.Differences = differences(c, subInputs, &now, &mine, "sub")
		return c.Render(templates, "conflict.html", page)
	case err != nil:
		return err
	}
	return c.Redirect(d.Supplier.Path()+"#underbitraden", "supplier.paper-saved", "Name", mine.Name)
}

func (p *Pages) removeSub(c *web.Context) error {
	d, x, err := p.subOf(c)
	if err != nil {
		return err
	}
	n, err := version(c)
	if err != nil {
		return err
	}
	err = p.Service.RemoveSubProcessor(c.Context(), c.Actor, d.Supplier.ID, x.ID, n)
	switch {
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(d.Supplier.Path(), "supplier.remove-conflict")
	case err != nil:
		return err
	}
	return c.Redirect(d.Supplier.Path()+"#underbitraden", "supplier.removed", "Name", x.Name)
}
