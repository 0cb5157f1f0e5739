// SPDX-License-Identifier: EUPL-1.2

package verdict

import (
	"slices"

	"github.com/insegel/insegel/internal/probe/decode"
)

// Certificate is what was seen of a server's question for a certificate.
type Certificate struct {
	// Asked is "no", "handshake" or "after_request".
	Asked string
	// Refused says that the connection broke, or that the server answered no, because none was shown.
	Refused bool
	// ByAnswer says that the refusal was an answer, and not a broken connection.
	ByAnswer bool
	// Names are the authorities that the server takes certificates from.
	Names []string
}

// Observation is everything that was seen of one way in.
type Observation struct {
	// Certificate is the server's question for a certificate.
	Certificate Certificate
	// Untrusted says that the server's own certificate could not be trusted and that nothing more was fetched; Private that it was
	// issued by an authority that this machine does not know, at an address inside, and that the measurement went on.
	Untrusted bool
	Private   bool
	// MaybeAfterRequest says that the server denied the page without ever asking, over a TLS version in which a question for a single
	// page cannot be seen.
	MaybeAfterRequest bool
	// Request is what the system asked an identity provider for, and Verified that its signature was made with the system's key.
	Request  *decode.Request
	Verified bool
	// Provider are the levels that the identity provider's signed metadata approve it for; empty is not known.
	Provider []string
	// Challenges are the schemes of WWW-Authenticate.
	Challenges []string
	// Plain says that the page was fetched without encryption.
	Plain bool
	// Page is the page that was reached; nil when none was.
	Page *decode.Page
	// Unshown says that the page was shown to a browser, as it is empty until its scripts have run, and that nothing came of it.
	Unshown bool
	// SecondStep says that the system's owner has declared that a second step follows the password.
	SecondStep bool
	// Away is a host that the page leads to and that is not approved; AwayMethod the e-identification that is known to be there.
	Away       string
	AwayMethod string
}

// factNames are the facts that rules may ask for.
var factNames = []string{
	"certificate_refused", "certificate_refused_by_answer", "certificate_refused_after_request", "certificate_asked", "certificate_untrusted",
	"certificate_maybe_after_request", "request", "saml", "oidc", "wsfed", "opaque", "broken", "signature_valid", "object_signed", "asked", "exact",
	"minimum", "upwards", "essential", "wished", "all_strong", "some_strong", "only_weak", "only_windows", "hint_strong", "provider_strong",
	"challenge_password", "challenge_windows", "password", "password_link", "user_name", "strong_method", "federated", "only_federated", "shell", "unshown", "text",
	"page", "page_says", "second_step", "away",
}

type facts map[string]bool

// facts finds what holds of an observation.
func (r *Rules) facts(o *Observation) facts {
	c := o.Certificate
	f := facts{
		"certificate_refused":               c.Refused && !c.ByAnswer && c.Asked == "handshake",
		"certificate_refused_by_answer":     c.Refused && c.ByAnswer && c.Asked == "handshake",
		"certificate_refused_after_request": c.Refused && c.Asked == "after_request",
		"certificate_asked":                 !c.Refused && (c.Asked == "handshake" || c.Asked == "after_request"),
		"certificate_untrusted":             o.Untrusted,
		"certificate_maybe_after_request":   o.MaybeAfterRequest,
		"challenge_password":                hasAny(o.Challenges, "basic", "digest", "ntlm"),
		"challenge_windows":                 hasAny(o.Challenges, "negotiate", "kerberos"),
		"second_step":                       o.SecondStep,
		"unshown":                           o.Unshown,
		"away":                              o.Away != "",
		"strong_method":                     o.AwayMethod != "",
	}
	if o.Page != nil {
		f["page"] = true
		r.pageFacts(f, o.Page)
	}
	f["page_says"] = f["challenge_password"] || f["password"] || f["password_link"] || f["strong_method"] && !f["only_federated"]
	if o.Request != nil {
		r.requestFacts(f, o)
	}
	return f
}

func hasAny(list []string, wanted ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(wanted, s) })
}

func (r *Rules) pageFacts(f facts, p *decode.Page) {
	f["password"], f["user_name"], f["shell"], f["text"] = p.Password, p.UserName, p.Shell, p.Text
	f["password_link"] = p.PasswordLink
	f["federated"] = p.Federated || len(p.Links) > 0
	strong := len(p.Strong) > 0 || p.Passkey
	f["strong_method"] = f["strong_method"] || strong || f["federated"]
	f["only_federated"] = f["federated"] && !strong
}

func (r *Rules) requestFacts(f facts, o *Observation) {
	q := o.Request
	f["request"] = true
	f["saml"], f["oidc"], f["wsfed"] = q.Protocol == decode.SAML, q.Protocol == decode.OIDC, q.Protocol == decode.WSFed
	f["broken"], f["opaque"] = q.Broken, q.Opaque()
	if q.Broken || q.Opaque() {
		f["saml"], f["oidc"], f["wsfed"] = false, false, false // nothing that it seems to say counts
		return
	}
	f["signature_valid"] = o.Verified && q.Signed
	f["object_signed"] = q.Object == "jws" && q.Signed
	f["essential"], f["wished"] = q.Essential && len(q.Demanded) > 0, !q.Essential && len(q.ACRValues) > 0
	f["exact"], f["minimum"] = q.Comparison == "exact", q.Comparison == "minimum"
	f["upwards"] = q.Comparison == "minimum" || q.Comparison == "better"
	f["hint_strong"] = q.Hint != "" && r.method(q.Hint)
	f["provider_strong"] = len(o.Provider) > 0 && r.count(o.Provider).strong == len(o.Provider)
	values := Levels(q)
	f["asked"] = q.Asked || len(values) > 0
	n := r.count(values)
	f["all_strong"] = len(values) > 0 && n.strong == len(values)
	f["some_strong"] = n.strong > 0
	f["only_windows"] = len(values) > 0 && n.windows == len(values)
	f["only_weak"] = len(values) > 0 && n.weak == len(values) && n.windows < len(values)
}

// method reports whether a hint names an e-identification.
func (r *Rules) method(hint string) bool {
	return slices.ContainsFunc(r.Words.Strong, func(m decode.Method) bool { return decode.Says(m.Words, hint) })
}

// MethodAt is the e-identification that is known to stand at a host, or empty.
func (r *Rules) MethodAt(host string) string {
	for _, m := range r.Words.Strong {
		if slices.Contains(m.Hosts, host) {
			return m.ID
		}
	}
	return ""
}

// Levels are the levels that a request asks for.
func Levels(q *decode.Request) []string {
	switch {
	case q.Protocol == decode.SAML:
		return q.Classes
	case q.Protocol == decode.WSFed && q.Wauth != "":
		return []string{q.Wauth}
	case q.Essential:
		return q.Demanded
	}
	return q.ACRValues
}

type counts struct{ strong, weak, windows int }

// count sorts levels: strong takes two factors, weak takes one. The rest says nothing.
func (r *Rules) count(values []string) counts {
	var n counts
	for _, v := range values {
		l := r.levels[v]
		if l.Factors >= 2 {
			n.strong++
		} else if l.Factors == 1 {
			n.weak++
		}
		if slices.Contains(r.windows, v) {
			n.windows++
		}
	}
	return n
}
