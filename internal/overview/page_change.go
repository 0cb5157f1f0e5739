// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/url"
	"slices"

	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// changePath is where a change is decided about.
func changePath(slug string, s *evidence.Shift) string {
	return systemPath(slug) + "/forandring/" + s.ID.String()
}

type changePage struct {
	web.Page
	Head   web.SystemHead
	Note   web.Note
	Sides  []changeSide
	Better bool
	// Closes are the requirements whose actions are done when it is confirmed.
	Closes []web.Link
	// Taken tells that somebody has decided already.
	Taken string
	// Incident begins an incident of what was measured now.
	Incident                     *incidentForm
	Action, Label, Dispute, Back string
}

// changeSide is what was measured, or said, on one occasion.
type changeSide struct {
	ID, Title, Big, Href string
	Source               web.Source
	Reasons              []string
}

// change shows what a measurement, or somebody's word, has changed, before and now with the reasons, and what can be decided about it.
func (p *Pages) change(c *web.Context) error {
	x, err := p.Overview.Change(c.Context(), c.Actor, c.Path("slug"), ids.ID[evidence.Shift](c.Path("id")), c.L)
	if err != nil {
		return err
	}
	v, t := &x.View, c.L.T
	note := shiftView{}
	for _, n := range shiftViews(c, &Shown{One: x.One, Shifts: []evidence.Shift{x.Shift}}) {
		note = n
	}
	d := changePage{
		Page: p.systemBase(c, v), Head: p.head(c, &x.One, web.TabRequirements), Note: note.Note, Better: x.Shift.Direction == evidence.Better,
		Back: evidence.Path(v.System.Slug),
	}
	d.Title = t("overview.change-title", "Name", v.System.Name)
	if x.Shift.Source != evidence.Measured {
		d.Title = t("overview.change-said-title", "Name", v.System.Name)
	}
	if x.Before != nil {
		d.Sides = append(d.Sides, p.changeSide(c, x.Before, t("overview.change-before"), x.Shift.Was))
	}
	if x.Now != nil {
		d.Sides = append(d.Sides, p.changeSide(c, x.Now, t("overview.change-now"), x.Shift.Became))
		d.Incident = begins(c, &Shown{One: x.One}, x.Now)
	}
	for _, id := range x.Closes {
		if r, ok := p.Overview.catalogue().Requirement(id); ok {
			d.Closes = append(d.Closes, web.Link{Label: r.Is.In(lang(c)), Href: "/krav/" + id})
		}
	}
	switch {
	case !x.Shift.Noted.IsZero() && x.Now != nil && x.Now.Dispute != nil:
		d.Taken = disputeText(c, x.Now.Dispute)
	case !x.Shift.Noted.IsZero():
		d.Taken = t("overview.change-taken", "When", c.L.Moment(x.Shift.Noted))
	default:
		d.Action, d.Label = note.Action, note.Label
		if mayAt(c, "evidence.Dispute", &v.System) && x.Now != nil && x.Shift.Source == evidence.Measured {
			d.Dispute = evidence.Path(v.System.Slug) + "/" + x.Now.ID.String() + "/bestrid"
		}
	}
	return c.Render(templates, "change.html", d)
}

func (p *Pages) changeSide(c *web.Context, r *evidence.Record, title, word string) changeSide {
	return changeSide{
		ID: r.ID.String(), Title: title, Big: verdictWord(c, word), Href: evidence.Path(url.PathEscape(c.Path("slug"))) + "#b-" + r.ID.String(),
		Source: web.Source{Kind: string(r.Source), Detail: c.L.Moment(r.Observed)}, Reasons: slices.Concat(r.Detail.Why(c.L), p.limits(c, r)),
	}
}
