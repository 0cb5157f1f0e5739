// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"sync"
	"time"
)

// clock is the time that sessions and limits live by. It never goes back: when the machine's clock is put back, it goes on from where
// it was, by the time that has really passed. When the machine's clock jumps forward it follows, and what should have ended has ended.
type clock struct {
	machine func() time.Time

	mu sync.Mutex
	// last is what was told last, and at what the machine's clock said then, with its monotonic part.
	last, at time.Time
}

// now tells the time, in whole milliseconds.
func (c *clock) now() time.Time {
	t := c.machine()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := t.Round(0)
	if !c.last.IsZero() {
		// Sub takes the monotonic part of both where they have one: what passed, whatever the clock was set to in between.
		if passed := c.last.Add(max(t.Sub(c.at), 0)); passed.After(out) {
			out = passed
		}
	}
	c.last, c.at = out, t
	return out.UTC().Truncate(time.Millisecond)
}

// notBefore makes the clock tell at least t: what an earlier run of the program has seen.
func (c *clock) notBefore(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.Before(t) {
		c.last, c.at = t.Round(0), c.machine()
	}
}
