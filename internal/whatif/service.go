// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of drafts.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
	// Data is what the catalogue was read from, which drafts are laid over.
	Data fs.FS

	mu     sync.Mutex
	loaded []*Loaded
}

// Loaded is a draft that has been read and compiled. It is kept for a while, since it takes as long as a start of the program.
type Loaded struct {
	*Comparison
	proof  *requirement.Proof
	draft  ids.ID[Draft]
	today  civil.Date
	sketch func() *Sketch

	mu     sync.Mutex
	nation map[string]*Nation // by language
}

// kept is how many drafts are kept compiled.
const kept = 3

// Compile reads a draft and lays it over the catalogue. The error is catalogue.Problems where a file is wrong.
func (s *Service) Compile(files []catalogue.DraftFile, on, today civil.Date) (*Loaded, error) {
	c, err := catalogue.LoadDraft(s.Data, files)
	if err != nil {
		return nil, err
	}
	return s.compile(c, s.Data, on, today)
}

// CompileWhole takes a whole catalogue, in the form of the program's own, as the draft.
func (s *Service) CompileWhole(files fs.FS, on, today civil.Date) (*Loaded, error) {
	c, err := catalogue.Load(files)
	if err != nil {
		return nil, err
	}
	return s.compile(c, files, on, today)
}

func (s *Service) compile(c *catalogue.Catalogue, from fs.FS, on, today civil.Date) (*Loaded, error) {
	out := &Loaded{Comparison: Compare(s.Requirements.Engine, c, on, today), today: today, nation: map[string]*Nation{}}
	out.sketch = sync.OnceValue(out.Sketch)
	if s.Requirements.Proof == nil {
		return out, nil
	}
	var err error
	if out.proof, err = requirement.ProofOver(from, s.Requirements.Proof, c); err != nil {
		return nil, fmt.Errorf("read what evidence shows about the draft: %w", err)
	}
	return out, nil
}

// of gives a stored draft compiled.
func (s *Service) of(d *Draft, today civil.Date) (*Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.loaded, func(x *Loaded) bool { return x.draft == d.ID && x.today == today }); i >= 0 {
		return s.loaded[i], nil
	}
	out, err := s.Compile(d.Files, d.On, today)
	if err != nil {
		return nil, err
	}
	out.draft = d.ID
	if len(s.loaded) >= kept {
		s.loaded = s.loaded[1:]
	}
	s.loaded = append(s.loaded, out)
	return out, nil
}

// List lists the drafts, the newest first.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Draft, error) {
	if err := access.Check(actor, "whatif.List"); err != nil {
		return nil, err
	}
	var out []Draft
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = list(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return out, nil
}

// Load keeps a draft to be looked at. Nothing is adopted. The error is catalogue.Problems where a file is wrong.
func (s *Service) Load(ctx context.Context, actor access.Actor, d Draft) (Draft, error) {
	if err := access.Check(actor, "whatif.Load"); err != nil {
		return Draft{}, err
	}
	if err := d.check(); err != nil {
		return Draft{}, err
	}
	c, err := s.Compile(d.Files, d.On, civil.Of(s.DB.Now()))
	if err != nil {
		return Draft{}, err
	}
	d.ID, d.By, d.Edition = ids.New[Draft](), actor.ID, catalogue.DraftOf(c.Draft.Catalogue.Edition)
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		have, err := list(ctx, tx)
		if err != nil {
			return err
		}
		if len(have) >= maxDrafts {
			return ErrTooMany
		}
		d.At = tx.Now
		if err := insert(ctx, tx, &d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "whatif.Load", ObjectKind: "draft", ObjectID: d.ID.String(), Data: map[string]any{"edition": d.Edition, "files": len(d.Files)},
		})
	})
	if err != nil {
		return Draft{}, fmt.Errorf("load draft: %w", err)
	}
	return d, nil
}

// Remove takes a draft away.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id ids.ID[Draft]) error {
	if err := access.Check(actor, "whatif.Remove"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		d, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := remove(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "whatif.Remove", ObjectKind: "draft", ObjectID: id.String(), Data: map[string]any{"edition": d.Edition},
		})
	})
	if err != nil {
		return fmt.Errorf("remove draft: %w", err)
	}
	return nil
}

// View is a draft and what it changes for the organisation.
type View struct {
	Draft
	Outcome
	// Compared are the two catalogues, for names and texts.
	Compared *Comparison
}

