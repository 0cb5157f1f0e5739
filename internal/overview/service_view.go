// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// SaveView saves a list for the actor, and for nobody else.
func (s *Service) SaveView(ctx context.Context, actor access.Actor, name string, f Filter) error {
	if err := access.Check(actor, "overview.SaveView"); err != nil {
		return err
	}
	v, err := newView(name, f)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		have, err := views(ctx, tx, actor)
		if err != nil {
			return err
		}
		if len(have) >= MaxViews {
			return ErrViews
		}
		if err := insertView(ctx, tx, actor, &v); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "overview.SaveView", ObjectKind: "view", ObjectID: v.ID.String(), Data: map[string]string{"address": v.Address}})
	})
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	return nil
}

// Views lists what the actor has saved.
func (s *Service) Views(ctx context.Context, actor access.Actor) ([]View, error) {
	if err := access.Check(actor, "overview.Views"); err != nil {
		return nil, err
	}
	var out []View
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = views(ctx, tx, actor)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return out, nil
}

// RemoveView removes one of the actor's own views.
func (s *Service) RemoveView(ctx context.Context, actor access.Actor, id ids.ID[View]) error {
	if err := access.Check(actor, "overview.RemoveView"); err != nil {
		return err
	}
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n, err := deleteView(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("view: %w", db.ErrNotFound)
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "overview.RemoveView", ObjectKind: "view", ObjectID: id.String()})
	})
	if err != nil {
		return fmt.Errorf("remove view: %w", err)
	}
	return nil
}

// Exported is every system that passes a filter, for a file.
type Exported struct {
	Filter       Filter
	Rows         []*Sum
	Units        []organisation.Unit
	Organisation string
	Today        civil.Date
}

// ExportList reads every system that a list shows on all its pages, and logs that they are taken out.
func (s *Service) ExportList(ctx context.Context, actor access.Actor, f Filter) (Exported, error) {
	if err := access.Check(actor, "overview.ExportList"); err != nil {
		return Exported{}, err
	}
	out := Exported{Filter: f}
	// The sums are made while only reading, so that nobody who writes waits for them.
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		reach := access.ReachOf(actor, "overview.ExportList")
		x, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Rows, out.Today = x.within(reach).Select(f), x.Today
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Units = organisation.Within(units, reach)
		o, err := organisation.Get(ctx, tx, actor.Organisation)
		out.Organisation = o.Name
		return err
	})
	if err != nil {
		return Exported{}, fmt.Errorf("read list of systems: %w", err)
	}
	err = s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "overview.ExportList", ObjectKind: "report", ObjectID: "list", Data: map[string]any{"address": f.href(), "systems": len(out.Rows)},
		})
	})
	if err != nil {
		return Exported{}, fmt.Errorf("take out list of systems: %w", err)
	}
	return out, nil
}
