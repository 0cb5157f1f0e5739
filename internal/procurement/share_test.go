// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/webtest"
)

// The supplier's number, and one of another company.
const (
	company, another = "999999-9999", "999999-9981"
)

// party is one organisation that asks suppliers about a system of its own.
type party struct {
	*asking
	actor access.Actor
	slug  string
}

// party makes an organisation with a system that a supplier of a name and a number delivers.
func (a *asking) party(t *testing.T, code, name, number string) *party {
	t.Helper()
	p := &party{asking: a, actor: dbtest.Organisation(t, a.db, code)}
	must(t, a.service.Links.Mail.Set(t.Context(), p.actor, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}))
	s := system.New("Systemet i " + code)
	s.Supplier, s.Facts = name, []catalogue.Statement{
		{Fact: "area", Value: "socialtjanst"}, {Fact: "personal_data", Value: "yes"}, {Fact: "supplier", Value: "yes"},
	}
	made, err := (&system.Service{DB: a.db}).Create(t.Context(), p.actor, s)
	must(t, err)
	p.slug = made.Slug
	must(t, a.db.Write(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE supplier SET number = $1 WHERE organisation_id = $2`, number, p.actor.Organisation)
		return err
	}))
	return p
}

// ask asks the supplier at an address, and gives the sheet and who holds its link.
func (p *party) ask(t *testing.T, to string) (procurement.Seat, access.Actor) {
	t.Helper()
	must(t, p.service.AskSupplier(t.Context(), p.actor, p.slug, p.sv(), procurement.Ask{To: to, Lang: "sv"}))
	r := p.supplied(t).Requests[0]
	return procurement.Seat{Kind: procurement.SheetRequest, ID: r.ID.String()}, (&link.Link{ID: r.Link, Organisation: p.actor.Organisation}).Actor("192.0.2.7")
}

func (p *party) supplied(t *testing.T) procurement.Supplied {
	t.Helper()
	s, err := p.service.Supplied(t.Context(), p.actor, p.slug, p.sv())
	must(t, err)
	return s
}

// say answers and sends, with what is said of sharing before.
func (p *party) say(t *testing.T, seat procurement.Seat, holder access.Actor, sharing procurement.Sharing, list ...procurement.Reply) {
	t.Helper()
	if sharing != "" {
		must(t, p.service.ConsentPosed(t.Context(), holder, p.sv(), seat, sharing))
	}
	must(t, p.service.AnswerPosed(t.Context(), holder, p.sv(), seat, list))
	must(t, p.service.SendPosed(t.Context(), holder, p.sv(), seat))
}

// exchange lets what is shared be copied, and gives what the organisation then sees of others' answers to one requirement.
func (p *party) exchange(t *testing.T, requirement string) []procurement.Shared {
	t.Helper()
	must(t, p.service.Exchange(t.Context(), access.SystemActor(p.actor.Organisation)))
	for _, b := range p.supplied(t).Others {
		if b.ID == requirement {
			return b.Shared
		}
	}
	return nil
}

// differences are what there is to do about shared answers.
func (p *party) differences(t *testing.T) (out []procurement.OtherAnswer) {
	t.Helper()
	must(t, p.db.Read(t.Context(), p.actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = procurement.Differences(t.Context(), tx)
		return err
	}))
	return out
}

// raw is everything that lies in the organisation's copies, and how many there are.
func (p *party) raw(t *testing.T) (n int, text string) {
	t.Helper()
	must(t, p.db.Read(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
		list, err := db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var a, b, c string
			err := scan(&a, &b, &c)
			return a + b + c, err
		}, `SELECT source, content, earlier FROM shared_answer WHERE organisation_id = $1`, p.actor.Organisation)
		n, text = len(list), strings.Join(list, "\n")
		return err
	}))
	return n, text
}

// noted counts the entries of an action in the organisation's log.
func (p *party) noted(t *testing.T, action string) (n int) {
	t.Helper()
	must(t, p.db.Read(t.Context(), p.actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1 AND action = $2`, p.actor.Organisation, action), &n)
	}))
	return n
}

func newSharing(t *testing.T, d *db.DB) *asking {
	t.Helper()
	a := newAsking(t, d)
	a.service.Organisations = organisation.List
	return a
}

