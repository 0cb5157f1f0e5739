// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// Bulk changes many systems at once, all or none, and keeps what was before for 30 days. A system that the actor may not change is
// answered as one that does not exist.
func (s *Service) Bulk(ctx context.Context, actor access.Actor, systems []ids.ID[System], change Change) (Bulk, error) {
	if err := access.Check(actor, "system.Bulk"); err != nil {
		return Bulk{}, err
	}
	systems = slices.Compact(slices.Sorted(slices.Values(systems)))
	switch {
	case len(systems) == 0 || change.empty():
		return Bulk{}, ErrBulkEmpty
	case len(systems) > MaxBulk:
		return Bulk{}, ErrBulkLarge
	}
	b := Bulk{ID: ids.New[Bulk](), By: actor.ID, Change: change, Systems: len(systems)}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		b.At = tx.Now
		list, err := List(ctx, tx, actor.Organisation, Filter{Reach: access.ReachOf(actor, "system.Bulk"), IDs: systems})
		if err != nil {
			return err
		}
		if len(list) != len(systems) {
			return fmt.Errorf("systems to change: %w", db.ErrNotFound)
		}
		if b.before, err = s.change(ctx, tx, actor, list, func(int) Change { return change }); err != nil {
			return err
		}
		return insertBulk(ctx, tx, actor, &b)
	})
	if err != nil {
		return Bulk{}, fmt.Errorf("change systems: %w", err)
	}
	return b, nil
}

// change makes a change of each system in a list and gives what was before.
func (s *Service) change(ctx context.Context, tx *db.Tx, actor access.Actor, list []System, of func(i int) Change) ([]was, error) {
	var texts []string
	for i := range list {
		texts = append(texts, list[i].ID.String())
	}
	named, err := organisation.Named(ctx, tx, actor.Organisation, organisation.ObjectSystem, texts)
	if err != nil {
		return nil, err
	}
	units, err := organisation.Units(ctx, tx, actor.Organisation)
	if err != nil {
		return nil, err
	}
	names := map[access.UnitID]string{"": ""}
	for _, u := range units {
		names[u.ID] = u.Name
	}
	out := make([]was, len(list))
	entries := make([]audit.Entry, len(list))
	for i := range list {
		y := &list[i]
		before := y.recorded()
		c := of(i)
		out[i] = was{System: y.ID, Unit: y.UnitID, OwnerRole: y.OwnerRole, Owner: named[y.ID.String()][organisation.Owner].Person, Version: y.Version + 1}
		if err := apply(ctx, tx, actor, changing{y, c, names}); err != nil {
			return nil, err
		}
		entries[i] = Changed("system.Bulk", *y)
		entries[i].Before = before
	}
	if err := Upsert(ctx, tx, actor.Organisation, list); err != nil {
		return nil, err
	}
	return out, audit.Append(ctx, tx, actor, entries...)
}

// changing is a system that gets a change, with the names of the organisation's units.
type changing struct {
	*System
	Change
	units map[access.UnitID]string
}

