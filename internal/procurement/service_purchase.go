// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// PurchaseDraft is a purchase to be changed in a form, with what its fields can be filled in with.
type PurchaseDraft struct {
	Purchase Purchase
	Units    []organisation.Unit
	Model    *catalogue.Model
	Types    []catalogue.InformationType
}

// EditPurchase reads a purchase for a form; an empty id is one that is not there yet.
func (s *Service) EditPurchase(ctx context.Context, actor access.Actor, id ids.ID[Purchase]) (PurchaseDraft, error) {
	if err := access.Check(actor, "procurement.EditPurchase"); err != nil {
		return PurchaseDraft{}, err
	}
	d := PurchaseDraft{Types: s.Requirements.Engine.Catalogue.Types}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if id != "" {
			if d.Purchase, err = within(ctx, tx, actor, "procurement.EditPurchase", id); err != nil {
				return err
			}
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		d.Units = organisation.Within(units, access.ReachOf(actor, "procurement.EditPurchase"))
		d.Model, err = s.modelOf(ctx, tx, &d.Purchase)
		return err
	})
	if err != nil {
		return PurchaseDraft{}, fmt.Errorf("read purchase to change: %w", err)
	}
	return d, nil
}

// modelOf is the model that a purchase's levels are on, else the organisation's.
func (s *Service) modelOf(ctx context.Context, tx *db.Tx, p *Purchase) (*catalogue.Model, error) {
	c := s.Requirements.Engine.Catalogue
	if p.ModelID != "" {
		return classification.FindModel(ctx, tx, c, tx.Scope, p.ModelID, p.ModelVersion)
	}
	return classification.OrganisationModel(ctx, tx, c, tx.Scope)
}

// SavePurchase adds a planned purchase, or changes one that was read as p.Version; 0 is a new one. db.ErrConflict says that somebody else
// was first.
func (s *Service) SavePurchase(ctx context.Context, actor access.Actor, p Purchase) (Purchase, error) {
	if err := access.Check(actor, "procurement.SavePurchase"); err != nil {
		return Purchase{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		action := "procurement.AddPurchase"
		if p.Version == 0 {
			p.ID = ids.New[Purchase]() // never one that is there already
		} else {
			now, err := within(ctx, tx, actor, "procurement.SavePurchase", p.ID)
			if err != nil {
				return err
			}
			if now.System != "" {
				return ErrBought
			}
			action, p.ModelID, p.ModelVersion = "procurement.SavePurchase", now.ModelID, now.ModelVersion
		}
		if err := s.allowed(ctx, tx, actor, &p); err != nil {
			return err
		}
		if err := savePurchase(ctx, tx, actor, &p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: action, ObjectKind: "purchase", ObjectID: p.ID.String(), Data: map[string]any{"name": p.Name, "types": p.Types, "levels": len(p.Levels)},
		})
	})
	if err != nil {
		return Purchase{}, fmt.Errorf("save purchase: %w", err)
	}
	return p, nil
}

// allowed refuses a purchase whose fields are wrong, or in a unit that is not the actor's.
func (s *Service) allowed(ctx context.Context, tx *db.Tx, actor access.Actor, p *Purchase) error {
	if access.CheckAt(actor, "procurement.SavePurchase", p.UnitID) != nil {
		return ErrUnit
	}
	if p.UnitID != "" {
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(units, func(u organisation.Unit) bool { return u.ID == p.UnitID }) {
			return ErrUnit
		}
	}
	model, err := s.modelOf(ctx, tx, p)
	if err != nil {
		return err
	}
	p.ModelID, p.ModelVersion = model.ID, model.Version
	return p.Check(s.Requirements.Engine.Catalogue, model)
}

// RemovePurchase takes a planned purchase away with its annex. What has become a system stays.
func (s *Service) RemovePurchase(ctx context.Context, actor access.Actor, id ids.ID[Purchase]) error {
	if err := access.Check(actor, "procurement.RemovePurchase"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := within(ctx, tx, actor, "procurement.RemovePurchase", id)
		if err != nil {
			return err
		}
		if p.System != "" {
			return ErrBought
		}
		switch t, err := tenderBy(ctx, tx, "purchase_id", id.String()); {
		case errors.Is(err, db.ErrNotFound):
		case err != nil:
			return err
		case !t.Opened.IsZero() || !tx.Now.Before(t.Deadline):
			return ErrTender // what bidders have sent is kept
		default:
			if err := s.shutBids(ctx, tx, actor, t.ID); err != nil {
				return err
			}
		}
		if err := removePurchase(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.RemovePurchase", ObjectKind: "purchase", ObjectID: id.String(), Data: map[string]any{"name": p.Name},
		})
	})
	if err != nil {
		return fmt.Errorf("remove purchase: %w", err)
	}
	return nil
}

