// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
)

// Problem is a fault as the API tells it (RFC 9457).
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the status and the code say what it is"`
	Title  string `json:"title" doc:"The status in words, in the language that was asked for"`
	Status int    `json:"status" doc:"The HTTP status"`
	Detail string `json:"detail,omitempty" doc:"What is wrong and what to do, in the language that was asked for"`
	Code   string `json:"code,omitempty" doc:"What is wrong, for programs: it does not change with the language"`
	// Request finds the fault in the log of whoever runs the program.
	Request string `json:"request,omitempty" doc:"The request's number in the log, when the fault is the program's"`
	Current string `json:"current,omitempty" doc:"The ETag of the version that there is now, when a change was made from an older one"`
	Given   string `json:"given,omitempty" doc:"The ETag that the change was made from"`
	// Errors are the faults of single values.
	Errors []ProblemPart `json:"errors,omitempty" doc:"What is wrong with single values"`

	header http.Header
}

// ProblemPart is what is wrong with one value, which is not repeated.
type ProblemPart struct {
	Location string `json:"location,omitempty" doc:"Where the value stood: body.name, query.page"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// Error says what is wrong.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders is for huma.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// titled are the statuses that the API answers with and that have a title in messages.yaml.
var titled = map[int]bool{
	400: true, 401: true, 403: true, 404: true, 405: true, 406: true, 408: true, 409: true, 410: true, 412: true, 413: true, 415: true, 421: true, 422: true, 428: true,
	429: true, 431: true, 500: true, 503: true, 507: true,
}

// title is a status in words.
func (s *Site) title(l *locale.Localizer, status int) string {
	if !titled[status] {
		return http.StatusText(status)
	}
	return l.T("web.status-" + strconv.Itoa(status))
}

// foreseen is a fault that huma finds by itself, in what was sent. It tells where, and never what was sent. Without a request it is a
// description, and nobody is told.
func foreseen(hc huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: "web.api-invalid", header: http.Header{}}
	var c *Context
	if hc != nil {
		c, _ = hc.Context().Value(contextKey{}).(*Context)
	}
	if c == nil { // when the operations are described, and nobody is told
		return p
	}
	p.Title = c.site.title(c.L, status)
	c.site.tellRefused(c, &Error{Status: status})
	switch {
	case status >= http.StatusInternalServerError:
		p.Code, p.Detail, p.Request = "web.internal", c.L.T("web.internal"), c.id
		c.site.logFault(c, errors.New(message))
		return p
	case status == http.StatusRequestEntityTooLarge:
		p.Detail = c.L.T("web.api-too-large")
	case status == http.StatusUnsupportedMediaType, status == http.StatusNotAcceptable:
		p.Detail = c.L.T("web.api-media")
	case len(errs) == 0:
		p.Detail = c.L.T("web.api-bad")
	default:
		p.Detail = c.L.T("web.api-invalid", "Count", len(errs))
	}
	for _, err := range errs {
		var detail huma.ErrorDetailer
		switch {
		case err == nil:
		case errors.As(err, &detail):
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, ProblemPart{Location: d.Location, Message: partly(c.L, d.Message)})
		default:
			p.Errors = append(p.Errors, ProblemPart{Message: c.L.T("web.api-part-unread")})
		}
	}
	slices.SortFunc(p.Errors, func(a, b ProblemPart) int { // the same fault is answered alike
		return cmp.Or(cmp.Compare(a.Location, b.Location), cmp.Compare(a.Message, b.Message))
	})
	return p
}

// parts are what huma says is wrong with a value, up to what it names, and the message of ours that says the same.
var parts = []struct{ begins, key string }{
	{"unknown query parameter", "web.api-part-parameter"},
	{"unexpected property", "web.api-part-property"},
	{"expected required property ", "web.api-part-required"},
	{"required ", "web.api-part-missing"},
	{"expected value to be one of ", "web.api-part-one-of"},
	{"expected boolean", "web.api-part-boolean"},
	{"invalid boolean", "web.api-part-boolean"},
	{"expected number >= ", "web.api-part-least"},
	{"expected number <= ", "web.api-part-most"},
	{"expected number", "web.api-part-number"},
	{"expected integer", "web.api-part-integer"},
	{"invalid integer", "web.api-part-integer"},
	{"expected length >= ", "web.api-part-short"},
	{"expected length <= ", "web.api-part-long"},
	{"expected array length >= ", "web.api-part-few"},
	{"expected array length <= ", "web.api-part-many"},
	{"expected string to be RFC 3339 date-time", "web.api-part-moment"},
	{"expected string to be RFC 3339 date", "web.api-part-day"},
	{"expected string to be base64", "web.api-part-base64"},
	{"expected string", "web.api-part-text"},
	{"expected array", "web.api-part-list"},
	{"expected object", "web.api-part-object"},
	{"request body is required", "web.api-part-body"},
}

// partly says what is wrong with a value in the reader's language. What huma says of what was sent is left out; what the description says is not.
func partly(l *locale.Localizer, message string) string {
	for _, x := range parts {
		rest, ok := strings.CutPrefix(message, x.begins)
		if !ok {
			continue
		}
		rest = strings.Trim(strings.TrimSuffix(rest, " to be present"), `"`)
		return l.T(x.key, "What", rest)
	}
	return l.T("web.api-part-unread")
}

// apiSentences are what programs are told instead of what readers of pages are.
var apiSentences = map[string]string{
	"web.conflict": "web.api-conflict", "web.bad-request": "web.api-bad", "web.signed-out": "web.api-nobody", "web.not-found": "web.api-missing",
	"web.cross-origin": "web.api-origin",
}

// problem turns an error into what the API answers, logs what is the program's own fault, and lets the log know of refusals.
func (s *Site) problem(c *Context, err error) *Problem {
	var ready *Problem
	if errors.As(err, &ready) {
		return ready
	}
	s.tellRefused(c, err)
	e := understand(err)
	var stale *Stale
	switch {
	case errors.As(err, &stale):
		e = &Error{Status: http.StatusPreconditionFailed, Key: "web.api-stale"}
	case errors.Is(err, access.ErrStepUp):
		e = &Error{Status: http.StatusForbidden, Key: "web.api-step-up"}
	}
	key := e.Key
	if other := apiSentences[key]; other != "" {
		key = other
	}
	p := &Problem{Type: "about:blank", Title: s.title(c.L, e.Status), Status: e.Status, Code: e.Key, Detail: c.L.T(key, e.Args...), header: http.Header{}}
	if stale != nil {
		p.Current, p.Given = stale.Current, c.Request.Header.Get("If-Match")
		p.header.Set("ETag", stale.Current)
	}
	if e.Status >= http.StatusInternalServerError {
		p.Request = c.id
		s.logFault(c, err)
	}
	return p
}

// failAPI answers an error that came before the operation itself.
func (s *Site) failAPI(c *Context, err error) {
	p := s.problem(c, err)
	if written(c.Writer) {
		return // half an answer is out; nothing can be put right
	}
	b, err := json.Marshal(p)
	if err != nil {
		s.logFault(c, err)
		return
	}
	for name, values := range p.header {
		c.Writer.Header()[name] = values
	}
	c.Writer.Header().Set("Content-Type", problemType)
	c.Writer.WriteHeader(p.Status)
	_, _ = bytes.NewReader(b).WriteTo(c.Writer) // the caller may have left
}
