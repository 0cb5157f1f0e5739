// SPDX-License-Identifier: EUPL-1.2

package key

import (
	"encoding/json"
	"errors"
	"fmt"
)

// tokenFormat names the format of a key file whose root key a token must open, for ever.
const tokenFormat = "insegel-token/1"

// ErrToken says that the token did not open the root key.
var ErrToken = errors.New("the token does not open the root key")

// ErrNoToken says that this program was built without support for tokens.
var ErrNoToken = errors.New("this program was built without support for tokens: build it with go build -tags pkcs11")

// Token says where the key is that wraps the root key: a hardware module or a card that speaks PKCS#11. That key never leaves it, so a
// copy of the key file alone opens nothing.
type Token struct {
	// Module is the path of the maker's library and Label the token's.
	Module string `json:"module"`
	Label  string `json:"token"`
	// Key is the label of the AES key on the token.
	Key string `json:"key"`
	// PINFile is a file with the token's PIN, which only its owner can read.
	PINFile string `json:"pin_file"`
}

// tokenFile is a key file as it is stored. Nothing in it is secret.
type tokenFile struct {
	Format string `json:"format"`
	Token
	Wrapped []byte `json:"wrapped"`
}

// CreateToken makes a new root key that the token wraps, and its key file at path. The key on the token is made when it is not there. It
// never overwrites a file.
func CreateToken(path string, t Token) (Root, error) {
	secret := draw()
	wrapped, err := t.wrap(secret)
	if err != nil {
		return Root{}, fmt.Errorf("wrap root key: %w", err)
	}
	b, err := json.MarshalIndent(tokenFile{tokenFormat, t, wrapped}, "", " ")
	if err != nil {
		return Root{}, fmt.Errorf("write key file: %w", err)
	}
	return Root{secret: secret}, writeNew(path, string(b)+"\n")
}

// openTokenFile opens the root key of a key file that a token wraps.
func openTokenFile(b []byte) ([]byte, error) {
	var f tokenFile
	if err := json.Unmarshal(b, &f); err != nil || f.Format != tokenFormat || len(f.Wrapped) == 0 {
		return nil, fmt.Errorf("%w: the file is not whole, or of another version", ErrToken)
	}
	secret, err := f.unwrap(f.Wrapped)
	if err != nil {
		return nil, err
	}
	if len(secret) != size {
		return nil, fmt.Errorf("%w: what it wraps is no root key", ErrToken)
	}
	return secret, nil
}
