// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/seal"
)

const columns = `id, kind, object_kind, object_id, payload, reason, concerns, asked_by, asked_at, expires_at, alone = 1, emergency = 1, waited_ms, looked_at,
	status, decided_by, COALESCE(decided_at, 0), note`

// Sealed are the texts of requests that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "approval", Columns: []string{"reason", "note"}, Key: []string{"id"}}}

func cell(column string, id ids.ID[Request]) db.Cell { return Sealed[0].Cell(column, id.String()) }

// scanRequest reads a request in the transaction, which opens its texts. Texts whose key has been destroyed are gone, and the request stays.
func scanRequest(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Request, error) {
	return func(scan func(...any) error) (Request, error) {
		r, err := scanSealed(scan)
		if err != nil {
			return r, err
		}
		if r.Reason, err = tx.Open(ctx, cell("reason", r.ID), r.Reason); err == nil {
			r.Note, err = tx.Open(ctx, cell("note", r.ID), r.Note)
		}
		if errors.Is(err, seal.ErrDestroyed) {
			r.Reason, r.Note, err = "", "", nil
		}
		return r, err
	}
}

func scanSealed(scan func(...any) error) (Request, error) {
	var r Request
	var payload, concerns string
	var at, expires, waited, looked, when int64
	err := scan(&r.ID, &r.Kind, &r.ObjectKind, &r.ObjectID, &payload, &r.Reason, &concerns, &r.By, &at, &expires, &r.Alone, &r.Emergency, &waited, &looked,
		&r.Status, &r.Decider, &when, &r.Note)
	r.Payload, r.Concerns = []byte(payload), strings.Fields(concerns)
	r.At, r.Expires, r.looked = db.FromMillis(at), db.FromMillis(expires), db.FromMillis(looked)
	r.Waited = time.Duration(waited) * time.Millisecond
	if when != 0 {
		r.When = db.FromMillis(when)
	}
	return r, err
}

// list gives requests: those that wait oldest first, those that have been decided latest first.
func list(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, limit int) ([]Request, error) {
	return db.All(ctx, tx, scanRequest(ctx, tx), `SELECT `+columns+` FROM approval WHERE organisation_id = $1 AND `+condition+`
		ORDER BY decided_at DESC, asked_at, id LIMIT $2`, org, limit)
}

func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Request]) (Request, error) {
	row := tx.QueryRow(ctx, `SELECT `+columns+` FROM approval WHERE organisation_id = $1 AND id = $2`, org, id)
	return scanRequest(ctx, tx)(func(dest ...any) error { return db.One(row, dest...) })
}

func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Request) error {
	yes := map[bool]int{true: 1}
	reason, err := tx.Seal(ctx, cell("reason", r.ID), r.Reason)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO approval (id, organisation_id, kind, object_kind, object_id, payload, reason, concerns, asked_by, asked_at, expires_at, alone, looked_at, emergency)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10, $13)`,
		r.ID, org, r.Kind, r.ObjectKind, r.ObjectID, string(r.Payload), reason, strings.Join(r.Concerns, " "), r.By, db.Millis(r.At),
		db.Millis(r.Expires), yes[r.Alone], yes[r.Emergency])
	return err
}

// decide notes what became of a request, if it still waits, and tells how many did.
func decide(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Request], to Status, by, note string) (int64, error) {
	note, err := tx.Seal(ctx, cell("note", id), note)
	if err != nil {
		return 0, err
	}
	return tx.Exec(ctx, `UPDATE approval SET status = $1, decided_by = $2, decided_at = $3, note = $4
		WHERE organisation_id = $5 AND id = $6 AND status = 'waiting'`, to, by, db.Millis(tx.Now), note, org, id)
}

// count notes how much of a wait has passed.
func count(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Request) error {
	_, err := tx.Exec(ctx, `UPDATE approval SET waited_ms = $1, looked_at = $2 WHERE organisation_id = $3 AND id = $4 AND status = 'waiting'`,
		r.Waited.Milliseconds(), db.Millis(r.looked), org, r.ID)
	return err
}

// meet says that there is somebody who can approve a request that waited for want of one. Their time to do so begins now.
func meet(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Request]) error {
	_, err := tx.Exec(ctx, `UPDATE approval SET alone = 0, expires_at = $1 WHERE organisation_id = $2 AND id = $3 AND status = 'waiting'`,
		db.Millis(tx.Limit.Add(Lifetime)), org, id)
	return err
}
