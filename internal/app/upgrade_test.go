// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/schema"
)

// ofSchema makes a SQLite file of an earlier schema with an organisation in it.
func ofSchema(t *testing.T, path string, version int64) {
	t.Helper()
	d := must(db.Open(t.Context(), "sqlite:"+path))(t)
	ok(t, schema.MigrateTo(t.Context(), d, version))
	dbtest.Organisation(t, d, "norrsjo")
	ok(t, d.Close())
}

// upgrade opens the file with this version, and gives what it told.
func upgrade(t *testing.T, path string) (told string, err error) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{
		Database: "sqlite:" + path, Log: slog.New(slog.DiscardHandler), Warn: func(s string) { told += s + "\n" },
	})
	if err == nil {
		ok(t, a.Close())
	}
	return told, err
}

// A file that cannot be copied first is not upgraded, and is as it was.
func TestUpgradeNeedsACopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	ofSchema(t, path, 12)
	before := hashes(t, filepath.Dir(path))
	inTheWay := path + ".before-" + newest() + ".copying"
	ok(t, os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700))
	if _, err := upgrade(t, path); !errors.Is(err, app.ErrNoCopy) || !errors.Is(err, db.ErrCopy) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("got %v, want ErrNoCopy", err)
	}
	after := hashes(t, filepath.Dir(path))
	delete(after, "a.db.server") // the lock, which is empty
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
	ok(t, os.RemoveAll(inTheWay))
	told, err := upgrade(t, path)
	if err != nil || !strings.Contains(told, path+".before-"+newest()) {
		t.Errorf("without what was in the way: %v; it told %q", err, told)
	}
	if told, err := upgrade(t, path); err != nil || strings.Contains(told, ".before-") {
		t.Errorf("with nothing to upgrade: %v; it told %q", err, told)
	}
}

// While a server uses the file, nobody else upgrades it.
func TestUpgradeBesideAServerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	ofSchema(t, path, 12)
	release := must(app.LockForOne(path))(t)
	if _, err := upgrade(t, path); !errors.Is(err, app.ErrServed) {
		t.Errorf("got %v, want ErrServed", err)
	}
	release()
	if _, err := upgrade(t, path); err != nil {
		t.Error(err)
	}
}

// The two last copies are kept, an older database that is put back gets a copy of its own, and what is not ours is left alone.
func TestUpgradeCopiesAreFew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a[1].db") // a name that is a pattern too
	old := filepath.Join(dir, "old")
	ofSchema(t, old, 12)
	others := []string{path + ".before-restore", path + ".before-9x", path + ".before-1.2.3"}
	for _, name := range append([]string{path + ".before-9", path + ".before-10", path + ".before-10.2"}, others...) {
		ok(t, os.WriteFile(name, nil, 0o600))
	}
	want := others
	for _, suffix := range []string{"", ".2", ".3"} {
		ok(t, os.WriteFile(path, read(t, old), 0o600))
		_, err := upgrade(t, path)
		ok(t, err)
		want = append(want, path+".before-"+newest()+suffix)
		got := must(filepath.Glob(filepath.Join(dir, "*.before-*")))(t)
		last := append(slices.Clone(others), want[max(len(others), len(want)-2):]...)
		if len(want) == len(others)+1 {
			last = append(last, path+".before-10.2")
		}
		slices.Sort(last)
		if diff := cmp.Diff(last, got); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", suffix, diff)
		}
	}
}

func newest() string { return strconv.FormatInt(schema.Newest(), 10) }
