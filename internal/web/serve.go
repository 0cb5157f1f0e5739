// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/locale"
)

// HealthPath answers 200 while the program runs. It tells nothing else and needs no sign-in.
const HealthPath = "/halsa"

// maxHeader is how long a request's header may be. The server reads somewhat more, so that the refusal is a page of ours.
const maxHeader = 32 << 10

// answer is the ResponseWriter of a request. It remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	id     string
	log    *slog.Logger
}

// maxCookie is how long a cookie's name and value may be together. Browsers leave a longer one out without a word.
const maxCookie = 4096

// cookies takes away cookies that no browser would keep, and says so where the program writes what it does.
func (a *answer) cookies() {
	list := a.Header().Values("Set-Cookie")
	a.Header()["Set-Cookie"] = slices.DeleteFunc(list, func(line string) bool {
		pair, _, _ := strings.Cut(line, ";")
		if len(pair) <= maxCookie+len("=") {
			return false
		}
		which, _, _ := strings.Cut(pair, "=")
		a.log.Error("cookie left out: it is longer than browsers keep", slog.String("which", which), slog.Int("bytes", len(pair)))
		return true
	})
}

// WriteHeader sends the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		a.cookies()
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// written reports whether a part of the answer is on its way already.
func written(w http.ResponseWriter) bool {
	a, ok := w.(*answer)
	return ok && a.status != 0
}

// ServeHTTP answers a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := &answer{ResponseWriter: w, id: strings.ToLower(rand.Text()[:12]), log: s.log}
	r = s.opts.Proxies.arrive(r)
	if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 {
		// A request with chunks and a length is read in one way here, and may be read in another by a proxy before us. What the two would
		// disagree about comes after it on the connection, so nothing does.
		a.Header().Set("Connection", "close")
	}
	s.headers(a.Header(), r)
	if r.URL.Path == HealthPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		a.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = a.Write([]byte("ok\n")) // the asker may have left
		return
	}
	if serveStatic(a, r) {
		return
	}
	var start time.Time
	if s.opts.Now != nil {
		start = s.opts.Now()
	}
	pattern := s.guarded(a, r)
	attrs := []slog.Attr{
		slog.String("method", method(r.Method)), slog.String("route", pattern), slog.Int("status", a.status), slog.String("request_id", a.id),
	}
	if s.opts.Now != nil {
		attrs = append(attrs, slog.Int64("ms", s.opts.Now().Sub(start).Milliseconds()))
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// method keeps what a stranger can write out of the log.
func method(m string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, m) {
		return m
	}
	return "other"
}

// guarded runs the request's handler behind every check, and survives its panic. It returns the pattern that matched.
func (s *Site) guarded(a *answer, r *http.Request) (pattern string) {
	pattern = "-"
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // the server's own way to break off an answer
		}
		s.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request_id", a.id), slog.String("stack", string(debug.Stack())))
		s.fail(s.context(a, r), fmt.Errorf("panic: %v", p))
	}()
	if _, found := s.mux.Handler(r); found != "" {
		pattern = found
	}
	k := s.kindOf(pattern, r)
	if to := s.elsewhere(r); to != "" && k != forMachines && k != forPrograms {
		http.Redirect(a, r, to, http.StatusPermanentRedirect)
		return pattern
	}
	if err := s.check(r, k); err != nil {
		s.fail(s.context(a, r), err)
		return pattern
	}
	if pattern == "-" {
		s.unmatched(a, r)
		return pattern
	}
	if k == forMachines || withKey(r, k) {
		s.mux.ServeHTTP(a, withoutCookies(r))
		return pattern
	}
	if s.opts.Session != nil {
		with, err := s.opts.Session(a, r)
		if err != nil {
			s.fail(s.context(a, r), fmt.Errorf("load session: %w", err))
			return pattern
		}
		r = with
	}
	s.mux.ServeHTTP(a, r)
	return pattern
}

