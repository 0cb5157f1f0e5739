// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"
	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/civil"
)

// federation is a document of several providers. mark changes it before it is signed.
type federation struct {
	root string
	mark func(string) string
	key  string
}

const testFederation = "https://federation.example.se"

func entity(id, certified, cert, extra string) string {
	return fmt.Sprintf(`<md:EntityDescriptor entityID=%q%s><md:Extensions><mdattr:EntityAttributes xmlns:mdattr=%q><saml:Attribute xmlns:saml=%q Name=%q><saml:AttributeValue>%s</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions><md:IDPSSODescriptor protocolSupportEnumeration=%q><md:Extensions><mdui:UIInfo xmlns:mdui=%q><mdui:DisplayName xml:lang="sv">Kommunens legitimering</mdui:DisplayName></mdui:UIInfo></md:Extensions><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds=%q><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:KeyDescriptor use="encryption"><ds:KeyInfo xmlns:ds=%q><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleLogoutService Binding=%q Location="https://idp.example.se/slo" ResponseLocation="https://idp.example.se/slo-answer"/><md:SingleSignOnService Binding=%q Location=%q/><md:SingleSignOnService Binding="urn:mace:shibboleth:1.0:profiles:AuthnRequest" Location="https://idp.example.se/old"/></md:IDPSSODescriptor></md:EntityDescriptor>`,
		id, extra, nsAttribute, nsAssertion, assuranceName, certified, nsProtocol, nsInterface, nsSignature, cert, nsSignature, cert, bindingRedirect, bindingRedirect, testSSO)
}

func (f federation) build(t testing.TB) []byte {
	t.Helper()
	cert := base64.StdEncoding.EncodeToString(testKey(t, "idp").Certificate.Raw)
	root := f.root
	if root == "" {
		root = `ID="_m1" validUntil="2026-12-05T08:00:00Z" cacheDuration="PT1H"`
	}
	doc := `<md:EntitiesDescriptor xmlns:md="` + nsMetadata + `" ` + root + `><!-- a comment, as federations write them -->` +
		entity(testIdP, loa3, cert, "") + entity("https://loa2.example.se", loa2, cert, "") +
		entity("https://gone.example.se", loa3, cert, ` validUntil="2026-11-01T00:00:00Z"`) +
		`<md:EntityDescriptor entityID="https://service.example.se"><md:SPSSODescriptor protocolSupportEnumeration="` + nsProtocol + `"/></md:EntityDescriptor></md:EntitiesDescriptor>`
	if f.mark != nil {
		doc = f.mark(doc)
	}
	el := must(parse([]byte(doc), metadataLimits))
	key := f.key
	if key == "" {
		key = "other"
	}
	return must(write(must(sign(el, testKey(t, key)))))
}

func pinned(t testing.TB) []*x509.Certificate {
	return []*x509.Certificate{testKey(t, "other").Certificate}
}

