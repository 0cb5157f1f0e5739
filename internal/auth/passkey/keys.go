// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// What a browser is asked for.
const (
	signIn = "in"   // to sign in
	stepUp = "igen" // to show again who one is
	mine   = "egen" // to make one more passkey of one's own
	seal   = "nod"  // to make a sealed passkey
	begun  = "ny"   // to make the first passkey of an account, with a grant
)

var (
	// ErrLast says that a passkey is the only way in that is left.
	ErrLast = errors.New("the passkey is the last way in")
	// ErrName says that a passkey's name is empty or too long.
	ErrName = errors.New("a passkey's name is 1 to 60 characters")
	// errMade says that what the browser made is not a passkey that can be used.
	errMade = errors.New("the passkey cannot be used")
	// errCopied says that it can be copied, and that a role of its owner asks for one that cannot.
	errCopied = errors.New("the passkey can be copied between devices, and the role asks for one that cannot")
)

// maxName is how long a passkey's name may be.
const maxName = 60

// checkName cuts what the browser suggests and refuses what nobody could read.
func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName {
		return ErrName
	}
	return nil
}

// create asks the browser to make a passkey for an owner, on a device that has none of theirs.
func (k *Keys) create(ctx context.Context, browser, what string, o *owner) (*protocol.CredentialCreation, error) {
	var known []protocol.CredentialDescriptor
	for _, c := range o.WebAuthnCredentials() {
		known = append(known, c.Descriptor())
	}
	options, session, err := k.relying.BeginRegistration(o, webauthn.WithExclusions(known))
	if err != nil {
		return nil, fmt.Errorf("ask for a new passkey: %w", err)
	}
	return options, k.keep(ctx, browser, asked, question{What: what, Asked: *session, Account: o.account})
}

// made reads the passkey that a browser has made, as an answer to what it was asked.
func (k *Keys) made(ctx context.Context, browser, what, answer string) (*Passkey, access.OrganisationID, error) {
	var q question
	if err := k.take(ctx, browser, asked, &q); err != nil {
		return nil, "", err
	}
	a, err := readAttestation(answer)
	if err != nil || q.What != what {
		return nil, "", errors.Join(errMade, err)
	}
	org, account, ok := readHandle(q.Asked.UserID)
	if !ok || account != q.Account {
		return nil, "", errMade
	}
	c, err := k.relying.CreateCredential(&owner{org: org, account: account}, q.Asked, a)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errMade, err)
	}
	if c.Flags.BackupEligible {
		if err := k.mayBeCopied(ctx, org, account); err != nil {
			return nil, "", err
		}
	}
	model, err := uuid.FromBytes(c.Authenticator.AAGUID)
	if err != nil {
		model = uuid.Nil
	}
	out := &Passkey{
		ID: ids.New[Passkey](), Account: account, Purpose: Own, Model: model.String(), Eligible: c.Flags.BackupEligible, Synced: c.Flags.BackupState,
		Transports: []string{}, credential: c.ID, publicKey: c.PublicKey, counter: c.Authenticator.SignCount,
	}
	for _, t := range c.Transport {
		if len(out.Transports) < 8 && len(t) < 30 {
			out.Transports = append(out.Transports, string(t))
		}
	}
	return out, org, nil
}

// mayBeCopied refuses a passkey that can be copied between devices for an account that may have none.
func (k *Keys) mayBeCopied(ctx context.Context, org access.OrganisationID, account ids.ID[auth.Account]) error {
	bound, err := k.bound(ctx, org, account)
	if err == nil && bound {
		return errCopied
	}
	return err
}

// bound tells whether an account may have no passkey that can be copied.
func (k *Keys) bound(ctx context.Context, org access.OrganisationID, account ids.ID[auth.Account]) (bound bool, err error) {
	if k.o.Bound == nil {
		return false, nil
	}
	err = k.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		bound, err = k.o.Bound(ctx, tx, org, account)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("ask what passkeys the account may have: %w", err)
	}
	return bound, nil
}

// changes are the events of an account that are a change of how it is signed in to, as the log calls them.
var changes = map[auth.Event]string{
	auth.EventMethodAdded: "passkey.Add", auth.EventMethodRemoved: "passkey.Remove", auth.EventCodeUsed: "passkey.Recover", auth.EventCodesMade: "passkey.Codes",
}