// Open shows what a draft would change, for the systems that the actor reaches.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ids.ID[Draft], l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "whatif.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if v.Draft, err = get(ctx, tx, id); err != nil {
			return err
		}
		c, err := s.of(&v.Draft, civil.Of(tx.Now))
		if err != nil {
			return err
		}
		v.Compared = c.Comparison
		v.Outcome, err = s.weigh(ctx, tx, access.ReachOf(actor, "whatif.Open"), c, l)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("show draft: %w", err)
	}
	return v, nil
}

// Weigh shows what a draft that is not stored would change, for the systems that the actor reaches.
func (s *Service) Weigh(ctx context.Context, actor access.Actor, c *Loaded, l *locale.Localizer) (Outcome, error) {
	if err := access.Check(actor, "whatif.Weigh"); err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.weigh(ctx, tx, access.ReachOf(actor, "whatif.Weigh"), c, l)
		return err
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("weigh draft: %w", err)
	}
	return out, nil
}

// RequirementView is one requirement of a draft, and every system that it means something new to.
type RequirementView struct {
	Draft
	Row
	Compared *Comparison
	// Before and After are the requirement in the two catalogues; nil where it is not.
	Before, After *catalogue.Requirement
	Systems       []AffectedSystem
}

// AffectedSystem is a system that a draft means something new to.
type AffectedSystem struct {
	Name, Slug, Unit string
	// What is Gained, Lost or Kept.
	What    string
	Shown   requirement.Judged
	Because []catalogue.Because
	// Outdated says that the answer was given to an earlier version, or to the requirement that is replaced.
	Outdated bool
}

// What a draft does with a requirement of one system.
const (
	Gained = "gained"
	Lost   = "lost"
	Kept   = "kept"
)

// Requirement shows one requirement of a draft, with the systems that it means something new to and why.
func (s *Service) Requirement(ctx context.Context, actor access.Actor, id ids.ID[Draft], ref string, l *locale.Localizer) (RequirementView, error) {
	if err := access.Check(actor, "whatif.Requirement"); err != nil {
		return RequirementView{}, err
	}
	var v RequirementView
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if v.Draft, err = get(ctx, tx, id); err != nil {
			return err
		}
		c, err := s.of(&v.Draft, civil.Of(tx.Now))
		if err != nil {
			return err
		}
		v.Compared = c.Comparison
		v.Before, _ = c.Base.Catalogue.Requirement(ref)
		v.After, _ = c.Comparison.Draft.Catalogue.Requirement(ref)
		m, err := s.derive(ctx, tx, access.ReachOf(actor, "whatif.Requirement"), c)
		if err != nil {
			return err
		}
		out := m.counting.outcome()
		i := slices.IndexFunc(out.Requirements, func(r Row) bool { return r.ID == ref })
		if i < 0 {
			return fmt.Errorf("%w: %w", ErrNoChange, db.ErrNotFound)
		}
		v.Row = out.Requirements[i]
		v.Systems = m.of(ref, l)
		return nil
	})
	if err != nil {
		return RequirementView{}, fmt.Errorf("show requirement of draft: %w", err)
	}
	return v, nil
}

// weigh counts what a draft changes for the systems within reach, with the reason of the first system of each row.
func (s *Service) weigh(ctx context.Context, tx *db.Tx, reach access.Reach, c *Loaded, l *locale.Localizer) (Outcome, error) {
	m, err := s.derive(ctx, tx, reach, c)
	if err != nil {
		return Outcome{}, err
	}
	out := m.counting.outcome()
	out.Stopped = m.stopped
	m.explain(&out, l)
	return out, nil
}

// derive reads the systems within reach and derives them on both sides.
func (s *Service) derive(ctx context.Context, tx *db.Tx, reach access.Reach, c *Loaded) (*material, error) {
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: reach})
	if err != nil {
		return nil, err
	}
	base, draft := *s.Requirements, *s.Requirements
	base.LawOn, draft.LawOn, draft.Engine, draft.Proof = c.On, c.On, c.Draft, c.proof
	before, err := base.Views(ctx, tx, reach, systems, nil)
	if err != nil {
		return nil, err
	}
	after, err := draft.Views(ctx, tx, reach, systems, nil)
	if err != nil {
		return nil, err
	}
	m := &material{c: c.Comparison, before: before, after: after, counting: c.counting()}
	m.judge(&draft)
	m.count()
	return m, nil
}
