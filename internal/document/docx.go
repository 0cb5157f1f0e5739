// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxWordColumns is how many columns Word takes in a table.
const maxWordColumns = 63

// The page is A4 with 2 cm margins, in twentieths of a point.
const (
	a4Short, a4Long, margin = 11906, 16838, 1134
	textUpright             = a4Short - 2*margin
	textTurned              = a4Long - 2*margin
)

// writeDOCX writes a WordprocessingML document. Addresses are collected while
// the text is written and listed in the part that comes after it.
func writeDOCX(w io.Writer, l *layout) error {
	for _, s := range l.sheets {
		if len(s.Columns) > maxWordColumns {
			return fmt.Errorf("table %q has %d columns, Word holds %d in a table", s.title, len(s.Columns), maxWordColumns)
		}
	}
	p := newPack(w, l.Created)
	d := &docx{l: l, links: map[string]int{}}
	parts := []struct {
		name  string
		write func(*docx)
	}{
		{"[Content_Types].xml", func(d *docx) { d.raw(docxContentTypes) }},
		{"_rels/.rels", func(d *docx) { d.raw(docxRootRels) }},
		{"docProps/core.xml", (*docx).core},
		{"docProps/app.xml", (*docx).app},
		{"word/styles.xml", (*docx).styles},
		{"word/settings.xml", (*docx).settings},
		{"word/header1.xml", func(d *docx) { d.header(textUpright) }},
		{"word/footer1.xml", func(d *docx) { d.footer(textUpright) }},
		{"word/header2.xml", func(d *docx) { d.header(textTurned) }},
		{"word/footer2.xml", func(d *docx) { d.footer(textTurned) }},
		{"word/document.xml", (*docx).document},
		{"word/_rels/document.xml.rels", (*docx).rels},
	}
	for _, part := range parts {
		err := p.part(part.name, func(x xmlWriter) {
			d.xmlWriter = x
			part.write(d)
		})
		if err != nil {
			return fmt.Errorf("part %s: %w", part.name, err)
		}
	}
	return p.zip.Close()
}

// docx writes the parts of the document.
type docx struct {
	xmlWriter
	l     *layout
	links map[string]int // address to the number of its relationship
	order []string
}

// document writes the text: the cover, then the sections, turning the page
// where a table needs the width.
func (d *docx) document() {
	d.raw(`<w:document`, docxNamespaces, `><w:body>`)
	d.paragraph("Title", d.l.Title)
	d.paragraph("Subtitle", d.l.Subtitle)
	d.paragraph("Status", d.l.Status)
	for _, p := range d.l.Properties {
		d.property(p)
	}
	wide, after := false, ""
	for i, p := range d.l.parts {
		if p.wide == wide {
			d.raw(after)
		} else { // what turns the page parts tables too: another line would be alone on a page when a table fills the one before
			d.raw(`<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>`)
			d.pageSetup(wide)
			d.raw(`</w:pPr></w:p>`)
			wide = p.wide
		}
		d.part(i+1, p)
		if after = ""; p.sheet != nil { // two tables with nothing between would become one
			after = `<w:p><w:pPr><w:pStyle w:val="AfterTable"/></w:pPr></w:p>`
		}
	}
	if after != "" { // Word wants a line after the last table; one as low as can be needs no page of its own
		d.raw(`<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr></w:p>`)
	}
	d.pageSetup(wide)
	d.raw(`</w:body></w:document>`)
}

// pageSetup ends a run of pages that stand the same way.
func (d *docx) pageSetup(wide bool) {
	header, footer, size := "rId3", "rId4", fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d"/>`, a4Short, a4Long)
	if wide {
		header, footer = "rId5", "rId6"
		size = fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d" w:orient="landscape"/>`, a4Long, a4Short)
	}
	m := strconv.Itoa(margin)
	d.raw(`<w:sectPr><w:headerReference w:type="default" r:id="`, header, `"/><w:footerReference w:type="default" r:id="`, footer,
		`"/><w:type w:val="nextPage"/>`, size, `<w:pgMar w:top="1418" w:right="`, m, `" w:bottom="1418" w:left="`, m,
		`" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>`)
}

// part writes section number n.
func (d *docx) part(n int, p part) {
	number := strconv.Itoa(n)
	mark := `<w:bookmarkStart w:id="` + number + `" w:name="` + bookmark(n) + `"/><w:bookmarkEnd w:id="` + number + `"/>`
	if strings.TrimSpace(clean(p.Heading)) != "" {
		d.raw(`<w:p><w:pPr><w:pStyle w:val="Heading`, strconv.Itoa(p.level), `"/></w:pPr>`, mark)
		d.run(p.Heading, "")
		d.raw(`</w:p>`)
	} else {
		d.raw(mark)
	}
	for _, text := range p.Paragraphs {
		d.paragraph("", text)
	}
	if p.sheet != nil {
		d.table(p)
	}
}

// bookmark is the name that links inside the document point to.
func bookmark(n int) string { return "s" + strconv.Itoa(n) }

// paragraph writes text in a style, and nothing when there is no text.
func (d *docx) paragraph(style, text string) {
	if text == "" {
		return
	}
	d.raw(`<w:p>`)
	if style != "" {
		d.raw(`<w:pPr><w:pStyle w:val="`, style, `"/></w:pPr>`)
	}
	d.run(text, "")
	d.raw(`</w:p>`)
}

