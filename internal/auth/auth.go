// SPDX-License-Identifier: EUPL-1.2

// Package auth knows who is signed in (Swedish: inloggning): sessions, the sign-in page, limits on attempts, and the one-time link
// that the demonstration starts with.
package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// How long a session lasts unless Options say otherwise.
const (
	// DefaultIdle is how long a session lasts without a request.
	DefaultIdle = 30 * time.Minute
	// DefaultAbsolute is how long it lasts at most: a working day with room for a late evening.
	DefaultAbsolute = 12 * time.Hour
	// FreshFor is how long after somebody has shown who they are that they need not show it again.
	FreshFor = 10 * time.Minute
)

// touchEvery is how much a session's end must have moved before it is written: else every page would write to the database.
const touchEvery = time.Minute

// Options set how sessions behave.
type Options struct {
	// Idle and Absolute are how long a session lasts; zero takes the defaults.
	Idle, Absolute time.Duration
	// TLS is true when readers reach the site over HTTPS.
	TLS bool
	// Arrive finds the person of a proof that an identity provider gave; without it only those whom this installation knows already can
	// enter.
	Arrive Arrive
	// From tells the address that a request comes from; without it, web.ClientAddress does.
	From func(*http.Request) string
	// Levels tells which levels are accepted for which roles; without it every level is.
	Levels Levels
	// Tell tells people what happens to their accounts; without it they see it on their own page.
	Tell Tell
	// Unknown is told of a request with a session that there is none of: a forged one, or one that has been gone for a while.
	Unknown func(r *http.Request)
}

// Sessions keeps who is signed in, in the database. Give Actor and Load to web.Options.
type Sessions struct {
	db       *db.DB
	clock    *db.Clock
	arrive   Arrive
	levels   Levels
	told     Tell
	unknown  func(*http.Request)
	from     func(*http.Request) string
	idle     time.Duration
	absolute time.Duration
	cookie   http.Cookie
	limits   *Limits

	// started reads the latest time of earlier runs, once.
	started sync.Mutex
	ready   bool
}

// New makes the sessions of a site.
func New(d *db.DB, o Options) *Sessions {
	s := &Sessions{
		db: d, clock: &db.Clock{Machine: func() time.Time { return d.Now() }}, arrive: o.Arrive, levels: o.Levels, told: o.Tell, unknown: o.Unknown, from: o.From,
		idle: o.Idle, absolute: o.Absolute,
	}
	s.limits = newLimits(s)
	if s.idle <= 0 {
		s.idle = DefaultIdle
	}
	if s.absolute <= 0 {
		s.absolute = DefaultAbsolute
	}
	if s.from == nil {
		s.from = web.ClientAddress
	}
	s.cookie = http.Cookie{Name: CookieName("insegel", o.TLS), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: o.TLS}
	return s
}

// CookieName is the name of a cookie of ours: over HTTPS with the prefix that makes browsers refuse it from a neighbouring host.
func CookieName(name string, tls bool) string {
	if tls {
		return "__Host-" + name
	}
	return name
}

// From tells the address that a request comes from.
func (s *Sessions) From(r *http.Request) string { return s.from(r) }

// Now is the time that sessions live by; it never goes back.
func (s *Sessions) Now() time.Time { return s.clock.Now() }

// NewToken draws a secret that cannot be guessed.
func NewToken() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		panic(fmt.Sprintf("draw token: %v", err)) // crypto/rand never fails on a supported system; without it nothing is safe
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// loaded marks a request whose session has been read.
type loaded struct {
	// w is where the session's cookie is written.
	w http.ResponseWriter
	// from and browser are where the request comes from and with what.
	from, browser string
	// lang is the language of its reader.
	lang string
	// org and token are what the browser sent; who is whom they belong to, nil when to nobody.
	org   access.OrganisationID
	token string
	who   *who
}

type loadedKey struct{}

// who is somebody who is signed in.
type who struct {
	session  Session
	person   ids.ID[Person]
	actor    access.Actor
	viewer   web.Viewer
	withheld []Withheld
}

// maxBrowser caps what is kept of a browser's name.
const maxBrowser = 200

