// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
)

// tenderRoutes registers the pages of tenders.
func (p *Pages) tenderRoutes(s *web.Site) {
	const base = "/upphandling/{id}/anbud"
	s.Handle("GET "+base, "procurement.Tender", p.tender)
	s.Handle("GET "+base+"/jamforelse", "procurement.Tender", p.tenderSheet)
	s.Handle("GET "+base+"/bilaga/{fil}", "procurement.BidAttachment", p.bidAttachment)
	s.Handle("POST "+base, "procurement.StartTender", p.startTender)
	s.Handle("POST "+base+"/vikter", "procurement.WeighTender", p.weighTender)
	s.Handle("POST "+base+"/frys", "procurement.FreezeTender", p.freezeTender)
	s.Handle("POST "+base+"/bjud-in", "procurement.InviteBidder", p.inviteBidder)
	s.Handle("POST "+base+"/oppna", "procurement.OpenBids", p.openBids)
	s.Handle("POST "+base+"/{bid}/aterta", "procurement.RecallBidder", p.recallBidder)
	s.Handle("POST "+base+"/{bid}/vinnare", "procurement.AwardBid", p.awardBid)
}

func tenderPath(id string) string { return purchaseBase(id) + "/anbud" }

// tenderPage is the tender of a planned purchase: who is asked, what weighs what, and when the answers are opened.
type tenderPage struct {
	web.Page
	Name, Base, Back string
	// Started says that there is a tender; else the form begins one.
	Started          bool
	Rows             int
	Until            web.Field
	Facts            []string
	Frozen, FrozenBy string
	Opened, OpenedBy string
	OpenedWith       string
	// Opening and OpeningBy tell that somebody has asked to open the answers; Two says that two do.
	Opening, OpeningBy  string
	Two                 bool
	Past, CanRun, Mails bool
	MayInvite, MayOpen  bool
	MailHref            string
	Weights             []weightRow
	Bids                []bidRow
	Bidder, To, Go      web.Field
	Compared            *comparedPart
}

type weightRow struct {
	ID, Text string
	Value    string
	Fault    string
}

type bidRow struct {
	ID, Name, Asked, When string
	State                 web.Tag
	Recall                bool
}

// comparedPart is the answers of the bidders beside each other.
type comparedPart struct {
	Lead   string
	Sheet  string
	Scores []scoreRow
	Parts  []comparedLines
	// Starts is when the winner's contract begins; CanAward says that one can be chosen.
	Starts   web.Field
	CanAward bool
	Winner   web.Field
	Won      string
}

type scoreRow struct {
	Name, Met, Points string
	State             web.Tag
	Missing           []web.Link
}

type comparedLines struct {
	ID, Title string
	Rows      []comparedRow
	Names     []string
}

type comparedRow struct {
	ID, Text, Weight string
	Cells            []comparedCell
}

type comparedCell struct {
	Name, How, Points, From string
	Held                    web.Tag
	Files                   []web.Link
}

func (p *Pages) tender(c *web.Context) error { return p.drawTender(c) }

func (p *Pages) drawTender(c *web.Context, faults ...web.FieldError) error {
	v, err := p.Service.Tender(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), c.L)
	if err != nil {
		return err
	}
	t, base := c.L.T, purchaseBase(v.Purchase.ID.String())
	if v.Purchase.System != "" {
		base = systemBase(v.Purchase.Slug)
	}
	page := tenderPage{
		Page: web.Page{Title: t("procurement.tender-title", "Name", v.Purchase.Name), Active: "procurement", Errors: faults, Crumbs: []web.Crumb{
			{Label: t("procurement.page-crumb"), Href: "/upphandling"}, {Label: v.Purchase.Name, Href: base}, {Label: t("procurement.tender")},
		}},
		Name: v.Purchase.Name, Base: tenderPath(v.Purchase.ID.String()), Back: base, Started: v.Tender != nil, Rows: v.Rows, Past: v.Past, Mails: v.Mails,
		CanRun: access.AllowedAt(c.Actor, "procurement.InviteBidder", v.Purchase.UnitID),
		Until:  web.Field{Name: "senast", Label: t("procurement.tender-until"), Hint: t("procurement.tender-until-hint"), Value: c.Form("senast")},
		Bidder: web.Field{Name: "namn", Label: t("procurement.tender-bidder"), Value: c.Form("namn")},
		To:     web.Field{Name: "till", Type: "email", Label: t("procurement.tender-to"), Hint: t("procurement.tender-to-hint"), Value: c.Form("till"), Autocomplete: "off"},
		Go:     web.Field{Name: "fortsatt", Type: "select", Label: t("procurement.tender-go-on"), Options: []web.Option{{Label: t("procurement.tender-new-bidder")}}},
	}
	if access.Allowed(c.Actor, "mail.Settings") {
		page.MailHref = mail.PagePath
	}
	if v.Tender != nil {
		page.fill(c, &v)
	}
	return c.Render(pages, "tender.html", page)
}

