// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
)

// Service has the use cases of the register.
type Service struct {
	DB *db.DB
	// Jobs tells later slices what has changed between systems; nil where there are none.
	Jobs *job.Queue
}

// Draft is a system to be changed in a form, with the names that its fields can be filled in with.
type Draft struct {
	System System
	// Units and Suppliers are the names that the organisation has already.
	Units, Suppliers []string
	Today            civil.Date
	// ChangedBy is the name of who changed the system last, and ChangedAt when; empty when it was no person, or is not known.
	ChangedBy string
	ChangedAt time.Time
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
			if d.System, err = Within(ctx, tx, actor, "system.Edit", ref); err != nil {
				return err
			}
			if err := d.changed(ctx, tx, actor.Organisation); err != nil {
				return err
			}
		}
		return d.names(ctx, tx, actor.Organisation, access.ReachOf(actor, "system.Edit"))
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read system to change: %w", err)
	}
	return d, nil
}

// recent is how many entries of the log are looked through for the last change: between two changes people only read.
const recent = 20

// changed finds in the log who changed the system last, and when.
func (d *Draft) changed(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	list, err := audit.History(ctx, tx, org, "system", d.System.ID.String(), recent)
	if err != nil {
		return err
	}
	for i := range list {
		if !strings.HasPrefix(list[i].Action, "system.") {
			continue
		}
		d.ChangedAt = db.FromMillis(list[i].At)
		p, err := organisation.PersonOf(ctx, tx, org, list[i].Actor)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		d.ChangedBy = p.Name
		return nil
	}
	return nil
}

// names fills in the names of units and suppliers that are within reach: a supplier is where a system is that it delivers.
func (d *Draft) names(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) error {
	units, err := organisation.Units(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, u := range organisation.Within(units, r) {
		d.Units = append(d.Units, u.Name)
	}
	suppliers, err := supplier.All(ctx, tx, org)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	if !r.All {
		systems, err := List(ctx, tx, org, Filter{Reach: r})
		if err != nil {
			return err
		}
		for i := range systems {
			seen[systems[i].Supplier] = true
		}
	}
	for _, p := range suppliers {
		if r.All || seen[p.Name] {
			d.Suppliers = append(d.Suppliers, p.Name)
		}
	}
	return nil
}

// place finds the unit and the supplier by their names, and makes those that the organisation does not have yet. A name wins
// over an id. The unit must be within the actor's reach: a unit that the actor does not reach and one that does not exist are refused
// alike, and what was made for it is rolled back.
func place(ctx context.Context, tx *db.Tx, actor access.Actor, action string, sys *System) error {
	org := actor.Organisation
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
	if err := checkPlace(ctx, tx, org, sys); err != nil {
		return err
	}
	if access.CheckAt(actor, action, sys.UnitID) != nil {
		return ErrUnit
	}
	return nil
}

// checkPlace refuses a unit or a supplier that is not the organisation's own.
func checkPlace(ctx context.Context, tx *db.Tx, org access.OrganisationID, sys *System) error {
	if sys.UnitID != "" && sys.Unit == "" {
		units, err := organisation.Units(ctx, tx, org)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(units, func(u organisation.Unit) bool { return u.ID == sys.UnitID }) {
			return fmt.Errorf("unit: %w", db.ErrNotFound)
		}
	}
	if sys.SupplierID != "" && sys.Supplier == "" {
		suppliers, err := supplier.All(ctx, tx, org)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(suppliers, func(p supplier.Supplier) bool { return p.ID == sys.SupplierID }) {
			return fmt.Errorf("supplier: %w", db.ErrNotFound)
		}
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
		if err := place(ctx, tx, actor, "system.Create", &sys); err != nil {
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
		before, err := Within(ctx, tx, actor, "system.Update", sys.ID.String())
		if err != nil {
			return err
		}
		if err := claim(ctx, tx, actor.Organisation, sys.ID, sys.Version); err != nil {
			return err
		}
		sys.Version++
		if err := place(ctx, tx, actor, "system.Update", &sys); err != nil {
			return err
		}
		if err := Upsert(ctx, tx, actor.Organisation, []System{sys}); err != nil {
			return err
		}
		entry := Changed("system.Update", sys)
		entry.Before = before.recorded()
		return audit.Append(ctx, tx, actor, entry)
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
	}, After: s.recorded()}
}

// recorded is what the log keeps of a system, so that one can tell what it was on a day. Texts that people write freely are not in it:
// they are encrypted where they stand, and the log would keep them for ever.
func (s *System) recorded() map[string]any {
	logins := make([]map[string]string, len(s.Logins))
	for i, l := range s.Logins {
		logins[i] = map[string]string{"audience": l.Audience, "zone": l.Zone}
	}
	return map[string]any{
		"name": s.Name, "kind": s.Kind, "unit": s.Unit, "supplier": s.Supplier, "owner_role": s.OwnerRole, "manager_role": s.ManagerRole,
		"hosting": s.Hosting, "country": s.Country, "state": s.State, "criticality": s.Criticality, "users": s.Users, "data_subjects": s.DataSubjects,
		"contract_end": s.ContractEnd, "processor_agreement": s.ProcessorAgreement, "role_model": s.RoleModel, "access_log": s.AccessLog,
		"facts": s.Facts, "logins": logins, "version": s.Version,
	}
}