// Load reads the session of a request, and who its account is today. It is web.Options.Session.
func (s *Sessions) Load(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	w.Header().Add("Vary", "Cookie")
	l := &loaded{w: w, from: s.from(r), browser: strings.ToValidUTF8(r.UserAgent(), ""), lang: web.Language(r, s.cookie.Secure)}
	if len(l.browser) > maxBrowser {
		l.browser = strings.ToValidUTF8(l.browser[:maxBrowser], "")
	}
	ctx := context.WithValue(r.Context(), loadedKey{}, l)
	c, err := r.Cookie(s.cookie.Name)
	if err == nil {
		l.org, l.token = splitCookie(c.Value)
	}
	if l.token == "" {
		if err == nil && s.unknown != nil {
			s.unknown(r)
		}
		return r.WithContext(ctx), nil
	}
	if err := s.begin(ctx); err != nil {
		return nil, fmt.Errorf("read session clock: %w", err)
	}
	now := s.clock.Now()
	var ended bool
	err = s.db.Read(ctx, l.org, func(tx *db.Tx) (err error) {
		l.who, err = s.resolve(ctx, tx, l, now)
		if errors.Is(err, db.ErrNotFound) {
			ended, err = sessionExists(ctx, tx, l.org, hash(l.token))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	if l.who == nil && !ended && s.unknown != nil {
		s.unknown(r)
	}
	if err := s.keep(ctx, l, now, ended); err != nil {
		return nil, fmt.Errorf("extend session: %w", err)
	}
	return r.WithContext(ctx), nil
}

// splitCookie reads the session's cookie: the organisation, so that the session is looked for among its own only, and the token.
func splitCookie(value string) (access.OrganisationID, string) {
	org, token, _ := strings.Cut(value, ".")
	id, err := ids.Parse[access.Tenant](org)
	if err != nil {
		return "", ""
	}
	return id, token
}

// GoOn makes the time that limits are judged by go on from where earlier runs of the program left it.
func GoOn(ctx context.Context, d *db.DB) error {
	seen, err := latestSeen(ctx, d)
	if err != nil {
		return fmt.Errorf("read session clock: %w", err)
	}
	d.NotBefore(seen)
	return nil
}

// begin makes the clock go on from where earlier runs of the program left it.
func (s *Sessions) begin(ctx context.Context) error {
	s.started.Lock()
	defer s.started.Unlock()
	if s.ready {
		return nil
	}
	seen, err := latestSeen(ctx, s.db)
	if err != nil {
		return err
	}
	s.clock.NotBefore(seen)
	s.ready = true
	return nil
}

// keep moves the end of a session that is in use, never past its absolute end, and only where it still stands: one that another
// request has just ended stays ended. A session that no longer gives anything is removed, so that it cannot come to life again.
func (s *Sessions) keep(ctx context.Context, l *loaded, now time.Time, ended bool) error {
	if ended {
		s.forget(ctx) // or its next request would be told of as one with a session that was made up
		return s.db.Write(ctx, l.org, func(tx *db.Tx) error {
			_, err := deleteSession(ctx, tx, l.org, hash(l.token))
			return err
		})
	}
	if l.who == nil {
		return nil
	}
	in := &l.who.session
	end := now.Add(s.idle)
	if end.After(in.Ends) {
		end = in.Ends
	}
	if end.Before(in.Idle.Add(touchEvery)) {
		return nil
	}
	err := s.db.Write(ctx, l.org, func(tx *db.Tx) error { return extend(ctx, tx, in, now, end) })
	if errors.Is(err, db.ErrNoRoom) || errors.Is(err, db.ErrReadOnly) || errors.Is(err, db.ErrDisk) {
		return nil // reading goes on while nothing can be written; the session then ends when it would have ended without this visit
	}
	return err
}

// Actor tells who makes the request; false when nobody is signed in. It is web.Options.ActorFunc.
func (s *Sessions) Actor(r *http.Request) (access.Actor, web.Viewer, bool) {
	l, ok := r.Context().Value(loadedKey{}).(*loaded)
	if !ok || l.who == nil {
		return access.Actor{}, web.Viewer{}, false
	}
	viewer, now := l.who.viewer, s.clock.Now()
	viewer.Lasts = min(s.idle, l.who.session.Ends.Sub(now))
	return l.who.actor, viewer, true
}

// SignOut ends the session, in the database and in the browser.
func (s *Sessions) SignOut(ctx context.Context) error {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok {
		return fmt.Errorf("sign out: %w", errNotLoaded)
	}
	if l.who != nil {
		err := s.db.Write(ctx, l.org, func(tx *db.Tx) error {
			if _, err := deleteSession(ctx, tx, l.org, hash(l.token)); err != nil {
				return err
			}
			return audit.Append(ctx, tx, l.who.actor, audit.Entry{
				Action: audit.ActionSignOut, ObjectKind: "account", ObjectID: l.who.session.Account.String(),
			})
		})
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	s.forget(ctx)
	return nil
}

// forget takes the cookie from the browser.
func (s *Sessions) forget(ctx context.Context) {
	if l, ok := ctx.Value(loadedKey{}).(*loaded); ok {
		c := s.cookie
		c.MaxAge = -1
		http.SetCookie(l.w, &c)
		l.who = nil
	}
}
