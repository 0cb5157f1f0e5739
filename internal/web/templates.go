// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
)

//go:embed layout
var layoutFiles embed.FS

// layouts are the templates that every page is combined with: the three layouts and the shared components.
var layouts = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("layouts").Funcs(functions(nil)).ParseFS(layoutFiles, "layout/*.html"))
})

var errorTemplates = Parse(layoutFiles, "layout/page/*.html")

// Templates are the pages of one slice.
type Templates struct {
	// files are the names of the files by those of the pages, found when the first page is drawn.
	files func() (map[string]string, error)
	fsys  fs.FS
}

// declared are all templates of the program.
var declared struct {
	mu  sync.Mutex
	all []*Templates
}

// Parse declares the page templates of a slice. Every file is one page: what it holds is the page's main content, drawn with the
// struct that Render gets, and it may use the shared components. A page is read when it is first drawn, for reading them all would take
// a fifth of each start; CheckTemplates reads them all in a test, so that no fault waits for a reader.
func Parse(fsys fs.FS, patterns ...string) *Templates {
	t := newTemplates(fsys, patterns...)
	declared.mu.Lock()
	defer declared.mu.Unlock()
	declared.all = append(declared.all, t)
	return t
}

func newTemplates(fsys fs.FS, patterns ...string) *Templates {
	if len(patterns) == 0 {
		patterns = []string{"*.html"}
	}
	return &Templates{fsys: fsys, files: sync.OnceValues(func() (map[string]string, error) {
		files := map[string]string{}
		for _, pattern := range patterns {
			names, err := fs.Glob(fsys, pattern)
			if err != nil || len(names) == 0 {
				return nil, fmt.Errorf("find templates: none match %q: %w", pattern, errors.Join(err, fs.ErrNotExist))
			}
			for _, name := range names {
				short := path.Base(name)
				if files[short] != "" {
					return nil, fmt.Errorf("find templates: two are called %s", short)
				}
				files[short] = name
			}
		}
		return files, nil
	})}
}

// page reads one page, to be drawn with functions.
func (t *Templates) page(name string, functions template.FuncMap) (*template.Template, error) {
	files, err := t.files()
	if err != nil {
		return nil, err
	}
	if files[name] == "" {
		return nil, errors.New("no such template")
	}
	text, err := fs.ReadFile(t.fsys, files[name])
	if err != nil {
		return nil, err
	}
	set, err := layouts().Clone()
	if err != nil {
		return nil, err
	}
	if _, err := set.New("main").Parse(string(text)); err != nil {
		return nil, err
	}
	return set.Funcs(functions), nil
}

// CheckTemplates reads every page that has been declared, and finds out how what it shows is to be escaped. The program reads a page when
// it is first drawn; a test calls this, so that no fault waits until then.
func CheckTemplates() error {
	declared.mu.Lock()
	defer declared.mu.Unlock()
	var all error
	for _, t := range declared.all {
		all = errors.Join(all, t.check())
	}
	return all
}

func (t *Templates) check() error {
	files, err := t.files()
	if err != nil {
		return err
	}
	for short, name := range files {
		set, e := t.page(short, functions(nil))
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, e))
			continue
		}
		for _, layout := range []string{App, Focus, Plain} {
			var fault *template.Error
			if errors.As(set.ExecuteTemplate(io.Discard, layout, nil), &fault) { // any other error is that there is nothing to show
				err = errors.Join(err, fmt.Errorf("%s: %w", name, fault))
			}
		}
	}
	return err
}

// functions are what templates may call besides the methods of Page; the shared components, which do not see the page, need
// them. l is nil when a template is only parsed.
func functions(l *locale.Localizer) template.FuncMap {
	return template.FuncMap{
		"t":     func(key string, args ...any) string { return l.T(key, args...) },
		"num":   func(n any) (string, error) { return number(l.Number, n) },
		"share": func(part, whole int) string { return l.Percent(part, whole) },
		"lang":  func() string { return l.Lang },
		"icon":  icon,
		"asset": Asset,
		"seq":   func(v ...any) []any { return v },
		"parts": addressParts,
	}
}

// addressParts are the parts of an address that a line may be broken between: after each slash and before each full stop, never within a word.
func addressParts(address string) []string {
	var out []string
	from := 0
	for i, r := range address {
		if i > from && (r == '.' && address[i-1] != '/' || address[i-1] == '/' && r != '/') {
			out, from = append(out, address[from:i]), i
		}
	}
	return append(out, address[from:])
}

// templateKey names a page that is bound to a language.
type templateKey struct {
	of         *Templates
	name, lang string
}

// bound gives the page's templates for the reader's language. They are made once: reading them and the escaping of html/template
// are costly.
func (s *Site) bound(t *Templates, name string, l *locale.Localizer) (*template.Template, error) {
	key := templateKey{of: t, name: name, lang: l.Lang}
	if set, ok := s.cache.Load(key); ok {
		return set.(*template.Template), nil
	}
	set, err := t.page(name, functions(l))
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	actual, _ := s.cache.LoadOrStore(key, set)
	return actual.(*template.Template), nil
}

