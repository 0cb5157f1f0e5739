// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
)

// KindKeys is the kind of change that takes two people: new keys of ours.
const KindKeys = "oidc-keys"

// objectKeys is what such a change is about, in the log.
const objectKeys = "oidc-key"

// OwnKey is one of our keys, as it is shown.
type OwnKey struct {
	// ID is its name, as providers see it (kid).
	ID, Algorithm string
	Created       time.Time
	// Signs says that it is the one of its kind that we sign with now.
	Signs bool
}

// Keys lists the organisation's keys, the newest first.
func (s *Service) Keys(ctx context.Context, actor access.Actor) ([]OwnKey, error) {
	if err := access.Check(actor, "oidc.Keys"); err != nil {
		return nil, err
	}
	var out []OwnKey
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		keys, err := listKeys(ctx, tx, actor.Organisation)
		for i := range keys {
			k := &keys[i]
			used, _ := current(keys, k.kind, tx.Now)
			out = append(out, OwnKey{ID: k.id, Algorithm: k.kind, Created: k.created, Signs: used.id == k.id})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read oidc keys: %w", err)
	}
	return out, nil
}

// PendingKeys tells which changes of our keys wait for two people.
func (s *Service) PendingKeys(ctx context.Context, actor access.Actor, l *locale.Localizer) (provider.Pending, error) {
	if err := access.Check(actor, "oidc.PendingKeys"); err != nil {
		return provider.Pending{}, err
	}
	return provider.PendingOf(ctx, s.db, s.two, provider.Reader{Actor: actor, L: l}, objectKeys, "")
}

// keyChange is a change of keys: the keys that there were when it was asked for. The new ones are drawn when it has been decided, so that
// none lies waiting.
type keyChange struct {
	Have []string `json:"have"`
}

func changeOf(keys []ourKey) keyChange {
	r := keyChange{Have: make([]string, 0, len(keys))}
	for i := range keys {
		r.Have = append(r.Have, keys[i].id)
	}
	slices.Sort(r.Have)
	return r
}

// RotateKeys asks for new keys that we show the providers who we are with. They are used when the providers have had an hour to fetch them.
func (s *Service) RotateKeys(ctx context.Context, actor access.Actor, reason string) (provider.Wait, error) {
	if err := access.Check(actor, "oidc.RotateKeys"); err != nil {
		return provider.Wait{}, err
	}
	var w provider.Wait
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		keys, err := listKeys(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		w, err = provider.Decide(ctx, tx, actor, s.two, provider.Question{
			Kind: KindKeys, ObjectKind: objectKeys, ObjectID: actor.Organisation.String(), Payload: changeOf(keys), Reason: reason,
		}, s.decision())
		return err
	})
	if err != nil {
		return w, fmt.Errorf("change oidc keys: %w", err)
	}
	return w, nil
}

// Decisions are the kinds of changes here that take two people.
func (s *Service) Decisions() []provider.Decision { return []provider.Decision{s.decision()} }

func (s *Service) decision() provider.Decision {
	return provider.Decision{Kind: KindKeys, Label: "oidc.decide-keys", Apply: s.applyKeys, Describe: describeKeys}
}

func (s *Service) applyKeys(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var r keyChange
	if err := json.Unmarshal(payload, &r); err != nil {
		return fmt.Errorf("read change of keys: %w", err)
	}
	keys, err := listKeys(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	if !slices.Equal(changeOf(keys).Have, r.Have) {
		return provider.ErrStale
	}
	fresh, err := drawAll()
	if err != nil {
		return err
	}
	if _, err := s.keys.keep(ctx, tx, actor, "oidc.RotateKeys", fresh); err != nil {
		return err
	}
	return alarm.Raise(ctx, tx, alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.KeyChanged, ObjectKind: objectKeys, ObjectID: "oidc"})
}

func describeKeys(l *locale.Localizer, payload json.RawMessage) (provider.Told, error) {
	var r keyChange
	if err := json.Unmarshal(payload, &r); err != nil {
		return provider.Told{}, fmt.Errorf("read change of keys: %w", err)
	}
	t := provider.Told{What: l.T("oidc.keys-title"), To: l.T("oidc.key-change-hint"), Href: KeysPath}
	for i, id := range r.Have {
		if i > 0 {
			t.From += "\n"
		}
		t.From += id
	}
	return t, nil
}