// fill fills in what there is of a tender.
func (p *tenderPage) fill(c *web.Context, v *TenderView) {
	l, x := c.L, v.Tender
	p.Facts = []string{
		l.T("procurement.tender-version", "Number", x.Number, "Hash", x.Hash, "Count", len(x.Lines)), l.T("procurement.tender-deadline", "Day", l.Date(lastDay(x.Deadline))),
	}
	p.Frozen, p.FrozenBy = momentOf(l, x.Frozen), v.People[x.FrozenBy]
	p.Opened, p.OpenedBy = momentOf(l, x.Opened), v.People[x.OpenedBy]
	p.MayInvite = p.CanRun && !v.Past && p.Opened == ""
	p.OpenedWith, p.Two = v.People[x.OpenedWith], v.Two
	if p.Opened == "" {
		p.Opening, p.OpeningBy = momentOf(l, x.Opening), v.People[x.OpeningBy]
	}
	p.MayOpen = p.CanRun && v.Past && p.Opened == "" && (x.OpeningBy != c.Actor.ID || !v.Two)
	p.weigh(c, x)
	for i := range v.Bids {
		b := &v.Bids[i]
		row := bidRow{ID: b.ID.String(), Name: b.Name, Asked: b.Asked, When: l.Moment(b.At), Recall: p.MayInvite, State: web.Neutral(l.T("procurement.bid-sealed"))}
		switch {
		case p.Opened != "" && b.Finished.IsZero():
			row.State = web.Warn(l.T("procurement.bid-none"))
		case p.Opened != "":
			row.State = web.OK(l.T("procurement.supplied-sent", "Moment", l.Moment(b.Finished)))
		}
		p.Bids = append(p.Bids, row)
		if p.MayInvite {
			p.Go.Options = append(p.Go.Options, web.Option{Value: row.ID, Label: l.T("procurement.tender-again", "Name", b.Name)})
		}
	}
	if v.Comparison != nil {
		p.Compared = compared(c, v)
	}
}

// weigh fills in what weighs what, with what was typed.
func (p *tenderPage) weigh(c *web.Context, x *Tender) {
	for i := range x.Lines {
		line := &x.Lines[i]
		if line.Must {
			continue
		}
		row := weightRow{ID: line.ID, Text: line.Text.In(catalogue.Lang(c.L.Lang)), Value: strconv.Itoa(x.Weights[line.ID])}
		if sent := c.Forms("vikt-" + line.ID); len(sent) > 0 {
			row.Value = sent[0]
		}
		for _, f := range p.Errors {
			if f.Field == "vikt-"+line.ID {
				row.Fault = c.L.T(f.Key, f.Args...)
			}
		}
		p.Weights = append(p.Weights, row)
	}
}

// momentOf is a moment in words; nothing when there is none.
func momentOf(l *locale.Localizer, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.Moment(t)
}

