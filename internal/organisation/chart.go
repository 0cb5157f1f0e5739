// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"slices"

	"github.com/insegel/insegel/internal/access"
)

var (
	// ErrUnitName says that a unit lacks a name, or has another one's.
	ErrUnitName = errors.New("write a name of at most 200 characters that no other unit has")
	// ErrDeep says that the tree would be deeper than a person can follow.
	ErrDeep = errors.New("a unit can stand at most 10 levels down")
)

// mostDepth is how deep the tree may be.
const mostDepth = 10

// Node is a unit with its place in the tree.
type Node struct {
	Unit
	// Depth is how many units stand above it.
	Depth int
}

// Chart is the units of an organisation, each followed by those below it, in Swedish order as they are shown.
type Chart struct {
	Nodes []Node
	index map[access.UnitID]int
	below map[access.UnitID][]access.UnitID
}

// NewChart puts units in order. They come in the order of their names. A unit whose parent is not there, or that stands in a
// circle, is put at the top: nothing is left out.
func NewChart(units []Unit) *Chart {
	nodes := make([]Node, len(units))
	for i, u := range units {
		nodes[i] = Node{Unit: u}
	}
	t := &Chart{index: map[access.UnitID]int{}, below: map[access.UnitID][]access.UnitID{}}
	known, children := map[access.UnitID]bool{}, map[access.UnitID][]Node{}
	for i := range nodes {
		known[nodes[i].ID] = true
	}
	for _, n := range nodes {
		if !known[n.Parent] {
			n.Parent = ""
		}
		children[n.Parent] = append(children[n.Parent], n)
	}
	t.add(children, "", 0)
	for _, n := range nodes { // what a circle holds has not been reached from the top
		if _, ok := t.index[n.ID]; !ok {
			n.Parent, n.Depth = "", 0
			t.index[n.ID] = len(t.Nodes)
			t.Nodes = append(t.Nodes, n)
		}
	}
	for i := range t.Nodes {
		for j := i + 1; j < len(t.Nodes) && t.Nodes[j].Depth > t.Nodes[i].Depth; j++ {
			t.below[t.Nodes[i].ID] = append(t.below[t.Nodes[i].ID], t.Nodes[j].ID)
		}
		slices.Sort(t.below[t.Nodes[i].ID]) // as access.Held wants them
	}
	return t
}

func (t *Chart) add(children map[access.UnitID][]Node, parent access.UnitID, depth int) {
	for _, n := range children[parent] {
		n.Depth = depth
		t.index[n.ID] = len(t.Nodes)
		t.Nodes = append(t.Nodes, n)
		t.add(children, n.ID, depth+1)
	}
}

// Below lists the units below one.
func (t *Chart) Below(id access.UnitID) []access.UnitID {
	if t == nil {
		return nil
	}
	return t.below[id]
}

// Find gives a unit by its id.
func (t *Chart) Find(id access.UnitID) (Node, bool) {
	if t == nil || id.IsZero() {
		return Node{}, false
	}
	i, ok := t.index[id]
	if !ok {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// Name gives a unit's name, or nothing.
func (t *Chart) Name(id access.UnitID) string {
	n, _ := t.Find(id)
	return n.Name
}

// CheckBelow says whether a new unit can stand below another; a zero parent is the top.
func (t *Chart) CheckBelow(parent access.UnitID) error {
	if parent.IsZero() {
		return nil
	}
	to, ok := t.Find(parent)
	if !ok {
		return ErrUnit
	}
	if to.Depth+1 >= mostDepth {
		return ErrDeep
	}
	return nil
}
