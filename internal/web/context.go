// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
)

const (
	// maxForm caps an ordinary form. The longest text field is far below it.
	maxForm = 1 << 20
	// maxUpload caps a form with files; a handler caps the file itself.
	maxUpload = 64 << 20
	// maxStream caps a form whose file is read as it comes.
	maxStream = 2 << 30
	// maxField caps a field before such a file, and maxStreamed how many there are.
	maxField, maxStreamed = 64 << 10, 20
	// maxMemory is how much of an upload is held in memory; the rest is in temporary files.
	maxMemory = 8 << 20
)

// Context is one request on its way to an answer.
type Context struct {
	// Request and Writer are the raw request and answer; most handlers need neither.
	Request *http.Request
	Writer  http.ResponseWriter
	// Actor is who is signed in; its zero value on a public page when nobody is.
	Actor access.Actor
	// Viewer is what the layout shows about the actor.
	Viewer Viewer
	// L gives texts in the reader's language.
	L *locale.Localizer

	site   *Site
	id     string
	action string // the use case of the page
	unlock func() // lets the next change past Unchanged
}

// MayOpen reports whether the reader's roles allow the page at an address within the site, so that no link leads to a page that refuses.
// An address that no page has is not for roles to refuse.
func (c *Context) MayOpen(address string) bool {
	to, err := url.Parse(address)
	if err != nil {
		return false
	}
	_, pattern := c.site.mux.Handler(&http.Request{Method: http.MethodGet, URL: to, Host: c.Request.Host})
	action := c.site.actions[pattern]
	return action == "" || access.Allowed(c.Actor, action)
}

// Context is the request's context, for use cases.
func (c *Context) Context() context.Context { return c.Request.Context() }

// Path gives a part of the path by its name in the pattern.
func (c *Context) Path(name string) string { return c.Request.PathValue(name) }

// Query gives a value of the query string, trimmed.
func (c *Context) Query(name string) string { return clean(c.Request.URL.Query().Get(name)) }

// Form gives a posted value, trimmed, with line breaks as \n. What no database
// can store (NUL, broken UTF-8) is removed, and what turns the direction of the text.
func (c *Context) Form(name string) string {
	v := c.Forms(name)
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// Forms gives all posted values of a name, for example of ticked boxes, each as Form gives it.
func (c *Context) Forms(name string) []string {
	raw := c.Request.PostForm[name]
	out := make([]string, len(raw))
	for i, v := range raw {
		out[i] = clean(v)
	}
	return out
}

// Upload gives the file that was sent under name, of at most max bytes; above it the reader gets an error page. ErrNoFile says
// that none was chosen, and ErrEnding that its name does not end as one of endings (".csv"): what is in it is the handler's to judge.
func (c *Context) Upload(name string, max int64, endings ...string) (multipart.File, *multipart.FileHeader, error) {
	if c.Request.MultipartForm == nil {
		return nil, nil, &Error{Status: http.StatusBadRequest}
	}
	f, head, err := c.Request.FormFile(name)
	switch {
	case errors.Is(err, http.ErrMissingFile):
		return nil, nil, ErrNoFile
	case err != nil:
		return nil, nil, fmt.Errorf("read uploaded file: %w", err)
	case head.Size > max:
		_ = f.Close() // it was only read
		return nil, nil, &Error{Status: http.StatusRequestEntityTooLarge}
	case !slices.Contains(endings, strings.ToLower(path.Ext(head.Filename))):
		_ = f.Close()
		return nil, nil, ErrEnding
	}
	return f, head, nil
}

// Stream gives the file under name in a form that was registered with Site.Stream, as it comes, and the fields that stand before it. It is
// read once, and never laid on a disk. ErrNoFile says that none was chosen.
func (c *Context) Stream(name string) (io.Reader, url.Values, error) {
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return nil, nil, &Error{Status: http.StatusBadRequest, Err: err}
	}
	form := url.Values{}
	for range maxStreamed {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, form, ErrNoFile
		}
		if err != nil {
			return nil, nil, formError(err)
		}
		if part.FormName() == name {
			if part.FileName() == "" {
				return nil, form, ErrNoFile
			}
			return part, form, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return nil, nil, formError(err)
		}
		form.Add(part.FormName(), clean(string(text)))
	}
	return nil, nil, &Error{Status: http.StatusBadRequest}
}

// ErrEnding says that a file's name ends as that of another kind of file.
var ErrEnding = errors.New("the file's name ends as that of another kind of file")

