// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	"github.com/russellhaering/gosaml2/types"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
)

var update = flag.Bool("update", false, "make testdata anew")

// good are answers that must be let in: without them, a program that refuses everything would pass.
func good() map[string]forge {
	out := map[string]forge{
		"signed response, encrypted assertion": {},
		"both signed":                          {assertionSigned: true},
		"attributes before the statement (AD FS)": {assertion: func(a *etree.Element) {
			s := a.FindElement("./AttributeStatement")
			a.RemoveChild(s)
			a.InsertChildAt(a.FindElement("./AuthnStatement").Index(), s)
		}},
		"no attributes":                {assertion: func(a *etree.Element) { a.RemoveChild(a.FindElement("./AttributeStatement")) }},
		"white space between elements": {assertion: func(a *etree.Element) { a.IndentWithSettings(&etree.IndentSettings{Spaces: 1}) }},
	}
	for name, c := range goodCrypts() {
		out[name] = forge{crypt: c}
	}
	return out
}

func TestReceiveGood(t *testing.T) {
	for name, f := range good() {
		t.Run(name, func(t *testing.T) {
			a, err := Receive(encode(f.build(t)), expect(t))
			if err != nil {
				t.Fatalf("%v: %v", err, unwrapped(err))
			}
			want := Answer{
				Issuer: testIdP, ID: "_a1", NameID: alice, Format: formatPersistent, SessionIndex: "_s1", Context: loa3,
				At: time.Date(2026, 11, 28, 7, 59, 55, 0, time.UTC), Until: time.Date(2026, 11, 28, 8, 6, 0, 0, time.UTC),
				Attributes: map[string][]string{"urn:oid:2.16.840.1.113730.3.1.241": {"Alva Exempel"}},
			}
			if name == "no attributes" {
				want.Attributes = map[string][]string{}
			}
			if diff := cmp.Diff(want, a); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("not encrypted, where that is allowed", func(t *testing.T) {
		x := expect(t)
		x.Protection = Signed
		if _, err := Receive(encode(forge{plain: true, assertionSigned: true}.build(t)), x); err != nil {
			t.Errorf("%v: %v", err, unwrapped(err))
		}
	})
	t.Run("signed with an elliptic curve", func(t *testing.T) {
		k, cert := ecdsaKey(t)
		f := forge{unsigned: true, signed: func(r *etree.Element) {
			ctx := must(dsig.NewSigningContext(k, [][]byte{cert.Raw}))
			ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
			r.InsertChildAt(1, must(ctx.ConstructSignature(r, true)))
		}}
		x := expect(t)
		x.Certificates = []*x509.Certificate{cert}
		if _, err := Receive(encode(f.build(t)), x); err != nil {
			t.Errorf("%v: %v", err, unwrapped(err))
		}
	})
}

// The provider changes key: both are in its metadata for a while, and either may be used.
func TestReceiveDuringProvidersChangeOfKey(t *testing.T) {
	next := testKey(t, "other")
	x := expect(t)
	x.Certificates = append(x.Certificates, next.Certificate)
	for _, f := range []forge{{}, {key: &next}} {
		if _, err := Receive(encode(f.build(t)), x); err != nil {
			t.Errorf("%v: %v", err, unwrapped(err))
		}
	}
	x.Certificates = x.Certificates[1:]
	if _, err := Receive(encode(forge{}.build(t)), x); ReasonOf(err) != BadSignature {
		t.Errorf("the old key, when it is no longer in the metadata: got %v, want %s", err, BadSignature)
	}
}

// We change key: what was encrypted to the one before is still read.
func TestReceiveDuringOurChangeOfKey(t *testing.T) {
	x := expect(t)
	x.Keys = []Key{testKey(t, "other"), testKey(t, "sp")}
	for name, c := range goodCrypts() {
		if _, err := Receive(encode(forge{crypt: c}.build(t)), x); err != nil {
			t.Errorf("%s: %v: %v", name, err, unwrapped(err))
		}
	}
	x.Keys = x.Keys[:1]
	if _, err := Receive(encode(forge{}.build(t)), x); ReasonOf(err) != NotDecrypted {
		t.Errorf("a key that is gone: got %v, want %s", err, NotDecrypted)
	}
}

// check is one row of the table of checks.
type check struct {
	forge  forge
	expect func(*Expect)
	want   Reason
}

// at finds an element below another; "." is that one itself.
func at(el *etree.Element, path string) *etree.Element {
	if path == "." {
		return el
	}
	return el.FindElement(path)
}

func set(path, name, value string) func(*etree.Element) {
	return func(el *etree.Element) { at(el, path).CreateAttr(name, value) }
}

func drop(path, name string) func(*etree.Element) {
	return func(el *etree.Element) { at(el, path).RemoveAttr(name) }
}

func say(path, value string) func(*etree.Element) {
	return func(el *etree.Element) { at(el, path).SetText(value) }
}

func add(path, tag string) func(*etree.Element) {
	return func(el *etree.Element) { at(el, path).CreateElement(tag) }
}

func remove(path string) func(*etree.Element) {
	return func(el *etree.Element) { c := at(el, path); c.Parent().RemoveChild(c) }
}

// twice puts a copy of an element before it.
func twice(path string) func(*etree.Element) {
	return func(el *etree.Element) { c := at(el, path); c.Parent().InsertChildAt(c.Index(), c.Copy()) }
}

const confirmationData = "./Subject/SubjectConfirmation/SubjectConfirmationData"

const contextClass = "./AuthnStatement/AuthnContext/AuthnContextClassRef"

// checks change one thing each in an otherwise good answer, so that a check that is taken away makes exactly its rows fail.
var checks = map[string]check{
	"response to another address":      {forge: forge{response: set(".", "Destination", "https://other.example.se/acs")}, want: WrongDestination},
	"response to no address":           {forge: forge{response: drop(".", "Destination")}, want: WrongDestination},
	"response from another":            {forge: forge{response: say("./Issuer", "https://other.example.se")}, want: WrongIssuer},
	"response with SAML 1.1":           {forge: forge{response: set(".", "Version", "1.1")}, want: WrongVersion},
	"response to another question":     {forge: forge{response: set(".", "InResponseTo", "_other")}, want: WrongRequest},
	"response to no question":          {forge: forge{response: drop(".", "InResponseTo")}, want: Unsolicited},
	"response older than the question": {forge: forge{response: set(".", "IssueInstant", "2026-11-28T07:58:29Z")}, want: WrongMoment},
	"response from the future":         {forge: forge{response: set(".", "IssueInstant", "2026-11-28T08:01:01Z")}, want: WrongMoment},
	"response without a moment":        {forge: forge{response: drop(".", "IssueInstant")}, want: WrongMoment},
	"the provider says no":             {forge: forge{response: set("./Status/StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")}, want: ProviderSaidNo},
	"no status":                        {forge: forge{response: remove("./Status")}, want: WrongShape},
	"extensions":                       {forge: forge{response: func(r *etree.Element) { r.InsertChildAt(1, etree.NewElement("samlp:Extensions")) }}, want: WrongShape},
	"no assertion":                     {forge: forge{response: remove("./EncryptedAssertion")}, want: WrongShape},
	"assertion from another":           {forge: forge{assertion: say("./Issuer", "https://other.example.se")}, want: WrongIssuer},
	"assertion with SAML 1.1":          {forge: forge{assertion: set(".", "Version", "1.1")}, want: WrongVersion},
	"assertion without an ID":          {forge: forge{assertion: drop(".", "ID")}, want: WrongShape},
	"assertion from the future":        {forge: forge{assertion: set(".", "IssueInstant", "2026-11-28T08:01:01Z")}, want: WrongMoment},
	"assertion to another address":     {forge: forge{assertion: set(confirmationData, "Recipient", "https://other.example.se/acs")}, want: WrongRecipient},
	"assertion to no address":          {forge: forge{assertion: drop(confirmationData, "Recipient")}, want: WrongRecipient},
	"assertion to another question":    {forge: forge{assertion: set(confirmationData, "InResponseTo", "_other")}, want: WrongRequest},
	"assertion to no question":         {forge: forge{assertion: drop(confirmationData, "InResponseTo")}, want: WrongRequest},
	"confirmation that has run out":    {forge: forge{assertion: set(confirmationData, "NotOnOrAfter", "2026-11-28T07:59:00Z")}, want: Expired},
	"confirmation without an end":      {forge: forge{assertion: drop(confirmationData, "NotOnOrAfter")}, want: Expired},
	"confirmation with a beginning":    {forge: forge{assertion: set(confirmationData, "NotBefore", "2026-11-28T07:00:00Z")}, want: WrongConfirmation},
	"holder of key":                    {forge: forge{assertion: set("./Subject/SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")}, want: WrongConfirmation},
	"no confirmation":                  {forge: forge{assertion: remove("./Subject/SubjectConfirmation")}, want: WrongShape},
	"two confirmations": {forge: forge{assertion: func(a *etree.Element) {
		c := a.FindElement("./Subject/SubjectConfirmation")
		c.Parent().AddChild(c.Copy())
	}}, want: WrongShape},
	"no name":                   {forge: forge{assertion: remove("./Subject/NameID")}, want: WrongShape},
	"two names":                 {forge: forge{assertion: twice("./Subject/NameID")}, want: WrongShape},
	"not yet valid":             {forge: forge{assertion: set("./Conditions", "NotBefore", "2026-11-28T08:01:01Z")}, want: TooEarly},
	"no longer valid":           {forge: forge{assertion: set("./Conditions", "NotOnOrAfter", "2026-11-28T07:59:00Z")}, want: Expired},
	"valid for ever":            {forge: forge{assertion: drop("./Conditions", "NotOnOrAfter")}, want: Expired},
	"meant for another service": {forge: forge{assertion: say("./Conditions/AudienceRestriction/Audience", "https://other.example.se")}, want: WrongAudience},
	"meant for everybody":       {forge: forge{assertion: remove("./Conditions/AudienceRestriction")}, want: WrongShape},
	"meant for us and only for another": {forge: forge{assertion: func(a *etree.Element) {
		a.FindElement("./Conditions").CreateElement("saml:AudienceRestriction").CreateElement("saml:Audience").SetText("https://other.example.se")
	}}, want: WrongAudience},
	"no conditions":        {forge: forge{assertion: remove("./Conditions")}, want: WrongShape},
	"an unknown condition": {forge: forge{assertion: add("./Conditions", "saml:Condition")}, want: WrongShape},
	"advice": {forge: forge{assertion: func(a *etree.Element) {
		a.InsertChildAt(a.FindElement("./AuthnStatement").Index(), etree.NewElement("saml:Advice"))
	}}, want: WrongShape},
	"the library warns: one use": {forge: forge{assertion: add("./Conditions", "saml:OneTimeUse")}, want: Warned},
	"the library warns: proxies": {forge: forge{assertion: add("./Conditions", "saml:ProxyRestriction")}, want: Warned},
	"level 2":                    {forge: forge{assertion: say(contextClass, loa2)}, want: WrongLevel},
	"a password":                 {forge: forge{assertion: say(contextClass, password)}, want: WrongLevel},
	"no level":                   {forge: forge{assertion: say(contextClass, "")}, want: WrongLevel},
	"no context":                 {forge: forge{assertion: remove("./AuthnStatement/AuthnContext")}, want: WrongShape},
	"two levels": {forge: forge{assertion: func(a *etree.Element) {
		c := a.FindElement("./AuthnStatement/AuthnContext/AuthnContextClassRef")
		c.Parent().AddChild(c.Copy())
	}}, want: WrongShape},
	"two statements":                     {forge: forge{assertion: twice("./AuthnStatement")}, want: WrongShape},
	"signed in at no moment":             {forge: forge{assertion: drop("./AuthnStatement", "AuthnInstant")}, want: TooOld},
	"signed in in the future":            {forge: forge{assertion: set("./AuthnStatement", "AuthnInstant", "2026-11-28T08:01:01Z")}, want: FutureSignIn},
	"signed in before the step-up":       {forge: forge{assertion: set("./AuthnStatement", "AuthnInstant", "2026-11-28T07:58:29Z")}, expect: func(x *Expect) { x.Demand.Since = x.Asked }, want: TooOld},
	"the provider's session has ended":   {forge: forge{assertion: set("./AuthnStatement", "SessionNotOnOrAfter", "2026-11-28T08:00:00Z")}, want: Expired},
	"nothing asked for":                  {expect: func(x *Expect) { x.Demand.Contexts = nil }, want: WrongLevel},
	"not encrypted":                      {forge: forge{plain: true}, want: NotEncrypted},
	"not signed":                         {forge: forge{unsigned: true}, want: Unsigned},
	"only the assertion is signed":       {forge: forge{unsigned: true, assertionSigned: true}, want: Unsigned},
	"changed after it was signed":        {forge: forge{signed: set(".", "Consent", "urn:oasis:names:tc:SAML:2.0:consent:obtained")}, want: BadSignature},
	"no key is known":                    {expect: func(x *Expect) { x.Certificates = nil }, want: BadSignature},
	"the provider's certificate is old":  {expect: func(x *Expect) { x.Now = testNow.AddDate(40, 0, 0) }, want: BadSignature},
	"signed with SHA-1":                  {forge: forge{ctx: func(c *dsig.SigningContext) { _ = c.SetSignatureMethod(dsig.RSASHA1SignatureMethod) }}, want: WeakAlgorithm},
	"inclusive canonicalization":         {forge: forge{ctx: func(c *dsig.SigningContext) { c.Canonicalizer = dsig.MakeC14N11Canonicalizer() }}, want: WeakAlgorithm},
	"key encrypted with RSA 1.5":         {forge: forge{crypt: crypt{transport: types.MethodRSAv1_5}}, want: WeakAlgorithm},
	"encrypted with triple DES":          {forge: forge{crypt: crypt{content: types.MethodTripleDESCBC}}, want: WeakAlgorithm},
	"encrypted with something unknown":   {forge: forge{crypt: crypt{content: "urn:unknown"}}, want: WeakAlgorithm},
	"two mask functions":                 {forge: forge{crypt: crypt{digest: types.MethodSHA256, mgf: "http://www.w3.org/2009/xmlenc11#mgf1sha1"}}, want: WeakAlgorithm},
	"a password where that is asked for": {forge: forge{assertion: say(contextClass, password)}, expect: func(x *Expect) { x.Demand.Contexts = []string{password} }, want: ""},
	"within the clocks' difference: early": {
		forge: forge{assertion: set("./Conditions", "NotBefore", "2026-11-28T08:00:59Z")}, want: "",
	},
	"within the clocks' difference: late": {
		forge: forge{assertion: func(a *etree.Element) {
			set("./Conditions", "NotOnOrAfter", "2026-11-28T07:59:01Z")(a)
			set("./Conditions", "NotBefore", "2026-11-28T07:58:00Z")(a)
			set(confirmationData, "NotOnOrAfter", "2026-11-28T07:59:01Z")(a)
		}}, want: "",
	},
}

func TestReceiveEachCheck(t *testing.T) {
	for name, tc := range checks {
		t.Run(name, func(t *testing.T) {
			x := expect(t)
			if tc.expect != nil {
				tc.expect(&x)
			}
			_, err := Receive(encode(tc.forge.build(t)), x)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v: %v", err, unwrapped(err))
			case tc.want != "" && (err == nil || ReasonOf(err) != tc.want):
				t.Errorf("got %v (%v), want %s", err, unwrapped(err), tc.want)
			}
		})
	}
}

// What lies behind a refusal may hold what a stranger sent; what is shown and logged never does.
func TestRefusalTellsNothing(t *testing.T) {
	_, err := Receive(encode(forge{response: func(r *etree.Element) { r.FindElement("./Issuer").SetText(mallory) }}.build(t)), expect(t))
	if err == nil || strings.Contains(err.Error(), mallory) {
		t.Errorf("got %v", err)
	}
	if auth.ClockSkew > time.Minute {
		t.Errorf("the clocks may differ by %s", auth.ClockSkew)
	}
}

func unwrapped(err error) error {
	var r *Refusal
	if asRefusal(err, &r) {
		return r.Err
	}
	return nil
}

// AES-CBC and keys of 2048 bits are refused, unless they have been allowed for the very provider, until the last day of that. A key of 3072
// bits needs no leave.
func TestOlderKeysAndCiphers(t *testing.T) {
	cbc := forge{crypt: crypt{content: types.MethodAES256CBC}}
	x := expect(t)
	if _, err := Receive(encode(cbc.build(t)), x); err != nil {
		t.Errorf("allowed: %v", err)
	}
	x.Older = false
	if _, err := Receive(encode(cbc.build(t)), x); ReasonOf(err) != WeakAlgorithm {
		t.Errorf("AES-CBC: got %v, want %s", err, WeakAlgorithm)
	}
	if _, err := Receive(encode(forge{}.build(t)), x); err != nil {
		t.Errorf("AES-GCM: %v", err)
	}
	private := must(rsa.GenerateKey(rand.Reader, provider.LeastRSA))
	long := must(x509.ParseCertificate(must(selfSign(private, testNow.AddDate(-1, 0, 0), testNow.AddDate(1, 0, 0)))))
	short := testKey(t, "idp").Certificate
	c := connection{metadata: Metadata{Providers: []Provider{{EntityID: testIdP, Certificates: []*x509.Certificate{short}}}}}
	c.provider.Issuer = testIdP
	for _, tc := range []struct {
		until civil.Date
		keys  []*x509.Certificate
		left  int
	}{
		{civil.Date{}, []*x509.Certificate{short}, 0},
		{civil.Date{}, []*x509.Certificate{short, long}, 1},
		{civil.Of(testNow), []*x509.Certificate{short}, 1},
		{civil.Of(testNow).AddDays(-1), []*x509.Certificate{short}, 0},
	} {
		c.provider.Settings.OlderUntil, c.metadata.Providers[0].Certificates = tc.until, tc.keys
		p, err := c.pick(testIdP, testNow)
		if len(p.Certificates) != tc.left || (ReasonOf(err) == WeakAlgorithm) != (tc.left == 0) || tc.left > 0 && err != nil {
			t.Errorf("until %q with %d keys: %d left, %v", tc.until, len(tc.keys), len(p.Certificates), err)
		}
	}
	p := provider.Provider{ID: "p", Issuer: testIdP}
	s := Settings{Pinned: []string{string(pemOf(testKey(t, "other")))}}
	h := held{document: string(federation{}.build(t)), digest: "d"}
	var known cache
	for _, until := range []civil.Date{{}, civil.Of(testNow), {}} { // what was read while it was allowed is not used after
		p.Settings.OlderUntil = until
		if _, err := known.read(&p, s, h, testNow); (err == nil) == until.IsZero() {
			t.Errorf("metadata signed with 2048 bits, allowed until %q: %v", until, err)
		}
	}
}
