// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// seats are what the links of each task lead to.
var seats = map[string]SheetKind{SupplierTask: SheetRequest, BidTask: SheetBid, PartTask: SheetPart}

// SupplierTask is what a link lets somebody do who answers requirements: a supplier, a bidder, an own unit, or a colleague of theirs.
func (p *Pages) SupplierTask() link.Task { return link.Task{Show: p.showPosed, Save: p.savePosed} }

// seat is the sheet that a link leads to.
func seat(l *link.Link) Seat { return Seat{seats[l.Task], l.Object} }

// posedPage is what a supplier sees: one topic's requirements, and the way to the others.
type posedPage struct {
	web.Page
	Lead, Progress, Topic string
	// Weighs tells a bidder how answers are weighed.
	Weighs   []string
	Name     string
	Topics   []posedTopic
	Rows     []posedRow
	Next     string
	Answered int
	// Send is what the button that ends the task says, and SendHint what it does.
	Send, SendHint string
	// Parts are the topics that colleagues answer; To and Area ask one more. Delegates says that it may be done.
	Parts     []posedPart
	To, Area  web.Field
	Delegates bool
	Accept    string
	// Sharing is whether other organisations may see the answers; nil when there is nothing to choose.
	Sharing *sharing
}

type posedTopic struct {
	Name, Href      string
	Answered, Total int
	Current         bool
}

type posedPart struct {
	ID, Name, Asked string
	State           web.Tag
	Open            bool
}

type posedRow struct {
	ID, Text, Verify string
	Weight           string
	Must             web.Tag
	Status           web.Choices
	How, From, File  web.Field
	Files            []posedFile
	// Earlier says where what stands in the fields comes from, when it is to be confirmed.
	Earlier string
}

type posedFile struct{ ID, Label string }

func (p *Pages) showPosed(c *web.Context, l *link.Link) error {
	return p.drawPosed(c, l, c.Query("omrade"), nil)
}

