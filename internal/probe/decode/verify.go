// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that signatures are verified with
	_ "crypto/sha512" // the same
	"encoding/base64"
	"net/url"
	"strings"
)

// signedQuery is the query of an address as it stood, which is what the redirect binding signs.
type signedQuery struct{ raw string }

// signatures are the algorithms that are verified. Those with SHA-1 are left out: such a signature proves nothing.
var signatures = map[string]crypto.Hash{
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256":   crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384":   crypto.SHA384,
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":   crypto.SHA512,
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": crypto.SHA512,
}

// Verify reports whether the signature of a SAML request in an address was made with one of the keys.
func (r *Request) Verify(keys []crypto.PublicKey) bool {
	if r.Protocol != SAML || r.Binding != "redirect" || r.Broken || !r.Signed {
		return false
	}
	text, signature, ok := r.signed.parts()
	hash := signatures[r.SigAlg]
	if !ok || hash == 0 {
		return false
	}
	h := hash.New()
	h.Write([]byte(text))
	digest := h.Sum(nil)
	for _, key := range keys {
		switch key := key.(type) {
		case *rsa.PublicKey:
			if strings.Contains(r.SigAlg, "#rsa-") && rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil {
				return true
			}
		case *ecdsa.PublicKey:
			if strings.Contains(r.SigAlg, "#ecdsa-") && ecdsa.VerifyASN1(key, digest, signature) {
				return true
			}
		}
	}
	return false
}

// parts are the text that was signed, as it stood, and the signature. A parameter that stands twice is refused.
func (q signedQuery) parts() (text string, signature []byte, ok bool) {
	parts := map[string]string{}
	for pair := range strings.SplitSeq(q.raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := parts[name]; twice {
			return "", nil, false
		}
		parts[name] = value
	}
	text = "SAMLRequest=" + parts["SAMLRequest"]
	if relay, ok := parts["RelayState"]; ok {
		text += "&RelayState=" + relay
	}
	text += "&SigAlg=" + parts["SigAlg"]
	value, err := url.QueryUnescape(parts["Signature"])
	if err != nil {
		return "", nil, false
	}
	signature, err = base64.StdEncoding.DecodeString(loose(value))
	return text, signature, err == nil
}
