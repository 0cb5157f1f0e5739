// SPDX-License-Identifier: EUPL-1.2

package certificate

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Pages are the addresses that a reader with a card comes to. The certificate is shown under a name of its own (Client), where browsers
// are asked for one; the session is made where the reader works (Site). In between the browser carries a code that is used once.
type Pages struct {
	DB       *db.DB
	Known    *provider.Contexts
	Sessions *auth.Sessions
	Limits   *auth.Limits
	Cookies  provider.Cookies
	Proxy    Proxy
	Lists    *Lists
	// Site and Client are the two addresses: scheme and host.
	Site, Client string
	// Tried shows an administrator what came of a trial.
	Tried func(c *web.Context, t provider.Trial) error
}

// Path is where a sign-in with a card begins.
func Path(id provider.ID) string { return "/logga-in/kort/" + id.String() }

// Mount registers the pages.
func (p *Pages) Mount(s *web.Site) {
	s.Public("GET /logga-in/kort/{id}", p.begin)
	s.Public("GET /logga-in/kort/{id}/visa", p.show)
	s.Public("GET /logga-in/kort/{id}/svar", p.answered)
}

func (p *Pages) find(c *web.Context) (provider.Provider, error) {
	if err := p.Limits.Hold(c, p.attempt(c)); err != nil {
		return provider.Provider{}, err
	}
	return provider.Named(c, p.DB, provider.Certificate)
}

func (p *Pages) attempt(c *web.Context) auth.Attempt {
	return auth.Attempt{Kind: auth.SigningIn, From: p.Sessions.From(c.Request)}
}

// begin notes the sign-in and sends the browser to where it is asked for a certificate.
func (p *Pages) begin(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	r := provider.Request{Organisation: in.Organisation, Provider: in.ID, For: provider.Enter, To: web.Local(c.Query("till"))}
	switch {
	case c.Query("prova") == "1":
		if c.Actor.Organisation != in.Organisation {
			return &web.Error{Status: http.StatusNotFound}
		}
		if err := access.Check(c.Actor, "provider.Try"); err != nil {
			return err
		}
		r.For, r.By = provider.Try, c.Actor.ID
	case !in.Enabled:
		return &web.Error{Status: http.StatusNotFound, Err: provider.ErrNotEnabled}
	case c.Query("igen") == "1":
		me, ok := auth.Current(c.Context())
		if !ok || me.Organisation != in.Organisation || me.Issuer != in.Issuer {
			return c.Redirect(web.SignInPath)
		}
		r.For, r.By = provider.StepUp, c.Actor.ID
	}
	ticket := provider.NewTicket(p.Cookies.Read(c.Request))
	err = p.DB.Write(c.Context(), in.Organisation, func(tx *db.Tx) error {
		levels, err := provider.LevelsOf(c.Context(), tx, in.Organisation)
		if err != nil {
			return err
		}
		r.Contexts = levels.Contexts(&in, p.Known)
		return provider.Begin(c.Context(), tx, ticket, &r)
	})
	if err != nil {
		return err
	}
	p.Cookies.Write(c.Writer, ticket.Browser)
	http.Redirect(c.Writer, c.Request, p.Client+Path(in.ID)+"/visa?state="+url.QueryEscape(ticket.State), http.StatusSeeOther)
	return nil
}

// found is what is kept between the two addresses.
type found struct {
	person
	// Code is the hash of what the browser carries on.
	Code string `json:"code"`
}

// show takes the certificate. The code that it gives goes to the browser that showed it and to nobody else, so that whoever lures
// somebody to this address with a sign-in of their own gets nothing.
func (p *Pages) show(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	state := c.Query("state")
	code := provider.NewTicket("").State
	var who person
	var contexts []string
	err = p.DB.Write(c.Context(), in.Organisation, func(tx *db.Tx) error {
		return provider.Answer(c.Context(), tx, &in, state, func(r *provider.Request) (json.RawMessage, error) {
			contexts = r.Contexts
			s, err := settingsOf(&in)
			if err != nil {
				return nil, err
			}
			if who, err = s.check(p.Proxy.shown(c.Request), r.Contexts, p.Lists, tx.Now); err != nil {
				return nil, err
			}
			return json.Marshal(found{who, provider.Hash(code)})
		})
	})
	if err != nil {
		return p.refused(c, &in, contexts, who.Context, err)
	}
	to := p.Site + Path(in.ID) + "/svar?" + url.Values{"state": {state}, "code": {code}}.Encode()
	http.Redirect(c.Writer, c.Request, to, http.StatusSeeOther)
	return nil
}