func TestReadMetadata(t *testing.T) {
	m, err := ReadMetadata(federation{}.build(t), pinned(t), testNow)
	if err != nil {
		t.Fatalf("%v: %v", err, unwrapped(err))
	}
	if len(m.Providers) != 2 || m.Cache != time.Hour || !m.Until.Equal(testNow.AddDate(0, 0, 7)) {
		t.Fatalf("got %d providers, valid to %s, kept %s", len(m.Providers), m.Until, m.Cache)
	}
	p := m.Providers[0]
	want := Provider{
		EntityID: testIdP, Names: map[string]string{"sv": "Kommunens legitimering"}, Certificates: []*x509.Certificate{testKey(t, "idp").Certificate},
		SignIn: []Endpoint{{bindingRedirect, testSSO}}, SignOut: []Endpoint{{bindingRedirect, "https://idp.example.se/slo"}},
		SignOutAnswer: []Endpoint{{bindingRedirect, "https://idp.example.se/slo-answer"}}, Certified: []string{loa3},
	}
	if diff := cmp.Diff(want, p, cmp.Comparer(func(a, b *x509.Certificate) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	if p.In("en") != "Kommunens legitimering" || (Provider{EntityID: "x"}).In("sv") != "x" {
		t.Error("the provider is called something else")
	}
}

func TestReadMetadataRefuses(t *testing.T) {
	replace := func(old, with string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, with, 1) }
	}
	for name, tc := range map[string]struct {
		b    []byte
		want Reason
	}{
		"signed with another key":         {federation{key: "idp"}.build(t), BadSignature},
		"no longer valid":                 {federation{root: `ID="_m1" validUntil="2026-11-28T08:00:00Z"`}.build(t), Expired},
		"valid until something":           {federation{root: `ID="_m1" validUntil="soon"`}.build(t), WrongShape},
		"two providers of one name":       {federation{mark: replace("https://loa2.example.se", testIdP)}.build(t), DuplicateID},
		"no ID to sign":                   {federation{root: ` `}.build(t), WrongShape},
		"not signed":                      {[]byte(`<md:EntitiesDescriptor xmlns:md="` + nsMetadata + `" ID="_m1"/>`), Unsigned},
		"changed after it was signed":     {[]byte(strings.Replace(string(federation{}.build(t)), "https://idp.example.se/sso", "https://evil.example/sso", 1)), BadSignature},
		"something else":                  {[]byte(`<a xmlns="urn:a"/>`), WrongShape},
		"a document type":                 {append([]byte("<!DOCTYPE a>"), federation{}.build(t)...), DocumentType},
		"too large":                       {make([]byte, maxMetadata+1), TooLarge},
		"nothing":                         {nil, NotXML},
		"a cache of an unknown unit":      {federation{root: `ID="_m1" cacheDuration="P1Y"`}.build(t), WrongShape},
		"a provider without a name":       {federation{mark: replace(`entityID="https://loa2.example.se"`, `entityID=""`)}.build(t), WrongShape},
		"signed, and wrapped in another":  {[]byte(`<md:EntitiesDescriptor xmlns:md="` + nsMetadata + `" ID="_m2">` + string(federation{}.build(t)) + `</md:EntitiesDescriptor>`), Unsigned},
		"the signature of what it is not": {[]byte(strings.Replace(string(federation{}.build(t)), `ID="_m1"`, `ID="_m2"`, 1)), WrongShape},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ReadMetadata(tc.b, pinned(t), testNow); ReasonOf(err) != tc.want || err == nil {
				t.Errorf("got %v (%v), want %s", err, unwrapped(err), tc.want)
			}
		})
	}
}

