// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Dependencies are what one system depends on and what depends on it.
type Dependencies struct {
	One
	// Needs and NeededBy are the nearest first; Inherited are the needs that are higher than the system's own.
	Needs, NeededBy []Near
	Inherited       []Inherited
	Loops           [][]Place
	// Lines are the direct dependencies among what is shown, by node: from who needs to what is needed.
	Lines [][2]int32
	// Node is the system's own number; -1 when nothing depends on it and it depends on nothing.
	Node int32
	// Systems, Facilities and Suppliers are the names that a form proposes.
	Systems, Facilities, Suppliers []string
}

// Dependencies reads what a system depends on and what depends on it. Of systems that the reader does not reach only their number is told.
func (s *Service) Dependencies(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Dependencies, error) {
	if err := access.Check(actor, "overview.Dependencies"); err != nil {
		return Dependencies{}, err
	}
	one, err := s.one(ctx, actor, request{"overview.Dependencies", ref, l}, parts{})
	if err != nil {
		return Dependencies{}, err
	}
	out := Dependencies{One: one, Node: -1}
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.fill(x, access.ReachOf(actor, "overview.Dependencies"))
		return out.names(ctx, tx, actor)
	})
	if err != nil {
		return Dependencies{}, fmt.Errorf("read dependencies: %w", err)
	}
	return out, nil
}

// fill takes what concerns the system out of the index.
func (d *Dependencies) fill(x *Index, r access.Reach) {
	n, ok := x.graph.Node(d.View.System.ID.String())
	if !ok {
		return
	}
	d.Node = n
	d.Needs, d.NeededBy = x.near(x.graph.Needs(n), r), x.near(x.graph.Dependents(n), r)
	d.Inherited, d.Loops = x.inheritedOf(n, r), x.loopsWith(n, r)
	for i := range x.links {
		if x.links[i].System != d.View.System.ID {
			continue
		}
		for k := range d.Needs {
			if id := x.graph.ID(d.Needs[k].Node); id == x.links[i].Needs.String() || id == x.links[i].Facility.String() {
				d.Needs[k].Direct = &x.links[i]
			}
		}
	}
	shown := map[int32]bool{n: true}
	for _, list := range [][]Near{d.Needs, d.NeededBy} {
		for i := range list {
			shown[list[i].Node] = shown[list[i].Node] || list[i].Distance <= drawnDistance
		}
	}
	for from := range shown {
		for _, to := range x.graph.NeedsOf(from) {
			if shown[from] && shown[to] {
				d.Lines = append(d.Lines, [2]int32{from, to})
			}
		}
	}
	slices.SortFunc(d.Lines, func(a, b [2]int32) int { return slices.Compare(a[:], b[:]) })
}

// names reads what a form can propose, as far as the reader reaches.
func (d *Dependencies) names(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	reach := access.ReachOf(actor, "system.AddDependency")
	if access.Check(actor, "system.AddDependency") != nil {
		return nil
	}
	names, err := system.Choices(ctx, tx, actor.Organisation, reach, func(_, name string) string { return name })
	if err != nil {
		return err
	}
	own := d.View.System.Name
	d.Systems = slices.DeleteFunc(names, func(n string) bool { return n == own })
	if !reach.All {
		return nil // what others depend on is not proposed
	}
	facilities, err := system.Facilities(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	for _, f := range facilities {
		d.Facilities = append(d.Facilities, f.Name)
	}
	suppliers, err := supplier.All(ctx, tx, actor.Organisation)
	for i := range suppliers {
		d.Suppliers = append(d.Suppliers, suppliers[i].Name)
	}
	return err
}

// The parts of the list of dependencies, as they stand in addresses.
const (
	DependenciesRaised = "arver"
	DependenciesLoops  = "rundgang"
)

// DependencyFilter says which part of the list is asked for.
type DependencyFilter struct {
	// Show is empty for all dependencies, DependenciesRaised for systems that inherit a higher need, DependenciesLoops for loops.
	Show string
	Page int
}

// DependencyRow is one dependency.
type DependencyRow struct {
	System, Needs Place
	Carries       string
}

// Raised is a system or a facility that inherits a need higher than its own.
type Raised struct {
	Place
	Inherited []Inherited
}

// DependencyList is one page of the dependencies of the organisation.
type DependencyList struct {
	Filter DependencyFilter
	Rows   []DependencyRow
	Raised []Raised
	Loops  [][]Place
	// Matching is how many rows the part has; the others are how many each part has.
	Matching, Total, RaisedCount, LoopCount int
}

// DependencyList reads one page of who depends on whom, as far as the reader reaches.
func (s *Service) DependencyList(ctx context.Context, actor access.Actor, f DependencyFilter) (DependencyList, error) {
	if err := access.Check(actor, "overview.DependencyList"); err != nil {
		return DependencyList{}, err
	}
	out := DependencyList{Filter: f}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.fill(x, access.ReachOf(actor, "overview.DependencyList"))
		return nil
	})
	if err != nil {
		return DependencyList{}, fmt.Errorf("list dependencies: %w", err)
	}
	return out, nil
}

