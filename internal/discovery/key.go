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

// fingerprintBytes is how much of a fingerprint is kept.
const fingerprintBytes = 16

// printer makes fingerprints. A value of at most fourteen bytes fits one block of AES together with its length and detector; so do
// all numbers, of which there may be millions. Longer ones are hashed first.
type printer struct {
	block cipher.Block
	key   Key
	hex   [2 * fingerprintBytes]byte
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
func (p *printer) fingerprint(kind byte, normal []byte) []byte {
	var b [16]byte
	if len(normal) <= 14 {
		b[0], b[1] = kind, byte(len(normal))
		copy(b[2:], normal)
		p.block.Encrypt(b[:], b[:])
	} else {
		m := hmac.New(sha256.New, p.key[:])
		m.Write([]byte{kind})
		m.Write(normal)
		copy(b[:], m.Sum(nil))
	}
	hex.Encode(p.hex[:], b[:])
	return p.hex[:]
}
