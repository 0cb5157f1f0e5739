// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// WheelPlace is where the year wheel is shown.
const WheelPlace = "/arshjul"

func langOf(l *locale.Localizer) catalogue.Lang { return catalogue.Lang(l.Lang) }

type wheelPage struct {
	web.Page
	Finding            string
	Year, Before, Next string
	Slices             []wheelSlice
	Months             []monthPart
	CSV                string
	Adds               bool
	Ticks              bool
	Fields             []web.Field
}

// wheelSlice is one month in the drawing: its path, where its words stand, and how it stands.
type wheelSlice struct {
	Path, Class, Short, Count  string
	ShortX, ShortY, NumX, NumY string
	Now                        bool
}

type monthPart struct {
	ID, Name, Left string
	State          web.Tag
	Items          []itemRow
}

type itemRow struct {
	Key, ID, Title, Detail, Href, When string
	State                              web.Tag
	Ticks, Done, Own                   bool
}

func (p *Pages) wheel(c *web.Context) error { return p.drawWheel(c, nil) }

func (p *Pages) drawWheel(c *web.Context, wrong []web.FieldError) error {
	w, err := p.Service.Wheel(c.Context(), c.Actor, max(0, number(c.Query("ar"))))
	if err != nil {
		return sorry(err)
	}
	t := c.L.T
	year := strconv.FormatInt(w.Year, 10)
	d := wheelPage{
		Page: web.Page{Title: t("campaign.wheel-title", "Year", year), Active: Menu, Errors: wrong}, Year: year, CSV: WheelPlace + "/tabell?ar=" + year,
		Adds: access.Allowed(c.Actor, "campaign.SaveActivity"), Ticks: access.Allowed(c.Actor, "campaign.Done"),
	}
	if w.Year > int64(w.Today.Year)-yearsAround {
		d.Before = strconv.FormatInt(w.Year-1, 10)
	}
	if w.Year < int64(w.Today.Year)+yearsAround {
		d.Next = strconv.FormatInt(w.Year+1, 10)
	}
	done, total, late := 0, 0, 0
	for i := range w.Months {
		m := &w.Months[i]
		standing := m.Standing(w.Today)
		d.Slices = append(d.Slices, sliceOf(c.L, m, standing, w.Year == int64(w.Today.Year) && m.Month == w.Today.Month))
		part := monthPart{ID: fmt.Sprintf("m%d", m.Month), Name: t("campaign.month-" + strconv.Itoa(int(m.Month))), Left: c.L.Number(int64(m.Left())), State: standingTag(c.L, standing)}
		for n := range m.Items {
			it := &m.Items[n]
			total++
			switch {
			case !it.Done.IsZero():
				done++
			case it.Late(w.Today):
				late++
			}
			part.Items = append(part.Items, p.itemRow(c, &w, it))
		}
		d.Months = append(d.Months, part)
	}
	if d.Finding = t("campaign.wheel-finding", "Done", done, "Total", total); late > 0 {
		d.Finding += ", " + t("campaign.wheel-late", "Count", late)
	}
	months := make([]web.Option, 12)
	for i := range months {
		months[i] = web.Option{Value: strconv.Itoa(i + 1), Label: t("campaign.month-" + strconv.Itoa(i+1))}
	}
	d.Fields = []web.Field{
		{Name: "titel", Label: t("campaign.in-titel"), Value: c.Form("titel")},
		{Name: "manad", Type: "select", Label: t("campaign.in-manad"), Value: c.Form("manad"), Options: months},
		{Name: "dag", Label: t("campaign.in-dag"), Value: c.Form("dag")},
	}
	return c.Render(templates, "wheel.html", d)
}

func standingTag(l *locale.Localizer, standing string) web.Tag {
	word := l.T("campaign.standing-" + standing)
	switch standing {
	case MonthLate:
		return web.Bad(word)
	case MonthSoon:
		return web.Warn(word)
	case MonthDone:
		return web.OK(word)
	default:
		return web.Neutral(word)
	}
}

func (p *Pages) itemRow(c *web.Context, w *Wheel, it *Item) itemRow {
	t := c.L.T
	row := itemRow{Key: it.Key, ID: "a-" + it.Key, Title: Title(c.L, it), Href: it.Href, Ticks: it.Ticked(), Done: !it.Done.IsZero(), Own: it.Sort == SortOwn}
	switch {
	case it.Sort == SortStanding:
		row.Detail = it.Why.In(lang(c)) + " " + t("campaign.who", "Who", t("campaign.who-"+it.Who)) + "."
	case it.Count > 0 && it.Sort != SortCampaign:
		row.Detail = some(c.L, it.Names)
	}
	row.When = t("campaign.due-on", "Day", c.L.Date(it.Due))
	switch {
	case row.Done:
		row.State, row.When = web.OK(t("campaign.standing-done")), t("campaign.done-on", "Day", c.L.Date(it.Done))
	case it.Late(w.Today):
		row.State = web.Bad(t("campaign.standing-late"))
	case it.Soon(w.Today):
		row.State = web.Warn(t("campaign.standing-soon"))
	default:
		row.State = web.Neutral(t("campaign.standing-ahead"))
	}
	return row
}

