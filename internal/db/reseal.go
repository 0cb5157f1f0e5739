// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
)

// resealBatch is how many rows one transaction encrypts anew: few enough that others wait for a moment only.
const resealBatch = 200

// isSealed is the form of a sealed text in SQL, whatever its key.
const isSealed = `v1:________:%`

// SealPlain encrypts what stands in plain text in a table, for one organisation. It is for the first time only: after it a plain text
// is refused. It may be stopped at any moment, and begun again.
func (d *DB) SealPlain(ctx context.Context, org access.OrganisationID, s *Sealed) (int, error) {
	total := 0
	plain := func(c string) string { return c + ` <> '' AND ` + c + ` NOT LIKE '` + isSealed + `'` }
	err := d.reseal(ctx, org, s, plain, func(tx *Tx, c Cell, text string) (string, error) {
		total++
		return tx.Seal(ctx, c, text)
	})
	if err == nil && s.Then != nil {
		err = d.Write(ctx, org, func(tx *Tx) error { return s.Then(ctx, tx) })
	}
	if err != nil {
		return total, fmt.Errorf("encrypt %s: %w", s.Table, err)
	}
	return total, nil
}

// Reseal encrypts anew, with the organisation's present key, what another key has sealed. It may be stopped at any moment, and begun
// again.
func (d *DB) Reseal(ctx context.Context, org access.OrganisationID, s *Sealed, key string) (int, error) {
	total := 0
	err := d.reseal(ctx, org, s, func(c string) string { return otherKey(c, key) }, func(tx *Tx, c Cell, text string) (string, error) {
		total++
		plain, err := tx.Open(ctx, c, text)
		if err != nil {
			return "", err
		}
		return tx.Seal(ctx, c, plain)
	})
	if err != nil {
		return total, fmt.Errorf("encrypt %s anew: %w", s.Table, err)
	}
	return total, nil
}

func otherKey(column, key string) string {
	return column + ` LIKE '` + isSealed + `' AND ` + column + ` NOT LIKE 'v1:` + key + `:%'`
}

// CountOtherKeys counts the texts of an organisation that another key than the given has sealed.
func (tx *Tx) CountOtherKeys(ctx context.Context, s *Sealed, key string) (int, error) {
	total := 0
	for _, c := range s.Columns {
		var n int
		err := One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM `+s.Table+` WHERE organisation_id = $1 AND `+otherKey(c, key), tx.Scope), &n)
		if err != nil {
			return 0, fmt.Errorf("count texts in %s: %w", s.Table, err)
		}
		total += n
	}
	return total, nil
}

// reseal goes through a table from its beginning, a batch in each transaction, and changes the texts that a condition finds.
func (d *DB) reseal(ctx context.Context, org access.OrganisationID, s *Sealed, stale func(column string) string,
	change func(tx *Tx, c Cell, text string) (string, error),
) error {
	var after []string // the key of the last row that was seen
	for {
		var n int
		err := d.Write(ctx, org, func(tx *Tx) error {
			rows, err := s.batch(ctx, tx, stale, after)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := s.rewrite(ctx, tx, row, change); err != nil {
					return err
				}
			}
			if n = len(rows); n > 0 {
				after = rows[n-1][:len(s.Key)]
			}
			return nil
		})
		if err != nil || n < resealBatch {
			return err
		}
	}
}

// batch reads the key, and for each column whether it is stale and its text, of the next stale rows.
func (s *Sealed) batch(ctx context.Context, tx *Tx, stale func(string) string, after []string) ([][]string, error) {
	columns := slices.Clone(s.Key)
	var conditions []string
	for _, c := range s.Columns {
		columns = append(columns, `CASE WHEN `+stale(c)+` THEN `+c+` ELSE '' END`)
		conditions = append(conditions, `(`+stale(c)+`)`)
	}
	query := `SELECT ` + strings.Join(columns, ", ") + ` FROM ` + s.Table + ` WHERE organisation_id = $1 AND (` + strings.Join(conditions, " OR ") + `)`
	args := []any{tx.Scope}
	if after != nil {
		var marks []string
		for _, v := range after {
			args = append(args, v)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		query += ` AND (` + strings.Join(s.Key, ", ") + `) > (` + strings.Join(marks, ", ") + `)`
	}
	query += ` ORDER BY ` + strings.Join(s.Key, ", ") + ` LIMIT ` + strconv.Itoa(resealBatch)
	if tx.Engine == Postgres {
		query += ` FOR UPDATE` // nobody may change a text between its reading and its writing; SQLite has one writer
	}
	return All(ctx, tx, func(scan func(...any) error) ([]string, error) {
		row := make([]string, len(columns))
		dest := make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		return row, scan(dest...)
	}, query, args...)
}

// rewrite changes the stale texts of one row.
func (s *Sealed) rewrite(ctx context.Context, tx *Tx, row []string, change func(tx *Tx, c Cell, text string) (string, error)) error {
	key := row[:len(s.Key)]
	for i, c := range s.Columns {
		old := row[len(s.Key)+i]
		if old == "" {
			continue
		}
		text, err := change(tx, s.Cell(c, key...), old)
		if err != nil {
			return err
		}
		args := []any{text, tx.Scope}
		where := ""
		for j, k := range s.Key {
			args = append(args, key[j])
			where += ` AND ` + k + ` = $` + strconv.Itoa(len(args))
		}
		if _, err := tx.Exec(ctx, `UPDATE `+s.Table+` SET `+c+` = $1 WHERE organisation_id = $2`+where, args...); err != nil {
			return err
		}
	}
	return nil
}
