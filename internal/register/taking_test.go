// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// hold keeps imports of the organisation from writing until the returned function is called.
func (w *wizard) hold(t *testing.T) (release func()) {
	t.Helper()
	held, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.service.DB.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
			err := lock(ctx, tx, w.actor.Organisation)
			close(held)
			<-free
			return err
		})
	}()
	<-held
	return func() {
		close(free)
		must(t, <-ended)
	}
}

// until waits for an import to end.
func (w *wizard) until(t *testing.T, id ids.ID[Upload]) Taking {
	t.Helper()
	x := w.service.takings.find(w.actor, id)
	if x == nil {
		t.Fatal("no import is under way")
	}
	<-x.ended
	return x.now()
}

// keepList hands over a list and says how it is read.
func (w *wizard) keepList(t *testing.T, content string) ids.ID[Upload] {
	t.Helper()
	id, err := w.service.Keep(ctx, w.actor, "lång.csv", []byte(content))
	must(t, err)
	must(t, w.service.Choose(ctx, w.actor, id, Choice{Scale: NoLevels, Columns: map[string]string{"Namn": Name}}))
	return id
}

// An import that takes long shows how far it has come, whoever reloads, leaves or asks twice, and ends in one import.
func TestTakingShowsProgress(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWizard(t, d)
		w.service.Patience = time.Nanosecond
		id := w.keepList(t, "Namn\nAlfa\nBeta\n")
		review := w.open(t, "/importera/"+id.String()+"/granska", http.StatusOK)
		release := w.hold(t)

		page := checked(t, w.client.Submit(review, "form[action$=klar]", nil), http.StatusOK)
		if !strings.HasSuffix(page.URL, "/pagar") || page.Header.Get("Refresh") == "" || !strings.Contains(page.Text("main"), "lång.csv") {
			t.Errorf("got %s, asked anew: %q: %s", page.URL, page.Header.Get("Refresh"), page.Text("main"))
		}
		if again := w.client.Submit(review, "form[action$=klar]", nil); !strings.HasSuffix(again.URL, "/pagar") {
			t.Errorf("asked once more: got %s", again.URL)
		}
		for _, part := range []string{"", "/granska", "/pagar"} {
			if p := w.open(t, "/importera/"+id.String()+part, http.StatusOK); !strings.HasSuffix(p.URL, "/pagar") {
				t.Errorf("%s while it is under way: got %s", part, p.URL)
			}
		}
		w.client.Lang = "en"
		w.open(t, "/importera/"+id.String()+"/pagar", http.StatusOK)
		other := w.actor
		other.ID = "någon-annan"
		if _, err := w.service.Taking(ctx, other, id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("somebody else: got %v, want that there is none", err)
		}

		release()
		if got := w.until(t, id); got.Err != nil || got.Done != 2 || got.Total != 2 {
			t.Errorf("ended: %+v", got)
		}
		if p := w.open(t, "/importera/"+id.String()+"/pagar", http.StatusOK); !strings.HasSuffix(p.URL, "/resultat") {
			t.Errorf("after the end: got %s, want what was done", p.URL)
		}
		if p := w.client.Submit(review, "form[action$=klar]", nil); !strings.HasSuffix(p.URL, "/resultat") {
			t.Errorf("pressed once more after the end: got %s, want what was done", p.URL)
		}
		all, err := w.service.Imports(ctx, w.actor)
		must(t, err)
		if systems, _ := held(t, w.service, w.actor); len(all) != 1 || len(systems) != 2 {
			t.Errorf("got %d imports and %d systems, want one and two", len(all), len(systems))
		}
	})
}

