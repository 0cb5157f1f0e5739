// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"slices"
	"strings"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"
)

// What an assertion may be encrypted with. Triple DES and RSA 1.5 are not here. The profile's own default is CBC, which protects
// nothing by itself: it is taken from a provider for which it has been allowed only, and after the response's signature, which covers it, has
// been verified.
var (
	contentCiphers = []string{types.MethodAES128GCM, types.MethodAES192GCM, types.MethodAES256GCM}
	olderCiphers   = []string{types.MethodAES128CBC, types.MethodAES256CBC}
	keyCiphers     = []string{types.MethodRSAOAEP, types.MethodRSAOAEP2}
	keyDigests     = []string{types.MethodSHA1, types.MethodSHA256, types.MethodSHA512} // OAEP does not rest on the digest's strength
)

// decrypt gives the assertion in an EncryptedAssertion whose surroundings have been verified. Every failure after the check of the
// algorithms has one and the same reason.
func (x Expect) decrypt(el *etree.Element) (*etree.Element, error) {
	ciphers := contentCiphers
	if x.Older {
		ciphers = slices.Concat(contentCiphers, olderCiphers)
	}
	if err := strongCipher(el, ciphers); err != nil {
		return nil, err
	}
	b, err := write(detached(el))
	if err != nil {
		return nil, refuse(NotDecrypted, "%w", err)
	}
	var enc types.EncryptedAssertion
	if err := xml.Unmarshal(b, &enc); err != nil {
		return nil, refuse(NotDecrypted, "%w", err)
	}
	unfold(&enc)
	fault := errors.New("no key of ours")
	for _, k := range x.Keys {
		var plain []byte
		if plain, fault = open(enc, k); fault == nil {
			return parse(plain, messageLimits)
		}
	}
	return nil, refuse(NotDecrypted, "%w", fault)
}

// strongCipher checks what the assertion and its key are encrypted with.
func strongCipher(el *etree.Element, ciphers []string) error {
	data := child(el, nsEncryption, "EncryptedData")
	key := child(el, nsEncryption, "EncryptedKey")
	if info := child(data, nsSignature, "KeyInfo"); info != nil {
		if inner := child(info, nsEncryption, "EncryptedKey"); inner != nil {
			if key != nil {
				return refuse(WrongShape, "two encrypted keys")
			}
			key = inner
		}
	}
	if key == nil {
		return refuse(WrongShape, "no encrypted key")
	}
	if m := attr(child(data, nsEncryption, "EncryptionMethod"), "Algorithm"); !slices.Contains(ciphers, m) {
		return refuse(WeakAlgorithm, "encrypted with %q", m)
	}
	method := child(key, nsEncryption, "EncryptionMethod")
	if m := attr(method, "Algorithm"); !slices.Contains(keyCiphers, m) {
		return refuse(WeakAlgorithm, "key encrypted with %q", m)
	}
	for _, c := range method.ChildElements() {
		switch {
		case is(c, nsSignature, "DigestMethod") && slices.Contains(keyDigests, attr(c, "Algorithm")):
		case is(c, "http://www.w3.org/2009/xmlenc11#", "MGF") && strings.HasSuffix(attr(c, "Algorithm"), mgfOf(method)):
		default:
			return refuse(WeakAlgorithm, "%s %q of the key's encryption", c.Tag, attr(c, "Algorithm"))
		}
	}
	return nil
}

// mgfOf is how the mask function that belongs to the digest ends: the library uses one hash for both.
func mgfOf(method *etree.Element) string {
	d := child(method, nsSignature, "DigestMethod")
	if d == nil {
		return "#mgf1sha1"
	}
	_, name, _ := strings.Cut(attr(d, "Algorithm"), "#")
	return "#mgf1" + name
}

// unfold removes line breaks, which the library does not take.
func unfold(enc *types.EncryptedAssertion) {
	for _, s := range []*string{
		&enc.CipherValue, &enc.EncryptedKey.CipherValue, &enc.EncryptedKey.X509Data, &enc.DetEncryptedKey.CipherValue, &enc.DetEncryptedKey.X509Data,
	} {
		*s = strings.Join(strings.Fields(*s), "")
	}
}

// open decrypts with one key. A panic in the library below, on padding or a length that it did not foresee, is a failure like others.
func open(enc types.EncryptedAssertion, k Key) (plain []byte, err error) {
	defer guard(&err)
	for _, x := range []string{enc.EncryptedKey.X509Data, enc.DetEncryptedKey.X509Data} {
		if raw, err := base64.StdEncoding.DecodeString(x); err == nil && len(raw) > 0 && !bytes.Equal(raw, k.Certificate.Raw) {
			return nil, errors.New("encrypted to another key")
		}
	}
	return enc.DecryptBytes(&tls.Certificate{Certificate: [][]byte{k.Certificate.Raw}, PrivateKey: k.Private})
}
