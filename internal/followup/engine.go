// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
)

// Engine counts rows by a catalogue's indicators. It never changes and may be shared.
type Engine struct {
	Catalogue *catalogue.Catalogue
	// Indicators are those that are computed, in the catalogue's order.
	Indicators []*catalogue.Indicator
	rules      []compiled
}

// compiled is an indicator's rules as bits.
type compiled struct {
	kind         Kind
	counted, met rule
	// one says that one met row settles the answer of the whole municipality.
	one bool
}

// rule holds when each of its groups does.
type rule []group

// group holds when one of its facts is yes, or one of those to be absent is no.
type group struct{ yes, no Facts }

// NewEngine compiles a catalogue's indicators.
func NewEngine(c *catalogue.Catalogue) *Engine {
	e := &Engine{Catalogue: c}
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		if !ind.Computed() {
			continue
		}
		e.Indicators = append(e.Indicators, ind)
		e.rules = append(e.rules, compiled{
			Kind(slices.Index(catalogue.RowKinds, ind.Of)), compile(ind.Counted), compile(ind.Met),
			settledByOne(ind.Answer),
		})
	}
	return e
}

// settledByOne reports whether one met row settles an answer.
func settledByOne(answer string) bool {
	return answer == catalogue.AnswerAny || answer == catalogue.AnswerNone
}

func compile(r catalogue.Rule) rule {
	out := make(rule, len(r.Groups))
	for i, g := range r.Groups {
		for _, n := range g.Yes {
			out[i].yes |= 1 << n
		}
		for _, n := range g.No {
			out[i].no |= 1 << n
		}
	}
	return out
}

// holds weighs a rule against what is yes and what is no. It allocates nothing: it is run for every row of every municipality.
func (r rule) holds(yes, no Facts) catalogue.Truth {
	truth := catalogue.Yes
	for i := range r {
		g := &r[i]
		if g.yes&yes|g.no&no != 0 {
			continue
		}
		if g.yes&^no|g.no&^yes == 0 {
			return catalogue.No
		}
		truth = catalogue.Maybe
	}
	return truth
}

// weigh tells how one row falls out for one indicator in one series. What may be counted is counted, as unknown; but where one met row settles
// the answer, a row that is known not to be met says the same whether it is counted or not, and leaves nothing unknown.
func (c *compiled) weigh(r *Row, s Series) (counted bool, met catalogue.Truth) {
	switch c.counted.holds(r.Yes[s], r.No[s]) {
	case catalogue.No:
		return false, catalogue.No
	case catalogue.Maybe:
		if c.one && c.met.holds(r.Yes[s], r.No[s]) == catalogue.No {
			return false, catalogue.No
		}
		return true, catalogue.Maybe
	default:
		return true, c.met.holds(r.Yes[s], r.No[s])
	}
}

// Tallies are the tallies of one organisation, by indicator and series.
type Tallies [][NumSeries]Tally

// Tally counts the rows of one organisation.
func (e *Engine) Tally(rows []Row) Tallies {
	out := make(Tallies, len(e.rules))
	e.tally(rows, out)
	return out
}

func (e *Engine) tally(rows []Row, out Tallies) {
	for i := range e.rules {
		c := &e.rules[i]
		t := &out[i]
		for j := range rows {
			if rows[j].Kind != c.kind {
				continue
			}
			for s := range Series(NumSeries) {
				t[s].add(c, &rows[j], s)
			}
		}
	}
}

func (t *Tally) add(c *compiled, r *Row, s Series) {
	n := int64(r.N)
	t.Rows += n
	counted, met := c.weigh(r, s)
	switch {
	case !counted:
	case met == catalogue.Yes:
		t.Yes += n
	case met == catalogue.No:
		t.No += n
	default:
		t.Unknown += n
	}
}

// Value is an indicator's value in one series.
type Value struct {
	Indicator  string
	Definition int
	Series     Series
	Count
}

// Values are the values that tallies give. What has nothing to count has no value.
func (e *Engine) Values(t Tallies) []Value {
	var out []Value
	for i, ind := range e.Indicators {
		for s := range Series(NumSeries) {
			if c := t[i][s].Count(ind.Answer); c.Known() {
				out = append(out, Value{ind.ID, ind.Definition, s, c})
			}
		}
	}
	return out
}

// Compute gives the values of one organisation's rows.
func (e *Engine) Compute(rows []Row) []Value { return e.Values(e.Tally(rows)) }

// Index finds an indicator's place among those that are computed.
func (e *Engine) Index(id string) (int, bool) {
	i := slices.IndexFunc(e.Indicators, func(x *catalogue.Indicator) bool { return x.ID == id })
	return i, i >= 0
}

// Weigh tells how one row falls out for the indicator at i: whether it is counted, and whether it is met.
func (e *Engine) Weigh(i int, r *Row, s Series) (counted bool, met catalogue.Truth) {
	if r.Kind != e.rules[i].kind {
		return false, catalogue.No
	}
	return e.rules[i].weigh(r, s)
}
