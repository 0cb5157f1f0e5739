// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrCopy says that a SQLite file could not be copied.
var ErrCopy = errors.New("the database could not be copied")

// unfinished ends the name of a copy that is being made. One that is found was cut short.
const unfinished = ".copying"

// roomFor is how many times the database's size must be free beside it: for the copy, and for what is done once it is made.
const roomFor = 2

// CopyTo copies a SQLite database, as it is at one moment, to a file that is whole and on the disk once it has that name. Nothing that is
// there is written over. One process at a time may copy to a name.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	if d.Engine != SQLite {
		return fmt.Errorf("%w: %s is no file", ErrCopy, d.Engine)
	}
	if err := d.room(path); err != nil {
		return err
	}
	part := path + unfinished
	if err := d.copyAside(ctx, part); err != nil {
		_ = os.Remove(part) // it is not whole
		return fmt.Errorf("%w to %s: %w", ErrCopy, path, storage(err))
	}
	err := os.Link(part, path) // unlike a rename it never takes the place of another
	if err != nil && !errors.Is(err, os.ErrExist) {
		err = os.Rename(part, path) // the file system has no links
	}
	_ = os.Remove(part) // it has its right name now, or is not wanted
	if err != nil {
		return fmt.Errorf("%w to %s: %w", ErrCopy, path, err)
	}
	return syncDir(filepath.Dir(path))
}

// copyAside writes the copy to a name of its own, with the database's own rights, and waits until it is on the disk.
func (d *DB) copyAside(ctx context.Context, part string) error {
	info, err := os.Stat(d.Path)
	if err != nil {
		return err
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) { // left by a copy that was cut short
		return err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // SQLite fills an empty file, and leaves its rights
	if err != nil {
		return err
	}
	if _, err = d.write.ExecContext(ctx, `VACUUM INTO $1`, part); err == nil {
		err = errors.Join(f.Chmod(info.Mode().Perm()), f.Sync())
	}
	return errors.Join(err, f.Close())
}

// room refuses to copy where the disk has too little left.
func (d *DB) room(path string) error {
	var need uint64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(d.Path + suffix); err == nil {
			need += roomFor * uint64(max(0, info.Size()))
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &disk); err != nil {
		return nil //nolint:nilerr // a file system that does not tell is found out by writing
	}
	if free := uint64(disk.Bavail) * uint64(disk.Bsize); free < need { //nolint:gosec // neither is negative
		return fmt.Errorf("%w to %s: %w: it takes %d MiB and %d are free", ErrCopy, path, ErrNoRoom, need>>20+1, free>>20)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync() // not every file system can
	return f.Close()
}
