// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Receipt is what a supplier shares of the answers that it was mailed a receipt for.
type Receipt struct {
	Organisation, System string
	Consent              Consent
	// Answers is how many answers are shared.
	Answers int
}

// receipt reads it for whoever uses the receipt's link. ErrNotShared says that nothing is shared, any more.
func (s *Service) receipt(ctx context.Context, tx *db.Tx, actor access.Actor) (Receipt, *offer, error) {
	l, err := s.Links.Held(ctx, tx, actor)
	if err == nil && l.Task != ReceiptTask {
		err = link.ErrGone
	}
	if err != nil {
		return Receipt{}, nil, err
	}
	r, err := request(ctx, tx, ids.ID[Request](l.Object))
	if errors.Is(err, db.ErrNotFound) {
		return Receipt{}, nil, ErrNotShared
	}
	if err != nil {
		return Receipt{}, nil, err
	}
	of := &offer{party: party{domain: domainOf(r.Asked)}, system: r.System}
	given, err := consents(ctx, tx, r.System)
	if err != nil {
		return Receipt{}, nil, err
	}
	i := slices.IndexFunc(given, func(c Consent) bool { return c.Domain == of.domain })
	if i < 0 {
		return Receipt{}, nil, ErrNotShared
	}
	o, err := organisation.Get(ctx, tx, tx.Scope)
	if err != nil {
		return Receipt{}, nil, err
	}
	names, err := system.Called(ctx, tx, tx.Scope, access.Everywhere(), []ids.ID[system.System]{r.System})
	if err != nil {
		return Receipt{}, nil, err
	}
	sent, err := s.sentBy(ctx, tx, of)
	return Receipt{Organisation: o.Name, System: names[r.System.String()], Consent: given[i], Answers: len(sent)}, of, err
}

// Receipt tells a supplier what it shares of what it has sent. The actor is whoever uses the link of the receipt.
func (s *Service) Receipt(ctx context.Context, actor access.Actor) (Receipt, error) {
	if err := access.Check(actor, "procurement.Receipt"); err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, _, err = s.receipt(ctx, tx, actor)
		return err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("read receipt of shared answers: %w", err)
	}
	return out, nil
}

// TakeBack lets a supplier take its consent back after the answers have been sent, by the link of the receipt, which is used up by it.
func (s *Service) TakeBack(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "procurement.TakeBack"); err != nil {
		return err
	}
	var ended *offer
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if _, ended, err = s.receipt(ctx, tx, actor); err != nil {
			return err
		}
		l, err := s.Links.Held(ctx, tx, actor)
		if err != nil {
			return err
		}
		return errors.Join(s.endSharing(ctx, tx, actor, place{system: ended.system}, ended.domain), s.Links.Finish(ctx, tx, actor, l.ID))
	})
	if err != nil {
		return fmt.Errorf("take back consent to share: %w", err)
	}
	s.takeAway(ctx, actor.Organisation, ended)
	return nil
}

// sendReceipt mails whoever has sent answers that are shared a link to take that back. That no more mail is sent to them just now keeps no answers
// from being sent: whoever asked can end the sharing too.
func (s *Service) sendReceipt(ctx context.Context, tx *db.Tx, actor access.Actor, p *Posed) error {
	_, err := s.Links.Follow(ctx, tx, actor, p.Link, link.New{
		Task: ReceiptTask, Object: p.Sheet.ID, Life: link.LastingLife, Template: mail.Receipt, Lasting: true,
	})
	if errors.Is(err, mail.ErrTooMany) || errors.Is(err, mail.ErrNotSet) || errors.Is(err, mail.ErrNoKey) {
		return nil
	}
	return err
}
