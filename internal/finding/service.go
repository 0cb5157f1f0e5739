// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of findings.
type Service struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
	Jobs      *job.Queue
	Approvals *approval.Service
	Log       *slog.Logger
	// Rules are the detectors.
	Rules *detect.Rules
	// Limits are what the operator lets the program search.
	Limits Limits
	// Workers is how many parts of a search are asked to be done at once.
	Workers int
	// PartFiles and PartBytes are how much a part of a search holds before the rest becomes parts of their own.
	PartFiles int
	PartBytes int64
	// Organisations lists those whose searches are looked after.
	Organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)
}

// The sizes of parts, when nothing else is said.
const (
	DefaultPartFiles = 2000
	DefaultPartBytes = 256 << 20
)

// kindSource is the change that takes two people: that a source may be searched.
const kindSource = "finding.source"

// change is what is asked for.
type change struct {
	Source  ids.ID[Source] `json:"source"`
	Version int64          `json:"version"`
}

// Register says how the changes that take two people are made and told. Call it before the first request.
func (s *Service) Register() {
	s.Approvals.Handle(kindSource, approval.Handler{
		Label: "finding.approval",
		Apply: func(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
			return s.approve(ctx, tx, actor, payload)
		},
		Describe: func(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
			var c change
			if err := json.Unmarshal(payload, &c); err != nil {
				return approval.Description{}, fmt.Errorf("read change: %w", err)
			}
			src, err := sourceOf(ctx, tx, tx.Scope, c.Source)
			if err != nil {
				return approval.Description{}, err
			}
			newTeller(s.Rules).source(&src)
			return approval.Description{What: l.T("finding.approval-what", "Name", src.Name), To: src.where(), Href: SourcesPath + "/" + src.ID.String()}, nil
		},
		Drop: func(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error {
			var c change
			if err := json.Unmarshal(payload, &c); err != nil {
				return fmt.Errorf("read change: %w", err)
			}
			_, err := setSourceStatus(ctx, tx, org, c.Source, Refused, Waiting)
			return err
		},
	})
}

// where names what a source reads, for people.
func (s *Source) where() string {
	if s.Database() {
		return s.address()
	}
	if s.Place == "." {
		return s.Root
	}
	return s.Root + "/" + s.Told
}

// Where is where for pages.
func (s *Source) Where() string { return s.where() }

// approve lets a source be searched, if it is as it was when that was asked for.
func (s *Service) approve(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var c change
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("read change: %w", err)
	}
	src, err := sourceOf(ctx, tx, actor.Organisation, c.Source)
	if errors.Is(err, db.ErrNotFound) || err == nil && src.Version != c.Version {
		return approval.ErrChanged
	}
	if err != nil {
		return err
	}
	n, err := setSourceStatus(ctx, tx, actor.Organisation, c.Source, Approved, Waiting)
	if err == nil && n == 0 {
		err = approval.ErrChanged
	}
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Approved", ObjectKind: "finding-source", ObjectID: c.Source.String(), Data: map[string]any{"kind": src.Kind, "root": src.Root}})
}

// Sources is what the page of sources shows.
type Sources struct {
	List []Source
	// Latest is each source's last search.
	Latest map[ids.ID[Source]]Scan
	Limits Limits
}

// List reads the sources within reach, each with its last search.
func (s *Service) List(ctx context.Context, actor access.Actor) (Sources, error) {
	if err := access.Check(actor, "finding.List"); err != nil {
		return Sources{}, err
	}
	out := Sources{Latest: map[ids.ID[Source]]Scan{}, Limits: s.Limits}
	reach := access.ReachOf(actor, "finding.List")
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.List, err = sources(ctx, tx, actor.Organisation, reach); err != nil {
			return err
		}
		tell := newTeller(s.Rules)
		for i := range out.List {
			tell.source(&out.List[i])
		}
		scans, err := latest(ctx, tx, actor.Organisation, reach, "", 1)
		for i := range scans {
			if scans[i].Running() && err == nil {
				err = progressOf(ctx, tx, actor.Organisation, &scans[i])
			}
			out.Latest[scans[i].SourceID] = scans[i]
		}
		return err
	})
	if err != nil {
		return Sources{}, fmt.Errorf("list sources: %w", err)
	}
	return out, nil
}

