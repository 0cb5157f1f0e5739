// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	uni "golang.org/x/text/encoding/unicode"
)

const smallList = "Systemnamn;Förvaltning;Leverantör\nElevregister;Skola;Bolaget Å\n\n\"Två\nrader\";\"A; B\";\"19\"\" skärm\"\n;;\nÖga;;\n"

func read(t *testing.T, b []byte, sheet string) *Table {
	t.Helper()
	table, err := ReadTable("lista", b, sheet)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func encoded(t *testing.T, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadTextForms(t *testing.T) {
	want := []Line{
		{Number: 2, Cells: []string{"Elevregister", "Skola", "Bolaget Å"}},
		{Number: 4, Cells: []string{"Två\nrader", "A; B", `19" skärm`}},
		{Number: 6, Cells: []string{"Öga", "", ""}},
	}
	swap := func(d string) string { return strings.NewReplacer(";", d, "A; B", "A; B").Replace(smallList) }
	for name, b := range map[string][]byte{
		"UTF-8":           []byte(smallList),
		"UTF-8 with mark": []byte("\ufeff" + smallList),
		"ISO-8859-1":      encoded(t, charmap.ISO8859_1, smallList),
		"Windows-1252":    encoded(t, charmap.Windows1252, smallList),
		"UTF-16 LE":       encoded(t, uni.UTF16(uni.LittleEndian, uni.UseBOM), smallList),
		"UTF-16 BE":       encoded(t, uni.UTF16(uni.BigEndian, uni.UseBOM), smallList),
		"comma":           []byte(swap(",")),
		"tab":             []byte(swap("\t")),
		"CRLF":            []byte(strings.ReplaceAll(smallList, "\n", "\r\n")),
		"CR":              []byte(strings.ReplaceAll(smallList, "\n", "\r")),
		"named separator": []byte("sep=;\r\n" + smallList),
		"no last newline": []byte(strings.TrimSuffix(smallList, "\n")),
	} {
		t.Run(name, func(t *testing.T) {
			table := read(t, b, "")
			if table.HeaderRow != 1 {
				t.Errorf("header row %d", table.HeaderRow)
			}
			if diff := cmp.Diff([]string{"Systemnamn", "Förvaltning", "Leverantör"}, table.Headers); diff != "" {
				t.Error(diff)
			}
			got := table.Rows
			for i := range got {
				for c, s := range got[i].Cells { // the delimiter inside the quoted cell was swapped too
					got[i].Cells[c] = strings.NewReplacer("A, B", "A; B", "A\t B", "A; B", "\r\n", "\n", "\r", "\n").Replace(s)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWindowsSigns(t *testing.T) {
	table := read(t, encoded(t, charmap.Windows1252, "System;Kommentar\nA – B;”citat” 5 €\n"), "")
	if diff := cmp.Diff([]string{"A – B", "”citat” 5 €"}, table.Rows[0].Cells); diff != "" {
		t.Error(diff)
	}
}

func TestQuotationMarksWithoutEnd(t *testing.T) {
	table := read(t, []byte("System;Kommentar\n\"Öppen;ja\nNästa;\"nej\"\nSista;\n"), "")
	if n := len(table.Rows); n < 1 {
		t.Fatal("no rows")
	}
	long := "System;Kommentar\n\"Öppen;ja\n" + strings.Repeat("Namn;text\n", maxCellBreak+5) + "Slut;\"x\"\n"
	table = read(t, []byte(long), "")
	if got, want := len(table.Rows), maxCellBreak+7; got != want {
		t.Errorf("got %d rows, want %d: an unclosed mark swallowed them", got, want)
	}
	if got := table.Rows[0].Cells[0]; got != `"Öppen` {
		t.Errorf("got %q", got)
	}
}

func TestHeaderRow(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want int
	}{
		"first":                  {"Systemnamn;Leverantör\nA;B\n", 1},
		"below titles":           {"System i Norrköping;\nUppdaterad 2026;\n;\nSystemnamn;Leverantör\nA;B\n", 4},
		"below a group row":      {";Avtal;;Klassning;\nNamn;Leverantör;Avtal t.o.m.;K;R\nA;B;2027-01-01;1;2\n", 2},
		"a single column":        {"Systemlista\nSystemnamn\nA\nB\n", 2},
		"rows that look like it": {"Systemnamn;Ägare;Förvaltare\nA;Systemägare;Systemförvaltare\nB;Systemägare;Systemförvaltare\n", 1},
		"headings nobody knows":  {"Rubrik;;\nGrunka;Pryl;Mackapär\nA;B;C\nD;E;F\n", 2},
	} {
		table := read(t, []byte(tc.text), "")
		if table.HeaderRow != tc.want {
			t.Errorf("%s: got %d, want %d", name, table.HeaderRow, tc.want)
		}
	}
}

// book makes a workbook; fill writes its cells.
func book(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func row(f *excelize.File, sheet string, number int, cells ...any) error {
	return f.SetSheetRow(sheet, fmt.Sprintf("A%d", number), &cells)
}

func fillCells(f *excelize.File) error {
	const s = "Sheet1"
	short, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return err
	}
	odd := `d mmmm yyyy`
	long, err := f.NewStyle(&excelize.Style{CustomNumFmt: &odd})
	if err != nil {
		return err
	}
	thousands, err := f.NewStyle(&excelize.Style{NumFmt: 3})
	if err != nil {
		return err
	}
	day := time.Date(2027, 9, 13, 0, 0, 0, 0, time.UTC)
	return errors.Join(
		row(f, s, 3, "Systemnamn", "Avtal t.o.m.", "Avtal start", "Antal användare", "Leverantör", "Personuppgifter"),
		row(f, s, 5, "Alfa", day, day, 1461, "Bolaget", true),
		f.SetCellStyle(s, "B5", "B5", short), f.SetCellStyle(s, "C5", "C5", long), f.SetCellStyle(s, "D5", "D5", thousands),
	)
}

// formulas is a workbook as a spreadsheet program saves it: each formula with the result that it showed.
func formulas(t testing.TB) []byte {
	const sheet = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="3"><c r="A3" t="inlineStr"><is><t>Systemnamn</t></is></c><c r="B3" t="inlineStr"><is><t>Leverantör</t></is></c><c r="C3" t="inlineStr"><is><t>Antal användare</t></is></c></row>
<row r="7"><c r="A7" t="str"><f>HYPERLINK("http://x.example","Klicka")</f><v>Klicka</v></c><c r="B7" t="str"><f>VLOOKUP(A1,B:C,2)</f><v>Bolaget</v></c><c r="C7"><f t="shared" ref="C7:C8" si="0">1+B7</f><v>12</v></c></row>
<row r="8"><c r="A8" t="inlineStr"><is><t>Beta</t></is></c><c r="B8"><f>A1</f></c><c r="C8"><f t="shared" si="0"/><v>13</v></c></row>
</sheetData></worksheet>`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const packaged = "http://schemas.openxmlformats.org/package/2006/"
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	return zipped(t, map[string]string{
		"[Content_Types].xml": `<Types xmlns="` + packaged + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `worksheet+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="` + packaged + `relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + office + `"><sheets><sheet name="System" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="` + packaged + `relationships"><Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	})
}

func TestReadWorkbook(t *testing.T) {
	table := read(t, book(t, fillCells), "")
	if table.HeaderRow != 3 || table.Sheet != "Sheet1" {
		t.Errorf("header row %d, sheet %q", table.HeaderRow, table.Sheet)
	}
	want := []Line{
		{Number: 5, Cells: []string{"Alfa", "2027-09-13", "2027-09-13", "1,461", "Bolaget", "TRUE"}},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" {
		t.Error(diff)
	}
	p := planTable(t, table, Guess(table, nil), Options{})
	if got := p.Imported[0].Values; got[ContractEnd] != "2027-09-13" || got[Users] != "1461" || got[PersonalData] != "yes" {
		t.Errorf("got %v", got)
	}
}

func TestFormulas(t *testing.T) {
	const name = `=HYPERLINK("http://x.example","Klicka")`
	table := read(t, formulas(t), "")
	want := []Line{
		{Number: 7, Cells: []string{name, "=VLOOKUP(A1,B:C,2)", "=1+B7"}, Shown: map[int]string{0: "Klicka", 1: "Bolaget", 2: "12"}},
		{Number: 8, Cells: []string{"Beta", "=A1", "=1+B7"}, Shown: map[int]string{1: "", 2: "13"}},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" {
		t.Error(diff)
	}
	p := planTable(t, table, Guess(table, nil), Options{})
	if diff := cmp.Diff([]string{"7 Systemnamn " + name, "8 Leverantör =A1"}, where(p.Warnings, 0)); diff != "" {
		t.Error(diff)
	}
	first, second := p.Imported[0], p.Imported[1]
	if first.Name != name || first.Values[Supplier] != "Bolaget" || first.Values[Users] != "12" || second.Values[Users] != "13" {
		t.Errorf("got %+v and %+v", first, second)
	}
}

func TestChooseSheet(t *testing.T) {
	b := book(t, func(f *excelize.File) error {
		_, err := f.NewSheet("Val")
		_, err2 := f.NewSheet("Systemen ")
		return errors.Join(err, err2,
			row(f, "Sheet1", 1, "Så fyller du i: en rad per system"),
			row(f, "Val", 1, "Driftform", "Livscykel"), row(f, "Val", 2, "Intern", "I drift"),
			row(f, "Systemen ", 2, "System", "Driftform", "Livscykel"), row(f, "Systemen ", 3, "A", "Intern", "I drift"))
	})
	if got := read(t, b, ""); got.Sheet != "Systemen " {
		t.Errorf("took sheet %q", got.Sheet)
	}
	if got := read(t, b, "systemen"); got.Sheet != "Systemen " {
		t.Errorf("took sheet %q", got.Sheet)
	}
	wantProblem(t, b, "Blad9", "file-unknown-sheet")
	wantProblem(t, []byte(smallList), "Blad9", "file-no-sheets")
}

func wantProblem(t *testing.T, b []byte, sheet, key string) {
	t.Helper()
	_, err := ReadTable("fil.xlsx", b, sheet)
	var fe *FileError
	if !errors.As(err, &fe) || !errors.Is(err, ErrUnusable) {
		t.Errorf("want %s, got %v", key, err)
		return
	}
	if fe.Reason.Key != "register."+key {
		t.Errorf("want %s, got %v", key, err)
	}
	if !strings.HasPrefix(fe.In("sv"), "fil.xlsx: ") || strings.Contains(fe.In("sv"), "[") {
		t.Errorf("%s reads %q", key, fe.In("sv"))
	}
}

func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wide(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		b.WriteByte(0)
	}
	return b.String()
}

func TestUnusableFiles(t *testing.T) {
	const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	for _, tc := range []struct {
		name, content, key string
	}{
		{"nothing", "", "file-empty"},
		{"only space", " \r\n\t", "file-empty"},
		{"only delimiters", ";;\n;;\n", "file-empty"},
		{"a picture", "\x89PNG\r\n\x1a\n....", "file-picture"},
		{"a photograph", "\xff\xd8\xff\xe0\x00\x10JFIF", "file-picture"},
		{"a web picture", "RIFF\x10\x00\x00\x00WEBPVP8 ", "file-picture"},
		{"a bitmap", "BM\x36\x00\x00\x00", "file-picture"},
		{"a PDF", "%PDF-1.7\n", "file-pdf"},
		{"rich text", "{\\rtf1 hej}", "file-document"},
		{"a compressed file", "\x1f\x8b\x08\x00", "file-archive"},
		{"a web page", "<!DOCTYPE html><table><tr><td>System</td></tr></table>", "file-markup"},
		{"old Excel", compound + wide("Workbook"), "file-old-excel"},
		{"a workbook with a password", compound + wide("EncryptedPackage"), "file-password"},
		{"an old document", compound + wide("WordDocument"), "file-document"},
		{"a document", string(zipped(t, map[string]string{"word/document.xml": "x"})), "file-document"},
		{"OpenDocument", string(zipped(t, map[string]string{"mimetype": "x", "content.xml": "x"})), "file-opendocument"},
		{"a binary workbook", string(zipped(t, map[string]string{"xl/workbook.bin": "x"})), "file-old-excel"},
		{"an archive", string(zipped(t, map[string]string{"lista.csv": "x"})), "file-archive"},
		{"a damaged workbook", string(zipped(t, map[string]string{"xl/workbook.xml": "<"})), "file-broken"},
		{"half a workbook", string(book(t, fillCells)[:2000]), "file-broken"},
		{"an empty workbook", string(book(t, func(*excelize.File) error { return nil })), "file-empty"},
		{"rubbish", "Namn\x00\x01\x02\x03\x04\x05\x06\x07", "file-not-text"},
		{"control characters", strings.Repeat("a\x01", 50), "file-not-text"},
		{"no headings", "1;2;3\n4;5;6\n", "file-no-header"},
		{"one line", "hej", "file-no-header"},
		{"only headings", "Systemnamn;Leverantör\n;;\n", "file-no-rows"},
		{"too wide", "System;Leverantör\nA;B" + strings.Repeat(";", maxColumns) + "C\n", "file-too-wide"},
	} {
		t.Run(tc.name, func(t *testing.T) { wantProblem(t, []byte(tc.content), "", tc.key) })
	}
}

func TestLimits(t *testing.T) {
	wantProblem(t, []byte("System;B\n"+strings.Repeat("a;b\n", maxRows)), "", "file-too-long")
	wantProblem(t, make([]byte, 0), "", "file-empty")
	wantProblem(t, bytes.Repeat([]byte("a"), maxBytes+1), "", "file-too-large")
	bomb := zipped(t, map[string]string{"xl/workbook.xml": strings.Repeat(" ", maxBytes/2+1), "xl/styles.xml": strings.Repeat(" ", maxBytes/2+1)})
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb is %d bytes", len(bomb))
	}
	wantProblem(t, bomb, "", "file-too-large")
	many := map[string]string{}
	for i := range maxParts + 1 {
		many[fmt.Sprint("xl/media/", i)] = ""
	}
	wantProblem(t, zipped(t, many), "", "file-many-parts")
	wantProblem(t, zipped(t, map[string]string{"xl/workbook.xml": strings.Repeat(" ", 4*leastDense)}), "", "file-dense")
}

// What a file is called and what it is must agree.
func TestEndings(t *testing.T) {
	text, workbook := []byte("System;B\na;b\n"), book(t, fillCells)
	for _, tc := range []struct {
		name, want string
		content    []byte
	}{
		{"", "", text},
		{"lista.csv", "", text},
		{"LISTA.TSV", "", text},
		{"lista.txt", "", text},
		{"lista.xlsx", "", workbook},
		{"lista.xlsx", "register.file-is-text", text},
		{"lista.csv", "register.file-is-workbook", workbook},
		{"lista.xlsm", "register.file-ending", workbook},
		{"lista.csv.html", "register.file-ending", text},
		{"lista", "register.file-ending", text},
	} {
		got := ""
		if bad := checkEnding(tc.name, tc.content); bad != nil {
			got = bad.Reason.Key
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNoNameColumn(t *testing.T) {
	table := read(t, []byte("Leverantör;Belopp\nBolaget;12\nFirman;13\n"), "")
	_, err := NewPlan(table, Guess(table, nil), Options{})
	var fe *FileError
	if !errors.As(err, &fe) || fe.Reason.Key != "register.file-no-name" || !strings.Contains(err.Error(), "Leverantör, Belopp") {
		t.Errorf("got %v", err)
	}
}

func TestColumnLetter(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 255: "IV", 701: "ZZ", 702: "AAA"} {
		if got := columnLetter(i); got != want {
			t.Errorf("columnLetter(%d) = %s, want %s", i, got, want)
		}
	}
}
