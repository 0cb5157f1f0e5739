// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// odsMediaType is both the Content-Type and the first part of the file.
const odsMediaType = "application/vnd.oasis.opendocument.spreadsheet"

// odsNamespaces are the names that every part of the file shares.
const odsNamespaces = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"` +
	` xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
	` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
	` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"` +
	` xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"` +
	` xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"` +
	` xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"` +
	` xmlns:dc="http://purl.org/dc/elements/1.1/"` +
	` xmlns:xlink="http://www.w3.org/1999/xlink"` +
	` office:version="1.3"`

const odsManifest = `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
	`<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="` + odsMediaType + `"/>` +
	`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>` +
	`<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>` +
	`<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>` +
	`<manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/>` +
	`</manifest:manifest>`

// writeODS writes an OpenDocument spreadsheet: a sheet about the document, then
// one for each table.
func writeODS(w io.Writer, l *layout) error {
	if err := checkSheets(l); err != nil {
		return err
	}
	p := newPack(w, l.Created)
	if err := p.stored("mimetype", odsMediaType); err != nil {
		return err
	}
	parts := []struct {
		name  string
		write func(xmlWriter)
	}{
		{"content.xml", func(x xmlWriter) { ods{x, l}.content() }},
		{"styles.xml", func(x xmlWriter) { ods{x, l}.styles() }},
		{"meta.xml", func(x xmlWriter) { ods{x, l}.meta() }},
		{"settings.xml", func(x xmlWriter) { ods{x, l}.settings() }},
	}
	for _, part := range parts {
		if err := p.part(part.name, part.write); err != nil {
			return fmt.Errorf("part %s: %w", part.name, err)
		}
	}
	if err := p.fixed("META-INF/manifest.xml", odsManifest); err != nil {
		return err
	}
	return p.zip.Close()
}

// ods writes the parts of the spreadsheet.
type ods struct {
	xmlWriter
	l *layout
}

// content writes the sheets.
func (o ods) content() {
	o.raw(`<office:document-content`, odsNamespaces, `><office:automatic-styles>`, odsCellStyles)
	o.columnStyles(0, []float64{30, 90})
	for i, s := range o.l.sheets {
		widths := make([]float64, len(s.Columns))
		for c := range widths {
			widths[c] = s.chars(c)
		}
		o.columnStyles(i+1, widths)
	}
	o.raw(`</office:automatic-styles><office:body><office:spreadsheet>`)
	o.about()
	for i, s := range o.l.sheets {
		o.table(i+1, s)
	}
	o.filters()
	o.raw(`</office:spreadsheet></office:body></office:document-content>`)
}

// odsCellStyles are the looks of cells. A data style of text keeps a cell text
// even when someone edits it.
const odsCellStyles = `<number:date-style style:name="date"><number:year number:style="long"/><number:text>-</number:text>` +
	`<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>` +
	`<number:date-style style:name="time"><number:year number:style="long"/><number:text>-</number:text>` +
	`<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/><number:text> </number:text>` +
	`<number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/></number:date-style>` +
	`<number:text-style style:name="text"><number:text-content/></number:text-style>` +
	`<style:style style:name="cell" style:family="table-cell" style:parent-style-name="Default"/>` +
	`<style:style style:name="cell-strong" style:family="table-cell" style:parent-style-name="Default"><style:text-properties fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="quoted" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"/>` +
	`<style:style style:name="quoted-strong" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:text-properties fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="date" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="date"/>` +
	`<style:style style:name="date-strong" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="date"><style:text-properties fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="time" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="time"/>` +
	`<style:style style:name="time-strong" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="time"><style:text-properties fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="header" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:table-cell-properties fo:background-color="#1f3a5f"/><style:text-properties fo:color="#ffffff" fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="title" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:table-cell-properties fo:wrap-option="no-wrap"/><style:text-properties fo:font-size="18pt" fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="subtitle" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:table-cell-properties fo:wrap-option="no-wrap"/></style:style>` +
	`<style:style style:name="heading" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:table-cell-properties fo:wrap-option="no-wrap"/><style:text-properties fo:font-size="13pt" fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="status" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="text"><style:table-cell-properties fo:background-color="#fff1dc"/><style:text-properties fo:color="#7a2e00" fo:font-weight="bold"/></style:style>` +
	`<style:style style:name="row" style:family="table-row"><style:table-row-properties style:use-optimal-row-height="true"/></style:style>` +
	`<style:style style:name="sheet" style:family="table" style:master-page-name="Default"><style:table-properties table:display="true"/></style:style>` +
	`<style:style style:name="sheet-wide" style:family="table" style:master-page-name="Wide"><style:table-properties table:display="true"/></style:style>`

// columnStyles writes the widths of a sheet, at about 2 mm a character.
func (o ods) columnStyles(sheet int, widths []float64) {
	for i, chars := range widths {
		o.raw(`<style:style style:name="`, columnStyle(sheet, i), `" style:family="table-column"><style:table-column-properties style:column-width="`,
			strconv.FormatFloat(chars*0.2, 'f', 2, 64), `cm"/></style:style>`)
	}
}

