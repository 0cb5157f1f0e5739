// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// ColumnSize is how many cards a column of the board shows. The list has the rest.
const ColumnSize = 20

// Card is one action on the board.
type Card struct {
	Listed
	// Need is of the system that the action is for.
	Need requirement.View
	// Answer is how well the requirement is met, which being done does not say by itself.
	Answer requirement.Answer
	// Movable says that the reader may move the card.
	Movable bool
}

// Column is the actions of one status.
type Column struct {
	Status Status
	Total  int
	Cards  []Card
}

// Board is the plan of a whole organisation by how far it has come.
type Board struct {
	Listing
	Columns []Column
}

// Board reads the actions by status.
func (s *Service) Board(ctx context.Context, actor access.Actor, f Filter) (Board, error) {
	if err := access.Check(actor, "action.Board"); err != nil {
		return Board{}, err
	}
	f.Status, f.Group = "", "" // the columns are the statuses, and done is a group of its own
	out := Board{Listing: Listing{Filter: f}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := out.choices(ctx, tx, access.ReachOf(actor, "action.Board"), s.Requirements.Engine.Catalogue); err != nil {
			return err
		}
		which := out.where(actor.Organisation)
		totals, err := statusCounts(ctx, tx, which)
		if err != nil {
			return err
		}
		rows, err := columnsOf(ctx, tx, which)
		if err != nil {
			return err
		}
		cards, err := s.cards(ctx, tx, actor, rows)
		if err != nil {
			return err
		}
		for _, status := range Statuses {
			c := Column{Status: status, Total: totals[status]}
			for i := range cards {
				if cards[i].Status == status {
					c.Cards = append(c.Cards, cards[i])
				}
			}
			out.Columns = append(out.Columns, c)
			out.Total += c.Total
		}
		return nil
	})
	if err != nil {
		return Board{}, fmt.Errorf("read board: %w", err)
	}
	return out, nil
}

// cards adds what the systems need and how the requirements are answered, in a constant number of queries.
func (s *Service) cards(ctx context.Context, tx *db.Tx, actor access.Actor, rows []Listed) ([]Card, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var list []ids.ID[system.System]
	for i := range rows {
		if !slices.Contains(list, rows[i].System) {
			list = append(list, rows[i].System)
		}
	}
	org := actor.Organisation
	systems, err := system.List(ctx, tx, org, system.Filter{Reach: access.ReachOf(actor, "action.Board"), IDs: list})
	if err != nil {
		return nil, err
	}
	views, err := s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return nil, err
	}
	answers, err := requirement.Answers(ctx, tx, org, list)
	if err != nil {
		return nil, err
	}
	at := make(map[ids.ID[system.System]]*requirement.View, len(views))
	for i := range views {
		at[views[i].System.ID] = &views[i]
	}
	out := make([]Card, 0, len(rows))
	for i := range rows {
		v := at[rows[i].System]
		if v == nil {
			continue
		}
		c := Card{Listed: rows[i], Need: *v, Answer: answers[rows[i].System][rows[i].Requirement]}
		c.Movable = access.AllowedAt(actor, "action.Save", v.System.UnitID)
		out = append(out, c)
	}
	return out, nil
}

// choices reads what the list can be narrowed to.
func (l *Listing) choices(ctx context.Context, tx *db.Tx, r access.Reach, c *catalogue.Catalogue) error {
	org := tx.Scope
	l.Today, l.reach = civil.Of(tx.Now), r
	units, err := organisation.Units(ctx, tx, org)
	if err != nil {
		return err
	}
	l.Units = organisation.Within(units, l.reach)
	if l.Owners, err = owners(ctx, tx, org, l.reach); err != nil {
		return err
	}
	locale.Sort(l.Owners, func(o string) string { return o })
	if l.People, err = doers(ctx, tx, org, l.reach); err != nil {
		return err
	}
	if l.Figures, err = requirement.Figures(ctx, tx, c, org); err != nil {
		return err
	}
	l.Own, err = requirement.OwnTexts(ctx, tx, org)
	return err
}

// Move is an action's way to another status.
type Move struct {
	Action  ids.ID[Action]
	To      Status
	Version int64 // the one that was read

	by string
}

// Moved is what a move came to: where the action stood, and its version now, with which it can be moved back.
type Moved struct {
	From    Status
	Version int64
}

// Clash says that somebody else changed an action since it was read. It is db.ErrConflict.
type Clash struct {
	// Now is the action as it stands, with the names that a list shows, and Wanted where it was to be moved.
	Now    Listed
	Wanted Status
	// By is the name of who changed it; empty when that is not known.
	By string
}

// Error says what happened.
func (c *Clash) Error() string { return "the action was changed by somebody else meanwhile" }

// Unwrap makes errors.Is find db.ErrConflict.
func (c *Clash) Unwrap() error { return db.ErrConflict }

// Move gives an action another status. A Clash says that somebody else was first.
func (s *Service) Move(ctx context.Context, actor access.Actor, m Move) (Moved, error) {
	if err := access.Check(actor, "action.Move"); err != nil {
		return Moved{}, err
	}
	var out Moved
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		a, err := Get(ctx, tx, actor.Organisation, m.Action)
		if err != nil {
			return err
		}
		sys, err := system.Within(ctx, tx, actor, "action.Move", a.System.String())
		if err != nil {
			return err
		}
		if a.Version != m.Version || a.Obsolete {
			return m.clash(ctx, tx, &a, &sys)
		}
		out.From = a.Status
		a.Status = m.To
		if err := a.Check(); err != nil {
			return err
		}
		m.by = actor.ID
		if out.Version, err = move(ctx, tx, actor.Organisation, &m); errors.Is(err, db.ErrNotFound) { // somebody was first since it was read
			if a, err = Get(ctx, tx, actor.Organisation, m.Action); err == nil {
				err = m.clash(ctx, tx, &a, &sys)
			}
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "action.Move", ObjectKind: "system", ObjectID: sys.ID.String(),
			Data: map[string]any{"requirement": a.Requirement, "from": out.From, "status": m.To},
		})
	})
	if err != nil {
		return Moved{}, fmt.Errorf("move action: %w", err)
	}
	return out, nil
}

// clash tells what stands instead of what was wanted, and who changed it.
func (m *Move) clash(ctx context.Context, tx *db.Tx, now *Action, sys *system.System) error {
	by, err := changedBy(ctx, tx, tx.Scope, now.ID)
	if err != nil {
		return err
	}
	person, err := organisation.PersonOf(ctx, tx, tx.Scope, by)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	return &Clash{Now: Listed{Action: *now, Slug: sys.Slug, Name: sys.Name, Unit: sys.Unit}, Wanted: m.To, By: person.Name}
}
