// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// NetworkPlace is where the private networks are listed.
const NetworkPlace = Place + "/nat"

type networkPage struct {
	web.Page
	Tabs   web.Tabs
	Rows   []networkRow
	Fields []web.Field
	CanAsk bool
}

type networkRow struct {
	ID, Network, Until, By string
	State                  web.Tag
	CanEnd                 bool
}

func (p *Pages) networks(c *web.Context) error { return p.networkList(c) }

func (p *Pages) networkList(c *web.Context, faults ...web.FieldError) error {
	list, err := p.Service.Networks(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	expires := c.Form("till")
	if expires == "" {
		expires = list.Today.AddMonths(longest).String()
	}
	out := networkPage{
		Page: web.Page{Title: l.T("measurement.networks"), Active: Menu, Errors: faults, Crumbs: crumbs(l)}, Tabs: tabs(c, NetworkPlace),
		CanAsk: access.Allowed(c.Actor, "measurement.AskNetwork"),
		Fields: []web.Field{
			{Name: "nat", Label: l.T("measurement.network"), Hint: l.T("measurement.network-hint"), Value: c.Form("nat"), Autocomplete: "off"},
			{Name: "till", Type: "date", Label: l.T("measurement.until"), Hint: l.T("measurement.network-until-hint"), Value: expires},
			{Name: "skal", Type: "textarea", Label: l.T("measurement.network-reason"), Hint: l.T("measurement.reason-hint"), Value: c.Form("skal")},
		},
	}
	for i := range list.Ranges {
		r := &list.Ranges[i]
		state := r.State(list.Today)
		row := networkRow{ID: r.ID.String(), Network: r.CIDR.String(), Until: l.Date(r.Expires), State: stateTag(l, state)}
		row.CanEnd = (state == Waiting || state == Approved) && access.Allowed(c.Actor, "measurement.EndNetwork")
		row.By = l.T("measurement.by", "Name", nameOf(list.Names, r.AskedBy), "When", l.Moment(r.AskedAt))
		if !r.ApprovedAt.IsZero() {
			row.By = l.T("measurement.network-by", "Asked", nameOf(list.Names, r.AskedBy), "Approved", nameOf(list.Names, r.ApprovedBy), "When", l.Moment(r.ApprovedAt))
		}
		out.Rows = append(out.Rows, row)
	}
	return c.Render(templates, "networks.html", out)
}

func (p *Pages) askNetwork(c *web.Context) error {
	var r Range
	var err error
	if r.CIDR, err = ParseRange(c.Form("nat")); err != nil {
		return p.networkList(c, web.FieldError{Field: "nat", Key: "measurement.error-network"})
	}
	if r.Expires, err = civil.Parse(c.Form("till")); err != nil {
		return p.networkList(c, web.FieldError{Field: "till", Key: "measurement.error-expires"})
	}
	_, err = p.Service.AskNetwork(c.Context(), c.Actor, r, c.Form("skal"))
	for _, x := range []struct {
		err        error
		field, key string
	}{
		{ErrRange, "nat", "measurement.error-network"},
		{ErrRangeStands, "nat", "measurement.error-network-stands"},
		{ErrExpires, "till", "measurement.error-expires"},
		{approval.ErrReason, "skal", "measurement.error-reason"},
		{approval.ErrTooMany, "skal", "measurement.error-many"},
	} {
		if errors.Is(err, x.err) {
			return p.networkList(c, web.FieldError{Field: x.field, Key: x.key})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(NetworkPlace, "measurement.network-asked")
}

func (p *Pages) endNetwork(c *web.Context) error {
	if err := p.Service.EndNetwork(c.Context(), c.Actor, ids.ID[Range](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(NetworkPlace, "measurement.network-ended")
}
