// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/system"
)

// dependencies are who depends on whom in an organisation, and what follows for the needs.
type dependencies struct {
	links      []system.Dependency
	graph      *system.Graph
	inherited  *system.Inheritance
	loops      [][]int32
	facilities map[string]system.Facility
	// sums tells where in the index the system of a node stands; -1 for a facility.
	sums []int32
}

// readDependencies reads the dependencies and works out what is inherited along them.
func (x *Index) readDependencies(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	var err error
	if x.links, err = system.Dependencies(ctx, tx, org); err != nil {
		return err
	}
	x.graph = system.NewGraph(x.links)
	x.facilities = map[string]system.Facility{}
	list, err := system.Facilities(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, f := range list {
		x.facilities[f.ID.String()] = f
	}
	x.sums = make([]int32, x.graph.Len())
	for n := range x.sums {
		x.sums[n] = -1
	}
	for i := range x.Systems {
		if n, ok := x.graph.Node(x.Systems[i].ID.String()); ok {
			x.sums[n] = int32(i) //nolint:gosec // there are fewer than two thousand million systems
		}
	}
	x.inherited = x.graph.Inherit(x.own)
	x.loops = x.graph.Loops()
	return nil
}

// own gives what a node needs by itself: a facility needs nothing, and of a system that is stopped nothing is told.
func (x *Index) own(n int32) system.Steps {
	var out system.Steps
	if i := x.sums[n]; i >= 0 && x.Systems[i].Standing != Stopped {
		for a, l := range x.Systems[i].Levels {
			out[a] = l.Step
		}
	}
	return out
}

// Place is a system or a facility in the web of dependencies, as one reader may see it.
type Place struct {
	Node int32
	// Sum is the system; nil for a facility, and for a system that the reader does not reach.
	Sum *Sum
	// Facility is what is not in the register; nil for a system.
	Facility *system.Facility
	// Need is what it needs when what depends on it is counted.
	Need system.Steps
}

// Hidden reports whether the reader may not know what stands there.
func (p *Place) Hidden() bool { return p.Sum == nil && p.Facility == nil }

// Name is what it is called; empty when the reader may not know.
func (p *Place) Name() string {
	switch {
	case p.Sum != nil:
		return p.Sum.Name
	case p.Facility != nil:
		return p.Facility.Name
	default:
		return ""
	}
}

// place gives a node as a reader may see it. A facility is seen by those who reach a system that needs it.
func (x *Index) place(n int32, r access.Reach) Place {
	p := Place{Node: n, Need: x.inherited.Steps(n)}
	if i := x.sums[n]; i >= 0 {
		if r.Holds(x.Systems[i].UnitID) {
			p.Sum = &x.Systems[i]
		}
		return p
	}
	if f, ok := x.facilities[x.graph.ID(n)]; ok && x.facilityWithin(n, r) {
		p.Facility = &f
	}
	return p
}

func (x *Index) facilityWithin(n int32, r access.Reach) bool {
	if r.All {
		return true
	}
	for _, d := range x.graph.Dependents(n) {
		if i := x.sums[d.Node]; d.Distance == 1 && i >= 0 && r.Holds(x.Systems[i].UnitID) {
			return true
		}
	}
	return false
}

// Inherited is a need of one aspect that comes from something that depends on the system.
type Inherited struct {
	Aspect catalogue.Aspect
	// Own is what the system needs by itself, Need what it needs when that is counted.
	Own, Need catalogue.Step
	// Path leads from where the need is its own to the system.
	Path []Place
}

// inheritedOf gives the needs of a node that are higher than its own.
func (x *Index) inheritedOf(n int32, r access.Reach) []Inherited {
	var out []Inherited
	own, need := x.own(n), x.inherited.Steps(n)
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if need[a] <= own[a] {
			continue
		}
		in := Inherited{Aspect: a, Own: own[a], Need: need[a]}
		for _, m := range x.inherited.Path(n, a) {
			in.Path = append(in.Path, x.place(m, r))
		}
		out = append(out, in)
	}
	return out
}

// Near is something that a system depends on, or that depends on it.
type Near struct {
	Place
	// Distance is 1 for what stands next to the system, Via what stands between.
	Distance int
	Via      Place
	// Direct is the dependency itself when it is the system's own.
	Direct *system.Dependency
}

// near lists what is reached from a system.
func (x *Index) near(reached []system.Reached, r access.Reach) []Near {
	out := make([]Near, len(reached))
	for i, at := range reached {
		out[i] = Near{Place: x.place(at.Node, r), Distance: at.Distance, Via: x.place(at.Via, r)}
	}
	return out
}

// loopsWith gives the loops that a node is in.
func (x *Index) loopsWith(n int32, r access.Reach) [][]Place {
	var out [][]Place
	for _, loop := range x.loops {
		for _, m := range loop {
			if m == n {
				out = append(out, x.places(loop, r))
				break
			}
		}
	}
	return out
}

func (x *Index) places(nodes []int32, r access.Reach) []Place {
	out := make([]Place, len(nodes))
	for i, m := range nodes {
		out[i] = x.place(m, r)
	}
	return out
}
