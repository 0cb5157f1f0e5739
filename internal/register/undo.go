// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

var (
	// ErrTooLate says that an import is too old to be undone.
	ErrTooLate = errors.New("an import can be undone for 30 days")
	// ErrUndone says that an import has been undone already.
	ErrUndone = errors.New("the import has been undone already")
)

// Undone is what undoing an import did.
type Undone struct {
	// Removed and Restored are how many new systems went away and how many updated ones got their old values back.
	Removed, Restored int
	// Kept are the systems that somebody has worked on since. They are as they were.
	Kept []Kept
}

// Kept is a system that undoing an import left as it was.
type Kept struct{ Slug, Name string }

// Undo takes back an import: new systems go away and updated ones get their old values, unless somebody has worked on them since.
func (s *Service) Undo(ctx context.Context, actor access.Actor, id ids.ID[Import]) (Undone, error) {
	if err := access.Check(actor, "register.Undo"); err != nil {
		return Undone{}, err
	}
	var out Undone
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := lock(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		i, err := oneImport(ctx, tx, actor.Organisation, id)
		switch {
		case err != nil:
			return err
		case !i.Undone.IsZero():
			return ErrUndone
		case !i.CanUndo(tx.Now):
			return ErrTooLate
		}
		u := undoing{service: s, tx: tx, actor: actor}
		if err := u.sort(ctx, id); err != nil {
			return err
		}
		out = u.out
		return u.write(ctx, id)
	})
	if err != nil {
		return Undone{}, fmt.Errorf("undo import: %w", err)
	}
	return out, nil
}

// undoing is an import that is being undone.
type undoing struct {
	service *Service
	tx      *db.Tx
	actor   access.Actor

	removed  []ids.ID[system.System]
	restored []system.System
	made     []ids.ID[classification.Classification]
	replaced []classification.Classification
	entries  []audit.Entry
	out      Undone
}

// sort finds which systems can be taken back and which somebody has worked on.
func (u *undoing) sort(ctx context.Context, id ids.ID[Import]) error {
	changes, err := changesOf(ctx, u.tx, u.actor.Organisation, id)
	if err != nil {
		return err
	}
	list, err := system.List(ctx, u.tx, u.actor.Organisation, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return err
	}
	now := make(map[ids.ID[system.System]]*system.System, len(list))
	for i := range list {
		now[list[i].ID] = &list[i]
	}
	var changed []ids.ID[system.System]
	for i := range changes {
		changed = append(changed, changes[i].system)
	}
	states, err := classification.States(ctx, u.tx, u.actor.Organisation, changed)
	if err != nil {
		return err
	}
	held, err := u.held(ctx, changed)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		sys := now[c.system]
		switch {
		case sys == nil: // somebody has removed it
		case sys.Version != c.version || worked(sys, states[c.system], c) || c.outcome == New && held[c.system]:
			u.out.Kept = append(u.out.Kept, Kept{Slug: sys.Slug, Name: sys.Name})
		default:
			u.take(c, *sys)
		}
	}
	locale.Sort(u.out.Kept, func(k Kept) string { return k.Name })
	return nil
}

// held asks the later slices which systems a person has given them something about.
func (u *undoing) held(ctx context.Context, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out := map[ids.ID[system.System]]bool{}
	for _, l := range u.service.Later {
		some, err := l.Holds(ctx, u.tx, u.actor.Organisation, systems)
		if err != nil {
			return nil, err
		}
		for id, holds := range some {
			out[id] = out[id] || holds
		}
	}
	return out, nil
}

// worked reports whether a person has classified a system, or said what it holds, since the import.
func worked(s *system.System, state classification.State, c *change) bool {
	if c.outcome == New {
		for _, h := range s.Information {
			if h.Confirmed {
				return true
			}
		}
	}
	made := state.Draft
	if made == nil {
		made = state.Stopped
	}
	switch {
	case c.outcome == New && state.Decided != nil:
		return true
	case c.outcome == New && c.undo.Made == "":
		return made != nil
	case c.undo.Made == "":
		return false // the import did not classify it
	}
	return made == nil || made.ID != c.undo.Made || !untouched(made)
}

