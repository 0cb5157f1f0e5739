// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"math/bits"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
)

// Bits is a set of requirements or laws by their place in the catalogue.
type Bits []uint64

// Has reports whether i is in the set.
func (b Bits) Has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// Count is how many there are.
func (b Bits) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b Bits) set(i int) { b[i/64] |= 1 << (i % 64) }

// within reports whether everything in the set is in the other too.
func (b Bits) within(o Bits) bool {
	for w := range b {
		if b[w]&^o[w] != 0 {
			return false
		}
	}
	return true
}

func newBits(n int) Bits { return make(Bits, (n+63)/64) }

// Engine derives which rules and requirements apply. It is made once for a catalogue and used by many goroutines: the conditions
// are compiled, equal ones are weighed once, and the rows they decide are sets of bits.
type Engine struct {
	Catalogue *catalogue.Catalogue

	conditions []compiled
	words      int // of a set of requirements
	lawWords   int
	lawIndex   map[string]int
	// without are the rows that need no level; reached[a][s] those that an aspect at step s reaches.
	without Bits
	reached [catalogue.NumAspects][catalogue.NumSteps]Bits
	// always and alwaysLaws are the rows without a condition.
	always, alwaysLaws Bits
	// dated are the rows that rest on law alone, so that a day may take their ground away.
	dated []datedRow
}

// compiled is one distinct condition and the rows that stand or fall with it.
type compiled struct {
	condition          catalogue.Condition
	requirements, laws Bits
}

type datedRow struct {
	index int
	laws  Bits
}

// NewEngine compiles a catalogue.
func NewEngine(c *catalogue.Catalogue) *Engine {
	e := &Engine{Catalogue: c, without: newBits(len(c.Requirements)), always: newBits(len(c.Requirements)), alwaysLaws: newBits(len(c.Laws))}
	e.words, e.lawWords = len(e.without), len(e.alwaysLaws)
	for a := range e.reached {
		for s := range e.reached[a] {
			e.reached[a][s] = newBits(len(c.Requirements))
		}
	}
	at := map[string]int{}
	find := func(cond catalogue.Condition) *compiled {
		i, ok := at[cond.String()]
		if !ok {
			i = len(e.conditions)
			at[cond.String()] = i
			e.conditions = append(e.conditions, compiled{cond, newBits(len(c.Requirements)), newBits(len(c.Laws))})
		}
		return &e.conditions[i]
	}
	e.lawIndex = make(map[string]int, len(c.Laws))
	for i := range c.Laws {
		e.lawIndex[c.Laws[i].ID] = i
		if c.Laws[i].When.Always() {
			e.alwaysLaws.set(i)
		} else {
			find(c.Laws[i].When).laws.set(i)
		}
	}
	for i := range c.Requirements {
		r := &c.Requirements[i]
		if r.When.Always() {
			e.always.set(i)
		} else {
			find(r.When).requirements.set(i)
		}
		e.compileTriggers(i, r)
		e.compileDates(i, r)
	}
	return e
}

func (e *Engine) compileTriggers(i int, r *catalogue.Requirement) {
	if !triggered(r) {
		e.without.set(i)
		return
	}
	for a, least := range r.Trigger {
		if least == catalogue.Unset {
			continue
		}
		for s := least; int(s) < catalogue.NumSteps; s++ {
			e.reached[a][s].set(i)
		}
	}
}

// compileDates notes a row that rests on law alone.
func (e *Engine) compileDates(i int, r *catalogue.Requirement) {
	if triggered(r) || len(r.Laws) == 0 {
		return
	}
	row := datedRow{index: i, laws: newBits(len(e.Catalogue.Laws))}
	for _, id := range r.Laws {
		if n, ok := e.lawIndex[id]; ok {
			row.laws.set(n)
		}
	}
	e.dated = append(e.dated, row)
}

// triggered reports whether a row needs some level to be reached.
func triggered(r *catalogue.Requirement) bool {
	return r.Trigger != [catalogue.NumAspects]catalogue.Step{}
}

// Day is what the engine needs to know about a day. It is made once and used for every system.
type Day struct {
	Date    civil.Date
	inForce Bits
	// gated are the dated rows of which some law is not in force on the day. The others stand, whoever the subject is.
	gated []datedRow
}

// At prepares a day.
func (e *Engine) At(date civil.Date) *Day {
	d := &Day{Date: date, inForce: newBits(len(e.Catalogue.Laws))}
	for i := range e.Catalogue.Laws {
		if s := InForce(&e.Catalogue.Laws[i], date); s == Current || s == Unchecked {
			d.inForce.set(i)
		}
	}
	for _, row := range e.dated {
		if !row.laws.within(d.inForce) {
			d.gated = append(d.gated, row)
		}
	}
	return d
}

// Outcome is what applies to one subject. Make it with NewOutcome and use it again: Derive allocates nothing.
type Outcome struct {
	// Requirements and Laws apply, for certain or perhaps.
	Requirements, Laws Bits
	// Certain and CertainLaws are those that do not hang on a question that nobody has settled.
	Certain, CertainLaws Bits
}

// NewOutcome makes an empty outcome of the right size.
func (e *Engine) NewOutcome() *Outcome {
	return &Outcome{
		Requirements: make(Bits, e.words), Laws: make(Bits, e.lawWords),
		Certain: make(Bits, e.words), CertainLaws: make(Bits, e.lawWords),
	}
}

// Derive works out which laws and requirements apply to a subject with the given facts and levels, on a day. A row applies when
// its condition holds, at least perhaps, and either it names no level or some level it names is reached.
func (e *Engine) Derive(facts *catalogue.Facts, steps [catalogue.NumAspects]catalogue.Step, day *Day, out *Outcome) {
	copy(out.Requirements, e.always)
	copy(out.Certain, e.always)
	copy(out.Laws, e.alwaysLaws)
	copy(out.CertainLaws, e.alwaysLaws)
	for i := range e.conditions {
		c := &e.conditions[i]
		truth := c.condition.Holds(facts)
		if truth == catalogue.No {
			continue
		}
		or(out.Requirements, c.requirements)
		or(out.Laws, c.laws)
		if truth == catalogue.Yes {
			or(out.Certain, c.requirements)
			or(out.CertainLaws, c.laws)
		}
	}
	k, r, t, s := e.reached[0][steps[0]], e.reached[1][steps[1]], e.reached[2][steps[2]], e.reached[3][steps[3]]
	for w := range out.Requirements {
		mask := e.without[w] | k[w] | r[w] | t[w] | s[w]
		out.Requirements[w] &= mask
		out.Certain[w] &= mask
	}
	for i := range day.gated {
		gate(&day.gated[i], day, out)
	}
}

// gate takes away a row that rests on law alone when every one of its laws that concerns the subject is not in force on the day.
func gate(row *datedRow, day *Day, out *Outcome) {
	concerns := false
	for w := range row.laws {
		fires := row.laws[w] & out.Laws[w]
		if fires&day.inForce[w] != 0 {
			return
		}
		concerns = concerns || fires != 0
	}
	if concerns {
		out.Requirements[row.index/64] &^= 1 << (row.index % 64)
		out.Certain[row.index/64] &^= 1 << (row.index % 64)
	}
}

func or(dst, src Bits) {
	for w := range dst {
		dst[w] |= src[w]
	}
}
