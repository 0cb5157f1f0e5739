// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/webtest"
)

// A supplier that has sent answers that are shared is mailed a receipt. It is opened with a code each time, also in another browser, and takes the
// consent back once.
func TestReceiptOfSharedAnswersByMail(t *testing.T) {
	a, actor, address, enter, api := mailingApp(t)
	dbtest.Organisation(t, a.DB, "granne") // there is somebody to share with
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE supplier SET number = '999999-9999' WHERE organisation_id = $1 AND name LIKE 'Fj%'`, actor.Organisation)
		return err
	}))
	const slug = "e-ansokan-ekonomiskt-bistand"
	ok(t, a.Procurements.AskSupplier(t.Context(), actor, slug, a.Texts.In("sv"), procurement.Ask{To: "lo@leverantor.example", Lang: "sv"}))
	supplier, code := webtest.Open(t, "http://"+address), ""
	first := letterWith(t, api, aLink, "")
	p := confirmed(t, supplier, api, first, &code)
	id := webtest.Attr(p.All("input[name=krav]")[0], "value")
	p = supplier.Submit(p, "section[aria-labelledby=dela] form", url.Values{"delning": {"share"}})
	p = supplier.Submit(p, "main form", url.Values{"svar-" + id: {"met"}, "skicka": {"1"}})
	if p.URL != "/lank/tack" {
		t.Fatalf("after sending: %d at %s", p.Status, p.URL)
	}
	receipt := letterWith(t, api, aLink, first)
	open := func(c *webtest.Client) *webtest.Page {
		t.Helper()
		q := c.Get(receipt)
		if q.Status != http.StatusOK || strings.Contains(q.Body, "delning") {
			t.Fatalf("the receipt before its code: %d", q.Status)
		}
		forgetLetters(t, api) // the codes before
		c.Submit(q, "main form", nil)
		code = letterWith(t, api, regexp.MustCompile(`\b[0-9]{8}\b`), "")
		return c.Submit(c.Get("/lank"), "form[action='/lank/bekrafta']", url.Values{"kod": {code}})
	}
	for range 2 {
		p = open(supplier)
		webtest.CheckDOM(t, p.Doc)
		if text := p.Text("main"); p.Status != http.StatusOK || !strings.Contains(text, "ett svar om") || !strings.Contains(text, "leverantor.example") {
			t.Fatalf("the receipt: %d %s", p.Status, text)
		}
	}
	other := webtest.Open(t, "http://"+address)
	last := open(other)
	if q := supplier.Get("/lank"); q.Status != http.StatusGone {
		t.Errorf("the browser before is still in: %d", q.Status)
	}
	if q := other.Submit(last, "main form", nil); q.URL != "/lank/tack" || !strings.Contains(q.Text("h1"), "Samtycket är tillbakataget") {
		t.Errorf("after it was taken back: %d at %s: %s", q.Status, q.URL, q.Text("main"))
	}
	differsIsTold(t, a, actor, address, enter)
	s, err := a.Procurements.Supplied(t.Context(), actor, slug, a.Texts.In("sv"))
	if ok(t, err); len(s.Consents) != 0 {
		t.Errorf("%d consents stand", len(s.Consents))
	}
	if q := other.Get(receipt); q.Status != http.StatusGone {
		t.Errorf("the receipt afterwards: %d", q.Status)
	}
}

// forgetLetters takes away the mail that has come.
func forgetLetters(t *testing.T, api string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+api+"/api/v1/messages", http.NoBody)
	ok(t, err)
	res, err := http.DefaultClient.Do(r)
	ok(t, err)
	ok(t, res.Body.Close())
}

// differsIsTold sees that what a supplier has answered another otherwise stands in To do, and leads to the old and the new answer.
func differsIsTold(t *testing.T, a *app.App, actor access.Actor, address, enter string) {
	t.Helper()
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO shared_answer (organisation_id, source, requirement_id, number, domain, content, earlier, received_at, ended_at)
			VALUES ($1, 'x', 'LOG_IN', '9999999999', 'leverantor.example', '', '', $2, $2)`, actor.Organisation, db.Millis(tx.Now))
		return err
	}))
	c := webtest.Open(t, "http://"+address)
	c.Get(strings.TrimPrefix(enter, "http://"+address))
	for _, scope := range []string{"mina", "enhet"} {
		p := c.Get("/att-gora?visa=" + scope)
		for _, n := range p.All("main a") {
			if href := webtest.Attr(n, "href"); strings.HasSuffix(href, procurement.DifferencesAt) {
				if p = c.Get(href); p.Status != http.StatusOK || !strings.Contains(p.Text("#andringar"), "Kopian är borttagen") {
					t.Errorf("%s: %d %q", href, p.Status, p.Text("#andringar"))
				}
				webtest.CheckDOM(t, p.Doc)
				return
			}
		}
	}
	t.Error("it does not stand in To do")
}
