// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// SupplierFilter narrows the list of suppliers.
type SupplierFilter struct {
	Text string
	// Near asks for those with a day that comes near, Bare for those without a processor agreement for all that they deliver, Transfer
	// for those that handle data outside the EU and EEA.
	Near, Bare, Transfer string
	Page                 int
}

// yes is the value of a filter that is set.
const yes = "ja"

// SupplierRow is a supplier with what it means to the organisation, as far as the reader reaches.
type SupplierRow struct {
	supplier.Supplier
	// Systems is how many it delivers, Bare how many of them no processor agreement is stated for.
	Systems, Bare int
	// Availability is the highest need of availability of its systems.
	Availability Level
	// Reminders are the papers with a day that comes near.
	Reminders []supplier.Paper
}

// SupplierList is one page of the suppliers.
type SupplierList struct {
	Filter SupplierFilter
	Rows   []SupplierRow
	// Matching is how many pass the filter, the others count among all.
	Matching, Total, Near, Bare, Transfer int
	Today                                 civil.Date
}

// delivered is a system with what a supplier's page needs of it.
type delivered struct {
	id        ids.ID[system.System]
	supplier  ids.ID[supplier.Supplier]
	agreement string
}

// bare reports whether no processor agreement is stated for a system.
func (d *delivered) bare(s *supplier.Supplier, today civil.Date) bool {
	return d.agreement != "yes" && d.agreement != "not-needed" && !s.Agreed(today, supplier.Covered{Kind: supplier.CoversSystem, ID: d.id.String()})
}

// papersWithin takes away the papers of a supplier that are about other parts of the organisation than the reader reaches. A paper that names
// nothing is about everything.
func papersWithin(s *supplier.Supplier, r access.Reach, within map[string]bool) {
	if r.All {
		return
	}
	s.Papers = slices.DeleteFunc(s.Papers, func(p supplier.Paper) bool {
		return len(p.Covers) > 0 && !slices.ContainsFunc(p.Covers, func(c supplier.Covered) bool { return within[c.ID] })
	})
}

// Suppliers reads one page of the suppliers that pass a filter. Who reaches only a part of the organisation sees those that deliver to it.
func (s *Service) Suppliers(ctx context.Context, actor access.Actor, f SupplierFilter) (SupplierList, error) {
	if err := access.Check(actor, "overview.Suppliers"); err != nil {
		return SupplierList{}, err
	}
	out := SupplierList{Filter: f}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		rows, err := s.supplierRows(ctx, tx, access.ReachOf(actor, "overview.Suppliers"))
		if err != nil {
			return err
		}
		out.choose(rows)
		return nil
	})
	if err != nil {
		return SupplierList{}, fmt.Errorf("list suppliers: %w", err)
	}
	return out, nil
}

