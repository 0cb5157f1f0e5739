// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"
)

// FuzzWrite puts arbitrary text everywhere and wants every file to be whole: the
// parts XML to their end, the records of the CSV as many as the rows.
func FuzzWrite(f *testing.F) {
	for _, a := range attacks {
		f.Add(a.text, a.name, "https://example.se/", 1.5, int64(1))
	}
	f.Add("\xed\xa0\x80", "'[]:*?/\\'", "mailto:a@b.se", math.Copysign(0, -1), int64(0))
	f.Add("]]>", "&amp;_x0041_", "#id", 1e300, int64(253402300800))
	f.Add(" \t\n a  b \n", "History", "javascript:alert(1)", 0.1, int64(-62135596801))
	f.Fuzz(func(t *testing.T, text, name, link string, number float64, created int64) {
		d := fuzzed(text, name, link, number, created)
		for _, format := range []Format{XLSX, DOCX, ODS} {
			for part, content := range unzip(t, write(t, d, format)) {
				if part == "mimetype" {
					continue
				}
				if err := wellFormed(content); err != nil {
					t.Errorf("%s part %s: %v", format, part, err)
				}
			}
		}
		checkFuzzedHTML(t, write(t, d, HTML))
		checkFuzzedCSV(t, write(t, d, CSV))
	})
}

func fuzzed(text, name, link string, number float64, created int64) *Document {
	table := &Table{
		Name: name, Caption: text,
		Columns: []Column{{Header: text, Kind: Date, Width: len(name)}, {Header: name, Kind: Number}, {Header: link, Kind: Long}},
		Rows:    [][]Cell{{T(text), {Text: name, Number: &number}, L(text, link)}, {L(name, text), {Number: &number}}, {}},
	}
	return &Document{
		Lang: name, Title: text, Subtitle: name, Status: text, Author: name, Created: time.Unix(created, 0).UTC(),
		Properties: []Property{{name, text}, {text, link}},
		Sections: []Section{
			{ID: "id", Heading: text, Level: len(text), Paragraphs: []string{text, name, link}, Table: table},
			{ID: text, Heading: name, Level: len(name), Table: table},
		},
	}
}

// checkFuzzedHTML checks that text made no element: the page has as many of
// each as it would have had with any other text.
func checkFuzzedHTML(t *testing.T, page []byte) {
	t.Helper()
	for tag, want := range map[string]int{"<table>": 2, "</table>": 2, "<style>": 1, "</style>": 1, "<script": 0, "<h1>": 1, "<tr>": 8, "</td>": 18, "</html>": 1} {
		if got := bytes.Count(page, []byte(tag)); got != want {
			t.Errorf("the page has %d %s, want %d", got, tag, want)
		}
	}
}

func checkFuzzedCSV(t *testing.T, content []byte) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	r.Comma, r.FieldsPerRecord = ';', -1
	if bytes.Contains(content, []byte("\r\n,,\r\n")) { // the empty row, in English
		r.Comma = ','
	}
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read CSV: %v\n%q", err, content)
	}
	if len(records) != 10 { // two names, two headers, six rows
		t.Errorf("%d records, want 10\n%q", len(records), content)
	}
	for _, record := range records {
		for _, field := range record {
			if risky(field) && !numeric(field) && !strings.HasPrefix(field, "'") {
				t.Errorf("the field %q could be taken for a formula", field)
			}
		}
	}
}
