// SPDX-License-Identifier: EUPL-1.2

package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

const hostile = `<script>alert(1)</script>"><img src=x>`

// driver is a kind with one setting and one secret.
type driver struct{ fault string }

func (driver) Kind() provider.Kind { return provider.OIDC }
func (driver) Icon() string        { return "key" }
func (driver) Path(id provider.ID) string {
	return "/logga-in/oidc/" + id.String()
}

func (driver) Fields(_ *locale.Localizer, own json.RawMessage) []web.Field {
	var s struct {
		Setting string `json:"setting"`
	}
	_ = json.Unmarshal(own, &s)
	return []web.Field{{Name: "setting", Label: "Inställning", Value: s.Setting}, {Name: "secret", Label: "Hemlighet", Optional: true}}
}

func (driver) Read(form provider.Form) (json.RawMessage, map[string][]byte, []web.FieldError) {
	own, err := json.Marshal(map[string]string{"setting": form("setting")})
	if err != nil {
		return nil, nil, []web.FieldError{{Field: "setting", Key: "provider.fault-settings"}}
	}
	if form("secret") == "" {
		return own, nil, nil
	}
	return own, map[string][]byte{"secret": []byte(form("secret"))}, nil
}

func (d driver) Look(context.Context, *provider.Provider) []web.FieldError {
	if d.fault != "" {
		return []web.FieldError{{Field: "setting", Key: d.fault}}
	}
	return nil
}

func (driver) Facts(_ context.Context, _ *locale.Localizer, p *provider.Provider) ([]provider.Fact, error) {
	return []provider.Fact{{Label: "Adress", Value: "https://insegel.example.se/logga-in/oidc/" + p.ID.String()}}, nil
}

func site(t *testing.T, d *db.DB, drive driver, actor *access.Actor) (*provider.Service, *webtest.Client) {
	t.Helper()
	s := twoPeople(service(t, d), "anna", "bo").Service
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "provider": provider.Messages})
	if err != nil {
		t.Fatal(err)
	}
	w := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
		return *actor, web.Viewer{Name: "Kim Exempel", Organisation: "Norrsjö kommun"}, true
	}})
	p := &provider.Pages{Service: s, Drivers: []provider.Driver{drive}}
	p.Routes(w)
	w.Handle("GET /prov", "", func(c *web.Context) error {
		return p.Tried(c, provider.Trial{
			Provider: draft().Provider, Asked: []string{loa3}, Answered: hostile, Methods: []string{"pwd"}, At: time.Unix(1795420800, 0), Err: errors.New(hostile),
			Reason: "level", Name: hostile, Claims: map[string][]string{"groups": {hostile}},
		})
	})
	return s, webtest.Start(t, w)
}

