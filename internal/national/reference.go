// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/outbound"
)

// FetchKind is what is asked of another address.
type FetchKind string

// The kinds: a search keeps only what it finds the names of, a fetch keeps figures and groups.
const (
	SearchWord  FetchKind = "search"
	FetchChosen FetchKind = "fetch"
)

// Request is what is asked of an API with Kolada's shapes.
type Request struct {
	Kind FetchKind `json:"kind"`
	Base string    `json:"base"`
	// Word is what a search looks for in titles.
	Word string `json:"word,omitempty"`
	// Measures and Groups are what a fetch brings, by their ids, and Beside the indicator that a measure is shown with.
	Measures []string          `json:"measures,omitempty"`
	Groups   []string          `json:"groups,omitempty"`
	Beside   map[string]string `json:"beside,omitempty"`
	// From and To are the years that are fetched.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
}

// Limits of one request.
const (
	maxWord      = 100
	maxMeasures  = 100
	maxGroups    = 100
	maxYears     = 50
	maxFound     = 200
	firstFetched = 1990
)

var (
	// ErrWord says that a search lacks its word.
	ErrWord = errors.New("write a word of two to a hundred letters to look for")
	// ErrNothingChosen says that nothing was chosen to fetch, or too much, or something that is no id.
	ErrNothingChosen = errors.New("choose at least one measure or group by its id, and at most a hundred of each")
	// ErrYears says that the years are no years.
	ErrYears = errors.New("write the first and the last year, from 1990 to this year and at most fifty")
	// ErrBusy says that something is being fetched already.
	ErrBusy = errors.New("something is being fetched already: wait until it is done")
	// ErrDivision says that groups overlap, so that the nation cannot be divided by them.
	ErrDivision = errors.New("a municipality is in more than one of the groups, so the country cannot be divided by them")
	// ErrNothingThere says that nothing of what was asked for is there.
	ErrNothingThere = errors.New("nothing of what was asked for is there")
)

// Check says what is wrong with a request.
func (r *Request) Check(c *catalogue.Catalogue, today civil.Date) error {
	if _, err := kolada.ParseBase(r.Base); err != nil {
		return err
	}
	if r.Kind == SearchWord {
		if n := len([]rune(r.Word)); n < 2 || n > maxWord {
			return ErrWord
		}
		return nil
	}
	plain := func(id string) bool { return !kolada.PlainID(id) }
	switch {
	case len(r.Measures)+len(r.Groups) == 0, len(r.Measures) > maxMeasures, len(r.Groups) > maxGroups,
		slices.ContainsFunc(r.Measures, plain), slices.ContainsFunc(r.Groups, plain):
		return ErrNothingChosen
	case len(r.Measures) > 0 && (r.From < firstFetched || r.To > today.Year || r.From > r.To || r.To-r.From >= maxYears):
		return ErrYears
	}
	for _, indicator := range r.Beside {
		if _, ok := c.Indicator(indicator); !ok && indicator != "" {
			return followup.ErrBeside
		}
	}
	return nil
}

// years are all of the years that are asked for.
func (r *Request) years() []int {
	var out []int
	for y := r.From; y <= r.To; y++ {
		out = append(out, y)
	}
	return out
}

// FetchStatus is how far a fetch has come.
type FetchStatus string

// The statuses.
const (
	FetchWaiting FetchStatus = "waiting"
	FetchRunning FetchStatus = "running"
	FetchDone    FetchStatus = "done"
	FetchFailed  FetchStatus = "failed"
)

// Fetch is what was asked of another address, and what came of it (Swedish: hämtning).
type Fetch struct {
	ID ids.ID[Fetch]
	Request
	Status FetchStatus
	// Items is how many things have been read so far.
	Items int64
	// Fault is the name of what went wrong, and Detail the words of it.
	Fault, Detail string
	By            string
	Asked, Ended  time.Time
	Found
}

