// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
)

// layout is a document as every writer needs it: checked, with levels that
// nest, sheets that have names, and columns that have widths.
type layout struct {
	*Document
	words    words
	parts    []part
	sheets   []*sheet
	anchors  map[string]int // section ID to the number of its part, from 1
	fallback string         // author when none is given
}

// part is a section with what the writers worked out about it.
type part struct {
	Section
	level int
	id    string // unique, and fit for an address
	sheet *sheet
	wide  bool
}

// sheet is a table with what the writers worked out about it.
type sheet struct {
	*Table
	title  string // the table's own name, of any length
	name   string // unique, and short enough for a workbook
	shares []float64
}

// maxPortrait is how many columns a portrait A4 page carries.
const maxPortrait = 5

func (s *sheet) wide() bool { return !s.Upright && len(s.Columns) > maxPortrait }

// newLayout checks d and works out what the writers share.
func newLayout(d *Document) (*layout, error) {
	copied := *d
	l := &layout{Document: &copied, words: wordsIn(d.Lang), anchors: map[string]int{}, fallback: "Insegel"}
	if strings.TrimSpace(clean(d.Title)) == "" { // a page and a file without a title cannot be told from others
		l.Title = l.words.untitled
	}
	taken := map[string]bool{fold(l.words.about): true}
	previous := 0
	for i, s := range d.Sections {
		p := part{Section: s, level: clampLevel(s.Level, previous), id: fmt.Sprintf("_%d", i+1)}
		previous = p.level
		if s.ID != "" && l.anchors[s.ID] == 0 {
			l.anchors[s.ID] = i + 1
			if plainID().MatchString(s.ID) {
				p.id = s.ID
			}
		}
		if s.Table != nil {
			if err := check(s.Table, i); err != nil {
				return nil, err
			}
			p.sheet = l.newSheet(s, taken)
			p.wide = p.sheet.wide()
			l.sheets = append(l.sheets, p.sheet)
		}
		l.parts = append(l.parts, p)
	}
	l.orient()
	return l, nil
}

