// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Chart gives the organisation's units in the order that they are shown.
func (s *Service) Chart(ctx context.Context, actor access.Actor) (*Chart, error) {
	if err := access.Check(actor, "organisation.Chart"); err != nil {
		return nil, err
	}
	var out *Chart
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = ReadChart(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return out, nil
}

// SaveUnit adds a unit below its parent, or gives one that is there another name. Move moves it.
func (s *Service) SaveUnit(ctx context.Context, actor access.Actor, u Unit) (access.UnitID, error) {
	if err := access.Check(actor, "organisation.SaveUnit"); err != nil {
		return "", err
	}
	if u.Name == "" || len([]rune(u.Name)) > 200 {
		return "", ErrUnitName
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		chart, err := ReadChart(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		var before any
		if u.ID.IsZero() {
			u.ID = ids.New[access.Part]()
			if err := chart.CheckBelow(u.Parent); err != nil {
				return err
			}
		} else {
			old, ok := chart.Find(u.ID)
			if !ok {
				return db.ErrNotFound
			}
			before = map[string]any{"name": old.Name}
			u.Parent = old.Parent
		}
		if err := saveUnit(ctx, tx, actor.Organisation, &u); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.SaveUnit", ObjectKind: "unit", ObjectID: u.ID.String(), Data: map[string]any{"parent": u.Parent}, Before: before,
			After: map[string]any{"name": u.Name},
		})
	})
	if err != nil {
		return "", fmt.Errorf("save unit: %w", err)
	}
	return u.ID, nil
}

// RemoveUnits takes away units that nothing hangs on any more, and leaves the others. It runs inside the caller's use case.
func RemoveUnits(ctx context.Context, tx *db.Tx, org access.OrganisationID, units []access.UnitID) error {
	for _, id := range units {
		if err := removeUnit(ctx, tx, org, id); err != nil && ctx.Err() != nil {
			return fmt.Errorf("remove units: %w", err)
		}
	}
	return nil
}
