// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of the record.
type Service struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
}

// Entry is a processing with what it lacks.
type Entry struct {
	Processing
	Gaps []Gap
}

// Entries reads the record as far as the reader reaches, with what each lacks. What a gap says is asked of everything that is linked,
// and only then is what lies beyond the reader's reach taken away.
func (s *Service) Entries(ctx context.Context, tx *db.Tx, r access.Reach) ([]Entry, Common, error) {
	list, err := All(ctx, tx, tx.Scope, r)
	if err != nil {
		return nil, Common{}, err
	}
	common, err := ReadCommon(ctx, tx, tx.Scope)
	if err != nil {
		return nil, Common{}, err
	}
	a := &about{catalogue: s.Catalogue, common: common}
	out := make([]Entry, len(list))
	for i := range list {
		out[i] = list[i].entry(a, r)
	}
	return out, common, nil
}

// entry says what a processing lacks, and takes away what lies beyond reach.
func (p *Processing) entry(a *about, r access.Reach) Entry {
	e := Entry{Processing: *p, Gaps: p.gaps(a)}
	beyond := func(l Linked) bool { return !r.Holds(l.UnitID) }
	for i := range e.Gaps {
		e.Gaps[i].Systems = slices.DeleteFunc(e.Gaps[i].Systems, beyond)
	}
	e.Systems = slices.DeleteFunc(slices.Clone(p.Systems), beyond)
	e.Beyond = len(p.Systems) - len(e.Systems)
	return e
}

// List reads the entries of the record that pass a filter.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Listing, error) {
	if err := access.Check(actor, "processing.List"); err != nil {
		return Listing{}, err
	}
	out := Listing{Filter: f}
	reach := access.ReachOf(actor, "processing.List")
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Units = organisation.Within(units, reach)
		var all []Entry
		if all, out.Common, err = s.Entries(ctx, tx, reach); err != nil {
			return err
		}
		out.choose(all)
		return nil
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list processings: %w", err)
	}
	return out, nil
}

// View is one entry of the record as a page shows it.
type View struct {
	Entry
	Common Common
	// Suggested is what the linked information says, and Fills whether something is empty that it could fill.
	Suggested Suggested
	Fills     bool
}

// Open reads one entry of the record.
func (s *Service) Open(ctx context.Context, actor access.Actor, ref string) (View, error) {
	if err := access.Check(actor, "processing.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Within(ctx, tx, actor, "processing.Open", ref)
		if err != nil {
			return err
		}
		if v.Common, err = ReadCommon(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		v.Entry = p.entry(&about{catalogue: s.Catalogue, common: v.Common}, access.ReachOf(actor, "processing.Open"))
		v.Suggested = p.suggest(s.Catalogue)
		filled := p
		v.Fills = len(filled.fill(v.Suggested)) > 0
		return nil
	})
	if err != nil {
		return View{}, fmt.Errorf("open processing: %w", err)
	}
	return v, nil
}

// Within reads a processing that the actor may do the action to. One that is outside the actor's reach gives the same answer as one that
// does not exist; in the chain of the error access.ErrDenied tells the log what it was.
func Within(ctx context.Context, tx *db.Tx, actor access.Actor, action, ref string) (Processing, error) {
	p, err := get(ctx, tx, actor.Organisation, ref)
	if err != nil {
		return Processing{}, err
	}
	if err := access.CheckAt(actor, action, p.UnitID); err != nil {
		return Processing{}, access.Beyond(fmt.Errorf("read processing %q: %w", ref, db.ErrNotFound), err)
	}
	return p, nil
}

// Draft is a processing to be changed in a form, with what its fields can be filled in with.
type Draft struct {
	Processing Processing
	Units      []organisation.Unit
	// Systems and Information are what can be linked, by name.
	Systems     []Choice
	Information []Choice
	// OfType gives the id of the information that was made from a type of the library.
	OfType map[string]string
	// Library are the names of the information types that the organisation does not have yet.
	Library []Choice
}

