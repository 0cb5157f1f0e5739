// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/insegel/insegel/internal/auth/provider"
)

// minRSA is the smallest RSA key that is trusted of a provider that may use weaker keys; provider.LeastRSA is that of others.
const minRSA = 2048

// sha256RSA is what we sign with.
const sha256RSA = dsig.RSASHA256SignatureMethod

// signatureMethods are those that are accepted, on elements and on query strings. SHA-1 is not among them.
var signatureMethods = map[string]x509.SignatureAlgorithm{
	dsig.RSASHA256SignatureMethod:   x509.SHA256WithRSA,
	dsig.RSASHA384SignatureMethod:   x509.SHA384WithRSA,
	dsig.RSASHA512SignatureMethod:   x509.SHA512WithRSA,
	dsig.ECDSASHA256SignatureMethod: x509.ECDSAWithSHA256,
	dsig.ECDSASHA384SignatureMethod: x509.ECDSAWithSHA384,
	dsig.ECDSASHA512SignatureMethod: x509.ECDSAWithSHA512,
}

var digestMethods = []string{
	"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
}

// verify gives the element as it was signed with one of the keys: made anew from the very bytes whose digest was signed, so that
// nothing else can be read by mistake. The signature's own KeyInfo has no say in which key that is.
func verify(el *etree.Element, keys []*x509.Certificate, now time.Time) (*etree.Element, error) {
	sig := child(el, nsSignature, "Signature")
	if sig == nil {
		return nil, refuse(Unsigned, "%s has no signature", el.Tag)
	}
	if err := fits(sig, signatureForm); err != nil {
		return nil, err
	}
	if err := strong(el, sig); err != nil {
		return nil, err
	}
	err := errors.New("no key to verify with")
	for _, key := range keys {
		var out *etree.Element
		if out, err = verifyWith(el, key, now); err == nil {
			return out, nil
		}
	}
	return nil, refuse(BadSignature, "%w", err)
}

// strong checks what a signature is made with and what it refers to.
func strong(el, sig *etree.Element) error {
	info := child(sig, nsSignature, "SignedInfo")
	ref := child(info, nsSignature, "Reference")
	if m := attr(child(info, nsSignature, "SignatureMethod"), "Algorithm"); signatureMethods[m] == 0 {
		return refuse(WeakAlgorithm, "signature method %q", m)
	}
	if m := attr(child(ref, nsSignature, "DigestMethod"), "Algorithm"); !slices.Contains(digestMethods, m) {
		return refuse(WeakAlgorithm, "digest method %q", m)
	}
	if m := attr(child(info, nsSignature, "CanonicalizationMethod"), "Algorithm"); m != string(dsig.CanonicalXML10ExclusiveAlgorithmId) {
		return refuse(WeakAlgorithm, "canonicalization %q", m)
	}
	transforms := children(child(ref, nsSignature, "Transforms"), nsSignature, "Transform")
	if attr(transforms[0], "Algorithm") != string(dsig.EnvelopedSignatureAltorithmId) ||
		attr(transforms[1], "Algorithm") != string(dsig.CanonicalXML10ExclusiveAlgorithmId) {
		return refuse(WeakAlgorithm, "transforms other than enveloped signature and exclusive canonicalization")
	}
	id := attr(el, "ID")
	if id == "" || attr(ref, "URI") != "#"+id {
		return refuse(WrongShape, "the signature refers to %q and stands in %q", attr(ref, "URI"), id)
	}
	return nil
}

func verifyWith(el *etree.Element, key *x509.Certificate, now time.Time) (*etree.Element, error) {
	if err := large(key.PublicKey); err != nil {
		return nil, err
	}
	el = detached(el)
	sig := child(el, nsSignature, "Signature")
	if info := child(sig, nsSignature, "KeyInfo"); info != nil {
		sig.RemoveChild(info) // it is outside what is signed, and only our own list says which key it is
	}
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{key}})
	ctx.Clock = dsig.NewFakeClockAt(now)
	out, err := ctx.Validate(el)
	if err != nil {
		return nil, err
	}
	if out == nil || out.Tag != el.Tag || out.NamespaceURI() != el.NamespaceURI() || attr(out, "ID") != attr(el, "ID") {
		return nil, errors.New("another element than the signed one came back")
	}
	return out, nil
}

