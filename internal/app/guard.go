// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/insegel/insegel/internal/db"
)

var (
	// ErrServed says that another server uses the same SQLite file.
	ErrServed = errors.New("another server uses this database")
	// ErrDamaged says that the database file is damaged.
	ErrDamaged = errors.New("the database file is damaged")
)

// guard lets one server at a time use a SQLite file. One-off commands share the file with the server; a second server would run the same
// jobs and hand out the same sessions. release ends it, and so does the end of the program. whole waits for a check of the file that goes on
// meanwhile, and refuses one that is damaged.
func (a *App) guard(ctx context.Context) (release func(), whole func() error, err error) {
	if a.DB.Engine != db.SQLite {
		return func() {}, func() error { return nil }, nil
	}
	release, err = lockForOne(a.DB.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("serve %s: %w", a.DB.Path, err)
	}
	checked := make(chan error, 1)
	go func() { checked <- quickCheck(ctx, a.DB) }()
	return release, func() error { return <-checked }, nil
}

// lockForOne lets one process at a time have a SQLite file to itself, as far as servers and upgrades are concerned. The lock ends with
// the process, however that ends.
func lockForOne(path string) (release func(), err error) {
	f, err := os.OpenFile(path+".server", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	release = func() { _ = f.Close() } // the lock ends with the file
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		release()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: stop it first, or use PostgreSQL for several", ErrServed)
		}
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	return release, nil
}

// quickCheck reads every page of a SQLite file. A server that went on with a damaged one would spread the damage to every copy.
func quickCheck(ctx context.Context, d *db.DB) error {
	said, err := pageFault(ctx, d)
	if err == nil && said == "" {
		return nil
	}
	if err != nil {
		said = err.Error()
	}
	return fmt.Errorf("%w: %s (%s). Nothing was changed. Move the file aside and put the latest backup in its place: insegel restore BACKUP --identity FILE --db sqlite:%s",
		ErrDamaged, d.Path, said, d.Path)
}