// apply makes a change of a system that was read, without writing it down. Whom it names is written.
func apply(ctx context.Context, tx *db.Tx, actor access.Actor, c changing) error {
	if c.Change.Unit != nil {
		name, known := c.units[*c.Change.Unit]
		if !known || access.CheckAt(actor, "system.Bulk", *c.Change.Unit) != nil {
			return ErrUnit
		}
		c.UnitID, c.System.Unit = *c.Change.Unit, name
	}
	if c.Change.OwnerRole != nil {
		c.System.OwnerRole = *c.Change.OwnerRole
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := claim(ctx, tx, actor.Organisation, c.ID, c.Version); err != nil {
		return err
	}
	c.Version++
	if c.Owner == nil {
		return nil
	}
	if err := access.CheckAt(actor, "system.SetResponsible", c.UnitID); err != nil {
		return err
	}
	return organisation.SetResponsible(ctx, tx, actor, organisation.Responsibility{
		ObjectKind: organisation.ObjectSystem, ObjectID: c.ID.String(), Kind: organisation.Owner, Person: *c.Owner,
	})
}

// Bulks lists the changes of many systems that the actor made in the last 30 days; a coordinator sees everybody's.
func (s *Service) Bulks(ctx context.Context, actor access.Actor) ([]Bulk, error) {
	if err := access.Check(actor, "system.Bulks"); err != nil {
		return nil, err
	}
	var out []Bulk
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		since := db.Millis(tx.Now.Add(-undoable))
		if access.ReachOf(actor, "system.Bulks").All {
			out, err = bulks(ctx, tx, actor.Organisation, `created_at > $2`, since)
			return err
		}
		out, err = bulks(ctx, tx, actor.Organisation, `created_at > $2 AND account_id = $3`, since, actor.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list changes of systems: %w", err)
	}
	return out, nil
}

// Called finds the person whom a change of many systems names, by name or e-mail address. An empty text is nobody.
func (s *Service) Called(ctx context.Context, actor access.Actor, text string) (ids.ID[organisation.Person], error) {
	if err := access.Check(actor, "system.Called"); err != nil {
		return "", err
	}
	var id ids.ID[organisation.Person]
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		everybody, err := organisation.Colleagues(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		id, err = organisation.Call(everybody, text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("find person: %w", err)
	}
	return id, nil
}

// UndoneBulk is what undoing a change of many systems did.
type UndoneBulk struct {
	// Back got what they had before; Kept were changed by somebody since, or are gone, and stay as they are.
	Back, Kept int
}

// UndoBulk gives the systems of a change what they had before, unless somebody has changed them since.
func (s *Service) UndoBulk(ctx context.Context, actor access.Actor, id ids.ID[Bulk]) (UndoneBulk, error) {
	if err := access.Check(actor, "system.UndoBulk"); err != nil {
		return UndoneBulk{}, err
	}
	var out UndoneBulk
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		found, err := bulks(ctx, tx, actor.Organisation, `id = $2`, id)
		if err != nil {
			return err
		}
		reach := access.ReachOf(actor, "system.UndoBulk")
		switch {
		case len(found) == 0, !reach.All && found[0].By != actor.ID:
			return fmt.Errorf("change of systems: %w", db.ErrNotFound)
		case !found[0].Undone.IsZero():
			return ErrBulkUndone
		case !found[0].CanUndo(tx.Now):
			return ErrBulkOld
		}
		b := &found[0]
		first, err := endBulk(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if !first {
			return ErrBulkUndone
		}
		out, err = s.undo(ctx, tx, actor, b, reach)
		return err
	})
	if err != nil {
		return UndoneBulk{}, fmt.Errorf("undo change of systems: %w", err)
	}
	return out, nil
}

func (s *Service) undo(ctx context.Context, tx *db.Tx, actor access.Actor, b *Bulk, r access.Reach) (UndoneBulk, error) {
	before := map[ids.ID[System]]was{}
	wanted := make([]ids.ID[System], 0, len(b.before))
	for _, w := range b.before {
		before[w.System] = w
		wanted = append(wanted, w.System)
	}
	list, err := List(ctx, tx, actor.Organisation, Filter{Reach: r, IDs: wanted})
	if err != nil {
		return UndoneBulk{}, err
	}
	list = slices.DeleteFunc(list, func(y System) bool { return before[y.ID].Version != y.Version })
	out := UndoneBulk{Back: len(list), Kept: len(wanted) - len(list)}
	here := map[ids.ID[organisation.Person]]bool{"": true}
	everybody, err := organisation.Colleagues(ctx, tx, actor.Organisation)
	if err != nil {
		return UndoneBulk{}, err
	}
	for i := range everybody {
		here[everybody[i].ID] = true
	}
	_, err = s.change(ctx, tx, actor, list, func(i int) Change {
		w, c := before[list[i].ID], Change{}
		if b.Change.Unit != nil {
			c.Unit = &w.Unit
		}
		if b.Change.OwnerRole != nil {
			c.OwnerRole = &w.OwnerRole
		}
		if b.Change.Owner != nil && here[w.Owner] { // who has left since cannot be named again
			c.Owner = &w.Owner
		}
		return c
	})
	if err != nil {
		return UndoneBulk{}, err
	}
	return out, audit.Append(ctx, tx, actor, audit.Entry{
		Action: "system.UndoBulk", ObjectKind: "bulk", ObjectID: b.ID.String(), Data: map[string]int{"back": out.Back, "kept": out.Kept},
	})
}
