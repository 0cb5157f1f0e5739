// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// KeysPath is the page of our own keys.
const KeysPath = provider.Path + "/saml-nycklar"

type keysPage struct {
	web.Page
	Path      string
	Keys      []keyLine
	Next, May bool
}

type keyLine struct {
	ID, State, Fingerprint, Created string
	Old                             bool
}

// keys shows our keys, and the next step of a change of key.
func (p *Pages) keys(c *web.Context) error {
	all, err := p.Service.Keys(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := keysPage{
		Page: web.Page{
			Title: c.L.T("saml.keys-title"), Active: provider.Menu,
			Crumbs: []web.Crumb{{Label: c.L.T("provider.title"), Href: provider.Path}, {Label: c.L.T("saml.keys-title")}},
		},
		Path: KeysPath, May: access.Allowed(c.Actor, "saml.NewKey"),
	}
	words := map[KeyState]string{Current: c.L.T("saml.key-current"), Next: c.L.T("saml.key-next"), Old: c.L.T("saml.key-old")}
	for _, k := range all {
		out.Next = out.Next || k.State == Next
		out.Keys = append(out.Keys, keyLine{ID: k.ID, State: words[k.State], Fingerprint: k.Fingerprint, Created: c.L.Moment(k.Created), Old: k.State == Old})
	}
	return c.Render(templates, "keys.html", out)
}

// changeKeys does one step of a change of key.
func (p *Pages) changeKeys(c *web.Context) error {
	var err error
	switch c.Form("steg") {
	case "ny":
		err = p.Service.NewKey(c.Context(), c.Actor)
	case "byt":
		err = p.Service.UseKey(c.Context(), c.Actor)
	case "ta-bort":
		err = p.Service.RemoveKey(c.Context(), c.Actor, c.Form("nyckel"))
	default:
		return &web.Error{Status: http.StatusBadRequest}
	}
	if errors.Is(err, ErrHasNext) || errors.Is(err, ErrNoNext) || errors.Is(err, db.ErrNotFound) {
		return c.Redirect(KeysPath, "saml.key-done-already")
	}
	if err != nil {
		return err
	}
	return c.Redirect(KeysPath, "saml.key-changed")
}
