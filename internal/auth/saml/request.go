// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Question is what is asked of a provider.
type Question struct {
	// ID is drawn for this question alone.
	ID string
	// EntityID and ACS are ours, and Destination the provider's address.
	EntityID, ACS, Destination string
	// Contexts are the levels that are good enough.
	Contexts []string
	// Fresh says whether somebody who is signed in at the provider already must show again who they are.
	Fresh Freshness
	// Format is what kind of name the subject is to have.
	Format string
	// At is now.
	At time.Time
}

// Freshness says whether a sign-in that the provider remembers is good enough.
type Freshness string

// The two kinds.
const (
	Remembered Freshness = "remembered"
	Again      Freshness = "again"
)

// wireTime is how SAML writes a moment.
const wireTime = "2006-01-02T15:04:05.000Z"

// element makes the AuthnRequest. ForceAuthn always stands there in words, as the profile asks.
func (q Question) element() *etree.Element {
	el := etree.NewElement("saml2p:AuthnRequest")
	el.CreateAttr("xmlns:saml2p", nsProtocol)
	el.CreateAttr("xmlns:saml2", nsAssertion)
	el.CreateAttr("ID", q.ID)
	el.CreateAttr("Version", supportVersion)
	el.CreateAttr("IssueInstant", q.At.UTC().Format(wireTime))
	el.CreateAttr("Destination", q.Destination)
	el.CreateAttr("ForceAuthn", strconv.FormatBool(q.Fresh == Again))
	el.CreateAttr("IsPassive", "false")
	el.CreateAttr("ProtocolBinding", bindingPost)
	el.CreateAttr("AssertionConsumerServiceURL", q.ACS)
	el.CreateElement("saml2:Issuer").SetText(q.EntityID)
	policy := el.CreateElement("saml2p:NameIDPolicy")
	policy.CreateAttr("Format", q.Format)
	policy.CreateAttr("AllowCreate", "true")
	asked := el.CreateElement("saml2p:RequestedAuthnContext")
	asked.CreateAttr("Comparison", "exact")
	for _, c := range q.Contexts {
		asked.CreateElement("saml2:AuthnContextClassRef").SetText(c)
	}
	return el
}

// Sent is a message on its way through the browser.
type Sent struct {
	// Binding is how it goes.
	Binding string
	// URL is where to: with the message in it by the Redirect binding, without it by POST.
	URL string
	// Name, Value and RelayState are the fields of the form of the POST binding.
	Name, Value, RelayState string
}

// send makes a message, signed. name is SAMLRequest or SAMLResponse.
func send(el *etree.Element, name string, to Endpoint, state string, key Key) (Sent, error) {
	if to.Binding == bindingPost {
		signed, err := sign(el, key)
		if err != nil {
			return Sent{}, err
		}
		b, err := write(signed)
		if err != nil {
			return Sent{}, err
		}
		return Sent{Binding: bindingPost, URL: to.Location, Name: name, Value: base64.StdEncoding.EncodeToString(b), RelayState: state}, nil
	}
	b, err := write(el)
	if err != nil {
		return Sent{}, err
	}
	query := name + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflate(b)))
	if state != "" {
		query += "&RelayState=" + url.QueryEscape(state)
	}
	query += "&SigAlg=" + url.QueryEscape(sha256RSA)
	ctx, err := signer(key)
	if err != nil {
		return Sent{}, err
	}
	signature, err := ctx.SignString(query)
	if err != nil {
		return Sent{}, err
	}
	query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	separator := "?"
	if strings.Contains(to.Location, "?") {
		separator = "&"
	}
	return Sent{Binding: bindingRedirect, URL: to.Location + separator + query}, nil
}
