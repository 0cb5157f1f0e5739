// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Sealed are the texts of the package that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "webhook_target", Columns: []string{"secret", "old_secret"}, Key: []string{"id"}}}

func secretCell(id ids.ID[Target]) db.Cell { return Sealed[0].Cell("secret", id.String()) }

func oldSecretCell(id ids.ID[Target]) db.Cell { return Sealed[0].Cell("old_secret", id.String()) }

const targetColumns = `id, name, address, events, state, told, version, created_at, secret, old_secret, old_until`

func scanTarget(scan func(...any) error) (Target, error) {
	var t Target
	var events string
	var created, until int64
	err := scan(&t.ID, &t.Name, &t.Address, &events, &t.State, &t.Told, &t.Version, &created, &t.secret, &t.oldSecret, &until)
	t.Events, t.Created = strings.Fields(events), db.FromMillis(created)
	if until > 0 {
		t.OldUntil = db.FromMillis(until)
	}
	return t, err
}

func targets(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Target, error) {
	return db.All(ctx, tx, scanTarget, `SELECT `+targetColumns+` FROM webhook_target WHERE organisation_id = $1 ORDER BY created_at, id`, org)
}

func target(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target]) (Target, error) {
	list, err := db.All(ctx, tx, scanTarget, `SELECT `+targetColumns+` FROM webhook_target WHERE organisation_id = $1 AND id = $2`, org, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("receiver %q: %w", id, db.ErrNotFound)
	}
	if err != nil {
		return Target{}, err
	}
	return list[0], nil
}

// anyTarget reports whether anybody is to be told of anything.
func anyTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID) (bool, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM webhook_target WHERE organisation_id = $1 AND state = 'on'`, org), &n)
	return n > 0, err
}

func insertTarget(ctx context.Context, tx *db.Tx, actor access.Actor, t *Target) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO webhook_target (id, organisation_id, name, address, events, secret, told, state, version, created_at, created_by, secret_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)`,
		t.ID, actor.Organisation, t.Name, t.Address, strings.Join(t.Events, " "), t.secret, t.Told, t.State, t.Version, db.Millis(tx.Now), actor.ID)
	return err
}

// updateTarget changes a target that was read in its version.
func updateTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID, t *Target) error {
	var until int64
	if !t.OldUntil.IsZero() {
		until = db.Millis(t.OldUntil)
	}
	n, err := tx.Exec(ctx, `
		UPDATE webhook_target SET name = $1, address = $2, events = $3, secret_at = CASE WHEN secret = $4 THEN secret_at ELSE $12 END,
			secret = $4, old_secret = $5, old_until = $6, state = $7, told = $8, version = version + 1
		WHERE organisation_id = $9 AND id = $10 AND version = $11`,
		t.Name, t.Address, strings.Join(t.Events, " "), t.secret, t.oldSecret, until, t.State, t.Told, org, t.ID, t.Version, db.Millis(tx.Now))
	if err == nil && n == 0 {
		err = db.ErrConflict
	}
	t.Version++
	return err
}

// setTold notes how far a target has been told; nothing that anybody has typed is changed, so the version stays.
func setTold(ctx context.Context, tx *db.Tx, org access.OrganisationID, t *Target) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_target SET told = $1 WHERE organisation_id = $2 AND id = $3`, t.Told, org, t.ID)
	return err
}

func deleteTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target]) error {
	for _, q := range []string{
		`DELETE FROM webhook_delivery WHERE organisation_id = $1 AND target_id = $2`, `DELETE FROM webhook_target WHERE organisation_id = $1 AND id = $2`,
	} {
		if _, err := tx.Exec(ctx, q, org, id); err != nil {
			return err
		}
	}
	return nil
}

const deliveryColumns = `id, target_id, seq, kind, object_kind, object_id, happened_at, state, attempts, status, fault, tried_at, created_at`

func scanDelivery(scan func(...any) error) (Delivery, error) {
	var d Delivery
	var happened, tried, created int64
	err := scan(&d.ID, &d.Target, &d.Seq, &d.Kind, &d.ObjectKind, &d.ObjectID, &happened, &d.State, &d.Attempts, &d.Status, &d.Fault, &tried, &created)
	d.Happened, d.Created = db.FromMillis(happened), db.FromMillis(created)
	if tried > 0 {
		d.Tried = db.FromMillis(tried)
	}
	return d, err
}

// insertDelivery reports false for an event that the target has been told of already.
func insertDelivery(ctx context.Context, tx *db.Tx, org access.OrganisationID, d *Delivery) (bool, error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO webhook_delivery (id, organisation_id, target_id, seq, kind, object_kind, object_id, happened_at, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		d.ID, org, d.Target, d.Seq, d.Kind, d.ObjectKind, d.ObjectID, db.Millis(d.Happened), d.State, db.Millis(tx.Now))
	return n > 0, err
}

func delivery(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Delivery]) (Delivery, error) {
	list, err := db.All(ctx, tx, scanDelivery, `SELECT `+deliveryColumns+` FROM webhook_delivery WHERE organisation_id = $1 AND id = $2`, org, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("delivery %q: %w", id, db.ErrNotFound)
	}
	if err != nil {
		return Delivery{}, err
	}
	return list[0], nil
}

func deliveries(ctx context.Context, tx *db.Tx, org access.OrganisationID, of ids.ID[Target], page Paged) ([]Delivery, int, error) {
	var n int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM webhook_delivery WHERE organisation_id = $1 AND target_id = $2`, org, of), &n); err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, tx, scanDelivery, `SELECT `+deliveryColumns+` FROM webhook_delivery WHERE organisation_id = $1 AND target_id = $2
		ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4`, org, of, page.Size, (max(page.Page, 1)-1)*page.Size)
	return list, n, err
}

// settleDelivery notes how an attempt went.
func settleDelivery(ctx context.Context, tx *db.Tx, org access.OrganisationID, d *Delivery) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = $1, attempts = $2, status = $3, fault = $4, tried_at = $5 WHERE organisation_id = $6 AND id = $7`,
		d.State, d.Attempts, d.Status, d.Fault, db.Millis(tx.Now), org, d.ID)
	return err
}

// forget takes away deliveries that are older than they are kept.
func forget(ctx context.Context, tx *db.Tx, org access.OrganisationID, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE organisation_id = $1 AND created_at < $2`, org, db.Millis(before))
	return err
}

// Secrets tells since when each receiver's secret has been used.
func Secrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (rotation.Secret, error) {
		s := rotation.Secret{Kind: rotation.Webhook, Path: Path}
		var since int64
		err := scan(&s.ID, &s.Name, &since)
		s.Since = db.FromMillis(since)
		return s, err
	}, `SELECT id, name, secret_at FROM webhook_target WHERE organisation_id = $1 AND state = 'on' ORDER BY created_at, id`, tx.Scope)
}
