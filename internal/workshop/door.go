// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
)

// Door finds the workshop that a code or a seat belongs to, before anybody is known. It gives nothing but the place; whoever stands there is
// let in by the use cases.
type Door struct {
	DB  *db.DB
	Key key.Root
}

// codeDigits is how many digits a code has. It can be tried only as often as auth.Limits lets through, and only while a workshop is open.
const codeDigits = 8

// drawCode draws a code.
func drawCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("draw code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n.Int64()), nil
}

// codeHash stands for a code in the database. A code is short, so it is bound to a key that is not there.
func (d *Door) codeHash(code string) string {
	m := hmac.New(sha256.New, d.Key.Derive("workshop code"))
	m.Write([]byte(code))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// secretHash stands for a browser's secret in the database. It is too long to be guessed, so it needs no salt.
func secretHash(secret string) string {
	sum := sha256.Sum256([]byte("insegel workshop " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// digits is a code as somebody has written it, without the spaces.
func digits(code string) string { return strings.Join(strings.Fields(code), "") }

// Find finds the open workshop of a code, with a seat that nobody has taken yet. ErrGone says nothing about why there is none.
func (d *Door) Find(ctx context.Context, code string) (Seat, error) {
	code = digits(code)
	if len(code) != codeDigits {
		return Seat{}, ErrGone
	}
	var s Seat
	err := d.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		s, err = byCode(ctx, tx, d.codeHash(code))
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return Seat{}, ErrGone
	}
	if err != nil {
		return Seat{}, fmt.Errorf("find workshop: %w", err)
	}
	s.Participant = ids.New[Participant]()
	return s, nil
}

// Seat finds the seat of a browser's secret.
func (d *Door) Seat(ctx context.Context, secret string) (Seat, error) {
	if secret == "" {
		return Seat{}, ErrGone
	}
	var s Seat
	err := d.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		s, err = bySecret(ctx, tx, secretHash(secret))
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return Seat{}, ErrGone
	}
	if err != nil {
		return Seat{}, fmt.Errorf("find seat: %w", err)
	}
	return s, nil
}
