// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of evidence.
type Service struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
	Life      *Life
	Indicator *verdict.Indicator
	// Heard are told of every new record in its own transaction, with the change that it makes, if any. Later slices add theirs.
	Heard []func(ctx context.Context, tx *db.Tx, actor access.Actor, r *Record, s *Shift) error
	// Renew are asked, in good time and once, to make a measurement anew before it ends. Later slices that measure add theirs.
	Renew []func(ctx context.Context, tx *db.Tx, actor access.Actor, r *Record) error
}

// Record keeps one piece of evidence about a system, and notes what it changes.
func (s *Service) Record(ctx context.Context, actor access.Actor, n New) (Record, error) {
	if err := access.Check(actor, "evidence.Record"); err != nil {
		return Record{}, err
	}
	var r Record
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if _, err := system.Within(ctx, tx, actor, "evidence.Record", n.System.String()); err != nil {
			return err
		}
		var err error
		r, err = s.Add(ctx, tx, actor, n)
		return err
	})
	if err != nil {
		return Record{}, fmt.Errorf("record evidence: %w", err)
	}
	return r, nil
}

// Add keeps one piece of evidence in the caller's transaction. It runs inside a use case, which has authorised: measuring jobs add what
// they have seen in the transaction that ends their job.
func (s *Service) Add(ctx context.Context, tx *db.Tx, actor access.Actor, n New) (Record, error) {
	list, err := s.AddAll(ctx, tx, actor, n.System, []New{n})
	if err != nil {
		return Record{}, err
	}
	return list[0], nil
}

// AddAll is Add for many pieces about one system.
func (s *Service) AddAll(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[system.System], list []New) ([]Record, error) {
	sys, err := system.Get(ctx, tx, actor.Organisation, id.String())
	if err != nil {
		return nil, err
	}
	before, err := Of(ctx, tx, actor.Organisation, []ids.ID[system.System]{sys.ID})
	if err != nil {
		return nil, err
	}
	out := make([]Record, 0, len(list))
	for _, n := range list {
		r, err := s.add(ctx, tx, actor, adding{&sys, append(before[sys.ID], out...), n})
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// adding is one piece of evidence to be kept, beside what is known of its system already.
type adding struct {
	of     *system.System
	before []Record
	n      New
}

func (s *Service) add(ctx context.Context, tx *db.Tx, actor access.Actor, a adding) (Record, error) {
	n := a.n
	n.System = a.of.ID
	if n.Path != "" && !slices.ContainsFunc(a.of.Logins, func(l system.LoginPath) bool { return l.ID == n.Path }) {
		return Record{}, ErrPath
	}
	r, err := n.made(s.Catalogue, s.Life, tx.Now)
	if err != nil {
		return Record{}, err
	}
	r.By = actor.ID
	if err := insert(ctx, tx, actor.Organisation, &r, n.File); err != nil {
		return Record{}, err
	}
	shift, changed := shifted(s.Indicator, a.before, &r, civil.Of(tx.Now))
	var told *Shift
	if changed {
		told = &shift
		if err := insertShift(ctx, tx, actor.Organisation, told); err != nil {
			return Record{}, err
		}
	}
	if err := audit.Append(ctx, tx, actor, r.entry(told)); err != nil {
		return Record{}, err
	}
	for _, hear := range s.Heard {
		if err := hear(ctx, tx, actor, &r, told); err != nil {
			return Record{}, err
		}
	}
	return r, nil
}

// entry is the log's entry of a record. Words are not in it: they are encrypted where they stand, and the log would keep them for ever.
func (r *Record) entry(shift *Shift) audit.Entry {
	data := map[string]any{
		"record": r.ID, "kind": r.Kind, "source": r.Source, "subject": r.Subject, "outcome": r.Outcome, "observed": r.Observed, "expires": r.Expires, "hash": r.Hash,
	}
	if r.Subject == SubjectLogin {
		data["verdict"], data["factors"], data["loa"], data["grade"] = r.Verdict, r.Factors, r.LoA, r.Grade
	}
	if r.Quality != "" {
		data["quality"] = r.Quality
	}
	if shift != nil {
		data["direction"] = shift.Direction
	}
	return audit.Entry{Action: "evidence.Record", ObjectKind: "system", ObjectID: r.System.String(), Data: data}
}

// One is the evidence about one system.
type One struct {
	System  system.System
	Records []Record
	Shifts  []Shift
	Today   civil.Date
}

// List reads the evidence about one system, what has ended and what is withdrawn too.
func (s *Service) List(ctx context.Context, actor access.Actor, ref string) (One, error) {
	if err := access.Check(actor, "evidence.List"); err != nil {
		return One{}, err
	}
	var out One
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		if out.System, err = system.Within(ctx, tx, actor, "evidence.List", ref); err != nil {
			return err
		}
		if out.Records, err = Whole(ctx, tx, actor.Organisation, out.System.ID); err != nil {
			return err
		}
		all, err := Shifts(ctx, tx, actor.Organisation, access.ReachOf(actor, "evidence.List"))
		for _, x := range all {
			if x.System == out.System.ID {
				out.Shifts = append(out.Shifts, x)
			}
		}
		return err
	})
	if err != nil {
		return One{}, fmt.Errorf("read evidence: %w", err)
	}
	return out, nil
}