// A supplier's answers reach another organisation only when the supplier has consented and that organisation has asked the same company at the same
// domain; never by name, and never as an answer to its own question.
func TestAnswersAreSharedOnlyWithConsent(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from := a.party(t, "alfa", "Leverantören AB", company)
		to := a.party(t, "beta", "Leverantoren Aktiebolag", "16"+strings.ReplaceAll(company, "-", ""))
		strangers := map[string]*party{
			"another number": a.party(t, "gamma", "Leverantören AB", another), "no number": a.party(t, "delta", "Leverantören AB", ""),
			"a mistyped number": a.party(t, "epsilon", "Leverantören AB", "999999-9998"), "another domain": a.party(t, "zeta", "Leverantören AB", company),
		}
		seat, holder := from.ask(t, "lo@leverantor.example")
		posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		if !posed.Sharable || posed.Shares {
			t.Fatalf("to begin with: %v, %v", posed.Sharable, posed.Shares)
		}
		id, other := posed.Rows[0].ID, posed.Rows[1].ID
		said := procurement.Reply{Requirement: id, Status: requirement.Partly, How: "Zorkmid finns."}
		must(t, a.service.AttachPosed(t.Context(), holder, a.sv(), seat, procurement.Attach{Requirement: id, Name: "Zorkmid.txt", Content: []byte("Zorkmid")}))
		from.say(t, seat, holder, "", said)
		to.ask(t, "kim@leverantor.example")
		for _, p := range strangers {
			address := "kim@leverantor.example"
			if p == strangers["another domain"] {
				address = "kim@annan.example"
			}
			p.ask(t, address)
		}
		if got := to.exchange(t, id); got != nil {
			t.Fatalf("without consent: %+v", got)
		}

		// What is answered with consent, and not sent yet, is nobody else's.
		seat, holder = from.ask(t, "lo@leverantor.example")
		must(t, a.service.ConsentPosed(t.Context(), holder, a.sv(), seat, procurement.Share))
		must(t, a.service.AnswerPosed(t.Context(), holder, a.sv(), seat, []procurement.Reply{{Requirement: other, Status: requirement.Met, How: "Inte skickat."}}))
		got := to.exchange(t, id)
		if len(got) != 1 || got[0].Status != requirement.Partly || got[0].How != "Zorkmid finns." || got[0].News() || to.exchange(t, other) != nil {
			t.Fatalf("with consent: %+v", got)
		}
		alone(t, from, to, strangers)

		// It stands before whoever is asked there, to be confirmed, and is an answer only when they have.
		seat, holder = to.ask(t, "kim@leverantor.example")
		posed, err = a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		if e := posed.Rows[0].Earlier; e == nil || e.How != "Zorkmid finns." || e.System != "" || posed.Rows[0].Reply.Status != "" {
			t.Errorf("to be confirmed: %+v", e)
		}
		seat, holder = to.ask(t, "kim@annan.example")
		if posed, err = a.service.Posed(t.Context(), holder, seat, a.sv()); err != nil || posed.Rows[0].Earlier != nil {
			t.Errorf("another domain is shown the answers: %v", err)
		}
	})
}

// alone sees that what is shared has reached one organisation, as a copy that tells nothing of where it came from, and no other.
func alone(t *testing.T, from, to *party, strangers map[string]*party) {
	t.Helper()
	for name, p := range strangers {
		if n, _ := p.raw(t); n != 0 || len(p.supplied(t).Others) != 0 {
			t.Errorf("%s: %d copies", name, n)
		}
	}
	s := to.supplied(t)
	if told := fmt.Sprintf("%+v", s.Others); strings.Contains(told, "alfa") || strings.Contains(told, from.actor.Organisation.String()) {
		t.Errorf("it tells where it comes from: %s", told)
	}
	if len(s.Replies) != 0 || len(s.Answers) != 0 {
		t.Errorf("it is an answer of its own: %+v", s.Replies)
	}
	if one, err := to.service.Evidence.List(t.Context(), to.actor, to.slug); err != nil || len(one.Records) != 0 {
		t.Errorf("it is evidence: %+v, %v", one.Records, err)
	}
	_, raw := to.raw(t)
	if raw == "" || strings.Contains(raw, "Zorkmid") {
		t.Errorf("it lies open: %q", raw)
	}
	for action, p := range map[string]*party{"procurement.ConsentPosed": from, "procurement.Exchange": to} {
		if n := p.noted(t, action); n != 1 {
			t.Errorf("%s is noted %d times", action, n)
		}
	}
	*to.reader = strangers["another number"].actor
	if p := to.client.Get("/system/" + to.slug + "/leverantorssvar"); p.Status != http.StatusNotFound || strings.Contains(p.Body, "Zorkmid") {
		t.Errorf("another organisation opens the page: %d", p.Status)
	}
	*to.reader = to.actor
	if p := to.client.Get("/system/" + to.slug + "/leverantorssvar"); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Zorkmid finns.") || strings.Contains(p.Body, "alfa") {
		t.Errorf("the page: %d %s", p.Status, p.Text("main"))
	}
	if strings.Contains(to.client.Get("/system/"+to.slug+"/leverantorssvar").Body, "Zorkmid.txt") {
		t.Error("a document is shared")
	}
}

