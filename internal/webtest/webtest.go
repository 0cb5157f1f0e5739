// SPDX-License-Identifier: EUPL-1.2

// Package webtest opens pages as a browser does and judges what came (Swedish: webbprov). Only tests import it.
package webtest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// maxPage caps what is read of an answer; no page comes near it.
const maxPage = 16 << 20

// Client is a browser with a cookie jar. It follows redirects, and says of every request that it comes from the site itself.
type Client struct {
	// URL is the server's address, without a slash at the end.
	URL string
	// Lang is the language that the reader's browser asks for, for example "en".
	Lang string
	// Site is the Sec-Fetch-Site of the requests, "same-origin" by default; empty sends none.
	Site string
	// Header is sent with every request.
	Header http.Header

	t    testing.TB
	http *http.Client
}

// Page is an answer.
type Page struct {
	// Status is the HTTP status of the last answer and URL its path with query, after redirects.
	Status int
	URL    string
	// Header is that answer's.
	Header http.Header
	// Body is what came, Doc the same as a document; nil when it is not HTML.
	Body string
	Doc  *html.Node
}

// Start serves the handler until the test ends and gives a client for it.
func Start(t testing.TB, h http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return Open(t, server.URL)
}

// Open gives a client of its own, without cookies, for a server that is running already.
func Open(t testing.TB, address string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{URL: strings.TrimSuffix(address, "/"), Site: "same-origin", Header: http.Header{}, t: t, http: &http.Client{Jar: jar}}
}

// NoRedirects makes the client show redirects instead of following them.
func (c *Client) NoRedirects() {
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// Away opens a page and gives the address on another site that it leads the browser to; empty when it stays here.
func (c *Client) Away(path string) string {
	c.t.Helper()
	to := ""
	before := c.http.CheckRedirect
	defer func() { c.http.CheckRedirect = before }()
	c.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), c.URL+"/") {
			return nil
		}
		to = r.URL.String()
		return http.ErrUseLastResponse
	}
	c.Get(path)
	return to
}

// Cookie gives the value of a cookie that the client holds, or nothing.
func (c *Client) Cookie(name string) string {
	u, err := url.Parse(c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, k := range c.http.Jar.Cookies(u) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// SetCookie gives the client a cookie.
func (c *Client) SetCookie(name, value string) {
	u, err := url.Parse(c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Get opens a page.
func (c *Client) Get(path string) *Page {
	c.t.Helper()
	return c.Do(c.Request(http.MethodGet, path, nil))
}

// Post sends a form.
func (c *Client) Post(path string, form url.Values) *Page {
	c.t.Helper()
	r := c.Request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.Do(r)
}

// Submit sends the form that the selector finds on a page, as a browser would: with what already stands in its fields, changed by
// values. A name with no values at all is left out.
func (c *Client) Submit(p *Page, selector string, values url.Values) *Page {
	c.t.Helper()
	form := Find(p.Doc, selector)
	if form == nil {
		c.t.Fatalf("%s has no form %s", p.URL, selector)
	}
	fields := Fields(form)
	for name, v := range values {
		if len(v) == 0 {
			delete(fields, name)
			continue
		}
		fields[name] = v
	}
	action := Attr(form, "action")
	if action == "" {
		action = p.URL
	}
	if strings.EqualFold(Attr(form, "method"), "post") {
		return c.Post(action, fields)
	}
	path, _, _ := strings.Cut(action, "?")
	return c.Get(path + "?" + fields.Encode())
}

// Request makes a request with the client's headers, for tests that need to change it before Do.
func (c *Client) Request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for k, v := range c.Header {
		r.Header[k] = v
	}
	if c.Site != "" {
		r.Header.Set("Sec-Fetch-Site", c.Site)
	}
	if c.Lang != "" {
		r.Header.Set("Accept-Language", c.Lang)
	}
	return r
}

// Send sends a request, for whom it is no fault of the test when it comes to nothing.
func (c *Client) Send(r *http.Request) (*http.Response, error) { return c.http.Do(r) }

// Do sends a request and reads the answer.
func (c *Client) Do(r *http.Request) *Page {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // all of it has been read
	b, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	if err != nil {
		c.t.Fatal(err)
	}
	p := &Page{Status: res.StatusCode, URL: res.Request.URL.RequestURI(), Header: res.Header, Body: string(b)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if p.Doc, err = html.Parse(strings.NewReader(p.Body)); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

// Text is the text of the first element that the selector finds, "" when there is none.
func (p *Page) Text(selector string) string { return Text(Find(p.Doc, selector)) }

// Has reports whether the selector finds anything.
func (p *Page) Has(selector string) bool { return Find(p.Doc, selector) != nil }

// All gives every element that the selector finds.
func (p *Page) All(selector string) []*html.Node { return All(p.Doc, selector) }