// compared fills in the comparison, with the same numbers as its sheet.
func compared(c *web.Context, v *TenderView) *comparedPart {
	l, x := c.L, v.Comparison
	base := tenderPath(v.Purchase.ID.String())
	out := &comparedPart{Lead: l.T("procurement.compared-lead", "Shall", x.Shall, "Most", x.Most), Sheet: base + "/jamforelse"}
	var names []string
	for i := range x.Scores {
		s := &x.Scores[i]
		names = append(names, s.Name)
		row := scoreRow{Name: s.Name, Met: l.T("procurement.compared-met", "Met", s.Met, "Total", x.Shall), Points: l.T("procurement.compared-points", "Points", l.Decimal(s.Points), "Most", x.Most)}
		if row.State = web.OK(l.T("procurement.compared-passes")); !s.Passes() {
			row.State = web.Bad(l.T("procurement.compared-fails", "Count", s.Short+s.Missing))
		}
		for n := range x.Lines {
			if line := &x.Lines[n]; line.Must && line.Cells[i].Held != HeldMet {
				row.Missing = append(row.Missing, web.Link{Label: line.Text.In(catalogue.Lang(l.Lang)) + " – " + l.T("procurement.held-"+string(line.Cells[i].Held)), Href: "#k-" + line.ID})
			}
		}
		out.Scores = append(out.Scores, row)
	}
	shall := comparedLines{ID: "ska", Title: l.T("procurement.compared-shall"), Names: names}
	should := comparedLines{ID: "bor", Title: l.T("procurement.compared-should"), Names: names}
	for i := range x.Lines {
		line := &x.Lines[i]
		if row := comparedOne(l, base, x, line); line.Must {
			shall.Rows = append(shall.Rows, row)
		} else {
			should.Rows = append(should.Rows, row)
		}
	}
	for _, part := range []comparedLines{shall, should} {
		if len(part.Rows) > 0 {
			out.Parts = append(out.Parts, part)
		}
	}
	out.award(c, v)
	return out
}

// award fills in who has won, or the form that says so.
func (p *comparedPart) award(c *web.Context, v *TenderView) {
	l := c.L
	p.Winner = web.Field{Name: "vinnare", Type: "select", Label: l.T("procurement.award-bid")}
	for i := range v.Comparison.Scores {
		s := &v.Comparison.Scores[i]
		if s.ID == v.Tender.Winner {
			p.Won = l.T("procurement.award-won", "Name", s.Name, "Day", l.Date(v.Tender.Starts))
		}
		p.Winner.Options = append(p.Winner.Options, web.Option{Value: s.ID.String(), Label: s.Name})
	}
	p.CanAward = p.Won == "" && len(p.Winner.Options) > 0 && access.AllowedAt(c.Actor, "procurement.AwardBid", v.Purchase.UnitID)
	p.Starts = web.Field{Name: "avtalsstart", Label: l.T("procurement.accept-starts"), Hint: l.T("procurement.award-starts-hint"), Value: c.Form("avtalsstart")}
}

// heldTag says how an answer stands.
func heldTag(l *locale.Localizer, h Held) web.Tag {
	word := l.T("procurement.held-" + string(h))
	switch h {
	case HeldMet:
		return web.OK(word)
	case HeldPartly, HeldLater:
		return web.Warn(word)
	case HeldNot:
		return web.Bad(word)
	}
	return web.Tag{Icon: "q", Word: word}
}

func comparedOne(l *locale.Localizer, base string, x *Comparison, line *ComparedLine) comparedRow {
	row := comparedRow{ID: line.ID, Text: line.Text.In(catalogue.Lang(l.Lang))}
	if !line.Must {
		row.Weight = l.T("procurement.compared-weight", "Weight", line.Weight)
	}
	for n := range line.Cells {
		cell := &line.Cells[n]
		at := comparedCell{Name: x.Scores[n].Name, How: cell.How, Held: heldTag(l, cell.Held)}
		if !line.Must {
			at.Points = l.T("procurement.compared-gives", "Points", l.Decimal(cell.Points))
		}
		if !cell.From.IsZero() {
			at.From = l.T("procurement.supplied-from", "Day", l.Date(cell.From))
		}
		for k := range cell.Files {
			f := &cell.Files[k]
			at.Files = append(at.Files, web.Link{Label: l.T("procurement.file", "Name", f.Name, "Size", (f.Size+1023)/1024), Href: base + "/bilaga/" + f.ID.String()})
		}
		row.Cells = append(row.Cells, at)
	}
	return row
}

