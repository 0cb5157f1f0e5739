// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/seal"
	"github.com/insegel/insegel/internal/system"
)

func makeKey(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := key.Create(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKeyBelongsToDatabase starts with no key, the wrong key and a lost key: only the first may make one.
func TestKeyBelongsToDatabase(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.db")
	warned := 0
	start := func(keyFile string) error {
		a, err := app.Open(ctx, app.Options{
			Database: "sqlite:" + path, KeyFile: keyFile, Log: slog.New(slog.DiscardHandler), Warn: func(string) { warned++ },
		})
		if err != nil {
			return err
		}
		return a.Close()
	}
	if err := start(""); err != nil || warned != 1 {
		t.Fatalf("first start: %v, %d warnings", err, warned)
	}
	if err := start(""); err != nil || warned != 1 {
		t.Fatalf("second start: %v, %d warnings", err, warned)
	}
	if err := start(makeKey(t)); !errors.Is(err, app.ErrKey) {
		t.Errorf("another key: %v, want ErrKey", err)
	}
	if err := os.Rename(path+".key", path+".lost"); err != nil {
		t.Fatal(err)
	}
	if err := start(""); !errors.Is(err, key.ErrMissing) {
		t.Errorf("lost key: %v, want ErrMissing", err)
	}
	if _, err := os.Stat(path + ".key"); err == nil {
		t.Error("a new key was made for a database that has one")
	}
	if err := os.Rename(path+".lost", path+".key"); err != nil {
		t.Fatal(err)
	}
	if err := start(""); err != nil {
		t.Errorf("the key put back: %v", err)
	}
}

// start opens the program on a SQLite database and closes it again.
func start(t *testing.T, o app.Options) error {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	a, err := app.Open(t.Context(), o)
	if err != nil {
		return err
	}
	return a.Close()
}

// canary is a text that is written in every sealed place, and then looked for where it may not be.
const canary = "kanariefågeln sjunger"

// written makes a database with sealed texts and gives its address.
func written(t *testing.T, path string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	fillWithCanary(t, a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// fillWithCanary registers a system with the canary in its notes.
func fillWithCanary(t *testing.T, a *app.App) access.Actor {
	t.Helper()
	o, err := organisation.Choose(t.Context(), a.DB, "", true)
	if err != nil {
		t.Fatal(err)
	}
	actor := access.LocalAdministrator(o.ID)
	sys := system.New("Lex")
	sys.Comment, sys.HostingNote, sys.ContractNote, sys.LoginNote, sys.InformationNote = canary, canary, canary, canary, canary
	if _, err := a.Systems.Create(t.Context(), actor, sys); err != nil {
		t.Fatal(err)
	}
	return actor
}

// Each way in which the organisations' keys can be missing or wrong is refused, and changes no file.
func TestKeysBelongToDatabase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	written(t, path)
	first := read(t, path+".keys")
	o := app.Options{Database: "sqlite:" + path}
	other := filepath.Join(dir, "other.db")
	written(t, other)

	for name, tc := range map[string]struct {
		change func()
		want   error
	}{
		"missing":                {func() { remove(t, path+".keys") }, seal.ErrMissing},
		"another installation's": {func() { replace(t, path+".keys", read(t, other+".keys")) }, seal.ErrRoot},
		"an empty one of the same root key": {func() {
			remove(t, path+".keys")
			root, err := key.Load(path + ".key")
			if err == nil {
				_, err = seal.Create(path+".keys", root)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, app.ErrKeys},
		"cut short":    {func() { replace(t, path+".keys", first[:len(first)-20]) }, seal.ErrBroken},
		"root missing": {func() { rename(t, path+".key", path+".key.away") }, key.ErrMissing},
		"root wrong": {func() {
			rename(t, path+".key", path+".key.away")
			replace(t, path+".key", read(t, other+".key"))
		}, app.ErrKey},
	} {
		tc.change()
		before := files(t, dir)
		if err := start(t, o); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if after := files(t, dir); !maps.Equal(before, after) {
			t.Errorf("%s: the refused start changed files", name)
		}
		replace(t, path+".keys", first)
		if _, err := os.Stat(path + ".key.away"); err == nil {
			_ = os.Remove(path + ".key") // the wrong one, where there is one
			rename(t, path+".key.away", path+".key")
		}
		if err := start(t, o); err != nil {
			t.Fatalf("%s, put right: %v", name, err)
		}
	}
}

// files gives what every file in a directory holds, but for the database's log and index, which opening it makes.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-shm") && !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), ".lock") {
			out[e.Name()] = string(read(t, filepath.Join(dir, e.Name())))
		}
	}
	return out
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func replace(t *testing.T, path string, b []byte) {
	t.Helper()
	_ = os.Remove(path) // a key file cannot be written over
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// The root key may come from systemd's credentials.
func TestKeyFromCredentials(t *testing.T) {
	dir := t.TempDir()
	root, err := key.Create(filepath.Join(dir, "insegel-key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	path := filepath.Join(t.TempDir(), "a.db")
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if a.Key.Check() != root.Check() {
		t.Error("another key is used")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".key"); err == nil {
		t.Error("a key was made beside the database too")
	}
}
