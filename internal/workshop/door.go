// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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

const (
	// codeDigits is how many digits a code has. It can be tried only as often as auth.Limits lets through.
	codeDigits = 8
	// period is how long a code stands on the screen. It is good for one period more, so that nobody is refused who was about to write it.
	// Those who have a seat keep it.
	period = 10 * time.Minute
)

// drawSecret draws what the codes of one workshop follow from.
func drawSecret() string { return rand.Text() }

// code is a workshop's code in one of its periods: nobody can tell it, nor the next, from the database alone, since the root key is not there.
func (d *Door) code(secret string, n int64) string {
	m := hmac.New(sha256.New, d.Key.Derive("workshop code"))
	m.Write([]byte(secret + " " + strconv.FormatInt(n, 10)))
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(m.Sum(nil))%100_000_000)
}

// periodOf counts the periods since a workshop began that is open until then.
func periodOf(until, now time.Time) int64 { return int64(now.Sub(until.Add(-life)) / period) }

// show is the code that stands on the screen of a workshop; empty when it is closed.
func (d *Door) show(w *Workshop, now time.Time) string {
	if w.secret == "" || !w.Open(now) {
		return ""
	}
	return d.code(w.secret, periodOf(w.Expires, now))
}

// opens tells whether a code is the workshop's, of this period or the one before.
func (d *Door) opens(o *open, code string, now time.Time) bool {
	n := periodOf(o.until, now)
	fits := subtle.ConstantTimeCompare([]byte(code), []byte(d.code(o.secret, n)))
	if n > 0 {
		fits |= subtle.ConstantTimeCompare([]byte(code), []byte(d.code(o.secret, n-1)))
	}
	return fits == 1
}

// secretHash stands for a browser's secret in the database. It is too long to be guessed, so it needs no salt.
func secretHash(secret string) string {
	sum := sha256.Sum256([]byte("insegel workshop " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// digits is a code as somebody has written it, without the spaces.
func digits(code string) string { return strings.Join(strings.Fields(code), "") }

// Find finds the open workshop of a code, with a seat that nobody has taken yet. ErrGone says nothing about why there is none. A code that two
// workshops happen to share lets nobody into either until one of them changes it.
func (d *Door) Find(ctx context.Context, code string) (Seat, error) {
	code = digits(code)
	if len(code) != codeDigits {
		return Seat{}, ErrGone
	}
	var found []Seat
	err := d.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		list, err := allOpen(ctx, tx)
		for i := range list {
			if d.opens(&list[i], code, tx.Limit) {
				found = append(found, list[i].Seat)
			}
		}
		return err
	})
	if err != nil {
		return Seat{}, fmt.Errorf("find workshop: %w", err)
	}
	if len(found) != 1 {
		return Seat{}, ErrGone
	}
	found[0].Participant = ids.New[Participant]()
	return found[0], nil
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
