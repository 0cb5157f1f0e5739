// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// ErrNotCurrent says that what the organisation depended on in an earlier period was not kept.
var ErrNotCurrent = errors.New("what the organisation depended on then was not kept: it is kept from when it was agreed to submit it; choose the last period that has ended")

// ConcentrationDraft is what would leave, and what is left out of it.
type ConcentrationDraft struct {
	Concentration
	// Undecided is how many systems are left out because nobody has said whether they are in use, or whether they hold personal data.
	Undecided int
	// Names are the names of the suppliers by number. They stay here.
	Names map[string]string
}

// PreviewConcentration makes what would leave about what the organisation depends on, unsigned.
func (s *Service) PreviewConcentration(ctx context.Context, actor access.Actor, d Draft) (ConcentrationDraft, error) {
	if err := access.Check(actor, "national.PreviewConcentration"); err != nil {
		return ConcentrationDraft{}, err
	}
	var out ConcentrationDraft
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.draftConcentration(ctx, tx, d)
		return err
	})
	if err != nil {
		return ConcentrationDraft{}, fmt.Errorf("preview what is depended on: %w", err)
	}
	return out, nil
}

// SubmitConcentration makes and signs it, once the organisation has agreed to send it, and logs that it leaves.
func (s *Service) SubmitConcentration(ctx context.Context, actor access.Actor, d Draft, key Key) (Concentration, error) {
	if err := access.Check(actor, "national.SubmitConcentration"); err != nil {
		return Concentration{}, err
	}
	var out Concentration
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		agreed, err := organisation.Setting(ctx, tx, actor.Organisation, settingDependence)
		if err != nil {
			return err
		}
		if agreed != "yes" && !d.Agree {
			return ErrNotAgreed
		}
		draft, err := s.draftConcentration(ctx, tx, d)
		if err != nil {
			return err
		}
		out = draft.Concentration
		if err := out.Sign(key.Signer); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "national.SubmitConcentration", ObjectKind: "municipality", ObjectID: out.Municipality, Data: map[string]any{
				"period": out.Period, "digest": out.Digest(), "suppliers": len(out.Suppliers), "kinds": len(out.Kinds),
				"sole_traders": out.SoleTraders, "unnumbered": out.Unnumbered,
			},
		})
	})
	if err != nil {
		return Concentration{}, fmt.Errorf("submit what is depended on: %w", err)
	}
	return out, nil
}

// draftConcentration makes it from how things were when the period ended, where that was kept, or else from how they are.
func (s *Service) draftConcentration(ctx context.Context, tx *db.Tx, d Draft) (ConcentrationDraft, error) {
	settings, err := organisation.Settings(ctx, tx, tx.Scope, "national.")
	if err != nil {
		return ConcentrationDraft{}, err
	}
	if d.Municipality == "" {
		d.Municipality = settings[settingMunicipality]
	}
	switch _, ok := s.Engine.Catalogue.Municipality(d.Municipality); {
	case !ok:
		return ConcentrationDraft{}, ErrNoMunicipality
	case !d.Period.Over(civil.Of(tx.Now)):
		return ConcentrationDraft{}, ErrFuture
	}
	out, err := s.dependedThen(ctx, tx, d.Period)
	if err != nil {
		return ConcentrationDraft{}, err
	}
	out.Schema, out.Municipality, out.Period, out.Size = ConcentrationSchema, d.Municipality, d.Period.String(), settings[settingSize]
	out.Made = tx.Now.UTC().Format(madeForm)
	if len(out.Suppliers)+len(out.Kinds) == 0 {
		return out, ErrNoFigures
	}
	return out, nil
}

// depends counts up the suppliers and the kinds of the systems that the organisation depends on. A system whose classification was stopped is
// left out: what it holds must not be told.
func (s *Service) depends(ctx context.Context, tx *db.Tx) (ConcentrationDraft, error) {
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return ConcentrationDraft{}, err
	}
	views, err := s.Followup.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return ConcentrationDraft{}, err
	}
	suppliers, err := supplier.Whole(ctx, tx, tx.Scope)
	if err != nil {
		return ConcentrationDraft{}, err
	}
	return dependsOn(s.Engine.Catalogue, views, suppliers)
}

