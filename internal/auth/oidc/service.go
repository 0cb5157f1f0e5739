// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/outbound"
)

// Service signs people in at OpenID providers.
type Service struct {
	db      *db.DB
	known   *provider.Contexts
	vault   provider.Vault
	clients clients
	keys    keyring
	two     provider.Two
}

// NewService makes the service. policy says which places of the network it may reach.
func NewService(d *db.DB, p *provider.Service, policy outbound.Policy) *Service {
	return &Service{
		db: d, known: p.Known, vault: p.Vault, clients: clients{policy: policy, now: func() time.Time { return d.Now() }}, keys: keyring{db: d, vault: p.Vault},
		two: p.Two,
	}
}

// What a refused sign-in is told apart by, beside the errors of auth and of the provider package.
var (
	// ErrMixUp says that an answer names another provider than the one that was asked.
	ErrMixUp = errors.New("the answer comes from another provider than the one that was asked")
	// ErrCode says that the provider did not give a token for the code.
	ErrCode = errors.New("the provider gave no token for the code")
	// ErrNothing says that the provider may answer nothing that is enough for any role.
	ErrNothing = errors.New("the provider has no level that is enough for any role")
	// ErrUserinfo says that the userinfo is missing or somebody else's.
	ErrUserinfo = errors.New("the userinfo is missing or about somebody else")
)

// ProviderError is a fault that the provider itself answers with, for example that the person changed their mind.
type ProviderError struct{ Code string }

// Error tells which.
func (e *ProviderError) Error() string {
	return fmt.Sprintf("the provider answered with the fault %q", clip(e.Code))
}

// question is a sign-in that begins.
type question struct {
	ticket  provider.Ticket
	request provider.Request
	// redirect is where the provider sends the answer.
	redirect string
}

// ask prepares a sign-in at a provider and gives the address to send the browser to.
func (s *Service) ask(ctx context.Context, p *provider.Provider, q *question) (string, error) {
	c, err := s.clients.get(ctx, p)
	if err != nil {
		return "", err
	}
	var address string
	err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		levels, err := provider.LevelsOf(ctx, tx, p.Organisation)
		if err != nil {
			return err
		}
		if q.request.Contexts = levels.Contexts(p, s.known); len(q.request.Contexts) == 0 {
			return ErrNothing
		}
		if q.request.For == provider.StepUp {
			q.request.Since = tx.Now
		}
		if address, err = c.address(q); err != nil {
			return err
		}
		return provider.Begin(ctx, tx, q.ticket, &q.request)
	})
	return address, err
}

// address is where the browser is sent with the question.
func (c *client) address(q *question) (string, error) {
	demand := map[string]any{"auth_time": map[string]bool{"essential": true}, "amr": nil}
	demand[c.settings.contextClaim()] = map[string]any{"essential": true, "values": q.request.Contexts}
	asked, err := json.Marshal(map[string]any{"id_token": demand})
	if err != nil {
		return "", fmt.Errorf("write claims: %w", err)
	}
	opts := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(q.ticket.Secret("verifier")), gooidc.Nonce(q.ticket.Secret("nonce")), oauth2.SetAuthURLParam("claims", string(asked)),
	}
	if c.settings.contextClaim() == ContextACR && !c.meta.ClaimsParam {
		// Voluntary by the standard, so it demands nothing; some providers know no other way. One that knows the demand does not get both:
		// npm's oidc-provider then takes the wish instead of the demand.
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(q.request.Contexts, " ")))
	}
	switch q.request.For {
	case provider.StepUp:
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	case provider.Try:
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"))
	}
	config := c.config(q.redirect)
	return config.AuthCodeURL(q.ticket.State, opts...), nil
}

// reply is what the browser comes back with.
type reply struct {
	ticket                  provider.Ticket
	code, issuer, fault     string
	issuerGiven, manyOfSome bool
	redirect                string
}

// outcome is what came of a sign-in: who it is, or why not.
type outcome struct {
	provider provider.Provider
	request  provider.Request
	answer   answer
	strength provider.Strength
	proof    auth.Proof
	err      error
}

// take uses up the request that a reply belongs to and finds out who came. Everything that went wrong is in the outcome.
func (s *Service) take(ctx context.Context, p *provider.Provider, r *reply) outcome {
	o := outcome{provider: *p}
	o.err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		o.request, err = provider.Take(ctx, tx, p, r.ticket)
		return err
	})
	if o.err != nil {
		return o
	}
	if !p.Enabled && o.request.For != provider.Try {
		o.err = provider.ErrNotEnabled
		return o
	}
	o.err = s.settle(ctx, r, &o)
	return o
}

