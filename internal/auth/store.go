// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

var errNotLoaded = errors.New("the request's session has not been loaded")

// hash is what is stored instead of a token: who reads the database cannot sign in with what stands there.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sessionColumns are what is read of a session, and storedColumns the same as they are stored.
const (
	sessionColumns = `s.id, s.account_id, s.method, s.issuer, s.context, s.factors, s.loa, s.passkey_id, s.synced = 1, s.provider_session, s.address, s.browser,
	s.created_at, s.proved_at, s.seen_at, s.idle_at, s.ends_at`
	storedColumns = `s.id, s.account_id, s.method, s.issuer, s.context, s.factors, s.loa, s.passkey_id, s.synced, s.provider_session, s.address, s.browser,
	s.created_at, s.proved_at, s.seen_at, s.idle_at, s.ends_at`
)

// millis reads a stored time.
type millis struct{ to *time.Time }

// Scan takes what the database gives.
func (m millis) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return errors.New("a time is not a whole number")
	}
	*m.to = db.FromMillis(n)
	return nil
}

func (s *Session) columns() []any {
	return []any{
		&s.ID, &s.Account, &s.Method, &s.Issuer, &s.Context, &s.Factors, &s.LoA, &s.Passkey, &s.Synced, &s.ProviderSession, &s.Address, &s.Browser,
		millis{&s.Created},
		millis{&s.Proved},
		millis{&s.Seen},
		millis{&s.Idle},
		millis{&s.Ends},
	}
}

// found is one row of what a session gives: one role, and one of the units below where it is held.
type found struct {
	session                      Session
	person                       ids.ID[Person]
	name, orgName, orgCode, role string
	example, stronger            bool
	unit, below                  access.UnitID
}

// findSession reads a session that has not run out, who its account is today, the roles they hold, and the units below where they hold
// them. It gives no rows when the account is disabled, the person has ended, or the sealed passkey is gone.
func findSession(ctx context.Context, tx *db.Tx, org access.OrganisationID, token string, now int64) ([]found, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (found, error) {
		var f found
		f.session.Organisation = org
		err := scan(append(f.session.columns(), &f.person, &f.name, &f.orgName, &f.orgCode, &f.example, &f.stronger, &f.role, &f.unit, &f.below)...)
		return f, err
	}, `
		WITH RECURSIVE me AS (
			SELECT `+storedColumns+`, COALESCE(p.id, '') AS person_id, COALESCE(p.name, '') AS person_name,
				o.name AS org_name, o.code AS org_code, o.example AS org_example,
				CASE WHEN s.synced = 1 AND EXISTS (
					SELECT 1 FROM assignment x JOIN person q ON q.id = x.person_id AND q.ended_at IS NULL
					WHERE x.organisation_id = $1 AND x.role = 'administrator' AND x.ended_at IS NULL AND (
						q.id <> COALESCE(p.id, '') AND EXISTS (
							SELECT 1 FROM passkey k WHERE k.organisation_id = $1 AND k.account_id = q.account_id AND k.eligible = 0 AND k.purpose = 'own')
						OR EXISTS (SELECT 1 FROM account_identity i WHERE i.organisation_id = $1 AND i.account_id = q.account_id AND i.issuer NOT LIKE 'insegel:%'))
				) THEN 1 ELSE 0 END AS stronger
			FROM session s
			JOIN organisation o ON o.id = s.organisation_id
			JOIN account c ON c.organisation_id = s.organisation_id AND c.id = s.account_id AND (c.disabled_at IS NULL OR c.disabled_at > $3)
			LEFT JOIN person p ON p.organisation_id = s.organisation_id AND p.account_id = s.account_id AND (p.ended_at IS NULL OR p.ended_at > $3)
			LEFT JOIN passkey k ON k.organisation_id = s.organisation_id AND k.id = s.passkey_id AND k.account_id = s.account_id
			WHERE s.organisation_id = $1 AND s.token = $2 AND s.idle_at > $3 AND s.ends_at > $3
				AND (p.id IS NOT NULL AND (s.passkey_id = '' OR k.purpose = 'own') OR s.method = 'break-glass' AND k.purpose = 'sealed')
		), held AS (
			SELECT a.person_id, a.role, COALESCE(a.unit_id, '') AS unit FROM assignment a
			WHERE a.organisation_id = $1 AND (a.ended_at IS NULL OR a.ended_at > $3) AND a.person_id = (SELECT person_id FROM me)
		), below (top, unit) AS (
			SELECT h.unit, h.unit FROM held h WHERE h.unit <> ''
			UNION
			SELECT b.top, u.id FROM below b JOIN unit u ON u.organisation_id = $1 AND u.parent_id = b.unit
		)
		SELECT `+sessionColumns+`, s.person_id, s.person_name, s.org_name, s.org_code, s.org_example = 1, s.stronger = 1,
			COALESCE(h.role, ''), COALESCE(h.unit, ''), COALESCE(b.unit, '')
		FROM me s LEFT JOIN held h ON h.person_id = s.person_id LEFT JOIN below b ON b.top = h.unit`, org, token, now)
}

