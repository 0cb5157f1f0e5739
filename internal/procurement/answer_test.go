// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// asking is a world whose organisation can ask suppliers, with a clock that the test moves.
type asking struct {
	*world
	now time.Time
}

func newAsking(t *testing.T, d *db.DB) *asking {
	t.Helper()
	a := &asking{world: newWorld(t, d, 1)}
	a.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	d.Now = func() time.Time { return a.now }
	k, err := key.Create(filepath.Join(t.TempDir(), "key"))
	must(t, err)
	texts, err := locale.NewBundle(map[string]string{"mail": mail.Messages})
	must(t, err)
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	must(t, err)
	m := &mail.Service{DB: d, Jobs: q, Texts: texts, Key: k, Base: func() string { return "https://insegel.example" }}
	must(t, m.Set(t.Context(), a.actor, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}))
	life, err := evidence.LoadLife(data.Files)
	must(t, err)
	x, err := verdict.LoadIndicator(data.Files)
	must(t, err)
	c := a.service.Requirements.Engine.Catalogue
	a.service.Requirements.Proof, err = requirement.LoadProof(data.Files, c, x, life)
	must(t, err)
	a.service.Links = &link.Links{DB: d, Mail: m, Key: k}
	a.service.Evidence = &evidence.Service{DB: d, Catalogue: c, Life: life, Indicator: x}
	a.service.Actions = &action.Service{DB: d, Requirements: a.service.Requirements}
	a.service.Texts = a.sv()
	return a
}

func (a *asking) sv() *locale.Localizer { return a.texts.In("sv") }

// holder is whoever has opened a link.
func (a *asking) holder(id ids.ID[link.Link]) access.Actor {
	return (&link.Link{ID: id, Organisation: a.actor.Organisation}).Actor("192.0.2.7")
}

// ask asks the supplier, and gives the sheet and who holds its link.
func (a *asking) ask(t *testing.T, in procurement.Ask) (procurement.Seat, access.Actor) {
	t.Helper()
	if in.To == "" {
		in.To = "lo@leverantor.example"
	}
	in.Lang = "sv"
	must(t, a.service.AskSupplier(t.Context(), a.actor, "farligt", a.sv(), in))
	r := a.supplied(t).Requests[0]
	return procurement.Seat{Kind: procurement.SheetRequest, ID: r.ID.String()}, a.holder(r.Link)
}

func (a *asking) supplied(t *testing.T) procurement.Supplied {
	t.Helper()
	s, err := a.service.Supplied(t.Context(), a.actor, "farligt", a.sv())
	must(t, err)
	return s
}

func (a *asking) answer(t *testing.T, id string) *procurement.Compared {
	t.Helper()
	s := a.supplied(t)
	for i := range s.Answers {
		if s.Answers[i].ID == id {
			return &s.Answers[i]
		}
	}
	t.Fatalf("there is no answer to %s", id)
	return nil
}

func (a *asking) records(t *testing.T) []evidence.Record {
	t.Helper()
	one, err := a.service.Evidence.List(t.Context(), a.actor, "farligt")
	must(t, err)
	return one.Records
}

