// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"bytes"
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/printer"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// paper is a report that somebody is handed.
type paper struct {
	name    string
	request report.Request
	// most is how many pages it may take; 0 is any.
	most int
	// holds are headings that it must have.
	holds []string
}

// papers are the reports of follow-up: to the committee, of internal control, the two bases, the record (art. 30) and the dossier.
func (w *town) papers() []paper {
	one := w.slug[decidedName]
	return []paper{
		{"committee", report.Request{Kind: report.Committee}, 2, []string{"Läget i tre meningar", "Fyra indikatorer", "Riskerna i antal", "Det vi ber om"}},
		{"committee-secret", report.Request{Kind: report.Committee, Weaknesses: true}, 2, []string{"Tre risker", "Det vi ber om"}},
		{"control", report.Request{Kind: report.Control}, 0, []string{"Kontrollmoment", "Indikatorer", "Åtgärder", "Risker"}},
		{"cybersecurity", report.Request{Kind: report.Cybersecurity}, 0, []string{"Det här är ett underlag", "Krav per område"}},
		{"survey", report.Request{Kind: report.Survey}, 0, []string{"Det här är ett underlag", "Svar i enkätens ord", "Publicerade värden för riket"}},
		{"record", report.Request{Kind: "processing"}, 0, []string{"Utreda ekonomiskt bistånd"}},
		{"dossier", report.Request{Kind: report.Dossier, System: one}, 0, []string{"Registret", "Klassningen", "Krav och bevis", "Åtgärder", "Risker"}},
		{"dossier-secret", report.Request{Kind: report.Dossier, System: one, Weaknesses: true}, 0, []string{"Bevis för varje krav", "Åtgärda nu", "Risker"}},
	}
}

// onPaper is a town with all that the reports of follow-up tell of.
func onPaper(t *testing.T) *town {
	t.Helper()
	w := proven(t)
	w.reports.Record = &processing.Service{DB: w.db, Catalogue: w.reports.Requirements.Engine.Catalogue}
	made := processing.New("Utreda ekonomiskt bistånd", processing.Controller)
	made.State, made.Purposes, made.LegalBasis, made.Subjects = "ongoing", "Utreda och besluta", []string{"e"}, "Sökande"
	_, err := w.reports.Record.Create(t.Context(), w.actor, made, processing.Wanted{})
	check(t, err)
	return w
}

// paper writes one of the reports.
func (w *town) paper(p paper, f document.Format, lang string) string {
	w.t.Helper()
	p.request.Format, p.request.Lang = f, lang
	if p.request.Kind != "processing" {
		return w.account(p.request)
	}
	var b bytes.Buffer
	check(w.t, w.reports.Processings(w.t.Context(), w.actor, p.request, &b))
	return b.String()
}

var (
	styles = regexp.MustCompile(`(?s)<style.*?</style>`)
	madeUp = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// TestReportsAreGolden holds what each report says against what it said, in both languages. What is weak is compared by other tests: its rows
// are those of the plan.
func TestReportsAreGolden(t *testing.T) {
	w := onPaper(t)
	for _, p := range w.papers() {
		if p.request.Weaknesses {
			continue
		}
		for _, lang := range []catalogue.Lang{catalogue.SV, catalogue.EN} {
			var lines []string
			page := styles.ReplaceAllString(w.paper(p, document.HTML, string(lang)), "")
			if m := missingText.FindString(page); m != "" {
				t.Errorf("%s in %s lacks a text: %s", p.name, lang, m)
			}
			for _, line := range strings.Split(tag.ReplaceAllString(page, "\n"), "\n") {
				if line = strings.TrimSpace(html.UnescapeString(line)); line != "" {
					lines = append(lines, madeUp.ReplaceAllString(line, "ID"))
				}
			}
			got, path := strings.Join(lines, "\n")+"\n", filepath.Join("testdata", p.name+"."+string(lang)+".txt")
			if *update {
				check(t, os.WriteFile(path, []byte(got), 0o600))
			}
			want, err := os.ReadFile(path)
			check(t, err)
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (run with -update when it is meant): %s", path, diff)
			}
		}
	}
}

// TestReportsArePrinted prints every report as PDF: tagged, with headings and tables, in its language, and no longer than it may be.
func TestReportsArePrinted(t *testing.T) {
	prints, err := printer.Find("")
	if err != nil {
		dbtest.Missing(t, "chromium: install Debian's package chromium, or run make test")
	}
	prints.Unconfined = true
	w := onPaper(t)
	w.reports.Printer = prints
	for _, p := range w.papers() {
		file := filepath.Join(t.TempDir(), p.name+".pdf")
		check(t, os.WriteFile(file, []byte(w.paper(p, document.PDF, "sv")), 0o600))
		w.looks(p, file, true)
		structure := poppler(t, "pdfinfo", "-struct", file)
		for _, tag := range []string{"H1", "H2", "Table", "TH"} {
			if !strings.Contains(structure, tag) {
				t.Errorf("%s: no tag %s", p.name, tag)
			}
		}
	}
}

// TestReportsOpenInOffice opens every report in LibreOffice, as a text and as a workbook.
func TestReportsOpenInOffice(t *testing.T) {
	w := onPaper(t)
	dir := t.TempDir()
	var files []string
	for _, f := range []document.Format{document.DOCX, document.XLSX} {
		for _, p := range w.papers() {
			file := filepath.Join(dir, p.name+"-"+string(f)+f.Extension())
			check(t, os.WriteFile(file, []byte(w.paper(p, f, "sv")), 0o600))
			files = append(files, file)
		}
	}
	opened := documenttest.ConvertAll(t, "pdf", files...)
	for i, p := range w.papers() {
		w.looks(p, opened[i], false)
		if text := poppler(t, "pdftotext", opened[len(opened)/2+i], "-"); !strings.Contains(text, "Kommun norrsjo") {
			t.Errorf("the workbook of %s does not say whose it is", p.name)
		}
	}
	if s := sheet(t, documenttest.Rows(t, files[len(files)/2+6]), "Bevis för varje krav"); len(s.Rows) < 2 || len(s.Rows[0]) != 8 {
		t.Errorf("the workbook of the dossier has no evidence: %v", s.Rows)
	}
}

// looks checks what a printed report says, and how long it is.
func (w *town) looks(p paper, file string, tagged bool) {
	t := w.t
	t.Helper()
	info, text := poppler(t, "pdfinfo", file), strings.Join(strings.Fields(poppler(t, "pdftotext", file, "-")), " ")
	if got := strings.Contains(strings.ReplaceAll(info, " ", ""), "Tagged:yes"); tagged && !got {
		t.Errorf("%s: pdfinfo says %q, want a tagged document", p.name, info)
	}
	if n := pages(t, info); p.most > 0 && n > p.most {
		t.Errorf("%s takes %d pages, at most %d", p.name, n, p.most)
	}
	for _, want := range p.holds {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q", p.name, want)
		}
	}
	// The marking stands whole on every page, and once more on the cover.
	if got, n := strings.Count(text, "Kan omfattas av sekretess, OSL 18:8"), pages(t, info); p.request.Weaknesses && got < n+1 || !p.request.Weaknesses && got > 0 {
		t.Errorf("%s is marked as secret %d times on %d pages", p.name, got, n)
	}
}
