// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
)

// rulesFor names what a source is searched with: what was found with other rules is looked for again.
func (s *Service) rulesFor(src *Source) string {
	return s.Rules.Version + " names " + fmt.Sprint(src.Rows) + " " + strings.Join(src.Detectors, ",")
}

// Start begins a search of a source.
func (s *Service) Start(ctx context.Context, actor access.Actor, id ids.ID[Source]) (ids.ID[Scan], error) {
	if err := access.Check(actor, "finding.Start"); err != nil {
		return "", err
	}
	var out ids.ID[Scan]
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		src, err := s.sourceAt(ctx, tx, actor, "finding.Start", id)
		if err != nil {
			return err
		}
		out, err = s.start(ctx, tx, actor, &src)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("start search: %w", err)
	}
	return out, nil
}

// start begins a search in the caller's transaction.
func (s *Service) start(ctx context.Context, tx *db.Tx, actor access.Actor, src *Source) (ids.ID[Scan], error) {
	org := actor.Organisation
	if src.Status != Approved {
		return "", ErrNotApproved
	}
	// What the operator allowed when it was registered may not be allowed any more.
	if src.Database() && !s.Limits.HasHost(src.Kind, src.Root) || !src.Database() && !s.Limits.HasRoot(src.Root) {
		return "", ErrRoot
	}
	scan := Scan{ID: ids.New[Scan](), SourceID: src.ID, Rules: s.rulesFor(src), By: actor.ID}
	if err := insertScan(ctx, tx, org, &scan); err != nil {
		return "", err
	}
	if err := forgetChunks(ctx, tx, org, src.ID); err != nil {
		return "", err
	}
	secret, err := secretOf(ctx, tx, org)
	if err != nil {
		return "", err
	}
	first := piece{Dir: src.Place}
	if src.Database() {
		first = piece{Tables: true}
	}
	if err := addChunks(ctx, tx, org, scan.ID, func(p piece) string { return p.key(secret) }, []piece{first}); err != nil {
		return "", err
	}
	if err := s.ask(ctx, tx, org, scan.ID, 1); err != nil {
		return "", err
	}
	return scan.ID, audit.Append(ctx, tx, actor, audit.Entry{
		Action: "finding.Start", ObjectKind: "finding-source", ObjectID: src.ID.String(), Data: map[string]any{"scan": scan.ID, "rules": scan.Rules},
	})
}

// ask adds jobs that do parts of a search: as many as there are parts, and as there are workers.
func (s *Service) ask(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan], parts int) error {
	args := make([]job.Args, min(parts, max(1, s.Workers)))
	for i := range args {
		args[i] = Search{Organisation: org, Scan: scan}
	}
	return s.Jobs.AddMany(ctx, tx, args)
}

// Stop ends a search that goes on. What it has found stands.
func (s *Service) Stop(ctx context.Context, actor access.Actor, id ids.ID[Source]) error {
	if err := access.Check(actor, "finding.Stop"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if _, err := s.sourceAt(ctx, tx, actor, "finding.Stop", id); err != nil {
			return err
		}
		return s.stopAll(ctx, tx, actor, id)
	})
	if err != nil {
		return fmt.Errorf("stop search: %w", err)
	}
	return nil
}

func (s *Service) stopAll(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Source]) error {
	all, err := running(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].SourceID != id {
			continue
		}
		if err := progressOf(ctx, tx, actor.Organisation, &all[i]); err != nil {
			return err
		}
		all[i].Status = ScanStopped
		ended, err := endScan(ctx, tx, actor.Organisation, &all[i])
		if err != nil || !ended {
			return err
		}
		if err := removeChunks(ctx, tx, actor.Organisation, all[i].ID); err != nil {
			return err
		}
		err = audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Stop", ObjectKind: "finding-source", ObjectID: id.String(), Data: map[string]any{"scan": all[i].ID}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Missed is what a search did not read, one page of it.
type Missed struct {
	Scan
	List  []Object
	Total int
	Page  int
}

// Unread reads what of a source is not read, and why.
func (s *Service) Unread(ctx context.Context, actor access.Actor, id ids.ID[Source], page int) (Missed, error) {
	if err := access.Check(actor, "finding.Unread"); err != nil {
		return Missed{}, err
	}
	out := Missed{Page: max(1, page)}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		src, err := s.sourceAt(ctx, tx, actor, "finding.Unread", id)
		if err != nil {
			return err
		}
		out.SourceID, out.Source, out.Unit = src.ID, src.Name, src.Unit
		out.List, out.Total, err = notRead(ctx, tx, actor.Organisation, &out.Scan, out.Page)
		newTeller(s.Rules).objects(out.List)
		return err
	})
	if err != nil {
		return Missed{}, fmt.Errorf("read what was not read: %w", err)
	}
	return out, nil
}

