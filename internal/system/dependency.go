// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"errors"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
)

// What passes along a dependency decides which needs pass with it: information takes all of them along, mere function only those of
// integrity and availability. What nobody has said counts as information, so that nothing is protected too little.
const (
	CarriesInformation = "information"
	CarriesFunction    = "function"
)

// Carried lists what can pass along a dependency.
var Carried = []string{CarriesInformation, CarriesFunction, Unknown}

var (
	// ErrNeeds says that a dependency names nothing, or both a system and a facility, that the system needs.
	ErrNeeds = errors.New("name one system, or one service outside the register, that the system needs")
	// ErrNoSystem says that the register has no system of the name, as far as the actor reaches.
	ErrNoSystem = errors.New("there is no system of that name in the register")
	// ErrItself says that a system is said to need itself.
	ErrItself = errors.New("a system cannot depend on itself")
	// ErrDepends says that the dependency stands there already.
	ErrDepends = errors.New("the system is already said to need that")
)

// Facility is what systems depend on that is no system of the register (Swedish: tjänst): a network, a directory, somebody else's service.
type Facility struct {
	ID         ids.ID[Facility]
	Name       string
	SupplierID ids.ID[supplier.Supplier]
	Supplier   string
}

// Dependency says that a system needs another, or a facility, to do its work (Swedish: beroende).
type Dependency struct {
	ID     ids.ID[Dependency]
	System ids.ID[System]
	// Needs or Facility is what it needs; the other is empty.
	Needs    ids.ID[System]
	Facility ids.ID[Facility]
	Carries  string
}

// Check says what is wrong with a dependency.
func (d *Dependency) Check() error {
	switch {
	case (d.Needs == "") == (d.Facility == ""):
		return ErrNeeds
	case d.Needs == d.System:
		return ErrItself
	case !slices.Contains(Carried, d.Carries):
		return ErrValue
	}
	return nil
}

// target is the id of what is needed.
func (d *Dependency) target() string {
	if d.Needs != "" {
		return d.Needs.String()
	}
	return d.Facility.String()
}

// Graph is who depends on whom. Its nodes are numbered; systems and facilities are told apart by their ids, which are unique. It never
// changes once it is made.
type Graph struct {
	nodes nodes
	// needs and neededBy are the neighbours of each node in the order of their numbers, one after the other: those of node n stand from starts[n]
	// to starts[n+1].
	needs, neededBy adjacency
}

type adjacency struct {
	starts []int32
	to     []int32
	// only says that mere function passes.
	only []bool
}

func (a *adjacency) of(n int32) (from, to int32) { return a.starts[n], a.starts[n+1] }

// NewGraph makes the graph of dependencies.
func NewGraph(list []Dependency) *Graph {
	w := newWeaver(len(list))
	sums := make([][2]uint32, len(list)) // all first: what they wait for then comes at once
	for i := range list {
		sums[i] = [2]uint32{w.nodes.sum(list[i].System.String()), w.nodes.sum(list[i].target())}
	}
	for i := range list {
		d := &list[i]
		w.from, w.to = append(w.from, w.nodes.number(d.System.String(), sums[i][0])), append(w.to, w.nodes.number(d.target(), sums[i][1]))
		w.only = append(w.only, d.Carries == CarriesFunction)
	}
	return w.graph()
}

// weaver makes a graph of dependencies that come one at a time.
type weaver struct {
	nodes    nodes
	from, to []int32
	only     []bool
}

// newWeaver makes a weaver for about as many dependencies.
func newWeaver(expected int) *weaver {
	return &weaver{nodes: newNodes(expected / 2), from: make([]int32, 0, expected), to: make([]int32, 0, expected), only: make([]bool, 0, expected)}
}

func (w *weaver) node(id string) int32 { return w.nodes.number(id, w.nodes.sum(id)) }

// add takes in that a system needs something; only says that mere function passes.
func (w *weaver) add(system, needed string, only bool) {
	if n := len(w.from); n > 0 && w.nodes.ids[w.from[n-1]] == system { // those of one system come together, as a rule
		w.from = append(w.from, w.from[n-1])
	} else {
		w.from = append(w.from, w.node(system))
	}
	w.to, w.only = append(w.to, w.node(needed)), append(w.only, only)
}

// graph numbers the nodes by their ids, and their neighbours by those numbers: a graph of everything and one of what matters to some systems
// then tell the same ways, in whatever order the dependencies came.
func (w *weaver) graph() *Graph {
	number := w.nodes.renumber()
	for i := range w.from {
		w.from[i], w.to[i] = number[w.from[i]], number[w.to[i]]
	}
	g := &Graph{nodes: w.nodes}
	by := beside(len(g.nodes.ids), w.to, w.from, w.only)
	g.needs = by.turned()
	g.neededBy = g.needs.turned()
	return g
}

