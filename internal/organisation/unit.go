// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// Tree is the units of an organisation by what they are a part of (Swedish: organisationsträd).
type Tree struct {
	// Units are all units in Swedish order.
	Units []Unit

	children map[access.UnitID][]access.UnitID
}

// NewTree makes the tree of some units.
func NewTree(units []Unit) Tree {
	t := Tree{Units: units, children: map[access.UnitID][]access.UnitID{}}
	for _, u := range units {
		t.children[u.Parent] = append(t.children[u.Parent], u.ID)
	}
	return t
}

// Below gives every unit below one, at any depth and without itself, sorted by id as access.Held wants them. A circle, which the
// database cannot refuse, ends where it began.
func (t Tree) Below(unit access.UnitID) []access.UnitID {
	seen := map[access.UnitID]bool{unit: true}
	var out []access.UnitID
	for next := t.children[unit]; len(next) > 0; {
		u := next[0]
		next = slices.Clone(next[1:])
		if seen[u] {
			continue
		}
		seen[u] = true
		out = append(out, u)
		next = append(next, t.children[u]...)
	}
	slices.Sort(out)
	return out
}

// Hold gives a role in a unit with what is below it, for an actor.
func (t Tree) Hold(role access.Role, unit access.UnitID) access.Held {
	return access.Held{Role: role, Unit: unit, Below: t.Below(unit)}
}

// ReadTree reads the units of an organisation as a tree, inside a use case that has asked.
func ReadTree(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Tree, error) {
	units, err := Units(ctx, tx, org)
	if err != nil {
		return Tree{}, err
	}
	return NewTree(units), nil
}

// Below gives every unit below one, sorted by id. Use ReadTree for more than one.
func Below(ctx context.Context, tx *db.Tx, org access.OrganisationID, unit access.UnitID) ([]access.UnitID, error) {
	t, err := ReadTree(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return t.Below(unit), nil
}

// Within leaves the units that are within reach.
func Within(units []Unit, r access.Reach) []Unit {
	return slices.DeleteFunc(slices.Clone(units), func(u Unit) bool { return !r.Holds(u.ID) })
}

// Tree reads the organisation's units.
func (s *Service) Tree(ctx context.Context, actor access.Actor) (Tree, error) {
	if err := access.Check(actor, "organisation.Tree"); err != nil {
		return Tree{}, err
	}
	var t Tree
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		t, err = ReadTree(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Tree{}, fmt.Errorf("read units: %w", err)
	}
	return t, nil
}

// Move makes a unit a part of another, or of the organisation itself when parent is zero. It moves with everything below it, and with
// it what people's roles reach, so it asks for step-up like a change of roles.
func (s *Service) Move(ctx context.Context, actor access.Actor, unit, parent access.UnitID) error {
	if err := access.Check(actor, "organisation.Move"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := lockUnits(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		t, err := ReadTree(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		was := slices.IndexFunc(t.Units, func(u Unit) bool { return u.ID == unit })
		to := slices.IndexFunc(t.Units, func(u Unit) bool { return u.ID == parent })
		switch {
		case was < 0 || to < 0 && !parent.IsZero():
			return db.ErrNotFound
		case parent == unit || slices.Contains(t.Below(unit), parent):
			return ErrCycle
		}
		if err := setParent(ctx, tx, actor.Organisation, unit, parent); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.Move", ObjectKind: "unit", ObjectID: unit.String(),
			Data: map[string]any{"from": t.Units[was].Parent, "to": parent},
		})
	})
	if err != nil {
		return fmt.Errorf("move unit: %w", err)
	}
	return nil
}