func columnStyle(sheet, column int) string { return fmt.Sprintf("co%d-%d", sheet, column+1) }

// open starts a sheet.
func (o ods) open(number int, name string, columns int, wide bool) {
	style := "sheet"
	if wide {
		style = "sheet-wide"
	}
	o.raw(`<table:table table:name="`)
	o.esc(name)
	o.raw(`" table:style-name="`, style, `">`)
	for i := range columns {
		o.raw(`<table:table-column table:style-name="`, columnStyle(number, i), `" table:default-cell-style-name="cell"/>`)
	}
}

// table writes a table as a sheet, with a header row that repeats in print.
func (o ods) table(number int, s *sheet) {
	o.open(number, s.name, len(s.Columns), s.wide())
	o.raw(`<table:table-header-rows><table:table-row table:style-name="row">`)
	for _, c := range s.Columns {
		o.text(c.Header, "header", "")
	}
	o.raw(`</table:table-row></table:table-header-rows>`)
	for _, row := range s.Rows {
		o.raw(`<table:table-row table:style-name="row">`)
		for i, c := range s.Columns {
			o.value(cell(row, i), c.Kind)
		}
		o.raw(`</table:table-row>`)
	}
	if len(s.Rows) == 0 { // a table of header rows alone is not valid
		o.raw(`<table:table-row><table:table-cell/></table:table-row>`)
	}
	o.raw(`</table:table>`)
}

// value writes a cell with its type.
func (o ods) value(c Cell, kind Kind) {
	suffix := ""
	if c.Strong {
		suffix = "-strong"
	}
	address, _ := o.l.target(c.Link)
	if n, ok := c.number(); ok {
		shown, _ := c.shown(o.l.words)
		o.raw(`<table:table-cell table:style-name="cell`, suffix, `" office:value-type="float" office:value="`,
			strconv.FormatFloat(n, 'g', -1, 64), `">`)
		o.paragraphs(shown, address)
		o.raw(`</table:table-cell>`)
		return
	}
	if t, clock, ok := c.date(kind); ok {
		style, form := "date", "2006-01-02"
		if clock {
			style, form = "time", "2006-01-02T15:04:05"
		}
		o.raw(`<table:table-cell table:style-name="`, style, suffix, `" office:value-type="date" office:date-value="`, t.Format(form), `">`)
		o.paragraphs(clean(c.Text), address)
		o.raw(`</table:table-cell>`)
		return
	}
	style := "cell"
	if risky(c.Text) {
		style = "quoted"
	}
	o.text(c.Text, style+suffix, address)
}

// text writes a cell typed as a string, which is never read as a formula.
func (o ods) text(text, style, link string) {
	text = clean(text)
	if text == "" {
		o.raw(`<table:table-cell table:style-name="`, style, `"/>`)
		return
	}
	o.raw(`<table:table-cell table:style-name="`, style, `" office:value-type="string">`)
	o.paragraphs(text, link)
	o.raw(`</table:table-cell>`)
}

// paragraphs writes the lines of a cell.
func (o ods) paragraphs(text, link string) {
	for line := range strings.SplitSeq(text, "\n") {
		o.raw(`<text:p>`)
		if link != "" && line != "" {
			o.raw(`<text:a xlink:type="simple" xlink:href="`)
			o.esc(link)
			o.raw(`">`)
			o.spaced(line)
			o.raw(`</text:a>`)
		} else {
			o.spaced(line)
		}
		o.raw(`</text:p>`)
	}
}

// spaced writes a line whose spaces survive: OpenDocument folds runs of them as
// HTML does, unless they are elements. A tab becomes a space, since LibreOffice
// drops tabs in cells and would run the words together.
func (o ods) spaced(line string) {
	line = strings.ReplaceAll(line, "\t", " ")
	for start := true; line != ""; start = false {
		text := strings.TrimLeft(line, " ")
		spaces := len(line) - len(text)
		if spaces > 0 && !start && text != "" { // the first of a run inside the line stands as it is
			o.raw(" ")
			spaces--
		}
		if spaces > 0 {
			o.raw(`<text:s text:c="`, strconv.Itoa(spaces), `"/>`)
		}
		end := strings.IndexByte(text, ' ')
		if end < 0 {
			end = len(text)
		}
		o.esc(text[:end])
		line = text[end:]
	}
}

// filters gives every table its filter buttons. The name is the one LibreOffice
// uses for a sheet's own filter.
func (o ods) filters() {
	if len(o.l.sheets) == 0 {
		return
	}
	o.raw(`<table:database-ranges>`)
	for i, s := range o.l.sheets {
		quoted := "$'" + s.name + "'"
		o.raw(`<table:database-range table:name="__Anonymous_Sheet_DB__`, strconv.Itoa(i+1), `" table:target-range-address="`)
		o.esc(fmt.Sprintf("%s.A1:%s.%s%d", quoted, quoted, columnName(len(s.Columns)), len(s.Rows)+1))
		o.raw(`" table:display-filter-buttons="true"/>`)
	}
	o.raw(`</table:database-ranges>`)
}

// columnName is the letters of column n, counted from 1.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
