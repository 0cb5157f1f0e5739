// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/probe/decode"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// walk goes from an address to where its sign-in is, page by page.
type walk struct {
	session *session
	options *Options
	record  *Record

	seen     verdict.Observation
	requests []*decode.Request
	verified map[*decode.Request]bool
	why      string // why nothing more could be fetched
	cut      bool
	away     string
	shell    *url.URL // where the page that was read stands
}

// run fetches the first page and what it leads to, as long as that is approved.
func (w *walk) run(ctx context.Context, start *url.URL) {
	w.seen.Certificate.Asked = "no"
	visits := map[string]int{}
	at, via := start, ""
	for n := 0; at != nil; n++ {
		if n >= maxHops {
			w.stop("too_many_hops")
			return
		}
		if visits[at.String()]++; visits[at.String()] > 2 { // twice: a server may look whether a cookie comes back
			w.stop("redirect_loop")
			return
		}
		if !w.session.guard.approved(at.Hostname(), portOf(at)) {
			w.leave(at, n)
			return
		}
		hop := Hop{N: len(w.record.Hops), Method: http.MethodGet, URL: decode.Redact(at), Via: via}
		a, err := w.fetch(ctx, at)
		if err != nil {
			if !errors.Is(err, ErrAddress) && !errors.Is(err, ErrNotApproved) { // then nothing was sent
				w.record.Hops = append(w.record.Hops, hop)
			}
			w.failed(at, err)
			return
		}
		hop.Status, hop.SHA256, hop.Len = a.status, a.hash, len(a.body)
		w.record.Hops = append(w.record.Hops, hop)
		if at, via = w.read(ctx, at, a); at == nil {
			return
		}
	}
}

// stop ends the way, and tells whoever reads the log why: what a server does to be rid of the probe, or to lead it astray, shows there.
func (w *walk) stop(code string) {
	w.why = code
	w.record.limit(code)
	w.options.Log.Warn("stopped", "url", w.record.URL, "why", code)
}

// leave notes that the way goes on to a host that is not approved. Nothing is sent there, not even a question for its address.
func (w *walk) leave(to *url.URL, n int) {
	if len(w.requests) > 0 {
		return // what was asked for there is known already
	}
	w.away = strings.ToLower(to.Host)
	w.seen.Away, w.seen.AwayMethod = w.away, w.session.options.Rules.MethodAt(plainHost(to.Hostname()))
	if inwards(plainHost(to.Hostname())) { // no provider stands there: the page wanted the probe to reach what is close to it
		w.record.limit("address_refused")
		w.options.Log.Warn("refused", "host", to.Host, "hop", n)
		return
	}
	w.options.Log.Info("not followed", "host", to.Host, "hop", n)
}

// inwards reports whether a host is this machine, one beside it, or an address written so that only some programs read it as one: 2130706433, 0x7f.1.
func inwards(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return never(a) || inside(a)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == "localhost" || last != "" && last[0] >= '0' && last[0] <= '9'
}

// fetch fetches a page. When the server denies it over TLS 1.3 it may be because it wanted a certificate for this page alone, which can
// only be seen in TLS 1.2.
func (w *walk) fetch(ctx context.Context, at *url.URL) (*answer, error) {
	a, err := w.session.get(ctx, at)
	h := w.session.last()
	if at.Scheme != "https" || h == nil || h.version() != tls.VersionTLS13 {
		return a, w.judge(h, err)
	}
	asked, _, _ := h.ask()
	if asked != "no" || (err != nil && !ended(err)) || (err == nil && a.status != http.StatusForbidden) {
		return a, w.judge(h, err)
	}
	w.session.again(at)
	b, again := w.session.get(ctx, at)
	h = w.session.last()
	if h == nil || !h.done {
		w.seen.MaybeAfterRequest = true // it speaks TLS 1.3 only
		return a, err
	}
	return b, w.judge(h, again)
}

// ended reports whether a connection broke without a word.
func ended(err error) bool {
	return strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "connection reset") || strings.Contains(err.Error(), "broken pipe")
}

