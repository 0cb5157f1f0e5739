// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
)

// Comparison is a catalogue beside the same one with a draft laid over it. It is made once for a draft and used by many goroutines.
type Comparison struct {
	Base, Draft *requirement.Engine
	On          civil.Date
	baseDay     *requirement.Day
	draftDay    *requirement.Day
	changes     []catalogue.Change
	// requirements and laws tell, by the place in the base catalogue, the place in the draft's (-1 when it is gone), and the other way round.
	requirements, laws places
}

// places pairs the rows of two catalogues.
type places struct {
	there, back []int
	// touched are the places in the draft's catalogue of rows that differ.
	touched []bool
}

// Compare prepares a comparison on a day; zero is the day when everything that the draft adds or changes is in force, but no earlier than today.
func Compare(base *requirement.Engine, draft *catalogue.Catalogue, on, today civil.Date) *Comparison {
	c := &Comparison{Base: base, Draft: requirement.NewEngine(draft), On: on, changes: catalogue.Diff(base.Catalogue, draft)}
	if on.IsZero() {
		c.On = today
		for _, ch := range c.changes {
			if l, ok := draft.Law(ch.ID); ok && ch.Kind == "law" && c.On.Before(l.From) {
				c.On = l.From
			}
		}
	}
	c.baseDay, c.draftDay = base.At(c.On), c.Draft.At(c.On)
	touched := map[string]bool{}
	for _, ch := range c.changes {
		touched[ch.Kind+" "+ch.ID] = true
	}
	c.requirements = pair(base.Catalogue.Requirements, draft.Requirements, func(r *catalogue.Requirement) string { return r.ID },
		func(id string) bool { return touched["requirement "+id] })
	c.laws = pair(base.Catalogue.Laws, draft.Laws, func(l *catalogue.Law) string { return l.ID }, func(id string) bool { return touched["law "+id] })
	return c
}

func pair[T any](base, draft []T, id func(*T) string, touched func(id string) bool) places {
	p := places{there: make([]int, len(base)), back: make([]int, len(draft)), touched: make([]bool, len(draft))}
	at := make(map[string]int, len(draft))
	for i := range draft {
		at[id(&draft[i])], p.back[i], p.touched[i] = i, -1, touched(id(&draft[i]))
	}
	for i := range base {
		n, ok := at[id(&base[i])]
		if p.there[i] = n; !ok {
			p.there[i] = -1
			continue
		}
		p.back[n] = i
	}
	return p
}

// Delta is what a draft changes for one system. Gained and Kept are places in the draft's catalogue, Lost in the base's.
type Delta struct{ Gained, Kept, Lost []int }

// Empty reports whether nothing changes.
func (d *Delta) Empty() bool { return len(d.Gained)+len(d.Kept)+len(d.Lost) == 0 }

// difference tells what differs between what applied and what would apply.
func (p *places) difference(before, after requirement.Bits) Delta {
	var d Delta
	for i, back := range p.back {
		switch applies := after.Has(i); {
		case !applies:
		case back < 0 || !before.Has(back):
			d.Gained = append(d.Gained, i)
		case p.touched[i]:
			d.Kept = append(d.Kept, i)
		}
	}
	for i, there := range p.there {
		if before.Has(i) && (there < 0 || !after.Has(there)) {
			d.Lost = append(d.Lost, i)
		}
	}
	return d
}

// Deriving has room for deriving one system at a time on both sides. Make one for each goroutine.
type Deriving struct {
	c             *Comparison
	before, after *requirement.Outcome
}

// Deriving makes room.
func (c *Comparison) Deriving() *Deriving {
	return &Deriving{c, c.Base.NewOutcome(), c.Draft.NewOutcome()}
}

// Of derives a system on both sides, and gives what differs: of requirements and of laws in force.
func (d *Deriving) Of(before, after *requirement.Subject) (requirements, laws Delta) {
	d.c.Base.DeriveSubject(before, d.c.baseDay, d.before)
	d.c.Draft.DeriveSubject(after, d.c.draftDay, d.after)
	return d.c.requirements.difference(d.before.Requirements, d.after.Requirements), d.c.laws.difference(d.before.Laws, d.after.Laws)
}

