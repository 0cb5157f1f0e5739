// SPDX-License-Identifier: EUPL-1.2

package decode_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/decode"
	"github.com/insegel/insegel/internal/probe/verdict"
)

const (
	loa3 = "http://id.elegnamnden.se/loa/1.0/loa3"
	loa2 = "http://id.elegnamnden.se/loa/1.0/loa2"
)

func words(t testing.TB) *decode.Words {
	t.Helper()
	r, err := verdict.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return &r.Words
}

// authnRequest is a request with some inner XML.
func authnRequest(inside string) string {
	return `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" ForceAuthn="true">` +
		`<saml:Issuer>https://sp.example.se</saml:Issuer>` + inside + `</samlp:AuthnRequest>`
}

func context(comparison string, classes ...string) string {
	out := `<samlp:RequestedAuthnContext`
	if comparison != "" {
		out += ` Comparison="` + comparison + `"`
	}
	out += ">"
	for _, c := range classes {
		out += "<saml:AuthnContextClassRef>\n  " + c + "\n</saml:AuthnContextClassRef>"
	}
	return out + "</samlp:RequestedAuthnContext>"
}

func deflate(text string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func redirect(text string) string {
	return "https://idp.example.se/sso?SAMLRequest=" + url.QueryEscape(deflate(text)) + "&RelayState=x"
}

func at(t testing.TB, address string) *decode.Request {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return decode.At(u)
}

func TestSAML(t *testing.T) {
	force := true
	good := decode.Request{Protocol: decode.SAML, Binding: "redirect", Host: "idp.example.se", Issuer: "https://sp.example.se", ForceAuthn: &force}
	for name, c := range map[string]struct {
		address string
		change  func(r *decode.Request)
	}{
		"nothing asked": {redirect(authnRequest("")), func(*decode.Request) {}},
		"exact":         {redirect(authnRequest(context("exact", loa3))), func(r *decode.Request) { r.Asked, r.Comparison, r.Classes = true, "exact", []string{loa3} }},
		"exact unsaid":  {redirect(authnRequest(context("", loa3, loa2))), func(r *decode.Request) { r.Asked, r.Comparison, r.Classes = true, "exact", []string{loa3, loa2} }},
		"minimum":       {redirect(authnRequest(context("minimum", loa3))), func(r *decode.Request) { r.Asked, r.Comparison, r.Classes = true, "minimum", []string{loa3} }},
		"a declaration": {redirect(authnRequest(strings.ReplaceAll(context("exact", loa3), "ClassRef", "DeclRef"))), func(r *decode.Request) {
			r.Asked, r.Comparison, r.Classes = true, "exact", []string{"declaration " + loa3}
		}},
		"signed":    {redirect(authnRequest("")) + "&SigAlg=alg&Signature=c2ln", func(r *decode.Request) { r.Signed, r.SigAlg = true, "alg" }},
		"in a port": {strings.Replace(redirect(authnRequest("")), "idp.example.se", "IDP.example.se:8443", 1), func(r *decode.Request) { r.Host = "idp.example.se:8443" }},
	} {
		want := good
		c.change(&want)
		got := at(t, c.address)
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreFields(decode.Request{}, "SHA256"), cmpopts.IgnoreUnexported(decode.Request{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What cannot be read for certain is broken, and says nothing.
func TestBrokenSAML(t *testing.T) {
	big := authnRequest(strings.Repeat("<a></a>", 100_000))
	for name, address := range map[string]string{
		"not base64":       "https://i.se/?SAMLRequest=%21",
		"not deflated":     "https://i.se/?SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("<x/>"))),
		"too large":        redirect(big),
		"a bomb":           redirect(authnRequest(strings.Repeat(" ", 2<<20))),
		"document type":    redirect(`<!DOCTYPE x [<!ENTITY e "` + loa3 + `">]>` + authnRequest(context("exact", "&e;"))),
		"unknown entity":   redirect(authnRequest(context("exact", "&e;"))),
		"another element":  redirect(strings.ReplaceAll(authnRequest(""), "AuthnRequest", "LogoutRequest")),
		"another name":     redirect(strings.Replace(authnRequest(""), "SAML:2.0:protocol", "SAML:1.1:protocol", 1)),
		"two contexts":     redirect(authnRequest(context("exact", loa3) + context("minimum", loa2))),
		"two roots":        redirect(authnRequest("") + authnRequest("")),
		"unfinished":       redirect(strings.TrimSuffix(authnRequest(""), "</samlp:AuthnRequest>")),
		"too many classes": redirect(authnRequest(context("exact", slices.Repeat([]string{loa3}, 65)...))),
		"deep":             redirect(authnRequest(strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40))),
		"twice":            redirect(authnRequest("")) + "&SAMLRequest=" + url.QueryEscape(deflate(authnRequest(context("exact", loa3)))),
		"encoding":         redirect(`<?xml version="1.0" encoding="utf-7"?>` + authnRequest("")),
	} {
		if got := at(t, address); got == nil || !got.Broken {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// A class outside the place where it is asked for is not asked for.
func TestContextElsewhereIsNotADemand(t *testing.T) {
	for name, inside := range map[string]string{
		"in extensions":    "<samlp:Extensions>" + context("exact", loa3) + "</samlp:Extensions>",
		"another name":     strings.ReplaceAll(context("exact", loa3), "samlp:RequestedAuthnContext", "saml:RequestedAuthnContext"),
		"in a comment":     "<!-- " + context("exact", loa3) + " -->",
		"in other data":    "<![CDATA[" + context("exact", loa3) + "]]>",
		"class elsewhere":  "<saml:AuthnContextClassRef>" + loa3 + "</saml:AuthnContextClassRef>",
		"class of another": strings.ReplaceAll(context("exact", loa3), "saml:AuthnContextClassRef", "samlp:AuthnContextClassRef"),
	} {
		if got := at(t, redirect(authnRequest(inside))); got == nil || got.Broken || len(got.Classes) > 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestVerify(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const alg = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	query := "SAMLRequest=" + url.QueryEscape(deflate(authnRequest(context("exact", loa3)))) + "&RelayState=x&SigAlg=" + url.QueryEscape(alg)
	digest := sha256.Sum256([]byte(query))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signed := "https://idp.example.se/sso?" + query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	for name, c := range map[string]struct {
		address string
		keys    []crypto.PublicKey
		want    bool
	}{
		"right":           {signed, []crypto.PublicKey{&other.PublicKey, &key.PublicKey}, true},
		"another key":     {signed, []crypto.PublicKey{&other.PublicKey}, false},
		"no key":          {signed, nil, false},
		"another state":   {strings.Replace(signed, "RelayState=x", "RelayState=y", 1), []crypto.PublicKey{&key.PublicKey}, false},
		"weak algorithm":  {strings.ReplaceAll(signed, "rsa-sha256", "rsa-sha1"), []crypto.PublicKey{&key.PublicKey}, false},
		"state twice":     {signed + "&RelayState=x", []crypto.PublicKey{&key.PublicKey}, false},
		"no signature":    {"https://idp.example.se/sso?" + query, []crypto.PublicKey{&key.PublicKey}, false},
		"another request": {strings.Replace(signed, "SAMLRequest="+url.QueryEscape(deflate(authnRequest(context("exact", loa3)))), "SAMLRequest="+url.QueryEscape(deflate(authnRequest(""))), 1), []crypto.PublicKey{&key.PublicKey}, false},
	} {
		if got := at(t, c.address).Verify(c.keys); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func claim(text string) string {
	return "https://op.example.se/auth?client_id=a&response_type=code&scope=openid&claims=" + url.QueryEscape(text)
}

func token(head, payload, signature string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + signature
}

func TestOpenID(t *testing.T) {
	const base = "https://op.example.se/auth?client_id=a&response_type=code"
	const demand = `{"id_token":{"acr":{"essential":true,"value":"` + loa3 + `"}}}`
	for name, c := range map[string]struct {
		address string
		want    decode.Request
	}{
		"nothing":             {base, decode.Request{}},
		"acr_values":          {base + "&acr_values=" + url.QueryEscape(loa3+" "+loa2), decode.Request{ACRValues: []string{loa3, loa2}}},
		"essential value":     {claim(`{"id_token":{"acr":{"essential":true,"value":"` + loa3 + `"}}}`), decode.Request{Essential: true, Demanded: []string{loa3}}},
		"essential values":    {claim(`{"id_token":{"acr":{"essential":true,"values":["` + loa3 + `","` + loa2 + `"]}}}`), decode.Request{Essential: true, Demanded: []string{loa3, loa2}}},
		"not essential":       {claim(`{"id_token":{"acr":{"value":"` + loa3 + `"}}}`), decode.Request{ACRValues: []string{loa3}}},
		"essential elsewhere": {claim(`{"userinfo":{"acr":{"essential":true,"value":"` + loa3 + `"}}}`), decode.Request{}},
		"null":                {claim(`{"id_token":{"acr":null}}`), decode.Request{}},
		"not JSON":            {claim(`{`), decode.Request{Broken: true}},
		"wrong kind":          {claim(`{"id_token":{"acr":{"essential":"yes","value":"` + loa3 + `"}}}`), decode.Request{Broken: true}},
		"twice":               {base + "&acr_values=" + loa3 + "&acr_values=" + loa2, decode.Request{Broken: true}},
		"signed object":       {base + "&acr_values=x&request=" + token(`{"alg":"RS256"}`, `{"scope":"openid","claims":`+demand+`}`, "c2ln"), decode.Request{Object: "jws", Signed: true, SigAlg: "RS256", Essential: true, Demanded: []string{loa3}}},
		"scope outside":       {base + "&scope=openid&request=" + token(`{"alg":"RS256"}`, `{"claims":`+demand+`}`, "c2ln"), decode.Request{Object: "jws", Signed: true, SigAlg: "RS256", Essential: true, Demanded: []string{loa3}}},
		"object, no OpenID":   {base + "&request=" + token(`{"alg":"RS256"}`, `{"claims":`+demand+`}`, "c2ln"), decode.Request{Object: "jws", Signed: true, SigAlg: "RS256", ACRValues: []string{loa3}}},
		"no OpenID":           {base + "&scope=profile&claims=" + url.QueryEscape(demand), decode.Request{ACRValues: []string{loa3}}},
		"no scope":            {base + "&claims=" + url.QueryEscape(demand), decode.Request{ACRValues: []string{loa3}}},
		"two scopes":          {base + "&scope=openid&scope=profile&claims=" + url.QueryEscape(demand), decode.Request{Broken: true}},
		"a name twice":        {claim(`{"id_token":{"acr":{"essential":true,"value":"` + loa3 + `"}},"id_token":null}`), decode.Request{Broken: true}},
		"a level twice":       {claim(`{"id_token":{"acr":{"essential":true,"value":"urn:x","value":"` + loa3 + `"}}}`), decode.Request{Broken: true}},
		"twice in an object":  {base + "&scope=openid&request=" + token(`{"alg":"RS256"}`, `{"claims":`+demand+`,"claims":{}}`, "c2ln"), decode.Request{Object: "jws", Broken: true}},
		"other letters":       {claim(`{"ID_Token":{"ACR":{"Essential":true,"Value":"` + loa3 + `"}}}`), decode.Request{}},
		"Essential":           {claim(`{"id_token":{"acr":{"Essential":true,"value":"` + loa3 + `"}}}`), decode.Request{ACRValues: []string{loa3}}},
		"more after it":       {claim(demand + `{}`), decode.Request{Broken: true}},
		"a list":              {claim(`[` + demand + `]`), decode.Request{Broken: true}},
		"an acr that is text": {claim(`{"id_token":{"acr":"` + loa3 + `"}}`), decode.Request{Broken: true}},
		"object of none":      {base + "&request=" + token(`{"alg":"none"}`, `{"acr_values":"`+loa3+`"}`, ""), decode.Request{Object: "jws", SigAlg: "none", ACRValues: []string{loa3}}},
		"object of nonsense":  {base + "&request=a.b.c", decode.Request{Object: "jws", Broken: true}},
		"encrypted":           {base + "&acr_values=x&request=a.b.c.d.e", decode.Request{Object: "jwe"}},
		"elsewhere":           {base + "&acr_values=x&request_uri=urn%3Ax", decode.Request{Object: "reference"}},
		"hint":                {base + "&kc_idp_hint=bankid", decode.Request{Hint: "bankid"}},
	} {
		c.want.Protocol, c.want.Binding, c.want.Host, c.want.Issuer = decode.OIDC, "redirect", "op.example.se", "a"
		got := at(t, c.address)
		if name == "twice" {
			c.want.ACRValues = nil
		}
		if diff := cmp.Diff(&c.want, got, cmpopts.IgnoreFields(decode.Request{}, "SHA256"), cmpopts.IgnoreUnexported(decode.Request{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := at(t, "https://a.se/search?q=x&client_id=1"); got != nil {
		t.Errorf("a search is taken for a request: %+v", got)
	}
}

func TestWSFederation(t *testing.T) {
	got := at(t, "https://adfs.example.se/adfs/ls/?wa=wsignin1.0&wtrealm=urn%3Aapp&wauth=http%3A%2F%2Fschemas.microsoft.com%2Fclaims%2Fmultipleauthn")
	if got == nil || got.Protocol != decode.WSFed || got.Issuer != "urn:app" || got.Wauth != "http://schemas.microsoft.com/claims/multipleauthn" {
		t.Errorf("got %+v", got)
	}
}

func TestChallenges(t *testing.T) {
	for header, want := range map[string]string{
		`Basic realm="x"`: "basic", `Negotiate`: "negotiate", `Negotiate YIIabc==`: "negotiate", `NTLM`: "ntlm",
		`Digest realm="a, Basic b", nonce="n", qop="auth", algorithm=MD5`: "digest",
		`Negotiate, NTLM, Basic realm="x"`:                                "negotiate ntlm basic",
		`Bearer realm="a", error="x", Basic realm="b"`:                    "bearer basic",
		``: "", `,,`: "", `realm="x"`: "",
	} {
		if got := strings.Join(decode.Challenges([]string{header}), " "); got != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
}

func TestRefresh(t *testing.T) {
	for value, want := range map[string]string{
		"0; url=/in": "/in", "0;URL='/in'": "/in", `5 ; url="https://a.se/b;c"`: "https://a.se/b;c", "0;/in": "/in", "0, url=/in": "/in",
		"1800; url=/timeout": "", "5": "", "x": "", "": "", "-1; url=/in": "", "0.5; url=/in": "/in",
	} {
		if got := decode.Refresh(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestScriptRedirect(t *testing.T) {
	for script, want := range map[string]string{
		`window.location = "/in";`:                               "/in",
		`location.href='/in'`:                                    "/in",
		`window.top.location.replace("https:\/\/a.se\/in");`:     "https://a.se/in",
		`document.location.assign("/in")` + "\n":                 "/in",
		`var a = 1; location = "/a";`:                            "/a",
		`if (old) { location = "/in"; }`:                         "",
		`function go() { location = "/in"; }`:                    "",
		`setTimeout(() => location = "/in", 5)`:                  "",
		`location = base + "/in";`:                               "",
		`location = "/in?x=" + token;`:                           "",
		`location = "/a"; location = "/b";`:                      "",
		`x.location = "/in";`:                                    "",
		`allocation = "/in";`:                                    "",
		`b.addEventListener("click", f); location.href = "/in";`: "",
		"// nu\nlocation = \"/in\"; // if it is old":             "/in",
		`/* if (old) */ location = "/in"`:                        "/in",
		`var a = "if"; location = '/in'`:                         "", // what decides is not told from a text that says so
		`var a = "http://a.se"; location = "/in"`:                "/in",
		"<!-- for the old\nlocation = '/in'\n-->":                "/in",
		`// location = "/in"`:                                    "",
		"<!-- location = '/in'\n-->":                             "",
		`/* location = "/in" */`:                                 "",
		`/* location = "/in"`:                                    "",
		`var a = ' location = "/in"; ';`:                         "",
		`var a = "\\"; location = '/in'; ";`:                     "",
		"var a = `; location = '/in'`":                           "",
		"var a = '; location = \"/in\"\n":                        "",
	} {
		if got := decode.ScriptRedirect(script); got != want {
			t.Errorf("%q: got %q, want %q", script, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	base, _ := url.Parse("https://a.se/x/y?q#f")
	for ref, want := range map[string]string{
		"/in": "https://a.se/in", "in": "https://a.se/x/in", "//b.se/in": "https://b.se/in", `\\b.se/in`: "https://b.se/in", `/\b.se/in`: "https://b.se/in",
		" /in ": "https://a.se/in", "/i\nn": "https://a.se/in", "#x": "https://a.se/x/y?q", "?a=\\b": "https://a.se/x/y?a=\\b",
		"javascript:alert(1)": "", "data:text/html,x": "", "file:///etc/passwd": "", "https://u:p@b.se/": "", "http:///x": "", "https:b.se": "", "mailto:a@b.se": "",
	} {
		got, err := decode.Resolve(base, ref)
		text := ""
		if err == nil {
			text = got.String()
		}
		if text != want {
			t.Errorf("%q: got %q, want %q", ref, text, want)
		}
	}
}

func TestRedact(t *testing.T) {
	u, _ := url.Parse("https://op.se/auth?client_id=a&state=secret&nonce=secret&login_hint=anna&acr_values=" + loa3 + "#secret")
	got := decode.Redact(u)
	if strings.Contains(got, "secret") || strings.Contains(got, "anna") || !strings.Contains(got, url.QueryEscape(loa3)) {
		t.Errorf("got %s", got)
	}
}

func TestPages(t *testing.T) {
	post := `<form method="post" action="https://idp.se/sso"><input type="hidden" name="SAMLRequest" value="` +
		base64.StdEncoding.EncodeToString([]byte(authnRequest(context("exact", loa3)))) + `"><noscript><input type="submit"></noscript></form>`
	weak := `<form method="post" action="https://idp.se/sso"><input type="hidden" name="SAMLRequest" value="` +
		base64.StdEncoding.EncodeToString([]byte(authnRequest(""))) + `"><button>Personal</button></form>`
	form := `<form method="post"><input name="u"><input type="password" name="p"><button>Logga in</button></form>`
	for name, c := range map[string]struct{ html, want string }{
		"form":                    {form, "password"},
		"form without a form":     {`<input type=password>`, "password"},
		"registration":            {`<form><input name=email><input type=password autocomplete=new-password><button>Skapa konto</button></form>`, ""},
		"hidden kind":             {`<form><input type=text autocomplete="current-password"></form>`, "password"},
		"BankID":                  {form + `<a href="/b">Logga in med BankID</a>`, "password bankid"},
		"picture of Freja":        {form + `<button><img alt="Freja+"></button>`, "password freja"},
		"SITHS":                   {`<button aria-label="SITHS-kort"></button>`, "siths"},
		"e-legitimation":          {`<a href=/e>E-legitimation</a>`, "e-legitimation"},
		"English":                 {`<a href=/e>Sign in with Swedish eID</a>`, "e-legitimation"},
		"app link":                {`<a href="bankid:///?autostarttoken=x">Öppna</a>`, "bankid"},
		"only help":               {form + `<a href=/h>Hjälp med BankID</a><a href=/s>Skaffa Freja</a><a href=/o>Om e-legitimation</a>`, "password"},
		"part of a word":          {form + `<a href=/x>Bankidentitet</a>`, "password"},
		"in running text":         {form + `<p>Du kan inte använda BankID här.</p>`, "password"},
		"name first":              {`<form>Logga in <input type=email name=loginfmt><button>Nästa</button></form>`, "name"},
		"search":                  {`<form action=/search><input name=q><button>Sök</button></form>`, ""},
		"newsletter":              {`<form action=/news><input name=email><button>Prenumerera</button></form>`, ""},
		"passkey field":           {`<form>Logga in <input name=username autocomplete="username webauthn"><button>Nästa</button></form>`, "name passkey"},
		"passkey script":          {`<button>Fortsätt</button><script>navigator.credentials.get({publicKey:o})</script>`, "passkey"},
		"passkey button":          {form + `<button>Logga in med säkerhetsnyckel</button>`, "password passkey"},
		"federated":               {form + `<a href=/m>Logga in med Microsoft</a>`, "password federated"},
		"link with a request":     {`<a href="https://op.se/auth?client_id=a&response_type=code">Personal</a>`, "link"},
		"posts a request":         {`<body onload="document.forms[0].submit()">` + post, "link posted"},
		"posts by a script":       {post + `<script>document.forms[0].submit()</script>`, "link posted"},
		"posts by another script": {post + `<script src="/post.js"></script>`, "link posted"},
		"posts on a press":        {post + `<p>Tryck på knappen.</p>`, "link"},
		"sends something else":    {`<form method=post action=/x><input type=hidden name=a value=b></form><script>document.forms[0].submit()</script>`, "unsent shell"},
		"meta":                    {`<meta http-equiv=refresh content="0;url=/in">`, "to https://a.se/in by meta"},
		"meta without scripts":    {`<noscript><meta http-equiv=refresh content="0;url=/nojs"></noscript><script src=a.js></script>`, "shell"},
		"meta with a base":        {`<base href="https://b.se/x/"><meta http-equiv=refresh content="0;url=in">`, "to https://b.se/x/in by meta"},
		"meta on a form":          {`<meta http-equiv=refresh content="0;url=/in">` + form, "password"},
		"script":                  {`<script>location.href="/in"</script>`, "shell to https://a.se/in by script"},
		"on load":                 {`<body onload="location='/in'">x`, "to https://a.se/in by script"},
		"data":                    {`<script type="application/json">location.href="/in"</script>text`, ""},
		"shell":                   {`<div id=app></div><script src=/app.js></script><noscript>This app needs scripts, and here is a long text that nobody with scripts ever sees.</noscript>`, "shell"},
		"page with scripts":       {`<p>` + strings.Repeat("text ", 100) + `</p><script src=/app.js></script>`, ""},
		"in a comment":            {`<!-- ` + form + ` --><p>x</p>`, ""},
		"broken comment":          {`<!-- <p>x</p>` + form, ""},
		"hidden form":             {`<div style="display:none" hidden>` + form + `</div><a href=/b>BankID</a>`, "password bankid"},
		"picture without words":   {form + `<a href="/auth/start"><img src="/img/bankid-logo.svg"></a>`, "password bankid"},
		"address without words":   {`<a href="/login/freja"><img src="a.png" alt=""></a>`, "freja"},
		"drawing without words":   {`<button><svg><use href="/i.svg#siths"></use><image href="/siths.png"/></svg></button>`, "siths"},
		"button as a picture":     {`<form><input type=image src="/bankid.png"></form>`, "bankid"},
		"picture of something":    {`<a href="/start"><img src="/logo.png"></a>`, ""},
		"link to a password":      {`<a href=/b>Mobilt BankID</a><a href="?metod=2">Användarnamn och lösenord</a>`, "bankid link to a password"},
		"tab of a password":       {`<button role=tab>E-legitimation</button><button role=tab>Username and password</button>`, "e-legitimation link to a password"},
		"forgotten password":      {`<a href=/b>Mobilt BankID</a><a href="/f">Glömt lösenord?</a>`, "bankid"},
		"without a password":      {`<a href=/b>BankID</a><a href="/p">Sign in without password: passkey</a>`, "bankid passkey"},
		"where are you from":      {`<form><select name=entityID><option>Kommunen</select><button>Välj</button></form>`, "federated"},
		"discovery by links":      {`<a href="/Shibboleth.sso/Login?entityID=https%3A%2F%2Fidp.se">Kommunen</a>`, "federated"},
		"discovery by a button":   {`<button>Choose your organisation</button>`, "federated"},
		"two requests to choose":  {post + strings.ReplaceAll(post, "idp.se", "annan.se") + `<script src=/x.js></script>`, "link"},
		"a weak request beside":   {post + weak + `<script>document.forms[0].submit()</script>`, "link"},
		"the same request twice":  {post + post + `<script>document.forms[0].submit()</script>`, "link posted"},
		"posts beside a password": {post + `<a href=/lokal>Logga in med lösenord</a><script>document.forms[0].submit()</script>`, "link posted link to a password"},
		"not UTF-8":               {"<p>L\xf6senord \xff\xfe</p>" + form + "<a href=/b>BankID\xff</a>", "password bankid"},
		"too many forms":          {strings.Repeat("<form><input name=a></form>", 200) + "x", "cut"},
		"too much":                {strings.Repeat("<b>x</b>", 60_000), "cut"},
		"template":                {`<template>` + form + `</template><p>x</p>`, ""},
	} {
		base, _ := url.Parse("https://a.se/")
		if got := describe(decode.ReadPage([]byte(c.html), base, words(t))); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// describe is a page in a few words.
func describe(p *decode.Page) string {
	var out []string
	for _, f := range []struct {
		name string
		is   bool
	}{
		{"password", p.Password},
		{"name", p.UserName},
		{strings.Join(p.Strong, " "), len(p.Strong) > 0},
		{"passkey", p.Passkey},
		{"federated", p.Federated},
		{"link", len(p.Links) > 0},
		{"posted", p.Posted != nil},
		{"unsent", p.Unsent},
		{"link to a password", p.PasswordLink},
		{"cut", p.Cut},
		{"shell", p.Shell},
		{"to " + p.Next + " by " + p.Via, p.Next != ""},
	} {
		if f.is {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, " ")
}

// A page made to be slow to read is not.
func TestHostilePages(t *testing.T) {
	base, _ := url.Parse("https://a.se/")
	for name, html := range map[string]string{
		"deep":       strings.Repeat("<div>", 50_000),
		"links":      strings.Repeat("<a href=/x>BankID ", 10_000),
		"inputs":     "<form>" + strings.Repeat("<input type=hidden name=a value=b>", 20_000),
		"attributes": "<a " + strings.Repeat("a=b ", 20_000) + ">",
		"zeros":      strings.Repeat("\x00", 1<<20),
		"script":     "<script>" + strings.Repeat(`location="`, 100_000) + "</script>",
		"forms":      strings.Repeat(`<form method=post action=x><input type=hidden name=SAMLRequest value=`+deflate(authnRequest(""))+`></form>`, 1_000),
	} {
		t.Run(name, func(_ *testing.T) { decode.ReadPage([]byte(html), base, words(t)) })
	}
}
