// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/web"
)

// BriefPath is the page that a manager reads in two minutes.
const BriefPath = "/kort"

type briefPage struct {
	web.Page
	Lead    string
	Figures []briefFigure
	Waits   []decision
	More    string
	Risk    *briefRisk
	None    string
}

// briefFigure is one question with its answer, in each series.
type briefFigure struct {
	ID, Question, Answer, Value, Of, Unknown, Change, Name, Meaning string
	Tag                                                             web.Tag
	Others                                                          []string
	Raise                                                           bool
}

// briefRisk is the largest risk.
type briefRisk struct {
	Name, System, Href, Due, Owner string
	Level, Treatment               web.Tag
	Button                         string
}

func (p *Pages) brief(c *web.Context) error {
	b, err := p.Overview.Brief(c.Context(), c.Actor, c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	d := briefPage{
		Page: web.Page{Title: t("overview.brief"), Active: MenuHome, Crumbs: []web.Crumb{{Label: t("overview.home"), Href: "/"}}},
		Lead: t("overview.brief-lead", "Day", c.L.Date(b.Today)), None: t("overview.brief-no-risk"),
	}
	if !b.Whole {
		d.Lead += " " + t("overview.brief-part")
	}
	for i := range b.Figures {
		d.Figures = append(d.Figures, briefFigureOf(c, &b.Figures[i], b.Whole))
	}
	for i := range b.Waits {
		d.Waits = append(d.Waits, briefWait(c, &b.Waits[i], p.Overview.Risks.Scale))
	}
	if n := b.Waiting - len(b.Waits); n > 0 {
		d.More = t("overview.brief-more", "Count", n)
	}
	if b.Risks > 0 {
		d.None = t("overview.brief-no-open-risk", "Count", b.Risks)
	}
	if r := b.Risk; r != nil {
		d.Risk = briefRiskOf(c, r, p.Overview.Risks.Scale)
	}
	return c.Render(templates, "brief.html", d)
}

// briefFigureOf answers a question with what is measured, and tells what else is said.
func briefFigureOf(c *web.Context, f *Figure, whole bool) briefFigure {
	ind, now := f.Indicator, f.Now[followup.Measured]
	l := lang(c)
	out := briefFigure{
		ID: ind.ID, Question: ind.Asks.In(l), Name: ind.Name.In(l), Meaning: ind.Meaning.In(l), Value: c.L.Percent(int(now.Numerator), int(now.Denominator)),
		Of: c.L.T("overview.of", "Part", now.Numerator, "Whole", now.Denominator), Raise: may(c, "followup.Raise"),
	}
	switch {
	case now.Numerator == now.Denominator:
		out.Tag = web.OK(c.L.T("overview.brief-yes"))
	case now.Unknown == now.Denominator:
		out.Tag = web.Tag{Icon: "q", Word: c.L.T("overview.brief-unshown")}
	case now.Numerator+now.Unknown == now.Denominator:
		out.Tag = web.Warn(c.L.T("overview.brief-unsure"))
	default:
		out.Tag = web.Warn(c.L.T("overview.brief-no")) // what is bad is left out of print, and this page is meant for it
	}
	if now.Unknown > 0 {
		out.Unknown = c.L.T("overview.brief-unknown", "Count", now.Unknown)
	}
	for _, s := range []followup.Series{followup.Attested, followup.SelfAssessed} {
		if x := f.Now[s]; x.Known() && x.Shown() {
			out.Others = append(out.Others, c.L.T("overview.brief-"+s.String(), "Value", c.L.Percent(int(x.Numerator), int(x.Denominator))))
		}
	}
	out.Change = changeText(c, f, whole)
	return out
}

// changeText says which way a value has gone since it was taken last.
func changeText(c *web.Context, f *Figure, whole bool) string {
	points, ok := f.Change(followup.Measured)
	switch {
	case !whole:
		return ""
	case !ok:
		return c.L.T("overview.brief-no-past")
	case points > 0:
		return c.L.T("overview.brief-up", "Points", c.L.Decimal(points), "Day", c.L.Date(f.Since))
	case points < 0:
		return c.L.T("overview.brief-down", "Points", c.L.Decimal(-points), "Day", c.L.Date(f.Since))
	default:
		return c.L.T("overview.brief-same", "Day", c.L.Date(f.Since))
	}
}

// briefWait tells of one decision, with one button.
func briefWait(c *web.Context, w *Wait, scale *risk.Scale) decision {
	key := "overview.brief-wait-" + string(w.Kind)
	d := decision{Title: c.L.T(key, "Name", w.Name), Text: w.Unit, Href: w.Href, Do: w.Href, Button: c.L.T(key + "-do")}
	switch {
	case !w.By.IsZero():
		d.When = c.L.T(key+"-when", "Day", c.L.Moment(w.By))
		d.Text = strings.TrimPrefix(d.Text+". "+w.Duty.In(lang(c)), ". ")
	case !w.Due.IsZero():
		d.When = c.L.T(key+"-when", "Day", c.L.Date(w.Due))
	}
	if w.Count > 0 {
		d.Text = strings.TrimPrefix(d.Text+". "+c.L.T("overview.brief-answers-left", "Count", w.Count), ". ")
	}
	switch {
	case w.Mine:
		d.Tag = web.Warn(c.L.T("overview.brief-mine"))
	case w.Owner != "":
		d.Tag, d.Button = web.Info(c.L.T("overview.brief-owner", "Owner", w.Owner)), c.L.T("overview.brief-see")
	default:
		d.Tag, d.Button = web.Info(c.L.T("overview.brief-others")), c.L.T("overview.brief-see")
	}
	if level, ok := scale.Level(w.Rank); ok {
		d.When = c.L.T("overview.brief-level", "Level", level.Label.In(catalogue.Lang(c.L.Lang)))
	}
	return d
}

func briefRiskOf(c *web.Context, r *risk.Listed, scale *risk.Scale) *briefRisk {
	out := &briefRisk{
		Name: r.Name, System: r.System, Href: r.Path(), Button: c.L.T("overview.brief-risk-follow"), Treatment: risk.TreatmentTag(c, r.Treatment),
		Level: risk.LevelTag(c, scale, r.Rank), Owner: requirement.PageRole(c.L, r.OwnerRole),
	}
	if out.Level.Kind == "bad" {
		out.Level.Kind = "warn"
	}
	if r.Treatment == risk.Untreated {
		out.Button = c.L.T("overview.brief-risk-do")
	}
	if !r.DueOn.IsZero() {
		out.Due = c.L.Date(r.DueOn)
	}
	return out
}
