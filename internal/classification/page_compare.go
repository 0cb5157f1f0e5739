// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/web"
)

// causes are the reasons to raise a level, in the order of the form.
var causes = []string{Accumulation, Aggregation, Integration}

// comparePage sets the answers of each aspect beside each other and beside the suggestion.
type comparePage struct {
	guidePage
	Aspects []comparison
}

// comparison is one aspect.
type comparison struct {
	ID, Name, Loss string
	AdjustTitle    string
	Optional       bool
	Answers        []answerView
	// Suggested is the information's level; Result what the answers and the adjustment give.
	Suggested, Result web.LevelBox
	Reasons           []string
	// Notes say what differs, and Forbidden which types forbid a lower level and why.
	Notes     []web.Tag
	Forbidden []detail
	Motive    web.Field
	HasMotive bool
	Cause     web.Field
	Level     web.Field
	Reason    web.Field
	Approver  web.Field
	Open      bool
	Answered  bool
}

// answerView is one answer, or that there is none.
type answerView struct {
	Who, Motivation string
	Box             web.LevelBox
	Optional        bool
	Href            string
}

// fieldOf is the name of a field of one aspect.
func fieldOf(name string, a catalogue.Aspect) string { return name + "-" + a.String() }

func (g *guide) showCompare(posted url.Values, faults []web.FieldError) error {
	page := comparePage{guidePage: g.page(faults)}
	for i := range g.w.Model.Aspects {
		page.Aspects = append(page.Aspects, g.compare(&g.w.Model.Aspects[i], posted, faults))
	}
	return g.Render(templates, "step_compare.html", page)
}

func (g *guide) compare(a *catalogue.ModelAspect, posted url.Values, faults []web.FieldError) comparison {
	c := comparison{
		ID: a.Aspect.String(), Name: g.text(a.Name), Loss: g.text(a.Loss), Optional: a.Optional,
		Answers: g.answers(a),
	}
	c.AdjustTitle = g.L.T("classification.adjust", "Aspect", lowerFirst(c.Name))
	level, because, hasSuggestion := g.w.Input.Suggested(a)
	c.Suggested = g.box(level, hasSuggestion)
	c.Suggested.Wide = true
	for _, b := range because {
		c.Reasons = append(c.Reasons, b.Text)
	}
	result := g.w.Input.level(a)
	worst, answered := Worst(g.w.State.Draft.Answers, a.Aspect)
	_, isAdjusted := adjusted(g.w.State.Draft.Adjustments, a.Aspect)
	c.Answered = answered
	c.Result = g.box(result.Level, answered || isAdjusted)
	c.Result.Wide = true
	c.Notes = g.differences(a, result.Level, level, hasSuggestion, answered)
	for _, t := range g.w.Input.Forbids(a, a.Levels[0]) {
		c.Forbidden = append(c.Forbidden, detail{Label: g.text(t.Name), Value: g.text(t.Levels[a.Aspect].Reason)})
	}
	c.HasMotive = answered
	g.adjustForm(&c, a, worst, posted)
	// A level that cannot be decided as it is must be seen to.
	c.Open = c.Open || answered && hasSuggestion && result.Level.Step < level.Step
	for _, f := range faults {
		c.Open = c.Open || slices.Contains([]string{c.Cause.Name, c.Level.Name, c.Reason.Name, c.Approver.Name}, f.Field)
	}
	return c
}

func (g *guide) answers(a *catalogue.ModelAspect) []answerView {
	var out []answerView
	if x, ok := g.w.State.Draft.Answered(a.Aspect, Unspecified); ok {
		level, known := a.Level(x.Level)
		out = append(out, answerView{Who: g.L.T("classification.who-register"), Motivation: x.Motivation, Box: g.box(level, known), Href: g.path(g.stepOf(a.Aspect))})
	}
	for _, p := range g.w.Model.Perspectives {
		x, ok := g.w.State.Draft.Answered(a.Aspect, p.Perspective.String())
		if !ok && p.Optional {
			continue
		}
		level, known := a.Level(x.Level)
		out = append(out, answerView{
			Who: g.L.T("classification.who-" + p.Perspective.String()), Motivation: x.Motivation, Box: g.box(level, ok && known), Optional: p.Optional,
			Href: g.askPath(a.Aspect, p.Perspective.String()),
		})
	}
	return out
}

