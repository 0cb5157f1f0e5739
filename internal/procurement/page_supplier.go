// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// suppliedPage is what suppliers have been asked about a system, and what they attest.
type suppliedPage struct {
	web.Page
	Head   web.SystemHead
	Slug   string
	Stop   bool
	CanAsk bool
	Mails  bool
	// MailHref is where mail is set up, for who may.
	MailHref     string
	Included     int
	To, Continue web.Field
	Requests     []requestRow
	Rows         []suppliedRow
	// Own says that the reader sees the organisation's own answers too.
	Own bool
}

type requestRow struct {
	ID, Asked, When, Until string
	State                  web.Tag
	Total, Answered        int
	Open                   bool
}

type suppliedRow struct {
	ID, Text, How, Who, When, From string
	Status, Own                    web.Tag
	Differs                        bool
}

func suppliedPath(slug string) string { return "/system/" + slug + "/leverantorssvar" }

func (p *Pages) supplied(c *web.Context) error { return p.renderSupplied(c, "") }

func (p *Pages) renderSupplied(c *web.Context, fault string) error {
	s, err := p.Service.Supplied(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	l, slug := c.L, s.System.Slug
	page := suppliedPage{
		Page: web.Page{
			Title: l.T("procurement.supplied-title", "System", s.System.Name), Active: "procurement",
			Crumbs: []web.Crumb{{Label: l.T("procurement.page-crumb"), Href: "/upphandling"}, {Label: s.System.Name, Href: address(systemBase(slug), "", "")}, {Label: l.T("procurement.supplied")}},
		},
		Head: requirement.PageHead(c, &s.View, web.TabProcurement), Slug: slug, Stop: s.Need.Stop, Mails: s.Mails, Included: len(s.Annex.Included()),
		CanAsk: access.AllowedAt(c.Actor, "procurement.AskSupplier", s.System.UnitID), Own: access.AllowedAt(c.Actor, "requirement.View", s.System.UnitID),
		To: web.Field{
			Name: "till", Type: "email", Label: l.T("procurement.supplied-to"), Hint: l.T("procurement.supplied-to-hint"), Value: c.Form("till"), Autocomplete: "off",
		},
		Continue: web.Field{Name: "fortsatt", Type: "select", Label: l.T("procurement.supplied-continue"), Options: []web.Option{{Label: l.T("procurement.supplied-new")}}},
	}
	if access.Allowed(c.Actor, "mail.Settings") {
		page.MailHref = mail.PagePath
	}
	if fault != "" {
		page.Errors = []web.FieldError{{Field: "till", Key: fault, Args: []any{"Max", mostRequests}}}
	}
	now := p.Service.DB.Now()
	for i := range s.Requests {
		r := &s.Requests[i]
		row := requestRow{ID: r.ID.String(), Asked: r.Asked, When: l.Moment(r.At), Total: r.Total, Answered: r.Answered, Open: r.Finished.IsZero()}
		switch {
		case !row.Open:
			row.State = web.OK(l.T("procurement.supplied-sent", "Moment", l.Moment(r.Finished)))
		case now.Before(r.Expires):
			row.State, row.Until = web.Info(l.T("procurement.supplied-waits")), l.Moment(r.Expires)
		default:
			row.State = web.Warn(l.T("procurement.supplied-expired"))
		}
		if row.Open {
			page.Continue.Options = append(page.Continue.Options, web.Option{Value: row.ID, Label: l.T("procurement.supplied-go-on", "Who", r.Asked, "Answered", r.Answered, "Total", r.Total)})
		}
		page.Requests = append(page.Requests, row)
	}
	page.rows(l, &s)
	return c.Render(pages, "supplied.html", page)
}

// rows puts what suppliers attest beside one's own answers.
func (p *suppliedPage) rows(l *locale.Localizer, s *Supplied) {
	for i := range s.Annex.Rows {
		r := &s.Annex.Rows[i]
		reply, ok := s.Replies[r.ID]
		if !ok {
			continue
		}
		row := suppliedRow{
			ID: r.ID, Text: r.Shall(catalogue.Lang(l.Lang)), How: reply.How, Who: reply.Who, When: l.Moment(reply.Sent), Status: PageReply(l, reply.Status),
			Own: requirement.PageStatus(l, r.Answer.Status), Differs: reply.Differs(r.Answer.Status),
		}
		if !reply.From.IsZero() {
			row.From = l.Date(reply.From)
		}
		p.Rows = append(p.Rows, row)
	}
}

// PageReply is a supplier's answer as a tag, in the supplier's own words: yes, partly, no.
func PageReply(l *locale.Localizer, s requirement.Status) web.Tag {
	tag := requirement.PageStatus(l, s)
	tag.Word = l.T("procurement.reply-" + string(s))
	return tag
}

// faultsOfAsking are the errors of asking with the message of each.
var faultsOfAsking = []struct {
	err error
	key string
}{
	{mail.ErrAddress, "procurement.fault-address"},
	{mail.ErrTooMany, "procurement.fault-many"},
	{ErrNoMail, "procurement.fault-no-mail"},
	{ErrNothing, "procurement.fault-nothing"},
	{ErrRequests, "procurement.fault-requests"},
}

func (p *Pages) askSupplier(c *web.Context) error {
	ask := Ask{To: c.Form("till"), Lang: c.L.Lang, Continue: ids.ID[Request](c.Form("fortsatt"))}
	err := p.Service.AskSupplier(c.Context(), c.Actor, c.Path("slug"), c.L, ask)
	for _, f := range faultsOfAsking {
		if errors.Is(err, f.err) {
			return p.renderSupplied(c, f.key)
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(suppliedPath(c.Path("slug")), "procurement.supplied-asked")
}

func (p *Pages) recallSupplier(c *web.Context) error {
	id, err := ids.Parse[Request](c.Path("id"))
	if err != nil {
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if err := p.Service.RecallSupplier(c.Context(), c.Actor, c.Path("slug"), id); err != nil {
		return err
	}
	return c.Redirect(suppliedPath(c.Path("slug")), "procurement.supplied-recalled")
}

// SupplierTask is what a link lets a supplier do.
func (p *Pages) SupplierTask() link.Task { return link.Task{Show: p.showPosed, Save: p.savePosed} }

// posedPage is what a supplier sees: one topic's requirements, and the way to the others.
type posedPage struct {
	web.Page
	Lead, Progress, Topic string
	Name                  string
	Topics                []posedTopic
	Rows                  []posedRow
	Next                  string
	Answered              int
}

type posedTopic struct {
	Name, Href      string
	Answered, Total int
	Current         bool
}

type posedRow struct {
	ID, Text, Verify string
	Must             web.Tag
	Status           web.Choices
	How, From        web.Field
}

func (p *Pages) showPosed(c *web.Context, l *link.Link) error {
	return p.drawPosed(c, l, c.Query("omrade"), nil)
}

func (p *Pages) drawPosed(c *web.Context, l *link.Link, topic string, faults []web.FieldError) error {
	id, err := ids.Parse[Request](l.Object)
	if err != nil {
		return link.ErrGone
	}
	asked, err := p.Service.Posed(c.Context(), l.Actor(web.ClientAddress(c.Request)), id, c.L)
	if err != nil {
		return err
	}
	page := posedPage{
		Page: web.Page{Title: c.L.T("procurement.posed-title", "System", asked.System), Layout: web.Plain, Errors: faults},
		Lead: c.L.T("procurement.posed-lead", "Organisation", asked.Organisation, "Day", c.L.Date(civil.Of(l.Expires))), Answered: asked.Request.Answered,
		Progress: c.L.T("procurement.posed-progress", "Answered", asked.Request.Answered, "Total", asked.Request.Total),
	}
	page.topics(c, &asked, topic)
	return c.Render(pages, "posed.html", page)
}

// topics fills in the way to every topic, and the rows of one: the chosen, else the first with something left to answer.
func (p *posedPage) topics(c *web.Context, asked *Posed, wanted string) {
	var order []string
	at := map[string]*posedTopic{}
	for i := range asked.Rows {
		r := &asked.Rows[i]
		t := at[r.Topic.ID]
		if t == nil {
			t = &posedTopic{Name: r.Topic.Name.In(catalogue.Lang(c.L.Lang)), Href: link.Path + "?omrade=" + url.QueryEscape(r.Topic.ID)}
			at[r.Topic.ID] = t
			order = append(order, r.Topic.ID)
		}
		if t.Total++; r.Reply.Status != "" {
			t.Answered++
		}
	}
	if len(order) == 0 {
		return
	}
	current := slices.Index(order, wanted)
	if current < 0 {
		current = max(0, slices.IndexFunc(order, func(id string) bool { return at[id].Answered < at[id].Total }))
	}
	at[order[current]].Current = true
	p.Topic, p.Name = order[current], at[order[current]].Name
	if current+1 < len(order) {
		p.Next = order[current+1]
	}
	for _, id := range order {
		p.Topics = append(p.Topics, *at[id])
	}
	for i := range asked.Rows {
		if asked.Rows[i].Topic.ID == p.Topic {
			p.Rows = append(p.Rows, posed(c, &asked.Rows[i]))
		}
	}
}

// posed is one requirement as the supplier sees it, with what was typed, else what is saved.
func posed(c *web.Context, r *PosedRow) posedRow {
	lang := catalogue.Lang(c.L.Lang)
	value := func(name, saved string) string {
		if sent := c.Forms(name); len(sent) > 0 {
			return sent[0]
		}
		return saved
	}
	out := posedRow{ID: r.ID, Text: r.Shall(lang), Verify: r.Verify(lang), Must: web.Tag{Word: c.L.T("procurement.page-should")}}
	if r.Mandatory() {
		out.Must = web.Info(c.L.T("procurement.page-shall"))
	}
	status := value("svar-"+r.ID, string(r.Reply.Status))
	out.Status = web.Choices{Name: "svar-" + r.ID, Legend: out.Text}
	for _, s := range SupplierStatuses {
		out.Status.Options = append(out.Status.Options, web.Choice{Value: string(s), Label: c.L.T("procurement.reply-" + string(s)), Checked: status == string(s)})
	}
	out.How = web.Field{Name: "hur-" + r.ID, Type: "textarea", Rows: 2, Label: c.L.T("procurement.posed-how"), Value: value("hur-"+r.ID, r.Reply.How), Optional: true}
	out.From = web.Field{Name: "fran-" + r.ID, Label: c.L.T("procurement.posed-from"), Hint: c.L.T("procurement.posed-from-hint"), Value: value("fran-"+r.ID, r.Reply.From.String()), Optional: true}
	return out
}

// readPosed reads the answers of the form. A row without an answer is not one.
func readPosed(c *web.Context) (list []Reply, faults []web.FieldError) {
	for _, id := range c.Forms("krav") {
		r := Reply{Requirement: id, Status: requirement.Status(c.Form("svar-" + id)), How: c.Form("hur-" + id)}
		from := c.Form("fran-" + id)
		if r.Status == "" && r.How == "" && from == "" {
			continue
		}
		var err error
		if from != "" {
			if r.From, err = civil.Parse(from); err != nil {
				faults = append(faults, web.FieldError{Field: "fran-" + id, Key: "procurement.fault-from"})
			}
		}
		switch err := r.Check(); {
		case errors.Is(err, ErrStatus):
			faults = append(faults, web.FieldError{Field: "svar-" + id, Key: "procurement.fault-status"})
		case errors.Is(err, ErrHow):
			faults = append(faults, web.FieldError{Field: "hur-" + id, Key: "procurement.fault-how", Args: []any{"Max", strconv.Itoa(MaxHow)}})
		}
		list = append(list, r)
	}
	return list, faults
}

// savePosed saves what stands on the page; with "skicka" it sends everything, which ends the task.
func (p *Pages) savePosed(c *web.Context, l *link.Link) (done bool, err error) {
	id, err := ids.Parse[Request](l.Object)
	if err != nil {
		return false, link.ErrGone
	}
	actor := l.Actor(web.ClientAddress(c.Request))
	list, faults := readPosed(c)
	if len(faults) > 0 {
		return false, p.drawPosed(c, l, c.Form("omrade"), faults)
	}
	if len(list) > 0 {
		err := p.Service.AnswerPosed(c.Context(), actor, c.L, id, list)
		if errors.Is(err, ErrUnknown) || errors.Is(err, db.ErrNotFound) {
			return false, link.ErrGone
		}
		if err != nil {
			return false, err
		}
	}
	if c.Form("skicka") == "1" {
		err := p.Service.SendPosed(c.Context(), actor, c.L, id)
		if errors.Is(err, ErrUnanswered) {
			return false, p.drawPosed(c, l, c.Form("omrade"), []web.FieldError{{Key: "procurement.fault-unanswered"}})
		}
		return err == nil, err
	}
	return false, c.Redirect(web.Local(link.Path+"?omrade="+url.QueryEscape(c.Form("nasta"))), "procurement.posed-saved")
}
