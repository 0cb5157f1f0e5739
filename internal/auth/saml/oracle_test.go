// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"
	"github.com/google/go-cmp/cmp"
	saml2 "github.com/russellhaering/gosaml2"
	"github.com/russellhaering/gosaml2/types"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/insegel/insegel/internal/dbtest"
)

// The programs of others that judge the same answers. None of them has to refuse all that we refuse: they ask for no level, and know
// no profile. But none of them may refuse what we let in, and what each says of every attack is kept, so that a change is seen.

func crewjamSays(t testing.TB, b []byte) error {
	sp, idp := testKey(t, "sp"), testKey(t, "idp")
	acs := must(url.Parse(testACS))
	crewjam.TimeNow = func() time.Time { return testNow }
	crewjam.Clock = dsig.NewFakeClockAt(testNow)
	s := crewjam.ServiceProvider{
		EntityID: testEntity, Key: sp.Private, Certificate: sp.Certificate, AcsURL: *acs, MetadataURL: *acs,
		IDPMetadata: &crewjam.EntityDescriptor{EntityID: testIdP, IDPSSODescriptors: []crewjam.IDPSSODescriptor{{
			SSODescriptor: crewjam.SSODescriptor{RoleDescriptor: crewjam.RoleDescriptor{KeyDescriptors: []crewjam.KeyDescriptor{{
				Use: "signing", KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{X509Certificates: []crewjam.X509Certificate{
					{Data: base64.StdEncoding.EncodeToString(idp.Certificate.Raw)},
				}}},
			}}}},
		}}},
	}
	_, err := s.ParseXMLResponse(b, []string{testRequest}, *acs)
	return err
}

func gosaml2Says(t testing.TB, b []byte) error {
	sp := testKey(t, "sp")
	s := &saml2.SAMLServiceProvider{
		IdentityProviderIssuer: testIdP, AssertionConsumerServiceURL: testACS, ServiceProviderIssuer: testEntity, AudienceURI: testEntity,
		AllowMissingAttributes: true, Clock: dsig.NewFakeClockAt(testNow),
		IDPCertificateStore: &dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{testKey(t, "idp").Certificate}},
		SPKeyStore:          rsaStore{sp},
	}
	info, err := s.RetrieveAssertionInfo(encode(b))
	if err != nil {
		return err
	}
	if w := info.WarningInfo; w.InvalidTime || w.NotInAudience || w.OneTimeUse || w.ProxyRestriction != nil {
		return errors.New("a warning")
	}
	return nil
}

// xmlsec1Says tells whether the first signature of the document holds, and nothing more: that it holds while the document says
// something else is what wrapping is.
func xmlsec1Says(t testing.TB, b []byte) error {
	dir := t.TempDir()
	file, cert := filepath.Join(dir, "r.xml"), filepath.Join(dir, "idp.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testKey(t, "idp").Certificate.Raw})
	if err := errors.Join(os.WriteFile(file, b, 0o600), os.WriteFile(cert, block, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "xmlsec1", "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", cert,
		"--id-attr:ID", nsProtocol+":Response", "--id-attr:ID", nsAssertion+":Assertion", file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func needXmlsec1(t testing.TB) {
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		dbtest.Missing(t, "xmlsec1: run scripts/test-deps")
	}
}

// What we let in, the others let in.
func TestOraclesLetInTheGood(t *testing.T) {
	needXmlsec1(t)
	for name, f := range good() {
		for oracle, says := range map[string]func(testing.TB, []byte) error{"crewjam": crewjamSays, "gosaml2": gosaml2Says, "xmlsec1": xmlsec1Says} {
			g := f
			if oracle == "crewjam" && g.crypt.content == "" {
				g.crypt = crypt{content: types.MethodAES256CBC} // it knows neither AES-256-GCM nor any OAEP but the oldest
			}
			b := g.build(t)
			if err := says(t, b); err != nil {
				t.Errorf("%s refuses what we let in: %s: %v", oracle, name, err)
			}
		}
	}
}

// What the others say of every attack, in testdata/verdicts.txt. Each "lets in" is a place where we ask for more than they do.
func TestOraclesOnAttacks(t *testing.T) {
	needXmlsec1(t)
	rows := map[string]string{}
	for _, a := range attacks() {
		b, err := os.ReadFile(filepath.Join("testdata", "attack", a.name+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		rows[a.name] = fmt.Sprintf("crewjam %s, gosaml2 %s, xmlsec1 %s", verdict(crewjamSays, t, b), verdict(gosaml2Says, t, b), verdict(xmlsec1Says, t, b))
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&out, "%s: %s\n", name, rows[name])
	}
	path := filepath.Join("testdata", "verdicts.txt")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the oracles have changed their minds; look at each, then run with -update: %s", diff)
	}
}

func verdict(says func(testing.TB, []byte) error, t testing.TB, b []byte) (out string) {
	defer func() {
		if recover() != nil {
			out = "panics"
		}
	}()
	if says(t, b) == nil {
		return "lets in"
	}
	return "refuses"
}
