// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/exact"
	"github.com/insegel/insegel/internal/web"
)

// SCIMPath is where a directory tells of people and groups (RFC 7644). Whose they are follows from the key.
const SCIMPath = "/scim/v2"

// The limits of the API.
const (
	mostBody = 1 << 20
	pageSize = 100
	mostPage = 200
	// perSecond and burst are how many requests a key may make.
	perSecond = 25
	burst     = 100
)

// SCIM is the API for directories.
type SCIM struct {
	Service *Service
	// Actor tells who an Authorization header acts as; Refused is the error of one that opens nothing.
	Actor   func(ctx context.Context, header, from string) (access.Actor, error)
	Refused error
	// Link is the address of the site, such as https://insegel.example.se; empty takes the request's own.
	Link string

	mu    sync.Mutex
	rates map[string]*rate.Limiter
}

// Routes registers the API. It answers programs only: no cookie reaches it.
func (a *SCIM) Routes(s *web.Site) {
	s.Machine(SCIMPath+"/{rest...}", a.serve)
}

// scimRequest is one request with who makes it.
type scimRequest struct {
	*web.Context
	actor access.Actor
	base  string
	kind  string // the first part of the address: Users, Groups, Schemas
	id    string
}

// serve answers a request. What goes wrong is answered as RFC 7644 says, and never as a page.
func (a *SCIM) serve(c *web.Context) error {
	h := c.Writer.Header()
	h.Set("Vary", "Authorization")
	actor, err := a.Actor(c.Context(), c.Request.Header.Get("Authorization"), web.ClientAddress(c.Request))
	if errors.Is(err, a.Refused) {
		h.Set("WWW-Authenticate", `Bearer realm="scim"`)
		return a.fault(c, &SCIMError{http.StatusUnauthorized, "", "the key is missing or not accepted"})
	}
	if err != nil {
		return a.fault(c, err)
	}
	if !a.within(actor.ID) {
		h.Set("Retry-After", "1")
		return a.fault(c, &SCIMError{http.StatusTooManyRequests, "", "too many requests: wait a second"})
	}
	r := &scimRequest{Context: c, actor: actor, base: a.base(c.Request)}
	rest := strings.Trim(c.Path("rest"), "/")
	r.kind, r.id, _ = strings.Cut(rest, "/")
	if err := a.route(r); err != nil {
		return a.fault(c, err)
	}
	return nil
}

// within reports whether a key has requests left.
func (a *SCIM) within(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rates == nil {
		a.rates = map[string]*rate.Limiter{}
	}
	l := a.rates[id]
	if l == nil { // only keys that exist come here, so the map is as small as they are few
		l = rate.NewLimiter(perSecond, burst)
		a.rates[id] = l
	}
	return l.AllowN(a.Service.DB.Now(), 1)
}