// MakeSystem registers the system that a purchase has become, with what it holds, the need as a draft to classify further, and the annex
// as it stands.
func (s *Service) MakeSystem(ctx context.Context, actor access.Actor, id ids.ID[Purchase]) (system.System, error) {
	if err := access.Check(actor, "procurement.MakeSystem"); err != nil {
		return system.System{}, err
	}
	var sys system.System
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := within(ctx, tx, actor, "procurement.MakeSystem", id)
		if err != nil {
			return err
		}
		if p.System != "" {
			return ErrBought
		}
		if sys, err = s.register(ctx, tx, actor, &p); err != nil {
			return err
		}
		if err := moveAnnex(ctx, tx, actor.Organisation, p.ID, sys.ID); err != nil {
			return err
		}
		if err := bought(ctx, tx, actor.Organisation, p.ID, sys.ID); err != nil {
			return err
		}
		switch t, err := tenderBy(ctx, tx, "purchase_id", p.ID.String()); {
		case errors.Is(err, db.ErrNotFound):
		case err != nil:
			return err
		case t.Winner != "":
			if err := s.carry(ctx, tx, actor, &t, sys.ID); err != nil {
				return err
			}
		}
		if s.Jobs != nil {
			if err := s.Jobs.Add(ctx, tx, classification.Changed{Organisation: actor.Organisation, System: sys.ID}); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, system.Changed("system.Create", sys), audit.Entry{
			Action: "procurement.MakeSystem", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"purchase": p.ID, "name": p.Name},
		})
	})
	if err != nil {
		return system.System{}, fmt.Errorf("make system of purchase: %w", err)
	}
	return sys, nil
}

// register writes the system that a purchase becomes.
func (s *Service) register(ctx context.Context, tx *db.Tx, actor access.Actor, p *Purchase) (system.System, error) {
	org, c := actor.Organisation, s.Requirements.Engine.Catalogue
	sys := p.imagined(c)
	sys.Information = nil
	taken, err := system.Slugs(ctx, tx, org)
	if err != nil {
		return sys, err
	}
	sys.Slug = system.FreeSlug(taken, system.Slug(p.Name))
	if err := sys.Check(); err != nil {
		return sys, err
	}
	if err := system.Upsert(ctx, tx, org, []system.System{sys}); err != nil {
		return sys, err
	}
	var types []*catalogue.InformationType
	for _, id := range p.Types {
		if t, ok := c.InformationType(id); ok {
			types = append(types, t)
		}
	}
	made, err := information.EnsureTypes(ctx, tx, org, types)
	if err != nil {
		return sys, err
	}
	var links []system.Link
	for _, t := range types {
		links = append(links, system.Link{System: sys.ID, Information: made[t.ID], Confirmed: true})
	}
	if err := system.AddLinks(ctx, tx, org, links); err != nil {
		return sys, err
	}
	if draft := p.draft(actor.ID); draft != nil {
		draft.System = sys.ID
		if _, err := classification.InsertDrafts(ctx, tx, org, []classification.Classification{*draft}); err != nil {
			return sys, err
		}
	}
	return sys, nil
}

// AddOwn adds a requirement of the organisation's own to an annex.
func (s *Service) AddOwn(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, o Own) error {
	if err := access.Check(actor, "procurement.AddOwn"); err != nil {
		return err
	}
	if o.Text == "" {
		return ErrText
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, a, err := s.annex(ctx, tx, actor, "procurement.AddOwn", annexRequest{ref, l})
		if err != nil {
			return err
		}
		o.ID = ids.New[Own]()
		if err := insertOwn(ctx, tx, actor, a.at.owner(), &o); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.AddOwn", ObjectKind: a.at.kind(), ObjectID: a.at.owner(), Data: map[string]any{"row": o.ID, "must": o.Must},
		})
	})
	if err != nil {
		return fmt.Errorf("add own requirement: %w", err)
	}
	return nil
}

