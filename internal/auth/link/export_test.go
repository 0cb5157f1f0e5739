// SPDX-License-Identifier: EUPL-1.2

package link

import (
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
)

// Hash is how a secret stands in the database, for tests that put one there.
func Hash(secret string) string { return hash(secret) }

// CodeHash is how a code stands there.
func CodeHash(root key.Root, id ids.ID[Link], digits string) string {
	return codeHash(root.Derive("link code"), id, digits)
}

// Limits, for tests.
const (
	CodeTries = codeTries
	MaxCodes  = maxCodes
	MaxVisits = maxVisits
)
