// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ClockSkew is how much the clocks of an identity provider and ours may differ. Sweden Connect's deployment profile allows a minute.
const ClockSkew = time.Minute

// Demand is what a sign-in asked of an identity provider (Swedish: begärd tillitsnivå).
type Demand struct {
	// Contexts are the authentication contexts that are good enough, as they stand on the wire (acr, AuthnContextClassRef). Only
	// one of them, letter by letter, is a good answer: a name that looks stronger is not one that was asked for.
	Contexts []string
	// Since, when not zero, is the earliest moment at which the person may have signed in at the provider: a step-up asks for a new
	// sign-in.
	Since time.Time
}

// Answered is what the provider said about the sign-in.
type Answered struct {
	// Context is the one authentication context of the answer; empty when it had none.
	Context string
	// At is when the person signed in at the provider; zero when it did not say.
	At time.Time
}

var (
	// ErrLevel says that the provider's answer was not one of the levels asked for.
	ErrLevel = errors.New("the identity provider answered with another level than was asked for")
	// ErrStale says that the sign-in at the provider is older than was asked for, or that the provider did not say when it was.
	ErrStale = errors.New("the sign-in at the identity provider is too old")
	// ErrFuture says that the sign-in at the provider lies in the future.
	ErrFuture = errors.New("the sign-in at the identity provider lies in the future")
	// ErrNoDemand says that nothing was asked for, so that no answer can be good enough.
	ErrNoDemand = errors.New("no level was asked for")
)

// Compare refuses an answer that is not what was asked for. No library does it: they pass on an answer of level 2 to a question of
// level 3 with a good signature. Whatever is missing or unknown is a refusal.
func Compare(d Demand, a Answered, now time.Time) error {
	if len(d.Contexts) == 0 {
		return ErrNoDemand
	}
	if a.Context == "" || !slices.Contains(d.Contexts, a.Context) {
		return fmt.Errorf("%w: asked for %q, got %q", ErrLevel, d.Contexts, a.Context)
	}
	if !a.At.IsZero() && a.At.After(now.Add(ClockSkew)) {
		return ErrFuture
	}
	if !d.Since.IsZero() && (a.At.IsZero() || a.At.Before(d.Since.Add(-ClockSkew))) {
		return ErrStale
	}
	return nil
}
