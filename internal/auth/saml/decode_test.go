// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAuthnRequest(t *testing.T) {
	for _, fresh := range []Freshness{Remembered, Again} {
		q := Question{
			ID: testRequest, EntityID: testEntity, ACS: testACS, Destination: testSSO, Contexts: []string{loa3, "http://id.elegnamnden.se/loa/1.0/loa4"},
			Fresh: fresh, Format: formatPersistent, At: testNow,
		}
		want := AuthnRequest{
			ID: testRequest, Issuer: testEntity, Destination: testSSO, ACS: testACS, ForceAuthn: map[Freshness]string{Remembered: "false", Again: "true"}[fresh],
			Comparison: "exact", Contexts: q.Contexts, Signed: true, SigAlg: sha256RSA,
		}
		for _, binding := range []string{bindingRedirect, bindingPost} {
			sent := must(send(q.element(), "SAMLRequest", Endpoint{binding, testSSO + "?tenant=1"}, "state", testKey(t, "sp")))
			var got AuthnRequest
			var err error
			if binding == bindingPost {
				got, err = DecodePost(sent.Value)
			} else {
				u := must(url.Parse(sent.URL))
				if u.Query().Get("tenant") != "1" || u.Query().Get("RelayState") != "state" {
					t.Errorf("the address is %s", sent.URL)
				}
				got, err = DecodeRedirect(u.RawQuery)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", binding, diff)
			}
		}
		b := string(must(write(q.element())))
		if !strings.Contains(b, `Format="`+formatPersistent+`"`) || !strings.Contains(b, `AllowCreate="true"`) {
			t.Errorf("the name's format is missing: %s", b)
		}
	}
}

func FuzzDecodeRedirect(f *testing.F) {
	q := Question{ID: testRequest, EntityID: testEntity, ACS: testACS, Destination: testSSO, Contexts: []string{loa3}, Fresh: Again, At: testNow}
	sent := must(send(q.element(), "SAMLRequest", Endpoint{bindingRedirect, testSSO}, "state", must(cachedKey("sp"))))
	f.Add(must(url.Parse(sent.URL)).RawQuery)
	f.Add("SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflate(make([]byte, 1<<20)))))
	f.Add("SAMLRequest=%zz&SAMLRequest=")
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := DecodeRedirect(raw)
		if err == nil && r.Comparison == "" || err != nil && ReasonOf(err) == Failed {
			t.Errorf("%+v: %v", r, unwrapped(err))
		}
	})
}

func FuzzDecodePost(f *testing.F) {
	q := Question{ID: testRequest, EntityID: testEntity, ACS: testACS, Destination: testSSO, Contexts: []string{loa3}, Fresh: Again, At: testNow}
	f.Add(must(send(q.element(), "SAMLRequest", Endpoint{bindingPost, testSSO}, "state", must(cachedKey("sp")))).Value)
	f.Fuzz(func(t *testing.T, value string) {
		r, err := DecodePost(value)
		if err == nil && r.Comparison == "" || err != nil && ReasonOf(err) == Failed {
			t.Errorf("%+v: %v", r, unwrapped(err))
		}
	})
}

// Whatever comes, nothing panics, nothing unsigned is believed, and every refusal has a reason of its own.
func FuzzReceive(f *testing.F) {
	for _, g := range good() {
		f.Add(g.build(f))
	}
	for _, a := range attacks() {
		f.Add(a.make(f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range []Protection{Encrypted, Signed} {
			x := expect(t)
			x.Protection = p
			a, err := Receive(encode(b), x)
			switch {
			case err == nil && a.NameID != alice && a.NameID != mallory+".evil":
				t.Errorf("let in as %q", a.NameID)
			case err != nil && ReasonOf(err) == Failed:
				t.Errorf("a fault: %v", unwrapped(err))
			}
		}
	})
}

func FuzzReadMetadata(f *testing.F) {
	f.Add(federation{}.build(f))
	f.Add(must(Party{EntityID: testEntity, Keys: []Key{must(cachedKey("other"))}, Until: testNow}.Metadata("_m")))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMetadata(b, pinned(t), testNow)
		if err == nil && len(m.Providers) > 2 || err != nil && ReasonOf(err) == Failed {
			t.Errorf("%d providers: %v", len(m.Providers), unwrapped(err))
		}
	})
}

func FuzzLogout(f *testing.F) {
	for _, binding := range []string{bindingRedirect, bindingPost} {
		in := arrived(f, must(send(goodLogout(), "SAMLRequest", Endpoint{binding, testSLO}, "state", must(cachedKey("idp")))), "SAMLRequest")
		f.Add(in.RawQuery, in.Value)
	}
	f.Fuzz(func(t *testing.T, query, value string) {
		for _, in := range []Incoming{{Name: "SAMLRequest", RawQuery: query}, {Name: "SAMLRequest", Value: value}} {
			l, err := receiveLogout(in, logoutExpect(t))
			if err == nil && l.NameID != alice || err != nil && ReasonOf(err) == Failed {
				t.Errorf("%+v: %v", l, unwrapped(err))
			}
		}
	})
}