// An import goes on when whoever asked for it leaves.
func TestTakingOutlivesItsReader(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	id := w.keepList(t, "Namn\nAlfa\n")
	release := w.hold(t)
	leaves, leave := context.WithCancel(ctx)
	asked := make(chan error, 1)
	go func() {
		_, err := w.service.Take(leaves, w.actor, id, "sv")
		asked <- err
	}()
	for w.service.takings.find(w.actor, id) == nil {
		select {
		case err := <-asked:
			t.Fatalf("it was not begun: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	leave()
	if err := <-asked; !errors.Is(err, ErrUnderWay) {
		t.Errorf("the reader who left got %v", err)
	}
	release()
	if got := w.until(t, id); got.Err != nil || got.Import.Result.New != 1 {
		t.Errorf("got %+v", got)
	}
}

// A server that has started anew knows of no import: the register is as it was, and the list is there to be imported again. One that fails
// says why, and can be tried again.
func TestTakingStopped(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	id := w.keepList(t, "Namn\nAlfa\n")
	p := w.open(t, "/importera/"+id.String()+"/pagar", http.StatusOK)
	if !strings.HasSuffix(p.URL, "/granska") || !strings.Contains(p.Text("main"), "orört") {
		t.Errorf("got %s: %s", p.URL, p.Text("main"))
	}
	if p := w.client.Get("/importera/" + ids.New[Upload]().String() + "/pagar"); p.Status != http.StatusNotFound {
		t.Errorf("a list that there is not: got %d", p.Status)
	}

	broken := errors.New("broken")
	u := Upload{ID: id}
	x := w.service.takings.begin(w.actor, &u, func(*taking) (Import, error) { panic(broken) })
	<-x.ended
	if p := w.client.Get("/importera/" + id.String() + "/pagar"); p.Status != http.StatusInternalServerError {
		t.Errorf("one that failed: got %d, want to be told", p.Status)
	}
	review := w.open(t, "/importera/"+id.String()+"/granska", http.StatusOK)
	if done := w.client.Submit(review, "form[action$=klar]", nil); !strings.HasSuffix(done.URL, "/resultat") {
		t.Errorf("tried again: got %s", done.URL)
	}
}

// One person has so many lists waiting and no more; another's, and those that have been removed, do not count.
func TestWaitingListsHaveALimit(t *testing.T) {
	w := newWizard(t, dbtest.SQLite(t))
	var last ids.ID[Upload]
	for range mostKept {
		last = w.keepList(t, "Namn\nAlfa\n")
	}
	if _, err := w.service.Keep(ctx, w.actor, "lista.csv", []byte("Namn\nAlfa\n")); !errors.Is(err, ErrKept) {
		t.Errorf("one list more: %v", err)
	}
	page := w.open(t, "/importera", http.StatusOK)
	if p := w.client.Submit(page, "form[action=/importera]", url.Values{"paste": {"Namn\nAlfa"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), "väntar på att läsas in") {
		t.Errorf("one list more on the page: %d %s", p.Status, p.Text("main"))
	}
	other := w.actor
	other.ID = "somebody-else"
	if _, err := w.service.Keep(ctx, other, "lista.csv", []byte("Namn\nAlfa\n")); err != nil {
		t.Errorf("another's: %v", err)
	}
	must(t, w.service.Discard(ctx, w.actor, last))
	w.keepList(t, "Namn\nAlfa\n")
}

// An import is worked out while others go on writing. What they change meanwhile counts, however often they do.
func TestImportCountsWhatChangesMeanwhile(t *testing.T) {
	for name, times := range map[string]int{"once": 1, "every time": tries} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				s, actor := service(t, d), dbtest.Organisation(t, d, "prov")
				list := func(rows ...string) Request {
					return Request{File: "lista.csv", Content: []byte("Namn\n" + strings.Join(rows, "\n") + "\n"), Columns: map[string]string{"Namn": Name}, Lang: "sv"}
				}
				n, within := 0, false
				d.Watch = func(_ access.OrganisationID, query string, _ []any) {
					if within || n == times || !strings.Contains(query, "FROM register_column") {
						return // the last that is read before an import is worked out
					}
					within = true
					n++
					_, err := s.Import(ctx, actor, list("Alfa", fmt.Sprintf("Beta %d", n)))
					must(t, err)
					within = false
				}
				got, err := s.Import(ctx, actor, list("Alfa", "Gamma"))
				d.Watch = nil
				must(t, err)
				if n != times || got.Result.New != 1 || got.Result.Unchanged != 1 {
					t.Errorf("%d changes meanwhile, and then: %+v", n, got.Result)
				}
				must(t, d.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
					all, err := system.Count(ctx, tx, actor.Organisation, system.Filter{Reach: access.Everywhere()})
					if want := 2 + times; all != want {
						t.Errorf("got %d systems, want %d", all, want)
					}
					return err
				}))
			})
		})
	}
}

// While an import is worked out, others write.
func TestImportLetsOthersWrite(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := service(t, d), dbtest.Organisation(t, d, "prov")
	wrote := 0
	d.Watch = func(_ access.OrganisationID, query string, _ []any) {
		if wrote == 0 && strings.Contains(query, "FROM register_column") {
			wrote++
			soon, stop := context.WithTimeout(ctx, time.Minute)
			defer stop()
			must(t, d.Write(soon, actor.Organisation, func(tx *db.Tx) error {
				return audit.Append(soon, tx, actor, audit.Entry{Action: audit.ActionRead, ObjectKind: "page", ObjectID: "/"})
			}))
		}
	}
	got, err := s.Import(ctx, actor, Request{File: "lista.csv", Content: []byte("Namn\nAlfa\n"), Columns: map[string]string{"Namn": Name}, Lang: "sv"})
	d.Watch = nil
	must(t, err)
	if wrote != 1 || got.Result.New != 1 {
		t.Errorf("wrote %d times, and then: %+v", wrote, got.Result)
	}
}
