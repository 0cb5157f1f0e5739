// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// enter signs somebody in, in a session that the provider calls index.
func (h *house) enter(name, index string) *webtest.Client {
	h.t.Helper()
	c := webtest.Open(h.t, h.server.URL)
	b := h.begin(c, "?till=/who")
	f := forge{assertion: say("./Subject/NameID", name)}
	before := f.assertion
	f.assertion = func(a *etree.Element) {
		before(a)
		a.FindElement("./AuthnStatement").CreateAttr("SessionIndex", index)
	}
	if p := h.post(c, h.answer(b, f), b.state); p.Body != "Alva Exempel" {
		h.t.Fatalf("%d %s", p.Status, p.Text("h1"))
	}
	return c
}

// ask sends a provider's question about signing out, as the provider's page would.
func (h *house) ask(c *webtest.Client, binding, id, key, name, index string, change func(*Sent)) *webtest.Page {
	h.t.Helper()
	slo := addressesOf(h.pages.Site, code).slo
	el := logoutRequest(id, testIdP, slo, Session{NameID: name, Format: formatPersistent, Index: index}, h.now)
	sent := must(send(el, "SAMLRequest", Endpoint{binding, slo}, "their state", testKey(h.t, key)))
	if change != nil {
		change(&sent)
	}
	c.Site = "cross-site"
	defer func() { c.Site = "same-origin" }()
	if binding == bindingPost {
		return c.Post("/saml/"+code+"/slo", url.Values{"SAMLRequest": {sent.Value}, "RelayState": {"their state"}})
	}
	return c.Get(strings.TrimPrefix(sent.URL, h.pages.Site))
}

func in(c *webtest.Client) bool { return c.Get("/who").Body == "Alva Exempel" }

func TestSignOutBegunThere(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.connect(nil, federation{}.build(t))
		h.known = append(h.known, mallory)
		a1, a2, m := h.enter(alice, "_1"), h.enter(alice, "_2"), h.enter(mallory, "_3")
		outside := webtest.Open(t, h.server.URL)
		outside.NoRedirects()
		unsigned := func(s *Sent) {
			if s.Binding == bindingPost {
				s.Value = base64.StdEncoding.EncodeToString(must(write(logoutRequest("_x", testIdP, addressesOf(h.pages.Site, code).slo, Session{NameID: alice, Format: formatPersistent}, h.now))))
				return
			}
			s.URL = s.URL[:strings.Index(s.URL, "&SigAlg=")]
		}
		for _, binding := range []string{bindingRedirect, bindingPost} {
			for _, p := range []*webtest.Page{h.ask(outside, binding, "_q1", "idp", alice, "_1", unsigned), h.ask(outside, binding, "_q2", "other", alice, "_1", nil)} {
				if p.Status != http.StatusForbidden {
					t.Errorf("%s: not signed, or with another key: %d", binding, p.Status)
				}
				webtest.CheckDOM(t, p.Doc)
			}
		}
		if !in(a1) || !in(a2) || !in(m) {
			t.Fatal("somebody was signed out by a question that was refused")
		}
		for _, want := range []Reason{Unsigned, BadSignature} {
			if !strings.Contains(strings.Join(h.log(), "\n"), `"reason":"`+string(want)+`"`) {
				t.Errorf("%s is not in the log", want)
			}
		}
		p := h.ask(outside, bindingPost, "_q3", "idp", alice, "_1", nil)
		to := must(url.Parse(p.Header.Get("Location")))
		if p.Status != http.StatusSeeOther || to.Host != "idp.example.se" || to.Path != "/slo-answer" || to.Query().Get("RelayState") != "their state" {
			t.Errorf("answered with %d to %s", p.Status, to)
		}
		if in(a1) || !in(a2) || !in(m) {
			t.Error("another session ended than the one that was named")
		}
		if p := h.ask(outside, bindingPost, "_q3", "idp", alice, "", nil); p.Status != http.StatusForbidden || !in(a2) {
			t.Errorf("the same question again: %d", p.Status)
		}
		if p := h.ask(outside, bindingRedirect, "_q4", "idp", alice, "", nil); p.Status != http.StatusSeeOther || in(a2) || !in(m) {
			t.Errorf("all of a subject's sessions: %d", p.Status)
		}
	})
}

func TestSignOutBegunHere(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	c := h.enter(alice, "_1")
	p := c.Post("/logga-ut", nil)
	webtest.CheckDOM(t, p.Doc)
	link := webtest.Attr(webtest.Find(p.Doc, "a.btn.pri"), "href")
	if !strings.HasPrefix(link, "https://idp.example.se/slo?SAMLRequest=") || in(c) {
		t.Fatalf("%d %s leads to %s", p.Status, p.URL, link)
	}
	u := must(url.Parse(link))
	o := must(OpenLogout(Incoming{Name: "SAMLRequest", RawQuery: u.RawQuery}))
	own := must(h.service.readKeys(t.Context(), organisation{id: h.admin.Organisation}))
	q, err := o.Request(LogoutExpect{Issuer: addressesOf(h.pages.Site, code).entityID, Certificates: certificatesOf(own), SLO: "https://idp.example.se/slo", Now: h.now})
	if err != nil || q.NameID != alice || q.Sessions[0] != "_1" {
		t.Fatalf("asked %+v: %v", q, unwrapped(err))
	}
	slo := addressesOf(h.pages.Site, code).slo
	answer := func(key, to string) *webtest.Page {
		sent := must(send(logoutAnswer("_a"+key, testIdP, slo, to, h.now), "SAMLResponse", Endpoint{bindingRedirect, slo}, u.Query().Get("RelayState"), testKey(t, key)))
		return c.Get(strings.TrimPrefix(sent.URL, h.pages.Site))
	}
	if p := answer("other", q.ID); p.Status != http.StatusForbidden {
		t.Errorf("an answer of another: %d", p.Status)
	}
	// It was the one answer that was waited for.
	if p := answer("idp", q.ID); p.Status != http.StatusForbidden {
		t.Errorf("a second answer: %d", p.Status)
	}
	c = h.enter(alice, "_2")
	u = must(url.Parse(webtest.Attr(webtest.Find(c.Post("/logga-ut", nil).Doc, "a.btn.pri"), "href")))
	q = must(must(OpenLogout(Incoming{Name: "SAMLRequest", RawQuery: u.RawQuery})).Request(LogoutExpect{
		Issuer: addressesOf(h.pages.Site, code).entityID, Certificates: certificatesOf(own), SLO: "https://idp.example.se/slo", Now: h.now,
	}))
	if p := answer("idp", q.ID); p.URL != "/logga-in" || !strings.Contains(p.Text(".flash"), "både här och hos") {
		t.Errorf("%d %s %s", p.Status, p.URL, p.Text(".flash"))
	}
}
