// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"sync"
	"time"
)

// Clock is the time that limits are judged by: sessions, keys, links, codes. It never goes back: when the machine's clock is put back, it
// goes on from where it was, by the time that has really passed, so that nothing that has ended begins again. When the machine's clock
// jumps forward it follows, and what should have ended has ended.
type Clock struct {
	// Machine is the machine's clock.
	Machine func() time.Time

	mu sync.Mutex
	// last is what was told last, and at what the machine's clock said then, with its monotonic part.
	last, at time.Time
}

// Now tells the time, in whole milliseconds.
func (c *Clock) Now() time.Time { return c.tell(c.Machine()) }

// tell tells the time when the machine's clock says t.
func (c *Clock) tell(t time.Time) time.Time {
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

// NotBefore makes the clock tell at least t: what an earlier run of the program has seen.
func (c *Clock) NotBefore(t time.Time) {
	machine := c.Machine()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.Before(t) {
		c.last, c.at = t.Round(0), machine
	}
}