// detached is a copy of an element with the namespaces that it had where it stood.
func detached(el *etree.Element) *etree.Element {
	out := el.Copy()
	for p := el.Parent(); p != nil; p = p.Parent() {
		for _, a := range p.Attr {
			if (a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns") && !slices.ContainsFunc(out.Attr, func(b etree.Attr) bool {
				return a.Space == b.Space && a.Key == b.Key
			}) {
				out.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
	return out
}

// large refuses keys that are too small to trust.
func large(key any) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return refuse(WeakAlgorithm, "an RSA key of %d bits", k.N.BitLen())
		}
	case *ecdsa.PublicKey:
		if k.Curve.Params().BitSize < 256 {
			return refuse(WeakAlgorithm, "a curve of %d bits", k.Curve.Params().BitSize)
		}
	default:
		return refuse(WeakAlgorithm, "a key of the kind %T", key)
	}
	return nil
}

// strongOnly leaves out keys that are worth less than 128 bits.
func strongOnly(keys []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, c := range keys {
		if k, ok := c.PublicKey.(*rsa.PublicKey); !ok || k.N.BitLen() >= provider.LeastRSA {
			out = append(out, c)
		}
	}
	return out
}

// sign adds a signature as the schema wants it: after the issuer, or first where there is none.
func sign(el *etree.Element, key Key) (*etree.Element, error) {
	ctx, err := signer(key)
	if err != nil {
		return nil, err
	}
	sig, err := ctx.ConstructSignature(el, true)
	if err != nil {
		return nil, err
	}
	at := 0
	if issuer := child(el, nsAssertion, "Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	out := el.Copy()
	out.InsertChildAt(at, sig)
	return out, nil
}

func signer(key Key) (*dsig.SigningContext, error) {
	ctx, err := dsig.NewSigningContext(key.Private, [][]byte{key.Certificate.Raw})
	if err != nil {
		return nil, err
	}
	ctx.Hash = crypto.SHA256
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	return ctx, ctx.SetSignatureMethod(sha256RSA)
}

// write makes the bytes of an element.
func write(el *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.SetRoot(el.Copy())
	return doc.WriteToBytes()
}

// verifyQuery checks the signature of the Redirect binding, which is over the query string exactly as it was sent: the message, the
// state and the algorithm, in this order.
func verifyQuery(raw, message string, keys []*x509.Certificate) error {
	values, err := once(raw)
	if err != nil {
		return err
	}
	if _, ok := values["Signature"]; !ok {
		return refuse(Unsigned, "the query has no signature")
	}
	method, err := unescape(values["SigAlg"])
	if err != nil {
		return err
	}
	algorithm := signatureMethods[method]
	if algorithm == 0 {
		return refuse(WeakAlgorithm, "signature method %q", method)
	}
	encoded, err := unescape(values["Signature"])
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return refuse(BadEncoding, "%w", err)
	}
	signed := message + "=" + values[message]
	if state, ok := values["RelayState"]; ok {
		signed += "&RelayState=" + state
	}
	signed += "&SigAlg=" + values["SigAlg"]
	for _, key := range keys {
		if large(key.PublicKey) == nil && key.CheckSignature(algorithm, []byte(signed), signature) == nil {
			return nil
		}
	}
	return refuse(BadSignature, "the query is signed by none of the keys")
}

// once splits a query without decoding it, and refuses a name that comes twice: two readers might choose differently.
func once(raw string) (map[string]string, error) {
	out := map[string]string{}
	for p := range strings.SplitSeq(raw, "&") {
		if p == "" {
			continue
		}
		name, value, _ := strings.Cut(p, "=")
		plain, err := unescape(name)
		if err != nil {
			return nil, err
		}
		if _, ok := out[plain]; ok {
			return nil, refuse(WrongShape, "%q twice in the query", plain)
		}
		if plain != name {
			return nil, refuse(WrongShape, "an escaped name in the query")
		}
		out[name] = value
	}
	return out, nil
}