// unmatched answers for an address that no handler has: with 405 when another method would have had one, else 404.
func (s *Site) unmatched(a *answer, r *http.Request) {
	h, _ := s.mux.Handler(r)
	probe := &refusal{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if allow := probe.header.Get("Allow"); allow != "" {
		a.Header().Set("Allow", allow)
		s.fail(s.context(a, r), &Error{Status: http.StatusMethodNotAllowed})
		return
	}
	s.fail(s.context(a, r), &Error{Status: http.StatusNotFound})
}

// refusal takes the answer that http.ServeMux would give, so that the page can be ours.
type refusal struct{ header http.Header }

func (f *refusal) Header() http.Header         { return f.header }
func (f *refusal) WriteHeader(int)             {}
func (f *refusal) Write(b []byte) (int, error) { return len(b), nil }

func (s *Site) headers(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", s.policy(r))
	h.Set("Reporting-Endpoints", reportGroup+`="`+ReportPath+`"`)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers then send "Origin: null" with forms, and the check of the origin would refuse them.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "+
		"magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)")
	h.Set("Cache-Control", "no-store")
	if s.opts.TLS {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// check refuses what comes to a wrong name, is too long, or comes from another site.
func (s *Site) check(r *http.Request, k kind) error {
	if len(s.opts.Hosts) > 0 && !slices.ContainsFunc(s.opts.Hosts, func(h string) bool { return strings.EqualFold(hostname(h), hostname(r.Host)) }) {
		return &Error{Status: http.StatusMisdirectedRequest}
	}
	// A browser may send a request over a connection that it opened to another name of the same certificate.
	if r.TLS != nil && r.TLS.ServerName != "" && !strings.EqualFold(r.TLS.ServerName, hostname(r.Host)) {
		return &Error{Status: http.StatusMisdirectedRequest}
	}
	if headerLength(r) > maxHeader {
		return &Error{Status: http.StatusRequestHeaderFieldsTooLarge}
	}
	if s.opts.Canonical != "" && cameInClear(r) {
		return &Error{Status: http.StatusForbidden, Key: "web.in-clear"}
	}
	return s.checkOrigin(r, k)
}

// elsewhere is where a reader who came to a proxy without TLS is sent; what was to be changed without it is refused instead, and so is a
// program, which would not notice that it sends its token in clear.
func (s *Site) elsewhere(r *http.Request) string {
	if s.opts.Canonical == "" || !cameInClear(r) || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	to := "/" + strings.TrimPrefix(r.URL.EscapedPath(), "/") // a request line can be without any, and then would go on with our host's name
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return s.opts.Canonical + to
}

// cameInClear reports whether a proxy says that the reader came to it without TLS.
func cameInClear(r *http.Request) bool {
	v, ok := r.Context().Value(visitKey{}).(visit)
	return ok && v.plain
}

func headerLength(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// hostname is the name of a Host header without its port.
func hostname(host string) string {
	if h, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return host // what stands after the colon is no port, so this is no name of ours
		}
		return h
	}
	return strings.Trim(host, "[]")
}

// context makes the context of a request. The actor is not known yet.
func (s *Site) context(w http.ResponseWriter, r *http.Request) *Context {
	c := &Context{Request: r, Writer: w, site: s, L: s.bundle.In(Language(r, s.opts.TLS))}
	if a, ok := w.(*answer); ok {
		c.id = a.id
	}
	return c
}

// languageCookie names the cookie that keeps the reader's choice. Over HTTPS no other host of the domain can set it.
func languageCookie(tls bool) string {
	if tls {
		return "__Host-sprak"
	}
	return "sprak"
}

// Language is the language of a request's reader: the one that they have chosen, else the best that the browser asks for. tls is true
// when readers reach the site over HTTPS.
func Language(r *http.Request, tls bool) string {
	chosen := ""
	if cookie, err := r.Cookie(languageCookie(tls)); err == nil {
		chosen = cookie.Value
	}
	return locale.Negotiate(chosen, r.Header.Get("Accept-Language"))
}

// chooseLanguage stores the reader's choice for a year and goes back to where it was made.
func chooseLanguage(c *Context) error {
	lang := c.Form("sprak")
	if !slices.Contains(locale.Languages, lang) {
		return &Error{Status: http.StatusBadRequest}
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: languageCookie(c.site.opts.TLS), Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, Secure: c.site.opts.TLS, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	return c.Redirect(Local(c.Form("till")))
}
