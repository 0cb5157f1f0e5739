// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// becauseDependency is the kind of a reason that is another system's need.
const becauseDependency = "dependency"

// Inherited is what a system needs because something that depends on it does (Swedish: nedärvt behov).
type Inherited struct {
	// Need is higher than the system's own of the aspect; Unset says that nothing higher is inherited.
	Need catalogue.Step
	// Path are the names from the system whose need it is to the one that inherits it. A name that the reader may not know is empty. Without
	// texts there is no path.
	Path []string
}

// inheritance is what some systems inherit, and over which others.
type inheritance struct {
	graph   *system.Graph
	needs   *system.Inheritance
	own     map[string]system.Steps
	names   map[string]string // of the systems on the ways, those that the reader reaches
	explain bool
}

// inherit works out what systems inherit, from the dependencies that bear on them and the needs of what depends on them. The material's
// own needs are there already; those of the others are read, as levels alone.
func (s *Service) inherit(ctx context.Context, tx *db.Tx, systems []system.System, m *material) (*inheritance, error) {
	list := make([]ids.ID[system.System], len(systems))
	h := &inheritance{own: make(map[string]system.Steps, len(systems)), explain: m.texts != nil}
	for i := range systems {
		list[i] = systems[i].ID
		h.own[list[i].String()] = ownSteps(&m.needs[i])
	}
	var err error
	if h.graph = m.web; h.graph == nil {
		if h.graph, err = system.Bearing(ctx, tx, tx.Scope, list); err != nil {
			return nil, err
		}
	}
	if err := s.readNeeds(ctx, tx, h, m); err != nil {
		return nil, err
	}
	h.needs = h.graph.Inherit(func(n int32) system.Steps { return h.own[h.graph.ID(n)] })
	if !h.explain {
		return h, nil
	}
	var asked []ids.ID[system.System]
	for _, id := range list {
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			for _, n := range h.way(id.String(), a) {
				asked = append(asked, ids.ID[system.System](h.graph.ID(n)))
			}
		}
	}
	h.names, err = system.Called(ctx, tx, tx.Scope, m.reach, asked)
	return h, err
}

// readNeeds reads what the systems of the graph need that are not among those that are derived.
func (s *Service) readNeeds(ctx context.Context, tx *db.Tx, h *inheritance, m *material) error {
	var others []ids.ID[system.System]
	for n := range int32(h.graph.Len()) { //nolint:gosec // numbered by NewGraph
		if _, ok := h.own[h.graph.ID(n)]; !ok {
			others = append(others, ids.ID[system.System](h.graph.ID(n)))
		}
	}
	if len(others) == 0 {
		return nil
	}
	states, err := classification.States(ctx, tx, tx.Scope, others)
	if err != nil {
		return err
	}
	held, err := system.Types(ctx, tx, tx.Scope, others)
	if err != nil {
		return err
	}
	models, err := s.models(ctx, tx, tx.Scope, states)
	if err != nil {
		return err
	}
	for _, id := range others {
		state := states[id]
		if len(held[id]) > 0 || state.Effective() != nil {
			need := m.assess(held[id], &state, models, nil)
			h.own[id.String()] = ownSteps(&need)
		}
	}
	return nil
}

// assess works out the need of a system from what it holds and how it is classified.
func (m *material) assess(held []information.Held, state *classification.State, models map[string]*catalogue.Model, l *locale.Localizer) classification.Need {
	c := state.Effective()
	return classification.Assess(classification.Input{
		Model: models[modelKey(c)], Information: held, Classification: c, Catalogue: m.engine.Catalogue, Today: m.today, Texts: l,
	})
}

// ownSteps are the needs that a system passes on. Of one that is stopped nothing is told, not by what others inherit either.
func ownSteps(n *classification.Need) system.Steps {
	if n.Stop {
		return system.Steps{}
	}
	return n.Steps()
}

// way gives the nodes that a need comes over, from where it is its own; nil when the system inherits nothing higher than its own.
func (h *inheritance) way(id string, a catalogue.Aspect) []int32 {
	n, ok := h.graph.Node(id)
	if !ok || h.needs.Steps(n)[a] <= h.own[id][a] {
		return nil
	}
	return h.needs.Path(n, a)
}

// of gives what a system inherits, by aspect.
func (h *inheritance) of(id ids.ID[system.System]) (out [catalogue.NumAspects]Inherited) {
	if h == nil {
		return out
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		way := h.way(id.String(), a)
		if way == nil {
			continue
		}
		n := way[len(way)-1]
		out[a].Need = h.needs.Steps(n)[a]
		if !h.explain {
			continue
		}
		for _, at := range way {
			out[a].Path = append(out[a].Path, h.names[h.graph.ID(at)])
		}
	}
	return out
}

// becauseInherited tells that a need which the system inherits reaches what the requirement asks, when its own does not.
func becauseInherited(r *catalogue.Requirement, a catalogue.Aspect, s *Subject, l *locale.Localizer) (catalogue.Because, bool) {
	least, in := r.Trigger[a], &s.Inherited[a]
	if least == catalogue.Unset || in.Need < least || len(in.Path) == 0 || s.own(a) >= least {
		return catalogue.Because{}, false
	}
	lang := catalogue.Lang(l.Lang)
	aspect := a.Letter(lang)
	if s.Model != nil {
		if named, ok := s.Model.Aspect(a); ok {
			aspect = named.Name.In(lang)
		}
	}
	names := make([]string, len(in.Path))
	for i, name := range in.Path {
		if names[i] = name; name == "" {
			names[i] = l.T("requirement.elsewhere")
		}
	}
	text := l.T("requirement.because-inherited", "Aspect", aspect, "Need", l.T("requirement.step-"+in.Need.String()), "Source", names[0],
		"Path", strings.Join(names, " → "), "Least", l.T("requirement.step-"+least.String()))
	return catalogue.Because{Kind: becauseDependency, Ref: a.String(), Text: text}, true
}
