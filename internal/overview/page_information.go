// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/url"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/web"
)

type informationRow struct {
	Name, Href, Area   string
	Own                bool
	Systems, Confirmed int
}

type typeRow struct {
	Name, Href, Area, Content string
	Cells                     []cell
	Systems                   int
}

type informationPage struct {
	web.Page
	Lead string
	Rows []informationRow
	// All leads to all of the organisation's information, when only the first is shown.
	All      web.Link
	Text     string
	Areas    selectField
	Library  []typeRow
	Headings []heading
	// Processings leads to the record of processing, for those who may read it.
	Processings bool
	Shown       string
	Clear       bool
	Paging      web.Paging
}

// maxInformation is how much of the organisation's own information stands above the library, and librarySize how many types a page of it has.
const (
	maxInformation = 15
	librarySize    = 25
)

func (p *Pages) information(c *web.Context) error {
	held, err := p.Overview.Information(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := informationPage{
		Page: web.Page{Title: c.L.T("overview.information"), Active: MenuInformation}, Headings: headings(c), Text: c.Query("q"),
		Processings: access.Allowed(c.Actor, "processing.List"),
		Lead:        c.L.T("overview.information-lead", "Count", len(held), "Types", len(p.Overview.catalogue().Types)),
	}
	systems := map[string]int{}
	for i := range held {
		r := p.informationRow(c, &held[i])
		systems[held[i].TypeID] += held[i].Systems
		d.Rows = append(d.Rows, r)
	}
	if n := len(d.Rows); n > maxInformation && c.Query("alla") == "" {
		d.Rows = d.Rows[:maxInformation]
		d.All = web.Link{Label: c.L.T("overview.all-information", "Count", n), Href: "/information?alla=1#own"}
	}
	p.library(c, &d, systems)
	return c.Render(templates, "information.html", d)
}

func (p *Pages) informationRow(c *web.Context, h *Held) informationRow {
	r := informationRow{Name: h.Name, Href: "/information/" + h.ID.String(), Own: true, Systems: h.Systems, Confirmed: h.Confirmed}
	if t, ok := h.Type(p.Overview.catalogue()); ok {
		r.Href, r.Own, r.Area = "/information/"+t.ID, false, p.areaName(c, t.Area)
		if h.Name == t.Name.SV {
			r.Name = t.Name.In(lang(c))
		}
	}
	return r
}

// library lists the types that a search leaves, one page of them.
func (p *Pages) library(c *web.Context, d *informationPage, systems map[string]int) {
	area := ""
	pairs := []string{"", c.L.T("overview.all")}
	if f, ok := p.Overview.catalogue().Vocabulary.Fact("area"); ok {
		area = oneOf(c.Query("omrade"), f.Values...)
		for _, v := range f.Values {
			pairs = append(pairs, v, f.Label(v).In(lang(c)))
		}
	}
	d.Areas = selectField{"omrade", c.L.T("overview.area"), options(area, pairs...)}
	types := p.Overview.catalogue().Types
	var list []*catalogue.InformationType
	for i := range types {
		if (area == "" || types[i].Area == area) && typeMatches(c, &types[i], d.Text) {
			list = append(list, &types[i])
		}
	}
	locale.Sort(list, func(t *catalogue.InformationType) string { return t.Name.In(lang(c)) })
	page := slicing{web.Paging{Page: pageNumber(c), Size: librarySize, Total: len(list), Path: "/information"}}
	page.Page = min(page.Page, page.Pages())
	page.Query = query([]string{"q", d.Text, "omrade", area})
	for _, t := range list[page.from():page.To()] {
		r := typeRow{Name: t.Name.In(lang(c)), Href: "/information/" + t.ID, Area: p.areaName(c, t.Area), Content: t.Content.In(lang(c)), Systems: systems[t.ID]}
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			r.Cells = append(r.Cells, cell{Name: aspectShort(c, a), Level: plainBox(c, t.Levels[a].Step)})
		}
		d.Library = append(d.Library, r)
	}
	d.Shown, d.Clear = c.L.T("overview.types-shown", "Shown", len(list), "Total", len(types)), d.Text != "" || area != ""
	d.Paging = page.Paging
}

// plainBox draws a step by the scale from 0 that the fills follow.
func plainBox(c *web.Context, s catalogue.Step) web.LevelBox {
	if s == catalogue.Unset {
		return web.LevelBox{}
	}
	return web.LevelBox{Step: int(s), Value: int(s - catalogue.Negligible), Label: c.L.T("overview.step-" + steps[s]), Known: true}
}

