// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
)

// organisation is what is needed of one before anybody is known.
type organisation struct {
	id         access.OrganisationID
	code, name string
}

// organisationByCode finds an organisation by the code that stands in its addresses.
func organisationByCode(ctx context.Context, tx *db.Tx, code string) (organisation, error) {
	var o organisation
	return o, db.One(tx.QueryRow(ctx, `SELECT id, code, name FROM organisation WHERE code = $1`, code), &o.id, &o.code, &o.name)
}

func organisationByID(ctx context.Context, tx *db.Tx, id access.OrganisationID) (organisation, error) {
	var o organisation
	return o, db.One(tx.QueryRow(ctx, `SELECT id, code, name FROM organisation WHERE id = $1`, id), &o.id, &o.code, &o.name)
}

// connected lists the organisations that have a connection by SAML.
func connected(ctx context.Context, tx *db.Tx) ([]access.OrganisationID, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (access.OrganisationID, error) {
		var id access.OrganisationID
		return id, scan(&id)
	}, `SELECT DISTINCT organisation_id FROM identity_provider WHERE kind = 'saml' ORDER BY organisation_id`)
}

// KeyState is what a key pair of ours is used for.
type KeyState string

// The states. Every key's certificate stands in our metadata, and what is encrypted to any of them is read.
const (
	Current KeyState = "current" // signs
	Next    KeyState = "next"    // is published, so that the providers know it before it signs
	Old     KeyState = "old"     // no longer signs
)

// keyRow is one of our keys as it is stored.
type keyRow struct {
	id          string
	certificate string
	state       KeyState
	created     time.Time
}

func listKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]keyRow, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (keyRow, error) {
		var k keyRow
		var created int64
		err := scan(&k.id, &k.certificate, &k.state, &created)
		k.created = db.FromMillis(created)
		return k, err
	}, `
		SELECT id, certificate, state, created_at FROM saml_key WHERE organisation_id = $1
		ORDER BY CASE state WHEN 'current' THEN 0 WHEN 'next' THEN 1 ELSE 2 END, created_at DESC, id`, org)
}

// insertKey stores a key; false when there is one in that state already.
func insertKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k keyRow) (bool, error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO saml_key (id, organisation_id, certificate, state, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		k.id, org, k.certificate, k.state, db.Millis(tx.Now))
	return n > 0, err
}

func moveKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, to KeyState) (int64, error) {
	return tx.Exec(ctx, `UPDATE saml_key SET state = $1 WHERE organisation_id = $2 AND state = $3`, to, org, from)
}

func deleteKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) error {
	n, err := tx.Exec(ctx, `DELETE FROM saml_key WHERE organisation_id = $1 AND id = $2 AND state = 'old'`, org, id)
	if err == nil && n == 0 {
		return db.ErrNotFound
	}
	return err
}

// held is what is stored of a provider's metadata.
type held struct {
	document, digest string
	// until is when the document may no longer be used, and stated says that it says so itself.
	until  time.Time
	stated bool
	// since is when this very document came first.
	since, fetched, tried time.Time
	fault                 string
}

func readHeld(ctx context.Context, tx *db.Tx, p *provider.Provider) (held, error) {
	var h held
	var until, since, fetched, tried int64
	row := tx.QueryRow(ctx, `
		SELECT document, digest, valid_until, stated = 1, since, fetched_at, tried_at, fault
		FROM saml_metadata WHERE organisation_id = $1 AND provider_id = $2`, p.Organisation, p.ID)
	err := db.One(row, &h.document, &h.digest, &until, &h.stated, &since, &fetched, &tried, &h.fault)
	if errors.Is(err, db.ErrNotFound) {
		return held{}, nil // nothing is known yet, which is a state like others
	}
	h.until, h.since, h.fetched, h.tried = db.FromMillis(until), db.FromMillis(since), db.FromMillis(fetched), db.FromMillis(tried)
	return h, err
}

func writeHeld(ctx context.Context, tx *db.Tx, p *provider.Provider, h held) error {
	stated := 0
	if h.stated {
		stated = 1
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO saml_metadata (organisation_id, provider_id, document, digest, valid_until, stated, since, fetched_at, tried_at, fault)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (organisation_id, provider_id) DO UPDATE SET document = excluded.document, digest = excluded.digest,
			valid_until = excluded.valid_until, stated = excluded.stated, since = excluded.since, fetched_at = excluded.fetched_at,
			tried_at = excluded.tried_at, fault = excluded.fault`,
		p.Organisation, p.ID, h.document, h.digest, db.Millis(h.until), stated, db.Millis(h.since), db.Millis(h.fetched), db.Millis(h.tried), h.fault)
	return err
}

// hash is how names stand in the database: a sign-out can be matched to them, and nobody can read them.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sessionRow is a sign-in at a provider, for its sign-out.
type sessionRow struct{ id, issuer, subject string }

func insertSession(ctx context.Context, tx *db.Tx, p *provider.Provider, r sessionRow, s Session, until time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO saml_session (organisation_id, id, provider_id, issuer, subject, name, session_index, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.Organisation, r.id, p.ID, r.issuer, r.subject, hash(s.NameID, s.Format), hash(s.Index), db.Millis(until))
	return err
}

// sessionsNamed lists the sign-ins of a subject at a provider: those of the given sessions, or all when none is given.
func sessionsNamed(ctx context.Context, tx *db.Tx, org access.OrganisationID, issuer string, l Logout) ([]sessionRow, error) {
	type row struct {
		sessionRow
		index string
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.id, &r.issuer, &r.subject, &r.index)
	}, `
		SELECT id, issuer, subject, session_index FROM saml_session WHERE organisation_id = $1 AND issuer = $2 AND name = $3 ORDER BY id`,
		org, issuer, hash(l.NameID, l.Format))
	var out []sessionRow
	for _, r := range all {
		named := len(l.Sessions) == 0
		for _, s := range l.Sessions {
			named = named || r.index == hash(s)
		}
		if named {
			out = append(out, r.sessionRow)
		}
	}
	return out, err
}

func sessionByID(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) (sessionRow, provider.ID, error) {
	var r sessionRow
	var p provider.ID
	err := db.One(tx.QueryRow(ctx, `SELECT id, issuer, subject, provider_id FROM saml_session WHERE organisation_id = $1 AND id = $2`, org, id),
		&r.id, &r.issuer, &r.subject, &p)
	return r, p, err
}

func deleteSession(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM saml_session WHERE organisation_id = $1 AND id = $2`, org, id)
	return err
}

// expiredSessions lists the sign-ins whose sessions here have ended of age.
func expiredSessions(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id string
		return id, scan(&id)
	}, `SELECT id FROM saml_session WHERE organisation_id = $1 AND expires_at <= $2 ORDER BY id`, org, db.Millis(tx.Now))
}

// Secrets tells since when our own key has been used.
func Secrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	keys, err := listKeys(ctx, tx, tx.Scope)
	var out []rotation.Secret
	for i := range keys {
		if k := &keys[i]; k.state == Current {
			out = append(out, rotation.Secret{Kind: rotation.SAML, ID: k.id, Since: k.created, Path: KeysPath})
		}
	}
	return out, err
}
