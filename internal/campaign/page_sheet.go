// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

type sheetPage struct {
	web.Page
	Lead, Progress, Action string
	// ID is the sheet's; a link's form sends it back.
	ID string
	// Link says that the reader came by a link: one form does everything.
	Link      bool
	Open      bool
	Closed    string
	Others    []web.Link
	Questions []questionPart
	Known     []knownRow
	Mails     bool
}

type questionPart struct {
	ID, Legend, Why string
	Choices         web.Choices
	Day, Note       *web.Field
	Colleagues      []colleagueRow
	To              *web.Field
}

type colleagueRow struct {
	Text string
	// Take is the id of an answer that can be used.
	Take string
}

type knownRow struct {
	Text, Answer, Because string
	Source                web.Source
}

// posted gives what was sent for a field, else what is saved.
type posted func(name, saved string) string

func sent(c *web.Context) posted {
	return func(name, saved string) string {
		if v := c.Forms(name); len(v) > 0 {
			return v[0]
		}
		return saved
	}
}

// questionOf draws one question with its answer.
func questionOf(l *locale.Localizer, q *Question, a *Answer, value posted) questionPart {
	in := langOf(l)
	out := questionPart{ID: q.ID, Legend: q.Text.In(in), Why: q.Why.In(in)}
	out.Choices = web.Choices{Name: "svar-" + q.ID, Legend: out.Legend}
	now := value(out.Choices.Name, a.Value)
	for _, ch := range q.Choices {
		out.Choices.Options = append(out.Choices.Options, web.Choice{Value: ch.ID, Label: ch.Text.In(in), Checked: now == ch.ID})
	}
	if len(q.Choices) == 0 {
		out.Choices.Options = append(out.Choices.Options, web.Choice{Value: Said, Label: l.T("campaign.answer-words"), Checked: now == Said})
	}
	out.Choices.Options = append(out.Choices.Options, web.Choice{Value: Unknown, Label: l.T("campaign.dont-know"), Checked: now == Unknown})
	if q.Dated() {
		out.Day = &web.Field{Name: "dag-" + q.ID, Label: q.Day.In(in), Value: value("dag-"+q.ID, a.Day.String()), Optional: true}
	}
	if !q.Note.IsZero() {
		out.Note = &web.Field{
			Name: "ord-" + q.ID, Type: "textarea", Rows: 2, Label: q.Note.In(in), Hint: l.T("campaign.no-names"), Value: value("ord-"+q.ID, a.Note), Optional: len(q.Choices) > 0,
		}
	}
	return out
}

// readAnswer reads the answer to one question from a form. Words without a choice are an answer where only words are asked for.
func readAnswer(c *web.Context, q *Question) (Answer, *web.FieldError) {
	a := Answer{Question: q.ID, Value: c.Form("svar-" + q.ID), Note: strings.TrimSpace(c.Form("ord-" + q.ID))}
	if len(q.Choices) == 0 && a.Value == "" && a.Note != "" {
		a.Value = Said
	}
	if text := strings.TrimSpace(c.Form("dag-" + q.ID)); text != "" && q.Dated() {
		day, err := civil.ParseLoose(text)
		if err != nil {
			return a, &web.FieldError{Field: "dag-" + q.ID, Key: "campaign.fault-day"}
		}
		a.Day = day
	}
	return a, nil
}

// wrongAnswer says what is wrong with an answer, beside its field.
func wrongAnswer(q *Question, err error) *web.FieldError {
	f, ok := fault(err)
	if !ok {
		return nil
	}
	switch {
	case errors.Is(err, ErrDay):
		f.Field = "dag-" + q.ID
	case errors.Is(err, ErrNote):
		f.Field = "ord-" + q.ID
	default:
		f.Field = "svar-" + q.ID
	}
	return &f
}

