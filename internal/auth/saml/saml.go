// SPDX-License-Identifier: EUPL-1.2

// Package saml signs people in at identity providers that speak SAML 2.0 (Swedish: legitimeringstjänst), as Sweden Connect's
// deployment profile asks. Everything that comes from outside passes one guarded parser, and only what a provider's pinned key has
// signed is read. Whatever is missing, unknown or merely odd is refused, with a reason that is logged.
package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/auth"
)

// The namespaces of what is sent and received.
const (
	nsProtocol   = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion  = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata   = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsAttribute  = "urn:oasis:names:tc:SAML:metadata:attribute"
	nsInterface  = "urn:oasis:names:tc:SAML:metadata:ui"
	nsSignature  = "http://www.w3.org/2000/09/xmldsig#"
	nsEncryption = "http://www.w3.org/2001/04/xmlenc#"
	nsSchema     = "http://www.w3.org/2001/XMLSchema-instance"
	nsXML        = "http://www.w3.org/XML/1998/namespace"
)

// The bindings that are spoken.
const (
	bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	bindingPost     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// The names that a subject may have. Only the persistent one can be the key of an account.
const (
	formatPersistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formatTransient  = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
)

const (
	statusSuccess  = "urn:oasis:names:tc:SAML:2.0:status:Success"
	methodBearer   = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	assuranceName  = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
	supportVersion = "2.0"
)

// Reason is why something was refused. It stands in logs, and says nothing about any person.
type Reason string

// The reasons.
const (
	TooLarge          Reason = "too-large"           // more than is read, before or after inflating
	BadEncoding       Reason = "encoding"            // not base64, DEFLATE or UTF-8
	NotXML            Reason = "xml"                 // not well-formed, or not what it looks like after being written again
	DocumentType      Reason = "dtd"                 // a document type or an entity
	Markup            Reason = "markup"              // a comment, CDATA or a processing instruction
	WrongShape        Reason = "shape"               // an element that is missing, too many, unknown or in the wrong place
	DuplicateID       Reason = "duplicate-id"        // two elements with one ID
	Unsigned          Reason = "unsigned"            // no signature where one must be
	BadSignature      Reason = "signature"           // made with another key, or over something else
	WeakAlgorithm     Reason = "algorithm"           // SHA-1, RSA 1.5 or one that is not known
	NotEncrypted      Reason = "plain"               // an assertion that is not encrypted
	NotDecrypted      Reason = "decrypt"             // it could not be decrypted: one reason, so that it tells nothing
	ProviderSaidNo    Reason = "status"              // the provider answered that it did not sign anybody in
	WrongVersion      Reason = "version"             // not SAML 2.0
	WrongIssuer       Reason = "issuer"              // not from the provider that was asked
	WrongDestination  Reason = "destination"         // meant for another address
	WrongRecipient    Reason = "recipient"           // the assertion is meant for another address
	WrongAudience     Reason = "audience"            // the assertion is meant for another service
	WrongConfirmation Reason = "confirmation"        // not a bearer's
	WrongRequest      Reason = "in-response-to"      // an answer to another question
	Unsolicited       Reason = "unsolicited"         // an answer to no question
	WrongBrowser      Reason = "browser"             // an answer that comes in a browser which has asked nothing
	NoRequest         Reason = "request"             // no question of this browser waits for it: another's, answered already, or too old
	TooEarly          Reason = "not-yet-valid"       // valid later
	Expired           Reason = "expired"             // no longer valid
	WrongMoment       Reason = "issue-instant"       // made before it was asked for, or in the future
	Replayed          Reason = "replay"              // used before
	WrongLevel        Reason = "level"               // another level than was asked for
	TooOld            Reason = "stale"               // signed in at the provider too long ago
	FutureSignIn      Reason = "future"              // signed in at the provider in the future
	NoSubject         Reason = "subject"             // nothing that names the account
	Warned            Reason = "warning"             // the library had a doubt
	UnknownProvider   Reason = "provider"            // not one of those that are allowed
	NoMetadata        Reason = "metadata"            // what is known of the provider has expired, or was never read
	NoKey             Reason = "key"                 // we have no key
	Failed            Reason = "fault"               // a fault of ours, caught
	Older             Reason = "rollback"            // metadata that are older than those that are here
	SessionNotFound   Reason = "session"             // a sign-out of nobody who is signed in
	NoBinding         Reason = "binding"             // the provider has no address of a kind that is spoken
	NotAllowed        Reason = "assurance-certified" // the provider does not have the certification that is asked for
)

// Refusal is why something was not accepted.
type Refusal struct {
	// Reason is logged.
	Reason Reason
	// Err is what lies behind it, for tests and errors.Is. It may hold what came from outside and is never logged.
	Err error
}

// Error names the reason and nothing else.
func (r *Refusal) Error() string { return "saml refused: " + string(r.Reason) }

// Unwrap gives what lies behind.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(r Reason, format string, args ...any) error {
	return &Refusal{Reason: r, Err: fmt.Errorf(format, args...)}
}

// ReasonOf is the reason of an error: Failed for one that is not a refusal.
func ReasonOf(err error) Reason {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return Failed
}

// guard turns a panic in the parser, or in a library below it, into a refusal. Nothing that comes from outside may stop the program.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = refuse(Failed, "panic: %v", p)
	}
}

// Key is one of our own key pairs.
type Key struct {
	Private     *rsa.PrivateKey
	Certificate *x509.Certificate
}

// Expect is what an answer must be: what was asked, of whom, and by whom.
type Expect struct {
	// Request is the ID of the question, and Asked when it was put.
	Request string
	Asked   time.Time
	// EntityID and ACS are ours: the audience, and where the answer was sent.
	EntityID, ACS string
	// Issuer is the provider that was asked, and Certificates the keys that it may sign with.
	Issuer       string
	Certificates []*x509.Certificate
	// Keys are ours, the newest first.
	Keys []Key
	// Demand is the level that was asked for.
	Demand auth.Demand
	// Protection says whether an assertion may come unencrypted.
	Protection Protection
	// Older says that AES-CBC has been allowed for the provider.
	Older bool
	// Now is the moment of the request that carries the answer.
	Now time.Time
}

// Protection says how an assertion must be protected on its way through the browser.
type Protection string

// The two ways. Sweden Connect asks for the first; the second is for a provider within the municipality that cannot encrypt.
const (
	Encrypted Protection = "encrypted"
	Signed    Protection = "signed"
)

// Answer is what a provider has said about somebody, all of it signed.
type Answer struct {
	// Issuer is the provider and ID the assertion's.
	Issuer, ID string
	// NameID names the subject, in a format, and SessionIndex the session at the provider.
	NameID, Format, SessionIndex string
	// NameQualifier and SPNameQualifier belong to the name; a sign-out must repeat them.
	NameQualifier, SPNameQualifier string
	// Context is the authentication context, and At when the subject signed in at the provider.
	Context string
	At      time.Time
	// Attributes are what the provider said about the subject.
	Attributes map[string][]string
	// Until is when the assertion stops being valid, with the clocks' difference; it must be remembered until then.
	Until time.Time
}
