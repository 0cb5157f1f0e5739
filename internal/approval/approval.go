// SPDX-License-Identifier: EUPL-1.2

// Package approval holds the changes that take two people (Swedish: beslut av två): of roles, keys, retention and probe targets. One
// person asks, with a reason; another administrator approves or refuses; the change is made in the transaction of the approval. Where
// there is nobody else who can approve, the change waits for a day, with an alarm, and anybody with the right may stop it meanwhile.
package approval

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/ids"
)

// Status is what has become of a request.
type Status string

// The statuses. Only Waiting changes.
const (
	Waiting   Status = "waiting"
	Applied   Status = "applied"
	Refused   Status = "refused"
	Expired   Status = "expired"
	Withdrawn Status = "withdrawn"
	Failed    Status = "failed"
)

// How long a request waits.
const (
	// Alone is how long a change waits that nobody else can approve.
	Alone = 24 * time.Hour
	// Lifetime is how long a request waits for the second person.
	Lifetime = 7 * 24 * time.Hour
	// mostSeen is how much of the wait one look at the clock can add. A clock that jumps forward, or a server that was switched off,
	// so hastens nothing; one that is put back adds nothing.
	mostSeen = 10 * time.Minute
	// interval is how often the clock is looked at.
	interval = time.Minute
	// mostReason is how long a reason may be.
	mostReason = 1000
	// mostWaiting is how many requests may wait at once in an organisation.
	mostWaiting = 200
)

var (
	// ErrReason says that a request, or a refusal, lacks its reason.
	ErrReason = errors.New("say why, in at most 1000 characters")
	// ErrOwn says that somebody tried to approve what they asked for themselves.
	ErrOwn = errors.New("a change is approved by somebody else than the one who asked for it")
	// ErrConcerned says that somebody tried to approve what is about themselves.
	ErrConcerned = errors.New("a change is approved by somebody whom it is not about")
	// ErrEmergency says that somebody tried to approve what was asked for with a sealed passkey, maybe by themselves.
	ErrEmergency = errors.New("a change asked for in an emergency sign-in waits a day: whoever asked may be any of the administrators")
	// ErrNotAdministrator says that the one who approves is no administrator any more.
	ErrNotAdministrator = errors.New("only an active administrator approves a change")
	// ErrDecided says that somebody else was first, or that the time has run out.
	ErrDecided = errors.New("the change has been decided already")
	// ErrUnknownKind says that no part of the program handles such a change.
	ErrUnknownKind = errors.New("no such kind of change")
	// ErrTooMany says that too many requests wait.
	ErrTooMany = errors.New("too many changes wait for a decision: decide some of them first")
	// ErrChanged says that what a change is about has changed since it was asked for. A handler's Apply wraps it: the request is then
	// ended, since what would be approved is not what was asked for.
	ErrChanged = errors.New("what the change is about has changed since it was asked for, so it is not made: ask for it again if it is still needed")
	// ErrSame says that the same change waits already.
	ErrSame = errors.New("the same change waits for a decision already")
)

// Request is a change that somebody asks for.
type Request struct {
	ID ids.ID[Request]
	// Kind is the change's, as registered with Handle.
	Kind string
	// ObjectKind and ObjectID say what it is about, for the log.
	ObjectKind, ObjectID string
	// Payload is what the kind's handler needs to make the change.
	Payload json.RawMessage
	Reason  string
	// Concerns are the ids of the persons whom the change is about: they do not approve it.
	Concerns []string

	// By is who asked and At when. Expires is when it is too late to approve it.
	By          string
	At, Expires time.Time
	// Emergency says that it was asked for with a sealed passkey, by nobody knows whom.
	Emergency bool
	// Alone says that nobody else can approve it: it waits. Waited is how much of the wait has passed.
	Alone  bool
	Waited time.Duration
	looked time.Time

	Status Status
	// Decider is who decided it, When that was, and Note what they wrote.
	Decider string
	When    time.Time
	Note    string
}

// Left is how much is left of the wait of a change that nobody else can approve.
func (r *Request) Left() time.Duration { return max(0, Alone-r.Waited) }

// see counts the time since the last look, and reports whether the wait is over.
func (r *Request) see(now time.Time) bool {
	r.Waited += min(max(0, now.Sub(r.looked)), mostSeen)
	r.looked = now
	return r.Waited >= Alone
}

// MayDecide says whether somebody may approve the request, as far as who they are goes.
func (r *Request) MayDecide(actor string) error {
	switch {
	case actor == "" || actor == r.By:
		return ErrOwn
	case slices.Contains(r.Concerns, actor):
		return ErrConcerned
	case r.Emergency:
		return ErrEmergency
	default:
		return nil
	}
}

// others are those of the administrators who could approve the request.
func (r *Request) others(administrators []string) []string {
	var out []string
	for _, a := range administrators {
		if r.MayDecide(a) == nil {
			out = append(out, a)
		}
	}
	return out
}

func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" || len([]rune(reason)) > mostReason {
		return ErrReason
	}
	return nil
}
