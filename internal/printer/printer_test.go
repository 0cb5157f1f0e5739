// SPDX-License-Identifier: EUPL-1.2

package printer_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/printer"
)

// find gives the printer that is here.
func find(t *testing.T) *printer.Printer {
	t.Helper()
	p, err := printer.Find("")
	if err != nil {
		dbtest.Missing(t, "chromium: install Debian's package chromium, or run make test")
	}
	return p
}

// tool runs one of poppler's programs on a document.
func tool(t *testing.T, name string, args ...string) string {
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

func TestPrintedPagesHaveTagsAndTextAndAskForNothing(t *testing.T) {
	p := find(t)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	page := `<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8"><title>Handlingsplan</title></head><body><h1>Handlingsplan för äldreomsorgen</h1>
<p>Första stycket.</p><table><caption>Krav</caption><thead><tr><th scope="col">Krav</th></tr></thead><tbody><tr><td>Loggning</td></tr></tbody></table>
<img src="` + server.URL + `/x.png" alt="bild"><script>document.body.textContent="skript"</script></body></html>`
	pdf, err := p.PDF(t.Context(), []byte(page))
	if errors.Is(err, printer.ErrPrint) { // where the tests may make no user of their own, it runs without one
		t.Logf("confined: %v", err)
		p.Unconfined = true
		pdf, err = p.PDF(t.Context(), []byte(page))
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if info := tool(t, "pdfinfo", file); !strings.Contains(strings.ReplaceAll(info, " ", ""), "Tagged:yes") || !strings.Contains(info, "Handlingsplan") {
		t.Errorf("pdfinfo: got %q, want a tagged document with its title", info)
	}
	tags := tool(t, "pdfinfo", "-struct-text", file)
	for _, want := range []string{"H1", "Table", "TH", "Handlingsplan för äldreomsorgen"} {
		if !strings.Contains(tags, want) {
			t.Errorf("tags: got %q, want %s among them", tags, want)
		}
	}
	if text := tool(t, "pdftotext", file, "-"); !strings.Contains(text, "Första stycket.") || strings.Contains(text, "skript") {
		t.Errorf("text: got %q, want the page's own and no script run", text)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the page asked for %d things, want none", n)
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := printer.Find(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a program that is not there: got no error")
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := printer.Find(""); !errors.Is(err, printer.ErrMissing) {
		t.Errorf("no program: got %v, want %v", err, printer.ErrMissing)
	}
	p := printer.New("/bin/false")
	if _, err := p.PDF(t.Context(), []byte("<head></head>x")); !errors.Is(err, printer.ErrPrint) {
		t.Errorf("a program that fails: got %v, want %v", err, printer.ErrPrint)
	}
}
