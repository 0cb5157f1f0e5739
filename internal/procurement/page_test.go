// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

const hostile = `<script>alert(1)</script> "><img src=x>`

// world is a site over a database with some systems.
type world struct {
	db      *db.DB
	actor   access.Actor
	service *procurement.Service
	client  *webtest.Client
	texts   *locale.Bundle
	// reader is who makes the requests; tests change it.
	reader *access.Actor
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, d *db.DB, systems int) *world {
	t.Helper()
	d.Now = func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
	c, err := catalogue.Load(data.Files)
	must(t, err)
	w := &world{db: d, actor: dbtest.Organisation(t, d, "prov")}
	w.service = &procurement.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}}
	reader := w.actor
	w.reader = &reader
	w.texts, err = locale.NewBundle(map[string]string{
		"web": web.Messages, "requirement": requirement.Messages, "classification": classification.Messages, "procurement": procurement.Messages, "supplier": supplier.Messages,
	})
	must(t, err)
	site := web.NewSite(w.texts, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return *w.reader, web.Viewer{Name: "Prov", Role: "procurer"}, true
		},
	})
	(&procurement.Pages{Service: w.service}).Routes(site)
	w.client = webtest.Start(t, site)
	w.add(t, systems)
	return w
}

// add registers systems; the first has a hostile name, the second is planned.
func (w *world) add(t *testing.T, n int) {
	t.Helper()
	must(t, w.db.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		taken, err := system.Slugs(t.Context(), tx, w.actor.Organisation)
		if err != nil {
			return err
		}
		first := len(taken) == 0
		var list []system.System
		for i := range n {
			s := system.New(fmt.Sprintf("System %03d", i))
			if i == 0 && first {
				s.Name, s.Slug = hostile, "farligt"
			}
			if i == 1 {
				s.State = "planned"
			}
			s.Slug = system.FreeSlug(taken, s.Slug)
			s.Facts = []catalogue.Statement{
				{Fact: "area", Value: "socialtjanst"}, {Fact: "personal_data", Value: "yes"}, {Fact: "supplier", Value: "yes"},
			}
			list = append(list, s)
		}
		return system.Upsert(t.Context(), tx, w.actor.Organisation, list)
	}))
}

func (w *world) annex(t *testing.T) procurement.Annex {
	t.Helper()
	_, a, err := w.service.Annex(t.Context(), w.actor, "farligt", w.texts.In("sv"))
	must(t, err)
	return a
}

// rows gives the first row that is proposed and the first that is only offered.
func (w *world) rows(t *testing.T) (proposed, offered procurement.Row) {
	t.Helper()
	for _, r := range w.annex(t).Rows {
		if r.Proposed && proposed.Applied == nil {
			proposed = r
		}
		if !r.Proposed && offered.Applied == nil {
			offered = r
		}
	}
	if proposed.Applied == nil || offered.Applied == nil {
		t.Fatal("the catalogue gives no proposed or no offered row")
	}
	return proposed, offered
}

// sameTopic gives a row that is proposed and one that is only offered, of one topic.
func (w *world) sameTopic(t *testing.T) (proposed, offered procurement.Row) {
	t.Helper()
	rows := w.annex(t).Rows
	for _, proposed = range rows {
		for _, offered = range rows {
			if proposed.Proposed && !offered.Proposed && proposed.Topic == offered.Topic {
				return proposed, offered
			}
		}
	}
	t.Fatal("no topic has both a proposed row and one that is only offered")
	return
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

const (
	path = "/system/farligt/upphandling"
	form = "main form[method=post]"
)

// topicPath is the topic of a row.
func topicPath(r procurement.Row) string { return path + "?omrade=" + r.Topic.ID }

// without gives the ticked boxes of the annex but one.
func without(p *webtest.Page, id string) []string {
	var out []string
	for _, n := range p.All(form + " [name=in]") {
		if v := webtest.Attr(n, "value"); v != id && webtest.Fields(n.Parent).Has("in") {
			out = append(out, v)
		}
	}
	return out
}

func TestPagesInBothLanguages(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 30)
		proposed, offered := w.rows(t)
		must(t, w.service.Choose(t.Context(), w.actor, "farligt", w.texts.In("sv"), []procurement.Choice{
			{Requirement: proposed.ID, Reason: hostile}, {Requirement: offered.ID, Included: true},
		}))
		for _, lang := range []string{"sv", "en"} {
			w.client.Lang = lang
			for _, p := range []string{
				path, path + "?grad=ska", path + "?grad=bor", path + "?omrade=" + proposed.Topic.ID, path + "?omrade=finns-inte",
				"/upphandling", "/upphandling?planerade=ja", "/upphandling?q=System+00&sida=2", "/upphandling?q=finns-inte", "/upphandling?sida=x",
			} {
				open(t, w, p, http.StatusOK)
			}
		}
	})
}

