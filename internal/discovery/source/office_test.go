// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// zipOf packs parts, in order: name, content, name, content.
func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const contentTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`

func TestWordJoinsRuns(t *testing.T) {
	body := `<?xml version="1.0"?><w:document xmlns:w="w"><w:body>` +
		`<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>Född 18900603</w:t></w:r><w:proofErr w:type="x"/>
<w:ins w:author="Anna &amp; Bo"><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">-98</w:t></w:r></w:ins><w:r><w:t>13</w:t></w:r></w:p>` +
		`<w:p><w:r><w:t>1890</w:t><w:noBreakHyphen/><w:t>x</w:t><w:tab/><w:t>y</w:t><w:br/><w:t>z</w:t></w:r></w:p>` +
		`<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>ruta</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r><w:t>ruta</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>` +
		`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>ett</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>två</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>`
	g := readBytes(t, "brev.docx", zipOf(t, "[Content_Types].xml", contentTypes, "word/document.xml", body,
		"word/header1.xml", `<w:hdr><w:p><w:r><w:t>huvudet</w:t></w:r></w:p></w:hdr>`,
		"word/comments.xml", `<w:comments><w:comment w:author="Cia"><w:p><w:r><w:t>kommentar</w:t></w:r></w:p></w:comment></w:comments>`,
		"docProps/core.xml", `<cp:coreProperties><dc:creator>Disa</dc:creator><cp:lastModifiedBy>Ebba</cp:lastModifiedBy></cp:coreProperties>`,
		"customXml/item1.xml", `<data><pnr>189007179816</pnr><namn>Frida</namn></data>`,
		"word/_rels/document.xml.rels", `<Relationships><Relationship Id="1" Target="mailto:gun@example.org" TargetMode="External"/></Relationships>`))
	g.nothingSkipped(t)
	all := g.all()
	for _, want := range []string{
		"Född 18900603-9813\n", "Anna & Bo\n", "1890\u2011x\ty\nz\n", "huvudet", "Cia", "kommentar", "Disa\n", "Ebba\n", "189007179816\n", "mailto:gun@example.org",
		"ett\n", "två\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %q", want, all)
		}
	}
	if n := strings.Count(all, "ruta"); n != 1 {
		t.Errorf("the text in the box is told %d times", n)
	}
}

