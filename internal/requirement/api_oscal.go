// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"cmp"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// oscalIn asks for a system as OSCAL.
type oscalIn struct {
	system.APIRef
	Lang string `query:"lang" enum:"sv,en" doc:"The language of the texts; the one that was negotiated when it is left out"`
}

type oscalOut struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// oscal tells how well each requirement is met.
func (p *API) oscal(c *web.Context, in *oscalIn) (*oscalOut, error) {
	v, err := p.Service.View(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	x := p.component(c, &v, in)
	x.Stated = true
	return p.write(x, in)
}

// oscalApplicable tells which requirements apply and nothing more.
func (p *API) oscalApplicable(c *web.Context, in *oscalIn) (*oscalOut, error) {
	v, err := p.Service.Component(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	return p.write(p.component(c, &v, in), in)
}

func (p *API) write(x *catalogue.Component, in *oscalIn) (*oscalOut, error) {
	b, err := p.Service.Engine.Catalogue.OSCALComponent(x, catalogue.Lang(in.Lang))
	return &oscalOut{"application/json", b}, err
}

func (p *API) component(c *web.Context, v *View, in *oscalIn) *catalogue.Component {
	in.Lang = cmp.Or(in.Lang, c.L.Lang)
	x := &catalogue.Component{
		ID: v.System.ID.String(), Name: v.System.Name, Moment: p.Service.DB.Now(), Source: web.APIPath + "/oscal/catalog.json?lang=" + in.Lang,
	}
	for i := range v.Requirements {
		r := &v.Requirements[i]
		because := make([]string, len(r.Because))
		for n, b := range r.Because {
			because[n] = b.Text
		}
		x.Requirements = append(x.Requirements, catalogue.Implemented{
			ID: r.ID, Version: r.Version, Because: strings.Join(because, " "), Figures: r.Figures,
			State: cmp.Or(string(r.Answer.Status), string(Unanswered)), KnownBy: r.Answer.KnownBy, KnownOn: r.Answer.KnownOn.String(),
		})
	}
	return x
}
