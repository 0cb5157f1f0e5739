// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/access"
)

// kind says who a route is for, and with that what a request to it must show (Swedish: skydd mot förfalskade anrop).
type kind uint8

const (
	// forReaders are pages: a request that changes something must come from the site's own pages, and say so.
	forReaders kind = iota
	// fromSites are the few addresses that another site's page sends its reader to with a form, by an agreed protocol.
	fromSites
	// forMachines are addresses for programs, which show a token and have no cookies.
	forMachines
	// forPrograms are the operations of the API: with a key they are as for machines, and else as for readers.
	forPrograms
)

// CrossSite registers an address that a form on another site may be sent to: where an identity provider answers. It is the only
// exemption from the check of the origin, it holds for exactly this pattern, and the handler must itself tell a reader's own request
// from one that somebody planted. The session cookie does not come with such a request; a cookie with SameSite=None does.
func (s *Site) CrossSite(pattern string, h Handler) {
	s.kinds[pattern] = fromSites
	s.Public(pattern, h)
}

// Machine registers an address for programs that show a token of their own. No cookie reaches the handler, and no session, so there is
// nothing that another site's page could borrow; neither Origin nor Sec-Fetch-Site is asked for.
func (s *Site) Machine(pattern string, h Handler) {
	s.kinds[pattern] = forMachines
	s.register(Route{Pattern: pattern, Public: true}, func(c *Context) error { return h.read(c, maxForm) })
}

// safe are the methods that change nothing.
var safe = []string{http.MethodGet, http.MethodHead, http.MethodOptions}

// checkOrigin refuses a request that would change something and that does not show that it comes from the site's own pages. The
// standard library lets through what has neither header, for programs; programs have addresses of their own here.
func (s *Site) checkOrigin(r *http.Request, k kind) error {
	if k != forReaders && k != forPrograms || withKey(r, k) || slices.Contains(safe, r.Method) {
		return nil
	}
	if err := s.csrf.Check(r); err != nil {
		return &Error{Status: http.StatusForbidden, Key: "web.cross-origin", Err: err}
	}
	if origin := r.Header.Get("Origin"); r.Header.Get("Sec-Fetch-Site") == "" && (origin == "" || !s.sameScheme(origin)) {
		return &Error{Status: http.StatusForbidden, Key: "web.cross-origin"}
	}
	return nil
}

// sameScheme reports whether an origin has the site's own scheme, which the standard library does not look at where a browser tells of no
// site: a page in clear under our name is whoever's who sits on the way.
func (s *Site) sameScheme(origin string) bool {
	scheme, _, found := strings.Cut(origin, "://")
	return !found || strings.EqualFold(scheme, "https") == s.opts.TLS
}

// kindOf is who a request's route is for. An address of the API that does not exist is for programs too: they are told what is wrong with
// it, and not where pages are.
func (s *Site) kindOf(pattern string, r *http.Request) kind {
	if pattern == "-" && strings.HasPrefix(r.URL.Path, APIPath+"/") {
		return forPrograms
	}
	return s.kinds[pattern]
}

// withoutCookies is a request to a machine's address: what a browser would add to it by itself is taken away.
func withoutCookies(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Del("Cookie")
	return out
}

// policy is the Content-Security-Policy. Nothing is allowed that is not named, no script or style may stand in a page, and what a
// browser refuses is reported.
func (s *Site) policy(r *http.Request) string {
	forms := "'self'"
	if s.opts.FormAction != nil {
		for _, origin := range s.opts.FormAction(r) {
			if Origin(origin) {
				forms += " " + origin
			}
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"form-action " + forms + "; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; " +
		"report-uri " + ReportPath + "; report-to " + reportGroup
}

// originForm is what an origin may be written with; nothing in it can end a source or a directive.
var originForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(https://[a-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:[0-9]{1,5})?$`)
})

// Origin reports whether the text is an origin that a page's forms may lead to: https and a host, or this machine itself.
func Origin(text string) bool { return originForm().MatchString(text) }

// OriginOf gives the origin of an address, for Options.FormAction; empty when it has none that a form may lead to.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	o := u.Scheme + "://" + strings.ToLower(u.Host)
	if !Origin(o) {
		return ""
	}
	return o
}

// actorFrom is the actor with the address that the request came from.
func actorFrom(a access.Actor, r *http.Request) access.Actor {
	if a.ID != "" {
		a.From = ClientAddress(r)
	}
	return a
}
