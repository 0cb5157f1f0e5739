// SPDX-License-Identifier: EUPL-1.2

// Package kolada reads figures and groups of municipalities from an API with Kolada's shapes, version 3: page by page, a few at a time, and
// no more than is asked for. It knows nothing of what they are used for, and keeps nothing.
package kolada

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Base is where Kolada itself is.
const Base = "https://api.kolada.se/v3"

// Measure is one measure (Swedish: nyckeltal).
type Measure struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Area        string `json:"operating_area"`
	// Published is the day when its latest figures were, as the source writes it.
	Published string `json:"publication_date"`
}

// Group is a group of municipalities (Swedish: kommungrupp).
type Group struct {
	ID      string
	Title   string
	Members []string
}

// Value is what one place has in one year, for both sexes together. One that the source does not tell has no Value, and a Status instead.
type Value struct {
	Measure, Place, Status string
	Year                   int
	Value                  *float64
}

// Limits of what is believed.
const (
	maxID    = 80
	maxTitle = 400
	maxText  = 8_000
	firstYear,
	lastYear = 1900, 2200
)

var (
	// ErrShape says that an answer is not what Kolada's API gives.
	ErrShape = errors.New("the answer does not look like Kolada's API")
	// ErrAddress says that no address was given, or one that cannot be asked.
	ErrAddress = errors.New("write the address of the API, as https://api.kolada.se/v3, without a question mark or a name in it")
	// ErrTooMuch says that there is more than is read.
	ErrTooMuch = errors.New("there is more than is read at once: ask for fewer measures or years")
	// ErrRefused says that the other side does not answer, or answers with a fault.
	ErrRefused = errors.New("the address does not give what is asked for")
	// ErrLoop says that pages lead round in a circle, or away from the address that was given.
	ErrLoop = errors.New("the next page leads back, or away from the address that was given")
)

// plainID is what ids of measures, groups and places look like. They stand in addresses.
var plainID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`) })

// PlainID reports whether a text can be the id of a measure, a group or a place.
func PlainID(s string) bool { return len(s) <= maxID && plainID().MatchString(s) }

// list is one page of anything. Version 3 names the next page next_url, others next_page.
type list struct {
	Values   []json.RawMessage `json:"values"`
	NextURL  *string           `json:"next_url"`
	NextPage *string           `json:"next_page"`
}

func (l *list) next() string {
	for _, n := range []*string{l.NextURL, l.NextPage} {
		if n != nil && *n != "" {
			return *n
		}
	}
	return ""
}

// readMeasure reads one measure.
func readMeasure(b []byte) (Measure, error) {
	var m Measure
	err := json.Unmarshal(b, &m)
	if err != nil || !PlainID(m.ID) || m.Title == "" || !sound(m.Title, maxTitle) || !sound(m.Description, maxText) || !sound(m.Area, maxTitle) ||
		!sound(m.Published, maxID) {
		return m, fmt.Errorf("%w: a measure lacks its id or its title, or a text is too long", ErrShape)
	}
	return m, nil
}

// sound reports whether a text can be kept.
func sound(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsRune(s, 0)
}

// readGroup reads one group. A member is an object, by either of two names, or its id alone.
func readGroup(b []byte) (Group, error) {
	var g struct {
		ID      string            `json:"id"`
		Title   string            `json:"title"`
		Members []json.RawMessage `json:"members"`
	}
	if err := json.Unmarshal(b, &g); err != nil || !PlainID(g.ID) || g.Title == "" || !sound(g.Title, maxTitle) {
		return Group{}, fmt.Errorf("%w: a group lacks its id or its title", ErrShape)
	}
	out := Group{ID: g.ID, Title: g.Title}
	for _, raw := range g.Members {
		var m struct {
			MemberID string `json:"member_id"`
			ID       string `json:"id"`
		}
		id := ""
		if err := json.Unmarshal(raw, &m); err == nil {
			id = m.MemberID
			if id == "" {
				id = m.ID
			}
		} else if err := json.Unmarshal(raw, &id); err != nil {
			return Group{}, fmt.Errorf("%w: a member of group %s cannot be read", ErrShape, g.ID)
		}
		if !PlainID(id) {
			return Group{}, fmt.Errorf("%w: a member of group %s has no id", ErrShape, g.ID)
		}
		out.Members = append(out.Members, id)
	}
	return out, nil
}

// readValue reads what one place has in one year; ok is false when there is none for both sexes together.
func readValue(b []byte) (v Value, ok bool, err error) {
	var x struct {
		Measure string          `json:"kpi"`
		Place   string          `json:"municipality"`
		Period  json.RawMessage `json:"period"`
		Values  []struct {
			Gender  string   `json:"gender"`
			Status  *string  `json:"status"`
			Value   *float64 `json:"value"`
			Deleted bool     `json:"isdeleted"`
			Gone    bool     `json:"is_deleted"`
		} `json:"values"`
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return v, false, fmt.Errorf("%w: a value cannot be read: %w", ErrShape, err)
	}
	year, err := strconv.Atoi(strings.Trim(string(x.Period), `"`)) // a number, or a text with one
	if err != nil || year < firstYear || year > lastYear || !PlainID(x.Measure) || !PlainID(x.Place) {
		return v, false, fmt.Errorf("%w: a value lacks its measure, its place or its year", ErrShape)
	}
	v = Value{Measure: x.Measure, Place: x.Place, Year: year}
	for _, f := range x.Values {
		if f.Gender != "T" || f.Deleted || f.Gone {
			continue
		}
		if f.Status != nil {
			v.Status = *f.Status
		}
		if !sound(v.Status, maxID) {
			return v, false, fmt.Errorf("%w: the status of a value of %s is too long", ErrShape, v.Measure)
		}
		v.Value = f.Value
		return v, v.Value != nil || v.Status != "", nil
	}
	return v, false, nil
}
