// SPDX-License-Identifier: EUPL-1.2

package passkey_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// house is a site with passkeys and nothing else.
type house struct {
	t      testing.TB
	db     *db.DB
	keys   *passkey.Keys
	origin string
	past   atomic.Int64 // how much time has passed, in nanoseconds
	server *httptest.Server

	// guarded says that a new organisation begins with a guard, and flags are what a first person's authenticator says of itself.
	guarded bool
	flags   byte

	mu   sync.Mutex
	told []string
}

// first begins the organisation's guard, where the test asks for it.
func (h *house) first(ctx context.Context, tx *db.Tx, actor access.Actor, copied bool) error {
	if !h.guarded {
		return nil
	}
	return provider.BeginGuard(ctx, tx, actor, copied)
}

var begin = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, server: httptest.NewUnstartedServer(nil)}
	d.Now = func() time.Time { return begin.Add(time.Duration(h.past.Load())) }
	_, port, err := net.SplitHostPort(h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	h.origin = "http://localhost:" + port
	h.restart()
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// restart is a new run of the program on the same database.
func (h *house) restart() {
	h.t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages, "passkey": passkey.Messages})
	if err != nil {
		h.t.Fatal(err)
	}
	origin, err := url.Parse(h.origin)
	if err != nil {
		h.t.Fatal(err)
	}
	sessions := auth.New(h.db, auth.Options{Tell: h.tell, Levels: provider.Accept})
	h.keys, err = passkey.New(h.db, passkey.Options{Origin: origin, Sessions: sessions, Limits: sessions.Limits(), Found: organisation.Found, Tell: h.tell, Bound: provider.DeviceBound, Begun: h.first})
	if err != nil {
		h.t.Fatal(err)
	}
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{ActorFunc: sessions.Actor, Session: sessions.Load})
	pages := auth.Pages{Sessions: sessions, Methods: []auth.Method{passkey.Method()}, HasPasskey: h.keys.HasPasskey, Welcome: h.keys.Waiting}
	(&passkey.Pages{Keys: h.keys, SignIn: pages}).Mount(site)
	pages.Mount(site)
	site.Handle("GET /{$}", "", func(c *web.Context) error {
		out := fmt.Sprint(c.Actor.Name, c.Actor.Roles)
		for _, w := range c.Viewer.Withheld {
			out += " without " + w.Role + " " + w.Key
		}
		return c.Text(200, out)
	})
	h.server.Config.Handler = site
}

// tell keeps what people are told, in the order of the transactions.
func (h *house) tell(_ context.Context, _ *db.Tx, n auth.Notice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, string(n.Event))
	return nil
}

// tells fails unless this, and no more, has been told since the last time.
func (h *house) tells(want ...string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := strings.Join(h.told, " "); got != strings.Join(want, " ") {
		h.t.Errorf("told %q, want %q", got, want)
	}
	h.told = nil
}

// browser is a browser of its own.
func (h *house) browser() *webtest.Client { return webtest.Open(h.t, h.origin) }

func (h *house) pass(d time.Duration) { h.past.Add(int64(d)) }

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), db.Installation, func(tx *db.Tx) error {
		n, err := tx.Exec(h.t.Context(), query, args...)
		if err == nil && n == 0 {
			err = errors.New("nothing changed")
		}
		return err
	})
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(h.t.Context(), query, args...), &n) })
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// ask gets what the server asks the browser's passkeys.
func (h *house) ask(c *webtest.Client, path string, form url.Values) asked {
	h.t.Helper()
	p := c.Post(path, form)
	var a asked
	if err := json.Unmarshal([]byte(p.Body), &a); p.Status != 200 || err != nil || len(a.PublicKey.Challenge) < 22 {
		h.t.Fatalf("%s: %d %v %s", path, p.Status, err, p.Body)
	}
	if a.PublicKey.UserVerification != "required" && !strings.Contains(p.Body, `"userVerification":"required"`) {
		h.t.Errorf("%s does not ask for user verification: %s", path, p.Body)
	}
	return a
}

