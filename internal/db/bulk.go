// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// maxParameters keeps a statement well under both engines' limits (SQLite 32 766, PostgreSQL 65 535). Larger ones are no quicker.
const maxParameters = 1_000

// Insert writes many rows with few statements. head is "INSERT INTO t (a, b) VALUES", tail what follows the values (for
// example an ON CONFLICT clause, or nothing). Every row has the same number of values.
func (tx *Tx) Insert(ctx context.Context, head, tail string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	width := len(rows[0])
	chunk := max(1, min(len(rows), maxParameters/max(1, width)))
	for start := 0; start < len(rows); start += chunk {
		part := rows[start:min(start+chunk, len(rows))]
		var b strings.Builder
		b.WriteString(head)
		args := make([]any, 0, len(part)*width)
		for i, row := range part {
			if len(row) != width {
				return fmt.Errorf("insert rows: row %d has %d values, the first has %d", start+i, len(row), width)
			}
			b.WriteString(separator(i, " (", ", ("))
			for j := range row {
				b.WriteString(separator(j, "", ", "))
				if tx.Engine == SQLite {
					// To SQLite $1 is a name, which it and its driver look up one by one: the time would grow with the square
					// of their number, and a large import take twice as long.
					b.WriteByte('?')
					continue
				}
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(len(args) + j + 1))
			}
			b.WriteByte(')')
			args = append(args, row...)
		}
		if tail != "" {
			b.WriteString(" " + tail)
		}
		if _, err := tx.Exec(ctx, b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

func separator(i int, first, rest string) string {
	if i == 0 {
		return first
	}
	return rest
}
