// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

type formPage struct {
	web.Page
	Lead, Action, Back string
	New                bool
	Version            int64
	Names, Own, Claims []web.Field
	Issuer             web.Field
	IssuerText         string
	Reviewed, Factors  web.Choices
	Declared           web.Choices
	Other              web.Field
	// Older is the last day of weaker keys; it is nil for what has none.
	Older *web.Field
	Two   *TwoBlock
}

// typed is what stands in a form: what somebody has written, or what is saved.
type typed struct {
	nameSV, nameEN, issuer string
	claims                 ClaimNames
	accepted               []Accepted
	other                  string
	own                    json.RawMessage
	values                 Form
	older                  string
}

func typedOf(p *Provider, known *Contexts) typed {
	t := typed{nameSV: p.NameSV, nameEN: p.NameEN, issuer: p.Issuer, claims: p.Settings.Claims, accepted: p.Settings.Accepted, own: p.Own, older: p.Settings.OlderUntil.String()}
	for _, a := range p.Settings.Accepted {
		if _, ok := known.Find(a.Value); !ok {
			line := a.Value
			if a.LoA > 0 {
				line += " " + strconv.Itoa(a.LoA)
			}
			t.other += line + "\n"
		}
	}
	return t
}

// readForm takes in a form.
func (p *Pages) readForm(c *web.Context) (typed, []web.FieldError) {
	t := typed{
		nameSV: c.Form("name-sv"), nameEN: c.Form("name-en"), issuer: c.Form("issuer"), other: c.Form("accepted-own"), values: c.Form, older: c.Form("older-until"),
		claims: ClaimNames{Name: c.Form("claim-name"), Email: c.Form("claim-email"), Unit: c.Form("claim-unit"), Roles: c.Form("claim-roles"), Subject: c.Form("claim-subject")},
	}
	var faults []web.FieldError
	for _, v := range append(c.Forms("accepted"), c.Forms("factors")...) {
		t.accepted = append(t.accepted, Accepted{Value: v})
	}
	for _, v := range c.Forms("declared") {
		t.accepted = append(t.accepted, Accepted{Value: v, Trusted: true})
	}
	for line := range strings.Lines(t.other) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		a := Accepted{Value: words[0], Factors: 2}
		if _, ok := p.Service.Known.Find(a.Value); ok || len(words) > 2 {
			faults = append(faults, web.FieldError{Field: "accepted-own", Key: "provider.fault-own", Args: []any{"Line", strings.TrimSpace(line)}})
			continue
		}
		if len(words) == 2 {
			n, err := strconv.Atoi(words[1])
			if err != nil || n != 3 && n != 4 {
				faults = append(faults, web.FieldError{Field: "accepted-own", Key: "provider.fault-own", Args: []any{"Line", strings.TrimSpace(line)}})
				continue
			}
			a.LoA = n
		}
		t.accepted = append(t.accepted, a)
	}
	return t, faults
}

func (p *Pages) blank(c *web.Context) error {
	d := p.driver(Kind(c.Path("kind")))
	if d == nil {
		return &web.Error{Status: http.StatusNotFound}
	}
	return p.form(c, d, nil, &typed{}, nil)
}

func (p *Pages) edit(c *web.Context) error {
	in, err := p.read(c)
	if err != nil {
		return err
	}
	d := p.driver(in.Kind)
	if d == nil {
		return &web.Error{Status: http.StatusNotFound}
	}
	t := typedOf(&in, p.Service.Known)
	return p.form(c, d, &in, &t, nil)
}

// form draws the form of a new provider, or of one that is there.
func (p *Pages) form(c *web.Context, d Driver, in *Provider, t *typed, faults []web.FieldError) error {
	kind := string(d.Kind())
	out := formPage{
		Page: web.Page{
			Title: c.L.T("provider.add-" + kind), Active: Menu, Errors: faults,
			Crumbs: []web.Crumb{{Label: c.L.T("provider.title"), Href: Path}, {Label: c.L.T("provider.add-" + kind)}},
		},
		Lead: c.L.T("provider.about-" + kind), Action: Path + "/ny/" + kind, Back: Path, New: in == nil, Own: d.Fields(c.L, t.own),
	}
	if in != nil {
		self := Path + "/tjanst/" + in.ID.String()
		out.Title, out.Action, out.Back, out.Version, out.IssuerText = c.L.T("provider.change-title", "Provider", in.Name(c.L.Lang)), self+"/andra", self, in.Version, in.Issuer
		out.Crumbs[1] = web.Crumb{Label: in.Name(c.L.Lang), Href: self}
		out.Crumbs = append(out.Crumbs, web.Crumb{Label: c.L.T("provider.change")})
		if in.Enabled {
			pending, err := p.Service.Pending(c.Context(), c.Actor, c.L, in.ID.String())
			if err != nil {
				return err
			}
			two := TwoBlockOf(c, pending, "")
			two.Why.Optional = true // a stricter change asks nobody
			out.Two = &two
		}
	}
	if t.values != nil {
		for i := range out.Own {
			f := &out.Own[i]
			switch {
			case f.Type == "checkbox":
				f.Checked = t.values(f.Name) == f.Value
			case !secretField(f):
				f.Value = t.values(f.Name)
			}
		}
	}
	text := func(name, value string) web.Field {
		return web.Field{Name: name, Label: c.L.T("provider.field-" + name), Hint: c.L.T("provider.hint-" + name), Value: value, Autocomplete: "off"}
	}
	out.Names = []web.Field{text("name-sv", t.nameSV), text("name-en", t.nameEN)}
	out.Issuer = web.Field{Name: "issuer", Label: c.L.T("provider.field-issuer"), Hint: c.L.T("provider.hint-issuer-" + kind), Value: t.issuer, Autocomplete: "off"}
	for _, f := range []web.Field{text("claim-name", t.claims.Name), text("claim-email", t.claims.Email), text("claim-unit", t.claims.Unit), text("claim-roles", t.claims.Roles)} {
		f.Optional = true
		out.Claims = append(out.Claims, f)
	}
	if d.Kind() != Certificate {
		out.Older = &web.Field{
			Name: "older-until", Type: "date", Label: c.L.T("provider.field-older-until"), Hint: c.L.T("provider.hint-older-until"), Value: t.older, Optional: true,
		}
	}
	if d.Kind() != OIDC {
		f := text("claim-subject", t.claims.Subject)
		f.Optional = true
		out.Claims = append(out.Claims, f)
	}
	p.choices(c.L, &out, t)
	return c.Render(templates, "form.html", out)
}

