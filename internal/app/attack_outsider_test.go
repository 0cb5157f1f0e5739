// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Somebody who guesses invitations, recovery codes and codes of the console is held back whatever they say about where they come from,
// and the log of the installation tells of it.
func TestAttackGuessing(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	for path, field := range map[string]string{"/inbjudan": "kod", "/logga-in/aterstall": "kod", "/valkommen": "kod"} {
		c := f.stranger()
		held := 0
		for i := range 30 {
			c.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))
			c.Header.Set("Forwarded", fmt.Sprintf("for=198.51.100.%d", i))
			c.Header.Set("X-Real-Ip", fmt.Sprintf("203.0.113.%d", i))
			p := c.Post(path, url.Values{field: {fmt.Sprintf("GISS-NING-%04d-AAAA-BBBB", i)}})
			if p.Status == http.StatusTooManyRequests {
				held++
			}
			if p.Status < 400 {
				t.Fatalf("%s: guess %d gave %d", path, i, p.Status)
			}
		}
		if held < 15 {
			t.Errorf("%s: %d of 30 guesses were held back", path, held)
		}
	}
	f.a.Watch.Close(t.Context())
	if f.logged(db.Installation, audit.ActionSignInRefused, "") == 0 || f.logged(db.Installation, audit.ActionRefused, "") == 0 {
		t.Error("the log says nothing of the guesses")
	}
	if n := f.logged(db.Installation, "", "GISS"); n > 0 {
		t.Error("the guesses themselves stand in the log")
	}
}

// A link that is guessed, or that is used under another name of the machine, opens nothing; the log tells of it without the secret.
func TestAttackLinks(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	const secret = "KQ7XJ2M4PZ6RT3VWYB5CDFGHNA"
	c := f.stranger()
	if p := c.Get("/lank/" + secret); p.Status != http.StatusGone {
		t.Errorf("a guess: %d", p.Status)
	}
	r := c.Request("GET", "/lank/"+secret, nil)
	r.Host = "evil.example"
	if p := c.Do(r); p.Status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", p.Status)
	}
	c.SetCookie("insegel-link", secret)
	for _, path := range []string{"/lank/kod", "/lank/bekrafta", "/lank/svar"} {
		if p := c.Post(path, url.Values{"kod": {"12345678"}}); p.Status != http.StatusGone {
			t.Errorf("%s with a cookie that was made up: %d", path, p.Status)
		}
	}
	f.a.Watch.Close(t.Context())
	if f.logged(db.Installation, audit.ActionRefused, "link.gone") == 0 {
		t.Error("the log says nothing of a link that opens nothing")
	}
	if f.logged(db.Installation, audit.ActionRefused, secret) > 0 || strings.Contains(f.out.String(), secret) {
		t.Error("the secret of a link stands in a log")
	}
}

// A key for one thing opens nothing else, one that was made up opens nothing, and both are told of in the log.
func TestAttackKeys(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	admin := f.person(f.org, "Adam Administratör", access.Administrator)
	text := must((&token.Service{DB: f.a.DB}).Create(t.Context(), admin, token.Key{Name: "katalog", Scope: token.SCIM}, 24*time.Hour))(t)
	for name, header := range map[string]string{
		"none": "", "made up": "Bearer ins_" + strings.Repeat("a", 100), "changed": "Bearer " + text[:40] + text[41:] + "a", "in another scheme": "Basic " + text,
		"twice": "Bearer " + text + " " + text, "upper case": "Bearer " + strings.ToUpper(text),
	} {
		c := f.stranger()
		c.Site = ""
		c.Header.Set("Authorization", header)
		if p := c.Get("/scim/v2/Users"); p.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	c := f.stranger()
	c.Header.Set("Authorization", "Bearer "+text)
	if p := c.Get("/scim/v2/Users"); p.Status != http.StatusOK {
		t.Fatalf("the key itself: %d", p.Status)
	}
	for _, path := range []string{"/", "/system", "/administration/nycklar", "/rapporter/register?format=json", "/sparlogg/export"} {
		if p := c.Get(path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/logga-in") {
			t.Errorf("the key opens %s: %d", path, p.Status)
		}
	}
	f.a.Watch.Close(t.Context())
	if f.logged(db.Installation, audit.ActionRefused, "web.signed-out") == 0 {
		t.Error("the log says nothing of keys that open nothing")
	}
}

// An administrator of another organisation, who knows what is what here, finds nothing, and their own log tells that they looked.
func TestAttackFromAnotherOrganisation(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	made := must(f.a.Systems.Create(t.Context(), everybody(f.org, "x"), system.New("Hemligt system")))(t)
	victim := f.person(f.org, "Vera Vår", access.Coordinator)
	other := ids.New[access.Tenant]()
	ok(t, organisation.Create(t.Context(), f.a.DB, organisation.Organisation{ID: other, Code: "annan", Name: "Annan kommun"}))
	c := f.enter(f.person(other, "Hugo Hög", access.Roles()...))
	for _, path := range []string{
		"/system/" + made.Slug, "/system/" + made.ID.String(), "/administration/personer/" + victim.ID, "/system/" + made.ID.String() + "/historik",
	} {
		if p := c.Get(path); p.Status != http.StatusNotFound || strings.Contains(p.Body, "Hemligt") {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	if f.logged(other, audit.ActionRefused, "web.not-found") == 0 {
		t.Error("the log says nothing of it")
	}
	if f.logged(f.org, audit.ActionRefused, "") > 0 {
		t.Error("the log of the other organisation tells of it")
	}
}

// A session that somebody else has planted in a browser is never the one that is signed in to, and one that was made up is told of in the log.
func TestAttackPlantedSession(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	c := f.enter(f.person(f.org, "Karin Samordnare", access.Coordinator))
	good := c.Cookie(sessionCookie)
	org, secret, _ := strings.Cut(good, ".")
	for name, value := range map[string]string{
		"no secret": org + ".", "no organisation": "." + secret, "another organisation": ids.New[access.Tenant]().String() + "." + secret,
		"the installation": "*." + secret, "cut short": good[:len(good)-1], "a wildcard": org + ".%", "long": org + "." + strings.Repeat("a", 3000),
	} {
		s := f.stranger()
		s.SetCookie(sessionCookie, value)
		if p := s.Get("/system"); p.Status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if p := c.Get("/system"); p.Status != http.StatusOK {
		t.Errorf("the session itself: %d", p.Status)
	}
	f.a.Watch.Close(t.Context())
	if f.logged(db.Installation, audit.ActionRefused, "no such session") == 0 {
		t.Error("the log says nothing of sessions that there are none of")
	}
}
