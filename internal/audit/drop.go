// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
)

// Export is a signed checkpoint on its way off the machine.
type Export struct {
	// Name and Epoch are those of the log.
	Name  string
	Epoch int64
	// Organisation is whose log it is; it is not known of one that was read from a directory.
	Organisation access.OrganisationID
	Checkpoint
	// Note is the checkpoint, signed.
	Note string
}

// Receiver is somewhere outside the database that checkpoints are sent to (Swedish: mottagare).
type Receiver interface {
	// Name tells it from the others, for ever.
	Name() string
	// Receive takes a checkpoint. It may be sent the same twice.
	Receive(ctx context.Context, e Export) error
}

// Drop is a directory that checkpoints are put in (Swedish: avlämningsplats): a mounted share of another machine, or at least not a
// part of what the database's backups put back. A file is written once and never changed.
type Drop struct{ Dir string }

// perDirectory is how many sizes share a directory, so that none gets too many files.
const perDirectory = 1 << 16

// Name tells it from other receivers.
func (d Drop) Name() string { return "drop" }

func (d Drop) path(name string, epoch, size int64) string {
	return filepath.Join(d.Dir, name, fmt.Sprintf("%06d", epoch), fmt.Sprintf("%014d", size/perDirectory), fmt.Sprintf("%020d.note", size))
}

// ErrOther says that the directory holds another checkpoint of the same size.
var ErrOther = errors.New("another checkpoint, or other entries, of the same size was put there before: the log has been rewritten, or the directory belongs to another installation")

// Receive puts a checkpoint in the directory, whole or not at all, and makes sure that it is on the disk.
func (d Drop) Receive(_ context.Context, e Export) error {
	path := d.path(e.Name, e.Epoch, e.Size)
	if before, err := os.ReadFile(path); err == nil {
		if c, err := peek(string(before)); err == nil && c == e.Checkpoint {
			return nil
		}
		return fmt.Errorf("put checkpoint in %s: %w", path, ErrOther)
	}
	if err := put(path, []byte(e.Note)); err != nil {
		return fmt.Errorf("put checkpoint in %s: %w", path, err)
	}
	return nil
}

// ReceiveEntries puts a segment in the directory, beside the checkpoints of its epoch.
func (d Drop) ReceiveEntries(_ context.Context, s *Segment) error {
	path := filepath.Join(d.Dir, s.Name, fmt.Sprintf("%06d", s.Epoch), "entries", fmt.Sprintf("%014d", s.From/perDirectory), fmt.Sprintf("%020d-%020d.jsonl", s.From, s.Size))
	if before, err := os.ReadFile(path); err == nil {
		if headOf(before).Root == s.Root {
			return nil
		}
		return fmt.Errorf("put entries in %s: %w", path, ErrOther)
	}
	if err := put(path, s.text()); err != nil {
		return fmt.Errorf("put entries in %s: %w", path, err)
	}
	return nil
}

// put writes a file once, whole or not at all, and makes sure that it is on the disk.
func put(path string, content []byte) error {
	if err := makeDirs(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its right name now, or is not wanted
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o440), f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // unlike a rename it never takes the place of another
	}
	if errors.Is(err, fs.ErrExist) { // another server of the same installation was quicker
		err = nil
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

// makeDirs makes a directory and those above it, each on the disk before what is in it.
func makeDirs(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeDirs(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system can
	return d.Close()
}

// Latest reads the latest checkpoint of each log, by the log's name. Their signatures are checked with the key.
func (d Drop) Latest(key PublicKey) (map[string]Export, error) {
	out := map[string]Export{}
	logs, err := os.ReadDir(d.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read exported checkpoints: %w", err)
	}
	for _, l := range logs {
		if !l.IsDir() {
			continue
		}
		path, err := d.last(l.Name())
		if err != nil {
			return nil, fmt.Errorf("read exported checkpoints: %w", err)
		}
		if path == "" {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read exported checkpoint: %w", err)
		}
		c, err := OpenNote(string(b), key)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w: give each installation a directory of its own", path, err)
		}
		name, epoch, ok := ParseOrigin(c.Origin)
		if !ok || path != d.path(name, epoch, c.Size) || name != l.Name() {
			return nil, fmt.Errorf("read %s: %w", path, ErrCheckpoint)
		}
		out[name] = Export{Name: name, Epoch: epoch, Checkpoint: c, Note: string(b)}
	}
	return out, nil
}

// last finds the file with the highest epoch and size; empty when there is none.
func (d Drop) last(name string) (string, error) {
	return highest(filepath.Join(d.Dir, name), 2)
}

// highest goes down to the file whose name is the highest number at every level. An empty directory, left by a write that was cut
// short, is passed over.
func highest(dir string, below int) (string, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(list) {
		if _, err := strconv.ParseInt(trimNote(e.Name()), 10, 64); err != nil || e.IsDir() != (below > 0) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if below == 0 {
			return path, nil
		}
		if path, err = highest(path, below-1); err != nil || path != "" {
			return path, err
		}
	}
	return "", nil
}

func trimNote(name string) string {
	if ext := filepath.Ext(name); ext == ".note" {
		return name[:len(name)-len(ext)]
	}
	return name
}
