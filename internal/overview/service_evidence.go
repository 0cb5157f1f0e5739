// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Shown is the evidence about one system with what follows from it.
type Shown struct {
	One
	// Records is all that there is, with its words, oldest first; what has ended or is withdrawn too.
	Records []evidence.Record
	Shifts  []evidence.Shift
	SignIn  requirement.SignIn
}

// Evidence reads the evidence about one system with what follows from it.
func (s *Service) Evidence(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Shown, error) {
	if err := access.Check(actor, "overview.Evidence"); err != nil {
		return Shown{}, err
	}
	var out Shown
	var err error
	if out.One, err = s.one(ctx, actor, request{"overview.Evidence", ref, l}, parts{}); err != nil {
		return Shown{}, err
	}
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		id := out.View.System.ID
		if out.Records, err = evidence.Whole(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		all, err := evidence.Shifts(ctx, tx, actor.Organisation, access.ReachOf(actor, "overview.Evidence"))
		for _, x := range all {
			if x.System == id {
				out.Shifts = append(out.Shifts, x)
			}
		}
		return err
	})
	if err != nil {
		return Shown{}, fmt.Errorf("read evidence of system: %w", err)
	}
	if list := s.requirements.Proof.SignIns([]requirement.View{out.View}); len(list) == 1 {
		out.SignIn = list[0]
	}
	return out, nil
}

// Confirm confirms a change for the better: the actions about requirements that are now shown to be met are done. It tells how many.
func (s *Service) Confirm(ctx context.Context, actor access.Actor, ref string, id ids.ID[evidence.Shift]) (int, error) {
	if err := access.Check(actor, "overview.Confirm"); err != nil {
		return 0, err
	}
	closed := 0
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "overview.Confirm", ref)
		if err != nil {
			return err
		}
		shift, err := evidence.OneShift(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if shift.System != sys.ID || shift.Direction != evidence.Better {
			return fmt.Errorf("change of another system: %w", db.ErrNotFound)
		}
		if err := evidence.NoteShift(ctx, tx, actor.Organisation, id, actor.ID); err != nil {
			return err
		}
		if closed, err = s.closeMet(ctx, tx, actor, sys); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "overview.Confirm", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"change": id, "was": shift.Was, "became": shift.Became, "closed": closed},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("confirm change: %w", err)
	}
	return closed, nil
}

// closeMet does the actions whose requirements are shown to be met by a measurement that counts.
func (s *Service) closeMet(ctx context.Context, tx *db.Tx, actor access.Actor, sys system.System) (int, error) {
	met, err := s.metActions(ctx, tx, actor.Organisation, sys)
	if err != nil {
		return 0, err
	}
	for _, a := range met {
		if err := action.Close(ctx, tx, actor, a); err != nil && !errors.Is(err, db.ErrConflict) {
			return 0, err
		}
	}
	return len(met), nil
}
