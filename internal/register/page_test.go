// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"bytes"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// wizard is a site with the pages of the import, and a reader whom the test may change.
type wizard struct {
	service *Service
	actor   access.Actor
	reader  *access.Actor
	client  *webtest.Client
}

func newWizard(t *testing.T, d *db.DB) *wizard {
	t.Helper()
	w := &wizard{service: service(t, d), actor: dbtest.Organisation(t, d, "prov")}
	reader := w.actor
	w.reader = &reader
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "register": Messages, "system": system.Messages})
	must(t, err)
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return *w.reader, web.Viewer{Name: "Prov", Role: "coordinator"}, true
		},
	})
	classes := &classification.Service{DB: d, Catalogue: w.service.Catalogue, Jobs: w.service.Jobs}
	(&Pages{Service: w.service, Classifications: classes}).Routes(site)
	w.client = webtest.Start(t, site)
	return w
}

// upload sends a file as a browser does.
func (w *wizard) upload(t *testing.T, name string, content []byte, paste string) *webtest.Page {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	must(t, err)
	_, err = f.Write(content)
	must(t, err)
	must(t, m.WriteField("paste", paste))
	must(t, m.Close())
	r := w.client.Request(http.MethodPost, "/importera", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.client.Do(r)
}

func (w *wizard) open(t *testing.T, path string, status int) *webtest.Page {
	t.Helper()
	return checked(t, w.client.Get(path), status)
}

// checked judges an answer: its status and its markup.
func checked(t *testing.T, p *webtest.Page, status int) *webtest.Page {
	t.Helper()
	if p.Status != status {
		t.Fatalf("%s: got %d, want %d: %s", p.URL, p.Status, status, p.Text("main"))
	}
	webtest.CheckDOM(t, p.Doc)
	if strings.Contains(p.Body, "<script>alert") || strings.Contains(p.Body, "<img src=x") {
		t.Errorf("%s: what stands in the file is not escaped", p.URL)
	}
	return p
}

// fieldOf finds the name of the choice that stands beside a heading.
func fieldOf(t *testing.T, p *webtest.Page, heading string) string {
	t.Helper()
	for _, row := range p.All("main tbody tr") {
		if th := webtest.Find(row, "th"); strings.HasPrefix(webtest.Text(th), heading) {
			return webtest.Attr(webtest.Find(row, "select"), "name")
		}
	}
	t.Fatalf("no column is headed %q", heading)
	return ""
}

// twoSheets is a workbook with instructions on one sheet and a list on the other.
func twoSheets(t *testing.T) []byte {
	t.Helper()
	return book(t, func(f *excelize.File) error {
		if _, err := f.NewSheet("Lista"); err != nil {
			return err
		}
		if err := f.SetCellStr("Sheet1", "A1", "Så fyller du i"); err != nil {
			return err
		}
		if err := f.SetSheetRow("Lista", "A1", &[]any{"Systemnamn", "Leverantör", "K", "R"}); err != nil {
			return err
		}
		for i := range fewRows + 5 {
			if err := f.SetSheetRow("Lista", fmt.Sprintf("A%d", i+2), &[]any{fmt.Sprintf("System %d", i), "Bolaget", 1, 2}); err != nil {
				return err
			}
		}
		return nil
	})
}

const columnsForm = "#map"

func TestImportWizard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWizard(t, d)
		for _, lang := range []string{"sv", "en"} {
			w.client.Lang = lang
			w.open(t, "/importera", http.StatusOK)
		}
		w.client.Lang = "sv"
		list := "Systemnamn;Förvaltning;Leverantör;K;R;T\nAlfa;Social;Bolaget;3;2;1\nBeta & <script>alert(1)</script>;Social;;2;7;1\n;Social;;1;1;1\nalfa;Skola;;1;1;1\n"
		columns := checked(t, w.upload(t, "lista.csv", []byte(list), ""), http.StatusOK)
		if got := columns.Text("main tbody"); !strings.Contains(got, "Bolaget") || !strings.Contains(got, "Säker") {
			t.Errorf("columns: got %q, want samples and how sure the guess is", got)
		}
		if webtest.Fields(webtest.Find(columns.Doc, columnsForm)).Get("scale") != "" {
			t.Error("a scale is chosen beforehand")
		}

		bare := checked(t, w.client.Submit(columns, columnsForm, nil), http.StatusUnprocessableEntity)
		if !bare.Has("#scale[aria-invalid]") {
			t.Error("levels without a scale: no fault at the scale")
		}
		own := url.Values{"scale": {ownScale}, "lowest": {"1"}, "highest": {"9"}, fieldOf(t, bare, "Leverantör"): {Comment}}
		wrong := checked(t, w.client.Submit(bare, columnsForm, own), http.StatusUnprocessableEntity)
		if got := webtest.Fields(webtest.Find(wrong.Doc, columnsForm)); got.Get("highest") != "9" || got.Get(fieldOf(t, wrong, "Leverantör")) != Comment {
			t.Errorf("after a fault: got %v, want what was typed", got)
		}

		review := checked(t, w.client.Submit(wrong, columnsForm, url.Values{"highest": {"3"}, fieldOf(t, wrong, "Leverantör"): {Supplier}}), http.StatusOK)
		for id, want := range map[string]string{"p-nya": "2 nya", "p-avvisas": "1 rad", "p-liknar": "1 rad", "p-varningar": "1 varning"} {
			if got := review.Text("#" + id); !strings.Contains(got, want) {
				t.Errorf("review %s: got %q, want %q in it", id, got, want)
			}
		}
		if systems, _ := held(t, w.service, w.actor); len(systems) != 0 {
			t.Errorf("before the import: got %d systems, want none", len(systems))
		}
		w.client.Lang = "en"
		w.open(t, review.URL, http.StatusOK)
		w.client.Lang = "sv"

		done := checked(t, w.client.Submit(review, "form[action$=/klar]", nil), http.StatusOK)
		systems, _ := held(t, w.service, w.actor)
		if len(systems) != 2 || systems["Alfa"].Supplier != "Bolaget" {
			t.Errorf("after the import: got %d systems, Alfa from %q, want 2 and Bolaget", len(systems), systems["Alfa"].Supplier)
		}
		w.open(t, review.URL, http.StatusNotFound) // the list is let go of
		w.open(t, "/importera", http.StatusOK)

		undone := checked(t, w.client.Submit(done, "form[action$=/angra]", nil), http.StatusOK)
		if systems, _ := held(t, w.service, w.actor); len(systems) != 0 || !undone.Has(".flash") || undone.Has("form[action$=/angra]") {
			t.Errorf("after undo: got %d systems, want none, a word about it and no button", len(systems))
		}
		checked(t, w.client.Post(strings.TrimSuffix(done.URL, "/resultat")+"/angra", nil), http.StatusConflict)
	})
}

