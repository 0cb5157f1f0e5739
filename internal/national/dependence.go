// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/followup"
)

// Dependence is how many municipalities depend on one thing, as it is published (Swedish: beroende). What is not shown is not there: to name it
// would be to tell that somebody depends on it.
type Dependence struct {
	// Sort is supplier, kind or left-out, and Name the organisation number or the kind of systems.
	Sort, Name string
	Split      string
	Cell
}

// Depends is how many of those it counts depend on it.
func (d *Dependence) Depends() int64 { return d.Sum.Numerator }

// Counted is how many it counts: the others who have submitted wait for more to come with them.
func (d *Dependence) Counted() int64 { return d.Sum.Denominator - d.Sum.Unknown }

// dependenceOf reads the subject of a cell.
func dependenceOf(p *published) Dependence {
	sort, name, _ := strings.Cut(p.Indicator, " ")
	return Dependence{sort, name, p.Split, p.Cell}
}

// said is what the documents of one period say, by digest, with who stands behind each that has not been replaced.
type said struct {
	documents map[string]Concentration
	standing  map[string]standing
}

// figure is what one document says of one subject, in numbers.
func (x *Concentration) figure(subject string) followup.Count {
	if subject == leftOut {
		out := x.SoleTraders + x.Unnumbered
		return followup.Count{Numerator: out, Denominator: out + int64(len(x.Suppliers))}
	}
	n := int64(0)
	list := x.Suppliers
	sort, name, _ := strings.Cut(subject, " ")
	if sort == dependedKind {
		list = x.Kinds
	}
	if _, ok := slices.BinarySearch(list, name); ok {
		n = 1
	}
	return followup.Count{Numerator: n, Denominator: 1}
}

// subjects are what is counted of a period: what at least Threshold depend on, what has been published of it before, and what was left out.
func (x *said) subjects(before []published) []string {
	many := map[string]int{leftOut: Threshold}
	for _, s := range x.standing {
		d := x.documents[s.digest]
		for _, name := range d.subjects() {
			many[name]++
		}
	}
	for i := range before {
		many[before[i].Indicator] = Threshold
	}
	var out []string
	for name, n := range many {
		if n >= Threshold {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// series makes the series of some subjects, in which every municipality that has submitted has an answer.
func (x *said) series(p *places, subjects []string) []series {
	codes := make([]string, 0, len(x.standing))
	for code := range x.standing {
		if _, ok := p.number[code]; ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	out := make([]series, len(subjects))
	for i, name := range subjects {
		s := series{Figure: Figure{Indicator: name, Definition: 1, Series: registered}, rule: depended}
		if name == leftOut {
			s.rule = nil // a share like others, and not an answer
		}
		for _, code := range codes {
			d := x.documents[x.standing[code].digest]
			if c := d.figure(name); c.Known() {
				s.parts = append(s.parts, Part{At: p.number[code], Count: c})
			}
		}
		out[i] = s
	}
	return out
}

// figures are what each document says of some subjects, by series and digest, for what has been corrected to be told.
func (x *said) figures(subjects []string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, name := range subjects {
		of := map[string]string{}
		for digest := range x.documents {
			d := x.documents[digest]
			c := d.figure(name)
			of[digest] = fmt.Sprintf("%d/%d", c.Numerator, c.Denominator)
		}
		out[SeriesName(name, 1, registered)] = of
	}
	return out
}

// concentrate decides what is told of what municipalities depend on, after all that has been told: only what is shown. Nobody is shown by
// itself, whatever it has agreed to of its figures.
func (p *places) concentrate(a *archive, r *Release, x *said) []published {
	subjects := x.subjects(a.cells)
	a.figures = x.figures(subjects)
	cells := p.release(a, r, x.series(p, subjects))
	return slices.DeleteFunc(cells, func(c published) bool { return !c.Published() })
}

// Concentrated is what is published of one period, for a page (Swedish: vad kommuner är beroende av).
type Concentrated struct {
	// Country is how many municipalities there are.
	Country int
	// Release is the one that is shown, and Releases the latest of each period, earliest period first.
	Release  Release
	Releases []Release
	// Suppliers and Kinds are the counts of the whole country, the most depended on first, and LeftOut the suppliers that were left out of it.
	Suppliers, Kinds []Dependence
	LeftOut          *Dependence
	// Names are the names of suppliers by number, out of the reader's own register.
	Names map[string]string
	// Receives says that the organisation receives others' figures, and gives what it publishes as open data.
	Receives bool
	// Before is the last release of the year before, and Was its counts of the whole country, by subject.
	Before Release
	Was    map[string]Dependence
	// Over are the counts of the country in every period of the suppliers that most depend on now, each supplier by itself.
	Over [][]DependenceThen
	// Invented says that no municipality has submitted it: it is an example's, or a simulated nation's.
	Invented bool
	// Subject is what is looked at closer, with its counts by group in the period and its counts of the country in every period.
	Subject *Dependence
	Groups  []Dependence
	Trend   []DependenceThen
	// Division are the groups that the country is divided by beside counties and sizes.
	Division []MunicipalityGroup
}

// DependenceThen is a count of one period.
type DependenceThen struct {
	Period Period
	Dependence
}

// fill puts the counts of the whole country in their place.
func (x *Concentrated) fill(cells []published) {
	for i := range cells {
		d := dependenceOf(&cells[i])
		switch {
		case d.Split != Whole:
		case d.Sort == dependedSupplier:
			x.Suppliers = append(x.Suppliers, d)
		case d.Sort == dependedKind:
			x.Kinds = append(x.Kinds, d)
		default:
			x.LeftOut = &d
		}
	}
	for _, list := range [][]Dependence{x.Suppliers, x.Kinds} {
		slices.SortFunc(list, func(a, b Dependence) int {
			return cmp.Or(cmp.Compare(b.Depends(), a.Depends()), strings.Compare(a.Name, b.Name))
		})
	}
}

// remember puts the counts of the year before in their place.
func (x *Concentrated) remember(cells []published) {
	x.Was = make(map[string]Dependence, len(cells))
	for i := range cells {
		d := dependenceOf(&cells[i])
		x.Was[d.subject()] = d
	}
}

// subject names what is depended on as figures and cells do.
func (d *Dependence) subject() string { return d.Sort + " " + d.Name }

// wholes are the counts of the country of one subject, over the periods.
func (x *Concentrated) wholes(cells map[int64][]published) (out []DependenceThen) {
	for _, r := range x.Releases {
		for i := range cells[r.Number] {
			if d := dependenceOf(&cells[r.Number][i]); d.Split == Whole {
				out = append(out, DependenceThen{r.Period, d})
			}
		}
	}
	return out
}

// yearBefore finds the last release of the year before a period; the zero release when there is none.
func yearBefore(newest []Release, p Period) (out Release) {
	for _, r := range newest {
		if r.Period.Year == p.Year-1 {
			out = r
		}
	}
	return out
}

// look finds what one subject comes to: by group in the period that is shown, and over the periods.
func (x *Concentrated) look(cells map[int64][]published) {
	x.Trend = x.wholes(cells)
	for i := range cells[x.Release.Number] {
		d := dependenceOf(&cells[x.Release.Number][i])
		if d.Split == Whole {
			x.Subject = &d
		} else {
			x.Groups = append(x.Groups, d)
		}
	}
}
