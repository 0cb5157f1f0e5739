// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Form is a sheet as it is answered.
type Form struct {
	Campaign     Campaign
	Sheet        Sheet
	Organisation string
	// Others are the sheets of the same campaign that the same link leads to.
	Others []Sheet
	// Colleagues are those who have been asked a question.
	Colleagues []Delegation
	Mails      bool
	Today      civil.Date
}

// Open reports whether answers are still taken.
func (f *Form) Open() bool {
	return !f.Campaign.Sent.IsZero() && f.Campaign.Frozen.IsZero() && f.Sheet.Sent.IsZero()
}

// reach reads a sheet for whoever answers it: a link's user reaches those of the link, and others those of their units.
func reach(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Sheet]) (Sheet, error) {
	x, err := sheet(ctx, tx, id)
	if strings.HasPrefix(actor.ID, linkActor) {
		if errors.Is(err, db.ErrNotFound) || err == nil && !x.linkActor(actor) {
			return Sheet{}, link.ErrGone
		}
		return x, err
	}
	if err != nil {
		return Sheet{}, err
	}
	if err := access.CheckAt(actor, action, x.UnitID); err != nil {
		return Sheet{}, access.Beyond(fmt.Errorf("sheet %q: %w", id, db.ErrNotFound), err)
	}
	return x, nil
}

// Linked lists the sheets that a link leads to. The actor is the link's; link.ErrGone says that nobody asks any more.
func (s *Service) Linked(ctx context.Context, actor access.Actor, id ids.ID[Campaign]) ([]Sheet, error) {
	if err := access.Check(actor, "campaign.Linked"); err != nil {
		return nil, err
	}
	var out []Sheet
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := ofCampaign(ctx, tx, id)
		out = slices.DeleteFunc(all, func(x Sheet) bool { return !x.linkActor(actor) || x.State() == Settled })
		if err == nil && len(out) == 0 {
			return link.ErrGone
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is asked: %w", err)
	}
	return out, nil
}

// Sheet reads a sheet to be answered.
func (s *Service) Sheet(ctx context.Context, actor access.Actor, id ids.ID[Sheet]) (Form, error) {
	if err := access.Check(actor, "campaign.Sheet"); err != nil {
		return Form{}, err
	}
	var f Form
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		f.Today = civil.Of(tx.Now)
		if f.Sheet, err = reach(ctx, tx, actor, "campaign.Sheet", id); err != nil {
			return err
		}
		if f.Campaign, err = get(ctx, tx, actor.Organisation, f.Sheet.Campaign.String()); err != nil {
			return err
		}
		if f.Colleagues, err = delegations(ctx, tx, id); err != nil {
			return err
		}
		if f.Mails, err = s.mails(ctx, tx); err != nil {
			return err
		}
		o, err := organisation.Get(ctx, tx, actor.Organisation)
		f.Organisation = o.Name
		if err != nil || !strings.HasPrefix(actor.ID, linkActor) {
			return err
		}
		all, err := ofCampaign(ctx, tx, f.Campaign.ID)
		f.Others = slices.DeleteFunc(all, func(x Sheet) bool { return !x.linkActor(actor) || x.State() == Settled })
		return err
	})
	if err != nil {
		return Form{}, fmt.Errorf("read sheet: %w", err)
	}
	return f, nil
}

// open reads a sheet that the actor may answer now.
func open(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Sheet]) (Campaign, Sheet, error) {
	x, err := reach(ctx, tx, actor, action, id)
	if err != nil {
		return Campaign{}, Sheet{}, err
	}
	c, err := hold(ctx, tx, x.Campaign)
	if err != nil {
		return Campaign{}, Sheet{}, err
	}
	switch x, err = reach(ctx, tx, actor, action, id); { // as it is now that nobody else changes it
	case err != nil:
	case c.Sent.IsZero():
		err = ErrNotSent
	case !x.Sent.IsZero():
		err = ErrHandedIn
	}
	return c, x, err
}

// Answer saves answers to what a sheet asks; what they do not mention is left as it is. Nothing follows before the sheet is handed in.
func (s *Service) Answer(ctx context.Context, actor access.Actor, id ids.ID[Sheet], answers []Answer) error {
	if err := access.Check(actor, "campaign.Answer"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, x, err := open(ctx, tx, actor, "campaign.Answer", id)
		if err != nil {
			return err
		}
		return s.save(ctx, tx, actor, saving{&c, &x, answers, "campaign.Answer"})
	})
	if err != nil {
		return fmt.Errorf("save answers: %w", err)
	}
	return nil
}

// saving is answers to be saved, and what the log calls it.
type saving struct {
	campaign *Campaign
	sheet    *Sheet
	answers  []Answer
	action   string
}

