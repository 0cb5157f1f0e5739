// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// grantingPage shows how roles are given without a decision about each person.
type grantingPage struct {
	web.Page
	Rules                                    []ruleRow
	Groups                                   []groupRow
	CanAsk                                   bool
	Issuer, Effect, Claim, Value, Role, Unit web.Field
	Reason, Group, GroupRole, GroupUnit, Why web.Field
}

type ruleRow struct{ ID, Issuer, Text string }

type groupRow struct {
	Name, Role string
	Members    int
}

func (p *Pages) granting(c *web.Context) error { return p.renderGranting(c, nil) }

func (p *Pages) renderGranting(c *web.Context, faults []web.FieldError) error {
	g, err := p.Service.Granting(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := grantingPage{
		Page:   web.Page{Title: l.T("organisation.granting"), Active: "roles", Errors: faults},
		CanAsk: access.Allowed(c.Actor, "organisation.AskRule"),
		Issuer: web.Field{Name: "issuer", Label: l.T("organisation.rule-issuer"), Hint: l.T("organisation.rule-issuer-hint"), Value: c.Form("issuer")},
		Effect: web.Field{Name: "effect", Type: "select", Label: l.T("organisation.rule-effect"), Value: c.Form("effect"), Options: []web.Option{
			{Value: EffectRole, Label: l.T("organisation.effect-role")}, {Value: EffectEnter, Label: l.T("organisation.effect-enter")}, {Value: EffectLink, Label: l.T("organisation.effect-link")},
		}},
		Claim:     web.Field{Name: "claim", Label: l.T("organisation.rule-claim"), Value: c.Form("claim")},
		Value:     web.Field{Name: "value", Label: l.T("organisation.rule-value"), Hint: l.T("organisation.rule-value-hint"), Value: c.Form("value")},
		Role:      web.Field{Name: "role", Type: "select", Label: l.T("organisation.role"), Value: c.Form("role"), Optional: true, Options: roleOptions(l, l.T("organisation.without-role"))},
		Unit:      unitField(l, "unit", access.UnitID(c.Form("unit")), g.Chart),
		Reason:    web.Field{Name: "reason", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: c.Form("reason")},
		Group:     web.Field{Name: "group", Type: "select", Label: l.T("organisation.group"), Value: c.Form("group")},
		GroupRole: web.Field{Name: "group-role", Type: "select", Label: l.T("organisation.role"), Value: c.Form("group-role"), Options: roleOptions(l, l.T("organisation.without-role"))},
		GroupUnit: unitField(l, "group-unit", access.UnitID(c.Form("group-unit")), g.Chart),
		Why:       web.Field{Name: "why", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: c.Form("why")},
	}
	for i := range g.Rules {
		out.Rules = append(out.Rules, ruleRow{g.Rules[i].ID.String(), g.Rules[i].Issuer, RuleText(l, &g.Rules[i], g.Chart)})
	}
	for i := range g.Groups {
		x := &g.Groups[i]
		out.Groups = append(out.Groups, groupRow{x.Name, PlaceName(l, x.Place, g.Chart), g.Members[x.ID]})
		out.Group.Options = append(out.Group.Options, web.Option{Value: x.ID.String(), Label: x.Name})
	}
	return c.Render(pages, "granting.html", out)
}

func (p *Pages) rule(c *web.Context) error {
	change := ArrivalChange{End: c.Form("end") == "1", Rule: Rule{
		ID: ids.ID[Rule](c.Form("rule")), Issuer: c.Form("issuer"), Effect: c.Form("effect"), Claim: c.Form("claim"), Value: c.Form("value"),
		Role: access.Role(c.Form("role")), Unit: access.UnitID(c.Form("unit")),
	}}
	return p.asked(c, p.Service.AskRule(c.Context(), c.Actor, change, c.Form("reason")))
}

func (p *Pages) group(c *web.Context) error {
	place := Place{access.Role(c.Form("group-role")), access.UnitID(c.Form("group-unit"))}
	return p.asked(c, p.Service.AskGroupRole(c.Context(), c.Actor, ids.ID[Group](c.Form("group")), place, c.Form("why")))
}

func (p *Pages) asked(c *web.Context, err error) error {
	if f, ok := faultOf(err); ok {
		if c.Form("group") != "" {
			f.Field = map[string]string{"role": "group-role", "reason": "why", "unit": "group-unit"}[f.Field]
		}
		return p.renderGranting(c, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(RolesPath, "organisation.asked")
}

// unitsPage shows the units.
type unitsPage struct {
	web.Page
	Nodes                             []Node
	CanSave                           bool
	Name, Parent, Moved, Below, Which web.Field
}

func (p *Pages) units(c *web.Context) error { return p.renderUnits(c, nil) }

func (p *Pages) renderUnits(c *web.Context, faults []web.FieldError) error {
	chart, err := p.Service.Chart(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := unitsPage{
		Page: web.Page{Title: l.T("organisation.units"), Active: "units", Errors: faults}, Nodes: chart.Nodes, CanSave: access.Allowed(c.Actor, "organisation.SaveUnit"),
		Name:   web.Field{Name: "unit-name", Label: l.T("organisation.unit-name"), Value: c.Form("unit-name")},
		Which:  unitField(l, "which", access.UnitID(c.Form("which")), chart),
		Parent: unitField(l, "parent", access.UnitID(c.Form("parent")), chart),
		Moved:  unitField(l, "moved", access.UnitID(c.Form("moved")), chart),
		Below:  unitField(l, "below", access.UnitID(c.Form("below")), chart),
	}
	out.Which.Label, out.Which.Options[0].Label = l.T("organisation.unit-which"), l.T("organisation.unit-new")
	out.Parent.Label, out.Below.Label = l.T("organisation.unit-below"), l.T("organisation.unit-to")
	out.Moved.Options, out.Moved.Optional = out.Moved.Options[1:], false
	return c.Render(pages, "units.html", out)
}

func (p *Pages) saveUnit(c *web.Context) error {
	_, err := p.Service.SaveUnit(c.Context(), c.Actor, Unit{ID: access.UnitID(c.Form("which")), Name: c.Form("unit-name"), Parent: access.UnitID(c.Form("parent"))})
	return p.unitDone(c, err)
}

func (p *Pages) moveUnit(c *web.Context) error {
	return p.unitDone(c, p.Service.Move(c.Context(), c.Actor, access.UnitID(c.Form("moved")), access.UnitID(c.Form("below"))))
}

func (p *Pages) unitDone(c *web.Context, err error) error {
	if f, ok := faultOf(err); ok {
		if c.Form("moved") != "" {
			f.Field = "below"
		}
		return p.renderUnits(c, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(UnitsPath, "organisation.unit-saved")
}