// Found is what came of a fetch.
type Found struct {
	// Measures and Groups are what a search found; More says that there were more than are kept.
	Measures []FoundMeasure `json:"found_measures,omitempty"`
	Groups   []FoundGroup   `json:"found_groups,omitempty"`
	More     bool           `json:"more,omitempty"`
	// Series is how many series were fetched, Values how many figures of them were new or changed, and Changed how many have a new definition.
	Series  int `json:"series,omitempty"`
	Values  int `json:"values,omitempty"`
	Changed int `json:"changed,omitempty"`
	// Left is how many figures were of other places than municipalities, the country and groups that are held.
	Left int `json:"left,omitempty"`
	// Taken is how many groups were fetched, and Missing what was asked for and is not there.
	Taken   int      `json:"taken,omitempty"`
	Missing []string `json:"missing,omitempty"`
}

// FoundMeasure is a measure that a search found.
type FoundMeasure struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// FoundGroup is a group that a search found.
type FoundGroup struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Members int    `json:"members"`
}

// fetchLife is how long a fetch may go on. One that has not ended by then was cut short.
const fetchLife = 16 * time.Minute

// Open reports whether a fetch still goes on.
func (f *Fetch) Open(now time.Time) bool {
	return (f.Status == FetchWaiting || f.Status == FetchRunning) && now.Sub(f.Asked) < fetchLife
}

// faultNames names what can go wrong with a fetch, so that a page can say it.
var faultNames = []struct {
	err  error
	name string
}{
	{outbound.ErrTarget, "not-allowed"},
	{outbound.ErrAddress, "not-allowed"},
	{outbound.ErrTooLarge, "too-much"},
	{kolada.ErrTooMuch, "too-much"},
	{kolada.ErrAddress, "address"},
	{kolada.ErrShape, "shape"},
	{kolada.ErrLoop, "loop"},
	{kolada.ErrRefused, "refused"},
	{ErrNothingThere, "nothing"},
}

// faultOf names what went wrong.
func faultOf(err error) string {
	for _, f := range faultNames {
		if errors.Is(err, f.err) {
			return f.name
		}
	}
	return "broken"
}

// MunicipalityGroup is a group of municipalities that was fetched (Swedish: kommungrupp). Divides says that the nation is divided by it.
type MunicipalityGroup struct {
	Base, Code, Title string
	Members           []string
	Divides           bool
	Fetched           time.Time
}

// Key names a group where several addresses may have one of the same code.
func (g *MunicipalityGroup) Key() string { return g.Base + " " + g.Code }

// divided are the groups that divide the nation. It refuses those that overlap.
func divided(all []MunicipalityGroup, chosen []string) ([]MunicipalityGroup, error) {
	var out []MunicipalityGroup
	in := map[string]bool{}
	codes := map[string]bool{}
	for i := range all {
		g := &all[i]
		if !slices.Contains(chosen, g.Key()) {
			continue
		}
		if codes[g.Code] {
			return nil, ErrDivision
		}
		codes[g.Code] = true
		for _, m := range g.Members {
			if in[m] {
				return nil, ErrDivision
			}
			in[m] = true
		}
		out = append(out, *g)
	}
	return out, nil
}

// keepPlaces leaves out figures of other places than the country, its municipalities and the groups.
func keepPlaces(c *catalogue.Catalogue, values []kolada.Value, groups []MunicipalityGroup) (kept []kolada.Value, left int) {
	for _, v := range values {
		_, ok := c.Municipality(v.Place)
		if ok || v.Place == Country || slices.ContainsFunc(groups, func(g MunicipalityGroup) bool { return g.Code == v.Place }) {
			kept = append(kept, v)
			continue
		}
		left++
	}
	return kept, left
}

// suggested is the indicator that a measure of our own kind is about: its id begins with it.
func suggested(c *catalogue.Catalogue, measure string) string {
	id, _, _ := strings.Cut(measure, ".")
	if _, ok := c.Indicator(id); ok {
		return id
	}
	return ""
}
