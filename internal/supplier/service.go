// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Service has the use cases of suppliers. What they deliver is known by later slices, which show them too.
type Service struct {
	DB *db.DB
	// Moves are asked to move what later slices hold of one supplier to another, and tell which systems they moved.
	Moves []Move
	// Objects gives what a paper can cover, with names: the systems that the supplier delivers, and the processings done in them.
	Objects func(ctx context.Context, tx *db.Tx, id ids.ID[Supplier]) ([]Object, error)
}

// Move moves what a later slice holds of one supplier to another.
type Move func(ctx context.Context, tx *db.Tx, from, to ids.ID[Supplier]) (systems []string, err error)

// Object is something that a paper can cover, and what it is called.
type Object struct {
	Covered
	Name string
}

// Draft is a supplier to be changed in a form, with what a paper can cover and the other suppliers.
type Draft struct {
	Supplier Supplier
	Objects  []Object
	Others   []Supplier
	Today    civil.Date
}

// Edit reads a supplier for a form; an empty id is one that is not in the register yet.
func (s *Service) Edit(ctx context.Context, actor access.Actor, id ids.ID[Supplier]) (Draft, error) {
	if err := access.Check(actor, "supplier.Edit"); err != nil {
		return Draft{}, err
	}
	d := Draft{Supplier: Supplier{Transfer: Unknown, Version: 1}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		d.Today = civil.Of(tx.Now)
		if d.Others, err = All(ctx, tx, actor.Organisation); err != nil || id == "" {
			return err
		}
		if d.Supplier, err = Get(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		if s.Objects != nil {
			d.Objects, err = s.Objects(ctx, tx, id)
		}
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read supplier to change: %w", err)
	}
	return d, nil
}

// Create adds a supplier to the register.
func (s *Service) Create(ctx context.Context, actor access.Actor, x Supplier) (Supplier, error) {
	if err := access.Check(actor, "supplier.Create"); err != nil {
		return Supplier{}, err
	}
	if err := x.Check(); err != nil {
		return Supplier{}, err
	}
	x.ID, x.Version, x.Papers, x.SubProcessors = ids.New[Supplier](), 1, nil, nil
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := free(ctx, tx, actor.Organisation, &x); err != nil {
			return err
		}
		if err := insert(ctx, tx, actor.Organisation, &x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, changed("supplier.Create", &x))
	})
	if err != nil {
		return Supplier{}, fmt.Errorf("add supplier: %w", err)
	}
	return x, nil
}

// free refuses a name that another supplier has.
func free(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *Supplier) error {
	id, err := named(ctx, tx, org, x.Name)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil
	case err != nil:
		return err
	case id != x.ID:
		return ErrTaken
	}
	return nil
}

// Update changes what is said of a supplier that was read as version x.Version. Its papers and sub-processors are left as they are.
func (s *Service) Update(ctx context.Context, actor access.Actor, x Supplier) error {
	if err := access.Check(actor, "supplier.Update"); err != nil {
		return err
	}
	if err := x.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		before, err := Get(ctx, tx, actor.Organisation, x.ID)
		if err != nil {
			return err
		}
		if err := free(ctx, tx, actor.Organisation, &x); err != nil {
			return err
		}
		if err := update(ctx, tx, actor.Organisation, &x); err != nil {
			return err
		}
		if locale.Fold(before.Name) != locale.Fold(x.Name) {
			if err := s.move(ctx, tx, x.ID, x.ID, nil); err != nil { // what is searched by the name follows it
				return err
			}
		}
		e := changed("supplier.Update", &x)
		e.Before = before.recorded()
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("change supplier: %w", err)
	}
	return nil
}

// move asks the later slices to move what they hold, and collects which systems they moved.
func (s *Service) move(ctx context.Context, tx *db.Tx, from, to ids.ID[Supplier], systems *[]string) error {
	for _, m := range s.Moves {
		moved, err := m(ctx, tx, from, to)
		if err != nil {
			return err
		}
		if systems != nil {
			*systems = append(*systems, moved...)
		}
	}
	return nil
}

