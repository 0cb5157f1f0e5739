// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
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
	// At is when the person showed who they are; zero is now.
	At time.Time
	// StepUp says that a session that is already there is made fresh, and nothing else.
	StepUp bool
	// Passkey is the passkey that was used, and Synced says that it can be copied between devices.
	Passkey string
	Synced  bool
	// ProviderSession is what the provider calls its own session, for the day when it says that it has ended.
	ProviderSession string
}

// The issuers of accounts that this installation itself gives a way in. What they name is an account that is there already.
const (
	// PasskeyIssuer is for passkeys; the subject is the account's id.
	PasskeyIssuer = "insegel:passkey"
	// SealedIssuer is for sealed passkeys, which belong to no person.
	SealedIssuer = "insegel:sealed"
	// DemoIssuer is for the demonstration.
	DemoIssuer = "insegel:demo"

	ownIssuers = "insegel:"
)

// The methods that this package and those below it know by name.
const (
	MethodPasskey    = "passkey"
	MethodBreakGlass = "break-glass"
	MethodDemo       = "demo"
)

var (
	// ErrUnknownPerson says that a proof is good and belongs to nobody that the organisation has.
	ErrUnknownPerson = errors.New("nobody in the organisation has this sign-in")
	// ErrOtherPerson says that a step-up was answered by another person than the one who is signed in.
	ErrOtherPerson = errors.New("somebody else answered than the one who is signed in")
)

// Arrive finds the person of a proof, and makes one where the organisation's rules say so, in the transaction that logs the sign-in.
// It leaves an account_identity with the proof's issuer and subject. ErrUnknownPerson refuses.
type Arrive func(ctx context.Context, tx *db.Tx, p Proof) (access.Actor, web.Viewer, error)

// Enter lets in the person of a proof, in a session under a new token; with StepUp it makes the session that is there fresh. A refusal
// is logged. ctx is the request's.
func (s *Sessions) Enter(ctx context.Context, p Proof) error {
	var a *Admission
	err := s.db.Write(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		a, err = s.Admit(ctx, tx, p)
		return err
	})
	if err != nil {
		err = fmt.Errorf("enter: %w", err)
		if errors.Is(err, ErrUnknownPerson) || errors.Is(err, ErrOtherPerson) {
			return errors.Join(err, s.Refuse(ctx, Refusal{Organisation: p.Organisation, Method: p.Method, Reason: err.Error()}))
		}
		return err
	}
	s.Hand(ctx, a)
	return nil
}

// Admission is a session that has been made and not yet been handed to the browser.
type Admission struct{ value string }

// Admit makes the session of a proof in the caller's transaction, for ways of signing in that store something of their own with it.
// The caller hands it over when the transaction has been committed.
func (s *Sessions) Admit(ctx context.Context, tx *db.Tx, p Proof) (*Admission, error) {
	if _, ok := ctx.Value(loadedKey{}).(*loaded); !ok {
		return nil, errNotLoaded
	}
	if err := s.begin(ctx); err != nil {
		return nil, fmt.Errorf("read session clock: %w", err)
	}
	if s.arrive != nil && !strings.HasPrefix(p.Issuer, ownIssuers) {
		if _, _, err := s.arrive(ctx, tx, p); err != nil {
			return nil, err
		}
	}
	account, err := accountOf(ctx, tx, p)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrUnknownPerson
	}
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	return s.admit(ctx, tx, account, p)
}

