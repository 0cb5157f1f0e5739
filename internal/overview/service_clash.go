// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// mostClashing is how many systems are read at a time: what waits beside findings is a short list, and the list of things to do has all.
const mostClashing = 12

// Clashing is what measurements have changed, or contradict, that nobody has taken a stand on.
type Clashing struct {
	Systems []ClashingSystem
	// Left is how many systems more there are.
	Left int
}

// ClashingSystem is one system with its changes, and its requirements with what is shown of each.
type ClashingSystem struct {
	View   requirement.View
	Shifts []evidence.Shift
}

// Clashes reads what measurements have changed, or contradict, in the systems that the actor reaches.
func (s *Service) Clashes(ctx context.Context, actor access.Actor, l *locale.Localizer) (Clashing, error) {
	if err := access.Check(actor, "overview.Clashes"); err != nil {
		return Clashing{}, err
	}
	var out Clashing
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		x := all.within(access.ReachOf(actor, "overview.Clashes"))
		var systems []system.System
		for i := range x.Systems {
			sum := &x.Systems[i]
			if sum.Standing == Stopped || sum.Contradicted == 0 && len(sum.Shifts) == 0 {
				continue
			}
			if len(systems) == mostClashing {
				out.Left++
				continue
			}
			sys, err := system.Get(ctx, tx, actor.Organisation, sum.ID.String())
			if err != nil {
				return err
			}
			systems = append(systems, sys)
			out.Systems = append(out.Systems, ClashingSystem{Shifts: sum.Shifts})
		}
		views, err := s.requirements.Views(ctx, tx, access.ReachOf(actor, "overview.Clashes"), systems, l)
		for i := range views {
			out.Systems[i].View = views[i]
		}
		return err
	})
	if err != nil {
		return Clashing{}, fmt.Errorf("read what measurements contradict: %w", err)
	}
	return out, nil
}
