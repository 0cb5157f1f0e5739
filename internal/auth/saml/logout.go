// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto/x509"
	"time"

	"github.com/beevik/etree"

	"github.com/insegel/insegel/internal/auth"
)

// Incoming is a message about signing out as it came through the browser.
type Incoming struct {
	// RawQuery is the query string of the Redirect binding, exactly as it came.
	RawQuery string
	// Value is the form field of the POST binding; empty for Redirect.
	Value string
	// Name is SAMLRequest or SAMLResponse.
	Name string
}

// Opened is a message that has been parsed and not yet verified.
type Opened struct {
	in   Incoming
	root *etree.Element
	// Issuer is who it says that it is from. It chooses the keys to verify with, and nothing else.
	Issuer string
}

// OpenLogout parses a message about signing out.
func OpenLogout(in Incoming) (o Opened, err error) {
	defer guard(&err)
	o.in = in
	var b []byte
	if in.Value != "" {
		b, err = unbase64(in.Value)
	} else {
		b, err = fromQuery(in.RawQuery, in.Name)
	}
	if err != nil {
		return Opened{}, err
	}
	if o.root, err = parse(b, messageLimits); err != nil {
		return Opened{}, err
	}
	tag, f := "LogoutRequest", logoutRequestForm
	if in.Name == "SAMLResponse" {
		tag, f = "LogoutResponse", logoutResponseForm
	}
	if !is(o.root, nsProtocol, tag) {
		return Opened{}, refuse(WrongShape, "the document is a %s", o.root.Tag)
	}
	if err := fits(o.root, f); err != nil {
		return Opened{}, err
	}
	if err := only(o.root, o.root, child(o.root, nsSignature, "Signature")); err != nil {
		return Opened{}, err
	}
	o.Issuer, err = text(child(o.root, nsAssertion, "Issuer"))
	return o, err
}

func fromQuery(raw, name string) ([]byte, error) {
	values, err := once(raw)
	if err != nil {
		return nil, err
	}
	encoded, err := unescape(values[name])
	if err != nil {
		return nil, err
	}
	b, err := unbase64(encoded)
	if err != nil {
		return nil, err
	}
	return inflate(b)
}

// LogoutExpect is what a message about signing out must be.
type LogoutExpect struct {
	// Issuer is the provider and Certificates its keys.
	Issuer       string
	Certificates []*x509.Certificate
	// SLO is our address for such messages.
	SLO string
	// Request is the ID of our question, for an answer.
	Request string
	Now     time.Time
}

// Logout is who the provider says has signed out there.
type Logout struct {
	// ID is the question's; the answer repeats it.
	ID string
	// NameID and Format are the subject's name, as it was when they signed in.
	NameID, Format string
	// Sessions are the sessions that have ended; all of the subject's when there are none.
	Sessions []string
	// Until is how long the question must be remembered.
	Until time.Time
}

// logoutLife is how old a question about signing out may be.
const logoutLife = 5 * time.Minute

// Request verifies a provider's question and reads it.
func (o Opened) Request(x LogoutExpect) (l Logout, err error) {
	defer guard(&err)
	root, err := o.verified(x)
	if err != nil {
		return Logout{}, err
	}
	if err := fits(root, logoutRequestForm); err != nil {
		return Logout{}, err
	}
	l.ID = attr(root, "ID")
	if l.ID == "" || len(l.ID) > 256 {
		return Logout{}, refuse(WrongShape, "a question without an ID")
	}
	issued, _ := moment(attr(root, "IssueInstant")) // it has been read before
	l.Until = issued.Add(logoutLife + auth.ClockSkew)
	if end := attr(root, "NotOnOrAfter"); end != "" {
		if t, err := moment(end); err != nil || !x.Now.Before(t.Add(auth.ClockSkew)) {
			return Logout{}, refuse(Expired, "valid to %q", end)
		}
	}
	name := child(root, nsAssertion, "NameID")
	l.Format = attr(name, "Format")
	if l.NameID, err = text(name); err != nil {
		return Logout{}, err
	}
	for _, c := range children(root, nsProtocol, "SessionIndex") {
		s, err := text(c)
		if err != nil {
			return Logout{}, err
		}
		l.Sessions = append(l.Sessions, s)
	}
	return l, nil
}