// settle asks the provider for the token of a code and looks at everything that it says.
func (s *Service) settle(ctx context.Context, r *reply, o *outcome) error {
	p := &o.provider
	c, err := s.clients.get(ctx, p)
	if err != nil {
		return err
	}
	// Before anything else, and before its fault is believed: an answer from another provider than the one that was asked is an attack.
	if r.manyOfSome || r.issuerGiven && r.issuer != p.Issuer || !r.issuerGiven && c.meta.IssParameter {
		return ErrMixUp
	}
	if r.fault != "" {
		return &ProviderError{Code: r.fault}
	}
	token, err := s.exchange(ctx, c, r, p)
	if err != nil {
		return err
	}
	if err := s.readToken(ctx, c, token, r, o); err != nil {
		return err
	}
	if c.settings.Userinfo {
		if err := c.addUserinfo(ctx, token, &o.answer); err != nil {
			return err
		}
	}
	return s.prove(o)
}

// readToken looks at everything that the id token says.
func (s *Service) readToken(ctx context.Context, c *client, token *oauth2.Token, r *reply, o *outcome) error {
	raw, ok := token.Extra("id_token").(string)
	if !ok || raw == "" {
		return refuse("no id token came")
	}
	payload, err := c.verify(ctx, o.provider.Issuer, raw)
	if err != nil {
		return err
	}
	want := expected{
		issuer: o.provider.Issuer, client: c.settings.ClientID, nonce: r.ticket.Secret("nonce"), begun: o.request.Begun, now: s.db.Now(),
		context: c.settings.contextClaim(), demand: auth.Demand{Contexts: o.request.Contexts, Since: o.request.Since},
	}
	if o.answer, err = want.check(payload); err != nil {
		return err
	}
	if s.known.OnlyOneFactor(o.answer.methods) {
		return ErrMethods
	}
	return nil
}