// judge keeps what a connection showed of the server's question for a certificate, and gives the fault back.
func (w *walk) judge(h *handshake, err error) error {
	if h == nil {
		return err
	}
	h.broke(err)
	asked, refused, names := h.ask()
	c := &w.seen.Certificate
	if asked != "no" && !c.Refused {
		*c = verdict.Certificate{Asked: asked, Refused: refused, Names: names}
	}
	return err
}

// failed notes why a page could not be fetched.
func (w *walk) failed(at *url.URL, err error) {
	var dns *net.DNSError
	switch {
	case errors.Is(err, ErrAddress):
		w.stop("address_refused")
		w.options.Log.Warn("refused", "url", decode.Redact(at), "why", err.Error())
	case errors.Is(err, ErrNotApproved):
		w.stop("host_not_approved")
	case w.seen.Certificate.Refused:
		w.why = "certificate_refused"
	case errors.As(err, &dns), errors.Is(err, errNoAddress):
		w.stop("name_not_found")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		w.stop("timeout")
	default:
		w.stop("not_reached")
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// followed are the answers that a browser follows. Another one with a place to go to is a page.
var followed = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

// read takes in a page, and gives where it leads: nil when the way ends here.
func (w *walk) read(ctx context.Context, at *url.URL, a *answer) (next *url.URL, via string) {
	if a.conn != nil && !w.trust(at, a) {
		return nil, ""
	}
	w.seen.Plain = at.Scheme == "http"
	if a.truncated {
		w.cut = true
		w.record.limit("body_truncated")
	}
	c := &w.seen.Certificate
	switch {
	case c.Asked == "handshake" && !c.Refused && w.options.Rules.Refuses(a.status, a.body):
		c.Refused, c.ByAnswer = true, true
		a.conn.denied()
		return nil, ""
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		w.stop(stoppedByServer)
		return nil, ""
	case slices.Contains(followed, a.status) && a.header.Get("Location") != "":
		return w.lead(ctx, at, a.header.Get("Location"), "location")
	}
	if a.status == http.StatusUnauthorized {
		w.seen.Challenges = decode.Challenges(a.header.Values("Www-Authenticate"))
	}
	page := &decode.Page{Text: len(a.body) > 0}
	if shown(a.header) {
		page = decode.ReadPage(a.body, at, &w.options.Rules.Words)
	}
	return w.readPage(ctx, at, a, page)
}

// shown reports whether a browser shows an answer as a page, with its forms and scripts. What is to be saved, or is a text, is none, whatever
// stands in it.
func shown(h http.Header) bool {
	if kind, _, err := mime.ParseMediaType(h.Get("Content-Disposition")); err == nil && kind == "attachment" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !strings.Contains(kind, "/") {
		return true // nothing is said that a browser would go by: it looks for itself
	}
	return slices.Contains([]string{"text/html", "application/xhtml+xml", "application/xml", "text/xml"}, kind)
}

// trust judges the server's own certificate, and reports whether the page may be read. An authority that this machine does not know is
// common inside; there the measurement goes on, with little confidence.
func (w *walk) trust(at *url.URL, a *answer) bool {
	h := a.conn
	if h.trust == nil {
		return true
	}
	w.record.limit("certificate_not_verified")
	addrs, err := w.session.guard.resolve(context.Background(), plainHost(at.Hostname())) // answered before: nothing is asked
	if err == nil && len(addrs) > 0 && inside(addrs[0]) && unknownIssuer(h.state.PeerCertificates, lookedUp(at.Hostname()), h.trust, w.options.Clock.Now()) {
		w.seen.Private = true
		return true
	}
	w.seen.Untrusted = true
	return false
}

// lead follows where a page leads: it reads the request in the address, and gives the address if it is approved.
func (w *walk) lead(ctx context.Context, at *url.URL, ref, via string) (*url.URL, string) {
	to, err := decode.Resolve(at, ref)
	if err != nil {
		w.stop("not_an_address")
		return nil, ""
	}
	if q := decode.At(to); q != nil {
		w.request(ctx, at, q)
	}
	return to, via
}

// request keeps a request to an identity provider.
func (w *walk) request(ctx context.Context, at *url.URL, q *decode.Request) {
	w.requests = append(w.requests, q)
	if q.Broken { // cut short, packed without end, with a document type, or said twice
		w.options.Log.Warn("refused", "url", w.record.URL, "why", "request_not_read", "host", q.Host)
	}
	if w.verified == nil {
		w.verified = map[*decode.Request]bool{}
	}
	w.verified[q] = w.verify(ctx, at, q)
}

func (w *walk) readPage(ctx context.Context, at *url.URL, a *answer, page *decode.Page) (*url.URL, string) {
	asks := page.Asks() || len(w.seen.Challenges) > 0
	if w.more(page) && !asks && a.status < 400 { // what was not read may hold anything, a password too
		w.stop("body_truncated")
		return nil, ""
	}
	if !asks {
		if next, via, leads := w.led(ctx, at, a, page); leads {
			return next, via
		}
	}
	return w.stay(at, a, page, asks)
}

// more reports whether there was more on a page than was looked at.
func (w *walk) more(page *decode.Page) bool {
	if page.Cut && !w.cut {
		w.cut = true
		w.record.limit("body_truncated")
	}
	return w.cut
}

// led follows where a page that asks for nothing sends the browser by itself.
func (w *walk) led(ctx context.Context, at *url.URL, a *answer, page *decode.Page) (next *url.URL, via string, leads bool) {
	if page.Posted != nil {
		w.request(ctx, at, page.Posted)
		return nil, "", true
	}
	if ref := decode.Refresh(a.header.Get("Refresh")); ref != "" {
		next, via = w.lead(ctx, at, ref, "meta")
		return next, via, true
	}
	if page.Next != "" {
		next, via = w.lead(ctx, at, page.Next, page.Via)
		return next, via, true
	}
	return nil, "", false
}

// stay takes in a page that leads nowhere by itself.
func (w *walk) stay(at *url.URL, a *answer, page *decode.Page, asks bool) (*url.URL, string) {
	if page.Unsent {
		w.record.limit("form_not_sent")
	}
	if a.status >= 400 && !asks {
		w.stop("status_" + strconv.Itoa(a.status))
		if a.status != http.StatusUnauthorized {
			return nil, ""
		}
	}
	if w.cut && !asks {
		w.stop("body_truncated") // what was not read may hold anything
		return nil, ""
	}
	w.seen.Page, w.shell = page, at
	return nil, ""
}

// decide judges what was seen. Of several requests on the way, the first that says something counts.
func (w *walk) decide() (verdict.Decision, *decode.Request) {
	rules := w.options.Rules
	w.seen.SecondStep = w.options.SecondStep
	d, used := rules.Decide(&w.seen), (*decode.Request)(nil)
	for i, q := range w.requests {
		o := w.seen
		o.Request, o.Verified = q, w.verified[q]
		if next := rules.Decide(&o); i == 0 || !silent(&next) && silent(&d) {
			d, used = next, q
		}
	}
	if d.ID == "unreachable" && w.why != "" {
		d.Reasons = append(d.Reasons, rules.Limit(w.why))
		d.Limits = slices.DeleteFunc(d.Limits, func(l string) bool { return l == "not_reached" })
	}
	return d, used
}

// silent reports whether nothing was learnt from a request.
func silent(d *verdict.Decision) bool { return d.Verdict == verdict.Unknown }

// finish records the connections, and looks at the addresses that were not connected to.
func (w *walk) finish(ctx context.Context, target *url.URL) {
	w.session.rest(ctx, target)
	for _, h := range w.session.shaken() {
		w.record.TLS = append(w.record.TLS, h.record())
	}
	addrs, err := w.session.guard.resolve(ctx, plainHost(target.Hostname()))
	if err != nil {
		return
	}
	for _, a := range addrs {
		ip := IP{IP: a.String(), DNSSEC: "unknown"}
		if !slices.Contains(w.record.Target.IPs, ip) {
			w.record.Target.IPs = append(w.record.Target.IPs, ip)
		}
	}
}
