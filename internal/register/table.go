// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"bytes"
	"strings"
)

// Limits of a list. They are far above what a municipality has and keep a faulty or hostile file from taking the machine.
const (
	maxBytes   = 64 << 20
	maxRows    = 200_000
	maxColumns = 256
	maxSheets  = 100
	// maxParts is how many files a workbook may be packed of; a large one with pictures has a few hundred.
	maxParts = 2000
	// maxRatio is how many times larger than packed a part may be, where it is above leastDense: text in workbooks is ten to fifty.
	maxRatio, leastDense = 300, 1 << 20
)

// Table is a list of systems as it stands in a file (Swedish: tabell).
type Table struct {
	// File is the name of the file; "" for a paste.
	File string
	// Sheet is the sheet that was read; "" for text.
	Sheet string
	// Sheets are all sheets of the file.
	Sheets []string
	// HeaderRow is the file's own number of the row of headings, from 1.
	HeaderRow int
	// Headers are the headings as they stand in the file.
	Headers []string
	// Rows are the rows below the headings that have anything in them.
	Rows []Line
}

// Line is one row of a table.
type Line struct {
	// Number is the file's own number of the row, from 1.
	Number int
	// Cells are the cells as text. A formula is its own text with "=" first.
	Cells []string
	// Shown is what the formulas of the row show, by column.
	Shown map[int]string
}

func (l *Line) blank() bool { return blank(l.Cells) }

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// cell gives the text of a column, "" beyond the end of the row.
func (l *Line) cell(column int) string {
	if column >= len(l.Cells) {
		return ""
	}
	return l.Cells[column]
}

// ReadTable finds the table in a file: a spreadsheet, delimited text or a paste, which is told by the content and not by the
// name. sheet names a sheet; "" takes the one that looks most like a list. The error is a *FileError.
func ReadTable(name string, b []byte, sheet string) (*Table, error) {
	t, err := readTable(b, sheet)
	if err != nil {
		err.File = name
		return nil, err
	}
	t.File = name
	return t, nil
}

func readTable(b []byte, sheet string) (*Table, *FileError) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, unusable("file-empty")
	}
	if len(b) > maxBytes {
		return nil, unusable("file-too-large", "Max", maxBytes>>20)
	}
	isWorkbook, err := recognise(b)
	if err != nil {
		return nil, err
	}
	if isWorkbook {
		return readWorkbook(b, sheet)
	}
	if sheet != "" {
		return nil, unusable("file-no-sheets", "Sheet", sheet)
	}
	lines, err := textLines(b)
	if err != nil {
		return nil, err
	}
	t := &Table{Sheets: []string{}}
	return t, t.take(lines)
}

// take makes the table of a sheet's rows: it finds the headings and keeps what stands below them.
func (t *Table) take(lines []Line) *FileError {
	if len(lines) == 0 {
		return unusable("file-empty")
	}
	at, _ := findHeader(lines)
	if at < 0 {
		return unusable("file-no-header")
	}
	header := lines[at]
	t.HeaderRow = header.Number
	for _, h := range header.Cells {
		t.Headers = append(t.Headers, strings.TrimSpace(h))
	}
	for len(t.Headers) > 0 && t.Headers[len(t.Headers)-1] == "" {
		t.Headers = t.Headers[:len(t.Headers)-1]
	}
	t.Rows = lines[at+1:]
	if len(t.Rows) == 0 {
		return unusable("file-no-rows", "Row", itoa(t.HeaderRow))
	}
	return nil
}

// headerSearch is how many rows with content are looked at for the headings; titles and instructions stand above them.
const headerSearch = 60

// findHeader gives the index of the row of headings and how sure that is: the number of headings that are known, or less than 1
// when none is and the row only looks the part. The index is -1 when there is no such row.
func findHeader(lines []Line) (index int, score float64) {
	index = -1
	look := lines[:min(len(lines), headerSearch)]
	for i := range look {
		if n := knownHeadings(look[i].Cells); n > score {
			index, score = i, n
		}
	}
	if index >= 0 {
		return index, score
	}
	widest := 0
	for i := range look {
		widest = max(widest, filled(look[i].Cells))
	}
	for i := range look[:len(look)-1] {
		if n := filled(look[i].Cells); n >= 2 && n*2 >= widest && headingLike(look[i].Cells) {
			return i, 0.5
		}
	}
	return -1, 0
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// knownHeadings counts the different fields that a row's cells are headings of. A single cell counts only when it is exactly a
// heading of a name, since titles also speak of systems.
func knownHeadings(cells []string) float64 {
	seen := map[string]bool{}
	for _, c := range cells {
		if f, sure := bestHeading(c); sure >= 0.7 {
			seen[f] = true
		}
	}
	switch {
	case len(seen) >= 2:
		return float64(len(seen))
	case len(seen) == 1 && seen[Name]:
		return 1
	}
	return 0
}

// headingLike reports whether cells could be headings that nobody has seen before: different short texts, none of them a value.
func headingLike(cells []string) bool {
	seen := map[string]bool{}
	for _, c := range cells {
		h := heading(c)
		if strings.TrimSpace(c) == "" {
			continue
		}
		if h == "" || seen[h] || len([]rune(h)) > 80 || looksLikeValue(c) {
			return false
		}
		seen[h] = true
	}
	return true
}

// columnLetter is the name that spreadsheet programs have for a column: A, B, ... Z, AA.
func columnLetter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// headerName is what a column is called in a note: its heading, or its letter when it has none.
func (t *Table) headerName(column int) string {
	if column < len(t.Headers) && t.Headers[column] != "" {
		return t.Headers[column]
	}
	return columnLetter(column)
}
