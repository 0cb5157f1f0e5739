// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"database/sql"
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

func saveCheckpoint(ctx context.Context, tx *db.Tx, s *stored) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_checkpoint (organisation_id, epoch, size, note, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		s.organisation, s.epoch, s.size, s.note, db.Millis(tx.Now))
	return err
}

func scanStored(scan func(...any) error) (stored, error) {
	var s stored
	err := scan(&s.organisation, &s.epoch, &s.size, &s.note, &s.at)
	return s, err
}

func lastCheckpoint(ctx context.Context, tx *db.Tx, org access.OrganisationID) (stored, error) {
	var s stored
	err := db.One(tx.QueryRow(ctx, `SELECT organisation_id, epoch, size, note, at FROM audit_checkpoint WHERE organisation_id = $1
		ORDER BY epoch DESC, size DESC LIMIT 1`, org), &s.organisation, &s.epoch, &s.size, &s.note, &s.at)
	return s, err
}

// checkpoints lists the stored checkpoints of a log, in order.
func checkpoints(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]stored, error) {
	return db.All(ctx, tx, scanStored, `SELECT organisation_id, epoch, size, note, at FROM audit_checkpoint WHERE organisation_id = $1
		ORDER BY epoch, size`, org)
}

// latestCheckpoints lists the newest, newest first.
func latestCheckpoints(ctx context.Context, tx *db.Tx, org access.OrganisationID, limit int) ([]stored, error) {
	return db.All(ctx, tx, scanStored, `SELECT organisation_id, epoch, size, note, at FROM audit_checkpoint WHERE organisation_id = $1
		ORDER BY epoch DESC, size DESC LIMIT $2`, org, limit)
}

// deliveredUntil tells which checkpoint a receiver has; zero when it has none.
func deliveredUntil(ctx context.Context, tx *db.Tx, org access.OrganisationID, receiver string) (epoch, size int64, err error) {
	err = db.One(tx.QueryRow(ctx, `SELECT epoch, size FROM audit_delivery WHERE organisation_id = $1 AND receiver = $2`, org, receiver), &epoch, &size)
	if errors.Is(err, db.ErrNotFound) {
		return 0, 0, nil
	}
	return epoch, size, err
}

func saveDelivery(ctx context.Context, tx *db.Tx, receiver string, u *undelivered) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_delivery (organisation_id, receiver, epoch, size, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organisation_id, receiver) DO UPDATE SET epoch = excluded.epoch, size = excluded.size, at = excluded.at`,
		u.organisation, receiver, u.Epoch, u.Size, db.Millis(tx.Now))
	return err
}

// Delivered is how far a receiver outside the database has come.
type Delivered struct {
	Receiver        string
	Epoch, Size, At int64
}

func deliveries(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Delivered, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Delivered, error) {
		var d Delivered
		err := scan(&d.Receiver, &d.Epoch, &d.Size, &d.At)
		return d, err
	}, `SELECT receiver, epoch, size, at FROM audit_delivery WHERE organisation_id = $1 ORDER BY receiver`, org)
}

func saveCosignature(ctx context.Context, tx *db.Tx, witness string, u *undelivered, line string) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_cosignature (organisation_id, epoch, size, witness, signature, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, u.organisation, u.Epoch, u.Size, witness, line, db.Millis(tx.Now))
	return err
}

// cosignature is a witness's line under a checkpoint.
type cosignature struct {
	epoch, size        int64
	witness, signature string
}

func cosignatures(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]cosignature, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (cosignature, error) {
		var c cosignature
		err := scan(&c.epoch, &c.size, &c.witness, &c.signature)
		return c, err
	}, `SELECT epoch, size, witness, signature FROM audit_cosignature WHERE organisation_id = $1 ORDER BY epoch, size, witness`, org)
}

// lastEntry is the highest number that an entry has; -1 when there is none.
func lastEntry(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int64, error) {
	var n int64
	err := db.One(tx.QueryRow(ctx, `SELECT COALESCE(MAX(seq), -1) FROM audit_entry WHERE organisation_id = $1`, org), &n)
	return n, err
}

// readRows fills rows with the entries from a number on. Three reads in the order of the numbers are quicker than one that joins.
func readRows(ctx context.Context, tx *db.Tx, org access.OrganisationID, from int64, rows []row) error {
	to := from + int64(len(rows))
	each := func(query string, scan func(scan func(...any) error) error) error {
		_, err := db.All(ctx, tx, func(s func(...any) error) (struct{}, error) { return struct{}{}, scan(s) },
			query+` AND seq >= $2 AND seq < $3 ORDER BY seq`, org, from, to)
		return err
	}
	var r row
	err := each(`SELECT seq, at, action, object_kind, object_id, record FROM audit_entry WHERE organisation_id = $1`, func(scan func(...any) error) error {
		if err := scan(&r.seq, &r.at, &r.action, &r.objectKind, &r.objectID, &r.record); err != nil {
			return err
		}
		rows[r.seq-from] = r
		return nil
	})
	if err != nil {
		return err
	}
	var seq int64
	var text string
	err = each(`SELECT seq, hashes FROM audit_hash WHERE organisation_id = $1`, func(scan func(...any) error) error {
		if err := scan(&seq, &text); err != nil {
			return err
		}
		rows[seq-from].hashes = text
		return nil
	})
	if err != nil {
		return err
	}
	var values [numFields]sql.NullString
	return each(`SELECT seq, salts, actor, what, why, address FROM audit_private WHERE organisation_id = $1`, func(scan func(...any) error) error {
		if err := scan(&seq, &text, &values[Who], &values[What], &values[Why], &values[From]); err != nil {
			return err
		}
		at := &rows[seq-from]
		at.kept, at.salts = true, text
		for f, v := range values {
			at.values[f], at.gone[f] = v.String, !v.Valid
		}
		return nil
	})
}

func noteAt(ctx context.Context, tx *db.Tx, org access.OrganisationID, size int64) (string, error) {
	var note string
	err := db.One(tx.QueryRow(ctx, `SELECT note FROM audit_checkpoint WHERE organisation_id = $1 AND size = $2 ORDER BY epoch DESC LIMIT 1`, org, size), &note)
	return note, err
}