func (s *Service) save(ctx context.Context, tx *db.Tx, actor access.Actor, w saving) error {
	var changed []string
	for i := range w.answers {
		a := w.answers[i]
		q, known := s.Set.Question(a.Question)
		old, there := w.sheet.Answer(a.Question)
		if !known || !there || !old.Asked() {
			return ErrValue
		}
		if old.Value == a.Value && old.Day == a.Day && old.Note == a.Note {
			continue
		}
		if err := a.Check(q, civil.Of(tx.Now)); err != nil {
			return fmt.Errorf("%s: %w", q.ID, err)
		}
		a.By = actor.ID
		if err := saveAnswer(ctx, tx, w.sheet.ID, &a); err != nil {
			return err
		}
		changed = append(changed, a.Question)
	}
	if len(changed) == 0 {
		return nil
	}
	w.sheet.Updated = tx.Now
	if err := updateSheet(ctx, tx, w.sheet); err != nil {
		return err
	}
	e := w.campaign.entry(w.action, map[string]any{"sheet": w.sheet.ID, "questions": changed})
	return audit.Append(ctx, tx, actor, e)
}

// HandIn hands a sheet in. What is said of a system becomes evidence: self-assessed, or attested where it names the day of something that was
// done. It never becomes a measurement. The link is used up when everything that it leads to has been handed in.
func (s *Service) HandIn(ctx context.Context, actor access.Actor, id ids.ID[Sheet]) error {
	if err := access.Check(actor, "campaign.HandIn"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, x, err := open(ctx, tx, actor, "campaign.HandIn", id)
		if err != nil {
			return err
		}
		if x.Left() > 0 {
			return ErrUnanswered
		}
		x.Sent, x.SentBy, x.Updated = tx.Now, actor.ID, tx.Now
		if err := updateSheet(ctx, tx, &x); err != nil {
			return err
		}
		n, err := s.prove(ctx, tx, actor, &x)
		if err != nil {
			return err
		}
		if err := s.finish(ctx, tx, actor, &c, &x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.HandIn", map[string]any{"sheet": x.ID, "kind": x.Kind, "evidence": n}))
	})
	if err != nil {
		return fmt.Errorf("hand in answers: %w", err)
	}
	return nil
}

// finish uses up the link of a sheet when it leads to nothing more that is to be answered.
func (s *Service) finish(ctx context.Context, tx *db.Tx, actor access.Actor, c *Campaign, x *Sheet) error {
	if s.Links == nil || x.Link == "" {
		return nil
	}
	all, err := ofCampaign(ctx, tx, c.ID)
	if err != nil || slices.ContainsFunc(all, func(o Sheet) bool { return o.Link == x.Link && (o.State() == Waiting || o.State() == Begun) }) {
		return err
	}
	if x.linkActor(actor) {
		return s.Links.Finish(ctx, tx, actor, x.Link)
	}
	return s.Links.Revoke(ctx, tx, actor, x.Link)
}

