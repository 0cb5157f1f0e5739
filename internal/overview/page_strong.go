// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// StrongPath is the page of how strong sign-in is.
const StrongPath = "/stark-autentisering"

// strongPageSize is how many systems a page shows: as many as can be read on a telephone, where each takes several lines.
const strongPageSize = 25

type strongPage struct {
	web.Page
	Lead      string
	Tabs      web.Tabs
	Heading   string
	Summary   string
	Series    []strongSeries
	Gap       string
	Steps     []strongStep
	Forecast  []string
	Rows      []strongRowView
	Paging    web.Paging
	Units     []strongUnitView
	UnitsHead string
	Scope     []option
	Goal      string
	Empty     *web.Empty
	Source    web.Source
	Action    string
	CSV       string // what is drawn, as a file
	Files     []web.Link
}

// strongSeries is one source's bar.
type strongSeries struct {
	Name  string
	Share string
	Bar   web.Bar
	Count requirement.Count
	Src   web.Source
}

type strongStep struct {
	Title, Text, Href string
}

type strongRowView struct {
	Name, Href   string
	Need         string // the level, and whether a requirement asks for it
	Status       web.Tag
	Way, Address string
	Method       string
	Factors, LoA string
	Source       web.Source
	Kind, Age    string
	// Unlisted says that nobody has listed a way in, so that all that follows from one is unknown, and Bare that neither factors nor level are
	// known. A narrow screen then says that alone, or leaves those two out.
	Unlisted, Bare bool
}

type strongUnitView struct {
	Name, Href, Share string
	Bar               web.Bar
	Count             requirement.Count
}

// goalNames are the goals as they stand in addresses and texts.
var goalNames = [...]string{"tva-faktorer", "tillitsniva-3"}

// strongGoal is the goal that an address asks for.
func strongGoal(c *web.Context) int {
	if c.Query("mal") == goalNames[requirement.LevelThree] {
		return requirement.LevelThree
	}
	return requirement.TwoFactors
}

func (p *Pages) strong(c *web.Context) error {
	goal, unit := strongGoal(c), c.Query("forvaltning")
	x, err := p.Overview.Strong(c.Context(), c.Actor, goal, unit)
	if err != nil {
		return err
	}
	t := c.L.T
	d := strongPage{Page: strongHead(c), Goal: goalNames[goal], Action: StrongPath, Tabs: web.Tabs{Label: t("overview.strong-goals")}}
	for g, name := range goalNames {
		d.Tabs.Items = append(d.Tabs.Items, web.Tab{Label: t("overview.goal-" + name), Href: address(StrongPath, "mal", name, "forvaltning", unit), Current: g == goal})
	}
	d.Scope = unitOptions(c, x.Choices, unit)
	if len(x.Rows) == 0 {
		d.Empty = &web.Empty{Title: t("overview.strong-empty"), Text: t("overview.strong-empty-text"), Actions: []web.Link{{Label: t("overview.systems"), Href: "/system", Primary: true}}}
		d.Lead = t("overview.strong-none")
		return c.Render(templates, "strong.html", d)
	}
	measured := x.Counts[0]
	d.Lead = t("overview.strong-lead", "Met", measured.Met, "Count", measured.Total(), "Weak", measured.NotMet, "Unknown", measured.NotShown)
	d.series(c, &x)
	d.next(c, &x)
	p.strongRows(c, &d, &x, unit)
	d.units(c, &x)
	d.CSV = address(strongFilePath, "mal", d.Goal, "forvaltning", unit)
	if may(c, "overview.ExportStrong") {
		d.Files = listFiles(c, strongListPath, "mal", d.Goal, "forvaltning", unit)
	}
	d.Source = web.Source{Kind: web.NotMeasured, Word: t("overview.strong-never")}
	if !x.Measured.IsZero() {
		d.Source = web.Source{Kind: web.Measured, Detail: c.L.Date(x.Measured)}
	}
	return c.Render(templates, "strong.html", d)
}

// strongHead is the page's head: it lies among the indicators, for those who may see them.
func strongHead(c *web.Context) web.Page {
	head := web.Page{Title: c.L.T("overview.strong"), Active: MenuHome}
	if may(c, "followup.List") {
		head.Active, head.Crumbs = followup.Menu, []web.Crumb{{Label: c.L.T("overview.indicators"), Href: followup.Place}, {Label: head.Title}}
	}
	return head
}

