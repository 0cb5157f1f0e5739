// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
)

// Delegation is one question that a colleague has been asked by mail (Swedish: delegerad fråga). The answer is a suggestion beside one's
// own: it never becomes the answer by itself.
type Delegation struct {
	ID             ids.ID[Delegation]
	Classification ids.ID[Classification]
	Aspect         catalogue.Aspect
	Perspective    string
	Link           ids.ID[link.Link]
	// Asked is the address with most of the name left out.
	Asked string
	At    time.Time
	// Answered is when the colleague answered with Level and Motivation; zero while they have not.
	Answered   time.Time
	Level      int
	Motivation string
}

// Ask is a question to a colleague.
type Ask struct {
	Aspect      catalogue.Aspect
	Perspective string
	To, Lang    string
}

// QuestionTask names the links that ask one question.
const QuestionTask = "classification.question"

// mostAsked is how many colleagues are asked the same question at once.
const mostAsked = 5

var (
	// ErrNoMail says that nobody can be asked, because the organisation sends no mail.
	ErrNoMail = errors.New("nobody can be asked: the organisation sends no mail")
	// ErrAsked says that enough colleagues have been asked.
	ErrAsked = errors.New("enough colleagues have been asked the same question")
)

// Delegate mails a colleague a link to one question of the system's draft.
func (s *Service) Delegate(ctx context.Context, actor access.Actor, ref string, a Ask) error {
	if err := access.Check(actor, "classification.Delegate"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.open(ctx, tx, opening{actor, "classification.Delegate", ref, nil})
		if err != nil {
			return err
		}
		if w.State.Draft == nil {
			return ErrNoDraft
		}
		if err := s.mayAsk(ctx, tx, &w, a); err != nil {
			return err
		}
		d := Delegation{ID: ids.New[Delegation](), Classification: w.State.Draft.ID, Aspect: a.Aspect, Perspective: a.Perspective, Asked: mail.Masked(a.To)}
		d.Link, err = s.Links.Create(ctx, tx, actor, link.New{Task: QuestionTask, Object: d.ID.String(), To: a.To, Lang: a.Lang})
		if errors.Is(err, mail.ErrNotSet) || errors.Is(err, mail.ErrNoKey) {
			return ErrNoMail
		}
		if err != nil {
			return err
		}
		if err := insertDelegation(ctx, tx, actor, d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.Delegate", ObjectKind: "system", ObjectID: w.System.ID.String(),
			Data: map[string]any{"aspect": a.Aspect.String(), "perspective": a.Perspective, "link": d.Link},
		})
	})
	if err != nil {
		return fmt.Errorf("ask a colleague: %w", err)
	}
	return nil
}

// mayAsk refuses a question that the model does not have, an address that cannot be written to, and one colleague too many.
func (s *Service) mayAsk(ctx context.Context, tx *db.Tx, w *Work, a Ask) error {
	if s.Links == nil {
		return ErrNoMail
	}
	if err := mail.CheckAddress(a.To); err != nil {
		return err
	}
	if _, ok := w.Model.Aspect(a.Aspect); !ok || !hasPerspective(w.Model, a.Perspective) {
		return ErrAspect
	}
	asked, err := delegations(ctx, tx, w.State.Draft.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, d := range asked {
		if d.Aspect == a.Aspect && d.Perspective == a.Perspective && d.Answered.IsZero() {
			n++
		}
	}
	if n >= mostAsked {
		return ErrAsked
	}
	return nil
}

func hasPerspective(m *catalogue.Model, perspective string) bool {
	for _, p := range m.Perspectives {
		if p.Perspective.String() == perspective {
			return true
		}
	}
	return false
}

// Recall takes back a question, and with it an answer that has come. The link is shut at once.
func (s *Service) Recall(ctx context.Context, actor access.Actor, ref string, id ids.ID[Delegation]) error {
	if err := access.Check(actor, "classification.Recall"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.open(ctx, tx, opening{actor, "classification.Recall", ref, nil})
		if err != nil {
			return err
		}
		d, err := delegation(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State.Draft == nil || d.Classification != w.State.Draft.ID {
			return db.ErrNotFound
		}
		if err := removeDelegation(ctx, tx, d.ID); err != nil {
			return err
		}
		if err := s.shut(ctx, tx, actor, d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.Recall", ObjectKind: "system", ObjectID: w.System.ID.String(), Data: map[string]any{"link": d.Link},
		})
	})
	if err != nil {
		return fmt.Errorf("take back question: %w", err)
	}
	return nil
}