func (s *Service) supplierRows(ctx context.Context, tx *db.Tx, r access.Reach) ([]SupplierRow, error) {
	all, err := supplier.Whole(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	systems, err := deliveries(ctx, tx, tx.Scope, r)
	if err != nil {
		return nil, err
	}
	x, err := s.index(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	levels := map[ids.ID[system.System]]Level{}
	for i := range x.Systems {
		levels[x.Systems[i].ID] = x.Systems[i].Levels[catalogue.Availability]
	}
	within := map[string]bool{}
	by := map[ids.ID[supplier.Supplier]][]delivered{}
	for _, d := range systems {
		within[d.id.String()] = true
		by[d.supplier] = append(by[d.supplier], d)
	}
	today := civil.Of(tx.Now)
	var out []SupplierRow
	for i := range all {
		row := SupplierRow{Supplier: all[i], Systems: len(by[all[i].ID])}
		if row.Systems == 0 && !r.All {
			continue
		}
		papersWithin(&row.Supplier, r, within)
		for _, d := range by[row.ID] {
			if d.bare(&all[i], today) {
				row.Bare++
			}
			if l := levels[d.id]; l.Step > row.Availability.Step {
				row.Availability = l
			}
		}
		row.Reminders = row.Supplier.Reminders(today)
		out = append(out, row)
	}
	return out, nil
}

// choose counts the rows, and keeps one page of those that pass.
func (l *SupplierList) choose(all []SupplierRow) {
	l.Total = len(all)
	var list []SupplierRow
	for i := range all {
		row := &all[i]
		near, bare, transfer := len(row.Reminders) > 0, row.Bare > 0, row.Transfer == "yes"
		for _, c := range []struct {
			is bool
			n  *int
		}{{near, &l.Near}, {bare, &l.Bare}, {transfer, &l.Transfer}} {
			if c.is {
				*c.n++
			}
		}
		f := &l.Filter
		if (f.Near == "" || near) && (f.Bare == "" || bare) && (f.Transfer == "" || transfer) && row.says(f.Text) {
			list = append(list, *row)
		}
	}
	l.Matching = len(list)
	last := max(1, (len(list)+PageSize-1)/PageSize)
	l.Filter.Page = min(max(l.Filter.Page, 1), last)
	start := (l.Filter.Page - 1) * PageSize
	l.Rows = list[start:min(start+PageSize, len(list))]
}

// says reports whether every word stands in what is known of the supplier.
func (r *SupplierRow) says(text string) bool {
	all := []string{r.Name, r.Number, r.Country}
	for i := range r.Papers {
		all = append(all, r.Papers[i].Name, r.Papers[i].Number, r.Papers[i].Reference)
	}
	for i := range r.SubProcessors {
		all = append(all, r.SubProcessors[i].Name)
	}
	folded := locale.Fold(strings.Join(all, " "))
	for _, word := range strings.Fields(locale.Fold(text)) {
		if !strings.Contains(folded, word) {
			return false
		}
	}
	return true
}

// Delivery is a system that would stop if its supplier did.
type Delivery struct {
	System system.System
	// Availability is the need of availability, Agreed whether a processor agreement is stated for it.
	Availability Level
	Agreed       bool
}

// SupplierView is one supplier with what would stop if it fell.
type SupplierView struct {
	supplier.Supplier
	// Deliveries are its systems, those with the highest need of availability first. Processings are done in them.
	Deliveries  []Delivery
	Processings []processing.Entry
	// Names are what the papers cover, by kind and id.
	Names map[supplier.Covered]supplier.Object
	Today civil.Date
	// Differs is how many answers to others it has changed that nobody has noted, for who keeps its contract.
	Differs int
}

// Supplier reads one supplier with what it delivers. Who reaches only a part of the organisation sees what is delivered to it.
func (s *Service) Supplier(ctx context.Context, actor access.Actor, id string) (SupplierView, error) {
	if err := access.Check(actor, "overview.Supplier"); err != nil {
		return SupplierView{}, err
	}
	var v SupplierView
	reach := access.ReachOf(actor, "overview.Supplier")
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if v, err = s.supplierView(ctx, tx, reach, ids.ID[supplier.Supplier](id)); err != nil || !access.Allowed(actor, "procurement.Differences") {
			return err
		}
		list, err := procurement.Differences(ctx, tx)
		if i := slices.IndexFunc(list, func(d procurement.OtherAnswer) bool { return d.Supplier == v.ID }); i >= 0 {
			v.Differs = list[i].Count
		}
		return err
	})
	if err != nil {
		return SupplierView{}, fmt.Errorf("read supplier: %w", err)
	}
	return v, nil
}

func (s *Service) supplierView(ctx context.Context, tx *db.Tx, r access.Reach, id ids.ID[supplier.Supplier]) (SupplierView, error) {
	x, err := supplier.Get(ctx, tx, tx.Scope, id)
	if err != nil {
		return SupplierView{}, err
	}
	v := SupplierView{Supplier: x, Today: civil.Of(tx.Now), Names: map[supplier.Covered]supplier.Object{}}
	all, err := deliveries(ctx, tx, tx.Scope, r)
	if err != nil {
		return SupplierView{}, err
	}
	mine := slices.DeleteFunc(all, func(d delivered) bool { return d.supplier != id })
	if len(mine) == 0 && !r.All {
		return SupplierView{}, fmt.Errorf("supplier %q: %w", id, db.ErrNotFound)
	}
	if err := s.fillDeliveries(ctx, tx, &v, mine); err != nil {
		return SupplierView{}, err
	}
	entries, err := processing.All(ctx, tx, tx.Scope, r)
	if err != nil {
		return SupplierView{}, err
	}
	within := map[string]bool{}
	for i := range v.Deliveries {
		sys := &v.Deliveries[i].System
		within[sys.ID.String()] = true
		c := supplier.Covered{Kind: supplier.CoversSystem, ID: sys.ID.String()}
		v.Names[c] = supplier.Object{Covered: c, Name: sys.Name}
	}
	for i := range entries {
		e := &entries[i]
		if slices.ContainsFunc(e.Systems, func(l processing.Linked) bool { return within[l.ID.String()] }) {
			within[e.ID.String()] = true
			c := supplier.Covered{Kind: supplier.CoversProcessing, ID: e.ID.String()}
			v.Names[c] = supplier.Object{Covered: c, Name: e.Name}
			v.Processings = append(v.Processings, processing.Entry{Processing: *e})
		}
	}
	papersWithin(&v.Supplier, r, within)
	return v, nil
}

