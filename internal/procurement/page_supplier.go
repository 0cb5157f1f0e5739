// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// suppliedPage is what suppliers have been asked about a system, and what they attest, beside what else is known.
type suppliedPage struct {
	web.Page
	Head   web.SystemHead
	Slug   string
	Stop   bool
	CanAsk bool
	Mails  bool
	// MailHref is where mail is set up, for who may.
	MailHref                  string
	Included                  int
	To, Form, Until, Continue web.Field
	Requests                  []requestRow
	Rows                      []suppliedRow
	Views                     web.Tabs
	// Clear is how many answers can be accepted at once, Left how many have not been accepted, and CanAccept whether the reader may.
	Clear, Left             int
	CanAccept               bool
	Starts, Owner, Doer, By web.Field
	People                  []string
	Ask                     bool
	// Consents are whose answers are shared from here, Beside what the supplier has answered others, and News how many differences nobody has noted.
	Consents    []consentRow
	Beside      []besideRow
	Differences []sharedChange
	News        int
	CanSee      bool
}

type requestRow struct {
	ID, Asked, When, Until string
	State                  web.Tag
	Total, Answered        int
	Open, Unit             bool
}

// suppliedRow is one requirement: the answer, the evidence, and the difference.
type suppliedRow struct {
	ID, Href, Text, How, Who, When, From string
	Must                                 web.Tag
	Status, Contrast                     web.Tag
	Contrasted                           string
	Files                                []web.Link
	Sources                              []web.Source
	// Accepted says what has become of an accepted answer, and Action what is done about the requirement.
	Accepted, Action string
	Tick, Deviates   bool
}

func suppliedPath(slug string) string { return "/system/" + slug + "/leverantorssvar" }

func (p *Pages) supplied(c *web.Context) error { return p.renderSupplied(c) }

// The views of the answers, as they stand in the address.
const (
	viewOf        = "visa"
	viewContrast  = "skillnad"
	viewDeviation = "avvikelser"
	viewWaiting   = "att-godta"
)

