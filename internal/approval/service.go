// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Description tells a change to people, in the reader's language.
type Description struct {
	// What is changed, From what and To what.
	What, From, To string
	// Href leads to what it is about; it may be empty.
	Href string
}

// Handler makes one kind of change. Nothing secret may stand in the payload, which the log and the page show: what is secret is put
// aside, encrypted, when the change is asked for, and the payload says where.
type Handler struct {
	// Label is the message key of the kind's name.
	Label string
	// Apply makes the change, in the transaction of the approval, and logs what it does. The actor is who approved it, or the program
	// itself after the wait. An error leaves everything as it was.
	Apply func(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error
	// Describe tells the change to people.
	Describe func(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (Description, error)
	// Drop takes away what was put aside for a change that will never be made: it was refused, withdrawn, too late or could not be made.
	// It is nil for a kind that puts nothing aside.
	Drop func(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error
}

// Exception is a change that was made without a second person, and that is shown.
type Exception struct{ Person, What, When string }

// Service has the use cases of changes that take two people.
type Service struct {
	DB  *db.DB
	Log *slog.Logger
	// Administrators gives the ids of the persons who are administrators now and have a way of signing in that they have used.
	Administrators func(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, error)

	handlers map[string]Handler
}

// Handle registers what makes a kind of change. Call it before the first request.
func (s *Service) Handle(kind string, h Handler) {
	if s.handlers == nil {
		s.handlers = map[string]Handler{}
	}
	s.handlers[kind] = h
}

// Ask stores a request in the transaction of the use case that has checked that the actor may ask for it, and logs it. Where nobody
// else can approve it, it waits and an alarm is raised.
func (s *Service) Ask(ctx context.Context, tx *db.Tx, actor access.Actor, r Request) (Request, error) {
	if err := checkReason(r.Reason); err != nil {
		return r, err
	}
	if _, ok := s.handlers[r.Kind]; !ok {
		return r, fmt.Errorf("%s: %w", r.Kind, ErrUnknownKind)
	}
	administrators, err := s.Administrators(ctx, tx, actor.Organisation)
	if err != nil {
		return r, err
	}
	r.ID, r.By, r.At, r.Expires, r.Status, r.looked = ids.New[Request](), actor.ID, tx.Now, tx.Limit.Add(Lifetime), Waiting, tx.Now
	r.Emergency = actor.Emergency
	r.Alone = len(r.others(administrators)) == 0
	// The log's head is taken first, so that two who ask at once count each other.
	err = audit.Append(ctx, tx, actor, audit.Entry{
		Action: "approval.Ask", ObjectKind: "approval", ObjectID: r.ID.String(),
		Data: map[string]any{"kind": r.Kind, "object_kind": r.ObjectKind, "object_id": r.ObjectID, "payload": r.Payload, "alone": r.Alone, "emergency": r.Emergency},
		Why:  r.Reason,
	})
	if err != nil {
		return r, err
	}
	waiting, err := list(ctx, tx, actor.Organisation, `status = 'waiting'`, mostWaiting)
	if err != nil {
		return r, fmt.Errorf("read waiting changes: %w", err)
	}
	if len(waiting) >= mostWaiting {
		return r, ErrTooMany
	}
	for i := range waiting {
		if waiting[i].Kind == r.Kind && string(waiting[i].Payload) == string(r.Payload) {
			return r, ErrSame
		}
	}
	if err := insert(ctx, tx, actor.Organisation, &r); err != nil {
		return r, fmt.Errorf("save request: %w", err)
	}
	if r.Alone {
		a := waits(actor.Organisation, r.ID)
		a.Data = map[string]string{"change": s.handlers[r.Kind].Label} // what it is about is told from the request, to those who may see it
		err = alarm.Raise(ctx, tx, a)
	}
	return r, err
}

// Listing is what the page shows.
type Listing struct {
	Waiting, Decided []Told
	// Alone says that there is nobody but the reader who approves changes.
	Alone bool
}

// Told is a request with its change in words.
type Told struct {
	Request
	Description
	// Label is the message key of the kind's name.
	Label string
	// Why says why the reader may not approve it; nil when they may.
	Why error
}

// Waits gives the requests about an object that wait, oldest first, in words and in the caller's transaction. Without an id it gives those
// about every object of the kind. Who may see them is asked by the caller.
func (s *Service) Waits(ctx context.Context, tx *db.Tx, l *locale.Localizer, objectKind, objectID string) ([]Told, error) {
	waiting, err := list(ctx, tx, tx.Scope, `status = 'waiting'`, mostWaiting)
	if err != nil {
		return nil, fmt.Errorf("read waiting changes: %w", err)
	}
	waiting = slices.DeleteFunc(waiting, func(r Request) bool {
		return r.ObjectKind != objectKind || objectID != "" && r.ObjectID != objectID
	})
	return s.tell(ctx, tx, l, waiting)
}

// Lonely reports whether nobody but the actor could approve what they ask for now.
func (s *Service) Lonely(ctx context.Context, tx *db.Tx, actor access.Actor) (bool, error) {
	administrators, err := s.Administrators(ctx, tx, actor.Organisation)
	r := Request{By: actor.ID, Emergency: actor.Emergency}
	return len(r.others(administrators)) == 0, err
}

// Describe tells one request in words, decided or not.
func (s *Service) Describe(ctx context.Context, actor access.Actor, l *locale.Localizer, id ids.ID[Request]) (Told, error) {
	if err := access.Check(actor, "approval.Describe"); err != nil {
		return Told{}, err
	}
	var out []Told
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		out, err = s.tell(ctx, tx, l, []Request{r})
		return err
	})
	if err != nil {
		return Told{}, fmt.Errorf("tell about change: %w", err)
	}
	return out[0], nil
}

// mostListed is how many decided requests a page shows.
const mostListed = 100

// List gives the requests that wait, oldest first, and the latest that have been decided.
func (s *Service) List(ctx context.Context, actor access.Actor, l *locale.Localizer) (Listing, error) {
	if err := access.Check(actor, "approval.List"); err != nil {
		return Listing{}, err
	}
	var out Listing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		administrators, err := s.Administrators(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Alone = len(administrators) < 2
		waiting, err := list(ctx, tx, actor.Organisation, `status = 'waiting'`, mostWaiting)
		if err != nil {
			return err
		}
		decided, err := list(ctx, tx, actor.Organisation, `status <> 'waiting'`, mostListed)
		if err != nil {
			return err
		}
		if out.Waiting, err = s.tell(ctx, tx, l, waiting); err != nil {
			return err
		}
		for i := range out.Waiting {
			out.Waiting[i].Why = out.Waiting[i].MayDecide(actor.ID)
		}
		out.Decided, err = s.tell(ctx, tx, l, decided)
		return err
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list changes: %w", err)
	}
	return out, nil
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, l *locale.Localizer, list []Request) ([]Told, error) {
	out := make([]Told, len(list))
	for i := range list {
		out[i].Request = list[i]
		h, ok := s.handlers[list[i].Kind]
		if !ok {
			continue
		}
		out[i].Label = h.Label
		d, err := h.Describe(ctx, tx, l, list[i].Payload)
		if err != nil && !errors.Is(err, db.ErrNotFound) { // what it was about may be gone since
			return nil, err
		}
		out[i].Description = d
	}
	return out, nil
}

// Approve makes the change. The actor must be another administrator than the one who asked, and not one whom the change is about.
// Of two who approve at once, one does.
func (s *Service) Approve(ctx context.Context, actor access.Actor, id ids.ID[Request], note string) error {
	if err := access.Check(actor, "approval.Approve"); err != nil {
		return err
	}
	if len([]rune(note)) > mostReason {
		return ErrReason
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if err := r.MayDecide(actor.ID); err != nil {
			return err
		}
		administrators, err := s.Administrators(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if !slices.Contains(administrators, actor.ID) {
			return ErrNotAdministrator // the session may be older than the end of the role
		}
		if !tx.Limit.Before(r.Expires) {
			return ErrDecided
		}
		return s.apply(ctx, tx, actor, &r, note)
	})
	if errors.Is(err, ErrChanged) {
		err = errors.Join(err, s.end(ctx, actor, id))
	}
	if err != nil {
		return fmt.Errorf("approve change: %w", err)
	}
	return nil
}

// end ends a request that can never be made, since what it is about has changed.
func (s *Service) end(ctx context.Context, actor access.Actor, id ids.ID[Request]) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		return s.decide(ctx, tx, actor, &r, Failed, "")
	})
}