func (a *SCIM) base(r *http.Request) string {
	if a.Link != "" {
		return strings.TrimSuffix(a.Link, "/") + SCIMPath
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + SCIMPath
}

func (a *SCIM) route(r *scimRequest) error {
	if strings.Contains(r.id, "/") {
		return db.ErrNotFound
	}
	switch r.kind {
	case "Users":
		return a.users(r)
	case "Groups":
		return a.groups(r)
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
		return r.fixed()
	case "Me", "Bulk", ".search":
		return &SCIMError{http.StatusNotImplemented, "", r.kind + " is not offered"}
	default:
		return db.ErrNotFound
	}
}

// fixed answers what never changes.
func (r *scimRequest) fixed() error {
	switch {
	case r.Request.Method != http.MethodGet:
		return notAllowed("GET")
	case r.kind == "ResourceTypes":
		return r.constants(resourceTypes(r.base))
	case r.kind == "Schemas":
		return r.constants(schemas(r.base))
	case r.id != "":
		return db.ErrNotFound
	default:
		return r.answer(http.StatusOK, serviceProviderConfig(r.base), "")
	}
}

func (a *SCIM) users(r *scimRequest) error {
	ctx := r.Request.Context()
	switch method := r.Request.Method; {
	case r.id == "" && method == http.MethodGet:
		return a.list(r, func(f []Condition, start, count int) ([]any, int, error) {
			list, total, err := a.Service.DirectoryUsers(ctx, r.actor, f, start, count)
			out := make([]any, len(list))
			for i := range list {
				out[i] = r.user(&list[i])
			}
			return out, total, err
		})
	case r.id == "" && method == http.MethodPost:
		object, err := r.object()
		if err != nil {
			return err
		}
		u, err := WholeUser(object)
		if err != nil {
			return err
		}
		p, err := a.Service.AddDirectoryUser(ctx, r.actor, u)
		return r.changed(http.StatusCreated, r.user(&p), p.Version, err)
	case r.id == "":
		return notAllowed("GET, POST")
	case method == http.MethodGet:
		p, err := a.Service.DirectoryUser(ctx, r.actor, r.id)
		if err != nil {
			return err
		}
		return r.answer(http.StatusOK, r.user(&p), tag(p.Version))
	default:
		return a.changeUser(r, method)
	}
}

func (a *SCIM) changeUser(r *scimRequest, method string) error {
	ctx := r.Request.Context()
	m, err := r.match()
	if err != nil {
		return err
	}
	var change func(*DirectoryUser) error
	switch method {
	case http.MethodPut:
		object, err := r.object()
		if err != nil {
			return err
		}
		whole, err := WholeUser(object)
		if err != nil {
			return err
		}
		change = func(u *DirectoryUser) error { *u = whole; return nil }
	case http.MethodPatch:
		steps, err := r.steps()
		if err != nil {
			return err
		}
		change = func(u *DirectoryUser) error {
			for _, s := range steps {
				if err := u.Apply(s); err != nil {
					return err
				}
			}
			return nil
		}
	case http.MethodDelete:
		return r.gone(a.last(r, a.Service.RemoveDirectoryUser(ctx, r.actor, r.id, m)))
	default:
		return notAllowed("GET, PUT, PATCH, DELETE")
	}
	p, err := a.Service.ChangeDirectoryUser(ctx, r.actor, r.id, m, change)
	return r.changed(http.StatusOK, r.user(&p), p.Version, a.last(r, err))
}

// last raises the alarm when the directory would have ended the last administrator.
func (a *SCIM) last(r *scimRequest, err error) error {
	if errors.Is(err, ErrLastAdministrator) {
		return errors.Join(err, a.Service.keepLast(r.Request.Context(), r.actor, r.id))
	}
	return err
}

func (a *SCIM) groups(r *scimRequest) error {
	ctx := r.Request.Context()
	switch method := r.Request.Method; {
	case r.id == "" && method == http.MethodGet:
		return a.list(r, func(f []Condition, start, count int) ([]any, int, error) {
			list, total, err := a.Service.DirectoryGroups(ctx, r.actor, f, start, count)
			out := make([]any, len(list))
			for i := range list {
				out[i] = r.group(&list[i])
			}
			return out, total, err
		})
	case r.id == "" && method == http.MethodPost:
		object, err := r.object()
		if err != nil {
			return err
		}
		g, err := WholeGroup(object)
		if err != nil {
			return err
		}
		x, err := a.Service.AddDirectoryGroup(ctx, r.actor, g)
		return r.changed(http.StatusCreated, r.group(&x), x.Version, err)
	case r.id == "":
		return notAllowed("GET, POST")
	case method == http.MethodGet:
		list, _, err := a.Service.DirectoryGroups(ctx, r.actor, []Condition{{"id", r.id}}, 1, 1)
		if err != nil || len(list) == 0 {
			return errors.Join(err, db.ErrNotFound)
		}
		return r.answer(http.StatusOK, r.group(&list[0]), tag(list[0].Version))
	default:
		return a.changeGroup(r, method)
	}
}

func (a *SCIM) changeGroup(r *scimRequest, method string) error {
	ctx := r.Request.Context()
	m, err := r.match()
	if err != nil {
		return err
	}
	var change func(*DirectoryGroup) error
	switch method {
	case http.MethodPut:
		object, err := r.object()
		if err != nil {
			return err
		}
		whole, err := WholeGroup(object)
		if err != nil {
			return err
		}
		change = func(g *DirectoryGroup) error { *g = whole; return nil }
	case http.MethodPatch:
		steps, err := r.steps()
		if err != nil {
			return err
		}
		change = func(g *DirectoryGroup) error {
			for _, s := range steps {
				if err := g.Apply(s); err != nil {
					return err
				}
			}
			return nil
		}
	case http.MethodDelete:
		return r.gone(a.Service.RemoveDirectoryGroup(ctx, r.actor, r.id, m))
	default:
		return notAllowed("GET, PUT, PATCH, DELETE")
	}
	g, err := a.Service.ChangeDirectoryGroup(ctx, r.actor, r.id, m, change)
	return r.changed(http.StatusOK, r.group(&g), g.Version, err)
}

func notAllowed(allow string) error {
	return &SCIMError{http.StatusMethodNotAllowed, "", "only " + allow + " are offered here"}
}

// list answers a page of what a filter finds.
func (a *SCIM) list(r *scimRequest, find func(f []Condition, start, count int) ([]any, int, error)) error {
	q := r.Request.URL.Query()
	var filter []Condition
	if text := q.Get("filter"); text != "" {
		var err error
		if filter, err = ParseFilter(text); err != nil {
			return err
		}
	}
	start, err := number(q, "startIndex", 1)
	if err != nil {
		return err
	}
	count, err := number(q, "count", pageSize)
	if err != nil {
		return err
	}
	start, count = max(1, start), min(max(0, count), mostPage)
	found, total, err := find(filter, start, count)
	if err != nil {
		return err
	}
	if found == nil {
		found = []any{}
	}
	for i := range found {
		found[i] = narrowed(found[i], q)
	}
	return r.answer(http.StatusOK, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": total, "startIndex": start,
		"itemsPerPage": len(found), "Resources": found,
	}, "")
}

