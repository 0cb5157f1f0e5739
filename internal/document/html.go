// SPDX-License-Identifier: EUPL-1.2

package document

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed page.html
var pageHTML string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"text": guardHTML, "line": func(s string) string { return guardHTML(oneLine(s)) },
	}).Parse(pageHTML))
})

// writeHTML writes a page that stands alone: no script, nothing fetched.
func writeHTML(w io.Writer, l *layout) error {
	return page().Execute(w, htmlPage{l})
}

// joiner is an invisible character that keeps a line together. LibreOffice and
// Excel open web pages as workbooks and evaluate any text in them that begins
// with an equals sign; with the joiner in front they do not.
const joiner = "\u2060"

// guardHTML puts a joiner before text that a spreadsheet would evaluate.
func guardHTML(s string) string {
	s = clean(s)
	if risky(s) {
		return joiner + s
	}
	return s
}

// htmlPage is what the page template sees.
type htmlPage struct{ l *layout }

func (p htmlPage) Lang() string           { return p.l.words.locale }
func (p htmlPage) Title() string          { return p.l.Title }
func (p htmlPage) Subtitle() string       { return p.l.Subtitle }
func (p htmlPage) Status() string         { return p.l.Status }
func (p htmlPage) Author() string         { return p.l.author() }
func (p htmlPage) Date() string           { return p.l.date() }
func (p htmlPage) PageWord() string       { return p.l.words.page }
func (p htmlPage) OfWord() string         { return p.l.words.of }
func (p htmlPage) ContentsWord() string   { return p.l.words.contents }
func (p htmlPage) Properties() []Property { return p.l.Properties }

// Link is the address of a cover fact that is one.
func (p htmlPage) Link(value string) string { return safeLink(value) }

// Sections are the sections with their anchors.
func (p htmlPage) Sections() []htmlSection {
	out := make([]htmlSection, len(p.l.parts))
	for i, part := range p.l.parts {
		out[i] = htmlSection{Section: part.Section, Anchor: part.id, Rank: part.level, Wide: part.wide}
		if part.sheet != nil {
			out[i].Sheet = &htmlTable{sheet: part.sheet, l: p.l, Anchor: part.id}
			out[i].Sheet.Same = strings.TrimSpace(part.Heading) == out[i].Sheet.Label()
		}
	}
	return out
}

// Contents are the headings to list first, when there are enough to get lost in.
func (p htmlPage) Contents() []htmlSection {
	var out []htmlSection
	for _, s := range p.Sections() {
		if strings.TrimSpace(s.Heading) != "" {
			out = append(out, s)
		}
	}
	if len(out) < 4 {
		return nil
	}
	return out
}

// htmlSection is a section as the template sees it.
type htmlSection struct {
	Section
	Anchor string
	Rank   int
	// Wide tells whether it wants a page turned sideways.
	Wide  bool
	Sheet *htmlTable
}

// htmlTable is a table as the template sees it.
type htmlTable struct {
	*sheet
	l      *layout
	Anchor string
	// Same says that the heading above calls the table what it is called, so that it is not shown once more.
	Same bool
}

// Label is what the table is called when it has no caption.
func (t *htmlTable) Label() string {
	if t.Caption != "" {
		return t.Caption
	}
	return t.title
}

// Shares are the widths of the columns in per cent.
func (t *htmlTable) Shares() []string {
	out := make([]string, len(t.shares))
	for i, s := range t.shares {
		out[i] = fmt.Sprintf("%.1f", s*100)
	}
	return out
}

// class lets the stylesheet set a column of numbers to the right.
func (c Column) class() string {
	switch c.Kind {
	case Number:
		return "n"
	case Date:
		return "d"
	default:
		return ""
	}
}

// Heads are the headers of the columns.
func (t *htmlTable) Heads() []htmlCell {
	out := make([]htmlCell, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = htmlCell{Text: guardHTML(c.Header), Class: c.class()}
	}
	return out
}

// htmlCell is a cell as the template sees it.
type htmlCell struct {
	Text, Class, Link string
	Strong            bool
}

// Cells are the cells of a row, worked out as the row is written.
func (t *htmlTable) Cells(row []Cell) []htmlCell {
	out := make([]htmlCell, len(t.Columns))
	for i, column := range t.Columns {
		c := cell(row, i)
		text, guard := c.shown(t.l.words)
		if guard {
			text = joiner + text
		}
		address, inside := t.l.target(c.Link)
		if inside > 0 {
			address = "#" + t.l.parts[inside-1].id
		}
		out[i] = htmlCell{Text: text, Class: column.class(), Link: address, Strong: c.Strong}
	}
	return out
}