// Who has a copy is told when the answer changes, with what it was and is, and when it is shared no longer: then nothing is left of the copy.
func TestSharedAnswersChangeAndEnd(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from, to := a.party(t, "alfa", "Leverantören AB", company), a.party(t, "beta", "Leverantören", company)
		to.ask(t, "kim@leverantor.example")
		seat, holder := from.ask(t, "lo@leverantor.example")
		posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		id := posed.Rows[0].ID
		from.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: id, Status: requirement.Partly, How: "Först."})
		to.exchange(t, id)
		if err := a.service.SeeShared(t.Context(), to.actor, to.slug); !errors.Is(err, procurement.ErrNotShared) {
			t.Errorf("nothing to note: %v", err)
		}
		again := func(r procurement.Reply) []procurement.Shared {
			a.now = a.now.Add(time.Hour)
			seat, holder = from.ask(t, "lo@leverantor.example")
			r.Requirement = id
			from.say(t, seat, holder, "", r)
			return to.exchange(t, id)
		}
		if got := again(procurement.Reply{Status: requirement.Partly, How: "Först."}); got[0].News() {
			t.Errorf("the same said again is a difference: %+v", got)
		}
		again(procurement.Reply{Status: requirement.NotMet, How: "Sedan."})
		got := again(procurement.Reply{Status: requirement.Met, How: "Nu."})
		if !got[0].News() || got[0].Before.How != "Först." || got[0].How != "Nu." || got[0].Changed != a.now {
			t.Errorf("changed twice: %+v, before %+v", got[0], got[0].Before)
		}
		*a.reader = to.actor
		p := a.client.Get("/system/" + to.slug + "/leverantorssvar")
		if text := p.Text("#andringar"); !strings.Contains(text, "Nu.") || !strings.Contains(text, "Först.") || !strings.Contains(text, "ändrades") {
			t.Errorf("the page says %q", text)
		}
		if list := to.differences(t); len(list) != 1 || list[0].Slug != to.slug || list[0].Count != 1 {
			t.Errorf("to be done: %+v", list)
		}
		if list := from.differences(t); len(list) != 0 {
			t.Errorf("to be done where it comes from: %+v", list)
		}
		buyerSees(t, from, to)
		if p = a.client.Submit(p, "form[action$='/sett']", nil); p.Status != http.StatusOK || strings.Contains(p.Body, "Först.") || len(to.differences(t)) != 0 {
			t.Errorf("after it is noted: %d %s", p.Status, p.Text("main"))
		}

		// The stop of a classification ends it, and so does whoever takes the consent back.
		q, err := job.New(d, slog.New(slog.DiscardHandler))
		must(t, err)
		classify := &classification.Service{DB: d, Catalogue: a.service.Requirements.Engine.Catalogue, Jobs: q}
		err = classify.Answer(t.Context(), from.actor, from.slug, classification.Answer{Aspect: catalogue.Confidentiality, Perspective: "individual", Level: 4, Motivation: "x"})
		if !errors.Is(err, classification.ErrStopped) {
			t.Fatalf("the stopping level: %v", err)
		}
		if got := to.exchange(t, id); len(got) != 1 || got[0].Ended.IsZero() || got[0].How != "" {
			t.Errorf("after the stop: %+v", got)
		}
		ended(t, from, to, id)
	})
}