// take takes back one change.
func (u *undoing) take(c *change, s system.System) {
	if c.undo.Made != "" {
		u.made = append(u.made, c.undo.Made)
	}
	if c.undo.Replaced != nil {
		u.replaced = append(u.replaced, *c.undo.Replaced)
	}
	if c.outcome == New {
		u.out.Removed++
		u.removed = append(u.removed, s.ID)
		u.entries = append(u.entries, audit.Entry{Action: "register.Undo", ObjectKind: "system", ObjectID: s.ID.String(), Data: map[string]any{"name": s.Name, "removed": true}})
		return
	}
	u.out.Restored++
	for key, v := range c.undo.Values {
		if key != Address {
			put(&s, key, v)
		}
	}
	if c.undo.LoginsChanged {
		s.Logins = c.undo.Logins
	}
	s.Version++
	u.restored = append(u.restored, s)
	u.entries = append(u.entries, system.Changed("register.Undo", s))
}

func (u *undoing) write(ctx context.Context, id ids.ID[Import]) error {
	org := u.actor.Organisation
	if err := u.restore(ctx); err != nil {
		return err
	}
	if err := classification.ForgetImported(ctx, u.tx, org, u.made); err != nil {
		return err
	}
	if _, err := classification.InsertDrafts(ctx, u.tx, org, u.replaced); err != nil {
		return err
	}
	for _, l := range u.service.Later {
		if err := l.Remove(ctx, u.tx, org, u.removed); err != nil {
			return err
		}
	}
	if err := classification.Remove(ctx, u.tx, org, u.removed); err != nil {
		return err
	}
	if err := system.Remove(ctx, u.tx, org, u.removed); err != nil {
		return err
	}
	if err := setUndone(ctx, u.tx, org, id); err != nil {
		return err
	}
	var changed []ids.ID[system.System]
	for i := range u.restored {
		changed = append(changed, u.restored[i].ID)
	}
	if err := classification.TellChanged(ctx, u.tx, u.service.Jobs, changed); err != nil {
		return err
	}
	entries := append([]audit.Entry{{
		Action: "register.Undo", ObjectKind: "import", ObjectID: id.String(),
		Data: map[string]any{"removed": u.out.Removed, "restored": u.out.Restored, "kept": len(u.out.Kept)},
	}}, u.entries...)
	return audit.Append(ctx, u.tx, u.actor, entries...)
}

// restore writes the systems that get their old values back, with the units and suppliers that those name.
func (u *undoing) restore(ctx context.Context) error {
	var units, suppliers []string
	for i := range u.restored {
		units = append(units, u.restored[i].Unit)
		suppliers = append(suppliers, u.restored[i].Supplier)
	}
	unitIDs, err := organisation.EnsureUnits(ctx, u.tx, u.actor.Organisation, units)
	if err != nil {
		return err
	}
	supplierIDs, err := supplier.Ensure(ctx, u.tx, u.actor.Organisation, suppliers)
	if err != nil {
		return err
	}
	for i := range u.restored {
		s := &u.restored[i]
		s.UnitID, s.SupplierID = unitIDs[s.Unit], supplierIDs[s.Supplier]
	}
	return system.Upsert(ctx, u.tx, u.actor.Organisation, u.restored)
}

// Clear takes away every system that an import made, with all that hangs on it, whatever somebody has done with it since. It is for example
// data, which is nobody's work, and runs inside the caller's use case.
func (s *Service) Clear(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Import]) (int, error) {
	org := actor.Organisation
	if err := lock(ctx, tx, org); err != nil {
		return 0, err
	}
	changes, err := changesOf(ctx, tx, org, id)
	if err != nil {
		return 0, err
	}
	var made []ids.ID[system.System]
	for i := range changes {
		if changes[i].outcome == New {
			made = append(made, changes[i].system)
		}
	}
	for _, l := range s.Later {
		if err := l.Remove(ctx, tx, org, made); err != nil {
			return 0, err
		}
	}
	if err := classification.Remove(ctx, tx, org, made); err != nil {
		return 0, err
	}
	if err := system.Remove(ctx, tx, org, made); err != nil {
		return 0, err
	}
	return len(made), setUndone(ctx, tx, org, id)
}