// prove makes the answers about a system into evidence. One that has left the register is only remembered.
func (s *Service) prove(ctx context.Context, tx *db.Tx, actor access.Actor, x *Sheet) (int, error) {
	if x.Kind != OfSystem || s.Evidence == nil {
		return 0, nil
	}
	sys, err := system.Get(ctx, tx, tx.Scope, x.Object)
	if errors.Is(err, db.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range x.Answers {
		a := &x.Answers[i]
		q, ok := s.Set.Question(a.Question)
		if !ok {
			continue
		}
		made, ok := q.proof(a, civil.Of(tx.Now))
		if !ok {
			continue
		}
		made.System = sys.ID
		if _, err := s.Evidence.Add(ctx, tx, actor, made); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// proof is the evidence that an answer is; ok is false when it is none.
func (q *Question) proof(a *Answer, today civil.Date) (evidence.New, bool) {
	if q.Evidence == nil || !a.Asked() {
		return evidence.New{}, false
	}
	n := evidence.New{
		Kind: "EV_ATTEST", Source: evidence.SelfAssessed, Subject: q.Evidence.Subject, About: q.Evidence.About,
		Detail: evidence.Detail{Title: q.Text.SV, Covers: strings.TrimSpace(a.Note)},
	}
	switch q.Means(a.Value) {
	case Good:
		n.Outcome = evidence.For
	case Part, Bad:
		n.Outcome = evidence.Against
	default:
		return evidence.New{}, false
	}
	if !a.Day.IsZero() {
		if a.Day.AddMonths(year).Before(today) {
			return evidence.New{}, false // too long ago to count
		}
		n.Source, n.Observed = evidence.Attested, a.Day.Time()
	}
	return n, true
}

// Ask is a question that is sent on to a colleague.
type Ask struct {
	Question string
	To, Lang string
}

// Delegate mails a colleague a link to one question of a sheet.
func (s *Service) Delegate(ctx context.Context, actor access.Actor, id ids.ID[Sheet], a Ask) error {
	if err := access.Check(actor, "campaign.Delegate"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, x, err := open(ctx, tx, actor, "campaign.Delegate", id)
		if err != nil {
			return err
		}
		if err := s.mayAsk(ctx, tx, &x, a); err != nil {
			return err
		}
		d := Delegation{ID: ids.New[Delegation](), Sheet: x.ID, Question: a.Question, Asked: mail.Masked(a.To)}
		d.Link, err = s.Links.Create(ctx, tx, actor, link.New{Task: QuestionTask, Object: d.ID.String(), To: a.To, Lang: a.Lang})
		if errors.Is(err, mail.ErrNotSet) || errors.Is(err, mail.ErrNoKey) {
			return ErrNoMail
		}
		if err != nil {
			return err
		}
		if err := insertDelegation(ctx, tx, &d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.Delegate", map[string]any{"sheet": x.ID, "question": a.Question, "link": d.Link}))
	})
	if err != nil {
		return fmt.Errorf("ask a colleague: %w", err)
	}
	return nil
}

func (s *Service) mayAsk(ctx context.Context, tx *db.Tx, x *Sheet, a Ask) error {
	if ready, err := s.mails(ctx, tx); err != nil || !ready {
		return errors.Join(err, ErrNoMail)
	}
	if err := mail.CheckAddress(a.To); err != nil {
		return err
	}
	if old, ok := x.Answer(a.Question); !ok || !old.Asked() {
		return ErrValue
	}
	asked, err := delegations(ctx, tx, x.ID)
	n := 0
	for _, d := range asked {
		if d.Question == a.Question && d.Answered.IsZero() {
			n++
		}
	}
	if n >= mostAsked {
		return ErrAsked
	}
	return err
}

// Take makes a colleague's answer the sheet's own.
func (s *Service) Take(ctx context.Context, actor access.Actor, id ids.ID[Sheet], from ids.ID[Delegation]) error {
	if err := access.Check(actor, "campaign.Take"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, x, err := open(ctx, tx, actor, "campaign.Take", id)
		if err != nil {
			return err
		}
		d, err := delegation(ctx, tx, from)
		if err != nil {
			return err
		}
		if d.Sheet != x.ID || d.Answered.IsZero() {
			return fmt.Errorf("answer %q: %w", from, db.ErrNotFound)
		}
		return s.save(ctx, tx, actor, saving{&c, &x, []Answer{{Question: d.Question, Value: d.Value, Day: d.Day, Note: d.Note}}, "campaign.Take"})
	})
	if err != nil {
		return fmt.Errorf("take a colleague's answer: %w", err)
	}
	return nil
}

// Posed is the question that a colleague has been sent.
type Posed struct {
	Delegation Delegation
	Question   *Question
	// About is the name of the unit or the system.
	About string
	Today civil.Date
}

// posed reads the question of a link, while it waits for an answer.
func (s *Service) posed(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Delegation]) (Posed, Campaign, error) {
	d, err := delegation(ctx, tx, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && (actor.ID != linkActor+d.Link.String() || !d.Answered.IsZero()) {
		return Posed{}, Campaign{}, link.ErrGone
	}
	if err != nil {
		return Posed{}, Campaign{}, err
	}
	x, err := sheet(ctx, tx, d.Sheet)
	if err != nil {
		return Posed{}, Campaign{}, err
	}
	c, err := get(ctx, tx, tx.Scope, x.Campaign.String())
	if err != nil {
		return Posed{}, Campaign{}, err
	}
	q, ok := s.Set.Question(d.Question)
	if !ok || !c.Frozen.IsZero() || !x.Sent.IsZero() {
		return Posed{}, Campaign{}, link.ErrGone
	}
	return Posed{d, q, x.Name, civil.Of(tx.Now)}, c, nil
}

// Posed reads the question that a link leads a colleague to.
func (s *Service) Posed(ctx context.Context, actor access.Actor, id ids.ID[Delegation]) (Posed, error) {
	if err := access.Check(actor, "campaign.Posed"); err != nil {
		return Posed{}, err
	}
	var out Posed
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, _, err = s.posed(ctx, tx, actor, id)
		return err
	})
	if err != nil {
		return Posed{}, fmt.Errorf("read question: %w", err)
	}
	return out, nil
}

// AnswerPosed keeps a colleague's answer as a suggestion, and uses up the link.
func (s *Service) AnswerPosed(ctx context.Context, actor access.Actor, id ids.ID[Delegation], a Answer) error {
	if err := access.Check(actor, "campaign.AnswerPosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, c, err := s.posed(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if a.Value == "" {
			return ErrValue
		}
		if err := a.Check(p.Question, p.Today); err != nil {
			return err
		}
		if c, err = hold(ctx, tx, c.ID); err != nil {
			return err
		}
		d := p.Delegation
		d.Value, d.Day, d.Note = a.Value, a.Day, a.Note
		if err := answerDelegation(ctx, tx, &d); err != nil {
			return err
		}
		if err := s.Links.Finish(ctx, tx, actor, d.Link); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.AnswerPosed", map[string]any{"sheet": d.Sheet, "question": d.Question}))
	})
	if err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	return nil
}
