// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
)

// shared lets one organisation's supplier share an answer that another has a copy of, and gives what it answers.
func (a *asking) shared(t *testing.T) (from, to *party, id string) {
	t.Helper()
	from, to = a.party(t, "alfa", "Leverantören AB", company), a.party(t, "beta", "Leverantören", company)
	to.ask(t, "kim@leverantor.example")
	seat, holder := from.ask(t, "lo@leverantor.example")
	posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	id = posed.Rows[0].ID
	from.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: id, Status: requirement.Partly, How: "Zorkmid."})
	if got := to.exchange(t, id); len(got) != 1 || got[0].How != "Zorkmid." {
		t.Fatalf("nothing is shared: %+v", got)
	}
	return from, to, id
}

// lock makes what the organisation's supplier has answered impossible to open, as a lost key does, and gives what undoes that.
func (a *asking) lock(t *testing.T, p *party) (undo func()) {
	t.Helper()
	var was string
	must(t, a.db.Write(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
		if err := db.One(tx.QueryRow(t.Context(), `SELECT how FROM supplier_answer WHERE organisation_id = $1 AND how <> ''`, p.actor.Organisation), &was); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE supplier_answer SET how = 'v1.broken' WHERE organisation_id = $1 AND how <> ''`, p.actor.Organisation)
		return err
	}))
	return func() {
		must(t, a.db.Write(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE supplier_answer SET how = $1 WHERE organisation_id = $2 AND how <> ''`, was, p.actor.Organisation)
			return err
		}))
	}
}

// try exchanges while something cannot be read, and gives what the organisation then sees.
func (p *party) try(t *testing.T, id string) []procurement.Shared {
	t.Helper()
	if err := p.service.Exchange(t.Context(), access.SystemActor(p.actor.Organisation)); err == nil {
		t.Error("a fault is not told")
	}
	for _, b := range p.supplied(t).Others {
		if b.ID == id {
			return b.Shared
		}
	}
	return nil
}

// What an organisation that cannot be read shares is shown to nobody meanwhile, is not said to have ended, and is shown again without a notice when it
// can be read. What others share is served all the same.
func TestWhatCannotBeReadIsPaused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from, to, id := a.shared(t)
		undo := a.lock(t, from)
		a.now = a.now.Add(time.Hour)
		since := a.now
		for range 2 {
			got := to.try(t, id)
			if len(got) != 1 || !got[0].Paused.Equal(since) || !got[0].Ended.IsZero() || got[0].News() || got[0].How != "" || got[0].Status != "" {
				t.Fatalf("what cannot be read: %+v", got)
			}
			a.now = a.now.Add(time.Hour)
		}
		if n := to.noted(t, "procurement.Exchange"); n != 2 {
			t.Errorf("%d turns are noted, want that it came and that it was paused", n)
		}
		*a.reader = to.actor
		if p := a.client.Get("/system/" + to.slug + "/leverantorssvar"); strings.Contains(p.Body, "Zorkmid") || !strings.Contains(p.Text("#delat-"+id), "har inte gått att läsa sedan") {
			t.Errorf("the page: %s", p.Text("#delat-"+id))
		}
		seat, holder := to.ask(t, "kim@leverantor.example")
		if posed, err := a.service.Posed(t.Context(), holder, seat, a.sv()); err != nil || posed.Rows[0].Earlier != nil {
			t.Errorf("it is offered to be confirmed: %v", err)
		}
		if len(to.differences(t)) != 0 || !errors.Is(a.service.SeeShared(t.Context(), to.actor, to.slug), procurement.ErrNotShared) {
			t.Error("there is something to note")
		}
		undo()
		if got := to.exchange(t, id); len(got) != 1 || got[0].How != "Zorkmid." || got[0].News() || !got[0].Paused.IsZero() {
			t.Errorf("when it can be read again: %+v", got)
		}

		// What ends meanwhile is told when it can be read, as what it is.
		undo = a.lock(t, from)
		to.try(t, id)
		undo()
		must(t, from.service.EndSharing(t.Context(), from.actor, from.slug, "leverantor.example"))
		if got := to.exchange(t, id); len(got) != 1 || got[0].Ended.IsZero() || !got[0].Paused.IsZero() || !got[0].News() {
			t.Errorf("ended during the pause: %+v", got)
		}
	})
}

// A copy is not kept for ever of what nobody can read: after a month it goes away, and it is told why.
func TestALongPauseEndsTheCopy(t *testing.T) {
	a := newSharing(t, dbtest.SQLite(t))
	from, to, id := a.shared(t)
	a.lock(t, from)
	to.try(t, id)
	since := a.now
	a.now = a.now.Add(30*24*time.Hour - time.Minute)
	if got := to.try(t, id); got[0].News() {
		t.Errorf("before a month: %+v", got)
	}
	a.now = a.now.Add(time.Minute)
	got := to.try(t, id)
	if n, raw := to.raw(t); len(got) != 1 || got[0].Ended.IsZero() || !got[0].Paused.Equal(since) || !got[0].News() || n != 1 || len(raw) > 40 {
		t.Errorf("after a month: %+v %q", got, raw)
	}
	*a.reader = to.actor
	if p := a.client.Get("/system/" + to.slug + "/leverantorssvar"); !strings.Contains(p.Text("#andringar"), "har inte gått att läsa sedan") {
		t.Errorf("the page: %s", p.Text("#andringar"))
	}
}

