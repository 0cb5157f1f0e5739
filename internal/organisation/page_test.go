// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

func TestPages(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newTown(t, d)
	w.unit(t, "Vård", w.unit(t, "Social", ""))
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "organisation": organisation.Messages, "approval": approval.Messages, "token": token.Messages})
	if err != nil {
		t.Fatal(err)
	}
	reader := w.anna
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return reader, web.Viewer{Name: "Anna"}, true },
	})
	(&organisation.Pages{Service: w.Service}).Routes(site)
	(&token.Pages{Service: &token.Service{DB: d}}).Routes(site)
	c := webtest.Start(t, site)
	check := func(p *webtest.Page, status int, text string) *webtest.Page {
		t.Helper()
		webtest.CheckDOM(t, p.Doc)
		if p.Status != status || !strings.Contains(p.Text("main"), text) {
			t.Errorf("%s: %d, want %d and %q: %s", p.URL, p.Status, status, text, p.Text("main"))
		}
		return p
	}
	for _, lang := range []string{"en", "sv"} {
		c.Lang = lang
		for _, path := range []string{organisation.PeoplePath, organisation.RolesPath, organisation.UnitsPath, token.Path, organisation.PeoplePath + "/" + w.bo.ID} {
			check(c.Get(path), 200, "")
		}
	}
	p := check(c.Get(organisation.PeoplePath), 200, "Administratör")
	check(c.Submit(p, "form[method=post][action='/administration/personer']", url.Values{"name": {""}}), 422, "Skriv personens namn")
	p = check(c.Submit(p, "form[method=post][action='/administration/personer']", url.Values{"name": {"Kim <b>"}}), 200, "Personen är tillagd")
	kim := p.URL
	check(c.Submit(p, "form[action$='/inbjudan']", nil), 200, "Inbjudan till Kim")
	check(c.Submit(p, "form[action$='/roll']", url.Values{"role": {"system-owner"}, "reason": {""}}), 422, "Skriv varför")
	check(c.Submit(p, "form[action$='/roll']", url.Values{"role": {"system-owner"}, "reason": {"Ny."}}), 200, "väntar nu under Beslut")
	if err := w.approve(t, w.bo); err != nil {
		t.Fatal(err)
	}
	p = check(c.Get(kim), 200, "Systemägare")
	p = check(c.Submit(p, "form[action$='/sluta']", url.Values{"end-reason": {"Slutat."}}), 200, "Personen är avslutad")
	check(c.Submit(p, "form[action$='/tillbaka']", nil), 200, "Personen är tillbaka")
	check(c.Post(organisation.PeoplePath+"/"+w.bo.ID+"/inbjudan", nil), 422, "Annars kunde en person agera som två")
	check(c.Post(organisation.RolesPath+"/regel", url.Values{"issuer": {"https://x.example"}, "effect": {"link"}, "claim": {"email"}, "reason": {"x"}}), 422, "kan inte länka")
	check(c.Post(organisation.UnitsPath, url.Values{"unit-name": {"Skola"}}), 200, "Skola")
	check(c.Post(organisation.UnitsPath, url.Values{"unit-name": {"skola"}}), 422, "ingen annan enhet")
	p = check(c.Post(token.Path, url.Values{"name": {"Katalogen"}, "scope": {"scim"}, "days": {"30"}}), 200, "Kopiera nyckeln nu")
	key := p.Text(".note code")
	if p = c.Get(token.Path); !strings.HasPrefix(key, "ins_") || strings.Contains(p.Body, key) {
		t.Error("the key is not shown, or is shown again")
	}
	check(c.Submit(p, "form[action$='/aterkalla']", nil), 200, "återkallad")
	check(c.Post(token.Path, url.Values{"name": {"x"}, "scope": {"scim"}, "days": {"400"}}), 422, "1 till 365")
	reader.Roles = []access.Role{access.Procurer}
	for _, path := range []string{organisation.PeoplePath, organisation.RolesPath, token.Path, kim} {
		check(c.Get(path), 403, "")
	}
}