// Choice is something that can be linked: its id and its name.
type Choice struct{ ID, Name string }

// Edit reads a processing for a form; an empty ref is one that is not in the record yet.
func (s *Service) Edit(ctx context.Context, actor access.Actor, ref string) (Draft, error) {
	if err := access.Check(actor, "processing.Edit"); err != nil {
		return Draft{}, err
	}
	d := Draft{Processing: New("", Controller)}
	reach := access.ReachOf(actor, "processing.Edit")
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		if ref != "" {
			p, err := Within(ctx, tx, actor, "processing.Edit", ref)
			if err != nil {
				return err
			}
			d.Processing = p.entry(&about{catalogue: s.Catalogue}, reach).Processing
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		d.Units = organisation.Within(units, reach)
		return s.choices(ctx, tx, &d, reach)
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read processing to change: %w", err)
	}
	return d, nil
}

// choices reads what can be linked.
func (s *Service) choices(ctx context.Context, tx *db.Tx, d *Draft, r access.Reach) error {
	var err error
	if d.Systems, err = system.Choices(ctx, tx, tx.Scope, r, func(id, name string) Choice { return Choice{id, name} }); err != nil {
		return err
	}
	infos, err := s.informationWithin(ctx, tx, r, d.Processing.Information)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	d.OfType = map[string]string{}
	for i := range infos {
		d.Information = append(d.Information, Choice{infos[i].ID.String(), infos[i].Name})
		has[locale.Fold(infos[i].Name)] = true
		d.OfType[infos[i].TypeID] = infos[i].ID.String()
	}
	for i := range s.Catalogue.Types {
		if t := &s.Catalogue.Types[i]; !has[locale.Fold(t.Name.SV)] {
			d.Library = append(d.Library, Choice{t.ID, t.Name.SV})
		}
	}
	locale.Sort(d.Library, func(c Choice) string { return c.Name })
	return nil
}

// informationWithin reads the information that the reader may link: all of it for who reaches the whole organisation, else what systems
// within reach hold, and what is linked already.
func (s *Service) informationWithin(ctx context.Context, tx *db.Tx, r access.Reach, linked []information.Information) ([]information.Information, error) {
	all, err := information.All(ctx, tx, tx.Scope)
	if err != nil || r.All {
		return all, err
	}
	held, err := system.HeldWithin(ctx, tx, tx.Scope, r)
	if err != nil {
		return nil, err
	}
	for i := range linked {
		held[linked[i].ID] = true
	}
	return slices.DeleteFunc(all, func(x information.Information) bool { return !held[x.ID] }), nil
}

