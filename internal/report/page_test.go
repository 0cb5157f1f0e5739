// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"log/slog"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// site serves the pages of reports to a reader whom the test may change.
func site(t *testing.T, w *town) (*webtest.Client, *access.Actor) {
	t.Helper()
	return served(t, w, &report.Pages{Service: w.reports, Patience: time.Hour}) // however slow the machine is
}

func served(t *testing.T, w *town, pages *report.Pages) (*webtest.Client, *access.Actor) {
	t.Helper()
	texts, err := locale.NewBundle(map[string]string{
		"web": web.Messages, "classification": classification.Messages, "requirement": requirement.Messages, "report": report.Messages,
	})
	check(t, err)
	reader := w.actor
	s := web.NewSite(texts, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return reader, web.Viewer{Name: "Prov", Role: "coordinator"}, true
		},
	})
	pages.Routes(s)
	return webtest.Start(t, s), &reader
}

func TestPageListsEveryReport(t *testing.T) {
	client, _ := site(t, newTown(t, dbtest.SQLite(t)))
	for _, lang := range []string{"sv", "en"} {
		client.Lang = lang
		p := client.Get("/rapporter")
		if p.Status != http.StatusOK {
			t.Fatalf("got %d, want 200", p.Status)
		}
		webtest.CheckDOM(t, p.Doc)
		links := 0
		for _, k := range report.Kinds {
			for _, f := range report.Formats(k) {
				links++
				if href := "/rapporter/" + string(k) + "?format=" + string(f) + "&lang=" + lang; !p.Has("a[href=" + href + "]") {
					t.Errorf("%s: no link to %s", lang, href)
				}
			}
		}
		for _, path := range []string{"behandlingar", "leverantorer"} {
			for _, f := range report.RecordFormats {
				links++
				if href := "/rapporter/" + path + "?format=" + string(f) + "&lang=" + lang; !p.Has("a[href=" + href + "]") {
					t.Errorf("%s: no link to %s", lang, href)
				}
			}
		}
		if got := len(p.All("main a[href^=/rapporter/]")); got != links {
			t.Errorf("%s: got %d links to documents, want %d", lang, got, links)
		}
		if !strings.Contains(p.Text("#secret"), map[string]string{"sv": "hemliga", "en": "secret"}[lang]) {
			t.Errorf("%s: the page does not say that weaknesses are secret", lang)
		}
	}
}

func TestDownload(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		client, _ := site(t, w)
		slug := w.slug[decidedName]
		for _, k := range report.Kinds {
			for _, f := range report.Formats(k) {
				p := client.Get("/rapporter/" + string(k) + "?format=" + string(f) + "&lang=sv&system=" + slug)
				if p.Status != http.StatusOK {
					t.Errorf("%s %s: got %d, want 200", k, f, p.Status)
					continue
				}
				checkFile(t, p, k, f, slug)
			}
		}
	})
}

