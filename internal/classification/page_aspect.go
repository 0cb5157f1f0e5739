// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/db"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/web"
)

// maxMotivation caps a motivation: one or two sentences are asked for.
const maxMotivation = 4000

// aspectPage asks about one aspect from one perspective.
type aspectPage struct {
	// Version is which answer the form was filled from. Theirs is what somebody else has answered meanwhile.
	Version int64
	Theirs  string

	guidePage
	Who []whoTab
	// Choices are the levels; each has examples of the consequences that the model weighs.
	Question  web.Choices
	Levels    []levelChoice
	Motive    web.Field
	Number    int
	Imported  string
	Optional  bool
	Suggested *suggested
	Follows   *following
	Colleague *colleague
}

// whoTab leads to the question from one perspective.
type whoTab struct {
	Label, Href       string
	Current, Answered bool
	Optional          bool
}

// levelChoice is a level with its examples.
type levelChoice struct {
	web.Choice
	First    bool
	Examples []detail
	Title    string
}

// suggested is what the information alone would give, with the reasons.
type suggested struct {
	Box     web.LevelBox
	Because []string
	Rules   []string
}

// following is what a level leads to.
type following struct {
	Level, Count, More, Below int
	HasBelow                  bool
	Examples                  []string
}

// question is the index of the perspective that is asked about: the one in the address, else the first without an answer.
func (g *guide) question() int {
	asked := g.Query("fraga")
	if asked == "" {
		asked = g.Form("fraga")
	}
	if n, err := strconv.Atoi(asked); err == nil && n >= 1 && n <= len(g.w.Model.Perspectives) {
		return n - 1
	}
	for i, p := range g.w.Model.Perspectives {
		if _, ok := g.w.State.Draft.Answered(g.aspect().Aspect, p.Perspective.String()); !ok && !p.Optional {
			return i
		}
	}
	return 0
}

func (g *guide) perspective() catalogue.ModelPerspective { return g.w.Model.Perspectives[g.question()] }

func (g *guide) questionPath(q int) string { return g.path(g.n) + "?fraga=" + strconv.Itoa(q+1) }

// showAspect draws the question. posted is what was sent when it could not be saved.
func (g *guide) showAspect(posted url.Values, faults []web.FieldError) error {
	a, p, q := g.aspect(), g.perspective(), g.question()
	page := aspectPage{
		guidePage: g.page(faults), Number: q + 1, Optional: a.Optional,
		Question: web.Choices{
			Name: "niva", Legend: g.text(a.Questions[p.Perspective]), Heading: true, Hint: g.L.T("classification.hint-" + p.Perspective.String()),
		},
		Motive: web.Field{
			Name: "motivering", Type: "textarea", Label: g.L.T("classification.why"), Hint: g.L.T("classification.why-hint"),
		},
	}
	page.Question.Error = page.fault(g, "niva")
	if q > 0 {
		page.Before = g.questionPath(q - 1)
	}
	for i, who := range g.w.Model.Perspectives {
		_, answered := g.w.State.Draft.Answered(a.Aspect, who.Perspective.String())
		page.Who = append(page.Who, whoTab{
			Label: g.L.T("classification.who-" + who.Perspective.String()), Href: g.questionPath(i), Current: i == q, Answered: answered, Optional: who.Optional,
		})
	}
	if imported, ok := g.w.State.Draft.Answered(a.Aspect, Unspecified); ok {
		page.Imported = g.L.T("classification.imported", "Level", imported.Level)
	}
	chosen := g.chosen(a, p.Perspective, posted, &page)
	level, because, ok := g.w.Input.Suggested(a)
	if ok {
		page.Suggested = g.suggestion(a, level, because)
	}
	page.Levels = g.levels(a, p.Perspective, chosen, level.Value, ok)
	page.Version = g.w.State.Draft.version(a.Aspect, p.Perspective.String())
	if slices.ContainsFunc(faults, func(f web.FieldError) bool { return f.Key == faultConflict }) {
		page.Status, page.Theirs = http.StatusConflict, g.theirs(a, p.Perspective)
	}
	page.Colleague = g.colleague(a, p.Perspective.String())
	var err error
	if page.Follows, err = g.follows(a, level, ok); err != nil {
		return err
	}
	return g.Render(templates, "step_aspect.html", page)
}

