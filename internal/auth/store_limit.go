// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/db"
)

// throttledUntil is the latest end of a pause under any of the names.
func throttledUntil(ctx context.Context, tx *db.Tx, names []string) (int64, error) {
	in, args := list(names)
	var until int64
	return until, db.One(tx.QueryRow(ctx, `SELECT COALESCE(MAX(until_at), 0) FROM throttle WHERE name IN (`+in+`)`, args...), &until)
}

// countFailure adds a failure and tells how many there have been. Those of an earlier window are forgotten when no pause is running
// on; one that is begins where it was, so that each pause is longer than the one before.
func countFailure(ctx context.Context, tx *db.Tx, name string, now time.Time) (int, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `
		INSERT INTO throttle (name, failures, first_at, until_at) VALUES ($1, 1, $2, 0)
		ON CONFLICT (name) DO UPDATE SET
			failures = CASE WHEN throttle.first_at < $3 AND throttle.until_at < $3 THEN 1 ELSE throttle.failures + 1 END,
			first_at = CASE WHEN throttle.first_at < $3 AND throttle.until_at < $3 THEN excluded.first_at ELSE throttle.first_at END
		RETURNING failures`, name, db.Millis(now), db.Millis(now.Add(-window))), &n)
	return n, err
}

func pauseUntil(ctx context.Context, tx *db.Tx, name string, until int64) error {
	_, err := tx.Exec(ctx, `UPDATE throttle SET until_at = $1 WHERE name = $2`, until, name)
	return err
}

func forgetFailures(ctx context.Context, tx *db.Tx, names []string) error {
	in, args := list(names)
	_, err := tx.Exec(ctx, `DELETE FROM throttle WHERE name IN (`+in+`)`, args...)
	return err
}

// forgetThrottled removes what is long past, and when there is still too much, what ends first.
func forgetThrottled(ctx context.Context, tx *db.Tx, before int64, most int) error {
	if _, err := tx.Exec(ctx, `DELETE FROM throttle WHERE until_at < $1 AND first_at < $1`, before); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM throttle WHERE name IN (SELECT name FROM throttle ORDER BY until_at DESC, first_at DESC LIMIT $1 OFFSET $2)`, most, most)
	return err
}

// list writes placeholders for values.
func list(values []string) (string, []any) {
	args := make([]any, len(values))
	marks := make([]string, len(values))
	for i, v := range values {
		args[i], marks[i] = v, fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(marks, ", "), args
}
