// SPDX-License-Identifier: EUPL-1.2

// Package web is what every page stands on (Swedish: webb): layout, forms, errors, static files and security headers. A slice's
// page.go registers its routes on a Site and renders typed structs; rules and SQL live elsewhere.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
)

// SignInPath is where a visitor who is not signed in is sent.
const SignInPath = "/logga-in"

// StepUpPath is where a reader shows again who they are.
const StepUpPath = "/logga-in/igen"

// Viewer is what the layout shows about who is signed in and where.
type Viewer struct {
	// Organisation is the name of the organisation, OrganisationCode its short name.
	Organisation, OrganisationCode string
	// Example is true for the invented organisation; every page then says that the data is example data.
	Example bool
	// Name is the person's.
	Name string
	// Role is an access.Role, shown in the reader's language, or a text that is shown as it is.
	Role string
	// Roles are all the roles that the person has here.
	Roles []string
	// How is the message that tells how the person showed who they are.
	How string
	// Withheld are the roles that the person has and that this sign-in does not give, with the message that says why.
	Withheld []Withheld
	// Lasts is how long the session lasts if nothing more is asked for; zero where nobody is signed in. Pages are emptied after it.
	Lasts time.Duration
}

// Withheld is a role that a sign-in does not give, and the message that says why.
type Withheld struct{ Role, Key string }

// MenuItem is one entry of the side menu.
type MenuItem struct {
	// Name is what Page.Active says when the entry is the current one.
	Name string
	// Within are the names of pages that lie below the entry's own, which make it the current one too.
	Within []string
	// Group is the message key of the heading that the entry stands under; none for the first, unnamed group. Entries of one
	// group follow each other.
	Group string
	// Key is the message key of the label.
	Key string
	// Href is where it leads and Icon the symbol in icons.svg.
	Href, Icon string
	// Count is shown after the label when it is above zero.
	Count int
	// Hot is the message key of what the count waits for ("{{.Count}} saker väntar"); the count is then shown as urgent.
	Hot string
}

// Current reports whether the page that calls itself active belongs to the entry.
func (m MenuItem) Current(active string) bool {
	return m.Name == active || slices.Contains(m.Within, active)
}

// Options are what a Site needs from the outside.
type Options struct {
	// ActorFunc tells who makes the request; false when nobody is signed in.
	ActorFunc func(*http.Request) (access.Actor, Viewer, bool)
	// Menu gives the side menu for the reader.
	Menu func(c *Context) []MenuItem
	// Session loads the session of a request before its handler runs. Static files and the health check do without.
	Session func(http.ResponseWriter, *http.Request) (*http.Request, error)
	// Alarms tells how many alarms the reader is to be told about on every page.
	Alarms func(c *Context) (int, error)
	// Style gives the address of a style sheet that is laid over the site's own for the reader's organisation; empty is none.
	Style func(c *Context) (string, error)
	// Search is the path of the search page; empty hides the search box.
	Search string
	// Hosts are the names that the site answers to; empty allows any.
	Hosts []string
	// TLS is true when readers reach the site over HTTPS: cookies are then Secure and HSTS is sent.
	TLS bool
	// Proxies are the servers that may stand before this one.
	Proxies Proxies
	// Canonical is the address that readers use, without a path; a reader who came to a proxy without TLS is sent there.
	Canonical string
	// FormAction gives the origins that forms may lead to besides the site itself: those of the identity providers that are set up.
	FormAction func(*http.Request) []string
	// Refused is told of every request that is refused because of who asks or from where, and Read of every page that tells of
	// weaknesses and was read. They may be nil.
	Refused, Read func(context.Context, Sight)
	// EveryReading tells Read of every page, with who read it.
	EveryReading bool
	// Pace is how often signed-in readers may ask; nil is as often as they like. It needs Now.
	Pace *Pace
	// Now is the clock that the request log measures with; without it no time is logged.
	Now func() time.Time
}

// Handler answers one request. An error becomes an error page.
type Handler func(c *Context) error

// Route is a registered pattern, for tests that visit every page.
type Route struct {
	// Pattern is as in http.ServeMux: "GET /system".
	Pattern string
	// Action is the use case that the reader must be allowed.
	Action string
	// Public is true for a page that needs no sign-in.
	Public bool
	// API is true for an operation of the JSON API.
	API bool
}

// Site is the web server of the program: routes, and everything that is the same for all of them.
type Site struct {
	bundle *locale.Bundle
	log    *slog.Logger
	opts   Options
	mux    *http.ServeMux
	// actions are the use cases of the routes, by their patterns.
	actions map[string]string
	csrf    *http.CrossOriginProtection
	routes  []Route
	cache   sync.Map // of bound templates, by templateKey

	kinds   map[string]kind // of the routes that are not for readers, by pattern
	reports reports
	paces   paces
	changes changes
}

