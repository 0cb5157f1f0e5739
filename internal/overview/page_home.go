// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// decision is something that waits for somebody: what, what follows, by when, and one thing to do.
type decision struct {
	Title, Text, Href string
	Tag               web.Tag
	When              string
	Button, Do        string
}

// heatCell is how many systems of a unit have a step of an aspect.
type heatCell struct {
	Count int
	Href  string
	Class string
	Name  string // the aspect and the step, for screen readers and narrow screens
	Short string
}

type heatRow struct {
	Name, Href string
	Total      int
	Cells      []heatCell
	Sum        bool
}

// heatHead is one aspect over its steps.
type heatHead struct {
	Name  string
	Steps []heatStep
}

type heatStep struct {
	Level web.LevelBox
	Name  string
	First bool
}

type standingRow struct {
	Label, Href, Text string
	Count             int
}

type homePage struct {
	web.Page
	Lead       string
	Standings  []standingRow // as the lead names them
	Unit       string
	Units      []option
	Decisions  []decision
	More       int
	All        string
	Total      int
	Classified standingRow
	ClassBar   web.Bar
	Bar        web.Bar
	Actions    Actions
	Keeping    string
	LateHref   string
	Ownerless  standingRow
	// Strong counts the systems by whether they are measured to demand two factors.
	Strong                              requirement.Count
	StrongBar                           web.Bar
	StrongShare, StrongText, StrongHref string
	PlanHref                            string
	Heat                                []heatRow
	HeatHead                            []heatHead
	// HeatMore leads to all units when only the largest are shown, and HeatText says which stand there.
	HeatMore, HeatText string
	// Brief leads managers to the page that is read in two minutes.
	Brief string
	Empty *web.Empty
	// Doors are the ways to begin that a newcomer may choose among.
	Doors []door
}

// door is one way to begin.
type door struct {
	ID, Title, Text, Label, Href, Icon string
	Post, First                        bool
}

// ExamplePath is the page about the example's data, and where it is asked for.
const ExamplePath = "/exempel"

// doors are the ways to begin, for those who may: a list, the example, or one system.
func doors(c *web.Context) []door {
	var out []door
	add := func(action string, d door) {
		if may(c, action) {
			d.Title, d.Text, d.Label = c.L.T("overview.door-"+d.ID), c.L.T("overview.door-"+d.ID+"-text"), c.L.T("overview.door-"+d.ID+"-do")
			d.First = len(out) == 0
			out = append(out, d)
		}
	}
	add("register.Import", door{ID: "import", Href: importPath, Icon: "up"})
	add("app.StartExample", door{ID: "example", Href: ExamplePath, Icon: "eye", Post: true})
	add("system.Create", door{ID: "new", Href: newPath, Icon: "plus"})
	return out
}

// maxDecisions is how many decisions the start page shows: more than somebody can take in is not read.
const maxDecisions = 5

// maxUnits is how many units the start page shows: a municipality has about a dozen administrations, and a phone shows one at a time.
const maxUnits = 20

// first is the start page. Who may not see the state of the organisation begins where their work is.
func (p *Pages) first(c *web.Context) error {
	if may(c, "overview.Home") {
		return p.summed(MenuHome, p.home)(c)
	}
	if p.First != nil {
		if to := p.First(c); to != "" && to != "/" {
			return c.Redirect(to)
		}
	}
	return p.home(c)
}

func (p *Pages) home(c *web.Context) error {
	unit := c.Query("forvaltning")
	h, err := p.Overview.Home(c.Context(), c.Actor, unit)
	if err != nil {
		return err
	}
	d := homePage{Page: web.Page{Title: c.L.T("overview.home"), Active: MenuHome}, Unit: unit, Total: h.Totals.Systems}
	if len(h.Index.Systems) == 0 {
		e := p.emptyRegister(c)
		d.Empty, d.Doors = &e, doors(c)
		return c.Render(templates, "home.html", d)
	}
	d.Units = unitOptions(c, h.Units, unit)
	if may(c, "overview.Brief") {
		d.Brief = BriefPath
	}
	d.Standings = standingRows(c, &h.Totals, unit)
	d.Lead = c.L.T("overview.home-lead", "Classified", h.Totals.Standings[Classified], "Count", h.Totals.Systems)
	all := decisions(c, h.Index, unit)
	d.Decisions = all
	if c.Query("alla") == "" && len(all) > maxDecisions {
		d.Decisions, d.More = all[:maxDecisions], len(all)
		d.All = address("/", "forvaltning", unit, "alla", "1") + "#beslut"
	}
	d.indicators(c, &h.Totals, unit)
	d.Strong = h.Totals.Strong[0]
	d.StrongBar, d.StrongHref = strongBar(c, "stark", d.Strong), address(StrongPath, "forvaltning", unit)
	d.StrongBar.Thin = true
	self := h.Totals.Strong[2]
	d.StrongShare = c.L.Percent(d.Strong.Met, d.Strong.Total())
	d.StrongText = c.L.T("overview.strong-home", "Self", c.L.Percent(self.Met, self.Total()))
	units := h.Totals.Units
	if c.Query("alla") == "" && len(units) > maxUnits {
		units = largestUnits(units, maxUnits)
		d.HeatMore = address("/", "forvaltning", unit, "alla", "1") + "#skyddsbehov"
		d.HeatText = c.L.T("overview.heat-largest", "Shown", len(units), "Count", len(h.Totals.Units))
	}
	d.HeatHead, d.Heat = heat(c, &h, units)
	return c.Render(templates, "home.html", d)
}