// exchange gets the token of a code.
func (s *Service) exchange(ctx context.Context, c *client, r *reply, p *provider.Provider) (*oauth2.Token, error) {
	config := c.config(r.redirect)
	opts := []oauth2.AuthCodeOption{oauth2.VerifierOption(r.ticket.Secret("verifier"))}
	if c.settings.Method == PrivateKey {
		signed, err := s.keys.assertion(ctx, p.Organisation, c, s.db.Now())
		if err != nil {
			return nil, err
		}
		opts = append(opts, oauth2.SetAuthURLParam("client_assertion", signed),
			oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
	} else {
		err := s.db.Read(ctx, p.Organisation, func(tx *db.Tx) error {
			secret, err := s.vault.Get(ctx, tx, provider.SecretName{Organisation: p.Organisation, Owner: p.ID.String(), Name: secretName})
			config.ClientSecret = string(secret)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	token, err := config.Exchange(c.with(ctx), r.code, opts...)
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said) && said.Response != nil && said.Response.StatusCode < http.StatusInternalServerError:
		return nil, fmt.Errorf("%w: %s", ErrCode, clip(said.ErrorCode)) // and not the answer's body, which may hold anything
	case err != nil:
		return nil, fmt.Errorf("%w: ask for token: %s", ErrDown, kindOf(err))
	}
	return token, nil
}

// kindOf tells an error of the OAuth library without the answer that it quotes.
func kindOf(err error) string {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) && said.Response != nil {
		return fmt.Sprintf("status %d", said.Response.StatusCode)
	}
	return clip(err.Error())
}

// addUserinfo adds what the provider's userinfo address says of the same person. It never replaces what the signed token says.
func (c *client) addUserinfo(ctx context.Context, token *oauth2.Token, a *answer) error {
	if c.meta.Userinfo == "" {
		return fmt.Errorf("%w: the provider has no userinfo", ErrUserinfo)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.meta.Userinfo, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUserinfo, err)
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	r.Header.Set("Accept", "application/json")
	res, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("%w: ask for userinfo: %w", ErrDown, err)
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	body, err := readAll(res)
	if err != nil {
		return fmt.Errorf("%w: ask for userinfo: %w", ErrDown, err)
	}
	more, err := parseClaims(body)
	if err != nil || more.text("sub") != a.subject {
		return ErrUserinfo
	}
	for name, value := range more {
		if !a.claims.has(name) {
			a.claims[name] = value
		}
	}
	return nil
}

// prove makes the proof of a good answer.
func (s *Service) prove(o *outcome) error {
	p := &o.provider
	i := slices.IndexFunc(p.Settings.Accepted, func(a provider.Accepted) bool { return a.Value == o.answer.context })
	if i < 0 {
		return fmt.Errorf("%w: %q is not accepted any more", auth.ErrLevel, clip(o.answer.context))
	}
	o.strength = s.known.Strength(p.Settings.Accepted[i])
	names, c := p.Settings.Claims, o.answer.claims
	o.proof = auth.Proof{
		Organisation: p.Organisation, Method: string(provider.OIDC), Issuer: p.Issuer, Subject: o.answer.subject,
		Name: fit(c.text(or(names.Name, "name"))), Email: fit(c.text(or(names.Email, "email"))),
		Claims: passOn(c, names), Context: o.answer.context, Factors: o.strength.Factors, LoA: o.strength.LoA, At: o.answer.at,
		StepUp: o.request.For == provider.StepUp, ProviderSession: o.answer.session,
	}
	if o.proof.At.IsZero() {
		o.proof.At = longAgo // it may be hours since: what asks for a fresh sign-in is then refused
	}
	return nil
}

// longAgo stands for a sign-in at the provider of which nobody knows when it was.
var longAgo = time.Unix(1, 0).UTC()

func or(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

const (
	maxClaims = 100
	maxClaim  = 500
)

// fit cuts a claim to a length that is fit to store.
func fit(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "")
	if r := []rune(s); len(r) > maxClaim {
		s = string(r[:maxClaim])
	}
	return s
}

// protocol are the claims that are about the token and not about the person.
var protocol = []string{"iss", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "c_hash", "s_hash", "sid", "jti", "acr", "acrs", "amr", "auth_time", "sub", "name", "email"}

// passOn gives the claims that the rules about roles may read: under their own names, and what the settings point out under ours.
func passOn(c claims, names provider.ClaimNames) map[string][]string {
	out := map[string][]string{}
	add := func(as, name string) {
		values := c.texts(name)
		if len(values) == 0 || len(out) >= maxClaims {
			return
		}
		out[as] = nil
		for _, v := range values[:min(len(values), maxClaims)] {
			out[as] = append(out[as], fit(v))
		}
	}
	sorted := make([]string, 0, len(c))
	for name := range c {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		if !slices.Contains(protocol, name) {
			add(name, name)
		}
	}
	// What the settings point out wins over a claim that happens to be called the same.
	for as, name := range map[string]string{provider.ClaimUnit: names.Unit, provider.ClaimRoles: names.Roles} {
		if name != "" && name != as {
			delete(out, as)
			add(as, name)
		}
	}
	return out
}

// reason is a short word for the log, of why a sign-in was refused.
func reason(err error) string {
	var said *ProviderError
	var unapproved *UnapprovedError
	for _, r := range []struct {
		err  error
		word string
	}{
		{provider.ErrRequest, "request"},
		{ErrMixUp, "mix-up"},
		{auth.ErrLevel, "level"},
		{auth.ErrStale, "stale"},
		{auth.ErrFuture, "future"},
		{auth.ErrNoDemand, "no-demand"},
		{ErrMethods, "methods"},
		{ErrNothing, "no-demand"},
		{ErrUserinfo, "userinfo"},
		{ErrDown, "down"},
		{ErrCode, "code"},
		{ErrWeakKey, "weak-key"},
		{ErrToken, "token"},
		{ErrNoClaims, "token"},
		{provider.ErrNotEnabled, "disabled"},
		{auth.ErrUnknownPerson, "unknown-person"},
		{auth.ErrOtherPerson, "other-person"},
		{provider.ErrNoSecret, "secret"},
		{provider.ErrSecret, "secret"},
		{provider.ErrNoKey, "secret"},
	} {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	switch {
	case errors.As(err, &said):
		return "provider"
	case errors.As(err, &unapproved):
		return "host"
	}
	return "internal"
}

// logRefusal logs why a sign-in was refused, with what was asked and what was answered, and raises an alarm when a provider answered
// with another level.
func (s *Service) logRefusal(ctx context.Context, o *outcome, from string) error {
	p := &o.provider
	data := map[string]any{
		"method": string(provider.OIDC), "reason": reason(o.err), "said": clip(o.err.Error()), "asked": o.request.Contexts, "answered": clip(o.answer.context),
		"methods": o.answer.methods, "for": o.request.For,
	}
	err := s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		if errors.Is(o.err, auth.ErrLevel) || errors.Is(o.err, ErrMethods) {
			err := alarm.Raise(ctx, tx, alarm.Alarm{
				Organisation: p.Organisation, Kind: alarm.LevelLowered, ObjectKind: "provider", ObjectID: p.ID.String(),
				Data: map[string]string{"provider": p.NameSV, "asked": strings.Join(o.request.Contexts, " "), "answered": clip(o.answer.context)},
			})
			if err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, access.Actor{ID: "unknown", Organisation: p.Organisation, From: from}, audit.Entry{
			Action: "oidc.Refuse", ObjectKind: "provider", ObjectID: p.ID.String(), Data: data,
		})
	})
	if err != nil {
		return fmt.Errorf("log refused sign-in: %w", err)
	}
	return nil
}
