// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/insegel/insegel/internal/access"
)

// Summing is how far it has come when the sums of an organisation are made anew (Swedish: siffror som räknas på nytt).
type Summing struct {
	// Done of Total systems are counted. What is known of them is read before the first is.
	Done, Total int
	Begun       time.Time
}

// summing is one that is under way, or has failed.
type summing struct {
	begun       time.Time
	done, total atomic.Int64
	// ended is closed when the sums are there, or err says why they are not.
	ended chan struct{}
	err   error
}

// tell notes how far it has come. Sums that nobody waits for are made without a summing, and then nobody is told.
func (m *summing) tell(done, total int) {
	if m != nil {
		m.done.Store(int64(done))
		m.total.Store(int64(total))
	}
}

func (m *summing) now() Summing {
	return Summing{Done: int(m.done.Load()), Total: int(m.total.Load()), Begun: m.begun}
}

func (m *summing) over() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// reader is somebody in an organisation.
type reader struct {
	organisation access.OrganisationID
	id           string
}

func readerOf(a access.Actor) reader { return reader{a.Organisation, a.ID} }

// summings are the sums that this server is making, by organisation, and those that could not be made. Like the sums themselves they are lost with the
// server. The zero value is ready.
type summings struct {
	mu  sync.Mutex
	all map[access.OrganisationID]*summing
	// shown are those who have seen how far it has come, and not yet how it ended.
	shown map[reader]bool
}

// under gives what is under way for an organisation, nil when nothing is.
func (x *summings) under(org access.OrganisationID) *summing {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m := x.all[org]; m != nil && !m.over() {
		return m
	}
	return nil
}

// begin has the sums of so many systems made, unless they are already on their way. They go on whoever leaves.
func (x *summings) begin(org access.OrganisationID, total int, now time.Time, do func() error) *summing {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m := x.all[org]; m != nil && !m.over() {
		return m
	}
	m := &summing{begun: now, ended: make(chan struct{})}
	m.tell(0, total)
	if x.all == nil {
		x.all, x.shown = map[access.OrganisationID]*summing{}, map[reader]bool{}
	}
	x.all[org] = m
	for r := range x.shown { // who left and never saw the end is forgotten
		if r.organisation == org {
			delete(x.shown, r)
		}
	}
	go func() {
		err := whole(do)
		x.mu.Lock()
		defer x.mu.Unlock()
		m.err = err
		close(m.ended)
		if err == nil {
			delete(x.all, org)
		}
	}()
	return m
}

// whole does something that nobody stands behind to catch what it panics with.
func whole(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("make sums: %v", p)
		}
	}()
	return do()
}

// show notes that somebody is shown how far it has come.
func (x *summings) show(r reader) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shown[r] = true
}

// end tells, once, whoever was shown how far it had come that it has ended, and why when it failed.
func (x *summings) end(r reader) (told bool, failed error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.all[r.organisation]
	if !x.shown[r] || m != nil && !m.over() {
		return false, nil
	}
	delete(x.shown, r)
	if m != nil {
		return true, m.err
	}
	return true, nil
}
