// SPDX-License-Identifier: EUPL-1.2

package token

import (
	"embed"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where the keys are shown.
const Path = "/administration/nycklar"

// Pages are the page of keys for programs.
type Pages struct{ Service *Service }

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "token.List", p.list)
	s.Handle("POST "+Path, "token.Create", p.create)
	s.Handle("POST "+Path+"/{id}/aterkalla", "token.Revoke", p.revoke)
}

type listPage struct {
	web.Page
	// Text is a key that was just made; it is shown on this page and never again.
	Text              string
	Rows              []row
	CanCreate         bool
	Name, Scope, Days web.Field
}

type row struct {
	ID, Name, Scope, Until, Used string
	State                        web.Tag
	Stands                       bool
}

func (p *Pages) list(c *web.Context) error { return p.render(c, "", nil) }

func (p *Pages) render(c *web.Context, text string, faults []web.FieldError) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := listPage{
		Page: web.Page{Title: l.T("token.title"), Active: "token", Errors: faults}, Text: text, CanCreate: access.Allowed(c.Actor, "token.Create"),
		Name:  web.Field{Name: "name", Label: l.T("token.name"), Hint: l.T("token.name-hint"), Value: c.Form("name")},
		Scope: web.Field{Name: "scope", Type: "select", Label: l.T("token.scope"), Value: c.Form("scope")},
		Days:  web.Field{Name: "days", Type: "number", Label: l.T("token.days"), Hint: l.T("token.days-hint"), Value: "180"},
	}
	for _, s := range Scopes() {
		out.Scope.Options = append(out.Scope.Options, web.Option{Value: string(s), Label: l.T("token.scope-" + string(s.Role()))})
	}
	now := p.Service.DB.Now()
	for i := range all {
		k := &all[i]
		r := row{ID: k.ID, Name: k.Name, Scope: l.T("token.scope-" + string(k.Scope.Role())), Until: l.Moment(k.Expires), Used: l.T("token.unused"), Stands: k.Stands(now)}
		if !k.Used.IsZero() {
			r.Used = l.Moment(k.Used) + " " + k.From
		}
		switch {
		case !k.Revoked.IsZero():
			r.State = web.Neutral(l.T("token.revoked"))
		case !r.Stands:
			r.State = web.Warn(l.T("token.expired"))
		default:
			r.State = web.OK(l.T("token.stands"))
		}
		out.Rows = append(out.Rows, r)
	}
	return c.Render(pages, "token.html", out)
}

// create makes a key and shows it on the page that answers: it stands in no address, no cookie and no database.
func (p *Pages) create(c *web.Context) error {
	days, err := strconv.Atoi(c.Form("days"))
	if err != nil || days < 1 || days > 365 {
		return p.render(c, "", []web.FieldError{{Field: "days", Key: "token.fault-days"}})
	}
	text, err := p.Service.Create(c.Context(), c.Actor, Key{Name: c.Form("name"), Scope: Scope(c.Form("scope"))}, time.Duration(days)*24*time.Hour)
	switch {
	case errors.Is(err, ErrName):
		return p.render(c, "", []web.FieldError{{Field: "name", Key: "token.fault-name"}})
	case errors.Is(err, ErrScope):
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	case err != nil:
		return err
	}
	return p.render(c, text, nil)
}

func (p *Pages) revoke(c *web.Context) error {
	if err := p.Service.Revoke(c.Context(), c.Actor, c.Path("id")); err != nil {
		return err
	}
	return c.Redirect(Path, "token.was-revoked")
}