// What a supplier answers stands beside what is measured, is accepted, counts from the day that the contract begins, and what deviates becomes
// an action in the same step.
func TestAnswersAreHeldAgainstEvidenceAndAccepted(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newAsking(t, d)
		seat, holder := a.ask(t, procurement.Ask{})
		p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		met, contradicted, no, own := p.Rows[0].ID, p.Rows[1].ID, p.Rows[2].ID, p.Rows[3].ID
		_, err = a.service.Evidence.Record(t.Context(), a.actor, evidence.New{
			System: a.supplied(t).System.ID, Kind: "EV_TEST", Source: evidence.Measured, Subject: evidence.SubjectOther, Outcome: evidence.Against, About: []string{contradicted},
		})
		must(t, err)
		must(t, a.service.AnswerPosed(t.Context(), holder, a.sv(), seat, []procurement.Reply{
			{Requirement: met, Status: requirement.Met},
			{Requirement: contradicted, Status: requirement.Met},
			{Requirement: no, Status: requirement.NotMet, How: "Kommer nästa år."},
			{Requirement: own, Status: requirement.Met, From: civil.Date{Year: 2027, Month: 2, Day: 1}},
		}))
		if n := len(a.supplied(t).Answers); n != 0 {
			t.Fatalf("%d answers are seen before they were sent", n)
		}
		a.waits(t, a.actor, "")
		must(t, a.service.SendPosed(t.Context(), holder, a.sv(), seat))
		a.waits(t, a.actor, "replies 4 mine /system/farligt/leverantorssvar?visa=att-godta")
		for id, want := range map[string]procurement.Contrast{met: procurement.NothingKnown, contradicted: procurement.MeasuredOther, no: procurement.NothingKnown} {
			if got := a.answer(t, id).Contrast; got != want {
				t.Errorf("%s: the difference is %q, want %q", id, got, want)
			}
		}
		accept := func(in procurement.Accept) (int, error) {
			return a.service.AcceptReplies(t.Context(), a.actor, "farligt", a.sv(), in)
		}
		starts := civil.Date{Year: 2026, Month: 12, Day: 1}
		if n, err := accept(procurement.Accept{Clear: true, Starts: starts}); err != nil || n != 2 {
			t.Fatalf("all without a difference: %d, %v", n, err)
		}
		a.waits(t, a.actor, "replies 2 mine /system/farligt/leverantorssvar?visa=att-godta")
		auditor := a.actor
		auditor.Roles = []access.Role{access.Auditor}
		a.waits(t, auditor, "replies 2 others' /system/farligt/leverantorssvar?visa=att-godta")
		if _, err := accept(procurement.Accept{Requirements: []string{no}}); !errors.Is(err, procurement.ErrDoer) {
			t.Errorf("a deviation without an action: %v", err)
		}
		if _, err := accept(procurement.Accept{Requirements: []string{met}}); !errors.Is(err, procurement.ErrNoReply) {
			t.Errorf("the same again: %v", err)
		}
		due := civil.Date{Year: 2027, Month: 3, Day: 1}
		if n, err := accept(procurement.Accept{Requirements: []string{no, contradicted}, Owner: "system-owner", Due: due}); err != nil || n != 2 {
			t.Fatalf("the deviation with an action: %d, %v", n, err)
		}
		a.waits(t, a.actor, "")
		if x := a.answer(t, no).Action; x == nil || x.DueOn != due || x.OwnerRole != "system-owner" || x.Status != action.Planned {
			t.Errorf("the action is %+v", x)
		}
		// The contract has not begun for the first two; the others count today. What was measured stands.
		if n := len(a.records(t)); n != 3 {
			t.Fatalf("%d records, want the measurement and two answers", n)
		}
		if c := a.answer(t, contradicted); c.Shown != requirement.Contradicted || c.Contrast != procurement.MeasuredOther || c.Accepted == nil {
			t.Errorf("the contradicted one: %v %q %+v", c.Shown, c.Contrast, c.Accepted)
		}
		a.now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		must(t, a.service.Tick(t.Context(), access.SystemActor(a.actor.Organisation)))
		must(t, a.service.Tick(t.Context(), access.SystemActor(a.actor.Organisation)))
		list := a.records(t)
		if len(list) != 4 {
			t.Fatalf("%d records on the day that the contract begins, want 4", len(list))
		}
		r := list[len(list)-1]
		if r.About[0] != met || r.Source != evidence.Attested || r.Outcome != evidence.For || r.SeenOn != starts || r.Expires != (civil.Date{Year: 2027, Month: 11, Day: 23}) {
			t.Errorf("the evidence is %+v", r)
		}
		if c := a.answer(t, met); c.Accepted.Record != r.ID || len(c.Grounds) != 0 {
			t.Errorf("the answer is held against itself: %+v", c)
		}
		if c := a.answer(t, own); c.Accepted.Counts != (civil.Date{Year: 2027, Month: 2, Day: 1}) || c.Accepted.Record != "" {
			t.Errorf("what holds from later: %+v", c.Accepted)
		}
		a.reask(t)
	})
}

// reask sees that the supplier is asked again before what was accepted ends, and not while it has been.
func (a *asking) reask(t *testing.T) {
	t.Helper()
	due := func() (out []procurement.Reask) {
		must(t, a.db.Read(t.Context(), a.actor.Organisation, func(tx *db.Tx) (err error) {
			out, err = procurement.Reasks(t.Context(), tx, civil.Of(tx.Now))
			return err
		}))
		return out
	}
	if list := due(); len(list) != 0 {
		t.Errorf("asked again already: %+v", list)
	}
	a.now = time.Date(2027, 10, 1, 9, 0, 0, 0, time.UTC)
	must(t, a.service.Tick(t.Context(), access.SystemActor(a.actor.Organisation)))
	if list := due(); len(list) != 1 || list[0].Count != 4 || list[0].By != (civil.Date{Year: 2027, Month: 11, Day: 23}) {
		t.Errorf("before it ends: %+v", list)
	}
	a.ask(t, procurement.Ask{})
	if list := due(); len(list) != 0 {
		t.Errorf("asked, and asked again: %+v", list)
	}
}