func (s *Sessions) admit(ctx context.Context, tx *db.Tx, account ids.ID[Account], p Proof) (*Admission, error) {
	l := ctx.Value(loadedKey{}).(*loaded)
	now := s.clock.Now()
	in := Session{
		ID: ids.New[Session](), Organisation: p.Organisation, Account: account, Method: p.Method, Issuer: p.Issuer, Context: p.Context,
		Factors: p.Factors, LoA: p.LoA, Passkey: p.Passkey, Synced: p.Synced, ProviderSession: p.ProviderSession, Address: l.from, Browser: l.browser,
		Created: now, Proved: now, Seen: now, Idle: now.Add(min(s.idle, s.absolute)), Ends: now.Add(s.absolute),
	}
	if !p.At.IsZero() && p.At.Before(now) {
		in.Proved = p.At
	}
	action := audit.ActionSignIn
	if p.StepUp {
		action = audit.ActionStepUp
		if err := in.follow(l); err != nil {
			return nil, err
		}
	}
	if l.who != nil && l.org == p.Organisation { // the browser's session is replaced, never left behind
		n, err := deleteSession(ctx, tx, l.org, hash(l.token))
		if err != nil {
			return nil, fmt.Errorf("end the session before: %w", err)
		}
		if p.StepUp && n == 0 { // it was ended after this request began: showing who one is does not bring it back
			return nil, ErrUnknownPerson
		}
	}
	token := NewToken()
	if err := insertSession(ctx, tx, hash(token), &in, p.ProviderSession); err != nil {
		return nil, fmt.Errorf("save session: %w", err)
	}
	who, err := s.resolve(ctx, tx, &loaded{org: p.Organisation, token: token, from: l.from}, now)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrUnknownPerson // disabled or ended
	}
	if err != nil {
		return nil, fmt.Errorf("find person: %w", err)
	}
	if err := s.entered(ctx, tx, &in, p); err != nil {
		return nil, fmt.Errorf("note that the account was used: %w", err)
	}
	err = audit.Append(ctx, tx, who.actor, audit.Entry{
		Action: action, ObjectKind: "account", ObjectID: account.String(),
		Data: map[string]any{"method": p.Method, "factors": p.Factors, "loa": p.LoA, "context": p.Context, "synced": p.Synced},
	})
	if err != nil {
		return nil, err
	}
	return &Admission{value: p.Organisation.String() + "." + token}, nil
}

// follow makes a session the continuation of the one that the request came in, with the same end.
func (s *Session) follow(l *loaded) error {
	if l.who == nil || l.who.session.Account != s.Account || l.org != s.Organisation {
		return ErrOtherPerson
	}
	s.ID, s.Created, s.Ends = l.who.session.ID, l.who.session.Created, l.who.session.Ends
	if s.Idle.After(s.Ends) {
		s.Idle = s.Ends
	}
	return nil
}

// Hand gives the browser the session that Admit made, once its transaction has been committed. What the request does afterwards still
// runs as whoever made it.
func (s *Sessions) Hand(ctx context.Context, a *Admission) {
	if l, ok := ctx.Value(loadedKey{}).(*loaded); ok && a != nil {
		c := s.cookie
		c.Value = a.value
		http.SetCookie(l.w, &c)
	}
}

// SignIn starts a session for a person who is known already, by the actor's id, without any proof of theirs. It is for the
// demonstration.
func (s *Sessions) SignIn(ctx context.Context, actor access.Actor) error {
	if _, ok := ctx.Value(loadedKey{}).(*loaded); !ok {
		return fmt.Errorf("sign in: %w", errNotLoaded)
	}
	if err := s.begin(ctx); err != nil {
		return fmt.Errorf("read session clock: %w", err)
	}
	var a *Admission
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		account, err := accountOfPerson(ctx, tx, actor.Organisation, actor.ID)
		if errors.Is(err, db.ErrNotFound) {
			return ErrUnknownPerson
		}
		if err != nil {
			return err
		}
		a, err = s.admit(ctx, tx, account, Proof{Organisation: actor.Organisation, Method: MethodDemo, Issuer: DemoIssuer, Subject: account.String()})
		return err
	})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	s.Hand(ctx, a)
	return nil
}

// Refusal is a sign-in that was refused.
type Refusal struct {
	Organisation access.OrganisationID
	// Method and Reason say what was tried and why it was refused, without anything secret and without names.
	Method, Reason string
	// Account is the one that it was about, where that is known.
	Account ids.ID[Account]
}

// Refuse logs a refused sign-in in the organisation's log, or in the installation's where no organisation is known. ctx is the request's.
func (s *Sessions) Refuse(ctx context.Context, r Refusal) error {
	if r.Organisation.IsZero() {
		r.Organisation = db.Installation
	}
	err := s.db.Write(ctx, r.Organisation, func(tx *db.Tx) error { return s.RefuseIn(ctx, tx, r) })
	if err != nil {
		return fmt.Errorf("log refused sign-in: %w", err)
	}
	return nil
}

// RefuseIn is Refuse in the caller's transaction. The person whose account it was about is told.
func (s *Sessions) RefuseIn(ctx context.Context, tx *db.Tx, r Refusal) error {
	actor := audit.Nobody(FromOf(ctx))
	actor.Organisation = r.Organisation
	err := audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.ActionSignInRefused, ObjectKind: "account", ObjectID: r.Account.String(), Data: map[string]string{"method": r.Method, "reason": r.Reason},
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, Notice{Organisation: r.Organisation, Account: r.Account, Event: EventRefused})
}

// FromOf tells the address that a request comes from.
func FromOf(ctx context.Context) string {
	if l, ok := ctx.Value(loadedKey{}).(*loaded); ok {
		return l.from
	}
	return ""
}