func TestPagesSetUpProvider(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s, c := site(t, d, driver{}, &actor)
		c.Lang = "sv"
		approvals := s.Two.(approval.SignIn).Service
		approve := func() {
			t.Helper()
			approveAll(t, approvals, actor.Organisation, "bo")
		}
		for _, lang := range []string{"sv", "en"} {
			c.Lang = lang
			for _, path := range []string{provider.Path, provider.Path + "/ny/oidc", "/prov"} {
				p := c.Get(path)
				webtest.CheckDOM(t, p.Doc)
				if strings.Contains(p.Body, "<script>alert") {
					t.Errorf("%s writes out what came from outside", path)
				}
			}
		}
		c.Lang = "sv"
		form := c.Get(provider.Path + "/ny/oidc")
		fill := url.Values{"name-sv": {"Kommunens inloggning"}, "name-en": {"Sign-in"}, "issuer": {"https://idp.example.se"}, "setting": {"ett"}, "secret": {"hemligheten"}}
		p := c.Submit(form, "main form", fill)
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".err"), "minst ett svar") || strings.Contains(p.Body, "hemligheten") {
			t.Errorf("without any context: %d %s", p.Status, p.Text(".err"))
		}
		fill["accepted"], fill["accepted-own"] = []string{loa3}, []string{"c1 3\nc2"}
		fill["declared"] = []string{uncertified}
		p = c.Submit(form, "main form", fill)
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusOK || !strings.Contains(p.Body, "nivå 3 utan granskning") || strings.Contains(p.Body, "hemligheten") {
			t.Fatalf("%d at %s: %s", p.Status, p.URL, p.Text(".err"))
		}
		all, err := s.List(t.Context(), actor)
		if err != nil || len(all) != 1 || all[0].Enabled {
			t.Fatalf("%+v %v", all, err)
		}
		want := []provider.Accepted{{Value: loa3}, {Value: uncertified, Trusted: true}, {Value: "c1", Factors: 2, LoA: 3}, {Value: "c2", Factors: 2}}
		if got := all[0].Settings.Accepted; len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
			t.Errorf("accepted %+v", got)
		}
		self := p.URL
		p = c.Submit(p, `form[action$="/pa"]`, nil)
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".err"), "Skriv varför") {
			t.Errorf("turned on without a reason: %d %s", p.Status, p.Text(".err"))
		}
		p = c.Submit(c.Get(self), `form[action$="/pa"]`, url.Values{"skal": {"Provad."}})
		webtest.CheckDOM(t, p.Doc)
		if got := p.Text("section.amb"); !strings.Contains(got, "Kommunens inloggning") || !strings.Contains(got, "annan administratör") || strings.Contains(p.Body, "Tjänsten är påslagen") || p.Has(`form[action$="/pa"]`) {
			t.Errorf("what waits is told as %q, or can be asked for again", got)
		}
		approve()
		if p = c.Get(self); !strings.Contains(p.Body, "Tjänsten är påslagen") || p.Has("section.amb") {
			t.Error("approved and not turned on")
		}
		p = c.Submit(c.Get(self+"/andra"), "main form", url.Values{"setting": {"två"}, "skal": {""}})
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".err"), "Skriv varför") || strings.Contains(p.Body, "hemligheten") {
			t.Errorf("changed without a reason: %d %s", p.Status, p.Text(".err"))
		}
		p = c.Submit(c.Get(self+"/andra"), "main form", url.Values{"setting": {"två"}, "secret": {"den nya"}, "skal": {"Bytt klient."}})
		if !strings.Contains(p.Text("section.amb"), "Ändra en inloggningstjänst") {
			t.Errorf("%d %s", p.Status, p.Text("section.amb"))
		}
		approve()
		p = c.Submit(c.Get(self+"/andra"), "main form", url.Values{"name-sv": {"SITHS"}, "secret": {}})
		if p.Text("h1") != "SITHS" {
			t.Errorf("%d %s", p.Status, p.Text("h1"))
		}
		p = c.Submit(c.Get(provider.Path+"/tjanst/"+all[0].ID.String()), `form[action$="/av"]`, nil)
		if p.Text(".flash") != "Tjänsten är avstängd." {
			t.Errorf("%s", p.Text(".flash"))
		}
	})
}

func TestPagesSetLevels(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s, c := site(t, d, driver{}, &actor)
		c.Lang = "sv"
		p, err := s.Add(t.Context(), actor, draft())
		if err == nil {
			_, err = s.Enable(t.Context(), actor, p.ID, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		page := c.Submit(c.Get(provider.Path), "main form", url.Values{"level-coordinator": {"4"}})
		if page.Text(".flash") != "Kraven är sparade." {
			t.Errorf("%s", page.Text(".flash"))
		}
		if l, err := s.Levels(t.Context(), actor); err != nil || l.Of(access.Coordinator) != (provider.Level{Factors: 2, LoA: 4}) || len(l.Chosen) != 1 {
			t.Errorf("%+v %v", l, err)
		}
		page = c.Submit(c.Get(provider.Path), "main form", url.Values{"level-coordinator": {"0"}})
		webtest.CheckDOM(t, page.Doc)
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text(".err"), "Skriv varför") {
			t.Errorf("lowered without a reason: %d %s", page.Status, page.Text(".err"))
		}
		page = c.Submit(c.Get(provider.Path), "main form", url.Values{"level-coordinator": {"0"}, "skal": {"Korten dröjer."}})
		webtest.CheckDOM(t, page.Doc)
		if !strings.Contains(page.Text("section.amb"), "Informationssäkerhetssamordnare") {
			t.Errorf("what waits is told as %q", page.Text("section.amb"))
		}
		approveAll(t, s.Two.(approval.SignIn).Service, actor.Organisation, "bo")
		if l, err := s.Levels(t.Context(), actor); err != nil || l.Of(access.Coordinator) != (provider.Level{Factors: 2}) {
			t.Errorf("%+v %v", l, err)
		}
	})
}

