// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"
	dsig "github.com/russellhaering/goxmldsig"
)

// attack is an answer that must be refused. The XML that it makes is kept in testdata/attack; -update makes it anew.
type attack struct {
	name string
	want Reason
	// protection is what the service asks for; Encrypted when it is empty.
	protection Protection
	make       func(t testing.TB) []byte
}

// plainResponse is a good answer that is not encrypted: the response is signed, the assertion, or both.
func plainResponse(t testing.TB, f forge) *etree.Element {
	f.plain = true
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(f.build(t)); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

// evil is a copy that says something else and has no signature.
func evil(el *etree.Element, id string) *etree.Element {
	out := unsign(el)
	out.CreateAttr("ID", id)
	out.FindElement(".//NameID").SetText(mallory)
	return out
}

func unsign(el *etree.Element) *etree.Element {
	out := el.Copy()
	if s := out.FindElement("./Signature"); s != nil {
		out.RemoveChild(s)
	}
	return out
}

// wrap makes one of the wrapping attacks, by their usual numbers, out of an otherwise good answer. id is the forged element's.
func wrap(number int, id string, f forge) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		if number <= 2 {
			r := plainResponse(t, f)
			sig := r.FindElement("./Signature").Copy()
			out := evil(r, id)
			out.FindElement("./Assertion").CreateAttr("ID", "_evila")
			out.InsertChildAt(1, sig)
			if number == 1 {
				sig.AddChild(unsign(r))
			} else {
				out.InsertChildAt(1, unsign(r))
			}
			return must(write(out))
		}
		f := f
		f.unsigned, f.assertionSigned = true, true
		r := plainResponse(t, f)
		original := r.FindElement("./Assertion")
		wrapAssertion(number, r, original, evil(original, id))
		return must(write(r))
	}
}

func wrapAssertion(number int, r, original, forged *etree.Element) {
	sig := original.FindElement("./Signature").Copy()
	switch number {
	case 3:
		r.InsertChildAt(original.Index(), forged)
	case 4:
		r.RemoveChild(original)
		forged.AddChild(original)
		r.AddChild(forged)
	case 5:
		r.RemoveChild(original)
		forged.InsertChildAt(1, sig)
		r.AddChild(forged)
		r.AddChild(unsign(original))
	case 6:
		r.RemoveChild(original)
		sig.AddChild(unsign(original))
		forged.InsertChildAt(1, sig)
		r.AddChild(forged)
	case 7:
		x := etree.NewElement("samlp:Extensions")
		x.AddChild(forged)
		r.InsertChildAt(1, x)
	case 8:
		r.RemoveChild(original)
		sig.CreateElement("ds:Object").AddChild(unsign(original))
		forged.InsertChildAt(1, sig)
		r.AddChild(forged)
	}
}

// text makes an answer whose bytes are changed after it was signed.
func changed(f forge, old, with string) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		f.raw = func(s string) string { return strings.Replace(s, old, with, 1) }
		b := f.build(t)
		if !strings.Contains(string(b), with) {
			t.Fatalf("%q is not in what was made", old)
		}
		return b
	}
}

func built(f forge) func(testing.TB) []byte {
	return func(t testing.TB) []byte { return f.build(t) }
}

// resigned changes what is in SignedInfo, after which the signature cannot hold: what is asserted is that the form is refused first.
func resigned(change func(info *etree.Element)) func(testing.TB) []byte {
	return built(forge{signed: func(r *etree.Element) { change(r.FindElement("./Signature/SignedInfo")) }})
}

var both = forge{plain: true, assertionSigned: true}

// wrapping are the eight attacks that move the signed element away, each with a new ID and with the signed element's own.
func wrapping() []attack {
	var out []attack
	for n := 1; n <= 8; n++ {
		name := "xsw" + string(rune('0'+n))
		out = append(out, attack{name, WrongShape, Signed, wrap(n, "_evil", forge{})})
		same := "_a1"
		if n <= 2 {
			same = "_r1"
		}
		out = append(out, attack{name + "-same-id", DuplicateID, Signed, wrap(n, same, forge{})})
	}
	return out
}

