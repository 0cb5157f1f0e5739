// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/schema"
)

// The calls by which a program changes files. Killed at the nth of them, it leaves what it had done by then.
const (
	pageWrites = "pwrite64"
	fileWrites = "write"
	syncs      = "fsync,fdatasync"
	links      = "link,linkat"
	renames    = "rename,renameat,renameat2"
	removals   = "unlink,unlinkat"
)

// tracer tells whether strace is here and may look at programs.
var tracer = sync.OnceValue(func() error { return exec.Command("strace", "-f", "-o", "/dev/null", "true").Run() })

// traced needs strace, which stops a program at a call and not at a time.
func traced(t *testing.T) {
	t.Helper()
	if err := tracer(); err != nil {
		dbtest.Missing(t, fmt.Sprintf("strace, and the right to trace programs: %v", err))
	}
}

// program is the real program, as a file that can be run: this test, which is the program under that name.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "insegel")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// kill is a call that the program is killed at, when one of its threads makes it for the nth time.
type kill struct {
	calls string
	n     int
}

func (k kill) String() string { return fmt.Sprintf("%s %d", k.calls, k.n) }

// kills are some of each, further and further apart.
func kills(calls string, ns ...int) []kill {
	out := make([]kill, len(ns))
	for i, n := range ns {
		out[i] = kill{calls, n}
	}
	return out
}

