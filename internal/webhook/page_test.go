// SPDX-License-Identifier: EUPL-1.2

package webhook_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/webtest"
)

// The pages in both languages: the secret is shown once, what was typed is kept, and who may only look sees no buttons.
func TestPages(t *testing.T) {
	h, r := build(t, dbtest.SQLite(t)), startReceiver(t)
	texts, err := locale.NewBundle(map[string]string{"web": web.Messages, "webhook": webhook.Messages})
	ok(t, err)
	actor := h.actor
	site := web.NewSite(texts, slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
		return actor, web.Viewer{Name: "Kim", Organisation: "Norrsjö kommun"}, true
	}})
	(&webhook.Pages{Service: h.s}).Routes(site)
	c := webtest.Start(t, site)
	open := func(path string) *webtest.Page {
		t.Helper()
		for _, lang := range []string{"en", "sv"} {
			c.Lang = lang
			webtest.CheckDOM(t, c.Get(path).Doc)
		}
		return c.Get(path)
	}
	p := c.Submit(open(webhook.Path), "main form", url.Values{"namn": {"Ärendesystemet"}, "adress": {"http://norrsjo.example"}, "handelse": {"system.changed"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || !strings.Contains(p.Text("#adress-error"), "https://") || webtest.Attr(webtest.Find(p.Doc, "#namn"), "value") != "Ärendesystemet" {
		t.Fatalf("a bad address: %d %s", p.Status, p.Text("main"))
	}
	p = c.Submit(p, "main form", url.Values{"adress": {r.URL}})
	webtest.CheckDOM(t, p.Doc)
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(p.Text("main"))
	if p.Status != 200 || secret == "" {
		t.Fatalf("added: %d %s", p.Status, p.Text("main"))
	}
	list, err := h.s.List(t.Context(), h.actor)
	ok(t, err)
	path := webhook.Path + "/" + list[0].ID.String()
	h.happen(t, "system.Update", "system", "s1")
	h.tick(t)
	ok(t, h.send(t, h.deliveries(t, list[0])[0]))
	if p = open(path); strings.Contains(p.Body, secret) || !strings.Contains(p.Text("main"), "Mottagen") {
		t.Errorf("afterwards: %s", p.Text("main"))
	}
	if p := c.Post(path+"/hemlighet", nil); !strings.Contains(p.Body, "whsec_") || strings.Contains(p.Body, secret) {
		t.Errorf("a new secret: %s", p.Text("main"))
	}
	if p := c.Post(path+"/prova", nil); p.Status != 200 || len(h.deliveries(t, list[0])) != 2 {
		t.Errorf("a test: %d", p.Status)
	}
	stale := url.Values{"version": {"1"}, "namn": {"X"}, "adress": {r.URL}, "handelse": {"system.changed"}, "lage": {"off"}}
	if p := c.Post(path, stale); p.Status != 422 || !strings.Contains(p.Text("main"), "Någon annan") {
		t.Errorf("an old version: %d %s", p.Status, p.Text("main"))
	}
	actor.Roles = []access.Role{access.Coordinator}
	for _, path := range []string{webhook.Path, path} {
		if p := c.Get(path); p.Status != 200 || p.Has("main form") {
			t.Errorf("%s: who may only look: %d, has a form %v", path, p.Status, p.Has("main form"))
		}
	}
}
