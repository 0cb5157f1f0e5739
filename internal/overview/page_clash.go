// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// mostClashes is how many requirements of one system stand in the inbox: one measurement may contradict many answers.
const mostClashes = 3

// InboxItems are what measurements have changed, or contradict, for the inbox of findings: both sides, in neutral words, since either can
// be right. Who may not see evidence gets none.
func (p *Pages) InboxItems(c *web.Context) ([]finding.Item, error) {
	if !access.Allowed(c.Actor, "overview.Clashes") {
		return nil, nil
	}
	x, err := p.Overview.Clashes(c.Context(), c.Actor, c.L)
	if err != nil {
		return nil, err
	}
	var out []finding.Item
	for i := range x.Systems {
		out = append(out, shiftItems(c, &x.Systems[i])...)
		out = append(out, p.clashItems(c, &x.Systems[i].View)...)
	}
	if x.Left > 0 {
		out = append(out, finding.Item{
			Title: c.L.T("overview.inbox-systems", "Count", x.Left), Text: c.L.T("overview.inbox-systems-text"), Href: TodoPath,
			Button: c.L.T("overview.inbox-todo"),
		})
	}
	return out, nil
}

// shiftItems are the changes of a system.
func shiftItems(c *web.Context, x *ClashingSystem) []finding.Item {
	var out []finding.Item
	for i := range x.Shifts {
		s := &x.Shifts[i]
		item := finding.Item{
			Title: c.L.T("overview.task-worse", "System", x.View.System.Name), Text: shiftText(c, &x.View.System, s), When: c.L.Date(civil.Of(s.Seen)),
			Href: changePath(x.View.System.Slug, s), Button: c.L.T("overview.do-worse"), Tag: web.Bad(c.L.T("overview.shift-worse")),
		}
		if s.Source != evidence.Measured {
			item.Title, item.Tag = c.L.T("overview.task-said", "System", x.View.System.Name), web.Warn(c.L.T("overview.shift-said"))
		}
		if s.Direction == evidence.Better {
			item.Title, item.Tag = c.L.T("overview.task-better", "System", x.View.System.Name), web.OK(c.L.T("overview.shift-better"))
		}
		out = append(out, item)
	}
	return out
}

// clashItems are the requirements of a system where what is measured and what somebody says do not agree.
func (p *Pages) clashItems(c *web.Context, v *requirement.View) []finding.Item {
	href := evidence.Path(v.System.Slug) + "#motsagelser"
	var out []finding.Item
	clashes := p.clashes(c, v)
	for i := range clashes[:min(len(clashes), mostClashes)] {
		k := &clashes[i]
		out = append(out, finding.Item{
			Title: c.L.T("overview.inbox-clash", "System", v.System.Name, "Requirement", strings.TrimSuffix(k.Title, ".")),
			Text:  sideText(c, &k.Measured) + " " + sideText(c, &k.Said),
			Href:  href, Button: c.L.T("overview.do-contradicted"), Tag: shownTag(c.L, requirement.Contradicted),
		})
	}
	if n := len(clashes) - mostClashes; n > 0 {
		out = append(out, finding.Item{
			Title: c.L.T("overview.inbox-clashes", "System", v.System.Name, "Count", n), Text: c.L.T("overview.clash-both"),
			Href: href, Button: c.L.T("overview.do-contradicted"),
		})
	}
	return out
}

// sideText tells one side of a contradiction in a line.
func sideText(c *web.Context, s *side) string {
	return c.L.T("overview.inbox-side", "Side", s.Title, "Day", s.Source.Detail, "Says", s.Big, "Why", strings.TrimSuffix(s.Text, "."))
}
