// SPDX-License-Identifier: EUPL-1.2

package auth_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// house is a site with sessions, and a page /who that tells who is signed in.
type house struct {
	site     *web.Site
	sessions *auth.Sessions
	db       *db.DB
	now      time.Time
	actor    access.Actor
	account  ids.ID[auth.Account]
	restart  func()
}

// makePerson makes Kim Exempel, with roles in the whole organisation, and gives their id and account.
func makePerson(t *testing.T, d *db.DB, org access.OrganisationID, roles ...access.Role) (string, ids.ID[auth.Account]) {
	t.Helper()
	var n auth.NewPerson
	err := d.Write(t.Context(), org, func(tx *db.Tx) (err error) {
		n, err = auth.AddPerson(t.Context(), tx, auth.NewPerson{
			Organisation: org, Name: "Kim Exempel", Folded: "kim exempel", Origin: "first", Issuer: auth.PasskeyIssuer, Roles: roles,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n.Person.String(), n.Account
}

func newHouse(t *testing.T, d *db.DB, o auth.Options, pages auth.Pages) *house {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{db: d, sessions: auth.New(d, o), now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), actor: dbtest.Organisation(t, d, "norrsjo")}
	d.Now = func() time.Time { return h.now }
	load := func(w http.ResponseWriter, r *http.Request) (*http.Request, error) { return h.sessions.Load(w, r) }
	actor := func(r *http.Request) (access.Actor, web.Viewer, bool) { return h.sessions.Actor(r) }
	h.restart = func() { h.sessions = auth.New(d, o) }
	h.actor.ID, h.account = makePerson(t, d, h.actor.Organisation, access.Administrator, access.Coordinator)
	h.site = web.NewSite(bundle, slog.New(slog.NewTextHandler(io.Discard, nil)), web.Options{ActorFunc: actor, Session: load, TLS: o.TLS})
	pages.Sessions = h.sessions
	pages.Mount(h.site)
	h.site.Handle("GET /who", "", func(c *web.Context) error { return c.Text(200, c.Actor.Name+", "+c.Viewer.Organisation) })
	h.site.Handle("GET /{$}", "", func(c *web.Context) error { return c.Text(200, "start") })
	h.site.Public("POST /in", func(c *web.Context) error {
		account, err := ids.Parse[auth.Account](c.Form("konto"))
		if err != nil {
			account = h.account
		}
		err = h.sessions.Enter(c.Context(), auth.Proof{
			Organisation: h.actor.Organisation, Method: auth.MethodPasskey, Issuer: auth.PasskeyIssuer, Subject: account.String(), Factors: 2,
		})
		if err != nil {
			return err
		}
		return c.Redirect("/who")
	})
	return h
}

func (h *house) count(t *testing.T) int {
	t.Helper()
	var n int
	err := h.db.Read(context.Background(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(context.Background(), `SELECT count(*) FROM session`), &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const signedIn = "Kim Exempel, Kommun norrsjo"

// A browser that does not say where its requests come from is older than what the pages lean on, and its reader is told before signing in.
func TestOldBrowsersAreTold(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	c := webtest.Start(t, h.site)
	for site, want := range map[string]bool{"": true, "none": false, "cross-site": false, "same-origin": false} {
		c.Site = site
		p := c.Get("/logga-in")
		webtest.CheckDOM(t, p.Doc)
		if got := strings.Contains(p.Text(".signin [role=note]"), "Uppdatera"); got != want {
			t.Errorf("Sec-Fetch-Site %q: told %v", site, got)
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		c := webtest.Start(t, h.site)
		if p := c.Get("/who?x=1"); p.URL != "/logga-in?till=%2Fwho%3Fx%3D1" {
			t.Errorf("sent to %s", p.URL)
		}
		if h.count(t) != 0 {
			t.Error("a visitor got a session")
		}
		if p := c.Post("/in", nil); p.Body != signedIn {
			t.Fatalf("got %q", p.Body)
		}
		if p := c.Get("/logga-in?till=/who"); p.Body != signedIn {
			t.Errorf("the sign-in page keeps who is in: %s", p.URL)
		}
		token := c.Cookie("insegel")
		p := c.Post("/logga-ut", nil)
		webtest.CheckDOM(t, p.Doc)
		if p.URL != "/logga-in" || p.Text(".flash") != "Du är utloggad." {
			t.Errorf("%s %q", p.URL, p.Text(".flash"))
		}
		if c.Cookie("insegel") != "" || h.count(t) != 0 {
			t.Error("the cookie or the session is left")
		}
		c.SetCookie("insegel", token)
		if p := c.Get("/who"); p.Status != 200 || p.Body == signedIn {
			t.Error("the old cookie still works")
		}
		if p := webtest.Open(t, c.URL).Post("/logga-ut", nil); p.URL != "/logga-in" {
			t.Errorf("signing out without being in: %d %s", p.Status, p.URL)
		}
	})
}

// The browser is told to forget the pages that it holds, whoever sits down at it next.
func TestSignOutClearsTheBrowser(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := webtest.Start(t, newHouse(t, d, auth.Options{}, auth.Pages{}).site)
		c.Post("/in", nil)
		c.NoRedirects()
		if p := c.Post("/logga-ut", nil); p.Status != 303 || p.Header.Get("Clear-Site-Data") != `"cache"` {
			t.Errorf("%d, Clear-Site-Data %q", p.Status, p.Header.Get("Clear-Site-Data"))
		}
	})
}

func TestTokenIsNewAtSignInAndHashedAtRest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, auth.Options{}, auth.Pages{})
		c := webtest.Start(t, h.site)
		c.SetCookie("insegel", "planted-by-somebody-else")
		c.Post("/in", nil)
		first := c.Cookie("insegel")
		c.Post("/in", nil)
		second := c.Cookie("insegel")
		if first == "planted-by-somebody-else" || first == second || len(second) < 43 {
			t.Errorf("tokens %q and %q", first, second)
		}
		other := webtest.Open(t, c.URL)
		other.SetCookie("insegel", first)
		if p := other.Get("/who"); p.Body == signedIn {
			t.Error("the token from before still works")
		}
		if n := h.count(t); n != 1 {
			t.Errorf("%d sessions", n)
		}
		err := d.Read(context.Background(), db.Installation, func(tx *db.Tx) error {
			var token, data string
			if err := db.One(tx.QueryRow(context.Background(), `SELECT token, id FROM session`), &token, &data); err != nil {
				return err
			}
			if token == second || strings.Contains(data, second) {
				t.Error("the token stands in the database")
			}
			stolen := webtest.Open(t, c.URL)
			stolen.SetCookie("insegel", h.actor.Organisation.String()+"."+token)
			if p := stolen.Get("/who"); p.Body == signedIn {
				t.Error("what stands in the database signs in")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	for _, tc := range []struct {
		name  string
		o     auth.Options
		steps []time.Duration // between visits; the session must last through all but the last
	}{
		{"idle", auth.Options{}, []time.Duration{29 * time.Minute, 30*time.Minute + time.Second}},
		{"idle moves with use", auth.Options{}, []time.Duration{20 * time.Minute, 20 * time.Minute, 20 * time.Minute, 31 * time.Minute}},
		{"small steps move it too", auth.Options{Idle: 3 * time.Minute}, []time.Duration{40 * time.Second, 40 * time.Second, 40 * time.Second, 100 * time.Second, 170 * time.Second, 181 * time.Second}},
		{"absolute", auth.Options{Absolute: time.Hour}, []time.Duration{25 * time.Minute, 25 * time.Minute, 10 * time.Minute}},
		{"absolute shorter than idle", auth.Options{Absolute: 10 * time.Minute}, []time.Duration{9 * time.Minute, time.Minute}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t), tc.o, auth.Pages{})
			c := webtest.Start(t, h.site)
			c.Post("/in", nil)
			for i, step := range tc.steps {
				h.now = h.now.Add(step)
				in := c.Get("/who").Body == signedIn
				if last := i == len(tc.steps)-1; in == last {
					t.Fatalf("after step %d (%v): signed in %v", i+1, step, in)
				}
			}
			c.Post("/in", nil)
			if n := h.count(t); n != 1 {
				t.Errorf("%d sessions: those that ran out are not removed at sign-in", n)
			}
		})
	}
}

func TestPagesInQuickSuccessionDoNotWrite(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	c := webtest.Start(t, h.site)
	c.Post("/in", nil)
	before := h.db.Statements()
	c.Get("/who")
	if n := h.db.Statements() - before; n != 1 {
		t.Errorf("a page asked %d questions about its session, want 1", n)
	}
	h.now = h.now.Add(2 * time.Minute)
	before = h.db.Statements()
	c.Get("/who")
	if n := h.db.Statements() - before; n != 3 {
		t.Errorf("a page after two minutes made %d statements, want 3: read, extend, note the time", n)
	}
}

// TestSlowPageDoesNotReviveSession signs out while another page of the same session is being made.
func TestSlowPageDoesNotReviveSession(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	inside, goOn := make(chan bool), make(chan bool)
	h.site.Handle("GET /slow", "", func(c *web.Context) error {
		inside <- true
		<-goOn
		return c.Text(200, "slow")
	})
	c := webtest.Start(t, h.site)
	c.Post("/in", nil)
	token := c.Cookie("insegel")
	slow := webtest.Open(t, c.URL)
	slow.SetCookie("insegel", token)
	var wg sync.WaitGroup
	wg.Go(func() { slow.Get("/slow") })
	<-inside
	c.Post("/logga-ut", nil)
	goOn <- true
	wg.Wait()
	if n := h.count(t); n != 0 {
		t.Errorf("%d sessions after signing out", n)
	}
}

func TestCookie(t *testing.T) {
	for _, tls := range []bool{false, true} {
		h := newHouse(t, dbtest.SQLite(t), auth.Options{TLS: tls}, auth.Pages{})
		r := httptest.NewRequest("POST", "/in", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies", len(cookies))
		}
		got := *cookies[0]
		got.Value, got.Raw = "", ""
		want := http.Cookie{Name: "insegel", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
		if tls {
			want.Name, want.Secure = "__Host-insegel", true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("TLS %v (-want +got):\n%s", tls, diff)
		}
	}
}

func TestNobodyWithoutLoad(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	r := httptest.NewRequest("GET", "/", nil)
	if _, _, ok := h.sessions.Actor(r); ok {
		t.Error("somebody is signed in without a session")
	}
	if h.sessions.SignIn(r.Context(), h.actor) == nil || h.sessions.SignOut(r.Context()) == nil {
		t.Error("signing in or out worked without a session")
	}
}

func TestSignInPage(t *testing.T) {
	method := auth.Method{Key: "auth.sign-in", Hint: "auth.demo-is", Href: "/begin", Icon: "key"}
	for _, tc := range []struct {
		name  string
		pages auth.Pages
		want  map[string]string // by language
		links int
	}{
		{"nothing set up", auth.Pages{}, map[string]string{"sv": "inget sätt att logga in är inställt", "en": "no way of signing in has been set up"}, 0},
		{"demonstration", auth.Pages{Demo: true}, map[string]string{"sv": "insegel demo", "en": "insegel demo"}, 0},
		{"two ways", auth.Pages{Methods: []auth.Method{method, method}}, map[string]string{"sv": "kommer åt den. eller Logga in", "en": "can reach it. or Sign in"}, 2},
	} {
		for lang, want := range tc.want {
			t.Run(tc.name+" "+lang, func(t *testing.T) {
				h := newHouse(t, dbtest.SQLite(t), auth.Options{}, tc.pages)
				c := webtest.Start(t, h.site)
				c.Lang = lang
				p := c.Get("/logga-in?till=" + url.QueryEscape("/who?a=1"))
				webtest.CheckDOM(t, p.Doc)
				if !strings.Contains(p.Text("main"), want) {
					t.Errorf("text %q lacks %q", p.Text("main"), want)
				}
				links := p.All("main a.btn")
				if len(links) != tc.links {
					t.Errorf("%d ways in, want %d", len(links), tc.links)
				}
				for _, a := range links {
					if got := webtest.Attr(a, "href"); got != "/begin?till=%2Fwho%3Fa%3D1" {
						t.Errorf("way in leads to %s", got)
					}
				}
				if p.Has("input[type=password]") {
					t.Error("the page asks for a password")
				}
			})
		}
	}
}

func TestReturnStaysOnTheSite(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), auth.Options{}, auth.Pages{})
	c := webtest.Start(t, h.site)
	c.Post("/in", nil)
	if p := c.Get("/logga-in?till=" + url.QueryEscape("https://evil.example/")); p.Body != "start" {
		t.Errorf("sent to %s", p.URL)
	}
}
