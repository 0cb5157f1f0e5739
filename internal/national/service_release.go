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

// Publish releases a period, once enough has come since it was last released: the sums, and what municipalities depend on.
func (s *Service) Publish(ctx context.Context, actor access.Actor, p Period) error {
	if err := access.Check(actor, "national.Publish"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sums, depends := s.publish(ctx, tx, actor, p), s.publishConcentration(ctx, tx, actor, p)
		switch {
		case errors.Is(sums, ErrNothingNew) && !errors.Is(depends, ErrNothingNew):
			return depends
		case errors.Is(depends, ErrNothingNew):
			return sums
		default:
			return errors.Join(sums, depends)
		}
	})
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
		if err != nil {
			return err
		}
		more, err := concentrationPeriods(ctx, tx, actor.Organisation)
		names = append(names, more...)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if p, err := ParsePeriod(name); err == nil {
				all = append(all, p)
			}
		}
		return err
	})
	slices.SortFunc(all, comparePeriods)
	for _, p := range all {
		for _, publish := range []func(context.Context, *db.Tx, access.Actor, Period) error{s.publish, s.publishConcentration} {
			e := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return publish(ctx, tx, actor, p) })
			if !errors.Is(e, ErrNothingNew) {
				err = errors.Join(err, e)
			}
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
	archive, err := s.archive(ctx, tx, &r, releases)
	if err != nil {
		return err
	}
	where := newPlaces(s.Engine.Catalogue, all, archive.shown)
	if where.division, err = divisionOf(ctx, tx, org); err != nil {
		return err
	}
	cells := where.decide(&archive, &r, figures)
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

// archive reads what has been published before a release.
func (s *Service) archive(ctx context.Context, tx *db.Tx, r *Release, releases []Release) (a archive, err error) {
	org := tx.Scope
	if a.shown, err = lastShown(ctx, tx, org); err != nil {
		return a, err
	}
	if a.bases, err = basesOf(ctx, tx, org); err != nil {
		return a, err
	}
	if a.sets, err = setsOf(ctx, tx, org); err != nil {
		return a, err
	}
	a.before = latestOf(releases, r.Period).Number
	if a.before == 0 {
		return a, nil
	}
	submissions, err := bodiesOf(ctx, tx, org, r.Period.String())
	if err != nil {
		return a, err
	}
	a.figures = figuresBySeries(submissions)
	for i := range releases {
		if releases[i].Period != r.Period {
			continue
		}
		sets, err := setsOfRelease(ctx, tx, org, releases[i].Number)
		if err != nil {
			return a, err
		}
		a.earlier = append(a.earlier, earlier{releases[i].Basis, sets})
	}
	a.cells, err = cellsOfRelease(ctx, tx, org, part{release: a.before})
	return a, err
}
