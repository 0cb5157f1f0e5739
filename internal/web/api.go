// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/exact"
)

// The addresses of the API.
const (
	// APIPath is where the JSON API begins. What breaks those who use it gets another number.
	APIPath = "/api/v1"
	// APIDocsPath is the page that documents it, and APISpecPath the same for programs.
	APIDocsPath = "/api"
	APISpecPath = "/api/openapi.json"
)

// APIOptions are what the API needs from the outside.
type APIOptions struct {
	DB *db.DB
	// Key tells who an Authorization header acts as; Refused is its error for one that opens nothing.
	Key     func(ctx context.Context, header, from string) (access.Actor, error)
	Refused error
	// Version is the program's.
	Version string
}

// API is the JSON API: the same use cases as the pages, for programs (Swedish: programgränssnitt). Who asks is told by a key, or by the
// session cookie of a reader and then with the same protection as pages have.
type API struct {
	site *Site
	opts APIOptions
	// later describe the operations to huma, which reads the types of all that they take and give: a tenth of each start. So it is done when
	// first an operation is called or the API told of, by described; runs are what huma then makes of each, by the route's pattern.
	later     []func(huma.API)
	described func() huma.API
	runs      map[string]http.HandlerFunc
	spec      func() ([]byte, error)
	// slice is whose operation is being registered, for the names of its types.
	slice string
}

// setErrors makes huma's own faults problems of ours; the library has one place for it, for the whole program.
var setErrors = sync.OnceFunc(func() { huma.NewError = foreseen })

// API begins the API of a site. Mount ends it.
func (s *Site) API(o APIOptions) *API {
	setErrors()
	a := &API{site: s, opts: o, runs: map[string]http.HandlerFunc{}}
	a.described = sync.OnceValue(func() huma.API {
		h := huma.NewAPI(a.config(), adapter{a})
		for _, add := range a.later {
			add(h)
		}
		a.later = nil
		return h
	})
	a.spec = sync.OnceValues(func() ([]byte, error) {
		b, err := json.MarshalIndent(a.described().OpenAPI(), "", "  ")
		if err != nil {
			return nil, fmt.Errorf("write OpenAPI: %w", err)
		}
		return append(b, '\n'), nil
	})
	return a
}

func (a *API) config() huma.Config {
	config := huma.DefaultConfig("Insegel", a.opts.Version)
	config.Info.Description = a.site.bundle.In("en").T("web.api-about")
	config.Info.License = &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"}
	config.Servers = []*huma.Server{{URL: APIPath}}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.RejectUnknownQueryParameters = true
	config.Formats = map[string]huma.Format{"application/json": exactJSON, "json": exactJSON}
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", a.schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "A key for programs (Administration, Nycklar för program)."},
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-insegel", Description: "The session of a signed-in reader. What changes something must come from the site's own pages."},
	}
	config.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	return config
}

// exactJSON is how bodies are read: what can be understood in two ways is refused, since it is checked and used by different readers.
var exactJSON = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: func(b []byte, v any) error {
	if err := exact.Check(b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}}

// schemaName names a type by its package and itself: several slices have an answer of their own.
func (a *API) schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	pkg := path.Base(t.PkgPath())
	if t.Name() == "" {
		pkg = a.slice // a type without a name belongs to the operation that it is written in
	}
	if pkg == "web" || !strings.HasPrefix(strings.ToLower(name), "api") {
		return name
	}
	own := name[len("api"):]
	pkg = strings.ToUpper(pkg[:1]) + pkg[1:]
	if own == pkg {
		return own
	}
	return pkg + own
}

// Mount registers what tells of the API, once everything in it is registered.
func (a *API) Mount() {
	a.site.Public("GET "+APISpecPath, func(c *Context) error {
		b, err := a.spec()
		if err != nil {
			return err
		}
		c.Writer.Header().Set("Content-Type", "application/openapi+json")
		_, err = c.Writer.Write(b)
		return gone(err)
	})
	a.site.Public("GET "+APIDocsPath, a.docs)
}

// Spec is the OpenAPI document.
func (a *API) Spec() ([]byte, error) { return a.spec() }

