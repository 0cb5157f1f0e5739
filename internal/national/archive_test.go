// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
)

// shelf keeps what has been published in memory, as the database does, for tests that publish much.
type shelf struct {
	catalogue *catalogue.Catalogue
	releases  []Release
	cells     map[int64][]published
	shown     map[string]int64
	figures   map[Period]map[string]map[string]string
}

func newShelf(c *catalogue.Catalogue) *shelf {
	return &shelf{c, nil, map[int64][]published{}, map[string]int64{}, map[Period]map[string]map[string]string{}}
}

// publish decides about a period as the service does, and keeps it. Figures are by municipality.
func (b *shelf) publish(p Period, all map[string]standing, figures map[string][]Figure) []published {
	r := Release{Number: int64(len(b.releases)) + 1, Period: p, Municipalities: len(all), Basis: map[string]string{}}
	if b.figures[p] == nil {
		b.figures[p] = map[string]map[string]string{}
	}
	said := map[string]Submission{}
	var list []figure
	for code, x := range all {
		x.digest = fmt.Sprint(code, figures[code])
		r.Basis[code] = x.digest
		said[x.digest] = Submission{Indicators: figures[code]}
		for _, f := range figures[code] {
			list = append(list, figure{code, f})
		}
	}
	for name, by := range figuresBySeries(said) {
		if b.figures[p][name] == nil {
			b.figures[p][name] = map[string]string{}
		}
		for digest, f := range by {
			b.figures[p][name][digest] = f
		}
	}
	slices.SortFunc(list, compareFigures)
	a := b.archive(&r)
	cells := newPlaces(b.catalogue, all, a.shown).decide(&a, &r, list)
	b.releases, b.cells[r.Number] = append(b.releases, r), cells
	for code, x := range all {
		if x.shown {
			b.shown[code] = r.Number
		}
	}
	return cells
}

func (b *shelf) archive(r *Release) archive {
	a := archive{shown: b.shown, figures: b.figures[r.Period]}
	for i := range b.releases {
		old := &b.releases[i]
		var bases, sets []summed
		for j := range b.cells[old.Number] {
			c := &b.cells[old.Number][j]
			if c.Published() && c.Kept == 0 {
				name := SeriesName(c.Indicator, c.Definition, c.Series)
				bases = append(bases, summed{name, codesOf(b.catalogue, c.Base), old.Number})
				sets = append(sets, summed{name, codesOf(b.catalogue, c.Hidden), old.Number})
			}
		}
		a.bases, a.sets = append(a.bases, bases...), append(append(a.sets, bases...), sets...)
		if old.Period == r.Period {
			a.before, a.cells = old.Number, b.cells[old.Number]
			a.earlier = append(a.earlier, earlier{old.Basis, append(slices.Clone(bases), sets...)})
		}
	}
	return a
}
