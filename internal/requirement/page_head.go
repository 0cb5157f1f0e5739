// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// PageHead gives the top of a page about the system of a view: its name, how its classification stands, what is not met, its
// levels and the facets that the reader may open. What is not met is shown to those who may see it. tab is one of web's Tab constants.
func PageHead(c *web.Context, v *View, tab string) web.SystemHead {
	h := web.SystemHead{
		Name: v.System.Name, Note: v.System.Unit, Tags: headTags(c, v), KRTS: PageLevels(c.L, &v.Need),
		Tabs: web.SystemTabs{Slug: v.System.Slug, Active: tab, Requirements: v.Tally.Total()},
	}
	for facet, action := range facets {
		if !access.AllowedAt(c.Actor, action, v.System.UnitID) {
			h.Tabs.Hidden = append(h.Tabs.Hidden, facet)
		}
	}
	return h
}

// facets are the use cases that show the facets of a system.
var facets = map[string]string{
	web.TabOverview: "overview.System", web.TabRequirements: "overview.Requirements", web.TabClassification: "classification.Open",
	web.TabRisks: "risk.Open", web.TabActions: "action.Plan", web.TabProcurement: "procurement.Annex",
	web.TabSupplier: "overview.SystemSupplier", web.TabHistory: "overview.History",
}

func headTags(c *web.Context, v *View) []web.Tag {
	l := c.L
	tags := []web.Tag{standingTag(l, v)}
	if !access.AllowedAt(c.Actor, facets[web.TabRequirements], v.System.UnitID) {
		return tags
	}
	if n := v.Tally.NotMet + v.Tally.Partly; n > 0 {
		tags = append(tags, web.Bad(l.T("requirement.page-unmet", "Count", n)))
	}
	if n := v.Tally.Unknown(); n > 0 {
		tags = append(tags, web.Tag{Icon: "q", Word: l.T("requirement.page-unknown", "Count", n)})
	}
	return tags
}

// standingTag tells how the classification stands, as a status.
func standingTag(l *locale.Localizer, v *View) web.Tag {
	until := l.Date(v.Need.ValidUntil)
	switch {
	case v.Need.Stop:
		return web.Bad(l.T("requirement.page-stopped"))
	case v.State.Decided != nil && v.Need.Expired:
		return web.Warn(l.T("requirement.page-expired", "Day", until))
	case v.State.Decided != nil:
		return web.OK(l.T("requirement.page-decided", "Day", until))
	case v.State.Draft != nil && len(v.State.Draft.Answers) > 0:
		return web.Info(l.T("requirement.page-draft"))
	}
	for _, level := range v.Need.Levels {
		if level.Basis == classification.BySuggestion {
			return web.Info(l.T("requirement.page-suggested"))
		}
	}
	return web.Neutral(l.T("requirement.page-unclassified"))
}

// PageMark says in a word that a need is a draft or a suggestion; nothing when it is decided, or when nobody has said anything.
func PageMark(l *locale.Localizer, v *View) string {
	suggested, answered := false, false
	for _, level := range v.Need.Levels {
		suggested = suggested || level.Basis == classification.BySuggestion
		answered = answered || level.Basis == classification.ByAnswer
	}
	switch {
	case suggested:
		return l.T("requirement.page-mark-suggested")
	case answered:
		return l.T("requirement.page-mark-draft")
	default:
		return ""
	}
}

// PageLevels gives the levels of a need as they are drawn. An aspect that nobody has classified says so.
func PageLevels(l *locale.Localizer, n *classification.Need) web.KRTS {
	lang := catalogue.Lang(l.Lang)
	var out web.KRTS
	for _, level := range n.Levels {
		aspect, ok := n.Model.Aspect(level.Aspect)
		if !ok {
			continue
		}
		out.Items = append(out.Items, web.KRTSItem{
			Letter: level.Aspect.Letter(lang), Name: aspect.Name.In(lang),
			Level: web.LevelBox{
				Step: int(level.Level.Step), Value: level.Level.Value, Label: level.Level.Label.In(lang), Known: level.Basis != classification.None,
			},
		})
	}
	return out
}

// PageRole gives the name of a role of the catalogue; a role in the organisation's own words stands as it is.
func PageRole(l *locale.Localizer, role string) string {
	if key := "requirement.role-" + role; l.Has(key) {
		return l.T(key)
	}
	return role
}

// PagePart makes an empty part of the catalogue for a list of topics; total is how many requirements it has.
func PagePart(l *locale.Localizer, part string, total int) web.TopicPart {
	p := web.TopicPart{ID: "part-" + part, Name: l.T("requirement.page-part-technical"), Total: PageCount(l, total)}
	if part == catalogue.PartGovernance {
		p.Name = l.T("requirement.page-part-governance")
	}
	return p
}

// PageCount says how many requirements there are.
func PageCount(l *locale.Localizer, n int) string { return l.T("requirement.page-count", "Count", n) }

// PageNeighbours leads from topic i to those beside it and to the list of all, whose address is all.
func PageNeighbours(l *locale.Localizer, all string, i, topics int, at func(i int) web.Link) web.Neighbours {
	n := web.Neighbours{Label: l.T("requirement.page-other-topics"), All: web.Link{Label: l.T("requirement.page-all-topics"), Href: all}}
	if i > 0 {
		n.Before = at(i - 1)
	}
	if i >= 0 && i+1 < topics {
		n.After = at(i + 1)
	}
	return n
}

// PageStatus gives how well a requirement is met as a tag. What nobody knows is not a fault but says that it is unknown.
func PageStatus(l *locale.Localizer, s Status) web.Tag {
	word := l.T("requirement.status-" + string(s))
	switch s {
	case Met:
		return web.OK(word)
	case Partly:
		return web.Warn(word)
	case NotMet:
		return web.Bad(word)
	case NotApplicable:
		return web.Tag{Word: word}
	default:
		return web.Tag{Icon: "q", Word: word}
	}
}

// PageSource tells how an answer is known, and when.
func PageSource(l *locale.Localizer, a Answer) web.Source {
	if a.KnownBy == "" {
		return web.Source{Kind: web.NotMeasured}
	}
	return web.Source{Kind: a.KnownBy, Detail: l.Date(a.KnownOn)}
}