// begun makes the first person and gives their browser and device.
func (h *house) begun() (*webtest.Client, *device) {
	h.t.Helper()
	code, err := passkey.ConsoleCode(h.t.Context(), h.db, "")
	if err != nil {
		h.t.Fatal(err)
	}
	c, d := h.browser(), newDevice(h.t, h.origin)
	d.flags |= h.flags
	if p := c.Post("/valkommen", url.Values{"kod": {code}}); p.URL != "/valkommen/kommun" {
		h.t.Fatalf("the code led to %s: %s", p.URL, p.Text("main"))
	}
	if p := c.Post("/valkommen/kommun", url.Values{"kommun": {"Norrsjö kommun"}, "namn": {"Kim Exempel"}}); p.URL != "/ny-passkey" {
		h.t.Fatalf("the name led to %s", p.URL)
	}
	if p := h.new(c, d, "/ny-passkey"); p.URL != "/mina/koder?ny=first" {
		h.t.Fatalf("the passkey led to %s: %s", p.URL, p.Text("main"))
	}
	return c, d
}

// new makes a passkey.
func (h *house) new(c *webtest.Client, d *device, path string) *webtest.Page {
	h.t.Helper()
	a := h.ask(c, path+"/borja", nil)
	return c.Post(path, url.Values{"svar": {d.make(h.t, a)}, "namn": {"Nyckel"}})
}

// in signs in.
func (h *house) in(c *webtest.Client, d *device) *webtest.Page {
	h.t.Helper()
	a := h.ask(c, "/logga-in/passkey/borja", url.Values{"vad": {"in"}})
	return c.Post("/logga-in/passkey", url.Values{"svar": {d.show(h.t, a)}, "vad": {"in"}, "till": {"/"}})
}

const kim = "Kim Exempel[coordinator administrator]"

func both(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { fn(t, newHouse(t, d)) })
}

func TestFirstPersonThenSignIn(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, d := h.begun()
		if p := c.Get("/"); p.Body != kim {
			t.Errorf("in as %q", p.Body)
		}
		other := h.browser()
		other.SetCookie("insegel", "planted")
		if p := h.in(other, d); p.Body != kim || other.Cookie("insegel") == "planted" {
			t.Errorf("%d %q", p.Status, p.Body)
		}
		if n := h.count(`SELECT COUNT(*) FROM audit_entry WHERE action IN ('passkey.First', 'passkey.Add', 'auth.SignIn')`); n != 4 {
			t.Errorf("%d entries in the log", n)
		}
		if p := c.Get("/valkommen"); !strings.Contains(p.Text("main"), "redan någon med ett konto") {
			t.Errorf("the first page still says %q", p.Text("main"))
		}
		if _, err := passkey.ConsoleCode(t.Context(), h.db, ""); !errors.Is(err, passkey.ErrBegun) {
			t.Errorf("a second code: %v", err)
		}
	})
}

func TestConsoleCode(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		try := func(code string) string { return h.browser().Post("/valkommen", url.Values{"kod": {code}}).URL }
		code := func() string {
			out, err := passkey.ConsoleCode(t.Context(), h.db, "")
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		old := code()
		first := code()
		if try(old) != "/valkommen" {
			t.Error("a code from before a restart works")
		}
		if h.count(`SELECT COUNT(*) FROM console_code WHERE hash LIKE $1`, "%"+strings.ReplaceAll(first, "-", "")+"%") != 0 {
			t.Error("the code stands in the database")
		}
		h.pass(passkey.ConsoleFor)
		if try(first) != "/valkommen" {
			t.Error("a code works after 15 minutes")
		}
		second := code()
		var wg sync.WaitGroup
		var won atomic.Int64
		for range 4 {
			c := h.browser()
			wg.Go(func() {
				if c.Post("/valkommen", url.Values{"kod": {strings.ToLower(second)}}).URL == "/valkommen/kommun" {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d browsers got in by one code", won.Load())
		}
	})
}

// Two may hold a grant, by two codes; one becomes the first person.
func TestOneFirstPerson(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		var browsers []*webtest.Client
		for range 2 {
			code, err := passkey.ConsoleCode(t.Context(), h.db, "")
			if err != nil {
				t.Fatal(err)
			}
			c := h.browser()
			c.Post("/valkommen", url.Values{"kod": {code}})
			c.Post("/valkommen/kommun", url.Values{"kommun": {"Norrsjö kommun"}, "namn": {"Kim Exempel"}})
			browsers = append(browsers, c)
		}
		var wg sync.WaitGroup
		var status [2]int
		for i, c := range browsers {
			a, d := h.ask(c, "/ny-passkey/borja", nil), newDevice(t, h.origin)
			answer := d.make(t, a)
			wg.Go(func() { status[i] = c.Post("/ny-passkey", url.Values{"svar": {answer}, "namn": {"Nyckel"}}).Status })
		}
		wg.Wait()
		if status[0]+status[1] != 200+409 || h.count(`SELECT COUNT(*) FROM person`) != 1 || h.count(`SELECT COUNT(*) FROM organisation`) != 1 {
			t.Errorf("answers %v, %d people", status, h.count(`SELECT COUNT(*) FROM person`))
		}
	})
}

