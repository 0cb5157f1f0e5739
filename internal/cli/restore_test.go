// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/cli"
	"github.com/insegel/insegel/internal/dbtest"
)

// installation is one that is used from the command line.
type installation struct {
	dir, db string
	// where are the flags that name the database and its files.
	where      []string
	recipients []string
	identity   string
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	w := &installation{dir: t.TempDir()}
	w.db = filepath.Join(w.dir, "live", "a.db")
	w.where = []string{"--db", "sqlite:" + w.db}
	for range 2 {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		w.recipients = append(w.recipients, "--recipient", id.Recipient().String())
		w.identity = filepath.Join(w.dir, "identity")
		if err := os.WriteFile(w.identity, []byte(id.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Dir(w.db), 0o700); err != nil {
		t.Fatal(err)
	}
	return w
}

// run runs a command, wants its exit code and gives what it said.
func (w *installation) run(t *testing.T, code int, args ...string) (out, said string) {
	t.Helper()
	return w.answer(t, "", code, args...)
}

// answer runs a command that reads what is typed.
func (w *installation) answer(t *testing.T, typed string, code int, args ...string) (out, said string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := cli.Main(args, strings.NewReader(typed), &o, &e); got != code {
		t.Fatalf("insegel %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &o, &e)
	}
	return o.String(), e.String()
}

func with(args []string, more ...string) []string {
	return append(append([]string{}, args...), more...)
}

// takeIn writes systems into the register, and so into the log.
func (w *installation) takeIn(t *testing.T, org, names string) {
	t.Helper()
	file := filepath.Join(w.dir, "lista.csv")
	if err := os.WriteFile(file, []byte("Systemnamn;Kommentar\n"+names), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run(t, 0, with([]string{"import", "register", file, "--org", org}, w.where...)...)
}

// organisation makes one more.
func (w *installation) organisation(t *testing.T, code string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + w.db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Organisation(t, a.DB, code)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// publicKey signs the log and gives the key.
func (w *installation) publicKey(t *testing.T) string {
	t.Helper()
	out, _ := w.run(t, 0, with([]string{"audit", "checkpoint"}, w.where...)...)
	key, _, _ := strings.Cut(out, "\n")
	return key
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// serves starts the server on the database and stops it when it answers.
func (w *installation) serves(t *testing.T) error {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Database: "sqlite:" + w.db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer a.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	return a.Serve(ctx, app.ServerOptions{Address: "127.0.0.1:0", Ready: func(net.Addr) { cancel() }})
}

// An older copy of the database that is merely put in its place is refused; the same contents put back with the command are
// accepted, beside the same checkpoints, and the log is whole.
func TestRestoreBeginsNewEpoch(t *testing.T) {
	w := newInstallation(t)
	w.takeIn(t, "norrsjo", "Alfa;ett\n")
	key := w.publicKey(t)
	file, old := filepath.Join(w.dir, "one.age"), filepath.Join(w.dir, "old.db")
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	copyFile(t, w.db, old)
	w.takeIn(t, "norrsjo", "Beta;två\n")
	w.organisation(t, "soderby")
	w.takeIn(t, "soderby", "Gamma;tre\n") // whose log is begun after the backup
	w.publicKey(t)

	putBack := func() {
		t.Helper()
		copyFile(t, old, w.db)
		_, said := w.run(t, 2, with([]string{"audit", "checkpoint"}, w.where...)...)
		if err := w.serves(t); err == nil {
			t.Error("the server starts on an older copy")
		}
		for _, part := range []string{"the log is not the one that was exported", "declare it with insegel restore", "entries had been exported"} {
			if !strings.Contains(said, part) {
				t.Errorf("the refusal does not say %q: %s", part, said)
			}
		}
		if err := os.Remove(w.db); err != nil {
			t.Fatal(err)
		}
	}
	putBack()
	_, said := w.run(t, 0, with([]string{"restore", file, "--identity", w.identity, "--why", "disken gick sönder"}, w.where...)...)
	if !strings.Contains(said, "begun a new epoch") || !strings.Contains(said, w.db+".checkpoints") {
		t.Errorf("it said %s", said)
	}
	if err := w.serves(t); err != nil {
		t.Fatalf("the restored database does not start: %v", err)
	}
	w.takeIn(t, "norrsjo", "Delta;fyra\n")
	if again := w.publicKey(t); again != key {
		t.Errorf("the log's key is %s, was %s", again, key)
	}
	out, _ := w.run(t, 0, with([]string{"audit", "verify", "--key", key}, w.where...)...)
	if strings.Contains(out, "BROKEN") || strings.Count(out, "WHOLE") != 2 || strings.Count(out, "epoch 2\n") != 1 { // the installation's own log was begun after the backup
		t.Errorf("verify says\n%s", out)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Remove(w.db + suffix) // of the file that is taken away, where the last to close left them
	}
	putBack() // now older than what the restored database has exported
}

// Without the checkpoints beside it, a database restored elsewhere is the server's to refuse, and the command says so.
func TestRestoreWithoutCheckpoints(t *testing.T) {
	w := newInstallation(t)
	w.takeIn(t, "norrsjo", "Alfa;ett\n")
	w.publicKey(t)
	file := filepath.Join(w.dir, "one.age")
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	w.takeIn(t, "norrsjo", "Beta;två\n")
	w.publicKey(t)
	if err := os.Remove(w.db); err != nil {
		t.Fatal(err)
	}
	w.run(t, 0, with([]string{"restore", file, "--identity", w.identity, "--log-drop", filepath.Join(w.dir, "other")}, w.where...)...)
	if err := w.serves(t); err == nil || !strings.Contains(err.Error(), "no entry declares that it replaced this") {
		t.Errorf("a database that does not declare what it replaced starts: %v", err)
	}
}

// The same on the other engine, with the checkpoints in a directory that is named.
func TestRestoreOnPostgres(t *testing.T) {
	w := newInstallation(t)
	address := dbtest.PostgresAddress(t)
	key, keys, drop := filepath.Join(w.dir, "root.key"), filepath.Join(w.dir, "a.keys"), filepath.Join(w.dir, "drop")
	w.run(t, 0, "key", "create", key)
	files := []string{"--key-file", key, "--keys", keys, "--log-drop", drop}
	w.where = with(files, "--db", address)
	w.takeIn(t, "norrsjo", "Alfa;ett\n")
	public := w.publicKey(t)
	file := filepath.Join(w.dir, "one.age")
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	w.takeIn(t, "norrsjo", "Beta;två\n")
	w.publicKey(t)
	w.where = with(files, "--db", dbtest.PostgresEmptyAddress(t))
	w.run(t, 0, with([]string{"restore", file, "--identity", w.identity}, w.where...)...)
	w.takeIn(t, "norrsjo", "Gamma;tre\n")
	w.publicKey(t)
	out, _ := w.run(t, 0, "audit", "verify", "--key", public, "--db", w.where[len(w.where)-1])
	if strings.Contains(out, "BROKEN") || strings.Count(out, "epoch 2\n") != 1 {
		t.Errorf("verify says\n%s", out)
	}
}
