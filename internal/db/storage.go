// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNoRoom says that nothing more can be written because the disk under the database, or what the database may take of it, is full.
// The transaction has left nothing; what was saved before can be read.
var ErrNoRoom = errors.New("no room left for the database")

// ErrDisk says that the disk under the database failed to read or write.
var ErrDisk = errors.New("the database's disk does not answer as it should")

// The primary codes of SQLite's errors are their lowest byte; what is above it tells more.
const sqlitePrimary = 0xff

// PostgreSQL's names of the same faults.
const (
	postgresDiskFull = "53100"
	postgresReadOnly = "25006"
	postgresIO       = "58030"
)

// storage tells what lies under the database apart from other faults, so that everybody above can say what to do about it. The engine's
// own error stays in the chain, for the log.
func storage(err error) error {
	var known error
	var lite *sqlite.Error
	var server *pgconn.PgError
	switch {
	case errors.As(err, &lite):
		known = map[int]error{
			sqlite3.SQLITE_FULL: ErrNoRoom, sqlite3.SQLITE_READONLY: ErrReadOnly, sqlite3.SQLITE_IOERR: ErrDisk,
		}[lite.Code()&sqlitePrimary]
	case errors.As(err, &server):
		known = map[string]error{postgresDiskFull: ErrNoRoom, postgresReadOnly: ErrReadOnly, postgresIO: ErrDisk}[server.Code]
	}
	if known == nil || errors.Is(err, known) {
		return err
	}
	return fmt.Errorf("%w: %w", known, err)
}