// secretField reports whether a field takes a secret, which is never written out again.
func secretField(f *web.Field) bool { return strings.HasPrefix(f.Name, "secret") }

// choices lists the contexts that can be accepted, what nobody has reviewed apart.
func (p *Pages) choices(l *locale.Localizer, out *formPage, t *typed) {
	out.Reviewed = web.Choices{Name: "accepted", Legend: l.T("provider.choose-reviewed"), Hint: l.T("provider.choose-reviewed-hint"), Several: true}
	out.Factors = web.Choices{Name: "factors", Legend: l.T("provider.choose-factors"), Hint: l.T("provider.choose-factors-hint"), Several: true}
	out.Declared = web.Choices{Name: "declared", Legend: l.T("provider.choose-declared"), Hint: l.T("provider.choose-declared-hint"), Several: true}
	out.Other = web.Field{Name: "accepted-own", Type: "textarea", Label: l.T("provider.choose-own"), Hint: l.T("provider.choose-own-hint"), Value: strings.TrimSpace(t.other), Optional: true, Rows: 3}
	for _, k := range p.Service.Known.Contexts {
		if k.Factors < 2 {
			continue
		}
		to := &out.Factors
		switch {
		case k.LoA > 0 && k.Reviewed:
			to = &out.Reviewed
		case k.LoA > 0:
			to = &out.Declared
		}
		o := web.Choice{Value: k.Value, Label: k.Value, Hint: k.Scheme + ": " + k.Note.In(l.Lang)}
		o.Checked = slices.ContainsFunc(t.accepted, func(a Accepted) bool { return a.Value == k.Value })
		if !k.Verified {
			o.Tag = web.Neutral(l.T("provider.unverified"))
		}
		to.Options = append(to.Options, o)
	}
}

// draft makes a provider of a form, with what is wrong with it.
func (p *Pages) draft(c *web.Context, d Driver, base Provider) (Draft, typed, []web.FieldError) {
	t, faults := p.readForm(c)
	out := Draft{Provider: base}
	out.NameSV, out.NameEN = t.nameSV, t.nameEN
	if base.ID.IsZero() {
		out.Issuer = t.issuer
	}
	out.Settings = Settings{Accepted: t.accepted, Claims: t.claims}
	if t.older != "" {
		var err error
		if out.Settings.OlderUntil, err = civil.Parse(t.older); err != nil {
			faults = append(faults, web.FieldError{Field: "older-until", Key: "provider.fault-older"})
		}
	}
	own, secrets, more := d.Read(c.Form)
	out.Own, out.Secrets, t.own = own, secrets, own
	faults = append(faults, more...)
	if err := out.Check(p.Service.Known); err != nil {
		all := faultsOf(err)
		if len(all) == 0 && len(faults) == 0 {
			all = []web.FieldError{{Key: "provider.fault-settings"}}
		}
		faults = append(faults, all...)
	}
	if len(faults) == 0 {
		faults = d.Look(c.Context(), &out.Provider)
	}
	return out, t, faults
}

func (p *Pages) add(c *web.Context) error {
	d := p.driver(Kind(c.Path("kind")))
	if d == nil {
		return &web.Error{Status: http.StatusNotFound}
	}
	draft, t, faults := p.draft(c, d, Provider{Kind: d.Kind(), Organisation: c.Actor.Organisation})
	if len(faults) > 0 {
		return p.form(c, d, nil, &t, faults)
	}
	made, err := p.Service.Add(c.Context(), c.Actor, draft)
	if f, ok := faultOf(err); ok {
		return p.form(c, d, nil, &t, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(Path+"/tjanst/"+made.ID.String(), "provider.added")
}

func (p *Pages) change(c *web.Context) error {
	in, err := p.read(c)
	if err != nil {
		return err
	}
	d := p.driver(in.Kind)
	if d == nil {
		return &web.Error{Status: http.StatusNotFound}
	}
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	draft, t, faults := p.draft(c, d, in)
	if len(faults) > 0 {
		return p.form(c, d, &in, &t, faults)
	}
	draft.Version = version
	why := WhyField(c, "")
	w, err := p.Service.Change(c.Context(), c.Actor, draft, why.Value)
	if f, ok := faultOf(err); ok {
		return p.form(c, d, &in, &t, []web.FieldError{f})
	}
	fault, err := FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.form(c, d, &in, &t, []web.FieldError{*fault})
	}
	return c.Redirect(Path+"/tjanst/"+in.ID.String(), w.Done("provider.changed"))
}