// Work does parts of a search until nobody's is left, and ends the search when all are done. Several may work on one search at once, on
// several machines.
func (s *Service) Work(ctx context.Context, actor access.Actor, scan ids.ID[Scan]) error {
	if err := access.Check(actor, "finding.Work"); err != nil {
		return err
	}
	for {
		w, err := s.take(ctx, actor, scan)
		if errors.Is(err, db.ErrNotFound) {
			return s.finish(ctx, actor, scan)
		}
		if err != nil {
			return fmt.Errorf("take part of search: %w", err)
		}
		if err := s.do(ctx, w); err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
}

// take takes a part that nobody works on, with what doing it needs.
func (s *Service) take(ctx context.Context, actor access.Actor, id ids.ID[Scan]) (*worker, error) {
	w := &worker{Service: s, actor: actor}
	org := actor.Organisation
	err := s.DB.Write(ctx, org, func(tx *db.Tx) error {
		scan, err := scanOf(ctx, tx, org, id)
		if err != nil {
			return err
		}
		if !scan.Running() {
			return db.ErrNotFound
		}
		c, err := claim(ctx, tx, org, id, ids.New[worker]().String())
		if err != nil {
			return err
		}
		c.Source, c.Rules = scan.SourceID, scan.Rules
		w.chunk = &c
		if w.source, err = sourceOf(ctx, tx, org, scan.SourceID); err != nil {
			return err
		}
		if w.source.SecretFrom != SecretNone {
			if w.source.Secret, err = tx.Open(ctx, sourceCell("secret", w.source.ID), w.source.Secret); err != nil {
				return err
			}
		}
		if w.rules, err = rulesOf(ctx, tx, org, scan.SourceID, civil.Of(tx.Now)); err != nil {
			return err
		}
		secret, err := secretOf(ctx, tx, org)
		w.key = secret
		return err
	})
	return w, err
}

// do does a part that was taken. A part that fails waits for its lease to end and is tried again, a few times; only the end of the context
// is an error.
func (s *Service) do(ctx context.Context, w *worker) error {
	inner, stop := w.keep(ctx)
	err := w.guard(inner)
	if errors.Is(context.Cause(inner), errLost) {
		err = errLost
	}
	stop()
	switch {
	case err == nil || errors.Is(err, errLost):
		return nil
	case ctx.Err() != nil:
		again := context.WithoutCancel(ctx)
		return errors.Join(ctx.Err(), s.DB.Write(again, w.actor.Organisation, func(tx *db.Tx) error { return release(again, tx, w.actor.Organisation, w.chunk) }))
	}
	s.Log.WarnContext(ctx, "part of search failed", slog.String("scan", w.chunk.Scan.String()), slog.Int64("attempt", w.chunk.Attempts), slog.String("error", err.Error()))
	if w.chunk.Attempts >= mostAttempts {
		err = w.giveUp(ctx, err)
	} else {
		err = s.DB.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
			return renew(ctx, tx, w.actor.Organisation, w.chunk, "waiting", err.Error())
		})
	}
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// guard does the part. A panic costs the part, not the program.
func (w *worker) guard(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it broke its reader: %v", r)
		}
	}()
	if w.chunk.Attempts > mostAttempts {
		return errors.New("it was begun too often and never finished")
	}
	return w.part(ctx)
}

// finish ends a search when all its parts are done: what it has not seen is gone, unless it lies where the search could not look. While
// others work on parts of it, they end it.
func (s *Service) finish(ctx context.Context, actor access.Actor, id ids.ID[Scan]) error {
	org := actor.Organisation
	err := s.DB.Write(ctx, org, func(tx *db.Tx) error {
		scan, err := scanOf(ctx, tx, org, id)
		if errors.Is(err, db.ErrNotFound) || err == nil && !scan.Running() {
			return nil
		}
		if err != nil {
			return err
		}
		waiting, held, err := free(ctx, tx, org, id)
		if err != nil || waiting+held > 0 {
			return err
		}
		if err := progressOf(ctx, tx, org, &scan); err != nil {
			return err
		}
		scan.Status = ScanDone
		if scan.Failed > 0 {
			scan.Fault = "parts"
			if scan.Done == 0 {
				scan.Status = ScanFailed
			}
		} else if err := s.sweep(ctx, tx, org, &scan); err != nil {
			return err
		}
		if err := progressOf(ctx, tx, org, &scan); err != nil {
			return err
		}
		ended, err := endScan(ctx, tx, org, &scan)
		if err != nil || !ended {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "finding.Ended", ObjectKind: "finding-source", ObjectID: scan.SourceID.String(),
			Data: map[string]any{"scan": scan.ID, "status": scan.Status, "files": scan.Files, "found": scan.Found, "not_read": scan.Skipped},
		})
	})
	if err != nil {
		return fmt.Errorf("end search: %w", err)
	}
	return nil
}

