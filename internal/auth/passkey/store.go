// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// hash is what is stored instead of a secret with more than a hundred bits.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ceremony is a row of that table.
type ceremony struct {
	token, kind, data string
	now, expires      int64
}

func saveCeremony(ctx context.Context, tx *db.Tx, c ceremony) error {
	if _, err := tx.Exec(ctx, `DELETE FROM ceremony WHERE expires_at <= $1`, c.now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO ceremony (token, kind, data, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token, kind) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, c.token, c.kind, c.data, c.expires)
	return err
}

func takeCeremony(ctx context.Context, tx *db.Tx, token, kind string, now int64) (string, error) {
	var data string
	return data, db.One(tx.QueryRow(ctx, `DELETE FROM ceremony WHERE token = $1 AND kind = $2 AND expires_at > $3 RETURNING data`, token, kind, now), &data)
}

func peekCeremony(ctx context.Context, tx *db.Tx, token, kind string, now int64) (string, error) {
	var data string
	return data, db.One(tx.QueryRow(ctx, `SELECT data FROM ceremony WHERE token = $1 AND kind = $2 AND expires_at > $3`, token, kind, now), &data)
}

const columns = `id, account_id, purpose, name, aaguid, transports, eligible = 1, synced = 1, created_at, COALESCE(used_at, 0), credential, public_key, counter`

// binary reads bytes that are stored as text.
type binary struct{ to *[]byte }

// Scan takes what the database gives.
func (b binary) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return errAnswer
	}
	out, err := base64.RawURLEncoding.DecodeString(text)
	*b.to = out
	return err
}

// words reads a list that is stored as JSON.
type words struct{ to *[]string }

// Scan takes what the database gives.
func (w words) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return errAnswer
	}
	return json.Unmarshal([]byte(text), w.to)
}

func scanKey(scan func(...any) error) (Passkey, error) {
	var k Passkey
	err := scan(&k.ID, &k.Account, &k.Purpose, &k.Name, &k.Model, words{&k.Transports}, &k.Eligible, &k.Synced, &k.Created, &k.Used,
		binary{&k.credential}, binary{&k.publicKey}, &k.counter)
	return k, err
}

func keysOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) ([]Passkey, error) {
	return db.All(ctx, tx, scanKey, `SELECT `+columns+` FROM passkey WHERE organisation_id = $1 AND account_id = $2 ORDER BY created_at, id`, org, account)
}

func sealedKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Passkey, error) {
	return db.All(ctx, tx, scanKey, `SELECT `+columns+` FROM passkey WHERE organisation_id = $1 AND purpose = 'sealed' ORDER BY created_at, id`, org)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func insertKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *Passkey) error {
	transports, err := json.Marshal(k.Transports)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO passkey (id, organisation_id, account_id, purpose, name, credential, public_key, counter, aaguid, transports, eligible, synced, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		k.ID, org, k.Account, k.Purpose, k.Name, base64.RawURLEncoding.EncodeToString(k.credential), base64.RawURLEncoding.EncodeToString(k.publicKey),
		int64(k.counter), k.Model, string(transports), flag(k.Eligible), flag(k.Synced), db.Millis(tx.Now))
	return err
}

// useKey notes that a passkey was used. It changes nothing when its counter has not grown: somebody else was first with a copy.
func useKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *Passkey) (int64, error) {
	return tx.Exec(ctx, `UPDATE passkey SET counter = $1, synced = $2, used_at = $3
		WHERE organisation_id = $4 AND id = $5 AND (counter < $1 OR counter = 0 AND $1 = 0)`,
		int64(k.counter), flag(k.Synced), db.Millis(tx.Now), org, k.ID)
}

func renameKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *Passkey) (int64, error) {
	return tx.Exec(ctx, `UPDATE passkey SET name = $1 WHERE organisation_id = $2 AND account_id = $3 AND id = $4`, k.Name, org, k.Account, k.ID)
}

func deleteKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *Passkey) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM passkey WHERE organisation_id = $1 AND account_id = $2 AND id = $3 AND purpose = $4`, org, k.Account, k.ID, k.Purpose)
}

// disableAccount ends an account that nothing leads to any more.
func disableAccount(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) error {
	_, err := tx.Exec(ctx, `UPDATE account SET disabled_at = $1 WHERE organisation_id = $2 AND id = $3`, db.Millis(tx.Now), org, account)
	return err
}

// waysLeft counts the other ways in that an account has: identity providers, and recovery codes that are not used.
func waysLeft(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (providers, codes int, err error) {
	err = db.One(tx.QueryRow(ctx, `SELECT
		(SELECT COUNT(*) FROM account_identity WHERE organisation_id = $1 AND account_id = $2 AND issuer NOT LIKE 'insegel:%'),
		(SELECT COUNT(*) FROM recovery_code WHERE organisation_id = $1 AND account_id = $2 AND used_at IS NULL)`, org, account), &providers, &codes)
	return providers, codes, err
}

// living gives the name of the person of an account that may sign in.
func living(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (string, error) {
	var name string
	err := db.One(tx.QueryRow(ctx, `SELECT p.name FROM person p JOIN account c ON c.organisation_id = p.organisation_id AND c.id = p.account_id
		WHERE p.organisation_id = $1 AND p.account_id = $2 AND (p.ended_at IS NULL OR p.ended_at > $3) AND (c.disabled_at IS NULL OR c.disabled_at > $3)`,
		org, account, db.Millis(tx.Now)), &name)
	return name, err
}

// invitable is living, for somebody who makes a passkey by an invitation. Whoever has become an administrator and signs in already
// makes their passkeys themselves: an invitation that lay waiting would let whoever sent it act as two people.
func invitable(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) error {
	if _, err := living(ctx, tx, org, account); err != nil {
		return err
	}
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM person p JOIN assignment a ON a.organisation_id = p.organisation_id AND a.person_id = p.id
		WHERE p.organisation_id = $1 AND p.account_id = $2 AND a.role = 'administrator' AND a.ended_at IS NULL AND (
			EXISTS (SELECT 1 FROM passkey k WHERE k.organisation_id = $1 AND k.account_id = $2)
			OR EXISTS (SELECT 1 FROM account_identity i WHERE i.organisation_id = $1 AND i.account_id = $2 AND i.last_used_at > 0 AND i.issuer <> $3))`,
		org, account, auth.PasskeyIssuer), &n)
	if err == nil && n > 0 {
		return db.ErrNotFound
	}
	return err
}