// Op is one operation of the API.
type Op struct {
	// Method and Path are as in http.ServeMux, the path after APIPath.
	Method, Path string
	// Action is the use case that the caller must be allowed.
	Action string
	// ID names the operation for programs that write clients.
	ID string
	// Tag groups operations; it is a message key, and so is Text, which says what the operation does.
	Tag, Text string
	// Status is what it answers when it goes well; 0 is 200.
	Status int
	// Kind is the media type of an answer that is not JSON.
	Kind string
	// Max is how many bytes may be sent; 0 is what an ordinary form may have.
	Max int64
}

const (
	opAction = "x-insegel-action"
	opText   = "x-insegel-text"
	opTag    = "x-insegel-tag"
)

// contextKey finds the Context of a request in its context.Context.
type contextKey struct{}

// Operate registers an operation. In and Out are described to huma by their fields; an error is answered as a problem (RFC 9457).
func Operate[In, Out any](a *API, o Op, h func(c *Context, in *In) (*Out, error)) {
	if !access.Known(o.Action) {
		panic(fmt.Sprintf("web: %s %s: the action %q has no policy in access", o.Method, o.Path, o.Action))
	}
	a.route(&o)
	a.later = append(a.later, func(to huma.API) {
		huma.Register(to, a.operation(&o, reflect.TypeFor[In]()), func(ctx context.Context, in *In) (*Out, error) {
			c, _ := ctx.Value(contextKey{}).(*Context)
			out, err := h(c, in)
			if err != nil {
				return nil, a.site.problem(c, err)
			}
			a.site.tellRead(c, o.Action)
			return out, nil
		})
	})
}

// most is how many bytes may be sent.
func (o *Op) most() int64 { return cmp.Or(o.Max, maxForm) }

// operation tells huma of an operation that takes in.
func (a *API) operation(o *Op, in reflect.Type) huma.Operation {
	a.slice, _, _ = strings.Cut(o.Action, ".")
	en := a.site.bundle.In("en")
	op := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: en.T(o.Text), Tags: []string{en.T(o.Tag)}, DefaultStatus: o.Status,
		MaxBodyBytes: o.most(), SkipValidateParams: false, Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests},
		Extensions: map[string]any{opAction: o.Action, opText: o.Text, opTag: o.Tag},
	}
	if strings.Contains(o.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if _, ok := in.FieldByName("IfMatch"); ok {
		op.Errors = append(op.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	}
	if o.Method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: repeatHeader, In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "A name of the request's own. Sent again within a day it gives the same answer, and nothing is done twice.",
		})
	}
	return op
}

// route mounts an operation on the site, behind everything that the site asks of a request.
func (a *API) route(o *Op) {
	pattern := o.Method + " " + APIPath + o.Path
	a.site.kinds[pattern] = forPrograms
	a.site.register(Route{Pattern: pattern, Action: o.Action, API: true}, func(c *Context) error {
		c.action = o.Action
		return a.serve(c, o.most(), func(w http.ResponseWriter, r *http.Request) {
			a.described()
			a.runs[pattern](w, r)
		})
	})
}

// adapter takes what huma makes of the operations.
type adapter struct{ api *API }

// Handle takes what runs one operation.
func (m adapter) Handle(op *huma.Operation, run func(huma.Context)) {
	m.api.runs[op.Method+" "+APIPath+op.Path] = func(w http.ResponseWriter, r *http.Request) { run(humago.NewContext(op, r, w)) }
}

// ServeHTTP is what huma's own tests call.
func (m adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.api.site.ServeHTTP(w, r) }

// serve answers a request once it is known who asks, that they do not ask too often, and that they may.
func (a *API) serve(c *Context, most int64, run func(http.ResponseWriter, *http.Request)) error {
	if err := a.who(c); err != nil {
		return err
	}
	if err := a.site.keepPace(c); err != nil {
		return err
	}
	if err := access.Check(c.Actor, c.action); err != nil {
		return err
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), contextKey{}, c))
	if name := c.Request.Header.Get(repeatHeader); name != "" && c.Request.Method == http.MethodPost {
		return a.once(c, once{name, most}, run)
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most+1)
	run(c.Writer, c.Request)
	return nil
}

