// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strings"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// SearchPath is the address of the search page.
const SearchPath = "/sok"

type searchPage struct {
	web.Page
	Text   string
	Lead   string
	Groups []foundGroup
	// Hint says what can be searched for, when nothing has been.
	Hint string
}

type foundGroup struct {
	Title, ID string
	Rows      []foundRow
	// All leads to the list that has every match of the kind, More says how many.
	All, More string
}

type foundRow struct {
	Name, Href, Sub string
	Also            []web.Link
}

// search answers the search page, and the search box of every page, which asks for the list alone.
func (p *Pages) search(c *web.Context) error {
	text := c.Query("q")
	found, err := p.Overview.Search(c.Context(), c.Actor, text, c.L)
	if err != nil {
		return err
	}
	d := searchPage{Page: web.Page{Title: c.L.T("overview.search-title")}, Text: text}
	if strings.TrimSpace(text) == "" {
		d.Hint = c.L.T("overview.search-about")
		return c.Render(templates, "search.html", d)
	}
	d.Title = c.L.T("overview.search-for", "Text", text)
	total := 0
	for _, g := range p.places(c, text) {
		d.Groups, total = append(d.Groups, g), total+len(g.Rows)
	}
	for i := range found {
		d.Groups, total = append(d.Groups, p.foundIn(c, &found[i], text)), total+found[i].Total
	}
	d.Lead = c.L.T("overview.search-found", "Count", total, "Text", text)
	if c.Part() {
		return c.JSON(d.hits(c))
	}
	return c.Render(templates, "search.html", d)
}

// hit is one line below the search box: a heading when it leads nowhere.
type hit struct {
	Text string `json:"text"`
	Sub  string `json:"sub,omitempty"`
	Href string `json:"href,omitempty"`
}

// boxSize is how many of a kind the search box shows, so that every kind has room.
const boxSize = 4

// hits is what the search box of every page shows while one writes, and last the way to the whole page.
func (d *searchPage) hits(c *web.Context) []hit {
	out := []hit{}
	for _, g := range d.Groups {
		out = append(out, hit{Text: g.Title})
		for _, r := range g.Rows[:min(len(g.Rows), boxSize)] {
			out = append(out, hit{Text: r.Name, Sub: r.Sub, Href: r.Href})
		}
	}
	if len(out) == 0 {
		out = append(out, hit{Text: c.L.T("overview.search-nothing")})
	}
	return append(out, hit{Text: c.L.T("overview.search-page"), Href: address(SearchPath, "q", d.Text)})
}

// places finds the pages of the side menu by their names.
func (p *Pages) places(c *web.Context, text string) []foundGroup {
	if p.Places == nil {
		return nil
	}
	q := newSearchText(text)
	g := foundGroup{Title: c.L.T("overview.search-places"), ID: "found-place"}
	for _, to := range p.Places(c) {
		if q.score(locale.Fold(to.Label), "") < scoreNone {
			g.Rows = append(g.Rows, foundRow{Name: to.Label, Href: to.Href})
		}
	}
	if len(g.Rows) == 0 {
		return nil
	}
	return []foundGroup{g}
}

// shown says for each kind where its pages are, what they are called, and whether the address has a list that can be searched.
var shown = map[FoundKind]struct {
	path, title string
	list        bool
}{
	FoundSystem:      {"/system", "overview.search-system", true},
	FoundInformation: {"/information", "overview.search-information", true},
	FoundRequirement: {"/krav", "overview.search-requirement", false},
	FoundLaw:         {"/regler", "overview.search-law", true},
}

func (p *Pages) foundIn(c *web.Context, g *Group, text string) foundGroup {
	as := shown[g.Kind]
	out := foundGroup{Title: c.L.T(as.title), ID: "found-" + string(g.Kind)}
	for _, m := range g.Matches {
		r := foundRow{Name: m.Name, Href: as.path + "/" + m.Ref, Sub: m.Sub}
		if g.Kind == FoundSystem {
			r.Also = alsoOf(c, r.Href)
		}
		if g.Kind == FoundInformation && m.Sub != "" {
			r.Sub = p.areaName(c, m.Sub)
		}
		out.Rows = append(out.Rows, r)
	}
	if g.Total > len(g.Matches) {
		out.More = c.L.T("overview.search-more", "Count", g.Total)
		if as.list {
			out.All = address(as.path, "q", text)
		}
	}
	return out
}

// alsoOf leads to what one most often wants to do with a system.
func alsoOf(c *web.Context, href string) []web.Link {
	var out []web.Link
	add := func(action, key, to string) {
		if may(c, action) {
			out = append(out, web.Link{Label: c.L.T(key), Href: href + to})
		}
	}
	add("overview.Requirements", "overview.requirements", "/krav")
	add("action.Plan", "overview.search-actions", planPath)
	add("classification.Open", "overview.search-classify", "/klassning")
	return out
}
