// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

func TestViews(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		seed(t, d, w.s, w.actor, 20)
		other := w.actor
		other.ID = "somebody-else"
		w.actors["other"] = other
		w.NoRedirects()
		list := "/system?niva=3&sortera=niva"
		page := w.open(t, list)
		if got := w.Submit(page, `form[action="/vyer"]`, url.Values{"namn": {" Höga behov "}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Text("main"))
		}
		page = w.open(t, list)
		if !strings.Contains(page.Text(".tabs"), "Höga behov") || page.Has(`form[action="/vyer"]`) {
			t.Errorf("the view is not shown, or can be saved twice: %s", page.Text(".tabs"))
		}
		w.become("other")
		if page := w.open(t, list); strings.Contains(page.Text(".tabs"), "Höga behov") {
			t.Error("somebody else sees the view")
		}
		got, err := w.s.List(ctx, w.actor, Filter{})
		must(t, err)
		if len(got.Views) != 1 {
			t.Fatalf("%d views", len(got.Views))
		}
		if err := w.s.RemoveView(ctx, other, got.Views[0].ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("somebody else removed the view: %v", err)
		}
		must(t, w.s.RemoveView(ctx, w.actor, got.Views[0].ID))
		for want, v := range map[error]struct {
			name string
			f    Filter
		}{ErrViewName: {" ", Filter{Level: 3}}, ErrViewWhole: {"Alla", Filter{Page: 3}}} {
			if err := w.s.SaveView(ctx, w.actor, v.name, v.f); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		for i := range MaxViews {
			must(t, w.s.SaveView(ctx, w.actor, strconv.Itoa(i), Filter{Level: 1}))
		}
		if err := w.s.SaveView(ctx, w.actor, "en till", Filter{Level: 1}); !errors.Is(err, ErrViews) {
			t.Errorf("%v", err)
		}
		for _, address := range []string{"https://evil.example/system", "/regler?q=x", "javascript:alert(1)"} {
			if got := w.Post(viewPath, url.Values{"namn": {"x"}, "lista": {address}}); got.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s was saved: %d", address, got.Status)
			}
		}
	})
}

// TestExportIsWhatIsShown takes out lists and compares them with what their pages say.
func TestExportIsWhatIsShown(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 70)
	dirty(t, w, systems)
	stale := w.actor
	stale.Fresh = false
	w.actors["stale"] = stale
	for _, query := range []string{"", "?niva=2", "?lage=utkast&sortera=niva", "?q=0012", "?forvaltning=saknas"} {
		page := w.open(t, "/system"+query)
		want := numbers(page.Text(".chips b"))[0]
		file := w.Get(exportListPath + "?format=csv&" + strings.TrimPrefix(query, "?"))
		if file.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, file.Status, file.Body)
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix([]byte(file.Body), []byte("\ufeff"))))
		r.Comma = ';'
		rows, err := r.ReadAll()
		must(t, err)
		if len(rows)-1 != want {
			t.Errorf("%s: the file has %d systems, the page says %d", query, len(rows)-1, want)
		}
		for _, cell := range rows[1] {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	w.become("stale")
	if got := w.Get(exportListPath + "?format=csv"); got.Status == http.StatusOK && strings.Contains(got.Header.Get("Content-Type"), "csv") {
		t.Error("taken out without showing again who one is")
	}
	if _, err := w.s.ExportList(ctx, access.Actor{ID: "p", Organisation: w.actor.Organisation, Roles: []access.Role{access.Procurer}, Fresh: true}, Filter{}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("procurement took out the list: %v", err)
	}
	if got := w.Get(exportListPath + "?format=exe"); got.Status == http.StatusOK {
		t.Error("a format that is none")
	}
}
