// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"

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

// Pages are the addresses that browsers and providers come to.
type Pages struct {
	Service  *Service
	Sessions *auth.Sessions
	Limits   *auth.Limits
	Cookies  provider.Cookies
	// Site is the address that readers use, which the provider sends them back to: scheme and host.
	Site string
	// Tried shows an administrator what came of trying a provider.
	Tried func(c *web.Context, t provider.Trial) error
}

// Mount registers the pages.
func (p *Pages) Mount(s *web.Site) {
	s.Public("GET /logga-in/oidc/{id}", p.begin)
	s.Public("GET /logga-in/oidc/{id}/svar", p.answered)
	s.Machine("POST /logga-in/oidc/{id}/utloggning", p.loggedOut)
	s.Public("GET /logga-in/oidc/{id}/ut", p.leave)
	s.Machine("GET /oidc/{code}/nycklar", p.keys)
	s.Handle("GET "+KeysPath, "oidc.Keys", p.ownKeys)
	s.Handle("POST "+KeysPath, "oidc.RotateKeys", p.changeKeys)
}

// Path is where a sign-in at a provider begins.
func Path(id provider.ID) string { return "/logga-in/oidc/" + id.String() }

func (p *Pages) redirect(id provider.ID) string { return p.Site + Path(id) + "/svar" }

// find reads the provider that stands in an address.
func (p *Pages) find(c *web.Context) (provider.Provider, error) {
	return provider.Named(c, p.Service.db, provider.OIDC)
}

// slow refuses a request that comes too soon after many others.
func (p *Pages) slow(c *web.Context) error {
	return p.Limits.Hold(c, p.attempt(c))
}

func (p *Pages) attempt(c *web.Context) auth.Attempt {
	return auth.Attempt{Kind: auth.SigningIn, From: p.Sessions.From(c.Request)}
}

// begin sends the browser to the provider.
func (p *Pages) begin(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	in, err := p.find(c)
	if err != nil {
		return err
	}
	q := question{
		ticket: provider.NewTicket(p.Cookies.Read(c.Request)), redirect: p.redirect(in.ID),
		request: provider.Request{Organisation: in.Organisation, Provider: in.ID, For: provider.Enter, To: web.Local(c.Query("till"))},
	}
	switch {
	case c.Query("prova") == "1":
		if err := mayTry(c, &in); err != nil {
			return err
		}
		q.request.For, q.request.By = provider.Try, c.Actor.ID
	case !in.Enabled:
		return &web.Error{Status: http.StatusNotFound, Err: provider.ErrNotEnabled}
	case c.Query("igen") == "1":
		me, ok := auth.Current(c.Context())
		if !ok || me.Organisation != in.Organisation || me.Issuer != in.Issuer {
			return c.Redirect(web.SignInPath)
		}
		q.request.For, q.request.By = provider.StepUp, c.Actor.ID
	}
	address, err := p.Service.ask(c.Context(), &in, &q)
	if err != nil {
		return p.refused(c, &outcome{provider: in, request: q.request, err: err})
	}
	p.Cookies.Write(c.Writer, q.ticket.Browser)
	http.Redirect(c.Writer, c.Request, address, http.StatusSeeOther)
	return nil
}

// mayTry lets an administrator of the provider's organisation try it.
func mayTry(c *web.Context, in *provider.Provider) error {
	if c.Actor.Organisation != in.Organisation {
		return &web.Error{Status: http.StatusNotFound}
	}
	return access.Check(c.Actor, "provider.Try")
}

// read takes in what the browser came back with. A parameter that stands twice is read differently by different programs.
func (p *Pages) read(c *web.Context, id provider.ID) reply {
	q := c.Request.URL.Query()
	r := reply{
		ticket: provider.Ticket{State: q.Get("state"), Browser: p.Cookies.Read(c.Request)}, code: q.Get("code"), issuer: q.Get("iss"), fault: q.Get("error"),
		redirect: p.redirect(id),
	}
	_, r.issuerGiven = q["iss"]
	for _, name := range []string{"state", "code", "iss", "error"} {
		r.manyOfSome = r.manyOfSome || len(q[name]) > 1
	}
	if r.fault == "" && r.code == "" {
		r.fault = "no_code"
	}
	return r
}

// answered takes the provider's answer.
func (p *Pages) answered(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	in, err := p.find(c)
	if err != nil {
		return err
	}
	r := p.read(c, in.ID)
	o := p.Service.take(c.Context(), &in, &r)
	if o.request.For == provider.Try {
		return p.tried(c, &o)
	}
	if o.err == nil {
		if o.err = p.Sessions.Enter(c.Context(), o.proof); o.err == nil {
			return c.Redirect(web.Local(o.request.To))
		}
		if errors.Is(o.err, auth.ErrUnknownPerson) || errors.Is(o.err, auth.ErrOtherPerson) {
			return p.tell(c, &o) // Enter has logged it
		}
	}
	return p.refused(c, &o)
}

