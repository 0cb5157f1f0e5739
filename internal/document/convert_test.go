// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/document/documenttest"
)

// wantTables are the tables of the sample as people read them in Swedish. A
// program may fold the blanks of a text document; a workbook keeps them.
func wantTables() [][][]string {
	return [][][]string{
		{
			{"Nr", "Krav", "Senast"},
			{"1", "Åtkomst ska vara spårbar", "2026-05-01"},
			{"-2", "Underlag", "2026-05-01 08:30"},
			{"2540,5", "två  blanka\toch en tabb", "när det går"},
			{"4", "rad ett\nrad två"},
		},
		{
			{"A", "B", "C", "D", "E", "=F"},
			{"007", "=HYPERLINK(\"https://x.se\")", "till krav", "farlig", "+46 70", "@SUM(A1)"},
		},
	}
}

func TestLibreOfficeReadsWorkbooks(t *testing.T) {
	for _, f := range []Format{XLSX, ODS} {
		t.Run(string(f), func(t *testing.T) {
			sheets := documenttest.Rows(t, save(t, sample("sv"), f))
			var names []string
			for _, s := range sheets {
				names = append(names, s.Name)
			}
			if diff := cmp.Diff([]string{"Om dokumentet", "Krav- -alla- och de som följer", "System"}, names); diff != "" {
				t.Fatalf("sheets (-want +got):\n%s", diff)
			}
			// The decimal sign is that of the language LibreOffice runs in.
			sameNumber := cmp.Transformer("decimal", func(s string) string { return strings.ReplaceAll(s, "2540,5", "2540.5") })
			want := wantTables()
			if f == ODS { // LibreOffice drops tabs in cells, so they are written as spaces
				want[0][3][1] = strings.ReplaceAll(want[0][3][1], "\t", " ")
			}
			for i, table := range want {
				if diff := cmp.Diff(table, sheets[i+1].Rows, sameNumber); diff != "" {
					t.Errorf("sheet %s (-want +got):\n%s", names[i+1], diff)
				}
			}
			wantTypes := [][]string{
				{"string", "string", "string"},
				{"float", "string", "date"},
				{"float", "string", "date"},
				{"float", "string", "string"},
				{"float", "string"},
			}
			if diff := cmp.Diff(wantTypes, sheets[1].Types); diff != "" {
				t.Errorf("types (-want +got):\n%s", diff)
			}
			checkAbout(t, sheets[0])
		})
	}
}

// checkAbout checks that the first sheet says what stands outside the tables.
func checkAbout(t *testing.T, s documenttest.Sheet) {
	t.Helper()
	var lines []string
	for _, row := range s.Rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	got := strings.Join(lines, "\n") + "\n"
	for _, want := range []string{
		"Informationsklassning & krav\nFritidsnämnden <2026>\nUtkast\n",
		"Kommun|Exempelkommunen\n", "Tillbaka|https://insegel.example.se/system/1?a=1&b=2\n",
		"Sammanfattning\n|Första stycket.\nMed en ny rad.\n|=1+1 är inte en formel.\n",
		"Krav\n|Krav som gäller\nBlad|Krav- -alla- och de som följer\n", "Efter tabellen\n|Slut.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the about sheet lacks %q:\n%s", want, got)
		}
	}
}

func TestPandocReadsDocuments(t *testing.T) {
	for _, f := range []Format{DOCX, HTML} {
		t.Run(string(f), func(t *testing.T) {
			path := save(t, sample("sv"), f)
			got := documenttest.Read(t, path)
			shift := 0
			headings := []documenttest.Heading{}
			if f == HTML { // the title of a page is its first heading
				shift = 1
				headings = append(headings, documenttest.Heading{Level: 1, Text: "Informationsklassning & krav"})
			}
			for _, h := range []documenttest.Heading{{Level: 1, Text: "Sammanfattning"}, {Level: 2, Text: "Krav"}, {Level: 1, Text: "Bilagor"}, {Level: 2, Text: "System"}, {Level: 1, Text: "Efter tabellen"}} {
				headings = append(headings, documenttest.Heading{Level: h.Level + shift, Text: h.Text})
			}
			if diff := cmp.Diff(headings, got.Headings); diff != "" {
				t.Errorf("headings (-want +got):\n%s", diff)
			}
			if want := "Informationsklassning & krav"; !strings.HasPrefix(got.Title, want) {
				t.Errorf("title = %q, want %q", got.Title, want)
			}
			comparePandoc(t, got.Tables)
			text := got.Subtitle + strings.ReplaceAll(documenttest.Plain(t, path), joiner, "")
			for _, want := range []string{"Utkast", "Fritidsnämnden <2026>", "Exempelkommunen", "Första stycket.", "=1+1 är inte en formel.", "Slut."} {
				if !strings.Contains(text, want) {
					t.Errorf("the text lacks %q:\n%s", want, text)
				}
			}
		})
	}
}