// sessionExists reports whether a session is stored, run out or not.
func sessionExists(ctx context.Context, tx *db.Tx, org access.OrganisationID, token string) (bool, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM session WHERE organisation_id = $1 AND token = $2`, org, token), &n)
	return n > 0, err
}

// sessionsOf lists the sessions of an account that have not run out, the latest used first.
func sessionsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account], now time.Time) ([]Session, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Session, error) {
		s := Session{Organisation: org}
		return s, scan(s.columns()...)
	}, `SELECT `+sessionColumns+` FROM session s WHERE s.organisation_id = $1 AND s.account_id = $2 AND s.idle_at > $3 AND s.ends_at > $3
		ORDER BY s.seen_at DESC, s.id`, org, account, db.Millis(now))
}

// insertSession stores a session, removes what has run out in the organisation, and notes the time for the next start.
func insertSession(ctx context.Context, tx *db.Tx, token string, s *Session, provider string) error {
	now := db.Millis(s.Seen)
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE organisation_id = $1 AND (idle_at <= $2 OR ends_at <= $2)`, s.Organisation, now); err != nil {
		return err
	}
	synced := 0
	if s.Synced {
		synced = 1
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO session (token, id, organisation_id, account_id, method, issuer, context, factors, loa, passkey_id, synced, provider_session,
			address, browser, created_at, proved_at, seen_at, idle_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		token, s.ID, s.Organisation, s.Account, s.Method, s.Issuer, s.Context, s.Factors, s.LoA, s.Passkey, synced, provider,
		s.Address, s.Browser, db.Millis(s.Created), db.Millis(s.Proved), now, db.Millis(s.Idle), db.Millis(s.Ends))
	if err != nil {
		return err
	}
	return see(ctx, tx, now)
}

// see notes the latest time that sessions have seen.
func see(ctx context.Context, tx *db.Tx, now int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO session_clock (id, seen_at) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at WHERE excluded.seen_at > session_clock.seen_at`, now)
	return err
}

func latestSeen(ctx context.Context, d *db.DB) (time.Time, error) {
	var ms int64
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT COALESCE(MAX(seen_at), 0) FROM session_clock`), &ms)
	})
	return db.FromMillis(ms), err
}

// extend moves the end of a session, if it is still there.
func extend(ctx context.Context, tx *db.Tx, s *Session, now, end time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE session SET idle_at = $1, seen_at = $2 WHERE organisation_id = $3 AND id = $4`,
		db.Millis(end), db.Millis(now), s.Organisation, s.ID)
	if err != nil {
		return err
	}
	return see(ctx, tx, db.Millis(now))
}

func deleteSession(ctx context.Context, tx *db.Tx, org access.OrganisationID, token string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM session WHERE organisation_id = $1 AND token = $2`, org, token)
}

// endSessions removes sessions of an account; which is a condition on $3.
func endSessions(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account], which, value string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM session WHERE organisation_id = $1 AND account_id = $2 AND `+which, org, account, value)
}

func endProvider(ctx context.Context, tx *db.Tx, p Proof) (int64, error) {
	return tx.Exec(ctx, `
		DELETE FROM session WHERE organisation_id = $1 AND issuer = $2 AND ($3 <> '' OR $4 <> '') AND ($4 = '' OR provider_session = $4)
			AND ($3 = '' OR account_id IN (SELECT account_id FROM account_identity WHERE organisation_id = $1 AND issuer = $2 AND subject = $3))`,
		p.Organisation, p.Issuer, p.Subject, p.ProviderSession)
}

func endIssuer(ctx context.Context, tx *db.Tx, org access.OrganisationID, issuer string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM session WHERE organisation_id = $1 AND issuer = $2`, org, issuer)
}

