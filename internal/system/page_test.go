// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

var loaded = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

// pageActor is who the server takes every visitor for.
type pageActor struct{ access.Actor }

func start(t *testing.T, d *db.DB, who *pageActor) (*webtest.Client, *system.Service) {
	t.Helper()
	cat, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "system": system.Messages, "organisation": organisation.Messages})
	if err != nil {
		t.Fatal(err)
	}
	service := &system.Service{DB: d}
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return who.Actor, web.Viewer{Name: "Prov"}, true },
	})
	(&system.Pages{Service: service, Catalogue: cat}).Routes(site)
	return webtest.Start(t, site), service
}

func registered(t *testing.T, d *db.DB, actor access.Actor, slug string) system.System {
	t.Helper()
	var s system.System
	err := d.Read(context.Background(), actor.Organisation, func(tx *db.Tx) (err error) {
		s, err = system.Get(context.Background(), tx, actor.Organisation, slug)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const form = "main form"

func TestFormMakesASystemFromForgivingInput(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who := &pageActor{dbtest.Organisation(t, d, "prov")}
		c, _ := start(t, d, who)
		c.NoRedirects()
		page := c.Get("/system/nytt")
		webtest.CheckDOM(t, page.Doc)
		got := c.Submit(page, form, url.Values{
			"namn": {"  E-tjänst   <script>alert(1)</script> "}, "slag": {"e-service"}, "enhet": {"Socialförvaltningen"}, "leverantor": {`"><img src=x>`},
			"anvandare": {"ca 1 240"}, "registrerade": {"12\u00a0000"}, "avtal-slut": {"27/11 2026"}, "bitradesavtal-dag": {"26-11-27"},
			"rollmodell-dag": {"2026-11-27"}, "loggkontroll-manader": {"3"}, "drift": {"cloud-eu"}, "agare": {"Enhetschef"},
			"inlogg-0-vem": {"residents"}, "inlogg-0-nat": {"internet"}, "inlogg-0-adress": {"https://norrsjo.example"}, "inlogg-0-satt": {"BankID"},
			"fakta-ai": {"no"}, "fakta-area": {"socialtjanst", "lss"}, "fakta-protected_identity": {"high"},
		})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", got.Status, got.Text(".err"))
		}
		slug := strings.TrimPrefix(got.Header.Get("Location"), "/system/")
		s := registered(t, d, who.Actor, slug)
		if s.Name != "E-tjänst <script>alert(1)</script>" || s.Unit != "Socialförvaltningen" || s.Supplier != `"><img src=x>` {
			t.Errorf("name %q unit %q supplier %q", s.Name, s.Unit, s.Supplier)
		}
		if s.Users == nil || *s.Users != 1240 || !s.UsersApproximate || s.DataSubjects == nil || *s.DataSubjects != 12000 {
			t.Errorf("users %v %v, data subjects %v", s.Users, s.UsersApproximate, s.DataSubjects)
		}
		for name, day := range map[string]string{"contract": s.ContractEnd.String(), "agreement": s.ProcessorAgreementOn.String(), "roles": s.RoleModelOn.String()} {
			if day != "2026-11-27" {
				t.Errorf("%s = %s", name, day)
			}
		}
		if len(s.Logins) != 1 || s.Logins[0].Audience != "residents" || s.Logins[0].Zone != "internet" || s.Logins[0].Method != "BankID" {
			t.Errorf("logins = %+v", s.Logins)
		}
		want := []catalogue.Statement{{Fact: "ai", Value: "no"}, {Fact: "area", Value: "lss"}, {Fact: "area", Value: "socialtjanst"}, {Fact: "protected_identity", Value: "high"}}
		if diff := cmp.Diff(want, s.Facts); diff != "" {
			t.Error(diff)
		}
		again := c.Get("/system/" + slug + "/redigera")
		webtest.CheckDOM(t, again.Doc)
		if again.Has("main script") || again.Has("main img") {
			t.Error("a name became an element")
		}
		// The form that comes back holds what is stored: sent as it is, it changes nothing.
		if got := c.Submit(again, form, nil); got.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", got.Status, got.Text(".err"))
		}
		after := registered(t, d, who.Actor, slug)
		s.Version, s.UpdatedAt = after.Version, after.UpdatedAt
		if diff := cmp.Diff(s, after); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFormShowsFaultsAndKeepsWhatWasTyped(t *testing.T) {
	d := dbtest.SQLite(t)
	who := &pageActor{dbtest.Organisation(t, d, "prov")}
	c, _ := start(t, d, who)
	sent := url.Values{
		"namn": {""}, "slag": {"spaceship"}, "avtal-slut": {"tills vidare"}, "anvandare": {"många"}, "registrerade": {"1 2"}, "loggkontroll-manader": {"-3"},
		"kommentar": {"Det här vill jag ha kvar"}, "inlogg-1-adress": {"vpn"}, "inlogg-1-vem": {"nobody"}, "fakta-ai": {"kanske"},
	}
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		page := c.Submit(c.Get("/system/nytt"), form, sent)
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", page.Status)
		}
		webtest.CheckDOM(t, page.Doc)
		for name := range sent {
			if name == "kommentar" || name == "inlogg-1-adress" {
				continue
			}
			if !page.Has(`.err a[href="#` + name + `"]`) {
				t.Errorf("%s: no fault for %s", lang, name)
			}
		}
		if got := page.Text("#kommentar"); got != "Det här vill jag ha kvar" {
			t.Errorf("comment = %q", got)
		}
		if got := webtest.Attr(webtest.Find(page.Doc, "#avtal-slut"), "value"); got != "tills vidare" {
			t.Errorf("contract = %q", got)
		}
	}
}

