// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Menu is the menu entry of the risks, and Place where they are.
const (
	Menu  = "risk"
	Place = "/risker"
)

// Pages are the pages of risks and impact assessments.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "risk.List", p.list)
	s.Handle("GET /system/{slug}/risker", "risk.Open", p.system)
	s.Handle("GET /system/{slug}/risker/om", "risk.Open", p.whatIf)
	s.Handle("GET /system/{slug}/risker/ny", "risk.Risk", p.risk)
	s.Handle("POST /system/{slug}/risker/ny", "risk.Save", p.save)
	s.Handle("GET /system/{slug}/risker/{id}", "risk.Risk", p.risk)
	s.Handle("POST /system/{slug}/risker/{id}", "risk.Save", p.save)
	s.Handle("POST /system/{slug}/risker/{id}/bort", "risk.Remove", p.remove)
	s.Handle("GET /system/{slug}/konsekvensbedomning", "risk.Open", p.dpia)
	s.Handle("POST /system/{slug}/konsekvensbedomning/fragor", "risk.Screen", p.screen)
	s.Handle("POST /system/{slug}/konsekvensbedomning/beskrivning", "risk.Describe", p.describe)
	s.Handle("POST /system/{slug}/konsekvensbedomning/yttrande", "risk.GiveOpinion", p.opinion)
	s.Handle("POST /system/{slug}/konsekvensbedomning/beslut", "risk.Rule", p.rule)
	s.Handle("GET /system/{slug}/konsekvensbedomning/dokument", "risk.Open", p.document)
}

func lang(c *web.Context) catalogue.Lang { return catalogue.Lang(c.L.Lang) }

func pathOf(slug string) string { return "/system/" + slug + "/risker" }

// matrixCell is one place of the matrix: how many risks stand there.
type matrixCell struct {
	Count          int
	Href, Level    string
	Class          string
	Current        bool
	Before, After  []string // names, in a matrix of what would be
	LikelihoodText string
}

type matrixRow struct {
	Label string
	Cells []matrixCell
}

// matrix is a result: the rows from the most likely down, the columns from the mildest.
type matrix struct {
	Columns []string
	Rows    []matrixRow
}