// SavePaper adds a paper, or changes one that was read as version p.Version. What it covers must be the supplier's to deliver.
func (s *Service) SavePaper(ctx context.Context, actor access.Actor, p Paper) error {
	if err := access.Check(actor, "supplier.SavePaper"); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Get(ctx, tx, actor.Organisation, p.Supplier)
		if err != nil {
			return err
		}
		if err := s.checkCovers(ctx, tx, &x, &p); err != nil {
			return err
		}
		action := "supplier.AddPaper"
		if p.ID == "" {
			p.ID, p.Version = ids.New[Paper](), 1
			err = insertPaper(ctx, tx, actor.Organisation, &p)
		} else {
			action = "supplier.ChangePaper"
			err = updatePaper(ctx, tx, actor.Organisation, &p)
		}
		if err != nil {
			return err
		}
		e := p.entry(&x)
		e.Action = action
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("save paper of supplier: %w", err)
	}
	return nil
}

// checkCovers refuses what is not the supplier's to deliver, unless the paper covered it before.
func (s *Service) checkCovers(ctx context.Context, tx *db.Tx, x *Supplier, p *Paper) error {
	known := map[Covered]bool{}
	for i := range x.Papers {
		if x.Papers[i].ID == p.ID {
			for _, c := range x.Papers[i].Covers {
				known[c] = true
			}
		}
	}
	if s.Objects != nil {
		objects, err := s.Objects(ctx, tx, x.ID)
		if err != nil {
			return err
		}
		for _, o := range objects {
			known[o.Covered] = true
		}
	}
	for _, c := range p.Covers {
		if !known[c] {
			return fmt.Errorf("covers %s: %w", c.Kind, db.ErrNotFound)
		}
	}
	return nil
}

// RemovePaper takes away a paper that was read as version.
func (s *Service) RemovePaper(ctx context.Context, actor access.Actor, of ids.ID[Supplier], id ids.ID[Paper], version int64) error {
	if err := access.Check(actor, "supplier.RemovePaper"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Get(ctx, tx, actor.Organisation, of)
		if err != nil {
			return err
		}
		p, err := x.paper(id)
		if err != nil {
			return err
		}
		if err := removePaper(ctx, tx, actor.Organisation, id, version); err != nil {
			return err
		}
		e := p.entry(&x)
		e.Action = "supplier.RemovePaper"
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("remove paper of supplier: %w", err)
	}
	return nil
}

// paper finds one of the supplier's papers.
func (s *Supplier) paper(id ids.ID[Paper]) (*Paper, error) {
	for i := range s.Papers {
		if s.Papers[i].ID == id {
			return &s.Papers[i], nil
		}
	}
	return nil, fmt.Errorf("paper %q: %w", id, db.ErrNotFound)
}

// SaveSubProcessor adds a sub-processor, or changes one that was read as version x.Version.
func (s *Service) SaveSubProcessor(ctx context.Context, actor access.Actor, x SubProcessor) error {
	if err := access.Check(actor, "supplier.SaveSubProcessor"); err != nil {
		return err
	}
	if locale.Fold(x.Name) == "" {
		return ErrName
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		of, err := Get(ctx, tx, actor.Organisation, x.Supplier)
		if err != nil {
			return err
		}
		action := "supplier.AddSubProcessor"
		if x.ID == "" {
			x.ID, x.Version = ids.New[SubProcessor](), 1
			err = insertSub(ctx, tx, actor.Organisation, &x)
		} else {
			action = "supplier.ChangeSubProcessor"
			err = updateSub(ctx, tx, actor.Organisation, &x)
		}
		if err != nil {
			return err
		}
		e := audit.Entry{ObjectKind: "supplier", ObjectID: of.ID.String(), Data: map[string]any{
			"name": of.Name, "sub_processor": x.Name, "country": x.Country,
		}}
		e.Action = action
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("save sub-processor: %w", err)
	}
	return nil
}

