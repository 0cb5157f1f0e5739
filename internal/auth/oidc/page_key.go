// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/web"
)

// KeysPath is the page of our own keys.
const KeysPath = provider.Path + "/oidc-nycklar"

type keysPage struct {
	web.Page
	Path string
	Keys []keyLine
	May  bool
	Two  provider.TwoBlock
}

type keyLine struct{ ID, Algorithm, State, Created string }

// ownKeys shows our keys, and where a change of them is asked for.
func (p *Pages) ownKeys(c *web.Context) error { return p.showKeys(c) }

func (p *Pages) showKeys(c *web.Context, faults ...web.FieldError) error {
	all, err := p.Service.Keys(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	pending, err := p.Service.PendingKeys(c.Context(), c.Actor, c.L)
	if err != nil {
		return err
	}
	out := keysPage{
		Page: provider.KeysPage(c.L.T("oidc.keys-title"), c.L.T("provider.title"), faults),
		Path: KeysPath, May: access.Allowed(c.Actor, "oidc.RotateKeys"), Two: provider.TwoBlockOf(c, pending, ""),
	}
	for _, k := range all {
		state := c.L.T("oidc.key-published")
		if k.Signs {
			state = c.L.T("oidc.key-signs")
		}
		out.Keys = append(out.Keys, keyLine{ID: k.ID, Algorithm: k.Algorithm, State: state, Created: c.L.Moment(k.Created)})
	}
	return c.Render(templates, "keys.html", out)
}

// changeKeys asks for new keys.
func (p *Pages) changeKeys(c *web.Context) error {
	why := provider.WhyField(c, "")
	w, err := p.Service.RotateKeys(c.Context(), c.Actor, why.Value)
	fault, err := provider.FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.showKeys(c, *fault)
	}
	return c.Redirect(KeysPath, w.Done("oidc.keys-changed"))
}