// read reads the answers that a form sends for what the sheet asks. What is not in the form is left as it is.
func (p *Pages) read(c *web.Context, f *Form) (out []Answer, wrong []web.FieldError) {
	for _, id := range c.Forms("fraga") {
		q, known := p.Service.Set.Question(id)
		old, there := f.Sheet.Answer(id)
		if !known || !there || !old.Asked() {
			continue
		}
		a, bad := readAnswer(c, q)
		if bad == nil {
			if err := a.Check(q, f.Today); err != nil {
				bad = wrongAnswer(q, err)
			}
		}
		if bad != nil {
			wrong = append(wrong, *bad)
			continue
		}
		out = append(out, a)
	}
	return out, wrong
}

// keep saves what stands in the form and is right, and tells what is not.
func (p *Pages) keep(c *web.Context, f *Form, actor access.Actor) ([]web.FieldError, error) {
	answers, wrong := p.read(c, f)
	return wrong, p.Service.Answer(c.Context(), actor, f.Sheet.ID, answers)
}

// again draws a sheet with what is wrong in it, or tells what came too late.
func (p *Pages) again(c *web.Context, f *Form, action string, wrong []web.FieldError, err error) error {
	if err != nil {
		return sorry(err)
	}
	return p.draw(c, f, action, wrong)
}

// draw draws a sheet for whoever answers it.
func (p *Pages) draw(c *web.Context, f *Form, action string, wrong []web.FieldError) error {
	t := c.L.T
	d := sheetPage{
		Page: web.Page{Title: t("campaign.sheet-title", "Name", f.Sheet.Name), Active: Menu, Errors: wrong},
		Lead: t("campaign.sheet-lead", "Name", f.Campaign.Name, "Organisation", f.Organisation, "Day", c.L.Date(f.Campaign.Deadline)), Action: action,
		ID: f.Sheet.ID.String(), Open: f.Open(), Mails: f.Mails, Link: strings.HasPrefix(action, link.Path),
	}
	switch {
	case !f.Sheet.Sent.IsZero():
		d.Closed = t("campaign.sheet-read")
	case !d.Open:
		d.Closed = t("campaign.sheet-closed")
	}
	asked := 0
	for i := range p.Service.Set.Questions {
		q := &p.Service.Set.Questions[i]
		a, ok := f.Sheet.Answer(q.ID)
		if !ok {
			continue
		}
		if !a.Asked() || !d.Open {
			d.Known = append(d.Known, p.knownRow(c, q, a))
		}
		if a.Asked() {
			asked++
			if d.Open {
				d.Questions = append(d.Questions, p.part(c, f, q, a))
			}
		}
	}
	d.Progress = t("campaign.sheet-progress", "Done", asked-f.Sheet.Left(), "Total", asked)
	if d.Link {
		d.Layout = web.Plain
		for i := range f.Others {
			if o := &f.Others[i]; len(f.Others) > 1 {
				d.Others = append(d.Others, web.Link{
					Label: o.Name + ", " + t("campaign.sheet-"+string(o.State())), Href: link.Path + "?blad=" + url.QueryEscape(o.ID.String()), Primary: o.ID == f.Sheet.ID,
				})
			}
		}
	} else {
		d.Crumbs = []web.Crumb{{Label: t("campaign.title"), Href: Place}, {Label: f.Campaign.Name, Href: Place + "/" + c.Path("id")}, {Label: f.Sheet.Name}}
	}
	return c.Render(templates, "sheet.html", d)
}

