// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
)

// Key is the key that an organisation signs its submissions with.
type Key struct {
	// Private is the key as a file holds it, and Verifier what the receiver registers: both as signed notes write them.
	Private, Verifier string
	Signer            note.Signer
}

// KeyName is the name that a municipality's key carries.
func KeyName(code string) string { return "insegel-" + code }

// NewKey makes a key.
func NewKey(name string) (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	return keyOf(name, private)
}

func keyOf(name string, private ed25519.PrivateKey) (Key, error) {
	public, _ := private.Public().(ed25519.PublicKey) // it is one by its type
	verifier, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	hash := strings.Split(verifier, "+")[1]
	const algorithm = 1 // Ed25519, as signed notes number it
	return ParseKey("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{algorithm}, private.Seed()...)))
}

// ErrVerifier says that a text is no public key.
var ErrVerifier = errors.New("the key is not the public key of a signed note")

// ErrKey says that a text is no private key of ours.
var ErrKey = errors.New("not a signing key: make one with insegel national keygen")

// ParseKey reads a private key as a file holds it.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	signer, err := note.NewSigner(text)
	parts := strings.SplitN(text, "+", 5)
	if err != nil || len(parts) != 5 {
		return Key{}, ErrKey
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, ErrKey
	}
	public, _ := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey) // it is one by its type
	verifier, err := note.NewEd25519VerifierKey(parts[2], public)
	if err != nil {
		return Key{}, ErrKey
	}
	return Key{Private: text, Verifier: verifier, Signer: signer}, nil
}

// Registered is a municipality's key, as the receiver knows it.
type Registered struct{ Municipality, Verifier string }

// keyHeading is the first line of a file of keys.
var keyHeading = []string{"municipality", "key"}

// Check says what is wrong with a key that is to be registered.
func (r *Registered) Check(c *catalogue.Catalogue) error {
	if _, ok := c.Municipality(r.Municipality); !ok {
		return fmt.Errorf("%q: %w", r.Municipality, ErrMunicipality)
	}
	if _, err := note.NewVerifier(r.Verifier); err != nil {
		return fmt.Errorf("%s: %w", r.Municipality, ErrVerifier)
	}
	return nil
}

// ReadKeys reads a file of keys: municipality,key.
func ReadKeys(r io.Reader, c *catalogue.Catalogue) ([]Registered, error) {
	in := csv.NewReader(io.LimitReader(r, MaxBody))
	in.FieldsPerRecord = len(keyHeading)
	rows, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(rows) == 0 || rows[0][0] != keyHeading[0] || rows[0][1] != keyHeading[1] {
		return nil, fmt.Errorf("read keys: the first line must be %s", strings.Join(keyHeading, ","))
	}
	out := make([]Registered, 0, len(rows)-1)
	for i, row := range rows[1:] {
		k := Registered{row[0], row[1]}
		if err := k.Check(c); err != nil {
			return nil, fmt.Errorf("read keys: line %d: %w", i+2, err)
		}
		out = append(out, k)
	}
	return out, nil
}

// WriteKeys writes a file of keys.
func WriteKeys(w io.Writer, keys []Registered) error {
	out := csv.NewWriter(w)
	rows := [][]string{keyHeading}
	for _, k := range keys {
		rows = append(rows, []string{k.Municipality, k.Verifier})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}
