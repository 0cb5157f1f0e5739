// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of procurement.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
	// Jobs tells later slices what a purchase that becomes a system brings; nil where there are none.
	Jobs *job.Queue
	// Evidence keeps what is accepted of suppliers' answers, and Actions what is done about what deviates.
	Evidence *evidence.Service
	Actions  *action.Service
	// Texts are in the language that what is read without a reader is written in.
	Texts *locale.Localizer
	// Links send suppliers what they are to answer; nil when nobody can be asked.
	Links *link.Links
	// Organisations lists whom what suppliers share is shared between; nil where it is not shared.
	Organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)
}

// Annex reads the tender annex of one system.
func (s *Service) Annex(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (requirement.View, Annex, error) {
	if err := access.Check(actor, "procurement.Annex"); err != nil {
		return requirement.View{}, Annex{}, err
	}
	var v requirement.View
	var a Annex
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if v, a, err = s.annex(ctx, tx, actor, "procurement.Annex", annexRequest{ref, l}); err != nil || a.at.system == "" {
			return err
		}
		a.Tender, err = tenderOf(ctx, tx, a.at.system)
		return err
	})
	if err != nil {
		return requirement.View{}, Annex{}, fmt.Errorf("read annex: %w", err)
	}
	return v, a, nil
}

// annexRequest is which system's annex is read, with the texts for its reasons.
type annexRequest struct {
	ref   string
	texts *locale.Localizer
}

// annex reads the annex of a system that the actor may do the action to.
func (s *Service) annex(ctx context.Context, tx *db.Tx, actor access.Actor, action string, r annexRequest) (requirement.View, Annex, error) {
	var v requirement.View
	at := place{}
	if id, ok := purchaseOf(r.ref); ok {
		p, err := within(ctx, tx, actor, action, id)
		if err != nil {
			return requirement.View{}, Annex{}, err
		}
		at.purchase = p.ID
		if v, err = s.Requirements.Imagine(ctx, tx, p.imagined(s.Requirements.Engine.Catalogue), p.draft(actor.ID), r.texts); err != nil {
			return requirement.View{}, Annex{}, err
		}
	} else {
		sys, err := system.Within(ctx, tx, actor, action, r.ref)
		if err != nil {
			return requirement.View{}, Annex{}, err
		}
		at.system = sys.ID
		views, err := s.Requirements.Views(ctx, tx, access.ReachOf(actor, action), []system.System{sys}, r.texts)
		if err != nil {
			return requirement.View{}, Annex{}, err
		}
		v = views[0]
	}
	a, err := s.chosenOf(ctx, tx, &v, at)
	return v, a, err
}

// chosenOf makes the annex of what is read already.
func (s *Service) chosenOf(ctx context.Context, tx *db.Tx, v *requirement.View, at place) (Annex, error) {
	chosen, err := choices(ctx, tx, tx.Scope, at)
	if err != nil {
		return Annex{}, err
	}
	own, err := ownRows(ctx, tx, tx.Scope, at.owner())
	if err != nil {
		return Annex{}, err
	}
	a := Select(s.Requirements.Engine.Catalogue, v, chosen)
	a.at = at
	a.add(own)
	return a, nil
}

// Choose takes requirements into the annex or leaves them out. Leaving out what was proposed takes a reason, and it is kept.
func (s *Service) Choose(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, list []Choice) error {
	if err := access.Check(actor, "procurement.Choose"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, a, err := s.annex(ctx, tx, actor, "procurement.Choose", annexRequest{ref, l})
		if err != nil {
			return err
		}
		if err := a.check(list); err != nil {
			return err
		}
		var entries []audit.Entry
		for _, c := range list {
			c.By = actor.ID
			if err := saveChoice(ctx, tx, actor.Organisation, a.at, c); err != nil {
				return err
			}
			entries = append(entries, audit.Entry{
				Action: "procurement.Choose", ObjectKind: a.at.kind(), ObjectID: a.at.owner(),
				Data: map[string]any{"requirement": c.Requirement, "included": c.Included, "weight": c.Weight, "reasoned": c.Reason != ""}, // the reason lies encrypted with the choice
			})
		}
		return audit.Append(ctx, tx, actor, entries...)
	})
	if err != nil {
		return fmt.Errorf("choose requirements: %w", err)
	}
	return nil
}

// Listed is one system that an annex can be made for.
type Listed struct {
	requirement.View
	// Chosen says that somebody has chosen requirements for it.
	Chosen bool
}

// Listing is one page of the systems that an annex can be made for.
type Listing struct {
	Systems []Listed
	// Page is from 1, and within what there is; Total is how many systems pass the filter, Planned how many are planned to be bought.
	Page, Total, Planned int
	// Purchases are what is planned to be bought and is not in the register yet.
	Purchases []Purchase
}

// PageSize is how many systems a page of the list has.
const PageSize = 25

// Filter narrows the list of systems that an annex can be made for. The zero value is every system, the first page.
type Filter struct {
	// Text is part of the name, the unit or the supplier.
	Text string
	// Planned leaves only what is planned to be bought.
	Planned bool
	// Page is from 1.
	Page int
}

// Systems lists the systems that an annex can be made for.
func (s *Service) Systems(ctx context.Context, actor access.Actor, filter Filter) (Listing, error) {
	if err := access.Check(actor, "procurement.Systems"); err != nil {
		return Listing{}, err
	}
	var out Listing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		org, reach := actor.Organisation, access.ReachOf(actor, "procurement.Systems")
		f := system.Filter{Reach: reach, Text: filter.Text}
		if filter.Planned {
			f.State = statePlanned
		}
		if out.Total, err = system.Count(ctx, tx, org, f); err != nil {
			return err
		}
		if out.Planned, err = system.Count(ctx, tx, org, system.Filter{Reach: reach, State: statePlanned}); err != nil {
			return err
		}
		if out.Purchases, err = purchases(ctx, tx, org, reach); err != nil {
			return err
		}
		out.Page = min(max(filter.Page, 1), max(1, (out.Total+PageSize-1)/PageSize))
		f.Limit, f.Offset = PageSize, (out.Page-1)*PageSize
		systems, err := system.List(ctx, tx, org, f)
		if err != nil {
			return err
		}
		views, err := s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
		if err != nil {
			return err
		}
		begun, err := chosen(ctx, tx, org)
		if err != nil {
			return err
		}
		for _, v := range views {
			out.Systems = append(out.Systems, Listed{View: v, Chosen: begun[v.System.ID]})
		}
		return nil
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list systems to procure for: %w", err)
	}
	return out, nil
}

// statePlanned is the state of a system that is not there yet.
const statePlanned = "planned"
