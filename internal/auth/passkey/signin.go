// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// refused is a sign-in that is refused. The reason goes to the log; whoever tried is told the same whatever it was.
type refused struct {
	reason  string
	org     access.OrganisationID
	account ids.ID[auth.Account]
	// cloned is the passkey whose counter went backwards.
	cloned *Passkey
	cause  error
}

// Error says why, for the log and tests.
func (r *refused) Error() string { return fmt.Sprintf("sign-in refused: %s: %v", r.reason, r.cause) }

// Unwrap gives the cause.
func (r *refused) Unwrap() error { return r.cause }

// ask asks the browser to show a passkey: any that it has for this address, so that nobody need say who they are.
func (k *Keys) ask(ctx context.Context, browser, what string) (*protocol.CredentialAssertion, error) {
	options, session, err := k.relying.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return options, k.keep(ctx, browser, asked, question{What: what, Asked: *session})
}

// enter lets in whoever shows a passkey that is known, as an answer to what this browser was asked. It says what it was asked for.
func (k *Keys) enter(ctx context.Context, browser, answer string) (string, error) {
	var q question
	if err := k.take(ctx, browser, asked, &q); err != nil {
		return "", k.refuse(ctx, &refused{reason: "nothing was asked", cause: err})
	}
	a, err := readAssertion(answer)
	if err != nil {
		return q.What, k.refuse(ctx, &refused{reason: "unreadable answer", cause: err})
	}
	org, account, ok := readHandle(a.Response.UserHandle)
	if !ok {
		org, account = ids.New[access.Tenant](), ids.New[auth.Account]()
	}
	var admission *auth.Admission
	err = k.db.Write(ctx, org, func(tx *db.Tx) (err error) {
		admission, err = k.check(ctx, tx, &owner{org: org, account: account}, &attempt{question: q, answer: a})
		return err
	})
	var no *refused
	switch {
	case errors.As(err, &no):
		return q.What, k.refuse(ctx, no)
	case errors.Is(err, auth.ErrUnknownPerson):
		return q.What, k.refuse(ctx, &refused{reason: "disabled or ended", org: org, account: account, cause: err})
	case errors.Is(err, auth.ErrOtherPerson):
		return q.What, k.refuse(ctx, &refused{reason: "another person answered the step-up", org: org, account: account, cause: err})
	case err != nil:
		return q.What, fmt.Errorf("sign in with passkey: %w", err)
	}
	k.o.Sessions.Hand(ctx, admission)
	return q.What, nil
}

// attempt is an answer with what it answers.
type attempt struct {
	question question
	answer   *protocol.ParsedCredentialAssertionData
}

// check verifies an answer and makes the session.
func (k *Keys) check(ctx context.Context, tx *db.Tx, o *owner, a *attempt) (*auth.Admission, error) {
	all, err := keysOf(ctx, tx, o.org, o.account)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	o.keys = all
	used := o.find(a.answer.RawID)
	if used == nil {
		o.keys = []Passkey{{credential: a.answer.RawID, publicKey: k.decoyKey, Eligible: a.answer.Response.AuthenticatorData.Flags.HasBackupEligible()}}
	}
	_, credential, err := k.relying.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return o, nil }, a.question.Asked, a.answer)
	no := refused{org: o.org, account: o.account, cause: err}
	switch {
	case used == nil:
		no.reason, no.account = "unknown passkey", ""
		return nil, &no
	case err != nil:
		no.reason = "the answer does not hold"
		return nil, &no
	case credential.Authenticator.CloneWarning:
		no.reason, no.cloned = "the counter went backwards", used
		return nil, &no
	}
	used.counter, used.Synced = credential.Authenticator.SignCount, credential.Flags.BackupState
	if n, err := useKey(ctx, tx, o.org, used); err != nil {
		return nil, fmt.Errorf("note use of passkey: %w", err)
	} else if n == 0 {
		no.reason, no.cloned = "the counter went backwards", used
		return nil, &no
	}
	return k.admit(ctx, tx, o.org, used, a.question.What == stepUp)
}

// admit makes the session of a passkey that has been shown. A sealed one raises an alarm and is told of.
func (k *Keys) admit(ctx context.Context, tx *db.Tx, org access.OrganisationID, used *Passkey, again bool) (*auth.Admission, error) {
	p := auth.Proof{
		Organisation: org, Method: auth.MethodPasskey, Issuer: auth.PasskeyIssuer, Subject: used.Account.String(), Factors: 2,
		Passkey: used.ID.String(), Synced: used.Eligible, StepUp: again,
	}
	if used.Purpose == Sealed {
		p.Method, p.Issuer = auth.MethodBreakGlass, auth.SealedIssuer
	}
	a, err := k.o.Sessions.Admit(ctx, tx, p)
	if err != nil || used.Purpose != Sealed {
		return a, err
	}
	if err := k.tell(ctx, tx, auth.Notice{Organisation: org, Account: used.Account, Event: auth.EventSealed}); err != nil {
		return nil, err
	}
	return a, alarm.Raise(ctx, tx, alarm.Alarm{
		Organisation: org, Kind: alarm.BreakGlassUsed, ObjectKind: "passkey", ObjectID: used.ID.String(),
		Data: map[string]string{"passkey": used.Name, "from": auth.FromOf(ctx)},
	})
}

// find gives the passkey with a credential's id.
func (o *owner) find(credential []byte) *Passkey {
	for i := range o.keys {
		if string(o.keys[i].credential) == string(credential) {
			return &o.keys[i]
		}
	}
	return nil
}

// refuse logs a refused sign-in, counts it, and gives it back.
func (k *Keys) refuse(ctx context.Context, r *refused) error {
	scope := r.org
	if scope.IsZero() {
		scope = db.Installation
	}
	err := k.db.Write(ctx, scope, func(tx *db.Tx) error {
		known := false
		if scope != db.Installation {
			var err error
			if known, err = organisationExists(ctx, tx, scope); err != nil {
				return err
			}
		}
		if !known {
			return nil
		}
		if r.cloned != nil {
			err := alarm.Raise(ctx, tx, alarm.Alarm{
				Organisation: scope, Kind: alarm.CloneWarning, ObjectKind: "passkey", ObjectID: r.cloned.ID.String(),
				Data: map[string]string{"passkey": r.cloned.Name, "from": auth.FromOf(ctx)},
			})
			if err != nil {
				return err
			}
		}
		scope = "" // logged here
		return k.o.Sessions.RefuseIn(ctx, tx, auth.Refusal{Organisation: r.org, Method: auth.MethodPasskey, Reason: r.reason, Account: r.account})
	})
	if err == nil && scope != "" {
		err = k.o.Sessions.Refuse(ctx, auth.Refusal{Method: auth.MethodPasskey, Reason: r.reason})
	}
	if err != nil {
		return fmt.Errorf("log refused sign-in: %w", err)
	}
	if err := k.failed(ctx, auth.Attempt{Kind: auth.SigningIn, From: auth.FromOf(ctx)}, ""); err != nil {
		return err
	}
	return r
}