func typeMatches(c *web.Context, t *catalogue.InformationType, text string) bool {
	all := locale.Fold(strings.Join([]string{t.ID, t.Name.In(lang(c)), t.Content.In(lang(c)), t.FoundIn.In(lang(c)), t.Klassa, t.Law}, " "))
	for _, word := range strings.Fields(locale.Fold(text)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

type suggestedRow struct {
	Name   string
	Level  web.LevelBox
	Reason string
}

type typePage struct {
	web.Page
	Tags    []web.Tag
	Content string
	Own     bool
	Note    string
	Facts   []fact
	Secrecy []markedText
	Levels  []suggestedRow
	Lower   string
	Holders []holderRow
	Total   int
	Paging  web.Paging
	Records *processingsPart
}

// markedText is a statement and whether somebody has checked it.
type markedText struct {
	Label, Text, Detail string
	Tag                 web.Tag
}

type holderRow struct {
	Name, Href, Unit, Reason string
	Tag                      web.Tag
}

func (p *Pages) informationType(c *web.Context) error {
	t, err := p.Overview.InformationType(c.Context(), c.Actor, c.Path("id"), pageNumber(c))
	if err != nil {
		return err
	}
	d := typePage{
		Page:  web.Page{Active: MenuInformation, Crumbs: []web.Crumb{{Label: c.L.T("overview.information"), Href: "/information"}}},
		Total: t.Total, Paging: web.Paging{Page: t.Page, Size: PageSize, Total: t.Total, Path: "/information/" + c.Path("id")},
	}
	if t.Own != nil {
		d.Title, d.Own, d.Note = t.Own.Name, t.Type == nil, t.Own.Note
		d.Facts = p.statedFacts(c, t.Own.Facts)
	}
	if t.Type != nil {
		p.describeType(c, &d, &t)
	}
	d.Crumbs = append(d.Crumbs, web.Crumb{Label: d.Title})
	for _, h := range t.Holders {
		r := holderRow{Name: h.Name, Href: systemPath(h.Slug), Unit: h.Unit, Tag: web.OK(c.L.T("overview.confirmed"))}
		if !h.Confirmed {
			r.Tag, r.Reason = web.Info(c.L.T("overview.suggested")), h.Reason
		}
		d.Holders = append(d.Holders, r)
	}
	if d.Records, err = p.processingsOf(c, processing.Filter{Information: c.Path("id")}, "information="+url.QueryEscape(c.Path("id"))); err != nil {
		return err
	}
	return c.Render(templates, "type.html", d)
}

func (p *Pages) describeType(c *web.Context, d *typePage, t *TypePage) {
	x, l := t.Type, lang(c)
	if t.Own == nil || t.Own.Name == x.Name.SV {
		d.Title = x.Name.In(l)
	}
	d.Tags = []web.Tag{{Icon: "doc", Word: p.areaName(c, x.Area)}, verifiedTag(c, x.Verified)}
	d.Content = x.Content.In(l)
	for _, f := range []fact{
		{Label: c.L.T("overview.type-subjects"), Value: x.Subjects.In(l)},
		{Label: c.L.T("overview.type-categories"), Value: x.Categories.In(l)},
		{Label: c.L.T("overview.type-special"), Value: x.SpecialKinds.In(l)},
		{Label: c.L.T("overview.type-found"), Value: x.FoundIn.In(l)},
		{Label: c.L.T("overview.type-klassa"), Value: x.Klassa},
		{Label: c.L.T("overview.type-verksam"), Value: x.VerkSAM},
		{Label: c.L.T("overview.type-note"), Value: x.Note.In(l)},
	} {
		if f.Value != "" {
			d.Facts = append(d.Facts, f)
		}
	}
	own := information.Information{TypeID: x.ID}
	if t.Own != nil {
		own = *t.Own
	}
	d.Facts = append(d.Facts, p.statedFacts(c, own.Source(p.Overview.catalogue()).Statements)...)
	d.Secrecy = []markedText{
		{Label: c.L.T("overview.type-law"), Text: x.Law, Tag: verifiedTag(c, x.LawVerified)},
		{Label: c.L.T("overview.type-secrecy"), Text: x.Secrecy, Tag: verifiedTag(c, x.SecrecyVerified)},
		{Label: c.L.T("overview.type-retention"), Text: x.Retention.In(l), Detail: x.RetentionSource, Tag: verifiedTag(c, x.RetentionVerified)},
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		row := suggestedRow{Name: aspectName(c, a), Level: stepBox(c, t.Model, a, x.Levels[a].Step), Reason: x.Levels[a].Reason.In(l)}
		row.Level.Wide = true
		d.Levels = append(d.Levels, row)
	}
	d.Lower = c.L.T("overview.type-lower-no")
	if x.Lower {
		d.Lower = c.L.T("overview.type-lower-yes")
	}
}

// statedFacts are statements in words, the values of a fact together.
func (p *Pages) statedFacts(c *web.Context, list []catalogue.Statement) []fact {
	var out []fact
	at := map[string]int{}
	for _, s := range list {
		f, ok := p.Overview.catalogue().Vocabulary.Fact(s.Fact)
		if !ok {
			continue
		}
		value := f.Label(s.Value).In(lang(c))
		if key := "overview.answer-" + s.Value; f.Form == catalogue.FormTruth && c.L.Has(key) {
			value = c.L.T(key)
		}
		if i, seen := at[s.Fact]; seen {
			out[i].Value += ", " + value
			continue
		}
		at[s.Fact] = len(out)
		out = append(out, fact{Label: f.Name.In(lang(c)), Value: value, Unknown: s.Value == catalogue.Unknown})
	}
	return out
}
