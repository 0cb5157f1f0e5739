// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"fmt"
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

// Dispute says that a measurement is wrong ("Stämmer inte"). It counts all the same, since saying so shows nothing, and is made anew as soon
// as may be; what it changed has been taken note of. Whoever answers for the system can withdraw it.
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
