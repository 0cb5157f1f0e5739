// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// purchaseRoutes registers the pages of planned purchases, own requirements and versions.
func (p *Pages) purchaseRoutes(s *web.Site) {
	s.Handle("GET /upphandling/ny", "procurement.EditPurchase", p.newPurchase)
	s.Handle("POST /upphandling/ny", "procurement.SavePurchase", p.savePurchase)
	s.Handle("GET /upphandling/{id}", "procurement.Purchase", p.annex)
	s.Handle("POST /upphandling/{id}", "procurement.Choose", p.choose)
	s.Handle("GET /upphandling/{id}/underlag", "procurement.EditPurchase", p.editPurchase)
	s.Handle("POST /upphandling/{id}/underlag", "procurement.SavePurchase", p.savePurchase)
	s.Handle("POST /upphandling/{id}/system", "procurement.MakeSystem", p.makeSystem)
	s.Handle("POST /upphandling/{id}/ta-bort", "procurement.RemovePurchase", p.removePurchase)
	for _, base := range []string{"/upphandling/{id}", "/system/{slug}/upphandling"} {
		s.Handle("POST "+base+"/egna", "procurement.AddOwn", p.addOwn)
		s.Handle("POST "+base+"/egna/{row}/ta-bort", "procurement.RemoveOwn", p.removeOwn)
		s.Handle("GET "+base+"/versioner", "procurement.Versions", p.versions)
		s.Handle("POST "+base+"/versioner", "procurement.Freeze", p.freeze)
	}
}

// limits of what is written about a purchase.
const (
	maxPurchaseName = 200
	maxPurchaseNote = 2000
	maxOwnText      = 1000
)

func purchaseBase(id string) string { return "/upphandling/" + url.PathEscape(id) }

// baseOf is the address of the annex that a request is about, and refOf what the use cases know it by.
func baseOf(c *web.Context) string {
	if slug := c.Path("slug"); slug != "" {
		return systemBase(url.PathEscape(slug))
	}
	return purchaseBase(c.Path("id"))
}

func refOf(c *web.Context) string {
	if slug := c.Path("slug"); slug != "" {
		return slug
	}
	return PurchaseRef + c.Path("id")
}

// purchasePart is what the page of a planned purchase says above its annex.
type purchasePart struct {
	Name, Unit, Note, Mark string
	Levels                 web.KRTS
	Types                  []string
	MaySystem, MayTender   bool
}

// ownRow is one requirement of the organisation's own.
type ownRow struct {
	ID, Text, Verify, Reason, Fault string
	Weight                          web.Tag
	Removed                         bool
}

// showOwn shows the organisation's own requirements, and the form for one more.
func (p *annexPage) showOwn(c *web.Context, own []Own, in *typed) {
	for i := range own {
		o := &own[i]
		row := ownRow{ID: o.ID.String(), Text: o.Text, Verify: o.Verify, Reason: o.Reason, Removed: o.Removed, Weight: web.Tag{Word: c.L.T("procurement.page-should")}}
		if o.Must {
			row.Weight = web.Tag{Kind: "info", Word: c.L.T("procurement.page-shall")}
		}
		if in != nil {
			row.Fault = in.faulty["own-"+row.ID]
		}
		p.Own = append(p.Own, row)
	}
	t := c.L.T
	p.OwnText = web.Field{Name: "text", Type: "textarea", Label: t("procurement.own-text"), Hint: t("procurement.own-text-hint"), Rows: 3}
	p.OwnVerify = web.Field{Name: "verify", Type: "textarea", Label: t("procurement.own-verify"), Optional: true, Rows: 2}
	p.OwnWeight = web.Field{Name: "weight", Type: "select", Label: t("procurement.page-weight-of"), Value: Shall, Options: []web.Option{
		{Value: Shall, Label: t("procurement.page-shall")}, {Value: Should, Label: t("procurement.page-should")},
	}}
	if in != nil && in.own != nil {
		p.OwnOpen, p.OwnText.Value, p.OwnVerify.Value = true, in.own.Text, in.own.Verify
		if !in.own.Must {
			p.OwnWeight.Value = Should
		}
	}
}

