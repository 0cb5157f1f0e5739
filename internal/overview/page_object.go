// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// eventsPage is everything that has happened to something.
type eventsPage struct {
	web.Page
	Back   web.Link
	Events []event
	Capped bool
}

func (p *Pages) processingHistory(c *web.Context) error {
	h, err := p.Overview.ProcessingHistory(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	return p.pastPage(c, &h, processing.Menu, web.Crumb{Label: c.L.T("overview.processings"), Href: processing.Place})
}

func (p *Pages) pastPage(c *web.Context, h *Happened, active string, root web.Crumb) error {
	return c.Render(templates, "events.html", eventsPage{
		Page: web.Page{Title: c.L.T("overview.history-title", "Name", h.Name), Active: active, Crumbs: []web.Crumb{
			root, {Label: h.Name, Href: h.Path}, {Label: c.L.T("overview.history")},
		}},
		Back: web.Link{Label: h.Name, Href: h.Path}, Events: p.events(c, h.Events), Capped: len(h.Events) == manyEvents,
	})
}

// Measures gives the protections that systems are known to have, as the page of a processing shows them.
func (p *Pages) Measures(ctx context.Context, c *web.Context, systems []string) ([]processing.Measure, error) {
	if !may(c, "overview.Measures") {
		return nil, nil
	}
	list := make([]ids.ID[system.System], len(systems))
	for i, id := range systems {
		list[i] = ids.ID[system.System](id)
	}
	met, err := p.Overview.Measures(ctx, c.Actor, list)
	if err != nil {
		return nil, err
	}
	out := make([]processing.Measure, len(met))
	for i := range met {
		m := &met[i]
		out[i] = processing.Measure{
			System: m.System, Text: m.Requirement.Is.In(lang(c)), Href: "/krav/" + m.Requirement.ID, Source: requirement.PageSource(c.L, m.Answer),
		}
	}
	return out, nil
}
