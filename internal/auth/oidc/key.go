// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
)

// The kinds of keys that we show who we are with. Some providers take one and some the other.
const (
	kindEC  = "EC"
	kindRSA = "RSA"
)

const (
	// keyRest is how long a new key is published before it is used, so that the providers have fetched it by then.
	keyRest = time.Hour
	// keyAfter is how long a key is published after the next one has begun to be used.
	keyAfter = 24 * time.Hour
	// rsaBits is the length of an RSA key.
	rsaBits = 3072
)

// ourKey is one of the organisation's own keys.
type ourKey struct {
	id, kind string
	public   jose.JSONWebKey
	created  time.Time
}

// newKey draws a key. Its id is the thumbprint of its public half (RFC 7638).
func newKey(kind string) (crypto.Signer, ourKey, error) {
	var signer crypto.Signer
	var err error
	if kind == kindEC {
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		signer, err = rsa.GenerateKey(rand.Reader, rsaBits)
	}
	if err != nil {
		return nil, ourKey{}, fmt.Errorf("draw key: %w", err)
	}
	public := jose.JSONWebKey{Key: signer.Public(), Use: "sig"}
	print, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, ourKey{}, fmt.Errorf("name key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(print)
	return signer, ourKey{id: public.KeyID, kind: kind, public: public}, nil
}

// current gives the key of a kind to sign with: the newest that has been published for long enough, or else the oldest. keys are the
// newest first.
func current(keys []ourKey, kind string, now time.Time) (ourKey, bool) {
	var last ourKey
	for _, k := range keys {
		if k.kind != kind {
			continue
		}
		if last = k; now.Sub(k.created) >= keyRest {
			break
		}
	}
	return last, last.id != ""
}

// published lists the keys that providers may still meet.
func published(keys []ourKey, now time.Time) []ourKey {
	newer := map[string]time.Time{} // when the next newer key of the kind was made
	var out []ourKey
	for _, k := range keys {
		next, ok := newer[k.kind]
		if !ok || now.Sub(next) < keyRest+keyAfter {
			out = append(out, k)
		}
		newer[k.kind] = k.created
	}
	return out
}

// keyring keeps the organisation's own keys.
type keyring struct {
	db    *db.DB
	vault provider.Vault
}

func secretOf(org access.OrganisationID, id string) provider.SecretName {
	return provider.SecretName{Organisation: org, Owner: "key " + id, Name: "private"}
}

// list gives the organisation's keys, the newest first, and draws the first ones.
func (r *keyring) list(ctx context.Context, org access.OrganisationID) ([]ourKey, error) {
	var keys []ourKey
	err := r.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		keys, err = listKeys(ctx, tx, org)
		return err
	})
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	return r.first(ctx, org)
}

// first draws the first keys, one of each kind, unless there are some, and gives all there are.
func (r *keyring) first(ctx context.Context, org access.OrganisationID) ([]ourKey, error) {
	fresh, err := drawAll()
	if err != nil {
		return nil, err
	}
	var keys []ourKey
	err = r.db.Write(ctx, org, func(tx *db.Tx) (err error) {
		if keys, err = listKeys(ctx, tx, org); err != nil || len(keys) > 0 {
			return err // another request was first
		}
		keys, err = r.keep(ctx, tx, access.SystemActor(org), "oidc.FirstKeys", fresh)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add keys: %w", err)
	}
	return keys, nil
}

// drawn is a new key with its private half.
type drawn struct {
	ourKey
	private []byte
}

// drawAll draws a key of each kind.
func drawAll() ([]drawn, error) {
	var fresh []drawn
	for _, kind := range []string{kindEC, kindRSA} {
		signer, k, err := newKey(kind)
		if err != nil {
			return nil, err
		}
		private, err := x509.MarshalPKCS8PrivateKey(signer)
		if err != nil {
			return nil, fmt.Errorf("encode key: %w", err)
		}
		fresh = append(fresh, drawn{k, private})
	}
	return fresh, nil
}

// keep stores new keys, forgets those that nobody meets any more, and gives those that are left.
func (r *keyring) keep(ctx context.Context, tx *db.Tx, actor access.Actor, action string, fresh []drawn) ([]ourKey, error) {
	org := actor.Organisation
	keys, err := listKeys(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	var all []ourKey
	var names []string
	for i := range fresh {
		k := &fresh[i]
		k.created = tx.Now
		all, names = append(all, k.ourKey), append(names, k.kind+" "+k.id)
		if err := insertKey(ctx, tx, org, &k.ourKey); err != nil {
			return nil, err
		}
		if err := r.vault.Put(ctx, tx, secretOf(org, k.id), k.private); err != nil {
			return nil, err
		}
	}
	kept := published(append(all, keys...), tx.Now)
	for _, k := range keys {
		if slices.ContainsFunc(kept, func(x ourKey) bool { return x.id == k.id }) {
			continue
		}
		if err := deleteKey(ctx, tx, org, k.id); err != nil {
			return nil, err
		}
		if err := r.vault.Remove(ctx, tx, org, secretOf(org, k.id).Owner); err != nil {
			return nil, err
		}
	}
	return kept, audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "key", ObjectID: "oidc", Data: map[string]any{"new": names}})
}

// signer opens the private half of a key.
func (r *keyring) signer(ctx context.Context, org access.OrganisationID, k *ourKey) (crypto.Signer, error) {
	var b []byte
	err := r.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		b, err = r.vault.Get(ctx, tx, secretOf(org, k.id))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open key: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, provider.ErrSecret
	}
	return signer, nil
}

// assertionLife is how long what we show a provider is good for: the time of one request, and what clocks may differ.
const assertionLife = time.Minute

// assertion makes what shows a provider who we are (private_key_jwt, RFC 7523).
func (r *keyring) assertion(ctx context.Context, org access.OrganisationID, c *client, now time.Time) (string, error) {
	keys, err := r.list(ctx, org)
	if err != nil {
		return "", err
	}
	alg, kind := assertionAlgorithm(c.meta.AuthAlgs)
	k, ok := current(keys, kind, now)
	if !ok {
		return "", fmt.Errorf("sign for provider: %w", provider.ErrNoSecret)
	}
	signer, err := r.signer(ctx, org, &k)
	if err != nil {
		return "", err
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: signer, KeyID: k.id}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign for provider: %w", err)
	}
	payload, err := json.Marshal(map[string]any{
		"iss": c.settings.ClientID, "sub": c.settings.ClientID, "aud": []string{c.meta.Issuer, c.meta.Token}, "jti": provider.NewTicket("").State,
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("sign for provider: %w", err)
	}
	signed, err := s.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign for provider: %w", err)
	}
	return signed.CompactSerialize()
}

// assertionAlgorithm chooses how to sign among what the provider takes. One that does not say takes RS256, by the standard.
func assertionAlgorithm(takes []string) (jose.SignatureAlgorithm, string) {
	switch {
	case slices.Contains(takes, "ES256"):
		return jose.ES256, kindEC
	case slices.Contains(takes, "PS256"):
		return jose.PS256, kindRSA
	default:
		return jose.RS256, kindRSA
	}
}
