// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"errors"

	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// responsiblePage names who answers for a system.
type responsiblePage struct {
	web.Page
	Action, Back string
	Fields       []web.Field
	People       list
}

const peopleList = "personer"

func (p *Pages) responsible(c *web.Context) error { return p.showResponsible(c, nil) }

func (p *Pages) showResponsible(c *web.Context, faults []web.FieldError) error {
	n, err := p.Service.Responsible(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	s := &n.System
	labels := organisation.Labels(n.Everybody)
	page := responsiblePage{
		Page: web.Page{
			Title: c.L.T("system.responsible", "Name", s.Name), Active: "system", Errors: faults, Crumbs: []web.Crumb{
				{Label: c.L.T("system.systems"), Href: "/system"}, {Label: s.Name, Href: s.Path()}, {Label: c.L.T("system.responsible-short")},
			},
		},
		Action: s.Path() + "/ansvariga", Back: s.Path(), People: list{peopleList, organisation.Offered(n.Everybody)},
	}
	for _, kind := range organisation.ResponsibilityKinds(organisation.ObjectSystem) {
		f := web.Field{Name: kind, Label: c.L.T("organisation.kind-" + kind), Hint: c.L.T("system.responsible-hint-" + kind), Optional: true, Autocomplete: "off", List: peopleList}
		if role := map[string]string{"owner": s.OwnerRole, "manager": s.ManagerRole}[kind]; role != "" {
			f.Hint += " " + c.L.T("system.responsible-role", "Role", role)
		}
		if r, ok := n.By[kind]; ok {
			if f.Value = labels[r.Person]; f.Value == "" { // who has left is not in the list
				f.Value = r.Left
			}
			if r.Gone {
				f.Hint = c.L.T("system.responsible-left", "Name", r.Left)
			}
		}
		if sent := c.Forms(kind); len(sent) > 0 {
			f.Value = sent[0]
		}
		page.Fields = append(page.Fields, f)
	}
	return c.Render(templates, "responsible.html", page)
}

func (p *Pages) setResponsible(c *web.Context) error {
	n, err := p.Service.Responsible(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	var faults []web.FieldError
	var chosen []Naming
	for _, kind := range organisation.ResponsibilityKinds(organisation.ObjectSystem) {
		sent := c.Form(kind)
		if r, ok := n.By[kind]; ok && r.Gone && sent == r.Left {
			continue // left as it was
		}
		id, err := organisation.Call(n.Everybody, sent)
		if key := callFault(err); key != "" {
			faults = append(faults, web.FieldError{Field: kind, Key: key})
		}
		chosen = append(chosen, Naming{kind, id})
	}
	if len(faults) > 0 {
		return p.showResponsible(c, faults)
	}
	err = p.Service.SetResponsible(c.Context(), c.Actor, n.System.ID.String(), chosen)
	if errors.Is(err, organisation.ErrEnded) {
		return p.showResponsible(c, []web.FieldError{{Field: organisation.Owner, Key: "organisation.fault-nobody"}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(n.System.Path(), "system.responsible-saved", "Name", n.System.Name)
}

// callFault is what the page says when nobody could be found by a name.
func callFault(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, organisation.ErrNamesakes):
		return "organisation.fault-several"
	default:
		return "organisation.fault-nobody"
	}
}
