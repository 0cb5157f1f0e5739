// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"strconv"
	"strings"
)

const docxNamespaces = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

const (
	packageRel = `http://schemas.openxmlformats.org/package/2006/relationships`
	officeRel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	wordType   = `application/vnd.openxmlformats-officedocument.wordprocessingml.`
)

const docxContentTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
	`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
	`<Default Extension="xml" ContentType="application/xml"/>` +
	`<Override PartName="/word/document.xml" ContentType="` + wordType + `document.main+xml"/>` +
	`<Override PartName="/word/styles.xml" ContentType="` + wordType + `styles+xml"/>` +
	`<Override PartName="/word/settings.xml" ContentType="` + wordType + `settings+xml"/>` +
	`<Override PartName="/word/header1.xml" ContentType="` + wordType + `header+xml"/>` +
	`<Override PartName="/word/header2.xml" ContentType="` + wordType + `header+xml"/>` +
	`<Override PartName="/word/footer1.xml" ContentType="` + wordType + `footer+xml"/>` +
	`<Override PartName="/word/footer2.xml" ContentType="` + wordType + `footer+xml"/>` +
	`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
	`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>` +
	`</Types>`

const docxRootRels = `<Relationships xmlns="` + packageRel + `">` +
	`<Relationship Id="rId1" Type="` + officeRel + `/officeDocument" Target="word/document.xml"/>` +
	`<Relationship Id="rId2" Type="` + packageRel + `/metadata/core-properties" Target="docProps/core.xml"/>` +
	`<Relationship Id="rId3" Type="` + officeRel + `/extended-properties" Target="docProps/app.xml"/>` +
	`</Relationships>`

// docxFirstLink is the number after those of the document's own parts.
const docxFirstLink = 7

// rels lists the document's parts and the addresses it links to.
func (d *docx) rels() {
	d.raw(`<Relationships xmlns="`, packageRel, `">`,
		`<Relationship Id="rId1" Type="`, officeRel, `/styles" Target="styles.xml"/>`,
		`<Relationship Id="rId2" Type="`, officeRel, `/settings" Target="settings.xml"/>`,
		`<Relationship Id="rId3" Type="`, officeRel, `/header" Target="header1.xml"/>`,
		`<Relationship Id="rId4" Type="`, officeRel, `/footer" Target="footer1.xml"/>`,
		`<Relationship Id="rId5" Type="`, officeRel, `/header" Target="header2.xml"/>`,
		`<Relationship Id="rId6" Type="`, officeRel, `/footer" Target="footer2.xml"/>`)
	for i, address := range d.order {
		d.raw(`<Relationship Id="rId`, strconv.Itoa(docxFirstLink+i), `" Type="`, officeRel, `/hyperlink" Target="`)
		d.esc(address)
		d.raw(`" TargetMode="External"/>`)
	}
	d.raw(`</Relationships>`)
}