// Opened is a source with its searches.
type Opened struct {
	Source
	Scans []Scan
	// Waits says that a second person has not approved it yet.
	Waits bool
}

// Open reads one source.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ids.ID[Source]) (Opened, error) {
	if err := access.Check(actor, "finding.Open"); err != nil {
		return Opened{}, err
	}
	var out Opened
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Source, err = s.sourceAt(ctx, tx, actor, "finding.Open", id); err != nil {
			return err
		}
		newTeller(s.Rules).source(&out.Source)
		out.Secret, out.Waits = "", out.Status == Waiting
		out.Scans, err = latest(ctx, tx, actor.Organisation, access.Everywhere(), id, 10)
		for i := range out.Scans {
			if out.Scans[i].Running() && err == nil {
				err = progressOf(ctx, tx, actor.Organisation, &out.Scans[i])
			}
		}
		return err
	})
	if err != nil {
		return Opened{}, fmt.Errorf("open source: %w", err)
	}
	return out, nil
}

// sourceAt reads a source that the actor may do the action to. One beyond reach gives the answer of one that does not exist.
func (s *Service) sourceAt(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Source]) (Source, error) {
	src, err := sourceOf(ctx, tx, actor.Organisation, id)
	if err != nil {
		return Source{}, err
	}
	if err := at(actor, action, src.Unit); err != nil {
		return Source{}, err
	}
	return src, nil
}

// at refuses what lies beyond the actor's reach as if it did not exist; the log is told what it was.
func at(actor access.Actor, action string, unit access.UnitID) error {
	err := access.CheckAt(actor, action, unit)
	if errors.Is(err, access.ErrDenied) {
		return beyond{fmt.Errorf("read: %w", db.ErrNotFound), err}
	}
	return err
}

// beyond reads as its first error, and is both.
type beyond struct{ shown, cause error }

// Error is the text of what is not found.
func (b beyond) Error() string { return b.shown.Error() }

// Unwrap gives both.
func (b beyond) Unwrap() []error { return []error{b.shown, b.cause} }

// Form is what there is to choose from when a source is registered or changed.
type Form struct {
	Limits  Limits
	People  []organisation.Person
	Systems []Named
	Units   []Named
	Kinds   []string
}

// Named is something to choose.
type Named struct{ ID, Name string }

func named(id, name string) Named { return Named{id, name} }

// Form reads what there is to choose from.
func (s *Service) Form(ctx context.Context, actor access.Actor) (Form, error) {
	if err := access.Check(actor, "finding.Form"); err != nil {
		return Form{}, err
	}
	out := Form{Limits: s.Limits, Kinds: s.Rules.IDs()}
	reach := access.ReachOf(actor, "finding.Form")
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.People, err = organisation.Colleagues(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for _, u := range units {
			if reach.Holds(u.ID) {
				out.Units = append(out.Units, Named{u.ID.String(), u.Name})
			}
		}
		out.Systems, err = system.Choices(ctx, tx, actor.Organisation, reach, named)
		return err
	})
	if err != nil {
		return Form{}, fmt.Errorf("read what can be chosen: %w", err)
	}
	return out, nil
}

