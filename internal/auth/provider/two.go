// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
)

// Two lets a change wait until two people have decided it (Swedish: beslut av två). What decides stands above this package, and is given
// to it.
type Two interface {
	// Ask stores a change that somebody asks for, in the caller's transaction.
	Ask(ctx context.Context, tx *db.Tx, actor access.Actor, q Question) (Wait, error)
	// Waiting tells which changes wait about an object, or about every object of the kind when id is empty.
	Waiting(ctx context.Context, tx *db.Tx, l *locale.Localizer, objectKind, id string) ([]Waiting, error)
	// Next tells how long a change would wait that the actor asks for now.
	Next(ctx context.Context, tx *db.Tx, actor access.Actor) (Wait, error)
}

// Question is a change that takes two people. Nothing secret stands in the payload: a secret is put aside in the vault, and the payload
// says where.
type Question struct {
	Kind                 string
	ObjectKind, ObjectID string
	Payload              any
	Reason               string
}

// Wait says what came of a change: the zero Wait that it was made at once.
type Wait struct {
	// Asked says that the change waits, and Alone that it waits for want of a second person.
	Asked, Alone bool
	// Until is when a change that waits for somebody lapses, or when one that waits alone is made at the earliest.
	Until time.Time
}

// Waiting is a change that waits, in words.
type Waiting struct {
	What, To, By string
	Wait
}

// Decision is a kind of change that takes two people: what approval.Handler is, for packages that stand below it.
type Decision struct {
	Kind string
	// Label is the message key of the kind's name.
	Label string
	// Apply makes the change in the transaction of the approval. ErrStale says that what it is about has changed since.
	Apply func(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error
	// Describe tells the change to people, from the payload alone.
	Describe func(l *locale.Localizer, payload json.RawMessage) (Told, error)
	// Drop takes away what was put aside for a change that is never made. It may be nil.
	Drop func(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error
}

// Told is a change in words. From and To may have several lines.
type Told struct{ What, From, To, Href string }

var (
	// ErrReason says that a change which takes two people lacks its reason.
	ErrReason = errors.New("say why the change is to be made, in at most 1000 characters")
	// ErrAsked says that the same change has been asked for and waits.
	ErrAsked = errors.New("the same change waits for a decision already")
	// ErrStale says that what a change is about has changed since it was asked for.
	ErrStale = errors.New("what the change is about has changed since it was asked for")
	// ErrAlone says that the program cannot ask anybody else, so that a change which takes two people is not made.
	ErrAlone = errors.New("the change takes two people, and this part of the program cannot ask for it")
)

// Pending is what a page tells about changes that take two people.
type Pending struct {
	Waiting []Waiting
	// Next is what would come of a change that is asked for now.
	Next Wait
}

// Reader is whoever reads a page.
type Reader struct {
	Actor access.Actor
	L     *locale.Localizer
}

// PendingOf tells what waits about an object. Who may know is asked by the caller.
func PendingOf(ctx context.Context, d *db.DB, two Two, r Reader, objectKind, id string) (Pending, error) {
	var p Pending
	if two == nil {
		return p, nil
	}
	err := d.Read(ctx, r.Actor.Organisation, func(tx *db.Tx) (err error) {
		if p.Waiting, err = two.Waiting(ctx, tx, r.L, objectKind, id); err != nil {
			return err
		}
		p.Next, err = two.Next(ctx, tx, r.Actor)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read waiting changes: %w", err)
	}
	return p, nil
}

// Decide makes a change at once for whoever runs the command line, and asks for it otherwise. Those who run the command line hold the
// database and the root key, so asking would stop nobody: what they do is logged, and told in an alarm.
func Decide(ctx context.Context, tx *db.Tx, actor access.Actor, two Two, q Question, d Decision) (Wait, error) {
	if !actor.Console() {
		if two == nil {
			return Wait{}, ErrAlone
		}
		return two.Ask(ctx, tx, actor, q)
	}
	payload, err := json.Marshal(q.Payload)
	if err != nil {
		return Wait{}, fmt.Errorf("write change: %w", err)
	}
	if err := d.Apply(ctx, tx, actor, payload); err != nil {
		return Wait{}, err
	}
	return Wait{}, alarm.Raise(ctx, tx, alarm.Alarm{
		Organisation: actor.Organisation, Kind: alarm.SignInChanged, ObjectKind: q.ObjectKind, ObjectID: q.ObjectID, Data: map[string]string{"change": d.Label},
	})
}
