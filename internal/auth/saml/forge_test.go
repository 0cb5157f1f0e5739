// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	gohash "hash"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/insegel/insegel/internal/auth"
)

// The world of these tests: one provider, one service, one moment.
const (
	testIdP     = "https://idp.example.se/idp"
	testSSO     = "https://idp.example.se/sso"
	testEntity  = "https://insegel.example.se/saml/exempel"
	testACS     = "https://insegel.example.se/saml/exempel/acs"
	testSLO     = "https://insegel.example.se/saml/exempel/slo"
	testRequest = "_d2f1c0a4b8e74d0f9a6c5b3e1f7a8d90"
	loa2        = "http://id.elegnamnden.se/loa/1.0/loa2"
	loa3        = "http://id.elegnamnden.se/loa/1.0/loa3"
	password    = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
	alice       = "2f6c1f0e-6f0b-4f86-a1c7-alice"
	mallory     = "2f6c1f0e-6f0b-4f86-a1c7-admin"
)

var testNow = time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)

// testKey reads a key pair of the corpus, or makes it when the corpus is made anew. The keys protect nothing.
func testKey(t testing.TB, name string) Key {
	t.Helper()
	k, err := cachedKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var (
	keyMu    sync.Mutex
	keyCache = map[string]Key{}
)

func cachedKey(name string) (Key, error) {
	keyMu.Lock()
	defer keyMu.Unlock()
	if k, ok := keyCache[name]; ok {
		return k, nil
	}
	path := filepath.Join("testdata", "key", name+".pem")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) && *update {
		b, err = makeKey(path)
	}
	if err != nil {
		return Key{}, err
	}
	var k Key
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			k.Certificate, err = x509.ParseCertificate(block.Bytes)
		} else {
			var p any
			p, err = x509.ParsePKCS8PrivateKey(block.Bytes)
			k.Private, _ = p.(*rsa.PrivateKey)
		}
		if err != nil {
			return Key{}, err
		}
	}
	keyCache[name] = k
	return k, nil
}

func makeKey(path string) ([]byte, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	cert, err := selfSign(private, testNow.AddDate(-1, 0, 0), testNow.AddDate(30, 0, 0))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	b := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	return b, os.WriteFile(path, b, 0o600)
}

func selfSign(private crypto.Signer, from, to time.Time) ([]byte, error) {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: to}
	return x509.CreateCertificate(rand.Reader, t, t, private.Public(), private)
}

// expect is what the good answer fulfils.
func expect(t testing.TB) Expect {
	return Expect{
		Request: testRequest, Asked: testNow.Add(-30 * time.Second), EntityID: testEntity, ACS: testACS, Issuer: testIdP,
		Certificates: []*x509.Certificate{testKey(t, "idp").Certificate}, Keys: []Key{testKey(t, "sp")},
		Demand: auth.Demand{Contexts: []string{loa3}}, Protection: Encrypted, Older: true, Now: testNow,
	}
}

// forge makes answers. Each field changes one thing about an otherwise good one.
type forge struct {
	// assertion, response and signed change the elements: the assertion before it is signed or encrypted, the response before it is
	// signed, and after.
	assertion, response, signed func(*etree.Element)
	// assertionSigned says that the assertion has a signature of its own; unsigned that the response has none.
	assertionSigned, unsigned bool
	// plain says that the assertion is not encrypted.
	plain bool
	// key signs; the provider's when it is nil. ctx changes how.
	key *Key
	ctx func(*dsig.SigningContext)
	// crypt says how to encrypt.
	crypt crypt
	// to is whom the assertion is encrypted to; the service's fixed key when it is nil.
	to *x509.Certificate
	// raw changes the finished bytes, and assertionRaw those of the assertion before they are encrypted.
	raw, assertionRaw func(string) string
}