// Title is what an item is called.
func Title(l *locale.Localizer, it *Item) string {
	switch it.Sort {
	case SortStanding:
		return it.Text.In(langOf(l))
	case SortOwn:
		return it.Name
	default:
		return l.T("campaign.sort-"+string(it.Sort), "Count", it.Count, "Names", strings.Join(it.Names, ", "))
	}
}

// shown is how many names are told of those that are counted.
const shown = 3

func some(l *locale.Localizer, names []string) string {
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return l.T("campaign.and-more", "Names", strings.Join(names[:shown], ", "), "Count", len(names)-shown)
}

// The ring of the drawing, in its own units.
const (
	ringOuter, ringInner = 100.0, 56.0
	wordsAt, numberAt    = 88.0, 70.0
)

// classes are the fills of the months. The number and the words say the same.
var classes = map[string]string{MonthLate: "sh-bad", MonthSoon: "sh-part", MonthAhead: "sh-info", MonthDone: "sh-ok", MonthEmpty: "sh-none"}

// sliceOf draws one month: January begins at the top, and the year goes clockwise.
func sliceOf(l *locale.Localizer, m *Month, standing string, now bool) wheelSlice {
	from, to := turn(int(m.Month)-1, 0.02), turn(int(m.Month), -0.02)
	middle := (from + to) / 2
	at := func(angle, radius float64) (x, y float64) { return math.Sin(angle) * radius, -math.Cos(angle) * radius }
	x1, y1 := at(from, ringOuter)
	x2, y2 := at(to, ringOuter)
	x3, y3 := at(to, ringInner)
	x4, y4 := at(from, ringInner)
	out := wheelSlice{
		Path: fmt.Sprintf("M%.1f,%.1fA%.0f,%.0f,0,0,1,%.1f,%.1fL%.1f,%.1fA%.0f,%.0f,0,0,0,%.1f,%.1fZ",
			x1, y1, ringOuter, ringOuter, x2, y2, x3, y3, ringInner, ringInner, x4, y4),
		Class: classes[standing], Short: l.T("campaign.short-" + strconv.Itoa(int(m.Month))), Now: now, Count: "✓",
	}
	switch n := m.Left(); {
	case n > 0:
		out.Count = strconv.Itoa(n)
	case len(m.Items) == 0:
		out.Count = "–"
	}
	point := func(radius float64) (string, string) {
		x, y := at(middle, radius)
		return fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", y)
	}
	out.ShortX, out.ShortY = point(wordsAt)
	out.NumX, out.NumY = point(numberAt)
	return out
}

// turn is the angle where a month begins, moved by a little to leave a gap.
func turn(month int, little float64) float64 { return float64(month)*math.Pi/6 + little }

// wheelTable gives the year as a file.
func (p *Pages) wheelTable(c *web.Context) error {
	w, err := p.Service.Wheel(c.Context(), c.Actor, max(0, number(c.Query("ar"))))
	if err != nil {
		return sorry(err)
	}
	rows := [][]string{{"month", "what", "sort", "count", "due", "done"}}
	for i := range w.Months {
		for n := range w.Months[i].Items {
			it := &w.Months[i].Items[n]
			rows = append(rows, []string{
				strconv.Itoa(int(w.Months[i].Month)), Title(c.L, it), string(it.Sort), strconv.Itoa(max(1, it.Count)), it.Due.String(), it.Done.String(),
			})
		}
	}
	return file(c, fmt.Sprintf("arshjul-%d.csv", w.Year), rows)
}

func (p *Pages) addActivity(c *web.Context) error {
	_, err := p.Service.SaveActivity(c.Context(), c.Actor, Activity{Title: strings.TrimSpace(c.Form("titel")), Month: number(c.Form("manad")), Day: number(c.Form("dag"))})
	if f, ok := fault(err); ok {
		return p.drawWheel(c, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(WheelPlace, "campaign.added")
}

func (p *Pages) tick(c *web.Context) error {
	t := Tick{Activity: c.Form("vad"), Year: max(0, number(c.Form("ar"))), Undo: c.Form("ater") != ""}
	if err := p.Service.Done(c.Context(), c.Actor, t); err != nil {
		return sorry(err)
	}
	key := "campaign.ticked"
	if t.Undo {
		key = "campaign.unticked"
	}
	return c.Redirect(web.Local(fmt.Sprintf("%s?ar=%d#a-%s", WheelPlace, t.Year, t.Activity)), key)
}

func (p *Pages) endActivity(c *web.Context) error {
	if err := p.Service.EndActivity(c.Context(), c.Actor, ids.ID[Activity](c.Form("vad"))); err != nil {
		return sorry(err)
	}
	return c.Redirect(WheelPlace, "campaign.ended")
}