func unitOptions(c *web.Context, units []organisation.Unit, chosen string) []option {
	pairs := []string{"", c.L.T("overview.whole")}
	for _, u := range units {
		pairs = append(pairs, u.ID.String(), u.Name)
	}
	return options(chosen, pairs...)
}

func standingRows(c *web.Context, t *Totals, unit string) []standingRow {
	var out []standingRow
	for _, s := range Standings {
		out = append(out, standingRow{
			Label: c.L.T("overview.standing-" + string(s)), Count: t.Standings[s],
			Text: c.L.T("overview.count-"+string(s), "Count", t.Standings[s]),
			Href: Filter{Unit: unit, Standing: string(s)}.href(),
		})
	}
	return out
}

// standingKinds are how the standings are drawn in a bar.
var standingKinds = map[Standing]string{
	Classified: web.ShareOK, Expired: web.ShareBad, Draft: web.SharePart, Suggested: web.ShareInfo, Unclassified: web.ShareUnknown, Stopped: web.ShareNone,
}

func (d *homePage) indicators(c *web.Context, t *Totals, unit string) {
	d.Classified = d.Standings[0]
	d.ClassBar = web.Bar{ID: "klassning", Thin: true}
	for i, s := range Standings {
		if row := d.Standings[i]; row.Count > 0 {
			d.ClassBar.Shares = append(d.ClassBar.Shares, web.Share{Kind: standingKinds[s], Label: row.Label, Href: row.Href, Count: row.Count})
		}
	}
	d.Bar = bar(c, t.Tally, "", func(with string) string { return Filter{Unit: unit, Requirements: with}.href() })
	d.Actions = t.Actions
	d.Keeping = c.L.Percent(t.Actions.Kept(), t.Actions.Dated())
	d.LateHref, d.PlanHref = Filter{Unit: unit, Ask: AskLate}.href(), planPath
	d.Ownerless = standingRow{Count: t.Ownerless, Href: Filter{Unit: unit, Owner: Missing}.href()}
}

// waiting is one kind of thing that waits, and how to tell of it.
type waiting struct {
	key    string
	filter Filter
	tag    func(word string) web.Tag
	count  func(*Sum) int
	// since gives the day that a system's matter is due or began.
	since func(*Sum) civil.Date
	path  string // the system's own page, when only one waits
}

func alarm(word string) web.Tag { return web.Tag{Kind: "bad", Icon: "warn", Word: word} }

var kindsOfWaiting = []waiting{
	{key: AskProtection, filter: Filter{Ask: AskProtection}, tag: alarm, path: ""},
	{key: AskUnowned, filter: Filter{Ask: AskUnowned}, tag: web.Bad, count: func(s *Sum) int { return s.Unowned }, path: "/krav?status=" + WithNotMet},
	{key: AskLate, filter: Filter{Ask: AskLate}, tag: alarm, count: func(s *Sum) int { return s.Actions.Late }, path: "/atgarder"},
	{key: Expiring, filter: Filter{Standing: Expiring}, tag: web.Warn, since: func(s *Sum) civil.Date { return s.ValidUntil }, path: "/klassning"},
	{key: string(Draft), filter: Filter{Standing: string(Draft)}, tag: web.Info, since: func(s *Sum) civil.Date { return civil.Of(s.Drafted) }, path: "/klassning"},
	{key: AskEmpty, filter: Filter{Ask: AskEmpty}, tag: web.Warn, since: func(s *Sum) civil.Date { return civil.Of(s.Created) }, path: "/klassning"},
}

// decisions tells what waits, the most pressing kind first. Systems of one kind are one row.
func decisions(c *web.Context, x *Index, unit string) []decision {
	var out []decision
	for _, k := range kindsOfWaiting {
		f := k.filter
		f.Unit = unit
		if list := x.Select(f); len(list) > 0 {
			out = append(out, k.decision(c, list, f))
		}
	}
	return out
}

