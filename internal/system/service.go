// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
)

// Service has the use cases of the register.
type Service struct{ DB *db.DB }

// Draft is a system to be changed in a form, with the names that its fields can be filled in with.
type Draft struct {
	System System
	// Units and Suppliers are the names that the organisation has already.
	Units, Suppliers []string
	Today            civil.Date
}

// Edit reads a system for a form; an empty ref is a system that is not in the register yet.
func (s *Service) Edit(ctx context.Context, actor access.Actor, ref string) (Draft, error) {
	if err := access.Check(actor, "system.Edit"); err != nil {
		return Draft{}, err
	}
	d := Draft{System: New("")}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		d.Today = civil.Of(tx.Now)
		if ref != "" {
			if d.System, err = Get(ctx, tx, actor.Organisation, ref); err != nil {
				return err
			}
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		suppliers, err := supplier.All(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for _, u := range units {
			d.Units = append(d.Units, u.Name)
		}
		for _, p := range suppliers {
			d.Suppliers = append(d.Suppliers, p.Name)
		}
		return nil
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read system to change: %w", err)
	}
	return d, nil
}

// place finds the unit and the supplier by their names, and makes those that the organisation does not have yet. A name wins
// over an id.
func place(ctx context.Context, tx *db.Tx, org access.OrganisationID, sys *System) error {
	if sys.Unit != "" {
		units, err := organisation.EnsureUnits(ctx, tx, org, []string{sys.Unit})
		if err != nil {
			return err
		}
		sys.UnitID = units[sys.Unit]
	}
	if sys.Supplier != "" {
		suppliers, err := supplier.Ensure(ctx, tx, org, []string{sys.Supplier})
		if err != nil {
			return err
		}
		sys.SupplierID = suppliers[sys.Supplier]
	}
	return nil
}

// Create adds one system to the register and gives it a free slug. Its unit and its supplier may be given by name.
func (s *Service) Create(ctx context.Context, actor access.Actor, sys System) (System, error) {
	if err := access.Check(actor, "system.Create"); err != nil {
		return System{}, err
	}
	if err := sys.Check(); err != nil {
		return System{}, err
	}
	sys.ID, sys.Version = ids.New[System](), 1 // never one that is there already
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		taken, err := Slugs(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		sys.Slug = FreeSlug(taken, Slug(sys.Name))
		if err := place(ctx, tx, actor.Organisation, &sys); err != nil {
			return err
		}
		if err := Upsert(ctx, tx, actor.Organisation, []System{sys}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, Changed("system.Create", sys))
	})
	if err != nil {
		return System{}, fmt.Errorf("add system: %w", err)
	}
	return sys, nil
}

// Update changes a system that was read as version sys.Version. db.ErrConflict says that somebody else was first.
func (s *Service) Update(ctx context.Context, actor access.Actor, sys System) error {
	if err := access.Check(actor, "system.Update"); err != nil {
		return err
	}
	if err := sys.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := claim(ctx, tx, actor.Organisation, sys.ID, sys.Version); err != nil {
			return err
		}
		sys.Version++
		if err := place(ctx, tx, actor.Organisation, &sys); err != nil {
			return err
		}
		if err := Upsert(ctx, tx, actor.Organisation, []System{sys}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, Changed("system.Update", sys))
	})
	if err != nil {
		return fmt.Errorf("change system: %w", err)
	}
	return nil
}

// Changed is the audit entry of a system as it is after a change. Owners are roles, so no personal data is in it.
func Changed(action string, s System) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "system", ObjectID: s.ID.String(), Data: map[string]any{
		"name": s.Name, "kind": s.Kind, "unit": s.Unit, "supplier": s.Supplier, "owner_role": s.OwnerRole, "hosting": s.Hosting,
		"state": s.State, "contract_end": s.ContractEnd, "facts": s.Facts, "version": s.Version,
	}}
}
