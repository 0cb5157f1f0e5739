// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Watch logs what is seen at the edge of the program: refusals, and readings of weaknesses. The first of a kind is logged at once; the
// same again within a window is counted, and the count logged when the window ends. So nobody can fill the disk by being refused, and
// nothing is left out.
type Watch struct {
	DB  *db.DB
	Log *slog.Logger

	mu     sync.Mutex
	counts map[sightKey]*tally
	spent  map[access.OrganisationID]*budget
}

// Sighting is something seen.
type Sighting struct {
	Actor access.Actor
	// Event is ActionRefused, ActionStepUpAsked or ActionRead.
	Event string
	// Action is the use case, Pattern the page, Method and Path what was asked for, and Reason why it was refused.
	Action, Pattern, Method, Path, Reason string
}

// How much is logged one by one.
const (
	// window is how long the same thing is counted instead of logged.
	window = 10 * time.Minute
	// perHour is how many sightings a log takes one by one in an hour; the rest are counted together.
	perHour = 2000
	// mostKinds is how many different things are counted at once.
	mostKinds = 20_000
	// mostPath is how much is kept of what was asked for.
	mostPath = 200
)

// sightKey says which sightings are the same.
type sightKey struct {
	org                                  access.OrganisationID
	actor, from, event, pattern, subject string
}

type tally struct {
	last  Sighting
	since time.Time
	more  int
}

type budget struct {
	hour time.Time
	n    int
}

// Saw logs a sighting, or counts it.
func (w *Watch) Saw(ctx context.Context, s Sighting) {
	if s.Actor.Organisation.IsZero() {
		s.Actor = Nobody(s.Actor.From)
	}
	if p := []rune(s.Path); len(p) > mostPath {
		s.Path = string(p[:mostPath])
	}
	if w.count(&s) {
		w.append(ctx, &s, 0)
	}
}

// count reports whether the sighting is to be logged now.
func (w *Watch) count(s *Sighting) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil {
		w.counts, w.spent = map[sightKey]*tally{}, map[access.OrganisationID]*budget{}
	}
	now := w.DB.Now()
	k := sightKey{s.Actor.Organisation, s.Actor.ID, network(s.Actor.From), s.Event, s.Pattern, s.Reason} // a forged form is not hidden behind a missing page
	if s.Event == ActionRead {
		k.subject = s.Path // which system it was matters, and the reader is known
	}
	if t := w.counts[k]; t != nil {
		t.more++
		t.last = *s
		return false
	}
	if len(w.counts) >= mostKinds || !w.spend(s.Actor.Organisation, now) {
		all := sightKey{org: s.Actor.Organisation, event: s.Event}
		t := w.counts[all]
		if t == nil {
			t = &tally{since: now}
			w.counts[all] = t
		}
		t.more++
		t.last = Sighting{Actor: access.Actor{ID: "many", Organisation: s.Actor.Organisation}, Event: s.Event, Pattern: "*"}
		return false
	}
	w.counts[k] = &tally{since: now, last: *s}
	return true
}

// spend takes one from what a log may have in an hour.
func (w *Watch) spend(org access.OrganisationID, now time.Time) bool {
	b := w.spent[org]
	if b == nil || now.Sub(b.hour).Abs() >= time.Hour {
		b = &budget{hour: now}
		w.spent[org] = b
	}
	b.n++
	return b.n <= perHour
}

// network is where an address belongs: a household, or an organisation's own part of one.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}

// Flush logs the counts whose window has ended. A Keeper runs it before each round.
func (w *Watch) Flush(ctx context.Context) { w.flush(ctx, window) }

// Close logs every count.
func (w *Watch) Close(ctx context.Context) { w.flush(ctx, 0) }

func (w *Watch) flush(ctx context.Context, after time.Duration) {
	w.mu.Lock()
	now := w.DB.Now()
	var due []*tally
	for k, t := range w.counts {
		if now.Sub(t.since).Abs() >= after { // however the clock has been set
			delete(w.counts, k)
			if t.more > 0 {
				due = append(due, t)
			}
		}
	}
	w.mu.Unlock()
	for _, t := range due {
		w.append(ctx, &t.last, t.more)
	}
}

// append writes the entry; more is how many times it has been seen again since it was last logged. What is refused stays refused, and what was read has been read, whether it can be logged or not; a log that
// cannot be written to is told of where the program writes what it does.
func (w *Watch) append(ctx context.Context, s *Sighting, more int) {
	ctx = context.WithoutCancel(ctx) // the reader may have left; what happened has happened
	data := map[string]any{"action": s.Action, "method": s.Method, "path": s.Path}
	if s.Reason != "" {
		data["reason"] = s.Reason
	}
	if more > 0 {
		data["more"] = more
	}
	err := w.DB.Write(ctx, s.Actor.Organisation, func(tx *db.Tx) error {
		return Append(ctx, tx, s.Actor, Entry{Action: s.Event, ObjectKind: "page", ObjectID: s.Pattern, Data: data})
	})
	if err != nil {
		w.Log.ErrorContext(ctx, "not logged", slog.String("event", s.Event), slog.String("page", s.Pattern), slog.Int("more", more), slog.String("error", err.Error()))
	}
}