// crypt says how an assertion is encrypted.
type crypt struct {
	content, transport, digest, mgf string
	hash                            func() gohash.Hash
	// spoil changes the ciphertext of the assertion, and padding what is added to it.
	spoil   func([]byte) []byte
	padding func(plain []byte, block int) []byte
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// build makes the XML of an answer.
func (f forge) build(t testing.TB) []byte {
	t.Helper()
	idp, sp := testKey(t, "idp"), testKey(t, "sp")
	key := idp
	if f.key != nil {
		key = *f.key
	}
	a := goodAssertion()
	if f.assertion != nil {
		f.assertion(a)
	}
	if f.assertionSigned {
		a = f.sign(a, key)
	}
	r := goodResponse()
	if f.plain {
		r.AddChild(a)
	} else {
		b := must(write(a))
		if f.assertionRaw != nil {
			b = []byte(f.assertionRaw(string(b)))
		}
		to := sp.Certificate
		if f.to != nil {
			to = f.to
		}
		r.AddChild(f.crypt.encrypt(b, to))
	}
	if f.response != nil {
		f.response(r)
	}
	if !f.unsigned {
		r = f.sign(r, key)
	}
	if f.signed != nil {
		f.signed(r)
	}
	out := must(write(r))
	if f.raw != nil {
		out = []byte(f.raw(string(out)))
	}
	return out
}

func (f forge) sign(el *etree.Element, key Key) *etree.Element {
	ctx := must(dsig.NewSigningContext(key.Private, [][]byte{key.Certificate.Raw}))
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if f.ctx != nil {
		f.ctx(ctx)
	}
	sig := must(ctx.ConstructSignature(el, true))
	out := el.Copy()
	place := 0
	if issuer := out.FindElement("./Issuer"); issuer != nil {
		place = issuer.Index() + 1
	}
	out.InsertChildAt(place, sig)
	return out
}

func goodResponse() *etree.Element {
	r := etree.NewElement("samlp:Response")
	r.CreateAttr("xmlns:samlp", nsProtocol)
	r.CreateAttr("xmlns:saml", nsAssertion)
	r.CreateAttr("ID", "_r1")
	r.CreateAttr("Version", "2.0")
	r.CreateAttr("IssueInstant", "2026-11-28T08:00:00Z")
	r.CreateAttr("Destination", testACS)
	r.CreateAttr("InResponseTo", testRequest)
	r.CreateElement("saml:Issuer").SetText(testIdP)
	r.CreateElement("samlp:Status").CreateElement("samlp:StatusCode").CreateAttr("Value", statusSuccess)
	return r
}

func goodAssertion() *etree.Element {
	a := etree.NewElement("saml:Assertion")
	a.CreateAttr("xmlns:saml", nsAssertion)
	a.CreateAttr("ID", "_a1")
	a.CreateAttr("Version", "2.0")
	a.CreateAttr("IssueInstant", "2026-11-28T08:00:00Z")
	a.CreateElement("saml:Issuer").SetText(testIdP)
	s := a.CreateElement("saml:Subject")
	n := s.CreateElement("saml:NameID")
	n.CreateAttr("Format", formatPersistent)
	n.SetText(alice)
	c := s.CreateElement("saml:SubjectConfirmation")
	c.CreateAttr("Method", methodBearer)
	d := c.CreateElement("saml:SubjectConfirmationData")
	d.CreateAttr("NotOnOrAfter", "2026-11-28T08:05:00Z")
	d.CreateAttr("Recipient", testACS)
	d.CreateAttr("InResponseTo", testRequest)
	e := a.CreateElement("saml:Conditions")
	e.CreateAttr("NotBefore", "2026-11-28T07:59:30Z")
	e.CreateAttr("NotOnOrAfter", "2026-11-28T08:05:00Z")
	e.CreateElement("saml:AudienceRestriction").CreateElement("saml:Audience").SetText(testEntity)
	u := a.CreateElement("saml:AuthnStatement")
	u.CreateAttr("AuthnInstant", "2026-11-28T07:59:55Z")
	u.CreateAttr("SessionIndex", "_s1")
	u.CreateElement("saml:AuthnContext").CreateElement("saml:AuthnContextClassRef").SetText(loa3)
	at := a.CreateElement("saml:AttributeStatement").CreateElement("saml:Attribute")
	at.CreateAttr("Name", "urn:oid:2.16.840.1.113730.3.1.241")
	at.CreateElement("saml:AttributeValue").SetText("Alva Exempel")
	return a
}

// encrypt makes an EncryptedAssertion.
func (c crypt) encrypt(plain []byte, to *x509.Certificate) *etree.Element {
	if c.content == "" {
		c.content = types.MethodAES256GCM
	}
	if c.transport == "" {
		c.transport = types.MethodRSAOAEP
	}
	if c.hash == nil {
		c.hash = sha1.New
	}
	secret := make([]byte, map[string]int{types.MethodAES128GCM: 16, types.MethodAES128CBC: 16, types.MethodTripleDESCBC: 24}[c.content])
	if len(secret) == 0 {
		secret = make([]byte, 32)
	}
	must(rand.Read(secret))
	data := c.cipher(plain, secret)
	if c.spoil != nil {
		data = c.spoil(data)
	}
	var wrapped []byte
	if c.transport == types.MethodRSAv1_5 {
		//lint:ignore SA1019 what is refused must first be made
		wrapped = must(rsa.EncryptPKCS1v15(rand.Reader, to.PublicKey.(*rsa.PublicKey), secret))
	} else {
		wrapped = must(rsa.EncryptOAEP(c.hash(), rand.Reader, to.PublicKey.(*rsa.PublicKey), secret, nil))
	}
	out := etree.NewElement("saml:EncryptedAssertion")
	ed := out.CreateElement("xenc:EncryptedData")
	ed.CreateAttr("xmlns:xenc", nsEncryption)
	ed.CreateAttr("Type", nsEncryption+"Element")
	ed.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", c.content)
	ki := ed.CreateElement("ds:KeyInfo")
	ki.CreateAttr("xmlns:ds", nsSignature)
	ek := ki.CreateElement("xenc:EncryptedKey")
	em := ek.CreateElement("xenc:EncryptionMethod")
	em.CreateAttr("Algorithm", c.transport)
	if c.digest != "" {
		em.CreateElement("ds:DigestMethod").CreateAttr("Algorithm", c.digest)
	}
	if c.mgf != "" {
		m := em.CreateElement("xenc11:MGF")
		m.CreateAttr("xmlns:xenc11", "http://www.w3.org/2009/xmlenc11#")
		m.CreateAttr("Algorithm", c.mgf)
	}
	ek.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(wrapped))
	ed.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(data))
	return out
}

