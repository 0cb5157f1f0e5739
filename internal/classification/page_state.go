// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// statePage tells where a system's classification stands.
type statePage struct {
	web.Page
	Head    web.SystemHead
	Lead    string
	Model   string
	Stopped bool
	// Begin is the label of the button that makes a draft, Continue where the draft goes on.
	Begin, BeginPath string
	Continue         string
	Again            bool
	Other            string
	Levels           []levelRow
	History          []historyRow
	MayChoose        bool
	Decided          *decision
	// Next leads on from a decision, to what the reader may see of what it leads to.
	Next []web.Link
}

// decision is who decided, when and for how long.
type decision struct {
	By         string
	On, Until  civil.Date
	Expired    bool
	HasDecider bool
}

// levelRow is one aspect with where its level comes from.
type levelRow struct {
	Name, Loss string
	Box        web.LevelBox
	Basis      web.Tag
	Because    []string
}

// historyRow is one classification of the system, as it was.
type historyRow struct {
	On            civil.Date
	Status        web.Tag
	Model, By     string
	Until         civil.Date
	Levels        web.KRTS
	Imported      bool
	NoLevelsShown bool
}

func (p *Pages) show(c *web.Context) error {
	w, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	g := &guide{Context: c, pages: p, w: w}
	s := &w.System
	page := statePage{
		Page: web.Page{
			Title: c.L.T("classification.title-of", "Name", s.Name), Active: "system",
			Crumbs: []web.Crumb{{Label: c.L.T("classification.systems"), Href: "/system"}, {Label: s.Name, Href: s.Path()}, {Label: c.L.T("classification.title")}},
		},
		Head: web.SystemHead{
			Name: s.Name, Tags: []web.Tag{StatusTag(c, w.State, &w.Need)}, KRTS: w.Need.KRTS(c.L.Lang),
			Tabs: web.SystemTabs{Slug: s.Slug, Active: web.TabClassification},
		},
		Stopped: w.Need.Stop, Model: g.text(w.Need.Model.Name), MayChoose: access.Allowed(c.Actor, "classification.ChooseModel"),
	}
	g.actions(&page)
	if d := w.State.Decided; d != nil && !w.Need.Stop {
		page.Decided = &decision{By: d.Decider, On: d.DecidedOn, Until: d.ValidUntil, Expired: w.Need.Expired, HasDecider: d.Decider != ""}
	}
	page.Next = g.onwards(&page)
	page.Levels = g.levelRows(&w.Need)
	page.History = g.history()
	return c.Render(templates, "state.html", page)
}

// onwards leads from a decision to the plan and the requirements that follow. The slices that show them come later.
func (g *guide) onwards(page *statePage) []web.Link {
	if page.Decided == nil || page.Decided.Expired || page.Continue != "" {
		return nil
	}
	unit := g.w.System.UnitID
	var out []web.Link
	if access.AllowedAt(g.Actor, "action.Plan", unit) {
		out = append(out, web.Link{Label: g.L.T("classification.to-plan"), Href: g.w.System.Path() + "/atgarder?visa=otagna", Primary: true})
	}
	if access.AllowedAt(g.Actor, "requirement.View", unit) {
		out = append(out, web.Link{Label: g.L.T("classification.to-requirements"), Href: g.w.System.Path() + "/krav"})
	}
	return out
}

// StatusTag is the tag that says where a system's classification stands.
func StatusTag(c *web.Context, s State, n *Need) web.Tag {
	switch {
	case n.Stop:
		return web.Bad(c.L.T("classification.tag-stopped"))
	case s.Decided != nil && n.Expired:
		return web.Warn(c.L.T("classification.tag-expired", "Day", c.L.Date(n.ValidUntil)))
	case s.Decided != nil:
		return web.OK(c.L.T("classification.tag-decided", "Day", c.L.Date(n.ValidUntil)))
	case s.Draft != nil:
		return web.Info(c.L.T("classification.tag-draft"))
	case n.Basis() == BySuggestion:
		return web.Info(c.L.T("classification.tag-suggestion"))
	default:
		return web.Neutral(c.L.T("classification.tag-none"))
	}
}

// actions says what can be done now, in words and with the buttons that the reader may use.
func (g *guide) actions(page *statePage) {
	state, may := g.w.State, access.Allowed(g.Actor, "classification.Answer")
	begin := func(key string) {
		if may {
			page.Begin, page.BeginPath = g.L.T(key), g.base()+"/borja"
		}
	}
	switch {
	case page.Stopped:
		page.Lead = g.L.T("classification.lead-stopped")
		if access.Allowed(g.Actor, "classification.Reopen") && state.Stopped != nil {
			page.Begin, page.BeginPath = g.L.T("classification.reopen"), g.base()+"/stopp"
		}
		return
	case state.Draft != nil:
		page.Lead = g.L.T("classification.lead-draft", "Left", len(g.w.Input.Obstacles()))
		if may {
			page.Continue = g.path(g.firstLeft())
			page.Again = true
		}
		begin("classification.begin-again")
		if own := g.w.Own; own.ID != g.w.Model.ID || own.Version != g.w.Model.Version {
			page.Other = g.L.T("classification.other-model", "Draft", g.text(g.w.Model.Name), "Own", g.text(own.Name))
		}
	case state.Decided != nil && g.w.Need.Expired:
		page.Lead = g.L.T("classification.lead-expired")
		begin("classification.reclassify")
	case state.Decided != nil:
		page.Lead = g.L.T("classification.lead-decided")
		begin("classification.reclassify")
	default:
		page.Lead = g.L.T("classification.lead-none")
		begin("classification.classify")
	}
}

