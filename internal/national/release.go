// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
)

// The ways that municipalities are grouped. Whole is all of them.
const (
	Whole    = "all"
	ByCounty = "county"
	BySize   = "size"
)

// Release is a publication of one period (Swedish: publicering). It never changes; a correction comes with the next one.
type Release struct {
	Number int64
	Period Period
	// Municipalities is how many had submitted.
	Municipalities int
	// Basis are the submissions that it stands on, by municipality.
	Basis map[string]string
}

// due reports whether a period is to be released again: when something has come, and not from so few that what differs tells theirs.
func due(before, now map[string]string) bool {
	changed := 0
	for code, digest := range now {
		if before[code] != digest {
			changed++
		}
	}
	for code := range before {
		if _, still := now[code]; !still {
			changed++
		}
	}
	return changed >= Threshold || len(before) == 0 && changed > 0
}

// tooFewCorrect reports whether some who are not shown by themselves have corrected theirs, and too few of them, with too few newcomers, for
// the whole to be told again without telling what they changed.
func tooFewCorrect(before map[string]string, now map[string]standing) bool {
	corrected, come := 0, 0
	for code, x := range now {
		switch digest, was := before[code]; {
		case x.shown:
		case !was:
			come++
		case digest != x.digest:
			corrected++
		}
	}
	return len(before) > 0 && corrected > 0 && corrected < Threshold && come < Threshold
}

// published is one cell of a release, with the series that it belongs to.
type published struct {
	Indicator  string
	Definition int
	Series     string
	Split      string
	Cell
}

// places are where municipalities are counted.
type places struct {
	catalogue *catalogue.Catalogue
	number    map[string]int
	standing  map[string]standing
}

func newPlaces(c *catalogue.Catalogue, all map[string]standing) *places {
	p := &places{catalogue: c, number: map[string]int{}, standing: all}
	for i := range c.Municipalities {
		p.number[c.Municipalities[i].Code] = i
	}
	return p
}

// set gives the municipalities with some codes as a set.
func (p *places) set(codes []string) Set {
	out := newSet(len(p.catalogue.Municipalities))
	for _, code := range codes {
		if at, ok := p.number[code]; ok {
			out.add(at)
		}
	}
	return out
}

// basis gives the submissions by the municipality's number.
func (p *places) basis(of map[string]string) map[int]string {
	out := make(map[int]string, len(of))
	for code, digest := range of {
		if at, ok := p.number[code]; ok {
			out[at] = digest
		}
	}
	return out
}

// tables makes the tables of a period, one for each series, of the municipalities that know something.
func (p *places) tables(figures []figure) []series {
	var out []series
	for i := range figures {
		f := &figures[i]
		if len(out) == 0 || out[len(out)-1].Name() != f.Name() {
			out = append(out, series{Figure: f.Figure, table: Table{Whole: Group{Name: Whole}, Splits: p.splits()}})
		}
		s := &out[len(out)-1]
		at, ok := p.number[f.municipality]
		if !ok || !f.Count().Shown() {
			continue
		}
		part := Part{At: at, Count: f.Count(), Shown: p.standing[f.municipality].shown}
		s.table.Whole.Parts = append(s.table.Whole.Parts, part)
		names := [2]string{p.catalogue.Municipalities[at].County, p.standing[f.municipality].size}
		for j, name := range names {
			groups := s.table.Splits[j].Groups
			if g := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name }); g >= 0 {
				groups[g].Parts = append(groups[g].Parts, part)
			}
		}
	}
	return out
}

// series is one series of a period as it was received.
type series struct {
	Figure
	table Table
}

func (p *places) splits() []Split {
	counties := Split{Name: ByCounty}
	for _, c := range p.catalogue.Counties {
		counties.Groups = append(counties.Groups, Group{Name: c.Code})
	}
	sizes := Split{Name: BySize}
	for _, s := range Sizes {
		sizes.Groups = append(sizes.Groups, Group{Name: s})
	}
	return []Split{counties, sizes}
}

// publish decides every cell of a period.
func (l *Ledger) publish(list []series) []published {
	var out []published
	for i := range list {
		s := &list[i]
		add := func(split string, c Cell) {
			out = append(out, published{s.Indicator, s.Definition, s.Series, split, c})
		}
		d := l.Disclose(&s.table)
		add(Whole, d.Whole)
		for _, split := range s.table.Splits {
			for _, c := range d.Splits[split.Name] {
				add(split.Name, c)
			}
		}
	}
	return out
}
