// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/insegel/insegel/internal/probe/decode"
)

// serviceMetadata is the part of a system's SAML metadata that holds the keys it signs with.
type serviceMetadata struct {
	XMLName    xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	EntityID   string   `xml:"entityID,attr"`
	Descriptor struct {
		Keys []struct {
			Use          string   `xml:"use,attr"`
			Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:metadata SPSSODescriptor"`
}

// verify reports whether a SAML request was signed with a key of the system itself. The system's issuer is often the address of its
// metadata; when that stands on the same server as the page, it is fetched, once.
func (w *walk) verify(ctx context.Context, at *url.URL, q *decode.Request) bool {
	if q.Protocol != decode.SAML || !q.Signed || q.Broken || q.Binding != "redirect" {
		return false
	}
	u, err := decode.Resolve(nil, q.Issuer)
	if err != nil || u.Scheme != at.Scheme || plainHost(u.Hostname()) != plainHost(at.Hostname()) || portOf(u) != portOf(at) {
		w.record.limit("signature_not_verified")
		return false
	}
	a, err := w.session.get(ctx, u)
	if err != nil || a.status != http.StatusOK || a.truncated {
		w.record.limit("signature_not_verified")
		return false
	}
	w.record.Hops = append(w.record.Hops, Hop{N: len(w.record.Hops), Method: http.MethodGet, URL: decode.Redact(u), Status: a.status, SHA256: a.hash, Len: len(a.body)})
	if q.Verify(signingKeys(a.body, q.Issuer)) {
		return true
	}
	w.record.limit("signature_not_verified")
	return false
}

// maxKeys is how many of a system's keys are tried, and maxRSA the largest that is: with a key of a million bits one signature takes minutes.
const (
	maxKeys = 16
	maxRSA  = 16 << 10
)

// oversized reports whether a certificate's key is larger than anybody uses.
func oversized(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() > maxRSA
}

// signingKeys reads the keys that a system signs with, by its metadata.
func signingKeys(metadata []byte, issuer string) []crypto.PublicKey {
	if strings.Contains(string(metadata), "<!DOCTYPE") {
		return nil
	}
	var m serviceMetadata
	if err := xml.Unmarshal(metadata, &m); err != nil || m.EntityID != issuer {
		return nil
	}
	var out []crypto.PublicKey
	tried := 0
	for _, k := range m.Descriptor.Keys {
		for _, text := range k.Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil || k.Use == "encryption" {
				continue
			}
			if tried++; tried > maxKeys {
				return out
			}
			if c, err := x509.ParseCertificate(der); err == nil && !oversized(c) {
				out = append(out, c.PublicKey)
			}
		}
	}
	return out
}