// Whatever is wrong with an answer, it is refused; the log says what it was, and whoever tried is told the same.
func TestRefusedAnswers(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		_, good := h.begun()
		good.counter = 1
		if p := h.in(h.browser(), good); p.Body != kim {
			t.Fatalf("the counter's first step: %d", p.Status)
		}
		strange := newDevice(t, h.origin)
		strange.handle = good.handle
		nobody := newDevice(t, h.origin)
		nobody.handle = []byte("short")
		elsewhere := newDevice(t, h.origin)
		elsewhere.handle = make([]byte, 32)
		var told string
		for name, tc := range map[string]struct {
			change func(d *device)
			from   *device
			log    string
		}{
			"no user verification":        {func(d *device) { d.flags = present }, good, "the answer does not hold"},
			"no presence":                 {func(d *device) { d.flags = verified }, good, "the answer does not hold"},
			"another origin":              {func(d *device) { d.origin = "https://evil.example" }, good, "the answer does not hold"},
			"another port":                {func(d *device) { d.origin = "http://localhost:1" }, good, "the answer does not hold"},
			"another site's key":          {func(d *device) { d.rp = "evil.example" }, good, "the answer does not hold"},
			"another key":                 {func(d *device) { d.key = strange.key }, good, "the answer does not hold"},
			"now it can be synced":        {func(d *device) { d.flags |= eligible }, good, "the answer does not hold"},
			"a copy":                      {func(d *device) { d.counter = 1 }, good, "the counter went backwards"},
			"a passkey that is not there": {func(*device) {}, strange, "unknown passkey"},
			"a handle that is not ours":   {func(*device) {}, nobody, ""},
			"no such organisation":        {func(*device) {}, elsewhere, ""},
		} {
			d := *tc.from
			if tc.from == good {
				d.counter = 10
			}
			tc.change(&d)
			before := h.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'auth.SignInRefused'`)
			c := h.browser()
			p := h.in(c, &d)
			if p.Status != 403 || c.Cookie("insegel") != "" {
				t.Errorf("%s: status %d, session %q", name, p.Status, c.Cookie("insegel"))
			}
			if told == "" {
				told = p.Text("body")
			}
			if p.Text("body") != told {
				t.Errorf("%s is told otherwise: %q", name, p.Text("body"))
			}
			if n := h.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'auth.SignInRefused'`); n != before+1 {
				t.Errorf("%s: %d refusals logged", name, n-before)
			}
			if tc.log != "" && h.count(`SELECT COUNT(*) FROM audit_private WHERE what LIKE $1`, "%"+tc.log+"%") == 0 {
				t.Errorf("%s: the log does not say %q", name, tc.log)
			}
		}
		if n := h.count(`SELECT COUNT(*) FROM alarm WHERE kind = 'clone-warning'`); n != 1 {
			t.Errorf("%d alarms of a copy", n)
		}
		good.counter = 20
		if p := h.in(h.browser(), good); p.Body != kim {
			t.Errorf("the real one is shut out: %d", p.Status)
		}
	})
}

// Nobody can tell from the answer whether a passkey is unknown, or its account disabled or its person gone.
func TestNoEnumeration(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		_, d := h.begun()
		unknown := newDevice(t, h.origin)
		unknown.handle = d.handle
		want := h.in(h.browser(), unknown)
		for _, tc := range []struct{ do, undo string }{
			{`UPDATE account SET disabled_at = 1`, `UPDATE account SET disabled_at = NULL`},
			{`UPDATE person SET ended_at = 1`, `UPDATE person SET ended_at = NULL`},
		} {
			h.exec(tc.do)
			if p := h.in(h.browser(), d); p.Status != want.Status || p.Text("body") != want.Text("body") {
				t.Errorf("%s: %d %q", tc.do, p.Status, p.Text("body"))
			}
			h.exec(tc.undo)
		}
		if n := h.count(`SELECT COUNT(*) FROM session`); n != 1 {
			t.Errorf("%d sessions", n)
		}
		if p := h.in(h.browser(), d); p.Body != kim {
			t.Errorf("afterwards: %d", p.Status)
		}
	})
}

