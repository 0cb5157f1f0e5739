// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/probe/browser"
	"github.com/insegel/insegel/internal/probe/decode"
)

// maxScriptBody is how much of a script is read for a browser.
const maxScriptBody = 8 << 20

// handedOn are the headers that the browser is given: what it needs to understand a page. Cookies stay with the run.
var handedOn = []string{"Content-Type", "Location", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Refresh"}

// browse shows the page to a browser, and takes in what became of it. Each request of the browser goes through the same guard and at the
// same pace as the probe's own; one that goes elsewhere, or sends something, is refused, and where it was going is the evidence.
func (w *walk) browse(ctx context.Context) {
	done, ok := w.turn(ctx)
	if !ok { // the page is as empty as it was
		w.record.limit("browser_busy")
		w.options.Log.Warn("the page was not shown: other pages were, all the time that it waited")
		return
	}
	defer done()
	w.session.most = maxScriptBody
	defer func() { w.session.most = maxBody }()
	shown, err := browser.Show(ctx, browser.Options{Program: w.options.Browser, Fetch: w.serve}, w.shell.String())
	if err != nil || len(shown.Blocked) == 0 && shown.HTML == "" { // nothing of what it may have become is known
		w.unshown(err)
		return
	}
	w.record.limit("js_run")
	if shown.Restless {
		w.record.limit("page_restless")
	}
	at := w.shell
	if u, err := decode.Resolve(nil, shown.URL); err == nil {
		at = u
	}
	page := decode.ReadPage([]byte(shown.HTML), at, &w.options.Rules.Words)
	page.Shell = false // its scripts have run: what is empty now is empty
	w.seen.Page = page
	for _, b := range shown.Blocked {
		w.blocked(ctx, at, b)
	}
}

// turnTimeout is how long a page waits for its turn in the browser: long enough for some others, and short of what a whole run may take.
const turnTimeout = 90 * time.Second

// turn waits for the page's turn. A browser takes more memory than all else that measures, so there is one at a time.
func (w *walk) turn(ctx context.Context) (func(), bool) {
	if w.options.Turn == nil {
		return func() {}, true
	}
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	return w.options.Turn(ctx)
}

// unshown notes that the browser gave no page, and why: the page stays as empty as it was.
func (w *walk) unshown(err error) {
	w.seen.Unshown = true
	code := "browser_failed"
	switch {
	case errors.Is(err, browser.ErrNeverRests):
		code = "script_endless"
	case errors.Is(err, browser.ErrHeavy):
		code = "page_heavy"
	}
	w.record.limit(code)
	if err == nil {
		err = browser.ErrBrowser
	}
	w.options.Log.Warn("the browser could not show the page", "why", err.Error())
}

// blocked takes in where the browser was going when it was stopped.
func (w *walk) blocked(ctx context.Context, at *url.URL, b browser.Request) {
	to, err := decode.Resolve(nil, b.URL)
	if err != nil {
		return
	}
	q := decode.At(to)
	if b.Method == http.MethodPost && q == nil {
		q = decode.Posted(to, b.Body)
	}
	switch {
	case q != nil:
		w.request(ctx, at, q)
	case !w.session.guard.approved(to.Hostname(), portOf(to)):
		w.leave(to, 0)
	}
}

// serve fetches what the browser asks for, when it may.
func (w *walk) serve(ctx context.Context, r browser.Request) *browser.Response {
	u, err := decode.Resolve(nil, r.URL)
	if err != nil || r.Method != http.MethodGet || !w.session.guard.approved(u.Hostname(), portOf(u)) {
		return nil
	}
	if r.Page && decode.At(u) != nil && plainHost(u.Hostname()) != plainHost(w.shell.Hostname()) {
		return nil // the request is the evidence
	}
	a, err := w.session.get(ctx, u)
	if err != nil || !w.usable(a) {
		return nil
	}
	if r.Page {
		w.record.Hops = append(w.record.Hops, Hop{N: len(w.record.Hops), Method: http.MethodGet, URL: decode.Redact(u), Status: a.status, Via: "script", SHA256: a.hash, Len: len(a.body)})
	}
	out := &browser.Response{Status: a.status, Body: a.body}
	for _, name := range handedOn {
		if v := a.header.Get(name); v != "" && !strings.ContainsAny(v, "\r\n") {
			out.Header = append(out.Header, [2]string{name, v})
		}
	}
	return out
}

// usable reports whether an answer may be handed on: it is whole, its server is the one that was named, and it has not asked for a pause.
func (w *walk) usable(a *answer) bool {
	if a.truncated || a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable {
		return false
	}
	return a.conn == nil || a.conn.trust == nil || w.seen.Private
}
