// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

const (
	hour = time.Hour
	year = 365 * 24 * time.Hour
)

// set sets the machine's clock, as far as the program can see.
func set(a *app.App, by time.Duration) {
	a.DB.Now = func() time.Time { return time.Now().Add(by).Round(0) }
}

// The clock is set a year ahead and an hour back. What has ended does not begin again, also after a restart; a wait is not hastened; what
// is made afterwards works; the log stays whole; and the operating log tells of it.
func TestClockIsSet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	log := &bytes.Buffer{}
	start := func() *app.App {
		a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + path, Log: slog.New(slog.NewTextHandler(log, nil))})
		ok(t, err)
		return a
	}
	a := start()
	actor := dbtest.Organisation(t, a.DB, "norrsjo")
	keeper := must(a.Keeper())(t)
	keeper.Round(t.Context())
	newKey := func(name string) string {
		return must(a.Tokens.Create(t.Context(), actor, token.Key{Name: name, Scope: token.Scopes()[0]}, 24*hour))(t)
	}
	opens := func(text string) bool {
		t.Helper()
		_, err := (&token.Keys{DB: a.DB}).Actor(t.Context(), "Bearer "+text, "192.0.2.1")
		if err != nil && !errors.Is(err, token.ErrRefused) {
			t.Error(err)
		}
		return err == nil
	}
	old := newKey("old")
	if !opens(old) {
		t.Fatal("a new key does not open")
	}
	set(a, -hour)
	if !opens(old) {
		t.Error("with the clock an hour back the key does not open, though nothing has ended")
	}
	keeper.Round(t.Context())
	set(a, year)
	keeper.Round(t.Context())
	if opens(old) {
		t.Error("a year later the key opens")
	}
	young := newKey("young")
	set(a, -hour)
	if opens(old) {
		t.Error("a key that had ended opens when the clock is put back")
	}
	if !opens(young) || !opens(newKey("after")) {
		t.Error("a key that was made since does not open")
	}
	waitIsNotHastened(t, a, actor)
	keeper.Round(t.Context())
	wholeLogs(t, a.DB)
	if n := strings.Count(log.String(), "clock was set"); n != 3 {
		t.Errorf("the clock was set 3 times, and the operating log tells of %d", n)
	}
	ok(t, a.Close())
	a = start() // the machine's clock is right now, and behind what the program has seen
	if opens(old) {
		t.Error("a key that had ended opens after a restart")
	}
	wholeLogs(t, a.DB)
	ok(t, a.Close())
}

// waitIsNotHastened asks for a change that nobody else can approve, and lets a year pass at once.
func waitIsNotHastened(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	ok(t, a.AskKeyChange(t.Context(), actor, app.KeyRotate, "Nyckeln kan ha kommit ut."))
	for _, by := range []time.Duration{year, -hour, 2 * year, 0} {
		set(a, by)
		ok(t, a.Approvals.Tick(t.Context(), access.SystemActor(actor.Organisation)))
	}
	var status string
	ok(t, a.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT status FROM approval WHERE organisation_id = $1`, actor.Organisation), &status)
	}))
	if status != string(approval.Waiting) {
		t.Errorf("a change that waits a day is %s", status)
	}
}
