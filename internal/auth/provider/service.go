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
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Service has the use cases of providers.
type Service struct {
	DB    *db.DB
	Vault Vault
	// Known are the authentication contexts that ship with the program.
	Known *Contexts
	// Two decides what takes two people. Without it such a change is refused.
	Two Two
	// Forms give the fields of each kind's own settings, so that a change of them can be told in words.
	Forms map[Kind]func(l *locale.Localizer, own json.RawMessage) []web.Field
}

// Draft is a provider as somebody has written it. Secrets are by name; one that is left out keeps what stands.
type Draft struct {
	Provider
	Secrets map[string][]byte
}

// List gives the organisation's providers.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Provider, error) {
	if err := access.Check(actor, "provider.List"); err != nil {
		return nil, err
	}
	var out []Provider
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = All(ctx, tx, actor.Organisation)
		return err
	})
	return out, err
}

// Open gives one of the organisation's providers.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ID) (Provider, error) {
	if err := access.Check(actor, "provider.Open"); err != nil {
		return Provider{}, err
	}
	var p Provider
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		p, err = Get(ctx, tx, actor.Organisation, id)
		return err
	})
	return p, err
}

// Add connects a provider. It is switched off until it has been tried.
func (s *Service) Add(ctx context.Context, actor access.Actor, d Draft) (Provider, error) {
	if err := access.Check(actor, "provider.Add"); err != nil {
		return Provider{}, err
	}
	p := d.Provider
	p.ID, p.Organisation, p.Enabled, p.Version = ids.New[Provider](), actor.Organisation, false, 1
	if err := p.Check(s.Known); err != nil {
		return Provider{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := p.Settings.checkOlder(civil.Date{}, tx.Now); err != nil {
			return err
		}
		if err := insert(ctx, tx, &p); err != nil {
			return err
		}
		p.Created, p.Updated = tx.Now, tx.Now
		if err := s.keep(ctx, tx, &p, d.Secrets); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("provider.Add", &p, changed(nil, &p, d.Secrets)))
	})
	if err != nil {
		return Provider{}, fmt.Errorf("add provider: %w", err)
	}
	return p, nil
}

// Change changes a provider's settings. Its kind and issuer stay: another issuer is another provider, whose people are others.
//
// What nobody can sign in by yet is changed at once, and so is what makes a provider stricter or only gives it another name. What else
// changes whom it lets in, or how it is trusted, takes two people.
func (s *Service) Change(ctx context.Context, actor access.Actor, d Draft, reason string) (Wait, error) {
	if err := access.Check(actor, "provider.Change"); err != nil {
		return Wait{}, err
	}
	var w Wait
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Get(ctx, tx, actor.Organisation, d.ID)
		if err != nil {
			return err
		}
		if p.Version != d.Version {
			return db.ErrConflict
		}
		next := p
		next.NameSV, next.NameEN, next.Settings, next.Own = d.NameSV, d.NameEN, d.Settings, d.Own
		if err := errors.Join(next.Check(s.Known), next.Settings.checkOlder(p.Settings.OlderUntil, tx.Now)); err != nil {
			return err
		}
		if !p.Enabled || !Loosens(&p, &next) && len(d.Secrets) == 0 {
			return s.save(ctx, tx, actor, saved{"provider.Change", &p, &next, d.Secrets})
		}
		w, err = s.askChange(ctx, tx, actor, saved{"", &p, &next, d.Secrets}, reason)
		return err
	})
	if err != nil {
		return Wait{}, fmt.Errorf("change provider: %w", err)
	}
	return w, nil
}

// Enable puts a provider on the sign-in page, which takes two people: from then on it says who somebody is.
func (s *Service) Enable(ctx context.Context, actor access.Actor, id ID, reason string) (Wait, error) {
	if err := access.Check(actor, "provider.Enable"); err != nil {
		return Wait{}, err
	}
	var w Wait
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil || p.Enabled {
			return err
		}
		w, err = Decide(ctx, tx, actor, s.Two, Question{
			Kind: KindStart, ObjectKind: "provider", ObjectID: p.ID.String(), Payload: seenOf(&p), Reason: reason,
		}, s.start())
		return err
	})
	if err != nil {
		return Wait{}, fmt.Errorf("switch on provider: %w", err)
	}
	return w, nil
}

// Disable takes a provider off the sign-in page, at once. Nobody can sign in by it any more, and those who have are signed out. What the
// roles ask for stays as it was, so that stopping the last provider makes nothing weaker.
func (s *Service) Disable(ctx context.Context, actor access.Actor, id ID) error {
	if err := access.Check(actor, "provider.Disable"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil || !p.Enabled {
			return err
		}
		next := p
		next.Enabled = false
		if err := s.save(ctx, tx, actor, saved{"provider.Disable", &p, &next, nil}); err != nil {
			return err
		}
		_, err = auth.EndIssuer(ctx, tx, p.Organisation, p.Issuer)
		return err
	})
	if err != nil {
		return fmt.Errorf("switch off provider: %w", err)
	}
	return nil
}

// saved is a provider as it was and as it will be, and the action that it is logged as.
type saved struct {
	action        string
	before, after *Provider
	secrets       map[string][]byte
}