// property writes a cover fact as a line of its own.
func (d *docx) property(p Property) {
	d.raw(`<w:p><w:pPr><w:pStyle w:val="Property"/></w:pPr>`)
	d.run(p.Name+": ", `<w:rStyle w:val="Strong"/>`)
	d.linked(Cell{Text: p.Value, Link: p.Value})
	d.raw(`</w:p>`)
}

// linked writes the text of a cell, as a link when it has one.
func (d *docx) linked(c Cell) {
	text, _ := c.shown(d.l.words)
	address, inside := d.l.target(c.Link)
	bold := ""
	if c.Strong {
		bold = `<w:b/>`
	}
	switch {
	case text == "":
	case address != "":
		d.raw(`<w:hyperlink r:id="rId`, strconv.Itoa(d.link(address)), `" w:history="1">`)
		d.run(text, `<w:rStyle w:val="Hyperlink"/>`+bold)
		d.raw(`</w:hyperlink>`)
	case inside > 0:
		d.raw(`<w:hyperlink w:anchor="`, bookmark(inside), `" w:history="1">`)
		d.run(text, `<w:rStyle w:val="Hyperlink"/>`+bold)
		d.raw(`</w:hyperlink>`)
	default:
		d.run(text, bold)
	}
}

// link gives the number of the relationship for an address.
func (d *docx) link(address string) int {
	n, ok := d.links[address]
	if !ok {
		n = docxFirstLink + len(d.order)
		d.links[address] = n
		d.order = append(d.order, address)
	}
	return n
}

// run writes text with its line breaks and tabs.
func (d *docx) run(text, properties string) {
	d.raw(`<w:r>`)
	if properties != "" {
		d.raw(`<w:rPr>`, properties, `</w:rPr>`)
	}
	for i, line := range strings.Split(clean(text), "\n") {
		if i > 0 {
			d.raw(`<w:br/>`)
		}
		for j, piece := range strings.Split(line, "\t") {
			if j > 0 {
				d.raw(`<w:tab/>`)
			}
			if piece != "" {
				d.raw(`<w:t xml:space="preserve">`)
				d.esc(piece)
				d.raw(`</w:t>`)
			}
		}
	}
	d.raw(`</w:r>`)
}

// table writes a table whose header row is marked and repeats on every page.
func (d *docx) table(p part) {
	d.paragraph("Caption", p.sheet.Caption)
	widths := twips(p.sheet, p.wide)
	d.tableProperties(p.sheet, widths)
	d.raw(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for i, c := range p.sheet.Columns {
		d.cell(widths[i], tableStyle("TableHeader", c.Kind), func() { d.run(c.Header, "") })
	}
	d.raw(`</w:tr>`)
	for _, row := range p.sheet.Rows {
		d.raw(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		for i, c := range p.sheet.Columns {
			d.cell(widths[i], tableStyle("TableText", c.Kind), func() { d.linked(cell(row, i)) })
		}
		d.raw(`</w:tr>`)
	}
	d.raw(`</w:tbl>`)
}

// tableStyle is the variant of a style that suits the kind of column.
func tableStyle(style string, k Kind) string {
	if k == Number {
		return style + "Number"
	}
	return style
}

// tableProperties begins a table: its look, its name for those who do not see
// it, and its columns.
func (d *docx) tableProperties(s *sheet, widths []int) {
	total := 0
	for _, w := range widths {
		total += w
	}
	d.raw(`<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/><w:tblW w:w="`, strconv.Itoa(total), `" w:type="dxa"/><w:tblLayout w:type="fixed"/>`,
		`<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/><w:tblCaption w:val="`)
	d.esc(truncate(oneLine(clean(s.title)), 255))
	d.raw(`"/></w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		d.raw(`<w:gridCol w:w="`, strconv.Itoa(w), `"/>`)
	}
	d.raw(`</w:tblGrid>`)
}

// cell writes a cell with one paragraph, which Word demands even of empty ones.
func (d *docx) cell(width int, style string, content func()) {
	d.raw(`<w:tc><w:tcPr><w:tcW w:w="`, strconv.Itoa(width), `" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="`, style, `"/></w:pPr>`)
	content()
	d.raw(`</w:p></w:tc>`)
}

// dateWidth is room for a date on one line of a table.
const dateWidth = 1300

// twips shares out the width of the page. A column of dates gets room for them
// as long as that leaves the others half the page.
func twips(s *sheet, wide bool) []int {
	text := float64(textUpright)
	if wide {
		text = textTurned
	}
	fixed, rest := 0.0, 1.0
	narrow := func(i int) bool { return s.Columns[i].Kind == Date && s.shares[i]*text < dateWidth }
	for i, share := range s.shares {
		if narrow(i) {
			fixed += dateWidth
			rest -= share
		}
	}
	keep := fixed > text/2
	out := make([]int, len(s.shares))
	for i, share := range s.shares {
		switch {
		case keep:
			out[i] = int(share * text)
		case narrow(i):
			out[i] = dateWidth
		default:
			out[i] = int(share / rest * (text - fixed))
		}
	}
	return out
}
