// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

// decidePage is the last step: everything to read through, and the decision.
type decidePage struct {
	guidePage
	Perspectives []string
	Rows         []decideRow
	Left         []left
	MayDecide    bool
	Decider      web.Field
	Until        civil.Date
	Months       int
	Count        int
	HasCount     bool
	Back         string
	Information  int
}

// decideRow is one aspect in the table.
type decideRow struct {
	Name, Loss, Href, Motivation string
	Cells                        []decideCell
	Level                        web.LevelBox
	Adjusted                     string
	Optional                     bool
}

// decideCell is the answer from one perspective.
type decideCell struct {
	Who string
	Box web.LevelBox
}

// left is something that must be done before the decision, with the step where it is done.
type left struct{ Text, Href string }

func (g *guide) showDecide(decider string, faults []web.FieldError) error {
	page := decidePage{
		guidePage: g.page(faults), MayDecide: access.Allowed(g.Actor, "classification.Decide"), Left: g.left(), Back: g.base(),
		Until: g.w.Today.AddMonths(validMonths), Months: validMonths,
	}
	for _, h := range g.w.System.Information {
		if h.Confirmed {
			page.Information++
		}
	}
	if decider == "" && len(faults) == 0 {
		decider = g.w.System.OwnerRole
	}
	page.Decider = web.Field{
		Name: "beslutare", Label: g.L.T("classification.decider"), Hint: g.L.T("classification.decider-hint"), Value: decider,
	}
	for _, p := range g.w.Model.Perspectives {
		if g.uses(p) {
			page.Perspectives = append(page.Perspectives, g.L.T("classification.who-"+p.Perspective.String()))
		}
	}
	for i := range g.w.Model.Aspects {
		page.Rows = append(page.Rows, g.decideRow(&g.w.Model.Aspects[i]))
	}
	if err := g.outcome(&page); err != nil {
		return err
	}
	return g.Render(templates, "step_decide.html", page)
}

// uses reports whether a perspective has a column: an optional one only when somebody has answered it.
func (g *guide) uses(p catalogue.ModelPerspective) bool {
	if !p.Optional {
		return true
	}
	for _, x := range g.w.State.Draft.Answers {
		if x.Perspective == p.Perspective.String() {
			return true
		}
	}
	return false
}

func (g *guide) decideRow(a *catalogue.ModelAspect) decideRow {
	row := decideRow{Name: g.text(a.Name), Loss: g.text(a.Loss), Href: g.path(g.stepOf(a.Aspect)), Optional: a.Optional}
	for _, p := range g.w.Model.Perspectives {
		if !g.uses(p) {
			continue
		}
		x, ok := g.w.State.Draft.Answered(a.Aspect, p.Perspective.String())
		level, known := a.Level(x.Level)
		row.Cells = append(row.Cells, decideCell{g.L.T("classification.who-" + p.Perspective.String()), g.box(level, ok && known)})
	}
	worst, answered := Worst(g.w.State.Draft.Answers, a.Aspect)
	if answered {
		row.Motivation = motivation(g.w.State.Draft.Answers, worst)
	}
	adj, isAdjusted := adjusted(g.w.State.Draft.Adjustments, a.Aspect)
	row.Level = g.box(g.w.Input.level(a).Level, answered || isAdjusted)
	row.Level.Wide = true
	if isAdjusted {
		row.Adjusted = g.L.T("classification.cause-"+adj.Cause) + ": " + adj.Reason
	}
	return row
}

// left lists what stands in the way of the decision.
func (g *guide) left() []left {
	var out []left
	for _, o := range g.w.Input.Obstacles() {
		a, ok := g.w.Model.Aspect(o.Aspect)
		if !ok {
			continue
		}
		args := []any{"Aspect", g.text(a.Name)}
		if o.Perspective != Unspecified {
			args = append(args, "For", g.L.T("classification.for-"+o.Perspective))
		}
		l := left{Text: g.L.T("classification.left-"+leftKey(o.Err), args...), Href: g.askPath(o.Aspect, o.Perspective)}
		if !errors.Is(o.Err, ErrIncomplete) && !errors.Is(o.Err, ErrLevel) {
			l.Href = g.path(g.compareAt()) + "#" + o.Aspect.String()
		}
		out = append(out, l)
	}
	return out
}

// leftKey is the end of the message of an obstacle.
func leftKey(err error) string {
	for _, o := range []struct {
		err error
		key string
	}{{ErrIncomplete, "incomplete"}, {ErrMotivation, "motivation"}, {ErrLower, "lower"}, {ErrApprover, "approver"}} {
		if errors.Is(err, o.err) {
			return o.key
		}
	}
	return "level"
}

// outcome counts the requirements that the levels lead to.
func (g *guide) outcome(page *decidePage) error {
	if g.pages.Follows == nil {
		return nil
	}
	for i := range g.w.Model.Aspects {
		a := &g.w.Model.Aspects[i]
		if _, ok := Worst(g.w.State.Draft.Answers, a.Aspect); !ok {
			continue
		}
		level := g.w.Input.level(a).Level.Value
		n, _, err := g.pages.Follows(g.Request.Context(), g.Actor, g.w.System.Slug, a.Aspect, level, catalogue.Lang(g.L.Lang))
		page.Count, page.HasCount = n, err == nil
		return err
	}
	return nil
}

// decide makes the draft the decision.
func (g *guide) decide() error {
	if g.Form("utkast") != "" {
		return g.Redirect(g.base(), "classification.kept-draft")
	}
	if !access.Allowed(g.Actor, "classification.Decide") {
		return &web.Error{Status: http.StatusForbidden}
	}
	decider := g.Form("beslutare")
	switch {
	case decider == "":
		return g.showDecide("", []web.FieldError{{Field: "beslutare", Key: "classification.fault-decider"}})
	case len([]rune(decider)) > maxOwnName:
		return g.showDecide(decider, []web.FieldError{{Field: "beslutare", Key: "classification.fault-long", Args: []any{"Max", maxOwnName}}})
	}
	err := g.pages.Service.Decide(g.Request.Context(), g.Actor, g.w.System.Slug, decider)
	if key := faultKey(err); err != nil && key != "" {
		// The list of what is left, with a link to each step, is on the page itself.
		return g.showDecide(decider, []web.FieldError{{Field: "kvar", Key: "classification.not-decided", Args: []any{"Count", len(g.left())}}})
	}
	if err != nil {
		return err
	}
	return g.Redirect(g.base(), "classification.decided", "Day", g.L.Date(g.w.Today.AddMonths(validMonths)))
}
