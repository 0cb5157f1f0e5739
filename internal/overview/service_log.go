// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/organisation"
)

// LogPageSize is how many events a page of the log has.
const LogPageSize = 50

// Log is a part of the organisation's log (Swedish: spårlogg).
type Log struct {
	Head   audit.Head
	Events []audit.Logged
	// More says that there are older ones.
	More bool
	// People are the names of those who are known, by the id that the log has of them.
	People map[string]string
	// Persons are the names of everybody in the list of people, by their id there.
	Persons map[string]string
	// Systems are the systems' names and slugs, by id.
	Systems map[string]Named
	// Latest is the newest checkpoint; its Size is zero when there is none.
	Latest audit.Kept
	// Deliveries tell how far each receiver outside the database has come.
	Deliveries []audit.Delivered
}

// named gives what the systems of the organisation are called, by id, for a reader of the log.
func (s *Service) named(ctx context.Context, actor access.Actor) (map[string]Named, error) {
	if err := access.Check(actor, "overview.Log"); err != nil {
		return nil, err
	}
	var out map[string]Named
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = systemNames(ctx, tx, actor.Organisation)
		return err
	})
	return out, err
}

// Named is what something is called, and where it is shown.
type Named struct{ Name, Slug string }

// Log reads a page of the log, newest first.
func (s *Service) Log(ctx context.Context, actor access.Actor, f audit.Filter) (Log, error) {
	if err := access.Check(actor, "overview.Log"); err != nil {
		return Log{}, err
	}
	var out Log
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Head, err = audit.HeadOf(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		size := cmp.Or(f.Limit, LogPageSize)
		f.Limit = size + 1
		if out.Events, err = audit.List(ctx, tx, actor.Organisation, f); err != nil {
			return err
		}
		if out.More = len(out.Events) > size; out.More {
			out.Events = out.Events[:size]
		}
		if out.Persons, err = organisation.NamesOf(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if out.People, err = people(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if out.Systems, err = systemNames(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		list, err := audit.Checkpoints(ctx, tx, actor.Organisation, 1)
		if len(list) > 0 {
			out.Latest = list[0]
		}
		if err == nil {
			out.Deliveries, err = audit.Deliveries(ctx, tx, actor.Organisation)
		}
		return err
	})
	if err != nil {
		return Log{}, fmt.Errorf("read log: %w", err)
	}
	return out, nil
}

// Control is what the page that verifies shows.
type Control struct {
	Verdict     audit.Verdict
	Checkpoints []audit.Kept
	Deliveries  []audit.Delivered
	// Key is the public key; empty when the program runs without one.
	Key audit.PublicKey
}

// shownCheckpoints is how many stand on the page.
const shownCheckpoints = 50

// CheckLog goes through the whole log, entry by entry, and tells what it found.
func (s *Service) CheckLog(ctx context.Context, actor access.Actor) (Control, error) {
	if err := access.Check(actor, "overview.CheckLog"); err != nil {
		return Control{}, err
	}
	out := Control{Key: s.LogKey.Public()}
	var check audit.Check
	if out.Key != nil {
		check.Keys = []audit.PublicKey{out.Key}
	}
	var err error
	if out.Verdict, err = audit.VerifyLog(ctx, s.db, actor.Organisation, check); err != nil {
		return Control{}, err
	}
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Checkpoints, err = audit.Checkpoints(ctx, tx, actor.Organisation, shownCheckpoints); err != nil {
			return err
		}
		out.Deliveries, err = audit.Deliveries(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Control{}, fmt.Errorf("read checkpoints: %w", err)
	}
	return out, nil
}

// Consistency is a proof that the log of one checkpoint is the beginning of that of another.
type Consistency struct {
	From, To audit.Checkpoint
	Proof    tlog.TreeProof
	// Holds says that the proof has been checked.
	Holds bool
}

// Consistency proves that the log of one stored checkpoint is the beginning of that of another, and checks the proof.
func (s *Service) Consistency(ctx context.Context, actor access.Actor, from, to int64) (Consistency, error) {
	if err := access.Check(actor, "overview.Consistency"); err != nil {
		return Consistency{}, err
	}
	var out Consistency
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.From, err = audit.CheckpointAt(ctx, tx, actor.Organisation, min(from, to)); err != nil {
			return err
		}
		if out.To, err = audit.CheckpointAt(ctx, tx, actor.Organisation, max(from, to)); err != nil {
			return err
		}
		out.Proof, err = audit.ProveTree(ctx, tx, actor.Organisation, out.To.Size, out.From.Size)
		return err
	})
	if err != nil {
		return Consistency{}, fmt.Errorf("prove consistency: %w", err)
	}
	out.Holds = tlog.CheckTree(out.Proof, out.To.Size, out.To.Root, out.From.Size, out.From.Root) == nil
	return out, nil
}

// ExportLog writes the log, or the part of it that a filter gives, so that it can be verified without the program. That it was taken out
// is logged first.
func (s *Service) ExportLog(ctx context.Context, actor access.Actor, f audit.Filter, w io.Writer) error {
	if err := access.Check(actor, "overview.ExportLog"); err != nil {
		return err
	}
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.ActionExported, ObjectKind: "log", ObjectID: actor.Organisation.String(), Data: map[string]any{
				"actor": f.Actor, "action": f.Action, "object": f.ObjectID, "since": f.Since, "before": f.Before,
			},
		})
	})
	if err != nil {
		return fmt.Errorf("log that the log was exported: %w", err)
	}
	return audit.WriteExport(ctx, s.db, actor.Organisation, audit.ExportOptions{Filter: f, Key: s.LogKey.Public()}, w)
}

// endOf is the first moment after a day, where the organisation is.
func endOf(day civil.Date) int64 {
	next := day.AddDays(1)
	t := next.Time()
	_, offset := t.In(civil.Location()).Zone()
	return db.Millis(t) - int64(offset)*1000
}