// firstLeft is the first step where something is left to do.
func (g *guide) firstLeft() int {
	held := false
	for _, h := range g.w.System.Information {
		held = held || h.Confirmed
	}
	if !held {
		return stepSubject
	}
	for _, o := range g.w.Input.Obstacles() {
		if errors.Is(o.Err, ErrIncomplete) {
			return g.stepOf(o.Aspect)
		}
	}
	if len(g.w.Input.Obstacles()) > 0 {
		return g.compareAt()
	}
	return g.decideAt()
}

func (g *guide) levelRows(n *Need) []levelRow {
	var out []levelRow
	for _, l := range n.Levels {
		a, ok := n.Model.Aspect(l.Aspect)
		if !ok {
			continue
		}
		row := levelRow{Name: g.text(a.Name), Loss: g.text(a.Loss), Box: g.box(l.Level, l.Basis != None)}
		row.Box.Wide = true
		switch l.Basis {
		case ByDecision:
			row.Basis = web.OK(g.L.T("classification.basis-decided"))
		case ByAnswer:
			row.Basis = web.Info(g.L.T("classification.basis-answer"))
		case BySuggestion:
			row.Basis = web.Info(g.L.T("classification.basis-suggestion"))
		default:
			row.Basis = web.Neutral(g.L.T("classification.basis-none"))
		}
		for _, b := range l.Because {
			row.Because = append(row.Because, b.Text)
		}
		out = append(out, row)
	}
	return out
}

// history lists every classification, the newest first. Each is shown by the model that it was made with.
func (g *guide) history() []historyRow {
	out := make([]historyRow, len(g.w.History))
	for i := range g.w.History {
		c := &g.w.History[i]
		row := historyRow{
			On: civil.Of(c.UpdatedAt), By: c.Decider, Until: c.ValidUntil, Model: c.ModelID, Imported: c.Origin == FromImport,
			Status: g.historyTag(c),
		}
		if !c.DecidedOn.IsZero() {
			row.On = c.DecidedOn
		}
		if m := g.w.models[modelKey(c)]; m != nil {
			row.Model = g.text(m.Name)
			need := Assess(Input{Model: m, Classification: c, Catalogue: g.pages.Service.Catalogue, Today: g.w.Today})
			row.Levels = need.KRTS(g.L.Lang)
		}
		row.NoLevelsShown = len(row.Levels.Items) == 0
		out[i] = row
	}
	return out
}

func (g *guide) historyTag(c *Classification) web.Tag {
	switch {
	case c.Status == Stopped:
		return web.Bad(g.L.T("classification.tag-stopped"))
	case c.Status == Decided:
		return web.OK(g.L.T("classification.basis-decided"))
	case c.Status == Draft:
		return web.Info(g.L.T("classification.tag-draft"))
	case !c.DecidedOn.IsZero():
		return web.Neutral(g.L.T("classification.history-superseded"))
	default:
		return web.Neutral(g.L.T("classification.history-abandoned"))
	}
}

// restart makes a draft and leads to its first step.
func (p *Pages) restart(c *web.Context) error {
	err := p.Service.Restart(c.Context(), c.Actor, c.Path("slug"))
	to := "/system/" + c.Path("slug") + "/klassning"
	switch {
	case errors.Is(err, ErrStopped):
		return c.Redirect(to + "/stopp")
	case err != nil:
		return err
	}
	return c.Redirect(to + "/steg/1")
}

// stopPage says nothing but whom to ask.
type stopPage struct {
	web.Page
	Back, Action string
	Reopen       bool
}

func (p *Pages) showStop(c *web.Context) error {
	w, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), nil)
	if err != nil {
		return err
	}
	base := w.System.Path() + "/klassning"
	if !w.Need.Stop && w.State.Stopped == nil {
		return c.Redirect(base)
	}
	page := stopPage{
		Page: web.Page{
			Title: c.L.T("classification.stop-title"), Active: "system", Layout: web.Focus, Leave: w.System.Path(),
			Crumbs: []web.Crumb{{Label: w.System.Name, Href: w.System.Path()}, {Label: c.L.T("classification.title")}},
		},
		Back: w.System.Path(), Action: base + "/stopp", Reopen: w.State.Stopped != nil && access.Allowed(c.Actor, "classification.Reopen"),
	}
	return c.Render(templates, "stop.html", page)
}

// reopen lifts a stop.
func (p *Pages) reopen(c *web.Context) error {
	if c.Form("besked") != "ja" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.reopen-needs-answer"}
	}
	err := p.Service.Reopen(c.Context(), c.Actor, c.Path("slug"))
	base := "/system/" + c.Path("slug") + "/klassning"
	switch {
	case errors.Is(err, db.ErrConflict): // it is lifted already
		return c.Redirect(base)
	case err != nil:
		return err
	}
	return c.Redirect(base, "classification.reopened")
}
