// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"net"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/certificate"
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
	out := []provider.Driver{oidc.Driver{Service: a.OIDC, Site: o.base()}, saml.Driver{Service: a.SAML, Site: o.base()}}
	if client := o.clientBase(); client != "" {
		out = append(out, certificate.Driver{Client: client})
	}
	return out
}

// Cards says how certificates on cards come to the program, beside TLS.ClientHost.
type Cards struct {
	// Proxy is the proxy that hands certificates on.
	Proxy certificate.Proxy
	// Lists are files with revoked certificates.
	Lists []string
}

// clientBase is the address under which certificates on cards are shown; empty when nothing asks for them.
func (o *ServerOptions) clientBase() string {
	switch {
	case o.TLS != nil && o.TLS.ClientHost != "":
		host := o.TLS.ClientHost
		if o.URL != nil && o.URL.Port() != "" {
			host = net.JoinHostPort(host, o.URL.Port())
		}
		return "https://" + host
	case o.Cards.Proxy.Header != "" && (o.Cards.Proxy.Socket || len(o.Cards.Proxy.Pins) > 0):
		return o.base()
	default:
		return ""
	}
}

// leaves asks each way of signing in where somebody who signs out goes on.
func leaves(all ...func(*web.Context, auth.Session) (string, error)) func(*web.Context, auth.Session) (string, error) {
	return func(c *web.Context, s auth.Session) (string, error) {
		for _, leave := range all {
			if to, err := leave(c, s); to != "" || err != nil {
				return to, err
			}
		}
		return "", nil
	}
}

// signInRoutes mounts the pages of the identity providers, and those where they are set up.
func (a *App) signInRoutes(site *web.Site, sessions *auth.Sessions, pages *saml.Pages, o ServerOptions) {
	setUp := &provider.Pages{Service: a.Providers, Drivers: a.drivers(o)}
	setUp.Routes(site)
	(&oidc.Pages{
		Service: a.OIDC, Sessions: sessions, Limits: sessions.Limits(), Cookies: provider.Cookies{TLS: o.secure()}, Site: o.base(), Tried: setUp.Tried,
	}).Mount(site)
	pages.Tried = setUp.Tried
	pages.Mount(site)
	if client := o.clientBase(); client != "" {
		(&certificate.Pages{
			DB: a.DB, Known: a.Providers.Known, Sessions: sessions, Limits: sessions.Limits(), Cookies: provider.Cookies{TLS: o.secure()},
			Proxy: o.Cards.Proxy, Lists: &certificate.Lists{Files: o.Cards.Lists}, Site: o.base(), Client: client, Tried: setUp.Tried,
		}).Mount(site)
	}
}

// samlPages are the addresses of SAML. They are made before the site, which asks them where its forms may lead.
func (a *App) samlPages(sessions *auth.Sessions, o ServerOptions) *saml.Pages {
	return &saml.Pages{Service: a.SAML, Sessions: sessions, Limits: sessions.Limits(), Site: o.base(), TLS: o.secure()}
}