// note logs a change of how somebody signs in, and tells them. p is their account, and the passkey that it is about where it is about one.
func (k *Keys) note(ctx context.Context, tx *db.Tx, actor access.Actor, p *Passkey, what auth.Event) error {
	err := audit.Append(ctx, tx, actor, audit.Entry{
		Action: changes[what], ObjectKind: "account", ObjectID: p.Account.String(), Data: map[string]string{"passkey": p.Name},
	})
	if err != nil {
		return err
	}
	return k.tell(ctx, tx, auth.Notice{Organisation: actor.Organisation, Account: p.Account, Event: what})
}

func (k *Keys) tell(ctx context.Context, tx *db.Tx, n auth.Notice) error {
	if k.o.Tell == nil {
		return nil
	}
	return k.o.Tell(ctx, tx, n)
}

// list reads the passkeys of the account that makes the request, and how many recovery codes are left.
func (k *Keys) list(ctx context.Context) (keys []Passkey, codes int, err error) {
	me, ok := auth.Current(ctx)
	if !ok {
		return nil, 0, auth.ErrNobody
	}
	err = k.db.Read(ctx, me.Organisation, func(tx *db.Tx) (err error) {
		if keys, err = keysOf(ctx, tx, me.Organisation, me.Account); err != nil {
			return err
		}
		_, codes, err = waysLeft(ctx, tx, me.Organisation, me.Account)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read passkeys: %w", err)
	}
	return keys, codes, nil
}

// HasPasskey tells whether the account that makes the request can show a passkey.
func (k *Keys) HasPasskey(ctx context.Context) (bool, error) {
	keys, _, err := k.list(ctx)
	return len(keys) > 0, err
}

// add stores a new passkey of the account that makes the request.
func (k *Keys) add(ctx context.Context, actor access.Actor, p *Passkey) error {
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := k.store(ctx, tx, actor.Organisation, p); err != nil {
			return err
		}
		return k.note(ctx, tx, actor, p, auth.EventMethodAdded)
	})
	if err != nil {
		return fmt.Errorf("add passkey: %w", err)
	}
	return nil
}

// store saves a person's passkey and lets the account be found by it.
func (k *Keys) store(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Passkey) error {
	if err := insertKey(ctx, tx, org, p); err != nil {
		return fmt.Errorf("save passkey: %w", err)
	}
	err := auth.AddIdentity(ctx, tx, auth.Proof{Organisation: org, Issuer: auth.PasskeyIssuer, Subject: p.Account.String()}, p.Account)
	if err != nil {
		return fmt.Errorf("save passkey's account: %w", err)
	}
	return nil
}

// rename gives one of the account's own passkeys another name.
func (k *Keys) rename(ctx context.Context, actor access.Actor, p *Passkey) error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n, err := renameKey(ctx, tx, actor.Organisation, p)
		if err == nil && n == 0 {
			err = db.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("rename passkey: %w", err)
	}
	return nil
}

// remove takes one of the account's own passkeys away, and ends what it began. The last way in is not taken away.
func (k *Keys) remove(ctx context.Context, actor access.Actor, p *Passkey) error {
	if !actor.Fresh {
		return fmt.Errorf("remove passkey: %w", access.ErrStepUp)
	}
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := keysOf(ctx, tx, actor.Organisation, p.Account)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].ID == p.ID {
				p.Name = all[i].Name
			}
		}
		providers, codes, err := waysLeft(ctx, tx, actor.Organisation, p.Account)
		if err != nil {
			return err
		}
		if n, err := deleteKey(ctx, tx, actor.Organisation, p); err != nil || n == 0 {
			return errors.Join(err, map[bool]error{true: db.ErrNotFound}[n == 0])
		}
		if err := auth.EndPasskey(ctx, tx, actor.Organisation, p.Account, p.ID.String()); err != nil {
			return err
		}
		if err := k.note(ctx, tx, actor, p, auth.EventMethodRemoved); err != nil {
			return err
		}
		// The log is written by one at a time, so that of two that are removed at once the second sees that the first is gone.
		left, err := keysOf(ctx, tx, actor.Organisation, p.Account)
		if err == nil && len(left)+providers+codes == 0 {
			err = ErrLast
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}