func checkFile(t *testing.T, p *webtest.Page, k report.Kind, f document.Format, slug string) {
	t.Helper()
	if got := p.Header.Get("Content-Type"); got != f.MediaType() {
		t.Errorf("%s %s: got type %q, want %q", k, f, got, f.MediaType())
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	names := map[report.Kind]string{
		report.Plan: "handlingsplan", report.Procurement: "kravbilaga", report.Classification: "klassning", report.Register: "systemregister",
	}
	if want := names[k] + "-" + slug + "." + string(f); err != nil || kind != "attachment" || params["filename"] != want {
		t.Errorf("%s %s: got %s %q, want an attachment called %s", k, f, kind, params["filename"], want)
	}
	if got := p.Header.Get("Content-Length"); got != strconv.Itoa(len(p.Body)) || len(p.Body) == 0 {
		t.Errorf("%s %s: got length %s of %d bytes", k, f, got, len(p.Body))
	}
}

func TestDownloadRefuses(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	client, reader := site(t, w)
	for path, want := range map[string]int{
		"/rapporter/plan":                                   http.StatusBadRequest,
		"/rapporter/plan?format=gif":                        http.StatusBadRequest,
		"/rapporter/procurement?format=csv":                 http.StatusBadRequest,
		"/rapporter/finns-inte?format=csv":                  http.StatusNotFound,
		"/rapporter/plan?format=csv&system=finns-inte":      http.StatusNotFound,
		"/rapporter/plan?format=csv&system=" + w.other.Slug: http.StatusNotFound,
	} {
		p := client.Get(path)
		if p.Status != want || p.Header.Get("Content-Disposition") != "" {
			t.Errorf("GET %s: got %d %q, want %d and no file", path, p.Status, p.Header.Get("Content-Disposition"), want)
		}
		webtest.CheckDOM(t, p.Doc)
	}
	reader.Roles = []access.Role{access.Administrator}
	for _, path := range []string{"/rapporter", "/rapporter/plan?format=csv"} {
		if p := client.Get(path); p.Status != http.StatusForbidden {
			t.Errorf("GET %s without the right: got %d, want 403", path, p.Status)
		}
	}
}

// A report that takes long is not waited for: whoever asked is led to a page that says so and that survives a reload, finds it again under the
// reports, and fetches it when it is there. Nobody else sees it.
func TestLongReportIsFetchedLater(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	w := newTown(t, dbtest.SQLite(t))
	client, reader := served(t, w, &report.Pages{Service: w.reports, Patience: time.Nanosecond})
	// A report notes that it is taken out before it is written: who holds the database holds it.
	held, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.reports.DB.Write(t.Context(), w.actor.Organisation, func(*db.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	asked := client.Get("/rapporter/plan?format=csv&lang=sv")
	for _, p := range []*webtest.Page{asked, client.Get(asked.URL)} {
		webtest.CheckDOM(t, p.Doc)
		if p.Status != http.StatusOK || p.Header.Get("Refresh") == "" || p.URL != asked.URL || !p.Has("progress") || !strings.Contains(p.Text("main"), "handlingsplan.csv") {
			t.Errorf("on its way: %d at %s: %s", p.Status, p.URL, p.Text("main"))
		}
	}
	if p := client.Get(asked.URL + "/hamta"); p.URL != asked.URL {
		t.Errorf("fetched too early: %s", p.URL)
	}
	if p := client.Get("/rapporter"); webtest.Attr(webtest.Find(p.Doc, "section[aria-labelledby=pavag] a"), "href") != asked.URL {
		t.Errorf("the list of reports does not lead there: %s", p.Text("main"))
	}
	for range 4 {
		if p := client.Get("/rapporter/plan?format=csv&lang=sv"); p.Status != http.StatusOK {
			t.Errorf("another: %d", p.Status)
		}
	}
	if p := client.Get("/rapporter/plan?format=csv&lang=sv"); p.Status != http.StatusTooManyRequests {
		t.Errorf("one more than may be on their way: %d", p.Status)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "insegel-report-*")); err != nil || runtime.GOOS == "linux" && len(left) > 0 {
		t.Errorf("what is being written lies on the disk under a name: %v, %v", left, err)
	}
	close(free)
	check(t, <-ended)
	p := client.Get(asked.URL)
	for ; p.Header.Get("Refresh") != ""; p = client.Get(asked.URL) {
		time.Sleep(time.Millisecond)
	}
	webtest.CheckDOM(t, p.Doc)
	file := client.Get(webtest.Attr(webtest.Find(p.Doc, "main a.pri"), "href"))
	if file.Status != http.StatusOK || !strings.Contains(file.Header.Get("Content-Disposition"), "handlingsplan.csv") || file.Header.Get("Content-Length") != strconv.Itoa(len(file.Body)) {
		t.Errorf("fetched: %d, %v", file.Status, file.Header)
	}
	if again := client.Get(asked.URL + "/hamta"); again.Body != file.Body {
		t.Error("it is not the same when it is fetched again")
	}
	mine := *reader
	reader.ID = "somebody-else"
	for _, path := range []string{asked.URL, asked.URL + "/hamta"} {
		if p := client.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("somebody else is answered %d at %s", p.Status, path)
		}
	}
	*reader = mine
	reader.Fresh = false
	if p := client.Get(asked.URL + "/hamta"); p.Header.Get("Content-Disposition") != "" {
		t.Error("a report that takes a fresh sign-in is fetched without one")
	}
}
