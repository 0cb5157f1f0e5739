// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Driver is OIDC where providers are set up.
type Driver struct {
	Service *Service
	// Site is the address that readers use: scheme and host.
	Site string
}

// Kind is provider.OIDC.
func (Driver) Kind() provider.Kind { return provider.OIDC }

// Icon is the symbol on the button.
func (Driver) Icon() string { return "key" }

// Path is where a sign-in begins.
func (Driver) Path(id provider.ID) string { return Path(id) }

// Fields are OIDC's own settings as fields of a form.
func (Driver) Fields(l *locale.Localizer, own json.RawMessage) []web.Field {
	s := Settings{Method: PrivateKey}
	if own != nil {
		_ = json.Unmarshal(own, &s) // what cannot be read is written anew
	}
	text := func(name, value string) web.Field {
		return web.Field{Name: name, Label: l.T("oidc.field-" + name), Hint: l.T("oidc.hint-" + name), Value: value, Autocomplete: "off"}
	}
	method := text("method", s.Method)
	method.Type, method.Options = "select", []web.Option{{Value: PrivateKey, Label: l.T("oidc.method-key")}, {Value: ClientSecret, Label: l.T("oidc.method-secret")}}
	context := text("context-claim", s.contextClaim())
	context.Type, context.Options = "select", []web.Option{{Value: ContextACR, Label: l.T("oidc.context-acr")}, {Value: ContextACRS, Label: l.T("oidc.context-acrs")}}
	userinfo := text("userinfo", "1")
	userinfo.Type, userinfo.Checked = "checkbox", s.Userinfo
	secret := text("secret", "")
	secret.Type, secret.Autocomplete = "password", "new-password" // hidden from who looks on, and not what the browser has kept
	out := []web.Field{
		text("client-id", s.ClientID), method, secret, text("hosts", strings.Join(s.Hosts, " ")), text("scopes", strings.Join(s.Scopes, " ")), context, userinfo,
	}
	for i := range out {
		out[i].Optional = out[i].Name == "secret" || out[i].Name == "hosts" || out[i].Name == "scopes"
	}
	return out
}

// Read makes settings of a form.
func (Driver) Read(form provider.Form) (json.RawMessage, map[string][]byte, []web.FieldError) {
	s := Settings{
		ClientID: form("client-id"), Method: form("method"), Hosts: strings.Fields(form("hosts")), Scopes: strings.Fields(form("scopes")),
		ContextClaim: form("context-claim"), Userinfo: form("userinfo") == "1",
	}
	own, err := json.Marshal(s)
	if err != nil {
		return nil, nil, []web.FieldError{{Field: "client-id", Key: "oidc.fault-settings"}}
	}
	var secrets map[string][]byte
	if secret := form("secret"); secret != "" && s.Method == ClientSecret {
		secrets = map[string][]byte{secretName: []byte(secret)}
	}
	// What is wrong with the issuer is told when the provider is looked at.
	err = s.check("https://" + "issuer.invalid")
	var faults []web.FieldError
	for _, f := range []struct {
		err        error
		field, key string
	}{
		{ErrClientID, "client-id", "oidc.fault-client-id"},
		{ErrMethod, "method", "oidc.fault-method"},
		{ErrHost, "hosts", "oidc.fault-hosts"},
		{ErrScope, "scopes", "oidc.fault-scopes"},
		{provider.ErrSettings, "context-claim", "oidc.fault-settings"},
	} {
		if errors.Is(err, f.err) {
			faults = append(faults, web.FieldError{Field: f.field, Key: f.key})
		}
	}
	return own, secrets, faults
}

// Look asks the provider about itself. One that uses hosts which nobody has approved, or does not answer, is not saved.
func (d Driver) Look(ctx context.Context, p *provider.Provider) []web.FieldError {
	_, err := d.Service.clients.discover(ctx, p)
	var unapproved *UnapprovedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unapproved):
		return []web.FieldError{{Field: "hosts", Key: "oidc.fault-unapproved", Args: []any{"Hosts", strings.Join(hostsOf(unapproved.Addresses), " ")}}}
	case errors.Is(err, ErrScheme):
		return []web.FieldError{{Field: "issuer", Key: "oidc.fault-scheme"}}
	default:
		return []web.FieldError{{Field: "issuer", Key: "oidc.fault-down", Args: []any{"Fault", clip(err.Error())}}}
	}
}

// hostsOf lists the hosts of addresses, each once.
func hostsOf(addresses []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || seen[u.Host] {
			continue
		}
		seen[u.Host] = true
		out = append(out, u.Host)
	}
	return out
}

// Facts are what the one who runs the provider must be told.
func (d Driver) Facts(ctx context.Context, l *locale.Localizer, p *provider.Provider) ([]provider.Fact, error) {
	self := d.Site + Path(p.ID)
	out := []provider.Fact{
		{Label: l.T("oidc.fact-redirect"), Value: self + "/svar"},
		{Label: l.T("oidc.fact-logout"), Value: self + "/utloggning"},
		{Label: l.T("oidc.fact-after"), Value: d.Site + web.SignInPath},
	}
	s, err := settingsOf(p)
	if err != nil || s.Method != PrivateKey {
		return out, nil //nolint:nilerr // settings that cannot be read have no keys to tell of
	}
	var code string
	err = d.Service.db.Read(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		code, err = codeOf(ctx, tx, p.Organisation)
		return err
	})
	if err != nil {
		return nil, err
	}
	keys := "/oidc/" + url.PathEscape(code) + "/nycklar"
	return append(out, provider.Fact{Label: l.T("oidc.fact-keys"), Value: d.Site + keys, Href: keys},
		provider.Fact{Label: l.T("oidc.fact-own-keys"), Value: l.T("oidc.keys-title"), Href: KeysPath}), nil
}
