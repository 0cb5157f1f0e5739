// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"embed"
	"errors"
	"net/http"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Where the pages are.
const (
	// Place is where the workshops are, and DoorPath where participants come in.
	Place    = "/riskverkstad"
	DoorPath = "/verkstad"
	seatPath = DoorPath + "/rost"
)

// Pages are the pages of workshops: for whoever leads one, and for those who take part without an account.
type Pages struct {
	Service *Service
	// Limits slow down whoever guesses codes.
	Limits *auth.Limits
	// Link is the address that readers use.
	Link string
	// TLS is true when readers reach the site over HTTPS.
	TLS bool
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "workshop.List", p.list)
	s.Handle("GET /system/{slug}/riskverkstad", "workshop.Plan", p.plan)
	s.Handle("POST /system/{slug}/riskverkstad", "workshop.Start", p.start)
	s.Handle("GET "+Place+"/{id}", "workshop.Open", p.room)
	s.Handle("GET "+Place+"/{id}/lage", "workshop.Watch", p.pulse)
	s.Handle("GET "+Place+"/{id}/protokoll", "workshop.Open", p.minutes)
	s.Handle("POST "+Place+"/{id}/scenario", "workshop.AddScenario", p.add)
	s.Handle("POST "+Place+"/{id}/avsluta", "workshop.Close", p.close)
	s.Handle("POST "+Place+"/{id}/{n}/rosta", "workshop.Ask", p.ask)
	s.Handle("POST "+Place+"/{id}/{n}/visa", "workshop.Reveal", p.reveal)
	s.Handle("POST "+Place+"/{id}/{n}/beslut", "workshop.Decide", p.decide)
	s.Public("GET "+DoorPath, p.door)
	s.Public("POST "+DoorPath, p.join)
	s.Public("GET "+seatPath, p.seat)
	s.Public("POST "+seatPath, p.vote)
}

func lang(c *web.Context) catalogue.Lang { return catalogue.Lang(c.L.Lang) }

func workshopID(c *web.Context) ids.ID[Workshop] { return ids.ID[Workshop](c.Path("id")) }

func itemOf(c *web.Context) Item {
	return Item{Workshop: workshopID(c), Scenario: ids.ID[Scenario](c.Path("n"))}
}

func pathOf(id ids.ID[Workshop]) string { return Place + "/" + id.String() }

type listRow struct {
	Name, Href, System, At, Progress string
	State                            web.Tag
}

type listPage struct {
	web.Page
	Rows  []listRow
	Empty web.Empty
}

func (p *Pages) list(c *web.Context) error {
	list, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := c.L.T
	d := listPage{
		Page:  web.Page{Title: t("workshop.workshops"), Active: risk.Menu, Crumbs: []web.Crumb{{Label: t("risk.risks"), Href: risk.Place}, {Label: t("workshop.workshops")}}},
		Empty: web.Empty{Title: t("workshop.none"), Text: t("workshop.none-text"), Actions: []web.Link{{Label: t("risk.systems"), Href: "/system"}}},
	}
	for i := range list {
		x := &list[i]
		row := listRow{
			Name: x.Name, Href: pathOf(x.ID), System: x.SystemName, At: c.L.Moment(x.CreatedAt),
			Progress: t("workshop.progress", "Done", x.Decided, "Total", x.Scenarios), State: web.Neutral(t("workshop.closed")),
		}
		if x.Ongoing {
			row.State = web.Info(t("workshop.open"))
		}
		d.Rows = append(d.Rows, row)
	}
	return c.Render(templates, "list.html", d)
}

// choiceRow is a scenario that a workshop can weigh.
type choiceRow struct {
	Name, Value, Label, Hint string
	Checked                  bool
}

type planPage struct {
	web.Page
	Head          web.SystemHead
	Action        string
	Name          web.Field
	Risks, Scenes []choiceRow
	Stop          bool
}

func (p *Pages) plan(c *web.Context) error { return p.planForm(c, nil) }

func (p *Pages) planForm(c *web.Context, faults []web.FieldError) error {
	v, err := p.Service.Plan(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	t, sys := c.L.T, &v.View.System
	d := planPage{
		Page: web.Page{Title: t("workshop.new"), Active: risk.Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: t("risk.risks"), Href: risk.Place}, {Label: sys.Name, Href: "/system/" + sys.Slug + "/risker"}, {Label: t("workshop.new")},
		}},
		Head: requirement.PageHead(c, &v.View, web.TabRisks), Action: "/system/" + sys.Slug + "/riskverkstad", Stop: v.Need.Stop,
		Name: web.Field{Name: "namn", Label: t("workshop.in-name"), Value: t("workshop.name-of", "System", sys.Name)},
	}
	posted := c.Request.Method == http.MethodPost
	if posted {
		d.Name.Value = c.Form("namn")
	}
	for i := range v.Risks {
		r := &v.Risks[i]
		d.Risks = append(d.Risks, choiceRow{Name: "risk", Value: r.ID.String(), Label: r.Name, Hint: r.Event, Checked: !posted && r.Treatment == risk.Untreated || slices.Contains(c.Forms("risk"), r.ID.String())})
	}
	for _, x := range v.Suggested {
		d.Scenes = append(d.Scenes, choiceRow{Name: "hot", Value: x.ID, Label: x.Name.In(lang(c)), Hint: x.Event.In(lang(c)), Checked: slices.Contains(c.Forms("hot"), x.ID)})
	}
	return c.Render(templates, "plan.html", d)
}

func (p *Pages) start(c *web.Context) error {
	n := New{Name: c.Form("namn"), Threats: c.Forms("hot")}
	for _, id := range c.Forms("risk") {
		n.Risks = append(n.Risks, ids.ID[risk.Risk](id))
	}
	w, err := p.Service.Start(c.Context(), c.Actor, c.Path("slug"), n, c.L)
	switch {
	case errors.Is(err, ErrName):
		return p.planForm(c, []web.FieldError{{Field: "namn", Key: "workshop.fault-title"}})
	case errors.Is(err, ErrScenarios):
		return p.planForm(c, []web.FieldError{{Field: "scenarier", Key: "workshop.fault-scenarios", Args: []any{"Max", maxScenarios}}})
	case err != nil:
		return err
	}
	return c.Redirect(pathOf(w.ID))
}

// refuse turns the errors of a workshop into pages.
func refuse(err error) error {
	switch {
	case errors.Is(err, ErrGone):
		return &web.Error{Status: http.StatusGone, Key: "workshop.gone", Err: err}
	case errors.Is(err, ErrState):
		return &web.Error{Status: http.StatusConflict, Key: "workshop.fault-state", Err: err}
	}
	return err
}

// mayLead reports whether the reader may lead a workshop of a system.
func mayLead(c *web.Context, v *View) bool {
	return access.AllowedAt(c.Actor, "workshop.Decide", v.System.UnitID)
}
