// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
)

func logoutExpect(t testing.TB) LogoutExpect {
	x := expect(t)
	return LogoutExpect{Issuer: testIdP, Certificates: x.Certificates, SLO: testSLO, Request: "_q1", Now: testNow}
}

func goodLogout() *etree.Element {
	return logoutRequest("_l1", testIdP, testSLO, Session{NameID: alice, Format: formatPersistent, Index: "_s1"}, testNow)
}

// arrived makes of a sent message what comes with the browser.
func arrived(t testing.TB, s Sent, name string) Incoming {
	t.Helper()
	if s.Binding == bindingPost {
		return Incoming{Name: name, Value: s.Value}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return Incoming{Name: name, RawQuery: u.RawQuery}
}

func receiveLogout(in Incoming, x LogoutExpect) (Logout, error) {
	o, err := OpenLogout(in)
	if err != nil {
		return Logout{}, err
	}
	return o.Request(x)
}

func TestLogoutRequest(t *testing.T) {
	for _, binding := range []string{bindingRedirect, bindingPost} {
		sent := must(send(goodLogout(), "SAMLRequest", Endpoint{binding, testSLO}, "state", testKey(t, "idp")))
		got, err := receiveLogout(arrived(t, sent, "SAMLRequest"), logoutExpect(t))
		if err != nil {
			t.Fatalf("%s: %v: %v", binding, err, unwrapped(err))
		}
		want := Logout{ID: "_l1", NameID: alice, Format: formatPersistent, Sessions: []string{"_s1"}, Until: testNow.Add(6 * time.Minute)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", binding, diff)
		}
	}
}

// logoutChange is one thing that is changed about a question about signing out.
type logoutChange struct {
	el     func(*etree.Element)
	sent   func(*Sent)
	expect func(*LogoutExpect)
	key    string
	want   Reason
}

// query changes the query string of a message that is sent by redirect.
func query(do func(url.Values)) func(*Sent) {
	return func(s *Sent) {
		at, raw, _ := strings.Cut(s.URL, "?")
		v := must(url.ParseQuery(raw))
		do(v)
		s.URL = at + "?" + v.Encode()
	}
}

// What is changed with both bindings, and with each.
var (
	logoutCommon = map[string]logoutChange{
		"another key":            {key: "other", want: BadSignature},
		"another provider":       {el: say("./Issuer", "https://other.example.se"), want: WrongIssuer},
		"another address":        {el: set(".", "Destination", "https://other.example.se/slo"), want: WrongDestination},
		"no address":             {el: drop(".", "Destination"), want: WrongDestination},
		"too old":                {expect: func(x *LogoutExpect) { x.Now = testNow.Add(7 * time.Minute) }, want: Expired},
		"from the future":        {expect: func(x *LogoutExpect) { x.Now = testNow.Add(-2 * time.Minute) }, want: WrongMoment},
		"its own time is over":   {el: set(".", "NotOnOrAfter", "2026-11-28T07:58:00Z"), want: Expired},
		"SAML 1":                 {el: set(".", "Version", "1.1"), want: WrongVersion},
		"no ID":                  {el: drop(".", "ID"), want: WrongShape},
		"no name":                {el: remove("./NameID"), want: WrongShape},
		"two names":              {el: twice("./NameID"), want: WrongShape},
		"an unknown element":     {el: add(".", "saml2p:Other"), want: WrongShape},
		"an answer as question":  {el: func(e *etree.Element) { e.Tag = "LogoutResponse" }, want: WrongShape},
		"a second one inside it": {el: func(e *etree.Element) { e.FindElement("./NameID").AddChild(plainCopy()) }, want: WrongShape},
	}
	logoutPost = map[string]logoutChange{
		"not signed": {sent: func(s *Sent) { s.Value = base64.StdEncoding.EncodeToString(must(write(goodLogout()))) }, want: Unsigned},
		"changed after it was signed": {sent: func(s *Sent) {
			b := must(base64.StdEncoding.DecodeString(s.Value))
			s.Value = base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(b), alice, mallory, 1)))
		}, want: BadSignature},
	}
	logoutRedirect = map[string]logoutChange{
		"not signed":    {sent: query(func(v url.Values) { v.Del("Signature"); v.Del("SigAlg") }), want: Unsigned},
		"no algorithm":  {sent: query(func(v url.Values) { v.Del("SigAlg") }), want: WeakAlgorithm},
		"SHA-1":         {sent: query(func(v url.Values) { v.Set("SigAlg", "http://www.w3.org/2000/09/xmldsig#rsa-sha1") }), want: WeakAlgorithm},
		"another state": {sent: query(func(v url.Values) { v.Set("RelayState", "other") }), want: BadSignature},
		"changed after it was signed": {sent: query(func(v url.Values) {
			v.Set("SAMLRequest", base64.StdEncoding.EncodeToString(deflate(must(write(logoutRequest("_l1", testIdP, testSLO, Session{NameID: mallory, Format: formatPersistent}, testNow))))))
		}), want: BadSignature},
		"two messages": {sent: func(s *Sent) { s.URL += "&SAMLRequest=x" }, want: WrongShape},
		"a bomb": {sent: query(func(v url.Values) {
			v.Set("SAMLRequest", base64.StdEncoding.EncodeToString(deflate(make([]byte, 64<<20))))
		}), want: TooLarge},
		"not DEFLATE": {sent: query(func(v url.Values) { v.Set("SAMLRequest", "AAAA") }), want: BadEncoding},
		"not base64":  {sent: query(func(v url.Values) { v.Set("SAMLRequest", "%%%") }), want: BadEncoding},
	}
)