// shut takes a question's link back.
func (s *Service) shut(ctx context.Context, tx *db.Tx, actor access.Actor, d Delegation) error {
	if s.Links == nil {
		return nil
	}
	return s.Links.Revoke(ctx, tx, actor, d.Link)
}

// recallAll takes back every question of a draft, and every answer: after a stop nothing of what was answered may be left.
func (s *Service) recallAll(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Classification]) error {
	all, err := delegations(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := errors.Join(removeDelegation(ctx, tx, d.ID), s.shut(ctx, tx, actor, d)); err != nil {
			return err
		}
	}
	return nil
}

// Question is what a colleague is shown: the question and what it is about, and nothing that anybody has answered.
type Question struct {
	Delegation Delegation
	System     string
	Model      *catalogue.Model
}

// Delegated gives the question of a link. The actor is the link's; link.ErrGone says that nobody asks any more.
func (s *Service) Delegated(ctx context.Context, actor access.Actor, id ids.ID[Delegation]) (Question, error) {
	if err := access.Check(actor, "classification.Delegated"); err != nil {
		return Question{}, err
	}
	var q Question
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		q, err = s.question(ctx, tx, actor, "classification.Delegated", id)
		return err
	})
	if err != nil {
		return Question{}, fmt.Errorf("read question: %w", err)
	}
	return q, nil
}

func (s *Service) question(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Delegation]) (Question, error) {
	d, err := delegation(ctx, tx, id)
	if errors.Is(err, db.ErrNotFound) {
		return Question{}, link.ErrGone
	}
	if err != nil {
		return Question{}, err
	}
	ref, err := systemOf(ctx, tx, d.Classification)
	if err != nil {
		return Question{}, err
	}
	w, err := s.open(ctx, tx, opening{actor, action, ref, nil})
	if err != nil {
		return Question{}, err
	}
	if w.State.Draft == nil || w.State.Draft.ID != d.Classification || !d.Answered.IsZero() {
		return Question{}, link.ErrGone
	}
	return Question{Delegation: d, System: w.System.Name, Model: w.Model}, nil
}

// AnswerDelegated stores a colleague's answer as a suggestion, and uses up the link. The stopping level cannot be suggested: what is of
// that kind must not be written down here at all.
func (s *Service) AnswerDelegated(ctx context.Context, actor access.Actor, id ids.ID[Delegation], level int, motivation string) error {
	if err := access.Check(actor, "classification.AnswerDelegated"); err != nil {
		return err
	}
	if utf8.RuneCountInString(motivation) > maxDelegated {
		return ErrMotivation
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		q, err := s.question(ctx, tx, actor, "classification.AnswerDelegated", id)
		if err != nil {
			return err
		}
		if err := CheckAnswer(q.Model, Answer{Aspect: q.Delegation.Aspect, Perspective: q.Delegation.Perspective, Level: level}); err != nil {
			return err
		}
		aspect, _ := q.Model.Aspect(q.Delegation.Aspect) // CheckAnswer has seen that it exists
		if l, _ := aspect.Level(level); l.Stop {
			return ErrLevel
		}
		if err := answerDelegation(ctx, tx, id, level, motivation); err != nil {
			return err
		}
		if err := s.Links.Finish(ctx, tx, actor, q.Delegation.Link); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.AnswerDelegated", ObjectKind: "delegation", ObjectID: id.String(),
			Data: map[string]any{"aspect": q.Delegation.Aspect.String(), "perspective": q.Delegation.Perspective},
		})
	})
	if err != nil {
		return fmt.Errorf("answer question: %w", err)
	}
	return nil
}

// maxDelegated caps what a colleague writes.
const maxDelegated = 4000
