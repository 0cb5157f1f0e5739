// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
)

// material is an organisation's systems, derived by the catalogue and by the draft.
type material struct {
	c             *Comparison
	before, after []requirement.View
	// shown is what is shown about each requirement of the draft, by system and place in the draft's catalogue.
	shown [][]requirement.Judged
	// what differs, by system.
	requirements, laws []Delta
	counting           *counting
	stopped            int
}

// judge finds what is shown about the draft's requirements.
func (m *material) judge(draft *requirement.Service) {
	n := len(m.c.Draft.Catalogue.Requirements)
	at := make(map[*requirement.View]int, len(m.after))
	views := make([]*requirement.View, len(m.after))
	m.shown = make([][]requirement.Judged, len(m.after))
	room := make([]requirement.Judged, n*len(m.after))
	for i := range m.after {
		views[i], at[&m.after[i]] = &m.after[i], i
		m.shown[i] = room[i*n : (i+1)*n]
	}
	draft.EachShown(views, func(v *requirement.View, r *catalogue.Requirement, shown requirement.Judged) {
		if i, ok := m.c.Draft.Catalogue.RequirementIndex(r.ID); ok {
			m.shown[at[v]][i] = shown
		}
	})
}

// count finds what differs for each system, and adds it up.
func (m *material) count() {
	d := m.c.Deriving()
	m.requirements, m.laws = make([]Delta, len(m.after)), make([]Delta, len(m.after))
	for i := range m.after {
		if m.before[i].Need.Stop || m.after[i].Need.Stop {
			m.stopped++
			continue
		}
		m.requirements[i], m.laws[i] = d.Of(&m.before[i].Subject, &m.after[i].Subject)
		m.counting.add(&m.requirements[i], &m.laws[i], 1)
		for _, n := range slices.Concat(m.requirements[i].Gained, m.requirements[i].Kept) {
			m.counting.requirements[n].Gap.count(m.shown[i][n], m.outdated(i, n), 1)
		}
	}
}

// outdated reports whether what was answered of a requirement was answered of another version of it, or of the one that it replaces.
func (m *material) outdated(system, n int) bool {
	r := &m.c.Draft.Catalogue.Requirements[n]
	answers := m.after[system].Answers
	if a, ok := answers[r.ID]; ok {
		return a.Version != r.Version && a.Status == requirement.Met
	}
	return slices.ContainsFunc(r.Replaces, func(old string) bool { return answers[old].Status == requirement.Met })
}

// explain gives each row the reason of the first system that it means something new to.
func (m *material) explain(out *Outcome, l *locale.Localizer) {
	first := map[string]int{}
	note := func(id string, i int) {
		if _, ok := first[id]; !ok {
			first[id] = i
		}
	}
	base, draft := m.c.Base.Catalogue, m.c.Draft.Catalogue
	for i := range m.after {
		for _, n := range slices.Concat(m.requirements[i].Gained, m.requirements[i].Kept) {
			note("requirement "+draft.Requirements[n].ID, i)
		}
		for _, n := range slices.Concat(m.laws[i].Gained, m.laws[i].Kept) {
			note("law "+draft.Laws[n].ID, i)
		}
	}
	for i := range m.after { // what is lost is the reason only where nothing is won
		for _, n := range m.requirements[i].Lost {
			note("requirement "+base.Requirements[n].ID, i)
		}
		for _, n := range m.laws[i].Lost {
			note("law "+base.Laws[n].ID, i)
		}
	}
	e := m.c.explaining(l)
	for i := range out.Requirements {
		r := &out.Requirements[i]
		if n, ok := first["requirement "+r.ID]; ok {
			r.Because = e.requirement(&m.before[n].Subject, &m.after[n].Subject, r.ID)
			r.Example, r.Slug = m.after[n].System.Name, m.after[n].System.Slug
		}
	}
	for i := range out.Laws {
		r := &out.Laws[i]
		if n, ok := first["law "+r.ID]; ok {
			r.Because = e.law(&m.before[n].Subject, &m.after[n].Subject, r.ID)
			r.Example, r.Slug = m.after[n].System.Name, m.after[n].System.Slug
		}
	}
}

// of lists the systems that one requirement means something new to, in the order of their names.
func (m *material) of(ref string, l *locale.Localizer) []AffectedSystem {
	there, hasDraft := m.c.Draft.Catalogue.RequirementIndex(ref)
	was, hasBase := m.c.Base.Catalogue.RequirementIndex(ref)
	e := m.c.explaining(l)
	var out []AffectedSystem
	for i := range m.after {
		d := &m.requirements[i]
		s := AffectedSystem{Name: m.after[i].System.Name, Slug: m.after[i].System.Slug, Unit: m.after[i].System.Unit}
		switch {
		case hasDraft && slices.Contains(d.Gained, there):
			s.What = Gained
		case hasDraft && slices.Contains(d.Kept, there):
			s.What = Kept
		case hasBase && slices.Contains(d.Lost, was):
			s.What = Lost
		default:
			continue
		}
		if s.What != Lost {
			s.Shown, s.Outdated = m.shown[i][there], m.outdated(i, there)
		}
		s.Because = e.requirement(&m.before[i].Subject, &m.after[i].Subject, ref)
		out = append(out, s)
	}
	return out
}
