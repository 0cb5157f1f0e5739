// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bufio"
	"bytes"
	"crypto/hmac"
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
	"sync"
	"time"
)

// State is what one scan leaves for the next: the key of fingerprints, and which files were read, so that a file that has not changed
// is not read again; one of whose own bytes some were not read is. A file has not changed when its size and time are the same, or its size and the hash of its content. What
// was found by other rules, or by another version of the program, is not trusted: then every file is read.
//
// It holds no value that was found, only how many, and no path, which may name somebody: its hashes are keyed. The file is its owner's alone.
type State struct {
	// Key is the key of fingerprints.
	Key Key

	name  string
	rules string

	mu    sync.Mutex
	files map[string]fileState // by the keyed hash of the path
	seen  map[string]bool
	whole map[string]bool // the sources that were walked to their ends, by the keyed hash of where they lie
}

// fileState is a file whose bytes were all read. Its fields are what is written.
type fileState struct {
	// File is the keyed hash of its path, and Source of the source's that it was found in.
	File   string `json:"file"`
	Source string `json:"source,omitempty"`
	Size   int64  `json:"size"`
	// Changed is when it was changed, in nanoseconds, and Read when reading it began.
	Changed int64 `json:"changed"`
	Read    int64 `json:"read"`
	// Hash is the keyed hash of its content.
	Hash string `json:"hash"`
	// Found are how many of each detector counted, and Low how many did not.
	Found map[string]int64 `json:"found,omitempty"`
	Low   int64            `json:"low,omitempty"`
	// Skips are what in it could not be read, which is told again each time.
	Skips []stateSkip `json:"skips,omitempty"`
}