// beside lays out the neighbours of each node beside each other.
func beside(nodes int, from, to []int32, only []bool) adjacency {
	a := adjacency{starts: make([]int32, nodes+1), to: make([]int32, len(to)), only: make([]bool, len(to))}
	for _, n := range from {
		a.starts[n+1]++
	}
	for n := range nodes {
		a.starts[n+1] += a.starts[n]
	}
	next := slices.Clone(a.starts)
	for i, n := range from {
		a.to[next[n]], a.only[next[n]] = to[i], only[i]
		next[n]++
	}
	return a
}

// turned gives the same with every edge the other way. The neighbours of a node come in order, because nodes are taken in order.
func (a *adjacency) turned() adjacency {
	from := make([]int32, len(a.to))
	for n := range int32(len(a.starts) - 1) { //nolint:gosec // numbered by node
		for e := a.starts[n]; e < a.starts[n+1]; e++ {
			from[e] = n
		}
	}
	return beside(len(a.starts)-1, a.to, from, a.only)
}

// Len is how many nodes there are.
func (g *Graph) Len() int { return len(g.nodes.ids) }

// ID gives the id of a node.
func (g *Graph) ID(n int32) string { return g.nodes.ids[n] }

// Node finds a node by its id; what nothing depends on and that depends on nothing is not there.
func (g *Graph) Node(id string) (int32, bool) { return g.nodes.find(id) }

// Steps are needs on the one scale, by aspect.
type Steps = [catalogue.NumAspects]catalogue.Step

// none stands where a need does not come from another node.
const none = -1

// Inheritance is the needs of all nodes when what depends on them is counted.
type Inheritance struct {
	graph *Graph
	steps []Steps
	via   [catalogue.NumAspects][]int32 // the node that each need comes from, or none when it is the node's own
}

// passes tells which needs pass where only function does.
var passes = [catalogue.NumAspects]bool{catalogue.Integrity: true, catalogue.Availability: true}

// Inherit works out what each node needs: what it needs itself, or what something that depends on it needs, whichever is higher (Swedish:
// nedärvt behov). A need travels the shortest way from the nearest node that has it of its own. Loops do no harm: each node is visited once.
func (g *Graph) Inherit(own func(node int32) Steps) *Inheritance {
	h := &Inheritance{graph: g, steps: make([]Steps, g.Len())}
	for n := range h.steps {
		h.steps[n] = own(int32(n)) //nolint:gosec // numbered by NewGraph
	}
	queue := make([]int32, 0, g.Len())
	for a := range h.via {
		h.via[a] = make([]int32, g.Len())
		visited := make([]bool, g.Len())
		for step := catalogue.Serious; step > catalogue.Unset; step-- {
			queue = queue[:0]
			for n := range h.steps {
				if !visited[n] && h.steps[n][a] == step {
					visited[n], h.via[a][n] = true, none
					queue = append(queue, int32(n)) //nolint:gosec // numbered by NewGraph
				}
			}
			h.spread(a, step, queue, visited)
		}
	}
	return h
}

// spread gives a need to everything that the nodes in the queue depend on.
func (h *Inheritance) spread(a int, step catalogue.Step, queue []int32, visited []bool) {
	needs := &h.graph.needs
	for i := 0; i < len(queue); i++ {
		n := queue[i]
		from, to := needs.of(n)
		for e := from; e < to; e++ {
			m := needs.to[e]
			if visited[m] || needs.only[e] && !passes[a] {
				continue
			}
			visited[m], h.steps[m][a], h.via[a][m] = true, step, n
			queue = append(queue, m)
		}
	}
}

// Steps gives what a node needs.
func (h *Inheritance) Steps(n int32) Steps { return h.steps[n] }

// Path tells which way a need came: from the node that has it of its own to the node itself. It is the node alone when the need is its own,
// or unknown.
func (h *Inheritance) Path(n int32, a catalogue.Aspect) []int32 {
	path := []int32{n}
	for h.steps[n][a] != catalogue.Unset && h.via[a][n] != none {
		n = h.via[a][n]
		path = append(path, n)
	}
	slices.Reverse(path)
	return path
}

// Reached is a node that is reached from some others, and over which.
type Reached struct {
	Node int32
	// Via is the node before it, Distance how many steps away it is: 1 is a neighbour.
	Via      int32
	Distance int
}

