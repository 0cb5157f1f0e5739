// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// DefaultEvery is how often checkpoints are made.
const DefaultEvery = time.Minute

// Keeper makes checkpoints of every log and sends them off the machine.
type Keeper struct {
	DB  *db.DB
	Key Key
	// Receivers get every checkpoint, or the latest when they have been away; Witnesses cosign it.
	Receivers []Receiver
	Witnesses []Witness
	// Entries get the entries themselves too, in order, up to the latest checkpoint.
	Entries []EntryReceiver
	// Every is how often; zero is DefaultEvery.
	Every time.Duration
	Log   *slog.Logger
	// Rewritten is told of each organisation whose log does not go on from its last checkpoint; it may be nil. The installation's own
	// log belongs to nobody who could be told: the operating log tells of it.
	Rewritten func(ctx context.Context, org access.OrganisationID) error
	// Before runs before each round, for what waits to be logged; it may be nil.
	Before func(ctx context.Context)

	// bad are the receivers that failed in the last round, so that each failure is told once.
	bad map[string]bool
}

// Run makes checkpoints until ctx ends, and once more then. It returns when everything has been sent, or could not be.
func (k *Keeper) Run(ctx context.Context) {
	every := k.Every
	if every <= 0 {
		every = DefaultEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.survive(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRound)
			k.survive(last)
			cancel()
			return
		}
	}
}

// lastRound is how long the round at shutdown may take.
const lastRound = 10 * time.Second

// survive is a round whose own fault ends neither the rounds to come nor the program.
func (k *Keeper) survive(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			k.Log.ErrorContext(ctx, "panic", slog.String("step", "checkpoint"), slog.String("stack", string(debug.Stack())))
		}
	}()
	k.Round(ctx)
}

// Round makes the checkpoints that are due and sends them. What goes wrong is logged, and tried again in the next round.
func (k *Keeper) Round(ctx context.Context) {
	if k.Before != nil {
		k.Before(ctx)
	}
	if err := k.Sign(ctx); err != nil {
		k.tell(ctx, "sign", err)
	} else {
		k.tell(ctx, "sign", nil)
	}
	for _, r := range k.Receivers {
		k.tell(ctx, r.Name(), k.deliver(ctx, r))
	}
	for _, r := range k.Entries {
		k.tell(ctx, entriesTo(r), k.ship(ctx, r))
	}
	for i := range k.Witnesses {
		k.tell(ctx, "witness "+k.Witnesses[i].Name(), k.cosign(ctx, &k.Witnesses[i]))
	}
}

// tell logs that something has begun to fail, or works again. A log that was rewritten is told every time.
func (k *Keeper) tell(ctx context.Context, what string, err error) {
	if k.bad == nil {
		k.bad = map[string]bool{}
	}
	grave := errors.Is(err, ErrRewritten) || errors.Is(err, ErrWitnessAhead) || errors.Is(err, ErrOther)
	switch {
	case err != nil && (grave || !k.bad[what]):
		k.Log.ErrorContext(ctx, "checkpoint", slog.String("step", what), slog.String("error", err.Error()))
	case err == nil && k.bad[what]:
		k.Log.InfoContext(ctx, "checkpoint works again", slog.String("step", what))
	}
	k.bad[what] = err != nil
}

// ErrRewritten says that the log is not the continuation of what was signed before. It is then not signed.
var ErrRewritten = errors.New("the log is not the continuation of its last checkpoint: it has been changed. No checkpoint was made; run insegel audit verify")