// place refuses a unit that is not there or that the actor does not reach, alike.
func place(ctx context.Context, tx *db.Tx, actor access.Actor, action string, p *Processing) error {
	if access.CheckAt(actor, action, p.UnitID) != nil {
		return ErrUnit
	}
	p.Unit = ""
	if p.UnitID == "" {
		return nil
	}
	units, err := organisation.Units(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(units, func(u organisation.Unit) bool { return u.ID == p.UnitID })
	if i < 0 {
		return ErrUnit
	}
	p.Unit = units[i].Name
	return nil
}

// Wanted is what a processing is to be linked to: systems by id, information by its own id or by the id of a type in the library.
type Wanted struct {
	Systems     []string
	Information []string
}

// link finds what is wanted. Systems must be within the actor's reach; types of the library become the organisation's own information.
func (s *Service) link(ctx context.Context, tx *db.Tx, reach access.Reach, p *Processing, w Wanted) error {
	linked := p.Information
	p.Systems, p.Information = nil, nil
	for _, ref := range w.Systems {
		sys, err := system.Get(ctx, tx, tx.Scope, ref)
		if errors.Is(err, db.ErrNotFound) || err == nil && !reach.Holds(sys.UnitID) {
			return fmt.Errorf("system: %w", ErrLink)
		}
		if err != nil {
			return err
		}
		p.Systems = append(p.Systems, Linked{ID: sys.ID, Slug: sys.Slug, Name: sys.Name, UnitID: sys.UnitID})
	}
	var types []*catalogue.InformationType
	for _, ref := range w.Information {
		if t, ok := s.Catalogue.InformationType(ref); ok {
			types = append(types, t)
		}
	}
	made, err := information.EnsureTypes(ctx, tx, tx.Scope, types)
	if err != nil {
		return err
	}
	for _, id := range made { // what the library has is everybody's
		linked = append(linked, information.Information{ID: id})
	}
	all, err := s.informationWithin(ctx, tx, reach, linked)
	if err != nil {
		return err
	}
	for _, ref := range w.Information {
		id := ids.ID[information.Information](ref)
		if of, ok := made[ref]; ok {
			id = of
		}
		i := slices.IndexFunc(all, func(x information.Information) bool { return x.ID == id })
		if i < 0 {
			return fmt.Errorf("information: %w", ErrLink)
		}
		p.Information = append(p.Information, all[i])
	}
	return nil
}

// Create adds one processing to the record and gives it a free slug. What the linked information says is filled in.
func (s *Service) Create(ctx context.Context, actor access.Actor, p Processing, w Wanted) (Processing, error) {
	if err := access.Check(actor, "processing.Create"); err != nil {
		return Processing{}, err
	}
	if err := p.Check(); err != nil {
		return Processing{}, err
	}
	p.ID = ids.New[Processing]() // never one that is there already
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if p.Slug, err = freeSlug(ctx, tx, actor.Organisation, p.Name); err != nil {
			return err
		}
		if err := place(ctx, tx, actor, "processing.Create", &p); err != nil {
			return err
		}
		if err := s.link(ctx, tx, access.ReachOf(actor, "processing.Create"), &p, w); err != nil {
			return err
		}
		p.fill(p.suggest(s.Catalogue))
		if err := insert(ctx, tx, actor.Organisation, &p); err != nil {
			return err
		}
		if err := addLinks(ctx, tx, actor.Organisation, &p); err != nil {
			return err
		}
		e := changed("processing.Create", &p)
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return Processing{}, fmt.Errorf("add processing: %w", err)
	}
	return p, nil
}

// Save changes one group of fields of a processing that was read as the group's version. db.ErrConflict says that somebody else was
// first. No other group is touched.
func (s *Service) Save(ctx context.Context, actor access.Actor, g Group, p Processing) error {
	if err := access.Check(actor, "processing.Save"); err != nil {
		return err
	}
	if !slices.Contains(Groups, g) || g == Links {
		return ErrGroup
	}
	if err := p.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		before, err := Within(ctx, tx, actor, "processing.Save", p.ID.String())
		if err != nil {
			return err
		}
		after := before
		after.Versions = map[Group]int64{g: p.Versions[g]}
		after.take(g, &p)
		if g == What {
			if err := place(ctx, tx, actor, "processing.Save", &after); err != nil {
				return err
			}
		}
		if err := update(ctx, tx, actor.Organisation, &after, g); err != nil {
			return err
		}
		e := changed("processing.Save", &after)
		e.Before = before.recorded()
		e.Data = map[string]any{"name": after.Name, "group": g, "changed": after.Changed(g, &before), "version": after.Versions[g]}
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("change processing: %w", err)
	}
	return nil
}

// Link changes what a processing is linked to. Links to systems that the actor does not reach stay as they are.
func (s *Service) Link(ctx context.Context, actor access.Actor, ref string, w Wanted, version int64) error {
	if err := access.Check(actor, "processing.Link"); err != nil {
		return err
	}
	reach := access.ReachOf(actor, "processing.Link")
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		whole, err := Within(ctx, tx, actor, "processing.Link", ref)
		if err != nil {
			return err
		}
		before := whole.entry(&about{catalogue: s.Catalogue}, reach).Processing
		after := before
		after.Versions = map[Group]int64{Links: version}
		if err := s.link(ctx, tx, reach, &after, w); err != nil {
			return err
		}
		if err := update(ctx, tx, actor.Organisation, &after, Links); err != nil {
			return err
		}
		if err := saveLinks(ctx, tx, actor.Organisation, &after, &before); err != nil {
			return err
		}
		e := changed("processing.Link", &after)
		e.Before = before.recorded()
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("link processing: %w", err)
	}
	return nil
}

