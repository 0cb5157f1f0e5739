// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"testing"

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
	(&report.Pages{Service: w.reports}).Routes(s)
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
