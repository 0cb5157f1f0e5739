// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
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
	return s.readStrong(ctx, actor, access.ReachOf(actor, "overview.Strong"), goal, unit)
}

// ExportStrong is Strong for a file with every system, and logs that it is taken out.
func (s *Service) ExportStrong(ctx context.Context, actor access.Actor, goal int, unit string) (Strong, error) {
	if err := access.Check(actor, "overview.ExportStrong"); err != nil {
		return Strong{}, err
	}
	// What is written is read first, so that nobody who writes waits for it.
	out, err := s.readStrong(ctx, actor, access.ReachOf(actor, "overview.ExportStrong"), goal, unit)
	if err != nil {
		return Strong{}, err
	}
	err = s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "overview.ExportStrong", ObjectKind: "report", ObjectID: "strong",
			Data: map[string]any{"address": address(StrongPath, "mal", goalNames[goal], "forvaltning", unit), "systems": len(out.Rows)},
		})
	})
	if err != nil {
		return Strong{}, fmt.Errorf("take out how strong sign-in is: %w", err)
	}
	return out, nil
}

func (s *Service) readStrong(ctx context.Context, actor access.Actor, reach access.Reach, goal int, unit string) (Strong, error) {
	out := Strong{Goal: goal}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		systems, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: reach, Unit: unit})
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
