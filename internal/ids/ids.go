// SPDX-License-Identifier: EUPL-1.2

// Package ids makes typed identifiers (Swedish: identiteter), so that a system's id can never be handed to something that
// wants a supplier's.
package ids

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ID identifies a T. It is a UUIDv7 in text form, made in the program so that both database engines see the same value.
// A version 7 id shows when it was made: keep it out of what leaves the organisation.
type ID[T any] string

// ErrInvalid says that a text is not an id that New could have made.
var ErrInvalid = errors.New("not a valid id")

// New makes an id that sorts after those made before it.
func New[T any]() ID[T] {
	u, err := uuid.NewV7()
	if err != nil {
		// crypto/rand never fails on a supported system; if it does, nothing that follows would be safe.
		panic(fmt.Sprintf("make id: %v", err))
	}
	return ID[T](u.String())
}

// Parse reads an id that came from outside, for example from a path.
func Parse[T any](s string) (ID[T], error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return "", fmt.Errorf("parse id %q: %w", s, ErrInvalid)
	}
	return ID[T](s), nil
}

// IsZero reports whether the id was never set.
func (id ID[T]) IsZero() bool { return id == "" }

// String returns the id as text.
func (id ID[T]) String() string { return string(id) }
