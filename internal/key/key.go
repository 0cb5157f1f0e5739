// SPDX-License-Identifier: EUPL-1.2

// Package key keeps the installation's root key (Swedish: rotnyckel) and derives from it the keys that each part uses.
package key

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// size is the length of the root key in bytes.
const size = 32

// ErrMissing says that no key file is where it should be.
var ErrMissing = errors.New("key file missing")

// ErrUnsafe says that others than the owner can read the key file.
var ErrUnsafe = errors.New("key file readable by others")

// Root is the installation's secret. Whoever has it can read what it protects: it is backed up apart from the database.
type Root struct{ secret []byte }

// Load reads the key file at path. The file must not be readable by group or others.
func Load(path string) (Root, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Root{}, fmt.Errorf("read %s: %w", path, ErrMissing)
	}
	if err != nil {
		return Root{}, fmt.Errorf("read key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Root{}, fmt.Errorf("read %s: %w: run chmod 0400 on it", path, ErrUnsafe)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Root{}, fmt.Errorf("read key file: %w", err)
	}
	if strings.HasPrefix(string(b), "{") {
		secret, err := openTokenFile(b)
		if err != nil {
			return Root{}, fmt.Errorf("read %s: %w", path, err)
		}
		return Root{secret: secret}, nil
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(secret) != size {
		return Root{}, fmt.Errorf("read %s: not a key file of this program: it should hold %d bytes in base64", path, size)
	}
	return Root{secret: secret}, nil
}

// Create makes a new key file at path with mode 0400. It never overwrites one.
func Create(path string) (Root, error) {
	secret := draw()
	return Root{secret: secret}, writeNew(path, base64.StdEncoding.EncodeToString(secret)+"\n")
}

// writeNew makes a key file with mode 0400. It never overwrites one.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	// The directory is synced too: a key that is lost with the power takes what it protects with it.
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		_ = d.Sync() // not every file system can
		_ = d.Close()
	}
	return nil
}

// Draw gives a new root key that no file holds, for what is thrown away.
func Draw() Root { return Root{secret: draw()} }

func draw() []byte {
	secret := make([]byte, size)
	_, _ = rand.Read(secret) // it never fails: without randomness the program ends
	return secret
}

// Derive gives the key of one purpose, for example "session". Two purposes never share a key.
func (r Root) Derive(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, r.secret, nil, "insegel/1 "+purpose, size)
	if err != nil {
		panic(fmt.Sprintf("derive key: %v", err)) // only when size is above hkdf's limit
	}
	return k
}

// Check is a value that tells whether two roots are the same without telling what they are. It is stored in the database.
func (r Root) Check() string {
	return base64.RawStdEncoding.EncodeToString(r.Derive("check")[:16])
}

// IsZero reports whether there is no key.
func (r Root) IsZero() bool { return len(r.secret) == 0 }
