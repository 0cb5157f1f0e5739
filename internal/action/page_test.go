// SPDX-License-Identifier: EUPL-1.2

package action_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// now is a Monday.
var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const hostile = `<script>alert(1)</script> "><img src=x>`

// world is a site over a database with some systems.
type world struct {
	db      *db.DB
	actor   access.Actor
	service *action.Service
	client  *webtest.Client
	// reader is who makes the requests; tests change it.
	reader *access.Actor
}

func newWorld(t *testing.T, d *db.DB, systems int) *world {
	t.Helper()
	d.Now = func() time.Time { return now }
	c, err := catalogue.Load(data.Files)
	must(t, err)
	w := &world{db: d, actor: dbtest.Organisation(t, d, "prov")}
	w.service = &action.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}}
	reader := w.actor
	w.reader = &reader
	bundle, err := locale.NewBundle(map[string]string{
		"web": web.Messages, "requirement": requirement.Messages, "classification": classification.Messages, "action": action.Messages,
	})
	must(t, err)
	site := web.NewSite(bundle, slog.New(slog.NewTextHandler(t.Output(), nil)), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return *w.reader, web.Viewer{Name: "Prov", Role: "coordinator"}, true
		},
	})
	(&action.Pages{Service: w.service}).Routes(site)
	w.client = webtest.Start(t, site)
	w.add(t, systems)
	return w
}

// add registers systems; the first has a hostile name.
func (w *world) add(t *testing.T, n int) {
	t.Helper()
	must(t, w.db.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		units, err := organisation.EnsureUnits(t.Context(), tx, w.actor.Organisation, []string{"Socialförvaltningen"})
		if err != nil {
			return err
		}
		taken, err := system.Slugs(t.Context(), tx, w.actor.Organisation)
		if err != nil {
			return err
		}
		var list []system.System
		for i := range n {
			s := system.New(fmt.Sprintf("System %03d", i))
			if i == 0 && len(taken) == 0 {
				s.Name, s.Slug = hostile, "farligt"
			}
			s.Slug = system.FreeSlug(taken, s.Slug)
			s.UnitID = units["Socialförvaltningen"]
			s.Facts = []catalogue.Statement{{Fact: "area", Value: "socialtjanst"}, {Fact: "personal_data", Value: "yes"}}
			list = append(list, s)
		}
		return system.Upsert(t.Context(), tx, w.actor.Organisation, list)
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plan reads the rows of a system's plan.
func (w *world) plan(t *testing.T, slug string) []action.Row {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"requirement": requirement.Messages, "classification": classification.Messages})
	must(t, err)
	_, rows, err := w.service.Plan(t.Context(), w.actor, slug, bundle.In("sv"))
	must(t, err)
	return rows
}

func open(t *testing.T, w *world, path string, status int) *webtest.Page {
	t.Helper()
	p := w.client.Get(path)
	if p.Status != status {
		t.Fatalf("GET %s: got %d, want %d", path, p.Status, status)
	}
	webtest.CheckDOM(t, p.Doc)
	if strings.Contains(p.Body, "<script>alert") || strings.Contains(p.Body, "<img src=x") {
		t.Errorf("GET %s: a system's name is not escaped", path)
	}
	return p
}

func TestPagesInBothLanguages(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 30)
		rows := w.plan(t, "farligt")
		for i, s := range action.Statuses {
			must(t, w.service.Save(t.Context(), w.actor, "farligt", action.Action{
				Requirement: rows[i].Requirement.ID, OwnerRole: "systemagare", Status: s, DueOn: civil.Of(now).AddDays(i*4 - 4), Note: hostile,
			}))
		}
		for _, lang := range []string{"sv", "en"} {
			w.client.Lang = lang
			for _, path := range []string{
				"/atgarder", "/atgarder?nar=forsenade", "/atgarder?status=klar&ansvarig=-", "/atgarder?systemen=2", "/atgarder?sida=99&systemen=x",
				"/system/farligt/atgarder", "/system/farligt/atgarder?visa=tagna", "/system/farligt/atgarder?visa=otagna&sida=2",
				"/system/farligt/atgarder?visa=sena", "/system/system-001/atgarder?visa=tagna",
			} {
				open(t, w, path, http.StatusOK)
			}
		}
	})
}

// Where nothing is taken on there is nothing to choose among; a choice that matches nothing can be changed.
func TestNothingToChooseAmong(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 2)
	for path, want := range map[string]bool{"/atgarder": false, "/atgarder?visa=tavla": false, "/atgarder?status=klar": true, "/atgarder?visa=tavla&ansvarig=-": true} {
		if got := open(t, w, path, http.StatusOK).Has("form.filters"); got != want {
			t.Errorf("%s: offers filters: got %v, want %v", path, got, want)
		}
	}
	w.take(t, "farligt", 0, action.Action{Status: action.New})
	for _, path := range []string{"/atgarder", "/atgarder?visa=tavla"} {
		if !open(t, w, path, http.StatusOK).Has("form.filters") {
			t.Errorf("%s: offers no filters although there is an action", path)
		}
	}
}