// boxes gives the requirements that a page has a box for.
func boxes(p *webtest.Page) []string {
	var out []string
	for _, n := range p.All(form + " [name=in]") {
		out = append(out, webtest.Attr(n, "value"))
	}
	return out
}

// count gives the number that a text begins with.
func count(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.Fields(text)[0])
	must(t, err)
	return n
}

// Every row is in exactly one topic, and the numbers of the list of topics sum to what the topics show.
func TestTopicsHoldEveryRow(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	proposed, _ := w.rows(t)
	must(t, w.service.Choose(t.Context(), w.actor, "farligt", w.texts.In("sv"), []procurement.Choice{{Requirement: proposed.ID, Reason: "Behövs inte"}}))
	a := w.annex(t)
	for _, weight := range []string{"", "ska", "bor"} {
		want := map[string]bool{}
		for _, r := range a.Rows {
			if weight == "" || r.Must == (weight == "ska") {
				want[r.ID] = true
			}
		}
		first := open(t, w, path+"?grad="+weight, http.StatusOK)
		got := map[string]bool{}
		for _, line := range first.All(".tparts li") {
			p := open(t, w, webtest.Attr(webtest.Find(line, "a"), "href"), http.StatusOK)
			rows := boxes(p)
			if n := count(t, webtest.Text(webtest.Find(line, "b"))); n != len(rows) {
				t.Errorf("%s: the list says %d, the topic has %d rows", p.URL, n, len(rows))
			}
			parts := 0
			for _, part := range strings.Split(webtest.Text(webtest.Find(line, "small")), ", ") {
				parts += count(t, part)
			}
			if parts != len(rows) {
				t.Errorf("%s: the counts sum to %d, the topic has %d rows", p.URL, parts, len(rows))
			}
			if p.Has(".tparts") || len(p.Body) > 150_000 {
				t.Errorf("%s is %d bytes, or lists every topic", p.URL, len(p.Body))
			}
			for _, id := range rows {
				if got[id] || !want[id] {
					t.Errorf("%s: %s is shown twice, or is not asked for", p.URL, id)
				}
				got[id] = true
			}
		}
		if len(got) != len(want) || len(got) == 0 {
			t.Errorf("weight %q: %d of %d rows can be reached", weight, len(got), len(want))
		}
	}
}

func TestOneTopicAtATime(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	a := w.annex(t)
	all := open(t, w, path, http.StatusOK)
	if got := all.Text(".annexsum"); !strings.Contains(got, fmt.Sprintf("%d ska", a.Shall)) || !strings.Contains(got, fmt.Sprintf("%d bör", a.Should)) {
		t.Errorf("counts: got %q, want %d shall and %d should", got, a.Shall, a.Should)
	}
	for _, want := range []string{"Styrning och rutiner", "Teknik"} {
		if !strings.Contains(all.Text(".tparts"), want) {
			t.Errorf("the topics lack the part %q", want)
		}
	}
	if n := len(all.All(form + " section")); n != 1 {
		t.Errorf("%d topics are open at once", n)
	}
	if all.Has(form + " .offered[open]") {
		t.Error("what is only offered is open from the start")
	}
	seen := map[string]bool{}
	for p := all; ; p = open(t, w, webtest.Attr(webtest.Find(p.Doc, ".beside [rel=next]"), "href"), http.StatusOK) {
		seen[p.Text(form+" h2")] = true
		if !p.Has(".beside [rel=next]") {
			break
		}
	}
	if lines := all.All(".tparts li"); len(seen) != len(lines) || len(lines) < 10 {
		t.Errorf("the links to the next topic reach %d of %d topics", len(seen), len(lines))
	}
}

