// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// The addresses of an organisation's look.
const (
	LookPath  = "/administration/utseende"
	StylePath = "/utseende.css"
	LogoPath  = "/utseende/logga"
	// StatementPath is the accessibility statement, which anybody may read.
	StatementPath = "/tillganglighet"
)

// lookForever lets a browser keep what has its version in the address.
const lookForever = "private, max-age=31536000, immutable"

type lookPage struct {
	web.Page
	Name, Brand, Brand2, Tint, File web.Field
	Contact, Known, Remove          web.Field
	// Kept is the logo that was chosen in a form with faults.
	Kept    string
	HasLogo bool
	Logo    string
	CanSave bool
}

func (p *Pages) lookRoutes(s *web.Site) {
	s.Handle("GET "+LookPath, "organisation.Look", p.look)
	s.Handle("POST "+LookPath, "organisation.SaveLook", p.saveLook)
	s.Handle("GET "+StylePath, "", p.style)
	s.Handle("GET "+LogoPath, "", p.logo)
	s.Public("GET "+StatementPath, p.statement)
}

// StyleOf gives the address of the style sheet of the reader's organisation; empty when it has Insegel's own look.
func (s *Service) StyleOf(c *web.Context) (string, error) {
	if c.Actor.Organisation == "" {
		return "", nil
	}
	l, err := s.shown(c.Context(), c.Actor.Organisation)
	if err != nil || !l.Own() {
		return "", err
	}
	return StylePath + "?v=" + l.Version(), nil
}

func (p *Pages) look(c *web.Context) error {
	l, err := p.Service.Look(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.renderLook(c, NewLook{Look: l}, nil)
}

// keptLogo is the field that carries a logo that was chosen in a form with faults: a browser forgets the file.
const keptLogo = "logo-kept"

func (p *Pages) renderLook(c *web.Context, in NewLook, faults []web.FieldError) error {
	l := in.Look
	if len(faults) > 0 { // what was sent says nothing of the logo that is there
		now, err := p.Service.Look(c.Context(), c.Actor)
		if err != nil {
			return err
		}
		l.Logo = now.Logo
	}
	t := c.L.T
	tone := func(name, label, hint, value, own string) web.Field {
		return web.Field{Name: name, Type: "color", Label: t(label), Hint: t(hint), Value: or(value, own)}
	}
	d := lookPage{
		Page:    web.Page{Title: t("organisation.look"), Active: "look", Errors: faults},
		Name:    web.Field{Name: "name", Label: t("organisation.look-name"), Value: l.Name},
		Brand:   tone("brand", "organisation.look-brand", "organisation.look-brand-hint", l.Brand, ownBrand),
		Brand2:  tone("brand2", "organisation.look-brand2", "organisation.look-brand2-hint", l.Brand2, ownBrand2),
		Tint:    tone("tint", "organisation.look-tint", "organisation.look-tint-hint", l.Tint, ownTint),
		File:    web.Field{Name: "logo", Type: "file", Label: t("organisation.look-logo"), Hint: t("organisation.look-logo-hint", "Max", MaxLogo>>10), Accept: "image/png,image/jpeg", Optional: true},
		Remove:  web.Field{Name: "remove", Type: "checkbox", Label: t("organisation.look-remove"), Value: "1"},
		Contact: web.Field{Name: "contact", Type: "textarea", Label: t("organisation.look-contact"), Hint: t("organisation.look-contact-hint"), Value: l.Contact, Optional: true},
		Known:   web.Field{Name: "known", Type: "textarea", Label: t("organisation.look-known"), Hint: t("organisation.look-known-hint"), Value: l.Known, Optional: true},
		HasLogo: l.Logo != "", Logo: LogoPath + "?v=" + l.Version(), CanSave: access.Allowed(c.Actor, "organisation.SaveLook"),
	}
	if len(in.File) > 0 && !slices.ContainsFunc(faults, func(f web.FieldError) bool { return f.Field == "logo" }) {
		d.Kept = base64.StdEncoding.EncodeToString(in.File)
	}
	d.Remove.Checked = in.RemoveLogo
	return c.Render(pages, "look.html", d)
}

// own leaves out a colour that is Insegel's own, so that the organisation follows it when it changes.
func own(value, standard string) string {
	if value == standard {
		return ""
	}
	return value
}

func (p *Pages) saveLook(c *web.Context) error {
	in := NewLook{
		Look: Look{
			Name: c.Form("name"), Brand: own(c.Form("brand"), ownBrand), Brand2: own(c.Form("brand2"), ownBrand2), Tint: own(c.Form("tint"), ownTint),
			Contact: c.Form("contact"), Known: c.Form("known"),
		},
		RemoveLogo: c.Form("remove") != "",
	}
	f, _, err := c.Upload("logo", MaxLogo, ".png", ".jpg", ".jpeg")
	switch {
	case err == nil:
		defer func() { _ = f.Close() }() // it was only read
		if in.File, err = io.ReadAll(f); err != nil {
			return fmt.Errorf("read logo: %w", err)
		}
	case errors.Is(err, web.ErrEnding):
		return p.renderLook(c, in, lookFaults(ErrLogo, c.L))
	case !errors.Is(err, web.ErrNoFile):
		return err
	case c.Form(keptLogo) != "":
		if in.File, err = base64.StdEncoding.DecodeString(c.Form(keptLogo)); err != nil || len(in.File) > MaxLogo {
			return p.renderLook(c, NewLook{Look: in.Look}, lookFaults(ErrLogo, c.L))
		}
	}
	err = p.Service.SaveLook(c.Context(), c.Actor, in)
	if faults := lookFaults(err, c.L); len(faults) > 0 {
		return p.renderLook(c, in, faults)
	}
	if err != nil {
		return err
	}
	return c.Redirect(LookPath, "organisation.look-saved")
}

// lookFaults says in words what is wrong with a look.
func lookFaults(err error, l *locale.Localizer) []web.FieldError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // every colour that is wrong, not only the first
		var out []web.FieldError
		for _, e := range joined.Unwrap() {
			out = append(out, lookFaults(e, l)...)
		}
		return out
	}
	var clash *Clash
	var bad *ColourError
	switch {
	case errors.As(err, &clash):
		return []web.FieldError{{Field: clash.Field, Key: "organisation.look-clash", Args: []any{
			"Text", clash.Text, "Behind", clash.Behind, "Ratio", l.Decimal(clash.Ratio), "Least", l.Decimal(Contrast),
		}}}
	case errors.As(err, &bad):
		return []web.FieldError{{Field: bad.Field, Key: "organisation.look-colour"}}
	case errors.Is(err, ErrName):
		return []web.FieldError{{Field: "name", Key: "organisation.look-no-name"}}
	case errors.Is(err, ErrLogo):
		return []web.FieldError{{Field: "logo", Key: "organisation.look-no-logo"}}
	case errors.Is(err, ErrLogoSize):
		return []web.FieldError{{Field: "logo", Key: "organisation.look-logo-large"}}
	case errors.Is(err, ErrLong):
		return []web.FieldError{{Field: "contact", Key: "organisation.look-long", Args: []any{"Max", MaxContact}}}
	}
	return nil
}