// apply makes a change and notes it, if it still waits.
func (s *Service) apply(ctx context.Context, tx *db.Tx, actor access.Actor, r *Request, note string) error {
	h, ok := s.handlers[r.Kind]
	if !ok {
		return fmt.Errorf("%s: %w", r.Kind, ErrUnknownKind)
	}
	if err := s.decide(ctx, tx, actor, r, Applied, note); err != nil {
		return err
	}
	return h.Apply(ctx, tx, actor, r.Payload)
}

// decide notes what became of a request and logs it. It is the one place where two decisions meet: the second finds nothing waiting.
func (s *Service) decide(ctx context.Context, tx *db.Tx, actor access.Actor, r *Request, to Status, note string) error {
	n, err := decide(ctx, tx, actor.Organisation, r.ID, to, actor.ID, note)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrDecided
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{
		Action: "approval.Decide", ObjectKind: "approval", ObjectID: r.ID.String(),
		Data: map[string]any{"status": to, "kind": r.Kind, "asked_by": r.By, "object_kind": r.ObjectKind, "object_id": r.ObjectID},
		Why:  note,
	})
	if err == nil && r.Alone {
		err = alarm.Lower(ctx, tx, waits(actor.Organisation, r.ID))
	}
	if h := s.handlers[r.Kind]; err == nil && to != Applied && h.Drop != nil {
		err = h.Drop(ctx, tx, actor.Organisation, r.Payload)
	}
	return err
}

