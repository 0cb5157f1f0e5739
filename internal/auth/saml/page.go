// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Pages are the addresses that browsers and providers come to.
type Pages struct {
	Service  *Service
	Sessions *auth.Sessions
	// Limits slow down whoever tries much.
	Limits *auth.Limits
	// Site is the address that readers use: scheme and host.
	Site string
	// TLS is true when readers reach the site over HTTPS.
	TLS bool
	// Tried shows an administrator what came of trying a provider.
	Tried func(c *web.Context, t provider.Trial) error
}

// The addresses. Those that a provider's page posts to are the only ones of the program that another site may post to.
const (
	beginPattern    = "GET /logga-in/saml/{id}"
	finishPattern   = "GET /logga-in/saml/{id}/klar"
	leavePattern    = "GET /logga-in/saml/{id}/ut"
	metadataPattern = "GET /saml/{code}"
	acsPattern      = "POST /saml/{code}/acs"
	sloPattern      = "GET /saml/{code}/slo"
	sloPostPattern  = "POST /saml/{code}/slo"
)

// Mount registers the pages.
func (p *Pages) Mount(s *web.Site) {
	s.Public(beginPattern, p.begin)
	s.Public(finishPattern, p.finish)
	s.Public(leavePattern, p.leave)
	s.Public(metadataPattern, p.metadata)
	s.Handle("GET "+KeysPath, "saml.Keys", p.keys)
	s.Handle("POST "+KeysPath, "saml.NewKey", p.changeKeys)
	s.CrossSite(acsPattern, p.answered)
	s.Public(sloPattern, p.signedOut)
	s.CrossSite(sloPostPattern, p.signedOut)
}

// Path is where a sign-in by a connection begins.
func Path(id provider.ID) string { return "/logga-in/saml/" + id.String() }

// cookie is the browser's half of the questions that it has put. It must come with a form that the provider's page posts here, so over
// HTTPS it is the one cookie of ours with SameSite=None; on this machine alone, without HTTPS, browsers would not take that.
func (p *Pages) cookie() http.Cookie {
	c := http.Cookie{
		Name: auth.CookieName("insegel-saml", p.TLS), Path: "/", HttpOnly: true, Secure: p.TLS, SameSite: http.SameSiteLaxMode,
		MaxAge: int(provider.RequestLife / time.Second),
	}
	if p.TLS {
		c.SameSite = http.SameSiteNoneMode
	}
	return c
}

func (p *Pages) browser(c *web.Context) string {
	k, err := c.Request.Cookie(p.cookie().Name)
	if err != nil {
		return ""
	}
	return k.Value
}

// ticket draws a ticket for this browser and gives the browser its half.
func (p *Pages) ticket(c *web.Context) provider.Ticket {
	t := provider.NewTicket(p.browser(c))
	k := p.cookie()
	k.Value = t.Browser
	http.SetCookie(c.Writer, &k)
	return t
}

// find reads the connection that stands in an address.
func (p *Pages) find(c *web.Context) (provider.Provider, error) {
	return provider.Named(c, p.Service.db, provider.SAML)
}

