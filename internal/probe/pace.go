// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"sync"
	"time"
)

// between is how long it is at least from one connection to the next with the same host.
const between = 2 * time.Second

// Clock is the time that a run keeps to. Tests set their own.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// WallClock is the real time.
func WallClock() Clock {
	return Clock{Now: time.Now, Sleep: func(ctx context.Context, d time.Duration) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		}
	}}
}

// pace keeps connections with one host apart.
type pace struct {
	clock Clock
	mu    sync.Mutex
	last  map[string]time.Time
	count int
}

// wait waits until a host may be connected to again. The caller closes one connection before it opens the next.
func (p *pace) wait(ctx context.Context, host string) error {
	p.mu.Lock()
	now := p.clock.Now()
	at := now
	if last, ok := p.last[host]; ok && last.Add(between).After(now) {
		at = last.Add(between)
	}
	if p.last == nil {
		p.last = map[string]time.Time{}
	}
	p.last[host] = at
	p.count++
	p.mu.Unlock()
	if at.After(now) {
		return p.clock.Sleep(ctx, at.Sub(now))
	}
	return ctx.Err()
}