// sweep takes away what a search has not seen.
func (s *Service) sweep(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan *Scan) error {
	old, err := unseen(ctx, tx, org, scan)
	if err != nil || len(old) == 0 {
		return err
	}
	blind, err := unread(ctx, tx, org, scan)
	if err != nil {
		return err
	}
	touched := map[ids.ID[Place]]bool{}
	for i := range old {
		if !old[i].Place.IsZero() && under(old[i].Path, blind) {
			continue
		}
		if err := removeObject(ctx, tx, org, old[i].ID); err != nil {
			return err
		}
		if !old[i].Place.IsZero() {
			touched[old[i].Place] = true
		}
	}
	for id := range touched {
		if err := settle(ctx, tx, org, id); err != nil {
			return err
		}
	}
	return nil
}

// Tick looks after the searches of an organisation: parts whose worker was not heard of any more are asked for again, sources are searched
// when it is time, or with new rules, and rules for false findings end on their day.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "finding.Tick"); err != nil {
		return err
	}
	org := actor.Organisation
	var scans []Scan
	var due []Source
	var over []Rule
	err := s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
		if scans, err = running(ctx, tx, org); err != nil {
			return err
		}
		if over, err = overdueRules(ctx, tx, org, civil.Of(tx.Now)); err != nil {
			return err
		}
		due, err = s.due(ctx, tx, org)
		return err
	})
	if err != nil {
		return fmt.Errorf("look after searches: %w", err)
	}
	for i := range scans {
		err = errors.Join(err, s.wake(ctx, org, scans[i].ID))
	}
	for i := range due {
		err = errors.Join(err, s.DB.Write(ctx, org, func(tx *db.Tx) error {
			_, err := s.start(ctx, tx, actor, &due[i])
			if errors.Is(err, ErrRunning) || errors.Is(err, ErrRoot) || errors.Is(err, ErrNotApproved) {
				return nil
			}
			return err
		}))
	}
	for i := range over {
		err = errors.Join(err, s.DB.Write(ctx, org, func(tx *db.Tx) error { return s.endRule(ctx, tx, actor, &over[i]) }))
	}
	if err != nil {
		return fmt.Errorf("look after searches: %w", err)
	}
	return nil
}

// wake asks for somebody to go on with a search whose parts nobody works on, or to end it.
func (s *Service) wake(ctx context.Context, org access.OrganisationID, id ids.ID[Scan]) error {
	return s.DB.Write(ctx, org, func(tx *db.Tx) error {
		waiting, held, err := free(ctx, tx, org, id)
		if err != nil || waiting == 0 && held > 0 {
			return err
		}
		return s.ask(ctx, tx, org, id, int(min(max(waiting, 1), 100)))
	})
}

// due are the sources that it is time to search: their interval has passed since the last search began, or there are new rules.
func (s *Service) due(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Source, error) {
	all, err := sources(ctx, tx, org, access.Everywhere())
	if err != nil {
		return nil, err
	}
	scans, err := latest(ctx, tx, org, access.Everywhere(), "", 1)
	if err != nil {
		return nil, err
	}
	last := map[ids.ID[Source]]*Scan{}
	for i := range scans {
		last[scans[i].SourceID] = &scans[i]
	}
	var out []Source
	for i := range all {
		src, scan := &all[i], last[all[i].ID]
		if src.Status != Approved || scan == nil && src.EveryDays == 0 || scan != nil && scan.Running() {
			continue
		}
		late := scan == nil || src.EveryDays > 0 && tx.Now.Sub(scan.Started) >= time.Duration(src.EveryDays)*24*time.Hour
		if late || scan.Status == ScanDone && scan.Rules != s.rulesFor(src) {
			out = append(out, *src)
		}
	}
	return out, nil
}
