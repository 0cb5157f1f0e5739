// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// The shapes of Kolada's API, version 3, so that its clients work when they are given another address.
type (
	// KoladaList is one page of anything.
	KoladaList[T any] struct {
		Values   []T     `json:"values"`
		Count    int     `json:"count"`
		Next     *string `json:"next_page"`
		Previous *string `json:"previous_page"`
		// NextURL and PreviousURL are the same by the names that version 3 itself has.
		NextURL     *string `json:"next_url"`
		PreviousURL *string `json:"previous_url"`
	}
	// KoladaGroup is a group of municipalities.
	KoladaGroup struct {
		ID      string         `json:"id"`
		Title   string         `json:"title"`
		Members []KoladaMember `json:"members"`
	}
	// KoladaMember is a municipality in a group.
	KoladaMember struct {
		ID    string `json:"member_id"`
		Title string `json:"member_title"`
	}
	// KoladaPlace is a municipality, or the country.
	KoladaPlace struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Type  string `json:"type"`
	}
	// KoladaMeasure is one series of an indicator.
	KoladaMeasure struct {
		ID          string  `json:"id"`
		Title       string  `json:"title"`
		Description string  `json:"description"`
		Area        string  `json:"operating_area"`
		Gender      bool    `json:"is_divided_by_gender"`
		Units       bool    `json:"has_ou_data"`
		Kind        string  `json:"municipality_type"`
		Published   *string `json:"publication_date"`
		Preliminary *string `json:"prel_publication_date"`
		// What follows is always nothing here; clients look for it.
		UnitsPublished  *string `json:"ou_publication_date"`
		Auspices        *string `json:"auspices"`
		PublishedPeriod *string `json:"publ_period"`
	}
	// KoladaValue is what one place has in one year.
	KoladaValue struct {
		Measure string         `json:"kpi"`
		Place   string         `json:"municipality"`
		Period  int            `json:"period"`
		Values  []KoladaFigure `json:"values"`
	}
	// KoladaFigure is the value itself; nothing where it is hidden.
	KoladaFigure struct {
		Gender  string   `json:"gender"`
		Count   int      `json:"count"`
		Status  string   `json:"status"`
		Value   *float64 `json:"value"`
		Deleted bool     `json:"isdeleted"`
	}
	// KoladaUnit is a unit within a municipality. There are none: nothing is published of units.
	KoladaUnit struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Place string `json:"municipality"`
	}
	// KoladaUnitValue is what one unit has in one year. There are none.
	KoladaUnitValue struct {
		Measure string         `json:"kpi"`
		Unit    string         `json:"ou"`
		Period  int            `json:"period"`
		Values  []KoladaFigure `json:"values"`
	}
)

// Country is the id of the whole country.
const Country = "0000"

// hiddenStatus is how a value is marked that stands on too few.
const hiddenStatus = "Privacy"

// inventedStatus is how a value is marked that nobody has submitted, and inventedTitle begins the titles and descriptions of such measures.
const (
	inventedStatus = "Invented"
	inventedTitle  = "Påhittat exempel: "
)

func koladaList[T any](list []T) KoladaList[T] {
	return KoladaList[T]{Values: append([]T{}, list...), Count: len(list)}
}

// KoladaPlaces are the country and its municipalities, whose title has a text in it, and whose id is named when any is.
func KoladaPlaces(c *catalogue.Catalogue, title string, ids []string) KoladaList[KoladaPlace] {
	var list []KoladaPlace
	add := func(p KoladaPlace) {
		if named(p.ID, p.Title, title, ids) {
			list = append(list, p)
		}
	}
	add(KoladaPlace{Country, "Riket", "L"})
	for i := range c.Municipalities {
		add(KoladaPlace{c.Municipalities[i].Code, c.Municipalities[i].Name, "K"})
	}
	return koladaList(list)
}

// named reports whether something is asked for: its title has the text in it, and its id is named when any is.
func named(id, has, title string, ids []string) bool {
	return (len(ids) == 0 || slices.Contains(ids, id)) && strings.Contains(strings.ToLower(has), strings.ToLower(title))
}

// areaGroup begins the ids of areas as groups of measures.
const areaGroup = "omrade-"

