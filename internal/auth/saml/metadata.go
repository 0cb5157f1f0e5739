// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"
)

// Endpoint is an address of a provider, and how it is spoken to.
type Endpoint struct{ Binding, Location string }

// Provider is an identity provider as its metadata describe it.
type Provider struct {
	// EntityID is its name for ever.
	EntityID string
	// Names are what it is called, by language.
	Names map[string]string
	// Certificates are the keys that it signs with: two while it changes key.
	Certificates []*x509.Certificate
	// SignIn and SignOut are where it takes questions, and SignOutAnswer where it takes answers to its own.
	SignIn, SignOut, SignOutAnswer []Endpoint
	// Certified are the levels that the federation has certified it for.
	Certified []string
	// Until is when its own part of the document stops being valid; zero when it does not say.
	Until time.Time
}

// In is the provider's name in a language; its id when it has none.
func (p Provider) In(lang string) string {
	for _, l := range []string{lang, "sv", "en"} {
		if n := p.Names[l]; n != "" {
			return n
		}
	}
	return p.EntityID
}

// Metadata are a verified document: one provider, or all those of a federation.
type Metadata struct {
	// Until is when the document stops being valid; zero when it does not say.
	Until time.Time
	// Cache is how long it asks to be kept before it is fetched anew; zero when it does not say.
	Cache time.Duration
	// Providers are those whose own time has not run out, ordered by id.
	Providers []Provider
}

// ReadMetadata verifies a document with one of the pinned keys and reads the providers in it. Nothing is read before it is verified.
func ReadMetadata(b []byte, pinned []*x509.Certificate, now time.Time) (m Metadata, err error) {
	defer guard(&err)
	root, err := parse(b, metadataLimits)
	if err != nil {
		return Metadata{}, err
	}
	if !is(root, nsMetadata, "EntityDescriptor") && !is(root, nsMetadata, "EntitiesDescriptor") {
		return Metadata{}, refuse(WrongShape, "the document is a %s", root.Tag)
	}
	root, err = verify(root, pinned, now)
	if err != nil {
		return Metadata{}, err
	}
	if m.Until, err = validUntil(root); err != nil {
		return Metadata{}, err
	}
	if !m.Until.IsZero() && !now.Before(m.Until) {
		return Metadata{}, refuse(Expired, "valid to %s", m.Until)
	}
	if m.Cache, err = duration(attr(root, "cacheDuration")); err != nil {
		return Metadata{}, err
	}
	if err := m.collect(root, now); err != nil {
		return Metadata{}, err
	}
	slices.SortFunc(m.Providers, func(a, b Provider) int { return strings.Compare(a.EntityID, b.EntityID) })
	for i := range m.Providers {
		if i > 0 && m.Providers[i].EntityID == m.Providers[i-1].EntityID {
			return Metadata{}, refuse(DuplicateID, "two providers %q", m.Providers[i].EntityID)
		}
	}
	return m, nil
}

// collect reads the providers of a descriptor and of those within it.
func (m *Metadata) collect(el *etree.Element, now time.Time) error {
	until, err := validUntil(el)
	if err != nil {
		return err
	}
	if !until.IsZero() && !now.Before(until) {
		return nil
	}
	if is(el, nsMetadata, "EntitiesDescriptor") {
		for _, c := range el.ChildElements() {
			if is(c, nsMetadata, "EntityDescriptor") || is(c, nsMetadata, "EntitiesDescriptor") {
				if err := m.collect(c, now); err != nil {
					return err
				}
			}
		}
		return nil
	}
	roles := children(el, nsMetadata, "IDPSSODescriptor")
	if len(roles) != 1 {
		return nil // a service, or something that cannot be one provider
	}
	p := Provider{EntityID: attr(el, "entityID"), Names: map[string]string{}, Until: until}
	if p.EntityID == "" || len(p.EntityID) > 1024 {
		return refuse(WrongShape, "a provider without a name")
	}
	if err := p.role(roles[0], now); err != nil {
		return err
	}
	p.Certified = certified(el)
	m.Providers = append(m.Providers, p)
	return nil
}

// role reads the keys, addresses and names of a provider. A key that is not good enough is left out: a provider with none cannot be used.
func (p *Provider) role(el *etree.Element, now time.Time) error {
	if until, err := validUntil(el); err != nil || !until.IsZero() && !now.Before(until) {
		return err
	}
	for _, k := range children(el, nsMetadata, "KeyDescriptor") {
		if use := attr(k, "use"); use != "" && use != "signing" {
			continue
		}
		for _, c := range k.FindElements(".//X509Certificate") {
			if cert, err := certificate(c.Text()); err == nil && large(cert.PublicKey) == nil {
				p.Certificates = append(p.Certificates, cert)
			}
		}
	}
	p.SignIn = endpoints(el, "SingleSignOnService", "Location")
	p.SignOut = endpoints(el, "SingleLogoutService", "Location")
	p.SignOutAnswer = endpoints(el, "SingleLogoutService", "ResponseLocation")
	if ext := child(el, nsMetadata, "Extensions"); ext != nil {
		if ui := child(ext, nsInterface, "UIInfo"); ui != nil {
			for _, n := range children(ui, nsInterface, "DisplayName") {
				p.Names[n.SelectAttrValue("xml:lang", "")] = strings.TrimSpace(n.Text())
			}
		}
	}
	return nil
}

// endpoints lists the addresses of a service, by the bindings that are spoken. The answer's address is the question's unless it is given.
func endpoints(el *etree.Element, tag, location string) []Endpoint {
	var out []Endpoint
	for _, c := range children(el, nsMetadata, tag) {
		e := Endpoint{Binding: attr(c, "Binding"), Location: attr(c, location)}
		if e.Location == "" {
			e.Location = attr(c, "Location")
		}
		if (e.Binding == bindingRedirect || e.Binding == bindingPost) && webAddress(e.Location) {
			out = append(out, e)
		}
	}
	return out
}

func webAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// choose takes the Redirect binding where there is one: it works without a page between.
func choose(all []Endpoint) (Endpoint, error) {
	for _, b := range []string{bindingRedirect, bindingPost} {
		for _, e := range all {
			if e.Binding == b {
				return e, nil
			}
		}
	}
	return Endpoint{}, refuse(NoBinding, "no address with Redirect or POST")
}

// certified lists the levels that the federation's operator has written into the metadata.
func certified(el *etree.Element) []string {
	ext := child(el, nsMetadata, "Extensions")
	if ext == nil {
		return nil
	}
	var out []string
	for _, all := range children(ext, nsAttribute, "EntityAttributes") {
		for _, a := range children(all, nsAssertion, "Attribute") {
			if attr(a, "Name") != assuranceName {
				continue
			}
			for _, v := range children(a, nsAssertion, "AttributeValue") {
				out = append(out, strings.TrimSpace(v.Text()))
			}
		}
	}
	return out
}

func certificate(s string) (*x509.Certificate, error) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(b)
}

func validUntil(el *etree.Element) (time.Time, error) {
	s := attr(el, "validUntil")
	if s == "" {
		return time.Time{}, nil
	}
	t, err := moment(s)
	if err != nil {
		return time.Time{}, refuse(WrongShape, "validUntil %q", s)
	}
	return t, nil
}

// duration reads an XML duration of days, hours, minutes and seconds. Months and years have no fixed length, and nobody caches for one.
func duration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" {
		return 0, refuse(WrongShape, "duration %q", s)
	}
	units := map[byte]time.Duration{'D': 24 * time.Hour}
	var sum time.Duration
	for rest != "" {
		if rest[0] == 'T' {
			units, rest = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}, rest[1:]
			continue
		}
		i := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i < 1 || units[rest[i]] == 0 {
			return 0, refuse(WrongShape, "duration %q", s)
		}
		n, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil || n > 1e6 {
			return 0, refuse(WrongShape, "duration %q", s)
		}
		sum, rest = sum+time.Duration(n*float64(units[rest[i]])), rest[i+1:]
	}
	return sum, nil
}

// Party is what our own metadata say about us.
type Party struct {
	EntityID, ACS, SLO string
	// Names are what the service is called, Organisation who runs it and Link where it is.
	Names              map[string]string
	Organisation, Link string
	// Keys are ours, the newest first: a provider may encrypt to any of them.
	Keys []Key
	// Until is when the document stops being valid.
	Until time.Time
}

// Metadata makes our own metadata, signed.
func (s Party) Metadata(id string) ([]byte, error) {
	if len(s.Keys) == 0 {
		return nil, refuse(NoKey, "no key")
	}
	root := etree.NewElement("md:EntityDescriptor")
	for _, ns := range [][2]string{{"md", nsMetadata}, {"ds", nsSignature}, {"mdui", nsInterface}} {
		root.CreateAttr("xmlns:"+ns[0], ns[1])
	}
	root.CreateAttr("ID", id)
	root.CreateAttr("entityID", s.EntityID)
	root.CreateAttr("validUntil", s.Until.UTC().Format(wireTime))
	root.CreateAttr("cacheDuration", "PT1H")
	s.role(root)
	about := root.CreateElement("md:Organization")
	for _, e := range [][2]string{{"md:OrganizationName", s.Organisation}, {"md:OrganizationDisplayName", s.Organisation}, {"md:OrganizationURL", s.Link}} {
		localized(about, e[0], "sv", e[1])
	}
	signed, err := sign(root, s.Keys[0])
	if err != nil {
		return nil, err
	}
	return write(signed)
}

func (s Party) role(root *etree.Element) {
	sp := root.CreateElement("md:SPSSODescriptor")
	sp.CreateAttr("AuthnRequestsSigned", "true")
	sp.CreateAttr("WantAssertionsSigned", "false") // the response is signed, around an encrypted assertion
	sp.CreateAttr("protocolSupportEnumeration", nsProtocol)
	ui := sp.CreateElement("md:Extensions").CreateElement("mdui:UIInfo")
	for _, lang := range []string{"sv", "en"} {
		localized(ui, "mdui:DisplayName", lang, s.Names[lang])
	}
	for _, use := range []string{"signing", "encryption"} {
		for _, k := range s.Keys {
			d := sp.CreateElement("md:KeyDescriptor")
			d.CreateAttr("use", use)
			d.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").SetText(base64.StdEncoding.EncodeToString(k.Certificate.Raw))
			if use == "signing" {
				continue
			}
			for _, m := range []string{types.MethodAES256GCM, types.MethodAES128GCM, types.MethodRSAOAEP} {
				d.CreateElement("md:EncryptionMethod").CreateAttr("Algorithm", m)
			}
		}
	}
	for _, b := range []string{bindingRedirect, bindingPost} {
		slo := sp.CreateElement("md:SingleLogoutService")
		slo.CreateAttr("Binding", b)
		slo.CreateAttr("Location", s.SLO)
	}
	for _, f := range []string{formatPersistent, formatTransient} {
		sp.CreateElement("md:NameIDFormat").SetText(f)
	}
	acs := sp.CreateElement("md:AssertionConsumerService")
	acs.CreateAttr("Binding", bindingPost)
	acs.CreateAttr("Location", s.ACS)
	acs.CreateAttr("index", "0")
	acs.CreateAttr("isDefault", "true")
}

func localized(el *etree.Element, tag, lang, s string) {
	c := el.CreateElement(tag)
	c.CreateAttr("xml:lang", lang)
	c.SetText(s)
}