// strongBar draws how many systems meet a goal, do not, and are not shown to.
func strongBar(c *web.Context, id string, n requirement.Count) web.Bar {
	return web.Bar{ID: id, Shares: []web.Share{
		{Kind: web.ShareOK, Label: c.L.T("overview.strong-met"), Count: n.Met},
		{Kind: web.ShareBad, Label: c.L.T("overview.strong-not"), Count: n.NotMet},
		{Kind: web.ShareUnknown, Label: c.L.T("overview.strong-unknown"), Count: n.NotShown},
	}}
}

func (d *strongPage) series(c *web.Context, x *Strong) {
	for i, source := range evidence.Sources {
		n := x.Counts[i]
		d.Series = append(d.Series, strongSeries{
			Name: c.L.T("web.source-" + string(source)), Share: c.L.Percent(n.Met, n.Total()), Count: n, Bar: strongBar(c, "s"+strconv.Itoa(i), n), Src: web.Source{Kind: string(source)},
		})
	}
	d.Heading = c.L.T("overview.strong-heading-"+d.Goal, "Share", c.L.Percent(x.Counts[0].Met, x.Counts[0].Total()))
	d.Summary = c.L.T("overview.strong-summary", "Met", x.Counts[0].Met, "Weak", x.Counts[0].NotMet, "Unknown", x.Counts[0].NotShown)
	if x.Gap > 0 {
		d.Gap = c.L.T("overview.strong-gap", "Count", x.Gap, "Weak", x.Weak, "Unknown", x.Gap-x.Weak)
	}
}

func (d *strongPage) next(c *web.Context, x *Strong) {
	for _, s := range x.Steps {
		d.Steps = append(d.Steps, strongStep{
			Title: c.L.T("overview.strong-step", "Paths", s.Paths, "Count", s.Systems),
			Text:  c.L.T("overview.strong-step-text", "Supplier", s.Supplier, "Names", c.L.List(s.Names[:min(len(s.Names), 5)])),
			Href:  address("/system", "q", s.Supplier),
		})
	}
	n, f := x.Counts[0], x.Forecast
	if f.Planned > 0 {
		d.Forecast = append(d.Forecast, c.L.T("overview.strong-planned", "Count", f.Planned, "Day", c.L.Date(f.By), "Now", c.L.Percent(n.Met, n.Total()),
			"Then", c.L.Percent(n.Met+f.Planned, n.Total())))
	} else {
		d.Forecast = append(d.Forecast, c.L.T("overview.strong-unplanned", "Count", n.NotMet+n.NotShown))
	}
	if f.Ending > 0 {
		d.Forecast = append(d.Forecast, c.L.T("overview.strong-ending", "Count", f.Ending, "Day", c.L.Date(f.By), "Then", c.L.Percent(n.Met-f.Ending, n.Total())))
	}
}

func (p *Pages) strongRows(c *web.Context, d *strongPage, x *Strong, unit string) {
	d.Paging = web.Paging{Page: 1, Size: strongPageSize, Total: len(x.Rows), Path: StrongPath, Query: map[string][]string{}}
	for name, value := range map[string]string{"mal": c.Query("mal"), "forvaltning": unit} {
		if value != "" {
			d.Paging.Query.Set(name, value)
		}
	}
	d.Paging.Page = min(pageNumber(c), d.Paging.Pages())
	from := (d.Paging.Page - 1) * strongPageSize
	for i := range x.Rows[from:min(from+strongPageSize, len(x.Rows))] {
		d.Rows = append(d.Rows, p.strongRow(c, x, &x.Rows[from+i]))
	}
}

// strongTag says whether a goal is met. What is not shown is a state of its own: never red, and never counted as strong.
func strongTag(c *web.Context, s verdict.Status) web.Tag {
	switch s {
	case verdict.Met:
		return web.OK(c.L.T("overview.strong-met"))
	case verdict.NotMet:
		return web.Bad(c.L.T("overview.strong-not"))
	}
	return web.Tag{Icon: "q", Word: c.L.T("overview.strong-unknown")}
}

