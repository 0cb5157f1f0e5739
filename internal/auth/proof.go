// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// Account marks the type of an account's id: who can sign in, and nothing about who that is.
type Account struct{}

// Proof is what a way of signing in has established about somebody (Swedish: inloggningsbevis). Only the packages below auth make one.
type Proof struct {
	// Organisation is the one that is signed in to.
	Organisation access.OrganisationID
	// Method is the way: "passkey", "oidc", "saml", "certificate" or "break-glass".
	Method string
	// Issuer and Subject name the account as its provider does, and never change. A passkey's issuer is PasskeyIssuer.
	Issuer, Subject string
	// Name and Email are what the provider calls the person; they are shown, and never used to find an account.
	Name, Email string
	// Claims are what else the provider said, for the rules that give roles.
	Claims map[string][]string
	// Context is the authentication context of the answer (acr), already compared with what was asked for; empty for a passkey.
	Context string
	// Factors is how many factors were shown, and LoA the reviewed identity assurance, 2 to 4; 0 is none. The two are never put on one
	// scale: a passkey has two factors and no reviewed identity.
	Factors, LoA int
	// At is when the person showed who they are.
	At time.Time
	// StepUp says that a session that is already there is made fresh, and nothing else.
	StepUp bool
}

// PasskeyIssuer is the issuer of the accounts that this installation itself gives passkeys to.
const PasskeyIssuer = "insegel:passkey"

// ErrUnknownPerson says that a proof is good and belongs to nobody that the organisation has.
var ErrUnknownPerson = errors.New("nobody in the organisation has this sign-in")

// Arrive finds the person of a proof, and makes one where the organisation's rules say so, in the transaction that logs the sign-in.
// ErrUnknownPerson refuses.
type Arrive func(ctx context.Context, tx *db.Tx, p Proof) (access.Actor, web.Viewer, error)

// Enter lets in the person of a proof, in a session under a new token. ctx is the request's.
func (s *Sessions) Enter(ctx context.Context, p Proof) error {
	if s.arrive == nil {
		return fmt.Errorf("enter: %w", ErrUnknownPerson)
	}
	var actor access.Actor
	var viewer web.Viewer
	err := s.db.Write(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		actor, viewer, err = s.arrive(ctx, tx, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("enter: %w", err)
	}
	return s.SignIn(ctx, actor, viewer)
}
