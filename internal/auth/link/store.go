// SPDX-License-Identifier: EUPL-1.2

package link

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Sealed are the texts that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "access_link", Columns: []string{"recipient"}, Key: []string{"id"}}}

func recipientCell(id ids.ID[Link]) db.Cell { return Sealed[0].Cell("recipient", id.String()) }

const columns = `l.id, l.organisation_id, l.task, l.object, l.recipient, l.lang, l.created_by, l.expires_at, l.used_at, l.done_at, l.revoked_at,
	l.code_hash, l.code_visit, l.code_until, l.code_tries, l.codes_sent, l.stay_ms, l.lasting = 1`

func scanLink(scan func(...any) error) (Link, error) {
	var l Link
	var expires, until, stay int64
	var used, done, revoked sql.NullInt64
	err := scan(&l.ID, &l.Organisation, &l.Task, &l.Object, &l.recipient, &l.Lang, &l.CreatedBy, &expires, &used, &done, &revoked,
		&l.code.hash, &l.code.visit, &until, &l.code.tries, &l.code.sent, &stay, &l.lasting)
	l.stay = time.Duration(stay) * time.Millisecond
	l.Expires, l.code.until = db.FromMillis(expires), db.FromMillis(until)
	l.Used, l.Done, l.Revoked = moment(used), moment(done), moment(revoked)
	return l, err
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return db.FromMillis(ms.Int64)
}

func insert(ctx context.Context, tx *db.Tx, l Link, token string) error {
	lasting := 0
	if l.lasting {
		lasting = 1
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO access_link (id, organisation_id, task, object, token_hash, recipient, lang, created_by, created_at, expires_at, stay_ms, lasting)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		l.ID, tx.Scope, l.Task, l.Object, hash(token), l.recipient, l.Lang, l.CreatedBy, db.Millis(tx.Limit), db.Millis(l.Expires), l.stay.Milliseconds(), lasting)
	return err
}

// byToken finds a link before it is known whose it is; the caller's transaction is the installation's.
func byToken(ctx context.Context, tx *db.Tx, token string) (Link, error) {
	return one(ctx, tx, `SELECT `+columns+` FROM access_link l WHERE l.token_hash = $1`, hash(token))
}

func byID(ctx context.Context, tx *db.Tx, id ids.ID[Link]) (Link, error) {
	return one(ctx, tx, `SELECT `+columns+` FROM access_link l WHERE l.organisation_id = $1 AND l.id = $2`, tx.Scope, id)
}

// hold is byID for who will count something of the link: whoever else would waits until this transaction has ended, and then sees what it
// counted. Without it, those who guess at once would all find that nobody has guessed yet.
func hold(ctx context.Context, tx *db.Tx, id ids.ID[Link]) (Link, error) {
	if _, err := tx.Exec(ctx, `UPDATE access_link SET code_tries = code_tries WHERE organisation_id = $1 AND id = $2`, tx.Scope, id); err != nil {
		return Link{}, err
	}
	return byID(ctx, tx, id)
}

// byVisit finds the link that a browser has open, and tells when the code was given in it.
func byVisit(ctx context.Context, tx *db.Tx, cookie string) (l Link, confirmed time.Time, err error) {
	var at sql.NullInt64
	err = db.One(tx.QueryRow(ctx, `SELECT organisation_id, link_id, confirmed_at FROM access_link_visit WHERE hash = $1 AND expires_at > $2`,
		hash(cookie), db.Millis(tx.Limit)), &l.Organisation, &l.ID, &at)
	if err != nil {
		return Link{}, time.Time{}, err
	}
	l, err = one(ctx, tx, `SELECT `+columns+` FROM access_link l WHERE l.organisation_id = $1 AND l.id = $2`, l.Organisation, l.ID)
	return l, moment(at), err
}

func one(ctx context.Context, tx *db.Tx, query string, args ...any) (Link, error) {
	return scanLink(func(dest ...any) error { return db.One(tx.QueryRow(ctx, query, args...), dest...) })
}

