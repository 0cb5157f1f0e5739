// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// systemsPage is where a system to procure for is chosen.
type systemsPage struct {
	web.Page
	Text        string
	OnlyPlanned bool
	Planned     int
	Rows        []systemRow
	Paging      web.Paging
	Empty       web.Empty
	CanPlan     bool
	Purchases   []purchaseLine
}

// purchaseLine is one planned purchase of the list.
type purchaseLine struct{ Name, Href, Unit, When string }

// systemRow is one system of the list.
type systemRow struct {
	Slug, Name, Unit, Contract string
	Planned, Stop, Chosen      bool
	Levels                     web.KRTS
	// Mark says that the levels are a draft or a suggestion.
	Mark string
}

func (p *Pages) systems(c *web.Context) error {
	page, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
	f := Filter{Text: c.Query("q"), Planned: c.Query("planerade") == "ja", Page: page}
	list, err := p.Service.Systems(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	out := systemsPage{
		Page: web.Page{Title: c.L.T("procurement.page-systems"), Active: "procurement"},
		Text: f.Text, OnlyPlanned: f.Planned, Planned: list.Planned, CanPlan: access.Allowed(c.Actor, "procurement.SavePurchase"),
		Paging: web.Paging{Page: list.Page, Size: PageSize, Total: list.Total, Path: "/upphandling", Query: query(f)},
	}
	for i := range list.Purchases {
		x := &list.Purchases[i]
		out.Purchases = append(out.Purchases, purchaseLine{
			Name: x.Name, Href: purchaseBase(x.ID.String()), Unit: x.Unit, When: c.L.T("procurement.purchase-changed", "Moment", c.L.Moment(x.Updated)),
		})
	}
	for i := range list.Systems {
		v := &list.Systems[i]
		row := systemRow{
			Slug: v.System.Slug, Name: v.System.Name, Unit: v.System.Unit, Planned: v.System.State == statePlanned, Stop: v.Need.Stop,
			Chosen: v.Chosen, Levels: requirement.PageLevels(c.L, &v.Need), Mark: requirement.PageMark(c.L, &v.View), Contract: v.System.ContractNote,
		}
		if !v.System.ContractEnd.IsZero() {
			row.Contract = c.L.ShortDate(v.System.ContractEnd)
		}
		out.Rows = append(out.Rows, row)
	}
	out.Empty = web.Empty{Title: c.L.T("procurement.page-no-systems"), Text: c.L.T("procurement.page-no-systems-text")}
	if access.Allowed(c.Actor, "register.Import") {
		out.Empty.Actions = []web.Link{{Label: c.L.T("procurement.page-import"), Href: "/importera", Primary: true}}
	}
	if f.Text != "" || f.Planned {
		out.Empty = web.Empty{
			Title: c.L.T("procurement.page-no-match"), Text: c.L.T("procurement.page-no-match-text"),
			Actions: []web.Link{{Label: c.L.T("procurement.page-show-all-systems"), Href: "/upphandling"}},
		}
	}
	return c.Render(pages, "systems.html", out)
}

// query is the filter as it stands in the address.
func query(f Filter) url.Values {
	q := url.Values{}
	if f.Text != "" {
		q.Set("q", f.Text)
	}
	if f.Planned {
		q.Set("planerade", "ja")
	}
	return q
}