// differences says where the answers differ from each other and from the suggestion.
func (g *guide) differences(a *catalogue.ModelAspect, result, suggested catalogue.Level, hasSuggestion, answered bool) []web.Tag {
	var out []web.Tag
	var first *Answer
	for i := range g.w.State.Draft.Answers {
		x := &g.w.State.Draft.Answers[i]
		switch {
		case x.Aspect != a.Aspect:
		case first == nil:
			first = x
		case x.Level != first.Level && len(out) == 0:
			out = append(out, web.Info(g.L.T("classification.differs")))
		}
	}
	if answered {
		for _, p := range g.w.Input.missing(a) {
			out = append(out, web.Warn(g.L.T("classification.answer-missing", "For", g.L.T("classification.for-"+p))))
		}
	}
	switch {
	case !answered && !a.Optional:
		out = append(out, web.Warn(g.L.T("classification.no-answer")))
	case !answered || !hasSuggestion:
	case result.Step < suggested.Step:
		out = append(out, web.Warn(g.L.T("classification.below-suggestion")))
	case result.Step > suggested.Step:
		out = append(out, web.Info(g.L.T("classification.above-suggestion")))
	}
	return out
}

// adjustForm makes the fields of an aspect, with what was posted or else with what is stored.
func (g *guide) adjustForm(c *comparison, a *catalogue.ModelAspect, worst Answer, posted url.Values) {
	adj, isAdjusted := adjusted(g.w.State.Draft.Adjustments, a.Aspect)
	level := ""
	if isAdjusted {
		level = strconv.Itoa(adj.Level)
	}
	value := func(name, stored string) string {
		if posted != nil {
			return posted.Get(fieldOf(name, a.Aspect))
		}
		return stored
	}
	c.Motive = web.Field{
		Name: fieldOf("motivering", a.Aspect), Type: "textarea", Label: g.L.T("classification.motivation", "Aspect", lowerFirst(c.Name)),
		Hint: g.L.T("classification.why-hint"), Value: value("motivering", motivation(g.w.State.Draft.Answers, worst)),
	}
	c.Cause = web.Field{Name: fieldOf("orsak", a.Aspect), Type: "select", Label: g.L.T("classification.cause"), Value: value("orsak", adj.Cause)}
	c.Cause.Options = append(c.Cause.Options, web.Option{Label: g.L.T("classification.cause-none")})
	for _, cause := range causes {
		c.Cause.Options = append(c.Cause.Options, web.Option{Value: cause, Label: g.L.T("classification.cause-" + cause)})
	}
	if g.mayLower(a, worst) || c.Cause.Value == Lowered {
		c.Cause.Options = append(c.Cause.Options, web.Option{Value: Lowered, Label: g.L.T("classification.cause-lowered")})
	}
	c.Level = web.Field{Name: fieldOf("ny-niva", a.Aspect), Type: "select", Label: g.L.T("classification.new-level"), Value: value("ny-niva", level)}
	c.Level.Options = append(c.Level.Options, web.Option{Label: g.L.T("classification.choose-level")})
	for _, l := range a.Levels {
		if !l.Stop {
			v := strconv.Itoa(l.Value)
			c.Level.Options = append(c.Level.Options, web.Option{Value: v, Label: v + " – " + g.text(l.Label)})
		}
	}
	c.Reason = web.Field{Name: fieldOf("skal", a.Aspect), Type: "textarea", Rows: 2, Label: g.L.T("classification.reason"), Value: value("skal", adj.Reason)}
	c.Approver = web.Field{
		Name: fieldOf("godkant", a.Aspect), Label: g.L.T("classification.approver"), Hint: g.L.T("classification.approver-hint"),
		Value: value("godkant", adj.Approver), Optional: true,
	}
	c.Open = isAdjusted || c.Cause.Value != ""
}

// mayLower reports whether any level below the answer, or below the suggestion, can be had with a risk decision.
func (g *guide) mayLower(a *catalogue.ModelAspect, worst Answer) bool {
	top := worst.Level
	if level, _, ok := g.w.Input.Suggested(a); ok {
		top = max(top, level.Value)
	}
	for _, l := range a.Levels {
		if !l.Stop && l.Value < top && len(g.w.Input.Forbids(a, l)) == 0 {
			return true
		}
	}
	return false
}

// motivation is the text that stands for an aspect: that of the worst answer, else of any.
func motivation(answers []Answer, worst Answer) string {
	if worst.Motivation != "" {
		return worst.Motivation
	}
	for _, x := range answers {
		if x.Aspect == worst.Aspect && x.Motivation != "" {
			return x.Motivation
		}
	}
	return ""
}

