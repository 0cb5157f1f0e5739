// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Affected reads what is hit when something has happened to a supplier: one page for the morning after.
func (s *Service) Affected(ctx context.Context, actor access.Actor, id string, l *locale.Localizer) (Affected, []Duty, error) {
	if err := access.Check(actor, "incident.Affected"); err != nil {
		return Affected{}, nil, err
	}
	var a Affected
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		a, err = s.ofSupplier(ctx, tx, access.ReachOf(actor, "incident.Affected"), asked{ids.ID[supplier.Supplier](id), l})
		return err
	})
	if err != nil {
		return Affected{}, nil, fmt.Errorf("read what a supplier's incident hits: %w", err)
	}
	x := a.Proposed()
	f := s.Rules.Facts(x, &a.Facts)
	f["cyber"], f["supplier"] = Unknown, Yes
	return a, s.Rules.Duties(x, f), nil
}

// asked is whose incident is asked about, with the texts for it.
type asked struct {
	supplier ids.ID[supplier.Supplier]
	texts    *locale.Localizer
}

// ofSupplier reads what a supplier delivers and what rests on it. Who reaches nothing of it learns nothing of the supplier.
func (s *Service) ofSupplier(ctx context.Context, tx *db.Tx, r access.Reach, q asked) (Affected, error) {
	x, err := supplier.Get(ctx, tx, tx.Scope, q.supplier)
	if err != nil {
		return Affected{}, err
	}
	systems, facilities, err := system.DeliveredBy(ctx, tx, tx.Scope, q.supplier)
	if err != nil {
		return Affected{}, err
	}
	a := Affected{Supplier: &x, Facilities: facilities}
	if err := s.fill(ctx, tx, r, &a, hit{systems, q.texts}); err != nil {
		return Affected{}, err
	}
	if !r.All && len(a.Hits) == 0 && len(a.Dependents) == 0 {
		return Affected{}, fmt.Errorf("supplier %q: %w", q.supplier, db.ErrNotFound)
	}
	return a, nil
}

// hit are the systems that are hit, with the texts for what is said about them.
type hit struct {
	systems []ids.ID[system.System]
	texts   *locale.Localizer
}

// fill reads everything about the systems that are hit, and who depends on them, in a number of questions that grows with those systems
// and not with the register.
func (s *Service) fill(ctx context.Context, tx *db.Tx, r access.Reach, a *Affected, q hit) error {
	org := tx.Scope
	a.Today = civil.Of(tx.Now)
	var err error
	if a.Organisation, err = organisation.Get(ctx, tx, org); err != nil {
		return err
	}
	if a.Model, err = classification.OrganisationModel(ctx, tx, s.Requirements.Engine.Catalogue, org); err != nil {
		return err
	}
	systems, err := system.Some(ctx, tx, org, r, q.systems)
	if err != nil {
		return err
	}
	a.Beyond = len(q.systems) - len(systems)
	web, err := system.Web(ctx, tx, org)
	if err != nil {
		return err
	}
	views, err := s.Requirements.ViewsAlong(ctx, tx, systems, web)
	if err != nil {
		return err
	}
	seen := make([]ids.ID[system.System], len(systems))
	for i := range systems {
		seen[i] = systems[i].ID
	}
	answering, err := system.Answering(ctx, tx, org, seen)
	if err != nil {
		return err
	}
	agreed, err := agreements(ctx, tx, views, a.Today)
	if err != nil {
		return err
	}
	if a.Contacts, err = contacts(ctx, tx, views); err != nil {
		return err
	}
	for i := range views {
		a.Hits = append(a.Hits, AffectedSystem{View: views[i], Answering: answering[seen[i].String()], Agreed: agreed[seen[i]]})
	}
	a.sum(&judged{requirements: s.Requirements, texts: q.texts})
	if a.Processings, err = processing.DoneIn(ctx, tx, org, r, seen); err != nil {
		return err
	}
	if a.Common, err = processing.ReadCommon(ctx, tx, org); err != nil {
		return err
	}
	return s.dependents(ctx, tx, r, a, a.depending(web, q.systems))
}

// contacts are the suppliers of the systems with whom they are reached when something has happened, each once.
func contacts(ctx context.Context, tx *db.Tx, views []requirement.View) ([]Contact, error) {
	seen := map[ids.ID[supplier.Supplier]]bool{"": true}
	var out []Contact
	for i := range views {
		id := views[i].System.SupplierID
		if seen[id] {
			continue
		}
		seen[id] = true
		x, err := supplier.Get(ctx, tx, tx.Scope, id)
		if err != nil {
			return nil, err
		}
		out = append(out, Contact{x.Name, x.IncidentContact})
	}
	return out, nil
}

// agreements tells for which systems a processor agreement is stated: on the system itself, or on its supplier's page.
func agreements(ctx context.Context, tx *db.Tx, views []requirement.View, today civil.Date) (map[ids.ID[system.System]]bool, error) {
	suppliers := map[ids.ID[supplier.Supplier]]*supplier.Supplier{}
	out := map[ids.ID[system.System]]bool{}
	for i := range views {
		sys := &views[i].System
		if sys.ProcessorAgreement == "yes" || sys.ProcessorAgreement == "not-needed" {
			out[sys.ID] = true
			continue
		}
		if sys.SupplierID == "" {
			continue
		}
		x, ok := suppliers[sys.SupplierID]
		if !ok {
			one, err := supplier.Get(ctx, tx, tx.Scope, sys.SupplierID)
			if err != nil {
				return nil, err
			}
			x = &one
			suppliers[sys.SupplierID] = x
		}
		out[sys.ID] = x.Agreed(today, supplier.Covered{Kind: supplier.CoversSystem, ID: sys.ID.String()})
	}
	return out, nil
}

// depending finds what depends on the systems that are hit, and on what the supplier delivers outside the register.
func (a *Affected) depending(web *system.Graph, hits []ids.ID[system.System]) []system.Dependent {
	start := make([]string, 0, len(hits)+len(a.Facilities))
	for _, id := range hits {
		start = append(start, id.String())
	}
	for _, f := range a.Facilities {
		start = append(start, f.ID.String())
	}
	return web.DependingOn(start)
}

// dependents reads the systems that depend on those that are hit.
func (s *Service) dependents(ctx context.Context, tx *db.Tx, r access.Reach, a *Affected, list []system.Dependent) error {
	names := map[string]string{}
	for i := range a.Hits {
		names[a.Hits[i].System.ID.String()] = a.Hits[i].System.Name
	}
	for _, f := range a.Facilities {
		names[f.ID.String()] = f.Name
	}
	a.DependentCount = len(list)
	list = list[:min(len(list), shownDependents)]
	wanted := make([]ids.ID[system.System], len(list))
	for i := range list {
		wanted[i] = list[i].ID
	}
	systems, err := system.Some(ctx, tx, tx.Scope, r, wanted)
	if err != nil {
		return err
	}
	read := map[ids.ID[system.System]]*system.System{}
	for i := range systems {
		read[systems[i].ID] = &systems[i]
		names[systems[i].ID.String()] = systems[i].Name
	}
	for _, d := range list {
		if sys := read[d.ID]; sys != nil {
			a.Dependents = append(a.Dependents, DependentSystem{Dependent: d, Name: sys.Name, Slug: sys.Slug, Unit: sys.Unit, Over: names[d.Via]})
		}
	}
	return nil
}