// KoladaAreas are the areas as groups of measures, each with its name, whose title has a text in it, and whose id is named when any is.
func KoladaAreas(e *followup.Engine, name func(area string) string, title string, ids []string) KoladaList[KoladaGroup] {
	var list []KoladaGroup
	for _, m := range KoladaMeasures(e, "", nil).Values {
		g := KoladaGroup{ID: areaGroup + m.Area, Title: name(m.Area)}
		if !named(g.ID, g.Title, title, ids) {
			continue
		}
		i := slices.IndexFunc(list, func(o KoladaGroup) bool { return o.ID == g.ID })
		if i < 0 {
			i, list = len(list), append(list, g)
		}
		list[i].Members = append(list[i].Members, KoladaMember{m.ID, m.Title})
	}
	return koladaList(list)
}

// KoladaGroups are the counties as groups of municipalities, whose title has a text in it, and whose id is named when any is.
func KoladaGroups(c *catalogue.Catalogue, title string, ids []string) KoladaList[KoladaGroup] {
	var list []KoladaGroup
	for i := range c.Counties {
		county := &c.Counties[i]
		g := KoladaGroup{ID: countyGroup + county.Code, Title: county.Name + ", kommunerna i länet", Members: []KoladaMember{}}
		for j := range c.Municipalities {
			if m := &c.Municipalities[j]; m.County == county.Code {
				g.Members = append(g.Members, KoladaMember{m.Code, m.Name})
			}
		}
		if named(g.ID, g.Title, title, ids) {
			list = append(list, g)
		}
	}
	return koladaList(list)
}

// countyGroup begins the ids of the counties as groups.
const countyGroup = "lan-"

// most is how many values a page has at most, as Kolada has it.
const most = 5_000

// Page gives one page of a list, with the addresses of the next and the previous one. at writes the address of a page.
func (l KoladaList[T]) Page(page, size int, at func(page int) string) KoladaList[T] {
	if size < 1 || size > most {
		size = most
	}
	page = max(1, page)
	from := min(len(l.Values), (page-1)*size)
	to := min(len(l.Values), from+size)
	out := koladaList(l.Values[from:to])
	if to < len(l.Values) {
		next := at(page + 1)
		out.Next, out.NextURL = &next, &next
	}
	if page > 1 {
		before := at(page - 1)
		out.Previous, out.PreviousURL = &before, &before
	}
	return out
}

// seriesWords are the series in the titles of measures.
var seriesWords = [followup.NumSeries]string{"uppmätt", "intygat", "självskattat"}

// KoladaMeasures are the series of every indicator whose title has a text in it, and whose id is named when any is.
func KoladaMeasures(e *followup.Engine, title string, ids []string) KoladaList[KoladaMeasure] {
	var list []KoladaMeasure
	for _, ind := range e.Indicators {
		for s := range followup.Series(followup.NumSeries) {
			m := KoladaMeasure{
				ID: SeriesName(ind.ID, ind.Definition, s.String()), Title: ind.Name.SV + ", " + seriesWords[s] + ", andel (%)",
				Description: ind.Meaning.SV, Area: ind.Area, Kind: "K",
			}
			if named(m.ID, m.Title, title, ids) {
				list = append(list, m)
			}
		}
	}
	return koladaList(list)
}

// inventedMeasures says of every measure that its values are invented.
func inventedMeasures(list KoladaList[KoladaMeasure]) {
	for i := range list.Values {
		m := &list.Values[i]
		m.Title, m.Description = inventedTitle+m.Title, inventedTitle+m.Description
	}
}

// inventedMembers says it of the measures in groups of them.
func inventedMembers(list KoladaList[KoladaGroup]) {
	for i := range list.Values {
		for j := range list.Values[i].Members {
			m := &list.Values[i].Members[j]
			m.Title = inventedTitle + m.Title
		}
	}
}

// Open is everything that has been published: the latest release of each period (Swedish: öppna data).
type Open struct {
	Releases []Release
	// Invented says that no municipality has submitted any of it: it is an example's, or a simulated nation's.
	Invented bool
	cells    map[int64][]published
	shown    map[int64][]figure
}

