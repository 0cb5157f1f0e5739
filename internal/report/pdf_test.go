// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/printer"
)

func TestPDFIsRefusedKindlyWithoutAPrinter(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	client, _ := site(t, w)
	for _, path := range []string{"/rapporter/plan?format=pdf", "/rapporter/leverantorer?format=pdf"} {
		p := client.Get(path)
		if p.Status != http.StatusNotImplemented || !strings.Contains(p.Text("main"), "Word") {
			t.Errorf("%s: got %d %q, want 501 that says what to do instead", path, p.Status, p.Text("main"))
		}
	}
	if p := client.Get("/rapporter"); strings.Contains(p.Body, "format=pdf") {
		t.Error("PDF is offered where nothing can print it")
	}
}

func TestPDFIsTagged(t *testing.T) {
	prints, err := printer.Find("")
	if err != nil {
		dbtest.Missing(t, "chromium: install Debian's package chromium, or run make test")
	}
	prints.Unconfined = true
	w := newTown(t, dbtest.SQLite(t))
	w.reports.Printer = prints
	client, _ := site(t, w)
	if p := client.Get("/rapporter"); strings.Count(p.Body, "format=pdf") != 6 {
		t.Errorf("PDF is offered for %d kinds of reports, want 6", strings.Count(p.Body, "format=pdf"))
	}
	for kind, want := range map[string]string{"plan": "Handlingsplan", "register": decidedName} {
		p := client.Get("/rapporter/" + kind + "?format=pdf&lang=sv&system=" + w.slug[decidedName])
		if p.Status != http.StatusOK || p.Header.Get("Content-Type") != document.PDF.MediaType() {
			t.Fatalf("%s: got %d %s, want a PDF document", kind, p.Status, p.Header.Get("Content-Type"))
		}
		file := filepath.Join(t.TempDir(), "a.pdf")
		if err := os.WriteFile(file, []byte(p.Body), 0o600); err != nil {
			t.Fatal(err)
		}
		info, structure, text := poppler(t, "pdfinfo", file), poppler(t, "pdfinfo", "-struct", file), poppler(t, "pdftotext", file, "-")
		if !strings.Contains(strings.ReplaceAll(info, " ", ""), "Tagged:yes") {
			t.Errorf("%s: pdfinfo says %q, want a tagged document", kind, info)
		}
		for _, tag := range []string{"H1", "Table", "TH"} {
			if !strings.Contains(structure, tag) {
				t.Errorf("%s: no tag %s", kind, tag)
			}
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s: the text lacks %q", kind, want)
		}
		if n := pages(t, info); kind == "plan" && n > mostPages {
			t.Errorf("the plan of one system takes %d pages, at most %d", n, mostPages)
		}
	}
}

// mostPages is how long a plan of one system with the highest needs may be, for somebody to read it.
const mostPages = 12

func pages(t *testing.T, info string) int {
	t.Helper()
	_, after, _ := strings.Cut(info, "Pages:")
	n, err := strconv.Atoi(strings.Fields(after + " -")[0])
	if err != nil {
		t.Fatalf("pdfinfo says %q", info)
	}
	return n
}

func poppler(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		dbtest.Missing(t, name+": install Debian's package poppler-utils, or run make test")
	}
	out, err := exec.CommandContext(t.Context(), name, args...).Output() //nolint:gosec // a test's own programs
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}
