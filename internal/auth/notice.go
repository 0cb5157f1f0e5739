// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Event is something that somebody is told of about how an account is signed in to (Swedish: händelse).
type Event string

// The events.
const (
	EventMethodAdded   Event = "method-added"   // the account has a new passkey
	EventMethodRemoved Event = "method-removed" // a passkey is gone
	EventCodesMade     Event = "codes-made"     // new recovery codes were made
	EventCodeUsed      Event = "code-used"      // a recovery code was used
	EventTied          Event = "tied"           // a sign-in at an identity provider was tied to the account
	EventEnded         Event = "ended"          // the account has ended
	EventRoles         Event = "roles"          // the roles of its person have changed
	EventAddress       Event = "address"        // what the account is told goes to another address
	EventRefused       Event = "refused"        // somebody tried to sign in to it and was refused
	EventLate          Event = "late"           // it was signed in to after a long time
	EventSealed        Event = "sealed"         // a sealed passkey was used, which belongs to nobody
)

// Events lists them, for tests.
func Events() []Event {
	return []Event{
		EventMethodAdded, EventMethodRemoved, EventCodesMade, EventCodeUsed, EventTied, EventEnded, EventRoles, EventAddress, EventRefused, EventLate, EventSealed,
	}
}

// Notice is an event of an account. It holds nothing else: what it was stands behind the sign-in, and in the log.
type Notice struct {
	Organisation access.OrganisationID
	// Account is whose it is; for EventSealed it is nobody's, and those who run the program are told.
	Account ids.ID[Account]
	Event   Event
	// To is where it goes instead of to the address of the account's person.
	To string
}

// Tell tells of an event, in the transaction of what it tells of.
type Tell func(ctx context.Context, tx *db.Tx, n Notice) error

// Contact is how the person of an account is told of something.
type Contact struct {
	// Email is empty when there is no address.
	Email string
	// Lang is the language of the last sign-in; empty before the first.
	Lang string
	// Ended says that the person has left.
	Ended bool
}

// longAway is after how long a sign-in is told of: a holiday and a parent's month are shorter.
const longAway = 90 * 24 * time.Hour

// tell tells of an event, if anybody is to be told.
func (s *Sessions) tell(ctx context.Context, tx *db.Tx, n Notice) error {
	if s.told == nil || n.Account.IsZero() {
		return nil
	}
	return s.told(ctx, tx, n)
}

// entered notes when an account's way in was used and in which language, and tells of a sign-in that comes after a long time.
func (s *Sessions) entered(ctx context.Context, tx *db.Tx, in *Session, p Proof) error {
	if err := used(ctx, tx, p); err != nil || p.StepUp {
		return err
	}
	before, err := noteArrival(ctx, tx, in, ctx.Value(loadedKey{}).(*loaded).lang)
	if err != nil || before.IsZero() || in.Created.Sub(before) < longAway {
		return err
	}
	return s.tell(ctx, tx, Notice{Organisation: in.Organisation, Account: in.Account, Event: EventLate})
}