func number(q url.Values, name string, otherwise int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badValue("%s is a whole number", name)
	}
	return min(n, 1<<30), nil
}

// narrowed leaves the attributes that were asked for.
func narrowed(v any, q url.Values) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	keep, drop := names(q.Get("attributes")), names(q.Get("excludedAttributes"))
	for key := range object {
		always := key == "id" || key == "schemas"
		if !always && (len(keep) > 0 && !keep[strings.ToLower(key)] || drop[strings.ToLower(key)]) {
			delete(object, key)
		}
	}
	return object
}

// names reads a list of attributes as their first parts, in lower case.
func names(list string) map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Split(list, ",") {
		if name = plainName(strings.TrimSpace(name)); name != "" {
			first, _, _ := strings.Cut(name, ".")
			out[first] = true
		}
	}
	return out
}

// object reads the body of a request.
func (r *scimRequest) object() (map[string]any, error) {
	kind, _, err := mime.ParseMediaType(r.Request.Header.Get("Content-Type"))
	if err != nil || kind != "application/scim+json" && kind != "application/json" {
		return nil, &SCIMError{http.StatusUnsupportedMediaType, "", "send application/scim+json"}
	}
	b, err := io.ReadAll(http.MaxBytesReader(r.Writer, r.Request.Body, mostBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, &SCIMError{http.StatusRequestEntityTooLarge, "", fmt.Sprintf("a request has at most %d bytes", mostBody)}
	}
	if err != nil {
		return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "the request could not be read to its end"}
	}
	var out map[string]any
	if err := exact.Check(b); err != nil {
		return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "the request is not JSON that can be read in one way only"}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&out); err != nil || out == nil || d.More() {
		return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "the body is not one JSON object"}
	}
	return out, nil
}

// steps reads the body of a PATCH.
func (r *scimRequest) steps() ([]Step, error) {
	object, err := r.object()
	if err != nil {
		return nil, err
	}
	raw, _ := field(object, "Operations")
	list, ok := raw.([]any)
	if !ok {
		return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "a PATCH has Operations"}
	}
	operations := make([]Operation, 0, len(list))
	for _, item := range list {
		o, ok := item.(map[string]any)
		if !ok {
			return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "an operation is an object"}
		}
		op, _ := field(o, "op")
		path, _ := field(o, "path")
		value, _ := field(o, "value")
		name, ok1 := op.(string)
		where, ok2 := path.(string)
		if !ok1 || path != nil && !ok2 {
			return nil, &SCIMError{http.StatusBadRequest, "invalidSyntax", "op and path are texts"}
		}
		operations = append(operations, Operation{Op: name, Path: where, Value: value})
	}
	return Steps(operations)
}

// match reads If-Match.
func (r *scimRequest) match() (Match, error) {
	text := strings.TrimSpace(r.Request.Header.Get("If-Match"))
	if text == "" || text == "*" {
		return Match{}, nil
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), 10, 64)
	if err != nil || n <= 0 {
		return Match{}, ErrVersion
	}
	return Match{n}, nil
}

func tag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// answer writes what was asked for, or that it has not changed.
func (r *scimRequest) answer(status int, v any, etag string) error {
	h := r.Writer.Header()
	if etag != "" {
		h.Set("ETag", etag)
		if status == http.StatusOK && r.Request.Method == http.MethodGet && r.Request.Header.Get("If-None-Match") == etag {
			r.Writer.WriteHeader(http.StatusNotModified)
			return nil
		}
		v = narrowed(v, r.Request.URL.Query())
	}
	return write(r.Context, status, v)
}

func (r *scimRequest) changed(status int, v map[string]any, version int64, err error) error {
	if err != nil {
		return err
	}
	if meta, ok := v["meta"].(map[string]any); ok {
		if location, ok := meta["location"].(string); ok {
			r.Writer.Header().Set("Location", location)
		}
	}
	return r.answer(status, v, tag(version))
}

