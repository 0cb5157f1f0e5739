// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Codes is how many recovery codes a person gets.
const Codes = 8

// The parts of a code, in symbols of five bits: what it is found by, and what proves it. Both kinds of code have 130 bits.
const (
	selectorSymbols = 8
	secretSymbols   = 18
	consoleSymbols  = 26
)

// rounds is how often a recovery code is hashed, as OWASP asks of PBKDF2 with SHA-256. It is slow for whoever steals the database, beyond the
// 90 bits that they must guess.
const rounds = 600_000

// alphabet leaves out what is read as something else: I, L, O and U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// draw makes n symbols by chance.
func draw(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(fmt.Sprintf("draw code: %v", err)) // crypto/rand never fails on a supported system; without it nothing is safe
	}
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b)
}

// write puts hyphens into a code, so that it can be read aloud and typed.
func write(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), "-")
}

// read takes a code as somebody typed it.
func read(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'O':
			return '0'
		case r == 'I' || r == 'L':
			return '1'
		case strings.ContainsRune(alphabet, r):
			return r
		}
		return -1
	}, strings.ToUpper(typed))
}

// slow hashes the secret part of a code.
func (c *recoveryCode) slow(secret string) string {
	key, err := pbkdf2.Key(sha256.New, secret, []byte(c.salt), c.rounds, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("hash code: %v", err)) // only for lengths that are never asked for
	}
	return base64.RawURLEncoding.EncodeToString(key)
}

// newCodes draws codes: as they are shown, once, and as they are stored.
func newCodes() (shown []string, stored []recoveryCode) {
	for range Codes {
		c := recoveryCode{selector: draw(selectorSymbols), salt: auth.NewToken(), rounds: rounds}
		secret := draw(secretSymbols)
		c.hash = c.slow(secret)
		shown, stored = append(shown, write(c.selector+secret)), append(stored, c)
	}
	return shown, stored
}

// renew gives the account that makes the request new recovery codes; the old ones are over.
func (k *Keys) renew(ctx context.Context, actor access.Actor, account ids.ID[auth.Account]) ([]string, error) {
	if !actor.Fresh {
		return nil, fmt.Errorf("make recovery codes: %w", access.ErrStepUp)
	}
	shown, stored := newCodes()
	err := k.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := replaceCodes(ctx, tx, actor.Organisation, account, stored); err != nil {
			return err
		}
		return k.note(ctx, tx, actor, &Passkey{Account: account}, auth.EventCodesMade)
	})
	if err != nil {
		return nil, fmt.Errorf("make recovery codes: %w", err)
	}
	return shown, nil
}

// errCode says that a code is not one that can be used. It is the same whatever is wrong with it.
var errCode = errors.New("the code cannot be used")

// useCode uses a recovery code up and lets this browser make a new passkey for its account, and nothing else.
func (k *Keys) useCode(ctx context.Context, browser, typed string) error {
	code := read(typed)
	var found recoveryCode
	err := k.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		found, err = findCode(ctx, tx, code[:min(len(code), selectorSymbols)])
		return err
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find recovery code: %w", err)
	}
	// A code that is not there takes as long as one that is.
	got := found.slow(code[min(len(code), selectorSymbols):])
	good := subtle.ConstantTimeCompare([]byte(got), []byte(found.hash)) == 1 && !found.used
	from := auth.FromOf(ctx)
	attempt := auth.Attempt{Kind: auth.Recovering, From: from, Account: found.account.String()}
	if good {
		err = k.spend(ctx, &found, from)
		good = err == nil
		if err != nil && !errors.Is(err, errCode) {
			return fmt.Errorf("use recovery code: %w", err)
		}
	}
	if !good {
		err := k.failed(ctx, attempt, found.org)
		return errors.Join(errCode, err, k.o.Sessions.Refuse(ctx, auth.Refusal{Organisation: found.org, Method: "recovery-code", Reason: "wrong code", Account: found.account}))
	}
	if err := k.o.Limits.Passed(ctx, attempt); err != nil {
		return err
	}
	return k.keep(ctx, browser, granted, grant{Why: "recovered", Organisation: found.org, Account: found.account})
}

// failed counts a failed attempt. When it begins a pause, those who run the program are told, in the organisation that it is about, or in
// the only one.
func (k *Keys) failed(ctx context.Context, a auth.Attempt, org access.OrganisationID) error {
	paused, err := k.o.Limits.Failed(ctx, a)
	if err != nil || !paused {
		return err
	}
	if org.IsZero() {
		var all []tenant
		err := k.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
			all, err = tenants(ctx, tx)
			return err
		})
		if err != nil || len(all) != 1 {
			return err
		}
		org = all[0].id
	}
	err = k.db.Write(ctx, org, func(tx *db.Tx) error {
		return alarm.Raise(ctx, tx, alarm.Alarm{
			Organisation: org, Kind: alarm.LoginLockout, ObjectKind: "sign-in", ObjectID: string(a.Kind), Data: map[string]string{"from": a.From},
		})
	})
	if err != nil {
		return fmt.Errorf("tell about a pause: %w", err)
	}
	return nil
}

// spend uses a code up, of two who have it for one, and tells everybody who must know.
func (k *Keys) spend(ctx context.Context, c *recoveryCode, from string) error {
	return k.db.Write(ctx, c.org, func(tx *db.Tx) error {
		name, err := living(ctx, tx, c.org, c.account)
		if errors.Is(err, db.ErrNotFound) {
			return errCode // disabled or ended
		}
		if err != nil {
			return err
		}
		if n, err := useCode(ctx, tx, c); err != nil || n == 0 {
			return errors.Join(err, errCode)
		}
		err = alarm.Raise(ctx, tx, alarm.Alarm{
			Organisation: c.org, Kind: alarm.RecoveryUsed, ObjectKind: "account", ObjectID: c.account.String(),
			Data: map[string]string{"person": name, "from": from},
		})
		if err != nil {
			return err
		}
		actor := audit.Nobody(from)
		actor.Organisation = c.org
		return k.note(ctx, tx, actor, &Passkey{Account: c.account}, auth.EventCodeUsed)
	})
}