func TestPagesForOthers(t *testing.T) {
	d := dbtest.SQLite(t)
	admin := dbtest.Organisation(t, d, "norrsjo")
	actor := access.Actor{ID: "p", Organisation: admin.Organisation, Roles: []access.Role{access.Auditor}, Fresh: true}
	s, c := site(t, d, driver{fault: "provider.fault-settings"}, &actor)
	made, err := s.Add(t.Context(), admin, draft())
	if err != nil {
		t.Fatal(err)
	}
	p := c.Get(provider.Path)
	webtest.CheckDOM(t, p.Doc)
	if p.Has("main form") {
		t.Error("an auditor gets a form")
	}
	if p := c.Get(provider.Path + "/tjanst/" + made.ID.String()); p.Status != http.StatusOK || p.Has("main form") {
		t.Errorf("an auditor opens a provider: %d", p.Status)
	}
	if p := c.Post(provider.Path+"/tjanst/"+made.ID.String()+"/pa", nil); p.Status != http.StatusForbidden {
		t.Errorf("an auditor turns it on: %d", p.Status)
	}
	actor.Roles = []access.Role{access.SystemOwner}
	if p := c.Get(provider.Path); p.Status != http.StatusForbidden {
		t.Errorf("a system owner lists providers: %d", p.Status)
	}
	actor = admin
	form := c.Get(provider.Path + "/ny/oidc")
	p = c.Submit(form, "main form", url.Values{"name-sv": {"A"}, "name-en": {"B"}, "issuer": {"https://other.example.se"}, "accepted": {loa3}})
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a provider that is not as it should be is saved: %d", p.Status)
	}
	if p := c.Get(provider.Path + "/ny/ldap"); p.Status != http.StatusNotFound {
		t.Errorf("a kind that is not there: %d", p.Status)
	}
}

// Which roles a session gives follows what it has shown and what the organisation asks for.
func TestAccept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor, ctx := service(t, d), dbtest.Organisation(t, d, "norrsjo"), t.Context()
		ask := func(r access.Role, shown auth.Shown) (ok bool) {
			err := d.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
				accepted, err := provider.Accept(ctx, tx, actor.Organisation)
				ok = err == nil && accepted(r, shown) == ""
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		passkey, card := auth.Shown{Method: auth.MethodPasskey, Factors: 2}, auth.Shown{Method: "oidc", Factors: 2, LoA: 3}
		if !ask(access.Coordinator, passkey) || ask(access.Coordinator, auth.Shown{Method: "oidc", Factors: 1}) {
			t.Error("before a provider: two factors are enough, and one is not")
		}
		p, err := s.Add(ctx, actor, draft())
		if err != nil {
			t.Fatal(err)
		}
		if !ask(access.Coordinator, passkey) {
			t.Error("a provider that is not switched on changes what is asked")
		}
		if _, err := s.Enable(ctx, actor, p.ID, ""); err != nil {
			t.Fatal(err)
		}
		if ask(access.Coordinator, passkey) || !ask(access.Coordinator, card) || !ask(access.Administrator, passkey) {
			t.Error("with a provider: who sees weaknesses shows a reviewed identity")
		}
		if _, err := s.SetLevels(ctx, actor, map[access.Role]provider.Level{access.Administrator: {Factors: 2, LoA: 4}}, ""); err != nil {
			t.Fatal(err)
		}
		if ask(access.Administrator, card) {
			t.Error("a level that was chosen is not asked for")
		}
		if err := s.Disable(ctx, actor, p.ID); err != nil {
			t.Fatal(err)
		}
		if ask(access.Coordinator, passkey) || ask(access.Administrator, card) || !ask(access.Coordinator, card) {
			t.Error("stopping the last provider made what the roles ask for weaker")
		}
		_, oneFactor := s.SetLevels(ctx, actor, map[access.Role]provider.Level{access.Auditor: {Factors: 1}}, "")
		_, program := s.SetLevels(ctx, actor, map[access.Role]provider.Level{access.System: {Factors: 2}}, "")
		if !errors.Is(oneFactor, provider.ErrLevelValue) || !errors.Is(program, provider.ErrRole) {
			t.Error("one factor, or the program's own role, can be chosen")
		}
	})
}
