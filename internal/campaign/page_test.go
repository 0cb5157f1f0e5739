// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"

	"github.com/insegel/insegel/internal/catalogue"
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{"web": web.Messages, "mail": mail.Messages, "link": link.Messages, "campaign": Messages})
})

// town is a municipality with a unit, two systems, and somebody who owns one of them.
type town struct {
	t      *testing.T
	d      *db.DB
	now    time.Time
	s      *Service
	key    key.Root
	actor  access.Actor
	reader access.Actor
	site   *web.Site
	leader *webtest.Client
	unit   access.UnitID
	other  access.UnitID
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	w := &town{t: t, d: d, now: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC), key: must(key.Create(filepath.Join(t.TempDir(), "key")))(t)}
	d.Now = func() time.Time { return w.now }
	w.actor = dbtest.Organisation(t, d, "norrsjo")
	w.reader = w.actor
	c, texts := must(catalogued())(t), must(bundle())(t)
	q := must(job.New(d, slog.New(slog.DiscardHandler)))(t)
	m := &mail.Service{DB: d, Jobs: q, Texts: texts, Key: w.key, Base: func() string { return "https://insegel.example" }}
	w.ok(m.Set(t.Context(), w.actor, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}))
	life, ind := must(evidence.LoadLife(data.Files))(t), must(verdict.LoadIndicator(data.Files))(t)
	w.s = &Service{
		DB: d, Set: set(t), Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}, Mail: m, Links: &link.Links{DB: d, Mail: m, Key: w.key},
		Evidence: &evidence.Service{DB: d, Catalogue: c, Life: life, Indicator: ind},
	}
	w.site = web.NewSite(texts, slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
		return w.reader, web.Viewer{Organisation: "Norrsjö", Name: "Samordnaren"}, true
	}})
	p := &Pages{Service: w.s}
	p.Routes(w.site)
	links := &link.Pages{Links: w.s.Links}
	links.Add(SheetTask, p.SheetTask())
	links.Add(QuestionTask, p.QuestionTask())
	links.Routes(w.site)
	w.leader = webtest.Start(t, w.site)
	w.settle()
	return w
}

func (w *town) ok(errs ...error) {
	w.t.Helper()
	for _, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) write(fn func(ctx context.Context, tx *db.Tx) error) {
	w.t.Helper()
	w.ok(w.d.Write(w.t.Context(), w.actor.Organisation, func(tx *db.Tx) error { return fn(w.t.Context(), tx) }))
}