// fault gives what is wrong with a field before the page is drawn.
func (p *guidePage) fault(g *guide, field string) string {
	for _, e := range p.Errors {
		if e.Field == field {
			return g.L.T(e.Key, e.Args...)
		}
	}
	return ""
}

// chosen gives the level that is marked, and fills in the motivation: what was posted, else the answer.
func (g *guide) chosen(a *catalogue.ModelAspect, p catalogue.Perspective, posted url.Values, page *aspectPage) string {
	if posted != nil {
		page.Motive.Value = posted.Get("motivering")
		return posted.Get("niva")
	}
	if x, ok := g.w.State.Draft.Answered(a.Aspect, p.String()); ok {
		page.Motive.Value = x.Motivation
		return strconv.Itoa(x.Level)
	}
	return ""
}

func (g *guide) levels(a *catalogue.ModelAspect, p catalogue.Perspective, chosen string, suggested int, hasSuggestion bool) []levelChoice {
	out := make([]levelChoice, len(a.Levels))
	for i, l := range a.Levels {
		value := strconv.Itoa(l.Value)
		c := levelChoice{First: i == 0, Choice: web.Choice{
			Value: value, Label: value + " – " + g.text(l.Label), Hint: g.text(l.Meaning), Checked: chosen == value, Level: g.box(l, true),
		}}
		if hasSuggestion && l.Value == suggested {
			c.Tag = web.Tag{Kind: "info", Word: g.L.T("classification.our-suggestion")}
		}
		c.Title = g.L.T("classification.examples", "Level", value)
		for j := range g.w.Model.Criteria {
			k := &g.w.Model.Criteria[j]
			if example := k.Example(l.Step); !l.Stop && !example.IsZero() && concerns(k, p) {
				c.Examples = append(c.Examples, detail{Label: g.text(k.Name), Value: g.text(example)})
			}
		}
		out[i] = c
	}
	return out
}

// concerns reports whether a criterion speaks of a perspective; one that names none speaks of all.
func concerns(k *catalogue.Criterion, p catalogue.Perspective) bool {
	for _, x := range k.Perspectives {
		if x == p {
			return true
		}
	}
	return len(k.Perspectives) == 0
}

func (g *guide) suggestion(a *catalogue.ModelAspect, level catalogue.Level, because []catalogue.Because) *suggested {
	s := &suggested{Box: g.box(level, true)}
	for _, b := range because {
		s.Because = append(s.Because, b.Text)
	}
	_, from := g.w.Input.suggestion(a.Aspect)
	seen := map[string]bool{"": true}
	for _, t := range from {
		for _, rule := range []string{t.Secrecy, t.Law} {
			if !seen[rule] {
				seen[rule] = true
				s.Rules = append(s.Rules, rule)
			}
		}
	}
	return s
}

// follows tells what the level that is answered leads to, else the suggested one, and how much more than the level below.
func (g *guide) follows(a *catalogue.ModelAspect, suggested catalogue.Level, hasSuggestion bool) (*following, error) {
	if g.pages.Follows == nil {
		return nil, nil
	}
	level := suggested.Value
	worst, answered := Worst(g.w.State.Draft.Answers, a.Aspect)
	if answered {
		level = worst.Level
	} else if !hasSuggestion {
		return nil, nil
	}
	count := func(level int) (int, []string, error) {
		return g.pages.Follows(g.Request.Context(), g.Actor, g.w.System.Slug, a.Aspect, level, catalogue.Lang(g.L.Lang))
	}
	f := &following{Level: level}
	var err error
	if f.Count, f.Examples, err = count(level); err != nil {
		return nil, err
	}
	for i := range a.Levels {
		if a.Levels[i].Value == level && i > 0 {
			f.HasBelow, f.Below = true, a.Levels[i-1].Value
			below, _, err := count(f.Below)
			if err != nil {
				return nil, err
			}
			f.More = f.Count - below
		}
	}
	return f, nil
}