// forgeries are attacks on the signature itself.
func forgeries() []attack {
	withKey := func(name string) func(testing.TB) []byte {
		return func(t testing.TB) []byte { k := testKey(t, name); return forge{key: &k}.build(t) }
	}
	return []attack{
		{"unsigned", Unsigned, "", built(forge{unsigned: true})},
		{"unsigned-response-signed-assertion", Unsigned, Signed, built(forge{plain: true, unsigned: true, assertionSigned: true})},
		{"changed-name", BadSignature, Signed, changed(forge{plain: true}, alice, mallory)},
		{"changed-level", BadSignature, Signed, changed(forge{plain: true, assertion: say(contextClass, loa2)}, loa2, loa3)},
		{"changed-name-in-signed-assertion-of-a-response-signed-anew", BadSignature, Signed, func(t testing.TB) []byte {
			return forge{plain: true, assertionSigned: true, response: say("./Assertion/Subject/NameID", mallory)}.build(t)
		}},
		{"another-key-that-names-itself", BadSignature, "", withKey("other")},
		{"another-key-that-names-the-providers", BadSignature, "", func(t testing.TB) []byte {
			return forge{key: &Key{testKey(t, "other").Private, testKey(t, "idp").Certificate}}.build(t)
		}},
		{"signature-stripped-to-nothing", WrongShape, "", built(forge{signed: remove("./Signature/SignatureValue")})},
		{"empty-signature", BadSignature, "", built(forge{signed: say("./Signature/SignatureValue", "")})},
		{"hmac-with-the-public-key", WeakAlgorithm, "", resigned(func(i *etree.Element) {
			i.FindElement("./SignatureMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
		})},
		{"sha1-signature", WeakAlgorithm, "", built(forge{ctx: func(c *dsig.SigningContext) { _ = c.SetSignatureMethod(dsig.RSASHA1SignatureMethod) }})},
		{"sha1-digest", WeakAlgorithm, "", resigned(func(i *etree.Element) {
			i.FindElement("./Reference/DigestMethod").CreateAttr("Algorithm", types.MethodSHA1)
		})},
		{"transform-xslt", WeakAlgorithm, "", resigned(func(i *etree.Element) {
			i.FindElement("./Reference/Transforms/Transform").CreateAttr("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
		})},
		{"transform-missing", WrongShape, "", resigned(func(i *etree.Element) {
			tr := i.FindElement("./Reference/Transforms")
			tr.RemoveChild(tr.ChildElements()[1])
		})},
		{"reference-to-the-whole-document", WrongShape, "", resigned(func(i *etree.Element) { i.FindElement("./Reference").CreateAttr("URI", "") })},
		{"reference-to-another-element", WrongShape, "", resigned(func(i *etree.Element) { i.FindElement("./Reference").CreateAttr("URI", "#_a1") })},
		{"reference-outside", WrongShape, "", resigned(func(i *etree.Element) { i.FindElement("./Reference").CreateAttr("URI", "https://evil.example/r.xml") })},
		{"two-references", WrongShape, "", resigned(func(i *etree.Element) { i.AddChild(i.FindElement("./Reference").Copy()) })},
		{"two-signed-infos", WrongShape, "", resigned(func(i *etree.Element) { i.Parent().AddChild(i.Copy()) })},
		{"two-signatures", WrongShape, "", built(forge{signed: twice("./Signature")})},
		{"signature-last", WrongShape, "", built(forge{signed: func(r *etree.Element) { s := r.FindElement("./Signature"); r.RemoveChild(s); r.AddChild(s) }})},
		{"signature-in-another-namespace", WrongShape, "", changed(forge{}, `xmlns:ds="`+nsSignature, `xmlns:ds="urn:example:`)},
	}
}

// confusions are attacks on what two readers of one document see.
func confusions() []attack {
	entity := `<!DOCTYPE x [<!ENTITY e "` + mallory + `">]>`
	laughs := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	before := func(head string) func(testing.TB) []byte {
		return built(forge{raw: func(s string) string { return head + s }})
	}
	return []attack{
		{"comment-in-name", Markup, Signed, changed(forge{plain: true, assertion: say("./Subject/NameID", mallory+".evil")}, mallory+".evil", mallory+"<!-- -->.evil")},
		{"comment-in-attribute", Markup, Signed, changed(both, "Alva Exempel", "Alva<!-- --> Exempel")},
		{"comment-in-encrypted-name", Markup, "", built(forge{assertionRaw: func(s string) string { return strings.Replace(s, alice, mallory+"<!-- -->.evil", 1) }})},
		{"cdata-in-name", Markup, Signed, changed(both, alice, "<![CDATA["+alice+"]]>")},
		{"processing-instruction-in-name", Markup, Signed, changed(both, alice, alice+"<?x y?>")},
		{"element-in-name", WrongShape, Signed, built(forge{plain: true, assertion: func(a *etree.Element) { a.FindElement("./Subject/NameID").CreateElement("saml:b").SetText("x") }})},
		{"dtd", DocumentType, "", before(`<!DOCTYPE x>`)},
		{"entity", DocumentType, Signed, built(forge{plain: true, raw: func(s string) string { return entity + strings.Replace(s, alice, "&e;", 1) }})},
		{"external-entity", DocumentType, "", before(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`)},
		{"billion-laughs", DocumentType, Signed, built(forge{plain: true, raw: func(s string) string { return laughs + strings.Replace(s, alice, "&c;", 1) }})},
		{"dtd-in-the-encrypted-assertion", DocumentType, "", built(forge{assertionRaw: func(s string) string { return "<!DOCTYPE x>" + s }})},
		{"unknown-encoding", NotXML, "", before(`<?xml version="1.0" encoding="UTF-7"?>`)},
		{"not-utf8", BadEncoding, "", before("<?xml version=\"1.0\"?>\xff")},
		{"two-documents", NotXML, "", built(forge{raw: func(s string) string { return s + s }})},
		{"text-after-the-document", NotXML, "", built(forge{raw: func(s string) string { return s + "x" }})},
		{"attribute-twice", NotXML, "", changed(forge{}, `Version="2.0"`, `Version="2.0" Version="1.1"`)},
		{"attribute-twice-by-two-prefixes", NotXML, "", changed(forge{}, `<samlp:Status>`, `<samlp:Status xmlns:x="urn:x" xmlns:y="urn:x" x:a="1" y:a="2">`)},
		{"undeclared-prefix", WrongShape, "", changed(forge{}, "<samlp:Status>", "<samlp:Status q:a=\"1\">")},
		{"names-that-go-does-not-keep", WrongShape, "", changed(forge{}, "<samlp:Status>", "<samlp:Status xmlns:=\"urn:x\">")},
		{"colons-that-go-does-not-keep", NotXML, "", changed(forge{}, "<samlp:Status>", "<samlp:Status a:b:c=\"x\">")},
		{"response-of-another-namespace", WrongShape, "", changed(forge{}, nsProtocol, nsProtocol+" ")},
		{"assertion-of-saml-1", WrongShape, Signed, built(forge{plain: true, assertion: func(a *etree.Element) { a.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:1.0:assertion") }})},
		{"id-by-another-spelling", DuplicateID, "", changed(forge{}, "<samlp:Status>", `<samlp:Status xml:id="_r1">`)},
		{"too-deep", TooLarge, "", changed(forge{}, "<samlp:Status>", "<samlp:Status>"+strings.Repeat("<samlp:Status>", 40)+strings.Repeat("</samlp:Status>", 40))},
		{"too-many-attributes", TooLarge, "", changed(forge{}, "<samlp:Status>", "<samlp:Status "+manyAttributes()+">")},
	}
}

func manyAttributes() string {
	var b strings.Builder
	for i := range 60 {
		b.WriteString(" a" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `="1"`)
	}
	return b.String()
}

// assertions are attacks with several, or with none.
func assertions() []attack {
	more := func(f forge) func(testing.TB) []byte {
		f.plain = true
		f.response = func(r *etree.Element) { r.AddChild(evil(r.FindElement("./Assertion"), "_evil")) }
		return built(f)
	}
	return []attack{
		{"two-assertions-the-first-signed", WrongShape, Signed, more(forge{unsigned: true, assertionSigned: true})},
		{"two-assertions-in-a-signed-response", WrongShape, Signed, more(forge{})},
		{"one-encrypted-one-plain", WrongShape, Signed, built(forge{response: func(r *etree.Element) { r.AddChild(goodAssertion()) }})},
		{"two-encrypted", WrongShape, "", built(forge{response: func(r *etree.Element) { r.AddChild(r.FindElement("./EncryptedAssertion").Copy()) }})},
		{"plain-where-encrypted-is-asked-for", NotEncrypted, "", built(forge{plain: true, assertionSigned: true})},
		{"response-in-the-response", WrongShape, Signed, built(forge{plain: true, response: func(r *etree.Element) { r.AddChild(plainCopy()) }})},
		{"response-in-the-encrypted-assertion", WrongShape, "", built(forge{assertionRaw: func(string) string { return string(must(write(plainCopy()))) }})},
		{"two-assertions-in-one-ciphertext", NotXML, "", built(forge{assertionRaw: func(s string) string { return s + s }})},
		{"assertion-hidden-in-an-attribute", WrongShape, Signed, built(forge{plain: true, assertion: func(a *etree.Element) {
			a.FindElement(".//AttributeValue").AddChild(evil(goodAssertion(), "_evil"))
		}})},
		{"assertion-hidden-in-the-key", WrongShape, Signed, built(forge{plain: true, signed: func(r *etree.Element) {
			r.FindElement("./Signature/KeyInfo").AddChild(evil(goodAssertion(), "_evil"))
		}})},
		{"encrypted-to-nobody", WrongShape, "", built(forge{response: remove(".//KeyInfo")})},
		{"encrypted-to-another-key", NotDecrypted, "", func(t testing.TB) []byte {
			return forge{response: func(r *etree.Element) {
				r.RemoveChild(r.FindElement("./EncryptedAssertion"))
				r.AddChild(crypt{}.encrypt(must(write(goodAssertion())), testKey(t, "other").Certificate))
			}}.build(t)
		}},
		{"ciphertext-elsewhere", WrongShape, "", built(forge{response: func(r *etree.Element) {
			d := r.FindElement("./EncryptedAssertion/EncryptedData/CipherData")
			d.RemoveChild(d.ChildElements()[0])
			d.CreateElement("xenc:CipherReference").CreateAttr("URI", "https://evil.example/c")
		}})},
		{"rsa-1.5", WeakAlgorithm, "", built(forge{crypt: crypt{transport: types.MethodRSAv1_5}})},
		{"ciphertext-changed-after-it-was-signed", BadSignature, "", built(forge{crypt: crypt{content: types.MethodAES256CBC}, signed: func(r *etree.Element) {
			v := r.FindElement("./EncryptedAssertion/EncryptedData/CipherData/CipherValue")
			v.SetText("AAAA" + v.Text()[4:])
		}})},
	}
}

func plainCopy() *etree.Element {
	r := goodResponse()
	r.CreateAttr("ID", "_inner")
	a := goodAssertion()
	a.CreateAttr("ID", "_innera")
	r.AddChild(a)
	return r
}

// ciphertexts are ones that the provider has signed and that cannot be decrypted: all get one and the same answer.
func ciphertexts() []attack {
	pad := func(end ...byte) func([]byte, int) []byte {
		return func(plain []byte, size int) []byte {
			n := (size - (len(plain)+len(end))%size) % size
			return append(append(plain[:len(plain):len(plain)], make([]byte, n)...), end...)
		}
	}
	cbc := func(p func([]byte, int) []byte, spoil func([]byte) []byte) func(testing.TB) []byte {
		return built(forge{crypt: crypt{content: types.MethodAES256CBC, padding: p, spoil: spoil}})
	}
	gcm := func(spoil func([]byte) []byte) func(testing.TB) []byte {
		return built(forge{crypt: crypt{spoil: spoil}})
	}
	return []attack{
		{"cbc-padding-too-long", NotDecrypted, "", cbc(pad(1, 1, 255), nil)},
		{"cbc-padding-17", NotDecrypted, "", cbc(pad(17), nil)},
		{"cbc-only-zeros", NotDecrypted, "", cbc(func(_ []byte, n int) []byte { return make([]byte, 2*n) }, nil)},
		{"cbc-nothing", NotDecrypted, "", cbc(nil, func([]byte) []byte { return nil })},
		{"cbc-only-iv", NotDecrypted, "", cbc(nil, func(b []byte) []byte { return b[:16] })},
		{"cbc-not-whole-blocks", NotDecrypted, "", cbc(nil, func(b []byte) []byte { return b[:len(b)-3] })},
		{"gcm-tag-changed", NotDecrypted, "", gcm(func(b []byte) []byte { b[len(b)-1] ^= 1; return b })},
		{"gcm-shorter-than-a-nonce", NotDecrypted, "", gcm(func(b []byte) []byte { return b[:5] })},
		{"gcm-shorter-than-a-tag", NotDecrypted, "", gcm(func(b []byte) []byte { return b[:20] })},
	}
}

func attacks() []attack {
	var out []attack
	for _, list := range [][]attack{wrapping(), forgeries(), confusions(), assertions(), ciphertexts()} {
		out = append(out, list...)
	}
	return out
}

func TestAttackCorpus(t *testing.T) {
	names := map[string]bool{}
	for _, a := range attacks() {
		path := filepath.Join("testdata", "attack", a.name+".xml")
		names[a.name+".xml"] = true
		if *update {
			if err := os.WriteFile(path, a.make(t), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(a.name, func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for from, b := range map[string][]byte{"kept": b, "made now": a.make(t)} {
				x := expect(t)
				if a.protection != "" {
					x.Protection = a.protection
				}
				got, err := Receive(encode(b), x)
				if err == nil {
					t.Fatalf("%s: let in as %q", from, got.NameID)
				}
				if ReasonOf(err) != a.want {
					t.Errorf("%s: refused as %s (%v), want %s", from, ReasonOf(err), unwrapped(err), a.want)
				}
			}
		})
	}
	kept, err := os.ReadDir(filepath.Join("testdata", "attack"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range kept {
		if !names[f.Name()] && strings.HasSuffix(f.Name(), ".xml") {
			t.Errorf("%s: no attack of that name", f.Name())
		}
	}
}
