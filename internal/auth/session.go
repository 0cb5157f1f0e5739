// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Session is one browser in which an account is signed in (Swedish: inloggning). It says how the person showed who they are, and
// nothing about what they may do: that is read anew with every request.
type Session struct {
	ID           ids.ID[Session]
	Organisation access.OrganisationID
	Account      ids.ID[Account]
	// Method, Issuer, Context, Factors and LoA are as in the Proof that it began with.
	Method, Issuer, Context string
	Factors, LoA            int
	// Passkey is the one that was used, if any; Synced says that it can be copied between devices.
	Passkey string
	Synced  bool
	// ProviderSession is what the identity provider calls its own session, if it came by one.
	ProviderSession string
	// Address and Browser are from where and with what it began.
	Address, Browser string
	// Created is when it began, Proved when the person last showed who they are, Seen when it was last used, Idle when it ends if it is
	// not used, and Ends when it ends in any case.
	Created, Proved, Seen, Idle, Ends time.Time
}

// Shown is how somebody has shown who they are, for the rules about which roles that is enough for.
type Shown struct {
	Method, Issuer, Context string
	Factors, LoA            int
	Synced                  bool
	// From is the address that the request comes from.
	From string
}

// Shown tells how the person of the session showed who they are.
func (s *Session) Shown() Shown {
	return Shown{Method: s.Method, Issuer: s.Issuer, Context: s.Context, Factors: s.Factors, LoA: s.LoA, Synced: s.Synced}
}

// Accepted says why what has been shown is not enough for a role: a word of Withheld.Why, or nothing when it is enough.
type Accepted func(role access.Role, s Shown) string

// Levels reads which levels an organisation accepts for which roles, in the transaction that reads who makes the request.
type Levels func(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Accepted, error)

// Withheld is a role that the person has and that this session does not give.
type Withheld struct {
	Role access.Role
	// Why is "level" when the session's level is not accepted for the role, "synced" when its passkey can be copied and another
	// administrator has a better one, "bound" when the organisation asks for one that cannot be copied, "network" when the role is given in
	// other networks only, and "device" when the session has come to another browser.
	Why string
}

// Current gives the session of a request; false when nobody is signed in.
func Current(ctx context.Context) (Session, bool) {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok || l.who == nil {
		return Session{}, false
	}
	return l.who.session, true
}

// Missing lists the roles that the session of a request does not give, though its person has them.
func Missing(ctx context.Context) []Withheld {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok || l.who == nil {
		return nil
	}
	return l.who.withheld
}

// Person marks the type of a person's id. It is the actor's in the log.
type Person struct{}

// PersonOf gives the person of the request's session; it is zero for a sealed passkey, which belongs to nobody.
func PersonOf(ctx context.Context) ids.ID[Person] {
	l, ok := ctx.Value(loadedKey{}).(*loaded)
	if !ok || l.who == nil {
		return ""
	}
	return l.who.person
}

// ErrNobody says that nobody is signed in.
var ErrNobody = errors.New("nobody is signed in")

// Mine lists the sessions of the account that makes the request, the latest used first.
func (s *Sessions) Mine(ctx context.Context) ([]Session, error) {
	me, ok := Current(ctx)
	if !ok {
		return nil, ErrNobody
	}
	var out []Session
	err := s.db.Read(ctx, me.Organisation, func(tx *db.Tx) (err error) {
		out, err = sessionsOf(ctx, tx, me.Organisation, me.Account, s.clock.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

// End ends one of the sessions of the account that makes the request.
func (s *Sessions) End(ctx context.Context, id ids.ID[Session]) error {
	return s.endMine(ctx, `id = $3`, id.String(), "one")
}

// EndOthers ends every session of the account that makes the request but the one that it is made in.
func (s *Sessions) EndOthers(ctx context.Context) error {
	me, _ := Current(ctx)
	return s.endMine(ctx, `id <> $3`, me.ID.String(), "others")
}

// EndAll signs the account that makes the request out everywhere, here too.
func (s *Sessions) EndAll(ctx context.Context) error {
	if err := s.endMine(ctx, `id <> $3`, "", "all"); err != nil {
		return err
	}
	s.forget(ctx)
	return nil
}

func (s *Sessions) endMine(ctx context.Context, which, id, what string) error {
	me, ok := Current(ctx)
	if !ok {
		return ErrNobody
	}
	actor := ctx.Value(loadedKey{}).(*loaded).who.actor
	err := s.db.Write(ctx, me.Organisation, func(tx *db.Tx) error {
		n, err := endSessions(ctx, tx, me.Organisation, me.Account, which, id)
		if err != nil {
			return err
		}
		if n == 0 && what == "one" {
			return db.ErrNotFound
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "auth.End", ObjectKind: "account", ObjectID: me.Account.String(), Data: map[string]any{"which": what, "ended": n},
		})
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// SessionsOf lists an account's open sessions in the caller's transaction, the latest used first. The caller has asked whether the actor
// may see them.
func SessionsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account]) ([]Session, error) {
	out, err := sessionsOf(ctx, tx, org, account, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

// EndOf ends every session of another person's account. An administrator may.
func (s *Sessions) EndOf(ctx context.Context, actor access.Actor, account ids.ID[Account]) error {
	if err := access.Check(actor, "auth.EndOf"); err != nil {
		return err
	}
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n, err := EndAccount(ctx, tx, actor.Organisation, account)
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "auth.EndOf", ObjectKind: "account", ObjectID: account.String(), Data: map[string]any{"ended": n},
		})
	})
	if err != nil {
		return fmt.Errorf("end another person's sessions: %w", err)
	}
	return nil
}

// EndAccount ends every session of an account in the caller's transaction, and tells how many there were. The caller logs why.
func EndAccount(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account]) (int64, error) {
	n, err := endSessions(ctx, tx, org, account, `id <> $3`, "")
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// EndPasskey ends the sessions that a passkey began, in the caller's transaction.
func EndPasskey(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account], passkey string) error {
	if _, err := endSessions(ctx, tx, org, account, `passkey_id = $3`, passkey); err != nil {
		return fmt.Errorf("end sessions of passkey: %w", err)
	}
	return nil
}

// EndProvider ends the sessions that an identity provider began, when it says that it has ended its own: all of the subject's, or the
// one that ProviderSession names. A proof that names neither ends none. It runs in the caller's transaction, and the caller logs why.
func EndProvider(ctx context.Context, tx *db.Tx, p Proof) (int64, error) {
	n, err := endProvider(ctx, tx, p)
	if err != nil {
		return 0, fmt.Errorf("end the provider's sessions: %w", err)
	}
	return n, nil
}

// EndIssuer ends every session that began at an identity provider, when nobody may sign in there any more. It runs in the caller's
// transaction, and the caller logs why.
func EndIssuer(ctx context.Context, tx *db.Tx, org access.OrganisationID, issuer string) (int64, error) {
	n, err := endIssuer(ctx, tx, org, issuer)
	if err != nil {
		return 0, fmt.Errorf("end sessions of a provider: %w", err)
	}
	return n, nil
}
