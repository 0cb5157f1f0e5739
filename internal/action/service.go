// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of actions.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
}

// Plan reads the plan of one system.
func (s *Service) Plan(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (requirement.View, []Row, error) {
	if err := access.Check(actor, "action.Plan"); err != nil {
		return requirement.View{}, nil, err
	}
	var v requirement.View
	var rows []Row
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "action.Plan", ref)
		if err != nil {
			return err
		}
		views, err := s.Requirements.Views(ctx, tx, access.ReachOf(actor, "action.Plan"), []system.System{sys}, l)
		if err != nil {
			return err
		}
		actions, err := All(ctx, tx, actor.Organisation, sys.ID)
		if err != nil {
			return err
		}
		v = views[0]
		rows = Plan(&v, actions[sys.ID])
		return nil
	})
	if err != nil {
		return requirement.View{}, nil, fmt.Errorf("read plan: %w", err)
	}
	return v, rows, nil
}

// Doers gives who can be named for an action of a system.
func (s *Service) Doers(ctx context.Context, actor access.Actor, ref string) ([]organisation.Person, error) {
	if err := access.Check(actor, "action.Doers"); err != nil {
		return nil, err
	}
	var out []organisation.Person
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, err := system.Within(ctx, tx, actor, "action.Doers", ref)
		if err != nil {
			return err
		}
		out, err = organisation.Colleagues(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who can do actions: %w", err)
	}
	return out, nil
}

// Save takes on a requirement, or changes what was taken on. Version is the one that was read, 0 for a new action.
func (s *Service) Save(ctx context.Context, actor access.Actor, ref string, a Action) error {
	if err := access.Check(actor, "action.Save"); err != nil {
		return err
	}
	if err := a.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "action.Save", ref)
		if err != nil {
			return err
		}
		return s.Take(ctx, tx, actor, &sys, a)
	})
	if err != nil {
		return fmt.Errorf("save action: %w", err)
	}
	return nil
}

// Take takes on requirements of a system in the caller's transaction. It runs inside a use case, which has authorised.
func (s *Service) Take(ctx context.Context, tx *db.Tx, actor access.Actor, sys *system.System, list ...Action) error {
	if len(list) == 0 {
		return nil
	}
	applies, err := s.Requirements.Applying(ctx, tx, *sys)
	if err != nil {
		return err
	}
	for _, a := range list {
		if err := a.Check(); err != nil {
			return err
		}
		if _, ok := s.Requirements.Engine.Catalogue.Requirement(a.Requirement); !ok && !applies[a.Requirement] {
			return fmt.Errorf("%s: %w", a.Requirement, requirement.ErrUnknown)
		}
		if !applies[a.Requirement] {
			return fmt.Errorf("%s: %w", a.Requirement, ErrRequirement)
		}
		a.System = sys.ID
		if a.ID == "" {
			a.ID = ids.New[Action]()
		}
		if err := save(ctx, tx, actor, &a); err != nil {
			return err
		}
		err = organisation.SetResponsible(ctx, tx, actor, organisation.Responsibility{
			ObjectKind: organisation.ObjectAction, ObjectID: a.ID.String(), Kind: organisation.Assignee, Person: a.Person,
		})
		if err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, actor, audit.Entry{
			Action: "action.Save", ObjectKind: "system", ObjectID: sys.ID.String(),
			Data: map[string]any{"requirement": a.Requirement, "owner_role": a.OwnerRole, "due_on": a.DueOn, "status": a.Status},
		}); err != nil {
			return err
		}
	}
	return nil
}

// Review marks the actions of a system whose requirement no longer applies, and those of what it depends on, which may have inherited its
// need. It is what follows from a new classification, and from a dependency that was taken away.
func (s *Service) Review(ctx context.Context, actor access.Actor, id ids.ID[system.System], why Cause) error {
	if err := access.Check(actor, "action.Review"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		needed, err := system.Needed(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		for _, one := range append([]ids.ID[system.System]{id}, needed...) {
			if err := s.review(ctx, tx, actor, one, why); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("review actions: %w", err)
	}
	return nil
}

func (s *Service) review(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[system.System], why Cause) error {
	actions, err := All(ctx, tx, actor.Organisation, id)
	if err != nil || len(actions[id]) == 0 {
		return err
	}
	sys, err := system.Within(ctx, tx, actor, "action.Review", id.String())
	if errors.Is(err, db.ErrNotFound) {
		return nil // removed since the job was added
	}
	if err != nil {
		return err
	}
	applies, err := s.Requirements.Applying(ctx, tx, sys)
	if err != nil {
		return err
	}
	for _, a := range actions[id] {
		if applies[a.Requirement] {
			continue
		}
		if err := setObsolete(ctx, tx, actor.Organisation, a.ID); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, actor, audit.Entry{
			Action: "action.Review", ObjectKind: "system", ObjectID: id.String(), Data: map[string]any{"requirement": a.Requirement, "obsolete": true, "because": why},
		}); err != nil {
			return err
		}
	}
	return nil
}

// Close notes that an action that was read is done, because its requirement is shown to be met. It runs inside the caller's use case, which
// has authorised.
func Close(ctx context.Context, tx *db.Tx, actor access.Actor, a *Action) error {
	done := *a
	done.Status = Done
	if err := save(ctx, tx, actor, &done); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "action.Close", ObjectKind: "system", ObjectID: a.System.String(), Data: map[string]any{"requirement": a.Requirement, "status": done.Status},
	})
}
