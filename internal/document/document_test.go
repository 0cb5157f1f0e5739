// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var formats = []Format{XLSX, DOCX, ODS, HTML, CSV}

// sample is a document that uses everything a document can hold.
func sample(lang string) *Document {
	half := 2540.5
	return &Document{
		Lang: lang, Title: "Informationsklassning & krav", Subtitle: "Fritidsnämnden <2026>", Status: "Utkast",
		Created: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC), Author: "Exempelkommunen",
		Properties: []Property{
			{"Kommun", "Exempelkommunen"}, {"Katalogens utgåva", "2026-02"}, {"Tillbaka", "https://insegel.example.se/system/1?a=1&b=2"},
		},
		Sections: []Section{
			{ID: "sammanfattning", Heading: "Sammanfattning", Level: 1, Paragraphs: []string{"Första stycket.\nMed en ny rad.", "=1+1 är inte en formel."}},
			{ID: "krav", Heading: "Krav", Level: 2, Table: &Table{
				Name: "Krav: [alla] och de som följer av dem", Caption: "Krav som gäller",
				Columns: []Column{{Key: "id", Header: "Nr", Kind: Number}, {Key: "text", Header: "Krav", Kind: Long}, {Key: "date", Header: "Senast", Kind: Date}},
				Rows: [][]Cell{
					{N(1), {Text: "Åtkomst ska vara spårbar", Strong: true}, T("2026-05-01")},
					{N(-2), L("Underlag", "https://insegel.example.se/krav/2"), T("2026-05-01 08:30")},
					{{Number: &half}, T("två  blanka\toch en tabb"), T("när det går")},
					{N(4), T("rad ett\nrad två")},
				},
			}},
			{Heading: "Bilagor", Level: 1},
			{Heading: "System", Level: 3, Table: &Table{
				Name:    "System",
				Columns: []Column{{Header: "A", Width: 3}, {Header: "B", Width: 1}, {Header: "C"}, {Header: "D"}, {Header: "E"}, {Header: "=F"}},
				Rows: [][]Cell{{
					T("007"), T("=HYPERLINK(\"https://x.se\")"), L("till krav", "#krav"), L("farlig", "javascript:alert(1)"),
					T("+46 70"), T("@SUM(A1)"),
				}},
			}},
			{Heading: "Efter tabellen", Level: 1, Paragraphs: []string{"Slut."}},
		},
	}
}

// write gives the bytes of d as f.
func write(t testing.TB, d *Document, f Format) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := d.Write(&buf, f); err != nil {
		t.Fatalf("write %s: %v", f, err)
	}
	return buf.Bytes()
}

// save writes d as f to a file.
func save(t testing.TB, d *Document, f Format) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document"+f.Extension())
	if err := os.WriteFile(path, write(t, d, f), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// unzip gives the parts of a zipped document.
func unzip(t testing.TB, content []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("open zip: %v", err)
	}
	parts := map[string]string{}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatalf("open part %s: %v", f.Name, err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			t.Fatalf("read part %s: %v", f.Name, err)
		}
		_ = rc.Close() // read to its end
		parts[f.Name] = string(b)
	}
	return parts
}