// visit notes a browser, and forgets those that have run out and those above the limit that never gave a code.
func visit(ctx context.Context, tx *db.Tx, l *Link, cookie string) error {
	if _, err := tx.Exec(ctx, `
		DELETE FROM access_link_visit WHERE organisation_id = $1 AND link_id = $2 AND (expires_at <= $3 OR confirmed_at IS NULL AND hash NOT IN (
			SELECT hash FROM access_link_visit WHERE organisation_id = $1 AND link_id = $2 ORDER BY created_at DESC, hash LIMIT $4))`,
		tx.Scope, l.ID, db.Millis(tx.Limit), maxVisits-1); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO access_link_visit (hash, organisation_id, link_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		hash(cookie), tx.Scope, l.ID, db.Millis(tx.Limit), db.Millis(tx.Limit.Add(visitLife)))
	return err
}

// leave forgets every browser of a link but one.
func leave(ctx context.Context, tx *db.Tx, l *Link, but string) error {
	_, err := tx.Exec(ctx, `DELETE FROM access_link_visit WHERE organisation_id = $1 AND link_id = $2 AND hash <> $3`, tx.Scope, l.ID, but)
	return err
}

func saveCode(ctx context.Context, tx *db.Tx, l *Link) error {
	_, err := tx.Exec(ctx, `
		UPDATE access_link SET code_hash = $1, code_visit = $2, code_until = $3, code_tries = $4, codes_sent = $5 WHERE organisation_id = $6 AND id = $7`,
		l.code.hash, l.code.visit, db.Millis(l.code.until), l.code.tries, l.code.sent, tx.Scope, l.ID)
	return err
}

// use notes that the code was given; it tells whether this was the first time. A link that lasts gets new codes, and none is good twice.
func use(ctx context.Context, tx *db.Tx, l *Link) (bool, error) {
	if l.lasting {
		n, err := tx.Exec(ctx, `UPDATE access_link SET code_hash = '', code_tries = 0, codes_sent = 0 WHERE organisation_id = $1 AND id = $2 AND code_hash <> ''`, tx.Scope, l.ID)
		return n == 1, err
	}
	n, err := tx.Exec(ctx, `UPDATE access_link SET used_at = $1, code_hash = '' WHERE organisation_id = $2 AND id = $3 AND used_at IS NULL`,
		db.Millis(tx.Limit), tx.Scope, l.ID)
	return n == 1, err
}

// confirm moves a browser that has given the code to a new secret, so that the one that was planted before is worth nothing.
func confirm(ctx context.Context, tx *db.Tx, l *Link, cookie string) error {
	if err := leave(ctx, tx, l, ""); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO access_link_visit (hash, organisation_id, link_id, created_at, expires_at, confirmed_at) VALUES ($1, $2, $3, $4, $5, $4)`,
		hash(cookie), tx.Scope, l.ID, db.Millis(tx.Limit), db.Millis(tx.Limit.Add(l.stay)))
	return err
}

// end notes that a link was done or taken back, and takes the address away. It tells whether the link was still open.
func end(ctx context.Context, tx *db.Tx, id ids.ID[Link], column string) (bool, error) {
	n, err := tx.Exec(ctx, `
		UPDATE access_link SET `+column+` = $1, recipient = '', code_hash = '' WHERE organisation_id = $2 AND id = $3 AND done_at IS NULL AND revoked_at IS NULL`,
		db.Millis(tx.Limit), tx.Scope, id)
	return n == 1, err
}

// forgetOld takes away the addresses of links that have run out.
func forgetOld(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	_, err := tx.Exec(ctx, `UPDATE access_link SET recipient = '', code_hash = '' WHERE organisation_id = $1 AND expires_at <= $2 AND recipient <> ''`,
		org, db.Millis(tx.Limit))
	return err
}

// used reports whether a browser that has given the code has a link open.
func used(ctx context.Context, tx *db.Tx, id ids.ID[Link]) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM access_link_visit WHERE organisation_id = $1 AND link_id = $2 AND confirmed_at IS NOT NULL AND expires_at > $3`,
		tx.Scope, id, db.Millis(tx.Limit)), &n)
	return n > 0, err
}

// Clear takes links away that nothing refers to any more, with the browsers that have them open. It runs inside the caller's use case.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Link]) error {
	for _, id := range list {
		if _, err := tx.Exec(ctx, `DELETE FROM access_link_visit WHERE organisation_id = $1 AND link_id = $2`, org, id); err != nil {
			return fmt.Errorf("clear link: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM access_link WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
			return fmt.Errorf("clear link: %w", err)
		}
	}
	return nil
}
