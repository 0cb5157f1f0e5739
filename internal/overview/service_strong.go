// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Strong reads how strong sign-in is shown to be in every system that the reader reaches, or those of one unit, against one goal.
func (s *Service) Strong(ctx context.Context, actor access.Actor, goal int, unit string) (Strong, error) {
	if err := access.Check(actor, "overview.Strong"); err != nil {
		return Strong{}, err
	}
	out := Strong{Goal: goal}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		systems, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "overview.Strong"), Unit: unit})
		if err != nil {
			return err
		}
		inUse := systems[:0]
		for i := range systems {
			if systems[i].State != retired {
				inUse = append(inUse, systems[i])
			}
		}
		list, err := s.requirements.SignIns(ctx, tx, actor.Organisation, inUse)
		if err != nil {
			return err
		}
		actions, err := action.All(ctx, tx, actor.Organisation, "")
		if err != nil {
			return err
		}
		out.fill(s.requirements.Proof, list, func(x *requirement.SignIn) map[string]*action.Action { return actions[x.View.System.ID] })
		return nil
	})
	if err != nil {
		return Strong{}, fmt.Errorf("read how strong sign-in is: %w", err)
	}
	return out, nil
}
