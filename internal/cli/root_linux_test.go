// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/cli"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/seal"
	"github.com/insegel/insegel/internal/system"
)

const (
	rooted         = "Texten som nyckeln skyddar"
	rootedSecret   = "hemligheten-mot-leverantoren"
	rootedPassword = "losenordet-mot-servern"
)

var errNotKept = errors.New("not kept")

// house is what has its root key changed.
type house struct {
	t         *testing.T
	dsn, dir  string
	actor     access.Actor
	provider  provider.ID
	log       string // the key that the log is checked with
	keyFile   string
	keysFile  string
	firstRoot string
}

func (in *house) open() *app.App {
	in.t.Helper()
	a, err := app.Open(in.t.Context(), app.Options{
		Database: in.dsn, KeyFile: in.keyFile, KeysFile: in.keysFile, Log: slog.New(slog.DiscardHandler), Checkpoints: app.LogOptions{Drop: in.dir + "/drop"},
	})
	if err != nil {
		in.t.Fatalf("it does not start: %v", err)
	}
	return a
}

// install makes an installation that has something of everything that the root key protects.
func install(t *testing.T, dsn string) *house {
	t.Helper()
	dir := t.TempDir()
	in := &house{t: t, dsn: dsn, dir: dir, keyFile: dir + "/root.key", keysFile: dir + "/org.keys"}
	root, err := key.Create(in.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	in.firstRoot = root.Check()
	a := in.open()
	defer closed(t, a)
	o, err := organisation.Choose(t.Context(), a.DB, "", true)
	if err != nil {
		t.Fatal(err)
	}
	in.actor = access.LocalAdministrator(o.ID)
	sys := system.New("Lex")
	sys.Comment = rooted
	if _, err := a.Systems.Create(t.Context(), in.actor, sys); err != nil {
		t.Fatal(err)
	}
	p, err := a.Providers.Add(t.Context(), in.actor, provider.Draft{
		Provider: provider.Provider{
			Kind: provider.OIDC, NameSV: "Inloggning", NameEN: "Sign-in", Issuer: "https://idp.example.se", Own: json.RawMessage(`{"client_id":"insegel"}`),
			Settings: provider.Settings{Accepted: []provider.Accepted{{Value: "http://id.elegnamnden.se/loa/1.0/loa3"}}},
		},
		Secrets: map[string][]byte{"client-secret": []byte(rootedSecret)},
	})
	if err != nil {
		t.Fatal(err)
	}
	in.provider = p.ID
	setMail(t, a, in.actor)
	in.log = a.LogKey.Public().String()
	k, err := a.Keeper()
	if err == nil {
		err = k.Sign(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	k.Round(t.Context())
	return in
}

func closed(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// whole starts the installation and reads everything that the root key protects.
func (in *house) whole(when string) (root string) {
	in.t.Helper()
	a := in.open()
	defer closed(in.t, a)
	err := a.DB.Read(in.t.Context(), in.actor.Organisation, func(tx *db.Tx) error {
		s, err := system.Get(in.t.Context(), tx, in.actor.Organisation, "lex")
		if err != nil || s.Comment != rooted {
			in.t.Errorf("%s: the text is %q: %v", when, s.Comment, err)
		}
		b, err := a.Providers.Vault.Get(in.t.Context(), tx, provider.SecretName{Organisation: in.actor.Organisation, Owner: in.provider.String(), Name: "client-secret"})
		if err != nil || string(b) != rootedSecret {
			in.t.Errorf("%s: the provider's secret: %v", when, err)
		}
		return nil
	})
	if err != nil {
		in.t.Fatal(err)
	}
	// What mail keeps is opened by encrypting it anew, which is then not kept.
	err = a.DB.Write(in.t.Context(), db.Installation, func(tx *db.Tx) error {
		n, err := mail.Rewrap(in.t.Context(), tx, a.Key, a.Key)
		if err != nil || n != 2 {
			in.t.Errorf("%s: %d of mail's secrets can be opened: %v", when, n, err)
		}
		return errNotKept
	})
	if !errors.Is(err, errNotKept) {
		in.t.Fatal(err)
	}
	if a.LogKey.Public().String() != in.log {
		in.t.Errorf("%s: the log is signed with another key", when)
	}
	verdicts, err := audit.Verify(in.t.Context(), a.DB, audit.Check{Keys: []audit.PublicKey{a.LogKey.Public()}})
	if err != nil || len(verdicts) == 0 || slices.ContainsFunc(verdicts, func(v audit.Verdict) bool { return !v.Whole() }) {
		in.t.Errorf("%s: the log: %+v %v", when, verdicts, err)
	}
	return a.Key.Check()
}

// roots are all the root keys that lie in the directory, by name.
func (in *house) roots() map[string]string {
	in.t.Helper()
	out := map[string]string{}
	all, err := filepath.Glob(in.keyFile + "*")
	if err != nil {
		in.t.Fatal(err)
	}
	for _, path := range all {
		k, err := key.Load(path)
		if err != nil {
			in.t.Errorf("%s is no key: %v", path, err)
			continue
		}
		out[k.Check()] = path
	}
	return out
}

func (in *house) args() []string {
	out := []string{"key", "rotate-root", "--db", in.dsn, "--key-file", in.keyFile, "--keys", in.keysFile, "--log-drop", in.dir + "/drop"}
	if strings.HasPrefix(in.dsn, "postgres") {
		out = append(out, "--stopped")
	}
	return out
}

func engines(t *testing.T, run func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { run(t, "sqlite:"+t.TempDir()+"/a.db") })
	t.Run("postgres", func(t *testing.T) { run(t, dbtest.PostgresAddress(t)) })
}

// Killed at any call that changes a file, a change of root key leaves an installation that starts, with the old root key or the new, and
// that can read everything; and every root key that it has been used with is still there.
func TestKillDuringRotateRoot(t *testing.T) {
	traced(t)
	insegel := program(t)
	engines(t, func(t *testing.T, dsn string) {
		in := install(t, dsn)
		used := []string{in.whole("before")}
		killed, moved := 0, 0
		points := append(kills(renames, 1, 2, 3, 4, 5), kills(syncs, 1, 2, 3, 5, 7)...)
		if strings.HasPrefix(dsn, "sqlite") {
			points = append(points, kills(pageWrites, 1, 10, 30, 50)...)
		} else {
			points = append(points, kills(fileWrites, 6, 12, 18, 24, 30, 36)...)
		}
		for _, at := range points {
			if runKilled(t, insegel, at, in.args()...) {
				killed++
			}
			root := in.whole(at.String())
			if root != used[len(used)-1] {
				moved++
				used = append(used, root)
			}
			has := in.roots()
			for _, r := range used {
				if has[r] == "" {
					t.Fatalf("%s: a root key that was used is gone: %v", at, has)
				}
			}
			if _, err := os.Lstat(in.keysFile + seal.NextSuffix); err == nil {
				t.Errorf("%s: wrapped keys of a change that was not decided are left", at)
			}
			if has[root] != in.keyFile {
				t.Errorf("%s: started with the key in %s, which is not where the next start looks", at, has[root])
			}
		}
		if killed < 7 || moved < 3 || moved == len(points) {
			t.Errorf("of %d it was killed %d times and the key changed %d times: that shows too little", len(points), killed, moved)
		}
		var said bytes.Buffer
		if code := cli.Main(in.args(), strings.NewReader(""), &said, &said); code != 0 {
			t.Fatalf("uninterrupted: %d %s", code, &said)
		}
		if root := in.whole("at the end"); root == used[len(used)-1] {
			t.Error("the key did not change")
		}
		if left, _ := filepath.Glob(in.dir + "/*.next"); len(left) > 0 {
			t.Errorf("half-done files are left: %v", left)
		}
		if strings.Contains(said.String(), rootedSecret) {
			t.Error("the command tells a secret")
		}
	})
}

// A root key that something else gives to the program is made in a file of its own, and the old one is refused afterwards.
func TestRotateRootTo(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		in := install(t, dsn)
		to := in.dir + "/next.key"
		var said bytes.Buffer
		if code := cli.Main(append(in.args(), "--to", to), strings.NewReader(""), &said, &said); code != 0 {
			t.Fatalf("%d %s", code, &said)
		}
		_, err := app.Open(t.Context(), app.Options{Database: dsn, KeyFile: in.keyFile, KeysFile: in.keysFile, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Error("it starts with the old root key")
		}
		in.keyFile = to
		if in.whole("with the new") == in.firstRoot {
			t.Error("the root key is the old one")
		}
	})
}

func TestRotateRootRefuses(t *testing.T) {
	in := install(t, "sqlite:"+t.TempDir()+"/a.db")
	// A secret that cannot be opened is not lost by going on without it.
	a := in.open()
	err := a.DB.Write(t.Context(), in.actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE sign_in_secret SET owner = 'moved' WHERE organisation_id = $1`, in.actor.Organisation)
		return err
	})
	closed(t, a)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if code := cli.Main(in.args(), strings.NewReader(""), &said, &said); code == 0 {
		t.Errorf("a secret that cannot be opened was passed over: %s", &said)
	}
	a = in.open()
	defer closed(t, a)
	if a.Key.Check() != in.firstRoot {
		t.Error("the root key changed although it was refused")
	}
	// A server that runs would go on with the old key.
	f, err := os.OpenFile(strings.TrimPrefix(in.dsn, "sqlite:")+".server", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	if code := cli.Main(in.args(), strings.NewReader(""), &said, &said); code == 0 || !strings.Contains(said.String(), "server") {
		t.Errorf("while a server runs: %d %s", code, &said)
	}
	said.Reset()
	if code := cli.Main([]string{"key", "rotate-root", "--db", "postgres://x@127.0.0.1:1/x"}, strings.NewReader(""), &said, &said); code == 0 || !strings.Contains(said.String(), "--stopped") {
		t.Errorf("PostgreSQL without --stopped: %d %s", code, &said)
	}
}

// setMail gives the organisation a mail server with a password, and a mail that waits.
func setMail(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	err := a.Mail.Set(t.Context(), actor, mail.Settings{Host: "127.0.0.1", Port: 25, Security: mail.Implicit, Account: "insegel", Password: rootedPassword, Sender: "insegel@example.se"})
	if err == nil {
		err = a.Mail.Test(t.Context(), actor, "kim@example.se", "sv")
	}
	if err != nil {
		t.Fatal(err)
	}
}
