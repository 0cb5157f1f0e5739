// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// GuidePath is the style guide: every component in every state, for those who build pages, and for the test that looks at them all.
const GuidePath = "/stilguide"

// guidePage is every component that pages are made of.
type guidePage struct {
	Page
	Day        civil.Date
	At         time.Time
	Links      []Link
	Tabs       Tabs
	SystemTabs SystemTabs
	KRTS       KRTS
	Boxes      []LevelBox
	Progress   Progress
	Notes      []Note
	Tags       []Tag
	Sources    []Source
	Paging     Paging
	Steps      Steps
	Whys       []Why
	Fields     []Field
	Choices    []Choices
	Bars       []Bar
	Empty      Empty
	Swatches   []string
}

// StyleGuide registers the style guide.
func (s *Site) StyleGuide() {
	s.Handle("GET "+GuidePath, "", func(c *Context) error { return c.Render(errorTemplates, "guide.html", guide(c)) })
}

func guide(c *Context) guidePage {
	t := c.L.T
	day, _ := civil.New(2027, time.March, 12) // a day that exists
	levels := guideLevels(c)
	d := guidePage{
		Page: Page{Title: t("web.guide"), Crumbs: []Crumb{{Label: t("web.guide-crumb"), Href: GuidePath}, {Label: t("web.guide")}}},
		Day:  day, At: time.Date(2026, time.November, 23, 13, 2, 0, 0, time.UTC),
		Links: []Link{{Label: t("web.guide-secondary"), Href: GuidePath, Icon: "up"}, {Label: t("web.guide-primary"), Href: GuidePath, Icon: "plus", Primary: true}},
		Tabs:  Tabs{Label: t("web.guide-tabs"), Items: []Tab{{Label: t("web.guide-one"), Href: GuidePath}, {Label: t("web.guide-two"), Href: GuidePath, Count: 31, Current: true}}},
		Boxes: levels, KRTS: KRTS{Items: []KRTSItem{
			{Letter: "K", Name: t("web.guide-k"), Level: levels[3]},
			{Letter: "R", Name: t("web.guide-r"), Level: levels[0]},
			{Letter: "T", Name: t("web.guide-t"), Level: levels[4]},
			{Letter: "S", Name: t("web.guide-s"), Level: levels[5]},
		}},
		Progress: Progress{Label: t("web.guide-progress"), Done: 58, Total: 84},
		Tags:     []Tag{OK(t("web.guide-met")), Warn(t("web.guide-warn")), Bad(t("web.guide-bad")), Info(t("web.guide-info")), Neutral(t("web.guide-neutral"))},
		Sources:  []Source{{Kind: Measured, Detail: c.L.Moment(time.Date(2026, time.November, 23, 5, 10, 0, 0, time.UTC))}, {Kind: Attested}, {Kind: SelfAssessed}, {}},
		Paging:   Paging{Page: 5, Size: 10, Total: 94, Path: GuidePath},
		Steps:    Steps{Label: t("web.guide-steps"), Current: 2, Items: []Step{{Label: t("web.guide-one"), Done: true, Href: GuidePath}, {Label: t("web.guide-two"), Detail: t("web.guide-detail")}, {Label: t("web.guide-three")}}},
		Choices:  guideChoices(c),
		Empty:    Empty{Title: t("web.guide-empty"), Text: t("web.guide-empty-text"), Actions: []Link{{Label: t("web.guide-primary"), Href: GuidePath, Primary: true}}},
		Swatches: []string{"ink", "ink-2", "line", "line-2", "bg", "surface", "sunk", "brand", "brand-2", "brand-tint", "ok-t", "warn-t", "bad-t", "info-t"},
	}
	for _, kind := range []string{"", "bad", "warn"} {
		d.Notes = append(d.Notes, Note{ID: "note" + kind, Kind: kind, Title: t("web.guide-note"), Text: t("web.guide-note-text"), Actions: d.Links})
	}
	for i, open := range []bool{true, false} {
		d.Whys = append(d.Whys, Why{
			Information: []WhyLine{{Text: t("web.guide-one"), Href: GuidePath}}, Rule: []WhyLine{{Text: t("web.guide-two"), Detail: t("web.guide-detail")}},
			Protection: []WhyLine{{Text: t("web.guide-three")}}, Open: open,
			Evidence: []WhyLine{{Text: t("web.guide-bad")}}[i:],
		})
	}
	d.Bars = []Bar{
		{ID: "bar", Shares: guideShares(c)}, {ID: "bar-thin", Shares: guideShares(c), Thin: true},
	}
	guideFields(c, &d)
	return d
}

// guideLevels are the boxes of every level, the last one unknown.
func guideLevels(c *Context) []LevelBox {
	var out []LevelBox
	for n := range 5 {
		out = append(out, LevelBox{Step: FillNegligible + n, Value: n, Label: c.L.T("web.guide-level", "Level", n), Known: true})
	}
	return append(out, LevelBox{})
}

func guideShares(c *Context) []Share {
	return []Share{
		{Kind: "ok", Label: c.L.T("web.guide-met"), Href: GuidePath, Count: 12},
		{Kind: "part", Label: c.L.T("web.guide-warn"), Count: 3},
		{Kind: "bad", Label: c.L.T("web.guide-bad"), Count: 4, Href: GuidePath, Current: true},
		{Kind: "unknown", Label: c.L.T("web.guide-neutral"), Count: 30},
	}
}

func guideChoices(c *Context) []Choices {
	t := c.L.T
	var out []Choices
	for i, several := range []bool{false, true} {
		n := strconv.Itoa(i)
		f := Choices{Name: "choice" + n, Legend: t("web.guide-question"), Hint: t("web.guide-hint"), Several: several}
		for k, l := range guideLevels(c)[1:4] {
			o := Choice{Value: strconv.Itoa(k), Label: l.Label, Hint: t("web.guide-detail"), Level: l, Checked: k == 1}
			if k == 2 {
				o.Tag = Info(t("web.guide-suggested"))
			}
			f.Options = append(f.Options, o)
		}
		out = append(out, f)
	}
	out[1].Error = t("web.guide-fault")
	return out
}

// guideFields has every kind of field, as it is, with a hint, and with a fault.
func guideFields(c *Context, d *guidePage) {
	t := c.L.T
	two := []Option{{Value: "a", Label: t("web.guide-one")}, {Value: "b", Label: t("web.guide-two")}}
	for _, kind := range []string{"text", "search", "email", "url", "number", "date", "color", "textarea", "select", "checkbox", "file"} {
		value := map[string]string{"text": t("web.guide-one"), "select": "b", "checkbox": "1", "color": "#0e4b4f", "date": "2027-03-12", "number": "12"}[kind]
		plain := Field{Name: "plain-" + kind, Type: kind, Label: t("web.guide-field", "Kind", kind), Value: value, Options: two, Optional: kind == "email", Checked: true}
		bad := plain
		bad.Name, bad.Hint, bad.Error = "bad-"+kind, t("web.guide-hint"), t("web.guide-fault")
		d.Fields = append(d.Fields, plain, bad)
	}
}
