// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/seal"
)

// KeysSuffix ends the name of the file with the organisations' keys that belongs to a backup.
const KeysSuffix = ".keys.age"

// chunk is how many bytes of rows one part of the file holds, about.
const chunk = 1 << 20

// Source is the installation that is copied.
type Source struct {
	DB      *db.DB
	Root    key.Root
	Ring    *seal.Ring
	Version string
}

// Written is a backup that was made.
type Written struct {
	Manifest *Manifest
	File     string
	Bytes    int64
	Took     time.Duration
	// Removed are the older files of keys that were taken away.
	Removed []string
}

// Target is where a backup goes.
type Target struct {
	File       string
	Recipients []age.Recipient
	// KeepKeys is how long older files of keys are kept beside; 0 keeps them all.
	KeepKeys time.Duration
}

// Write makes a backup of one moment of the database while it is in use. Both files are whole or not there; the file of keys comes
// first, so that no backup lacks it. What exists is never written over.
func (s *Source) Write(ctx context.Context, t Target) (*Written, error) {
	if len(t.Recipients) < 2 {
		return nil, ErrRecipients
	}
	if s.Root.IsZero() || s.Ring == nil {
		return nil, fmt.Errorf("make backup: %w", db.ErrNoSealer)
	}
	for _, f := range []string{t.File, t.File + KeysSuffix} {
		if _, err := os.Lstat(f); err == nil {
			return nil, fmt.Errorf("make backup: %s is there already: choose another name", f)
		}
	}
	began := s.DB.Now()
	keys, err := s.Ring.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	if _, err := writeFile(t.File+KeysSuffix, t.Recipients, func(w io.Writer) error { _, err := w.Write(keys); return err }); err != nil {
		return nil, fmt.Errorf("copy the organisations' keys: %w", err)
	}
	out := &Written{File: t.File}
	out.Bytes, err = writeFile(t.File, t.Recipients, func(w io.Writer) (err error) {
		out.Manifest, err = s.stream(ctx, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make backup: %w", errors.Join(err, os.Remove(t.File+KeysSuffix)))
	}
	out.Took = s.DB.Now().Sub(began)
	if out.Removed, err = removeOldKeys(t, began); err != nil {
		return out, err
	}
	return out, nil
}

// writeFile encrypts what write gives into a file that is whole or not there.
func writeFile(name string, to []age.Recipient, write func(io.Writer) error) (int64, error) {
	pattern := filepath.Join(filepath.Dir(name), partPattern)
	if err := removeLeft(pattern); err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	f, err := os.CreateTemp(filepath.Split(pattern))
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	defer hold(f.Name())()
	err = encrypt(f, to, write)
	var size int64
	if info, e := f.Stat(); e == nil {
		size = info.Size()
	}
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = moveNew(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what is there is not whole
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	return size, seal.SyncDir(filepath.Dir(name))
}

// partPattern is what a file is called until it is whole.
const partPattern = ".insegel-backup-*"

// hold marks a file or directory as being worked on, until release or the end of the process, however that comes. Where the file system
// cannot, nothing is marked, and nothing is removed by removeLeft either.
func hold(path string) (release func()) {
	f, err := lock(path)
	if err != nil {
		return func() {}
	}
	return func() { _ = f.Close() } // it was only held
}

func lock(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeLeft removes what matches and nobody works on: left by one that was cut short. What cannot be removed is left.
func removeLeft(pattern string) error {
	dir, base := filepath.Split(pattern)
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for what was left: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if match, err := filepath.Match(base, e.Name()); err != nil || !match {
			continue
		}
		f, err := lock(path)
		if err != nil {
			continue // somebody works on it, or it is not ours to touch
		}
		_ = os.RemoveAll(path)
		_ = f.Close()
	}
	return nil
}

// moveNew gives a file another name, and never takes the place of one that has it. Where the file system has no links, that cannot be
// made certain, and a rename must do.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		return os.Rename(from, to)
	}
	return os.Remove(from)
}

func encrypt(f io.Writer, to []age.Recipient, write func(io.Writer) error) error {
	w, err := age.Encrypt(f, to...)
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	if err := write(w); err != nil {
		return err
	}
	return w.Close()
}

// removeOldKeys takes away older files of keys beside the new one: a key that was destroyed may not be kept longer than that.
func removeOldKeys(t Target, now time.Time) ([]string, error) {
	if t.KeepKeys <= 0 {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(t.File), "*"+KeysSuffix))
	if err != nil {
		return nil, fmt.Errorf("find older files of keys: %w", err)
	}
	var removed []string
	for _, f := range files {
		info, err := os.Lstat(f)
		if err != nil || f == t.File+KeysSuffix || !info.Mode().IsRegular() || now.Sub(info.ModTime()) < t.KeepKeys {
			continue
		}
		if err := os.Remove(f); err != nil {
			return removed, fmt.Errorf("remove an older file of keys: %w", err)
		}
		removed = append(removed, f)
	}
	return removed, nil
}

