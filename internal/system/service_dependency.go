// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
)

// Needing is a dependency as it is written in a form: by names. System is one of the register, Facility what is outside it.
type Needing struct {
	System, Facility string
	// Supplier is the name of who delivers the facility; empty when nobody knows.
	Supplier string
	Carries  string
}

// AddDependency says that a system needs another within the actor's reach, or a facility outside the register, which is made when it is new.
func (s *Service) AddDependency(ctx context.Context, actor access.Actor, ref string, n Needing) error {
	if err := access.Check(actor, "system.AddDependency"); err != nil {
		return err
	}
	n.Facility = strings.Join(strings.Fields(n.Facility), " ")
	if (locale.Fold(n.System) == "") == (locale.Fold(n.Facility) == "") {
		return ErrNeeds
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := Within(ctx, tx, actor, "system.AddDependency", ref)
		if err != nil {
			return err
		}
		d := Dependency{ID: ids.New[Dependency](), System: sys.ID, Carries: n.Carries}
		if err := n.find(ctx, tx, actor, &d); err != nil {
			return err
		}
		if err := d.Check(); err != nil {
			return err
		}
		if err := insertDependency(ctx, tx, actor.Organisation, &d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, dependencyEntry("system.AddDependency", &d))
	})
	if err != nil {
		return fmt.Errorf("add dependency: %w", err)
	}
	return nil
}

// dependencyEntry is the entry of the log: which system, and the ids of what it needs.
func dependencyEntry(action string, d *Dependency) audit.Entry {
	return audit.Entry{
		Action: action, ObjectKind: "system", ObjectID: d.System.String(),
		Data: map[string]any{"needs": d.Needs, "facility": d.Facility, "carries": d.Carries},
	}
}

// find looks up what is needed. A system that is outside the actor's reach is refused like one that does not exist.
func (n *Needing) find(ctx context.Context, tx *db.Tx, actor access.Actor, d *Dependency) error {
	org := actor.Organisation
	if n.Facility != "" {
		f := Facility{Name: n.Facility}
		if locale.Fold(n.Supplier) != "" {
			made, err := supplier.Ensure(ctx, tx, org, []string{n.Supplier})
			if err != nil {
				return err
			}
			f.SupplierID = made[n.Supplier]
		}
		var err error
		d.Facility, err = ensureFacility(ctx, tx, org, f)
		return err
	}
	within, err := Choices(ctx, tx, org, access.ReachOf(actor, "system.AddDependency"), func(id, name string) [2]string { return [2]string{id, locale.Fold(name)} })
	if err != nil {
		return err
	}
	i := slices.IndexFunc(within, func(c [2]string) bool { return c[1] == locale.Fold(n.System) })
	if i < 0 {
		return fmt.Errorf("system %q: %w", n.System, ErrNoSystem)
	}
	d.Needs = ids.ID[System](within[i][0])
	return nil
}

// Parted is the job that tells later slices that a system is no longer needed by another, so that it may inherit less.
type Parted struct {
	Organisation access.OrganisationID `json:"organisation"`
	System       ids.ID[System]        `json:"system"`
}

// Kind names the job.
func (Parted) Kind() string { return "system.parted" }

// RemoveDependency takes back that a system needs something.
func (s *Service) RemoveDependency(ctx context.Context, actor access.Actor, ref string, id ids.ID[Dependency]) error {
	if err := access.Check(actor, "system.RemoveDependency"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := Within(ctx, tx, actor, "system.RemoveDependency", ref)
		if err != nil {
			return err
		}
		d, err := removeDependency(ctx, tx, actor.Organisation, sys.ID, id)
		if err != nil {
			return err
		}
		if d.Needs != "" && s.Jobs != nil {
			if err := s.Jobs.Add(ctx, tx, Parted{Organisation: actor.Organisation, System: d.Needs}); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, dependencyEntry("system.RemoveDependency", &d))
	})
	if err != nil {
		return fmt.Errorf("remove dependency: %w", err)
	}
	return nil
}