func (p *Pages) part(c *web.Context, f *Form, q *Question, a *Answer) questionPart {
	out := questionOf(c.L, q, a, sent(c))
	for i := range f.Colleagues {
		d := &f.Colleagues[i]
		switch {
		case d.Question != q.ID:
		case d.Answered.IsZero():
			out.Colleagues = append(out.Colleagues, colleagueRow{Text: c.L.T("campaign.colleague-waits", "Who", d.Asked)})
		default:
			said := &Answer{Value: d.Value, Day: d.Day, Note: d.Note}
			out.Colleagues = append(out.Colleagues, colleagueRow{
				Text: c.L.T("campaign.colleague-says", "Who", d.Asked, "Answer", answerText(c.L, q, said)), Take: d.ID.String(),
			})
		}
	}
	if f.Mails {
		out.To = &web.Field{Name: "kollega-" + q.ID, Type: "email", Label: c.L.T("campaign.colleague-to"), Value: c.Form("kollega-" + q.ID), Autocomplete: "off", Optional: true}
	}
	return out
}

// answerText is an answer in words.
func answerText(l *locale.Localizer, q *Question, a *Answer) string {
	var parts []string
	switch ch, ok := q.Choice(a.Value); {
	case ok:
		parts = append(parts, ch.Text.In(langOf(l)))
	case a.Value == Unknown:
		parts = append(parts, l.T("campaign.dont-know"))
	case a.Value == NotRelevant:
		parts = append(parts, l.T("campaign.value-not-relevant"))
	case a.Value == "":
		parts = append(parts, l.T("campaign.missing"))
	}
	if !a.Day.IsZero() {
		parts = append(parts, l.Date(a.Day))
	}
	if a.Note != "" {
		parts = append(parts, a.Note)
	}
	return strings.Join(parts, ", ")
}

func (p *Pages) knownRow(c *web.Context, q *Question, a *Answer) knownRow {
	row := knownRow{Text: q.Text.In(lang(c)), Answer: answerText(c.L, q, a), Source: web.Source{Kind: web.SelfAssessed}}
	if !a.Day.IsZero() {
		row.Source.Kind = web.Attested
	}
	if b := a.Known; b != nil {
		row.Source.Kind = b.By
		row.Because = c.L.T("campaign.because-"+b.Fact, "Day", c.L.Date(b.On), "About", b.About)
	}
	return row
}

func (p *Pages) readSheet(c *web.Context) (Form, string, error) {
	id, err := ids.Parse[Sheet](c.Path("blad"))
	if err != nil {
		return Form{}, "", &web.Error{Status: http.StatusNotFound, Err: err}
	}
	f, err := p.Service.Sheet(c.Context(), c.Actor, id)
	if err == nil && c.Path("id") != f.Campaign.ID.String() && Place+"/"+c.Path("id") != f.Campaign.Path() {
		err = &web.Error{Status: http.StatusNotFound}
	}
	return f, Place + "/" + c.Path("id") + "/blad/" + id.String(), err
}

func (p *Pages) sheet(c *web.Context) error {
	f, action, err := p.readSheet(c)
	if err != nil {
		return err
	}
	return p.draw(c, &f, action, nil)
}

// answer saves what stands in the form of somebody who is signed in.
func (p *Pages) answer(c *web.Context) error {
	f, action, err := p.readSheet(c)
	if err != nil {
		return err
	}
	wrong, err := p.keep(c, &f, c.Actor)
	if err == nil && c.Autosave() {
		return p.autosaved(c, wrong)
	}
	if err != nil || len(wrong) > 0 {
		return p.again(c, &f, action, wrong, err)
	}
	return c.Redirect(action, "campaign.saved")
}

// autosaved tells a form that saves by itself what has been saved. An answer with a fault has not, and the form must not say that it has.
func (p *Pages) autosaved(c *web.Context, wrong []web.FieldError) error {
	if len(wrong) == 0 {
		return c.Saved(p.Service.DB.Now())
	}
	return c.Text(http.StatusUnprocessableEntity, c.L.T("campaign.not-saved", "Why", c.L.T(wrong[0].Key, wrong[0].Args...)))
}

