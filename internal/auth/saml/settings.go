// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/auth/provider"
)

// Settings are what a connection by SAML has beside what every kind of provider has (Swedish: anslutning). A connection is one
// provider, or a federation of which the organisation lets in some.
type Settings struct {
	// Metadata is the address that the provider's metadata are fetched from every hour; empty when Document holds them.
	Metadata string `json:"metadata,omitempty"`
	// Document are the metadata themselves, for a provider that publishes none.
	Document string `json:"document,omitempty"`
	// Pinned are the certificates that the metadata may be signed with, as PEM: two while the federation changes key.
	Pinned []string `json:"pinned"`
	// Providers are the names (entityID) of the providers that are let in. None means the one that the connection is named after.
	Providers []string `json:"providers,omitempty"`
	// Certified are the levels of which the federation must have certified a provider for at least one. None asks for no certification.
	Certified []string `json:"certified,omitempty"`
	// Protection is how assertions must be protected; empty is Encrypted.
	Protection Protection `json:"protection,omitempty"`
	// Format is what kind of name is asked for; empty is the persistent one.
	Format string `json:"format,omitempty"`
}

// The faults of settings, as sentences for whoever writes them.
var (
	ErrMetadataAddress = errors.New("write the address of the metadata as https://HOST/PATH")
	ErrNoMetadata      = errors.New("give the address of the metadata, or the metadata themselves, and not both")
	ErrPinned          = errors.New("give at least one certificate, in PEM form, that the metadata are signed with")
	ErrProtection      = errors.New("an assertion is either encrypted or signed")
	ErrFormat          = errors.New("the subject's name is either persistent or transient, and a transient one needs an attribute that names the account")
)

// SettingsOf reads a connection's own settings.
func SettingsOf(p *provider.Provider) (Settings, error) {
	var s Settings
	d := json.NewDecoder(bytes.NewReader(p.Own))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%w: %w", provider.ErrSettings, err)
	}
	return s, nil
}

// Check refuses settings that could not work, or would be less than what they look like.
func (s Settings) Check(names provider.ClaimNames) error {
	if (s.Metadata == "") == (s.Document == "") {
		return ErrNoMetadata
	}
	if s.Metadata != "" && !fetchable(s.Metadata) {
		return ErrMetadataAddress
	}
	if _, err := s.pinned(); err != nil {
		return err
	}
	if s.Protection != "" && s.Protection != Encrypted && s.Protection != Signed {
		return ErrProtection
	}
	if s.Format != "" && s.Format != formatPersistent && (s.Format != formatTransient || names.Subject == "") {
		return ErrFormat
	}
	return nil
}

func fetchable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" && webAddress(address)
}

// pinned reads the certificates that metadata may be signed with.
func (s Settings) pinned() ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, text := range s.Pinned {
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
			return nil, ErrPinned
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || large(c.PublicKey) != nil {
			return nil, ErrPinned
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, ErrPinned
	}
	return out, nil
}

// allows says why a provider of the metadata may not be used, if it may not.
func (s Settings) allows(connection *provider.Provider, p *Provider) error {
	allowed := s.Providers
	if len(allowed) == 0 {
		allowed = []string{connection.Issuer}
	}
	if !slices.Contains(allowed, p.EntityID) {
		return refuse(UnknownProvider, "%q is not one of those that are let in", p.EntityID)
	}
	if len(s.Certified) > 0 && !slices.ContainsFunc(p.Certified, func(c string) bool { return slices.Contains(s.Certified, c) }) {
		return refuse(NotAllowed, "%q is certified for %q", p.EntityID, p.Certified)
	}
	if len(p.Certificates) == 0 {
		return refuse(NoKey, "%q has no key that can be trusted", p.EntityID)
	}
	return nil
}

func (s Settings) format() string {
	if s.Format == "" {
		return formatPersistent
	}
	return s.Format
}

func (s Settings) protection() Protection {
	if s.Protection == "" {
		return Encrypted
	}
	return s.Protection
}
