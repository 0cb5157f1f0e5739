// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/key"
)

func makeKey(t *testing.T) string {
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