// RemoveOwn takes an own requirement out of an annex. It takes a reason, which is kept.
func (s *Service) RemoveOwn(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, o Own) error {
	if err := access.Check(actor, "procurement.RemoveOwn"); err != nil {
		return err
	}
	if o.Reason == "" {
		return &ReasonError{Requirements: []string{o.ID.String()}}
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, a, err := s.annex(ctx, tx, actor, "procurement.RemoveOwn", annexRequest{ref, l})
		if err != nil {
			return err
		}
		if err := setOwnRemoved(ctx, tx, actor.Organisation, a.at.owner(), &o); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.RemoveOwn", ObjectKind: a.at.kind(), ObjectID: a.at.owner(), Data: map[string]any{"row": o.ID, "reasoned": true},
		})
	})
	if err != nil {
		return fmt.Errorf("remove own requirement: %w", err)
	}
	return nil
}

// Freeze keeps an annex as it stands as a version, and gives the version. When nothing has changed since the last, that is the version.
func (s *Service) Freeze(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Version, error) {
	if err := access.Check(actor, "procurement.Freeze"); err != nil {
		return Version{}, err
	}
	var out Version
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, a, err := s.annex(ctx, tx, actor, "procurement.Freeze", annexRequest{ref, l})
		if err != nil || v.Need.Stop {
			return err
		}
		out, err = freeze(ctx, tx, actor, &a)
		return err
	})
	if err != nil {
		return Version{}, fmt.Errorf("keep version of annex: %w", err)
	}
	return out, nil
}

// freeze keeps an annex as a version, in the caller's use case.
func freeze(ctx context.Context, tx *db.Tx, actor access.Actor, a *Annex) (Version, error) {
	owner := a.at.owner()
	all, err := versions(ctx, tx, actor.Organisation, owner)
	if err != nil {
		return Version{}, err
	}
	out := Version{Number: 1, Hash: a.Hash(catalogue.SV), By: actor.ID, At: tx.Now, Lines: a.lines()}
	if len(all) > 0 {
		if all[0].Hash == out.Hash {
			return all[0], nil
		}
		out.Number = all[0].Number + 1
	}
	if err := insertVersion(ctx, tx, actor, owner, &out); err != nil {
		return Version{}, err
	}
	return out, audit.Append(ctx, tx, actor, audit.Entry{
		Action: "procurement.Freeze", ObjectKind: a.at.kind(), ObjectID: owner, Data: map[string]any{"version": out.Number, "hash": out.Hash, "rows": len(out.Lines)},
	})
}

// Kept are the versions of an annex, and the annex as it stands.
type Kept struct {
	Versions []Version
	Now      []Line
	Hash     string
	// People are the names of those who made the versions, by account.
	People map[string]string
}

// Versions reads the versions of an annex, the newest first.
func (s *Service) Versions(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Kept, error) {
	if err := access.Check(actor, "procurement.Versions"); err != nil {
		return Kept{}, err
	}
	out := Kept{People: map[string]string{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, a, err := s.annex(ctx, tx, actor, "procurement.Versions", annexRequest{ref, l})
		if err != nil {
			return err
		}
		out.Now, out.Hash = a.lines(), a.Hash(catalogue.SV)
		if out.Versions, err = versions(ctx, tx, actor.Organisation, a.at.owner()); err != nil {
			return err
		}
		for i := range out.Versions {
			by := out.Versions[i].By
			if _, known := out.People[by]; known {
				continue
			}
			p, err := organisation.PersonOf(ctx, tx, actor.Organisation, by)
			if err != nil {
				continue // nobody's account, such as the command line's
			}
			out.People[by] = p.Name
		}
		return nil
	})
	if err != nil {
		return Kept{}, fmt.Errorf("read versions of annex: %w", err)
	}
	return out, nil
}

// Purchase reads a planned purchase.
func (s *Service) Purchase(ctx context.Context, actor access.Actor, id ids.ID[Purchase]) (Purchase, error) {
	if err := access.Check(actor, "procurement.Purchase"); err != nil {
		return Purchase{}, err
	}
	var p Purchase
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		p, err = within(ctx, tx, actor, "procurement.Purchase", id)
		return err
	})
	if err != nil {
		return Purchase{}, fmt.Errorf("open purchase: %w", err)
	}
	return p, nil
}
