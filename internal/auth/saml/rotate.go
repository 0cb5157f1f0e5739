// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
)

// KindKeys is the kind of change that takes two people: a step of a change of our keys.
const KindKeys = "saml-keys"

// objectKeys is what such a change is about, in the log.
const objectKeys = "saml-key"

// keyStep is a step of a change of key.
type keyStep string

// The steps, as the log and the forms name them.
const (
	stepNew    keyStep = "ny"
	stepUse    keyStep = "byt"
	stepRemove keyStep = "ta-bort"
)

// keyChange is a step of a change of key that somebody asks for. A new key is drawn when it has been decided, so that none lies waiting.
type keyChange struct {
	Step keyStep `json:"step"`
	// Key is the one to remove, and Fingerprint the one that it is about, which whoever decides can compare.
	Key         string `json:"key,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	// Have are the keys that there were, with their states.
	Have []string `json:"have"`
}

func have(rows []keyRow) []string {
	out := make([]string, 0, len(rows))
	for i := range rows {
		out = append(out, rows[i].id+" "+string(rows[i].state))
	}
	slices.Sort(out)
	return out
}

// NewKey asks for a change of key to begin: the new one is published in our metadata and does not sign yet.
func (s *Service) NewKey(ctx context.Context, actor access.Actor, reason string) (provider.Wait, error) {
	if err := access.Check(actor, "saml.NewKey"); err != nil {
		return provider.Wait{}, err
	}
	return s.askKey(ctx, actor, keyChange{Step: stepNew}, reason)
}

// UseKey asks for the new key to be taken into use. The one before is kept, so that what is encrypted to it can still be read.
func (s *Service) UseKey(ctx context.Context, actor access.Actor, reason string) (provider.Wait, error) {
	if err := access.Check(actor, "saml.UseKey"); err != nil {
		return provider.Wait{}, err
	}
	return s.askKey(ctx, actor, keyChange{Step: stepUse}, reason)
}

// RemoveKey asks for an old key to be forgotten, which ends a change of key.
func (s *Service) RemoveKey(ctx context.Context, actor access.Actor, id, reason string) (provider.Wait, error) {
	if err := access.Check(actor, "saml.RemoveKey"); err != nil {
		return provider.Wait{}, err
	}
	return s.askKey(ctx, actor, keyChange{Step: stepRemove, Key: id}, reason)
}

// PendingKeys tells which changes of our keys wait for two people.
func (s *Service) PendingKeys(ctx context.Context, actor access.Actor, l *locale.Localizer) (provider.Pending, error) {
	if err := access.Check(actor, "saml.PendingKeys"); err != nil {
		return provider.Pending{}, err
	}
	return provider.PendingOf(ctx, s.db, s.two, provider.Reader{Actor: actor, L: l}, objectKeys, "")
}

// askKey asks for a step that can be made as things are.
func (s *Service) askKey(ctx context.Context, actor access.Actor, c keyChange, reason string) (provider.Wait, error) {
	var w provider.Wait
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		rows, err := listKeys(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if err := c.possible(rows); err != nil {
			return err
		}
		c.Have = have(rows)
		w, err = provider.Decide(ctx, tx, actor, s.two, provider.Question{
			Kind: KindKeys, ObjectKind: objectKeys, ObjectID: actor.Organisation.String(), Payload: c, Reason: reason,
		}, s.decision())
		return err
	})
	if err != nil {
		return w, fmt.Errorf("change saml keys: %w", err)
	}
	return w, nil
}

// possible says whether the keys are such that the step can be made, and notes which key it is about.
func (c *keyChange) possible(rows []keyRow) error {
	i := slices.IndexFunc(rows, func(r keyRow) bool {
		if c.Step == stepRemove {
			return r.state == Old && r.id == c.Key
		}
		return r.state == Next
	})
	switch {
	case c.Step == stepNew && i >= 0:
		return ErrHasNext
	case c.Step == stepUse && i < 0:
		return ErrNoNext
	case c.Step == stepRemove && i < 0:
		return db.ErrNotFound
	case i >= 0:
		raw, _ := base64.StdEncoding.DecodeString(rows[i].certificate) // our own
		c.Fingerprint = fingerprint(raw)
	}
	return nil
}

// Decisions are the kinds of changes here that take two people.
func (s *Service) Decisions() []provider.Decision { return []provider.Decision{s.decision()} }

func (s *Service) decision() provider.Decision {
	return provider.Decision{Kind: KindKeys, Label: "saml.decide-keys", Apply: s.applyKeys, Describe: describeKeys}
}

// applyKeys makes a step, logs it and tells everybody who must know.
func (s *Service) applyKeys(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var c keyChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("read change of keys: %w", err)
	}
	o, err := organisationByID(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	rows, err := listKeys(ctx, tx, o.id)
	if err != nil {
		return err
	}
	if !slices.Equal(have(rows), c.Have) {
		return provider.ErrStale
	}
	if err := s.step(ctx, tx, o, c); err != nil {
		return err
	}
	action := map[keyStep]string{stepNew: "saml.NewKey", stepUse: "saml.UseKey", stepRemove: "saml.RemoveKey"}[c.Step]
	if err := audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: objectKeys, ObjectID: o.code}); err != nil {
		return err
	}
	return alarm.Raise(ctx, tx, alarm.Alarm{Organisation: o.id, Kind: alarm.KeyChanged, ObjectKind: objectKeys, ObjectID: o.code})
}

func (s *Service) step(ctx context.Context, tx *db.Tx, o organisation, c keyChange) error {
	switch c.Step {
	case stepNew:
		k, err := newKey(o, tx.Now)
		if err != nil {
			return err
		}
		added, err := s.addKey(ctx, tx, o.id, k, Next)
		if err == nil && !added {
			return ErrHasNext
		}
		return err
	case stepUse:
		if _, err := moveKey(ctx, tx, o.id, Current, Old); err != nil {
			return err
		}
		_, err := moveKey(ctx, tx, o.id, Next, Current)
		return err
	case stepRemove:
		if err := deleteKey(ctx, tx, o.id, c.Key); err != nil {
			return err
		}
		return s.vault.Remove(ctx, tx, o.id, c.Key)
	default:
		return fmt.Errorf("%w: %q", errStep, c.Step)
	}
}

func describeKeys(l *locale.Localizer, payload json.RawMessage) (provider.Told, error) {
	var c keyChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return provider.Told{}, fmt.Errorf("read change of keys: %w", err)
	}
	t := provider.Told{What: l.T("saml.keys-title"), Href: KeysPath}
	switch c.Step {
	case stepNew:
		t.To = l.T("saml.key-new")
	case stepUse:
		t.To = l.T("saml.key-use") + "\n" + c.Fingerprint
	case stepRemove:
		t.To = l.T("saml.key-remove") + "\n" + c.Fingerprint
	}
	return t, nil
}
