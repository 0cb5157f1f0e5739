// SPDX-License-Identifier: EUPL-1.2

package link

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/mail"
)

// Links makes links and lets those who hold them in.
type Links struct {
	DB   *db.DB
	Mail *mail.Service
	Key  key.Root
	// Silent makes links that are mailed to nobody, so that nobody can ever open them: those of the example.
	Silent bool
}

// Create makes a link and mails it, in the transaction of what it is for. The use case that calls it has asked whether the actor may.
func (s *Links) Create(ctx context.Context, tx *db.Tx, actor access.Actor, n New) (ids.ID[Link], error) {
	life, most := n.Life, maxLife
	if n.Lasting {
		most = LastingLife
	}
	if life <= 0 || life > most {
		life = DefaultLife
	}
	if n.Stay <= 0 || n.Stay > maxStay {
		n.Stay = visitLife
	}
	if n.Template == "" {
		n.Template = mail.Question
	}
	l := Link{ID: ids.New[Link](), stay: n.Stay, Organisation: tx.Scope, Task: n.Task, Object: n.Object, Lang: n.Lang, CreatedBy: actor.ID, Expires: tx.Limit.Add(life), lasting: n.Lasting}
	var err error
	if l.recipient, err = tx.Seal(ctx, recipientCell(l.ID), n.To); err != nil {
		return "", fmt.Errorf("make link: %w", err)
	}
	token := drawToken()
	if err := errors.Join(forgetOld(ctx, tx, tx.Scope), insert(ctx, tx, l, token)); err != nil {
		return "", fmt.Errorf("make link: %w", err)
	}
	if !s.Silent {
		err = s.Mail.Add(ctx, tx, mail.Message{Template: n.Template, To: n.To, Lang: n.Lang, Path: Path + "/" + token, Expires: l.Expires})
	}
	if err != nil {
		return "", fmt.Errorf("mail link: %w", err)
	}
	return l.ID, s.note(ctx, tx, actor, "link.Create", &l, map[string]any{"task": l.Task})
}

// Ready reports whether links can be mailed.
func (s *Links) Ready(ctx context.Context, tx *db.Tx) (bool, error) { return s.Mail.Ready(ctx, tx) }

// Revoke takes a link back, in the transaction of the use case that has asked whether the actor may. What is open is shut at once.
func (s *Links) Revoke(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Link]) error {
	l := Link{ID: id}
	open, err := end(ctx, tx, id, "revoked_at")
	if err == nil {
		err = leave(ctx, tx, &l, "")
	}
	if err != nil {
		return fmt.Errorf("take back link: %w", err)
	}
	if !open {
		return nil
	}
	return s.note(ctx, tx, actor, "link.Revoke", &l, nil)
}

// Renew mails whoever a link was sent to a new one to the same task, which lives no longer than the old, and shuts the old. ErrBusy says that
// the old one is being used, and ErrGone that it is of no more use. Whoever reminds somebody calls it, in the transaction of a use case.
func (s *Links) Renew(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Link], template mail.Template) (ids.ID[Link], error) {
	l, err := byID(ctx, tx, id)
	if err != nil {
		return "", fmt.Errorf("renew link: %w", err)
	}
	if !l.open(tx.Limit) {
		return "", ErrGone
	}
	busy, err := used(ctx, tx, id)
	if err != nil {
		return "", fmt.Errorf("renew link: %w", err)
	}
	if busy {
		return "", ErrBusy
	}
	to, err := tx.Open(ctx, recipientCell(id), l.recipient)
	if err != nil {
		return "", fmt.Errorf("renew link: %w", err)
	}
	if err := s.Revoke(ctx, tx, actor, id); err != nil {
		return "", err
	}
	return s.Create(ctx, tx, actor, New{Task: l.Task, Object: l.Object, To: to, Lang: l.Lang, Life: l.Expires.Sub(tx.Limit), Stay: l.stay, Template: template, Lasting: l.lasting})
}

// Follow mails whoever has a link open another one, to another task, in the transaction of a use case of the first.
func (s *Links) Follow(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Link], n New) (ids.ID[Link], error) {
	l, err := byID(ctx, tx, id)
	if err == nil && !l.open(tx.Limit) {
		err = ErrGone
	}
	if err == nil {
		n.To, err = tx.Open(ctx, recipientCell(id), l.recipient)
	}
	if err != nil {
		return "", fmt.Errorf("follow link by another: %w", err)
	}
	n.Lang = l.Lang
	return s.Create(ctx, tx, actor, n)
}

// Held reads the link that an actor uses, for a use case that must know what it is for. ErrGone says that it can be used no more, or that the actor
// uses none.
func (s *Links) Held(ctx context.Context, tx *db.Tx, actor access.Actor) (Link, error) {
	id, uses := strings.CutPrefix(actor.ID, actorPrefix)
	if !uses {
		return Link{}, ErrGone
	}
	l, err := byID(ctx, tx, ids.ID[Link](id))
	if errors.Is(err, db.ErrNotFound) || err == nil && !l.open(tx.Limit) {
		return Link{}, ErrGone
	}
	if err != nil {
		return Link{}, fmt.Errorf("read link: %w", err)
	}
	return l, nil
}

// Finish notes that the task of a link is done, in the transaction that does it. ErrGone says that it was done or taken back meanwhile.
func (s *Links) Finish(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Link]) error {
	l := Link{ID: id}
	open, err := end(ctx, tx, id, "done_at")
	if err == nil {
		err = leave(ctx, tx, &l, "")
	}
	if err != nil {
		return fmt.Errorf("finish link: %w", err)
	}
	if !open {
		return ErrGone
	}
	return s.note(ctx, tx, actor, "link.Finish", &l, nil)
}