// Answer verifies a provider's answer to our own question. It tells whether the provider ended its session.
func (o Opened) Answer(x LogoutExpect) (err error) {
	defer guard(&err)
	root, err := o.verified(x)
	if err != nil {
		return err
	}
	if err := fits(root, logoutResponseForm); err != nil {
		return err
	}
	if x.Request == "" || attr(root, "InResponseTo") != x.Request {
		return refuse(WrongRequest, "the answer is to %q", attr(root, "InResponseTo"))
	}
	if s := attr(child(child(root, nsProtocol, "Status"), nsProtocol, "StatusCode"), "Value"); s != statusSuccess {
		return refuse(ProviderSaidNo, "status %q", s)
	}
	return nil
}

// verified checks the signature, wherever the binding has it, and what every message must say.
func (o Opened) verified(x LogoutExpect) (*etree.Element, error) {
	root := o.root
	if o.in.Value != "" {
		var err error
		if root, err = verify(o.root, x.Certificates, x.Now); err != nil {
			return nil, err
		}
	} else if err := verifyQuery(o.in.RawQuery, o.in.Name, x.Certificates); err != nil {
		return nil, err
	}
	issuer, err := text(child(root, nsAssertion, "Issuer"))
	if err != nil {
		return nil, err
	}
	issued, err := moment(attr(root, "IssueInstant"))
	switch {
	case attr(root, "Version") != supportVersion:
		return nil, refuse(WrongVersion, "version %q", attr(root, "Version"))
	case issuer != x.Issuer:
		return nil, refuse(WrongIssuer, "the message is from %q", issuer)
	case attr(root, "Destination") != x.SLO:
		return nil, refuse(WrongDestination, "the message is meant for %q", attr(root, "Destination"))
	case err != nil || issued.After(x.Now.Add(auth.ClockSkew)):
		return nil, refuse(WrongMoment, "the message was made at %q", attr(root, "IssueInstant"))
	case issued.Before(x.Now.Add(-logoutLife - auth.ClockSkew)):
		return nil, refuse(Expired, "the message was made at %q", attr(root, "IssueInstant"))
	}
	return root, nil
}

// Session is a sign-in at a provider, for signing out of it.
type Session struct {
	Issuer, NameID, Format, NameQualifier, SPNameQualifier, Index string
}

// logoutRequest makes our question to a provider.
func logoutRequest(id, entityID, destination string, s Session, now time.Time) *etree.Element {
	el := message("LogoutRequest", id, entityID, destination, now)
	el.CreateAttr("NotOnOrAfter", now.Add(logoutLife).UTC().Format(wireTime))
	name := el.CreateElement("saml2:NameID")
	for _, a := range [][2]string{{"Format", s.Format}, {"NameQualifier", s.NameQualifier}, {"SPNameQualifier", s.SPNameQualifier}} {
		if a[1] != "" {
			name.CreateAttr(a[0], a[1])
		}
	}
	name.SetText(s.NameID)
	if s.Index != "" {
		el.CreateElement("saml2p:SessionIndex").SetText(s.Index)
	}
	return el
}

// logoutAnswer makes our answer to a provider's question.
func logoutAnswer(id, entityID, destination, to string, now time.Time) *etree.Element {
	el := message("LogoutResponse", id, entityID, destination, now)
	el.CreateAttr("InResponseTo", to)
	el.CreateElement("saml2p:Status").CreateElement("saml2p:StatusCode").CreateAttr("Value", statusSuccess)
	return el
}

func message(tag, id, entityID, destination string, now time.Time) *etree.Element {
	el := etree.NewElement("saml2p:" + tag)
	el.CreateAttr("xmlns:saml2p", nsProtocol)
	el.CreateAttr("xmlns:saml2", nsAssertion)
	el.CreateAttr("ID", id)
	el.CreateAttr("Version", supportVersion)
	el.CreateAttr("IssueInstant", now.UTC().Format(wireTime))
	el.CreateAttr("Destination", destination)
	el.CreateElement("saml2:Issuer").SetText(entityID)
	return el
}
