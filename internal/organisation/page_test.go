// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

func TestPages(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newTown(t, d)
	w.unit(t, "Vård", w.unit(t, "Social", ""))
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "organisation": organisation.Messages, "approval": approval.Messages, "token": token.Messages, "auth": auth.Messages})
	if err != nil {
		t.Fatal(err)
	}
	reader := w.anna
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return reader, web.Viewer{Name: "Anna"}, true },
	})
	sessions := auth.New(d, auth.Options{Arrive: w.Arrive})
	(&organisation.Pages{Service: w.Service, EndSessions: sessions.EndOf}).Routes(site)
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
	if invited := check(c.Submit(p, "form[action$='/inbjudan']", nil), 200, "Inbjudan till Kim"); !invited.Has("a[href='/inbjudan#" + invited.Text("code") + "']") {
		t.Error("an invitation has no link with its code")
	}
	check(c.Submit(p, "form[action$='/roll']", url.Values{"role": {"system-owner"}, "reason": {""}}), 422, "Skriv varför")
	check(c.Submit(p, "form[action$='/roll']", url.Values{"role": {"system-owner"}, "reason": {"Ny."}}), 200, "väntar nu under Beslut")
	if err := w.approve(t, w.bo); err != nil {
		t.Fatal(err)
	}
	p = check(c.Get(kim), 200, "Systemägare")
	p = check(c.Submit(p, "form[action$='/sluta']", url.Values{"end-reason": {"Slutat."}}), 200, "Personen är avslutad")
	check(c.Submit(p, "form[action$='/tillbaka']", nil), 200, "Personen är tillbaka")
	bo := organisation.PeoplePath + "/" + w.bo.ID
	w.session(t, w.bo, "198.51.100.7")
	p = check(c.Get(bo), 200, "198.51.100.7")
	reader.Fresh = false
	if p := c.Post(bo+"/sessioner", nil); strings.Contains(p.Text("main"), "utloggad överallt") || !strings.Contains(c.Get(bo).Text("main"), "198.51.100.7") {
		t.Error("sessions were ended without showing again who one is")
	}
	reader.Fresh = true
	check(c.Submit(p, "form[action$='/sessioner']", nil), 200, "Personen är inte inloggad någonstans")
	if log := w.log(t, "account", w.account(t, w.bo)); !strings.Contains(log, "auth.EndOf") {
		t.Errorf("the log does not tell that the sessions were ended: %s", log)
	}
	w.passkey(t, w.bo, "Telefon <b>")
	if p = check(c.Get(bo), 200, "enda passkey"); p.Has("form[action*='/passkey/']") {
		t.Error("the only passkey can be ended")
	}
	w.passkey(t, w.bo, "Nyckel")
	p = check(c.Get(bo), 200, "Telefon <b>")
	check(c.Submit(p, "form[action*='/passkey/']", nil), 200, "Passkeyn är avslutad")
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

// account gives the account of a person.
func (w *town) account(t *testing.T, a access.Actor) string {
	t.Helper()
	d, err := w.Person(t.Context(), w.anna, ids.ID[organisation.Person](a.ID))
	if err != nil {
		t.Fatal(err)
	}
	return d.Account.String()
}

// session opens a session of a person from an address.
func (w *town) session(t *testing.T, a access.Actor, from string) {
	t.Helper()
	account := w.account(t, a)
	err := w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		now := db.Millis(w.now)
		_, err := tx.Exec(t.Context(), `
			INSERT INTO session (token, id, organisation_id, account_id, method, issuer, context, factors, loa, passkey_id, synced, provider_session, address, browser,
				created_at, proved_at, seen_at, idle_at, ends_at)
			VALUES ($1, $1, $2, $3, 'oidc', $4, '', 2, 3, '', 0, '', $5, 'Firefox', $6, $6, $6, $7, $7)`,
			ids.New[int](), w.org, account, issuer, from, now, now+3_600_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBegan tells the roles that the first person came with, and none that two decided.
func TestBegan(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "organisation": organisation.Messages})
		if err != nil {
			t.Fatal(err)
		}
		var first auth.NewPerson
		err = d.Write(t.Context(), w.org, func(tx *db.Tx) error {
			first = auth.NewPerson{
				Organisation: w.org, Account: ids.New[auth.Account](), Name: "Kim Först", Folded: "kim forst", Origin: "first", Issuer: auth.PasskeyIssuer,
				Roles: []access.Role{access.Administrator, access.Coordinator},
			}
			_, err := auth.AddPerson(t.Context(), tx, first)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Began(t.Context(), w.anna, bundle.In("sv"))
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, x := range got {
			told = append(told, x.Person+": "+x.What)
		}
		slices.Sort(told)
		if diff := cmp.Diff([]string{"Kim Först: Administratör", "Kim Först: Informationssäkerhetssamordnare"}, told); diff != "" {
			t.Errorf("the first person's roles (-want +got):\n%s", diff)
		}
	})
}
