// SPDX-License-Identifier: EUPL-1.2

package document

import "strings"

// about writes the first sheet: what the document is and what it says outside
// its tables, with a link to the sheet of each.
func (o ods) about() {
	o.open(0, o.l.words.about, 2, false)
	o.line(o.l.Title, "title")
	o.line(o.l.Subtitle, "subtitle")
	o.line(o.l.Status, "status")
	if len(o.l.Properties) > 0 {
		o.blank()
	}
	for _, p := range o.l.Properties {
		o.row(func() {
			o.text(p.Name, "cell-strong", "")
			o.text(p.Value, guarded(p.Value), safeLink(p.Value))
		})
	}
	for _, p := range o.l.parts {
		o.part(p)
	}
	o.raw(`</table:table>`)
}

// part writes the heading and the text of a section.
func (o ods) part(p part) {
	o.blank()
	o.line(p.Heading, "heading")
	for _, text := range p.Paragraphs {
		o.beside("", text, "")
	}
	if p.sheet == nil {
		return
	}
	if p.sheet.Caption != "" {
		o.beside("", p.sheet.Caption, "")
	}
	o.beside(o.l.words.sheet, p.sheet.name, "#'"+p.sheet.name+"'.A1")
}

func (o ods) row(cells func()) {
	o.raw(`<table:table-row table:style-name="row">`)
	cells()
	o.raw(`</table:table-row>`)
}

func (o ods) blank() { o.row(func() { o.raw(`<table:table-cell/>`) }) }

// line writes text in the first column, if there is any.
func (o ods) line(text, style string) {
	if text != "" {
		o.row(func() { o.text(text, style, "") })
	}
}

// beside writes text in the second column, next to a label.
func (o ods) beside(label, text, link string) {
	o.row(func() {
		o.text(label, "cell", "")
		o.text(text, guarded(text), link)
	})
}

// guarded is the style of ordinary text.
func guarded(text string) string {
	if risky(text) {
		return "quoted"
	}
	return "cell"
}

// styles writes the default look and the two pages, upright and turned, with
// the title and the status at the top and page numbers at the foot.
func (o ods) styles() {
	o.raw(`<office:document-styles`, odsNamespaces, `><office:styles>`,
		`<style:default-style style:family="table-cell"><style:text-properties fo:font-family="Calibri, Carlito, sans-serif" fo:font-size="11pt" fo:language="`,
		o.l.words.lang, `" fo:country="`, o.l.words.country, `"/></style:default-style>`,
		`<style:style style:name="Default" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/></style:style>`,
		`</office:styles><office:automatic-styles>`)
	o.pageLayout("upright", "21cm", "29.7cm", "portrait")
	o.pageLayout("turned", "29.7cm", "21cm", "landscape")
	o.raw(`</office:automatic-styles><office:master-styles>`)
	o.masterPage("Default", "upright")
	o.masterPage("Wide", "turned")
	o.raw(`</office:master-styles></office:document-styles>`)
}

// pageLayout writes A4 one way or the other, scaled so that all columns fit.
func (o ods) pageLayout(name, width, height, orientation string) {
	o.raw(`<style:page-layout style:name="`, name, `"><style:page-layout-properties fo:page-width="`, width,
		`" fo:page-height="`, height, `" style:print-orientation="`, orientation,
		`" fo:margin="1.5cm" style:scale-to-X="1" style:scale-to-Y="0"/>`,
		`<style:header-style><style:header-footer-properties fo:min-height="0.8cm" fo:margin-bottom="0.3cm"/></style:header-style>`,
		`<style:footer-style><style:header-footer-properties fo:min-height="0.8cm" fo:margin-top="0.3cm"/></style:footer-style>`,
		`</style:page-layout>`)
}

// masterPage writes what stands at the top and the foot of every page.
func (o ods) masterPage(name, layout string) {
	o.raw(`<style:master-page style:name="`, name, `" style:page-layout-name="`, layout, `"><style:header><style:region-left><text:p>`)
	o.esc(oneLine(o.l.Title))
	o.raw(`</text:p></style:region-left><style:region-right><text:p>`)
	o.esc(oneLine(o.l.Status))
	o.raw(`</text:p></style:region-right></style:header><style:footer><style:region-left><text:p>`, o.l.date(),
		`</text:p></style:region-left><style:region-right><text:p>`, o.l.words.page, ` <text:page-number>1</text:page-number> `, o.l.words.of,
		` <text:page-count>1</text:page-count></text:p></style:region-right></style:footer></style:master-page>`)
}

// meta writes what the file says about itself.
func (o ods) meta() {
	o.raw(`<office:document-meta`, odsNamespaces, `><office:meta>`)
	o.elem("meta:generator", o.l.fallback)
	o.elem("dc:title", oneLine(o.l.Title))
	o.elem("dc:subject", oneLine(o.l.Subtitle))
	o.elem("meta:initial-creator", o.l.author())
	o.elem("dc:creator", o.l.author())
	o.elem("meta:creation-date", o.l.stamp())
	o.elem("dc:date", o.l.stamp())
	o.elem("dc:language", o.l.words.locale)
	if s := strings.TrimSpace(o.l.Status); s != "" {
		o.raw(`<meta:user-defined meta:name="`, o.l.words.status, `" meta:value-type="string">`)
		o.esc(s)
		o.raw(`</meta:user-defined>`)
	}
	o.raw(`</office:meta></office:document-meta>`)
}

// settings keeps the header row of each table in view.
func (o ods) settings() {
	o.raw(`<office:document-settings`, odsNamespaces, `><office:settings><config:config-item-set config:name="ooo:view-settings">`,
		`<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>`,
		`<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>`,
		`<config:config-item-map-named config:name="Tables">`)
	for _, s := range o.l.sheets {
		o.raw(`<config:config-item-map-entry config:name="`)
		o.esc(s.name)
		o.raw(`">`, odsFrozen, `</config:config-item-map-entry>`)
	}
	o.raw(`</config:config-item-map-named><config:config-item config:name="ActiveTable" config:type="string">`)
	o.esc(o.l.words.about)
	o.raw(`</config:config-item></config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings></office:document-settings>`)
}

// odsFrozen freezes one row; 2 is the split mode that means frozen.
const odsFrozen = `<config:config-item config:name="HorizontalSplitMode" config:type="short">0</config:config-item>` +
	`<config:config-item config:name="VerticalSplitMode" config:type="short">2</config:config-item>` +
	`<config:config-item config:name="HorizontalSplitPosition" config:type="int">0</config:config-item>` +
	`<config:config-item config:name="VerticalSplitPosition" config:type="int">1</config:config-item>` +
	`<config:config-item config:name="ActiveSplitRange" config:type="short">2</config:config-item>` +
	`<config:config-item config:name="PositionBottom" config:type="int">1</config:config-item>`