// Sign makes a checkpoint of every log that has grown.
func (k *Keeper) Sign(ctx context.Context) error {
	var due []stored
	var rewritten []access.OrganisationID
	err := k.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := heads(ctx, tx)
		if err != nil {
			return err
		}
		var faults []error
		for i := range all {
			s, err := k.next(ctx, tx, &all[i])
			if err != nil {
				if errors.Is(err, ErrRewritten) {
					rewritten = append(rewritten, all[i].Organisation)
				}
				faults = append(faults, fmt.Errorf("log %s: %w", all[i].Name, err))
			} else if s.note != "" {
				due = append(due, s)
			}
		}
		return errors.Join(faults...)
	})
	if len(due) > 0 {
		e := k.DB.Write(ctx, db.Installation, func(tx *db.Tx) error {
			for i := range due {
				if err := saveCheckpoint(ctx, tx, &due[i]); err != nil {
					return err
				}
			}
			return nil
		})
		err = errors.Join(err, e)
	}
	for _, org := range rewritten {
		if k.Rewritten != nil && org != db.Installation {
			err = errors.Join(err, k.Rewritten(ctx, org))
		}
	}
	if err != nil {
		return fmt.Errorf("make checkpoints: %w", err)
	}
	return nil
}

// stored is a checkpoint as it is kept.
type stored struct {
	organisation access.OrganisationID
	epoch, size  int64
	note         string
	at           int64
}

// next makes the checkpoint of a log that has grown; nothing when it has not. It signs only what goes on from the last.
func (k *Keeper) next(ctx context.Context, tx *db.Tx, h *Head) (stored, error) {
	if h.Size == 0 {
		return stored{}, nil
	}
	last, err := lastCheckpoint(ctx, tx, h.Organisation)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return stored{}, err
	}
	if err == nil && last.epoch == h.Epoch && last.size == h.Size {
		return stored{}, nil
	}
	root, e := Root(ctx, tx, h.Organisation, h.Size)
	if e != nil {
		return stored{}, e
	}
	if err == nil {
		if err := follows(ctx, tx, h, root, &last); err != nil {
			return stored{}, err
		}
	}
	s := stored{organisation: h.Organisation, epoch: h.Epoch, size: h.Size}
	s.note, err = k.Key.Sign(Checkpoint{Origin: Origin(h.Name, h.Epoch), Size: h.Size, Root: root})
	return s, err
}

// follows proves that the log goes on from a checkpoint.
func follows(ctx context.Context, tx *db.Tx, h *Head, root tlog.Hash, last *stored) error {
	c, err := peek(last.note)
	if err != nil || last.size > h.Size {
		return ErrRewritten
	}
	p, err := ProveTree(ctx, tx, h.Organisation, h.Size, c.Size)
	if err != nil {
		return err
	}
	if tlog.CheckTree(p, h.Size, root, c.Size, c.Root) != nil {
		return ErrRewritten
	}
	return nil
}

