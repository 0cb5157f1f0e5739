// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
)

// reply is what the browser comes back with.
type reply struct {
	site, response, state, browser string
	organisation                   organisation
}

// outcome is what came of a sign-in: who it is, or why not.
type outcome struct {
	provider provider.Provider
	request  provider.Request
	answer   Answer
	strength provider.Strength
	proof    auth.Proof
	err      error
}

// take uses up the question that a reply belongs to and finds out who came. Everything that went wrong is in the outcome.
func (s *Service) take(ctx context.Context, r *reply) outcome {
	var o outcome
	var q asked
	if o.err = s.question(ctx, r, &o, &q); o.err == nil {
		o.err = s.settle(ctx, r, &o, &q)
	}
	return o
}

// question finds the question that a reply answers: one that this browser has put, and that nobody has answered.
func (s *Service) question(ctx context.Context, r *reply, o *outcome, q *asked) error {
	id, state, err := splitState(r.state)
	if err != nil {
		return err
	}
	p, err := provider.Find(ctx, s.db, id)
	if errors.Is(err, provider.ErrUnknown) || err == nil && (p.Kind != provider.SAML || p.Organisation != r.organisation.id) {
		return refuse(Unsolicited, "no such connection")
	}
	if err != nil {
		return err
	}
	o.provider = p
	if r.browser == "" {
		return refuse(WrongBrowser, "the browser has asked nothing")
	}
	err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		o.request, err = provider.Take(ctx, tx, &p, provider.Ticket{State: state, Browser: r.browser})
		return err
	})
	if errors.Is(err, provider.ErrRequest) {
		return refuse(NoRequest, "%w", err)
	}
	if err != nil {
		return err
	}
	if !p.Enabled && o.request.For != provider.Try {
		return refuse(UnknownProvider, "%w", provider.ErrNotEnabled)
	}
	return json.Unmarshal(o.request.Own, q)
}

// settle checks the answer and remembers that it has been used.
func (s *Service) settle(ctx context.Context, r *reply, o *outcome, q *asked) error {
	c, err := s.connect(ctx, &o.provider)
	if err != nil {
		return err
	}
	now := s.db.Now()
	from, err := c.pick(q.Issuer, now)
	if err != nil {
		return err
	}
	keys, err := s.ownKeys(ctx, r.organisation)
	if err != nil {
		return err
	}
	us := addressesOf(r.site, r.organisation.code)
	o.answer, err = Receive(r.response, Expect{
		Request: q.ID, Asked: o.request.Begun, EntityID: us.entityID, ACS: us.acs, Issuer: from.EntityID, Certificates: from.Certificates, Keys: keys,
		Demand: auth.Demand{Contexts: o.request.Contexts, Since: o.request.Since}, Protection: c.settings.protection(), Older: o.provider.Older(now), Now: now,
	})
	if err != nil {
		return err
	}
	if err := s.prove(o, us.entityID); err != nil {
		return err
	}
	in := Session{
		Issuer: o.answer.Issuer, NameID: o.answer.NameID, Format: o.answer.Format, NameQualifier: o.answer.NameQualifier,
		SPNameQualifier: o.answer.SPNameQualifier, Index: o.answer.SessionIndex,
	}
	o.proof.ProviderSession = messageID()
	err = s.db.Write(ctx, o.provider.Organisation, func(tx *db.Tx) error {
		if err := provider.Once(ctx, tx, &o.provider, o.answer.Issuer+"\x00"+o.answer.ID, o.answer.Until); err != nil {
			return err
		}
		if o.request.For == provider.Try {
			return nil
		}
		return s.keepSession(ctx, tx, o, in)
	})
	if errors.Is(err, provider.ErrReplay) {
		return refuse(Replayed, "%w", err)
	}
	return err
}

// keepSession remembers what the provider calls the subject and its session, so that either can be signed out of. The name is sealed:
// it may be a civic registration number.
func (s *Service) keepSession(ctx context.Context, tx *db.Tx, o *outcome, in Session) error {
	sealed, err := json.Marshal(in)
	if err != nil {
		return err
	}
	row := sessionRow{id: o.proof.ProviderSession, issuer: o.proof.Issuer, subject: o.proof.Subject}
	if err := insertSession(ctx, tx, &o.provider, row, in, tx.Now.Add(auth.DefaultAbsolute)); err != nil {
		return fmt.Errorf("keep saml session: %w", err)
	}
	return s.vault.Put(ctx, tx, provider.SecretName{Organisation: o.provider.Organisation, Owner: row.id, Name: keyName}, sealed)
}

// prove makes the proof of a good answer.
func (s *Service) prove(o *outcome, entityID string) error {
	p, a := &o.provider, &o.answer
	i := slices.IndexFunc(p.Settings.Accepted, func(x provider.Accepted) bool { return x.Value == a.Context })
	if i < 0 {
		return refuse(WrongLevel, "%w: %q is not accepted any more", auth.ErrLevel, a.Context)
	}
	o.strength = s.known.Strength(p.Settings.Accepted[i])
	subject, err := subjectOf(p.Settings.Claims.Subject, entityID, a)
	if err != nil {
		return err
	}
	names := p.Settings.Claims
	o.proof = auth.Proof{
		Organisation: p.Organisation, Method: string(provider.SAML), Issuer: a.Issuer, Subject: subject,
		Name: first(a.Attributes, names.Name, nameAttributes), Email: first(a.Attributes, names.Email, emailAttributes),
		Claims: passOn(a.Attributes, names), Context: a.Context, Factors: o.strength.Factors, LoA: o.strength.LoA, At: a.At,
		StepUp: o.request.For == provider.StepUp,
	}
	return nil
}

