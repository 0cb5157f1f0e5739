// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrReadOnly says that a transaction wanted to write to a database that may only be read: it was opened so, its file or disk is
// write-protected, or its server is a standby.
var ErrReadOnly = errors.New("the database may only be read")

// OpenReadOnly opens a database that is there, for reading only: nothing is made, migrated or changed. A SQLite file that lies where
// nothing may be written, and that nobody else has open, is read as it is.
func OpenReadOnly(ctx context.Context, dsn string) (*DB, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		d, err := Open(ctx, dsn)
		if err != nil {
			return nil, err
		}
		d.readOnly = true
		return d, nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find sqlite file: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open sqlite file: %w", err)
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=trusted_schema(0)"
	pool, err := readPool(ctx, base)
	if err != nil && !pending(path) {
		pool, err = readPool(ctx, base+"&immutable=1")
	}
	if err != nil {
		return nil, fmt.Errorf("open sqlite file %s for reading: %w", path, err)
	}
	return &DB{Engine: SQLite, Now: time.Now, Path: path, write: pool, read: pool, readOnly: true}, nil
}

// pending reports whether something written to a SQLite file stands only in its log yet.
func pending(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

func readPool(ctx context.Context, dsn string) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxReaders)
	var n int
	if err := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&n); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}