func TestWorkbook(t *testing.T) {
	f := excelize.NewFile()
	set := func(sheet, cell string, v any) {
		t.Helper()
		if err := f.SetCellValue(sheet, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range []string{"Personnummer", "Namn", "Tal"} {
		set("Sheet1", string(rune('A'+i))+"1", h)
	}
	numbers := official(t)
	for i, n := range numbers {
		set("Sheet1", fmt.Sprintf("A%d", i+2), n)
		set("Sheet1", fmt.Sprintf("B%d", i+2), "Åsa & Bo <x>")
		var v int
		_, _ = fmt.Sscan(n, &v)
		set("Sheet1", fmt.Sprintf("C%d", i+2), v)
	}
	if _, err := f.NewSheet("Öv rigt"); err != nil {
		t.Fatal(err)
	}
	set("Öv rigt", "AB7", "199001019802")
	if err := f.AddComment("Öv rigt", excelize.Comment{Cell: "A1", Author: "Hedda", Text: "se akten"}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	g := readBytes(t, "lista.xlsx", b.Bytes())
	g.nothingSkipped(t)
	g.hasAll(t, numbers)
	if got, want := len(g.values), 3*len(numbers)+1; got != want {
		t.Fatalf("%d values, want %d", got, want)
	}
	cells := map[string]Value{}
	for _, v := range g.values {
		cells[v.Place.Cell] = v
	}
	if v := cells["Sheet1!A2"]; v.Column != (Column{Table: "Sheet1", Field: "Personnummer", Index: 1}) || v.Number {
		t.Errorf("the first cell is %+v", v)
	}
	if v := cells["Sheet1!C2"]; !v.Number || v.Column.Field != "Tal" {
		t.Errorf("the number is %+v", v)
	}
	if v := cells["Öv rigt!AB7"]; string(v.Bytes) != "199001019802" {
		t.Errorf("the last cell is %+v", v)
	}
	for _, want := range []string{"Hedda", "se akten", "Personnummer\tNamn\tTal"} {
		if !strings.Contains(g.all(), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// What people wrote in a sheet beside its cells is read: at the pages' edges, among codes, in links, filters and rules for what may be entered.
func TestSheetBesideItsCells(t *testing.T) {
	sheet := `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>` +
		`<protectedRanges><protectedRange name="Skyddat 1"/></protectedRanges><scenarios><scenario name="Bättre" comment="räknat"/></scenarios>` +
		`<autoFilter><filterColumn><filters><filter val="189006039813"/></filters><customFilters><customFilter val="189007179816"/></customFilters></filterColumn></autoFilter>` +
		`<dataValidations><dataValidation promptTitle="Ruta" prompt="Skriv" errorTitle="Fel" error="Finns inte"><formula1>"ja,nej"</formula1></dataValidation></dataValidations>` +
		`<hyperlinks><hyperlink ref="A1" display="Akten" tooltip="Öppna"/></hyperlinks>` +
		`<headerFooter><oddHeader>&amp;L18900826-9814&amp;C&amp;"Arial,Fet"&amp;12 18900831-9809&amp;R&amp;K00FF0018900603-9813</oddHeader>` +
		`<firstFooter>Sid &amp;P av &amp;N, A&amp;&amp;B</firstFooter></headerFooter></worksheet>`
	g := readBytes(t, "lista.xlsx", zipOf(t, "[Content_Types].xml", contentTypes, "xl/workbook.xml", "<workbook/>", "xl/worksheets/sheet1.xml", sheet,
		"xl/worksheets/_rels/sheet1.xml.rels", `<Relationships><Relationship Id="1" Target="akter/18900717-9816.docx" TargetMode="External"/><Relationship Id="2" Target="../comments1.xml"/></Relationships>`))
	g.nothingSkipped(t)
	all := g.all()
	for _, want := range []string{
		"Skyddat 1\n", "Bättre\n", "räknat\n", "189006039813\n", "189007179816\n", "Ruta\n", "Skriv\n", "Fel\n", "Finns inte\n", "Akten\n", "Öppna\n", "\"ja,nej\"",
		" 18900826-9814  ", " 18900831-9809 ", " 18900603-9813\n", "A&B", "akter/18900717-9816.docx\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %q", want, all)
		}
	}
	if strings.Contains(all, "comments1") {
		t.Errorf("a reference to a part is told: %q", all)
	}
}

// A document is one although its list of parts has been left out.
func TestOpenDocumentWithoutManifest(t *testing.T) {
	g := readBytes(t, "brev.odt", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text",
		"content.xml", `<office:document-content><office:text><text:p>Född 1890<text:span>0603</text:span>-<text:soft-page-break/>9813</text:p></office:text></office:document-content>`))
	g.nothingSkipped(t)
	if !strings.Contains(g.all(), "Född 18900603-9813\n") {
		t.Errorf("%q", g.all())
	}
}

// Notes and comments stand in the midst of a paragraph, and are no part of its words.
func TestOpenDocumentNotes(t *testing.T) {
	g := readBytes(t, "brev.odt", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", `<office:document-content><office:text><text:p>Se not<text:note>`+
		`<text:note-citation>1</text:note-citation><text:note-body><text:p>18900603-9813 bor här</text:p></text:note-body></text:note> och`+
		`<office:annotation><text:p>18900717-9816</text:p></office:annotation>189008269814 mer</text:p></office:text></office:document-content>`))
	g.nothingSkipped(t)
	for _, want := range []string{"Se not\n", "\n18900603-9813 bor här\n", "\n18900717-9816\n", "\n189008269814 mer\n"} {
		if !strings.Contains(g.all(), want) {
			t.Errorf("%q is missing in %q", want, g.all())
		}
	}
}
