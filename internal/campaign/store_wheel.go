// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// activities reads what an organisation has added to its year.
func activities(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Activity, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Activity, error) {
		var a Activity
		return a, scan(&a.ID, &a.Title, &a.Month, &a.Day, &a.First, &a.Last)
	}, `SELECT id, title, month, day, first_year, last_year FROM year_activity WHERE organisation_id = $1 ORDER BY month, day, id`, org)
	if err != nil {
		return nil, fmt.Errorf("read what returns every year: %w", err)
	}
	return out, nil
}

func insertActivity(ctx context.Context, tx *db.Tx, actor access.Actor, a *Activity) error {
	_, err := tx.Exec(ctx, `INSERT INTO year_activity (id, organisation_id, title, month, day, first_year, last_year, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, a.ID, tx.Scope, a.Title, a.Month, a.Day, a.First, a.Last, actor.ID, db.Millis(tx.Now))
	return err
}

// endActivity lets an activity not return after a year; it stays in the years that it was in.
func endActivity(ctx context.Context, tx *db.Tx, id ids.ID[Activity], last int64) error {
	n, err := tx.Exec(ctx, `UPDATE year_activity SET last_year = $1 WHERE organisation_id = $2 AND id = $3`, last, tx.Scope, id)
	if err == nil && n == 0 {
		err = db.ErrNotFound
	}
	return err
}

// ticks reads what has been done in a year, by activity.
func ticks(ctx context.Context, tx *db.Tx, org access.OrganisationID, year int64) (map[string]civil.Date, error) {
	out := map[string]civil.Date{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id string
		var on civil.Date
		err := scan(&id, &on)
		out[id] = on
		return struct{}{}, err
	}, `SELECT activity, done_on FROM year_done WHERE organisation_id = $1 AND year = $2`, org, year)
	if err != nil {
		return nil, fmt.Errorf("read what has been done this year: %w", err)
	}
	return out, nil
}

func tick(ctx context.Context, tx *db.Tx, actor access.Actor, t Tick) error {
	if t.Undo {
		_, err := tx.Exec(ctx, `DELETE FROM year_done WHERE organisation_id = $1 AND activity = $2 AND year = $3`, tx.Scope, t.Activity, t.Year)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO year_done (organisation_id, activity, year, done_on, done_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organisation_id, activity, year) DO NOTHING`, tx.Scope, t.Activity, t.Year, civil.Of(tx.Now), actor.ID)
	return err
}

// began is the day that the organisation began here.
func began(ctx context.Context, tx *db.Tx) (civil.Date, error) {
	var at int64
	if err := db.One(tx.QueryRow(ctx, `SELECT created_at FROM organisation WHERE id = $1`, tx.Scope), &at); err != nil {
		return civil.Date{}, fmt.Errorf("read when the organisation began: %w", err)
	}
	return civil.Of(db.FromMillis(at)), nil
}
