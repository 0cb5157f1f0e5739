// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of follow-up.
type Service struct {
	DB           *db.DB
	Engine       *Engine
	Requirements *requirement.Service
	// SignIn says how evidence becomes an answer about two factors; without it no evidence is read.
	SignIn *verdict.Indicator
	// Questions are what units are asked in rounds; without them no answers are read.
	Questions *campaign.Set
}

// Standing is where the indicators stand.
type Standing struct {
	Today   civil.Date
	Tallies Tallies
	Values  []Value
	// Points are the values of the days when they were taken, earliest first.
	Points []Point
}

// List gives every indicator as it stands now, and as it has stood.
func (s *Service) List(ctx context.Context, actor access.Actor) (Standing, error) {
	if err := access.Check(actor, "followup.List"); err != nil {
		return Standing{}, err
	}
	var out Standing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		rows, err := s.rows(ctx, tx, access.ReachOf(actor, "followup.List"))
		if err != nil {
			return err
		}
		out.Today, out.Tallies = civil.Of(tx.Now), s.Engine.Tally(rows.Rows)
		out.Values = s.Engine.Values(out.Tallies)
		if access.ReachOf(actor, "followup.List").All { // what was taken is of the whole organisation
			out.Points, err = history(ctx, tx, actor.Organisation, "")
		}
		return err
	})
	if err != nil {
		return Standing{}, fmt.Errorf("list indicators: %w", err)
	}
	return out, nil
}

// Counted is one row behind a number.
type Counted struct {
	Ref
	N int64
	// Met is how the row falls out in each series.
	Met [NumSeries]catalogue.Truth
}

// Detail is one indicator with what it counts.
type Detail struct {
	Standing
	Indicator *catalogue.Indicator
	Rows      []Counted
	// Imported are others' series that are shown with it, with the figures of the country.
	Imported []Imported
}

// Open gives one indicator with the rows behind its numbers.
func (s *Service) Open(ctx context.Context, actor access.Actor, id string) (Detail, error) {
	if err := access.Check(actor, "followup.Open"); err != nil {
		return Detail{}, err
	}
	ind, ok := s.Engine.Catalogue.Indicator(id)
	if !ok {
		return Detail{}, fmt.Errorf("open indicator %s: %w", id, db.ErrNotFound)
	}
	out := Detail{Indicator: ind}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		reach := access.ReachOf(actor, "followup.Open")
		if i, ok := s.Engine.Index(id); ok {
			rows, err := s.rows(ctx, tx, reach)
			if err != nil {
				return err
			}
			out.Tallies = s.Engine.Tally(rows.Rows)
			out.Values = s.Engine.Values(out.Tallies)
			out.Rows = s.counted(i, rows)
		}
		var err error
		if reach.All {
			if out.Points, err = history(ctx, tx, actor.Organisation, id); err != nil {
				return err
			}
		}
		out.Imported, err = References(ctx, tx, actor.Organisation, Wanted{Beside: id, Places: []string{Country}})
		return err
	})
	if err != nil {
		return Detail{}, fmt.Errorf("open indicator: %w", err)
	}
	return out, nil
}

// counted are the rows that an indicator counts.
func (s *Service) counted(i int, rows *Rows) []Counted {
	var out []Counted
	for j := range rows.Rows {
		r := &rows.Rows[j]
		c := Counted{Ref: rows.Refs[j], N: int64(r.N)}
		in := false
		for series := range Series(NumSeries) {
			counted, met := s.Engine.Weigh(i, r, series)
			in = in || counted
			c.Met[series] = met
		}
		if in {
			out = append(out, c)
		}
	}
	return out
}

// Snapshot takes the day's values. They stand when the day is over.
func (s *Service) Snapshot(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "followup.Snapshot"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		values, err := s.Values(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if err := save(ctx, tx, actor.Organisation, s.Engine.Catalogue.Edition, values); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "followup.Snapshot", ObjectKind: "indicator", ObjectID: civil.Of(tx.Now).String(),
			Data: map[string]any{"values": len(values), "catalogue": s.Engine.Catalogue.Edition},
		})
	})
	if err != nil {
		return fmt.Errorf("take values: %w", err)
	}
	return nil
}

// Values gives an organisation's values as they stand. It runs inside the caller's use case, which has authorised.
func (s *Service) Values(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Value, error) {
	if tx.Scope != org {
		return nil, fmt.Errorf("count indicators of another organisation: %w", access.ErrDenied)
	}
	rows, err := s.rows(ctx, tx, access.Everywhere())
	if err != nil {
		return nil, err
	}
	return s.Engine.Compute(rows.Rows), nil
}

// Part is the part of an organisation that is counted: what is within reach, and of that one unit alone when one is named.
type Part struct {
	Reach access.Reach
	Unit  access.UnitID
}

// Picture is how a part of an organisation stands, counted once for everything that is told of it.
type Picture struct {
	Tallies Tallies
	// Topics are the requirements that apply to systems in use, by the requirement's topic and series: whether each is met.
	Topics map[string]*[NumSeries]Tally
	*Material
}

