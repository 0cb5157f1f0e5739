// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
)

// colleague is what the page of a question says of those who have been asked it.
type colleague struct {
	Asked []askedOne
	// Form says that another can be asked.
	Form bool
	To   web.Field
}

type askedOne struct {
	Who, Motivation, Recall string
	Answered                bool
	Box                     web.LevelBox
}

// colleague gathers who has been asked the question that is shown.
func (g *guide) colleague(a *catalogue.ModelAspect, perspective string) *colleague {
	out := &colleague{Form: g.pages.Service.Links != nil && g.w.Mails, To: web.Field{
		Name: "kollega", Type: "email", Label: g.L.T("classification.colleague-to"), Hint: g.L.T("classification.colleague-to-hint"),
		Value: g.Form("kollega"), Autocomplete: "off",
	}}
	for _, d := range g.w.Asked {
		if d.Aspect != a.Aspect || d.Perspective != perspective {
			continue
		}
		one := askedOne{
			Who: d.Asked, Motivation: d.Motivation, Answered: !d.Answered.IsZero(),
			Recall: g.path(g.n) + "/fraga/" + d.ID.String() + "/aterta?fraga=" + strconv.Itoa(g.question()+1),
		}
		if level, ok := a.Level(d.Level); ok && one.Answered {
			one.Box = g.box(level, true)
		}
		out.Asked = append(out.Asked, one)
	}
	return out
}

// faultsOfAsking are the errors of asking with the message of each.
var faultsOfAsking = []struct {
	err error
	key string
}{
	{mail.ErrAddress, "classification.fault-address"},
	{ErrAsked, "classification.fault-asked"},
	{mail.ErrTooMany, "classification.fault-many"},
	{ErrNoMail, "classification.colleague-no-mail"},
}

// ask sends the question of the step to a colleague.
func (p *Pages) ask(c *web.Context) error {
	g, redirected, err := p.open(c)
	if err != nil || redirected {
		return err
	}
	if g.n <= stepsBefore || g.n >= g.compareAt() {
		return &web.Error{Status: http.StatusNotFound}
	}
	a := Ask{Aspect: g.aspect().Aspect, Perspective: g.perspective().Perspective.String(), To: g.Form("kollega"), Lang: g.L.Lang}
	err = p.Service.Delegate(c.Context(), c.Actor, g.w.System.Slug, a)
	for _, f := range faultsOfAsking {
		if errors.Is(err, f.err) {
			return g.showAspect(nil, []web.FieldError{{Field: "kollega", Key: f.key}})
		}
	}
	if err != nil {
		return sorry(err)
	}
	return g.Redirect(g.questionPath(g.question()), "classification.colleague-sent")
}

// recall takes a question back.
func (p *Pages) recall(c *web.Context) error {
	g, redirected, err := p.open(c)
	if err != nil || redirected {
		return err
	}
	id, err := ids.Parse[Delegation](c.Path("id"))
	if err != nil {
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if err := p.Service.Recall(c.Context(), c.Actor, g.w.System.Slug, id); err != nil {
		return sorry(err)
	}
	return g.Redirect(g.questionPath(g.question()), "classification.colleague-recalled")
}

// QuestionTask is what a link to one question lets a colleague do.
func (p *Pages) QuestionTask() link.Task {
	return link.Task{Show: p.showDelegated, Save: p.saveDelegated}
}

type delegatedPage struct {
	web.Page
	Question web.Choices
	Motive   web.Field
	Stop     bool
}

func (p *Pages) showDelegated(c *web.Context, l *link.Link) error {
	return p.drawDelegated(c, l, nil, nil)
}

// drawDelegated draws the question of a link; posted is what was sent when it could not be saved.
func (p *Pages) drawDelegated(c *web.Context, l *link.Link, posted url.Values, faults []web.FieldError) error {
	id, err := ids.Parse[Delegation](l.Object)
	if err != nil {
		return link.ErrGone
	}
	q, err := p.Service.Delegated(c.Context(), l.Actor(web.ClientAddress(c.Request)), id)
	if err != nil {
		return err
	}
	a, ok := q.Model.Aspect(q.Delegation.Aspect)
	if !ok {
		return link.ErrGone
	}
	lang := catalogue.Lang(c.L.Lang)
	page := delegatedPage{
		Page:     web.Page{Title: c.L.T("classification.delegated-title", "System", q.System), Layout: web.Plain, Errors: faults},
		Question: web.Choices{Name: "niva", Hint: c.L.T("classification.hint-" + q.Delegation.Perspective)},
		Motive:   web.Field{Name: "motivering", Type: "textarea", Label: c.L.T("classification.delegated-why"), Optional: true, Value: posted.Get("motivering")},
	}
	for _, x := range q.Model.Perspectives {
		if x.Perspective.String() == q.Delegation.Perspective {
			page.Question.Legend = a.Questions[x.Perspective].In(lang)
		}
	}
	for _, level := range a.Levels {
		if level.Stop {
			page.Stop = true
			continue
		}
		value := strconv.Itoa(level.Value)
		page.Question.Options = append(page.Question.Options, web.Choice{
			Value: value, Label: value + " – " + level.Label.In(lang), Hint: level.Meaning.In(lang), Checked: posted.Get("niva") == value,
			Level: levelBox(level, true, c.L.Lang),
		})
	}
	return c.Render(templates, "delegated.html", page)
}

func (p *Pages) saveDelegated(c *web.Context, l *link.Link) (done bool, err error) {
	posted := url.Values{"niva": {c.Form("niva")}, "motivering": {c.Form("motivering")}}
	again := func(field, key string, args ...any) (bool, error) {
		return false, p.drawDelegated(c, l, posted, []web.FieldError{{Field: field, Key: key, Args: args}})
	}
	id, err := ids.Parse[Delegation](l.Object)
	if err != nil {
		return false, link.ErrGone
	}
	level, err := strconv.Atoi(c.Form("niva"))
	if err != nil {
		return again("niva", "classification.fault-choose")
	}
	err = p.Service.AnswerDelegated(c.Context(), l.Actor(web.ClientAddress(c.Request)), id, level, c.Form("motivering"))
	switch {
	case errors.Is(err, ErrLevel):
		return again("niva", "classification.fault-level")
	case errors.Is(err, ErrMotivation):
		return again("motivering", "classification.fault-long", "Max", maxDelegated)
	case errors.Is(err, db.ErrNotFound):
		return false, link.ErrGone
	}
	return err == nil, err
}