func (p *Pages) drawPosed(c *web.Context, l *link.Link, topic string, faults []web.FieldError) error {
	asked, err := p.Service.Posed(c.Context(), l.Actor(web.ClientAddress(c.Request)), seat(l), c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	lead := "procurement.posed-lead"
	switch {
	case asked.Only != "":
		lead = "procurement.posed-lead-part"
	case asked.Sheet.Kind == SheetBid:
		lead = "procurement.posed-lead-bid"
	case asked.Form == ToUnit:
		lead = "procurement.posed-lead-unit"
	}
	page := posedPage{
		Page: web.Page{Title: t("procurement.posed-title", "System", asked.System), Layout: web.Plain, Errors: faults},
		Lead: t(lead, "Organisation", asked.Organisation, "Day", c.L.Date(lastDay(asked.Until))), Answered: asked.Answered,
		Progress: t("procurement.posed-progress", "Answered", asked.Answered, "Total", asked.Total),
		Send:     t("procurement.posed-send"), SendHint: t("procurement.posed-send-hint"), Accept: ".pdf,.png,.jpg,.jpeg,.txt,.csv,.docx,.xlsx,.pptx,.odt,.ods,.odp",
	}
	if asked.Sheet.Kind == SheetBid {
		key := "procurement.posed-unweighed"
		if asked.Weighed {
			key = "procurement.posed-weighed"
		}
		page.Weighs = []string{t(key), t("procurement.weights-rule")}
	}
	if asked.Only != "" {
		page.Send, page.SendHint = t("procurement.posed-done"), t("procurement.posed-done-hint")
	}
	page.topics(c, &asked, topic)
	page.parts(c, &asked)
	page.Sharing = sharingOf(c.L, &asked)
	return c.Render(pages, "posed.html", page)
}

// topicName is what a topic is called; the organisation's own requirements have a topic of their own.
func topicName(c *web.Context, r *PosedRow) string {
	if r.Topic == ownTopic {
		return c.L.T("procurement.own-title")
	}
	return r.TopicName.In(catalogue.Lang(c.L.Lang))
}

// topics fills in the way to every topic, and the rows of one: the chosen, else the first with something left to answer.
func (p *posedPage) topics(c *web.Context, asked *Posed, wanted string) {
	var order []string
	at := map[string]*posedTopic{}
	for i := range asked.Rows {
		r := &asked.Rows[i]
		t := at[r.Topic]
		if t == nil {
			t = &posedTopic{Name: topicName(c, r), Href: link.Path + "?omrade=" + url.QueryEscape(r.Topic)}
			at[r.Topic] = t
			order = append(order, r.Topic)
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
	p.Area = web.Field{Name: "del", Type: "select", Label: c.L.T("procurement.part-topic"), Value: p.Topic}
	for _, id := range order {
		p.Topics = append(p.Topics, *at[id])
		p.Area.Options = append(p.Area.Options, web.Option{Value: id, Label: at[id].Name})
	}
	for i := range asked.Rows {
		if asked.Rows[i].Topic == p.Topic {
			p.Rows = append(p.Rows, posed(c, &asked.Rows[i]))
		}
	}
}

// parts fills in which topics colleagues answer, and the form that asks one more.
func (p *posedPage) parts(c *web.Context, asked *Posed) {
	p.Delegates = asked.Only == "" && len(asked.Rows) > 0
	p.To = web.Field{Name: "kollega", Type: "email", Label: c.L.T("procurement.part-to"), Hint: c.L.T("procurement.part-to-hint"), Value: c.Form("kollega"), Autocomplete: "off"}
	for i := range asked.Parts {
		x := &asked.Parts[i]
		row := posedPart{ID: x.ID.String(), Asked: x.Asked, Name: x.Topic, State: web.Info(c.L.T("procurement.part-waits")), Open: x.Done.IsZero()}
		if !row.Open {
			row.State = web.OK(c.L.T("procurement.part-done"))
		}
		if n := slices.IndexFunc(asked.Rows, func(r PosedRow) bool { return r.Topic == x.Topic }); n >= 0 {
			row.Name = topicName(c, &asked.Rows[n])
		}
		p.Parts = append(p.Parts, row)
	}
}

// posed is one requirement as the supplier sees it, with what was typed, else what is saved, else what they have answered before.
func posed(c *web.Context, r *PosedRow) posedRow {
	lang, t := catalogue.Lang(c.L.Lang), c.L.T
	value := func(name, saved string) string {
		if sent := c.Forms(name); len(sent) > 0 {
			return sent[0]
		}
		return saved
	}
	out := posedRow{ID: r.ID, Text: r.Text.In(lang), Verify: r.Verify.In(lang), Must: mustTag(c.L, r.Must)}
	if r.Weight != noWeight {
		out.Weight = t("procurement.posed-weight", "Weight", r.Weight)
	}
	reply := r.Reply
	if e := r.Earlier; e != nil && reply.Status == "" {
		reply = e.Reply
		out.Earlier = t("procurement.posed-earlier", "System", e.System, "Day", c.L.Moment(e.Sent))
		if e.System == "" {
			out.Earlier = t("procurement.posed-earlier-other", "Day", c.L.Date(civil.Of(e.Sent)))
		}
	}
	status := value("svar-"+r.ID, string(reply.Status))
	out.Status = web.Choices{Name: "svar-" + r.ID, Legend: out.Text}
	for _, s := range SupplierStatuses {
		out.Status.Options = append(out.Status.Options, web.Choice{Value: string(s), Label: t("procurement.reply-" + string(s)), Checked: status == string(s)})
	}
	out.How = web.Field{Name: "hur-" + r.ID, Type: "textarea", Rows: 2, Label: t("procurement.posed-how"), Value: value("hur-"+r.ID, reply.How), Optional: true}
	out.From = web.Field{Name: "fran-" + r.ID, Label: t("procurement.posed-from"), Hint: t("procurement.posed-from-hint"), Value: value("fran-"+r.ID, reply.From.String()), Optional: true}
	out.File = web.Field{Name: "fil-" + r.ID, Type: "file", Label: t("procurement.posed-file"), Hint: t("procurement.posed-file-hint"), Optional: true}
	for i := range r.Files {
		out.Files = append(out.Files, posedFile{r.Files[i].ID.String(), t("procurement.file", "Name", r.Files[i].Name, "Size", (r.Files[i].Size+1023)/1024)})
	}
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

// endings are how the names of documents end that are worth reading; what is in them decides.
var endings = []string{".pdf", ".png", ".jpg", ".jpeg", ".txt", ".csv", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"}

// faultsOfFiles are the errors of documents with the message of each.
var faultsOfFiles = []struct {
	err error
	key string
}{
	{web.ErrEnding, "procurement.fault-file-type"},
	{ErrFileType, "procurement.fault-file-type"},
	{ErrFileSize, "procurement.fault-file-size"},
	{ErrFileRoom, "procurement.fault-file-room"},
}

// attach keeps the documents of the form, each with its requirement.
func (p *Pages) attach(c *web.Context, l *link.Link) ([]web.FieldError, error) {
	var faults []web.FieldError
	if c.Request.MultipartForm == nil {
		return nil, nil
	}
	for _, id := range c.Forms("krav") {
		if len(c.Request.MultipartForm.File["fil-"+id]) == 0 {
			continue
		}
		err := p.attachOne(c, l, id)
		if err == nil || errors.Is(err, web.ErrNoFile) {
			continue
		}
		var large *web.Error
		if errors.As(err, &large) && large.Status == http.StatusRequestEntityTooLarge {
			err = ErrFileSize
		}
		i := slices.IndexFunc(faultsOfFiles, func(f struct {
			err error
			key string
		},
		) bool {
			return errors.Is(err, f.err)
		})
		if i < 0 {
			return nil, err
		}
		faults = append(faults, web.FieldError{Field: "fil-" + id, Key: faultsOfFiles[i].key, Args: []any{"Max", strconv.Itoa(mostFiles)}})
	}
	return faults, nil
}

func (p *Pages) attachOne(c *web.Context, l *link.Link, id string) error {
	f, head, err := c.Upload("fil-"+id, MaxAttached, endings...)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	err = p.Service.AttachPosed(c.Context(), l.Actor(web.ClientAddress(c.Request)), c.L, seat(l), Attach{Requirement: id, Name: head.Filename, Content: b})
	if errors.Is(err, ErrUnknown) {
		return link.ErrGone // it is not asked, or not any more
	}
	return err
}

// savePosed saves what stands on the page; with "skicka" it sends everything, which ends the task.
func (p *Pages) savePosed(c *web.Context, l *link.Link) (done bool, err error) {
	list, faults := readPosed(c)
	if c.Autosave() {
		return false, p.autosavePosed(c, l, list, faults)
	}
	if len(faults) > 0 {
		return false, p.drawPosed(c, l, c.Form("omrade"), faults)
	}
	if err := p.answerPosed(c, l, list); err != nil {
		return false, err
	}
	if faults, err = p.attach(c, l); err != nil {
		return false, err
	}
	if len(faults) > 0 {
		return false, p.drawPosed(c, l, c.Form("omrade"), faults)
	}
	actor := l.Actor(web.ClientAddress(c.Request))
	switch {
	case c.Form("ta-bort") != "":
		file, row, _ := strings.Cut(c.Form("ta-bort"), "|")
		err := p.Service.AttachPosed(c.Context(), actor, c.L, seat(l), Attach{Requirement: row, Remove: ids.ID[Attached](file)})
		if err != nil && !errors.Is(err, db.ErrNotFound) && !errors.Is(err, ErrUnknown) {
			return false, err
		}
		return false, c.Redirect(web.Local(link.Path+"?omrade="+url.QueryEscape(c.Form("omrade"))), "procurement.posed-file-removed")
	case c.Form("delning") != "":
		return false, p.sharePosed(c, l)
	case c.Form("delegera") != "" || c.Form("aterta") != "":
		return false, p.delegatePosed(c, l)
	case c.Form("skicka") == "1":
		err := p.Service.SendPosed(c.Context(), actor, c.L, seat(l))
		if errors.Is(err, ErrUnanswered) {
			return false, p.drawPosed(c, l, c.Form("omrade"), []web.FieldError{{Key: "procurement.fault-unanswered"}})
		}
		return err == nil, err
	}
	return false, c.Redirect(web.Local(link.Path+"?omrade="+url.QueryEscape(c.Form("nasta"))), "procurement.posed-saved")
}

// answerPosed saves answers; what is not asked any more is gone.
func (p *Pages) answerPosed(c *web.Context, l *link.Link, list []Reply) error {
	if len(list) == 0 {
		return nil
	}
	err := p.Service.AnswerPosed(c.Context(), l.Actor(web.ClientAddress(c.Request)), c.L, seat(l), list)
	if errors.Is(err, ErrUnknown) || errors.Is(err, db.ErrNotFound) {
		return link.ErrGone
	}
	return err
}

// autosavePosed saves what is right in the form in the background, and tells what is not yet.
func (p *Pages) autosavePosed(c *web.Context, l *link.Link, list []Reply, faults []web.FieldError) error {
	list = slices.DeleteFunc(list, func(r Reply) bool {
		return slices.ContainsFunc(faults, func(f web.FieldError) bool { return strings.HasSuffix(f.Field, "-"+r.Requirement) })
	})
	if err := p.answerPosed(c, l, list); err != nil {
		return err
	}
	if len(faults) > 0 {
		return c.Text(http.StatusUnprocessableEntity, c.L.T(faults[0].Key, faults[0].Args...))
	}
	return c.Saved(p.Service.DB.Now())
}

// faultsOfDelegating are the errors of asking a colleague with the message of each.
var faultsOfDelegating = []struct {
	err error
	key string
}{
	{mail.ErrAddress, "procurement.fault-address"},
	{mail.ErrTooMany, "procurement.fault-many"},
	{ErrNoMail, "procurement.fault-part-mail"},
	{ErrParts, "procurement.fault-parts"},
	{ErrTopic, "procurement.fault-part-topic"},
}

// delegatePosed asks a colleague to answer a topic, or takes that back.
func (p *Pages) delegatePosed(c *web.Context, l *link.Link) error {
	d := Delegate{To: c.Form("kollega"), Lang: c.L.Lang, Topic: c.Form("del"), Recall: ids.ID[Part](c.Form("aterta"))}
	err := p.Service.DelegatePosed(c.Context(), l.Actor(web.ClientAddress(c.Request)), c.L, seat(l), d)
	for _, f := range faultsOfDelegating {
		if errors.Is(err, f.err) {
			return p.drawPosed(c, l, c.Form("omrade"), []web.FieldError{{Field: "kollega", Key: f.key, Args: []any{"Max", mostParts}}})
		}
	}
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	key := "procurement.part-sent"
	if d.Recall != "" {
		key = "procurement.part-recalled"
	}
	return c.Redirect(web.Local(link.Path+"?omrade="+url.QueryEscape(c.Form("omrade"))), key)
}