// save keeps a changed provider and logs from what to what.
func (s *Service) save(ctx context.Context, tx *db.Tx, actor access.Actor, c saved) error {
	if err := s.keep(ctx, tx, c.after, c.secrets); err != nil {
		return err
	}
	if err := update(ctx, tx, c.after); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, entry(c.action, c.after, changed(c.before, c.after, c.secrets)))
}

// keep seals a provider's secrets.
func (s *Service) keep(ctx context.Context, tx *db.Tx, p *Provider, secrets map[string][]byte) error {
	for name, secret := range secrets {
		if err := s.Vault.Put(ctx, tx, SecretName{p.Organisation, p.ID.String(), name}, secret); err != nil {
			return err
		}
	}
	return nil
}

// SetLevels says which level roles ask for. What becomes stricter is saved at once, and what becomes weaker takes two people.
func (s *Service) SetLevels(ctx context.Context, actor access.Actor, to map[access.Role]Level, reason string) (Wait, error) {
	if err := access.Check(actor, "provider.SetLevels"); err != nil {
		return Wait{}, err
	}
	for role, level := range to {
		if !slices.Contains(access.Roles(), role) {
			return Wait{}, fmt.Errorf("%w: %q", ErrRole, role)
		}
		if err := level.Check(); err != nil {
			return Wait{}, err
		}
	}
	var w Wait
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		levels, err := LevelsOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		var weaker []LevelChange
		for _, role := range slices.Sorted(maps.Keys(to)) {
			c := LevelChange{Role: role, From: levels.demand(role), To: to[role]}
			switch {
			case c.From == c.To:
			case c.weaker():
				weaker = append(weaker, c)
			default:
				err = errors.Join(err, s.setLevel(ctx, tx, actor, c))
			}
		}
		if err != nil || len(weaker) == 0 {
			return err
		}
		w, err = Decide(ctx, tx, actor, s.Two, Question{
			Kind: KindLevels, ObjectKind: "role", ObjectID: objectOf(weaker), Payload: weaker, Reason: reason,
		}, s.lower())
		return err
	})
	if err != nil {
		return Wait{}, fmt.Errorf("set levels: %w", err)
	}
	return w, nil
}

func (s *Service) setLevel(ctx context.Context, tx *db.Tx, actor access.Actor, c LevelChange) error {
	if err := saveLevel(ctx, tx, actor.Organisation, c.Role, c.To); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "provider.SetLevel", ObjectKind: "role", ObjectID: string(c.Role),
		Data: map[string]any{"from": map[string]int{"factors": c.From.Factors, "loa": c.From.LoA}, "to": map[string]int{"factors": c.To.Factors, "loa": c.To.LoA}},
	})
}

// Pending tells what waits about a provider, or about the levels when no id is given, and how long a change that is asked for now would.
func (s *Service) Pending(ctx context.Context, actor access.Actor, l *locale.Localizer, id string) (Pending, error) {
	if err := access.Check(actor, "provider.Pending"); err != nil {
		return Pending{}, err
	}
	kind := "provider"
	if id == "" {
		kind = "role"
	}
	return PendingOf(ctx, s.DB, s.Two, Reader{Actor: actor, L: l}, kind, id)
}

// Try lets an administrator sign in at a provider to see what it answers. It signs nobody in, and tells whether the actor may.
func (s *Service) Try(_ context.Context, actor access.Actor) error {
	if err := access.Check(actor, "provider.Try"); err != nil {
		return err
	}
	return nil
}

// Levels gives what the organisation's roles ask for.
func (s *Service) Levels(ctx context.Context, actor access.Actor) (Levels, error) {
	if err := access.Check(actor, "provider.Levels"); err != nil {
		return Levels{}, err
	}
	var l Levels
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		l, err = LevelsOf(ctx, tx, actor.Organisation)
		return err
	})
	return l, err
}

func entry(action string, p *Provider, data any) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "provider", ObjectID: p.ID.String(), Data: data}
}

// change of one thing, for the log.
type fromTo struct {
	From any `json:"from,omitempty"`
	To   any `json:"to,omitempty"`
}

// changed tells for the log what a change changed. Of secrets it tells only that they were replaced.
func changed(before, after *Provider, secrets map[string][]byte) map[string]any {
	out := map[string]any{"kind": after.Kind, "issuer": after.Issuer}
	if before == nil {
		before = &Provider{}
	}
	differ := func(name string, from, to string) {
		if from != to {
			out[name] = fromTo{from, to}
		}
	}
	differ("name_sv", before.NameSV, after.NameSV)
	differ("name_en", before.NameEN, after.NameEN)
	differ("own", string(before.Own), string(after.Own))
	differ("older_until", before.Settings.OlderUntil.String(), after.Settings.OlderUntil.String())
	if before.Enabled != after.Enabled {
		out["enabled"] = fromTo{before.Enabled, after.Enabled}
	}
	if !slices.Equal(before.Settings.Accepted, after.Settings.Accepted) {
		out["accepted"] = fromTo{before.Settings.Accepted, after.Settings.Accepted}
	}
	if before.Settings.Claims != after.Settings.Claims {
		out["claims"] = fromTo{before.Settings.Claims, after.Settings.Claims}
	}
	if len(secrets) > 0 {
		names := make([]string, 0, len(secrets))
		for n := range secrets {
			names = append(names, n)
		}
		slices.Sort(names)
		out["secrets_replaced"] = names
	}
	return out
}
