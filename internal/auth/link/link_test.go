// SPDX-License-Identifier: EUPL-1.2

package link_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// house is links on a database, with a clock that stands still.
type house struct {
	t     *testing.T
	d     *db.DB
	links *link.Links
	actor access.Actor
	now   time.Time
	key   key.Root
}

const (
	token = "KQ7XJ2M4PZ6RT3VWYB5CDFGHNA"
	right = "48291375"
)

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := locale.NewBundle(map[string]string{"mail": mail.Messages, "link": link.Messages, "web": web.Messages})
	if err != nil {
		t.Fatal(err)
	}
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, d: d, key: k, now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), actor: dbtest.Organisation(t, d, "norrsjo")}
	d.Now = func() time.Time { return h.now }
	m := &mail.Service{DB: d, Jobs: q, Texts: texts, Key: k, Base: func() string { return "https://insegel.example" }}
	h.links = &link.Links{DB: d, Mail: m, Key: k}
	if err := m.Set(t.Context(), h.actor, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}); err != nil {
		t.Fatal(err)
	}
	return h
}

// make makes a link whose secret the test knows.
func (h *house) make() ids.ID[link.Link] {
	h.t.Helper()
	var id ids.ID[link.Link]
	h.write(func(tx *db.Tx) (err error) {
		id, err = h.links.Create(h.t.Context(), tx, h.actor, link.New{Task: "test", Object: "o1", To: "anna@norrsjo.example", Lang: "sv"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(h.t.Context(), `UPDATE access_link SET token_hash = $1 WHERE id = $2 AND organisation_id = $3`, link.Hash(token), id, h.actor.Organisation)
		return err
	})
	return id
}

func (h *house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.d.Write(h.t.Context(), h.actor.Organisation, fn); err != nil {
		h.t.Fatal(err)
	}
}

// code has a code sent, and makes it the one that the test knows.
func (h *house) code(id ids.ID[link.Link], cookie string) {
	h.t.Helper()
	if err := h.links.SendCode(h.t.Context(), cookie, "192.0.2.7"); err != nil {
		h.t.Fatal(err)
	}
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(h.t.Context(), `UPDATE access_link SET code_hash = $1 WHERE id = $2 AND organisation_id = $3`, link.CodeHash(h.key, id, right), id, h.actor.Organisation)
		return err
	})
}

func (h *house) arrive() string {
	h.t.Helper()
	cookie, err := h.links.Arrive(h.t.Context(), token, "192.0.2.7")
	if err != nil {
		h.t.Fatal(err)
	}
	return cookie
}

// gone fails unless everything that a browser or the link could do is refused.
func (h *house) gone(what, cookie string) {
	h.t.Helper()
	ctx := h.t.Context()
	if _, err := h.links.Arrive(ctx, token, ""); !errors.Is(err, link.ErrGone) {
		h.t.Errorf("%s: the link opens: %v", what, err)
	}
	if _, err := h.links.Look(ctx, cookie); !errors.Is(err, link.ErrGone) {
		h.t.Errorf("%s: the browser sees: %v", what, err)
	}
	if err := h.links.SendCode(ctx, cookie, ""); !errors.Is(err, link.ErrGone) {
		h.t.Errorf("%s: a code is sent: %v", what, err)
	}
	if _, err := h.links.Confirm(ctx, cookie, right, ""); !errors.Is(err, link.ErrGone) {
		h.t.Errorf("%s: the code is taken: %v", what, err)
	}
}