// plainID is a section ID that can stand in an address as it is. It begins with
// a letter, so it is never one of those made up for sections without.
var plainID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`) })

// check refuses a table whose cells have no column to stand in: leaving them
// out would lose facts without a word.
func check(t *Table, section int) error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("check table %q in section %d: it has no columns", t.Name, section+1)
	}
	for i, row := range t.Rows {
		if len(row) > len(t.Columns) {
			return fmt.Errorf("check table %q in section %d: row %d has %d cells for %d columns",
				t.Name, section+1, i+1, len(row), len(t.Columns))
		}
	}
	return nil
}

// clampLevel keeps a heading within 1 to 3 and at most one step below the one
// before it, as readers of headings expect.
func clampLevel(level, previous int) int {
	return max(1, min(level, 3, previous+1))
}

// orient gives a bare heading the page of the section after it, so that it does
// not stand alone on a page turned the other way, and what is short between two
// wide tables theirs, so that it is not all there is on a page of its own.
func (l *layout) orient() {
	for i := len(l.parts) - 2; i >= 0; i-- {
		p := &l.parts[i]
		if p.sheet == nil && len(p.Paragraphs) == 0 {
			p.wide = l.parts[i+1].wide
		}
	}
	for from := 1; from < len(l.parts); from++ {
		if !l.parts[from-1].wide {
			continue
		}
		to, lines := from, 0
		for to < len(l.parts) && !l.parts[to].wide {
			lines += l.parts[to].lines()
			to++
		}
		if to == len(l.parts) || lines > fewLines {
			continue
		}
		for i := from; i < to; i++ {
			l.parts[i].wide = true
		}
	}
}

// fewLines is how much is too little for a page of its own: about a third of it.
const fewLines = 15

// lines is about how many lines a section takes on a page.
func (p *part) lines() int {
	n := 2
	for _, text := range p.Paragraphs {
		n += 1 + len(text)/100
	}
	if p.sheet != nil {
		n += 2 + 2*len(p.sheet.Rows)
	}
	return n
}

// newSheet names the table of s and shares out its width.
func (l *layout) newSheet(s Section, taken map[string]bool) *sheet {
	title := fmt.Sprintf("%s %d", l.words.table, len(l.sheets)+1)
	for _, name := range []string{s.Table.Name, s.Heading, s.Table.Caption} {
		if name = strings.TrimSpace(oneLine(clean(name))); name != "" {
			title = name
			break
		}
	}
	return &sheet{Table: s.Table, title: title, name: sheetName(title, taken), shares: shares(s.Table.Columns)}
}

// maxSheetName is the longest sheet name Excel takes, in UTF-16 units.
const maxSheetName = 31

// sheetName makes name fit for a workbook and different from those taken. Both
// Excel and LibreOffice compare without regard to case; "History" is Excel's own.
func sheetName(name string, taken map[string]bool) string {
	legal := strings.Map(func(r rune) rune {
		switch r {
		case '[', ']', ':', '*', '?', '/', '\\':
			return '-'
		case '\'': // legal inside a name, but it has to be doubled in every reference
			return '’'
		}
		return r
	}, name)
	base := strings.TrimSpace(truncate(legal, maxSheetName))
	try := base
	for n := 2; taken[fold(try)] || fold(try) == "history"; n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		try = strings.TrimSpace(truncate(base, maxSheetName-len(suffix))) + suffix
	}
	taken[fold(try)] = true
	return try
}

// fold makes names that a spreadsheet holds to be the same equal.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// truncate cuts s to at most n UTF-16 units, which is how Excel counts.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += utf16.RuneLen(r); used > n {
			return s[:i]
		}
	}
	return s
}

// usual is the width of a column of each kind when none is asked for, in the
// same relative measure as the others.
func (k Kind) usual() float64 {
	switch k {
	case Number, Date:
		return 1
	case Long:
		return 4
	default:
		return 2
	}
}

// shares gives each column its part of the whole width, at least a tenth of an
// even share. Columns without a width are measured against those that have one.
func shares(columns []Column) []float64 {
	asked, usual := 0.0, 0.0
	for _, c := range columns {
		if c.Width > 0 {
			asked += float64(c.Width)
			usual += c.Kind.usual()
		}
	}
	scale := 1.0
	if usual > 0 {
		scale = asked / usual
	}
	out, total := make([]float64, len(columns)), 0.0
	for i, c := range columns {
		out[i] = c.Kind.usual() * scale
		if c.Width > 0 {
			out[i] = float64(c.Width)
		}
		total += out[i]
	}
	least, sum := 0.1/float64(len(columns)), 0.0
	for i := range out {
		out[i] = max(out[i]/total, least)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// meanChars is how wide a column of a workbook is on average, in characters:
// six of them fill a screen.
const meanChars = 24

// chars is the width of column i in characters, for formats without a page to
// share out. A date that does not fit is shown as number signs, so its column
// has room for a time of day too.
func (s *sheet) chars(i int) float64 {
	least := 10.0
	if s.Columns[i].Kind == Date {
		least = 17
	}
	return max(least, min(80, s.shares[i]*float64(len(s.Columns))*meanChars))
}

// cell gives the cell of a row at column i; a short row ends in empty cells.
func cell(row []Cell, i int) Cell {
	if i < len(row) {
		return row[i]
	}
	return Cell{}
}

// author names who made the document.
func (l *layout) author() string {
	if a := strings.TrimSpace(clean(l.Author)); a != "" {
		return a
	}
	return l.fallback
}

// date is the day the document was made, and empty when it does not say.
func (l *layout) date() string {
	if l.Created.IsZero() {
		return ""
	}
	return l.Created.Format("2006-01-02")
}

// stamp is when the document was made, as the properties of a file want it, and
// empty when it does not say or lies outside what they can hold.
func (l *layout) stamp() string {
	t := l.Created.UTC()
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format("2006-01-02T15:04:05Z")
}

// target says what a link points to: an address outside, or a part of the
// document by its number. Neither is set for a link that is not to be trusted.
func (l *layout) target(link string) (address string, part int) {
	if id, ok := strings.CutPrefix(link, "#"); ok {
		return "", l.anchors[id]
	}
	return safeLink(link), 0
}
