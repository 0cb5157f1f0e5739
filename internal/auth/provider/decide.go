// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// The kinds of changes that take two people.
const (
	KindStart  = "provider-start"
	KindChange = "provider-change"
	KindLevels = "provider-levels"
)

// Decisions are the kinds of changes of providers and levels that take two people.
func (s *Service) Decisions() []Decision {
	return []Decision{s.start(), s.alter(), s.lower(), s.loosen()}
}

func (s *Service) start() Decision {
	return Decision{Kind: KindStart, Label: "provider.decide-start", Apply: s.applyStart, Describe: s.describeStart}
}

func (s *Service) alter() Decision {
	return Decision{Kind: KindChange, Label: "provider.decide-change", Apply: s.applyChange, Describe: s.describeChange, Drop: s.dropChange}
}

func (s *Service) lower() Decision {
	return Decision{Kind: KindLevels, Label: "provider.decide-levels", Apply: s.applyLevels, Describe: describeLevels}
}

// seen is a provider as it was when a change of it was asked for: what was shown to whoever decides. Nothing secret stands in it.
type seen struct {
	ID       ID              `json:"id"`
	Version  int64           `json:"version"`
	Kind     Kind            `json:"kind"`
	NameSV   string          `json:"name_sv"`
	NameEN   string          `json:"name_en"`
	Issuer   string          `json:"issuer"`
	Settings Settings        `json:"settings"`
	Own      json.RawMessage `json:"own"`
}

func seenOf(p *Provider) seen {
	return seen{p.ID, p.Version, p.Kind, p.NameSV, p.NameEN, p.Issuer, p.Settings, p.Own}
}

// is reads the provider again, and says ErrStale when it is not what was seen.
func (v *seen) is(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Provider, error) {
	p, err := Get(ctx, tx, org, v.ID)
	if errors.Is(err, ErrUnknown) || err == nil && p.Version != v.Version {
		return p, ErrStale
	}
	return p, err
}

func read[T any](payload json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(payload, &v); err != nil {
		return v, fmt.Errorf("read change: %w", err)
	}
	return v, nil
}

func (s *Service) applyStart(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	v, err := read[seen](payload)
	if err != nil {
		return err
	}
	p, err := v.is(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	next := p
	next.Enabled = true
	if err := next.Check(s.Known); err != nil {
		return err
	}
	return s.save(ctx, tx, actor, saved{"provider.Enable", &p, &next, nil})
}

// altered is a change of a provider that is switched on.
type altered struct {
	Before seen `json:"before"`
	After  seen `json:"after"`
	// Secrets are the names of the secrets that are replaced, and Aside where the new ones lie until then.
	Secrets []string `json:"secrets,omitempty"`
	Aside   string   `json:"aside,omitempty"`
}

// askChange asks for a change of a provider that is switched on. New secrets are put aside, sealed.
func (s *Service) askChange(ctx context.Context, tx *db.Tx, actor access.Actor, c saved, reason string) (Wait, error) {
	payload := altered{Before: seenOf(c.before), After: seenOf(c.after), Secrets: slices.Sorted(maps.Keys(c.secrets))}
	if len(c.secrets) > 0 {
		payload.Aside = "asked " + ids.New[altered]().String()
	}
	for name, secret := range c.secrets {
		if err := s.Vault.Put(ctx, tx, SecretName{actor.Organisation, payload.Aside, name}, secret); err != nil {
			return Wait{}, err
		}
	}
	return Decide(ctx, tx, actor, s.Two, Question{
		Kind: KindChange, ObjectKind: "provider", ObjectID: c.before.ID.String(), Payload: payload, Reason: reason,
	}, s.alter())
}

func (s *Service) applyChange(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	c, err := read[altered](payload)
	if err != nil {
		return err
	}
	p, err := c.Before.is(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	next := p
	next.NameSV, next.NameEN, next.Settings, next.Own = c.After.NameSV, c.After.NameEN, c.After.Settings, c.After.Own
	if err := next.Check(s.Known); err != nil {
		return err
	}
	secrets := map[string][]byte{}
	for _, name := range c.Secrets {
		if secrets[name], err = s.Vault.Get(ctx, tx, SecretName{actor.Organisation, c.Aside, name}); err != nil {
			return err
		}
	}
	if err := s.dropChange(ctx, tx, actor.Organisation, payload); err != nil {
		return err
	}
	return s.save(ctx, tx, actor, saved{"provider.Change", &p, &next, secrets})
}

// dropChange takes away the secrets that were put aside.
func (s *Service) dropChange(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error {
	c, err := read[altered](payload)
	if err != nil || c.Aside == "" {
		return err
	}
	return s.Vault.Remove(ctx, tx, org, c.Aside)
}

// Loosens reports whether a changed provider differs in more than its names and in fewer accepted contexts: it may then let in somebody
// whom it did not, or say something else of them.
func Loosens(before, after *Provider) bool {
	if before.Settings.Claims != after.Settings.Claims || !sameJSON(before.Own, after.Own) {
		return true
	}
	if before.Settings.OlderUntil.Before(after.Settings.OlderUntil) { // no day at all is before every day
		return true
	}
	return slices.ContainsFunc(after.Settings.Accepted, func(a Accepted) bool { return !slices.Contains(before.Settings.Accepted, a) })
}

// sameJSON compares values rather than how they are written. What cannot be read is not the same.
func sameJSON(a, b json.RawMessage) bool {
	if string(a) == string(b) {
		return true
	}
	var x, y map[string]any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	one, err := json.Marshal(x)
	two, other := json.Marshal(y)
	return err == nil && other == nil && string(one) == string(two)
}

// LevelChange is a change of what a role asks for.
type LevelChange struct {
	Role access.Role `json:"role"`
	From Level       `json:"from"`
	To   Level       `json:"to"`
}

func (c *LevelChange) weaker() bool { return c.To.Factors < c.From.Factors || c.To.LoA < c.From.LoA }

// objectOf is the role that a change of levels is about, when it is one.
func objectOf(changes []LevelChange) string {
	if len(changes) == 1 {
		return string(changes[0].Role)
	}
	return ""
}

func (s *Service) applyLevels(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	changes, err := read[[]LevelChange](payload)
	if err != nil {
		return err
	}
	levels, err := LevelsOf(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if levels.demand(c.Role) != c.From {
			return ErrStale
		}
		if err := c.To.Check(); err != nil {
			return err
		}
		if err := s.setLevel(ctx, tx, actor, c); err != nil {
			return err
		}
	}
	return nil
}
