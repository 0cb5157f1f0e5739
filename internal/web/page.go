// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"fmt"
	"html/template"
	"reflect"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// The layouts a page can have.
const (
	// App has the side menu and the top bar; it is the default.
	App = "app"
	// Focus has no menu: one task from beginning to end.
	Focus = "focus"
	// Plain is for readers who are not signed in, and for errors.
	Plain = "plain"
)

// Crumb is one step of the path to a page. The last has no Href.
type Crumb struct{ Label, Href string }

// FieldError says what is wrong with one field of a form and what to write instead.
type FieldError struct {
	// Field is the field's name and the id of its input.
	Field string
	// Key is the message and Args its names and values.
	Key  string
	Args []any
}

// Page is embedded in every page's typed struct. Its fields are set by the handler; its methods are for templates.
type Page struct {
	// Title is the page's name, first in the window's title.
	Title string
	// Active is the Name of the menu entry that the page belongs to.
	Active string
	// Layout is App, Focus or Plain.
	Layout string
	// Crumbs lead to the page. Those that lead to what the reader may not open are left out.
	Crumbs []Crumb
	// Errors are the faults of a form that was sent; the page is then answered with status 422.
	Errors []FieldError
	// Status is the HTTP status when it is not 200.
	Status int
	// Leave is where "continue later" leads from a page with the layout Focus.
	Leave string
	// SavedAt is when a page with the layout Focus was last saved.
	SavedAt time.Time

	c     *Context
	flash string
	offer Offer
}

// Pager is satisfied by a struct, or a pointer to one, that embeds Page.
type Pager interface{ base() Page }

func (p Page) base() Page { return p }

// T gives the message of a key in the reader's language; see locale.Localizer.T.
func (p Page) T(key string, args ...any) string { return p.c.L.T(key, args...) }

// Lang is "sv" or "en".
func (p Page) Lang() string { return p.c.L.Lang }

// Num writes a whole number of any integer type.
func (p Page) Num(n any) (string, error) { return number(p.c.L.Number, n) }

// Percent writes a share.
func (p Page) Percent(part, whole int) string { return p.c.L.Percent(part, whole) }

// Date writes a day for running text.
func (p Page) Date(d civil.Date) string { return p.c.L.Date(d) }

// Short writes a day where space is short.
func (p Page) Short(d civil.Date) string { return p.c.L.ShortDate(d) }

// Moment writes a day and a time of day.
func (p Page) Moment(t time.Time) string { return p.c.L.Moment(t) }

// Clock writes a time of day.
func (p Page) Clock(t time.Time) string { return p.c.L.Clock(t) }

// Icon draws a symbol of icons.svg, hidden from screen readers: the word beside it carries the meaning.
func (p Page) Icon(name string) (template.HTML, error) { return icon(name) }

// Asset gives the address of a static file, with the hash of its content.
func (p Page) Asset(name string) (string, error) { return Asset(name) }

// Flash is what the previous page wanted to say, once.
func (p Page) Flash() string { return p.flash }

// Offer is what can be done about what the flash tells of; its zero value is nothing.
func (p Page) Offer() Offer { return p.offer }

// May reports whether the reader may open an address; see Context.MayOpen.
func (p Page) May(address string) bool { return p.c.MayOpen(address) }

// Err gives what is wrong with a field, or nothing.
func (p Page) Err(field string) string {
	for _, e := range p.Errors {
		if e.Field == field {
			return p.Fault(e)
		}
	}
	return ""
}

// Fault says a fault in words.
func (p Page) Fault(e FieldError) string { return p.T(e.Key, e.Args...) }

// Bind gives a field with its fault, if it has one. Use it as {{template "field" ($.Bind .Name)}}.
func (p Page) Bind(f Field) Field {
	f.Error = p.Err(f.Name)
	return f
}

// BindChoices is Bind for a group of choices.
func (p Page) BindChoices(f Choices) Choices {
	f.Error = p.Err(f.Name)
	return f
}

// Text gives a text of a catalogue in the reader's language. It takes anything with a method In(language) string.
func (p Page) Text(v any) (string, error) {
	m := reflect.ValueOf(v).MethodByName("In")
	if !m.IsValid() || m.Type().NumIn() != 1 || m.Type().In(0).Kind() != reflect.String || m.Type().NumOut() != 1 ||
		m.Type().Out(0).Kind() != reflect.String {
		return "", fmt.Errorf("%T has no method In(language) string", v)
	}
	lang := reflect.ValueOf(p.Lang()).Convert(m.Type().In(0))
	return m.Call([]reflect.Value{lang})[0].String(), nil
}

// number writes any kind of integer.
func number(write func(int64) string, n any) (string, error) {
	v := reflect.ValueOf(n)
	switch {
	case v.CanInt():
		return write(v.Int()), nil
	case v.CanUint():
		return write(int64(v.Uint())), nil //nolint:gosec // counts of things are far below the limit
	default:
		return "", fmt.Errorf("%T is not a whole number", n)
	}
}
