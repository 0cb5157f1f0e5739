// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// outgoing is a row of mail_message.
type outgoing struct {
	id                       ids.ID[Outgoing]
	template                 Template
	recipient, hash, content string
	state                    State
	attempts                 int
	expires                  time.Time
}

func settings(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Settings, error) {
	var s Settings
	return s, db.One(tx.QueryRow(ctx, `
		SELECT host, port, security, account, password, sender, version FROM mail_setting WHERE organisation_id = $1`, org),
		&s.Host, &s.Port, &s.Security, &s.Account, &s.Password, &s.Sender, &s.Version)
}

func saveSettings(ctx context.Context, tx *db.Tx, actor access.Actor, s Settings) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mail_setting (organisation_id, host, port, security, account, password, sender, version, updated_at, updated_by, password_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $8)
		ON CONFLICT (organisation_id) DO UPDATE SET host = excluded.host, port = excluded.port, security = excluded.security,
			account = excluded.account, password = excluded.password, sender = excluded.sender, version = mail_setting.version + 1,
			password_at = CASE WHEN mail_setting.password = excluded.password THEN mail_setting.password_at ELSE excluded.password_at END,
			updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
		actor.Organisation, s.Host, s.Port, s.Security, s.Account, s.Password, s.Sender, db.Millis(tx.Now), actor.ID)
	return err
}

func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, o outgoing) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mail_message (id, organisation_id, template, recipient, recipient_hash, content, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		o.id, org, o.template, o.recipient, o.hash, o.content, db.Millis(tx.Now), db.Millis(o.expires))
	return err
}

// sentAlready reports whether a mail of the same template was queued for the same recipient since a time.
func sentAlready(ctx context.Context, tx *db.Tx, o *outgoing, since time.Time) (bool, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM mail_message WHERE organisation_id = $1 AND recipient_hash = $2 AND template = $3 AND created_at > $4`,
		tx.Scope, o.hash, o.template, db.Millis(since)), &n)
	return n > 0, err
}

// sentSince counts what was queued in the last hour, to one recipient and in all.
func sentSince(ctx context.Context, tx *db.Tx, org access.OrganisationID, hash string) (toOne, all int, err error) {
	err = db.One(tx.QueryRow(ctx, `
		SELECT COALESCE(SUM(CASE WHEN recipient_hash = $1 THEN 1 ELSE 0 END), 0), COUNT(*) FROM mail_message
		WHERE organisation_id = $2 AND created_at > $3`, hash, org, db.Millis(tx.Now.Add(-time.Hour))), &toOne, &all)
	return toOne, all, err
}

func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Outgoing]) (outgoing, error) {
	o := outgoing{id: id}
	var expires int64
	err := db.One(tx.QueryRow(ctx, `
		SELECT template, content, state, attempts, expires_at FROM mail_message WHERE organisation_id = $1 AND id = $2`, org, id),
		&o.template, &o.content, &o.state, &o.attempts, &expires)
	o.expires = db.FromMillis(expires)
	return o, err
}

// finish notes that nothing more will be tried, and takes the content away.
func finish(ctx context.Context, tx *db.Tx, org access.OrganisationID, o outgoing, fault string) error {
	_, err := tx.Exec(ctx, `
		UPDATE mail_message SET state = $1, attempts = $2, fault = $3, content = '', done_at = $4 WHERE organisation_id = $5 AND id = $6`,
		o.state, o.attempts, fault, db.Millis(tx.Now), org, o.id)
	return err
}

func failedOnce(ctx context.Context, tx *db.Tx, org access.OrganisationID, o outgoing, fault string) error {
	_, err := tx.Exec(ctx, `UPDATE mail_message SET attempts = $1, fault = $2 WHERE organisation_id = $3 AND id = $4`, o.attempts, fault, org, o.id)
	return err
}

// forget removes what has been told of for long enough.
func forget(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	_, err := tx.Exec(ctx, `DELETE FROM mail_message WHERE organisation_id = $1 AND done_at < $2`, org, db.Millis(tx.Now.Add(-keptFor)))
	return err
}

func latest(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Logged, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Logged, error) {
		var l Logged
		var at int64
		err := scan(&l.ID, &l.Template, &l.Recipient, &l.State, &l.Attempts, &l.Fault, &at)
		l.At = db.FromMillis(at)
		return l, err
	}, `SELECT id, template, recipient, state, attempts, fault, created_at FROM mail_message
		WHERE organisation_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100`, org)
}

func organisationName(ctx context.Context, tx *db.Tx, org access.OrganisationID) (string, error) {
	var name string
	return name, db.One(tx.QueryRow(ctx, `SELECT name FROM organisation WHERE id = $1`, org), &name)
}

// Secrets tells since when the mail server's password has been used.
func Secrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (rotation.Secret, error) {
		s := rotation.Secret{Kind: rotation.Mail, ID: "password", Path: PagePath}
		var since int64
		err := scan(&s.Name, &since)
		s.Since = db.FromMillis(since)
		return s, err
	}, `SELECT host, password_at FROM mail_setting WHERE organisation_id = $1 AND password <> ''`, tx.Scope)
}
