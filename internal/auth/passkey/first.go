// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// How long the console's code and an invitation live.
const (
	ConsoleFor = 15 * time.Minute
	invitedFor = 24 * time.Hour
)

var (
	// ErrBegun says that somebody has an account already, so that nobody else can be the first.
	ErrBegun = errors.New("somebody has an account already: ask an administrator for an invitation")
	// ErrWhich says that there are several organisations without anybody, and none was named.
	ErrWhich = errors.New("several organisations have nobody yet: choose one with --org CODE")
	// ErrUnknown says that no organisation has the code that was named.
	ErrUnknown = errors.New("no organisation has that code")
)

// ConsoleCode makes the one-time code that lets the first person in; the one before is over. code is an organisation's short name, or
// empty for the only one, or for none at all.
func ConsoleCode(ctx context.Context, d *db.DB, code string) (string, error) {
	secret := draw(consoleSymbols)
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if err := clearConsoleCode(ctx, tx); err != nil {
			return err
		}
		all, err := tenants(ctx, tx)
		if err != nil {
			return err
		}
		slot, err := firstSlot(all, code)
		if err != nil {
			return err
		}
		return setConsoleCode(ctx, tx, secret, slot, tx.Limit.Add(ConsoleFor))
	})
	if err != nil {
		return "", fmt.Errorf("make the console's code: %w", err)
	}
	return write(secret), nil
}

// ForgetConsoleCode ends the code that is in force, if any: a start of the server does, so that none from before it works.
func ForgetConsoleCode(ctx context.Context, d *db.DB) error {
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error { return clearConsoleCode(ctx, tx) })
	if err != nil {
		return fmt.Errorf("end the console's code: %w", err)
	}
	return nil
}

// firstSlot says which organisation the first person comes to; empty is one that is to be made.
func firstSlot(all []tenant, code string) (string, error) {
	var open []tenant
	named := code == ""
	for _, t := range all {
		named = named || t.code == code
		if t.accounts == 0 && (code == "" || t.code == code) {
			open = append(open, t)
		}
	}
	switch {
	case !named:
		return "", ErrUnknown
	case len(all) == 0:
		return "", nil
	case len(open) == 1:
		return open[0].id.String(), nil
	case len(open) > 1:
		return "", ErrWhich
	}
	return "", ErrBegun
}

// Waiting tells whether nobody at all has an account yet.
func (k *Keys) Waiting(ctx context.Context) (bool, error) {
	var all []tenant
	err := k.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		all, err = tenants(ctx, tx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("see whether anybody has an account: %w", err)
	}
	for _, t := range all {
		if t.accounts > 0 {
			return false, nil
		}
	}
	return true, nil
}

