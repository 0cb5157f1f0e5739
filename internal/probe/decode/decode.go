// SPDX-License-Identifier: EUPL-1.2

// Package decode reads what a login page or a redirect says about the sign-in (Swedish: avkodning): requests to identity providers,
// forms, links, challenges and where the browser is sent next. It is pure: it never connects, and nothing that it reads can make it
// use more than a fixed amount of memory. All of its input is a stranger's.
package decode

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// Protocol is how a system asks an identity provider to sign somebody in.
type Protocol string

// The protocols.
const (
	SAML  Protocol = "saml"
	OIDC  Protocol = "oidc"
	WSFed Protocol = "wsfed"
)

// Limits of what is read of one request.
const (
	maxEncoded  = 512 << 10 // a request as it stands in an address or a form
	maxInflated = 256 << 10 // the same, decompressed
	maxValues   = 64        // levels in one request
	maxValue    = 512       // bytes of one level, an issuer or a host
	maxDepth    = 32        // elements inside one another
)

// Request is what a system asked an identity provider for.
type Request struct {
	Protocol Protocol
	// Binding is how it is sent: "redirect" in an address, "post" in a form.
	Binding string
	// Host is where it is sent, with a port unless it is the scheme's own.
	Host string
	// Issuer is who asks: the SAML issuer, the OpenID client, the WS-Federation realm.
	Issuer string
	// Broken says that it could not be read, and then nothing else below can be trusted.
	Broken bool
	// Signed says that a signature stands in it. Whether it is right is another question: see Verify.
	Signed bool
	SigAlg string

	// Comparison and Classes are SAML's RequestedAuthnContext. Asked says that there was one.
	Asked      bool
	Comparison string
	Classes    []string
	ForceAuthn *bool

	// ACRValues are the levels that OpenID Connect's acr_values wishes for.
	ACRValues []string
	// Essential says that the claims parameter demands acr; Demanded are the levels it accepts.
	Essential bool
	Demanded  []string
	// Object is how the parameters came: "" in the open, "jws" in a request object, "jwe" or "reference" where they cannot be read.
	Object string
	// Hint is a method or provider that the request steers to, as Keycloak's kc_idp_hint.
	Hint string

	// Wauth is the method that WS-Federation asks for.
	Wauth string

	// SHA256 is the hash of the request as it was seen.
	SHA256 string

	signed signedQuery
}

// Opaque reports whether what is asked for cannot be read.
func (r *Request) Opaque() bool { return r.Object == "jwe" || r.Object == "reference" }

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// clip shortens a text to what is kept of one value. What would steer a screen or turn the way that text is read is marked, and never merely left
// out: what is left must not become a level that nobody asked for.
func clip(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), maxValue)], "\uFFFD"))
}

// Clip is a text of a stranger's as it may be kept and shown.
func Clip(text string) string { return clip(text) }
