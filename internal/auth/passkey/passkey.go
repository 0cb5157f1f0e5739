// SPDX-License-Identifier: EUPL-1.2

// Package passkey lets people in by passkeys (Swedish: passkey, inloggningsnyckel): making and showing them, the first person, invitations,
// recovery codes, and the sealed keys for emergencies. There is no password anywhere.
package passkey

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Purpose is what a passkey is for.
type Purpose string

// The purposes.
const (
	Own    Purpose = "own"    // a person's own
	Sealed Purpose = "sealed" // lies in an envelope, for the day when nobody else can get in
)

// Passkey is the public half of one.
type Passkey struct {
	ID      ids.ID[Passkey]
	Account ids.ID[auth.Account]
	Purpose Purpose
	// Name is what its owner calls it.
	Name string
	// Model is the AAGUID: which make and model of authenticator it is in. All zeroes when the browser does not say.
	Model string
	// Transports are how the browser reaches it: "internal", "usb", "hybrid" ...
	Transports []string
	// Eligible says that it can be copied between devices, and Synced that it has been.
	Eligible, Synced bool
	// Created and Used are when it was made and last used, in milliseconds; Used is 0 when it has not been.
	Created, Used int64

	credential []byte
	publicKey  []byte
	counter    uint32
}

// Options are what Keys needs.
type Options struct {
	// Origin is the address that readers use, without a path. Its name is the one that passkeys are bound to.
	Origin *url.URL
	// Sessions and Limits are the site's.
	Sessions *auth.Sessions
	Limits   *auth.Limits
	// Found makes the organisation of the first person, or gives the one that is there its name, and tells its id.
	Found func(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (access.OrganisationID, error)
	// Places are the municipalities' names, for the first person to choose among.
	Places []string
	// Bound tells whether an account may have no passkey that can be copied; without it every account may.
	Bound func(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (bool, error)
	// Begun is told, in its transaction, that an organisation has got its first person, and whether their passkey can be copied; may be nil.
	Begun func(ctx context.Context, tx *db.Tx, actor access.Actor, copied bool) error
	// Tell tells a person about a change to how they sign in; without it they see it on their own page.
	Tell auth.Tell
	// Log is where refusals go that belong to no organisation.
	Log *slog.Logger
}

// Keys are the passkeys of an installation.
type Keys struct {
	db       *db.DB
	o        Options
	relying  *webauthn.WebAuthn
	decoyKey []byte
}

// ErrOrigin says that passkeys cannot be bound to an address.
var ErrOrigin = errors.New("passkeys need an address with a name: https, or http://localhost")

// New makes the passkeys of an installation that is reached at an address.
func New(d *db.DB, o Options) (*Keys, error) {
	if o.Origin == nil || o.Origin.Hostname() == "" || o.Origin.Scheme != "https" && o.Origin.Hostname() != "localhost" {
		return nil, fmt.Errorf("set up passkeys for %v: %w", o.Origin, ErrOrigin)
	}
	yes := true
	w, err := webauthn.New(&webauthn.Config{
		RPID: o.Origin.Hostname(), RPDisplayName: "Insegel", RPOrigins: []string{o.Origin.Scheme + "://" + o.Origin.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &yes, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Keys{db: d, o: o, relying: w, decoyKey: decoyKey()}, nil
}

// owner is the owner of passkeys, as the library asks for it.
type owner struct {
	org     access.OrganisationID
	account ids.ID[auth.Account]
	name    string
	keys    []Passkey
}

// handleLength is two UUIDs: the organisation's and the account's. A passkey's handle so says where to look for it; it names nobody.
const handleLength = 32

// WebAuthnID is the handle.
func (o *owner) WebAuthnID() []byte {
	org, err1 := uuid.Parse(o.org.String())
	account, err2 := uuid.Parse(o.account.String())
	if err1 != nil || err2 != nil {
		return make([]byte, handleLength)
	}
	return append(org[:], account[:]...)
}

// readHandle is the opposite of WebAuthnID.
func readHandle(b []byte) (access.OrganisationID, ids.ID[auth.Account], bool) {
	if len(b) != handleLength {
		return "", "", false
	}
	return access.OrganisationID(uuid.UUID(b[:16]).String()), ids.ID[auth.Account](uuid.UUID(b[16:]).String()), true
}

// WebAuthnName is what the browser shows for the passkey.
func (o *owner) WebAuthnName() string { return o.name }

// WebAuthnDisplayName is the same.
func (o *owner) WebAuthnDisplayName() string { return o.name }

// WebAuthnCredentials are the owner's passkeys.
func (o *owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.keys))
	for i, k := range o.keys {
		out[i] = webauthn.Credential{
			ID: k.credential, PublicKey: k.publicKey, Authenticator: webauthn.Authenticator{SignCount: k.counter},
			Flags: webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.Eligible, BackupState: k.Synced},
		}
		for _, t := range k.Transports {
			out[i].Transport = append(out[i].Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return out
}

// decoyKey is a public key that nobody has the private half of: an answer for a passkey that is not there is checked against it, so that
// it takes as long as one for a passkey that is.
func decoyKey() []byte {
	// A COSE key on P-256 (kty 2, alg -7, crv 1) whose point is the curve's generator.
	x, _ := base64.StdEncoding.DecodeString("axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY=")
	y, _ := base64.StdEncoding.DecodeString("T+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=")
	key := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, x...)
	return append(append(key, 0x22, 0x58, 0x20), y...)
}

// maxAnswer caps what a browser answers. The largest that browsers send is a few thousand characters.
const maxAnswer = 32 << 10

// errAnswer says that the browser's answer could not be read.
var errAnswer = errors.New("the browser's answer could not be read")

// readAssertion reads what a browser answers when a passkey is shown.
func readAssertion(text string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(text) > maxAnswer {
		return nil, errAnswer
	}
	a, err := protocol.ParseCredentialRequestResponseBytes([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return a, nil
}

// readAttestation reads what a browser answers when a passkey is made.
func readAttestation(text string) (*protocol.ParsedCredentialCreationData, error) {
	if len(text) > maxAnswer {
		return nil, errAnswer
	}
	a, err := protocol.ParseCredentialCreationResponseBytes([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return a, nil
}