// counting adds up what a draft changes.
type counting struct {
	c *Comparison
	// by draft place, and what is gone by base place.
	requirements, goneRequirements, laws, goneLaws []Row
	systems, affected                              int
}

func (c *Comparison) counting() *counting {
	return &counting{
		c: c, requirements: make([]Row, len(c.requirements.back)), goneRequirements: make([]Row, len(c.requirements.there)),
		laws: make([]Row, len(c.laws.back)), goneLaws: make([]Row, len(c.laws.there)),
	}
}

// lost finds the row of what is lost: the draft's own, or that of what is gone.
func lost(p *places, rows, gone []Row, i int) *Row {
	if there := p.there[i]; there >= 0 {
		return &rows[there]
	}
	return &gone[i]
}

// add counts n systems alike.
func (k *counting) add(requirements, laws *Delta, n int) {
	k.systems += n
	if !requirements.Empty() {
		k.affected += n
	}
	count := func(p *places, rows, gone []Row, d *Delta) {
		for _, i := range d.Gained {
			rows[i].Gained += n
		}
		for _, i := range d.Kept {
			rows[i].Kept += n
		}
		for _, i := range d.Lost {
			lost(p, rows, gone, i).Lost += n
		}
	}
	count(&k.c.requirements, k.requirements, k.goneRequirements, requirements)
	count(&k.c.laws, k.laws, k.goneLaws, laws)
}

// merge adds what another has counted.
func (k *counting) merge(o *counting) {
	k.systems, k.affected = k.systems+o.systems, k.affected+o.affected
	for _, both := range [][2][]Row{{k.requirements, o.requirements}, {k.goneRequirements, o.goneRequirements}, {k.laws, o.laws}, {k.goneLaws, o.goneLaws}} {
		for i := range both[0] {
			to, from := &both[0][i], &both[1][i]
			to.Gained, to.Lost, to.Kept = to.Gained+from.Gained, to.Lost+from.Lost, to.Kept+from.Kept
			to.Municipalities += from.Municipalities
			to.Gap.add(from.Gap)
		}
	}
}

// outcome lists the rows that are changed or that reach other systems: what is new first, then what is changed, gone, and the rest.
func (k *counting) outcome() Outcome {
	c := k.c
	out := Outcome{Base: c.Base.Catalogue.Edition, Edition: c.Draft.Catalogue.Edition, On: c.On, Systems: k.systems, Affected: k.affected}
	told := map[string]*catalogue.Change{}
	for i := range c.changes {
		ch := &c.changes[i]
		if ch.Kind == "law" || ch.Kind == "requirement" {
			told[ch.Kind+" "+ch.ID] = ch
		} else {
			out.Others = append(out.Others, *ch)
		}
	}
	list := func(to *[]Row, kind, id string, r *Row) {
		ch := told[kind+" "+id]
		if ch == nil && r.Affected() == 0 {
			return
		}
		row := *r
		row.ID, row.What = id, Reached
		if ch != nil {
			row.What, row.Fields, row.Effect = ch.What, ch.Fields, ch.Effect
		}
		*to = append(*to, row)
	}
	for i := range c.Draft.Catalogue.Requirements {
		list(&out.Requirements, "requirement", c.Draft.Catalogue.Requirements[i].ID, &k.requirements[i])
	}
	for i, there := range c.requirements.there {
		if there < 0 {
			list(&out.Requirements, "requirement", c.Base.Catalogue.Requirements[i].ID, &k.goneRequirements[i])
		}
	}
	for i := range c.Draft.Catalogue.Laws {
		list(&out.Laws, "law", c.Draft.Catalogue.Laws[i].ID, &k.laws[i])
	}
	for i, there := range c.laws.there {
		if there < 0 {
			list(&out.Laws, "law", c.Base.Catalogue.Laws[i].ID, &k.goneLaws[i])
		}
	}
	for i := range out.Requirements {
		out.Gap.add(out.Requirements[i].Gap)
	}
	order := []string{catalogue.Added, catalogue.Changed, catalogue.Replaced, catalogue.Removed, Reached}
	for _, rows := range [][]Row{out.Requirements, out.Laws} {
		slices.SortStableFunc(rows, func(a, b Row) int { return slices.Index(order, a.What) - slices.Index(order, b.What) })
	}
	return out
}