func TestLink(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		id := h.make()
		scanner, reader := h.arrive(), h.arrive() // a mail filter opens the link before the reader does
		if v, err := h.links.Look(ctx, reader); err != nil || v.Confirmed || v.Waiting {
			t.Fatalf("%+v, %v", v, err)
		}
		h.code(id, reader)
		if _, err := h.links.Confirm(ctx, reader, "00000000", ""); !errors.Is(err, link.ErrCode) {
			t.Errorf("a wrong code: %v", err)
		}
		fresh, err := h.links.Confirm(ctx, reader, right, "192.0.2.7")
		if err != nil || fresh == reader {
			t.Fatalf("%q, %v", fresh, err)
		}
		if v, err := h.links.Look(ctx, fresh); err != nil || !v.Confirmed || v.Link.Task != "test" || v.Link.Object != "o1" {
			t.Errorf("%+v, %v", v, err)
		}
		h.gone("the browser's first secret", reader)
		h.gone("another browser", scanner)
		a := (&link.Link{ID: id, Organisation: h.actor.Organisation}).Actor("192.0.2.7")
		h.write(func(tx *db.Tx) error { return h.links.Finish(ctx, tx, a, id) })
		h.gone("a link that is done", fresh)
		err = d.Write(ctx, h.actor.Organisation, func(tx *db.Tx) error { return h.links.Finish(ctx, tx, a, id) })
		if !errors.Is(err, link.ErrGone) {
			t.Errorf("done twice: %v", err)
		}
		logged(t, h, id, "link.Create", "link.Open", "link.Open", "link.SendCode", "link.Refuse", "link.Confirm", "link.Finish")
	})
}

// logged compares what the log says of a link, in order.
func logged(t *testing.T, h *house, id ids.ID[link.Link], want ...string) {
	t.Helper()
	var got []string
	err := h.d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) (err error) {
		got, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var s string
			return s, scan(&s)
		}, `SELECT action FROM audit_entry WHERE organisation_id = $1 AND object_kind = 'link' AND object_id = $2 ORDER BY seq`, h.actor.Organisation, id)
		return err
	})
	if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the log says %v (%v), want %v", got, err, want)
	}
}

// The right code is written by many at the same instant, and the task is done by many: one of each goes through.
func TestRightCodeAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		id := h.make()
		reader := h.arrive()
		h.code(id, reader)
		atOnce := func(fn func() error) (n int64) {
			var each sync.WaitGroup
			var got atomic.Int64
			for range 20 {
				each.Go(func() {
					if fn() == nil {
						got.Add(1)
					}
				})
			}
			each.Wait()
			return got.Load()
		}
		if n := atOnce(func() error { _, err := h.links.Confirm(t.Context(), reader, right, "192.0.2.7"); return err }); n != 1 {
			t.Errorf("%d were let in by one code, want one", n)
		}
		a := (&link.Link{ID: id, Organisation: h.actor.Organisation}).Actor("192.0.2.7")
		if n := atOnce(func() error {
			return d.Write(t.Context(), h.actor.Organisation, func(tx *db.Tx) error { return h.links.Finish(t.Context(), tx, a, id) })
		}); n != 1 {
			t.Errorf("the task was done %d times, want once", n)
		}
	})
}

func TestLinkEnds(t *testing.T) {
	for name, end := range map[string]func(h *house, id ids.ID[link.Link]){
		"expired": func(h *house, _ ids.ID[link.Link]) { h.now = h.now.Add(link.DefaultLife) },
		"taken back": func(h *house, id ids.ID[link.Link]) {
			h.write(func(tx *db.Tx) error { return h.links.Revoke(h.t.Context(), tx, h.actor, id) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				h := newHouse(t, d)
				id := h.make()
				cookie := h.arrive()
				h.code(id, cookie)
				end(h, id)
				h.gone(name, cookie)
			})
		})
		t.Run(name+", when it is open", func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t))
			id := h.make()
			cookie := h.arrive()
			h.code(id, cookie)
			fresh, err := h.links.Confirm(t.Context(), cookie, right, "")
			if err != nil {
				t.Fatal(err)
			}
			end(h, id)
			h.gone(name, fresh)
		})
	}
}