// A question is answered once, by the browser that was asked, in time.
func TestQuestionIsAnsweredOnce(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		_, d := h.begun()
		c := h.browser()
		send := func(c *webtest.Client, answer string) int {
			return c.Post("/logga-in/passkey", url.Values{"svar": {answer}, "vad": {"in"}, "till": {"/"}}).Status
		}
		answer := d.show(t, h.ask(c, "/logga-in/passkey/borja", nil))
		if got := send(h.browser(), answer); got != 403 {
			t.Errorf("another browser: %d", got)
		}
		var wg sync.WaitGroup
		var won, lost atomic.Int64
		cookie := c.Cookie("insegel-forsok")
		for range 6 {
			same := h.browser()
			same.SetCookie("insegel-forsok", cookie)
			wg.Go(func() {
				switch send(same, answer) {
				case 200:
					won.Add(1)
				case 403:
					lost.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != 5 {
			t.Errorf("%d got in by one answer, %d were refused", won.Load(), lost.Load())
		}
		if got := send(c, answer); got != 403 {
			t.Errorf("again: %d", got)
		}
		late := d.show(t, h.ask(c, "/logga-in/passkey/borja", nil))
		h.pass(5 * time.Minute)
		if got := send(c, late); got != 403 {
			t.Errorf("after five minutes: %d", got)
		}
	})
}

// What was asked for one thing is no answer to another.
func TestAnswersAreNotMixedUp(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	c, d := h.begun()
	other := newDevice(t, h.origin)
	made := other.make(t, h.ask(c, "/mina/passkeys/ny/borja", nil))
	if p := c.Post("/nodnycklar/ny", url.Values{"svar": {made}, "namn": {"Nyckel"}}); p.Status != 422 {
		t.Errorf("a passkey of one's own was sealed: %d", p.Status)
	}
	shown := d.show(t, h.ask(c, "/mina/passkeys/ny/borja", nil))
	if p := c.Post("/logga-in/passkey", url.Values{"svar": {shown}, "vad": {"in"}}); p.Status == 200 && p.URL != "/" {
		t.Errorf("a question about a new passkey let in: %d %s", p.Status, p.URL)
	}
	if n := h.count(`SELECT COUNT(*) FROM passkey`); n != 1 {
		t.Errorf("%d passkeys", n)
	}
}

func codesOf(p *webtest.Page) []string {
	var out []string
	for _, n := range p.All(".codes-once code") {
		out = append(out, webtest.Text(n))
	}
	return out
}

func TestRecoveryCodes(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, d := h.begun()
		h.tells("method-added")
		codes := codesOf(c.Post("/mina/koder", nil))
		h.tells("codes-made")
		if len(codes) != passkey.Codes {
			t.Fatalf("%d codes", len(codes))
		}
		for _, code := range codes {
			if h.count(`SELECT COUNT(*) FROM recovery_code WHERE hash LIKE $1 OR selector LIKE $1`, "%"+strings.ReplaceAll(code, "-", "")[8:]+"%") != 0 {
				t.Error("a code stands in the database")
			}
		}
		if again := codesOf(c.Get("/mina/koder")); len(again) != 0 {
			t.Error("the codes are shown twice")
		}
		var wg sync.WaitGroup
		var won atomic.Int64
		var winner *webtest.Client
		var mu sync.Mutex
		for range 3 {
			b := h.browser()
			wg.Go(func() {
				if b.Post("/logga-in/aterstall", url.Values{"kod": {strings.ToLower(codes[0])}}).URL == "/ny-passkey" {
					won.Add(1)
					mu.Lock()
					winner = b
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d browsers used one code", won.Load())
		}
		if p := winner.Get("/"); !strings.HasPrefix(p.URL, "/logga-in") {
			t.Errorf("a code lets in: %s", p.URL)
		}
		fresh := newDevice(t, h.origin)
		if p := h.new(winner, fresh, "/ny-passkey"); p.URL != "/mina/koder?ny=recovered" {
			t.Errorf("the new passkey led to %s", p.URL)
		}
		h.tells("code-used", "refused", "refused", "method-added")
		if p := c.Get("/"); p.Body == kim {
			t.Error("the session from before lives on")
		}
		if p := h.in(h.browser(), fresh); p.Body != kim {
			t.Errorf("the new passkey: %d", p.Status)
		}
		if h.count(`SELECT COUNT(*) FROM alarm WHERE kind = 'recovery-used'`) != 1 || h.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'passkey.Recover'`) != 1 {
			t.Error("nobody is told")
		}
		h.exec(`UPDATE account SET disabled_at = 1`)
		if p := h.browser().Post("/logga-in/aterstall", url.Values{"kod": {codes[1]}}); p.URL != "/logga-in/aterstall" || p.Status != 403 {
			t.Errorf("a disabled account's code: %d %s", p.Status, p.URL)
		}
		h.exec(`UPDATE account SET disabled_at = NULL`)
		_ = d
	})
}

// Whoever guesses codes is slowed down, also after a restart, and stops nobody from signing in.
func TestGuessingCodes(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, d := h.begun()
		codes := codesOf(c.Post("/mina/koder", nil))
		guess := func() *webtest.Page {
			return h.browser().Post("/logga-in/aterstall", url.Values{"kod": {"0000-0000-0000-0000-0000"}})
		}
		var p *webtest.Page
		for i := range 5 {
			if p = guess(); p.Status != 403 {
				t.Fatalf("guess %d: %d", i+1, p.Status)
			}
		}
		if p = guess(); p.Status != 429 || p.Header.Get("Retry-After") == "" || !strings.Contains(p.Text("main"), "för många försök") {
			t.Errorf("the sixth: %d, after %s: %s", p.Status, p.Header.Get("Retry-After"), p.Text("main"))
		}
		if n := h.count(`SELECT COUNT(*) FROM alarm WHERE kind = 'login-lockout'`); n != 1 {
			t.Errorf("%d alarms of the guesser", n)
		}
		h.restart()
		if p = guess(); p.Status != 429 {
			t.Errorf("after a restart: %d", p.Status)
		}
		if p := h.browser().Post("/logga-in/aterstall", url.Values{"kod": {codes[0]}}); p.Status != 429 {
			t.Errorf("the right code in the pause: %d", p.Status)
		}
		if p := h.in(h.browser(), d); p.Body != kim {
			t.Errorf("signing in meanwhile: %d", p.Status)
		}
		h.pass(6 * time.Minute)
		if p := h.browser().Post("/logga-in/aterstall", url.Values{"kod": {codes[0]}}); p.URL != "/ny-passkey" {
			t.Errorf("the right code after the pause: %d", p.Status)
		}
		if n := h.count(`SELECT COUNT(*) FROM throttle WHERE name LIKE '%127%'`); n != 0 {
			t.Error("an address stands in the table of limits")
		}
	})
}

func TestInvitation(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, _ := h.begun()
		org := access.OrganisationID(strings.Split(c.Cookie("insegel"), ".")[0])
		var n auth.NewPerson
		err := h.db.Write(t.Context(), org, func(tx *db.Tx) (err error) {
			n, err = auth.AddPerson(t.Context(), tx, auth.NewPerson{
				Organisation: org, Name: "Robin Exempel", Folded: "robin exempel", Origin: "invited", Issuer: auth.PasskeyIssuer,
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := func() string {
			out, err := h.invite(org, n.Account)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		accept := func(token string) (*webtest.Client, string) {
			b := h.browser()
			return b, b.Post("/inbjudan", url.Values{"kod": {token}}).URL
		}
		if _, err := h.invite(org, ids.New[auth.Account]()); err == nil {
			t.Error("somebody who is not there was invited")
		}
		first := invite()
		second := invite()
		if _, to := accept(first); to != "/inbjudan" {
			t.Errorf("an invitation that was replaced led to %s", to)
		}
		b, to := accept(second)
		if to != "/ny-passkey" {
			t.Fatalf("the invitation led to %s", to)
		}
		if _, to := accept(second); to != "/inbjudan" {
			t.Errorf("used again, it led to %s", to)
		}
		if p := h.new(b, newDevice(t, h.origin), "/ny-passkey"); p.URL != "/mina/koder?ny=invited" || b.Get("/").Body != "Robin Exempel[]" {
			t.Errorf("in: %s %q", p.URL, b.Get("/").Body)
		}
		if p := h.new2(b); p.Status != 410 {
			t.Errorf("a second passkey by one grant: %d", p.Status)
		}
		late := invite()
		h.pass(24 * time.Hour)
		if _, to := accept(late); to != "/inbjudan" {
			t.Errorf("after a day it led to %s", to)
		}
	})
}

// new2 asks for a passkey without being granted one.
func (h *house) new2(c *webtest.Client) *webtest.Page { return c.Post("/ny-passkey/borja", nil) }

func TestLastPasskeyStays(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, _ := h.begun()
		id := func(i int) url.Values {
			nodes := c.Get("/mina/passkeys").All(`.ways form[action=/mina/passkeys/ta-bort] input[name=id]`)
			if i >= len(nodes) {
				t.Fatalf("%d passkeys", len(nodes))
			}
			return url.Values{"id": {webtest.Attr(nodes[i], "value")}}
		}
		if p := c.Post("/mina/passkeys/ta-bort", id(0)); p.Status != 409 || h.count(`SELECT COUNT(*) FROM passkey`) != 1 {
			t.Errorf("the last was taken away: %d", p.Status)
		}
		second := newDevice(t, h.origin)
		if p := h.new(c, second, "/mina/passkeys/ny"); p.URL != "/mina/passkeys" {
			t.Fatalf("a second led to %s: %s", p.URL, p.Text("main"))
		}
		other := h.browser()
		h.in(other, second)
		h.pass(auth.FreshFor + time.Second)
		if p := c.Post("/mina/passkeys/ta-bort", id(1)); !strings.HasPrefix(p.URL, "/logga-in/igen") || h.count(`SELECT COUNT(*) FROM passkey`) != 2 {
			t.Errorf("without step-up: %s", p.URL)
		}
		if p := c.Get("/mina/passkeys/ny"); !strings.HasPrefix(p.URL, "/logga-in/igen") {
			t.Errorf("adding without step-up: %s", p.URL)
		}
		if p := c.Post("/mina/koder", nil); !strings.HasPrefix(p.URL, "/logga-in/igen") {
			t.Errorf("codes without step-up: %s", p.URL)
		}
		a := h.ask(c, "/logga-in/passkey/borja", url.Values{"vad": {"igen"}})
		if p := c.Post("/logga-in/passkey", url.Values{"svar": {second.show(t, a)}, "vad": {"igen"}, "till": {"/mina/passkeys"}}); p.URL != "/mina/passkeys" {
			t.Fatalf("step-up led to %s", p.URL)
		}
		if p := c.Post("/mina/passkeys/ta-bort", id(0)); p.URL != "/mina/passkeys" || h.count(`SELECT COUNT(*) FROM passkey`) != 1 {
			t.Errorf("the first of two: %d %s", p.Status, p.URL)
		}
		if p := other.Get("/"); p.Body != kim {
			t.Errorf("a session of the passkey that is left ended: %q", p.Body)
		}
	})
}

// A passkey that can be copied gives the administrator's role only as long as no other administrator has one that cannot.
func TestSyncedPasskeyOfAdministrators(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, d := h.begun()
		org := access.OrganisationID(strings.Split(c.Cookie("insegel"), ".")[0])
		h.exec(`UPDATE passkey SET eligible = 1`)
		d.flags |= eligible | synced
		b := h.browser()
		if p := h.in(b, d); p.Body != kim {
			t.Errorf("alone: %q", p.Body)
		}
		var n auth.NewPerson
		err := h.db.Write(t.Context(), org, func(tx *db.Tx) (err error) {
			n, err = auth.AddPerson(t.Context(), tx, auth.NewPerson{
				Organisation: org, Name: "Robin Exempel", Folded: "robin exempel", Origin: "invited", Issuer: auth.PasskeyIssuer, Roles: []access.Role{access.Administrator},
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if p := b.Get("/"); p.Body != kim {
			t.Errorf("with a second administrator who cannot get in yet: %q", p.Body)
		}
		token, err := h.invite(org, n.Account)
		if err != nil {
			t.Fatal(err)
		}
		robin := h.browser()
		robin.Post("/inbjudan", url.Values{"kod": {token}})
		h.new(robin, newDevice(t, h.origin), "/ny-passkey")
		if p := b.Get("/"); p.Body != "Kim Exempel[coordinator] without administrator auth.withheld-synced" {
			t.Errorf("with one who can: %q", p.Body)
		}
		if p := robin.Get("/"); p.Body != "Robin Exempel[administrator]" {
			t.Errorf("the other: %q", p.Body)
		}
	})
}

func TestSealedPasskey(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, _ := h.begun()
		d := newDevice(t, h.origin)
		if p := h.new(c, d, "/nodnycklar/ny"); p.URL != "/nodnycklar" {
			t.Fatalf("sealing led to %s", p.URL)
		}
		b := h.browser()
		if p := h.in(b, d); p.Body != "Nödinloggning[administrator]" {
			t.Errorf("in as %q", p.Body)
		}
		h.tells("method-added", "sealed")
		if n := h.count(`SELECT COUNT(*) FROM alarm WHERE kind = 'break-glass-used'`); n != 1 {
			t.Errorf("%d alarms", n)
		}
		if p := b.Post("/mina/koder", nil); p.Status != 403 {
			t.Errorf("recovery codes for a sealed passkey: %d", p.Status)
		}
		p := c.Get("/nodnycklar")
		webtest.CheckDOM(t, p.Doc)
		c.Submit(p, "form[action=/nodnycklar/ta-bort]", nil)
		if p := b.Get("/"); !strings.HasPrefix(p.URL, "/logga-in") {
			t.Errorf("its session lives on: %q", p.Body)
		}
		if p := h.in(h.browser(), d); p.Status != 403 {
			t.Errorf("it still lets in: %d", p.Status)
		}
	})
}

func TestPagesSayTheirThings(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	c, _ := h.begun()
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		for _, path := range []string{
			"/valkommen", "/inbjudan", "/logga-in/aterstall", "/mina", "/mina/passkeys", "/mina/passkeys/ny", "/mina/koder", "/nodnycklar", "/nodnycklar/ny", "/logga-in/igen",
		} {
			p := c.Get(path)
			if p.Status != 200 {
				t.Errorf("%s: %d", path, p.Status)
				continue
			}
			for _, f := range webtest.Faults(p.Doc) {
				t.Errorf("%s (%s): %s", path, lang, f)
			}
		}
		webtest.CheckDOM(t, h.browser().Get("/logga-in").Doc)
	}
	if p := c.Post("/mina/koder/fil", url.Values{"koder": {"<script>"}}); p.Status != http.StatusBadRequest {
		t.Errorf("a file of anything: %d", p.Status)
	}
	if p := c.Get("/ny-passkey"); p.Status != http.StatusGone {
		t.Errorf("a passkey without a grant: %d", p.Status)
	}
}

func TestAddressesThatPasskeysCanBeBoundTo(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://insegel.example.se": true, "https://insegel.example.se:8443": true, "http://localhost:8080": true,
		"http://insegel.example.se": false, "https://": false, "http://127.0.0.1:8080": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := passkey.New(nil, passkey.Options{Origin: u}); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// BenchmarkSignIn measures what the server does for one sign-in: the question, and the answer with its check, session and log.
func BenchmarkSignIn(b *testing.B) {
	for engine, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(engine, func(b *testing.B) {
			h := newHouse(b, open(b))
			_, d := h.begun()
			var server time.Duration
			for b.Loop() {
				h.pass(time.Second) // so that the limits see a calm morning
				c := h.browser()
				start := time.Now()
				a := h.ask(c, "/logga-in/passkey/borja", nil)
				asking := time.Since(start)
				answer := d.show(b, a) // the browser's work, not the server's
				c.NoRedirects()
				start = time.Now()
				if p := c.Post("/logga-in/passkey", url.Values{"svar": {answer}, "vad": {"in"}, "till": {"/"}}); p.Status != 303 {
					b.Fatalf("%d", p.Status)
				}
				server += asking + time.Since(start)
			}
			b.ReportMetric(float64(server.Microseconds())/1000/float64(b.N), "ms/sign-in")
		})
	}
}
