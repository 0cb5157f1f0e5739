// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// StartTender keeps a planned purchase's annex as it stands, to be sent to bidders, with the last day to answer.
func (s *Service) StartTender(ctx context.Context, actor access.Actor, of ids.ID[Purchase], l *locale.Localizer, until civil.Date) error {
	if err := access.Check(actor, "procurement.StartTender"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := within(ctx, tx, actor, "procurement.StartTender", of)
		if err != nil {
			return err
		}
		if today := civil.Of(tx.Now); until.Before(today) || today.AddDays(longestDays).Before(until) {
			return ErrUntil
		}
		if p.System != "" {
			return ErrBought
		}
		if _, err := tenderBy(ctx, tx, "purchase_id", of.String()); !errors.Is(err, db.ErrNotFound) {
			return errors.Join(err, ErrTender)
		}
		v, a, err := s.annex(ctx, tx, actor, "procurement.StartTender", annexRequest{PurchaseRef + of.String(), l})
		if err != nil {
			return err
		}
		if v.Need.Stop || a.Shall+a.Should == 0 {
			return ErrNothing
		}
		version, err := freeze(ctx, tx, actor, &a)
		if err != nil {
			return err
		}
		t := Tender{
			ID: ids.New[Tender](), Purchase: of, Number: version.Number, Hash: version.Hash, Lines: a.lines(), Deadline: endOfDay(until), By: actor.ID, At: tx.Now,
		}
		t.Weights = weights(t.Lines)
		if err := insertTender(ctx, tx, &t); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.StartTender", map[string]any{"version": t.Number, "hash": t.Hash, "rows": len(t.Lines), "deadline": t.Deadline})
	})
	if err != nil {
		return fmt.Errorf("start tender: %w", err)
	}
	return nil
}

func (t *Tender) note(ctx context.Context, tx *db.Tx, actor access.Actor, action string, data map[string]any) error {
	return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "purchase", ObjectID: t.Purchase.String(), Data: data})
}

// tender reads the tender of a purchase that the actor may do the action to.
func tender(ctx context.Context, tx *db.Tx, actor access.Actor, action string, of ids.ID[Purchase]) (Purchase, Tender, error) {
	p, err := within(ctx, tx, actor, action, of)
	if err != nil {
		return Purchase{}, Tender{}, err
	}
	t, err := tenderBy(ctx, tx, "purchase_id", of.String())
	return p, t, err
}

// Tender reads the tender of a purchase. What the bidders have answered is read only when the answers have been opened; until then not even
// who has answered is told.
func (s *Service) Tender(ctx context.Context, actor access.Actor, of ids.ID[Purchase], l *locale.Localizer) (TenderView, error) {
	if err := access.Check(actor, "procurement.Tender"); err != nil {
		return TenderView{}, err
	}
	var out TenderView
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		p, t, err := tender(ctx, tx, actor, "procurement.Tender", of)
		if errors.Is(err, db.ErrNotFound) && p.ID != "" {
			out.Purchase = p
			_, a, err := s.annex(ctx, tx, actor, "procurement.Tender", annexRequest{PurchaseRef + of.String(), l})
			out.Rows = a.Shall + a.Should
			return err
		}
		if err != nil {
			return err
		}
		out.Purchase, out.Tender, out.Past = p, &t, !tx.Now.Before(t.Deadline)
		if out.Bids, err = bidsOf(ctx, tx, t.ID); err != nil {
			return err
		}
		if s.Links != nil {
			if out.Mails, err = s.Links.Ready(ctx, tx); err != nil {
				return err
			}
		}
		out.People = map[string]string{}
		able, err := organisation.Able(ctx, tx, actor.Organisation, "procurement.OpenBids", p.UnitID)
		if err != nil {
			return err
		}
		out.Two = slices.ContainsFunc(able, func(id string) bool { return id != actor.ID })
		for _, by := range []string{t.FrozenBy, t.OpenedBy, t.OpeningBy, t.OpenedWith} {
			if p, err := organisation.PersonOf(ctx, tx, actor.Organisation, by); err == nil {
				out.People[by] = p.Name
			}
		}
		if t.Opened.IsZero() {
			for i := range out.Bids {
				out.Bids[i].Finished = time.Time{}
			}
			return nil
		}
		c, err := compareBids(ctx, tx, &t, out.Bids)
		out.Comparison = &c
		return err
	})
	if err != nil {
		return TenderView{}, fmt.Errorf("read tender: %w", err)
	}
	return out, nil
}