func (p *Pages) strongRow(c *web.Context, x *Strong, r *StrongRow) strongRowView {
	t := c.L.T
	v := strongRowView{
		Name: r.Name, Href: systemPath(r.Slug) + "/bevis", Status: strongTag(c, r.Status),
		Factors: t("overview.strong-number-unknown"), LoA: t("overview.strong-loa-unknown"), Source: web.Source{Kind: web.NotMeasured}, Way: t("overview.strong-no-way"),
		Bare: bare(r.Way),
	}
	level := t("overview.strong-no-level")
	if r.Level.Known() {
		level = t("overview.strong-level", "Aspect", aspectName(c, catalogue.Confidentiality), "Level", r.Level.Value)
	}
	if v.Need = t("overview.strong-need-no", "Level", level); r.Asks {
		v.Need = t("overview.strong-need-yes", "Level", level)
	}
	w := r.Way
	if w == nil {
		v.Unlisted = true
		return v
	}
	v.Way, v.Address, v.Method = t("overview.audience-unknown"), w.Address, wayMethod(c, w)
	if w.Audience != "" {
		v.Way = t("overview.audience-" + w.Audience)
	}
	if w.Disputed != nil {
		v.Method = disputedBy(c, w.Disputed.Dispute)
	}
	if w.By == nil {
		return v
	}
	if w.Factors > 0 {
		v.Factors = c.L.Number(int64(w.Factors))
	}
	switch {
	case w.LoA > 0:
		v.LoA = c.L.Number(int64(w.LoA))
	case w.Factors > 0:
		v.LoA = t("overview.strong-loa-none")
	}
	v.Source = web.Source{Kind: string(w.By.Source), Detail: p.kindName(c, w.By.Kind)}
	if w.By.Strength > 0 {
		v.Source.Detail += ", " + t("overview.strong-strength", "Strength", w.By.Strength)
	}
	if w.Old {
		v.Source.Detail = t("overview.strong-old")
	}
	v.Age = age(c, w.By.SeenOn, x.Today)
	return v
}

// bare reports whether neither factors nor level are known of a way in.
func bare(w *StrongWay) bool { return w == nil || w.By == nil || w.Factors == 0 && w.LoA == 0 }

func (d *strongPage) units(c *web.Context, x *Strong) {
	if len(x.Units) < 2 {
		return
	}
	worst := 0
	for i := range x.Units {
		u := &x.Units[i]
		name := u.Name
		if name == "" {
			name = c.L.T("overview.no-unit")
		}
		b := strongBar(c, "u"+strconv.Itoa(i), u.Count)
		b.Thin, b.Told = true, true
		v := strongUnitView{Name: name, Share: c.L.Percent(u.Met, u.Total()), Bar: b, Count: u.Count}
		if u.ID != "" {
			v.Href = address(StrongPath, "mal", d.Goal, "forvaltning", u.ID.String())
		}
		d.Units = append(d.Units, v)
		if u.NotMet > x.Units[worst].NotMet {
			worst = i
		}
	}
	d.UnitsHead = c.L.T("overview.strong-units")
	if n := x.Units[worst].NotMet; n > 0 {
		d.UnitsHead = c.L.T("overview.strong-units-worst", "Unit", d.Units[worst].Name, "Count", n)
	}
}

// kindName is what a kind of evidence is called.
func (p *Pages) kindName(c *web.Context, id string) string {
	if k, ok := p.Overview.catalogue().EvidenceKind(id); ok {
		return k.Name.In(lang(c))
	}
	return id
}

// wayMethod tells how one signs in: as it was seen, or else as the register says.
func wayMethod(c *web.Context, w *StrongWay) string {
	switch {
	case w.Verdict != "" && w.Verdict != verdict.Unknown:
		return verdictWord(c, string(w.Verdict))
	case w.Method != "":
		return c.L.T("overview.strong-claimed", "Method", w.Method)
	}
	return ""
}

// age is how long ago something was seen, in days and later in months.
func age(c *web.Context, seen, today civil.Date) string {
	n := int(today.Time().Sub(seen.Time()).Hours() / 24)
	switch {
	case n <= 0:
		return c.L.T("overview.age-today")
	case n < 60:
		return c.L.T("overview.age-days", "Count", n)
	}
	return c.L.T("overview.age-months", "Count", n/30)
}

// verdictWord tells what was found about a way in, or what evidence shows.
func verdictWord(c *web.Context, v string) string {
	return c.L.T("overview.verdict-" + strings.ReplaceAll(v, "_", "-"))
}
