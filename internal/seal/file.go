// SPDX-License-Identifier: EUPL-1.2

package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/insegel/insegel/internal/key"
)

// format names the file's format, for ever.
const format = "insegel-keys/1"

// maxFile is how large the file may be: some hundred bytes for each organisation and key.
const maxFile = 64 << 20

// file is the file as it is stored.
type file struct {
	Format string `json:"format"`
	// Root tells which root key wraps the keys, without telling what it is.
	Root string `json:"root"`
	// Ring names the file, so that the keys of one installation are never taken for another's.
	Ring string     `json:"ring"`
	Keys []fileKeys `json:"keys"`
}

type fileKeys struct {
	Organisation string `json:"organisation"`
	Wrapped      []byte `json:"wrapped,omitempty"`
	Destroyed    bool   `json:"destroyed,omitempty"`
}

func newRingID() string { return rand.Text() }

// parse reads the file's form. It opens nothing.
func parse(b []byte) (file, error) {
	var f file
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return file{}, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return file{}, fmt.Errorf("%w: something follows its end", ErrBroken)
	}
	if f.Format != format {
		return file{}, fmt.Errorf("%w: its format is %.40q, this program knows %q", ErrBroken, f.Format, format)
	}
	if f.Root == "" || f.Ring == "" {
		return file{}, fmt.Errorf("%w: it does not say whose it is", ErrBroken)
	}
	seen := map[string]bool{}
	for _, k := range f.Keys {
		if k.Organisation == "" || seen[k.Organisation] || k.Destroyed == (len(k.Wrapped) > 0) {
			return file{}, fmt.Errorf("%w: organisation %.40q stands twice, or has no keys", ErrBroken, k.Organisation)
		}
		seen[k.Organisation] = true
	}
	return f, nil
}

// reload reads the file into the ring.
func (r *Ring) reload() error {
	if r.path == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read()
}

func (r *Ring) read() error {
	if r.path == "" {
		return nil
	}
	b, err := readFile(r.path)
	if err != nil {
		return err
	}
	return r.take(b)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", path, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read %s: %w: run chmod 0600 on it", path, key.ErrUnsafe)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("read %s: %w: it is too large", path, ErrBroken)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return b, nil
}

// take opens what the file holds. Nothing is taken of a file that is not whole.
func (r *Ring) take(b []byte) error {
	f, err := parse(b)
	if err != nil {
		return fmt.Errorf("read %s: %w", r.path, err)
	}
	if f.Root != r.root {
		return fmt.Errorf("read %s: %w", r.path, ErrRoot)
	}
	if r.ring != "" && r.ring != f.Ring {
		return fmt.Errorf("read %s: %w: another installation's file has taken its place", r.path, ErrBroken)
	}
	before := r.ring
	r.ring = f.Ring
	keys := make(map[string]*holder, len(f.Keys))
	for _, k := range f.Keys {
		if k.Destroyed {
			keys[k.Organisation] = &holder{destroyed: true}
			continue
		}
		h, err := r.unwrap(k.Organisation, k.Wrapped)
		if err != nil {
			r.ring = before
			return fmt.Errorf("read %s: %w", r.path, err)
		}
		keys[k.Organisation] = h
	}
	r.keys = keys
	return nil
}

// encode gives the file's bytes.
func (r *Ring) encode() ([]byte, error) {
	f := file{Format: format, Root: r.root, Ring: r.ring, Keys: []fileKeys{}}
	for _, o := range slices.Sorted(maps.Keys(r.keys)) {
		h := r.keys[o]
		k := fileKeys{Organisation: o, Destroyed: h.destroyed}
		if !h.destroyed {
			var err error
			if k.Wrapped, err = r.wrap(o, h); err != nil {
				return nil, err
			}
		}
		f.Keys = append(f.Keys, k)
	}
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return append(b, '\n'), nil
}

// change reads the file, changes the ring, and writes it back, while no other program does the same. A change that fails is not kept.
func (r *Ring) change(fn func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		return fn()
	}
	unlock, err := lockFile(r.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.read(); err != nil {
		return err
	}
	before := maps.Clone(r.keys)
	err = fn()
	if err == nil && !maps.Equal(before, r.keys) {
		err = r.write(r.path)
	}
	if err != nil {
		r.keys = before
	}
	return err
}

func (r *Ring) write(path string) error {
	b, err := r.encode()
	if err != nil {
		return err
	}
	return writeWhole(path, b)
}

func (r *Ring) createFile() error {
	unlock, err := lockFile(r.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(r.path); err == nil {
		return fmt.Errorf("make %s: %w", r.path, fs.ErrExist)
	}
	return r.write(r.path)
}

// lockFile waits until no other program changes the keys.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock keys: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock keys: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil // the lock ends with the file
}

// writeWhole puts a file in the place of another so that there is always one of them, whole, whatever happens meanwhile. What an earlier
// one left when it was cut short goes first: a key that is destroyed may not lie on in it.
func writeWhole(path string, b []byte) error {
	unfinished := path + ".new" // one name, for whoever holds the lock
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write keys: %w", err)
	}
	f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what is there is not whole
		return fmt.Errorf("write keys: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes sure that what was renamed in a directory is there after a power cut.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	// Not every file system can sync a directory; those that cannot keep the order themselves.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return errors.Join(fmt.Errorf("sync directory: %w", err), d.Close())
	}
	return d.Close()
}

