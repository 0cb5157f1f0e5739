// SPDX-License-Identifier: EUPL-1.2

package action_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// take saves an action for one of the first rows of a system's plan.
func (w *world) take(t *testing.T, slug string, row int, a action.Action) {
	t.Helper()
	a.Requirement = w.plan(t, slug)[row].Requirement.ID
	must(t, w.service.Save(t.Context(), w.actor, slug, a))
}

// card finds the card of a text's system in a column.
func card(p *webtest.Page, column string) string {
	n := webtest.Find(p.Doc, "[data-column="+column+"] li")
	if n == nil {
		return ""
	}
	return webtest.Attr(n, "id")
}

func TestBoard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 2)
		w.take(t, "farligt", 0, action.Action{OwnerRole: "it-drift", Status: action.Planned, DueOn: civil.Of(now).AddDays(-3)})
		w.take(t, "system-001", 0, action.Action{Status: action.New})

		board := open(t, w, "/atgarder?visa=tavla", http.StatusOK)
		webtest.CheckDOM(t, board.Doc)
		for column, want := range map[string]string{"ny": "(1)", "planerad": "(1)", "pagar": "(0)", "klar": "(0)"} {
			if got := board.Text("#k-" + column); !strings.Contains(got, want) {
				t.Errorf("column %s: got %q, want %s in it", column, got, want)
			}
		}
		planned := card(board, "planerad")
		if got := board.Text("#" + planned); !strings.Contains(got, "Försenad") || !strings.Contains(got, "IT-drift") {
			t.Errorf("card: got %q, want who does it and that it is late", got)
		}

		// A move with the menu's button, and the button that undoes it.
		form := "#" + planned + " form"
		moved := w.client.Submit(board, form, url.Values{"status": {"pagar"}})
		if moved.Status != http.StatusOK || card(moved, "pagar") != planned || !moved.Has("form.offer button") {
			t.Fatalf("move: got %d and the card in %q, want it under way with an offer to undo", moved.Status, card(moved, "pagar"))
		}

		// Somebody else has the board as it was.
		late := w.client.Submit(board, form, url.Values{"status": {"klar"}})
		if late.Status != http.StatusConflict || !strings.Contains(late.Text("main"), "Pågår") || !strings.Contains(late.Text("main"), "Klar") {
			t.Errorf("move what somebody else moved: got %d, want 409 with both", late.Status)
		}
		webtest.CheckDOM(t, late.Doc)
		if kept := w.client.Submit(late, "main form[method=post]", nil); kept.Status != http.StatusOK || card(kept, "klar") != planned {
			t.Errorf("move anyway: got %d, want the card done", kept.Status)
		}

		// Nobody does the other one: it cannot be begun.
		board = open(t, w, "/atgarder?visa=tavla", http.StatusOK)
		fresh := card(board, "ny")
		nobody := w.client.Submit(board, "#"+fresh+" form", url.Values{"status": {"pagar"}})
		if nobody.Status != http.StatusUnprocessableEntity || card(nobody, "ny") != fresh {
			t.Errorf("begin what nobody does: got %d, want 422 and the card where it was", nobody.Status)
		}

		// What the board is narrowed to stays when a card is moved.
		narrow := open(t, w, "/atgarder?visa=tavla&ansvarig=-", http.StatusOK)
		if card(narrow, "ny") != fresh || card(narrow, "klar") != "" {
			t.Error("the board is not narrowed to what nobody does")
		}
		w.client.NoRedirects()
		done := w.client.Submit(narrow, "#"+fresh+" form", url.Values{"status": {"klar"}})
		if to := done.Header.Get("Location"); done.Status != http.StatusSeeOther || !strings.Contains(to, "ansvarig=-") || !strings.HasSuffix(to, "#"+fresh) {
			t.Errorf("move on a narrowed board: got %d to %q, want the same board at the card", done.Status, to)
		}
	})
}

func TestMoveUndone(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	w.take(t, "farligt", 0, action.Action{OwnerRole: "it-drift", Status: action.Planned})
	board := open(t, w, "/atgarder?visa=tavla", http.StatusOK)
	id := card(board, "planerad")
	moved := w.client.Submit(board, "#"+id+" form", url.Values{"status": {"klar"}})
	undone := w.client.Submit(moved, "form.offer", nil)
	if undone.Status != http.StatusOK || card(undone, "planerad") != id {
		t.Errorf("undo: got %d and %q planned, want %q", undone.Status, card(undone, "planerad"), id)
	}
}

func TestBoardShowsNoButtonsToReaders(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	w.take(t, "farligt", 0, action.Action{OwnerRole: "it-drift", Status: action.Planned})
	b, err := w.service.Board(t.Context(), w.actor, action.Filter{})
	must(t, err)
	w.reader.Roles = []access.Role{access.Auditor}
	if p := open(t, w, "/atgarder?visa=tavla", http.StatusOK); p.Has("[data-card], .board form") {
		t.Error("an auditor is shown how to move a card")
	}
	m := action.Move{Action: b.Columns[1].Cards[0].ID, To: action.Done, Version: 1}
	if _, err := w.service.Move(t.Context(), *w.reader, m); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an auditor moves a card: got %v, want %v", err, access.ErrDenied)
	}
}
