// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
)

// ErrSecret says that a secret in the database cannot be opened: it was sealed with another key, or put in another's place.
var ErrSecret = errors.New("the secret cannot be opened with this key")

// ErrNoSecret says that there is no secret of that name.
var ErrNoSecret = errors.New("there is no such secret")

// Vault keeps the secrets of providers, so that who reads the database does not have them.
type Vault struct{ Root key.Root }

// SecretName says whose a secret is and which. Owner is a provider's id, or the id of a key.
type SecretName struct {
	Organisation access.OrganisationID
	Owner, Name  string
}

// aad binds a ciphertext to its place, so that it cannot be moved to another.
func (n SecretName) aad() []byte {
	return []byte("sign_in_secret|sealed|" + n.Owner + "|" + n.Name + "|" + n.Organisation.String())
}

func (v Vault) aead() (cipher.AEAD, error) {
	if v.Root.IsZero() {
		return nil, ErrNoKey
	}
	block, err := aes.NewCipher(v.Root.Derive("sign-in secret"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Put keeps a secret. One that was there under the name is replaced.
func (v Vault) Put(ctx context.Context, tx *db.Tx, name SecretName, secret []byte) error {
	sealed, err := v.seal(name, secret)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sign_in_secret (organisation_id, owner, name, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organisation_id, owner, name) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at`,
		name.Organisation, name.Owner, name.Name, sealed, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	return nil
}

// Get gives a secret; ErrNoSecret when there is none.
func (v Vault) Get(ctx context.Context, tx *db.Tx, name SecretName) ([]byte, error) {
	if v.Root.IsZero() {
		return nil, fmt.Errorf("open secret: %w", ErrNoKey)
	}
	var sealed string
	row := tx.QueryRow(ctx, `SELECT sealed FROM sign_in_secret WHERE organisation_id = $1 AND owner = $2 AND name = $3`, name.Organisation, name.Owner, name.Name)
	switch err := db.One(row, &sealed); {
	case errors.Is(err, db.ErrNotFound):
		return nil, ErrNoSecret
	case err != nil:
		return nil, fmt.Errorf("read secret: %w", err)
	}
	return v.unseal(name, sealed)
}

// Rewrap encrypts every organisation's secrets with another root key, and tells how many they are. One that cannot be opened stops it.
func Rewrap(ctx context.Context, tx *db.Tx, from, to key.Root) (int, error) {
	type row struct {
		name   SecretName
		sealed string
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.name.Organisation, &r.name.Owner, &r.name.Name, &r.sealed)
	}, `SELECT organisation_id, owner, name, sealed FROM sign_in_secret WHERE organisation_id <> '' ORDER BY organisation_id, owner, name`)
	if err != nil {
		return 0, fmt.Errorf("read secrets: %w", err)
	}
	for i := range all {
		r := &all[i]
		secret, err := Vault{from}.unseal(r.name, r.sealed)
		if err != nil {
			return 0, fmt.Errorf("open secret %s of %s: %w", r.name.Name, r.name.Owner, err)
		}
		sealed, err := Vault{to}.seal(r.name, secret)
		if err != nil {
			return 0, err
		}
		// When it was made stays.
		_, err = tx.Exec(ctx, `UPDATE sign_in_secret SET sealed = $1 WHERE organisation_id = $2 AND owner = $3 AND name = $4`,
			sealed, r.name.Organisation, r.name.Owner, r.name.Name)
		if err != nil {
			return 0, fmt.Errorf("keep secret: %w", err)
		}
	}
	return len(all), nil
}

func (v Vault) seal(name SecretName, secret []byte) (string, error) {
	a, err := v.aead()
	if err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(a.Seal(nil, nil, secret, name.aad())), nil
}

func (v Vault) unseal(name SecretName, sealed string) ([]byte, error) {
	a, err := v.aead()
	if err != nil {
		return nil, fmt.Errorf("open secret: %w", err)
	}
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, ErrSecret
	}
	out, err := a.Open(nil, nil, b, name.aad())
	if err != nil {
		return nil, ErrSecret
	}
	return out, nil
}

// Has reports whether there is a secret of that name, without opening it.
func (v Vault) Has(ctx context.Context, tx *db.Tx, name SecretName) (bool, error) {
	var n int
	row := tx.QueryRow(ctx, `SELECT COUNT(*) FROM sign_in_secret WHERE organisation_id = $1 AND owner = $2 AND name = $3`, name.Organisation, name.Owner, name.Name)
	err := db.One(row, &n)
	return n > 0, err
}

// Remove takes away every secret of an owner.
func (v Vault) Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, owner string) error {
	_, err := tx.Exec(ctx, `DELETE FROM sign_in_secret WHERE organisation_id = $1 AND owner = $2`, org, owner)
	return err
}

// draw gives a value of 256 bits that nobody can guess, as text.
func draw() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(b)
}