func (l *DependencyList) fill(x *Index, r access.Reach) {
	var rows []*system.Dependency
	for i := range x.links {
		if n, ok := x.graph.Node(x.links[i].System.String()); ok {
			if p := x.place(n, r); !p.Hidden() {
				rows = append(rows, &x.links[i])
			}
		}
	}
	var raised []int32
	for n := range int32(x.graph.Len()) { //nolint:gosec // numbered by the graph
		own, need := x.own(n), x.inherited.Steps(n)
		if p := x.place(n, r); !p.Hidden() && p.Facility == nil && own != need && !l.stopped(&p) {
			raised = append(raised, n)
		}
	}
	for _, loop := range x.loops {
		places := x.places(loop, r)
		if slices.ContainsFunc(places, func(p Place) bool { return !p.Hidden() }) {
			l.Loops = append(l.Loops, places)
		}
	}
	l.Total, l.RaisedCount, l.LoopCount = len(rows), len(raised), len(l.Loops)
	switch l.Filter.Show {
	case DependenciesRaised:
		l.Matching = len(raised)
		from, to := l.span()
		for _, n := range raised[from:to] {
			l.Raised = append(l.Raised, Raised{Place: x.place(n, r), Inherited: x.inheritedOf(n, r)})
		}
	case DependenciesLoops:
		l.Matching = len(l.Loops)
		from, to := l.span()
		l.Loops = l.Loops[from:to]
	default:
		l.Matching = len(rows)
		from, to := l.span()
		for _, d := range rows[from:to] {
			l.Rows = append(l.Rows, x.row(d, r))
		}
	}
}

// stopped reports whether nothing may be told of what a system needs.
func (l *DependencyList) stopped(p *Place) bool { return p.Sum != nil && p.Sum.Standing == Stopped }

func (x *Index) row(d *system.Dependency, r access.Reach) DependencyRow {
	from, _ := x.graph.Node(d.System.String())
	target := d.Needs.String()
	if d.Needs == "" {
		target = d.Facility.String()
	}
	to, _ := x.graph.Node(target)
	return DependencyRow{System: x.place(from, r), Needs: x.place(to, r), Carries: d.Carries}
}

// span keeps the page within what there is.
func (l *DependencyList) span() (from, to int) {
	last := max(1, (l.Matching+PageSize-1)/PageSize)
	l.Filter.Page = min(max(l.Filter.Page, 1), last)
	from = (l.Filter.Page - 1) * PageSize
	return from, min(from+PageSize, l.Matching)
}

// model is the organisation's model, for the words of its levels.
func (s *Service) model(ctx context.Context, actor access.Actor) (m *catalogue.Model, err error) {
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		m, err = classification.OrganisationModel(ctx, tx, s.catalogue(), actor.Organisation)
		return err
	})
	return m, err
}