// dependsOn makes the lists. A system is depended on when it is in use with personal data, or is critical.
func dependsOn(c *catalogue.Catalogue, views []requirement.View, suppliers []supplier.Supplier) (ConcentrationDraft, error) {
	out := ConcentrationDraft{Names: map[string]string{}}
	personal, areas, err := conditionsOf(c)
	if err != nil {
		return out, err
	}
	delivers, kinds := map[ids.ID[supplier.Supplier]]bool{}, map[string]bool{}
	for i := range views {
		v := &views[i]
		if v.Need.Stop {
			continue
		}
		switch dependedOn(v, personal) {
		case catalogue.Maybe:
			out.Undecided++
			continue
		case catalogue.No:
			continue
		default:
		}
		if v.System.SupplierID != "" {
			delivers[v.System.SupplierID] = true
		}
		if v.System.Kind == system.Unknown {
			continue
		}
		kinds[v.System.Kind] = true
		for area, in := range areas {
			if in.Holds(&v.Subject.Facts) == catalogue.Yes {
				kinds[v.System.Kind+"/"+area] = true
			}
		}
	}
	out.Kinds = slices.AppendSeq([]string{}, maps.Keys(kinds))
	slices.Sort(out.Kinds)
	out.count(suppliers, delivers)
	return out, nil
}

// count lists the suppliers that deliver by their numbers, and counts those that are left out.
func (x *ConcentrationDraft) count(suppliers []supplier.Supplier, delivers map[ids.ID[supplier.Supplier]]bool) {
	x.Suppliers = []string{}
	for i := range suppliers {
		if !delivers[suppliers[i].ID] {
			continue
		}
		number, of := ReadNumber(suppliers[i].Number)
		switch of {
		case OfOrganisation:
			if _, twice := x.Names[number]; !twice {
				x.Suppliers = append(x.Suppliers, number)
				x.Names[number] = suppliers[i].Name
			}
		case OfPerson:
			x.SoleTraders++
		default:
			x.Unnumbered++
		}
	}
	slices.Sort(x.Suppliers)
}

// conditionsOf are the conditions under which a system holds personal data, and is of each area.
func conditionsOf(c *catalogue.Catalogue) (personal catalogue.Condition, areas map[string]catalogue.Condition, err error) {
	if personal, err = c.Vocabulary.Parse("personal_data"); err != nil {
		return personal, nil, fmt.Errorf("read what personal data means: %w", err)
	}
	areas = map[string]catalogue.Condition{}
	if fact, ok := c.Vocabulary.Fact("area"); ok {
		for _, area := range fact.Values {
			if areas[area], err = c.Vocabulary.Parse("area=" + area); err != nil {
				return personal, nil, fmt.Errorf("read what area %s means: %w", area, err)
			}
		}
	}
	return personal, areas, nil
}

// dependedOn tells whether a system is depended on: it is in use, and it holds personal data or an aspect of it is serious.
func dependedOn(v *requirement.View, personal catalogue.Condition) catalogue.Truth {
	use := catalogue.Maybe
	switch v.System.State {
	case "in-use", "phasing-out":
		use = catalogue.Yes
	case "planned", "retired":
		return catalogue.No
	default:
	}
	holds := personal.Holds(&v.Subject.Facts)
	for _, step := range v.Subject.Steps {
		if step >= catalogue.Serious {
			holds = catalogue.Yes
		}
	}
	switch {
	case holds == catalogue.No:
		return catalogue.No
	case holds == catalogue.Yes && use == catalogue.Yes:
		return catalogue.Yes
	default:
		return catalogue.Maybe
	}
}

// publishConcentration releases what municipalities depend on in a period, once enough has come since it was last released.
func (s *Service) publishConcentration(ctx context.Context, tx *db.Tx, actor access.Actor, p Period) error {
	org := actor.Organisation
	x, err := saidIn(ctx, tx, org, p.String())
	if err != nil {
		return err
	}
	releases, err := concentrationReleases(ctx, tx, org)
	if err != nil {
		return err
	}
	r := Release{Number: int64(len(releases)) + 1, Period: p, Municipalities: len(x.standing), Basis: map[string]string{}}
	for code, of := range x.standing {
		r.Basis[code] = of.digest
	}
	before := latestOf(releases, p)
	if !due(before.Basis, r.Basis) || tooFewCorrect(before.Basis, x.standing) {
		return ErrNothingNew
	}
	a, err := concentrationArchive(ctx, tx, &r, releases)
	if err != nil {
		return err
	}
	where := newPlaces(s.Engine.Catalogue, x.standing, nil)
	if where.division, err = divisionOf(ctx, tx, org); err != nil {
		return err
	}
	cells := where.concentrate(&a, &r, &x)
	if err := saveConcentration(ctx, tx, &r, s.Engine.Catalogue, cells); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "national.PublishConcentration", ObjectKind: "period", ObjectID: p.String(),
		Data: map[string]any{"release": r.Number, "municipalities": r.Municipalities, "published": len(cells)},
	})
}

