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
	Two       provider.TwoBlock
}

type keyLine struct {
	ID, State, Fingerprint, Created string
	Old                             bool
	Why                             web.Field
}

// keys shows our keys, and the next step of a change of key.
func (p *Pages) keys(c *web.Context) error { return p.showKeys(c) }

// showKeys draws the page. A step that could not be asked for is shown with its fault where it was asked for.
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
		Page: provider.KeysPage(c.L.T("saml.keys-title"), c.L.T("provider.title"), faults),
		Path: KeysPath, May: access.Allowed(c.Actor, "saml.NewKey") && len(pending.Waiting) == 0, Two: provider.TwoBlockOf(c, pending, ""),
	}
	words := map[KeyState]string{Current: c.L.T("saml.key-current"), Next: c.L.T("saml.key-next"), Old: c.L.T("saml.key-old")}
	for _, k := range all {
		out.Next = out.Next || k.State == Next
		out.Keys = append(out.Keys, keyLine{
			ID: k.ID, State: words[k.State], Fingerprint: k.Fingerprint, Created: c.L.Moment(k.Created), Old: k.State == Old,
			Why: provider.WhyField(c, "-"+k.ID),
		})
	}
	return c.Render(templates, "keys.html", out)
}

// changeKeys asks for one step of a change of key.
func (p *Pages) changeKeys(c *web.Context) error {
	why := provider.WhyField(c, "")
	var w provider.Wait
	var err error
	switch keyStep(c.Form("steg")) {
	case stepNew:
		w, err = p.Service.NewKey(c.Context(), c.Actor, why.Value)
	case stepUse:
		w, err = p.Service.UseKey(c.Context(), c.Actor, why.Value)
	case stepRemove:
		why = provider.WhyField(c, "-"+c.Form("nyckel"))
		w, err = p.Service.RemoveKey(c.Context(), c.Actor, c.Form("nyckel"), why.Value)
	default:
		return &web.Error{Status: http.StatusBadRequest}
	}
	if errors.Is(err, ErrHasNext) || errors.Is(err, ErrNoNext) || errors.Is(err, db.ErrNotFound) {
		return c.Redirect(KeysPath, "saml.key-done-already")
	}
	fault, err := provider.FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.showKeys(c, *fault)
	}
	return c.Redirect(KeysPath, w.Done("saml.key-changed"))
}
