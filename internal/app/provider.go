// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/certificate"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// ProviderForm is what the command line writes of a provider: the values of the fields that the page has.
type ProviderForm struct {
	// URL is the address that readers use.
	URL    *url.URL
	Values map[string]string
}

// ErrProvider says that a provider cannot be connected as it is written.
var ErrProvider = errors.New("the provider cannot be connected")

// AddProvider connects a provider from the command line, with the same checks as the page makes.
func (a *App) AddProvider(ctx context.Context, actor access.Actor, d provider.Draft, f ProviderForm) (provider.Provider, error) {
	o := ServerOptions{URL: f.URL}
	for _, driver := range []provider.Driver{oidc.Driver{Service: a.OIDC, Site: o.base()}, saml.Driver{Service: a.SAML, Site: o.base()}, certificate.Driver{}} {
		if driver.Kind() != d.Kind {
			continue
		}
		var faults []web.FieldError
		if d.Own, d.Secrets, faults = driver.Read(func(name string) string { return f.Values[name] }); len(faults) == 0 {
			if err := d.Check(a.Providers.Known); err != nil {
				return provider.Provider{}, err
			}
			faults = driver.Look(ctx, &d.Provider)
		}
		if len(faults) > 0 {
			return provider.Provider{}, fmt.Errorf("%w: %s: %s", ErrProvider, faults[0].Field, a.Texts.In(locale.Negotiate("en", "")).T(faults[0].Key, faults[0].Args...))
		}
		return a.Providers.Add(ctx, actor, d)
	}
	return provider.Provider{}, provider.ErrKind
}