// compareBids reads what the bidders have answered, beside each other.
func compareBids(ctx context.Context, tx *db.Tx, t *Tender, bids []Bid) (Comparison, error) {
	answers := map[ids.ID[Bid]]map[string]Reply{}
	files := map[ids.ID[Bid]]map[string][]Attached{}
	for i := range bids {
		if bids[i].Finished.IsZero() {
			continue // what was not sent is nobody's to read
		}
		var err error
		if answers[bids[i].ID], err = bidAnswers(ctx, tx, &bids[i]); err != nil {
			return Comparison{}, err
		}
		if files[bids[i].ID], err = filesOf(ctx, tx, Seat{SheetBid, bids[i].ID.String()}); err != nil {
			return Comparison{}, err
		}
	}
	c := t.Held(bids, answers)
	for i := range c.Lines {
		for n := range c.Lines[i].Cells {
			c.Lines[i].Cells[n].Files = files[c.Scores[n].ID][c.Lines[i].ID]
		}
	}
	return c, nil
}

// change does something to a tender whose answers have not been opened.
func (s *Service) change(ctx context.Context, actor access.Actor, action string, of ids.ID[Purchase], do func(tx *db.Tx, t *Tender) error) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, t, err := tender(ctx, tx, actor, action, of)
		if err != nil {
			return err
		}
		if !t.Opened.IsZero() {
			return ErrOpened
		}
		return do(tx, &t)
	})
}

// WeighTender says what the requirements that should be met weigh. Freezing them cannot be undone, and must be done before any answer is
// opened: nobody is to choose the weights by the answers.
func (s *Service) WeighTender(ctx context.Context, actor access.Actor, of ids.ID[Purchase], given map[string]int) error {
	if err := access.Check(actor, "procurement.WeighTender"); err != nil {
		return err
	}
	err := s.change(ctx, actor, "procurement.WeighTender", of, func(tx *db.Tx, t *Tender) error {
		if err := t.weigh(given); err != nil {
			return err
		}
		if err := saveWeights(ctx, tx, t, nil); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.WeighTender", map[string]any{"weights": t.Weights})
	})
	if err != nil {
		return fmt.Errorf("weigh tender: %w", err)
	}
	return nil
}

// FreezeTender freezes the weights as they stand.
func (s *Service) FreezeTender(ctx context.Context, actor access.Actor, of ids.ID[Purchase]) error {
	if err := access.Check(actor, "procurement.FreezeTender"); err != nil {
		return err
	}
	err := s.change(ctx, actor, "procurement.FreezeTender", of, func(tx *db.Tx, t *Tender) error {
		t.FrozenBy = actor.ID
		if err := saveWeights(ctx, tx, t, db.Millis(tx.Now)); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.FreezeTender", map[string]any{"weights": t.Weights})
	})
	if err != nil {
		return fmt.Errorf("freeze weights of tender: %w", err)
	}
	return nil
}

