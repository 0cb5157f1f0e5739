// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/xml"
	"errors"
	"strings"
	"time"

	"github.com/beevik/etree"
	saml2 "github.com/russellhaering/gosaml2"
	"github.com/russellhaering/gosaml2/types"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/insegel/insegel/internal/auth"
)

// Receive checks the value of the form field SAMLResponse against what was asked, and gives what it says. Nothing in it is believed
// before it has been verified, and nothing but the verified bytes is read afterwards.
func Receive(value string, x Expect) (a Answer, err error) {
	defer guard(&err)
	raw, err := unbase64(value)
	if err != nil {
		return Answer{}, err
	}
	root, err := parse(raw, messageLimits)
	if err != nil {
		return Answer{}, err
	}
	response, err := verifiedResponse(root, x)
	if err != nil {
		return Answer{}, err
	}
	if err := x.envelope(response); err != nil {
		return Answer{}, err
	}
	assertion, err := x.assertion(response)
	if err != nil {
		return Answer{}, err
	}
	a, err = x.read(assertion)
	if err != nil {
		return Answer{}, err
	}
	if err := x.secondOpinion(response, assertion, a); err != nil {
		return Answer{}, err
	}
	return a, x.compare(a)
}

// verifiedResponse checks the outer form and the signature of the response.
func verifiedResponse(root *etree.Element, x Expect) (*etree.Element, error) {
	if !is(root, nsProtocol, "Response") {
		return nil, refuse(WrongShape, "the document is a %s", root.Tag)
	}
	if err := fits(root, responseForm); err != nil {
		return nil, err
	}
	enc, plain := child(root, nsAssertion, "EncryptedAssertion"), child(root, nsAssertion, "Assertion")
	allowed := []*etree.Element{root, child(root, nsSignature, "Signature"), enc, plain}
	if enc != nil {
		allowed = append(allowed, child(enc, nsEncryption, "EncryptedData"))
	}
	if plain != nil {
		allowed = append(allowed, child(plain, nsSignature, "Signature"))
	}
	if err := only(root, allowed...); err != nil {
		return nil, err
	}
	out, err := verify(root, x.Certificates, x.Now)
	if err != nil {
		return nil, err
	}
	// The form is checked again, on what was signed: from here on the bytes that came are not looked at.
	return out, fits(out, responseForm)
}

// envelope checks what the response says about itself.
func (x Expect) envelope(r *etree.Element) error {
	issuer, err := text(child(r, nsAssertion, "Issuer"))
	if err != nil {
		return err
	}
	issued, err := moment(attr(r, "IssueInstant"))
	switch {
	case attr(r, "Version") != supportVersion:
		return refuse(WrongVersion, "version %q", attr(r, "Version"))
	case issuer != x.Issuer:
		return refuse(WrongIssuer, "the response is from %q", issuer)
	case attr(r, "Destination") != x.ACS:
		return refuse(WrongDestination, "the response is meant for %q", attr(r, "Destination"))
	case attr(r, "InResponseTo") == "":
		return refuse(Unsolicited, "the response answers nothing")
	case attr(r, "InResponseTo") != x.Request:
		return refuse(WrongRequest, "the response answers %q", attr(r, "InResponseTo"))
	case err != nil || issued.After(x.Now.Add(auth.ClockSkew)) || issued.Before(x.Asked.Add(-auth.ClockSkew)):
		return refuse(WrongMoment, "the response was made at %q", attr(r, "IssueInstant"))
	}
	if status := attr(child(child(r, nsProtocol, "Status"), nsProtocol, "StatusCode"), "Value"); status != statusSuccess {
		return refuse(ProviderSaidNo, "status %q", status)
	}
	return nil
}

// assertion gives the one assertion, decrypted and checked in form. Its own signature, where it has one, must hold as well.
func (x Expect) assertion(r *etree.Element) (*etree.Element, error) {
	enc, plain := child(r, nsAssertion, "EncryptedAssertion"), child(r, nsAssertion, "Assertion")
	switch {
	case enc == nil && plain == nil:
		return nil, refuse(WrongShape, "no assertion")
	case enc != nil && plain != nil:
		return nil, refuse(WrongShape, "two assertions")
	case plain != nil && x.Protection != Signed:
		return nil, refuse(NotEncrypted, "the assertion is not encrypted")
	}
	a := plain
	if enc != nil {
		var err error
		if a, err = x.decrypt(enc); err != nil {
			return nil, err
		}
	}
	if !is(a, nsAssertion, "Assertion") {
		return nil, refuse(WrongShape, "what was encrypted is a %s", a.Tag)
	}
	if err := fits(a, assertionForm); err != nil {
		return nil, err
	}
	sig := child(a, nsSignature, "Signature")
	if err := only(a, a, sig); err != nil {
		return nil, err
	}
	if sig == nil {
		return a, nil
	}
	out, err := verify(a, x.Certificates, x.Now)
	if err != nil {
		return nil, err
	}
	return out, fits(out, assertionForm)
}

