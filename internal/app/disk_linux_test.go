// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

// disk is a program whose database meets a fault, and what puts the fault there and takes it away.
type disk struct {
	app         *app.App
	log         *bytes.Buffer
	fault, mend func(t *testing.T)
	is          error
	status      int
	says        string
}

// openOn opens the program on a SQLite file in dir, with a log that can be read.
func openOn(t *testing.T, dir string) (*app.App, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + filepath.Join(dir, "a.db"), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ok(t, a.Close()) })
	return a, log
}

func pragma(t *testing.T, a *app.App, statement string) {
	t.Helper()
	if _, err := a.DB.WritePool().ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// pagesFull is a database that may not take another page.
func pagesFull(t *testing.T) disk {
	a, log := openOn(t, t.TempDir())
	return disk{
		app: a, log: log, is: db.ErrNoRoom, status: 507, says: "disk är full",
		fault: func(t *testing.T) { pragma(t, a, "PRAGMA max_page_count = 1") }, // SQLite takes it as the size it has
		mend:  func(t *testing.T) { pragma(t, a, "PRAGMA max_page_count = 1073741823") },
	}
}

// diskFull is a database on a small disk that something else fills.
func diskFull(t *testing.T) disk {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v", err)
	}
	t.Cleanup(func() { ok(t, syscall.Unmount(dir, 0)) })
	a, log := openOn(t, dir)
	filler := filepath.Join(dir, "filler")
	return disk{
		app: a, log: log, is: db.ErrNoRoom, status: 507, says: "disk är full",
		fault: func(t *testing.T) {
			if err := os.WriteFile(filler, make([]byte, 32<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("filling the disk: %v", err)
			}
		},
		mend: func(t *testing.T) { remove(t, filler) },
	}
}

// protected is a database that may only be read.
func protected(t *testing.T) disk {
	a, log := openOn(t, t.TempDir())
	return disk{
		app: a, log: log, is: db.ErrReadOnly, status: 503, says: "går bara att läsa",
		fault: func(t *testing.T) { pragma(t, a, "PRAGMA query_only = 1") },
		mend:  func(t *testing.T) { pragma(t, a, "PRAGMA query_only = 0") },
	}
}

// When nothing can be written, the reader is told so and what to do; what is there can be read by who is signed in; nothing is damaged,
// and all is well once the fault is gone.
func TestDiskThatTakesNoMore(t *testing.T) {
	for name, make := range map[string]func(*testing.T) disk{"page limit": pagesFull, "small disk": diskFull, "read-only": protected} {
		t.Run(name, func(t *testing.T) { make(t).meet(t) })
	}
}

func (d disk) meet(t *testing.T) {
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), d.app.DB, o))
	actor := everybody(o.ID, "other")
	fillSide(t, d.app, actor, "Socialförvaltningen", "Egen")
	s := sides{app: d.app, reader: actor}
	c, _ := s.signIn(t)
	const path = "/system/gemensamt-system"
	form := c.Get(path + "/redigera")
	save := func(text string) *webtest.Page {
		return c.Submit(form, "main form", url.Values{"kommentar": {text}})
	}
	// The session has stood unused for so long that the next visit would move its end.
	soon := db.Millis(time.Now().Add(10 * time.Minute))
	ok(t, d.app.DB.Write(t.Context(), o.ID, func(tx *db.Tx) error {
		n, err := tx.Exec(t.Context(), `UPDATE session SET idle_at = $1 WHERE organisation_id = $2`, soon, o.ID)
		if n == 0 {
			t.Error("no session is there")
		}
		return err
	}))
	d.fault(t)
	var refused *webtest.Page
	for range 400 { // a disk that is full has a little room left in the file's log
		if refused = save(strings.Repeat("x", 900)); refused.Status != 303 {
			break
		}
		form = c.Get(path + "/redigera")
	}
	if refused.Status != d.status || !strings.Contains(refused.Body, d.says) {
		t.Fatalf("a write was answered with %d: %s", refused.Status, refused.Text("main"))
	}
	webtest.CheckDOM(t, refused.Doc)
	if !strings.Contains(d.log.String(), "level=ERROR") || !strings.Contains(d.log.String(), d.is.Error()) {
		t.Errorf("the log does not tell: %s", d.log)
	}
	if p := c.Get(path); p.Status != 200 || !strings.Contains(p.Body, "Egen") {
		t.Errorf("reading while nothing can be written: %d", p.Status)
	}
	d.mend(t)
	if p := save("Efteråt"); p.Status != 303 {
		t.Errorf("a write after it: %d: %s", p.Status, p.Text("main"))
	}
	if sys := must(d.app.Systems.Edit(t.Context(), actor, "gemensamt-system"))(t); sys.System.Comment != "Efteråt" {
		t.Errorf("after it %q stands", sys.System.Comment)
	}
	wholeLogs(t, d.app.DB)
}
