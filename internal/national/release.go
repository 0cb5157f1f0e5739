// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
)

// The ways that municipalities are grouped. Whole is all of them.
const (
	Whole    = "all"
	ByCounty = "county"
	BySize   = "size"
	// ByGroup is by the groups of municipalities that were fetched from others and that the nation is divided by.
	ByGroup = "group"
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
	// shown is the last release in which each municipality was shown by itself. What was summed until then tells nothing more of it.
	shown map[string]int64
	// division are the groups that the nation is divided by, beside counties and sizes.
	division []MunicipalityGroup
}

func newPlaces(c *catalogue.Catalogue, all map[string]standing, shown map[string]int64) *places {
	p := &places{catalogue: c, number: map[string]int{}, standing: all, shown: shown}
	for i := range c.Municipalities {
		p.number[c.Municipalities[i].Code] = i
	}
	return p
}

func (p *places) size() int { return len(p.catalogue.Municipalities) }

// set reads a set that a release has summed, without those who are or later were shown by themselves.
func (p *places) set(codes string, release int64) Set {
	out := newSet(p.size())
	for _, code := range strings.Fields(codes) {
		at, ok := p.number[code]
		if ok && !p.standing[code].shown && p.shown[code] < release {
			out.add(at)
		}
	}
	return out
}

// figuresBySeries gives what each submission says in a series, by its digest.
func figuresBySeries(all map[string]Submission) map[string]map[string]string {
	out := map[string]map[string]string{}
	for digest, x := range all {
		for i := range x.Indicators {
			f := &x.Indicators[i]
			if out[f.Name()] == nil {
				out[f.Name()] = map[string]string{}
			}
			out[f.Name()][digest] = fmt.Sprintf("%d/%d/%d", f.Numerator, f.Denominator, f.Unknown)
		}
	}
	return out
}

// basis gives what a release stood on in one series, by the municipality's number: only who has changed that very figure has changed it.
func (p *places) basis(of, figures map[string]string) map[int]string {
	out := make(map[int]string, len(of))
	for code, digest := range of {
		if at, ok := p.number[code]; ok {
			out[at] = figures[digest]
		}
	}
	return out
}

// groups are the groups of those who have submitted, all of them first; agreed are those who are shown by themselves.
func (p *places) groups() (out []Group, agreed Set) {
	out = []Group{{Whole, Whole, newSet(p.size())}}
	for _, c := range p.catalogue.Counties {
		out = append(out, Group{ByCounty, c.Code, newSet(p.size())})
	}
	for _, s := range Sizes {
		out = append(out, Group{BySize, s, newSet(p.size())})
	}
	for i := range p.division {
		out = append(out, Group{ByGroup, p.division[i].Code, newSet(p.size())})
	}
	agreed = newSet(p.size())
	divided := p.inDivision()
	for code, x := range p.standing {
		at, ok := p.number[code]
		if !ok {
			continue
		}
		if x.shown {
			agreed.add(at)
		}
		of := map[string]string{Whole: Whole, ByCounty: p.catalogue.Municipalities[at].County, BySize: x.size, ByGroup: divided[code]}
		for i := range out {
			if of[out[i].Split] == out[i].Name {
				out[i].Members.add(at)
			}
		}
	}
	return out, agreed
}

// inDivision tells which group of the division each municipality is in.
func (p *places) inDivision() map[string]string {
	out := map[string]string{}
	for i := range p.division {
		for _, code := range p.division[i].Members {
			out[code] = p.division[i].Code
		}
	}
	return out
}

// series is one series of a period as it was received.
type series struct {
	Figure
	parts []Part
	// rule is the rule that it is held to; nothing is that of every figure.
	rule func([]Part) Reason
}

// series gathers the figures of a period, which stand in the order of their series.
func (p *places) series(figures []figure) []series {
	var out []series
	for i := range figures {
		f := &figures[i]
		if len(out) == 0 || out[len(out)-1].Name() != f.Name() {
			out = append(out, series{Figure: f.Figure})
		}
		if at, ok := p.number[f.municipality]; ok {
			s := &out[len(out)-1]
			s.parts = append(s.parts, Part{At: at, Count: f.Count(), Shown: p.standing[f.municipality].shown})
		}
	}
	return out
}

// summed is a set of municipalities, as their codes, that a release has summed in public in one series.
type summed struct {
	series, codes string
	release       int64
}