// NewSite makes a site with static files, health check and the language switch. The bundle must hold Messages.
func NewSite(bundle *locale.Bundle, log *slog.Logger, opts Options) *Site {
	s := &Site{bundle: bundle, log: log, opts: opts, mux: http.NewServeMux(), csrf: http.NewCrossOriginProtection(), kinds: map[string]kind{}, actions: map[string]string{}}
	s.Public("POST /sprak", chooseLanguage)
	s.Machine("POST "+ReportPath, s.takeReport)
	return s
}

// Handle registers a page for signed-in readers whose roles allow the action; an empty action asks for sign-in only. It panics
// on an action without a policy, because nobody could ever open the page.
func (s *Site) Handle(pattern, action string, h Handler) {
	s.forReader(pattern, action, func(c *Context) error { return h.read(c, maxUpload) })
}

// Stream is Handle for a form whose file is read as it comes, by Context.Stream: nothing of it is held in memory or laid on a disk.
func (s *Site) Stream(pattern, action string, h Handler) {
	s.forReader(pattern, action, func(c *Context) error {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxStream)
		return h(c)
	})
}

// forReader registers what runs when the reader may do the action.
func (s *Site) forReader(pattern, action string, run Handler) {
	if action != "" && !access.Known(action) {
		panic(fmt.Sprintf("web: %s: the action %q has no policy in access", pattern, action))
	}
	s.register(Route{Pattern: pattern, Action: action}, func(c *Context) error {
		actor, viewer, ok := s.actor(c.Request)
		if !ok {
			return signIn(c)
		}
		c.Actor, c.Viewer, c.action = actorFrom(actor, c.Request), viewer, action
		if err := s.keepPace(c); err != nil {
			return err
		}
		if action != "" {
			if err := access.Check(actor, action); err != nil {
				return err
			}
		}
		if err := run(c); err != nil {
			return err
		}
		s.tellRead(c, c.action)
		return nil
	})
}

// Public registers a page that anybody may open. Who is signed in, if anybody, stands in the context.
func (s *Site) Public(pattern string, h Handler) {
	s.register(Route{Pattern: pattern, Public: true}, func(c *Context) error {
		c.Actor, c.Viewer, _ = s.actor(c.Request)
		c.Actor = actorFrom(c.Actor, c.Request)
		return h.read(c, maxForm)
	})
}

// Guest is Public for a form with files from somebody who is let in without being signed in. may says whether they are, before anything of what
// they send is read.
func (s *Site) Guest(pattern string, may, h Handler) {
	s.register(Route{Pattern: pattern, Public: true}, func(c *Context) error {
		c.Actor, c.Viewer, _ = s.actor(c.Request)
		c.Actor = actorFrom(c.Actor, c.Request)
		if err := may(c); err != nil {
			return err
		}
		return h.read(c, maxUpload)
	})
}

// read takes in the posted form, and only then runs the handler, so that a form cut short is never taken for one with empty
// fields. What a stranger may send is capped lower than what a signed-in reader may.
func (h Handler) read(c *Context, uploads int64) error {
	if err := c.readForm(uploads); err != nil {
		return err
	}
	defer c.forgetUploads()
	return h(c)
}

// TLS reports whether readers reach the site over HTTPS: cookies are then marked for it.
func (s *Site) TLS() bool { return s.opts.TLS }

// Routes lists what is registered, in order.
func (s *Site) Routes() []Route { return s.routes }

func (s *Site) actor(r *http.Request) (access.Actor, Viewer, bool) {
	if s.opts.ActorFunc == nil {
		return access.Actor{}, Viewer{}, false
	}
	return s.opts.ActorFunc(r)
}

func (s *Site) register(route Route, h Handler) {
	s.routes = append(s.routes, route)
	s.actions[route.Pattern] = route.Action
	s.mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
		c := s.context(w, r)
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	})
}

// signIn sends a reader who is not signed in to do so, and back afterwards. What was being posted cannot be resumed.
func signIn(c *Context) error {
	if c.Autosave() {
		return &Error{Status: http.StatusUnauthorized, Key: "web.signed-out"}
	}
	to := SignInPath
	if c.Request.Method == http.MethodGet && c.Request.URL.Path != "/" {
		to += "?till=" + url.QueryEscape(c.Request.URL.RequestURI())
	}
	return c.Redirect(to)
}

// stepUp sends a reader to show again who they are, and back afterwards: after a form, to the page that it stood on, where it is sent
// again.
func stepUp(c *Context) error {
	if c.Autosave() {
		return &Error{Status: http.StatusUnauthorized, Key: "web.step-up-save"}
	}
	to := StepUpPath + "?till="
	if c.Request.Method == http.MethodGet {
		return c.Redirect(to + url.QueryEscape(c.Request.URL.RequestURI()))
	}
	from := "/"
	if u, err := url.Parse(c.Request.Referer()); err == nil && strings.EqualFold(u.Host, c.Request.Host) {
		from = Local(u.RequestURI())
	}
	return c.Redirect(to+url.QueryEscape(from)+"&igen=1", "web.step-up-again")
}

// Local gives to when it is a path on this site, else "/". Use it on every address that came with a request.
func Local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
