// SPDX-License-Identifier: EUPL-1.2

package alarm

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Service has the use cases of alarms.
type Service struct{ DB *db.DB }

// List gives the alarms that stand, and the latest of those that have been taken care of, newest first.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Raised, error) {
	if err := access.Check(actor, "alarm.List"); err != nil {
		return nil, err
	}
	var out []Raised
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = list(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list alarms: %w", err)
	}
	return out, nil
}

// Count tells how many alarms stand, for the notice that every page has.
func (s *Service) Count(ctx context.Context, actor access.Actor) (int, error) {
	if err := access.Check(actor, "alarm.Count"); err != nil {
		return 0, err
	}
	n := 0
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		n, err = count(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count alarms: %w", err)
	}
	return n, nil
}

// Acknowledge says that somebody has taken care of an alarm. One that is gone, or that somebody else has taken care of, is
// db.ErrNotFound.
func (s *Service) Acknowledge(ctx context.Context, actor access.Actor, id ids.ID[Alarm], note string) error {
	if err := access.Check(actor, "alarm.Acknowledge"); err != nil {
		return err
	}
	if len([]rune(note)) > mostNote {
		return ErrNote
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sealed, err := tx.Seal(ctx, noteCell(id), note)
		if err != nil {
			return err
		}
		n, err := acknowledge(ctx, tx, actor.Organisation, `id = $5`, actor.ID, sealed, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return db.ErrNotFound
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "alarm.Acknowledge", ObjectKind: "alarm", ObjectID: id.String()})
	})
	if err != nil {
		return fmt.Errorf("acknowledge alarm: %w", err)
	}
	return nil
}

// Tell hands on the alarms that stand and that nobody has been told about outside the program, each once. What tell does is in the
// transaction that notes it, so an alarm is never told of twice, and never forgotten.
func (s *Service) Tell(ctx context.Context, actor access.Actor, tell func(ctx context.Context, tx *db.Tx, r Raised) error) error {
	if err := access.Check(actor, "alarm.Tell"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		waiting, err := untold(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for i := range waiting {
			if err := tell(ctx, tx, waiting[i]); err != nil {
				return err
			}
			if err := told(ctx, tx, actor.Organisation, waiting[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell of alarms: %w", err)
	}
	return nil
}
