// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// What our own keys are like. The certificate is only a wrapping: providers trust the key that stands in our metadata.
const (
	keyBits  = 3072
	keyYears = 10
	keyName  = "saml-key"
)

// OwnKey is one of our key pairs, as it is shown.
type OwnKey struct {
	ID    string
	State KeyState
	// Fingerprint is the certificate's SHA-256.
	Fingerprint string
	Created     time.Time
}

// ErrNoNext says that no new key has been made that could be taken into use.
var ErrNoNext = errors.New("there is no new key to take into use: make one first")

// errStep says that there is no such step of a change of key.
var errStep = errors.New("no such step of a change of key")

// ErrHasNext says that a change of key has begun already.
var ErrHasNext = errors.New("there is a new key already: take it into use first")

// newKey draws a key pair and a certificate for it.
func newKey(o organisation, now time.Time) (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Key{}, fmt.Errorf("draw key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return Key{}, fmt.Errorf("draw serial number: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Insegel " + o.code}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(keyYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &private.PublicKey, private)
	if err != nil {
		return Key{}, fmt.Errorf("make certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return Key{Private: private, Certificate: cert}, err
}

// addKey stores a key pair, its private half sealed. False when there is one in that state.
func (s *Service) addKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k Key, state KeyState) (bool, error) {
	id := ids.New[Key]().String()
	row := keyRow{id: id, certificate: base64.StdEncoding.EncodeToString(k.Certificate.Raw), state: state}
	added, err := insertKey(ctx, tx, org, row)
	if err != nil || !added {
		return false, err
	}
	return true, s.vault.Put(ctx, tx, provider.SecretName{Organisation: org, Owner: id, Name: keyName}, x509.MarshalPKCS1PrivateKey(k.Private))
}

// ownKeys opens the organisation's keys, the one that signs first. The first pair is made when it is first needed.
func (s *Service) ownKeys(ctx context.Context, o organisation) ([]Key, error) {
	keys, err := s.readKeys(ctx, o)
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	k, err := newKey(o, s.db.Now())
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, o.id, func(tx *db.Tx) error {
		added, err := s.addKey(ctx, tx, o.id, k, Current)
		if err != nil || !added {
			return err // another request was first; its key is read below
		}
		return audit.Append(ctx, tx, access.SystemActor(o.id), keyEntry("saml.NewKey", k, Current))
	})
	if err != nil {
		return nil, fmt.Errorf("keep saml key: %w", err)
	}
	return s.readKeys(ctx, o)
}

func (s *Service) readKeys(ctx context.Context, o organisation) ([]Key, error) {
	var out []Key
	err := s.db.Read(ctx, o.id, func(tx *db.Tx) error {
		rows, err := listKeys(ctx, tx, o.id)
		if err != nil {
			return err
		}
		for _, r := range rows {
			secret, err := s.vault.Get(ctx, tx, provider.SecretName{Organisation: o.id, Owner: r.id, Name: keyName})
			if err != nil {
				return err
			}
			k, err := openKey(r, secret)
			if err != nil {
				return err
			}
			out = append(out, k)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read saml keys: %w", err)
	}
	return out, nil
}

func openKey(r keyRow, secret []byte) (Key, error) {
	private, err := x509.ParsePKCS1PrivateKey(secret)
	if err != nil {
		return Key{}, err
	}
	cert, err := certificate(r.certificate)
	return Key{Private: private, Certificate: cert}, err
}

func keyEntry(action string, k Key, state KeyState) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "saml-key", ObjectID: hash(string(k.Certificate.Raw)), Data: map[string]string{"state": string(state)}}
}

// Keys lists the organisation's keys.
func (s *Service) Keys(ctx context.Context, actor access.Actor) ([]OwnKey, error) {
	if err := access.Check(actor, "saml.Keys"); err != nil {
		return nil, err
	}
	var out []OwnKey
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		rows, err := listKeys(ctx, tx, actor.Organisation)
		for _, r := range rows {
			raw, _ := base64.StdEncoding.DecodeString(r.certificate) // our own
			out = append(out, OwnKey{ID: r.id, State: r.state, Fingerprint: fingerprint(raw), Created: r.created})
		}
		return err
	})
	return out, err
}