// A code is worth ten minutes and five tries, and a link gets five codes: one in four million guesses opens it.
func TestCodesAreLimited(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		id := h.make()
		cookie := h.arrive()
		if _, err := h.links.Confirm(ctx, cookie, right, ""); !errors.Is(err, link.ErrNoCode) {
			t.Errorf("before any code: %v", err)
		}
		h.code(id, cookie)
		for range link.CodeTries {
			if _, err := h.links.Confirm(ctx, cookie, "00000000", ""); !errors.Is(err, link.ErrCode) {
				t.Errorf("a wrong code: %v", err)
			}
		}
		if _, err := h.links.Confirm(ctx, cookie, right, ""); !errors.Is(err, link.ErrNoCode) {
			t.Errorf("the right code after too many tries: %v", err)
		}
		h.code(id, cookie)
		h.now = h.now.Add(10 * time.Minute)
		if _, err := h.links.Confirm(ctx, cookie, right, ""); !errors.Is(err, link.ErrNoCode) {
			t.Errorf("the right code too late: %v", err)
		}
		for range link.MaxCodes - 2 {
			h.code(id, cookie)
		}
		if err := h.links.SendCode(ctx, cookie, ""); !errors.Is(err, link.ErrCodes) {
			t.Errorf("one code too many: %v", err)
		}
	})
}

// A code is for the browser that asked for it: whoever else has the link open, and learns the code, is refused, and the one who asked
// loses nothing by it. A code that another browser asks for takes the place of the one before.
func TestCodeIsForTheBrowserThatAsked(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		id := h.make()
		reader, other := h.arrive(), h.arrive()
		h.code(id, reader)
		if v, err := h.links.Look(ctx, other); err != nil || v.Waiting {
			t.Errorf("another browser is asked for the code: %+v, %v", v, err)
		}
		for range link.CodeTries + 1 {
			if _, err := h.links.Confirm(ctx, other, right, ""); !errors.Is(err, link.ErrNoCode) {
				t.Fatalf("the right code in another browser: %v", err)
			}
		}
		if v, err := h.links.Look(ctx, reader); err != nil || !v.Waiting {
			t.Errorf("the browser that asked: %+v, %v", v, err)
		}
		h.code(id, other)
		if _, err := h.links.Confirm(ctx, reader, right, ""); !errors.Is(err, link.ErrNoCode) {
			t.Errorf("a code that another browser has asked for since: %v", err)
		}
		if _, err := h.links.Confirm(ctx, other, right, ""); err != nil {
			t.Errorf("the browser that asked last: %v", err)
		}
	})
}

func TestVisitsAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.make()
		for range link.MaxVisits + 5 {
			h.now = h.now.Add(time.Second)
			h.arrive()
		}
		var n int
		err := d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM access_link_visit WHERE organisation_id = $1`, h.actor.Organisation), &n)
		})
		if err != nil || n != link.MaxVisits {
			t.Errorf("%d browsers are kept, %v", n, err)
		}
	})
}

// Nothing in the database opens a link or tells whom it was for.
func TestStoredHashed(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	id := h.make()
	cookie := h.arrive()
	h.code(id, cookie)
	var all string
	err := h.d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
		var a, b, c, e string
		err := db.One(tx.QueryRow(t.Context(), `SELECT l.token_hash, l.recipient, l.code_hash, v.hash FROM access_link l JOIN access_link_visit v ON v.link_id = l.id WHERE l.organisation_id = $1`, h.actor.Organisation), &a, &b, &c, &e)
		all = a + b + c + e
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, right, cookie, "anna"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s stands in the database", secret)
		}
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	var log strings.Builder
	site := web.NewSite(h.links.Mail.Texts, slog.New(slog.NewJSONHandler(&log, nil)), web.Options{})
	pages := &link.Pages{Links: h.links}
	pages.Add("test", link.Task{
		Show: func(c *web.Context, l *link.Link) error { return c.Text(200, "secret task "+l.Object) },
		Save: func(c *web.Context, l *link.Link) (bool, error) {
			err := h.d.Write(c.Context(), l.Organisation, func(tx *db.Tx) error { return h.links.Finish(c.Context(), tx, l.Actor(""), l.ID) })
			return err == nil, err
		},
	})
	pages.Routes(site)
	id := h.make()
	c := webtest.Start(t, site)
	for name, change := range map[string]func(*http.Request){
		"HEAD": func(r *http.Request) { r.Method = http.MethodHead }, "prefetch": func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch;prerender") },
		"older prefetch": func(r *http.Request) { r.Header.Set("X-Moz", "prefetch") }, "preview": func(r *http.Request) { r.Header.Set("Purpose", "preview") },
	} {
		r := c.Request("GET", link.Path+"/"+token, nil)
		change(r)
		if p := c.Do(r); p.Status != 204 || p.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %q", name, p.Status, p.Header.Get("Set-Cookie"))
		}
	}
	c.Site = "cross-site" // the reader comes from a mail program
	p := c.Get(link.Path + "/" + token)
	c.Site = "same-origin"
	if p.URL != link.Path || p.Status != 200 || strings.Contains(p.Body, "secret") || strings.Contains(p.Body, token) {
		t.Fatalf("%d %s %s", p.Status, p.URL, p.Body)
	}
	webtest.CheckDOM(t, p.Doc)
	if p := c.Post(link.Path+"/svar", nil); p.Status != 410 {
		t.Errorf("an answer before the code: %d", p.Status)
	}
	p = c.Submit(p, "main form", nil)
	webtest.CheckDOM(t, p.Doc)
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE access_link SET code_hash = $1 WHERE id = $2 AND organisation_id = $3`, link.CodeHash(h.key, id, right), id, h.actor.Organisation)
		return err
	})
	p = c.Submit(p, "form[action=/lank/bekrafta]", url.Values{"kod": {"1234"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || !strings.Contains(p.Text("#kod-error"), "stämmer inte") {
		t.Errorf("%d %q", p.Status, p.Text("#kod-error"))
	}
	if p = c.Submit(p, "form[action=/lank/bekrafta]", url.Values{"kod": {"4829 1375"}}); p.Body != "secret task o1" {
		t.Fatalf("%d %q", p.Status, p.Body)
	}
	if got := p.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("cached: %q", got)
	}
	if p := webtest.Open(t, c.URL).Get(link.Path + "/" + token); p.Status != 410 {
		t.Errorf("the used link in another browser: %d", p.Status)
	}
	if p := webtest.Open(t, c.URL).Get(link.Path + "/tack"); p.Status != 410 {
		t.Errorf("a browser that has done nothing is thanked: %d", p.Status)
	}
	if p = c.Post(link.Path+"/svar", nil); p.URL != link.Path+"/tack" {
		t.Errorf("%d %s", p.Status, p.URL)
	}
	webtest.CheckDOM(t, p.Doc)
	if p := c.Get(link.Path); p.Status != 410 {
		t.Errorf("afterwards: %d", p.Status)
	}
	if p := c.Get(link.Path + "/NOSUCHTOKENNOSUCHTOKENNOSU"); p.Status != 410 {
		t.Errorf("a made-up link: %d", p.Status)
	}
	for _, secret := range []string{token, right, "anna"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}

// Those who guess at once have no more tries between them than one who guesses in turn, and of those who have the code one gets in.
func TestManyGuessesAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		id := h.make()
		cookie := h.arrive()
		atOnce := func(fn func() error, want error) (n int) {
			var each sync.WaitGroup
			var got atomic.Int64
			for range 50 {
				each.Go(func() {
					if errors.Is(fn(), want) {
						got.Add(1)
					}
				})
			}
			each.Wait()
			return int(got.Load())
		}
		guess := func(digits string) func() error {
			return func() error {
				_, err := h.links.Confirm(t.Context(), cookie, digits, "192.0.2.7")
				return err
			}
		}
		h.code(id, cookie)
		if n := atOnce(guess("00000000"), link.ErrCode); n != link.CodeTries {
			t.Errorf("%d guesses were compared with the code, want %d", n, link.CodeTries)
		}
		if n := atOnce(func() error { return h.links.SendCode(t.Context(), cookie, "192.0.2.7") }, nil); n != link.MaxCodes-1 {
			t.Errorf("%d more codes were sent, want %d", n, link.MaxCodes-1)
		}
		h.write(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE access_link SET code_hash = $1, code_tries = 0 WHERE id = $2 AND organisation_id = $3`,
				link.CodeHash(h.key, id, right), id, h.actor.Organisation)
			return err
		})
		if n := atOnce(guess(right), nil); n != 1 {
			t.Errorf("%d browsers were let in by one code, want 1", n)
		}
	})
}

// left is what is left of the code that a link was given last.
func (h *house) left(id ids.ID[link.Link]) (code string, tries, sent int) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		return db.One(tx.QueryRow(h.t.Context(), `SELECT code_hash, code_tries, codes_sent FROM access_link WHERE id = $1 AND organisation_id = $2`, id, h.actor.Organisation),
			&code, &tries, &sent)
	})
	return code, tries, sent
}

// A link that lasts is opened again, each time with a new code that is good once, in one browser at a time, until its task is done; and it lives longer
// than others.
func TestLinkThatLasts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		var first, id ids.ID[link.Link]
		h.write(func(tx *db.Tx) (err error) {
			if first, err = h.links.Create(t.Context(), tx, h.actor, link.New{Task: "test", Object: "o1", To: "anna@norrsjo.example", Lang: "sv"}); err != nil {
				return err
			}
			id, err = h.links.Follow(t.Context(), tx, h.actor, first, link.New{Task: "receipt", Object: "o2", Life: link.LastingLife, Lasting: true})
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), `UPDATE access_link SET token_hash = $1 WHERE id = $2 AND organisation_id = $3`, link.Hash(token), id, h.actor.Organisation)
			return err
		})
		last := ""
		for range 7 { // more often than one link gets codes
			h.now = h.now.Add(40 * 24 * time.Hour)
			cookie := h.arrive()
			h.code(id, cookie)
			opened, err := h.links.Confirm(t.Context(), cookie, right, "192.0.2.7")
			if err != nil {
				t.Fatal(err)
			}
			if v, err := h.links.Look(t.Context(), opened); err != nil || !v.Confirmed || v.Link.Object != "o2" {
				t.Errorf("the browser that gave the code sees %+v, %v", v, err)
			}
			if left, tries, sent := h.left(id); left != "" || tries != 0 || sent != 0 {
				t.Errorf("of the code that was given %q is left, with %d tries and %d codes", left, tries, sent)
			}
			if _, err := h.links.Confirm(t.Context(), h.arrive(), right, "192.0.2.7"); !errors.Is(err, link.ErrNoCode) {
				t.Errorf("the code is good twice: %v", err)
			}
			if _, err := h.links.Look(t.Context(), last); !errors.Is(err, link.ErrGone) {
				t.Errorf("the browser before is still in: %v", err)
			}
			last = opened
		}
		actor := (&link.Link{ID: id, Organisation: h.actor.Organisation}).Actor("192.0.2.7")
		h.write(func(tx *db.Tx) error {
			if l, err := h.links.Held(t.Context(), tx, actor); err != nil || l.Task != "receipt" {
				t.Errorf("held: %+v, %v", l, err)
			}
			for _, none := range []access.Actor{h.actor, (&link.Link{ID: first, Organisation: h.actor.Organisation}).Actor("")} { // the first has run out
				if _, err := h.links.Held(t.Context(), tx, none); !errors.Is(err, link.ErrGone) {
					t.Errorf("%s holds a link: %v", none.ID, err)
				}
			}
			if _, err := h.links.Follow(t.Context(), tx, h.actor, first, link.New{Task: "receipt"}); !errors.Is(err, link.ErrGone) {
				t.Errorf("a link that has run out is followed: %v", err)
			}
			return h.links.Finish(t.Context(), tx, actor, id)
		})
		h.gone("done", last)
	})
}
