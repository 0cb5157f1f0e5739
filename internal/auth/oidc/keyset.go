// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/insegel/insegel/internal/auth/provider"
)

// ErrDown says that the provider does not answer, or answers nothing that can be used. Nobody is let in because of it.
var ErrDown = errors.New("the identity provider does not answer as it should")

// ErrWeakKey says that a key of the provider has made a signature, and is too weak for it to count.
var ErrWeakKey = errors.New("the provider signs with an RSA key of fewer than 3072 bits, which has not been allowed for it")

// ErrSignature says that no key of the provider has made a signature.
var ErrSignature = errors.New("the signature is not made with a key of the provider")

const (
	// keysLife is how long the provider's keys are used before they are fetched again: a key that it has withdrawn is then gone.
	keysLife = time.Hour
	// keysPause is how long must pass between two fetches because of keys that are not known, so that nobody makes us ask and ask.
	keysPause = 30 * time.Second
	// failedPause is the same after a fetch that failed.
	failedPause = 5 * time.Second
	// smallestRSA is the least length of an RSA key, in bits, of a provider that may use weaker keys; provider.LeastRSA is that of others.
	smallestRSA = 2048
)

// keySet is the provider's keys. A key that is not known makes it ask the provider again, which is how keys are changed.
type keySet struct {
	fetch func(ctx context.Context) (jose.JSONWebKeySet, error)
	now   func() time.Time
	// older says whether weaker keys are allowed now.
	older func() bool

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time
	// asking lets one at a time ask the provider; tried and failed are how that last went.
	asking sync.Mutex
	tried  time.Time
	failed error
}

// VerifySignature gives what a token says when one of the provider's keys has signed it.
func (k *keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	var allowed []jose.SignatureAlgorithm
	for _, a := range algorithms {
		allowed = append(allowed, jose.SignatureAlgorithm(a))
	}
	jws, err := jose.ParseSignedCompact(raw, allowed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if len(jws.Signatures) != 1 {
		return nil, ErrSignature
	}
	if payload, err := k.verify(jws); err == nil {
		return payload, nil
	}
	if err := k.refresh(ctx); err != nil {
		return nil, err
	}
	return k.verify(jws)
}

// verify tries the keys that the token may have been signed with, unless they were fetched too long ago.
func (k *keySet) verify(jws *jose.JSONWebSignature) ([]byte, error) {
	now := k.now()
	k.mu.Lock()
	keys, age := k.keys, now.Sub(k.fetched)
	k.mu.Unlock()
	if age < 0 || age > keysLife {
		return nil, ErrSignature
	}
	fault := ErrSignature
	head := jws.Signatures[0].Header
	for i := range keys {
		key := &keys[i]
		if head.KeyID != "" && key.KeyID != head.KeyID || key.Algorithm != "" && key.Algorithm != head.Algorithm {
			continue
		}
		payload, err := jws.Verify(key.Key)
		if err != nil {
			continue
		}
		if pub, ok := key.Key.(*rsa.PublicKey); ok && pub.N.BitLen() < provider.LeastRSA && !k.older() {
			fault = ErrWeakKey
			continue
		}
		return payload, nil
	}
	return nil, fault
}

// refresh asks the provider for its keys, unless it has just been asked.
func (k *keySet) refresh(ctx context.Context) error {
	k.asking.Lock()
	defer k.asking.Unlock()
	now := k.now()
	switch since := now.Sub(k.tried); {
	case k.tried.IsZero() || since < 0:
	case k.failed != nil && since < failedPause:
		return k.failed
	case k.failed == nil && since < keysPause:
		return nil
	}
	// Whoever asks first asks for those who wait too, so that one who goes away does not make it fail for them.
	set, err := k.fetch(context.WithoutCancel(ctx))
	keys := slices.DeleteFunc(set.Keys, func(key jose.JSONWebKey) bool { return !usable(&key) })
	switch {
	case err != nil:
		err = fmt.Errorf("fetch keys: %w: %w", ErrDown, err)
	case len(keys) == 0:
		err = fmt.Errorf("fetch keys: %w: none of its keys can be used", ErrDown)
	}
	if k.tried, k.failed = now, err; err != nil {
		return err
	}
	k.mu.Lock()
	k.keys, k.fetched = keys, now
	k.mu.Unlock()
	return nil
}

// usable reports whether a key is a public one for signatures, and strong enough.
func usable(key *jose.JSONWebKey) bool {
	if key.Use != "" && key.Use != "sig" || !key.IsPublic() || !key.Valid() {
		return false
	}
	switch pub := key.Key.(type) {
	case *rsa.PublicKey:
		return pub.N.BitLen() >= smallestRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	default:
		return false // a shared secret is no key of theirs
	}
}