// handIn saves what stands in the form and hands it in.
func (p *Pages) handIn(c *web.Context) error {
	f, action, err := p.readSheet(c)
	if err != nil {
		return err
	}
	if wrong, err := p.keep(c, &f, c.Actor); err != nil || len(wrong) > 0 {
		return p.again(c, &f, action, wrong, err)
	}
	err = p.Service.HandIn(c.Context(), c.Actor, f.Sheet.ID)
	if errors.Is(err, ErrUnanswered) {
		return p.unanswered(c, &f, action)
	}
	if err != nil {
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.handed-in")
}

// unanswered draws the sheet again with what nobody has answered.
func (p *Pages) unanswered(c *web.Context, f *Form, action string) error {
	var wrong []web.FieldError
	for i := range f.Sheet.Answers {
		a := &f.Sheet.Answers[i]
		if a.Asked() && a.Value == "" && c.Form("svar-"+a.Question) == "" && c.Form("ord-"+a.Question) == "" {
			wrong = append(wrong, web.FieldError{Field: "svar-" + a.Question, Key: "campaign.fault-value"})
		}
	}
	if len(wrong) == 0 {
		wrong = []web.FieldError{{Key: "campaign.fault-unanswered"}}
	}
	return p.draw(c, f, action, wrong)
}

func (p *Pages) delegate(c *web.Context) error {
	f, action, err := p.readSheet(c)
	if err != nil {
		return err
	}
	if wrong, err := p.keep(c, &f, c.Actor); err != nil || len(wrong) > 0 {
		return p.again(c, &f, action, wrong, err)
	}
	q := c.Form("skicka")
	err = p.Service.Delegate(c.Context(), c.Actor, f.Sheet.ID, Ask{q, strings.TrimSpace(c.Form("kollega-" + q)), c.L.Lang})
	if e, ok := fault(err); ok {
		e.Field = "kollega-" + q
		return p.draw(c, &f, action, []web.FieldError{e})
	}
	if err != nil {
		return sorry(err)
	}
	return c.Redirect(action, "campaign.colleague-sent")
}

func (p *Pages) take(c *web.Context) error {
	f, action, err := p.readSheet(c)
	if err != nil {
		return err
	}
	if wrong, err := p.keep(c, &f, c.Actor); err != nil || len(wrong) > 0 {
		return p.again(c, &f, action, wrong, err)
	}
	if err := p.Service.Take(c.Context(), c.Actor, f.Sheet.ID, ids.ID[Delegation](c.Form("anvand"))); err != nil {
		return sorry(err)
	}
	return c.Redirect(action, "campaign.taken")
}

// SheetTask is what a link lets whoever is asked do.
func (p *Pages) SheetTask() link.Task { return link.Task{Show: p.showLinked, Save: p.saveLinked} }

// linked reads the sheet of a link that was chosen, else the first that is not handed in.
func (p *Pages) linked(c *web.Context, l *link.Link, wanted string) (Form, error) {
	actor := l.Actor(web.ClientAddress(c.Request))
	list, err := p.Service.Linked(c.Context(), actor, ids.ID[Campaign](l.Object))
	if err != nil {
		return Form{}, err
	}
	i := slices.IndexFunc(list, func(s Sheet) bool { return s.ID.String() == wanted })
	if i < 0 {
		i = max(0, slices.IndexFunc(list, func(s Sheet) bool { return s.State() != HandedIn }))
	}
	return p.Service.Sheet(c.Context(), actor, list[i].ID)
}

const linkForm = link.Path + "/svar"

func (p *Pages) showLinked(c *web.Context, l *link.Link) error {
	f, err := p.linked(c, l, c.Query("blad"))
	if err != nil {
		return err
	}
	return p.draw(c, &f, linkForm, nil)
}

// saveLinked saves what stands on the page, and then does what the button says.
func (p *Pages) saveLinked(c *web.Context, l *link.Link) (done bool, err error) {
	f, err := p.linked(c, l, c.Form("blad"))
	if err != nil {
		return false, err
	}
	if f.Sheet.ID.String() != c.Form("blad") {
		return false, link.ErrGone
	}
	actor := l.Actor(web.ClientAddress(c.Request))
	wrong, err := p.keep(c, &f, actor)
	if err == nil && c.Autosave() {
		return false, p.autosaved(c, wrong)
	}
	if err != nil || len(wrong) > 0 {
		return false, p.again(c, &f, linkForm, wrong, err)
	}
	if c.Form("lamna") != "" {
		return p.handInLinked(c, l, &f)
	}
	return false, p.passOn(c, &f, actor)
}

// passOn does what a button of a link's page says, besides handing in.
func (p *Pages) passOn(c *web.Context, f *Form, actor access.Actor) error {
	back, told := web.Local(link.Path+"?blad="+url.QueryEscape(f.Sheet.ID.String())), "campaign.saved"
	if q := c.Form("skicka"); q != "" {
		err := p.Service.Delegate(c.Context(), actor, f.Sheet.ID, Ask{q, strings.TrimSpace(c.Form("kollega-" + q)), c.L.Lang})
		if e, ok := fault(err); ok {
			e.Field = "kollega-" + q
			return p.draw(c, f, linkForm, []web.FieldError{e})
		}
		if err != nil {
			return sorry(err)
		}
		told = "campaign.colleague-sent"
	}
	if d := c.Form("anvand"); d != "" {
		if err := p.Service.Take(c.Context(), actor, f.Sheet.ID, ids.ID[Delegation](d)); err != nil {
			return sorry(err)
		}
		told = "campaign.taken"
	}
	return c.Redirect(back, told)
}

func (p *Pages) handInLinked(c *web.Context, l *link.Link, f *Form) (done bool, err error) {
	err = p.Service.HandIn(c.Context(), l.Actor(web.ClientAddress(c.Request)), f.Sheet.ID)
	if errors.Is(err, ErrUnanswered) {
		return false, p.unanswered(c, f, linkForm)
	}
	if err != nil {
		return false, sorry(err)
	}
	for i := range f.Others {
		if o := &f.Others[i]; o.ID != f.Sheet.ID && o.State() != HandedIn {
			return false, c.Redirect(web.Local(link.Path+"?blad="+url.QueryEscape(o.ID.String())), "campaign.next-sheet")
		}
	}
	return true, nil
}

// QuestionTask is what a link to one question lets a colleague do.
func (p *Pages) QuestionTask() link.Task { return link.Task{Show: p.showPosed, Save: p.savePosed} }

type posedPage struct {
	web.Page
	Question questionPart
}

func (p *Pages) showPosed(c *web.Context, l *link.Link) error { return p.drawPosed(c, l, nil) }

func (p *Pages) drawPosed(c *web.Context, l *link.Link, wrong []web.FieldError) error {
	x, err := p.Service.Posed(c.Context(), l.Actor(web.ClientAddress(c.Request)), ids.ID[Delegation](l.Object))
	if err != nil {
		return err
	}
	return c.Render(templates, "posed.html", posedPage{
		Page:     web.Page{Title: c.L.T("campaign.posed-title", "Name", x.About), Layout: web.Plain, Errors: wrong},
		Question: questionOf(c.L, x.Question, &Answer{}, sent(c)),
	})
}

func (p *Pages) savePosed(c *web.Context, l *link.Link) (done bool, err error) {
	actor := l.Actor(web.ClientAddress(c.Request))
	x, err := p.Service.Posed(c.Context(), actor, ids.ID[Delegation](l.Object))
	if err != nil {
		return false, err
	}
	a, bad := readAnswer(c, x.Question)
	if bad != nil {
		return false, p.drawPosed(c, l, []web.FieldError{*bad})
	}
	err = p.Service.AnswerPosed(c.Context(), actor, x.Delegation.ID, a)
	if bad := wrongAnswer(x.Question, err); bad != nil {
		return false, p.drawPosed(c, l, []web.FieldError{*bad})
	}
	return err == nil, err
}