func (p *Pages) style(c *web.Context) error {
	l, err := p.Service.shown(c.Context(), c.Actor.Organisation)
	if err != nil {
		return err
	}
	return p.file(c, &l, "text/css; charset=utf-8", []byte(l.CSS()))
}

func (p *Pages) logo(c *web.Context) error {
	l, err := p.Service.shown(c.Context(), c.Actor.Organisation)
	if err != nil {
		return err
	}
	if l.Logo == "" {
		return &web.Error{Status: http.StatusNotFound}
	}
	body, err := l.picture()
	if err != nil {
		return fmt.Errorf("read logo: %w", err)
	}
	return p.file(c, &l, "image/png", body)
}

// file answers with a part of the look. Only an address that names this very look may be kept.
func (p *Pages) file(c *web.Context, l *Look, kind string, body []byte) error {
	h := c.Writer.Header()
	h.Set("Content-Type", kind)
	if c.Query("v") == l.Version() {
		h.Set("Cache-Control", lookForever)
	}
	_, err := c.Writer.Write(body)
	return err
}

type statementPage struct {
	web.Page
	Lead           string
	Known, Contact []string
}

// statement shows the accessibility statement: that of the reader's organisation, or of the only one there is.
func (p *Pages) statement(c *web.Context) error {
	d := statementPage{Page: web.Page{Title: c.L.T("organisation.statement")}, Lead: c.L.T("organisation.statement-lead-nobody")}
	org := c.Actor.Organisation
	if org == "" {
		d.Layout = web.Plain
		var err error
		if org, err = p.Service.only(c.Context()); err != nil {
			return err
		}
	}
	if org != "" {
		l, err := p.Service.shown(c.Context(), org)
		if err != nil {
			return err
		}
		d.Lead, d.Known, d.Contact = c.L.T("organisation.statement-lead", "Name", l.Name), lines(l.Known), lines(l.Contact)
	}
	return c.Render(pages, "statement.html", d)
}

// lines divides a text into its lines, without the empty ones.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