// waits is the alarm of a change that nobody else can approve.
func waits(org access.OrganisationID, id ids.ID[Request]) alarm.Alarm {
	return alarm.Alarm{Organisation: org, Kind: alarm.ChangeWaits, ObjectKind: "approval", ObjectID: id.String()}
}

// Refuse says no to a change, with the reason. Whoever asked withdraws it in the same way.
func (s *Service) Refuse(ctx context.Context, actor access.Actor, id ids.ID[Request], reason string) error {
	if err := access.Check(actor, "approval.Refuse"); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		to := Refused
		if r.By == actor.ID {
			to = Withdrawn
		}
		return s.decide(ctx, tx, actor, &r, to, reason)
	})
	if err != nil {
		return fmt.Errorf("refuse change: %w", err)
	}
	return nil
}

// WithdrawAll takes back what somebody who leaves has asked for, in the caller's transaction: nothing is done in the name of somebody
// who is not there.
func (s *Service) WithdrawAll(ctx context.Context, tx *db.Tx, actor access.Actor, by string) error {
	waiting, err := list(ctx, tx, actor.Organisation, `status = 'waiting'`, mostWaiting)
	if err != nil {
		return fmt.Errorf("read waiting changes: %w", err)
	}
	for i := range waiting {
		if waiting[i].By != by {
			continue
		}
		if err := s.decide(ctx, tx, actor, &waiting[i], Withdrawn, ""); err != nil {
			return err
		}
	}
	return nil
}

// AskedBy counts what somebody has asked for that still waits.
func AskedBy(ctx context.Context, tx *db.Tx, org access.OrganisationID, by string) (int, error) {
	waiting, err := list(ctx, tx, org, `status = 'waiting'`, mostWaiting)
	n := 0
	for i := range waiting {
		if waiting[i].By == by {
			n++
		}
	}
	return n, err
}

// Tick looks at the clock: it counts the wait of what nobody else can approve, makes what has waited long enough, and ends what
// nobody has decided in time. Once there is somebody else, what waited for want of one waits for them.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "approval.Tick"); err != nil {
		return err
	}
	var waiting []Request
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		waiting, err = list(ctx, tx, actor.Organisation, `status = 'waiting'`, mostWaiting)
		return err
	})
	if err != nil {
		return fmt.Errorf("read waiting changes: %w", err)
	}
	for i := range waiting {
		err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.look(ctx, tx, actor, waiting[i].ID) })
		switch {
		case err == nil || errors.Is(err, ErrDecided):
		case ctx.Err() != nil:
			return fmt.Errorf("look at waiting changes: %w", err)
		default:
			s.fail(ctx, actor, &waiting[i], err)
		}
	}
	return nil
}

// look counts the wait of one request and does what the time calls for.
func (s *Service) look(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Request]) error {
	r, err := get(ctx, tx, actor.Organisation, id)
	if err != nil || r.Status != Waiting {
		return err
	}
	administrators, err := s.Administrators(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	switch {
	case len(r.others(administrators)) > 0 && r.Alone:
		if err := meet(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return alarm.Lower(ctx, tx, waits(actor.Organisation, id))
	case r.Alone:
		over := r.see(tx.Now)
		if err := count(ctx, tx, actor.Organisation, &r); err != nil {
			return err
		}
		if over {
			return s.apply(ctx, tx, actor, &r, "")
		}
	case !tx.Limit.Before(r.Expires):
		return s.decide(ctx, tx, actor, &r, Expired, "")
	}
	return nil
}

// fail notes that a change could not be made after its wait, so that it is not tried for ever.
func (s *Service) fail(ctx context.Context, actor access.Actor, r *Request, cause error) {
	s.Log.ErrorContext(ctx, "change not made", slog.String("kind", r.Kind), slog.String("request", r.ID.String()), slog.String("error", cause.Error()))
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.decide(ctx, tx, actor, r, Failed, "") })
	if err != nil && !errors.Is(err, ErrDecided) {
		s.Log.ErrorContext(ctx, "failed change not noted", slog.String("request", r.ID.String()), slog.String("error", err.Error()))
	}
}
