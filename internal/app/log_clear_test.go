// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
)

// Checkpoints go to another machine in clear only when somebody has said so, and the entries themselves never do, nor to the directory beside
// the database.
func TestLogLeavesEncrypted(t *testing.T) {
	keeper := func(o app.LogOptions) (*audit.Keeper, error) {
		t.Helper()
		database := sqliteFile(t)
		a, err := app.Open(context.Background(), app.Options{
			Database: database, Log: slog.New(slog.DiscardHandler), KeyFile: keyFile(t, database), KeysFile: keysFile(t, database), Checkpoints: o,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ok(t, a.Close()) })
		return a.Keeper()
	}
	for _, address := range []string{"udp://192.0.2.1:514", "tcp://192.0.2.1:601"} {
		if _, err := keeper(app.LogOptions{Syslog: []string{address}}); !errors.Is(err, app.ErrClearLog) {
			t.Errorf("%s: %v", address, err)
		}
	}
	drop := t.TempDir()
	for name, tc := range map[string]struct {
		o    app.LogOptions
		want int
	}{
		"nothing chosen":        {app.LogOptions{}, 0},
		"a directory":           {app.LogOptions{Drop: drop}, 1},
		"a directory, withheld": {app.LogOptions{Drop: drop, OnlyCheckpoints: true}, 0},
		"in clear on purpose":   {app.LogOptions{Syslog: []string{"udp://192.0.2.1:514"}, Clear: true}, 0},
		"in clear, here":        {app.LogOptions{Syslog: []string{"udp://127.0.0.1:514"}}, 0},
		"over TLS":              {app.LogOptions{Syslog: []string{"tls://192.0.2.1:6514"}, Drop: drop}, 2},
	} {
		k, err := keeper(tc.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(k.Entries) != tc.want {
			t.Errorf("%s: the entries go to %d places, want %d", name, len(k.Entries), tc.want)
		}
	}
}