// read checks what the assertion says and takes it out.
func (x Expect) read(el *etree.Element) (Answer, error) {
	var a Answer
	var err error
	if a.Issuer, err = text(child(el, nsAssertion, "Issuer")); err != nil {
		return a, err
	}
	issued, bad := moment(attr(el, "IssueInstant"))
	a.ID = attr(el, "ID")
	switch {
	case attr(el, "Version") != supportVersion:
		return a, refuse(WrongVersion, "version %q", attr(el, "Version"))
	case a.Issuer != x.Issuer:
		return a, refuse(WrongIssuer, "the assertion is from %q", a.Issuer)
	case a.ID == "" || len(a.ID) > 256:
		return a, refuse(WrongShape, "an assertion without an ID to remember")
	case bad != nil || issued.After(x.Now.Add(auth.ClockSkew)):
		return a, refuse(WrongMoment, "the assertion was made at %q", attr(el, "IssueInstant"))
	}
	until, err := x.conditions(child(el, nsAssertion, "Conditions"))
	if err != nil {
		return a, err
	}
	confirmed, err := x.subject(child(el, nsAssertion, "Subject"), &a)
	if err != nil {
		return a, err
	}
	a.Until = later(until, confirmed).Add(auth.ClockSkew)
	if err := x.statement(child(el, nsAssertion, "AuthnStatement"), &a); err != nil {
		return a, err
	}
	a.Attributes = attributesOf(child(el, nsAssertion, "AttributeStatement"))
	return a, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// conditions checks for whom and how long the assertion is valid.
func (x Expect) conditions(el *etree.Element) (time.Time, error) {
	until, err := x.valid(attr(el, "NotBefore"), attr(el, "NotOnOrAfter"))
	if err != nil {
		return until, err
	}
	for _, r := range children(el, nsAssertion, "AudienceRestriction") {
		found := false
		for _, c := range children(r, nsAssertion, "Audience") {
			audience, err := text(c)
			if err != nil {
				return until, err
			}
			found = found || audience == x.EntityID
		}
		if !found {
			return until, refuse(WrongAudience, "the assertion is not meant for us")
		}
	}
	return until, nil
}

// valid checks a period, of which the end must be given.
func (x Expect) valid(from, to string) (time.Time, error) {
	if from != "" {
		t, err := moment(from)
		if err != nil || t.After(x.Now.Add(auth.ClockSkew)) {
			return time.Time{}, refuse(TooEarly, "valid from %q", from)
		}
	}
	t, err := moment(to)
	if err != nil || !x.Now.Before(t.Add(auth.ClockSkew)) {
		return time.Time{}, refuse(Expired, "valid to %q", to)
	}
	return t, nil
}

// subject takes the subject's name, after checking that whoever bears the assertion may.
func (x Expect) subject(el *etree.Element, a *Answer) (time.Time, error) {
	name := child(el, nsAssertion, "NameID")
	var err error
	if a.NameID, err = text(name); err != nil {
		return time.Time{}, err
	}
	a.Format, a.NameQualifier, a.SPNameQualifier = attr(name, "Format"), attr(name, "NameQualifier"), attr(name, "SPNameQualifier")
	confirmation := child(el, nsAssertion, "SubjectConfirmation")
	data := child(confirmation, nsAssertion, "SubjectConfirmationData")
	switch {
	case attr(confirmation, "Method") != methodBearer:
		return time.Time{}, refuse(WrongConfirmation, "confirmed by %q", attr(confirmation, "Method"))
	case attr(data, "NotBefore") != "":
		return time.Time{}, refuse(WrongConfirmation, "a bearer's confirmation with NotBefore")
	case attr(data, "Recipient") != x.ACS:
		return time.Time{}, refuse(WrongRecipient, "the assertion is meant for %q", attr(data, "Recipient"))
	case attr(data, "InResponseTo") != x.Request:
		return time.Time{}, refuse(WrongRequest, "the assertion answers %q", attr(data, "InResponseTo"))
	}
	return x.valid("", attr(data, "NotOnOrAfter"))
}

// statement takes how and when the subject signed in at the provider.
func (x Expect) statement(el *etree.Element, a *Answer) error {
	var err error
	if a.At, err = moment(attr(el, "AuthnInstant")); err != nil {
		return refuse(TooOld, "no moment of signing in: %w", err)
	}
	a.SessionIndex = attr(el, "SessionIndex")
	if end := attr(el, "SessionNotOnOrAfter"); end != "" {
		if t, err := moment(end); err != nil || !x.Now.Before(t) {
			return refuse(Expired, "the provider's session ended at %q", end)
		}
	}
	a.Context, err = text(child(child(el, nsAssertion, "AuthnContext"), nsAssertion, "AuthnContextClassRef"))
	return err
}

// attributesOf gives the attributes whose values are text.
func attributesOf(el *etree.Element) map[string][]string {
	out := map[string][]string{}
	if el == nil {
		return out
	}
	for _, a := range children(el, nsAssertion, "Attribute") {
		for _, v := range children(a, nsAssertion, "AttributeValue") {
			if s, err := text(v); err == nil {
				out[attr(a, "Name")] = append(out[attr(a, "Name")], strings.TrimSpace(s))
			}
		}
	}
	return out
}

// secondOpinion lets the library judge the same bytes. Its doubts come as warnings beside a nil error: each is a refusal here. So is
// an answer that it reads differently from us.
func (x Expect) secondOpinion(response, assertion *etree.Element, a Answer) error {
	var r types.Response
	var s types.Assertion
	if err := errors.Join(decode(response, &r), decode(assertion, &s)); err != nil {
		return refuse(NotXML, "%w", err)
	}
	r.Assertions = []types.Assertion{s}
	sp := &saml2.SAMLServiceProvider{
		IdentityProviderIssuer: x.Issuer, AssertionConsumerServiceURL: x.ACS, ServiceProviderIssuer: x.EntityID, AudienceURI: x.EntityID,
		Clock: dsig.NewFakeClockAt(x.within(assertion)),
	}
	if err := sp.Validate(&r); err != nil {
		return refuse(Warned, "%w", err)
	}
	w, err := sp.VerifyAssertionConditions(&s)
	if err != nil {
		return refuse(Warned, "%w", err)
	}
	if w.InvalidTime || w.NotInAudience || w.OneTimeUse || w.ProxyRestriction != nil {
		return refuse(Warned, "%+v", *w)
	}
	if s.Subject.NameID == nil || s.Subject.NameID.Value != a.NameID || s.AuthnStatement.AuthnContext.AuthnContextClassRef.Value != a.Context {
		return refuse(NotXML, "two readers see different things")
	}
	return nil
}

// within is the moment that the library, which knows no difference of clocks, is told: now, or the nearest moment within the period
// that has already been found valid with one.
func (x Expect) within(assertion *etree.Element) time.Time {
	c := child(assertion, nsAssertion, "Conditions")
	data := child(child(child(assertion, nsAssertion, "Subject"), nsAssertion, "SubjectConfirmation"), nsAssertion, "SubjectConfirmationData")
	now := x.Now
	for _, end := range []string{attr(c, "NotOnOrAfter"), attr(data, "NotOnOrAfter")} {
		if t, err := moment(end); err == nil && !now.Before(t) {
			now = t.Add(-time.Millisecond)
		}
	}
	if t, err := moment(attr(c, "NotBefore")); err == nil && now.Before(t) {
		now = t
	}
	return now
}

func decode(el *etree.Element, v any) error {
	b, err := write(detached(el))
	if err != nil {
		return err
	}
	return xml.Unmarshal(b, v)
}

// compare asks the program's one judge of levels.
func (x Expect) compare(a Answer) error {
	err := auth.Compare(x.Demand, auth.Answered{Context: a.Context, At: a.At}, x.Now)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, auth.ErrStale):
		return refuse(TooOld, "%w", err)
	case errors.Is(err, auth.ErrFuture):
		return refuse(FutureSignIn, "%w", err)
	default:
		return refuse(WrongLevel, "%w", err)
	}
}

// moment reads a time as SAML writes it: UTC.
func moment(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC(), nil
}
