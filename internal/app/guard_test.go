// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/app"
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

// A server does not start on a damaged file, and says how to get it back.
func TestDamagedDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	written(t, path)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(40 * 4096); at < info.Size(); at += 4096 { // the pages of tables and indexes, not those that a start reads
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 64)), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return // refused even earlier
	}
	defer a.Close()
	err = a.Serve(t.Context(), app.ServerOptions{Address: "127.0.0.1:0"})
	if !errors.Is(err, app.ErrDamaged) || !strings.Contains(err.Error(), "insegel restore") {
		t.Errorf("got %v, want ErrDamaged and the command that helps", err)
	}
}
