// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/dbtest"
)

type keyState struct {
	Key       string
	Old       []string
	Remaining int
	Destroyed bool
}

func (w *installation) keyState(t *testing.T, org string) keyState {
	t.Helper()
	out, _ := w.run(t, 0, with([]string{"key", "status", "--json", "--org", org}, w.where...)...)
	var s keyState
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// reads writes the register and tells whether the comment is in it.
func (w *installation) reads(t *testing.T, code int, comment string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "register.csv")
	w.run(t, code, with([]string{"report", "register", "--format", "csv", "-o", file, "--org", "norrsjo"}, w.where...)...)
	b, err := os.ReadFile(file)
	if err != nil && code == 0 {
		t.Fatal(err)
	}
	return strings.Contains(string(b), comment)
}

// A new key takes over every text and the old one is gone; a backup from before it can still be put back.
func TestKeyRotate(t *testing.T) {
	for engine, make := range map[string]func(*testing.T) *installation{"sqlite": newInstallation, "postgres": onPostgres} {
		t.Run(engine, func(t *testing.T) {
			w := make(t)
			w.takeIn(t, "norrsjo", "Alfa;en hemlighet\n")
			first := w.keyState(t, "norrsjo")
			file := filepath.Join(w.dir, "one.age")
			w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
			_, said := w.run(t, 0, with([]string{"key", "rotate", "--org", "norrsjo"}, w.where...)...)
			second := w.keyState(t, "norrsjo")
			if diff := cmp.Diff(keyState{Key: second.Key, Old: []string{}}, second); diff != "" || second.Key == first.Key || first.Key == "" {
				t.Errorf("before %+v, after %+v: %s", first, second, diff)
			}
			if !strings.Contains(said, "0 remain") || strings.Contains(said, " 0 texts were") {
				t.Errorf("it said %s", said)
			}
			if !w.reads(t, 0, "en hemlighet") {
				t.Error("what was encrypted cannot be read")
			}
			w.takeIn(t, "norrsjo", "Beta;en till\n")

			w.restored(t, file)
			if s := w.keyState(t, "norrsjo"); s.Remaining == 0 {
				t.Errorf("the backup's texts were encrypted with the old key, and the state is %+v", s)
			}
			w.takeIn(t, "norrsjo", "Gamma;skrivet efteråt\n")
			if !w.reads(t, 0, "en hemlighet") {
				t.Error("what the old key encrypted cannot be read")
			}
			w.run(t, 0, with([]string{"key", "rotate", "--org", "norrsjo"}, w.where...)...)
			if s := w.keyState(t, "norrsjo"); s.Remaining != 0 || len(s.Old) != 0 || !w.reads(t, 0, "skrivet efteråt") {
				t.Errorf("after another change the state is %+v", s)
			}
		})
	}
}

// restored puts a backup back beside the same file of keys.
func (w *installation) restored(t *testing.T, file string) {
	t.Helper()
	if last := len(w.where) - 1; strings.HasPrefix(w.where[last], "postgres") {
		w.where[last] = dbtest.PostgresEmptyAddress(t)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(w.db + suffix) // of the database; the file of keys stays
	}
	w.run(t, 0, with([]string{"restore", file, "--identity", w.identity}, w.where...)...)
}

func onPostgres(t *testing.T) *installation {
	t.Helper()
	w := newInstallation(t)
	key := filepath.Join(w.dir, "root.key")
	w.run(t, 0, "key", "create", key)
	w.where = []string{"--key-file", key, "--keys", filepath.Join(w.dir, "a.keys"), "--log-drop", filepath.Join(w.dir, "drop"), "--db", dbtest.PostgresAddress(t)}
	return w
}

// A destroyed key takes what it encrypted with it, in a backup that was made before too, and the installation goes on.
func TestKeyDestroy(t *testing.T) {
	w := newInstallation(t)
	w.takeIn(t, "norrsjo", "Alfa;en hemlighet\n")
	w.organisation(t, "soderby")
	w.takeIn(t, "soderby", "Beta;en annan\n")
	file := filepath.Join(w.dir, "one.age")
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	destroy := with([]string{"key", "destroy", "--org", "norrsjo"}, w.where...)
	w.run(t, 3, with([]string{"key", "destroy"}, w.where...)...)
	for _, typed := range []string{"", "soderby\n", "NORRSJO\n"} {
		w.answer(t, typed, 2, destroy...)
	}
	if !w.reads(t, 0, "en hemlighet") {
		t.Fatal("it was destroyed though the code was not typed")
	}
	w.answer(t, "norrsjo\n", 0, destroy...)
	gone := func() {
		t.Helper()
		if s := w.keyState(t, "norrsjo"); !s.Destroyed {
			t.Errorf("the key is %+v", s)
		}
		if w.reads(t, 2, "en hemlighet") {
			t.Error("what was destroyed can be read")
		}
		if s := w.keyState(t, "soderby"); s.Destroyed || s.Key == "" {
			t.Errorf("the other organisation's key is %+v", s)
		}
		w.takeIn(t, "soderby", "Gamma;ett till\n")
		if err := w.serves(t); err != nil {
			t.Errorf("the server does not start: %v", err)
		}
	}
	gone()
	out, _ := w.run(t, 0, with([]string{"audit", "verify"}, w.where[:2]...)...)
	if strings.Contains(out, "BROKEN") {
		t.Errorf("the log after it: %s", out)
	}
	w.restored(t, file)
	gone()
}
