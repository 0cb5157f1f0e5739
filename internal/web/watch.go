// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
)

// Sight is something that the log is to know about a request (Swedish: iakttagelse).
type Sight struct {
	// Actor is who asked; only its address is known when nobody is signed in.
	Actor access.Actor
	// Action is the use case of the page, and Pattern the page; Path is what was asked for.
	Action, Pattern, Method, Path string
	// Reason is the message key, or the kind, of a refusal.
	Reason string
}

// The reasons of refusals that have no message of their own.
const (
	ReasonDenied = "denied"
	ReasonStepUp = "step-up"
	// ReasonUnread says that nothing could be read of what was sent: no page of ours writes it so. ReasonUnfit says that it could be read and
	// is nothing that a form of ours can hold, or an operation takes.
	ReasonUnread = "unread"
	ReasonUnfit  = "unfit"
	// ReasonFile says that a file, or a list that was pasted, was not taken: it may be packed to wear the machine out, or hold what reads others.
	ReasonFile = "file"
)

// refusals are the statuses of what is refused because of who asks, or from where, and not because of what was written.
var refusals = map[int]bool{
	http.StatusForbidden: true, http.StatusMisdirectedRequest: true, http.StatusTooManyRequests: true,
	http.StatusUnauthorized: true, // a program's key
	http.StatusGone:         true, // a link that opens nothing, which may be a guess
	// What is too long or too slow may be somebody who wants to wear the server out.
	http.StatusRequestEntityTooLarge: true, http.StatusRequestTimeout: true, http.StatusRequestHeaderFieldsTooLarge: true,
}

// reasonOf tells why an error refuses a request; empty when it does not.
func reasonOf(err error) string {
	var e *Error
	switch {
	case errors.Is(err, access.ErrStepUp):
		return ReasonStepUp
	case errors.Is(err, access.ErrDenied):
		return ReasonDenied
	case errors.As(err, &e) && refusals[e.Status]:
		if e.Key == "" {
			return defaults[e.Status]
		}
		return e.Key
	default:
		return ""
	}
}

// unfit tells why a request is refused that may be a try to get past the readers of what is sent; empty when a reader may have filled a
// form in wrongly, who is told so on the form. A program fills in no form: whatever it sends that is not taken is told.
func (c *Context) unfit(err error) string {
	e := understand(err)
	var own *Error
	if errors.As(err, &own) {
		e.Status = own.Status // one without a sentence of its own is no fault of the program's here
	}
	program := c.site.kindOf(c.Request.Pattern, c.Request) != forReaders
	switch e.Status {
	case http.StatusBadRequest:
		if program || e.Key == defaults[http.StatusBadRequest] {
			return ReasonUnread
		}
	case http.StatusUnprocessableEntity:
		if program || e.Key == "web.too-long" {
			return ReasonUnfit
		}
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return ReasonUnread
	}
	if c.filed() && e.Status >= 400 && e.Status < 500 && e.Status != http.StatusConflict {
		return ReasonFile
	}
	return ""
}

// filed reports whether a request carries a file, or one of the lists and documents that can be pasted instead of it.
func (c *Context) filed() bool {
	if f := c.Request.MultipartForm; f != nil {
		for _, heads := range f.File {
			if len(heads) > 0 && heads[0].Filename != "" {
				return true
			}
		}
	} else if c.multipart() {
		return true // it is read as it comes
	}
	return slices.ContainsFunc(pasted, func(name string) bool { return c.Request.PostForm.Get(name) != "" })
}

// pasted are the fields that take what could have come as a file.
var pasted = []string{"paste", "document", "pinned", "authorities"}

func (c *Context) sight(reason string) Sight {
	actor := c.Actor
	actor.From = ClientAddress(c.Request) // also of somebody unknown
	pattern, path := c.Request.Pattern, c.Request.URL.Path
	if pattern == "" { // refused before it came to its handler
		_, pattern = c.site.mux.Handler(c.Request)
	}
	if _, place, _ := strings.Cut(pattern, " "); strings.Contains(place, secretPart) {
		path = place // the log is read by more people than may use the link
	}
	return Sight{Actor: actor, Action: c.action, Pattern: pattern, Method: method(c.Request.Method), Path: path, Reason: reason}
}

// secretPart is a part of a path that opens something for whoever has it. A pattern has no other name for it.
const secretPart = "{token}"

// As says that the page shows what another use case allows than the one that opens it, so that the log is told of that reading.
func (c *Context) As(action string) { c.action = action }

// Refused lets the log know of a refusal that a handler answers in its own form, as those for programs do.
func (c *Context) Refused(status int) { c.site.tellRefused(c, &Error{Status: status}) }

// tellRefused lets the log know of every refusal, in one place.
func (s *Site) tellRefused(c *Context, err error) {
	if s.opts.Refused == nil {
		return
	}
	reason := reasonOf(err)
	if reason == "" && c.guessed(err) {
		reason = defaults[http.StatusNotFound]
	}
	if reason == "" {
		reason = c.unfit(err)
	}
	seen := c.sight(reason)
	if status := understand(err).Status; reason == "" && seen.Pattern == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		// Somebody feels their way. Of what they wrote no more is kept than where it begins: a link that was copied badly holds its secret.
		seen.Reason, seen.Pattern, seen.Path = defaults[status], nowhere, beginning(seen.Path)
	}
	if seen.Reason != "" {
		s.opts.Refused(c.Context(), seen)
	}
}

// tellFile lets the log know of a form that is shown again because its file was not taken.
func (s *Site) tellFile(c *Context, status int) {
	if s.opts.Refused != nil && status >= 400 && status < 500 && status != http.StatusConflict && c.filed() {
		s.opts.Refused(c.Context(), c.sight(ReasonFile))
	}
}

// nowhere stands for the page of an address that no page has.
const nowhere = "-"

// beginning is the first part of a path, if it is short.
func beginning(path string) string {
	const most = 40
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if len(first) > most {
		return "/…"
	}
	return "/" + first
}

// guessed reports whether somebody named a thing that is not there for them: it may be another's, and the answer does not tell. Nobody
// signed in has a link or an identity provider's address to guess. Directories ask for what is gone as a matter of course.
func (c *Context) guessed(err error) bool {
	return strings.Contains(c.Request.Pattern, "{") && understand(err).Status == http.StatusNotFound &&
		(c.Actor.ID != "" || c.site.kindOf(c.Request.Pattern, c.Request) != forMachines)
}

// tellRead lets the log know that somebody has read where the organisation is weak, or anything at all where every reading is logged.
func (s *Site) tellRead(c *Context, action string) {
	if s.opts.Read != nil && action != "" && c.Request.Method == http.MethodGet && (s.opts.EveryReading || access.PolicyOf(action).Weakness) {
		s.opts.Read(c.Context(), c.sight(""))
	}
}