// The attributes that carry a name and an address where nothing else is said, as Sweden Connect's attribute profile and others name them.
var (
	nameAttributes  = []string{"urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3", "displayName", "cn"}
	emailAttributes = []string{"urn:oid:0.9.2342.19200300.100.1.3", "mail"}
)

// What is stored of a subject and of attributes.
const (
	maxSubject    = 256
	maxAttribute  = 500
	maxAttributes = 100
)

// subjectOf is what names the account at the provider: the configured attribute, of which there must be exactly one value, or the
// persistent name. A name that is new every time names nobody, and neither does an e-mail address.
func subjectOf(attribute, entityID string, a *Answer) (string, error) {
	subject := ""
	switch {
	case attribute != "":
		if v := a.Attributes[attribute]; len(v) == 1 {
			subject = v[0]
		}
	case a.Format == formatPersistent && (a.SPNameQualifier == "" || a.SPNameQualifier == entityID):
		subject = a.NameID
	}
	if subject == "" || len(subject) > maxSubject || strings.TrimSpace(subject) != subject || strings.ContainsFunc(subject, unicode.IsControl) {
		return "", refuse(NoSubject, "nothing names the account")
	}
	return subject, nil
}

func first(attributes map[string][]string, configured string, otherwise []string) string {
	names := otherwise
	if configured != "" {
		names = []string{configured}
	}
	for _, n := range names {
		for _, v := range attributes[n] {
			if v != "" {
				return fit(v)
			}
		}
	}
	return ""
}

// fit cuts a value to a length that is fit to store.
func fit(s string) string {
	if r := []rune(s); len(r) > maxAttribute {
		return string(r[:maxAttribute])
	}
	return s
}

// passOn gives the attributes that the rules about roles may read: under their own names, and what the settings point out under ours.
func passOn(attributes map[string][]string, names provider.ClaimNames) map[string][]string {
	out := map[string][]string{}
	for name, values := range attributes {
		if len(out) >= maxAttributes || name == names.Subject || name == names.Name || name == names.Email {
			continue
		}
		out[name] = fitAll(values)
	}
	for as, name := range map[string]string{provider.ClaimUnit: names.Unit, provider.ClaimRoles: names.Roles} {
		delete(out, as) // no provider speaks under our names by itself
		if v := attributes[name]; name != "" && len(v) > 0 {
			out[as] = fitAll(v)
		}
	}
	return out
}

func fitAll(values []string) []string {
	if len(values) > maxAttributes {
		values = values[:maxAttributes]
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fit(v)
	}
	return out
}

// park keeps a proof for the last step of a step-up or a trial, which the reader's own session comes to: it does not come with a form
// of another site. It gives the state that leads to it.
func (s *Service) park(ctx context.Context, o *outcome, browser string) (string, error) {
	proof := o.proof
	if o.request.For == provider.StepUp {
		proof.Name, proof.Email, proof.Claims = "", "", nil // who it is must be the same, and nothing else matters
	}
	t := provider.NewTicket(browser)
	next := o.request
	own, err := json.Marshal(asked{Issuer: o.answer.Issuer, Proof: &proof, Reason: reasonText(o.err)})
	if err != nil {
		return "", err
	}
	next.Own = own
	err = s.db.Write(ctx, next.Organisation, func(tx *db.Tx) error { return provider.Begin(ctx, tx, t, &next) })
	return t.State, err
}

func reasonText(err error) string {
	if err == nil {
		return ""
	}
	return string(ReasonOf(err))
}

// unpark takes a proof that has been kept, once, in the browser that it was kept for.
func (s *Service) unpark(ctx context.Context, p *provider.Provider, t provider.Ticket) (outcome, error) {
	o := outcome{provider: *p}
	err := s.db.Write(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		o.request, err = provider.Take(ctx, tx, p, t)
		return err
	})
	if errors.Is(err, provider.ErrRequest) {
		return o, refuse(NoRequest, "%w", err)
	}
	if err != nil {
		return o, err
	}
	var a asked
	if err := json.Unmarshal(o.request.Own, &a); err != nil {
		return o, err
	}
	if a.Proof == nil {
		return o, refuse(NoRequest, "nothing has been kept")
	}
	o.proof = *a.Proof
	if a.Reason != "" {
		o.err = &Refusal{Reason: Reason(a.Reason)}
	}
	if i := slices.IndexFunc(p.Settings.Accepted, func(x provider.Accepted) bool { return x.Value == o.proof.Context }); i >= 0 {
		o.strength = s.known.Strength(p.Settings.Accepted[i])
	}
	return o, nil
}

// note logs a refusal. An answer of another level than was asked for is told at once as well.
func (s *Service) note(ctx context.Context, sessions *auth.Sessions, org access.OrganisationID, o *outcome) error {
	return s.db.Write(ctx, org, func(tx *db.Tx) error {
		if err := sessions.RefuseIn(ctx, tx, auth.Refusal{Organisation: org, Method: string(provider.SAML), Reason: string(ReasonOf(o.err))}); err != nil {
			return err
		}
		if ReasonOf(o.err) != WrongLevel || o.provider.ID == "" || errors.Is(o.err, errNothing) {
			return nil
		}
		return alarm.Raise(ctx, tx, metadataAlarm(alarm.LevelLowered, &o.provider))
	})
}