// us finds the organisation that stands in an address.
func (p *Pages) us(c *web.Context) (organisation, error) {
	var o organisation
	err := p.Service.db.Read(c.Context(), db.Installation, func(tx *db.Tx) (err error) {
		o, err = organisationByCode(c.Context(), tx, c.Path("code"))
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return o, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	return o, err
}

// slow refuses a request that comes too soon after many others.
func (p *Pages) slow(c *web.Context) error {
	return p.Limits.Hold(c, p.attempt(c))
}

func (p *Pages) attempt(c *web.Context) auth.Attempt {
	return auth.Attempt{Kind: auth.SigningIn, From: p.Sessions.From(c.Request)}
}

// failed counts an answer that was not as it must be, unless it was the provider that said no or that cannot be used.
func (p *Pages) failed(c *web.Context, err error) error {
	switch ReasonOf(err) {
	case ProviderSaidNo, NoMetadata, NoKey, NoBinding:
		return nil
	}
	_, fault := p.Limits.Failed(c.Context(), p.attempt(c))
	return fault
}

// begin sends the browser to the provider, or lets the reader choose one first.
func (p *Pages) begin(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	in, err := p.find(c)
	if err != nil {
		return err
	}
	o := outcome{provider: in, request: provider.Request{Organisation: in.Organisation, Provider: in.ID, For: provider.Enter, To: web.Local(c.Query("till"))}}
	entityID, ok, err := p.purpose(c, &o)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect(web.SignInPath)
	}
	con, err := p.Service.connect(c.Context(), &in)
	if err != nil {
		o.err = err
		return p.refused(c, &o)
	}
	if o.request.For == provider.StepUp {
		if _, err := con.pick(entityID, p.Service.db.Now()); err != nil && ReasonOf(err) == UnknownProvider {
			return p.elsewhere(c, &o, entityID)
		}
	}
	if entityID == "" {
		all := con.choices(p.Service.db.Now())
		if len(all) != 1 {
			return p.choose(c, &con, all)
		}
		entityID = all[0].EntityID
	}
	return p.ask(c, con, &o, entityID)
}

// purpose reads what the sign-in is to lead to, and which provider is meant if that has been said; false for a step-up of nobody.
func (p *Pages) purpose(c *web.Context, o *outcome) (entityID string, ok bool, err error) {
	entityID = c.Query("idp")
	switch {
	case c.Query("prova") == "1":
		if err := mayTry(c, &o.provider); err != nil {
			return "", false, err
		}
		o.request.For, o.request.By = provider.Try, c.Actor.ID
	case !o.provider.Enabled:
		return "", false, &web.Error{Status: http.StatusNotFound, Err: provider.ErrNotEnabled}
	case c.Query("igen") == "1":
		me, in := auth.Current(c.Context())
		if !in || me.Organisation != o.provider.Organisation || me.Method != string(provider.SAML) {
			return "", false, nil
		}
		o.request.For, o.request.By, entityID = provider.StepUp, c.Actor.ID, me.Issuer
	}
	return entityID, true, nil
}

func (p *Pages) ask(c *web.Context, con connection, o *outcome, entityID string) error {
	q := question{site: p.Site, ticket: p.ticket(c), request: o.request, entityID: entityID}
	sent, err := p.Service.ask(c.Context(), con, &q)
	if err != nil {
		o.err = err
		return p.refused(c, o)
	}
	if sent.Binding == bindingRedirect {
		http.Redirect(c.Writer, c.Request, sent.URL, http.StatusSeeOther)
		return nil
	}
	name := con.provider.Name(c.L.Lang)
	return c.Render(templates, "forward.html", forwardPage{
		Page: web.Page{Title: c.L.T("saml.forward-title", "Provider", name), Layout: web.Plain}, Sentence: c.L.T("saml.forward", "Provider", name),
		Button: c.L.T("saml.forward-button"), Stay: web.SignInPath, Sent: sent,
	})
}

// elsewhere sends a step-up to the connection that the reader's own provider belongs to.
func (p *Pages) elsewhere(c *web.Context, o *outcome, entityID string) error {
	us := organisation{id: o.provider.Organisation}
	right, _, err := p.Service.connectionOf(c.Context(), us, entityID)
	if err != nil {
		o.err = err
		return p.refused(c, o)
	}
	return c.Redirect(Path(right.ID) + "?igen=1&till=" + url.QueryEscape(o.request.To))
}

type forwardPage struct {
	web.Page
	Sentence, Button, Stay string
	Sent                   Sent
}

// mayTry lets an administrator of the connection's organisation try it.
func mayTry(c *web.Context, in *provider.Provider) error {
	if c.Actor.Organisation != in.Organisation {
		return &web.Error{Status: http.StatusNotFound}
	}
	return access.Check(c.Actor, "provider.Try")
}

type choosePage struct {
	web.Page
	Connection string
	Providers  []choice
}

type choice struct{ Name, Href string }

// choose lists the providers that are let in, and no others.
func (p *Pages) choose(c *web.Context, con *connection, all []Provider) error {
	out := choosePage{Page: web.Page{Title: c.L.T("saml.choose-title"), Layout: web.Plain}, Connection: con.provider.Name(c.L.Lang)}
	if len(all) == 0 {
		return p.refused(c, &outcome{provider: con.provider, err: refuse(UnknownProvider, "none is let in")})
	}
	keep := url.Values{"till": {web.Local(c.Query("till"))}}
	if c.Query("prova") == "1" {
		keep.Set("prova", "1")
	}
	for i := range all {
		keep.Set("idp", all[i].EntityID)
		out.Providers = append(out.Providers, choice{Name: all[i].In(c.L.Lang), Href: Path(con.provider.ID) + "?" + keep.Encode()})
	}
	return c.Render(templates, "choose.html", out)
}

// answered takes the provider's answer, which the provider's page posts here.
func (p *Pages) answered(c *web.Context) error {
	if err := p.slow(c); err != nil {
		return err
	}
	us, err := p.us(c)
	if err != nil {
		return err
	}
	r := reply{site: p.Site, response: c.Request.PostForm.Get("SAMLResponse"), state: c.Request.PostForm.Get("RelayState"), browser: p.browser(c), organisation: us}
	var o outcome
	if len(c.Request.PostForm["SAMLResponse"]) != 1 || len(c.Request.PostForm["RelayState"]) > 1 {
		o.err = refuse(WrongShape, "not one answer")
	} else {
		o = p.Service.take(c.Context(), &r)
	}
	o.provider.Organisation = us.id
	switch {
	case o.request.For == provider.Try, o.err == nil && o.request.For == provider.StepUp:
		state, err := p.Service.park(c.Context(), &o, r.browser)
		if err != nil {
			return err
		}
		return c.Redirect(Path(o.provider.ID) + "/klar?s=" + url.QueryEscape(state))
	case o.err != nil:
		return p.refused(c, &o)
	}
	return p.enter(c, &o)
}

func (p *Pages) enter(c *web.Context, o *outcome) error {
	o.err = p.Sessions.Enter(c.Context(), o.proof)
	switch {
	case o.err == nil:
		return c.Redirect(web.Local(o.request.To))
	case errors.Is(o.err, auth.ErrUnknownPerson), errors.Is(o.err, auth.ErrOtherPerson):
		return p.tell(c, o) // Enter has logged it
	}
	return o.err
}

// finish is the last step of a step-up or a trial, to which the reader's own session comes.
func (p *Pages) finish(c *web.Context) error {
	in, err := p.find(c)
	if err != nil {
		return err
	}
	o, err := p.Service.unpark(c.Context(), &in, provider.Ticket{State: c.Query("s"), Browser: p.browser(c)})
	if err != nil {
		o.err = err
		return p.refused(c, &o)
	}
	if o.request.For != provider.Try {
		return p.enter(c, &o)
	}
	if err := mayTry(c, &in); err != nil {
		return err
	}
	if c.Actor.ID != o.request.By {
		return &web.Error{Status: http.StatusForbidden}
	}
	if o.err != nil {
		if err := p.Service.note(c.Context(), p.Sessions, in.Organisation, &o); err != nil {
			return err
		}
	}
	return p.Tried(c, provider.Trial{
		Provider: in, Asked: o.request.Contexts, Answered: o.proof.Context, Strength: o.strength, At: o.proof.At, Err: o.err, Reason: reasonText(o.err),
		Name: o.proof.Name, Claims: o.proof.Claims,
	})
}

// refused logs a refusal and tells the reader.
func (p *Pages) refused(c *web.Context, o *outcome) error {
	var r *Refusal
	if !errors.As(o.err, &r) {
		return o.err // a fault of ours, which is logged as such
	}
	if err := p.Service.note(c.Context(), p.Sessions, o.provider.Organisation, o); err != nil {
		return err
	}
	if err := p.failed(c, o.err); err != nil {
		return err
	}
	return p.tell(c, o)
}

type refusedPage struct {
	web.Page
	// Sentence says what happened and Do what the reader can do.
	Sentence, Do, Logged string
	Again, Home          string
}

// told are the messages of a refusal: what happened, what to do, and the status. They say what kind of thing went wrong and nothing of
// what the provider sent.
type told struct {
	title, sentence, do string
	status              int
}

func tellOf(err error) told {
	switch {
	case errors.Is(err, auth.ErrUnknownPerson):
		return told{"saml.unknown-title", "saml.unknown", "saml.unknown-do", http.StatusForbidden}
	case errors.Is(err, auth.ErrOtherPerson):
		return told{"saml.other-title", "saml.other", "saml.other-do", http.StatusForbidden}
	}
	switch ReasonOf(err) {
	case NoMetadata, UnknownProvider, NotAllowed, NoBinding, NoKey:
		return told{"saml.down-title", "saml.down", "saml.down-do", http.StatusServiceUnavailable}
	case WrongLevel:
		return told{"saml.level-title", "saml.level", "saml.level-do", http.StatusForbidden}
	case TooOld, FutureSignIn:
		return told{"saml.stale-title", "saml.stale", "saml.stale-do", http.StatusForbidden}
	case ProviderSaidNo:
		return told{"saml.cancelled-title", "saml.cancelled", "saml.again-do", http.StatusForbidden}
	case NoRequest, Unsolicited, WrongBrowser:
		return told{"saml.request-title", "saml.request", "saml.request-do", http.StatusBadRequest}
	}
	return told{"saml.refused-title", "saml.refused", "saml.refused-do", http.StatusForbidden}
}

func (p *Pages) tell(c *web.Context, o *outcome) error {
	k := tellOf(o.err)
	name := o.provider.Name(c.L.Lang)
	if name == "" {
		name = c.L.T("saml.the-service")
	}
	out := refusedPage{
		Page: web.Page{Title: c.L.T(k.title), Layout: web.Plain, Status: k.status}, Sentence: c.L.T(k.sentence, "Provider", name), Do: c.L.T(k.do),
		Logged: c.L.T("saml.logged"), Home: web.SignInPath,
	}
	if o.provider.Enabled && o.provider.ID != "" {
		out.Again = Path(o.provider.ID) + "?till=" + url.QueryEscape(web.Local(o.request.To))
	}
	if c.Actor.ID != "" {
		out.Home = "/"
		if o.request.For == provider.StepUp && out.Again != "" {
			out.Again += "&igen=1"
		}
	}
	return c.Render(templates, "refused.html", out)
}

// ownMetadata are valid for two weeks, so that a federation that loses us finds out.
const ownMetadata = 14 * 24 * time.Hour

// metadata publishes who we are. Nobody makes us draw keys for an organisation that has no connection.
func (p *Pages) metadata(c *web.Context) error {
	us, err := p.us(c)
	if err != nil {
		return err
	}
	var connections int
	err = p.Service.db.Read(c.Context(), us.id, func(tx *db.Tx) error {
		all, err := provider.All(c.Context(), tx, us.id)
		for _, in := range all {
			if in.Kind == provider.SAML {
				connections++
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if connections == 0 {
		return &web.Error{Status: http.StatusNotFound}
	}
	b, err := p.Service.metadata(c.Context(), us, p.Site)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = c.Writer.Write(b) // the asker may have left
	return nil
}

// metadata makes our own metadata.
func (s *Service) metadata(ctx context.Context, o organisation, site string) ([]byte, error) {
	keys, err := s.ownKeys(ctx, o)
	if err != nil {
		return nil, err
	}
	at := addressesOf(site, o.code)
	return Party{
		EntityID: at.entityID, ACS: at.acs, SLO: at.slo, Names: map[string]string{"sv": "Insegel, " + o.name, "en": "Insegel, " + o.name},
		Organisation: o.name, Link: site, Keys: keys, Until: s.db.Now().Add(ownMetadata),
	}.Metadata(messageID())
}

// FormAction gives the origins that a page's form may lead to: of the providers that are spoken to by POST, on the pages that lead there.
func (p *Pages) FormAction(r *http.Request) []string {
	rest, ok := strings.CutPrefix(r.URL.Path, "/logga-in/saml/")
	if !ok {
		if strings.HasPrefix(r.URL.Path, "/saml/") && strings.HasSuffix(r.URL.Path, "/slo") {
			return p.sloOrigins(r)
		}
		return nil
	}
	first, _, _ := strings.Cut(rest, "/")
	id, err := ids.Parse[provider.Provider](first)
	if err != nil {
		return nil
	}
	in, err := provider.Find(r.Context(), p.Service.db, id)
	if err != nil || in.Kind != provider.SAML {
		return nil
	}
	return p.origins(r.Context(), &in)
}

func (p *Pages) sloOrigins(r *http.Request) []string {
	code := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/saml/"), "/slo")
	var out []string
	var all []provider.Provider
	err := p.Service.db.Read(r.Context(), db.Installation, func(tx *db.Tx) error {
		o, err := organisationByCode(r.Context(), tx, code)
		if err != nil {
			return err
		}
		all, err = provider.All(r.Context(), tx, o.id)
		return err
	})
	if err != nil {
		return nil
	}
	for i := range all {
		if all[i].Kind == provider.SAML {
			out = append(out, p.origins(r.Context(), &all[i])...)
		}
	}
	return out
}

func (p *Pages) origins(ctx context.Context, in *provider.Provider) []string {
	con, err := p.Service.connect(ctx, in)
	if err != nil {
		return nil
	}
	var out []string
	for _, one := range con.choices(p.Service.db.Now()) {
		for _, list := range [][]Endpoint{one.SignIn, one.SignOut, one.SignOutAnswer} {
			for _, e := range list {
				if e.Binding == bindingPost {
					out = append(out, web.OriginOf(e.Location))
				}
			}
		}
	}
	return out
}
