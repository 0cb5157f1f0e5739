// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
)

// AskSupplier mails a supplier a link to what the system's annex asks.
func (s *Service) AskSupplier(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, ask Ask) error {
	if err := access.Check(actor, "procurement.AskSupplier"); err != nil {
		return err
	}
	if s.Links == nil {
		return ErrNoMail
	}
	if err := mail.CheckAddress(ask.To); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, a, err := s.annex(ctx, tx, actor, "procurement.AskSupplier", annexRequest{ref, l})
		if err != nil {
			return err
		}
		if v.Need.Stop || len(a.Included()) == 0 {
			return ErrNothing
		}
		r, err := s.begin(ctx, tx, actor, &v.System.ID, ask)
		if err != nil {
			return err
		}
		r.Link, err = s.Links.Create(ctx, tx, actor, link.New{
			Task: SupplierTask, Object: r.ID.String(), To: ask.To, Lang: ask.Lang, Life: supplierLife, Stay: supplierStay, Template: mail.Supplier,
		})
		if errors.Is(err, mail.ErrNotSet) || errors.Is(err, mail.ErrNoKey) {
			return ErrNoMail
		}
		if err != nil {
			return err
		}
		if err := saveRequest(ctx, tx, actor, &r); err != nil {
			return err
		}
		if err := poseRows(ctx, tx, r.ID, a.Included()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.AskSupplier", ObjectKind: "system", ObjectID: v.System.ID.String(),
			Data: map[string]any{"link": r.Link, "requirements": len(a.Included()), "continued": !ask.Continue.IsZero()},
		})
	})
	if err != nil {
		return fmt.Errorf("ask supplier: %w", err)
	}
	return nil
}

// RecallSupplier takes back a request that has not been sent, with what was answered so far. The link is shut at once.
func (s *Service) RecallSupplier(ctx context.Context, actor access.Actor, ref string, id ids.ID[Request]) error {
	if err := access.Check(actor, "procurement.RecallSupplier"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, _, err := s.annex(ctx, tx, actor, "procurement.RecallSupplier", annexRequest{ref, nil})
		if err != nil {
			return err
		}
		r, err := request(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.System != v.System.ID || !r.Finished.IsZero() {
			return db.ErrNotFound // what was sent stays: others may have acted on it
		}
		if s.Links != nil {
			if err := s.Links.Revoke(ctx, tx, actor, r.Link); err != nil {
				return err
			}
		}
		if err := removeRequest(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.RecallSupplier", ObjectKind: "system", ObjectID: v.System.ID.String(), Data: map[string]any{"link": r.Link},
		})
	})
	if err != nil {
		return fmt.Errorf("take back request to supplier: %w", err)
	}
	return nil
}

// Supplied reads what suppliers have been asked about a system, and what they have sent.
func (s *Service) Supplied(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Supplied, error) {
	if err := access.Check(actor, "procurement.Supplied"); err != nil {
		return Supplied{}, err
	}
	var out Supplied
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.View, out.Annex, err = s.annex(ctx, tx, actor, "procurement.Supplied", annexRequest{ref, l}); err != nil {
			return err
		}
		if out.Requests, err = requests(ctx, tx, out.System.ID); err != nil {
			return err
		}
		if out.Replies, err = Replies(ctx, tx, out.System.ID); err != nil || s.Links == nil {
			return err
		}
		out.Mails, err = s.Links.Ready(ctx, tx)
		return err
	})
	if err != nil {
		return Supplied{}, fmt.Errorf("read supplier's answers: %w", err)
	}
	return out, nil
}

// Posed gives what a link asks. The actor is the link's; link.ErrGone says that nobody asks any more.
func (s *Service) Posed(ctx context.Context, actor access.Actor, id ids.ID[Request], l *locale.Localizer) (Posed, error) {
	if err := access.Check(actor, "procurement.Posed"); err != nil {
		return Posed{}, err
	}
	var out Posed
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.posed(ctx, tx, actor, "procurement.Posed", posing{id, l})
		return err
	})
	if err != nil {
		return Posed{}, fmt.Errorf("read what is asked: %w", err)
	}
	return out, nil
}

// posing is which request is read, with the texts for its reasons.
type posing struct {
	id    ids.ID[Request]
	texts *locale.Localizer
}

// posed reads a request for its link. Any other link's is gone to it.
func (s *Service) posed(ctx context.Context, tx *db.Tx, actor access.Actor, action string, p posing) (Posed, error) {
	r, err := request(ctx, tx, p.id)
	if errors.Is(err, db.ErrNotFound) || err == nil && (!r.linkActor(actor) || !r.Finished.IsZero()) {
		return Posed{}, link.ErrGone
	}
	if err != nil {
		return Posed{}, err
	}
	v, a, err := s.annex(ctx, tx, actor, action, annexRequest{r.System.String(), p.texts})
	if err != nil {
		return Posed{}, err
	}
	if v.Need.Stop { // nothing more is to be said about it
		return Posed{}, link.ErrGone
	}
	o, err := organisation.Get(ctx, tx, actor.Organisation)
	if err != nil {
		return Posed{}, err
	}
	given, err := repliesOf(ctx, tx, r.ID)
	if err != nil {
		return Posed{}, err
	}
	out := Posed{Request: r, Organisation: o.Name, System: v.System.Name}
	out.Request.Total, out.Request.Answered = 0, 0
	for i := range a.Rows { // what no longer applies is no longer asked
		reply, ok := given[a.Rows[i].ID]
		if !ok {
			continue
		}
		out.Rows = append(out.Rows, PosedRow{a.Rows[i], reply})
		if out.Request.Total++; reply.Status != "" {
			out.Request.Answered++
		}
	}
	return out, nil
}

// AnswerPosed saves a supplier's answers, which nobody else sees until they are sent.
func (s *Service) AnswerPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, id ids.ID[Request], list []Reply) error {
	if err := access.Check(actor, "procurement.AnswerPosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.AnswerPosed", posing{id, l})
		if err != nil {
			return err
		}
		asked := map[string]int{}
		for i := range p.Rows {
			asked[p.Rows[i].ID] = p.Rows[i].Version
		}
		for i := range list {
			version, ok := asked[list[i].Requirement]
			if !ok {
				return ErrUnknown
			}
			if err := list[i].Check(); err != nil {
				return err
			}
			list[i].Version = version
			if err := saveReply(ctx, tx, id, &list[i]); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.AnswerPosed", ObjectKind: "system", ObjectID: p.Request.System.String(), Data: map[string]any{"answers": len(list)},
		})
	})
	if err != nil {
		return fmt.Errorf("save supplier's answers: %w", err)
	}
	return nil
}

// SendPosed sends a supplier's answers, and uses up the link. From then on they are attested, and stand beside one's own.
func (s *Service) SendPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, id ids.ID[Request]) error {
	if err := access.Check(actor, "procurement.SendPosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.SendPosed", posing{id, l})
		if err != nil {
			return err
		}
		if p.Request.Answered == 0 {
			return ErrUnanswered
		}
		if err := s.Links.Finish(ctx, tx, actor, p.Request.Link); err != nil {
			return err
		}
		if err := finishRequest(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.SendPosed", ObjectKind: "system", ObjectID: p.Request.System.String(),
			Data: map[string]any{"answers": p.Request.Answered, "asked": p.Request.Total},
		})
	})
	if err != nil {
		return fmt.Errorf("send supplier's answers: %w", err)
	}
	return nil
}
