// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Error is a fault that the reader can understand. It is shown as a page with what is wrong and what to do.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Key is the message that says what is wrong and what to do; empty takes the one of the status.
	Key string
	// Args are the message's names and values.
	Args []any
	// Err is the cause, if any, for errors.Is.
	Err error
}

// Error says the status, the key and the cause, for logs and tests.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d %s: %v", e.Status, e.Key, e.Err)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Key)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// defaults are the messages of statuses whose Error names none.
var defaults = map[int]string{
	http.StatusBadRequest:            "web.bad-request",
	http.StatusUnauthorized:          "web.signed-out",
	http.StatusForbidden:             "web.denied",
	http.StatusNotFound:              "web.not-found",
	http.StatusMethodNotAllowed:      "web.not-allowed",
	http.StatusConflict:              "web.conflict",
	http.StatusGone:                  "web.gone",
	http.StatusRequestEntityTooLarge: "web.too-large",
	http.StatusMisdirectedRequest:    "web.wrong-host",
	http.StatusTooManyRequests:       "web.too-many",
	http.StatusRequestTimeout:        "web.too-slow",

	http.StatusRequestHeaderFieldsTooLarge: "web.header-too-large",
}

// understand turns any error into one for readers. What nobody foresaw is "internal".
func understand(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		out := *e
		if out.Key == "" {
			out.Key = defaults[out.Status]
		}
		if out.Key != "" {
			return &out
		}
	case errors.Is(err, db.ErrNotFound):
		return &Error{Status: http.StatusNotFound, Key: "web.not-found", Err: err}
	case errors.Is(err, access.ErrDenied):
		return &Error{Status: http.StatusForbidden, Key: "web.denied", Err: err}
	case errors.Is(err, db.ErrConflict):
		return &Error{Status: http.StatusConflict, Key: "web.conflict", Err: err}
	case errors.Is(err, db.ErrNoRoom):
		return &Error{Status: http.StatusInsufficientStorage, Key: "web.no-room", Err: err}
	case errors.Is(err, db.ErrReadOnly):
		return &Error{Status: http.StatusServiceUnavailable, Key: "web.read-only", Err: err}
	case errors.Is(err, db.ErrDisk):
		return &Error{Status: http.StatusServiceUnavailable, Key: "web.disk", Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Key: "web.internal", Err: err}
}

type errorPage struct {
	Page
	Sentence, ID string
	Home         bool
}

// fail answers with an error page. Only what is nobody's fault but the program's is logged here, with the id that the page shows.
func (s *Site) fail(c *Context, err error) {
	if strings.HasPrefix(c.Request.URL.Path, APIPath+"/") {
		s.failAPI(c, err)
		return
	}
	s.tellRefused(c, err)
	if errors.Is(err, access.ErrStepUp) && !written(c.Writer) {
		if err = stepUp(c); err == nil {
			return
		}
	}
	e := understand(err)
	internal := e.Status >= http.StatusInternalServerError
	if internal {
		s.logFault(c, err)
	}
	if written(c.Writer) {
		return // half a page is out; nothing can be put right
	}
	sentence := c.L.T(e.Key, e.Args...)
	if c.Autosave() {
		_ = c.Text(e.Status, sentence)
		return
	}
	p := errorPage{Page: Page{Title: c.L.T(heading(e)), Layout: Plain, Status: e.Status}, Sentence: sentence, Home: e.Status != http.StatusMisdirectedRequest}
	if internal {
		p.ID = c.id
	}
	if err := c.Render(errorTemplates, "error.html", p); err != nil {
		s.log.LogAttrs(c.Context(), slog.LevelError, "error page failed", slog.String("request_id", c.id), slog.String("error", err.Error()))
		_ = c.Text(http.StatusInternalServerError, sentence)
	}
}

// logFault logs what is the program's own fault.
func (s *Site) logFault(c *Context, err error) {
	s.log.LogAttrs(c.Context(), slog.LevelError, "request failed", slog.String("request_id", c.id), slog.String("error", err.Error()))
}

// heading is the message key of an error page's title.
func heading(e *Error) string {
	switch e.Key {
	case "web.no-room", "web.read-only", "web.disk":
		return "web.title-storage"
	}
	switch e.Status {
	case http.StatusForbidden:
		return "web.title-denied"
	case http.StatusNotFound:
		return "web.title-not-found"
	case http.StatusGone:
		return "web.title-gone"
	case http.StatusConflict:
		return "web.title-conflict"
	case http.StatusTooManyRequests:
		return "web.title-too-many"
	}
	if e.Status >= http.StatusInternalServerError {
		return "web.title-internal"
	}
	return "web.title-refused"
}
