// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// Key is the key of fingerprints: without it nobody can tell which value one stands for, and with it the same value has the same
// fingerprint in every run. It never leaves the installation.
type Key [32]byte

// NewKey draws a key.
func NewKey() (k Key) {
	_, _ = rand.Read(k[:]) // it never fails: it ends the program instead
	return k
}

// Fingerprint is a keyed hash of a value.
type Fingerprint [16]byte

// String is the fingerprint as it is written in results.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// printer makes fingerprints. A value of at most fourteen bytes fits one block of AES together with its length and detector; so do
// all numbers, of which there may be millions. Longer ones are hashed first.
type printer struct {
	block cipher.Block
	key   Key
	b     [16]byte // what is hashed: a field, because what the cipher is given would else be allocated each time
}

func newPrinter(k Key) *printer {
	derive := func(what string) []byte {
		m := hmac.New(sha256.New, k[:])
		m.Write([]byte(what))
		return m.Sum(nil)
	}
	block, err := aes.NewCipher(derive("insegel discovery fingerprint, short"))
	if err != nil {
		panic(err) // the key has the right length
	}
	return &printer{block: block, key: Key(derive("insegel discovery fingerprint, long"))}
}

// fingerprint is the keyed hash of a value that stands in its one normal form.
func (p *printer) fingerprint(kind byte, normal []byte) Fingerprint {
	if len(normal) <= 14 {
		p.b = [16]byte{kind, byte(len(normal))}
		copy(p.b[2:], normal)
		p.block.Encrypt(p.b[:], p.b[:])
	} else {
		m := hmac.New(sha256.New, p.key[:])
		m.Write([]byte{kind})
		m.Write(normal)
		copy(p.b[:], m.Sum(nil))
	}
	return p.b
}
