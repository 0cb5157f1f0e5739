// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/ids"
)

// Country is the place of the whole country in others' series.
const Country = "0000"

// Imported is a series that somebody else publishes, as it was fetched (Swedish: jämförelsetal). It stands beside our own, and is never
// counted with them. A description that has changed at the source begins a new Version beside the old.
type Imported struct {
	ID ids.ID[Imported]
	// Base is the address that it was fetched from, and Measure its id there.
	Base, Measure            string
	Version                  int64
	Title, Description, Area string
	// Published is when the source published it last, as the source writes it.
	Published string
	// Beside is the indicator that it is shown with; empty is none.
	Beside  string
	Fetched time.Time
	Values  []ImportedValue
	Breaks  []ImportedBreak
}

// ImportedValue is what one place had in one year. Value is nothing where the source tells none, and Status says why.
type ImportedValue struct {
	Place    string
	Year     int
	Revision int64
	Value    *float64
	Status   string
	Fetched  time.Time
}

// ImportedBreak is where figures before Year do not compare with those from it on.
type ImportedBreak struct {
	Year int
	Note string
}

var (
	// ErrBreak says that a break lacks its year or its words.
	ErrBreak = errors.New("a break has the first year that does not compare, and words of at most 300 characters about what changed")
	// ErrBeside says that there is no such indicator.
	ErrBeside = errors.New("there is no such indicator to show it with")
)

// At gives what a place had, a value for each year, earliest first.
func (s *Imported) At(place string) []ImportedValue {
	var out []ImportedValue
	for _, v := range s.Values {
		if v.Place == place {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b ImportedValue) int { return a.Year - b.Year })
	return out
}

// Percent reports whether the series is of shares in percent, so that it can be drawn with ours: its title says so, and no figure denies it.
func (s *Imported) Percent() bool {
	title := strings.ToLower(s.Title)
	if !strings.Contains(title, "%") && !strings.Contains(title, "andel") && !strings.Contains(title, "procent") {
		return false
	}
	return !slices.ContainsFunc(s.Values, func(v ImportedValue) bool { return v.Value != nil && (*v.Value < 0 || *v.Value > 100) })
}

// Years are the first and the last year that anything is known of; both are 0 when nothing is.
func (s *Imported) Years() (first, last int) {
	for _, v := range s.Values {
		if first == 0 || v.Year < first {
			first = v.Year
		}
		last = max(last, v.Year)
	}
	return first, last
}

// Revised is how many figures the source has changed since they were first fetched.
func (s *Imported) Revised() int {
	n := 0
	for _, v := range s.Values {
		if v.Revision > 1 {
			n++
		}
	}
	return n
}

// pieces divides a place's figures where they do not compare: at the breaks that are noted.
func (s *Imported) pieces(place string) [][]ImportedValue {
	var out [][]ImportedValue
	from := 0
	for _, v := range s.At(place) {
		if v.Value == nil {
			continue
		}
		era := 0
		for _, b := range s.Breaks {
			if v.Year >= b.Year {
				era = max(era, b.Year)
			}
		}
		if len(out) == 0 || era != from {
			out = append(out, nil)
			from = era
		}
		out[len(out)-1] = append(out[len(out)-1], v)
	}
	return out
}

// same reports whether two figures are the same.
func (v *ImportedValue) same(o *ImportedValue) bool {
	if v.Value == nil || o.Value == nil {
		return v.Value == nil && o.Value == nil && v.Status == o.Status
	}
	return *v.Value == *o.Value && v.Status == o.Status //nolint:gocritic // the same digits, as they were read
}

// news are those of the figures fetched that are not held already, each with its revision.
func news(held, fetched []ImportedValue) []ImportedValue {
	type key struct {
		place string
		year  int
	}
	latest := map[key]*ImportedValue{}
	for i := range held {
		latest[key{held[i].Place, held[i].Year}] = &held[i]
	}
	var out []ImportedValue
	for _, v := range fetched {
		k := key{v.Place, v.Year}
		was := latest[k]
		if was != nil && was.same(&v) {
			continue
		}
		v.Revision = 1
		if was != nil {
			v.Revision = was.Revision + 1
		}
		latest[k] = &v
		out = append(out, v)
	}
	return out
}