// Whoever can sign somebody out without a key can keep everybody out. Both bindings, each with one thing changed.
func TestLogoutRequestRefused(t *testing.T) {
	run := func(binding string, rows map[string]logoutChange) {
		for name, tc := range rows {
			t.Run(binding+"/"+name, func(t *testing.T) {
				el := goodLogout()
				if tc.el != nil {
					tc.el(el)
				}
				key := "idp"
				if tc.key != "" {
					key = tc.key
				}
				sent := must(send(el, "SAMLRequest", Endpoint{binding, testSLO}, "state", testKey(t, key)))
				if tc.sent != nil {
					tc.sent(&sent)
				}
				x := logoutExpect(t)
				if tc.expect != nil {
					tc.expect(&x)
				}
				got, err := receiveLogout(arrived(t, sent, "SAMLRequest"), x)
				if err == nil || ReasonOf(err) != tc.want {
					t.Errorf("got %+v, %v (%v), want %s", got, err, unwrapped(err), tc.want)
				}
			})
		}
	}
	run(bindingPost, logoutCommon)
	run(bindingRedirect, logoutCommon)
	run(bindingPost, logoutPost)
	run(bindingRedirect, logoutRedirect)
}

func TestLogoutAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		el     func(*etree.Element)
		key    string
		expect func(*LogoutExpect)
		want   Reason
	}{
		"good":             {},
		"another question": {expect: func(x *LogoutExpect) { x.Request = "_other" }, want: WrongRequest},
		"no question":      {expect: func(x *LogoutExpect) { x.Request = "" }, el: drop(".", "InResponseTo"), want: WrongRequest},
		"another key":      {key: "other", want: BadSignature},
		"no success":       {el: set("./Status/StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"), want: ProviderSaidNo},
	} {
		for _, binding := range []string{bindingRedirect, bindingPost} {
			el := logoutAnswer("_x", testIdP, testSLO, "_q1", testNow)
			if tc.el != nil {
				tc.el(el)
			}
			key := "idp"
			if tc.key != "" {
				key = tc.key
			}
			x := logoutExpect(t)
			if tc.expect != nil {
				tc.expect(&x)
			}
			o, err := OpenLogout(arrived(t, must(send(el, "SAMLResponse", Endpoint{binding, testSLO}, "s", testKey(t, key))), "SAMLResponse"))
			if err == nil {
				err = o.Answer(x)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || ReasonOf(err) != tc.want) {
				t.Errorf("%s, %s: got %v (%v), want %s", name, binding, err, unwrapped(err), tc.want)
			}
		}
	}
}