// KeysIn reads the passkeys of an account, in the transaction of the use case that has asked whether the actor may.
func KeysIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) ([]Passkey, error) {
	out, err := keysOf(ctx, tx, org, account)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return out, nil
}

// EndIn takes a passkey of somebody else's account away and ends what it began, in the transaction of the use case that has asked whether
// the actor may, and gives its name. The only passkey is not taken: whoever may invite could then make themselves one for the account. It
// reports ErrLast then, and db.ErrNotFound for a passkey that the account does not have.
func EndIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account], id ids.ID[Passkey]) (string, error) {
	all, err := keysOf(ctx, tx, org, account)
	if err != nil {
		return "", fmt.Errorf("end passkey: %w", err)
	}
	at := slices.IndexFunc(all, func(p Passkey) bool { return p.ID == id })
	if at < 0 {
		return "", fmt.Errorf("end passkey: %w", db.ErrNotFound)
	}
	n, err := deleteKey(ctx, tx, org, &all[at])
	if err == nil && n == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("end passkey: %w", err)
	}
	if err := auth.EndPasskey(ctx, tx, org, account, id.String()); err != nil {
		return "", fmt.Errorf("end passkey: %w", err)
	}
	// Counted after it is gone: of two that are ended at once, the one that waited for the other sees that nothing is left.
	left, err := keysOf(ctx, tx, org, account)
	if err == nil && len(left) == 0 {
		err = ErrLast
	}
	if err != nil {
		return "", fmt.Errorf("end passkey: %w", err)
	}
	return all[at].Name, nil
}

// Sealed lists the sealed passkeys of an organisation.
func (k *Keys) Sealed(ctx context.Context, actor access.Actor) ([]Passkey, error) {
	if err := access.Check(actor, "passkey.Sealed"); err != nil {
		return nil, err
	}
	var out []Passkey
	err := k.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = sealedKeys(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sealed passkeys: %w", err)
	}
	return out, nil
}

// Seal stores a passkey that belongs to nobody and is kept in an envelope. Its use signs in as administrator and raises an alarm.
func (k *Keys) Seal(ctx context.Context, actor access.Actor, p *Passkey) error {
	if err := access.Check(actor, "passkey.Seal"); err != nil {
		return err
	}
	p.Purpose = Sealed
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		err := auth.AddAccount(ctx, tx, auth.NewPerson{Organisation: actor.Organisation, Account: p.Account, Issuer: auth.SealedIssuer})
		if err != nil {
			return err
		}
		if err := insertKey(ctx, tx, actor.Organisation, p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "passkey.Seal", ObjectKind: "passkey", ObjectID: p.ID.String(), Data: map[string]string{"name": p.Name},
		})
	})
	if err != nil {
		return fmt.Errorf("seal passkey: %w", err)
	}
	return nil
}

// Unseal takes a sealed passkey away, and ends what it began.
func (k *Keys) Unseal(ctx context.Context, actor access.Actor, id ids.ID[Passkey]) error {
	if err := access.Check(actor, "passkey.Unseal"); err != nil {
		return err
	}
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := sealedKeys(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for i := range all {
			if p := &all[i]; p.ID == id {
				return k.unseal(ctx, tx, actor, p)
			}
		}
		return db.ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("take away sealed passkey: %w", err)
	}
	return nil
}

func (k *Keys) unseal(ctx context.Context, tx *db.Tx, actor access.Actor, p *Passkey) error {
	if _, err := deleteKey(ctx, tx, actor.Organisation, p); err != nil {
		return err
	}
	if _, err := auth.EndAccount(ctx, tx, actor.Organisation, p.Account); err != nil {
		return err
	}
	if err := disableAccount(ctx, tx, actor.Organisation, p.Account); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "passkey.Unseal", ObjectKind: "passkey", ObjectID: p.ID.String(), Data: map[string]string{"name": p.Name},
	})
}

// cutName makes a name of what a browser is called.
func cutName(name string) string {
	name = strings.TrimSpace(name)
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName])
	}
	if name == "" {
		return "Passkey"
	}
	return name
}
