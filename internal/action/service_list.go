// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// PageSize is how many actions a page of the list has, SystemPageSize how many systems.
const (
	PageSize       = 50
	SystemPageSize = 25
)

// Gaps is how much of a system nobody has taken on.
type Gaps struct {
	requirement.View
	// NotMet are requirements that are not met, or partly, and that nobody has taken on. Unknown are those that nobody knows about.
	NotMet, Unknown int
	// Taken is how many actions the system has that are not done.
	Taken int
}

// Listing is the plan of a whole organisation.
type Listing struct {
	Filter Filter
	// Rows is one page of the actions, by group and day. Total is how many pass the filter, Counts how many each group has.
	Rows   []Listed
	Total  int
	Counts map[Group]int
	// Systems is one page of the systems, those with the most that nobody has taken on first. SystemTotal is how many there are.
	Systems     []Gaps
	SystemTotal int
	// Figures are the organisation's own in the requirements' texts, by requirement and key.
	Figures map[string]map[string]int
	// Own is what the requirements say that no catalogue has.
	Own map[string]string
	// Owners and Units are what the list can be narrowed to.
	Owners []string
	// People are those named for an action, whom the list can be narrowed to too.
	People []organisation.Person
	Units  []organisation.Unit
	Today  civil.Date

	reach access.Reach
}

// List reads the plan of the whole organisation: what somebody has taken on, and where most is left that nobody has.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Listing, error) {
	if err := access.Check(actor, "action.List"); err != nil {
		return Listing{}, err
	}
	out := Listing{Filter: f}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := out.choices(ctx, tx, access.ReachOf(actor, "action.List"), s.Requirements.Engine.Catalogue); err != nil {
			return err
		}
		if err := out.actions(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		return s.systems(ctx, tx, actor.Organisation, &out)
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list actions: %w", err)
	}
	return out, nil
}

// actions reads one page of what somebody has taken on. A page that is gone becomes the last.
func (l *Listing) actions(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	var err error
	which := l.where(org)
	if l.Counts, err = counts(ctx, tx, which); err != nil {
		return err
	}
	for _, g := range Groups {
		if l.Filter.Group == "" || l.Filter.Group == g {
			l.Total += l.Counts[g]
		}
	}
	l.Filter.Page = clamp(l.Filter.Page, l.Total, PageSize)
	l.Rows, err = list(ctx, tx, which, &l.Filter)
	return err
}

func clamp(page, total, size int) int { return min(max(page, 1), max(1, (total+size-1)/size)) }

// systems reads one page of the systems and counts what nobody has taken on.
func (s *Service) systems(ctx context.Context, tx *db.Tx, org access.OrganisationID, out *Listing) error {
	var err error
	if out.SystemTotal, err = system.Count(ctx, tx, org, system.Filter{Reach: out.reach, Unit: out.Filter.Unit}); err != nil {
		return err
	}
	out.Filter.SystemPage = clamp(out.Filter.SystemPage, out.SystemTotal, SystemPageSize)
	order, err := worst(ctx, tx, org, out)
	if err != nil || len(order) == 0 {
		return err
	}
	systems, err := system.List(ctx, tx, org, system.Filter{Reach: out.reach, IDs: order})
	if err != nil {
		return err
	}
	views, err := s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return err
	}
	answers, err := requirement.Answers(ctx, tx, org, order)
	if err != nil {
		return err
	}
	actions, err := OfSystems(ctx, tx, org, order)
	if err != nil {
		return err
	}
	at := make(map[ids.ID[system.System]]Gaps, len(views))
	count := s.counter(out.Today)
	for i := range views {
		id := views[i].System.ID
		at[id] = count(&views[i], answers[id], actions[id])
	}
	for _, id := range order {
		out.Systems = append(out.Systems, at[id])
	}
	return nil
}

// counter gives a function that counts what nobody has taken on of a system.
func (s *Service) counter(today civil.Date) func(*requirement.View, map[string]requirement.Answer, map[string]*Action) Gaps {
	engine := s.Requirements.Engine
	day, out := engine.At(today), engine.NewOutcome()
	return func(v *requirement.View, answers map[string]requirement.Answer, actions map[string]*Action) Gaps {
		g := Gaps{View: *v}
		for _, a := range actions {
			if a.Status != Done {
				g.Taken++
			}
		}
		if v.Need.Stop {
			return Gaps{View: *v}
		}
		engine.DeriveSubject(&v.Subject, day, out)
		for i := range engine.Catalogue.Requirements {
			id := engine.Catalogue.Requirements[i].ID
			if !out.Requirements.Has(i) || actions[id] != nil {
				continue
			}
			switch answers[id].Status {
			case requirement.Met, requirement.NotApplicable:
			case requirement.NotMet, requirement.Partly:
				g.NotMet++
			default:
				g.Unknown++
			}
		}
		return g
	}
}
