// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// part is one kind of child that an element may have, and how many times.
type part struct {
	ns, tag  string
	min, max int
	inside   *form
	// either says that it may stand before or after the one before it in the list.
	either bool
}

// form is what an element must look like: its attributes and its children, in order. Anything else is refused. XML Schema would allow
// more; what it allows beyond this is where signatures have been wrapped.
type form struct {
	attrs []string
	parts []part
	// free is for an element whose inside is not read.
	free bool
}

func one(ns, tag string, inside *form) part    { return part{ns, tag, 1, 1, inside, false} }
func two(ns, tag string, inside *form) part    { return part{ns, tag, 2, 2, inside, false} }
func maybe(ns, tag string, inside *form) part  { return part{ns, tag, 0, 1, inside, false} }
func anyOf(ns, tag string, inside *form) part  { return part{ns, tag, 0, many, inside, false} }
func someOf(ns, tag string, inside *form) part { return part{ns, tag, 1, many, inside, false} }

// orBefore says that a part may also stand before the one before it in the list.
func (p part) orBefore() part {
	p.either = true
	return p
}

// many is how often something may stand that may stand often.
const many = 200

var (
	textForm = &form{}

	issuerForm = &form{attrs: []string{"Format", "NameQualifier", "SPNameQualifier"}}

	digestForm = &form{attrs: []string{"Algorithm"}}

	signatureForm = &form{attrs: []string{"Id"}, parts: []part{
		one(nsSignature, "SignedInfo", &form{parts: []part{
			one(nsSignature, "CanonicalizationMethod", digestForm),
			one(nsSignature, "SignatureMethod", digestForm),
			one(nsSignature, "Reference", &form{attrs: []string{"URI"}, parts: []part{
				one(nsSignature, "Transforms", &form{parts: []part{two(nsSignature, "Transform", &form{attrs: []string{"Algorithm"}, free: true})}}),
				one(nsSignature, "DigestMethod", digestForm),
				one(nsSignature, "DigestValue", textForm),
			}}),
		}}),
		one(nsSignature, "SignatureValue", &form{attrs: []string{"Id"}}),
		maybe(nsSignature, "KeyInfo", &form{attrs: []string{"Id"}, free: true}),
	}}

	statusForm = &form{parts: []part{
		one(nsProtocol, "StatusCode", &form{attrs: []string{"Value"}, parts: []part{
			maybe(nsProtocol, "StatusCode", &form{attrs: []string{"Value"}}),
		}}),
		maybe(nsProtocol, "StatusMessage", textForm),
		maybe(nsProtocol, "StatusDetail", &form{free: true}),
	}}

	encryptedKeyForm = &form{attrs: []string{"Id", "Recipient", "Type"}, parts: []part{
		one(nsEncryption, "EncryptionMethod", methodForm),
		maybe(nsSignature, "KeyInfo", &form{free: true}),
		one(nsEncryption, "CipherData", cipherForm),
		maybe(nsEncryption, "ReferenceList", &form{free: true}),
	}}
	cipherForm = &form{parts: []part{one(nsEncryption, "CipherValue", textForm)}}
	methodForm = &form{attrs: []string{"Algorithm"}, free: true}

	encryptedForm = &form{parts: []part{
		one(nsEncryption, "EncryptedData", &form{attrs: []string{"Id", "Type"}, parts: []part{
			one(nsEncryption, "EncryptionMethod", methodForm),
			maybe(nsSignature, "KeyInfo", &form{attrs: []string{"Id"}, parts: []part{
				maybe(nsEncryption, "EncryptedKey", encryptedKeyForm),
				maybe(nsSignature, "RetrievalMethod", &form{attrs: []string{"Type", "URI"}}),
			}}),
			one(nsEncryption, "CipherData", cipherForm),
		}}),
		maybe(nsEncryption, "EncryptedKey", encryptedKeyForm),
	}}

	assertionForm = &form{attrs: []string{"ID", "Version", "IssueInstant"}, parts: []part{
		one(nsAssertion, "Issuer", issuerForm),
		maybe(nsSignature, "Signature", signatureForm),
		one(nsAssertion, "Subject", subjectForm),
		one(nsAssertion, "Conditions", conditionsForm),
		one(nsAssertion, "AuthnStatement", authnForm),
		maybe(nsAssertion, "AttributeStatement", &form{parts: []part{
			someOf(nsAssertion, "Attribute", &form{attrs: []string{"Name", "NameFormat", "FriendlyName", "*"}, parts: []part{
				anyOf(nsAssertion, "AttributeValue", &form{attrs: []string{"*"}, free: true}),
			}}),
		}}).orBefore(),
	}}
	nameForm    = &form{attrs: []string{"Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"}}
	subjectForm = &form{parts: []part{
		one(nsAssertion, "NameID", nameForm),
		one(nsAssertion, "SubjectConfirmation", &form{attrs: []string{"Method"}, parts: []part{
			one(nsAssertion, "SubjectConfirmationData", &form{attrs: []string{"NotBefore", "NotOnOrAfter", "Recipient", "InResponseTo", "Address", "*"}}),
		}}),
	}}
	conditionsForm = &form{attrs: []string{"NotBefore", "NotOnOrAfter"}, parts: []part{
		someOf(nsAssertion, "AudienceRestriction", &form{parts: []part{someOf(nsAssertion, "Audience", textForm)}}),
		maybe(nsAssertion, "OneTimeUse", textForm).orBefore(),
		maybe(nsAssertion, "ProxyRestriction", &form{attrs: []string{"Count"}, parts: []part{anyOf(nsAssertion, "Audience", textForm)}}).orBefore(),
	}}
	authnForm = &form{attrs: []string{"AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"}, parts: []part{
		maybe(nsAssertion, "SubjectLocality", &form{attrs: []string{"Address", "DNSName"}}),
		one(nsAssertion, "AuthnContext", &form{parts: []part{
			one(nsAssertion, "AuthnContextClassRef", textForm),
			anyOf(nsAssertion, "AuthenticatingAuthority", textForm),
		}}),
	}}

	responseForm = &form{attrs: []string{"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"}, parts: []part{
		one(nsAssertion, "Issuer", issuerForm),
		maybe(nsSignature, "Signature", signatureForm),
		one(nsProtocol, "Status", statusForm),
		maybe(nsAssertion, "EncryptedAssertion", encryptedForm),
		maybe(nsAssertion, "Assertion", assertionForm),
	}}

	logoutRequestForm = &form{attrs: []string{"ID", "Version", "IssueInstant", "Destination", "Consent", "NotOnOrAfter", "Reason"}, parts: []part{
		one(nsAssertion, "Issuer", issuerForm),
		maybe(nsSignature, "Signature", signatureForm),
		maybe(nsProtocol, "Extensions", &form{free: true}),
		one(nsAssertion, "NameID", nameForm),
		anyOf(nsProtocol, "SessionIndex", textForm),
	}}

	logoutResponseForm = &form{attrs: []string{"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"}, parts: []part{
		one(nsAssertion, "Issuer", issuerForm),
		maybe(nsSignature, "Signature", signatureForm),
		maybe(nsProtocol, "Extensions", &form{free: true}),
		one(nsProtocol, "Status", statusForm),
	}}
)

