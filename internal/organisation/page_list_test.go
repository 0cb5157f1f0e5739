// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// upload sends a file as a browser does.
func upload(t *testing.T, c *webtest.Client, content string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "personal.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.Request("POST", organisation.ListPath, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return c.Do(r)
}

func TestListIsSeenBeforeItIsTaken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.unit(t, "Social", "")
		bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "organisation": organisation.Messages, "approval": approval.Messages, "auth": auth.Messages})
		if err != nil {
			t.Fatal(err)
		}
		reader := w.anna
		site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
			ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return reader, web.Viewer{Name: "Anna"}, true },
		})
		(&organisation.Pages{Service: w.Service}).Routes(site)
		c := webtest.Start(t, site)
		people := func() int {
			list, _, err := w.People(t.Context(), w.anna, organisation.PersonFilter{})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		before := people()
		webtest.CheckDOM(t, c.Get(organisation.PeoplePath).Doc)
		webtest.CheckDOM(t, c.Get(organisation.ListPath).Doc)
		for content, want := range map[string]string{"": "rubriken Namn", "a;b\n1;2\n": "rubriken Namn", "Namn\n" + strings.Repeat("x", organisation.MaxPeopleFile): "för stor"} {
			p := upload(t, c, content)
			webtest.CheckDOM(t, p.Doc)
			if p.Status != 422 || !strings.Contains(p.Text("#file-error"), want) {
				t.Errorf("%.10q: %d %q", content, p.Status, p.Text("#file-error"))
			}
		}
		if p := c.Post(organisation.ListPath, nil); p.Status != 422 {
			t.Errorf("without a file: %d", p.Status)
		}
		p := upload(t, c, peopleList)
		webtest.CheckDOM(t, p.Doc)
		text := p.Text("main")
		for _, want := range []string{"2 nya", "1 roller begärs", "Skriv e-postadressen som", "ingen till administratör", "Enheten finns inte", "personal.csv"} {
			if !strings.Contains(text, want) {
				t.Errorf("the preview lacks %q: %s", want, text)
			}
		}
		if n := people(); n != before {
			t.Errorf("the preview took in %d people", n-before)
		}
		reader = w.bo // another administrator does not see what Anna handed over
		if q := c.Get(p.URL); q.Status != 404 {
			t.Errorf("another's file: %d", q.Status)
		}
		reader = w.anna
		reader.Fresh = false
		if c.Submit(p, "form[action$='/klar']", nil); people() != before {
			t.Error("people were taken in without showing again who one is")
		}
		reader.Fresh = true
		if q := c.Submit(p, "form[action$='/klar']", nil); !strings.Contains(q.Text("main"), "2 nya") || people() != before+2 {
			t.Errorf("%s: %d people", q.Text("main"), people())
		}
		if q := c.Get(p.URL); q.Status != 404 {
			t.Errorf("the file is kept after it was taken in: %d", q.Status)
		}
		p = upload(t, c, peopleList)
		if q := c.Submit(p, "form[action$='/avbryt']", nil); !strings.Contains(q.Text("main"), "Filen är borttagen") {
			t.Error(q.Text("main"))
		}
		if !strings.Contains(w.log(t, "person", ""), "organisation.ImportPeople") {
			t.Error("the log does not tell of the import")
		}
		exported(t, w, c, &reader)
	})
}

// exported takes the list out: what a spreadsheet would evaluate is text, and comes back as it was.
func exported(t *testing.T, w *town, c *webtest.Client, reader *access.Actor) {
	t.Helper()
	if _, err := w.AddPerson(t.Context(), w.anna, organisation.Person{Name: "=HYPERLINK(\"https://evil.example\")", ExternalID: "@x"}); err != nil {
		t.Fatal(err)
	}
	reader.Fresh = false
	if p := c.Get(organisation.ExportPath); strings.Contains(p.Body, "Kim") {
		t.Error("people were exported without showing again who one is")
	}
	reader.Fresh = true
	p := c.Get(organisation.ExportPath)
	if p.Status != 200 || !strings.Contains(p.Header.Get("Content-Disposition"), ".csv") || !strings.Contains(p.Body, "Kim Ås;kim@norrsjo.example;Social") {
		t.Fatalf("%d %v %s", p.Status, p.Header, p.Body)
	}
	if !strings.Contains(p.Body, `'=HYPERLINK`) || !strings.Contains(p.Body, `'@x`) || strings.Contains(p.Body, "\n=") {
		t.Errorf("a formula is not text: %s", p.Body)
	}
	r, err := w.ImportPeople(t.Context(), w.anna, []byte(p.Body), true)
	if err != nil || r.New+r.Updated+len(r.Similar)+len(r.Rejected) != 0 || r.Unchanged == 0 {
		t.Errorf("the exported list changes something: %+v, %v", r, err)
	}
	if !strings.Contains(w.log(t, "people", w.anna.Organisation.String()), "organisation.ExportPeople") {
		t.Error("the log does not tell of the export")
	}
}
