// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"embed"
	"errors"
	"net/http"
	"strconv"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// PagePath is where an administrator sets up mail.
const PagePath = "/administration/e-post"

// Pages are the page of the mail server's settings and of what has been sent.
type Pages struct{ Service *Service }

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+PagePath, "mail.Settings", func(c *web.Context) error { return p.show(c, nil, nil) })
	s.Handle("POST "+PagePath, "mail.Set", p.save)
	s.Handle("POST "+PagePath+"/prova", "mail.Test", p.test)
}

type mailPage struct {
	web.Page
	Set     bool
	Version int
	Fields  []web.Field
	To      web.Field
	Sent    []row
}

type row struct{ At, What, To, State, Detail string }

// show draws the page; posted is what was typed when it could not be saved.
func (p *Pages) show(c *web.Context, posted *Settings, faults []web.FieldError) error {
	stored, err := p.Service.Settings(c.Context(), c.Actor)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	shown := stored
	if posted != nil {
		shown = *posted
	} else if stored.Version == 0 {
		shown.Port, shown.Security = 587, StartTLS
	}
	out := mailPage{
		Page: web.Page{Title: c.L.T("mail.title"), Active: "mail", Errors: faults}, Set: stored.Version > 0, Version: stored.Version,
		Fields: fields(c, shown, stored.HasPassword), To: web.Field{Name: "to", Type: "email", Label: c.L.T("mail.test-to"), Value: c.Form("to"), Autocomplete: "email"},
	}
	sent, err := p.Service.Sent(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, m := range sent {
		r := row{At: c.L.Moment(m.At), What: c.L.T("mail.name-" + string(m.Template)), To: m.Recipient, State: c.L.T("mail.state-" + string(m.State))}
		if m.State != Sent && m.Attempts > 0 {
			r.Detail = c.L.T("mail.attempts", "Count", m.Attempts) + ": " + m.Fault
		}
		out.Sent = append(out.Sent, r)
	}
	return c.Render(pages, "mail.html", out)
}

func fields(c *web.Context, s Settings, hasPassword bool) []web.Field {
	port := strconv.Itoa(s.Port)
	if s.Port == 0 {
		port = ""
	}
	hint := c.L.T("mail.password-hint")
	if hasPassword {
		hint = c.L.T("mail.password-kept")
	}
	var ways []web.Option
	for _, w := range []Security{StartTLS, Implicit, Plain} {
		ways = append(ways, web.Option{Value: string(w), Label: c.L.T("mail.security-" + string(w))})
	}
	return []web.Field{
		{Name: "host", Label: c.L.T("mail.host"), Hint: c.L.T("mail.host-hint"), Value: s.Host},
		{Name: "port", Type: "number", Label: c.L.T("mail.port"), Hint: c.L.T("mail.port-hint"), Value: port},
		{Name: "security", Type: "select", Label: c.L.T("mail.security"), Value: string(s.Security), Options: ways},
		{Name: "account", Label: c.L.T("mail.account"), Hint: c.L.T("mail.account-hint"), Value: s.Account, Optional: true, Autocomplete: "off"},
		{Name: "password", Type: "password", Label: c.L.T("mail.password"), Hint: hint, Optional: true, Autocomplete: "off"},
		{Name: "sender", Type: "email", Label: c.L.T("mail.sender"), Hint: c.L.T("mail.sender-hint"), Value: s.Sender, Autocomplete: "off"},
	}
}

func (p *Pages) save(c *web.Context) error {
	port, _ := strconv.Atoi(c.Form("port")) // what is no number is no port
	version, err := strconv.Atoi(c.Form("version"))
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	s := Settings{
		Host: c.Form("host"), Port: port, Security: Security(c.Form("security")), Account: c.Form("account"), Password: c.Form("password"),
		Sender: c.Form("sender"), Version: version,
	}
	err = p.Service.Set(c.Context(), c.Actor, s)
	var fault Fault
	switch {
	case errors.As(err, &fault):
		return p.show(c, &s, []web.FieldError{{Field: fault.Field, Key: fault.Key}})
	case errors.Is(err, ErrNoKey):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "mail.fault-key", Err: err}
	case err != nil:
		return err
	}
	return c.Redirect(PagePath, "mail.saved")
}

func (p *Pages) test(c *web.Context) error {
	err := p.Service.Test(c.Context(), c.Actor, c.Form("to"), c.L.Lang)
	for _, f := range []struct {
		err error
		key string
	}{{ErrAddress, "mail.fault-to"}, {ErrTooMany, "mail.fault-many"}, {ErrNotSet, "mail.fault-not-set"}} {
		if errors.Is(err, f.err) {
			return p.show(c, nil, []web.FieldError{{Field: "to", Key: f.key}})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(PagePath, "mail.tested")
}