func TestSomebodyElseWasFirst(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		who := &pageActor{dbtest.Organisation(t, d, "prov")}
		c, service := start(t, d, who)
		sys := system.New("Lex")
		sys, err := service.Create(context.Background(), who.Actor, sys)
		if err != nil {
			t.Fatal(err)
		}
		mine := c.Get("/system/lex/redigera")
		theirs := registered(t, d, who.Actor, "lex")
		theirs.OwnerRole, theirs.Comment = "Skolchef", "Deras"
		theirs.Logins = []system.LoginPath{{Audience: "staff", Zone: "internal", Method: "kort"}}
		if err := service.Update(context.Background(), who.Actor, theirs); err != nil {
			t.Fatal(err)
		}
		conflict := c.Submit(mine, form, url.Values{"kommentar": {"Mitt"}, "fakta-ai": {"yes"}})
		if conflict.Status != http.StatusConflict {
			t.Fatalf("status %d", conflict.Status)
		}
		webtest.CheckDOM(t, conflict.Doc)
		if !strings.Contains(conflict.Text(".lead"), "Sparat") {
			t.Errorf("the page does not say when it was saved: %q", conflict.Text(".lead"))
		}
		var rows []string
		for _, row := range conflict.All("tbody tr") {
			rows = append(rows, webtest.Text(row))
		}
		table := strings.Join(rows, "|")
		for _, want := range []string{"Deras", "Mitt", "Skolchef", "kort", "Använder systemet AI? Inte sagt Ja"} {
			if !strings.Contains(table, want) {
				t.Errorf("the page does not show %q: %s", want, table)
			}
		}
		if s := registered(t, d, who.Actor, "lex"); s.Comment != "Deras" {
			t.Fatalf("the conflict stored %q", s.Comment)
		}
		c.NoRedirects()
		if kept := c.Submit(conflict, form, nil); kept.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", kept.Status, kept.Text("main"))
		}
		if s := registered(t, d, who.Actor, "lex"); s.Comment != "Mitt" || len(s.Logins) != 0 || s.Slug != sys.Slug {
			t.Errorf("kept %q, %v", s.Comment, s.Logins)
		}
	})
}

