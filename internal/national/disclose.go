// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"math"
	"slices"

	"github.com/insegel/insegel/internal/followup"
)

// quartilesFrom is how many municipalities quartiles stand on at least.
const quartilesFrom = 10

// Reason says why a figure is not published; empty when it is.
type Reason string

// The reasons.
const (
	Few        Reason = "few"        // it stands on fewer than Threshold
	FewHidden  Reason = "few-hidden" // of those it stands on, fewer than Threshold are not shown by themselves
	Dominated  Reason = "dominated"  // one of them is more than half
	Unanimous  Reason = "unanimous"  // all of them are alike, so that it tells what each has answered
	Complement Reason = "complement" // else what is hidden could be had by subtraction
	Difference Reason = "difference" // it differs by too few from what has been published
)

// Part is what one municipality contributes.
type Part struct {
	// At is the municipality's number.
	At int
	followup.Count
	// Shown says that it has agreed to be shown by itself.
	Shown bool
}

// Group is the municipalities of one cell, by the name of the group.
type Group struct {
	Name  string
	Parts []Part
}

// Cell is a group's figure as it is published, or the reason why it is not.
type Cell struct {
	Group string
	// Members are those whose values it sums, or would. Newcomers who are too few wait.
	Members  int
	Sum      followup.Count
	Quartile [3]float64
	// Quartiles says that there are enough for quartiles.
	Quartiles bool
	Why       Reason
	// Hidden are the members who are not shown by themselves: the set that must not be taken apart.
	Hidden Set

	parts []Part
}

// Published reports whether the figure is shown.
func (c *Cell) Published() bool { return c.Why == "" }

// Table is one indicator's figures in one series and period: all together, and by each way of grouping. The groups of one way do not overlap.
type Table struct {
	Whole  Group
	Splits []Split
}

// Split is one way of grouping, such as by county.
type Split struct {
	Name   string
	Groups []Group
}

// Disclosed is a table as it is published.
type Disclosed struct {
	Whole  Cell
	Splits map[string][]Cell
}

// Disclose decides what of a table can be published after all that has been, and remembers it in the ledger.
func (l *Ledger) Disclose(t *Table) Disclosed {
	out := Disclosed{Whole: l.fit(&t.Whole), Splits: map[string][]Cell{}}
	if out.Whole.Published() && !l.Admit(out.Whole.Hidden) {
		out.Whole.hide(Difference)
	}
	for i := range t.Splits {
		out.Splits[t.Splits[i].Name] = l.split(&out.Whole, t.Splits[i].Groups)
	}
	return out
}

// split decides about the groups of one way of grouping.
func (l *Ledger) split(whole *Cell, groups []Group) []Cell {
	cells := make([]Cell, len(groups))
	for i := range groups {
		cells[i] = l.fit(&groups[i])
	}
	for {
		complement(whole, cells)
		trial := l.clone()
		refused := slices.IndexFunc(cells, func(c Cell) bool { return c.Published() && !trial.Admit(c.Hidden) })
		if refused < 0 {
			*l = *trial
			break
		}
		cells[refused].hide(Difference)
	}
	return cells
}

// fit makes a cell of a group: of the members that can be published, if they are safe.
func (l *Ledger) fit(g *Group) Cell {
	c := Cell{Group: g.Name, Hidden: newSet(l.size)}
	for _, p := range g.Parts {
		if !p.Shown {
			c.Hidden.add(p.At)
		}
	}
	fit, ok := l.Fit(c.Hidden)
	c.parts = g.Parts
	if ok && fit.Len() < c.Hidden.Len() {
		c.Hidden = fit
		c.parts = slices.DeleteFunc(slices.Clone(g.Parts), func(p Part) bool { return !p.Shown && !fit.has(p.At) })
	}
	if why := unsafe(c.parts); why != "" {
		c.hide(why)
		return c
	}
	if !ok {
		c.hide(Difference)
		return c
	}
	c.sum()
	return c
}

// unsafe says why a sum over the parts would tell too much; empty when it would not.
func unsafe(parts []Part) Reason {
	hidden := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Shown })
	switch {
	case len(parts) < Threshold:
		return Few
	case len(hidden) == 0:
		return "" // whoever is in it is shown by itself
	case len(hidden) < Threshold:
		return FewHidden
	case dominated(hidden):
		return Dominated
	case unanimous(hidden):
		return Unanimous
	}
	return ""
}

// dominated reports whether one part is more than half of all.
func dominated(parts []Part) bool {
	var all, most int64
	for _, p := range parts {
		all += p.Denominator
		most = max(most, p.Denominator)
	}
	return 2*most > all
}

// unanimous reports whether in every part all that is known is met, or nothing is met: the sum then tells it of each.
func unanimous(parts []Part) bool {
	all, none := true, true
	for _, p := range parts {
		all = all && p.Numerator == p.Denominator-p.Unknown
		none = none && p.Numerator == 0
	}
	return all || none
}

// complement hides more groups until what is hidden cannot be had by taking the published groups from the whole.
func complement(whole *Cell, cells []Cell) {
	if !whole.Published() {
		return
	}
	for {
		rest := remainder(whole, cells)
		if len(rest) == 0 || unsafe(rest) == "" {
			return
		}
		smallest := -1
		for i := range cells {
			if cells[i].Published() && (smallest < 0 || cells[i].Members < cells[smallest].Members) {
				smallest = i
			}
		}
		if smallest < 0 {
			return // the whole is all that is published
		}
		cells[smallest].hide(Complement)
	}
}

// remainder are the hidden parts of the whole that no published group sums.
func remainder(whole *Cell, cells []Cell) []Part {
	var rest []Part
	for _, p := range whole.parts {
		in := slices.ContainsFunc(cells, func(c Cell) bool { return c.Published() && c.Hidden.has(p.At) })
		if !in && !p.Shown {
			rest = append(rest, p)
		}
	}
	return rest
}

// hide takes the figure away and leaves the reason, and how many it would have stood on: who takes part is no secret.
func (c *Cell) hide(why Reason) {
	*c = Cell{Group: c.Group, Members: len(c.parts), Why: why, Hidden: c.Hidden, parts: c.parts}
}

// sum adds the parts up.
func (c *Cell) sum() {
	c.Members = len(c.parts)
	shares := make([]float64, len(c.parts))
	for i, p := range c.parts {
		c.Sum.Add(p.Count)
		shares[i] = p.Percent()
	}
	if c.Quartiles = len(shares) >= quartilesFrom; c.Quartiles {
		slices.SortFunc(shares, cmp.Compare)
		for q := range c.Quartile {
			c.Quartile[q] = quantile(shares, float64(q+1)/4)
		}
	}
}

// quantile gives a quantile of sorted values in whole percent: a sharper figure could be one municipality's own.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return math.Round(sorted[low] + (at-float64(low))*(sorted[high]-sorted[low]))
}