func TestWizardWithSheets(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	columns := checked(t, w.upload(t, "lista.xlsx", twoSheets(t), ""), http.StatusOK)
	sheets := webtest.All(webtest.Find(columns.Doc, "#blad"), "option")
	if len(sheets) < 2 {
		t.Fatalf("got %d sheets to choose from, want several", len(sheets))
	}
	for _, o := range sheets {
		p := w.open(t, columns.URL+"?blad="+url.QueryEscape(webtest.Attr(o, "value")), http.StatusOK)
		if !p.Has(columnsForm) && !p.Has(".note") {
			t.Errorf("sheet %s: neither columns nor a reason", webtest.Attr(o, "value"))
		}
	}
	review := checked(t, w.client.Submit(columns, columnsForm, url.Values{"scale": {NoLevels}}), http.StatusOK)
	if strings.Contains(review.Body, "--scale") {
		t.Error("the page speaks of the command line")
	}
	full := w.open(t, review.URL+"?visa=nya", http.StatusOK)
	if got := len(full.All("main tbody tr")); got <= fewRows {
		t.Errorf("all new rows: got %d, want more than %d", got, fewRows)
	}
	again := checked(t, w.upload(t, "lista.xlsx", twoSheets(t), ""), http.StatusOK)
	again = checked(t, w.client.Submit(again, columnsForm, url.Values{"scale": {NoLevels}}), http.StatusOK)
	if done := checked(t, w.client.Submit(again, "form[action$=/klar]", nil), http.StatusOK); strings.Contains(done.Body, "--scale") {
		t.Error("after the import the page speaks of the command line")
	}
	cancelled := checked(t, w.client.Submit(review, "form[action$=/avbryt]", nil), http.StatusOK)
	if !cancelled.Has(".flash") || cancelled.Has("#begun") {
		t.Error("after cancel: no word about it, or the list is still there")
	}
}