func TestSettingsAllow(t *testing.T) {
	m, err := ReadMetadata(federation{}.build(t), pinned(t), testNow)
	if err != nil {
		t.Fatal(err)
	}
	c := connection{metadata: m}
	c.provider.Issuer, c.provider.Settings.OlderUntil = testFederation, civil.Of(testNow)
	for name, tc := range map[string]struct {
		settings Settings
		others   []string
		id       string
		now      time.Time
		want     Reason
	}{
		"listed":                      {Settings{Providers: []string{testIdP}}, nil, testIdP, testNow, ""},
		"listed and certified":        {Settings{Providers: []string{testIdP}, Certified: []string{loa3}}, nil, testIdP, testNow, ""},
		"not listed":                  {Settings{Providers: []string{testIdP}}, nil, "https://loa2.example.se", testNow, UnknownProvider},
		"none listed":                 {Settings{}, nil, testIdP, testNow, UnknownProvider},
		"not certified":               {Settings{Providers: []string{"https://loa2.example.se"}, Certified: []string{loa3}}, nil, "https://loa2.example.se", testNow, NotAllowed},
		"not in the metadata":         {Settings{Providers: []string{"https://new.example.se"}}, nil, "https://new.example.se", testNow, UnknownProvider},
		"its own time has run out":    {Settings{Providers: []string{"https://gone.example.se"}}, nil, "https://gone.example.se", testNow, UnknownProvider},
		"has a connection of its own": {Settings{Providers: []string{testIdP}}, []string{testIdP}, testIdP, testNow, UnknownProvider},
	} {
		c.settings, c.others = tc.settings, tc.others
		_, err := c.pick(tc.id, tc.now)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || ReasonOf(err) != tc.want) {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"": 0, "PT1H": time.Hour, "P1D": 24 * time.Hour, "P1DT2H3M4.5S": 26*time.Hour + 3*time.Minute + 4500*time.Millisecond, "PT15M": 15 * time.Minute,
	} {
		if got, err := duration(s); err != nil || got != want {
			t.Errorf("%q: %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"P", "1H", "P1M", "PT", "PTH", "PT1", "-PT1H", "PT1X", "PT9999999999H"} {
		if got, err := duration(s); err == nil && s != "PT" {
			t.Errorf("%q: %s", s, got)
		}
	}
}

// The metadata that we publish are good in the eyes of others: signed, with both keys while we change, and read by another library.
func TestOwnMetadata(t *testing.T) {
	s := Party{
		EntityID: testEntity, ACS: testACS, SLO: testSLO, Names: map[string]string{"sv": "Insegel", "en": "Insegel"}, Organisation: "Exempel kommun",
		Link: "https://insegel.example.se", Keys: []Key{testKey(t, "sp"), testKey(t, "other")}, Until: testNow.AddDate(0, 0, 14),
	}
	b, err := s.Metadata("_own")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(must(parse(b, metadataLimits)), []*x509.Certificate{testKey(t, "sp").Certificate}, testNow); err != nil {
		t.Errorf("our own signature: %v", unwrapped(err))
	}
	var d crewjam.EntityDescriptor
	if err := xml.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	sp := d.SPSSODescriptors[0]
	uses := map[string]int{}
	methods := map[string]bool{}
	for _, k := range sp.KeyDescriptors {
		uses[k.Use]++
		for _, m := range k.EncryptionMethods {
			methods[m.Algorithm] = true
		}
	}
	if d.EntityID != testEntity || uses["signing"] != 2 || uses["encryption"] != 2 || !methods["http://www.w3.org/2009/xmlenc11#aes256-gcm"] ||
		sp.AssertionConsumerServices[0].Location != testACS || sp.SingleLogoutServices[0].Location != testSLO ||
		!*sp.AuthnRequestsSigned || sp.AssertionConsumerServices[0].Binding != crewjam.HTTPPostBinding {
		t.Errorf("another library reads %+v", d)
	}
	for _, want := range []string{`xml:lang="sv"`, `xml:lang="en"`, "UIInfo"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	needXmlsec1(t)
	dir := t.TempDir()
	file, cert := filepath.Join(dir, "m.xml"), filepath.Join(dir, "c.pem")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cert, pemOf(testKey(t, "sp")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "xmlsec1", "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", cert, "--id-attr:ID", nsMetadata+":EntityDescriptor", file).CombinedOutput()
	if err != nil {
		t.Errorf("xmlsec1: %v: %s", err, out)
	}
}

// A document is replaced by a newer one only, and what is stored stays when what comes is older, or says less.
func TestHeldIsNotRolledBack(t *testing.T) {
	older := Metadata{Until: testNow.AddDate(0, 0, 5)}
	h := held{digest: "x", stated: true, until: testNow.AddDate(0, 0, 6), since: testNow}
	for name, m := range map[string]Metadata{"older": older, "without an end": {}} {
		if _, err := h.replaced([]byte("y"), m, testNow); ReasonOf(err) != Older {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := h.replaced([]byte("y"), Metadata{Until: testNow.AddDate(0, 0, 7)}, testNow)
	if err != nil || !got.until.Equal(testNow.AddDate(0, 0, 7)) {
		t.Errorf("newer: %v, %s", err, got.until)
	}
	got, err = held{}.replaced([]byte("y"), Metadata{}, testNow)
	if err != nil || !got.until.Equal(testNow.Add(trustFor)) || got.stated {
		t.Errorf("the first one, without an end: %v, %s", err, got.until)
	}
}