// Picture counts a part of the organisation. It runs inside the caller's use case, which has authorised.
func (s *Service) Picture(ctx context.Context, tx *db.Tx, p Part) (Picture, error) {
	m, err := s.material(ctx, tx, p)
	if err != nil {
		return Picture{}, err
	}
	m.Apart = true
	rows, err := Derive(s.Requirements.Engine, m)
	if err != nil {
		return Picture{}, err
	}
	return Picture{s.Engine.Tally(rows.Rows), s.Engine.topics(rows), m}, nil
}

// topics counts the rows of requirements by their topics, as the rules of the indicator of requirements count them.
func (e *Engine) topics(rows *Rows) map[string]*[NumSeries]Tally {
	out := map[string]*[NumSeries]Tally{}
	i := slices.IndexFunc(e.rules, func(c compiled) bool { return c.kind == Requirement })
	if i < 0 {
		return out
	}
	for j := range rows.Rows {
		q, ok := e.Catalogue.Requirement(rows.abouts[j].requirement)
		if rows.Rows[j].Kind != Requirement || !ok {
			continue
		}
		t := out[q.Topic]
		if t == nil {
			t = &[NumSeries]Tally{}
			out[q.Topic] = t
		}
		for s := range Series(NumSeries) {
			t[s].add(&e.rules[i], &rows.Rows[j], s)
		}
	}
	return out
}

// rows reads and makes the rows of the transaction's organisation, of the units within reach.
func (s *Service) rows(ctx context.Context, tx *db.Tx, reach access.Reach) (*Rows, error) {
	m, err := s.material(ctx, tx, Part{Reach: reach})
	if err != nil {
		return nil, err
	}
	return Derive(s.Requirements.Engine, m)
}

// material reads what the rows are made of.
func (s *Service) material(ctx context.Context, tx *db.Tx, p Part) (*Material, error) {
	org := tx.Scope
	systems, err := system.List(ctx, tx, org, system.Filter{Reach: p.Reach, Unit: string(p.Unit)})
	if err != nil {
		return nil, err
	}
	m := Material{Today: civil.Of(tx.Now)}
	if m.Views, err = s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil); err != nil {
		return nil, err
	}
	list := make([]ids.ID[system.System], len(systems))
	names := make([]string, len(systems))
	for i := range systems {
		list[i], names[i] = systems[i].ID, systems[i].ID.String()
	}
	if m.Answers, err = requirement.Answers(ctx, tx, org, list); err != nil {
		return nil, err
	}
	if m.Owned, err = owned(ctx, tx, org, names); err != nil {
		return nil, err
	}
	if m.Suppliers, err = supplier.Whole(ctx, tx, org); err != nil {
		return nil, err
	}
	if m.Processings, err = processing.All(ctx, tx, org, p.Reach); err != nil {
		return nil, err
	}
	if p.Unit != "" {
		m.Processings = slices.DeleteFunc(m.Processings, func(x processing.Processing) bool { return x.UnitID != p.Unit })
	}
	if m.Actions, err = action.All(ctx, tx, org, ""); err != nil {
		return nil, err
	}
	if m.Units, err = s.units(ctx, tx, p); err != nil {
		return nil, err
	}
	if m.Evidence, err = s.known(ctx, tx, list, systems); err != nil {
		return nil, err
	}
	return &m, nil
}

// units reads what units have answered in rounds.
func (s *Service) units(ctx context.Context, tx *db.Tx, p Part) ([]campaign.UnitAnswers, error) {
	if s.Questions == nil {
		return nil, nil
	}
	out, err := campaign.Units(ctx, tx, s.Questions, p.Reach)
	if p.Unit != "" {
		out = slices.DeleteFunc(out, func(u campaign.UnitAnswers) bool { return u.Unit != p.Unit })
	}
	return out, err
}

// known reads what evidence shows about the systems.
func (s *Service) known(ctx context.Context, tx *db.Tx, list []ids.ID[system.System], systems []system.System) (map[ids.ID[system.System]]Known, error) {
	if s.SignIn == nil {
		return nil, nil
	}
	records, err := evidence.Of(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, err
	}
	out := map[ids.ID[system.System]]Known{}
	for i := range systems {
		if of := records[systems[i].ID]; len(of) > 0 {
			out[systems[i].ID] = KnownBy(s.SignIn, &systems[i], of, civil.Of(tx.Now))
		}
	}
	return out, nil
}

// owned tells which systems have somebody named as their owner.
func owned(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []string) (map[ids.ID[system.System]]bool, error) {
	named, err := organisation.Named(ctx, tx, org, organisation.ObjectSystem, systems)
	if err != nil {
		return nil, err
	}
	out := map[ids.ID[system.System]]bool{}
	for id, by := range named {
		if r, ok := by[organisation.Owner]; ok && !r.Gone {
			out[ids.ID[system.System](id)] = true
		}
	}
	return out, nil
}
