// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/probe/hello"
)

// certificateOf is a certificate of a key, signed by another one.
func certificateOf(t *testing.T, bits uint) []byte {
	t.Helper()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	c := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestKeysThatTakeMinutes has a server, and a system's metadata, show keys so large that one signature takes minutes to judge: they are not tried.
func TestKeysThatTakeMinutes(t *testing.T) {
	const most = 16 << 10
	for bits, taken := range map[uint]bool{2048: true, most: true, most + 8: false, 400_000: false} {
		der := certificateOf(t, bits)
		m := &measurement{}
		if m.learn(&hello.Answer{Certificates: [][]byte{der}}); (len(m.chain) == 1) != taken {
			t.Errorf("a chain with a key of %d bits: %d certificates", bits, len(m.chain))
		}
		if keys := signingKeys(metadata(der, 1), "https://sp.example.se"); (len(keys) == 1) != taken {
			t.Errorf("metadata with a key of %d bits: %d keys", bits, len(keys))
		}
	}
	if keys := signingKeys(metadata(certificateOf(t, 2048), 500), "https://sp.example.se"); len(keys) != 16 {
		t.Errorf("%d keys are tried", len(keys))
	}
}

// metadata is a system's, with a certificate so many times.
func metadata(der []byte, times int) []byte {
	key := `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(der) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
	return fmt.Appendf(nil, `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example.se"><md:SPSSODescriptor>%s</md:SPSSODescriptor></md:EntityDescriptor>`,
		strings.Repeat(key, times))
}
