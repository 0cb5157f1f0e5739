// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// A day that cannot be read is told, on the page and instead of a file.
func TestLogTellsABadDay(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	p := w.Get("/sparlogg?fran=igar")
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("#fran-error"), "Skriv dagen som") {
		t.Errorf("%d %q", p.Status, p.Text("#fran-error"))
	}
	if p := w.Get("/sparlogg/export?fran=igar"); p.Status != 400 {
		t.Errorf("a file of other days: %d", p.Status)
	}
}
