// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// RequestLife is how long a sign-in may take at a provider before it must begin anew: long enough to find the card and its code.
const RequestLife = 10 * time.Minute

// ErrRequest says that an answer belongs to no sign-in that this browser has begun: there was none, it has been answered already, it
// took too long, or another browser began it.
var ErrRequest = errors.New("no sign-in that waits for this answer was begun in this browser")

// Request is a sign-in that has begun at a provider.
type Request struct {
	Organisation access.OrganisationID `json:"-"`
	Provider     ID                    `json:"-"`
	// Contexts are the authentication contexts that were asked for, and Since the earliest moment at which the person may have signed in
	// at the provider.
	Contexts []string  `json:"contexts"`
	Since    time.Time `json:"since,omitzero"`
	// For is what the sign-in is to lead to.
	For Purpose `json:"for"`
	// By is the account that asked, when somebody is signed in already.
	By string `json:"by,omitempty"`
	// To is the page to come back to.
	To string `json:"to"`
	// Own is what the kind of provider needs to know when the answer comes. Nothing secret may stand in it.
	Own json.RawMessage `json:"own,omitempty"`
	// Begun is when it began.
	Begun time.Time `json:"-"`
}

// Purpose is what a sign-in is to lead to.
type Purpose string

// The purposes.
const (
	// Enter signs in.
	Enter Purpose = "enter"
	// StepUp makes a session that is there already fresh.
	StepUp Purpose = "step-up"
	// Try shows an administrator what the provider answers, and signs nobody in.
	Try Purpose = "try"
)

// Ticket is what the browser carries of a request: State travels to the provider and back in addresses, Browser stays in a cookie. The
// database holds only their hashes, and what the protocol needs to keep secret is derived from both by Secret.
type Ticket struct{ State, Browser string }

// NewTicket draws a ticket. Browser is kept when the browser carries a value already, so that two tabs can sign in at once.
func NewTicket(browser string) Ticket {
	if len(browser) != len(draw()) {
		browser = draw()
	}
	return Ticket{State: draw(), Browser: browser}
}

// Secret derives a value that only the browser which began the request can come back with: a nonce, a code verifier.
func (t Ticket) Secret(purpose string) string {
	mac := hmac.New(sha256.New, []byte(t.Browser))
	mac.Write([]byte("insegel sign-in " + purpose + " " + t.State))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// mostRequests is how many sign-ins may wait for their answers in one organisation. Beyond it the oldest are forgotten, so that
// nobody fills the database from outside.
const mostRequests = 5000

// Begin notes that a sign-in has begun. Those that took too long are removed.
func Begin(ctx context.Context, tx *db.Tx, t Ticket, r *Request) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode sign-in request: %w", err)
	}
	now := db.Millis(tx.Now)
	_, err = tx.Exec(ctx, `DELETE FROM sign_in_request WHERE organisation_id = $1 AND expires_at <= $2`, r.Organisation, now)
	if err != nil {
		return fmt.Errorf("remove old sign-in requests: %w", err)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM sign_in_request WHERE organisation_id = $1 AND state IN (
			SELECT state FROM sign_in_request WHERE organisation_id = $1 ORDER BY expires_at DESC, state LIMIT 1000 OFFSET $2)`,
		r.Organisation, mostRequests-1)
	if err != nil {
		return fmt.Errorf("limit sign-in requests: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sign_in_request (organisation_id, state, browser, provider_id, data, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Organisation, hash(t.State), hash(t.Browser), r.Provider, string(data), now, db.Millis(tx.Now.Add(RequestLife)))
	if err != nil {
		return fmt.Errorf("note sign-in request: %w", err)
	}
	return nil
}

// Take gives the request that an answer belongs to and uses it up. An answer that comes in another browser than the one which began
// gets ErrRequest, and does not use it up.
func Take(ctx context.Context, tx *db.Tx, p *Provider, t Ticket) (Request, error) {
	var data string
	var begun, expires int64
	row := tx.QueryRow(ctx, `
		DELETE FROM sign_in_request WHERE organisation_id = $1 AND state = $2 AND browser = $3 AND provider_id = $4
		RETURNING data, created_at, expires_at`, p.Organisation, hash(t.State), hash(t.Browser), p.ID)
	switch err := db.One(row, &data, &begun, &expires); {
	case errors.Is(err, db.ErrNotFound):
		return Request{}, ErrRequest
	case err != nil:
		return Request{}, fmt.Errorf("take sign-in request: %w", err)
	}
	r := Request{Organisation: p.Organisation, Provider: p.ID, Begun: db.FromMillis(begun)}
	if err := json.Unmarshal([]byte(data), &r); err != nil {
		return Request{}, fmt.Errorf("read sign-in request: %w", err)
	}
	if expires <= db.Millis(tx.Now) {
		return Request{}, ErrRequest
	}
	return r, nil
}

// ErrReplay says that something that may be used once has been used before.
var ErrReplay = errors.New("it has been used before")

// Once notes that a token or an assertion has been used, and refuses it the second time. until is when it would be refused for its age
// anyway.
func Once(ctx context.Context, tx *db.Tx, p *Provider, token string, until time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM sign_in_replay WHERE organisation_id = $1 AND expires_at <= $2`, p.Organisation, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("remove old tokens: %w", err)
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO sign_in_replay (organisation_id, provider_id, token, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		p.Organisation, p.ID, hash(token), db.Millis(until))
	if err != nil {
		return fmt.Errorf("note token: %w", err)
	}
	if n == 0 {
		return ErrReplay
	}
	return nil
}

