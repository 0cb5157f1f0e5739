// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
)

const (
	// APILimit is the most items that a page of a list can have.
	APILimit = 200
	// apiSize is how many items a page has of a list that says nothing of it.
	apiSize = 100
)

// APIPaging is what every list of the API takes: which page of it, and how many items a page has.
type APIPaging struct {
	Page  int `query:"page" minimum:"1" default:"1" doc:"From 1"`
	Limit int `query:"limit" minimum:"1" maximum:"200" doc:"How many items a page has; left out: as many as the list has by itself"`
}

func (p *APIPaging) paging() *APIPaging { return p }

// pager is what embeds APIPaging.
type pager interface{ paging() *APIPaging }

// APIPage is where a list stands among its pages.
type APIPage struct {
	Page  int    `json:"page" doc:"From 1"`
	Pages int    `json:"pages" doc:"How many pages there are"`
	Size  int    `json:"size" doc:"How many items a page has at most"`
	Total int    `json:"total" doc:"How many items there are on all pages"`
	Next  string `json:"next,omitempty" doc:"The address of the next page, with the same filter; left out on the last"`
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

// listed is the list in an answer.
type listed struct {
	items reflect.Value
	page  *APIPage
}

// listOf finds the list in an answer; false when it has none that is paged.
func listOf(out any) (listed, bool) {
	body := reflect.ValueOf(out).Elem()
	if body.Kind() != reflect.Struct {
		return listed{}, false
	}
	if body = body.FieldByName("Body"); body.Kind() != reflect.Struct {
		return listed{}, false
	}
	items, page := body.FieldByName("Items"), body.FieldByName("APIPage")
	if items.Kind() != reflect.Slice || !page.IsValid() {
		return listed{}, false
	}
	p, ok := page.Addr().Interface().(*APIPage)
	return listed{items, p}, ok
}

// whole notes that an answer has a whole list on its only page.
func (l *listed) whole() {
	*l.page = PageOf(1, max(l.items.Len(), 1), l.items.Len())
}

// paged lets an operation that gives one page of a size of its own, or a whole list, give pages of the size that is asked for.
func paged[In, Out any](h func(c *Context, in *In) (*Out, error)) func(c *Context, in *In) (*Out, error) {
	if _, ok := listOf(new(Out)); !ok {
		panic(fmt.Sprintf("web: %T takes pages, and %T has none", *new(In), *new(Out)))
	}
	return func(c *Context, in *In) (*Out, error) {
		p := any(in).(pager).paging()
		want := *p
		if p.Limit = 0; want.Limit > 0 {
			p.Page = 1
		}
		out, err := h(c, in)
		if err != nil || out == nil {
			return out, err
		}
		l, _ := listOf(out)
		switch own := *l.page; {
		case own.Size == 0: // it gave everything
			cut(&l, want)
		case want.Limit > 0:
			if err := gather(&l, want, func(page int) (*Out, error) {
				if p.Page = page; page == 1 {
					return out, nil
				}
				return h(c, in)
			}); err != nil {
				return nil, err
			}
		}
		l.link(c)
		return out, nil
	}
}

// cut keeps one page of a whole list.
func cut(l *listed, want APIPaging) {
	size := want.Limit
	if size == 0 {
		size = apiSize
	}
	*l.page = PageOf(want.Page, size, l.items.Len())
	from, to := l.page.Span()
	l.items.Set(l.items.Slice(from, to))
}

// gather puts a page together from the pages that an operation gives, of a size of their own.
func gather[Out any](l *listed, want APIPaging, at func(page int) (*Out, error)) error {
	own := l.page.Size
	page := PageOf(want.Page, want.Limit, l.page.Total)
	from, to := page.Span()
	items := reflect.MakeSlice(l.items.Type(), 0, to-from)
	for first := from / own * own; first < to; first += own {
		out, err := at(first/own + 1)
		if err != nil {
			return err
		}
		part, _ := listOf(out)
		n := part.items.Len()
		items = reflect.AppendSlice(items, part.items.Slice(min(max(from-first, 0), n), min(to-first, n)))
	}
	*l.page = page
	l.items.Set(items)
	return nil
}

// link says where the next page is.
func (l *listed) link(c *Context) {
	if l.page.Page >= l.page.Pages {
		return
	}
	l.page.Next = c.Next("page", strconv.Itoa(l.page.Page+1))
}

// Next gives the address of the next page of a list, which differs in one parameter, and says it in the answer's header too.
func (c *Context) Next(parameter, value string) string {
	next := url.URL{Path: c.Request.URL.Path}
	q := c.Request.URL.Query()
	q.Set(parameter, value)
	next.RawQuery = q.Encode()
	c.Writer.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	return next.String()
}