// begin uses the console's code up and lets this browser make the first person.
func (k *Keys) begin(ctx context.Context, browser, typed string) error {
	attempt := auth.Attempt{Kind: auth.Coding, From: auth.FromOf(ctx)}
	g := grant{Why: "first", Account: ids.New[auth.Account]()}
	err := k.db.Write(ctx, db.Installation, func(tx *db.Tx) (err error) {
		if g.Tenant, err = takeConsoleCode(ctx, tx, read(typed), k.o.Sessions.Now()); err != nil || g.Tenant == "" {
			return err
		}
		g.Place, err = organisationName(ctx, tx, access.OrganisationID(g.Tenant))
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		err := k.failed(ctx, attempt, g.Organisation)
		return errors.Join(errCode, err, k.o.Sessions.Refuse(ctx, auth.Refusal{Method: "console-code", Reason: "wrong code"}))
	}
	if err != nil {
		return fmt.Errorf("use the console's code: %w", err)
	}
	g.Organisation = access.OrganisationID(g.Tenant)
	if g.Tenant == "" {
		g.Organisation = ids.New[access.Tenant]()
	}
	return errors.Join(k.o.Limits.Passed(ctx, attempt), k.keep(ctx, browser, granted, g))
}

// first makes the organisation where there is none, and the first person in it with their passkey, and lets them in. Whoever comes
// second is refused.
func (k *Keys) first(ctx context.Context, g *grant, p *Passkey) (*auth.Admission, error) {
	var admission *auth.Admission
	err := k.db.Write(ctx, g.Organisation, func(tx *db.Tx) error {
		if n, err := found(ctx, tx, g.Tenant); err != nil || n == 0 {
			return errors.Join(err, map[bool]error{true: ErrBegun}[n == 0])
		}
		org, err := k.o.Found(ctx, tx, g.Organisation, g.Place)
		if err != nil {
			return err
		}
		if n, err := accounts(ctx, tx, org); err != nil || n > 0 {
			return errors.Join(err, map[bool]error{true: ErrBegun}[n > 0])
		}
		roles := []access.Role{access.Administrator, access.Coordinator}
		who, err := auth.AddPerson(ctx, tx, auth.NewPerson{
			Organisation: org, Account: g.Account, Name: g.Name, Folded: locale.Fold(g.Name), Origin: "first", Issuer: auth.PasskeyIssuer, Roles: roles,
		})
		if err != nil {
			return fmt.Errorf("save person: %w", err)
		}
		if err := k.store(ctx, tx, org, p); err != nil {
			return err
		}
		actor := access.Actor{ID: who.Person.String(), Organisation: org, From: auth.FromOf(ctx)}
		err = audit.Append(ctx, tx, actor, audit.Entry{
			Action: "passkey.First", ObjectKind: "person", ObjectID: who.Person.String(), Data: map[string]any{"roles": roles},
		})
		if err != nil {
			return err
		}
		if err := k.note(ctx, tx, actor, p, auth.EventMethodAdded); err != nil {
			return err
		}
		if k.o.Begun != nil {
			if err := k.o.Begun(ctx, tx, actor, p.Eligible); err != nil {
				return err
			}
		}
		admission, err = k.admit(ctx, tx, org, p, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make the first person: %w", err)
	}
	return admission, nil
}

// entitled refuses a grant whose person may no longer make a passkey by it.
func entitled(ctx context.Context, tx *db.Tx, g *grant) error {
	if g.Why == "invited" {
		return invitable(ctx, tx, g.Organisation, g.Account)
	}
	_, err := living(ctx, tx, g.Organisation, g.Account)
	return err
}

// join stores the passkey of somebody who was invited, or who has lost theirs, and lets them in. After a loss all that was open is ended.
func (k *Keys) join(ctx context.Context, g *grant, p *Passkey) (*auth.Admission, error) {
	var admission *auth.Admission
	err := k.db.Write(ctx, g.Organisation, func(tx *db.Tx) error {
		if err := entitled(ctx, tx, g); err != nil {
			return err
		}
		if g.Why == "recovered" {
			if _, err := auth.EndAccount(ctx, tx, g.Organisation, g.Account); err != nil {
				return err
			}
		}
		if err := k.store(ctx, tx, g.Organisation, p); err != nil {
			return err
		}
		actor := audit.Nobody(auth.FromOf(ctx))
		actor.Organisation = g.Organisation
		if err := k.note(ctx, tx, actor, p, auth.EventMethodAdded); err != nil {
			return err
		}
		if err := TellOfInvited(ctx, tx, g.Organisation, g.Account); err != nil {
			return err
		}
		var err error
		admission, err = k.admit(ctx, tx, g.Organisation, p, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make passkey of %s: %w", g.Why, err)
	}
	return admission, nil
}

// InviteIn makes an invitation for a person who has an account, in the transaction of the use case that has asked whether the actor may:
// whoever has it may make a passkey for the account, once, within a day. An earlier one is over. It is the one thing that is never stored
// or logged: hand it to the person.
func InviteIn(ctx context.Context, tx *db.Tx, actor access.Actor, account ids.ID[auth.Account]) (string, error) {
	if _, err := living(ctx, tx, actor.Organisation, account); err != nil {
		return "", fmt.Errorf("find the person to invite: %w", err)
	}
	org, err := uuid.Parse(actor.Organisation.String())
	if err != nil {
		return "", fmt.Errorf("write invitation: %w", err)
	}
	// The organisation stands in the invitation, so that it is looked for there only.
	token := base64.RawURLEncoding.EncodeToString(org[:]) + "." + auth.NewToken()
	g := grant{Organisation: actor.Organisation, Account: account}
	if err := insertEnrolment(ctx, tx, &g, token, actor.ID); err != nil {
		return "", fmt.Errorf("save invitation: %w", err)
	}
	return token, audit.Append(ctx, tx, actor, audit.Entry{Action: "passkey.Invite", ObjectKind: "account", ObjectID: account.String()})
}

// Handed is for how long an administrator whose passkey came by an invitation is not counted as a second person: whoever sent the
// invitation may hold the passkey, and everybody who guards the organisation is told meanwhile. It is as long as a change waits that one
// person makes alone, so that an invitation gives nobody more than that.
const Handed = 24 * time.Hour

// TellOfInvited raises an alarm about an administrator who has, or has had, a passkey by an invitation. It does nothing for anybody else.
func TellOfInvited(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) error {
	person, err := invitedAdministrator(ctx, tx, org, account)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("see who was invited: %w", err)
	}
	return alarm.Raise(ctx, tx, alarm.Alarm{Organisation: org, Kind: alarm.InvitedAdministrator, ObjectKind: "person", ObjectID: person})
}

// InvitationPath is where an invitation is used. The invitation itself follows after a #, which browsers keep to themselves: it stands
// in no log.
const InvitationPath = "/inbjudan"

// accept uses an invitation up and lets this browser make a passkey for its account.
func (k *Keys) accept(ctx context.Context, browser, token string) error {
	attempt := auth.Attempt{Kind: auth.Coding, From: auth.FromOf(ctx)}
	g := grant{Why: "invited"}
	raw, _, _ := cut(token)
	err := error(db.ErrNotFound)
	if id, e := uuid.FromBytes(raw); e == nil {
		g.Organisation = access.OrganisationID(id.String())
		err = k.db.Write(ctx, g.Organisation, func(tx *db.Tx) (err error) {
			if g.Account, err = takeEnrolment(ctx, tx, g.Organisation, token, k.o.Sessions.Now()); err != nil {
				return err
			}
			return invitable(ctx, tx, g.Organisation, g.Account)
		})
	}
	if errors.Is(err, db.ErrNotFound) {
		err := k.failed(ctx, attempt, "")
		return errors.Join(errCode, err, k.o.Sessions.Refuse(ctx, auth.Refusal{Method: "invitation", Reason: "not valid"}))
	}
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	return errors.Join(k.o.Limits.Passed(ctx, attempt), k.keep(ctx, browser, granted, g))
}

// cut gives the parts of an invitation.
func cut(token string) (org []byte, secret string, ok bool) {
	for i := range token {
		if token[i] == '.' {
			b, err := base64.RawURLEncoding.DecodeString(token[:i])
			return b, token[i+1:], err == nil
		}
	}
	return nil, "", false
}