// Prefill takes in what the linked information says, where nothing is said. It gives the groups that were changed.
func (s *Service) Prefill(ctx context.Context, actor access.Actor, ref string) ([]Group, error) {
	if err := access.Check(actor, "processing.Prefill"); err != nil {
		return nil, err
	}
	var groups []Group
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Within(ctx, tx, actor, "processing.Prefill", ref)
		if err != nil {
			return err
		}
		groups = p.fill(p.suggest(s.Catalogue))
		if len(groups) == 0 {
			return nil
		}
		for _, g := range groups {
			if err := update(ctx, tx, actor.Organisation, &p, g); err != nil {
				return err
			}
		}
		e := changed("processing.Prefill", &p)
		e.Data = map[string]any{"name": p.Name, "groups": groups}
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return nil, fmt.Errorf("fill in processing: %w", err)
	}
	return groups, nil
}

// Delete takes away an entry that was made by mistake. What has ended is marked as ended instead. version is that of the group What.
func (s *Service) Delete(ctx context.Context, actor access.Actor, ref string, version int64) error {
	if err := access.Check(actor, "processing.Delete"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Within(ctx, tx, actor, "processing.Delete", ref)
		if err != nil {
			return err
		}
		if p.Versions[What] != version {
			return db.ErrConflict
		}
		if err := remove(ctx, tx, actor.Organisation, p.ID); err != nil {
			return err
		}
		if err := supplier.Uncover(ctx, tx, actor.Organisation, supplier.Covered{Kind: supplier.CoversProcessing, ID: p.ID.String()}); err != nil {
			return err
		}
		e := changed("processing.Delete", &p)
		e.Before, e.After = p.recorded(), nil
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("delete processing: %w", err)
	}
	return nil
}

// Common reads what the whole record says at its top.
func (s *Service) Common(ctx context.Context, actor access.Actor) (Common, error) {
	if err := access.Check(actor, "processing.Common"); err != nil {
		return Common{}, err
	}
	var c Common
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		c, err = ReadCommon(ctx, tx, actor.Organisation)
		return err
	})
	return c, err
}

// SetCommon changes what the whole record says at its top, as read in version c.Version.
func (s *Service) SetCommon(ctx context.Context, actor access.Actor, c Common) error {
	if err := access.Check(actor, "processing.SetCommon"); err != nil {
		return err
	}
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := saveCommon(ctx, tx, actor.Organisation, c); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "processing.SetCommon", ObjectKind: "organisation", ObjectID: actor.Organisation.String(),
			Data: map[string]any{"contact": c.Contact != "", "representative": c.Representative != "", "dpo": c.DPO != ""},
		})
	})
}

// changed is the audit entry of a processing as it is after a change.
func changed(action string, p *Processing) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "processing", ObjectID: p.ID.String(), Data: map[string]any{
		"name": p.Name, "role": p.Role, "unit": p.Unit, "systems": len(p.Systems), "information": len(p.Information),
	}, After: p.recorded()}
}

// recorded is what the log keeps of a processing. Texts that people write freely are not in it: they are encrypted where they stand, and
// the log would keep them for ever.
func (p *Processing) recorded() map[string]any {
	out := map[string]any{"unit": p.Unit}
	for i := range fields {
		if !fields[i].sealed {
			out[fields[i].column] = fields[i].get(p)
		}
	}
	var systems, infos []string
	for i := range p.Systems {
		systems = append(systems, p.Systems[i].ID.String())
	}
	for i := range p.Information {
		infos = append(infos, p.Information[i].ID.String())
	}
	out["systems"], out["information"] = systems, infos
	return out
}