// accountOf finds the account that a proof names.
func accountOf(ctx context.Context, tx *db.Tx, p Proof) (ids.ID[Account], error) {
	var id ids.ID[Account]
	err := db.One(tx.QueryRow(ctx, `SELECT account_id FROM account_identity WHERE organisation_id = $1 AND issuer = $2 AND subject = $3`,
		p.Organisation, p.Issuer, p.Subject), &id)
	return id, err
}

func accountOfPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, person string) (ids.ID[Account], error) {
	var id ids.ID[Account]
	err := db.One(tx.QueryRow(ctx, `SELECT account_id FROM person WHERE organisation_id = $1 AND id = $2 AND account_id IS NOT NULL`, org, person), &id)
	return id, err
}

func personOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account]) (ids.ID[Person], error) {
	var id ids.ID[Person]
	return id, db.One(tx.QueryRow(ctx, `SELECT id FROM person WHERE organisation_id = $1 AND account_id = $2`, org, account), &id)
}

// used notes when an account's way in was used.
func used(ctx context.Context, tx *db.Tx, p Proof) error {
	_, err := tx.Exec(ctx, `UPDATE account_identity SET last_used_at = $1 WHERE organisation_id = $2 AND issuer = $3 AND subject = $4`,
		db.Millis(tx.Now), p.Organisation, p.Issuer, p.Subject)
	return err
}

// NewPerson is a person who is made with an account of their own.
type NewPerson struct {
	Organisation access.OrganisationID
	// Account and Person are drawn when they are zero.
	Account ids.ID[Account]
	Person  ids.ID[Person]
	// Name is shown, Folded is it as searched for.
	Name, Folded string
	// Origin is how the person came: 'first' or 'invited'.
	Origin string
	// Issuer and Subject are the way in; an empty Subject is the account's id.
	Issuer, Subject string
	Roles           []access.Role
}

// AddPerson makes an account, the person it belongs to, and their roles in the whole organisation. The caller logs it.
func AddPerson(ctx context.Context, tx *db.Tx, n NewPerson) (NewPerson, error) {
	if n.Account.IsZero() {
		n.Account = ids.New[Account]()
	}
	if n.Person.IsZero() {
		n.Person = ids.New[Person]()
	}
	if err := AddAccount(ctx, tx, n); err != nil {
		return n, err
	}
	now := db.Millis(tx.Now)
	_, err := tx.Exec(ctx, `INSERT INTO person (id, organisation_id, account_id, name, folded, origin, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, n.Person, n.Organisation, n.Account, n.Name, n.Folded, n.Origin, now)
	if err != nil {
		return n, err
	}
	for _, r := range n.Roles {
		_, err := tx.Exec(ctx, `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			ids.New[access.Role](), n.Organisation, n.Person, r, n.Person, now)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// AddAccount makes an account with a way in and without a person.
func AddAccount(ctx context.Context, tx *db.Tx, n NewPerson) error {
	now := db.Millis(tx.Now)
	if _, err := tx.Exec(ctx, `INSERT INTO account (id, organisation_id, created_at) VALUES ($1, $2, $3)`, n.Account, n.Organisation, now); err != nil {
		return err
	}
	if n.Subject == "" {
		n.Subject = n.Account.String()
	}
	return AddIdentity(ctx, tx, Proof{Organisation: n.Organisation, Issuer: n.Issuer, Subject: n.Subject}, n.Account)
}

// AddIdentity gives an account a way in. One that it has already is left as it is.
func AddIdentity(ctx context.Context, tx *db.Tx, p Proof, account ids.ID[Account]) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_identity (organisation_id, issuer, subject, account_id, created_at, last_used_at)
		VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (organisation_id, issuer, subject) DO NOTHING`,
		p.Organisation, p.Issuer, p.Subject, account, db.Millis(tx.Now))
	return err
}

// known drops what is no role that a person can hold.
func known(role string) (access.Role, bool) {
	r := access.Role(role)
	return r, slices.Contains(access.Roles(), r)
}