func (k *waiting) decision(c *web.Context, list []*Sum, f Filter) decision {
	n, first := 0, civil.Date{}
	var names []string
	for _, s := range list {
		if k.count != nil {
			n += k.count(s)
		} else {
			n++
		}
		if k.since != nil && (first.IsZero() || k.since(s).Before(first)) {
			first = k.since(s)
		}
		if len(names) < 3 {
			names = append(names, s.Name)
		}
	}
	key := "overview.wait-" + k.key
	named := c.L.List(names)
	if more := len(list) - len(names); more > 0 {
		named = c.L.T("overview.and-more", "Names", joined(names), "Count", more)
	}
	d := decision{
		Title: c.L.T(key, "Count", n), Text: c.L.T(key+"-text", "Names", named), Href: f.href(),
		Tag: k.tag(c.L.T(key + "-tag")), Button: c.L.T(key + "-do"),
	}
	d.Do = d.Href
	if len(list) == 1 {
		if one := systemPath(list[0].Slug) + k.path; c.MayOpen(one) {
			d.Do = one
		}
	}
	if !first.IsZero() {
		d.When = c.L.T(key+"-when", "Day", c.L.ShortDate(first))
	}
	return d
}

func joined(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}

// heatOrder is the order of the columns: the steps from the lowest, and last what nobody knows.
var heatOrder = []catalogue.Step{catalogue.Negligible, catalogue.Moderate, catalogue.Significant, catalogue.Serious, catalogue.Unset}

// largestUnits are the units that have most systems, in the order they stand in.
func largestUnits(units []UnitRow, n int) []UnitRow {
	order := slices.Clone(units)
	slices.SortStableFunc(order, func(a, b UnitRow) int { return cmp.Compare(b.Total, a.Total) })
	kept := map[access.UnitID]bool{}
	for i := range order[:n] {
		kept[order[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(units), func(u UnitRow) bool { return !kept[u.ID] })
}

// heat makes the table of needs: a row for each unit, and the sum of all.
func heat(c *web.Context, h *Home, units []UnitRow) ([]heatHead, []heatRow) {
	var heads []heatHead
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		head := heatHead{Name: aspectName(c, a)}
		for i, step := range heatOrder {
			head.Steps = append(head.Steps, heatStep{Level: stepBox(c, h.Model, a, step), Name: c.L.T("overview.step-" + steps[step]), First: i == 0})
		}
		heads = append(heads, head)
	}
	var rows []heatRow
	for i := range units {
		rows = append(rows, heatLine(c, heads, &units[i], false))
	}
	if len(rows) > 1 {
		rows = append(rows, heatLine(c, heads, &h.Totals.All, true))
	}
	return heads, rows
}

// stepBox draws a step with the organisation's own digit for it.
func stepBox(c *web.Context, m *catalogue.Model, a catalogue.Aspect, s catalogue.Step) web.LevelBox {
	if s == catalogue.Unset {
		return web.LevelBox{}
	}
	b := web.LevelBox{Step: int(s), Value: int(s) - int(catalogue.Negligible), Known: true, Label: c.L.T("overview.step-" + steps[s])}
	if aspect, ok := m.Aspect(a); ok {
		for _, l := range aspect.Levels {
			if l.Step == s && !l.Stop {
				b.Value, b.Label = l.Value, l.Label.In(lang(c))
			}
		}
	}
	return b
}

func heatLine(c *web.Context, heads []heatHead, u *UnitRow, sum bool) heatRow {
	r := heatRow{Name: u.Name, Total: u.Total, Sum: sum}
	unit := u.ID.String()
	switch {
	case sum:
		r.Name, unit = c.L.T("overview.sum"), ""
	case unit == "":
		r.Name, unit = c.L.T("overview.no-unit"), Missing
	}
	r.Href = Filter{Unit: unit}.href()
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		for i, step := range heatOrder {
			n := u.Steps[a][step]
			head := heads[a].Steps[i]
			cell := heatCell{Count: n, Name: heads[a].Name + " " + head.Name, Short: a.Letter(lang(c)) + " –", Class: shade(n, u.Total, step, sum)}
			if head.Level.Known {
				cell.Short = a.Letter(lang(c)) + " " + strconv.Itoa(head.Level.Value)
			}
			if n > 0 {
				cell.Href = Filter{Unit: unit, Aspect: aspects[a], Step: steps[step]}.href()
			}
			r.Cells = append(r.Cells, cell)
		}
	}
	return r
}

// shade is how dark a cell is: by the share of the unit's systems. What nobody knows has a pattern instead.
func shade(n, total int, s catalogue.Step, sum bool) string {
	switch {
	case n == 0:
		return "z"
	case s == catalogue.Unset:
		return "u"
	case sum:
		return "s"
	case n*2 >= total:
		return "h3"
	case n*4 >= total:
		return "h2"
	default:
		return "h1"
	}
}
