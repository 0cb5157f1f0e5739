// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/key"
)

// vault encrypts what mail keeps with a key of the root key. What is encrypted is bound to its place and cannot be moved.
type vault struct {
	aead cipher.AEAD
	hash []byte
}

func newVault(root key.Root) (vault, error) {
	if root.IsZero() {
		return vault{}, ErrNoKey
	}
	aead, err := chacha20poly1305.NewX(root.Derive("mail"))
	if err != nil {
		return vault{}, fmt.Errorf("make mail's cipher: %w", err)
	}
	return vault{aead: aead, hash: root.Derive("mail recipient")}, nil
}

// seal encrypts a text for one place.
func (v vault) seal(place, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("draw nonce: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(v.aead.Seal(nonce, nonce, []byte(plain), []byte(place))), nil
}

// errSealed says that something encrypted cannot be read. It does not say why: there is nothing in it for who has tampered with it.
var errSealed = errors.New("what is stored cannot be read with this key")

// open gives the text that seal encrypted for the same place.
func (v vault) open(place, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(b) < v.aead.NonceSize() {
		return "", errSealed
	}
	plain, err := v.aead.Open(nil, b[:v.aead.NonceSize()], b[v.aead.NonceSize():], []byte(place))
	if err != nil {
		return "", errSealed
	}
	return string(plain), nil
}

// recipient stands for an address where it must be told from others and not be read.
func (v vault) recipient(org access.OrganisationID, address string) string {
	m := hmac.New(sha256.New, v.hash)
	m.Write([]byte(org.String() + "|" + strings.ToLower(address)))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
