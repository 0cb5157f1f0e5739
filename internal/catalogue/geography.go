// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// County is a part of the country.
type County struct{ Code, Name, Short string }

// Municipality is one municipality, and its tile on a map where each has the same size (Swedish: kommun, rutkarta).
type Municipality struct {
	Code, Name, County string
	// Row and Column are the tile's, from 0, north and west first.
	Row, Column int
}

// Municipality finds a municipality by its code.
func (c *Catalogue) Municipality(code string) (*Municipality, bool) {
	return find(c.Municipalities, c.municipalities, code)
}

// County finds a county by its code.
func (c *Catalogue) County(code string) (*County, bool) {
	i := slices.IndexFunc(c.Counties, func(x County) bool { return x.Code == code })
	if i < 0 {
		return nil, false
	}
	return &c.Counties[i], true
}

// geography reads the map. A catalogue without one has no municipalities.
func (l *loader) geography() {
	l.municipalities = map[string]int{}
	for _, row := range l.table("geography/counties.csv", "code", "name", "short") {
		l.Counties = append(l.Counties, County{row[0], row[1], row[2]})
	}
	const file = "geography/municipalities.csv"
	tiles := map[[2]int]string{}
	for i, row := range l.table(file, "code", "name", "county", "row", "column") {
		fault := func(reason string) {
			l.problems = append(l.problems, Problem{File: file, Line: i + 2, Column: 1, Reason: row[0] + " " + reason})
		}
		m := Municipality{Code: row[0], Name: row[1], County: row[2]}
		var err1, err2 error
		m.Row, err1 = strconv.Atoi(row[3])
		m.Column, err2 = strconv.Atoi(row[4])
		if err1 != nil || err2 != nil || m.Row < 0 || m.Column < 0 {
			fault("has no place on the map; row and column are whole numbers from 0")
		}
		if _, ok := l.County(m.County); !ok || !strings.HasPrefix(m.Code, m.County) {
			fault("is said to be in " + m.County + ", which its code does not begin with, or which is no county")
		}
		if _, twice := l.municipalities[m.Code]; twice || len(m.Code) != 4 {
			fault("is listed twice, or its code is not four digits")
		}
		tile := [2]int{m.Row, m.Column}
		if other := tiles[tile]; other != "" {
			fault("has the same tile as " + other)
		}
		tiles[tile] = m.Code
		l.municipalities[m.Code] = len(l.Municipalities)
		l.Municipalities = append(l.Municipalities, m)
	}
}

// table reads a CSV file with the given heading. One that is missing has no rows.
func (l *loader) table(file string, heading ...string) [][]string {
	b, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return nil
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = len(heading)
	rows, err := r.ReadAll()
	if err != nil {
		l.problems = append(l.problems, Problem{File: file, Reason: err.Error()})
		return nil
	}
	if len(rows) == 0 || !slices.Equal(rows[0], heading) {
		l.problems = append(l.problems, Problem{File: file, Line: 1, Column: 1, Reason: "the heading must be " + strings.Join(heading, ",")})
		return nil
	}
	return rows[1:]
}