// stateSkip is something in a file that was not read.
type stateSkip struct {
	Member string `json:"member,omitempty"`
	From   int64  `json:"from,omitempty"`
	To     int64  `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// mostSkips is how many skips of one file are kept; a file with more is read each time.
const mostSkips = 256

// stateHead is the first line of the file.
type stateHead struct {
	Key   []byte `json:"fingerprint_key"`
	Rules string `json:"rules,omitempty"`
}

// settled is how much older than a reading of it a file must be for its time to tell that it has not changed since: clocks of file
// systems are coarse.
const settled = 2 * time.Second

// OpenState reads a state, or makes one with a new key where there is none. rules name everything but the files that decides what is
// found.
func OpenState(name, rules string) (*State, error) {
	s := &State{name: name, rules: rules, files: map[string]fileState{}, seen: map[string]bool{}, whole: map[string]bool{}}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		s.Key = NewKey()
		return s, s.Save()
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read state: %s holds a key and others may read it: let its owner alone do so (chmod 600)", name)
	}
	if err := s.read(f); err != nil {
		return nil, fmt.Errorf("read state: %s is no state of insegel scan: name another file", name)
	}
	return s, nil
}

// read reads the file: its head, and the files that were read by the same rules.
func (s *State) read(r io.Reader) error {
	d := json.NewDecoder(bufio.NewReaderSize(r, 64<<10))
	var head stateHead
	if err := d.Decode(&head); err != nil {
		return err
	}
	if len(head.Key) != len(s.Key) {
		return errors.New("the key has another length")
	}
	s.Key = Key(head.Key)
	if head.Rules != s.rules {
		return nil
	}
	for {
		var f fileState
		err := d.Decode(&f)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.File != "" { // an older one had the path here, in clear: its files are read again
			s.files[f.File] = f
		}
	}
}

// Save writes the state beside the file and puts it in its place, so that it is whole whenever the program ends. Files that are gone are
// forgotten.
func (s *State) Save() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.CreateTemp(filepath.Dir(s.name), "."+filepath.Base(s.name)+"-*") // made for its owner alone
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write state: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	err = errors.Join(s.write(f), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), s.name)
}

func (s *State) write(to io.Writer) error {
	w := bufio.NewWriterSize(to, 64<<10)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(stateHead{Key: s.Key[:], Rules: s.rules}); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(s.files)) {
		f := s.files[key]
		if !s.seen[key] && s.whole[f.Source] {
			continue // it was not there any more
		}
		if err := e.Encode(f); err != nil {
			return err
		}
	}
	return w.Flush()
}

// unchanged finds what is known of a file that has not changed since it was read. Its content is only looked at when its time has
// changed, or may not tell.
func (s *State) unchanged(source, path string, info fs.FileInfo, content io.ReaderAt) (fileState, bool) {
	key, ok := s.place(path)
	if !ok {
		return fileState{}, false
	}
	s.mu.Lock()
	known, ok := s.files[key]
	s.seen[key] = true
	if in, placed := s.place(source); ok && placed && known.Source != in {
		known.Source = in
		s.files[key] = known
	}
	s.mu.Unlock()
	if !ok || known.Size != info.Size() {
		return fileState{}, false
	}
	if changed := info.ModTime(); known.Changed == changed.UnixNano() && changed.Add(settled).UnixNano() < known.Read {
		return known, true
	}
	hash, err := s.hash(content, info.Size())
	if err != nil || hash != known.Hash {
		return fileState{}, false
	}
	known.Changed = info.ModTime().UnixNano()
	s.mu.Lock()
	s.files[key] = known
	s.mu.Unlock()
	return known, true
}

// remember notes a file that was read whole, unless it changed meanwhile. before is what it was when reading began, at a time.
func (s *State) remember(source, path string, before fs.FileInfo, began time.Time, f fileState) {
	key, ok := s.place(path)
	if !ok {
		return
	}
	content, err := os.Open(path)
	if err != nil {
		s.forget(path)
		return
	}
	defer content.Close()
	f.File, f.Size, f.Changed, f.Read = key, before.Size(), before.ModTime().UnixNano(), began.UnixNano()
	f.Source, _ = s.place(source) // without it the file is never forgotten
	f.Hash, err = s.hash(content, f.Size)
	after, serr := content.Stat()
	if err != nil || serr != nil || after.Size() != f.Size || !after.ModTime().Equal(before.ModTime()) {
		s.forget(path)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[key], s.seen[key] = f, true
}

// forget lets go of a file, which will be read the next time.
func (s *State) forget(path string) {
	if key, ok := s.place(path); ok {
		s.mu.Lock()
		delete(s.files, key)
		s.mu.Unlock()
	}
}

// walked notes that a source was walked to its end, and everything in it was wanted: what was in it and was not seen is gone.
func (s *State) walked(source string) {
	if key, ok := s.place(source); ok {
		s.mu.Lock()
		s.whole[key] = true
		s.mu.Unlock()
	}
}

// place is the keyed hash of a path, by which a file and a source are known: a path may name somebody.
func (s *State) place(path string) (string, bool) {
	abs, err := filepath.Abs(path)
	m := hmac.New(sha256.New, s.Key[:])
	m.Write([]byte("insegel discovery place"))
	m.Write([]byte(abs))
	return hex.EncodeToString(m.Sum(nil)[:16]), err == nil
}

// hash is the keyed hash of a content of a size: who has the state cannot tell from it which well-known file lies there, without the key.
func (s *State) hash(content io.ReaderAt, size int64) (string, error) {
	m := hmac.New(sha256.New, s.Key[:])
	m.Write([]byte("insegel discovery content"))
	n, err := io.CopyBuffer(m, io.NewSectionReader(content, 0, size), make([]byte, 128<<10))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return hex.EncodeToString(m.Sum(nil)[:16]), err
}

// foundText says what a file that was not read again held, in words.
func (f *fileState) foundText(ids []string) string {
	var b bytes.Buffer
	for _, id := range ids {
		if n := f.Found[id]; n > 0 {
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%d %s", n, id)
		}
	}
	if b.Len() == 0 {
		return "nothing was found then"
	}
	return b.String() + " were found then"
}