// concentrationArchive reads what has been published before a release.
func concentrationArchive(ctx context.Context, tx *db.Tx, r *Release, releases []Release) (a archive, err error) {
	if a.bases, err = dependenceBases(ctx, tx, tx.Scope); err != nil {
		return a, err
	}
	if a.sets, err = dependenceSets(ctx, tx, tx.Scope); err != nil {
		return a, err
	}
	if a.counted, err = dependenceCounted(ctx, tx, tx.Scope); err != nil {
		return a, err
	}
	if a.before = latestOf(releases, r.Period).Number; a.before == 0 {
		return a, nil
	}
	for i := range releases {
		if releases[i].Period != r.Period {
			continue
		}
		sets, err := dependenceSetsIn(ctx, tx, tx.Scope, releases[i].Number)
		if err != nil {
			return a, err
		}
		a.earlier = append(a.earlier, earlier{releases[i].Basis, sets})
	}
	a.cells, err = dependencesIn(ctx, tx, tx.Scope, a.before)
	return a, err
}

// LookConcentration says what is to be shown of what municipalities depend on.
type LookConcentration struct {
	// Period is the one to show; zero is the latest.
	Period Period
	// Subject is what to look at closer, such as "supplier 2021000000"; empty is nothing.
	Subject string
}

// Concentration gives how many municipalities depend on each supplier and kind of systems, as it has been published.
func (s *Service) Concentration(ctx context.Context, actor access.Actor, k LookConcentration) (Concentrated, error) {
	if err := access.Check(actor, "national.Concentration"); err != nil {
		return Concentrated{}, err
	}
	out := Concentrated{Country: len(s.Engine.Catalogue.Municipalities), Names: map[string]string{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		org := actor.Organisation
		all, err := concentrationReleases(ctx, tx, org)
		if err != nil {
			return err
		}
		out.Releases = latestReleases(all)
		out.Release = chooseRelease(out.Releases, k.Period)
		if out.Receives, err = receives(ctx, tx); err != nil {
			return err
		}
		if out.Invented, err = isInvented(ctx, tx); err != nil {
			return err
		}
		if err := s.nameSuppliers(ctx, tx, actor, &out); err != nil {
			return err
		}
		if k.Subject == "" {
			return fillConcentrated(ctx, tx, &out)
		}
		cells, err := dependencesOf(ctx, tx, org, k.Subject)
		if err != nil {
			return err
		}
		if out.look(cells); len(out.Trend) == 0 {
			return db.ErrNotFound
		}
		out.Division, err = divisionOf(ctx, tx, org)
		return err
	})
	if err != nil {
		return Concentrated{}, fmt.Errorf("show what is depended on: %w", err)
	}
	return out, nil
}

// overTime is how many suppliers are followed over the periods.
const overTime = 3

// fillConcentrated reads the counts of the country in the period that is shown, in the year before, and over time of what most depend on. All
// of them have been published as they are, after what was published before them.
func fillConcentrated(ctx context.Context, tx *db.Tx, out *Concentrated) error {
	cells, err := wholeDependences(ctx, tx, tx.Scope, out.Release.Number)
	if err != nil {
		return err
	}
	out.fill(cells)
	if out.Before = yearBefore(out.Releases, out.Release.Period); out.Before.Number > 0 {
		before, err := wholeDependences(ctx, tx, tx.Scope, out.Before.Number)
		if err != nil {
			return err
		}
		out.remember(before)
	}
	for i := range out.Suppliers[:min(overTime, len(out.Suppliers))] {
		of, err := dependencesOf(ctx, tx, tx.Scope, out.Suppliers[i].subject())
		if err != nil {
			return err
		}
		out.Over = append(out.Over, out.wholes(of))
	}
	return nil
}

func receives(ctx context.Context, tx *db.Tx) (bool, error) {
	x, err := sharing(ctx, tx, tx.Scope)
	return x.Receive, err
}

// nameSuppliers names the suppliers by the reader's own register, for whoever may see it. Nobody has sent a name.
func (s *Service) nameSuppliers(ctx context.Context, tx *db.Tx, actor access.Actor, out *Concentrated) error {
	if !access.Allowed(actor, "overview.Suppliers") {
		return nil
	}
	all, err := supplier.Whole(ctx, tx, tx.Scope)
	for i := range all {
		if number, of := ReadNumber(all[i].Number); of == OfOrganisation {
			out.Names[number] = all[i].Name
		}
	}
	return err
}

// OpenConcentration gives all that has been published of what municipalities depend on, for anybody.
func (s *Service) OpenConcentration(ctx context.Context, actor access.Actor) (Open, error) {
	if err := access.Check(actor, "national.OpenConcentration"); err != nil {
		return Open{}, err
	}
	out := Open{cells: map[int64][]published{}, shown: map[int64][]figure{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := concentrationReleases(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if out.Invented, err = isInvented(ctx, tx); err != nil {
			return err
		}
		out.Releases = latestReleases(all)
		for _, r := range out.Releases {
			if out.cells[r.Number], err = dependencesIn(ctx, tx, actor.Organisation, r.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Open{}, fmt.Errorf("read open data: %w", err)
	}
	return out, nil
}
