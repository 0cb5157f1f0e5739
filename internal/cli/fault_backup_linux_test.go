// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
)

// listed is how many systems the installation of these tests has.
const listed = 40

// copied makes an installation with a backup.
func copied(t *testing.T) (w *installation, file, public string) {
	t.Helper()
	w = newInstallation(t)
	var lines strings.Builder
	for i := range listed {
		fmt.Fprintf(&lines, "System %02d;%s\n", i, strings.Repeat("text ", 300))
	}
	w.takeIn(t, "norrsjo", lines.String())
	public = w.publicKey(t)
	file = filepath.Join(w.dir, "one.age")
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	return w, file, public
}

// left are the files in a directory whose names begin so.
func left(t *testing.T, dir, beginning string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), beginning) {
			out = append(out, e.Name())
		}
	}
	return out
}

// A backup that is killed leaves no file under its name, or a whole one with its keys; the next backup works and takes away what was left.
func TestKillDuringBackup(t *testing.T) {
	traced(t)
	insegel := program(t)
	w, _, _ := copied(t)
	killed := 0
	for i, at := range slices.Concat(kills(fileWrites, 10, 40), kills(syncs, 1, 3), kills(links, 1, 2), kills(removals, 1, 2)) {
		dir := filepath.Join(w.dir, fmt.Sprintf("out%d", i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "a.age")
		if runKilled(t, insegel, at, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...) {
			killed++
		}
		w.wholeBackup(t, at, file)
		next := filepath.Join(dir, "b.age")
		w.run(t, 0, with(append([]string{"backup", "-o", next}, w.recipients...), w.where...)...)
		w.wholeBackup(t, at, next)
		if got := left(t, dir, ".insegel"); len(got) > 0 {
			t.Errorf("%s: after the next backup %v is left", at, got)
		}
	}
	if killed < 3 {
		t.Errorf("%d were killed: that shows too little", killed)
	}
}

// wholeBackup wants a backup to be whole with its keys, or not to be there.
func (w *installation) wholeBackup(t *testing.T, at kill, file string) {
	t.Helper()
	if _, err := os.Lstat(file + backup.KeysSuffix); err == nil {
		f, err := os.Open(file + backup.KeysSuffix)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }() // it is only read
		ids, err := backup.ParseIdentities(string(must(os.ReadFile(w.identity))(t)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(f, ids...)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err != nil {
			t.Errorf("%s: the file of keys is not whole: %v", at, err)
		}
	}
	if _, err := os.Lstat(file); errors.Is(err, os.ErrNotExist) {
		return
	}
	if _, err := os.Lstat(file + backup.KeysSuffix); err != nil {
		t.Errorf("%s: a backup without its keys: %v", at, err)
	}
	w.run(t, 0, "restore", file, "--identity", w.identity, "--check", "--db", w.where[1])
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// held counts the organisations and systems in a database; its pages are whole.
func held(t *testing.T, path string) (organisations, systems int) {
	t.Helper()
	d, err := db.OpenReadOnly(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		var said string
		if err := db.One(tx.QueryRow(t.Context(), `PRAGMA integrity_check`), &said); err != nil || said != "ok" {
			t.Errorf("%s: %s, %v", path, said, err)
		}
		return errors.Join(db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM organisation`), &organisations),
			db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM system`), &systems))
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	return organisations, systems
}

// A restore over an empty database that is killed leaves that, or all that was to be put back; the next one comes to its end, and loses
// nothing that the one before it kept.
func TestKillDuringRestore(t *testing.T) {
	traced(t)
	insegel := program(t)
	w, file, public := copied(t)
	empty := filepath.Join(w.dir, "empty.db")
	copyFile(t, w.db+".key", empty+".key")
	w.run(t, 0, "migrate", "--db", "sqlite:"+empty)
	killed, finished := 0, 0
	for i, at := range slices.Concat(kills(pageWrites, 1, 400), kills(syncs, 1, 40), kills(renames, 1, 2, 3), kills(links, 1, 2), kills(removals, 6)) {
		path := filepath.Join(w.dir, fmt.Sprintf("in%d", i), "a.db")
		if err := os.MkdirAll(path+".checkpoints", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(path+".checkpoints", os.DirFS(w.db+".checkpoints")); err != nil {
			t.Fatal(err)
		}
		copyFile(t, w.db+".key", path+".key")
		copyFile(t, empty, path)
		args := []string{"restore", file, "--identity", w.identity, "--force-empty", "--db", "sqlite:" + path}
		if runKilled(t, insegel, at, args...) {
			killed++
		}
		organisations, systems := held(t, path)
		if organisations > 0 && systems != listed {
			t.Errorf("%s: half of the backup is in place: %d systems", at, systems)
		}
		if organisations == 0 {
			w.run(t, 0, args...)
		} else {
			finished++
			w.run(t, 2, args...) // there is something now
		}
		w.putBackWhole(t, at, path, public)
	}
	if killed < 4 || finished == 0 {
		t.Errorf("%d were killed, and %d had put the backup in place: that shows too little", killed, finished)
	}
}

// putBackWhole wants the whole backup at path, the empty database beside it, and nothing else.
func (w *installation) putBackWhole(t *testing.T, at kill, path, public string) {
	t.Helper()
	if _, systems := held(t, path); systems != listed {
		t.Errorf("%s: %d systems were put back", at, systems)
	}
	if out, _ := w.run(t, 0, "audit", "verify", "--key", public, "--db", "sqlite:"+path); strings.Contains(out, "BROKEN") {
		t.Errorf("%s: %s", at, out)
	}
	kept := left(t, filepath.Dir(path), "a.db.before-restore")
	if len(kept) == 0 {
		t.Errorf("%s: the database that was there is gone", at)
	}
	for _, name := range kept {
		if organisations, _ := held(t, filepath.Join(filepath.Dir(path), name)); organisations != 0 {
			t.Errorf("%s: what was kept is not what was there", at)
		}
	}
	if got := left(t, filepath.Dir(path), ".insegel"); len(got) > 0 {
		t.Errorf("%s: %v is left", at, got)
	}
}

// A database into which a restore did not come to its end is not used, on the engine where it cannot be made aside; nor is it if the log
// of what has happened since the backup is not at hand.
func TestRestoreCutShortIsRefused(t *testing.T) {
	w, file, _ := copied(t)
	root, err := key.Load(w.db + ".key")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := backup.ParseIdentities(string(must(os.ReadFile(w.identity))(t)))
	if err != nil {
		t.Fatal(err)
	}
	dsn := dbtest.PostgresEmptyAddress(t)
	cut := errors.New("cut")
	r := backup.Restoring{
		File: file, Identities: ids, Root: root, Database: dsn, KeysBackup: file + backup.KeysSuffix, Keys: filepath.Join(w.dir, "pg.keys"),
		Declare: func(context.Context, *db.DB, *backup.Manifest) error { return cut },
	}
	if _, err := backup.Restore(t.Context(), r); !errors.Is(err, cut) {
		t.Fatalf("got %v", err)
	}
	open := func() error {
		a, err := app.Open(t.Context(), app.Options{Database: r.Database, KeyFile: w.db + ".key", KeysFile: r.Keys, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = a.Close()
		}
		return err
	}
	if err := open(); !errors.Is(err, backup.ErrCut) || !strings.Contains(err.Error(), "make a new database") {
		t.Errorf("it opens: %v", err)
	}
	if _, err := backup.Restore(t.Context(), r); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a second restore into it: %v", err)
	}
	r.Database, r.Declare = dbtest.PostgresEmptyAddress(t), nil
	if _, err := backup.Restore(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Errorf("one that came to its end: %v", err)
	}
}
