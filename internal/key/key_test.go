// SPDX-License-Identifier: EUPL-1.2

package key_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/key"
)

func TestCreateThenLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	made, err := key.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	read, err := key.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if made.Check() != read.Check() || !bytes.Equal(made.Derive("session"), read.Derive("session")) {
		t.Error("the key read back differs from the key made")
	}
	if bytes.Equal(made.Derive("session"), made.Derive("other")) {
		t.Error("two purposes share a key")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o400 {
		t.Errorf("mode = %v, want 0400", info.Mode().Perm())
	}
	if _, err := key.Create(path); err == nil {
		t.Error("Create overwrote a key file")
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := key.Load(filepath.Join(dir, "none")); !errors.Is(err, key.ErrMissing) {
		t.Errorf("missing file: %v, want ErrMissing", err)
	}
	open := filepath.Join(dir, "open")
	if err := os.WriteFile(open, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(open); !errors.Is(err, key.ErrUnsafe) {
		t.Errorf("readable file: %v, want ErrUnsafe", err)
	}
	// A key that a token wraps is refused by a program that cannot ask it, and never taken for another.
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(`{"format": "insegel-token/1", "module": "/nowhere", "wrapped": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(token); err == nil {
		t.Error("a key that a token wraps was opened without it")
	}
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(junk); err == nil {
		t.Error("junk was taken as a key")
	}
}