// Dependents gives everything that depends on some nodes, directly or over others, the nearest first.
func (g *Graph) Dependents(start ...int32) []Reached { return g.walk(&g.neededBy, start) }

// Dependent is a system that depends on what has been hit, and over which system or facility.
type Dependent struct {
	ID ids.ID[System]
	// Via is the id of the system or facility that it needs, Distance how many steps away from what has been hit it is.
	Via      string
	Distance int
}

// DependingOn gives every system that depends on what has the ids, directly or over others, the nearest first. What nothing depends on is not in
// the graph.
func (g *Graph) DependingOn(list []string) []Dependent {
	var start []int32
	for _, id := range list {
		if n, ok := g.Node(id); ok {
			start = append(start, n)
		}
	}
	reached := g.Dependents(start...)
	out := make([]Dependent, len(reached))
	for i, r := range reached { // only systems depend on anything
		out[i] = Dependent{ID: ids.ID[System](g.ID(r.Node)), Via: g.ID(r.Via), Distance: r.Distance}
	}
	return out
}

// Needs gives everything that some nodes depend on, directly or over others, the nearest first.
func (g *Graph) Needs(start ...int32) []Reached { return g.walk(&g.needs, start) }

func (g *Graph) walk(along *adjacency, start []int32) []Reached {
	visited := make([]bool, g.Len())
	var queue []Reached
	for _, n := range start {
		if !visited[n] {
			visited[n] = true
			queue = append(queue, Reached{Node: n, Via: none})
		}
	}
	begun := len(queue)
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		from, to := along.of(at.Node)
		for _, m := range along.to[from:to] {
			if !visited[m] {
				visited[m] = true
				queue = append(queue, Reached{Node: m, Via: at.Node, Distance: at.Distance + 1})
			}
		}
	}
	return queue[begun:]
}

// Loops gives the groups of nodes that depend on each other in a circle (Swedish: rundgång), each in the order of its numbers.
func (g *Graph) Loops() [][]int32 {
	t := tarjan{g: g, index: make([]int32, g.Len()), low: make([]int32, g.Len()), on: make([]bool, g.Len())}
	for n := range t.index {
		if t.index[n] == 0 {
			t.visit(int32(n)) //nolint:gosec // numbered by NewGraph
		}
	}
	return t.loops
}

// tarjan finds the strongly connected parts of a graph, without calling itself: a chain may be as long as there are systems.
type tarjan struct {
	g          *Graph
	index, low []int32 // index is 0 for a node that is not visited yet
	on         []bool
	next       int32
	stack      []int32
	calls      []call
	loops      [][]int32
}

// call is a node that is being visited, and which of its edges comes next.
type call struct{ node, edge int32 }

func (t *tarjan) enter(n int32) {
	t.next++
	t.index[n], t.low[n], t.on[n] = t.next, t.next, true
	t.stack = append(t.stack, n)
	from, _ := t.g.needs.of(n)
	t.calls = append(t.calls, call{n, from})
}

func (t *tarjan) visit(root int32) {
	t.enter(root)
	for len(t.calls) > 0 {
		c := &t.calls[len(t.calls)-1]
		n := c.node
		if _, to := t.g.needs.of(n); c.edge < to {
			m := t.g.needs.to[c.edge]
			c.edge++
			switch {
			case t.index[m] == 0:
				t.enter(m)
			case t.on[m]:
				t.low[n] = min(t.low[n], t.index[m])
			}
			continue
		}
		t.leave(n)
	}
}

// leave ends the visit of a node: what stands above it on the stack, when nothing leads further back, depends on itself.
func (t *tarjan) leave(n int32) {
	t.calls = t.calls[:len(t.calls)-1]
	if len(t.calls) > 0 {
		before := t.calls[len(t.calls)-1].node
		t.low[before] = min(t.low[before], t.low[n])
	}
	if t.low[n] != t.index[n] {
		return
	}
	i := len(t.stack) - 1
	for t.stack[i] != n { // from the end: the stack may be as long as there are systems
		i--
	}
	part := slices.Clone(t.stack[i:])
	t.stack = t.stack[:i]
	for _, m := range part {
		t.on[m] = false
	}
	if len(part) > 1 {
		slices.Sort(part)
		t.loops = append(t.loops, part)
	}
}

// NeedsOf gives the nodes that a node depends on directly.
func (g *Graph) NeedsOf(n int32) []int32 {
	from, to := g.needs.of(n)
	return g.needs.to[from:to]
}
