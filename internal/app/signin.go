// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/web"
)

// base is the address that readers use, without a path.
func (o *ServerOptions) base() string {
	if o.URL != nil {
		return o.URL.Scheme + "://" + o.URL.Host
	}
	if o.secure() {
		return "https://" + o.Address
	}
	return "http://" + o.Address
}

// drivers are the kinds of identity providers that the program has, the one to prefer first.
func (a *App) drivers(o ServerOptions) []provider.Driver {
	return []provider.Driver{oidc.Driver{Service: a.OIDC, Site: o.base()}, saml.Driver{Service: a.SAML, Site: o.base()}}
}

// signInRoutes mounts the pages of the identity providers, and those where they are set up.
func (a *App) signInRoutes(site *web.Site, sessions *auth.Sessions, pages *saml.Pages, o ServerOptions) {
	setUp := &provider.Pages{Service: a.Providers, Drivers: a.drivers(o)}
	setUp.Routes(site)
	(&oidc.Pages{
		Service: a.OIDC, Sessions: sessions, Limits: auth.NewLimits(sessions), Cookies: provider.Cookies{TLS: o.secure()}, Site: o.base(), Tried: setUp.Tried,
	}).Mount(site)
	pages.Tried = setUp.Tried
	pages.Mount(site)
}

// samlPages are the addresses of SAML. They are made before the site, which asks them where its forms may lead.
func (a *App) samlPages(sessions *auth.Sessions, o ServerOptions) *saml.Pages {
	return &saml.Pages{Service: a.SAML, Sessions: sessions, Site: o.base(), TLS: o.secure()}
}
