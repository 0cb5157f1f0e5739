// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"

	"github.com/insegel/insegel/internal/key"
)

// Check judges a message, for tests.
func Check(m *Message) error { return m.check() }

// CheckSettings judges settings, for tests.
func CheckSettings(s *Settings) error { return s.check() }

// Seal encrypts as the package does, for tests.
func Seal(root key.Root, place, plain string) (string, error) {
	v, err := newVault(root)
	if err != nil {
		return "", err
	}
	return v.seal(place, plain)
}

// Unseal decrypts as the package does, for tests.
func Unseal(root key.Root, place, sealed string) (string, error) {
	v, err := newVault(root)
	if err != nil {
		return "", err
	}
	return v.open(place, sealed)
}

// Send does the job now, for tests.
func Send(ctx context.Context, s *Service, args SendArgs) error { return s.send(ctx, args) }

// MostAttempts and MostPerRecipient are limits, for tests.
const (
	MostAttempts     = mostAttempts
	MostPerRecipient = mostPerRecipient
)