// saveCompare stores motivations and adjustments. What is wrong is shown together, and nothing of it is stored. It is never saved in
// the background: half a risk decision is none.
func (g *guide) saveCompare() error {
	var faults []web.FieldError
	var todo []func() error
	for i := range g.w.Model.Aspects {
		a := &g.w.Model.Aspects[i]
		write, wrong := g.readMotivation(a)
		faults, todo = append(faults, wrong...), append(todo, write...)
		write, wrong = g.readAdjustment(a)
		faults, todo = append(faults, wrong...), append(todo, write...)
	}
	if len(faults) > 0 {
		return g.showCompare(g.form(), faults)
	}
	for _, write := range todo {
		if err := write(); err != nil {
			return sorry(err)
		}
	}
	return g.next()
}

// readMotivation gives the write of a motivation that has been changed: it is stored with the worst answer.
func (g *guide) readMotivation(a *catalogue.ModelAspect) ([]func() error, []web.FieldError) {
	worst, ok := Worst(g.w.State.Draft.Answers, a.Aspect)
	name := fieldOf("motivering", a.Aspect)
	text := g.Form(name)
	switch {
	case !ok || !g.Request.PostForm.Has(name) || text == motivation(g.w.State.Draft.Answers, worst):
		return nil, nil
	case utf8.RuneCountInString(text) > maxMotivation:
		return nil, []web.FieldError{{Field: name, Key: "classification.fault-long", Args: []any{"Max", maxMotivation}}}
	}
	worst.Motivation = text
	return []func() error{func() error {
		return g.pages.Service.Answer(g.Request.Context(), g.Actor, g.w.System.Slug, worst)
	}}, nil
}

// readAdjustment gives the write of an adjustment that has been changed, or taken away.
func (g *guide) readAdjustment(a *catalogue.ModelAspect) ([]func() error, []web.FieldError) {
	adj := Adjustment{
		Aspect: a.Aspect, Cause: g.Form(fieldOf("orsak", a.Aspect)), Reason: g.Form(fieldOf("skal", a.Aspect)), Approver: g.Form(fieldOf("godkant", a.Aspect)),
	}
	old, isAdjusted := adjusted(g.w.State.Draft.Adjustments, a.Aspect)
	save := func(remove bool) []func() error {
		return []func() error{func() error {
			return g.pages.Service.Adjust(g.Request.Context(), g.Actor, g.w.System.Slug, adj, remove)
		}}
	}
	if adj.Cause == "" {
		if isAdjusted {
			return save(true), nil
		}
		return nil, nil
	}
	faults := g.checkAdjustment(a, &adj)
	if len(faults) > 0 || isAdjusted && adj == old {
		return nil, faults
	}
	return save(false), nil
}

// checkAdjustment reads the level and says what is wrong, field by field, before the service is asked.
func (g *guide) checkAdjustment(a *catalogue.ModelAspect, adj *Adjustment) []web.FieldError {
	var out []web.FieldError
	fault := func(name, key string, args ...any) {
		out = append(out, web.FieldError{Field: fieldOf(name, a.Aspect), Key: key, Args: args})
	}
	if adj.Cause != Lowered && !slices.Contains(causes, adj.Cause) {
		fault("orsak", "classification.fault-value")
		return out
	}
	value, err := strconv.Atoi(g.Form(fieldOf("ny-niva", a.Aspect)))
	level, ok := a.Level(value)
	adj.Level = value
	if adj.Reason == "" {
		fault("skal", "classification.fault-reason")
	}
	if adj.Cause != Lowered {
		adj.Approver = ""
	} else if adj.Approver == "" {
		fault("godkant", "classification.fault-approver")
	}
	if err != nil || !ok || level.Stop {
		fault("ny-niva", "classification.fault-choose-level")
		return out
	}
	check := Work{State: g.w.State, Model: g.w.Model, Input: g.w.Input}
	err = checkAdjustment(&check, Adjustment{Aspect: adj.Aspect, Level: value, Cause: adj.Cause, Reason: "-", Approver: "-"})
	forbidden := g.w.Input.Forbids(a, level)
	switch {
	case adj.Cause == Lowered && len(forbidden) > 0:
		fault("ny-niva", "classification.fault-forbidden", "Type", g.text(forbidden[0].Name))
	case adj.Cause == Lowered && err != nil:
		fault("ny-niva", "classification.fault-not-lower")
	case errors.Is(err, ErrLower):
		fault("ny-niva", "classification.fault-not-higher")
	case err != nil:
		fault("ny-niva", faultKey(err))
	}
	return out
}
