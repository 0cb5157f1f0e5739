// SPDX-License-Identifier: EUPL-1.2

package alarm

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/seal"
)

const columns = `id, kind, object_kind, object_id, data, times, first_at, last_at, COALESCE(acknowledged_at, 0), acknowledged_by, note`

// Sealed are the texts of alarms that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "alarm", Columns: []string{"note"}, Key: []string{"id"}}}

func noteCell(id ids.ID[Alarm]) db.Cell { return Sealed[0].Cell("note", id.String()) }

// scanRaised reads an alarm in the transaction, which opens its note. A note whose key has been destroyed is gone, and the alarm stays.
func scanRaised(ctx context.Context, tx *db.Tx, org access.OrganisationID) func(scan func(...any) error) (Raised, error) {
	return func(scan func(...any) error) (Raised, error) {
		r := Raised{Alarm: Alarm{Organisation: org}}
		var data string
		var first, last, acknowledged int64
		err := scan(&r.ID, &r.Kind, &r.ObjectKind, &r.ObjectID, &data, &r.Times, &first, &last, &acknowledged, &r.By, &r.Note)
		if err != nil {
			return r, err
		}
		if r.Note, err = tx.Open(ctx, noteCell(r.ID), r.Note); err != nil && !errors.Is(err, seal.ErrDestroyed) {
			return r, err
		}
		r.First, r.Last = db.FromMillis(first), db.FromMillis(last)
		if acknowledged != 0 {
			r.Acknowledged = db.FromMillis(acknowledged)
		}
		return r, json.Unmarshal([]byte(data), &r.Data)
	}
}

// raise stores an alarm, or counts it on the one that stands. Above the most that may stand of a kind, it is counted on the latest.
func raise(ctx context.Context, tx *db.Tx, a *Alarm) (isNew bool, err error) {
	data, err := json.Marshal(a.Data)
	if err != nil || a.Data == nil {
		data = []byte("{}")
	}
	n, err := tx.Exec(ctx, `
		UPDATE alarm SET times = times + 1, last_at = $1, data = $2
		WHERE organisation_id = $3 AND kind = $4 AND object_kind = $5 AND object_id = $6 AND acknowledged_at IS NULL`,
		db.Millis(tx.Now), string(data), a.Organisation, a.Kind, a.ObjectKind, a.ObjectID)
	if err != nil || n > 0 {
		return false, err
	}
	n, err = tx.Exec(ctx, `
		UPDATE alarm SET times = times + 1, last_at = $1 WHERE organisation_id = $2 AND id = (
			SELECT MAX(a.id) FROM alarm a WHERE a.organisation_id = $2 AND a.kind = $3 AND a.acknowledged_at IS NULL HAVING COUNT(*) >= $4)`,
		db.Millis(tx.Now), a.Organisation, a.Kind, mostOpen)
	if err != nil || n > 0 {
		return false, err
	}
	// Two transactions may come here at once: the second is counted on the first one's row.
	var times int
	err = db.One(tx.QueryRow(ctx, `
		INSERT INTO alarm (id, organisation_id, kind, object_kind, object_id, data, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		ON CONFLICT (organisation_id, kind, object_kind, object_id) WHERE acknowledged_at IS NULL
		DO UPDATE SET times = alarm.times + 1, last_at = excluded.last_at, data = excluded.data
		RETURNING times`,
		ids.New[Alarm](), a.Organisation, a.Kind, a.ObjectKind, a.ObjectID, string(data), db.Millis(tx.Now)), &times)
	return times == 1, err
}

// mostListed is how many alarms a page shows.
const mostListed = 200

func list(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Raised, error) {
	return db.All(ctx, tx, scanRaised(ctx, tx, org), `SELECT `+columns+` FROM alarm WHERE organisation_id = $1
		ORDER BY CASE WHEN acknowledged_at IS NULL THEN 0 ELSE 1 END, last_at DESC, id DESC LIMIT $2`, org, mostListed)
}

func count(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM alarm WHERE organisation_id = $1 AND acknowledged_at IS NULL`, org), &n)
	return n, err
}

func untold(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Raised, error) {
	return db.All(ctx, tx, scanRaised(ctx, tx, org), `SELECT `+columns+` FROM alarm
		WHERE organisation_id = $1 AND acknowledged_at IS NULL AND told_at IS NULL ORDER BY id LIMIT $2`, org, mostListed)
}

func told(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Alarm]) error {
	_, err := tx.Exec(ctx, `UPDATE alarm SET told_at = $1 WHERE organisation_id = $2 AND id = $3`, db.Millis(tx.Now), org, id)
	return err
}

// acknowledge notes that alarms have been taken care of and tells how many. The condition's first parameter is $5.
func acknowledge(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition, by, note string, args ...any) (int64, error) {
	all := append([]any{db.Millis(tx.Now), by, note, org}, args...)
	return tx.Exec(ctx, `UPDATE alarm SET acknowledged_at = $1, acknowledged_by = $2, note = $3
		WHERE organisation_id = $4 AND acknowledged_at IS NULL AND `+condition, all...)
}
