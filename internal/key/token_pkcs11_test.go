// SPDX-License-Identifier: EUPL-1.2

//go:build pkcs11

package key_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
)

// softModule is where Debian puts SoftHSM2, a token that is a program.
const softModule = "/usr/lib/softhsm/libsofthsm2.so"

// softToken makes a token.
func softToken(t *testing.T) key.Token {
	t.Helper()
	if _, err := os.Stat(softModule); err != nil {
		dbtest.Missing(t, "softhsm2")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(dir+"/tokens", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", write("softhsm2.conf", "directories.tokendir = "+dir+"/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"))
	out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "insegel", "--pin", "1234", "--so-pin", "5678").CombinedOutput()
	if err != nil {
		t.Fatalf("make token: %v %s", err, out)
	}
	return key.Token{Module: softModule, Label: "insegel", Key: "root", PINFile: write("pin", "1234\n")}
}

// The root key is opened by the token and by nothing else: its file holds nothing that opens without it.
func TestRootKeyInToken(t *testing.T) {
	token := softToken(t)
	path := filepath.Join(t.TempDir(), "root.key")
	made, err := key.CreateToken(path, token)
	if err != nil {
		t.Fatal(err)
	}
	read, err := key.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if made.Check() != read.Check() || !bytes.Equal(made.Derive("session"), read.Derive("session")) {
		t.Error("the key that the token opened differs from the one that it wrapped")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o400 {
		t.Errorf("mode = %v, want 0400", info.Mode().Perm())
	}
	if _, err := key.CreateToken(path, token); err == nil {
		t.Error("CreateToken overwrote a key file")
	}
	other, err := key.CreateToken(path+"2", token)
	if err != nil || other.Check() == made.Check() {
		t.Errorf("a second root key under the same key of the token: %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change := func(name string, from, to string) {
		t.Helper()
		if !strings.Contains(string(whole), from) {
			t.Fatalf("the file lacks %q: %s", from, whole)
		}
		bad := filepath.Join(t.TempDir(), "bad.key")
		if err := os.WriteFile(bad, []byte(strings.Replace(string(whole), from, to, 1)), 0o400); err != nil {
			t.Fatal(err)
		}
		if _, err := key.Load(bad); !errors.Is(err, key.ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	i := strings.Index(string(whole), `"wrapped": "`) + len(`"wrapped": "`) + 20
	flipped := "A"
	if whole[i] == 'A' {
		flipped = "B"
	}
	change("a changed byte", string(whole[i-20:i+1]), string(whole[i-20:i])+flipped)
	change("another key", `"key": "root"`, `"key": "none"`)
	change("another token", `"token": "insegel"`, `"token": "none"`)
	change("another version", "insegel-token/1", "insegel-token/2")
	if err := os.Chmod(token.PINFile, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(path); !errors.Is(err, key.ErrUnsafe) {
		t.Errorf("a PIN that others can read: %v", err)
	}
	if err := errors.Join(os.Chmod(token.PINFile, 0o600), os.WriteFile(token.PINFile, []byte("4321"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(path); !errors.Is(err, key.ErrToken) {
		t.Errorf("a wrong PIN: %v", err)
	}
	// Another token with the same labels does not open it.
	twin := softToken(t)
	moved := strings.Replace(string(whole), token.PINFile, twin.PINFile, 1)
	elsewhere := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(elsewhere, []byte(moved), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := key.CreateToken(elsewhere+"2", twin); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Load(elsewhere); !errors.Is(err, key.ErrToken) {
		t.Errorf("another token opened it: %v", err)
	}
}