// afterAnswer leads to the next question that must be asked, else to the next step.
func (g *guide) afterAnswer(q int) error {
	for i := q + 1; i < len(g.w.Model.Perspectives); i++ {
		if !g.w.Model.Perspectives[i].Optional {
			return g.Redirect(g.questionPath(i))
		}
	}
	return g.next()
}

// saveAspect stores an answer, or takes it back when nobody knows.
func (g *guide) saveAspect() error {
	a, p, q := g.aspect(), g.perspective(), g.question()
	if g.Form("vet-inte") != "" {
		if err := g.takeBack(a, p); err != nil {
			return err
		}
		return g.afterAnswer(q)
	}
	value, err := strconv.Atoi(g.Form("niva"))
	level, ok := a.Level(value)
	switch {
	case g.Form("niva") == "":
		return g.refuseAnswer(web.FieldError{Field: "niva", Key: "classification.fault-choose"})
	case err != nil || !ok:
		return g.refuseAnswer(web.FieldError{Field: "niva", Key: "classification.fault-level"})
	case utf8.RuneCountInString(g.Form("motivering")) > maxMotivation:
		return g.refuseAnswer(web.FieldError{Field: "motivering", Key: "classification.fault-long", Args: []any{"Max", maxMotivation}})
	case level.Stop && g.Autosave():
		// A slip of the finger must not stop the work: only the button does. Nothing is stored until then.
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.stop-not-saved"}
	}
	answer := Answer{Aspect: a.Aspect, Perspective: p.Perspective.String(), Level: value, Motivation: g.Form("motivering"), Over: g.over()}
	err = g.pages.Service.Answer(g.Request.Context(), g.Actor, g.w.System.Slug, answer)
	switch {
	case errors.Is(err, ErrStopped):
		return g.refuse(err, g.base()+"/stopp")
	case errors.Is(err, db.ErrConflict):
		return g.overtaken()
	case err != nil:
		return sorry(err)
	case g.Autosave():
		return g.savedAnswer(a.Aspect, p.Perspective.String())
	}
	return g.afterAnswer(q)
}

// over is the version of the answer that the form was filled from; nil when the form says none.
func (g *guide) over() *int64 {
	if v, err := strconv.ParseInt(g.Form("version"), 10, 64); err == nil {
		return &v
	}
	return nil
}

// faultConflict says that somebody else has answered meanwhile.
const faultConflict = "classification.fault-conflict"

// overtaken shows what somebody else has answered beside what the reader wrote, and lets the reader save over it.
func (g *guide) overtaken() error {
	if g.Autosave() {
		return &web.Error{Status: http.StatusConflict, Key: faultConflict}
	}
	now, redirected, err := g.pages.open(g.Context)
	if err != nil || redirected {
		return err
	}
	return now.showAspect(now.form(), []web.FieldError{{Field: "niva", Key: faultConflict}})
}

// theirs tells the answer that stands now.
func (g *guide) theirs(a *catalogue.ModelAspect, p catalogue.Perspective) string {
	x, ok := g.w.State.Draft.Answered(a.Aspect, p.String())
	if !ok {
		return g.L.T("classification.theirs-none")
	}
	level, _ := a.Level(x.Level) // an answer that stands has been checked
	return g.L.T("classification.theirs", "Level", strconv.Itoa(x.Level)+" – "+g.text(level.Label), "Motivation", x.Motivation)
}

// takeBack removes an answer, if there is one.
func (g *guide) takeBack(a *catalogue.ModelAspect, p catalogue.ModelPerspective) error {
	if _, ok := g.w.State.Draft.Answered(a.Aspect, p.Perspective.String()); !ok {
		return nil
	}
	return sorry(g.pages.Service.Unanswer(g.Request.Context(), g.Actor, g.w.System.Slug, a.Aspect, p.Perspective.String()))
}

// refuseAnswer shows the question again with what was sent.
func (g *guide) refuseAnswer(fault web.FieldError) error {
	if g.Autosave() {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: fault.Key, Args: fault.Args}
	}
	return g.showAspect(g.form(), []web.FieldError{fault})
}
