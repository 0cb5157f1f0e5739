// SPDX-License-Identifier: EUPL-1.2

package decode_test

import (
	"net/url"
	"testing"

	"github.com/insegel/insegel/internal/probe/decode"
)

// sane holds what must be true of every request, whatever it was read from.
func sane(t *testing.T, r *decode.Request) {
	t.Helper()
	if r == nil {
		return
	}
	if len(r.Classes) > 64 || len(r.ACRValues) > 128 || len(r.Demanded) > 64 || len(r.Issuer) > 512 || len(r.Host) > 512 {
		t.Errorf("more is kept than may be: %d classes", len(r.Classes))
	}
	if r.Essential && r.Protocol != decode.OIDC || r.Asked && r.Protocol != decode.SAML || len(r.Classes) > 0 && !r.Asked {
		t.Errorf("a demand that its protocol does not have: %+v", r)
	}
	if r.Opaque() && (len(r.Demanded) > 0 || len(r.ACRValues) > 0) {
		t.Errorf("what cannot be read demands %q", r.Demanded)
	}
	if r.Verify(nil) {
		t.Error("a signature is right without any key")
	}
}

func FuzzAuthnRequest(f *testing.F) {
	f.Add(authnRequest(context("exact", loa3)), true)
	f.Add(authnRequest(context("minimum", loa2)), false)
	f.Add("<a", true)
	base, _ := url.Parse("https://sp.example.se/")
	w := words(f)
	f.Fuzz(func(t *testing.T, text string, packed bool) {
		if packed {
			text = deflate(text)
		}
		u := &url.URL{Scheme: "https", Host: "idp.example.se", RawQuery: "SAMLRequest=" + url.QueryEscape(text)}
		r := decode.At(u)
		sane(t, r)
		page := `<form method=post action="https://idp.example.se/"><input type=hidden name=SAMLRequest value="` + url.QueryEscape(text) + `"></form>`
		for _, r := range decode.ReadPage([]byte(page), base, w).Links {
			sane(t, r)
		}
	})
}

func FuzzOpenIDParameters(f *testing.F) {
	f.Add(`client_id=a&response_type=code&acr_values=x`)
	f.Add(`client_id=a&request=` + token(`{"alg":"none"}`, `{"claims":{"id_token":{"acr":{"essential":true,"value":"x"}}}}`, ""))
	f.Add(`client_id=a&response_type=code&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%7D%7D%7D`)
	f.Add(`wa=wsignin1.0&wauth=x`)
	f.Fuzz(func(t *testing.T, query string) {
		u := &url.URL{Scheme: "https", Host: "op.example.se", Path: "/auth", RawQuery: query}
		sane(t, decode.At(u))
		if again, err := url.Parse(decode.Redact(u)); err != nil || again.Host != u.Host {
			t.Errorf("redacted to %q: %v", decode.Redact(u), err)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`<form><input type=password></form><a href=/b>BankID</a>`))
	f.Add([]byte(`<meta http-equiv=refresh content="0;url=//b.se"><script>location="/x"</script>`))
	f.Add([]byte(`<form method=post><input name=SAMLRequest value=x><script>document.forms[0].submit()</script>`))
	base, _ := url.Parse("https://a.se/x")
	w := words(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		p := decode.ReadPage(body, base, w)
		if p.Asks() && p.Next != "" {
			t.Error("a page that waits for somebody sends the browser on")
		}
		if p.Password && (p.UserName || p.Shell) {
			t.Errorf("a page with a password is also %+v", p)
		}
		for _, r := range append(p.Links, p.Posted) {
			sane(t, r)
		}
	})
}

// FuzzResolve holds that what a reference leads to is always a page, and at the host that a browser would go to.
func FuzzResolve(f *testing.F) {
	for _, ref := range []string{"/in", `/\b.se`, "//b.se", "javascript:x", "https://u@b.se", "http://[::1]:80/", "\x00http://a", "HTTPS://B.SE:443/x?y#z", "http://b.se\\@c.se/"} {
		f.Add(ref)
	}
	base, _ := url.Parse("https://a.se/x/y")
	f.Fuzz(func(t *testing.T, ref string) {
		u, err := decode.Resolve(base, ref)
		if err != nil {
			return
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("%q leads to %q", ref, u)
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Host != u.Host || again.Scheme != u.Scheme {
			t.Errorf("%q is read as %v, and then as %v: %v", ref, u, again, err)
		}
		decode.Refresh(ref)
		decode.ScriptRedirect(ref)
		decode.Challenges([]string{ref})
	})
}