// wellFormed checks that the text is XML to its end.
func wellFormed(content string) error {
	dec := xml.NewDecoder(strings.NewReader(content))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range append(formats, JSON) {
		got, err := ParseFormat(" " + strings.ToUpper(string(f)))
		if err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %q, %v; want %q", strings.ToUpper(string(f)), got, err, f)
		}
		if f.MediaType() == "" || f.Extension() != "."+string(f) {
			t.Errorf("%s has media type %q and extension %q", f, f.MediaType(), f.Extension())
		}
	}
	for _, s := range []string{"", "gif", ".xlsx", "xlsx;", "xls"} {
		_, err := ParseFormat(s)
		if err == nil {
			t.Errorf("ParseFormat(%q) succeeds, want an error", s)
			continue
		}
		for _, f := range append(formats, JSON) {
			if !strings.Contains(err.Error(), string(f)) {
				t.Errorf("ParseFormat(%q) = %v, want it to list %s", s, err, f)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	if err := sample("sv").Write(io.Discard, JSON); !errors.Is(err, ErrNoJSON) {
		t.Errorf("Write JSON = %v, want ErrNoJSON", err)
	}
	if err := (&Document{Title: "x"}).Write(io.Discard, CSV); !errors.Is(err, ErrNoTable) {
		t.Errorf("Write CSV without a table = %v, want ErrNoTable", err)
	}
	column := []Column{{Header: "a"}}
	tests := []struct {
		name   string
		format Format
		table  Table
		want   string
	}{
		{"unknown format", "gif", Table{Columns: column}, "choose xlsx"},
		{"no columns", HTML, Table{Name: "T"}, "no columns"},
		{"too many cells", DOCX, Table{Name: "T", Columns: column, Rows: [][]Cell{{}, {T("1"), T("2")}}}, "row 2 has 2 cells for 1 columns"},
		{"too wide for Word", DOCX, Table{Name: "T", Columns: make([]Column, 64)}, "Word holds 63"},
		{"too wide for a sheet", XLSX, Table{Name: "T", Columns: make([]Column, 16385)}, "16385 columns"},
		{"too long for a sheet", ODS, Table{Name: "T", Columns: column, Rows: make([][]Cell, 1048576)}, "1048576 rows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Document{Sections: []Section{{Table: &tt.table}}}
			if err := d.Write(io.Discard, tt.format); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Write = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// brokenWriter fails after some bytes, as a connection does.
type brokenWriter struct{ left int }

var errBroken = errors.New("connection broken")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteTellsOfBrokenWriter(t *testing.T) {
	for _, f := range formats {
		whole := len(write(t, sample("sv"), f))
		for _, left := range []int{0, whole - 1} {
			if err := sample("sv").Write(&brokenWriter{left}, f); !errors.Is(err, errBroken) {
				t.Errorf("write %s to a writer that breaks after %d of %d bytes = %v, want errBroken", f, left, whole, err)
			}
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	for _, f := range formats {
		first := write(t, sample("sv"), f)
		for range 5 { // excelize goes through its sheets in random order
			if !bytes.Equal(first, write(t, sample("sv"), f)) {
				t.Fatalf("%s differs from one time to the next", f)
			}
		}
	}
}

func TestPartsHaveTheTimeOfTheDocument(t *testing.T) {
	tests := []struct {
		name          string
		created, want time.Time
	}{
		{"ordinary", time.Date(2026, 3, 14, 15, 9, 27, 5, time.UTC), time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)},
		{"other zone", time.Date(2026, 3, 14, 1, 0, 0, 0, time.FixedZone("", 3*3600)), time.Date(2026, 3, 13, 22, 0, 0, 0, time.UTC)},
		{"none", time.Time{}, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"far ahead", time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2105, 12, 31, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		for _, f := range []Format{XLSX, DOCX, ODS} {
			d := sample("sv")
			d.Created = tt.created
			content := write(t, d, f)
			r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range r.File {
				if got := part.Modified.UTC(); !got.Equal(tt.want) {
					t.Errorf("%s: %s part %s is from %s, want %s", tt.name, f, part.Name, got, tt.want)
				}
			}
		}
	}
}

func TestODSBeginsWithItsMediaType(t *testing.T) {
	content := write(t, sample("sv"), ODS)
	// Offset 30 is where the name stands in a header without an extra field.
	if got, want := string(content[30:38+len(odsMediaType)]), "mimetype"+odsMediaType; got != want {
		t.Errorf("the file begins with %q, want %q", got, want)
	}
	if content[8] != 0 || content[9] != 0 || content[28] != 0 || content[29] != 0 {
		t.Error("the first part is compressed or has an extra field, want it stored without")
	}
}

func TestEveryPartIsXML(t *testing.T) {
	for _, f := range []Format{XLSX, DOCX, ODS} {
		for name, content := range unzip(t, write(t, sample("en"), f)) {
			if name == "mimetype" {
				continue
			}
			if err := wellFormed(content); err != nil {
				t.Errorf("%s part %s: %v", f, name, err)
			}
		}
	}
}
