// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// Point is a value on a day.
type Point struct {
	On civil.Date
	Value
	// Catalogue is the edition that it was counted by.
	Catalogue string
}

const pointColumns = `taken_on, indicator, definition, series, numerator, denominator, unknown, catalogue`

func scanPoint(scan func(...any) error) (Point, error) {
	var p Point
	var series string
	err := scan(&p.On, &p.Indicator, &p.Definition, &series, &p.Numerator, &p.Denominator, &p.Unknown, &p.Catalogue)
	p.Series, _ = ParseSeries(series) // the table holds no other
	return p, err
}

// save writes the values of a day. Those of the day that were there are replaced; those of another day cannot be.
func save(ctx context.Context, tx *db.Tx, org access.OrganisationID, edition string, values []Value) error {
	today := civil.Of(tx.Now)
	if _, err := tx.Exec(ctx, `DELETE FROM indicator_snapshot WHERE organisation_id = $1 AND taken_on = $2`, org, today); err != nil {
		return fmt.Errorf("clear the day's values: %w", err)
	}
	return saveOn(ctx, tx, today, edition, values)
}

// saveOn puts the values of a day with those that are there.
func saveOn(ctx context.Context, tx *db.Tx, day civil.Date, edition string, values []Value) error {
	rows := make([][]any, len(values))
	for i, v := range values {
		rows[i] = []any{tx.Scope, day, v.Indicator, v.Definition, v.Series.String(), v.Numerator, v.Denominator, v.Unknown, edition}
	}
	err := tx.Insert(ctx, `INSERT INTO indicator_snapshot (organisation_id, taken_on, indicator, definition, series, numerator, denominator, unknown, catalogue) VALUES`, "", rows)
	if err != nil {
		return fmt.Errorf("save values: %w", err)
	}
	return nil
}

// history reads the values of an indicator, or of all when none is named, earliest first.
func history(ctx context.Context, tx *db.Tx, org access.OrganisationID, indicator string) ([]Point, error) {
	out, err := db.All(ctx, tx, scanPoint, `SELECT `+pointColumns+` FROM indicator_snapshot
		WHERE organisation_id = $1 AND ($2 = '' OR indicator = $2) ORDER BY taken_on, indicator, definition, series`, org, indicator)
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	return out, nil
}

// LastBefore reads the values of the last day on which they were counted from one day up to another, which is not counted. What was invented is not
// among them: they are what an organisation tells others.
func LastBefore(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, before civil.Date) ([]Value, error) {
	points, err := taken(ctx, tx, org, from, before, inventedBy)
	out := make([]Value, len(points))
	for i := range points {
		out[i] = points[i].Value
	}
	return out, err
}

// TakenBefore reads the values of the last day on which they were taken, an example's invented past included, with the day.
func TakenBefore(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, before civil.Date) ([]Point, error) {
	return taken(ctx, tx, org, from, before, "")
}

// taken reads the last day's values, other than those by an edition of the catalogue.
func taken(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, before civil.Date, other string) ([]Point, error) {
	points, err := db.All(ctx, tx, scanPoint, `SELECT `+pointColumns+` FROM indicator_snapshot WHERE organisation_id = $1 AND catalogue <> $4 AND taken_on =
		(SELECT MAX(taken_on) FROM indicator_snapshot WHERE organisation_id = $1 AND catalogue <> $4 AND taken_on >= $2 AND taken_on < $3) ORDER BY indicator, series`,
		org, from, before, other)
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	return points, nil
}

// ForgetInvented takes an invented past away, within the use case that takes the example away.
func ForgetInvented(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM indicator_snapshot WHERE organisation_id = $1 AND catalogue = $2`, tx.Scope, inventedBy); err != nil {
		return fmt.Errorf("take away invented values: %w", err)
	}
	return nil
}
