// SPDX-License-Identifier: EUPL-1.2

// Package link lets somebody without an account do one thing (Swedish: länk för delegering eller leverantör). A link comes by mail; the
// secret in it is exchanged at once for a cookie, and a code that is mailed to the same address opens the one task. A link gives no
// account, no role and nothing else than its task, so losing one loses no more than that.
package link

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
)

// Link is one link (Swedish: länk).
type Link struct {
	ID           ids.ID[Link]
	Organisation access.OrganisationID
	// Task names what may be done, and Object what it is done to.
	Task, Object string
	Lang         string
	CreatedBy    string
	Expires      time.Time
	// Used is when the code was given, Done when the task was done, Revoked when the link was taken back; zero while it has not been.
	Used, Done, Revoked time.Time

	recipient string // encrypted
	stay      time.Duration
	lasting   bool
	code      code
}

// New is a link to be made.
type New struct {
	Task, Object string
	// To is whom it is mailed to, in the language Lang.
	To, Lang string
	// Life is how long it can be used; zero is DefaultLife.
	Life time.Duration
	// Stay is how long the browser that has given the code may go on; zero is an hour.
	Stay time.Duration
	// Template is the mail that brings it; empty is mail.Question.
	Template mail.Template
	// Lasting lets the link be opened again, each time with a new code, until its task is done, and live for up to a year: for a task that only takes
	// something back.
	Lasting bool
}

// Limits of a link.
const (
	// DefaultLife is how long a link can be used unless New says otherwise, and maxLife how long at most; LastingLife is that of one that lasts.
	DefaultLife, maxLife, LastingLife = 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour
	// codeLife is how long a code can be given, codeTries how many times it may be given wrongly, and maxCodes how many codes a link gets.
	codeLife, codeTries, maxCodes = 10 * time.Minute, 5, 5
	// visitLife is how long a browser that has opened a link may go on.
	visitLife, maxStay = time.Hour, 24 * time.Hour
	// maxVisits is how many browsers may have a link open; a filter that looks at it again and again fills no table.
	maxVisits = 20
)

var (
	// ErrGone says that a link cannot be used: it never existed, has been used, has expired or has been taken back. Which of them is
	// told to nobody who holds it.
	ErrGone = errors.New("the link cannot be used any more")
	// ErrCode says that a code is wrong.
	ErrCode = errors.New("the code is wrong")
	// ErrNoCode says that no code can be given: there is none, it is too old, it was given wrongly too often, or another browser asked for
	// it.
	ErrNoCode = errors.New("the code cannot be used any more")
	// ErrBusy says that a link is being used, and is not exchanged for another now.
	ErrBusy = errors.New("the link is being used")
	// ErrCodes says that the link has got all the codes that it gets.
	ErrCodes = errors.New("no more codes are sent for the link")
)

// code is the code that opens a link.
type code struct {
	hash string
	// visit is the browser that asked for it, as it is stored; the code is taken from no other.
	visit string
	until time.Time
	tries int
	sent  int
}

// waits reports whether the code can still be given in the browser with the cookie.
func (c *code) waits(cookie string, now time.Time) bool {
	asked := subtle.ConstantTimeCompare([]byte(c.visit), []byte(hash(cookie))) == 1
	return asked && c.hash != "" && now.Before(c.until) && c.tries < codeTries
}

// open reports whether the link can still be opened by its code, or used by whoever has given it.
func (l *Link) open(now time.Time) bool {
	return l.Revoked.IsZero() && l.Done.IsZero() && now.Before(l.Expires)
}

// Open reports whether the link waits to be used.
func (l *Link) Open(now time.Time) bool { return l.open(now) }

// drawToken draws a secret of 130 bits.
func drawToken() string { return rand.Text() }

// hash stands for a secret in the database. The secrets are too long to be guessed, so it needs no salt.
func hash(secret string) string {
	sum := sha256.Sum256([]byte("insegel link " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// codeDigits is how many digits a code has: with five tries of five codes one in four million is guessed.
const codeDigits = 8

// drawCode draws a code.
func drawCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("draw code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n.Int64()), nil
}

// codeHash stands for a code in the database. A code is short, so it is bound to a key that is not there.
func codeHash(key []byte, id ids.ID[Link], digits string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id.String() + "|" + digits))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// actorPrefix stands before the id of the link in whoever uses it.
const actorPrefix = "link:"

// Actor is whoever uses the link, as the log knows them. It holds no role of an organisation; the tasks that take it are the program's
// own, and take nothing that the link does not name.
func (l *Link) Actor(from string) access.Actor {
	return access.Actor{ID: actorPrefix + l.ID.String(), Name: "Länk", Organisation: l.Organisation, Roles: []access.Role{access.System}, Fresh: true, From: from}
}
