// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"archive/zip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sized is a table of so many columns and rows.
func sized(columns, rows int) *Table {
	t := &Table{Name: "T"}
	for range columns {
		t.Columns = append(t.Columns, Column{Header: "H"})
	}
	for range rows {
		t.Rows = append(t.Rows, make([]Cell, columns))
	}
	return t
}

// TestOrient turns the page where a table needs the width, and not for a heading or a few lines between two such tables.
func TestOrient(t *testing.T) {
	text := func(s string) Section { return Section{Heading: "A", Level: 1, Paragraphs: []string{s}} }
	heading := Section{Heading: "B", Level: 1}
	wide, small, large := Section{Heading: "C", Level: 1, Table: sized(6, 1)}, Section{Heading: "D", Level: 1, Table: sized(3, 2)}, Section{Heading: "E", Level: 1, Table: sized(3, 30)}
	for name, tc := range map[string]struct {
		sections []Section
		want     string // a page upright or wide for each section
	}{
		"a wide table":                     {[]Section{text("x"), wide, text("x")}, "uwu"},
		"a heading before it":              {[]Section{text("x"), heading, wide}, "uww"},
		"a few lines between two":          {[]Section{text("x"), wide, text("x"), heading, wide}, "uwwww"},
		"a small table between two":        {[]Section{wide, small, wide}, "www"},
		"a page of text between two":       {[]Section{wide, text(strings.Repeat("ord ", 400)), wide}, "wuw"},
		"a large table between two":        {[]Section{wide, large, wide}, "wuw"},
		"a few lines before the first":     {[]Section{text("x"), wide, wide}, "uww"},
		"much in small parts between two":  {[]Section{wide, small, small, small, wide}, "wuuuw"},
		"a few lines, and then much again": {[]Section{wide, text("x"), wide, large, wide}, "wwwuw"},
	} {
		l, err := newLayout(&Document{Title: "T", Sections: tc.sections})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i := range l.parts {
			got += map[bool]string{false: "u", true: "w"}[l.parts[i].wide]
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestNoLineAfterATableIsAlone leaves nothing after a table that would need a page of its own when the table fills the one before: a line as low as can
// be is all that stands between a table and a page that is turned, or the end.
func TestNoLineAfterATableIsAlone(t *testing.T) {
	d := &Document{Title: "T", Sections: []Section{{Table: sized(3, 2)}, {Table: sized(3, 2)}, {Table: sized(6, 2)}}}
	z, err := zip.OpenReader(save(t, d, DOCX))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() //nolint:errcheck // it was only read
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	const low = `<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>`
	after := strings.Split(string(b), "</w:tbl>")[1:]
	for i, want := range []string{`<w:p><w:pPr><w:pStyle w:val="AfterTable"/>`, low + "<w:sectPr>", low + "</w:pPr></w:p><w:sectPr>"} {
		if !strings.HasPrefix(after[i], want) {
			t.Errorf("after table %d stands %.160s", i+1, after[i])
		}
	}
}
