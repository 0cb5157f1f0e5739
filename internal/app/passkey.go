// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// origin is the address that readers use. Passkeys are bound to its name; on this machine alone that is localhost, because browsers
// bind them to no number.
func (o *ServerOptions) origin() *url.URL {
	u := url.URL{Scheme: "http", Host: "localhost"}
	if o.URL != nil {
		u.Scheme, u.Host = o.URL.Scheme, o.URL.Host
	} else if _, port, err := net.SplitHostPort(o.Address); err == nil && port != "80" {
		u.Host = net.JoinHostPort("localhost", port)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Unmap().IsLoopback() {
		u.Host = "localhost"
		if o.URL.Port() != "" {
			u.Host = net.JoinHostPort("localhost", o.URL.Port())
		}
	}
	return &u
}

// passkeys mounts passkeys and adds them to the ways in. An address that they cannot be bound to leaves the other ways as they are.
func (a *App) passkeys(site *web.Site, o *ServerOptions, pages *auth.Pages) {
	keys, err := passkey.New(a.DB, passkey.Options{
		Origin: o.origin(), Sessions: pages.Sessions, Limits: pages.Sessions.Limits(), Found: organisation.Found,
		Places: organisation.Municipalities(), Log: a.Log, Tell: a.tellOfAccount, Bound: provider.DeviceBound, Begun: provider.BeginGuard,
	})
	if err != nil {
		a.Log.LogAttrs(context.Background(), slog.LevelWarn, "no passkeys", slog.String("error", err.Error()))
		return
	}
	pages.HasPasskey = keys.HasPasskey
	if o.Demo == nil {
		pages.Methods = append(pages.Methods, passkey.Method())
		pages.Welcome = keys.Waiting
	}
	(&passkey.Pages{Keys: keys, SignIn: *pages}).Mount(site)
}

// FirstCode makes the code that lets the first person in and tells where it is used; both are empty when somebody has an account
// already. org is an organisation's short name, or empty. Any code from before is over.
func (a *App) FirstCode(ctx context.Context, o ServerOptions, org string) (code, address string, err error) {
	code, err = passkey.ConsoleCode(ctx, a.DB, org)
	if org == "" && errors.Is(err, passkey.ErrBegun) {
		return "", "", passkey.ForgetConsoleCode(ctx, a.DB)
	}
	if err != nil {
		return "", "", fmt.Errorf("let the first person in: %w", err)
	}
	return code, o.origin().String() + auth.WelcomePath, nil
}