// Add registers a source. It is searched once a second person has approved it. Whoever runs the command line on the machine decides what may
// be searched anyway, and is not asked for a second person.
func (s *Service) Add(ctx context.Context, actor access.Actor, src Source, why string) (Source, error) {
	if err := access.Check(actor, "finding.Add"); err != nil {
		return src, err
	}
	if err := src.Check(s.Limits); err != nil {
		return src, err
	}
	if _, err := s.Rules.Choose(src.Detectors); err != nil {
		return src, fmt.Errorf("%w: %w", ErrKind, err)
	}
	src.ID, src.By, src.Status, src.Version = ids.New[Source](), actor.ID, Waiting, 1
	newTeller(s.Rules).source(&src)
	if actor.Console() {
		src.Status = Approved
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := s.checkNamed(ctx, tx, actor, "finding.Add", &src); err != nil {
			return err
		}
		if err := insertSource(ctx, tx, actor.Organisation, &src); err != nil {
			return err
		}
		err := audit.Append(ctx, tx, actor, audit.Entry{
			Action: "finding.Add", ObjectKind: "finding-source", ObjectID: src.ID.String(),
			Data: map[string]any{"kind": src.Kind, "root": src.Root, "secret_from": src.SecretFrom, "detectors": src.Detectors, "every_days": src.EveryDays, "status": src.Status},
			Why:  why,
		})
		if err != nil || actor.Console() {
			return err
		}
		payload, err := json.Marshal(change{src.ID, src.Version})
		if err != nil {
			return fmt.Errorf("write change: %w", err)
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{Kind: kindSource, ObjectKind: "finding-source", ObjectID: src.ID.String(), Payload: payload, Reason: why})
		return err
	})
	if err != nil {
		return Source{}, fmt.Errorf("register source: %w", err)
	}
	return src, nil
}

// checkNamed checks that the unit, the system and the owner of a source are there and within reach.
func (s *Service) checkNamed(ctx context.Context, tx *db.Tx, actor access.Actor, action string, src *Source) error {
	if err := access.CheckAt(actor, action, src.Unit); err != nil {
		return ErrUnit
	}
	if !src.Unit.IsZero() {
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(units, func(u organisation.Unit) bool { return u.ID == src.Unit }) {
			return ErrUnit
		}
	}
	if !src.System.IsZero() {
		sys, err := system.Within(ctx, tx, actor, action, src.System.String())
		if err != nil {
			return ErrSystem
		}
		src.System = sys.ID // it may have been named as in an address
	}
	return personOf(ctx, tx, actor.Organisation, src.Owner)
}

// Change changes what does not take a second person: a source's name, owner and system, and how often it is searched.
func (s *Service) Change(ctx context.Context, actor access.Actor, src Source) error {
	if err := access.Check(actor, "finding.Change"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		now, err := s.sourceAt(ctx, tx, actor, "finding.Change", src.ID)
		if err != nil {
			return err
		}
		src.Unit = now.Unit
		if err := src.checkChange(); err != nil {
			return err
		}
		if err := s.checkNamed(ctx, tx, actor, "finding.Change", &src); err != nil {
			return err
		}
		if err := updateSource(ctx, tx, actor.Organisation, &src); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "finding.Change", ObjectKind: "finding-source", ObjectID: src.ID.String(),
			Data: map[string]any{"owner": src.Owner, "system": src.System, "every_days": src.EveryDays},
		})
	})
	if err != nil {
		return fmt.Errorf("change source: %w", err)
	}
	return nil
}

// checkChange says what is wrong with what a source is changed to.
func (s *Source) checkChange() error {
	switch {
	case s.Name == "" || len([]rune(s.Name)) > 200:
		return ErrSourceName
	case s.Owner.IsZero():
		return ErrOwner
	case !slices.Contains(Intervals, s.EveryDays):
		return ErrInterval
	}
	return nil
}

// Pause keeps a source from being searched, and stops a search that goes on; resume lets it be searched again.
func (s *Service) Pause(ctx context.Context, actor access.Actor, id ids.ID[Source], resume Switch) error {
	if err := access.Check(actor, "finding.Pause"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		src, err := s.sourceAt(ctx, tx, actor, "finding.Pause", id)
		if err != nil {
			return err
		}
		from, to := Approved, Paused
		if resume == On {
			from, to = Paused, Approved
		}
		n, err := setSourceStatus(ctx, tx, actor.Organisation, id, to, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return db.ErrConflict
		}
		if to == Paused {
			if err := s.stopAll(ctx, tx, actor, id); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Pause", ObjectKind: "finding-source", ObjectID: src.ID.String(), Data: map[string]any{"status": to}})
	})
	if err != nil {
		return fmt.Errorf("pause source: %w", err)
	}
	return nil
}

// Switch is on or off.
type Switch string

// The positions.
const (
	On  Switch = "on"
	Off Switch = "off"
)
