// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/db"
)

// repeatHeader names a request, so that it can be sent again when its answer was lost.
const repeatHeader = "Idempotency-Key"

const (
	// keptFor is how long an answer is kept for a request that is sent again.
	keptFor = 24 * time.Hour
	// mostName is how long a request's name may be.
	mostName = 200
)

// Sealed are the texts of the package that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "api_answer", Columns: []string{"body"}, Key: []string{"id"}}}

// kept is an answer that was given to a named request.
type kept struct {
	id, request          string
	status               int
	kind, etag, location string
	body                 string
}

// once is the name of a request, and how much it may send.
type once struct {
	name string
	most int64
}

// once does what a named request asks for the first time that it comes, and answers alike each time after. While nobody knows how the
// first one ended, the second is refused: what it asks for may be done already.
func (a *API) once(c *Context, o once, run func(http.ResponseWriter, *http.Request)) error {
	name := o.name
	if len(name) > mostName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return &Error{Status: http.StatusBadRequest, Key: "web.api-repeat-name"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, o.most))
	if err != nil {
		return formError(err)
	}
	k := kept{id: digest(c.Actor.ID, name), request: digest(c.Request.Method, c.Request.URL.RequestURI(), string(body))}
	earlier, err := a.claim(c, k)
	if err != nil {
		return err
	}
	switch {
	case earlier == nil:
	case earlier.request != k.request:
		return &Error{Status: http.StatusUnprocessableEntity, Key: "web.api-repeat-other"}
	case earlier.status == 0:
		return &Error{Status: http.StatusConflict, Key: "web.api-repeat-open"}
	default:
		return earlier.write(c.Writer)
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	real := c.Writer
	rec := &recorded{ResponseWriter: real}
	c.Writer = rec
	run(rec, c.Request)
	c.Writer = real
	h := real.Header()
	k.status, k.kind, k.etag, k.location, k.body = rec.status, h.Get("Content-Type"), h.Get("ETag"), h.Get("Location"), rec.body.String()
	if err := a.settle(c, k); err != nil {
		// What was asked for is done; that a repeat of it will be refused is the lesser fault.
		a.site.logFault(c, err)
	}
	real.WriteHeader(rec.status)
	_, _ = rec.body.WriteTo(real) // the caller may have left
	return nil
}

// claim notes that a named request has begun, or gives what is known of the one that began before.
func (a *API) claim(c *Context, k kept) (*kept, error) {
	var earlier *kept
	err := a.opts.DB.Write(c.Context(), c.Actor.Organisation, func(tx *db.Tx) (err error) {
		earlier, err = claimAnswer(c.Context(), tx, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("note named request: %w", err)
	}
	return earlier, nil
}

// settle keeps the answer of what was done. What was refused changed nothing, so it may be asked for again.
func (a *API) settle(c *Context, k kept) error {
	err := a.opts.DB.Write(c.Context(), c.Actor.Organisation, func(tx *db.Tx) error {
		if k.status >= 200 && k.status < 300 {
			return keepAnswer(c.Context(), tx, k)
		}
		return forgetAnswer(c.Context(), tx, k.id)
	})
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// write gives the answer again.
func (k *kept) write(w http.ResponseWriter) error {
	h := w.Header()
	for name, value := range map[string]string{"Content-Type": k.kind, "ETag": k.etag, "Location": k.location, "Idempotency-Replayed": "true"} {
		if value != "" {
			h.Set(name, value)
		}
	}
	w.WriteHeader(k.status)
	_, err := io.WriteString(w, k.body)
	return gone(err)
}

// digest hashes parts so that no two lists of parts are alike.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// recorded takes an answer, so that it can be kept before it is sent.
type recorded struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorded) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write notes a part of the body.
func (r *recorded) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *recorded) Unwrap() http.ResponseWriter { return r.ResponseWriter }

var errGone = errors.New("the claim is gone")