// InviteBidder mails a bidder a link of their own. None sees the others.
func (s *Service) InviteBidder(ctx context.Context, actor access.Actor, of ids.ID[Purchase], in Invite) error {
	if err := access.Check(actor, "procurement.InviteBidder"); err != nil {
		return err
	}
	if s.Links == nil {
		return ErrNoMail
	}
	if err := mail.CheckAddress(in.To); err != nil {
		return err
	}
	err := s.change(ctx, actor, "procurement.InviteBidder", of, func(tx *db.Tx, t *Tender) error {
		if !tx.Now.Before(t.Deadline) {
			return ErrUntil
		}
		bids, err := bidsOf(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		b, err := in.bid(bids)
		if err != nil {
			return err
		}
		if in.Continue != "" {
			if err := s.Links.Revoke(ctx, tx, actor, b.Link); err != nil {
				return err
			}
		}
		b.Tender, b.Asked, b.By, b.At, b.Expires = t.ID, mail.Masked(in.To), actor.ID, tx.Now, t.Deadline
		b.Link, err = s.linkTo(ctx, tx, actor, link.New{
			Task: BidTask, Object: b.ID.String(), To: in.To, Lang: in.Lang, Life: t.Deadline.Sub(tx.Limit), Stay: supplierStay, Template: mail.Bidder,
		})
		if err != nil {
			return err
		}
		if err := saveBid(ctx, tx, &b); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.InviteBidder", map[string]any{"bid": b.ID, "link": b.Link, "continued": in.Continue != ""})
	})
	if err != nil {
		return fmt.Errorf("invite bidder: %w", err)
	}
	return nil
}

// bid is the bid that is asked for: a new one of a name that no other has, or one to go on with.
func (in *Invite) bid(bids []Bid) (Bid, error) {
	if in.Continue != "" {
		i := slices.IndexFunc(bids, func(b Bid) bool { return b.ID == in.Continue && b.Finished.IsZero() })
		if i < 0 {
			return Bid{}, db.ErrNotFound
		}
		return bids[i], nil
	}
	name := strings.Join(strings.Fields(in.Name), " ")
	switch {
	case locale.Fold(name) == "", utf8.RuneCountInString(name) > maxBidder, named(bids, name, locale.Fold):
		return Bid{}, ErrBidder
	case len(bids) >= mostBids:
		return Bid{}, ErrBids
	}
	return Bid{ID: ids.New[Bid](), Name: name}, nil
}

// RecallBidder takes back what a bidder was asked, with what they have answered. Their link is shut at once.
func (s *Service) RecallBidder(ctx context.Context, actor access.Actor, of ids.ID[Purchase], id ids.ID[Bid]) error {
	if err := access.Check(actor, "procurement.RecallBidder"); err != nil {
		return err
	}
	err := s.change(ctx, actor, "procurement.RecallBidder", of, func(tx *db.Tx, t *Tender) error {
		b, err := bidByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.Tender != t.ID || !tx.Now.Before(t.Deadline) {
			return db.ErrNotFound // what has come in by the last day stays
		}
		if err := s.shut(ctx, tx, actor, Seat{SheetBid, id.String()}, b.Link); err != nil {
			return err
		}
		if err := removeBid(ctx, tx, id); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.RecallBidder", map[string]any{"bid": b.ID, "link": b.Link})
	})
	if err != nil {
		return fmt.Errorf("take back what a bidder was asked: %w", err)
	}
	return nil
}

// OpenBids opens the answers of all bidders at once, when the last day to answer has passed and the weights are frozen. Where more than one may,
// two do it together: the first asks, and it is done when the second does.
func (s *Service) OpenBids(ctx context.Context, actor access.Actor, of ids.ID[Purchase]) error {
	if err := access.Check(actor, "procurement.OpenBids"); err != nil {
		return err
	}
	err := s.change(ctx, actor, "procurement.OpenBids", of, func(tx *db.Tx, t *Tender) error {
		switch {
		case tx.Now.Before(t.Deadline):
			return ErrSealed
		case t.Frozen.IsZero():
			return ErrNotFrozen
		}
		bids, err := bidsOf(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		sent := 0
		for i := range bids {
			if !bids[i].Finished.IsZero() {
				sent++
			}
		}
		with, waits, err := s.opener(ctx, tx, actor, t)
		if err != nil {
			return err
		}
		if waits {
			return errors.Join(beginOpening(ctx, tx, actor, t.ID), t.note(ctx, tx, actor, "procurement.AskToOpenBids", map[string]any{"asked": len(bids)}))
		}
		if err := openTender(ctx, tx, actor, t.ID, with); err != nil {
			return err
		}
		return t.note(ctx, tx, actor, "procurement.OpenBids", map[string]any{"asked": len(bids), "sent": sent, "weights": t.Weights, "with": with})
	})
	if err != nil {
		return fmt.Errorf("open bids: %w", err)
	}
	return nil
}

// opener tells with whom the actor opens the answers, or that they are the first of two.
func (s *Service) opener(ctx context.Context, tx *db.Tx, actor access.Actor, t *Tender) (with string, waits bool, err error) {
	p, err := within(ctx, tx, actor, "procurement.OpenBids", t.Purchase)
	if err != nil {
		return "", false, err
	}
	able, err := organisation.Able(ctx, tx, actor.Organisation, "procurement.OpenBids", p.UnitID)
	if err != nil {
		return "", false, err
	}
	return t.opener(actor, able)
}

// AwardBid notes which bid has won, and when its contract begins. Its answers become the attested status of the system that the purchase is, or
// becomes.
func (s *Service) AwardBid(ctx context.Context, actor access.Actor, of ids.ID[Purchase], id ids.ID[Bid], starts civil.Date) error {
	if err := access.Check(actor, "procurement.AwardBid"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, t, err := tender(ctx, tx, actor, "procurement.AwardBid", of)
		if err != nil {
			return err
		}
		if t.Opened.IsZero() {
			return ErrSealed
		}
		b, err := bidByID(ctx, tx, id)
		if errors.Is(err, db.ErrNotFound) || err == nil && (b.Tender != t.ID || b.Finished.IsZero()) {
			return ErrWinner
		}
		if err != nil {
			return err
		}
		if starts.IsZero() {
			starts = civil.Of(tx.Now)
		}
		t.Winner, t.Starts = id, starts
		if err := award(ctx, tx, &t); err != nil {
			return err
		}
		if err := t.note(ctx, tx, actor, "procurement.AwardBid", map[string]any{"bid": id, "starts": starts}); err != nil {
			return err
		}
		if p.System == "" {
			return nil
		}
		return s.carry(ctx, tx, actor, &t, p.System)
	})
	if err != nil {
		return fmt.Errorf("award bid: %w", err)
	}
	return nil
}

// carry makes the winner's answers those of the system that the purchase became, accepted from the day that the contract begins. What deviates
// waits on the system's page for somebody to take it on.
func (s *Service) carry(ctx context.Context, tx *db.Tx, actor access.Actor, t *Tender, to ids.ID[system.System]) error {
	b, err := bidByID(ctx, tx, t.Winner)
	if err != nil {
		return err
	}
	if err := carryAnswers(ctx, tx, &b, to); err != nil {
		return err
	}
	if s.Evidence == nil {
		return nil
	}
	sys, err := system.Get(ctx, tx, actor.Organisation, to.String())
	if err != nil {
		return err
	}
	views, err := s.Requirements.Views(ctx, tx, access.Reach{}, []system.System{sys}, s.Texts)
	if err != nil {
		return err
	}
	sup := Supplied{View: views[0], Today: civil.Of(tx.Now)}
	if sup.Annex, err = s.chosenOf(ctx, tx, &sup.View, place{system: to}); err != nil {
		return err
	}
	if sup.Replies, err = Replies(ctx, tx, to); err != nil {
		return err
	}
	if err := s.compare(ctx, tx, &sup); err != nil {
		return err
	}
	list := make([]*Compared, len(sup.Answers))
	for i := range sup.Answers {
		list[i] = &sup.Answers[i]
		list[i].Form = ToSupplier
	}
	return s.accept(ctx, tx, actor, &sys, Accept{Starts: t.Starts, carried: true}, list)
}

// BidAttachment reads a document that came with a bid, when the answers have been opened.
func (s *Service) BidAttachment(ctx context.Context, actor access.Actor, of ids.ID[Purchase], id ids.ID[Attached]) (Document, error) {
	if err := access.Check(actor, "procurement.BidAttachment"); err != nil {
		return Document{}, err
	}
	var out Document
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, t, err := tender(ctx, tx, actor, "procurement.BidAttachment", of)
		if err != nil {
			return err
		}
		if t.Opened.IsZero() {
			return db.ErrNotFound
		}
		bids, err := bidsOf(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		c, err := compareBids(ctx, tx, &t, bids)
		if err != nil {
			return err
		}
		for i := range c.Lines {
			for n := range c.Lines[i].Cells {
				for k := range c.Lines[i].Cells[n].Files {
					if f := &c.Lines[i].Cells[n].Files[k]; f.ID == id {
						out, err = openFile(ctx, tx, f)
						return err
					}
				}
			}
		}
		return db.ErrNotFound
	})
	if err != nil {
		return Document{}, fmt.Errorf("read document of bid: %w", err)
	}
	return out, nil
}