func TestFormSaysWhatFollowsToday(t *testing.T) {
	d := dbtest.SQLite(t)
	who := &pageActor{dbtest.Organisation(t, d, "prov")}
	c, service := start(t, d, who)
	s := system.New("Molnet")
	s.Hosting = "cloud-outside-eu"
	s.Facts = []catalogue.Statement{{Fact: "third_country", Value: "no"}}
	if _, err := service.Create(context.Background(), who.Actor, s); err != nil {
		t.Fatal(err)
	}
	page := c.Get("/system/molnet/redigera")
	var lines []string
	for _, li := range page.All(".today li") {
		lines = append(lines, webtest.Text(li))
	}
	// third_country is stated as no; what would follow without that is shown all the same.
	if n := len(lines); n < 3 || !strings.Contains(strings.Join(lines, " "), "Ja, enligt systemets övriga uppgifter") {
		t.Errorf("%d lines: %q", n, lines)
	}
	selected := page.All("#fakta-third_country option[selected]")
	if len(selected) != 1 || webtest.Attr(selected[0], "value") != "no" {
		t.Error("what is stated is not what stands in the form")
	}
}

func TestFormIsForThoseWhoMay(t *testing.T) {
	d := dbtest.SQLite(t)
	mine, other := dbtest.Organisation(t, d, "min"), dbtest.Organisation(t, d, "annan")
	who := &pageActor{mine}
	c, service := start(t, d, who)
	if _, err := service.Create(context.Background(), mine, system.New("Hemligt")); err != nil {
		t.Fatal(err)
	}
	who.Actor = other
	if p := c.Get("/system/hemligt/redigera"); p.Status != http.StatusNotFound {
		t.Errorf("another organisation's system: %d", p.Status)
	}
	if p := c.Post("/system/hemligt/redigera", url.Values{"namn": {"Mitt"}, "version": {"1"}}); p.Status != http.StatusNotFound {
		t.Errorf("change another organisation's system: %d", p.Status)
	}
	who.Actor = mine
	who.Roles = []access.Role{access.Auditor}
	for _, path := range []string{"/system/nytt", "/system/hemligt/redigera"} {
		if p := c.Get(path); p.Status != http.StatusForbidden {
			t.Errorf("%s for an auditor: %d", path, p.Status)
		}
		if p := c.Post(path, url.Values{"namn": {"x"}, "version": {"1"}}); p.Status != http.StatusForbidden {
			t.Errorf("post %s as an auditor: %d", path, p.Status)
		}
	}
}

func TestFormAsksAConstantNumberOfQuestions(t *testing.T) {
	d := dbtest.SQLite(t)
	who := &pageActor{dbtest.Organisation(t, d, "prov")}
	c, service := start(t, d, who)
	count := func(slug string) int64 {
		before := d.Statements()
		if p := c.Get("/system/" + slug + "/redigera"); p.Status != http.StatusOK {
			t.Fatalf("status %d", p.Status)
		}
		return d.Statements() - before
	}
	if _, err := service.Create(context.Background(), who.Actor, system.New("Ett")); err != nil {
		t.Fatal(err)
	}
	few := count("ett")
	for i := range 20 {
		s := system.New("System")
		s.Unit, s.Supplier = "Enhet "+string(rune('A'+i)), "Bolag "+string(rune('A'+i))
		s.Logins = slices.Repeat([]system.LoginPath{{Audience: "staff", Zone: "internal"}}, i)
		if _, err := service.Create(context.Background(), who.Actor, s); err != nil {
			t.Fatal(err)
		}
	}
	if many := count("system-20"); many != few {
		t.Errorf("%d statements with one system, %d with twenty", few, many)
	}
}

func TestNewIsNoSlug(t *testing.T) {
	if got := system.FreeSlug(map[string]bool{}, system.Slug("Nytt")); got == "nytt" {
		t.Error("a system got the address of the form for new systems")
	}
}
