// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// The manners of many measurements together.
const (
	perSecond  = time.Second // between one new host and the next, whichever they are
	perDay     = 40          // connections with one host
	perRun     = 20          // the most that one measurement of a host takes
	atOnce     = 6           // hosts that are measured at the same time, each at its own slow pace: 2,500 in a night have a minute each
	lastMinute = runTimeout  // before the window closes: nothing new is begun that might not be done
)

// NightHost is a host to measure in a night.
type NightHost struct {
	Host string
	// Used is how many connections it has had during the day.
	Used int
	// Waited says that it was left over the night before, so that it comes first.
	Waited bool
	// NotBefore is when it may be connected to, when somebody may still be measuring it; zero is at once.
	NotBefore time.Time
}

// Slot is when a host is measured.
type Slot struct {
	Host string
	At   time.Time
}

// Night is a window in which hosts are measured.
type Night struct {
	Start, End time.Time
	// Seed draws the order and the times, so that a host is not measured at the same time each night. It is kept with the night.
	Seed []byte
}

// Plan spreads hosts over the night. Left are those that there is no room for, and those whose connections of the day are used up. A plan
// that nobody runs is a dry run.
func (n Night) Plan(hosts []NightHost) (plan []Slot, left []string) {
	type drawn struct {
		NightHost
		draw [sha256.Size]byte
	}
	var all []drawn
	for _, h := range hosts {
		if h.Used+perRun > perDay {
			left = append(left, h.Host)
			continue
		}
		all = append(all, drawn{h, sha256.Sum256(append(slices.Clone(n.Seed), h.Host...))})
	}
	slices.SortFunc(all, func(a, b drawn) int {
		if a.Waited != b.Waited {
			return cmp.Compare(b2i(b.Waited), b2i(a.Waited))
		}
		return bytes.Compare(a.draw[:], b.draw[:])
	})
	room := n.End.Add(-lastMinute).Sub(n.Start)
	if most := int(room / perSecond); len(all) > max(most, 0) {
		for _, h := range all[max(most, 0):] {
			left = append(left, h.Host)
		}
		all = all[:max(most, 0)]
	}
	if len(all) == 0 {
		return nil, left
	}
	step := room / time.Duration(len(all))
	for i, h := range all {
		// Somewhere in its step, but a second from where the next one may begin.
		jitter := time.Duration(0)
		if spare := step - perSecond; spare > 0 {
			jitter = time.Duration(binary.BigEndian.Uint64(h.draw[:8])>>1) % spare //nolint:gosec // its highest bit is gone
		}
		at := n.Start.Add(time.Duration(i)*step + jitter)
		if at.Before(h.NotBefore) {
			at = h.NotBefore
		}
		plan = append(plan, Slot{Host: h.Host, At: at})
	}
	slices.SortStableFunc(plan, func(a, b Slot) int { return a.At.Compare(b.At) }) // who must wait keeps nobody else waiting
	return plan, left
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Run measures the hosts of a plan at their times. It ends when the window closes, or at once when the context does; what was not begun is
// left. measure is given a context that ends with the window.
func (n Night) Run(ctx context.Context, plan []Slot, clock Clock, measure func(ctx context.Context, host string)) (left []string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	room := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	var mu sync.Mutex
	busy := map[string]bool{}
	var last time.Time
	for i, slot := range plan {
		at := slot.At
		if next := last.Add(perSecond); at.Before(next) {
			at = next
		}
		err := ctx.Err()
		if wait := at.Sub(clock.Now()); wait > 0 && err == nil {
			err = clock.Sleep(ctx, wait)
		}
		if err == nil {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		if err != nil || clock.Now().After(n.End.Add(-lastMinute)) {
			for _, s := range plan[i:] {
				left = append(left, s.Host)
			}
			break
		}
		mu.Lock()
		twice := busy[slot.Host]
		busy[slot.Host] = true
		mu.Unlock()
		if last = clock.Now(); twice {
			left = append(left, slot.Host)
			<-room
			continue
		}
		running.Go(func() {
			defer func() {
				mu.Lock()
				delete(busy, slot.Host)
				mu.Unlock()
				<-room
			}()
			measure(ctx, slot.Host)
		})
	}
	running.Wait()
	return left
}