// cookieName is the cookie that binds a sign-in to the browser that began it. With TLS browsers refuse it from a neighbouring host.
func cookieName(tls bool) string {
	if tls {
		return "__Host-insegel-sign-in"
	}
	return "insegel-sign-in"
}

// Cookies keeps the browser's half of tickets. It lives until the browser is closed, or RequestLife has passed.
type Cookies struct {
	// TLS is true when readers reach the site over HTTPS.
	TLS bool
}

// Read gives the browser's half, empty when it has none.
func (c Cookies) Read(r *http.Request) string {
	k, err := r.Cookie(cookieName(c.TLS))
	if err != nil {
		return ""
	}
	return k.Value
}

// Write gives the browser its half.
func (c Cookies) Write(w http.ResponseWriter, browser string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(c.TLS), Value: browser, Path: "/", HttpOnly: true, Secure: c.TLS, SameSite: http.SameSiteLaxMode,
		MaxAge: int(RequestLife.Seconds()),
	})
}

// Hash is what is stored instead of a value that a browser carries.
func Hash(value string) string { return hash(value) }

// Answer keeps, with a request that waits, what has been found out about its answer at an address where the browser's half of the
// ticket is not at hand. fn gets the request and gives what is kept as Request.Own. A request is answered so once.
func Answer(ctx context.Context, tx *db.Tx, p *Provider, state string, fn func(r *Request) (json.RawMessage, error)) error {
	var data string
	row := tx.QueryRow(ctx, `
		SELECT data FROM sign_in_request WHERE organisation_id = $1 AND state = $2 AND provider_id = $3 AND expires_at > $4`,
		p.Organisation, hash(state), p.ID, db.Millis(tx.Now))
	switch err := db.One(row, &data); {
	case errors.Is(err, db.ErrNotFound):
		return ErrRequest
	case err != nil:
		return fmt.Errorf("find sign-in request: %w", err)
	}
	var r Request
	if err := json.Unmarshal([]byte(data), &r); err != nil {
		return fmt.Errorf("read sign-in request: %w", err)
	}
	if len(r.Own) > 0 {
		return ErrRequest
	}
	own, err := fn(&r)
	if err != nil {
		return err
	}
	r.Own = own
	after, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode sign-in request: %w", err)
	}
	n, err := tx.Exec(ctx, `
		UPDATE sign_in_request SET data = $1 WHERE organisation_id = $2 AND state = $3 AND provider_id = $4 AND data = $5`,
		string(after), p.Organisation, hash(state), p.ID, data)
	if err != nil {
		return fmt.Errorf("answer sign-in request: %w", err)
	}
	if n == 0 {
		return ErrRequest
	}
	return nil
}