// deliver sends a receiver the latest checkpoint of every log that it does not have.
func (k *Keeper) deliver(ctx context.Context, r Receiver) error {
	due, err := k.due(ctx, r.Name())
	if err != nil {
		return err
	}
	var faults []error
	for i := range due {
		err := r.Receive(ctx, due[i].Export)
		if err == nil {
			err = k.delivered(ctx, r.Name(), &due[i])
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// undelivered is a checkpoint that a receiver does not have, and the size of the last that it has of the same epoch, and of any.
type undelivered struct {
	Export
	organisation access.OrganisationID
	has, until   int64
}

func (k *Keeper) due(ctx context.Context, receiver string) ([]undelivered, error) {
	var out []undelivered
	err := k.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := heads(ctx, tx)
		if err != nil {
			return err
		}
		for i := range all {
			last, err := lastCheckpoint(ctx, tx, all[i].Organisation)
			if errors.Is(err, db.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			epoch, size, err := deliveredUntil(ctx, tx, all[i].Organisation, receiver)
			if err != nil {
				return err
			}
			if epoch == last.epoch && size == last.size {
				continue
			}
			u := undelivered{organisation: all[i].Organisation, until: size, Export: Export{Name: all[i].Name, Epoch: last.epoch, Organisation: all[i].Organisation, Note: last.note}}
			if epoch == last.epoch {
				u.has = size
			}
			if u.Checkpoint, err = peek(last.note); err != nil {
				return err
			}
			out = append(out, u)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find checkpoints to send: %w", err)
	}
	return out, nil
}

func (k *Keeper) delivered(ctx context.Context, receiver string, u *undelivered) error {
	err := k.DB.Write(ctx, db.Installation, func(tx *db.Tx) error { return saveDelivery(ctx, tx, receiver, u) })
	if err != nil {
		return fmt.Errorf("note that a checkpoint was sent: %w", err)
	}
	return nil
}

// cosign asks a witness about every checkpoint that it has not seen, and keeps what it answers.
func (k *Keeper) cosign(ctx context.Context, w *Witness) error {
	receiver := "witness " + w.Name()
	due, err := k.due(ctx, receiver)
	if err != nil {
		return err
	}
	var faults []error
	for i := range due {
		u := &due[i]
		line, err := k.askFrom(ctx, w, u, u.has)
		var size tooOld
		if errors.As(err, &size) { // it has seen more, or less, than we noted
			if int64(size) > u.Size {
				err = fmt.Errorf("ask witness %s: %w", w.Name(), ErrWitnessAhead)
			} else {
				line, err = k.askFrom(ctx, w, u, int64(size))
			}
		}
		if err == nil {
			err = k.cosigned(ctx, w, u, line)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (k *Keeper) askFrom(ctx context.Context, w *Witness, u *undelivered, old int64) (string, error) {
	var proof tlog.TreeProof
	if old > 0 {
		err := k.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
			proof, err = ProveTree(ctx, tx, u.organisation, u.Size, old)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return w.ask(ctx, u.Note, old, proof)
}

func (k *Keeper) cosigned(ctx context.Context, w *Witness, u *undelivered, line string) error {
	err := k.DB.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if err := saveCosignature(ctx, tx, w.Name(), u, line); err != nil {
			return err
		}
		return saveDelivery(ctx, tx, "witness "+w.Name(), u)
	})
	if err != nil {
		return fmt.Errorf("keep cosignature: %w", err)
	}
	return nil
}

// Latest gives the latest checkpoint of every log, as it is signed.
func Latest(ctx context.Context, d *db.DB) ([]Export, error) {
	var out []Export
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := heads(ctx, tx)
		if err != nil {
			return err
		}
		for i := range all {
			s, err := lastCheckpoint(ctx, tx, all[i].Organisation)
			if errors.Is(err, db.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			e := Export{Name: all[i].Name, Epoch: s.epoch, Note: s.note}
			if e.Checkpoint, err = peek(s.note); err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return out, nil
}

// Kept is a checkpoint as it is stored, with when it was made.
type Kept struct {
	Checkpoint
	Epoch, At int64
	Note      string
}

// Checkpoints lists the newest checkpoints of a log, newest first.
func Checkpoints(ctx context.Context, tx *db.Tx, org access.OrganisationID, limit int) ([]Kept, error) {
	list, err := latestCheckpoints(ctx, tx, org, limit)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	out := make([]Kept, 0, len(list))
	for _, s := range list {
		c, err := peek(s.note)
		if err != nil {
			return nil, fmt.Errorf("read checkpoint of %d entries: %w", s.size, err)
		}
		out = append(out, Kept{c, s.epoch, s.at, s.note})
	}
	return out, nil
}

// CheckpointAt gives the stored checkpoint of a size; db.ErrNotFound when there is none.
func CheckpointAt(ctx context.Context, tx *db.Tx, org access.OrganisationID, size int64) (Checkpoint, error) {
	note, err := noteAt(ctx, tx, org, size)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint of %d entries: %w", size, err)
	}
	return peek(note)
}

// Deliveries tells how far each receiver outside the database has come with a log.
func Deliveries(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Delivered, error) {
	out, err := deliveries(ctx, tx, org)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of checkpoints: %w", err)
	}
	return out, nil
}