func TestWizardRefusesFiles(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	for name, p := range map[string]*webtest.Page{
		"nothing":   w.upload(t, "", nil, ""),
		"a picture": w.upload(t, "bild.png", []byte("\x89PNG\r\n\x1a\n0000"), "Namn;Enhet"),
		"too large": w.upload(t, "stor.csv", bytes.Repeat([]byte("a;b\n"), MaxUpload/4+1), ""),
	} {
		checked(t, p, http.StatusUnprocessableEntity)
		if !p.Has("#file[aria-invalid]") {
			t.Errorf("%s: no fault at the file", name)
		}
		if name == "a picture" && !strings.Contains(p.Text("#paste"), "Namn;Enhet") {
			t.Error("what was pasted is lost")
		}
	}
	p := w.upload(t, "", nil, strings.Repeat("a;b\n", MaxUpload/4+1))
	if checked(t, p, http.StatusUnprocessableEntity); !p.Has("#paste[aria-invalid]") {
		t.Error("a paste that is too large: no fault at the box")
	}
	p = w.upload(t, "", nil, "bara en rad")
	if checked(t, p, http.StatusUnprocessableEntity); !p.Has("#paste[aria-invalid]") {
		t.Error("a paste that is no list: no fault at the box")
	}
	pasted := checked(t, w.upload(t, "", nil, "Systemnamn\tLeverantör\nAlfa\tBolaget"), http.StatusOK)
	twice := checked(t, w.client.Submit(pasted, columnsForm, url.Values{"field-0": {Supplier}}), http.StatusUnprocessableEntity)
	if !twice.Has("#field-1[aria-invalid]") || !twice.Has("#field-0[aria-invalid]") {
		t.Error("two columns of one field and none with the name: both are to be told")
	}
}

// A list belongs to the one who handed it over, and to one day.
func TestKeptListsAreOnesOwn(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	columns := checked(t, w.upload(t, "lista.csv", []byte("Systemnamn;Leverantör\nAlfa;Bolaget\n"), ""), http.StatusOK)
	if p := w.open(t, "/importera", http.StatusOK); !p.Has("#begun") {
		t.Error("a list that was begun is not offered to go on with")
	}
	mine := *w.reader
	w.reader.ID = "annan"
	w.open(t, columns.URL, http.StatusNotFound)
	checked(t, w.client.Post(columns.URL+"/klar", nil), http.StatusNotFound)
	*w.reader = dbtest.Organisation(t, w.service.DB, "grannen")
	w.open(t, columns.URL, http.StatusNotFound)
	*w.reader = mine
	w.open(t, columns.URL, http.StatusOK)
	w.reader.Roles = []access.Role{access.Auditor}
	for _, path := range []string{"/importera", columns.URL} {
		w.open(t, path, http.StatusForbidden)
	}
	*w.reader = mine
	w.service.DB.Now = func() time.Time { return clock.Add(uploadHours*time.Hour + time.Minute) }
	w.open(t, columns.URL, http.StatusNotFound)
	checked(t, w.upload(t, "ny.csv", []byte("Systemnamn;Leverantör\nBeta;Bolaget\n"), ""), http.StatusOK)
	var kept int
	must(t, w.service.DB.Read(ctx, db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM register_upload`), &kept) }))
	if kept != 1 {
		t.Errorf("after a day: got %d lists kept, want the new one alone", kept)
	}
}

// Every field that a column can hold, and every property that a preview shows, has a name in words.
func TestFieldsHaveNames(t *testing.T) {
	l := texts().In("sv")
	extra := []string{
		HostingNote, Country, ContractNote, UsersApproximate, ProcessorAgreementOn, Area, AutomatedDecision, Camera, HealthCare, Stopping,
	}
	for _, f := range append(append([]string{}, Fields...), extra...) {
		if !l.Has(fieldKey(f)) {
			t.Errorf("the field %s has no name", f)
		}
	}
}