func TestTakeOnAndChange(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 2)
		id := w.plan(t, "farligt")[0].Requirement.ID
		form := "#r-" + id + " form"
		before := open(t, w, "/system/farligt/atgarder", http.StatusOK)

		wrong := w.client.Submit(before, form, url.Values{"due-" + id: {"2026-02-30"}, "note-" + id: {"Beställt av leverantören"}})
		if wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body, "Beställt av leverantören") ||
			!wrong.Has("#r-"+id+" details[open] [id=due-"+id+"][aria-invalid]") {
			t.Errorf("a date that does not exist: got status %d, want 422 with what was typed and the fault beside it", wrong.Status)
		}
		webtest.CheckDOM(t, wrong.Doc)

		nobody := w.client.Submit(before, form, url.Values{"owner-" + id: {""}, "state-" + id: {"planned"}})
		if nobody.Status != http.StatusUnprocessableEntity || !nobody.Has(".err a[href=#owner-"+id+"]") {
			t.Errorf("planned without anybody: got status %d, want 422 with a link to the field", nobody.Status)
		}

		saved := w.client.Submit(before, form, url.Values{"owner-" + id: {"it-drift"}, "due-" + id: {"2026-11-25"}, "note-" + id: {"Beställt"}})
		if saved.Status != http.StatusOK || !saved.Has(".flash") {
			t.Fatalf("save: got %d without a word about it, want 200 with one", saved.Status)
		}
		row := saved.Text("#r-" + id)
		for _, want := range []string{"IT-drift", "Planerad", "25\u00a0november\u00a02026", "Beställt"} {
			if !strings.Contains(row, want) {
				t.Errorf("saved row: got %q, want %q in it", row, want)
			}
		}

		stale := w.client.Submit(before, form, url.Values{"owner-" + id: {"chef"}, "note-" + id: {"Mitt"}})
		if stale.Status != http.StatusConflict || !strings.Contains(stale.Body, "Mitt") || !strings.Contains(stale.Body, "Beställt") {
			t.Errorf("save over somebody else's: got %d, want 409 with what was typed and what stands", stale.Status)
		}
		if again := w.client.Submit(stale, form, nil); again.Status != http.StatusOK || !strings.Contains(again.Text("#r-"+id), "Mitt") {
			t.Errorf("save once more: got %d, want 200 and the row changed", again.Status)
		}

		all := open(t, w, "/atgarder", http.StatusOK)
		if got := all.Text("#g0"); !strings.Contains(got, "Utan datum") && !strings.Contains(got, "veckan") {
			t.Errorf("group: got %q, want the action's", got)
		}
	})
}

func TestReadersWithoutTheRight(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 2)
	id := w.plan(t, "farligt")[0].Requirement.ID
	w.reader.Roles = []access.Role{access.Auditor}
	p := open(t, w, "/system/farligt/atgarder", http.StatusOK)
	if p.Has("#r-" + id + " form") {
		t.Error("an auditor sees a form to take on requirements")
	}
	if got := w.client.Post("/system/farligt/atgarder", url.Values{"requirement": {id}, "version": {"0"}}); got.Status != http.StatusForbidden {
		t.Errorf("an auditor saves: got %d, want 403", got.Status)
	}
	*w.reader = dbtest.Organisation(t, w.db, "annan")
	open(t, w, "/system/farligt/atgarder", http.StatusNotFound)
	if p := open(t, w, "/atgarder", http.StatusOK); strings.Contains(p.Body, "System 001") {
		t.Error("another organisation's systems are shown")
	}
}

func TestStoppedSystemTellsNothing(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 2)
	row := w.plan(t, "farligt")[0]
	must(t, w.service.Save(t.Context(), w.actor, "farligt", action.Action{Requirement: row.Requirement.ID, Status: action.New, Note: "Hemligt"}))
	must(t, w.db.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO classification (id, organisation_id, system_id, model_id, model_version, status, origin, created_by, created_at, updated_at)
			VALUES ($1, $2, $3, 'klassa', '1', 'stopped', 'guided', 'local', 1, 1)`, ids.New[classification.Classification](), w.actor.Organisation, row.System.ID)
		return err
	}))
	for _, path := range []string{"/system/farligt/atgarder", "/atgarder"} {
		if p := open(t, w, path, http.StatusOK); strings.Contains(p.Body, "Hemligt") || p.Has("form[method=post] [name=requirement]") || p.Has(".todo h3") {
			t.Errorf("GET %s tells of a system that is stopped", path)
		}
	}
}

// A page asks a constant number of questions whatever it shows.
func TestStatementsAreConstant(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 3)
	count := func(path string) int64 {
		before := w.db.Statements()
		open(t, w, path, http.StatusOK)
		return w.db.Statements() - before
	}
	paths := []string{"/atgarder", "/system/farligt/atgarder"}
	var few []int64
	for _, p := range paths {
		few = append(few, count(p))
	}
	w.add(t, 60)
	for _, r := range w.plan(t, "farligt")[:20] {
		must(t, w.service.Save(context.WithoutCancel(t.Context()), w.actor, "farligt", action.Action{Requirement: r.Requirement.ID, Status: action.New}))
	}
	for i, p := range paths {
		if got := count(p); got != few[i] {
			t.Errorf("GET %s: got %d statements with many rows, %d with few", p, got, few[i])
		}
	}
}
