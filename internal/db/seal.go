// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
)

// Sealer encrypts texts with keys of each organisation.
type Sealer interface {
	// NewKey names the key of an organisation, and makes it when there is none.
	NewKey(organisation string) (key string, err error)
	// Seal encrypts a text with a named key, for the place that about names. The result says which key it was.
	Seal(organisation, key, plain, about string) (string, error)
	// Open gives the text that Seal encrypted for the same organisation and place, and refuses any other.
	Open(organisation, sealed, about string) (string, error)
}

// ErrNoSealer says that the database was opened without the keys that its texts are encrypted with.
var ErrNoSealer = errors.New("the texts are encrypted, and no key was given: give --key-file and --keys")

// ErrKeyGone says that an organisation's key has been destroyed.
var ErrKeyGone = errors.New("the organisation's key has been destroyed, and nothing can be encrypted or read with it")

// Cell is the place of one value: a sealed text is bound to it and cannot be moved to another.
type Cell struct {
	Table, Column string
	// Row identifies the row for as long as the text stands there.
	Row string
}

// about is what a sealed text is bound to. Each part carries its length, so that two places never read alike.
func (c Cell) about(org access.OrganisationID) string {
	var b strings.Builder
	for _, part := range [...]string{c.Table, c.Column, c.Row, org.String()} {
		b.WriteString(strconv.Itoa(len(part)))
		b.WriteByte(':')
		b.WriteString(part)
		b.WriteByte('|')
	}
	return b.String()
}

// Seal encrypts a text of the transaction's organisation for one place in the database. An empty text stays empty.
func (tx *Tx) Seal(ctx context.Context, c Cell, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	if err := tx.maySeal(); err != nil {
		return "", fmt.Errorf("seal %s.%s: %w", c.Table, c.Column, err)
	}
	if tx.key == "" {
		key, err := tx.sealingKey(ctx)
		if err != nil {
			return "", fmt.Errorf("seal %s.%s: %w", c.Table, c.Column, err)
		}
		tx.key = key
	}
	sealed, err := tx.db.Sealer.Seal(tx.Scope.String(), tx.key, plain, c.about(tx.Scope))
	if err != nil {
		return "", fmt.Errorf("seal %s.%s: %w", c.Table, c.Column, err)
	}
	return sealed, nil
}

// Open gives the text that Seal encrypted for the same place. A text that is not sealed, or comes from elsewhere, is an error.
func (tx *Tx) Open(_ context.Context, c Cell, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	err := tx.maySeal()
	if err == nil {
		var plain string
		if plain, err = tx.db.Sealer.Open(tx.Scope.String(), sealed, c.about(tx.Scope)); err == nil {
			return plain, nil
		}
	}
	return "", fmt.Errorf("open %s.%s: %w", c.Table, c.Column, err)
}

func (tx *Tx) maySeal() error {
	switch {
	case tx.Scope == Installation:
		return ErrNoScope
	case tx.db.Sealer == nil:
		return ErrNoSealer
	}
	return nil
}

// sealingKey names the key that the organisation's texts are sealed with. The row is held until the transaction ends, so that a key
// is never dropped while somebody seals with it. The first text of an organisation makes its key; one that the database says there
// is, and the file of keys lacks, is never made anew.
func (tx *Tx) sealingKey(ctx context.Context) (string, error) {
	query := `SELECT primary_key, destroyed_at IS NOT NULL FROM sealing WHERE organisation_id = $1`
	if tx.Engine == Postgres {
		query += ` FOR SHARE` // SQLite has one writer
	}
	var key string
	var gone bool
	err := One(tx.QueryRow(ctx, query, tx.Scope), &key, &gone)
	if err == nil && gone {
		return "", ErrKeyGone
	}
	if err == nil || !errors.Is(err, ErrNotFound) {
		return key, err
	}
	if key, err = tx.db.Sealer.NewKey(tx.Scope.String()); err != nil {
		return "", err
	}
	err = One(tx.QueryRow(ctx, `
		INSERT INTO sealing (organisation_id, primary_key, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (organisation_id) DO UPDATE SET primary_key = sealing.primary_key RETURNING primary_key`,
		tx.Scope, key, Millis(tx.Now)), &key)
	return key, err
}

// Sealed is a table with sealed texts, for what goes through all of them: the first encryption, a change of key.
type Sealed struct {
	Table string
	// Columns are those that hold sealed texts.
	Columns []string
	// Key are the columns that identify a row, in the order that its Cell names them.
	Key []string
	// Then is what else is to be done with an organisation's rows when they are encrypted for the first time; it may be nil.
	Then func(ctx context.Context, tx *Tx) error
}

// Cell is the place of a column's value in the row that the key's values identify.
func (s *Sealed) Cell(column string, key ...string) Cell {
	return Cell{Table: s.Table, Column: column, Row: strings.Join(key, "|")}
}
