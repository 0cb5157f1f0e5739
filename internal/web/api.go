// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"reflect"
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
var setErrors = sync.OnceFunc(func() {
	huma.NewErrorWithContext = foreseen
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return foreseen(nil, status, message, errs...)
	}
})

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
	if _, ok := any(new(In)).(pager); ok {
		h = paged(h)
	}
	a.route(&o)
	a.later = append(a.later, func(to huma.API) {
		huma.Register(to, a.operation(&o, reflect.TypeFor[In]()), func(ctx context.Context, in *In) (*Out, error) {
			c, _ := ctx.Value(contextKey{}).(*Context)
			defer c.release()
			out, err := h(c, in)
			if err != nil {
				return nil, a.site.problem(c, err)
			}
			if out != nil {
				if l, ok := listOf(out); ok && l.page.Size == 0 {
					l.whole()
				}
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
