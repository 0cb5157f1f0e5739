// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/insegel/insegel/internal/db"
)

var errNotLoaded = errors.New("the request's session has not been loaded")

// hash is what the session library stores instead of a token: who reads the database cannot sign in with what stands there.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// store keeps sessions in the table session, for the session library.
type store struct {
	db   *db.DB
	life time.Duration
}

// FindCtx gives the data of a session that has not run out.
func (s *store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data string
	var expires, now int64
	err := s.db.Read(ctx, db.Installation, func(tx *db.Tx) error {
		now = db.Millis(tx.Now)
		return db.One(tx.QueryRow(ctx, `SELECT data, expires_at FROM session WHERE token = $1 AND expires_at > $2`, token, now), &data, &expires)
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if l, ok := ctx.Value(loadedKey{}).(*loaded); ok {
		l.expires, l.now = expires, now
	}
	b, err := base64.StdEncoding.DecodeString(data)
	return b, err == nil, err
}

// CommitCtx stores a session. When it runs out follows from the database's clock, not from the library's.
func (s *store) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	return s.db.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO session (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, base64.StdEncoding.EncodeToString(b), db.Millis(tx.Now.Add(s.life)))
		return err
	})
}

// DeleteCtx removes a session, if it is there.
func (s *store) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE token = $1`, token)
		return err
	})
}

// Find, Commit and Delete complete the library's interface, which uses the forms with a context when they exist.
func (s *store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx without a context.
func (s *store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// extend moves the end of a session, if it is still there.
func extend(ctx context.Context, d *db.DB, token string, end int64) error {
	return d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE session SET expires_at = $1 WHERE token = $2`, end, token)
		return err
	})
}

// sweep removes the sessions that have run out and tells the time it did so.
func sweep(ctx context.Context, d *db.DB) (time.Time, error) {
	var now time.Time
	err := d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		now = tx.Now
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE expires_at <= $1`, db.Millis(tx.Now))
		return err
	})
	return now, err
}
