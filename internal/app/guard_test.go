// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
)

// serving starts a server and gives what stops it, once it answers.
func serving(t *testing.T, a *app.App) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- a.Serve(ctx, app.ServerOptions{Address: "127.0.0.1:0", Ready: func(net.Addr) { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("the server did not start: %v", err)
	}
	return func() error { cancel(); return <-ended }
}

// A second server on one file is refused while the first runs, and one-off commands are not.
func TestSecondServerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	first, second := open(t, "sqlite:"+path), open(t, "sqlite:"+path)
	stop := serving(t, first)
	if err := second.Serve(t.Context(), app.ServerOptions{Address: "127.0.0.1:0"}); !errors.Is(err, app.ErrServed) {
		t.Errorf("a second server: %v, want ErrServed", err)
	}
	fillWithCanary(t, second) // a command that writes
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := serving(t, second)(); err != nil {
		t.Errorf("after the first has stopped: %v", err)
	}
}

// A server does not start on a damaged file, says how to get it back, and has changed nothing in it.
func TestDamagedDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	written(t, path)
	damage(t, path, "system")
	before := hashes(t, filepath.Dir(path))
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening reads no system, so it should not meet the damage: %v", err)
	}
	err = a.Serve(t.Context(), app.ServerOptions{Address: "127.0.0.1:0", Ready: func(net.Addr) { t.Error("it answers") }})
	if !errors.Is(err, app.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
	for _, part := range []string{path, "Nothing was changed", "insegel restore BACKUP --identity FILE --db sqlite:" + path} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal does not say %q: %v", part, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	after := hashes(t, filepath.Dir(path))
	delete(after, "a.db.server") // the lock, which is empty
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the refused start changed something (-before +after):\n%s", diff)
	}
}

// damage overwrites the beginning of a table's first page.
func damage(t *testing.T, path, table string) {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	err = d.WritePool().QueryRow(`SELECT rootpage, (SELECT page_size FROM pragma_page_size()) FROM sqlite_master WHERE type = 'table' AND name = $1`, table).Scan(&page, &size)
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 64), (page-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// hashes gives a hash of each file in a directory.
func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			out[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(read(t, filepath.Join(dir, e.Name()))))
		}
	}
	return out
}
