// SPDX-License-Identifier: EUPL-1.2

// Package provider keeps the ways of signing in that an organisation has connected (Swedish: inloggningstjänst), which
// authentication contexts it accepts from each, and which level each role asks for.
package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
)

// Kind is how a provider speaks.
type Kind string

// The kinds of providers.
const (
	OIDC        Kind = "oidc"
	SAML        Kind = "saml"
	Certificate Kind = "certificate"
)

// Kinds lists the kinds, the one to prefer first.
func Kinds() []Kind { return []Kind{OIDC, SAML, Certificate} }

// ID identifies a provider.
type ID = ids.ID[Provider]

// Provider is one way of signing in that an organisation has connected.
type Provider struct {
	ID           ID
	Organisation access.OrganisationID
	Kind         Kind
	// NameSV and NameEN stand on the button of the sign-in page.
	NameSV, NameEN string
	// Issuer is the provider's own name for itself: the issuer of OIDC, the entityID of SAML, and for certificates a name that is
	// given here. With the subject it names an account, so that no provider can speak for the people of another.
	Issuer string
	// Settings are those that every kind has.
	Settings Settings
	// Own are those of the kind alone, as the package of that kind writes them. Nothing secret stands in them.
	Own json.RawMessage
	// Enabled providers stand on the sign-in page. One that is not can still be tried by an administrator.
	Enabled          bool
	Version          int64
	Created, Updated time.Time
}

// Name is what stands on the button, in the reader's language.
func (p *Provider) Name(lang string) string {
	if lang == "en" && p.NameEN != "" {
		return p.NameEN
	}
	return p.NameSV
}

// Settings are the settings of a provider that every kind has.
type Settings struct {
	// Accepted are the authentication contexts that are accepted from the provider. No other answer lets anybody in.
	Accepted []Accepted `json:"accepted"`
	// Claims say which claims (attributes) carry what.
	Claims ClaimNames `json:"claims"`
	// OlderUntil is the last day on which the provider may use RSA keys of fewer than 3072 bits, and AES-CBC; nobody may otherwise.
	OlderUntil civil.Date `json:"older_until,omitzero"`
}

// LeastRSA is how many bits an RSA key of a provider must have, to be worth 128 bits.
const LeastRSA = 3072

// MostOlder is how many months ahead weaker keys may be allowed.
const MostOlder = 12

// Older reports whether the provider may use weaker keys and ciphers at a moment.
func (p *Provider) Older(now time.Time) bool {
	return !p.Settings.OlderUntil.IsZero() && !p.Settings.OlderUntil.Before(civil.Of(now))
}

// checkOlder refuses to let weaker keys be used for longer than a year from now. What has been allowed before stays as it was.
func (s *Settings) checkOlder(before civil.Date, now time.Time) error {
	today := civil.Of(now)
	if s.OlderUntil == before || s.OlderUntil.IsZero() {
		return nil
	}
	if s.OlderUntil.Before(today) || today.AddMonths(MostOlder).Before(s.OlderUntil) {
		return ErrOlder
	}
	return nil
}

// Accepted is one authentication context that is accepted from a provider.
type Accepted struct {
	// Value is the context as it stands on the wire, letter by letter.
	Value string `json:"value"`
	// Trusted says that the organisation lets a level that the provider declares by itself, without review, count as a reviewed one.
	Trusted bool `json:"trusted,omitempty"`
	// Factors and LoA are what the organisation says that the context means, for one that the shipped list does not have. They are not
	// read for one that it has.
	Factors int `json:"factors,omitempty"`
	LoA     int `json:"loa,omitempty"`
}

// ClaimNames say which claims carry what. An empty name takes the kind's own default.
type ClaimNames struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Roles string `json:"roles,omitempty"`
	// Subject is the claim that names the account, for a kind that has no fixed one.
	Subject string `json:"subject,omitempty"`
}

// The names under which auth.Proof.Claims carries what ClaimNames point out, whatever the provider calls it. Values that stand under
// other names are the provider's own.
const (
	ClaimUnit  = "unit"
	ClaimRoles = "roles"
)

// Limits of what an administrator can write.
const (
	maxName     = 60
	maxIssuer   = 500
	maxAccepted = 40
	maxValue    = 300
	maxOwn      = 64 << 10
)

// What can be wrong with a provider.
var (
	ErrUnknown    = errors.New("no such provider")
	ErrKind       = errors.New("unknown kind of provider")
	ErrName       = errors.New("give the provider a name in Swedish and in English, of at most 60 characters each")
	ErrIssuer     = errors.New("the provider's issuer is not a name that it can have")
	ErrTaken      = errors.New("the organisation has a provider with that issuer already")
	ErrNoContext  = errors.New("choose at least one authentication context that the provider may answer with")
	ErrContext    = errors.New("the authentication context cannot be accepted")
	ErrOneFactor  = errors.New("the authentication context says nothing of two factors, so it cannot be accepted")
	ErrSettings   = errors.New("the provider's own settings are not what its kind asks for")
	ErrNoKey      = errors.New("the program runs without its key file, so it cannot keep a secret")
	ErrOlder      = errors.New("weaker keys can be allowed from today, for a year at most")
	ErrNotEnabled = errors.New("the provider is switched off")
)

// Check tells what is wrong with a provider, before it is saved.
func (p *Provider) Check(known *Contexts) error {
	switch p.Kind {
	case OIDC, SAML, Certificate:
	default:
		return fmt.Errorf("%w: %q", ErrKind, p.Kind)
	}
	var faults []error
	if slices.ContainsFunc([]string{p.NameSV, p.NameEN}, func(n string) bool { return strings.TrimSpace(n) == "" || len([]rune(n)) > maxName }) {
		faults = append(faults, ErrName)
	}
	if err := checkIssuer(p.Issuer); err != nil {
		faults = append(faults, err)
	}
	if len(p.Own) > maxOwn || !json.Valid(p.Own) {
		faults = append(faults, ErrSettings)
	}
	if len(p.Settings.Accepted) == 0 || len(p.Settings.Accepted) > maxAccepted {
		faults = append(faults, ErrNoContext)
	}
	for _, a := range p.Settings.Accepted {
		if err := a.check(known); err != nil {
			faults = append(faults, err)
			break
		}
	}
	return errors.Join(faults...)
}

// checkIssuer holds an issuer to a URI without anything that a name has no use for.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || issuer == "" || len(issuer) > maxIssuer || u.Scheme == "" || u.User != nil || u.Fragment != "" ||
		strings.ContainsAny(issuer, " \t\r\n\"<>") {
		return fmt.Errorf("%w: %q", ErrIssuer, issuer)
	}
	return nil
}