func (s *Service) fillDeliveries(ctx context.Context, tx *db.Tx, v *SupplierView, mine []delivered) error {
	if len(mine) == 0 {
		return nil
	}
	list := make([]ids.ID[system.System], len(mine))
	bare := map[ids.ID[system.System]]bool{}
	for i := range mine {
		list[i] = mine[i].id
		bare[mine[i].id] = mine[i].bare(&v.Supplier, v.Today)
	}
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.Everywhere(), IDs: list})
	if err != nil {
		return err
	}
	x, err := s.index(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	for i := range systems {
		d := Delivery{System: systems[i], Agreed: !bare[systems[i].ID]}
		for n := range x.Systems {
			if x.Systems[n].ID == systems[i].ID {
				d.Availability = x.Systems[n].Levels[catalogue.Availability]
			}
		}
		v.Deliveries = append(v.Deliveries, d)
	}
	slices.SortStableFunc(v.Deliveries, func(a, b Delivery) int { return int(b.Availability.Step) - int(a.Availability.Step) })
	return nil
}

// SupplierHistory reads what has happened to a supplier within the actor's reach.
func (s *Service) SupplierHistory(ctx context.Context, actor access.Actor, id string) (Happened, error) {
	if err := access.Check(actor, "overview.SupplierHistory"); err != nil {
		return Happened{}, err
	}
	var out Happened
	reach := access.ReachOf(actor, "overview.SupplierHistory")
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, err := s.supplierView(ctx, tx, reach, ids.ID[supplier.Supplier](id))
		if err != nil {
			return err
		}
		out.Name, out.Path = v.Name, v.Path()
		out.Events, err = audit.History(ctx, tx, actor.Organisation, "supplier", id, manyEvents)
		return err
	})
	if err != nil {
		return Happened{}, fmt.Errorf("read history of supplier: %w", err)
	}
	return out, nil
}

// SystemSupplier is one system with its supplier and the papers that are about it.
type SystemSupplier struct {
	One
	// Supplier is nothing when the system has none.
	Supplier *SupplierView
}

// SystemSupplier reads a system with what its supplier's page says about it.
func (s *Service) SystemSupplier(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (SystemSupplier, error) {
	if err := access.Check(actor, "overview.SystemSupplier"); err != nil {
		return SystemSupplier{}, err
	}
	one, err := s.one(ctx, actor, request{"overview.SystemSupplier", ref, l}, parts{})
	if err != nil {
		return SystemSupplier{}, err
	}
	out := SystemSupplier{One: one}
	sys := &one.View.System
	if sys.SupplierID == "" {
		return out, nil
	}
	reach := access.ReachOf(actor, "overview.SystemSupplier")
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, err := s.supplierView(ctx, tx, reach, sys.SupplierID)
		if err != nil {
			return err
		}
		v.Papers = slices.DeleteFunc(v.Papers, func(p supplier.Paper) bool {
			about := supplier.Covered{Kind: supplier.CoversSystem, ID: sys.ID.String()}
			return len(p.Covers) > 0 && !slices.Contains(p.Covers, about)
		})
		out.Supplier = &v
		return nil
	})
	if err != nil {
		return SystemSupplier{}, fmt.Errorf("read supplier of system: %w", err)
	}
	return out, nil
}