func (p *Pages) renderSupplied(c *web.Context, faults ...web.FieldError) error {
	s, err := p.Service.Supplied(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	l, slug := c.L, s.System.Slug
	page := suppliedPage{
		Page: web.Page{
			Title: l.T("procurement.supplied-title", "System", s.System.Name), Active: "procurement", Errors: faults,
			Crumbs: []web.Crumb{{Label: l.T("procurement.page-crumb"), Href: "/upphandling"}, {Label: s.System.Name, Href: address(systemBase(slug), "", "")}, {Label: l.T("procurement.supplied")}},
		},
		Head: requirement.PageHead(c, &s.View, web.TabProcurement), Slug: slug, Stop: s.Need.Stop, Mails: s.Mails, Included: s.Annex.Shall + s.Annex.Should,
		CanAsk:    access.AllowedAt(c.Actor, "procurement.AskSupplier", s.System.UnitID),
		CanAccept: access.AllowedAt(c.Actor, "procurement.AcceptReplies", s.System.UnitID) && p.Service.Evidence != nil,
	}
	if access.Allowed(c.Actor, "mail.Settings") {
		page.MailHref = mail.PagePath
	}
	page.asking(c, &s, p.Service.DB.Now())
	page.rows(c, p.Service.Requirements.Engine.Catalogue, &s)
	page.accepting(c, &s)
	page.sharing(c, &s)
	return c.Render(pages, "supplied.html", page)
}

// asking fills in what has been asked, and the form to ask with.
func (p *suppliedPage) asking(c *web.Context, s *Supplied, now time.Time) {
	l := c.L
	p.To = web.Field{Name: "till", Type: "email", Label: l.T("procurement.supplied-to"), Hint: l.T("procurement.supplied-to-hint"), Value: c.Form("till"), Autocomplete: "off"}
	p.Form = web.Field{Name: "form", Type: "select", Label: l.T("procurement.supplied-form"), Value: c.Form("form"), Options: []web.Option{
		{Value: string(ToSupplier), Label: l.T("procurement.form-supplier")}, {Value: string(ToUnit), Label: l.T("procurement.form-unit")},
	}}
	p.Until = web.Field{Name: "senast", Label: l.T("procurement.supplied-deadline"), Hint: l.T("procurement.supplied-deadline-hint"), Value: c.Form("senast"), Optional: true}
	p.Continue = web.Field{Name: "fortsatt", Type: "select", Label: l.T("procurement.supplied-continue"), Options: []web.Option{{Label: l.T("procurement.supplied-new")}}}
	for i := range s.Requests {
		r := &s.Requests[i]
		row := requestRow{
			ID: r.ID.String(), Asked: r.Asked, When: l.Moment(r.At), Total: r.Total, Answered: r.Answered, Open: r.Finished.IsZero(), Unit: r.Form == ToUnit,
		}
		switch {
		case !row.Open:
			row.State = web.OK(l.T("procurement.supplied-sent", "Moment", l.Moment(r.Finished)))
		case now.Before(r.Expires):
			row.State, row.Until = web.Info(l.T("procurement.supplied-waits")), l.Moment(r.Expires)
		default:
			row.State = web.Warn(l.T("procurement.supplied-expired"))
		}
		if row.Open {
			p.Continue.Options = append(p.Continue.Options, web.Option{Value: row.ID, Label: l.T("procurement.supplied-go-on", "Who", r.Asked, "Answered", r.Answered, "Total", r.Total)})
		}
		p.Requests = append(p.Requests, row)
	}
	p.Ask = len(s.Answers) == 0 || len(p.Errors) > 0 && c.Form("godta") == ""
}

// rows puts what suppliers attest beside what else is known, narrowed to the view that is chosen.
func (p *suppliedPage) rows(c *web.Context, catalogue *catalogue.Catalogue, s *Supplied) {
	wanted := oneOf(c.Query(viewOf), viewContrast, viewDeviation, viewWaiting)
	counts := map[string]int{}
	for i := range s.Answers {
		a := &s.Answers[i]
		in := map[string]bool{
			"": true, viewContrast: a.Contrast == MeasuredOther || a.Contrast == SaidOther, viewDeviation: a.Deviates(), viewWaiting: a.Accepted == nil,
		}
		for view, yes := range in {
			if yes {
				counts[view]++
			}
		}
		if a.Clear() {
			p.Clear++
		}
		if in[wanted] {
			p.Rows = append(p.Rows, suppliedLine(c.L, catalogue, s, a))
		}
	}
	p.Left = counts[viewWaiting]
	p.Views.Label = c.L.T("procurement.supplied-views")
	for _, v := range []struct{ value, key string }{
		{"", "procurement.supplied-all"},
		{viewContrast, "procurement.supplied-contrasts"},
		{viewDeviation, "procurement.supplied-deviations"},
		{viewWaiting, "procurement.supplied-waiting"},
	} {
		href := suppliedPath(p.Slug)
		if v.value != "" {
			href += "?" + viewOf + "=" + v.value
		}
		p.Views.Items = append(p.Views.Items, web.Tab{Label: c.L.T(v.key), Href: href, Count: counts[v.value], Current: v.value == wanted})
	}
}

// suppliedLine is one answer as the page shows it.
func suppliedLine(l *locale.Localizer, known *catalogue.Catalogue, s *Supplied, a *Compared) suppliedRow {
	row := suppliedRow{
		ID: a.ID, Text: a.Text.In(catalogue.Lang(l.Lang)), How: a.Reply.How, Who: a.Reply.Who, When: l.Moment(a.Reply.Sent), Status: PageReply(l, a.Reply.Status),
		Must: mustTag(l, a.Must), Tick: a.Accepted == nil, Deviates: a.Deviates(), Contrasted: l.T("procurement.contrast-" + string(a.Contrast) + "-text"),
	}
	if !a.Own {
		row.Href = "/krav/" + a.ID
	}
	if !a.Reply.From.IsZero() {
		row.From = l.Date(a.Reply.From)
	}
	word := l.T("procurement.contrast-" + string(a.Contrast))
	switch a.Contrast {
	case NoContrast:
		row.Contrast = web.OK(word)
	case NothingKnown:
		row.Contrast = web.Tag{Icon: "q", Word: word}
	default:
		row.Contrast = web.Tag{Kind: "warn", Icon: "warn", Word: word}
	}
	if a.Own {
		row.Contrast, row.Contrasted = web.Tag{Icon: "q", Word: l.T("procurement.own-mark")}, l.T("procurement.contrast-own-text")
	}
	for i := range a.Grounds {
		row.Sources = append(row.Sources, groundSource(l, known, &a.Grounds[i], s.Today))
	}
	for i := range a.Files {
		f := &a.Files[i]
		row.Files = append(row.Files, web.Link{Label: l.T("procurement.file", "Name", f.Name, "Size", (f.Size+1023)/1024), Href: suppliedPath(s.System.Slug) + "/bilaga/" + f.ID.String()})
	}
	if x := a.Accepted; x != nil {
		row.Accepted = l.T("procurement.accepted-"+x.State, "Moment", l.Moment(x.At), "Day", l.Date(x.Counts), "Ends", l.Date(x.Ends))
	}
	if a.Action != nil {
		row.Action = l.T("procurement.supplied-action", "Who", requirement.PageRole(l, a.Action.OwnerRole), "Day", l.Date(a.Action.DueOn))
		if a.Action.DueOn.IsZero() {
			row.Action = l.T("procurement.supplied-action-undated")
		}
	}
	return row
}

func mustTag(l *locale.Localizer, must bool) web.Tag {
	if must {
		return web.Info(l.T("procurement.page-shall"))
	}
	return web.Tag{Word: l.T("procurement.page-should")}
}

// groundSource is one thing that is known: how, what it says, and how old it is.
func groundSource(l *locale.Localizer, known *catalogue.Catalogue, g *requirement.Ground, today civil.Date) web.Source {
	if g.Answer != nil {
		src := requirement.PageSource(l, *g.Answer)
		src.Detail = l.T("procurement.ground", "What", requirement.PageStatus(l, g.Answer.Status).Word, "Age", age(l, g.On(), today))
		return src
	}
	name := g.Record.Kind
	if k, ok := known.EvidenceKind(g.Record.Kind); ok {
		name = k.Name.In(catalogue.Lang(l.Lang))
	}
	out := web.Source{Kind: string(g.Record.Source), Detail: l.T("procurement.ground", "What", name+", "+l.T("procurement.says-"+string(g.Outcome)), "Age", age(l, g.On(), today))}
	switch {
	case g.Disputed():
		out.Detail += " " + l.T("procurement.ground-disputed")
	case g.Old:
		out.Detail += " " + l.T("procurement.ground-old")
	}
	return out
}

// age is a day with how long ago it was.
func age(l *locale.Localizer, on, today civil.Date) string {
	return l.T("procurement.age", "Day", l.Date(on), "Count", int(today.Time().Sub(on.Time()).Hours()/24))
}

// accepting fills in the form that accepts answers.
func (p *suppliedPage) accepting(c *web.Context, s *Supplied) {
	l := c.L
	value := func(name string, otherwise civil.Date) string {
		if sent := c.Forms(name); len(sent) > 0 {
			return sent[0]
		}
		return otherwise.String()
	}
	starts := s.Starts
	if starts.IsZero() {
		starts = s.Today
	}
	p.Starts = web.Field{Name: "avtalsstart", Label: l.T("procurement.accept-starts"), Hint: l.T("procurement.accept-starts-hint"), Value: value("avtalsstart", starts)}
	p.Owner = web.Field{Name: "roll", Type: "select", Label: l.T("procurement.accept-owner"), Value: c.Form("roll"), Options: []web.Option{{Label: l.T("procurement.accept-nobody")}}}
	for _, r := range catalogue.Roles() {
		p.Owner.Options = append(p.Owner.Options, web.Option{Value: r, Label: requirement.PageRole(l, r)})
	}
	p.Doer = web.Field{Name: "person", Label: l.T("procurement.accept-person"), Value: c.Form("person"), Optional: true, Autocomplete: "off", List: "personer"}
	p.By = web.Field{Name: "klart", Label: l.T("procurement.accept-by"), Hint: l.T("procurement.accept-by-hint"), Value: c.Form("klart"), Optional: true}
	p.People = organisation.Offered(s.People)
}

// faultsOfAccepting are the errors of accepting with the field and the message of each.
var faultsOfAccepting = []struct {
	err        error
	field, key string
}{
	{ErrNoReply, "", "procurement.fault-accept-none"},
	{ErrDoer, "roll", "procurement.fault-accept-doer"},
	{ErrStarts, "avtalsstart", "procurement.fault-accept-starts"},
	{organisation.ErrNobody, "person", "organisation.fault-nobody"},
	{organisation.ErrEnded, "person", "organisation.fault-nobody"},
	{organisation.ErrNamesakes, "person", "organisation.fault-several"},
}

// acceptReplies accepts what is ticked, or all that can be at once.
func (p *Pages) acceptReplies(c *web.Context) error {
	in := Accept{Requirements: c.Forms("krav"), Clear: c.Form("godta") == "alla", Owner: c.Form("roll")}
	if in.Clear {
		in.Requirements = nil
	}
	var faults []web.FieldError
	for _, f := range []struct {
		name string
		at   *civil.Date
	}{{"avtalsstart", &in.Starts}, {"klart", &in.Due}} {
		var err error
		if *f.at, err = civil.ParseLoose(c.Form(f.name)); err != nil {
			faults = append(faults, web.FieldError{Field: f.name, Key: "procurement.fault-from"})
		}
	}
	if len(faults) > 0 {
		return p.renderSupplied(c, faults...)
	}
	n, err := p.accept(c, in)
	for _, f := range faultsOfAccepting {
		if errors.Is(err, f.err) {
			return p.renderSupplied(c, web.FieldError{Field: f.field, Key: f.key})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(suppliedPath(c.Path("slug")), "procurement.accepted", "Count", strconv.Itoa(n))
}

func (p *Pages) accept(c *web.Context, in Accept) (int, error) {
	if name := c.Form("person"); name != "" {
		s, err := p.Service.Supplied(c.Context(), c.Actor, c.Path("slug"), c.L)
		if err != nil {
			return 0, err
		}
		if in.Person, err = organisation.Call(s.People, name); err != nil {
			return 0, err
		}
	}
	return p.Service.AcceptReplies(c.Context(), c.Actor, c.Path("slug"), c.L, in)
}

// attachment hands over a document that a supplier has sent.
func (p *Pages) attachment(c *web.Context) error {
	d, err := p.Service.Attachment(c.Context(), c.Actor, c.Path("slug"), ids.ID[Attached](c.Path("fil")))
	if err != nil {
		return err
	}
	return handOver(c, &d)
}

// handOver gives a document to be saved, as bytes of no kind: no browser shows what somebody else has sent.
func handOver(c *web.Context, d *Document) error {
	c.Writer.Header().Set("X-Content-Type-Options", "nosniff")
	return c.Attachment(d.Name, "application/octet-stream", d.Content)
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
	ask := Ask{To: c.Form("till"), Lang: c.L.Lang, Continue: ids.ID[Request](c.Form("fortsatt")), Form: Form(c.Form("form"))}
	var err error
	if ask.Until, err = civil.ParseLoose(c.Form("senast")); err != nil {
		return p.renderSupplied(c, web.FieldError{Field: "senast", Key: "procurement.fault-from"})
	}
	err = p.Service.AskSupplier(c.Context(), c.Actor, c.Path("slug"), c.L, ask)
	if errors.Is(err, ErrUntil) {
		return p.renderSupplied(c, web.FieldError{Field: "senast", Key: "procurement.fault-until"})
	}
	for _, f := range faultsOfAsking {
		if errors.Is(err, f.err) {
			return p.renderSupplied(c, web.FieldError{Field: "till", Key: f.key, Args: []any{"Max", mostRequests}})
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
