// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// How long a browser may take: to answer one question, and to go from a code to a passkey.
const (
	askedFor   = 5 * time.Minute
	grantedFor = 30 * time.Minute
)

// The kinds of thing that a browser can be in the middle of.
const (
	asked   = "asked"   // a question to its passkeys
	granted = "granted" // it may make a passkey for an account
)

// errExpired says that the browser is in the middle of nothing: it was done already, took too long, or began in another browser.
var errExpired = errors.New("nothing is under way in this browser")

// question is what a browser was asked. It is answered once.
type question struct {
	// What is "in" for signing in, "igen" for step-up, and for making a passkey "egen", "nod" or "beviljad".
	What    string
	Asked   webauthn.SessionData
	Account ids.ID[auth.Account]
}

// grant is the right of one browser to make a passkey for an account, before anybody is signed in.
type grant struct {
	// Why is "first", "invited" or "recovered".
	Why          string
	Organisation access.OrganisationID
	Account      ids.ID[auth.Account]
	// Tenant is the slot of the first person: an organisation's id, or empty where there was none. Place and Name are what the first person
	// has written.
	Tenant, Place, Name string
}

// cookieName is the name of the browser's own cookie. It is apart from the session's, and only for this site's own pages.
func (k *Keys) cookieName() string {
	return auth.CookieName("insegel-forsok", k.o.Origin.Scheme == "https")
}

// browser gives the secret of the browser, and gives the browser one when it has none.
func (k *Keys) browser(c *web.Context) string {
	if cookie, err := c.Request.Cookie(k.cookieName()); err == nil && len(cookie.Value) >= 43 {
		return cookie.Value
	}
	token := auth.NewToken()
	http.SetCookie(c.Writer, &http.Cookie{
		Name: k.cookieName(), Value: token, Path: "/", MaxAge: int(grantedFor.Seconds()), HttpOnly: true,
		Secure: k.o.Origin.Scheme == "https", SameSite: http.SameSiteStrictMode,
	})
	return token
}

// keep stores what a browser is in the middle of; what it was in the middle of before, of the same kind, is over.
func (k *Keys) keep(ctx context.Context, browser, kind string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	now := k.o.Sessions.Now()
	life := askedFor
	if kind == granted {
		life = grantedFor
	}
	err = k.db.Write(ctx, db.Installation, func(tx *db.Tx) error {
		return saveCeremony(ctx, tx, ceremony{token: hash(browser), kind: kind, data: string(b), now: db.Millis(now), expires: db.Millis(now.Add(life))})
	})
	if err != nil {
		return fmt.Errorf("store what the browser was asked: %w", err)
	}
	return nil
}

// take reads what a browser is in the middle of and ends it: of two that come at once, one gets it.
func (k *Keys) take(ctx context.Context, browser, kind string, v any) error {
	var data string
	err := k.db.Write(ctx, db.Installation, func(tx *db.Tx) (err error) {
		data, err = takeCeremony(ctx, tx, hash(browser), kind, db.Millis(k.o.Sessions.Now()))
		return err
	})
	return decode(data, err, v)
}

// peek reads what a browser is in the middle of.
func (k *Keys) peek(ctx context.Context, browser, kind string, v any) error {
	var data string
	err := k.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		data, err = peekCeremony(ctx, tx, hash(browser), kind, db.Millis(k.o.Sessions.Now()))
		return err
	})
	return decode(data, err, v)
}

func decode(data string, err error, v any) error {
	if errors.Is(err, db.ErrNotFound) {
		return errExpired
	}
	if err != nil {
		return fmt.Errorf("read what the browser was asked: %w", err)
	}
	if err := json.Unmarshal([]byte(data), v); err != nil {
		return fmt.Errorf("decode what the browser was asked: %w", err)
	}
	return nil
}
