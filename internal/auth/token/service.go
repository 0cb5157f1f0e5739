// SPDX-License-Identifier: EUPL-1.2

package token

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// Service has the use cases of keys for programs.
type Service struct{ DB *db.DB }

// List gives the organisation's keys, the newest first.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Key, error) {
	if err := access.Check(actor, "token.List"); err != nil {
		return nil, err
	}
	var out []Key
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = list(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return out, nil
}

// Create makes a key and gives its text, which is stored nowhere and cannot be shown again.
func (s *Service) Create(ctx context.Context, actor access.Actor, k Key, life time.Duration) (string, error) {
	if err := access.Check(actor, "token.Create"); err != nil {
		return "", err
	}
	switch {
	case k.Name == "" || len([]rune(k.Name)) > 100:
		return "", ErrName
	case !slices.Contains(Scopes(), k.Scope):
		return "", ErrScope
	case life < 24*time.Hour || life > Longest:
		return "", ErrExpires
	}
	text, p, err := draw(actor.Organisation)
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		k.ID, k.CreatedBy, k.Created, k.Expires = p.id, actor.ID, tx.Now, tx.Limit.Add(life)
		if err := insert(ctx, tx, actor.Organisation, &k, p.hash); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "token.Create", ObjectKind: "token", ObjectID: k.ID,
			Data: map[string]any{"scope": k.Scope, "expires": k.Expires.Format(time.DateOnly)},
		})
	})
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return text, nil
}

// Revoke takes a key back. It opens nothing from the next request on.
func (s *Service) Revoke(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, "token.Revoke"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n, err := revoke(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return db.ErrNotFound
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "token.Revoke", ObjectKind: "token", ObjectID: id})
	})
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}

// usedEvery is how often it is noted that a key was used: else every request would write.
const usedEvery = time.Minute

// Keys knows the keys that come in requests.
type Keys struct{ DB *db.DB }

// Actor tells who a request with an Authorization header acts as: the key itself, in the role of its scope. ErrRefused says that the
// header opens nothing. A key that is known and does not open is logged, at most once a minute for each.
func (k *Keys) Actor(ctx context.Context, header, from string) (access.Actor, error) {
	text, ok := bearer(header)
	if !ok {
		return access.Actor{}, ErrRefused
	}
	p, err := parse(text)
	if err != nil {
		return access.Actor{}, err
	}
	var key Key
	var hash string
	var now time.Time
	err = k.DB.Read(ctx, p.org, func(tx *db.Tx) (err error) {
		now = tx.Limit
		key, hash, err = get(ctx, tx, p.org, p.id)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return access.Actor{}, ErrRefused
	}
	if err != nil {
		return access.Actor{}, fmt.Errorf("find key: %w", err)
	}
	actor := access.Actor{ID: "token:" + key.ID, Name: key.Name, Organisation: p.org, Roles: []access.Role{key.Scope.Role()}, From: from}
	// A key that fetches the log stands for the confirmation that its making took: there is nobody to ask again each night.
	actor.Fresh = key.Scope == Log
	refused := subtle.ConstantTimeCompare([]byte(hash), []byte(p.hash)) != 1 || !key.Stands(latest(now, key.Used)) // an earlier run of the program may have seen a later time
	if now.Sub(key.Used).Abs() >= usedEvery {
		if err := k.note(ctx, actor, key.ID, refused); err != nil {
			return access.Actor{}, err
		}
	}
	if refused {
		return access.Actor{}, ErrRefused
	}
	return actor, nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// note notes that a key came, and logs it when it opened nothing.
func (k *Keys) note(ctx context.Context, actor access.Actor, id string, refused bool) error {
	err := k.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := used(ctx, tx, actor, id); err != nil || !refused {
			return err
		}
		nobody := access.Actor{ID: "unknown", Organisation: actor.Organisation, From: actor.From}
		return audit.Append(ctx, tx, nobody, audit.Entry{Action: "token.Refused", ObjectKind: "token", ObjectID: id})
	})
	if err != nil {
		return fmt.Errorf("note use of key: %w", err)
	}
	return nil
}