// archive is what has been published before a release.
type archive struct {
	// shown is the last release in which each municipality was shown by itself.
	shown map[string]int64
	// bases are the sets whose denominators have been summed, in any series, and sets those whose denominators or values each series has summed.
	bases, sets []summed
	// counted are those whose denominators each series has summed, where sets has values alone.
	counted []summed
	// before is the last release of the same period, 0 when there is none, cells are what it published, and earlier are all of the period.
	before  int64
	cells   []published
	earlier []earlier
	// figures are what the period's submissions say, by series and digest.
	figures map[string]map[string]string
}

// earlier is an earlier release of the same period.
type earlier struct {
	basis map[string]string
	sets  []summed
}

// decide makes the cells of a release, after all that has been published.
func (p *places) decide(a *archive, r *Release, figures []figure) []published {
	return p.release(a, r, p.series(figures))
}

// release makes the cells of some series.
func (p *places) release(a *archive, r *Release, list []series) []published {
	ledger := NewLedger(p.size())
	for _, x := range a.bases {
		ledger.remember(p.set(x.codes, x.release))
	}
	before := ledger.clone()
	stands := ledger.Stands(p.groups())
	cells := before.publish(stands, list, p.histories(a, r))
	if a.before > 0 {
		leave(cells, a.cells, a.before)
	}
	return cells
}

// histories sorts what has been published by series.
func (p *places) histories(a *archive, r *Release) map[string]history {
	out := map[string]history{}
	for _, x := range a.sets {
		h := out[x.series]
		h.sets = append(h.sets, p.set(x.codes, x.release))
		out[x.series] = h
	}
	for _, x := range a.counted {
		h := out[x.series]
		h.counted = append(h.counted, p.set(x.codes, x.release))
		out[x.series] = h
	}
	for i := range a.earlier {
		sets := map[string][]Set{}
		for _, x := range a.earlier[i].sets {
			sets[x.series] = append(sets[x.series], p.set(x.codes, x.release))
		}
		for name, of := range sets {
			h := out[name]
			h.earlier = append(h.earlier, past{p.basis(a.earlier[i].basis, a.figures[name]), of})
			h.basis = p.basis(r.Basis, a.figures[name])
			out[name] = h
		}
	}
	return out
}

// history is what has been published before of one series.
type history struct {
	// sets are those whose denominators or values were summed, and counted those of denominators that are not among them: what is told of how
	// many are counted is no sum of what they answer, and a rule of a series' own does not speak of it.
	sets, counted []Set
	// earlier are the releases of the same period, and basis what is to be released now.
	earlier []past
	basis   map[int]string
}

// publish decides every cell of a period. The ledger knows the sets whose denominators were summed, in any series: what is counted is the
// same in many. Each series is then held against its own history.
func (l *Ledger) publish(stands []Stand, list []series, histories map[string]history) []published {
	names := make([]string, len(list))
	by := make(map[string]*series, len(list))
	for i := range list {
		names[i] = list[i].Name()
		by[names[i]] = &list[i]
	}
	var out []published
	for i, cells := range Each(names, func(name string) []Cell {
		own, h := l.clone(), histories[name]
		own.rule, own.before, own.told = by[name].rule, h.sets, append(append([]Set{}, h.sets...), h.counted...)
		for _, s := range h.sets {
			own.remember(s)
		}
		if len(h.earlier) > 0 {
			own.follow(h.basis, h.earlier)
		}
		return own.Disclose(stands, by[name].parts)
	}) {
		f := &list[i].Figure
		for j := range cells {
			out = append(out, published{f.Indicator, f.Definition, f.Series, cells[j].split, cells[j]})
		}
	}
	return out
}

// leave leaves what the release before had published of a period in the place of what cannot be published anew.
func leave(cells, before []published, release int64) {
	type key struct {
		series, split, group string
	}
	of := func(p *published) key {
		return key{SeriesName(p.Indicator, p.Definition, p.Series), p.Split, p.Group}
	}
	old := map[key]*published{}
	for i := range before {
		if before[i].Published() {
			old[of(&before[i])] = &before[i]
		}
	}
	for i := range cells {
		if was := old[of(&cells[i])]; was != nil && !cells[i].Published() {
			cells[i].Cell = was.Cell
			if was.Kept == 0 {
				cells[i].Kept = release
			}
		}
	}
}
