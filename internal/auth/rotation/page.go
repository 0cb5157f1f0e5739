// SPDX-License-Identifier: EUPL-1.2

package rotation

import (
	"embed"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where it is shown how old keys and secrets are.
const Path = "/administration/nyckelbyten"

// Menu is the name of its entry among what is administered.
const Menu = "rotation"

// commands are how a kind is changed that no page changes.
var commands = map[Kind]string{Root: "insegel key rotate-root"}

// Pages are the page of how old keys and secrets are.
type Pages struct{ Service *Service }

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "rotation.List", p.list)
	s.Handle("POST "+Path, "rotation.SetAges", p.save)
}

type listPage struct {
	web.Page
	Rows   []row
	CanSet bool
	Ages   []web.Field
}

type row struct {
	What, Name, Href, Since, Due string
	// Command changes it, where no page does; How says it in words where no command does.
	Command, How string
	State        web.Tag
}

// Title says what a secret is, and whose.
func Title(l *locale.Localizer, s *Secret) string {
	what := l.T("rotation.kind-" + string(s.Kind))
	if s.Name != "" {
		what += ": " + s.Name
	}
	return what
}

// Place is the page where a secret is changed, or the one that tells how.
func (s *Secret) Place() string {
	if s.Path != "" {
		return s.Path
	}
	return Path
}

func (p *Pages) list(c *web.Context) error { return p.show(c) }

func (p *Pages) show(c *web.Context, faults ...web.FieldError) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := listPage{
		Page:   web.Page{Title: c.L.T("rotation.title"), Active: Menu, Errors: faults},
		CanSet: access.Allowed(c.Actor, "rotation.SetAges"),
	}
	for i := range all.Changes {
		x := &all.Changes[i]
		r := row{
			What: c.L.T("rotation.kind-" + string(x.Kind)), Name: x.Name, Command: commands[x.Kind], Due: c.L.Date(x.Due),
			Since: c.L.Moment(x.Since), State: web.OK(c.L.T("rotation.good")),
		}
		if out.CanSet { // who may only look at the list is refused on the pages where what stands in it is changed
			r.Href = x.Path
		}
		switch {
		case x.Weak:
			r.How = c.L.T("rotation.by-certificate-weak")
		case x.Kind == Database:
			r.How = c.L.T("rotation.by-database")
		case x.Kind == Certificate:
			r.How = c.L.T("rotation.by-certificate")
		}
		switch {
		case x.Due.Before(all.Today):
			r.State = web.Bad(c.L.T("rotation.late"))
		case x.Weak:
			r.State = web.Warn(c.L.T("rotation.weak"))
		case x.Near(all.Today):
			r.State = web.Warn(c.L.T("rotation.soon"))
		}
		out.Rows = append(out.Rows, r)
	}
	for _, k := range Kinds() {
		f := web.Field{Name: "days-" + string(k), Type: "number", Label: c.L.T("rotation.kind-" + string(k)), Value: strconv.Itoa(all.Ages.of(k))}
		if typed := c.Form(f.Name); typed != "" {
			f.Value = typed
		}
		out.Ages = append(out.Ages, f)
	}
	return c.Render(pages, "rotation.html", out)
}

func (p *Pages) save(c *web.Context) error {
	to := Ages{}
	var faults []web.FieldError
	for _, k := range Kinds() {
		text := strings.TrimSpace(c.Form("days-" + string(k)))
		if text == "" {
			continue
		}
		days, err := strconv.Atoi(text)
		if err != nil || (Ages{k: days}).Check() != nil {
			faults = append(faults, web.FieldError{Field: "days-" + string(k), Key: "rotation.fault-days"})
			continue
		}
		to[k] = days
	}
	if len(faults) > 0 {
		return p.show(c, faults...)
	}
	if err := p.Service.SetAges(c.Context(), c.Actor, to); err != nil {
		return err
	}
	return c.Redirect(Path, "rotation.saved")
}