func (r *scimRequest) gone(err error) error {
	if err != nil {
		return err
	}
	r.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func write(c *web.Context, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	c.Writer.Header().Set("Content-Type", "application/scim+json; charset=utf-8")
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(b) // the directory may have left
	return nil
}

// fault answers with what is wrong. What nobody foresaw goes on to the site, which logs it.
func (a *SCIM) fault(c *web.Context, err error) error {
	e := &SCIMError{}
	switch {
	case errors.As(err, &e):
	case errors.Is(err, db.ErrNotFound):
		e = &SCIMError{http.StatusNotFound, "", "there is no such resource"}
	case errors.Is(err, ErrTaken), errors.Is(err, ErrGroupTaken):
		e = &SCIMError{http.StatusConflict, "uniqueness", err.Error()}
	case errors.Is(err, ErrLastAdministrator):
		e = &SCIMError{http.StatusConflict, "mutability", ErrLastAdministrator.Error()}
	case errors.Is(err, ErrSignsIn):
		e = &SCIMError{http.StatusBadRequest, "mutability", "externalId of an administrator who signs in is changed by nobody else: one person could then act as two"}
	case errors.Is(err, ErrVersion), errors.Is(err, db.ErrConflict):
		e = &SCIMError{http.StatusPreconditionFailed, "", ErrVersion.Error()}
	case errors.Is(err, ErrName), errors.Is(err, ErrEmail), errors.Is(err, ErrUnit):
		e = &SCIMError{http.StatusBadRequest, "invalidValue", errors.Unwrap(err).Error()}
	case errors.Is(err, access.ErrDenied):
		e = &SCIMError{http.StatusForbidden, "", "the key is not for this"}
	default:
		return err
	}
	c.Refused(e.Status)
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		body["scimType"] = e.Type
	}
	return write(c, e.Status, body)
}

func (r *scimRequest) user(p *Provisioned) map[string]any {
	out := map[string]any{
		"schemas": []string{userSchema, enterpriseSchema}, "id": p.ID.String(), "userName": p.UserName, "displayName": p.Name,
		"name": map[string]any{"formatted": p.Name}, "active": p.Active(),
		"meta": r.meta("User", "Users", p.ID.String(), [2]time.Time{p.Created, p.Updated}, p.Version),
	}
	if p.UserName == "" {
		out["userName"] = p.ExternalID
	}
	if p.ExternalID != "" {
		out["externalId"] = p.ExternalID
	}
	if p.Email != "" {
		out["emails"] = []any{map[string]any{"value": p.Email, "type": "work", "primary": true}}
	}
	if p.Department != "" {
		out[enterpriseSchema] = map[string]any{"department": p.Department}
	}
	if len(p.Groups) > 0 {
		var in []any
		for i := range p.Groups {
			g := &p.Groups[i]
			in = append(in, map[string]any{"value": g.ID.String(), "display": g.Name, "$ref": r.base + "/Groups/" + g.ID.String(), "type": "direct"})
		}
		out["groups"] = in
	}
	return out
}

func (r *scimRequest) group(g *GroupWithMembers) map[string]any {
	list := make([]any, len(g.Members))
	for i, p := range g.Members {
		list[i] = map[string]any{"value": p.String(), "$ref": r.base + "/Users/" + p.String(), "type": "User"}
	}
	out := map[string]any{
		"schemas": []string{groupSchema}, "id": g.ID.String(), "displayName": g.Name, "members": list,
		"meta": r.meta("Group", "Groups", g.ID.String(), [2]time.Time{g.Created, g.Updated}, g.Version),
	}
	if g.ExternalID != "" {
		out["externalId"] = g.ExternalID
	}
	return out
}

func (r *scimRequest) meta(kind, path, id string, at [2]time.Time, version int64) map[string]any {
	return map[string]any{
		"resourceType": kind, "location": r.base + "/" + path + "/" + id, "version": tag(version),
		"created": at[0].Format(time.RFC3339Nano), "lastModified": at[1].Format(time.RFC3339Nano),
	}
}

// constants answers a list of what never changes, or one of them.
func (r *scimRequest) constants(all []map[string]any) error {
	if r.id == "" {
		list := make([]any, len(all))
		for i := range all {
			list[i] = all[i]
		}
		return r.answer(http.StatusOK, map[string]any{
			"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": len(all), "startIndex": 1,
			"itemsPerPage": len(all), "Resources": list,
		}, "")
	}
	for _, c := range all {
		if id, _ := c["id"].(string); strings.EqualFold(id, r.id) {
			return r.answer(http.StatusOK, c, "")
		}
	}
	return db.ErrNotFound
}