// core writes what the file says about itself.
func (d *docx) core() {
	d.raw(`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"`,
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"`,
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`)
	d.elem("dc:title", oneLine(d.l.Title))
	d.elem("dc:subject", oneLine(d.l.Subtitle))
	d.elem("dc:creator", d.l.author())
	d.elem("cp:lastModifiedBy", d.l.author())
	d.elem(`dcterms:created xsi:type="dcterms:W3CDTF"`, d.l.stamp())
	d.elem(`dcterms:modified xsi:type="dcterms:W3CDTF"`, d.l.stamp())
	d.elem("dc:language", d.l.words.locale)
	d.elem("cp:contentStatus", oneLine(d.l.Status))
	d.raw(`</cp:coreProperties>`)
}

func (d *docx) app() {
	d.raw(`<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">`)
	d.elem("Application", d.l.fallback)
	d.raw(`</Properties>`)
}

// settings tells Word that the document is of today's kind; without it, Word
// opens it as one from 2007.
func (d *docx) settings() {
	d.raw(`<w:settings`, docxNamespaces, `><w:zoom w:percent="100"/><w:defaultTabStop w:val="1304"/><w:characterSpacingControl w:val="doNotCompress"/>`,
		`<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>`,
		`<w:themeFontLang w:val="`, d.l.words.locale, `"/></w:settings>`)
}

// header writes the title and the status at the top of every page; the status
// stands at the right edge, which is why each width of page has its own.
func (d *docx) header(width int) {
	d.raw(`<w:hdr`, docxNamespaces, `><w:p><w:pPr><w:pStyle w:val="Header"/><w:tabs><w:tab w:val="right" w:pos="`, strconv.Itoa(width), `"/></w:tabs></w:pPr>`)
	d.run(truncate(oneLine(clean(d.l.Title)), 90), "")
	if d.l.Status != "" {
		d.raw(`<w:r><w:tab/></w:r>`)
		d.run(truncate(oneLine(clean(d.l.Status)), 40), `<w:rStyle w:val="Strong"/>`)
	}
	d.raw(`</w:p></w:hdr>`)
}

// footer writes the date and the page number at the foot of every page.
func (d *docx) footer(width int) {
	d.raw(`<w:ftr`, docxNamespaces, `><w:p><w:pPr><w:pStyle w:val="Footer"/><w:tabs><w:tab w:val="right" w:pos="`, strconv.Itoa(width), `"/></w:tabs></w:pPr>`)
	d.run(d.l.date()+"\t"+d.l.words.page+" ", "")
	d.field("PAGE")
	d.run(" "+d.l.words.of+" ", "")
	d.field("NUMPAGES")
	d.raw(`</w:p></w:ftr>`)
}

// field writes a number that Word works out.
func (d *docx) field(name string) {
	d.raw(`<w:fldSimple w:instr=" `, name, ` "><w:r><w:t>1</w:t></w:r></w:fldSimple>`)
}

// styles writes the looks. The built-in names make headings into headings: they
// build the navigation pane, and screen readers move by them.
func (d *docx) styles() {
	d.raw(`<w:styles`, docxNamespaces, `>`, strings.ReplaceAll(docxDefaults, "LOCALE", d.l.words.locale), docxParagraphStyles, docxTableStyles, `</w:styles>`)
}

const docxDefaults = `<w:docDefaults><w:rPrDefault><w:rPr>` +
	`<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/><w:sz w:val="22"/><w:szCs w:val="22"/>` +
	`<w:lang w:val="LOCALE" w:eastAsia="LOCALE" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>` +
	`<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>`

const docxParagraphStyles = `<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>` +
	`<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:pPr><w:keepNext/><w:spacing w:after="80" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="44"/><w:szCs w:val="44"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:rPr><w:color w:val="444444"/><w:sz w:val="28"/><w:szCs w:val="28"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="Status"><w:name w:val="Status"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/>` +
	`<w:pPr><w:pBdr><w:left w:val="single" w:sz="24" w:space="6" w:color="7A2E00"/></w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="FFF1DC"/><w:spacing w:before="120" w:after="240"/></w:pPr>` +
	`<w:rPr><w:b/><w:color w:val="7A2E00"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="Property"><w:name w:val="Property"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="40"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="480" w:after="120"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="320" w:after="80"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="26"/><w:szCs w:val="26"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="240" w:after="60"/><w:outlineLvl w:val="2"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Caption"><w:name w:val="caption"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
	`<w:pPr><w:keepNext/><w:spacing w:before="160" w:after="60"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Header"><w:name w:val="header"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr></w:style>` +
	`<w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:qFormat/><w:rPr><w:b/></w:rPr></w:style>` +
	`<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="0B4F8A"/><w:u w:val="single"/></w:rPr></w:style>`

const docxTableStyles = `<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableText"><w:name w:val="Table Text"/><w:basedOn w:val="Normal"/>` +
	`<w:pPr><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableTextNumber"><w:name w:val="Table Text Number"/><w:basedOn w:val="TableText"/><w:pPr><w:jc w:val="right"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeader"><w:name w:val="Table Header"/><w:basedOn w:val="TableText"/><w:pPr><w:keepNext/></w:pPr><w:rPr><w:b/></w:rPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeaderNumber"><w:name w:val="Table Header Number"/><w:basedOn w:val="TableHeader"/><w:pPr><w:jc w:val="right"/></w:pPr></w:style>` +
	`<w:style w:type="paragraph" w:customStyle="1" w:styleId="AfterTable"><w:name w:val="After Table"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0" w:line="120" w:lineRule="exact"/></w:pPr></w:style>` +
	`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>` +
	`<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
	`<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/>` +
	`<w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="767676"/><w:left w:val="single" w:sz="4" w:space="0" w:color="767676"/>` +
	`<w:bottom w:val="single" w:sz="4" w:space="0" w:color="767676"/><w:right w:val="single" w:sz="4" w:space="0" w:color="767676"/>` +
	`<w:insideH w:val="single" w:sz="4" w:space="0" w:color="767676"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="767676"/></w:tblBorders></w:tblPr>` +
	`<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="FFFFFF"/></w:rPr><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="1F3A5F"/></w:tcPr></w:tblStylePr></w:style>`