// tried shows what the provider answered. Who tries must still be who began.
func (p *Pages) tried(c *web.Context, o *outcome) error {
	if err := mayTry(c, &o.provider); err != nil {
		return err
	}
	if c.Actor.ID != o.request.By {
		return &web.Error{Status: http.StatusForbidden}
	}
	t := provider.Trial{
		Provider: o.provider, Asked: o.request.Contexts, Answered: o.answer.context, Methods: o.answer.methods, Strength: o.strength, At: o.answer.at, Err: o.err,
		Reason: reason(o.err), Name: o.proof.Name, Claims: o.proof.Claims,
	}
	if o.err != nil {
		if err := p.Service.logRefusal(c.Context(), o, c.Actor.From); err != nil {
			return err
		}
	}
	return p.Tried(c, t)
}

// refused logs a refusal and tells the reader.
func (p *Pages) refused(c *web.Context, o *outcome) error {
	if o.err != nil && reason(o.err) == "internal" {
		return o.err
	}
	if err := p.Service.logRefusal(c.Context(), o, p.Sessions.From(c.Request)); err != nil {
		return err
	}
	if r := reason(o.err); r != "down" && r != "provider" {
		if _, err := p.Limits.Failed(c.Context(), p.attempt(c)); err != nil {
			return err
		}
	}
	return p.tell(c, o)
}

type refusedPage struct {
	web.Page
	// Sentence says what happened and Do what the reader can do.
	Sentence, Do string
	Again, Home  string
}

// told gives the messages of a refusal: what happened, what to do, and the status.
func told(err error) (title, sentence, do string, status int) {
	switch reason(err) {
	case "down", "host", "secret":
		return "oidc.down-title", "oidc.down", "oidc.down-do", http.StatusServiceUnavailable
	case "level", "methods":
		return "oidc.level-title", "oidc.level", "oidc.level-do", http.StatusForbidden
	case "no-demand":
		return "oidc.level-title", "oidc.no-level", "oidc.level-do", http.StatusForbidden
	case "stale", "future":
		return "oidc.stale-title", "oidc.stale", "oidc.stale-do", http.StatusForbidden
	case "unknown-person":
		return "oidc.unknown-title", "oidc.unknown", "oidc.unknown-do", http.StatusForbidden
	case "other-person":
		return "oidc.other-title", "oidc.other", "oidc.other-do", http.StatusForbidden
	case "provider":
		return "oidc.cancelled-title", "oidc.cancelled", "oidc.again-do", http.StatusForbidden
	case "request":
		return "oidc.request-title", "oidc.request", "oidc.again-do", http.StatusBadRequest
	default:
		return "oidc.refused-title", "oidc.refused", "oidc.refused-do", http.StatusForbidden
	}
}

// tell draws the page of a refusal. It says what kind of thing went wrong and nothing of what the provider sent.
func (p *Pages) tell(c *web.Context, o *outcome) error {
	title, sentence, do, status := told(o.err)
	out := refusedPage{
		Page:     web.Page{Title: c.L.T(title), Layout: web.Plain, Status: status},
		Sentence: c.L.T(sentence, "Provider", o.provider.Name(c.L.Lang)), Do: c.L.T(do), Home: web.SignInPath,
	}
	if o.provider.Enabled {
		out.Again = Path(o.provider.ID) + "?till=" + url.QueryEscape(web.Local(o.request.To))
	}
	if c.Actor.ID != "" {
		out.Home = "/"
		if o.request.For == provider.StepUp {
			out.Again += "&igen=1"
		}
	}
	return c.Render(templates, "refused.html", out)
}

// loggedOut ends the sessions that a provider says that it has ended.
func (p *Pages) loggedOut(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	in, err := p.find(c)
	if err != nil {
		return err
	}
	switch err := p.Service.endSessions(c.Context(), &in, c.Form("logout_token"), p.Sessions.From(c.Request)); {
	case err == nil:
		return c.Text(http.StatusOK, "")
	case reason(err) == "internal" && !errors.Is(err, provider.ErrReplay):
		return err
	default:
		if _, err := p.Limits.Failed(c.Context(), p.attempt(c)); err != nil {
			return err
		}
		return answerJSON(c, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
	}
}

// endSessions checks a logout token and ends the sessions that it names, once.
func (s *Service) endSessions(ctx context.Context, p *provider.Provider, raw, from string) error {
	out, err := s.readLogout(ctx, p, raw)
	if err == nil {
		err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
			if err := provider.Once(ctx, tx, p, out.id, out.expires); err != nil {
				return err
			}
			n, err := auth.EndProvider(ctx, tx, auth.Proof{Organisation: p.Organisation, Issuer: p.Issuer, Subject: out.subject, ProviderSession: out.session})
			if err != nil {
				return err
			}
			return audit.Append(ctx, tx, access.Actor{ID: "provider", Organisation: p.Organisation, From: from}, audit.Entry{
				Action: "oidc.Logout", ObjectKind: "provider", ObjectID: p.ID.String(), Data: map[string]any{"ended": n},
			})
		})
	}
	if err == nil || reason(err) == "internal" && !errors.Is(err, provider.ErrReplay) {
		return err
	}
	word := reason(err)
	if errors.Is(err, provider.ErrReplay) {
		word = "replay"
	}
	return errors.Join(err, s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, access.Actor{ID: "unknown", Organisation: p.Organisation, From: from}, audit.Entry{
			Action: "oidc.RefuseLogout", ObjectKind: "provider", ObjectID: p.ID.String(), Data: map[string]string{"reason": word, "said": clip(err.Error())},
		})
	}))
}

