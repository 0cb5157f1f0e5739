// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/webtest"
)

// topicOf gives the topic of a requirement.
func topicOf(t *testing.T, w *world, id string) string {
	t.Helper()
	r, ok := w.s.catalogue().Requirement(id)
	if !ok {
		t.Fatalf("no requirement %s", id)
	}
	return r.Topic
}

// formOf finds the form that holds a requirement's fields.
func formOf(t *testing.T, p *webtest.Page, id string) url.Values {
	t.Helper()
	for _, f := range p.All("form.answers") {
		if v := webtest.Fields(f); v.Has("status." + id) {
			return v
		}
	}
	t.Fatalf("%s has no form for %s", p.URL, id)
	return nil
}

func statusOf(t *testing.T, w *world, slug, id string) requirement.Answer {
	t.Helper()
	v, err := w.s.requirements.View(ctx, w.actor, slug, bundle(t).In("sv"))
	must(t, err)
	for i := range v.Requirements {
		if v.Requirements[i].ID == id {
			return v.Requirements[i].Answer
		}
	}
	t.Fatalf("%s does not apply to %s", id, slug)
	return requirement.Answer{}
}

func TestAnswersAreSaved(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 4)
		path := "/system/" + systems[2].Slug + "/krav"
		ids := applying(t, w, systems[2].Slug)
		topic := topicOf(t, w, ids[0])
		path += "?omrade=" + topic
		page := w.open(t, path)
		total := numbers(page.Text("#tally"))[0]
		if total != len(ids) {
			t.Errorf("the page counts %d requirements, %d apply", total, len(ids))
		}

		fields := formOf(t, page, ids[0])
		fields.Set("status."+ids[0], "not-met")
		fields.Set("by."+ids[0], "attested")
		fields.Set("on."+ids[0], "2026-11-20")
		fields.Set("note."+ids[0], "Väntar på leverantören")
		after := w.Post(path, fields)
		if after.Status != http.StatusOK || !strings.Contains(after.Text(".flash"), "Ett svar är sparat.") || !strings.Contains(after.URL, "omrade="+topic) {
			t.Fatalf("after saving: %d %s %q", after.Status, after.URL, after.Text(".flash"))
		}
		webtest.CheckDOM(t, after.Doc)
		got := statusOf(t, w, systems[2].Slug, ids[0])
		if got.Status != requirement.NotMet || got.KnownBy != "attested" || got.KnownOn.String() != "2026-11-20" || got.Note != "Väntar på leverantören" {
			t.Errorf("saved %+v", got)
		}
		row := after.Text("#krav-" + ids[0])
		for _, want := range []string{"Intygat", "20\u00a0november\u00a02026", "Uppfylls inte", "Varför gäller kravet?", "Information", "Regel", "Klassning", "Skydd", "Bevis"} {
			if !strings.Contains(row, want) {
				t.Errorf("the row lacks %q: %s", want, row)
			}
		}

		again := w.Post(path, formOf(t, after, ids[0]))
		if !strings.Contains(again.Text(".flash"), "Inget svar var ändrat") {
			t.Errorf("saving nothing says %q", again.Text(".flash"))
		}
		if list := w.open(t, "/system?krav=uppfylls-inte"); !strings.Contains(list.Text(".chips b"), "1 av 4 system, 1 krav uppfylls inte") {
			t.Errorf("the list says %q", list.Text(".chips b"))
		}
		if first := w.open(t, "/system/"+systems[2].Slug); !strings.Contains(first.Text(".log"), "Ett krav besvarades") {
			t.Errorf("what happened last: %q", first.Text(".log"))
		}
	})
}

func TestFaultyAnswersLoseNothing(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 4)
	path := "/system/" + systems[2].Slug + "/krav"
	id := applying(t, w, systems[2].Slug)[0]
	path += "?omrade=" + topicOf(t, w, id)
	page := w.open(t, path)
	for name, tc := range map[string]struct{ status, by, on, note, field, want string }{
		"no reason":      {"not-applicable", "attested", "", "", "note.", "Skriv varför kravet inte är tillämpligt."},
		"a broken day":   {"met", "attested", "i går", "x", "on.", "Skriv datumet som 2026-11-23"},
		"a day ahead":    {"met", "attested", "2027-01-01", "x", "on.", "framåt i tiden"},
		"no such answer": {"perhaps", "attested", "", "x", "status.", "Välj ett svar."},
		"no such source": {"met", "rumour", "", "x", "by.", "Välj hur ni vet det"},
		"a long note":    {"met", "attested", "", strings.Repeat("å", 2001), "note.", "Korta anteckningen"},
		"only a note":    {"unanswered", "self-assessed", "", "x", "status.", "Välj ett svar."},
	} {
		fields := formOf(t, page, id)
		fields.Set("status."+id, tc.status)
		fields.Set("by."+id, tc.by)
		fields.Set("on."+id, tc.on)
		fields.Set("note."+id, tc.note)
		p := w.Post(path, fields)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".err"), tc.want) {
			t.Errorf("%s: %d %q", name, p.Status, p.Text(".err"))
			continue
		}
		webtest.CheckDOM(t, p.Doc)
		if kept := formOf(t, p, id); kept.Get("on."+id) != tc.on || kept.Get("note."+id) != tc.note {
			t.Errorf("%s: what was typed is gone: %v", name, kept)
		}
		if !p.Has(`[id="svar-` + id + `"][open]`) {
			t.Errorf("%s: the form is closed over the fault", name)
		}
		if got := statusOf(t, w, systems[2].Slug, id); got.Status != requirement.Unanswered {
			t.Errorf("%s: saved %+v", name, got)
		}
	}
}

// TestSomebodyElseAnswered has two people open the same page: the second is told, keeps what was typed and may save again.
func TestSomebodyElseAnswered(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 4)
	path := "/system/" + systems[2].Slug + "/krav"
	id := applying(t, w, systems[2].Slug)[0]
	path += "?omrade=" + topicOf(t, w, id)
	mine, theirs := formOf(t, w.open(t, path), id), formOf(t, w.open(t, path), id)
	theirs.Set("status."+id, "met")
	w.Post(path, theirs)
	if p := w.Post(path, formOf(t, w.open(t, path), id)); p.Status != http.StatusOK {
		t.Errorf("an untouched form is refused: %d", p.Status)
	}
	untouched := mine
	if p := w.Post(path, untouched); !strings.Contains(p.Text(".flash"), "Inget svar var ändrat") {
		t.Errorf("a stale form without a change: %d %q", p.Status, p.Text(".flash"))
	}
	mine.Set("status."+id, "partly")
	p := w.Post(path, mine)
	if p.Status != http.StatusConflict || !strings.Contains(p.Text(".err"), "Någon annan har svarat") {
		t.Fatalf("the second answer: %d %q", p.Status, p.Text(".err"))
	}
	if got := statusOf(t, w, systems[2].Slug, id); got.Status != requirement.Met {
		t.Errorf("the first answer became %s", got.Status)
	}
	if p = w.Post(path, formOf(t, p, id)); !strings.Contains(p.Text(".flash"), "sparat") {
		t.Errorf("saving again: %d %q", p.Status, p.Text(".err"))
	}
	if got := statusOf(t, w, systems[2].Slug, id); got.Status != requirement.Partly {
		t.Errorf("after saving again: %s", got.Status)
	}
}