// runKilled runs the program and tells whether it was killed before it was done. It may fail in no other way.
func runKilled(t *testing.T, insegel string, at kill, args ...string) bool {
	t.Helper()
	c := exec.Command("strace", append([]string{
		"-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-e", "trace=" + at.calls,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", at.calls, at.n), insegel,
	}, args...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	err := c.Run()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && (status.Signaled() && status.Signal() == syscall.SIGKILL || status.ExitStatus() == 128+int(syscall.SIGKILL)) {
			return true
		}
	}
	t.Fatalf("insegel %s, to be killed at %s: %v\n%s", strings.Join(args, " "), at, err, &said)
	return false
}

// oldSchema is one from before the log was a tree, so that an upgrade has much to move.
const (
	oldSchema  = 12
	oldEntries = 700
)

// older makes a database of an earlier version.
func older(t *testing.T, dsn string) access.OrganisationID {
	t.Helper()
	d, err := db.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := schema.MigrateTo(t.Context(), d, oldSchema); err != nil {
		t.Fatal(err)
	}
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	err = d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO audit_head (organisation_id, size) VALUES ($1, $2)`, org, oldEntries); err != nil {
			return err
		}
		for i := range oldEntries {
			record := fmt.Sprintf(`{"seq":%d,"at":5,"actor":"local","action":"unit.Create","object_kind":"unit","object_id":"a","data":{"n":%d}}`, i, i)
			_, err := tx.Exec(t.Context(), `INSERT INTO audit_entry (organisation_id, seq, at, actor, action, object_kind, object_id, record, hash)
				VALUES ($1, $2, 5, 'local', 'unit.Create', 'unit', 'a', $3, 'x')`, org, i, record)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

// upgraded opens the database with this version, which upgrades it, and wants everything to have come along.
func upgraded(t *testing.T, dsn string, org access.OrganisationID) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Database: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("the start after it: %v", err)
	}
	v, err := audit.VerifyLog(t.Context(), a.DB, org, audit.Check{})
	if err != nil || !v.Whole() || v.Plain != oldEntries {
		t.Errorf("the log after the upgrade: %+v, %v", v, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// state is what an older database, or its copy, holds: its schema and how many entries its log has.
func state(t *testing.T, path string) (version int64, entries int) {
	t.Helper()
	d, err := db.OpenReadOnly(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatalf("%s does not open: %v", path, err)
	}
	err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		var said string
		if err := db.One(tx.QueryRow(t.Context(), `PRAGMA integrity_check`), &said); err != nil || said != "ok" {
			t.Errorf("%s: %s, %v", path, said, err)
		}
		if err := db.One(tx.QueryRow(t.Context(), `SELECT MAX(version_id) FROM goose_db_version`), &version); err != nil {
			return err
		}
		// Whichever of the two has them: the migration renames the one and drops it when it has been read.
		table := `audit_entry`
		if version == 20 {
			table = `audit_entry_1`
		}
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table), &entries)
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return version, entries
}

// An upgrade that is killed, wherever it is, is finished by the next start; and from before its first step until long after there is a
// copy of the database as it was, whole.
func TestKillDuringUpgrade(t *testing.T) {
	traced(t)
	insegel := program(t)
	old := filepath.Join(t.TempDir(), "old.db")
	org := older(t, "sqlite:"+old)
	places := slices.Concat(kills(syncs, 2, 8), kills(links, 1), kills(pageWrites, 1, 60, 110, 200, 350))
	// A call is counted for each thread by itself, and how the writes fall on threads differs from run to run: these are for when too
	// few of the first fell in the middle.
	spare := kills(pageWrites, 275, 450, 600, 400, 800, 310, 525, 1000, 240, 700, 175, 150)
	killed, halfway := 0, 0
	for i := 0; i < len(places) || i < len(places)+len(spare) && (halfway < 3 || killed < 6); i++ {
		path := filepath.Join(t.TempDir(), "a.db")
		copyFile(t, old, path)
		stopped, has := killUpgrade(t, insegel, slices.Concat(places, spare)[i], path)
		upgradedWithCopy(t, path, has, org)
		if stopped {
			killed++
		}
		if stopped && has > oldSchema {
			halfway++
		}
	}
	if halfway < 3 || killed < 6 {
		t.Errorf("of the upgrades %d were killed and %d were in the middle: that shows too little", killed, halfway)
	}
}

// killUpgrade upgrades a database with a program that is killed at a call, and tells whether it was, and which schema it left. There are
// all entries, and a copy of the database as it was as soon as anything is changed.
func killUpgrade(t *testing.T, insegel string, at kill, path string) (stopped bool, has int64) {
	t.Helper()
	stopped = runKilled(t, insegel, at, "migrate", "--db", "sqlite:"+path)
	has, entries := state(t, path)
	if entries != oldEntries {
		t.Errorf("%s: the database has %d entries at schema %d", at, entries, has)
	}
	before := copies(t, path)
	if len(before) > 1 || len(before) == 0 && has > oldSchema {
		t.Errorf("%s: schema %d, and the copies are %v", at, has, before)
	}
	for _, c := range before {
		if version, entries := state(t, c); version != oldSchema || entries != oldEntries {
			t.Errorf("%s: the copy has schema %d and %d entries", at, version, entries)
		}
		if info, err := os.Stat(c); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the copy's rights are %v, %v", at, info.Mode(), err)
		}
	}
	return stopped, has
}

// upgradedWithCopy starts this version on a database whose upgrade came to a schema, and wants one copy of it as it was.
func upgradedWithCopy(t *testing.T, path string, has int64, org access.OrganisationID) {
	t.Helper()
	upgraded(t, "sqlite:"+path, org)
	after := copies(t, path)
	if len(after) == 0 {
		t.Fatalf("from schema %d: after the next start there is no copy", has)
	}
	if version, _ := state(t, after[0]); version != oldSchema {
		t.Errorf("from schema %d: after the next start the copy has schema %d", has, version)
	}
	if has > oldSchema && len(after) != 1 {
		t.Errorf("from schema %d: an upgrade that goes on copied once more: %v", has, after)
	}
}

func copies(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(path + ".before-[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range all {
		if !strings.HasSuffix(c, ".copying") && !strings.HasSuffix(c, "-journal") && !strings.HasSuffix(c, "-wal") && !strings.HasSuffix(c, "-shm") {
			out = append(out, c)
		}
	}
	return out
}

// The same on the other engine, where each step is made whole or not at all: one that is killed again and again gets there.
func TestKillDuringUpgradeOnPostgres(t *testing.T) {
	traced(t)
	insegel := program(t)
	dsn := dbtest.PostgresEmptyAddress(t)
	org := older(t, dsn)
	killed := 0
	for n := 25; runKilled(t, insegel, kill{fileWrites, n}, "migrate", "--db", dsn); n *= 2 {
		killed++
	}
	if killed < 3 {
		t.Errorf("it was killed %d times: that shows too little", killed)
	}
	upgraded(t, dsn, org)
}