func (p *Pages) renderPurchase(c *web.Context, in *typed) error {
	id := ids.ID[Purchase](c.Path("id"))
	buys, err := p.Service.Purchase(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	if buys.System != "" {
		return c.Redirect(systemBase(buys.Slug))
	}
	v, a, err := p.Service.Annex(c.Context(), c.Actor, PurchaseRef+id.String(), c.L)
	if err != nil {
		return err
	}
	page := annexPage{
		Page: web.Page{
			Title: buys.Name, Active: "procurement", Crumbs: []web.Crumb{{Label: c.L.T("procurement.page-crumb"), Href: "/upphandling"}, {Label: buys.Name}},
		},
		Base: purchaseBase(id.String()), Annex: a, Total: len(a.Rows), Included: a.Shall + a.Should, Stop: v.Need.Stop,
		CanChoose: access.AllowedAt(c.Actor, "procurement.Choose", buys.UnitID), Notes: purchaseNotes(c.L, &v, &a, purchaseBase(id.String())),
		Buys: &purchasePart{
			Name: buys.Name, Unit: buys.Unit, Note: buys.Note, Levels: requirement.PageLevels(c.L, &v.Need), Mark: requirement.PageMark(c.L, &v),
			MaySystem: access.AllowedAt(c.Actor, "procurement.MakeSystem", buys.UnitID), MayTender: access.AllowedAt(c.Actor, "procurement.Tender", buys.UnitID),
		},
	}
	for _, id := range buys.Types {
		if t, ok := p.Service.Requirements.Engine.Catalogue.InformationType(id); ok {
			page.Buys.Types = append(page.Buys.Types, t.Name.In(catalogue.Lang(c.L.Lang)))
		}
	}
	if in != nil {
		page.Errors = in.faults
	}
	page.showRows(c, a.Rows, in)
	page.showOwn(c, a.Own, in)
	if access.AllowedAt(c.Actor, "report.Write", buys.UnitID) && !v.Need.Stop {
		page.Exports = p.exportsOf(c.L, url.Values{"anskaffning": {id.String()}})
	}
	return c.Render(pages, "annex.html", page)
}

// purchaseNotes tells what to settle before the tender is announced.
func purchaseNotes(l *locale.Localizer, v *requirement.View, a *Annex, base string) []note {
	var out []note
	add := func(n int, key, href string) {
		if n > 0 {
			out = append(out, note{Text: l.T("procurement.page-note-"+key, "Count", n), Link: l.T("procurement.purchase-change"), Href: href})
		}
	}
	unknown := 0
	for i := range v.Need.Levels {
		if v.Need.Levels[i].Basis == classification.None {
			unknown++
		}
	}
	add(unknown, "unknown", base+"/underlag")
	add(len(a.Included())-proportionate, "long", address(base, "", should))
	return out
}

// purchaseForm is the form of a planned purchase: what it is, what it is to hold and how much that needs protecting.
type purchaseForm struct {
	web.Page
	Action, Back     string
	Version          int64
	Name, Unit, Note web.Field
	Levels           []web.Field
	Groups           []typeGroup
}

// typeGroup is the information types of one area.
type typeGroup struct {
	Name  string
	Open  bool
	Types []web.Choice
}

func (p *Pages) newPurchase(c *web.Context) error { return p.purchaseForm(c, nil, nil) }

func (p *Pages) editPurchase(c *web.Context) error { return p.purchaseForm(c, nil, nil) }

// purchaseForm draws the form, with what was typed when that could not be saved.
func (p *Pages) purchaseForm(c *web.Context, in *Purchase, faults []web.FieldError) error {
	d, err := p.Service.EditPurchase(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")))
	if err != nil {
		return err
	}
	l, t := c.L, c.L.T
	x := &d.Purchase
	out := purchaseForm{Action: "/upphandling/ny", Back: "/upphandling", Version: x.Version}
	title := t("procurement.purchase-new")
	if x.ID != "" {
		title, out.Back = x.Name, purchaseBase(x.ID.String())
		out.Action = out.Back + "/underlag"
	}
	if in != nil {
		in.ID = x.ID
		x = in
	}
	out.Page = web.Page{Title: title, Active: "procurement", Errors: faults, Crumbs: []web.Crumb{{Label: t("procurement.page-crumb"), Href: "/upphandling"}, {Label: title}}}
	out.Name = web.Field{Name: "namn", Label: t("procurement.purchase-name"), Hint: t("procurement.purchase-name-hint"), Value: x.Name}
	out.Note = web.Field{Name: "anteckning", Type: "textarea", Label: t("procurement.purchase-note"), Hint: t("procurement.purchase-note-hint"), Value: x.Note, Optional: true, Rows: 3}
	out.Unit = web.Field{Name: "forvaltning", Type: "select", Label: t("procurement.page-col-unit"), Value: x.UnitID.String(), Options: []web.Option{{Label: t("procurement.purchase-no-unit")}}}
	for _, u := range d.Units {
		out.Unit.Options = append(out.Unit.Options, web.Option{Value: u.ID.String(), Label: u.Name})
	}
	lang := catalogue.Lang(l.Lang)
	for i := range d.Model.Aspects {
		a := &d.Model.Aspects[i]
		f := web.Field{Name: "niva-" + a.Aspect.String(), Type: "select", Label: a.Name.In(lang), Options: []web.Option{{Label: t("procurement.purchase-follows")}}}
		if n, ok := x.Levels[a.Aspect]; ok {
			f.Value = strconv.Itoa(n)
		}
		for _, level := range a.Levels {
			f.Options = append(f.Options, web.Option{Value: strconv.Itoa(level.Value), Label: strconv.Itoa(level.Value) + " – " + level.Label.In(lang)})
		}
		out.Levels = append(out.Levels, f)
	}
	out.Groups = p.typeGroups(l, d.Types, x.Types)
	return c.Render(pages, "purchase.html", out)
}

// typeGroups puts the information types under their areas, those open that something is ticked in.
func (p *Pages) typeGroups(l *locale.Localizer, types []catalogue.InformationType, ticked []string) []typeGroup {
	lang := catalogue.Lang(l.Lang)
	at := map[string]int{}
	var out []typeGroup
	for i := range types {
		t := &types[i]
		n, ok := at[t.Area]
		if !ok {
			n = len(out)
			at[t.Area] = n
			out = append(out, typeGroup{Name: p.areaName(lang, t.Area)})
		}
		on := slices.Contains(ticked, t.ID)
		out[n].Open = out[n].Open || on
		out[n].Types = append(out[n].Types, web.Choice{Value: t.ID, Label: t.Name.In(lang), Checked: on})
	}
	locale.Sort(out, func(g typeGroup) string { return g.Name })
	return out
}

// areaName is what an area of the catalogue is called.
func (p *Pages) areaName(lang catalogue.Lang, area string) string {
	if f, ok := p.Service.Requirements.Engine.Catalogue.Vocabulary.Fact("area"); ok {
		return f.Label(area).In(lang)
	}
	return area
}

// readPurchase takes in the form.
func (p *Pages) readPurchase(c *web.Context) (Purchase, []web.FieldError) {
	in := Purchase{
		ID: ids.ID[Purchase](c.Path("id")), Name: c.Form("namn"), UnitID: access.UnitID(c.Form("forvaltning")), Note: c.Form("anteckning"), Types: c.Forms("typ"),
		Levels: map[catalogue.Aspect]int{},
	}
	var faults []web.FieldError
	if len([]rune(in.Name)) > maxPurchaseName {
		faults = append(faults, web.FieldError{Field: "namn", Key: "procurement.fault-long", Args: []any{"Max", maxPurchaseName}})
	}
	if len([]rune(in.Note)) > maxPurchaseNote {
		faults = append(faults, web.FieldError{Field: "anteckning", Key: "procurement.fault-long", Args: []any{"Max", maxPurchaseNote}})
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		text := c.Form("niva-" + a.String())
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1 // no level, and refused as one
		}
		in.Levels[a] = n
	}
	in.Version, _ = strconv.ParseInt(c.Form("version"), 10, 64) // none is a new one
	if in.ID == "" {
		in.Version = 0
	} else if in.Version == 0 {
		in.Version = -1 // a form without a version changes nothing
	}
	return in, faults
}

func (p *Pages) savePurchase(c *web.Context) error {
	in, faults := p.readPurchase(c)
	if len(faults) > 0 {
		return p.purchaseForm(c, &in, faults)
	}
	saved, err := p.Service.SavePurchase(c.Context(), c.Actor, in)
	for _, f := range []struct {
		err        error
		field, key string
	}{
		{ErrName, "namn", "procurement.fault-purchase-name"},
		{ErrUnit, "forvaltning", "procurement.fault-purchase-unit"},
		{ErrStop, "", "procurement.fault-purchase-stop"},
		{ErrLevel, "", "procurement.fault-purchase-level"},
		{ErrType, "", "procurement.fault-purchase-type"},
		{db.ErrConflict, "", "procurement.fault-purchase-conflict"},
	} {
		if errors.Is(err, f.err) {
			if errors.Is(err, ErrStop) {
				in.Levels = nil // no more than this is said of it
			}
			return p.purchaseForm(c, &in, []web.FieldError{{Field: f.field, Key: f.key}})
		}
	}
	if errors.Is(err, ErrBought) {
		return c.Redirect(purchaseBase(in.ID.String()))
	}
	if err != nil {
		return err
	}
	return c.Redirect(purchaseBase(saved.ID.String()), "procurement.purchase-saved")
}

func (p *Pages) makeSystem(c *web.Context) error {
	sys, err := p.Service.MakeSystem(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")))
	if errors.Is(err, ErrBought) {
		return c.Redirect(purchaseBase(c.Path("id")))
	}
	if err != nil {
		return err
	}
	return c.Redirect(sys.Path(), "procurement.purchase-became")
}

func (p *Pages) removePurchase(c *web.Context) error {
	err := p.Service.RemovePurchase(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")))
	if errors.Is(err, ErrBought) {
		return &web.Error{Status: http.StatusConflict, Key: "procurement.fault-bought", Err: err}
	}
	if errors.Is(err, ErrTender) {
		return &web.Error{Status: http.StatusConflict, Key: "procurement.fault-tender-kept", Err: err}
	}
	if err != nil {
		return err
	}
	return c.Redirect("/upphandling", "procurement.purchase-removed")
}

func (p *Pages) addOwn(c *web.Context) error {
	o := Own{Text: c.Form("text"), Verify: c.Form("verify"), Must: c.Form("weight") != Should}
	in := typed{choices: map[string]Choice{}, faulty: map[string]string{}, own: &o}
	switch {
	case o.Text == "":
		in.faults = []web.FieldError{{Field: "text", Key: "procurement.fault-own-text"}}
	case len([]rune(o.Text)) > maxOwnText:
		in.faults = []web.FieldError{{Field: "text", Key: "procurement.fault-long", Args: []any{"Max", maxOwnText}}}
	case len([]rune(o.Verify)) > maxOwnText:
		in.faults = []web.FieldError{{Field: "verify", Key: "procurement.fault-long", Args: []any{"Max", maxOwnText}}}
	}
	if len(in.faults) > 0 {
		return p.render(c, &in)
	}
	if err := p.Service.AddOwn(c.Context(), c.Actor, refOf(c), c.L, o); err != nil {
		return err
	}
	return c.Redirect(web.Local(baseOf(c)+"#own"), "procurement.own-saved")
}

func (p *Pages) removeOwn(c *web.Context) error {
	o := Own{ID: ids.ID[Own](c.Path("row")), Reason: c.Form("skal")}
	in := typed{choices: map[string]Choice{}, faulty: map[string]string{}}
	if o.Reason == "" || len([]rune(o.Reason)) > maxReason {
		in.faults = []web.FieldError{{Field: "own-reason-" + o.ID.String(), Key: "procurement.page-reason-needed"}}
		if o.Reason != "" {
			in.faults[0] = web.FieldError{Field: in.faults[0].Field, Key: "procurement.page-reason-long", Args: []any{"Max", maxReason}}
		}
		in.faulty["own-"+o.ID.String()] = c.L.T(in.faults[0].Key, in.faults[0].Args...)
		return p.render(c, &in)
	}
	if err := p.Service.RemoveOwn(c.Context(), c.Actor, refOf(c), c.L, o); err != nil {
		return err
	}
	return c.Redirect(web.Local(baseOf(c)+"#own"), "procurement.own-removed")
}