// buyerSees sees that who keeps contracts, and may not see where the organisation is weak, is shown what has changed and nothing of the organisation's own.
func buyerSees(t *testing.T, from, to *party) {
	t.Helper()
	buyer := to.actor
	buyer.Roles = []access.Role{access.Procurer}
	*to.reader = buyer
	defer func() { *to.reader = to.actor }()
	if p := to.client.Get("/system/" + to.slug + "/leverantorssvar"); p.Status == http.StatusOK {
		t.Errorf("a buyer sees the system's answers: %d", p.Status)
	}
	p := to.client.Get(procurement.DifferencesPath(to.differences(t)[0].Supplier))
	webtest.CheckDOM(t, p.Doc)
	if text := p.Text("main"); p.Status != http.StatusOK || !strings.Contains(text, "Nu.") || !strings.Contains(text, "Först.") || !strings.Contains(text, "ändrades") {
		t.Errorf("a buyer sees %d %q", p.Status, text)
	}
	if len(p.All("main form")) != 0 || strings.Contains(p.Body, "alfa") {
		t.Error("a buyer may note it in the place of who answers for the system, or sees where it comes from")
	}
	*to.reader = from.actor
	if p := to.client.Get(procurement.DifferencesPath(to.differences(t)[0].Supplier)); p.Status != http.StatusNotFound {
		t.Errorf("another organisation opens it: %d", p.Status)
	}
	for _, role := range []access.Role{access.SystemOwner, access.Operations, access.Administrator} {
		other := to.actor
		other.Roles = []access.Role{role}
		if _, err := to.service.Differences(t.Context(), other, to.differences(t)[0].Supplier); !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s reads it: %v", role, err)
		}
	}
}

// What only the other organisation was asked stands neither among what the organisation has asked nor before the supplier when it answers here.
func TestWhatOnlyAnotherWasAsked(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from, to := a.party(t, "alfa", "Leverantören AB", company), a.party(t, "beta", "Leverantören", company)
		seat, holder := from.ask(t, "lo@leverantor.example")
		posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		both, only := posed.Rows[0].ID, posed.Rows[1].ID
		must(t, a.service.Choose(t.Context(), to.actor, to.slug, to.sv(), []procurement.Choice{{Requirement: only, Reason: "Gäller inte här."}}))
		to.ask(t, "kim@leverantor.example")
		say := func(how string) {
			t.Helper()
			seat, holder = from.ask(t, "lo@leverantor.example")
			from.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: both, Status: requirement.Met, How: "Zorkmid till båda."},
				procurement.Reply{Requirement: only, Status: requirement.Met, How: how})
			a.now = a.now.Add(time.Hour)
		}
		say("Bara där.")
		if got := to.exchange(t, both); len(got) != 1 || got[0].How != "Zorkmid till båda." {
			t.Fatalf("what both asked: %+v", got)
		}
		*a.reader = to.actor
		apart := func(word string) {
			t.Helper()
			if got := to.exchange(t, only); got != nil {
				t.Errorf("what only the other asked stands beside: %+v", got)
			}
			if p := a.client.Get("/system/" + to.slug + "/leverantorssvar"); p.Status != http.StatusOK || strings.Contains(p.Text("section[aria-labelledby=others]"), word) {
				t.Errorf("the page says what only the other asked: %d", p.Status)
			}
			seat, holder := to.ask(t, "kim@leverantor.example")
			posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
			must(t, err)
			for i := range posed.Rows {
				if r := &posed.Rows[i]; r.ID == only || r.Earlier != nil && strings.Contains(r.Earlier.How, word) {
					t.Errorf("it stands before the supplier: %+v", r)
				}
			}
			if s := to.supplied(t); len(s.Replies) != 0 || len(s.Answers) != 0 {
				t.Errorf("it is an answer here: %+v", s.Answers)
			}
		}
		apart("Bara där")
		if list := to.differences(t); len(list) != 0 {
			t.Errorf("to be done: %+v", list)
		}

		// That it changes is told: it is said of the supplier, whatever was asked here.
		say("Ändrat där.")
		apart("Ändrat där")
		if s := to.supplied(t); len(s.Differs) != 1 || s.Differs[0].Requirement != only || s.Differs[0].How != "Ändrat där." || s.Differs[0].Before.How != "Bara där." {
			t.Errorf("the difference: %+v", s.Differs)
		}
	})
}

// ended sees that nothing is left of a copy but that it was, until somebody has noted it, and that a consent ends once.
func ended(t *testing.T, from, to *party, id string) {
	t.Helper()
	if n, raw := to.raw(t); n != 1 || len(raw) > 40 {
		t.Errorf("%d copies are left: %q", n, raw)
	}
	must(t, to.service.SeeShared(t.Context(), to.actor, to.slug))
	if n, _ := to.raw(t); n != 0 || to.noted(t, "procurement.SeeShared") != 2 {
		t.Errorf("%d copies after it was noted", n)
	}
	if err := from.service.EndSharing(t.Context(), to.actor, from.slug, "leverantor.example"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another organisation ends the sharing: %v", err)
	}
	must(t, from.service.EndSharing(t.Context(), from.actor, from.slug, "leverantor.example"))
	if err := from.service.EndSharing(t.Context(), from.actor, from.slug, "leverantor.example"); !errors.Is(err, procurement.ErrNotShared) {
		t.Errorf("ended twice: %v", err)
	}
	if got := to.exchange(t, id); got != nil || len(from.supplied(t).Consents) != 0 {
		t.Errorf("after the end: %+v", got)
	}
}

