// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/risk"
)

// lookBack is how many months back a value to compare with is looked for.
const lookBack = 12

// Brief reads what a manager needs to know of the part of the organisation that they answer for.
func (s *Service) Brief(ctx context.Context, actor access.Actor, l *locale.Localizer) (Brief, error) {
	if err := access.Check(actor, "overview.Brief"); err != nil {
		return Brief{}, err
	}
	risks, err := s.Risks.List(ctx, actor, risk.Filter{})
	if err != nil {
		return Brief{}, fmt.Errorf("read what a manager needs: %w", err)
	}
	var changes approval.Listing
	if access.Allowed(actor, "approval.Approve") {
		if changes, err = s.Approvals.List(ctx, actor, l); err != nil {
			return Brief{}, fmt.Errorf("read what a manager needs: %w", err)
		}
	}
	out := Brief{Risks: risks.Total, Risk: worst(risks.Rows)}
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		reach := access.ReachOf(actor, "overview.Brief")
		out.Today, out.Whole = civil.Of(tx.Now), reach.All
		all, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		now, err := s.Followup.Picture(ctx, tx, followup.Part{Reach: reach})
		if err != nil {
			return err
		}
		var was []followup.Point
		if reach.All { // what was taken is of the whole organisation
			if was, err = before(ctx, tx, actor.Organisation, out.Today); err != nil {
				return err
			}
		}
		out.Figures = figures(s.Followup.Engine, now.Tallies, was)
		tasks, err := s.clockTasks(ctx, tx, actor, out.Today)
		if err != nil {
			return err
		}
		annexes, err := procurement.WaitingFor(ctx, tx, actor, reach)
		if err != nil {
			return err
		}
		list := waits(&deciding{Systems: all.within(reach).Systems, Risks: risks.Rows, Changes: changes.Waiting, Others: waitElsewhere(tasks, annexes)}, actor, out.Today)
		out.Waits, out.Waiting = few(list), len(list)
		return nil
	})
	if err != nil {
		return Brief{}, fmt.Errorf("read what a manager needs: %w", err)
	}
	return out, nil
}

// before reads the last values of the quarter that was, or the last before today where none are so old.
func before(ctx context.Context, tx *db.Tx, org access.OrganisationID, today civil.Date) ([]followup.Point, error) {
	from := today.AddMonths(-lookBack)
	points, err := followup.TakenBefore(ctx, tx, org, from, quarter(today))
	if err != nil || len(points) > 0 {
		return points, err
	}
	return followup.TakenBefore(ctx, tx, org, from, today)
}
