// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/outbound"
)

// Service has the use cases of mail.
type Service struct {
	DB       *db.DB
	Jobs     *job.Queue
	Texts    *locale.Bundle
	Key      key.Root
	Outbound outbound.Policy
	// Base gives the site's address, as readers write it; empty where nobody has said it, and then nothing with a link is sent.
	Base func() string
}

// Register says what sends mail. Call it before the queue starts.
func Register(q *job.Queue, s *Service) { job.Handle(q, s.send) }

// settingPlace and contentPlace are what encrypted values are bound to.
func settingPlace(org access.OrganisationID) string { return "mail_setting|password|" + org.String() }

func contentPlace(org access.OrganisationID, id ids.ID[Outgoing]) string {
	return "mail_message|content|" + id.String() + "|" + org.String()
}

// content is what of a mail is kept until it is sent.
type content struct {
	To, Lang, Path, Code string
	Count                int
	Note                 string `json:",omitempty"`
}

// Add queues a mail in the transaction of what calls for it. ErrNotSet says that the organisation sends no mail, and ErrTooMany that it
// has sent enough.
func (s *Service) Add(ctx context.Context, tx *db.Tx, m Message) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	v, err := newVault(s.Key)
	if err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	if _, err := settings(ctx, tx, tx.Scope); errors.Is(err, db.ErrNotFound) {
		return ErrNotSet
	} else if err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	o := outgoing{
		id: ids.New[Outgoing](), template: m.Template, recipient: Masked(m.To), hash: v.recipient(tx.Scope, m.To), expires: m.Expires,
	}
	if o.expires.IsZero() {
		o.expires = tx.Now.Add(lifetime)
	}
	if m.Once > 0 {
		if same, err := sentAlready(ctx, tx, &o, tx.Now.Add(-m.Once)); err != nil || same {
			return err
		}
	}
	toOne, all, err := sentSince(ctx, tx, tx.Scope, o.hash)
	if err != nil {
		return fmt.Errorf("count mail: %w", err)
	}
	if toOne >= mostPerRecipient || all >= mostPerHour {
		return ErrTooMany
	}
	b, err := json.Marshal(content{m.To, m.Lang, m.Path, m.Code, m.Count, m.Note})
	if err != nil {
		return fmt.Errorf("encode mail: %w", err)
	}
	if o.content, err = v.seal(contentPlace(tx.Scope, o.id), string(b)); err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	if err := insert(ctx, tx, tx.Scope, o); err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	return s.Jobs.Add(ctx, tx, SendArgs{Organisation: tx.Scope, Message: o.id})
}

// Ready reports whether the organisation sends mail.
func (s *Service) Ready(ctx context.Context, tx *db.Tx) (bool, error) {
	_, err := settings(ctx, tx, tx.Scope)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	return err == nil && !s.Key.IsZero(), err
}

// Settings gives where mail is handed over, without the password. db.ErrNotFound says that nothing is set up.
func (s *Service) Settings(ctx context.Context, actor access.Actor) (Settings, error) {
	if err := access.Check(actor, "mail.Settings"); err != nil {
		return Settings{}, err
	}
	var out Settings
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = settings(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Settings{}, fmt.Errorf("read mail settings: %w", err)
	}
	out.HasPassword, out.Password = out.Password != "", ""
	return out, nil
}

// Set changes where mail is handed over. An empty password keeps the one that is stored, as long as the server and the account are the
// same: else whoever may change the server could have the password sent to one of their own.
func (s *Service) Set(ctx context.Context, actor access.Actor, n Settings) error {
	if err := access.Check(actor, "mail.Set"); err != nil {
		return err
	}
	if err := n.check(); err != nil {
		return err
	}
	v, err := newVault(s.Key)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		old, err := settings(ctx, tx, actor.Organisation)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if old.Version != n.Version {
			return db.ErrConflict
		}
		if n.Password, err = v.password(actor.Organisation, &old, &n); err != nil {
			return err
		}
		if err := saveSettings(ctx, tx, actor, n); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "mail.Set", ObjectKind: "setting", ObjectID: "mail", Data: map[string]any{
				"host": n.Host, "port": n.Port, "security": n.Security, "password_changed": n.Password != old.Password,
				"host_before": old.Host, "port_before": old.Port, "security_before": old.Security,
			},
		})
	})
	if err != nil {
		return fmt.Errorf("change mail settings: %w", err)
	}
	return nil
}

// password is what is stored of the password: the new one encrypted, or the one that is stored already.
func (v vault) password(org access.OrganisationID, old, n *Settings) (string, error) {
	same := old.Account == n.Account && old.Host == n.Host && old.Port == n.Port && old.Security == n.Security
	switch {
	case n.Account == "":
		return "", nil
	case n.Password != "":
		return v.seal(settingPlace(org), n.Password)
	case old.Password == "" || !same:
		return "", Fault{"password", "mail.fault-password"}
	}
	return old.Password, nil
}

// Test queues a mail that shows that the settings work.
func (s *Service) Test(ctx context.Context, actor access.Actor, to, lang string) error {
	if err := access.Check(actor, "mail.Test"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := s.Add(ctx, tx, Message{Template: Trial, To: to, Lang: lang, Expires: tx.Now.Add(lifetime)}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "mail.Test", ObjectKind: "setting", ObjectID: "mail"})
	})
	if err != nil {
		return fmt.Errorf("send test mail: %w", err)
	}
	return nil
}

// Sent lists the latest mails, without what they said.
func (s *Service) Sent(ctx context.Context, actor access.Actor) ([]Logged, error) {
	if err := access.Check(actor, "mail.Sent"); err != nil {
		return nil, err
	}
	var out []Logged
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = latest(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list mail: %w", err)
	}
	return out, nil
}