func TestLeaveOutTakesAReason(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 2)
		proposed, offered := w.rows(t)
		before := open(t, w, topicPath(proposed), http.StatusOK)
		bare := w.client.Submit(before, form, url.Values{"in": without(before, proposed.ID)})
		if bare.Status != http.StatusUnprocessableEntity || !bare.Has(".err a[href=#reason-"+proposed.ID+"]") || !bare.Has("#reason-"+proposed.ID+"[aria-invalid]") {
			t.Fatalf("leave out without a reason: got %d, want 422 with the fault at the row", bare.Status)
		}
		webtest.CheckDOM(t, bare.Doc)
		if left := webtest.Fields(webtest.Find(bare.Doc, form))["in"]; len(left) != len(without(before, proposed.ID)) {
			t.Errorf("after the fault: got %d ticked, want them as they were sent, %d", len(left), len(without(before, proposed.ID)))
		}

		saved := w.client.Submit(bare, form, url.Values{"reason-" + proposed.ID: {"Tjänsten körs hos oss"}})
		if saved.Status != http.StatusOK || !saved.Has(".flash") || !strings.Contains(saved.URL, "omrade=") {
			t.Fatalf("leave out with a reason: got %d at %s, want 200 with a word and the filter kept", saved.Status, saved.URL)
		}
		for _, r := range w.annex(t).Rows {
			if r.ID == proposed.ID && (r.Included || r.Choice.Reason != "Tjänsten körs hos oss") {
				t.Errorf("stored: got %+v, want it left out with its reason", r.Choice)
			}
			if r.ID != proposed.ID && r.Choice != nil {
				t.Errorf("%s was changed, and nobody touched it", r.ID)
			}
		}

		its := open(t, w, topicPath(offered), http.StatusOK)
		if p := w.client.Submit(its, form, url.Values{"in": append(without(its, ""), offered.ID)}); p.Status != http.StatusOK {
			t.Fatalf("take in an offered row: got %d, want 200", p.Status)
		}
		for _, r := range w.annex(t).Rows {
			if r.ID == offered.ID && !r.Included {
				t.Error("an offered row that was ticked is not in the annex")
			}
			if r.Choice != nil && r.ID != offered.ID && r.ID != proposed.ID {
				t.Errorf("%s was changed, and nobody touched it", r.ID)
			}
		}
		if p := w.client.Post(path, url.Values{"row": {"finns-inte"}, "in": {"finns-inte"}}); p.Status != http.StatusConflict {
			t.Errorf("choose what does not apply: got %d, want 409", p.Status)
		}
	})
}

// Somebody who saves a page that is old changes only what they touched themselves.
func TestStalePageChangesOnlyWhatWasTouched(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	proposed, offered := w.sameTopic(t)
	old := open(t, w, topicPath(proposed), http.StatusOK)
	must(t, w.service.Choose(t.Context(), w.actor, "farligt", w.texts.In("sv"), []procurement.Choice{{Requirement: proposed.ID, Reason: "Någon annans"}}))
	w.client.Submit(old, form, url.Values{"in": append(without(old, ""), offered.ID)})
	for _, r := range w.annex(t).Rows {
		if r.ID == proposed.ID && r.Included {
			t.Error("what somebody else left out came back")
		}
		if r.ID == offered.ID && !r.Included {
			t.Error("what was ticked is not in the annex")
		}
	}
}

func TestReadersWithoutTheRight(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 2)
	w.reader.Roles = []access.Role{access.Auditor}
	if p := open(t, w, path, http.StatusOK); p.Has(form) && p.Has(form+" button") || p.Has("[name=in]") {
		t.Error("an auditor sees boxes or a button to choose with")
	}
	if p := open(t, w, "/upphandling", http.StatusOK); p.Has("a[href=/system/nytt]") {
		t.Error("an auditor sees a link to register a system")
	}
	if got := w.client.Post(path, url.Values{"row": {"x"}}); got.Status != http.StatusForbidden {
		t.Errorf("an auditor chooses: got %d, want 403", got.Status)
	}
	*w.reader = dbtest.Organisation(t, w.db, "annan")
	open(t, w, path, http.StatusNotFound)
}

// A page asks a constant number of questions whatever it shows.
func TestStatementsAreConstant(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 3)
	count := func() int64 {
		before := w.db.Statements()
		open(t, w, "/upphandling", http.StatusOK)
		return w.db.Statements() - before
	}
	few := count()
	w.add(t, 60)
	if got := count(); got != few {
		t.Errorf("got %d statements with many systems, %d with few", got, few)
	}
}
