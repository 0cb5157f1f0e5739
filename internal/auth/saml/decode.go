// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"net/url"
	"strings"

	"github.com/beevik/etree"
)

// AuthnRequest is what a service asks of a provider, as anybody who sees the browser's traffic can read it.
type AuthnRequest struct {
	// ID, Issuer, Destination and ACS are as the service wrote them.
	ID, Issuer, Destination, ACS string
	// ForceAuthn is "true", "false" or, where it is not given, "".
	ForceAuthn string
	// Comparison is how Contexts are meant; "exact" where it is not given.
	Comparison string
	// Contexts are the levels asked for; none when the service leaves it to the provider.
	Contexts []string
	// Signed says that there is a signature; it has not been verified. SigAlg is what it says it is made with.
	Signed bool
	SigAlg string
}

// DecodeRedirect reads an AuthnRequest from the query string of an address, as the Redirect binding sends it.
func DecodeRedirect(rawQuery string) (r AuthnRequest, err error) {
	defer guard(&err)
	values, err := once(rawQuery)
	if err != nil {
		return AuthnRequest{}, err
	}
	encoded, err := unescape(values["SAMLRequest"])
	if err != nil {
		return AuthnRequest{}, err
	}
	b, err := unbase64(encoded)
	if err != nil {
		return AuthnRequest{}, err
	}
	if b, err = inflate(b); err != nil {
		return AuthnRequest{}, err
	}
	if r, err = readRequest(b); err != nil {
		return AuthnRequest{}, err
	}
	if _, ok := values["Signature"]; ok {
		r.Signed = true
		r.SigAlg, err = unescape(values["SigAlg"])
	}
	return r, err
}

// DecodePost reads an AuthnRequest from the value of the form field SAMLRequest, as the POST binding sends it.
func DecodePost(value string) (r AuthnRequest, err error) {
	defer guard(&err)
	b, err := unbase64(value)
	if err != nil {
		return AuthnRequest{}, err
	}
	return readRequest(b)
}

func readRequest(b []byte) (AuthnRequest, error) {
	root, err := parse(b, messageLimits)
	if err != nil {
		return AuthnRequest{}, err
	}
	if !is(root, nsProtocol, "AuthnRequest") {
		return AuthnRequest{}, refuse(WrongShape, "the document is a %s", root.Tag)
	}
	r := AuthnRequest{
		ID: attr(root, "ID"), Destination: attr(root, "Destination"), ACS: attr(root, "AssertionConsumerServiceURL"),
		ForceAuthn: attr(root, "ForceAuthn"), Comparison: "exact",
	}
	if issuer := child(root, nsAssertion, "Issuer"); issuer != nil {
		if r.Issuer, err = text(issuer); err != nil {
			return r, err
		}
	}
	if sig := child(root, nsSignature, "Signature"); sig != nil {
		r.Signed, r.SigAlg = true, algorithmOf(sig)
	}
	asked := child(root, nsProtocol, "RequestedAuthnContext")
	if asked == nil {
		return r, nil
	}
	if c := attr(asked, "Comparison"); c != "" {
		r.Comparison = c
	}
	for _, c := range children(asked, nsAssertion, "AuthnContextClassRef") {
		s, err := text(c)
		if err != nil {
			return r, err
		}
		r.Contexts = append(r.Contexts, strings.TrimSpace(s))
	}
	return r, nil
}

func algorithmOf(sig *etree.Element) string {
	if info := child(sig, nsSignature, "SignedInfo"); info != nil {
		if m := child(info, nsSignature, "SignatureMethod"); m != nil {
			return attr(m, "Algorithm")
		}
	}
	return ""
}

func unescape(s string) (string, error) {
	out, err := url.QueryUnescape(s)
	if err != nil {
		return "", refuse(BadEncoding, "%w", err)
	}
	return out, nil
}
