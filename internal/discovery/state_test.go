// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/discovery"
)

// stateScan scans a directory with the state in a file, as another run of the program would.
func stateScan(t *testing.T, state, rules, dir string) (*kept, discovery.Summary) {
	t.Helper()
	o := options(t, "personnummer")
	o.Now = time.Now
	s, err := discovery.OpenState(state, rules)
	if err != nil {
		t.Fatal(err)
	}
	o.State, o.Key = s, s.Key
	k, sum := scan(t, o, dir)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if total := sum.BytesRead + sum.BytesSkipped; total != sizeOf(t, dir) {
		t.Errorf("%d bytes read and %d skipped of %d", sum.BytesRead, sum.BytesSkipped, sizeOf(t, dir))
	}
	return k, sum
}

func sizeOf(t *testing.T, dir string) (size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

// A file is read again exactly when its size, or its content, has changed, or other rules ask; what it held counts all the same.
func TestStateReadsWhatHasChanged(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(t.TempDir(), "state")
	name := filepath.Join(dir, "a.txt")
	old := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	put := func(content string, changed time.Time) {
		t.Helper()
		write(t, name, []byte(content))
		if err := os.Chtimes(name, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		what, content, rules string
		changed              time.Time
		read                 bool
	}{
		{"the first time", "pnr " + known, "a", old, true},
		{"nothing has changed", "pnr " + known, "a", old, false},
		{"the time has changed, and the content has not", "pnr " + known, "a", old.Add(time.Hour), false},
		{"the content has changed, and its size has not", "pnr 18900603-9814", "a", old.Add(2 * time.Hour), true},
		{"the size has changed", "personnr " + known, "a", old.Add(2 * time.Hour), true},
		{"other rules", "personnr " + known, "b", old.Add(2 * time.Hour), true},
		{"the same rules again", "personnr " + known, "b", old.Add(2 * time.Hour), false},
	} {
		put(step.content, step.changed)
		k, sum := stateScan(t, state, step.rules, dir)
		has := int64(0)
		if strings.Contains(step.content, known) {
			has = 1
		}
		if read := sum.BytesRead > 0; read != step.read {
			t.Errorf("%s: read %v, want %v", step.what, read, step.read)
		}
		if step.read && int64(len(k.found)) != has || !step.read && (len(k.found) != 0 || sum.UnchangedFound != has || len(k.skipped) != 1) {
			t.Errorf("%s: %d found, %d found earlier, %v skipped", step.what, len(k.found), sum.UnchangedFound, k.skipped)
		}
		if sum.Unread != 0 {
			t.Errorf("%s: an unchanged file is told as lost", step.what)
		}
	}
}

// A file that was changed just before it was read may change again within the same tick of the clock: then its content is looked at.
func TestStateDoesNotTrustFreshTimes(t *testing.T) {
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	name := filepath.Join(dir, "a.txt")
	now := time.Now()
	for i, content := range []string{"pnr 18900603-9814", "pnr " + known} {
		write(t, name, []byte(content))
		if err := os.Chtimes(name, now, now); err != nil {
			t.Fatal(err)
		}
		if k, _ := stateScan(t, state, "a", dir); len(k.found) != i {
			t.Fatalf("%d found the %d. time", len(k.found), i+1)
		}
	}
}

// What could not be read in an unchanged file is told again, and a file that was not read at all is tried again.
func TestStateTellsWhatWasNotRead(t *testing.T) {
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	write(t, filepath.Join(dir, "a.tar"), tarOf(t, "bild.png", "\x89PNG\r\n\x1a\n"))
	write(t, filepath.Join(dir, "b.bin"), bytes.Repeat([]byte{0, 1, 2, 3}, 64))
	var first []string
	for range 2 {
		k, sum := stateScan(t, state, "a", dir)
		var told []string
		for _, s := range k.skipped {
			if s.Reason != "" && !strings.Contains(s.Reason, "has not changed") {
				told = append(told, s.Path+" "+s.Member+" "+s.Reason)
			}
		}
		if first == nil {
			first = told
		}
		if strings.Join(told, "\n") != strings.Join(first, "\n") || len(told) < 2 || sum.Unread < 2 {
			t.Errorf("told %q, first %q, %d unread", told, first, sum.Unread)
		}
	}
}

// The state holds no value, and is its owner's alone; a damaged one is refused.
func TestStateFile(t *testing.T) {
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	write(t, filepath.Join(dir, "a.txt"), []byte("pnr "+known))
	stateScan(t, state, "a", dir)
	b, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "9813") || strings.Contains(string(b), "a.txt") || !strings.Contains(string(b), `"file":"`) {
		t.Errorf("the state is %s", b)
	}
	info, err := os.Stat(state)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state has the mode %v (%v)", info.Mode(), err)
	}
	write(t, state, b[:len(b)-9])
	if _, err := discovery.OpenState(state, "a"); err == nil {
		t.Error("a state that was cut short is taken for a whole one")
	}
}

// tarOf makes an archive of one file.
func tarOf(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
