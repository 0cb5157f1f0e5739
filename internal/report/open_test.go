// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/report"
)

// planRows is how many rows the plan has, by the use case that the page reads.
func (w *town) planRows() int {
	w.t.Helper()
	n := 0
	for name, slug := range w.slug {
		if name == stoppedName {
			continue
		}
		_, rows, err := w.reports.Actions.Plan(w.t.Context(), w.actor, slug, w.texts.In("sv"))
		check(w.t, err)
		n += len(rows)
	}
	return n
}

// sheet finds a sheet of a workbook and checks that no sheet has a formula.
func sheet(t *testing.T, sheets []documenttest.Sheet, name string) documenttest.Sheet {
	t.Helper()
	for _, s := range sheets {
		if len(s.Formulas) > 0 {
			t.Errorf("the sheet %s has formulas: %v", s.Name, s.Formulas)
		}
	}
	i := slices.IndexFunc(sheets, func(s documenttest.Sheet) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no sheet %q", name)
	}
	return sheets[i]
}

// first checks that some row begins with a text.
func first(t *testing.T, rows [][]string, want string) {
	t.Helper()
	if !slices.ContainsFunc(rows, func(r []string) bool { return len(r) > 0 && r[0] == want }) {
		t.Errorf("no row begins with %q", want)
	}
}

func TestPlanOpens(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	want, systems := w.planRows(), w.count(`SELECT COUNT(*) FROM system WHERE organisation_id = $1`)
	book := documenttest.RowsXLSX(t, w.file(report.Request{Kind: report.Plan, Format: document.XLSX}))
	rows := sheet(t, book, "Handlingsplan").Rows
	if len(rows)-1 != want {
		t.Errorf("the workbook has %d rows, want %d", len(rows)-1, want)
	}
	first(t, rows, formulaName)
	if n := len(sheet(t, book, "Översikt").Rows) - 1; n != systems {
		t.Errorf("the overview has %d systems, want %d", n, systems)
	}
	tables := documenttest.RowsDOCX(t, w.file(report.Request{Kind: report.Plan, Format: document.DOCX, Reasons: true}))
	holds := func(n int) bool {
		return slices.ContainsFunc(tables, func(x documenttest.Table) bool { return len(x.Rows) == n })
	}
	if len(tables) < 2 || len(tables[len(tables)-1].Rows) != want || !holds(systems) {
		t.Errorf("the document has %d tables that do not hold %d systems and %d rows", len(tables), systems, want)
	}
	html := documenttest.Read(t, w.file(report.Request{Kind: report.Plan, Format: document.HTML, Reasons: true}))
	if n := len(html.Tables[len(html.Tables)-1].Rows); n != want {
		t.Errorf("the page has %d rows, want %d", n, want)
	}
	csv := documenttest.Rows(t, w.file(report.Request{Kind: report.Plan, Format: document.CSV}))
	if n := len(csv[0].Rows) - 2; n != want || len(csv[0].Formulas) > 0 { // the header, and the stopped system's sentence
		t.Errorf("the CSV file has %d rows and %d formulas, want %d and none", n, len(csv[0].Formulas), want)
	}
	first(t, csv[0].Rows, "'"+formulaName)
}

func TestAnnexOpens(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	a := w.annex(decidedName)
	r := report.Request{Kind: report.Procurement, System: w.slug[decidedName], Internal: true}
	for _, f := range []document.Format{document.XLSX, document.ODS} {
		r.Format = f
		book := documenttest.Rows(t, w.file(r))
		if n := len(sheet(t, book, "Krav").Rows) - 1; n != a.Shall+a.Should {
			t.Errorf("%s has %d rows, want %d", f, n, a.Shall+a.Should)
		}
		if n := len(sheet(t, book, "Internt- utelämnade krav").Rows) - 1; n != a.Left {
			t.Errorf("%s leaves out %d, want %d", f, n, a.Left)
		}
	}
	r.Format = document.DOCX
	text := documenttest.Read(t, w.file(r))
	n := len(text.Tables)
	if text.Title != "Kravbilaga: "+decidedName || len(text.Tables[n-2].Rows) != a.Shall+a.Should || len(text.Tables[n-1].Rows) != a.Left {
		t.Errorf("the document %q does not hold %d and %d rows", text.Title, a.Shall+a.Should, a.Left)
	}
}

func TestAnnexesOfAllOpen(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	book := documenttest.Rows(t, w.file(report.Request{Kind: report.Procurement, Format: document.XLSX}))
	a := w.annex(decidedName)
	if n := len(sheet(t, book, decidedName).Rows) - 1; n != a.Shall+a.Should {
		t.Errorf("the sheet has %d rows, want %d", n, a.Shall+a.Should)
	}
	if len(book) != 6 { // what the document is, and one sheet for each of five systems; the stopped one has none
		t.Errorf("the workbook has %d sheets", len(book))
	}
}

func TestClassificationOpens(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	text := documenttest.Read(t, w.file(report.Request{Kind: report.Classification, Format: document.DOCX}))
	var names []string
	for _, h := range text.Headings {
		if h.Level == 1 {
			names = append(names, h.Text)
		}
	}
	for name := range w.slug {
		if !slices.Contains(names, name) {
			t.Errorf("no heading for %s among %q", name, names)
		}
	}
	answers := 0
	for _, table := range text.Tables {
		if len(table.Header) > 0 && slices.Contains(table.Header[0], "Perspektiv") {
			answers += len(table.Rows)
		}
	}
	if n := w.count(`SELECT COUNT(*) FROM classification_answer WHERE organisation_id = $1`); answers != n {
		t.Errorf("the document has %d answers, the database %d", answers, n)
	}
}

func TestRegisterOpens(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	systems := w.count(`SELECT COUNT(*) FROM system WHERE organisation_id = $1`)
	rows := sheet(t, documenttest.Rows(t, w.file(report.Request{Kind: report.Register, Format: document.XLSX})), "Register").Rows
	if len(rows)-1 != systems {
		t.Errorf("the workbook has %d systems, want %d", len(rows)-1, systems)
	}
	first(t, rows, formulaName)
	names := 0
	column := slices.Index(rows[0], "Information")
	for _, r := range rows[1:] {
		if r[column] != "okänt" {
			names += len(strings.Split(r[column], "\n"))
		}
	}
	if n := w.count(`SELECT COUNT(*) FROM system_information WHERE organisation_id = $1`); names != n {
		t.Errorf("the workbook names %d kinds of information, the database %d", names, n)
	}
	csv := documenttest.Rows(t, w.file(report.Request{Kind: report.Register, Format: document.CSV}))
	if len(csv[0].Rows)-1 != systems || len(csv[0].Formulas) > 0 {
		t.Errorf("the CSV file has %d systems and %d formulas", len(csv[0].Rows)-1, len(csv[0].Formulas))
	}
	text := documenttest.Read(t, w.file(report.Request{Kind: report.Register, Format: document.DOCX}))
	if i := slices.IndexFunc(text.Tables, func(x documenttest.Table) bool { return len(x.Rows) == systems }); i < 0 {
		t.Errorf("no table of the document has %d systems", systems)
	}
}
