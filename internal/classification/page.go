// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Follows tells what a level of one aspect leads to, the other aspects being as the draft has them: how many requirements there
// are, and a few of them in words. Requirements are a later slice, so the program hands this in.
type Follows func(ctx context.Context, actor access.Actor, ref string, aspect catalogue.Aspect, level int, lang catalogue.Lang) (count int, examples []string, err error)

// Pages are the guided classification and the choice of model.
type Pages struct {
	Service *Service
	Index   *information.Index
	// Follows may be nil: what a level leads to is then not shown.
	Follows Follows
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /system/{slug}/klassning", "classification.Open", p.show)
	s.Handle("POST /system/{slug}/klassning/borja", "classification.Restart", p.restart)
	s.Handle("GET /system/{slug}/klassning/stopp", "classification.Open", p.showStop)
	s.Handle("POST /system/{slug}/klassning/stopp", "classification.Reopen", p.reopen)
	s.Handle("GET /system/{slug}/klassning/steg/{n}", "classification.Answer", p.showStep)
	s.Handle("POST /system/{slug}/klassning/steg/{n}", "classification.Answer", p.saveStep)
	s.Handle("POST /system/{slug}/klassning/steg/{n}/fraga", "classification.Delegate", p.ask)
	s.Handle("POST /system/{slug}/klassning/steg/{n}/fraga/{id}/aterta", "classification.Recall", p.recall)
	s.Handle("GET /klassning/modeller", "classification.Models", p.showModels)
	s.Handle("POST /klassning/modeller", "classification.ChooseModel", p.chooseModel)
	s.Handle("POST /klassning/modeller/fil", "classification.AddModel", p.addModel)
	s.Handle("GET /klassning/modeller/exempel.yaml", "classification.Models", p.exampleModel)
}

// guide is one request within the guided classification.
type guide struct {
	*web.Context
	pages *Pages
	w     Work
	// n is the number of the step, from 1.
	n int
}

// The steps around those of the aspects.
const (
	stepSubject     = 1
	stepInformation = 2
	stepsBefore     = 2
)

func (g *guide) aspects() int   { return len(g.w.Model.Aspects) }
func (g *guide) compareAt() int { return stepsBefore + g.aspects() + 1 }
func (g *guide) decideAt() int  { return stepsBefore + g.aspects() + 2 }
func (g *guide) base() string   { return g.w.System.Path() + "/klassning" }
func (g *guide) path(n int) string {
	return g.base() + "/steg/" + strconv.Itoa(n)
}

// text gives a text of the catalogue in the reader's language.
func (g *guide) text(t catalogue.Text) string { return t.In(catalogue.Lang(g.L.Lang)) }

// aspect is the aspect of the current step.
func (g *guide) aspect() *catalogue.ModelAspect { return &g.w.Model.Aspects[g.n-stepsBefore-1] }

// stepOf is the number of an aspect's step.
func (g *guide) stepOf(a catalogue.Aspect) int {
	for i := range g.w.Model.Aspects {
		if g.w.Model.Aspects[i].Aspect == a {
			return stepsBefore + 1 + i
		}
	}
	return g.compareAt()
}

// askPath leads to the question about an aspect from a perspective, or to the aspect's step when the perspective is Unspecified.
func (g *guide) askPath(a catalogue.Aspect, perspective string) string {
	path := g.path(g.stepOf(a))
	for i, p := range g.w.Model.Perspectives {
		if p.Perspective.String() == perspective {
			return path + "?fraga=" + strconv.Itoa(i+1)
		}
	}
	return path
}

// next leads to the step after the current one.
func (g *guide) next() error { return g.Redirect(g.path(g.n + 1)) }

// open reads the classification for a step. Without a draft there is no step to show: redirected is then true, and the reader is
// on the way to where the classification stands.
func (p *Pages) open(c *web.Context) (g *guide, redirected bool, err error) {
	g = &guide{Context: c, pages: p}
	if g.w, err = p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L); err != nil {
		return nil, false, err
	}
	switch {
	case g.w.State.Draft != nil:
	case g.w.State.Stopped != nil:
		return g, true, g.refuse(ErrStopped, g.base()+"/stopp")
	default:
		return g, true, g.refuse(ErrNoDraft, g.base(), "classification.begin-first")
	}
	n, err := strconv.Atoi(c.Path("n"))
	if err != nil || n < 1 || n > g.decideAt() {
		return nil, false, &web.Error{Status: http.StatusNotFound}
	}
	g.n = n
	return g, false, nil
}

// refuse leads away from a step. A save in the background cannot be led anywhere, so it is told why.
func (g *guide) refuse(err error, to string, flash ...string) error {
	if g.Autosave() {
		return &web.Error{Status: http.StatusConflict, Key: faultKey(err), Err: err}
	}
	return g.Redirect(to, flash...)
}