// settle registers the systems, and who answers for what.
func (w *town) settle() {
	w.t.Helper()
	register := &system.Service{DB: w.d}
	for _, name := range []string{"Akten", "Bokningen"} {
		s := system.New(name)
		s.Unit, s.Supplier, s.AccessReviewOn = "Social", "Fjällvidden", civil.Of(w.now).AddDays(-20)
		s.Facts = []catalogue.Statement{{Fact: "personal_data", Value: "yes"}}
		if name == "Bokningen" {
			s.Unit = "Kultur"
		}
		must(register.Create(w.t.Context(), w.actor, s))(w.t)
	}
	people := &organisation.Service{DB: w.d}
	id := map[string]ids.ID[organisation.Person]{}
	for _, p := range []organisation.Person{{Name: "Ägaren", Email: "agare@norrsjo.example"}, {Name: "Chefen", Email: "chef@norrsjo.example"}, {Name: "Samordnaren", Email: "samordnare@norrsjo.example"}} {
		id[p.Name] = must(people.AddPerson(w.t.Context(), w.actor, p))(w.t)
	}
	w.write(func(ctx context.Context, tx *db.Tx) error {
		units, err := organisation.Units(ctx, tx, tx.Scope)
		for _, u := range units {
			if u.Name == "Social" {
				w.unit = u.ID
			} else {
				w.other = u.ID
			}
		}
		if err != nil {
			return err
		}
		all, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.Everywhere()})
		if err != nil {
			return err
		}
		for i := range all {
			r := organisation.Responsibility{ObjectKind: organisation.ObjectSystem, ObjectID: all[i].ID.String(), Kind: organisation.Owner, Person: id["Ägaren"]}
			if err := organisation.SetResponsible(ctx, tx, w.actor, r); err != nil {
				return err
			}
		}
		for _, a := range []struct {
			person, role string
			unit         any
		}{{"Chefen", "executive", w.unit}, {"Samordnaren", "coordinator", nil}} {
			if _, err := tx.Exec(ctx, `INSERT INTO assignment (id, organisation_id, person_id, role, unit_id, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				ids.New[organisation.Assignment](), tx.Scope, id[a.person], a.role, a.unit, "x", db.Millis(tx.Now)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *town) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, query, append([]any{tx.Scope}, args...)...), &n)
	})
	return n
}

func (w *town) mails(template mail.Template) int {
	w.t.Helper()
	return w.count(`SELECT COUNT(*) FROM mail_message WHERE organisation_id = $1 AND template = $2`, string(template))
}

const secret = "KQ7XJ2M4PZ6RT3VWYB5CDFGHN"

// enter opens a link in a browser of its own, gives the code, and stands on the page of its task.
func (w *town) enter(id ids.ID[link.Link], last string) *webtest.Client {
	w.t.Helper()
	token, digits := secret+last, "48291375"
	sum := sha256.Sum256([]byte("insegel link " + token))
	w.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE access_link SET token_hash = $1 WHERE organisation_id = $2 AND id = $3`, base64.RawURLEncoding.EncodeToString(sum[:]), tx.Scope, id)
		return err
	})
	c := webtest.Start(w.t, w.site)
	p := c.Get("/lank/" + token)
	if p.Status != 200 || strings.Contains(p.Body, "Akten") {
		w.t.Fatalf("the link: %d at %s", p.Status, p.URL)
	}
	c.Submit(p, "main form", nil)
	m := hmac.New(sha256.New, w.key.Derive("link code"))
	m.Write([]byte(id.String() + "|" + digits))
	w.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE access_link SET code_hash = $1 WHERE organisation_id = $2 AND id = $3`, base64.RawURLEncoding.EncodeToString(m.Sum(nil)), tx.Scope, id)
		return err
	})
	if p = c.Submit(c.Get("/lank"), "form[action='/lank/bekrafta']", url.Values{"kod": {digits}}); p.Status != 200 {
		w.t.Fatalf("the code: %d %s", p.Status, p.Text("main"))
	}
	return c
}

// begun prepares and sends a campaign through the pages.
func (w *town) begun() View {
	w.t.Helper()
	p := w.leader.Get(Place + "/ny")
	webtest.CheckDOM(w.t, p.Doc)
	bad := w.leader.Submit(p, "main form.sheet", url.Values{"sista": {"2025-01-01"}})
	webtest.CheckDOM(w.t, bad.Doc)
	if bad.Status != 422 || bad.Text("#sista-error") == "" {
		w.t.Errorf("a day that has been: %d", bad.Status)
	}
	p = w.leader.Submit(p, "main form.sheet", url.Values{"namn": {"Höstens uppföljning"}, "sista": {"2026-09-21"}})
	webtest.CheckDOM(w.t, p.Doc)
	if p.Status != 200 || p.URL != Place+"/1" || w.mails(mail.Round) != 0 {
		w.t.Fatalf("prepared: %d at %s, %d mails", p.Status, p.URL, w.mails(mail.Round))
	}
	p = w.leader.Submit(p, "form[action='"+Place+"/1/skicka']", nil)
	webtest.CheckDOM(w.t, p.Doc)
	if p.Status != 200 || !strings.Contains(p.Text("main"), "Öppen för svar") {
		w.t.Fatalf("sent: %d %s", p.Status, p.Text("main"))
	}
	return must(w.s.Open(w.t.Context(), w.actor, "1"))(w.t)
}

func (w *town) sheet(v *View, name string, k Kind) *Sheet {
	w.t.Helper()
	for i := range v.Sheets {
		if s := &v.Sheets[i]; s.Name == name && s.Kind == k {
			return s
		}
	}
	w.t.Fatalf("no sheet of %s among %+v", name, v.Sheets)
	return nil
}

// fill answers everything of a sheet's form with an answer that is not good, except what the values say.
func fill(p *webtest.Page, values url.Values) url.Values {
	for _, n := range p.All("input[name=fraga]") {
		q := webtest.Attr(n, "value")
		if values.Get("svar-"+q) == "" {
			values.Set("svar-"+q, Unknown)
		}
	}
	return values
}

// A round in full: it is prepared with what is known already, sent, answered by a link with a colleague's help, reminded of, told of when it
// is late, frozen with a hash that shows a change, and corrected in a version beside.
func TestRoundInFull(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		v := w.begun()
		if got := w.mails(mail.Round); got != 2 { // the owner of both systems gets one, the head of the one unit that has a head another
			t.Errorf("%d mails, want 2", got)
		}
		act := w.sheet(&v, "Akten", OfSystem)
		if a, ok := act.Answer("genomgang-av-behorigheter"); !ok || a.Known == nil || a.Value != "yes" || a.Known.Fact != "access-reviewed" {
			t.Errorf("what the register knows is asked: %+v", a)
		}
		if other := w.sheet(&v, "Bokningen", OfSystem); act.Link == "" || other.Link != act.Link {
			t.Errorf("links %q and %q, want one", act.Link, other.Link)
		}
		w.answeredByLink(&v, act)
		w.remindedAndLate(&v)
		w.frozenAndCorrected()
	})
}

// answeredByLink has the owner of two systems answer both, one question of them with a colleague's help.
func (w *town) answeredByLink(v *View, act *Sheet) {
	t := w.t
	c := w.enter(act.Link, "A")
	p := c.Get("/lank")
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("h1"), "Akten") || !strings.Contains(p.Text("#known"), "Det här vet vi redan") || !strings.Contains(p.Text("main"), "Behörigheterna gicks igenom") {
		t.Fatalf("the sheet: %q", p.Text("main"))
	}
	r := c.Request("POST", "/lank/svar", strings.NewReader(url.Values{"blad": {act.ID.String()}, "fraga": {"tid-och-pengar"}, "svar-tid-och-pengar": {"part"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Autosave", "1")
	if p := c.Do(r); p.Status != 200 || !strings.Contains(p.Body, "parat") {
		t.Errorf("autosave: %d %q", p.Status, p.Body)
	}
	r = c.Request("POST", "/lank/svar", strings.NewReader(url.Values{"blad": {act.ID.String()}, "fraga": {"aterlasning"}, "svar-aterlasning": {"yes"}, "dag-aterlasning": {"2027-01-01"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Autosave", "1")
	if p := c.Do(r); p.Status != 422 || !strings.Contains(p.Body, "inte sparat") {
		t.Errorf("autosave of a day ahead: %d %q", p.Status, p.Body)
	}
	p = c.Submit(c.Get("/lank"), "main form", url.Values{"svar-aterlasning": {"yes"}, "dag-aterlasning": {"2027-01-01"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || p.Text("#dag-aterlasning-error") == "" {
		t.Errorf("a day ahead: %d", p.Status)
	}
	p = c.Submit(c.Get("/lank"), "main form", url.Values{"skicka": {"rollmodell"}, "kollega-rollmodell": {"kollega@norrsjo.example"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 200 || !strings.Contains(p.Text("main"), "k…@norrsjo.example har frågan") {
		t.Fatalf("asking a colleague: %d %s", p.Status, p.Text("main"))
	}
	w.colleague(act)
	p = c.Get("/lank")
	take := webtest.Attr(p.All("button[name=anvand]")[0], "value")
	p = c.Submit(p, "main form", url.Values{"anvand": {take}})
	if !strings.Contains(p.Text("main"), "Kollegans svar är infört") {
		t.Errorf("after taking the answer: %s", p.Text("main"))
	}
	if p = c.Submit(p, "main form", url.Values{"lamna": {"1"}}); p.Status != 422 {
		t.Errorf("handing in what is not answered: %d", p.Status)
	}
	webtest.CheckDOM(t, p.Doc)
	p = c.Submit(p, "main form", fill(p, url.Values{
		"lamna": {"1"}, "svar-aterlasning": {"yes"}, "dag-aterlasning": {"2026-05-04"}, "svar-rollmodell": {"part"}, "svar-tid-och-pengar": {"part"},
	}))
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 200 || !strings.Contains(p.Text("h1"), "Bokningen") {
		t.Fatalf("after the first sheet: %d %q %s", p.Status, p.Text("h1"), p.Text("main"))
	}
	p = c.Submit(p, "main form", fill(p, url.Values{"lamna": {"1"}}))
	if p.URL != "/lank/tack" {
		t.Fatalf("after the last sheet: %d at %s %s", p.Status, p.URL, p.Text("main"))
	}
	if p = c.Get("/lank"); p.Status != 410 {
		t.Errorf("the link after it is done: %d", p.Status)
	}
	// What was said is attested where it names a day, else self-assessed, and nothing of it measured.
	for source, want := range map[evidence.Source]int{evidence.Attested: 1, evidence.SelfAssessed: 1, evidence.Measured: 0} {
		if got := w.count(`SELECT COUNT(*) FROM evidence WHERE organisation_id = $1 AND source = $2`, string(source)); got != want {
			t.Errorf("%d pieces of evidence are %s, want %d", got, source, want)
		}
	}
	if err := w.s.Answer(t.Context(), w.actor, act.ID, []Answer{{Question: "rollmodell", Value: "yes"}}); !errors.Is(err, ErrHandedIn) {
		t.Errorf("an answer after it was handed in: %v", err)
	}
}

// colleague answers the one question that a colleague was sent.
func (w *town) colleague(act *Sheet) {
	t := w.t
	var d Delegation
	w.write(func(ctx context.Context, tx *db.Tx) error {
		all, err := delegations(ctx, tx, act.ID)
		d = all[0]
		return err
	})
	c := w.enter(d.Link, "B")
	p := c.Get("/lank")
	webtest.CheckDOM(t, p.Doc)
	if len(p.All("fieldset")) != 1 || strings.Contains(p.Body, "Har du den tid") {
		t.Errorf("the colleague sees more than the question: %s", p.Text("main"))
	}
	if p := c.Submit(p, "main form", nil); p.Status != 422 {
		t.Errorf("no answer: %d", p.Status)
	}
	if p = c.Submit(c.Get("/lank"), "main form", url.Values{"svar-rollmodell": {"part"}}); p.URL != "/lank/tack" {
		t.Errorf("after answering: %d at %s", p.Status, p.URL)
	}
	f := must(w.s.Sheet(t.Context(), w.actor, act.ID))(t)
	if a, _ := f.Sheet.Answer("rollmodell"); a.Value != "" {
		t.Errorf("the colleague's answer became the sheet's own: %+v", a)
	}
}

// remindedAndLate lets time pass: those who have not answered are reminded once, and told of once.
func (w *town) remindedAndLate(v *View) {
	t := w.t
	head := w.sheet(v, "Social", OfUnit)
	tick := func() { w.ok(w.s.Tick(t.Context(), access.SystemActor(w.actor.Organisation))) }
	tick()
	if got := w.mails(mail.RoundReminder); got != 0 {
		t.Errorf("%d reminders long before the last day", got)
	}
	w.now = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)
	tick()
	tick()
	if got := w.mails(mail.RoundReminder); got != 1 {
		t.Errorf("%d reminders, want 1: of those who have not answered, once", got)
	}
	if now := must(w.s.Sheet(t.Context(), w.actor, head.ID))(t); now.Sheet.Link == head.Link || now.Sheet.Reminded.IsZero() {
		t.Error("the reminder has no link of its own")
	}
	w.now = time.Date(2026, 9, 22, 8, 0, 0, 0, time.UTC)
	tick()
	tick()
	if got := w.mails(mail.RoundLate); got != 1 { // the coordinator; the unit's head is who has not answered
		t.Errorf("%d mails that answers are late, want 1", got)
	}
	p := w.leader.Get(Place + "/1")
	webtest.CheckDOM(t, p.Doc)
	for _, want := range []string{"Svar saknas efter sista dagen", "Sista dagen har gått", "Inlämnat"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the status lacks %q", want)
		}
	}
	w.signedIn(head)
}

// signedIn has the head of the unit answer without a link; somebody of another unit finds nothing.
func (w *town) signedIn(head *Sheet) {
	t := w.t
	path := Place + "/1/blad/" + head.ID.String()
	w.reader = access.Actor{ID: "chef", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.Executive, Unit: w.other}}, Fresh: true}
	if p := w.leader.Get(path); p.Status != 404 {
		t.Errorf("another unit's head: %d", p.Status)
	}
	w.reader.Held[0].Unit = w.unit
	p := w.leader.Get(path)
	webtest.CheckDOM(t, p.Doc)
	p = w.leader.Submit(p, "main form", fill(p, url.Values{"svar-egna-verktyg": {"no"}, "svar-register-ratt": {"yes"}, "ord-register-ratt": {"Inget fattas"}}))
	if p.Status != 200 || p.URL != path {
		t.Errorf("saved: %d at %s", p.Status, p.URL)
	}
	if p = w.leader.Post(path+"/lamna", nil); p.Status != 200 || p.URL != Place+"/1" {
		t.Fatalf("handed in: %d at %s %s", p.Status, p.URL, p.Text("main"))
	}
	webtest.CheckDOM(t, w.leader.Get(path).Doc)
	w.reader = w.actor
}

func (w *town) frozenAndCorrected() {
	t := w.t
	tired := w.actor
	tired.Fresh = false
	if _, err := w.s.Freeze(t.Context(), tired, "1"); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("frozen without showing who one is: %v", err)
	}
	p := w.leader.Submit(w.leader.Get(Place+"/1"), "form[action='"+Place+"/1/las']", nil)
	webtest.CheckDOM(t, p.Doc)
	v := must(w.s.Open(t.Context(), w.actor, "1"))(t)
	if p.Status != 200 || len(v.Hash) != 64 || !v.Intact || !strings.Contains(p.Body, v.Hash) || !strings.Contains(p.Text("main"), "Svaren är de som skrevs under") {
		t.Fatalf("frozen: %d %+v", p.Status, v.Campaign)
	}
	logged := w.count(`SELECT COUNT(*) FROM audit_private WHERE organisation_id = $1 AND what LIKE $2`, "%"+v.Hash+"%")
	if logged != 1 {
		t.Errorf("the log has the hash %d times", logged)
	}
	s := w.sheet(&v, "Kultur", OfUnit)
	for name, err := range map[string]error{
		"an answer":  w.s.Answer(t.Context(), w.actor, s.ID, []Answer{{Question: "egna-verktyg", Value: "no"}}),
		"handing in": w.s.HandIn(t.Context(), w.actor, s.ID),
		"an address": w.s.Assign(t.Context(), w.actor, Recipient{s.ID, "x@norrsjo.example"}),
		"reopening":  w.s.Reopen(t.Context(), w.actor, w.sheet(&v, "Akten", OfSystem).ID),
		"reminding":  w.s.Remind(t.Context(), w.actor, "1"),
	} {
		if !errors.Is(err, ErrFrozen) {
			t.Errorf("%s in a frozen campaign: %v", name, err)
		}
	}
	w.guarded(&v, s)
	w.changedBehind(s)
	p = w.leader.Submit(w.leader.Get(Place+"/1"), "form[action='"+Place+"/1/ratta']", nil)
	webtest.CheckDOM(t, p.Doc)
	next := must(w.s.Open(t.Context(), w.actor, "1"))(t)
	if next.Version != 2 || next.Replaces != v.ID || next.HandedIn != v.HandedIn || !next.Frozen.IsZero() {
		t.Fatalf("the correction: %+v, %d handed in", next.Campaign, next.HandedIn)
	}
	again := w.sheet(&next, "Social", OfUnit)
	w.ok(w.s.Reopen(t.Context(), w.actor, again.ID), w.s.Answer(t.Context(), w.actor, again.ID, []Answer{{Question: "egna-verktyg", Value: "yes", Note: "En app"}}),
		w.s.HandIn(t.Context(), w.actor, again.ID))
	if hash := must(w.s.Freeze(t.Context(), w.actor, "1"))(t); hash == v.Hash {
		t.Error("the correction has the hash of what it corrects")
	}
	w.unitsTold(next.Number)
	old := must(w.s.Open(t.Context(), w.actor, v.ID.String()))(t)
	if !old.Intact || old.Hash != v.Hash || old.Version != 1 {
		t.Errorf("what was corrected has changed: %+v", old.Campaign)
	}
	for _, path := range []string{Place, Place + "/" + v.ID.String(), Place + "/1/tabell", WheelPlace} {
		if p := w.leader.Get(path); p.Status != 200 {
			t.Errorf("%s: %d", path, p.Status)
		} else if p.Doc != nil {
			webtest.CheckDOM(t, p.Doc)
		}
	}
	// The next round asks nothing that was answered not long ago.
	c := must(w.s.Begin(t.Context(), w.actor, New{Name: "Kvartal 4", Round: Quarterly, Year: 2026, Quarter: 4, Deadline: civil.Of(w.now).AddDays(20), Remind: 5, Kinds: []Kind{OfUnit}}))(t)
	quarter := must(w.s.Open(t.Context(), w.actor, c.ID.String()))(t)
	if a, _ := w.sheet(&quarter, "Social", OfUnit).Answer("egna-verktyg"); a.Known == nil || a.Known.Fact != "earlier" || a.Value != "yes" {
		t.Errorf("an answer of three weeks ago is asked for again: %+v", a)
	}
}

// unitsTold holds that what units answered reaches those who count it: the correction in the place of what it corrected, and only within reach.
func (w *town) unitsTold(number int64) {
	t := w.t
	read := func(r access.Reach) (out []UnitAnswers) {
		w.ok(w.d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) (err error) {
			out, err = Units(t.Context(), tx, w.s.Set, r)
			return err
		}))
		return out
	}
	all := read(access.Everywhere())
	i := slices.IndexFunc(all, func(u UnitAnswers) bool { return u.Name == "Social" })
	if i < 0 || all[i].Number != number || all[i].Told["egna-verktyg"].Means != Bad || all[i].Told["egna-verktyg"].By != "self-assessed" || all[i].Told["register-ratt"].Means != Good {
		t.Errorf("what the unit answered: %+v", all)
	}
	if p := w.leader.Get(all[i].Href()); p.Status != 200 {
		t.Errorf("%s: %d", all[i].Href(), p.Status)
	}
	head := access.Actor{ID: "chef", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.Executive, Unit: w.other}}}
	if own := read(access.ReachOf(head, "followup.List")); slices.ContainsFunc(own, func(u UnitAnswers) bool { return u.Name == "Social" }) {
		t.Errorf("another unit's head reads %+v", own)
	}
}

// guarded goes behind the program's back: the database itself lets nothing of a frozen campaign be changed, removed or added.
func (w *town) guarded(v *View, s *Sheet) {
	t := w.t
	raw := func(statement string, args ...any) error {
		return w.d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			n, err := tx.Exec(t.Context(), statement, args...)
			if err == nil && n == 0 {
				t.Errorf("nothing to change: %s", statement)
			}
			return err
		})
	}
	org := w.actor.Organisation
	for _, statement := range []string{
		`UPDATE campaign_answer SET value = 'yes' WHERE organisation_id = $1 AND sheet_id = $2`,
		`UPDATE campaign_answer SET day = '2026-01-01' WHERE organisation_id = $1 AND sheet_id = $2`,
		`UPDATE campaign_answer SET note = 'x' WHERE organisation_id = $1 AND sheet_id = $2`,
		`UPDATE campaign_answer SET known = '{}' WHERE organisation_id = $1 AND sheet_id = $2`,
		`UPDATE campaign_answer SET sheet_id = (SELECT MAX(id) FROM campaign_sheet) WHERE organisation_id = $1 AND sheet_id = $2`,
		`DELETE FROM campaign_answer WHERE organisation_id = $1 AND sheet_id = $2`,
		`INSERT INTO campaign_answer (organisation_id, sheet_id, question, value) VALUES ($1, $2, 'an-extra', 'yes')`,
		`UPDATE campaign_sheet SET sent_at = sent_at + 1 WHERE organisation_id = $1 AND id = $2`,
		`UPDATE campaign_sheet SET name = 'x' WHERE organisation_id = $1 AND id = $2`,
		`DELETE FROM campaign_sheet WHERE organisation_id = $1 AND id = $2`,
		`INSERT INTO campaign_sheet (id, organisation_id, campaign_id, kind, object_id, name, unit_id, unit, updated_at)
			SELECT 'an-extra', organisation_id, campaign_id, kind, 'another', name, unit_id, unit, updated_at FROM campaign_sheet WHERE organisation_id = $1 AND id = $2`,
	} {
		if err := raw(statement, org, s.ID); err == nil || !strings.Contains(err.Error(), "the campaign is frozen") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	for _, statement := range []string{
		`UPDATE campaign SET frozen_at = 0, hash = '' WHERE organisation_id = $1 AND id = $2`, `UPDATE campaign SET hash = 'x' WHERE organisation_id = $1 AND id = $2`,
		`UPDATE campaign SET name = 'x' WHERE organisation_id = $1 AND id = $2`, `DELETE FROM campaign WHERE organisation_id = $1 AND id = $2`,
	} {
		if err := raw(statement, org, v.ID); err == nil || !strings.Contains(err.Error(), "the campaign is frozen") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// What was not signed may change: an address is taken away, and a note gets another key.
	w.ok(raw(`UPDATE campaign_sheet SET email = '' WHERE organisation_id = $1 AND id = $2`, org, s.ID))
	undo := errors.New("as it was")
	err := w.d.Write(t.Context(), org, func(tx *db.Tx) error {
		n, err := tx.Exec(t.Context(), `UPDATE campaign_answer SET note = 'v1:otherkey:x' WHERE organisation_id = $1 AND note LIKE 'v1:%'`, org)
		if err == nil && n > 0 {
			err = undo
		}
		return err
	})
	if !errors.Is(err, undo) {
		t.Errorf("a note cannot get another key: %v", err)
	}
}

// changedBehind changes a frozen answer as somebody can who takes the guard away first: the page tells. In PostgreSQL only the tables' owner can,
// which the program is not.
func (w *town) changedBehind(s *Sheet) {
	if w.d.Engine != db.SQLite {
		return
	}
	t, org := w.t, w.actor.Organisation
	pool := w.d.WritePool()
	var guard string
	w.ok(pool.QueryRow(`SELECT sql FROM sqlite_master WHERE name = 'campaign_answer_keep'`).Scan(&guard))
	run := func(statement string, args ...any) {
		t.Helper()
		_, err := pool.Exec(statement, args...)
		w.ok(err)
	}
	const change = `UPDATE campaign_answer SET value = ? WHERE organisation_id = ? AND sheet_id = ? AND question = 'egna-verktyg'`
	run(`DROP TRIGGER campaign_answer_keep`)
	run(change, "yes", org, s.ID)
	if p := w.leader.Get(Place + "/1"); !strings.Contains(p.Text("main"), "stämmer inte med det som skrevs under") {
		t.Error("what was changed behind the program's back is not told")
	}
	run(change, "", org, s.ID)
	run(guard)
	if p := w.leader.Get(Place + "/1"); strings.Contains(p.Text("main"), "stämmer inte med det som skrevs under") {
		t.Error("what is as it was signed is said to be changed")
	}
}

// The wheel shows what is due; what is ticked is done that year and returns the next.
func TestWheel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		p := w.leader.Get(WheelPlace)
		webtest.CheckDOM(t, p.Doc)
		if later := w.leader.Get(WheelPlace + "?ar=2027"); len(p.All("svg.wheel path")) < 12 || !strings.Contains(later.Text("main"), "Behörigheter ska gås igenom i 2 system") {
			t.Errorf("the wheel: %s", later.Text("main"))
		}
		bad := w.leader.Submit(p, "form[action='"+WheelPlace+"']", url.Values{"titel": {" "}, "manad": {"10"}, "dag": {"5"}})
		webtest.CheckDOM(t, bad.Doc)
		if bad.Status != 422 {
			t.Errorf("an activity without a name: %d", bad.Status)
		}
		p = w.leader.Submit(p, "form[action='"+WheelPlace+"']", url.Values{"titel": {"Brandövning i serverhallen"}, "manad": {"9"}, "dag": {"5"}})
		if !strings.Contains(p.Text("main"), "Brandövning i serverhallen") {
			t.Fatalf("after adding: %s", p.Text("main"))
		}
		due := func(today civil.Date) (out []Item) {
			w.write(func(ctx context.Context, tx *db.Tx) (err error) {
				out, err = w.s.Due(ctx, tx, today)
				return err
			})
			return out
		}
		today := civil.Of(w.now)
		own := ""
		for _, it := range due(today) {
			if it.Sort == SortOwn {
				own = it.Key
			}
		}
		if own == "" {
			t.Fatalf("what is due within a month: %+v", due(today))
		}
		form := "#a-" + own + " form[action='" + WheelPlace + "/gjort']"
		p = w.leader.Submit(w.leader.Get(WheelPlace), form, nil)
		webtest.CheckDOM(t, p.Doc)
		for _, it := range due(today) {
			if it.Key == own {
				t.Error("what is ticked is still due")
			}
		}
		if p = w.leader.Get(WheelPlace + "?ar=2027"); !strings.Contains(p.Text("#a-"+own), "Kommer") {
			t.Errorf("next year: %q", p.Text("#a-"+own))
		}
		w.ok(w.s.EndActivity(t.Context(), w.actor, ids.ID[Activity](own)))
		if p = w.leader.Get(WheelPlace + "?ar=2027"); strings.Contains(p.Text("main"), "Brandövning") {
			t.Error("what has ended returns next year")
		}
		if p = w.leader.Get(WheelPlace); !strings.Contains(p.Text("#a-"+own), "Klart") {
			t.Error("what has ended is gone from the year that it was done in")
		}
		if err := w.s.Done(t.Context(), w.actor, Tick{Activity: "moon"}); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a tick of nothing: %v", err)
		}
		if p = w.leader.Get(WheelPlace + "?ar=1999"); p.Status != 404 {
			t.Errorf("another century: %d", p.Status)
		}
		csv := w.leader.Get(WheelPlace + "/tabell?ar=2026")
		if csv.Status != 200 || !strings.Contains(csv.Body, "Brandövning") {
			t.Errorf("the table: %d", csv.Status)
		}
	})
}