// who finds out who asks: whoever a key is for, else whoever is signed in.
func (a *API) who(c *Context) error {
	c.Writer.Header().Set("Vary", "Authorization, Cookie")
	if header := c.Request.Header.Get("Authorization"); header != "" {
		actor, err := a.opts.Key(c.Context(), header, ClientAddress(c.Request))
		if err == nil {
			c.Actor = actor
			return nil
		}
		if !errors.Is(err, a.opts.Refused) {
			return err
		}
		c.Writer.Header().Set("WWW-Authenticate", `Bearer realm="insegel", error="invalid_token"`)
		return &Error{Status: http.StatusUnauthorized, Key: "web.api-key", Err: err}
	}
	actor, viewer, ok := a.site.actor(c.Request)
	if !ok {
		c.Writer.Header().Set("WWW-Authenticate", `Bearer realm="insegel"`)
		return &Error{Status: http.StatusUnauthorized, Key: "web.api-nobody"}
	}
	c.Actor, c.Viewer = actorFrom(actor, c.Request), viewer
	return nil
}

// withKey reports whether a request to the API shows a key: no cookie of it is then looked at, and no page can borrow it.
func withKey(r *http.Request, k kind) bool {
	return k == forPrograms && r.Header.Get("Authorization") != ""
}

// ETag writes a version as an ETag.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Match reads the version that If-Match names. A change without one is refused: what it was made from is not known.
func Match(header string) (int64, error) {
	if header == "" {
		return 0, &Error{Status: http.StatusPreconditionRequired, Key: "web.api-match"}
	}
	text, ok := strings.CutPrefix(header, `"`)
	text, end := strings.CutSuffix(text, `"`)
	version, err := strconv.ParseInt(text, 10, 64)
	if !ok || !end || err != nil || version < 0 {
		return 0, &Error{Status: http.StatusBadRequest, Key: "web.api-match"}
	}
	return version, nil
}

// Stale says that a thing has been changed since the version that a change was made from.
type Stale struct {
	// Current is the ETag of the version that there is now.
	Current string
}

// Error says which version there is.
func (s *Stale) Error() string { return "changed since: the current version is " + s.Current }

// Problem is a fault as the API tells it (RFC 9457).
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the status and the code say what it is"`
	Title  string `json:"title" doc:"The status in words"`
	Status int    `json:"status" doc:"The HTTP status"`
	Detail string `json:"detail,omitempty" doc:"What is wrong and what to do, in the language that was asked for"`
	Code   string `json:"code,omitempty" doc:"What is wrong, for programs: it does not change with the language"`
	// Request finds the fault in the log of whoever runs the program.
	Request string `json:"request,omitempty" doc:"The request's number in the log, when the fault is the program's"`
	Current string `json:"current,omitempty" doc:"The ETag of the version that there is now, when a change was made from an older one"`
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

// foreseen is a fault that huma finds by itself, in what was sent. It tells where, and never what.
func foreseen(status int, message string, errs ...error) huma.StatusError {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: "web.api-invalid", header: http.Header{}}
	if status >= http.StatusInternalServerError {
		p.Code = "web.internal"
		return p
	}
	p.Detail = message
	for _, err := range errs {
		var detail huma.ErrorDetailer
		switch {
		case err == nil:
		case errors.As(err, &detail):
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, ProblemPart{Location: d.Location, Message: d.Message})
		default:
			p.Errors = append(p.Errors, ProblemPart{Message: "could not be read"})
		}
	}
	slices.SortFunc(p.Errors, func(a, b ProblemPart) int { // the same fault is answered alike
		return cmp.Or(cmp.Compare(a.Location, b.Location), cmp.Compare(a.Message, b.Message))
	})
	return p
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
	p := &Problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Code: e.Key, Detail: c.L.T(key, e.Args...), header: http.Header{}}
	if stale != nil {
		p.Current = stale.Current
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

// APIPage is where a list stands among its pages.
type APIPage struct {
	Page  int `json:"page" doc:"From 1"`
	Pages int `json:"pages" doc:"How many pages there are"`
	Size  int `json:"size" doc:"How many items a page has at most"`
	Total int `json:"total" doc:"How many items there are on all pages"`
}

// Span is which items of the whole list the page has. One that is out of range is the last.
func (p *APIPage) Span() (from, to int) {
	p.Page = min(p.Page, p.Pages)
	from = min((p.Page-1)*p.Size, p.Total)
	return from, min(from+p.Size, p.Total)
}

// PageOf counts the pages of a list.
func PageOf(page, size, total int) APIPage {
	return APIPage{Page: max(page, 1), Pages: max((total+size-1)/size, 1), Size: size, Total: total}
}