func (p *Pages) showStep(c *web.Context) error {
	g, redirected, err := p.open(c)
	if err != nil || redirected {
		return err
	}
	switch n := g.n; {
	case n == stepSubject:
		return g.showSubject()
	case n == stepInformation:
		return g.showInformation(g.informationInput(), nil)
	case n == g.compareAt():
		return g.showCompare(nil, nil)
	case n == g.decideAt():
		return g.showDecide("", nil)
	default:
		return g.showAspect(nil, nil)
	}
}

func (p *Pages) saveStep(c *web.Context) error {
	g, redirected, err := p.open(c)
	if err != nil || redirected {
		return err
	}
	switch n := g.n; {
	case n == stepSubject:
		return g.next()
	case n == stepInformation:
		return g.saveInformation()
	case n == g.compareAt():
		return g.saveCompare()
	case n == g.decideAt():
		return g.decide()
	default:
		return g.saveAspect()
	}
}

// savedAnswer answers a save of one question in the background, with the version that the next save is written over.
func (g *guide) savedAnswer(a catalogue.Aspect, perspective string) error {
	d, err := g.draft()
	if err != nil {
		return err
	}
	return g.Saved(d.UpdatedAt, strconv.FormatInt(d.version(a, perspective), 10))
}

// draft reads the draft as it is now.
func (g *guide) draft() (*Classification, error) {
	w, err := g.pages.Service.Open(g.Request.Context(), g.Actor, g.Path("slug"), nil)
	if err != nil {
		return nil, err
	}
	if w.State.Draft == nil {
		return nil, &web.Error{Status: http.StatusConflict, Key: faultKey(ErrNoDraft)}
	}
	return w.State.Draft, nil
}

// page is the top of a page of the guide.
func (g *guide) page(faults []web.FieldError) guidePage {
	steps := g.steps()
	title := g.L.T("web.step-now", "Step", g.n, "Of", g.decideAt(), "Name", steps.Now())
	return guidePage{
		Page: web.Page{
			Title: title + " – " + g.w.System.Name, Active: "system", Layout: web.Focus, Errors: faults, Leave: g.base(),
			SavedAt: g.w.State.Draft.UpdatedAt,
			Crumbs:  []web.Crumb{{Label: g.w.System.Name, Href: g.w.System.Path()}, {Label: g.L.T("classification.title")}},
		},
		Steps: steps, Action: g.path(g.n), Before: g.base(), Name: g.w.System.Name,
	}.at(g)
}

// guidePage is what every page of the guide has.
type guidePage struct {
	web.Page
	Steps  web.Steps
	Action string
	// Before and Next are the steps around the current one.
	Before, Next string
	Name         string
}

func (p guidePage) at(g *guide) guidePage {
	if g.n > 1 {
		p.Before = g.path(g.n - 1)
	}
	if g.n < g.decideAt() {
		p.Next = g.path(g.n + 1)
	}
	return p
}

// steps lists the steps of the model with how far each has come.
func (g *guide) steps() web.Steps {
	s := web.Steps{Label: g.L.T("classification.steps"), Current: g.n}
	held := 0
	for _, h := range g.w.System.Information {
		if h.Confirmed {
			held++
		}
	}
	information := web.Step{Label: g.L.T("classification.step-information"), Done: held > 0}
	if held > 0 {
		information.Detail = g.L.T("classification.chosen", "Count", held)
	}
	s.Items = append(s.Items, web.Step{Label: g.L.T("classification.step-subject"), Detail: g.w.System.Name, Done: true}, information)
	for i := range g.w.Model.Aspects {
		s.Items = append(s.Items, g.aspectStep(&g.w.Model.Aspects[i], stepsBefore+1+i))
	}
	left := len(g.w.Input.Obstacles())
	compare := web.Step{Label: g.L.T("classification.step-compare"), Done: left == 0}
	if left > 0 {
		compare.Detail = g.L.T("classification.left", "Count", left)
	}
	s.Items = append(s.Items, compare, web.Step{Label: g.L.T("classification.step-decide")})
	for i := range s.Items {
		if i+1 != g.n {
			s.Items[i].Href = g.path(i + 1)
		} else {
			s.Items[i].Done = false // the reader is still at it
		}
	}
	return s
}

func (g *guide) aspectStep(a *catalogue.ModelAspect, n int) web.Step {
	step := web.Step{Label: g.text(a.Name)}
	answered, asked := g.answered(a)
	step.Done = asked > 0 && answered == asked
	switch {
	case n == g.n:
		step.Detail = g.L.T("classification.question-of", "Number", g.question()+1, "Of", len(g.w.Model.Perspectives))
	case step.Done:
		if worst, ok := Worst(g.w.State.Draft.Answers, a.Aspect); ok {
			step.Detail = g.L.T("classification.level", "Level", worst.Level)
		}
	case a.Optional:
		step.Detail = g.L.T("classification.optional")
	}
	return step
}

