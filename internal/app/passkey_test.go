// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

// chromium finds the browser and the modules that drive it.
func chromium(t testing.TB) (program, modules string) {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		dbtest.Missing(t, "chromium: install Debian's package chromium, or run make test")
	}
	modules, err = filepath.Abs("../../test/browser")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "playwright-core")); err != nil {
		dbtest.Missing(t, "the browser test's modules: run npm ci in test/browser, or make test")
	}
	return program, modules
}

// desk answers what the browser's script asks for behind the program's back.
type desk struct {
	t     *testing.T
	a     *app.App
	later atomic.Int64
}

func (d *desk) now() time.Time { return time.Now().Add(time.Duration(d.later.Load())) }

func (d *desk) write(query string, args ...any) {
	d.t.Helper()
	err := d.a.DB.Write(d.t.Context(), db.Installation, func(tx *db.Tx) error {
		n, err := tx.Exec(d.t.Context(), query, args...)
		if err == nil && n == 0 {
			err = db.ErrNotFound
		}
		return err
	})
	if err != nil {
		d.t.Errorf("%s: %v", query, err)
	}
}

func (d *desk) count(query string) (n int) {
	d.t.Helper()
	err := d.a.DB.Read(d.t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(d.t.Context(), query), &n) })
	if err != nil {
		d.t.Errorf("%s: %v", query, err)
	}
	return n
}

func (d *desk) answer(what string) string {
	switch what {
	case "later":
		d.later.Add(int64(auth.FreshFor + time.Minute))
	case "remove-role":
		d.write(`UPDATE assignment SET ended_at = 1 WHERE role = 'administrator'`)
	case "give-role":
		d.write(`UPDATE assignment SET ended_at = NULL WHERE role = 'administrator'`)
	case "cloned":
		if n := d.count(`SELECT COUNT(*) FROM alarm WHERE kind = 'clone-warning'`); n != 1 {
			d.t.Errorf("%d alarms of a copied passkey", n)
		}
		if n := d.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'auth.SignInRefused'`); n < 3 {
			d.t.Errorf("%d refused sign-ins in the log", n)
		}
	case "invite":
		return d.invite()
	case "colleague": // somebody who does what a coordinator does
		link := d.invite()
		d.write(`INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at)
			SELECT 'colleague', organisation_id, id, 'coordinator', 'test', 0 FROM person WHERE id NOT IN (SELECT person_id FROM assignment)`)
		return link
	}
	return "ok"
}

func (d *desk) invite() string {
	ctx := d.t.Context()
	var out string
	var org access.OrganisationID
	err := d.a.DB.Write(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT id FROM organisation`), &org)
	})
	if err == nil {
		err = d.a.DB.Write(ctx, org, func(tx *db.Tx) error {
			n, err := auth.AddPerson(ctx, tx, auth.NewPerson{
				Organisation: org, Name: "Robin Exempel", Folded: "robin exempel", Origin: "invited", Issuer: auth.PasskeyIssuer, Account: ids.New[auth.Account](),
			})
			if err != nil {
				return err
			}
			out, err = passkey.InviteIn(ctx, tx, access.LocalAdministrator(org), n.Account)
			return err
		})
	}
	if err != nil {
		d.t.Error(err)
	}
	return out
}

// TestPasskeysInBrowser lets people in as they come in: with Chromium and an authenticator of its own, from the code on the console on.
func TestPasskeysInBrowser(t *testing.T) {
	program, modules := chromium(t)
	d := &desk{t: t, a: open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))}
	d.a.DB.Now = d.now
	server := httptest.NewUnstartedServer(nil)
	o := app.ServerOptions{Address: server.Listener.Addr().String(), Patience: patient}
	server.Config.Handler = d.a.Site(o)
	code, address, err := d.a.FirstCode(t.Context(), o, "")
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(o.Address)
	if want := "http://localhost:" + port; err != nil || address != want+auth.WelcomePath {
		t.Fatalf("the first person is sent to %s, want below %s", address, want)
	}
	if err := d.drive(exec.CommandContext(t.Context(), "node", "passkey.mjs", program, "http://localhost:"+port, code, os.Getenv("INSEGEL_TEST_SHOTS")), modules); err != nil {
		t.Fatal(err)
	}
}

// drive runs a script of the browser and answers what it asks.
func (d *desk) drive(cmd *exec.Cmd, dir string) error {
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the browser: %w", err)
	}
	steps, done := 0, false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var l struct {
			Ask, Fault, Step string
			Done             bool
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			d.t.Errorf("the script says %q", lines.Text())
		}
		switch {
		case l.Fault != "":
			d.t.Error(l.Fault)
		case l.Ask != "":
			if _, err := fmt.Fprintln(in, d.answer(l.Ask)); err != nil {
				return err
			}
		case l.Step != "":
			steps++
			d.t.Log(l.Step)
		}
		done = done || l.Done
	}
	err = cmd.Wait()
	if !done || steps < 25 {
		d.t.Errorf("the script ended after %d steps", steps)
	}
	if err != nil && d.t.Context().Err() == nil {
		return fmt.Errorf("run the browser: %w", err)
	}
	return context.Cause(d.t.Context())
}