// Withdraw takes a record back, with a reason. It is kept, and counts no longer.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ids.ID[Record], reason string) error {
	if err := access.Check(actor, "evidence.Withdraw"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := system.Within(ctx, tx, actor, "evidence.Withdraw", r.System.String()); err != nil {
			return err
		}
		if reason == "" { // asked only about what the actor reaches: whether there is such a record is not told to others
			return ErrReasons
		}
		if err := withdraw(ctx, tx, actor.Organisation, &r, reason); err != nil {
			return err
		}
		if r.Disputed() {
			if err := settleDispute(ctx, tx, actor, id, Wrong, reason); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "evidence.Withdraw", ObjectKind: "system", ObjectID: r.System.String(), Data: map[string]any{"record": r.ID, "kind": r.Kind, "subject": r.Subject},
		})
	})
	if err != nil {
		return fmt.Errorf("withdraw evidence: %w", err)
	}
	return nil
}

// File reads the document that came with a record.
func (s *Service) File(ctx context.Context, actor access.Actor, id ids.ID[Record]) (File, error) {
	if err := access.Check(actor, "evidence.File"); err != nil {
		return File{}, err
	}
	var f File
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := system.Within(ctx, tx, actor, "evidence.File", r.System.String()); err != nil {
			return err
		}
		f, err = fileOf(ctx, tx, actor.Organisation, id)
		return err
	})
	if err != nil {
		return File{}, fmt.Errorf("read document: %w", err)
	}
	return f, nil
}

// Note takes note of a change for the worse.
func (s *Service) Note(ctx context.Context, actor access.Actor, id ids.ID[Shift]) error {
	if err := access.Check(actor, "evidence.Note"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := OneShift(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := system.Within(ctx, tx, actor, "evidence.Note", x.System.String()); err != nil {
			return err
		}
		if err := NoteShift(ctx, tx, actor.Organisation, id, actor.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "evidence.Note", ObjectKind: "system", ObjectID: x.System.String(), Data: map[string]any{"change": x.ID, "direction": x.Direction, "was": x.Was, "became": x.Became},
		})
	})
	if err != nil {
		return fmt.Errorf("take note of change: %w", err)
	}
	return nil
}

// CompareAccess holds a list of the accounts of a system against who works here, and keeps what it found as evidence: how many accounts, and
// how many of them deviate. Names are shown to who hands the list in, once, and are not stored.
func (s *Service) CompareAccess(ctx context.Context, actor access.Actor, ref string, list []byte) (Compared, error) {
	if err := access.Check(actor, "evidence.CompareAccess"); err != nil {
		return Compared{}, err
	}
	var out Compared
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "evidence.CompareAccess", ref)
		if err != nil {
			return err
		}
		var roll Roll
		if roll.People, err = organisation.Everybody(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if roll.Units, err = organisation.Units(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if out, err = roll.Compare(list, civil.Of(tx.Now)); err != nil {
			return err
		}
		n := New{
			System: sys.ID, Kind: "EV_SAMPLE", Source: Measured, Subject: SubjectAccessList, Outcome: For, Hash: out.Hash,
			Detail: Detail{Sample: out.Accounts, Deviations: out.Deviating()},
		}
		if out.Accounts == 0 {
			n.Outcome = Unclear
		} else if n.Detail.Deviations > 0 {
			n.Outcome = Against
		}
		_, err = s.Add(ctx, tx, actor, n)
		return err
	})
	if err != nil {
		return Compared{}, fmt.Errorf("compare list of accounts: %w", err)
	}
	return out, nil
}

// Draft reads a system for the form of new evidence.
func (s *Service) Draft(ctx context.Context, actor access.Actor, ref string) (system.System, error) {
	if err := access.Check(actor, "evidence.Draft"); err != nil {
		return system.System{}, err
	}
	var sys system.System
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		sys, err = system.Within(ctx, tx, actor, "evidence.Draft", ref)
		return err
	})
	if err != nil {
		return system.System{}, fmt.Errorf("read system for evidence: %w", err)
	}
	return sys, nil
}

// Tick looks at the calendar: what has ended since last is noted, so that what rested on it is judged anew on the day, and what is measured and
// ends soon is asked to be measured again.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "evidence.Tick"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		today := civil.Of(tx.Now)
		ended, err := end(ctx, tx, actor.Organisation, today)
		if err != nil {
			return err
		}
		var entries []audit.Entry
		for id, n := range ended {
			entries = append(entries, audit.Entry{Action: "evidence.End", ObjectKind: "system", ObjectID: id.String(), Data: map[string]any{"records": n}})
		}
		if len(entries) > 0 {
			if err := audit.Append(ctx, tx, actor, entries...); err != nil {
				return err
			}
		}
		return s.renew(ctx, tx, actor, today)
	})
	if err != nil {
		return fmt.Errorf("look at what evidence has ended: %w", err)
	}
	return nil
}

// renew asks once for each measurement that is to be made anew.
func (s *Service) renew(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date) error {
	if len(s.Renew) == 0 {
		return nil
	}
	all, err := Of(ctx, tx, actor.Organisation, nil)
	if err != nil {
		return err
	}
	for id := range all {
		for _, r := range Due(all[id], s.Life, today) {
			if r.Source != Measured {
				continue
			}
			asked, err := askRenewal(ctx, tx, actor.Organisation, r.ID)
			if err != nil {
				return err
			}
			for _, renew := range s.Renew {
				if !asked {
					break
				}
				if err := renew(ctx, tx, actor, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