// tenderSheet writes the comparison as a workbook.
func (p *Pages) tenderSheet(c *web.Context) error {
	v, err := p.Service.Tender(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), c.L)
	if err != nil {
		return err
	}
	if v.Comparison == nil {
		return &web.Error{Status: http.StatusConflict, Key: "procurement.fault-sealed", Err: ErrSealed}
	}
	doc := comparisonDocument(c.L, &v)
	doc.Created = p.Service.DB.Now()
	var b bytes.Buffer
	if err := doc.Write(&b, document.XLSX); err != nil {
		return err
	}
	return c.Attachment(c.L.T("procurement.compared-file")+document.XLSX.Extension(), document.XLSX.MediaType(), b.Bytes())
}

func number(v float64) document.Cell { return document.Cell{Number: &v} }

// comparisonDocument is the comparison as a document.
func comparisonDocument(l *locale.Localizer, v *TenderView) *document.Document {
	t, lang, x := l.T, catalogue.Lang(l.Lang), v.Comparison
	sum := document.Table{Name: t("procurement.compared-sum"), Caption: t("procurement.compared-lead", "Shall", x.Shall, "Most", x.Most), Columns: []document.Column{
		{Key: "bidder", Header: t("procurement.tender-bidder")},
		{Key: "met", Header: t("procurement.sheet-met"), Kind: document.Number},
		{Key: "short", Header: t("procurement.sheet-short"), Kind: document.Number},
		{Key: "missing", Header: t("procurement.sheet-missing"), Kind: document.Number},
		{Key: "points", Header: t("procurement.sheet-points"), Kind: document.Number},
	}}
	for i := range x.Scores {
		s := &x.Scores[i]
		sum.Rows = append(sum.Rows, []document.Cell{document.T(s.Name), document.N(s.Met), document.N(s.Short), document.N(s.Missing), number(s.Points)})
	}
	all := document.Table{Name: t("procurement.sheet-answers"), Columns: []document.Column{
		{Key: "weight", Header: t("procurement.page-weight-of")},
		{Key: "text", Header: t("procurement.supplied-requirement"), Kind: document.Long, Width: 4},
		{Key: "value", Header: t("procurement.sheet-weight"), Kind: document.Number},
	}}
	for i := range x.Scores {
		n := strconv.Itoa(i)
		all.Columns = append(all.Columns, document.Column{Key: "held" + n, Header: x.Scores[i].Name},
			document.Column{Key: "points" + n, Header: t("procurement.sheet-points-of", "Name", x.Scores[i].Name), Kind: document.Number},
			document.Column{Key: "how" + n, Header: t("procurement.sheet-how-of", "Name", x.Scores[i].Name), Kind: document.Long, Width: 3})
	}
	for i := range x.Lines {
		line := &x.Lines[i]
		row := []document.Cell{document.T(t("procurement.page-should")), document.T(line.Text.In(lang)), document.N(line.Weight)}
		if line.Must {
			row[0], row[2] = document.T(t("procurement.page-shall")), document.Cell{}
		}
		for n := range line.Cells {
			cell := &line.Cells[n]
			points := number(cell.Points)
			if line.Must {
				points = document.Cell{}
			}
			row = append(row, document.T(t("procurement.held-"+string(cell.Held))), points, document.T(cell.How))
		}
		all.Rows = append(all.Rows, row)
	}
	return &document.Document{
		Lang: l.Lang, Title: t("procurement.compared-title", "Name", v.Purchase.Name), Properties: []document.Property{
			{Name: t("procurement.versions-col-hash"), Value: v.Tender.Hash},
			{Name: t("procurement.sheet-frozen"), Value: l.Moment(v.Tender.Frozen)},
			{Name: t("procurement.sheet-opened"), Value: l.Moment(v.Tender.Opened)},
		},
		Sections: []document.Section{
			{ID: "summa", Heading: t("procurement.compared-sum"), Level: 1, Paragraphs: []string{t("procurement.weights-rule")}, Table: &sum},
			{ID: "svar", Heading: t("procurement.sheet-answers"), Level: 1, Table: &all},
		},
	}
}