func organisationExists(ctx context.Context, tx *db.Tx, org access.OrganisationID) (bool, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM organisation WHERE id = $1`, org), &n)
	return n > 0, err
}

// recoveryCode is a row of that table.
type recoveryCode struct {
	selector, salt, hash string
	rounds               int
	org                  access.OrganisationID
	account              ids.ID[auth.Account]
	used                 bool
}

func replaceCodes(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account], codes []recoveryCode) error {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE organisation_id = $1 AND account_id = $2`, org, account); err != nil {
		return err
	}
	for _, c := range codes {
		_, err := tx.Exec(ctx, `INSERT INTO recovery_code (selector, organisation_id, account_id, salt, hash, rounds, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.selector, org, account, c.salt, c.hash, c.rounds, db.Millis(tx.Now))
		if err != nil {
			return err
		}
	}
	return nil
}

// findCode looks a code up by its first part, before anybody is known.
func findCode(ctx context.Context, tx *db.Tx, selector string) (recoveryCode, error) {
	c := recoveryCode{selector: selector, rounds: rounds}
	err := db.One(tx.QueryRow(ctx, `SELECT organisation_id, account_id, salt, hash, rounds, used_at IS NOT NULL FROM recovery_code WHERE selector = $1`, selector),
		&c.org, &c.account, &c.salt, &c.hash, &c.rounds, &c.used)
	return c, err
}

func useCode(ctx context.Context, tx *db.Tx, c *recoveryCode) (int64, error) {
	return tx.Exec(ctx, `UPDATE recovery_code SET used_at = $1 WHERE organisation_id = $2 AND selector = $3 AND used_at IS NULL`,
		db.Millis(tx.Now), c.org, c.selector)
}

func insertEnrolment(ctx context.Context, tx *db.Tx, g *grant, token, by string) error {
	now := tx.Limit
	// A new invitation takes the place of the one before.
	if _, err := tx.Exec(ctx, `DELETE FROM enrolment WHERE organisation_id = $1 AND account_id = $2 AND used_at IS NULL`, g.Organisation, g.Account); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO enrolment (token, organisation_id, account_id, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		hash(token), g.Organisation, g.Account, by, db.Millis(now), db.Millis(now.Add(invitedFor)))
	return err
}

// takeEnrolment uses an invitation up.
func takeEnrolment(ctx context.Context, tx *db.Tx, org access.OrganisationID, token string, now time.Time) (ids.ID[auth.Account], error) {
	var account ids.ID[auth.Account]
	return account, db.One(tx.QueryRow(ctx, `UPDATE enrolment SET used_at = $1 WHERE organisation_id = $2 AND token = $3 AND used_at IS NULL AND expires_at > $1
		RETURNING account_id`, db.Millis(now), org, hash(token)), &account)
}

// setConsoleCode makes the code that is in force; the one before is over.
func setConsoleCode(ctx context.Context, tx *db.Tx, code, tenant string, until time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO console_code (id, hash, tenant, expires_at) VALUES (1, $1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, tenant = excluded.tenant, expires_at = excluded.expires_at`, hash(code), tenant, db.Millis(until))
	return err
}

func clearConsoleCode(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM console_code`)
	return err
}

// takeConsoleCode uses the code up: of two who have it, one gets in.
func takeConsoleCode(ctx context.Context, tx *db.Tx, code string, now time.Time) (string, error) {
	var tenant string
	return tenant, db.One(tx.QueryRow(ctx, `DELETE FROM console_code WHERE hash = $1 AND expires_at > $2 RETURNING tenant`, hash(code), db.Millis(now)), &tenant)
}

// tenant is an organisation with how many accounts it has.
type tenant struct {
	id       access.OrganisationID
	code     string
	accounts int
}

func tenants(ctx context.Context, tx *db.Tx) ([]tenant, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (tenant, error) {
		var t tenant
		return t, scan(&t.id, &t.code, &t.accounts)
	}, `SELECT o.id, o.code, (SELECT COUNT(*) FROM account a WHERE a.organisation_id = o.id) FROM organisation o ORDER BY o.code`)
}

// found takes the one slot of a first person; it fails when it is taken.
func found(ctx context.Context, tx *db.Tx, slot string) (int64, error) {
	return tx.Exec(ctx, `INSERT INTO founding (tenant, at) VALUES ($1, $2) ON CONFLICT (tenant) DO NOTHING`, slot, db.Millis(tx.Now))
}

func accounts(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int, error) {
	var n int
	return n, db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM account WHERE organisation_id = $1`, org), &n)
}

func organisationName(ctx context.Context, tx *db.Tx, org access.OrganisationID) (string, error) {
	var name string
	return name, db.One(tx.QueryRow(ctx, `SELECT name FROM organisation WHERE id = $1`, org), &name)
}

// invitedAdministrator gives the person of an account that has used an invitation and is an administrator's; db.ErrNotFound for another.
// That the passkey has been replaced since says nothing: whoever held it could do so.
func invitedAdministrator(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (string, error) {
	var person string
	return person, db.One(tx.QueryRow(ctx, `SELECT p.id FROM person p WHERE p.organisation_id = $1 AND p.account_id = $2
		AND EXISTS (SELECT 1 FROM assignment a WHERE a.organisation_id = $1 AND a.person_id = p.id AND a.role = 'administrator' AND a.ended_at IS NULL)
		AND EXISTS (SELECT 1 FROM enrolment e WHERE e.organisation_id = $1 AND e.account_id = $2 AND e.used_at IS NOT NULL)`, org, account), &person)
}
