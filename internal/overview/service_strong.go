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
	"github.com/insegel/insegel/internal/organisation"
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
	var kept *strongKept
	var units []organisation.Unit
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if units, err = organisation.Units(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		kept, err = s.keptStrong(ctx, tx, actor.Organisation, goal)
		return err
	})
	if err != nil {
		return Strong{}, fmt.Errorf("read how strong sign-in is: %w", err)
	}
	out := kept.within(reach, unit)
	out.Choices = organisation.Within(units, reach)
	return out, nil
}

// keptStrong is what is known of all systems' sign-in as the transaction sees it, from memory when no system has changed.
func (s *Service) keptStrong(ctx context.Context, tx *db.Tx, org access.OrganisationID, goal int) (*strongKept, error) {
	key, err := s.key(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return s.strong[goal].get(org, key, func(old *strongKept, from indexKey) (*strongKept, error) {
		if old != nil {
			changed, told, err := s.remade(ctx, tx, org, from, key)
			if err != nil {
				return nil, err
			}
			if told && len(changed) == 0 {
				return old, nil
			}
		}
		systems, err := system.List(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
		if err != nil {
			return nil, err
		}
		inUse := systems[:0]
		for i := range systems {
			if systems[i].State != retired {
				inUse = append(inUse, systems[i])
			}
		}
		list, err := s.requirements.SignIns(ctx, tx, org, inUse)
		if err != nil {
			return nil, err
		}
		actions, err := action.All(ctx, tx, org, "")
		if err != nil {
			return nil, err
		}
		return gatherStrong(s.requirements.Proof, list, goal, civil.Of(tx.Now), actions), nil
	})
}
