// SPDX-License-Identifier: EUPL-1.2

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// exec changes the house's database behind the program's back.
func (h *house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := h.db.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		n, err := tx.Exec(t.Context(), query, args...)
		if err == nil && n == 0 {
			err = errors.New("nothing changed")
		}
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// logged counts the entries of the log with an action.
func (h *house) logged(t *testing.T, action string) int {
	t.Helper()
	var n int
	err := h.db.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1 AND action = $2`, h.actor.Organisation, action), &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// withRights adds a page that tells what the reader may do.
func (h *house) withRights() {
	h.site.Handle("GET /rights", "", func(c *web.Context) error {
		out := fmt.Sprintf("%v fresh=%v from=%s", c.Actor.Roles, c.Actor.Fresh, c.Actor.From)
		for _, held := range c.Actor.Held {
			below := slices.Clone(held.Below)
			slices.Sort(below)
			out += fmt.Sprintf(" %s@%s%v", held.Role, held.Unit, below)
		}
		for _, m := range c.Viewer.Withheld {
			out += fmt.Sprintf(" without %s (%s)", m.Role, m.Key)
		}
		return c.Text(200, out)
	})
}

// What a person may do is read with every request: nothing of it lives in the session.
func TestRightsEndAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		h.withRights()
		c := webtest.Start(t, h.site)
		c.Post("/in", nil)
		if p := c.Get("/rights"); !strings.HasPrefix(p.Body, "[coordinator administrator] fresh=true from=127.0.0.1") {
			t.Fatalf("got %q", p.Body)
		}
		h.exec(t, `UPDATE assignment SET ended_at = $1 WHERE role = 'coordinator'`, db.Millis(h.now))
		if p := c.Get("/rights"); !strings.HasPrefix(p.Body, "[administrator] ") {
			t.Errorf("a role that was removed: %q", p.Body)
		}
		h.exec(t, `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ('x', $1, $2, 'system', 'x', 0)`, h.actor.Organisation, h.actor.ID)
		if p := c.Get("/rights"); strings.Contains(p.Body, "system") {
			t.Errorf("the program's own role was given to a person: %q", p.Body)
		}
		for _, tc := range []struct{ end, undo string }{
			{`UPDATE account SET disabled_at = $1`, `UPDATE account SET disabled_at = NULL`},
			{`UPDATE person SET ended_at = $1`, `UPDATE person SET ended_at = NULL`},
		} {
			if p := c.Post("/in", nil); p.URL != "/who" {
				t.Fatalf("cannot sign in: %s", p.URL)
			}
			h.exec(t, tc.end, db.Millis(h.now))
			if p := c.Get("/rights"); !strings.HasPrefix(p.URL, web.SignInPath) {
				t.Errorf("%s: still in: %q", tc.end, p.Body)
			}
			h.exec(t, tc.undo)
			if p := c.Get("/rights"); !strings.HasPrefix(p.URL, web.SignInPath) {
				t.Errorf("%s: the session came to life again", tc.undo)
			}
		}
		if n := h.logged(t, "auth.SignIn"); n != 3 {
			t.Errorf("%d sign-ins in the log", n)
		}
	})
}

func TestRolesReachTheUnitsBelow(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		h.withRights()
		for _, u := range []struct {
			id     string
			parent any
		}{{"a", nil}, {"b", "a"}, {"c", "b"}, {"d", nil}} {
			h.exec(t, `INSERT INTO unit (id, organisation_id, name, folded, parent_id, created_at) VALUES ($1, $2, $1, $1, $3, 0)`, u.id, h.actor.Organisation, u.parent)
		}
		h.exec(t, `DELETE FROM assignment`)
		for i, unit := range []string{"a", "d"} {
			h.exec(t, `INSERT INTO assignment (id, organisation_id, person_id, role, unit_id, granted_by, granted_at) VALUES ($1, $2, $3, 'system-owner', $4, 'x', 0)`,
				fmt.Sprint(i), h.actor.Organisation, h.actor.ID, unit)
		}
		c := webtest.Start(t, h.site)
		c.Post("/in", nil)
		body := c.Get("/rights").Body
		for _, want := range []string{"[] ", "system-owner@a[b c]", "system-owner@d[]"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q lacks %q", body, want)
			}
		}
		h.exec(t, `UPDATE unit SET parent_id = 'c' WHERE id = 'a'`) // a circle, made by hand
		if body := c.Get("/rights").Body; !strings.Contains(body, "system-owner@a[b c]") {
			t.Errorf("with a circle: %q", body)
		}
	})
}

// The session's end counts real time: a clock that is put back does not prolong it, and one that jumps ahead ends it.
func TestClockPutBackAndForward(t *testing.T) {
	for name, tc := range map[string]struct {
		jump, wait time.Duration
		restart    bool
	}{
		"back an hour":               {-time.Hour, 31 * time.Minute, false},
		"back an hour and a restart": {-time.Hour, 31 * time.Minute, true},
		"forward a year":             {365 * 24 * time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
			c := webtest.Start(t, h.site)
			c.Post("/in", nil)
			h.now = h.now.Add(tc.jump)
			if tc.jump < 0 && c.Get("/who").Body != signedIn {
				t.Error("the jump itself ended the session")
			}
			if tc.restart {
				h.restart()
				if c.Get("/who").Body != signedIn {
					t.Error("the restart itself ended the session")
				}
			}
			h.now = h.now.Add(tc.wait)
			if c.Get("/who").Body == signedIn {
				t.Error("the session lives on")
			}
		})
	}
}

func TestFreshForTenMinutes(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	h.withRights()
	h.site.Handle("GET /secret", "", func(c *web.Context) error { return access.Check(c.Actor, "auth.EndOf") })
	h.site.Handle("POST /secret", "", func(c *web.Context) error { return access.Check(c.Actor, "auth.EndOf") })
	c := webtest.Start(t, h.site)
	c.Post("/in", nil)
	h.now = h.now.Add(auth.FreshFor)
	if p := c.Get("/rights"); !strings.Contains(p.Body, "fresh=true") {
		t.Errorf("after ten minutes: %q", p.Body)
	}
	h.now = h.now.Add(time.Second)
	if p := c.Get("/rights"); !strings.Contains(p.Body, "fresh=false") {
		t.Errorf("after more: %q", p.Body)
	}
	p := c.Get("/secret?a=1")
	webtest.CheckDOM(t, p.Doc)
	if p.URL != "/logga-in/igen?till="+url.QueryEscape("/secret?a=1") {
		t.Errorf("sent to %s", p.URL)
	}
	c.Header.Set("Referer", c.URL+"/page?b=2")
	if p := c.Post("/secret", nil); p.URL != "/logga-in/igen?till="+url.QueryEscape("/page?b=2")+"&igen=1" || !strings.Contains(p.Text(".flash"), "inte sparat") {
		t.Errorf("a form: sent to %s, told %q", p.URL, p.Text(".flash"))
	}
	c.Header.Set("X-Autosave", "1")
	if p := c.Post("/secret", nil); p.Status != 401 || !strings.Contains(p.Body, "visa igen vem du är") {
		t.Errorf("a form saved in the background: %d %q", p.Status, p.Body)
	}
}

func TestLevelsWithholdRoles(t *testing.T) {
	levels := func(context.Context, *db.Tx, access.OrganisationID) (auth.Accepted, error) {
		return func(role access.Role, s auth.Shown) string {
			if role == access.Administrator || s.LoA >= 3 {
				return ""
			}
			return "level"
		}, nil
	}
	h := newHouse(t, dbtest.SQLite(t), auth.Options{Levels: levels}, auth.Pages{})
	h.withRights()
	c := webtest.Start(t, h.site)
	c.Post("/in", nil)
	if p := c.Get("/rights"); !strings.HasPrefix(p.Body, "[administrator] ") || !strings.HasSuffix(p.Body, " without coordinator (auth.withheld-level)") {
		t.Errorf("got %q", p.Body)
	}
	p := c.Get("/mina")
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text(".withheld"), "Informationssäkerhetssamordnare: Du har rollen") {
		t.Errorf("told %q", p.Text(".withheld"))
	}
}

func TestListAndEndSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		c := webtest.Start(t, h.site)
		c.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36")
		c.Post("/in", nil)
		other, third := webtest.Open(t, c.URL), webtest.Open(t, c.URL)
		other.Post("/in", nil)
		third.Post("/in", nil)
		p := c.Get("/mina")
		webtest.CheckDOM(t, p.Doc)
		if n := len(p.All(".ways li")); n != 3 || !strings.Contains(p.Text(".ways"), "Chrome, Linux Den här webbläsaren") {
			t.Fatalf("%d sessions: %s", n, p.Text(".ways"))
		}
		button := p.All(".ways button")[0]
		p = c.Post("/mina/avsluta", url.Values{"vilka": {webtest.Attr(button, "value")}})
		if n := len(p.All(".ways li")); n != 2 {
			t.Errorf("%d sessions after ending one", n)
		}
		if n := h.count(t); n != 2 {
			t.Errorf("%d rows", n)
		}
		c.Post("/mina/avsluta", url.Values{"vilka": {"andra"}})
		if other.Get("/who").Body == signedIn || third.Get("/who").Body == signedIn || c.Get("/who").Body != signedIn {
			t.Error("ending the others ended the wrong ones")
		}
		other.Post("/in", nil)
		if p := c.Post("/mina/avsluta", url.Values{"vilka": {"alla"}}); p.Text(".flash") != "Du är utloggad överallt." {
			t.Errorf("told %q", p.Text(".flash"))
		}
		if c.Get("/who").Body == signedIn || other.Get("/who").Body == signedIn || h.count(t) != 0 {
			t.Error("somebody is still in")
		}
		// Another person's session is not there to be ended.
		c.Post("/in", nil)
		id := ""
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(t.Context(), `SELECT id FROM session`), &id) })
		if err != nil {
			t.Fatal(err)
		}
		_, account := makePerson(t, d, h.actor.Organisation)
		other.Post("/in", url.Values{"konto": {account.String()}})
		other.Post("/mina/avsluta", url.Values{"vilka": {id}})
		if c.Get("/who").Body != signedIn {
			t.Error("somebody ended another person's session")
		}
	})
}

// TestEndingAsksAgain: whoever can show again who they are does so before ending sessions; whoever cannot is not kept from ending a
// stolen one.
func TestEndingAsksAgain(t *testing.T) {
	for _, passkey := range []bool{true, false} {
		t.Run(fmt.Sprintf("passkey %v", passkey), func(t *testing.T) {
			d := dbtest.SQLite(t)
			h := newHouse(t, d, auth.Options{}, auth.Pages{
				Methods:    []auth.Method{{Kind: auth.MethodPasskey, Key: "auth.sign-in", Icon: "key", Href: "/x", Again: "/y"}},
				HasPasskey: func(context.Context) (bool, error) { return passkey, nil },
			})
			c := webtest.Start(t, h.site)
			c.Post("/in", nil)
			other := webtest.Open(t, c.URL)
			other.Post("/in", nil)
			h.now = h.now.Add(auth.FreshFor + time.Minute)
			for _, which := range []string{"andra", "alla"} {
				c.Post("/mina/avsluta", url.Values{"vilka": {which}})
				left := map[string]int{"andra": 1, "alla": 0}[which]
				if passkey {
					left = 2
				}
				if n := h.count(t); n != left {
					t.Errorf("%s: %d sessions, want %d", which, n, left)
				}
			}
			if passkey {
				if p := c.Post("/mina/avsluta", url.Values{"vilka": {"alla"}}); !strings.HasPrefix(p.URL, web.StepUpPath) {
					t.Errorf("led to %s", p.URL)
				}
			}
		})
	}
}

func TestEndOfAnotherPerson(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		c := webtest.Start(t, h.site)
		c.Post("/in", nil)
		admin := access.Actor{ID: "a", Organisation: h.actor.Organisation, Roles: []access.Role{access.Administrator}}
		if err := h.sessions.EndOf(t.Context(), admin, h.account); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without step-up: %v", err)
		}
		admin.Fresh = true
		admin.Roles[0] = access.Coordinator
		if err := h.sessions.EndOf(t.Context(), admin, h.account); !errors.Is(err, access.ErrDenied) {
			t.Errorf("as coordinator: %v", err)
		}
		admin.Roles[0] = access.Administrator
		elsewhere := admin
		elsewhere.Organisation = dbtest.Organisation(t, d, "annan").Organisation
		if err := h.sessions.EndOf(t.Context(), elsewhere, h.account); err != nil || c.Get("/who").Body != signedIn {
			t.Errorf("another organisation's administrator: %v", err)
		}
		if err := h.sessions.EndOf(t.Context(), admin, h.account); err != nil {
			t.Fatal(err)
		}
		if c.Get("/who").Body == signedIn {
			t.Error("still in")
		}
	})
}

// The cookie's organisation says where the session is looked for: one of another organisation is not found.
func TestSessionIsItsOrganisationsOnly(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		c := webtest.Start(t, h.site)
		c.Post("/in", nil)
		_, token, _ := strings.Cut(c.Cookie("insegel"), ".")
		for _, org := range []string{dbtest.Organisation(t, d, "annan").Organisation.String(), ids.New[access.Tenant]().String(), "*", ""} {
			other := webtest.Open(t, c.URL)
			other.SetCookie("insegel", org+"."+token)
			if other.Get("/who").Body == signedIn {
				t.Errorf("%q lets in", org)
			}
		}
	})
}

func TestEnter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		arrive := func(ctx context.Context, tx *db.Tx, p auth.Proof) (access.Actor, web.Viewer, error) {
			return access.Actor{}, web.Viewer{}, auth.ErrUnknownPerson
		}
		h := newHouse(t, d, auth.Options{Arrive: arrive}, auth.Pages{})
		h.withRights()
		var proof auth.Proof
		ended := false
		h.site.Public("POST /enter", func(c *web.Context) error {
			if ended {
				if err := d.Write(c.Context(), h.actor.Organisation, func(tx *db.Tx) error {
					_, err := tx.Exec(c.Context(), `DELETE FROM session WHERE organisation_id = $1`, h.actor.Organisation)
					return err
				}); err != nil {
					return err
				}
			}
			if err := h.sessions.Enter(c.Context(), proof); err != nil {
				return &web.Error{Status: 403, Key: "web.denied", Err: err}
			}
			return c.Redirect("/rights")
		})
		c := webtest.Start(t, h.site)
		proof = auth.Proof{Organisation: h.actor.Organisation, Method: "oidc", Issuer: "https://idp.example", Subject: "x"}
		if p := c.Post("/enter", nil); p.Status != 403 || h.count(t) != 0 || h.logged(t, "auth.SignInRefused") != 1 {
			t.Errorf("a stranger: %d, %d sessions, %d refusals logged", p.Status, h.count(t), h.logged(t, "auth.SignInRefused"))
		}
		proof = auth.Proof{Organisation: h.actor.Organisation, Method: auth.MethodPasskey, Issuer: auth.PasskeyIssuer, Subject: h.account.String(), Factors: 2}
		if p := c.Post("/enter", nil); p.Status != 200 || !strings.Contains(p.Body, "fresh=true") {
			t.Fatalf("the person: %d %q", p.Status, p.Body)
		}
		first := c.Cookie("insegel")
		h.now = h.now.Add(20 * time.Minute)
		proof.StepUp = true
		if p := c.Post("/enter", nil); !strings.Contains(p.Body, "fresh=true") || c.Cookie("insegel") == first || h.count(t) != 1 {
			t.Errorf("step-up: %q, same token %v, %d sessions", p.Body, c.Cookie("insegel") == first, h.count(t))
		}
		ended = true
		if p := c.Post("/enter", nil); p.Status != 403 || h.count(t) != 0 {
			t.Errorf("a session that was ended meanwhile was brought back: %d, %d sessions", p.Status, h.count(t))
		}
		ended, proof.StepUp = false, false
		if p := c.Post("/enter", nil); p.Status != 200 {
			t.Fatalf("the person again: %d", p.Status)
		}
		proof.StepUp = true
		h.now = h.now.Add(time.Minute)
		_, other := makePerson(t, d, h.actor.Organisation)
		proof.Subject = other.String()
		if p := c.Post("/enter", nil); p.Status != 403 {
			t.Errorf("somebody else stepped up: %d", p.Status)
		}
		if n := h.logged(t, "auth.StepUp"); n != 1 {
			t.Errorf("%d step-ups logged", n)
		}
	})
}

// A session that comes to another network is not fresh, and one that comes to another kind of browser gives nothing, until the person has
// shown again who they are. What changes by itself, or is not known, is no sign.
func TestSessionThatMoves(t *testing.T) {
	from := "192.0.2.10"
	h := newHouse(t, dbtest.SQLite(t), auth.Options{From: func(*http.Request) string { return from }}, auth.Pages{})
	h.withRights()
	h.site.Handle("POST /again", "", func(c *web.Context) error {
		err := h.sessions.Enter(c.Context(), auth.Proof{
			Organisation: h.actor.Organisation, Method: auth.MethodPasskey, Issuer: auth.PasskeyIssuer, Subject: h.account.String(), Factors: 2, StepUp: true,
		})
		if err != nil {
			return err
		}
		return c.Redirect("/rights")
	})
	c := webtest.Start(t, h.site)
	const firefox, newer, chrome = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
	c.Header.Set("User-Agent", firefox)
	c.Post("/in", nil)
	const whole, stale = "[coordinator administrator] fresh=true", "[coordinator administrator] fresh=false"
	for _, tc := range []struct{ name, from, agent, want string }{
		{"as it began", "192.0.2.10", firefox, whole},
		{"another address of the network", "192.0.77.1", firefox, whole},
		{"IPv6 instead", "2001:db8::1", firefox, whole},
		{"an address that is not known", "@", firefox, whole},
		{"a newer version", "192.0.2.10", newer, whole},
		{"another network", "198.51.100.1", firefox, stale},
		{"back again", "192.0.2.10", firefox, whole},
		{"another browser", "192.0.2.10", chrome, "[] fresh=false"},
	} {
		from = tc.from
		c.Header.Set("User-Agent", tc.agent)
		if p := c.Get("/rights"); !strings.HasPrefix(p.Body, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, p.Body, tc.want)
		}
	}
	if p := c.Get("/rights"); strings.Count(p.Body, "auth.withheld-device") != 2 {
		t.Errorf("told %q", p.Body)
	}
	if p := c.Post("/again", nil); !strings.HasPrefix(p.Body, whole) {
		t.Errorf("after a step-up: %q", p.Body)
	}
	from = "198.51.100.1"
	if p := c.Get("/rights"); !strings.HasPrefix(p.Body, stale) {
		t.Errorf("another network after the step-up: %q", p.Body)
	}
	if p := c.Post("/again", nil); !strings.HasPrefix(p.Body, whole) {
		t.Errorf("after a step-up there: %q", p.Body)
	}
}

// A session that there is none of is told of, however it is written; one that has ended, and nobody at all, are not.
func TestUnknownSessionIsTold(t *testing.T) {
	told := 0
	h := newHouse(t, dbtest.SQLite(t), auth.Options{Unknown: func(*http.Request) { told++ }}, auth.Pages{})
	c := webtest.Start(t, h.site)
	c.Get("/who")
	c.Post("/in", nil)
	good := c.Cookie("insegel")
	c.Get("/who")
	h.now = h.now.Add(24 * time.Hour)
	c.Get("/who")
	if told != 0 {
		t.Fatalf("told %d times of sessions that there are, or have been", told)
	}
	org, _, _ := strings.Cut(good, ".")
	c.NoRedirects() // to the sign-in page, which would tell of it again
	for i, forged := range []string{org + "." + auth.NewToken(), org + ".", "x", "." + auth.NewToken(), org + ".%"} {
		c.SetCookie("insegel", forged)
		if c.Get("/who"); told != i+1 {
			t.Errorf("%q: told %d times, want %d", forged, told, i+1)
			told = i + 1
		}
	}
}