// matrixOf draws an empty matrix and lets fill say what stands in each place.
func (p *Pages) matrixOf(c *web.Context, fill func(likelihood, consequence int, cell *matrixCell)) matrix {
	s := p.Service.Scale
	var out matrix
	for i := range s.Consequences {
		out.Columns = append(out.Columns, s.Consequences[i].Label.In(lang(c)))
	}
	for _, l := range slices.Backward(s.Likelihoods) {
		row := matrixRow{Label: l.Label.In(lang(c))}
		for i := range s.Consequences {
			rank := s.Rank(l.Value, s.Consequences[i].step)
			level, _ := s.Level(rank)
			cell := matrixCell{Level: level.Label.In(lang(c)), Class: "r" + strconv.Itoa(rank)}
			fill(l.Value, s.Consequences[i].Value, &cell)
			row.Cells = append(row.Cells, cell)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (p *Pages) levelTag(c *web.Context, rank int) web.Tag { return LevelTag(c, p.Service.Scale, rank) }

// LevelTag is how large a risk is, as a word.
func LevelTag(c *web.Context, s *Scale, rank int) web.Tag {
	level, ok := s.Level(rank)
	if !ok {
		return web.Tag{Icon: "q", Word: c.L.T("risk.not-weighed")}
	}
	t := web.Tag{Word: level.Label.In(lang(c)), Icon: "risk"}
	switch {
	case rank == len(s.Levels):
		t.Kind = "bad"
	case rank >= s.consult:
		t.Kind = "warn"
	case rank == 1:
		t.Kind = "ok"
	}
	return t
}

type listRow struct {
	Name, Href, System, Unit, Owner, Due string
	Level                                web.Tag
	Treatment                            web.Tag
}

type listPage struct {
	web.Page
	Lead   string
	Views  web.Tabs
	Matrix matrix
	Rows   []listRow
	Paging web.Paging
	Shown  string
	All    string
	Meet   string
	Empty  web.Empty
}

func (f Filter) href() string {
	q := url.Values{}
	set := func(name string, n int) {
		if n != 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	set("niva", f.Rank)
	set("s", f.Likelihood)
	set("k", f.Consequence)
	if f.Treatment != "" {
		q.Set("behandling", f.Treatment)
	}
	if len(q) == 0 {
		return Place
	}
	return Place + "?" + q.Encode()
}

func filterOf(c *web.Context) Filter {
	number := func(name string) int {
		n, err := strconv.Atoi(c.Query(name))
		if err != nil || n < Unweighed || n > 100_000 {
			return 0
		}
		return n
	}
	f := Filter{Rank: number("niva"), Likelihood: max(0, number("s")), Consequence: max(0, number("k")), Page: number("sida")}
	if t := c.Query("behandling"); t == Missing || slices.Contains(Treatments, t) {
		f.Treatment = t
	}
	return f
}

func (p *Pages) list(c *web.Context) error {
	l, err := p.Service.List(c.Context(), c.Actor, filterOf(c))
	if err != nil {
		return err
	}
	t, f := c.L.T, l.Filter
	f.Page = 0
	d := listPage{
		Page: web.Page{Title: t("risk.risks"), Active: Menu}, Shown: t("risk.shown", "Matching", l.Matching, "Total", l.Total),
		Paging: web.Paging{Page: l.Filter.Page, Size: PageSize, Total: l.Matching, Path: Place},
		Empty:  web.Empty{Title: t("risk.none"), Text: t("risk.none-text"), Actions: []web.Link{{Label: t("risk.systems"), Href: "/system"}}},
		Views:  web.Tabs{Label: t("risk.views")},
	}
	if u, err := url.Parse(f.href()); err == nil {
		d.Paging.Query = u.Query()
	}
	if f != (Filter{}) {
		d.All = Place
	}
	ranks, missing := map[int]int{}, 0
	for i := range l.Cells {
		ranks[l.Cells[i].Rank] += l.Cells[i].Count
		if l.Cells[i].Treatment == Untreated {
			missing += l.Cells[i].Count
		}
	}
	add := func(label string, view Filter, count int) {
		d.Views.Items = append(d.Views.Items, web.Tab{Label: label, Href: view.href(), Count: count, Current: view == f})
	}
	add(t("risk.all"), Filter{}, l.Total)
	for _, level := range slices.Backward(p.Service.Scale.Levels) {
		add(level.Label.In(lang(c)), Filter{Rank: level.Rank}, ranks[level.Rank])
	}
	add(t("risk.not-weighed"), Filter{Rank: Unweighed}, ranks[0])
	add(t("risk.undecided"), Filter{Treatment: Missing}, missing)
	d.Meet = "/riskverkstad"
	d.Lead = t("risk.lead", "Count", l.Total, "Total", l.Total, "Undecided", missing)
	d.Matrix = p.matrixOf(c, func(likelihood, consequence int, cell *matrixCell) {
		for i := range l.Cells {
			if x := &l.Cells[i]; x.Likelihood == likelihood && x.Consequence == consequence {
				cell.Count += x.Count
			}
		}
		at := Filter{Likelihood: likelihood, Consequence: consequence}
		cell.Href, cell.Current = at.href(), at == f
	})
	for i := range l.Rows {
		x := &l.Rows[i]
		row := listRow{
			Name: x.Name, Href: pathOf(x.Slug) + "/" + x.ID.String(), System: x.System, Unit: x.Unit, Owner: requirement.PageRole(c.L, x.OwnerRole),
			Level: p.levelTag(c, x.Rank), Treatment: TreatmentTag(c, x.Treatment),
		}
		if !x.DueOn.IsZero() {
			row.Due = c.L.Date(x.DueOn)
		}
		d.Rows = append(d.Rows, row)
	}
	return c.Render(templates, "list.html", d)
}

// TreatmentTag is what has been decided about a risk, as a word.
func TreatmentTag(c *web.Context, treatment string) web.Tag {
	if treatment == Untreated {
		return web.Tag{Icon: "q", Word: c.L.T("risk.treatment-none")}
	}
	return web.Tag{Word: c.L.T("risk.treatment-" + treatment)}
}

// riskRow is one risk on a system's page, as it is and as its measures leave it.
type riskRow struct {
	Name, Href, Owner, Due string
	Now, Left              web.Tag
	Treatment              web.Tag
}

type threatRow struct{ Name, Event, Href, Example string }

type systemPage struct {
	web.Page
	Head      web.SystemHead
	Stop      bool
	Rows      []riskRow
	Matrix    matrix
	Threats   []threatRow
	New, If   string
	Meet      string
	DPIA      string
	Outcome   web.Tag
	Screening string
}

func (p *Pages) base(c *web.Context, v *View, title string, more ...web.Crumb) web.Page {
	crumbs := []web.Crumb{{Label: c.L.T("risk.risks"), Href: Place}, {Label: v.View.System.Name, Href: pathOf(v.View.System.Slug)}}
	return web.Page{Title: title, Active: Menu, Crumbs: append(crumbs, more...)}
}

func (p *Pages) system(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	slug := v.View.System.Slug
	d := systemPage{
		Page: p.base(c, &v, c.L.T("risk.risks-of", "System", v.View.System.Name)), Head: requirement.PageHead(c, &v.View, web.TabRisks), Stop: v.Need.Stop,
		DPIA: dpiaPath(slug),
	}
	if v.Need.Stop {
		return c.Render(templates, "system.html", d)
	}
	d.Outcome, d.Screening = outcomeTag(c, v.Screening.Outcome), c.L.T("risk.outcome-"+v.Screening.Outcome+"-text")
	names := map[[2]int][]string{}
	for i := range v.Risks {
		r := &v.Risks[i]
		now := r.Now(p.Service.Scale)
		row := riskRow{
			Name: r.Name, Href: pathOf(slug) + "/" + r.ID.String(), Owner: requirement.PageRole(c.L, r.OwnerRole), Now: p.levelTag(c, now.Rank),
			Left: p.levelTag(c, r.If(p.Service.Scale, v.Met).Rank), Treatment: TreatmentTag(c, r.Treatment),
		}
		if !r.DueOn.IsZero() {
			row.Due = c.L.Date(r.DueOn)
		}
		at := [2]int{now.Likelihood, int(now.Consequence)}
		names[at] = append(names[at], r.Name)
		d.Rows = append(d.Rows, row)
		if len(r.Measures) > 0 {
			d.If = pathOf(slug) + "/om"
		}
	}
	d.Matrix = p.matrixOf(c, func(likelihood, consequence int, cell *matrixCell) {
		cell.Before = names[[2]int{likelihood, consequence}]
		cell.Count = len(cell.Before)
	})
	if access.AllowedAt(c.Actor, "risk.Save", v.View.System.UnitID) {
		d.New, d.Meet = pathOf(slug)+"/ny", "/system/"+slug+"/riskverkstad"
		for _, threat := range v.Suggested {
			d.Threats = append(d.Threats, threatRow{
				Name: threat.Name.In(lang(c)), Event: threat.Event.In(lang(c)), Href: d.New + "?hot=" + threat.ID, Example: threat.Example.In(lang(c)),
			})
		}
	}
	return c.Render(templates, "system.html", d)
}

// comparison is a risk before and after some measures.
type comparison struct {
	Name, Href    string
	Before, After web.Tag
	Changed       bool
}

type ifPage struct {
	web.Page
	Head    web.SystemHead
	Action  string
	Choices []web.Choice
	Rows    []comparison
	Matrix  matrix
	Chosen  int
}

// whatIf shows the risks as they are beside what they would be if some measures were done. It changes nothing.
func (p *Pages) whatIf(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	if v.Need.Stop {
		return c.Redirect(pathOf(v.View.System.Slug))
	}
	chosen := c.Request.URL.Query()["atgard"]
	d := ifPage{
		Page: p.base(c, &v, c.L.T("risk.what-if"), web.Crumb{Label: c.L.T("risk.what-if")}), Head: requirement.PageHead(c, &v.View, web.TabRisks),
		Action: pathOf(v.View.System.Slug) + "/om",
	}
	seen := map[string]bool{}
	before, after := map[[2]int][]string{}, map[[2]int][]string{}
	for i := range v.Risks {
		r := &v.Risks[i]
		for _, m := range r.Measures {
			if seen[m.Requirement] {
				continue
			}
			seen[m.Requirement] = true
			option := web.Choice{Value: m.Requirement, Label: p.requirementText(c, &v, m.Requirement), Checked: slices.Contains(chosen, m.Requirement)}
			if v.Met(m.Requirement) {
				option.Tag = web.OK(c.L.T("risk.met"))
			}
			d.Choices = append(d.Choices, option)
		}
		now := r.If(p.Service.Scale, v.Met)
		then := r.If(p.Service.Scale, func(id string) bool { return v.Met(id) || slices.Contains(chosen, id) })
		before[[2]int{now.Likelihood, int(now.Consequence)}] = append(before[[2]int{now.Likelihood, int(now.Consequence)}], r.Name)
		after[[2]int{then.Likelihood, int(then.Consequence)}] = append(after[[2]int{then.Likelihood, int(then.Consequence)}], r.Name)
		d.Rows = append(d.Rows, comparison{
			Name: r.Name, Href: pathOf(v.View.System.Slug) + "/" + r.ID.String(), Before: p.levelTag(c, now.Rank), After: p.levelTag(c, then.Rank), Changed: now != then,
		})
	}
	for id := range seen {
		if slices.Contains(chosen, id) {
			d.Chosen++
		}
	}
	d.Matrix = p.matrixOf(c, func(likelihood, consequence int, cell *matrixCell) {
		at := [2]int{likelihood, consequence}
		cell.Before, cell.After = before[at], after[at]
	})
	return c.Render(templates, "if.html", d)
}

// requirementText is what a requirement says, with the organisation's figures when it applies.
func (p *Pages) requirementText(c *web.Context, v *View, id string) string {
	for i := range v.Requirements {
		if v.Requirements[i].ID == id {
			return v.Requirements[i].Is(lang(c))
		}
	}
	if r, ok := p.Service.catalogue().Requirement(id); ok {
		return catalogue.Fill(r.Is.In(lang(c)), r.Settings, nil)
	}
	for i := range v.Risks { // an own requirement that is not demanded
		for _, m := range v.Risks[i].Measures {
			if m.Requirement == id && m.Text != "" {
				return m.Text
			}
		}
	}
	return id
}

func (p *Pages) remove(c *web.Context) error {
	if err := p.Service.Remove(c.Context(), c.Actor, c.Path("slug"), riskID(c), AnyVersion); err != nil {
		return err
	}
	return c.Redirect(pathOf(c.Path("slug")), "risk.removed")
}

// badRequest is the answer to a form that no page of ours has sent.
func badRequest(err error) error { return &web.Error{Status: http.StatusBadRequest, Err: err} }

// faultOf says what is wrong with a risk, beside the field.
func faultOf(err error) (web.FieldError, bool) {
	for _, f := range []struct {
		is         error
		field, key string
	}{
		{ErrName, "namn", "risk.fault-name"},
		{ErrLowered, "sankt", "risk.fault-lowered"},
		{ErrMotive, "motiv", "risk.fault-motive"},
		{ErrOwner, "ansvarig", "risk.fault-owner"},
		{ErrMeasures, "behandling", "risk.fault-measures"},
		{ErrValue, "sannolikhet", "risk.fault-value"},
	} {
		if errors.Is(err, f.is) {
			return web.FieldError{Field: f.field, Key: f.key}, true
		}
	}
	return web.FieldError{}, false
}

// Effects are how much a measure can be thought to take away, as a form writes it: likelihood, then consequence.
var Effects = []string{"", "1-0", "2-0", "0-1", "0-2", "1-1", "2-1"}

func effectOf(m Measure) string {
	return strconv.Itoa(m.OnLikelihood) + "-" + strconv.Itoa(m.OnConsequence)
}

// ParseEffect reads how much a requirement is thought to take away, as a form writes it.
func ParseEffect(id, s string) (Measure, bool) {
	a, b, ok := strings.Cut(s, "-")
	l, errL := strconv.Atoi(a)
	k, errK := strconv.Atoi(b)
	return Measure{Requirement: id, OnLikelihood: l, OnConsequence: k}, ok && errL == nil && errK == nil && slices.Contains(Effects, s)
}