// RemoveSubProcessor takes away a sub-processor that was read as version.
func (s *Service) RemoveSubProcessor(ctx context.Context, actor access.Actor, of ids.ID[Supplier], id ids.ID[SubProcessor], version int64) error {
	if err := access.Check(actor, "supplier.RemoveSubProcessor"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Get(ctx, tx, actor.Organisation, of)
		if err != nil {
			return err
		}
		if err := removeSub(ctx, tx, actor.Organisation, SubProcessor{ID: id, Supplier: of, Version: version}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "supplier.RemoveSubProcessor", ObjectKind: "supplier", ObjectID: x.ID.String(), Data: map[string]any{"name": x.Name},
		})
	})
	if err != nil {
		return fmt.Errorf("remove sub-processor: %w", err)
	}
	return nil
}

// Merged is what merging two suppliers did.
type Merged struct {
	Into Supplier
	// Systems are the ids of the systems that were moved.
	Systems []string
}

// Merge makes two suppliers that are one and the same into one: from goes away, and everything that it had is into's. What is said of
// both is kept as into says it; notes are put together. from must be as it was read in version.
func (s *Service) Merge(ctx context.Context, actor access.Actor, from, into ids.ID[Supplier], version int64) (Merged, error) {
	if err := access.Check(actor, "supplier.Merge"); err != nil {
		return Merged{}, err
	}
	if from == into {
		return Merged{}, ErrSame
	}
	var out Merged
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		gone, err := Get(ctx, tx, actor.Organisation, from)
		if err != nil {
			return err
		}
		if out.Into, err = Get(ctx, tx, actor.Organisation, into); err != nil {
			return err
		}
		if gone.Version != version {
			return db.ErrConflict
		}
		before := out.Into.recorded()
		out.Into.absorb(&gone)
		if err := update(ctx, tx, actor.Organisation, &out.Into); err != nil {
			return err
		}
		if err := movePapers(ctx, tx, actor.Organisation, from, into); err != nil {
			return err
		}
		if err := s.move(ctx, tx, from, into, &out.Systems); err != nil {
			return err
		}
		if err := remove(ctx, tx, actor.Organisation, from); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, mergedEntries(&out, &gone, before)...)
	})
	if err != nil {
		return Merged{}, fmt.Errorf("merge suppliers: %w", err)
	}
	return out, nil
}

// mergedEntries tell of a merger in the history of both suppliers and of every system that was moved.
func mergedEntries(m *Merged, gone *Supplier, before map[string]any) []audit.Entry {
	data := map[string]any{"from": gone.Name, "into": m.Into.Name, "systems": m.Systems}
	e := audit.Entry{Action: "supplier.Merge", ObjectKind: "supplier", ObjectID: m.Into.ID.String(), Data: data, Before: before, After: m.Into.recorded()}
	out := []audit.Entry{e, {Action: "supplier.Merge", ObjectKind: "supplier", ObjectID: gone.ID.String(), Data: data, Before: gone.recorded()}}
	for _, id := range m.Systems {
		out = append(out, audit.Entry{Action: "supplier.Merge", ObjectKind: "system", ObjectID: id, Data: map[string]any{"from": gone.Name, "into": m.Into.Name}})
	}
	return out
}

// changed is the audit entry of a supplier as it is after a change.
func changed(action string, s *Supplier) audit.Entry {
	return audit.Entry{
		Action: action, ObjectKind: "supplier", ObjectID: s.ID.String(), Data: map[string]any{"name": s.Name, "version": s.Version}, After: s.recorded(),
	}
}

// recorded is what the log keeps of a supplier. Contacts and notes are not in it: they are encrypted where they stand, and the log would
// keep them for ever.
func (s *Supplier) recorded() map[string]any {
	return map[string]any{"name": s.Name, "number": s.Number, "country": s.Country, "transfer": s.Transfer, "version": s.Version}
}

// entry is the audit entry of a paper.
func (p *Paper) entry(x *Supplier) audit.Entry {
	return audit.Entry{ObjectKind: "supplier", ObjectID: x.ID.String(), Data: map[string]any{
		"name": x.Name, "kind": p.Kind, "paper": p.Name, "number": p.Number, "starts_on": p.StartsOn, "ends_on": p.EndsOn, "covers": len(p.Covers), "outcome": p.Outcome, "version": p.Version,
	}}
}
