// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// A server that lets nobody write, or says that its disk is full or broken, is told apart from a fault of the program.
func TestServerThatDoesNotWrite(t *testing.T) {
	d := dbtest.Postgres(t)
	for name, c := range map[string]struct {
		statement string
		want      error
	}{
		"read-only": {`SET TRANSACTION READ ONLY; UPDATE unit SET name = name`, db.ErrReadOnly},
		"full":      {`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$`, db.ErrNoRoom},
		"broken":    {`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '58030'; END $$`, db.ErrDisk},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				_, err := tx.SQL.ExecContext(t.Context(), c.statement)
				return err
			})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