// ErrNoFile says that a form with a file field came without a file.
var ErrNoFile = errors.New("no file was chosen")

// Autosave reports whether the page's script saves a form in the background. Answer with Saved instead of a redirect.
func (c *Context) Autosave() bool { return c.Request.Header.Get("X-Autosave") == "1" }

// Part reports whether the page's script asks for what the page holds, as JSON, and not for the page.
func (c *Context) Part() bool { return c.Request.Header.Get("X-Part") == "1" }

// Saved answers an autosave with when it was saved, in words. A version, if given, becomes the value of the form's hidden
// field "version", so that the next save does not collide with this one.
func (c *Context) Saved(at time.Time, version ...string) error {
	if len(version) > 0 {
		c.Writer.Header().Set("X-Version", version[0])
	}
	return c.Text(http.StatusOK, c.L.T("web.saved", "Clock", c.L.Clock(at)))
}

// Text answers with plain text.
func (c *Context) Text(status int, text string) error {
	c.Writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.Writer.WriteHeader(status)
	_, err := c.Writer.Write([]byte(text))
	return gone(err)
}

// JSON answers the page's script with a value.
func (c *Context) JSON(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	c.Writer.Header().Set("Content-Type", "application/json")
	_, err = c.Writer.Write(body)
	return gone(err)
}

// Attachment answers with a file to save.
func (c *Context) Attachment(name, contentType string, body []byte) error {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err := bytes.NewReader(body).WriteTo(c.Writer)
	return gone(err)
}

// Redirect sends the reader to a path on this site with 303. flash is a message key that is shown once on the next page,
// followed by names and values for the message.
func (c *Context) Redirect(to string, flash ...string) error {
	if Local(to) != to {
		return fmt.Errorf("redirect to %q: not a path on this site", to)
	}
	if len(flash) > 0 {
		c.setFlash(flash)
	}
	http.Redirect(c.Writer, c.Request, to, http.StatusSeeOther)
	return nil
}

// multipart reports whether the form carries files.
func (c *Context) multipart() bool {
	kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

func (c *Context) readForm(uploads int64) error {
	r := c.Request
	if r.Body == nil || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if c.multipart() {
		r.Body = http.MaxBytesReader(c.Writer, r.Body, uploads)
		return errors.Join(formError(r.ParseMultipartForm(maxMemory)), c.checkLengths(r.PostForm))
	}
	r.Body = http.MaxBytesReader(c.Writer, r.Body, maxForm)
	return errors.Join(formError(r.ParseForm()), c.checkLengths(r.PostForm))
}

const (
	// MaxText is how many characters a posted text may have at most. Each field's own limit is lower, and is told beside the field.
	MaxText = 10_000
	// MaxFields is how many values a form may have.
	MaxFields = 5000
)

// longFields take what is no text that somebody writes: lists, metadata, certificates and the answers of browsers and providers. Only the
// form's own limit holds for them.
var longFields = map[string]bool{
	"paste": true, "document": true, "logo-kept": true, "pinned": true, "authorities": true, "svar": true,
	"SAMLResponse": true, "SAMLRequest": true, "logout_token": true,
}

// checkLengths refuses a form with more text than any field of ours takes, whatever the handler looks at.
func (c *Context) checkLengths(form url.Values) error {
	n := 0
	for name, values := range form {
		for _, v := range values {
			if n++; n > MaxFields || len(v) > MaxText && !longFields[name] && utf8.RuneCountInString(v) > MaxText {
				return &Error{Status: http.StatusUnprocessableEntity, Key: "web.too-long", Args: []any{"Max", c.L.Number(MaxText)}}
			}
		}
	}
	return nil
}

// forgetUploads removes the temporary files of an upload. The server does so only for the request that it made itself.
func (c *Context) forgetUploads() {
	if c.Request.MultipartForm != nil {
		_ = c.Request.MultipartForm.RemoveAll() // a file left behind is removed with the machine's temporary files
	}
}

func formError(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return &Error{Status: http.StatusRequestEntityTooLarge, Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Err: err}
	default:
		return &Error{Status: http.StatusBadRequest, Err: err}
	}
}

// clean makes a posted text fit to store.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r == 0 || unicode.Is(unicode.Bidi_Control, r) {
			return -1 // no database stores NUL; marks of direction make a name look like another
		}
		return r
	}, s)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(s)
}

// gone drops the error of writing to a reader who has left: there is nobody to tell and nothing to mend.
func gone(error) error { return nil }
