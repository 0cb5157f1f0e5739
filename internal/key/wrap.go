// SPDX-License-Identifier: EUPL-1.2

package key

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrWrapped says that what is wrapped was not wrapped by this root key for this purpose.
var ErrWrapped = errors.New("what is stored was not encrypted with this root key")

func (r Root) wrapper(purpose string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(r.Derive("wrap " + purpose))
	if err != nil {
		return nil, fmt.Errorf("prepare root key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Wrap encrypts a secret of one purpose with the root key.
func (r Root) Wrap(purpose string, secret []byte) (string, error) {
	a, err := r.wrapper(purpose)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(a.Seal(nil, nil, secret, []byte(purpose))), nil
}

// Unwrap gives the secret that Wrap encrypted for the same purpose.
func (r Root) Unwrap(purpose, wrapped string) ([]byte, error) {
	a, err := r.wrapper(purpose)
	if err != nil {
		return nil, err
	}
	b, err := base64.RawStdEncoding.DecodeString(wrapped)
	if err != nil {
		return nil, ErrWrapped
	}
	secret, err := a.Open(nil, nil, b, []byte(purpose))
	if err != nil {
		return nil, ErrWrapped
	}
	return secret, nil
}