// faultsOfTenders are the errors of running a tender with the field and the message of each.
var faultsOfTenders = []struct {
	err        error
	field, key string
}{
	{ErrUntil, "senast", "procurement.fault-until"},
	{ErrTender, "", "procurement.fault-tender"},
	{ErrNothing, "", "procurement.fault-nothing"},
	{ErrBidder, "namn", "procurement.fault-bidder"},
	{ErrBids, "namn", "procurement.fault-bids"},
	{ErrFrozen, "", "procurement.fault-frozen"},
	{ErrNotFrozen, "", "procurement.fault-not-frozen"},
	{ErrSealed, "", "procurement.fault-sealed"},
	{ErrOpened, "", "procurement.fault-opened"},
	{ErrSecond, "", "procurement.fault-second"},
	{ErrWinner, "vinnare", "procurement.fault-winner"},
	{ErrNoMail, "till", "procurement.fault-no-mail"},
	{mail.ErrAddress, "till", "procurement.fault-address"},
	{mail.ErrTooMany, "till", "procurement.fault-many"},
}

// told draws the page again with what is wrong, or goes back to it with what was done.
func (p *Pages) told(c *web.Context, err error, done string) error {
	for _, f := range faultsOfTenders {
		if errors.Is(err, f.err) {
			return p.drawTender(c, web.FieldError{Field: f.field, Key: f.key, Args: []any{"Max", mostBids}})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(tenderPath(c.Path("id")), done)
}

func (p *Pages) startTender(c *web.Context) error {
	until, err := civil.ParseLoose(c.Form("senast"))
	if err != nil || until.IsZero() {
		return p.drawTender(c, web.FieldError{Field: "senast", Key: "procurement.fault-from"})
	}
	return p.told(c, p.Service.StartTender(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), c.L, until), "procurement.tender-started")
}

func (p *Pages) weighTender(c *web.Context) error {
	given := map[string]int{}
	var faults []web.FieldError
	for name := range c.Request.PostForm {
		id, ok := strings.CutPrefix(name, "vikt-")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(c.Form(name))
		if err != nil || n < 0 || n > MaxWeight {
			faults = append(faults, web.FieldError{Field: name, Key: "procurement.fault-weight", Args: []any{"Max", MaxWeight}})
		}
		given[id] = n
	}
	if len(faults) > 0 {
		return p.drawTender(c, faults...)
	}
	return p.told(c, p.Service.WeighTender(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), given), "procurement.weights-saved")
}

func (p *Pages) freezeTender(c *web.Context) error {
	return p.told(c, p.Service.FreezeTender(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id"))), "procurement.weights-are-frozen")
}

func (p *Pages) inviteBidder(c *web.Context) error {
	in := Invite{Name: c.Form("namn"), To: c.Form("till"), Lang: c.L.Lang, Continue: ids.ID[Bid](c.Form("fortsatt"))}
	return p.told(c, p.Service.InviteBidder(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), in), "procurement.supplied-asked")
}

func (p *Pages) openBids(c *web.Context) error {
	id := ids.ID[Purchase](c.Path("id"))
	if err := p.Service.OpenBids(c.Context(), c.Actor, id); err != nil {
		return p.told(c, err, "")
	}
	v, err := p.Service.Tender(c.Context(), c.Actor, id, c.L)
	if err == nil && v.Tender != nil && v.Tender.Opened.IsZero() {
		return p.told(c, nil, "procurement.bids-wait")
	}
	return p.told(c, err, "procurement.bids-opened")
}

func (p *Pages) recallBidder(c *web.Context) error {
	return p.told(c, p.Service.RecallBidder(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), ids.ID[Bid](c.Path("bid"))), "procurement.supplied-recalled")
}

func (p *Pages) awardBid(c *web.Context) error {
	starts, err := civil.ParseLoose(c.Form("avtalsstart"))
	if err != nil {
		return p.drawTender(c, web.FieldError{Field: "avtalsstart", Key: "procurement.fault-from"})
	}
	bid := c.Path("bid")
	if bid == chosenBid {
		bid = c.Form("vinnare")
	}
	return p.told(c, p.Service.AwardBid(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), ids.ID[Bid](bid), starts), "procurement.awarded")
}

// chosenBid stands in the address where the form says which bid.
const chosenBid = "valt"

// bidAttachment hands over a document that came with a bid.
func (p *Pages) bidAttachment(c *web.Context) error {
	d, err := p.Service.BidAttachment(c.Context(), c.Actor, ids.ID[Purchase](c.Path("id")), ids.ID[Attached](c.Path("fil")))
	if err != nil {
		return err
	}
	return handOver(c, &d)
}
