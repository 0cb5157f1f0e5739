// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// ErrNothingNew says that too little has come since the last release of a period.
var ErrNothingNew = errors.New("nothing has come since the period was published, or too little: what differs would tell whose it is")

// Publish releases a period, once enough has come since it was last released.
func (s *Service) Publish(ctx context.Context, actor access.Actor, p Period) error {
	if err := access.Check(actor, "national.Publish"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.publish(ctx, tx, actor, p) })
	if err != nil {
		return fmt.Errorf("publish period: %w", err)
	}
	return nil
}

// PublishDue releases every period that is due.
func (s *Service) PublishDue(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "national.PublishDue"); err != nil {
		return err
	}
	var all []Period
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		names, err := periods(ctx, tx, actor.Organisation)
		for _, name := range names {
			if p, err := ParsePeriod(name); err == nil {
				all = append(all, p)
			}
		}
		return err
	})
	slices.SortFunc(all, comparePeriods)
	for _, p := range all {
		e := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.publish(ctx, tx, actor, p) })
		if !errors.Is(e, ErrNothingNew) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("publish periods: %w", err)
	}
	return nil
}

func (s *Service) publish(ctx context.Context, tx *db.Tx, actor access.Actor, p Period) error {
	org := actor.Organisation
	all, err := standingOf(ctx, tx, org, p.String())
	if err != nil {
		return err
	}
	releases, err := releasesOf(ctx, tx, org)
	if err != nil {
		return err
	}
	r := Release{Number: int64(len(releases)) + 1, Period: p, Municipalities: len(all), Basis: map[string]string{}}
	for code, x := range all {
		r.Basis[code] = x.digest
	}
	before := latestOf(releases, p)
	if !due(before.Basis, r.Basis) || tooFewCorrect(before.Basis, all) {
		return ErrNothingNew
	}
	figures, err := figuresOf(ctx, tx, org, p.String())
	if err != nil {
		return err
	}
	places := newPlaces(s.Engine.Catalogue, all)
	ledger, err := s.ledger(ctx, tx, org, places)
	if err != nil {
		return err
	}
	if before.Number > 0 {
		if err := s.follow(ctx, tx, ledger, places, &r, releases); err != nil {
			return err
		}
	}
	cells := ledger.publish(places.tables(figures))
	shown := slices.DeleteFunc(figures, func(f figure) bool { return !all[f.municipality].shown || !f.Count().Shown() })
	if err := saveRelease(ctx, tx, org, &r, s.Engine.Catalogue, cells, shown); err != nil {
		return err
	}
	published := 0
	for i := range cells {
		if cells[i].Published() {
			published++
		}
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "national.Publish", ObjectKind: "period", ObjectID: p.String(),
		Data: map[string]any{"release": r.Number, "municipalities": len(all), "cells": len(cells), "published": published},
	})
}

// latestOf gives the last release of a period; one without a number when there is none.
func latestOf(all []Release, p Period) Release {
	var out Release
	for _, r := range all {
		if r.Period == p {
			out = r
		}
	}
	return out
}

// ledger remembers every set that has been published.
func (s *Service) ledger(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *places) (*Ledger, error) {
	sets, err := publishedSets(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	l := NewLedger(len(s.Engine.Catalogue.Municipalities))
	for _, codes := range sets {
		l.remember(p.set(codes))
	}
	return l, nil
}

// follow lets the ledger know what has been published of the period before.
func (s *Service) follow(ctx context.Context, tx *db.Tx, l *Ledger, p *places, r *Release, releases []Release) error {
	var earlier []past
	for i := range releases {
		if releases[i].Period != r.Period {
			continue
		}
		x := past{basis: p.basis(releases[i].Basis)}
		sets, err := setsOfRelease(ctx, tx, tx.Scope, releases[i].Number)
		if err != nil {
			return err
		}
		for _, codes := range sets {
			x.sets = append(x.sets, p.set(codes))
		}
		earlier = append(earlier, x)
	}
	l.follow(p.basis(r.Basis), earlier)
	return nil
}