func (s *Links) note(ctx context.Context, tx *db.Tx, actor access.Actor, action string, l *Link, data any) error {
	return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "link", ObjectID: l.ID.String(), Data: data})
}

// Arrive exchanges the secret of a link for that of a browser. The link is not used up by it: a mail filter that opens links gets a
// cookie that it throws away, and neither sees anything nor keeps the reader out.
func (s *Links) Arrive(ctx context.Context, token, from string) (cookie string, err error) {
	var l Link
	err = s.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		if l, err = byToken(ctx, tx, token); err == nil && (!l.open(tx.Limit) || !l.Used.IsZero()) {
			err = ErrGone
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return "", ErrGone
	}
	if err != nil {
		return "", fmt.Errorf("open link: %w", err)
	}
	cookie = drawToken()
	err = s.DB.Write(ctx, l.Organisation, func(tx *db.Tx) error {
		if err := visit(ctx, tx, &l, cookie); err != nil {
			return err
		}
		return s.note(ctx, tx, l.Actor(from), "link.Open", &l, nil)
	})
	if err != nil {
		return "", fmt.Errorf("open link: %w", err)
	}
	return cookie, nil
}

// Visit is what a browser may do.
type Visit struct {
	Link Link
	// Confirmed says that the code has been given in this browser: only then may the task be shown.
	Confirmed bool
	// Waiting says that a code has been mailed that can still be given in this browser, and Until until when.
	Waiting bool
	Until   time.Time
}

// Look tells what the browser with the cookie may do. ErrGone says nothing.
func (s *Links) Look(ctx context.Context, cookie string) (Visit, error) {
	var v Visit
	err := s.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		l, confirmed, err := byVisit(ctx, tx, cookie)
		if err != nil {
			return err
		}
		v = Visit{Link: l, Confirmed: !confirmed.IsZero(), Waiting: l.code.waits(cookie, tx.Limit), Until: l.code.until}
		if !l.open(tx.Limit) || !l.Used.IsZero() && !v.Confirmed {
			return ErrGone
		}
		return nil
	})
	if errors.Is(err, db.ErrNotFound) {
		return Visit{}, ErrGone
	}
	if err != nil {
		return Visit{}, fmt.Errorf("look at link: %w", err)
	}
	return v, nil
}

// SendCode mails a code to the address that the link was mailed to, for this browser alone. One before it is worth nothing any more.
func (s *Links) SendCode(ctx context.Context, cookie, from string) error {
	v, err := s.Look(ctx, cookie)
	if err != nil || v.Confirmed {
		return err
	}
	digits, err := drawCode()
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, v.Link.Organisation, func(tx *db.Tx) error {
		l, err := hold(ctx, tx, v.Link.ID)
		if err != nil {
			return err
		}
		if !l.open(tx.Limit) || !l.Used.IsZero() {
			return ErrGone
		}
		if l.code.sent >= maxCodes {
			return ErrCodes
		}
		to, err := tx.Open(ctx, recipientCell(l.ID), l.recipient)
		if err != nil {
			return err
		}
		l.code = code{hash: codeHash(s.Key.Derive("link code"), l.ID, digits), visit: hash(cookie), until: tx.Limit.Add(codeLife), sent: l.code.sent + 1}
		if err := saveCode(ctx, tx, &l); err != nil {
			return err
		}
		if err := s.Mail.Add(ctx, tx, mail.Message{Template: mail.Code, To: to, Lang: l.Lang, Code: digits, Expires: l.code.until}); err != nil {
			return err
		}
		return s.note(ctx, tx, l.Actor(from), "link.SendCode", &l, map[string]any{"number": l.code.sent})
	})
	if err != nil {
		return fmt.Errorf("send code: %w", err)
	}
	return nil
}

// Confirm takes the code, and gives the browser a new secret. The link is used up by it: whoever opens it again is refused. A wrong code
// is counted and logged in a transaction of its own, which stands also when the answer is a refusal.
func (s *Links) Confirm(ctx context.Context, cookie, digits, from string) (string, error) {
	v, err := s.Look(ctx, cookie)
	if err != nil {
		return "", err
	}
	fresh := drawToken()
	var refused error
	err = s.DB.Write(ctx, v.Link.Organisation, func(tx *db.Tx) error {
		l, err := hold(ctx, tx, v.Link.ID)
		if err != nil {
			return err
		}
		switch given := codeHash(s.Key.Derive("link code"), l.ID, digits); {
		case !l.open(tx.Limit) || !l.Used.IsZero():
			return ErrGone
		case !l.code.waits(cookie, tx.Limit):
			refused = ErrNoCode
			return s.note(ctx, tx, l.Actor(from), "link.Refuse", &l, map[string]any{"why": "no code"})
		case !hmac.Equal([]byte(given), []byte(l.code.hash)):
			refused = ErrCode
			l.code.tries++
			if err := saveCode(ctx, tx, &l); err != nil {
				return err
			}
			return s.note(ctx, tx, l.Actor(from), "link.Refuse", &l, map[string]any{"why": "wrong code", "try": l.code.tries})
		}
		first, err := use(ctx, tx, &l)
		if err != nil {
			return err
		}
		if !first {
			return ErrGone
		}
		if err := confirm(ctx, tx, &l, fresh); err != nil {
			return err
		}
		return s.note(ctx, tx, l.Actor(from), "link.Confirm", &l, nil)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", fmt.Errorf("take code: %w", err)
	}
	return fresh, nil
}
