// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
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

// ReceiptTask is what the link of a receipt lets a supplier do: take back that its answers are shared.
func (p *Pages) ReceiptTask() link.Task {
	return link.Task{Show: p.showReceipt, Save: p.takeBack, Thanks: "procurement.receipt-thanks", ThanksText: "procurement.receipt-thanks-text"}
}

// receiptPage is what a supplier sees of what it shares, after it has sent it.
type receiptPage struct {
	web.Page
	Text, Since string
	State       web.Tag
	Shares      bool
}

func (p *Pages) showReceipt(c *web.Context, l *link.Link) error {
	t := c.L.T
	page := receiptPage{Page: web.Page{Title: t("procurement.receipt-title"), Layout: web.Plain}}
	r, err := p.Service.Receipt(c.Context(), l.Actor(web.ClientAddress(c.Request)))
	switch {
	case errors.Is(err, ErrNotShared):
		page.Text, page.State = t("procurement.receipt-none"), web.Tag{Word: t("procurement.share-not")}
	case err != nil:
		return err
	default:
		page.Shares, page.State = true, web.Info(t("procurement.share-state"))
		page.Text = t("procurement.receipt-text", "Count", r.Answers, "Organisation", r.Organisation, "System", r.System, "Domain", r.Consent.Domain)
		page.Since = t("procurement.shared-since", "Moment", c.L.Moment(r.Consent.At))
	}
	return c.Render(pages, "receipt.html", page)
}

// takeBack takes back the consent. What had ended already is thanked for all the same.
func (p *Pages) takeBack(c *web.Context, l *link.Link) (done bool, err error) {
	err = p.Service.TakeBack(c.Context(), l.Actor(web.ClientAddress(c.Request)))
	if errors.Is(err, ErrNotShared) {
		return false, p.showReceipt(c, l)
	}
	return err == nil, err
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

// sharedLine is one such answer.
type sharedLine struct {
	Status        web.Tag
	How, On, From string
	// Notice says that it has changed or ended, or cannot be read.
	Notice        string
	Ended, Paused bool
}

// sharedChange is what a supplier has answered otherwise, with the old and the new side by side.
type sharedChange struct {
	Href, Text, When string
	Was, Now         web.Tag
	WasHow, NowHow   string
	WasFrom, NowFrom string
	WasOn, NowOn     string
	Ended            string
}

// DifferencesAt is where a system's page shows them.
const DifferencesAt = "/leverantorssvar#andringar"

// changes are the differences that nobody has noted.
func changes(l *locale.Localizer, list []Differing) []sharedChange {
	out := make([]sharedChange, 0, len(list))
	for i := range list {
		d := &list[i]
		row := sharedChange{Href: "/krav/" + d.Requirement, Text: d.Text.In(catalogue.Lang(l.Lang))}
		if row.Text == "" {
			row.Text, row.Href = d.Requirement, ""
		}
		if d.Ended.IsZero() {
			row.When = l.T("procurement.shared-changed", "Moment", l.Moment(d.Changed))
			row.Was, row.WasHow, row.WasFrom, row.WasOn = said(l, d.Before)
			row.Now, row.NowHow, row.NowFrom, row.NowOn = said(l, &d.Said)
		} else {
			row.When, row.Ended = endedText(l, &d.Shared), l.T("procurement.shared-gone")
		}
		out = append(out, row)
	}
	return out
}

// differencesPage is what a supplier has answered others otherwise, for who keeps its contract.
type differencesPage struct {
	web.Page
	Name        string
	Differences []sharedChange
	// Systems lead to what is demanded of the systems that the supplier was asked about.
	Systems []web.Link
}

func (p *Pages) supplierDifferences(c *web.Context) error {
	d, err := p.Service.Differences(c.Context(), c.Actor, ids.ID[supplier.Supplier](c.Path("id")))
	if err != nil {
		return err
	}
	t := c.L.T
	page := differencesPage{Name: d.Supplier.Name, Differences: changes(c.L, d.List), Page: web.Page{
		Title: t("procurement.shared-differs"), Active: supplier.Menu,
		Crumbs: []web.Crumb{{Label: t("supplier.title"), Href: supplier.Place}, {Label: d.Supplier.Name, Href: d.Supplier.Path()}, {Label: t("procurement.shared-differs")}},
	}}
	for i := range d.Systems {
		page.Systems = append(page.Systems, web.Link{Label: d.Systems[i].Name, Href: "/system/" + d.Systems[i].Slug + "/upphandling"})
	}
	return c.Render(pages, "differences.html", page)
}

// DifferencesPath is where who keeps a supplier's contract sees what it has answered others otherwise.
func DifferencesPath(id ids.ID[supplier.Supplier]) string {
	return (&supplier.Supplier{ID: id}).Path() + "/andringar"
}

// said is an answer as a page tells it: what, how, from when it holds and when it was sent.
func said(l *locale.Localizer, s *Said) (what web.Tag, how, from, on string) {
	if !s.From.IsZero() {
		from = l.Date(s.From)
	}
	return PageReply(l, s.Status), s.How, from, l.T("procurement.shared-on", "Day", l.Date(s.On))
}

// endedText tells why a copy is not there any more.
func endedText(l *locale.Localizer, x *Shared) string {
	if !x.Paused.IsZero() {
		return l.T("procurement.shared-lost", "Moment", l.Moment(x.Paused))
	}
	return l.T("procurement.shared-ended", "Moment", l.Moment(x.Ended))
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
		}
		p.Beside = append(p.Beside, row)
	}
	p.CanSee = access.AllowedAt(c.Actor, "procurement.SeeShared", s.System.UnitID)
	p.Differences = changes(l, s.Differs)
	p.News = len(p.Differences)
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
		return sharedLine{Ended: true, Notice: endedText(l, x)}
	}
	if !x.Paused.IsZero() {
		return sharedLine{Paused: true, Notice: l.T("procurement.shared-paused", "Moment", l.Moment(x.Paused))}
	}
	var out sharedLine
	out.Status, out.How, out.From, out.On = said(l, &x.Said)
	if x.Before != nil {
		out.Notice = l.T("procurement.shared-changed", "Moment", l.Moment(x.Changed))
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
