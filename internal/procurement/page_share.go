// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// sharing is what whoever was asked may say of whether other organisations may see their answers.
type sharing struct {
	Text, Say string
	Button    string
	State     web.Tag
}

// sharingOf is that choice on the page of what is asked; nil when there is nothing to choose.
func sharingOf(l *locale.Localizer, asked *Posed) *sharing {
	switch {
	case asked.Only != "" || !asked.Sharable && !asked.Shares:
		return nil
	case asked.Shares:
		return &sharing{l.T("procurement.share-on"), string(NotShare), l.T("procurement.share-end"), web.Info(l.T("procurement.share-state"))}
	}
	return &sharing{l.T("procurement.share-off"), string(Share), l.T("procurement.share-begin"), web.Tag{Word: l.T("procurement.share-not")}}
}

// sharePosed takes in what whoever was asked says of sharing.
func (p *Pages) sharePosed(c *web.Context, l *link.Link) error {
	say := Sharing(c.Form("delning"))
	err := p.Service.ConsentPosed(c.Context(), l.Actor(web.ClientAddress(c.Request)), c.L, seat(l), say)
	if err != nil && !errors.Is(err, ErrNotShared) {
		return err
	}
	key := "procurement.share-begun"
	if say != Share || err != nil {
		key = "procurement.share-ended"
	}
	return c.Redirect(web.Local(link.Path), key)
}

// consentRow is a supplier that shares its answers about the system.
type consentRow struct{ Domain, Text string }

// besideRow is one requirement with what the supplier has answered others.
type besideRow struct {
	ID, Text string
	Must     web.Tag
	Own      web.Tag
	Others   []sharedLine
}

// sharedLine is one such answer, with the difference that nobody has noted yet.
type sharedLine struct {
	Status        web.Tag
	How, On, From string
	// Notice says that it has changed or ended; Was and WasHow are what it said before.
	Notice, WasHow string
	Was            web.Tag
	Ended          bool
}

// sharing fills in whose answers are shared from here, and what the supplier has answered others.
func (p *suppliedPage) sharing(c *web.Context, s *Supplied) {
	l := c.L
	for _, x := range s.Consents {
		p.Consents = append(p.Consents, consentRow{x.Domain, l.T("procurement.shared-since", "Moment", l.Moment(x.At))})
	}
	for i := range s.Others {
		b := &s.Others[i]
		row := besideRow{ID: b.ID, Text: b.Text.In(catalogue.Lang(l.Lang)), Must: mustTag(l, b.Must), Own: replyTag(l, b.Own)}
		for n := range b.Shared {
			x := &b.Shared[n]
			row.Others = append(row.Others, lineOf(l, x))
			if x.News() {
				p.News++
			}
		}
		p.Beside = append(p.Beside, row)
	}
	p.CanSee = access.Allowed(c.Actor, "procurement.SeeShared")
}

// replyTag is an answer as a tag, also when there is none.
func replyTag(l *locale.Localizer, s requirement.Status) web.Tag {
	if s == "" {
		return web.Tag{Icon: "q", Word: l.T("procurement.shared-unanswered")}
	}
	return PageReply(l, s)
}

func lineOf(l *locale.Localizer, x *Shared) sharedLine {
	if !x.Ended.IsZero() {
		return sharedLine{Ended: true, Notice: l.T("procurement.shared-ended", "Moment", l.Moment(x.Ended))}
	}
	out := sharedLine{Status: PageReply(l, x.Status), How: x.How, On: l.T("procurement.shared-on", "Day", l.Date(x.On))}
	if !x.From.IsZero() {
		out.From = l.Date(x.From)
	}
	if x.Before != nil {
		out.Notice, out.Was, out.WasHow = l.T("procurement.shared-changed", "Moment", l.Moment(x.Changed)), PageReply(l, x.Before.Status), x.Before.How
	}
	return out
}

// endSharing ends the sharing of a supplier's answers about the system.
func (p *Pages) endSharing(c *web.Context) error {
	err := p.Service.EndSharing(c.Context(), c.Actor, c.Path("slug"), c.Form("doman"))
	if err != nil && !errors.Is(err, ErrNotShared) { // it has ended already
		return err
	}
	return c.Redirect(suppliedPath(c.Path("slug")), "procurement.share-ended")
}

// seeShared notes that what has changed of shared answers has been seen.
func (p *Pages) seeShared(c *web.Context) error {
	err := p.Service.SeeShared(c.Context(), c.Actor, c.Path("slug"))
	if err != nil && !errors.Is(err, ErrNotShared) {
		return err
	}
	return c.Redirect(suppliedPath(c.Path("slug")), "procurement.shared-noted")
}