// receipt gives whoever holds the receipt that was mailed last.
func (p *party) receipt(t *testing.T) access.Actor {
	t.Helper()
	var id ids.ID[link.Link]
	must(t, p.db.Read(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT id FROM access_link WHERE organisation_id = $1 AND task = $2 ORDER BY created_at DESC, id DESC LIMIT 1`, p.actor.Organisation, procurement.ReceiptTask), &id)
	}))
	return (&link.Link{ID: id, Organisation: p.actor.Organisation}).Actor("192.0.2.7")
}

// Whoever has sent answers that are shared takes the consent back by the receipt, and the copies are gone at once, before any job has run. Nobody
// else's link does it, and no receipt of another organisation.
func TestReceiptTakesTheConsentBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from, to, id := a.shared(t)
		holder := from.receipt(t)
		r, err := a.service.Receipt(t.Context(), holder)
		if err != nil || r.Answers != 1 || r.Consent.Domain != "leverantor.example" || r.Organisation == "" || !strings.Contains(r.System, "alfa") {
			t.Fatalf("the receipt: %+v, %v", r, err)
		}
		_, asked := from.ask(t, "lo@leverantor.example")
		elsewhere := holder
		elsewhere.Organisation = to.actor.Organisation
		for name, x := range map[string]access.Actor{
			"the link to answer by": asked, "the receipt in another organisation": elsewhere, "no link": access.SystemActor(from.actor.Organisation),
			"a link that is none": (&link.Link{ID: ids.New[link.Link](), Organisation: from.actor.Organisation}).Actor("192.0.2.7"),
		} {
			if _, err := a.service.Receipt(t.Context(), x); !errors.Is(err, link.ErrGone) {
				t.Errorf("%s reads the receipt: %v", name, err)
			}
			if err := a.service.TakeBack(t.Context(), x); !errors.Is(err, link.ErrGone) {
				t.Errorf("%s takes the consent back: %v", name, err)
			}
		}
		if _, err := a.service.Receipt(t.Context(), from.actor); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a coordinator reads the receipt: %v", err)
		}
		must(t, a.service.TakeBack(t.Context(), holder))
		if b := to.supplied(t).Others; len(b) != 1 || b[0].Shared[0].Ended.IsZero() || b[0].Shared[0].How != "" {
			t.Errorf("at once: %+v", b)
		}
		if n, raw := to.raw(t); n != 1 || len(raw) > 40 {
			t.Errorf("something is left: %q", raw)
		}
		if from.noted(t, "procurement.EndSharing") != 1 || len(from.supplied(t).Consents) != 0 {
			t.Error("the consent stands, or its end is not noted")
		}
		if err := a.service.TakeBack(t.Context(), holder); !errors.Is(err, link.ErrGone) {
			t.Errorf("twice: %v", err)
		}
		if got := to.exchange(t, id); len(got) != 1 || got[0].Ended.IsZero() {
			t.Errorf("after the job: %+v", got)
		}
	})
}

// A receipt is mailed only when answers are shared, to whoever was asked, and says nothing any more when the organisation has ended the sharing.
func TestReceiptIsForWhatIsShared(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		p := a.party(t, "alfa", "Leverantören AB", company)
		a.party(t, "beta", "Leverantören", company)
		count := func() (n int) {
			must(t, a.db.Read(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
				return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM access_link WHERE organisation_id = $1 AND task = $2`, p.actor.Organisation, procurement.ReceiptTask), &n)
			}))
			return n
		}
		seat, holder := p.ask(t, "lo@leverantor.example")
		posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		p.say(t, seat, holder, "", procurement.Reply{Requirement: posed.Rows[0].ID, Status: requirement.Met})
		if n := count(); n != 0 {
			t.Errorf("%d receipts of what is not shared", n)
		}
		seat, holder = p.ask(t, "lo@leverantor.example")
		p.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: posed.Rows[0].ID, Status: requirement.Met})
		if n := count(); n != 1 {
			t.Fatalf("%d receipts, want 1", n)
		}
		must(t, p.service.EndSharing(t.Context(), p.actor, p.slug, "leverantor.example"))
		if _, err := a.service.Receipt(t.Context(), p.receipt(t)); !errors.Is(err, procurement.ErrNotShared) {
			t.Errorf("after the organisation has ended it: %v", err)
		}
	})
}