// Row is one figure in open data, whatever the form of the file. One that is hidden has no numbers: a nought would be read as a value.
type Row struct {
	Indicator  string `json:"indicator" parquet:"indicator,dict"`
	Definition int32  `json:"definition" parquet:"definition"`
	Series     string `json:"series" parquet:"series,dict"`
	Period     string `json:"period" parquet:"period,dict"`
	Grouping   string `json:"grouping" parquet:"grouping,dict"`
	Group      string `json:"group" parquet:"group,dict"`
	// Members are those whose values are counted, and Submitted those whose denominators are.
	Members     *int32 `json:"municipalities" parquet:"municipalities,optional"`
	Submitted   int32  `json:"submitted" parquet:"submitted"`
	Numerator   *int64 `json:"numerator" parquet:"numerator,optional"`
	Denominator *int64 `json:"denominator" parquet:"denominator,optional"`
	Unknown     *int64 `json:"unknown" parquet:"unknown,optional"`
	Hidden      Reason `json:"hidden" parquet:"hidden,dict"`
	// Invented says so of every row, since rows are copied to where nothing else says it.
	Invented bool `json:"invented" parquet:"invented"`
}

// count gives a row its numbers.
func (r *Row) count(members int, n followup.Count) {
	of := small(members)
	r.Members = &of
	r.Numerator, r.Denominator, r.Unknown = &n.Numerator, &n.Denominator, &n.Unknown
}

// small gives a number of municipalities, or of a definition, in the width that open data have.
func small(n int) int32 { return int32(n) } //nolint:gosec // there are not so many

// Rows are the figures as open data: of groups, and of municipalities that are shown by themselves.
func (o *Open) Rows() []Row {
	var out []Row
	for _, r := range o.Releases {
		for _, c := range o.cells[r.Number] {
			row := Row{
				Indicator: c.Indicator, Definition: small(c.Definition), Series: c.Series, Period: r.Period.String(), Grouping: c.Split, Group: c.Group,
				Submitted: small(c.Submitted), Hidden: c.Why, Invented: o.Invented,
			}
			if c.Published() {
				row.count(c.Members, c.Sum)
			}
			out = append(out, row)
		}
		for _, f := range o.shown[r.Number] {
			row := Row{
				Indicator: f.Indicator, Definition: small(f.Definition), Series: f.Series, Period: r.Period.String(), Grouping: "municipality",
				Group: f.municipality, Submitted: 1, Invented: o.Invented,
			}
			row.count(1, f.Count())
			out = append(out, row)
		}
	}
	return out
}

// Kolada are the values of some measures, places and years; none of a kind is all of it. The last period of a year stands for the year.
func (o *Open) Kolada(measures, places []string, years []int) KoladaList[KoladaValue] {
	type key struct {
		measure, place string
		year           int
	}
	values := map[key]KoladaFigure{}
	var order []key
	for _, r := range o.Rows() {
		k := key{SeriesName(r.Indicator, int(r.Definition), r.Series), r.Group, 0}
		p, err := ParsePeriod(r.Period)
		if r.Grouping == Whole {
			k.place = Country
		}
		if err != nil || r.Grouping != Whole && r.Grouping != "municipality" {
			continue
		}
		k.year = p.Year
		if len(measures) > 0 && !slices.Contains(measures, k.measure) || len(places) > 0 && !slices.Contains(places, k.place) ||
			len(years) > 0 && !slices.Contains(years, k.year) {
			continue
		}
		if _, seen := values[k]; !seen {
			order = append(order, k)
		}
		values[k] = koladaFigure(&r)
	}
	list := make([]KoladaValue, len(order))
	for i, k := range order {
		list[i] = KoladaValue{k.measure, k.place, k.year, []KoladaFigure{values[k]}}
	}
	return koladaList(list)
}

func koladaFigure(r *Row) KoladaFigure {
	if r.Hidden != "" {
		return KoladaFigure{Gender: "T", Status: hiddenStatus}
	}
	v := followup.Count{Numerator: *r.Numerator, Denominator: *r.Denominator, Unknown: *r.Unknown}.OfKnown()
	out := KoladaFigure{Gender: "T", Count: int(*r.Members), Value: &v}
	if r.Invented {
		out.Status = inventedStatus
	}
	return out
}