// fits checks an element against its form, and everything below it.
func fits(el *etree.Element, f *form) error {
	if err := f.allows(el); err != nil {
		return err
	}
	if f.free {
		return nil
	}
	counts := make([]int, len(f.parts))
	at := 0 // the place in the order that has been reached
	for _, c := range el.ChildElements() {
		i := slices.IndexFunc(f.parts, func(p part) bool { return is(c, p.ns, p.tag) })
		if i < 0 {
			return refuse(WrongShape, "%s in %s", c.Tag, el.Tag)
		}
		place := i
		for f.parts[place].either {
			place--
		}
		if place < at {
			return refuse(WrongShape, "%s comes too late in %s", c.Tag, el.Tag)
		}
		at = place
		if counts[i]++; counts[i] > f.parts[i].max {
			return refuse(WrongShape, "%s more than %d times in %s", c.Tag, f.parts[i].max, el.Tag)
		}
		if err := fits(c, f.parts[i].inside); err != nil {
			return err
		}
	}
	for i, p := range f.parts {
		if counts[i] < p.min {
			return refuse(WrongShape, "no %s in %s", p.tag, el.Tag)
		}
	}
	return f.bare(el)
}

// allows checks an element's attributes.
func (f *form) allows(el *etree.Element) error {
	for i := range el.Attr {
		a := &el.Attr[i]
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			continue
		}
		if a.Space == "" && slices.Contains(f.attrs, a.Key) {
			continue
		}
		if a.Space != "" && !strings.EqualFold(a.Key, "id") && (slices.Contains(f.attrs, "*") || a.NamespaceURI() == nsSchema || a.Space == "xml") {
			continue
		}
		return refuse(WrongShape, "attribute %s of %s", a.FullKey(), el.Tag)
	}
	return nil
}

// bare refuses text beside elements.
func (f *form) bare(el *etree.Element) error {
	if len(f.parts) == 0 {
		_, err := text(el)
		return err
	}
	for _, c := range el.Child {
		if data, ok := c.(*etree.CharData); ok && strings.TrimSpace(data.Data) != "" {
			return refuse(WrongShape, "text in %s", el.Tag)
		}
	}
	return nil
}

// only refuses elements of these names, in any namespace, other than the ones that are allowed: whatever a signature or an assertion
// is hidden in, it is not where the form has its place.
func only(root *etree.Element, allowed ...*etree.Element) error {
	reserved := []string{"Response", "Assertion", "EncryptedAssertion", "Signature", "EncryptedData", "LogoutRequest", "LogoutResponse"}
	var walk func(*etree.Element) error
	walk = func(el *etree.Element) error {
		if slices.Contains(reserved, el.Tag) && !slices.Contains(allowed, el) {
			return refuse(WrongShape, "a second %s", el.Tag)
		}
		for _, c := range el.ChildElements() {
			if err := walk(c); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root)
}
