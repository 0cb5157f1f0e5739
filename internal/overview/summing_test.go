// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// impatient has every reader shown how far the sums have come, however few the systems are, until the returned function is called.
func (w *world) impatient() (patient func()) {
	w.s.many, w.s.patience = 1, time.Nanosecond
	return func() { w.s.patience = time.Hour }
}

// holdSums keeps the sums from being made until the returned function is called, which waits until those on their way are there.
func (w *world) holdSums(t *testing.T) (release func()) {
	e := w.s.cache.entry(w.actor.Organisation)
	e.making.Lock()
	return func() {
		t.Helper()
		m := w.s.summings.under(w.actor.Organisation)
		e.making.Unlock()
		if m == nil {
			t.Fatal("no sums are on their way")
		}
		<-m.ended
		must(t, m.err)
	}
}

// far opens a page whose sums are on their way, and gives what it says of them.
func (w *world) far(t *testing.T, path string) string {
	t.Helper()
	p := w.open(t, path)
	if p.Header.Get("Refresh") == "" || p.URL != path || !p.Has("progress") {
		t.Errorf("%s while its sums are made stands at %s, is asked anew: %q: %s", path, p.URL, p.Header.Get("Refresh"), p.Text("main"))
	}
	return p.Text("main")
}

// A page whose sums take long shows how far they have come at its own address, in both languages and whoever reloads or leaves, and is
// itself again when they are there, with a word that they are.
func TestSummingShowsProgress(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 12)
		patient := w.impatient()
		release := w.holdSums(t)
		for _, path := range []string{
			"/", BriefPath, "/system?niva=3", DependencyPath, "/system/" + systems[0].Slug + "/beroenden", "/leverantorer", "/regler",
			"/krav/" + w.s.catalogue().Requirements[0].ID, TodoPath,
		} {
			if got := w.far(t, path); !strings.Contains(got, "Siffrorna räknas på nytt") || !strings.Contains(got, "0 av 12") {
				t.Errorf("%s: %s", path, got)
			}
		}
		m := w.s.summings.under(w.actor.Organisation)
		m.tell(7, 12)
		const filtered = "/system?niva=3"
		if got := w.far(t, filtered); !strings.Contains(got, "7 av 12") {
			t.Errorf("reloaded: %s", got)
		}
		w.Lang = "en"
		if got := w.far(t, filtered); !strings.Contains(got, "anew") || !strings.Contains(got, "7 of 12") {
			t.Errorf("in English: %s", got)
		}
		w.Lang = "sv"
		w.actors["unit"] = access.Actor{ID: "unit", Name: "Ägaren", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: systems[0].UnitID}}}
		w.become("unit")
		if got := w.far(t, filtered); strings.Contains(got, "12") || !strings.Contains(got, "58 av 100") {
			t.Errorf("whoever sees one unit reads how many systems there are: %s", got)
		}
		w.become("")
		if p := w.open(t, "/system"); p.Has("progress") || !strings.Contains(p.Text("main"), systems[0].Name) {
			t.Errorf("the list that needs no sums waits for them: %s", p.Text("main"))
		}
		if again := w.s.summings.under(w.actor.Organisation); again != m {
			t.Error("the sums are begun again by each who asks")
		}
		patient()
		waits := make(chan *webtest.Page, 1)
		go func() { waits <- w.Get(filtered) }()
		release()
		p := <-waits
		if p.URL != filtered || p.Has("progress") || !strings.Contains(p.Text("body"), "Siffrorna är räknade på nytt.") || !strings.Contains(p.Text("main"), "System 00") {
			t.Errorf("when they are there: %s: %s", p.URL, p.Text("body"))
		}
		if p := w.open(t, filtered); strings.Contains(p.Text("body"), "Siffrorna är räknade på nytt.") {
			t.Error("the word that they are there comes twice")
		}
	})
}

// Sums that could not be made are told of to whoever waited, with what to do, and are made when the page is opened again. Whoever did not
// wait is not told of what went wrong for others.
func TestSummingTellsOfFailure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		seed(t, d, w.s, w.actor, 12)
		for _, c := range map[string]func() error{
			"an error": func() error { return errors.New("on purpose") },
			"a panic":  func() error { panic("on purpose") },
		} {
			w.s.cache = cache[Index]{}
			patient := w.impatient()
			free := make(chan struct{})
			m := w.s.summings.begin(w.actor.Organisation, 12, clock, func() error {
				<-free
				return c()
			})
			w.far(t, "/regler")
			close(free)
			<-m.ended
			p := w.Get("/regler")
			if text := p.Text("main"); p.Status != http.StatusInternalServerError || !strings.Contains(text, "Läs in sidan igen") {
				t.Errorf("%d: %s", p.Status, text)
			}
			webtest.CheckDOM(t, p.Doc)
			patient()
			if p := w.open(t, "/regler"); p.Has("progress") || p.URL != "/regler" || !strings.Contains(p.Text("main"), "12 System") {
				t.Errorf("opened again: %.200s", p.Text("main"))
			}
		}
	})
}

// Sums of few systems are waited for, however slow the machine is.
func TestFewAreWaitedFor(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	seed(t, w.d, w.s, w.actor, 3)
	w.s.patience = time.Nanosecond
	if p := w.open(t, "/"); p.Has("progress") || w.s.summings.all != nil {
		t.Error("the sums of three systems have a page of their own")
	}
}
