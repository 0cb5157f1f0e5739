// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
)

// storyReply is what somebody without an account answers about one requirement in the example.
type storyReply struct{ ID, Status, How string }

// storyReplies are what a supplier answers about a system, and which of the answers are accepted.
type storyReplies struct {
	System, To string
	Given      []storyReply
	Accepted   []string
}

// storyTender is what a purchase asks of bidders. Every bidder meets what is asked, but for what is told.
type storyTender struct {
	Weights map[string]int
	Bids    []struct {
		Name, To string
		But      []storyReply
	}
}

// unsent is what asks suppliers and bidders without mailing anybody: those of the example do not exist.
func (a *App) unsent() *procurement.Service {
	s := *a.Procurements
	s.Links = &link.Links{DB: a.DB, Key: a.Key, Silent: true}
	return &s
}

// holder is whoever would have opened a link.
func holder(actor access.Actor, id ids.ID[link.Link]) access.Actor {
	return (&link.Link{ID: id, Organisation: actor.Organisation}).Actor("")
}

func (r *storyReply) reply() procurement.Reply {
	return procurement.Reply{Requirement: r.ID, Status: requirement.Status(r.Status), How: r.How}
}

// tellReplies lets suppliers answer what systems ask of them. What an earlier start that was cut short has done is gone on with.
func (a *App) tellReplies(ctx context.Context, actor access.Actor, s *story, names map[string]string) error {
	for i := range s.Replies {
		x := &s.Replies[i]
		if err := a.tellReply(ctx, actor, names[locale.Fold(x.System)], x); err != nil {
			return fmt.Errorf("%s: %w", x.System, err)
		}
	}
	return nil
}

func (a *App) tellReply(ctx context.Context, actor access.Actor, ref string, x *storyReplies) error {
	l, p := a.Texts.In("sv"), a.unsent()
	had, err := p.Supplied(ctx, actor, ref, l)
	if err != nil {
		return err
	}
	if len(had.Requests) == 0 {
		if err := p.AskSupplier(ctx, actor, ref, l, procurement.Ask{To: x.To, Lang: "sv"}); err != nil {
			return err
		}
		if had, err = p.Supplied(ctx, actor, ref, l); err != nil {
			return err
		}
	}
	r := &had.Requests[len(had.Requests)-1]
	if err := a.mark(ctx, actor, madeLink, r.Link.String()); err != nil {
		return err
	}
	if r.Finished.IsZero() {
		seat, given := procurement.Seat{Kind: procurement.SheetRequest, ID: r.ID.String()}, make([]procurement.Reply, len(x.Given))
		for i := range x.Given {
			given[i] = x.Given[i].reply()
		}
		if err := p.AnswerPosed(ctx, holder(actor, r.Link), l, seat, given); err != nil {
			return err
		}
		if err := p.SendPosed(ctx, holder(actor, r.Link), l, seat); err != nil {
			return err
		}
		if had, err = p.Supplied(ctx, actor, ref, l); err != nil {
			return err
		}
	}
	var left []string
	for i := range had.Answers {
		if c := &had.Answers[i]; c.Accepted == nil && slices.Contains(x.Accepted, c.ID) {
			left = append(left, c.ID)
		}
	}
	if len(left) == 0 {
		return nil
	}
	_, err = p.AcceptReplies(ctx, actor, ref, l, procurement.Accept{Requirements: left})
	return err
}

// tellTenders asks bidders what purchases demand, and opens what they have answered. It is told once: a tender that is begun is gone on with.
func (a *App) tellTenders(ctx context.Context, actor access.Actor, s *story, today civil.Date) error {
	all, err := a.Procurements.Systems(ctx, actor, procurement.Filter{})
	if err != nil {
		return err
	}
	for i := range s.Purchases {
		x := &s.Purchases[i]
		at := slices.IndexFunc(all.Purchases, func(p procurement.Purchase) bool { return p.Name == x.Name })
		if x.Tender == nil || at < 0 {
			continue
		}
		if err := a.tellTender(ctx, actor, all.Purchases[at].ID, x.Tender, today); err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
	}
	return nil
}

func (a *App) tellTender(ctx context.Context, actor access.Actor, of ids.ID[procurement.Purchase], x *storyTender, today civil.Date) error {
	l, p := a.Texts.In("sv"), a.unsent()
	v, err := p.Tender(ctx, actor, of, l)
	if err != nil {
		return err
	}
	if v.Tender == nil {
		if err := p.StartTender(ctx, actor, of, l, today.AddDays(1)); err != nil {
			return err
		}
		if v, err = p.Tender(ctx, actor, of, l); err != nil {
			return err
		}
	}
	if v.Tender.Frozen.IsZero() {
		if err := p.WeighTender(ctx, actor, of, x.Weights); err != nil {
			return err
		}
		if err := p.FreezeTender(ctx, actor, of); err != nil {
			return err
		}
	}
	if v.Past {
		return a.openTender(ctx, actor, &v)
	}
	for i := range x.Bids {
		if err := a.tellBid(ctx, actor, of, x, i); err != nil {
			return fmt.Errorf("%s: %w", x.Bids[i].Name, err)
		}
	}
	if err := procurement.InventDeadline(ctx, p, actor, of); err != nil {
		return err
	}
	return a.openTender(ctx, actor, &v)
}

// openTender opens the bids; where two are to do it, the first asks and the second is left to whoever tries the program.
func (a *App) openTender(ctx context.Context, actor access.Actor, v *procurement.TenderView) error {
	if !v.Tender.Opened.IsZero() || v.Tender.OpeningBy != "" {
		return nil
	}
	return a.Procurements.OpenBids(ctx, actor, v.Purchase.ID)
}

// tellBid lets one bidder answer. One that has been told already is left as it is: what has been sent is gone to its link.
func (a *App) tellBid(ctx context.Context, actor access.Actor, of ids.ID[procurement.Purchase], x *storyTender, n int) error {
	l, p, told := a.Texts.In("sv"), a.unsent(), &x.Bids[n]
	v, err := p.Tender(ctx, actor, of, l)
	if err != nil {
		return err
	}
	find := func() int {
		return slices.IndexFunc(v.Bids, func(b procurement.Bid) bool { return b.Name == told.Name })
	}
	if find() < 0 {
		if err := p.InviteBidder(ctx, actor, of, procurement.Invite{Name: told.Name, To: told.To, Lang: "sv"}); err != nil {
			return err
		}
		if v, err = p.Tender(ctx, actor, of, l); err != nil {
			return err
		}
	}
	b := &v.Bids[find()]
	if err := a.mark(ctx, actor, madeLink, b.Link.String()); err != nil {
		return err
	}
	who, seat := holder(actor, b.Link), procurement.Seat{Kind: procurement.SheetBid, ID: b.ID.String()}
	asked, err := p.Posed(ctx, who, seat, l)
	if errors.Is(err, link.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	var given []procurement.Reply
	for i := range asked.Rows {
		r := procurement.Reply{Requirement: asked.Rows[i].ID, Status: requirement.Met}
		if at := slices.IndexFunc(told.But, func(s storyReply) bool { return s.ID == r.Requirement }); at >= 0 {
			r = told.But[at].reply()
		}
		if r.Status != "" { // what is told without an answer has none
			given = append(given, r)
		}
	}
	if err := p.AnswerPosed(ctx, who, l, seat, given); err != nil {
		return err
	}
	return p.SendPosed(ctx, who, l, seat)
}