func (s *Service) readLogout(ctx context.Context, p *provider.Provider, raw string) (logout, error) {
	if raw == "" {
		return logout{}, refuse("no logout token came")
	}
	c, err := s.clients.get(ctx, p)
	if err != nil {
		return logout{}, err
	}
	payload, err := c.verify(ctx, p.Issuer, raw)
	if err != nil {
		return logout{}, err
	}
	if t := typeOf(raw); t != "logout+jwt" {
		return logout{}, refuse("its type is %q, and that of a logout token is logout+jwt", clip(t))
	}
	return checkLogout(payload, p.Issuer, c.settings.ClientID, s.db.Now())
}

type leavePage struct {
	web.Page
	Provider, Href string
}

// leave is where a reader who has signed out here can sign out at the provider too.
func (p *Pages) leave(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	href := ""
	if in.Enabled {
		href = p.Service.endSession(c.Context(), &in, p.Site+web.SignInPath)
	}
	if href == "" {
		return c.Redirect(web.SignInPath, "auth.signed-out")
	}
	return c.Render(templates, "leave.html", leavePage{
		Page: web.Page{Title: c.L.T("oidc.leave-title"), Layout: web.Plain}, Provider: in.Name(c.L.Lang), Href: href,
	})
}

// endSession is the address at which a reader signs out at the provider; empty when it has none, or does not answer. No token stands in
// it: an address is kept in histories and logs.
func (s *Service) endSession(ctx context.Context, p *provider.Provider, back string) string {
	c, err := s.clients.get(ctx, p)
	if err != nil || c.meta.EndSession == "" {
		return ""
	}
	u, err := url.Parse(c.meta.EndSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", c.settings.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}

// Leave tells where a reader who signs out of a session that began at a provider can sign out there too; empty for other sessions. It
// is one of auth.Pages.Leave.
func (p *Pages) Leave(c *web.Context, s auth.Session) (string, error) {
	if s.Method != string(provider.OIDC) {
		return "", nil
	}
	var all []provider.Provider
	err := p.Service.db.Read(c.Context(), s.Organisation, func(tx *db.Tx) (err error) {
		all, err = provider.Enabled(c.Context(), tx, s.Organisation)
		return err
	})
	if err != nil {
		return "", err
	}
	for i := range all {
		if all[i].Kind == provider.OIDC && all[i].Issuer == s.Issuer {
			return Path(all[i].ID) + "/ut", nil
		}
	}
	return "", nil
}

// keys publishes the public halves of the keys that the organisation shows providers who it is with.
func (p *Pages) keys(c *web.Context) error {
	set, err := p.Service.publicKeys(c.Context(), c.Path("code"))
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, set)
}

// publicKeys gives the keys of an organisation that has a provider which takes them.
func (s *Service) publicKeys(ctx context.Context, code string) (jose.JSONWebKeySet, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	var org access.OrganisationID
	err := s.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		org, err = organisationOf(ctx, tx, code)
		return err
	})
	if err != nil {
		return set, fmt.Errorf("find organisation: %w", err)
	}
	var all []provider.Provider
	err = s.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		all, err = provider.All(ctx, tx, org)
		return err
	})
	if err != nil {
		return set, err
	}
	if !slices.ContainsFunc(all, func(p provider.Provider) bool { s, err := settingsOf(&p); return err == nil && s.Method == PrivateKey }) {
		return set, db.ErrNotFound // nobody has asked for keys, and a stranger does not make us draw them
	}
	keys, err := s.keys.list(ctx, org)
	if err != nil {
		return set, err
	}
	for _, k := range published(keys, s.db.Now()) {
		set.Keys = append(set.Keys, k.public)
	}
	return set, nil
}

func answerJSON(c *web.Context, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	c.Writer.Header().Set("Content-Type", "application/json")
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(b) // the asker may have left
	return nil
}