// answered counts the answers of an aspect to the perspectives that are not optional. One without a perspective stands for all.
func (g *guide) answered(a *catalogue.ModelAspect) (answered, asked int) {
	_, all := g.w.State.Draft.Answered(a.Aspect, Unspecified)
	for _, p := range g.w.Model.Perspectives {
		if p.Optional {
			continue
		}
		asked++
		if _, ok := g.w.State.Draft.Answered(a.Aspect, p.Perspective.String()); ok || all {
			answered++
		}
	}
	return answered, asked
}

// box draws a level.
func (g *guide) box(l catalogue.Level, known bool) web.LevelBox { return levelBox(l, known, g.L.Lang) }

func levelBox(l catalogue.Level, known bool, lang string) web.LevelBox {
	if !known {
		return web.LevelBox{}
	}
	step := int(l.Step)
	if l.Stop {
		step = web.FillStop
	}
	return web.LevelBox{Step: step, Value: l.Value, Label: l.Label.In(catalogue.Lang(lang)), Known: true}
}

// KRTS gives the levels of a need as the pages draw them; in every language the letters are the model's.
func (n *Need) KRTS(lang string) web.KRTS {
	var out web.KRTS
	for _, l := range n.Levels {
		a, ok := n.Model.Aspect(l.Aspect)
		if !ok {
			continue
		}
		out.Items = append(out.Items, web.KRTSItem{
			Letter: a.Letter.In(catalogue.Lang(lang)), Name: a.Name.In(catalogue.Lang(lang)), Level: levelBox(l.Level, l.Basis != None, lang),
		})
	}
	return out
}

// faults are the errors of the rules with the message of each.
var faults = []struct {
	err error
	key string
}{
	{ErrStopped, "classification.fault-stopped"},
	{ErrLevel, "classification.fault-level"},
	{ErrAspect, "classification.fault-aspect"},
	{ErrMotivation, "classification.fault-motivation"},
	{ErrIncomplete, "classification.fault-incomplete"},
	{ErrLower, "classification.fault-lower"},
	{ErrApprover, "classification.fault-approver"},
	{ErrNoDraft, "classification.fault-no-draft"},
}

// faultKey is the message of an error of the rules, "" for any other.
func faultKey(err error) string {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return f.key
		}
	}
	return ""
}

// sorry turns an error of the rules that no field can show into a page for the reader.
func sorry(err error) error {
	if key := faultKey(err); key != "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
	}
	return err
}

// form gives what was posted, for the page to show again.
func (g *guide) form() url.Values {
	out := url.Values{}
	for name := range g.Request.PostForm {
		out[name] = g.Forms(name)
	}
	return out
}

// subjectPage is the first step.
type subjectPage struct {
	guidePage
	Facts   []detail
	Unknown int
	Edit    string
	Model   string
	About   string
	Other   string // the organisation's model, when the draft was made with another
	MayEdit bool
	Choose  bool
}

// detail is one thing that is known, or not, about the system.
type detail struct {
	Label, Value string
	Known        bool
}

func (g *guide) showSubject() error {
	s := &g.w.System
	page := subjectPage{
		guidePage: g.page(nil), Edit: s.Path() + "/redigera", Model: g.text(g.w.Model.Name), About: g.text(g.w.Model.Description),
		MayEdit: access.Allowed(g.Actor, "system.Update"), Choose: access.Allowed(g.Actor, "classification.ChooseModel"),
	}
	if g.w.Own.ID != g.w.Model.ID || g.w.Own.Version != g.w.Model.Version {
		page.Other = g.text(g.w.Own.Name)
	}
	say := func(key, value string) {
		d := detail{Label: g.L.T("classification.about-" + key), Value: value, Known: value != ""}
		if !d.Known {
			page.Unknown++
		}
		page.Facts = append(page.Facts, d)
	}
	word := func(words, value string) string {
		if value == "unknown" {
			return ""
		}
		return g.L.T("system." + words + "-" + value)
	}
	say("kind", word("kind", s.Kind))
	say("unit", s.Unit)
	say("owner", s.OwnerRole)
	say("hosting", word("hosting", s.Hosting))
	say("supplier", s.Supplier)
	subjects := ""
	if s.DataSubjects != nil {
		subjects = g.L.Number(*s.DataSubjects)
	}
	say("subjects", subjects)
	return g.Render(templates, "step_subject.html", page)
}