// Who answers for an own unit is asked how things are, and what it says is self-assessed.
func TestOwnUnitIsAskedAlike(t *testing.T) {
	a := newAsking(t, dbtest.SQLite(t))
	seat, holder := a.ask(t, procurement.Ask{To: "it@norrsjo.example", Form: procurement.ToUnit})
	p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	for _, r := range a.annex(t).Rows {
		if r.ID == p.Rows[0].ID && p.Rows[0].Text.SV != r.Is(catalogue.SV) {
			t.Errorf("the unit is asked %q", p.Rows[0].Text.SV)
		}
	}
	must(t, a.service.AnswerPosed(t.Context(), holder, a.sv(), seat, []procurement.Reply{{Requirement: p.Rows[0].ID, Status: requirement.Met}}))
	must(t, a.service.SendPosed(t.Context(), holder, a.sv(), seat))
	_, err = a.service.AcceptReplies(t.Context(), a.actor, "farligt", a.sv(), procurement.Accept{Clear: true})
	must(t, err)
	if list := a.records(t); len(list) != 1 || list[0].Source != evidence.SelfAssessed || list[0].Strength != 0 {
		t.Errorf("the evidence is %+v", list)
	}
}

// A colleague answers one topic and nothing else, and everything is shut when the answers are sent.
func TestColleagueAnswersOneTopic(t *testing.T) {
	a := newAsking(t, dbtest.SQLite(t))
	seat, holder := a.ask(t, procurement.Ask{})
	p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	topic, other := p.Rows[0].Topic, ""
	for i := range p.Rows {
		if p.Rows[i].Topic != topic {
			other = p.Rows[i].ID
			break
		}
	}
	must(t, a.service.DelegatePosed(t.Context(), holder, a.sv(), seat, procurement.Delegate{To: "kim@leverantor.example", Lang: "sv", Topic: topic}))
	p, err = a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	part := procurement.Seat{Kind: procurement.SheetPart, ID: p.Parts[0].ID.String()}
	kim := a.holder(p.Parts[0].Link)
	mine, err := a.service.Posed(t.Context(), kim, part, a.sv())
	must(t, err)
	for i := range mine.Rows {
		if mine.Rows[i].Topic != topic {
			t.Fatalf("the colleague sees %s too", mine.Rows[i].Topic)
		}
	}
	if err := a.service.AnswerPosed(t.Context(), kim, a.sv(), part, []procurement.Reply{{Requirement: other, Status: requirement.Met}}); !errors.Is(err, procurement.ErrUnknown) {
		t.Errorf("the colleague answers another topic: %v", err)
	}
	for _, wrong := range []struct {
		who access.Actor
		at  procurement.Seat
	}{{kim, seat}, {holder, part}, {a.holder(ids.New[link.Link]()), seat}} {
		if _, err := a.service.Posed(t.Context(), wrong.who, wrong.at, a.sv()); !errors.Is(err, link.ErrGone) {
			t.Errorf("a link opens another's sheet: %v", err)
		}
	}
	must(t, a.service.AnswerPosed(t.Context(), kim, a.sv(), part, []procurement.Reply{{Requirement: mine.Rows[0].ID, Status: requirement.Met}}))
	must(t, a.service.SendPosed(t.Context(), kim, a.sv(), part))
	if _, err := a.service.Posed(t.Context(), kim, part, a.sv()); !errors.Is(err, link.ErrGone) {
		t.Errorf("the part is open after it was handed over: %v", err)
	}
	must(t, a.service.SendPosed(t.Context(), holder, a.sv(), seat))
	if got := a.answer(t, mine.Rows[0].ID).Reply.Status; got != requirement.Met {
		t.Errorf("the colleague's answer is %q", got)
	}
}

