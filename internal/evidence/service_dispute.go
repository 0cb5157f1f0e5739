// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// maxDispute is how long a reason against a measurement may be.
const maxDispute = 1000

// ErrRuling says that how a dispute is settled is none of the two ways there are.
var ErrRuling = errors.New("say whether the measurement stands or was wrong")

// Dispute says that a measurement is wrong ("Stämmer inte"). Until somebody settles it the measurement counts in neither direction, and
// nothing is shown to be met beside it: a word against a measurement shows nothing either. It is made anew as soon as may be; what it changed
// has been taken note of.
func (s *Service) Dispute(ctx context.Context, actor access.Actor, id ids.ID[Record], reason string) error {
	if err := access.Check(actor, "evidence.Dispute"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := system.Within(ctx, tx, actor, "evidence.Dispute", r.System.String()); err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		switch {
		case r.Source != Measured:
			return ErrMeasured
		case !r.Withdrawn.IsZero():
			return db.ErrConflict
		case reason == "":
			return ErrReasons
		case utf8.RuneCountInString(reason) > maxDispute:
			return ErrLong
		}
		if err := insertDispute(ctx, tx, actor, id, reason); err != nil {
			return err
		}
		if err := noteShiftsOf(ctx, tx, actor, id); err != nil {
			return err
		}
		for _, renew := range s.Renew {
			if err := renew(ctx, tx, actor, &r); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "evidence.Dispute", ObjectKind: "system", ObjectID: r.System.String(), Data: map[string]any{"record": r.ID, "kind": r.Kind, "subject": r.Subject},
		})
	})
	if err != nil {
		return fmt.Errorf("dispute measurement: %w", err)
	}
	return nil
}

// Settle rules on a dispute. A measurement that stands counts again, and what it changed waits for somebody again; one that was wrong is
// withdrawn. Why is asked either way: whoever said so is to read it.
func (s *Service) Settle(ctx context.Context, actor access.Actor, id ids.ID[Record], how Ruling, why string) error {
	if err := access.Check(actor, "evidence.Settle"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := system.Within(ctx, tx, actor, "evidence.Settle", r.System.String()); err != nil {
			return err
		}
		why = strings.TrimSpace(why)
		switch {
		case !slices.Contains(Rulings, how):
			return ErrRuling
		case why == "":
			return ErrReasons
		case utf8.RuneCountInString(why) > maxDispute:
			return ErrLong
		}
		if err := settleDispute(ctx, tx, actor, id, how, why); err != nil {
			return err
		}
		if how == Wrong {
			err = withdraw(ctx, tx, actor.Organisation, &r, why)
		} else {
			err = renewShiftsOf(ctx, tx, actor.Organisation, &r)
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "evidence.Settle", ObjectKind: "system", ObjectID: r.System.String(),
			Data: map[string]any{"record": r.ID, "kind": r.Kind, "subject": r.Subject, "ruling": how},
		})
	})
	if err != nil {
		return fmt.Errorf("settle dispute: %w", err)
	}
	return nil
}
