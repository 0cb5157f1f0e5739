// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/access"
)

// ETag writes a version as an ETag.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// unquoted gives what stands in an If-Match. A change without one is refused: what it was made from is not known.
func unquoted(header string) (string, error) {
	if header == "" {
		return "", &Error{Status: http.StatusPreconditionRequired, Key: "web.api-match"}
	}
	text, ok := strings.CutPrefix(header, `"`)
	text, end := strings.CutSuffix(text, `"`)
	if !ok || !end || text == "" {
		return "", &Error{Status: http.StatusBadRequest, Key: "web.api-match"}
	}
	return text, nil
}

// Match reads the version that If-Match names.
func Match(header string) (int64, error) {
	text, err := unquoted(header)
	if err != nil {
		return 0, err
	}
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil || version < 0 {
		return 0, &Error{Status: http.StatusBadRequest, Key: "web.api-match"}
	}
	return version, nil
}

// StateTag is the ETag of something that has no version of its own: it tells two states of it apart by what they are.
func StateTag(state any) (string, error) {
	b, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("write ETag: %w", err)
	}
	sum := sha256.Sum256(b)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, nil
}

// Stale says that a thing has been changed since the version that a change was made from.
type Stale struct {
	// Current is the ETag of the version that there is now.
	Current string
}

// Error says which version there is.
func (s *Stale) Error() string { return "changed since: the current version is " + s.Current }

// APIMatch is what a change takes of something whose ETag is what it is, and not a number.
type APIMatch struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what the change is made from: what reading it answers with, or the item's etag in a list"`
}

// Unchanged refuses a change that was made from another state than the one that there is now. Until the request has been answered no other request
// to the API of the same organisation gets past it, so that of two that are made from the same state one is refused.
func (c *Context) Unchanged(m APIMatch, now func() (string, error)) error {
	if _, err := unquoted(m.IfMatch); err != nil {
		return err
	}
	c.release()
	c.unlock = c.site.changes.lock(c.Actor.Organisation)
	current, err := now()
	if err != nil {
		return err
	}
	if current != m.IfMatch {
		return &Stale{Current: current}
	}
	return nil
}

// release lets the next request past Unchanged.
func (c *Context) release() {
	if c.unlock != nil {
		c.unlock()
		c.unlock = nil
	}
}

// changes are whose turn it is to change what has no version, by organisation.
type changes struct{ by sync.Map }

func (x *changes) lock(org access.OrganisationID) (unlock func()) {
	m, _ := x.by.LoadOrStore(org, &sync.Mutex{})
	mutex, _ := m.(*sync.Mutex)
	mutex.Lock()
	return mutex.Unlock
}