// answered signs in the browser that began, with the code of the browser that showed the certificate: they are the same.
func (p *Pages) answered(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	r, f, proof, err := p.take(c, &in)
	if err != nil {
		return p.refused(c, &in, r.Contexts, f.Context, err)
	}
	if r.For == provider.Try {
		if c.Actor.ID != r.By || c.Actor.Organisation != in.Organisation {
			return &web.Error{Status: http.StatusForbidden}
		}
		strength := provider.Strength{Factors: proof.Factors, LoA: proof.LoA}
		return p.Tried(c, provider.Trial{Provider: in, Asked: r.Contexts, Answered: f.Context, Strength: strength, At: proof.At, Name: f.Name, Claims: proof.Claims})
	}
	err = p.Sessions.Enter(c.Context(), proof)
	if errors.Is(err, auth.ErrUnknownPerson) || errors.Is(err, auth.ErrOtherPerson) {
		return p.tell(c, &in, err) // Enter has logged it
	}
	if err != nil {
		return err
	}
	return c.Redirect(web.Local(r.To))
}

// take uses up a request whose certificate has been shown, and makes the proof of it.
func (p *Pages) take(c *web.Context, in *provider.Provider) (r provider.Request, f found, proof auth.Proof, err error) {
	ticket := provider.Ticket{State: c.Query("state"), Browser: p.Cookies.Read(c.Request)}
	err = p.DB.Write(c.Context(), in.Organisation, func(tx *db.Tx) (err error) {
		proof.At = tx.Now
		r, err = provider.Take(c.Context(), tx, in, ticket)
		return err
	})
	switch {
	case err != nil:
		return r, f, proof, err
	case len(r.Own) == 0 || json.Unmarshal(r.Own, &f) != nil || f.Code == "" || f.Code != provider.Hash(c.Query("code")):
		return r, f, proof, provider.ErrRequest
	case !in.Enabled && r.For != provider.Try:
		return r, f, proof, provider.ErrNotEnabled
	}
	i := slices.IndexFunc(in.Settings.Accepted, func(a provider.Accepted) bool { return a.Value == f.Context })
	if i < 0 {
		return r, f, proof, auth.ErrLevel
	}
	strength := p.Known.Strength(in.Settings.Accepted[i])
	proof.Organisation, proof.Method, proof.Issuer, proof.Subject = in.Organisation, string(provider.Certificate), in.Issuer, f.Subject
	proof.Name, proof.Context, proof.Factors, proof.LoA = f.Name, f.Context, strength.Factors, strength.LoA
	proof.StepUp, proof.Claims = r.For == provider.StepUp, map[string][]string{}
	if f.Unit != "" {
		proof.Claims[provider.ClaimUnit] = []string{f.Unit}
	}
	return r, f, proof, nil
}

// reason is a short word for the log, of why a certificate was refused; empty for what is nobody's fault but the program's.
func reason(err error) string {
	for _, r := range []struct {
		err  error
		word string
	}{
		{provider.ErrRequest, "request"},
		{ErrNone, "none"},
		{ErrUntrusted, "untrusted"},
		{ErrRevoked, "revoked"},
		{ErrRevocation, "revocation"},
		{ErrSubject, "subject"},
		{auth.ErrLevel, "level"},
		{auth.ErrNoDemand, "no-demand"},
		{provider.ErrNotEnabled, "disabled"},
		{ErrAuthorities, "settings"},
		{provider.ErrSettings, "settings"},
		{auth.ErrUnknownPerson, "unknown-person"},
		{auth.ErrOtherPerson, "other-person"},
	} {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return ""
}

func (p *Pages) refused(c *web.Context, in *provider.Provider, asked []string, answered string, cause error) error {
	word := reason(cause)
	if word == "" {
		return cause
	}
	if err := p.logRefusal(c.Context(), in, p.Sessions.From(c.Request), map[string]any{
		"method": string(provider.Certificate), "reason": word, "asked": asked, "answered": answered,
	}); err != nil {
		return err
	}
	if _, err := p.Limits.Failed(c.Context(), p.attempt(c)); err != nil {
		return err
	}
	return p.tell(c, in, cause)
}

func (p *Pages) logRefusal(ctx context.Context, in *provider.Provider, from string, data map[string]any) error {
	err := p.DB.Write(ctx, in.Organisation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, access.Actor{ID: "unknown", Organisation: in.Organisation, From: from}, audit.Entry{
			Action: "certificate.Refuse", ObjectKind: "provider", ObjectID: in.ID.String(), Data: data,
		})
	})
	if err != nil {
		return fmt.Errorf("log refused certificate: %w", err)
	}
	return nil
}

type refusedPage struct {
	web.Page
	Sentence, Again string
}

func (p *Pages) tell(c *web.Context, in *provider.Provider, cause error) error {
	key := "certificate.refused"
	switch reason(cause) {
	case "none":
		key = "certificate.none"
	case "revoked":
		key = "certificate.revoked"
	case "revocation":
		key = "certificate.revocation"
	case "level", "no-demand":
		key = "certificate.level"
	case "request":
		key = "certificate.request"
	case "unknown-person":
		key = "certificate.unknown"
	case "other-person":
		key = "certificate.other"
	}
	status := http.StatusForbidden
	if key == "certificate.revocation" {
		status = http.StatusServiceUnavailable
	}
	out := refusedPage{Page: web.Page{Title: c.L.T("certificate.title"), Layout: web.Plain, Status: status}, Sentence: c.L.T(key), Again: p.Site + Path(in.ID)}
	return c.Render(templates, "card.html", out)
}
