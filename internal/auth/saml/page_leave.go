// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// Leave gives the path where a reader who has signed out here can sign out at the provider too; empty when there is nothing to sign
// out of. It is auth.Pages.Leave.
func (p *Pages) Leave(c *web.Context, s auth.Session) (string, error) {
	if s.Method != string(provider.SAML) || s.ProviderSession == "" {
		return "", nil
	}
	t := p.ticket(c)
	id, err := p.Service.leaving(c.Context(), s.Organisation, s.ProviderSession, t)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return Path(id) + "/ut?s=" + url.QueryEscape(t.State), nil
}

type leavePage struct {
	web.Page
	Provider, Href string
}

// leave lets a reader who has signed out here sign out at the provider too.
func (p *Pages) leave(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	sent, to, err := p.Service.leave(c.Context(), &in, p.Site, provider.Ticket{State: c.Query("s"), Browser: p.browser(c)})
	var r *Refusal
	if errors.As(err, &r) || errors.Is(err, provider.ErrRequest) || errors.Is(err, provider.ErrNoSecret) {
		return c.Redirect(web.SignInPath, "auth.signed-out") // the provider has no such address, or it has been done
	}
	if err != nil {
		return err
	}
	title := web.Page{Title: c.L.T("saml.leave-title"), Layout: web.Plain}
	if sent.Binding == bindingRedirect {
		return c.Render(templates, "leave.html", leavePage{Page: title, Provider: to.In(c.L.Lang), Href: sent.URL})
	}
	return c.Render(templates, "forward.html", forwardPage{
		Page: title, Sentence: c.L.T("saml.leave", "Provider", to.In(c.L.Lang)), Button: c.L.T("saml.leave-button", "Provider", to.In(c.L.Lang)),
		Stay: web.SignInPath, Sent: sent,
	})
}

// signedOut takes a provider's question about signing out, or its answer to ours, by either binding.
func (p *Pages) signedOut(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	us, err := p.us(c)
	if err != nil {
		return err
	}
	values := c.Request.URL.Query()
	in := Incoming{RawQuery: c.Request.URL.RawQuery}
	if c.Request.Method == http.MethodPost {
		values, in.RawQuery = c.Request.PostForm, ""
	}
	in.Name = "SAMLRequest"
	if values.Has("SAMLResponse") {
		in.Name = "SAMLResponse"
	}
	if c.Request.Method == http.MethodPost {
		in.Value = values.Get(in.Name)
	}
	r := reply{site: p.Site, state: values.Get("RelayState"), browser: p.browser(c), organisation: us}
	if len(values["SAMLRequest"])+len(values["SAMLResponse"]) != 1 || c.Request.Method == http.MethodPost && in.Value == "" {
		return p.logoutRefused(c, us, in, refuse(WrongShape, "not one message"))
	}
	if in.Name == "SAMLResponse" {
		if err := p.Service.left(c.Context(), us, in, r); err != nil {
			return p.logoutRefused(c, us, in, err)
		}
		return c.Redirect(web.SignInPath, "saml.left")
	}
	sent, err := p.Service.ended(c.Context(), us, in, r)
	if err != nil {
		return p.logoutRefused(c, us, in, err)
	}
	if sent.Binding == bindingRedirect {
		http.Redirect(c.Writer, c.Request, sent.URL, http.StatusSeeOther)
		return nil
	}
	return c.Render(templates, "forward.html", forwardPage{
		Page: web.Page{Title: c.L.T("saml.leave-title"), Layout: web.Plain}, Sentence: c.L.T("saml.forward", "Provider", c.L.T("saml.the-service")),
		Button: c.L.T("saml.forward-button"), Sent: sent,
	})
}

// logoutRefused logs a message about signing out that was not believed. Nobody has been signed out by it.
func (p *Pages) logoutRefused(c *web.Context, us organisation, in Incoming, err error) error {
	var r *Refusal
	if !errors.As(err, &r) {
		return err
	}
	fault := p.Service.db.Write(c.Context(), us.id, func(tx *db.Tx) error {
		return audit.Append(c.Context(), tx, access.Actor{ID: "unknown", Organisation: us.id, From: p.Sessions.From(c.Request)}, audit.Entry{
			Action: "saml.RefuseLogout", ObjectKind: "organisation", ObjectID: us.id.String(), Data: map[string]string{"reason": string(r.Reason), "message": in.Name},
		})
	})
	if fault != nil {
		return fault
	}
	if err := p.failed(c, err); err != nil {
		return err
	}
	out := refusedPage{
		Page: web.Page{Title: c.L.T("saml.refused-title"), Layout: web.Plain, Status: http.StatusForbidden}, Sentence: c.L.T("saml.left-not"),
		Do: c.L.T("saml.left-not-do"), Logged: c.L.T("saml.logged"), Home: web.SignInPath,
	}
	if in.Name == "SAMLResponse" {
		out.Title = c.L.T("saml.left-not-title")
	}
	return c.Render(templates, "refused.html", out)
}
