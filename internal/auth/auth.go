// SPDX-License-Identifier: EUPL-1.2

// Package auth knows who is signed in (Swedish: inloggning): sessions, the sign-in page, and the one-time link that the
// demonstration starts with.
package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// How long a session lasts unless Options say otherwise.
const (
	// DefaultIdle is how long a session lasts without a request.
	DefaultIdle = 30 * time.Minute
	// DefaultAbsolute is how long it lasts at most: a working day with room for a late evening.
	DefaultAbsolute = 12 * time.Hour
)

// touchEvery is how much a session's end must have moved before it is written: else every page would write to the database.
const touchEvery = time.Minute

// Options set how sessions behave.
type Options struct {
	// Idle and Absolute are how long a session lasts; zero takes the defaults.
	Idle, Absolute time.Duration
	// TLS is true when readers reach the site over HTTPS.
	TLS bool
	// Arrive finds the person of a proof; without it nobody can enter.
	Arrive Arrive
}

// Sessions keeps who is signed in, in the database. Give Actor and Load to web.Options.
type Sessions struct {
	db       *db.DB
	scs      *scs.SessionManager
	arrive   Arrive
	idle     time.Duration
	absolute time.Duration
}

// New makes the sessions of a site.
func New(d *db.DB, o Options) *Sessions {
	s := &Sessions{db: d, scs: scs.New(), arrive: o.Arrive, idle: o.Idle, absolute: o.Absolute}
	if s.idle <= 0 {
		s.idle = DefaultIdle
	}
	if s.absolute <= 0 {
		s.absolute = DefaultAbsolute
	}
	s.scs.Store = &store{db: d, life: min(s.idle, s.absolute)}
	s.scs.HashTokenInStore = true
	// The store decides when a session ends, by the database's clock; the library's own clocks are not used.
	s.scs.IdleTimeout, s.scs.Lifetime = 0, s.absolute
	s.scs.Cookie = scs.SessionCookie{
		Name: "insegel", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: o.TLS, Persist: false,
	}
	if o.TLS {
		s.scs.Cookie.Name = "__Host-insegel" // browsers then refuse it from a neighbouring host
	}
	return s
}

// The values of a session.
const (
	keyActor  = "actor"
	keyViewer = "viewer"
	keySince  = "since"
)

// loaded marks a request whose session has been read.
type loaded struct {
	// w is where the session's cookie is written.
	w http.ResponseWriter
	// expires and now are when the session found runs out and when it was read, in milliseconds.
	expires, now int64
}

type loadedKey struct{}

// Load reads the session of a request. It is web.Options.Session.
func (s *Sessions) Load(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	w.Header().Add("Vary", "Cookie")
	token := ""
	if c, err := r.Cookie(s.scs.Cookie.Name); err == nil {
		token = c.Value
	}
	l := &loaded{w: w}
	ctx, err := s.scs.Load(context.WithValue(r.Context(), loadedKey{}, l), token)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	if since := s.scs.GetInt64(ctx, keySince); since != 0 {
		if err := s.touch(ctx, token, l, since); err != nil {
			return nil, fmt.Errorf("extend session: %w", err)
		}
	}
	return r.WithContext(ctx), nil
}

// touch moves the end of a session that is in use, never past its absolute end. It only updates: a session that another request
// has just ended stays ended.
func (s *Sessions) touch(ctx context.Context, token string, l *loaded, since int64) error {
	end := min(l.now+s.idle.Milliseconds(), since+s.absolute.Milliseconds())
	if end < l.expires+touchEvery.Milliseconds() {
		return nil
	}
	return extend(ctx, s.db, hash(token), end)
}

// SignIn starts a session for the actor under a new token, so that a token planted before is worth nothing. Sessions that have
// run out are removed at the same time. ctx is the request's.
func (s *Sessions) SignIn(ctx context.Context, actor access.Actor, viewer web.Viewer) error {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok {
		return fmt.Errorf("sign in: %w", errNotLoaded)
	}
	a, err := json.Marshal(actor)
	if err != nil {
		return fmt.Errorf("encode actor: %w", err)
	}
	v, err := json.Marshal(viewer)
	if err != nil {
		return fmt.Errorf("encode viewer: %w", err)
	}
	if err := s.scs.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	now, err := sweep(ctx, s.db)
	if err != nil {
		return fmt.Errorf("remove old sessions: %w", err)
	}
	s.scs.Put(ctx, keyActor, a)
	s.scs.Put(ctx, keyViewer, v)
	s.scs.Put(ctx, keySince, db.Millis(now))
	token, expiry, err := s.scs.Commit(ctx)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	s.scs.WriteSessionCookie(ctx, l.w, token, expiry)
	return nil
}

// SignOut ends the session, in the database and in the browser.
func (s *Sessions) SignOut(ctx context.Context) error {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok {
		return fmt.Errorf("sign out: %w", errNotLoaded)
	}
	if err := s.scs.Destroy(ctx); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	s.scs.WriteSessionCookie(ctx, l.w, "", time.Time{})
	return nil
}

// Actor tells who makes the request; false when nobody is signed in. It is web.Options.ActorFunc.
func (s *Sessions) Actor(r *http.Request) (access.Actor, web.Viewer, bool) {
	ctx := r.Context()
	if _, ok := ctx.Value(loadedKey{}).(*loaded); !ok {
		return access.Actor{}, web.Viewer{}, false
	}
	var actor access.Actor
	var viewer web.Viewer
	a, v := s.scs.GetBytes(ctx, keyActor), s.scs.GetBytes(ctx, keyViewer)
	if a == nil || json.Unmarshal(a, &actor) != nil || json.Unmarshal(v, &viewer) != nil {
		return access.Actor{}, web.Viewer{}, false
	}
	return actor, viewer, true
}