// layoutData is what a layout is drawn with. The page's own struct is kept apart, so that a field of it that is called Title or
// Lang cannot hide what the layout needs.
type layoutData struct {
	P      Page
	Groups []menuGroup
	Viewer Viewer
	// Role and Initials are the viewer's, as shown.
	Role, Initials string
	// Roles are all of the viewer's roles, and Withheld those that the sign-in does not give, as shown.
	Roles    []string
	Withheld []Withheld
	// Search is where the search box leads; empty for who may not search.
	Search string
	// Example says that the reader may open the page about the example's data.
	Example bool
	// Alarms is how many alarms the reader is told about.
	Alarms int
	// Style is the address of the organisation's own style sheet.
	Style string
	// Here is where the forms that every page has come back to.
	Here    string
	Content any
}

// examplePath is the page about the example's data, which every page leads to when it shows them.
const examplePath = "/exempel"

// mayOpen reports whether the reader may open a page of the site.
func (c *Context) mayOpen(path string) bool {
	for i := range c.site.routes {
		if r := &c.site.routes[i]; r.Pattern == http.MethodGet+" "+path {
			return r.Action == "" || access.Allowed(c.Actor, r.Action)
		}
	}
	return true
}

func (c *Context) layoutData(p Page, content any) layoutData {
	d := layoutData{P: p, Viewer: c.Viewer, Role: c.Viewer.Role, Initials: initials(c.Viewer.Name), Here: c.here(), Content: content}
	if c.mayOpen(c.site.opts.Search) {
		d.Search = c.site.opts.Search
	}
	d.Example = c.mayOpen(examplePath)
	d.Role = c.role(d.Role)
	for _, r := range c.Viewer.Roles {
		d.Roles = append(d.Roles, c.role(r))
	}
	if p.Layout != Plain {
		for _, w := range c.Viewer.Withheld {
			d.Withheld = append(d.Withheld, Withheld{Role: c.role(w.Role), Key: w.Key})
		}
	}
	if p.Layout == App && c.site.opts.Menu != nil {
		d.Groups = groups(c.site.opts.Menu(c))
	}
	if p.Layout != Plain && c.site.opts.Alarms != nil {
		n, err := c.site.opts.Alarms(c)
		if err != nil { // the page itself is right, and what reads alarms logs its own faults
			c.site.log.LogAttrs(c.Context(), slog.LevelError, "alarms not read", slog.String("request_id", c.id), slog.String("error", err.Error()))
		}
		d.Alarms = n
	}
	if c.site.opts.Style != nil {
		style, err := c.site.opts.Style(c)
		if err != nil { // the page is right without it
			c.site.log.LogAttrs(c.Context(), slog.LevelError, "look not read", slog.String("request_id", c.id), slog.String("error", err.Error()))
		}
		d.Style = style
	}
	return d
}

// role is a role in the reader's language; a text that is no role is shown as it is.
func (c *Context) role(role string) string {
	if key := "web.role-" + role; c.L.Has(key) {
		return c.L.T(key)
	}
	return role
}

// initials are the first letters of the first two words of a name.
func initials(name string) string {
	var out string
	for i, word := range strings.Fields(name) {
		if i < 2 {
			out += string([]rune(word)[:1])
		}
	}
	return strings.ToUpper(out)
}

// Render draws a page and answers with it.
func (c *Context) Render(t *Templates, name string, page Pager) error {
	set, err := c.site.bound(t, name, c.L)
	if err != nil {
		return err
	}
	p := page.base()
	p.c = c
	if p.Layout == "" {
		p.Layout = App
	}
	if p.Status == 0 && len(p.Errors) > 0 {
		p.Status = http.StatusUnprocessableEntity
	}
	p.Crumbs = slices.DeleteFunc(slices.Clone(p.Crumbs), func(x Crumb) bool { return x.Href != "" && !c.MayOpen(x.Href) })
	p.flash, p.offer = c.takeFlash()
	content, err := withPage(page, p)
	if err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, p.Layout, c.layoutData(p, content)); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	if len(p.Errors) > 0 {
		c.site.tellFile(c, p.Status)
	}
	c.Writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.Writer.Header().Set("Content-Language", c.L.Lang)
	if p.Status != 0 {
		c.Writer.WriteHeader(p.Status)
	}
	_, err = b.WriteTo(c.Writer)
	return gone(err)
}

// withPage gives a copy of the page's struct in which the embedded Page is p.
func withPage(page Pager, p Page) (any, error) {
	v := reflect.ValueOf(page)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	if out.Type() == reflect.TypeFor[Page]() {
		return p, nil
	}
	field := out.FieldByName("Page")
	if !field.IsValid() || field.Type() != reflect.TypeFor[Page]() {
		return nil, fmt.Errorf("%s does not embed Page", v.Type())
	}
	field.Set(reflect.ValueOf(p))
	return out.Interface(), nil
}

// menuGroup is the entries under one heading.
type menuGroup struct {
	Key   string
	Items []MenuItem
}

func groups(items []MenuItem) []menuGroup {
	var out []menuGroup
	for _, it := range items {
		if len(out) == 0 || out[len(out)-1].Key != it.Group {
			out = append(out, menuGroup{Key: it.Group})
		}
		g := &out[len(out)-1]
		g.Items = append(g.Items, it)
	}
	return out
}

// here is the address to come back to after a form that every page has, such as the choice of language.
func (c *Context) here() string {
	if c.Request.Method != http.MethodGet {
		return "/"
	}
	return Local(c.Request.URL.RequestURI())
}