// Rewrap writes a copy of the file at path, with the same keys wrapped by another root key.
func (r *Ring) Rewrap(path string, root key.Root) error {
	if err := r.reload(); err != nil {
		return err
	}
	other, err := newRing(path, root)
	if err != nil {
		return err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	other.ring, other.keys = r.ring, r.keys
	return other.write(path)
}

// NextSuffix is added to the name of a file of keys that the next root key goes with, until it takes the place of the one there is. No
// other file has such a name: what is decided may not be taken for what a write left half-done.
const NextSuffix = ".next"

// OldName is what a file of keys is called when another has taken its place. root tells which root key it goes with, as key.Root.Check.
func OldName(path, root string) string {
	sum := sha256.Sum256([]byte(root))
	return path + ".old-" + hex.EncodeToString(sum[:4])
}

// Reroot wraps the keys with another root key. It first writes them beside the file, then lets commit decide that the other root key is
// the one in force, and then puts the new file in the place of the old, which is kept under its OldName. It may be stopped at any moment:
// before commit the old file is whole and in its place, and after it Promote finishes. Nobody changes the keys meanwhile.
func (r *Ring) Reroot(root key.Root, commit func() error) error {
	if r.path == "" {
		return commit()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	unlock, err := lockFile(r.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.read(); err != nil {
		return err
	}
	next, err := newRing(r.path+NextSuffix, root)
	if err != nil {
		return err
	}
	next.ring, next.keys = r.ring, r.keys
	if err := next.write(next.path); err != nil {
		return err
	}
	if err := commit(); err != nil {
		return errors.Join(err, os.Remove(next.path)) // the keys stand in the file that there is
	}
	if err := Swap(r.path, OldName(r.path, r.root)); err != nil {
		return err
	}
	r.kek, r.root = next.kek, next.root
	return nil
}

// Promote opens the file beside path that the root key wraps, and puts it in the place of the one there is: a change of root key was
// stopped after it was decided.
func Promote(path string, root key.Root) (*Ring, error) {
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	next, err := Open(path+NextSuffix, root)
	if err != nil {
		return nil, err
	}
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := Swap(path, OldName(path, f.Root)); err != nil {
		return nil, err
	}
	next.path = path
	return next, nil
}

// DropNext takes away what a change of root key left that was never decided: keys that are destroyed later may not lie on in it. undecided
// is asked while nobody else changes the keys.
func DropNext(path string, undecided func() (bool, error)) error {
	var left []string
	for _, name := range []string{path + NextSuffix, path + NextSuffix + ".new"} { // the file, and what a write of it left half-done
		if _, err := os.Lstat(name); err == nil {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := undecided(); err != nil || !ok {
		return err
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("take away what a change of root key left: %w", err)
		}
	}
	return nil
}

// Swap puts the file beside path in the place of the one there is, which stays under the name old. There is a whole file under path at
// every moment, and nothing is lost: both names of the old one are there before the new one takes its place.
func Swap(path, old string) error {
	if err := os.Link(path, old); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the old file: %w", err)
	}
	if err := SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(path+NextSuffix, path); err != nil {
		return fmt.Errorf("put the new file in its place: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}

// Bytes gives the file as it is stored, for a backup of it.
func (r *Ring) Bytes() ([]byte, error) {
	if r.path == "" {
		r.mu.RLock()
		defer r.mu.RUnlock()
		return r.encode()
	}
	return readFile(r.path)
}

// Restore writes the file of a backup to path. Where a file is already, it is kept, and only the keys that it lacks are taken from
// the backup, earlier keys of an organisation too: what has been destroyed since stays destroyed.
func Restore(path string, root key.Root, backup []byte) (*Ring, error) {
	old, err := newRing(path, root)
	if err != nil {
		return nil, err
	}
	if err := old.take(backup); err != nil {
		return nil, err
	}
	r, err := Open(path, root)
	if errors.Is(err, ErrMissing) {
		return old, old.createFile()
	}
	if err != nil {
		return nil, err
	}
	if r.ID() != old.ring {
		return nil, fmt.Errorf("restore keys to %s: %w: another installation's file is there", path, ErrBroken)
	}
	err = r.change(func() error {
		for o, h := range old.keys {
			has := r.keys[o]
			if has == nil || h.destroyed {
				r.keys[o] = h
				continue
			}
			if has.destroyed {
				continue
			}
			both, err := has.joined(h)
			if err != nil {
				return err
			}
			r.keys[o] = both
		}
		return nil
	})
	return r, err
}

// joined gives the keys of h and those that only other has. The one in use is still that of h.
func (h *holder) joined(other *holder) (*holder, error) {
	m := keyset.NewManagerFromHandle(h.handle)
	added := false
	for i := range other.handle.Len() {
		e, err := other.handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		if h.knows(keyName(e.KeyID())) {
			continue
		}
		if _, err := m.AddKey(e.Key()); err != nil {
			return nil, fmt.Errorf("take key from backup: %w", err)
		}
		added = true
	}
	if !added {
		return h, nil
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("take keys from backup: %w", err)
	}
	return newHolder(handle)
}