// Another organisation's link and people reach nothing of the answers.
func TestAnswersOfAnotherOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newAsking(t, d)
		seat, holder := a.ask(t, procurement.Ask{})
		p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		row := p.Rows[0].ID
		must(t, a.service.AttachPosed(t.Context(), holder, a.sv(), seat, procurement.Attach{Requirement: row, Name: "intyg.pdf", Content: []byte("%PDF-1.7 hemligt")}))
		must(t, a.service.AnswerPosed(t.Context(), holder, a.sv(), seat, []procurement.Reply{{Requirement: row, Status: requirement.Met, How: "hemligt"}}))
		other := dbtest.Organisation(t, d, "annan")
		stranger := (&link.Link{ID: ids.ID[link.Link](strings.TrimPrefix(holder.ID, "link:")), Organisation: other.Organisation}).Actor("192.0.2.7")
		if _, err := a.service.Posed(t.Context(), stranger, seat, a.sv()); !errors.Is(err, link.ErrGone) {
			t.Errorf("another organisation's link: %v", err)
		}
		must(t, a.service.SendPosed(t.Context(), holder, a.sv(), seat))
		file := a.answer(t, row).Files[0]
		if f, err := a.service.Attachment(t.Context(), a.actor, "farligt", file.ID); err != nil || string(f.Content) != "%PDF-1.7 hemligt" || f.Name != "intyg.pdf" {
			t.Errorf("the document: %+v, %v", f.Attached, err)
		}
		if _, err := a.service.Attachment(t.Context(), other, "farligt", file.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation reads the document: %v", err)
		}
		if _, err := a.service.AcceptReplies(t.Context(), other, "farligt", a.sv(), procurement.Accept{Clear: true}); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation accepts: %v", err)
		}
		if _, err := a.service.Posed(t.Context(), holder, seat, a.sv()); !errors.Is(err, link.ErrGone) {
			t.Errorf("the link after the answers were sent: %v", err)
		}
	})
}

