// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// Kind is what is attempted. Each kind is counted by itself: whoever guesses recovery codes stops nobody from signing in.
type Kind string

// The kinds.
const (
	SigningIn  Kind = "sign-in"
	Coding     Kind = "code"     // the console's code, and invitations
	Recovering Kind = "recovery" // recovery codes
	Joining    Kind = "workshop" // the code of a workshop
)

// allowance is how many attempts of one kind are let through.
type allowance struct {
	// every and burst are how often one network may try, all and allBurst how often everybody together may.
	every, all      time.Duration
	burst, allBurst int
	// failures within the window from one network or on one account begin a pause, which doubles up to longest. allFailures from
	// everybody together begin a short one; zero is never, so that nobody can keep everybody out.
	failures, allFailures int
	first, longest        time.Duration
}

// window is how long failures are counted together.
const window = 15 * time.Minute

// allPause is the pause for everybody. It is short: it must slow a guesser with many addresses, not lock out the one who has the code.
const allPause = time.Minute

// allowances say what is normal. A municipality's whole staff may come from one network at eight in the morning, so signing in is let
// through generously: what is presented there cannot be guessed.
var allowances = map[Kind]allowance{
	SigningIn: {every: 250 * time.Millisecond, burst: 300, all: 10 * time.Millisecond, allBurst: 1000, failures: 60, first: time.Minute, longest: 15 * time.Minute},
	Coding:    {every: 5 * time.Second, burst: 10, all: 200 * time.Millisecond, allBurst: 60, failures: 8, allFailures: 200, first: time.Minute, longest: time.Hour},
	// A whole room joins from one network at once; what is guessed would give nothing but a vote.
	Joining:    {every: 500 * time.Millisecond, burst: 60, all: 100 * time.Millisecond, allBurst: 200, failures: 20, allFailures: 200, first: time.Minute, longest: time.Hour},
	Recovering: {every: 10 * time.Second, burst: 6, all: 500 * time.Millisecond, allBurst: 40, failures: 5, allFailures: 100, first: 5 * time.Minute, longest: 24 * time.Hour},
}

// Attempt is somebody who tries something.
type Attempt struct {
	Kind Kind
	// From is the address it comes from.
	From string
	// Account is whose it is, where that is known.
	Account string
}

// mostBuckets is how many networks are remembered in memory, and mostThrottled how many in the database.
const (
	mostBuckets   = 10_000
	mostThrottled = 100_000
)

// Limits slow down whoever tries too often. What failed is kept in the database, so that a restart does not forget it.
type Limits struct {
	db    *db.DB
	clock *db.Clock

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// newLimits makes the limits of a site, on the sessions' clock.
func newLimits(s *Sessions) *Limits {
	return &Limits{db: s.db, clock: s.clock, buckets: map[string]*rate.Limiter{}}
}

// Limits are those of the site: every way of signing in counts together.
func (s *Sessions) Limits() *Limits { return s.limits }

// Network is the part of an address that one owner usually has to themselves: 24 bits of IPv4, 64 of IPv6.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 24
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// names are what an attempt is counted under, hashed: the network, everybody, and the account.
func (a Attempt) names() []string {
	out := []string{hash(string(a.Kind) + " network " + Network(a.From)), hash(string(a.Kind) + " all")}
	if a.Account != "" {
		out = append(out, hash(string(a.Kind)+" account "+a.Account))
	}
	return out
}

// ErrWait says that there have been too many attempts.
var ErrWait = errors.New("too many attempts")

// Wait refuses an attempt that comes too soon, with how long is left. It counts the attempt.
func (l *Limits) Wait(ctx context.Context, a Attempt) (time.Duration, error) {
	now := l.clock.Now()
	allow := allowances[a.Kind]
	names := a.names()
	var until int64
	err := l.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		until, err = throttledUntil(ctx, tx, names)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read limits: %w", err)
	}
	if left := db.FromMillis(until).Sub(now); left > 0 {
		return left, ErrWait
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, b := range []*rate.Limiter{l.bucket(names[0], allow.every, allow.burst), l.bucket(names[1], allow.all, allow.allBurst)} {
		if !b.AllowN(now, 1) {
			return max([]time.Duration{allow.every, allow.all}[i], time.Second), ErrWait
		}
	}
	return 0, nil
}

// bucket is the memory of one name. When there are too many, one that is full again is forgotten, or else any: what is forgotten was
// let through a little sooner, and the count of everybody stays.
func (l *Limits) bucket(name string, every time.Duration, burst int) *rate.Limiter {
	if b, ok := l.buckets[name]; ok {
		return b
	}
	if len(l.buckets) >= mostBuckets {
		for n := range l.buckets { // in no order
			delete(l.buckets, n)
			if len(l.buckets) < mostBuckets*9/10 {
				break
			}
		}
	}
	b := rate.NewLimiter(rate.Every(every), burst)
	l.buckets[name] = b
	return b
}

// Failed counts a failed attempt, in a transaction of its own, and tells whether a pause has just begun for its network or account.
func (l *Limits) Failed(ctx context.Context, a Attempt) (paused bool, err error) {
	now := l.clock.Now()
	allow := allowances[a.Kind]
	err = l.db.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if err := forgetThrottled(ctx, tx, db.Millis(now.Add(-allow.longest-window)), mostThrottled); err != nil {
			return err
		}
		for i, name := range a.names() {
			most, pause := allow.failures, allow.first
			if i == 1 {
				most, pause = allow.allFailures, allPause
			}
			if most == 0 {
				continue
			}
			n, err := countFailure(ctx, tx, name, now)
			if err != nil {
				return err
			}
			if n < most {
				continue
			}
			if i != 1 {
				paused = paused || n == most
				pause = min(time.Duration(float64(allow.first)*math.Pow(2, float64(min(n-most, 12)))), allow.longest)
			}
			if err := pauseUntil(ctx, tx, name, db.Millis(now.Add(pause))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("count failed attempt: %w", err)
	}
	return paused, nil
}

// Passed forgets the failures of an account and network that have now shown that they may.
func (l *Limits) Passed(ctx context.Context, a Attempt) error {
	names := a.names()
	err := l.db.Write(ctx, db.Installation, func(tx *db.Tx) error {
		return forgetFailures(ctx, tx, append(names[:1:1], names[2:]...))
	})
	if err != nil {
		return fmt.Errorf("forget failed attempts: %w", err)
	}
	return nil
}

// Hold counts a reader's attempt, and answers one that comes too soon.
func (l *Limits) Hold(c *web.Context, a Attempt) error {
	left, err := l.Wait(c.Context(), a)
	if errors.Is(err, ErrWait) {
		return TooMany(c, left)
	}
	return err
}

// TooMany is the answer to an attempt that came too soon.
func TooMany(c *web.Context, left time.Duration) error {
	seconds := int(math.Ceil(left.Seconds()))
	c.Writer.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	return &web.Error{Status: http.StatusTooManyRequests, Key: "auth.wait", Args: []any{"Count", max((seconds+59)/60, 1)}, Err: ErrWait}
}
