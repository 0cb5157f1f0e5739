// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/dbtest"
)

// A checkpoint arrives by mail as a file that its key verifies, and not once a minute.
func TestCheckpointsAreMailed(t *testing.T) {
	smtp, api := mailServer(t)
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	a, err := app.Open(t.Context(), app.Options{
		Database: database, Log: slog.New(slog.DiscardHandler), KeyFile: keyFile(t, database), KeysFile: keysFile(t, database),
		Checkpoints: app.LogOptions{Mail: []string{"arkiv@norrsjo.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	mailing(t, a, dbtest.Organisation(t, a.DB, "norrsjo").Organisation, smtp)
	k, err := a.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := k.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.Round(t.Context())
	}
	logs, err := audit.Latest(t.Context(), a.DB)
	if err != nil || len(logs) == 0 {
		t.Fatalf("%d checkpoints, %v", len(logs), err)
	}
	for _, l := range arrived(t, api, len(logs)) {
		var whole struct{ Attachments []struct{ PartID string } }
		if err := json.Unmarshal(fetched(t, api+"/api/v1/message/"+l.ID), &whole); err != nil || len(whole.Attachments) != 1 {
			t.Fatalf("%d files, %v", len(whole.Attachments), err)
		}
		note := fetched(t, api+"/api/v1/message/"+l.ID+"/part/"+whole.Attachments[0].PartID)
		if c, err := audit.OpenNote(string(note), a.LogKey.Public()); err != nil || c.Size == 0 {
			t.Errorf("the file is no checkpoint: %v, %q", err, note)
		}
	}
}