// Whoever was asked takes the consent back by the link, and the copies go away; a colleague of theirs, an own unit and a bidder are not asked for it.
func TestConsentIsTakenBackByTheLink(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newSharing(t, d)
		from, to := a.party(t, "alfa", "Leverantören AB", company), a.party(t, "beta", "Leverantören", company)
		to.ask(t, "kim@leverantor.example")
		seat, holder := from.ask(t, "lo@leverantor.example")
		posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		id := posed.Rows[0].ID
		from.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: id, Status: requirement.Met})
		if to.exchange(t, id) == nil {
			t.Fatal("nothing is shared")
		}
		seat, holder = from.ask(t, "lo@leverantor.example")
		must(t, a.service.DelegatePosed(t.Context(), holder, a.sv(), seat, procurement.Delegate{To: "bo@leverantor.example", Lang: "sv", Topic: posed.Rows[0].Topic}))
		posed, err = a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		if !posed.Shares {
			t.Error("it is not told that the answers are shared")
		}
		part := procurement.Seat{Kind: procurement.SheetPart, ID: posed.Parts[0].ID.String()}
		colleague := (&link.Link{ID: posed.Parts[0].Link, Organisation: from.actor.Organisation}).Actor("192.0.2.7")
		for _, say := range []procurement.Sharing{procurement.Share, procurement.NotShare, ""} {
			if err := a.service.ConsentPosed(t.Context(), colleague, a.sv(), part, say); !errors.Is(err, procurement.ErrNotShared) {
				t.Errorf("a colleague says %q: %v", say, err)
			}
		}
		must(t, a.service.ConsentPosed(t.Context(), holder, a.sv(), seat, procurement.NotShare))
		if got := to.exchange(t, id); len(got) != 1 || got[0].Ended.IsZero() {
			t.Errorf("after it was taken back: %+v", got)
		}
		must(t, a.service.AskSupplier(t.Context(), from.actor, from.slug, a.sv(), procurement.Ask{To: "it@leverantor.example", Lang: "sv", Form: procurement.ToUnit}))
		r := from.supplied(t).Requests[0]
		unit := (&link.Link{ID: r.Link, Organisation: from.actor.Organisation}).Actor("192.0.2.7")
		at := procurement.Seat{Kind: procurement.SheetRequest, ID: r.ID.String()}
		if p, err := a.service.Posed(t.Context(), unit, at, a.sv()); err != nil || p.Sharable {
			t.Errorf("an own unit is asked to share: %v", err)
		}
		if err := a.service.ConsentPosed(t.Context(), unit, a.sv(), at, procurement.Share); !errors.Is(err, procurement.ErrNotShared) {
			t.Errorf("an own unit shares: %v", err)
		}
	})
}

// An invented municipality shares nothing.
func TestInventedShareNothing(t *testing.T) {
	a := newSharing(t, dbtest.SQLite(t))
	from, to := a.party(t, "alfa", "Leverantören AB", company), a.party(t, "beta", "Leverantören", company)
	to.ask(t, "kim@leverantor.example")
	seat, holder := from.ask(t, "lo@leverantor.example")
	posed, err := a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	id := posed.Rows[0].ID
	from.say(t, seat, holder, procurement.Share, procurement.Reply{Requirement: id, Status: requirement.Met})
	invent := func(yes int) {
		must(t, a.db.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE organisation SET example = $1 WHERE id = $2`, yes, from.actor.Organisation)
			return err
		}))
	}
	invent(1)
	if got := to.exchange(t, id); got != nil {
		t.Errorf("an invented municipality shares: %+v", got)
	}
	invent(0)
	if to.exchange(t, id) == nil {
		t.Fatal("nothing is shared")
	}
}

func TestCompanyNumber(t *testing.T) {
	for text, want := range map[string]string{
		company: "9999999999", "9999999999": "9999999999", "16 999999-9999": "9999999999", "999999-9998": "", "": "", "99999-9999": "", "999999-999a": "",
		"900603-9813": "", // a person's test number
	} {
		if got := supplier.CompanyNumber(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