func (c crypt) cipher(plain, secret []byte) []byte {
	block := must(aes.NewCipher(secret))
	if c.content != types.MethodAES128CBC && c.content != types.MethodAES256CBC && c.content != types.MethodTripleDESCBC {
		g := must(cipher.NewGCM(block))
		nonce := make([]byte, g.NonceSize())
		must(rand.Read(nonce))
		return g.Seal(nonce, nonce, plain, nil)
	}
	pad := c.padding
	if pad == nil {
		pad = func(b []byte, size int) []byte {
			n := size - len(b)%size
			end := make([]byte, n)
			end[n-1] = byte(n)
			return append(b[:len(b):len(b)], end...)
		}
	}
	plain = pad(plain, block.BlockSize())
	iv := make([]byte, block.BlockSize())
	must(rand.Read(iv))
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, plain)
	return append(iv, out...)
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// The ways to encrypt that are good enough.
func goodCrypts() map[string]crypt {
	return map[string]crypt{
		"AES-256-GCM": {}, "AES-128-GCM": {content: types.MethodAES128GCM},
		"AES-256-CBC": {content: types.MethodAES256CBC}, "AES-128-CBC": {content: types.MethodAES128CBC},
		"OAEP with SHA-256": {transport: types.MethodRSAOAEP2, digest: types.MethodSHA256, hash: sha256.New, mgf: "http://www.w3.org/2009/xmlenc11#mgf1sha256"},
	}
}

// ecdsaKey is a key of another kind.
func ecdsaKey(t testing.TB) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	k := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	return k, must(x509.ParseCertificate(must(selfSign(k, testNow.AddDate(-1, 0, 0), testNow.AddDate(1, 0, 0)))))
}

func asRefusal(err error, r **Refusal) bool { return errors.As(err, r) }

// rsaStore is a key as gosaml2 and goxmldsig want it.
type rsaStore struct{ k Key }

func (s rsaStore) GetKeyPair() (*rsa.PrivateKey, []byte, error) {
	return s.k.Private, s.k.Certificate.Raw, nil
}

func pemOf(k Key) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate.Raw})
}

func certificatesOf(keys []Key) []*x509.Certificate {
	var out []*x509.Certificate
	for _, k := range keys {
		out = append(out, k.Certificate)
	}
	return out
}