// packed makes an archive of parts.
func packed(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		must(t, err)
		_, err = w.Write([]byte(parts[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// What is in a document decides whether it is taken, whatever its name says.
func TestOnlyHarmlessDocumentsAreTaken(t *testing.T) {
	a := newAsking(t, dbtest.SQLite(t))
	seat, holder := a.ask(t, procurement.Ask{})
	p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
	must(t, err)
	docx := packed(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>")
	for _, tt := range []struct {
		name    string
		content []byte
		want    error
		saved   string
	}{
		{"bild.png", []byte("\x89PNG\r\n\x1a\nrest"), nil, "bild.png"},
		{"avtal.exe", docx, nil, "avtal.docx"},
		{`..\..\etc/pass"wd<.txt`, []byte("Så här gör vi.\n"), nil, "passwd.txt"},
		{"svg.txt", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), procurement.ErrFileType, ""},
		{"bild.png", []byte("<!DOCTYPE html><script>alert(1)</script>"), procurement.ErrFileType, ""},
		{"a.txt", []byte("text\x00med nolla"), procurement.ErrFileType, ""},
		{"program.pdf", []byte("MZ\x90\x00"), procurement.ErrFileType, ""},
		{"arkiv.docx", packed(t, "a.txt", "bara ett arkiv"), procurement.ErrFileType, ""},
		{"makron.docx", packed(t, "[Content_Types].xml", "x", "word/document.xml", "x", "word/vbaProject.bin", "x"), procurement.ErrFileType, ""},
		{"inuti.docx", packed(t, "[Content_Types].xml", "x", "word/document.xml", "x", "word/embeddings/a.bin", "PK\x03\x04x"), procurement.ErrFileType, ""},
		{"bomb.docx", packed(t, "[Content_Types].xml", "x", "word/document.xml", strings.Repeat("0", 101<<20)), procurement.ErrFileType, ""},
		{"utanfor.docx", packed(t, "[Content_Types].xml", "x", "word/document.xml", "x", "../../etc/passwd", "x"), procurement.ErrFileType, ""},
		{"tom.pdf", nil, procurement.ErrFileSize, ""},
		{"stor.pdf", append([]byte("%PDF-"), make([]byte, procurement.MaxAttached)...), procurement.ErrFileSize, ""},
	} {
		err := a.service.AttachPosed(t.Context(), holder, a.sv(), seat, procurement.Attach{Requirement: p.Rows[0].ID, Name: tt.name, Content: tt.content})
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if tt.want != nil {
			continue
		}
		now, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		files := now.Rows[0].Files
		if got := files[len(files)-1].Name; got != tt.saved {
			t.Errorf("%s is saved as %q, want %q", tt.name, got, tt.saved)
		}
	}
	if err := a.service.AttachPosed(t.Context(), holder, a.sv(), seat, procurement.Attach{Requirement: "FINNS_INTE", Name: "a.txt", Content: []byte("a")}); !errors.Is(err, procurement.ErrUnknown) {
		t.Errorf("a document of what is not asked: %v", err)
	}
	var stored []string
	must(t, a.db.Read(t.Context(), a.actor.Organisation, func(tx *db.Tx) (err error) {
		stored, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var name, content string
			err := scan(&name, &content)
			return name + content, err
		}, `SELECT name, content FROM answer_file WHERE organisation_id = $1`, a.actor.Organisation)
		return err
	}))
	if len(stored) != 3 {
		t.Errorf("%d documents are stored, want 3", len(stored))
	}
}

// Who has not answered is sent a new link when the last day is near, once; the old one is shut.
func TestReminder(t *testing.T) {
	a := newAsking(t, dbtest.SQLite(t))
	seat, holder := a.ask(t, procurement.Ask{Until: civil.Date{Year: 2026, Month: 12, Day: 20}})
	tick := func() procurement.Request {
		must(t, a.service.Tick(t.Context(), access.SystemActor(a.actor.Organisation)))
		return a.supplied(t).Requests[0]
	}
	first := tick()
	if a.holder(first.Link).ID != holder.ID {
		t.Fatal("a reminder is sent long before the last day")
	}
	a.now = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	second := tick()
	if second.Link == first.Link {
		t.Fatal("no reminder is sent")
	}
	if _, err := a.service.Posed(t.Context(), a.holder(second.Link), seat, a.sv()); err != nil {
		t.Errorf("the new link: %v", err)
	}
	if _, err := a.service.Posed(t.Context(), holder, seat, a.sv()); !errors.Is(err, link.ErrGone) {
		t.Errorf("the old link: %v", err)
	}
	if third := tick(); third.Link != second.Link {
		t.Error("a second reminder is sent")
	}
	for _, until := range []civil.Date{{Year: 2026, Month: 12, Day: 1}, {Year: 2027, Month: 3, Day: 1}} {
		err := a.service.AskSupplier(t.Context(), a.actor, "farligt", a.sv(), procurement.Ask{To: "x@leverantor.example", Lang: "sv", Until: until})
		if !errors.Is(err, procurement.ErrUntil) {
			t.Errorf("until %s: %v", until, err)
		}
	}
}

// A supplier that has answered about one system is shown its own answers when it is asked about another, to be confirmed: only to the same domain
// of the same supplier, and never as an answer that nobody has given.
func TestEarlierAnswersArePrefilled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		a := newAsking(t, d)
		register := &system.Service{DB: d}
		e, err := register.Edit(t.Context(), a.actor, "farligt")
		must(t, err)
		e.System.Supplier = "Leverantören AB"
		must(t, register.Update(t.Context(), a.actor, e.System))
		second := system.New("Det andra")
		second.Supplier, second.Facts, second.Hosting = "Leverantören AB", e.System.Facts, e.System.Hosting
		other, err := register.Create(t.Context(), a.actor, second)
		must(t, err)
		seat, holder := a.ask(t, procurement.Ask{})
		p, err := a.service.Posed(t.Context(), holder, seat, a.sv())
		must(t, err)
		said := p.Rows[0].ID
		must(t, a.service.AnswerPosed(t.Context(), holder, a.sv(), seat, []procurement.Reply{{Requirement: said, Status: requirement.Partly, How: "Halva finns."}}))
		posed := func(in procurement.Ask) *procurement.PosedRow {
			t.Helper()
			in.Lang = "sv"
			must(t, a.service.AskSupplier(t.Context(), a.actor, other.Slug, a.sv(), in))
			s, err := a.service.Supplied(t.Context(), a.actor, other.Slug, a.sv())
			must(t, err)
			at := procurement.Seat{Kind: procurement.SheetRequest, ID: s.Requests[0].ID.String()}
			p, err := a.service.Posed(t.Context(), a.holder(s.Requests[0].Link), at, a.sv())
			must(t, err)
			for i := range p.Rows {
				if p.Rows[i].ID == said {
					return &p.Rows[i]
				}
			}
			t.Fatalf("%s is not asked about the second system", said)
			return nil
		}
		if row := posed(procurement.Ask{To: "kim@leverantor.example"}); row.Earlier != nil {
			t.Error("what was not sent is shown")
		}
		must(t, a.service.SendPosed(t.Context(), holder, a.sv(), seat))
		row := posed(procurement.Ask{To: "kim@leverantor.example"})
		if row.Earlier == nil || row.Earlier.Status != requirement.Partly || row.Earlier.How != "Halva finns." || row.Earlier.System != e.System.Name || row.Reply.Status != "" {
			t.Errorf("what the supplier has answered before: %+v, beside %+v", row.Earlier, row.Reply)
		}
		if row := posed(procurement.Ask{To: "kim@annan.example"}); row.Earlier != nil {
			t.Error("another domain is shown the supplier's answers")
		}
		if row := posed(procurement.Ask{To: "kim@leverantor.example", Form: procurement.ToUnit}); row.Earlier != nil {
			t.Error("an own unit is shown the supplier's answers")
		}
		if s, err := a.service.Supplied(t.Context(), a.actor, other.Slug, a.sv()); err != nil || len(s.Replies) != 0 {
			t.Errorf("%d answers that nobody has sent stand about the second system: %v", len(s.Replies), err)
		}
	})
}
