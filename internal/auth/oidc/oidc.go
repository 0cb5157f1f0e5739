// SPDX-License-Identifier: EUPL-1.2

// Package oidc signs people in at an organisation's OpenID provider (Swedish: OIDC-inloggning): code with PKCE and nonce, an essential
// demand for a level, and a comparison of the answer with what was asked. What is missing, unknown or late is a refusal.
package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/auth/provider"
)

// The ways in which we show the provider who we are.
const (
	PrivateKey   = "private_key_jwt"
	ClientSecret = "client_secret"
)

// The claims that can carry the authentication context.
const (
	ContextACR  = "acr"
	ContextACRS = "acrs" // Entra ID's authentication contexts: a list
)

// Settings are the settings of a provider that only OIDC has. They are provider.Provider.Own.
type Settings struct {
	// ClientID is what the provider calls us.
	ClientID string `json:"client_id"`
	// Method is how we show who we are: PrivateKey or ClientSecret.
	Method string `json:"method"`
	// Hosts are the hosts that an administrator has approved for the provider's addresses, beside the issuer's own.
	Hosts []string `json:"hosts,omitempty"`
	// Scopes are asked for beside openid.
	Scopes []string `json:"scopes,omitempty"`
	// ContextClaim is the claim with the authentication context: ContextACR or ContextACRS.
	ContextClaim string `json:"context_claim,omitempty"`
	// Userinfo says that the person's name and roles are fetched from the provider's userinfo address.
	Userinfo bool `json:"userinfo,omitempty"`
}

// secretName is the name of the client secret in the vault.
const secretName = "client-secret"

// What can be wrong with the settings.
var (
	ErrClientID = errors.New("the client id is missing or has characters that it cannot have")
	ErrMethod   = errors.New("choose how the program shows the provider who it is: with a key of its own or with a secret")
	ErrHost     = errors.New("a host is written as its name alone, such as login.example.se")
	ErrScope    = errors.New("a scope is one word")
	ErrScheme   = errors.New("the issuer's address begins with https://")
)

// settingsOf reads a provider's settings.
func settingsOf(p *provider.Provider) (Settings, error) {
	var s Settings
	if p.Kind != provider.OIDC {
		return s, provider.ErrKind
	}
	if err := json.Unmarshal(p.Own, &s); err != nil {
		return s, fmt.Errorf("%w: %w", provider.ErrSettings, err)
	}
	return s, s.check(p.Issuer)
}

const (
	maxClientID = 300
	maxHosts    = 10
	maxScopes   = 20
)

func (s *Settings) check(issuer string) error {
	var faults []error
	add := func(wrong bool, err error) {
		if wrong {
			faults = append(faults, err)
		}
	}
	add(!address(issuer), ErrScheme)
	add(s.ClientID == "" || len(s.ClientID) > maxClientID || !printable(s.ClientID), ErrClientID)
	add(s.Method != PrivateKey && s.Method != ClientSecret, ErrMethod)
	add(!slices.Contains([]string{"", ContextACR, ContextACRS}, s.ContextClaim), provider.ErrSettings)
	add(len(s.Hosts) > maxHosts || slices.ContainsFunc(s.Hosts, func(h string) bool { return !hostName(h) }), ErrHost)
	add(len(s.Scopes) > maxScopes || slices.ContainsFunc(s.Scopes, func(x string) bool { return !scope(x) }), ErrScope)
	return errors.Join(faults...)
}

// address reports whether an issuer's address can be used: over TLS, or on this machine.
func address(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.RawQuery == "" && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// scope reports whether a text is one scope.
func scope(x string) bool { return x != "" && printable(x) && !strings.ContainsAny(x, ` "\`) }

// printable reports whether a text has visible ASCII only.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

// hostName reports whether a text is a host, with a port or without, and nothing else.
func hostName(h string) bool {
	u, err := url.Parse("https://" + h)
	return err == nil && h != "" && u.Host == h && u.Hostname() != "" && printable(h) && len(h) < 254
}

// loopback reports whether a host can only mean this machine.
func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// contextClaim is the claim with the authentication context.
func (s *Settings) contextClaim() string {
	if s.ContextClaim == "" {
		return ContextACR
	}
	return s.ContextClaim
}

// targets are the places that the provider's client may go to.
func (s *Settings) targets(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	out := []string{u.Scheme + "://" + u.Host}
	for _, h := range s.Hosts {
		out = append(out, u.Scheme+"://"+h)
	}
	return out
}

// approved reports whether an address that the provider names lies on a host that may be gone to.
func (s *Settings) approved(issuer, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Fragment != "" {
		return false
	}
	return slices.ContainsFunc(s.targets(issuer), func(t string) bool { return strings.EqualFold(u.Scheme+"://"+u.Host, t) })
}