// poseBid reads what one bidder is asked. After the last day to answer it is gone.
func (s *Service) poseBid(ctx context.Context, tx *db.Tx, actor access.Actor, in reading) error {
	out := in.out
	b, err := bidByID(ctx, tx, ids.ID[Bid](out.Sheet.ID))
	if errors.Is(err, db.ErrNotFound) || err == nil && (!in.mine(actor, b.Link) || !b.Finished.IsZero()) {
		return link.ErrGone
	}
	if err != nil {
		return err
	}
	t, err := tenderBy(ctx, tx, "id", b.Tender.String())
	if err != nil {
		return err
	}
	if !tx.Now.Before(t.Deadline) || !t.Opened.IsZero() {
		return link.ErrGone
	}
	p, err := within(ctx, tx, actor, in.action, t.Purchase)
	if err != nil {
		return err
	}
	o, err := organisation.Get(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	given, err := bidAnswers(ctx, tx, &b)
	if err != nil {
		return err
	}
	out.Form, out.Organisation, out.System, out.Until, out.at = ToSupplier, o.Name, p.Name, t.Deadline, place{purchase: p.ID}
	out.Weighed = !t.Frozen.IsZero()
	for i := range t.Lines {
		row := posedLine(s.Requirements.Engine.Catalogue, &t.Lines[i])
		row.Reply = given[row.ID]
		if weight, ok := t.Weights[row.ID]; ok && out.Weighed {
			row.Weight = weight
		}
		out.Rows = append(out.Rows, row)
	}
	return nil
}

// shutBids ends the links of all bidders of a tender.
func (s *Service) shutBids(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Tender]) error {
	bids, err := bidsOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for i := range bids {
		if err := s.shut(ctx, tx, actor, Seat{SheetBid, bids[i].ID.String()}, bids[i].Link); err != nil {
			return err
		}
	}
	return nil
}