// comparePandoc compares tables without regard to blanks, which pandoc folds,
// and to the joiners of web pages.
func comparePandoc(t *testing.T, tables []documenttest.Table) {
	t.Helper()
	fields := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, joiner, "")), " ") }
	want := wantTables()
	if len(tables) != len(want) {
		t.Fatalf("%d tables, want %d", len(tables), len(want))
	}
	for i, table := range tables {
		if len(table.Header) != 1 {
			t.Errorf("table %d has %d header rows, want 1", i+1, len(table.Header))
		}
		for r, row := range append(table.Header, table.Rows...) {
			for c, got := range row {
				if w := fields(field(want[i][r], c)); fields(got) != w {
					t.Errorf("table %d row %d column %d = %q, want %q", i+1, r+1, c+1, fields(got), w)
				}
			}
		}
		if got := len(table.Header) + len(table.Rows); got != len(want[i]) {
			t.Errorf("table %d has %d rows, want %d", i+1, got, len(want[i]))
		}
	}
}

// field is field i of a row that may be short.
func field(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// long is a document with a wide table of so many rows.
func long(rows int) *Document {
	table := &Table{Name: "Alla system", Caption: "Alla system", Columns: []Column{
		{Header: "Nr", Kind: Number},
		{Header: "System"},
		{Header: "Beskrivning", Kind: Long},
		{Header: "Ägare"},
		{Header: "Beslutad", Kind: Date},
		{Header: "Nivå", Kind: Number},
		{Header: "Länk"},
		{Header: "Anmärkning"},
	}}
	for i := range rows {
		table.Rows = append(table.Rows, []Cell{
			N(i + 1), T(fmt.Sprintf("System %d", i+1)), T("Handlägger ärenden om bygglov och tillsyn åt nämnden"), T("Fritidsnämnden"),
			T(fmt.Sprintf("2026-%02d-%02d", i%12+1, i%28+1)), N(i % 5), L("öppna", fmt.Sprintf("https://insegel.example.se/system/%d", i%50)), T("-"),
		})
	}
	return &Document{Lang: "sv", Title: "Systemförteckning", Status: "Fastställd", Sections: []Section{{Heading: "System", Level: 1, Table: table}}}
}

func TestEveryRowArrives(t *testing.T) {
	const rows = 1200
	last := fmt.Sprintf("System %d", rows)
	for _, f := range []Format{XLSX, ODS, CSV, HTML} {
		t.Run(string(f), func(t *testing.T) {
			sheets := documenttest.Rows(t, save(t, long(rows), f))
			got := 0
			for _, row := range sheets[len(sheets)-1].Rows {
				if len(row) == 8 && strings.HasPrefix(row[1], "System ") {
					got++
				}
			}
			if final := sheets[len(sheets)-1].Rows; got != rows || final[len(final)-1][1] != last {
				t.Errorf("%d rows, the last %q; want %d and %q", got, final[len(final)-1], rows, last)
			}
		})
	}
	t.Run("docx", func(t *testing.T) {
		tables := documenttest.RowsDOCX(t, save(t, long(rows), DOCX))
		if len(tables) != 1 || len(tables[0].Rows) != rows || tables[0].Rows[rows-1][1] != last {
			t.Fatalf("got %d tables, want one of %d rows that ends with %q", len(tables), rows, last)
		}
	})
}

func TestLibreOfficeReadsDOCX(t *testing.T) {
	path := save(t, long(60), DOCX)
	text, err := os.ReadFile(documenttest.Convert(t, path, "txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Systemförteckning", "Fastställd", "System 60"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	pdf, err := os.ReadFile(documenttest.Convert(t, path, "pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("the converted file begins with %q, want a PDF", pdf[:min(len(pdf), 8)])
	}
	upright, turned := pages(pdf)
	if upright != 1 || turned < 2 {
		t.Errorf("%d upright and %d turned pages, want a cover and then turned pages for the wide table", upright, turned)
	}
}

// pages counts the pages of a PDF that stand and those that lie.
func pages(pdf []byte) (upright, turned int) {
	for _, page := range bytes.Split(pdf, []byte("/Type/Page/"))[1:] {
		_, box, _ := bytes.Cut(page, []byte("/MediaBox["))
		var x, y, w, h float64
		if _, err := fmt.Sscan(string(bytes.TrimSpace(box[:min(len(box), 60)])), &x, &y, &w, &h); err != nil && h == 0 {
			continue
		}
		if w > h {
			turned++
		} else {
			upright++
		}
	}
	return upright, turned
}