// stream writes every row of one moment, and the signed manifest after them.
func (s *Source) stream(ctx context.Context, w io.Writer) (*Manifest, error) {
	version, err := schema.Version(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	z := gzip.NewWriter(w)
	a := tar.NewWriter(z)
	m := &Manifest{
		Format: format, Version: s.Version, Schema: version, Engine: string(s.DB.Engine), Root: s.Root.Check(), Ring: s.Ring.ID(),
	}
	err = s.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		m.At = db.Millis(tx.Now)
		tables, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := writeTable(ctx, tx, a, &t); err != nil {
				return err
			}
			m.Tables = append(m.Tables, t)
		}
		m.Logs, err = logs(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	err = errors.Join(part(a, "manifest.json", b), part(a, "manifest.sig", []byte(sign(s.Root, b))), a.Close(), z.Close())
	return m, err
}

func part(a *tar.Writer, name string, b []byte) error {
	if err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err := a.Write(b)
	return err
}

// chunks writes rows in parts of about a megabyte.
type chunks struct {
	archive *tar.Writer
	name    string
	buffer  bytes.Buffer
	hash    hash.Hash
	rows    int64
}

func (c *chunks) row(values []any) error {
	b, err := json.Marshal(values)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	c.hash.Write(b)
	c.rows++
	c.buffer.Write(b)
	if c.buffer.Len() < chunk {
		return nil
	}
	return c.flush()
}

func (c *chunks) flush() error {
	if c.buffer.Len() == 0 {
		return nil
	}
	defer c.buffer.Reset()
	return part(c.archive, "rows/"+c.name, c.buffer.Bytes())
}

func writeTable(ctx context.Context, tx *db.Tx, a *tar.Writer, t *Table) error {
	c := &chunks{archive: a, name: t.Name, hash: sha256.New()}
	if err := eachRow(ctx, tx, t, c.row); err != nil {
		return fmt.Errorf("copy %s: %w", t.Name, err)
	}
	if err := c.flush(); err != nil {
		return fmt.Errorf("copy %s: %w", t.Name, err)
	}
	t.Rows, t.SHA256 = c.rows, hex.EncodeToString(c.hash.Sum(nil))
	return nil
}

// logs tells how far each log has come.
func logs(ctx context.Context, tx *db.Tx) ([]Log, error) {
	ids, err := loggers(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := []Log{}
	for _, org := range ids {
		h, err := audit.HeadOf(ctx, tx, org)
		if err != nil {
			return nil, err
		}
		root, err := audit.Root(ctx, tx, org, h.Size)
		if err != nil {
			return nil, fmt.Errorf("read the log's tree: %w", err)
		}
		out = append(out, Log{Organisation: org.String(), Size: h.Size, Root: root.String()})
	}
	return out, nil
}
